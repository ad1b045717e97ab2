//! A view, prepared for asking many points: where overlays draw what stands on the map.

use super::camera::FIELD_OF_VIEW;
use super::view::Eye;

/// A view, prepared for asking many points.
#[derive(Clone, Copy, Debug)]
pub struct Lens {
    axes: [[f64; 3]; 3],
    eye: [f64; 3],
    near: f64,
    /// Points of the window for one unit to the right and up, at depth 1.
    scale: [f64; 2],
    middle: [f64; 2],
    /// The scene's place in the window, points: left, top, right, bottom.
    pub frame: [f32; 4],
}

impl Lens {
    /// Of a view.
    pub fn of(eye: &Eye) -> Self {
        let pixels = f64::from(eye.scale.max(0.1));
        let [left, top, width, height] = eye.viewport.map(|v| f64::from(v) / pixels);
        let half = (FIELD_OF_VIEW / 2.0).to_radians().tan();
        Self {
            axes: eye.camera.axes(),
            eye: eye.camera.eye(),
            near: eye.camera.near(),
            scale: [width / 2.0 / (half * eye.aspect()), height / 2.0 / half],
            middle: [left + width / 2.0, top + height / 2.0],
            frame: [left, top, left + width, top + height].map(|v| v as f32),
        }
    }

    /// Right, up and depth of a map position, seen from the eye.
    fn seen(&self, point: [f64; 3]) -> [f64; 3] {
        let [forward, right, up] = self.axes;
        let d = [point[0] - self.eye[0], point[1] - self.eye[1], point[2] - self.eye[2]];
        let dot = |a: [f64; 3]| a[0] * d[0] + a[1] * d[1] + a[2] * d[2];
        [dot(right), dot(up), dot(forward)]
    }

    fn window(&self, [right, up, depth]: [f64; 3]) -> [f32; 2] {
        let x = self.middle[0] + right / depth * self.scale[0];
        let y = self.middle[1] - up / depth * self.scale[1];
        [x as f32, y as f32]
    }

    /// Where a map position is in the window, points; also outside of the scene. `None` behind the eye.
    pub fn see(&self, point: [f64; 3]) -> Option<[f32; 2]> {
        let seen = self.seen(point);
        if seen[2].is_nan() || seen[2] <= self.near {
            return None;
        }
        Some(self.window(seen))
    }

    /// The part of a straight line that lies before the eye and may be in view, as its two ends in the window.
    pub fn see_line(&self, from: [f64; 3], to: [f64; 3]) -> Option<[[f32; 2]; 2]> {
        let (mut a, mut b) = (self.seen(from), self.seen(to));
        // A little before the nearest depth: at it, places run away.
        let near = self.near * 1.01;
        if a.iter().chain(&b).any(|v| !v.is_finite()) || (a[2] < near && b[2] < near) {
            return None;
        }
        let cut = |behind: [f64; 3], before: [f64; 3]| {
            let share = (near - behind[2]) / (before[2] - behind[2]);
            let at = |k: usize| behind[k] + share * (before[k] - behind[k]);
            [at(0), at(1), near]
        };
        if a[2] < near {
            a = cut(a, b);
        } else if b[2] < near {
            b = cut(b, a);
        }
        let ends = [self.window(a), self.window(b)];
        let [left, top, right, bottom] = self.frame;
        let beside =
            |k: usize, low: f32, high: f32| ends.iter().all(|end| end[k] < low) || ends.iter().all(|end| end[k] > high);
        (!beside(0, left, right) && !beside(1, top, bottom)).then_some(ends)
    }

    /// Whether a place of the window shows the scene.
    pub fn holds(&self, [x, y]: [f32; 2]) -> bool {
        let [left, top, right, bottom] = self.frame;
        x >= left && x <= right && y >= top && y <= bottom
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::MapPoint;
    use crate::scene::camera::OrbitCamera;

    /// An eye 1,000 m above the origin that looks straight down: half the height of the window is
    /// 1,000 m · tan 20° = 363.97 m.
    fn down() -> Lens {
        let camera =
            OrbitCamera { target: MapPoint::new(0.0, 0.0), up: 0.0, distance: 1000.0, heading: 0.0, pitch: 90.0 };
        Lens::of(&Eye { camera, viewport: [0.0, 0.0, 800.0, 400.0], scale: 1.0, ..Eye::default() })
    }

    #[test]
    fn the_middle_is_looked_at_and_north_is_up() {
        let lens = down();
        let near = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).abs() < 0.01 && (a[1] - b[1]).abs() < 0.01;
        assert!(near(lens.see([0.0, 0.0, 0.0]).unwrap(), [400.0, 200.0]));
        assert!(near(lens.see([0.0, 363.970_234, 0.0]).unwrap(), [400.0, 0.0]));
        assert_eq!(lens.see([0.0, 0.0, 2000.0]), None);
    }

    #[test]
    fn of_a_line_the_part_before_the_eye_is_seen() {
        let lens = down();
        let whole = lens.see_line([0.0, 0.0, 0.0], [100.0, 0.0, 0.0]).unwrap();
        assert_eq!(Some(whole[0]), lens.see([0.0, 0.0, 0.0]));
        assert_eq!(Some(whole[1]), lens.see([100.0, 0.0, 0.0]));
        // One end lies above the eye: the line is cut, and the other end stays.
        let cut = lens.see_line([0.0, 0.0, 0.0], [10.0, 0.0, 2000.0]).unwrap();
        assert!(cut[0] == whole[0] && cut[1].iter().all(|v| v.is_finite()));
        assert_eq!(lens.see_line([0.0, 0.0, 1500.0], [10.0, 0.0, 2000.0]), None);
        // Wholly beside the window.
        assert_eq!(lens.see_line([5000.0, 0.0, 0.0], [6000.0, 0.0, 0.0]), None);
        assert!(lens.see_line([-5000.0, 0.0, 0.0], [6000.0, 0.0, 0.0]).is_some());
    }
}
