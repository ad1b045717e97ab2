use super::*;
use crate::model::{GeometryKind, Value};
use crate::report::Severity;

fn try_open(text: &[u8]) -> Result<RawLayer, OpenError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.geojson");
    std::fs::write(&path, text).unwrap();
    read(&path, &OpenOptions::default(), &Progress::default())
}

fn open(text: &str) -> RawLayer {
    try_open(text.as_bytes()).unwrap()
}

const SQUARE: &str = r#"{"type":"Feature","id":7,"properties":{"名称":"甲","n":1,"tags":{"a":[1,2]}},"geometry":
    {"coordinates":[[[0,0],[4,0],[4,3],[0,3],[0,0]],[[1,1],[2,1],[2,2],[1,1]]],"type":"Polygon"}}"#;

/// 4 times 3 less half of 1.
fn assert_square(layer: &RawLayer, row: u32) {
    assert_eq!(layer.table.geometry.area(row), 11.5);
    assert_eq!(layer.table.value(row, "名称"), Value::Text("甲".into()));
    assert_eq!(layer.table.value(row, "id"), Value::Integer(7));
    assert_eq!(layer.table.value(row, "tags"), Value::Text(r#"{"a":[1,2]}"#.into()));
}

#[test]
fn every_shape_that_people_call_geojson_gives_the_same_feature() {
    for text in [
        format!(r#"{{"type":"FeatureCollection","features":[{SQUARE}]}}"#),
        format!(r#"{{"features":[{SQUARE}],"type":"FeatureCollection"}}"#),
        format!("\u{feff} [{SQUARE}]"),
        SQUARE.to_owned(),
        format!("{0}\n{0}\n", SQUARE.replace('\n', "")),
        format!("\u{1e}{0}\n\u{1e}{0}\n", SQUARE.replace('\n', "")),
    ] {
        let layer = open(&text);
        assert_square(&layer, 0);
        assert_square(&layer, layer.table.len() as u32 - 1);
        assert!(layer.report.skipped.is_empty());
        assert_eq!(layer.crs.crs.as_ref().and_then(|c| c.code()), Some("EPSG:4326"));
    }
    let bare = open(r#"{"type":"MultiPoint","coordinates":[[1,2,3],[4,5]]}"#);
    assert_eq!(bare.table.geometry.vertices(0), [[1.0, 2.0], [4.0, 5.0]]);
    assert_eq!(bare.table.geometry.heights(0)[0], 3.0);
}

#[test]
fn the_old_crs_member_counts_before_and_after_the_features() {
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::28992"}}"#;
    for text in [
        format!(r#"{{"type":"FeatureCollection",{crs},"features":[{SQUARE}]}}"#),
        format!(r#"{{"type":"FeatureCollection","features":[{SQUARE}],{crs}}}"#),
    ] {
        assert_eq!(open(&text).crs.crs.unwrap().code(), Some("EPSG:28992"));
    }
    // A preview stops after the first feature and still finds it.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.geojson");
    std::fs::write(&path, format!(r#"{{"features":[{SQUARE},{SQUARE}],{crs}}}"#)).unwrap();
    let options = OpenOptions { limit: Some(1), ..Default::default() };
    let layer = read(&path, &options, &Progress::default()).unwrap();
    assert_eq!((layer.table.len(), layer.crs.crs.unwrap().code()), (1, Some("EPSG:28992")));
}

#[test]
fn a_bad_feature_costs_only_itself_and_says_where() {
    let layer = open(&format!(
        r#"{{"type":"FeatureCollection","features":[{SQUARE},
        {{"type":"Feature","properties":{{"n":2}},"geometry":{{"type":"Polygon","coordinates":[[1,2],[3,4]]}}}},
        {{"type":"Feature","properties":{{"n":3}},"geometry":null}},
        {{"type":"Feature","properties":{{"n":4,}},"geometry":null}},
        {{"type":"Feature","properties":{{"n":5}},"geometry":{{"type":"Point","coordinates":[1e999,2]}}}},
        {SQUARE}]}}"#
    ));
    assert_eq!(layer.table.len(), 6);
    assert_square(&layer, 5);
    let skipped: Vec<u64> = layer.report.skipped.iter().map(|s| s.feature).collect();
    assert_eq!(skipped, [1, 2, 3, 4]);
    assert!(layer.report.skipped[2].reason.contains("at byte"), "{:?}", layer.report.skipped);
    assert_eq!(layer.table.value(1, "n"), Value::Integer(2));
}

#[test]
fn a_collection_keeps_its_polygons_and_counts_the_rest() {
    let layer = open(
        r#"{"type":"Feature","properties":null,"geometry":{"type":"GeometryCollection","geometries":[
        {"type":"Point","coordinates":[9,9]},
        {"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,0]]]}]},
        {"type":"MultiPolygon","coordinates":[[[[5,0],[7,0],[7,2],[5,0]]],[[[8,0],[9,0],[9,1],[8,0]]]]}]}}"#,
    );
    assert_eq!(layer.table.geometry.kind(0), GeometryKind::Polygon);
    // 2 + 2 + 0.5.
    assert_eq!(layer.table.geometry.area(0), 4.5);
    assert_eq!(layer.table.geometry.parts(0).len(), 3);
    assert!(layer.report.issues.iter().any(|i| i.message.contains("1 parts")));
}

#[test]
fn a_cut_file_keeps_what_came_before_and_says_so() {
    let text = format!(r#"{{"type":"FeatureCollection","features":[{SQUARE},{SQUARE},{SQUARE}]}}"#);
    for sixteenth in 1..16 {
        match try_open(&text.as_bytes()[..text.len() * sixteenth / 16]) {
            Ok(layer) => {
                assert!(!layer.table.is_empty());
                assert_square(&layer, 0);
                assert!(layer.report.issues.iter().any(|i| i.severity == Severity::Error), "{sixteenth}");
            }
            Err(error) => assert!(error.reason.contains("ends"), "{error}"),
        }
    }
}

#[test]
fn garbage_is_refused_with_a_reason_and_never_panics() {
    use rand::{Rng, SeedableRng};
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(1);
    let text = format!(r#"{{"type":"FeatureCollection","features":[{SQUARE},{SQUARE}]}}"#);
    for _ in 0..3000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..random.random_range(1..6) {
            let at = random.random_range(0..bytes.len());
            bytes[at] = b"{}[]\",:\\0e-n\xff "[random.random_range(0..14)];
        }
        let _ = try_open(&bytes);
    }
    for text in ["{", "[", "[[[0,0],[1,1]]]", "[1,2", "{\"type\":\"FeatureCollection\"", "{]", "]", "{\"a\":]}", "nul"]
    {
        assert!(try_open(text.as_bytes()).is_err(), "{text}");
    }
    // Nesting is no reason to run out of stack.
    let deep = "[".repeat(200_000);
    assert!(try_open(deep.as_bytes()).is_err());
    let nested =
        format!(r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":{deep}{}}}}}"#, "]".repeat(200_000));
    assert!(try_open(nested.as_bytes()).is_err());
}

#[test]
fn gb18030_json_is_read_and_said() {
    let text = format!(r#"{{"type":"FeatureCollection","features":[{SQUARE}]}}"#).replace('甲', "建筑高度与楼层");
    let layer = try_open(&encoding_rs::GB18030.encode(&text).0).unwrap();
    assert_eq!(layer.table.value(0, "名称"), Value::Text("建筑高度与楼层".into()));
    assert!(layer.encoding.contains("GB18030"), "{}", layer.encoding);
}

#[test]
fn written_features_read_back_as_lon_lat_with_right_hand_rings() {
    let layer = open(&format!(r#"{{"type":"FeatureCollection","features":[{SQUARE}]}}"#));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.geojson");
    let crs = crate::place::Crs::parse("EPSG:4326").unwrap();
    write(&path, &layer.table, 0..layer.table.len() as u32, &crs, &Progress::default()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    text.parse::<geojson::GeoJson>().unwrap();
    let again = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
    assert_square(&again, 0);
    let rings: Vec<f64> = (again.table.geometry.rings(0))
        .map(|r| crate::model::GeometryColumn::twice_signed_area(r.xy).signum())
        .collect();
    assert_eq!(rings, [1.0, -1.0]);
}

#[test]
fn what_python_and_javascript_write_costs_a_value_and_not_the_feature() {
    let text = "{\"type\":\"FeatureCollection\",\"features\":[\
        {\"type\":\"Feature\",\"properties\":{\"n\":\"a\\ud83d\",\"h\":NaN},\"geometry\":{\"type\":\"Point\",\"coordinates\":[117,39]}},\
        {\"type\":\"Feature\",\"properties\":{\"n\":\"b\tc\",\"h\":5},\"geometry\":{\"type\":\"Point\",\"coordinates\":[NaN,39]}}]}";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    std::fs::write(&path, text).unwrap();
    let layer = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
    assert_eq!(layer.table.geometry.vertices(0), [[117.0, 39.0]]);
    assert_eq!(layer.table.value(0, "n"), Value::Text("a\u{fffd}".into()));
    assert!(layer.table.value(0, "h").is_null());
    // A place that is no number stays none.
    assert_eq!(layer.report.skipped.iter().map(|s| s.feature).collect::<Vec<_>>(), [1]);
    assert!(layer.report.issues.iter().any(|i| i.message.contains("NaN")));
}

#[test]
fn features_that_are_no_list_are_refused_instead_of_an_empty_layer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    std::fs::write(&path, "{\"type\":\"FeatureCollection\",\"features\":{\"a\":1}}").unwrap();
    let refused = read(&path, &OpenOptions::default(), &Progress::default()).unwrap_err();
    assert!(refused.reason.contains("no list"), "{}", refused.reason);
}

#[test]
fn a_few_bytes_a_row_cannot_ask_for_gigabytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    let rows = (0..40_000)
        .map(|i| format!("{{\"type\":\"Feature\",\"properties\":{{\"p{}\":1}},\"geometry\":null}}\n", i % 4000));
    std::fs::write(&path, rows.collect::<String>()).unwrap();
    let layer = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
    assert!(layer.table.len() < 20_000, "{}", layer.table.len());
    assert!(layer.report.issues.iter().any(|i| i.message.contains("4000 different properties")));
}

/// One feature a line: what is broken in a line costs that line.
#[test]
fn a_broken_line_costs_only_itself_and_is_named() {
    let line = |n: u32| {
        format!(
            r#"{{"type":"Feature","properties":{{"n":{n},"t":"a{{b"}},"geometry":{{"type":"Point","coordinates":[{n},1]}}}}"#
        )
    };
    let broken = [
        line(1).replace("}}", "}"),          // A brace is missing.
        line(1).replace("a{b\"", "a{b"),     // A quote is missing.
        line(1)[..40].to_owned(),            // Cut.
        line(1).replace("\"type\"", "type"), // A quote too few, before any value.
        "Traceback (most recent call last):".to_owned(),
        line(1).replace(":[1,1]", ":]"),
        format!("{}}}", line(1).replace("\"n\":1", "\"n\":{1")),
    ];
    for broken in broken {
        for (text, bad) in [
            (format!("{}\n{broken}\n{}\n{}\n", line(0), line(2), line(3)), 1),
            (format!("{}\r\n{}\r\n{broken}\r\n{}", line(0), line(2), line(3)), 2),
            (format!("\u{1e}{}\n\u{1e}{broken}\n\u{1e}{}\n\u{1e}{}\n", line(0), line(2), line(3)), 1),
            (format!("{}\n{}\n{}\n{broken}\n", line(0), line(2), line(3)), 3),
        ] {
            let layer = open(&text);
            let rows: Vec<f64> = layer.table.geometry.xy.iter().map(|xy| xy[0]).collect();
            assert_eq!((rows.as_slice(), layer.table.len()), (&[0.0, 2.0, 3.0][..], 4), "{text}");
            let skipped: Vec<u64> = layer.report.skipped.iter().map(|s| s.feature).collect();
            assert_eq!(skipped, [bad], "{text}");
            assert!(layer.report.skipped[0].reason.contains("at byte"), "{:?}", layer.report.skipped);
        }
        if broken.starts_with('{') {
            // The first line as well.
            let layer = open(&format!("{broken}\n{}\n{}\n", line(2), line(3)));
            assert_eq!((layer.table.len(), layer.report.skipped.len()), (3, 1), "{broken}");
        }
    }
}

/// Each broken line is looked at once, not to the end of the file: 20,000 of them in 4 MB must not take minutes.
#[test]
fn thousands_of_broken_lines_are_not_read_thousands_of_times() {
    let line = format!("{{\"type\":\"Feature\",\"properties\":{{\"t\":\"{}", "x".repeat(170));
    let start = std::time::Instant::now();
    let good = r#"{"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[1,1]}}"#;
    let layer = open(&format!("{}{good}\n", format!("{line}\n").repeat(20_000)));
    assert_eq!((layer.table.len(), layer.report.skipped.len()), (20_001, 20_000));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
