//! How richly the scene is drawn: by what the graphics adapter is, unless the user chose.
//!
//! The light path draws fewer triangles, does not smooth edges, and draws half the pixels each way while
//! the view moves; when it stands still every pixel is drawn.

use std::time::{Duration, Instant};

use bevy::asset::RenderAssetUsages;
use bevy::camera::{ImageRenderTarget, RenderTarget};
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat, TextureUsages};
use bevy::render::renderer::RenderAdapterInfo;
use bevy::window::{RequestRedraw, WindowRef};
use wgpu_types::DeviceType;

use super::Frame;
use super::camera::OrbitCamera;
use super::tiles::Budget;
use super::view::{Eye, SceneCamera, follow_eye};

/// What the user wants of drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drawing {
    /// What suits the graphics adapter.
    #[default]
    Automatic,
    /// The light path, whatever the adapter.
    Light,
    /// Everything, however slow.
    Full,
}

impl Drawing {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Automatic, Self::Light, Self::Full];
}

/// The path of drawing that is in use.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Quality {
    /// What the user wants.
    pub wanted: Drawing,
    /// The graphics adapter's name; empty before the renderer runs.
    pub adapter: String,
    /// What kind of adapter it is.
    pub device: DeviceType,
}

impl Default for Quality {
    fn default() -> Self {
        Self { wanted: Drawing::Automatic, adapter: String::new(), device: DeviceType::DiscreteGpu }
    }
}

impl Quality {
    /// Whether the light path is drawn.
    pub fn is_light(&self) -> bool {
        match self.wanted {
            Drawing::Automatic => self.is_weak(),
            Drawing::Light => true,
            Drawing::Full => false,
        }
    }

    /// Whether the adapter is none of its own kind: software, or part of the processor.
    pub fn is_weak(&self) -> bool {
        self.device != DeviceType::DiscreteGpu
    }

    /// What tiles may take.
    pub fn budget(&self) -> Budget {
        match (self.is_light(), self.device) {
            (false, _) => Budget::default(),
            (true, DeviceType::Cpu) => Budget { triangles: 500_000, bytes: 256 << 20 },
            (true, _) => Budget { triangles: 1_000_000, bytes: 384 << 20 },
        }
    }
}

/// The picture of fewer pixels that is shown in the scene's place while the view moves.
#[derive(Resource, Default)]
pub struct Coarse {
    image: Option<Handle<Image>>,
    /// Its size; `None` when the scene is drawn as fine as the window is.
    pub(super) size: Option<UVec2>,
}

impl Coarse {
    /// The picture to be stretched over the scene's place, while there is one.
    pub fn shown(&self) -> Option<&Handle<Image>> {
        self.size.and(self.image.as_ref())
    }
}

/// Pixels that are drawn for each of the window's while the view moves, in each direction.
const SHARE: f32 = 0.5;
/// A scene of fewer pixels is drawn fine: its triangles cost more than its pixels.
const SMALL: f32 = 400_000.0;
/// The view stands still when it has not moved for so long.
const STILL: Duration = Duration::from_millis(150);

/// Follows the adapter and the user's choice.
pub fn plugin(app: &mut App) {
    app.init_resource::<Quality>()
        .init_resource::<Coarse>()
        .add_systems(Startup, meet_adapter)
        .add_systems(Update, (follow, coarsen.before(follow_eye)).chain().in_set(Frame::Scene));
}

fn meet_adapter(adapter: Option<Res<RenderAdapterInfo>>, mut quality: ResMut<Quality>) {
    if let Some(adapter) = adapter {
        (quality.adapter, quality.device) = (adapter.0.name.clone(), adapter.0.device_type);
    }
}

fn follow(
    quality: Res<Quality>,
    mut commands: Commands,
    mut budget: ResMut<Budget>,
    cameras: Query<Entity, With<SceneCamera>>,
) {
    if !quality.is_changed() {
        return;
    }
    *budget = quality.budget();
    for camera in &cameras {
        commands.entity(camera).insert(if quality.is_light() { Msaa::Off } else { Msaa::Sample4 });
    }
}

/// Whether the scene is drawn coarse: the camera of the last frame, and when it last moved.
#[derive(Default)]
struct Motion {
    camera: Option<OrbitCamera>,
    moved: Option<Instant>,
}

fn coarsen(
    eye: Res<Eye>,
    quality: Res<Quality>,
    mut coarse: ResMut<Coarse>,
    mut images: ResMut<Assets<Image>>,
    mut cameras: Query<&mut RenderTarget, With<SceneCamera>>,
    mut redraw: MessageWriter<RequestRedraw>,
    mut motion: Local<Motion>,
) {
    if motion.camera.replace(eye.camera).is_some_and(|was| was != eye.camera) {
        motion.moved = Some(Instant::now());
    }
    let moving = motion.moved.is_some_and(|at| at.elapsed() < STILL);
    let [_, _, w, h] = eye.viewport;
    let size = (moving && quality.is_light() && w * h > SMALL)
        .then(|| UVec2::new((w * SHARE).ceil() as u32, (h * SHARE).ceil() as u32));
    if moving && size.is_some() {
        // A frame must come in which it stands still.
        redraw.write(RequestRedraw);
    }
    if coarse.size == size {
        return;
    }
    for mut target in &mut cameras {
        let ours = matches!((&*target, &coarse.image), (RenderTarget::Image(now), Some(image)) if now.handle == *image);
        // A picture that somebody asked for is drawn as fine as it was asked for.
        if !ours && !matches!(*target, RenderTarget::Window(_)) {
            return;
        }
        *target = match size {
            None => RenderTarget::Window(WindowRef::Primary),
            Some(size) => {
                let extent = Extent3d { width: size.x, height: size.y, depth_or_array_layers: 1 };
                let handle = match &coarse.image {
                    Some(handle) => {
                        if let Some(mut image) = images.get_mut(handle).filter(|image| image.size() != size) {
                            image.resize(extent);
                        }
                        handle.clone()
                    }
                    None => images.add(empty(extent)),
                };
                coarse.image = Some(handle.clone());
                RenderTarget::Image(ImageRenderTarget { handle, scale_factor: 1.0 })
            }
        };
    }
    coarse.size = size;
}

/// An image that a camera can draw into.
fn empty(extent: Extent3d) -> Image {
    let mut image = Image::new_fill(
        extent,
        TextureDimension::D2,
        &[0, 0, 0, 255],
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::default(),
    );
    image.texture_descriptor.usage |= TextureUsages::RENDER_ATTACHMENT;
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_adapter_draws_light_unless_the_user_says_otherwise_and_a_strong_one_full() {
        let light = |device, wanted| Quality { wanted, device, ..Quality::default() }.is_light();
        for device in [DeviceType::Cpu, DeviceType::IntegratedGpu, DeviceType::Other] {
            assert!(light(device, Drawing::Automatic) && light(device, Drawing::Light));
            assert!(!light(device, Drawing::Full));
        }
        assert!(!light(DeviceType::DiscreteGpu, Drawing::Automatic));
        assert!(light(DeviceType::DiscreteGpu, Drawing::Light));
    }

    #[test]
    fn the_light_path_draws_fewer_triangles_than_the_full_one() {
        for device in [DeviceType::Cpu, DeviceType::IntegratedGpu, DeviceType::DiscreteGpu] {
            let most = |wanted| Quality { wanted, device, ..Quality::default() }.budget().triangles;
            assert!(most(Drawing::Light) < most(Drawing::Full));
        }
    }
}
