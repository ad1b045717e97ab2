//! The `query` command.

use super::args::QueryArgs;
use super::exit::{Exit, Failure};

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(_args: &QueryArgs) -> Result<Exit, Failure> {
    Err(Failure::input("not built yet"))
}
