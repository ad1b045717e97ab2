//! The `import` command.

use super::args::ImportArgs;
use super::exit::{Exit, Failure};

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(_args: &ImportArgs) -> Result<Exit, Failure> {
    Err(Failure::input("not built yet"))
}
