//! Cutting convex polygons along the folds of the ground, so that what lies on it coincides with
//! it.

use crate::index::Ground;
use crate::place::MapPoint;

/// A convex polygon of few corners, counter-clockwise, map metres relative to a mesh's origin.
///
/// On the stack: a city is cut into millions of them. A triangle or quadrilateral that is cut by
/// the five lines around half a cell has at most nine corners.
#[derive(Clone, Copy, Default)]
pub(super) struct Piece {
    corners: [[f64; 2]; Self::MOST],
    count: usize,
}

impl Piece {
    const MOST: usize = 12;

    #[inline]
    fn of(corners: impl Iterator<Item = [f64; 2]>) -> Self {
        let mut piece = Self::default();
        corners.for_each(|corner| piece.push(corner));
        piece
    }

    /// Adds a corner; beyond the most there can be, nothing.
    #[inline]
    fn push(&mut self, corner: [f64; 2]) {
        if let Some(place) = self.corners.get_mut(self.count) {
            *place = corner;
            self.count += 1;
        }
    }
}

impl std::ops::Deref for Piece {
    type Target = [[f64; 2]];

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.corners[..self.count]
    }
}

/// Cuts a convex polygon of at most 7 corners (counter-clockwise, relative to `origin`) along the grid lines and
/// diagonals of the ground and hands over the pieces; each lies under one plane of the surface. On
/// flat ground, and for a polygon within one plane, that is the polygon itself.
pub(super) fn cut_along_folds(ground: &Ground, origin: MapPoint, polygon: &[[f64; 2]], emit: &mut impl FnMut(&Piece)) {
    let Some(grid) = ground.grid() else { return emit(&Piece::of(polygon.iter().copied())) };
    // In grid steps folds are at whole numbers; corners of the terrain are met exactly.
    let [ox, oy] = grid.steps(origin);
    let (columns, rows) = (f64::from(grid.columns - 1), f64::from(grid.rows - 1));
    let back = |[x, y]: [f64; 2]| [(x - ox) * grid.cell, (y - oy) * grid.cell];
    let mut finish = |piece: &Piece| {
        if twice_area(piece) > 1e-12 {
            emit(&Piece::of(piece.iter().map(|p| back(*p))));
        }
    };
    let rest = Piece::of(polygon.iter().map(|p| [ox + p[0] / grid.cell, oy + p[1] / grid.cell]));
    each_band(
        rest,
        |p| p[1],
        rows,
        |row| {
            each_band(
                row,
                |p| p[0],
                columns,
                |cell| {
                    // Only the terrain's own cells are folded along the diagonal: whatever lies between two
                    // lines beyond the border is in one plane already, or splits harmlessly.
                    let Some(first) = cell.first() else { return };
                    let middle = cell.iter().fold([0.0; 2], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
                    let n = cell.len() as f64;
                    let corner = [(middle[0] / n).floor(), (middle[1] / n).floor()];
                    let beyond = corner[0] < 0.0 || corner[1] < 0.0 || corner[0] >= columns || corner[1] >= rows;
                    if beyond || !first[0].is_finite() {
                        return finish(&cell);
                    }
                    let diagonal = corner[0] - corner[1];
                    let (upper, lower) = halve(&cell, |p| p[0] - p[1] - diagonal);
                    finish(&upper);
                    finish(&lower);
                },
            );
        },
    );
}

/// Cuts a piece at the whole numbers 0 to `last` of a coordinate and hands over the bands in order.
fn each_band(mut rest: Piece, of: impl Fn(&[f64; 2]) -> f64, last: f64, mut emit: impl FnMut(Piece)) {
    let (low, high) = rest.iter().map(&of).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let mut line = (low.floor() + 1.0).max(0.0);
    // NaN ends the loop.
    while line <= last && line < high {
        let (below, above) = halve(&rest, |p| of(p) - line);
        if below.len() >= 3 {
            emit(below);
        }
        rest = above;
        line += 1.0;
    }
    if rest.len() >= 3 {
        emit(rest);
    }
}

/// The parts of a convex polygon where `side` is at most 0 and at least 0.
#[inline]
fn halve(piece: &Piece, side: impl Fn(&[f64; 2]) -> f64) -> (Piece, Piece) {
    let (mut below, mut above) = (Piece::default(), Piece::default());
    let Some(mut a) = piece.last().copied() else { return (below, above) };
    let mut side_a = side(&a);
    for b in piece.iter().copied() {
        let side_b = side(&b);
        if (side_a < 0.0 && side_b > 0.0) || (side_a > 0.0 && side_b < 0.0) {
            let t = side_a / (side_a - side_b);
            let cut = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
            below.push(cut);
            above.push(cut);
        }
        if side_b <= 0.0 {
            below.push(b);
        }
        if side_b >= 0.0 {
            above.push(b);
        }
        (a, side_a) = (b, side_b);
    }
    (below, above)
}

/// Twice the area of a counter-clockwise polygon.
#[inline]
pub(super) fn twice_area(piece: &[[f64; 2]]) -> f64 {
    let Some(o) = piece.first() else { return 0.0 };
    let turn = |p: &[[f64; 2]]| (p[0][0] - o[0]) * (p[1][1] - o[1]) - (p[1][0] - o[0]) * (p[0][1] - o[1]);
    piece.windows(2).map(turn).sum()
}
