//! Atlases: one sheet for each feature of a layer, or sheets of one scale side by side.

use crate::city::City;
use crate::model::Meaning;
use crate::place::Bounds;
use crate::query::identity::{id_of, layer_of, title_of};
use crate::query::{Filter, Question, Where, ask};
use crate::snapshot::page::words::Language;
use crate::themes::housing::personal::Masks;

/// What the sheets of an atlas are.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sheets {
    /// One sheet, no atlas.
    #[default]
    One,
    /// A sheet for each feature of a layer, under a condition in CQL2 text.
    Features {
        /// The layer's id.
        layer: String,
        /// The condition.
        condition: Option<String>,
    },
    /// Sheets side by side, row by row from the north.
    Tiled,
}

/// A sheet of an atlas before it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// What it shows.
    pub title: String,
    /// What must be on it, in the project CRS.
    pub bounds: Bounds,
    /// The feature that it is of: layer and row.
    pub feature: Option<(usize, u32)>,
}

/// More sheets than that are refused: nobody reads them, and they would be drawn for hours.
pub const MOST: usize = 500;
/// The N of 1:N of sheets side by side where none is said.
pub const TILED_SCALE: f64 = 1000.0;
/// What a sheet shows around a feature: a part of its longer side, and at least so many metres.
const MARGIN: (f64, f64) = (0.12, 15.0);

/// A sheet for each feature of a layer that has a place, in the order of the layer.
///
/// # Errors
/// A message: no such layer, a condition that it cannot answer or that probes masked fields, no feature, too many.
pub fn features(
    city: &City,
    layer: &str,
    condition: Option<&str>,
    within: Option<Bounds>,
    language: Language,
) -> Result<Vec<Leaf>, String> {
    let number = layer_of(city, layer)?;
    let of = &city.layers[number];
    let filter = condition.map(Filter::parse).transpose().map_err(|error| format!("layer {layer}: {error}"))?;
    let masks = Masks::of(&of.known().table);
    let asked = filter.as_ref().map(Filter::fields).unwrap_or_default();
    let probed = masks.among(&asked);
    if !probed.is_empty() {
        return Err(format!("layer {layer}: {} holds personal data, which is masked", probed.join(", ")));
    }
    let place = within.map_or(Where::Anywhere, Where::In);
    let found = ask(of, &Question { place, filter: filter.as_ref(), to_project: None });
    let found = found.map_err(|error| format!("layer {layer}: {error}"))?;
    let mut rows: Vec<u32> = found.into_iter().map(|found| found.feature).collect();
    rows.sort_unstable();
    if rows.len() > MOST {
        let message = "an atlas has at most";
        return Err(format!(
            "layer {layer}: {} features fit, {message} {MOST} sheets: add a condition or --bbox",
            rows.len()
        ));
    }
    // What is masked elsewhere is no heading here.
    let hides = |meaning| of.layer.mapping.get(meaning).is_some_and(|mapped| masks.hides(&mapped.field));
    let hidden = [Meaning::Name, Meaning::NameEn, Meaning::Code, Meaning::Use].into_iter().any(hides);
    let mut leaves = Vec::new();
    for row in rows {
        let (holder, at) = of.of_row(row).map_err(|error| format!("layer {layer}: {error}"))?;
        let bounds = holder.table.geometry.bounds(at);
        if bounds.is_empty() {
            continue;
        }
        let name = match (hidden, hides(Meaning::Id)) {
            (false, false) => masks.shown("", title_of(&holder, at, language == Language::Chinese)),
            (true, false) => id_of(&holder, at),
            (_, true) => format!("#{row}"),
        };
        let longer = (bounds.max[0] - bounds.min[0]).max(bounds.max[1] - bounds.min[1]);
        let title = format!("{} {name}", language.pick(of.layer.title.zh(), of.layer.title.en()));
        let bounds = bounds.grown((longer * MARGIN.0).max(MARGIN.1));
        leaves.push(Leaf { title, bounds, feature: Some((number, row)) });
    }
    if leaves.is_empty() {
        return Err(format!("layer {layer}: no feature with a place fits: there is nothing to draw sheets of"));
    }
    Ok(leaves)
}

/// Sheets that show `cell` metres east and north each and cover a box together, row by row from the north.
///
/// # Errors
/// A message where there would be too many.
pub fn tiles(bounds: &Bounds, cell: [f64; 2], language: Language) -> Result<Vec<Leaf>, String> {
    let sides = [bounds.max[0] - bounds.min[0], bounds.max[1] - bounds.min[1]];
    let count = [0, 1].map(|k| ((sides[k] / cell[k] - 1e-9).ceil()).max(1.0));
    if count[0] * count[1] > MOST as f64 {
        return Err(format!(
            "{:.0} sheets would be needed, and an atlas has at most {MOST}: choose a smaller scale (a larger N), larger paper, or --bbox",
            count[0] * count[1]
        ));
    }
    let [columns, rows] = count.map(|count| count as u32);
    // What is left over is shared by both sides.
    let centre = bounds.centre();
    let west = centre[0] - f64::from(columns) * cell[0] / 2.0;
    let north = centre[1] + f64::from(rows) * cell[1] / 2.0;
    let leaf = |row: u32, column: u32| {
        let min = [west + f64::from(column) * cell[0], north - f64::from(row + 1) * cell[1]];
        let (row, column) = (row + 1, column + 1);
        let title = language.pick(
            format!("第 {row} 行第 {column} 列（共 {rows} 行 {columns} 列）"),
            format!("Row {row}, column {column} of {rows} × {columns}"),
        );
        Leaf { title, bounds: Bounds { min, max: [min[0] + cell[0], min[1] + cell[1]] }, feature: None }
    };
    Ok((0..rows).flat_map(|row| (0..columns).map(move |column| leaf(row, column))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_a_box_without_gaps_and_are_named_from_the_north_west() {
        // 1,000 m by 450 m in cells of 400 m by 300 m: 3 columns (1,200 m) and 2 rows (600 m), 100 m left on the west
        // and on the east, 75 m north and south.
        let bounds = Bounds { min: [0.0, 0.0], max: [1_000.0, 450.0] };
        let tiles = tiles(&bounds, [400.0, 300.0], Language::English).unwrap();
        assert_eq!(tiles.len(), 6);
        assert_eq!(tiles[0].title, "Row 1, column 1 of 2 × 3");
        assert_eq!(tiles[0].bounds, Bounds { min: [-100.0, 225.0], max: [300.0, 525.0] });
        assert_eq!(tiles[5].bounds, Bounds { min: [700.0, -75.0], max: [1_100.0, 225.0] });
    }

    #[test]
    fn what_fits_exactly_needs_one_sheet_and_too_many_are_refused() {
        let bounds = Bounds { min: [0.0, 0.0], max: [400.0, 300.0] };
        assert_eq!(tiles(&bounds, [400.0, 300.0], Language::Chinese).unwrap().len(), 1);
        // 40 columns by 30 rows.
        assert!(tiles(&bounds, [10.0, 10.0], Language::Chinese).unwrap_err().starts_with("1200 sheets"));
    }
}
