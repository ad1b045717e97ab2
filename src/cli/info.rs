//! The `info` command.
