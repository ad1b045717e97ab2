//! Measuring, classes and the sun.

pub mod measure;
pub mod sun;
