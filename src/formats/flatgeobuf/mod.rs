//! FlatGeobuf: the format that Cimbase converts big layers to.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::read;
pub(super) use read::read_chunks;
pub use write::write;

/// Features between two looks at the wish to stop.
const STEP: u32 = 4096;
