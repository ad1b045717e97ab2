//! Looking into a source before it is loaded. Pure: knows no Bevy.

use std::path::Path;

use super::state::{Preview, PreviewField, PreviewLayer};
use crate::city::preview::settle;
use crate::formats::{self, OpenOptions, RawData, RawLayer};
use crate::model::project::ProjectLayer;
use crate::model::{FeatureTable, GeometryKind, mapping};
use crate::panels::crs_line::CrsLine;
use crate::place::FoundCrs;
use crate::report::{Issue, Progress, Severity};
use crate::themes::housing::personal::Masks;
use crate::units::grouped;

/// Features read of each layer for a look.
const SAMPLE: u64 = 2000;

/// Reads a sample of a source and says what is in it.
///
/// # Errors
/// Why it cannot be used, for people.
pub fn look(path: &Path, encoding: Option<&str>, progress: &Progress) -> Result<Preview, String> {
    let options = OpenOptions { encoding: encoding.map(str::to_owned), limit: Some(SAMPLE), ..OpenOptions::default() };
    let data = formats::open(path, &options, progress).map_err(|error| error.to_string())?;
    let layers = data.into_iter().map(|data| match data {
        RawData::Vector(raw) => vector(path, raw),
        RawData::Raster(raw) => PreviewLayer {
            name: raw.name,
            format: raw.format,
            size: format!("{} × {}", raw.size[0], raw.size[1]),
            crs: CrsLine::from(&raw.crs),
            encoding: String::new(),
            role: if raw.is_terrain { crate::model::Role::Terrain } else { crate::model::Role::Imagery },
            role_basis: format!("{} × {}", raw.bands.0, raw.bands.1),
            fields: Vec::new(),
            notes: notes(&raw.report.issues),
            fault: fault(&raw.crs),
        },
    });
    Ok(Preview { path: path.to_owned(), layers: layers.collect(), notes: Vec::new() })
}

fn notes(issues: &[Issue]) -> Vec<String> {
    issues.iter().filter(|issue| issue.severity > Severity::Note).map(|issue| issue.message.clone()).collect()
}

fn fault(crs: &FoundCrs) -> String {
    if crs.crs.is_some() { String::new() } else { crs.note.clone() }
}

fn vector(path: &Path, raw: RawLayer) -> PreviewLayer {
    let (name, format, encoding) = (raw.name.clone(), raw.format.clone(), raw.encoding.clone());
    let (guessed, meanings) = mapping::guess(&raw.name, &raw.table);
    let masks = Masks::of(&raw.table);
    let fields = raw.table.fields.iter().map(|field| PreviewField {
        key: field.name.clone(),
        type_name: field.values.type_name().to_owned(),
        examples: examples(&raw.table, &field.name, &masks),
        meaning: meanings
            .iter()
            .find(|(_, mapped)| mapped.field == field.name)
            .map_or_else(String::new, |(meaning, _)| meaning.word().to_owned()),
    });
    let fields = fields.collect();
    let size = size(&raw.table);
    let spec = ProjectLayer { source: path.to_string_lossy().into_owned(), ..ProjectLayer::default() };
    let (crs, notes) = match settle(raw, &spec) {
        Ok(settled) => (settled.raw.crs, notes(&settled.raw.report.issues)),
        Err((crs, issues)) => (crs, notes(&issues)),
    };
    PreviewLayer {
        name,
        format,
        size,
        crs: CrsLine::from(&crs),
        encoding,
        role: guessed.role,
        role_basis: guessed.basis,
        fields,
        notes,
        fault: fault(&crs),
    }
}

fn size(table: &FeatureTable) -> String {
    let more = if table.len() as u64 >= SAMPLE { "+" } else { "" };
    let kind = match table.geometry.main_kind() {
        GeometryKind::Point => "•",
        GeometryKind::Line => "╱",
        GeometryKind::Polygon => "▱",
        GeometryKind::None => "",
    };
    format!("{}{more} {kind}", grouped(table.len() as f64, 0)).trim_end().to_owned()
}

/// Values shown for each field.
const EXAMPLES: usize = 3;

fn examples(table: &FeatureTable, field: &str, masks: &Masks) -> String {
    let mut seen: Vec<String> = Vec::new();
    for row in 0..table.len() as u32 {
        let text = masks.shown(field, table.value(row, field).to_string());
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
        if seen.len() == EXAMPLES {
            break;
        }
    }
    seen.join(", ")
}
