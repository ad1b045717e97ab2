//! Distances, areas and height differences between points that a user clicks.
//!
//! Plane values are in the project CRS, as every drawing and certificate uses them. Beside them
//! stands the value on the ellipsoid, so that the difference (the projection's scale) is known.

use geo::line_measures::{Geodesic, Length};
use geo::{Coord, GeodesicArea, LineString, Polygon};

use crate::place::transform::PlaceError;
use crate::place::{Crs, MapPoint, Transform};
use crate::units::{Metres, SquareMetres};

/// A clicked point with the elevation of what was clicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Spot {
    /// On the map.
    pub point: MapPoint,
    /// Metres above datum.
    pub up: f64,
}

/// The length of a path.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct PathLength {
    /// On the map plane.
    pub plane: Metres,
    /// Along straight lines in space, with the heights.
    pub space: Metres,
    /// On the ellipsoid (Karney's geodesics on WGS 84, nanometres); `None` where the CRS has no way
    /// to longitude and latitude.
    pub ellipsoid: Option<Metres>,
    /// Height of the last spot above the first.
    pub rise: Metres,
}

/// The area of a drawn polygon.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct PolygonArea {
    /// On the map plane.
    pub plane: SquareMetres,
    /// On the ellipsoid, as [`PathLength::ellipsoid`].
    pub ellipsoid: Option<SquareMetres>,
    /// The perimeter on the map plane.
    pub perimeter: Metres,
    /// Whether the outline crosses itself: then the areas are those of the loops with sign, and
    /// mean little.
    pub crosses_itself: bool,
}

/// The way from the project CRS to the ellipsoid. Not `Send`: make one per thread.
#[derive(Debug)]
pub struct Ruler {
    to_lonlat: Option<Transform>,
}

impl Ruler {
    /// Prepares measuring in a project CRS.
    pub fn new(project: &Crs) -> Self {
        let way = || -> Result<Transform, PlaceError> { Transform::new(project, &Crs::parse("EPSG:4326")?) };
        Self { to_lonlat: way().ok() }
    }

    /// A ruler that measures on the map plane alone.
    pub fn plane() -> Self {
        Self { to_lonlat: None }
    }

    /// The distance between two spots: a path of two.
    pub fn distance(&self, from: Spot, to: Spot) -> PathLength {
        self.path(&[from, to])
    }

    /// The length of a path; 0 for less than two spots.
    pub fn path(&self, spots: &[Spot]) -> PathLength {
        let steps = || spots.windows(2).map(|w| (w[0].point.distance(w[1].point), w[1].up - w[0].up));
        let rise = match spots {
            [first, .., last] => last.up - first.up,
            _ => 0.0,
        };
        PathLength {
            plane: Metres(steps().map(|(plane, _)| plane).sum()),
            space: Metres(steps().map(|(plane, rise)| plane.hypot(rise)).sum()),
            ellipsoid: self.lonlat(spots).map(|line| Metres(Geodesic.length(&line))),
            rise: Metres(rise),
        }
    }

    /// The area inside an outline; 0 for less than three spots. The outline closes itself.
    pub fn area(&self, outline: &[Spot]) -> PolygonArea {
        let xy: Vec<[f64; 2]> = outline.iter().map(|spot| [spot.point.east, spot.point.north]).collect();
        let plane = crate::model::GeometryColumn::twice_signed_area(&xy).abs() / 2.0;
        let closing = match outline {
            [first, _, .., last] => first.point.distance(last.point),
            _ => 0.0,
        };
        let ellipsoid = self.lonlat(outline).map(|line| {
            let polygon = Polygon::new(line, Vec::new());
            SquareMetres(polygon.geodesic_area_signed().abs())
        });
        PolygonArea {
            plane: SquareMetres(plane),
            ellipsoid,
            perimeter: Metres(self.path(outline).plane.0 + closing),
            crosses_itself: crosses_itself(&xy),
        }
    }

    fn lonlat(&self, spots: &[Spot]) -> Option<LineString> {
        let mut points: Vec<[f64; 2]> = spots.iter().map(|spot| [spot.point.east, spot.point.north]).collect();
        let lost = self.to_lonlat.as_ref()?.apply(&mut points);
        (lost == 0).then(|| points.into_iter().map(|[x, y]| Coord { x, y }).collect())
    }
}

/// Whether two sides of a closed outline that are not neighbours share a point. Drawn outlines are
/// short, so every pair is looked at.
fn crosses_itself(ring: &[[f64; 2]]) -> bool {
    let n = ring.len();
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| {
        ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).signum()
    };
    (0..n).any(|i| {
        (i + 2..n).filter(|&j| (j + 1) % n != i).any(|j| {
            let (a, b, c, d) = (ring[i], ring[(i + 1) % n], ring[j], ring[(j + 1) % n]);
            turn(a, b, c) * turn(a, b, d) < 0.0 && turn(c, d, a) * turn(c, d, b) < 0.0
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(east: f64, north: f64, up: f64) -> Spot {
        Spot { point: MapPoint::new(east, north), up }
    }

    /// 3-4-5 on the plane, then 12 m up: 13 m in space.
    #[test]
    fn a_path_has_a_plane_and_a_space_length_and_a_rise() {
        let path = Ruler::plane().distance(spot(0.0, 0.0, 10.0), spot(3.0, 4.0, 22.0));
        assert_eq!((path.plane, path.space, path.rise), (Metres(5.0), Metres(13.0), Metres(12.0)));
        assert_eq!(path.ellipsoid, None);
        assert_eq!(Ruler::plane().path(&[]).plane, Metres(0.0));
    }

    #[test]
    fn an_area_does_not_depend_on_direction_and_a_bow_tie_is_said() {
        let mut square = vec![spot(1.0, 1.0, 0.0), spot(11.0, 1.0, 0.0), spot(11.0, 11.0, 0.0), spot(1.0, 11.0, 0.0)];
        let area = Ruler::plane().area(&square);
        assert_eq!((area.plane, area.perimeter, area.crosses_itself), (SquareMetres(100.0), Metres(40.0), false));
        square.reverse();
        assert_eq!(Ruler::plane().area(&square).plane, SquareMetres(100.0));
        square.swap(0, 1);
        assert!(Ruler::plane().area(&square).crosses_itself);
        assert_eq!(Ruler::plane().area(&square[..2]).plane, SquareMetres(0.0));
    }

    /// On the central meridian of a Gauss-Kruger zone (scale 1) plane and ellipsoid agree; in UTM the
    /// scale there is 0.9996, so 10 km on the map are 10 004.0 m on the ground.
    #[test]
    fn the_ellipsoid_shows_the_scale_of_the_projection() {
        let Ok(utm) = Crs::parse("EPSG:32650") else { return };
        let path = Ruler::new(&utm).distance(spot(500_000.0, 4_330_000.0, 0.0), spot(500_000.0, 4_340_000.0, 0.0));
        assert!((path.ellipsoid.unwrap().0 - 10_000.0 / 0.9996).abs() < 0.01, "{path:?}");
        let Ok(gauss) = Crs::parse("EPSG:4548") else { return };
        let ring = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)];
        let ring: Vec<Spot> = ring.iter().map(|(x, y)| spot(500_000.0 + x, 4_330_000.0 + y, 0.0)).collect();
        let area = Ruler::new(&gauss).area(&ring);
        assert!((area.ellipsoid.unwrap().0 - 10_000.0).abs() < 0.01, "{area:?}");
    }
}
