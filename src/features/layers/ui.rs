//! The layer panel: what is there, what its colours mean, how it is drawn.

mod legend;
mod raster;

use egui::{Align, Align2, Layout, Rect, RichText, Sense, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, vec2};

use super::state::{LayerRow, LayersEdit, LayersModel, LayersState, Legend};
use crate::model::style::Classing;
use crate::model::{Role, Vertical};
use crate::panels::icons::{self, Icon};
use crate::panels::{Palette, Words, crs_line, widgets};
use crate::units::grouped;

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &LayersModel, state: &mut LayersState, words: &Words, edits: &mut Vec<LayersEdit>) {
    if model.rows.is_empty() && model.rasters.is_empty() {
        widgets::empty(ui, words.layers.none);
        ui.vertical_centered(|ui| {
            if widgets::main_button(ui, words.frame.add_data).clicked() {
                edits.push(LayersEdit::AddData);
            }
        });
        return;
    }
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut heads: Vec<Rect> = Vec::with_capacity(model.rows.len());
    for (place, row) in model.rows.iter().enumerate() {
        ui.push_id(&row.id, |ui| {
            heads.push(head(ui, row, state, words, edits));
            if state.open.contains(&row.id) {
                details(ui, row, place, model.rows.len(), state, words, edits);
            }
        });
    }
    drop_layer(ui, model, &heads, state, edits);
    if !model.rasters.is_empty() {
        widgets::heading(ui, words.layers.ground);
        for row in &model.rasters {
            ui.push_id(&row.id, |ui| raster::show(ui, row, state, words, edits));
        }
    }
}

/// What the one line of a layer needs, vector or raster.
struct Line<'a> {
    id: &'a str,
    title: &'a str,
    visible: bool,
    open: bool,
    colour: Option<[u8; 3]>,
    warnings: u64,
    draggable: bool,
}

fn head(ui: &mut Ui, row: &LayerRow, state: &mut LayersState, words: &Words, edits: &mut Vec<LayersEdit>) -> Rect {
    let single = matches!(row.legend, Legend::Single);
    let line = Line {
        id: &row.id,
        title: &row.title,
        visible: row.visible,
        open: state.open.contains(&row.id),
        colour: single.then_some(row.colour),
        warnings: row.warnings + u64::from(row.skipped > 0),
        draggable: true,
    };
    let rect = one_line(ui, &line, state, words, edits);
    if !single {
        legend::paint_icon(ui, Rect::from_min_size(rect.min + vec2(50.0, 8.0), vec2(12.0, 12.0)), &row.legend);
    }
    rect
}

fn one_line(ui: &mut Ui, line: &Line<'_>, state: &mut LayersState, words: &Words, edits: &mut Vec<LayersEdit>) -> Rect {
    let p = Palette::of(ui);
    let id = line.id.to_owned();
    let (rect, whole) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::click());
    let label = Words::put(words.layers.details_of, &[&line.title]);
    whole.widget_info(|| WidgetInfo::selected(WidgetType::CollapsingHeader, true, line.open, &label));
    let hot = ui.rect_contains_pointer(rect);
    if hot || line.open {
        let fill = if hot { p.raised } else { ui.visuals().faint_bg_color };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    if whole.clicked() && !state.open.remove(&id) {
        state.open.insert(id.clone());
    }
    if whole.double_clicked() {
        edits.push(LayersEdit::ZoomTo { id: id.clone() });
    }
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    ui.spacing_mut().item_spacing.x = 2.0;
    let (chevron, _) = ui.allocate_exact_size(vec2(18.0, 24.0), Sense::hover());
    icons::paint(ui.painter(), if line.open { Icon::Open } else { Icon::Closed }, chevron, p.weak);
    let label = Words::put(if line.visible { words.frame.hide } else { words.frame.show }, &[&line.title]);
    let icon = if line.visible { Icon::Eye } else { Icon::EyeOff };
    if widgets::icon_toggle(&mut ui, icon, &label, false).clicked() {
        edits.push(LayersEdit::Visible { id: id.clone(), visible: !line.visible });
    }
    ui.add_space(4.0);
    match line.colour {
        Some(colour) => widgets::swatch(&mut ui, colour),
        None => ui.add_space(12.0),
    }
    ui.add_space(4.0);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if line.draggable {
            grip(ui, line, state, words, hot);
        }
        if line.warnings > 0 {
            let label = Words::put(words.layers.warnings_of, &[&line.title, &line.warnings]);
            let button = widgets::icon_button(ui, Icon::Warning, &label);
            icons::paint(ui.painter(), Icon::Warning, button.rect, p.warning);
            if button.clicked() {
                edits.push(LayersEdit::ShowNotices { id: id.clone() });
            }
        }
        let room = ui.available_rect_before_wrap();
        let ink = if line.visible { p.strong } else { p.weak };
        widgets::paint_text(ui, room, line.title, TextStyle::Body, ink, Align2::LEFT_CENTER);
        ui.interact(room, ui.id().with("title"), Sense::hover()).on_hover_text(line.title);
    });
    rect
}

fn grip(ui: &mut Ui, line: &Line<'_>, state: &mut LayersState, words: &Words, hot: bool) {
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 24.0), Sense::drag());
    let label = Words::put(words.layers.drag, &[&line.title]);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, &label));
    if hot || response.dragged() {
        icons::paint(ui.painter(), Icon::Grip, rect, Palette::of(ui).weak);
    }
    if response.drag_started() {
        state.dragged = Some(line.id.to_owned());
    }
    response.on_hover_and_drag_cursor(egui::CursorIcon::Grab);
}

/// While a layer is dragged: a line where it would go; when it is dropped, the edit.
fn drop_layer(ui: &Ui, model: &LayersModel, heads: &[Rect], state: &mut LayersState, edits: &mut Vec<LayersEdit>) {
    let Some(id) = state.dragged.clone() else { return };
    let Some(from) = model.rows.iter().position(|row| row.id == id) else {
        state.dragged = None;
        return;
    };
    let Some(at) = ui.input(|i| i.pointer.latest_pos()) else { return };
    // The gap before the first head whose middle lies below the pointer.
    let gap = heads.iter().position(|head| at.y < head.center().y).unwrap_or(heads.len());
    let y = match heads.get(gap) {
        Some(head) => head.min.y - 1.0,
        None => heads.last().map_or(at.y, |head| head.max.y + 1.0),
    };
    if let Some(head) = heads.first() {
        ui.painter().hline(head.x_range(), y, Stroke::new(2.0, Palette::of(ui).accent));
    }
    if ui.input(|i| i.pointer.any_released()) {
        state.dragged = None;
        let to = if gap > from { gap - 1 } else { gap };
        if to != from {
            edits.push(LayersEdit::Order { id, to });
        }
    }
}

fn details(
    ui: &mut Ui,
    row: &LayerRow,
    place: usize,
    places: usize,
    state: &mut LayersState,
    words: &Words,
    edits: &mut Vec<LayersEdit>,
) {
    let w = &words.layers;
    let id = || row.id.clone();
    widgets::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        legend::show(ui, &row.legend, words);
        if !matches!(row.legend, Legend::Single) {
            widgets::hairline(ui);
        }
        colouring(ui, row, words, edits);
        let mut labels = vec![(None, w.no_labels.to_owned())];
        labels.extend(row.fields.iter().map(|field| (Some(field.key.clone()), field.title.clone())));
        if let Some(field) = widgets::choose(ui, "label by", w.label_by, &row.label_by, &labels) {
            edits.push(LayersEdit::LabelBy { id: id(), field });
        }
        if let Some(opacity) = widgets::slide(ui, w.opacity, row.opacity, 0.0..=1.0, percent) {
            edits.push(LayersEdit::Opacity { id: id(), opacity });
        }
        widgets::hairline(ui);
        let roles: Vec<(Role, String)> = Role::ALL
            .into_iter()
            .filter(|role| !matches!(role, Role::Terrain | Role::Imagery))
            .map(|role| (role, words.role(role).to_owned()))
            .collect();
        if let Some(role) = widgets::choose(ui, "role", w.role, &row.role, &roles) {
            edits.push(LayersEdit::Role { id: id(), role });
        }
        if !row.role_basis.is_empty() {
            widgets::row(ui, "", None, |ui| {
                ui.add(egui::Label::new(RichText::new(&row.role_basis).small().weak()).wrap());
            });
        }
        let ways = [Vertical::OnTerrain, Vertical::Absolute, Vertical::Drape];
        let ways = ways.map(|way| (way, words.vertical(way).to_owned()));
        if let Some(vertical) = widgets::choose(ui, "vertical", w.vertical, &row.vertical, &ways) {
            edits.push(LayersEdit::Vertical { id: id(), vertical });
        }
        if let Some(gap) = row.ground_gap {
            widgets::fact(ui, w.ground_gap, None, &format!("{gap:+.1} m"));
        }
        crs_line::show(ui, &row.crs, words);
        widgets::fact(ui, w.features, None, &feature_text(row, words));
        ui.add_space(2.0);
        actions(ui, row, place, places, state, words, edits);
    });
    ui.add_space(4.0);
}

fn feature_text(row: &LayerRow, words: &Words) -> String {
    let mut text = grouped(row.features as f64, 0);
    if row.skipped > 0 {
        text += &Words::put(words.layers.skipped, &[&grouped(row.skipped as f64, 0)]);
    }
    if !row.format.is_empty() {
        text += " · ";
        text += &row.format;
    }
    if row.synthetic {
        text += " · ";
        text += words.layers.synthetic;
    }
    text
}

fn percent(share: f32) -> String {
    format!("{:.0} %", share * 100.0)
}

fn colouring(ui: &mut Ui, row: &LayerRow, words: &Words, edits: &mut Vec<LayersEdit>) {
    let w = &words.layers;
    let mut fields = vec![(None, w.one_colour.to_owned())];
    fields.extend(row.fields.iter().map(|field| (Some(field.key.clone()), field.title.clone())));
    if let Some(field) = widgets::choose(ui, "colour by", w.colour_by, &row.colour_by, &fields) {
        edits.push(LayersEdit::ColourBy { id: row.id.clone(), field });
    }
    let Some(key) = &row.colour_by else { return };
    let numeric = row.fields.iter().any(|field| field.key == *key && field.numeric);
    if !numeric {
        return;
    }
    let ways = [Classing::Categories, Classing::Quantile, Classing::Equal, Classing::Jenks, Classing::Ramp];
    let ways = ways.map(|way| (way, words.classing(way).to_owned()));
    if let Some(classing) = widgets::choose(ui, "classing", w.classing, &row.classing, &ways) {
        edits.push(LayersEdit::Classing { id: row.id.clone(), classing });
    }
    if matches!(row.classing, Classing::Quantile | Classing::Equal | Classing::Jenks) {
        let whole = |n: f32| format!("{n:.0}");
        if let Some(classes) = widgets::slide(ui, w.classes, f32::from(row.classes), 2.0..=9.0, whole) {
            let classes = classes.round() as u8;
            if classes != row.classes {
                edits.push(LayersEdit::Classes { id: row.id.clone(), classes });
            }
        }
    }
}

fn actions(
    ui: &mut Ui,
    row: &LayerRow,
    place: usize,
    places: usize,
    state: &mut LayersState,
    words: &Words,
    edits: &mut Vec<LayersEdit>,
) {
    let w = &words.layers;
    let id = || row.id.clone();
    if asks_to_remove(ui, &row.id, &row.title, state, words, edits) {
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        if widgets::icon_button(ui, Icon::Target, w.zoom_to).clicked() {
            edits.push(LayersEdit::ZoomTo { id: id() });
        }
        if widgets::icon_button(ui, Icon::Table, w.open_table).clicked() {
            edits.push(LayersEdit::OpenTable { id: id() });
        }
        if widgets::icon_button_as(ui, Icon::Up, w.raise, false, place > 0).clicked() {
            edits.push(LayersEdit::Order { id: id(), to: place - 1 });
        }
        if widgets::icon_button_as(ui, Icon::Down, w.lower, false, place + 1 < places).clicked() {
            edits.push(LayersEdit::Order { id: id(), to: place + 1 });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Bin, w.remove).clicked() {
                state.removing = Some(id());
            }
        });
    });
}

/// The question before a layer goes; whether it is being asked.
fn asks_to_remove(
    ui: &mut Ui,
    id: &str,
    title: &str,
    state: &mut LayersState,
    words: &Words,
    edits: &mut Vec<LayersEdit>,
) -> bool {
    if state.removing.as_deref() != Some(id) {
        return false;
    }
    ui.add(egui::Label::new(Words::put(words.layers.remove_sure, &[&title])).wrap());
    ui.horizontal(|ui| {
        if ui.button(RichText::new(words.layers.remove_yes).color(Palette::of(ui).error)).clicked() {
            state.removing = None;
            edits.push(LayersEdit::Remove { id: id.to_owned() });
        }
        if ui.button(words.frame.cancel).clicked() {
            state.removing = None;
        }
    });
    true
}

#[cfg(test)]
pub(crate) mod tests;
