//! Saying what a thing is: hover, click, and the list of all things under the cursor.

pub mod describe;
pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{InspectorEdit, InspectorModel, InspectorState};
use super::published::{Input, Panel, Pointer, Privacy, Select, Selection};
use crate::scene::Frame;

/// The inspector's panel.
pub type InspectorPanel = Panel<InspectorModel, InspectorState, InspectorEdit>;

/// Adds picking, selection and the inspector.
pub fn plugin(app: &mut App) {
    app.init_resource::<Privacy>()
        .init_resource::<InspectorPanel>()
        .init_resource::<Selection>()
        .init_resource::<Pointer>()
        .add_message::<Select>()
        .add_systems(Update, (systems::apply, systems::point).chain().in_set(Input::Follow))
        .add_systems(Update, systems::select.in_set(Frame::Apply))
        .add_systems(Update, systems::describe.in_set(Frame::Answers))
        .add_systems(Update, systems::mark.in_set(Frame::Rebuild));
}
