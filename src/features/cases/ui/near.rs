//! What is near a case, on its card: other cases, and things of layers of points.

use egui::{Align2, Rect, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};

use super::super::describe::{category_name, is_chinese, line, state_name};
use super::super::state::{CasesEdit, CasesModel, How};
use super::light;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::near::REACH;
use crate::units::grouped;

/// Height of a line that can be clicked.
const LINE: f32 = 24.0;

/// Draws it.
pub(super) fn section(ui: &mut Ui, model: &CasesModel, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.cases, Palette::of(ui));
    if !model.near_error.is_empty() {
        widgets::heading(ui, &Words::put(w.near, &[&grouped(REACH, 0)]));
        widgets::remark(ui, Icon::Error, p.error, &model.near_error);
        return;
    }
    let Some(near) = &model.near else { return };
    widgets::heading(ui, &Words::put(w.near, &[&grouped(REACH, 0)]));
    if near.cases.is_empty() && near.layers.is_empty() {
        ui.label(egui::RichText::new(w.nothing_near).color(p.weak));
        return;
    }
    let chinese = is_chinese(model.language);
    if near.case_count > 0 {
        head(ui, &Words::put(w.near_cases, &[&grouped(near.case_count as f64, 0)]));
    }
    for near in &near.cases {
        // Of cases that were read again since, the next answer is on its way.
        if model.all.get(near.place).is_none_or(|case| case.number != near.number) {
            continue;
        }
        case_line(ui, model, near.place as u32, Some(near.metres), words, edits);
    }
    for layer in &near.layers {
        let title = title_of(&layer.layer, model);
        head(ui, &format!("{} · {}", line(title, 40), grouped(layer.count as f64, 0)));
        for thing in &layer.named {
            let text = line(&thing.title[usize::from(!chinese)], 60);
            if clickable(ui, &text, Some(thing.metres), |_, _| {}, &thing.id) {
                edits.push(CasesEdit::ShowThing(layer.layer.clone(), thing.row));
            }
        }
    }
}

/// A layer's name in the language of the interface, or its id.
pub(super) fn title_of<'a>(layer: &'a str, model: &'a CasesModel) -> &'a str {
    let chinese = is_chinese(model.language);
    let title = model.layers.get(layer).map(|known| &known.title);
    title.map_or(layer, |title| if chinese { title.zh() } else { title.en() })
}

fn head(ui: &mut Ui, text: &str) {
    let p = Palette::of(ui);
    ui.add(egui::Label::new(egui::RichText::new(text).small().color(p.weak)).truncate());
}

/// A case as a line: how it stands, what it is, its state and distance; a click selects it and goes there.
pub(super) fn case_line(
    ui: &mut Ui,
    model: &CasesModel,
    place: u32,
    metres: Option<f64>,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let Some(case) = model.all.get(place as usize) else { return };
    let chinese = is_chinese(model.language);
    let category = category_name(&case.facts.category, model.rules.as_deref(), chinese, words);
    let text = format!("{category} · {}", state_name(case.state, chinese));
    let mark = model.listed.marks.get(place as usize).copied().unwrap_or_default();
    let dot = |ui: &mut Ui, rect: Rect| light(ui, rect, mark);
    if clickable(ui, &text, metres, dot, &line(&case.number, 40)) {
        edits.push(CasesEdit::Select { case: place, how: How::Only, fly: true });
    }
}

fn clickable(ui: &mut Ui, text: &str, metres: Option<f64>, dot: impl FnOnce(&mut Ui, Rect), more: &str) -> bool {
    let p = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("{text} {more}")));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, p.hovered);
    }
    dot(ui, Rect::from_center_size(rect.left_center() + vec2(9.0, 0.0), vec2(10.0, 10.0)));
    let away = metres.map(|metres| format!("{} m", grouped(metres, 0))).unwrap_or_default();
    let right = if away.is_empty() { 0.0 } else { 54.0 };
    let body = rect.with_min_x(rect.min.x + 20.0).with_max_x(rect.max.x - right);
    widgets::paint_text(ui, body, text, TextStyle::Body, p.text, Align2::LEFT_CENTER);
    let place = rect.with_min_x(rect.max.x - right).with_max_x(rect.max.x - 4.0);
    widgets::paint_text(ui, place, &away, TextStyle::Body, p.weak, Align2::RIGHT_CENTER);
    response.on_hover_text(more).on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}
