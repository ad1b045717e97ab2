//! Measuring, classes and the sun.
