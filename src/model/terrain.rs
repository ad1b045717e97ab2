//! The ground: a regular grid of elevations in the project CRS.

use crate::place::{Bounds, MapPoint};

/// Elevations on a regular grid, project CRS, metres.
///
/// Sample `(column, row)` lies at `origin + (column · cell, row · cell)`; row 0 is the southernmost.
/// Between samples the surface is two triangles per cell, split from south-west to north-east:
/// what is drawn and what [`Terrain::height_at`] says are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Terrain {
    /// South-west sample.
    pub origin: MapPoint,
    /// Distance between samples, metres.
    pub cell: f64,
    /// Samples from west to east.
    pub columns: u32,
    /// Samples from south to north.
    pub rows: u32,
    /// Elevations, row by row; NaN where unknown.
    pub heights: Vec<f32>,
    /// Multiplies elevations for drawing; 1 for true heights.
    pub exaggeration: f32,
}

impl Terrain {
    /// The area of the samples.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            min: [self.origin.east, self.origin.north],
            max: [
                self.origin.east + f64::from(self.columns.saturating_sub(1)) * self.cell,
                self.origin.north + f64::from(self.rows.saturating_sub(1)) * self.cell,
            ],
        }
    }

    /// The elevation of a sample; NaN where unknown.
    pub fn sample(&self, column: u32, row: u32) -> f32 {
        self.heights[(row as usize) * self.columns as usize + column as usize]
    }

    /// The elevation of the surface at a point, metres (not exaggerated); `None` outside or unknown.
    pub fn height_at(&self, point: MapPoint) -> Option<f64> {
        let x = (point.east - self.origin.east) / self.cell;
        let y = (point.north - self.origin.north) / self.cell;
        let last = (f64::from(self.columns) - 1.0, f64::from(self.rows) - 1.0);
        if !(x >= 0.0 && y >= 0.0 && x <= last.0 && y <= last.1) || last.0 < 1.0 || last.1 < 1.0 {
            return None;
        }
        let column = (x.floor() as u32).min(self.columns - 2);
        let row = (y.floor() as u32).min(self.rows - 2);
        let (fx, fy) = (x - f64::from(column), y - f64::from(row));
        let sw = f64::from(self.sample(column, row));
        let ne = f64::from(self.sample(column + 1, row + 1));
        let height = if fx >= fy {
            let se = f64::from(self.sample(column + 1, row));
            sw + (se - sw) * fx + (ne - se) * fy
        } else {
            let nw = f64::from(self.sample(column, row + 1));
            sw + (nw - sw) * fy + (ne - nw) * fx
        };
        height.is_finite().then_some(height)
    }

    /// Least and greatest known elevation.
    pub fn range(&self) -> Option<(f32, f32)> {
        let known = self.heights.iter().copied().filter(|h| h.is_finite());
        known.fold(None, |range, h| match range {
            None => Some((h, h)),
            Some((low, high)) => Some((h.min(low), h.max(high))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_goes_through_its_samples_and_along_the_diagonal() {
        let terrain = Terrain {
            origin: MapPoint::new(100.0, 200.0),
            cell: 10.0,
            columns: 2,
            rows: 2,
            heights: vec![0.0, 10.0, 20.0, 40.0],
            exaggeration: 1.0,
        };
        let at = |e, n| terrain.height_at(MapPoint::new(e, n));
        assert_eq!(at(100.0, 200.0), Some(0.0));
        assert_eq!(at(110.0, 210.0), Some(40.0));
        // On the south-west to north-east diagonal: half of 0 and 40.
        assert_eq!(at(105.0, 205.0), Some(20.0));
        // In the south-east triangle: 0 + 10·0.5 + 30·0.25 = 12.5.
        assert_eq!(at(105.0, 202.5), Some(12.5));
        assert_eq!(at(99.9, 205.0), None);
    }
}
