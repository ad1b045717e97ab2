//! Plain arrays for the renderer: positions in `f32` relative to a tile's origin.
//!
//! # Axes
//! East is +X, up is +Y, north is -Z ([`crate::place::SceneFrame`]).

use crate::place::MapPoint;

/// Which way a face looks, packed in the upper 8 bits of a vertex tag.
///
/// 0 is up, 1 is down; 2 + k is a wall whose outward normal has the azimuth k · 360/254 degrees,
/// clockwise from north.
pub type Facing = u8;

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
