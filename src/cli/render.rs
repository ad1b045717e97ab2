//! The `render` command.
