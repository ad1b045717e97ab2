//! The card in the inspector, and the tab with the unit table or the stock.

mod charts;
mod grid;

use egui::{Align, Align2, Layout, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};

use super::describe::{level_name, matches, state_name};
use super::state::{CardModel, FactRow, House, HousingEdit, HousingModel, HousingState, NO_COLOUR, UnitModel};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::housing::card::CodeCard;
use crate::units::grouped;

/// The room of the slider that cuts a building open, points.
const CUT: f32 = 340.0;

/// What housing says of the selected building or unit: a section of the inspector. Nothing of other things.
pub fn card(ui: &mut Ui, model: &HousingModel, words: &Words, edits: &mut Vec<HousingEdit>) {
    // The unit that was pointed at stands before its building's facts.
    if let Some(unit) = &model.unit {
        the_unit(ui, model, unit, words, edits);
    }
    if let Some(card) = &model.card {
        building(ui, model, card, words);
    }
}

fn building(ui: &mut Ui, model: &HousingModel, card: &CardModel, words: &Words) {
    let (w, p) = (&words.housing, Palette::of(ui));
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        widgets::heading_here(ui, w.card);
        if let Some((grade, colour)) = &card.grade {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(grade).strong().color(p.strong)).on_hover_text(w.by_grade);
                widgets::swatch(ui, *colour);
            });
        }
    });
    ui.spacing_mut().item_spacing.y = 3.0;
    facts(ui, &card.facts, words);
    if !card.missing.is_empty() {
        widgets::row(ui, w.missing, None, |ui| {
            ui.add_space(1.5);
            let text = card.missing.join(w.comma);
            ui.add(egui::Label::new(RichText::new(text).color(p.weak)).wrap());
        });
    }
    if !card.family.is_empty() {
        widgets::fact(ui, w.family, None, &card.family.join(w.comma));
    }
    match &model.house {
        Some(house) => joined(ui, model, house, words),
        None if card.has_units => widgets::fact(ui, w.joined, None, w.no_units),
        None => {}
    }
    code(ui, model, card.code.as_ref(), words);
    widgets::remark(ui, Icon::Info, p.note, w.verify);
}

/// How many units, by which match, and by state.
fn joined(ui: &mut Ui, model: &HousingModel, house: &House, words: &Words) {
    let (w, p) = (&words.housing, Palette::of(ui));
    let count = grouped(house.units() as f64, 0);
    widgets::fact(ui, w.joined, None, &Words::put(w.joined_by, &[&count, &matches(&house.matched, words)]));
    legend(ui, model, house, words);
    if house.contradicted > 0 {
        widgets::remark(ui, Icon::Warning, p.warning, &Words::put(w.contradicted, &[&house.contradicted]));
    }
}

/// The states of a building's units with their colours and counts.
fn legend(ui: &mut Ui, model: &HousingModel, house: &House, words: &Words) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(10.0, 2.0);
        for state in &house.states {
            let colour = state.class.as_ref().map_or(NO_COLOUR, |class| class.colour);
            let name = state_name(Some(state), words, model.language);
            legend_entry(ui, colour, &format!("{name} {}", grouped(state.units as f64, 0)));
        }
    });
}

fn legend_entry(ui: &mut Ui, colour: [u8; 3], text: &str) {
    let p = Palette::of(ui);
    let most = (ui.max_rect().width() - 20.0).max(20.0);
    let font = TextStyle::Body.resolve(ui.style());
    let width = ui.painter().layout_no_wrap(text.to_owned(), font, p.text).size().x.min(most);
    let (rect, response) = ui.allocate_exact_size(vec2(width + 17.0, 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, text));
    let mark = Rect::from_center_size(rect.left_center() + vec2(6.0, 0.0), vec2(11.0, 11.0));
    widgets::paint_swatch(ui, mark, colour);
    widgets::paint_text(ui, rect.with_min_x(rect.min.x + 17.0), text, TextStyle::Body, p.text, Align2::LEFT_CENTER);
}

/// Names and values; the field that a value comes from is said on hover.
fn facts(ui: &mut Ui, facts: &[FactRow], words: &Words) {
    let (w, p) = (&words.housing, Palette::of(ui));
    for fact in facts {
        let from = (!fact.from.is_empty()).then_some(fact.from.as_str());
        widgets::row(ui, &fact.name, from, |ui| {
            ui.horizontal_wrapped(|ui| {
                if let Some(colour) = fact.colour {
                    widgets::swatch(ui, colour);
                }
                let ink = if fact.doubtful { p.warning } else { p.strong };
                let label = ui.add(egui::Label::new(RichText::new(&fact.value).color(ink)).wrap().selectable(true));
                if let Some(from) = from {
                    label.on_hover_text(Words::put(w.from_field, &[&from]));
                }
            });
            if !fact.note.is_empty() {
                let ink = if fact.doubtful { p.warning } else { p.weak };
                ui.add(egui::Label::new(RichText::new(&fact.note).small().color(ink)).wrap());
            }
        });
    }
}

/// The unit code, group by group.
fn code(ui: &mut Ui, model: &HousingModel, code: Option<&CodeCard>, words: &Words) {
    let Some(code) = code else { return };
    let (w, p) = (&words.housing, Palette::of(ui));
    widgets::fact(ui, w.code, None, code.printed.as_ref().unwrap_or(&code.text));
    let error = if words_are_chinese(model) { code.error_zh.as_ref() } else { code.error.as_ref() };
    if let Some(error) = error.or(code.error.as_ref()) {
        widgets::remark(ui, Icon::Error, p.error, error);
    }
    for warning in &code.warnings {
        widgets::remark(ui, Icon::Warning, p.warning, model.say(warning));
    }
    if code.groups.is_empty() {
        return;
    }
    egui::CollapsingHeader::new(w.code_groups).id_salt("unit code groups").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for group in &code.groups {
            let place = if group.from == group.to {
                Words::put(w.code_character, &[&group.from])
            } else {
                Words::put(w.code_place, &[&group.from, &group.to])
            };
            widgets::row(ui, model.say(&group.name), Some(&place), |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.label(RichText::new(&group.text).monospace().color(p.strong)).on_hover_text(&place);
                    let meaning = model.say(&group.meaning);
                    if !meaning.is_empty() {
                        ui.add(egui::Label::new(RichText::new(meaning).color(p.text)).wrap());
                    }
                });
            });
        }
    });
}

fn words_are_chinese(model: &HousingModel) -> bool {
    model.language == crate::panels::Language::Chinese
}

fn the_unit(ui: &mut Ui, model: &HousingModel, unit: &UnitModel, words: &Words, edits: &mut Vec<HousingEdit>) {
    let (w, p) = (&words.housing, Palette::of(ui));
    ui.add_space(10.0);
    widgets::heading_here(ui, w.unit);
    ui.spacing_mut().item_spacing.y = 3.0;
    facts(ui, &unit.facts, words);
    widgets::fact(ui, w.matched, None, &unit.matched);
    if let (Some((layer, row)), None) = (unit.building, &model.card)
        && ui.add(egui::Button::new(w.to_building).truncate()).clicked()
    {
        edits.push(HousingEdit::Building(Some(layer), row));
    }
    code(ui, model, unit.code.as_ref(), words);
    widgets::remark(ui, Icon::Info, p.note, w.verify);
}

/// The drawer's tab: the unit table of the selected building, else the stock.
pub fn show(ui: &mut Ui, model: &HousingModel, state: &mut HousingState, words: &Words, edits: &mut Vec<HousingEdit>) {
    let (w, p) = (&words.housing, Palette::of(ui));
    if !model.has_buildings {
        widgets::empty(ui, w.no_buildings);
        return;
    }
    let shown = model.house.as_ref().map(|house| (house.layer, house.building));
    if state.shown != shown {
        (state.shown, state.stock) = (shown, false);
    }
    if !model.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.error);
    }
    match &model.house {
        Some(house) if !state.stock => {
            table_tools(ui, model, house, state, words, edits);
            grid::show(ui, model, house, state, words, edits);
        }
        house => charts::show(ui, model, house.is_some(), state, words, edits),
    }
}

/// The building, its states, and whether personal data is shown.
fn table_tools(
    ui: &mut Ui,
    model: &HousingModel,
    house: &House,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let (w, p) = (&words.housing, Palette::of(ui));
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::tool_button(ui, Icon::Table, w.stock, false).clicked() {
                state.stock = true;
            }
            if !model.personal.is_empty() {
                let mut on = model.unmasked;
                let check = ui.checkbox(&mut on, w.unmask);
                if check.on_hover_text(Words::put(w.unmask_help, &[&model.personal.join(w.comma)])).changed() {
                    edits.push(HousingEdit::Unmask(on));
                }
            }
            let title = model.say(&house.title);
            let title = if title.is_empty() { house.id.as_str() } else { title };
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(title).color(p.strong).strong();
                let label = egui::Label::new(text).truncate().selectable(false).sense(Sense::click());
                let label = ui.add(label).on_hover_cursor(egui::CursorIcon::PointingHand);
                if label.on_hover_text(w.to_building).clicked() {
                    edits.push(HousingEdit::Building(Some(house.layer), house.building));
                }
                let count = Words::put(w.units_count, &[&grouped(house.units() as f64, 0)]);
                ui.add(egui::Label::new(RichText::new(count).color(p.weak)).truncate());
            });
        });
    });
    let room = ui.available_width() - CUT;
    if house.levels.is_empty() || room < CUT {
        legend(ui, model, house, words);
        cut(ui, model, house, words, edits);
    } else {
        // Beside each other: rows of the grid are worth more than air.
        ui.horizontal_top(|ui| {
            ui.allocate_ui(vec2(room, 18.0), |ui| {
                ui.set_width(room);
                legend(ui, model, house, words);
            });
            cut(ui, model, house, words, edits);
        });
    }
    // What is personal follows the switch at once, not only when the answer is there.
    let chosen = model.selected_unit.filter(|_| house.unmasked == model.unmasked);
    if let Some(values) = chosen.and_then(|row| house.personal.get(&row)) {
        let values: Vec<String> = values.iter().map(|(field, value)| format!("{field}: {value}")).collect();
        ui.add(egui::Label::new(RichText::new(values.join(" · ")).small().color(p.text)).truncate());
    }
}

/// The slider that cuts the building open above a storey: all of it at its right end.
fn cut(ui: &mut Ui, model: &HousingModel, house: &House, words: &Words, edits: &mut Vec<HousingEdit>) {
    const VALUE: f32 = 96.0;
    if house.levels.is_empty() {
        return;
    }
    let (w, p) = (&words.housing, Palette::of(ui));
    let whole = house.levels.len();
    let now = model.cut.and_then(|cut| house.levels.iter().position(|level| *level == cut)).unwrap_or(whole);
    let text = match house.levels.get(now) {
        Some(level) => Words::put(w.cut_at, &[&level_name(house, *level)]),
        None => w.cut_none.to_owned(),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(w.cut).color(p.weak)).on_hover_text(w.cut_help);
        ui.spacing_mut().slider_width = (ui.available_width() - VALUE).clamp(40.0, CUT);
        // The handle's size hangs on the height.
        ui.spacing_mut().interact_size.y = 16.0;
        let mut at = now;
        let slider = ui.add(egui::Slider::new(&mut at, 0..=whole).show_value(false));
        slider.widget_info(|| WidgetInfo::slider(true, at as f64, w.cut));
        if at != now {
            edits.push(HousingEdit::Cut(house.levels.get(at).copied()));
        }
        slider.on_hover_text(w.cut_help);
        let ink = if model.cut.is_some() { p.strong } else { p.weak };
        ui.add(egui::Label::new(RichText::new(text).color(ink)).truncate());
    });
}

#[cfg(test)]
pub(crate) mod tests;
