//! The two materials of the scene and their shaders.
//!
//! Shader sources are embedded; a file of the same name in a `shaders` folder beside the program
//! overrides one.

use bevy::asset::uuid_handle;
use bevy::mesh::{MeshVertexAttribute, MeshVertexBufferLayoutRef, VertexFormat};
use bevy::pbr::{MaterialPipeline, MaterialPipelineKey};
use bevy::prelude::*;
use bevy::reflect::TypePath;
use bevy::render::render_resource::{
    AsBindGroup, Face, RenderPipelineDescriptor, ShaderType, SpecializedMeshPipelineError,
};
use bevy::render::storage::ShaderBuffer;
use bevy::shader::{Shader, ShaderRef};

/// Feature and facing of a vertex, see [`crate::mesh::tag`].
pub const ATTRIBUTE_TAG: MeshVertexAttribute = MeshVertexAttribute::new("CityTag", 0x43_69_6d_01, VertexFormat::Uint32);

const CITY_SHADER: Handle<Shader> = uuid_handle!("5f2f0d7e-7a40-4b26-9a15-0c1b0f6f4c01");
const GROUND_SHADER: Handle<Shader> = uuid_handle!("5f2f0d7e-7a40-4b26-9a15-0c1b0f6f4c02");

/// What the material of a layer is told each time light or opacity change. Mirrors `city.wgsl`.
#[derive(Clone, Copy, Debug, Default, ShaderType)]
pub struct CityParams {
    /// Direction to the sun and its strength.
    pub sun: Vec4,
    /// Haze colour (linear) and distance.
    pub haze: Vec4,
    /// Opacity, depth bias, metres of ground shade, height of flat ground.
    pub tuning: Vec4,
    /// 1 for bodies, 0 for what lies on the ground.
    pub body: u32,
    /// Number of entries in the style buffer.
    pub features: u32,
    /// Multiplies the colour.
    pub shade: f32,
    /// Unused; keeps the size a multiple of 16 bytes.
    pub spare: u32,
}

/// The material of a vector layer.
#[derive(Asset, TypePath, AsBindGroup, Clone, Debug)]
#[bind_group_data(CityKey)]
pub struct CityMaterial {
    /// One `u32` for each feature, see [`crate::scene::style`].
    #[storage(0, read_only)]
    pub styles: Handle<ShaderBuffer>,
    /// Light and look.
    #[uniform(1)]
    pub params: CityParams,
    /// Place among flat layers: greater lies on top.
    pub order: f32,
    /// Whether shadows are received.
    pub shadows: bool,
    /// Whether it is of an answer: it receives no shadows.
    pub answer: bool,
}

/// What of a [`CityMaterial`] decides its pipeline.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CityKey {
    body: bool,
    shadows: bool,
}

impl From<&CityMaterial> for CityKey {
    fn from(material: &CityMaterial) -> Self {
        Self { body: material.params.body == 1, shadows: material.shadows }
    }
}

impl CityMaterial {
    fn is_solid(&self) -> bool {
        self.params.body == 1 && self.params.tuning.x >= 0.999
    }
}

/// What Bevy adds to the distance by which transparent things are sorted, m.
///
/// The order of layers decides, and distance only within a layer: tiles of one city do not lie 524 km (half a step)
/// apart. The sums of the first 62 layers lie between the same two powers of two, 2²⁶ and 2²⁷, so that all are rounded
/// alike, to 8 m: a layer that is not there does not change in which order the tiles of the others are drawn.
fn place_in_order(order: f32) -> f32 {
    (order + 65.0) * 1_048_576.0
}

impl Material for CityMaterial {
    fn vertex_shader() -> ShaderRef {
        CITY_SHADER.into()
    }

    fn fragment_shader() -> ShaderRef {
        CITY_SHADER.into()
    }

    fn alpha_mode(&self) -> AlphaMode {
        // Flat layers are painted in order after all bodies, testing depth but not writing it: they
        // cannot flicker against each other.
        if self.is_solid() { AlphaMode::Opaque } else { AlphaMode::Blend }
    }

    fn depth_bias(&self) -> f32 {
        place_in_order(self.order)
    }

    fn enable_prepass() -> bool {
        false
    }

    fn specialize(
        _pipeline: &MaterialPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        layout: &MeshVertexBufferLayoutRef,
        key: MaterialPipelineKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        if descriptor.fragment.as_ref().is_some_and(|f| f.shader == CITY_SHADER)
            || descriptor.vertex.shader == CITY_SHADER
        {
            let layout = layout
                .0
                .get_layout(&[Mesh::ATTRIBUTE_POSITION.at_shader_location(0), ATTRIBUTE_TAG.at_shader_location(1)])?;
            descriptor.vertex.buffers = vec![layout];
            if key.bind_group_data.shadows {
                define(descriptor, "CITY_SHADOWS");
            }
            // A translucent body hides its own far walls; what lies on the ground is seen from above
            // alone and needs no culling.
            if key.bind_group_data.body {
                define(descriptor, "CITY_BODY");
                descriptor.primitive.cull_mode = Some(Face::Back);
                if let Some(depth) = &mut descriptor.depth_stencil {
                    depth.depth_write_enabled = Some(true);
                }
            } else {
                descriptor.primitive.cull_mode = None;
            }
        }
        Ok(())
    }
}

/// What the ground is told. Mirrors `ground.wgsl`.
#[derive(Clone, Copy, Debug, Default, ShaderType)]
pub struct GroundParams {
    /// Direction to the sun and its strength.
    pub sun: Vec4,
    /// Haze colour (linear) and distance.
    pub haze: Vec4,
    /// Plain colour (linear) and opacity.
    pub colour: Vec4,
    /// Grid spacing, share of the picture, depth bias, share of relief shading.
    pub tuning: Vec4,
    /// Offset of the grid's zero: x, z.
    pub grid_zero: Vec4,
}

/// The material of terrain, the ground plane and imagery.
#[derive(Asset, TypePath, AsBindGroup, Clone, Debug)]
#[bind_group_data(GroundKey)]
pub struct GroundMaterial {
    /// Light and look.
    #[uniform(0)]
    pub params: GroundParams,
    /// The picture, when there is one.
    #[texture(1)]
    #[sampler(2)]
    pub picture: Option<Handle<Image>>,
    /// Place among flat layers; the ground itself is 0 and below.
    pub order: f32,
    /// Whether it hides what is behind (terrain) or is painted in order (plane, imagery).
    pub solid: bool,
    /// Whether shadows are received.
    pub shadows: bool,
}

/// What of a [`GroundMaterial`] decides its pipeline.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GroundKey {
    shadows: bool,
    picture: bool,
    plane: bool,
}

impl From<&GroundMaterial> for GroundKey {
    fn from(material: &GroundMaterial) -> Self {
        let picture = material.picture.is_some();
        Self { shadows: material.shadows, picture, plane: !picture && !material.solid }
    }
}

impl Material for GroundMaterial {
    fn vertex_shader() -> ShaderRef {
        GROUND_SHADER.into()
    }

    fn fragment_shader() -> ShaderRef {
        GROUND_SHADER.into()
    }

    fn alpha_mode(&self) -> AlphaMode {
        if self.solid { AlphaMode::Opaque } else { AlphaMode::Blend }
    }

    fn depth_bias(&self) -> f32 {
        place_in_order(self.order)
    }

    fn enable_prepass() -> bool {
        false
    }

    fn specialize(
        _pipeline: &MaterialPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        layout: &MeshVertexBufferLayoutRef,
        key: MaterialPipelineKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        if descriptor.vertex.shader == GROUND_SHADER {
            let layout = layout.0.get_layout(&[
                Mesh::ATTRIBUTE_POSITION.at_shader_location(0),
                Mesh::ATTRIBUTE_NORMAL.at_shader_location(1),
                Mesh::ATTRIBUTE_UV_0.at_shader_location(2),
            ])?;
            descriptor.vertex.buffers = vec![layout];
            descriptor.primitive.cull_mode = None;
            let GroundKey { shadows, picture, plane } = key.bind_group_data;
            let words = [(shadows, "CITY_SHADOWS"), (picture, "GROUND_PICTURE"), (plane, "GROUND_GRID")];
            words.into_iter().filter(|(set, _)| *set).for_each(|(_, word)| define(descriptor, word));
        }
        Ok(())
    }
}

/// Defines a word for both stages of a pipeline.
fn define(descriptor: &mut RenderPipelineDescriptor, word: &'static str) {
    descriptor.vertex.shader_defs.push(word.into());
    if let Some(fragment) = &mut descriptor.fragment {
        fragment.shader_defs.push(word.into());
    }
}

/// Adds both materials and their shaders.
pub fn plugin(app: &mut App) {
    app.add_plugins((MaterialPlugin::<CityMaterial>::default(), MaterialPlugin::<GroundMaterial>::default()));
    let mut shaders = app.world_mut().resource_mut::<Assets<Shader>>();
    for (handle, name, embedded) in [
        (CITY_SHADER, "city.wgsl", include_str!("../../shaders/city.wgsl")),
        (GROUND_SHADER, "ground.wgsl", include_str!("../../shaders/ground.wgsl")),
    ] {
        let shader = Shader::from_wgsl(source(name, embedded), format!("shaders/{name}"));
        if let Err(error) = shaders.insert(handle.id(), shader) {
            // Both handles are fixed ids of an asset type that was just registered.
            unreachable!("shader {name}: {error}");
        }
    }
}

/// The shader beside the program where there is one, else the embedded one.
fn source(name: &str, embedded: &'static str) -> String {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("shaders").join(name)));
    beside.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_else(|| embedded.to_owned())
}
