//! Bodies that an answer shows in the scene beside the city's layers: what breaks a limit, what may be built.

use bevy::prelude::*;
use bevy::render::storage::ShaderBuffer;

use super::Frame;
use super::light::Sky;
use super::material::{CityMaterial, CityParams};
use super::stage::{Shown, of_answer};
use super::style::VISIBLE;
use crate::index::{Bodies, Ground};
use crate::mesh::{TRIANGLES_PER_TILE, mesh_bodies};
use crate::model::{GeometryColumn, HeightSource, Heights, Title, Vertical};
use crate::themes::volumes::{Volume, outlines};

/// Bodies of one colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Their outlines, project CRS.
    pub outlines: GeometryColumn,
    /// Foot of each above its ground, metres.
    pub base: Vec<f32>,
    /// Top of each above its ground, metres.
    pub top: Vec<f32>,
    /// Whether foot and top are elevations as drawn, whatever the ground under the outline is.
    pub elevations: bool,
    /// What they are.
    pub label: Title,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// 0 to 1.
    pub opacity: f32,
}

impl Group {
    /// Volumes of one colour.
    pub fn of(volumes: &[Volume], label: Title, colour: [u8; 3], opacity: f32) -> Self {
        Self {
            outlines: outlines(volumes),
            base: volumes.iter().map(|volume| volume.base as f32).collect(),
            top: volumes.iter().map(|volume| volume.top as f32).collect(),
            elevations: false,
            label,
            colour,
            opacity,
        }
    }

    /// How they stand on the ground: as they are drawn.
    pub fn bodies(&self, ground: &Ground) -> Bodies {
        if self.elevations {
            return Bodies::between(&self.base, &self.top);
        }
        let count = self.outlines.len();
        let heights = Heights {
            top: self.top.clone(),
            base: self.base.clone(),
            source: vec![HeightSource::Surveyed; count],
            covered: vec![false; count],
        };
        Bodies::stand(&self.outlines, &heights, Vertical::OnTerrain, 0.0, ground)
    }
}

/// What is shown: whoever answers writes it, under its own name.
#[derive(Resource, Default, Debug)]
pub struct Marks {
    groups: std::collections::BTreeMap<&'static str, Vec<Group>>,
}

impl Marks {
    /// Whether this is what `who` shows now.
    pub fn are(&self, who: &'static str, groups: &[Group]) -> bool {
        self.groups.get(who).map_or(&[][..], Vec::as_slice) == groups
    }

    /// All that is shown, by who shows it.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &[Group])> {
        self.groups.iter().map(|(who, groups)| (*who, groups.as_slice()))
    }

    /// Shows groups in the place of those that `who` showed before.
    pub fn show(&mut self, who: &'static str, groups: Vec<Group>) {
        self.groups.insert(who, groups);
    }
}

/// An entity of a mark.
#[derive(Component)]
struct Mark;

/// How much nearer to the eye marks are drawn than the walls that they coincide with: a share of the distance. Each
/// further group of one answer is drawn a quarter of it nearer still.
pub(super) const NEARER: f32 = 1e-3;
/// Drawn after all flat layers.
const ORDER: f32 = 5_000.0;

/// Draws the marks.
pub fn plugin(app: &mut App) {
    app.init_resource::<Marks>().add_systems(Update, draw.in_set(Frame::Scene));
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn draw(
    mut commands: Commands,
    marks: Res<Marks>,
    shown: Res<Shown>,
    sky: Res<Sky>,
    old: Query<Entity, With<Mark>>,
    mut generation: Local<u64>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<CityMaterial>>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
) {
    let other_city = std::mem::replace(&mut *generation, shown.generation) != shown.generation;
    if !marks.is_changed() && !other_city {
        return;
    }
    old.iter().for_each(|entity| commands.entity(entity).despawn());
    let Some(city) = &shown.mesh else { return };
    for (at, group) in marks.groups.values().flat_map(|groups| groups.iter().enumerate()) {
        let count = group.outlines.len();
        let bodies = group.bodies(&city.ground);
        let [r, g, b] = group.colour;
        let style = u32::from_le_bytes([r, g, b, 0]) | VISIBLE;
        let mut material = CityMaterial {
            styles: buffers.add(ShaderBuffer::from(vec![style; count.max(1)])),
            params: CityParams {
                body: 1,
                features: count.max(1) as u32,
                shade: 1.0,
                tuning: Vec4::new(group.opacity, NEARER * (1.0 + 0.25 * at as f32), 0.0, 0.0),
                ..default()
            },
            order: ORDER,
            shadows: false,
            answer: true,
        };
        material.follow(&sky, false);
        let material = materials.add(material);
        for tile in mesh_bodies(&group.outlines, &bodies, TRIANGLES_PER_TILE) {
            commands.spawn((Mark, of_answer(tile, &mut meshes, &material)));
        }
    }
}
