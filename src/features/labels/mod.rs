//! Labels over the scene, in Chinese and English, that do not overlap.

mod place;

use bevy::prelude::*;

use super::published::Styles;
use crate::scene::Frame;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;

pub use place::{Candidate, Label, place_labels};

/// The labels in view.
#[derive(Resource, Default, Debug)]
pub struct Labels(pub Vec<Label>);

/// Adds labels.
pub fn plugin(app: &mut App) {
    app.init_resource::<Labels>().add_systems(Update, choose.in_set(Frame::Rebuild));
}

/// Candidates looked at for each layer; the largest features of the view win.
const MOST_CANDIDATES: usize = 1500;

fn choose(eye: Res<Eye>, shown: Res<Shown>, looks: Res<Looks>, styles: Res<Styles>, mut labels: ResMut<Labels>) {
    if !(eye.is_changed() || shown.is_changed() || looks.is_changed() || styles.is_changed()) {
        return;
    }
    let (Some(city), Some(mesh), true) = (&shown.city, &shown.mesh, styles.labels) else {
        labels.0.clear();
        return;
    };
    let mut candidates = Vec::new();
    for (n, style) in styles.layers.iter().enumerate() {
        let Some(field) = style.label_by.as_ref().and_then(|key| city.layers[n].layer.table.field(key)) else {
            continue;
        };
        let look = &looks.layers[n];
        if !look.visible {
            continue;
        }
        let geometry = &city.layers[n].layer.table.geometry;
        let bodies = mesh.layers[n].bodies.as_ref();
        // Near the eye's target first: what is far away is not labelled anyway.
        let reach = eye.camera.distance * 1.6;
        let target = [eye.camera.target.east, eye.camera.target.north];
        let view = crate::place::Bounds { min: target, max: target }.grown(reach);
        let rows = city.layers[n].index.boxes_in(&view);
        for row in rows.into_iter().take(MOST_CANDIDATES) {
            if look.filter.as_deref().is_some_and(|rows| rows.binary_search(&row).is_err()) {
                continue;
            }
            let Some(centre) = geometry.centroid(row) else { continue };
            let top = bodies.and_then(|bodies| bodies.top.get(row as usize).copied()).filter(|top| top.is_finite());
            let up = top.map_or_else(|| mesh.ground.elevation(centre.into()), f64::from);
            let Some((window, depth)) = eye.to_window([centre[0], centre[1], up]) else { continue };
            let text = field.values.get(row).to_string();
            if text.trim().is_empty() {
                continue;
            }
            let size = geometry.area(row).max(geometry.length(row) * 4.0);
            candidates.push(Candidate { at: window, text, weight: size / (depth * depth), layer: n });
        }
    }
    labels.0 = place_labels(candidates);
}

impl Labels {
    /// Paints the labels over the scene.
    pub fn paint(&self, ui: &egui::Ui, viewport: egui::Rect) {
        let painter = ui.painter_at(viewport);
        let font = egui::FontId::proportional(place::FONT_SIZE);
        for label in &self.0 {
            let at = egui::pos2(label.at[0], label.at[1]);
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
