//! Snapshots: what the user has leaves as data, picture, model, report and package.
//!
//! 1. [`wish`]: which layers, rows and fields, in which CRS, and what the file's ending says;
//! 2. [`runs`]: the chosen rows in runs, masked and transformed, so that memory does not grow with the layer;
//! 3. [`clip`]: features cut at a box;
//! 4. [`mod@write`]: one writer for each format, aside and renamed;
//! 5. [`solid`]: bodies as 3D models;
//! 6. [`picture`]: pictures larger than memory; [`page`] draws paper, [`reports`] says what answers are on pages;
//! 7. [`package`]: all of it in one file that opens again as the same view.

pub mod clip;
pub mod package;
pub mod page;
pub mod picture;
pub mod reports;
pub mod runs;
pub mod solid;
pub mod wish;
pub mod write;

pub use wish::{Format, Wish, WishedField, WishedLayer};
pub use write::{SnapshotError, Taken, TakenLayer, take};

#[cfg(test)]
mod tests;
