//! The unit table as a grid that scrolls in both directions; only what is seen is laid out.

use egui::{
    Align, Align2, Color32, CornerRadius, Pos2, Rect, Response, RichText, ScrollArea, Sense, Stroke, StrokeKind,
    TextStyle, Ui, UiBuilder, Vec2, WidgetInfo, WidgetType, pos2, vec2,
};

use super::super::describe::{
    level_name, no_place, room_label, state_name, storey_label, storey_number, unit_line, unit_text,
};
use super::super::state::{House, HousingEdit, HousingModel, HousingState};
use crate::panels::{Palette, Words, widgets};
use crate::themes::housing::unit_table::{Placed, Storey};

const CELL: Vec2 = vec2(58.0, 26.0);
const WIDEST: f32 = 92.0;
const GAP: f32 = 3.0;
const BETWEEN_ENTRANCES: f32 = 10.0;
const LABELS: f32 = 58.0;
const LINE: f32 = 18.0;
/// The most that the list of units without a place takes.
const MISFITS: f32 = 78.0;

/// Where the columns stand: left edges from the grid's own left edge, and the width of a cell.
struct Columns {
    left: Vec<f32>,
    /// The entrance of each column, and its room.
    names: Vec<(usize, String)>,
    width: f32,
    whole: f32,
}

impl Columns {
    fn of(house: &House, room: f32) -> Self {
        let rooms: usize = house.table.entrances.iter().map(|entrance| entrance.rooms.len()).sum();
        let gaps = BETWEEN_ENTRANCES * house.table.entrances.len() as f32;
        let width = ((room - gaps) / rooms.max(1) as f32 - GAP).clamp(CELL.x, WIDEST).floor();
        let (mut left, mut names, mut x) = (Vec::with_capacity(rooms), Vec::with_capacity(rooms), 0.0);
        for (at, entrance) in house.table.entrances.iter().enumerate() {
            for room in &entrance.rooms {
                left.push(x);
                names.push((at, room.clone()));
                x += width + GAP;
            }
            x += BETWEEN_ENTRANCES;
        }
        Self { left, names, width, whole: x }
    }

    /// Columns that are at least partly between two places.
    fn seen(&self, from: f32, to: f32) -> std::ops::Range<usize> {
        let first = self.left.partition_point(|left| left + self.width < from);
        let end = self.left.partition_point(|left| *left < to);
        first..end.max(first)
    }

    fn cell(&self, origin: Pos2, row: usize, column: usize) -> Rect {
        let at = origin + vec2(self.left[column], row as f32 * (CELL.y + GAP));
        Rect::from_min_size(at, vec2(self.width, CELL.y))
    }
}

/// Rows that are at least partly between two places.
fn rows_seen(count: usize, from: f32, to: f32) -> std::ops::Range<usize> {
    let line = CELL.y + GAP;
    let first = ((from / line).floor().max(0.0) as usize).min(count);
    first..((to / line).ceil().max(0.0) as usize).clamp(first, count)
}

/// Draws the grid with the units that fit nowhere below it.
pub fn show(
    ui: &mut Ui,
    model: &HousingModel,
    house: &House,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let table = &house.table;
    let area = ui.available_rect_before_wrap();
    let listed = if state.misfits { MISFITS } else { 0.0 };
    let below = if table.misfits.is_empty() { 0.0 } else { 26.0 + listed };
    let area = area.with_max_y((area.max.y - below).max(area.min.y + 90.0));
    if !table.storeys.is_empty() {
        grid(ui, area, model, house, state, words, edits);
    }
    ui.advance_cursor_after_rect(area);
    if !table.misfits.is_empty() {
        misfits(ui, model, house, state, words, edits);
    }
}

fn grid(
    ui: &mut Ui,
    area: Rect,
    model: &HousingModel,
    house: &House,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let table = &house.table;
    let named = table.entrances.iter().any(|entrance| !entrance.name.is_empty());
    let head = if named { 2.0 * LINE } else { LINE };
    let body = Rect::from_min_max(area.min + vec2(LABELS, head + 2.0), area.max);
    let columns = Columns::of(house, body.width() - 10.0);
    let whole = vec2(columns.whole, table.storeys.len() as f32 * (CELL.y + GAP) + 8.0);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(body));
    // A veil over the first and last row would change the colours of their states.
    inner.spacing_mut().scroll.fade.strength = 0.0;
    let scroll = ScrollArea::both().id_salt(("unit table", house.layer, house.building)).auto_shrink(false);
    let output = scroll.show_viewport(&mut inner, |ui, seen| {
        ui.set_min_size(whole);
        let origin = ui.max_rect().min;
        follow(ui, model, house, state, &columns, origin);
        for row in rows_seen(table.storeys.len(), seen.min.y, seen.max.y) {
            for column in columns.seen(seen.min.x, seen.max.x) {
                let storey = &table.storeys[row];
                let units = storey.cells.get(column).map_or(&[][..], Vec::as_slice);
                let rect = columns.cell(origin, row, column);
                cell(ui, rect, model, house, storey, units, &columns.names[column], words, edits);
            }
        }
    });
    heads(ui, area, body, head, house, &columns, output.state.offset.x, words);
    storeys(ui, area, body, model, house, output.state.offset.y, words, edits);
}

/// Brings the selected unit's cell into view when another one is selected.
fn follow(ui: &Ui, model: &HousingModel, house: &House, state: &mut HousingState, columns: &Columns, origin: Pos2) {
    if state.seen == model.selected_unit {
        return;
    }
    state.seen = model.selected_unit;
    let Some(unit) = model.selected_unit else { return };
    let is = |units: &Vec<Placed>| units.iter().any(|placed| placed.unit.row == unit);
    let found = house
        .table
        .storeys
        .iter()
        .enumerate()
        .find_map(|(row, storey)| storey.cells.iter().position(is).map(|column| (row, column)));
    if let Some((row, column)) = found {
        let rect = columns.cell(origin, row, column);
        if !ui.clip_rect().contains_rect(rect) {
            ui.scroll_to_rect(rect, Some(Align::Center));
        }
    }
}

/// The names of entrances and rooms, which stay while the grid scrolls.
#[allow(clippy::too_many_arguments)] // where to draw, and what
fn heads(ui: &Ui, area: Rect, body: Rect, head: f32, house: &House, columns: &Columns, offset: f32, words: &Words) {
    let (w, p) = (&words.housing, Palette::of(ui));
    let corner = Rect::from_min_max(area.min, pos2(body.min.x - GAP, area.min.y + head));
    let line = corner.with_min_y(corner.max.y - LINE);
    widgets::paint_text(ui, line, w.storey, TextStyle::Small, p.weak, Align2::RIGHT_CENTER);
    let strip = Rect::from_min_max(pos2(body.min.x, area.min.y), pos2(body.max.x, area.min.y + head));
    let clip = strip.intersect(ui.clip_rect());
    let write = |rect: Rect, text: &str, ink: Color32, style: TextStyle| {
        let font = style.resolve(ui.style());
        let painter = ui.painter().with_clip_rect(clip.intersect(rect));
        painter.text(rect.center(), Align2::CENTER_CENTER, text, font, ink);
    };
    let seen = columns.seen(offset, offset + body.width());
    for column in seen.clone() {
        let x = strip.min.x - offset + columns.left[column];
        let rect = Rect::from_min_size(pos2(x, strip.max.y - LINE), vec2(columns.width, LINE));
        write(rect, &columns.names[column].1, p.weak, TextStyle::Small);
    }
    if head < 1.5 * LINE {
        return;
    }
    let mut first = 0;
    for entrance in &house.table.entrances {
        let end = first + entrance.rooms.len();
        if first < seen.end && end > seen.start && !entrance.rooms.is_empty() {
            let from = strip.min.x - offset + columns.left[first];
            let to = strip.min.x - offset + columns.left[end - 1] + columns.width;
            let rect = Rect::from_min_max(pos2(from, strip.min.y), pos2(to, strip.min.y + LINE));
            let name = match entrance.name.as_str() {
                "" => "–".to_owned(),
                name => Words::put(w.entrance_named, &[&name]),
            };
            // The name stays in sight while any of its columns is.
            write(rect.intersect(strip), &name, p.text, TextStyle::Small);
            let painter = ui.painter().with_clip_rect(clip);
            painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, p.line));
        }
        first = end;
    }
}

/// The storeys' names, which stay while the grid scrolls.
#[allow(clippy::too_many_arguments)] // where to draw, and what
fn storeys(
    ui: &Ui,
    area: Rect,
    body: Rect,
    model: &HousingModel,
    house: &House,
    offset: f32,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let (w, p) = (&words.housing, Palette::of(ui));
    let strip = Rect::from_min_max(pos2(area.min.x, body.min.y), pos2(body.min.x - GAP, body.max.y));
    let clip = strip.intersect(ui.clip_rect());
    let painter = ui.painter().with_clip_rect(clip);
    let storeys = &house.table.storeys;
    for row in rows_seen(storeys.len(), offset, offset + body.height()) {
        let y = strip.min.y - offset + row as f32 * (CELL.y + GAP);
        let rect = Rect::from_min_size(pos2(strip.min.x, y), vec2(strip.width(), CELL.y));
        let storey = &storeys[row];
        let (nominal, physical) = storey_label(storey);
        let text = level_name(house, storey.order);
        let (level, open) = (house.levels.contains(&storey.order), model.cut == Some(storey.order));
        let (font, right) = (TextStyle::Body.resolve(ui.style()), rect.right_center());
        let ink = match storey.order {
            _ if open => p.accent,
            ..0 => p.weak,
            _ => p.strong,
        };
        painter.text(right, Align2::RIGHT_CENTER, &text, font, ink);
        let seen = rect.intersect(clip);
        if seen.is_positive() {
            let sense = if level { Sense::click() } else { Sense::hover() };
            let mut response = ui.interact(seen, ui.id().with(("storey", storey.order)), sense);
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &text));
            if let Some(physical) = &physical {
                response = response.on_hover_text(Words::put(w.storey_help, &[&nominal, physical]));
            }
            if level && response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(w.cut_help).clicked() {
                edits.push(HousingEdit::Cut((!open).then_some(storey.order)));
            }
        }
    }
}

/// Black or white, whichever is read better on a colour.
fn ink_on([r, g, b]: [u8; 3]) -> Color32 {
    // The weights of ITU-R BT.601; above the middle of the scale black has more contrast.
    let light = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    if light > 128.0 { Color32::from_rgb(0x10, 0x14, 0x19) } else { Color32::WHITE }
}

#[allow(clippy::too_many_arguments)] // a place of the grid and all that stands there
fn cell(
    ui: &Ui,
    rect: Rect,
    model: &HousingModel,
    house: &House,
    storey: &Storey,
    units: &[Placed],
    (entrance, room): &(usize, String),
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let (w, p) = (&words.housing, Palette::of(ui));
    let round = CornerRadius::same(3);
    let Some(first) = units.first() else {
        ui.painter().rect_stroke(rect.shrink(1.0), round, Stroke::new(1.0, p.line), StrokeKind::Inside);
        return;
    };
    let entrance = house.table.entrances.get(*entrance).map_or("", |entrance| entrance.name.as_str());
    let id = ui.id().with((storey.order, rect.min.x.to_bits(), first.unit.row));
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(egui::CursorIcon::PointingHand);
    let chosen = units.iter().any(|placed| Some(placed.unit.row) == model.selected_unit);
    let one = units.len() == 1;
    let label = || match one {
        true => unit_line(first, entrance, &state_name(house.state(first.unit.row), words, model.language), words),
        false => Words::put(w.several_at, &[&storey_number(storey.nominal), &room, &units.len()]),
    };
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, chosen, label()));
    let ink = if one {
        let colour = house.colour(first.unit.row);
        ui.painter().rect_filled(rect, round, widgets::colour(colour));
        ink_on(colour)
    } else {
        ui.painter().rect(rect, round, p.raised, Stroke::new(1.0, p.weak), StrokeKind::Inside);
        let strip = rect.shrink(1.0).with_min_y(rect.max.y - 6.0);
        let each = strip.width() / units.len() as f32;
        for (at, placed) in units.iter().enumerate() {
            let from = strip.min.x + at as f32 * each;
            let part = strip.with_min_x(from).with_max_x(from + each);
            ui.painter().rect_filled(part, 0.0, widgets::colour(house.colour(placed.unit.row)));
        }
        p.strong
    };
    let text = if one { room_label(&first.unit).to_owned() } else { Words::put(w.several, &[&units.len()]) };
    let place = if one { rect.shrink2(vec2(3.0, 0.0)) } else { rect.with_max_y(rect.max.y - 5.0) };
    widgets::paint_text(ui, place, &text, TextStyle::Small, ink, Align2::CENTER_CENTER);
    if chosen {
        // Two rings: one of them is seen on any colour, in either theme.
        ui.painter().rect_stroke(rect.expand(1.5), round, Stroke::new(2.0, p.strong), StrokeKind::Middle);
        ui.painter().rect_stroke(rect.shrink(1.0), round, Stroke::new(1.5, p.panel), StrokeKind::Middle);
    } else if response.hovered() {
        ui.painter().rect_stroke(rect, round, Stroke::new(1.5, p.strong), StrokeKind::Inside);
    }
    if one {
        if response.clicked() {
            edits.push(HousingEdit::Unit(first.unit.row));
        }
        response.on_hover_ui(|ui| {
            ui.label(unit_text(house, storey, first, entrance, words, model.language));
        });
    } else {
        several(&response, model, house, storey, units, entrance, words, edits);
    }
}

/// The list of the units of a cell, opened by a click.
#[allow(clippy::too_many_arguments)] // a cell and all that stands there
fn several(
    response: &Response,
    model: &HousingModel,
    house: &House,
    storey: &Storey,
    units: &[Placed],
    entrance: &str,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    egui::Popup::menu(response).show(|ui| {
        ui.set_max_width(320.0);
        ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
            for placed in units {
                let row = placed.unit.row;
                let state = state_name(house.state(row), words, model.language);
                // Units of one cell are often called the same: the id tells them apart.
                let text = format!("{} · {}", unit_line(placed, entrance, &state, words), placed.unit.id);
                let entry = ui.horizontal(|ui| {
                    widgets::swatch(ui, house.colour(row));
                    ui.add(egui::Button::selectable(Some(row) == model.selected_unit, text).truncate())
                });
                if entry.inner.clicked() {
                    edits.push(HousingEdit::Unit(row));
                }
                entry.inner.on_hover_text(unit_text(house, storey, placed, entrance, words, model.language));
            }
        });
    });
}

/// Units that fit nowhere, with the reason.
fn misfits(
    ui: &mut Ui,
    model: &HousingModel,
    house: &House,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let (w, p) = (&words.housing, Palette::of(ui));
    let misfits = &house.table.misfits;
    let title = RichText::new(Words::put(w.misfits, &[&misfits.len()])).color(p.warning);
    if ui.add(egui::Button::selectable(state.misfits, title).truncate()).clicked() {
        state.misfits = !state.misfits;
    }
    if !state.misfits {
        return;
    }
    let height = ui.text_style_height(&TextStyle::Body) + 4.0;
    let area = ScrollArea::vertical().id_salt("misfits").max_height(MISFITS - 8.0).auto_shrink([false, true]);
    area.show_rows(ui, height, misfits.len(), |ui, rows| {
        for misfit in &misfits[rows] {
            let row = misfit.unit.row;
            let name = misfit.unit.room.as_deref().unwrap_or("?");
            let text = format!("{name} · {} · {}", misfit.unit.id, no_place(&misfit.reason, words));
            let chosen = Some(row) == model.selected_unit;
            let entry = ui.add(egui::Button::selectable(chosen, &text).truncate().min_size(vec2(0.0, height)));
            if entry.on_hover_text(text).clicked() {
                edits.push(HousingEdit::Unit(row));
            }
        }
    });
}
