//! The `stats` command.

use super::args::StatsArgs;
use super::exit::{Exit, Failure};

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(_args: &StatsArgs) -> Result<Exit, Failure> {
    Err(Failure::input("not built yet"))
}
