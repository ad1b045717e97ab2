//! What the graphics adapter decides (light path, budget, who builds the instances), and how its memory is used.

use bevy::light::cluster::{ClusterConfig, GlobalClusterSettings};
use bevy::prelude::*;
use bevy::render::batching::gpu_preprocessing::{GpuPreprocessingMode, GpuPreprocessingSupport};
use bevy::render::mesh::allocator::MeshAllocatorSettings;
use bevy::render::renderer::RenderAdapterInfo;
use bevy::render::{RenderApp, RenderStartup, init_gpu_resource};
use wgpu_types::DeviceType;

use crate::scene::stage::Looks;
use crate::scene::tiles::Budget;
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
        app.add_systems(Startup, choose_path);
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

/// The cheap light path on software and integrated adapters, multisampling elsewhere.
fn choose_path(
    adapter: Res<RenderAdapterInfo>,
    mut commands: Commands,
    cameras: Query<Entity, With<SceneCamera>>,
    mut looks: ResMut<Looks>,
    mut budget: ResMut<Budget>,
    mut clusters: ResMut<GlobalClusterSettings>,
) {
    // One sun and no lamps: nothing to sort into clusters, least of all by compute shaders.
    clusters.gpu_clustering = None;
    let strong = adapter.0.device_type == DeviceType::DiscreteGpu;
    if !strong {
        looks.light_path = adapter.0.name.clone();
    }
    *budget = match adapter.0.device_type {
        DeviceType::DiscreteGpu => Budget::default(),
        DeviceType::Cpu => Budget { triangles: 500_000, bytes: 256 << 20 },
        _ => Budget { triangles: 1_000_000, bytes: 384 << 20 },
    };
    for camera in &cameras {
        let msaa = if strong { Msaa::Sample4 } else { Msaa::Off };
        commands.entity(camera).insert((msaa, ClusterConfig::Single));
    }
}
