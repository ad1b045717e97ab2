//! The orbit camera, in `f64` map metres. Pure: knows no Bevy.
//!
//! The eye looks at a target on or above the ground from a distance, a heading (degrees clockwise
//! from north: 0 looks north) and a pitch (degrees below the horizon: 90 looks straight down).

use crate::place::{Bounds, MapPoint};

/// Where the eye is and where it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrbitCamera {
    /// The point looked at.
    pub target: MapPoint,
    /// Its elevation, metres.
    pub up: f64,
    /// Metres from the eye to the target.
    pub distance: f64,
    /// Degrees clockwise from north.
    pub heading: f64,
    /// Degrees below the horizon, [`PITCH_MIN`] to 90.
    pub pitch: f64,
}

/// Vertical field of view, degrees.
pub const FIELD_OF_VIEW: f64 = 40.0;
/// The flattest allowed view.
pub const PITCH_MIN: f64 = 2.0;
/// Nearest and farthest distance, metres.
pub const DISTANCE_RANGE: (f64, f64) = (3.0, 4.0e7);

/// A line of sight in map metres: origin (east, north, up) and unit direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// The eye.
    pub origin: [f64; 3],
    /// Unit vector.
    pub direction: [f64; 3],
}

impl Sight {
    /// The point at a distance.
    pub fn at(&self, distance: f64) -> [f64; 3] {
        std::array::from_fn(|i| self.origin[i] + self.direction[i] * distance)
    }

    /// Where it meets the horizontal plane at an elevation; `None` when it looks away from it.
    pub fn meets_plane(&self, up: f64) -> Option<[f64; 3]> {
        let t = (up - self.origin[2]) / self.direction[2];
        (t.is_finite() && t > 0.0).then(|| self.at(t))
    }
}

impl Default for OrbitCamera {
    fn default() -> Self {
        Self { target: MapPoint::default(), up: 0.0, distance: 1500.0, heading: 0.0, pitch: 45.0 }
    }
}

impl OrbitCamera {
    /// Forward, right and up unit vectors of the view (east, north, up).
    pub fn axes(&self) -> [[f64; 3]; 3] {
        let (sh, ch) = self.heading.to_radians().sin_cos();
        let (sp, cp) = self.pitch.to_radians().sin_cos();
        let forward = [sh * cp, ch * cp, -sp];
        let right = [ch, -sh, 0.0];
        let up = [sh * sp, ch * sp, cp];
        [forward, right, up]
    }

    /// The eye (east, north, up).
    pub fn eye(&self) -> [f64; 3] {
        let [forward, ..] = self.axes();
        [
            self.target.east - forward[0] * self.distance,
            self.target.north - forward[1] * self.distance,
            self.up - forward[2] * self.distance,
        ]
    }

    /// The line of sight through a point of the viewport: x and y from -1 to 1, y up.
    pub fn sight(&self, [x, y]: [f64; 2], aspect: f64) -> Sight {
        let [forward, right, up] = self.axes();
        let half = (FIELD_OF_VIEW / 2.0).to_radians().tan();
        let (u, v) = (x * half * aspect, y * half);
        let d: [f64; 3] = std::array::from_fn(|i| forward[i] + right[i] * u + up[i] * v);
        let length = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
        Sight { origin: self.eye(), direction: d.map(|c| c / length) }
    }

    /// The viewport point (x, y from -1 to 1) of a map position, and its depth along the view in
    /// metres; `None` behind the eye.
    pub fn project(&self, point: [f64; 3], aspect: f64) -> Option<([f64; 2], f64)> {
        let eye = self.eye();
        let d: [f64; 3] = std::array::from_fn(|i| point[i] - eye[i]);
        let dot = |a: [f64; 3]| a[0] * d[0] + a[1] * d[1] + a[2] * d[2];
        let [forward, right, up] = self.axes();
        let depth = dot(forward);
        if depth <= self.near() {
            return None;
        }
        let half = (FIELD_OF_VIEW / 2.0).to_radians().tan();
        Some(([dot(right) / (depth * half * aspect), dot(up) / (depth * half)], depth))
    }

    /// The same without perspective: lines of sight are parallel, and the target's plane is as large as with it.
    pub fn project_flat(&self, point: [f64; 3], aspect: f64) -> [f64; 2] {
        let target = [self.target.east, self.target.north, self.up];
        let d: [f64; 3] = std::array::from_fn(|i| point[i] - target[i]);
        let dot = |a: [f64; 3]| a[0] * d[0] + a[1] * d[1] + a[2] * d[2];
        let [_, right, up] = self.axes();
        let half = self.distance * (FIELD_OF_VIEW / 2.0).to_radians().tan();
        [dot(right) / (half * aspect), dot(up) / half]
    }

    /// Looks straight down at a box, north up, so that so many metres from its middle are the edge of the view.
    pub fn straight_down(bounds: &Bounds, aspect: f64) -> Self {
        let [width, height] = [bounds.max[0] - bounds.min[0], bounds.max[1] - bounds.min[1]];
        let [east, north] = bounds.centre();
        let half = (height / 2.0).max(width / 2.0 / aspect).max(1.0);
        let distance = half / (FIELD_OF_VIEW / 2.0).to_radians().tan();
        Self { target: MapPoint::new(east, north), up: 0.0, distance, heading: 0.0, pitch: 90.0 }
    }

    /// Distance of the near plane, metres.
    pub fn near(&self) -> f64 {
        (self.distance * 0.002).clamp(0.1, 100.0)
    }

    /// Metres on the target plane for one pixel of a viewport so many pixels high.
    pub fn metres_per_pixel(&self, viewport_height: f64) -> f64 {
        2.0 * self.distance * (FIELD_OF_VIEW / 2.0).to_radians().tan() / viewport_height.max(1.0)
    }

    /// Turns around the target by degrees.
    pub fn orbit(&mut self, heading: f64, pitch: f64) {
        self.heading = (self.heading + heading).rem_euclid(360.0);
        self.pitch = (self.pitch + pitch).clamp(PITCH_MIN, 90.0);
    }

    /// Moves so that what was seen at `from` is seen at `to` (viewport points), on the horizontal
    /// plane at elevation `grabbed_up`.
    pub fn pan(&mut self, from: [f64; 2], to: [f64; 2], aspect: f64, grabbed_up: f64) {
        let (Some(a), Some(b)) =
            (self.sight(from, aspect).meets_plane(grabbed_up), self.sight(to, aspect).meets_plane(grabbed_up))
        else {
            return;
        };
        let (de, dn) = (a[0] - b[0], a[1] - b[1]);
        // Near the horizon a pixel is kilometres wide: never more than a screen's worth.
        let limit = 2.0 * self.distance;
        let length = de.hypot(dn);
        let scale = if length > limit { limit / length } else { 1.0 };
        self.target.east += de * scale;
        self.target.north += dn * scale;
    }

    /// Zooms by a factor (< 1 nears) toward a map position, which keeps its place on the screen.
    pub fn zoom_to(&mut self, toward: [f64; 3], factor: f64) {
        let old = self.distance;
        self.distance = (self.distance * factor).clamp(DISTANCE_RANGE.0, DISTANCE_RANGE.1);
        let share = self.distance / old;
        self.target.east = toward[0] + (self.target.east - toward[0]) * share;
        self.target.north = toward[1] + (self.target.north - toward[1]) * share;
        self.up = toward[2] + (self.up - toward[2]) * share;
    }

    /// Looks at a box from the present heading and pitch so that all of it is seen, in the middle of
    /// the view.
    pub fn fit(&mut self, bounds: &Bounds, low: f64, high: f64, aspect: f64) {
        if bounds.is_empty() {
            return;
        }
        let [east, north] = bounds.centre();
        self.target = MapPoint::new(east, north);
        self.up = low + (high - low) * 0.3;
        self.stand_back(bounds, low, high, aspect);
        // Perspective makes the near half larger: the target moves until both halves are even.
        for _ in 0..4 {
            let mut seen = Bounds::EMPTY;
            for corner in corners(bounds, low, high) {
                if let Some((at, _)) = self.project(corner, aspect) {
                    seen.add(at);
                }
            }
            let Some(middle) = self.sight(seen.centre(), aspect).meets_plane(self.up).filter(|_| !seen.is_empty())
            else {
                break;
            };
            self.target = MapPoint::new(middle[0], middle[1]);
            self.stand_back(bounds, low, high, aspect);
        }
    }

    /// Takes the least distance from which the box is seen.
    fn stand_back(&mut self, bounds: &Bounds, low: f64, high: f64, aspect: f64) {
        let half = (FIELD_OF_VIEW / 2.0).to_radians().tan();
        let [forward, right, up] = self.axes();
        let mut distance: f64 = 20.0;
        for corner in corners(bounds, low, high) {
            let d = [corner[0] - self.target.east, corner[1] - self.target.north, corner[2] - self.up];
            let dot = |a: [f64; 3]| a[0] * d[0] + a[1] * d[1] + a[2] * d[2];
            // The corner is at depth `distance + forward·d`; it must lie within both half angles.
            let across = dot(right).abs() / (half * aspect);
            let along = dot(up).abs() / half;
            distance = distance.max(across.max(along) * 1.04 - dot(forward));
        }
        self.distance = distance.clamp(DISTANCE_RANGE.0, DISTANCE_RANGE.1);
    }

    /// The view a share of the way (0 to 1) to another, turning the short way round, zooming evenly.
    pub fn toward(&self, other: &Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * share;
        let turn = (other.heading - self.heading + 540.0).rem_euclid(360.0) - 180.0;
        Self {
            target: MapPoint::new(mix(self.target.east, other.target.east), mix(self.target.north, other.target.north)),
            up: mix(self.up, other.up),
            distance: (mix(self.distance.ln(), other.distance.ln())).exp(),
            heading: (self.heading + turn * share).rem_euclid(360.0),
            pitch: mix(self.pitch, other.pitch),
        }
    }
}

/// The eight corners of a box between two elevations.
fn corners(bounds: &Bounds, low: f64, high: f64) -> [[f64; 3]; 8] {
    std::array::from_fn(|corner| {
        [
            if corner & 1 == 0 { bounds.min[0] } else { bounds.max[0] },
            if corner & 2 == 0 { bounds.min[1] } else { bounds.max[1] },
            if corner & 4 == 0 { low } else { high },
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> OrbitCamera {
        OrbitCamera {
            target: MapPoint::new(516_000.0, 4_330_000.0),
            up: 5.0,
            distance: 800.0,
            heading: 30.0,
            pitch: 40.0,
        }
    }

    /// 1e-6 of the viewport is under a thousandth of a pixel; f64 rounding at 4.3e6 m is 1e-9 m.
    #[test]
    fn the_point_under_the_cursor_is_where_its_line_of_sight_goes() {
        let camera = camera();
        for [x, y] in [[0.0, 0.0], [0.7, -0.4], [-0.9, 0.2]] {
            let hit = camera.sight([x, y], 1.6).meets_plane(5.0).unwrap();
            let (back, _) = camera.project(hit, 1.6).unwrap();
            assert!((back[0] - x).abs() < 1e-6 && (back[1] - y).abs() < 1e-6, "{back:?}");
        }
    }

    #[test]
    fn the_middle_of_the_view_is_the_target_and_north_is_up_at_heading_zero() {
        let mut camera = camera();
        let (middle, depth) = camera.project([516_000.0, 4_330_000.0, 5.0], 1.0).unwrap();
        assert!(middle[0].abs() < 1e-9 && middle[1].abs() < 1e-9 && (depth - 800.0).abs() < 1e-6);
        camera.heading = 0.0;
        let (north, _) = camera.project([516_000.0, 4_330_050.0, 5.0], 1.0).unwrap();
        let (east, _) = camera.project([516_050.0, 4_330_000.0, 5.0], 1.0).unwrap();
        assert!(north[1] > 0.0 && north[0].abs() < 1e-9);
        assert!(east[0] > 0.0);
    }

    #[test]
    fn panning_keeps_the_grabbed_point_under_the_cursor() {
        let mut camera = camera();
        let grabbed = camera.sight([0.2, -0.3], 1.5).meets_plane(0.0).unwrap();
        camera.pan([0.2, -0.3], [-0.4, 0.1], 1.5, 0.0);
        let (now, _) = camera.project(grabbed, 1.5).unwrap();
        assert!((now[0] + 0.4).abs() < 1e-6 && (now[1] - 0.1).abs() < 1e-6, "{now:?}");
    }

    #[test]
    fn zooming_keeps_the_point_under_the_cursor() {
        let mut camera = camera();
        let aim = camera.sight([0.5, 0.4], 1.5).meets_plane(5.0).unwrap();
        camera.zoom_to(aim, 0.5);
        let (now, _) = camera.project(aim, 1.5).unwrap();
        assert!((now[0] - 0.5).abs() < 1e-6 && (now[1] - 0.4).abs() < 1e-6, "{now:?}");
    }

    #[test]
    fn fitting_shows_every_corner_and_does_not_waste_the_screen() {
        let bounds = Bounds { min: [515_000.0, 4_329_000.0], max: [518_000.0, 4_330_500.0] };
        for pitch in [20.0, 50.0, 90.0] {
            let mut camera = OrbitCamera { pitch, heading: 20.0, ..camera() };
            camera.fit(&bounds, 0.0, 120.0, 1.7);
            let mut widest = 0.0_f64;
            for e in [515_000.0, 518_000.0] {
                for n in [4_329_000.0, 4_330_500.0] {
                    for up in [0.0, 120.0] {
                        let ([x, y], _) = camera.project([e, n, up], 1.7).unwrap();
                        assert!(x.abs() <= 1.0 && y.abs() <= 1.0, "{pitch}: {x} {y}");
                        widest = widest.max(x.abs()).max(y.abs());
                    }
                }
            }
            assert!(widest > 0.9, "{pitch}: {widest}");
        }
    }

    #[test]
    fn a_flight_turns_the_short_way() {
        let from = OrbitCamera { heading: 350.0, ..camera() };
        let to = OrbitCamera { heading: 20.0, ..camera() };
        assert!((from.toward(&to, 0.5).heading - 5.0).abs() < 1e-9);
    }
}
