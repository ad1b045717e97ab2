//! The tables of green and water: parks, gardens, embankments, the river, lakes.

use super::buildings::GroundKind;
use super::city::{Plan, Quarter};
use super::names::Name;
use super::river::{self, BANK};
use super::roads::bridge_width;
use super::rows::Rows;
use super::shape::{self, Point, mix};
use super::streets::SUB;

/// Adds a quarter's green.
pub(super) fn push_green(rows: &mut Rows, quarter: &Quarter) {
    for parcel in &quarter.parcels {
        for ground in &parcel.grounds {
            describe(rows, ground.kind, &parcel.name, shape::area(&ground.ring));
            rows.polygon(&ground.ring, &ground.holes);
        }
    }
}

fn describe(rows: &mut Rows, kind: GroundKind, name: &Name, area: f64) {
    rows.text("name_zh", &name.zh);
    rows.text("kind", kind.words().0);
    rows.text("kind_zh", kind.words().1);
    rows.real("area_m2", area.abs(), 0);
}

/// The green banks between riverside street and water, from bridge to bridge.
pub(super) fn embankments(plan: &Plan) -> Vec<Vec<Point>> {
    let lattice = &plan.lattice;
    let v = BANK - lattice.row_class(0).width() / 2.0;
    let mut out = Vec::new();
    for i in plan.columns.0..plan.columns.1 {
        let room = |line: i32| {
            if lattice.has_bridge(line) { bridge_width(lattice.column_class(line)) / 2.0 + 2.0 } else { 0.0 }
        };
        let (a, b) = (lattice.column(i), lattice.column(i + 1));
        let (from, to) = (a + room(i), b - room(i + 1));
        for side in [1, -1] {
            let street = |part: u32| lattice.bank(i, side, part, v);
            let along = |s: f64| {
                // On the straight piece of the street's edge that `s` falls on.
                let x = (s - a) / (b - a) * f64::from(SUB);
                let part = (x as u32).min(SUB - 1);
                mix(street(part), street(part + 1), x - f64::from(part))
            };
            let mut ring = vec![along(from)];
            ring.extend((1..SUB).map(street));
            ring.push(along(to));
            let steps = 34;
            ring.extend((0..=steps).map(|n| {
                let s = to + (from - to) * f64::from(n) / f64::from(steps);
                river::beside(s, f64::from(side) * (river::half_width(s) + 2.0))
            }));
            out.push(ring);
        }
    }
    out
}

/// Adds the embankments.
pub(super) fn push_embankments(rows: &mut Rows, plan: &Plan) {
    for ring in embankments(plan) {
        describe(rows, GroundKind::Embankment, &Name::new("海河堤岸绿地", "Haihe embankment"), shape::area(&ring));
        rows.polygon(&ring, &[]);
    }
}

/// How far the river goes on beyond the outermost quarters, metres.
const BEYOND: f64 = 420.0;

/// The water of the river.
pub(super) fn river_ring(plan: &Plan) -> Vec<Point> {
    river_band(plan, 0.0)
}

/// The river with a strip of so many metres on either bank.
pub(super) fn river_band(plan: &Plan, strip: f64) -> Vec<Point> {
    let from = plan.lattice.column(plan.columns.0) - BEYOND;
    let to = plan.lattice.column(plan.columns.1) + BEYOND;
    let steps = ((to - from) / 14.0).ceil() as u32;
    let at = |n: u32| from + (to - from) * f64::from(n) / f64::from(steps);
    let mut ring: Vec<Point> = (0..=steps).map(|n| river::beside(at(n), -river::half_width(at(n)) - strip)).collect();
    ring.extend((0..=steps).rev().map(|n| river::beside(at(n), river::half_width(at(n)) + strip)));
    ring
}

/// Adds the river.
pub(super) fn push_river(rows: &mut Rows, plan: &Plan) {
    rows.name(&Name::new("海河（合成）", "Haihe (synthetic)"));
    rows.text("land_use", "1701");
    rows.text("kind", "river");
    rows.polygon(&river_ring(plan), &[]);
}

/// Adds a quarter's lakes.
pub(super) fn push_lakes(rows: &mut Rows, quarter: &Quarter) {
    for parcel in &quarter.parcels {
        for lake in &parcel.lakes {
            rows.name(&Name { zh: format!("{}湖", parcel.name.zh), en: format!("{} Lake", parcel.name.en) });
            rows.text("land_use", "1702");
            rows.text("kind", "lake");
            rows.polygon(lake, &[]);
        }
    }
}
