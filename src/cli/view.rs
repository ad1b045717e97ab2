//! Opening the viewer, or saying why it cannot be and drawing a picture instead.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::exit::{Exit, Failure};
use super::output::{say, with_progress};
use super::render::{Quality, RenderOptions};
use super::{Viewer, source};
use crate::demo::{self, DemoOptions};
use crate::model::project::Project;
use crate::report::Progress;

/// How the window opens. There is nothing to say yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewOptions {}

/// The name of the picture that stands in for the window.
pub const PICTURE: &str = "cimbase.png";

/// Runs the viewer on what the user names, or on the demo city.
///
/// # Errors
/// [`Failure`]: input that cannot be read; no display and no way to draw.
pub fn run(files: &[PathBuf], viewer: Option<&Viewer>) -> Result<ExitCode, Failure> {
    for file in files {
        source::check(file)?;
    }
    let Some(viewer) = viewer else {
        return Err(Failure::graphics(
            "this program was built without the viewer; the commands work, see `cimbase --help`",
        ));
    };
    let project = if files.is_empty() { demo_city()? } else { source::project(files)? };
    if let Err(reason) = find_display() {
        say(format_args!("no window can be opened: {reason}"));
        say(format_args!("drawing a picture instead: {PICTURE}"));
        let options = RenderOptions { panels: true, quality: Quality::Suitable, ..RenderOptions::to(PICTURE) };
        with_progress(|progress| (viewer.render)(project, options, progress))?;
        say(format_args!("wrote {}", Path::new(PICTURE).display()));
        return Ok(Exit::Done.into());
    }
    Ok((viewer.open)(project, ViewOptions::default()))
}

/// The demo city: `layers/haihe` at hand, else made once in the user's data folder.
fn demo_city() -> Result<Project, Failure> {
    let at_hand =
        [std::env::current_dir().ok(), std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned))];
    let beside = |start: PathBuf| {
        // The program may lie in target/release below the package.
        let mut folders = start.ancestors().take(4).map(|folder| folder.join("layers/haihe"));
        folders.find(|folder| folder.join("project.toml").is_file())
    };
    if let Some(folder) = at_hand.into_iter().flatten().find_map(beside) {
        return source::project(&[folder]);
    }
    let Some(folder) = dirs::data_dir().map(|data| data.join("cimbase/haihe")) else {
        return Err(Failure::output("there is no folder for the demo city: make one with `cimbase demo --out DIR`"));
    };
    // `project.toml` is written last: where it is, the city is whole.
    if !folder.join("project.toml").is_file() {
        say(format_args!("making the demo city in {}", folder.display()));
        demo::write(&DemoOptions::default(), &folder, &Progress::default())
            .map_err(|error| Failure::output(error.to_string()))?;
    }
    source::project(&[folder])
}

/// Whether a window can be opened at all; the reason when not.
fn find_display() -> Result<(), String> {
    if cfg!(any(windows, target_os = "macos")) {
        return Ok(());
    }
    let display = std::env::var("DISPLAY").unwrap_or_default();
    display_answers(&display, Path::new("/tmp/.X11-unix"))
}

/// A local display `:N` must have its socket; a remote one is believed.
fn display_answers(display: &str, sockets: &Path) -> Result<(), String> {
    if display.is_empty() {
        return Err("the environment names no display (DISPLAY is not set)".to_owned());
    }
    let Some(number) = display.strip_prefix(':').or_else(|| display.strip_prefix("unix:")) else { return Ok(()) };
    let number = number.split('.').next().unwrap_or(number);
    let socket = sockets.join(format!("X{number}"));
    if socket.exists() || abstract_socket(&socket) {
        return Ok(());
    }
    Err(format!("no display answers at DISPLAY={display}"))
}

/// Linux keeps the display's socket in the abstract name space as well, where no file shows it.
fn abstract_socket(path: &Path) -> bool {
    let listed = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    listed.lines().any(|line| line.ends_with(&format!("@{}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_is_named_but_absent_is_no_display() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("X7"), "").unwrap();
        assert!(display_answers("", folder.path()).is_err());
        assert!(display_answers(":8", folder.path()).unwrap_err().contains(":8"));
        assert_eq!(display_answers(":7", folder.path()), Ok(()));
        assert_eq!(display_answers(":7.0", folder.path()), Ok(()));
        assert_eq!(display_answers("far.example:10.0", folder.path()), Ok(()));
    }
}
