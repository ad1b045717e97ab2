//! What the colours of a layer mean.

use egui::{Align, Layout, Rect, RichText, Sense, Ui, vec2};

use super::super::state::{Legend, LegendEntry};
use crate::panels::{Words, widgets};
use crate::units::grouped;

/// Legends longer than this are cut, with a line that says how many more there are.
const LEGEND_ROWS: usize = 24;

/// The colours with what they mean and how many features have them.
pub fn show(ui: &mut Ui, legend: &Legend, words: &Words) {
    let w = &words.layers;
    match legend {
        Legend::Single => {}
        Legend::Entries { entries, others, missing } => {
            for entry in entries.iter().take(LEGEND_ROWS) {
                legend_row(ui, entry, &entry.label);
            }
            if entries.len() > LEGEND_ROWS {
                ui.label(RichText::new(Words::put(w.more_values, &[&(entries.len() - LEGEND_ROWS)])).small().weak());
            }
            if let Some(entry) = others {
                legend_row(ui, entry, w.other_values);
            }
            if let Some(entry) = missing {
                legend_row(ui, entry, w.no_value);
            }
        }
        Legend::Ramp { stops, low, high, missing } => {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 12.0), Sense::hover());
            paint_ramp(ui, rect, stops);
            ui.horizontal(|ui| {
                ui.label(RichText::new(low).small());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(RichText::new(high).small()));
            });
            if let Some(entry) = missing {
                legend_row(ui, entry, w.no_value);
            }
        }
    }
}

fn legend_row(ui: &mut Ui, entry: &LegendEntry, label: &str) {
    ui.horizontal(|ui| {
        ui.set_min_height(18.0);
        widgets::swatch(ui, entry.colour);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if entry.count > 0 {
                ui.label(RichText::new(grouped(entry.count as f64, 0)).small().weak());
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(label).truncate()).on_hover_text(label);
            });
        });
    });
}

fn paint_ramp(ui: &Ui, rect: Rect, stops: &[[u8; 3]]) {
    let mut mesh = egui::Mesh::default();
    for (i, stop) in stops.iter().enumerate() {
        let x = rect.min.x + rect.width() * i as f32 / (stops.len().max(2) - 1) as f32;
        let first = mesh.vertices.len() as u32;
        mesh.colored_vertex(egui::pos2(x, rect.min.y), widgets::colour(*stop));
        mesh.colored_vertex(egui::pos2(x, rect.max.y), widgets::colour(*stop));
        if i > 0 {
            mesh.add_triangle(first - 2, first - 1, first);
            mesh.add_triangle(first - 1, first, first + 1);
        }
    }
    ui.painter().add(mesh);
}

/// In the layer's line: the first colours of the legend, small.
pub fn paint_icon(ui: &Ui, rect: Rect, legend: &Legend) {
    let colours: Vec<[u8; 3]> = match legend {
        Legend::Single => return,
        Legend::Entries { entries, .. } => entries.iter().take(4).map(|e| e.colour).collect(),
        Legend::Ramp { stops, .. } => return paint_ramp(ui, rect, stops),
    };
    let half = vec2(5.5, 5.5);
    for (i, rgb) in colours.iter().enumerate() {
        let at = rect.min + vec2((i % 2) as f32 * 6.5, (i / 2) as f32 * 6.5);
        ui.painter().rect_filled(Rect::from_min_size(at, half), 1.0, widgets::colour(*rgb));
    }
}
