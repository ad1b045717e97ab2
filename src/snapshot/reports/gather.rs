//! The answers that reports are of, asked of a city.

use std::io;

use super::{Made, building, dossier};
use crate::city::{City, CityLayer};
use crate::model::Role;
use crate::snapshot::page::report::Report;
use crate::themes::housing::card::{Card, count_states};
use crate::themes::housing::families::Families;
use crate::themes::housing::join::Join;
use crate::themes::housing::personal::Masks;
use crate::themes::housing::unit_table::unit_rows;
use crate::themes::planning::neighbourhood::{Units, neighbourhood};
use crate::themes::planning::plan::Plan;
use crate::themes::records::Records;

/// The report of a parcel by its row.
///
/// # Errors
/// Why there is none, for people.
pub fn of_parcel(city: &City, row: u32, made: &Made) -> Result<Report, String> {
    let unread = |error: io::Error| error.to_string();
    let plan = Plan::of(city, None).map_err(|error| error.to_string())?;
    let found = plan.dossier(row).map_err(|error| error.to_string())?;
    let found = found.ok_or_else(|| format!("layer {}: row {row} is no parcel with an area", plan.parcels.layer.id))?;
    let records = Records::of(city, plan.parcels);
    let (holder, at) = plan.parcels.of_row(row).map_err(unread)?;
    let summaries: Vec<_> = records.iter().filter_map(|table| table.summary(city, &holder, at)).collect();
    let around = neighbourhood(city, &plan, &Units::of(city).map_err(unread)?, row).map_err(unread)?;
    Ok(dossier(made, &plan, &found, Some(&around), &summaries))
}

/// The report of a building by its row; personal data in it is masked unless `unmasked`.
///
/// # Errors
/// Why there is none, for people.
pub fn of_building(
    city: &City,
    buildings: &CityLayer,
    row: u32,
    unmasked: bool,
    made: &Made,
) -> Result<Report, String> {
    let unread = |error: io::Error| error.to_string();
    let families = Families::find(buildings).map_err(unread)?;
    let card = Card::of(buildings, row, &families).map_err(unread)?;
    let card = if unmasked { card } else { card.masked(&Masks::of(&buildings.known().table)) };
    let mut states = Vec::new();
    if let Some(units) = city.layers.iter().find(|layer| layer.layer.role == Role::Unit) {
        let join = Join::build(buildings, units, &families).map_err(unread)?;
        // Units belong to the building that a part is of.
        let rows = join.units_of(families.building_of(row).unwrap_or(row)).to_vec();
        states = count_states(&unit_rows(units, &rows).map_err(unread)?);
    }
    Ok(building(made, &card, &states))
}
