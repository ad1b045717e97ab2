//! What the `render` command writes: a picture, a map with its place, a sheet of paper.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use super::headless::{Drawn, Studio};
use super::{guarded, no_graphics};
use crate::city::City;
use crate::cli::render::{Around, Look, Named, is_sheet};
use crate::cli::{RenderError, RenderOptions};
use crate::formats::WriteError;
use crate::model::project::{Project, View};
use crate::place::Bounds;
use crate::report::Progress;
use crate::snapshot::page::drawing::Area;
use crate::snapshot::page::furniture::{Furniture, Scale, columns_of_legend, over_picture, pixels_per_mm};
use crate::snapshot::page::letters::Letters;
use crate::snapshot::page::sheet::{Sheet, SheetMap, TitleBlock, extent, map_area, round_scale, sheet};
use crate::snapshot::page::{drawing, pdf, raster};
use crate::snapshot::picture::atlas::{self, Leaf, Sheets};
use crate::snapshot::picture::{Canvas, Ground, encode, furniture, jpeg};

/// Pixels in a millimetre of a sheet: 200 to the inch, where eyes see no pixels.
const SHEET_PIXELS: f64 = 200.0 / 25.4;

/// Draws a picture without a window and writes it.
///
/// # Errors
/// [`RenderError`]: what cannot be read, drawn or written.
pub fn render(project: Project, options: RenderOptions, progress: &Progress) -> Result<View, RenderError> {
    let city = City::open(&project, progress).map_err(|e| RenderError::Input(e.to_string()))?;
    let city = Arc::new(city);
    if is_sheet(&options.out) {
        return draw_sheets(&project, &city, &options, progress);
    }
    let (out, size) = (options.out.clone(), options.size);
    let letters = Letters::of_system();
    // Which way north is, is known when it is drawn, and takes the same room.
    let made = options.around.legend.then(|| surroundings(furniture(&city, options.around.language), &options.around));
    // The map ends where the legend begins: nothing of the city lies under it.
    let beside = made.as_ref().map_or(0, |made| columns_of_legend(&letters, made, size, pixels_per_mm(size)));
    let shown = [size[0] - beside, size[1]];
    let (mut canvas, mut drawn) = drawn(project, city.clone(), &options, shown, progress)?;
    if let Some(ground) = &mut drawn.ground {
        let metres = (ground.max[0] - ground.min[0]) / f64::from(shown[0].max(1));
        ground.max[0] += metres * f64::from(beside);
    }
    if let Some(mut around) = made {
        around.north = Some(north(&drawn));
        let on_page = pixels_per_mm(options.size);
        around.scale = drawn.ground.map(|ground| Scale {
            metres_per_mm: (ground.max[0] - ground.min[0]) / f64::from(options.size[0].max(1)) * on_page,
        });
        say_missing_letters(&letters);
        let over = over_picture(&letters, &around, options.size, on_page);
        let columns = 0..options.size[0];
        canvas.paint(|rows, band| {
            for row in band.chunks_exact_mut(4 * size[0] as usize) {
                row[4 * shown[0] as usize..].fill(255);
            }
            raster::paint(&over, on_page, &raster::Window { rows, columns: columns.clone() }, band);
        });
    }
    let ground = drawn.ground.map(|bounds| Ground { bounds, crs: city.crs.clone() });
    encode(&canvas, ground.as_ref(), &out, progress).map_err(written)?;
    Ok(drawn.view)
}

/// Says that Chinese text is boxes here, where it is.
fn say_missing_letters(letters: &Letters) {
    if let Some(note) = letters.note() {
        eprintln!("cimbase: note: {note}");
    }
}

fn written(error: WriteError) -> RenderError {
    RenderError::Output(error.to_string())
}

/// Draws onto the left side of a canvas beside the file that is written.
fn drawn(
    project: Project,
    city: Arc<City>,
    options: &RenderOptions,
    size: [u32; 2],
    progress: &Progress,
) -> Result<(Canvas, Drawn), RenderError> {
    let mut canvas = canvas(options.size, &options.out)?;
    let drawn = with_graphics(|| {
        let mut studio = Studio::open(&project, city, options, size)?;
        // Beside a legend the sides of the view would be cut off.
        studio.farther = f64::from(options.size[0]) / f64::from(size[0].max(1));
        studio.select(&options.select)?;
        studio.draw(&options.look, progress, |at, part| canvas.put(at, part.dimensions().into(), part.as_raw()))
    })?;
    Ok((canvas, drawn))
}

fn canvas(size: [u32; 2], out: &Path) -> Result<Canvas, RenderError> {
    Canvas::new(size, out).map_err(|error| written(WriteError::new(out, error)))
}

/// Bevy panics where there are no graphics; that is a message here.
fn with_graphics<T>(run: impl FnOnce() -> Result<T, RenderError>) -> Result<T, RenderError> {
    guarded(AssertUnwindSafe(run)).map_err(|reason| RenderError::Graphics(no_graphics(&reason)))?
}

/// What stands around a view of a city, north up, of which `made` says what does not depend on the user.
fn surroundings(made: Furniture, around: &Around) -> Furniture {
    let title = around.title.clone().unwrap_or(made.title.clone());
    let date = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
    Furniture { title, date, north: Some(0.0), ..made }
}

/// Where north is, clockwise from up, degrees: who looks east has it on the left.
fn north(drawn: &Drawn) -> f64 {
    (-drawn.view.heading).rem_euclid(360.0)
}

/// Sheets: each map as a picture, everything else as lines and letters.
fn draw_sheets(
    project: &Project,
    city: &Arc<City>,
    options: &RenderOptions,
    progress: &Progress,
) -> Result<View, RenderError> {
    let (out, around) = (&options.out, &options.around);
    let letters = Letters::of_system();
    let layout = Layout {
        letters: &letters,
        around,
        project: around.language.pick(city.title.zh(), city.title.en()),
        furniture: furniture(city, around.language),
        scale: around.scale.or((options.sheets == Sheets::Tiled).then_some(atlas::TILED_SCALE)),
    };
    let leaves = leaves(city, options, &layout)?;
    let area = layout.map_area(leaves.as_deref().unwrap_or_default());
    let size = [area.width, area.height].map(|mm| (mm * SHEET_PIXELS).round().max(1.0) as u32);
    let mut canvas = canvas(size, out)?;
    let mut pages = Vec::new();
    let mut cut = 0_usize;
    let view = with_graphics(|| {
        let mut studio = Studio::open(project, city.clone(), options, size)?;
        let mut first = None;
        for number in 0..leaves.as_ref().map_or(1, Vec::len) {
            let leaf = leaves.as_ref().and_then(|leaves| leaves.get(number));
            let feature = leaf.and_then(|leaf| leaf.feature).map(|(layer, row)| named(city, layer, row));
            studio.select(&options.select.iter().cloned().chain(feature).collect::<Vec<_>>())?;
            let bounds = match (leaf, &options.look) {
                (Some(leaf), _) => Some(leaf.bounds),
                (None, Look::Above(bounds)) => Some(bounds.map_or(city.extent, box_of)),
                (None, _) => None,
            };
            let look = match bounds {
                Some(bounds) => {
                    let shown = on_paper(&bounds, layout.scale, &area);
                    cut += usize::from(leaf.is_some() && !holds(&shown, &bounds));
                    Look::Above(Some([shown.min[0], shown.min[1], shown.max[0], shown.max[1]]))
                }
                None => options.look.clone(),
            };
            let put = |at, part: &image::RgbaImage| canvas.put(at, part.dimensions().into(), part.as_raw());
            let drawn = studio.draw(&look, progress, put)?;
            pages.push(layout.page(&canvas, &drawn, leaf, [number, leaves.as_ref().map_or(1, Vec::len)])?);
            first.get_or_insert(drawn.view);
        }
        first.ok_or_else(|| RenderError::Input("there is no sheet to draw".to_owned()))
    })?;
    if cut > 0 {
        let scale = layout.scale.unwrap_or_default();
        eprintln!("cimbase: note: {cut} of {} features are larger than their sheet at 1:{scale}", pages.len());
    }
    say_missing_letters(&letters);
    let about = pdf::About {
        title: around.title.clone().unwrap_or_else(|| layout.project.to_owned()),
        made_with: format!("Cimbase {}", env!("CARGO_PKG_VERSION")),
        language: around.language,
        date: Some(jiff::Zoned::now()),
        marks: leaves.iter().flatten().map(|leaf| leaf.title.clone()).collect(),
        ..pdf::About::default()
    };
    pdf::write(&pages, &about, out, progress).map_err(written)?;
    Ok(view)
}

/// The sheets of an atlas; `None`: one sheet of what the options look at.
fn leaves(city: &City, options: &RenderOptions, layout: &Layout<'_>) -> Result<Option<Vec<Leaf>>, RenderError> {
    let language = options.around.language;
    let within = match options.look {
        Look::Above(bounds) => bounds.map(box_of),
        _ => None,
    };
    let leaves = match &options.sheets {
        Sheets::One => return Ok(None),
        Sheets::Features { layer, condition } => atlas::features(city, layer, condition.as_deref(), within, language),
        Sheets::Tiled => {
            let any = Leaf { title: "1".to_owned(), bounds: city.extent, feature: None };
            let area = layout.map_area(&[any]);
            let metres_per_mm = layout.scale.unwrap_or(atlas::TILED_SCALE) / 1000.0;
            let cell = [area.width * metres_per_mm, area.height * metres_per_mm];
            atlas::tiles(&within.unwrap_or_else(|| city.shown_extent()), cell, language)
        }
    };
    leaves.map(Some).map_err(RenderError::Input)
}

fn named(city: &City, layer: usize, row: u32) -> Named {
    Named { layer: city.layers[layer].layer.id.clone(), feature: Some(format!("#{row}")) }
}

fn box_of([x1, y1, x2, y2]: [f64; 4]) -> Bounds {
    Bounds { min: [x1, y1], max: [x2, y2] }
}

fn holds(outer: &Bounds, inner: &Bounds) -> bool {
    // A box that was made of the other one differs by rounding.
    [0, 1].iter().all(|k| outer.min[*k] <= inner.min[*k] + 1e-6 && outer.max[*k] >= inner.max[*k] - 1e-6)
}

/// What of the ground an area of paper shows around a box, at 1:`scale`, or at the largest usual one that holds it.
fn on_paper(bounds: &Bounds, scale: Option<f64>, area: &Area) -> Bounds {
    let metres = [bounds.max[0] - bounds.min[0], bounds.max[1] - bounds.min[1]];
    let scale = scale.map(|number| Scale { metres_per_mm: number / 1000.0 }).or_else(|| round_scale(metres, area));
    scale.map_or(*bounds, |scale| extent(bounds.centre(), scale, area))
}

/// How the sheets of a document are laid out.
struct Layout<'a> {
    letters: &'a Arc<Letters>,
    around: &'a Around,
    project: &'a str,
    furniture: Furniture,
    scale: Option<f64>,
}

impl Layout<'_> {
    /// The window of a map: the lowest of all sheets, so that one size of picture fills each from side to side.
    fn map_area(&self, leaves: &[Leaf]) -> Area {
        let of = |leaf: Option<&Leaf>| {
            let furniture = self.titled(self.furniture.clone(), leaf, [0, leaves.len()]);
            map_area(self.letters, &self.sheet(&furniture, &self.block(leaf, [0, leaves.len()])))
        };
        let lower = |a: Area, b: Area| if b.height < a.height { b } else { a };
        leaves.iter().map(|leaf| of(Some(leaf))).reduce(lower).unwrap_or_else(|| of(None))
    }

    fn sheet<'s>(&self, furniture: &'s Furniture, block: &'s TitleBlock) -> Sheet<'s> {
        Sheet { paper: self.around.paper, landscape: !self.around.portrait, furniture, block }
    }

    fn block(&self, leaf: Option<&Leaf>, [number, count]: [usize; 2]) -> TitleBlock {
        let title = self.around.title.clone().unwrap_or_default();
        TitleBlock {
            project: self.project.to_owned(),
            drawing: leaf.map_or(title, |leaf| leaf.title.clone()),
            number: if leaf.is_some() { format!("{} / {count}", number + 1) } else { String::new() },
            ..TitleBlock::default()
        }
    }

    fn titled(&self, furniture: Furniture, leaf: Option<&Leaf>, [number, count]: [usize; 2]) -> Furniture {
        let subtitle = leaf.map(|leaf| format!("{}  ·  {} / {count}", leaf.title, number + 1));
        Furniture { subtitle: subtitle.unwrap_or_default(), ..furniture }
    }

    fn page(
        &self,
        canvas: &Canvas,
        drawn: &Drawn,
        leaf: Option<&Leaf>,
        number: [usize; 2],
    ) -> Result<drawing::Drawing, RenderError> {
        let out = "the map is no picture";
        let picture = drawing::Picture::jpeg(jpeg(canvas).map_err(RenderError::Output)?)
            .ok_or_else(|| RenderError::Output(out.to_owned()))?;
        let around = surroundings(self.furniture.clone(), self.around);
        let furniture = self.titled(Furniture { north: Some(north(drawn)), ..around }, leaf, number);
        let block = self.block(leaf, number);
        let map = SheetMap { picture, extent: drawn.ground };
        Ok(sheet(self.letters, &self.sheet(&furniture, &block), Some(&map)))
    }
}
