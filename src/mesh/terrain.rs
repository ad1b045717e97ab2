//! The ground as meshes: the terrain itself, and sheets (pictures) that lie on it.

use rayon::prelude::*;

use super::clip::{Piece, cut_along_folds};
use crate::index::{Grid, Ground};
use crate::place::{Bounds, MapPoint};

/// Cells of a terrain tile along each side.
const TILE_CELLS: u32 = 128;

/// A piece of the ground: for a material with light and pictures, unlike [`super::TileMesh`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TerrainMesh {
    /// The map point that positions are relative to.
    pub origin: MapPoint,
    /// East, up, minus north; metres. Up is the drawn elevation (exaggerated).
    pub positions: Vec<[f32; 3]>,
    /// Length 1, same axes.
    pub normals: Vec<[f32; 3]>,
    /// 0 to 1 from west to east and from north to south, over the area that was given.
    pub uvs: Vec<[f32; 2]>,
    /// Three for each triangle, counter-clockwise seen from outside.
    pub indices: Vec<u32>,
}

impl TerrainMesh {
    /// Bytes in GPU buffers: 32 for each vertex, 4 for each index.
    pub fn gpu_bytes(&self) -> usize {
        32 * self.positions.len() + 4 * self.indices.len()
    }
}

/// Meshes the terrain in tiles of 128 × 128 cells, row by row from the south-west. Cells with an
/// unknown sample are left out. Around the border (also of holes) skirts go down to a common
/// depth, so that the ground looks like a solid block from the side. UVs run over the whole grid.
/// Nothing comes out of flat ground.
pub fn mesh_terrain(ground: &Ground) -> Vec<TerrainMesh> {
    let Some(grid) = ground.grid() else { return Vec::new() };
    let tiles_east = (grid.columns - 1).div_ceil(TILE_CELLS);
    let tiles_north = (grid.rows - 1).div_ceil(TILE_CELLS);
    let tiles = (0..tiles_east * tiles_north).into_par_iter().with_max_len(1);
    tiles
        .map(|tile| mesh_tile(grid, TILE_CELLS * (tile % tiles_east), TILE_CELLS * (tile / tiles_east)))
        .filter(|mesh| !mesh.indices.is_empty())
        .collect()
}

/// How deep skirts go: a tenth of the relief below its lowest point, at least a cell.
pub fn skirt_elevation(grid: &Grid) -> f32 {
    let (low, high) = grid.range;
    low - ((high - low) * 0.1).max(grid.cell as f32)
}

fn mesh_tile(grid: &Grid, west: u32, south: u32) -> TerrainMesh {
    let (east, north) = ((west + TILE_CELLS).min(grid.columns - 1), (south + TILE_CELLS).min(grid.rows - 1));
    let across = east - west + 1;
    let origin =
        MapPoint::new(grid.origin.east + f64::from(west) * grid.cell, grid.origin.north + f64::from(south) * grid.cell);
    let mut mesh = TerrainMesh { origin, ..TerrainMesh::default() };
    for row in south..=north {
        for column in west..=east {
            let x = (f64::from(column - west) * grid.cell) as f32;
            let y = (f64::from(row - south) * grid.cell) as f32;
            mesh.positions.push([x, grid.sample(column, row), -y]);
            mesh.normals.push(normal(grid, column, row));
            let (u, v) = (f64::from(column) / f64::from(grid.columns - 1), f64::from(row) / f64::from(grid.rows - 1));
            mesh.uvs.push([u as f32, (1.0 - v) as f32]);
        }
    }
    let at = |column: u32, row: u32| (row - south) * across + column - west;
    let bottom = skirt_elevation(grid);
    let known = |column: i64, row: i64| {
        let inside = |v: i64, n: u32| u32::try_from(v).ok().filter(|v| v + 1 < n);
        match (inside(column, grid.columns), inside(row, grid.rows)) {
            (Some(column), Some(row)) => grid.cell_known(column, row),
            _ => false,
        }
    };
    for row in south..north {
        for column in west..east {
            if !grid.cell_known(column, row) {
                continue;
            }
            let [sw, se, nw, ne] = [at(column, row), at(column + 1, row), at(column, row + 1), at(column + 1, row + 1)];
            mesh.indices.extend([sw, se, ne, sw, ne, nw]);
            // Counter-clockwise around the cell, each side with the cell beyond it.
            let (c, r) = (i64::from(column), i64::from(row));
            for (from, to, beyond, outward) in [
                (sw, se, (c, r - 1), [0.0, 0.0, 1.0]),
                (se, ne, (c + 1, r), [1.0, 0.0, 0.0]),
                (ne, nw, (c, r + 1), [0.0, 0.0, -1.0]),
                (nw, sw, (c - 1, r), [-1.0, 0.0, 0.0]),
            ] {
                if !known(beyond.0, beyond.1) {
                    push_skirt(&mut mesh, from, to, bottom, outward);
                }
            }
        }
    }
    if mesh.indices.is_empty() { TerrainMesh::default() } else { mesh }
}

fn push_skirt(mesh: &mut TerrainMesh, from: u32, to: u32, bottom: f32, outward: [f32; 3]) {
    let first = mesh.positions.len() as u32;
    let (a, b) = (mesh.positions[from as usize], mesh.positions[to as usize]);
    let (uv_a, uv_b) = (mesh.uvs[from as usize], mesh.uvs[to as usize]);
    mesh.positions.extend([[a[0], bottom, a[2]], [b[0], bottom, b[2]], b, a]);
    mesh.uvs.extend([uv_a, uv_b, uv_b, uv_a]);
    mesh.normals.extend([outward; 4]);
    mesh.indices.extend([first, first + 1, first + 2, first, first + 2, first + 3]);
}

/// The normal at a sample from its neighbours' elevations (central differences).
fn normal(grid: &Grid, column: u32, row: u32) -> [f32; 3] {
    let (west, east) = (column.saturating_sub(1), (column + 1).min(grid.columns - 1));
    let (south, north) = (row.saturating_sub(1), (row + 1).min(grid.rows - 1));
    let rise = |a: f32, b: f32, cells: u32| (b - a) / (cells as f32 * grid.cell as f32);
    let to_east = rise(grid.sample(west, row), grid.sample(east, row), east - west);
    let to_north = rise(grid.sample(column, south), grid.sample(column, north), north - south);
    let length = (to_east * to_east + to_north * to_north + 1.0).sqrt();
    [-to_east / length, 1.0 / length, to_north / length]
}

/// A rectangle that lies on the ground, cut along its folds: for a picture whose corners are those
/// of `area`. UVs run over the area. On flat ground two triangles. Nothing for an empty area.
pub fn mesh_sheet(ground: &Ground, area: &Bounds) -> TerrainMesh {
    let finite = area.min.iter().chain(&area.max).all(|v| v.is_finite());
    if area.is_empty() || !finite || area.width() <= 0.0 || area.height() <= 0.0 {
        return TerrainMesh::default();
    }
    let [e, n] = area.centre();
    let mut mesh = TerrainMesh { origin: MapPoint::new(e, n), ..TerrainMesh::default() };
    let (w, h) = (area.width() / 2.0, area.height() / 2.0);
    let up = |x: f64, y: f64| ground.elevation(MapPoint::new(e + x, n + y));
    let step = ground.grid().map_or(1.0, |grid| grid.cell);
    let mut emit = |piece: &Piece| {
        let first = mesh.positions.len() as u32;
        for [x, y] in piece.iter() {
            mesh.positions.push([*x as f32, up(*x, *y) as f32, -*y as f32]);
            mesh.uvs.push([((x + w) / (2.0 * w)) as f32, ((h - y) / (2.0 * h)) as f32]);
            let to_east = (up(x + step, *y) - up(x - step, *y)) / (2.0 * step);
            let to_north = (up(*x, y + step) - up(*x, y - step)) / (2.0 * step);
            let length = (to_east * to_east + to_north * to_north + 1.0).sqrt();
            mesh.normals.push([(-to_east / length) as f32, (1.0 / length) as f32, (to_north / length) as f32]);
        }
        mesh.indices.extend((2..piece.len() as u32).flat_map(|i| [first, first + i - 1, first + i]));
    };
    cut_along_folds(ground, MapPoint::new(e, n), &[[-w, -h], [w, -h], [w, h], [-w, h]], &mut emit);
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Terrain;

    fn hills(columns: u32, rows: u32) -> Terrain {
        let height = |i: u32| {
            let (x, y) = (f64::from(i % columns), f64::from(i / columns));
            (30.0 * (x * 0.3).sin() + 20.0 * (y * 0.2).cos()) as f32
        };
        Terrain {
            origin: MapPoint::new(500_000.0, 4_000_000.0),
            cell: 10.0,
            columns,
            rows,
            heights: (0..columns * rows).map(height).collect(),
            exaggeration: 2.0,
        }
    }

    fn triangles(mesh: &TerrainMesh) -> impl Iterator<Item = [[f32; 3]; 3]> + '_ {
        mesh.indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize]))
    }

    /// Twice the area on the map, positive seen from above.
    fn on_map([a, b, c]: [[f32; 3]; 3]) -> f32 {
        (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
    }

    #[test]
    fn tiles_cover_the_known_terrain_once_and_lie_on_the_ground() {
        let mut terrain = hills(200, 150);
        terrain.heights[200 * 70 + 40] = f32::NAN;
        let ground = Ground::new(&terrain, usize::MAX);
        let meshes = mesh_terrain(&ground);
        assert_eq!(meshes.len(), 4);
        let area: f32 = meshes.iter().flat_map(triangles).map(on_map).sum();
        // 199 × 149 cells of 100 m² less the four around the unknown sample.
        assert_eq!(area / 2.0, (199.0 * 149.0 - 4.0) * 100.0);
        for mesh in &meshes {
            for t in triangles(mesh).filter(|t| on_map(*t) > 1.0) {
                let centre = [0, 1, 2].map(|k| (t[0][k] + t[1][k] + t[2][k]) / 3.0);
                let point =
                    MapPoint::new(mesh.origin.east + f64::from(centre[0]), mesh.origin.north - f64::from(centre[2]));
                // Exaggeration 2: twice what the terrain says.
                assert!((terrain.height_at(point).unwrap() * 2.0 - f64::from(centre[1])).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn skirts_close_the_border_and_look_outward() {
        let ground = Ground::new(&hills(9, 7), usize::MAX);
        let mesh = &mesh_terrain(&ground)[0];
        let skirts: Vec<_> = triangles(mesh).filter(|t| on_map(*t).abs() < 1e-3).collect();
        assert_eq!(skirts.len(), 2 * 2 * (8 + 6));
        let bottom = skirt_elevation(ground.grid().unwrap());
        assert!(mesh.positions.iter().all(|p| p[1] >= bottom));
        for [a, b, c] in skirts {
            let u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
            let v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
            let normal = [u[1] * v[2] - u[2] * v[1], 0.0, u[0] * v[1] - u[1] * v[0]];
            // Away from the middle, (40, -30).
            let out = [(a[0] + b[0]) / 2.0 - 40.0, 0.0, (a[2] + b[2]) / 2.0 + 30.0];
            assert!(normal[0] * out[0] + normal[2] * out[2] > 0.0);
        }
    }

    #[test]
    fn a_picture_lies_on_the_ground_and_covers_its_area() {
        let ground = Ground::new(&hills(60, 50), usize::MAX);
        // Reaches beyond the terrain in the south-west.
        let area = Bounds { min: [499_903.0, 3_999_951.0], max: [500_333.3, 4_000_321.7] };
        let mesh = mesh_sheet(&ground, &area);
        let sum: f64 = triangles(&mesh).map(|t| f64::from(on_map(t)) / 2.0).sum();
        assert!((sum / (430.3 * 370.7) - 1.0).abs() < 1e-5, "{sum}");
        for t in triangles(&mesh) {
            let c = [0, 1, 2].map(|k| t.iter().map(|p| f64::from(p[k])).sum::<f64>() / 3.0);
            let on = ground.elevation(MapPoint::new(mesh.origin.east + c[0], mesh.origin.north - c[2]));
            assert!((on - c[1]).abs() < 0.0101);
        }
        let north_west = mesh.positions.iter().zip(&mesh.uvs).find(|(_, uv)| **uv == [0.0, 0.0]).unwrap().0;
        assert!((north_west[0] + 215.15).abs() < 1e-3 && (north_west[2] + 185.35).abs() < 1e-3);
        assert_eq!(mesh_sheet(&Ground::flat(), &area).indices.len(), 6);
        assert!(mesh_sheet(&ground, &Bounds::EMPTY).indices.is_empty());
    }
}
