use super::*;
use crate::model::geometry::GeometryKind;
use crate::model::mapping::{self, Mapped};
use crate::model::table::TableBuilder;

/// Squares given as (corner, side, attributes).
fn squares(rows: &[([f64; 2], f64, &[(&str, Value<'_>)])]) -> FeatureTable {
    let mut builder = TableBuilder::default();
    for ([x, y], side, attributes) in rows {
        for (name, value) in *attributes {
            let column = builder.field(name);
            builder.set(column, value);
        }
        for [dx, dy] in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] {
            builder.geometry.push_vertex([x + dx * side, y + dy * side], None);
        }
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    builder.finish()
}

fn mapping(pairs: &[(Meaning, &str)]) -> FieldMapping {
    let mut mapping = FieldMapping::default();
    for (meaning, field) in pairs {
        let mapped = Mapped { field: (*field).to_owned(), factor: 1.0, declared: true, reason: String::new() };
        mapping.set(*meaning, mapped);
    }
    mapping
}

fn rows_of<'a>(values: &'a [Vec<(&'a str, Value<'a>)>]) -> Vec<([f64; 2], f64, &'a [(&'a str, Value<'a>)])> {
    values.iter().enumerate().map(|(i, v)| ([100.0 * i as f64, 0.0], 10.0, v.as_slice())).collect()
}

#[test]
fn the_best_source_wins_row_by_row() {
    use HeightSource::*;
    let values = vec![
        vec![("h", Value::Real(12.0)), ("s", Value::Integer(9)), ("u", Value::Text("住宅".into()))],
        vec![("h", Value::Real(-9999.0)), ("s", Value::Integer(9)), ("u", Value::Text("住宅".into()))],
        vec![("h", Value::Real(0.0)), ("s", Value::Integer(4)), ("u", Value::Text("厂房".into()))],
        vec![("roof", Value::Real(55.5)), ("ground", Value::Real(40.0))],
        vec![("s", Value::Integer(0))],
    ];
    let table = squares(&rows_of(&values));
    let mapping = mapping(&[
        (Meaning::Height, "h"),
        (Meaning::Storeys, "s"),
        (Meaning::Use, "u"),
        (Meaning::RoofElevation, "roof"),
        (Meaning::GroundElevation, "ground"),
    ]);
    let mut report = Report::default();
    let heights = find(&table, &mapping, "b", &mut report);
    // 9 × 3.0 and 4 × 6.0 by the table; 55.5 − 40; four known are too few for a median.
    assert_eq!(heights.top, [12.0, 27.0, 24.0, 15.5, 6.0]);
    assert_eq!(heights.source, [Surveyed, Storeys, Storeys, Surveyed, Default]);
    assert_eq!(heights.counts(), [2, 2, 0, 1]);
    let said: Vec<_> = report.issues.iter().map(|i| i.message.as_str()).collect();
    assert!(said[0].starts_with("2 heights") && said[1].starts_with("1 numbers of storeys"), "{said:?}");
}

#[test]
fn medians_are_taken_within_a_use_before_the_layer() {
    let mut values: Vec<Vec<(&str, Value)>> = Vec::new();
    for h in [10.0, 20.0, 30.0, 40.0, 50.0] {
        values.push(vec![("h", Value::Real(h)), ("u", Value::Text("R2".into()))]);
    }
    for h in [100.0, 100.0] {
        values.push(vec![("h", Value::Real(h)), ("u", Value::Text("B2".into()))]);
    }
    values.push(vec![("u", Value::Text("R1".into()))]);
    values.push(vec![("u", Value::Text("B2".into()))]);
    let table = squares(&rows_of(&values));
    let heights = find(&table, &mapping(&[(Meaning::Height, "h"), (Meaning::Use, "u")]), "b", &mut Report::default());
    // Housing: the median of 10…50 is 30. Offices: two are too few, the layer's median of seven is 40.
    assert_eq!(heights.top[7..], [30.0, 40.0]);
    assert_eq!(heights.source[7..], [HeightSource::Median; 2]);
}

#[test]
fn parents_go_when_their_parts_cover_them_and_shrink_when_not() {
    let part = |h: f64| vec![("h", Value::Real(h)), ("part", Value::Text("yes".into()))];
    let whole = |h: f64| vec![("h", Value::Real(h)), ("part", Value::Text("no".into()))];
    let attributes = [whole(50.0), part(20.0), part(50.0), whole(60.0), part(60.0), part(15.0), whole(9.0)];
    let places = [
        ([0.0, 0.0], 10.0),
        ([0.0, 0.0], 10.0),
        ([4.0, 4.0], 2.0), // podium over all, tower on it
        ([100.0, 0.0], 10.0),
        ([101.0, 1.0], 2.0),
        ([105.0, 5.0], 2.0),  // two small towers
        ([200.0, 0.0], 10.0), // no parts
    ];
    let rows: Vec<_> = places.iter().zip(&attributes).map(|((at, side), a)| (*at, *side, a.as_slice())).collect();
    let table = squares(&rows);
    let mapping = mapping(&[(Meaning::Height, "h"), (Meaning::Part, "part")]);
    let heights = find(&table, &mapping, "b", &mut Report::default());
    assert_eq!(heights.covered, [true, false, false, false, false, false, false]);
    assert_eq!(heights.top, [50.0, 20.0, 50.0, 15.0, 60.0, 15.0, 9.0]);
}

#[test]
fn bodies_begin_at_their_base_and_never_above_their_top() {
    let values = vec![
        vec![("h", Value::Real(20.0)), ("low", Value::Real(8.0))],
        vec![("h", Value::Real(20.0)), ("lowest", Value::Integer(2))],
        vec![("h", Value::Real(20.0)), ("low", Value::Real(30.0))],
    ];
    let table = squares(&rows_of(&values));
    let mapping = mapping(&[(Meaning::Height, "h"), (Meaning::BaseHeight, "low"), (Meaning::BaseStoreys, "lowest")]);
    let mut report = Report::default();
    let heights = find(&table, &mapping, "b", &mut report);
    // Two storeys of unknown use: 2 × 3.3.
    assert_eq!(heights.base, [8.0, 6.6, 0.0]);
    assert!(report.issues.iter().any(|i| i.message.contains("not below the top")));
}

/// The file's README: height on 259, levels on 690; 453 rows have levels and no height (counted with
/// a script over the JSON).
#[test]
fn berlin_has_259_surveyed_and_453_from_storeys() {
    let Some(path) = crate::testing::data("buildings/berlin_osmbuildings.geojson") else { return };
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut builder = TableBuilder::default();
    for feature in file["features"].as_array().unwrap() {
        for (name, value) in feature["properties"].as_object().unwrap() {
            let column = builder.field(name);
            let value = match value {
                serde_json::Value::Bool(b) => Value::Boolean(*b),
                serde_json::Value::Number(n) => Value::Real(n.as_f64().unwrap()),
                serde_json::Value::String(s) => Value::Text(s.as_str().into()),
                _ => Value::Null,
            };
            builder.set(column, &value);
        }
        for ring in feature["geometry"]["coordinates"].as_array().unwrap() {
            for p in ring.as_array().unwrap() {
                builder.geometry.push_vertex([p[0].as_f64().unwrap(), p[1].as_f64().unwrap()], None);
            }
            builder.geometry.pop_vertex();
            builder.geometry.end_ring();
        }
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let table = builder.finish();
    let (_, mapping) = mapping::guess("berlin_osmbuildings", &table);
    let mut report = Report::default();
    let heights = find(&table, &mapping, "berlin", &mut report);
    let [surveyed, storeys, median, default] = heights.counts();
    assert_eq!((surveyed, storeys, median + default), (259, 453, 2105 - 259 - 453));
    assert_eq!(default, 0);
    assert!(heights.top.iter().all(|h| *h > 0.0 && *h <= 150.0));
    println!("covered: {}", heights.covered.iter().filter(|c| **c).count());
}
