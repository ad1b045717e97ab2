//! Between the project CRS and longitude/latitude, both ways.

use super::crs::Crs;
use super::transform::{PlaceError, Transform};
use super::{Bounds, LonLat, MapPoint};

/// Turns map points into longitude and latitude (WGS 84) and back. Not `Send`: make one per thread;
/// after the first it costs next to nothing.
#[derive(Clone, Debug)]
pub struct LonLatBridge {
    to_degrees: Transform,
    to_map: Transform,
}

impl LonLatBridge {
    /// Between a CRS and WGS 84 degrees.
    ///
    /// # Errors
    /// [`PlaceError::NoTransform`] when PROJ knows no way.
    pub fn new(project: &Crs) -> Result<Self, PlaceError> {
        let degrees = Crs::wgs84()?;
        Ok(Self { to_degrees: Transform::new(project, &degrees)?, to_map: Transform::new(&degrees, project)? })
    }

    /// The longitude and latitude of a map point; `None` where the CRS has no meaning.
    pub fn lonlat(&self, point: MapPoint) -> Option<LonLat> {
        let [lon, lat] = self.to_degrees.point([point.east, point.north])?;
        Some(LonLat { lon, lat })
    }

    /// The map point of a position; `None` where the CRS has no meaning.
    pub fn map_point(&self, at: LonLat) -> Option<MapPoint> {
        self.to_map.point([at.lon, at.lat]).map(MapPoint::from)
    }

    /// The box in degrees around a box of the map: its edges are curves there, so they are walked.
    /// Empty for an empty one.
    pub fn lonlat_bounds(&self, bounds: &Bounds) -> Bounds {
        walked(&self.to_degrees, bounds)
    }

    /// The box on the map around a box in degrees.
    pub fn map_bounds(&self, bounds: &Bounds) -> Bounds {
        walked(&self.to_map, bounds)
    }
}

/// Transforms a 9 × 9 grid over the box and takes the box around what comes out.
fn walked(transform: &Transform, bounds: &Bounds) -> Bounds {
    if bounds.is_empty() {
        return Bounds::EMPTY;
    }
    let at = |i: i32, k: usize, size: f64| bounds.min[k] + size * f64::from(i) / 8.0;
    let mut points: Vec<[f64; 2]> = (0..9)
        .flat_map(|i| (0..9).map(move |j| (i, j)))
        .map(|(i, j)| [at(i, 0, bounds.width()), at(j, 1, bounds.height())])
        .collect();
    transform.apply(&mut points);
    Bounds::around(&points)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cs2cs`: 117.1951, 39.1189 is 516872.4956, 4331721.9849 in EPSG:4548. 1e-9 degrees are 0.1 mm.
    #[test]
    fn there_and_back_moves_a_point_less_than_a_millimetre() {
        let bridge = LonLatBridge::new(&Crs::from_epsg(4548).unwrap()).unwrap();
        let point = MapPoint::new(516_872.495_6, 4_331_721.984_9);
        let at = bridge.lonlat(point).unwrap();
        assert!((at.lon - 117.1951).abs() < 1e-8 && (at.lat - 39.1189).abs() < 1e-8);
        assert!(bridge.map_point(at).unwrap().distance(point) < 1e-3);
        assert!(bridge.map_point(LonLat { lon: f64::NAN, lat: 0.0 }).is_none());
    }

    /// A parallel bends north away from the central meridian: the middle of the southern edge is the lowest
    /// point of the box on the map, lower than its corners.
    #[test]
    fn a_box_holds_its_bent_edges() {
        let bridge = LonLatBridge::new(&Crs::from_epsg(4548).unwrap()).unwrap();
        let degrees = Bounds { min: [116.0, 39.0], max: [118.0, 40.0] };
        let map = bridge.map_bounds(&degrees);
        let south = bridge.map_point(LonLat { lon: 117.0, lat: 39.0 }).unwrap().north;
        assert!((map.min[1] - south).abs() < 1.0, "{} {south}", map.min[1]);
        assert!(bridge.lonlat_bounds(&Bounds::EMPTY).is_empty());
    }
}
