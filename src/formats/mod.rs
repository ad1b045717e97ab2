//! Reading files: one file per format. The only room that names `gdal`, `geojson`, `flatgeobuf`.
//!
//! [`open`] finds the reader by content first, by ending second, and returns raw layers in the
//! source's own coordinates. Nothing is repaired, reprojected or interpreted here.

#[cfg(feature = "gdal")]
mod archive;
pub mod ascii_grid;
pub mod aside;
mod chunks;
pub mod csv;
pub mod delimited;
pub mod dxf;
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
pub mod geopackage;
pub mod geoparquet;
#[cfg(feature = "gdal")]
pub mod geotiff;
pub mod kml;
pub mod limits;
pub mod meanings;
pub mod qml;
#[cfg(feature = "gdal")]
pub mod shapefile;
mod sniff;
mod text;
pub mod values;
pub mod wkb;
pub mod wkt;
pub mod writer;
pub mod xlsx;

use std::path::{Path, PathBuf};

use crate::model::{FeatureTable, GeometryColumn, Imagery, Terrain};
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

    /// The same of another file: the one that the user asked for.
    pub fn of(self, path: &Path) -> Self {
        Self { path: path.to_owned(), ..self }
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
/// 3. that format's reader; everything else is GDAL's;
/// 4. what the values mean ([`meanings`]).
///
/// # Errors
/// [`OpenError`] when nothing in it can be used. Partial failures are in each layer's report.
pub fn open(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<Vec<RawData>, OpenError> {
    let mut found = Vec::new();
    let aside = each(path, options, usize::MAX, progress, &mut |data| {
        found.push(data);
        Ok(())
    })?;
    for data in &mut found {
        if let RawData::Vector(RawLayer { table, name, report, .. }) = data {
            meanings::recognise(table, name, report);
        }
    }
    // Members of an archive that failed or were passed over are said with the first that was not.
    if let Some(RawData::Vector(RawLayer { report, .. }) | RawData::Raster(RawRaster { report, .. })) =
        found.first_mut()
    {
        report.extend(aside);
    }
    Ok(found)
}

/// Reads a vector source in runs of at most `rows_per_chunk` rows, so that memory stays bounded whatever its size.
///
/// `sink` gets the runs of each layer one after another, one layer after another; a layer without rows is one run
/// without rows. In all runs of a layer name, format, CRS and encoding are the same, and the fields of a run are
/// those of the run before, in the same order, and perhaps more. A run's report holds what was found in it, rows
/// counted in the whole source; what only the end tells comes with the last run of the source.
///
/// Values are as the source has them, each run of the types that its own values need: what they mean is decided by
/// all of them. Put together, and brought into shape by [`meanings`], the runs are what [`open`] gives.
///
/// # Errors
/// [`OpenError`] as [`open`], also after some runs when only the end shows that nothing can be used; for a raster;
/// and whatever `sink` returns, which ends the reading.
pub fn open_chunks(
    path: &Path,
    options: &OpenOptions,
    rows_per_chunk: usize,
    progress: &Progress,
    sink: &mut dyn FnMut(RawLayer) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    // One run is held back, for what is found after it.
    let mut held: Option<RawLayer> = None;
    let mut rasters = Vec::new();
    let aside = each(path, options, rows_per_chunk, progress, &mut |data| match data {
        RawData::Vector(layer) => held.replace(layer).map_or(Ok(()), &mut *sink),
        RawData::Raster(raster) => {
            rasters.push(raster.name);
            Ok(())
        }
    })?;
    let Some(mut last) = held else {
        let reason = "it is a raster, a grid of heights or a picture: only features are read piece by piece; add it to a \
                      project as it is";
        return Err(OpenError::new(path, reason));
    };
    last.report.extend(aside);
    if !rasters.is_empty() {
        let message = format!("rasters in the same source were not read: {}", rasters.join(", "));
        last.report.warn("", message);
    }
    sink(last)
}

/// Reads a source layer by layer, each in runs of at most `most` rows, as the source has the values. Returns what
/// was found beside: members of an archive that failed.
fn each(
    path: &Path,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut dyn FnMut(RawData) -> Result<(), OpenError>,
) -> Result<Report, OpenError> {
    let vector = &mut |layer: RawLayer| match options.layer.as_deref() {
        Some(wanted) if wanted != layer.name => {
            Err(OpenError::new(path, format!("its only layer is \"{}\", not \"{wanted}\"", layer.name)))
        }
        _ => sink(RawData::Vector(layer)),
    };
    match sniff::kind(path)? {
        sniff::Kind::FlatGeobuf => flatgeobuf::read_chunks(path, options, most, progress, vector)?,
        sniff::Kind::Parquet => geoparquet::read_chunks(path, options, most, progress, vector)?,
        sniff::Kind::GeoJson => geojson::read_chunks(path, options, most, progress, vector)?,
        sniff::Kind::Delimited => delimited::read_chunks(path, options, most, progress, vector)?,
        sniff::Kind::Refused(reason) => return Err(OpenError::new(path, reason)),
        sniff::Kind::Other { archive } => return each_other(path, archive, options, most, progress, sink),
    }
    Ok(Report::default())
}

/// The only layer that a reader gives, as a whole and with what its values mean.
fn whole(
    path: &Path,
    read: impl FnOnce(&mut chunks::Sink<'_>) -> Result<(), OpenError>,
) -> Result<RawLayer, OpenError> {
    let mut found = None;
    read(&mut |layer| {
        found = Some(layer);
        Ok(())
    })?;
    let mut layer = found.ok_or_else(|| OpenError::new(path, "it holds no layer"))?;
    meanings::recognise(&mut layer.table, &layer.name, &mut layer.report);
    Ok(layer)
}

#[cfg(not(feature = "gdal"))]
fn each_other(
    path: &Path,
    _archive: bool,
    _: &OpenOptions,
    _: usize,
    _: &Progress,
    _: &mut dyn FnMut(RawData) -> Result<(), OpenError>,
) -> Result<Report, OpenError> {
    Err(no_gdal(path))
}

#[cfg(not(feature = "gdal"))]
fn no_gdal(path: &Path) -> OpenError {
    let reason = "this build has no GDAL: it reads GeoJSON, FlatGeobuf, GeoParquet, CSV and TSV; convert the file, or use \
                  a build with GDAL";
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
fn each_other(
    path: &Path,
    archive: bool,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut dyn FnMut(RawData) -> Result<(), OpenError>,
) -> Result<Report, OpenError> {
    gdal_setup::prepare();
    let fail = |reason: String| OpenError::new(path, reason);
    if !archive {
        return each_one(path, path, options, most, progress, sink).map(|()| Report::default());
    }
    let members = archive::members(path).map_err(fail)?;
    let folder = tempfile::tempdir().map_err(|e| fail(e.to_string()))?;
    let (mut found, mut refused, mut failures) = (false, false, Vec::new());
    let mut aside = Report::default();
    for member in &members.paths {
        let stem = member.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let meant = archive::meant_name(&stem);
        let sink = &mut |mut data: RawData| {
            let (RawData::Vector(RawLayer { name, .. }) | RawData::Raster(RawRaster { name, .. })) = &mut data;
            if let Some(meant) = meant.as_ref().filter(|_| *name == stem) {
                name.clone_from(meant);
            }
            found = true;
            sink(data).inspect_err(|_| refused = true)
        };
        let mut options = options.clone();
        if options.layer.is_some() && options.layer == meant {
            options.layer = Some(stem.clone());
        }
        let result = match archive::unpack(member, folder.path()) {
            Err(reason) => Err(fail(reason)),
            Ok(Some(unpacked)) => {
                let result = each(&unpacked, &options, most, progress, sink).map(|more| aside.extend(more));
                // A failure to give the room back is told by the next member that finds none.
                let _ = std::fs::remove_file(&unpacked);
                result
            }
            Ok(None) => gdal_setup::check_member(&archive::head(member))
                .map_err(fail)
                .and_then(|()| each_one(path, member, &options, most, progress, sink)),
        };
        match result {
            Ok(()) => {}
            Err(error) if error.cancelled || refused => return Err(error),
            Err(error) => failures.push(error.reason),
        }
    }
    if !found {
        return Err(fail(failures.join("; ")));
    }
    for failure in failures {
        let message = format!("another file in the archive cannot be used: {failure}");
        aside.add(crate::report::Severity::Error, "", message);
    }
    if !members.doubles.is_empty() {
        let doubles = members.doubles.join(", ");
        aside.note("", format!("the archive holds the same name in other formats, which were not read: {doubles}"));
    }
    Ok(aside)
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
fn each_one(
    shown: &Path,
    path: &Path,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut dyn FnMut(RawData) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let dataset = open_gdal(path).map_err(|reason| OpenError::new(shown, reason))?;
    let (layers, raster) = (dataset.layer_count() > 0, dataset.raster_count() > 0);
    if layers {
        gdal_vector::read_chunks(path, &dataset, options, most, progress, &mut |layer| sink(RawData::Vector(layer)))?;
    }
    if raster {
        sink(RawData::Raster(gdal_raster::describe(path, &dataset)?))?;
    }
    if !layers && !raster {
        let reason = "it holds neither layers nor a raster; where it is a collection of several, open one of them";
        return Err(OpenError::new(shown, reason));
    }
    Ok(())
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

#[cfg(test)]
mod tests;
