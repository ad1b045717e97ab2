//! Parcels beside their control limits: the dossier of the selected one, and all of them at once.

pub mod describe;
pub mod schemes;
pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{PlanningEdit, PlanningModel, PlanningState};
use super::published::Panel;

pub use self::systems::verdict_colour;
use crate::scene::Frame;

/// The planning panels.
pub type PlanningPanel = Panel<PlanningModel, PlanningState, PlanningEdit>;

/// Adds the planning panels.
pub fn plugin(app: &mut App) {
    app.add_plugins(schemes::plugin)
        .init_resource::<PlanningPanel>()
        .init_resource::<systems::Planning>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(
            Update,
            (systems::ask, systems::fill, systems::paint, systems::mark).chain().in_set(Frame::Rebuild),
        );
}
