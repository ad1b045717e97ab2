//! Whether two geometries are the same within a tolerance, as they lie or after a shift.

use crate::index::LayerIndex;
use crate::model::{GeometryColumn, GeometryKind};
use crate::place::{Bounds, MapPoint};

/// Pairs of an edge and a point up to which all of them are tried; more go through a tree of edges.
const FEW: usize = 1 << 16;

/// One feature of a column.
#[derive(Clone, Copy)]
pub(super) struct Feature<'a> {
    pub column: &'a GeometryColumn,
    pub row: u32,
}

impl<'a> Feature<'a> {
    pub fn kind(self) -> GeometryKind {
        self.column.kind(self.row)
    }

    pub fn bounds(self) -> Bounds {
        self.column.bounds(self.row)
    }

    /// The middle of its area, of its length, or of its points: no further vertex on an edge moves it.
    pub fn middle(self) -> Option<[f64; 2]> {
        if self.kind() != GeometryKind::Line {
            return self.column.centroid(self.row);
        }
        let &[ox, oy] = self.column.vertices(self.row).first()?;
        let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
        self.edges(|a, b| {
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            x += length * ((a[0] + b[0]) / 2.0 - ox);
            y += length * ((a[1] + b[1]) / 2.0 - oy);
            sum += length;
        });
        if sum > 0.0 { Some([ox + x / sum, oy + y / sum]) } else { Some([ox, oy]) }
    }

    /// Its edges; a point is one from itself to itself.
    pub fn edges(self, mut visit: impl FnMut([f64; 2], [f64; 2])) {
        let closed = self.kind() == GeometryKind::Polygon;
        for ring in self.column.parts(self.row).flat_map(|part| self.column.rings(part)) {
            match ring.xy {
                [] => {}
                [only] => visit(*only, *only),
                [first, .., last] => {
                    ring.xy.windows(2).for_each(|edge| visit(edge[0], edge[1]));
                    if closed {
                        visit(*last, *first);
                    }
                }
            }
        }
    }

    fn rings(self) -> impl Iterator<Item = &'a [[f64; 2]]> {
        let column = self.column;
        column.parts(self.row).flat_map(move |part| column.rings(part).map(|ring| ring.xy))
    }
}

/// Whether `a`, shifted, and `b` are the same: no point of the outline of one is farther than `tolerance` metres
/// from that of the other. Where a ring begins, which way it runs, repeated vertices, vertices on straight edges
/// and the order of parts do not matter.
pub(super) fn same(a: Feature<'_>, b: Feature<'_>, shift: [f64; 2], tolerance: f64) -> bool {
    if a.kind() != b.kind() {
        return false;
    }
    let (around, other) = (a.bounds(), b.bounds());
    if around.is_empty() || other.is_empty() {
        return around.is_empty() && other.is_empty();
    }
    let far = |k: usize| {
        let low = around.min[k] + shift[k] - other.min[k];
        let high = around.max[k] + shift[k] - other.max[k];
        low.abs() > tolerance || high.abs() > tolerance
    };
    if far(0) || far(1) {
        return false;
    }
    if same_rings(a, b, shift, tolerance) {
        return true;
    }
    lies_along(a, shift, b, tolerance)
        && lies_along(b, [-shift[0], -shift[1]], a, tolerance)
        && encloses_the_same(a, b, shift, tolerance)
}

/// The usual case: the same rings in the same order, each with the same vertices from any beginning either way.
fn same_rings(a: Feature<'_>, b: Feature<'_>, shift: [f64; 2], tolerance: f64) -> bool {
    let closed = a.kind() == GeometryKind::Polygon;
    let (mut left, mut right) = (a.rings(), b.rings());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if same_ring(a, b, shift, tolerance, closed) => {}
            _ => return false,
        }
    }
}

fn same_ring(a: &[[f64; 2]], b: &[[f64; 2]], shift: [f64; 2], tolerance: f64, closed: bool) -> bool {
    /// Beginnings that are tried: vertices can lie closer together than the tolerance.
    const TRIED: usize = 8;
    if a.len() != b.len() {
        return false;
    }
    let n = a.len();
    let near = |i: usize, k: usize| (a[i][0] + shift[0] - b[k][0]).hypot(a[i][1] + shift[1] - b[k][1]) <= tolerance;
    let runs =
        |first: usize, back: bool| (0..n).all(|i| near(i, if back { (first + n - i) % n } else { (first + i) % n }));
    if !closed {
        return runs(0, false) || (n > 0 && runs(n - 1, true));
    }
    (0..n).filter(|k| near(0, *k)).take(TRIED).any(|first| runs(first, false) || runs(first, true))
}

/// Whether vertices and middles of edges of `a`, shifted, all lie within `tolerance` of edges of `b`.
fn lies_along(a: Feature<'_>, shift: [f64; 2], b: Feature<'_>, tolerance: f64) -> bool {
    let mut points = Vec::new();
    a.edges(|from, to| {
        for [x, y] in [from, to, [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0]] {
            points.push([x + shift[0], y + shift[1]]);
        }
    });
    if points.len() * b.column.vertices(b.row).len() <= FEW {
        let mut edges = Vec::new();
        b.edges(|from, to| edges.push([from, to]));
        return points.iter().all(|p| edges.iter().any(|[from, to]| to_segment(*p, *from, *to) <= tolerance));
    }
    let mut edges = GeometryColumn::default();
    b.edges(|from, to| {
        edges.push_vertex(from, None);
        edges.push_vertex(to, None);
        edges.end_ring();
        edges.end_part();
        edges.end_feature(GeometryKind::Line);
    });
    let index = LayerIndex::build_over(&edges);
    points.iter().all(|[x, y]| !index.at(&edges, MapPoint { east: *x, north: *y }, tolerance).is_empty())
}

/// Outlines along each other enclose the same, unless their vertices are joined otherwise.
fn encloses_the_same(a: Feature<'_>, b: Feature<'_>, shift: [f64; 2], tolerance: f64) -> bool {
    if a.kind() != GeometryKind::Polygon {
        return true;
    }
    let (area, other) = (a.column.area(a.row), b.column.area(b.row));
    let around = a.column.length(a.row).max(b.column.length(b.row));
    let common = super::overlap::common_area(a, b, shift);
    area + other - 2.0 * common <= 2.0 * tolerance * around
}

/// Distance from a point to a segment.
fn to_segment(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 { ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square } else { 0.0 };
    let t = along.clamp(0.0, 1.0);
    (p[0] - a[0] - t * dx).hypot(p[1] - a[1] - t * dy)
}
