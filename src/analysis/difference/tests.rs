//! Two versions made by hand, with what became of each thing known beforehand.

mod laws;
mod made;

use self::made::*;
use super::*;
use crate::model::mapping::Mapped;
use crate::model::{HeightSource, Meaning, Value};

fn verdicts(found: &Difference<'_>) -> Vec<(String, Vec<Verdict>)> {
    found.changes.iter().map(|change| (found.id_of(change), change.verdicts.iter().collect())).collect()
}

/// 3 m east and 4 m north are 5 m; from north clockwise atan2(3, 4) = 36.8699°.
#[test]
fn a_square_that_moved_says_how_far_and_where_to() {
    for with_id in [true, false] {
        let id = with_id.then_some("id");
        let (a, b) = (layer(id, vec![square("1", 0.0, 0.0, 10.0)]), layer(id, vec![square("1", 3.0, 4.0, 10.0)]));
        let found = compared(&a, &b);
        assert_eq!(found.changes.len(), 1, "{:?}", found.changes);
        let change = &found.changes[0];
        assert_eq!(change.verdicts.iter().collect::<Vec<_>>(), [Verdict::Moved]);
        assert!((change.moved_m().unwrap() - 5.0).abs() < 1e-9);
        assert!((change.direction_deg().unwrap() - 36.869_897_645_844_02).abs() < 1e-6);
        assert_eq!(found.by_id.is_some(), with_id);
    }
}

/// Beginning elsewhere, running the other way, a vertex twice, one in the middle of an edge, 4 cm off: the same.
/// 6 cm off: another shape. A ring of the same vertices joined otherwise: another shape.
#[test]
fn how_a_ring_is_written_does_not_matter() {
    let at = |dx: f64| vec![[0.0, 0.0], [10.0 + dx, 0.0], [10.0, 10.0], [0.0, 10.0]];
    let one = |ring: Vec<[f64; 2]>| layer(Some("id"), vec![("1", vec![ring], vec![])]);
    let a = one(at(0.0));
    for ring in [
        vec![[10.0, 10.0], [0.0, 10.0], [0.0, 0.0], [10.0, 0.0]],
        vec![[0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]],
        vec![[0.0, 0.0], [10.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]],
        vec![[0.0, 0.0], [5.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]],
        at(0.04),
    ] {
        let b = one(ring.clone());
        assert_eq!((compared(&a, &b).unchanged, compared(&b, &a).unchanged), (1, 1), "{ring:?}");
    }
    let off = one(at(0.06));
    assert_eq!(verdicts(&compared(&a, &off)), [("1".to_owned(), vec![Verdict::Reshaped])]);
    // A comb of five vertices and one with its notch on another side; both within the same box.
    let notch = |middle: [f64; 2], at: usize| {
        let mut ring = at_corners();
        ring.insert(at, middle);
        one(ring)
    };
    let (south, west) = (notch([5.0, 5.0], 1), notch([5.0, 5.0], 4));
    let found = compared(&south, &west);
    // Triangles of 25 m² are gained and lost: the square less one triangle is 75 m².
    let change = &found.changes[0];
    assert!((change.gained - 25.0).abs() < 1e-6 && (change.lost - 25.0).abs() < 1e-6, "{change:?}");
    assert_eq!(change.main(), Verdict::Reshaped);
}

fn at_corners() -> Vec<[f64; 2]> {
    vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]
}

/// The order of parts, and a hole that is there or not: 100 − 4 = 96 m².
#[test]
fn parts_in_another_order_are_the_same_and_a_hole_is_not() {
    let two = |first: f64, second: f64| {
        let part = |x: f64| vec![[x, 0.0], [x + 10.0, 0.0], [x + 10.0, 10.0], [x, 10.0]];
        parts_layer(&[vec![part(first)], vec![part(second)]])
    };
    assert_eq!(compared(&two(0.0, 50.0), &two(50.0, 0.0)).unchanged, 1);
    let hole = vec![[4.0, 4.0], [4.0, 6.0], [6.0, 6.0], [6.0, 4.0]];
    let (plain, holed) = (parts_layer(&[vec![at_corners()]]), parts_layer(&[vec![at_corners(), hole]]));
    let found = compared(&plain, &holed);
    assert_eq!(found.changes[0].main(), Verdict::Reshaped);
    assert!((found.areas.lost - 4.0).abs() < 1e-6 && found.areas.gained.abs() < 1e-6);
    assert!((found.areas.net + 4.0).abs() < 1e-9);
}

/// 20 × 10 m becomes two halves, with ids of their own or with the id kept by one; and back.
#[test]
fn what_is_divided_is_split_and_what_is_joined_is_merged() {
    for (kept, new) in [("1", "2"), ("2", "3")] {
        for id in [Some("id"), None] {
            let whole = layer(id, vec![rectangle("1", 0.0, 0.0, 20.0, 10.0)]);
            let halves = layer(id, vec![rectangle(kept, 0.0, 0.0, 10.0, 10.0), rectangle(new, 10.0, 0.0, 10.0, 10.0)]);
            let found = compared(&whole, &halves);
            let change = &found.changes[0];
            assert_eq!((found.changes.len(), change.main()), (1, Verdict::Split), "{:?}", found.changes);
            assert_eq!((change.before.as_slice(), change.after.as_slice()), (&[0][..], &[0, 1][..]));
            assert_eq!((change.size_before, change.size_after), (200.0, 200.0));
            // The half that kept the id is a piece, and no pair any more.
            assert_eq!(found.matched, [0, 0, 0]);
            let back = compared(&halves, &whole);
            assert_eq!((back.changes.len(), back.changes[0].main()), (1, Verdict::Merged), "{:?}", back.changes);
            assert_eq!((back.areas.added, back.areas.removed, back.areas.net), (0.0, 0.0, 0.0));
        }
    }
    // A shed of 4 m² on 100 m² that is left splits nothing: the house is reshaped, the shed is new.
    let house = layer(None, vec![square("1", 0.0, 0.0, 10.0)]);
    let both = layer(None, vec![rectangle("1", 0.0, 0.0, 10.0, 9.5), square("2", 0.0, 8.0, 2.0)]);
    let said: Vec<Verdict> = compared(&house, &both).changes.iter().map(Change::main).collect();
    assert_eq!(said, [Verdict::Added, Verdict::Reshaped]);
}

/// Removed 1 (100 m²), kept 2, renamed 3 → 9, added 4 (25 m²) and 5 (400 m²): the larger first.
#[test]
fn added_removed_and_renamed_are_told_apart() {
    let a =
        layer(Some("id"), vec![square("1", 0.0, 0.0, 10.0), square("2", 50.0, 0.0, 10.0), square("3", 99.0, 0.0, 9.0)]);
    let b = layer(
        Some("id"),
        vec![
            square("4", 0.0, 500.0, 5.0),
            square("9", 99.0, 0.0, 9.0),
            square("2", 50.0, 0.0, 10.0),
            square("5", 0.0, 600.0, 20.0),
        ],
    );
    let found = compared(&a, &b);
    let expected = [("5", Verdict::Added), ("4", Verdict::Added), ("1", Verdict::Removed), ("9", Verdict::IdChanged)];
    let expected: Vec<_> = expected.iter().map(|(id, verdict)| ((*id).to_owned(), vec![*verdict])).collect();
    assert_eq!(verdicts(&found), expected);
    assert_eq!((found.unchanged, found.matched), (1, [1, 1, 0]));
    assert_eq!((found.areas.added, found.areas.removed, found.areas.net), (425.0, 100.0, 325.0));
    assert_eq!(found.id_before(found.changes[3].before[0]), "3");
}

/// 12 → 15 m surveyed is raised by 3 m and the field is not named a second time; unknown → 15 m is a height that is
/// surveyed now; 4 → 5 storeys are raised by a storey; a class median that moved with others is nothing.
#[test]
fn a_height_that_was_guessed_and_is_surveyed_is_no_raised_building() {
    let real = |metres: f64| ("height", Value::Real(metres));
    let none = ("height", Value::Null);
    let floors = |count: i64| ("floors", Value::Integer(count));
    let row = |id: &'static str, x: f64, values: Vec<(&'static str, Value<'static>)>| {
        let (id, rings, mut all) = square(id, x, 0.0, 10.0);
        all.extend(values);
        (id, rings, all)
    };
    let buildings = |rows| building_layer(rows);
    let a = buildings(vec![
        row("raised", 0.0, vec![real(12.0)]),
        row("lowered", 20.0, vec![real(15.0)]),
        row("surveyed", 40.0, vec![none.clone()]),
        row("storeys", 60.0, vec![none.clone(), floors(4)]),
        row("guessed", 80.0, vec![real(9.0)]),
        row("none", 100.0, vec![none.clone()]),
        row("same", 120.0, vec![real(12.3)]),
    ]);
    let b = buildings(vec![
        row("raised", 0.0, vec![real(15.0)]),
        row("lowered", 20.0, vec![real(12.5)]),
        row("surveyed", 40.0, vec![real(15.0)]),
        row("storeys", 60.0, vec![none.clone(), floors(5)]),
        row("guessed", 80.0, vec![none.clone()]),
        row("none", 100.0, vec![none]),
        row("same", 120.0, vec![real(12.3)]),
    ]);
    let found = compared(&a, &b);
    let of = |id: &str| found.changes.iter().find(|change| found.id_of(change) == id);
    let height = |id: &str| of(id).unwrap().height.unwrap();
    let all = |id: &str| of(id).unwrap().verdicts.iter().collect::<Vec<_>>();
    assert_eq!((all("raised"), height("raised").difference()), (vec![Verdict::Raised], 3.0));
    assert_eq!((all("lowered"), height("lowered").difference()), (vec![Verdict::Lowered], -2.5));
    assert_eq!(all("surveyed"), [Verdict::HeightNowSurveyed]);
    assert!(!height("surveyed").comparable() && height("surveyed").to == HeightSource::Surveyed);
    assert_eq!(all("storeys"), [Verdict::Raised, Verdict::Attributes]);
    assert_eq!(all("guessed"), [Verdict::HeightNowGuessed]);
    assert!(of("none").is_none() && of("same").is_none());
    assert_eq!(found.unchanged, 2);
}

/// 用途 changed, 备注 filled; 电话 is personal: it is said to have changed, without its values.
#[test]
fn changed_values_are_named_and_personal_ones_are_not_told() {
    let row = |land: &'static str, note: Value<'static>, phone: &'static str| {
        let (id, rings, mut all) = square("甲", 0.0, 0.0, 10.0);
        all.extend([("用途", Value::Text(land.into())), ("备注", note), ("电话", Value::Text(phone.into()))]);
        layer(Some("id"), vec![(id, rings, all)])
    };
    let (a, b) = (row("住宅", Value::Null, "18001234567"), row("商业", Value::Text("改".into()), "18007654321"));
    let found = compared(&a, &b);
    let text = table::fields_text(&found, &found.changes[0]);
    assert_eq!(text, "用途: 住宅 → 商业; 备注: - → 改; 电话: changed (masked)");
    let options = Options { unmasked: true, ..Options::default() };
    let shown = difference(&a, &b, &options, &Progress::default()).unwrap();
    assert!(table::fields_text(&shown, &shown.changes[0]).ends_with("电话: 18001234567 → 18007654321"));
    let options = Options { id: Some("电话".into()), ..Options::default() };
    let refused = difference(&a, &b, &options, &Progress::default()).unwrap_err();
    assert!(matches!(refused, DifferenceError::Personal { .. }), "{refused}");
    let options = Options { id: Some("编号".into()), ..Options::default() };
    let unknown = difference(&a, &b, &options, &Progress::default()).unwrap_err();
    assert!(unknown.to_string().contains("first layer") && unknown.to_string().contains("用途"), "{unknown}");
}

/// Two rows of id 7 on either side, in another order: their places tell which is which.
#[test]
fn rows_that_share_an_id_are_matched_by_their_place() {
    let a =
        layer(Some("id"), vec![square("7", 0.0, 0.0, 10.0), square("7", 50.0, 0.0, 10.0), square("8", 90.0, 0.0, 5.0)]);
    let b =
        layer(Some("id"), vec![square("7", 50.0, 0.0, 10.0), square("7", 0.0, 0.0, 10.0), square("8", 90.0, 0.0, 5.0)]);
    let found = compared(&a, &b);
    assert_eq!((found.unchanged, found.matched), (3, [1, 2, 0]));
    assert!(found.notes.iter().any(|note| note.contains("4 rows share")), "{:?}", found.notes);
}

/// Numbered anew from the other end: the ids name other things 1 km away, and are not followed.
#[test]
fn ids_that_were_given_anew_are_not_followed() {
    let names: Vec<String> = (0..40).map(|i| format!("{i}")).collect();
    let rows = |back: bool| {
        let name = |i: usize| names[if back { 39 - i } else { i }].clone();
        (0..40).map(|i| named_square(name(i), 500.0 * i as f64, 0.0, 10.0)).collect::<Vec<_>>()
    };
    let (a, b) = (owned_layer(rows(false)), owned_layer(rows(true)));
    let found = compared(&a, &b);
    assert_eq!((found.unchanged, found.by_id.as_ref()), (40, None), "{:?}", found.notes);
    assert!(found.notes[0].contains("no stable id"), "{:?}", found.notes);
    // Asked for, they are taken: all but none moved.
    let options = Options { id: Some("id".into()), ..Options::default() };
    let forced = difference(&a, &b, &options, &Progress::default()).unwrap();
    assert_eq!(forced.counts()[Verdict::Moved as usize], 40);
}

/// A whole layer 300 m to the east: said once, as no city does that.
#[test]
fn a_layer_that_moved_as_a_whole_is_said() {
    let names: Vec<String> = (0..30).map(|i| format!("{i}")).collect();
    let rows = |east: f64| {
        let each = |i: usize| named_square(names[i].clone(), 50.0 * i as f64 + east, 0.0, 10.0);
        owned_layer((0..30).map(each).collect())
    };
    let (a, b) = (rows(0.0), rows(300.0));
    let found = compared(&a, &b);
    assert_eq!(found.counts()[Verdict::Moved as usize], 30);
    assert!(found.notes.iter().any(|note| note.contains("300.00 m towards 90°")), "{:?}", found.notes);
}

#[test]
fn points_are_matched_by_nearness_and_lines_by_what_they_share() {
    let points = |places: &[[f64; 2]]| shapes(GeometryKind::Point, places.iter().map(|place| vec![*place]).collect());
    let (a, b) = (points(&[[0.0, 0.0], [50.0, 0.0]]), points(&[[51.0, 0.0], [0.0, 0.0], [90.0, 0.0]]));
    let said: Vec<_> = compared(&a, &b).changes.iter().map(|change| (change.main(), change.moved_m())).collect();
    assert_eq!(said, [(Verdict::Added, None), (Verdict::Moved, Some(1.0))]);
    let lines = |roads: Vec<Vec<[f64; 2]>>| shapes(GeometryKind::Line, roads);
    let road = vec![[0.0, 0.0], [100.0, 0.0]];
    let longer = lines(vec![vec![[150.0, 0.0], [100.0, 0.0], [0.0, 0.0]]]);
    let found_layers = (lines(vec![road.clone()]), longer);
    let found = compared(&found_layers.0, &found_layers.1);
    assert_eq!((found.changes.len(), found.changes[0].main()), (1, Verdict::Reshaped));
    assert_eq!((found.changes[0].size_before, found.changes[0].size_after), (100.0, 150.0));
    let halves = lines(vec![vec![[0.0, 0.0], [50.0, 0.0]], vec![[100.0, 0.0], [50.0, 0.0]]]);
    assert_eq!(compared(&found_layers.0, &halves).changes[0].main(), Verdict::Split);
    // The other way round and with a vertex on the way it is the same road.
    let turned = lines(vec![vec![[100.0, 0.0], [30.0, 0.0], [0.0, 0.0]]]);
    assert_eq!(compared(&found_layers.0, &turned).unchanged, 1);
}

#[test]
fn geometry_that_is_lost_gained_or_of_another_kind_is_said() {
    let a = layer(Some("id"), vec![square("1", 0.0, 0.0, 10.0), ("2", vec![], vec![]), square("3", 50.0, 0.0, 9.0)]);
    let b = layer(
        Some("id"),
        vec![("1", vec![], vec![]), square("2", 0.0, 0.0, 10.0), ("3", vec![vec![[50.0, 0.0]]], vec![])],
    );
    let expected = [("3", Verdict::GeometryKind), ("1", Verdict::GeometryLost), ("2", Verdict::GeometryGained)];
    let expected: Vec<_> = expected.iter().map(|(id, verdict)| ((*id).to_owned(), vec![*verdict])).collect();
    assert_eq!(verdicts(&compared(&a, &b)), expected);
}

#[test]
fn an_empty_layer_against_a_full_one() {
    let (none, one) = (layer(Some("id"), vec![]), layer(Some("id"), vec![square("1", 0.0, 0.0, 10.0)]));
    assert_eq!(compared(&none, &one).changes[0].main(), Verdict::Added);
    assert_eq!(compared(&one, &none).changes[0].main(), Verdict::Removed);
    assert!(compared(&none, &none).changes.is_empty());
}

/// 20,000 different squares around one middle, none of them in the other version: done in seconds, said to be bounded.
#[test]
fn a_pile_at_one_spot_is_bounded_and_said() {
    let pile = |from: f64| {
        let each = |i: usize| {
            let side = from + i as f64 * 0.5;
            named_square(String::new(), -side / 2.0, -side / 2.0, side)
        };
        owned_layer((0..20_000).map(each).collect())
    };
    let began = std::time::Instant::now();
    let (a, b) = (pile(100.0), pile(100.2));
    let found = compared(&a, &b);
    assert!(found.notes.iter().any(|note| note.contains("not everything")), "{:?}", found.notes);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    // A pile of one and the same square matches one by one.
    let same = |_| owned_layer((0..20_000).map(|_| named_square(String::new(), 0.0, 0.0, 10.0)).collect());
    let (a, b) = (same(()), same(()));
    assert_eq!(compared(&a, &b).unchanged, 20_000);
}

/// What is declared for one version counts for both: a field of feet that no name tells.
#[test]
fn a_declared_field_of_heights_is_taken_for_both() {
    let row = |h: f64| {
        let (id, rings, mut all) = square("1", 0.0, 0.0, 10.0);
        all.push(("z9", Value::Real(h)));
        layer(Some("id"), vec![(id, rings, all)])
    };
    let (mut a, b) = (row(10.0), row(20.0));
    let mapped = Mapped { field: "z9".into(), factor: 0.3048, declared: true, reason: String::new() };
    a.mapping.set(Meaning::Height, mapped);
    a.heights = Some(crate::model::height::find(&a.table, &a.mapping, "a", &mut Default::default()));
    let found = compared(&a, &b);
    // 10 ft = 3.048 m higher.
    assert_eq!(found.changes[0].height.unwrap().difference(), 3.048);
}

/// A corner house (two wings of 9 × 2 m) that moved by 3, 4 m shares nothing with its old place: its shape tells. With
/// wings of 2.5 m it is another house.
#[test]
fn a_house_that_left_its_place_is_known_by_its_shape() {
    let corner = |x: f64, y: f64, side: f64| {
        let ring =
            vec![[x, y], [x + 9.0, y], [x + 9.0, y + side], [x + side, y + side], [x + side, y + 9.0], [x, y + 9.0]];
        layer(None, vec![("1", vec![ring], vec![])])
    };
    let a = corner(0.0, 0.0, 2.0);
    let moved = compared(&a, &corner(3.0, 4.0, 2.0)).changes.first().map(|change| change.main());
    assert_eq!(moved, Some(Verdict::Moved));
    let (other, mut said) = (corner(3.0, 4.0, 2.5), Vec::new());
    said.extend(compared(&a, &other).changes.iter().map(Change::main));
    assert_eq!(said, [Verdict::Added, Verdict::Removed]);
}

/// Forty reports at one place and three at none, in another order: each finds its own; a new one is new.
#[test]
fn reports_at_one_place_or_none_are_known_by_what_they_say() {
    let row = |text: i64, placed: bool| {
        let rings = if placed { vec![vec![[5.0, 5.0]]] } else { vec![] };
        ("", rings, vec![("number", Value::Integer(text)), ("note", Value::Null)])
    };
    let rows: Vec<Row> = (0..43).map(|i| row(i, i < 40)).collect();
    let mut turned: Vec<Row> = rows.iter().rev().cloned().collect();
    let a = layer(None, rows);
    let found_in = layer(None, turned.clone());
    assert_eq!(compared(&a, &found_in).unchanged, 43);
    turned.push(row(99, false));
    let more = layer(None, turned);
    let found = compared(&a, &more);
    assert_eq!((found.unchanged, verdicts(&found)), (43, vec![("#43".to_owned(), vec![Verdict::Added])]));
}
