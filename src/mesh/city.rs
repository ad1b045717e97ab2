//! All meshes of a city: what the scene draws and what `stats` sums up.

use std::sync::Arc;
use std::time::Instant;

use super::{TRIANGLES_PER_TILE, TileMesh, mesh_bodies};
use crate::city::{City, CityLayer};
use crate::index::{Bodies, Ground};
use crate::model::Role;
use crate::report::{Cancelled, Progress};

/// Ground samples drawn and stood on at most: 2 million triangles.
const GROUND_SAMPLES: usize = 1_000_000;

/// The meshes of one layer.
#[derive(Debug, Default)]
pub struct LayerMesh {
    /// One mesh for each tile.
    pub tiles: Vec<TileMesh>,
    /// Where its bodies stand; `None` for a flat layer.
    pub bodies: Option<Bodies>,
}

/// The meshes of all layers, in the city's order.
#[derive(Debug, Default)]
pub struct CityMesh {
    /// The ground that everything stands on.
    pub ground: Ground,
    /// One for each layer of the city.
    pub layers: Vec<LayerMesh>,
    /// Milliseconds spent.
    pub ms: f64,
}

impl CityMesh {
    /// Meshes every layer of a city.
    ///
    /// # Errors
    /// [`Cancelled`] when the progress says so.
    pub fn build(city: &City, progress: &Progress) -> Result<Self, Cancelled> {
        let start = Instant::now();
        let ground = city.terrain.as_deref().map_or_else(Ground::flat, |terrain| Ground::new(terrain, GROUND_SAMPLES));
        progress.stage("mesh", city.layers.len() as u64);
        let mut layers = Vec::with_capacity(city.layers.len());
        for (i, layer) in city.layers.iter().enumerate() {
            progress.at(i as u64)?;
            layers.push(mesh_layer(layer, &ground));
        }
        Ok(Self { ground, layers, ms: start.elapsed().as_secs_f64() * 1000.0 })
    }
}

fn mesh_layer(layer: &Arc<CityLayer>, ground: &Ground) -> LayerMesh {
    let layer = &layer.layer;
    let geometry = &layer.table.geometry;
    match &layer.heights {
        Some(heights) if layer.role == Role::Building => {
            let bodies = Bodies::stand(geometry, heights, layer.vertical, 0.0, ground);
            LayerMesh { tiles: mesh_bodies(geometry, &bodies, TRIANGLES_PER_TILE), bodies: Some(bodies) }
        }
        _ => LayerMesh::default(),
    }
}
