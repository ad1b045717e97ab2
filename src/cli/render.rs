//! The `render` command: a picture of the scene without a window.

use std::path::{Path, PathBuf};

use super::args::RenderArgs;
use super::exit::{Exit, Failure};
use super::output::{stop_at_interrupt, with_progress};
use super::{Viewer, source};
use crate::analysis::sun::When;
use crate::city::City;
use crate::model::project::View;
use crate::place::{LonLat, LonLatBridge};
use crate::snapshot::page::sheet::Paper;
use crate::snapshot::page::words::Language;
use crate::snapshot::picture::PictureFormat;
use crate::snapshot::picture::atlas::Sheets;

/// Where the camera stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The ground point it looks at.
    pub target: LonLat,
    /// Metres from that point.
    pub distance: f64,
    /// Degrees clockwise from north, 0 to 360.
    pub heading: f64,
    /// Degrees above the horizon: negative looks down.
    pub pitch: f64,
}

impl Camera {
    /// The same in the CRS of a city, on its ground; `None` outside of it.
    pub fn view(&self, city: &City) -> Option<View> {
        let target = LonLatBridge::new(&city.crs).ok()?.map_point(self.target)?;
        let up = city.terrain.as_ref().and_then(|terrain| terrain.height_at(target)).unwrap_or(0.0);
        Some(View {
            target: [target.east, target.north],
            up,
            distance: self.distance,
            heading: self.heading.rem_euclid(360.0),
            pitch: -self.pitch,
            date: None,
        })
    }
}

/// A layer, or one of its features, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The layer's id.
    pub layer: String,
    /// The feature's id ([`crate::query::identity`]).
    pub feature: Option<String>,
}

impl Named {
    /// Reads `LAYER` or `LAYER:ID`. Layer ids have no colon, feature ids may.
    fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some((layer, feature)) => Self { layer: layer.to_owned(), feature: Some(feature.to_owned()) },
            None => Self { layer: text.to_owned(), feature: None },
        }
    }
}

/// What the picture shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Look {
    /// Everything.
    #[default]
    All,
    /// A layer or a feature.
    Fit(Named),
    /// From a given place.
    From(Camera),
    /// From straight above without perspective at a box of the project CRS, or at the whole city.
    Above(Option<[f64; 4]>),
}

/// How things are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// What suits the graphics adapter.
    #[default]
    Suitable,
    /// The cheap way: no shadows.
    Light,
    /// With shadows.
    Shadows,
}

/// Everything that a picture depends on besides the project.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderOptions {
    /// The PNG file; written aside and renamed.
    pub out: PathBuf,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Where the camera looks.
    pub look: Look,
    /// The moment that sets the sun; the program's default when absent.
    pub date: Option<When>,
    /// Features drawn as selected; each has an id.
    pub select: Vec<Named>,
    /// Whether the panels are drawn around the scene.
    pub panels: bool,
    /// How things are drawn.
    pub quality: Quality,
    /// What stands around the picture.
    pub around: Around,
    /// What the sheets of a PDF are.
    pub sheets: Sheets,
}

/// What stands around a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Around {
    /// Title, legend, scale, north arrow, sources and date over the picture.
    pub legend: bool,
    /// The sheet that a PDF is.
    pub paper: Paper,
    /// Whether the sheet stands upright.
    pub portrait: bool,
    /// The title; the project's when absent.
    pub title: Option<String>,
    /// The language of all this.
    pub language: Language,
    /// The N of 1:N of a sheet; the largest usual one when absent.
    pub scale: Option<f64>,
}

/// Whether a file is a sheet of paper.
pub fn is_sheet(out: &Path) -> bool {
    out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf"))
}

impl RenderOptions {
    /// The whole city at 1280 × 720.
    pub fn to(out: impl Into<PathBuf>) -> Self {
        Self {
            out: out.into(),
            size: [1280, 720],
            look: Look::All,
            date: None,
            select: Vec::new(),
            panels: false,
            quality: Quality::Suitable,
            around: Around::default(),
            sheets: Sheets::One,
        }
    }
}

/// A picture that was not made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// The project cannot be opened, or has no such layer or feature.
    #[error("{0}")]
    Input(String),
    /// The picture cannot be written.
    #[error("{0}")]
    Output(String),
    /// No graphics adapter, not even a software one, can draw it.
    #[error("{0}")]
    Graphics(String),
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        let exit = match error {
            RenderError::Input(_) => Exit::Input,
            RenderError::Output(_) => Exit::Output,
            RenderError::Graphics(_) => Exit::Graphics,
        };
        Self { exit, message: error.to_string() }
    }
}

fn options(args: RenderArgs) -> Result<RenderOptions, Failure> {
    let select: Vec<Named> = args.select.iter().map(|text| Named::parse(text)).collect();
    if let Some(bare) = select.iter().find(|named| named.feature.is_none()) {
        let layer = &bare.layer;
        return Err(Failure::arguments(format!("--select {layer} names no feature: write --select {layer}:ID")));
    }
    let out = &args.out;
    let format = PictureFormat::of(out);
    if format.is_none() && !is_sheet(out) {
        let message = format!("--out {}: a picture's name ends in .png, .jpg, .tif or .pdf", out.display());
        return Err(Failure::arguments(message));
    }
    if format == Some(PictureFormat::GeoTiff) && !args.ortho {
        let message = format!("--out {}: only a picture from straight above has its place: say --ortho", out.display());
        return Err(Failure::arguments(message));
    }
    if args.ortho && args.fit.is_some() {
        return Err(Failure::arguments("--ortho shows the whole city or --bbox, not --fit"));
    }
    if args.panels && format != Some(PictureFormat::Png) {
        return Err(Failure::arguments("--panels are drawn into a .png"));
    }
    let sheets = match (&args.atlas, args.tiled) {
        (Some(text), _) => {
            let (layer, condition) = match text.split_once(':') {
                Some((layer, condition)) => (layer, Some(condition.to_owned())),
                None => (text.as_str(), None),
            };
            Sheets::Features { layer: layer.trim().to_owned(), condition }
        }
        (None, true) => Sheets::Tiled,
        (None, false) => Sheets::One,
    };
    if (sheets != Sheets::One || args.scale.is_some()) && !is_sheet(out) {
        let message = format!("--out {}: --atlas, --tiled and --scale are for sheets: a .pdf", out.display());
        return Err(Failure::arguments(message));
    }
    let look = match (args.fit, args.view) {
        _ if args.ortho => Look::Above(args.bbox),
        (Some(named), _) => Look::Fit(Named::parse(&named)),
        (None, Some(camera)) => Look::From(camera),
        (None, None) => Look::All,
    };
    let quality = match (args.light, args.shadows) {
        (true, _) => Quality::Light,
        (_, true) => Quality::Shadows,
        _ => Quality::Suitable,
    };
    let language = if args.lang == "en" { Language::English } else { Language::Chinese };
    let around = Around {
        legend: args.legend,
        paper: args.paper.unwrap_or_default(),
        portrait: args.portrait,
        title: args.title,
        language,
        scale: args.scale,
    };
    let (out, size, date, panels) = (args.out, args.size, args.date, args.panels);
    Ok(RenderOptions { out, size, look, date, select, panels, quality, around, sheets })
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]: no such project, a picture that cannot be written, no graphics.
pub fn run(mut args: RenderArgs, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    let files = std::mem::take(&mut args.project);
    let options = options(args)?;
    let folder = super::output::folder_of(&options.out);
    if !folder.is_dir() {
        return Err(Failure::output(format!(
            "cannot write {}: there is no folder {}",
            options.out.display(),
            folder.display()
        )));
    }
    let project = source::project(&files)?;
    source::refuse_over(&files, &project, &options.out)?;
    let Some(viewer) = viewer else {
        return Err(Failure::graphics("this program was built without the viewer and cannot draw"));
    };
    // Ctrl-C clears away what was drawn so far.
    stop_at_interrupt();
    with_progress(|progress| (viewer.render)(project, options, progress))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Arguments, Command};
    use clap::Parser;

    fn parse(words: &[&str]) -> Result<RenderOptions, Failure> {
        let all = ["cimbase", "render", "p", "--out", "a.png"].iter().chain(words);
        match Arguments::try_parse_from(all).unwrap().command {
            Some(Command::Render(args)) => options(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn arguments_become_options() {
        assert_eq!(parse(&[]).unwrap(), RenderOptions::to("a.png"));
        let all = parse(&["--fit", "b:x:1", "--select", "b:7", "--shadows", "--panels", "--size", "10x20"]).unwrap();
        assert_eq!(all.look, Look::Fit(Named { layer: "b".into(), feature: Some("x:1".into()) }));
        assert_eq!(all.select, [Named { layer: "b".into(), feature: Some("7".into()) }]);
        assert_eq!((all.quality, all.panels, all.size), (Quality::Shadows, true, [10, 20]));
    }

    #[test]
    fn a_selection_without_a_feature_is_a_wrong_argument() {
        assert_eq!(parse(&["--select", "buildings"]).unwrap_err().exit, Exit::Arguments);
    }

    #[test]
    fn what_the_renderer_cannot_do_has_its_exit_code() {
        let exit = |error: RenderError| Failure::from(error).exit;
        assert_eq!(exit(RenderError::Input(String::new())), Exit::Input);
        assert_eq!(exit(RenderError::Output(String::new())), Exit::Output);
        assert_eq!(exit(RenderError::Graphics(String::new())), Exit::Graphics);
    }
}
