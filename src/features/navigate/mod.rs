//! Moving the camera as GIS users expect it: left drag pans, right or middle drag orbits, the wheel
//! zooms to the cursor, a double click flies, N turns north up, Home fits all.

mod systems;

use bevy::prelude::*;

use super::published::{Fly, Input};
use crate::scene::Frame;

/// Adds the camera's controls.
pub fn plugin(app: &mut App) {
    app.add_message::<Fly>()
        .add_systems(Update, systems::drag.in_set(Input::Follow))
        // After a city that is shown in the same frame: the first view is of it.
        .add_systems(Update, systems::fly.in_set(Frame::Answers));
}

pub use systems::{around, camera_of, first_view, view_at, view_of};
