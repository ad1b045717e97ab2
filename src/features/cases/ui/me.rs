//! Who sits at the desk.

use egui::{RichText, Ui};

use super::super::describe::role_name;
use super::super::state::{CasesEdit, CasesModel, CasesState, ROLES};
use super::super::stranger;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::machine::Role;

/// Role, name, department and area.
pub(super) fn form(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let w = &words.cases;
    let me = state.me.get_or_insert_with(|| model.me.clone().unwrap_or_else(stranger));
    let before = me.clone();
    let mut done = false;
    widgets::card(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for role in ROLES {
                if ui.selectable_label(me.role == role, role_name(role, words)).clicked() {
                    me.role = role;
                }
            }
        });
        ui.horizontal_wrapped(|ui| {
            let field = |ui: &mut Ui, id: &str, name: &str, text: &mut String, width: f32| {
                widgets::text_field(ui, egui::Id::new(id), name, name, text, width);
            };
            field(ui, "my name", w.my_name, &mut me.name, 100.0);
            if me.role == Role::Department {
                field(ui, "my unit", w.my_unit, &mut me.unit, 120.0);
            }
            field(ui, "my area", w.my_area, &mut me.area, 120.0);
            done = widgets::main_button(ui, w.ready).clicked();
        });
        // Digits alone begin codes.
        me.area.retain(|c| c.is_ascii_digit());
        ui.label(RichText::new(w.my_area_help).small().color(Palette::of(ui).weak));
    });
    if *me != before {
        edits.push(CasesEdit::Me(me.clone()));
    }
    if done {
        state.editing_me = false;
    }
}
