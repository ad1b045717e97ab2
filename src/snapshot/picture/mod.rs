//! Pictures larger than memory: drawn in parts onto a canvas on the disk, then written as a file.

mod around;
mod canvas;
mod encode;

pub mod atlas;

pub use around::furniture;
pub use canvas::Canvas;
pub use encode::{Ground, PictureFormat, encode, jpeg};

#[cfg(test)]
mod tests;
