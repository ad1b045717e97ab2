//! Opening projects and files: looked at first, loaded in the background, with progress and cancel.

mod job;
pub mod preview;
pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{LoadEdit, LoadModel, LoadState};
use super::published::{AddData, Busy, ChangeProject, LookInto, OpenProject, Panel, StopWork};
use crate::scene::Frame;

use job::Job;

/// The load dialog's panel.
pub type LoadPanel = Panel<LoadModel, LoadState, LoadEdit>;

/// Adds loading.
pub fn plugin(app: &mut App) {
    app.init_resource::<LoadPanel>()
        .init_resource::<Job>()
        .init_resource::<OpenProject>()
        .add_message::<ChangeProject>()
        .init_resource::<Busy>()
        .add_message::<LookInto>()
        .add_message::<AddData>()
        .add_message::<StopWork>()
        .add_systems(
            Update,
            (systems::drop_file, systems::apply, systems::change, systems::finish).chain().in_set(Frame::Requests),
        );
}

pub use systems::load_project;
