//! CityJSON 2.0 (OGC 20-072r5), as one document or as a sequence (CityJSONSeq): a feature on each line.
//!
//! Vertices are whole millimetres from the model's origin, each once; rings run counter-clockwise seen from outside.

use std::io::Write;

use serde_json::{Map, Value as Json, json};

use super::glb::GENERATOR;
use super::part::{Part, Piece};
use super::surface::{Vertices, geometry};
use super::{Job, begun};
use crate::formats::WriteError;
use crate::formats::aside::Aside;
use crate::index::Bodies;
use crate::model::{GeometryKind, Role};
use crate::snapshot::write::{SnapshotError, Taken};

/// One document: its vertices are held in memory until its end.
pub(super) fn write_document(job: &Job<'_>, taken: &mut Taken) -> Result<(), SnapshotError> {
    let fail = |error: std::io::Error| WriteError::new(job.out, error);
    let mut vertices = Vertices::new(job.stage.frame.origin);
    aside(job, |out| {
        out.write_all(b"{\"type\":\"CityJSON\",\"version\":\"2.0\",\"CityObjects\":{").map_err(fail)?;
        let mut first = true;
        each(job, taken, |part, piece, row, bodies| {
            let made = objects(job, part, piece, bodies, row, &mut vertices);
            for (key, object) in &made.objects {
                write!(out, "{}\n{}:{object}", if first { "" } else { "," }, Json::from(key.as_str())).map_err(fail)?;
                first = false;
            }
            Ok(made.placed)
        })?;
        out.write_all(b"},\n\"vertices\":").map_err(fail)?;
        serde_json::to_writer(&mut *out, &vertices.list).map_err(|error| fail(error.into()))?;
        let mut metadata = metadata(job);
        if let Some(extent) = vertices.extent() {
            metadata.insert("geographicalExtent".into(), json!(extent.map(|v| (v * 1000.0).round() / 1000.0)));
        }
        write!(out, ",\n\"transform\":{},\n\"metadata\":{}}}\n", transform(job), Json::Object(metadata))
            .map_err(fail)?;
        Ok(())
    })?;
    note(job, taken);
    Ok(())
}

/// A sequence: nothing is kept from one feature to the next.
pub(super) fn write_sequence(job: &Job<'_>, taken: &mut Taken) -> Result<(), SnapshotError> {
    let fail = |error: std::io::Error| WriteError::new(job.out, error);
    aside(job, |out| {
        let head = json!({
            "type": "CityJSON", "version": "2.0", "transform": transform(job), "metadata": metadata(job),
            "CityObjects": {}, "vertices": [],
        });
        writeln!(out, "{head}").map_err(fail)?;
        each(job, taken, |part, piece, row, bodies| {
            let mut vertices = Vertices::new(job.stage.frame.origin);
            let made = objects(job, part, piece, bodies, row, &mut vertices);
            let feature = json!({
                "type": "CityJSONFeature", "id": part.key(piece, row),
                "CityObjects": made.objects.into_iter().collect::<Map<_, _>>(), "vertices": vertices.list,
            });
            writeln!(out, "{feature}").map_err(fail)?;
            Ok(made.placed)
        })
    })?;
    note(job, taken);
    Ok(())
}

/// Writes aside what may fail for reasons of its own.
fn aside(job: &Job<'_>, fill: impl FnOnce(&mut dyn Write) -> Result<(), SnapshotError>) -> Result<(), SnapshotError> {
    let (file, mut out) = Aside::buffered(job.out)?;
    fill(&mut out)?;
    out.flush().map_err(|error| job.fail(error))?;
    drop(out);
    Ok(file.keep()?)
}

/// Calls for each row of all layers; what is called says whether the row has a shape. Rows that their parts cover need
/// none.
fn each(
    job: &Job<'_>,
    taken: &mut Taken,
    mut call: impl FnMut(&Part<'_>, &Piece, u32, Option<&Bodies>) -> Result<bool, SnapshotError>,
) -> Result<(), SnapshotError> {
    for part in job.parts {
        let id = &part.layer.layer.id;
        job.progress.stage(format!("writing {id}"), part.rows.len() as u64);
        let mut done = begun(part);
        for number in 0..part.pieces() {
            job.at(done.features)?;
            let piece = part.piece(number).map_err(|reason| SnapshotError::Read { layer: id.clone(), reason })?;
            let bodies = job.stage.bodies(&piece);
            for row in 0..piece.layer.table.len() as u32 {
                let placed = call(part, &piece, row, bodies.as_ref())?;
                done.features += 1;
                let heights = piece.layer.heights.as_ref();
                let covered = heights.and_then(|heights| heights.covered.get(row as usize)).is_some_and(|is| *is);
                done.without_place += u64::from(!placed && !covered);
            }
        }
        taken.layers.push(done);
    }
    Ok(())
}

/// What becomes of a row.
struct Made {
    /// The object of the row, then those of its parts.
    objects: Vec<(String, Json)>,
    placed: bool,
}

/// A row as a city object, without a shape where it has none. A building in several parts has a `BuildingPart` for
/// each: a `Building` holds no several solids.
fn objects(
    job: &Job<'_>,
    part: &Part<'_>,
    piece: &Piece,
    bodies: Option<&Bodies>,
    row: u32,
    vertices: &mut Vertices,
) -> Made {
    let (geometries, stand) = geometry(job.stage, piece, bodies, row, vertices).unwrap_or_default();
    let kind = geometries.first().and_then(|made| made["type"].as_str()).unwrap_or_default();
    let key = part.key(piece, row);
    let mut object = Map::new();
    object.insert("type".into(), type_of(piece.layer.role, kind).into());
    object.insert("attributes".into(), Json::Object(part.attributes(piece, row, stand)));
    let placed = !geometries.is_empty();
    let mut parts = Vec::new();
    if geometries.len() > 1 {
        for (number, geometry) in geometries.into_iter().enumerate() {
            let own = json!({ "type": "BuildingPart", "parents": [key], "geometry": [geometry] });
            parts.push((format!("{key}.part{}", number + 1), own));
        }
        object.insert("children".into(), parts.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().into());
    } else if placed {
        object.insert("geometry".into(), geometries.into());
    }
    let mut objects = vec![(key, Json::Object(object))];
    objects.append(&mut parts);
    Made { objects, placed }
}

/// The type of a city object by what its layer is for; generic where that type has no such geometry.
fn type_of(role: Role, geometry: &str) -> &'static str {
    let surface = matches!(geometry, "MultiSurface" | "");
    match role {
        Role::Building => match geometry {
            "MultiPoint" | "MultiLineString" => "GenericCityObject",
            _ => "Building",
        },
        Role::Parcel | Role::Zone if surface => "LandUse",
        Role::Green if surface => "PlantCover",
        Role::Road if surface || geometry == "MultiLineString" => "Road",
        Role::Water if surface || geometry == "MultiLineString" => "WaterBody",
        Role::Component => "CityFurniture",
        _ => "GenericCityObject",
    }
}

fn transform(job: &Job<'_>) -> Json {
    json!({ "scale": [0.001, 0.001, 0.001], "translate": job.stage.frame.origin })
}

fn metadata(job: &Job<'_>) -> Map<String, Json> {
    let mut metadata = Map::new();
    let title = job.city.title.zh();
    metadata.insert("title".into(), if title.is_empty() { GENERATOR.into() } else { title.into() });
    if let Some(code) = epsg(job) {
        metadata.insert("referenceSystem".into(), format!("https://www.opengis.net/def/crs/EPSG/0/{code}").into());
    }
    metadata
}

fn epsg<'a>(job: &'a Job<'_>) -> Option<&'a str> {
    job.stage.frame.crs.code()?.strip_prefix("EPSG:")
}

fn note(job: &Job<'_>, taken: &mut Taken) {
    if epsg(job).is_none() {
        let name = job.stage.frame.crs.name();
        taken.notes.push(format!("{name} has no EPSG code: the file cannot say its CRS; keep that with it"));
    }
    let lines = |part: &&Part<'_>| part.layer.known().table.geometry.main_kind() == GeometryKind::Line;
    if job.parts.iter().any(|part| lines(&part)) {
        taken.notes.push("lines stay lines, and have no width".to_owned());
    }
}
