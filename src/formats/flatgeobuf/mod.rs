//! FlatGeobuf: the format that Cimbase converts big layers to.

pub mod bytes;
mod file;
pub mod http;
mod look;
mod read;
pub mod sorted;
#[cfg(test)]
mod tests;
mod window;
mod write;

pub use file::GeobufFile;
pub use http::HttpBytes;
pub use look::{Look, look};
pub use read::read;
pub(super) use read::read_chunks;
pub use sorted::{SortedWriter, Summary};
pub use window::{FgbFile, Leaf, Wanted};
pub use write::write;

/// Features between two looks at the wish to stop.
const STEP: u32 = 4096;
