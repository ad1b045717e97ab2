//! The page of hot spots: what is looked for, and two lists: squares, and places where cases come again.

use egui::{Align, Align2, Layout, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::super::describe::{category_name, date, is_chinese, line};
use super::super::state::{CasesEdit, CasesModel, CasesState, How};
use super::super::ui::{all_or_one_category, chip, place, third};
use super::found::{Again, Found, Hot};
use super::overlay::{REPEAT, arrow, colour_of};
use super::{DAYS, Kind, LEAST, SIDES};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::place::Bounds;
use crate::units::grouped;

const ROW: f32 = 24.0;
const HEAD: f32 = 24.0;
/// So much of its neighbourhood is seen with a place, metres to each side.
const AROUND: f64 = 120.0;

/// Draws the page's row of choices: those of the list that is seen.
pub fn controls(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words) {
    let w = &words.figures;
    let each = third(ui);
    place(ui, each, |ui| match state.spots.kind {
        Kind::Squares => {
            let options = SIDES.map(|side| (side, Words::put(w.side_n, &[&side])));
            if let Some(side) = widgets::choice(ui, "spots side", w.side, &state.spots.side, &options) {
                state.spots.side = side;
            }
        }
        Kind::Repeats => {
            let options = LEAST.map(|least| (least, Words::put(w.least_n, &[&least])));
            if let Some(least) = widgets::choice(ui, "spots least", w.least, &state.spots.least, &options) {
                state.spots.least = least;
            }
        }
    });
    // What the timeline says comes first.
    if state.wish.period.is_none() {
        place(ui, each, |ui| {
            let options = DAYS.map(|days| (days, Words::put(w.days_n, &[&days])));
            if let Some(days) = widgets::choice(ui, "spots days", w.dates, &state.spots.days, &options) {
                state.spots.days = days;
            }
        });
    }
    place(ui, each, |ui| all_or_one_category(ui, model, state, words));
    if widgets::icon_toggle(ui, Icon::Area, w.draw, state.spots.drawn).clicked() {
        state.spots.drawn = !state.spots.drawn;
    }
    if model.spots.busy && !model.playing {
        ui.add(egui::Spinner::new().size(13.0));
    }
}

/// Draws the page under its choices.
pub fn show(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.figures, Palette::of(ui));
    if !model.spots.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.spots.error);
    }
    let Some(found) = &model.spots.found else {
        widgets::empty(ui, w.reckoning);
        return;
    };
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        for (kind, text, count) in
            [(Kind::Squares, w.squares_n, found.squares.len()), (Kind::Repeats, w.repeats_n, found.repeats.len())]
        {
            let text = Words::put(text, &[&grouped(count as f64, 0)]);
            if chip(ui, &text, None, state.spots.kind == kind).clicked() {
                state.spots.kind = kind;
            }
        }
        let dates = format!("{} – {}", date(found.period.start, offset), date(found.period.end - 1, offset));
        ui.label(RichText::new(dates).color(p.weak));
        let (method, help) = match state.spots.kind {
            Kind::Squares => (Words::put(w.method, &[&grouped(found.looked_at as f64, 0)]), w.method_help),
            Kind::Repeats => (w.repeat_help.to_owned(), w.repeat_help),
        };
        ui.label(RichText::new(format!("· {method}")).color(p.weak)).on_hover_text(help);
    });
    match state.spots.kind {
        Kind::Squares if found.squares.is_empty() => widgets::empty(ui, w.no_squares),
        Kind::Repeats if found.repeats.is_empty() => widgets::empty(ui, w.no_repeats),
        Kind::Squares => squares(ui, found, model, state, words, edits),
        Kind::Repeats => repeats(ui, found, model, state, words, edits),
    }
}

/// A list: its columns with how wide they are (0: the rest) and what is said of them on hover.
fn list(
    ui: &mut Ui,
    id: &str,
    heads: &[(&str, f32, &str)],
    count: usize,
    mut each: impl FnMut(&mut TableRow<'_, '_>, usize),
) {
    let p = Palette::of(ui);
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.visuals_mut().selection.stroke.color = p.strong;
    egui::ScrollArea::horizontal().id_salt(id).auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt(id)
            .striped(true)
            .sense(Sense::click())
            .auto_shrink(false)
            .min_scrolled_height(48.0)
            .cell_layout(Layout::left_to_right(Align::Center));
        for (_, width, _) in heads {
            builder = builder.column(match *width {
                0.0 => Width::remainder().at_least(140.0).clip(true),
                width => Width::initial(width).at_least(40.0).clip(true).resizable(true),
            });
        }
        let table = builder.header(HEAD, |mut header| {
            for (text, _, help) in heads {
                header.col(|ui| {
                    let label = egui::Label::new(RichText::new(*text).color(p.weak)).truncate().selectable(false);
                    let label = ui.add(label);
                    if !help.is_empty() {
                        label.on_hover_text(*help);
                    }
                });
            }
        });
        table.body(|body| {
            body.rows(ROW, count, |mut line_of| {
                let place = line_of.index();
                each(&mut line_of, place);
            });
        });
    });
}

fn text(line_of: &mut TableRow<'_, '_>, text: &str, ink: egui::Color32) {
    line_of.col(|ui| _ = ui.add(egui::Label::new(RichText::new(text).color(ink)).truncate().selectable(false)));
}

fn dates_text([first, last]: [i64; 2], offset: i64) -> String {
    let [first, last] = [first, last].map(|at| date(at, offset));
    if first == last { first } else { format!("{first} – {last}") }
}

fn squares(
    ui: &mut Ui,
    found: &Found,
    model: &CasesModel,
    state: &mut CasesState,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let (w, p) = (&words.figures, Palette::of(ui));
    let chinese = is_chinese(model.language);
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    let heads = [
        (w.confidence, 84.0, w.method_help),
        (w.place, 150.0, ""),
        (w.around, 62.0, w.around_help),
        (w.here, 46.0, ""),
        (w.mostly, 150.0, ""),
        (w.dates, 168.0, ""),
        ("z", 44.0, w.z_help),
        ("p", 66.0, w.z_help),
        (w.rising, 0.0, w.rising_help),
    ];
    list(ui, "hot squares", &heads, found.squares.len(), |line_of, place| {
        let Some(hot) = found.squares.get(place) else { return };
        let selected = state.spots.selected == Some((Kind::Squares, place));
        line_of.set_selected(selected);
        let square = &hot.square;
        line_of.col(|ui| confidence(ui, hot));
        let street = if hot.street.is_empty() { w.unknown_place.to_owned() } else { line(&hot.street, 60) };
        text(line_of, &street, p.strong);
        text(line_of, &grouped(f64::from(square.around), 0), p.text);
        text(line_of, &grouped(f64::from(square.count), 0), p.text);
        let mostly = category_name(&hot.mostly.0, model.rules.as_deref(), chinese, words);
        text(line_of, &Words::put(w.mostly_n, &[&mostly, &hot.mostly.1]), p.text);
        text(line_of, &dates_text(hot.dates, offset), p.text);
        text(line_of, &format!("{:.1}", square.z), p.text);
        text(line_of, &p_text(square.p), p.text);
        line_of.col(|ui| {
            if square.is_rising {
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
                arrow(ui.painter(), rect.center(), widgets::colour(super::overlay::RISING));
                let said = square.expected.map(|n| Words::put(w.expected_n, &[&format!("{n:.1}")]));
                let said = RichText::new(said.unwrap_or_default()).color(p.text);
                ui.add(egui::Label::new(said).truncate().selectable(false));
            }
        });
        let response = line_of.response();
        let kind = WidgetType::SelectableLabel;
        response.widget_info(|| WidgetInfo::selected(kind, true, selected, format!("{street} {}", place + 1)));
        if response.clicked() {
            state.spots.selected = Some((Kind::Squares, place));
            let bounds = Bounds { min: square.xy, max: square.xy };
            edits.push(CasesEdit::FlyTo(bounds.grown(found.side / 2.0 + AROUND)));
        }
    });
}

/// How sure it is, in words and with the colour of the map.
fn confidence(ui: &mut Ui, hot: &Hot) {
    let p = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width().min(70.0), ROW), Sense::hover());
    let swatch = Rect::from_center_size(rect.left_center() + vec2(8.0, 0.0), vec2(11.0, 11.0));
    widgets::paint_swatch(ui, swatch, colour_of(hot));
    let said = if hot.square.confidence == 0 { "—".to_owned() } else { format!("{} %", hot.square.confidence) };
    let room = rect.with_min_x(rect.min.x + 20.0);
    widgets::paint_text(ui, room, &said, TextStyle::Body, p.strong, Align2::LEFT_CENTER);
}

/// A chance: as a number where it is one to be read, else by its power of ten.
fn p_text(p: f64) -> String {
    if p >= 0.001 {
        format!("{p:.3}")
    } else if p < 1e-12 {
        "< 1e-12".to_owned()
    } else {
        format!("{p:.0e}")
    }
}

fn repeats(
    ui: &mut Ui,
    found: &Found,
    model: &CasesModel,
    state: &mut CasesState,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let (w, p) = (&words.figures, Palette::of(ui));
    let chinese = is_chinese(model.language);
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    let heads = [
        (w.times, 56.0, w.repeat_help),
        (words.cases.category, 160.0, ""),
        (w.place, 220.0, ""),
        (w.dates, 168.0, ""),
        (words.cases.building, 0.0, ""),
    ];
    list(ui, "repeat places", &heads, found.repeats.len(), |line_of, place| {
        let Some(again) = found.repeats.get(place) else { return };
        let selected = state.spots.selected == Some((Kind::Repeats, place));
        line_of.set_selected(selected);
        line_of.col(|ui| times(ui, again));
        let category = category_name(&again.repeat.category, model.rules.as_deref(), chinese, words);
        text(line_of, &category, p.strong);
        let address = if again.address.is_empty() { w.unknown_place.to_owned() } else { line(&again.address, 80) };
        text(line_of, &address, p.text);
        text(line_of, &dates_text(again.dates, offset), p.text);
        text(line_of, &line(&again.repeat.building, 40), p.weak);
        let response = line_of.response();
        let kind = WidgetType::SelectableLabel;
        response.widget_info(|| WidgetInfo::selected(kind, true, selected, format!("{address} {}", place + 1)));
        if response.clicked() {
            state.spots.selected = Some((Kind::Repeats, place));
            let bounds = Bounds { min: again.repeat.xy, max: again.repeat.xy };
            edits.push(CasesEdit::FlyTo(bounds.grown(AROUND)));
            // Its card tells what comes again.
            if let Some(case) = again.cases.last() {
                edits.push(CasesEdit::Select { case: *case, how: How::Only, fly: false });
            }
        }
    });
}

fn times(ui: &mut Ui, again: &Again) {
    let p = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width().min(50.0), ROW), Sense::hover());
    ui.painter().circle_filled(rect.left_center() + vec2(8.0, 0.0), 5.5, widgets::colour(REPEAT));
    let text = format!("×{}", again.repeat.numbers.len());
    let room = rect.with_min_x(rect.min.x + 20.0);
    widgets::paint_text(ui, room, &text, TextStyle::Body, p.strong, Align2::LEFT_CENTER);
}

#[cfg(test)]
mod tests;
