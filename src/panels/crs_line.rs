//! How a layer's CRS is shown: never silently assumed, always with how sure we are.

use egui::{RichText, Ui};

use super::theme::Palette;
use super::widgets;
use super::words::Words;
use crate::place::{CrsBasis, FoundCrs};

/// A CRS with its basis, ready to show.
#[derive(Clone, Debug, PartialEq)]
pub struct CrsLine {
    /// A readable name; empty when unknown.
    pub name: String,
    /// The authority code, `EPSG:4548`; empty where there is none.
    pub code: String,
    /// Where the knowledge comes from.
    pub basis: CrsBasis,
    /// 0 to 1.
    pub confidence: f64,
    /// The reason, or what is odd.
    pub note: String,
}

impl Default for CrsLine {
    fn default() -> Self {
        Self::from(&FoundCrs::unknown(""))
    }
}

impl From<&FoundCrs> for CrsLine {
    fn from(found: &FoundCrs) -> Self {
        let crs = found.crs.as_ref();
        Self {
            name: crs.map_or_else(String::new, |c| c.name().to_owned()),
            code: crs.and_then(|c| c.code()).unwrap_or_default().to_owned(),
            basis: found.basis,
            confidence: found.confidence,
            note: found.note.clone(),
        }
    }
}

/// A row: code, name, and a badge with the basis (and the confidence of a guess); the note below.
pub fn show(ui: &mut Ui, line: &CrsLine, words: &Words) {
    let p = Palette::of(ui);
    widgets::row(ui, words.crs.title, None, |ui| {
        let head = match (line.code.is_empty(), line.name.is_empty()) {
            (true, true) => words.crs.unknown,
            (true, false) => line.name.as_str(),
            (false, _) => line.code.as_str(),
        };
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(head).color(p.strong));
            if line.basis != CrsBasis::Unknown || !line.name.is_empty() {
                let (text, ink) = match line.basis {
                    CrsBasis::Declared => (words.crs.declared.to_owned(), p.good),
                    CrsBasis::File => (words.crs.from_file.to_owned(), p.good),
                    CrsBasis::Guessed => (format!("{} {:.0} %", words.crs.guessed, line.confidence * 100.0), p.warning),
                    CrsBasis::Unknown => (words.crs.unknown.to_owned(), p.error),
                };
                widgets::badge(ui, &text, ink);
            }
        });
        if !line.code.is_empty() && !line.name.is_empty() {
            ui.add(egui::Label::new(RichText::new(&line.name).small().weak()).wrap());
        }
        if !line.note.is_empty() {
            let ink = if matches!(line.basis, CrsBasis::Guessed | CrsBasis::Unknown) { p.warning } else { p.weak };
            ui.add(egui::Label::new(RichText::new(&line.note).small().color(ink)).wrap());
        }
    });
}
