//! Where things are.
//!
//! Three kinds of coordinates that never convert by accident:
//! [`LonLat`] (degrees, longitude first, WGS 84 or CGCS2000), [`MapPoint`] (metres, east and
//! north, in the project CRS, `f64`) and scene positions (`[f32; 3]`: east, up, minus north,
//! relative to a [`SceneFrame`]). Axis order is settled in [`transform`]: everything in Cimbase is
//! east/longitude first, whatever the authority says.

pub mod coordinates;
pub mod crs;
pub mod datum;
pub mod doctor;
pub mod frame;
mod lattice;
pub mod lonlat;
mod mainland;
pub mod offset;
mod parse;
mod pj;
pub mod plausible;
pub mod project_crs;
pub mod transform;

pub use crs::{Crs, CrsBasis, FoundCrs};
pub use frame::SceneFrame;
pub use lonlat::LonLatBridge;
pub use offset::Offset;
pub use transform::{PlaceError, Transform, transform_all};

/// A position in degrees, longitude first.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct LonLat {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

/// A position in the project CRS: metres.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct MapPoint {
    /// Metres east.
    pub east: f64,
    /// Metres north.
    pub north: f64,
}

impl MapPoint {
    /// From an `[east, north]` pair.
    pub const fn new(east: f64, north: f64) -> Self {
        Self { east, north }
    }

    /// Straight distance on the map plane, in metres.
    pub fn distance(self, other: Self) -> f64 {
        (self.east - other.east).hypot(self.north - other.north)
    }
}

impl From<[f64; 2]> for MapPoint {
    fn from([east, north]: [f64; 2]) -> Self {
        Self { east, north }
    }
}

/// An axis-parallel box in one plane; empty when `min > max`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Bounds {
    /// Least x (east, longitude) and y (north, latitude).
    pub min: [f64; 2],
    /// Greatest x and y.
    pub max: [f64; 2],
}

impl Bounds {
    /// The box that holds nothing.
    pub const EMPTY: Self = Self { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };

    /// The smallest box around points; empty for none.
    pub fn around<'a>(points: impl IntoIterator<Item = &'a [f64; 2]>) -> Self {
        let mut bounds = Self::EMPTY;
        for point in points {
            bounds.add(*point);
        }
        bounds
    }

    /// Grows to hold a point. Coordinates that are not finite are ignored.
    pub fn add(&mut self, [x, y]: [f64; 2]) {
        if x.is_finite() && y.is_finite() {
            self.min = [self.min[0].min(x), self.min[1].min(y)];
            self.max = [self.max[0].max(x), self.max[1].max(y)];
        }
    }

    /// Grows to hold another box.
    pub fn join(&mut self, other: Self) {
        self.min = [self.min[0].min(other.min[0]), self.min[1].min(other.min[1])];
        self.max = [self.max[0].max(other.max[0]), self.max[1].max(other.max[1])];
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        !(self.min[0] <= self.max[0] && self.min[1] <= self.max[1])
    }

    /// Width (x); 0 when empty.
    pub fn width(&self) -> f64 {
        (self.max[0] - self.min[0]).max(0.0)
    }

    /// Height (y); 0 when empty.
    pub fn height(&self) -> f64 {
        (self.max[1] - self.min[1]).max(0.0)
    }

    /// The middle; meaningless when empty.
    pub fn centre(&self) -> [f64; 2] {
        [(self.min[0] + self.max[0]) / 2.0, (self.min[1] + self.max[1]) / 2.0]
    }

    /// Whether a point lies inside or on the edge.
    pub fn holds(&self, [x, y]: [f64; 2]) -> bool {
        x >= self.min[0] && x <= self.max[0] && y >= self.min[1] && y <= self.max[1]
    }

    /// Whether two boxes share at least a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.min[0] <= other.max[0]
            && other.min[0] <= self.max[0]
            && self.min[1] <= other.max[1]
            && other.min[1] <= self.max[1]
    }

    /// The box grown by `by` on every side.
    pub fn grown(&self, by: f64) -> Self {
        Self { min: [self.min[0] - by, self.min[1] - by], max: [self.max[0] + by, self.max[1] + by] }
    }
}
