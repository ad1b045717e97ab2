//! What was understood of a source, and where it can be corrected.

use std::path::Path;

use egui::{Align, Layout, RichText, ScrollArea, Ui, vec2};
use egui_extras::{Column, TableBuilder};

use super::super::state::{LayerChoice, LoadEdit, LoadState, Offset, Preview, PreviewLayer};
use crate::model::Role;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, crs_line, widgets};

/// Encodings offered: label and name.
const ENCODINGS: [(&str, &str); 6] = [
    ("utf-8", "UTF-8"),
    ("gb18030", "GB18030 (GBK)"),
    ("big5", "Big5"),
    ("shift_jis", "Shift_JIS"),
    ("euc-kr", "EUC-KR"),
    ("latin1", "Latin-1"),
];
/// Draws the preview of a source with the button that loads it.
pub fn show(ui: &mut Ui, preview: &Preview, state: &mut LoadState, words: &Words, edits: &mut Vec<LoadEdit>) {
    let w = &words.load;
    let p = Palette::of(ui);
    ui.add(egui::Label::new(RichText::new(preview.path.display().to_string()).weak()).truncate());
    for note in &preview.notes {
        widgets::remark(ui, Icon::Info, p.note, note);
    }
    let foot = 44.0;
    let body = vec2(ui.available_width(), ui.available_height() - foot);
    ui.allocate_ui_with_layout(body, Layout::top_down(Align::Min), |ui| {
        ui.set_min_size(body);
        if preview.layers.len() > 1 {
            layer_list(ui, preview, state);
            ui.add_space(6.0);
        }
        if let (Some(layer), Some(choice)) = (preview.layers.get(state.current), state.choices.get_mut(state.current)) {
            ScrollArea::vertical().id_salt("preview").auto_shrink(false).show(ui, |ui| {
                the_layer(ui, layer, choice, words);
                if !layer.encoding.is_empty() {
                    encoding(ui, layer, &preview.path, &mut state.encoding, words, edits);
                }
                fields(ui, layer, words);
            });
        }
    });
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let chosen = state.choices.iter().filter(|choice| choice.load).count();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(chosen > 0, |ui| {
                if widgets::main_button(ui, &Words::put(w.load, &[&chosen])).clicked() {
                    edits.push(LoadEdit::Load {
                        path: preview.path.clone(),
                        encoding: state.encoding.clone(),
                        layers: state.choices.clone(),
                    });
                }
            });
            if ui.button(words.frame.cancel).clicked() {
                state.open = false;
                edits.push(LoadEdit::Close);
            }
        });
    });
}

fn layer_list(ui: &mut Ui, preview: &Preview, state: &mut LoadState) {
    ScrollArea::vertical().id_salt("layers of source").max_height(120.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (place, (layer, choice)) in preview.layers.iter().zip(&mut state.choices).enumerate() {
            ui.push_id(place, |ui| {
                ui.horizontal(|ui| {
                    ui.add_enabled(layer.fault.is_empty(), egui::Checkbox::without_text(&mut choice.load));
                    if ui.selectable_label(state.current == place, &layer.name).clicked() {
                        state.current = place;
                    }
                    ui.label(RichText::new(&layer.size).weak());
                    if !layer.fault.is_empty() {
                        let ink = Palette::of(ui).error;
                        ui.add(egui::Label::new(RichText::new(&layer.fault).color(ink)).truncate());
                    }
                });
            });
        }
    });
}

fn the_layer(ui: &mut Ui, layer: &PreviewLayer, choice: &mut LayerChoice, words: &Words) {
    let w = &words.load;
    let p = Palette::of(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    widgets::title(ui, &layer.name);
    if !layer.fault.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &layer.fault);
    }
    widgets::fact(ui, w.format, None, &format!("{} · {}", layer.format, layer.size));
    crs_line::show(ui, &layer.crs, words);
    widgets::row(ui, w.declare_crs, None, |ui| {
        let id = ui.id().with("declare crs");
        let width = ui.available_width();
        widgets::text_field(ui, id, w.declare_crs, w.declare_hint, &mut choice.crs, width)
            .on_hover_text(w.declare_help);
    });
    let offsets =
        [Offset::None, Offset::Gcj02, Offset::Bd09].map(|offset| (offset, offset_word(offset, words).to_owned()));
    if let Some(offset) = widgets::choose(ui, "offset", w.offset, &choice.offset, &offsets) {
        choice.offset = offset;
    }
    let roles = Role::ALL.map(|role| (role, words.role(role).to_owned()));
    if let Some(role) = widgets::choose(ui, "role", words.layers.role, &choice.role, &roles) {
        choice.role = role;
    }
    if !layer.role_basis.is_empty() {
        widgets::row(ui, "", None, |ui| {
            ui.add(egui::Label::new(RichText::new(&layer.role_basis).small().weak()).wrap());
        });
    }
    for note in &layer.notes {
        widgets::remark(ui, Icon::Info, p.note, note);
    }
}

fn offset_word(offset: Offset, words: &Words) -> &'static str {
    match offset {
        Offset::None => words.load.offset_none,
        Offset::Gcj02 => words.load.offset_gcj02,
        Offset::Bd09 => words.load.offset_bd09,
    }
}

fn encoding(
    ui: &mut Ui,
    layer: &PreviewLayer,
    path: &Path,
    chosen: &mut Option<String>,
    words: &Words,
    edits: &mut Vec<LoadEdit>,
) {
    let mut options = vec![(None, Words::put(words.load.encoding_found, &[&layer.encoding]))];
    options.extend(ENCODINGS.map(|(label, name)| (Some(label.to_owned()), name.to_owned())));
    if let Some(encoding) = widgets::choose(ui, "encoding", words.load.encoding, chosen, &options) {
        chosen.clone_from(&encoding);
        edits.push(LoadEdit::Look { path: path.to_owned(), encoding });
    }
}

fn fields(ui: &mut Ui, layer: &PreviewLayer, words: &Words) {
    let w = &words.load;
    if layer.fields.is_empty() {
        return;
    }
    widgets::heading(ui, &Words::put(w.fields, &[&layer.fields.len()]));
    let weak = |text: &str| RichText::new(text).small().weak();
    let width = ui.available_width();
    ui.spacing_mut().item_spacing.y = 0.0;
    TableBuilder::new(ui)
        .id_salt("fields of preview")
        .vscroll(false)
        .striped(true)
        .column(Column::exact((width * 0.24).floor()).clip(true))
        .column(Column::exact((width * 0.12).floor()).clip(true))
        .column(Column::exact((width * 0.20).floor()).clip(true))
        .column(Column::remainder().clip(true))
        .header(22.0, |mut header| {
            for name in [w.field, w.field_type, w.field_meaning, w.field_examples] {
                header.col(|ui| {
                    ui.label(weak(name));
                });
            }
        })
        .body(|body| {
            body.rows(22.0, layer.fields.len(), |mut row| {
                let Some(field) = layer.fields.get(row.index()) else { return };
                let p = |ui: &Ui| Palette::of(ui);
                row.col(|ui| {
                    ui.add(egui::Label::new(RichText::new(&field.key).color(p(ui).strong)).truncate());
                });
                row.col(|ui| {
                    ui.add(egui::Label::new(RichText::new(words.field_type(&field.type_name)).weak()).truncate());
                });
                row.col(|ui| {
                    if !field.meaning.is_empty() {
                        widgets::badge(ui, &field.meaning, p(ui).note);
                    }
                });
                row.col(|ui| {
                    ui.add(egui::Label::new(&field.examples).truncate());
                });
            });
        });
}
