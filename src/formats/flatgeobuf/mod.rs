//! FlatGeobuf: the format that Cimbase converts big layers to.

mod look;
mod read;
pub mod sorted;
#[cfg(test)]
mod tests;
mod write;

pub use look::{Look, look};
pub use read::read;
pub use sorted::{SortedWriter, Summary};
pub use write::write;

/// Features between two looks at the wish to stop.
const STEP: u32 = 4096;
