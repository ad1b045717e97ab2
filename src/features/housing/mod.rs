//! Buildings and their units: the card of the selected building, its unit table, and the stock at once.

pub mod describe;
mod in_scene;
mod look;
pub mod state;
mod systems;
#[cfg(test)]
mod tests;
pub mod ui;

use bevy::prelude::*;

use self::state::{HousingEdit, HousingModel, HousingState};
use super::published::{Input, Panel, Privacy};
use crate::scene::Frame;

/// The housing panels.
pub type HousingPanel = Panel<HousingModel, HousingState, HousingEdit>;

/// Adds the housing panels.
pub fn plugin(app: &mut App) {
    app.init_resource::<HousingPanel>()
        .init_resource::<Privacy>()
        .init_resource::<systems::Housing>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(Update, in_scene::click.in_set(Input::Within))
        .add_systems(Update, in_scene::hover.in_set(Frame::Apply))
        .add_systems(
            Update,
            (systems::ask, systems::filter, systems::fill, in_scene::mark, in_scene::hide)
                .chain()
                .in_set(Frame::Rebuild),
        );
}
