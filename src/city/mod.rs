//! A project opened.
//!
//! The way of the data, in order:
//! 1. [`crate::formats`] reads each source into raw layers, in the source's coordinates;
//! 2. [`crate::place`] settles each CRS (declared, file, guessed, unknown) and undoes GCJ-02/BD-09;
//! 3. the project CRS is chosen where the project does not say;
//! 4. every layer is transformed, repaired, given a role, mapping and heights ([`crate::model`]);
//! 5. each layer is indexed ([`crate::index`]);
//! 6. terrain and imagery are warped into the project CRS.

use std::sync::Arc;

use crate::index::LayerIndex;
use crate::model::project::Project;
use crate::model::{Imagery, Layer, Terrain, Title};
use crate::place::{Bounds, Crs};
use crate::report::{Progress, Report};

/// A layer with its R-tree.
#[derive(Debug)]
pub struct CityLayer {
    /// The layer.
    pub layer: Layer,
    /// Its R-tree.
    pub index: LayerIndex,
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
    /// Pictures on the ground, lowest first.
    pub imagery: Vec<Arc<CityImagery>>,
    /// The box around all layers, metres.
    pub extent: Bounds,
    /// What was found about the project as a whole, and sources that could not be opened.
    pub report: Report,
    /// How long it took.
    pub times: StageTimes,
}

impl City {
    /// Opens every source of a project. A source that cannot be used is an error in the report; the
    /// rest still opens.
    ///
    /// # Errors
    /// Only when nothing at all could be opened, or when cancelled.
    pub fn open(_project: &Project, _progress: &Progress) -> Result<Self, CityError> {
        Err(CityError::Nothing { reasons: vec!["not built yet".into()] })
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
