//! The camera in the scene, and the floating origin.

use bevy::camera::{ScalingMode, SubCameraView, Viewport};
use bevy::prelude::*;

use super::Frame;
use super::camera::{FIELD_OF_VIEW, OrbitCamera, Sight};
use super::quality::Coarse;
use super::stage::TileOrigin;
use crate::place::{MapPoint, SceneFrame};

/// The view: published for everyone who asks what is seen where.
#[derive(Resource, Clone, Debug, Default)]
pub struct Eye {
    /// The camera in map metres.
    pub camera: OrbitCamera,
    /// The scene's place in the window, physical pixels: x, y, width, height.
    pub viewport: [f32; 4],
    /// Physical pixels in one point of the interface.
    pub scale: f32,
    /// A flight under way.
    pub flight: Option<Flight>,
    /// The scene's origin.
    pub frame: SceneFrame,
    /// Drawn without perspective: what is as far as the target is as large as with it.
    pub flat: bool,
    /// The part of the viewport that is drawn; all of it when absent.
    pub part: Option<Part>,
}

/// A part of a picture that is too large to be drawn at once, physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From the left and from the top.
    pub offset: [u32; 2],
    /// Width and height.
    pub size: [u32; 2],
}

/// Metres between the eye and what it looks at without perspective: nothing stands higher.
const FLAT_DEPTH: f64 = 10_000.0;

/// A flight from one view to another.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    from: OrbitCamera,
    to: OrbitCamera,
    /// Seconds since take-off.
    seconds: f32,
}

/// How long a flight takes, seconds.
const FLIGHT_SECONDS: f32 = 0.6;

impl Eye {
    /// Width over height of the viewport.
    pub fn aspect(&self) -> f64 {
        f64::from(self.viewport[2].max(1.0)) / f64::from(self.viewport[3].max(1.0))
    }

    /// A position in the window (points) as a viewport point from -1 to 1, y up.
    pub fn to_view(&self, at: [f32; 2]) -> [f64; 2] {
        let [x, y, w, h] = self.viewport.map(f64::from);
        let scale = f64::from(self.scale.max(0.1));
        [
            (f64::from(at[0]) * scale - x) / w.max(1.0) * 2.0 - 1.0,
            1.0 - (f64::from(at[1]) * scale - y) / h.max(1.0) * 2.0,
        ]
    }

    /// The line of sight through a position in the window (points).
    pub fn sight(&self, at: [f32; 2]) -> Sight {
        self.camera.sight(self.to_view(at), self.aspect())
    }

    /// Where a map position is in the window (points), and its depth in metres; `None` behind the
    /// eye or outside the viewport.
    pub fn to_window(&self, point: [f64; 3]) -> Option<([f32; 2], f64)> {
        let ([x, y], depth) = if self.flat {
            (self.camera.project_flat(point, self.aspect()), self.camera.distance)
        } else {
            self.camera.project(point, self.aspect())?
        };
        if x.abs() > 1.0 || y.abs() > 1.0 {
            return None;
        }
        let [left, top, w, h] = self.viewport.map(f64::from);
        let scale = f64::from(self.scale.max(0.1));
        let window = [(left + (x + 1.0) / 2.0 * w) / scale, (top + (1.0 - y) / 2.0 * h) / scale];
        Some((window.map(|c| c as f32), depth))
    }

    /// Flies to a view.
    pub fn fly(&mut self, to: OrbitCamera) {
        self.flight = Some(Flight { from: self.camera, to, seconds: 0.0 });
    }

    /// The view at the end of a flight, or now.
    pub fn heading_for(&self) -> OrbitCamera {
        self.flight.map_or(self.camera, |flight| flight.to)
    }
}

/// The camera that draws the scene.
#[derive(Component)]
pub struct SceneCamera;

/// Moves the camera entity and the tiles after [`Eye`].
pub fn plugin(app: &mut App) {
    app.init_resource::<Eye>()
        .add_systems(Update, fly.in_set(Frame::Apply))
        .add_systems(Update, (rebase, follow_eye, follow_origin).chain().in_set(Frame::Scene));
}

fn fly(time: Res<Time>, mut eye: ResMut<Eye>, mut redraw: MessageWriter<bevy::window::RequestRedraw>) {
    let Some(mut flight) = eye.flight else { return };
    // After an idle time the first step is long: a flight must not be over before it is seen.
    flight.seconds += time.delta_secs().min(0.1);
    let t = (flight.seconds / FLIGHT_SECONDS).clamp(0.0, 1.0);
    let eased = f64::from(t * t * (3.0 - 2.0 * t));
    eye.camera = flight.from.toward(&flight.to, eased);
    eye.flight = (t < 1.0).then_some(flight);
    redraw.write(bevy::window::RequestRedraw);
}

/// Moves the scene's origin near the target when `f32` would become visible: at a distance D a pixel
/// is about D/1000 m, and `f32` at X metres errs by X/16 million.
fn rebase(mut eye: ResMut<Eye>) {
    let away = eye.camera.target.distance(eye.frame.origin);
    if away > 2000.0 && away > 100.0 * eye.camera.distance {
        // Whole kilometres: a rebased tile gets a transform without rounding.
        let snap = |v: f64| (v / 1000.0).round() * 1000.0;
        let target = eye.camera.target;
        eye.frame.origin = MapPoint::new(snap(target.east), snap(target.north));
    }
}

pub(super) fn follow_eye(
    eye: Res<Eye>,
    coarse: Res<Coarse>,
    mut cameras: Query<(&mut Transform, &mut Projection, &mut Camera), With<SceneCamera>>,
) {
    if !eye.is_changed() && !coarse.is_changed() {
        return;
    }
    let [forward, _, above] = eye.camera.axes();
    let back = if eye.flat { FLAT_DEPTH } else { 0.0 };
    let [east, north, up]: [f64; 3] = std::array::from_fn(|i| eye.camera.eye()[i] - back * forward[i]);
    let position = eye.frame.to_scene(MapPoint::new(east, north), up);
    let scene = |[e, n, u]: [f64; 3]| Vec3::new(e as f32, u as f32, -n as f32);
    for (mut transform, mut projection, mut camera) in &mut cameras {
        *transform = Transform::from_translation(Vec3::from_array(position.map(|c| c as f32)))
            .looking_to(scene(forward), scene(above));
        let far = (eye.camera.distance * 200.0 + 200_000.0) as f32;
        *projection = if eye.flat {
            let height = eye.camera.metres_per_pixel(1.0);
            let (width, height) = ((height * eye.aspect()) as f32, height as f32);
            let scaling_mode = ScalingMode::Fixed { width, height };
            Projection::Orthographic(OrthographicProjection {
                near: 0.0,
                far: (eye.camera.distance + 2.0 * FLAT_DEPTH) as f32,
                scaling_mode,
                ..OrthographicProjection::default_3d()
            })
        } else {
            Projection::Perspective(PerspectiveProjection {
                fov: FIELD_OF_VIEW.to_radians() as f32,
                aspect_ratio: eye.aspect() as f32,
                near: eye.camera.near() as f32,
                far,
                ..default()
            })
        };
        if let Some(Part { offset, size }) = eye.part {
            let [_, _, w, h] = eye.viewport;
            camera.viewport = None;
            camera.sub_camera_view = Some(SubCameraView {
                full_size: UVec2::new(w as u32, h as u32),
                offset: UVec2::from_array(offset).as_vec2(),
                size: UVec2::from_array(size),
            });
            continue;
        }
        let [x, y, w, h] = eye.viewport;
        // A picture of its own has the scene alone in it.
        camera.viewport = (w >= 1.0 && h >= 1.0 && coarse.shown().is_none()).then(|| Viewport {
            physical_position: UVec2::new(x as u32, y as u32),
            physical_size: UVec2::new(w as u32, h as u32),
            ..default()
        });
    }
}

fn follow_origin(eye: Res<Eye>, mut tiles: Query<(&TileOrigin, &mut Transform)>, mut last: Local<Option<SceneFrame>>) {
    let moved = *last != Some(eye.frame);
    *last = Some(eye.frame);
    for (origin, mut transform) in &mut tiles {
        let [x, _, z] = eye.frame.to_scene(origin.0, 0.0);
        let place = Vec3::new(x as f32, 0.0, z as f32);
        if moved || transform.translation != place {
            transform.translation = place;
        }
    }
}
