//! The slow way: rings resolved by `geo`'s boolean operations.

use std::collections::HashMap;

use geo::algorithm::bool_ops::{BooleanOps, FillRule, OpType};
use geo::{LineString, MultiPolygon, Polygon};

use super::clean::{RingBuffer, Shape};
use crate::place::Bounds;

/// The valid polygons that a shape's clean rings cover, by the rule of [`super`].
pub(super) fn valid(shape: &Shape) -> Shape {
    let parts = shape.parts.iter().filter_map(|part| part.split_first()).map(|(shell, holes)| {
        let shell = covered(&shell.xy);
        let holes = united(holes.iter().map(|hole| covered(&hole.xy)).collect());
        if holes.0.is_empty() { shell } else { shell.difference(&holes) }
    });
    let result = united(parts.collect());
    let snap = Snap::new(shape);
    let parts = result.0.iter().map(|polygon| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let rings = rings.map(|ring| snap.ring(ring));
        rings.collect::<Vec<_>>()
    });
    let mut result = Shape { parts: parts.collect() };
    result.clean();
    result.turn();
    result
}

/// The union, pair by pair like a tournament: each step sees every polygon few times, and each
/// polygon is read by the odd-even rule on its own.
fn united(mut polygons: Vec<MultiPolygon>) -> MultiPolygon {
    while polygons.len() > 1 {
        let pairs = polygons.chunks(2).map(|pair| match pair {
            [a, b] => a.union(b),
            rest => rest.first().cloned().unwrap_or_else(|| MultiPolygon::new(Vec::new())),
        });
        polygons = pairs.collect();
    }
    polygons.pop().unwrap_or_else(|| MultiPolygon::new(Vec::new()))
}

/// Whether a ring encloses anything an odd number of times.
pub(super) fn covers_something(ring: &[[f64; 2]]) -> bool {
    !covered(ring).0.is_empty()
}

/// What a ring encloses an odd number of times; if that is nothing, what it encloses at all.
fn covered(ring: &[[f64; 2]]) -> MultiPolygon {
    let exterior: LineString = ring.iter().map(|v| (v[0], v[1])).collect();
    let polygon = MultiPolygon(vec![Polygon::new(exterior, Vec::new())]);
    let odd = filled(&polygon, FillRule::EvenOdd);
    if odd.0.is_empty() { filled(&polygon, FillRule::NonZero) } else { odd }
}

fn filled(polygons: &MultiPolygon, rule: FillRule) -> MultiPolygon {
    polygons.boolean_op_with_fill_rule(&MultiPolygon::new(Vec::new()), OpType::Union, rule)
}

/// The overlay works on an integer grid: its vertices are put back on those of the source.
struct Snap<'a> {
    shape: &'a Shape,
    bounds: Bounds,
    step: f64,
    /// Ring (counted over all parts) and vertex by grid cell.
    cells: HashMap<[i64; 2], (u32, u32)>,
}

impl<'a> Snap<'a> {
    fn new(shape: &'a Shape) -> Self {
        let rings = || shape.parts.iter().flatten();
        let bounds = Bounds::around(rings().flat_map(|ring| &ring.xy));
        // Four steps of the overlay's grid, which has at least 2²⁹ of them across half the feature.
        let step = (bounds.width().max(bounds.height()) / f64::from(1 << 28)).max(f64::MIN_POSITIVE);
        let mut snap = Self { shape, bounds, step, cells: HashMap::new() };
        for (number, ring) in rings().enumerate() {
            for (i, xy) in ring.xy.iter().enumerate() {
                let cell = snap.cell(*xy);
                snap.cells.entry(cell).or_insert((number as u32, i as u32));
            }
        }
        snap
    }

    fn cell(&self, xy: [f64; 2]) -> [i64; 2] {
        [0, 1].map(|k| ((xy[k] - self.bounds.min[k]) / self.step).floor() as i64)
    }

    fn ring(&self, line: &LineString) -> RingBuffer {
        let source: Vec<&RingBuffer> = self.shape.parts.iter().flatten().collect();
        let has_z = source.iter().any(|ring| !ring.z.is_empty());
        let mut out = RingBuffer::default();
        // `geo` closes rings; ours are open.
        for coord in line.0.iter().take(line.0.len().saturating_sub(1)) {
            let xy = [coord.x, coord.y];
            let near = self.near(xy, &source);
            out.xy.push(near.map_or(xy, |(ring, vertex)| source[ring].xy[vertex]));
            if has_z {
                let z = match near {
                    Some((ring, vertex)) => source[ring].z.get(vertex).copied(),
                    None => height_on_edge(xy, &source),
                };
                out.z.push(z.unwrap_or(f64::NAN));
            }
        }
        out
    }

    fn near(&self, xy: [f64; 2], source: &[&RingBuffer]) -> Option<(usize, usize)> {
        let [x, y] = self.cell(xy);
        let cells = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| [x + dx, y + dy]));
        let found = cells.filter_map(|cell| self.cells.get(&cell)).map(|(ring, i)| (*ring as usize, *i as usize));
        let distance = |at: &(usize, usize)| {
            let [sx, sy] = source[at.0].xy[at.1];
            (sx - xy[0]).hypot(sy - xy[1])
        };
        found.filter(|at| distance(at) <= self.step).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// The height of a new vertex: between the ends of the source edge it lies on.
fn height_on_edge(point: [f64; 2], rings: &[&RingBuffer]) -> Option<f64> {
    let mut best = (f64::INFINITY, None);
    for ring in rings {
        for i in 0..ring.xy.len() {
            let next = (i + 1) % ring.xy.len();
            let ([ax, ay], [bx, by]) = (ring.xy[i], ring.xy[next]);
            let (dx, dy) = (bx - ax, by - ay);
            let along = (((point[0] - ax) * dx + (point[1] - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            let distance = (ax + along * dx - point[0]).hypot(ay + along * dy - point[1]);
            if distance < best.0 {
                let z = ring.z.get(i).zip(ring.z.get(next)).map(|(a, b)| a + (b - a) * along);
                best = (distance, z);
            }
        }
    }
    best.1
}
