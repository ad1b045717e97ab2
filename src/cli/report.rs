//! Reports: the answer of a command as pages.

use std::path::{Path, PathBuf};

use super::Viewer;
use super::exit::Failure;
use super::output::{say, with_progress};
use super::render::{Look, Named, RenderError, RenderOptions};
use super::snapshot::failed;
use crate::model::Title;
use crate::model::project::Project;
use crate::place::Bounds;
use crate::report::Progress;
use crate::snapshot::page::drawing::Picture;
use crate::snapshot::page::letters::Letters;
use crate::snapshot::page::report::Report;
use crate::snapshot::page::words::Language;
use crate::snapshot::reports::{self, Made};

/// The options of commands whose answer can be a report.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct ReportArgs {
    /// Write the answer as pages with a picture: FILE ends in .pdf or .html
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The language of the report
    #[arg(long, value_name = "LANG", default_value = "zh", value_parser = ["zh", "en"])]
    pub lang: String,
}

impl ReportArgs {
    /// The file and what the report says of itself, where one is asked for.
    ///
    /// # Errors
    /// [`Failure`] when the file's ending says no report.
    pub fn asked(&self, project: &Title) -> Result<Option<(&Path, Made)>, Failure> {
        let Some(out) = &self.report else { return Ok(None) };
        if !reports::is_report(out) {
            let message = format!("--report {}: a report's name ends in .pdf or .html", out.display());
            return Err(Failure::arguments(message));
        }
        Ok(Some((out, Made::now(project, Language::of(&self.lang).unwrap_or_default()))))
    }
}

/// Writes a report.
///
/// # Errors
/// [`Failure`] when the file cannot be written.
pub fn write(report: &Report, made: &Made, out: &Path) -> Result<(), Failure> {
    with_progress(|progress| reports::write(report, made, out, progress)).map_err(failed)?;
    if let Some(note) =
        Letters::of_system().note().filter(|_| out.extension().is_some_and(|e| e.eq_ignore_ascii_case("pdf")))
    {
        say(format_args!("note: {note}"));
    }
    say(format_args!("wrote {}", out.display()));
    Ok(())
}

/// Puts a picture of a feature into its report; that there is none is said.
pub fn illustrate(report: &mut Report, project: &Project, viewer: Option<&Viewer>, layer: &str, row: u32) {
    let named = Named { layer: layer.to_owned(), feature: Some(format!("#{row}")) };
    let options = |out: &Path| RenderOptions {
        size: reports::MAP,
        look: Look::Fit(named.clone()),
        select: vec![named.clone()],
        ..RenderOptions::to(out)
    };
    match drawn(project, viewer, "jpg", options) {
        Ok(bytes) => put(report, Picture::jpeg(bytes), String::new()),
        Err(reason) => say(format_args!("note: there is no picture in the report: {reason}")),
    }
}

/// Puts a map around a place of the project CRS into its report, the place in a ring.
pub fn illustrate_place(report: &mut Report, project: &Project, viewer: Option<&Viewer>, place: [f64; 2]) {
    let Bounds { min: [x1, y1], max: [x2, y2] } = reports::around(place);
    let options = |out: &Path| RenderOptions {
        size: reports::MAP,
        look: Look::Above(Some([x1, y1, x2, y2])),
        ..RenderOptions::to(out)
    };
    let drawn = drawn(project, viewer, "png", options).and_then(|bytes| reports::illustrate_place(report, &bytes));
    if let Err(reason) = drawn {
        say(format_args!("note: there is no map in the report: {reason}"));
    }
}

fn put(report: &mut Report, picture: Option<Picture>, caption: String) {
    if let Some(picture) = picture {
        reports::illustrate(report, picture, caption);
    }
}

/// The bytes of a picture.
fn drawn(
    project: &Project,
    viewer: Option<&Viewer>,
    ending: &str,
    options: impl Fn(&Path) -> RenderOptions,
) -> Result<Vec<u8>, String> {
    let viewer = viewer.ok_or("this program was built without the viewer")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let out = folder.path().join(format!("picture.{ending}"));
    let progress = Progress::default();
    (viewer.render)(project.clone(), options(&out), &progress).map_err(|error: RenderError| error.to_string())?;
    std::fs::read(&out).map_err(|error| error.to_string())
}
