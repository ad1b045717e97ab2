//! One feature's rings as owned buffers, and the repairs that need no second ring.

use super::super::geometry::{GeometryColumn, GeometryKind};
use super::contacts::orientation;

/// A ring (or line, or point) with heights: as many as vertices, or none.
#[derive(Clone, Debug, Default)]
pub(super) struct RingBuffer {
    pub xy: Vec<[f64; 2]>,
    pub z: Vec<f64>,
}

/// Parts of rings; the first of a polygon part is its exterior.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub parts: Vec<Vec<RingBuffer>>,
}

/// What cleaning dropped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cleaned {
    pub vertices: u64,
    pub spikes: u64,
    pub rings: u64,
    /// Some dropped ring had fewer than three vertices.
    pub degenerate: bool,
}

/// Whether a ring has at least three vertices, none repeated, no spike, no closing vertex and an
/// area.
pub(super) fn is_clean(ring: &[[f64; 2]]) -> bool {
    let n = ring.len();
    if n < 3 {
        return false;
    }
    let (mut before, mut here) = (ring[n - 2], ring[n - 1]);
    for &next in ring {
        if here == next || is_spike(before, here, next) {
            return false;
        }
        (before, here) = (here, next);
    }
    has_area(ring)
}

fn is_spike(before: [f64; 2], here: [f64; 2], next: [f64; 2]) -> bool {
    let back = (here[0] - before[0]) * (next[0] - here[0]) + (here[1] - before[1]) * (next[1] - here[1]);
    back < 0.0 && orientation(before, here, next) == 0
}

/// Thinner than a billionth of its own length is noise of the coordinates, not area.
fn has_area(ring: &[[f64; 2]]) -> bool {
    let length = length(ring);
    GeometryColumn::twice_signed_area(ring).abs() > 1e-9 * length * length
}

fn length(ring: &[[f64; 2]]) -> f64 {
    let Some(&last) = ring.last() else { return 0.0 };
    let steps = ring.iter().scan(last, |from, to| {
        let step = (to[0] - from[0]).hypot(to[1] - from[1]);
        *from = *to;
        Some(step)
    });
    steps.sum()
}

impl RingBuffer {
    fn push(&mut self, xy: [f64; 2], z: Option<f64>) {
        self.xy.push(xy);
        self.z.extend(z);
    }

    fn pop(&mut self) {
        self.xy.pop();
        self.z.pop();
    }

    fn remove_first(&mut self) {
        self.xy.remove(0);
        if !self.z.is_empty() {
            self.z.remove(0);
        }
    }

    /// Drops the closing vertex, repeated vertices and spikes. One pass with a stack: dropping a
    /// spike may bring two equal vertices or another spike together.
    fn clean(&self, counts: &mut Cleaned) -> Self {
        let mut out = Self::default();
        let closed = self.xy.len() > 1 && self.xy.first() == self.xy.last();
        for (i, xy) in self.xy.iter().take(self.xy.len() - usize::from(closed)).enumerate() {
            if out.xy.last() == Some(xy) {
                counts.vertices += 1;
                continue;
            }
            while let [.., before, here] = out.xy[..]
                && is_spike(before, here, *xy)
            {
                out.pop();
                counts.spikes += 1;
            }
            if out.xy.last() != Some(xy) {
                out.push(*xy, self.z.get(i).copied());
            }
        }
        // The seam between the last and the first vertex.
        loop {
            match out.xy[..] {
                [first, .., last] if first == last => {
                    out.pop();
                    counts.vertices += 1;
                }
                [first, _, .., before, last] if is_spike(before, last, first) => {
                    out.pop();
                    counts.spikes += 1;
                }
                [first, second, .., last] if out.xy.len() > 2 && is_spike(last, first, second) => {
                    out.remove_first();
                    counts.spikes += 1;
                }
                _ => return out,
            }
        }
    }
}

impl Shape {
    pub(super) fn read(column: &GeometryColumn, feature: u32) -> Self {
        let parts = column.parts(feature).map(|part| {
            column.rings(part).map(|ring| RingBuffer { xy: ring.xy.to_vec(), z: ring.z.to_vec() }).collect()
        });
        Self { parts: parts.collect() }
    }

    pub(super) fn write(&self, column: &mut GeometryColumn, kind: GeometryKind) {
        for part in &self.parts {
            for ring in part {
                for (i, xy) in ring.xy.iter().enumerate() {
                    column.push_vertex(*xy, ring.z.get(i).copied());
                }
                column.end_ring();
            }
            column.end_part();
        }
        column.end_feature(kind);
    }

    pub(super) fn drop_heights_above(&mut self, limit: f64) {
        for z in self.parts.iter_mut().flatten().flat_map(|ring| &mut ring.z) {
            if z.abs() > limit {
                *z = f64::NAN;
            }
        }
    }

    /// Cleans polygon rings; rings that come to nothing go, a part goes with its exterior.
    pub(super) fn clean(&mut self) -> Cleaned {
        let mut counts = Cleaned::default();
        for part in &mut self.parts {
            let mut kept = Vec::with_capacity(part.len());
            for (i, ring) in part.iter().enumerate() {
                let ring = ring.clean(&mut counts);
                if ring.xy.len() >= 3 && has_area(&ring.xy) {
                    kept.push(ring);
                    continue;
                }
                // A figure of eight with equal lobes sums to nothing, but has area.
                if ring.xy.len() >= 4 && super::overlay::covers_something(&ring.xy) {
                    kept.push(ring);
                    continue;
                }
                counts.rings += 1;
                counts.degenerate |= ring.xy.len() < 3;
                if i == 0 {
                    break;
                }
            }
            *part = kept;
        }
        self.parts.retain(|part| !part.is_empty());
        counts
    }

    /// Drops repeated vertices of lines, and lines of fewer than two vertices.
    pub(super) fn clean_lines(&mut self) -> u64 {
        let mut dropped = 0;
        for line in self.parts.iter_mut().flatten() {
            let mut out = RingBuffer::default();
            for (i, xy) in line.xy.iter().enumerate() {
                if out.xy.last() == Some(xy) {
                    dropped += 1;
                } else {
                    out.push(*xy, line.z.get(i).copied());
                }
            }
            *line = out;
        }
        for part in &mut self.parts {
            part.retain(|line| line.xy.len() > 1);
        }
        self.parts.retain(|part| !part.is_empty());
        dropped
    }

    /// Turns exteriors counter-clockwise and holes clockwise; says how many rings changed.
    pub(super) fn turn(&mut self) -> u64 {
        let mut turned = 0;
        for part in &mut self.parts {
            for (i, ring) in part.iter_mut().enumerate() {
                if (GeometryColumn::twice_signed_area(&ring.xy) > 0.0) != (i == 0) {
                    ring.xy.reverse();
                    ring.z.reverse();
                    turned += 1;
                }
            }
        }
        turned
    }

    pub(super) fn ring_count(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// Exteriors less holes, as the rings say: true only for a valid shape.
    pub(super) fn area(&self) -> f64 {
        let of = |ring: &RingBuffer| GeometryColumn::twice_signed_area(&ring.xy).abs() / 2.0;
        self.parts.iter().map(|part| 2.0 * part.first().map_or(0.0, of) - part.iter().map(of).sum::<f64>()).sum()
    }

    /// How far [`super::overlay`] may be off: its grid has at least 2²⁹ steps across the feature.
    pub(super) fn area_tolerance(&self) -> f64 {
        let rings = || self.parts.iter().flatten();
        let length: f64 = rings().map(|ring| length(&ring.xy)).sum();
        let bounds = crate::place::Bounds::around(rings().flat_map(|ring| &ring.xy));
        4e-9 * length * bounds.width().max(bounds.height())
    }
}
