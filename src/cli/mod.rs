//! One file per command; the contract of names, keys and exit codes.
//!
//! Messages and progress go to stderr, results to stdout. Every command returns [`Exit`] or a
//! [`Failure`]; [`main`] alone turns them into what the shell sees.

pub mod args;
pub mod bench;
pub mod cases;
pub mod demo;
pub mod diff;
pub mod escape;
pub mod exit;
pub mod housing;
pub mod import;
pub mod info;
pub mod output;
pub mod parse;
pub mod planning;
pub mod query;
pub mod render;
pub mod report;
pub mod snapshot;
pub mod source;
pub mod stats;
pub mod verify;
pub mod view;
pub mod words;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

pub use args::{Arguments, Command};
pub use exit::{Exit, Failure};
pub use render::{RenderError, RenderOptions};
pub use view::ViewOptions;

use crate::model::project::{Project, View};
use crate::report::Progress;

/// What the commands need of the viewer. The viewer lies above this room, so `main.rs` hands it in;
/// a program built without it hands in nothing.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// Opens the window and returns when it is closed.
    pub open: fn(Project, ViewOptions) -> ExitCode,
    /// Draws a picture without a window and writes it; the view that it shows.
    pub render: fn(Project, RenderOptions, &Progress) -> Result<View, RenderError>,
    /// Flies over it without a window and measures.
    pub bench: fn(Project, bench::BenchOptions) -> Result<bench::BenchReport, RenderError>,
}

/// Runs the program: arguments → command → exit code.
pub fn main(args: impl IntoIterator<Item = OsString>, viewer: Option<Viewer>) -> ExitCode {
    match run(args.into_iter().collect(), viewer.as_ref()) {
        Ok(code) => code,
        Err(failure) => {
            output::say(format_args!("cimbase: {failure}"));
            failure.exit.into()
        }
    }
}

fn run(words: Vec<OsString>, viewer: Option<&Viewer>) -> Result<ExitCode, Failure> {
    // Before clap: a slip of a command must not end in talk about its options.
    if let Some(first) = words.get(1).filter(|word| !is_option(word) && !is_command(word)) {
        source::check(Path::new(first))?;
    }
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    let exit = match arguments.command {
        None => return view::run(&arguments.files, viewer),
        Some(Command::Info(args)) => info::run(&args),
        Some(Command::Import(args)) => import::run(&args),
        Some(Command::Stats(args)) => stats::run(&args),
        Some(Command::Query(args)) => query::run(&args),
        Some(Command::Render(args)) => render::run(args, viewer),
        Some(Command::Planning(args)) => planning::run(&args, viewer),
        Some(Command::Demo(args)) => demo::run(args),
        Some(Command::Bench(args)) => bench::run(&args, viewer),
        Some(Command::Housing(args)) => housing::run(&args, viewer),
        Some(Command::Cases(args)) => cases::run(&args, viewer),
        Some(Command::Snapshot(args)) => snapshot::run(&args, viewer),
        Some(Command::Diff(args)) => diff::run(&args),
        Some(Command::Verify(args)) => verify::run(&args),
    };
    exit.map(ExitCode::from)
}

fn is_option(word: &OsString) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

fn is_command(word: &OsString) -> bool {
    Command::WORDS.iter().any(|command| word == command)
}

/// Help and version are results and go to stdout; everything else is a wrong argument.
fn explain(error: &clap::Error) -> Result<ExitCode, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::print(|out| write!(out, "{}", error.render()))?;
            Ok(Exit::Done.into())
        }
        _ => {
            output::say(error.render().to_string().trim_end());
            Ok(Exit::Arguments.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent_and_every_command_is_listed() {
        Arguments::command().debug_assert();
        let command = Arguments::command();
        let mut words: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        words.push("help");
        assert_eq!(words, Command::WORDS);
    }
}
