//! The snapshot dialog: what leaves, of what, how large it gets, and where to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use egui::{Align, Align2, Key, Layout, Modifiers, RichText, Ui, vec2};

use super::state::{Asked, LayerOffer, Preview, Run, SnapshotEdit, SnapshotModel, SnapshotState, What};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, browser, widgets};
use crate::place::offset::Offset;
use crate::snapshot::Format;
use crate::snapshot::page::sheet::Paper;
use crate::snapshot::solid::SolidFormat;
use crate::units::grouped;

/// The side of a picture, pixels: at least and at most.
const SIDES: (u32, u32) = (16, 16_384);

impl SnapshotState {
    /// Opens the dialog for a report.
    pub fn begin_report(&mut self) {
        self.begin();
        self.asked.what = What::Report;
        self.path = with_ending(&self.path, ending_of(self));
    }

    /// Opens the dialog; choices of the same project are as they were.
    pub fn begin(&mut self) {
        self.open = true;
        self.counted = None;
    }
}

/// Draws the dialog while it is open. `ui` is the root: the dialog is a window over everything.
pub fn show(
    ui: &mut Ui,
    model: &SnapshotModel,
    state: &mut SnapshotState,
    words: &Words,
    edits: &mut Vec<SnapshotEdit>,
) {
    if let Some(browser) = &mut state.browser {
        browser.update(ui.ctx());
        if let Some(path) = browser.take_picked() {
            state.path = path.display().to_string();
        }
    }
    if !state.open {
        return;
    }
    settle(model, state);
    let mut open = true;
    let screen = ui.ctx().content_rect();
    let size = vec2((screen.width() - 60.0).clamp(260.0, 640.0), (screen.height() - 90.0).clamp(160.0, 620.0));
    egui::Window::new(words.snapshot.title)
        .id(egui::Id::new("snapshot dialog"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, -6.0))
        .default_width(size.x)
        .min_width(size.x)
        .max_width(size.x)
        .show(ui, |ui| {
            ui.set_width(size.x - 30.0);
            match &model.run {
                Run::Idle => choices(ui, size.y - 290.0, model, state, words, edits),
                Run::Busy { stage, share } => busy(ui, stage, *share, state, words, edits),
                Run::Done { out, notes } => done(ui, out, notes, words, edits),
                Run::Failed(reason) => failed(ui, reason, words, edits),
            }
        });
    let browsing = state.browser.as_ref().is_some_and(|b| *b.state() == egui_file_dialog::DialogState::Open);
    let escaped = !browsing && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
    if !open || (escaped && !matches!(model.run, Run::Busy { .. })) {
        state.open = false;
        if matches!(model.run, Run::Done { .. } | Run::Failed(_)) {
            edits.push(SnapshotEdit::Back);
        }
    }
}

/// A project that was not seen before begins with what is on the screen. Answers come and go: a new one is chosen, and
/// what else was chosen stays.
fn settle(model: &SnapshotModel, state: &mut SnapshotState) {
    let (answers, own): (Vec<_>, Vec<_>) = model.layers.iter().partition(|layer| layer.answer);
    let answers: BTreeSet<String> = answers.into_iter().map(|layer| layer.id.clone()).collect();
    let ids = own.into_iter().map(|layer| layer.id.as_str()).collect::<Vec<_>>().join("\n");
    let project = format!("{}\n{ids}", model.project);
    if model.layers.is_empty() {
        return;
    }
    if state.chosen_for.as_ref() == Some(&project) {
        state.asked.layers.extend(answers.difference(&state.answers).cloned());
        state.asked.layers.retain(|id| !state.answers.contains(id) || answers.contains(id));
        state.answers = answers;
        return;
    }
    (state.chosen_for, state.answers) = (Some(project), answers);
    state.asked.layers = model.layers.iter().filter(|layer| layer.visible).map(|layer| layer.id.clone()).collect();
    state.asked.fields.clear();
    state.size = state.asked.picture.size.map(|side| side.to_string());
    let folder = dirs::document_dir().or_else(dirs::home_dir).unwrap_or_default();
    // Not every letter of a title may stand in a file's name.
    let name: String =
        model.project.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | ' ') { c } else { '_' }).collect();
    let name = name.replace(" _", "_");
    let name = name.trim_matches(['_', ' ']);
    let name = if name.is_empty() { "cimbase" } else { name };
    state.path = folder.join(format!("{name}.{}", ending_of(state))).display().to_string();
}

/// The endings of what is asked for, the usual one first, with their formats.
fn endings(what: What, above: bool) -> Vec<(&'static str, &'static str)> {
    match what {
        What::Data => Format::ALL.iter().map(|format| (format.endings()[0], format.title())).collect(),
        What::Model => SolidFormat::ALL.iter().map(|format| (format.endings()[0], format.title())).collect(),
        What::Picture => {
            let geotiff = above.then_some(("tif", "GeoTIFF"));
            let pictures = [("png", "PNG"), ("jpg", "JPEG"), ("pdf", "PDF")];
            pictures.into_iter().chain(geotiff).collect()
        }
        What::Report => vec![("pdf", "PDF"), ("html", "HTML")],
        What::Package => vec![("cimpack", "Cimbase")],
    }
}

fn ending_of(state: &SnapshotState) -> &'static str {
    let what = state.asked.what;
    if what == What::Package && !state.asked.recipient.trim().is_empty() {
        return "cimpack.age";
    }
    let offered = endings(what, state.asked.picture.above);
    let chosen = state.endings.get(&(what as u8)).copied();
    let chosen = chosen.filter(|chosen| offered.iter().any(|(ending, _)| ending == chosen));
    chosen.unwrap_or(offered[0].0)
}

/// The path with another ending than one of those that are offered.
fn with_ending(path: &str, ending: &str) -> String {
    let all = What::ALL.into_iter().flat_map(|what| endings(what, true)).map(|(ending, _)| ending);
    let mut known: Vec<&str> = all.chain(["cimpack.age"]).collect();
    known.sort_by_key(|ending| std::cmp::Reverse(ending.len()));
    let lower = path.to_lowercase();
    let stem = known.iter().find(|known| lower.ends_with(&format!(".{known}")));
    let stem = stem.map_or(path, |known| &path[..path.len() - known.len() - 1]);
    format!("{stem}.{ending}")
}

fn choices(
    ui: &mut Ui,
    height: f32,
    model: &SnapshotModel,
    state: &mut SnapshotState,
    words: &Words,
    edits: &mut Vec<SnapshotEdit>,
) {
    let w = &words.snapshot;
    let before = ending_of(state);
    ui.horizontal(|ui| {
        for (what, text) in [
            (What::Data, w.data),
            (What::Model, w.model),
            (What::Picture, w.picture),
            (What::Report, w.report),
            (What::Package, w.package),
        ] {
            if ui.selectable_label(state.asked.what == what, text).clicked() {
                state.asked.what = what;
            }
        }
    });
    let help = match state.asked.what {
        What::Data => w.data_help,
        What::Model => w.model_help,
        What::Picture => w.picture_help,
        What::Report => w.report_help,
        What::Package => w.package_help,
    };
    ui.add(egui::Label::new(RichText::new(help).weak()).wrap());
    ui.add_space(4.0);
    egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        // Beside the scroll bar.
        ui.set_max_width(ui.available_width() - 12.0);
        match state.asked.what {
            What::Data | What::Model | What::Package => layers(ui, model, state, words),
            What::Picture => picture(ui, model, state, words),
            What::Report => report(ui, model, words),
        }
    });
    widgets::hairline(ui);
    let formats = endings(state.asked.what, state.asked.picture.above);
    if formats.len() > 1 {
        let options: Vec<(&str, String)> =
            formats.iter().map(|(ending, title)| (*ending, format!("{title} (.{ending})"))).collect();
        if let Some(chosen) = widgets::choose(ui, "snapshot format", w.format, &ending_of(state), &options) {
            state.endings.insert(state.asked.what as u8, chosen);
        }
    }
    let ending = ending_of(state);
    if ending != before {
        state.path = with_ending(&state.path, ending);
    }
    file(ui, ending, state, words);
    let fault = fault(model, state, ending, words);
    let asked = Asked { out: PathBuf::from(state.path.trim()), ..state.asked.clone() };
    preview(ui, model, state, &asked, fault.is_none(), words, edits);
    if let Some(fault) = &fault {
        widgets::remark(ui, Icon::Info, Palette::of(ui).weak, fault);
    }
    ui.add_space(4.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        ui.add_enabled_ui(fault.is_none(), |ui| {
            if widgets::main_button(ui, w.take).clicked() {
                edits.push(SnapshotEdit::Take(asked));
            }
        });
    });
}

/// What is missing before anything can be written.
fn fault(model: &SnapshotModel, state: &SnapshotState, ending: &str, words: &Words) -> Option<String> {
    let (w, asked) = (&words.snapshot, &state.asked);
    if !state.path.trim().to_lowercase().ends_with(&format!(".{ending}")) {
        return Some(Words::put(w.wrong_ending, &[&ending]));
    }
    let chosen = model.layers.iter().filter(|layer| asked.layers.contains(&layer.id)).count();
    match asked.what {
        What::Data | What::Model | What::Package if chosen == 0 => Some(w.no_layer.to_owned()),
        What::Data if chosen > 1 && Format::of(Path::new(&state.path)).is_some_and(|format| !format.holds_layers()) => {
            Some(w.one_layer.to_owned())
        }
        What::Report => model.subject.is_none().then(|| w.report_none.to_owned()),
        What::Picture if ending != "pdf" => {
            let fits = asked.picture.size.iter().all(|side| (SIDES.0..=SIDES.1).contains(side));
            (!fits).then(|| w.wrong_size.to_owned())
        }
        _ => None,
    }
}

fn layers(ui: &mut Ui, model: &SnapshotModel, state: &mut SnapshotState, words: &Words) {
    let w = &words.snapshot;
    widgets::heading(ui, w.layers);
    for layer in &model.layers {
        ui.horizontal(|ui| {
            let mut chosen = state.asked.layers.contains(&layer.id);
            if ui.checkbox(&mut chosen, &layer.title).changed() {
                match chosen {
                    true => state.asked.layers.insert(layer.id.clone()),
                    false => state.asked.layers.remove(&layer.id),
                };
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if chosen && state.asked.what == What::Data {
                    fields_button(ui, layer, state, words);
                }
                let all = grouped(layer.features as f64, 0);
                let text = match layer.filtered {
                    Some(some) => Words::put(w.shown_of, &[&grouped(some as f64, 0), &all]),
                    None => all,
                };
                ui.label(RichText::new(text).weak());
            });
        });
        if state.unfolded.contains(&layer.id)
            && state.asked.what == What::Data
            && state.asked.layers.contains(&layer.id)
        {
            fields(ui, layer, state, words);
        }
    }
    if state.asked.what == What::Package {
        let id = ui.id().with("key");
        widgets::row(ui, w.encrypt, None, |ui| {
            let width = ui.available_width();
            widgets::text_field(ui, id, w.encrypt, w.encrypt_hint, &mut state.asked.recipient, width);
        });
    }
    widgets::heading(ui, w.rows);
    let asked = &mut state.asked;
    ui.horizontal(|ui| {
        ui.radio_value(&mut asked.selected, false, w.rows_shown);
        let any = model.layers.iter().any(|layer| layer.selected);
        ui.add_enabled_ui(any, |ui| ui.radio_value(&mut asked.selected, true, w.rows_selected));
        asked.selected &= any;
    });
    ui.horizontal(|ui| {
        ui.radio_value(&mut asked.in_view, false, w.area_all);
        ui.radio_value(&mut asked.in_view, true, w.area_view);
        if asked.in_view && asked.what == What::Data {
            ui.checkbox(&mut asked.clip, w.clip);
        }
    });
    if asked.what == What::Package {
        return;
    }
    let lonlat = asked.what == What::Data && Format::of(Path::new(&state.path)).is_some_and(Format::is_lonlat);
    widgets::row(ui, w.crs, None, |ui| {
        if lonlat {
            ui.label(RichText::new(w.crs_fixed).weak());
            return;
        }
        let id = ui.id().with("crs");
        let width = ui.available_width();
        let hint = Words::put(w.crs_hint, &[&model.crs]);
        widgets::text_field(ui, id, w.crs, &hint, &mut asked.crs, width);
    });
    if asked.what == What::Data {
        let l = &words.load;
        let options = [
            (None, l.offset_none.to_owned()),
            (Some(Offset::Gcj02), l.offset_gcj02.to_owned()),
            (Some(Offset::Bd09), l.offset_bd09.to_owned()),
        ];
        if let Some(offset) = widgets::choose(ui, "snapshot offset", w.offset, &asked.offset, &options) {
            asked.offset = offset;
        }
    }
}

fn fields_button(ui: &mut Ui, layer: &LayerOffer, state: &mut SnapshotState, words: &Words) {
    let chosen = state.asked.fields.get(&layer.id).map_or(layer.fields.len(), Vec::len);
    let text = Words::put(words.snapshot.fields_n, &[&chosen, &layer.fields.len()]);
    let open = state.unfolded.contains(&layer.id);
    if ui.selectable_label(open, RichText::new(text).small()).on_hover_text(words.snapshot.fields).clicked() {
        match open {
            true => state.unfolded.remove(&layer.id),
            false => state.unfolded.insert(layer.id.clone()),
        };
    }
}

/// Which fields of a layer leave, and under which names.
fn fields(ui: &mut Ui, layer: &LayerOffer, state: &mut SnapshotState, words: &Words) {
    let all = || layer.fields.iter().map(|(key, _)| (key.clone(), key.clone())).collect::<Vec<_>>();
    let mut wished = state.asked.fields.get(&layer.id).cloned().unwrap_or_else(all);
    ui.indent(("fields", &layer.id), |ui| {
        for (at, (key, title)) in layer.fields.iter().enumerate() {
            ui.horizontal(|ui| {
                let mut place = wished.iter().position(|(other, _)| other == key);
                let mut taken = place.is_some();
                let name = if title == key { key.clone() } else { format!("{title} ({key})") };
                if ui.checkbox(&mut taken, name).changed() {
                    match place {
                        Some(place) => drop(wished.remove(place)),
                        None => {
                            // Back to where it stands in the source.
                            let before = |other: &String| layer.fields[..at].iter().any(|(key, _)| key == other);
                            let to = wished.iter().take_while(|(other, _)| before(other)).count();
                            wished.insert(to, (key.clone(), key.clone()));
                        }
                    }
                    place = wished.iter().position(|(other, _)| other == key);
                }
                if let Some(place) = place {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let id = ui.id().with(("name", key));
                        let label = Words::put(words.snapshot.name_in_file, &[key]);
                        widgets::text_field(ui, id, &label, key, &mut wished[place].1, 150.0);
                    });
                }
            });
        }
    });
    if wished == all() {
        state.asked.fields.remove(&layer.id);
    } else {
        state.asked.fields.insert(layer.id.clone(), wished);
    }
}

fn picture(ui: &mut Ui, model: &SnapshotModel, state: &mut SnapshotState, words: &Words) {
    let w = &words.snapshot;
    let sheet = ending_of(state) == "pdf";
    let asked = &mut state.asked.picture;
    ui.horizontal(|ui| {
        ui.radio_value(&mut asked.above, false, w.look_view);
        ui.radio_value(&mut asked.above, true, w.look_above);
    });
    if sheet {
        let papers = Paper::ALL.map(|paper| (paper, format!("{paper:?}")));
        if let Some(paper) = widgets::choose(ui, "snapshot paper", w.paper, &asked.paper, &papers) {
            asked.paper = paper;
        }
        widgets::row(ui, "", None, |ui| ui.checkbox(&mut asked.upright, w.upright));
    } else {
        widgets::row(ui, w.size, None, |ui| {
            ui.horizontal(|ui| {
                for (at, text) in state.size.iter_mut().enumerate() {
                    if at > 0 {
                        ui.label("×");
                    }
                    let id = ui.id().with(("side", at));
                    widgets::text_field(ui, id, &format!("{} {}", w.size, at + 1), "", text, 80.0);
                    asked.size[at] = text.trim().parse().unwrap_or(0);
                }
            });
        });
        ui.checkbox(&mut asked.around, w.around).on_hover_text(w.around_help);
    }
    widgets::row(ui, w.picture_title, None, |ui| {
        let (id, width) = (ui.id().with("title"), ui.available_width());
        let hint = Words::put(w.title_hint, &[&model.project]);
        widgets::text_field(ui, id, w.picture_title, &hint, &mut asked.title, width);
    });
}

fn report(ui: &mut Ui, model: &SnapshotModel, words: &Words) {
    if let Some(subject) = &model.subject {
        widgets::fact(ui, words.snapshot.report_of, None, subject);
    }
}

fn file(ui: &mut Ui, ending: &str, state: &mut SnapshotState, words: &Words) {
    let w = &words.snapshot;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(words.load.browse).clicked() {
                let path = PathBuf::from(state.path.trim());
                let browser = browser::open(&mut state.browser, words);
                let config = browser.config_mut();
                if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
                    config.initial_directory = folder.to_owned();
                }
                config.default_file_name = path
                    .file_name()
                    .map_or_else(|| format!("cimbase.{ending}"), |name| name.to_string_lossy().into_owned());
                browser.save_file();
            }
            let (id, width) = (ui.id().with("file"), ui.available_width());
            widgets::text_field(ui, id, w.file, "", &mut state.path, width);
        });
    });
    if state.exists.0 != state.path {
        state.exists = (state.path.clone(), Path::new(state.path.trim()).exists());
    }
    if state.exists.1 {
        widgets::remark(ui, Icon::Warning, Palette::of(ui).note, w.exists);
    }
}

/// How much would be written; asked anew when the choices change.
fn preview(
    ui: &mut Ui,
    model: &SnapshotModel,
    state: &mut SnapshotState,
    asked: &Asked,
    whole: bool,
    words: &Words,
    edits: &mut Vec<SnapshotEdit>,
) {
    let w = &words.snapshot;
    if !matches!(asked.what, What::Data | What::Model | What::Package) {
        return;
    }
    // While the user types, nothing is counted.
    let typing = ui.ctx().egui_wants_keyboard_input();
    if whole && !typing && state.counted.as_ref() != Some(asked) {
        state.counted = Some(asked.clone());
        edits.push(SnapshotEdit::Count(asked.clone()));
    }
    let p = Palette::of(ui);
    let mut remarks = Vec::new();
    let text = match &model.preview {
        _ if !whole => String::new(),
        Preview::None | Preview::Counting => w.counting.to_owned(),
        Preview::Failed(reason) => {
            remarks.push((Icon::Error, p.error, reason.clone()));
            String::new()
        }
        Preview::Counted(counted) => {
            let features: u64 = counted.layers.iter().map(|(_, features)| features).sum();
            let features = Words::put(w.features_n, &[&grouped(features as f64, 0)]);
            let size = counted
                .bytes
                .map_or_else(|| w.size_unknown.to_owned(), |bytes| Words::put(w.about_size, &[&bytes_text(bytes)]));
            format!("{features} · {size}")
        }
    };
    if !text.is_empty() {
        widgets::fact(ui, w.preview, None, &text);
    }
    remarks.push(match model.unmasked {
        true => (Icon::Warning, p.note, w.unmasked.to_owned()),
        false => (Icon::Info, p.weak, w.masked.to_owned()),
    });
    for (icon, ink, text) in remarks {
        widgets::remark(ui, icon, ink, &text);
    }
}

/// Bytes as people read them.
fn bytes_text(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.0} kB", (b / 1e3).max(1.0)),
    }
}

fn busy(
    ui: &mut Ui,
    stage: &str,
    share: Option<f32>,
    state: &SnapshotState,
    words: &Words,
    edits: &mut Vec<SnapshotEdit>,
) {
    ui.add(egui::Label::new(RichText::new(words.snapshot.taking).color(Palette::of(ui).strong)).wrap());
    ui.add(egui::Label::new(RichText::new(&state.path).weak()).truncate());
    ui.add_space(6.0);
    let bar = egui::ProgressBar::new(share.unwrap_or(1.0)).desired_height(8.0).corner_radius(4.0);
    let bar = bar.fill(Palette::of(ui).accent);
    ui.add(if share.is_none() { bar.animate(true) } else { bar });
    ui.label(RichText::new(words.stage(stage)).small().weak());
    ui.add(egui::Label::new(RichText::new(words.snapshot.busy_help).small().weak()).wrap());
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if ui.button(words.frame.cancel).clicked() {
            edits.push(SnapshotEdit::Cancel);
        }
    });
}

fn done(ui: &mut Ui, out: &Path, notes: &[String], words: &Words, edits: &mut Vec<SnapshotEdit>) {
    let (w, p) = (&words.snapshot, Palette::of(ui));
    widgets::remark(ui, Icon::Check, p.strong, &Words::put(w.wrote, &[&out.display()]));
    egui::ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        for note in notes {
            widgets::remark(ui, Icon::Info, p.text, note);
        }
    });
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if widgets::main_button(ui, w.again).clicked() {
            edits.push(SnapshotEdit::Back);
        }
        if ui.button(w.open_folder).clicked() {
            ui.copy_text(out.display().to_string());
        }
    });
}

fn failed(ui: &mut Ui, reason: &str, words: &Words, edits: &mut Vec<SnapshotEdit>) {
    let (w, p) = (&words.snapshot, Palette::of(ui));
    widgets::remark(ui, Icon::Error, p.error, w.failed);
    ui.add(egui::Label::new(RichText::new(reason).color(p.strong)).wrap().selectable(true));
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if widgets::main_button(ui, w.again).clicked() {
            edits.push(SnapshotEdit::Back);
        }
        if ui.button(words.load.copy_reason).clicked() {
            ui.copy_text(reason.to_owned());
        }
    });
}

#[cfg(test)]
mod tests;
