//! What was found: how many and how fast, on the map or not, and the list.

use std::cmp::Reverse;
use std::sync::Arc;

use egui::{Align, Layout, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};
use egui_extras::{Column as Width, TableBuilder};

use super::super::state::{AnswerModel, OnMap, QuestionsEdit, QuestionsModel, QuestionsState};
use crate::panels::icons::{self, Icon};
use crate::panels::{Palette, Words, widgets};
use crate::query::question::{Relation, RelationKind};
use crate::units::grouped;

const ROW: f32 = 24.0;
const HEAD: f32 = 26.0;

pub(super) fn show(
    ui: &mut Ui,
    model: &QuestionsModel,
    state: &mut QuestionsState,
    words: &Words,
    edits: &mut Vec<QuestionsEdit>,
) {
    let w = &words.questions;
    let Some(answer) = &model.answer else {
        widgets::empty(ui, w.explain);
        return;
    };
    head(ui, model, answer, state, words, edits);
    if answer.rows.is_empty() {
        widgets::empty(ui, w.none_found);
        return;
    }
    sort(state, answer);
    list(ui, model, answer, state, words, edits);
}

fn head(
    ui: &mut Ui,
    model: &QuestionsModel,
    answer: &AnswerModel,
    state: &QuestionsState,
    words: &Words,
    edits: &mut Vec<QuestionsEdit>,
) {
    let (w, p) = (&words.questions, Palette::of(ui));
    let numbers = [grouped(answer.found as f64, 0), grouped(answer.chosen as f64, 0), grouped(answer.ms.max(1.0), 0)];
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if answer.found > 0 && widgets::icon_button(ui, Icon::Layers, w.save_layer).clicked() {
                edits.push(QuestionsEdit::SaveLayer);
            }
            let mut options = vec![(OnMap::Nothing, w.map_nothing.to_owned())];
            if model.paintable {
                options.push((OnMap::Coloured, w.map_coloured.to_owned()));
            }
            options.push((OnMap::Only, w.map_only.to_owned()));
            super::sized(ui, 130.0, |ui| {
                if let Some(chosen) = widgets::choice(ui, "answer on map", w.on_map, &model.on_map, &options) {
                    edits.push(QuestionsEdit::OnMap(chosen));
                }
            });
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let [found, chosen, ms] = &numbers;
                let text = RichText::new(Words::put(w.found, &[found, chosen, ms])).color(p.strong);
                let said = ui.add(egui::Label::new(text).truncate());
                let asked = answer.question.to_string();
                said.on_hover_text(match answer.as_of.is_empty() {
                    true => asked,
                    false => format!("{asked}\n{} {}", w.as_of, answer.as_of),
                });
            });
        });
    });
    let mut remarks = Vec::new();
    if answer.found > answer.rows.len() as u64 {
        remarks.push(Words::put(w.first_rows, &[&grouped(answer.rows.len() as f64, 0)]));
    }
    if state.draft != answer.question {
        remarks.push(w.since_changed.to_owned());
    }
    if !remarks.is_empty() {
        ui.add(egui::Label::new(RichText::new(remarks.join(" ")).small().color(p.weak)).truncate());
    }
}

/// The order of the rows: made anew only when the answer or the sorting changes.
fn sort(state: &mut QuestionsState, answer: &Arc<AnswerModel>) {
    let wanted = Some((Arc::as_ptr(answer) as usize, state.sort));
    if state.order_for == wanted {
        return;
    }
    state.order_for = wanted;
    let mut order: Vec<u32> = (0..answer.rows.len() as u32).collect();
    if let Some((column, descending)) = state.sort {
        let row = |place: &u32| &answer.rows[*place as usize];
        let count = |place: &u32| row(place).related.get(column.wrapping_sub(1)).map_or(0, |(count, _)| *count);
        match (column, descending) {
            (0, false) => order.sort_by(|a, b| row(a).id.cmp(&row(b).id)),
            (0, true) => order.sort_by(|a, b| row(b).id.cmp(&row(a).id)),
            (_, false) => order.sort_by_key(count),
            (_, true) => order.sort_by_key(|place| Reverse(count(place))),
        }
    }
    state.order = order;
}

/// A relation as the head of its column.
fn title(relation: &Relation, model: &QuestionsModel, words: &Words) -> String {
    let w = &words.questions;
    let layer = model.layers.iter().find(|layer| layer.id == relation.layer);
    let layer = layer.map_or(relation.layer.as_str(), |layer| layer.title.as_str());
    match relation.kind {
        RelationKind::Contains => layer.to_owned(),
        RelationKind::Within => format!("{} {layer}", w.within),
        RelationKind::Near { metres } => Words::put(w.near_head, &[&layer, &metres]),
    }
}

fn list(
    ui: &mut Ui,
    model: &QuestionsModel,
    answer: &AnswerModel,
    state: &mut QuestionsState,
    words: &Words,
    edits: &mut Vec<QuestionsEdit>,
) {
    let (w, p) = (&words.questions, Palette::of(ui));
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.visuals_mut().selection.stroke.color = p.strong;
    let mut heads = vec![w.thing.to_owned()];
    heads.extend(answer.question.relations.iter().map(|relation| title(relation, model, words)));
    let chinese = model.chinese;
    let room = ui.available_width();
    let counts = (heads.len() - 1) as f32;
    let count_width = ((room - 260.0) / counts.max(1.0) - 10.0).clamp(110.0, 220.0);
    let name_width = (room - (count_width + 10.0) * counts - 24.0).clamp(140.0, 420.0);
    egui::ScrollArea::horizontal().id_salt("answer").auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt(("answer table", heads.len()))
            .striped(true)
            .sense(Sense::click())
            .auto_shrink(false)
            // The drawer is as high as the user made it.
            .min_scrolled_height(0.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Width::initial(name_width).at_least(90.0).clip(true).resizable(true));
        for _ in 1..heads.len() {
            builder = builder.column(Width::initial(count_width).at_least(56.0).clip(true).resizable(true));
        }
        let table = builder.header(HEAD, |mut header| {
            for (column, text) in heads.iter().enumerate() {
                header.col(|ui| {
                    let sorted = state.sort.filter(|(by, _)| *by == column).map(|(_, descending)| descending);
                    if let Some(descending) = sorted {
                        let (mark, _) = ui.allocate_exact_size(vec2(12.0, 16.0), Sense::hover());
                        icons::paint(ui.painter(), if descending { Icon::Down } else { Icon::Up }, mark, p.accent);
                    }
                    let text = RichText::new(text).color(if sorted.is_some() { p.accent } else { p.weak });
                    let label = ui.add(egui::Label::new(text).truncate().selectable(false).sense(Sense::click()));
                    let asked = column.checked_sub(1).and_then(|at| answer.question.relations.get(at));
                    let label = match asked {
                        Some(relation) => label.on_hover_text(relation.to_string()),
                        None => label,
                    };
                    if label.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                        // The greatest numbers are what people look for first.
                        state.sort = match sorted {
                            None => Some((column, column > 0)),
                            Some(descending) => Some((column, !descending)),
                        };
                    }
                });
            }
        });
        let order = &state.order;
        table.body(|body| {
            body.rows(ROW, order.len(), |mut line| {
                let row = &answer.rows[order[line.index()] as usize];
                let selected = model.selected == Some(row.row);
                line.set_selected(selected);
                line.col(|ui| {
                    let name = &row.name[usize::from(!chinese)];
                    let ink = p.weak;
                    ui.add(egui::Label::new(RichText::new(name).color(p.strong)).truncate().selectable(false));
                    if *name != row.id {
                        ui.add(
                            egui::Label::new(RichText::new(&row.id).small().color(ink)).truncate().selectable(false),
                        );
                    }
                });
                for (count, ids) in &row.related {
                    line.col(|ui| {
                        let label = egui::Label::new(grouped(f64::from(*count), 0)).selectable(false);
                        let label = ui.add(label);
                        if !ids.is_empty() {
                            label.on_hover_text(ids);
                        }
                    });
                }
                let response = line.response();
                response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, selected, &row.id));
                if response.clicked() || response.double_clicked() {
                    edits.push(QuestionsEdit::Select(row.row));
                }
            });
        });
    });
}
