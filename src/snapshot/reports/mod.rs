//! Answers as reports: what commands and panels say of a parcel, a building, a case or a district, on pages.
//!
//! Each builder takes an answer that was made already and changes no number of it: what is printed is rounded as the
//! command of that answer rounds it. Personal data comes in masked, unless whoever asks has it shown.

mod building;
mod case;
mod dossier;
mod figures;

pub use building::building;
pub use case::case;
pub use dossier::dossier;
pub use figures::{Figures, figures};

use super::page::report::{Block, Report, Section};
use super::page::words::Language;
use crate::model::Title;

/// What a report says of itself.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Its language.
    pub language: Language,
    /// The project's title.
    pub project: String,
    /// When it was made, as it is to be read.
    pub date: String,
    /// The program and its version.
    pub made_with: String,
}

impl Made {
    fn report(&self, title: String, sections: Vec<Section>) -> Report {
        let joined = |parts: &[&str]| {
            let said: Vec<&str> = parts.iter().copied().filter(|part| !part.trim().is_empty()).collect();
            said.join(" · ")
        };
        Report {
            language: self.language,
            title,
            subtitle: joined(&[&self.project, &self.date]),
            // Sections that say nothing are not there.
            sections: sections.into_iter().filter(|section| !section.blocks.is_empty()).collect(),
            footer: joined(&[&self.made_with, &self.project, &self.date]),
        }
    }

    fn title<'t>(&self, title: &'t Title) -> &'t str {
        self.language.pick(title.zh(), title.en())
    }
}

/// A section with a heading.
fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section { heading: heading.to_owned(), blocks }
}

/// A fact, where it is one.
fn fact(facts: &mut Vec<(String, String)>, name: &str, value: impl Into<String>) {
    let value = value.into();
    if !value.trim().is_empty() {
        facts.push((name.to_owned(), value));
    }
}

/// Words with numbers in the places of `{}`.
fn put(text: &str, values: &[&dyn std::fmt::Display]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    for (number, piece) in text.split("{}").enumerate() {
        if number > 0
            && let Some(value) = values.next()
        {
            out += &value.to_string();
        }
        out += piece;
    }
    out
}

fn head(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[cfg(test)]
mod tests;
