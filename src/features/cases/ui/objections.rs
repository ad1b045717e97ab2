//! Objections to data (异议处理): on the card of a feature, on the card of the case, and the form that makes one.

use egui::{RichText, Ui};

use super::super::describe::{category_name, is_chinese, line};
use super::super::state::{CasesEdit, CasesModel, NewCase, begins_by};
use super::super::stranger;
use super::near::{case_line, title_of};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::categories::Kind;
use crate::themes::management::facts::Subject;

/// A feature that may be objected to.
pub struct Thing<'a> {
    /// Its layer's id.
    pub layer: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Where it is, project CRS.
    pub at: Option<[f64; 2]>,
}

/// On the card of a feature: objections to it, and the way to one more.
pub fn section(ui: &mut Ui, thing: &Thing<'_>, model: &CasesModel, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, p) = (&words.cases, Palette::of(ui));
    let key = (thing.layer.to_owned(), thing.id.to_owned());
    let known = model.listed.objections.get(&key).map_or(&[][..], Vec::as_slice);
    let open = known.iter().filter(|place| model.all.get(**place as usize).is_some_and(|case| !case.state.is_end()));
    let open = open.count();
    if !known.is_empty() {
        widgets::heading(ui, w.objections);
        if open > 0 {
            widgets::remark(ui, Icon::Warning, p.warning, &Words::put(w.objections_open, &[&open]));
        }
        for place in known {
            case_line(ui, model, *place, None, words, edits);
        }
    }
    let me = model.me.clone().unwrap_or_else(stranger);
    // Who begins no cases has no button for it, and before a project is open there is nothing to write to.
    if let (Some(at), true) = (thing.at, begins_by(me.role).is_some() && model.rules.is_some() && model.draft.is_none())
    {
        ui.add_space(6.0);
        if widgets::tool_button(ui, Icon::Warning, w.object, false).on_hover_text(w.object_help).clicked() {
            let subject = Subject { layer: key.0, feature: key.1, what: String::new() };
            edits.push(CasesEdit::Object(subject, at));
        }
    }
}

/// On the card of a case: the feature that it objects to; a click shows it.
pub(super) fn subject(ui: &mut Ui, subject: &Subject, model: &CasesModel, words: &Words) {
    widgets::fact(ui, words.cases.objects_to, None, &name(subject, model));
    if !subject.what.is_empty() {
        widgets::fact(ui, words.cases.wrong_field, None, &line(&subject.what, 80));
    }
}

fn name(subject: &Subject, model: &CasesModel) -> String {
    format!("{} · {}", line(title_of(&subject.layer, model), 60), line(&subject.feature, 80))
}

/// In the form of a new case: what it objects to, and the classes of objections.
pub(super) fn form(ui: &mut Ui, new: &mut NewCase, model: &CasesModel, words: &Words) {
    let Some(of) = &mut new.subject else { return };
    let (w, p) = (&words.cases, Palette::of(ui));
    ui.add(egui::Label::new(RichText::new(name(of, model)).color(p.strong)).wrap());
    let Some(rules) = model.rules.as_deref() else { return };
    let chinese = is_chinese(model.language);
    for found in rules.categories.all().iter().filter(|found| found.kind == Kind::Data) {
        let text = category_name(&found.id, Some(rules), chinese, words);
        if ui.radio(new.category == found.id, text).clicked() {
            new.category.clone_from(&found.id);
        }
    }
    let width = ui.available_width() - 16.0;
    widgets::text_field(ui, egui::Id::new("wrong field"), w.wrong_field, w.wrong_field_hint, &mut of.what, width);
}
