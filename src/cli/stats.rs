//! The `stats` command.
