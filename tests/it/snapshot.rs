//! Snapshots through the built program, read back by GDAL's own programs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cimbase::demo::{self, DemoOptions};
use serde_json::Value as Json;

use super::program::{Place, command};

fn haihe() -> Place {
    let place = Place::new();
    demo::write(&DemoOptions::default(), place.path(), &Default::default()).unwrap();
    place
}

/// One number of an SQL question, asked of a file by `ogrinfo`.
fn ogr_number(file: &Path, sql: &str) -> f64 {
    let asked = Command::new("ogrinfo").args(["-ro", "-q", "-dialect", "SQLite", "-sql", sql]).arg(file).output();
    let said = String::from_utf8(asked.expect("gdal-bin is installed by scripts/setup.sh --test").stdout).unwrap();
    let line = said.lines().find(|line| line.contains(" = ")).unwrap_or_else(|| panic!("{said}"));
    line.rsplit(" = ").next().unwrap().trim().parse().unwrap()
}

/// Counts, areas to 0.01 % and a sum of attributes of what leaves, as GDAL reads the source and the snapshot.
#[test]
fn gdal_reads_the_same_counts_areas_and_attributes() {
    let place = haihe();
    let source = place.path().join("buildings.fgb");
    let asked = |what: &str| format!("SELECT {what} AS n FROM buildings");
    let (count, area) = ("COUNT(*)", "SUM(ST_Area(GEOMETRY))");
    let height = "SUM(height_m)";
    let expected = [count, area, height].map(|what| ogr_number(&source, &asked(what)));
    assert!(expected.iter().all(|number| *number > 1000.0), "{expected:?}");
    for name in ["out.gpkg", "out.fgb"] {
        let out = place.path().join(name);
        let done = place.run(&["snapshot", ".", "--layers", "buildings", "--out", name, "--json"]).json();
        assert_eq!(done["layers"][0]["features"], expected[0] as u64);
        let geometry = if name.ends_with("gpkg") { "geom" } else { "GEOMETRY" };
        let found = [count, &area.replace("GEOMETRY", geometry), height].map(|what| ogr_number(&out, &asked(what)));
        assert_eq!(found[0], expected[0], "{name}");
        assert!((found[1] / expected[1] - 1.0).abs() < 1e-4, "{name}: {found:?} of {expected:?}");
        assert!((found[2] / expected[2] - 1.0).abs() < 1e-9, "{name}: {found:?} of {expected:?}");
    }
    // By place, by condition, in degrees: GDAL's own filter on the source says how many.
    let run = ["snapshot", ".", "--layers", "buildings", "--out", "tall.geojson", "--where"];
    place.run(&[&run[..], &["buildings:height_m > 60"]].concat()).expect(0);
    let expected = ogr_number(&source, "SELECT COUNT(*) AS n FROM buildings WHERE height_m > 60");
    let text: Json =
        serde_json::from_str(&std::fs::read_to_string(place.path().join("tall.geojson")).unwrap()).unwrap();
    assert_eq!(text["features"].as_array().unwrap().len() as f64, expected);
    assert_eq!(ogr_number(&place.path().join("tall.geojson"), "SELECT COUNT(*) AS n FROM tall"), expected);
}

/// A GeoPackage of all layers is valid for GDAL: every layer with its CRS and a spatial index that answers.
#[test]
fn a_geopackage_of_all_layers_has_crs_and_index() {
    let place = haihe();
    let layers = "buildings,parcels,roads,grid";
    place.run(&["snapshot", ".", "--layers", layers, "--out", "all.gpkg"]).expect(0);
    let out = place.path().join("all.gpkg");
    for layer in layers.split(',') {
        let said = Command::new("ogrinfo").args(["-ro", "-so"]).arg(&out).arg(layer).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains("ID[\"EPSG\",4548]"), "{said}");
        let index = ogr_number(&out, &format!("SELECT HasSpatialIndex('{layer}', 'geom')"));
        let [boxes, geometries] = [format!("rtree_{layer}_geom"), format!("{layer} WHERE geom IS NOT NULL")]
            .map(|from| ogr_number(&out, &format!("SELECT COUNT(*) AS n FROM {from}")));
        assert_eq!((index, boxes), (1.0, geometries), "{layer}: an index, with as many boxes as geometries");
    }
}

/// Killed at any moment, a snapshot leaves the old file as it was, and the next one sweeps what the killed one left.
#[test]
fn a_killed_snapshot_leaves_the_old_file() {
    let place = haihe();
    let out = place.path().join("kept.gpkg");
    for wait in [5, 20, 40, 60, 80, 120] {
        std::fs::write(&out, "old").unwrap();
        let mut child = command(&["snapshot", ".", "--layers", "buildings", "--out", "kept.gpkg"])
            .current_dir(place.path())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let there = std::fs::read(&out).unwrap();
        // Or it had been quicker.
        assert!(there == b"old" || there.starts_with(b"SQLite format 3\0"), "{wait} ms");
    }
    place.run(&["snapshot", ".", "--layers", "buildings", "--out", "kept.gpkg"]).expect(0);
    let left: Vec<String> = std::fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("part") || name.contains("journal"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

/// What cannot be is said with what to do, and sources are not written over.
#[test]
fn a_wish_that_cannot_be_is_refused() {
    let place = haihe();
    let before = std::fs::read(place.path().join("parcels.fgb")).unwrap();
    for (args, code, said) in [
        (vec!["--layers", "parcels", "--out", "parcels.fgb"], 2, "parcels.fgb"),
        (vec!["--out", "many.csv"], 2, ".gpkg"),
        (vec!["--layers", "parcel", "--out", "a.fgb"], 2, "did you mean \"parcels\""),
        (vec!["--layers", "parcels", "--out", "a.fgb", "--where", "parcels:nonsense > 1"], 2, "no field \"nonsense\""),
        (vec!["--layers", "parcels", "--out", "a.fgb", "--where", "buildings:floors > 1"], 2, "not taken"),
        (vec!["--layers", "parcels", "--out", "a.csv", "--fields", "parcels:id,far"], 2, "no field \"far\""),
        (vec!["--layers", "parcels", "--out", "nowhere/a.fgb"], 4, "there is no folder"),
        (vec!["--layers", "parcels", "--out", "a.fgb", "--offset", "gcj02"], 2, "EPSG:4326"),
    ] {
        let run = place.run(&[&["snapshot", "."], &args[..]].concat());
        assert_eq!(run.code, Some(code), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{args:?}: {}", run.stderr);
    }
    assert_eq!(std::fs::read(place.path().join("parcels.fgb")).unwrap(), before);
}

/// Of a source that ends in the middle what came before leaves; `--strict` says that it is not all.
#[test]
fn a_cut_source_is_not_passed_on_as_whole() {
    let place = haihe();
    let whole = std::fs::read(place.path().join("buildings.fgb")).unwrap();
    place.write("cut.fgb", &whole[..200_000]);
    place.run(&["snapshot", "cut.fgb", "--out", "a.gpkg"]).expect(0).says("ends inside feature");
    place.run(&["snapshot", "cut.fgb", "--out", "a.gpkg", "--strict"]).expect(1);
    place.run(&["snapshot", "buildings.fgb", "--out", "b.gpkg", "--strict"]).expect(0);
}

/// A disk that has no more room, for everybody: the system lets no file grow beyond 64 KiB, and the signal that would end
/// the program is ignored, so that writing fails as it does on a full disk.
#[cfg(unix)]
#[test]
fn without_room_the_old_file_stays_and_a_message_says_why() {
    let place = haihe();
    let endings = "gpkg geojson ndjson fgb parquet shp.zip csv xlsx kml kmz dxf glb obj city.json city.jsonl cimpack";
    for ending in endings.split(' ') {
        let name = format!("full.{ending}");
        place.write(&name, "old");
        let script = "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"";
        let run = command(&[]).get_program().to_owned();
        let done = Command::new("sh")
            .args(["-c", script])
            .arg(run)
            .args(["snapshot", ".", "--layers", "buildings", "--out", &name])
            .current_dir(place.path())
            .env("XDG_DATA_HOME", place.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(4), "{ending}: {said}");
        assert!(said.contains(&format!("cannot write {name}: ")), "{ending}: {said}");
        assert_eq!(std::fs::read_to_string(place.path().join(&name)).unwrap(), "old", "{ending}");
        let left = place.files().into_iter().find(|file| file.contains(".cimbase-"));
        assert_eq!(left, None, "{ending}: nothing half-written is left");
    }
}
