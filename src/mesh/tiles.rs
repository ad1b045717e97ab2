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

    /// Footprint area 1,236,017 m² and volume 12,439,811 m³ in EPSG:4549 are the figures,
    /// computed elsewhere from footprints and `height`.
    #[test]
    fn roofs_and_volume_of_suzhou_are_those_of_its_footprints_and_heights() {
        use crate::index::Ground;
        use crate::mesh::MeshStats;
        use crate::model::{HeightSource, Heights, Vertical};
        use crate::place::{Crs, Transform};
        let Some(path) = crate::testing::data("buildings/suzhou_bd_demo_2.geojson") else { return };
        let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let (mut column, mut heights) = (GeometryColumn::default(), Heights::default());
        for feature in json["features"].as_array().unwrap() {
            let coordinates = &feature["geometry"]["coordinates"];
            let parts: Vec<&serde_json::Value> = match feature["geometry"]["type"].as_str() {
                Some("MultiPolygon") => coordinates.as_array().unwrap().iter().collect(),
                _ => vec![coordinates],
            };
            for part in parts {
                for ring in part.as_array().unwrap() {
                    for xy in ring.as_array().unwrap() {
                        column.push_vertex([xy[0].as_f64().unwrap(), xy[1].as_f64().unwrap()], None);
                    }
                    column.pop_vertex();
                    column.end_ring();
                }
                column.end_part();
            }
            column.end_feature(GeometryKind::Polygon);
            heights.top.push(feature["properties"]["height"].as_f64().unwrap() as f32);
            heights.base.push(0.0);
            heights.source.push(HeightSource::Surveyed);
            heights.covered.push(false);
        }
        let way = Transform::new(&Crs::parse("EPSG:4326").unwrap(), &Crs::parse("EPSG:4549").unwrap()).unwrap();
        assert_eq!(way.apply(&mut column.xy), 0);
        let bodies = Bodies::stand(&column, &heights, Vertical::OnTerrain, 0.0, &Ground::flat());
        let meshes = mesh_bodies(&column, &bodies, 20_000);
        assert!(meshes.len() > 1);
        let stats = MeshStats::measure(&meshes, &bodies);
        assert!((stats.roof_area_m2 / 1_236_017.0 - 1.0).abs() < 1e-3, "{stats:?}");
        assert!((stats.volume_m3 / 12_439_811.0 - 1.0).abs() < 1e-3, "{stats:?}");
        // Every building is in the meshes, and walls close around it: the outward-facing area of
        // all its faces, as vectors, adds up to the open ground face alone.
        let mut sums = vec![[0.0_f64; 3]; column.len()];
        for mesh in &meshes {
            for t in mesh.indices.chunks_exact(3) {
                let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize].map(f64::from));
                let (u, v) = ([0, 1, 2].map(|k| b[k] - a[k]), [0, 1, 2].map(|k| c[k] - a[k]));
                let sum = &mut sums[(mesh.tags[t[0] as usize] & 0xff_ffff) as usize];
                sum[0] += (u[1] * v[2] - u[2] * v[1]) / 2.0;
                sum[1] += (u[2] * v[0] - u[0] * v[2]) / 2.0;
                sum[2] += (u[0] * v[1] - u[1] * v[0]) / 2.0;
            }
        }
        for (feature, sum) in (0..).zip(&sums) {
            let area = column.area(feature);
            assert!(sum[0].abs() < 0.1 && sum[2].abs() < 0.1, "{feature}: {sum:?}");
            assert!((sum[1] / area - 1.0).abs() < 2e-3, "{feature}: {sum:?} {area}");
        }
    }
}
