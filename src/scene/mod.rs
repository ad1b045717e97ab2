//! The 3D scene: tiles as entities, camera, sun, materials. The only place that makes Bevy meshes.
//!
//! The way of a city onto the screen:
//! 1. [`crate::mesh::city`] turns a [`crate::city::City`] into plain arrays on a worker;
//! 2. [`stage`] makes entities of them: one mesh for each tile and layer;
//! 3. [`style`] packs colour, visibility, selection and hover into one `u32` for each feature;
//! 4. [`view`] keeps the camera and the tiles near the scene's origin, so that `f32` suffices;
//! 5. [`light`] gives the sun's direction and colours to all materials;
//! 6. [`quality`] decides how many triangles and pixels the adapter is asked for.

pub mod areas;
pub mod camera;
pub mod lens;
pub mod light;
pub mod marks;
pub mod material;
pub mod picture;
pub mod quality;
pub mod sheets;
pub mod stage;
pub mod style;
pub mod tiles;
pub mod view;

use bevy::prelude::*;

/// The order of work within a frame, written once.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// What the user asked for in the last frame's panels and with mouse and keys.
    Requests,
    /// Requests change published state.
    Apply,
    /// Pure questions are asked of the core.
    Answers,
    /// State that follows from other state is made again.
    Rebuild,
    /// Entities and materials follow the state.
    Scene,
}

/// Everything that draws the city; knows no window and no panel.
pub fn plugin(app: &mut App) {
    app.configure_sets(Update, (Frame::Requests, Frame::Apply, Frame::Answers, Frame::Rebuild, Frame::Scene).chain());
    app.add_plugins((
        material::plugin,
        stage::plugin,
        tiles::plugin,
        view::plugin,
        quality::plugin,
        marks::plugin,
        sheets::plugin,
        areas::plugin,
        light::plugin,
    ));
}
