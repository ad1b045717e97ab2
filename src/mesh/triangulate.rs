//! Polygons with holes to triangles, by ear clipping (`earcut`).

use earcut::Earcut;

/// Cuts polygons into triangles; keeps its buffers from one polygon to the next.
#[derive(Default)]
pub struct Triangulator {
    earcut: Earcut<f64>,
    xy: Vec<[f64; 2]>,
    ring_ends: Vec<u32>,
    holes: Vec<u32>,
    triangles: Vec<u32>,
}

/// The result for one polygon.
pub struct Triangles<'a> {
    /// Corners relative to the origin that was given, ring by ring: exterior counter-clockwise,
    /// holes clockwise, without repeated corners. Polygons without holes also lose exactly straight
    /// corners, so that walls made from the rings and roofs made from the triangles have the same
    /// edges; next to holes such a corner may be where a hole touches, and stays.
    pub xy: &'a [[f64; 2]],
    /// Where each ring ends in `xy`; the first is the exterior.
    pub ring_ends: &'a [u32],
    /// Three numbers of corners for each triangle, counter-clockwise.
    pub triangles: &'a [u32],
}

impl Triangles<'_> {
    /// The rings, exterior first.
    pub fn rings(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ring_ends.iter().map(|end| *end as usize));
        starts.zip(self.ring_ends).map(|(start, end)| start..*end as usize)
    }
}

impl Triangulator {
    /// Triangulates one polygon: the exterior ring, then its holes, all open. No triangles come out
    /// of a polygon without area; a polygon that crosses itself gives some triangles, not a panic.
    pub fn polygon<'r>(&mut self, rings: impl Iterator<Item = &'r [[f64; 2]]>, origin: [f64; 2]) -> Triangles<'_> {
        self.xy.clear();
        self.ring_ends.clear();
        self.holes.clear();
        self.triangles.clear();
        let mut rings = rings.enumerate().peekable();
        let mut straighten = true;
        while let Some((i, ring)) = rings.next() {
            straighten = straighten && i == 0 && rings.peek().is_none();
            let start = self.xy.len();
            self.push_ring(ring, origin, i == 0, straighten);
            if self.xy.len() - start < 3 {
                self.xy.truncate(start);
                if i == 0 {
                    break;
                }
                continue;
            }
            if i > 0 {
                self.holes.push(start as u32);
            }
            self.ring_ends.push(self.xy.len() as u32);
        }
        match self.xy.len() {
            0 => {}
            _ if self.fan() => {}
            _ => self.clip_ears(),
        }
        for t in self.triangles.chunks_exact_mut(3) {
            if cross(self.xy[t[0] as usize], self.xy[t[1] as usize], self.xy[t[2] as usize]) < 0.0 {
                t.swap(1, 2);
            }
        }
        Triangles { xy: &self.xy, ring_ends: &self.ring_ends, triangles: &self.triangles }
    }

    /// Adds a ring without useless corners, running the right way.
    fn push_ring(&mut self, ring: &[[f64; 2]], origin: [f64; 2], exterior: bool, straighten: bool) {
        let start = self.xy.len();
        if self.push_clean_ring(ring, origin, straighten) {
            return self.turn_ring(start, exterior);
        }
        for [x, y] in ring {
            let corner = [x - origin[0], y - origin[1]];
            if !(corner[0].is_finite() && corner[1].is_finite()) {
                continue;
            }
            // A corner can become useless only when its follower is known.
            while self.xy.len() > start {
                let last = self.xy[self.xy.len() - 1];
                let straight =
                    straighten && self.xy.len() > start + 1 && cross(self.xy[self.xy.len() - 2], last, corner) == 0.0;
                if last == corner || straight {
                    self.xy.pop();
                } else {
                    break;
                }
            }
            self.xy.push(corner);
        }
        // The same around the end.
        let mut first = start;
        loop {
            let n = self.xy.len();
            if n < first + 3 {
                self.xy.truncate(start);
                return;
            }
            let (a, b, c, d) = (self.xy[n - 2], self.xy[n - 1], self.xy[first], self.xy[first + 1]);
            if b == c || (straighten && cross(a, b, c) == 0.0) {
                self.xy.pop();
            } else if straighten && cross(b, c, d) == 0.0 {
                first += 1;
            } else {
                break;
            }
        }
        self.xy.drain(start..first);
        self.turn_ring(start, exterior);
    }

    /// Adds a ring of which every corner is useful, as most are; of others, nothing.
    fn push_clean_ring(&mut self, ring: &[[f64; 2]], origin: [f64; 2], straighten: bool) -> bool {
        let start = self.xy.len();
        let [.., before, last] = ring else { return false };
        let relative = |p: &[f64; 2]| [p[0] - origin[0], p[1] - origin[1]];
        let (mut a, mut b) = (relative(before), relative(last));
        self.xy.reserve(ring.len());
        for corner in ring {
            let c = relative(corner);
            let turn = cross(a, b, c);
            // Not finite where a corner is not.
            if !turn.is_finite() || b == c || (straighten && turn == 0.0) {
                self.xy.truncate(start);
                return false;
            }
            self.xy.push(c);
            (a, b) = (b, c);
        }
        ring.len() >= 3 || {
            self.xy.truncate(start);
            false
        }
    }

    /// Makes the last ring, from `start` on, run the right way.
    fn turn_ring(&mut self, start: usize, exterior: bool) {
        let ring = &mut self.xy[start..];
        let Some(&(mut a)) = ring.last() else { return };
        let mut twice_area = 0.0;
        for b in ring.iter().copied() {
            twice_area += a[0] * b[1] - b[0] * a[1];
            a = b;
        }
        if (twice_area > 0.0) != exterior {
            ring.reverse();
        }
    }

    /// Ear clipping joins each hole to a corner west of it; where holes touch each other or the
    /// exterior that can go wrong even for valid polygons. The areas tell: then the polygon is
    /// turned, which joins the holes elsewhere, and the best result is kept.
    fn clip_ears(&mut self) {
        let mut expected = 0.0;
        let mut start = 0;
        for end in &self.ring_ends {
            // Exteriors count positive, holes negative: that is how they run.
            let ring = &self.xy[start..*end as usize];
            expected += (0..ring.len()).map(|i| cross([0.0; 2], ring[i], ring[(i + 1) % ring.len()])).sum::<f64>();
            start = *end as usize;
        }
        let turns: [fn([f64; 2]) -> [f64; 2]; 4] = [|p| p, |[x, y]| [-x, -y], |[x, y]| [-y, x], |[x, y]| [y, -x]];
        let (mut best, mut least) = (Vec::new(), f64::INFINITY);
        for turn in turns {
            self.earcut.earcut(self.xy.iter().copied().map(turn), &self.holes, &mut self.triangles);
            let corner = |i: u32| self.xy[i as usize];
            let covered: f64 =
                self.triangles.chunks_exact(3).map(|t| cross(corner(t[0]), corner(t[1]), corner(t[2])).abs()).sum();
            let error = (covered - expected).abs();
            if error <= 1e-10 * expected.abs() {
                return;
            }
            if error < least {
                least = error;
                best = std::mem::take(&mut self.triangles);
            }
        }
        self.triangles = best;
    }

    /// Small polygons of which one corner sees all others, as most footprints are: rectangles, all
    /// other convex ones, and those with a single reflex corner, such as an L. False, and nothing
    /// done, for others.
    fn fan(&mut self) -> bool {
        const MOST: usize = 12;
        let n = self.xy.len();
        if self.ring_ends.len() != 1 || !(3..=MOST).contains(&n) {
            return false;
        }
        let corners = &self.xy[..n];
        // Where the ring turns right; the hub of the fan, or corner 0 if nowhere.
        let mut reflex = (0, 0);
        let (mut a, mut b) = (corners[n - 2], corners[n - 1]);
        for (i, c) in corners.iter().copied().enumerate() {
            if cross(a, b, c) <= 0.0 {
                reflex = (reflex.0 + 1, if i == 0 { n - 1 } else { i - 1 });
            }
            (a, b) = (b, c);
        }
        let (count, hub) = reflex;
        if count > 1 {
            return false;
        }
        // No triangle may be turned over or empty; more than a full turn around the hub is a ring
        // that crosses itself.
        let at = |step: usize| if hub + step < n { hub + step } else { hub + step - n };
        let seen = |step: usize| cross(corners[hub], corners[at(step)], corners[at(step + 1)]) > 0.0;
        if !(1..n - 1).all(seen) {
            return false;
        }
        let triangle = |step: usize| [hub as u32, at(step) as u32, at(step + 1) as u32];
        for step in 1..n - 1 {
            self.triangles.extend_from_slice(&triangle(step));
        }
        true
    }
}

/// Twice the signed area of a triangle.
#[inline]
fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(t: &Triangles) -> f64 {
        let corner = |i: u32| t.xy[i as usize];
        t.triangles.chunks_exact(3).map(|t| cross(corner(t[0]), corner(t[1]), corner(t[2])) / 2.0).sum()
    }

    fn rings_of(path: &std::path::Path) -> Vec<Vec<[f64; 2]>> {
        let text = std::fs::read_to_string(path).unwrap();
        let mut rings: Vec<Vec<[f64; 2]>> = serde_json::from_str(&text).unwrap();
        for ring in &mut rings {
            if ring.len() > 1 && ring.first() == ring.last() {
                ring.pop();
            }
        }
        rings
    }

    #[test]
    fn triangles_of_a_square_with_a_hole_cover_its_area_and_look_up() {
        let square = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [5.0, 10.0], [5.0, 10.0], [0.0, 10.0]];
        let hole = [[2.0, 2.0], [4.0, 2.0], [4.0, 4.0], [2.0, 4.0]];
        let mut triangulator = Triangulator::default();
        let t = triangulator.polygon([&square[..], &hole[..]].into_iter(), [3.0, 1.0]);
        assert_eq!(area(&t), 96.0);
        // The double of (5, 10) is gone.
        assert_eq!(t.ring_ends, [5, 9]);
        for corner in t.triangles.chunks_exact(3) {
            let [a, b, c] = [corner[0], corner[1], corner[2]].map(|i| t.xy[i as usize]);
            assert!(cross(a, b, c) > 0.0);
        }
        // The hole runs clockwise now.
        assert!(cross(t.xy[5], t.xy[6], t.xy[7]) < 0.0);
        // Without a hole the straight corner goes as well.
        assert_eq!(triangulator.polygon([&square[..]].into_iter(), [0.0; 2]).xy.len(), 4);
    }

    /// A ring of 4 right turns and 8 left ones has no hub; a star drawn in one go crosses itself.
    #[test]
    fn fans_cover_rectangles_and_ls_and_leave_the_rest_to_ear_clipping() {
        let mut triangulator = Triangulator::default();
        let l = [[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [10.0, 10.0], [10.0, 20.0], [0.0, 20.0]];
        // The reflex corner at each place of the ring, and the ring run both ways.
        for i in 0..12 {
            let mut ring = l;
            ring.rotate_left(i % 6);
            if i >= 6 {
                ring.reverse();
            }
            let t = triangulator.polygon([&ring[..]].into_iter(), [0.0; 2]);
            assert_eq!((area(&t), t.triangles.len()), (300.0, 12));
        }
        let plus = [
            [1., 0.],
            [2., 0.],
            [2., 1.],
            [3., 1.],
            [3., 2.],
            [2., 2.],
            [2., 3.],
            [1., 3.],
            [1., 2.],
            [0., 2.],
            [0., 1.],
            [1., 1.],
        ];
        assert_eq!(area(&triangulator.polygon([&plus[..]].into_iter(), [0.0; 2])), 5.0);
        // A cut so deep that its hub is in line with a side: (2, 0) → (2, 2) → (2, 4) is straight.
        let z = [[0., 0.], [2., 0.], [2., 2.], [4., 2.], [4., 4.], [2., 4.], [0., 4.]];
        assert_eq!(area(&triangulator.polygon([&z[..]].into_iter(), [0.0; 2])), 12.0);
        let star = |k: f64| [(k * 0.8 * std::f64::consts::PI).cos(), (k * 0.8 * std::f64::consts::PI).sin()];
        let star = [star(0.0), star(1.0), star(2.0), star(3.0), star(4.0)];
        triangulator.polygon([&star[..]].into_iter(), [0.0; 2]);
        assert!(!triangulator.fan());
    }

    #[test]
    fn nothing_comes_out_of_polygons_without_area() {
        let mut triangulator = Triangulator::default();
        let line = [[0.0, 0.0], [5.0, 5.0], [9.0, 9.0]];
        let nan = [[0.0, 0.0], [f64::NAN, 1.0], [1.0, f64::INFINITY]];
        for ring in [&line[..], &nan[..], &[], &line[..1]] {
            assert!(triangulator.polygon([ring].into_iter(), [0.0; 2]).triangles.is_empty());
        }
    }

    /// Areas by the shoelace formula; which fixtures are valid by OGC rules is decided by the `geo`
    /// crate's validation, not by our code.
    #[test]
    fn triangles_cover_the_polygon_for_every_valid_fixture_and_no_fixture_hangs() {
        use geo::algorithm::Validation;
        let Some(folder) = crate::testing::data("bad/earcut_fixtures") else { return };
        let (mut valid, mut seen) = (0, 0);
        let mut wrong = Vec::new();
        let mut triangulator = Triangulator::default();
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for path in files {
            let rings = rings_of(&path);
            let line = |ring: &Vec<[f64; 2]>| geo::LineString::from(ring.clone());
            let whole = rings.first().is_some_and(|ring| ring.len() >= 3);
            let is_valid =
                whole && geo::Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect()).is_valid();
            let t = triangulator.polygon(rings.iter().map(Vec::as_slice), [0.0; 2]);
            seen += 1;
            if is_valid {
                valid += 1;
                let shoelace = |ring: &Vec<[f64; 2]>| {
                    let n = ring.len();
                    let sum: f64 = (0..n).map(|i| cross([0.0; 2], ring[i], ring[(i + 1) % n])).sum();
                    sum.abs() / 2.0
                };
                let polygon = shoelace(&rings[0]) - rings[1..].iter().map(shoelace).sum::<f64>();
                let error = (area(&t) - polygon).abs() / polygon;
                if error > 1e-9 {
                    wrong.push(format!("{}: {} instead of {polygon}", path.display(), area(&t)));
                }
            }
        }
        assert_eq!(wrong, [""; 0]);
        assert_eq!(seen, 59);
        assert!(valid >= 30, "{valid} valid fixtures");
    }
}
