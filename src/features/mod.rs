//! One folder per thing a user does. A feature never reaches into another: it reads published state
//! and writes messages.

use std::sync::Arc;

use bevy::prelude::*;

use crate::analysis::colour::colours;
use crate::city::City;
use crate::model::project::Project;
use crate::place::Bounds;
use crate::scene::camera::OrbitCamera;
use crate::scene::stage::LayerLook;

/// All features, in the order in which their panels stand.
pub fn plugin(_app: &mut App) {}

/// Loads a project in the background and shows it.
pub fn open_project(_app: &mut App, _project: Project) {}

/// Readies panels for a picture: shown or not, and filled without waiting.
pub fn set_up_picture(_app: &mut App, _project: &Project, _panels: bool) {}

/// How the layers of a city are shown at first.
pub fn first_looks(city: &City) -> Vec<LayerLook> {
    city.layers
        .iter()
        .enumerate()
        .map(|(order, layer)| LayerLook {
            colours: Arc::new(colours(&layer.layer).0),
            visible: layer.layer.visible,
            opacity: layer.layer.style.opacity,
            order,
            ..LayerLook::default()
        })
        .collect()
}

/// The view of the whole city from the south.
pub fn whole_view(city: &City, aspect: f64) -> OrbitCamera {
    view_of(city, &city.extent, aspect)
}

/// The view of a part of the city from the south, from half above.
pub fn view_of(city: &City, bounds: &Bounds, aspect: f64) -> OrbitCamera {
    let mut camera = OrbitCamera { heading: 0.0, pitch: 42.0, ..OrbitCamera::default() };
    let (low, high) = city.terrain.as_ref().and_then(|terrain| terrain.range()).unwrap_or((0.0, 0.0));
    camera.fit(bounds, f64::from(low), f64::from(high), aspect);
    camera
}
