//! The city's entities: one mesh for each tile and layer, one style buffer and material for each
//! layer, the ground and what lies on it.

use std::sync::Arc;

use bevy::asset::RenderAssetUsages;
use bevy::camera::primitives::Aabb;
use bevy::light::NotShadowCaster;
use bevy::mesh::{Indices, MeshTag, PrimitiveTopology};
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use bevy::render::storage::ShaderBuffer;

use super::Frame;
use super::light::Sky;
use super::marks::NEARER;
use super::material::{ATTRIBUTE_TAG, CityMaterial, CityParams, GroundMaterial, GroundParams};
use super::style::{self, Hidden, Look, RowColours};
use super::view::Eye;
use crate::analysis::colour::Painter;
use crate::city::{City, CityLayer};
use crate::mesh::TileMesh;
use crate::mesh::city::{CityMesh, is_tiled};
use crate::mesh::terrain::{TerrainMesh, mesh_sheet, mesh_terrain, skirt_elevation};
use crate::model::{GeometryKind, Imagery, Role};
use crate::place::{MapPoint, SceneFrame};

/// The map point that an entity's mesh is relative to.
#[derive(Component, Clone, Copy, Debug)]
pub struct TileOrigin(pub MapPoint);

/// Tiles of a layer: its number in the city.
#[derive(Component, Clone, Copy, Debug)]
pub struct TileOf(pub usize);

/// The plane where there is no terrain.
#[derive(Component)]
struct GroundPlane;

/// The city that is shown with its meshes' by-products; published for every feature.
#[derive(Resource, Default)]
pub struct Shown {
    /// The city; `None` before the first is loaded.
    pub city: Option<Arc<City>>,
    /// Its ground and bodies; the tiles of its layers were handed to the renderer and are empty.
    pub mesh: Option<Arc<CityMesh>>,
    /// Counts cities shown; state made for an older one is stale.
    pub generation: u64,
}

/// How a layer is shown now; in the city's order of layers.
#[derive(Clone, Debug)]
pub struct LayerLook {
    /// One colour for each row, `0xAABBGGRR`; empty where rows are painted as they are read.
    pub colours: Arc<Vec<u32>>,
    /// Paints the rows of a streamed layer.
    pub painter: Option<Arc<Painter>>,
    /// What an answer paints over them: whoever comes last.
    pub answer: Option<Arc<RowColours>>,
    /// Whether it is shown.
    pub visible: bool,
    /// 0 to 1.
    pub opacity: f32,
    /// Place among the layers: greater lies on top.
    pub order: usize,
    /// Rows that pass the filter.
    pub filter: Option<Arc<Vec<u32>>>,
    /// Selected rows.
    pub selected: Vec<u32>,
    /// Rows that are not drawn: what a scheme takes down, what is shown cut open.
    pub hidden: Hidden,
    /// The row under the pointer.
    pub hovered: Option<u32>,
}

impl Default for LayerLook {
    fn default() -> Self {
        Self {
            colours: Arc::default(),
            painter: None,
            answer: None,
            visible: true,
            opacity: 1.0,
            order: 0,
            filter: None,
            selected: Vec::new(),
            hidden: Hidden::default(),
            hovered: None,
        }
    }
}

impl LayerLook {
    /// The colours that are seen: an answer's, else the layer's own.
    pub fn shown_colours(&self) -> &Arc<Vec<u32>> {
        self.answer.as_ref().map_or(&self.colours, |answer| &answer.colours)
    }

    /// Whether every feature looks the same as with another look.
    pub fn same_styles(&self, other: &Self) -> bool {
        let painter = self.painter.as_ref().map(Arc::as_ptr) == other.painter.as_ref().map(Arc::as_ptr);
        Arc::ptr_eq(self.shown_colours(), other.shown_colours())
            && painter
            && self.filter == other.filter
            && self.selected == other.selected
            && self.hidden == other.hidden
            && self.hovered == other.hovered
    }
}

/// The looks of all layers and of the ground: what features write and the stage follows.
#[derive(Resource, Default)]
pub struct Looks {
    /// One for each layer of the city.
    pub layers: Vec<LayerLook>,
    /// One for each picture on the ground: visible, opacity.
    pub imagery: Vec<(bool, f32)>,
    /// Whether the ground grid is drawn.
    pub grid: bool,
}

/// A city ready to be shown: made on a worker.
#[derive(Message, Clone)]
pub struct ShowCity {
    /// The city.
    pub city: Arc<City>,
    /// Its meshes, taken by the stage.
    pub mesh: Arc<std::sync::Mutex<Option<CityMesh>>>,
    /// The first looks of its layers.
    pub looks: Vec<LayerLook>,
}

/// What the renderer was given of the city that is shown.
#[derive(Resource, Default)]
pub(super) struct Stage {
    /// One for each layer.
    pub layers: Vec<LayerHandles>,
    imagery: Vec<Handle<GroundMaterial>>,
    ground: Option<Handle<GroundMaterial>>,
}

pub(super) struct LayerHandles {
    /// One `u32` for each feature.
    pub styles: Handle<ShaderBuffer>,
    /// Of its tiles and of its outlines.
    pub materials: Vec<Handle<CityMaterial>>,
    /// Whether it is drawn tile by tile, styles and all.
    tiled: bool,
    /// What the buffer and materials hold now.
    shown: LayerLook,
}

/// Shows cities and follows [`Looks`].
pub fn plugin(app: &mut App) {
    app.init_resource::<Shown>()
        .init_resource::<Looks>()
        .init_resource::<Stage>()
        .add_message::<ShowCity>()
        .add_systems(Update, show_city.in_set(Frame::Apply))
        .add_systems(Update, (follow_looks, follow_ground).in_set(Frame::Scene));
}

/// Draw order of the ground plane and of pictures, below every layer.
const GROUND_ORDER: f32 = -1000.0;

#[allow(clippy::too_many_arguments, clippy::type_complexity)] // a Bevy system touches many things
fn show_city(
    mut commands: Commands,
    mut messages: MessageReader<ShowCity>,
    old: Query<Entity, With<TileOrigin>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<CityMaterial>>,
    mut grounds: ResMut<Assets<GroundMaterial>>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
    mut images: ResMut<Assets<Image>>,
    (mut shown, mut looks, mut handles, mut eye, sky): (
        ResMut<Shown>,
        ResMut<Looks>,
        ResMut<Stage>,
        ResMut<Eye>,
        Res<Sky>,
    ),
) {
    let Some(message) = messages.read().last().cloned() else { return };
    // A second reader of the same message finds it taken.
    let Some(mut mesh) = message.mesh.lock().ok().and_then(|mut mesh| mesh.take()) else { return };
    for entity in &old {
        commands.entity(entity).despawn();
    }
    *handles = Stage::default();
    let city = message.city;
    if eye.frame == SceneFrame::default()
        || !city.extent.grown(20_000.0).holds([eye.frame.origin.east, eye.frame.origin.north])
    {
        let [east, north] = city.shown_extent().centre();
        let snap = |v: f64| if v.is_finite() { (v / 1000.0).round() * 1000.0 } else { 0.0 };
        eye.frame = SceneFrame { origin: MapPoint::new(snap(east), snap(north)) };
    }
    let shadows = sky.shadows && sky.sun_altitude > 1.0;
    let flat = mesh.ground.grid().is_none();

    let mut fronts = 0_u8;
    for (number, layer) in mesh.layers.iter_mut().enumerate() {
        let look = message.looks.get(number).cloned().unwrap_or_default();
        // A streamed layer has no meshes yet that would tell.
        let model = &city.layers[number].layer;
        let bodies = layer.bodies.is_some() || model.has_bodies() && model.heights.is_some();
        let styles = buffers.add(ShaderBuffer::from(vec![0u32]));
        let mut first = None;
        for (tiles, outline) in [(std::mem::take(&mut layer.tiles), false), (std::mem::take(&mut layer.outlines), true)]
        {
            let solid = layer.solid && !outline;
            let in_front = solid && model.style.in_front;
            let shadows = shadows && !in_front;
            // As marks of one answer: each nearer than those before it.
            let nearer = NEARER * (1.0 + 0.25 * f32::from(fronts));
            fronts = fronts.saturating_add(u8::from(in_front));
            let mut material = CityMaterial {
                styles: styles.clone(),
                params: CityParams {
                    body: u32::from(solid),
                    features: 1,
                    // Draped meshes coincide with the terrain: a bias of 1/2000 of the distance lifts
                    // them clear of rounding. Walls shade over their lowest 12 m on flat ground.
                    tuning: Vec4::new(
                        opacity(&city.layers[number], outline, look.opacity),
                        match solid {
                            true if in_front => nearer,
                            true => 0.0,
                            false => 5e-4,
                        },
                        if flat && bodies { 12.0 } else { 0.0 },
                        0.0,
                    ),
                    shade: if outline && model.role != Role::ControlLine { 0.45 } else { 1.0 },
                    ..default()
                },
                order: look.order as f32 + if outline { 0.5 } else { 0.0 },
                shadows,
                answer: in_front,
            };
            material.follow(&sky, shadows);
            let material = materials.add(material);
            for tile in tiles {
                let mut entity = commands.spawn((
                    TileOf(number),
                    TileOrigin(tile.origin),
                    vertex_box(&tile.positions),
                    Mesh3d(meshes.add(to_mesh(tile))),
                    MeshMaterial3d(material.clone()),
                    Transform::default(),
                    if look.visible { Visibility::Inherited } else { Visibility::Hidden },
                ));
                if !solid || in_front {
                    entity.insert(NotShadowCaster);
                }
            }
            first.get_or_insert_with(Vec::new).push(material);
        }
        handles.layers.push(LayerHandles {
            tiled: city.layers.get(number).is_some_and(|layer| is_tiled(layer)),
            styles,
            materials: first.unwrap_or_default(),
            // Not what the buffer holds: the next `follow_looks` fills it.
            shown: LayerLook { colours: Arc::new(vec![1]), ..look },
        });
    }
    spawn_ground(&mut commands, &mut meshes, &mut grounds, &mut images, &mut handles, &city, &mesh, &sky);

    looks.layers = message.looks;
    looks.imagery = city.imagery.iter().map(|picture| (picture.visible, picture.opacity)).collect();
    shown.city = Some(city);
    shown.mesh = Some(Arc::new(mesh));
    shown.generation += 1;
}

/// The opacity of a layer's own triangles or of its outlines: areas within control lines only tint what lies below,
/// their outlines say the colour.
fn opacity(layer: &CityLayer, outline: bool, opacity: f32) -> f32 {
    const TINT: f32 = 0.12;
    let known = layer.known();
    let tints = known.role == Role::ControlLine && known.table.geometry.main_kind() == GeometryKind::Polygon;
    if tints && !outline { TINT * opacity } else { opacity }
}

#[allow(clippy::too_many_arguments)] // the parts of a stage, each borrowed from its own resource
fn spawn_ground(
    commands: &mut Commands,
    meshes: &mut Assets<Mesh>,
    grounds: &mut Assets<GroundMaterial>,
    images: &mut Assets<Image>,
    handles: &mut Stage,
    city: &City,
    mesh: &CityMesh,
    sky: &Sky,
) {
    let shadows = sky.shadows && sky.sun_altitude > 1.0;
    let mut material = |order: f32, solid: bool, picture: Option<Handle<Image>>, colour: Vec4, tuning: Vec4| {
        let mut material =
            GroundMaterial { params: GroundParams { colour, tuning, ..default() }, picture, order, solid, shadows };
        material.follow(sky, shadows);
        grounds.add(material)
    };
    let plane = material(GROUND_ORDER, false, None, Vec4::ONE, Vec4::ZERO);
    handles.ground = Some(plane.clone());
    commands.spawn((
        GroundPlane,
        TileOrigin(MapPoint::default()),
        Mesh3d(meshes.add(plane_mesh())),
        MeshMaterial3d(plane),
        Transform::default(),
        bevy::camera::visibility::NoFrustumCulling,
        NotShadowCaster,
    ));
    let terrain = mesh_terrain(&mesh.ground);
    if !terrain.is_empty() {
        let earth = Color::srgb_u8(0xdc, 0xdb, 0xd0).to_linear();
        let colour = Vec4::new(earth.red, earth.green, earth.blue, 1.0);
        let material = material(GROUND_ORDER + 1.0, true, None, colour, Vec4::new(0.0, 0.0, 0.0, 1.0));
        for tile in terrain {
            spawn_sheet(commands, meshes, tile, &material);
        }
    }
    for (number, picture) in city.imagery.iter().enumerate() {
        let sheet = mesh_sheet(&mesh.ground, &picture.imagery.bounds);
        let image = images.add(to_image(&picture.imagery));
        let opacity = if picture.visible { picture.opacity } else { 0.0 };
        let order = GROUND_ORDER + 2.0 + number as f32;
        let colour = Vec4::new(1.0, 1.0, 1.0, opacity);
        let material = material(order, false, Some(image), colour, Vec4::new(0.0, 1.0, 4e-4, 0.0));
        spawn_sheet(commands, meshes, sheet, &material);
        handles.imagery.push(material);
    }
}

fn spawn_sheet(
    commands: &mut Commands,
    meshes: &mut Assets<Mesh>,
    sheet: TerrainMesh,
    material: &Handle<GroundMaterial>,
) {
    if sheet.indices.is_empty() {
        return;
    }
    commands.spawn((
        TileOrigin(sheet.origin),
        vertex_box(&sheet.positions),
        Mesh3d(
            meshes.add(
                Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
                    .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, sheet.positions)
                    .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, sheet.normals)
                    .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, sheet.uvs)
                    .with_inserted_indices(Indices::U32(sheet.indices)),
            ),
        ),
        MeshMaterial3d(material.clone()),
        Transform::default(),
        NotShadowCaster,
    ));
}

fn to_image(imagery: &Imagery) -> Image {
    let size = Extent3d { width: imagery.width, height: imagery.height, depth_or_array_layers: 1 };
    Image::new(
        size,
        TextureDimension::D2,
        imagery.rgba.clone(),
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::RENDER_WORLD,
    )
}

/// A square of side 1 around the origin, looking up; scaled to the view.
fn plane_mesh() -> Mesh {
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(
            Mesh::ATTRIBUTE_POSITION,
            vec![[-0.5f32, 0.0, -0.5], [-0.5, 0.0, 0.5], [0.5, 0.0, 0.5], [0.5, 0.0, -0.5]],
        )
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, vec![[0.0f32, 1.0, 0.0]; 4])
        .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, vec![[0.0f32, 0.0]; 4])
        .with_inserted_indices(Indices::U32(vec![0, 1, 2, 0, 2, 3]))
}

/// The mesh of a tile of a vector layer.
pub(super) fn to_mesh(tile: TileMesh) -> Mesh {
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, tile.positions)
        .with_inserted_attribute(ATTRIBUTE_TAG, tile.tags)
        .with_inserted_indices(Indices::U32(tile.indices))
}

/// The box around vertices, for culling.
pub(super) fn vertex_box(positions: &[[f32; 3]]) -> Aabb {
    let (mut min, mut max) = (Vec3::splat(f32::INFINITY), Vec3::splat(f32::NEG_INFINITY));
    for position in positions {
        min = min.min(Vec3::from_array(*position));
        max = max.max(Vec3::from_array(*position));
    }
    if positions.is_empty() { Aabb::default() } else { Aabb::from_min_max(min, max) }
}

/// A tile of what an answer shows beside the city's layers: of one material, without a shadow.
pub(super) fn of_answer(
    tile: TileMesh,
    meshes: &mut Assets<Mesh>,
    material: &Handle<CityMaterial>,
) -> impl Bundle + use<> {
    (
        TileOrigin(tile.origin),
        vertex_box(&tile.positions),
        MeshTag(0),
        Mesh3d(meshes.add(to_mesh(tile))),
        MeshMaterial3d(material.clone()),
        Transform::default(),
        NotShadowCaster,
    )
}

/// Brings style buffers and materials in step with [`Looks`]: only what changed is uploaded.
pub(super) fn follow_looks(
    looks: Res<Looks>,
    shown: Res<Shown>,
    mut handles: ResMut<Stage>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
    mut materials: ResMut<Assets<CityMaterial>>,
    mut grounds: ResMut<Assets<GroundMaterial>>,
    mut tiles: Query<(&TileOf, &mut Visibility)>,
) {
    if !looks.is_changed() && !shown.is_changed() {
        return;
    }
    let Some(city) = &shown.city else { return };
    let mut visibility_changed = false;
    for (number, (look, handle)) in looks.layers.iter().zip(&mut handles.layers).enumerate() {
        let was = &handle.shown;
        let restyle = !look.same_styles(was);
        if restyle && !handle.tiled {
            let styles = style::pack(&Look {
                colours: look.shown_colours(),
                heights: city.layers[number].layer.heights.as_ref(),
                filter: look.filter.as_deref().map(Vec::as_slice),
                selected: &look.selected,
                hidden: look.hidden.rows(),
                hovered: look.hovered,
            });
            let features = styles.len() as u32;
            if let Some(mut buffer) = buffers.get_mut(&handle.styles) {
                buffer.set_data(styles);
            }
            // Touched so that its bind group sees a buffer that grew.
            for material in &handle.materials {
                if let Some(mut material) = materials.get_mut(material) {
                    material.params.features = features;
                }
            }
        }
        if (was.opacity, was.order) != (look.opacity, look.order) || restyle {
            for (material, outline) in handle.materials.iter().zip([false, true]) {
                if let Some(mut material) = materials.get_mut(material) {
                    material.params.tuning.x = opacity(&city.layers[number], outline, look.opacity);
                    material.order = look.order as f32 + if outline { 0.5 } else { 0.0 };
                }
            }
        }
        visibility_changed |= was.visible != look.visible;
        handle.shown = look.clone();
    }
    if visibility_changed {
        for (tile, mut visibility) in &mut tiles {
            let visible = looks.layers.get(tile.0).is_none_or(|look| look.visible);
            visibility.set_if_neq(if visible { Visibility::Inherited } else { Visibility::Hidden });
        }
    }
    for ((visible, opacity), handle) in looks.imagery.iter().zip(&handles.imagery) {
        if let Some(mut material) = grounds.get_mut(handle) {
            material.params.colour.w = if *visible { *opacity } else { 0.0 };
        }
    }
}

/// Keeps the ground plane under the eye and its grid at a readable spacing.
fn follow_ground(
    eye: Res<Eye>,
    looks: Res<Looks>,
    sky: Res<Sky>,
    shown: Res<Shown>,
    handles: Res<Stage>,
    mut grounds: ResMut<Assets<GroundMaterial>>,
    mut plane: Query<(&mut Transform, &mut TileOrigin), With<GroundPlane>>,
) {
    if !(eye.is_changed() || looks.is_changed() || sky.is_changed() || shown.is_changed()) {
        return;
    }
    // Under a terrain the plane lies at the foot of its skirts and fills the view beyond its border.
    let grid = shown.mesh.as_ref().and_then(|mesh| mesh.ground.grid());
    let elevation = grid.map_or(0.0, skirt_elevation);
    for (mut transform, mut origin) in &mut plane {
        origin.0 = eye.camera.target;
        let [x, _, z] = eye.frame.to_scene(eye.camera.target, 0.0);
        transform.translation = Vec3::new(x as f32, elevation, z as f32);
        transform.scale = Vec3::splat((eye.camera.distance * 80.0 + 20_000.0) as f32);
    }
    // A line about every 60 pixels: 1, 10, 100 … metres.
    let wanted = eye.camera.metres_per_pixel(f64::from(eye.viewport[3])) * 60.0;
    let spacing = 10f64.powf(wanted.max(1.0).log10().ceil());
    let step = spacing * 10.0;
    let zero = [-eye.frame.origin.east.rem_euclid(step), eye.frame.origin.north.rem_euclid(step)];
    let colour = if sky.dark { Color::srgb_u8(0x33, 0x39, 0x42) } else { Color::srgb_u8(0xdb, 0xde, 0xda) }.to_linear();
    let Some(handle) = &handles.ground else { return };
    let Some(mut material) = grounds.get_mut(handle) else { return };
    material.params.colour = Vec4::new(colour.red, colour.green, colour.blue, 1.0);
    material.params.tuning = Vec4::new(if looks.grid { spacing as f32 } else { 0.0 }, 0.0, 0.0, 0.0);
    material.params.grid_zero = Vec4::new(zero[0] as f32, zero[1] as f32, elevation, 0.0);
}
