//! The unit table (楼盘表) of a building: storeys × entrances × rooms.
//!
//! 1. A unit's **nominal** storey (名义层) is what it is called: the nominal field, else the room number, else the
//!    storey field. Its **physical** storey (实际层) is the physical field, else the storey field.
//! 2. Rows of the grid go by the physical storey; where a unit has none, by that which units of the same nominal
//!    storey have, else by the nominal storey.
//! 3. Columns go by the entrance (field, else room number) and the room on its storey.

use std::collections::{BTreeMap, HashMap};
use std::io;

use super::columns::Columns;
use super::room_number::{Storeys, entrance_key, read_room, read_storey};
use super::tables::{Status, status};
use crate::city::CityLayer;
use crate::model::Meaning;

/// A unit as its row says it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct UnitRow {
    /// The row in the layer of units.
    pub row: u32,
    /// Its id or code.
    pub id: String,
    /// Room number as written.
    pub room: Option<String>,
    /// Entrance as written.
    pub entrance: Option<String>,
    /// Storey as registered.
    pub floor: Option<String>,
    /// Nominal storey (名义层) as written.
    pub nominal: Option<String>,
    /// Physical storey (实际层) as written.
    pub physical: Option<String>,
    /// State as written.
    pub status: Option<String>,
    /// Floor area, m².
    pub area_m2: Option<f64>,
}

impl UnitRow {
    /// The state as the tables know it.
    pub fn known_status(&self) -> Option<&'static Status> {
        self.status.as_deref().and_then(status)
    }
}

/// A unit with its place in the grid.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Placed {
    /// The unit.
    #[serde(flatten)]
    pub unit: UnitRow,
    /// What its storey is called.
    pub nominal_storey: i32,
    /// The storey counted from the ground, where the data says it.
    pub physical_storey: Option<i32>,
    /// The highest storey of a unit over several; else the same as its own.
    pub top_storey: i32,
    /// What contradicts: a room number that says another storey than its row of the grid.
    pub doubt: Option<String>,
}

/// A row of the grid.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Storey {
    /// By what it is ordered: the physical storey, else the nominal one. Never 0.
    pub order: i32,
    /// What most of its units call it.
    pub nominal: i32,
    /// The physical storey, where the data says it.
    pub physical: Option<i32>,
    /// The units of each column, as many as columns; most hold one, none or several.
    pub cells: Vec<Vec<Placed>>,
}

/// An entrance with its columns.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Entrance {
    /// Its name; empty where no unit says any.
    pub name: String,
    /// The rooms of its columns: `02`.
    pub rooms: Vec<String>,
}

/// A unit that fits nowhere in the grid.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Misfit {
    /// The unit.
    #[serde(flatten)]
    pub unit: UnitRow,
    /// Why.
    pub reason: NoPlace,
}

/// Why a unit fits nowhere in the grid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(into = "String")]
pub enum NoPlace {
    /// What stands in its storey fields, quoted, is no storey.
    #[error("its storey {0} is none")]
    NotAStorey(String),
    /// It has a room number alone, and that names no storey.
    #[error("no storey is given, and none can be read from the room \"{0}\"")]
    NotInRoom(String),
    /// It has neither storey nor room.
    #[error("neither storey nor room number is given")]
    Nothing,
    /// It has a storey and no room.
    #[error("no room number is given")]
    NoRoom,
}

impl From<NoPlace> for String {
    fn from(reason: NoPlace) -> Self {
        reason.to_string()
    }
}

/// The unit table of a building.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct UnitTable {
    /// Rows, highest first.
    pub storeys: Vec<Storey>,
    /// Columns, entrance by entrance.
    pub entrances: Vec<Entrance>,
    /// Units that fit nowhere.
    pub misfits: Vec<Misfit>,
}

/// A unit that can be placed.
struct Ready {
    unit: UnitRow,
    entrance: String,
    room: String,
    nominal: i32,
    physical: Option<i32>,
    top: i32,
}

impl UnitTable {
    /// Arranges units. Every unit is in the grid or among the misfits, once.
    pub fn build(units: Vec<UnitRow>) -> Self {
        let mut table = Self::default();
        let mut ready = Vec::new();
        for unit in units {
            match prepare(unit) {
                Ok(unit) => ready.push(unit),
                Err(misfit) => table.misfits.push(*misfit),
            }
        }
        let physical_of = physical_by_nominal(&ready);
        let order =
            |unit: &Ready| unit.physical.or_else(|| physical_of.get(&unit.nominal).copied()).unwrap_or(unit.nominal);
        let mut columns: BTreeMap<(SortKey, SortKey), usize> = BTreeMap::new();
        for unit in &ready {
            columns.insert((sort_key(&unit.entrance), sort_key(&unit.room)), 0);
        }
        for (at, ((entrance, room), place)) in columns.iter_mut().enumerate() {
            *place = at;
            match table.entrances.last_mut().filter(|last| last.name == entrance.1) {
                Some(last) => last.rooms.push(room.1.clone()),
                None => table.entrances.push(Entrance { name: entrance.1.clone(), rooms: vec![room.1.clone()] }),
            }
        }
        let mut storeys: BTreeMap<i32, Vec<Ready>> = BTreeMap::new();
        for unit in ready {
            storeys.entry(order(&unit)).or_default().push(unit);
        }
        let column = |unit: &Ready| columns[&(sort_key(&unit.entrance), sort_key(&unit.room))];
        table.storeys = storeys
            .into_iter()
            .rev()
            .map(|(order, units)| {
                let nominal = most(units.iter().map(|unit| unit.nominal)).unwrap_or(order);
                let physical =
                    units.iter().find_map(|unit| unit.physical).or_else(|| physical_of.get(&nominal).copied());
                let mut cells = vec![Vec::new(); columns.len()];
                for unit in units {
                    cells[column(&unit)].push(placed(unit, nominal, order));
                }
                Storey { order, nominal, physical, cells }
            })
            .collect();
        table
    }

    /// The units in the grid, top-down and from left to right.
    pub fn placed(&self) -> impl Iterator<Item = &Placed> {
        self.storeys.iter().flat_map(|storey| storey.cells.iter().flatten())
    }

    /// The units of a cell: a storey by its place in `order`, an entrance and a room by their names.
    pub fn cell(&self, order: i32, entrance: &str, room: &str) -> &[Placed] {
        let mut column = 0;
        for known in &self.entrances {
            if known.name == entrance {
                let at = known.rooms.iter().position(|r| r == room);
                let storey = self.storeys.iter().find(|storey| storey.order == order);
                return storey.zip(at).map_or(&[], |(storey, at)| storey.cells[column + at].as_slice());
            }
            column += known.rooms.len();
        }
        &[]
    }
}

/// Numbers by value and before words.
type SortKey = ((bool, u32), String);

fn sort_key(text: &str) -> SortKey {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number = digits.parse().ok();
    ((number.is_none(), number.unwrap_or_default()), text.to_owned())
}

fn prepare(unit: UnitRow) -> Result<Ready, Box<Misfit>> {
    let misfit = |unit: UnitRow, reason: NoPlace| Err(Box::new(Misfit { unit, reason }));
    let read = |text: &Option<String>| text.as_deref().map(|text| (text.to_owned(), read_storey(text)));
    let storey = |read: &Option<(String, Option<Storeys>)>| read.as_ref().and_then(|(_, storeys)| *storeys);
    let (floor, nominal, physical) = (read(&unit.floor), read(&unit.nominal), read(&unit.physical));
    let room = unit.room.as_deref().and_then(read_room);
    let of_room = room.as_ref().and_then(|room| room.storey).map(|storey| Storeys { from: storey, to: storey });
    // B302 with a storey above ground is block B, not the third basement.
    let of_room = match storey(&physical).or(storey(&floor)) {
        Some(known) if known.from > 0 => {
            of_room.map(|s| if s.from < 0 { Storeys { from: -s.from, to: -s.to } } else { s })
        }
        // 101 of the first basement is not called storey 1.
        Some(known) if known.from < 0 => of_room.map(|s| if s.from == -known.from { known } else { s }),
        _ => of_room,
    };
    let registered = storey(&physical).or(storey(&floor));
    let Some(called) = storey(&nominal).or(of_room).or(registered) else {
        let written = [&physical, &floor, &nominal].into_iter().flatten().map(|(text, _)| format!("\"{text}\""));
        let written: Vec<String> = written.collect();
        let room = unit.room.clone();
        let reason = match (written.is_empty(), room) {
            (false, _) => NoPlace::NotAStorey(written.join(", ")),
            (true, Some(room)) => NoPlace::NotInRoom(room),
            (true, None) => NoPlace::Nothing,
        };
        return misfit(unit, reason);
    };
    let Some(room) = room else {
        return misfit(unit, NoPlace::NoRoom);
    };
    let entrance = unit.entrance.as_deref().map(entrance_key).or(room.entrance).unwrap_or_default();
    let top = registered.unwrap_or(called).to;
    Ok(Ready { unit, entrance, room: room.room, nominal: called.from, physical: registered.map(|s| s.from), top })
}

/// The physical storey that most units of each nominal storey have.
fn physical_by_nominal(units: &[Ready]) -> HashMap<i32, i32> {
    let mut of: HashMap<i32, Vec<i32>> = HashMap::new();
    for unit in units {
        if let Some(physical) = unit.physical {
            of.entry(unit.nominal).or_default().push(physical);
        }
    }
    of.into_iter().filter_map(|(nominal, physical)| Some((nominal, most(physical.into_iter())?))).collect()
}

/// The value that occurs most; of equals the lowest.
fn most(values: impl Iterator<Item = i32>) -> Option<i32> {
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(value, _)| value)
}

fn placed(unit: Ready, nominal: i32, order: i32) -> Placed {
    let odd = unit.nominal != nominal;
    let doubt = odd.then(|| format!("it is called storey {}, and others on its storey {nominal}", unit.nominal));
    let top_storey = if unit.physical.is_some() { unit.top.max(order) } else { order };
    Placed { nominal_storey: unit.nominal, physical_storey: unit.physical, top_storey, doubt, unit: unit.unit }
}

/// Fields of a unit that the table needs.
const MEANINGS: [Meaning; 9] = [
    Meaning::Id,
    Meaning::Code,
    Meaning::Room,
    Meaning::Entrance,
    Meaning::Floor,
    Meaning::NominalFloor,
    Meaning::PhysicalFloor,
    Meaning::State,
    Meaning::FloorArea,
];

/// Reads units of a layer as its rows say them, in the order of `rows`.
///
/// # Errors
/// When a streamed layer cannot be read.
pub fn unit_rows(units: &CityLayer, rows: &[u32]) -> io::Result<Vec<UnitRow>> {
    let columns = Columns::read(units, &MEANINGS)?;
    let unit = |row: &u32| {
        let text = |meaning| columns.text(meaning, *row);
        UnitRow {
            row: *row,
            id: text(Meaning::Id).or_else(|| text(Meaning::Code)).unwrap_or_else(|| row.to_string()),
            room: text(Meaning::Room),
            entrance: text(Meaning::Entrance),
            floor: text(Meaning::Floor),
            nominal: text(Meaning::NominalFloor),
            physical: text(Meaning::PhysicalFloor),
            status: text(Meaning::State),
            area_m2: columns.number(Meaning::FloorArea, *row),
        }
    };
    Ok(rows.iter().map(unit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(row: u32, room: &str, floor: &str, physical: &str) -> UnitRow {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        UnitRow {
            row,
            id: row.to_string(),
            room: some(room),
            floor: some(floor),
            physical: some(physical),
            ..UnitRow::default()
        }
    }

    fn rows_of(cell: &[Placed]) -> Vec<u32> {
        cell.iter().map(|placed| placed.unit.row).collect()
    }

    #[test]
    fn storeys_run_top_down_over_the_ground_without_a_storey_0() {
        let rooms = ["101", "201", "1001", "B101", "-201"];
        let units = rooms.iter().zip(0..).map(|(room, row)| unit(row, room, "", "")).collect();
        let table = UnitTable::build(units);
        let orders: Vec<i32> = table.storeys.iter().map(|storey| storey.order).collect();
        assert_eq!(orders, [10, 2, 1, -1, -2]);
        assert!(table.misfits.is_empty());
    }

    #[test]
    fn room_101_of_the_basement_is_not_called_storey_1() {
        let table = UnitTable::build(vec![unit(0, "101", "-1", ""), unit(1, "101", "1", "")]);
        let storeys: Vec<(i32, i32)> = table.storeys.iter().map(|storey| (storey.order, storey.nominal)).collect();
        assert_eq!(storeys, [(1, 1), (-1, -1)]);
    }

    /// A building that skips the storey called 4: the fourth from the ground is called 5.
    #[test]
    fn nominal_and_physical_storey_are_kept_apart() {
        let units = vec![
            unit(0, "1-301", "3", "3"),
            unit(1, "1-501", "5", "4"),
            // Without a physical storey, it lies where others of its name lie.
            unit(2, "1-502", "", ""),
        ];
        let table = UnitTable::build(units);
        let storeys: Vec<_> = table.storeys.iter().map(|s| (s.order, s.nominal, s.physical)).collect();
        assert_eq!(storeys, [(4, 5, Some(4)), (3, 3, Some(3))]);
        let placed: Vec<_> = table.placed().map(|p| (p.unit.row, p.nominal_storey, p.physical_storey)).collect();
        assert_eq!(placed, [(1, 5, Some(4)), (2, 5, None), (0, 3, Some(3))]);
        assert!(table.placed().all(|placed| placed.doubt.is_none()));
    }

    #[test]
    fn columns_are_entrances_and_rooms_in_the_order_of_their_numbers() {
        let rooms = ["10-101", "2-102", "2-101", "1单元101", "1-302"];
        let units = rooms.iter().zip(0..).map(|(room, row)| unit(row, room, "", "")).collect();
        let table = UnitTable::build(units);
        let entrances: Vec<_> = table.entrances.iter().map(|e| (e.name.as_str(), e.rooms.join(","))).collect();
        assert_eq!(entrances, [("1", "01,02".to_owned()), ("2", "01,02".to_owned()), ("10", "01".to_owned())]);
        assert_eq!(rows_of(table.cell(1, "2", "02")), [1]);
        assert_eq!(rows_of(table.cell(3, "1", "02")), [4]);
        assert!(table.cell(3, "10", "01").is_empty());
    }

    #[test]
    fn two_units_in_one_cell_are_both_kept() {
        let units = vec![unit(7, "1-302", "3", ""), unit(8, "1单元302", "3", "")];
        let table = UnitTable::build(units);
        assert_eq!(rows_of(table.cell(3, "1", "02")), [7, 8]);
    }

    #[test]
    fn a_unit_that_fits_nowhere_is_listed_with_the_reason() {
        let units =
            vec![unit(0, "", "", ""), unit(1, "商铺3", "", ""), unit(2, "商铺3", "0", ""), unit(3, "", "2", "")];
        let table = UnitTable::build(units);
        let reasons: Vec<_> = table.misfits.iter().map(|misfit| (misfit.unit.row, misfit.reason.to_string())).collect();
        let reasons: Vec<(u32, &str)> = reasons.iter().map(|(row, reason)| (*row, reason.as_str())).collect();
        assert_eq!(
            reasons,
            [
                (0, "neither storey nor room number is given"),
                (1, "no storey is given, and none can be read from the room \"商铺3\""),
                (2, "its storey \"0\" is none"),
                (3, "no room number is given"),
            ]
        );
    }

    #[test]
    fn every_unit_is_in_the_grid_or_among_the_misfits_once() {
        let rooms = ["101", "商铺", "", "1-101", "B1", "9999", "0", "2-2-2", "-", "301A"];
        let floors = ["1", "", "0", "-1", "5-6", "屋顶"];
        let all: Vec<(&str, &str)> =
            rooms.iter().flat_map(|room| floors.iter().map(move |floor| (*room, *floor))).collect();
        let units = all.iter().zip(0..).map(|((room, floor), row)| unit(row, room, floor, "")).collect();
        let table = UnitTable::build(units);
        let mut rows: Vec<u32> =
            table.placed().map(|p| p.unit.row).chain(table.misfits.iter().map(|m| m.unit.row)).collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..all.len() as u32).collect::<Vec<_>>());
        assert!(table.storeys.iter().all(|storey| storey.order != 0));
    }

    /// The storey field says 3 and the room number 5: the unit stays on storey 3, and the doubt is said.
    #[test]
    fn a_room_number_against_its_storey_is_said() {
        let units = vec![unit(0, "301", "3", ""), unit(1, "302", "3", ""), unit(2, "503", "3", "")];
        let table = UnitTable::build(units);
        assert_eq!(table.storeys.len(), 1);
        let doubts: Vec<_> = table.placed().filter(|p| p.doubt.is_some()).map(|p| p.unit.row).collect();
        assert_eq!(doubts, [2]);
    }

    /// A maisonette over the fifth and sixth storey lies on the fifth and reaches the sixth.
    #[test]
    fn a_unit_over_two_storeys_lies_on_the_lower_and_reaches_the_upper() {
        let table = UnitTable::build(vec![unit(0, "501", "5-6", "")]);
        let placed = table.placed().next().unwrap();
        assert_eq!((table.storeys[0].order, placed.top_storey), (5, 6));
    }
}
