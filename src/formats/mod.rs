//! Reading files: one file per format. The only room that names `gdal`, `geojson`, `flatgeobuf`.
//!
//! [`open`] finds the reader by content first, by ending second, and returns raw layers in the
//! source's own coordinates. Nothing is repaired, reprojected or interpreted here.

pub mod aside;
pub mod flatgeobuf;
pub mod values;

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
/// # Errors
/// [`OpenError`] when nothing in it can be used. Partial failures are in each layer's report.
pub fn open(path: &Path, _options: &OpenOptions, _progress: &Progress) -> Result<Vec<RawData>, OpenError> {
    Err(OpenError { path: path.to_owned(), reason: "not built yet".into(), cancelled: false })
}

/// Reads a DEM into the project CRS, at most `max_side` samples a side.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
pub fn read_terrain(raster: &RawRaster, _source: &Crs, _project: &Crs, _max_side: u32) -> Result<Terrain, OpenError> {
    Err(OpenError { path: raster.path.clone(), reason: "not built yet".into(), cancelled: false })
}

/// Reads a picture into the project CRS, at most `max_side` pixels a side.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
pub fn read_imagery(raster: &RawRaster, _source: &Crs, _project: &Crs, _max_side: u32) -> Result<Imagery, OpenError> {
    Err(OpenError { path: raster.path.clone(), reason: "not built yet".into(), cancelled: false })
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
pub(crate) fn finish(layer: RawLayer) -> RawLayer {
    layer
}
