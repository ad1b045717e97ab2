//! What the view of feeds shows, remembers and asks for.

use std::sync::Arc;

pub use super::runner::{Endpoint, Line};
use crate::feeds::cap::Severity;
use crate::feeds::config::Kind;
use crate::panels::Language;
use crate::place::Bounds;

/// A feed, as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its id, inert.
    pub name: String,
    /// Its id, as orders say it.
    pub id: String,
    /// What it reads.
    pub kind: Kind,
    /// Whether it brings places of moving units.
    pub tracks: bool,
    /// From where, without passwords; inert.
    pub address: String,
    /// How it is.
    pub line: Line,
}

/// A warning that is shown, its texts inert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShownWarning {
    /// By which it is known again when others come and go.
    pub key: String,
    /// What happens.
    pub event: String,
    /// How bad it is.
    pub severity: Severity,
    /// In one line.
    pub headline: String,
    /// Where, in words.
    pub place: String,
    /// In full.
    pub description: String,
    /// What to do.
    pub instruction: String,
    /// Who says so.
    pub sender: String,
    /// Until when, milliseconds since 1970 UTC.
    pub until: i64,
    /// Its box on the map; `None` where it names no area that can be drawn.
    pub extent: Option<Bounds>,
}

/// The view's contents.
#[derive(Clone, Debug, Default)]
pub struct FeedsModel {
    /// The language that names are said in.
    pub language: Option<Language>,
    /// Whether the project says any feeds.
    pub there: bool,
    /// How many, the endpoint with them.
    pub count: usize,
    /// Why its file cannot be used.
    pub error: String,
    /// Whether they were started.
    pub on: bool,
    /// The feeds.
    pub feeds: Vec<Listed>,
    /// Whether there is an endpoint of this machine to be started.
    pub has_endpoint: bool,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Warnings that hold now, the worst first.
    pub warnings: Vec<ShownWarning>,
    /// What was no report: feed, place, reason, first characters.
    pub garbage: Arc<Vec<[String; 4]>>,
    /// How far the place's own time is ahead of UTC, milliseconds.
    pub offset: i64,
    /// Now, milliseconds since 1970 UTC.
    pub now: i64,
}

/// What the view remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedsState {
    /// Whether the view is open, in the place of the cases.
    pub open: bool,
    /// Whether garbage is listed.
    pub garbage: bool,
    /// The warning whose texts are shown.
    pub warning: Option<String>,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedsEdit {
    /// Start all feeds of the project, or stop them.
    Start(bool),
    /// Start one, or stop it.
    Run(String, bool),
    /// Let one look now.
    Look(String),
    /// List garbage, or do not.
    Garbage(bool),
    /// Bring a box of the map into view.
    Fly(Bounds),
}
