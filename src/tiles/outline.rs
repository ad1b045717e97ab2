//! Simpler outlines: fewer vertices of a ring or line, boxes of footprints.

/// The vertices of a line that stay: Douglas and Peucker (1973), within `tolerance` metres. The
/// first and last stay.
pub fn simplify_line(xy: &[[f64; 2]], tolerance: f64) -> Vec<u32> {
    let mut keep = vec![false; xy.len()];
    let Some(last) = xy.len().checked_sub(1) else { return Vec::new() };
    (keep[0], keep[last]) = (true, true);
    let mut open = vec![(0, last)];
    while let Some((a, b)) = open.pop() {
        let farthest = (a + 1..b).map(|i| (i, from_segment(xy[i], xy[a], xy[b]))).max_by(|p, q| p.1.total_cmp(&q.1));
        if let Some((i, away)) = farthest
            && away > tolerance
        {
            keep[i] = true;
            open.extend([(a, i), (i, b)]);
        }
    }
    (0..xy.len() as u32).filter(|i| keep[*i as usize]).collect()
}

/// The vertices of an open ring that stay; at least three.
pub fn simplify_ring(xy: &[[f64; 2]], tolerance: f64) -> Vec<u32> {
    let n = xy.len();
    if n <= 4 {
        return (0..n as u32).collect();
    }
    // Two far ends divide the ring into two lines.
    let far = |from: usize| {
        (0..n).max_by(|i, k| distance(xy[*i], xy[from]).total_cmp(&distance(xy[*k], xy[from]))).unwrap_or(from)
    };
    let a = far(0);
    let b = far(a);
    let (a, b) = (a.min(b), a.max(b));
    if a == b {
        return (0..n as u32).collect();
    }
    let second: Vec<[f64; 2]> = xy[b..].iter().chain(&xy[..=a]).copied().collect();
    let first = simplify_line(&xy[a..=b], tolerance).into_iter().map(|i| i + a as u32);
    let second = simplify_line(&second, tolerance);
    let second = second[..second.len() - 1].iter().skip(1).map(|i| (i + b as u32) % n as u32);
    let mut kept: Vec<u32> = first.chain(second).collect();
    kept.sort_unstable();
    if kept.len() >= 3 { kept } else { (0..n as u32).collect() }
}

fn distance([x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> f64 {
    (x1 - x2).hypot(y1 - y2)
}

fn from_segment(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx * dx + dy * dy;
    if length == 0.0 {
        return distance(p, a);
    }
    let t = (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length).clamp(0.0, 1.0);
    distance(p, [a[0] + t * dx, a[1] + t * dy])
}

/// A rectangle of any direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// Its middle.
    pub centre: [f64; 2],
    /// Unit vector of its first side.
    pub along: [f64; 2],
    /// Half of its first and second side, metres.
    pub half: [f64; 2],
}

impl Rectangle {
    /// The box around a ring in the direction of its longest edge.
    pub fn around(ring: &[[f64; 2]]) -> Option<Self> {
        let next = ring.iter().skip(1).chain(ring.first());
        let edges = ring.iter().zip(next).map(|(a, b)| [b[0] - a[0], b[1] - a[1]]);
        let longest = edges.max_by(|a, b| a[0].hypot(a[1]).total_cmp(&b[0].hypot(b[1])))?;
        let length = longest[0].hypot(longest[1]);
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        let along = [longest[0] / length, longest[1] / length];
        let origin = ring[0];
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in ring {
            let (dx, dy) = (p[0] - origin[0], p[1] - origin[1]);
            let local = [dx * along[0] + dy * along[1], dy * along[0] - dx * along[1]];
            for k in 0..2 {
                low[k] = low[k].min(local[k]);
                high[k] = high[k].max(local[k]);
            }
        }
        let [u, v] = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
        let centre = [origin[0] + u * along[0] - v * along[1], origin[1] + u * along[1] + v * along[0]];
        Some(Self { centre, along, half: [(high[0] - low[0]) / 2.0, (high[1] - low[1]) / 2.0] })
    }

    /// Its area, m².
    pub fn area(&self) -> f64 {
        4.0 * self.half[0] * self.half[1]
    }

    /// The same shape about the same middle with another area: an L keeps its weight.
    #[must_use]
    pub fn with_area(mut self, area: f64) -> Self {
        let now = self.area();
        if now > 0.0 && area > 0.0 {
            let scale = (area / now).sqrt();
            self.half = self.half.map(|half| half * scale);
        }
        self
    }

    /// Its corners, counter-clockwise.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        let [[x, y], [c, s], [a, b]] = [self.centre, self.along, self.half];
        [[-a, -b], [a, -b], [a, b], [-a, b]].map(|[u, v]| [x + u * c - v * s, y + u * s + v * c])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_ends_and_no_vertex_strays_farther_than_the_tolerance() {
        let line: Vec<[f64; 2]> = (0..200).map(|i| [f64::from(i), (f64::from(i) * 0.3).sin() * 3.0]).collect();
        for tolerance in [0.1, 1.0, 10.0] {
            let kept = simplify_line(&line, tolerance);
            assert_eq!((kept[0], kept[kept.len() - 1]), (0, 199));
            for p in &line {
                let near = kept
                    .windows(2)
                    .map(|w| from_segment(*p, line[w[0] as usize], line[w[1] as usize]))
                    .fold(f64::INFINITY, f64::min);
                assert!(near <= tolerance);
            }
        }
        assert_eq!(simplify_line(&line, 10.0), [0, 199]);
    }

    #[test]
    fn a_ring_loses_vertices_on_its_edges_and_keeps_its_corners() {
        let ring = [[0.0, 0.0], [5.0, 0.01], [10.0, 0.0], [10.0, 10.0], [5.0, 10.01], [0.0, 10.0], [0.0, 5.0]];
        assert_eq!(simplify_ring(&ring, 0.5), [0, 2, 3, 5]);
        assert_eq!(simplify_ring(&ring, 0.001).len(), 6);
    }

    /// A 20 × 10 rectangle turned by 30°.
    #[test]
    fn the_box_around_a_turned_rectangle_is_itself() {
        let (s, c) = 30_f64.to_radians().sin_cos();
        let ring = [[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [0.0, 10.0]]
            .map(|[x, y]| [500_000.0 + x * c - y * s, 4e6 + x * s + y * c]);
        let found = Rectangle::around(&ring).unwrap();
        assert!((found.area() - 200.0).abs() < 1e-6);
        for corner in found.corners() {
            assert!(ring.iter().any(|p| distance(*p, corner) < 1e-6));
        }
        assert!((found.with_area(50.0).area() - 50.0).abs() < 1e-9);
    }
}
