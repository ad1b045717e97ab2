//! Hand-worked dossiers: rectangles of whole metres, the sums in the comments. Areas of such rectangles are exact
//! in `f64` up to rounding of the last digits: 1e-9 is far below any digit that is printed.

use super::*;
use crate::city::CityLayer;
use crate::model::height;
use crate::model::mapping::Mapped;
use crate::model::{GeometryKind, Role, TableBuilder, Value};
use crate::query::testing::layer_of;
use crate::report::Report;
use crate::themes::planning::ground::rectangle;

const CLOSE: f64 = 1e-9;

/// Rows of rectangles with attributes: `(outline, holes, [(meaning, field, value)])`.
pub(in crate::themes::planning) type Row<'a> = (MultiPolygon, Vec<(Meaning, &'a str, Value<'a>)>);

pub(in crate::themes::planning) fn layer(id: &str, role: Role, rows: &[Row<'_>]) -> CityLayer {
    let mut builder = TableBuilder::default();
    let mut mapping = crate::model::FieldMapping::default();
    for (outline, values) in rows {
        for (meaning, field, value) in values {
            let column = builder.field(field);
            builder.set(column, value);
            let mapped = Mapped { field: (*field).to_owned(), factor: 1.0, declared: true, reason: String::new() };
            mapping.set(*meaning, mapped);
        }
        for polygon in &outline.0 {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                ring.0.iter().skip(1).for_each(|c| builder.geometry.push_vertex([c.x, c.y], None));
                builder.geometry.end_ring();
            }
            builder.geometry.end_part();
        }
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let mut layer = layer_of(id, builder.finish());
    layer.mapping = mapping;
    layer.role = role;
    if role == Role::Building {
        layer.heights = Some(height::find(&layer.table, &layer.mapping, id, &mut Report::default()));
    }
    CityLayer::in_memory(layer)
}

fn house<'a>(min: [f64; 2], max: [f64; 2], storeys: i64, height: Option<f64>) -> Row<'a> {
    let mut values =
        vec![(Meaning::Storeys, "floors", Value::Integer(storeys)), (Meaning::Use, "use", Value::Text("住宅".into()))];
    if let Some(height) = height {
        values.push((Meaning::Height, "height", Value::Real(height)));
    }
    (rectangle(min, max), values)
}

/// A parcel of 100 × 50 m = 5,000 m², with limits.
fn plot<'a>(limits: &[(Meaning, &'a str, f64)]) -> Row<'a> {
    let mut values: Vec<(Meaning, &str, Value<'_>)> =
        limits.iter().map(|(meaning, field, value)| (*meaning, *field, Value::Real(*value))).collect();
    values.push((Meaning::Use, "land_use", Value::Text("070102".into())));
    (rectangle([0.0, 0.0], [100.0, 50.0]), values)
}

const FAR: (Meaning, &str, f64) = (Meaning::FarLimit, "far", 1.0);
const DENSITY: (Meaning, &str, f64) = (Meaning::DensityLimit, "density", 30.0);
const HEIGHT: (Meaning, &str, f64) = (Meaning::HeightLimit, "limit", 20.0);
const GREEN: (Meaning, &str, f64) = (Meaning::GreenLimit, "green", 35.0);
const SETBACK: (Meaning, &str, f64) = (Meaning::Setback, "setback", 5.0);

fn look(parcels: &CityLayer, row: u32, houses: &[Row<'_>]) -> Dossier {
    look_with(parcels, row, houses, &[], true)
}

fn look_with(parcels: &CityLayer, row: u32, houses: &[Row<'_>], greens: &[Row<'_>], surveyed: bool) -> Dossier {
    let buildings = layer("buildings", Role::Building, houses);
    let greens = layer("green", Role::Green, greens);
    let greens = if greens.rows() > 0 { vec![Near::Whole(&greens)] } else { Vec::new() };
    dossier(&Site {
        parcels: &parcels.layer,
        row,
        buildings: &[(0, Near::Whole(&buildings))],
        what_if: None,
        greens: &greens,
        green_surveyed: surveyed,
        buildings_elsewhere: false,
        zone: ZoneOf::None,
        link: None,
        controls: &[],
        rule: FarRule::named("tianjin").expect("in the table"),
    })
    .expect("a polygon")
}

fn said(dossier: &Dossier, rule: Rule) -> (Span, Verdict) {
    let check = dossier.check(rule).expect("every rule is checked");
    (check.measured.expect("measured"), check.verdict)
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < CLOSE, "{a} is not {b}");
}

#[test]
fn a_parcel_that_keeps_everything() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[FAR, DENSITY, HEIGHT, GREEN, SETBACK])]);
    // Two slabs of 40 × 12 m with 6 storeys, 18 m; 6 m from the south, 10 m from the west.
    let houses = [house([10.0, 6.0], [50.0, 18.0], 6, Some(18.0)), house([10.0, 32.0], [50.0, 44.0], 5, Some(15.0))];
    // A lawn of 40 × 45 m = 1,800 m²: 36 %.
    let lawn = (rectangle([55.0, 2.0], [95.0, 47.0]), vec![]);
    let found = look_with(&parcels, 0, &houses, &[lawn], true);
    // 480 m² × 6 + 480 × 5 = 5,280 m² over 5,000 m²: 1.056; the limit is 1.0: a breach.
    assert_eq!(said(&found, Rule::Far).1, Verdict::Breach);
    near(said(&found, Rule::Far).0.low, 1.056);
    // 960 of 5,000 m².
    near(said(&found, Rule::Density).0.low, 19.2);
    assert_eq!(said(&found, Rule::Density).1, Verdict::Pass);
    assert_eq!(said(&found, Rule::Height), (Span::exact(18.0), Verdict::Pass));
    near(said(&found, Rule::Green).0.low, 36.0);
    assert_eq!(said(&found, Rule::Green).1, Verdict::Pass);
    // Nearest to the southern and northern lines: 6 m each.
    near(said(&found, Rule::Setback).0.low, 6.0);
    assert_eq!(said(&found, Rule::Setback).1, Verdict::Pass);
    assert_eq!(said(&found, Rule::Use), (Span::exact(0.0), Verdict::Pass));
    assert_eq!(found.verdict(), Verdict::Breach, "the worst of them");
}

#[test]
fn a_building_cut_by_the_line_counts_by_its_share() {
    // Two parcels side by side, the line at x = 100.
    let east = (rectangle([100.0, 0.0], [200.0, 50.0]), plot(&[FAR]).1);
    let parcels = layer("parcels", Role::Parcel, &[plot(&[FAR]), east]);
    // 40 × 10 m with 10 storeys; 30 m of it lie west of the line.
    let houses = [house([70.0, 20.0], [110.0, 30.0], 10, Some(30.0))];
    let (west, east) = (look(&parcels, 0, &houses), look(&parcels, 1, &houses));
    // 300 m² × 10 = 3,000 m² of 5,000; 100 × 10 = 1,000 m².
    near(said(&west, Rule::Far).0.low, 0.6);
    near(said(&east, Rule::Far).0.low, 0.2);
    assert!(west.check(Rule::Far).unwrap().why.contains(&Why::CutByLine(1)));
    assert!(west.standing[0].is_own() && !east.standing[0].is_own());
    // Height and setback are those of the parcel that most of it stands on.
    assert_eq!(said(&west, Rule::Height).0, Span::exact(30.0));
    assert_eq!(said(&east, Rule::Height).0, Span::exact(0.0));
    assert_eq!(said(&west, Rule::Setback).0, Span::exact(0.0), "it crosses the line");
}

#[test]
fn overlapping_parcels_each_count_what_stands_on_them() {
    let other = (rectangle([50.0, 0.0], [150.0, 50.0]), plot(&[DENSITY]).1);
    let parcels = layer("parcels", Role::Parcel, &[plot(&[DENSITY]), other]);
    let houses = [house([60.0, 10.0], [90.0, 30.0], 3, Some(9.0))];
    // 600 of 5,000 m² on both.
    for row in [0, 1] {
        near(said(&look(&parcels, row, &houses), Rule::Density).0.low, 12.0);
    }
}

#[test]
fn what_stands_in_a_hole_of_the_parcel_does_not_stand_on_it() {
    let outer = rectangle([0.0, 0.0], [100.0, 50.0]).0[0].exterior().clone();
    let hole = rectangle([20.0, 10.0], [60.0, 40.0]).0[0].exterior().clone();
    let ring = MultiPolygon::new(vec![geo::Polygon::new(outer, vec![hole])]);
    let parcels = layer("parcels", Role::Parcel, &[(ring, plot(&[FAR]).1)]);
    let houses = [house([25.0, 15.0], [45.0, 35.0], 6, Some(18.0)), house([70.0, 10.0], [90.0, 29.0], 2, Some(6.0))];
    let found = look(&parcels, 0, &houses);
    // 5,000 - 40 × 30 = 3,800 m². On it 20 × 19 = 380 m² × 2 = 760 m²: 0.2.
    near(found.area, 3800.0);
    assert_eq!(found.standing.len(), 1);
    near(said(&found, Rule::Far).0.low, 0.2);
}

#[test]
fn unknown_heights_decide_only_what_they_cannot_change() {
    let limit = |metres| layer("parcels", Role::Parcel, &[plot(&[(Meaning::HeightLimit, "limit", metres)])]);
    // 6 storeys of housing and no height: 18 m typically, between 13.5 and 23.4 m.
    let houses = [house([10.0, 10.0], [50.0, 20.0], 6, None)];
    for (metres, verdict) in [(24.0, Verdict::Pass), (18.0, Verdict::Unknown), (12.0, Verdict::Breach)] {
        let found = look(&limit(metres), 0, &houses);
        let (span, said) = said(&found, Rule::Height);
        near(span.low, 13.5);
        near(span.high, 23.4);
        assert_eq!(said, verdict, "limit {metres} m");
        assert_eq!(found.check(Rule::Height).unwrap().why, [Why::HeightFromStoreys(1)]);
    }
    // Nothing at all: any height.
    let nothing = (rectangle([10.0, 10.0], [50.0, 20.0]), vec![]);
    let found = look(&limit(12.0), 0, &[nothing]);
    assert_eq!(said(&found, Rule::Height).1, Verdict::Unknown);
    assert_eq!(found.check(Rule::Height).unwrap().why, [Why::HeightGuessed(1)]);
}

#[test]
fn limits_that_are_missing_or_zero_are_said_and_judge_nothing() {
    let zero = plot(&[(Meaning::FarLimit, "far", 0.0)]);
    let parcels = layer("parcels", Role::Parcel, &[zero]);
    let found = look(&parcels, 0, &[house([10.0, 10.0], [50.0, 20.0], 30, Some(90.0))]);
    assert_eq!(found.check(Rule::Far).unwrap().limit, Err(NoLimit::Zero));
    assert_eq!(found.check(Rule::Height).unwrap().limit, Err(NoLimit::NoField));
    assert_eq!(said(&found, Rule::Far).1, Verdict::NoLimit);
    // 400 m² × 30 / 5,000: measured all the same.
    near(said(&found, Rule::Far).0.low, 2.4);
}

#[test]
fn a_limit_that_is_not_understood_is_unknown_and_never_kept() {
    let (outline, _) = plot(&[]);
    let said_so = |text: &'static str| {
        let parcels = layer(
            "parcels",
            Role::Parcel,
            &[(outline.clone(), vec![(Meaning::HeightLimit, "limit", Value::Text(text.into()))])],
        );
        let found = look(&parcels, 0, &[house([10.0, 10.0], [50.0, 20.0], 15, Some(45.0))]);
        let check = found.check(Rule::Height).unwrap().clone();
        (check.limit, check.verdict)
    };
    for text in ["见图则", "≥24m", "24-", "3x"] {
        assert_eq!(said_so(text), (Err(NoLimit::Unread), Verdict::Unknown), "{text}");
    }
    assert_eq!(said_so("-24"), (Err(NoLimit::Negative), Verdict::Unknown));
    // 45 m stand there.
    for (text, limit) in [("≤24m", 24.0), ("不大于 24 米", 24.0), ("12-24", 24.0), ("24m以下", 24.0)] {
        let (read, verdict) = said_so(text);
        assert_eq!((read.map(|limit| limit.value), verdict), (Ok(limit), Verdict::Breach), "{text}");
    }
    assert_eq!(said_so(" "), (Err(NoLimit::Empty), Verdict::NoLimit));
}

#[test]
fn a_building_over_the_whole_parcel_stands_there_however_little_of_it_that_is() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[HEIGHT])]);
    // 400 × 200 m, of which 100 × 50 m are on the parcel: a sixteenth.
    let found = look(&parcels, 0, &[house([-100.0, -50.0], [300.0, 150.0], 30, Some(90.0))]);
    assert_eq!(said(&found, Rule::Height), (Span::exact(90.0), Verdict::Breach));
}

#[test]
fn limits_come_from_the_zone_that_most_of_the_parcel_lies_in() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[])]);
    let zone = |east: f64, far: f64| {
        let outline = rectangle([-10.0, -10.0], [east, 60.0]);
        (
            outline,
            vec![(Meaning::FarLimit, "far", Value::Real(far)), (Meaning::Name, "name", Value::Text("A-1".into()))],
        )
    };
    let buildings = layer("buildings", Role::Building, &[]);
    let limit = |zones: &CityLayer, zone: ZoneOf<'_>| {
        let found = dossier(&Site {
            parcels: &parcels.layer,
            row: 0,
            buildings: &[(0, Near::Whole(&buildings))],
            what_if: None,
            greens: &[],
            green_surveyed: false,
            buildings_elsewhere: false,
            zone,
            link: None,
            controls: &[],
            rule: &FarRule::all()[0],
        });
        assert!(zones.rows() > 0);
        found.expect("a polygon").check(Rule::Far).expect("checked").limit.clone()
    };
    let zones = layer("zones", Role::Zone, &[zone(60.0, 1.8)]);
    let near = Near::Whole(&zones);
    let inside = limit(&zones, ZoneOf::In { near: &near, row: 0, name: "A-1".into(), share: 0.6 });
    let source =
        LimitSource::Zone { layer: "zones".into(), row: 0, name: "A-1".into(), field: "far".into(), share: 0.6 };
    assert_eq!(inside, Ok(Limit::fixed(1.8, false, source)));
    assert_eq!(limit(&zones, ZoneOf::Several), Err(NoLimit::NoMajority));
}

#[test]
fn green_counts_once_and_paved_ground_does_not() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[GREEN])]);
    let ground = |min, max, kind: &'static str| {
        (rectangle(min, max), vec![(Meaning::Category, "kind", Value::Text(kind.into()))])
    };
    let greens = [
        // Two lawns that overlap by 10 × 50: 40 × 50 together.
        ground([0.0, 0.0], [25.0, 50.0], "garden"),
        ground([15.0, 0.0], [40.0, 50.0], "garden"),
        // Half of it on the parcel: 10 × 50.
        ground([90.0, 0.0], [110.0, 50.0], "park"),
        ground([50.0, 0.0], [80.0, 50.0], "sports_field"),
    ];
    let houses = [house([42.0, 10.0], [48.0, 20.0], 1, Some(3.0))];
    let found = look_with(&parcels, 0, &houses, &greens, true);
    // 2,000 + 500 of 5,000 m².
    near(found.green.unwrap(), 2500.0);
    assert_eq!(said(&found, Rule::Green).1, Verdict::Pass);
    // Parks alone are surveyed: what is shown is the least, what is not built over the most.
    let parks = look_with(&parcels, 0, &houses, &greens[2..3], false);
    let (span, verdict) = said(&parks, Rule::Green);
    near(span.low, 10.0);
    // 60 of 5,000 m² are built over: 1.2 %.
    near(span.high, 98.8);
    assert_eq!(verdict, Verdict::Unknown);
    let none = look(&parcels, 0, &houses);
    assert_eq!(none.check(Rule::Green).unwrap().why, [Why::NoGreen]);
    assert_eq!(none.check(Rule::Green).unwrap().verdict, Verdict::Unknown);
}

#[test]
fn a_factory_among_housing_is_a_foreign_use_and_a_kiosk_is_not() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[])]);
    let works = |min, max| {
        let values = vec![
            (Meaning::Storeys, "floors", Value::Integer(1)),
            (Meaning::Use, "use", Value::Text("工业厂房".into())),
            (Meaning::Height, "height", Value::Real(6.0)),
        ];
        (rectangle(min, max), values)
    };
    let homes = house([10.0, 10.0], [50.0, 20.0], 6, Some(18.0));
    // 400 × 6 = 2,400 m² of homes; 20 × 20 = 400 m² of works: 400 / 2,800 = 14.3 %.
    let found = look(&parcels, 0, &[homes.clone(), works([60.0, 10.0], [80.0, 30.0])]);
    near(said(&found, Rule::Use).0.low, 1.0 / 7.0);
    assert_eq!(said(&found, Rule::Use).1, Verdict::Breach);
    // 10 × 20 = 200 m²: 200 / 2,600 = 7.7 %.
    let found = look(&parcels, 0, &[homes, works([60.0, 10.0], [70.0, 30.0])]);
    assert_eq!(said(&found, Rule::Use).1, Verdict::Pass);
}

#[test]
fn a_verdict_needs_the_worst_case_to_pass_and_the_best_to_break() {
    use Verdict::{Breach, Pass, Unknown};
    let cases = [
        (Rule::Far, Span::exact(2.0), 2.0, Pass),
        // Limits have one decimal: 2.004 is drawn, not built.
        (Rule::Far, Span::exact(2.004), 2.0, Pass),
        (Rule::Far, Span::exact(2.01), 2.0, Breach),
        (Rule::Far, Span::of(1.9, 2.1), 2.0, Unknown),
        (Rule::Far, Span::of(2.1, f64::INFINITY), 2.0, Breach),
        (Rule::Green, Span::exact(35.0), 35.0, Pass),
        (Rule::Green, Span::exact(34.0), 35.0, Breach),
        (Rule::Green, Span::of(10.0, 80.0), 35.0, Unknown),
        (Rule::Green, Span::of(40.0, 80.0), 35.0, Pass),
        (Rule::Setback, Span::exact(4.9), 5.0, Breach),
        // Nothing stands there.
        (Rule::Setback, Span::exact(f64::INFINITY), 5.0, Pass),
    ];
    for (rule, measured, limit, verdict) in cases {
        assert_eq!(judge(rule, measured, Span::exact(limit)), verdict, "{rule:?} {measured:?} {limit}");
    }
}

/// Two houses of 40 × 10 m on the same ground, the second 10 m further east: 300 m² lie on each other. The ground is
/// 500 m² of 5,000 (10 %), the floor area 400 · 2 + 400 · 2.
#[test]
fn footprints_that_lie_on_each_other_are_remarked() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[FAR, DENSITY])]);
    let first = house([10.0, 10.0], [50.0, 20.0], 2, None);
    let found = look(&parcels, 0, &[first.clone(), house([20.0, 10.0], [60.0, 20.0], 2, None)]);
    near(said(&found, Rule::Density).0.low, 10.0);
    near(found.floor_area.low, 1600.0);
    for rule in [Rule::Far, Rule::Density] {
        assert!(found.check(rule).unwrap().why.contains(&Why::FootprintsOverlap(300)), "{rule:?}");
    }
    let apart = look(&parcels, 0, &[first, house([60.0, 10.0], [90.0, 20.0], 2, None)]);
    assert!(apart.check(Rule::Density).unwrap().why.is_empty());
}

/// On housing land a house of 400 m² floor area and one of 400 m² whose use nobody knows: up to half may be foreign,
/// and that is not a pass. Where the table says nothing of the land, or no building says its use, nothing is judged.
#[test]
fn a_use_that_is_not_known_is_never_a_pass() {
    let parcels = layer("parcels", Role::Parcel, &[plot(&[])]);
    let known = house([10.0, 10.0], [50.0, 20.0], 1, None);
    let mut silent = house([10.0, 30.0], [50.0, 40.0], 1, None);
    silent.1[1].2 = Value::Null;
    let found = look(&parcels, 0, &[known.clone(), silent.clone()]);
    assert_eq!(said(&found, Rule::Use), (Span::of(0.0, 0.5), Verdict::Unknown));
    assert_eq!(found.check(Rule::Use).unwrap().why, [Why::UseUnjudged(1)]);
    assert_eq!(said(&look(&parcels, 0, std::slice::from_ref(&known)), Rule::Use), (Span::exact(0.0), Verdict::Pass));
    silent.1.truncate(1);
    let found = look(&parcels, 0, &[silent]);
    let check = found.check(Rule::Use).unwrap();
    assert_eq!((&check.limit, check.verdict), (&Err(NoLimit::NoUses), Verdict::NoLimit));
    let road = (rectangle([0.0, 0.0], [100.0, 50.0]), vec![(Meaning::Use, "land_use", Value::Text("1207".into()))]);
    let found = look(&layer("parcels", Role::Parcel, &[road]), 0, &[known]);
    let check = found.check(Rule::Use).unwrap();
    assert_eq!((&check.limit, check.verdict), (&Err(NoLimit::NotJudged), Verdict::NoLimit));
}
