//! What the graphics adapter decides of Bevy itself: who builds the instances, and how its memory is used.

use bevy::light::cluster::{ClusterConfig, GlobalClusterSettings};
use bevy::prelude::*;
use bevy::render::batching::gpu_preprocessing::{GpuPreprocessingMode, GpuPreprocessingSupport};
use bevy::render::mesh::allocator::MeshAllocatorSettings;
use bevy::render::renderer::RenderAdapterInfo;
use bevy::render::{RenderApp, RenderStartup, init_gpu_resource};
use wgpu_types::DeviceType;

use crate::scene::view::SceneCamera;

/// Bytes of a buffer that several meshes share.
const MESH_BUFFER: u64 = 16 << 20;

/// Must come before [`bevy::pbr::PbrPlugin`], which asks once what the adapter supports.
///
/// On a software adapter the instances of a frame are built by the program itself. Bevy would use compute shaders, and
/// Mesa's software Vulkan compiles those anew in each frame and keeps every copy: some megabytes a frame.
pub struct AdapterPlugin;

impl Plugin for AdapterPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, no_lamps);
    }

    fn finish(&self, app: &mut App) {
        let Some(render) = app.get_sub_app_mut(RenderApp) else { return };
        // Bevy keeps a buffer as long as one mesh is in it: a great one would outlive nearly all that it was made for.
        let mut meshes = MeshAllocatorSettings::default();
        (meshes.max_slab_size, meshes.large_threshold) = (MESH_BUFFER, MESH_BUFFER / 2);
        render.insert_resource(meshes);
        let software =
            render.world().get_resource::<RenderAdapterInfo>().is_some_and(|a| a.0.device_type == DeviceType::Cpu);
        if software {
            let on_cpu = || GpuPreprocessingSupport { max_supported_mode: GpuPreprocessingMode::None };
            render.insert_resource(on_cpu());
            // Bevy asks again when the renderer starts.
            let again = move |mut support: ResMut<GpuPreprocessingSupport>| *support = on_cpu();
            render.add_systems(RenderStartup, again.after(init_gpu_resource::<GpuPreprocessingSupport>));
        }
    }
}

/// One sun and no lamps: nothing to sort into clusters, least of all by compute shaders.
fn no_lamps(
    mut commands: Commands,
    cameras: Query<Entity, With<SceneCamera>>,
    mut clusters: ResMut<GlobalClusterSettings>,
) {
    clusters.gpu_clustering = None;
    for camera in &cameras {
        commands.entity(camera).insert(ClusterConfig::Single);
    }
}
