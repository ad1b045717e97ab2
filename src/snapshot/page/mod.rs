//! Pages: map sheets and reports that a planner hands on, in Chinese or English.
//!
//! 1. [`letters`], [`lines`]: fonts of the system; what is written is broken into lines;
//! 2. [`drawing`]: a page in millimetres and what is drawn on it;
//! 3. [`pdf`], [`raster`]: the same page as a PDF with text that can be searched, or painted on pixels;
//! 4. [`furniture`], [`sheet`]: what lies around a map: title, legend, scale, north, sources, title block;
//! 5. [`report`], [`html`]: headings, facts and tables on pages, or as one file for a browser.

mod cover;
pub mod drawing;
pub mod furniture;
pub mod html;
pub mod legend;
pub mod letters;
mod lines;
pub mod pdf;
mod pdf_fonts;
mod pdf_images;
pub mod raster;
pub mod report;
pub mod sheet;
pub mod words;

#[cfg(test)]
mod tests;
