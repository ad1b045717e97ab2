//! What the `render` command writes: a picture, a map with its place, a sheet of paper.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use super::headless::{self, Drawn};
use super::{guarded, no_graphics};
use crate::city::City;
use crate::cli::render::{Around, Look, is_sheet};
use crate::cli::{RenderError, RenderOptions};
use crate::formats::WriteError;
use crate::model::project::{Project, View};
use crate::place::Bounds;
use crate::report::Progress;
use crate::snapshot::page::furniture::{Furniture, Scale, over_picture, pixels_per_mm};
use crate::snapshot::page::letters::Letters;
use crate::snapshot::page::sheet::{Sheet, SheetMap, TitleBlock, extent, map_area, round_scale, sheet};
use crate::snapshot::page::{drawing, pdf, raster};
use crate::snapshot::picture::{Canvas, Ground, encode, furniture, jpeg};

/// Pixels in a millimetre of a sheet: 200 to the inch, where eyes see no pixels.
const SHEET_PIXELS: f64 = 200.0 / 25.4;

/// Draws a picture without a window and writes it.
///
/// # Errors
/// [`RenderError`]: what cannot be read, drawn or written.
pub fn render(project: Project, options: RenderOptions) -> Result<View, RenderError> {
    let progress = Progress::default();
    let city = City::open(&project, &progress).map_err(|e| RenderError::Input(e.to_string()))?;
    let city = Arc::new(city);
    if is_sheet(&options.out) {
        return draw_sheet(project, city, options, &progress);
    }
    let out = options.out.clone();
    let (mut canvas, drawn) = drawn(project, city.clone(), &options, options.size, &progress)?;
    if options.around.legend {
        let around = surroundings(&city, &options.around, &drawn);
        let mut around = around;
        let on_page = pixels_per_mm(options.size);
        around.scale = drawn.ground.map(|ground| Scale {
            metres_per_mm: (ground.max[0] - ground.min[0]) / f64::from(options.size[0].max(1)) * on_page,
        });
        let over = over_picture(&Letters::of_system(), &around, options.size, on_page);
        let columns = 0..options.size[0];
        canvas.paint(|rows, band| {
            raster::paint(&over, on_page, &raster::Window { rows, columns: columns.clone() }, band);
        });
    }
    let ground = drawn.ground.map(|bounds| Ground { bounds, crs: city.crs.clone() });
    encode(&canvas, ground.as_ref(), &out, &progress).map_err(written)?;
    Ok(drawn.view)
}

fn written(error: WriteError) -> RenderError {
    RenderError::Output(error.to_string())
}

/// Draws onto a canvas beside the file that is written.
fn drawn(
    project: Project,
    city: Arc<City>,
    options: &RenderOptions,
    size: [u32; 2],
    progress: &Progress,
) -> Result<(Canvas, Drawn), RenderError> {
    let fail = |path: &Path, error: std::io::Error| written(WriteError::new(path, error));
    let mut canvas = Canvas::new(size, &options.out).map_err(|error| fail(&options.out, error))?;
    let put = |at: [u32; 2], part: &image::RgbaImage| canvas.put(at, part.dimensions().into(), part.as_raw());
    let run = AssertUnwindSafe(|| headless::draw(project, city, options, size, progress, put));
    let drawn = guarded(run).map_err(|reason| RenderError::Graphics(no_graphics(&reason)))??;
    Ok((canvas, drawn))
}

/// What stands around a view of a city.
fn surroundings(city: &City, around: &Around, drawn: &Drawn) -> Furniture {
    let made = furniture(city, around.language);
    let title = around.title.clone().unwrap_or(made.title.clone());
    // Clockwise from up: who looks east has north on the left.
    let north = Some((-drawn.view.heading).rem_euclid(360.0));
    Furniture { title, north, date: jiff::Zoned::now().strftime("%Y-%m-%d").to_string(), ..made }
}

/// A sheet: the map as a picture, everything else as lines and letters.
fn draw_sheet(
    project: Project,
    city: Arc<City>,
    mut options: RenderOptions,
    progress: &Progress,
) -> Result<View, RenderError> {
    let out = options.out.clone();
    let letters = Letters::of_system();
    let around = options.around.clone();
    let language = around.language;
    let mut furniture = furniture(&city, language);
    let block = TitleBlock {
        project: language.pick(city.title.zh(), city.title.en()).to_owned(),
        drawing: around.title.clone().unwrap_or_default(),
        ..TitleBlock::default()
    };
    let area = map_area(
        &letters,
        &Sheet { paper: around.paper, landscape: !around.portrait, furniture: &furniture, block: &block },
    );
    if let Look::Above(bounds) = options.look {
        let bounds = bounds.map_or(city.extent, |[x1, y1, x2, y2]| Bounds { min: [x1, y1], max: [x2, y2] });
        let metres = [bounds.max[0] - bounds.min[0], bounds.max[1] - bounds.min[1]];
        if let Some(scale) = round_scale(metres, &area) {
            let Bounds { min, max } = extent(bounds.centre(), scale, &area);
            options.look = Look::Above(Some([min[0], min[1], max[0], max[1]]));
        }
    }
    let size = [area.width, area.height].map(|mm| (mm * SHEET_PIXELS).round().max(1.0) as u32);
    let (canvas, drawn) = drawn(project, city.clone(), &options, size, progress)?;
    furniture = surroundings(&city, &around, &drawn);
    let bytes = jpeg(&canvas).map_err(RenderError::Output)?;
    let picture = drawing::Picture::jpeg(bytes)
        .ok_or_else(|| RenderError::Output(format!("cannot write {}: the map is no picture", out.display())))?;
    let map = SheetMap { picture, extent: drawn.ground };
    let on = Sheet { paper: around.paper, landscape: !around.portrait, furniture: &furniture, block: &block };
    let page = sheet(&letters, &on, Some(&map));
    let about = pdf::About {
        title: furniture.title.clone(),
        made_with: furniture.made_with.clone(),
        language,
        date: Some(jiff::Zoned::now()),
        ..pdf::About::default()
    };
    pdf::write(&[page], &about, &out, progress).map_err(written)?;
    Ok(drawn.view)
}
