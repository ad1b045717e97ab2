//! Every data format, read back by readers that are not ours: GDAL, and Python's libraries, glTF's and CityJSON's
//! validators where they are installed.
//!
//! `CIMBASE_TEST_PYTHON` names a Python with pyarrow, shapely, openpyxl and ezdxf; Debian's has some of them.
//! `gltf_validator` (Khronos) and `cjval` (CityJSON's own) are looked for in `PATH`.

use std::path::{Path, PathBuf};
use std::process::Command;

use cimbase::demo::{self, DemoOptions};
use serde_json::Value as Json;

use super::program::{Place, package, walk};

fn haihe() -> Place {
    let place = Place::new();
    demo::write(&DemoOptions::default(), place.path(), &Default::default()).unwrap();
    place
}

fn output(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().expect("gdal-bin is installed by scripts/setup.sh --test");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// What GDAL says of the only layer of a file: how many features, the sum of areas in EPSG:4548 (m²), the sum of
/// heights, the different Chinese names, and the fields with their types.
#[derive(Debug)]
struct Read {
    count: f64,
    area: f64,
    heights: f64,
    names: Vec<String>,
    fields: Vec<(String, String)>,
    crs: String,
}

fn gdal(file: &Path, height: &str) -> Read {
    let file = file.to_str().unwrap();
    let listed = output("ogrinfo", &["-ro", "-so", "-q", file]);
    let named = listed.lines().find(|line| line.starts_with("1: ")).unwrap_or_else(|| panic!("{file}: {listed}"));
    let layer = named[3..].split(" (").next().unwrap().trim();
    let facts = output("ogrinfo", &["-ro", "-so", file, layer]);
    // SpatiaLite's transformation of GDAL's geometries; longitude and latitude come in that order.
    let lonlat = ["geojson", "ndjson", "kml", "kmz"].iter().any(|ending| file.ends_with(ending));
    let column = if file.ends_with("gpkg") { "geom" } else { "geometry" };
    let shape = if lonlat { "ST_Transform(SetSRID(geometry, 4326), 4548)" } else { column };
    let sql = format!(
        "SELECT COUNT(*) AS count, SUM(ST_Area({shape})) AS area, SUM(CAST({height} AS REAL)) AS heights FROM \"{layer}\""
    );
    let sums = output("ogrinfo", &["-ro", "-q", "-dialect", "SQLite", "-sql", &sql, file]);
    let number = |key: &str| -> f64 {
        let line = sums.lines().find(|line| line.trim_start().starts_with(&format!("{key} (")));
        line.unwrap_or_else(|| panic!("{file}: {key} in {sums}")).rsplit(" = ").next().unwrap().trim().parse().unwrap()
    };
    let sql = format!("SELECT DISTINCT name_zh FROM \"{layer}\"");
    let csv = output("ogr2ogr", &["-f", "CSV", "/vsistdout/", file, "-dialect", "SQLite", "-sql", &sql]);
    let mut names: Vec<String> = csv.lines().skip(1).map(|line| line.trim_matches('"').to_owned()).collect();
    names.retain(|name| !name.is_empty());
    names.sort();
    let field = |line: &str| {
        let (name, kind) = line.split_once(": ")?;
        let kind = kind.split([' ', '(']).next()?;
        let kind = if line.contains("(Boolean)") { "Boolean" } else { kind };
        ["Integer", "Integer64", "Real", "String", "Boolean", "Date", "DateTime"]
            .contains(&kind)
            .then(|| (name.to_owned(), kind.to_owned()))
    };
    let fields = facts.lines().filter_map(field).collect();
    // The last identifier in the WKT is that of the whole.
    let crs = facts.rsplit("ID[\"EPSG\",").next().and_then(|rest| rest.split(']').next()).unwrap_or("").to_owned();
    Read { crs, count: number("count"), area: number("area"), heights: number("heights"), names, fields }
}

/// Counts, areas to 0.01 %, sums, Chinese names and field types of the demo's buildings in every format that GDAL reads,
/// beside what GDAL reads in their source.
#[test]
fn gdal_reads_every_format_as_it_reads_the_source() {
    let place = haihe();
    let source = gdal(&place.path().join("buildings.fgb"), "height_m");
    assert!(source.count > 4_000.0 && source.area > 1e6 && source.names.len() > 5, "{source:?}");
    for (name, changed) in [
        ("a.gpkg", &[][..]),
        ("a.fgb", &[]),
        // GeoJSON and KML tell whole numbers by their size, and KML has no larger ones than 32 bits: GDAL's classes.
        ("a.geojson", &[("Integer64", "Integer")]),
        ("a.ndjson", &[("Integer64", "Integer")]),
        ("a.shp.zip", &[("Boolean", "Integer"), ("Integer64", "Integer")]),
    ] {
        let done = place.run(&["snapshot", ".", "--layers", "buildings", "--out", name]).expect(0);
        let read = gdal(&place.path().join(name), "height_m");
        assert_eq!(read.crs, if name.ends_with("json") { "4326" } else { "4548" }, "{name}");
        assert_eq!(read.count, source.count, "{name}");
        assert!((read.area / source.area - 1.0).abs() < 1e-4, "{name}: {} of {} m²", read.area, source.area);
        assert!((read.heights / source.heights - 1.0).abs() < 1e-9, "{name}: {} of {}", read.heights, source.heights);
        assert_eq!(read.names, source.names, "{name}");
        // Every field is there under its name, or the program says what it is called.
        for (field, kind) in &source.fields {
            let renamed = format!("field {field} is called ");
            let said = done.stderr.split(&renamed).nth(1).and_then(|rest| rest.split_whitespace().next());
            let found = read.fields.iter().find(|(name, _)| name == said.unwrap_or(field));
            let (_, found) = found.unwrap_or_else(|| panic!("{name}: {field} in {:?}", read.fields));
            let may = changed.iter().any(|(from, to)| from == kind && to == found);
            assert!(found == kind || may, "{name}: {field} is {found} and was {kind}");
        }
    }
    // As longitude and latitude: counts and areas; values are texts of the placemark.
    for name in ["a.kml", "a.kmz"] {
        place.run(&["snapshot", ".", "--layers", "buildings", "--out", name]).expect(0);
        let read = gdal(&place.path().join(name), "height_m");
        assert_eq!(read.count, source.count, "{name}");
        assert!((read.area / source.area - 1.0).abs() < 1e-4, "{name}: {} of {} m²", read.area, source.area);
        assert_eq!(read.names, source.names, "{name}");
    }
}

/// The answer of `readers.py`; `None` where no Python has the libraries, which is said.
fn python(kind: &str, file: &Path) -> Option<Json> {
    let asked = std::env::var("CIMBASE_TEST_PYTHON").ok();
    for python in asked.as_deref().into_iter().chain(["python3", "/usr/bin/python3"]) {
        let script = package().join("tests/it/readers.py");
        let Ok(done) = Command::new(python).arg(script).arg(kind).arg(file).output() else { continue };
        match done.status.code() {
            Some(0) => return Some(serde_json::from_slice(&done.stdout).unwrap()),
            Some(77) => {}
            _ => panic!("{kind}: {}", String::from_utf8_lossy(&done.stderr)),
        }
    }
    println!("skipped: no Python here reads {kind} (set CIMBASE_TEST_PYTHON to one that does)");
    None
}

#[test]
fn pythons_libraries_read_geoparquet_tables_and_drawings() {
    let place = haihe();
    let source = gdal(&place.path().join("buildings.fgb"), "height_m");
    let write = |name: &str| -> PathBuf {
        place.run(&["snapshot", ".", "--layers", "buildings", "--out", name]).expect(0);
        place.path().join(name)
    };
    let same = |read: &Json, what: &str| {
        assert_eq!(read["count"].as_f64(), Some(source.count), "{what}");
        let near = |key: &str, expected: f64, part: f64| {
            let found = read[key].as_f64().unwrap();
            assert!((found / expected - 1.0).abs() < part, "{what}: {key} {found} instead of {expected}");
        };
        near("area", source.area, 1e-4);
        near("heights", source.heights, 1e-9);
        let names: Vec<&str> = read["names"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        assert_eq!(names, source.names, "{what}");
    };
    if let Some(read) = python("parquet", &write("a.parquet")) {
        same(&read, "GeoParquet");
        assert_eq!((&read["crs"], &read["boxes"]), (&"EPSG:4548".into(), &true.into()));
        for (field, kind) in [("height_m", "double"), ("floors", "int64"), ("name_zh", "string"), ("part", "bool")] {
            assert_eq!(read["types"][field], kind, "{field}");
        }
    }
    if let Some(read) = python("csv", &write("a.csv")) {
        same(&read, "CSV");
    }
    if let Some(read) = python("xlsx", &write("a.xlsx")) {
        same(&read, "XLSX");
        for (field, kind) in [("floors", "int"), ("name_zh", "str"), ("part", "bool")] {
            assert_eq!(read["types"][field], serde_json::json!([kind]), "{field}");
        }
    }
    if let Some(read) = python("dxf", &write("a.dxf")) {
        assert_eq!((&read["errors"], &read["fixes"]), (&0.into(), &0.into()), "{read}");
        // A building with a court has a line for each ring.
        assert!(read["count"].as_f64() >= Some(source.count), "{read}");
        assert!(read["layers"].as_array().unwrap().iter().any(|name| name == "建筑（合成）"), "{read}");
        assert!(read["bodies"].as_f64() > Some(0.9 * source.count), "{read}");
    }
}

/// Whether a program is there; that it is not is said.
fn there(program: &str) -> bool {
    let there = Command::new(program).arg("--help").output().is_ok();
    if !there {
        println!("skipped: there is no {program} in PATH");
    }
    there
}

#[test]
fn validators_find_no_fault_in_models() {
    let place = haihe();
    let run = |name: &str| {
        place.run(&["snapshot", ".", "--layers", "buildings,roads,green", "--out", name]).expect(0);
        place.path().join(name)
    };
    if there("gltf_validator") {
        let tiles = walk(&run("a.3dtiles")).into_iter().filter(|file| file.extension().is_some_and(|end| end == "glb"));
        let models: Vec<PathBuf> = tiles.chain([run("a.glb")]).collect();
        assert!(models.len() > 2, "{models:?}");
        for model in models {
            let done = Command::new("gltf_validator").arg("-o").arg(&model).output().unwrap();
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && said.contains("\"numErrors\": 0"), "{}: {said}", model.display());
        }
    }
    if there("cjval") {
        // Its exit code is 0 whatever it found: what counts is what it says.
        let said = output("cjval", &["-s", run("a.city.json").to_str().unwrap()]);
        assert!(said.contains("File is valid"), "{said}");
        let sequence = std::fs::File::open(run("a.city.jsonl")).unwrap();
        let done = Command::new("cjval").arg("-s").stdin(sequence).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        let invalid = said.lines().find(|line| line.contains("invalid:")).expect("cjval ends with a summary");
        assert!(invalid.contains(" 0/"), "{invalid}");
    }
}
