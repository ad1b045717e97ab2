use super::*;

fn class(word: &str) -> Option<UseClass> {
    let class = UseClass::of_word(word);
    assert!(class.is_some(), "{word}");
    class
}

fn tianjin() -> &'static FarRule {
    FarRule::named("tianjin").expect("in the table")
}

/// Every sum here is of whole and half numbers, exact in binary.
fn area(body: &Body, rule: &FarRule) -> Span {
    counted(body, rule).0
}

#[test]
fn the_first_rule_is_national_and_local_ones_are_found_by_division() {
    assert_eq!(FarRule::all()[0].id, "national");
    // 12 is Tianjin in GB/T 2260; the parcel code begins with the county's six digits.
    assert_eq!(FarRule::of_code("120105001007GB00001").id, "tianjin");
    assert_eq!(FarRule::of_code("310101001007GB00001").id, "national");
    assert_eq!(FarRule::of_code("12").id, "national", "a running number is no division");
    assert_eq!(FarRule::of_code("R12").id, "national");
}

/// Steps of the Tianjin table, at, just below and above each.
#[test]
fn storeys_count_by_their_height_and_use() {
    let cases = [
        ("residential", 2.9, 1.0),
        ("residential", 3.6, 1.0),
        ("residential", 3.7, 1.5),
        ("residential", 4.8, 1.5),
        ("residential", 5.0, 2.0),
        ("office", 4.8, 1.0),
        ("office", 5.0, 1.5),
        ("office", 6.0, 2.0),
        ("commercial", 5.1, 1.0),
        ("commercial", 5.5, 1.5),
        ("commercial", 7.8, 2.0),
        // No row for schools and factories.
        ("education", 6.0, 1.0),
        ("industrial", 9.0, 1.0),
        // GB/T 50353: lower than 2.20 m counts half.
        ("residential", 2.1, 0.5),
    ];
    for (word, height, factor) in cases {
        let got = tianjin().factor(class(word), height, 500.0, StoreyKind::Standard);
        assert_eq!(got, Span::exact(factor), "{word} {height} m");
    }
    // Beyond the last row the page was not read: from the last factor up.
    let high = tianjin().factor(class("residential"), 6.0, 500.0, StoreyKind::Standard);
    assert_eq!(high, Span::of(2.0, 3.0));
    // The national rule knows no such factor.
    let national = &FarRule::all()[0];
    assert_eq!(national.factor(class("residential"), 5.0, 500.0, StoreyKind::Standard), Span::exact(1.0));
}

/// 天津: lobbies, atria, duplex voids and a single shop room of 2,000 m² or more are not multiplied.
#[test]
fn atria_and_great_shop_rooms_are_not_multiplied() {
    assert_eq!(tianjin().factor(class("office"), 12.0, 300.0, StoreyKind::Void), Span::exact(1.0));
    assert_eq!(tianjin().factor(class("residential"), 5.2, 60.0, StoreyKind::Void), Span::exact(1.0));
    assert_eq!(tianjin().factor(class("commercial"), 7.0, 2000.0, StoreyKind::Standard), Span::exact(1.0));
    assert_eq!(tianjin().factor(class("commercial"), 7.0, 1999.0, StoreyKind::Standard), Span::exact(2.0));
    // Too low for anybody to stand in: a void counts half all the same.
    assert_eq!(tianjin().factor(class("residential"), 2.0, 60.0, StoreyKind::Void), Span::exact(0.5));
}

#[test]
fn storeys_times_footprint_also_for_fractions() {
    let house = Body { footprint: 120.0, class: class("residential"), storeys: Some(2.5), ..Body::default() };
    // 2.5 × 120 = 300 m²; the height is not known, so nothing is multiplied.
    assert_eq!(counted(&house, tianjin()), (Span::exact(300.0), StoreySource::Data));
    // 7.5 m over 2.5 storeys are 3.0 m each: once.
    assert_eq!(area(&Body { height: Some(7.5), ..house }, tianjin()), Span::exact(300.0));
    // 11.25 m over 2.5 storeys are 4.5 m each, 3.9 m without a parapet: 1.5 × 300 = 450 m².
    assert_eq!(area(&Body { height: Some(11.25), ..house }, tianjin()), Span::exact(450.0));
    // 10 m: 4.0 m each, but 3.4 m without a parapet of 1.5 m: once or one and a half times.
    assert_eq!(area(&Body { height: Some(10.0), ..house }, tianjin()), Span::of(300.0, 450.0));
    // 5 m over 2.5 storeys are 2.0 m each: a count that may hold a basement; half to whole.
    assert_eq!(area(&Body { height: Some(5.0), ..house }, tianjin()), Span::of(150.0, 300.0));
}

/// 天津: a basement whose ceiling is 1.5 m or more above the ground outside counts with its projection.
#[test]
fn a_basement_counts_where_it_stands_half_above_ground() {
    let house =
        Body { footprint: 200.0, class: class("residential"), storeys: Some(6.0), below: Some(1.0), ..Body::default() };
    // 6 × 200 = 1,200; with the basement 1,400.
    assert_eq!(area(&house, tianjin()), Span::exact(1200.0), "nothing known of it");
    assert_eq!(area(&Body { basement_above: Some(1.4), ..house }, tianjin()), Span::exact(1200.0));
    assert_eq!(area(&Body { basement_above: Some(1.5), ..house }, tianjin()), Span::exact(1400.0));
    assert_eq!(area(&Body { below: Some(0.0), basement_above: Some(1.5), ..house }, tianjin()), Span::exact(1200.0));
}

#[test]
fn without_storeys_the_height_bounds_them_and_without_both_only_the_footprint_is_sure() {
    let house = Body { footprint: 100.0, class: class("residential"), height: Some(18.0), ..Body::default() };
    // Typical 3.0 m, between 2.25 and 3.9 m: 18 / 3.9 = 4.6 -> 4, 18 / 2.25 = 8 storeys.
    assert_eq!(counted(&house, tianjin()), (Span::of(400.0, 800.0), StoreySource::Height));
    let unknown = counted(&Body { footprint: 100.0, ..Body::default() }, tianjin());
    assert_eq!(unknown, (Span::of(100.0, f64::INFINITY), StoreySource::Nothing));
}

#[test]
fn parts_that_count_from_the_ground_lose_the_storeys_under_them() {
    // OSM: levels 20, min_level 4: 16 of its own.
    assert_eq!(own_storeys(20.0, Some(4.0), 14.0, 62.0), 16.0);
    // 16 storeys in 48 m are its own: 3 m each.
    assert_eq!(own_storeys(16.0, None, 14.0, 62.0), 16.0);
    // 31 storeys between 30 m and 93 m would be 2.03 m each: they count from the ground; 31 × 63 / 93 = 21.
    assert!((own_storeys(31.0, None, 30.0, 93.0) - 21.0).abs() < 1e-9);
    assert_eq!(own_storeys(6.0, None, 0.0, 18.0), 6.0);
}
