//! Reading files: one file per format. The only room that names `gdal`, `geojson`, `flatgeobuf`.
//!
//! [`open`] finds the reader by content first, by ending second, and returns raw layers in the
//! source's own coordinates. Nothing is repaired, reprojected or interpreted here.

use std::path::{Path, PathBuf};

use crate::model::{FeatureTable, Imagery, Terrain};
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
