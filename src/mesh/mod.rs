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
pub mod tile;
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
#[inline]
pub fn wall_facing(east: f64, north: f64) -> Facing {
    let (east, north) = (east as f32, north as f32);
    let (across, along) = (east.abs(), north.abs());
    // The angle from the nearer axis as a share of the turn: arc tangent for ratios up to 1 by
    // Abramowitz and Stegun, Handbook of Mathematical Functions, 4.4.49, to 1e-5 radians.
    let (less, more) = if across < along { (across, along) } else { (along, across) };
    let ratio = less / more;
    let s = ratio * ratio;
    let series = 0.999_866 + s * (-0.330_299_5 + s * (0.180_141 + s * (-0.085_133 + s * 0.020_835_1)));
    let octant = ratio * series / std::f32::consts::TAU;
    let quarter = if across < along { octant } else { 0.25 - octant };
    let half = if north < 0.0 { 0.5 - quarter } else { quarter };
    let turn = if east < 0.0 { 1.0 - half } else { half };
    // Rounded without a call; 254 is 0 again. NaN, of an edge without length, is 0.
    2 + (turn * 254.0 + 0.5) as u8 % 254
}

/// Features in one tile mesh tag: the lower 24 bits.
pub const MAX_FEATURES: u32 = 1 << 24;

/// Packs a feature and a facing into a vertex tag.
#[inline]
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the platform's arc tangent; a step of the facing is 1.4 degrees.
    #[test]
    fn a_wall_looks_where_its_normal_points() {
        for i in 0..36_000 {
            let azimuth = f64::from(i) / 100.0;
            let (east, north) = azimuth.to_radians().sin_cos();
            let facing = wall_facing(east * 1e-3, north * 1e-3);
            assert!((2..=255).contains(&facing));
            let off = (f64::from(facing - 2) * 360.0 / 254.0 - azimuth).abs();
            assert!(off.min(360.0 - off) < 360.0 / 254.0 / 2.0 + 0.002, "{azimuth}: {facing}");
        }
        assert_eq!([wall_facing(0.0, 1.0), wall_facing(1.0, 0.0), wall_facing(0.0, -1.0)], [2, 2 + 64, 2 + 127]);
    }
}
