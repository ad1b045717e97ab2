//! Where buildings stand: the elevations between which each footprint is a body.

use rayon::prelude::*;

use super::Ground;
use crate::model::{GeometryColumn, GeometryKind, Heights, Vertical};
use crate::place::MapPoint;

/// Elevations of the bodies of a layer, one of each per row, metres above datum as drawn.
///
/// # Rules
/// - A building's **ground** is the median of the ground under its footprint's vertices; its roof
///   is `ground + top`. The median leaves a building's height alone when one corner hangs over a
///   river bank.
/// - A body that begins at the ground (`base` 0) has walls down to the **lowest** ground under its
///   edges: nothing floats. A body with a `base` above 0 floats at `ground + base`, as the data say.
/// - A body whose roof is lower than the highest ground under its edges is counted in `buried`.
/// - [`Vertical::Absolute`] with heights on the vertices: the ground is the lowest of them.
/// - A layer's vertical offset lifts everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bodies {
    /// What heights are measured from.
    pub ground: Vec<f32>,
    /// Where the body begins: never above `ground` unless it floats.
    pub bottom: Vec<f32>,
    /// The roof; NaN for rows that are no body (no polygon, covered by parts, no height).
    pub top: Vec<f32>,
    /// Rows drawn as the surfaces they are, not extruded: absolute polygons of which some stand
    /// upright. Empty when there are none.
    pub shells: Vec<bool>,
    /// Least bottom and greatest top of the layer; `None` without bodies.
    pub range: Option<(f32, f32)>,
    /// Rows whose roof is below the highest ground under their edges, in order.
    pub buried: Vec<u32>,
    /// For layers with their own Z: median of their ground less the terrain's, metres.
    pub median_gap: Option<f32>,
}

/// What one row becomes.
struct Stand {
    ground: f32,
    bottom: f32,
    top: f32,
    shell: bool,
    buried: bool,
    gap: f32,
}

impl Stand {
    const NONE: Self =
        Self { ground: f32::NAN, bottom: f32::NAN, top: f32::NAN, shell: false, buried: false, gap: f32::NAN };
}

impl Bodies {
    /// Stands every polygon of a building layer on the ground or at its own height.
    pub fn stand(
        geometry: &GeometryColumn,
        heights: &Heights,
        vertical: Vertical,
        z_offset: f64,
        ground: &Ground,
    ) -> Self {
        let rows: Vec<Stand> = (0..geometry.len() as u32)
            .into_par_iter()
            .with_min_len(1024)
            .map(|feature| stand_one(geometry, heights, vertical, z_offset, ground, feature))
            .collect();
        let mut bodies = Self {
            ground: rows.iter().map(|row| row.ground).collect(),
            bottom: rows.iter().map(|row| row.bottom).collect(),
            top: rows.iter().map(|row| row.top).collect(),
            ..Self::default()
        };
        if rows.iter().any(|row| row.shell) {
            bodies.shells = rows.iter().map(|row| row.shell).collect();
        }
        bodies.buried = (0..).zip(&rows).filter(|(_, row)| row.buried).map(|(i, _)| i).collect();
        for row in rows.iter().filter(|row| row.top.is_finite()) {
            let (low, high) = bodies.range.unwrap_or((row.bottom, row.top));
            bodies.range = Some((low.min(row.bottom), high.max(row.top)));
        }
        let mut gaps: Vec<f32> = rows.iter().map(|row| row.gap).filter(|gap| gap.is_finite()).collect();
        bodies.median_gap = median(&mut gaps);
        bodies
    }

    /// Bodies between elevations that are known already.
    pub fn between(bottom: &[f32], top: &[f32]) -> Self {
        let lowest = bottom.iter().copied().reduce(f32::min);
        Self {
            ground: bottom.to_vec(),
            bottom: bottom.to_vec(),
            top: top.to_vec(),
            range: lowest.zip(top.iter().copied().reduce(f32::max)),
            ..Self::default()
        }
    }

    /// Whether a row is drawn as a body.
    #[inline]
    pub fn is_body(&self, feature: u32) -> bool {
        self.top.get(feature as usize).is_some_and(|top| top.is_finite())
    }

    /// Whether a row is drawn as the surfaces it is.
    #[inline]
    pub fn is_shell(&self, feature: u32) -> bool {
        self.shells.get(feature as usize).copied().unwrap_or(false)
    }
}

fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

fn stand_one(
    geometry: &GeometryColumn,
    heights: &Heights,
    vertical: Vertical,
    z_offset: f64,
    ground: &Ground,
    feature: u32,
) -> Stand {
    let row = feature as usize;
    let top = f64::from(heights.top.get(row).copied().unwrap_or(f32::NAN));
    let base = f64::from(heights.base.get(row).copied().unwrap_or(0.0));
    let base = if base.is_finite() { base.max(0.0) } else { 0.0 };
    let covered = heights.covered.get(row).copied().unwrap_or(false);
    if covered || geometry.kind(feature) != GeometryKind::Polygon {
        return Stand::NONE;
    }
    let own = geometry.heights(feature).iter().copied().filter(|z| z.is_finite());
    let own = own.fold(None, |range, z| match range {
        None => Some((z, z)),
        Some((low, high)) => Some((z.min(low), z.max(high))),
    });
    let own = own.filter(|_| vertical == Vertical::Absolute);
    if let Some((low, high)) = own.filter(|_| stands_upright(geometry, feature)) {
        let gap = (low + z_offset - lowest_median_highest(geometry, ground, feature)[1]) as f32;
        let (low, high) = ((low + z_offset) as f32, (high + z_offset) as f32);
        return Stand { ground: low, bottom: low, top: high, shell: true, buried: false, gap };
    }
    if !(top.is_finite() && top > base) {
        return Stand::NONE;
    }
    let [lowest, median, highest] = lowest_median_highest(geometry, ground, feature);
    let (stands_on, gap) = match own {
        Some((low, _)) => (low + z_offset, (low + z_offset - median) as f32),
        None => (median + z_offset, f32::NAN),
    };
    let bottom = match own {
        _ if base > 0.0 => stands_on + base,
        // Its own Z is believed: the gap is reported, not hidden.
        Some(_) => stands_on,
        None => lowest.min(median) + z_offset,
    };
    let roof = stands_on + top;
    Stand {
        ground: stands_on as f32,
        bottom: bottom as f32,
        top: roof as f32,
        shell: false,
        buried: roof <= highest,
        gap,
    }
}

/// The ground under a footprint: lowest and highest along its edges, median of its vertices.
fn lowest_median_highest(geometry: &GeometryColumn, ground: &Ground, feature: u32) -> [f64; 3] {
    if ground.grid().is_none() {
        return [0.0; 3];
    }
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut under = Vec::new();
    for part in geometry.parts(feature) {
        for ring in geometry.rings(part) {
            for (i, vertex) in ring.xy.iter().enumerate() {
                let from = MapPoint::from(*vertex);
                let to = MapPoint::from(ring.xy[(i + 1) % ring.xy.len()]);
                let mut widen = |elevation: f64| {
                    lowest = lowest.min(elevation);
                    highest = highest.max(elevation);
                };
                let here = ground.elevation(from);
                widen(here);
                ground.each_fold(from, to, widen);
                under.push(here as f32);
            }
        }
    }
    match median(&mut under) {
        Some(median) => [lowest, f64::from(median), highest],
        None => [0.0; 3],
    }
}

/// Whether a feature is a shell of surfaces rather than a footprint: some part with heights covers
/// less than a tenth of its own area on the map.
fn stands_upright(geometry: &GeometryColumn, feature: u32) -> bool {
    geometry.parts(feature).any(|part| {
        let Some(ring) = geometry.rings(part).next() else { return false };
        if ring.z.len() != ring.xy.len() || ring.xy.len() < 3 || ring.z.iter().any(|z| !z.is_finite()) {
            return false;
        }
        let n = newell(ring.xy, ring.z);
        let area = (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]).sqrt();
        n[2].abs() < 0.1 * area
    })
}

/// Twice the area vector of a ring in space, by Newell's method (Sutherland, Sproull, Schumacker,
/// ACM Computing Surveys 6(1), 1974): its direction is the normal, `[east, north, up]`.
pub fn newell(xy: &[[f64; 2]], z: &[f64]) -> [f64; 3] {
    let mut normal = [0.0; 3];
    let n = xy.len().min(z.len());
    for i in 0..n {
        let j = (i + 1) % n;
        // Relative to the first vertex, so that large coordinates keep precision.
        let a = [xy[i][0] - xy[0][0], xy[i][1] - xy[0][1], z[i] - z[0]];
        let b = [xy[j][0] - xy[0][0], xy[j][1] - xy[0][1], z[j] - z[0]];
        normal[0] += (a[1] - b[1]) * (a[2] + b[2]);
        normal[1] += (a[2] - b[2]) * (a[0] + b[0]);
        normal[2] += (a[0] - b[0]) * (a[1] + b[1]);
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeightSource, Terrain};

    fn square(z: Option<f64>) -> GeometryColumn {
        let mut column = GeometryColumn::default();
        for xy in [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]] {
            column.push_vertex(xy, z);
        }
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
        column
    }

    fn heights(top: f32, base: f32) -> Heights {
        Heights { top: vec![top], base: vec![base], source: vec![HeightSource::Surveyed], covered: vec![false] }
    }

    /// Rises 1 m for each 2 m east: 0 at the west wall, 5 at the east wall.
    fn slope() -> Ground {
        let terrain = Terrain {
            origin: MapPoint::new(-100.0, -100.0),
            cell: 100.0,
            columns: 3,
            rows: 3,
            heights: vec![-50.0, 0.0, 50.0, -50.0, 0.0, 50.0, -50.0, 0.0, 50.0],
            exaggeration: 1.0,
        };
        Ground::new(&terrain, 100)
    }

    #[test]
    fn walls_reach_the_lowest_ground_and_the_roof_is_measured_from_the_median() {
        let bodies = Bodies::stand(&square(None), &heights(20.0, 0.0), Vertical::OnTerrain, 0.0, &slope());
        assert_eq!(bodies.bottom, [0.0]);
        // Median of 0, 0, 5, 5: the upper middle one.
        assert_eq!((bodies.ground[0], bodies.top[0]), (5.0, 25.0));
        assert!(bodies.buried.is_empty());
    }

    #[test]
    fn a_bridge_floats_where_the_data_say() {
        let bodies = Bodies::stand(&square(None), &heights(8.0, 6.0), Vertical::OnTerrain, 1.0, &Ground::flat());
        assert_eq!((bodies.ground[0], bodies.bottom[0], bodies.top[0]), (1.0, 7.0, 9.0));
        assert_eq!(bodies.range, Some((7.0, 9.0)));
    }

    #[test]
    fn own_heights_are_kept_and_the_gap_to_the_terrain_is_said() {
        let bodies = Bodies::stand(&square(Some(45.0)), &heights(3.0, 0.0), Vertical::Absolute, 0.5, &slope());
        assert_eq!((bodies.bottom[0], bodies.top[0]), (45.5, 48.5));
        assert_eq!(bodies.median_gap, Some(40.5));
    }

    #[test]
    fn a_building_under_the_ground_is_named() {
        let low = Bodies::stand(&square(Some(-9.0)), &heights(3.0, 0.0), Vertical::Absolute, 0.0, &slope());
        assert_eq!(low.buried, [0]);
    }

    #[test]
    fn covered_rows_and_rows_without_height_are_no_bodies() {
        let mut covered = heights(10.0, 0.0);
        covered.covered[0] = true;
        for heights in [covered, heights(f32::NAN, 0.0), heights(2.0, 2.0), Heights::default()] {
            let bodies = Bodies::stand(&square(None), &heights, Vertical::OnTerrain, 0.0, &Ground::flat());
            assert!(!bodies.is_body(0));
            assert_eq!(bodies.range, None);
        }
    }
}
