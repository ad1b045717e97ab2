//! The inspector: what is this, where is it, how sure are we.

use egui::{Align, Key, Layout, Modifiers, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};

use super::state::{Attribute, HeightFact, Hit, InspectorEdit, InspectorModel, InspectorState, Thing};
use crate::model::HeightSource;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};

/// More attributes than this get a filter box.
const FILTER_FROM: usize = 9;

/// Draws the panel; `themes` draws what the departments say of the thing.
pub fn show(
    ui: &mut Ui,
    model: &InspectorModel,
    state: &mut InspectorState,
    words: &Words,
    edits: &mut Vec<InspectorEdit>,
    themes: &mut dyn FnMut(&mut Ui),
) {
    keys(ui, model, edits);
    if model.hits.len() > 1 {
        stack(ui, model, words, edits);
    }
    match &model.thing {
        Some(thing) => the_thing(ui, thing, state, words, edits, themes),
        None => widgets::empty(ui, words.inspector.nothing),
    }
}

/// Tab and Shift+Tab walk through the things under the cursor, Escape selects nothing; only while
/// no widget has the focus, so that Tab keeps moving it from there.
/// Tab, Shift+Tab and Escape. Called before any panel is drawn: the first widget of the window would
/// take the focus that egui sees in Tab.
pub fn keys(ui: &Ui, model: &InspectorModel, edits: &mut Vec<InspectorEdit>) {
    if ui.memory(|m| m.focused().is_some()) {
        return;
    }
    let count = model.hits.len();
    if count > 1 {
        // Back first: a plain Tab matches only without Shift.
        if ui.input_mut(|i| i.consume_key(Modifiers::SHIFT, Key::Tab)) {
            edits.push(InspectorEdit::Pick((model.current + count - 1) % count));
        } else if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Tab)) {
            edits.push(InspectorEdit::Pick((model.current + 1) % count));
        }
        // egui has read Tab as "next widget" before we could take it.
        ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
    }
    if model.thing.is_some() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
        edits.push(InspectorEdit::Clear);
    }
}

fn stack(ui: &mut Ui, model: &InspectorModel, words: &Words, edits: &mut Vec<InspectorEdit>) {
    let w = &words.inspector;
    let count = model.hits.len();
    widgets::card(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(Words::put(w.of, &[&(model.current + 1), &count])).color(Palette::of(ui).strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if widgets::icon_button(ui, Icon::Right, w.next).clicked() {
                    edits.push(InspectorEdit::Pick((model.current + 1) % count));
                }
                if widgets::icon_button(ui, Icon::Left, w.previous).clicked() {
                    edits.push(InspectorEdit::Pick((model.current + count - 1) % count));
                }
            });
        });
        ui.spacing_mut().item_spacing.y = 1.0;
        egui::ScrollArea::vertical().id_salt("hits").max_height(156.0).show(ui, |ui| {
            for (place, hit) in model.hits.iter().enumerate() {
                if hit_row(ui, hit, place == model.current).clicked() && place != model.current {
                    edits.push(InspectorEdit::Pick(place));
                }
            }
        });
    });
    ui.add_space(4.0);
}

fn hit_row(ui: &mut Ui, hit: &Hit, on: bool) -> egui::Response {
    let p = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, on, &hit.title));
    if on || response.hovered() {
        ui.painter().rect_filled(rect, 4.0, if on { p.selected } else { p.raised });
    }
    let mark = egui::Rect::from_min_size(rect.min + vec2(7.0, 6.0), vec2(11.0, 11.0));
    widgets::paint_swatch(ui, mark, hit.colour);
    let text = rect.with_min_x(rect.min.x + 25.0).shrink2(vec2(4.0, 3.0));
    let (top, bottom) = text.split_top_bottom_at_fraction(0.54);
    let left = egui::Align2::LEFT_CENTER;
    widgets::paint_text(ui, top, &hit.title, egui::TextStyle::Body, p.strong, left);
    let below = if hit.reason.is_empty() { hit.layer.clone() } else { format!("{} · {}", hit.layer, hit.reason) };
    let ink = if on { p.text } else { p.weak };
    widgets::paint_text(ui, bottom, &below, egui::TextStyle::Small, ink, left);
    response.on_hover_text(format!("{}\n{below}", hit.title))
}

fn the_thing(
    ui: &mut Ui,
    thing: &Thing,
    state: &mut InspectorState,
    words: &Words,
    edits: &mut Vec<InspectorEdit>,
    themes: &mut dyn FnMut(&mut Ui),
) {
    let w = &words.inspector;
    let p = Palette::of(ui);
    ui.add_space(2.0);
    widgets::title(ui, &thing.title);
    ui.horizontal_wrapped(|ui| {
        widgets::swatch(ui, thing.colour);
        ui.label(RichText::new(&thing.layer).weak());
        if thing.synthetic {
            widgets::badge(ui, words.layers.synthetic, p.warning);
        }
    });
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        if widgets::icon_button(ui, Icon::Target, w.zoom_to).clicked() {
            edits.push(InspectorEdit::ZoomTo);
        }
        if widgets::icon_button(ui, Icon::Table, w.show_in_table).clicked() {
            edits.push(InspectorEdit::ShowInTable);
        }
        if widgets::icon_button(ui, Icon::Copy, w.copy_id).clicked() {
            ui.copy_text(thing.id.clone());
        }
        if widgets::icon_button(ui, Icon::Close, w.clear).clicked() {
            edits.push(InspectorEdit::Clear);
        }
    });
    for note in &thing.notes {
        widgets::remark(ui, Icon::Warning, p.warning, note);
    }
    widgets::hairline(ui);
    ui.spacing_mut().item_spacing.y = 3.0;
    if let Some(height) = &thing.height {
        the_height(ui, height, words);
    }
    for (name, value) in
        [(w.area, &thing.area), (w.length, &thing.length), (w.volume, &thing.volume), (w.ground, &thing.ground)]
    {
        if let Some(value) = value {
            widgets::fact(ui, name, None, value);
        }
    }
    for (name, value) in [(w.map_position, &thing.map_position), (w.lon_lat, &thing.lon_lat), (w.id, &thing.id)] {
        if !value.is_empty() {
            copyable(ui, name, value, words);
        }
    }
    // What the departments say of it comes before what the file says.
    themes(ui);
    attributes(ui, thing, state, words);
    if let Some((fields, unmasked)) = &thing.personal {
        let mut on = *unmasked;
        let toggle = ui.checkbox(&mut on, words.housing.unmask);
        if toggle.on_hover_text(fields).clicked() {
            edits.push(InspectorEdit::Unmask(on));
        }
    }
}

fn the_height(ui: &mut Ui, height: &HeightFact, words: &Words) {
    let p = Palette::of(ui);
    let ink = match height.source {
        HeightSource::Surveyed => p.good,
        HeightSource::Storeys => p.note,
        HeightSource::Median | HeightSource::Default => p.warning,
    };
    widgets::row(ui, words.inspector.height, None, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(&height.text).color(p.strong));
            widgets::badge(ui, words.height_source(height.source), ink);
        });
        if !height.how.is_empty() {
            ui.add(egui::Label::new(RichText::new(&height.how).small().weak()).wrap());
        }
    });
}

/// A fact that a click copies.
fn copyable(ui: &mut Ui, name: &str, value: &str, words: &Words) {
    widgets::row(ui, name, None, |ui| {
        ui.add_space(1.5);
        let text = RichText::new(value).color(Palette::of(ui).strong);
        let label = ui.add(egui::Label::new(text).wrap().sense(Sense::click()));
        let label = label.on_hover_text(words.inspector.click_copies).on_hover_cursor(egui::CursorIcon::Copy);
        if label.clicked() {
            ui.copy_text(value.to_owned());
        }
    });
}

fn attributes(ui: &mut Ui, thing: &Thing, state: &mut InspectorState, words: &Words) {
    let w = &words.inspector;
    if thing.attributes.is_empty() {
        return;
    }
    let empty = thing.attributes.iter().filter(|a| a.value.is_empty()).count();
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        widgets::heading_here(ui, w.attributes);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if empty > 0 {
                let text = if state.show_empty { w.hide_empty.to_owned() } else { Words::put(w.show_empty, &[&empty]) };
                if ui.add(egui::Label::new(RichText::new(text).small().weak()).sense(Sense::click())).clicked() {
                    state.show_empty = !state.show_empty;
                }
            }
        });
    });
    if thing.attributes.len() >= FILTER_FROM {
        let id = ui.id().with("attribute filter");
        let width = ui.available_width();
        widgets::text_field(ui, id, w.filter, w.filter, &mut state.filter, width);
    }
    let wanted = state.filter.trim().to_lowercase();
    let fits = |a: &&Attribute| {
        let hay = || [&a.name, &a.key, &a.value, &a.raw].into_iter().any(|text| text.to_lowercase().contains(&wanted));
        (state.show_empty || !a.value.is_empty()) && (wanted.is_empty() || hay())
    };
    let mut any = false;
    for attribute in thing.attributes.iter().filter(fits) {
        any = true;
        let value = if attribute.value.is_empty() { "—" } else { &attribute.value };
        widgets::row(ui, &attribute.name, Some(&attribute.key), |ui| {
            ui.add_space(1.5);
            let text = RichText::new(value).color(Palette::of(ui).strong);
            let label = ui.add(egui::Label::new(text).wrap().selectable(true));
            if !attribute.raw.is_empty() && attribute.raw != attribute.value {
                label.on_hover_text(&attribute.raw);
            }
        });
    }
    if !any {
        ui.label(RichText::new(w.no_match).weak());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::panels::testing::{Panel, copied};
    use crate::panels::{Language, Theme};
    use egui_kittest::kittest::Queryable as _;

    pub(crate) fn sample() -> InspectorModel {
        let hit = |title: &str, layer: &str, reason: &str| Hit {
            title: title.into(),
            layer: layer.into(),
            colour: [214, 160, 92],
            reason: reason.into(),
        };
        let attribute = |name: &str, key: &str, value: &str, raw: &str| Attribute {
            name: name.into(),
            key: key.into(),
            value: value.into(),
            raw: raw.into(),
        };
        InspectorModel {
            hits: vec![
                hit("海河东里 3 号楼", "建筑", "212.4 m"),
                hit("HH-02-015", "地块", "1"),
                hit("河东区", "边界", "2"),
            ],
            current: 0,
            thing: Some(Thing {
                title: "海河东里 3 号楼".into(),
                layer_id: "buildings".into(),
                layer: "建筑".into(),
                colour: [214, 160, 92],
                id: "B-000317".into(),
                height: Some(HeightFact {
                    text: "54.0 m".into(),
                    source: HeightSource::Storeys,
                    how: "18 × 3.0 m".into(),
                }),
                area: Some("612 m²".into()),
                map_position: "516872.50, 4331721.98".into(),
                lon_lat: "117.195100°, 39.118900°".into(),
                attributes: vec![
                    attribute("建成年份", "JCNF", "2004", ""),
                    attribute("房屋用途", "FWYT", "住宅", "10"),
                    attribute("备注", "BZ", "", ""),
                ],
                ..Thing::default()
            }),
        }
    }

    fn panel(model: InspectorModel, language: Language) -> Panel<InspectorState, InspectorEdit> {
        Panel::new(280.0, 900.0, language, Theme::Dark, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits, &mut |_| {});
        })
    }

    #[test]
    fn nothing_selected_says_what_to_do_in_both_languages() {
        for language in Language::ALL {
            let panel = panel(InspectorModel::default(), language);
            panel.harness.get_by_label(language.words().inspector.nothing);
        }
    }

    #[test]
    fn the_things_under_the_cursor_are_counted_and_walked_through() {
        let mut panel = panel(sample(), Language::English);
        panel.harness.get_by_label("1 of 3 under the cursor");
        panel.click("Previous (Shift+Tab)");
        panel.click("HH-02-015");
        panel.key(Key::Tab);
        assert_eq!(panel.edits(), [InspectorEdit::Pick(2), InspectorEdit::Pick(1), InspectorEdit::Pick(1)]);
    }

    #[test]
    fn the_height_says_where_it_comes_from() {
        for language in Language::ALL {
            let panel = panel(sample(), language);
            panel.harness.get_by_label("54.0 m");
            panel.harness.get_by_label(language.words().height_source(HeightSource::Storeys));
        }
    }

    #[test]
    fn the_id_is_copied_and_empty_values_stay_hidden_until_asked_for() {
        let mut panel = panel(sample(), Language::Chinese);
        panel.click("复制编号");
        assert_eq!(copied(&panel), Some("B-000317".to_owned()));
        assert!(panel.harness.query_by_label("备注").is_none());
        panel.click("显示 1 个空值");
        panel.harness.get_by_label("备注");
    }

    #[test]
    fn escape_selects_nothing_and_the_panel_is_not_wider_than_its_place() {
        let mut panel = panel(sample(), Language::English);
        panel.key(Key::Escape);
        assert_eq!(panel.edits(), [InspectorEdit::Clear]);
        panel.assert_no_overflow();
    }
}
