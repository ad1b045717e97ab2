//! From a settled raw layer to a layer in the project CRS with role, mapping, heights and index.

use std::path::Path;

use super::big;
use super::gap;
use super::settle::Settled;
use super::{CityLayer, Streamed};
use crate::index::LayerIndex;
use crate::model::mapping::{self, Mapped};
use crate::model::project::ProjectLayer;
use crate::model::{
    FeatureTable, FieldMapping, GeometryColumn, GeometryKind, Layer, Meaning, Role, Terrain, Vertical, height, ids,
    repair,
};
use crate::place::{Crs, Offset, PlaceError, datum, transform_all};
use crate::report::{Progress, Report, Severity};

/// Carries a layer's vertices into the project CRS, undoing a declared offset on the way. Features with a
/// vertex that cannot be placed are skipped.
pub(super) fn project(layer: &mut Settled<'_>, project: &Crs) -> Result<(), PlaceError> {
    let Some(crs) = layer.raw.crs.crs.clone() else { return Ok(()) };
    if let Some(doubt) = datum::doubt(&crs, project, &layer.lonlat) {
        layer.raw.report.warn(&layer.id, doubt);
    }
    let all = layer.raw.table.geometry.xy.len();
    let carried = carry(&mut layer.raw.table.geometry, &crs, layer.offset, project, &mut layer.raw.report)?;
    if let Some(offset) = layer.offset {
        let (severity, note) = undone(offset, all as u64, carried.left as u64);
        layer.raw.report.add(severity, &layer.id, note);
    }
    if layer.spec.z_offset != 0.0 {
        layer.raw.table.geometry.z.iter_mut().for_each(|z| *z += layer.spec.z_offset);
    }
    Ok(())
}

/// What became of vertices on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    /// Vertices that an offset left where they were, because they lie outside mainland China.
    pub left: usize,
}

/// Carries vertices into the project CRS, undoing an offset on the way. Features with a vertex that cannot be
/// placed are emptied and skipped.
pub(super) fn carry(
    column: &mut GeometryColumn,
    crs: &Crs,
    offset: Option<Offset>,
    project: &Crs,
    report: &mut Report,
) -> Result<Carried, PlaceError> {
    let xy = &mut column.xy;
    let (left, lost) = match offset {
        Some(offset) => {
            let degrees = Crs::wgs84()?;
            transform_all(crs, &degrees, xy)?;
            (offset.undo(xy), transform_all(&degrees, project, xy)?)
        }
        None => (0, transform_all(crs, project, xy)?),
    };
    if lost > 0 {
        let reason = format!("a vertex is no number or cannot be placed from {crs} in {project}");
        *column = without_lost(column, &reason, report);
    }
    Ok(Carried { left })
}

/// What is said about an offset that was undone for `all` vertices, of which `left` stayed as they were.
pub(super) fn undone(offset: Offset, all: u64, left: u64) -> (Severity, String) {
    match left {
        0 => (Severity::Note, format!("the {} shift of all {all} vertices was undone", offset.word())),
        _ => (
            Severity::Warning,
            format!(
                "the {} shift was undone; {left} of {all} vertices lie outside mainland China, where nothing is shifted, and were left",
                offset.word()
            ),
        ),
    }
}

/// The column with rows that hold a NaN vertex emptied and skipped.
fn without_lost(column: &GeometryColumn, reason: &str, report: &mut Report) -> GeometryColumn {
    let mut kept = GeometryColumn::default();
    for feature in 0..column.len() as u32 {
        if column.vertices(feature).iter().all(|[x, y]| x.is_finite() && y.is_finite()) {
            kept.push_from(column, feature);
        } else {
            kept.end_feature(GeometryKind::None);
            report.skip(u64::from(feature), reason);
        }
    }
    kept
}

/// Whether a layer that had coordinates has lost all of them.
pub(super) fn nothing_left(layer: &Settled<'_>) -> bool {
    !layer.sample.is_empty() && layer.raw.table.geometry.xy.is_empty()
}

/// Repairs a projected layer and gives it its meaning. Milliseconds of building the index come with it.
pub(super) fn finish(layer: Settled<'_>, terrain: Option<&Terrain>, progress: &Progress) -> (CityLayer, f64) {
    let Settled { spec, id, title, raw, big, .. } = layer;
    let mut report = raw.report;
    let mut table = raw.table;
    table.geometry = repair::repair(std::mem::take(&mut table.geometry), &id, &mut report);
    report.skipped.sort_by_key(|skipped| skipped.feature);
    report.skipped.dedup_by_key(|skipped| skipped.feature);

    let (role, role_basis, mut mapping) = meaning(spec, &raw.name, &table);
    let fields: Vec<String> = table.fields.iter().map(|field| field.name.clone()).collect();
    declare_fields(spec, &id, &fields, &mut mapping, &mut report);
    if big.is_none()
        && let Some(named) = mapping.get(Meaning::Id)
        && let Some(doubt) = ids::repeated(&table, &named.field)
    {
        report.warn(&id, doubt);
    }
    let heights =
        (role == Role::Building || spec.style.in_front).then(|| height::find(&table, &mapping, &id, &mut report));
    let vertical = spec.vertical.unwrap_or_else(|| usual_vertical(role, table.geometry.main_kind()));
    if let Some(gap) = terrain.and_then(|terrain| gap::measure(&table.geometry, terrain)) {
        // A bridge hangs over its river bed as it should; a building must not.
        let odd = gap.is_odd() && vertical == Vertical::Absolute && role == Role::Building;
        report.add(if odd { Severity::Warning } else { Severity::Note }, &id, gap.to_string());
    } else if vertical == Vertical::Absolute && !table.geometry.has_z() {
        report.warn(&id, "vertical = \"absolute\" was asked for, but its vertices have no heights of their own");
    }
    let started = std::time::Instant::now();
    let index = LayerIndex::build(&table);
    let index_ms = super::milliseconds(started);
    let layer = Layer {
        id,
        title,
        source: spec.source.clone(),
        format: raw.format,
        role,
        role_basis,
        mapping,
        table,
        rows: Vec::new(),
        crs: raw.crs,
        encoding: raw.encoding,
        heights,
        vertical,
        z_offset: spec.z_offset,
        style: spec.style.clone(),
        visible: spec.visible,
        about: spec.about.clone(),
        report,
    };
    match big {
        Some(path) => (stream(&path, layer, progress), 0.0),
        None => (CityLayer { layer, index, stream: None }, index_ms),
    }
}

/// The layer of which only a sample was looked at, read by window from its file.
fn stream(path: &Path, mut sample: Layer, progress: &Progress) -> CityLayer {
    // What was counted and named in the sample says nothing of the whole.
    sample.report.skipped.clear();
    sample.report.repairs.clear();
    let mut layer = big::without_rows(&sample);
    if layer.vertical == Vertical::Absolute && layer.z_offset != 0.0 {
        let message = "z_offset is not applied to a layer that is read by window with heights above the sea: it is drawn as \
                       its file says; shift the heights in the file";
        layer.report.warn(&layer.id, message);
    }
    let stream = match big::open(path, layer.role == Role::Building, &layer.mapping, progress) {
        Ok(tiles) => Some(Streamed { tiles, sample }),
        Err(reason) => {
            layer.report.add(Severity::Error, &layer.id, reason);
            None
        }
    };
    CityLayer { layer, index: LayerIndex::default(), stream }
}

/// Role, with its reason, and field mapping: declared or guessed.
pub(super) fn meaning(spec: &ProjectLayer, name: &str, table: &FeatureTable) -> (Role, String, FieldMapping) {
    let (guessed, mapping) = mapping::guess(name, table);
    match spec.role {
        Some(role) => (role, "declared by the project".to_owned(), mapping),
        None => (guessed.role, guessed.basis, mapping),
    }
}

/// The project's words about fields replace the guess. The unit that was guessed for the same field stays.
pub(super) fn declare_fields(
    spec: &ProjectLayer,
    id: &str,
    fields: &[String],
    mapping: &mut FieldMapping,
    report: &mut Report,
) {
    for (meaning, field) in &spec.fields {
        if !fields.contains(field) {
            let known = fields.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
            report.warn(
                id,
                format!("the project names a field \"{field}\" that the source does not have (it has {known})"),
            );
            continue;
        }
        let factor = mapping.get(*meaning).filter(|mapped| mapped.field == *field).map_or(1.0, |mapped| mapped.factor);
        let reason = "declared by the project".to_owned();
        mapping.set(*meaning, Mapped { field: field.clone(), factor, declared: true, reason });
    }
}

/// How a layer stands to the ground when nobody says.
fn usual_vertical(role: Role, kind: GeometryKind) -> Vertical {
    match (role, kind) {
        (Role::Building | Role::Unit | Role::Component | Role::Incident, _) | (_, GeometryKind::Point) => {
            Vertical::OnTerrain
        }
        _ => Vertical::Drape,
    }
}
