//! Blocks: cells less their streets, and what each is for.

use super::dice::Dice;
use super::quarters::{Cell, Kind, Scale, Spec, Street};
use super::river;
use super::shape::{self, Point, add, clip, inset_by, left, scale, sub, unit};
use super::streets::Class;

/// What a piece of land is for: the programme from which land-use code and buildings follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plot {
    Office,
    Mall,
    Hotel,
    Mixed,
    Culture,
    Plaza,
    Slabs,
    MidSlabs,
    Towers,
    Terraces,
    Villas,
    Courtyards,
    School,
    Kindergarten,
    Hospital,
    University,
    Factory,
    Warehouse,
    Market,
    Community,
    Government,
    Temple,
    Church,
    Stadium,
    Pocket,
    LakePark,
    Parking,
    BusStation,
    Substation,
    FireStation,
    Reserved,
}

/// A strip of street surface between an axis and the red line.
#[derive(Clone, Debug)]
pub(super) struct Surface {
    pub(super) ring: Vec<Point>,
    /// The street in the quarter's list.
    pub(super) street: usize,
}

/// A block: land between red lines.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The cell it lies in.
    pub(super) cell: usize,
    pub(super) ring: Vec<Point>,
    pub(super) plot: Plot,
    /// Whether it faces an arterial or a greater street.
    pub(super) prominent: bool,
}

/// Peels the street halves off a cell; what is left is the block (empty when too small).
pub(super) fn peel(cell: &Cell, streets: &[Street], surfaces: &mut Vec<Surface>) -> Vec<Point> {
    let half = |i: usize| streets[cell.edges[i]].class.width() / 2.0;
    let block = inset_by(&cell.ring, half);
    if block.len() < 3 || shape::area(&block) < 320.0 {
        // An island between streets: all paved.
        surfaces.push(Surface { ring: cell.ring.clone(), street: cell.edges[0] });
        return Vec::new();
    }
    let mut rest = cell.ring.clone();
    // Greater streets first, so that corners belong to them.
    let mut order: Vec<usize> = (0..cell.ring.len()).collect();
    order.sort_by_key(|i| streets[cell.edges[*i]].class);
    for i in order {
        let (a, b) = (cell.ring[i], cell.ring[(i + 1) % cell.ring.len()]);
        let normal = left(unit(sub(b, a)));
        let at = add(a, scale(normal, half(i)));
        let strip = clip(&rest, at, scale(normal, -1.0));
        if strip.len() > 2 {
            surfaces.push(Surface { ring: strip, street: cell.edges[i] });
        }
        rest = clip(&rest, at, normal);
    }
    block
}

/// The blocks of a quarter with their programme.
pub(super) fn assign(
    scale_of: &Scale,
    spec: &Spec,
    cells: &[Cell],
    streets: &[Street],
    surfaces: &mut Vec<Surface>,
) -> Vec<Block> {
    let mut dice = Dice::new(&[scale_of.seed, 40, spec.key()]);
    let mut blocks: Vec<Block> = Vec::new();
    for (cell, shape_of) in cells.iter().enumerate() {
        let ring = peel(shape_of, streets, surfaces);
        if ring.len() > 2 {
            let prominent = shape_of.edges.iter().any(|e| streets[*e].class <= Class::Arterial);
            blocks.push(Block { cell, ring, plot: Plot::Pocket, prominent });
        }
    }
    let mut wanted = facilities(spec.kind, &mut dice);
    let rank: Vec<f64> = blocks.iter().map(|_| dice.unit()).collect();
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by(|a, b| rank[*a].total_cmp(&rank[*b]));
    for &i in &order {
        let size = shape::area(&blocks[i].ring);
        let slim = size / (shape::perimeter(&blocks[i].ring) * shape::perimeter(&blocks[i].ring));
        // A square has 1/16; slivers and corners stay green.
        if size < 1900.0 || slim < 0.026 {
            continue;
        }
        let prominent = blocks[i].prominent;
        let next = wanted.iter().position(|(plot, low, high)| {
            (*low..=*high).contains(&size) && (prominent || !matches!(plot, Plot::Mall | Plot::Market | Plot::Hospital))
        });
        let away = shape::length(shape::centroid(&blocks[i].ring));
        blocks[i].plot =
            if !matches!(spec.kind, Kind::GreatPark | Kind::Terraces | Kind::OldTown) && away < scale_of.centre {
                centre_plot(&mut dice, away / scale_of.centre, size)
            } else if let Some(n) = next {
                wanted.remove(n).0
            } else {
                common(spec.kind, &mut dice, prominent)
            };
    }
    for (n, block) in blocks.iter_mut().enumerate() {
        if is_landmark(&block.ring) {
            block.plot = Plot::Office;
        }
        if n >= spec.block_limit {
            block.plot = Plot::Reserved;
        }
    }
    blocks
}

/// Whether a piece of land is where the landmark stands: right at the apex of the bend.
pub(super) fn is_landmark(ring: &[Point]) -> bool {
    shape::holds(ring, river::beside(42.0, -158.0), 0.0)
}

/// Blocks of the business district.
fn centre_plot(dice: &mut Dice, part: f64, size: f64) -> Plot {
    let list: &[(Plot, f64)] = if part < 0.55 {
        &[
            (Plot::Office, 0.60),
            (Plot::Mall, 0.12),
            (Plot::Hotel, 0.13),
            (Plot::Plaza, 0.06),
            (Plot::Culture, 0.05),
            (Plot::Mixed, 0.04),
        ]
    } else {
        &[
            (Plot::Office, 0.34),
            (Plot::Mall, 0.11),
            (Plot::Hotel, 0.09),
            (Plot::Mixed, 0.15),
            (Plot::Towers, 0.10),
            (Plot::Culture, 0.05),
            (Plot::Government, 0.05),
            (Plot::Plaza, 0.03),
            (Plot::Parking, 0.02),
            (Plot::Church, 0.03),
        ]
    };
    match dice.weighted(list) {
        Plot::Mall if size < 5_000.0 => Plot::Office,
        plot => plot,
    }
}

/// What a quarter needs once, with the least and greatest area of its block.
fn facilities(kind: Kind, dice: &mut Dice) -> Vec<(Plot, f64, f64)> {
    let mut list = Vec::new();
    let mut want = |dice: &mut Dice, plot, p, low, high| {
        if dice.chance(p) {
            list.push((plot, low, high));
        }
    };
    match kind {
        Kind::OldSlabs | Kind::MidRise | Kind::HighRise => {
            want(dice, Plot::School, 0.62, 9_000.0, 34_000.0);
            want(dice, Plot::Kindergarten, if kind == Kind::HighRise { 0.0 } else { 0.6 }, 2_200.0, 12_500.0);
            want(dice, Plot::Market, 0.34, 4_000.0, 12_000.0);
            want(dice, Plot::Community, 0.4, 2_200.0, 9_000.0);
            want(dice, Plot::Pocket, 0.4, 2_000.0, 11_000.0);
            want(dice, Plot::Hospital, 0.13, 9_000.0, 30_000.0);
            want(dice, Plot::Government, 0.12, 4_000.0, 20_000.0);
            want(dice, Plot::Mall, 0.14, 9_000.0, 30_000.0);
            want(dice, Plot::Mixed, 0.3, 5_000.0, 26_000.0);
            want(dice, Plot::FireStation, 0.08, 2_500.0, 9_000.0);
            want(dice, Plot::Substation, 0.14, 2_000.0, 7_000.0);
            want(dice, Plot::BusStation, 0.10, 2_500.0, 12_000.0);
            want(dice, Plot::Stadium, 0.06, 14_000.0, 40_000.0);
        }
        Kind::OldTown => {
            want(dice, Plot::Temple, 0.9, 5_000.0, 16_000.0);
            want(dice, Plot::Market, 0.9, 4_000.0, 16_000.0);
            want(dice, Plot::School, 0.5, 7_000.0, 20_000.0);
            want(dice, Plot::Pocket, 0.6, 1_900.0, 9_000.0);
        }
        Kind::Terraces => {
            want(dice, Plot::Church, 0.8, 3_000.0, 20_000.0);
            want(dice, Plot::School, 0.6, 7_000.0, 24_000.0);
            want(dice, Plot::Pocket, 0.9, 2_000.0, 20_000.0);
            want(dice, Plot::Stadium, 0.3, 12_000.0, 40_000.0);
        }
        Kind::Works => {
            want(dice, Plot::Substation, 0.4, 2_000.0, 12_000.0);
            want(dice, Plot::BusStation, 0.3, 2_500.0, 60_000.0);
        }
        Kind::Centre | Kind::Campus | Kind::GreatPark => {}
    }
    list
}

/// The usual block of a quarter.
fn common(kind: Kind, dice: &mut Dice, prominent: bool) -> Plot {
    match kind {
        Kind::Centre => {
            dice.weighted(&[(Plot::Mixed, 0.25), (Plot::Office, 0.30), (Plot::Towers, 0.25), (Plot::MidSlabs, 0.2)])
        }
        Kind::OldTown => dice.weighted(&[(Plot::Courtyards, 0.85), (Plot::Slabs, 0.15)]),
        Kind::Terraces => dice.weighted(&[(Plot::Terraces, 0.6), (Plot::Villas, 0.35), (Plot::Slabs, 0.05)]),
        Kind::OldSlabs if prominent => dice.weighted(&[(Plot::Slabs, 0.82), (Plot::Office, 0.06), (Plot::Mixed, 0.12)]),
        Kind::OldSlabs => dice.weighted(&[(Plot::Slabs, 0.93), (Plot::Towers, 0.07)]),
        Kind::MidRise if prominent => {
            dice.weighted(&[(Plot::MidSlabs, 0.8), (Plot::Office, 0.06), (Plot::Mixed, 0.14)])
        }
        Kind::MidRise => dice.weighted(&[(Plot::MidSlabs, 0.9), (Plot::Towers, 0.1)]),
        Kind::HighRise => dice.weighted(&[(Plot::Towers, 0.9), (Plot::Mixed, 0.1)]),
        Kind::Campus => Plot::University,
        Kind::GreatPark => Plot::LakePark,
        Kind::Works => dice.weighted(&[(Plot::Factory, 0.7), (Plot::Warehouse, 0.3)]),
    }
}
