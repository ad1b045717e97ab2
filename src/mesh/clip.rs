//! Cutting convex polygons along the folds of the ground, so that what lies on it coincides with
//! it.

use crate::index::Ground;
use crate::place::MapPoint;

/// A convex polygon, counter-clockwise, map metres relative to a mesh's origin.
pub(super) type Piece = Vec<[f64; 2]>;

/// Cuts a convex polygon (counter-clockwise, relative to `origin`) along the grid lines and
/// diagonals of the ground and hands over the pieces; each lies under one plane of the surface. On
/// flat ground, and for a polygon within one plane, that is the polygon itself.
pub(super) fn cut_along_folds(ground: &Ground, origin: MapPoint, polygon: &[[f64; 2]], emit: &mut impl FnMut(&Piece)) {
    let Some(grid) = ground.grid() else { return emit(&polygon.to_vec()) };
    // In grid steps folds are at whole numbers; corners of the terrain are met exactly.
    let [ox, oy] = grid.steps(origin);
    let (columns, rows) = (f64::from(grid.columns - 1), f64::from(grid.rows - 1));
    let back = |[x, y]: [f64; 2]| [(x - ox) * grid.cell, (y - oy) * grid.cell];
    let mut finish = |piece: &Piece| {
        if twice_area(piece) > 1e-12 {
            emit(&piece.iter().map(|p| back(*p)).collect());
        }
    };
    let rest: Piece = polygon.iter().map(|p| [ox + p[0] / grid.cell, oy + p[1] / grid.cell]).collect();
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
fn halve(piece: &Piece, side: impl Fn(&[f64; 2]) -> f64) -> (Piece, Piece) {
    let (mut below, mut above) = (Piece::with_capacity(piece.len() + 2), Piece::with_capacity(piece.len() + 2));
    let Some(mut a) = piece.last() else { return (below, above) };
    let mut side_a = side(a);
    for b in piece {
        let side_b = side(b);
        if (side_a < 0.0 && side_b > 0.0) || (side_a > 0.0 && side_b < 0.0) {
            let t = side_a / (side_a - side_b);
            let cut = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
            below.push(cut);
            above.push(cut);
        }
        if side_b <= 0.0 {
            below.push(*b);
        }
        if side_b >= 0.0 {
            above.push(*b);
        }
        (a, side_a) = (b, side_b);
    }
    (below, above)
}

/// Twice the area of a counter-clockwise polygon.
pub(super) fn twice_area(piece: &[[f64; 2]]) -> f64 {
    let Some(o) = piece.first() else { return 0.0 };
    let turn = |p: &[[f64; 2]]| (p[0][0] - o[0]) * (p[1][1] - o[1]) - (p[1][0] - o[0]) * (p[0][1] - o[1]);
    piece.windows(2).map(turn).sum()
}
