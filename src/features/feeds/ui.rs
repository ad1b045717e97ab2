//! The line above the cases that says how feeds are, and the view in the place of the cases.

use egui::{
    Align, Align2, Color32, Layout, Rect, RichText, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2,
};

use super::describe::{clock, ink, kind_name, reason, severity_name, state_name};
use super::state::{Endpoint, FeedsEdit, FeedsModel, FeedsState, Listed, ShownWarning};
use crate::feeds::State;
use crate::feeds::config::Kind;
use crate::feeds::counter::SOURCE;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::units::grouped;

const ROW: f32 = 26.0;
/// Letters of an event that stand above the cases.
const EVENT: usize = 18;

/// The line above the cases; nothing where a project says no feeds.
pub fn strip(ui: &mut Ui, model: &FeedsModel, state: &mut FeedsState, words: &Words, edits: &mut Vec<FeedsEdit>) {
    if !model.there {
        return;
    }
    let (w, p) = (&words.feeds, Palette::of(ui));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if !model.error.is_empty() {
            let button = widgets::tool_button(ui, Icon::Error, w.title, state.open);
            if button.on_hover_text(w.open_help).clicked() {
                state.open = !state.open;
            }
            let text = RichText::new(first_line(&model.error)).color(p.error);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(&model.error);
            return;
        }
        if widgets::tool_button(ui, Icon::Feed, w.title, state.open).on_hover_text(w.open_help).clicked() {
            state.open = !state.open;
        }
        if !model.on {
            if widgets::main_button(ui, w.start).clicked() {
                edits.push(FeedsEdit::Start(true));
            }
            let text = Words::put(w.has_n, &[&model.count]);
            ui.add(egui::Label::new(RichText::new(text).color(p.weak)).truncate()).on_hover_text(w.start_help);
            return;
        }
        for warning in model.warnings.iter().take(2) {
            let event: String = warning.event.chars().take(EVENT).collect();
            let more = if event.len() < warning.event.len() { "…" } else { "" };
            let text = format!("{event}{more} · {}", severity_name(warning.severity, words));
            if chip(ui, &text, warning.severity.colour()).on_hover_text(&warning.headline).clicked() {
                (state.open, state.warning) = (true, Some(warning.key.clone()));
                edits.extend(warning.extent.map(FeedsEdit::Fly));
            }
        }
        if model.warnings.len() > 2 {
            ui.label(RichText::new(Words::put(w.more_warnings, &[&(model.warnings.len() - 2)])).color(p.weak));
        }
        let (text, colour) = summary(model, words, p);
        dot(ui, colour);
        ui.add(egui::Label::new(RichText::new(text).color(p.text)).truncate());
    });
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// How all feeds are, in one line: what is wrong first.
fn summary(model: &FeedsModel, words: &Words, p: &Palette) -> (String, Color32) {
    let w = &words.feeds;
    let count = |is: &dyn Fn(&State) -> bool| model.feeds.iter().filter(|feed| is(&feed.line.status.state)).count();
    let failed = matches!(model.endpoint, Endpoint::Failed(_));
    let parts = [
        (count(&|state| matches!(state, State::Refused { .. })) + usize::from(failed), w.n_refused, p.error),
        (count(&|state| matches!(state, State::Waiting { .. })), w.n_waiting, p.warning),
        (count(&|state| matches!(state, State::Behind { .. } | State::Connecting)), w.n_behind, p.note),
        (count(&|state| *state == State::Connected), w.n_connected, p.good),
        (count(&|state| *state == State::Stopped), w.n_stopped, p.weak),
    ];
    let said = || parts.iter().filter(|(count, ..)| *count > 0);
    let mut texts: Vec<String> = said().map(|(count, text, _)| Words::put(text, &[count])).collect();
    let new: u64 = model
        .feeds
        .iter()
        .filter(|feed| feed.kind != Kind::Cap && !feed.tracks)
        .map(|feed| feed.line.status.counts.new)
        .sum();
    if new > 0 {
        texts.push(Words::put(w.n_new, &[&grouped(new as f64, 0)]));
    }
    (texts.join(" · "), said().next().map_or(p.weak, |(.., colour)| *colour))
}

fn dot(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 18.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, colour);
}

/// A text in a pill with a swatch before it.
fn chip(ui: &mut Ui, text: &str, rgb: [u8; 3]) -> egui::Response {
    let p = Palette::of(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), TextStyle::Body.resolve(ui.style()), p.strong);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(30.0, 6.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, text));
    let fill = if response.hovered() { p.hovered } else { p.raised };
    ui.painter().rect_filled(rect, rect.height() / 2.0, fill);
    let mark = Rect::from_center_size(rect.left_center() + vec2(13.0, 0.0), vec2(10.0, 10.0));
    widgets::paint_swatch(ui, mark, rgb);
    ui.painter().galley(rect.left_center() + vec2(22.0, -galley.size().y / 2.0), galley, p.strong);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// The view in the place of the cases.
pub fn show(ui: &mut Ui, model: &FeedsModel, state: &mut FeedsState, words: &Words, edits: &mut Vec<FeedsEdit>) {
    let (w, p) = (&words.feeds, Palette::of(ui));
    ui.horizontal(|ui| {
        if widgets::tool_button(ui, Icon::Left, w.back, false).clicked() {
            state.open = false;
        }
        if model.error.is_empty() {
            if model.on {
                if widgets::tool_button(ui, Icon::Pause, w.stop_all, false).clicked() {
                    edits.push(FeedsEdit::Start(false));
                }
            } else if widgets::main_button(ui, w.start).clicked() {
                edits.push(FeedsEdit::Start(true));
            }
            let text = if model.on { w.started_help } else { w.start_help };
            ui.add(egui::Label::new(RichText::new(text).color(p.weak)).truncate()).on_hover_text(text);
        }
    });
    ScrollArea::vertical().id_salt("feeds").auto_shrink(false).show(ui, |ui| {
        if !model.error.is_empty() {
            widgets::remark(ui, Icon::Error, p.error, w.bad_file);
            ui.add(egui::Label::new(RichText::new(&model.error).monospace().color(p.text)).wrap());
            return;
        }
        for feed in &model.feeds {
            row(ui, feed, model, words, edits);
        }
        if model.has_endpoint {
            endpoint(ui, model, words, edits);
        }
        if !model.warnings.is_empty() {
            widgets::heading(ui, &Words::put(w.warnings_n, &[&model.warnings.len()]));
            for one in &model.warnings {
                warning(ui, one, model, state, words, edits);
            }
        }
        garbage(ui, model, state, words, edits);
    });
}

/// A line for one thing that runs: dot, name, kind, state, counts; on the right its buttons.
#[allow(clippy::too_many_arguments)] // two call sites, all of them parts of a line
fn line(
    ui: &mut Ui,
    (colour, name, kind, hover): (Color32, &str, &str, &str),
    (said, said_ink): (&str, Color32),
    counts: &str,
    buttons: impl FnOnce(&mut Ui),
) {
    let p = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.max.y, egui::Stroke::new(1.0, p.line.gamma_multiply(0.6)));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    let ui = &mut child;
    ui.spacing_mut().item_spacing.x = 8.0;
    dot(ui, colour);
    let wide = rect.width() > 760.0;
    let cell = |ui: &mut Ui, width: f32, text: &str, ink: Color32, hover: &str| {
        let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, text));
        widgets::paint_text(ui, rect, text, TextStyle::Body, ink, Align2::LEFT_CENTER);
        if !hover.is_empty() {
            response.on_hover_text(hover);
        }
    };
    cell(ui, if wide { 120.0 } else { 84.0 }, name, p.strong, hover);
    cell(ui, if wide { 104.0 } else { 78.0 }, kind, p.weak, hover);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        buttons(ui);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let room = ui.available_width() - 8.0;
            let share = if counts.is_empty() { room } else { (room * 0.46).floor() };
            cell(ui, share.max(0.0), said, said_ink, said);
            if !counts.is_empty() {
                cell(ui, (room - share).max(0.0), counts, p.text, counts);
            }
        });
    });
}

fn row(ui: &mut Ui, feed: &Listed, model: &FeedsModel, words: &Words, edits: &mut Vec<FeedsEdit>) {
    let (w, p) = (&words.feeds, Palette::of(ui));
    let status = &feed.line.status;
    let counts = &status.counts;
    let state = state_name(&status.state, words);
    let said = match reason(status) {
        "" => state,
        reason => format!("{state}: {reason}"),
    };
    let number = |n: u64| grouped(n as f64, 0);
    let mut parts = Vec::new();
    if feed.kind == Kind::Cap {
        parts.push(Words::put(w.count_warnings, &[&number(counts.reports)]));
    } else if feed.tracks {
        parts.push(Words::put(w.count_fixes, &[&number(counts.new)]));
        if counts.known > 0 {
            parts.push(Words::put(w.count_no_fix, &[&number(counts.known)]));
        }
    } else if model.on {
        parts.push(Words::put(w.count_new, &[&number(counts.new)]));
        if counts.known + counts.same > 0 {
            parts.push(Words::put(w.count_known, &[&number(counts.known + counts.same)]));
        }
    }
    if counts.garbage > 0 {
        parts.push(Words::put(w.count_garbage, &[&number(counts.garbage)]));
    }
    if let Some(last) = counts.last {
        parts.push(Words::put(w.last_at, &[&clock(last, model.now, model.offset)]));
    }
    let counts = if model.on { parts.join(" · ") } else { feed.address.clone() };
    let colour = ink(&status.state, p);
    let said_ink = if matches!(status.state, State::Refused { .. } | State::Waiting { .. }) { colour } else { p.text };
    let kind = if feed.tracks { w.kind_tracks } else { kind_name(feed.kind, words) };
    let about = (colour, feed.name.as_str(), kind, feed.address.as_str());
    line(ui, about, (&said, said_ink), &counts, |ui| {
        if !model.on {
            return;
        }
        let (icon, text) = if feed.line.on { (Icon::Pause, w.stop_one) } else { (Icon::Play, w.start_one) };
        if widgets::icon_button(ui, icon, &Words::put(text, &[&feed.name])).clicked() {
            edits.push(FeedsEdit::Run(feed.id.clone(), !feed.line.on));
        }
        let can = feed.line.on && feed.kind != Kind::Cap;
        let look = Words::put(w.look, &[&feed.name]);
        if widgets::icon_button_as(ui, Icon::Redo, &look, false, can).clicked() {
            edits.push(FeedsEdit::Look(feed.id.clone()));
        }
    });
}

/// The endpoint of this machine: its address when it is on.
fn endpoint(ui: &mut Ui, model: &FeedsModel, words: &Words, edits: &mut Vec<FeedsEdit>) {
    let (w, p) = (&words.feeds, Palette::of(ui));
    let on = matches!(model.endpoint, Endpoint::On(_));
    let (colour, said, said_ink) = match &model.endpoint {
        Endpoint::Off => (p.weak, w.stopped.to_owned(), p.text),
        Endpoint::On(address) => (p.good, format!("{} {address}", w.endpoint_at), p.text),
        Endpoint::Failed(reason) => (p.error, format!("{}: {reason}", w.refused), p.error),
    };
    line(ui, (colour, w.endpoint, w.kind_endpoint, w.endpoint_help), (&said, said_ink), "", |ui| {
        if !model.on {
            return;
        }
        let (icon, text) = if on { (Icon::Pause, w.stop_one) } else { (Icon::Play, w.start_one) };
        if widgets::icon_button(ui, icon, &Words::put(text, &[&w.endpoint])).clicked() {
            edits.push(FeedsEdit::Run(SOURCE.to_owned(), !on));
        }
        if let Endpoint::On(address) = &model.endpoint
            && widgets::icon_button(ui, Icon::Copy, w.copy_address).clicked()
        {
            ui.copy_text(format!("{address}/services.json"));
        }
    });
}

fn warning(
    ui: &mut Ui,
    one: &ShownWarning,
    model: &FeedsModel,
    state: &mut FeedsState,
    words: &Words,
    edits: &mut Vec<FeedsEdit>,
) {
    let (w, p) = (&words.feeds, Palette::of(ui));
    let open = state.warning.as_ref() == Some(&one.key);
    let until = Words::put(w.until, &[&clock(one.until, model.now, model.offset)]);
    let headline = if one.headline.is_empty() { &one.event } else { &one.headline };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, open, headline));
    if open || response.hovered() {
        ui.painter().rect_filled(rect, 4.0, if open { p.selected } else { p.hovered });
    }
    widgets::paint_swatch(
        ui,
        Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), vec2(12.0, 12.0)),
        one.severity.colour(),
    );
    let inside = rect.with_min_x(rect.min.x + 26.0).with_max_x(rect.max.x - 8.0);
    let tail = format!("{} · {until}", severity_name(one.severity, words));
    let wide = ui.painter().layout_no_wrap(tail.clone(), TextStyle::Body.resolve(ui.style()), p.text).size().x;
    let parts = inside.split_left_right_at_x((inside.max.x - wide - 4.0).max(inside.min.x + 60.0));
    widgets::paint_text(
        ui,
        parts.0.with_max_x(parts.0.max.x - 8.0),
        headline,
        TextStyle::Body,
        p.strong,
        Align2::LEFT_CENTER,
    );
    widgets::paint_text(ui, parts.1, &tail, TextStyle::Body, p.text, Align2::LEFT_CENTER);
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        state.warning = (!open).then(|| one.key.clone());
        edits.extend(one.extent.filter(|_| !open).map(FeedsEdit::Fly));
    }
    if !open {
        return;
    }
    egui::Frame::new().inner_margin(egui::Margin { left: 26, right: 8, top: 2, bottom: 6 }).show(ui, |ui| {
        let by = [one.place.as_str(), one.sender.as_str()].into_iter().filter(|text| !text.is_empty());
        let by = by.collect::<Vec<_>>().join(" · ");
        let text = |ui: &mut Ui, text: &str, ink: Color32| {
            if !text.is_empty() {
                ui.add(egui::Label::new(RichText::new(text).color(ink)).wrap().selectable(true));
            }
        };
        text(ui, &by, p.weak);
        text(ui, &one.description, p.text);
        text(ui, &one.instruction, p.strong);
        if one.extent.is_none() {
            text(ui, w.no_area, p.weak);
        }
    });
}

/// What was no report.
fn garbage(ui: &mut Ui, model: &FeedsModel, state: &mut FeedsState, words: &Words, edits: &mut Vec<FeedsEdit>) {
    let (w, p) = (&words.feeds, Palette::of(ui));
    let count: u64 = model.feeds.iter().map(|feed| feed.line.status.counts.garbage).sum();
    if !model.on || (count == 0 && !state.garbage && model.garbage.is_empty()) {
        return;
    }
    ui.add_space(4.0);
    let icon = if state.garbage { Icon::Open } else { Icon::Closed };
    if widgets::tool_button(ui, icon, &Words::put(w.garbage_n, &[&grouped(count as f64, 0)]), false).clicked() {
        state.garbage = !state.garbage;
        edits.push(FeedsEdit::Garbage(state.garbage));
    }
    if !state.garbage {
        return;
    }
    ui.label(RichText::new(w.garbage_help).small().color(p.weak));
    for [feed, place, reason, raw] in model.garbage.iter() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(RichText::new(format!("{feed} · {place}")).color(p.weak));
            ui.label(RichText::new(reason).color(p.warning));
            ui.label(RichText::new(raw).monospace().size(11.5).color(p.text));
        });
    }
}

#[cfg(test)]
mod tests;
