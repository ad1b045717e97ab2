//! The table of control lines: what a plan would draw round the river, parks, widened streets, old villas, utilities
//! and the city as a whole. Parcels cross some of them on purpose.

use super::blocks::Plot;
use super::cadastre::parcel_code;
use super::city::{Plan, Quarter};
use super::ground::river_band;
use super::names::Name;
use super::river;
use super::roads::edges;
use super::rows::Rows;
use super::shape::{self, Point, add, scale, sub};
use super::streets::Class;

/// From the water to the blue line, metres.
const BANK_STRIP: f64 = 16.0;
/// A lake's blue line is so many times the lake.
const LAKE: f64 = 1.1;
/// One arterial of the left bank is to become wider by so much on either side, metres: its red lines cross the
/// parcels there.
const WIDENED: f64 = 6.0;
/// The urban development boundary ends so far before the last great street downstream, metres.
const SHORT: f64 = 150.0;

/// Its corners are cut by so much, metres.
const CORNER: f64 = 350.0;

/// Kinds, as `assets/control_lines.toml` calls them: code, Chinese.
const RED: (&str, &str) = ("red", "道路红线");
const GREEN: (&str, &str) = ("green", "绿线");
const BLUE: (&str, &str) = ("blue", "蓝线");
const PURPLE: (&str, &str) = ("purple", "紫线");
const YELLOW: (&str, &str) = ("yellow", "黄线");
const BOUNDARY: (&str, &str) = ("urban_boundary", "城镇开发边界");

fn push(rows: &mut Rows, id: &str, kind: (&str, &str), name: &Name, ring: &[Point]) {
    rows.text("id", id);
    rows.name(name);
    rows.text("kind", kind.0);
    rows.text("kind_zh", kind.1);
    rows.polygon(ring, &[]);
}

/// Adds what belongs to the city as a whole: the development boundary, the river, great streets.
pub(super) fn push_great(rows: &mut Rows, plan: &Plan) {
    let (from, to) = (plan.lattice.column(plan.columns.0) - 300.0, plan.lattice.column(plan.columns.1) - SHORT);
    // Rows lie about 445 m apart; the river runs some 265 m right of its general course.
    let deepest = plan.places().iter().fold([-1, 1], |[least, most], place| [least.min(place.1), most.max(place.1)]);
    let (right, left) = (f64::from(deepest[0]) * 445.0 - 560.0, f64::from(deepest[1]) * 445.0 + 130.0);
    let corners = [
        [from + CORNER, right],
        [to - CORNER, right],
        [to, right + CORNER],
        [to, left - CORNER],
        [to - CORNER, left],
        [from + CORNER, left],
        [from, left - CORNER],
        [from, right + CORNER],
    ];
    let corners = corners.map(|[s, t]| river::place(s, t));
    push(rows, "KZX-U-1", BOUNDARY, &Name::new("城镇开发边界", "Urban development boundary"), &corners);
    push(rows, "KZX-B-1", BLUE, &Name::new("海河蓝线", "Haihe blue line"), &river_band(plan, BANK_STRIP));
    for edge in edges(plan) {
        let wider = match edge.class {
            Class::Ring => 0.0,
            Class::Arterial if edge.id.starts_with("RLN") && edge.id.ends_with("+1") => WIDENED,
            Class::Arterial => 0.0,
            _ => continue,
        };
        let (a, b) = (edge.line[0], edge.line[edge.line.len() - 1]);
        let across = scale(shape::left(shape::unit(sub(b, a))), edge.class.width() / 2.0 + wider);
        let ring = [sub(a, across), sub(b, across), add(b, across), add(a, across)];
        let name = Name { zh: format!("{}道路红线", edge.name.zh), en: format!("{} right of way", edge.name.en) };
        push(rows, &format!("KZX-R-{}", edge.id), RED, &name, &ring);
    }
}

/// Adds what belongs to a quarter: parks, lakes, utilities, blocks of old villas.
pub(super) fn push_quarter(rows: &mut Rows, quarter: &Quarter) {
    let mut historic = None;
    for parcel in &quarter.parcels {
        let code = parcel_code(&quarter.spec, parcel);
        match parcel.plot {
            Plot::Pocket | Plot::LakePark => {
                push(rows, &format!("KZX-G-{code}"), GREEN, &parcel.name, &parcel.ring);
            }
            Plot::Substation | Plot::FireStation | Plot::BusStation => {
                push(rows, &format!("KZX-Y-{code}"), YELLOW, &parcel.name, &parcel.ring);
            }
            Plot::Villas if historic != Some(parcel.cell) => {
                // To the axes of the streets around: all parcels of the block lie within.
                historic = Some(parcel.cell);
                let ring = &quarter.cells[parcel.cell].ring;
                push(rows, &format!("KZX-P-{code}"), PURPLE, &parcel.name, ring);
            }
            _ => {}
        }
        for (n, lake) in parcel.lakes.iter().enumerate() {
            let middle = shape::centroid(lake);
            let ring: Vec<Point> = lake.iter().map(|p| add(middle, scale(sub(*p, middle), LAKE))).collect();
            push(rows, &format!("KZX-B-{code}-{}", n + 1), BLUE, &parcel.name, &ring);
        }
    }
}
