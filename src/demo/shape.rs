//! Plane geometry for the demo: convex polygons, local frames, and a sine of our own.
//!
//! Only `+ - * /` and `sqrt` are used, which IEEE 754 fixes to the last bit, so that the same
//! options give the same bytes on every machine (the system's `sin` does not).

/// `[east, north]` in metres, relative to the demo's origin.
pub(super) type Point = [f64; 2];

pub(super) fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}

pub(super) fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub(super) fn scale(a: Point, by: f64) -> Point {
    [a[0] * by, a[1] * by]
}

pub(super) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

pub(super) fn cross(a: Point, b: Point) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

pub(super) fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

pub(super) fn distance(a: Point, b: Point) -> f64 {
    length(sub(a, b))
}

/// The vector with length 1; east for none.
pub(super) fn unit(a: Point) -> Point {
    let l = length(a);
    if l > 0.0 { [a[0] / l, a[1] / l] } else { [1.0, 0.0] }
}

/// The vector turned left by a right angle.
pub(super) fn left(a: Point) -> Point {
    [-a[1], a[0]]
}

pub(super) fn mix(a: Point, b: Point, t: f64) -> Point {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

/// Sine and cosine of an angle in radians, by Taylor series on ±π/4 turns.
pub(super) fn sin_cos(angle: f64) -> (f64, f64) {
    use std::f64::consts::{FRAC_PI_2, PI};
    let turns = (angle / (2.0 * PI)).round();
    let x = angle - turns * 2.0 * PI;
    let quarter = (x / FRAC_PI_2).round();
    let x = x - quarter * FRAC_PI_2;
    let q = x * x;
    let sin = x * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0 * (1.0 - q / 110.0)))));
    let cos = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0 * (1.0 - q / 90.0))));
    match quarter as i64 {
        0 => (sin, cos),
        1 => (cos, -sin),
        -1 => (-cos, sin),
        _ => (-sin, -cos),
    }
}

/// Signed area, positive when counter-clockwise.
pub(super) fn area(ring: &[Point]) -> f64 {
    let Some(&o) = ring.first() else { return 0.0 };
    let mut twice = 0.0;
    for i in 0..ring.len() {
        twice += cross(sub(ring[i], o), sub(ring[(i + 1) % ring.len()], o));
    }
    twice / 2.0
}

pub(super) fn perimeter(ring: &[Point]) -> f64 {
    (0..ring.len()).map(|i| distance(ring[i], ring[(i + 1) % ring.len()])).sum()
}

/// The centroid of a ring; the origin for an empty one.
pub(super) fn centroid(ring: &[Point]) -> Point {
    let Some(&o) = ring.first() else { return [0.0, 0.0] };
    let (mut sum, mut total) = ([0.0, 0.0], 0.0);
    for i in 0..ring.len() {
        let (a, b) = (sub(ring[i], o), sub(ring[(i + 1) % ring.len()], o));
        let c = cross(a, b);
        sum = add(sum, scale(add(a, b), c));
        total += c;
    }
    if total.abs() < 1e-9 { o } else { add(o, scale(sum, 1.0 / (3.0 * total))) }
}

/// The part of a convex ring on the side of a line that `normal` points to, with edge labels kept;
/// the new edge gets `label`. Edge `i` runs from vertex `i` to the next.
pub(super) fn clip_labelled<L: Copy>(
    ring: &[Point],
    labels: &[L],
    at: Point,
    normal: Point,
    label: L,
) -> (Vec<Point>, Vec<L>) {
    let mut out = Vec::with_capacity(ring.len() + 1);
    let mut out_labels = Vec::with_capacity(ring.len() + 1);
    let side: Vec<f64> = ring.iter().map(|p| dot(sub(*p, at), normal)).collect();
    for i in 0..ring.len() {
        let j = (i + 1) % ring.len();
        let (a, b) = (side[i], side[j]);
        if a >= 0.0 {
            out.push(ring[i]);
            out_labels.push(labels[i]);
            if b < 0.0 {
                out.push(mix(ring[i], ring[j], a / (a - b)));
                out_labels.push(label);
            }
        } else if b > 0.0 {
            out.push(mix(ring[i], ring[j], a / (a - b)));
            out_labels.push(labels[i]);
        }
    }
    // Points closer than a centimetre would become one when coordinates are rounded.
    let mut i = 0;
    while out.len() > 2 && i < out.len() {
        let j = (i + 1) % out.len();
        if distance(out[i], out[j]) < 0.02 {
            out.remove(i);
            out_labels.remove(i);
        } else {
            i += 1;
        }
    }
    if out.len() < 3 { (Vec::new(), Vec::new()) } else { (out, out_labels) }
}

/// The part of a convex ring on the side of a line that `normal` points to.
pub(super) fn clip(ring: &[Point], at: Point, normal: Point) -> Vec<Point> {
    clip_labelled(ring, &vec![(); ring.len()], at, normal, ()).0
}

/// A convex counter-clockwise ring with every edge moved inward by its own distance.
pub(super) fn inset_by(ring: &[Point], by: impl Fn(usize) -> f64) -> Vec<Point> {
    let mut out = ring.to_vec();
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        let normal = left(unit(sub(b, a)));
        out = clip(&out, add(a, scale(normal, by(i))), normal);
        if out.is_empty() {
            break;
        }
    }
    out
}

/// A convex counter-clockwise ring with every edge moved inward.
pub(super) fn inset(ring: &[Point], by: f64) -> Vec<Point> {
    inset_by(ring, |_| by)
}

/// Whether a point lies in a convex counter-clockwise ring, at least `margin` from its edges.
pub(super) fn holds(ring: &[Point], point: Point, margin: f64) -> bool {
    (0..ring.len()).all(|i| {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        cross(unit(sub(b, a)), sub(point, a)) >= margin
    })
}

/// A local frame: x along `axis`, y to its left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) origin: Point,
    pub(super) axis: Point,
}

impl Frame {
    pub(super) fn local(&self, p: Point) -> Point {
        let d = sub(p, self.origin);
        [dot(d, self.axis), cross(self.axis, d)]
    }

    pub(super) fn world(&self, p: Point) -> Point {
        add(self.origin, add(scale(self.axis, p[0]), scale(left(self.axis), p[1])))
    }

    pub(super) fn locals(&self, ring: &[Point]) -> Vec<Point> {
        ring.iter().map(|p| self.local(*p)).collect()
    }

    pub(super) fn worlds(&self, ring: &[Point]) -> Vec<Point> {
        ring.iter().map(|p| self.world(*p)).collect()
    }
}

/// The direction of the longest edge, pointing east.
pub(super) fn long_axis(ring: &[Point]) -> Point {
    let mut best = ([1.0, 0.0], 0.0);
    for i in 0..ring.len() {
        let d = sub(ring[(i + 1) % ring.len()], ring[i]);
        if length(d) > best.1 {
            best = (d, length(d));
        }
    }
    let axis = unit(best.0);
    if axis[0] < 0.0 { scale(axis, -1.0) } else { axis }
}

/// The direction along which rows of housing run: that edge direction which is nearest to
/// east-west, but never more than 30° off, so that long sides face south.
pub(super) fn row_axis(ring: &[Point]) -> Point {
    let mut axis = long_axis(ring);
    if axis[1].abs() > axis[0].abs() {
        axis = left(axis);
    }
    if axis[0] < 0.0 {
        axis = scale(axis, -1.0);
    }
    // sin 30° = 0.5; beyond it the rows turn back to 30°.
    if axis[1].abs() > 0.5 { [0.866_025_403_784_438_6, 0.5 * axis[1].signum()] } else { axis }
}

/// A box in a local frame: x0, y0, x1, y1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Box2 {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) x1: f64,
    pub(super) y1: f64,
}

impl Box2 {
    pub(super) fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { x0, y0, x1, y1 }
    }

    pub(super) fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    pub(super) fn depth(&self) -> f64 {
        self.y1 - self.y0
    }

    pub(super) fn middle(&self) -> Point {
        [(self.x0 + self.x1) / 2.0, (self.y0 + self.y1) / 2.0]
    }

    pub(super) fn ring(&self) -> Vec<Point> {
        vec![[self.x0, self.y0], [self.x1, self.y0], [self.x1, self.y1], [self.x0, self.y1]]
    }

    pub(super) fn shrunk(&self, by: f64) -> Self {
        Self::new(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)
    }
}

/// The box around a ring.
pub(super) fn around(ring: &[Point]) -> Box2 {
    let mut b = Box2::new(f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for p in ring {
        b = Box2::new(b.x0.min(p[0]), b.y0.min(p[1]), b.x1.max(p[0]), b.y1.max(p[1]));
    }
    b
}

/// Where the horizontal line at `y` lies in a convex ring.
fn x_range_at(ring: &[Point], y: f64) -> Option<(f64, f64)> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a[1] - y) * (b[1] - y) <= 0.0 {
            for x in if a[1] == b[1] { [a[0], b[0]] } else { [a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]); 2] } {
                low = low.min(x);
                high = high.max(x);
            }
        }
    }
    (low < high).then_some((low, high))
}

/// The x values for which a convex ring holds the whole of `y0..y1`.
pub(super) fn x_range(ring: &[Point], y0: f64, y1: f64) -> Option<(f64, f64)> {
    let (a, b) = (x_range_at(ring, y0)?, x_range_at(ring, y1)?);
    let range = (a.0.max(b.0), a.1.min(b.1));
    (range.0 < range.1).then_some(range)
}

/// A large box inside a convex ring: the best of a search over 14 levels.
pub(super) fn inner_box(ring: &[Point]) -> Option<Box2> {
    let outer = around(ring);
    let step = outer.depth() / 14.0;
    let mut best: Option<(f64, Box2)> = None;
    for i in 0..14 {
        for j in i + 3..=14 {
            let (y0, y1) = (outer.y0 + step * f64::from(i), outer.y0 + step * f64::from(j));
            if let Some((x0, x1)) = x_range(ring, y0 + 1e-6, y1 - 1e-6) {
                let size = (x1 - x0) * (y1 - y0);
                if best.is_none_or(|(s, _)| size > s) {
                    best = Some((size, Box2::new(x0, y0 + 1e-6, x1, y1 - 1e-6)));
                }
            }
        }
    }
    best.map(|(_, b)| b)
}

/// A ring of `n` points on an ellipse, counter-clockwise.
pub(super) fn ellipse(centre: Point, rx: f64, ry: f64, n: u32) -> Vec<Point> {
    (0..n)
        .map(|i| {
            let (s, c) = sin_cos(std::f64::consts::TAU * f64::from(i) / f64::from(n));
            [centre[0] + rx * c, centre[1] + ry * s]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_sine_agrees_with_the_system_to_nine_digits() {
        for i in -700..700 {
            let angle = f64::from(i) * 0.031;
            let (s, c) = sin_cos(angle);
            assert!((s - angle.sin()).abs() < 1e-9 && (c - angle.cos()).abs() < 1e-9, "{angle}");
        }
    }

    #[test]
    fn an_inset_square_loses_its_border() {
        let square = [[0.0, 0.0], [100.0, 0.0], [100.0, 60.0], [0.0, 60.0]];
        // 10 m off each side: 80 × 40.
        assert!((area(&inset(&square, 10.0)) - 3200.0).abs() < 1e-9);
        assert!(inset(&square, 31.0).is_empty());
    }

    #[test]
    fn a_row_in_a_trapezoid_keeps_inside_over_its_whole_depth() {
        // Left side runs from (0,0) to (20,40): at y = 20 it is at x = 10.
        let ring = [[0.0, 0.0], [100.0, 0.0], [100.0, 40.0], [20.0, 40.0]];
        assert_eq!(x_range(&ring, 10.0, 20.0), Some((10.0, 100.0)));
    }
}
