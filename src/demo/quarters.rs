//! Quarters: what lies between great streets, its character, and its own street grid.

use super::dice::{Dice, fixed};
use super::names::{self, Name};
use super::river;
use super::shape::{self, Point, add, clip_labelled, cross, dot, left, mix, scale, sub, unit};
use super::streets::{Class, Lattice, SUB, Side};

/// The character of a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Business at the bend of the river.
    Centre,
    /// Courtyard houses and narrow lanes.
    OldTown,
    /// Terraces and villas of the 1920s with trees.
    Terraces,
    /// Six-storey slabs of 1978-1998.
    OldSlabs,
    /// Slabs of 6 to 11 storeys, 1996-2010.
    MidRise,
    /// Towers of 18 to 33 storeys after 2005.
    HighRise,
    /// A university.
    Campus,
    /// A great park with a lake and a hill.
    GreatPark,
    /// Factories and warehouses.
    Works,
}

/// A quarter: its place in the lattice and what it is.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) column: i32,
    pub(super) side: Side,
    /// 1 beside the river.
    pub(super) row: i32,
    pub(super) kind: Kind,
    /// Where it came in the growth of the city.
    pub(super) ordinal: u32,
    /// County division, sub-district and community of the codes.
    pub(super) county: u32,
    pub(super) street: u32,
    pub(super) community: u32,
    /// Blocks beyond this many are not built on yet.
    pub(super) block_limit: usize,
}

impl Spec {
    /// A number that belongs to the quarter whatever the size of the city.
    pub(super) fn key(&self) -> i64 {
        i64::from(self.column) * 100_003 + i64::from(self.side * self.row)
    }
}

/// The seed and the two lengths that a quarter's character depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) seed: i64,
    /// Radius of the business district, metres.
    pub(super) centre: f64,
    /// Radius of the built city, metres.
    pub(super) city: f64,
}

/// What a quarter is like.
pub(super) fn kind_of(lattice: &Lattice, scale_of: &Scale, column: i32, side: Side, row: i32) -> Kind {
    let middle = shape::centroid(&lattice.corners(column, side, row));
    let away = shape::length(middle);
    // The heart of the city is the same at every size: it is what the demo is known for.
    match (column, side * row) {
        (0, 1) | (0, -1) | (1, -1) | (-1, -1) => return Kind::Centre,
        (1, -2) | (0, -2) | (1, -3) | (2, -3) => return Kind::Terraces,
        (-1, -2) | (-2, -2) | (-2, -3) => return Kind::OldTown,
        (1, 2) => return Kind::GreatPark,
        (-2, 2) => return Kind::Campus,
        (-1, 1) | (2, -1) | (0, 3) | (-1, -3) => return Kind::HighRise,
        (1, 1) | (-2, -1) | (0, 2) | (-2, 1) => return Kind::MidRise,
        (-1, 2) | (2, 1) | (0, -3) | (2, -2) => return Kind::OldSlabs,
        _ => {}
    }
    if away < scale_of.centre * 0.8 {
        return Kind::Centre;
    }
    let part = away / scale_of.city;
    let seed = scale_of.seed;
    let draw = fixed(&[seed, 20, i64::from(column), i64::from(side * row)]);
    // Works keep together: the draw belongs to a patch of three by two quarters.
    let patch = fixed(&[seed, 21, i64::from(column.div_euclid(2)), i64::from((side * row).div_euclid(2))]);
    if part > 0.86 && patch < 0.30 && row > 2 {
        return Kind::Works;
    }
    // Sub-centres of a great city, one in some ten kilometres.
    if away > 5_000.0 && fixed(&[seed, 22, i64::from(column), i64::from(side * row)]) < 0.012 {
        return Kind::Centre;
    }
    let list: &[(Kind, f64)] = if row == 1 {
        &[(Kind::HighRise, 0.45), (Kind::MidRise, 0.35), (Kind::OldSlabs, 0.2)]
    } else if part < 0.55 {
        &[
            (Kind::OldSlabs, 0.42),
            (Kind::MidRise, 0.25),
            (Kind::HighRise, 0.13),
            (Kind::OldTown, 0.07),
            (Kind::Terraces, 0.07),
            (Kind::Campus, 0.02),
            (Kind::GreatPark, 0.04),
        ]
    } else {
        &[
            (Kind::OldSlabs, 0.30),
            (Kind::MidRise, 0.32),
            (Kind::HighRise, 0.28),
            (Kind::OldTown, 0.03),
            (Kind::Campus, 0.03),
            (Kind::GreatPark, 0.04),
        ]
    };
    let mut left = draw * list.iter().map(|l| l.1).sum::<f64>();
    for (kind, weight) in list {
        left -= weight;
        if left < 0.0 {
            return *kind;
        }
    }
    Kind::MidRise
}

/// A street of a quarter: four at its border, then its own.
#[derive(Clone, Debug)]
pub(super) struct Street {
    pub(super) class: Class,
    pub(super) name: Name,
    /// Centrelines, from junction to junction; empty for those at the border.
    pub(super) lines: Vec<Vec<Point>>,
}

/// A piece of land between street axes.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Convex, counter-clockwise.
    pub(super) ring: Vec<Point>,
    /// The street on each edge, as a number in the quarter's list.
    pub(super) edges: Vec<usize>,
}

/// The streets and cells of a quarter.
pub(super) fn lay_out(lattice: &Lattice, spec: &Spec) -> (Vec<Street>, Vec<Cell>) {
    let mut dice = Dice::new(&[lattice.seed, 30, spec.key()]);
    let (right, left) = if spec.side > 0 { (spec.column + 1, spec.column) } else { (spec.column, spec.column + 1) };
    let border = |class, name| Street { class, name, lines: Vec::new() };
    let mut streets = vec![
        border(lattice.row_class(spec.row - 1), lattice.row_name(spec.side, spec.row - 1)),
        border(lattice.column_class(right), lattice.column_name(right)),
        border(lattice.row_class(spec.row), lattice.row_name(spec.side, spec.row)),
        border(lattice.column_class(left), lattice.column_name(left)),
    ];
    let (across, deep) = match spec.kind {
        Kind::Centre => (4, 4),
        Kind::OldTown => (4, 4),
        Kind::Terraces => (dice.whole(2, 3), 5),
        Kind::OldSlabs => (3, dice.whole(3, 4)),
        Kind::MidRise => (3, 3),
        Kind::HighRise => (dice.whole(2, 3), 2),
        Kind::Campus => (2, 2),
        Kind::GreatPark => (1, 1),
        Kind::Works => (2, dice.whole(2, 3)),
    };
    let turned = matches!(spec.kind, Kind::OldTown | Kind::OldSlabs | Kind::MidRise | Kind::Terraces);
    let cells = if spec.row > 1 && turned && dice.chance(0.42) {
        turned_grid(lattice, spec, &mut dice, &mut streets, across, deep)
    } else if spec.row == 1 {
        river_grid(lattice, spec, &mut streets, deep.clamp(2, 3))
    } else {
        even_grid(lattice, spec, &mut dice, &mut streets, across, deep)
    };
    (streets, cells)
}

fn own_street(lattice: &Lattice, spec: &Spec, number: usize, along: bool) -> Street {
    let lane = matches!(spec.kind, Kind::OldTown) && !number.is_multiple_of(3);
    let class = if lane { Class::Lane } else { Class::Local };
    let name = names::local_street(lattice.seed, spec.key(), number as i64, along, lane);
    Street { class, name, lines: Vec::new() }
}

fn quad(corners: [Point; 4], edges: [usize; 4]) -> Cell {
    Cell { ring: corners.to_vec(), edges: edges.to_vec() }
}

/// Streets that follow the river and cross streets at each of its bends.
fn river_grid(lattice: &Lattice, spec: &Spec, streets: &mut Vec<Street>, deep: u32) -> Vec<Cell> {
    let (a, b) = (lattice.node(spec.column, spec.side, 1), lattice.node(spec.column + 1, spec.side, 1));
    let point = |x: u32, y: u32| {
        let bank = lattice.bank(spec.column, spec.side, x, river::BANK);
        mix(bank, mix(a, b, f64::from(x) / f64::from(SUB)), f64::from(y) / f64::from(deep))
    };
    for x in 1..SUB {
        let mut street = own_street(lattice, spec, x as usize, false);
        street.lines.push((0..=deep).map(|y| point(x, y)).collect());
        streets.push(street);
    }
    for y in 1..deep {
        let mut street = own_street(lattice, spec, 10 + y as usize, true);
        street.lines.push((0..=SUB).map(|x| point(x, y)).collect());
        streets.push(street);
    }
    let mut cells = Vec::new();
    for x in 0..SUB {
        for y in 0..deep {
            // In the quarter's own view the left border is x = 0 on the left bank.
            let (first, last) = if spec.side > 0 { (3, 1) } else { (1, 3) };
            let west = if x == 0 { first } else { 4 + x as usize - 1 };
            let east = if x + 1 == SUB { last } else { 4 + x as usize };
            let low = if y == 0 { 0 } else { 4 + (SUB as usize - 1) + y as usize - 1 };
            let high = if y + 1 == deep { 2 } else { 4 + (SUB as usize - 1) + y as usize };
            let p = [point(x, y), point(x + 1, y), point(x + 1, y + 1), point(x, y + 1)];
            cells.push(if spec.side > 0 {
                quad(p, [low, east, high, west])
            } else {
                quad([p[1], p[0], p[3], p[2]], [low, west, high, east])
            });
        }
    }
    cells
}

/// Straight streets between the sides of the quarter; some blocks are joined, so that streets end at others.
fn even_grid(
    lattice: &Lattice,
    spec: &Spec,
    dice: &mut Dice,
    streets: &mut Vec<Street>,
    across: u32,
    deep: u32,
) -> Vec<Cell> {
    let c = lattice.corners(spec.column, spec.side, spec.row);
    // Jitter of cross streets belongs to the column, so that they go on through the next quarter.
    let share = |n: u32, of: u32, key: i64| {
        let jitter =
            if n == 0 || n == of { 0.0 } else { fixed(&[lattice.seed, 31, key, i64::from(n), i64::from(of)]) - 0.5 };
        (f64::from(n) + jitter * 0.24) / f64::from(of)
    };
    let flip = spec.side < 0;
    let xs: Vec<f64> = (0..=across)
        .map(|n| {
            let n = if flip { across - n } else { n };
            let x = share(n, across, i64::from(spec.column));
            if flip { 1.0 - x } else { x }
        })
        .collect();
    let ys: Vec<f64> = (0..=deep).map(|n| share(n, deep, spec.key())).collect();
    let point = |x: usize, y: usize| mix(mix(c[0], c[1], xs[x]), mix(c[3], c[2], xs[x]), ys[y]);
    let (across, deep) = (across as usize, deep as usize);
    let joined = |dice: &mut Dice| dice.chance(if spec.kind == Kind::Centre { 0.16 } else { 0.14 });
    let kept: Vec<Vec<bool>> = (0..across)
        .map(|_| {
            let mut row = vec![true];
            for y in 1..deep {
                row.push(!(row[y - 1] && joined(dice)));
            }
            row
        })
        .collect();
    for x in 1..across {
        let mut street = own_street(lattice, spec, x, false);
        street.lines.push((0..=deep).map(|y| point(x, y)).collect());
        streets.push(street);
    }
    for y in 1..deep {
        let mut street = own_street(lattice, spec, 10 + y, true);
        let mut x = 0;
        while x < across {
            let start = x;
            while kept.get(x).is_some_and(|row| row[y]) {
                x += 1;
            }
            if x > start {
                street.lines.push((start..=x).map(|x| point(x, y)).collect());
            }
            x += 1;
        }
        streets.push(street);
    }
    let mut cells = Vec::new();
    for (x, kept) in kept.iter().enumerate() {
        let mut low = 0;
        for high in 1..=deep {
            if kept.get(high) == Some(&false) {
                continue;
            }
            let row_street = |y: usize| {
                if y == 0 {
                    0
                } else if y == deep {
                    2
                } else {
                    4 + (across - 1) + y - 1
                }
            };
            let west = if x == 0 { 3 } else { 4 + x - 1 };
            let east = if x + 1 == across { 1 } else { 4 + x };
            let p = [point(x, low), point(x + 1, low), point(x + 1, high), point(x, high)];
            cells.push(quad(p, [row_street(low), east, row_street(high), west]));
            low = high;
        }
    }
    cells
}

/// A grid a few degrees off the great streets, as where two old concessions met.
fn turned_grid(
    lattice: &Lattice,
    spec: &Spec,
    dice: &mut Dice,
    streets: &mut Vec<Street>,
    across: u32,
    deep: u32,
) -> Vec<Cell> {
    let corners = lattice.corners(spec.column, spec.side, spec.row);
    let (s, c) = shape::sin_cos(dice.between(0.10, 0.21) * if dice.chance(0.5) { 1.0 } else { -1.0 });
    let base = unit(sub(corners[1], corners[0]));
    let axis = [base[0] * c - base[1] * s, base[0] * s + base[1] * c];
    let middle = shape::centroid(&corners);
    let mut cells = vec![Cell { ring: corners.to_vec(), edges: vec![0, 1, 2, 3] }];
    for (normal, count, along) in [(axis, across, false), (left(axis), deep, true)] {
        let reach: Vec<f64> = corners.iter().map(|p| dot(sub(*p, middle), normal)).collect();
        let low = reach.iter().copied().fold(f64::INFINITY, f64::min);
        let high = reach.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for n in 1..count {
            let at = low + (high - low) * (f64::from(n) + dice.between(-0.1, 0.1)) / f64::from(count);
            let on = add(middle, scale(normal, at));
            let number = streets.len();
            let mut street = own_street(lattice, spec, number, along);
            street.lines.extend(chord(&corners, on, left(normal)));
            streets.push(street);
            cells = cells
                .into_iter()
                .flat_map(|cell| {
                    [normal, scale(normal, -1.0)].map(|side| {
                        let (ring, edges) = clip_labelled(&cell.ring, &cell.edges, on, side, number);
                        Cell { ring, edges }
                    })
                })
                .filter(|cell| cell.ring.len() > 2)
                .collect();
        }
    }
    cells
}

/// The part of a line inside a convex ring.
fn chord(ring: &[Point], at: Point, direction: Point) -> Option<Vec<Point>> {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for i in 0..ring.len() {
        let edge = sub(ring[(i + 1) % ring.len()], ring[i]);
        let (away, speed) = (cross(edge, sub(at, ring[i])), cross(edge, direction));
        if speed > 1e-9 {
            low = low.max(-away / speed);
        } else if speed < -1e-9 {
            high = high.min(-away / speed);
        }
    }
    (low < high).then(|| vec![add(at, scale(direction, low)), add(at, scale(direction, high))])
}
