//! What drawing costs now: tiles, triangles, milliseconds, memory.

use egui::{Align2, RichText, Ui, vec2};

use super::super::state::{Cost, ViewState};
use crate::panels::{Palette, Words};
use crate::units::grouped;

/// Draws the overlay while it is asked for. `ui` is the root.
pub fn show(ui: &mut Ui, cost: Option<&Cost>, state: &mut ViewState, words: &Words) {
    let (Some(cost), true) = (cost, state.performance) else { return };
    let w = &words.performance;
    let mega = |bytes: usize| grouped(bytes as f64 / 1e6, 0);
    let [choose, take_in, style] = cost.stages_ms;
    let rows = [
        (w.frame, format!("{:.1} ms", cost.frame_ms)),
        (w.stages, format!("{choose:.2} / {take_in:.2} / {style:.2} ms")),
        (w.tiles, format!("{} / {}", cost.drawn, cost.held)),
        (w.missing, format!("{}", cost.missing)),
        (w.triangles, format!("{} / {}", grouped(cost.triangles as f64, 0), grouped(cost.most_triangles as f64, 0))),
        (w.latency, format!("{:.0} ms", cost.latency_ms)),
        (w.memory, format!("{} / {} MB", mega(cost.bytes), mega(cost.most_bytes))),
    ];
    egui::Window::new(w.title)
        .id(egui::Id::new("performance"))
        .open(&mut state.performance)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -44.0))
        .show(ui, |ui| {
            egui::Grid::new("performance rows").num_columns(2).spacing([18.0, 4.0]).show(ui, |ui| {
                for (name, value) in rows {
                    ui.label(name);
                    ui.label(RichText::new(value).color(Palette::of(ui).strong));
                    ui.end_row();
                }
            });
        });
}
