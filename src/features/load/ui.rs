//! The load dialog: choose a source, see what was understood, correct it, load it.

use std::path::{Path, PathBuf};

use egui::{Align, Align2, Key, Layout, Modifiers, RichText, ScrollArea, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use egui_file_dialog::FileDialog;

use super::state::{LayerChoice, LoadEdit, LoadModel, LoadState, Offset, Preview, PreviewLayer};
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
                LoadModel::Preview(preview) => the_preview(ui, preview, state, words, edits),
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
                let browser = state.browser.get_or_insert_with(FileDialog::new);
                name_browser(browser, words);
                browser.pick_file();
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

/// Gives the file browser our language.
fn name_browser(browser: &mut FileDialog, words: &Words) {
    let b = &words.browser;
    let labels = browser.labels_mut();
    for (label, text) in [
        (&mut labels.title_select_file, b.title),
        (&mut labels.cancel_button, words.frame.cancel),
        (&mut labels.cancel, words.frame.cancel),
        (&mut labels.open_button, b.open),
        (&mut labels.reload, b.reload),
        (&mut labels.working_directory, b.working_folder),
        (&mut labels.show_hidden, b.hidden),
        (&mut labels.show_system_files, b.system_files),
        (&mut labels.heading_pinned, b.pinned),
        (&mut labels.heading_places, b.places),
        (&mut labels.heading_devices, b.devices),
        (&mut labels.heading_removable_devices, b.removable),
        (&mut labels.home_dir, b.home),
        (&mut labels.desktop_dir, b.desktop),
        (&mut labels.documents_dir, b.documents),
        (&mut labels.downloads_dir, b.downloads),
        (&mut labels.audio_dir, b.music),
        (&mut labels.pictures_dir, b.pictures),
        (&mut labels.videos_dir, b.videos),
        (&mut labels.pin_folder, b.pin),
        (&mut labels.unpin_folder, b.unpin),
        (&mut labels.selected_file, b.selected),
        (&mut labels.file_filter_all_files, b.all_files),
    ] {
        text.clone_into(label);
    }
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
        ui.label(RichText::new(stage).small().weak());
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
        if widgets::main_button(ui, words.load.again).clicked() {
            edits.push(LoadEdit::Look { path: path.to_owned(), encoding: state.encoding.clone() });
        }
        if ui.button(words.load.copy_reason).clicked() {
            ui.copy_text(format!("{}\n{reason}", path.display()));
        }
    });
}

fn the_preview(ui: &mut Ui, preview: &Preview, state: &mut LoadState, words: &Words, edits: &mut Vec<LoadEdit>) {
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

#[cfg(test)]
pub(crate) mod tests {
    use super::super::state::PreviewField;
    use super::*;
    use crate::panels::crs_line::CrsLine;
    use crate::panels::testing::{Panel, copied};
    use crate::panels::{Language, Theme};
    use crate::place::CrsBasis;
    use egui_kittest::kittest::Queryable as _;

    pub(crate) fn sample() -> LoadModel {
        let field = |key: &str, type_name: &str, examples: &str, meaning: &str| PreviewField {
            key: key.into(),
            type_name: type_name.into(),
            examples: examples.into(),
            meaning: meaning.into(),
        };
        LoadModel::Preview(Preview {
            path: "/data/苏州/suzhou_bd_demo_2.shp".into(),
            layers: vec![PreviewLayer {
                name: "suzhou_bd_demo_2".into(),
                format: "ESRI Shapefile".into(),
                size: "3,076 polygons".into(),
                crs: CrsLine {
                    name: "CGCS2000 / 3-degree Gauss-Kruger CM 120E".into(),
                    code: "EPSG:4549".into(),
                    basis: CrsBasis::Guessed,
                    confidence: 0.9,
                    note: "no .prj; the numbers fit this zone and no other".into(),
                },
                encoding: "GB18030 (statistics)".into(),
                role: Role::Building,
                role_basis: "has heights and polygon footprints".into(),
                fields: vec![
                    field("height", "real", "12, 18.5, 33", "height"),
                    field("名称", "text", "平江路 12 号, 观前街", "name"),
                    field("JCNF", "integer", "1987, 2004, 2015", "year"),
                ],
                notes: vec!["5 rings were closed".into()],
                fault: String::new(),
            }],
            notes: vec![],
        })
    }

    fn panel(model: LoadModel, language: Language) -> Panel<LoadState, LoadEdit> {
        let state = LoadState { open: true, ..LoadState::default() };
        Panel::with_state(900.0, 700.0, language, Theme::Dark, state, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits);
        })
    }

    #[test]
    fn a_path_is_typed_with_or_without_quotes_and_looked_into() {
        let mut panel = panel(LoadModel::Choose, Language::English);
        panel.click("Path");
        panel.type_into("Path", "\"/data/a b.geojson\"");
        panel.key(Key::Enter);
        assert_eq!(panel.edits(), [LoadEdit::Look { path: "/data/a b.geojson".into(), encoding: None }]);
    }

    #[test]
    fn what_was_found_is_shown_and_loaded_as_declared() {
        let mut panel = panel(sample(), Language::Chinese);
        panel.harness.get_by_label("EPSG:4549");
        panel.harness.get_by_label("推测 90 %");
        panel.click("指定坐标系");
        panel.type_into("指定坐标系", "EPSG:4528");
        panel.click("加载 1 个图层");
        let edits = panel.edits();
        let Some(LoadEdit::Load { layers, encoding: None, .. }) = edits.last() else { panic!("{edits:?}") };
        assert_eq!(layers[0].crs, "EPSG:4528");
        assert_eq!(layers[0].role, Role::Building);
    }

    #[test]
    fn another_encoding_is_looked_at_again() {
        let mut panel = panel(sample(), Language::English);
        panel.click("Text encoding");
        panel.click("UTF-8");
        let path = "/data/苏州/suzhou_bd_demo_2.shp".into();
        assert_eq!(panel.edits(), [LoadEdit::Look { path, encoding: Some("utf-8".into()) }]);
    }

    #[test]
    fn loading_can_be_cancelled_and_a_failure_can_be_copied() {
        let loading = LoadModel::Loading { path: "a.gpkg".into(), stage: "reading".into(), share: Some(0.25) };
        let mut busy = panel(loading, Language::English);
        busy.harness.get_by_label("25 %");
        busy.click("Cancel");
        assert_eq!(busy.edits(), [LoadEdit::Cancel]);
        let failed = LoadModel::Failed { path: "a.zip".into(), reason: "not a zip archive; send it again".into() };
        let mut failed = panel(failed, Language::English);
        failed.click("Copy message");
        assert_eq!(copied(&failed).as_deref(), Some("a.zip\nnot a zip archive; send it again"));
    }
}
