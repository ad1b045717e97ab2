//! Importing what is big: converted as a stream, whole or not at all.
#![cfg(unix)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::program::{Place, command};

/// Rows of the big source; each is a square of about 9 m × 11 m in its own cell of a grid in Tianjin.
const ROWS: usize = 80_000;

/// A GeoJSON of some 25 MB: above the size from which a source is converted without being held.
fn big(place: &Place) {
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[\n");
    for row in 0..ROWS {
        let (x, y) = (117.1 + (row % 400) as f64 * 0.0005, 39.0 + (row / 400) as f64 * 0.0005);
        let ring = [[0.0, 0.0], [0.0001, 0.0], [0.0001, 0.0001], [0.0, 0.0001], [0.0, 0.0]];
        let ring: Vec<String> = ring.iter().map(|[dx, dy]| format!("[{:.7},{:.7}]", x + dx, y + dy)).collect();
        let comma = if row + 1 < ROWS { "," } else { "" };
        text.push_str(&format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"id\":\"building {row:06}\",\"height\":{},\"floors\":{},\"use\":\"居住\",\"remark\":\"{row:040}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}{comma}\n",
            9.5 + (row % 30) as f64, 3 + row % 30, ring.join(",")
        ));
    }
    text.push_str("]}\n");
    assert!(text.len() > 22 << 20, "{}", text.len());
    place.write("big.geojson", text);
}

const IMPORT: [&str; 4] = ["import", "big.geojson", "--into", "city"];

/// Everything in the folder of the project; dot files as well.
fn city(place: &Place) -> Vec<String> {
    place.files().into_iter().filter_map(|name| name.strip_prefix("city/").map(str::to_owned)).collect()
}

/// The number of features that a source says it has.
fn count(place: &Place, file: &str) -> u64 {
    place.run(&["info", file, "--json"]).json()["layers"][0]["features"].as_u64().unwrap()
}

#[test]
fn a_big_source_becomes_a_sorted_layer_and_such_a_layer_is_copied_as_it_is() {
    let place = Place::new();
    big(&place);
    place.run(&IMPORT).expect(0);
    assert_eq!(city(&place), ["big.fgb", "project.toml"]);
    assert_eq!(count(&place, "city/big.fgb"), ROWS as u64);
    let answer = place
        .run(&["query", "city", "--layer", "big", "--at", "117.10005,39.00005", "--crs", "EPSG:4326", "--json"])
        .json();
    assert_eq!((&answer["count"], &answer["features"][0]["id"]), (&1.into(), &"building 000000".into()));
    place.run(&["import", "city/big.fgb", "--into", "second"]).expect(0);
    let bytes = |file: &str| std::fs::read(place.path().join(file)).unwrap();
    assert!(bytes("city/big.fgb") == bytes("second/big.fgb"));
    // The same rows by the way for small files: nothing was lost or moved.
    let stats = place.run(&["stats", "city", "--json"]).json();
    let whole = place.run(&["stats", "big.geojson", "--json"]).json();
    for key in ["features", "skipped", "volume_m3", "footprint_area_m2"] {
        let [a, b] = [&stats, &whole].map(|s| s["layers"][0][key].as_f64().unwrap());
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{key}: {a} {b}");
    }
    let project = std::fs::read_to_string(place.path().join("city/project.toml")).unwrap();
    assert!(project.contains("EPSG:4548") && project.contains("role = \"building\""), "{project}");
}

#[test]
fn an_import_that_is_killed_leaves_no_broken_layer_and_the_project_as_it_was() {
    let place = Place::new();
    big(&place);
    place.write("city/project.toml", "title = { zh = \"x\", en = \"x\" }\ncrs = \"EPSG:4548\"\n");
    let project = std::fs::read_to_string(place.path().join("city/project.toml")).unwrap();
    let began = Instant::now();
    place.run(&["import", "big.geojson", "--into", "other"]).expect(0);
    let whole = began.elapsed();
    for part in 1..=12 {
        let mut child = command(&IMPORT).current_dir(place.path()).spawn().unwrap();
        std::thread::sleep(whole * part / 12);
        // SIGKILL: nothing can be cleared away.
        child.kill().unwrap();
        let done = child.wait().unwrap().success();
        let now = std::fs::read_to_string(place.path().join("city/project.toml")).unwrap();
        assert!(done || now == project || now.contains("big.fgb"), "{now}");
        for name in city(&place).iter().filter(|name| name.ends_with(".fgb")) {
            assert_eq!(count(&place, &format!("city/{name}")), ROWS as u64, "after {part}/12");
        }
        place.write("city/project.toml", &project);
        let _ = std::fs::remove_file(place.path().join("city/big.fgb"));
    }
    // The next import clears away what lay aside.
    place.run(&IMPORT).expect(0);
    assert_eq!(city(&place), ["big.fgb", "project.toml"]);
}

#[test]
fn an_import_that_is_interrupted_leaves_nothing() {
    let place = Place::new();
    big(&place);
    let began = Instant::now();
    place.run(&["import", "big.geojson", "--into", "other"]).expect(0);
    let whole = began.elapsed();
    for part in 1..4 {
        let child = command(&IMPORT).current_dir(place.path()).spawn().unwrap();
        std::thread::sleep(whole * part / 5);
        // The shell's own kill: not every system has the program.
        Command::new("sh").args(["-c", "kill -INT \"$0\"", &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            place.run(&["stats", "city"]).expect(0);
            std::fs::remove_dir_all(place.path().join("city")).unwrap();
            continue;
        }
        // Before the handler stands, the signal ends the process at once; nothing was made then.
        assert!(matches!(output.status.code(), Some(4) | None), "{output:?}");
        assert_eq!(city(&place), [""; 0], "after {part}/5");
    }
}

#[test]
fn a_full_disk_is_4_names_the_file_and_leaves_nothing() {
    let place = Place::new();
    big(&place);
    // No file may grow above 2,000 blocks of 512 bytes; writing on gives an error as a full disk does.
    let limited = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_cimbase")])
        .args(IMPORT)
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("big.fgb"), "{said}");
    assert_eq!(place.files(), ["big.geojson"]);
}

#[test]
fn a_source_that_is_cut_off_is_3_and_leaves_nothing() {
    let place = Place::new();
    big(&place);
    let file = place.path().join("big.geojson");
    let bytes = std::fs::metadata(&file).unwrap().len();
    for cut in [bytes - 4, bytes - 100, bytes - 1_000_000] {
        std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(cut).unwrap();
        place.run(&IMPORT).expect(3).says("big.geojson");
        assert_eq!(place.files(), ["big.geojson"]);
    }
}

#[test]
fn a_layer_with_a_lying_header_or_cut_off_is_3_and_leaves_nothing() {
    let place = Place::new();
    big(&place);
    place.run(&IMPORT).expect(0);
    let good = std::fs::read(place.path().join("city/big.fgb")).unwrap();
    let at = good.windows(8).position(|bytes| bytes == (ROWS as u64).to_le_bytes()).unwrap();
    for count in [9_200_000_000_000_000_000_u64, 3_000_000, ROWS as u64 + 1, ROWS as u64 - 1] {
        let mut lying = good.clone();
        lying[at..at + 8].copy_from_slice(&count.to_le_bytes());
        place.write("lying.fgb", &lying);
        place.run(&["import", "lying.fgb", "--into", "lying"]).expect(3).says("lying.fgb");
        assert!(!place.path().join("lying").exists(), "{count}");
    }
    for cut in [good.len() - 1, good.len() / 2, 1_000_000, 300] {
        place.write("cut.fgb", &good[..cut]);
        place.run(&["import", "cut.fgb", "--into", "cut"]).expect(3).says("cut.fgb");
        assert!(!place.path().join("cut").exists(), "{cut}");
    }
}

#[test]
fn a_source_that_changes_underneath_is_3_and_leaves_nothing() {
    let place = Place::new();
    big(&place);
    let mut child = command(&IMPORT).current_dir(place.path()).spawn().unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(place.path().join("big.geojson")).unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(60) {
        file.write_all(b"\n").unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("changed"), "{said}");
    assert_eq!(place.files(), ["big.geojson"]);
}

#[test]
fn a_file_that_is_none_leaves_no_folder() {
    let place = Place::new();
    place.write("broken.geojson", "{\"type\":\"FeatureCollection\",\"features\":[");
    place.run(&["import", "broken.geojson", "--into", "deep/er"]).expect(3);
    assert!(!Path::exists(&place.path().join("deep")));
}
