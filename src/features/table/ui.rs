//! The attribute table: a million rows scroll, a click selects, a double click flies there.

use egui::{
    Align, Align2, Key, Layout, Modifiers, Rect, RichText, ScrollArea, Sense, Stroke, TextStyle, Ui, WidgetInfo,
    WidgetType, pos2, vec2,
};
use egui_extras::{Column as Width, TableBuilder};

use super::state::{Column, TableEdit, TableModel, TableState};
use crate::panels::icons::{self, Icon};
use crate::panels::{Palette, Words, widgets};
use crate::units::grouped;

const ROW: f32 = 24.0;
const HEAD: f32 = 28.0;
const BAR: f32 = 11.0;

/// Draws the table with its line of tools above.
pub fn show(ui: &mut Ui, model: &TableModel, state: &mut TableState, words: &Words, edits: &mut Vec<TableEdit>) {
    tools(ui, model, state, words, edits);
    if let Some(error) = &model.filter_error {
        widgets::remark(ui, Icon::Error, Palette::of(ui).error, error);
    }
    if model.layer.is_empty() {
        widgets::empty(ui, words.table.no_layer);
        return;
    }
    if model.rows.is_empty() {
        widgets::empty(ui, if model.busy { words.table.busy } else { words.table.no_rows });
        return;
    }
    let area = ui.available_rect_before_wrap();
    let seen = (((area.height() - HEAD - 8.0) / ROW).floor() as usize).max(1);
    let last_top = model.rows.len().saturating_sub(seen) as f64;
    scroll(ui, area, model, state, seen, last_top);
    keys(ui, area, model, edits);
    let first = state.top.floor() as usize;
    let body = area.with_max_x(area.max.x - BAR - 3.0);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(body).layout(Layout::top_down(Align::Min)));
    ScrollArea::horizontal().id_salt(&model.layer).auto_shrink(false).show(&mut inner, |ui| {
        grid(ui, model, first, seen, words, edits);
    });
    let bar = Rect::from_min_max(pos2(area.max.x - BAR, area.min.y + HEAD), area.max);
    scroll_bar(ui, bar, model.rows.len(), seen, state, last_top);
    ui.advance_cursor_after_rect(area);
}

fn tools(ui: &mut Ui, model: &TableModel, state: &mut TableState, words: &Words, edits: &mut Vec<TableEdit>) {
    let w = &words.table;
    ui.horizontal(|ui| {
        let room = ui.available_width();
        ui.allocate_ui_with_layout(vec2((room * 0.3).min(190.0), 26.0), Layout::left_to_right(Align::Center), |ui| {
            if let Some(layer) = widgets::choice(ui, "table layer", w.layer, &model.layer, &model.layers) {
                edits.push(TableEdit::Layer(layer));
            }
        });
        let rows = grouped(model.rows.len() as f64, 0);
        let count = match model.rows.len() as u64 == model.total {
            true => Words::put(w.rows, &[&rows]),
            false => Words::put(w.rows_of, &[&rows, &grouped(model.total as f64, 0)]),
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // A narrow drawer has room for the filter or the count.
            if room > 420.0 {
                ui.label(RichText::new(count).weak());
            }
            if model.busy {
                ui.add(egui::Spinner::new().size(14.0));
            }
            if !state.filter.is_empty() && widgets::icon_button(ui, Icon::Close, w.clear_filter).clicked() {
                state.filter.clear();
                edits.push(TableEdit::Filter(String::new()));
            }
            let width = ui.available_width().max(60.0);
            let id = ui.id().with("table filter");
            let field = widgets::text_field(ui, id, w.filter, w.filter_hint, &mut state.filter, width);
            if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
                edits.push(TableEdit::Filter(state.filter.trim().to_owned()));
            }
            field.on_hover_text(w.filter_help);
        });
    });
}

/// Wheel and new selection move the first row.
fn scroll(ui: &Ui, area: Rect, model: &TableModel, state: &mut TableState, seen: usize, last_top: f64) {
    if ui.rect_contains_pointer(area) {
        let wheel = ui.input(|i| i.smooth_scroll_delta().y);
        state.top -= f64::from(wheel / ROW);
    }
    if model.selected != state.seen {
        state.seen = model.selected;
        if let Some(row) = model.selected {
            let first = state.top.ceil() as usize;
            if row < first || row >= first + seen {
                state.top = row as f64 - (seen / 2) as f64;
            }
        }
    }
    state.top = state.top.clamp(0.0, last_top);
}

/// Arrow keys, page keys, Home and End walk while the pointer is over the table and no text field
/// has the focus.
fn keys(ui: &Ui, area: Rect, model: &TableModel, edits: &mut Vec<TableEdit>) {
    if !ui.rect_contains_pointer(area) || ui.egui_wants_keyboard_input() {
        return;
    }
    let last = model.rows.len() - 1;
    let at = model.selected;
    let step = |by: isize| at.map_or(0, |row| row.saturating_add_signed(by).min(last));
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let to = if pressed(Key::ArrowDown) {
        step(1)
    } else if pressed(Key::ArrowUp) {
        step(-1)
    } else if pressed(Key::PageDown) {
        step(20)
    } else if pressed(Key::PageUp) {
        step(-20)
    } else {
        if let (true, Some(row)) = (pressed(Key::Enter), at) {
            edits.push(TableEdit::ZoomTo(row));
        }
        return;
    };
    edits.push(TableEdit::Select(to));
}

fn grid(ui: &mut Ui, model: &TableModel, first: usize, seen: usize, words: &Words, edits: &mut Vec<TableEdit>) {
    let p = Palette::of(ui);
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.visuals_mut().selection.stroke.color = p.strong;
    let count = model.rows.len();
    let number_width = 10.0 + 7.0 * count.to_string().len() as f32;
    let mut builder = TableBuilder::new(ui)
        .id_salt(("attribute table", &model.layer))
        .vscroll(false)
        .striped(true)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Width::exact(number_width));
    for column in &model.columns {
        let wish = (column.title.chars().map(|c| if c.is_ascii() { 8.0 } else { 14.0 }).sum::<f32>() + 30.0)
            .clamp(70.0, 200.0);
        builder = builder.column(Width::initial(wish).at_least(48.0).clip(true).resizable(true));
    }
    let table = builder.header(HEAD, |mut header| {
        header.col(|_| {});
        for (place, column) in model.columns.iter().enumerate() {
            header.col(|ui| head(ui, model, place, column, words, edits));
        }
    });
    table.body(|mut body| {
        for row in first..(first + seen + 1).min(count) {
            body.row(ROW, |mut line| {
                line.set_selected(model.selected == Some(row));
                line.col(|ui| {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.add(
                            egui::Label::new(RichText::new((row + 1).to_string()).small().color(p.weak))
                                .selectable(false),
                        );
                    });
                });
                for (place, column) in model.columns.iter().enumerate() {
                    line.col(|ui| cell(ui, &model.rows.cell(row, place), column.numeric));
                }
                let response = line.response();
                response.widget_info(|| {
                    WidgetInfo::selected(
                        WidgetType::SelectableLabel,
                        true,
                        model.selected == Some(row),
                        Words::put(words.table.row, &[&(row + 1)]),
                    )
                });
                // A click elsewhere just before makes egui count to three.
                if response.double_clicked() || response.triple_clicked() {
                    edits.push(TableEdit::ZoomTo(row));
                } else if response.clicked() {
                    edits.push(TableEdit::Select(row));
                }
            });
        }
    });
}

fn cell(ui: &mut Ui, text: &str, numeric: bool) {
    let label = egui::Label::new(text.replace(['\n', '\r'], " ")).truncate().selectable(false);
    if numeric {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(label));
    } else {
        ui.add(label);
    }
}

fn head(ui: &mut Ui, model: &TableModel, place: usize, column: &Column, words: &Words, edits: &mut Vec<TableEdit>) {
    let p = Palette::of(ui);
    let rect = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(rect, Sense::click());
    let sorted = model.sort.filter(|(by, _)| *by == place).map(|(_, descending)| descending);
    response.widget_info(|| {
        WidgetInfo::labeled(WidgetType::Button, true, Words::put(words.table.sort_by, &[&column.title]))
    });
    let mut text = rect;
    if let Some(descending) = sorted {
        let icon = Rect::from_min_size(pos2(rect.max.x - 16.0, rect.min.y), vec2(16.0, rect.height()));
        icons::paint(ui.painter(), if descending { Icon::Down } else { Icon::Up }, icon, p.accent);
        text.max.x -= 18.0;
    }
    let ink = if response.hovered() || sorted.is_some() { p.strong } else { p.weak };
    let align = if column.numeric { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
    widgets::paint_text(ui, text, &column.title, TextStyle::Body, ink, align);
    ui.painter().hline(rect.expand2(vec2(6.0, 0.0)).x_range(), rect.max.y, Stroke::new(1.0, p.line));
    if response.clicked() {
        edits.push(TableEdit::Sort { column: place, descending: sorted == Some(false) });
    }
    response.on_hover_text(format!("{}\n{}", column.title, column.key)).on_hover_cursor(egui::CursorIcon::PointingHand);
}

fn scroll_bar(ui: &Ui, bar: Rect, rows: usize, seen: usize, state: &mut TableState, last_top: f64) {
    if rows <= seen {
        return;
    }
    let p = Palette::of(ui);
    let length = (bar.height() * seen as f32 / rows as f32).max(24.0).min(bar.height());
    let travel = bar.height() - length;
    let response = ui.interact(bar, ui.id().with("table scroll bar"), Sense::click_and_drag());
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on()) {
        let share = ((at.y - bar.min.y - length / 2.0) / travel.max(1.0)).clamp(0.0, 1.0);
        state.top = (f64::from(share) * last_top).round();
    }
    let share = if last_top > 0.0 { (state.top / last_top) as f32 } else { 0.0 };
    let handle = Rect::from_min_size(pos2(bar.min.x + 2.0, bar.min.y + share * travel), vec2(BAR - 4.0, length));
    let ink = if response.hovered() || response.dragged() { p.weak } else { p.weak.gamma_multiply(0.5) };
    ui.painter().rect_filled(handle, 4.0, ink);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::panels::testing::Panel;
    use crate::panels::{Language, Theme};
    use egui_kittest::kittest::Queryable as _;
    use std::sync::Arc;

    /// A million made-up rows; the cell says where it is.
    struct Million;

    impl super::super::state::Rows for Million {
        fn len(&self) -> usize {
            1_000_000
        }
        fn cell(&self, row: usize, column: usize) -> String {
            match column {
                0 => format!("B-{row:06}"),
                1 => ["住宅", "商业", "学校", "工业厂房及其附属设施"][row % 4].to_owned(),
                2 => format!("{:.1}", 6.0 + (row * 37 % 900) as f64 / 10.0),
                _ => (1950 + row * 13 % 75).to_string(),
            }
        }
    }

    pub(crate) fn sample() -> TableModel {
        let column = |key: &str, title: &str, numeric| Column { key: key.into(), title: title.into(), numeric };
        TableModel {
            layers: vec![("buildings".into(), "建筑".into()), ("parcels".into(), "地块".into())],
            layer: "buildings".into(),
            columns: vec![
                column("BH", "编号", false),
                column("FWYT", "房屋用途", false),
                column("JZGD", "建筑高度", true),
                column("JCNF", "建成年份", true),
            ],
            rows: Arc::new(Million),
            total: 1_000_000,
            sort: Some((2, true)),
            selected: Some(3),
            ..TableModel::default()
        }
    }

    fn panel(model: TableModel, language: Language) -> Panel<TableState, TableEdit> {
        Panel::new(700.0, 300.0, language, Theme::Dark, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits);
        })
    }

    #[test]
    fn a_click_selects_a_double_click_flies_there() {
        let mut panel = panel(sample(), Language::English);
        panel.click("Row 6");
        assert_eq!(panel.edits(), [TableEdit::Select(5)]);
        panel.double_click("Row 2");
        assert_eq!(panel.edits(), [TableEdit::Select(5), TableEdit::Select(1), TableEdit::ZoomTo(1)]);
    }

    #[test]
    fn a_head_sorts_upwards_first_and_then_downwards() {
        let mut panel = panel(TableModel { sort: Some((0, false)), ..sample() }, Language::Chinese);
        panel.click("按建成年份排序");
        panel.click("按编号排序");
        let sort = |column, descending| TableEdit::Sort { column, descending };
        assert_eq!(panel.edits(), [sort(3, false), sort(0, true)]);
    }

    #[test]
    fn a_filter_is_asked_for_with_enter_and_its_fault_is_shown() {
        let model = TableModel { filter_error: Some("unknown field: hight".into()), ..sample() };
        let mut panel = panel(model, Language::English);
        panel.harness.get_by_label("unknown field: hight");
        panel.click("Filter");
        panel.type_into("Filter", "JZGD > 24");
        panel.key(Key::Enter);
        assert_eq!(panel.edits(), [TableEdit::Filter("JZGD > 24".into())]);
    }

    #[test]
    fn the_last_of_a_million_rows_is_reached_exactly() {
        let model = TableModel { selected: Some(999_999), ..sample() };
        let panel = panel(model, Language::English);
        panel.harness.get_by_label("B-999999");
        assert!(panel.harness.query_by_label("B-000000").is_none(), "rows out of sight are not made");
    }
}
