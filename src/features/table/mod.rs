//! The attribute table: a layer's rows, filtered by CQL2, sorted, selected.

pub mod rows;
pub mod state;
mod systems;
pub mod ui;

use bevy::prelude::*;

use self::state::{TableEdit, TableModel, TableState};
use super::published::{Panel, ShowTable};
use crate::scene::Frame;

/// The table's panel.
pub type TablePanel = Panel<TableModel, TableState, TableEdit>;

/// Adds the table.
pub fn plugin(app: &mut App) {
    app.init_resource::<TablePanel>()
        .init_resource::<systems::Table>()
        .add_message::<ShowTable>()
        .add_systems(Update, systems::apply.in_set(Frame::Requests))
        .add_systems(Update, systems::fill.in_set(Frame::Answers));
}
