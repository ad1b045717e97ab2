//! A building as it is drawn, and where its units are: what slabs and cuts are made of.

use std::collections::HashMap;
use std::io;

use super::slab::{Shell, Spot};
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::index::{Bodies, Ground};
use crate::model::height::settle_families;
use crate::model::{GeometryColumn, GeometryKind, Layer, Meaning, Vertical};
use crate::themes::planning::ground::polygons;
use crate::themes::volumes::Volume;

/// A building as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Its bodies above its ground.
    pub shell: Shell,
    /// The elevation of its ground as drawn: the lowest of its parts', metres.
    pub ground: f64,
    /// How deep its walls go below that, down to the lowest ground at their feet, metres.
    pub sunk: f64,
    /// Its own row and those of its parts, ascending.
    pub rows: Vec<u32>,
}

impl Standing {
    /// A building of a layer by its rows, its own and those of its parts; `None` where nothing of it stands as a body
    /// between a foot and a top. `bodies` are those of a layer in memory; of a streamed one its rows are read.
    ///
    /// # Errors
    /// When a streamed layer cannot be read.
    pub fn of(
        layer: &CityLayer,
        building: u32,
        parts: &[u32],
        bodies: Option<&Bodies>,
        ground: &Ground,
    ) -> io::Result<Option<Self>> {
        let mut rows = [&[building], parts].concat();
        rows.sort_unstable();
        let (storeys, found) = match &layer.stream {
            None => {
                let Some(bodies) = bodies else { return Ok(None) };
                (storeys(&layer.layer, building), drawn(&layer.layer.table.geometry, bodies, &rows))
            }
            Some(stream) => {
                let piece = layer.of_piece(stream.tiles.rows(&rows, Wanted::All)?);
                let Some(mut heights) = piece.heights.clone() else { return Ok(None) };
                for (row, top) in settle_families(&piece.table, &piece.mapping, &heights) {
                    match top {
                        Some(top) => heights.top[row as usize] = top,
                        None => heights.covered[row as usize] = true,
                    }
                }
                let lift = if piece.vertical == Vertical::Absolute { 0.0 } else { piece.z_offset };
                let bodies = Bodies::stand(&piece.table.geometry, &heights, piece.vertical, lift, ground);
                let all: Vec<u32> = (0..piece.table.len() as u32).collect();
                let own = all.iter().find(|row| piece.whole_row(**row) == building);
                (own.and_then(|row| storeys(&piece, *row)), drawn(&piece.table.geometry, &bodies, &all))
            }
        };
        let Some(found) = found else { return Ok(None) };
        let lowest = |of: fn(&Drawn) -> f64| found.iter().map(of).fold(f64::INFINITY, f64::min);
        let (ground, bottom) = (lowest(|one| one.ground), lowest(|one| one.bottom));
        let above = |one: Drawn| Volume { base: one.body.base - ground, top: one.body.top - ground, ..one.body };
        let shell = Shell { bodies: found.into_iter().map(above).collect(), storeys };
        Ok(Some(Self { shell, ground, sunk: (ground - bottom).max(0.0), rows }))
    }
}

fn storeys(layer: &Layer, row: u32) -> Option<f64> {
    let mapped = layer.mapping.get(Meaning::Storeys)?;
    layer.mapping.number(Meaning::Storeys, &layer.table.value(row, &mapped.field))
}

/// A body with the elevation of its ground and of the foot of its walls, itself between elevations.
struct Drawn {
    ground: f64,
    bottom: f64,
    body: Volume,
}

/// The bodies among rows; `None` without any, and where
/// one is drawn as surfaces, which have no storeys to be cut at.
fn drawn(geometry: &GeometryColumn, bodies: &Bodies, rows: &[u32]) -> Option<Vec<Drawn>> {
    if rows.iter().any(|row| bodies.is_shell(*row)) {
        return None;
    }
    let body = |row: &u32| {
        let at = *row as usize;
        let [ground, bottom, top] = [&bodies.ground, &bodies.bottom, &bodies.top].map(|of| f64::from(of[at]));
        // Walls that go down to the lowest ground have their foot on the building's.
        let base = bottom.max(ground);
        Some(Drawn { ground, bottom, body: Volume { outline: polygons(geometry, *row)?, base, top } })
    };
    let found: Vec<_> = rows.iter().filter(|row| bodies.is_body(**row)).filter_map(body).collect();
    (!found.is_empty()).then_some(found)
}

/// Where units are, by their rows.
///
/// # Errors
/// When a streamed layer cannot be read.
pub fn spots(units: &CityLayer, rows: &[u32]) -> io::Result<HashMap<u32, Spot>> {
    let spot = |geometry: &GeometryColumn, row: u32| match (geometry.kind(row), geometry.vertices(row)) {
        (GeometryKind::Polygon, _) => polygons(geometry, row).map_or(Spot::Nowhere, Spot::Outline),
        (GeometryKind::Point, [at, ..]) => Spot::Point(*at),
        _ => Spot::Nowhere,
    };
    let Some(stream) = &units.stream else {
        let geometry = &units.layer.table.geometry;
        return Ok(rows.iter().map(|row| (*row, spot(geometry, *row))).collect());
    };
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let piece = stream.tiles.rows(&rows, Wanted::Named(&[]))?;
    Ok((0..).zip(&piece.rows).map(|(at, row)| (*row, spot(&piece.table.geometry, at))).collect())
}
