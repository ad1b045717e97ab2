//! Areas of an answer that lie on the ground as a coloured sheet: what a warning is about. They are made elsewhere, on
//! a thread, and handed over as plain meshes.

use bevy::prelude::*;
use bevy::render::storage::ShaderBuffer;

use super::Frame;
use super::light::Sky;
use super::material::{CityMaterial, CityParams};
use super::stage::of_answer;
use super::style::VISIBLE;
use crate::mesh::TileMesh;

/// A sheet of one colour.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Its meshes, all of them of feature 0.
    pub tiles: Vec<TileMesh>,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// 0 to 1.
    pub opacity: f32,
}

/// What lies on the ground; the last on top. The meshes are taken out when they are drawn.
#[derive(Resource, Default, Debug)]
pub struct Sheets(pub Vec<Sheet>);

/// An entity of a sheet.
#[derive(Component)]
struct OfSheet;

/// Drawn after all flat layers and below the marks.
const ORDER: f32 = 4_000.0;

/// Draws the sheets.
pub fn plugin(app: &mut App) {
    app.init_resource::<Sheets>().add_systems(Update, draw.in_set(Frame::Scene));
}

fn draw(
    mut commands: Commands,
    mut sheets: ResMut<Sheets>,
    sky: Res<Sky>,
    old: Query<Entity, With<OfSheet>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<CityMaterial>>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
) {
    if !sheets.is_changed() {
        return;
    }
    old.iter().for_each(|entity| commands.entity(entity).despawn());
    for (at, sheet) in std::mem::take(&mut sheets.bypass_change_detection().0).into_iter().enumerate() {
        let [r, g, b] = sheet.colour;
        let mut material = CityMaterial {
            styles: buffers.add(ShaderBuffer::from(vec![u32::from_le_bytes([r, g, b, 0]) | VISIBLE])),
            params: CityParams {
                features: 1,
                shade: 1.0,
                // As layers that are draped: lifted clear of rounding.
                tuning: Vec4::new(sheet.opacity, 5e-4, 0.0, 0.0),
                ..default()
            },
            order: ORDER + at as f32,
            shadows: false,
            answer: true,
        };
        material.follow(&sky, false);
        let material = materials.add(material);
        for tile in sheet.tiles {
            commands.spawn((OfSheet, of_answer(tile, &mut meshes, &material)));
        }
    }
}
