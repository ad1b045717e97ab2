//! The `info` command: what a source holds.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::InfoArgs;
use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, with_progress};
use super::source;
use super::words::{bounds_json, shown_json};
use crate::formats::{self, OpenOptions, RawData, RawLayer, RawRaster};
use crate::model::{Field, GeometryKind, Role, mapping, repair};
use crate::place::{Bounds, FoundCrs, LonLatBridge, doctor, plausible};
use crate::report::Report;
use crate::themes::housing::personal::Masks;

/// Vertices looked at to judge a CRS.
const SAMPLE: usize = 4096;

/// Runs the command. Several files: all that can be read are printed before the failure of one.
///
/// # Errors
/// [`Failure`] with [`Exit::Input`] when a file cannot be read.
pub fn run(args: &InfoArgs) -> Result<Exit, Failure> {
    let mut sources = Vec::new();
    let mut failed = None;
    for file in &args.files {
        match inspect(file, args) {
            Ok(found) => sources.push(found),
            Err(failure) if args.files.len() == 1 => return Err(failure),
            Err(failure) => {
                say(format_args!("cimbase: {failure}"));
                failed.get_or_insert(failure);
            }
        }
    }
    match (args.json, sources.as_slice()) {
        (true, [one]) if args.files.len() == 1 => print_json(&one)?,
        (true, many) => print_json(&json!({ "sources": many }))?,
        (false, many) => print(|out| many.iter().try_for_each(|source| print_source(out, source)))?,
    }
    match failed {
        None => Ok(Exit::Done),
        Some(_) => {
            let read = sources.len();
            Err(Failure::input(format!("{} of {} files could not be read", args.files.len() - read, args.files.len())))
        }
    }
}

fn inspect(file: &Path, args: &InfoArgs) -> Result<Json, Failure> {
    source::check(file)?;
    let (named, file) = (file, &*source::here(file)?);
    let options = OpenOptions { layer: args.layer.clone(), encoding: args.encoding.clone(), ..OpenOptions::default() };
    let data =
        with_progress(|progress| formats::open(file, &options, progress)).map_err(|e| Failure::input(e.to_string()))?;
    let layers: Vec<Json> = data.into_iter().map(describe).collect();
    Ok(json!({ "source": named.to_string_lossy(), "layers": layers }))
}

fn describe(data: RawData) -> Json {
    match data {
        RawData::Vector(raw) => describe_vector(raw),
        RawData::Raster(raw) => describe_raster(&raw),
    }
}

fn describe_vector(raw: RawLayer) -> Json {
    let RawLayer { name, format, mut table, crs, encoding, mut report } = raw;
    table.geometry = repair::repair(std::mem::take(&mut table.geometry), &name, &mut report);
    let extent = table.geometry.extent();
    let (crs, extent_lonlat) = place(&name, crs, &extent, &table.geometry.xy, &mut report);
    let (role, _) = mapping::guess(&name, &table);
    let masks = Masks::of(&table);
    let fields: Vec<Json> = table
        .fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "type": field.values.type_name(),
                "nulls": field.values.nulls(),
                "example": example(&masks, field),
            })
        })
        .collect();
    json!({
        "name": name,
        "format": format,
        "geometry": geometry_word(table.geometry.main_kind()),
        "features": table.len(),
        "skipped": report.skipped,
        "crs": crs,
        "extent": bounds_json(&extent),
        "extent_lonlat": bounds_json(&extent_lonlat),
        "encoding": encoding,
        "fields": fields,
        "role": role.role.word(),
        "role_basis": role.basis,
        "repairs": repairs(&report),
        "issues": report.issues,
    })
}

fn describe_raster(raw: &RawRaster) -> Json {
    let mut report = raw.report.clone();
    let corners = [raw.extent.min, raw.extent.max];
    let (crs, extent_lonlat) = place(&raw.name, raw.crs.clone(), &raw.extent, &corners, &mut report);
    let (role, basis) = match raw.is_terrain {
        true => (Role::Terrain, "one band of numbers"),
        false => (Role::Imagery, "a picture"),
    };
    json!({
        "name": raw.name,
        "format": raw.format,
        "geometry": "raster",
        "features": 0,
        "skipped": report.skipped,
        "crs": crs,
        "extent": bounds_json(&raw.extent),
        "extent_lonlat": bounds_json(&extent_lonlat),
        "encoding": "",
        "fields": [],
        "role": role.word(),
        "role_basis": basis,
        "size": raw.size,
        "bands": { "count": raw.bands.0, "type": raw.bands.1 },
        "repairs": repairs(&report),
        "issues": report.issues,
    })
}

/// The CRS as the file says or as the numbers suggest, and the extent in degrees where it is known.
fn place(layer: &str, mut crs: FoundCrs, extent: &Bounds, points: &[[f64; 2]], report: &mut Report) -> (Json, Bounds) {
    let sample = doctor::sample(points, SAMPLE);
    let mut extent = *extent;
    if let Some(said) =
        crs.crs.take_if(|said| said.is_geographic() && !sample.is_empty() && !doctor::can_be_degrees(&sample))
    {
        let why = format!("the source says {said}, but its numbers are no degrees");
        report.warn(layer, format!("{why}: the CRS is looked for in the numbers"));
        crs = FoundCrs::unknown(why);
    }
    match &crs.crs {
        Some(said) => {
            for message in plausible::check(said, &extent, &sample) {
                report.warn(layer, message);
            }
        }
        None if !extent.is_empty() => {
            let guess = doctor::guess(&extent, &sample, None);
            if guess.swapped {
                let swap = |[x, y]: [f64; 2]| [y, x];
                extent = Bounds { min: swap(extent.min), max: swap(extent.max) };
            }
            // The file's own reason for being silent stays readable beside the guess.
            let why = std::mem::take(&mut crs.note);
            crs = guess.found;
            if !why.is_empty() {
                crs.note = format!("{why}; {}", crs.note);
            }
        }
        None => {}
    }
    let bridge = crs.crs.as_ref().and_then(|crs| LonLatBridge::new(crs).ok());
    let lonlat = bridge.map_or(Bounds::EMPTY, |bridge| bridge.lonlat_bounds(&extent));
    let described = json!({
        "code": crs.crs.as_ref().and_then(|crs| crs.code()),
        "name": crs.crs.as_ref().map(|crs| crs.name()),
        "basis": crs.basis,
        "confidence": crs.confidence,
        "note": crs.note,
    });
    (described, lonlat)
}

fn geometry_word(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::None => "none",
        GeometryKind::Point => "point",
        GeometryKind::Line => "line",
        GeometryKind::Polygon => "polygon",
    }
}

/// The first value that is there; masked where it is personal.
fn example(masks: &Masks, field: &Field) -> Json {
    let values = &field.values;
    let row = (0..values.len() as u32).find(|row| !values.get(*row).is_null());
    row.map_or(Json::Null, |row| shown_json(masks, &field.name, &values.get(row)))
}

fn repairs(report: &Report) -> Json {
    report
        .repairs
        .iter()
        .map(|(what, times)| ((*what).to_owned(), Json::from(*times)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Lines of skipped features and issues that a person reads.
const LINES: usize = 8;

fn print_source(out: &mut dyn Write, source: &Json) -> io::Result<()> {
    writeln!(out, "{}", text(&source["source"]))?;
    for layer in source["layers"].as_array().into_iter().flatten() {
        print_layer(out, layer)?;
    }
    Ok(())
}

fn print_layer(out: &mut dyn Write, layer: &Json) -> io::Result<()> {
    let list = |key: &str| layer[key].as_array().map(Vec::as_slice).unwrap_or_default();
    writeln!(out, "\n  {} ({})", text(&layer["name"]), text(&layer["format"]))?;
    match layer["size"].as_array().map(Vec::as_slice) {
        Some([width, height]) => {
            let bands = &layer["bands"];
            writeln!(out, "    raster    {width} × {height}, {} band(s) of {}", bands["count"], text(&bands["type"]))?;
        }
        _ => {
            let skipped = match list("skipped").len() {
                0 => String::new(),
                n => format!(", {n} of them skipped"),
            };
            writeln!(out, "    features  {} ({}){skipped}", layer["features"], text(&layer["geometry"]))?;
        }
    }
    let crs = &layer["crs"];
    let code =
        [&crs["code"], &crs["name"]].map(text).into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
    let note = Some(text(&crs["note"])).filter(|note| !note.is_empty()).map(|note| format!(": {note}"));
    writeln!(
        out,
        "    CRS       {} ({}, {:.0} %){}",
        if code.is_empty() { "-" } else { &code },
        text(&crs["basis"]),
        crs["confidence"].as_f64().unwrap_or(0.0) * 100.0,
        note.unwrap_or_default()
    )?;
    for (label, key) in [("extent    ", "extent"), ("lon/lat   ", "extent_lonlat")] {
        if let Some(corners) = layer[key].as_array() {
            // Degrees need six digits for a decimetre, metres three for a millimetre.
            let degrees = corners.iter().all(|c| c.as_f64().is_some_and(|c| c.abs() <= 360.0));
            let digits = if degrees { 6 } else { 3 };
            let corners: Vec<String> =
                corners.iter().map(|c| format!("{:.digits$}", c.as_f64().unwrap_or(f64::NAN))).collect();
            writeln!(out, "    {label}{}", corners.join(", "))?;
        }
    }
    if !text(&layer["encoding"]).is_empty() {
        writeln!(out, "    encoding  {}", text(&layer["encoding"]))?;
    }
    writeln!(out, "    role      {} ({})", text(&layer["role"]), text(&layer["role_basis"]))?;
    for field in list("fields") {
        let nulls = match field["nulls"].as_u64() {
            Some(0) | None => String::new(),
            Some(n) => format!(", {n} empty"),
        };
        let example: String = text(&field["example"]).chars().take(48).collect();
        writeln!(out, "    field     {}  {}{nulls}  {example}", text(&field["name"]), text(&field["type"]))?;
    }
    for (what, times) in layer["repairs"].as_object().into_iter().flatten() {
        writeln!(out, "    repaired  {what}: {times}")?;
    }
    for issue in list("issues").iter().take(LINES) {
        writeln!(out, "    {}  {}", text(&issue["severity"]), text(&issue["message"]))?;
    }
    for skipped in list("skipped").iter().take(LINES) {
        writeln!(out, "    skipped   feature {}: {}", skipped["feature"], text(&skipped["reason"]))?;
    }
    let more = list("issues").len().saturating_sub(LINES) + list("skipped").len().saturating_sub(LINES);
    if more > 0 {
        writeln!(out, "    … and {more} more; all are in --json")?;
    }
    Ok(())
}

/// A JSON value as a person reads it: text without quotes, nothing for null.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
