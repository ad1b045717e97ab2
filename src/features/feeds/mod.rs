//! Feeds of a project in the window: off until the user starts them, because a project may be a stranger's.
//!
//! 1. [`systems::follow_project`]: which feeds there are, read on a thread;
//! 2. [`runner`]: the thread that runs them and says how they are; what they bring goes into the project's file, where
//!    the desk of cases finds it;
//! 3. [`warnings`]: areas of warnings, draped on a thread;
//! 4. [`ui`]: a line above the cases, and a view in their place;
//! 5. [`overlay`]: outlines and names of warnings over the scene; [`ways`]: tracks of moving units there.

mod describe;
pub mod overlay;
mod runner;
pub mod state;
mod systems;
#[cfg(test)]
mod tests;
pub mod ui;
mod warnings;
pub mod ways;

use std::path::PathBuf;
use std::thread::JoinHandle;

use bevy::prelude::*;

use self::runner::{Runner, Told};
use self::state::{FeedsEdit, FeedsModel, FeedsState};
use self::warnings::{Draped, Key};
use super::published::{Arriving, Panel};
use super::work::Work;
use crate::feeds::project::ProjectFeeds;
use crate::panels::Language;
use crate::scene::Frame;

/// The view of feeds.
pub type FeedsPanel = Panel<FeedsModel, FeedsState, FeedsEdit>;

/// The feeds of the project.
#[derive(Resource, Default)]
pub struct Feeds {
    generation: u64,
    folder: PathBuf,
    /// The file that says them, while it is read.
    reading: Option<Work<Option<ProjectFeeds>>>,
    found: Option<ProjectFeeds>,
    error: String,
    runner: Option<Runner>,
    /// The thread that waits for a runner that was stopped.
    ending: Option<JoinHandle<()>>,
    /// The number of what was told last, and what it was.
    seen: u64,
    told: Told,
    /// Areas that are being draped, and those that were; each with what they were made for.
    draping: Option<(Key, Work<Draped>)>,
    draped: Draped,
    draped_for: Option<Key>,
    language: Option<Language>,
    changed: bool,
}

/// Adds the feeds.
pub fn plugin(app: &mut App) {
    app.init_resource::<FeedsPanel>()
        .init_resource::<Feeds>()
        .init_resource::<Arriving>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(
            Update,
            (systems::follow_project, systems::take_in, systems::drape, systems::fill).chain().in_set(Frame::Rebuild),
        )
        .add_systems(Last, systems::finish);
}
