//! Terrain and imagery in the list of layers.

use egui::{Align, Layout, Rect, Stroke, Ui, vec2};

use super::super::state::{LayersEdit, LayersState, RasterKind, RasterRow};
use super::{Line, asks_to_remove, one_line, percent};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, crs_line, widgets};

/// The line of a raster, and its details while they are open.
pub fn show(ui: &mut Ui, row: &RasterRow, state: &mut LayersState, words: &Words, edits: &mut Vec<LayersEdit>) {
    let w = &words.layers;
    let line = Line {
        id: &row.id,
        title: &row.title,
        visible: row.visible,
        open: state.open.contains(&row.id),
        colour: None,
        warnings: row.warnings,
        draggable: false,
    };
    let rect = one_line(ui, &line, state, words, edits);
    let icon = Rect::from_min_size(rect.min + vec2(50.0, 8.0), vec2(12.0, 12.0));
    paint_raster_icon(ui, icon, &row.kind);
    if !line.open {
        return;
    }
    let id = || row.id.clone();
    widgets::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        match &row.kind {
            RasterKind::Terrain { exaggeration, range } => {
                let times = |n: f32| format!("× {n:.1}");
                if let Some(new) = widgets::slide(ui, w.exaggeration, *exaggeration, 1.0..=10.0, times) {
                    edits.push(LayersEdit::Exaggeration { id: id(), exaggeration: new });
                }
                widgets::fact(ui, w.elevations, None, range);
            }
            RasterKind::Imagery => {
                if let Some(opacity) = widgets::slide(ui, w.opacity, row.opacity, 0.0..=1.0, percent) {
                    edits.push(LayersEdit::Opacity { id: id(), opacity });
                }
            }
        }
        crs_line::show(ui, &row.crs, words);
        widgets::fact(ui, w.cells, None, &row.size);
        if asks_to_remove(ui, &row.id, &row.title, state, words, edits) {
            return;
        }
        ui.horizontal(|ui| {
            if widgets::icon_button(ui, Icon::Target, w.zoom_to).clicked() {
                edits.push(LayersEdit::ZoomTo { id: id() });
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::icon_button(ui, Icon::Bin, w.remove).clicked() {
                    state.removing = Some(id());
                }
            });
        });
    });
}

fn paint_raster_icon(ui: &Ui, rect: Rect, kind: &RasterKind) {
    let ink = Palette::of(ui).weak;
    let at = |x: f32, y: f32| rect.min + vec2(x, y);
    match kind {
        RasterKind::Terrain { .. } => {
            let hills = vec![at(0.0, 11.0), at(4.0, 3.0), at(6.5, 7.5), at(8.5, 5.0), at(12.0, 11.0)];
            ui.painter().add(egui::Shape::line(hills, Stroke::new(1.4, ink)));
        }
        RasterKind::Imagery => {
            ui.painter().rect_stroke(rect, 1.5, Stroke::new(1.3, ink), egui::StrokeKind::Inside);
            ui.painter().circle_filled(at(4.0, 4.0), 1.3, ink);
            ui.painter().add(egui::Shape::line(
                vec![at(1.0, 10.0), at(5.0, 6.0), at(7.5, 8.5), at(9.0, 7.0), at(11.0, 9.5)],
                Stroke::new(1.2, ink),
            ));
        }
    }
}
