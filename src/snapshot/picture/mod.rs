//! Pictures larger than memory: drawn in parts onto a canvas on the disk, then written as a file.

mod canvas;
mod encode;

pub use canvas::Canvas;
pub use encode::{Ground, PictureFormat, encode};

#[cfg(test)]
mod tests;
