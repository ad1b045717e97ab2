//! GeoJSON (RFC 7946) and what people call so: a feature collection, a single feature or geometry,
//! one feature per line (also with record separators), a bare array of features, the old `crs`
//! member before or after the features, a byte order mark.
//!
//! # The way of the bytes
//! 1. the file is mapped; pages that were read are given back, so memory stays bounded;
//! 2. [`walk`] finds where each feature ends, a batch of [`blocks`] at a time;
//! 3. [`feature`] parses a feature's slice straight into columns: the blocks of a batch on all cores,
//!    while the next batch is found;
//! 4. the blocks are put together in order; a feature that does not parse becomes a skipped row with
//!    its reason and its place.

mod blocks;
mod feature;
mod mend;
mod scan;
mod walk;
mod write;

use std::path::Path;

use rayon::prelude::*;

pub use write::{Features, JsonFile, write, write_features};

use self::walk::{Stop, Walk};
use super::chunks::{Head, Rows, Sink};
use super::text::Text;
use super::{OpenError, OpenOptions, RawLayer, crs_of, encoding, limits};
use crate::report::{Progress, Severity};

/// Reads a GeoJSON file.
///
/// # CRS
/// The old `crs` member where there is one, else WGS 84 longitude and latitude as RFC 7946 fixes it.
///
/// # Errors
/// [`OpenError`] when there is no feature in it. A file that ends early keeps what came before and
/// says so in the report.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    super::whole(path, |sink| read_chunks(path, options, usize::MAX, progress, sink))
}

/// Reads it in runs of at most `most` rows.
pub(super) fn read_chunks(
    path: &Path,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Result<(), OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let mut text = Text::open(path).map_err(|e| fail(e.to_string()))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let found = encoding::whole(&text, options.encoding.as_deref()).map_err(fail)?;
    let mut reader = Reader {
        path,
        encoding: found.how.clone(),
        rows: Rows::new(most),
        head: None,
        begin: 0,
        skipped: 0,
        first_skipped: None,
        left_out: 0,
        mended: 0,
        name: stem,
    };
    if found.encoding != encoding_rs::UTF_8 {
        text = text.decoded(&found).map_err(|e| fail(format!("it cannot be decoded as {}: {e}", found.how)))?;
        reader.rows.report.note(&reader.name, format!("JSON should be UTF-8; read as {}", found.how));
    }
    progress.stage(format!("reading {}", reader.name), text.len() as u64);
    let limit = options.limit.unwrap_or(u64::MAX).min(u64::from(u32::MAX) - 1);
    let mut walk = Walk::new(&text, limit);
    let stop = reader.read_all(&text, &mut walk, most, progress, sink)?;
    reader.finish(stop, &walk, sink)
}

/// What is known while a file is read.
struct Reader<'a> {
    path: &'a Path,
    /// For reports: the file's name.
    name: String,
    encoding: String,
    rows: Rows,
    /// What the runs share, from the first on.
    head: Option<Head>,
    /// Where the run's first feature begins.
    begin: usize,
    skipped: u64,
    first_skipped: Option<String>,
    left_out: u64,
    mended: u64,
}

impl Reader<'_> {
    /// Reads batch after batch until the walk stops.
    fn read_all(
        &mut self,
        text: &Text,
        walk: &mut Walk<'_>,
        most: usize,
        progress: &Progress,
        sink: &mut Sink<'_>,
    ) -> Result<Stop, OpenError> {
        let most = most.max(1);
        let (mut batch, mut stop) = blocks::walk(walk, most);
        loop {
            let last = stop.is_some();
            let (parsed, (next, next_stop)) = rayon::join(
                || batch.par_iter().map(|block| block.parse(text)).collect::<Vec<_>>(),
                || if last { (Vec::new(), None) } else { blocks::walk(walk, most) },
            );
            for (block, parsed) in batch.iter().zip(parsed) {
                progress.at(block.end as u64).map_err(|_| OpenError::cancelled(self.path))?;
                if self.rows.is_full() {
                    self.settle(walk);
                    self.hand_on(false, sink)?;
                    self.begin = block.end;
                }
                let first = self.rows.row();
                let found = block.append(text, parsed, &mut self.rows.builder);
                self.left_out += found.left_out;
                self.mended += found.mended;
                self.skipped += found.skipped.len() as u64;
                for (row, reason) in found.skipped {
                    self.first_skipped.get_or_insert_with(|| reason.clone());
                    self.rows.report.skip(first + row, reason);
                }
                let builder = &self.rows.builder;
                let bounded = limits::check_cells(builder)
                    .and_then(|()| limits::check_sparse(builder, block.end.saturating_sub(self.begin)));
                if let Err(reason) = bounded {
                    return Ok(Stop::Broken(reason));
                }
            }
            if let Some(block) = batch.last() {
                text.release(block.end);
            }
            if let Some(stop) = stop {
                progress.at(text.len() as u64).map_err(|_| OpenError::cancelled(self.path))?;
                return Ok(stop);
            }
            (batch, stop) = (next, next_stop);
        }
    }

    /// Fixes what all runs share.
    fn settle(&mut self, walk: &Walk<'_>) {
        if self.head.is_some() {
            return;
        }
        let (crs, title) = walk.said();
        let rfc = "RFC 7946: GeoJSON without a CRS is WGS 84 longitude, latitude";
        self.head = Some(Head {
            name: title.unwrap_or_else(|| self.name.clone()),
            format: "GeoJSON".into(),
            crs: crs.unwrap_or_else(|| crs_of("EPSG:4326", rfc)),
            encoding: self.encoding.clone(),
        });
    }

    fn hand_on(&mut self, last: bool, sink: &mut Sink<'_>) -> Result<(), OpenError> {
        match &self.head {
            Some(head) => sink(self.rows.take(head, last)),
            None => Ok(()),
        }
    }

    /// The last run, with what only the end tells.
    fn finish(mut self, stop: Stop, walk: &Walk<'_>, sink: &mut Sink<'_>) -> Result<(), OpenError> {
        let rows = self.rows.row();
        if let Stop::Broken(reason) = stop {
            if rows == 0 {
                return Err(OpenError::new(self.path, format!("it cannot be read as GeoJSON: {reason}")));
            }
            let message = format!("{reason}; kept the {rows} features before it: get the file again");
            self.rows.report.add(Severity::Error, &self.name, message);
        }
        if let (Some(head), Some(late)) = (&self.head, &walk.crs)
            && head.crs != *late
        {
            let message = "a crs member stands between its features, and was not followed: give the CRS";
            self.rows.report.add(Severity::Error, &self.name, message);
        }
        if self.left_out > 0 {
            let message = format!(
                "{} parts of mixed collections left out: only those of the highest dimension stay",
                self.left_out
            );
            self.rows.report.warn(&self.name, message);
        }
        if self.mended > 0 {
            let message = format!(
                "{} features hold what JSON does not allow (NaN, halves of characters, line ends in texts): read as no value",
                self.mended
            );
            self.rows.report.warn(&self.name, message);
        }
        if let Some(first) = self.first_skipped.as_ref().filter(|_| self.skipped == rows) {
            let reason = format!("none of its {rows} elements is a GeoJSON feature; the first: {first}");
            return Err(OpenError::new(self.path, reason));
        }
        self.settle(walk);
        self.hand_on(true, sink)
    }
}

#[cfg(test)]
mod tests;
