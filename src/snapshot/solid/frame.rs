//! Where a model lies: the CRS that is written, an origin in it, and the way onto the globe.

use serde_json::{Value as Json, json};

use super::part::rounded;
use crate::index::Ground;
use crate::place::{Bounds, Crs, LonLat, MapPoint, PlaceError, Transform, transform_all};

/// Semi-major axis of WGS 84, metres (NIMA TR8350.2, table 3.1).
const A: f64 = 6_378_137.0;
/// Flattening of WGS 84 (the same).
const F: f64 = 1.0 / 298.257_223_563;

/// From the city's coordinates into those that are written.
#[derive(Debug)]
pub(super) struct Frame {
    city: Crs,
    /// What is written, in metres.
    pub crs: Crs,
    /// East, north, up in that CRS, whole metres.
    pub origin: [f64; 3],
    /// The origin on the globe.
    pub lonlat: LonLat,
}

impl Frame {
    /// With its origin in the middle of a box of the city's coordinates.
    pub fn new(city: &Crs, crs: &Crs, extent: &Bounds, ground: &Ground) -> Result<Self, PlaceError> {
        let middle = if extent.is_empty() { [0.0; 2] } else { extent.centre() };
        let up = ground.elevation(MapPoint::from(middle)).round();
        let at = Transform::new(city, crs)?.point(middle).unwrap_or(middle).map(f64::round);
        let [lon, lat] = Transform::new(crs, &Crs::wgs84()?)?.point(at).unwrap_or([f64::NAN; 2]);
        Ok(Self { city: city.clone(), crs: crs.clone(), origin: [at[0], at[1], up], lonlat: LonLat { lon, lat } })
    }

    /// Carries points into the CRS that is written; those that cannot be are NaN.
    pub fn carry(&self, points: &mut [[f64; 2]]) -> Result<usize, PlaceError> {
        transform_all(&self.city, &self.crs, points)
    }

    /// Carries points of the city onto the globe: degrees.
    pub fn degrees(&self, points: &mut [[f64; 2]]) -> Result<usize, PlaceError> {
        transform_all(&self.city, &Crs::wgs84()?, points)
    }

    /// What a file says about its origin.
    pub fn words(&self) -> Json {
        let degree = |v: f64| {
            let rounded = (v * 1e9).round() / 1e9;
            serde_json::Number::from_f64(rounded).map_or(Json::Null, Json::Number)
        };
        json!({
            "crs": self.crs.code().unwrap_or(self.crs.definition()),
            "crs_name": self.crs.name(),
            "easting": rounded(self.origin[0]),
            "northing": rounded(self.origin[1]),
            "height": rounded(self.origin[2]),
            "lon": degree(self.lonlat.lon),
            "lat": degree(self.lonlat.lat),
        })
    }
}

/// A position on the globe as metres from its middle: x to 0° E on the equator, z to the north pole. The height is
/// above the ellipsoid. After Hofmann-Wellenhof, Lichtenegger, Collins, GPS: Theory and Practice, 5th edition, (10.4).
pub(super) fn ecef(lon: f64, lat: f64, height: f64) -> [f64; 3] {
    let ((sin_lat, cos_lat), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), lon.to_radians().sin_cos());
    let e2 = F * (2.0 - F);
    let n = A / (1.0 - e2 * sin_lat * sin_lat).sqrt();
    [(n + height) * cos_lat * cos_lon, (n + height) * cos_lat * sin_lon, (n * (1.0 - e2) + height) * sin_lat]
}

/// East, north and up at a place on the globe, in the axes of [`ecef`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Plumb {
    axes: [[f64; 3]; 3],
    foot: [f64; 3],
}

impl Plumb {
    /// At degrees and a height above the ellipsoid.
    pub fn at(lon: f64, lat: f64, height: f64) -> Self {
        let ((sin_lat, cos_lat), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), lon.to_radians().sin_cos());
        let axes = [
            [-sin_lon, cos_lon, 0.0],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ];
        Self { axes, foot: ecef(lon, lat, height) }
    }

    /// A position as metres east, north and up of here.
    pub fn local(&self, at: [f64; 3]) -> [f64; 3] {
        let away = [0, 1, 2].map(|k| at[k] - self.foot[k]);
        self.axes.map(|axis| axis[0] * away[0] + axis[1] * away[1] + axis[2] * away[2])
    }

    /// From here to [`ecef`]: a 4 × 4 matrix, column by column.
    pub fn matrix(&self) -> [f64; 16] {
        let mut matrix = [0.0; 16];
        for (column, axis) in self.axes.iter().chain([&self.foot]).enumerate() {
            matrix[4 * column..4 * column + 3].copy_from_slice(axis);
        }
        matrix[15] = 1.0;
        matrix
    }
}
