//! Labels over the scene, in Chinese and English, that do not overlap.

mod place;
mod streamed;

use std::collections::HashMap;
use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use self::streamed::{Name, Names};
use super::published::{Privacy, Styles};
use crate::city::City;
use crate::mesh::city::CityMesh;
use crate::scene::Frame;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;
use crate::themes::housing::personal::Masks;

pub use place::{Candidate, Label, place_labels};

/// The labels in view.
#[derive(Resource, Default, Debug)]
pub struct Labels {
    placed: Vec<Label>,
    reading: bool,
}

/// Texts of layers that are read by window, by the layer's number.
#[derive(Resource, Default)]
struct Windows {
    city: Option<Arc<City>>,
    layers: Vec<Names>,
    /// What of a layer is masked: learnt once, for frames come often.
    masks: HashMap<usize, Masks>,
}

impl Windows {
    /// Forgets the names of another city.
    fn of(&mut self, city: &Arc<City>) -> (&mut [Names], &mut HashMap<usize, Masks>) {
        if !self.city.as_ref().is_some_and(|held| Arc::ptr_eq(held, city)) {
            self.city = Some(city.clone());
            self.masks.clear();
            self.layers.clear();
            self.layers.resize_with(city.layers.len(), Names::default);
        }
        (&mut self.layers, &mut self.masks)
    }
}

/// Adds labels.
pub fn plugin(app: &mut App) {
    app.init_resource::<Labels>()
        .init_resource::<Windows>()
        .init_resource::<Privacy>()
        .add_systems(Update, choose.in_set(Frame::Rebuild));
}

/// Candidates looked at for each layer; the largest features of the view win.
const MOST_CANDIDATES: usize = 1500;

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn choose(
    eye: Res<Eye>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    (styles, privacy): (Res<Styles>, Res<Privacy>),
    mut windows: ResMut<Windows>,
    mut labels: ResMut<Labels>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if !(labels.reading
        || eye.is_changed()
        || shown.is_changed()
        || looks.is_changed()
        || styles.is_changed()
        || privacy.is_changed())
    {
        return;
    }
    let (Some(city), Some(mesh), true) = (&shown.city, &shown.mesh, styles.labels) else {
        *labels = Labels::default();
        *windows = Windows::default();
        return;
    };
    let (windows, masks) = windows.of(city);
    windows.iter_mut().for_each(Names::take_in);
    let mut candidates = Vec::new();
    for (n, style) in styles.layers.iter().enumerate() {
        let (Some(field), Some(look), Some(layer)) = (&style.label_by, looks.layers.get(n), city.layers.get(n)) else {
            continue;
        };
        if !look.visible {
            continue;
        }
        let names = if layer.stream.is_some() {
            windows[n].around(city, n, field, &eye.camera)
        } else {
            Arc::new(in_memory(city, mesh, n, field, &eye))
        };
        let veil = masks.entry(n).or_insert_with(|| Masks::of(&layer.known().table));
        let shown = |text: &String| if privacy.unmasked { text.clone() } else { veil.shown(field, text.clone()) };
        for name in names.iter() {
            if look.filter.as_deref().is_some_and(|rows| rows.binary_search(&name.row).is_err()) {
                continue;
            }
            let (top, above_sea) = name.top;
            let up = if above_sea { top } else { mesh.ground.elevation(name.centre.into()) + top };
            let Some((window, depth)) = eye.to_window([name.centre[0], name.centre[1], up]) else { continue };
            let weight = name.size / (depth * depth);
            candidates.push(Candidate { at: window, text: shown(&name.text), weight, layer: n });
        }
    }
    labels.placed = place_labels(candidates);
    labels.reading = windows.iter().any(Names::is_busy);
    if labels.reading {
        // Nothing else wakes a window that waits for events.
        redraw.write(RequestRedraw);
    }
}

/// Names of a layer in memory near the eye's target: what is far away is not labelled anyway.
fn in_memory(city: &City, mesh: &CityMesh, n: usize, field: &str, eye: &Eye) -> Vec<Name> {
    let layer = &city.layers[n];
    let Some(field) = layer.layer.table.field(field) else { return Vec::new() };
    let (geometry, bodies) = (&layer.layer.table.geometry, mesh.layers[n].bodies.as_ref());
    let target = [eye.camera.target.east, eye.camera.target.north];
    let view = crate::place::Bounds { min: target, max: target }.grown(eye.camera.distance * 1.6);
    let rows = layer.index.boxes_in(&view).into_iter().take(MOST_CANDIDATES);
    let names = rows.filter_map(|row| {
        let text = field.values.get(row).to_string();
        let centre = geometry.centroid(row).filter(|_| !text.trim().is_empty())?;
        let top = bodies.and_then(|bodies| bodies.top.get(row as usize).copied()).filter(|top| top.is_finite());
        let size = geometry.area(row).max(geometry.length(row) * 4.0);
        Some(Name { row, centre, top: top.map_or((0.0, false), |top| (f64::from(top), true)), text, size })
    });
    names.collect()
}

impl Labels {
    /// Whether texts around the view are still being read.
    pub fn is_reading(&self) -> bool {
        self.reading
    }

    /// Paints the labels over the scene.
    pub fn paint(&self, ui: &egui::Ui, viewport: egui::Rect, offset: egui::Vec2) {
        let painter = ui.painter_at(viewport);
        let font = egui::FontId::proportional(place::FONT_SIZE);
        for label in &self.placed {
            let at = egui::pos2(label.at[0], label.at[1]) - offset;
            let halo = egui::Color32::from_white_alpha(215);
            for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
                let at = at + egui::vec2(dx, dy);
                painter.text(at, egui::Align2::CENTER_CENTER, &label.text, font.clone(), halo);
            }
            let ink = egui::Color32::from_rgb(0x1c, 0x24, 0x2e);
            painter.text(at, egui::Align2::CENTER_CENTER, &label.text, font.clone(), ink);
        }
    }
}
