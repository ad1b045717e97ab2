//! The questions' tab: on the left the question as it is built, on the right the answer; one of them in a small drawer.

mod answer;

use egui::{Align, DragValue, Layout, RichText, ScrollArea, Ui, WidgetInfo, WidgetType, vec2};

use super::state::{Counting, KINDS, NEAR, QuestionsEdit, QuestionsModel, QuestionsState};
use crate::model::Title;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::query::question::{Relation, RelationKind, Since};

/// From so many points of width on both halves are shown.
const WIDE: f32 = 820.0;
/// Days that a relation begins with.
const DAYS: u32 = 30;

/// Draws the tab.
pub fn show(
    ui: &mut Ui,
    model: &QuestionsModel,
    state: &mut QuestionsState,
    words: &Words,
    edits: &mut Vec<QuestionsEdit>,
) {
    let w = &words.questions;
    if model.layers.is_empty() {
        widgets::empty(ui, w.no_layers);
        return;
    }
    let shown = model.answer.as_ref().map_or(0, |answer| std::sync::Arc::as_ptr(answer) as usize);
    if shown != state.seen {
        state.seen = shown;
        state.answer = shown != 0;
        state.order_for = None;
    }
    let room = ui.available_size();
    if room.x >= WIDE {
        ui.horizontal_top(|ui| {
            let half = (room.x * 0.5).clamp(410.0, 620.0);
            ui.allocate_ui_with_layout(vec2(half, room.y), Layout::top_down(Align::Min), |ui| {
                ui.set_width(half);
                ui.horizontal(|ui| {
                    widgets::heading_here(ui, w.question_page);
                    ask(ui, model, state, words, edits);
                });
                builder(ui, model, state, words, edits);
            });
            ui.add_space(10.0);
            ui.vertical(|ui| answer::show(ui, model, state, words, edits));
        });
        return;
    }
    ui.horizontal(|ui| {
        for (answer, text) in [(false, w.question_page), (true, w.answer_page)] {
            if ui.selectable_label(state.answer == answer, text).clicked() {
                state.answer = answer;
            }
        }
        if !state.answer {
            ask(ui, model, state, words, edits);
        }
    });
    match state.answer {
        true => answer::show(ui, model, state, words, edits),
        false => builder(ui, model, state, words, edits),
    }
}

fn builder(
    ui: &mut Ui,
    model: &QuestionsModel,
    state: &mut QuestionsState,
    words: &Words,
    edits: &mut Vec<QuestionsEdit>,
) {
    ScrollArea::vertical().id_salt("question").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        if !model.error.is_empty() {
            widgets::remark(ui, Icon::Error, Palette::of(ui).error, &model.error);
        }
        known(ui, model, state, words, edits);
        target(ui, model, state, words);
        let mut gone = None;
        let mut relations = std::mem::take(&mut state.draft.relations);
        for (at, relation) in relations.iter_mut().enumerate() {
            ui.push_id(("relation", at), |ui| {
                if relation_card(ui, model, relation, at, words) {
                    gone = Some(at);
                }
            });
        }
        gone.map(|at| relations.remove(at));
        state.draft.relations = relations;
        if widgets::tool_button(ui, Icon::Plus, words.questions.add_relation, false).clicked() {
            let relation = state.new_relation(&model.layers);
            state.draft.relations.push(relation);
        }
    });
}

/// Questions to take up again, and keeping this one.
fn known(
    ui: &mut Ui,
    model: &QuestionsModel,
    state: &mut QuestionsState,
    words: &Words,
    edits: &mut Vec<QuestionsEdit>,
) {
    let w = &words.questions;
    // The places of the lists, one after the other.
    let all: Vec<(&String, _)> = model.saved.iter().chain(&model.examples).map(|(title, q)| (title, q)).collect();
    let current = all.iter().position(|(title, question)| **title == state.name && **question == state.draft);
    let mut options: Vec<(Option<usize>, String)> = Vec::with_capacity(all.len() + 1);
    if current.is_none() {
        options.push((None, w.choose_question.to_owned()));
    }
    for (at, (title, _)) in all.iter().enumerate() {
        let mark = if at < model.saved.len() { w.saved } else { w.example };
        options.push((Some(at), format!("{mark} {title}")));
    }
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let kept = model.saved.iter().find(|(_, question)| question.id == state.draft.id);
            if let Some((_, question)) = kept.filter(|_| !state.draft.id.is_empty())
                && widgets::icon_button(ui, Icon::Bin, w.drop_question).clicked()
            {
                edits.push(QuestionsEdit::Drop(question.id.clone()));
                state.draft.id.clear();
            }
            let named = !state.name.trim().is_empty();
            if widgets::icon_button_as(ui, Icon::Check, w.keep, false, named).clicked() {
                let title = match state.draft.title.zh == state.name || state.draft.title.en == state.name {
                    true => state.draft.title.clone(),
                    false => Title::same(state.name.trim()),
                };
                state.draft.title = title;
                edits.push(QuestionsEdit::Keep(state.draft.clone()));
            }
            let room = ui.available_width();
            let id = ui.id().with("question name");
            let name = widgets::text_field(ui, id, w.name, w.name_hint, &mut state.name, (room * 0.5 - 20.0).max(80.0));
            name.on_hover_text(w.name_help);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let chosen = widgets::choice(ui, "known questions", w.choose_question, &current, &options);
                if let Some((title, question)) = chosen.flatten().and_then(|at| all.get(at)) {
                    state.take(title, question);
                    edits.push(QuestionsEdit::Ask((*question).clone()));
                }
            });
        });
    });
}

/// What is looked for.
fn target(ui: &mut Ui, model: &QuestionsModel, state: &mut QuestionsState, words: &Words) {
    let w = &words.questions;
    let draft = &mut state.draft;
    widgets::card(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(w.find).color(Palette::of(ui).weak));
            layer_choice(ui, "question layer", w.layer, model, &mut draft.layer, 200.0);
            days(ui, "question days", &mut draft.since, words);
        });
        condition(ui, "question condition", model, &draft.layer, &mut draft.condition, words);
    });
}

fn layer_choice(ui: &mut Ui, id: &str, name: &str, model: &QuestionsModel, layer: &mut String, width: f32) {
    let options: Vec<(String, String)> = model.layers.iter().map(|one| (one.id.clone(), one.title.clone())).collect();
    sized(ui, width, |ui| {
        if let Some(chosen) = widgets::choice(ui, id, name, layer, &options) {
            *layer = chosen;
        }
    });
}

/// A place of a width in a line, as far as there is room.
fn sized<R>(ui: &mut Ui, width: f32, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let width = width.min(ui.available_width());
    ui.allocate_ui_with_layout(vec2(width, 24.0), Layout::left_to_right(Align::Center), |ui| {
        ui.set_max_width(width);
        contents(ui)
    })
    .inner
}

/// A condition in CQL2; the fields that it may name are said on hover.
fn condition(ui: &mut Ui, id: &str, model: &QuestionsModel, layer: &str, text: &mut String, words: &Words) {
    let w = &words.questions;
    let width = ui.available_width();
    let field = widgets::text_field(ui, ui.id().with(id), w.condition, w.condition_hint, text, width);
    let fields = model.layers.iter().find(|one| one.id == layer).map_or("", |one| one.fields.as_str());
    field.on_hover_text(Words::put(w.condition_help, &[&fields]));
}

/// Any time, or the last days.
fn days(ui: &mut Ui, id: &str, since: &mut Option<Since>, words: &Words) {
    let w = &words.questions;
    let options = [(false, w.any_time.to_owned()), (true, w.last_days.to_owned())];
    sized(ui, 98.0, |ui| {
        if let Some(on) = widgets::choice(ui, id, w.time, &since.is_some(), &options) {
            *since = on.then_some(Since { days: DAYS, field: None });
        }
    });
    if let Some(since) = since {
        number(ui, w.days, &mut since.days, 1..=36_500, w.days_unit);
    }
}

fn number(ui: &mut Ui, name: &str, value: &mut u32, range: std::ops::RangeInclusive<u32>, unit: &str) {
    let drag = ui.add(DragValue::new(value).range(range).speed(0.1).suffix(unit));
    let now = f64::from(*value);
    drag.widget_info(|| {
        let mut info = WidgetInfo::labeled(WidgetType::DragValue, true, name);
        info.value = Some(now);
        info
    });
    drag.on_hover_text(name);
}

/// A relation; whether it is to be taken out.
fn relation_card(ui: &mut Ui, model: &QuestionsModel, relation: &mut Relation, at: usize, words: &Words) -> bool {
    let w = &words.questions;
    widgets::card(ui, |ui| {
        let gone = ui
            .horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let label = Words::put(w.remove_relation, &[&(at + 1)]);
                    let gone = widgets::icon_button(ui, Icon::Close, &label).clicked();
                    ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
                        kind(ui, relation, words);
                        counting(ui, relation, words);
                        layer_choice(ui, "relation layer", w.other_layer, model, &mut relation.layer, 138.0);
                        days(ui, "relation days", &mut relation.since, words);
                    });
                    gone
                })
                .inner
            })
            .inner;
        condition(ui, "relation condition", model, &relation.layer, &mut relation.condition, words);
        gone
    })
}

fn kind(ui: &mut Ui, relation: &mut Relation, words: &Words) {
    let w = &words.questions;
    let name = |kind: RelationKind| match kind {
        RelationKind::Contains => w.contains,
        RelationKind::Within => w.within,
        RelationKind::Near { .. } => w.near,
    };
    let options = KINDS.map(|kind| (kind.word(), name(kind).to_owned()));
    sized(ui, 88.0, |ui| {
        if let Some(chosen) = widgets::choice(ui, "relation kind", w.relation, &relation.kind.word(), &options) {
            relation.kind = KINDS.into_iter().find(|kind| kind.word() == chosen).unwrap_or_default();
        }
    });
    if let RelationKind::Near { metres } = &mut relation.kind {
        let drag = DragValue::new(metres).range(0.0..=100_000.0).speed(NEAR / 100.0).suffix(" m");
        let drag = ui.add(drag);
        let now = *metres;
        drag.widget_info(|| {
            let mut info = WidgetInfo::labeled(WidgetType::DragValue, true, w.distance);
            info.value = Some(now);
            info
        });
        drag.on_hover_text(w.distance);
    }
}

fn counting(ui: &mut Ui, relation: &mut Relation, words: &Words) {
    let w = &words.questions;
    let mut count = relation.count.most.unwrap_or(0).max(relation.count.least);
    let now = Counting::of(relation.count);
    let name = |counting| match counting {
        Counting::AtLeast => w.at_least,
        Counting::AtMost => w.at_most,
        Counting::None => w.none,
    };
    let options = Counting::ALL.map(|counting| (counting, name(counting).to_owned()));
    sized(ui, 78.0, |ui| {
        if let Some(chosen) = widgets::choice(ui, "relation counting", w.counting, &now, &options) {
            relation.count = chosen.with(count);
        }
    });
    if now != Counting::None {
        let before = count;
        number(ui, w.number, &mut count, 1..=1_000_000, "");
        if count != before {
            relation.count = now.with(count);
        }
    }
}

/// The day of asking, and asking: at the right end of a line, always in sight.
fn ask(ui: &mut Ui, model: &QuestionsModel, state: &mut QuestionsState, words: &Words, edits: &mut Vec<QuestionsEdit>) {
    let (w, p) = (&words.questions, Palette::of(ui));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        match model.running {
            Some(share) => {
                if widgets::icon_button(ui, Icon::Close, words.frame.cancel).clicked() {
                    edits.push(QuestionsEdit::Stop);
                }
                let percent = share.map_or_else(String::new, |share| format!(" {:.0} %", 100.0 * share));
                ui.label(RichText::new(format!("{}{percent}", w.asking)).color(p.weak));
                ui.add(egui::Spinner::new().size(14.0));
            }
            None => {
                if widgets::main_button(ui, w.ask).clicked() {
                    edits.push(QuestionsEdit::Ask(state.draft.clone()));
                }
            }
        }
        if state.draft.needs_day() {
            let id = ui.id().with("question day");
            let mut day = state.draft.as_of.clone().unwrap_or_default();
            let field = widgets::text_field(ui, id, w.as_of, w.as_of_hint, &mut day, 96.0);
            if field.changed() {
                state.draft.as_of = Some(day.trim().to_owned()).filter(|day| !day.is_empty());
            }
            field.on_hover_text(w.as_of_help);
            ui.label(RichText::new(w.as_of).color(p.weak));
        }
    });
}

#[cfg(test)]
pub(crate) mod tests;
