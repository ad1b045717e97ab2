//! The card of a case in the panel on the right: what it is, how it stands, what is next, where it is, what was done.

use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, vec2};

use super::super::DESK;
use super::super::describe::{
    category_name, inert, is_chinese, left, limit_text, line, moment, particulars, role_name, state_name, verb_name,
};
use super::super::reports::Leaving;
use super::super::state::{CasesEdit, CasesModel, CasesState};
use super::{forms, ink, light, mark_name, near, objections};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::housing::personal::{Kind, masked};
use crate::themes::management::case::{Case, Located, PlaceBasis, Step};
use crate::themes::management::incoming::Reporter;
use crate::themes::management::machine::{Role, State};
use crate::units::grouped;

/// Letters of a text that are shown before it is asked for whole.
const SHORT: usize = 280;
/// Letters that are shown at most: more would keep the window busy; they can be copied.
const LONG: usize = 20_000;
/// Steps of a history that are shown before it is asked for whole.
const STEPS: usize = 12;

/// Draws the card, or the form of a new case; nothing where there is none.
pub fn card(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    if model.draft.is_some() {
        forms::new_case(ui, model, state, words, edits);
        widgets::hairline(ui);
    }
    let (Some(place), Some(case)) = (model.current, model.shown()) else { return };
    let (w, p) = (&words.cases, Palette::of(ui));
    let chinese = is_chinese(model.language);
    let rules = model.rules.as_deref();
    let mark = model.listed.marks.get(place as usize).copied().unwrap_or_default();
    widgets::title(ui, &category_name(&case.facts.category, rules, chinese, words));
    ui.horizontal_wrapped(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 18.0), Sense::hover());
        light(ui, egui::Rect::from_center_size(rect.center(), vec2(11.0, 11.0)), mark);
        widgets::badge(ui, state_name(case.state, chinese), p.strong);
        if !case.state.is_end() {
            widgets::badge(ui, mark_name(mark, words), ink(p, mark));
        }
        if case.urged > 0 {
            widgets::badge(ui, &Words::put(w.urged_n, &[&case.urged]), p.error);
        }
    });
    ui.horizontal(|ui| {
        ui.label(RichText::new(line(&case.number, 40)).color(p.weak));
        if widgets::icon_button(ui, Icon::Copy, w.copy_number).clicked() {
            ui.ctx().copy_text(case.number.clone());
        }
        if widgets::icon_button(ui, Icon::Export, words.snapshot.report_button).clicked() {
            state.leaving = Some(Leaving::Case);
        }
        if case.facts.located.is_some() && widgets::icon_button(ui, Icon::Target, words.inspector.zoom_to).clicked() {
            edits.push(CasesEdit::Select { case: place, how: super::How::Only, fly: true });
        }
    });
    ui.spacing_mut().item_spacing.y = 3.0;
    long_text(ui, &case.facts.text, (place, 0), state, words);
    deadline(ui, case, model, words);
    forms::next(ui, model, place, case, state, words, edits);
    about(ui, case, model, words);
    if let Some(located) = &case.facts.located {
        where_it_is(ui, case, located, words);
    } else {
        widgets::heading(ui, w.place);
        long_text(ui, &case.facts.address, (place, 1), state, words);
        widgets::remark(ui, Icon::Info, p.note, w.no_place);
    }
    near::section(ui, model, words, edits);
    reporter(ui, &case.facts.reporter, model.unmasked, words);
    pictures(ui, &case.facts.media, words);
    history(ui, place, case, model, state, words);
}

/// A text of somebody else: plain, cut, and whole when it is asked for.
fn long_text(ui: &mut Ui, text: &str, which: (u32, usize), state: &mut CasesState, words: &Words) {
    let (w, p) = (&words.cases, Palette::of(ui));
    if text.trim().is_empty() {
        return;
    }
    let label = |ui: &mut Ui, text: &str| {
        ui.add(egui::Label::new(RichText::new(inert(text)).color(p.text)).wrap().selectable(true));
    };
    let Some((end, _)) = text.char_indices().nth(SHORT) else { return label(ui, text) };
    let whole = state.whole.contains(&which);
    if whole {
        let cut = text.char_indices().nth(LONG).map(|(end, _)| end);
        let id = egui::Id::new("whole text").with(which);
        ScrollArea::vertical().id_salt(id).max_height(260.0).auto_shrink([false, true]).show(ui, |ui| {
            label(ui, &text[..cut.unwrap_or(text.len())]);
            if cut.is_some() {
                let count = grouped(text.chars().count() as f64, 0);
                ui.label(RichText::new(Words::put(w.letters_n, &[&count])).color(p.weak));
            }
        });
    } else {
        label(ui, &format!("{}…", &text[..end]));
    }
    ui.horizontal(|ui| {
        if ui.link(if whole { w.show_less } else { w.show_whole }).clicked() {
            match whole {
                true => state.whole.retain(|other| *other != which),
                false => state.whole.push(which),
            }
        }
        if whole && ui.link(w.copy_text).clicked() {
            ui.ctx().copy_text(text.to_owned());
        }
    });
}

fn deadline(ui: &mut Ui, case: &Case, model: &CasesModel, words: &Words) {
    let (w, Some(rules)) = (&words.cases, model.rules.as_deref()) else { return };
    let calendar = &rules.calendar;
    let stands = case.state == State::Suspended;
    if !stands
        && case.rounds.is_empty()
        && case.facts.unit.is_empty()
        && case.due(calendar).is_none()
        && case.ended.is_none()
    {
        return;
    }
    widgets::heading(ui, w.time);
    if let Some(round) = case.rounds.last() {
        widgets::fact(ui, w.unit, None, &line(&round.unit, 80));
        widgets::fact(ui, w.limit, None, &limit_text(round.limit, words));
        if round.delay_hours > 0.0 {
            widgets::fact(ui, w.delay, None, &Words::put(w.hours_n, &[&grouped(round.delay_hours, 1)]));
        }
    } else if !case.facts.unit.is_empty() {
        widgets::fact(ui, w.unit, None, &line(&case.facts.unit, 80));
    }
    match case.due(calendar) {
        Some(due) => {
            let when = moment(due, calendar.offset());
            let runs = case.handling().is_some() || (case.rounds.is_empty() && !case.state.is_end());
            let text = if runs { format!("{when}\n{}", left(due, model.now, words)) } else { when };
            widgets::fact(ui, w.due, None, &text);
        }
        None if stands || case.handling().is_some() => widgets::fact(ui, w.due, None, w.clock_stands),
        None => {}
    }
    if let Some(ended) = case.ended {
        widgets::fact(ui, w.ended, None, &moment(ended, calendar.offset()));
    }
}

fn about(ui: &mut Ui, case: &Case, model: &CasesModel, words: &Words) {
    let (w, facts) = (&words.cases, &case.facts);
    let chinese = is_chinese(model.language);
    widgets::heading(ui, w.facts);
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    if let Some(found) = model.rules.as_deref().and_then(|rules| rules.categories.find(&facts.category)) {
        let major = if chinese { found.major_name.zh() } else { found.major_name.en() };
        widgets::fact(ui, w.major, None, &format!("{major} · {}", found.id));
    }
    widgets::fact(ui, w.reported, None, &moment(facts.reported, offset));
    // What this desk itself writes is said in the words of the interface.
    let channel = Role::from_word(&facts.channel).map_or(facts.channel.as_str(), |role| role_name(role, words));
    let source = if facts.source == DESK { w.desk } else { facts.source.as_str() };
    for (name, text) in [(w.channel, channel), (w.source, source), (w.source_id, &facts.source_id)] {
        if !text.trim().is_empty() {
            widgets::fact(ui, name, None, &line(text, 120));
        }
    }
    if let Some(subject) = &facts.subject {
        objections::subject(ui, subject, model, words);
    }
    if facts.self_handled {
        widgets::remark(ui, Icon::Info, Palette::of(ui).note, w.self_handled);
    }
}

fn where_it_is(ui: &mut Ui, case: &Case, located: &Located, words: &Words) {
    let w = &words.cases;
    widgets::heading(ui, w.place);
    if !case.facts.address.trim().is_empty() {
        widgets::fact(ui, w.address, None, &line(&case.facts.address, 200));
    }
    let accuracy = located.accuracy_m.map_or(String::new(), |metres| format!(" · ± {} m", grouped(metres, 0)));
    let basis = match &located.basis {
        PlaceBasis::Coordinates => w.basis_coordinates.to_owned(),
        PlaceBasis::Address { score, matched } => {
            Words::put(w.basis_address, &[&line(matched, 60), &grouped(score * 100.0, 0)])
        }
        PlaceBasis::Moved => w.basis_moved.to_owned(),
    };
    widgets::fact(ui, w.basis, None, &format!("{basis}{accuracy}"));
    let building = match located.building_m {
        Some(metres) if !located.building.is_empty() => {
            format!("{} · {} m", line(&located.building, 60), grouped(metres, 0))
        }
        _ => line(&located.building, 60),
    };
    let facts = [
        (w.grid, line(&located.grid, 40)),
        (w.division, line(&located.division, 40)),
        (w.street, line(&located.street, 60)),
        (w.building, building),
        (w.within, line(&located.within, 60)),
        (w.parcel, line(&located.parcel, 60)),
    ];
    for (name, text) in facts {
        if !text.trim().is_empty() {
            widgets::fact(ui, name, None, &text);
        }
    }
}

fn reporter(ui: &mut Ui, reporter: &Reporter, unmasked: bool, words: &Words) {
    if reporter.is_empty() {
        return;
    }
    let w = &words.cases;
    widgets::heading(ui, w.reporter);
    let facts = [
        (w.name, Kind::Name, &reporter.name),
        (w.phone, Kind::Landline, &reporter.phone),
        (w.email, Kind::Email, &reporter.email),
    ];
    for (name, kind, text) in facts {
        if !text.trim().is_empty() {
            let shown = if unmasked { text.clone() } else { masked(kind, text) };
            widgets::fact(ui, name, None, &line(&shown, 80));
        }
    }
}

/// Addresses of the web are links; everything else is a text that can be copied.
fn pictures(ui: &mut Ui, media: &[String], words: &Words) {
    if media.is_empty() {
        return;
    }
    widgets::heading(ui, &Words::put(words.cases.pictures_n, &[&media.len()]));
    for one in media.iter().take(50) {
        let web = one.starts_with("https://") || one.starts_with("http://");
        let inert_address = one.chars().all(|c| c.is_ascii_graphic());
        ui.horizontal(|ui| {
            if widgets::icon_button(ui, Icon::Copy, words.cases.copy_text).clicked() {
                ui.ctx().copy_text(one.clone());
            }
            let text = line(one, 300);
            if web && inert_address {
                let link = ui.add(
                    egui::Label::new(RichText::new(&text).color(Palette::of(ui).accent))
                        .truncate()
                        .sense(Sense::click()),
                );
                if link.on_hover_text(&text).on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                    ui.ctx().open_url(egui::OpenUrl::new_tab(one));
                }
            } else {
                ui.add(egui::Label::new(&text).truncate()).on_hover_text(&text);
            }
        });
    }
}

fn history(ui: &mut Ui, place: u32, case: &Case, model: &CasesModel, state: &mut CasesState, words: &Words) {
    let (w, which) = (&words.cases, (place, usize::MAX));
    widgets::heading(ui, &Words::put(w.history_n, &[&case.steps.len()]));
    let whole = state.whole.contains(&which);
    let shown = if whole { case.steps.len() } else { STEPS };
    for (at, step) in case.steps.iter().enumerate().rev().take(shown) {
        entry(ui, (place, at + 2), step, model, state, words);
    }
    if case.steps.len() > STEPS && ui.link(if whole { w.show_less } else { w.show_whole }).clicked() {
        match whole {
            true => state.whole.retain(|other| *other != which),
            false => state.whole.push(which),
        }
    }
}

fn entry(ui: &mut Ui, which: (u32, usize), step: &Step, model: &CasesModel, state: &mut CasesState, words: &Words) {
    let p = Palette::of(ui);
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 20.0), Sense::hover());
        ui.painter().circle_filled(rect.center_top() + vec2(0.0, 9.0), 3.0, p.accent);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.horizontal(|ui| {
                ui.label(RichText::new(verb_name(step.action.verb(), words)).color(p.strong));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(RichText::new(moment(step.at, offset)).small().color(p.weak));
                });
            });
            let said = particulars(&step.action, words);
            if !said.is_empty() {
                ui.add(egui::Label::new(RichText::new(said).color(p.text)).wrap());
            }
            let actor = &step.actor;
            let role = role_name(actor.role, words);
            let name =
                if actor.name == actor.role.word() { String::new() } else { format!(" · {}", line(&actor.name, 40)) };
            let unit = if actor.unit.is_empty() { String::new() } else { format!(" · {}", line(&actor.unit, 40)) };
            ui.add(egui::Label::new(RichText::new(format!("{role}{name}{unit}")).small().color(p.weak)).wrap());
            long_text(ui, &step.note, which, state, words);
        });
    });
    ui.add_space(3.0);
}
