//! What the notices show, remember and ask for.

use std::sync::Arc;

use crate::report::{Issue, Severity};

/// Everything that was found while data was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoticesModel {
    /// In the order they were found.
    pub issues: Arc<[Issue]>,
}

impl NoticesModel {
    /// How many notes, warnings and errors there are.
    pub fn counts(&self) -> [usize; 3] {
        [Severity::Note, Severity::Warning, Severity::Error]
            .map(|severity| self.issues.iter().filter(|issue| issue.severity == severity).count())
    }
}

/// What the panel remembers while the program runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoticesState {
    /// Shows only what holds this text.
    pub filter: String,
    /// Severities that are switched off.
    pub hidden: Vec<Severity>,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticesEdit {
    /// Show the feature or layer that an issue is about.
    Show {
        /// The issue's layer.
        layer: String,
        /// The feature's row in its source.
        feature: Option<u64>,
    },
    /// Forget all.
    Clear,
}
