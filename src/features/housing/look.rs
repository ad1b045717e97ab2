//! What the core says of a building or a unit, found on a thread of its own.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, OnceLock};

use super::state::{Counted, CountedUnits, House};
use crate::city::{City, CityLayer};
use crate::mesh::city::CityMesh;
use crate::model::{Meaning, Title};
use crate::query::identity;
use crate::report::Progress;
use crate::themes::housing::card::{Card, CodeCard, code_card};
use crate::themes::housing::families::Families;
use crate::themes::housing::join::{Join, Link, Match, Miss};
use crate::themes::housing::personal::{Masks, PersonalField, masked, personal_fields};
use crate::themes::housing::standing::{Standing, spots};
use crate::themes::housing::stock::Stock;
use crate::themes::housing::tables::tables;
use crate::themes::housing::unit_table::{UnitRow, unit_rows};

/// What all answers about a layer of buildings rest on; made once, on whichever thread needs it first.
pub(super) type Base = Arc<OnceLock<Result<Joined, String>>>;

pub(super) struct Joined {
    pub(super) families: Families,
    join: Option<Join>,
    /// The units' fields that hold personal data.
    personal: Vec<PersonalField>,
}

/// A selected feature that the panels have something to say of.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Asked {
    pub(super) layer: usize,
    pub(super) row: u32,
    /// The unit of the selected building that was pointed at in the scene.
    pub(super) unit: Option<u32>,
    pub(super) unmasked: bool,
}

impl Asked {
    /// Whether this is about the same selected feature.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        (self.layer, self.row) == (other.layer, other.row)
    }
}

/// What the core says of a building or a unit.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) card: Option<Card>,
    pub(super) unit: Option<Unit>,
    pub(super) house: Option<Arc<House>>,
    /// The units' fields that hold personal data.
    pub(super) personal: Vec<String>,
}

/// A unit as the core says it.
pub(super) struct Unit {
    pub(super) row: UnitRow,
    pub(super) link: Result<Link, Miss>,
    pub(super) code: Option<CodeCard>,
    /// Masked unless it was asked otherwise.
    pub(super) personal: Vec<(String, String)>,
}

fn text(error: io::Error) -> String {
    error.to_string()
}

pub(super) fn joined<'b>(
    city: &City,
    buildings: usize,
    units: Option<usize>,
    base: &'b Base,
) -> Result<&'b Joined, String> {
    let made = base.get_or_init(|| {
        let layer = &city.layers[buildings];
        let families = Families::find(layer).map_err(text)?;
        let join = units.map(|units| Join::build(layer, &city.layers[units], &families)).transpose().map_err(text)?;
        let personal = units.map(|units| personal_fields(&city.layers[units].known().table)).unwrap_or_default();
        Ok(Joined { families, join, personal })
    });
    made.as_ref().map_err(Clone::clone)
}

pub(super) fn count(
    city: &City,
    number: usize,
    units: Option<usize>,
    base: &Base,
    progress: &Progress,
) -> Result<Counted, String> {
    let joined = joined(city, number, units, base)?;
    let mut stock = Stock::watched(&city.layers[number], &joined.families, None, progress).map_err(text)?;
    stock.suppress_small(tables().least_cell);
    let units = units.zip(joined.join.as_ref()).map(|(units, join)| {
        let mut misses: BTreeMap<Miss, u64> = BTreeMap::new();
        join.misses().for_each(|(_, miss)| *misses.entry(miss).or_default() += 1);
        CountedUnits {
            count: u64::from(city.layers[units].rows()),
            matched: join.counts().to_vec(),
            misses: misses.into_iter().collect(),
            contradicted: join.contradicted(),
            notes: join.notes.clone(),
        }
    });
    Ok(Counted { stock, units })
}

/// The card of a building, or the unit with its building; the house is taken over where it is the same.
pub(super) fn look(
    (city, mesh): (&City, Option<&CityMesh>),
    asked: Asked,
    buildings: Option<usize>,
    units: Option<usize>,
    base: Option<&Base>,
    known: Option<Arc<House>>,
) -> Result<Answer, String> {
    let mut answer = Answer::default();
    let Some((number, base)) = buildings.zip(base) else { return Ok(answer) };
    let joined = joined(city, number, units, base)?;
    answer.personal = joined.personal.iter().map(|field| field.field.clone()).collect();
    let layer = &city.layers[number];
    let home = if asked.layer == number {
        let card = Card::of(layer, asked.row, &joined.families).map_err(text)?;
        answer.card = Some(if asked.unmasked { card } else { card.masked(&Masks::of(&layer.known().table)) });
        // A part is shown with its own facts; units belong to its building.
        Some(joined.families.building_of(asked.row).unwrap_or(asked.row))
    } else {
        joined.join.as_ref().and_then(|join| join.link(asked.row).ok()).map(|link| link.building)
    };
    let chosen = if asked.layer == number { units.zip(asked.unit) } else { Some((asked.layer, asked.row)) };
    if let Some((units, row)) = chosen {
        answer.unit = Some(unit(&city.layers[units], row, joined, asked.unmasked).map_err(text)?);
    }
    let (Some(home), Some(units), Some(join)) = (home, units, &joined.join) else { return Ok(answer) };
    if join.units_of(home).is_empty() {
        return Ok(answer);
    }
    answer.house = match known {
        Some(house) if (house.layer, house.building, house.unmasked) == (number, home, asked.unmasked) => Some(house),
        _ => {
            let mut made = house(layer, home, &city.layers[units], join).map_err(text)?;
            let rows = join.units_of(home);
            made.personal = personal_of(&city.layers[units], rows, &joined.personal, asked.unmasked).map_err(text)?;
            (made.layer, made.unmasked) = (number, asked.unmasked);
            if let Some(mesh) = mesh {
                let bodies = mesh.layers.get(number).and_then(|layer| layer.bodies.as_ref());
                let parts = joined.families.parts(home);
                made.standing = Standing::of(layer, home, parts, bodies, &mesh.ground).map_err(text)?;
            }
            made.spots = spots(&city.layers[units], rows).map_err(text)?;
            made.levels = made.floors().map(|floors| floors.levels()).unwrap_or_default();
            Some(Arc::new(made))
        }
    };
    Ok(answer)
}

fn unit(all: &CityLayer, unit: u32, joined: &Joined, unmasked: bool) -> io::Result<Unit> {
    let row = unit_rows(all, &[unit])?.pop().unwrap_or_default();
    let link = joined.join.as_ref().map_or(Err(Miss::NothingToGoBy), |join| join.link(unit));
    let (piece, at) = all.of_row(unit)?;
    let code = code_card(&piece, at);
    let personal = personal_of(all, &[unit], &joined.personal, unmasked)?.remove(&unit);
    Ok(Unit { row, link, code, personal: personal.unwrap_or_default() })
}

fn house(buildings: &CityLayer, building: u32, units: &CityLayer, join: &Join) -> io::Result<House> {
    let rows = join.units_of(building);
    let matched = [Match::Code, Match::Parent, Match::Position].map(|quality| {
        let is = |row: &&u32| join.link(**row).is_ok_and(|link| link.quality == quality);
        (quality, rows.iter().filter(is).count() as u64)
    });
    let contradicted = rows.iter().filter(|row| join.link(**row).is_ok_and(|link| link.contradicted)).count() as u64;
    let units = unit_rows(units, rows)?;
    let (layer, at) = buildings.of_row(building)?;
    let named = |meaning| {
        let mapped = layer.mapping.get(meaning)?;
        Some(layer.table.value(at, &mapped.field)).filter(|value| !value.is_null()).map(|value| value.to_string())
    };
    let title = Title { zh: named(Meaning::Name).unwrap_or_default(), en: named(Meaning::NameEn).unwrap_or_default() };
    let id = identity::id_of(&layer, at);
    Ok(House { building, title, id, matched: matched.to_vec(), contradicted, ..House::of_units(units) })
}

/// Personal values of units, masked unless it was asked otherwise.
fn personal_of(
    units: &CityLayer,
    rows: &[u32],
    fields: &[PersonalField],
    unmasked: bool,
) -> io::Result<HashMap<u32, Vec<(String, String)>>> {
    let mut values: HashMap<u32, Vec<(String, String)>> = HashMap::new();
    for field in fields {
        let column = units.column(&field.field)?;
        for row in rows {
            let value = column.get(*row);
            if value.is_null() {
                continue;
            }
            let said = value.to_string();
            let said = if unmasked { said } else { masked(field.kind, &said) };
            values.entry(*row).or_default().push((field.field.clone(), said));
        }
    }
    Ok(values)
}
