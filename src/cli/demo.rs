//! The `demo` command.
