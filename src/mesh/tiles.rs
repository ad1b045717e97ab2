//! Cutting a layer into tiles: squares of a quadtree, each with a bounded number of triangles.

use rayon::prelude::*;

use super::TileMesh;
use super::extrude::{expected_triangles, extrude};
use crate::index::Bodies;
use crate::model::GeometryColumn;
use crate::place::{Bounds, MapPoint};

/// Triangles in a tile, about: few enough for 16 bits of useful culling, many enough for few draws.
pub const TRIANGLES_PER_TILE: usize = 100_000;

/// A square can be halved this often: 100 km become 10 cm.
const MAX_DEPTH: u32 = 20;

/// The features whose centroids lie in one square.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// The square, map metres. Features may reach beyond it.
    pub square: Bounds,
    /// How often the layer's square was halved.
    pub depth: u32,
    /// Features in increasing order.
    pub features: Vec<u32>,
}

impl Tile {
    /// The map point that the tile's positions are relative to: the middle of its square.
    pub fn origin(&self) -> MapPoint {
        MapPoint::from(self.square.centre())
    }
}

/// Divides the features that weigh something among tiles of at most `budget` each (a single feature
/// may weigh more). Every such feature is in exactly one tile; the order is that of the quadtree
/// (south-west, south-east, north-west, north-east) and the same in every run.
pub fn divide(geometry: &GeometryColumn, weight: impl Fn(u32) -> usize + Sync, budget: usize) -> Vec<Tile> {
    let items: Vec<Item> = (0..geometry.len() as u32)
        .into_par_iter()
        .with_min_len(1024)
        .filter_map(|feature| {
            let weight = weight(feature);
            let centre = geometry.centroid(feature).filter(|c| weight > 0 && c[0].is_finite() && c[1].is_finite())?;
            Some(Item { feature, weight, centre })
        })
        .collect();
    let bounds = Bounds::around(items.iter().map(|item| &item.centre));
    if bounds.is_empty() {
        return Vec::new();
    }
    let side = bounds.width().max(bounds.height()).max(1.0);
    let square = Bounds { min: bounds.min, max: [bounds.min[0] + side, bounds.min[1] + side] };
    let mut tiles = Vec::new();
    split(items, square, 0, budget, &mut tiles);
    tiles
}

struct Item {
    feature: u32,
    weight: usize,
    centre: [f64; 2],
}

fn split(items: Vec<Item>, square: Bounds, depth: u32, budget: usize, tiles: &mut Vec<Tile>) {
    if items.is_empty() {
        return;
    }
    let total: usize = items.iter().map(|item| item.weight).sum();
    if total <= budget || items.len() == 1 || depth == MAX_DEPTH {
        tiles.push(Tile { square, depth, features: items.iter().map(|item| item.feature).collect() });
        return;
    }
    let middle = square.centre();
    let mut quarters: [Vec<Item>; 4] = Default::default();
    for item in items {
        let quarter = usize::from(item.centre[0] >= middle[0]) + 2 * usize::from(item.centre[1] >= middle[1]);
        quarters[quarter].push(item);
    }
    for (i, quarter) in quarters.into_iter().enumerate() {
        let (mut min, mut max) = (square.min, middle);
        if i % 2 == 1 {
            (min[0], max[0]) = (middle[0], square.max[0]);
        }
        if i / 2 == 1 {
            (min[1], max[1]) = (middle[1], square.max[1]);
        }
        split(quarter, Bounds { min, max }, depth + 1, budget, tiles);
    }
}

/// Meshes all bodies of a layer, one mesh for each tile, in the order of [`divide`].
pub fn mesh_bodies(geometry: &GeometryColumn, bodies: &Bodies, budget: usize) -> Vec<TileMesh> {
    let tiles = divide(geometry, |feature| expected_triangles(geometry, bodies, feature), budget);
    let meshes = tiles.par_iter().with_max_len(1).map(|tile| extrude(geometry, bodies, &tile.features, tile.origin()));
    meshes.filter(|mesh| !mesh.indices.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryKind;

    /// A row of points that gets denser to the east.
    fn points(n: u32) -> GeometryColumn {
        let mut column = GeometryColumn::default();
        for i in 0..n {
            column.push_vertex([1000.0 * f64::from(i).sqrt(), f64::from(i % 7)], None);
            column.end_ring();
            column.end_part();
            column.end_feature(GeometryKind::Point);
        }
        column
    }

    #[test]
    fn every_feature_is_in_one_tile_and_no_tile_is_too_heavy() {
        let column = points(1000);
        let tiles = divide(&column, |feature| if feature == 5 { 0 } else { 3 }, 60);
        let mut seen: Vec<u32> = tiles.iter().flat_map(|tile| tile.features.clone()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..1000).filter(|f| *f != 5).collect::<Vec<_>>());
        for tile in &tiles {
            assert!(tile.features.len() <= 20);
            assert!(tile.features.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(tile.features.iter().all(|f| tile.square.grown(1e-6).holds(column.centroid(*f).unwrap())));
        }
        assert_eq!(tiles, divide(&column, |feature| if feature == 5 { 0 } else { 3 }, 60));
    }

    #[test]
    fn features_at_one_place_do_not_split_for_ever() {
        let mut column = GeometryColumn::default();
        for _ in 0..100 {
            column.push_vertex([1.0, 2.0], None);
            column.end_ring();
            column.end_part();
            column.end_feature(GeometryKind::Point);
        }
        let tiles = divide(&column, |_| 10, 50);
        assert_eq!(tiles.len(), 1);
        assert!(divide(&GeometryColumn::default(), |_| 1, 50).is_empty());
    }
}
