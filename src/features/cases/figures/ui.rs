//! The page of figures: what is grouped by what, and a table with bars of the indicator that was chosen.

use std::sync::Arc;

use egui::{Align, Align2, CornerRadius, Layout, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};
use egui_extras::{Column as Width, TableBuilder};

use super::super::describe::{category_name, date, is_chinese, line, role_name};
use super::super::reports::Leaving;
use super::super::state::{CasesEdit, CasesModel, CasesState};
use super::super::ui::{all_or_one_category, place, third};
use super::classes;
use super::column::{Column, Sense as Better};
use super::table::{Row, Table, order};
use crate::panels::icons::{self, Icon};
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::figures::By;
use crate::units::grouped;

const ROW: f32 = 24.0;
const HEAD: f32 = 26.0;
const BAR: f32 = 190.0;
/// An area that is flown to is seen with so much around it, metres.
const AROUND: f64 = 120.0;

/// What may be grouped by, as it is offered.
const BYS: [By; 7] = [By::Unit, By::District, By::Street, By::Community, By::Grid, By::Category, By::Person];

fn by_name(by: By, words: &Words) -> &'static str {
    let w = &words.figures;
    match by {
        By::Unit => w.by_unit,
        By::District => w.by_district,
        By::Street => w.by_street,
        By::Community => w.by_community,
        By::Grid => w.by_grid,
        By::Category | By::Source => w.by_category,
        By::Person => w.by_person,
    }
}

/// What a group is called.
pub fn group_name(table: &Table, row: &Row, model: &CasesModel, words: &Words) -> String {
    let (w, chinese) = (&words.figures, is_chinese(model.language));
    match (table.by(), row.key.as_str()) {
        (By::Category, key) => category_name(key, model.rules.as_deref(), chinese, words),
        (By::Person, "") => w.nobody.to_owned(),
        (By::Unit, "") => w.no_unit.to_owned(),
        (_, "") => w.nowhere.to_owned(),
        (By::Unit | By::Person | By::Source, key) => line(key, 60),
        (_, key) => match table.areas.as_ref().and_then(|areas| areas.names.get(key)) {
            Some(name) => format!("{} {}", line(if chinese { name.zh() } else { name.en() }, 40), line(key, 40)),
            None => line(key, 40),
        },
    }
}

/// What the colour of an area on the map stands for, and what it is made of.
pub fn area_text(table: &Table, column: Column, code: &str, model: &CasesModel, words: &Words) -> String {
    let chinese = is_chinese(model.language);
    let Some(row) = table.row(code) else {
        return format!("{} {}\n{}", by_name(table.by(), words), line(code, 40), words.figures.no_cases);
    };
    let parts = column.parts(row).map_or_else(String::new, |parts| format!("  = {parts}"));
    let grade = row.grade.as_ref().filter(|_| column == Column::Score);
    let grade = grade.map_or_else(String::new, |(id, _)| format!("  {}", Words::put(words.figures.grade_n, &[id])));
    let value = column.text(column.of(row));
    let name = group_name(table, row, model, words);
    format!("{} {name}\n{} {value}{parts}{grade}", by_name(table.by(), words), column.name(chinese, words))
}

/// Draws the page's row of choices.
pub fn controls(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words) {
    let (w, chinese) = (&words.figures, is_chinese(model.language));
    let each = third(ui);
    place(ui, each, |ui| {
        let options = BYS.map(|by| (by, by_name(by, words).to_owned()));
        if let Some(by) = widgets::choice(ui, "figures by", w.by, &state.figures.by, &options) {
            state.figures.by = by;
            state.figures.selected = None;
        }
    });
    place(ui, each, |ui| {
        let options: Vec<(Column, String)> =
            Column::all().into_iter().map(|column| (column, column.name(chinese, words))).collect();
        if let Some(column) = widgets::choice(ui, "figures indicator", w.indicator, &state.figures.column, &options) {
            state.figures.column = column;
            (state.figures.by_name, state.figures.turned) = (false, false);
        }
    });
    place(ui, each, |ui| all_or_one_category(ui, model, state, words));
    if state.figures.by.level().is_some() {
        let of_these = |table: &&Arc<Table>| table.by() == state.figures.by;
        let has_areas = model.figures.table.as_ref().filter(of_these).is_none_or(|table| table.areas.is_some());
        let name = if has_areas { w.paint } else { w.paint_none };
        if widgets::icon_button_as(ui, Icon::Area, name, state.figures.paint && has_areas, has_areas).clicked() {
            state.figures.paint = !state.figures.paint;
        }
    }
    if model.figures.table.is_some() && widgets::icon_button(ui, Icon::Export, words.snapshot.report_button).clicked() {
        state.leaving = Some(Leaving::Figures);
    }
    if model.figures.busy && !model.playing {
        ui.add(egui::Spinner::new().size(13.0));
    }
}

/// Draws the page under its choices.
pub fn show(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.figures, Palette::of(ui));
    if !model.figures.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.figures.error);
    }
    let Some(table) = model.figures.table.clone().filter(|table| table.by() == state.figures.by) else {
        widgets::empty(ui, w.reckoning);
        return;
    };
    if table.rows.is_empty() {
        widgets::empty(ui, w.none);
        return;
    }
    put_in_order(state, &table);
    rows(ui, &table, model, state, words, edits);
}

/// Puts rows in order where table or order have changed.
fn put_in_order(state: &mut CasesState, table: &Arc<Table>) {
    let of = &mut state.figures;
    let wanted = Some((Arc::as_ptr(table) as usize, of.column, of.by_name, of.turned));
    if of.order_for != wanted {
        of.order = order(table, of.column, of.by_name, of.turned);
        of.order_for = wanted;
    }
}

/// The head of a column: a click sorts by it.
fn head(ui: &mut Ui, text: &str, on: bool, up: bool, right: bool, help: &str) -> bool {
    let p = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, text));
    let ink = match (on, response.hovered()) {
        (true, _) => p.accent,
        (false, true) => p.strong,
        (false, false) => p.weak,
    };
    let mut room = rect;
    if on {
        let mark = Rect::from_center_size(rect.right_center() - vec2(7.0, 0.0), vec2(14.0, 14.0));
        icons::paint(ui.painter(), if up { Icon::Up } else { Icon::Down }, mark, ink);
        room.max.x -= 16.0;
    }
    let align = if right { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
    widgets::paint_text(ui, room, text, TextStyle::Body, ink, align);
    let help = format!("{text}\n{help}");
    response.on_hover_text(help.trim_end()).on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// How wide a column is: its head fits, within bounds.
fn width_of(ui: &Ui, name: &str) -> f32 {
    let font = TextStyle::Body.resolve(ui.style());
    let wide = ui.painter().layout_no_wrap(name.to_owned(), font, Palette::of(ui).text).size().x;
    (wide + 18.0).clamp(58.0, 138.0)
}

fn rows(
    ui: &mut Ui,
    table: &Arc<Table>,
    model: &CasesModel,
    state: &mut CasesState,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let (w, p, by) = (&words.figures, Palette::of(ui), table.by());
    let chinese = is_chinese(model.language);
    let columns = Column::standing(by);
    let names: Vec<String> = columns.iter().map(|column| column.name(chinese, words)).collect();
    let widths: Vec<f32> = names.iter().map(|name| width_of(ui, name)).collect();
    let people = by == By::Person;
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.visuals_mut().selection.stroke.color = p.strong;
    let rows = std::mem::take(&mut state.figures.order);
    let bars = Bars::of(table, model, state);
    let rules = model.rules.as_deref();
    egui::ScrollArea::horizontal().id_salt("figures").auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt(("figures table", by))
            .striped(true)
            .sense(Sense::click())
            .auto_shrink(false)
            .min_scrolled_height(48.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Width::initial(150.0).at_least(80.0).clip(true).resizable(true));
        if people {
            builder = builder.column(Width::initial(110.0).at_least(60.0).clip(true).resizable(true));
        }
        builder = builder.column(Width::initial(BAR).at_least(110.0).clip(true).resizable(true));
        for width in &widths {
            builder = builder.column(Width::exact(*width).clip(true));
        }
        let table_of = builder.header(HEAD, |mut header| {
            let now = state.figures.column;
            let mut sort = |column: Option<Column>| {
                let of = &mut state.figures;
                let same = if column.is_none() { of.by_name } else { !of.by_name && Some(of.column) == column };
                of.turned = same && !of.turned;
                of.by_name = column.is_none();
                of.column = column.unwrap_or(of.column);
            };
            let (named, turned) = (bars.by_name, bars.turned);
            let text = format!("{} ({})", by_name(by, words), grouped(table.rows.len() as f64, 0));
            header.col(|ui| {
                if head(ui, &text, named, turned, false, w.sort_help) {
                    sort(None);
                }
            });
            if people {
                header.col(|ui| _ = ui.label(RichText::new(w.role).color(p.weak)));
            }
            let mut one = |ui: &mut Ui, column: Column, name: &str, right: bool| {
                let help = format!("{}\n{}", column.formula(by, rules, chinese, words), w.sort_help);
                if head(ui, name, !named && column == now, turned, right, &help) {
                    sort(Some(column));
                }
            };
            header.col(|ui| one(ui, now, &now.name(chinese, words), false));
            for (column, name) in columns.iter().zip(&names) {
                header.col(|ui| one(ui, *column, name, true));
            }
        });
        table_of.body(|body| {
            // The sum first.
            body.rows(ROW, rows.len() + 1, |mut line_of| {
                let place = line_of.index().checked_sub(1).and_then(|place| rows.get(place));
                let row = match (line_of.index(), place) {
                    (0, _) => &table.total,
                    // Rows of a table that was: the next frame has those of this one.
                    (_, place) => match place.and_then(|place| table.rows.get(*place as usize)) {
                        Some(row) => row,
                        None => return,
                    },
                };
                let sum = line_of.index() == 0;
                let selected = !sum && state.figures.selected.as_ref() == Some(&row.key);
                line_of.set_selected(selected);
                let name = if sum { w.total.to_owned() } else { group_name(table, row, model, words) };
                let ink = if sum { p.strong } else { p.text };
                let cell = |ui: &mut Ui, text: &str| {
                    let text = RichText::new(text).color(ink);
                    ui.add(egui::Label::new(if sum { text.strong() } else { text }).truncate().selectable(false));
                };
                line_of.col(|ui| cell(ui, &name));
                if people {
                    line_of.col(|ui| cell(ui, row.role.map_or("", |role| role_name(role, words))));
                }
                line_of.col(|ui| bars.draw(ui, row, sum, words));
                for column in &columns {
                    line_of.col(|ui| value(ui, *column, row, sum));
                }
                let response = line_of.response();
                response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, selected, &name));
                if response.clicked() && !sum {
                    state.figures.selected = (!selected).then(|| row.key.clone());
                    let bounds = table.areas.as_ref().and_then(|areas| areas.bounds.get(&row.key));
                    if let (false, Some(bounds)) = (selected, bounds) {
                        edits.push(CasesEdit::FlyTo(bounds.grown(AROUND)));
                    }
                }
            });
        });
    });
    // The order may have been changed meanwhile: then it is made anew in the next frame.
    state.figures.order = rows;
}

/// A number, to the right; of a score its grade as well.
fn value(ui: &mut Ui, column: Column, row: &Row, sum: bool) {
    let p = Palette::of(ui);
    let of = column.of(row);
    let ink = match (of, sum) {
        (None, _) => p.weak,
        (Some(count), false) if column == Column::Count(crate::themes::management::indicators::Counter::Overdue) => {
            if count > 0.0 {
                p.error
            } else {
                p.text
            }
        }
        (Some(_), true) => p.strong,
        (Some(_), false) => p.text,
    };
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if let (Column::Score, Some((id, colour))) = (column, &row.grade) {
            grade(ui, id, *colour);
        }
        let text = RichText::new(column.text(of)).color(ink);
        let label = ui.add(egui::Label::new(if sum { text.strong() } else { text }).selectable(false));
        if let Some(parts) = column.parts(row) {
            label.on_hover_text(parts);
        }
    });
}

/// A grade's letter on its colour.
fn grade(ui: &mut Ui, id: &str, colour: [u8; 3]) {
    let (rect, response) = ui.allocate_exact_size(vec2(18.0, 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, id));
    ui.painter().rect_filled(rect, 3.0, widgets::colour(colour));
    let [r, g, b] = colour.map(f32::from);
    let ink = if 0.299 * r + 0.587 * g + 0.114 * b > 150.0 { egui::Color32::BLACK } else { egui::Color32::WHITE };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, id, TextStyle::Small.resolve(ui.style()), ink);
}

/// The bars of one indicator.
struct Bars {
    column: Column,
    by_name: bool,
    turned: bool,
    /// The value at the whole width.
    most: f64,
    /// That of all together: a mark in each bar.
    total: Option<f64>,
    classes: Vec<classes::Class>,
}

impl Bars {
    fn of(table: &Table, model: &CasesModel, state: &CasesState) -> Self {
        let of = &state.figures;
        let most = match of.column {
            Column::Count(_) => table.rows.iter().filter_map(|row| of.column.of(row)).fold(1.0, f64::max),
            Column::Rate(_) => 1.0,
            Column::Score => 100.0,
        };
        // Of counts the whole is not among its parts.
        let total = of.column.of(&table.total).filter(|_| !matches!(of.column, Column::Count(_)));
        // As on the map, where it is coloured.
        let classes = if of.paint && table.areas.is_some() { model.classes.clone() } else { Vec::new() };
        Self { column: of.column, by_name: of.by_name, turned: of.turned, most, total, classes }
    }

    fn draw(&self, ui: &mut Ui, row: &Row, sum: bool, words: &Words) {
        let p = Palette::of(ui);
        let value = self.column.of(row);
        let text = self.column.text(value);
        let font = TextStyle::Body.resolve(ui.style());
        let number = 62.0;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let room = Rect::from_min_max(rect.min, egui::pos2(rect.max.x - number, rect.max.y)).shrink2(vec2(0.0, 6.0));
        let ink = if value.is_none() { p.weak } else { p.strong };
        ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, &text, font, ink);
        let is_count = matches!(self.column, Column::Count(_));
        if room.width() < 20.0 || sum && is_count {
            return;
        }
        ui.painter().rect_filled(room, CornerRadius::same(2), p.raised);
        if let Some(value) = value {
            let share = (value / self.most.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) as f32;
            let bar = room.with_max_x(room.min.x + room.width() * share);
            let usual = match self.column.sense() {
                Better::Bad => p.warning,
                _ => p.accent,
            };
            let fill = match (&row.grade, self.column, classes::colour(&self.classes, value)) {
                (Some((_, colour)), Column::Score, _) => widgets::colour(*colour),
                (_, _, Some(colour)) if !sum => widgets::colour(colour),
                _ => usual.gamma_multiply(0.8),
            };
            ui.painter().rect_filled(bar, CornerRadius::same(2), fill);
            if !self.classes.is_empty() {
                let edge = egui::Stroke::new(1.0, p.text.gamma_multiply(0.25));
                ui.painter().rect_stroke(bar, CornerRadius::same(2), edge, egui::StrokeKind::Inside);
            }
        }
        if let Some(total) = self.total.filter(|_| !sum) {
            let x = room.min.x + room.width() * (total / self.most).clamp(0.0, 1.0) as f32;
            ui.painter().vline(x, room.y_range().expand(3.0), egui::Stroke::new(1.5, p.strong));
        }
        let parts = self.column.parts(row).unwrap_or_default();
        let whole = self
            .total
            .map_or_else(String::new, |total| format!("\n{}: {}", words.figures.total, self.column.text(Some(total))));
        if !(parts.is_empty() && whole.is_empty()) {
            response.on_hover_text(format!("{parts}{whole}").trim_start().to_owned());
        }
    }
}

/// The period of figures in words.
pub fn period_text(period: &std::ops::Range<i64>, model: &CasesModel, words: &Words) -> String {
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    let end = || date(period.end.saturating_sub(1), offset);
    match period.start {
        i64::MIN => Words::put(words.figures.until, &[&end()]),
        start => format!("{} – {}", date(start, offset), end()),
    }
}

#[cfg(test)]
mod tests;
