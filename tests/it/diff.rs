//! Two versions of a layer through the built program, made by hand or edited by GDAL's own programs.

use std::fmt::Write;
use std::process::Command;

use cimbase::demo::{self, DemoOptions};

use super::program::Place;

/// A feature of a square of 10 m in EPSG:4548, with fields.
fn square(x: f64, y: f64, fields: &str) -> String {
    let ring = [[x, y], [x + 10.0, y], [x + 10.0, y + 10.0], [x, y + 10.0], [x, y]];
    let ring: Vec<String> = ring.iter().map(|[x, y]| format!("[{}, {}]", x + 516_872.0, y + 4_331_721.0)).collect();
    format!(
        r#"{{"type": "Feature", "properties": {{{fields}}}, "geometry": {{"type": "Polygon", "coordinates": [[{}]]}}}}"#,
        ring.join(", ")
    )
}

fn collection(features: &[String]) -> String {
    let mut text =
        r#"{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:4548"}}, "features": ["#
            .to_owned();
    let _ = write!(text, "{}]}}", features.join(", "));
    text
}

/// By hand: 1 stays, 2 moved by 3, 4 m, 3 is raised from 12 to 15 m, 4 is gone, 5 is new, of 6 the use changed and
/// the telephone, which is not told.
fn versions(place: &Place) {
    let house = |id: u32, x: f64, y: f64, height: f64, land: &str, phone: &str| {
        let fields = format!(r#""编号": "{id}", "height": {height}, "用途": "{land}", "电话": "{phone}""#);
        square(x, y, &fields)
    };
    let (old, new) = ("18001234567", "18007654321");
    let before = [
        house(1, 0.0, 0.0, 9.0, "住宅", old),
        house(2, 50.0, 0.0, 9.0, "住宅", old),
        house(3, 100.0, 0.0, 12.0, "住宅", old),
        house(4, 150.0, 0.0, 9.0, "住宅", old),
        house(6, 250.0, 0.0, 9.0, "住宅", old),
    ];
    let after = [
        house(6, 250.0, 0.0, 9.0, "商业", new),
        house(5, 200.0, 0.0, 9.0, "住宅", old),
        house(3, 100.0, 0.0, 15.0, "住宅", old),
        house(2, 53.0, 4.0, 9.0, "住宅", old),
        house(1, 0.0, 0.0, 9.0, "住宅", old),
    ];
    place.write("buildings-2024.geojson", collection(&before));
    place.write("buildings-2025.geojson", collection(&after));
}

const BOTH: [&str; 5] = ["diff", "buildings-2024.geojson", "buildings-2025.geojson", "--id", "编号"];

#[test]
fn what_changed_is_found_and_nothing_else() {
    let place = Place::new();
    versions(&place);
    let run = place.run(&[&BOTH[..], &["--json"]].concat());
    assert!(!run.stdout.contains("180"), "telephones are not told: {}", run.stdout);
    let found = run.json();
    assert_eq!(found["basis"], "id");
    assert_eq!(found["id_field"], "编号");
    let expected = [("unchanged", 1), ("added", 1), ("removed", 1), ("moved", 1), ("raised", 1), ("attributes", 1)];
    for (verdict, count) in expected {
        assert_eq!(found["counts"][verdict], count, "{verdict}: {found}");
    }
    let change = |id: &str| {
        let all = found["changes"].as_array().unwrap();
        all.iter().find(|change| change["id"] == id).unwrap_or_else(|| panic!("{id}: {found}")).clone()
    };
    assert_eq!(found["changes"].as_array().unwrap().len(), 5);
    let near = |value: &serde_json::Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-3;
    assert!(near(&change("2")["moved_m"], 5.0) && near(&change("2")["direction_deg"], 36.8699), "{found}");
    assert!(near(&change("3")["height_m"]["difference"], 3.0) && change("3")["attributes"].is_null(), "{found}");
    assert_eq!(change("6")["attributes"]["用途"], serde_json::json!({ "before": "住宅", "after": "商业" }));
    assert_eq!(change("6")["attributes"]["电话"], serde_json::json!({ "masked": true }));
    assert!(near(&found["areas_m2"]["added"], 100.0) && near(&found["areas_m2"]["net"], 0.0), "{found}");
    assert!(change("4")["after"].is_null() && change("5")["before"].is_null());
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let place = Place::new();
    versions(&place);
    let text = place.run(&BOTH).expect(0).stdout;
    assert!(text.contains("moved 5.00 m towards 36.9°") && text.contains("电话: changed (masked)"), "{text}");
    place.run(&[&BOTH[..], &["--strict"]].concat()).expect(1);
    place.run(&["diff", BOTH[1], BOTH[1], "--strict"]).expect(0);
    place.run(&["diff", BOTH[1], BOTH[2], "--id", "号"]).expect(2).says("编号");
    place.run(&["diff", BOTH[1], BOTH[2], "--id", "电话"]).expect(2).says("personal");
    place.run(&["diff", BOTH[1], BOTH[2], "--tolerance", "-1"]).expect(2);
    place.run(&["diff", BOTH[1], BOTH[2], "--layer", "nothing"]).expect(2).says("there is no layer");
    place.run(&["diff", BOTH[1], "missing.gpkg"]).expect(3).says("missing.gpkg");
    place.run(&[&BOTH[..], &["--out", "no/such/folder.gpkg"]].concat()).expect(4);
    place.run(&[&BOTH[..], &["--out", BOTH[1]]].concat()).expect(2).says("source");
    place.run(&[&BOTH[..], &["--out", "changes.docx"]].concat()).expect(2).says(".gpkg");
}

/// The layer of changes, as GDAL reads it: a row for each change, with the geometry of the second version, of the
/// first for what is gone.
#[test]
fn gdal_reads_the_layer_of_changes() {
    let place = Place::new();
    versions(&place);
    place.run(&[&BOTH[..], &["--out", "changes.gpkg"]].concat()).expect(0);
    let sql = "SELECT id, change, before_height, after_height, ST_MinX(geom) AS west FROM changes ORDER BY id";
    let mut ogr = Command::new("ogr2ogr");
    ogr.args(["-f", "CSV", "/vsistdout/"]).arg(place.path().join("changes.gpkg"));
    let Ok(asked) = ogr.args(["-dialect", "SQLite", "-sql", sql]).output() else {
        println!("skipped: ogr2ogr is not installed");
        return;
    };
    let said = String::from_utf8(asked.stdout).unwrap().replace('"', "");
    let lines: Vec<&str> = said.lines().skip(1).collect();
    let expected = [
        "2,moved,,,516925",
        "3,raised,12,15,516972",
        "4,removed,,,517022",
        "5,added,,,517072",
        "6,attributes,,,517122",
    ];
    assert_eq!(lines, expected, "{said}");
}

/// A district against itself after GDAL wrote it in degrees into another format, in another order: unchanged. Then
/// with rows deleted, raised and renamed by SQL: exactly these.
#[test]
fn what_gdal_rewrote_is_unchanged_and_what_it_edited_is_found() {
    let place = Place::new();
    demo::write(&DemoOptions::default(), place.path(), &Default::default()).unwrap();
    let source = place.path().join("buildings.fgb");
    let write = |name: &str, sql: &str| {
        let mut command = Command::new("ogr2ogr");
        command.args(["-f", "GPKG", "-t_srs", "EPSG:4490", "-dialect", "SQLite", "-nln", "buildings", "-sql", sql]);
        command.arg(place.path().join(name)).arg(&source).status().is_ok_and(|status| status.success())
    };
    if !write("same.gpkg", "SELECT * FROM buildings ORDER BY id DESC") {
        println!("skipped: ogr2ogr is not installed");
        return;
    }
    let run = |other: &str| place.run(&["diff", ".", other, "--layer", "buildings", "--json"]).json();
    let same = run("same.gpkg");
    assert_eq!(same["counts"]["unchanged"], same["counts"]["before"], "{}", same["counts"]);
    assert_eq!(same["changes"], serde_json::json!([]));
    let edited = "SELECT id, parent_id, parcel_id, CASE WHEN id LIKE '%0020000' THEN 'x' ELSE name_zh END AS name_zh, \
                  name_en, use, use_zh, height_m + CASE WHEN id LIKE '%0030000' THEN 3 ELSE 0 END AS height_m, floors, \
                  floors_below, year, structure, safety, units, floor_area_m2, base_m, part, GEOMETRY FROM buildings \
                  WHERE id NOT LIKE '%0010000'";
    assert!(write("edited.gpkg", edited));
    let count = |like: &str, and: &str| {
        let sql = format!("SELECT COUNT(*) AS n FROM buildings WHERE id LIKE '{like}' {and}");
        let asked =
            Command::new("ogrinfo").args(["-ro", "-q", "-dialect", "SQLite", "-sql", &sql]).arg(&source).output();
        let said = String::from_utf8(asked.unwrap().stdout).unwrap();
        said.rsplit(" = ").next().unwrap().trim().parse::<u64>().unwrap()
    };
    let found = run("edited.gpkg");
    assert_eq!(found["counts"]["removed"], count("%0010000", ""));
    assert_eq!(found["counts"]["attributes"], count("%0020000", ""));
    assert_eq!(found["counts"]["raised"], count("%0030000", "AND height_m > 0"));
    assert_eq!(found["counts"]["added"], 0);
    assert!(found["counts"]["removed"].as_u64().unwrap() > 20, "{}", found["counts"]);
}
