//! One folder per thing a user does. A feature never reaches into another: it reads published state
//! and writes messages.

mod answers;
pub mod cases;
pub mod desk;
pub mod feeds;
pub mod housing;
pub mod inspector;
pub mod labels;
pub mod layers;
pub mod load;
pub mod measure;
pub mod navigate;
pub mod notices;
pub mod planning;
pub mod published;
pub mod questions;
mod quiet;
pub mod search;
pub mod snapshot;
pub mod status;
pub mod table;
mod under;
mod unmasking;
pub mod view;
mod work;

use std::sync::Arc;

use bevy::prelude::*;

use self::published::{Input, OpenProject, Preferences, Target};
use crate::analysis::colour::{Legend, Painter, colours};
use crate::city::{City, CityLayer};
use crate::model::LayerStyle;
use crate::model::project::Project;
use crate::panels::settings::{self, Settings};
use crate::scene::Frame;
use crate::scene::stage::LayerLook;

pub use navigate::{around, camera_of, first_view, view_at, view_of};

/// All features, in the order in which their panels stand.
pub fn plugin(app: &mut App) {
    app.add_message::<published::SceneInput>().init_resource::<published::AnswerLayers>();
    app.configure_sets(Update, (Input::Claim, Input::Within, Input::Follow).chain().in_set(Frame::Requests));
    app.add_systems(Update, published::let_go.before(Input::Claim).in_set(Frame::Requests));
    app.add_plugins((desk::plugin, quiet::plugin));
    app.add_plugins((
        layers::plugin,
        inspector::plugin,
        search::plugin,
        table::plugin,
        measure::plugin,
        planning::plugin,
        housing::plugin,
        (cases::plugin, feeds::plugin),
        questions::plugin,
        notices::plugin,
        (load::plugin, snapshot::plugin),
        status::plugin,
        view::plugin,
        labels::plugin,
        navigate::plugin,
    ));
}

/// Loads a project in the background and shows it; settings are those of the user.
pub fn open_project(app: &mut App, project: Project) {
    let path = settings::path();
    let settings = path.as_deref().map(Settings::load).unwrap_or_default();
    app.insert_resource(Preferences { settings, path });
    load::load_project(app.world_mut(), project);
}

/// Readies panels for a picture: shown or not; nothing of the user's settings enters a picture but
/// the language.
pub fn set_up_picture(app: &mut App, project: &Project, panels: bool) {
    let world = app.world_mut();
    world.insert_resource(OpenProject(project.clone()));
    world.resource_mut::<desk::Desk>().shown = panels;
}

/// Selects a feature for a picture.
pub fn select_for_picture(app: &mut App, features: &[(usize, u32)]) {
    let mut selection = app.world_mut().resource_mut::<published::Selection>();
    selection.targets =
        features.iter().map(|(layer, feature)| Target { layer: *layer, feature: *feature, hit: None }).collect();
}

/// Colours the rows of a layer: all now, or as they are read. The legend comes with it. An answer's colours go: they
/// would hide what was chosen.
pub fn paint(layer: &CityLayer, style: &LayerStyle, look: &mut LayerLook) -> Legend {
    look.answer = None;
    if layer.stream.is_some() {
        let (painter, mut legend) = Painter::learn(layer.known(), style);
        look.painter = Some(Arc::new(painter));
        // Learnt from a sample: how many there are in all is not known, and a number would look as if it were.
        legend.entries.iter_mut().for_each(|entry| entry.count = 0);
        legend
    } else {
        let (rows, legend) = colours(&layer.layer, style);
        look.colours = Arc::new(rows);
        legend
    }
}

/// How the layers of a city are shown at first.
pub fn first_looks(city: &City) -> Vec<LayerLook> {
    let look = |(order, layer): (usize, &Arc<crate::city::CityLayer>)| LayerLook {
        // Painted when the features take the city over, with the styles that the user has set.
        visible: layer.layer.visible,
        opacity: layer.layer.style.opacity,
        order,
        ..LayerLook::default()
    };
    city.layers.iter().enumerate().map(look).collect()
}
