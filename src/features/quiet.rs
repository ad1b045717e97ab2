//! Keeps egui idle. bevy_egui 0.42 reports the modifier keys with every frame, and egui takes any
//! event as a wish for another frame: an untouched window would draw for ever.

use bevy::prelude::*;
use bevy_egui::{EguiInput, EguiPreUpdateSet};

/// Drops reports of modifier keys that did not change.
pub fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, drop_repeats.after(EguiPreUpdateSet::ProcessInput).before(EguiPreUpdateSet::BeginPass));
}

fn drop_repeats(mut inputs: Query<&mut EguiInput>, mut last: Local<Option<egui::Modifiers>>) {
    for mut input in &mut inputs {
        input.0.events.retain(|event| match event {
            egui::Event::ModifiersChanged(modifiers) => last.replace(*modifiers) != Some(*modifiers),
            _ => true,
        });
    }
}
