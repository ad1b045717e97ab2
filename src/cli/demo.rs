//! The `demo` command.

use super::exit::{Exit, Failure};
use super::output;
use crate::demo::{self, DemoOptions};

/// `cimbase demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    pub out: std::path::PathBuf,
    /// About how many buildings
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
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
    let options = DemoOptions { buildings: u64::from(args.buildings), seed: args.seed };
    output::stop_at_interrupt();
    output::with_progress(|progress| demo::write(&options, &args.out, progress))
        .map_err(|error| Failure::output(error.to_string()))?;
    output::say(format_args!("made {}", args.out.join("project.toml").display()));
    Ok(Exit::Done)
}
