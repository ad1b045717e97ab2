//! The schemes of the selected parcel in the inspector, and side by side in the drawer.

use egui::{Align, DragValue, Grid, Layout, RichText, ScrollArea, Sense, Ui, WidgetInfo, WidgetType, vec2};

use super::state::{BlockRow, Column, Kept, SchemesEdit, SchemesModel, SchemesState, Tool};
use crate::features::planning::describe::rule_name;
use crate::features::planning::ui::ink;
use crate::model::height::UseClass;
use crate::panels::icons::Icon;
use crate::panels::{Language, Palette, Words, widgets};
use crate::themes::planning::scheme::{MOST_STOREYS, STOREY_HEIGHTS};

/// The section of the inspector: nothing without a parcel.
pub fn section(
    ui: &mut Ui,
    model: &SchemesModel,
    state: &mut SchemesState,
    words: &Words,
    language: Language,
    edits: &mut Vec<SchemesEdit>,
) {
    if model.parcel.is_none() {
        return;
    }
    let (w, p) = (&words.schemes, Palette::of(ui));
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        widgets::heading_here(ui, w.title);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            steps(ui, model, words, edits);
        });
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        if ui.selectable_label(model.active.is_none(), w.as_is).clicked() {
            edits.push(SchemesEdit::Show(None));
        }
        for scheme in &model.schemes {
            let on = model.active == Some(scheme.number);
            if ui.selectable_label(on, &scheme.name).clicked() {
                edits.push(SchemesEdit::Show((!on).then_some(scheme.number)));
            }
        }
        if widgets::tool_button(ui, Icon::Plus, w.begin, false).clicked() {
            edits.push(SchemesEdit::Begin);
        }
    });
    if !model.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.error);
    }
    unkept(ui, model, words);
    if let Some(active) = model.active {
        scheme(ui, model, active, state, words, language, edits);
    } else {
        ui.add(egui::Label::new(RichText::new(w.explain).small().color(p.weak)).wrap());
    }
}

/// Work that is not kept must not look as if it were.
fn unkept(ui: &mut Ui, model: &SchemesModel, words: &Words) {
    if model.kept == Kept::No && !model.all.is_empty() {
        let text = format!("{}: {}", words.schemes.not_kept, model.unkept);
        widgets::remark(ui, Icon::Error, Palette::of(ui).error, &text);
    }
}

/// Back and forth.
fn steps(ui: &mut Ui, model: &SchemesModel, words: &Words, edits: &mut Vec<SchemesEdit>) {
    let w = &words.schemes;
    if widgets::icon_button_as(ui, Icon::Redo, w.redo, false, model.redo > 0).clicked() {
        edits.push(SchemesEdit::Redo);
    }
    if widgets::icon_button_as(ui, Icon::Undo, w.undo, false, model.undo > 0).clicked() {
        edits.push(SchemesEdit::Undo);
    }
}

fn scheme(
    ui: &mut Ui,
    model: &SchemesModel,
    active: i64,
    state: &mut SchemesState,
    words: &Words,
    language: Language,
    edits: &mut Vec<SchemesEdit>,
) {
    let (w, p) = (&words.schemes, Palette::of(ui));
    let kept_name = model.schemes.iter().find(|row| row.number == active).map(|row| row.name.clone());
    ui.horizontal(|ui| {
        let name = kept_name.unwrap_or_default();
        let mut text =
            state.name.as_ref().filter(|(number, _)| *number == active).map_or(name.clone(), |n| n.1.clone());
        let width = (ui.available_width() - 70.0).max(80.0);
        let field = widgets::text_field(ui, egui::Id::new("scheme name"), w.name, w.name, &mut text, width);
        if field.lost_focus() {
            if text.trim() != name {
                edits.push(SchemesEdit::Rename(active, text));
            }
            state.name = None;
        } else if field.changed() {
            state.name = Some((active, text));
        }
        if widgets::icon_button(ui, Icon::Copy, w.duplicate).clicked() {
            edits.push(SchemesEdit::Duplicate);
        }
        if widgets::icon_button(ui, Icon::Bin, w.discard).clicked() {
            edits.push(SchemesEdit::Discard);
        }
    });
    ui.horizontal_wrapped(|ui| {
        for (tool, icon, text) in [(Tool::Draw, Icon::Path, w.draw), (Tool::Place, Icon::Area, w.place)] {
            let on = model.tool == Some(tool);
            if widgets::tool_button(ui, icon, text, on).clicked() {
                edits.push(SchemesEdit::Take((!on).then_some(tool)));
            }
        }
    });
    match model.tool {
        Some(Tool::Draw) => {
            let hint = if model.corners < 3 { w.draw_help } else { w.draw_finish };
            ui.add(egui::Label::new(RichText::new(hint).color(p.note)).wrap());
        }
        Some(Tool::Place) => {
            ui.add(egui::Label::new(RichText::new(w.place_help).color(p.note)).wrap());
            ui.horizontal(|ui| {
                let mut size = model.size;
                for (value, name) in size.iter_mut().zip([w.length, w.width]) {
                    ui.label(RichText::new(name).color(p.weak));
                    ui.add(DragValue::new(value).range(2.0..=500.0).speed(0.5).suffix(" m").max_decimals(1));
                }
                if size != model.size {
                    edits.push(SchemesEdit::Size(size));
                }
            });
        }
        None => {}
    }
    for block in &model.blocks {
        block_card(ui, block, model.chosen == Some(block.number), state, words, language, edits);
    }
    if model.blocks.is_empty() && model.tool.is_none() {
        ui.add(egui::Label::new(RichText::new(w.no_blocks).small().color(p.weak)).wrap());
    }
    existing(ui, model, words, edits);
    ui.add_space(4.0);
    let shown = |column: &&Column| column.number.is_none() || column.number == Some(active);
    compare(ui, "scheme beside the data", model, &model.columns.iter().filter(shown).collect::<Vec<_>>(), words, None);
}

fn block_card(
    ui: &mut Ui,
    block: &BlockRow,
    chosen: bool,
    state: &mut SchemesState,
    words: &Words,
    language: Language,
    edits: &mut Vec<SchemesEdit>,
) {
    let (w, p) = (&words.schemes, Palette::of(ui));
    let title = Words::put(w.block, &[&block.number]);
    widgets::card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            if ui.selectable_label(chosen, RichText::new(&title).color(p.strong)).clicked() {
                edits.push(SchemesEdit::Choose((!chosen).then_some(block.number)));
            }
            ui.label(RichText::new(format!("{} · {}", block.footprint, block.height)).color(p.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::icon_button(ui, Icon::Bin, w.remove).clicked() {
                    edits.push(SchemesEdit::RemoveBlock(block.number));
                }
                if widgets::icon_button(ui, Icon::Copy, w.copy).clicked() {
                    edits.push(SchemesEdit::CopyBlock(block.number));
                }
            });
        });
        if !chosen {
            return;
        }
        let pending = state.pending.filter(|(number, ..)| *number == block.number);
        let (mut storeys, mut each) = pending.map_or((block.storeys, block.storey_height), |(_, s, h)| (s, h));
        let mut let_go = false;
        let mut number = |ui: &mut Ui, name: &str, value: DragValue<'_>| {
            widgets::row(ui, name, None, |ui| {
                let response = ui.add(value);
                // One step for a drag or a number typed, not one for each point of the way.
                let_go |= response.drag_stopped() || response.lost_focus();
                response.widget_info(|| WidgetInfo::labeled(WidgetType::DragValue, true, name));
            });
        };
        number(ui, w.storeys, DragValue::new(&mut storeys).range(1..=MOST_STOREYS).speed(0.1));
        let [least, most] = STOREY_HEIGHTS;
        let heights = DragValue::new(&mut each).range(least..=most).speed(0.02).suffix(" m").max_decimals(2);
        number(ui, w.storey_height, heights);
        if (storeys, each) != (block.storeys, block.storey_height) {
            state.pending = Some((block.number, storeys, each));
        }
        if let_go && let Some((number, storeys, each)) = state.pending.take() {
            edits.push(SchemesEdit::Storeys(number, storeys, each));
        }
        widgets::row(ui, w.use_, None, |ui| {
            let name = |class: UseClass| {
                let title = class.name();
                if language == Language::Chinese { title.zh } else { title.en }
            };
            let mut class = block.class;
            let choices: Vec<(UseClass, String)> = UseClass::all().map(|class| (class, name(class))).collect();
            let id = egui::Id::new(("use of a proposed building", block.number));
            egui::ComboBox::from_id_salt(id).selected_text(name(class)).show_ui(ui, |ui| {
                for (one, text) in choices {
                    ui.selectable_value(&mut class, one, text);
                }
            });
            if class != block.class {
                edits.push(SchemesEdit::Use(block.number, class));
            }
        });
        ui.horizontal(|ui| {
            for (degrees, text) in [(-15.0, w.turn_left), (15.0, w.turn_right)] {
                if ui.button(text).clicked() {
                    edits.push(SchemesEdit::Turn(degrees));
                }
            }
        });
        ui.add(egui::Label::new(RichText::new(w.move_help).small().color(p.weak)).wrap());
    });
}

fn existing(ui: &mut Ui, model: &SchemesModel, words: &Words, edits: &mut Vec<SchemesEdit>) {
    let w = &words.schemes;
    if model.existing.is_empty() {
        return;
    }
    let down = model.existing.iter().filter(|one| one.cleared).count();
    let title = Words::put(w.existing, &[&down, &model.existing.len()]);
    egui::CollapsingHeader::new(title).id_salt("what a scheme takes down").show(ui, |ui| {
        let mut all = down == model.existing.len();
        if ui.checkbox(&mut all, w.clear_all).changed() {
            edits.push(SchemesEdit::ClearAll(all));
        }
        for one in &model.existing {
            let mut cleared = one.cleared;
            if ui.checkbox(&mut cleared, &one.name).changed() {
                edits.push(SchemesEdit::Clear(one.key.clone(), cleared));
            }
        }
    });
}

/// What a line of facts says of a state.
type Fact = fn(&Column) -> String;

/// States of the parcel side by side: a line for each rule.
fn compare(
    ui: &mut Ui,
    id: &str,
    model: &SchemesModel,
    columns: &[&Column],
    words: &Words,
    edits: Option<&mut Vec<SchemesEdit>>,
) {
    let (w, p) = (&words.schemes, Palette::of(ui));
    let wide = edits.is_some();
    let mut wanted = None;
    let cell = |ui: &mut Ui, text: RichText| ui.add(egui::Label::new(text).wrap_mode(egui::TextWrapMode::Extend));
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ScrollArea::horizontal().id_salt((id, "scroll")).auto_shrink([false, true]).show(ui, |ui| {
            Grid::new(id).striped(true).spacing(vec2(if wide { 18.0 } else { 12.0 }, 4.0)).show(ui, |ui| {
                cell(ui, RichText::new(""));
                for column in columns {
                    let name = if column.name.is_empty() { w.as_is } else { &column.name };
                    let on = model.active == column.number;
                    let text = RichText::new(name).strong().color(if on { p.accent } else { p.strong });
                    if wide {
                        let label = ui.add(egui::Label::new(text).selectable(false).sense(Sense::click()));
                        label.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
                        if label.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                            wanted = Some(column.number);
                        }
                    } else {
                        cell(ui, text);
                    }
                }
                if wide {
                    cell(ui, RichText::new(w.limit).color(p.weak));
                }
                ui.end_row();
                let facts: [(&str, Fact); 3] = [
                    (w.buildings, |column| column.buildings.to_string()),
                    (words.planning.floor_area, |column| column.floor_area.clone()),
                    (w.footprint, |column| column.footprint.clone()),
                ];
                for (name, fact) in facts {
                    cell(ui, RichText::new(name).color(p.weak));
                    for column in columns {
                        cell(ui, RichText::new(fact(column)).color(p.text));
                    }
                    ui.end_row();
                }
                for (at, (rule, limit)) in model.limits.iter().enumerate() {
                    cell(ui, RichText::new(rule_name(*rule, words)).color(p.weak));
                    for column in columns {
                        match column.rules.get(at) {
                            Some((_, verdict, text)) => cell(ui, RichText::new(text).color(ink(p, *verdict))),
                            None => cell(ui, RichText::new("")),
                        };
                    }
                    if wide {
                        cell(ui, RichText::new(limit).color(p.weak));
                    }
                    ui.end_row();
                }
            });
        });
    });
    if let (Some(edits), Some(number)) = (edits, wanted) {
        edits.push(SchemesEdit::Show(number));
    }
}

/// The drawer's tab: the parcel's states side by side, and all schemes of the project.
pub fn show(ui: &mut Ui, model: &SchemesModel, _state: &mut SchemesState, words: &Words, edits: &mut Vec<SchemesEdit>) {
    let (w, p) = (&words.schemes, Palette::of(ui));
    ui.horizontal(|ui| {
        match &model.parcel {
            Some(parcel) => ui.label(RichText::new(Words::put(w.of_parcel, &[parcel])).color(p.strong)),
            None => ui.label(RichText::new(w.choose_parcel).color(p.weak)),
        };
        if model.parcel.is_some() && widgets::tool_button(ui, Icon::Plus, w.begin, false).clicked() {
            edits.push(SchemesEdit::Begin);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            steps(ui, model, words, edits);
            let any = model.schemes.iter().any(|scheme| scheme.buildings > 0);
            if widgets::icon_button_as(ui, Icon::Layers, w.save_layer, false, any).clicked() {
                edits.push(SchemesEdit::SaveLayer);
            }
            if !model.all.is_empty() && !model.file.is_empty() && ui.available_width() > 200.0 {
                let (text, ink) = match model.kept {
                    Kept::OnDisk => (w.kept, p.weak),
                    Kept::Writing => (w.keeping, p.weak),
                    Kept::No => (w.not_kept, p.error),
                };
                ui.add(egui::Label::new(RichText::new(text).small().color(ink))).on_hover_text(&model.file);
            }
        });
    });
    if !model.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.error);
    }
    unkept(ui, model, words);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            if !model.all.is_empty() {
                ui.vertical(|ui| {
                    ui.set_width(200.0);
                    ui.label(RichText::new(w.all).color(p.weak));
                    for scheme in &model.all {
                        let on = model.active == Some(scheme.number);
                        let text = format!("{} · {}", scheme.name, scheme.parcel);
                        let label = ui.add(egui::Button::selectable(on, text).wrap());
                        if label.clicked() {
                            edits.push(SchemesEdit::GoTo(scheme.number));
                        }
                    }
                });
                ui.add_space(8.0);
            }
            if model.parcel.is_some() {
                ui.vertical(|ui| {
                    compare(
                        ui,
                        "states side by side",
                        model,
                        &model.columns.iter().collect::<Vec<_>>(),
                        words,
                        Some(edits),
                    );
                });
            }
        });
        if model.all.is_empty() {
            widgets::empty(ui, w.explain);
        }
    });
}

#[cfg(test)]
mod tests;
