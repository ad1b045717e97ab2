//! Plain arrays for the renderer: positions in `f32` relative to a tile's origin.
//!
//! # Axes
//! East is +X, up is +Y, north is -Z ([`crate::place::SceneFrame`]).

pub mod city;
mod clip;
pub mod drape;
pub mod extrude;
pub mod measure;
mod ribbon;
mod surface;
pub mod terrain;
pub mod tiles;
pub mod triangulate;

pub use drape::{Cloth, mesh_draped, mesh_surfaces};
pub use measure::MeshStats;
pub use terrain::{TerrainMesh, mesh_sheet, mesh_terrain};
pub use tiles::{TRIANGLES_PER_TILE, mesh_bodies};

use crate::place::MapPoint;

/// Which way a face looks, packed in the upper 8 bits of a vertex tag.
///
/// 0 is up, 1 is down; 2 + k is a wall whose outward normal has the azimuth k · 360/254 degrees,
/// clockwise from north.
pub type Facing = u8;

/// Looks up.
pub const UP: Facing = 0;
/// Looks down.
pub const DOWN: Facing = 1;

/// The facing of a wall whose outward normal points `east`, `north` (of any length).
pub fn wall_facing(east: f64, north: f64) -> Facing {
    let turns = east.atan2(north) / std::f64::consts::TAU;
    // In 0..254, so that the sum fits.
    2 + ((turns.rem_euclid(1.0) * 254.0).round() as u8) % 254
}

/// Features in one tile mesh tag: the lower 24 bits.
pub const MAX_FEATURES: u32 = 1 << 24;

/// Packs a feature and a facing into a vertex tag.
pub fn tag(feature: u32, facing: Facing) -> u32 {
    (feature & (MAX_FEATURES - 1)) | (u32::from(facing) << 24)
}

/// One mesh: a tile of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TileMesh {
    /// The map point that positions are relative to.
    pub origin: MapPoint,
    /// East, up, minus north; metres. Up is elevation above datum (times the terrain's exaggeration
    /// for the ground part).
    pub positions: Vec<[f32; 3]>,
    /// Feature and facing of each vertex; the three vertices of a triangle have the same.
    pub tags: Vec<u32>,
    /// Three for each triangle, counter-clockwise seen from outside.
    pub indices: Vec<u32>,
}

impl TileMesh {
    /// Bytes in GPU buffers: 12 for a position and 4 for a tag of each vertex, 4 for each index.
    pub fn gpu_bytes(&self) -> usize {
        16 * self.positions.len() + 4 * self.indices.len()
    }
}
