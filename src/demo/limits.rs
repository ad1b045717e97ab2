//! Planning limits: a little beyond what stands on a parcel, rounded as plans write them. A few are broken on
//! purpose, so that checks find something.

use geo::{Area, Coord, LineString, Polygon, unary_union};

use super::buildings::{Building, GroundKind, Use};
use super::cadastre::facts;
use super::dice::{Dice, fixed};
use super::parcels::Parcel;
use super::quarters::Spec;
use super::shape::{self, Point, dot, length, sub};

/// The numbers of a regulatory plan, and what stands there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) far: f64,
    pub(super) density: f64,
    pub(super) height: f64,
    pub(super) green: f64,
    /// Least distance of buildings from the parcel's line, metres; 0: none is set.
    pub(super) setback: f64,
    /// Parking spaces for each dwelling, at least; 0: none is set.
    pub(super) parking: f64,
    /// Parking spaces that there are.
    pub(super) spaces: u32,
    pub(super) far_now: f64,
    pub(super) density_now: f64,
}

/// Parking spaces for each dwelling that plans of a year ask for: none before cars were common.
fn parking_rate(year: u32) -> f64 {
    match year {
        ..1995 => 0.0,
        1995..2005 => 0.3,
        2005..2015 => 0.8,
        _ => 1.2,
    }
}

/// A limit that is broken on purpose: which, the limit, and what is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Broken {
    pub(super) rule: &'static str,
    pub(super) limit: f64,
    pub(super) measured: f64,
}

/// Heights that plans write, metres.
const HEIGHTS: [f64; 17] =
    [6.0, 9.0, 12.0, 15.0, 18.0, 20.0, 24.0, 36.0, 45.0, 54.0, 60.0, 80.0, 100.0, 120.0, 150.0, 180.0, 220.0];
/// Of a thousand parcels, so many are tried for each rule but height.
const TRIED: f64 = 0.016;

fn up(value: f64, step: f64) -> f64 {
    (value / step).ceil() * step
}

fn down(value: f64, step: f64) -> f64 {
    (value / step).floor() * step
}

/// Sets the limits of a parcel that is built on, and breaks one here and there.
pub(super) fn set(parcel: &mut Parcel, dice: &mut Dice, seed: i64, spec: &Spec) {
    let slack = dice.between(1.01, 1.16);
    let draw = |n: i64| fixed(&[seed, n, spec.key(), i64::from(parcel.serial)]);
    let (chance, height_chance, spare) = (draw(62), draw(60), draw(63));
    let tried = |n: u32| (f64::from(n) * TRIED..f64::from(n + 1) * TRIED).contains(&chance);
    let stranger = if tried(4) { settle_stranger(parcel, spec, seed) } else { None };
    let area = shape::area(&parcel.ring);
    let floors: f64 = parcel.buildings.iter().map(Building::floor_area).sum();
    let covered: f64 = parcel.buildings.iter().map(Building::footprint).sum();
    let top = parcel.buildings.iter().map(|b| b.height).fold(0.0, f64::max);
    let (far_now, density_now) = (floors / area, 100.0 * covered / area);
    let green_now = 100.0 * green_area(parcel) / area;
    let gap = least_gap(parcel);
    let usual = parcel.plot.green();
    let mut limits = Limits {
        far: up(far_now * slack, 0.1),
        density: up(density_now * slack, 5.0).min(95.0),
        height: if top == 0.0 { 0.0 } else { HEIGHTS.iter().copied().find(|h| *h >= top).unwrap_or(up(top, 20.0)) },
        green: if green_now * 0.97 >= usual { usual } else { down(green_now * 0.97, 5.0) },
        setback: gap.map_or(0.0, |gap| down(gap, 0.5).min(15.0)),
        parking: 0.0,
        spaces: 0,
        far_now,
        density_now,
    };
    let dwellings: u32 = parcel.buildings.iter().map(Building::units).sum();
    if dwellings > 0 {
        limits.parking = parking_rate(parcel.year);
        let needed = limits.parking.max(0.1) * f64::from(dwellings);
        limits.spaces = (needed * (1.02 + 0.3 * spare)).ceil() as u32;
    }
    // What is recorded of its buildings must be enough to see it: survey data have gaps.
    let recorded = |number: usize, building: &Building| facts(spec, parcel, number, building, seed);
    let numbered = || parcel.buildings.iter().enumerate();
    let known: f64 = numbered().filter(|(n, b)| recorded(*n, b).floors.is_some()).map(|(_, b)| b.floor_area()).sum();
    let less_far = down(far_now * 0.85, 0.1);
    let tallest = numbered().max_by(|a, b| a.1.height.total_cmp(&b.1.height));
    let top_known = tallest.is_some_and(|(n, b)| recorded(n, b).height.is_some());
    let mut broken = stranger.map(|measured| Broken { rule: "use", limit: 0.1, measured });
    let mut breaks = |rule, limit: &mut f64, less: f64, measured| {
        *limit = less;
        broken = Some(Broken { rule, limit: less, measured });
    };
    if stranger.is_some() {
        // One at a time: each is told from the others.
    } else if height_chance < 0.024 && top > 15.0 && top_known {
        // One step too low.
        let less = HEIGHTS.iter().rev().copied().find(|h| *h < top - 0.2).unwrap_or(12.0);
        breaks("height", &mut limits.height, less, top);
    } else if tried(0) && far_now > 0.6 && known / area > less_far + 0.02 {
        breaks("far", &mut limits.far, less_far, far_now);
    } else if tried(1) && density_now > 15.0 {
        breaks("density", &mut limits.density, down(density_now * 0.85, 5.0), density_now);
    } else if tried(2) && green_now > 8.0 {
        breaks("green", &mut limits.green, up(green_now * 1.15, 5.0), green_now);
    } else if tried(3)
        && let Some(gap) = gap.filter(|gap| *gap > 1.0)
    {
        breaks("setback", &mut limits.setback, up(gap + 0.5, 1.0), gap);
    } else if tried(5) && limits.parking > 0.0 && dwellings >= 20 {
        limits.spaces = (0.8 * limits.parking * f64::from(dwellings)).floor() as u32;
        let needed = (limits.parking * f64::from(dwellings)).ceil();
        broken = Some(Broken { rule: "parking", limit: needed, measured: f64::from(limits.spaces) });
    }
    parcel.limits = limits;
    parcel.broken = broken;
}

/// A store-house among flats: the share of the parcel's floor area, where one building has enough of it.
fn settle_stranger(parcel: &mut Parcel, spec: &Spec, seed: i64) -> Option<f64> {
    let floors: f64 = parcel.buildings.iter().map(Building::floor_area).sum();
    let mut homes = parcel.buildings.iter().enumerate();
    let facts = |n: usize, b: &Building| facts(spec, parcel, n, b, seed);
    let all_known = homes.clone().all(|(n, b)| facts(n, b).floors.is_some() || facts(n, b).height.is_some());
    // Enough of it even where the others' storeys are estimated too high.
    let fits = |(n, b): &(usize, &Building)| {
        b.used == Use::Residential
            && b.parts.is_empty()
            && facts(*n, b).floors.is_some()
            && (0.2..0.6).contains(&(b.floor_area() / floors))
    };
    let (number, share) = homes.find(fits).map(|(n, b)| (n, b.floor_area() / floors)).filter(|_| all_known)?;
    let building = parcel.buildings.get_mut(number)?;
    building.used = Use::Warehouse;
    building.entrances = 0;
    Some(share)
}

/// Green ground on a parcel, m²; squares and sports fields are paved.
fn green_area(parcel: &Parcel) -> f64 {
    let green = |kind| !matches!(kind, GroundKind::SportsField | GroundKind::Plaza);
    let line = |ring: &Vec<Point>| LineString::new(ring.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect());
    let lawns: Vec<Polygon> = parcel
        .grounds
        .iter()
        .filter(|ground| green(ground.kind))
        .map(|ground| Polygon::new(line(&ground.ring), ground.holes.iter().map(line).collect()))
        .collect();
    unary_union(&lawns).unsigned_area()
}

/// The least distance of a building from the parcel's line, metres: the parcel is convex, so that a corner of a
/// building comes nearest.
fn least_gap(parcel: &Parcel) -> Option<f64> {
    let ring = &parcel.ring;
    let corners = parcel.buildings.iter().flat_map(|b| &b.ring);
    let gaps = corners.flat_map(|corner| {
        (0..ring.len()).map(move |i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            let along = sub(b, a);
            let share = (dot(sub(*corner, a), along) / dot(along, along).max(1e-9)).clamp(0.0, 1.0);
            length(sub(*corner, [a[0] + along[0] * share, a[1] + along[1] * share]))
        })
    });
    gaps.min_by(f64::total_cmp)
}
