//! Questions across layers: built, asked, shown on the map and in a list, saved as a layer, kept with the project.

pub mod examples;
pub mod state;
mod systems;
#[cfg(test)]
mod tests;
pub mod ui;

use bevy::prelude::*;

use self::state::{QuestionsEdit, QuestionsModel, QuestionsState};
use super::published::Panel;
use crate::scene::Frame;

/// The questions' panel.
pub type QuestionsPanel = Panel<QuestionsModel, QuestionsState, QuestionsEdit>;

/// Adds the questions.
pub fn plugin(app: &mut App) {
    app.init_resource::<QuestionsPanel>()
        .init_resource::<systems::Questions>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(Update, (systems::follow, systems::show_on_map, systems::fill).chain().in_set(Frame::Rebuild));
}
