//! Finding features by place: one bulk-loaded R-tree per layer. The only room that names `rstar`.
//!
//! Every answer is exact (box first, then the geometry itself) and in a stable order: by feature
//! id, or by distance and then id. Besides the tree: where bodies stand ([`Bodies`]), on what
//! ([`Ground`]), and what a ray hits ([`pick`]).

pub mod bodies;
pub mod ground;
pub mod pick;
pub mod shape;
mod tree;

pub use bodies::Bodies;
pub use ground::{Grid, Ground};

use tree::BoxTree;

use crate::model::{FeatureTable, GeometryColumn, GeometryKind};
use crate::place::{Bounds, MapPoint};

/// The R-tree of one layer. Holds boxes only; the geometry is given to each question.
#[derive(Debug, Default)]
pub struct LayerIndex {
    tree: BoxTree,
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
        Self::build_over(&table.geometry)
    }

    /// Builds the tree over a geometry column.
    pub fn build_over(geometry: &GeometryColumn) -> Self {
        let bounds = |feature| match geometry.kind(feature) {
            GeometryKind::None => Bounds::EMPTY,
            _ => geometry.bounds(feature),
        };
        Self { tree: BoxTree::build(geometry.len() as u32, bounds) }
    }

    /// Builds the tree over some features of a geometry column: a question about few of them looks at no others.
    pub fn build_of_some(geometry: &GeometryColumn, some: impl Fn(u32) -> bool + Sync) -> Self {
        let bounds = |feature| if some(feature) { geometry.bounds(feature) } else { Bounds::EMPTY };
        Self { tree: BoxTree::build(geometry.len() as u32, bounds) }
    }

    /// Number of features in the tree.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether no feature has geometry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All features with geometry, so that those that follow each other lie near each other.
    pub fn by_place(&self) -> &[u32] {
        self.tree.ids()
    }

    /// Bytes held on the heap, about.
    pub fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// Polygons that hold the point (edges count), and points and lines within `tolerance` metres.
    pub fn at(&self, geometry: &GeometryColumn, point: MapPoint, tolerance: f64) -> Vec<u32> {
        let tolerance = tolerance.max(0.0);
        let p = [point.east, point.north];
        self.found(&Bounds { min: p, max: p }.grown(tolerance), |feature| match geometry.kind(feature) {
            GeometryKind::Polygon => shape::holds(geometry, feature, p),
            _ => shape::distance(geometry, feature, p) <= tolerance,
        })
    }

    /// Features whose box meets the box: candidates for streaming and drawing. Boxes are rounded
    /// outwards by millimetres, so that a box that only just misses may be among them.
    pub fn boxes_in(&self, bounds: &Bounds) -> Vec<u32> {
        self.found(bounds, |_| true)
    }

    /// Features whose geometry shares at least a point with the box.
    pub fn in_box(&self, geometry: &GeometryColumn, bounds: &Bounds) -> Vec<u32> {
        self.found(bounds, |feature| shape::meets_box(geometry, feature, bounds))
    }

    /// Features whose geometry shares at least a point with a feature of another (or the same)
    /// layer. In its own layer the feature itself is not named.
    pub fn touching(&self, geometry: &GeometryColumn, other: &GeometryColumn, feature: u32) -> Vec<u32> {
        let same = std::ptr::eq(geometry, other);
        self.found(&other.bounds(feature), |candidate| {
            !(same && candidate == feature) && shape::touch(geometry, candidate, other, feature)
        })
    }

    /// The `count` features nearest to a point, nearest first; of those equally far the lower ids.
    pub fn nearest(&self, geometry: &GeometryColumn, point: MapPoint, count: usize) -> Vec<Near> {
        let p = [point.east, point.north];
        let mut best: Vec<Near> = Vec::with_capacity(count.min(self.len()) + 1);
        if count == 0 || !p.iter().all(|v| v.is_finite()) {
            return best;
        }
        // The last of the best; boxes may seem farther than their features in the last digits.
        let limit = |best: &[Near]| match best.last() {
            Some(last) if best.len() == count => last.distance * (1.0 + 1e-9) + 1e-9,
            _ => f64::INFINITY,
        };
        for (at_least, leaf) in self.tree.leaves_by_distance(p) {
            if at_least > limit(&best) {
                break;
            }
            for (feature, at_least) in leaf.iter() {
                if at_least > limit(&best) {
                    continue;
                }
                let near = Near { feature, distance: shape::distance(geometry, feature, p) };
                let before = |other: &Near| (other.distance, other.feature) < (near.distance, feature);
                let place = best.partition_point(before);
                if place < count {
                    best.insert(place, near);
                    best.truncate(count);
                }
            }
        }
        best
    }

    /// Features whose box grown by `tolerance` the map segment crosses: candidates of a picking ray.
    pub fn along(&self, from: MapPoint, to: MapPoint, tolerance: f64) -> Vec<u32> {
        let mut found = Vec::new();
        let ends = [[from.east, from.north], [to.east, to.north]];
        self.tree.each_along(ends[0], ends[1], tolerance.max(0.0), |feature| found.push(feature));
        found.sort_unstable();
        found
    }

    fn found(&self, bounds: &Bounds, keep: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut found = Vec::new();
        self.tree.each_in(bounds, |feature| {
            if keep(feature) {
                found.push(feature);
            }
        });
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests;
