//! Where a unit is in its building: the slab of its storey, cut to its share.
//!
//! A unit with an outline of its own has that. Any other gets a strip of its building, cut across the building's
//! length: where its point lies, else by its place among the columns of the unit table. That is a drawing aid, no
//! survey of the unit's walls.

use geo::{Area, BooleanOps, Coord, LineString, MinimumRotatedRect, MultiPolygon, Polygon};

use super::unit_table::{Placed, UnitTable};
use crate::themes::volumes::Volume;

/// A building as far as a slab needs it.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Its outline, project CRS.
    pub outline: MultiPolygon,
    /// Foot and top above its ground, metres.
    pub range: [f64; 2],
    /// Storeys above ground, where the data says how many.
    pub storeys: Option<f64>,
}

/// A unit as far as a slab needs it.
#[derive(Clone, Debug)]
pub enum Spot {
    /// Its own outline.
    Outline(MultiPolygon),
    /// A point in it.
    Point([f64; 2]),
    /// Nothing but its place in the unit table.
    Nowhere,
}

/// The slab of a unit; `None` for a unit that the table has no place for, one below ground, and a building without
/// height.
pub fn slab(shell: &Shell, table: &UnitTable, unit: u32, spot: &Spot) -> Option<Volume> {
    let placed = table.placed().find(|placed| placed.unit.row == unit)?;
    let [foot, top] = shell.range;
    let counted = |placed: &Placed| placed.physical_storey.unwrap_or(placed.nominal_storey);
    let highest = table.placed().map(|placed| counted(placed).max(placed.top_storey)).max()?;
    // A table that knows more storeys than the building's field is right: its units are somewhere.
    let storeys = shell.storeys.unwrap_or(0.0).max(f64::from(highest));
    let (low, high) = (counted(placed), counted(placed).max(placed.top_storey));
    if low < 1 || top <= foot || storeys < 1.0 {
        return None;
    }
    let height = |storey: f64| foot + (top - foot) * storey / storeys;
    let columns: usize = table.entrances.iter().map(|entrance| entrance.rooms.len()).sum();
    let outline = match spot {
        Spot::Outline(outline) => outline.clone(),
        Spot::Point(at) => strip(&shell.outline, columns, |share| share.of(*at)),
        Spot::Nowhere => {
            let column = table
                .storeys
                .iter()
                .flat_map(|storey| storey.cells.iter().enumerate())
                .find_map(|(column, cell)| cell.iter().any(|placed| placed.unit.row == unit).then_some(column))?;
            strip(&shell.outline, columns, |_| Some(column))
        }
    };
    Some(Volume { outline, base: height(f64::from(low) - 1.0), top: height(f64::from(high)) })
}

/// The length of an outline, cut into columns.
struct Share {
    origin: [f64; 2],
    along: [f64; 2],
    length: f64,
    columns: usize,
}

impl Share {
    /// The column that a point lies in; `None` beside the building.
    fn of(&self, at: [f64; 2]) -> Option<usize> {
        let way = (at[0] - self.origin[0]) * self.along[0] + (at[1] - self.origin[1]) * self.along[1];
        let column = (way / self.length * self.columns as f64).floor();
        (0.0..self.columns as f64).contains(&column).then_some(column as usize)
    }
}

/// One of `columns` strips of equal length across an outline's length; the whole where the strip is not known.
fn strip(outline: &MultiPolygon, columns: usize, which: impl FnOnce(&Share) -> Option<usize>) -> MultiPolygon {
    let Some(around) = MinimumRotatedRect::minimum_rotated_rect(outline).filter(|_| columns > 1) else {
        return outline.clone();
    };
    let corners = &around.exterior().0;
    let [a, b, c] = [corners[0], corners[1], corners[2]];
    let (ab, bc) = ((b.x - a.x).hypot(b.y - a.y), (c.x - b.x).hypot(c.y - b.y));
    // Along the longer side, from west to east, or from south to north: as plans are numbered.
    let (mut from, to, length, width) = if ab >= bc { (a, b, ab, bc) } else { (b, c, bc, ab) };
    if length <= 0.0 {
        return outline.clone();
    }
    let mut along = [(to.x - from.x) / length, (to.y - from.y) / length];
    if along[0] < -1e-9 || along[0].abs() <= 1e-9 && along[1] < 0.0 {
        (from, along) = (to, along.map(|v| -v));
    }
    let share = Share { origin: [from.x, from.y], along, length, columns };
    let Some(column) = which(&share) else { return outline.clone() };
    let at = |share: f64, aside: f64| {
        let way = length * share;
        Coord { x: from.x + along[0] * way - along[1] * aside, y: from.y + along[1] * way + along[0] * aside }
    };
    let (low, high) = (column as f64 / columns as f64, (column + 1) as f64 / columns as f64);
    let ring = vec![at(low, -2.0 * width), at(high, -2.0 * width), at(high, 2.0 * width), at(low, 2.0 * width)];
    let cut = outline.intersection(&Polygon::new(LineString::new(ring), Vec::new()));
    // A bend may leave nothing of the building in the strip.
    if cut.unsigned_area() > 0.0 { cut } else { outline.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::unit_table::UnitRow;
    use super::*;
    use crate::themes::planning::ground::{bounds_of, rectangle};

    /// Three storeys of two entrances with two rooms each: `1-101` … `2-302`.
    fn table() -> UnitTable {
        let units = (1..=2).flat_map(|entrance| {
            (1..=3).flat_map(move |storey| {
                (1..=2).map(move |room| UnitRow {
                    row: entrance * 100 + storey * 10 + room,
                    room: Some(format!("{entrance}-{storey}0{room}")),
                    ..UnitRow::default()
                })
            })
        });
        UnitTable::build(units.collect())
    }

    /// 40 × 10 m, 9 m high: each storey 3 m, each column 10 m. Whole metres: 1e-6 is rounding.
    fn shell() -> Shell {
        Shell { outline: rectangle([100.0, 50.0], [140.0, 60.0]), range: [0.0, 9.0], storeys: Some(3.0) }
    }

    fn says(volume: &Volume, west: f64, east: f64, base: f64, top: f64) {
        let bounds = bounds_of(&volume.outline);
        for (found, wanted) in [(bounds.min[0], west), (bounds.max[0], east), (volume.base, base), (volume.top, top)] {
            assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
        }
    }

    #[test]
    fn a_unit_is_the_slab_of_its_storey_cut_to_its_column() {
        // 2-302: third storey, the fourth column from the west.
        says(&slab(&shell(), &table(), 232, &Spot::Nowhere).unwrap(), 130.0, 140.0, 6.0, 9.0);
        // 1-101: first storey, first column.
        says(&slab(&shell(), &table(), 111, &Spot::Nowhere).unwrap(), 100.0, 110.0, 0.0, 3.0);
    }

    #[test]
    fn its_point_says_more_than_its_place_in_the_table() {
        // The entrances of this house are numbered from the east.
        says(&slab(&shell(), &table(), 111, &Spot::Point([133.0, 55.0])).unwrap(), 130.0, 140.0, 0.0, 3.0);
        // A point beside the building says nothing: the whole storey.
        says(&slab(&shell(), &table(), 111, &Spot::Point([170.0, 55.0])).unwrap(), 100.0, 140.0, 0.0, 3.0);
        let own = Spot::Outline(rectangle([105.0, 50.0], [112.0, 55.0]));
        says(&slab(&shell(), &table(), 121, &own).unwrap(), 105.0, 112.0, 3.0, 6.0);
    }

    #[test]
    fn a_building_that_claims_fewer_storeys_than_its_units_need_is_divided_by_the_units() {
        let low = Shell { storeys: Some(2.0), ..shell() };
        says(&slab(&low, &table(), 232, &Spot::Nowhere).unwrap(), 130.0, 140.0, 6.0, 9.0);
        assert_eq!(slab(&Shell { range: [0.0, 0.0], ..shell() }, &table(), 232, &Spot::Nowhere), None);
        assert_eq!(slab(&shell(), &table(), 999, &Spot::Nowhere), None, "no such unit");
    }
}
