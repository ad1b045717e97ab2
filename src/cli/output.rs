//! Results to stdout, messages to stderr, files written aside and renamed.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::escape::{Escape, Escaping, one_line};
use super::exit::Failure;
use crate::formats::WriteError;
use crate::formats::aside::write_aside;
use crate::report::{Progress, Report, Severity};

/// Writes a result for people to stdout, without orders to the terminal ([`Escape`]). A reader that went away
/// (`| head`) is no fault: the rest is dropped.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Output`] when stdout cannot be written.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    print_escaped(Some(Escape::Text), write)
}

/// Writes data that programs read (CSV): as it is to a file or a pipe, and as [`print()`] to a terminal.
///
/// # Errors
/// As [`print()`].
pub fn print_data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    print_escaped(io::stdout().is_terminal().then_some(Escape::Text), write)
}

/// Writes JSON in pieces.
///
/// # Errors
/// As [`print()`].
pub fn print_json_text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    print_escaped(Some(Escape::Json), write)
}

fn print_escaped(how: Option<Escape>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match how {
        Some(how) => write(&mut Escaping { out: &mut out, how }),
        None => write(&mut out),
    };
    let done = done.and_then(|()| out.flush());
    // What is left in the buffer must not be tried again when it is dropped.
    let (_, _) = out.into_parts();
    match done {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::output(format!("cannot write the result: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes one JSON object and a line end to stdout.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print_json_text(|out| {
        serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
        out.write_all(b"\n")
    })
}

/// Writes a file whole or not at all: beside its place first, then renamed.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Output`] that names the file.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    write_aside(path, |out| write(out).map_err(|error| WriteError::new(path, error)))?;
    Ok(())
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::output(error.to_string())
    }
}

/// The folder a file is in: `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Says something to the person at the terminal, on stderr, without orders to the terminal ([`Escape`]). A closed
/// stderr is no fault.
pub fn say(message: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{}", Escape::Text.apply(&message.to_string()));
}

/// Says that several rows of a layer share an id that was asked for, and how one of them is named: all are shown.
pub fn say_shared(what: &str, layer: &str, id: &str, option: &str, rows: &[u32]) {
    const NAMED: usize = 8;
    if rows.len() > 1 {
        let named: Vec<String> = rows.iter().take(NAMED).map(|row| format!("'#{row}'")).collect();
        let more = if rows.len() > NAMED { ", …" } else { "" };
        say(format_args!(
            "note: {} {what} of layer {layer} share the id {id}: all of them are shown; {option} with {}{more} takes one",
            rows.len(),
            named.join(", ")
        ));
    }
}

/// Whether somebody asked the process to end (Ctrl-C, or a signal to terminate).
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C stops the work of [`with_progress`], which clears away what it has on disk, instead of
/// ending the process at once. Asked a second time, the process ends.
pub fn stop_at_interrupt() {
    // It fails only where it was called before.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// Does long work, shows how far it is, on a terminal alone and only when it takes a while, and stops it when
/// the user wants ([`stop_at_interrupt`]).
pub fn with_progress<T>(work: impl FnOnce(&Progress) -> T) -> T {
    const TICK: Duration = Duration::from_millis(250);
    let progress = Progress::default();
    let terminal = io::stderr().is_terminal();
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let progress = &progress;
        scope.spawn(move || {
            let mut shown = false;
            // Ends when the sender is dropped.
            while wait.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                if INTERRUPTED.load(Ordering::Relaxed) {
                    progress.cancel();
                }
                if !terminal {
                    continue;
                }
                let (stage, share) = progress.read();
                let stage = one_line(&stage);
                let share = share.map_or(String::new(), |share| format!(" {:.0} %", share * 100.0));
                let _ = write!(io::stderr().lock(), "\r\x1b[2K{stage}{share}");
                shown = true;
            }
            if shown {
                let _ = write!(io::stderr().lock(), "\r\x1b[2K");
            }
        });
        let answer = work(progress);
        drop(done);
        answer
    })
}

/// Says what was found while reading: warnings and errors one by one, notes only on a terminal.
pub fn say_report(report: &Report) {
    /// Beyond this number of lines of one severity nobody reads on.
    const MOST: usize = 20;
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        if severity == Severity::Note && !io::stderr().is_terminal() {
            continue;
        }
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let issues = || report.issues.iter().filter(|issue| issue.severity == severity);
        for issue in issues().take(MOST) {
            say(format_args!("{word}: {issue}"));
        }
        let more = issues().count().saturating_sub(MOST);
        if more > 0 {
            say(format_args!("{word}: … and {more} more of this kind"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_the_old_one_stays_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_file(&path, |out| out.write_all(b"old")).unwrap();
        let failed = write_file(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        let message = failed.unwrap_err().message;
        assert!(message.contains("a.txt") && message.contains("the disk is full"), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_missing_is_an_output_failure() {
        let folder = tempfile::tempdir().unwrap();
        let failed = write_file(&folder.path().join("no/such/f.txt"), |_| Ok(()));
        let failure = failed.unwrap_err();
        assert_eq!(failure.exit, super::super::Exit::Output);
        let missing = folder.path().join("no/such");
        assert!(failure.message.contains(&format!("there is no folder {}", missing.display())), "{}", failure.message);
        assert!(!failure.message.contains(".part"), "{}", failure.message);
    }
}
