//! Reading files: one file per format. The only room that names `gdal`, `geojson`, `flatgeobuf`.
//!
//! [`open`] finds the reader by content first, by ending second, and returns raw layers in the
//! source's own coordinates. Nothing is repaired, reprojected or interpreted here.

#[cfg(feature = "gdal")]
mod archive;
pub mod ascii_grid;
pub mod aside;
pub mod delimited;
pub mod encoding;
pub mod flatgeobuf;
#[cfg(feature = "gdal")]
mod gdal_geometry;
#[cfg(feature = "gdal")]
mod gdal_raster;
#[cfg(feature = "gdal")]
mod gdal_setup;
#[cfg(feature = "gdal")]
mod gdal_vector;
pub mod geojson;
pub mod limits;
mod sniff;
pub mod values;
mod wkt;

use std::path::{Path, PathBuf};

use crate::model::{FeatureTable, GeometryColumn, GeometryKind, Imagery, Terrain};
use crate::place::{Bounds, Crs, FoundCrs};
use crate::report::{Progress, Report};

/// How the user wants a source to be read.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Only this layer of a source that holds several.
    pub layer: Option<String>,
    /// Text encoding label (`gb18030`, `utf-8`, `latin1`); found when absent.
    pub encoding: Option<String>,
    /// Read at most so many features of each layer (for previews).
    pub limit: Option<u64>,
}

/// A vector layer as it is in its source.
#[derive(Debug)]
pub struct RawLayer {
    /// The layer's name in the source.
    pub name: String,
    /// The format's name: `GeoJSON`, `ESRI Shapefile`, …
    pub format: String,
    /// Features, in the source's CRS, longitude/east first.
    pub table: FeatureTable,
    /// What the file says about its CRS (basis `File`), or unknown.
    pub crs: FoundCrs,
    /// Text encoding and how it was found; empty where the format fixes it.
    pub encoding: String,
    /// What was found while reading.
    pub report: Report,
}

/// A raster source: read later, when the project CRS is known.
#[derive(Clone, Debug)]
pub struct RawRaster {
    /// The file.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// The format's name: `GTiff`, …
    pub format: String,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Number of bands and the type of the first, as GDAL names it.
    pub bands: (usize, String),
    /// Whether it is a DEM (one band of numbers) rather than a picture.
    pub is_terrain: bool,
    /// What the file says about its CRS.
    pub crs: FoundCrs,
    /// The box in its own CRS; empty when it is not georeferenced.
    pub extent: Bounds,
    /// What was found.
    pub report: Report,
}

/// What a source holds.
#[derive(Debug)]
pub enum RawData {
    /// Features.
    Vector(RawLayer),
    /// A grid of numbers or colours.
    Raster(RawRaster),
}

/// A source that cannot be read: the message names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {}: {reason}", path.display())]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub reason: String,
    /// The user stopped it: no fault.
    pub cancelled: bool,
}

/// A file that cannot be written: the message names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub reason: String,
    /// The user stopped it: no fault.
    pub cancelled: bool,
}

impl WriteError {
    /// A failure with its reason.
    pub fn new(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string(), cancelled: false }
    }

    /// The user stopped it.
    pub fn cancelled(path: &Path) -> Self {
        Self { path: path.to_owned(), reason: "cancelled".into(), cancelled: true }
    }
}

impl OpenError {
    /// A failure with its reason.
    pub fn new(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string(), cancelled: false }
    }

    /// The user stopped it.
    pub fn cancelled(path: &Path) -> Self {
        Self { path: path.to_owned(), reason: "cancelled".into(), cancelled: true }
    }
}

/// What a definition found in a file says; unknown, with the reason, where PROJ does not know it.
pub(crate) fn crs_of(definition: &str, note: &str) -> FoundCrs {
    match Crs::parse(definition) {
        Ok(crs) => FoundCrs::from_file(crs, note),
        Err(error) => FoundCrs::unknown(error.to_string()),
    }
}

/// Opens a source: all its layers, or the one that `options` names.
///
/// 1. what the path is: a file that can be read;
/// 2. what the content is ([`sniff`]), the ending only where content does not tell;
/// 3. that format's reader; everything else is GDAL's.
///
/// # Errors
/// [`OpenError`] when nothing in it can be used. Partial failures are in each layer's report.
pub fn open(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<Vec<RawData>, OpenError> {
    let vector = |layer: RawLayer| {
        let wanted = options.layer.as_deref().is_none_or(|wanted| wanted == layer.name);
        if wanted {
            return Ok(vec![RawData::Vector(layer)]);
        }
        let reason =
            format!("its only layer is \"{}\", not \"{}\"", layer.name, options.layer.as_deref().unwrap_or(""));
        Err(OpenError::new(path, reason))
    };
    match sniff::kind(path)? {
        sniff::Kind::FlatGeobuf => vector(flatgeobuf::read(path, options, progress)?),
        sniff::Kind::GeoJson => vector(geojson::read(path, options, progress)?),
        sniff::Kind::Delimited => vector(delimited::read(path, options, progress)?),
        sniff::Kind::Refused(reason) => Err(OpenError::new(path, reason)),
        sniff::Kind::Other { archive } => open_other(path, archive, options, progress),
    }
}

/// Reads a source in runs of rows.
///
/// # Errors
/// As [`open`], and those of `sink`.
pub fn open_chunks(
    path: &Path,
    options: &OpenOptions,
    _rows_per_chunk: usize,
    progress: &Progress,
    sink: &mut dyn FnMut(RawLayer) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    for data in open(path, options, progress)? {
        if let RawData::Vector(layer) = data {
            sink(layer)?;
        }
    }
    Ok(())
}

#[cfg(not(feature = "gdal"))]
fn open_other(path: &Path, _archive: bool, _: &OpenOptions, _: &Progress) -> Result<Vec<RawData>, OpenError> {
    Err(no_gdal(path))
}

#[cfg(not(feature = "gdal"))]
fn no_gdal(path: &Path) -> OpenError {
    let reason =
        "this build has no GDAL: it reads GeoJSON, FlatGeobuf, CSV and TSV; convert the file, or use a build with GDAL";
    OpenError::new(path, reason)
}

/// Reads a DEM into the project CRS, at most `max_side` samples a side.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
#[cfg(not(feature = "gdal"))]
pub fn read_terrain(raster: &RawRaster, _: &Crs, _: &Crs, _: u32) -> Result<Terrain, OpenError> {
    Err(no_gdal(&raster.path))
}

/// Reads a picture into the project CRS, at most `max_side` pixels a side.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
#[cfg(not(feature = "gdal"))]
pub fn read_imagery(raster: &RawRaster, _: &Crs, _: &Crs, _: u32) -> Result<Imagery, OpenError> {
    Err(no_gdal(&raster.path))
}

/// Reads a DEM into the project CRS, at most `max_side` samples a side.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
#[cfg(feature = "gdal")]
pub fn read_terrain(raster: &RawRaster, source: &Crs, project: &Crs, max_side: u32) -> Result<Terrain, OpenError> {
    gdal_raster::read_terrain(raster, source, project, max_side)
}

/// Reads a picture into the project CRS, at most `max_side` pixels a side.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
#[cfg(feature = "gdal")]
pub fn read_imagery(raster: &RawRaster, source: &Crs, project: &Crs, max_side: u32) -> Result<Imagery, OpenError> {
    gdal_raster::read_imagery(raster, source, project, max_side)
}

/// Everything that GDAL reads: a file, or every member of an archive.
#[cfg(feature = "gdal")]
fn open_other(
    path: &Path,
    archive: bool,
    options: &OpenOptions,
    progress: &Progress,
) -> Result<Vec<RawData>, OpenError> {
    gdal_setup::prepare();
    let fail = |reason: String| OpenError::new(path, reason);
    if !archive {
        return open_one(path, path, options, progress);
    }
    let members = archive::members(path).map_err(fail)?;
    let folder = tempfile::tempdir().map_err(|e| fail(e.to_string()))?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for member in &members.paths {
        let data = match archive::unpack(member, folder.path()) {
            Err(reason) => Err(fail(reason)),
            Ok(Some(unpacked)) => open(&unpacked, options, progress),
            Ok(None) => gdal_setup::check_member(&archive::head(member)).map_err(fail).and_then(|()| {
                let stem = member.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let Some(meant) = archive::meant_name(&stem) else { return open_one(path, member, options, progress) };
                let mut options = options.clone();
                if options.layer.as_ref() == Some(&meant) {
                    options.layer = Some(stem.clone());
                }
                let mut data = open_one(path, member, &options, progress)?;
                for data in &mut data {
                    let (RawData::Vector(RawLayer { name, .. }) | RawData::Raster(RawRaster { name, .. })) = data;
                    if *name == stem {
                        name.clone_from(&meant);
                    }
                }
                Ok(data)
            }),
        };
        match data {
            Ok(data) => found.extend(data),
            Err(error) if error.cancelled => return Err(error),
            Err(error) => failures.push(error.reason),
        }
    }
    if found.is_empty() {
        return Err(fail(failures.join("; ")));
    }
    // Members that failed or were passed over are said with the first that was not.
    let report = match &mut found[0] {
        RawData::Vector(layer) => &mut layer.report,
        RawData::Raster(raster) => &mut raster.report,
    };
    for failure in failures {
        let message = format!("another file in the archive cannot be used: {failure}");
        report.add(crate::report::Severity::Error, "", message);
    }
    if !members.doubles.is_empty() {
        let doubles = members.doubles.join(", ");
        report.note("", format!("the archive holds the same name in other formats, which were not read: {doubles}"));
    }
    Ok(found)
}

/// Opens with GDAL, quietly and safely.
///
/// # Errors
/// GDAL's reason.
#[cfg(feature = "gdal")]
pub(crate) fn open_gdal(path: &Path) -> Result<gdal::Dataset, String> {
    use gdal::{DatasetOptions, GdalOpenFlags};
    gdal_setup::prepare();
    gdal_setup::complaints();
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let options: Option<&[&str]> = match ending.as_str() {
        // Texts come as raw bytes: the encoding is found here.
        "shp" | "dbf" => Some(&["ENCODING="]),
        // Nothing is written beside the user's files, no schema is fetched.
        "gml" | "xml" => Some(&["WRITE_GFS=NO", "DOWNLOAD_SCHEMA=NO"]),
        _ => None,
    };
    let flags = GdalOpenFlags::GDAL_OF_READONLY
        | GdalOpenFlags::GDAL_OF_VECTOR
        | GdalOpenFlags::GDAL_OF_RASTER
        | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR;
    let options = DatasetOptions { open_flags: flags, open_options: options, ..Default::default() };
    gdal::Dataset::open_ex(path, options).map_err(|error| {
        let mut reasons = gdal_setup::complaints();
        if reasons.is_empty() {
            reasons.push(error.to_string());
        }
        // GDAL repeats the path, which the error names already.
        let reasons: Vec<String> = reasons.iter().map(|r| r.replace(&*path.to_string_lossy(), "it")).collect();
        if ending == "shp" && reasons.iter().any(|r| r.contains(".SHX")) {
            return "a shapefile is several files, and its .shx is missing: put all of them (.shp, .shx, .dbf, .prj) into one folder".to_owned();
        }
        if reasons.iter().any(|r| r.contains("not recognized as a supported file format")) {
            return "no reader knows what it is; save it as GeoPackage, GeoJSON, CSV or GeoTIFF".to_owned();
        }
        format!("GDAL cannot open it: {}", reasons.join("; "))
    })
}

#[cfg(feature = "gdal")]
fn open_one(shown: &Path, path: &Path, options: &OpenOptions, progress: &Progress) -> Result<Vec<RawData>, OpenError> {
    let dataset = open_gdal(path).map_err(|reason| OpenError::new(shown, reason))?;
    let mut found = Vec::new();
    if dataset.layer_count() > 0 {
        let layers = gdal_vector::read(path, &dataset, options, progress)?;
        found.extend(layers.into_iter().map(RawData::Vector));
    }
    if dataset.raster_count() > 0 {
        found.push(RawData::Raster(gdal_raster::describe(path, &dataset)?));
    }
    if found.is_empty() {
        let reason = "it holds neither layers nor a raster; where it is a collection of several, open one of them";
        return Err(OpenError::new(shown, reason));
    }
    Ok(found)
}

/// Writes one ring, line or point into a column; the repeated first vertex of a closed ring is
/// left out.
///
/// # Errors
/// The reason, when a coordinate is no finite number; the caller drops the feature.
pub(crate) fn push_ring(
    out: &mut GeometryColumn,
    vertices: impl IntoIterator<Item = ([f64; 2], Option<f64>)>,
    closed: bool,
) -> Result<(), String> {
    for (xy, z) in vertices {
        if !(xy[0].is_finite() && xy[1].is_finite()) {
            return Err(format!("a coordinate is no finite number ({}, {})", xy[0], xy[1]));
        }
        out.push_vertex(xy, z);
    }
    let count = out.open_ring_len();
    if closed && count > 1 && out.xy.get(out.xy.len() - count) == out.xy.last() {
        out.pop_vertex();
    }
    // An empty ring is no ring.
    if count > 0 {
        out.end_ring();
    }
    Ok(())
}

/// The last step of every reader: values are recognised, rows without geometry are said.
pub(crate) fn finish(mut layer: RawLayer) -> RawLayer {
    values::recognise(&mut layer.table, &layer.name, &mut layer.report);
    let column = &layer.table.geometry;
    let known: std::collections::HashSet<u64> = layer.report.skipped.iter().map(|s| s.feature).collect();
    let rows = column.len() as u32;
    if rows == 0 && layer.report.issues.is_empty() {
        layer.report.warn(&layer.name, "it holds no features");
    }
    let missing: Vec<u64> = (0..rows)
        .filter(|row| column.kind(*row) == GeometryKind::None && !known.contains(&u64::from(*row)))
        .map(u64::from)
        .collect();
    if rows > 0 && missing.len() == rows as usize {
        layer.report.note(&layer.name, "a table without geometry: its rows can be joined to other layers");
    } else {
        for row in missing {
            layer.report.skip(row, "it has no geometry");
        }
        layer.report.skipped.sort_by_key(|s| s.feature);
    }
    layer
}

#[cfg(test)]
mod tests;
