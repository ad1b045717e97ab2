//! Where units are in their building: the slab of each one's storey, cut to its share; and back from a place on the
//! building to the unit.
//!
//! A unit with an outline of its own has that. Any other gets a strip of its building, cut across the building's
//! length: where its point lies, else by its place among the columns of the unit table; those of one strip share it.
//! That is a drawing aid, no survey of the unit's walls.

use std::collections::HashMap;

use geo::{
    Area, BooleanOps, Coord, Distance, Euclidean, LineString, MinimumRotatedRect, MultiPolygon, Point, Polygon,
    unary_union,
};

use super::unit_table::{Placed, Storey, UnitTable};
use crate::themes::volumes::Volume;

/// A building as far as a slab needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shell {
    /// What is drawn of it: itself, or its parts; above one ground.
    pub bodies: Vec<Volume>,
    /// Storeys above ground, where the data says how many.
    pub storeys: Option<f64>,
}

/// A unit as far as a slab needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Spot {
    /// Its own outline.
    Outline(MultiPolygon),
    /// A point in it.
    Point([f64; 2]),
    /// Nothing but its place in the unit table.
    Nowhere,
}

/// A point on an outer wall belongs to a unit whose own outline ends so near: it may be drawn along the inner face, metres.
const WALL: f64 = 0.6;
/// The same for strips, which end on the wall: rounding.
const ROUNDING: f64 = 1e-6;
/// Elevations of roofs are drawn this exactly, metres.
const ROOF: f64 = 1e-3;
/// More storeys than any building has: a slip of the data.
const MOST_STOREYS: f64 = 300.0;

/// The storeys of a building between its foot and its top, with the units on them.
#[derive(Clone, Copy, Debug)]
pub struct Floors<'a> {
    shell: &'a Shell,
    table: &'a UnitTable,
    spots: &'a HashMap<u32, Spot>,
    foot: f64,
    top: f64,
    storeys: f64,
}

impl<'a> Floors<'a> {
    /// The storeys of a building; `None` without height or units. A unit that `spots` does not know is nowhere.
    pub fn new(shell: &'a Shell, table: &'a UnitTable, spots: &'a HashMap<u32, Spot>) -> Option<Self> {
        let foot = shell.bodies.iter().map(|body| body.base).reduce(f64::min)?;
        let top = shell.bodies.iter().map(|body| body.top).reduce(f64::max)?;
        let reach = |storey: &Storey| storey.cells.iter().flatten().map(|placed| placed.top_storey).max();
        let highest = table.storeys.iter().filter_map(|storey| reach(storey).max(Some(storey.order))).max()?;
        // A table that knows more storeys than the building's field is right: its units are somewhere.
        let storeys = shell.storeys.filter(|said| *said <= MOST_STOREYS).unwrap_or(0.0).max(f64::from(highest));
        (top > foot && storeys >= 1.0).then_some(Self { shell, table, spots, foot, top, storeys })
    }

    /// The building.
    pub(super) fn shell(&self) -> &'a Shell {
        self.shell
    }

    /// Storeys that the building can be cut open above: those of the table below ground, all above it; lowest first.
    pub fn levels(&self) -> Vec<i32> {
        let known = self.table.storeys.iter().rev().map(|storey| storey.order);
        if self.storeys > MOST_STOREYS {
            return known.collect();
        }
        known.filter(|order| *order < 0).chain(1..=self.storeys.ceil() as i32).collect()
    }

    /// The height of a storey's floor; counted from 1.
    pub(super) fn floor(&self, storey: i32) -> f64 {
        let share = (f64::from(storey) - 1.0) / self.storeys;
        self.foot + (self.top - self.foot) * share.min(1.0)
    }

    /// What of the building reaches half of a storey's height; all of it where nothing does.
    fn outline(&self, storey: i32) -> MultiPolygon {
        let middle = (self.floor(storey) + self.floor(storey + 1)) / 2.0;
        let bodies = &self.shell.bodies;
        let mut there: Vec<_> = bodies.iter().filter(|body| body.base <= middle && middle <= body.top).collect();
        if there.is_empty() {
            there = bodies.iter().collect();
        }
        match there.as_slice() {
            [one] => one.outline.clone(),
            many => unary_union(many.iter().flat_map(|body| &body.outline.0)),
        }
    }

    /// The units that the table has on a storey, each with its outline.
    fn units_of(&self, storey: &'a Storey) -> Vec<(&'a Placed, MultiPolygon)> {
        let whole = self.outline(storey.order.max(1));
        let share = Share::across(&whole, storey.cells.len());
        let mut strips: HashMap<usize, usize> = HashMap::new();
        let mut units: Vec<(&Placed, Result<MultiPolygon, [usize; 2]>)> = Vec::new();
        for (column, placed) in storey.cells.iter().enumerate().flat_map(|(at, cell)| cell.iter().map(move |p| (at, p)))
        {
            let strip = match self.spots.get(&placed.unit.row) {
                Some(Spot::Outline(outline)) => {
                    units.push((placed, Ok(outline.clone())));
                    continue;
                }
                // A point beside the building says nothing.
                Some(Spot::Point(at)) => share.as_ref().and_then(|share| share.column(*at)).unwrap_or(column),
                Some(Spot::Nowhere) | None => column,
            };
            let taken = strips.entry(strip).or_default();
            units.push((placed, Err([strip, *taken])));
            *taken += 1;
        }
        let cut = |[strip, at]: [usize; 2]| match &share {
            Some(share) => share.cut(&whole, strip, [at, strips[&strip]]),
            None => whole.clone(),
        };
        units.into_iter().map(|(placed, outline)| (placed, outline.unwrap_or_else(cut))).collect()
    }

    /// All units that are on a storey, also those that begin below and reach it.
    pub(super) fn units_on(&self, storey: i32) -> Vec<(&'a Placed, MultiPolygon)> {
        let mut units = Vec::new();
        for below in &self.table.storeys {
            let on = |placed: &Placed| {
                below.order == storey || below.order > 0 && (below.order..=placed.top_storey).contains(&storey)
            };
            if below.cells.iter().flatten().any(on) {
                units.extend(self.units_of(below).into_iter().filter(|(placed, _)| on(placed)));
            }
        }
        units
    }

    /// The slab of a unit; `None` for a unit that the table has no place for, and one below ground.
    pub fn slab(&self, unit: u32) -> Option<Volume> {
        let is = |placed: &Placed| placed.unit.row == unit;
        let storey = self.table.storeys.iter().find(|storey| storey.cells.iter().flatten().any(is))?;
        let (placed, outline) = self.units_of(storey).into_iter().find(|(placed, _)| is(placed))?;
        let low = storey.order;
        let high = placed.top_storey.max(low);
        (low > 0).then(|| Volume { outline, base: self.floor(low), top: self.floor(high + 1) })
    }

    /// The storey at a height; the lowest and the highest go on beyond the building's foot and top.
    pub fn storey_at(&self, height: f64) -> i32 {
        let share = (height - self.foot) / (self.top - self.foot);
        // A number of storeys fits: it is at most 300, or that of a table's row.
        ((share * self.storeys).floor() + 1.0).clamp(1.0, self.storeys.ceil()) as i32
    }

    /// The unit whose slab a point of the building's walls or roof is on: its place and its height above the ground.
    /// The inverse of [`Self::slab`].
    pub fn unit_at(&self, at: [f64; 2], height: f64) -> Option<u32> {
        // The roof of a low part is the top of its last storey, not the floor of one that is not there.
        self.unit_on(self.storey_at(height), at).or_else(|| self.unit_on(self.storey_at(height - ROOF), at))
    }

    fn unit_on(&self, storey: i32, at: [f64; 2]) -> Option<u32> {
        let point = Point::new(at[0], at[1]);
        let near = |(placed, outline): (&Placed, MultiPolygon)| {
            let away = Euclidean.distance(&point, &outline);
            let own = matches!(self.spots.get(&placed.unit.row), Some(Spot::Outline(_)));
            let reach = if own { WALL } else { ROUNDING };
            (away <= reach)
                .then(|| (placed.unit.row, if away <= ROUNDING { 0.0 } else { away }, outline.unsigned_area()))
        };
        let found = self.units_on(storey).into_iter().filter_map(near);
        // Of outlines over each other the smallest is meant.
        found.min_by(|a, b| a.1.total_cmp(&b.1).then(a.2.total_cmp(&b.2))).map(|(unit, ..)| unit)
    }
}

/// The length of an outline, cut into columns.
struct Share {
    origin: [f64; 2],
    along: [f64; 2],
    length: f64,
    /// From the line of the origin to the two long sides.
    aside: [f64; 2],
    columns: usize,
}

impl Share {
    /// Strips of equal length across an outline's length; `None` for an outline without any.
    fn across(outline: &MultiPolygon, columns: usize) -> Option<Self> {
        let around = MinimumRotatedRect::minimum_rotated_rect(outline)?;
        let [a, b, c] = *around.exterior().0.first_chunk()?;
        let (ab, bc) = ((b.x - a.x).hypot(b.y - a.y), (c.x - b.x).hypot(c.y - b.y));
        // Along the longer side, from west to east, or from south to north: as plans are numbered.
        let (mut from, to, length, width) = if ab >= bc { (a, b, ab, bc) } else { (b, c, bc, ab) };
        if length <= 0.0 {
            return None;
        }
        let mut along = [(to.x - from.x) / length, (to.y - from.y) / length];
        if along[0] < -1e-9 || along[0].abs() <= 1e-9 && along[1] < 0.0 {
            (from, along) = (to, along.map(|v| -v));
        }
        let middle = [(a.x + c.x) / 2.0 - from.x, (a.y + c.y) / 2.0 - from.y];
        let middle = middle[1] * along[0] - middle[0] * along[1];
        let aside = [middle - width / 2.0, middle + width / 2.0];
        Some(Self { origin: [from.x, from.y], along, length, aside, columns })
    }

    /// The column that a point lies in; `None` beside the building.
    fn column(&self, at: [f64; 2]) -> Option<usize> {
        let way = (at[0] - self.origin[0]) * self.along[0] + (at[1] - self.origin[1]) * self.along[1];
        let column = (way / self.length * self.columns as f64).floor();
        (0.0..self.columns as f64).contains(&column).then_some(column as usize)
    }

    /// One strip of an outline, or of its `count` pieces one behind the other the one in a place.
    fn cut(&self, outline: &MultiPolygon, strip: usize, [place, count]: [usize; 2]) -> MultiPolygon {
        if self.columns < 2 && count < 2 {
            return outline.clone();
        }
        let [low, high] = [strip, strip + 1].map(|column| self.length * column as f64 / self.columns as f64);
        let [near, far] = self.aside;
        let width = far - near;
        // The outer edges lie well outside, so that only the inner ones cut.
        let edge = |at: usize| match at {
            0 => near - width,
            at if at == count => far + width,
            at => near + width * at as f64 / count as f64,
        };
        let low = if strip == 0 { -width } else { low };
        let high = if strip + 1 == self.columns { self.length + width } else { high };
        let corner = |way: f64, aside: f64| Coord {
            x: self.origin[0] + self.along[0] * way - self.along[1] * aside,
            y: self.origin[1] + self.along[1] * way + self.along[0] * aside,
        };
        let (near, far) = (edge(place), edge(place + 1));
        let ring = vec![corner(low, near), corner(high, near), corner(high, far), corner(low, far)];
        let cut = outline.intersection(&Polygon::new(LineString::new(ring), Vec::new()));
        // A bend may leave nothing of the building in the strip.
        if cut.unsigned_area() > 0.0 { cut } else { outline.clone() }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::super::unit_table::UnitRow;
    use super::*;
    use crate::themes::planning::ground::{bounds_of, rectangle};

    /// Three storeys of two entrances with two rooms each: `1-101` … `2-302`, in the rows 111 … 232.
    fn units() -> Vec<UnitRow> {
        let unit = |entrance: u32, storey: u32, room: u32| UnitRow {
            row: entrance * 100 + storey * 10 + room,
            room: Some(format!("{entrance}-{storey}0{room}")),
            ..UnitRow::default()
        };
        let of_storey =
            |entrance| (1..=3).flat_map(move |storey| (1..=2).map(move |room| unit(entrance, storey, room)));
        (1..=2).flat_map(of_storey).collect()
    }

    fn body(min: [f64; 2], max: [f64; 2], top: f64) -> Volume {
        Volume { outline: rectangle(min, max), base: 0.0, top }
    }

    /// 40 × 10 m, 9 m high: each storey 3 m, each column 10 m. Whole metres: 1e-6 is rounding.
    fn shell() -> Shell {
        Shell { bodies: vec![body([100.0, 50.0], [140.0, 60.0], 9.0)], storeys: Some(3.0) }
    }

    fn slab(shell: &Shell, units: Vec<UnitRow>, spots: &[(u32, Spot)], unit: u32) -> Option<Volume> {
        Floors::new(shell, &UnitTable::build(units), &spots.iter().cloned().collect())?.slab(unit)
    }

    fn says(volume: &Volume, [west, east]: [f64; 2], [base, top]: [f64; 2]) {
        let bounds = bounds_of(&volume.outline);
        for (found, wanted) in [(bounds.min[0], west), (bounds.max[0], east), (volume.base, base), (volume.top, top)] {
            assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
        }
    }

    #[test]
    fn a_unit_is_the_slab_of_its_storey_cut_to_its_column() {
        // 2-302: third storey, the fourth column from the west.
        says(&slab(&shell(), units(), &[], 232).unwrap(), [130.0, 140.0], [6.0, 9.0]);
        // 1-101: first storey, first column.
        says(&slab(&shell(), units(), &[], 111).unwrap(), [100.0, 110.0], [0.0, 3.0]);
        assert_eq!(slab(&shell(), units(), &[], 999), None, "no such unit");
    }

    #[test]
    fn its_point_says_more_than_its_place_in_the_table() {
        // The columns of this house are numbered from the east.
        let points = [111, 112, 211, 212].into_iter().zip([135.0, 125.0, 115.0, 105.0]);
        let points: Vec<_> = points.map(|(row, x)| (row, Spot::Point([x, 55.0]))).collect();
        says(&slab(&shell(), units(), &points, 111).unwrap(), [130.0, 140.0], [0.0, 3.0]);
        // A point beside the building says nothing.
        says(&slab(&shell(), units(), &[(111, Spot::Point([170.0, 55.0]))], 111).unwrap(), [100.0, 110.0], [0.0, 3.0]);
        let own = [(121, Spot::Outline(rectangle([105.0, 50.0], [112.0, 55.0])))];
        says(&slab(&shell(), units(), &own, 121).unwrap(), [105.0, 112.0], [3.0, 6.0]);
    }

    #[test]
    fn units_of_one_strip_share_it() {
        // Flats to the south and to the north of a corridor: both points lie in the second strip.
        let points = [(111, Spot::Point([115.0, 52.0])), (112, Spot::Point([115.0, 58.0]))];
        let [south, north] = [111, 112].map(|unit| slab(&shell(), units(), &points, unit).unwrap());
        for (volume, low, high) in [(south, 50.0, 55.0), (north, 55.0, 60.0)] {
            says(&volume, [110.0, 120.0], [0.0, 3.0]);
            let bounds = bounds_of(&volume.outline);
            assert!((bounds.min[1] - low).abs() < 1e-6 && (bounds.max[1] - high).abs() < 1e-6, "{bounds:?}");
        }
    }

    #[test]
    fn a_building_that_claims_fewer_storeys_than_its_units_need_is_divided_by_the_units() {
        let low = Shell { storeys: Some(2.0), ..shell() };
        says(&slab(&low, units(), &[], 232).unwrap(), [130.0, 140.0], [6.0, 9.0]);
        let flat = Shell { bodies: vec![body([0.0, 0.0], [9.0, 9.0], 0.0)], ..shell() };
        assert_eq!(slab(&flat, units(), &[], 232), None, "a building without height");
        assert_eq!(slab(&Shell { storeys: Some(1e9), ..shell() }, units(), &[], 232).unwrap().top, 9.0);
    }

    /// A tower of 9 m over the eastern half of a podium of 3 m: upper storeys are those of the tower alone.
    #[test]
    fn a_storey_is_divided_over_the_parts_that_reach_it() {
        let parts = vec![body([100.0, 50.0], [140.0, 60.0], 3.0), body([120.0, 50.0], [140.0, 60.0], 9.0)];
        let tower = Shell { bodies: parts, storeys: Some(3.0) };
        says(&slab(&tower, units(), &[], 111).unwrap(), [100.0, 110.0], [0.0, 3.0]);
        says(&slab(&tower, units(), &[], 131).unwrap(), [120.0, 125.0], [6.0, 9.0]);
    }

    /// 101 of storey −1, a shop over storeys 1 and 2, a building that skips the storey called 2.
    #[test]
    fn storeys_are_those_of_the_grid() {
        let unit = |row, room: &str, floor: &str, nominal: &str| UnitRow {
            row,
            room: Some(room.to_owned()),
            floor: Some(floor.to_owned()),
            nominal: Some(nominal.to_owned()),
            ..UnitRow::default()
        };
        let rows = vec![unit(0, "101", "-1", "-1"), unit(1, "101", "1-2", "1"), unit(2, "301", "3", "4")];
        let table = UnitTable::build(rows);
        let (shell, spots) = (shell(), HashMap::new());
        let floors = Floors::new(&shell, &table, &spots).unwrap();
        assert_eq!(floors.levels(), [-1, 1, 2, 3]);
        assert_eq!(floors.slab(0), None, "below ground");
        says(&floors.slab(1).unwrap(), [100.0, 140.0], [0.0, 6.0]);
        says(&floors.slab(2).unwrap(), [100.0, 140.0], [6.0, 9.0]);
        let at = |height| floors.unit_at([110.0, 50.0], height);
        assert_eq!([at(-1.0), at(4.0), at(7.0), at(9.0)], [Some(1), Some(1), Some(2), Some(2)]);
    }

    fn holds(volume: &Volume, at: [f64; 2], height: f64, reach: f64) -> bool {
        let away = Euclidean.distance(&Point::new(at[0], at[1]), &volume.outline);
        away <= reach && (volume.base - 1e-6..=volume.top + 1e-6).contains(&height)
    }

    /// Turned by 3-4-5, 40 × 10 m with a wing: an L of 9 m.
    fn bent() -> MultiPolygon {
        let corners = [[0.0, 0.0], [40.0, 0.0], [40.0, 10.0], [15.0, 10.0], [15.0, 18.0], [0.0, 18.0]];
        let turned = corners.map(|[x, y]| Coord { x: 5e5 + 0.8 * x - 0.6 * y, y: 4e6 + 0.6 * x + 0.8 * y });
        MultiPolygon::new(vec![Polygon::new(LineString::new(turned.to_vec()), Vec::new())])
    }

    #[test]
    fn the_unit_at_a_point_of_walls_or_roof_has_a_slab_with_that_point() {
        let mut random = rand_pcg::Pcg64::seed_from_u64(8);
        let inner = |x: f64| Spot::Outline(rectangle([x + 0.2, 50.2], [x + 9.8, 59.8]));
        let own: Vec<(u32, Spot)> = [111, 112, 211, 212]
            .into_iter()
            .flat_map(|row| [row, row + 10, row + 20])
            .map(|row| (row, inner(100.0 + f64::from((row / 100 - 1) * 2 + row % 10 - 1) * 10.0)))
            .collect();
        let points = vec![(111, Spot::Point([115.0, 52.0])), (112, Spot::Point([115.0, 58.0]))];
        let bent = Shell { bodies: vec![Volume { outline: bent(), base: 0.0, top: 9.0 }], storeys: Some(3.0) };
        let parts = vec![body([100.0, 50.0], [140.0, 60.0], 3.0), body([120.0, 50.0], [140.0, 60.0], 9.0)];
        let parts = Shell { bodies: parts, storeys: Some(3.0) };
        // The shell, what is known of the units, how far from a slab a point may be, the share of points with a unit.
        let cases = [
            (shell(), vec![], 0.0, 1.0),
            (shell(), own, WALL, 1.0),
            (shell(), points, 0.0, 0.8),
            (bent, vec![], 0.0, 1.0),
            (parts, vec![], 0.0, 1.0),
        ];
        for (case, (shell, spots, reach, least)) in cases.into_iter().enumerate() {
            let (table, spots) = (UnitTable::build(units()), spots.into_iter().collect());
            let floors = Floors::new(&shell, &table, &spots).unwrap();
            let mut found = 0;
            for _ in 0..600 {
                let body = &shell.bodies[random.random_range(0..shell.bodies.len())];
                let edges: Vec<_> = body.outline.0[0].exterior().lines().collect();
                let (wall, share): (_, f64) =
                    (edges[random.random_range(0..edges.len())], random.random_range(0.0..1.0));
                let mut at = [wall.start.x + wall.dx() * share, wall.start.y + wall.dy() * share];
                let mut height = random.random_range(0.0..body.top);
                if random.random_bool(0.3) {
                    // On the roof: between two points of the walls of a body without dents.
                    height = body.top;
                    if edges.len() == 4 {
                        let bounds = bounds_of(&body.outline);
                        at = [0, 1].map(|k| random.random_range(bounds.min[k]..bounds.max[k]));
                    }
                }
                // A wall or roof of a part that another hides is not seen.
                if shell.bodies.len() > 1 && body.top < 9.0 && at[0] >= 120.0 {
                    continue;
                }
                let Some(unit) = floors.unit_at(at, height) else { continue };
                found += 1;
                let slab = floors.slab(unit).unwrap();
                assert!(holds(&slab, at, height, reach + 1e-6), "case {case}: {unit} at {at:?}, {height}: {slab:?}");
            }
            let share = f64::from(found) / 600.0;
            assert!(share >= least * if case == 4 { 0.7 } else { 1.0 } - 0.05, "case {case}: {share}");
        }
    }
}
