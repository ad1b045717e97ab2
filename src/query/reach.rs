//! What a ray may hit of a streamed layer, read before it is picked.

use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::index::pick::{PickLayer, Ray, ground_hit};
use crate::index::{Bodies, Ground, LayerIndex};
use crate::model::{Layer, Role, Vertical};
use crate::place::Bounds;

/// The features of a streamed layer along a ray, with their index and bodies.
pub struct Reached {
    layer: Layer,
    index: LayerIndex,
    bodies: Option<Bodies>,
}

/// A ray that meets no ground goes so far at most, metres.
const FARTHEST: f64 = 60_000.0;

impl Reached {
    /// Reads them; `None` for a layer in memory and where the file cannot be read any more.
    pub fn read(layer: &CityLayer, ground: &Ground, ray: &Ray, tolerance: f64) -> Option<Self> {
        let stream = layer.stream.as_ref()?;
        let (low, high) = ground.range();
        let highest = high + f64::from(stream.tiles.facts().highest);
        let end = ground_hit(ground, ray).map_or(FARTHEST, |hit| hit.distance);
        // From where the ray comes below the highest roof to where it meets the ground.
        let (up, rise) = (ray.origin[2], ray.direction[2]);
        let start = if up > highest && rise < 0.0 { ((highest - up) / rise).min(end) } else { 0.0 };
        if up > highest && rise >= 0.0 || start > FARTHEST || low > high {
            return None;
        }
        let at = |t: f64| [ray.origin[0] + ray.direction[0] * t, ray.origin[1] + ray.direction[1] * t];
        let (from, to) = (at(start), at(end));
        let piece = stream.tiles.piece(|bounds| crosses(bounds, from, to, tolerance), Wanted::Named(&[])).ok()?;
        let layer = layer.of_piece(piece);
        let index = LayerIndex::build(&layer.table);
        let lift = if layer.vertical == Vertical::Absolute { 0.0 } else { layer.z_offset };
        let bodies = layer.heights.as_ref().filter(|_| layer.role == Role::Building);
        let bodies = bodies.map(|heights| Bodies::stand(&layer.table.geometry, heights, layer.vertical, lift, ground));
        Some(Self { layer, index, bodies })
    }

    /// As a layer that can be hit.
    pub fn layer(&self) -> PickLayer<'_> {
        PickLayer { geometry: &self.layer.table.geometry, index: &self.index, bodies: self.bodies.as_ref() }
    }

    /// The row of the whole layer.
    pub fn row(&self, feature: u32) -> u32 {
        self.layer.whole_row(feature)
    }
}

/// Whether a segment comes within a distance of a box (measured along the axes).
fn crosses(bounds: &Bounds, a: [f64; 2], b: [f64; 2], reach: f64) -> bool {
    if bounds.is_empty() {
        return false;
    }
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for k in 0..2 {
        let (low, high) = (bounds.min[k] - reach, bounds.max[k] + reach);
        let step = b[k] - a[k];
        if step == 0.0 {
            if a[k] < low || a[k] > high {
                return false;
            }
        } else {
            let (s, t) = ((low - a[k]) / step, (high - a[k]) / step);
            enter = enter.max(s.min(t));
            leave = leave.min(s.max(t));
        }
    }
    enter <= leave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_crosses_the_boxes_that_it_passes_and_no_others() {
        let square = Bounds { min: [10.0, 10.0], max: [20.0, 20.0] };
        assert!(crosses(&square, [0.0, 0.0], [30.0, 30.0], 0.0));
        assert!(crosses(&square, [15.0, 0.0], [15.0, 12.0], 0.0));
        assert!(crosses(&square, [12.0, 12.0], [12.0, 12.0], 0.0));
        assert!(!crosses(&square, [0.0, 0.0], [9.0, 9.0], 0.0));
        assert!(!crosses(&square, [0.0, 11.0], [11.0, 30.0], 0.0));
        assert!(crosses(&square, [0.0, 0.0], [9.0, 9.0], 1.0));
        assert!(!crosses(&Bounds::EMPTY, [0.0, 0.0], [30.0, 30.0], 0.0));
    }
}
