//! The great streets: a lattice that hangs on the river.
//!
//! Columns cross the river at right angles; rows follow it. Close to the water the rows take every
//! bend, further out they straighten, so that the grid turns from quarter to quarter.

use super::dice::fixed;
use super::names::{self, Name};
use super::river::{self, BANK};
use super::shape::Point;

/// The class of a street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// 快速路.
    Ring,
    /// 主干路.
    Arterial,
    /// 次干路.
    Secondary,
    /// 支路.
    Local,
    /// 街巷 and roads inside estates.
    Lane,
    /// Footpath.
    Path,
}

impl Class {
    /// The word in data, English and Chinese.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ring => ("expressway", "快速路"),
            Self::Arterial => ("arterial", "主干路"),
            Self::Secondary => ("secondary", "次干路"),
            Self::Local => ("local", "支路"),
            Self::Lane => ("lane", "街巷"),
            Self::Path => ("path", "步行道"),
        }
    }

    /// Width between red lines, metres.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Ring => 56.0,
            Self::Arterial => 42.0,
            Self::Secondary => 28.0,
            Self::Local => 17.0,
            Self::Lane => 8.0,
            Self::Path => 3.0,
        }
    }

    /// Lanes for cars, both directions together.
    pub(super) fn lanes(self) -> i64 {
        match self {
            Self::Ring => 8,
            Self::Arterial => 6,
            Self::Secondary => 4,
            Self::Local => 2,
            Self::Lane => 1,
            Self::Path => 0,
        }
    }
}

/// Which bank: left (north-east, +1) or right (south-west, -1).
pub(super) type Side = i32;

/// Sub-nodes of the riverside street in one column: it bends at each.
pub(super) const SUB: u32 = 4;

/// The lattice of great streets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    pub(super) seed: i64,
}

impl Lattice {
    /// Course position of column line `i`. The apex of the bend lies in the middle of a column.
    pub(super) fn column(&self, i: i32) -> f64 {
        let jitter = fixed(&[self.seed, 1, i64::from(i)]) - 0.5;
        (f64::from(i) - 0.5) * 490.0 + jitter * 90.0
    }

    /// How far line `k` lies from the riverside street on a straight river, metres.
    fn depth(&self, side: Side, k: i32) -> f64 {
        let jitter = fixed(&[self.seed, 2, i64::from(side), i64::from(k)]) - 0.5;
        if k == 0 { 0.0 } else { f64::from(k) * 445.0 + jitter * 60.0 }
    }

    /// Where column line `i` meets line `k` of a side; line 0 is the riverside street.
    pub(super) fn node(&self, i: i32, side: Side, k: i32) -> Point {
        let s = self.column(i);
        let v = f64::from(side);
        if k == 0 {
            return river::beside(s, v * BANK);
        }
        // The share of the bends that a line still follows, and how long columns keep their lean.
        let follow = [1.0, 0.66, 0.38, 0.18, 0.07];
        let lean = [99.0, 150.0, 110.0, 50.0, 20.0];
        let take = |list: [f64; 5]| list.get(k as usize).copied().unwrap_or(0.0);
        let (bend, slope) = river::bend(s);
        const MEAN: f64 = -265.0;
        let t = MEAN + take(follow) * (bend - MEAN) + v * (BANK + self.depth(side, k));
        let shift = v * take(lean) * slope / (1.0 + slope * slope).sqrt();
        let key = |n: i64| fixed(&[self.seed, n, i64::from(i), i64::from(side), i64::from(k)]) - 0.5;
        river::place(s - shift + key(3) * 80.0, t + key(4) * 55.0)
    }

    /// A point of the riverside street: `part` of [`SUB`] between column lines `i` and `i + 1`.
    pub(super) fn bank(&self, i: i32, side: Side, part: u32, v: f64) -> Point {
        let (a, b) = (self.column(i), self.column(i + 1));
        river::beside(a + (b - a) * f64::from(part) / f64::from(SUB), f64::from(side) * v)
    }

    /// The class of column line `i`.
    pub(super) fn column_class(&self, i: i32) -> Class {
        match i.rem_euclid(8) {
            4 => Class::Ring,
            0 | 2 | 6 => Class::Arterial,
            _ => Class::Secondary,
        }
    }

    /// The class of line `k` of a side.
    pub(super) fn row_class(&self, k: i32) -> Class {
        match k {
            0 => Class::Secondary,
            k if k % 8 == 4 => Class::Ring,
            k if k % 2 == 1 => Class::Arterial,
            _ => Class::Secondary,
        }
    }

    /// Whether column line `i` crosses the river.
    pub(super) fn has_bridge(&self, i: i32) -> bool {
        self.column_class(i) != Class::Secondary || fixed(&[self.seed, 5, i64::from(i)]) < 0.35
    }

    /// The name of column line `i`.
    pub(super) fn column_name(&self, i: i32) -> Name {
        names::street(self.seed, false, i)
    }

    /// The name of line `k` of a side.
    pub(super) fn row_name(&self, side: Side, k: i32) -> Name {
        match (side, k) {
            (1, 0) => Name::new("河东滨河路", "Hedong Riverside Lu"),
            (_, 0) => Name::new("河西滨河路", "Hexi Riverside Lu"),
            _ => names::street(self.seed, true, side * k),
        }
    }

    /// The four corners of a quarter, counter-clockwise, its river side (bottom) first:
    /// edges are bottom, right, top, left as seen from the river on the left bank; on the right
    /// bank left and right change places.
    pub(super) fn corners(&self, column: i32, side: Side, row: i32) -> [Point; 4] {
        let n = |i, k| self.node(i, side, k);
        if side > 0 {
            [n(column, row - 1), n(column + 1, row - 1), n(column + 1, row), n(column, row)]
        } else {
            [n(column + 1, row - 1), n(column, row - 1), n(column, row), n(column + 1, row)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::{cross, sub};
    use super::*;

    #[test]
    fn quarters_are_convex_and_run_counter_clockwise() {
        for seed in 1..6 {
            let lattice = Lattice { seed };
            for column in -12..12 {
                for row in 1..9 {
                    for side in [-1, 1] {
                        let c = lattice.corners(column, side, row);
                        for i in 0..4 {
                            let turn = cross(sub(c[(i + 1) % 4], c[i]), sub(c[(i + 2) % 4], c[(i + 1) % 4]));
                            assert!(turn > 0.0, "seed {seed} column {column} row {row} side {side}");
                        }
                    }
                }
            }
        }
    }
}
