//! The scene's frame: the one place where map metres become scene positions.
//!
//! Bevy's axes: +X right, +Y up, +Z toward the viewer. So east is +X, up is +Y, north is -Z.

use super::MapPoint;

/// A local origin for `f32` positions. Map metres relative to it keep their precision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SceneFrame {
    /// The map point that is the scene's origin.
    pub origin: MapPoint,
}

impl SceneFrame {
    /// A map point at a height (metres) as scene metres, in `f64`.
    pub fn to_scene(&self, point: MapPoint, up: f64) -> [f64; 3] {
        [point.east - self.origin.east, up, -(point.north - self.origin.north)]
    }

    /// A scene position back as a map point and a height.
    pub fn to_map(&self, [x, y, z]: [f64; 3]) -> (MapPoint, f64) {
        (MapPoint::new(self.origin.east + x, self.origin.north - z), y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn as a compass: from above, with -Z at the top of the page, north must be at the top
    /// and east at the right.
    #[test]
    fn north_is_minus_z_and_east_is_plus_x() {
        let frame = SceneFrame { origin: MapPoint::new(500_000.0, 4_300_000.0) };
        assert_eq!(frame.to_scene(MapPoint::new(500_000.0, 4_300_010.0), 0.0), [0.0, 0.0, -10.0]);
        assert_eq!(frame.to_scene(MapPoint::new(500_010.0, 4_300_000.0), 3.0), [10.0, 3.0, 0.0]);
        let (point, up) = frame.to_map([10.0, 3.0, 0.0]);
        assert_eq!((point, up), (MapPoint::new(500_010.0, 4_300_000.0), 3.0));
    }
}
