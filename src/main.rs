//! Arguments → call → exit code, nothing else.

use std::process::ExitCode;

use cimbase::cli;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), viewer())
}

#[cfg(feature = "viewer")]
fn viewer() -> Option<cli::Viewer> {
    Some(cli::Viewer { open: cimbase::app::open, render: cimbase::app::render, bench: cimbase::app::bench::bench })
}

#[cfg(not(feature = "viewer"))]
fn viewer() -> Option<cli::Viewer> {
    None
}
