//! Sources too big for memory: looked at by a sample, read by window.
//!
//! 1. a source is **big** by its size alone, before it is read;
//! 2. some of its features go the way of every layer: CRS, role, fields and style follow from them;
//! 3. a FlatGeobuf in the project CRS is then read by window where it lies; any other source is first
//!    converted into the user's cache;
//! 4. the coarse levels beside it are made where they are missing or were made for another reading.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::convert::ConvertError;
use super::settle::Settled;
use super::{City, cache, levels, remote};
use crate::formats::flatgeobuf::{FgbFile, Wanted, bytes};
use crate::formats::{self, OpenError, OpenOptions, RawData, RawLayer};
use crate::model::project::Project;
use crate::model::{FieldMapping, Layer};
use crate::place::Crs;
use crate::report::{Progress, Report};
use crate::tiles::{Stream, prepare, stream};

/// From so many features or bytes on a FlatGeobuf is read by window; what is smaller is held in memory.
const MANY: (u32, u64) = (200_000, 64 << 20);

/// Rows of the sample: in blocks all over the file.
const SAMPLE: u32 = 8_192;
/// Rows of a block of the sample.
const BLOCK: u32 = 128;

/// From so many bytes on a text or table is converted once and then read by window.
const LARGE: u64 = 100 << 20;

/// Looks at a source that may be big; `None` when it is not.
pub(super) fn sample(
    path: &Path,
    options: &OpenOptions,
    progress: &Progress,
) -> Option<Result<Vec<RawData>, OpenError>> {
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    let converted = ["geojson", "json", "ndjson", "geojsonl", "jsonl", "csv", "tsv", "shp", "parquet", "geoparquet"];
    if converted.contains(&ending.as_str()) {
        if std::fs::metadata(path).ok()?.len() < LARGE {
            return None;
        }
        let limited = OpenOptions { limit: Some(u64::from(SAMPLE)), ..options.clone() };
        return Some(formats::open(path, &limited, progress));
    }
    if ending != "fgb" {
        return None;
    }
    // What cannot be opened so is opened, or refused, as any other file.
    let file = FgbFile::open(path).ok()?;
    if !is_big(&file) {
        return None;
    }
    Some(sample_of(&file).map(|raw| vec![RawData::Vector(raw)]).map_err(|e| OpenError::new(path, e.to_string())))
}

/// Whether a FlatGeobuf is read by window.
pub(super) fn is_big(file: &FgbFile) -> bool {
    file.len() >= MANY.0 || file.file_bytes() >= MANY.1 && file.len() > SAMPLE
}

/// Converts a big source into the user's cache, and goes on with a sample of what was made.
pub(super) fn convert(
    layer: &mut Settled<'_>,
    path: &Path,
    project: &Crs,
    progress: &Progress,
) -> Result<(), ConvertError> {
    let local =
        if bytes::is_address(path) { remote::fetched(path, &FgbFile::open(path)?, progress)? } else { path.to_owned() };
    let made = cache::cached(layer.spec, &local, Some(project), progress)?;
    let file = FgbFile::open(&made)?;
    let raw = sample_of(&file).map_err(|e| OpenError::new(&made, e.to_string()))?;
    let before = std::mem::replace(&mut layer.raw, raw);
    layer.raw.name = before.name;
    layer.raw.format = before.format;
    layer.raw.encoding = before.encoding;
    layer.raw.report = before.report;
    layer.raw.crs = before.crs;
    layer.big = Some(made);
    Ok(())
}

/// Makes the coarse levels of a file that is big beside it, opened as a project says. `None` when it is small.
///
/// # Errors
/// Why they could not be made; nothing is left then.
pub fn prepare_beside(alone: &Project, path: &Path, progress: &Progress) -> Result<Option<PathBuf>, String> {
    if sample(path, &OpenOptions::default(), progress).is_none() {
        return Ok(None);
    }
    let levels = stream::levels_of(path);
    // Levels go where levels lie.
    let made = std::fs::create_dir_all(&levels).map_err(|error| error.to_string()).and_then(|()| {
        let city = City::open(alone, progress).map_err(|error| error.to_string())?;
        let unread = city.layers.iter().find(|layer| layer.stream.is_none());
        match unread.and_then(|layer| layer.layer.report.issues.last()) {
            Some(issue) => Err(issue.to_string()),
            None => Ok(()),
        }
    });
    match made {
        Ok(()) => Ok(Some(levels)),
        Err(reason) => {
            // Nothing is left of what could not be made.
            let _ = std::fs::remove_dir_all(&levels);
            Err(reason)
        }
    }
}

fn sample_of(file: &FgbFile) -> std::io::Result<RawLayer> {
    let blocks = SAMPLE / BLOCK;
    let rows: Vec<u32> = (0..blocks)
        .flat_map(|block| {
            let first = (u64::from(file.len() - BLOCK) * u64::from(block) / u64::from(blocks - 1)) as u32;
            first..first + BLOCK
        })
        .collect();
    let mut builder = file.builder(Wanted::All);
    file.read(&file.rows(&rows)?, Wanted::All, &mut builder)?;
    Ok(RawLayer {
        name: file.name().to_owned(),
        format: "FlatGeobuf".to_owned(),
        table: builder.finish(),
        crs: file.crs().clone(),
        encoding: String::new(),
        report: Report::default(),
    })
}

/// Opens the stream of a big layer that is in the project CRS; makes its coarse levels when there are none.
pub(super) fn open(path: &Path, bodies: bool, mapping: &FieldMapping, progress: &Progress) -> Result<Stream, String> {
    // One after the other: two layers of one source need the same levels, and making them uses all cores.
    static MAKING: Mutex<()> = Mutex::new(());
    let beside = stream::levels_of(path);
    let file = FgbFile::open(path).map_err(|e| e.to_string())?;
    let mut folders = vec![beside.clone()];
    folders.extend(levels::cached(&file, &stream::reading(bodies, mapping)));
    let _one = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    for folder in &folders {
        if let Some(stream) = Stream::with_levels(file.clone(), folder, bodies, mapping) {
            levels::used(folder);
            return Ok(stream);
        }
    }
    // In the cache: a folder of somebody's data is theirs, and levels that lie there may be those of another reading.
    // Import has made an empty folder beside what it writes.
    let is_empty = std::fs::read_dir(&beside).is_ok_and(|mut inside| inside.next().is_none());
    let mut reason = "this system names no cache folder: set XDG_CACHE_HOME to one".to_owned();
    for folder in folders.iter().filter(|folder| **folder != beside || is_empty) {
        match prepare::prepare_into(path, folder, bodies, mapping, progress) {
            Ok(()) => {
                levels::trim(folder);
                let stream = Stream::with_levels(file, folder, bodies, mapping);
                return stream.ok_or_else(|| format!("{} changed while its levels were made", path.display()));
            }
            Err(prepare::PrepareError::Cancelled) => return Err("cancelled".to_owned()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

/// A layer with everything but its rows.
pub(super) fn without_rows(layer: &Layer) -> Layer {
    let none: Vec<u32> = Vec::new();
    let fields: Vec<String> = layer.table.fields.iter().map(|field| field.name.clone()).collect();
    let mut empty = layer.clone();
    empty.table = layer.table.of_rows(&none, &fields);
    empty.heights = layer.heights.as_ref().map(|heights| heights.of_rows(&none));
    empty
}
