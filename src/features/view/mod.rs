//! How the scene is looked at: sun by place, date and time, shadows, grid, labels, language, theme.

pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{ViewEdit, ViewModel, ViewState};
use super::published::{Panel, SunClock};
use crate::scene::Frame;

/// The view menu's panel.
pub type ViewPanel = Panel<ViewModel, ViewState, ViewEdit>;

/// Adds the view menu.
pub fn plugin(app: &mut App) {
    app.init_resource::<ViewPanel>()
        .init_resource::<SunClock>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(
            Update,
            (systems::open_at_its_moment, systems::choose_drawing, systems::turn_sun, systems::fill)
                .chain()
                .in_set(Frame::Answers),
        );
}
