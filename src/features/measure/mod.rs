//! Measuring distances, paths, areas and heights by clicking.

pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{MeasureEdit, MeasureModel, MeasureState};
use super::published::{DrawnArea, Input, Panel};
use crate::scene::Frame;

pub use systems::Measuring;

/// The measuring panel.
pub type MeasurePanel = Panel<MeasureModel, MeasureState, MeasureEdit>;

/// Adds the measuring tools.
pub fn plugin(app: &mut App) {
    app.init_resource::<MeasurePanel>()
        .init_resource::<Measuring>()
        .init_resource::<DrawnArea>()
        .add_systems(Update, (systems::apply, systems::click).chain().in_set(Input::Follow))
        .add_systems(Update, (systems::forget, systems::answer, systems::tell).chain().in_set(Frame::Answers));
}
