//! The search box: any attribute, ids, names, and coordinates in any CRS.

pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{SearchEdit, SearchModel, SearchState};
use super::published::Panel;
use crate::scene::Frame;

/// The search box's panel.
pub type SearchPanel = Panel<SearchModel, SearchState, SearchEdit>;

/// Adds the search box.
pub fn plugin(app: &mut App) {
    app.init_resource::<SearchPanel>()
        .init_resource::<systems::Answers>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests));
}
