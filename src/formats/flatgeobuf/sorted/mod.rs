//! A FlatGeobuf written in Hilbert order with bounded memory, whatever its size.
//!
//! 1. [`record`]: each feature becomes a record of bytes with a key, its place on a Hilbert curve over
//!    a fixed grid, so that the extent need not be known;
//! 2. [`runs`]: records are gathered, sorted by key and spilled in runs of a bounded size to a file
//!    without a name;
//! 3. the header is known now: how many features, which fields of which types, which geometry;
//! 4. the runs are merged; [`encode`] makes features of records on all cores; they go straight behind
//!    the space of the index, whose size the count tells;
//! 5. [`tree`] fills that space while they come, every level at its place;
//! 6. the file gets its name.

mod encode;
mod header;
mod record;
mod runs;
mod tree;

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::encode::{Encoded, Encoder};
use self::header::{Columns, Shapes};
use self::runs::{Batch, Runs};
use self::tree::TreeWriter;
use crate::formats::WriteError;
use crate::formats::aside::{Aside, folder_of};
use crate::formats::meanings::Watch;
use crate::model::FeatureTable;
use crate::place::{Bounds, Crs};
use crate::report::{Issue, Progress, Report};

/// Children of a node of the index.
pub const NODE_SIZE: u16 = 16;

/// Bytes of records in memory before they are spilled; as many again are being written meanwhile.
const RUN_BYTES: usize = 64 << 20;
/// Rows that one core turns into records at a time.
const PIECE: usize = 1024;
/// Pieces between two looks at how much is in memory.
const PIECES: usize = 32;
/// Records that one core turns into features at a time.
const ENCODED: usize = 512;

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Features, with and without geometry.
    pub features: u64,
    /// Features without geometry; they come last.
    pub without_geometry: u64,
    /// Vertices; the repeated first one of a ring counts.
    pub vertices: u64,
    /// The box around all features; empty without any.
    pub extent: Bounds,
    /// The file's size.
    pub bytes: u64,
    /// How often memory was spilled to disk.
    pub spills: usize,
    /// What was recognised in fields, where that was asked for.
    pub recognised: Vec<Issue>,
}

/// Writes a layer chunk by chunk. Dropped before [`SortedWriter::finish`], it leaves nothing.
///
/// # CRS
/// Coordinates go out as they are; `crs` is what the header says.
#[derive(Debug)]
pub struct SortedWriter {
    path: PathBuf,
    layer_name: String,
    crs: Crs,
    aside: Aside,
    columns: Columns,
    shapes: Shapes,
    runs: Runs,
    grid: record::Grid,
    run_bytes: usize,
    /// Where values are given as their source has them: what was seen of them.
    watch: Option<Watch>,
}

impl SortedWriter {
    /// Begins a layer: the file appears under its name only when it is finished.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path, layer_name: &str, crs: &Crs) -> Result<Self, WriteError> {
        Ok(Self {
            path: path.to_owned(),
            layer_name: layer_name.to_owned(),
            crs: crs.clone(),
            aside: Aside::create(path)?,
            columns: Columns::default(),
            shapes: Shapes::default(),
            runs: Runs::new(folder_of(path)),
            grid: record::Grid::of(crs),
            run_bytes: RUN_BYTES,
            watch: None,
        })
    }

    /// Spills whenever so many bytes are in memory; 64 MiB when nobody says.
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.run_bytes = bytes;
        self
    }

    /// Takes values as their source has them, as [`crate::formats::open_chunks`] gives them: moments and stand-ins
    /// for "no value" are recognised over all chunks.
    pub fn recognising(mut self) -> Self {
        self.watch = Some(Watch::default());
        self
    }

    /// Features so far.
    pub fn features(&self) -> u64 {
        self.shapes.features
    }

    /// Features with geometry so far.
    pub fn placed(&self) -> u64 {
        self.shapes.features - self.shapes.empty
    }

    /// Declares the fields of a table that has no rows yet, with their types.
    ///
    /// # Errors
    /// [`WriteError`] when the format has no room for so many.
    pub fn declare(&mut self, table: &FeatureTable) -> Result<(), WriteError> {
        self.columns.declare(table).map_err(|reason| WriteError::new(&self.path, reason))
    }

    /// Adds the rows of a chunk. Fields are told by their names; a field whose type differs from that in
    /// an earlier chunk widens, integer to real and everything else to text.
    ///
    /// # Errors
    /// [`WriteError`] when the disk is full or a feature is larger than the format holds.
    pub fn push(&mut self, table: &FeatureTable) -> Result<(), WriteError> {
        let columns = self.columns.of(table).map_err(|reason| WriteError::new(&self.path, reason))?;
        if let Some(watch) = &mut self.watch {
            watch.take(table);
        }
        let rows: Vec<usize> = (0..table.len()).step_by(PIECE).collect();
        for starts in rows.chunks(PIECES) {
            let pieces: Result<Vec<_>, String> = starts
                .par_iter()
                .map(|&from| {
                    let rows = from as u32..(from + PIECE).min(table.len()) as u32;
                    record::records(table, rows, &columns, &self.grid)
                })
                .collect();
            for (piece, shapes) in pieces.map_err(|reason| WriteError::new(&self.path, reason))? {
                self.shapes.join(&shapes);
                self.runs.push(piece);
            }
            if self.runs.bytes() >= self.run_bytes {
                self.runs.spill().map_err(|error| WriteError::new(&self.path, error))?;
            }
        }
        Ok(())
    }

    /// Writes the file and gives it its name.
    ///
    /// # Errors
    /// [`WriteError`] when the disk is full or the user stops it; nothing is left then.
    pub fn finish(mut self, progress: &Progress) -> Result<Summary, WriteError> {
        let path = self.path.clone();
        let fail = |error: std::io::Error| WriteError::new(&path, error);
        let features = self.shapes.features;
        progress.stage(format!("writing {}", self.layer_name), features);
        let meanings = self.watch.take().unwrap_or_default().meanings();
        let mut recognised = Report::default();
        meanings.say(&self.layer_name, &mut recognised);
        let kinds = self.columns.kinds(&meanings);
        let encoder = Encoder { kinds: &kinds, meanings: &meanings, form: self.shapes.form(), z: self.shapes.z };
        let header = header::bytes(&self.layer_name, &self.crs, &self.columns.names(), &kinds, &self.shapes)
            .map_err(|reason| WriteError::new(&path, reason))?;
        let spills = self.runs.spills();
        let mut merge = self.runs.merge().map_err(fail)?;
        let file = self.aside.file();
        file.write_all(&header).map_err(fail)?;
        let mut tree = TreeWriter::new(header.len() as u64, features);
        let start = tree.end();
        let (mut batch, mut done, mut offset) = (Batch::default(), 0, 0_u64);
        let mut ready: Vec<Encoded> = Vec::new();
        loop {
            // What is ready is written while the next features are made.
            let (written, next) = rayon::join(
                || write(file, &mut tree, start, &mut offset, &ready),
                || {
                    merge.fill(&mut batch)?;
                    let chunks = batch.ranges.par_chunks(ENCODED);
                    Ok::<_, io::Error>(chunks.map(|ranges| encoder.features(&batch, ranges)).collect::<Vec<_>>())
                },
            );
            written.map_err(fail)?;
            ready = next.map_err(fail)?;
            if ready.is_empty() {
                break;
            }
            done += batch.ranges.len() as u64;
            progress.at(done).map_err(|_| WriteError::cancelled(&path))?;
        }
        tree.finish(file).map_err(fail)?;
        // A file that is there after the power failed is a whole one.
        file.sync_data().map_err(fail)?;
        self.aside.keep()?;
        Ok(Summary {
            features,
            without_geometry: self.shapes.empty,
            vertices: self.shapes.vertices,
            extent: self.shapes.extent,
            bytes: start + offset,
            spills,
            recognised: recognised.issues,
        })
    }
}

/// Writes features behind those before, and their boxes into the index.
fn write(file: &mut File, tree: &mut TreeWriter, start: u64, offset: &mut u64, pieces: &[Encoded]) -> io::Result<()> {
    file.seek(SeekFrom::Start(start + *offset))?;
    for piece in pieces {
        file.write_all(&piece.bytes)?;
    }
    for (bounds, size) in pieces.iter().flat_map(|piece| &piece.features) {
        tree.leaf(file, bounds, *offset)?;
        *offset += u64::from(*size);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
