use super::*;
use crate::index::LayerIndex;
use crate::model::{GeometryKind, Layer, TableBuilder, Value};
use crate::query::testing::layer_of;
use crate::testing::piece_of;
use std::borrow::Cow;

/// Five buildings on a line, 100 m apart; the last has no geometry and hardly any value.
fn street() -> CityLayer {
    let mut builder = TableBuilder::default();
    let [name, floors, height, built, listed, code] =
        ["name", "floors", "building:height", "built", "listed", "Code"].map(|field| builder.field(field));
    let day = 86_400_000;
    let rows = [
        ("School No 1", 4, 15.5, 0, true, "007"),
        ("天津市第二中学", 5, 20.0, day, false, "12"),
        ("school of music", 2, 8.0, 2 * day, false, "abc"),
        ("100% Office", 30, 99.9, 3 * day, false, "7"),
    ];
    for (i, (title, storeys, metres, ms, protected, number)) in rows.into_iter().enumerate() {
        builder.set(name, &Value::Text(Cow::Borrowed(title)));
        builder.set(floors, &Value::Integer(storeys));
        builder.set(height, &Value::Real(metres));
        builder.set(built, &Value::Time(ms + 3_600_000));
        builder.set(listed, &Value::Boolean(protected));
        builder.set(code, &Value::Text(Cow::Borrowed(number)));
        let x = 100.0 * i as f64;
        for xy in [[x, 0.0], [x + 10.0, 0.0], [x + 10.0, 10.0], [x, 10.0]] {
            builder.geometry.push_vertex(xy, None);
        }
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    builder.set(name, &Value::Text(Cow::Borrowed("ghost")));
    builder.geometry.end_feature(GeometryKind::None);
    let layer: Layer = layer_of("street", builder.finish());
    let index = LayerIndex::build(&layer.table);
    CityLayer { layer, index, stream: None }
}

fn rows(text: &str) -> Vec<u32> {
    Filter::parse(text).and_then(|filter| filter.select(&street(), None)).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn error(text: &str) -> String {
    Filter::parse(text).and_then(|filter| filter.select(&street(), None)).unwrap_err().to_string()
}

#[test]
fn comparisons_hold_for_numbers_text_times_and_booleans() {
    assert_eq!(rows("floors >= 5"), [1, 3]);
    assert_eq!(rows("5 <= floors"), [1, 3]);
    assert_eq!(rows("building:height < 15.5"), [2]);
    assert_eq!(rows("name = 'School No 1'"), [0]);
    assert_eq!(rows("name <> 'School No 1'"), [1, 2, 3, 4]);
    assert_eq!(rows("listed = TRUE"), [0]);
    assert_eq!(rows("listed"), [0]);
    assert_eq!(rows("floors BETWEEN 4 AND 5"), [0, 1]);
    assert_eq!(rows("floors IN (2, 30)"), [2, 3]);
    assert_eq!(rows("floors = '4'"), [0]);
    assert_eq!(rows("fid > 3"), [4]);
    assert_eq!(rows("floors * 2 + 1 = 9"), [0]);
}

#[test]
fn a_day_equals_each_of_its_moments() {
    assert_eq!(rows("built = DATE('1970-01-02')"), [1]);
    assert_eq!(rows("built > DATE('1970-01-02')"), [2, 3]);
    assert_eq!(rows("built <= '1970-01-02'"), [0, 1]);
    assert_eq!(rows("built = TIMESTAMP('1970-01-02T01:00:00Z')"), [1]);
    assert_eq!(rows("T_AFTER(built, DATE('1970-01-02'))"), [2, 3]);
    assert_eq!(rows("T_INTERSECTS(built, INTERVAL('1970-01-02', '..'))"), [1, 2, 3]);
}

/// SQL's three-valued logic: what is unknown is neither in the answer nor in its negation.
#[test]
fn a_null_is_neither_equal_nor_different() {
    assert_eq!(rows("floors IS NULL"), [4]);
    assert_eq!(rows("floors IS NOT NULL"), [0, 1, 2, 3]);
    assert_eq!(rows("NOT floors = 4"), [1, 2, 3]);
    assert_eq!(rows("floors = 4 OR name = 'ghost'"), [0, 4]);
    assert_eq!(rows("floors NOT IN (4)"), [1, 2, 3]);
}

#[test]
fn like_knows_case_chinese_and_escapes() {
    assert_eq!(rows("name LIKE '%中学'"), [1]);
    assert_eq!(rows("name LIKE 'school%'"), [2]);
    assert_eq!(rows("CASEI(name) LIKE CASEI('SCHOOL%')"), [0, 2]);
    assert_eq!(rows(r"name LIKE '100\%%'"), [3]);
    // "100% Office" has a capital O alone.
    assert_eq!(rows("name NOT LIKE '%o%'"), [1, 3]);
    assert_eq!(rows("CASEI(name) = CASEI('SCHOOL no 1')"), [0]);
    assert_eq!(rows("CASEI(name) IN (CASEI('GHOST'))"), [4]);
}

#[test]
fn text_that_reads_as_a_number_is_compared_as_one() {
    assert_eq!(rows("\"Code\" = 7"), [0, 3]);
    assert_eq!(rows("Code > 10"), [1]);
}

#[test]
fn spatial_parts_go_by_the_true_geometry() {
    assert_eq!(rows("S_INTERSECTS(geometry, BBOX(-5, -5, 105, 5))"), [0, 1]);
    assert_eq!(rows("S_WITHIN(geometry, BBOX(-5, -5, 105, 15))"), [0]);
    assert_eq!(rows("S_CONTAINS(BBOX(-5, -5, 105, 15), geometry)"), [0]);
    // The triangle's box holds building 1, the triangle itself does not.
    assert_eq!(rows("S_INTERSECTS(geometry, POLYGON((-5 -5, 120 -5, -5 120, -5 -5)))"), [0, 1]);
    assert_eq!(rows("S_INTERSECTS(geometry, POLYGON((-5 -5, 120 -300, -5 120, -5 -5)))"), [0]);
    assert_eq!(rows("S_INTERSECTS(geom, POINT(205 5)) AND floors = 2"), [2]);
    // The feature without geometry is on neither side.
    assert_eq!(rows("S_DISJOINT(geometry, BBOX(-5, -5, 105, 5))"), [2, 3]);
    assert_eq!(rows("NOT S_INTERSECTS(geometry, BBOX(-5, -5, 105, 5))"), [2, 3]);
}

#[test]
fn an_unknown_field_names_those_that_are_and_the_one_that_was_meant() {
    let message = error("FLOORS > 3");
    assert!(message.contains("did you mean floors?") && message.contains("building:height"), "{message}");
    assert!(error("storeys > 3").contains("its fields are: name, floors"));
    assert!(error("flors > 3").contains("did you mean floors?"));
}

#[test]
fn a_wrong_condition_says_what_is_wrong() {
    assert!(error("floors > 'many'").contains("holds numbers"));
    assert!(error("floors = NULL").contains("floors IS NULL"));
    assert!(error("floors").contains("no condition"));
    assert!(error("built = 'soon'").contains("no date"));
    assert!(error("built > 12").contains("DATE("));
    assert!(error("area(geometry) > 3").contains("cannot be used"));
    assert!(error("S_INTERSECTS(name, POINT(1 1))").contains("called geometry"));
    assert!(error("floors >").contains("ends too early") || error("floors >").contains("character"));
    assert!(error("floors == 4").contains("write ="));
    assert!(error("name = ‘x’").contains("curved quotes"));
    assert!(error("  ").contains("empty"));
}

#[test]
fn a_hostile_condition_is_refused_at_once() {
    let began = std::time::Instant::now();
    let chain = vec!["floors = 1"; 20_000].join(" OR ");
    for text in ["(".repeat(100_000), "NOT ".repeat(100_000), "(".repeat(12), format!("{}a", "-".repeat(50_000)), chain]
    {
        assert!(Filter::parse(&text).is_err());
    }
    // 300 conditions are a condition.
    assert_eq!(rows(&vec!["floors = 4"; 300].join(" OR ")), [0]);
    let list = (0..5_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(rows(&format!("floors IN ({list})")), [0, 1, 2, 3]);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// A planner drags a slider: a million rows must answer while the mouse moves. The limit is generous
/// for busy machines; the time is printed.
#[test]
fn a_million_rows_are_filtered_at_once() {
    let mut builder = TableBuilder::default();
    let [floors, name] = ["floors", "name"].map(|field| builder.field(field));
    for i in 0..1_000_000_i64 {
        builder.set(floors, &Value::Integer(i % 40));
        builder.set(name, &Value::Text(Cow::Owned(format!("建筑 {i}"))));
        builder.geometry.end_feature(GeometryKind::None);
    }
    let layer = layer_of("big", builder.finish());
    let layer = CityLayer::in_memory(layer);
    for (text, expected) in [
        ("floors >= 18", 550_000),
        ("floors >= 18 AND floors < 20", 50_000),
        ("name LIKE '%999%'", 3_700),
        ("floors IN (1, 2, 3) OR name = '建筑 17'", 75_001),
    ] {
        let filter = Filter::parse(text).unwrap();
        let began = std::time::Instant::now();
        let rows = filter.select(&layer, None).unwrap();
        println!("{text}: {} rows in {:.1} ms", rows.len(), began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(rows.len(), expected, "{text}");
        assert!(began.elapsed().as_secs_f64() < 2.0, "{text}: {:?}", began.elapsed());
    }
}

/// Every kind of condition, and rows of a street of which each is true.
const CONDITIONS: [&str; 18] = [
    "floors >= 5",
    "building:height < 15.5 OR floors IS NULL",
    "listed = TRUE",
    "listed",
    "NOT listed",
    "built = DATE('1970-01-02')",
    "T_AFTER(built, DATE('1970-01-02'))",
    "CASEI(name) LIKE CASEI('SCHOOL%')",
    "Code > 10",
    "Code IN ('7', '12')",
    "floors NOT IN (4)",
    "floors * 2 + 1 = 9",
    "fid > 1 AND fid <> 3",
    "fid IN (0, 4)",
    "fid * 2 = 6 OR name = 'ghost'",
    "S_INTERSECTS(geometry, BBOX(-5, -5, 105, 5))",
    "S_DISJOINT(geometry, BBOX(-5, -5, 105, 5))",
    "NOT S_WITHIN(geometry, BBOX(-5, -5, 105, 15)) AND fid < 4",
];

/// The pieces of a streamed layer answer together what the whole layer answers, whichever rows they
/// hold and in whichever order; also where a piece has no value of a field at all.
#[test]
fn a_condition_over_pieces_gives_the_rows_of_the_whole() {
    let whole = street();
    let cuts: [&[&[u32]]; 5] = [
        &[&[0, 1, 2, 3, 4]],
        &[&[0], &[1], &[2], &[3], &[4]],
        &[&[4, 2], &[], &[3, 0, 1]],
        &[&[1, 3], &[0, 2, 4]],
        &[&[4, 3, 2, 1, 0]],
    ];
    for text in CONDITIONS {
        let filter = Filter::parse(text).unwrap();
        let expected = filter.select(&whole, None).unwrap();
        assert!(!expected.is_empty() && expected.len() < 5, "{text} parts nothing: {expected:?}");
        for cut in cuts {
            let mut found = Vec::new();
            for rows in cut {
                let layer = piece_of(&whole.layer, rows);
                let piece = CityLayer::in_memory(layer);
                let held = filter.select(&piece, None).unwrap_or_else(|error| panic!("{text} over {rows:?}: {error}"));
                found.extend(held.into_iter().map(|row| piece.layer.whole_row(row)));
            }
            found.sort_unstable();
            assert_eq!(found, expected, "{text} cut as {cut:?}");
        }
    }
}

/// A piece of a piece still knows the rows of the whole.
#[test]
fn fid_is_the_row_of_the_whole_layer() {
    let layer = piece_of(&piece_of(&street().layer, &[4, 1, 3]), &[2, 0]);
    assert_eq!([0, 1].map(|row| layer.whole_row(row)), [3, 4]);
    let piece = CityLayer::in_memory(layer);
    let select = |text: &str| Filter::parse(text).unwrap().select(&piece, None).unwrap();
    assert_eq!(select("fid = 3"), [0]);
    assert_eq!(select("fid = 4"), [1]);
    assert!(select("fid < 3").is_empty());
    assert_eq!(street().layer.whole_row(3), 3);
}

#[test]
fn a_condition_says_which_fields_it_needs_and_whether_geometry() {
    let asked = |text: &str| {
        let filter = Filter::parse(text).unwrap();
        (filter.fields().join(" "), filter.needs_geometry(), filter.needs_heights())
    };
    let of = |names: &str, geometry, heights| (names.to_owned(), geometry, heights);
    assert_eq!(asked("floors >= 5 AND (name LIKE '%路%' OR floors < 2)"), of("floors name", false, false));
    assert_eq!(asked("CASEI(\"building:use\") IN (CASEI('a'), 'b')"), of("building:use", false, false));
    assert_eq!(asked("a + b * 2 BETWEEN c AND 9"), of("a b c", false, false));
    assert_eq!(asked("T_AFTER(built, DATE('1970-01-02'))"), of("built", false, false));
    assert_eq!(asked("listed AND NOT old IS NULL"), of("listed old", false, false));
    assert_eq!(asked("S_INTERSECTS(geom, BBOX(0, 0, 1, 1)) AND fid > 3"), of("fid", true, false));
    assert_eq!(asked("NOT S_WITHIN(POINT(0 0), Geometry)"), of("", true, false));
    // Outside a spatial operator it is a field like any other.
    assert_eq!(asked("shape = 'round'"), of("shape", false, false));
    assert_eq!(asked("height_m > 50"), of("height_m", false, true));
    assert_eq!(asked("height_provenance = 'default'"), of("height_provenance", false, true));
    assert_eq!(asked("TRUE"), of("", false, false));
}
