//! The mesh of a tile at its level of detail.

use super::city::{LayerMesh, Sizes};
use crate::index::Ground;
use crate::model::Layer;
use crate::place::Bounds;
use crate::tiles::TileContent;

/// The mesh of a tile and what is known of it.
#[derive(Debug)]
pub struct TileLook {
    /// Its meshes; a vertex names the item, not the row.
    pub mesh: LayerMesh,
    /// The box around its vertices, metres; empty when it draws nothing.
    pub bounds: Bounds,
    /// From the lowest to the highest vertex, metres.
    pub range: [f64; 2],
    /// Triangles.
    pub triangles: u32,
    /// Bytes in GPU buffers.
    pub gpu_bytes: usize,
}

/// From this level on outlines of flat polygons are thinner than a pixel.
const NO_OUTLINES: u8 = 2;

/// Meshes what a tile of a layer shows.
pub fn mesh_tile(content: &TileContent, layer: &Layer, sizes: &Sizes, ground: &Ground) -> TileLook {
    let mut mesh = LayerMesh::of(&content.geometry, content.heights.as_ref(), layer, sizes, ground);
    if content.key.level >= NO_OUTLINES && !mesh.tiles.is_empty() {
        mesh.outlines.clear();
    }
    let (mut bounds, mut range) = (Bounds::EMPTY, [f64::INFINITY, f64::NEG_INFINITY]);
    let (mut triangles, mut gpu_bytes) = (0, 0);
    for tile in mesh.tiles.iter().chain(&mesh.outlines) {
        triangles += tile.indices.len() as u32 / 3;
        gpu_bytes += tile.gpu_bytes();
        for [east, up, south] in &tile.positions {
            bounds.add([tile.origin.east + f64::from(*east), tile.origin.north - f64::from(*south)]);
            range = [range[0].min(f64::from(*up)), range[1].max(f64::from(*up))];
        }
    }
    TileLook { mesh, bounds, range, triangles, gpu_bytes }
}
