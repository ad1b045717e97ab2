//! The window, asset sources, and the order of sets.
