//! Where pins stand in the window, and which of them stand together. Pure.

use rayon::prelude::*;

use super::list::{Mark, Spot};
use crate::place::Bounds;
pub use crate::scene::lens::Lens;

/// Feet of pins are at least so far apart, points: wider than the widest head.
pub const APART: f32 = 30.0;
/// The widest head of a pin, points.
pub const WIDEST: f32 = 28.0;
/// Spots that one core looks at, at least.
const SEEN: usize = 8_192;

/// A pin: one case, or several that stand together.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// The first of its cases in the order of the list, which it stands at: its place among the spots.
    pub spot: u32,
    /// Its foot in the window, points.
    pub at: [f32; 2],
    /// How many cases.
    pub count: u32,
    /// How they stand, by [`Mark::ALL`].
    pub marks: [u32; 5],
}

/// All pins of a view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pins {
    /// Those in view.
    pub pins: Vec<Pin>,
    /// For each spot its pin; [`NONE`] out of view.
    pub of: Vec<u32>,
    /// Spots out of view.
    pub outside: usize,
}

/// No pin.
pub const NONE: u32 = u32::MAX;

/// A square of the window.
#[derive(Clone, Copy)]
struct Square {
    /// The first spot in it.
    first: u32,
    at: [f32; 2],
    count: u32,
    marks: [u32; 5],
    /// The pin it belongs to.
    pin: u32,
}

/// Puts spots together so that no two pins overlap: by squares of the window first, then by distance, the fullest
/// first. A pin stands where its first case is, and not in a mean: it does not wander.
pub fn pins(lens: &Lens, spots: &[Spot]) -> Pins {
    let [left, top, right, bottom] = lens.frame;
    let columns = ((right - left) / APART).ceil().max(1.0) as usize + 1;
    let rows = ((bottom - top) / APART).ceil().max(1.0) as usize + 1;
    let square_of = |[x, y]: [f32; 2]| {
        let (column, row) = (((x - left) / APART) as usize, ((y - top) / APART) as usize);
        row.min(rows - 1) * columns + column.min(columns - 1)
    };
    let empty = Square { first: NONE, at: [0.0; 2], count: 0, marks: [0; 5], pin: NONE };
    let mut squares = vec![empty; columns * rows];
    let mut of = vec![NONE; spots.len()];
    let mut outside = 0;
    // Seeing is half of the work, and no spot needs another for it.
    let seen = spots.par_iter().with_min_len(SEEN).map(|spot| lens.see(spot.at).filter(|at| lens.holds(*at)));
    let seen: Vec<Option<[f32; 2]>> = seen.collect();
    for (number, (spot, at)) in spots.iter().zip(seen).enumerate() {
        let Some(at) = at else {
            outside += 1;
            continue;
        };
        let number_of_square = square_of(at);
        // Inside of the scene, so inside of the squares.
        let (Some(square), Some(of)) = (squares.get_mut(number_of_square), of.get_mut(number)) else { continue };
        if square.count == 0 {
            (square.first, square.at) = (number as u32, at);
        }
        square.count += 1;
        if let Some(count) = square.marks.get_mut(spot.mark as usize) {
            *count += 1;
        }
        *of = number_of_square as u32;
    }
    let mut order: Vec<usize> = (0..squares.len()).filter(|at| squares[*at].count > 0).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(squares[*at].count), squares[*at].first));
    let mut pins: Vec<Pin> = Vec::with_capacity(order.len());
    // The pin that stands in each square: one at most. Indices below are those of squares and of pins that were made
    // here, and rows and columns are kept within both.
    let mut standing: Vec<u32> = vec![NONE; squares.len()];
    for at in order {
        let Square { first, at: foot, count, marks, .. } = squares[at];
        let (column, row) = (at % columns, at / columns);
        let mut nearest: Option<(f32, u32)> = None;
        for row in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
            for column in column.saturating_sub(1)..=(column + 1).min(columns - 1) {
                let other = standing[row * columns + column];
                let Some(pin) = pins.get(other as usize) else { continue };
                let apart = (pin.at[0] - foot[0]).hypot(pin.at[1] - foot[1]);
                if apart < APART && nearest.is_none_or(|(least, _)| apart < least) {
                    nearest = Some((apart, other));
                }
            }
        }
        squares[at].pin = match nearest {
            Some((_, pin)) => {
                let into = &mut pins[pin as usize];
                into.count += count;
                into.marks.iter_mut().zip(marks).for_each(|(sum, more)| *sum += more);
                pin
            }
            None => {
                let pin = pins.len() as u32;
                standing[at] = pin;
                pins.push(Pin { spot: first, at: foot, count, marks });
                pin
            }
        };
    }
    of.iter_mut().filter(|of| **of != NONE).for_each(|of| *of = squares[*of as usize].pin);
    Pins { pins, of, outside }
}

impl Pins {
    /// Places of the cases of a pin among the spots.
    pub fn members(&self, pin: u32) -> impl Iterator<Item = u32> {
        self.of.iter().enumerate().filter(move |(_, of)| **of == pin).map(|(spot, _)| spot as u32)
    }

    /// Follows a view that moves: feet go where their places are now; pins out of view are not seen.
    pub fn follow(&mut self, lens: &Lens, spots: &[Spot]) {
        for pin in &mut self.pins {
            let place = spots.get(pin.spot as usize).and_then(|spot| lens.see(spot.at));
            pin.at = place.unwrap_or([f32::NAN; 2]);
        }
    }
}

/// The box around the cases of a pin, on the map.
pub fn extent(spots: &[Spot], members: impl Iterator<Item = u32>) -> Bounds {
    let mut bounds = Bounds::EMPTY;
    for spot in members.filter_map(|number| spots.get(number as usize)) {
        bounds.add([spot.at[0], spot.at[1]]);
    }
    bounds
}

/// Half the width of a pin's head, points.
pub fn radius(count: u32) -> f32 {
    match count {
        0 | 1 => 8.0,
        2..=9 => 11.0,
        10..=99 => 12.0,
        100..=999 => 13.0,
        _ => WIDEST / 2.0,
    }
}

/// How a count is written into a head.
pub fn count_text(count: u32) -> String {
    match count {
        0..=999 => count.to_string(),
        1_000..=9_999 => format!("{:.1}k", f64::from(count / 100) / 10.0),
        10_000..=999_999 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// The colour of a mark on the map: red, green, blue.
pub fn colour_of(mark: Mark) -> [u8; 3] {
    match mark {
        Mark::Red => [0xd7, 0x30, 0x27],
        Mark::Yellow => [0xf2, 0xa1, 0x1e],
        Mark::Green => [0x23, 0x9b, 0x56],
        Mark::Open => [0x2f, 0x7f, 0xd6],
        Mark::Ended => [0x86, 0x8f, 0x9b],
    }
}

#[cfg(test)]
pub(super) mod tests;
