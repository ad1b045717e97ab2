//! What is drawn, summed from the triangles themselves.

use super::{TileMesh, UP};
use crate::index::Bodies;

/// Sums over the meshes of a layer, from their triangles alone: a check of the areas and volumes
/// that come from footprints and heights.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct MeshStats {
    /// Area on the map of the faces that look up, m²: roofs of bodies, all of a draped layer.
    pub roof_area_m2: f64,
    /// Area of the faces that look sideways, m²; down to the lowest ground under each body.
    pub wall_area_m2: f64,
    /// Volume above each body's ground, m³. What reaches below it, down to the lowest terrain, is
    /// not counted; 0 for layers without bodies.
    pub volume_m3: f64,
    /// Number of meshes.
    pub tiles: usize,
    /// Number of triangles.
    pub triangles: usize,
    /// Number of vertices.
    pub vertices: usize,
    /// Bytes in GPU buffers: 16 for each vertex, 4 for each index.
    pub gpu_bytes: usize,
}

impl MeshStats {
    /// Measures the meshes of bodies.
    pub fn measure<'m>(meshes: impl IntoIterator<Item = &'m TileMesh>, bodies: &Bodies) -> Self {
        Self::sum(meshes, Some(bodies))
    }

    /// Measures the meshes of a layer that lies on the ground.
    pub fn measure_flat<'m>(meshes: impl IntoIterator<Item = &'m TileMesh>) -> Self {
        Self::sum(meshes, None)
    }

    fn sum<'m>(meshes: impl IntoIterator<Item = &'m TileMesh>, bodies: Option<&Bodies>) -> Self {
        let mut stats = Self::default();
        for mesh in meshes {
            stats.tiles += 1;
            stats.triangles += mesh.indices.len() / 3;
            stats.vertices += mesh.positions.len();
            stats.gpu_bytes += mesh.gpu_bytes();
            for t in mesh.indices.chunks_exact(3) {
                let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize].map(f64::from));
                let tag = mesh.tags[t[0] as usize];
                let (feature, facing) = ((tag & (super::MAX_FEATURES - 1)) as usize, (tag >> 24) as u8);
                let u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
                let v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
                let normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
                // The area on the map, positive when seen from above.
                let on_map = normal[1] / 2.0;
                if facing == UP {
                    stats.roof_area_m2 += on_map;
                } else if facing >= 2 {
                    stats.wall_area_m2 += (normal[0].powi(2) + normal[1].powi(2) + normal[2].powi(2)).sqrt() / 2.0;
                }
                // Gauss: a volume is the sum over its faces of area on the map × height; upright
                // faces add nothing and a face on the ground would add 0.
                if let Some(ground) = bodies.and_then(|bodies| bodies.ground.get(feature)) {
                    stats.volume_m3 += on_map * ((a[1] + b[1] + c[1]) / 3.0 - f64::from(*ground));
                }
            }
        }
        stats
    }
}
