//! The `demo` command.

use super::exit::{Exit, Failure};

/// `cimbase demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    pub out: std::path::PathBuf,
    /// About how many buildings
    #[arg(long, value_name = "N", default_value_t = 4000)]
    pub buildings: u32,
    /// Another seed makes another city
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the folder cannot be written.
pub fn run(args: DemoArgs) -> Result<Exit, Failure> {
    Err(Failure::output(format!("cannot make {}: not built yet", args.out.display())))
}
