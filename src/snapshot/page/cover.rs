//! How much of each pixel a shape covers: exact areas in whole numbers.
//!
//! Corners lie on a lattice of 1/256 of a pixel that is fixed to the whole picture, and everything after
//! that is a sum of integers. So a pixel's value does not depend on which part of the picture is painted
//! with it: pieces fit without a seam.

use std::ops::Range;

/// Parts of a pixel.
pub const PARTS: i64 = 256;
/// Twice the area of a pixel in parts.
const WHOLE: i64 = 2 * PARTS * PARTS;
/// So many pixels are held at a time.
const CELLS: usize = 1 << 18;
/// Places farther off than this are brought nearer: 2^22 pixels, whose squares still fit.
const FAR: f64 = (1u64 << 30) as f64;

/// A side of a shape, in parts of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    low: [i64; 2],
    high: [i64; 2],
    sign: i64,
}

/// Contours of a shape, in parts of a pixel of the whole picture.
#[derive(Clone, Debug, Default)]
pub struct Contours {
    edges: Vec<Edge>,
    bounds: Option<[i64; 4]>,
}

/// A place in pixels on the lattice.
fn lattice(at: f64) -> i64 {
    let parts = at * PARTS as f64;
    if parts.is_nan() { 0 } else { parts.clamp(-FAR, FAR).round() as i64 }
}

impl Contours {
    /// Adds a closed contour; its corners in pixels of the whole picture. Contours that turn the other way cut holes.
    pub fn push(&mut self, points: &[[f64; 2]]) {
        let points: Vec<[i64; 2]> = points.iter().map(|point| point.map(lattice)).collect();
        let next = points.iter().cycle().skip(1);
        for (from, to) in points.iter().zip(next) {
            let bounds = self.bounds.get_or_insert([from[0], from[1], from[0], from[1]]);
            *bounds = [bounds[0].min(from[0]), bounds[1].min(from[1]), bounds[2].max(from[0]), bounds[3].max(from[1])];
            match from[1].cmp(&to[1]) {
                std::cmp::Ordering::Less => self.edges.push(Edge { low: *from, high: *to, sign: 1 }),
                std::cmp::Ordering::Greater => self.edges.push(Edge { low: *to, high: *from, sign: -1 }),
                std::cmp::Ordering::Equal => {}
            }
        }
    }

    /// Adds a contour, turned so that it fills.
    pub fn push_filled(&mut self, points: &[[f64; 2]]) {
        let twice: f64 = points.iter().zip(points.iter().cycle().skip(1)).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
        if twice < 0.0 {
            let turned: Vec<[f64; 2]> = points.iter().rev().copied().collect();
            self.push(&turned);
        } else {
            self.push(points);
        }
    }

    /// Calls `paint(row, first column, how much of each pixel is covered: 0 to 255)` for each row of a part of the
    /// picture that the shape may touch.
    pub fn cover(&self, rows: &Range<u32>, columns: &Range<u32>, mut paint: impl FnMut(u32, u32, &[u8])) {
        let Some([left, top, right, bottom]) = self.bounds else { return };
        let clip = |low: i64, high: i64, range: &Range<u32>| {
            let first = low.div_euclid(PARTS).max(i64::from(range.start));
            let end = (high.div_euclid(PARTS) + 1).min(i64::from(range.end));
            (first, end)
        };
        let ((row, row_end), (column, column_end)) = (clip(top, bottom, rows), clip(left, right, columns));
        if row >= row_end || column >= column_end {
            return;
        }
        let width = (column_end - column) as usize;
        let rows_at_once = (CELLS / (width + 1)).max(1) as i64;
        // For each pixel: how far sides go down in it, and how much of it lies to the left of them.
        let mut cells: Vec<[i64; 2]> = Vec::new();
        let mut covered = vec![0u8; width];
        let mut first = row;
        while first < row_end {
            let end = (first + rows_at_once).min(row_end);
            cells.clear();
            cells.resize((end - first) as usize * (width + 1), [0; 2]);
            for edge in &self.edges {
                edge.add(first..end, column..column_end, &mut cells);
            }
            for (number, line) in cells.chunks_exact(width + 1).enumerate() {
                // What lies to the left of the part counts for all of it.
                let mut sum = line[0][0];
                for (pixel, [down, beside]) in covered.iter_mut().zip(&line[1..]) {
                    sum += down;
                    let area = (sum * 2 * PARTS - beside).abs().min(WHOLE);
                    *pixel = ((area * 255 + WHOLE / 2) / WHOLE) as u8;
                }
                paint((first + number as i64) as u32, column as u32, &covered);
            }
            first = end;
        }
    }
}

impl Edge {
    /// Where it crosses a height: a number that depends on the edge alone.
    fn at(&self, y: i64) -> i64 {
        between(self.low, self.high, y)
    }

    fn add(&self, rows: Range<i64>, columns: Range<i64>, cells: &mut [[i64; 2]]) {
        let width = (columns.end - columns.start) as usize;
        let first = self.low[1].div_euclid(PARTS).max(rows.start);
        let end = ((self.high[1] - 1).div_euclid(PARTS) + 1).min(rows.end);
        for row in first..end {
            let (y0, y1) = (self.low[1].max(row * PARTS), self.high[1].min((row + 1) * PARTS));
            let begin = (row - rows.start) as usize * (width + 1);
            let line = &mut cells[begin..begin + width + 1];
            self.add_row([self.at(y0), y0], [self.at(y1), y1], &columns, line);
        }
    }

    /// A part of it within a row.
    fn add_row(&self, from: [i64; 2], to: [i64; 2], columns: &Range<i64>, line: &mut [[i64; 2]]) {
        // From left to right, whichever way it goes down.
        let (left, right) = if from[0] <= to[0] { (from, to) } else { (to, from) };
        let down = |a: i64, b: i64| self.sign * (b - a).abs();
        // Heights where it crosses the sides of pixels, each reckoned by itself.
        let height = |x: i64| match x {
            x if x <= left[0] => left[1],
            x if x >= right[0] => right[1],
            x => {
                let turned = |p: [i64; 2]| [p[1], p[0]];
                between(turned(left), turned(right), x)
            }
        };
        let first = left[0].div_euclid(PARTS);
        let last = right[0].div_euclid(PARTS);
        if first < columns.start {
            line[0][0] += down(left[1], height(columns.start * PARTS));
        }
        for column in first.max(columns.start)..(last + 1).min(columns.end) {
            let (x0, x1) = (left[0].max(column * PARTS), right[0].min((column + 1) * PARTS));
            let fall = match left[0] == right[0] {
                true => down(left[1], right[1]),
                false => down(height(x0), height(x1)),
            };
            let cell = &mut line[(column - columns.start) as usize + 1];
            cell[0] += fall;
            cell[1] += fall * (x0 + x1 - 2 * column * PARTS);
        }
    }
}

/// The first coordinate of a line from `low` to `high` where its second is `y`.
fn between(low: [i64; 2], high: [i64; 2], y: i64) -> i64 {
    let span = high[1] - low[1];
    low[0] + ((high[0] - low[0]) * (y - low[1]) + span / 2).div_euclid(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(contours: &Contours, size: [u32; 2]) -> Vec<u8> {
        part(contours, 0..size[1], 0..size[0])
    }

    fn part(contours: &Contours, rows: Range<u32>, columns: Range<u32>) -> Vec<u8> {
        let width = columns.len();
        let mut all = vec![0; rows.len() * width];
        contours.cover(&rows, &columns, |row, column, covered| {
            let at = (row - rows.start) as usize * width + (column - columns.start) as usize;
            all[at..at + covered.len()].copy_from_slice(covered);
        });
        all
    }

    #[test]
    fn a_pixel_is_covered_by_the_area_that_lies_in_it() {
        let mut square = Contours::default();
        square.push(&[[0.5, 0.25], [2.5, 0.25], [2.5, 2.0], [0.5, 2.0]]);
        // Rows: 3/4 and 1; columns: 1/2, 1, 1/2 of 255.
        assert_eq!(whole(&square, [4, 3]), [96, 191, 96, 0, 128, 255, 128, 0, 0, 0, 0, 0]);
        let mut half = Contours::default();
        half.push(&[[0.0, 0.0], [2.0, 2.0], [0.0, 2.0]]);
        assert_eq!(whole(&half, [2, 2]), [128, 0, 255, 128]);
    }

    #[test]
    fn a_contour_that_turns_the_other_way_is_a_hole_and_two_of_one_way_are_one() {
        let mut ring = Contours::default();
        ring.push(&[[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [0.0, 1.0]]);
        ring.push(&[[1.0, 0.0], [1.0, 1.0], [2.0, 1.0], [2.0, 0.0]]);
        assert_eq!(whole(&ring, [3, 1]), [255, 0, 255]);
        let mut two = Contours::default();
        two.push_filled(&[[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]]);
        two.push_filled(&[[1.0, 0.0], [1.0, 1.0], [3.0, 1.0], [3.0, 0.0]]);
        assert_eq!(whole(&two, [3, 1]), [255, 255, 255]);
    }

    #[test]
    fn any_part_has_the_pixels_of_the_whole() {
        let mut star = Contours::default();
        let corner = |k: i32| {
            let (sin, cos) = (f64::from(k) * 2.5132).sin_cos();
            [31.37 + 40.0 * cos, 29.11 + 33.3 * sin]
        };
        star.push(&(0..7).map(corner).collect::<Vec<_>>());
        let all = whole(&star, [64, 64]);
        assert!(all.contains(&255) && all.iter().any(|c| *c > 0 && *c < 255));
        for (rows, columns) in [(0..64, 0..13), (7..8, 3..64), (20..41, 30..31), (0..64, 31..64)] {
            let piece = part(&star, rows.clone(), columns.clone());
            for (r, row) in rows.enumerate() {
                for (c, column) in columns.clone().enumerate() {
                    assert_eq!(piece[r * columns.len() + c], all[row as usize * 64 + column as usize]);
                }
            }
        }
    }

    #[test]
    fn places_that_are_none_do_no_harm() {
        let mut odd = Contours::default();
        odd.push(&[[f64::NAN, 0.0], [f64::INFINITY, 5.0], [-1e300, 9.0]]);
        assert_eq!(whole(&odd, [4, 4]).len(), 16);
        assert_eq!(whole(&Contours::default(), [1, 1]), [0]);
    }
}
