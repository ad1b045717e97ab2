//! Areas and distances on the ground, by `geo`: what lies on a parcel, how much of it, how far from its line.

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Distance, Euclidean, Geometry, Intersects, Line, LineString, MultiPolygon,
    Polygon, unary_union,
};

use crate::model::GeometryColumn;
use crate::place::Bounds;
use crate::query::shape;

/// The polygons of a feature; `None` when it is none.
pub fn polygons(column: &GeometryColumn, feature: u32) -> Option<MultiPolygon> {
    match shape::of_feature(column, feature)? {
        Geometry::MultiPolygon(polygons) if !polygons.0.is_empty() => Some(polygons),
        _ => None,
    }
}

/// The box around polygons.
pub fn bounds_of(polygons: &MultiPolygon) -> Bounds {
    let Some(rect) = polygons.bounding_rect() else { return Bounds::EMPTY };
    Bounds { min: [rect.min().x, rect.min().y], max: [rect.max().x, rect.max().y] }
}

/// The part of `what` that lies on `site`.
pub fn on(site: &MultiPolygon, what: &MultiPolygon) -> MultiPolygon {
    // Most lie wholly inside a parcel without dents: an exact cut is only for the others.
    if let [one] = site.0.as_slice()
        && one.interiors().is_empty()
        && surrounds(one.exterior(), what)
    {
        return what.clone();
    }
    if !site.intersects(what) {
        return MultiPolygon::new(Vec::new());
    }
    site.intersection(what)
}

/// Whether a ring without dents holds all corners of polygons; `false` for a ring with dents.
fn surrounds(ring: &LineString, what: &MultiPolygon) -> bool {
    let side = |a: Coord, b: Coord, p: Coord| (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
    let edges = || ring.0.windows(2).filter(|edge| edge[0] != edge[1]);
    let turns = || edges().zip(edges().cycle().skip(1)).map(|(a, b)| side(a[0], a[1], b[1]));
    let (left, right) = (turns().all(|turn| turn >= 0.0), turns().all(|turn| turn <= 0.0));
    // A ring that turns round more than once has no dents either, but crosses itself: parcels do not.
    if left == right {
        return false;
    }
    let corners = what.0.iter().flat_map(|polygon| &polygon.exterior().0);
    corners.into_iter().all(|corner| {
        edges().all(
            |edge| if left { side(edge[0], edge[1], *corner) >= 0.0 } else { side(edge[0], edge[1], *corner) <= 0.0 },
        )
    })
}

/// Area that several polygons cover together, m²; what lies under two of them counts once.
pub fn covered(pieces: &[MultiPolygon]) -> f64 {
    match pieces {
        [] => 0.0,
        [one] => one.unsigned_area(),
        apart if boxes_apart(apart) => apart.iter().map(Area::unsigned_area).sum(),
        many => unary_union(many.iter().flat_map(|piece| piece.0.iter())).unsigned_area(),
    }
}

/// Whether no two boxes around pieces meet: then neither do the pieces.
fn boxes_apart(pieces: &[MultiPolygon]) -> bool {
    let boxes: Vec<Bounds> = pieces.iter().map(bounds_of).collect();
    boxes.iter().enumerate().all(|(i, a)| boxes.iter().skip(i + 1).all(|b| !a.meets(b)))
}

/// A side of a parcel: edges of its outline that go nearly straight on.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its edges.
    pub edges: Vec<Line>,
    /// The direction that it faces, degrees clockwise from north.
    pub faces: f64,
    /// Its length, metres.
    pub length: f64,
}

/// Edges that turn by less belong to one side, degrees.
const STRAIGHT: f64 = 15.0;
/// Shorter edges are corners cut off, not sides, metres.
const CORNER: f64 = 1.0;

/// The sides of a parcel's outer lines.
pub fn sides(site: &MultiPolygon) -> Vec<Side> {
    site.0.iter().flat_map(|polygon| sides_of(polygon.exterior())).collect()
}

fn sides_of(ring: &LineString) -> Vec<Side> {
    let area: f64 = ring.lines().map(|l| l.start.x * l.end.y - l.end.x * l.start.y).sum();
    let length = |line: &Line| (line.end.x - line.start.x).hypot(line.end.y - line.start.y);
    // Outward is to the right of the way of a ring that goes anticlockwise.
    let faces = |line: &Line| {
        let (dx, dy) = (line.end.x - line.start.x, line.end.y - line.start.y);
        let (nx, ny) = if area >= 0.0 { (dy, -dx) } else { (-dy, dx) };
        nx.atan2(ny).to_degrees().rem_euclid(360.0)
    };
    let turn = |a: f64, b: f64| ((b - a + 540.0).rem_euclid(360.0) - 180.0).abs();
    let mut sides: Vec<Side> = Vec::new();
    for edge in ring.lines().filter(|line| length(line) > 0.0) {
        let (facing, long) = (faces(&edge), length(&edge));
        match sides.last_mut() {
            Some(side) if turn(side.faces, facing) < STRAIGHT || long < CORNER => {
                // The longest edge says where the side faces.
                if long > side.edges.iter().map(length).fold(0.0, f64::max) {
                    side.faces = facing;
                }
                side.edges.push(edge);
                side.length += long;
            }
            _ => sides.push(Side { edges: vec![edge], faces: facing, length: long }),
        }
    }
    // The ring began in the middle of a side.
    if sides.len() > 2
        && turn(sides[0].faces, sides[sides.len() - 1].faces) < STRAIGHT
        && let Some(last) = sides.pop()
    {
        sides[0].edges.extend(last.edges);
        sides[0].length += last.length;
    }
    sides
}

/// Least distance of a side to polygons, metres; 0 where they meet.
pub fn distance(side: &Side, polygons: &MultiPolygon) -> f64 {
    let of_ring = |ring: &LineString| {
        let pairs = ring.lines().flat_map(|edge| side.edges.iter().map(move |own| Euclidean.distance(&edge, own)));
        pairs.fold(f64::INFINITY, f64::min)
    };
    polygons.0.iter().map(|polygon: &Polygon| of_ring(polygon.exterior())).fold(f64::INFINITY, f64::min)
}

/// The eight directions of the compass by degrees: 0 is north, 2 east.
pub fn compass(degrees: f64) -> usize {
    ((degrees.rem_euclid(360.0) / 45.0).round() as usize) % 8
}

/// A rectangle, for tests and for sites that are given by their corners.
pub fn rectangle(min: [f64; 2], max: [f64; 2]) -> MultiPolygon {
    let corner = |x: f64, y: f64| Coord { x, y };
    let ring = vec![corner(min[0], min[1]), corner(max[0], min[1]), corner(max[0], max[1]), corner(min[0], max[1])];
    MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rectangles with whole numbers: areas and distances are exact to rounding of f64.
    const CLOSE: f64 = 1e-9;

    fn with_hole(min: [f64; 2], max: [f64; 2], hole: MultiPolygon) -> MultiPolygon {
        let outer = rectangle(min, max).0[0].exterior().clone();
        MultiPolygon::new(vec![Polygon::new(outer, vec![hole.0[0].exterior().clone()])])
    }

    #[test]
    fn a_building_cut_by_the_line_has_its_part_on_the_parcel() {
        let site = rectangle([0.0, 0.0], [100.0, 50.0]);
        // 20 × 10 m, of which 15 × 10 lie east of x = 0.
        let house = rectangle([-5.0, 10.0], [15.0, 20.0]);
        assert!((on(&site, &house).unsigned_area() - 150.0).abs() < CLOSE);
        assert!((on(&site, &rectangle([10.0, 10.0], [30.0, 20.0])).unsigned_area() - 200.0).abs() < CLOSE);
        assert_eq!(on(&site, &rectangle([200.0, 0.0], [210.0, 10.0])).unsigned_area(), 0.0);
    }

    #[test]
    fn what_lies_in_a_hole_of_the_parcel_is_not_on_it() {
        let site = with_hole([0.0, 0.0], [100.0, 100.0], rectangle([40.0, 40.0], [60.0, 60.0]));
        assert!((site.unsigned_area() - 9600.0).abs() < CLOSE);
        // 30 × 10 m across the hole's western line at x = 40: 10 × 10 on the parcel.
        let house = rectangle([30.0, 45.0], [60.0, 55.0]);
        assert!((on(&site, &house).unsigned_area() - 100.0).abs() < CLOSE);
    }

    #[test]
    fn overlapping_pieces_cover_their_common_ground_once() {
        let a = rectangle([0.0, 0.0], [10.0, 10.0]);
        let b = rectangle([5.0, 0.0], [15.0, 10.0]);
        assert!((covered(&[a, b]) - 150.0).abs() < CLOSE);
        assert_eq!(covered(&[]), 0.0);
    }

    #[test]
    fn a_rectangle_has_four_sides_wherever_its_ring_begins_and_whichever_way_it_goes() {
        // Begins in the middle of the southern side; the northern side has a bend of 2 m in 100: 2.3°.
        let corners = [[50.0, 0.0], [100.0, 0.0], [100.0, 50.0], [50.0, 51.0], [0.0, 50.0], [0.0, 0.0], [50.0, 0.0]];
        for turned in [false, true] {
            let mut ring: Vec<Coord> = corners.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect();
            if turned {
                ring.reverse();
            }
            let site = MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())]);
            let mut faces: Vec<usize> = sides(&site).iter().map(|side| compass(side.faces)).collect();
            faces.sort_unstable();
            assert_eq!(faces, [0, 2, 4, 6], "north, east, south, west; turned: {turned}");
        }
    }

    #[test]
    fn setbacks_are_measured_to_each_side() {
        let site = rectangle([0.0, 0.0], [100.0, 50.0]);
        let house = rectangle([10.0, 5.0], [40.0, 42.0]);
        let by_side = |side: usize| {
            let side = sides(&site).into_iter().find(|s| compass(s.faces) == side).unwrap();
            distance(&side, &house)
        };
        // East: 100 - 40; north: 50 - 42; west: 10; south: 5.
        for (side, metres) in [(0, 8.0), (2, 60.0), (4, 5.0), (6, 10.0)] {
            assert!((by_side(side) - metres).abs() < CLOSE, "side {side}");
        }
    }
}
