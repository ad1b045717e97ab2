//! What is done with all that are selected: dispatch, in one transaction.

use egui::{RichText, Ui};

use super::super::describe::{line, unit_name};
use super::super::state::{CasesEdit, CasesModel, CasesState, Form};
use super::super::stranger;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::calendar::{TimeLimit, TimeUnit};
use crate::themes::management::case::{Action, Step};
use crate::themes::management::machine::{Role, Verb};

/// The row under the filters while several are selected.
pub(super) fn bar(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let me = model.me.clone().unwrap_or_else(stranger);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(Words::put(w.selected_n, &[&model.selected.len()])).color(p.strong));
        if ui.small_button(w.select_all).clicked() {
            edits.push(CasesEdit::SelectAll(true));
        }
        if ui.small_button(w.select_none).clicked() {
            edits.push(CasesEdit::SelectAll(false));
        }
        if me.role != Role::Dispatcher {
            return;
        }
        let open = state.batch.open == Some(Verb::Dispatch);
        if widgets::tool_button(ui, Icon::Right, w.dispatch_all, open).clicked() {
            state.batch.open = (!open).then_some(Verb::Dispatch);
            prefill(&mut state.batch, model);
        }
        if !open {
            return;
        }
        department(ui, "batch unit", &mut state.batch, model, words);
        limit(ui, "batch limit", &mut state.batch, words);
        let action = dispatch(&state.batch);
        // What cannot be dispatched stays as it is and does not stop the rest.
        let may = |place: &u32| {
            let case = model.all.get(*place as usize)?;
            let at = case.steps.last().map_or(0, |last| last.at);
            let step = Step { at, actor: me.clone(), action: action.clone(), note: String::new() };
            case.check(&step).is_ok().then_some(*place)
        };
        let able: Vec<u32> = model.selected.iter().filter_map(may).collect();
        let text = Words::put(w.dispatch_n, &[&able.len(), &model.selected.len()]);
        let button = egui::Button::new(RichText::new(&text).color(p.on_accent)).fill(p.accent);
        let ready = !able.is_empty() && !model.writing;
        if ui.add_enabled(ready, button).on_hover_text(w.dispatch_n_help).clicked() {
            edits.push(CasesEdit::Act(able, action, state.batch.note.clone()));
        }
    });
}

/// Fills in what the rules and the first of the selected cases say.
fn prefill(form: &mut Form, model: &CasesModel) {
    let first = model.selected.first().and_then(|place| model.all.get(*place as usize));
    if let (Some(case), Some(rules)) = (first, &model.rules) {
        let limit = rules.limit_of(&case.facts.category);
        (form.amount, form.counted) = (limit.amount, limit.unit);
        if form.unit.is_empty() {
            form.unit = case.unit().to_owned();
        }
    }
}

/// The department that is to handle it; those of the last cases are offered.
pub(super) fn department(ui: &mut Ui, id: &str, form: &mut Form, model: &CasesModel, words: &Words) {
    let w = &words.cases;
    widgets::text_field(ui, egui::Id::new(id), w.unit, w.unit, &mut form.unit, 130.0);
    let button = widgets::icon_button(ui, Icon::Open, w.known_units);
    egui::Popup::menu(&button).show(|ui| {
        ui.set_width(180.0);
        for unit in known_units(model) {
            if ui.selectable_label(unit == form.unit.trim(), line(&unit, 40)).clicked() {
                form.unit = unit;
            }
        }
    });
}

/// Departments that have handled cases lately.
fn known_units(model: &CasesModel) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for unit in model.all.iter().rev().take(500).map(|case| case.unit()) {
        if !unit.is_empty() && !known.iter().any(|other| other == unit) {
            known.push(unit.to_owned());
            if known.len() == 12 {
                break;
            }
        }
    }
    known.sort();
    known
}

/// Time for handling.
pub(super) fn limit(ui: &mut Ui, id: &str, form: &mut Form, words: &Words) {
    let amount = egui::DragValue::new(&mut form.amount).range(0.5..=10_000.0).speed(0.1).max_decimals(1);
    ui.add(amount).on_hover_text(words.cases.limit);
    ui.scope(|ui| {
        // No wider than there is room: a panel would grow with it.
        ui.set_max_width(ui.available_width().min(150.0));
        let options = TimeUnit::ALL.map(|unit| (unit, unit_name(unit, words).to_owned()));
        if let Some(chosen) = widgets::choice(ui, id, words.cases.limit, &form.counted, &options) {
            form.counted = chosen;
        }
    });
}

/// The dispatch that a form says.
pub(super) fn dispatch(form: &Form) -> Action {
    Action::Dispatch { unit: form.unit.trim().to_owned(), limit: TimeLimit::of(form.amount, form.counted) }
}
