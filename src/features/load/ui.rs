//! The load dialog: choose a source, see what was understood, correct it, load it.

mod preview;

use std::path::{Path, PathBuf};

use egui::{Align, Align2, Key, Layout, Modifiers, RichText, Ui, vec2};

use super::state::{LayerChoice, LoadEdit, LoadModel, LoadState, Offset};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, browser, widgets};

/// Draws the dialog while it is open. `ui` is the root: the dialog is a window over everything.
pub fn show(ui: &mut Ui, model: &LoadModel, state: &mut LoadState, words: &Words, edits: &mut Vec<LoadEdit>) {
    browse(ui, state, edits);
    if !state.open {
        return;
    }
    settle(model, state);
    let mut open = true;
    let screen = ui.ctx().content_rect();
    let size = vec2((screen.width() - 60.0).clamp(260.0, 720.0), (screen.height() - 80.0).clamp(160.0, 560.0));
    let tall = matches!(model, LoadModel::Preview(_));
    egui::Window::new(words.load.title)
        .id(egui::Id::new("load dialog"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, -10.0))
        .default_width(size.x)
        .min_width(size.x)
        .max_width(size.x)
        .show(ui, |ui| {
            ui.set_width(size.x - 30.0);
            if tall {
                ui.set_height(size.y - 60.0);
            }
            match model {
                LoadModel::Choose => choose(ui, state, words, edits),
                LoadModel::Looking { path, stage, share } => {
                    busy(ui, words.load.looking, path, stage, *share, words, edits)
                }
                LoadModel::Loading { path, stage, share } => {
                    busy(ui, words.load.loading, path, stage, *share, words, edits)
                }
                LoadModel::Preview(preview) => preview::show(ui, preview, state, words, edits),
                LoadModel::Failed { path, reason } => failed(ui, path, reason, state, words, edits),
            }
        });
    let browsing = state.browser.as_ref().is_some_and(|b| *b.state() == egui_file_dialog::DialogState::Open);
    let escaped = !browsing && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
    if !open || (escaped && !matches!(model, LoadModel::Looking { .. } | LoadModel::Loading { .. })) {
        state.open = false;
        edits.push(LoadEdit::Close);
    }
}

/// A preview of a new source begins with what was found.
fn settle(model: &LoadModel, state: &mut LoadState) {
    let LoadModel::Preview(preview) = model else { return };
    let same = state.chosen_for.as_ref() == Some(&preview.path) && state.choices.len() == preview.layers.len();
    if same {
        return;
    }
    state.choices = preview
        .layers
        .iter()
        .map(|layer| LayerChoice {
            name: layer.name.clone(),
            load: layer.fault.is_empty(),
            crs: String::new(),
            offset: Offset::None,
            role: layer.role,
        })
        .collect();
    state.current = 0;
    state.chosen_for = Some(preview.path.clone());
}

fn browse(ui: &Ui, state: &mut LoadState, edits: &mut Vec<LoadEdit>) {
    let Some(browser) = &mut state.browser else { return };
    browser.update(ui.ctx());
    if let Some(path) = browser.take_picked() {
        state.path = path.display().to_string();
        edits.push(LoadEdit::Look { path, encoding: None });
    }
}

fn choose(ui: &mut Ui, state: &mut LoadState, words: &Words, edits: &mut Vec<LoadEdit>) {
    let w = &words.load;
    ui.add(egui::Label::new(w.explain).wrap());
    ui.add_space(6.0);
    source_field(ui, state, words, edits);
    ui.add_space(6.0);
    ui.add(egui::Label::new(RichText::new(w.formats).small().weak()).wrap());
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        ui.add_enabled_ui(!state.path.trim().is_empty(), |ui| {
            if widgets::main_button(ui, w.look).clicked() {
                edits.push(LoadEdit::Look { path: typed(&state.path), encoding: None });
            }
        });
    });
}

/// A path as typed: without the quotes that a file manager puts around it.
fn typed(path: &str) -> PathBuf {
    PathBuf::from(path.trim().trim_matches(['"', '\'']))
}

fn source_field(ui: &mut Ui, state: &mut LoadState, words: &Words, edits: &mut Vec<LoadEdit>) {
    let w = &words.load;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(w.browse).clicked() {
                browser::open(&mut state.browser, words).pick_file();
            }
            if ui.button(w.browse_folder).on_hover_text(w.folder_help).clicked() {
                browser::open(&mut state.browser, words).pick_directory();
            }
            let id = ui.id().with("path");
            let width = ui.available_width();
            let field = widgets::text_field(ui, id, w.path, w.path_hint, &mut state.path, width);
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            if entered && !state.path.trim().is_empty() {
                edits.push(LoadEdit::Look { path: typed(&state.path), encoding: None });
            }
        });
    });
}

fn busy(
    ui: &mut Ui,
    what: &str,
    path: &Path,
    stage: &str,
    share: Option<f32>,
    words: &Words,
    edits: &mut Vec<LoadEdit>,
) {
    ui.add(egui::Label::new(RichText::new(what).color(Palette::of(ui).strong)).wrap());
    ui.add(egui::Label::new(RichText::new(path.display().to_string()).weak()).truncate());
    ui.add_space(6.0);
    let bar = egui::ProgressBar::new(share.unwrap_or(1.0)).desired_height(8.0).corner_radius(4.0);
    let bar = bar.fill(Palette::of(ui).accent);
    ui.add(if share.is_none() { bar.animate(true) } else { bar });
    ui.horizontal(|ui| {
        ui.label(RichText::new(words.stage(stage)).small().weak());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(share) = share {
                ui.label(RichText::new(format!("{:.0} %", share * 100.0)).small().weak());
            }
        });
    });
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if ui.button(words.frame.cancel).clicked() {
            edits.push(LoadEdit::Cancel);
        }
    });
}

fn failed(ui: &mut Ui, path: &Path, reason: &str, state: &mut LoadState, words: &Words, edits: &mut Vec<LoadEdit>) {
    let p = Palette::of(ui);
    widgets::remark(ui, Icon::Error, p.error, words.load.failed);
    ui.add(egui::Label::new(RichText::new(path.display().to_string()).weak()).wrap());
    ui.add(egui::Label::new(RichText::new(reason).color(p.strong)).wrap().selectable(true));
    ui.add_space(8.0);
    source_field(ui, state, words, edits);
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        let again = if state.path.trim().is_empty() { path.to_owned() } else { typed(&state.path) };
        if widgets::main_button(ui, words.load.again).clicked() {
            edits.push(LoadEdit::Look { path: again, encoding: state.encoding.clone() });
        }
        if ui.button(words.load.copy_reason).clicked() {
            ui.copy_text(format!("{}\n{reason}", path.display()));
        }
    });
}

#[cfg(test)]
pub(crate) mod tests;
