//! What the user names as PROJECT: a `project.toml`, its folder, or data files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Command;
use super::exit::Failure;
use super::output;
use crate::city::{City, CityError, CityLayer, remote};
use crate::formats::flatgeobuf::bytes::is_address;
use crate::model::project::{Project, ProjectError};
use crate::query::fold::edits;
use crate::query::identity;
use crate::snapshot::package::{is_package, open_package};
use crate::store::unmasking;
use crate::themes::housing::personal::Masks;

/// Checks that a named file or folder is there and can be read.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Input`]; a suggestion where a command seems to be meant.
pub fn check(path: &Path) -> Result<(), Failure> {
    // Opening says what is wrong with an address.
    if is_address(path) {
        return Ok(());
    }
    let error = match std::fs::metadata(path) {
        Ok(facts) if facts.is_dir() => std::fs::read_dir(path).err(),
        Ok(facts) if facts.is_file() => std::fs::File::open(path).err(),
        // Opening a pipe would wait for a writer.
        Ok(_) => Some(std::io::Error::other("it is no regular file")),
        Err(error) => Some(error),
    };
    let Some(error) = error else { return Ok(()) };
    let mut message = format!("cannot read {}: ", path.display());
    if error.kind() == std::io::ErrorKind::NotFound {
        message.push_str("there is no such file or folder");
        if let Some(word) = path.to_str().and_then(meant_command) {
            message.push_str(&format!("; did you mean the command `cimbase {word}`?"));
        }
    } else {
        message.push_str(&error.to_string());
    }
    Err(Failure::input(message))
}

/// A file on this machine with what the user names: what is on a server is fetched.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Input`] when it cannot be fetched.
pub fn here(file: &Path) -> Result<PathBuf, Failure> {
    output::with_progress(|progress| remote::here(file, progress)).map_err(|error| Failure::input(error.to_string()))
}

/// The command that a word is a slip of: at most two letters wrong.
fn meant_command(word: &str) -> Option<&'static str> {
    let distance = |command: &&str| edits(word, command);
    let best = Command::WORDS.into_iter().min_by_key(distance)?;
    (edits(word, best) <= 2 && best.len() > 3).then_some(best)
}

/// The project that the user names.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Input`] when a file is missing or the project is not valid.
pub fn project(files: &[PathBuf]) -> Result<Project, Failure> {
    for file in files {
        check(file)?;
    }
    let is_project = |file: &Path| {
        file.file_name().is_some_and(|name| name == "project.toml")
            || file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
            || file.join("project.toml").is_file()
    };
    match files {
        [one] if is_package(one) => packed(one),
        [one] if is_project(one) => Project::read(one).map_err(|error| match error {
            ProjectError::Unreadable { .. } | ProjectError::Invalid { .. } => Failure::input(error.to_string()),
        }),
        many => match many.iter().find(|file| is_project(file)) {
            Some(project) => Err(Failure::arguments(format!(
                "{} is a project and cannot be opened together with other files; add them to it with `cimbase import`",
                project.display()
            ))),
            None => Ok(Project::of_files(many)),
        },
    }
}

/// The project in a package, which is unpacked into the user's data folder once.
fn packed(package: &Path) -> Result<Project, Failure> {
    output::with_progress(|progress| open_package(package, progress)).map_err(Failure::input)
}

/// Opens the project that the user names, and says on stderr what was found.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Input`] when nothing of it can be opened.
pub fn city(files: &[PathBuf]) -> Result<City, Failure> {
    city_of(&project(files)?)
}

/// Opens a project, and says on stderr what was found.
///
/// # Errors
/// As [`city`].
pub fn city_of(project: &Project) -> Result<City, Failure> {
    let city = output::with_progress(|progress| City::open(project, progress)).map_err(|error| match error {
        CityError::Nothing { .. } | CityError::Crs(_) | CityError::Cancelled => Failure::input(error.to_string()),
    })?;
    output::say_report(&city.report);
    for layer in &city.layers {
        output::say_report(&layer.layer.report);
        let skipped = layer.layer.report.skipped.len();
        if skipped > 0 {
            output::say(format_args!(
                "warning: layer {}: {skipped} of {} features have no usable geometry",
                layer.layer.id,
                layer.layer.table.len()
            ));
        }
    }
    Ok(city)
}

/// Records that personal data of a layer is shown as it is, where it has any, or `more` fields of it.
pub fn record_unmasking(files: &[PathBuf], layer: &CityLayer, more: &[&str]) {
    let masks = Masks::of(&layer.known().table);
    let mut fields = masks.fields();
    fields.extend(more.iter().filter(|more| !masks.hides(more)));
    // The project was opened already: what is read again is its list of layers.
    if let (false, Ok(project)) = (fields.is_empty(), project(files))
        && let Err(error) = unmasking::record(&project, &layer.layer.id, &fields)
    {
        output::say(format_args!("warning: --unmask could not be logged: {error}"));
    }
}

/// A layer of a city by its id.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Input`] that lists the layers there are.
pub fn layer<'c>(city: &'c City, id: &str) -> Result<&'c Arc<CityLayer>, Failure> {
    identity::layer_of(city, id).map(|number| &city.layers[number]).map_err(Failure::input)
}

/// Refuses to write over what is being read: as [`refuse_over`], where the project was opened before.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Arguments`].
pub fn refuse_source(files: &[PathBuf], _: &City, out: &Path) -> Result<(), Failure> {
    refuse_over(files, &project(files)?, out)
}

/// Refuses to write over what is being read: the files that the user names and all sources of the project, also those
/// that are no layers or could not be opened.
///
/// # Errors
/// [`Failure`] with [`super::Exit::Arguments`].
pub fn refuse_over(files: &[PathBuf], project: &Project, out: &Path) -> Result<(), Failure> {
    // What is not there yet is written over nothing.
    let Ok(there) = out.canonicalize() else { return Ok(()) };
    let sources = project.layers.iter().map(|layer| project.path_of(layer));
    let mut read = files.iter().cloned().chain(project.file.clone()).chain(sources);
    if read.any(|path| path.canonicalize().is_ok_and(|path| path == there)) {
        let message = format!("--out {}: that is a source of the project; choose another file", out.display());
        return Err(Failure::arguments(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_a_command_is_recognised_and_other_words_are_not() {
        assert_eq!(meant_command("inof"), Some("info"));
        assert_eq!(meant_command("quary"), Some("query"));
        assert_eq!(meant_command("buildings.geojson"), None);
        let message = check(Path::new("rendr")).unwrap_err().message;
        assert!(message.contains("cimbase render"), "{message}");
    }

    /// A terrain is no layer of the city, and a source that cannot be opened is none either: both stay.
    #[test]
    fn no_source_of_a_project_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let toml = "[[layer]]\nsource = \"dem.tif\"\nrole = \"terrain\"\n\n[[layer]]\nsource = \"broken.gpkg\"\n";
        for (name, text) in [("project.toml", toml), ("dem.tif", "no raster"), ("broken.gpkg", "none"), ("mine", "")] {
            std::fs::write(at(name), text).unwrap();
        }
        let files = [folder.path().to_owned()];
        let project = project(&files).unwrap();
        for name in ["dem.tif", "broken.gpkg", "project.toml"] {
            let refused = refuse_over(&files, &project, &at(name)).unwrap_err();
            assert_eq!(refused.exit, super::super::exit::Exit::Arguments);
            assert!(refused.message.contains(name), "{}", refused.message);
        }
        for name in ["mine", "new.tif"] {
            refuse_over(&files, &project, &at(name)).unwrap();
        }
    }
}
