//! Measuring, classes, colours, differences of versions and the sun.

pub mod classes;
pub mod colour;
pub mod difference;
pub mod measure;
pub mod sun;
