//! A building cut open above a storey: what stands below, and the units that one looks onto.

use geo::{Area, Buffer};

use super::slab::Floors;
use crate::themes::volumes::Volume;

/// A building cut open; heights are metres above its ground.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opened {
    /// The building up to the floor that is looked onto.
    pub below: Vec<Volume>,
    /// The units on that floor by their rows, each as high as the storey, with a gap between them.
    pub units: Vec<(u32, Volume)>,
}

/// Half of the gap between two units, metres: a line that is seen from where a whole building is.
const GAP: f64 = 0.2;
/// How thick the lowest floor and the units below ground are drawn, metres.
const PLATE: f64 = 0.4;

impl Floors<'_> {
    /// The building cut open above a storey. Units below ground are drawn as plates on the ground: nothing is seen
    /// through it.
    pub fn open(&self, storey: i32) -> Opened {
        let ground = self.floor(1);
        let (floor, top) = if storey > 0 {
            (self.floor(storey).max(ground + PLATE), self.floor(storey + 1))
        } else {
            (ground + PLATE, ground + 2.0 * PLATE)
        };
        let middle = (floor + top) / 2.0;
        let cut = |body: &Volume| {
            // The roof of a low part is left as it is.
            let high = if body.top < middle { body.top } else { floor };
            (body.base < high).then(|| Volume { top: high, ..body.clone() })
        };
        let units = self.units_on(storey).into_iter().map(|(placed, outline)| {
            let inner = outline.buffer(-GAP);
            let outline = if inner.unsigned_area() > 0.0 { inner } else { outline };
            (placed.unit.row, Volume { outline, base: floor, top })
        });
        Opened { below: self.shell().bodies.iter().filter_map(cut).collect(), units: units.collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::slab::Shell;
    use super::super::unit_table::{UnitRow, UnitTable};
    use super::*;
    use crate::themes::planning::ground::{bounds_of, rectangle};

    /// Two units on each of the storeys −1, 1, 2, 3.
    fn table() -> UnitTable {
        let unit = |storey: i32, room: u32| UnitRow {
            row: (storey + 1) as u32 * 10 + room,
            room: Some(format!("{}0{room}", storey.abs())),
            floor: Some(storey.to_string()),
            ..UnitRow::default()
        };
        UnitTable::build([-1, 1, 2, 3].iter().flat_map(|storey| [unit(*storey, 1), unit(*storey, 2)]).collect())
    }

    /// A tower of 9 m on the western half of a podium of 3 m: storeys of 3 m.
    fn shell() -> Shell {
        let body = |east: f64, top: f64| Volume { outline: rectangle([0.0, 0.0], [east, 10.0]), base: 0.0, top };
        Shell { bodies: vec![body(40.0, 3.0), body(20.0, 9.0)], storeys: Some(3.0) }
    }

    fn opened(storey: i32) -> Opened {
        Floors::new(&shell(), &table(), &HashMap::new()).unwrap().open(storey)
    }

    #[test]
    fn all_parts_are_cut_at_the_floor_and_low_ones_keep_their_roof() {
        let tops = |storey| opened(storey).below.iter().map(|body| body.top).collect::<Vec<_>>();
        assert_eq!((tops(3), tops(2)), (vec![3.0, 6.0], vec![3.0, 3.0]));
        // Of the lowest storey a floor of 0.4 m is left to stand on.
        assert_eq!((tops(1), tops(-1)), (vec![0.4, 0.4], vec![0.4, 0.4]));
    }

    #[test]
    fn the_units_of_the_storey_and_no_others_stand_on_the_floor_with_gaps_between_them() {
        let third = opened(3).units;
        let rows: Vec<u32> = third.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, [41, 42]);
        let [west, east] = [0, 1].map(|at| &third[at].1);
        assert_eq!([west.base, west.top, east.base, east.top], [6.0, 9.0, 6.0, 9.0]);
        // The tower's 20 m in two; 0.2 m less on each side.
        for (unit, [from, to]) in [(west, [0.2, 9.8]), (east, [10.2, 19.8])] {
            let bounds = bounds_of(&unit.outline);
            assert!((bounds.min[0] - from).abs() < 1e-6 && (bounds.max[0] - to).abs() < 1e-6, "{bounds:?}");
        }
        let basement = opened(-1).units;
        assert_eq!(basement.iter().map(|(row, unit)| (*row, unit.base, unit.top)).next(), Some((1, 0.4, 0.8)));
    }
}
