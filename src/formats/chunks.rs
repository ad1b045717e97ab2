//! Rows on their way out of a reader: a layer at once, or in runs of so many rows.
//!
//! A reader fills [`Rows`] and, whenever a row follows a full run, hands the run on. `open` is the same
//! with one run that never fills.

use super::{OpenError, RawLayer};
use crate::model::{GeometryKind, TableBuilder};
use crate::place::FoundCrs;
use crate::report::Report;

/// Takes the runs of rows; an error ends the reading.
pub type Sink<'s> = dyn FnMut(RawLayer) -> Result<(), OpenError> + 's;

/// What all runs of a layer share: settled before the first is handed on.
#[derive(Clone, Debug)]
pub struct Head {
    /// The layer's name.
    pub name: String,
    /// The format's name.
    pub format: String,
    /// What the file says about its CRS.
    pub crs: FoundCrs,
    /// Text encoding and how it was found.
    pub encoding: String,
}

/// The rows of a layer that were read and not yet handed on.
#[derive(Debug)]
pub struct Rows {
    /// Where the reader writes.
    pub builder: TableBuilder,
    /// What was found since the last run.
    pub report: Report,
    /// The row of the source that is the builder's first.
    first: u64,
    most: u64,
    /// No row so far has a geometry or a reason why not: it may be a table without geometry.
    bare: bool,
}

impl Rows {
    /// Runs of at most `most` rows.
    pub fn new(most: usize) -> Self {
        let most = (most as u64).max(1);
        Self { builder: TableBuilder::default(), report: Report::default(), first: 0, most, bare: true }
    }

    /// The row being written, counted in the whole source.
    pub fn row(&self) -> u64 {
        self.first + self.builder.row() as u64
    }

    /// Whether the run must be handed on before another row.
    pub fn is_full(&self) -> bool {
        self.builder.row() as u64 >= self.most
    }

    /// The rows so far as a layer of their own; `last` when no others follow. Rows without geometry are said.
    pub fn take(&mut self, head: &Head, last: bool) -> RawLayer {
        let first = self.first;
        self.first = self.row();
        let table = self.builder.take_rows();
        let mut report = std::mem::take(&mut self.report);
        let rows = table.len() as u64;
        if last && self.first == 0 && report.issues.is_empty() {
            report.warn(&head.name, "it holds no features");
        }
        let known: std::collections::HashSet<u64> = report.skipped.iter().map(|s| s.feature).collect();
        let missing: Vec<u64> = (0..rows)
            .filter(|row| table.geometry.kind(*row as u32) == GeometryKind::None)
            .map(|row| first + row)
            .filter(|row| !known.contains(row))
            .collect();
        if !self.bare || missing.len() as u64 != rows {
            // Rows before were taken for those of a table without geometry until now.
            let earlier = if std::mem::take(&mut self.bare) { 0..first } else { 0..0 };
            for row in earlier.chain(missing) {
                report.skip(row, "it has no geometry");
            }
            report.skipped.sort_by_key(|s| s.feature);
        } else if last && self.first > 0 {
            report.note(&head.name, "a table without geometry: its rows can be joined to other layers");
        }
        let Head { name, format, crs, encoding } = head.clone();
        RawLayer { name, format, table, crs, encoding, report }
    }
}

#[cfg(test)]
mod tests;
