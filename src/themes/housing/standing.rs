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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::families::Families;
    use super::super::testing::{Shape, layer};
    use super::*;
    use crate::city::Streamed;
    use crate::formats::flatgeobuf::write;
    use crate::index::LayerIndex;
    use crate::model::{Role, height};
    use crate::place::Crs;
    use crate::report::{Progress, Report};
    use crate::themes::planning::ground::rectangle;
    use crate::tiles::{Stream, prepare};

    /// The building "b" is covered by a tower of 9 m in the west and a podium of 3 m in the east; "c" stands alone.
    fn town() -> CityLayer {
        let part = |id: &str, height: f64| json!({"id": id, "part": true, "parent_id": "b", "height": height});
        let rows = [
            (json!({"id": "b", "part": false, "storeys": 3, "height": 9.0}), Shape::Square(0.0, 0.0, 40.0, 10.0)),
            (part("t", 9.0), Shape::Square(0.0, 0.0, 20.0, 10.0)),
            (part("p", 3.0), Shape::Square(20.0, 0.0, 40.0, 10.0)),
            (json!({"id": "c", "part": false, "storeys": 2, "height": 6.0}), Shape::Square(80.0, 0.0, 90.0, 10.0)),
        ];
        let mut town = layer("buildings", Role::Building, &rows, &[]);
        let heights = height::find(&town.layer.table, &town.layer.mapping, "buildings", &mut Report::default());
        (town.layer.heights, town.layer.vertical) = (Some(heights), Vertical::OnTerrain);
        town
    }

    /// The same, read by window from a file, where rows have another order.
    fn streamed(folder: &std::path::Path) -> CityLayer {
        let (town, path, none) = (town().layer, folder.join("town.fgb"), Progress::default());
        write(&path, "town", &town.table, &Crs::parse("EPSG:4548").unwrap(), &none).unwrap();
        prepare::prepare(&path, true, &town.mapping, &none).unwrap();
        let tiles = Stream::open(&path, true, &town.mapping).unwrap().expect("its levels were just made");
        let stream = Some(Streamed { tiles, sample: town.clone() });
        CityLayer { layer: Layer { heights: None, ..town }, index: LayerIndex::default(), stream }
    }

    fn standing(layer: &CityLayer, id: &str) -> Standing {
        let ids = layer.column("id").unwrap();
        let row = (0..layer.rows()).find(|row| ids.get(*row).to_string() == id).unwrap();
        let families = Families::find(layer).unwrap();
        let stand =
            |heights| Bodies::stand(&layer.layer.table.geometry, heights, Vertical::OnTerrain, 0.0, &Ground::flat());
        let bodies = layer.layer.heights.as_ref().map(stand);
        Standing::of(layer, row, families.parts(row), bodies.as_ref(), &Ground::flat()).unwrap().expect("it stands")
    }

    #[test]
    fn a_building_is_what_is_drawn_of_it_in_memory_and_by_window() {
        let folder = tempfile::tempdir().unwrap();
        for layer in [town(), streamed(folder.path())] {
            let mut block = standing(&layer, "b");
            block.shell.bodies.sort_by(|a, b| b.top.total_cmp(&a.top));
            assert_eq!((block.shell.storeys, block.ground, block.sunk, block.rows.len()), (Some(3.0), 0.0, 0.0, 3));
            let shapes: Vec<_> = block.shell.bodies.iter().map(|body| (body.base, body.top, &body.outline)).collect();
            let [west, east] = [rectangle([0.0, 0.0], [20.0, 10.0]), rectangle([20.0, 0.0], [40.0, 10.0])];
            assert_eq!(shapes, [(0.0, 9.0, &west), (0.0, 3.0, &east)], "the covered outline is not drawn");
            let alone = standing(&layer, "c");
            assert_eq!((alone.shell.bodies.len(), alone.shell.bodies[0].top, alone.rows.len()), (1, 6.0, 1));
        }
    }
}
