//! The search box: any attribute, ids, names, coordinates.

use egui::{Align2, Key, Modifiers, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};

use super::state::{SearchEdit, SearchModel, SearchResult, SearchState};
use crate::panels::icons::{self, Icon};
use crate::panels::{Palette, Words, widgets};
use crate::units::grouped;

/// The id of the text field, so that a key can bring the focus to it.
pub fn field_id() -> egui::Id {
    egui::Id::new("search field")
}

/// Draws the box, and below it the list while it is open. Ctrl+F brings the focus here.
pub fn show(ui: &mut Ui, model: &SearchModel, state: &mut SearchState, words: &Words, edits: &mut Vec<SearchEdit>) {
    let id = field_id();
    if ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::F)) {
        ui.memory_mut(|m| m.request_focus(id));
    }
    // Before the field, which would move its cursor.
    let focused = ui.memory(|m| m.has_focus(id));
    if focused && state.open {
        keys(ui, model, state, edits);
    }
    let width = ui.available_width();
    let hint = words.search.hint;
    let field = ui
        .scope(|ui| {
            let before = egui::TextEdit::singleline(&mut state.text)
                .id(id)
                .hint_text(RichText::new(hint).color(Palette::of(ui).weak))
                .desired_width(width)
                .margin(egui::Margin { left: 28, right: 26, top: 5, bottom: 5 });
            ui.add(before)
        })
        .inner;
    let value = state.text.clone();
    field.widget_info(|| {
        let mut info = WidgetInfo::labeled(WidgetType::TextEdit, true, words.search.title);
        info.current_text_value = Some(value.clone());
        info
    });
    let p = Palette::of(ui);
    let glass = Rect::from_min_size(field.rect.min + vec2(6.0, 0.0), vec2(18.0, field.rect.height()));
    icons::paint(ui.painter(), Icon::Search, glass, p.weak);
    if !state.text.is_empty() {
        let at = Rect::from_center_size(field.rect.right_center() - vec2(14.0, 0.0), vec2(20.0, 20.0));
        let clear = ui.interact(at, id.with("clear"), Sense::click());
        clear.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, words.search.clear));
        icons::paint(ui.painter(), Icon::Close, at, if clear.hovered() { p.strong } else { p.weak });
        if clear.clicked() {
            state.text.clear();
            state.open = false;
            edits.push(SearchEdit::Query(String::new()));
        }
    }
    if field.changed() {
        state.current = 0;
        state.open = !state.text.trim().is_empty();
        edits.push(SearchEdit::Query(state.text.clone()));
    }
    if field.gained_focus() && !state.text.trim().is_empty() {
        state.open = true;
    }
    state.current = state.current.min(model.results.len().saturating_sub(1));
    list(&field, model, state, words, edits);
}

fn keys(ui: &Ui, model: &SearchModel, state: &mut SearchState, edits: &mut Vec<SearchEdit>) {
    let last = model.results.len().saturating_sub(1);
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if pressed(Key::ArrowDown) {
        state.current = if state.current >= last { 0 } else { state.current + 1 };
    }
    if pressed(Key::ArrowUp) {
        state.current = if state.current == 0 { last } else { state.current - 1 };
    }
    if pressed(Key::Enter) && state.current < model.results.len() {
        state.open = false;
        // The next keys belong to the scene.
        ui.memory_mut(|m| m.surrender_focus(field_id()));
        edits.push(SearchEdit::Choose(state.current));
    }
    if pressed(Key::Escape) {
        state.open = false;
    }
}

fn list(
    field: &egui::Response,
    model: &SearchModel,
    state: &mut SearchState,
    words: &Words,
    edits: &mut Vec<SearchEdit>,
) {
    let mut open = state.open;
    egui::Popup::from_response(field)
        .id(field.id.with("list"))
        .open_bool(&mut open)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .gap(4.0)
        .show(|ui| {
            ui.set_width((field.rect.width() - 14.0).max(280.0));
            ui.spacing_mut().item_spacing.y = 1.0;
            if model.results.is_empty() {
                let text = if model.busy { words.search.busy } else { words.search.none };
                widgets::empty(ui, text);
                return;
            }
            egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                for (place, result) in model.results.iter().enumerate() {
                    let row = result_row(ui, result, place == state.current);
                    if row.clicked() {
                        state.open = false;
                        edits.push(SearchEdit::Choose(place));
                    }
                }
            });
            if model.busy {
                ui.add_space(4.0);
                ui.label(RichText::new(words.search.busy).small().weak());
            }
            // Not how many more: the search ends when it has enough.
            let listed = model.results.len();
            if model.total > listed as u64 {
                ui.add_space(4.0);
                let text = Words::put(words.search.more, &[&grouped(listed as f64, 0)]);
                ui.label(RichText::new(text).small().weak());
            }
        });
    // A click outside closes the list, one on the field does not.
    if !open && !field.has_focus() {
        state.open = false;
    }
}

fn result_row(ui: &mut Ui, result: &SearchResult, on: bool) -> egui::Response {
    let p = Palette::of(ui);
    let (title, below) = match result {
        SearchResult::Feature { title, layer, field, value, .. } if value == title || value.is_empty() => {
            (title, format!("{layer} · {field}"))
        }
        SearchResult::Feature { title, layer, field, value, .. } => (title, format!("{layer} · {field}: {value}")),
        SearchResult::Position { title, reading } => (title, reading.clone()),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, on, title));
    if on || response.hovered() {
        ui.painter().rect_filled(rect, 4.0, if on { p.selected } else { p.raised });
    }
    if on {
        response.scroll_to_me(None);
    }
    let mark = Rect::from_min_size(rect.min + vec2(6.0, 6.0), vec2(14.0, 14.0));
    match result {
        SearchResult::Feature { colour, .. } => widgets::paint_swatch(ui, mark.shrink(1.0), *colour),
        SearchResult::Position { .. } => icons::paint(ui.painter(), Icon::Target, mark, p.accent),
    }
    let text = rect.with_min_x(rect.min.x + 28.0).shrink2(vec2(6.0, 4.0));
    let (top, bottom) = text.split_top_bottom_at_fraction(0.54);
    widgets::paint_text(ui, top, title, TextStyle::Body, p.strong, Align2::LEFT_CENTER);
    let ink = if on { p.text } else { p.weak };
    widgets::paint_text(ui, bottom, &below, TextStyle::Small, ink, Align2::LEFT_CENTER);
    response
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::panels::testing::Panel;
    use crate::panels::{Language, Theme};
    use egui_kittest::kittest::Queryable as _;

    pub(crate) fn sample() -> SearchModel {
        let feature = |title: &str, layer: &str| SearchResult::Feature {
            title: title.into(),
            layer: layer.into(),
            colour: [90, 140, 200],
            field: "名称".into(),
            value: title.into(),
        };
        SearchModel {
            results: vec![feature("海河小学", "建筑"), feature("海河公园", "绿地")],
            total: 40,
            busy: false,
            query: "海河".into(),
        }
    }

    fn panel(model: SearchModel, language: Language) -> Panel<SearchState, SearchEdit> {
        Panel::new(420.0, 500.0, language, Theme::Light, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits);
        })
    }

    #[test]
    fn typing_asks_and_the_arrow_keys_and_enter_choose() {
        let mut panel = panel(sample(), Language::Chinese);
        panel.click("搜索");
        panel.type_into("搜索", "海河");
        panel.key(Key::ArrowDown);
        panel.key(Key::Enter);
        assert_eq!(panel.edits(), [SearchEdit::Query("海河".into()), SearchEdit::Choose(1)]);
        assert!(panel.harness.query_by_label("海河公园").is_none(), "the list closes");
    }

    #[test]
    fn a_click_on_a_result_chooses_it_and_that_there_is_more_is_said() {
        let mut panel = panel(sample(), Language::English);
        panel.click("Search");
        panel.type_into("Search", "海河");
        panel.harness.get_by_label("The best 2 of more: type more to narrow it down");
        panel.click("海河小学");
        assert_eq!(panel.edits().last(), Some(&SearchEdit::Choose(0)));
    }

    #[test]
    fn nothing_found_is_said() {
        let mut panel = panel(SearchModel::default(), Language::English);
        panel.click("Search");
        panel.type_into("Search", "xyz");
        panel.harness.get_by_label(Language::English.words().search.none);
    }
}
