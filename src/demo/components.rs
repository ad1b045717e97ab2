//! Street furniture (部件): lamps, trees, manholes, bins, benches, with 16-digit identifiers.

use std::collections::BTreeMap;

use super::buildings::GroundKind;
use super::city::Quarter;
use super::dice::Dice;
use super::grid;
use super::quarters::Kind;
use super::rows::Rows;
use super::shape::{self, Point, left, mix, scale, sub, unit};
use super::streets::Class;

/// A kind of component: major and minor class, Chinese, English, positioning grade.
struct Sort {
    code: u32,
    zh: &'static str,
    en: &'static str,
    grade: &'static str,
}

const LAMP: Sort = Sort { code: 118, zh: "路灯", en: "Street light", grade: "A" };
const TREE: Sort = Sort { code: 402, zh: "行道树", en: "Street tree", grade: "B" };
const SEWER: Sort = Sort { code: 102, zh: "污水井盖", en: "Sewage manhole cover", grade: "A" };
const STORM: Sort = Sort { code: 103, zh: "雨水井盖", en: "Stormwater manhole cover", grade: "A" };
const BIN: Sort = Sort { code: 305, zh: "垃圾箱", en: "Litter bin", grade: "B" };
const BENCH: Sort = Sort { code: 407, zh: "街头坐椅", en: "Street bench", grade: "B" };
const SIGN: Sort = Sort { code: 213, zh: "路名牌", en: "Street-name sign", grade: "A" };
const HYDRANT: Sort = Sort { code: 113, zh: "消防设施", en: "Fire hydrant", grade: "A" };

/// Numbers of components: one series for each division and class.
#[derive(Default)]
pub(super) struct Serials(BTreeMap<(u32, u32), u32>);

impl Serials {
    /// The next identifier: 6 division + 2 major + 2 minor + 6 serial; `None` when a series is full.
    fn next(&mut self, county: u32, class: u32) -> Option<String> {
        let serial = self.0.entry((county, class)).or_insert(0);
        *serial += 1;
        (*serial <= 999_999).then(|| format!("{county:06}{class:04}{serial:06}"))
    }
}

/// Adds a quarter's components.
pub(super) fn push_components(rows: &mut Rows, quarter: &Quarter, serials: &mut Serials, seed: i64) {
    let mut dice = Dice::new(&[seed, 90, quarter.spec.key()]);
    let cells = grid::cells(quarter);
    let mut put = |dice: &mut Dice, sort: &Sort, at: Point| {
        let Some(cell) = grid::cell_at(&cells, at) else { return };
        let Some(id) = serials.next(quarter.spec.county, sort.code) else { return };
        rows.text("id", id);
        rows.text("class", format!("{:04}", sort.code));
        rows.text("name_zh", sort.zh);
        rows.text("name_en", sort.en);
        rows.text("state", dice.weighted(&[("完好", 0.962), ("破损", 0.026), ("丢失", 0.006), ("废弃", 0.006)]));
        rows.text("grade", sort.grade);
        rows.text("grid", &cell.code);
        rows.point(at);
    };
    for (number, cell) in quarter.cells.iter().enumerate() {
        for (i, street) in cell.edges.iter().enumerate() {
            let street = &quarter.streets[*street];
            let (a, b) = (cell.ring[i], cell.ring[(i + 1) % cell.ring.len()]);
            // Small streets have furniture on one side.
            if street.class >= Class::Local && (number + i) % 2 == 1 {
                continue;
            }
            let half = street.class.width() / 2.0;
            let inward = left(unit(sub(b, a)));
            let length = shape::distance(a, b);
            // The corner belongs to the crossing.
            let (from, to) = (16.0 + half * 0.5, length - 16.0 - half * 0.5);
            let at = |along: f64, off: f64| shape::add(mix(a, b, along / length), scale(inward, off));
            let mut walk = |dice: &mut Dice, sort: &Sort, step: f64, off: f64, first: f64| {
                let mut x = from + first;
                while x < to {
                    put(dice, sort, at(x, off));
                    x += step;
                }
            };
            let (lamps, trees) = match street.class {
                Class::Ring | Class::Arterial => (130.0, 170.0),
                Class::Secondary => (150.0, 190.0),
                Class::Local => (260.0, 280.0),
                Class::Lane | Class::Path => (120.0, f64::INFINITY),
            };
            let leafy = matches!(quarter.spec.kind, Kind::Terraces | Kind::Campus);
            walk(&mut dice, &LAMP, lamps, half - 1.2, 2.0);
            if street.class < Class::Lane {
                walk(&mut dice, &TREE, if leafy { trees * 0.4 } else { trees }, half - 2.2, 9.0);
                walk(&mut dice, if i % 2 == 0 { &SEWER } else { &STORM }, 400.0, half * 0.5, 21.0);
                if i % 2 == 0 {
                    walk(&mut dice, &BIN, 300.0, half - 1.6, 36.0);
                }
            }
            if i == 0 && number % 2 == 0 {
                walk(&mut dice, &HYDRANT, 900.0, half - 0.8, 28.0);
                walk(&mut dice, &SIGN, 900.0, half - 1.0, 0.0);
            }
        }
    }
    // Trees and benches of parks, squares and embankments.
    for parcel in &quarter.parcels {
        for ground in parcel.grounds.iter().filter(|g| matches!(g.kind, GroundKind::Park | GroundKind::Plaza)) {
            let size = shape::area(&ground.ring);
            let wanted = (size / 700.0).clamp(3.0, 120.0) as u32;
            let reach = shape::around(&ground.ring);
            for n in 0..wanted {
                let p = [dice.between(reach.x0, reach.x1), dice.between(reach.y0, reach.y1)];
                let free = shape::holds(&ground.ring, p, 2.0)
                    && !ground.holes.iter().any(|h| inside(h, p))
                    && !parcel.buildings.iter().any(|b| inside(&b.ring, p));
                if free {
                    put(&mut dice, if n % 6 == 5 { &BENCH } else { &TREE }, p);
                }
            }
        }
    }
}

/// Whether a point lies in any simple ring (even-odd rule).
pub(super) fn inside(ring: &[Point], p: Point) -> bool {
    let mut odd = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0] + (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) {
            odd = !odd;
        }
    }
    odd
}
