//! The `query` command.
