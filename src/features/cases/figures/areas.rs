//! The areas of the map that groups stand for: rows of a layer by code.

use std::collections::HashMap;

use crate::city::{City, CityLayer};
use crate::model::{Meaning, Role, Title};
use crate::place::Bounds;
use crate::themes::management::figures::Level;

/// Areas of one level.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// The layer's number in the city.
    pub layer: usize,
    /// Their level.
    pub level: Option<Level>,
    /// The area of each row, by code; empty: it is none of this level.
    pub codes: Vec<String>,
    /// Names by code, where a layer has some.
    pub names: HashMap<String, Title>,
    /// Where each lies.
    pub bounds: HashMap<String, Bounds>,
    /// Whether several rows are one area: cells of the unit grid stand for the street that they lie in.
    pub is_of_cells: bool,
}

/// The code of a row, as places of cases say it.
fn code_of(layer: &CityLayer, row: u32) -> Option<String> {
    let layer = &layer.layer;
    let field = layer.mapping.get(Meaning::Code).or_else(|| layer.mapping.get(Meaning::Id))?;
    let code = layer.table.value(row, &field.field).to_string();
    Some(code.trim().trim_start_matches("156").to_owned()).filter(|code| !code.is_empty())
}

fn name_of(layer: &CityLayer, row: u32) -> Title {
    let layer = &layer.layer;
    let text = |meaning| {
        let field = layer.mapping.get(meaning).map(|field| layer.table.value(row, &field.field).to_string());
        field.unwrap_or_default().trim().to_owned()
    };
    Title { zh: text(Meaning::Name), en: text(Meaning::NameEn) }
}

/// Whether rows of a layer can be coloured one by one, and have codes.
fn has_codes(layer: &CityLayer, role: Role) -> bool {
    let mapping = &layer.layer.mapping;
    let coded = mapping.get(Meaning::Code).is_some() || mapping.get(Meaning::Id).is_some();
    layer.layer.role == role && layer.stream.is_none() && coded
}

/// The areas of a level: of a layer of boundaries that has some, else cells of the unit grid by the beginning of their
/// codes. `None` where the city has neither.
pub fn areas(city: &City, level: Level) -> Option<Areas> {
    let of = |number: usize, layer: &CityLayer| {
        let cells = layer.layer.role == Role::Grid;
        let mut areas = Areas { layer: number, level: Some(level), is_of_cells: cells, ..Areas::default() };
        areas.is_of_cells &= level != Level::Grid;
        for row in 0..layer.rows() {
            let code = code_of(layer, row).unwrap_or_default();
            let code = match cells {
                true => level.of(&code).to_owned(),
                false if level.is_level_of(&code) => code,
                false => String::new(),
            };
            if !code.is_empty() {
                let bounds = layer.layer.table.geometry.bounds(row);
                let name = if cells { Title::default() } else { name_of(layer, row) };
                if !(name.zh.is_empty() && name.en.is_empty()) {
                    areas.names.insert(code.clone(), name);
                }
                match areas.bounds.get_mut(&code) {
                    Some(known) => known.join(bounds),
                    None => _ = areas.bounds.insert(code.clone(), bounds),
                }
            }
            areas.codes.push(code);
        }
        (!areas.bounds.is_empty()).then_some(areas)
    };
    let with = |role: Role| city.layers.iter().enumerate().filter(move |(_, layer)| has_codes(layer, role));
    let grid = || with(Role::Grid).find_map(|(number, layer)| of(number, layer));
    match level {
        Level::Grid => grid(),
        _ => with(Role::Boundary).find_map(|(number, layer)| of(number, layer)).or_else(grid),
    }
}
