//! The tables of roads: centrelines, surfaces between red lines, bridges.

use super::city::{Plan, Quarter};
use super::names::{self, Name};
use super::river::{self, BANK};
use super::rows::Rows;
use super::shape::{Point, add, left, mix, scale, sub, unit};
use super::streets::{Class, SUB};

fn describe(rows: &mut Rows, id: &str, class: Class, name: &Name, bridge: bool) {
    rows.text("id", id);
    rows.name(name);
    rows.text("class", class.words().0);
    rows.text("class_zh", class.words().1);
    rows.real("width_m", class.width(), 0);
    rows.whole("lanes", class.lanes());
    rows.flag("bridge", bridge);
}

/// Adds the streets of a quarter and the paths of its parks.
pub(super) fn push_lines(rows: &mut Rows, quarter: &Quarter) {
    let mut n = 0;
    let key = format!("{:06}{:03}{:03}", quarter.spec.county, quarter.spec.street, quarter.spec.community);
    for street in &quarter.streets {
        for line in &street.lines {
            n += 1;
            describe(rows, &format!("R{key}{n:03}"), street.class, &street.name, false);
            rows.line(line);
        }
    }
    for parcel in &quarter.parcels {
        for path in &parcel.paths {
            n += 1;
            let name = Name { zh: format!("{}步道", parcel.name.zh), en: format!("{} path", parcel.name.en) };
            describe(rows, &format!("R{key}{n:03}"), Class::Path, &name, false);
            rows.line(path);
        }
    }
}

/// Adds a quarter's street surfaces.
pub(super) fn push_surfaces(rows: &mut Rows, quarter: &Quarter) {
    for surface in &quarter.surfaces {
        let street = &quarter.streets[surface.street];
        rows.text("name_zh", &street.name.zh);
        rows.text("class", street.class.words().0);
        rows.polygon(&surface.ring, &[]);
    }
}

/// An edge of the lattice: its line, class, name, and whether a quarter lies left and right of it.
pub(super) struct Edge {
    pub(super) line: Vec<Point>,
    pub(super) class: Class,
    pub(super) name: Name,
    pub(super) id: String,
    left: bool,
    right: bool,
}

/// All edges of the lattice that a quarter touches, in order.
pub(super) fn edges(plan: &Plan) -> Vec<Edge> {
    let places = plan.places();
    let lattice = &plan.lattice;
    let reach = places.iter().map(|p| p.1.abs()).max().unwrap_or(0);
    let mut out = Vec::new();
    for side in [1, -1] {
        for k in 0..=reach {
            for i in plan.columns.0..=plan.columns.1 {
                let here = |c: i32, r: i32| plan.has(&places, c, side, r);
                // Across the river, outwards from line k to k + 1.
                let (before, after) = (here(i - 1, k + 1), here(i, k + 1));
                if before || after {
                    let line = vec![lattice.node(i, side, k), lattice.node(i, side, k + 1)];
                    let (l, r) = if side > 0 { (before, after) } else { (after, before) };
                    out.push(Edge {
                        line,
                        class: lattice.column_class(i),
                        name: lattice.column_name(i),
                        id: format!("RC{}{:+}{:+}", if side > 0 { "N" } else { "S" }, i, k),
                        left: l,
                        right: r,
                    });
                }
                if i == plan.columns.1 {
                    continue;
                }
                let (inner, outer) = (here(i, k), here(i, k + 1));
                if inner || outer || k == 0 {
                    let line = if k == 0 {
                        (0..=SUB).map(|p| lattice.bank(i, side, p, BANK)).collect()
                    } else {
                        vec![lattice.node(i, side, k), lattice.node(i + 1, side, k)]
                    };
                    // Seen downstream the left bank's outer quarter lies on the left.
                    let (l, r) = if side > 0 { (outer, inner) } else { (inner, outer) };
                    out.push(Edge {
                        line,
                        class: lattice.row_class(k),
                        name: lattice.row_name(side, k),
                        id: format!("RL{}{:+}{:+}", if side > 0 { "N" } else { "S" }, i, k),
                        left: l,
                        right: r,
                    });
                }
            }
        }
    }
    out
}

/// Adds the great streets and the bridges.
pub(super) fn push_great_lines(rows: &mut Rows, plan: &Plan) {
    for edge in edges(plan) {
        describe(rows, &edge.id, edge.class, &edge.name, false);
        rows.line(&edge.line);
    }
    for bridge in bridges(plan) {
        describe(rows, &bridge.id, bridge.class, &bridge.name, true);
        rows.line(&[bridge.ends[0], bridge.ends[1]]);
    }
    for i in plan.columns.0..plan.columns.1 {
        for side in [1, -1] {
            let name = Name::new("海河亲水步道", "Haihe waterside path");
            describe(rows, &format!("RP{}{i:+}", if side > 0 { "N" } else { "S" }), Class::Path, &name, false);
            let (a, b) = (plan.lattice.column(i), plan.lattice.column(i + 1));
            let line: Vec<Point> = (0..=20)
                .map(|n| {
                    let s = a + (b - a) * f64::from(n) / 20.0;
                    river::beside(s, f64::from(side) * (river::half_width(s) + 8.0))
                })
                .collect();
            rows.line(&line);
        }
    }
}

/// Adds the halves of great streets that lie outside the quarters.
pub(super) fn push_great_surfaces(rows: &mut Rows, plan: &Plan) {
    for edge in edges(plan) {
        for (built, turn) in [(edge.left, 1.0), (edge.right, -1.0)] {
            if built {
                continue;
            }
            let half = edge.class.width() / 2.0 * turn;
            let n = edge.line.len();
            // The outer side bends with the axis: normals of the neighbouring pieces meet half way.
            let normal = |i: usize| {
                let a = unit(sub(edge.line[i.max(1)], edge.line[i.max(1) - 1]));
                let b = unit(sub(edge.line[(i + 1).min(n - 1)], edge.line[(i + 1).min(n - 1) - 1]));
                left(unit(add(a, b)))
            };
            for i in 1..n {
                let (a, b) = (edge.line[i - 1], edge.line[i]);
                let ring = [a, b, add(b, scale(normal(i), half)), add(a, scale(normal(i - 1), half))];
                rows.text("name_zh", &edge.name.zh);
                rows.text("class", edge.class.words().0);
                rows.polygon(&ring, &[]);
            }
        }
    }
}

/// A bridge over the river.
pub(super) struct Bridge {
    pub(super) id: String,
    pub(super) class: Class,
    pub(super) name: Name,
    /// On the inner edge of the riverside streets: right bank, left bank.
    pub(super) ends: [Point; 2],
    pub(super) width: f64,
}

/// Half of the street space a bridge takes from the banks, metres.
pub(super) fn bridge_width(class: Class) -> f64 {
    class.width() * 0.82
}

/// All bridges, upstream first.
pub(super) fn bridges(plan: &Plan) -> Vec<Bridge> {
    let lattice = &plan.lattice;
    let edge = BANK - lattice.row_class(0).width() / 2.0;
    (plan.columns.0..=plan.columns.1)
        .filter(|i| lattice.has_bridge(*i))
        .map(|i| {
            let s = lattice.column(i);
            let class = lattice.column_class(i);
            Bridge {
                id: format!("B{i:+}"),
                class,
                name: names::named(&[lattice.seed, 9, i64::from(i)], "桥", "Bridge"),
                ends: [river::beside(s, -edge), river::beside(s, edge)],
                width: bridge_width(class),
            }
        })
        .collect()
}

/// Adds bridge decks: strips that rise to the middle of the river, heights in metres above datum.
pub(super) fn push_bridges(rows: &mut Rows, plan: &Plan) {
    for bridge in bridges(plan) {
        describe(rows, &bridge.id, bridge.class, &bridge.name, true);
        let across = scale(left(unit(sub(bridge.ends[1], bridge.ends[0]))), bridge.width / 2.0);
        const STEPS: u32 = 12;
        let deck = |n: u32| {
            let t = f64::from(n) / f64::from(STEPS);
            (mix(bridge.ends[0], bridge.ends[1], t), 4.75 + 4.0 * 4.0 * t * (1.0 - t) * 0.62)
        };
        let decks: Vec<Vec<(Point, f64)>> = (0..STEPS)
            .map(|n| {
                let ((a, za), (b, zb)) = (deck(n), deck(n + 1));
                vec![(add(a, across), za), (sub(a, across), za), (sub(b, across), zb), (add(b, across), zb)]
            })
            .collect();
        rows.decks(&decks);
    }
}
