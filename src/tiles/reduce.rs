//! Fewer and simpler items for tiles that are seen from afar.
//!
//! # Rules, by level of the tile
//! | | 1 (1 km) | 2 (2 km) | 3 and above |
//! |---|---|---|---|
//! | bodies | outlines within 0.7 m, none below 12 m² | boxes; those below 150 m² together by 50 m | masses by 1/80 of the side |
//! | flat polygons | outlines within 0.7 m, none below 10 m² | within 2.5 m, none below 60 m² | masses by 1/80 of the side |
//! | lines | within 1 m | within 4 m | within 1/1000 of the side, the 1,500 longest |
//! | points | one by 1/64 of the side | | |
//!
//! A **mass** stands for the bodies of a square: one rectangle of their whole area about their
//! middle, turned as the largest is, as high as they are on average, so that area and volume stay;
//! those that fill a square or rise far above the rest stay apart, so that the skyline stays. It carries the row of
//! the largest. Flat **strips**, such as the surfaces of roads, stay strips: as long as they reach and as wide as their area
//! asks, together with others of their place only where they have its direction, up to squares of 400 m. A tile with few items is shown as it is at every level.

use std::collections::{BTreeMap, HashMap};
use std::f64::consts::PI;

use super::TileKey;
use super::outline::{Rectangle, simplify_line, simplify_ring};
use crate::model::{GeometryColumn, GeometryKind, HeightSource, Heights};
use crate::place::Bounds;

/// A tile of at most so many items and vertices is not reduced.
const FEW: (usize, usize) = (300, 6000);
/// Squares of masses along a side.
const SQUARES: f64 = 80.0;
/// Squares along a side of which each shows one point.
const POINT_SQUARES: f64 = 64.0;
/// Lines of a coarse tile.
const MOST_LINES: usize = 1500;
/// A body this much higher than those around it stays apart: share and metres.
const TOWER: (f64, f64) = (1.5, 6.0);

/// A body of this share of a square stays apart.
const LARGE: f64 = 0.3;

/// A flat polygon so many times longer than wide is a strip.
const STRIP: f64 = 4.0;
/// One so many times longer than a square stays alone.
const LONG: f64 = 2.0;
/// In squares from so many metres on there are no streets any more, only what they cover together.
const WIDEST: f64 = 400.0;
/// Directions that are told apart when strips are put together.
const DIRECTIONS: f64 = 4.0;

/// Items before and after.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// One geometry each.
    pub geometry: GeometryColumn,
    /// Heights of bodies.
    pub heights: Option<Heights>,
    /// Which item of the input each is or stands for.
    pub from: Vec<u32>,
}

/// Reduces the items of a tile to its level. Says whether they are all there as they were.
pub fn reduce(key: TileKey, geometry: &GeometryColumn, heights: Option<&Heights>) -> (Items, bool) {
    let few = geometry.len() <= FEW.0 && geometry.vertex_count() <= FEW.1;
    let mut out = Reducer { geometry, heights, out: Items::default() };
    if out.heights.is_some() {
        out.out.heights = Some(Heights::default());
    }
    if key.level == 0 || few {
        for item in 0..geometry.len() as u32 {
            if out.is_drawn(item) {
                out.keep(item);
            }
        }
        return (out.out, true);
    }
    let side = key.side();
    match (geometry.main_kind(), key.level) {
        (GeometryKind::Polygon, 1) => {
            let least = if heights.is_some() { 12.0 } else { 10.0 };
            out.outlines(0.7, least);
        }
        (GeometryKind::Polygon, 2) if heights.is_some() => out.boxes(150.0, side / 40.0),
        (GeometryKind::Polygon, 2) => out.outlines(2.5, 60.0),
        (GeometryKind::Polygon, _) => out.masses(0..geometry.len() as u32, side / SQUARES),
        (GeometryKind::Line, level) => {
            let tolerance = match level {
                1 => 1.0,
                2 => 4.0,
                _ => side / 1000.0,
            };
            out.lines(tolerance, if level < 3 { usize::MAX } else { MOST_LINES });
        }
        (GeometryKind::Point, _) => out.points(side / POINT_SQUARES),
        (GeometryKind::None, _) => {}
    }
    (out.out, false)
}

struct Reducer<'a> {
    geometry: &'a GeometryColumn,
    heights: Option<&'a Heights>,
    out: Items,
}

/// What a mass is made of.
#[derive(Clone, Copy)]
struct Member {
    item: u32,
    area: f64,
    base: f64,
    top: f64,
    rectangle: Rectangle,
}

impl Member {
    /// Length of the longer side and its direction.
    fn long_side(&self) -> (f64, [f64; 2]) {
        let Rectangle { along: [c, s], half, .. } = self.rectangle;
        if half[0] >= half[1] { (2.0 * half[0], [c, s]) } else { (2.0 * half[1], [-s, c]) }
    }

    fn is_strip(&self) -> bool {
        let (length, _) = self.long_side();
        length * length > STRIP * self.area
    }
}

impl Reducer<'_> {
    fn is_drawn(&self, item: u32) -> bool {
        let covered = self.heights.is_some_and(|h| h.covered.get(item as usize).copied().unwrap_or(false));
        !covered && self.geometry.kind(item) != GeometryKind::None
    }

    /// Base, top and source of an item.
    fn span(&self, item: u32) -> (f64, f64, HeightSource) {
        let Some(heights) = self.heights else { return (0.0, 0.0, HeightSource::Surveyed) };
        let at = item as usize;
        let own = self.geometry.heights(item).iter().copied().filter(|z| z.is_finite());
        // A shell of many surfaces is as high as it reaches.
        if self.geometry.parts(item).len() > 3 && self.geometry.has_z() {
            let (low, high) = own.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), z| (l.min(z), h.max(z)));
            if high > low {
                return (0.0, high - low, heights.source[at]);
            }
        }
        (f64::from(heights.base[at]), f64::from(heights.top[at]), heights.source[at])
    }

    fn end(&mut self, item: u32, kind: GeometryKind, base: f64, top: f64) {
        let (.., source) = self.span(item);
        if let Some(heights) = &mut self.out.heights {
            heights.base.push(base as f32);
            heights.top.push(top as f32);
            heights.source.push(source);
            heights.covered.push(false);
        }
        self.out.geometry.end_feature(kind);
        self.out.from.push(item);
    }

    /// Takes an item over as it is.
    fn keep(&mut self, item: u32) {
        let heights = self.heights.map(|h| (h.base[item as usize], h.top[item as usize]));
        let (base, top) = heights.unwrap_or_default();
        for part in self.geometry.parts(item) {
            for ring in self.geometry.rings(part) {
                for (i, xy) in ring.xy.iter().enumerate() {
                    self.out.geometry.push_vertex(*xy, ring.z.get(i).copied());
                }
                self.out.geometry.end_ring();
            }
            self.out.geometry.end_part();
        }
        self.end(item, self.geometry.kind(item), f64::from(base), f64::from(top));
    }

    /// Polygons with fewer vertices. Holes below the least area go; a shell stays as it is.
    fn outlines(&mut self, tolerance: f64, least_area: f64) {
        for item in 0..self.geometry.len() as u32 {
            if !self.is_drawn(item) {
                continue;
            }
            if self.geometry.kind(item) != GeometryKind::Polygon || self.geometry.has_z() {
                self.keep(item);
                continue;
            }
            if self.geometry.area(item) < least_area {
                continue;
            }
            for part in self.geometry.parts(item) {
                for (number, ring) in self.geometry.rings(part).enumerate() {
                    let hole_is_small = number > 0 && Bounds::around(ring.xy).width() < least_area.sqrt();
                    if !hole_is_small {
                        for i in simplify_ring(ring.xy, tolerance) {
                            self.out.geometry.push_vertex(ring.xy[i as usize], None);
                        }
                        self.out.geometry.end_ring();
                    }
                }
                self.out.geometry.end_part();
            }
            let (base, top, _) = self.span(item);
            self.end(item, GeometryKind::Polygon, base, top);
        }
    }

    fn member(&self, item: u32) -> Option<Member> {
        if !self.is_drawn(item) || self.geometry.kind(item) != GeometryKind::Polygon {
            return None;
        }
        let rectangle = Rectangle::around(self.geometry.vertices(item))?;
        let shell = self.geometry.has_z() && self.geometry.parts(item).len() > 3;
        let area = if shell { rectangle.area() } else { self.geometry.area(item) };
        let (base, top, _) = self.span(item);
        (area > 0.0 && area.is_finite() && top.is_finite()).then_some(Member { item, area, base, top, rectangle })
    }

    fn push_rectangle(&mut self, item: u32, rectangle: &Rectangle, base: f64, top: f64) {
        let own = self.geometry.heights(item).iter().copied().filter(|z| z.is_finite());
        let z = own.reduce(f64::min).filter(|_| self.geometry.has_z());
        for corner in rectangle.corners() {
            self.out.geometry.push_vertex(corner, z);
        }
        self.out.geometry.end_ring();
        self.out.geometry.end_part();
        self.end(item, GeometryKind::Polygon, base, top);
    }

    /// One box for each body from an area on; smaller ones become masses.
    fn boxes(&mut self, least_area: f64, square: f64) {
        let mut small = Vec::new();
        for item in 0..self.geometry.len() as u32 {
            match self.member(item) {
                Some(member) if member.area >= least_area => {
                    let rectangle = member.rectangle.with_area(member.area);
                    self.push_rectangle(item, &rectangle, member.base, member.top);
                }
                Some(_) => small.push(item),
                None => {}
            }
        }
        self.masses(small, square);
    }

    /// Masses of the squares of a lattice.
    fn masses(&mut self, items: impl IntoIterator<Item = u32>, square: f64) {
        let mut squares: HashMap<[i64; 2], Vec<Member>> = HashMap::new();
        for member in items.into_iter().filter_map(|item| self.member(item)) {
            let at = member.rectangle.centre.map(|c| (c / square).floor() as i64);
            squares.entry(at).or_default().push(member);
        }
        let mut squares: Vec<_> = squares.into_iter().collect();
        squares.sort_unstable_by_key(|(at, _)| *at);
        let mut strips: BTreeMap<[i64; 2], Vec<Member>> = BTreeMap::new();
        for (at, members) in squares {
            let (narrow, members): (Vec<Member>, Vec<Member>) =
                members.into_iter().partition(|m| self.heights.is_none() && square < WIDEST && m.is_strip());
            strips.entry(at.map(|c| c.div_euclid(2))).or_default().extend(narrow);
            // What fills a square by itself is no part of a mass.
            let (large, members): (Vec<Member>, Vec<Member>) =
                members.into_iter().partition(|m| m.area > LARGE * square * square);
            for member in &large {
                self.mass(&[*member], square);
            }
            let area: f64 = members.iter().map(|m| m.area).sum();
            let mean = members.iter().map(|m| m.area * m.top).sum::<f64>() / area;
            let limit = (mean * TOWER.0).max(mean + TOWER.1);
            let (towers, rest): (Vec<Member>, Vec<Member>) = members.into_iter().partition(|m| m.top > limit);
            for group in [rest, towers] {
                self.mass(&group, square);
            }
        }
        // There are strips of several directions in a place: so those of four squares go together.
        strips.into_values().for_each(|strips| self.strips(strips, 2.0 * square));
    }

    /// Strips of a square, those of one direction together; a long one stays alone.
    fn strips(&mut self, strips: Vec<Member>, square: f64) {
        let mut directions: BTreeMap<u8, Vec<Member>> = BTreeMap::new();
        for strip in strips {
            let (length, along) = strip.long_side();
            if length > LONG * square {
                self.strip(&mut [strip]);
                continue;
            }
            // Forth and back are one direction.
            let turn = along[1].atan2(along[0]).rem_euclid(PI) / PI;
            directions.entry((turn * DIRECTIONS).round() as u8 % DIRECTIONS as u8).or_default().push(strip);
        }
        directions.into_values().for_each(|mut members| self.strip(&mut members));
    }

    /// One strip for several: as long as they reach, with their whole area. More than one where that would be no strip.
    fn strip(&mut self, members: &mut [Member]) {
        let longest = members.iter().max_by(|a, b| a.long_side().0.total_cmp(&b.long_side().0));
        let Some((largest, (_, along))) = longest.map(|m| (m, m.long_side())) else { return };
        let area: f64 = members.iter().map(|m| m.area).sum();
        let mean = |k: usize| members.iter().map(|m| m.area * m.rectangle.centre[k]).sum::<f64>() / area;
        let centre = [mean(0), mean(1)];
        let reach = |corner: [f64; 2]| ((corner[0] - centre[0]) * along[0] + (corner[1] - centre[1]) * along[1]).abs();
        let half = members.iter().flat_map(|m| m.rectangle.corners()).map(reach).fold(0.0, f64::max);
        if 4.0 * half * half < STRIP * area && members.len() > 1 {
            // Side by side: divided across.
            let from = largest.rectangle.centre;
            let aside = |m: &Member| {
                (m.rectangle.centre[1] - from[1]) * along[0] - (m.rectangle.centre[0] - from[0]) * along[1]
            };
            members.sort_by(|a, b| aside(a).total_cmp(&aside(b)));
            let (left, right) = members.split_at_mut(members.len() / 2);
            self.strip(left);
            return self.strip(right);
        }
        let rectangle = Rectangle { centre, along, half: [half, area / (4.0 * half)] };
        self.push_rectangle(largest.item, &rectangle, 0.0, 0.0);
    }

    fn mass(&mut self, members: &[Member], square: f64) {
        let Some(largest) = members.iter().max_by(|a, b| a.area.total_cmp(&b.area)) else { return };
        if let [one] = members {
            let rectangle = one.rectangle.with_area(one.area);
            return self.push_rectangle(one.item, &rectangle, one.base, one.top);
        }
        let area: f64 = members.iter().map(|m| m.area).sum();
        let mean = |of: &dyn Fn(&Member) -> f64| members.iter().map(|m| m.area * of(m)).sum::<f64>() / area;
        let centre = [mean(&|m| m.rectangle.centre[0]), mean(&|m| m.rectangle.centre[1])];
        let [c, s] = largest.rectangle.along;
        // How far the members reach from their middle, in the direction of the largest.
        let mut reach = [0.0_f64; 2];
        for corner in members.iter().flat_map(|m| m.rectangle.corners()) {
            let (dx, dy) = (corner[0] - centre[0], corner[1] - centre[1]);
            reach[0] = reach[0].max((dx * c + dy * s).abs());
            reach[1] = reach[1].max((dy * c - dx * s).abs());
        }
        let half = reach.map(|r| r.min(0.6 * square));
        let around = Rectangle { centre, along: [c, s], half };
        // Parts may overlap: never more than there is room.
        let rectangle = around.with_area(area.min(around.area()));
        let base = members.iter().map(|m| m.base).fold(f64::INFINITY, f64::min);
        self.push_rectangle(largest.item, &rectangle, base, mean(&|m| m.top));
    }

    fn lines(&mut self, tolerance: f64, most: usize) {
        let length = |item: u32| {
            let bounds = self.geometry.bounds(item);
            bounds.width().hypot(bounds.height())
        };
        let mut items: Vec<u32> = (0..self.geometry.len() as u32).filter(|item| self.is_drawn(*item)).collect();
        if items.len() > most {
            items.select_nth_unstable_by(most, |a, b| length(*b).total_cmp(&length(*a)));
            items.truncate(most);
            items.sort_unstable();
        }
        for item in items {
            if self.geometry.kind(item) != GeometryKind::Line {
                self.keep(item);
                continue;
            }
            for part in self.geometry.parts(item) {
                for ring in self.geometry.rings(part) {
                    for i in simplify_line(ring.xy, tolerance) {
                        self.out.geometry.push_vertex(ring.xy[i as usize], ring.z.get(i as usize).copied());
                    }
                    self.out.geometry.end_ring();
                }
                self.out.geometry.end_part();
            }
            self.end(item, GeometryKind::Line, 0.0, 0.0);
        }
    }

    fn points(&mut self, square: f64) {
        let mut seen = std::collections::HashSet::new();
        for item in 0..self.geometry.len() as u32 {
            let Some(first) = self.geometry.vertices(item).first().filter(|_| self.is_drawn(item)) else { continue };
            if seen.insert(first.map(|c| (c / square).floor() as i64)) {
                self.keep(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A town of `n` × `n` houses of 10 m × 10 m every 20 m, 10 m high; every seventh is a tower of
    /// 100 m.
    fn town(n: u32) -> (GeometryColumn, Heights) {
        let (mut geometry, mut heights) = (GeometryColumn::default(), Heights::default());
        for i in 0..n * n {
            let (x, y) = (f64::from(i % n) * 20.0 + 5.0, f64::from(i / n) * 20.0 + 5.0);
            for [dx, dy] in [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]] {
                geometry.push_vertex([x + dx, y + dy], None);
            }
            geometry.end_ring();
            geometry.end_part();
            geometry.end_feature(GeometryKind::Polygon);
            heights.top.push(if i % 7 == 0 { 100.0 } else { 10.0 });
            heights.base.push(0.0);
            heights.source.push(HeightSource::Surveyed);
            heights.covered.push(false);
        }
        (geometry, heights)
    }

    fn volume(geometry: &GeometryColumn, heights: &Heights) -> f64 {
        let body = |i: u32| geometry.area(i) * f64::from(heights.top[i as usize] - heights.base[i as usize]);
        (0..geometry.len() as u32).map(body).sum()
    }

    #[test]
    fn masses_keep_area_volume_and_towers_and_name_a_row_of_their_square() {
        let (geometry, heights) = town(100);
        for level in 2..6 {
            let key = TileKey { level, x: 0, y: 0 };
            let (items, all) = reduce(key, &geometry, Some(&heights));
            let after = items.heights.as_ref().unwrap();
            assert!(!all && items.from.len() < geometry.len());
            let area: f64 = (0..items.geometry.len() as u32).map(|i| items.geometry.area(i)).sum();
            // 10,000 houses of 100 m².
            assert!((area / 1e6 - 1.0).abs() < 1e-6, "{level}: {area}");
            assert!((volume(&items.geometry, after) / volume(&geometry, &heights) - 1.0).abs() < 1e-4);
            assert_eq!(after.top.iter().copied().fold(0.0, f32::max), 100.0);
            let square = if level == 2 { key.side() / 40.0 } else { key.side() / SQUARES };
            for (i, from) in items.from.iter().enumerate() {
                let (a, b) = (items.geometry.bounds(i as u32).centre(), geometry.bounds(*from).centre());
                assert!((a[0] - b[0]).abs() <= square && (a[1] - b[1]).abs() <= square);
                // A mass of houses is never taken for a tower, and the other way round.
                assert_eq!(after.top[i] > 50.0, heights.top[*from as usize] > 50.0);
            }
        }
    }

    #[test]
    fn streets_stay_streets() {
        // Streets of 90 m × 9 m, 810 m² each, every second one across, in squares of 100 m.
        let mut streets = GeometryColumn::default();
        for i in 0..360 {
            let (x, y) = (f64::from(i % 12) * 105.0, f64::from(i / 12) * 31.0);
            let [w, h] = if i % 2 == 0 { [90.0, 9.0] } else { [9.0, 90.0] };
            for [dx, dy] in [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]] {
                streets.push_vertex([x + dx, y + dy], None);
            }
            streets.end_ring();
            streets.end_part();
            streets.end_feature(GeometryKind::Polygon);
        }
        let (items, _) = reduce(TileKey { level: 4, x: 0, y: 0 }, &streets, None);
        assert!(items.from.len() < 300, "{}", items.from.len());
        let mut area = 0.0;
        for (i, from) in (0_u32..).zip(&items.from) {
            let size = |geometry: &GeometryColumn, i| [geometry.bounds(i).width(), geometry.bounds(i).height()];
            let ([w, h], [w0, h0]) = (size(&items.geometry, i), size(&streets, *from));
            assert!(w.max(h) >= 90.0 - 1e-6 && w.min(h) < w.max(h) / 2.0, "{w} {h}");
            assert_eq!(w > h, w0 > h0, "turned");
            area += items.geometry.area(i);
        }
        assert!((area - 360.0 * 810.0).abs() < 1e-3, "{area}");
    }

    #[test]
    fn covered_parents_are_not_counted_and_few_items_stay_as_they_are() {
        let (geometry, mut heights) = town(4);
        heights.covered[3] = true;
        let (items, all) = reduce(TileKey { level: 5, x: 0, y: 0 }, &geometry, Some(&heights));
        assert!(all);
        assert_eq!(items.from, (0..16).filter(|i| *i != 3).collect::<Vec<_>>());
        assert_eq!(items.geometry.area(0), 100.0);
    }

    #[test]
    fn far_points_are_one_in_each_square_and_far_lines_are_the_longest() {
        let (mut points, mut lines) = (GeometryColumn::default(), GeometryColumn::default());
        for i in 0..4000 {
            points.push_vertex([f64::from(i % 100), f64::from(i / 100)], None);
            points.end_ring();
            points.end_part();
            points.end_feature(GeometryKind::Point);
            lines.push_vertex([f64::from(i), 0.0], None);
            lines.push_vertex([f64::from(i), f64::from(i % 3000)], None);
            lines.end_ring();
            lines.end_part();
            lines.end_feature(GeometryKind::Line);
        }
        // Squares of 1000/64 = 15.6 m: 7 × 3 of them hold the 100 × 40 points.
        let (items, _) = reduce(TileKey { level: 1, x: 0, y: 0 }, &points, None);
        assert_eq!(items.from.len(), 21);
        let (items, _) = reduce(TileKey { level: 3, x: 0, y: 0 }, &lines, None);
        assert_eq!(items.from.len(), MOST_LINES);
        assert!(items.from.iter().all(|i| i % 3000 >= 1500));
    }
}
