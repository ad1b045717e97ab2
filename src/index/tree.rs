//! The R-tree itself: leaves of sixteen boxes along a Hilbert curve, under `rstar`'s bulk load.

use rayon::prelude::*;
use rstar::{AABB, PointDistance, RStarInsertionStrategy, RTree, RTreeObject, RTreeParams, SelectionFunction};

use crate::place::Bounds;

/// Features in a leaf. Neighbours on the curve lie close together, so that a leaf is a small box;
/// sixteen boxes are scanned faster than two more levels of a tree are walked, and cost 20 bytes
/// each instead of 40 to 56 in tree nodes.
const LEAF: usize = 16;

#[derive(Debug)]
struct Leaf {
    around: AABB<[f64; 2]>,
    first: u32,
    end: u32,
}

impl RTreeObject for Leaf {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.around
    }
}

impl PointDistance for Leaf {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        self.around.distance_2(point)
    }
}

#[derive(Debug)]
struct Wide;

impl RTreeParams for Wide {
    const MIN_SIZE: usize = 4;
    const MAX_SIZE: usize = 12;
    const REINSERTION_COUNT: usize = 3;
    type DefaultInsertionStrategy = RStarInsertionStrategy;
}

/// Boxes of features, found by place.
///
/// Boxes are kept as `f32` relative to the layer's middle and rounded outwards (at 50 km from the
/// middle by up to 4 mm): a box question never misses one.
#[derive(Debug, Default)]
pub(super) struct BoxTree {
    tree: RTree<Leaf, Wide>,
    boxes: Vec<[f32; 4]>,
    ids: Vec<u32>,
    origin: [f64; 2],
}

/// Relative coordinates beyond this are not told apart, and tree nodes do not reach beyond
/// the other: sums of two still fit `f64`.
const FAR: f64 = 1e30;
const FARTHEST: f64 = 1e300;

#[inline]
fn below(value: f64) -> f32 {
    if value < -FAR {
        return f32::NEG_INFINITY;
    }
    let near = value.min(FAR) as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

#[inline]
fn above(value: f64) -> f32 {
    if value > FAR {
        return f32::INFINITY;
    }
    let near = value.max(-FAR) as f32;
    if f64::from(near) < value { near.next_up() } else { near }
}

/// The position of a cell on the Hilbert curve through 65536 × 65536 cells (Wikipedia, "Hilbert
/// curve", `xy2d`).
#[inline]
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    let mut position = 0;
    let mut s = 1 << 15;
    while s > 0 {
        let (rx, ry) = (u32::from(x & s > 0), u32::from(y & s > 0));
        position += s * s * ((3 * rx) ^ ry);
        if ry == 0 {
            if rx == 1 {
                x = 0xffff - x;
                y = 0xffff - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        s /= 2;
    }
    position
}

/// The box around the middles of nearly all features, from a sample: one vertex at 1e11 m must not
/// coarsen the curve and the `f32` boxes of all others.
fn usual_extent(count: u32, bounds: impl Fn(u32) -> Bounds) -> Option<Bounds> {
    let sample = |step: u32| -> Vec<[f64; 2]> {
        let some = (0..count).step_by(step as usize).map(&bounds);
        some.filter(|bounds| !bounds.is_empty()).map(|bounds| bounds.centre()).collect()
    };
    let mut sample_of = sample(count / 2048 + 1);
    if sample_of.is_empty() {
        // A layer with hardly any geometry.
        sample_of = sample(1);
    }
    let sample = sample_of;
    let middle = |axis: usize| {
        let mut values: Vec<f64> = sample.iter().map(|centre| centre[axis]).collect();
        values.sort_unstable_by(f64::total_cmp);
        let (low, high) = (*values.get(values.len() / 50)?, *values.get(values.len() - 1 - values.len() / 50)?);
        // Room for the two outer percents, as in an evenly filled city.
        let room = (high - low) * 0.05;
        Some((low - room, high + room))
    };
    let ((x0, x1), (y0, y1)) = (middle(0)?, middle(1)?);
    Some(Bounds { min: [x0, y0], max: [x1, y1] })
}

impl BoxTree {
    /// Builds over the boxes of features 0..count; empty boxes are left out.
    pub fn build(count: u32, bounds: impl Fn(u32) -> Bounds + Sync) -> Self {
        let Some(extent) = usual_extent(count, &bounds) else { return Self::default() };
        let origin = extent.centre();
        let scale = 65535.0 / extent.width().max(extent.height()).max(f64::MIN_POSITIVE);
        const NONE: u64 = u64::MAX;
        let (mut all, mut order) = (Vec::new(), Vec::new());
        let box_and_place = |id: u32| {
            let bounds = bounds(id);
            if bounds.is_empty() {
                return ([0.0; 4], NONE);
            }
            let [x, y] = bounds.centre();
            // A float that does not fit saturates: far away things share a cell.
            let cell = [(x - extent.min[0]) * scale, (y - extent.min[1]) * scale].map(|v| (v as u32).min(65535));
            let Bounds { min, max } = bounds;
            let relative = [
                below(min[0] - origin[0]),
                below(min[1] - origin[1]),
                above(max[0] - origin[0]),
                above(max[1] - origin[1]),
            ];
            (relative, u64::from(hilbert(cell[0], cell[1])) << 32 | u64::from(id))
        };
        (0..count).into_par_iter().with_min_len(1024).map(box_and_place).unzip_into_vecs(&mut all, &mut order);
        order.par_sort_unstable();
        order.truncate(order.partition_point(|place| *place != NONE));
        // Features lie anywhere in memory: each is fetched once, for everything.
        let (mut boxes, mut ids) = (vec![[0.0; 4]; order.len()], vec![0; order.len()]);
        let mut leaves = Vec::new();
        (order.par_chunks(LEAF), boxes.par_chunks_mut(LEAF), ids.par_chunks_mut(LEAF))
            .into_par_iter()
            .enumerate()
            .with_min_len(64)
            .map(|(i, (places, boxes, ids))| {
                let mut around = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
                for ((place, own), id) in places.iter().zip(&mut *boxes).zip(ids) {
                    *id = *place as u32;
                    *own = all[*id as usize];
                    around =
                        [around[0].min(own[0]), around[1].min(own[1]), around[2].max(own[2]), around[3].max(own[3])];
                }
                let around = around.map(f64::from);
                // Rounded outwards once more: adding the origin back rounds too.
                let low = [0, 1].map(|k| (around[k] + origin[k]).next_down().max(-FARTHEST));
                let high = [0, 1].map(|k| (around[k + 2] + origin[k]).next_up().min(FARTHEST));
                let first = (i * LEAF) as u32;
                Leaf { around: AABB::from_corners(low, high), first, end: first + places.len() as u32 }
            })
            .collect_into_vec(&mut leaves);
        Self { tree: RTree::bulk_load_with_params(leaves), boxes, ids, origin }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// All features with a box, along the curve: those that follow each other lie near each other.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Bytes held on the heap, about: a tree node is as large as a parent with its envelope.
    pub fn bytes(&self) -> usize {
        let nodes = self.tree.size() + self.tree.size() / (Wide::MAX_SIZE / 2);
        20 * self.ids.len() + nodes * size_of::<rstar::RTreeNode<Leaf>>()
    }

    /// Calls `visit` with features whose boxes meet a box (up to outward rounding).
    pub fn each_in(&self, bounds: &Bounds, mut visit: impl FnMut(u32)) {
        if bounds.is_empty() {
            return;
        }
        let min = [below(bounds.min[0] - self.origin[0]), below(bounds.min[1] - self.origin[1])];
        let max = [above(bounds.max[0] - self.origin[0]), above(bounds.max[1] - self.origin[1])];
        for leaf in self.tree.locate_in_envelope_intersecting(AABB::from_corners(bounds.min, bounds.max)) {
            let range = leaf.first as usize..leaf.end as usize;
            for (b, id) in self.boxes[range.clone()].iter().zip(&self.ids[range]) {
                if b[0] <= max[0] && b[1] <= max[1] && b[2] >= min[0] && b[3] >= min[1] {
                    visit(*id);
                }
            }
        }
    }

    /// Calls `visit` with features whose boxes, grown by `tolerance`, a segment crosses.
    pub fn each_along(&self, from: [f64; 2], to: [f64; 2], tolerance: f64, mut visit: impl FnMut(u32)) {
        let segment = Segment::new(from, to, tolerance);
        for leaf in self.tree.locate_with_selection_function(&segment) {
            for i in leaf.first as usize..leaf.end as usize {
                let b = self.boxes[i].map(f64::from);
                let min = [b[0] + self.origin[0], b[1] + self.origin[1]];
                let max = [b[2] + self.origin[0], b[3] + self.origin[1]];
                if segment.crosses(min, max) {
                    visit(self.ids[i]);
                }
            }
        }
    }

    /// Leaves by distance from a point: the least distance at which a feature of the leaf can be,
    /// and for each its own least distance.
    pub fn leaves_by_distance(&self, point: [f64; 2]) -> impl Iterator<Item = (f64, LeafBoxes<'_>)> + '_ {
        self.tree.nearest_neighbor_iter_with_distance_2(point).map(move |(leaf, square)| {
            let range = leaf.first as usize..leaf.end as usize;
            let local = [point[0] - self.origin[0], point[1] - self.origin[1]];
            (square.sqrt(), LeafBoxes { boxes: &self.boxes[range.clone()], ids: &self.ids[range], local })
        })
    }
}

/// The boxes of one leaf, seen from a point.
pub(super) struct LeafBoxes<'t> {
    boxes: &'t [[f32; 4]],
    ids: &'t [u32],
    local: [f64; 2],
}

impl LeafBoxes<'_> {
    /// Features with the distance to their boxes (never more than the distance to the feature,
    /// apart from rounding in the last digits).
    pub fn iter(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.boxes.iter().zip(self.ids).map(|(b, id)| {
            let b = b.map(f64::from);
            let dx = (b[0] - self.local[0]).max(self.local[0] - b[2]).max(0.0);
            let dy = (b[1] - self.local[1]).max(self.local[1] - b[3]).max(0.0);
            (*id, (dx * dx + dy * dy).sqrt())
        })
    }
}

/// A segment on the map, with room around it.
struct Segment {
    middle: [f64; 2],
    half: [f64; 2],
    tolerance: f64,
}

impl Segment {
    fn new(from: [f64; 2], to: [f64; 2], tolerance: f64) -> Self {
        Self {
            middle: [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0],
            half: [(to[0] - from[0]) / 2.0, (to[1] - from[1]) / 2.0],
            tolerance,
        }
    }

    /// By separating axes: the two of the box and the one across the segment.
    #[inline]
    fn crosses(&self, min: [f64; 2], max: [f64; 2]) -> bool {
        let h = [(max[0] - min[0]) / 2.0 + self.tolerance, (max[1] - min[1]) / 2.0 + self.tolerance];
        let d = [(max[0] + min[0]) / 2.0 - self.middle[0], (max[1] + min[1]) / 2.0 - self.middle[1]];
        let across = (d[0] * self.half[1] - d[1] * self.half[0]).abs();
        let reach = h[0] * self.half[1].abs() + h[1] * self.half[0].abs();
        d[0].abs() <= h[0] + self.half[0].abs()
            && d[1].abs() <= h[1] + self.half[1].abs()
            // Room for rounding: these are candidates, none may be missed.
            && across <= reach + 1e-12 * (reach + across)
    }
}

impl SelectionFunction<Leaf> for &Segment {
    fn should_unpack_parent(&self, envelope: &AABB<[f64; 2]>) -> bool {
        self.crosses(envelope.lower(), envelope.upper())
    }

    fn should_unpack_leaf(&self, leaf: &Leaf) -> bool {
        self.crosses(leaf.around.lower(), leaf.around.upper())
    }
}
