//! How far buildings stand above or below the terrain by their own heights.

use crate::model::{GeometryColumn, Terrain};
use crate::place::MapPoint;

/// The gap between the bases of a layer's features and the ground.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Gap {
    /// Median of base less ground, metres: positive above the ground.
    pub median: f64,
    /// Half of the features lie within this distance of the median, metres.
    pub spread: f64,
    /// Features measured: with heights of their own, over known ground.
    pub measured: u64,
}

/// A gap up to this is what terrains and surveys differ by, metres.
const USUAL: f64 = 2.0;

/// Measures the gap: the lowest own Z of each feature against the terrain at its centroid. `None` when no
/// feature has a Z over known ground.
pub fn measure(geometry: &GeometryColumn, terrain: &Terrain) -> Option<Gap> {
    if !geometry.has_z() {
        return None;
    }
    let mut gaps: Vec<f64> = (0..geometry.len() as u32)
        .filter_map(|feature| {
            let base = geometry.heights(feature).iter().copied().filter(|z| z.is_finite()).reduce(f64::min)?;
            Some(base - terrain.height_at(MapPoint::from(geometry.centroid(feature)?))?)
        })
        .collect();
    let median = median(&mut gaps)?;
    let mut away: Vec<f64> = gaps.iter().map(|gap| (gap - median).abs()).collect();
    let measured = away.len() as u64;
    Some(Gap { median, spread: self::median(&mut away)?, measured })
}

/// The middle value (the mean of the two middle ones); `None` of nothing.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    Some(if values.len() % 2 == 1 { upper } else { (upper + values[half - 1]) / 2.0 })
}

impl Gap {
    /// Whether it is more than what terrains and surveys differ by.
    pub fn is_odd(&self) -> bool {
        self.median.abs() > USUAL
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.median < 0.0 { "below" } else { "above" };
        write!(
            f,
            "by their own heights its features begin a median of {:.1} m {side} the terrain (half of {} within {:.1} m)",
            self.median.abs(),
            self.measured,
            self.spread
        )?;
        if self.is_odd() {
            write!(f, "; another height datum or unit? z_offset = {:.1} would set them down", -self.median)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryKind;

    /// Ground at 10 m; bases at 12, 13, 20 and one far outside: the median is 3, the distances from it 1, 0, 7.
    #[test]
    fn the_gap_is_the_median_of_base_less_ground() {
        let terrain = Terrain {
            origin: MapPoint::new(0.0, 0.0),
            cell: 100.0,
            columns: 2,
            rows: 2,
            heights: vec![10.0; 4],
            exaggeration: 1.0,
        };
        let mut geometry = GeometryColumn::default();
        for (x, z) in [(10.0, 12.0), (30.0, 20.0), (50.0, 13.0), (900.0, 50.0)] {
            for (dx, dy, up) in [(0.0, 0.0, 0.0), (5.0, 0.0, 0.0), (5.0, 5.0, 3.0)] {
                geometry.push_vertex([x + dx, 10.0 + dy], Some(z + up));
            }
            geometry.end_ring();
            geometry.end_part();
            geometry.end_feature(GeometryKind::Polygon);
        }
        geometry.end_feature(GeometryKind::Polygon);
        let gap = measure(&geometry, &terrain).unwrap();
        assert_eq!(gap, Gap { median: 3.0, spread: 1.0, measured: 3 });
        assert!(gap.to_string().contains("3.0 m above") && gap.to_string().contains("z_offset = -3.0"), "{gap}");
    }

    #[test]
    fn nothing_is_measured_without_own_heights() {
        let terrain = Terrain {
            origin: MapPoint::new(0.0, 0.0),
            cell: 100.0,
            columns: 2,
            rows: 2,
            heights: vec![10.0; 4],
            exaggeration: 1.0,
        };
        let mut geometry = GeometryColumn::default();
        geometry.push_vertex([10.0, 10.0], None);
        geometry.end_ring();
        geometry.end_part();
        geometry.end_feature(GeometryKind::Point);
        assert_eq!(measure(&geometry, &terrain), None);
    }
}
