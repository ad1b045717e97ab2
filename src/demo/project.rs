//! The demo's `project.toml`.
