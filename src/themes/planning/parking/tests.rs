//! Hand-worked needs for parking spaces, the sums in the comments. Numbers are sums of a few products of short
//! decimals: 1e-9 is far below any digit that is printed.

use super::super::dossier::tests::{Row, layer};
use super::super::dossier::{Check, Verdict, dossier};
use super::super::floor_area::FarRule;
use super::super::ground::rectangle;
use super::super::limits::Rule;
use super::super::near::Near;
use super::*;
use crate::model::Role;

type Values<'a> = Vec<(Meaning, &'a str, Value<'a>)>;

const PER_DWELLING: Meaning = Meaning::ParkingPerDwelling;
const PER_AREA: Meaning = Meaning::ParkingPerArea;

/// A parcel of 100 × 50 m.
fn plot(values: Values<'_>) -> Row<'_> {
    (rectangle([0.0, 0.0], [100.0, 50.0]), values)
}

fn real(meaning: Meaning, field: &str, value: f64) -> (Meaning, &str, Value<'_>) {
    (meaning, field, Value::Real(value))
}

/// A slab of 40 × 10 m from a corner.
fn slab<'a>(min: [f64; 2], used: &'a str, storeys: i64, dwellings: Option<i64>, spaces: Option<i64>) -> Row<'a> {
    let mut values: Values<'a> =
        vec![(Meaning::Storeys, "floors", Value::Integer(storeys)), (Meaning::Use, "use", Value::Text(used.into()))];
    values.extend(dwellings.map(|count| (Meaning::Units, "units", Value::Integer(count))));
    values.extend(spaces.map(|count| (Meaning::ParkingSpaces, "spaces", Value::Integer(count))));
    (rectangle(min, [min[0] + 40.0, min[1] + 10.0]), values)
}

fn parking(plot: Row<'_>, houses: &[Row<'_>]) -> Check {
    let parcels = layer("parcels", Role::Parcel, &[plot]);
    let buildings = layer("buildings", Role::Building, houses);
    let found = dossier(&Site {
        parcels: &parcels.layer,
        row: 0,
        buildings: &[(0, Near::Whole(&buildings))],
        what_if: None,
        greens: &[],
        green_surveyed: true,
        buildings_elsewhere: false,
        zone: ZoneOf::None,
        link: None,
        controls: &[],
        rule: FarRule::named("tianjin").expect("in the table"),
    });
    found.expect("a polygon").check(Rule::Parking).expect("every rule is checked").clone()
}

/// The bounds of the spaces that are needed.
fn needed(check: &Check) -> [f64; 2] {
    let limit = check.limit.as_ref().expect("a limit");
    [limit.low, limit.value]
}

fn near(a: [f64; 2], b: [f64; 2]) {
    assert!(a == b || a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9), "{a:?} is not {b:?}");
}

#[test]
fn each_dwelling_needs_its_spaces() {
    let houses = [slab([5.0, 5.0], "住宅", 6, Some(48), None), slab([5.0, 30.0], "住宅", 6, Some(24), None)];
    let with = |spaces| plot(vec![real(PER_DWELLING, "rate", 1.2), real(Meaning::ParkingSpaces, "has", spaces)]);
    // 1.2 × (48 + 24) = 86.4, in whole spaces 87: 86 do not keep it.
    let check = parking(with(87.0), &houses);
    near(needed(&check), [87.0, 87.0]);
    assert_eq!((check.verdict, check.measured), (Verdict::Pass, Some(Span::exact(87.0))));
    assert_eq!(parking(with(86.0), &houses).verdict, Verdict::Breach);
}

#[test]
fn with_both_rates_the_floor_area_that_is_no_housing_needs_the_second() {
    let houses = [slab([5.0, 5.0], "住宅", 6, Some(48), None), slab([5.0, 30.0], "办公", 3, None, None)];
    let both = |spaces| {
        plot(vec![
            real(PER_DWELLING, "rate", 1.0),
            real(PER_AREA, "per100", 0.8),
            real(Meaning::ParkingSpaces, "has", spaces),
        ])
    };
    // 48 × 1.0, and of the offices 40 × 10 m × 3 = 1,200 m²: 0.8 × 12 = 9.6; together 57.6, in whole spaces 58.
    let check = parking(both(58.0), &houses);
    near(needed(&check), [58.0, 58.0]);
    assert_eq!(check.verdict, Verdict::Pass);
    let needs = check.limit.unwrap().parking.expect("follows from what is built");
    assert_eq!((needs.dwellings, needs.floor_area), (Span::exact(48.0), Span::exact(1200.0)));
    assert_eq!(parking(both(57.0), &houses).verdict, Verdict::Breach);
    // The second rate alone is for all floor area: 2,400 + 1,200 m², 0.8 × 36 = 28.8, in whole spaces 29.
    near(needed(&parking(plot(vec![real(PER_AREA, "per100", 0.8)]), &houses)), [29.0, 29.0]);
}

#[test]
fn a_building_on_two_parcels_needs_its_share_on_each() {
    // 10 of 40 m lie beyond the parcel's east: three quarters of 48 dwellings, 36 × 1.0; and of its 20 spaces, 15.
    let houses = [slab([70.0, 5.0], "住宅", 6, Some(48), Some(20))];
    let check = parking(plot(vec![real(PER_DWELLING, "rate", 1.0)]), &houses);
    near(needed(&check), [36.0, 36.0]);
    assert_eq!((check.measured, check.verdict), (Some(Span::exact(15.0)), Verdict::Breach));
}

#[test]
fn what_is_not_known_decides_only_what_it_cannot_change() {
    let rate = |spaces| plot(vec![real(PER_DWELLING, "rate", 1.0), real(Meaning::ParkingSpaces, "has", spaces)]);
    let houses = [slab([5.0, 5.0], "住宅", 6, Some(48), None), slab([5.0, 30.0], "住宅", 6, None, None)];
    // 48 at least, and those of the second house: 60 may be enough, 40 is not.
    let check = parking(rate(60.0), &houses);
    near(needed(&check), [48.0, f64::INFINITY]);
    assert_eq!((check.verdict, check.why.as_slice()), (Verdict::Unknown, [Why::DwellingsUnknown(1)].as_slice()));
    assert_eq!(parking(rate(40.0), &houses).verdict, Verdict::Breach);
    // Spaces of one building of two: enough of them pass, too few may be more.
    let counted =
        |spaces| [slab([5.0, 5.0], "住宅", 6, Some(10), Some(spaces)), slab([5.0, 30.0], "车库", 1, None, None)];
    let check = |spaces| parking(plot(vec![real(PER_DWELLING, "rate", 1.0)]), &counted(spaces));
    assert_eq!(check(12).verdict, Verdict::Pass);
    assert_eq!((check(8).verdict, check(8).why.as_slice()), (Verdict::Unknown, [Why::SpacesUnknown(1)].as_slice()));
    // Nobody says a number of spaces.
    let silent = parking(plot(vec![real(PER_DWELLING, "rate", 1.0)]), &houses);
    assert!(silent.why.contains(&Why::NoSpaces) && silent.measured.is_none() && silent.verdict == Verdict::Unknown);
}

#[test]
fn a_number_a_rate_in_a_text_and_nothing_at_all() {
    let houses = [slab([5.0, 5.0], "住宅", 6, Some(50), None)];
    let text = |text: &'static str| {
        plot(vec![(Meaning::ParkingLimit, "need", Value::Text(text.into())), real(Meaning::ParkingSpaces, "has", 55.0)])
    };
    // As a number; for each of 50 dwellings; for each 100 of 40 × 10 × 6 = 2,400 m².
    for (said, spaces) in [
        ("60", 60.0),
        ("≥60个", 60.0),
        ("1.2车位/户", 60.0),
        ("不小于1.0个停车位/户", 50.0),
        ("2.0车位/100㎡", 48.0),
        ("0.5辆/百平方米", 12.0),
    ] {
        let check = parking(text(said), &houses);
        near(needed(&check), [spaces, spaces]);
        assert_eq!(check.verdict, if spaces > 55.0 { Verdict::Breach } else { Verdict::Pass }, "{said}");
    }
    // Not understood: it may be broken, and is never kept. Empty and 0 set no limit.
    let check = parking(text("按规范"), &houses);
    assert_eq!((check.limit, check.verdict), (Err(NoLimit::Unread), Verdict::Unknown));
    assert_eq!(parking(text("0"), &houses).limit, Err(NoLimit::Zero));
    assert_eq!(parking(text(""), &houses).limit, Err(NoLimit::Empty));
    assert_eq!(parking(plot(vec![]), &houses).limit, Err(NoLimit::NoField));
    // A rate of nothing.
    let empty = parking(plot(vec![real(PER_DWELLING, "rate", 1.0)]), &[]);
    assert_eq!((empty.limit, empty.verdict), (Err(NoLimit::NothingServed), Verdict::NoLimit));
}
