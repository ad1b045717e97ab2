//! Exact questions about one or two geometries: inside, distance, crossing.
//!
//! Sides are decided by a robust predicate (`geo`'s `RobustKernel`, after Shewchuk, Discrete &
//! Computational Geometry 18, 1997), so that a point on a shared edge is on it for both neighbours.
//! A point, and a line of one vertex, is an edge from itself to itself.

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};

use crate::model::{GeometryColumn, GeometryKind};
use crate::place::Bounds;

type Point = [f64; 2];

/// 1 when `c` lies to the left of a → b, -1 to the right, 0 on the line.
fn side(a: Point, b: Point, c: Point) -> i32 {
    match RobustKernel::orient2d(a.into(), b.into(), c.into()) {
        Orientation::CounterClockwise => 1,
        Orientation::Clockwise => -1,
        Orientation::Collinear => 0,
    }
}

/// Calls `visit` with the edges of a feature until it says `true`; whether it did.
pub(super) fn any_edge(geometry: &GeometryColumn, feature: u32, mut visit: impl FnMut(Point, Point) -> bool) -> bool {
    let closed = geometry.kind(feature) == GeometryKind::Polygon;
    geometry.parts(feature).any(|part| {
        geometry.rings(part).any(|ring| {
            let around = match ring.xy {
                [] => false,
                [only] => visit(*only, *only),
                [first, .., last] => closed && visit(*last, *first),
            };
            around || ring.xy.windows(2).any(|edge| visit(edge[0], edge[1]))
        })
    })
}

/// Whether a part of a polygon holds a point; its edges do.
fn part_holds(geometry: &GeometryColumn, part: u32, p: Point) -> bool {
    let mut odd = false;
    for ring in geometry.rings(part) {
        let Some(mut a) = ring.xy.last().copied() else { continue };
        for &b in ring.xy {
            let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
            if p[1] >= low[1] && p[1] <= high[1] && p[0] <= a[0].max(b[0]) {
                let crosses = p[1] < high[1];
                if p[0] < a[0].min(b[0]) {
                    odd ^= crosses;
                } else {
                    match side(low, high, p) {
                        // On the line, within the box: on the edge.
                        0 => return true,
                        // To the left of an edge that goes up: the way east crosses it.
                        1 => odd ^= crosses,
                        _ => {}
                    }
                }
            }
            a = b;
        }
    }
    odd
}

/// Whether a polygon feature holds a point; edges count as inside. `false` for other kinds.
pub fn holds(geometry: &GeometryColumn, feature: u32, point: Point) -> bool {
    geometry.kind(feature) == GeometryKind::Polygon
        && geometry.parts(feature).any(|part| part_holds(geometry, part, point))
}

/// Distance from a point to the segment a–b.
fn to_segment(p: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let along = (p[0] - a[0]) * dx + (p[1] - a[1]) * dy;
    let square = dx * dx + dy * dy;
    if along <= 0.0 || square == 0.0 {
        (p[0] - a[0]).hypot(p[1] - a[1])
    } else if along >= square {
        (p[0] - b[0]).hypot(p[1] - b[1])
    } else {
        (dx * (p[1] - a[1]) - dy * (p[0] - a[0])).abs() / square.sqrt()
    }
}

/// Distance from a point to a feature in the units of its coordinates: 0 inside a polygon and on
/// its edges; infinite for a feature without geometry.
pub fn distance(geometry: &GeometryColumn, feature: u32, point: Point) -> f64 {
    if holds(geometry, feature, point) {
        return 0.0;
    }
    let mut least = f64::INFINITY;
    any_edge(geometry, feature, |a, b| {
        least = least.min(to_segment(point, a, b));
        false
    });
    least
}

/// Whether a segment and a box share a point (edges count).
pub fn segment_meets_box(a: Point, b: Point, bounds: &Bounds) -> bool {
    let around = Bounds::around([&a, &b]);
    if !around.meets(bounds) {
        return false;
    }
    if bounds.holds(a) || bounds.holds(b) {
        return true;
    }
    // Apart only if all corners lie on one side of the segment's line.
    let corners = [bounds.min, [bounds.max[0], bounds.min[1]], bounds.max, [bounds.min[0], bounds.max[1]]];
    let first = side(a, b, corners[0]);
    first == 0 || corners[1..].iter().any(|corner| side(a, b, *corner) != first)
}

/// Whether an edge of a feature and a box share a point: otherwise the box lies wholly in it or outside.
pub fn edge_meets_box(geometry: &GeometryColumn, feature: u32, bounds: &Bounds) -> bool {
    any_edge(geometry, feature, |a, b| segment_meets_box(a, b, bounds))
}

/// Whether a feature and a box share a point.
pub fn meets_box(geometry: &GeometryColumn, feature: u32, bounds: &Bounds) -> bool {
    edge_meets_box(geometry, feature, bounds) || holds(geometry, feature, bounds.min)
}

/// Whether two closed segments share a point.
fn segments_meet([a, b]: [Point; 2], [c, d]: [Point; 2]) -> bool {
    Bounds::around([&a, &b]).meets(&Bounds::around([&c, &d]))
        && side(a, b, c) * side(a, b, d) <= 0
        && side(c, d, a) * side(c, d, b) <= 0
}

/// Edges of a feature that meet a box, from west to east.
fn edges_in(geometry: &GeometryColumn, feature: u32, bounds: &Bounds) -> Vec<[Point; 2]> {
    let mut edges = Vec::new();
    any_edge(geometry, feature, |a, b| {
        if Bounds::around([&a, &b]).meets(bounds) {
            edges.push(if a[0] <= b[0] { [a, b] } else { [b, a] });
        }
        false
    });
    edges.sort_by(|a, b| a[0][0].total_cmp(&b[0][0]));
    edges
}

/// Whether two features share a point: a common corner is enough, and so is one inside the other.
pub fn touch(one: &GeometryColumn, a: u32, other: &GeometryColumn, b: u32) -> bool {
    let (box_a, box_b) = (one.bounds(a), other.bounds(b));
    if box_a.is_empty() || box_b.is_empty() || !box_a.meets(&box_b) {
        return false;
    }
    // Where no edges meet, a part lies inside as a whole or not at all: one vertex decides.
    let inside = |inner: &GeometryColumn, i: u32, outer: &GeometryColumn, o: u32| {
        inner.parts(i).any(|part| {
            let first = inner.rings(part).next().and_then(|ring| ring.xy.first().copied());
            first.is_some_and(|vertex| holds(outer, o, vertex))
        })
    };
    if inside(one, a, other, b) || inside(other, b, one, a) {
        return true;
    }
    edges_meet(one, a, other, b)
}

/// Whether edges of two features share a point: otherwise each part of one lies wholly in the other or outside.
pub fn edges_meet(one: &GeometryColumn, a: u32, other: &GeometryColumn, b: u32) -> bool {
    any_pair(one, a, other, b, 0.0, segments_meet)
}

/// Whether two features come within so many metres of each other; a common point is at no distance, and so is
/// one inside the other.
pub fn are_near(one: &GeometryColumn, a: u32, other: &GeometryColumn, b: u32, metres: f64) -> bool {
    let (box_a, box_b) = (one.bounds(a), other.bounds(b));
    if box_a.is_empty() || box_b.is_empty() || !box_a.meets(&box_b.grown(metres)) {
        return false;
    }
    // Of segments that do not meet, an end is nearest.
    let near = |[a, b]: [Point; 2], [c, d]: [Point; 2]| {
        [to_segment(a, c, d), to_segment(b, c, d), to_segment(c, a, b), to_segment(d, a, b)]
            .iter()
            .any(|d| *d <= metres)
    };
    touch(one, a, other, b) || any_pair(one, a, other, b, metres, near)
}

/// Whether a pair of edges of two features, not farther apart than `reach` along either axis, passes.
fn any_pair(
    one: &GeometryColumn,
    a: u32,
    other: &GeometryColumn,
    b: u32,
    reach: f64,
    pass: impl Fn([Point; 2], [Point; 2]) -> bool,
) -> bool {
    let (box_a, box_b) = (one.bounds(a).grown(reach), other.bounds(b).grown(reach));
    let common = Bounds {
        min: [box_a.min[0].max(box_b.min[0]), box_a.min[1].max(box_b.min[1])],
        max: [box_a.max[0].min(box_b.max[0]), box_a.max[1].min(box_b.max[1])],
    };
    let (left, right) = (edges_in(one, a, &common), edges_in(other, b, &common));
    // Sweep from west to east: each edge is held against those of the other feature that begin
    // before it ends.
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        let (edge, rest) = if left[i][0][0] <= right[j][0][0] {
            i += 1;
            (left[i - 1], &right[j..])
        } else {
            j += 1;
            (right[j - 1], &left[i..])
        };
        if rest.iter().take_while(|other| other[0][0] <= edge[1][0] + reach).any(|other| pass(edge, *other)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(kind: GeometryKind, rings: &[&[Point]]) -> GeometryColumn {
        let mut column = GeometryColumn::default();
        for ring in rings {
            ring.iter().for_each(|xy| column.push_vertex(*xy, None));
            column.end_ring();
        }
        column.end_part();
        column.end_feature(kind);
        column
    }

    fn court() -> GeometryColumn {
        feature(
            GeometryKind::Polygon,
            &[&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]], &[[3.0, 3.0], [3.0, 7.0], [7.0, 7.0], [7.0, 3.0]]],
        )
    }

    #[test]
    fn edges_and_corners_are_inside_and_courtyards_are_not() {
        let court = court();
        for p in [[0.0, 0.0], [10.0, 10.0], [5.0, 0.0], [10.0, 5.0], [3.0, 5.0], [5.0, 7.0], [1.0, 5.0], [5.0, 2.0]] {
            assert!(holds(&court, 0, p), "{p:?}");
        }
        for p in [[5.0, 5.0], [-1.0, 0.0], [11.0, 10.0], [5.0, 10.001], [3.001, 5.0], [-0.001, 5.0]] {
            assert!(!holds(&court, 0, p), "{p:?}");
        }
    }

    #[test]
    fn distance_is_zero_inside_and_measured_to_the_nearest_edge() {
        let court = court();
        assert_eq!(distance(&court, 0, [1.0, 1.0]), 0.0);
        // In the courtyard: 2 m to its walls. Off the corner: 3-4-5.
        assert_eq!(distance(&court, 0, [5.0, 5.0]), 2.0);
        assert_eq!(distance(&court, 0, [13.0, 14.0]), 5.0);
        let line = feature(GeometryKind::Line, &[&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]]);
        // A line is not closed: the point is on the way from its end to its beginning.
        assert!((distance(&line, 0, [5.0, 5.0]) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn neighbours_touch_at_an_edge_a_corner_and_inside() {
        let court = court();
        let at = |x: f64, y: f64, s: f64| {
            feature(GeometryKind::Polygon, &[&[[x, y], [x + s, y], [x + s, y + s], [x, y + s]]])
        };
        for (x, y, s, expected) in [
            (10.0, 2.0, 3.0, true),  // shares a part of an edge
            (10.0, 10.0, 3.0, true), // shares a corner
            (10.001, 10.0, 3.0, false),
            (1.0, 1.0, 1.0, true),    // inside
            (4.0, 4.0, 2.0, false),   // in the courtyard
            (-5.0, -5.0, 30.0, true), // around it all
        ] {
            let square = at(x, y, s);
            assert_eq!(touch(&court, 0, &square, 0), expected, "{x} {y} {s}");
            assert_eq!(touch(&square, 0, &court, 0), expected, "{x} {y} {s}");
        }
        let point = feature(GeometryKind::Point, &[&[[10.0, 5.0]]]);
        assert!(touch(&court, 0, &point, 0) && touch(&point, 0, &court, 0) && touch(&point, 0, &point, 0));
        let line = feature(GeometryKind::Line, &[&[[-5.0, 5.0], [15.0, 6.0]]]);
        assert!(touch(&line, 0, &court, 0));
    }

    #[test]
    fn a_box_meets_what_it_cuts_holds_or_lies_in() {
        let court = court();
        let area = |x0: f64, y0: f64, x1: f64, y1: f64| Bounds { min: [x0, y0], max: [x1, y1] };
        assert!(meets_box(&court, 0, &area(-5.0, -5.0, 20.0, 20.0)));
        assert!(meets_box(&court, 0, &area(1.0, 1.0, 2.0, 2.0)));
        assert!(meets_box(&court, 0, &area(10.0, 10.0, 20.0, 20.0)));
        assert!(!meets_box(&court, 0, &area(4.0, 4.0, 6.0, 6.0)));
        let line = feature(GeometryKind::Line, &[&[[0.0, 0.0], [10.0, 10.0]]]);
        // The line's box meets this box, the line does not.
        assert!(!meets_box(&line, 0, &area(6.0, 1.0, 9.0, 4.0)));
        assert!(meets_box(&line, 0, &area(6.0, 1.0, 9.0, 6.0)));
    }
}
