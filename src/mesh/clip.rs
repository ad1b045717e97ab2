//! Cutting convex polygons along the folds of the ground, so that what lies on it coincides with
//! it.

use crate::index::{Grid, Ground};
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

/// How far what is drawn may lie above or below the ground, metres. Folds that are flatter are not
/// cut: they would cost most of the triangles on a plain, and nobody sees them.
pub const FOLD: f32 = 0.01;

/// Cuts a convex polygon of at most 7 corners (counter-clockwise, relative to `origin`) along the
/// folds of the ground and hands over the pieces: with their corners on the ground, each lies
/// within [`FOLD`] of it everywhere. On flat ground, and for a polygon over one plane, that is the
/// polygon itself.
pub(super) fn cut_along_folds(ground: &Ground, origin: MapPoint, polygon: &[[f64; 2]], emit: &mut impl FnMut(&Piece)) {
    let Some(grid) = ground.grid() else { return emit(&Piece::of(polygon.iter().copied())) };
    // In grid steps folds are at whole numbers; corners of the terrain are met exactly.
    let [ox, oy] = grid.steps(origin);
    let piece = Piece::of(polygon.iter().map(|p| [ox + p[0] / grid.cell, oy + p[1] / grid.cell]));
    if piece.iter().flatten().any(|v| !v.is_finite()) {
        return;
    }
    let mut finish = |piece: &Piece| {
        if twice_area(piece) > 1e-12 {
            let back = |[x, y]: &[f64; 2]| [(x - ox) * grid.cell, (y - oy) * grid.cell];
            emit(&Piece::of(piece.iter().map(back)));
        }
    };
    let lines = [Lines::across(&piece, 0, grid.columns - 1), Lines::across(&piece, 1, grid.rows - 1)];
    halve_until_plane(grid, piece, lines, &mut finish);
}

/// The grid lines of one direction that cross a piece: first and last, none when that is less.
#[derive(Clone, Copy)]
struct Lines {
    first: i64,
    last: i64,
}

impl Lines {
    /// There are no folds beyond the grid, whose last line has the number `border`.
    fn across(piece: &Piece, axis: usize, border: u32) -> Self {
        let range = piece.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |r, p| (r.0.min(p[axis]), r.1.max(p[axis])));
        // Casts of finite numbers saturate.
        Self {
            first: (range.0.floor() as i64).saturating_add(1).max(0),
            last: (range.1.ceil() as i64).saturating_sub(1).min(i64::from(border)),
        }
    }

    fn count(self) -> i64 {
        self.last - self.first + 1
    }

    /// The lines around the cells that a piece with these crossings lies in, if they are in the
    /// grid.
    fn around(self, middle: f64, border: u32) -> Option<[u32; 2]> {
        let cell = middle.floor() as i64;
        let [low, high] =
            if self.count() > 0 { [self.first - 1, self.last + 1] } else { [cell, cell.saturating_add(1)] };
        let low = u32::try_from(low).ok()?;
        let high = u32::try_from(high).ok().filter(|high| *high <= border)?;
        Some([low, high])
    }
}

/// Halves a piece at the middle one of the lines that cross it until each lies over a plane. The
/// lines are handed down and not found again: a rounded corner may lie beside the line that made it.
fn halve_until_plane(grid: &Grid, piece: Piece, lines: [Lines; 2], finish: &mut impl FnMut(&Piece)) {
    if piece.len() < 3 {
        return;
    }
    let [columns, rows] = lines;
    let n = piece.len() as f64;
    let middle = piece.iter().fold([0.0; 2], |sum, p| [sum[0] + p[0] / n, sum[1] + p[1] / n]);
    let around = columns.around(middle[0], grid.columns - 1).zip(rows.around(middle[1], grid.rows - 1));
    if around.is_some_and(|(columns, rows)| grid.is_plane(columns, rows, FOLD)) {
        return finish(&piece);
    }
    let axis = usize::from(rows.count() > columns.count());
    if lines[axis].count() > 0 {
        let line = lines[axis].first + (lines[axis].count() - 1) / 2;
        let (below, above) = halve(&piece, |p| p[axis] - line as f64);
        let part = |piece: &Piece, own: Lines| {
            let mut part = lines.map(|_| own);
            let other = Lines::across(piece, 1 - axis, [grid.columns, grid.rows][1 - axis] - 1);
            // Only narrower than what was handed down.
            part[1 - axis] =
                Lines { first: other.first.max(lines[1 - axis].first), last: other.last.min(lines[1 - axis].last) };
            part
        };
        let below_lines = part(&below, Lines { last: line - 1, ..lines[axis] });
        let above_lines = part(&above, Lines { first: line + 1, ..lines[axis] });
        halve_until_plane(grid, below, below_lines, finish);
        halve_until_plane(grid, above, above_lines, finish);
    } else if around.is_some() {
        // Only the terrain's own cells are folded along the diagonal.
        let diagonal = middle[0].floor() - middle[1].floor();
        let (upper, lower) = halve(&piece, |p| p[0] - p[1] - diagonal);
        finish(&upper);
        finish(&lower);
    } else {
        finish(&piece);
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
