//! Sources too big for memory: looked at by a sample, read by window.
//!
//! 1. a source is **big** by its size alone, before it is read;
//! 2. some of its features go the way of every layer: CRS, role, fields and style follow from them;
//! 3. a FlatGeobuf in the project CRS is then read by window where it lies; any other source is first
//!    converted into the user's cache;
//! 4. the coarse levels beside it are made where they are missing or were made for another reading.

use std::path::{Path, PathBuf};

use crate::formats::flatgeobuf::{FgbFile, Wanted};
use crate::formats::{OpenError, OpenOptions, RawData, RawLayer};
use crate::model::{FieldMapping, Layer};
use crate::report::{Progress, Report};
use crate::tiles::{Stream, prepare, stream};

/// From so many features on a FlatGeobuf is read by window. Fewer are held in memory: less than 100 MB.
const MANY: u32 = 200_000;

/// Rows of the sample: in blocks all over the file.
const SAMPLE: u32 = 16_384;
/// Rows of a block of the sample.
const BLOCK: u32 = 128;

/// Looks at a source that may be big; `None` when it is not, or no FlatGeobuf with an index.
pub(super) fn sample(path: &Path, _options: &OpenOptions) -> Option<Result<Vec<RawData>, OpenError>> {
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    if ending != "fgb" {
        return None;
    }
    // What cannot be opened so is opened, or refused, as any other file.
    let file = FgbFile::open(path).ok().filter(|file| file.len() >= MANY)?;
    Some(sample_of(&file).map(|raw| vec![RawData::Vector(raw)]).map_err(|e| OpenError::new(path, e.to_string())))
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
pub(super) fn open(
    path: &Path,
    bodies: bool,
    mapping: &FieldMapping,
    progress: &Progress,
) -> Result<Stream, String> {
    let beside = stream::levels_of(path);
    let mut folders = vec![beside.clone()];
    let file = FgbFile::open(path).map_err(|e| e.to_string())?;
    let sum = file.fingerprint().map_err(|e| e.to_string())?;
    folders.extend(cached_levels(path, sum));
    for folder in &folders {
        let file = FgbFile::open(path).map_err(|e| e.to_string())?;
        if let Some(stream) = Stream::with_levels(file, folder, bodies, mapping) {
            return Ok(stream);
        }
    }
    // Beside the file where levels lie already, else in the cache: a folder of somebody's data is
    // theirs. Import lays them beside what it writes.
    let (first, second) = if beside.exists() { (0, 1) } else { (folders.len() - 1, 0) };
    let mut reason = String::new();
    for folder in [first, second].iter().filter_map(|at| folders.get(*at)) {
        match prepare::prepare_into(path, folder, bodies, mapping, progress) {
            Ok(()) => {
                let stream = Stream::with_levels(file, folder, bodies, mapping);
                return stream.ok_or_else(|| format!("{} changed while its levels were made", path.display()));
            }
            Err(prepare::PrepareError::Cancelled) => return Err("cancelled".to_owned()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

fn cached_levels(path: &Path, sum: u64) -> Option<PathBuf> {
    let name = path.file_stem()?.to_string_lossy().into_owned();
    Some(dirs::cache_dir()?.join("cimbase").join("levels").join(format!("{name}-{sum:016x}.levels")))
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
