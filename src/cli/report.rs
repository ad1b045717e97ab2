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
use crate::snapshot::page::drawing::Picture;
use crate::snapshot::page::letters::Letters;
use crate::snapshot::page::report::Report;
use crate::snapshot::page::words::Language;
use crate::snapshot::reports::{self, Made};

/// Pixels of a picture in a report: 200 to the inch on the page.
const SIZE: [u32; 2] = [1280, 800];
/// Half of what the map of a place shows from north to south, m.
const AROUND: f64 = 120.0;

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
        size: SIZE,
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
    let [w, h] = SIZE.map(f64::from);
    let [across, up] = [AROUND * w / h, AROUND];
    let Bounds { min, max } =
        Bounds { min: [place[0] - across, place[1] - up], max: [place[0] + across, place[1] + up] };
    let options = |out: &Path| RenderOptions {
        size: SIZE,
        look: Look::Above(Some([min[0], min[1], max[0], max[1]])),
        ..RenderOptions::to(out)
    };
    let image = drawn(project, viewer, "png", options)
        .and_then(|bytes| image::load_from_memory(&bytes).map_err(|error| error.to_string()));
    match image {
        Err(reason) => say(format_args!("note: there is no map in the report: {reason}")),
        Ok(image) => {
            let mut image = image.to_rgba8();
            ring(&mut image);
            let metres = 2.0 * across;
            let caption = report.language.pick(
                format!("圆圈中心为案件位置；图幅东西宽 {metres:.0} m，上为北"),
                format!("The case is in the middle of the ring; {metres:.0} m from west to east, north is up"),
            );
            let size = image.dimensions().into();
            put(report, Picture::rgba(size, image.into_raw()), caption);
        }
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
    (viewer.render)(project.clone(), options(&out)).map_err(|error: RenderError| error.to_string())?;
    std::fs::read(&out).map_err(|error| error.to_string())
}

/// A ring in the middle: red between white edges, so that it is seen on any ground.
fn ring(image: &mut image::RgbaImage) {
    let [w, h] = [image.width(), image.height()].map(f64::from);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let away = (f64::from(x) + 0.5 - w / 2.0).hypot(f64::from(y) + 0.5 - h / 2.0);
        match away {
            20.0..24.0 => pixel.0 = [214, 40, 40, 255],
            18.0..26.0 => pixel.0 = [255, 255, 255, 255],
            _ => {}
        }
    }
}
