//! The view menu (sun, shadows, grid, labels, language, theme), the help window, and the north
//! arrow and scale bar over the scene.

mod help;
mod marks;
mod performance;
mod sun;

pub use help::show as show_help;
pub use marks::show as show_marks;
pub use performance::show as show_performance;

use egui::Ui;

use super::state::{ViewEdit, ViewModel, ViewState};
use crate::panels::icons::Icon;
use crate::panels::{Language, Palette, Theme, Words, widgets};
use crate::scene::quality::Drawing;

/// Draws the menu.
pub fn show(ui: &mut Ui, model: &ViewModel, _state: &mut ViewState, words: &Words, edits: &mut Vec<ViewEdit>) {
    let w = &words.view;
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.horizontal(|ui| {
        if widgets::tool_button(ui, Icon::Home, w.fit, false).clicked() {
            edits.push(ViewEdit::Fit);
        }
        if widgets::tool_button(ui, Icon::Compass, w.north, false).clicked() {
            edits.push(ViewEdit::North);
        }
    });
    widgets::hairline(ui);
    sun::show(ui, model, words, edits);
    widgets::hairline(ui);
    for (on, text, edit) in [
        (model.shadows, w.shadows, ViewEdit::Shadows(!model.shadows)),
        (model.grid, w.grid, ViewEdit::Grid(!model.grid)),
        (model.labels, w.labels, ViewEdit::Labels(!model.labels)),
    ] {
        let mut now = on;
        if ui.checkbox(&mut now, text).clicked() {
            edits.push(edit);
        }
    }
    if model.shadows_slow && model.shadows {
        widgets::remark(ui, Icon::Info, Palette::of(ui).note, w.shadows_slow);
    }
    if let Some(exaggeration) = model.exaggeration {
        let times = |n: f32| format!("× {n:.1}");
        if let Some(new) = widgets::slide(ui, words.layers.exaggeration, exaggeration, 1.0..=10.0, times) {
            edits.push(ViewEdit::Exaggeration(new));
        }
    }
    let drawings = Drawing::ALL.map(|drawing| (drawing, words.drawing_of(drawing).to_owned()));
    if let Some(drawing) = widgets::choose(ui, "drawing", w.drawing, &model.drawing, &drawings) {
        edits.push(ViewEdit::Drawing(drawing));
    }
    widgets::hairline(ui);
    let languages = Language::ALL.map(|language| (language, language.own_name().to_owned()));
    if let Some(language) = widgets::choose(ui, "language", w.language, &model.language, &languages) {
        edits.push(ViewEdit::Language(language));
    }
    let themes = [(Theme::Dark, w.dark.to_owned()), (Theme::Light, w.light.to_owned())];
    if let Some(theme) = widgets::choose(ui, "theme", w.theme, &model.theme, &themes) {
        edits.push(ViewEdit::Theme(theme));
    }
}

#[cfg(test)]
pub(crate) mod tests;
