//! Measuring, classes and the sun.

pub mod classes;
pub mod colour;
pub mod measure;
pub mod sun;
