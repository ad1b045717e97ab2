//! Mouse, keys and flights.

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use crate::city::{City, CityLayer};
use crate::features::published::{Fly, Hand, Pointer, SceneInput, SceneKey};
use crate::index::pick::{Ray, ground_hit};
use crate::model::project::View;
use crate::place::{Bounds, MapPoint};
use crate::scene::camera::{OrbitCamera, PITCH_MIN};
use crate::scene::stage::Shown;
use crate::scene::view::Eye;

/// Degrees of orbit for one point of drag.
const ORBIT_SPEED: f64 = 0.3;
/// Nearer for one step of the wheel.
const ZOOM_STEP: f64 = 0.84;

pub(super) fn drag(
    mut input: MessageReader<SceneInput>,
    mut eye: ResMut<Eye>,
    shown: Res<Shown>,
    pointer: Res<Pointer>,
    mut flights: MessageWriter<Fly>,
    mut grabbed: Local<Option<f64>>,
) {
    for wish in input.read() {
        if !matches!(wish, SceneInput::Pan(..) | SceneInput::Moved(_)) {
            *grabbed = None;
        }
        match *wish {
            SceneInput::Pan(..) if pointer.held => {}
            SceneInput::Pan(from, to) => {
                // The elevation under the first grip holds for the whole drag.
                let up = *grabbed.get_or_insert_with(|| elevation_at(&eye, &shown, from));
                let (from, to, aspect) = (eye.to_view(from), eye.to_view(to), eye.aspect());
                eye.flight = None;
                eye.camera.pan(from, to, aspect, up);
            }
            SceneInput::Orbit([x, y]) => {
                eye.flight = None;
                eye.camera.orbit(f64::from(x) * ORBIT_SPEED, f64::from(y) * ORBIT_SPEED);
            }
            SceneInput::Zoom(at, steps) => {
                let toward = ground_at(&eye, &shown, at).unwrap_or([
                    eye.camera.target.east,
                    eye.camera.target.north,
                    eye.camera.up,
                ]);
                eye.flight = None;
                eye.camera.zoom_to(toward, ZOOM_STEP.powf(f64::from(steps.clamp(-4.0, 4.0))));
            }
            // The last corner of an outline is no wish to be there.
            SceneInput::DoubleClicked(_) if pointer.hand != Hand::Select || pointer.held => {}
            SceneInput::DoubleClicked(at) => {
                if let Some([east, north, up]) = ground_at(&eye, &shown, at) {
                    let mut view = eye.heading_for();
                    view.target = MapPoint::new(east, north);
                    view.up = up;
                    view.distance = (view.distance * 0.4).max(30.0);
                    flights.write(Fly::View(view));
                }
            }
            SceneInput::Key(SceneKey::North) => {
                flights.write(Fly::North);
            }
            SceneInput::Key(SceneKey::Fit) => {
                flights.write(Fly::Home);
            }
            SceneInput::Key(SceneKey::Move(right, forward)) => {
                let step = eye.camera.distance * 0.08;
                let (s, c) = eye.camera.heading.to_radians().sin_cos();
                let (r, f) = (f64::from(right) * step, f64::from(forward) * step);
                eye.camera.target.east += r * c + f * s;
                eye.camera.target.north += f * c - r * s;
            }
            SceneInput::Key(SceneKey::Zoom(steps)) => {
                let target = eye.camera.target;
                let up = eye.camera.up;
                eye.camera.zoom_to([target.east, target.north, up], ZOOM_STEP.powi(i32::from(steps)));
            }
            SceneInput::Moved(_) | SceneInput::Clicked(_) | SceneInput::Key(SceneKey::Escape) => {}
        }
    }
}

/// Where the line of sight meets the drawn ground.
fn ground_at(eye: &Eye, shown: &Shown, at: [f32; 2]) -> Option<[f64; 3]> {
    let sight = eye.sight(at);
    let hit = ground_hit(&shown.mesh.as_ref()?.ground, &Ray { origin: sight.origin, direction: sight.direction })?;
    // Near the horizon the ground is too far away to be meant.
    (hit.distance < eye.camera.distance * 20.0).then_some([hit.point.east, hit.point.north, hit.elevation])
}

fn elevation_at(eye: &Eye, shown: &Shown, at: [f32; 2]) -> f64 {
    ground_at(eye, shown, at).map_or(eye.camera.up, |[.., up]| up)
}

pub(super) fn fly(
    mut flights: MessageReader<Fly>,
    mut eye: ResMut<Eye>,
    shown: Res<Shown>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    for flight in flights.read() {
        let from = eye.heading_for();
        let to = match (flight, &shown.city) {
            (Fly::View(view), _) => *view,
            (Fly::North, _) => OrbitCamera { heading: 0.0, ..from },
            (Fly::First, Some(city)) => first_view(city, eye.aspect()),
            (Fly::Home, Some(city)) => whole_view(city, eye.aspect()),
            (Fly::To(bounds), Some(city)) => {
                let mut to = view_of(city, bounds, eye.aspect());
                // Seen from where the user looks from.
                (to.heading, to.pitch) = (from.heading, from.pitch.clamp(25.0, 70.0));
                fit(&mut to, city, bounds, eye.aspect());
                to
            }
            (Fly::First | Fly::Home | Fly::To(_), None) => continue,
        };
        eye.fly(to);
        redraw.write(RequestRedraw);
    }
}

/// The view that a city opens with: its project's, else the whole of it.
pub fn first_view(city: &City, aspect: f64) -> OrbitCamera {
    city.view.as_ref().map_or_else(|| whole_view(city, aspect), camera_of)
}

/// The camera of a view.
pub fn camera_of(view: &View) -> OrbitCamera {
    OrbitCamera {
        target: MapPoint::new(view.target[0], view.target[1]),
        up: view.up,
        distance: view.distance,
        heading: view.heading.rem_euclid(360.0),
        pitch: view.pitch.clamp(PITCH_MIN, 90.0),
    }
}

/// The view of a camera, with the moment of the sun.
pub fn view_at(camera: &OrbitCamera, date: Option<String>) -> View {
    View {
        target: [camera.target.east, camera.target.north],
        up: camera.up,
        distance: camera.distance,
        heading: camera.heading,
        pitch: camera.pitch,
        date,
    }
}

/// A box around a feature with some of its neighbourhood; a tower is seen to its top in it, though a box knows only its
/// footprint.
///
/// # Errors
/// A layer in a file that cannot be read any more, or has no such row.
pub fn around(layer: &CityLayer, feature: u32) -> std::io::Result<Bounds> {
    let (layer, row) = layer.of_row(feature)?;
    let bounds = layer.table.geometry.bounds(row);
    let top = layer.heights.as_ref().and_then(|heights| heights.top.get(row as usize));
    let height = top.copied().filter(|top| top.is_finite()).map_or(0.0, f64::from);
    let margin = (bounds.width().max(bounds.height()) * 0.8).max(40.0).max(height * 1.2);
    Ok(bounds.grown(margin))
}

/// The view of the whole city from the south.
fn whole_view(city: &City, aspect: f64) -> OrbitCamera {
    // A terrain usually reaches far beyond what stands on it.
    view_of(city, &city.shown_extent(), aspect)
}

/// The view of a part of the city from the south, from half above.
pub fn view_of(city: &City, bounds: &Bounds, aspect: f64) -> OrbitCamera {
    let mut camera = OrbitCamera { heading: 0.0, pitch: 42.0, ..OrbitCamera::default() };
    fit(&mut camera, city, bounds, aspect);
    camera
}

fn fit(camera: &mut OrbitCamera, city: &City, bounds: &Bounds, aspect: f64) {
    let terrain = city.terrain.as_ref();
    let exaggeration = terrain.map_or(1.0, |terrain| f64::from(terrain.exaggeration));
    let (low, high) = terrain.and_then(|terrain| terrain.range()).unwrap_or((0.0, 0.0));
    camera.fit(bounds, f64::from(low) * exaggeration, f64::from(high) * exaggeration, aspect);
}
