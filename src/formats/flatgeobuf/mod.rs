//! FlatGeobuf: the format that Cimbase converts big layers to.

pub mod bytes;
mod read;
pub mod sorted;
#[cfg(test)]
mod tests;
mod window;
mod write;

pub use read::read;
pub use sorted::{SortedWriter, Summary};
pub use window::{FgbFile, Leaf, Wanted};
pub use write::write;

/// Features between two looks at the wish to stop.
const STEP: u32 = 4096;
