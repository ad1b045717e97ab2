//! Snapshots from the window: what is on the screen leaves as data, model, picture, report or package.

mod answers;
mod export;
mod offer;
pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{SnapshotEdit, SnapshotModel, SnapshotState};
use self::systems::Jobs;
use super::published::{Panel, PublishReport};
use crate::scene::Frame;

/// The dialog's panel.
pub type SnapshotPanel = Panel<SnapshotModel, SnapshotState, SnapshotEdit>;

/// Adds snapshots.
pub fn plugin(app: &mut App) {
    app.init_resource::<SnapshotPanel>()
        .init_resource::<Jobs>()
        .add_message::<PublishReport>()
        .add_systems(Update, (systems::offered, systems::apply, systems::finish).chain().in_set(Frame::Requests))
        .add_systems(Update, systems::fill.in_set(Frame::Rebuild));
}
