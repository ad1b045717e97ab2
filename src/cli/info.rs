//! The `info` command.

use super::args::InfoArgs;
use super::exit::{Exit, Failure};

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(_args: &InfoArgs) -> Result<Exit, Failure> {
    Err(Failure::input("not built yet"))
}
