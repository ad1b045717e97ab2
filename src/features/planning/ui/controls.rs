//! Control lines: a parcel's in its dossier, and the chips that list those that cross some.

use egui::{RichText, Ui};

use super::super::state::{Controls, DossierModel, ParcelRow, PlanningModel, PlanningState};
use super::chip;
use crate::model::control_line::ControlLine;
use crate::panels::{Palette, Words, widgets};

/// The section of a dossier; nothing where the parcel touches none.
pub(super) fn section(ui: &mut Ui, dossier: &DossierModel, words: &Words) {
    if dossier.controls.is_empty() {
        return;
    }
    let p = Palette::of(ui);
    widgets::heading(ui, words.planning.control_lines);
    for line in &dossier.controls {
        ui.horizontal_top(|ui| {
            widgets::swatch(ui, line.colour);
            ui.vertical(|ui| {
                ui.add(egui::Label::new(RichText::new(&line.name).color(p.strong)).wrap());
                let ink = if line.matters { p.warning } else { p.weak };
                ui.add(egui::Label::new(RichText::new(&line.text).small().color(ink)).wrap());
            });
        });
    }
}

/// Chips of all parcels: those that cross any control line, and those of each kind. Nothing without such parcels.
pub(super) fn chips(ui: &mut Ui, model: &PlanningModel, state: &mut PlanningState, words: &Words) {
    if model.crossing == 0 {
        return;
    }
    let w = &words.planning;
    ui.horizontal_wrapped(|ui| {
        let mut one = |ui: &mut Ui, text: &str, count: usize, colour: [u8; 3], which: Controls| {
            if chip(ui, text, count, colour, state.control == Some(which)).on_hover_text(w.control_help).clicked() {
                state.control = (state.control != Some(which)).then_some(which);
            }
        };
        one(ui, w.control_any, model.crossing, ControlLine::other().colour, Controls::Any);
        for line in &model.controls {
            one(ui, &line.name, line.count, line.kind.colour, Controls::Of(line.kind));
        }
    });
}

/// Whether a parcel is listed while only such control lines are asked for.
pub(super) fn fits(parcel: &ParcelRow, wanted: Option<Controls>) -> bool {
    match wanted {
        None => true,
        Some(Controls::Any) => !parcel.controls.is_empty(),
        Some(Controls::Of(kind)) => parcel.controls.contains(&kind),
    }
}
