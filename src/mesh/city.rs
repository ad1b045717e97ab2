//! All meshes of a city: what the scene draws and what `stats` sums up.

use std::time::Instant;

use super::drape::Cloth;
use super::{TRIANGLES_PER_TILE, TileMesh, drape, mesh_bodies};
use crate::city::{City, CityLayer};
use crate::index::{Bodies, Ground};
use crate::model::{GeometryColumn, GeometryKind, Heights, Layer, Role, Vertical};
use crate::report::{Cancelled, Progress};

/// Ground samples drawn and stood on at most. Every layer on the ground is cut along its cells, so
/// this bounds their triangles: a layer that covers the whole ground makes about four a sample.
const GROUND_SAMPLES: usize = 60_000;

/// The meshes of one layer.
#[derive(Debug, Default)]
pub struct LayerMesh {
    /// One mesh for each tile: bodies, surfaces, filled polygons, lines, pins.
    pub tiles: Vec<TileMesh>,
    /// The outlines of flat polygons, drawn over `tiles`.
    pub outlines: Vec<TileMesh>,
    /// Where its bodies stand; `None` for a layer that lies on the ground.
    pub bodies: Option<Bodies>,
    /// Whether it rises from the ground (bodies, surfaces, pins) and hides what is behind.
    pub solid: bool,
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

/// Which layers are meshed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// All that are in memory: to be measured.
    All,
    /// Those that are not drawn tile by tile ([`is_tiled`]): to be shown.
    Untiled,
}

/// A flat layer of so many rows, or vertices, is drawn tile by tile.
const MANY: (usize, usize) = (4_000, 60_000);

/// Whether a layer is drawn tile by tile, at levels of detail: bodies, whatever is streamed, and flat
/// layers of more than a few features.
pub fn is_tiled(layer: &CityLayer) -> bool {
    let table = &layer.layer.table;
    layer.stream.is_some()
        || layer.layer.heights.is_some() && layer.layer.role == Role::Building
        || table.len() > MANY.0
        || table.geometry.vertex_count() > MANY.1
}

impl CityMesh {
    /// Meshes the layers of a city.
    ///
    /// # Errors
    /// [`Cancelled`] when the progress says so.
    pub fn build(city: &City, whole: Whole, progress: &Progress) -> Result<Self, Cancelled> {
        let start = Instant::now();
        let ground = city.terrain.as_deref().map_or_else(Ground::flat, |terrain| Ground::new(terrain, GROUND_SAMPLES));
        progress.stage("mesh", city.layers.len() as u64);
        let mut layers = Vec::with_capacity(city.layers.len());
        for (i, layer) in city.layers.iter().enumerate() {
            progress.at(i as u64)?;
            layers.push(if whole == Whole::Untiled && is_tiled(layer) {
                LayerMesh::stand(&layer.layer, &ground)
            } else {
                let (table, heights) = (&layer.layer.table, layer.layer.heights.as_ref());
                LayerMesh::of(&table.geometry, heights, &layer.layer, &Sizes::of(layer), &ground)
            });
        }
        Ok(Self { ground, layers, ms: start.elapsed().as_secs_f64() * 1000.0 })
    }
}

impl LayerMesh {
    /// Where the bodies of a layer stand, without meshes.
    fn stand(layer: &Layer, ground: &Ground) -> Self {
        let mut mesh = Self { solid: layer.has_bodies(), ..Self::default() };
        mesh.bodies = bodies_of(&layer.table.geometry, layer.heights.as_ref(), layer, ground);
        mesh
    }

    /// Meshes some features of a layer: all of them, or the items of a tile.
    pub fn of(
        geometry: &GeometryColumn,
        heights: Option<&Heights>,
        layer: &Layer,
        sizes: &Sizes,
        ground: &Ground,
    ) -> Self {
        if let Some(bodies) = bodies_of(geometry, heights, layer, ground) {
            let tiles = mesh_bodies(geometry, &bodies, TRIANGLES_PER_TILE);
            return Self { tiles, outlines: Vec::new(), bodies: Some(bodies), solid: true };
        }
        let kind = geometry.main_kind();
        if layer.vertical == Vertical::Absolute && geometry.has_z() && kind == GeometryKind::Polygon {
            let tiles = drape::mesh_surfaces(geometry, 0.0, TRIANGLES_PER_TILE);
            return Self { tiles, solid: true, ..Self::default() };
        }
        let outlined = kind == GeometryKind::Polygon && !matches!(layer.role, Role::Road | Role::Water | Role::Green);
        // Grids and boundaries cover everything: filled, they would hide what lies below.
        let filled = !(outlined && matches!(layer.role, Role::Grid | Role::Boundary));
        let cloth = Cloth::Fill { line_width: sizes.line, pin_height: sizes.pin };
        let outline = Cloth::Outline { width: sizes.outline };
        let mesh = |cloth| drape::mesh_draped(geometry, ground, cloth, TRIANGLES_PER_TILE);
        Self {
            tiles: if filled { mesh(cloth) } else { Vec::new() },
            outlines: if outlined { mesh(outline) } else { Vec::new() },
            bodies: None,
            solid: kind == GeometryKind::Point,
        }
    }
}

/// Where bodies stand, for a layer that has them.
fn bodies_of(geometry: &GeometryColumn, heights: Option<&Heights>, layer: &Layer, ground: &Ground) -> Option<Bodies> {
    let heights = heights.filter(|_| layer.has_bodies())?;
    // Its own Z was lifted when it was read.
    let lift = if layer.vertical == Vertical::Absolute { 0.0 } else { layer.z_offset };
    Some(Bodies::stand(geometry, heights, layer.vertical, lift, ground))
}

/// How wide lines and how high pins are, metres: by role, else by the extent of the layer, so that a
/// street is a street and a border of a province is still seen.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    line: f64,
    outline: f64,
    pin: f64,
}

impl Sizes {
    /// The sizes of a layer.
    pub fn of(layer: &CityLayer) -> Self {
        let extent = layer.extent();
        let known = layer.known();
        let across = if extent.is_empty() { 1000.0 } else { extent.width().hypot(extent.height()) };
        // A layer of many features over a region is looked at as a city.
        let many = is_tiled(layer);
        let city = across < 60_000.0 || many;
        Self {
            line: match known.role {
                Role::Road if city => 5.0,
                Role::ControlLine if city => 4.0,
                _ if many => 2.0,
                _ => (across / 1200.0).max(0.8),
            },
            outline: match known.role {
                // The outline is the line itself.
                Role::ControlLine if city => 4.0,
                Role::ControlLine => across / 1200.0,
                _ => (0.008 * median_area(&known.table.geometry).sqrt()).max(0.25),
            },
            pin: match known.role {
                _ if known.style.pin_m.is_some() => known.style.pin_m.map_or(0.0, f64::from),
                Role::Component if city => 5.0,
                Role::Incident if city => 16.0,
                _ if many => 10.0,
                _ => (across / 120.0).max(3.0),
            },
        }
    }
}

/// The median area of (a sample of at most about 1,000 of) the polygons.
fn median_area(geometry: &GeometryColumn) -> f64 {
    let step = (geometry.len() / 1000).max(1);
    let mut areas: Vec<f64> =
        (0..geometry.len()).step_by(step).map(|row| geometry.area(row as u32)).filter(|a| *a > 0.0).collect();
    let middle = areas.len() / 2;
    if areas.is_empty() { 0.0 } else { *areas.select_nth_unstable_by(middle, f64::total_cmp).1 }
}
