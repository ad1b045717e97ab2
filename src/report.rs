//! Reports: what went wrong for one layer, feature or field, without stopping the rest.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How much an [`Issue`] matters to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing: something was recognised, guessed or repaired.
    Note,
    /// Part of the data was left out or is doubtful.
    Warning,
    /// A whole layer or file could not be used.
    Error,
}

/// One thing that a person can read and act on.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Issue {
    /// How much it matters.
    pub severity: Severity,
    /// The layer's name or id; empty when the issue is about a whole file or project.
    pub layer: String,
    /// The feature's row in its source, counted from 0.
    pub feature: Option<u64>,
    /// What happened and what to do, in one sentence.
    pub message: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.layer.is_empty() {
            write!(f, "layer {}", self.layer)?;
            if let Some(feature) = self.feature {
                write!(f, ", feature {feature}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

/// A feature that stays in the table but could not be used, and why.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Skipped {
    /// The feature's row in its source, counted from 0.
    pub feature: u64,
    /// Why it was left out.
    pub reason: String,
}

/// Everything that was found while one layer was read, repaired and placed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Notes, warnings and errors, in the order they were found.
    pub issues: Vec<Issue>,
    /// Features left out, by row.
    pub skipped: Vec<Skipped>,
    /// Repairs done, by name, counted: `("ring closed", 12)`.
    pub repairs: Vec<(&'static str, u64)>,
}

impl Report {
    /// Adds an issue about a layer as a whole (or a file, when `layer` is empty).
    pub fn add(&mut self, severity: Severity, layer: &str, message: impl Into<String>) {
        self.issues.push(Issue { severity, layer: layer.to_owned(), feature: None, message: message.into() });
    }

    /// Adds a note about a layer.
    pub fn note(&mut self, layer: &str, message: impl Into<String>) {
        self.add(Severity::Note, layer, message);
    }

    /// Adds a warning about a layer.
    pub fn warn(&mut self, layer: &str, message: impl Into<String>) {
        self.add(Severity::Warning, layer, message);
    }

    /// Records a feature that cannot be used.
    pub fn skip(&mut self, feature: u64, reason: impl Into<String>) {
        self.skipped.push(Skipped { feature, reason: reason.into() });
    }

    /// Counts `times` repairs of one kind.
    pub fn repaired(&mut self, what: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        match self.repairs.iter_mut().find(|(name, _)| *name == what) {
            Some((_, count)) => *count += times,
            None => self.repairs.push((what, times)),
        }
    }

    /// Appends another report.
    pub fn extend(&mut self, other: Report) {
        self.issues.extend(other.issues);
        self.skipped.extend(other.skipped);
        for (what, times) in other.repairs {
            self.repaired(what, times);
        }
    }
}

/// Shared between a long work and whoever watches it: how far it is, and a wish to stop.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
    stage: Mutex<String>,
}

/// The work was stopped because somebody asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

impl Progress {
    /// Starts a named stage of `total` steps (bytes, features; 0 when unknown).
    pub fn stage(&self, name: impl Into<String>, total: u64) {
        if let Ok(mut stage) = self.stage.lock() {
            *stage = name.into();
        }
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Says how many steps of the stage are done; `Err` when the work should stop now.
    pub fn at(&self, done: u64) -> Result<(), Cancelled> {
        self.done.store(done, Ordering::Relaxed);
        if self.cancelled.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The stage's name and the share done, 0 to 1 (`None` when the total is unknown).
    pub fn read(&self) -> (String, Option<f32>) {
        let name = self.stage.lock().map(|s| s.clone()).unwrap_or_default();
        let total = self.total.load(Ordering::Relaxed);
        let share = (total > 0).then(|| self.done.load(Ordering::Relaxed) as f32 / total as f32);
        (name, share)
    }
}
