//! The desk's tab: who sits there, which cases are listed, the list, and the days.

use egui::{Align, Align2, CornerRadius, Layout, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};
use egui_extras::{Column as Width, TableBuilder};

use super::describe::{
    category_name, group_name, is_chinese, left, line, mark_name, moment, role_name, sort_name, state_name,
};
use super::figures::classes::{self, Class};
use super::figures::column::Column;
use super::list::{Group, Mark, Sort};
use super::pins::colour_of;
use super::state::{CasesEdit, CasesModel, CasesState, How, Page, Tool, begins_by};
use super::{figures, spots, stranger};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::case::Case;
use crate::themes::management::indicators::Counter;
use crate::themes::management::machine::State;
use crate::units::grouped;

mod batch;
mod card;
mod forms;
mod me;
mod near;
pub mod objections;
mod timeline;

pub use card::card;

const ROW: f32 = 24.0;
const HEAD: f32 = 24.0;
/// Categories to choose from at most: the most frequent.
const CATEGORIES: usize = 60;

/// The colour of a mark as text.
pub(super) fn ink(p: &Palette, mark: Mark) -> egui::Color32 {
    match mark {
        Mark::Red => p.error,
        Mark::Yellow => p.warning,
        Mark::Green => p.good,
        Mark::Open => p.note,
        Mark::Ended => p.weak,
    }
}

/// A dot in the colour of a mark; overdue ones are square, so that the colour is not needed.
pub(super) fn light(ui: &Ui, rect: Rect, mark: Mark) {
    let round = if mark == Mark::Red { 2.0 } else { rect.height() / 2.0 };
    ui.painter().rect_filled(rect, round, widgets::colour(colour_of(mark)));
}

/// Draws the tab.
pub fn show(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let before = state.wish.clone();
    // First, so that it stays where it is while counts grow and shrink.
    let page = if model.all.is_empty() { Page::List } else { state.page };
    if !model.all.is_empty() {
        ui.horizontal(|ui| {
            pages(ui, state, words);
            match page {
                Page::List => filters(ui, model, state, words),
                Page::Figures => figures::ui::controls(ui, model, state, words),
                Page::Spots => spots::ui::controls(ui, model, state, words),
            }
        });
    }
    if page == Page::List {
        tools(ui, model, state, words, edits);
        if state.editing_me {
            me::form(ui, model, state, words, edits);
        }
    }
    if !model.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.error);
    }
    if !model.refused.is_empty() {
        widgets::remark(ui, Icon::Warning, p.warning, &model.refused);
    }
    if model.all.is_empty() {
        if model.reading {
            ui.horizontal(|ui| {
                ui.add(egui::Spinner::new().size(14.0));
                ui.label(RichText::new(w.reading).color(p.weak));
            });
        } else if model.error.is_empty() {
            widgets::empty(ui, w.none);
        }
        return;
    }
    if let Some(only) = &state.wish.only {
        let text = Words::put(words.feeds.only_news, &[&only.len()]);
        let clear = ui.horizontal(|ui| {
            ui.label(RichText::new(text).color(p.strong));
            widgets::icon_button(ui, Icon::Close, w.all).clicked()
        });
        if clear.inner {
            (state.wish.only, state.wish.group) = (None, Group::Open);
        }
    }
    if model.selected.len() > 1 && page == Page::List {
        batch::bar(ui, model, state, words, edits);
    }
    timeline::show(ui, model, state, words, edits);
    match page {
        Page::Figures => figures::ui::show(ui, model, state, words, edits),
        Page::Spots => spots::ui::show(ui, model, state, words, edits),
        Page::List if model.listed.rows.is_empty() => {
            widgets::empty(ui, if model.listing { w.reading } else { w.none_listed });
        }
        Page::List => table(ui, model, words, edits),
    }
    if state.wish != before {
        edits.push(CasesEdit::List);
    }
}

/// The switch between the pages.
fn pages(ui: &mut Ui, state: &mut CasesState, words: &Words) {
    let (w, p) = (&words.figures, Palette::of(ui));
    let font = TextStyle::Body.resolve(ui.style());
    let names = [(Page::List, w.page_list), (Page::Figures, w.page_figures), (Page::Spots, w.page_spots)];
    let wide = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), p.text).size().x + 20.0;
    let widths = names.map(|(_, text)| wide(text));
    let (rect, _) = ui.allocate_exact_size(vec2(widths.iter().sum(), 24.0), Sense::hover());
    ui.painter().rect_filled(rect, 5.0, p.raised);
    let mut left = rect.min.x;
    for ((page, text), width) in names.into_iter().zip(widths) {
        let part = Rect::from_min_size(egui::pos2(left, rect.min.y), vec2(width, rect.height()));
        left += width;
        let response = ui.interact(part, ui.id().with(("page", text)), Sense::click());
        let on = state.page == page;
        response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, text));
        if on {
            ui.painter().rect_filled(part, 5.0, p.accent);
        } else if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(part, 5.0, p.hovered);
        }
        let ink = if on { p.on_accent } else { p.strong };
        ui.painter().text(part.center(), Align2::CENTER_CENTER, text, font.clone(), ink);
        if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
            state.page = page;
        }
    }
    ui.add_space(4.0);
}

/// How wide each of three choices is that share the row with two buttons.
pub(super) fn third(ui: &Ui) -> f32 {
    ((ui.available_width() - 100.0) / 3.0).clamp(70.0, 210.0)
}

/// A place in a row for something that is as wide as there is room.
pub(super) fn place(ui: &mut Ui, width: f32, contents: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, 24.0), Layout::left_to_right(Align::Center), contents);
}

fn tools(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let w = &words.cases;
    let me = model.me.clone().unwrap_or_else(stranger);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        let who = match me.name.trim() {
            "" => role_name(me.role, words).to_owned(),
            name => format!("{} · {}", role_name(me.role, words), line(name, 16)),
        };
        let button = widgets::tool_button(ui, Icon::Person, &who, state.editing_me);
        if button.on_hover_text(w.me_help).clicked() {
            state.editing_me = !state.editing_me;
            state.me = Some(me.clone());
        }
        for (group, count) in Group::ALL.into_iter().zip(model.listed.counts) {
            let on = state.wish.group == group && state.wish.moment.is_none();
            let text = format!("{} {}", group_name(group, words), grouped(count as f64, 0));
            let colour = (group == Group::Overdue && count > 0).then(|| colour_of(Mark::Red));
            if chip(ui, &text, colour, on).clicked() {
                state.wish.group = group;
                state.wish.moment = None;
                edits.push(CasesEdit::Play(false));
            }
        }
        let on = model.tool == Some(Tool::Register);
        // Who begins no cases has no button for it.
        if begins_by(me.role).is_some()
            && widgets::tool_button(ui, Icon::Plus, w.register_here, on).on_hover_text(w.register_help).clicked()
        {
            edits.push(CasesEdit::Take((!on).then_some(Tool::Register)));
        }
        let pin = widgets::icon_toggle(ui, Icon::Pin, w.keep_pins, state.keep_pins);
        if pin.clicked() {
            state.keep_pins = !state.keep_pins;
            edits.push(CasesEdit::List);
        }
        if let Some(classes) = &model.heat {
            if widgets::icon_toggle(ui, Icon::Area, w.heat, state.heat).clicked() {
                state.heat = !state.heat;
                edits.push(CasesEdit::List);
            }
            if state.heat {
                legend(ui, classes);
            }
        }
        if model.writing || model.listing && !model.playing {
            ui.add(egui::Spinner::new().size(13.0));
        }
    });
}

/// What the colours of the grid stand for.
fn legend(ui: &mut Ui, of: &[Class]) {
    for (class, text) in of.iter().zip(classes::texts(of, Column::Count(Counter::Report))) {
        widgets::swatch(ui, class.colour);
        ui.label(RichText::new(text).small().color(Palette::of(ui).weak));
    }
}

/// A group with its count; stays pressed while it is listed.
pub(super) fn chip(ui: &mut Ui, label: &str, colour: Option<[u8; 3]>, on: bool) -> egui::Response {
    let p = Palette::of(ui);
    let font = TextStyle::Body.resolve(ui.style());
    let width = ui.painter().layout_no_wrap(label.to_owned(), font.clone(), p.text).size().x;
    let before = if colour.is_some() { 14.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width + 18.0 + before, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, label));
    let fill = match (on, response.hovered()) {
        (true, _) => p.selected,
        (false, true) => p.hovered,
        (false, false) => p.raised,
    };
    ui.painter().rect_filled(rect, CornerRadius::same(12), fill);
    if let Some(colour) = colour {
        let mark = Rect::from_center_size(rect.left_center() + vec2(13.0, 0.0), vec2(8.0, 8.0));
        ui.painter().rect_filled(mark, 2.0, widgets::colour(colour));
    }
    ui.painter().text(rect.left_center() + vec2(9.0 + before, 0.0), Align2::LEFT_CENTER, label, font, p.strong);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

fn filters(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words) {
    let w = &words.cases;
    let each = ((ui.available_width() - 24.0) / 3.0).max(70.0);
    let id = egui::Id::new("cases text");
    widgets::text_field(ui, id, w.search, w.search_hint, &mut state.wish.text, each - 20.0);
    place(ui, each, |ui| all_or_one_category(ui, model, state, words));
    place(ui, each, |ui| {
        let options = Sort::ALL.map(|sort| (sort, sort_name(sort, words).to_owned()));
        if let Some(chosen) = widgets::choice(ui, "case order", w.order, &state.wish.sort, &options) {
            state.wish.sort = chosen;
        }
    });
}

/// The choice of a category: of all pages.
pub(super) fn all_or_one_category(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words) {
    let w = &words.cases;
    let chinese = is_chinese(model.language);
    let mut options = vec![(String::new(), w.all_categories.to_owned())];
    let known = model.listed.categories.iter().filter(|(id, _)| !id.is_empty()).take(CATEGORIES);
    options.extend(known.map(|(id, count)| {
        let name = category_name(id, model.rules.as_deref(), chinese, words);
        (id.clone(), format!("{name} {}", grouped(*count as f64, 0)))
    }));
    if !options.iter().any(|(id, _)| *id == state.wish.category) {
        let name = category_name(&state.wish.category, model.rules.as_deref(), chinese, words);
        options.push((state.wish.category.clone(), format!("{name} 0")));
    }
    if let Some(chosen) = widgets::choice(ui, "case category", w.category, &state.wish.category, &options) {
        state.wish.category = chosen;
    }
}

/// What is said in the column of time.
pub(super) fn time_text(case: &Case, mark: Mark, model: &CasesModel, words: &Words) -> String {
    let Some(rules) = model.rules.as_deref() else { return String::new() };
    let offset = rules.calendar.offset();
    // What ended later had not ended then.
    let ended = case.ended.filter(|ended| model.moment.is_none_or(|at| *ended <= at));
    match (ended, case.due(&rules.calendar)) {
        (Some(ended), _) => moment(ended, offset),
        (None, _) if case.state == State::Suspended => words.cases.clock_stands.to_owned(),
        // Handled: its time is settled, whatever the clock says now.
        (None, Some(_)) if case.handling().is_none() && !case.rounds.is_empty() => mark_name(mark, words).to_owned(),
        (None, Some(due)) => left(due, model.now, words),
        (None, None) => String::new(),
    }
}

fn table(ui: &mut Ui, model: &CasesModel, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let chinese = is_chinese(model.language);
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.visuals_mut().selection.stroke.color = p.strong;
    let modifiers = ui.input(|input| input.modifiers);
    egui::ScrollArea::horizontal().id_salt("cases").auto_shrink(false).show(ui, |ui| {
        TableBuilder::new(ui)
            .id_salt("cases table")
            .striped(true)
            .sense(Sense::click())
            .auto_shrink(false)
            // A low drawer stays low: the list scrolls.
            .min_scrolled_height(48.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Width::exact(12.0))
            .column(Width::initial(112.0).at_least(60.0).clip(true).resizable(true))
            .column(Width::initial(112.0).at_least(60.0).clip(true).resizable(true))
            .column(Width::initial(104.0).at_least(60.0).clip(true).resizable(true))
            .column(Width::initial(118.0).at_least(60.0).clip(true).resizable(true))
            .column(Width::initial(210.0).at_least(80.0).clip(true).resizable(true))
            .column(Width::remainder().at_least(90.0).clip(true))
            .header(HEAD, |mut header| {
                for text in ["", w.number, w.category, w.state, w.time, w.address, w.unit] {
                    header.col(|ui| _ = ui.label(RichText::new(text).color(p.weak)));
                }
            })
            .body(|body| {
                body.rows(ROW, model.listed.rows.len(), |mut line_of| {
                    let Some(place) = model.listed.rows.get(line_of.index()).copied() else { return };
                    // A list that is older than the cases: the next frame has its successor.
                    let Some(case) = model.all.get(place as usize) else { return };
                    let selected = model.selected.binary_search(&place).is_ok();
                    line_of.set_selected(selected);
                    let mark = model.listed.marks.get(place as usize).copied().unwrap_or_default();
                    line_of.col(|ui| {
                        let (rect, _) = ui.allocate_exact_size(vec2(10.0, ROW), Sense::hover());
                        light(ui, Rect::from_center_size(rect.center(), vec2(10.0, 10.0)), mark);
                    });
                    let cell = |ui: &mut Ui, text: String, colour| {
                        ui.add(egui::Label::new(RichText::new(text).color(colour)).truncate().selectable(false));
                    };
                    let number = line(&case.number, 40);
                    line_of.col(|ui| cell(ui, number.clone(), p.strong));
                    let category = category_name(&case.facts.category, model.rules.as_deref(), chinese, words);
                    line_of.col(|ui| cell(ui, category, p.text));
                    // Looking back: as it was then, as far as its history goes.
                    let then = model.moment.map(|at| case.as_of(at));
                    let state = match &then {
                        Some(None) => w.open,
                        Some(Some(then)) => state_name(then.state, chinese),
                        None => state_name(case.state, chinese),
                    };
                    let case = then.as_ref().and_then(Option::as_ref).unwrap_or(case);
                    line_of.col(|ui| cell(ui, state.to_owned(), p.text));
                    let late = if mark == Mark::Ended { p.weak } else { ink(p, mark) };
                    line_of.col(|ui| cell(ui, time_text(case, mark, model, words), late));
                    line_of.col(|ui| cell(ui, where_is(case), p.text));
                    line_of.col(|ui| cell(ui, line(case.unit(), 60), p.text));
                    let response = line_of.response();
                    let kind = WidgetType::SelectableLabel;
                    response.widget_info(|| WidgetInfo::selected(kind, true, selected, &number));
                    if response.clicked() {
                        let (how, fly) = match (modifiers.command, modifiers.shift) {
                            (true, _) => (How::Toggle, false),
                            (_, true) => (How::Through, false),
                            _ => (How::Only, true),
                        };
                        edits.push(CasesEdit::Select { case: place, how, fly });
                    }
                });
            });
    });
}

/// Its address, else the street.
fn where_is(case: &Case) -> String {
    match case.facts.address.trim() {
        "" => line(case.facts.located.as_ref().map_or("", |located| &located.street), 80),
        address => line(address, 80),
    }
}

#[cfg(test)]
mod tests;
