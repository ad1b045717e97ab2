//! How many boxes meet a box, known beforehand: so that no question is asked that half a city answers.
//!
//! An Euler histogram (Beigel and Tanin, "The geometry of browsing", LATIN 1998): a grid counts, for its cells,
//! the edges between them and their corners, the boxes that reach there. Over any rectangle of cells, cells less
//! edges plus corners is the number of boxes that meet it, each counted once.

use crate::place::Bounds;

/// Cells along a side at most.
const MOST_CELLS: usize = 1024;

/// Boxes counted on a grid.
pub(super) struct Crowd {
    origin: [f64; 2],
    step: [f64; 2],
    cells: usize,
    /// Sums over all entries below and to the left, `(2 cells − 1)²` of them, row by row.
    sums: Vec<i64>,
}

impl Crowd {
    /// Counts boxes; empty ones are left out.
    pub fn of(boxes: &[Bounds]) -> Self {
        let boxes = || boxes.iter().filter(|bounds| !bounds.is_empty());
        let count = boxes().count();
        let cells = ((count as f64).sqrt() as usize).clamp(1, MOST_CELLS);
        let extent = usual_extent(boxes().step_by(count / 4096 + 1));
        let step = [extent.width(), extent.height()].map(|side| (side / cells as f64).max(1e-6));
        let side = 2 * cells - 1;
        let mut crowd = Self { origin: extent.min, step, cells, sums: vec![0; side * side] };
        for bounds in boxes() {
            let [[x0, y0], [x1, y1]] = crowd.entries(bounds);
            let mut add = |x: usize, y: usize, what: i64| {
                if x < side && y < side {
                    crowd.sums[y * side + x] += what;
                }
            };
            add(x0, y0, 1);
            add(x1 + 1, y0, -1);
            add(x0, y1 + 1, -1);
            add(x1 + 1, y1 + 1, 1);
        }
        crowd.sum_up(side);
        for (i, entry) in crowd.sums.iter_mut().enumerate() {
            if (i / side + i % side) % 2 == 1 {
                *entry = -*entry;
            }
        }
        crowd.sum_up(side);
        crowd
    }

    /// How many boxes meet a box, and no fewer: what only shares a cell with it counts.
    pub fn meeting(&self, bounds: &Bounds) -> usize {
        if bounds.is_empty() {
            return 0;
        }
        let [[x0, y0], [x1, y1]] = self.entries(bounds);
        let side = 2 * self.cells - 1;
        // One before the first is nothing.
        let sum = |x: usize, y: usize| if x == 0 || y == 0 { 0 } else { self.sums[(y - 1) * side + x - 1] };
        let count = sum(x1 + 1, y1 + 1) - sum(x0, y1 + 1) - sum(x1 + 1, y0) + sum(x0, y0);
        count.max(0) as usize
    }

    fn sum_up(&mut self, side: usize) {
        for y in 0..side {
            for x in 1..side {
                self.sums[y * side + x] += self.sums[y * side + x - 1];
            }
        }
        for i in side..self.sums.len() {
            self.sums[i] += self.sums[i - side];
        }
    }

    /// The first and last entry of a box: cells have even numbers, edges between them odd ones.
    fn entries(&self, bounds: &Bounds) -> [[usize; 2]; 2] {
        let entry = |k: usize, value: f64| {
            // A float that does not fit saturates.
            2 * (((value - self.origin[k]) / self.step[k]) as usize).min(self.cells - 1)
        };
        [[entry(0, bounds.min[0]), entry(1, bounds.min[1])], [entry(0, bounds.max[0]), entry(1, bounds.max[1])]]
    }
}

/// The box around the middles of nearly all: what lies beyond shares the outer cells, so that one stray does not
/// make them all one cell.
fn usual_extent<'b>(sample: impl Iterator<Item = &'b Bounds>) -> Bounds {
    let middles: Vec<[f64; 2]> = sample.map(Bounds::centre).collect();
    let mut extent = Bounds { min: [0.0; 2], max: [0.0; 2] };
    for axis in 0..2 {
        let mut values: Vec<f64> = middles.iter().map(|middle| middle[axis]).filter(|v| v.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let n = values.len();
        if let (Some(low), Some(high)) = (values.get(n / 100), values.get((n - n / 100).saturating_sub(1))) {
            (extent.min[axis], extent.max[axis]) = (*low, *high);
        }
    }
    extent
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against counting one by one: never fewer, and each box once.
    #[test]
    fn boxes_that_meet_a_box_are_counted_once_and_never_missed() {
        let mut seed = 7_u64;
        let mut next = |most: f64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as f64 / (1_u64 << 31) as f64 * most
        };
        let boxes: Vec<Bounds> = (0..2000)
            .map(|_| {
                let (min, side) = ([next(1000.0), next(1000.0)], next(30.0));
                Bounds { min, max: [min[0] + side, min[1] + side / 2.0] }
            })
            .collect();
        let crowd = Crowd::of(&boxes);
        let all = Bounds { min: [-1e9, -1e9], max: [1e9, 1e9] };
        assert_eq!(crowd.meeting(&all), 2000);
        for asked in &boxes {
            let exact = boxes.iter().filter(|other| other.meets(asked)).count();
            // At most what meets the box grown by the cells it touches: 1030 / 44 m each.
            let most = boxes.iter().filter(|other| other.meets(&asked.grown(2.0 * 24.0))).count();
            let counted = crowd.meeting(asked);
            assert!(exact <= counted && counted <= most, "{exact} <= {counted} <= {most}");
        }
        assert_eq!(Crowd::of(&[]).meeting(&all), 0);
    }
}
