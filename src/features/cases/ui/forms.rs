//! What the role may do next with a case, with its particulars; and the case that is being registered.

use egui::{Align, Layout, RichText, Ui};

use super::super::describe::{finding_name, is_chinese, role_name, verb_name};
use super::super::state::{CasesEdit, CasesModel, CasesState, Form, NewCase, Tool, begins_by};
use super::super::stranger;
use super::batch::{department, dispatch, limit};
use super::objections;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::case::{Action, Case, Facts};
use crate::themes::management::machine::{Finding, Verb};

/// Categories that a search offers at most.
const OFFERED: usize = 8;

/// The buttons for the role, and the form of what needs particulars.
pub(super) fn next(
    ui: &mut Ui,
    model: &CasesModel,
    place: u32,
    case: &Case,
    state: &mut CasesState,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let me = model.me.clone().unwrap_or_else(stranger);
    if state.form.of != Some(place) {
        state.form = Form { of: Some(place), ..Form::default() };
        if let Some(rules) = &model.rules {
            let limit = rules.limit_of(&case.facts.category);
            (state.form.amount, state.form.counted) = (limit.amount, limit.unit);
        }
        state.form.unit = case.unit().to_owned();
        // An objection is settled by whoever is responsible for the layer.
        if let (true, Some(subject)) = (state.form.unit.is_empty(), &case.facts.subject) {
            let owner = model.layers.get(&subject.layer).map(|known| known.owner.clone());
            state.form.unit = owner.unwrap_or_default();
        }
    }
    let verbs = case.next(me.role);
    widgets::heading(ui, &Words::put(w.next_as, &[&role_name(me.role, words)]));
    if !model.refused.is_empty() {
        widgets::remark(ui, Icon::Warning, p.warning, &model.refused);
    }
    let id = egui::Id::new("case note");
    let width = ui.available_width() - 16.0;
    widgets::text_field(ui, id, w.note_field, w.note_hint, &mut state.form.note, width);
    let mut act = |action: Action, form: &Form| edits.push(CasesEdit::Act(vec![place], action, form.note.clone()));
    let mut tool = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 6.0);
        ui.add_enabled_ui(!model.writing, |ui| {
            for verb in verbs.iter().copied() {
                match verb {
                    Verb::Note => {}
                    Verb::Dispatch | Verb::ApplyDelay => {
                        let open = state.form.open == Some(verb);
                        let text = format!("{}…", verb_name(verb, words));
                        if ui.add(egui::Button::new(text).selected(open)).clicked() {
                            state.form.open = (!open).then_some(verb);
                        }
                    }
                    Verb::Verify | Verb::Check => {
                        for finding in [Finding::Yes, Finding::No, Finding::Unable] {
                            if ui.button(finding_name(verb, finding, words)).clicked() {
                                act(Action::Found { verb, finding }, &state.form);
                            }
                        }
                    }
                    Verb::Move => {
                        let on = model.tool == Some(Tool::Move(place));
                        let button = ui.add(egui::Button::new(w.put_here).selected(on));
                        if button.on_hover_text(w.put_here_help).clicked() {
                            tool = Some((!on).then_some(Tool::Move(place)));
                        }
                    }
                    // Its facts are those of the draft: filled in when it is done.
                    Verb::Report => {
                        if ui.button(verb_name(verb, words)).clicked() {
                            let facts = Box::<Facts>::default();
                            act(Action::Begin { verb, facts, state: None }, &state.form);
                        }
                    }
                    verb => {
                        if ui.button(verb_name(verb, words)).clicked() {
                            act(Action::Do { verb }, &state.form);
                        }
                    }
                }
            }
            let ready = !state.form.note.trim().is_empty();
            if verbs.contains(&Verb::Note)
                && ui.add_enabled(ready, egui::Button::new(w.add_note)).on_disabled_hover_text(w.note_hint).clicked()
            {
                act(Action::Note { media: Vec::new() }, &state.form);
            }
        });
    });
    match state.form.open {
        Some(Verb::Dispatch) if verbs.contains(&Verb::Dispatch) => {
            widgets::card(ui, |ui| {
                widgets::row(ui, w.unit, None, |ui| {
                    ui.horizontal(|ui| department(ui, "case unit", &mut state.form, model, words));
                });
                widgets::row(ui, w.limit, None, |ui| {
                    ui.horizontal(|ui| limit(ui, "case limit", &mut state.form, words));
                });
                let ready = !state.form.unit.trim().is_empty() && !model.writing;
                let button = |ui: &mut Ui| widgets::main_button(ui, w.dispatch);
                if ui.add_enabled_ui(ready, button).inner.clicked() {
                    act(dispatch(&state.form), &state.form);
                }
            });
        }
        Some(Verb::ApplyDelay) if verbs.contains(&Verb::ApplyDelay) => {
            widgets::card(ui, |ui| {
                widgets::row(ui, w.delay, None, |ui| {
                    ui.add(egui::DragValue::new(&mut state.form.hours).range(0.5..=10_000.0).speed(0.1).suffix(" h"))
                });
                if widgets::main_button(ui, w.apply_delay).clicked() {
                    act(Action::ApplyDelay { hours: state.form.hours }, &state.form);
                }
            });
        }
        _ => {}
    }
    if let Some(tool) = tool {
        edits.push(CasesEdit::Take(tool));
    }
}

/// The case that is being registered at the place that was clicked.
pub(super) fn new_case(
    ui: &mut Ui,
    model: &CasesModel,
    state: &mut CasesState,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let me = model.me.clone().unwrap_or_else(stranger);
    let new = &mut state.new_case;
    ui.horizontal(|ui| {
        widgets::title(ui, if new.subject.is_some() { w.new_objection } else { w.new_case });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Close, words.frame.cancel).clicked() {
                edits.push(CasesEdit::DropDraft);
            }
        });
    });
    if !model.refused.is_empty() {
        widgets::remark(ui, Icon::Warning, p.warning, &model.refused);
    }
    let width = ui.available_width() - 16.0;
    if new.subject.is_some() {
        objections::form(ui, new, model, words);
    } else {
        category(ui, new, model, words, width);
    }
    let text = egui::TextEdit::multiline(&mut new.text)
        .id(egui::Id::new("new text"))
        .hint_text(RichText::new(w.text_hint).color(p.weak))
        .desired_width(width)
        .desired_rows(3)
        .margin(egui::Margin::symmetric(8, 4));
    ui.add(text);
    if new.subject.is_none() {
        widgets::text_field(ui, egui::Id::new("new address"), w.address, w.address_hint, &mut new.address, width);
    }
    if begins_by(me.role) == Some(Verb::Report) {
        ui.checkbox(&mut new.self_handled, w.self_handled);
    }
    let ready = !new.category.is_empty() && begins_by(me.role).is_some() && !model.writing;
    let verb = begins_by(me.role).map_or(w.register, |verb| verb_name(verb, words));
    let button = ui.add_enabled_ui(ready, |ui| widgets::main_button(ui, verb)).inner;
    if button.on_disabled_hover_text(w.choose_category).clicked() {
        edits.push(CasesEdit::Register(new.clone()));
    }
}

/// The category of a case of the street: searched for by its name or code.
fn category(ui: &mut Ui, new: &mut NewCase, model: &CasesModel, words: &Words, width: f32) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let chinese = is_chinese(model.language);
    widgets::text_field(ui, egui::Id::new("new category"), w.category, w.category_hint, &mut new.search, width);
    if let Some(rules) = &model.rules {
        let categories = &rules.categories;
        let needle = new.search.trim().to_lowercase();
        let chosen = categories.find(&new.category);
        let name = |found: &crate::themes::management::categories::Category| match chinese {
            true => format!("{} · {}", found.name.zh(), found.major_name.zh()),
            false => format!("{} · {}", found.name.en(), found.major_name.en()),
        };
        let fits = |found: &&crate::themes::management::categories::Category| {
            let named = found.name.zh.contains(&needle) || found.name.en.to_lowercase().contains(&needle);
            !needle.is_empty() && (named || found.id.contains(&needle))
        };
        if let Some(chosen) = chosen {
            ui.label(RichText::new(name(chosen)).color(p.strong));
        }
        let mut pick = None;
        for found in categories.all().iter().filter(fits).take(OFFERED) {
            if Some(&found.id) != chosen.map(|chosen| &chosen.id) && ui.selectable_label(false, name(found)).clicked() {
                pick = Some(found.id.clone());
            }
        }
        if let Some(id) = pick {
            new.category = id;
            new.search.clear();
        }
    }
}
