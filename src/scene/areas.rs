//! Areas that an answer colours: the polygons of a layer, filled on the ground over all that is flat, beside the
//! layer's own look. Layers of areas that cover everything are drawn as outlines otherwise.

use std::sync::{Arc, Mutex};

use bevy::prelude::*;
use bevy::render::storage::ShaderBuffer;
use bevy::window::RequestRedraw;

use super::Frame;
use super::light::Sky;
use super::material::{CityMaterial, CityParams};
use super::stage::{Shown, of_answer};
use super::style::{Look, pack};
use crate::mesh::drape::{Cloth, mesh_draped};
use crate::mesh::{TRIANGLES_PER_TILE, TileMesh};

/// Areas in colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Painted {
    /// The layer's number in the city.
    pub layer: usize,
    /// One for each row, `0xAABBGGRR`; alpha 0 hides.
    pub colours: Arc<Vec<u32>>,
    /// 0 to 1.
    pub opacity: f32,
}

/// The areas that are coloured now.
#[derive(Resource, Default, Debug)]
pub struct PaintedAreas(pub Option<Painted>);

/// An entity of them.
#[derive(Component)]
struct Area;

/// Meshes that are made on a thread: there when they are done.
type Making = Arc<Mutex<Option<Vec<TileMesh>>>>;

/// What the renderer was given.
#[derive(Resource, Default)]
struct Given {
    /// The city and the layer that the meshes are of.
    of: Option<(u64, usize)>,
    making: Option<Making>,
    styles: Option<Handle<ShaderBuffer>>,
    material: Option<Handle<CityMaterial>>,
    colours: Arc<Vec<u32>>,
}

/// So much nearer to the eye than the ground: as flat layers, a share of the distance.
const NEARER: f32 = 5e-4;

/// Draws the areas.
pub fn plugin(app: &mut App) {
    app.init_resource::<PaintedAreas>().init_resource::<Given>().add_systems(Update, draw.in_set(Frame::Scene));
}

fn styles_of(colours: &[u32]) -> Vec<u32> {
    pack(&Look { colours, heights: None, filter: None, selected: &[], hidden: &[], hovered: None })
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn draw(
    mut commands: Commands,
    (painted, shown, sky): (Res<PaintedAreas>, Res<Shown>, Res<Sky>),
    mut given: ResMut<Given>,
    old: Query<Entity, With<Area>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<CityMaterial>>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let given = &mut *given;
    let wanted = painted.0.as_ref().filter(|painted| {
        shown.city.as_ref().and_then(|city| city.layers.get(painted.layer)).is_some_and(|layer| layer.stream.is_none())
    });
    let of = wanted.map(|painted| (shown.generation, painted.layer));
    if given.of != of {
        old.iter().for_each(|entity| commands.entity(entity).despawn());
        *given = Given { of, ..Given::default() };
        if let (Some(painted), Some(city), Some(mesh)) = (wanted, &shown.city, &shown.mesh) {
            let (city, mesh, number) = (city.clone(), mesh.clone(), painted.layer);
            let making = Making::default();
            let answer = making.clone();
            given.making = Some(making);
            std::thread::spawn(move || {
                let cloth = Cloth::Fill { line_width: 1.0, pin_height: 1.0 };
                let geometry = city.layers.get(number).map(|layer| &layer.layer.table.geometry);
                let made = geometry.map(|geometry| mesh_draped(geometry, &mesh.ground, cloth, TRIANGLES_PER_TILE));
                if let Ok(mut slot) = answer.lock() {
                    *slot = Some(made.unwrap_or_default());
                }
            });
        }
    }
    let Some(painted) = wanted else { return };
    let made = given.making.as_ref().and_then(|making| making.lock().ok()?.take());
    if given.making.is_some() {
        // Nothing else wakes a window that waits for events.
        redraw.write(RequestRedraw);
    }
    if let Some(made) = made {
        given.making = None;
        let styles = buffers.add(ShaderBuffer::from(styles_of(&painted.colours)));
        let layers = shown.city.as_ref().map_or(0, |city| city.layers.len());
        let mut material = CityMaterial {
            styles: styles.clone(),
            params: CityParams {
                features: painted.colours.len().max(1) as u32,
                shade: 1.0,
                tuning: Vec4::new(painted.opacity, NEARER, 0.0, 0.0),
                ..default()
            },
            // Over all that is flat: parcels and green would hide them.
            order: layers as f32 + 1.0,
            shadows: false,
            answer: true,
        };
        material.follow(&sky, false);
        let material = materials.add(material);
        for tile in made {
            commands.spawn((Area, of_answer(tile, &mut meshes, &material)));
        }
        (given.styles, given.material, given.colours) = (Some(styles), Some(material), painted.colours.clone());
    }
    let Some(styles) = given.styles.as_ref().filter(|_| !Arc::ptr_eq(&given.colours, &painted.colours)) else { return };
    if let Some(mut buffer) = buffers.get_mut(styles) {
        buffer.set_data(styles_of(&painted.colours));
    }
    // Touched so that its bind group sees the buffer.
    if let Some(mut material) = given.material.as_ref().and_then(|material| materials.get_mut(material)) {
        material.params.tuning.x = painted.opacity;
    }
    given.colours = painted.colours.clone();
}
