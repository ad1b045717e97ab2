//! Answers as reports: what commands and panels say of a parcel, a building, a case or a district, on pages.
//!
//! Each builder takes an answer that was made already and changes no number of it: what is printed is rounded as the
//! command of that answer rounds it. Personal data comes in masked, unless whoever asks has it shown.

mod building;
mod case;
mod dossier;
mod figures;
mod gather;

pub use building::building;
pub use case::case;
pub use dossier::dossier;
pub use figures::{Figures, figures};
pub use gather::{of_building, of_parcel};

use std::path::Path;

use super::SnapshotError;
use super::page::drawing::Picture;
use super::page::letters::Letters;
use super::page::report::{Block, Report, Section, pages};
use super::page::words::Language;
use super::page::{html, pdf};
use crate::formats::WriteError;
use crate::model::Title;
use crate::place::Bounds;
use crate::report::Progress;

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
    /// Of a project, now.
    pub fn now(project: &Title, language: Language) -> Self {
        Self {
            language,
            project: language.pick(project.zh(), project.en()).to_owned(),
            date: jiff::Zoned::now().strftime("%Y-%m-%d %H:%M").to_string(),
            made_with: format!("Cimbase {}", env!("CARGO_PKG_VERSION")),
        }
    }

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

/// What reports can be written as.
pub const ENDINGS: &[&str] = &["pdf", "html", "htm"];

/// Whether reports can be written into a file of this name.
pub fn is_report(out: &Path) -> bool {
    out.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Writes a report as pages (.pdf) or for a browser (.html), aside and renamed.
///
/// # Errors
/// [`SnapshotError`] for another ending, or when the file cannot be written; nothing is left behind then.
pub fn write(report: &Report, made: &Made, out: &Path, progress: &Progress) -> Result<(), SnapshotError> {
    if !is_report(out) {
        let message = format!("{}: a report's name ends in .pdf or .html", out.display());
        return Err(SnapshotError::Wish(message));
    }
    if out.extension().is_some_and(|ending| !ending.eq_ignore_ascii_case("pdf")) {
        return Ok(html::write(report, out)?);
    }
    progress.stage("setting pages", report.sections.len() as u64);
    let pages = pages(&Letters::of_system(), report, progress).map_err(|_| WriteError::cancelled(out))?;
    let about = pdf::About {
        title: report.title.clone(),
        made_with: made.made_with.clone(),
        language: report.language,
        date: Some(jiff::Zoned::now()),
        ..pdf::About::default()
    };
    Ok(pdf::write(&pages, &about, out, progress)?)
}

/// Several reports of one kind as one: the first one's title, and each one's as a heading.
pub fn joined(reports: Vec<Report>) -> Report {
    let mut all = reports.into_iter();
    let mut first = all.next().unwrap_or_default();
    for other in all {
        first.sections.push(section(&other.title, Vec::new()));
        first.sections.extend(other.sections);
    }
    first
}

/// Puts a picture behind what a report says first.
pub fn illustrate(report: &mut Report, picture: Picture, caption: String) {
    let block = Block::Picture { picture, caption };
    match report.sections.first_mut() {
        Some(section) => section.blocks.push(block),
        None => report.sections.push(section("", vec![block])),
    }
}

/// Pixels of a picture in a report: 200 to the inch on the page.
pub const MAP: [u32; 2] = [1280, 800];
/// Half of what the map of a place shows from north to south, m.
const AROUND: f64 = 120.0;

/// What the map of a place shows, in the CRS of the place.
pub fn around([east, north]: [f64; 2]) -> Bounds {
    let across = AROUND * f64::from(MAP[0]) / f64::from(MAP[1]);
    Bounds { min: [east - across, north - AROUND], max: [east + across, north + AROUND] }
}

/// Puts the map of a place, in a PNG, into its report, the place in a ring.
///
/// # Errors
/// Why the picture cannot be read, for people.
pub fn illustrate_place(report: &mut Report, png: &[u8]) -> Result<(), String> {
    let mut image = image::load_from_memory(png).map_err(|error| error.to_string())?.to_rgba8();
    ring(&mut image);
    let metres = 2.0 * AROUND * f64::from(MAP[0]) / f64::from(MAP[1]);
    let caption = report.language.pick(
        format!("圆圈中心为案件位置；图幅东西宽 {metres:.0} m，上为北"),
        format!("The case is in the middle of the ring; {metres:.0} m from west to east, north is up"),
    );
    let size = image.dimensions().into();
    let picture = Picture::rgba(size, image.into_raw()).ok_or("the map is no picture")?;
    illustrate(report, picture, caption);
    Ok(())
}

/// A ring in the middle: red between white edges, so that it is seen on any ground.
fn ring(image: &mut image::RgbaImage) {
    let [w, h] = [image.width(), image.height()].map(f64::from);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let away = (f64::from(x) + 0.5 - w / 2.0).hypot(f64::from(y) + 0.5 - h / 2.0);
        match away {
            20.0..24.0 => pixel.0 = [214, 40, 40, 255],
            18.0..26.0 => pixel.0 = [255, 255, 255, 255],
            _ => {}
        }
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
