//! The synthetic demo city: a riverside district in Tianjin that nobody lives in.
//!
//! The same options give the same bytes on every machine. How a city comes about:
//!
//! 1. [`river`]: a centreline with bends; everything else hangs on it.
//! 2. [`streets`]: a lattice of great streets, rows along the river, columns across it.
//! 3. [`quarters`]: what lies between them gets a character and its own street grid.
//! 4. [`blocks`]: cells less their streets, each with a programme.
//! 5. [`parcels`]: blocks divided, with land-use codes, and built on by [`housing`], [`lowrise`],
//!    [`centre`], [`civic`] and [`works`]; planning limits follow.
//! 6. [`city`]: quarters are taken from the heart outwards until there are as many buildings as
//!    wanted, so a larger city is the same city grown.
//! 7. Tables: [`cadastre`], [`roads`], [`ground`], [`grid`], [`controls`], [`components`], [`incidents`], [`terrain`].
//! 8. [`mod@write`]: one file a layer, and `project.toml`.
//!
//! # CRS
//! Everything inside is metres from an origin; tables are EPSG:4548, rounded to 1 cm.

mod blocks;
mod buildings;
mod cadastre;
mod centre;
mod city;
mod civic;
mod components;
mod controls;
mod dice;
mod footprints;
mod grid;
mod ground;
mod housing;
mod incidents;
mod limits;
mod lowrise;
mod names;
mod parcels;
mod project;
mod quarters;
mod river;
mod roads;
mod rows;
mod shape;
mod streets;
mod terrain;
#[cfg(test)]
mod tests;
mod works;
mod write;

pub use cadastre::Breach;
pub use write::{DemoError, write};

use crate::model::{FeatureTable, Terrain};
use crate::report::{Cancelled, Progress};
use city::{Plan, Quarter};
use rows::Rows;

/// The demo's CRS.
pub const CRS: &str = "EPSG:4548";

/// How large a demo and which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    /// About how many buildings (parts not counted); a block more or less.
    pub buildings: u64,
    /// Another seed makes another city.
    pub seed: u64,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { buildings: 4000, seed: 1 }
    }
}

/// A layer of the demo. The order is that of the project: the first is lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DemoLayer {
    /// Parcels with land use and planning limits.
    Parcels,
    /// Parks, gardens, sports fields, embankments.
    Green,
    /// The river and lakes.
    Water,
    /// Street surfaces between red lines.
    RoadSurfaces,
    /// Centrelines with class, width and name.
    Roads,
    /// Bridge decks with heights.
    Bridges,
    /// The unit grid.
    Grid,
    /// Control lines of plans.
    ControlLines,
    /// Buildings and building parts.
    Buildings,
    /// Dwellings of some estates.
    Dwellings,
    /// Street furniture.
    Components,
    /// Thirty days of incidents.
    Incidents,
}

impl DemoLayer {
    /// All layers, lowest first.
    pub const ALL: [Self; 12] = [
        Self::Parcels,
        Self::Green,
        Self::Water,
        Self::RoadSurfaces,
        Self::Roads,
        Self::Bridges,
        Self::Grid,
        Self::ControlLines,
        Self::Buildings,
        Self::Dwellings,
        Self::Components,
        Self::Incidents,
    ];

    /// The layer's id in the project and the stem of its file.
    pub fn id(self) -> &'static str {
        match self {
            Self::Parcels => "parcels",
            Self::Green => "green",
            Self::Water => "water",
            Self::RoadSurfaces => "road_surfaces",
            Self::Roads => "roads",
            Self::Bridges => "bridges",
            Self::Grid => "grid",
            Self::ControlLines => "control_lines",
            Self::Buildings => "buildings",
            Self::Dwellings => "dwellings",
            Self::Components => "components",
            Self::Incidents => "incidents",
        }
    }
}

/// The demo city in memory.
#[derive(Debug)]
pub struct DemoCity {
    /// One table a layer, in the order of [`DemoLayer::ALL`], EPSG:4548.
    pub tables: Vec<(DemoLayer, FeatureTable)>,
    /// The ground.
    pub terrain: Terrain,
    /// Parcels that break a planning limit, on purpose: all of them.
    pub breaches: Vec<Breach>,
}

impl DemoCity {
    /// The table of a layer.
    pub fn table(&self, layer: DemoLayer) -> Option<&FeatureTable> {
        self.tables.iter().find(|(l, _)| *l == layer).map(|(_, table)| table)
    }
}

/// Makes the demo city in memory: every layer at once, for tests and for looking at it. To make a
/// great one, [`write()`] it, layer by layer.
pub fn build(options: &DemoOptions) -> DemoCity {
    // Nobody else holds this progress, so nobody can cancel.
    match try_build(options, &Progress::default()) {
        Ok(city) => city,
        Err(Cancelled) => unreachable!("a private progress is never cancelled"),
    }
}

fn try_build(options: &DemoOptions, progress: &Progress) -> Result<DemoCity, Cancelled> {
    let plan = Plan::grow(options, progress)?;
    let mut breaches = Vec::new();
    let mut tables = Vec::new();
    for group in GROUPS {
        tables.extend(tables_of(&plan, group, &mut breaches, progress)?);
    }
    Ok(DemoCity { tables, terrain: terrain::make(&plan, progress)?, breaches })
}

/// Layers that are made in one run over the city: small ones together, great ones alone, so that
/// memory holds no more than the greatest.
const GROUPS: [&[DemoLayer]; 5] = [
    &[
        DemoLayer::Parcels,
        DemoLayer::Green,
        DemoLayer::Water,
        DemoLayer::RoadSurfaces,
        DemoLayer::Roads,
        DemoLayer::Bridges,
        DemoLayer::Grid,
        DemoLayer::ControlLines,
    ],
    &[DemoLayer::Buildings],
    &[DemoLayer::Dwellings],
    &[DemoLayer::Components],
    &[DemoLayer::Incidents],
];

/// The tables of some layers. Only that of the parcels adds breaches.
fn tables_of(
    plan: &Plan,
    layers: &[DemoLayer],
    breaches: &mut Vec<Breach>,
    progress: &Progress,
) -> Result<Vec<(DemoLayer, FeatureTable)>, Cancelled> {
    progress.stage(layers.first().map_or("", |layer| layer.id()), plan.quarters.len() as u64);
    let mut tables: Vec<(DemoLayer, Rows)> = layers.iter().map(|layer| (*layer, Rows::default())).collect();
    let mut serials = components::Serials::default();
    for (layer, rows) in &mut tables {
        push_whole(*layer, rows, plan);
    }
    plan.each(progress, |quarter| {
        for (layer, rows) in &mut tables {
            push_quarter(*layer, rows, quarter, plan.lattice.seed, breaches, &mut serials);
        }
    })?;
    Ok(tables.into_iter().map(|(layer, rows)| (layer, rows.finish())).collect())
}

/// Adds what belongs to the city as a whole.
fn push_whole(layer: DemoLayer, rows: &mut Rows, plan: &Plan) {
    match layer {
        DemoLayer::Roads => roads::push_great_lines(rows, plan),
        DemoLayer::RoadSurfaces => roads::push_great_surfaces(rows, plan),
        DemoLayer::Bridges => roads::push_bridges(rows, plan),
        DemoLayer::Green => ground::push_embankments(rows, plan),
        DemoLayer::Water => ground::push_river(rows, plan),
        DemoLayer::ControlLines => controls::push_great(rows, plan),
        _ => {}
    }
}

/// Adds what belongs to one quarter.
fn push_quarter(
    layer: DemoLayer,
    rows: &mut Rows,
    quarter: &Quarter,
    seed: i64,
    breaches: &mut Vec<Breach>,
    serials: &mut components::Serials,
) {
    match layer {
        DemoLayer::Parcels => cadastre::push_parcels(rows, quarter, breaches),
        DemoLayer::Green => ground::push_green(rows, quarter),
        DemoLayer::Water => ground::push_lakes(rows, quarter),
        DemoLayer::RoadSurfaces => roads::push_surfaces(rows, quarter),
        DemoLayer::Roads => roads::push_lines(rows, quarter),
        DemoLayer::Bridges => {}
        DemoLayer::Grid => grid::push_grid(rows, quarter),
        DemoLayer::ControlLines => controls::push_quarter(rows, quarter),
        DemoLayer::Buildings => cadastre::push_buildings(rows, quarter, seed),
        DemoLayer::Dwellings => cadastre::push_dwellings(rows, quarter, seed),
        DemoLayer::Components => components::push_components(rows, quarter, serials, seed),
        DemoLayer::Incidents => incidents::push_incidents(rows, quarter, seed),
    }
}
