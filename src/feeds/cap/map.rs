//! The areas of a warning on the map: all of its shapes together, in the project CRS.

use std::f64::consts::TAU;

use geo::{
    BooleanOps, BoundingRect, Coord, InteriorPoint, LineString, MultiPolygon, Orient, Polygon, Rect, unary_union,
};

use super::{Circle, Warning};
use crate::place::{Bounds, Crs, LonLat, LonLatBridge};

/// The earth as a sphere, metres.
const EARTH_M: f64 = 6_371_008.8;
/// Corners of a circle.
const CORNERS: usize = 96;
/// A straight line of a warning is bent on the map: it is cut into pieces of at most so many degrees, about a
/// kilometre.
const PIECE: f64 = 0.01;
/// Most pieces of one line.
const PIECES: f64 = 1_000.0;
/// What lies nearer to the edge of the box than this, degrees, lies on it: a tenth of a metre.
const EDGE: f64 = 1e-6;

/// What is drawn of a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct OnMap {
    /// The area as far as it lies in the box that was asked for. Exteriors run counter-clockwise.
    pub fill: MultiPolygon<f64>,
    /// Its outline there; where the box cuts it there is none.
    pub edges: Vec<Vec<[f64; 2]>>,
    /// A place inside for its name; `None` where nothing of it lies in the box.
    pub anchor: Option<[f64; 2]>,
    /// The box around all of it, also what lies outside of the box.
    pub extent: Bounds,
}

/// The areas of a warning, within a box of the map. `None` where it names no area that can be drawn.
///
/// # CRS
/// `within` and the answer are in `crs`.
pub fn on_map(warning: &Warning, crs: &Crs, within: &Bounds) -> Option<OnMap> {
    let bridge = LonLatBridge::new(crs).ok()?;
    let polygons = warning.areas.iter().flat_map(|area| {
        let outlines = area.polygons.iter().map(|outline| polygon(outline.iter().copied()));
        outlines.chain(area.circles.iter().map(|circle| polygon(round(circle))))
    });
    let polygons: Vec<Polygon<f64>> = polygons.filter(|polygon| polygon.exterior().0.len() > 3).collect();
    if polygons.is_empty() {
        return None;
    }
    let whole = unary_union(&polygons);
    let around = whole.bounding_rect()?;
    let around = Bounds { min: around.min().into(), max: around.max().into() };
    let view = bridge.lonlat_bounds(within);
    if view.is_empty() || !view.min.iter().chain(&view.max).all(|v| v.is_finite()) {
        return None;
    }
    let rect = Rect::new(Coord::from(view.min), Coord::from(view.max));
    let seen = whole.intersection(&rect.to_polygon());
    let to_map =
        |at: Coord<f64>| bridge.map_point(LonLat { lon: at.x, lat: at.y }).map(|point| [point.east, point.north]);
    let mut edges = Vec::new();
    let mut fill = Vec::new();
    for polygon in &seen.0 {
        let mut rings = std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|ring| {
            let mut corners = Vec::new();
            let mut run: Vec<[f64; 2]> = Vec::new();
            for line in ring.lines() {
                let on = |low: f64, high: f64, a: f64, b: f64| {
                    let near = |v: f64, edge: f64| (v - edge).abs() < EDGE;
                    (near(a, low) && near(b, low)) || (near(a, high) && near(b, high))
                };
                let cut = on(view.min[0], view.max[0], line.start.x, line.end.x)
                    || on(view.min[1], view.max[1], line.start.y, line.end.y);
                let length = line.delta().x.abs().max(line.delta().y.abs());
                let pieces = (length / PIECE).ceil().clamp(1.0, PIECES) as usize;
                for piece in 0..=pieces {
                    let at = line.start + line.delta() * (piece as f64 / pieces as f64);
                    let Some(at) = to_map(at) else { continue };
                    if piece < pieces {
                        corners.push(at);
                    }
                    if !cut && (piece > 0 || run.is_empty()) {
                        run.push(at);
                    }
                }
                if cut && run.len() > 1 {
                    edges.push(std::mem::take(&mut run));
                }
                if cut {
                    run.clear();
                }
            }
            if run.len() > 1 {
                edges.push(run);
            }
            LineString::from(corners)
        });
        // A polygon has an exterior.
        if let Some(exterior) = rings.next() {
            let interiors = rings.collect();
            fill.push(Polygon::new(exterior, interiors).orient(geo::orient::Direction::Default));
        }
    }
    let fill = MultiPolygon(fill);
    let anchor =
        fill.interior_point().map(|point| [point.x(), point.y()]).filter(|at| at.iter().all(|v| v.is_finite()));
    Some(OnMap { fill, edges, anchor, extent: bridge.map_bounds(&around) })
}

fn polygon(outline: impl Iterator<Item = [f64; 2]>) -> Polygon<f64> {
    Polygon::new(LineString::from_iter(outline.map(Coord::from)), Vec::new())
}

/// The corners of a circle on the sphere.
fn round(circle: &Circle) -> impl Iterator<Item = [f64; 2]> {
    let [lon, lat] = circle.centre.map(f64::to_radians);
    let angle = circle.km * 1000.0 / EARTH_M;
    (0..CORNERS).map(move |step| {
        let bearing = TAU * step as f64 / CORNERS as f64;
        let sin = lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos();
        let north = sin.clamp(-1.0, 1.0).asin();
        let east = lon + (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * sin);
        [east.to_degrees(), north.to_degrees()]
    })
}

#[cfg(test)]
mod tests {
    use geo::{Area as _, Contains as _, Point};

    use super::super::{Area, Severity};
    use super::*;

    fn crs() -> Crs {
        Crs::from_epsg(4548).unwrap()
    }

    /// Around 117.2° E, 39.1° N.
    fn within() -> Bounds {
        Bounds { min: [507_000.0, 4_320_000.0], max: [527_000.0, 4_340_000.0] }
    }

    fn warning(area: Area) -> Warning {
        Warning { severity: Severity::Severe, areas: vec![area], ..Warning::default() }
    }

    /// 117.1951° E, 39.1189° N is 516 872.4956 E, 4 331 721.9849 N (`cs2cs`); a circle of 2 km has π · 4 km², and the
    /// 96 corners cut off sin(2π/96) / (2π/96) = 0.99929 of it.
    #[test]
    fn a_circle_has_its_size_around_its_middle() {
        let circle = Circle { centre: [117.1951, 39.1189], km: 2.0 };
        let drawn = on_map(&warning(Area { circles: vec![circle], ..Area::default() }), &crs(), &within()).unwrap();
        let area = drawn.fill.unsigned_area();
        assert!((area / (0.99929 * std::f64::consts::PI * 4e6) - 1.0).abs() < 0.004, "{area}");
        let [x, y] = drawn.extent.centre();
        assert!((x - 516_872.5).abs() < 10.0 && (y - 4_331_722.0).abs() < 10.0, "{x} {y}");
        // On the ellipsoid the circle is 4 010 m wide here (6 387 km against 6 371 km), and the box in degrees around it
        // leans by the convergence of 0.195° · sin 39.1° = 0.123°, which is 9 m over 4 km.
        assert!((drawn.extent.width() - 4_018.0).abs() < 3.0, "{}", drawn.extent.width());
        assert!(drawn.edges.len() == 1 && drawn.edges[0].first() == drawn.edges[0].last());
        assert!(drawn.fill.contains(&Point::from(drawn.anchor.unwrap())));
    }

    #[test]
    fn shapes_that_overlap_are_one_area() {
        let square = |lon: f64| vec![[lon, 39.1], [lon + 0.02, 39.1], [lon + 0.02, 39.12], [lon, 39.12]];
        let area = |polygons: Vec<Vec<[f64; 2]>>| {
            on_map(&warning(Area { polygons, ..Area::default() }), &crs(), &within()).unwrap()
        };
        let (one, both) = (area(vec![square(117.18)]), area(vec![square(117.18), square(117.19)]));
        assert_eq!((both.fill.0.len(), both.edges.len()), (1, 1));
        assert!((both.fill.unsigned_area() / one.fill.unsigned_area() - 1.5).abs() < 1e-3);
    }

    /// A province: the map is filled, and no line is drawn where the box cuts it.
    #[test]
    fn what_reaches_beyond_the_map_fills_it_and_has_no_edge_there() {
        let polygons = vec![vec![[110.0, 35.0], [117.2, 35.0], [117.2, 43.0], [110.0, 43.0]]];
        let drawn = on_map(&warning(Area { polygons, ..Area::default() }), &crs(), &within()).unwrap();
        assert_eq!(drawn.edges.len(), 1, "the meridian alone");
        let bridge = LonLatBridge::new(&crs()).unwrap();
        for [east, north] in &drawn.edges[0] {
            let at = bridge.lonlat(crate::place::MapPoint::new(*east, *north)).unwrap();
            assert!((at.lon - 117.2).abs() < 1e-7, "{at:?}");
        }
        assert!(drawn.extent.width() > 500_000.0);
        // Far from here: it is listed, and nothing is drawn.
        let polygons = vec![vec![[100.0, 20.0], [101.0, 20.0], [101.0, 21.0]]];
        let far = on_map(&warning(Area { polygons, ..Area::default() }), &crs(), &within()).unwrap();
        assert!(far.fill.0.is_empty() && far.edges.is_empty() && far.anchor.is_none() && !far.extent.is_empty());
        assert_eq!(on_map(&warning(Area::default()), &crs(), &within()), None);
    }

    #[test]
    fn outlines_that_cross_themselves_or_lie_on_a_line_do_not_fall() {
        for outline in [
            vec![[117.1, 39.0], [117.2, 39.1], [117.2, 39.0], [117.1, 39.1]],
            vec![[117.1, 39.1], [117.2, 39.1], [117.3, 39.1]],
            vec![[117.1, 39.1]; 5],
            vec![[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]],
        ] {
            let area = Area { polygons: vec![outline], ..Area::default() };
            if let Some(drawn) = on_map(&warning(area), &crs(), &within()) {
                assert!(drawn.edges.iter().flatten().flatten().all(|v| v.is_finite()));
            }
        }
    }
}
