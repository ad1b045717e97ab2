//! Measuring: choose a tool, click in the scene, read the numbers.

use egui::{Align, FontId, Key, Layout, Modifiers, RichText, Ui};

use super::state::{MeasureEdit, MeasureModel, MeasureState, Quantity, Tool};
use crate::panels::icons::Icon;
use crate::panels::theme::strong_family;
use crate::panels::{Palette, Words, widgets};

/// Draws the tools and the numbers.
pub fn show(ui: &mut Ui, model: &MeasureModel, _state: &mut MeasureState, words: &Words, edits: &mut Vec<MeasureEdit>) {
    let w = &words.measure;
    keys(ui, model, edits);
    ui.horizontal_wrapped(|ui| {
        for tool in Tool::ALL {
            let on = model.tool == Some(tool);
            if widgets::tool_button(ui, icon(tool), tool_word(tool, words), on).clicked() {
                edits.push(MeasureEdit::Take((!on).then_some(tool)));
            }
        }
        if model.points > 0 {
            ui.separator();
            if !model.finished && widgets::icon_button(ui, Icon::Undo, w.undo).clicked() {
                edits.push(MeasureEdit::Undo);
            }
            if matches!(model.tool, Some(Tool::Path | Tool::Area))
                && !model.finished
                && widgets::icon_button(ui, Icon::Check, w.finish).clicked()
            {
                edits.push(MeasureEdit::Finish);
            }
            if widgets::icon_button(ui, Icon::Copy, w.copy).clicked() {
                ui.copy_text(as_text(model, words));
            }
            if widgets::icon_button(ui, Icon::Bin, w.clear).clicked() {
                edits.push(MeasureEdit::Clear);
            }
        }
    });
    ui.add_space(2.0);
    ui.label(RichText::new(hint(model, words)).weak());
    ui.add_space(4.0);
    if model.numbers.is_empty() {
        return;
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 28.0;
            for (place, (quantity, value)) in model.numbers.iter().enumerate() {
                let size = if place == 0 { 22.0 } else { 15.0 };
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    ui.label(RichText::new(quantity_word(*quantity, words)).small().weak());
                    let font = FontId::new(size, strong_family());
                    let text = RichText::new(value).font(font).color(Palette::of(ui).strong);
                    ui.add(egui::Label::new(text).extend().selectable(true));
                });
            }
        });
    });
}

/// Escape puts the tool away, Backspace takes back a point, Enter finishes; not while typing.
fn keys(ui: &Ui, model: &MeasureModel, edits: &mut Vec<MeasureEdit>) {
    if model.tool.is_none() || ui.egui_wants_keyboard_input() {
        return;
    }
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if pressed(Key::Escape) {
        edits.push(if model.points > 0 { MeasureEdit::Clear } else { MeasureEdit::Take(None) });
    }
    if model.points > 0 && !model.finished {
        if pressed(Key::Backspace) {
            edits.push(MeasureEdit::Undo);
        }
        if pressed(Key::Enter) {
            edits.push(MeasureEdit::Finish);
        }
    }
}

/// A tool's name.
pub fn tool_word(tool: Tool, words: &Words) -> &'static str {
    let w = &words.measure;
    match tool {
        Tool::Distance => w.distance,
        Tool::Path => w.path,
        Tool::Area => w.area,
        Tool::Height => w.height,
    }
}

/// A quantity's name.
pub fn quantity_word(quantity: Quantity, words: &Words) -> &'static str {
    let w = &words.measure;
    match quantity {
        Quantity::Horizontal => w.q_horizontal,
        Quantity::Slope => w.q_slope,
        Quantity::Vertical => w.q_vertical,
        Quantity::Bearing => w.q_bearing,
        Quantity::Total => w.q_total,
        Quantity::LastSegment => w.q_last_segment,
        Quantity::Perimeter => w.q_perimeter,
        Quantity::Area => w.q_area,
        Quantity::Height => w.q_height,
        Quantity::BottomElevation => w.q_bottom,
        Quantity::TopElevation => w.q_top,
    }
}

fn icon(tool: Tool) -> Icon {
    match tool {
        Tool::Distance => Icon::Ruler,
        Tool::Path => Icon::Path,
        Tool::Area => Icon::Area,
        Tool::Height => Icon::Height,
    }
}

fn hint(model: &MeasureModel, words: &Words) -> &'static str {
    let w = &words.measure;
    match (model.tool, model.points, model.finished) {
        (None, ..) => w.choose,
        (Some(_), _, true) => w.finished,
        (Some(Tool::Height), 0, _) => w.first_bottom,
        (Some(Tool::Height), ..) => w.then_top,
        (Some(_), 0, _) => w.first_point,
        (Some(Tool::Distance), ..) => w.second_point,
        (Some(_), ..) => w.next_point,
    }
}

/// The measurement as lines of text, for the clipboard.
pub fn as_text(model: &MeasureModel, words: &Words) -> String {
    let lines = model.numbers.iter().map(|(quantity, value)| format!("{}\t{value}", quantity_word(*quantity, words)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::panels::testing::{Panel, copied};
    use crate::panels::{Language, Theme};
    use egui_kittest::kittest::Queryable as _;

    pub(crate) fn sample() -> MeasureModel {
        MeasureModel {
            tool: Some(Tool::Area),
            points: 4,
            finished: false,
            numbers: vec![
                (Quantity::Area, "12,430 m²".into()),
                (Quantity::Perimeter, "468.2 m".into()),
                (Quantity::LastSegment, "96.4 m".into()),
            ],
        }
    }

    fn panel(model: MeasureModel, language: Language) -> Panel<MeasureState, MeasureEdit> {
        Panel::new(560.0, 220.0, language, Theme::Light, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits);
        })
    }

    #[test]
    fn a_tool_is_taken_and_put_away_by_the_same_button() {
        let mut panel = panel(sample(), Language::Chinese);
        panel.click("高度");
        panel.click("面积");
        assert_eq!(panel.edits(), [MeasureEdit::Take(Some(Tool::Height)), MeasureEdit::Take(None)]);
    }

    #[test]
    fn keys_undo_finish_and_clear() {
        let mut panel = panel(sample(), Language::English);
        for key in [Key::Backspace, Key::Enter, Key::Escape] {
            panel.key(key);
        }
        assert_eq!(panel.edits(), [MeasureEdit::Undo, MeasureEdit::Finish, MeasureEdit::Clear]);
    }

    #[test]
    fn the_numbers_are_copied_with_their_names_and_units() {
        let mut panel = panel(sample(), Language::English);
        panel.harness.get_by_label("12,430 m²");
        panel.click("Copy numbers");
        assert_eq!(copied(&panel).as_deref(), Some("Area\t12,430 m²\nPerimeter\t468.2 m\nLast segment\t96.4 m"));
    }

    #[test]
    fn without_a_tool_the_panel_says_how_to_begin() {
        for language in Language::ALL {
            let panel = panel(MeasureModel::default(), language);
            panel.harness.get_by_label(language.words().measure.choose);
        }
    }
}
