//! The egui frame: docking, theme, fonts, words of the interface, widgets. Knows no feature.

// The file browser in our language.
pub mod browser;
// How a layer's CRS is shown: name, basis, confidence.
pub mod crs_line;
// Letters: a Chinese font from the system.
pub mod fonts;
// Where the panels are and what is left for the scene.
pub mod frame;
// Small drawings for buttons.
pub mod icons;
// What is remembered between runs.
pub mod settings;
// Dark and light.
pub mod theme;
// Rows, buttons and badges that all panels share.
pub mod widgets;
// Every text of the interface, once per language.
pub mod words;

#[cfg(test)]
pub(crate) mod testing;

pub use theme::{Palette, Theme};
pub use words::{Language, Words};
