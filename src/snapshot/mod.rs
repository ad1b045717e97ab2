//! Snapshots: what the user has leaves as data.
//!
//! 1. [`wish`]: which layers, rows and fields, in which CRS, and what the file's ending says;
//! 2. [`runs`]: the chosen rows in runs, masked and transformed, so that memory does not grow with the layer;
//! 3. [`mod@write`]: one writer for each format, aside and renamed.

pub mod runs;
pub mod solid;
pub mod wish;
pub mod write;

pub use wish::{Format, Wish, WishedLayer};
pub use write::{SnapshotError, Taken, TakenLayer, take};

#[cfg(test)]
mod tests;
