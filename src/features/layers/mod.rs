//! The layer tree: visibility, order, opacity, colours with legend, labels.

pub mod describe;
pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{LayersEdit, LayersModel, LayersState};
use super::published::{Panel, Styles};
use crate::scene::Frame;

/// The layer tree's panel.
pub type LayersPanel = Panel<LayersModel, LayersState, LayersEdit>;

/// Adds the layer tree.
pub fn plugin(app: &mut App) {
    app.init_resource::<LayersPanel>()
        .init_resource::<Styles>()
        .init_resource::<systems::Legends>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(Update, (systems::take_over, systems::describe).chain().in_set(Frame::Answers));
}
