//! A project opened.
//!
//! The way of the data, in order:
//! 1. [`crate::formats`] reads each source into raw layers, in the source's coordinates;
//! 2. [`crate::place`] settles each CRS (declared, file, guessed, unknown) and undoes GCJ-02/BD-09;
//! 3. the project CRS is chosen where the project does not say;
//! 4. every layer is transformed, repaired, given a role, mapping and heights ([`crate::model`]);
//! 5. each layer is indexed ([`crate::index`]);
//! 6. terrain and imagery are warped into the project CRS.

pub mod big;
mod build;
pub mod cache;
pub mod convert;
pub mod gap;
mod ground;
mod levels;
pub mod preview;
mod read;
pub mod remote;
mod settle;
mod source;
mod stray;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use self::convert::ConvertError;
use self::read::Opened;
use self::settle::{Settled, SettledRaster};
pub use self::source::{slug, stem};
use crate::formats::flatgeobuf::Wanted;
use crate::index::LayerIndex;
use crate::model::project::{Project, View};
use crate::model::{Imagery, Layer, Terrain, Title};
use crate::place::{Bounds, Crs, project_crs};
use crate::report::{Progress, Report, Severity};
use crate::tiles::Stream;
use crate::tiles::stream::{Column, Piece};

/// A layer with its R-tree, or with the file that it is read from by window.
#[derive(Debug)]
pub struct CityLayer {
    /// The layer; without rows where it is streamed.
    pub layer: Layer,
    /// Its R-tree; empty where it is streamed.
    pub index: LayerIndex,
    /// Where its rows are, when they are not in memory.
    pub stream: Option<Streamed>,
}

/// A layer that stays in its file.
#[derive(Debug)]
pub struct Streamed {
    /// The file with its coarse levels.
    pub tiles: Stream,
    /// Some of its rows: what classes, ramps and lists of values are learned from.
    pub sample: Layer,
}

impl CityLayer {
    /// A layer in memory.
    pub fn in_memory(layer: Layer) -> Self {
        Self { index: LayerIndex::build(&layer.table), layer, stream: None }
    }

    /// Number of rows.
    pub fn rows(&self) -> u32 {
        self.stream.as_ref().map_or(self.layer.table.len() as u32, |stream| stream.tiles.len())
    }

    /// The box around all features, metres.
    pub fn extent(&self) -> Bounds {
        match &self.stream {
            Some(stream) => stream.tiles.extent().unwrap_or(Bounds::EMPTY),
            None => self.layer.table.geometry.extent(),
        }
    }

    /// What can be learned of its values: the layer itself, or the sample of a streamed one.
    pub fn known(&self) -> &Layer {
        self.stream.as_ref().map_or(&self.layer, |stream| &stream.sample)
    }

    /// A layer that holds a row, and the row's number in it: the layer itself, or a piece read from
    /// its file.
    ///
    /// # Errors
    /// When the file cannot be read any more, or has no such row.
    pub fn of_row(&self, row: u32) -> std::io::Result<(Cow<'_, Layer>, u32)> {
        let none = || std::io::Error::other(format!("layer {} has no feature {row}", self.layer.id));
        let Some(stream) = &self.stream else {
            let there = (row as usize) < self.layer.table.len();
            return if there { Ok((Cow::Borrowed(&self.layer), row)) } else { Err(none()) };
        };
        let piece = stream.tiles.rows(&[row], Wanted::All)?;
        if piece.rows.is_empty() {
            return Err(none());
        }
        Ok((Cow::Owned(self.of_piece(piece)), 0))
    }

    /// A whole column.
    ///
    /// # Errors
    /// When there is no such field or the file cannot be read any more.
    pub fn column(&self, name: &str) -> std::io::Result<Column> {
        match (&self.stream, self.layer.table.field(name)) {
            (Some(stream), _) => stream.tiles.column(name),
            (None, Some(field)) => Ok(Column::of(field.values.clone())),
            (None, None) => Err(std::io::Error::other(format!("layer {} has no field \"{name}\"", self.layer.id))),
        }
    }

    /// A piece of the file as a layer: whatever can be asked of a layer can be asked of it.
    pub fn of_piece(&self, piece: Piece) -> Layer {
        Layer { table: piece.table, heights: piece.heights, rows: piece.rows, ..self.layer.clone() }
    }
}

/// A raster that lies on the ground.
#[derive(Debug)]
pub struct CityImagery {
    /// Unique id.
    pub id: String,
    /// For people.
    pub title: Title,
    /// The picture.
    pub imagery: Imagery,
    /// 0 to 1.
    pub opacity: f32,
    /// Whether it is shown at first.
    pub visible: bool,
}

/// Milliseconds spent by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct StageTimes {
    /// Reading files.
    pub read: f64,
    /// Transforming coordinates.
    pub project: f64,
    /// Repairing, finding roles, fields and heights.
    pub prepare: f64,
    /// Building R-trees.
    pub index: f64,
}

/// Everything that is loaded: read-only, shared by every answer.
#[derive(Debug)]
pub struct City {
    /// The project's title.
    pub title: Title,
    /// The project CRS: projected, metres.
    pub crs: Crs,
    /// Why this CRS.
    pub crs_basis: String,
    /// Vector layers, lowest first.
    pub layers: Vec<Arc<CityLayer>>,
    /// The ground, where a DEM was loaded.
    pub terrain: Option<Arc<Terrain>>,
    /// The id of the terrain's layer; empty where there is none.
    pub terrain_id: String,
    /// Pictures on the ground, lowest first.
    pub imagery: Vec<Arc<CityImagery>>,
    /// The view that the project opens with.
    pub view: Option<View>,
    /// The box around all layers, metres; layers more than 100 km from the rest are left out.
    pub extent: Bounds,
    /// What was found about the project as a whole, and sources that could not be opened.
    pub report: Report,
    /// How long it took.
    pub times: StageTimes,
}

impl City {
    /// The same city with other vector layers.
    #[must_use]
    pub fn with_layers(&self, layers: Vec<Arc<CityLayer>>) -> Self {
        Self {
            title: self.title.clone(),
            crs: self.crs.clone(),
            crs_basis: self.crs_basis.clone(),
            layers,
            terrain: self.terrain.clone(),
            terrain_id: self.terrain_id.clone(),
            imagery: self.imagery.clone(),
            view: self.view.clone(),
            extent: self.extent,
            report: self.report.clone(),
            times: self.times,
        }
    }

    /// Where the layers are that are shown at first, of those that lie in the city; all of it where none is. Layers that
    /// are hidden do not change it, so that a snapshot without them looks the same.
    pub fn shown_extent(&self) -> Bounds {
        let mut extent = Bounds::EMPTY;
        for layer in self.layers.iter().filter(|layer| layer.layer.visible) {
            let bounds = layer.extent();
            if self.extent.meets(&bounds) {
                extent.join(bounds);
            }
        }
        if extent.is_empty() { self.extent } else { extent }
    }

    /// Opens every source of a project. A source that cannot be used is an error in the report; the
    /// rest still opens.
    ///
    /// # Errors
    /// Only when nothing at all could be opened, or when cancelled.
    pub fn open(project: &Project, progress: &Progress) -> Result<Self, CityError> {
        let mut report = Report::default();
        let started = Instant::now();
        let opened = read::read_all(project, progress, &mut report)?;
        let read = milliseconds(started);
        let mut city = Self::assemble(project, opened, report, progress)?;
        // Rasters are read during the assembly.
        city.times.read += read;
        Ok(city)
    }

    /// A city of which nothing is known but its CRS.
    pub fn without_layers(crs: Crs) -> Self {
        Self {
            title: Title::default(),
            crs,
            crs_basis: String::new(),
            layers: Vec::new(),
            terrain: None,
            terrain_id: String::new(),
            imagery: Vec::new(),
            view: None,
            extent: Bounds::EMPTY,
            report: Report::default(),
            times: StageTimes::default(),
        }
    }

    /// From what was read to a city.
    fn assemble(
        project: &Project,
        opened: Vec<Opened<'_>>,
        mut report: Report,
        progress: &Progress,
    ) -> Result<Self, CityError> {
        let (mut layers, mut rasters) = settle::settle_all(opened, &mut report);
        let place = stray::report(&mut layers, &mut rasters);
        if layers.is_empty() && rasters.is_empty() {
            return Err(nothing(&report));
        }
        let streamed = layers.iter().filter(|layer| layer.big.is_some()).find_map(|layer| layer.raw.crs.crs.clone());
        let streamed = streamed.filter(|crs| !crs.is_geographic() && (crs.unit_m() - 1.0).abs() < 1e-9);
        let (crs, crs_basis) = match streamed.filter(|_| project.crs.is_none()) {
            Some(crs) => (crs, "that of the layer that is too big to be converted while it opens".to_owned()),
            None => project_crs(project, &place.main, &mut report)?,
        };
        let far: Vec<String> = place.strays.iter().filter_map(|(i, _)| Some(layers.get(*i)?.id.clone())).collect();
        let mut city = Self {
            title: project.title.clone(),
            crs,
            crs_basis,
            layers: Vec::new(),
            terrain: None,
            terrain_id: String::new(),
            imagery: Vec::new(),
            view: project.view.clone(),
            extent: Bounds::EMPTY,
            report,
            times: StageTimes::default(),
        };
        city.read_ground(rasters, progress)?;
        let layers = city.project(layers, progress)?;
        city.finish(layers, progress)?;
        if city.layers.is_empty() && city.terrain.is_none() && city.imagery.is_empty() {
            return Err(nothing(&city.report));
        }
        city.extent = city.extent_without(&far);
        Ok(city)
    }

    fn read_ground(&mut self, rasters: Vec<SettledRaster<'_>>, progress: &Progress) -> Result<(), CityError> {
        let started = Instant::now();
        ground::read(self, rasters, progress)?;
        self.times.read += milliseconds(started);
        Ok(())
    }

    /// Transforms layer by layer: one transformation uses all cores itself.
    fn project<'a>(&mut self, layers: Vec<Settled<'a>>, progress: &Progress) -> Result<Vec<Settled<'a>>, CityError> {
        progress.stage("placing", layers.len() as u64);
        let started = Instant::now();
        let mut placed = Vec::with_capacity(layers.len());
        for (i, mut layer) in layers.into_iter().enumerate() {
            progress.at(i as u64).map_err(|_| CityError::Cancelled)?;
            let streamed = layer.big.is_some() && layer.lies_in(&self.crs);
            if streamed {
                placed.push(layer);
            } else if let Some(path) = layer.big.take() {
                // Converted once, into the user's cache.
                match big::convert(&mut layer, &path, &self.crs, progress) {
                    Ok(()) => placed.push(layer),
                    Err(ConvertError::Cancelled) => return Err(CityError::Cancelled),
                    Err(error) => self.report.add(Severity::Error, &layer.id, error.to_string()),
                }
            } else if let Err(error) = build::project(&mut layer, &self.crs) {
                self.report.add(Severity::Error, &layer.id, error.to_string());
            } else if build::nothing_left(&layer) {
                self.report.issues.append(&mut layer.raw.report.issues);
                let message = format!(
                    "{} is not shown: none of its {} features can be placed; is its CRS right?",
                    layer.spec.source,
                    layer.raw.table.len()
                );
                self.report.add(Severity::Error, &layer.id, message);
            } else {
                placed.push(layer);
            }
        }
        self.times.project = milliseconds(started);
        Ok(placed)
    }

    /// Repairs, reads the meaning of and indexes all layers side by side.
    fn finish(&mut self, layers: Vec<Settled<'_>>, progress: &Progress) -> Result<(), CityError> {
        progress.stage("repairing and indexing", layers.len() as u64);
        let started = Instant::now();
        let terrain = self.terrain.as_deref();
        let done = std::sync::atomic::AtomicU64::new(0);
        let finished: Result<Vec<_>, CityError> = layers
            .into_par_iter()
            .map(|layer| {
                let before = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                progress.at(before).map_err(|_| CityError::Cancelled)?;
                Ok(build::finish(layer, terrain, progress))
            })
            .collect();
        let (layers, index): (Vec<CityLayer>, Vec<f64>) = finished?.into_iter().unzip();
        self.layers = layers.into_iter().map(Arc::new).collect();
        self.times.index = index.iter().sum();
        // Side by side the parts take less than their sum: never below zero.
        self.times.prepare = (milliseconds(started) - self.times.index).max(0.0);
        Ok(())
    }

    fn extent_without(&self, far: &[String]) -> Bounds {
        let mut extent = Bounds::EMPTY;
        for layer in self.layers.iter().filter(|layer| !far.contains(&layer.layer.id)) {
            extent.join(layer.extent());
        }
        self.terrain.iter().for_each(|terrain| extent.join(terrain.bounds()));
        self.imagery.iter().for_each(|imagery| extent.join(imagery.imagery.bounds));
        extent
    }

    /// A layer by id.
    pub fn layer(&self, id: &str) -> Option<&Arc<CityLayer>> {
        self.layers.iter().find(|layer| layer.layer.id == id)
    }
}

/// A project of which nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// No source could be opened.
    #[error("nothing could be opened:\n{}", reasons.join("\n"))]
    Nothing {
        /// One message for each source.
        reasons: Vec<String>,
    },
    /// The project CRS cannot be used.
    #[error("{0}")]
    Crs(String),
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
}

/// The project CRS that the project names, else the one that fits where the data lie, with the reason.
fn project_crs(project: &Project, main: &Bounds, report: &mut Report) -> Result<(Crs, String), CityError> {
    let Some(text) = &project.crs else {
        // A project of tables without any coordinates still opens.
        let anywhere = Bounds { min: [117.2, 39.1], max: [117.2, 39.1] };
        let chosen = project_crs::choose(if main.is_empty() { &anywhere } else { main });
        let chosen = chosen.map_err(|error| CityError::Crs(error.to_string()))?;
        let reason = if main.is_empty() { "no layer has coordinates".to_owned() } else { chosen.reason };
        return Ok((chosen.crs, reason));
    };
    let crs = Crs::parse(text).map_err(|error| CityError::Crs(format!("the project's crs: {error}")))?;
    if crs.is_geographic() || (crs.unit_m() - 1.0).abs() > 1e-9 {
        return Err(CityError::Crs(format!(
            "the project's crs {crs} is not in metres, and everything here is measured in metres: choose a projected one such as EPSG:4548, or leave it out"
        )));
    }
    if let Some(area) = crs.area_of_use()
        && !main.is_empty()
        && !area.grown(1.5).meets(main)
    {
        report.warn(
            "",
            format!(
                "the data lie outside the area for which the project's {crs} is made: lengths and areas are distorted"
            ),
        );
    }
    Ok((crs, "declared by the project".to_owned()))
}

/// Nothing opened: every error is a reason.
fn nothing(report: &Report) -> CityError {
    let mut reasons: Vec<String> = report.issues.iter().map(ToString::to_string).collect();
    if reasons.is_empty() {
        reasons.push("the project has no layers".to_owned());
    }
    CityError::Nothing { reasons }
}

/// Milliseconds since a moment.
fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod real;
#[cfg(test)]
mod tests;
