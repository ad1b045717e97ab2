//! Mouse and keys.

use egui::{Align, Align2, Layout, RichText, Ui, vec2};

use super::super::state::ViewState;
use crate::panels::{Palette, Words, widgets};

/// Draws the help window while it is open. `ui` is the root.
pub fn show(ui: &mut Ui, state: &mut ViewState, words: &Words) {
    let h = &words.help;
    egui::Window::new(h.title)
        .id(egui::Id::new("help window"))
        .open(&mut state.help)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .show(ui, |ui| {
            ui.set_width(430.0);
            let part = |ui: &mut Ui, title: &str, lines: &[(&str, &str)]| {
                widgets::heading(ui, title);
                for (key, what) in lines {
                    ui.horizontal(|ui| {
                        ui.allocate_ui_with_layout(vec2(170.0, 22.0), Layout::left_to_right(Align::Center), |ui| {
                            ui.set_min_width(170.0);
                            ui.label(RichText::new(*key).color(Palette::of(ui).strong));
                        });
                        ui.add(egui::Label::new(*what).wrap());
                    });
                }
            };
            part(
                ui,
                h.mouse,
                &[
                    (h.left_drag, h.pans),
                    (h.right_drag, h.orbits),
                    (h.wheel, h.zooms),
                    (h.click, h.selects),
                    (h.double_click, h.flies),
                    (h.drop_file, h.loads),
                ],
            );
            part(
                ui,
                h.keys,
                &[
                    ("N", h.north),
                    ("Home", h.fit),
                    ("Tab / Shift+Tab", h.next),
                    ("Ctrl+F", h.search),
                    ("Esc", h.escape),
                    ("F1", h.help),
                    ("F3", h.performance),
                ],
            );
        });
}
