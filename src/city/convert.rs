//! A source of any size converted to FlatGeobuf in the project CRS, run by run, with bounded memory.
//!
//! 1. the source is read in runs of rows ([`formats::open_chunks`]);
//! 2. the first run with coordinates settles where the layer lies, its role and its fields, in the way in
//!    which [`super::City::open`] settles whole layers;
//! 3. every run is transformed, repaired and pushed to the sorting writer;
//! 4. when the source is still the file that it was at the start, the layer gets its name.
//!
//! A source that ends early or that its reader doubts is refused: the converted layer would hide for ever
//! that something is missing.

mod stamp;

use std::path::Path;

pub use self::stamp::Stamp;
use super::build;
use super::read::Opened;
use super::settle::settle_all;
use super::{CityError, project_crs};
use crate::formats::flatgeobuf::{SortedWriter, Summary};
use crate::formats::{self, OpenError, OpenOptions, RawData, RawLayer, WriteError, meanings};
use crate::model::project::{Project, ProjectLayer};
use crate::model::{FieldMapping, Role, Title, repair};
use crate::place::{Bounds, Crs, FoundCrs, Offset, datum};
use crate::report::{Issue, Progress, Report, Severity};

/// Rows read at once: with their features and attributes a few dozen megabytes.
const ROWS: usize = 1 << 16;
/// Runs without any coordinates that are kept until one with some comes.
const WAITING: usize = 8;
/// Skipped features that are named; the rest is counted.
const NAMED: usize = 1000;
/// Different things said about a layer.
const ISSUES: usize = 200;

/// A layer that was converted.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The layer's name in the source.
    pub name: String,
    /// The source's format.
    pub format: String,
    /// What the source lies in and how that was found.
    pub found: FoundCrs,
    /// The CRS of the new file: the project's.
    pub crs: Crs,
    /// Why this CRS.
    pub crs_basis: String,
    /// Role, declared or guessed from the first run.
    pub role: Role,
    /// Why this role.
    pub role_basis: String,
    /// Fields by meaning, declared or guessed from the first run.
    pub mapping: FieldMapping,
    /// The names of all fields, in their order.
    pub fields: Vec<String>,
    /// What was written.
    pub summary: Summary,
    /// What was found; at most a thousand skipped features are named, by their row in the source.
    pub report: Report,
    /// All features that were skipped, those that are not named included.
    pub skipped: u64,
}

/// A source that could not be converted. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// It cannot be read, or not to its end.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// It cannot be placed.
    #[error("{0}")]
    Place(String),
    /// The new file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
}

impl From<CityError> for ConvertError {
    fn from(error: CityError) -> Self {
        match error {
            CityError::Cancelled => Self::Cancelled,
            other => Self::Place(other.to_string()),
        }
    }
}

/// Converts one layer of a source into `target`, an indexed FlatGeobuf in Hilbert order. What the user says
/// about it (`crs`, `offset`, `encoding`, `layer_name`, `role`, `fields`) holds; `z_offset` and everything
/// about drawing is left to whoever opens the new file.
///
/// # CRS
/// The new file is in `project_crs`; without one, in the CRS that suits the first run.
///
/// # Errors
/// [`ConvertError`]: the source is cut off, holds several layers of which none is named, changed while it was
/// read, cannot be placed, or the target cannot be written. `target` is then as it was before.
pub fn convert(
    layer: &ProjectLayer,
    source: &Path,
    project_crs: Option<&Crs>,
    target: &Path,
    progress: &Progress,
) -> Result<Converted, ConvertError> {
    let before = Stamp::of(source)?;
    let options =
        OpenOptions { layer: layer.layer_name.clone(), encoding: layer.encoding.clone(), ..OpenOptions::default() };
    let mut work = Work::new(layer, source, project_crs, target);
    let mut failed = None;
    let read = formats::open_chunks(source, &options, ROWS, progress, &mut |raw| {
        work.take(raw).map_err(|error| {
            failed = Some(error);
            OpenError::new(source, "stopped")
        })
    });
    match (failed, read) {
        (Some(error), _) => return Err(error),
        (None, Err(error)) if error.cancelled => return Err(ConvertError::Cancelled),
        (None, Err(error)) => return Err(error.into()),
        (None, Ok(())) => {}
    }
    let check = || match Stamp::of(source) {
        Ok(after) if after == before => Ok(()),
        _ => Err(ConvertError::from(OpenError::new(
            source,
            "it changed while it was read: wait until whoever writes it is done, and try again",
        ))),
    };
    check()?;
    work.finish(progress)
}

/// What the first run settled.
struct Settled {
    /// `None` for a table without coordinates.
    crs: Option<Crs>,
    found: FoundCrs,
    offset: Option<Offset>,
    swapped: bool,
    project: Crs,
    basis: String,
}

struct Work<'a> {
    spec: &'a ProjectLayer,
    source: &'a Path,
    project: Option<&'a Crs>,
    target: &'a Path,
    id: String,
    /// Runs that came before any coordinates.
    waiting: Vec<RawLayer>,
    settled: Option<Settled>,
    writer: Option<SortedWriter>,
    /// Name, format, role with its reason, mapping: from the first run.
    head: Option<(String, String, Role, String, FieldMapping)>,
    fields: Vec<String>,
    rows: u64,
    /// Vertices read, and left by an offset.
    vertices: [u64; 2],
    report: Report,
    skipped: u64,
}

impl<'a> Work<'a> {
    fn new(spec: &'a ProjectLayer, source: &'a Path, project: Option<&'a Crs>, target: &'a Path) -> Self {
        let stem = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            spec,
            source,
            project,
            target,
            id: if spec.id.is_empty() { stem } else { spec.id.clone() },
            waiting: Vec::new(),
            settled: None,
            writer: None,
            head: None,
            fields: Vec::new(),
            rows: 0,
            vertices: [0; 2],
            report: Report::default(),
            skipped: 0,
        }
    }

    fn refuse(&self, reason: impl std::fmt::Display) -> ConvertError {
        OpenError::new(self.source, reason).into()
    }

    /// Takes the next run of rows.
    fn take(&mut self, raw: RawLayer) -> Result<(), ConvertError> {
        let first = self.waiting.first().map(|first| &first.name).or(self.head.as_ref().map(|head| &head.0));
        if let Some(other) = first.filter(|first| **first != raw.name) {
            return Err(self.refuse(format!(
                "it holds several layers, \"{other}\" and \"{}\" among them: name one (layer_name, or --layer)",
                raw.name
            )));
        }
        if let Some(doubt) = raw.report.issues.iter().find(|issue| issue.severity == Severity::Error) {
            return Err(
                self.refuse(format!("it is not converted, because part of it would be missing: {}", doubt.message))
            );
        }
        if self.settled.is_some() {
            return self.push(raw);
        }
        let placed = !raw.table.geometry.xy.is_empty();
        self.waiting.push(raw);
        if placed || self.waiting.len() == WAITING { self.settle() } else { Ok(()) }
    }

    /// Settles everything by the last of the runs that wait, then pushes all of them.
    fn settle(&mut self) -> Result<(), ConvertError> {
        let Some(last) = self.waiting.pop() else { return Ok(()) };
        let mut report = Report::default();
        let title = Title::default();
        let opened = Opened { spec: self.spec, id: self.id.clone(), title, data: RawData::Vector(last), big: None };
        let (layers, _) = settle_all(vec![opened], &mut report);
        let Some(layer) = layers.into_iter().next() else {
            let reasons: Vec<String> = report.issues.iter().map(|issue| issue.message.clone()).collect();
            return Err(ConvertError::Place(reasons.join("; ")));
        };
        let (offset, swapped, lonlat) = (layer.offset, layer.swapped, layer.lonlat);
        let mut raw = layer.raw;
        let (project, basis) = match self.project {
            Some(crs) => (crs.clone(), "the project's".to_owned()),
            None => project_crs(&Project::default(), &lonlat, &mut report)?,
        };
        self.say(report.issues);
        self.doubt(&raw.crs, &project, &lonlat);
        let found = std::mem::replace(&mut raw.crs, FoundCrs::unknown(""));
        self.writer = Some(SortedWriter::create(self.target, &self.id, &project)?.recognising());
        self.settled = Some(Settled { crs: found.crs.clone(), found, offset, swapped, project, basis });
        for raw in std::mem::take(&mut self.waiting) {
            self.push(raw)?;
        }
        // Its axes were exchanged when it settled the rest.
        if swapped {
            raw.table.geometry.xy.iter_mut().for_each(|point| point.reverse());
        }
        self.push(raw)
    }

    fn doubt(&mut self, found: &FoundCrs, project: &Crs, lonlat: &Bounds) {
        let doubt = found.crs.as_ref().and_then(|crs| datum::doubt(crs, project, lonlat));
        if let Some(doubt) = doubt {
            self.report.warn(&self.id, doubt);
        }
    }

    /// Transforms, repairs and writes a run.
    fn push(&mut self, raw: RawLayer) -> Result<(), ConvertError> {
        let (Some(settled), Some(writer)) = (&self.settled, &mut self.writer) else { return Ok(()) };
        let RawLayer { name, format, mut table, report: mut found, .. } = raw;
        let read = table.geometry.xy.len() as u64;
        let mut local = Report::default();
        if let Some(crs) = &settled.crs {
            if settled.swapped {
                table.geometry.xy.iter_mut().for_each(|point| point.reverse());
            }
            let column = &mut table.geometry;
            let carried = build::carry(column, crs, settled.offset, &settled.project, &mut local)
                .map_err(|error| ConvertError::Place(error.to_string()))?;
            self.vertices[0] += read;
            self.vertices[1] += carried.left as u64;
        }
        table.geometry = repair::repair(std::mem::take(&mut table.geometry), &self.id, &mut local);
        if self.head.is_none() {
            // Meanings are told by all rows; to guess a role, those of the first run do.
            let mut look = table.clone();
            meanings::recognise(&mut look, &name, &mut Report::default());
            let (role, basis, mapping) = build::meaning(self.spec, &name, &look);
            self.head = Some((name, format, role, basis, mapping));
        }
        for field in &table.fields {
            if !self.fields.contains(&field.name) {
                self.fields.push(field.name.clone());
            }
        }
        writer.push(&table)?;
        // Readers count rows in the source, repairs in the run.
        let rows = local.skipped.into_iter().map(|skipped| (skipped.feature + self.rows, skipped.reason));
        let mut skipped: Vec<(u64, String)> =
            found.skipped.drain(..).map(|skipped| (skipped.feature, skipped.reason)).chain(rows).collect();
        skipped.sort_by_key(|(row, _)| *row);
        skipped.dedup_by_key(|(row, _)| *row);
        self.skipped += skipped.len() as u64;
        let room = NAMED.saturating_sub(self.report.skipped.len());
        skipped.into_iter().take(room).for_each(|(row, reason)| self.report.skip(row, reason));
        local.repairs.into_iter().for_each(|(what, times)| self.report.repaired(what, times));
        found.repairs.into_iter().for_each(|(what, times)| self.report.repaired(what, times));
        self.rows += table.len() as u64;
        self.say(found.issues);
        Ok(())
    }

    /// Adds what was found, once.
    fn say(&mut self, issues: Vec<Issue>) {
        for issue in issues {
            let known = self.report.issues.iter().any(|other| other.message == issue.message);
            if !known && self.report.issues.len() < ISSUES {
                self.report.issues.push(Issue { layer: self.id.clone(), ..issue });
            }
        }
    }

    fn finish(mut self, progress: &Progress) -> Result<Converted, ConvertError> {
        self.settle()?;
        let (Some(settled), Some(writer)) = (self.settled.take(), self.writer.take()) else {
            return Err(self.refuse("it has no features"));
        };
        let Some((name, format, role, role_basis, mut mapping)) = self.head.take() else {
            return Err(self.refuse("it has no features"));
        };
        if self.rows == 0 {
            return Err(self.refuse("it has no features"));
        }
        if self.vertices[0] > 0 && writer.placed() == 0 {
            return Err(ConvertError::Place(format!(
                "{} is not converted: none of its {} features can be placed; is its CRS right?",
                self.source.display(),
                self.rows
            )));
        }
        if let Some(offset) = settled.offset {
            let (severity, note) = build::undone(offset, self.vertices[0], self.vertices[1]);
            self.report.add(severity, &self.id, note);
        }
        let more = self.skipped - self.report.skipped.len() as u64;
        if more > 0 {
            self.report.warn(&self.id, format!("{more} more features were skipped; only the first {NAMED} are named"));
        }
        build::declare_fields(self.spec, &self.id, &self.fields, &mut mapping, &mut self.report);
        let summary = writer.finish(progress).map_err(|error| match error.cancelled {
            true => ConvertError::Cancelled,
            false => error.into(),
        })?;
        let recognised = summary.recognised.clone();
        self.say(recognised);
        Ok(Converted {
            name,
            format,
            found: settled.found,
            crs: settled.project,
            crs_basis: settled.basis,
            role,
            role_basis,
            mapping,
            fields: self.fields,
            summary,
            report: self.report,
            skipped: self.skipped,
        })
    }
}

#[cfg(test)]
mod tests;
