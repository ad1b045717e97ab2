//! The commands as scripts use them: names, keys, exit codes, streams.

use std::collections::BTreeSet;
use std::io::Read;

use serde_json::Value as Json;

use super::program::{Place, command, finish};

/// Two squares of 0.001° beside each other in Tianjin, one with a hole, and a row without geometry.
/// The first is 20 m high by its own field.
const BUILDINGS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"b1","name":"滨江道小学","height":20.0,"floors":5},"geometry":{"type":"Polygon","coordinates":[[[117.2,39.12],[117.201,39.12],[117.201,39.121],[117.2,39.121],[117.2,39.12]]]}},
{"type":"Feature","properties":{"id":"b2","name":"Office, \"East\"","height":50.5,"floors":12},"geometry":{"type":"Polygon","coordinates":[[[117.203,39.12],[117.204,39.12],[117.204,39.121],[117.203,39.121],[117.203,39.12]],[[117.2034,39.1204],[117.2034,39.1206],[117.2036,39.1206],[117.2036,39.1204],[117.2034,39.1204]]]}},
{"type":"Feature","properties":{"id":"b3","name":null,"height":9,"floors":3},"geometry":null}
]}"#;

fn place() -> Place {
    let place = Place::new();
    place.write("buildings.geojson", BUILDINGS);
    place
}

fn keys(value: &Json) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect()
}

fn has_keys(value: &Json, wanted: &[&str]) {
    let found = keys(value);
    for key in wanted {
        assert!(found.contains(key), "no \"{key}\" in {found:?}");
    }
}

#[test]
fn help_and_version_are_results_and_every_command_has_its_own() {
    let place = Place::new();
    let help = place.run(&["--help"]).expect(0).stdout;
    for word in ["info", "import", "stats", "query", "render", "demo", "housing", "Examples", "Exit codes"] {
        assert!(help.contains(word), "no {word} in the help");
        if word.starts_with(char::is_lowercase) {
            assert!(place.run(&[word, "--help"]).expect(0).stdout.contains("Usage"));
        }
    }
    let version = place.run(&["--version"]).expect(0).stdout;
    assert_eq!(version.trim(), concat!("cimbase ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_are_2_and_say_so_on_stderr() {
    let place = place();
    place.run(&["info"]).expect(2);
    place.run(&["info", "--jason", "buildings.geojson"]).expect(2);
    place.run(&["query", "buildings.geojson"]).expect(2).says("--layer");
    place.run(&["render", "buildings.geojson"]).expect(2).says("--out");
    place.run(&["render", "buildings.geojson", "--out", "a.png", "--size", "0x0"]).expect(2).says("1280x720");
    place.run(&["render", "buildings.geojson", "--out", "a.bmp"]).expect(2).says(".png");
    place.run(&["render", "buildings.geojson", "--out", "a.png", "--light", "--shadows"]).expect(2);
    place.run(&["query", "buildings.geojson", "--layer", "x", "--at", "1,2", "--near", "1,2"]).expect(2);
    place.run(&["query", "buildings.geojson", "--layer", "x", "--count", "3"]).expect(2);
    place.run(&["import", "buildings.geojson", "--into", "p", "--role", "bilding"]).expect(2).says("building");
}

#[test]
fn input_that_is_not_there_is_3_and_a_slip_of_a_command_is_recognised() {
    let place = place();
    place.run(&["inof", "buildings.geojson", "--json"]).expect(3).says("cimbase info");
    place.run(&["missing.geojson"]).expect(3).says("missing.geojson");
    place.run(&["info", "missing.geojson"]).expect(3).says("no such file");
    place.run(&["stats", "missing"]).expect(3).says("missing");
    place.write("empty.geojson", "");
    place.run(&["info", "empty.geojson"]).expect(3).says("empty.geojson");
    place.write("p/project.toml", "title = { zh = \"x\" }\ncolour = 3\n");
    place.run(&["stats", "p"]).expect(3).says("project.toml");
}

#[test]
fn info_has_the_keys_of_the_contract() {
    let info = place().run(&["info", "buildings.geojson", "--json"]).json();
    has_keys(&info, &["source", "layers"]);
    let layer = &info["layers"][0];
    has_keys(
        layer,
        &[
            "name",
            "geometry",
            "features",
            "skipped",
            "crs",
            "extent",
            "extent_lonlat",
            "encoding",
            "fields",
            "role",
            "role_basis",
        ],
    );
    has_keys(&layer["crs"], &["code", "basis", "confidence", "note"]);
    assert_eq!((&layer["features"], &layer["geometry"]), (&3.into(), &"polygon".into()));
    assert_eq!(layer["crs"]["basis"], "file");
    assert_eq!(layer["extent"], serde_json::json!([117.2, 39.12, 117.204, 39.121]));
    let skipped = layer["skipped"].as_array().unwrap();
    assert_eq!((skipped.len(), &skipped[0]["feature"]), (1, &2.into()));
    assert!(skipped[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    let fields = layer["fields"].as_array().unwrap();
    has_keys(&fields[0], &["name", "type", "nulls", "example"]);
    let name = fields.iter().find(|field| field["name"] == "name").unwrap();
    assert_eq!((&name["type"], &name["nulls"], &name["example"]), (&"text".into(), &1.into(), &"滨江道小学".into()));
    assert_eq!(layer["role"], "building");
}

#[test]
fn several_files_are_told_together_and_one_that_fails_does_not_hide_the_others() {
    let place = place();
    place.write("other.geojson", BUILDINGS);
    let both = place.run(&["info", "buildings.geojson", "other.geojson", "--json"]).json();
    assert_eq!(both["sources"].as_array().map(Vec::len), Some(2));
    let run = place.run(&["info", "buildings.geojson", "missing.geojson", "--json"]);
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("buildings.geojson") && run.stderr.contains("missing.geojson"));
}

/// By hand: a square of 0.001° at 39.12° N is about 86.4 m × 111.0 m on the ground (1° of longitude
/// is 111.32 km × cos φ, 1° of latitude 111.03 km), so 9 595 m²; the hole is 1/25 of the second one.
#[test]
fn stats_has_the_keys_of_the_contract_and_sums_that_are_right() {
    let stats = place().run(&["stats", "buildings.geojson", "--json"]).json();
    has_keys(&stats, &["layers", "ms", "peak_rss_bytes"]);
    has_keys(&stats["ms"], &["read", "project", "index", "mesh"]);
    let layer = &stats["layers"][0];
    has_keys(
        layer,
        &[
            "id",
            "role",
            "features",
            "skipped",
            "footprint_area_m2",
            "roof_area_m2",
            "wall_area_m2",
            "volume_m3",
            "height_provenance",
            "tiles",
            "triangles",
            "gpu_bytes",
            "table_bytes",
        ],
    );
    assert_eq!(keys(&layer["height_provenance"]), BTreeSet::from(["surveyed", "storeys", "median", "default"]));
    assert_eq!((&layer["features"], &layer["skipped"]), (&3.into(), &1.into()));
    let number = |key: &str| layer[key].as_f64().unwrap();
    let square = 9_595.0;
    let footprint = square * (2.0 - 0.04);
    assert!((number("footprint_area_m2") / footprint - 1.0).abs() < 0.005, "{}", number("footprint_area_m2"));
    assert!((number("roof_area_m2") / number("footprint_area_m2") - 1.0).abs() < 1e-5);
    let volume = square * 20.0 + square * 0.96 * 50.5;
    assert!((number("volume_m3") / volume - 1.0).abs() < 0.005, "{}", number("volume_m3"));
    // Perimeters: 2 × (86.4 + 111.0) m each, and that of the hole, a fifth of it.
    let walls = 394.8 * 20.0 + 394.8 * 1.2 * 50.5;
    assert!((number("wall_area_m2") / walls - 1.0).abs() < 0.005, "{}", number("wall_area_m2"));
}

#[test]
fn a_query_has_the_keys_of_the_contract() {
    let place = place();
    let at = ["query", "buildings.geojson", "--layer", "buildings", "--crs", "EPSG:4326", "--json"];
    let with = |more: &[&str]| place.run(&[&at[..], more].concat()).json();
    let answer = with(&["--at", "117.2005,39.1205"]);
    assert_eq!(keys(&answer), BTreeSet::from(["layer", "crs", "count", "features"]));
    assert_eq!(
        (&answer["layer"], &answer["crs"], &answer["count"]),
        (&"buildings".into(), &"EPSG:4326".into(), &1.into())
    );
    let feature = &answer["features"][0];
    assert_eq!(keys(feature), BTreeSet::from(["id", "attributes", "centroid", "height_m", "height_provenance"]));
    assert_eq!(
        (&feature["id"], &feature["height_m"], &feature["height_provenance"]),
        (&"b1".into(), &20.0.into(), &"surveyed".into())
    );
    assert_eq!(feature["attributes"]["floors"], 5);
    let [lon, lat] = [0, 1].map(|i| feature["centroid"][i].as_f64().unwrap());
    assert!((lon - 117.2005).abs() < 1e-6 && (lat - 39.1205).abs() < 1e-6, "{lon} {lat}");
    // In the hole there is nothing.
    assert_eq!(with(&["--at", "117.2035,39.1205"])["count"], 0);
    assert_eq!(with(&["--bbox", "117.2005,39.1,117.2035,39.2"])["count"], 2);
    // 0.0005° west of the first square: 0.0005 × 111.32 km × cos 39.12° = 43.2 m.
    let near = with(&["--near", "117.1995,39.1205", "--count", "9"]);
    assert_eq!(near["count"], 2);
    assert_eq!(near["features"][0]["id"], "b1");
    let distance = near["features"][0]["distance_m"].as_f64().unwrap();
    assert!((distance - 43.2).abs() < 0.3, "{distance}");
}

#[test]
fn conditions_hold_in_every_format() {
    let place = place();
    let ask = |more: &[&str]| place.run(&[&["query", "buildings.geojson", "--layer", "buildings"], more].concat());
    assert_eq!(ask(&["--json", "--where", "floors > 4"]).json()["count"], 2);
    let csv = ask(&["--format", "csv", "--where", "name LIKE 'Office%'"]).expect(0).stdout;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0] == "id,name,height,floors,x,y,height_m,height_provenance", "{csv}");
    assert!(lines[1].contains("\"Office, \"\"East\"\"\"") && lines[1].ends_with("50.5,surveyed"), "{csv}");
    let geo: Json =
        serde_json::from_str(&ask(&["--format", "geojson", "--where", "id = 'b2'"]).expect(0).stdout).unwrap();
    let rings = geo["features"][0]["geometry"]["coordinates"].as_array().unwrap();
    assert_eq!((rings.len(), rings[0].as_array().map(Vec::len)), (2, Some(5)));
    let lon = rings[0][0][0].as_f64().unwrap();
    assert!((117.2029..117.2041).contains(&lon), "{lon}");
    assert!(ask(&[]).expect(0).stdout.contains("滨江道小学"));
}

#[test]
fn a_wrong_condition_or_layer_says_what_there_is() {
    let place = place();
    let ask =
        |layer: &str, more: &[&str]| place.run(&[&["query", "buildings.geojson", "--layer", layer], more].concat());
    ask("buildings", &["--where", "flors > 4"]).expect(2).says("did you mean floors?");
    ask("buildings", &["--where", "floors >"]).expect(2).says("--where");
    ask("buildings", &["--crs", "EPSG:0", "--at", "1,1"]).expect(2).says("EPSG:0");
    ask("bildings", &[]).expect(3).says("did you mean \"buildings\"?");
    // Degrees without --crs find nothing, and the reason is said.
    let run = ask("buildings", &["--at", "117.2005,39.1205", "--json"]);
    assert!(run.stderr.contains("--crs EPSG:4326"), "{}", run.stderr);
    assert_eq!(run.json()["count"], 0);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let place = place();
    let mut child = command(&["info", "buildings.geojson"]).current_dir(place.path()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let output = finish(child);
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn import_makes_a_project_that_opens_and_leaves_a_persons_words_alone() {
    let place = place();
    let added =
        place.run(&["import", "buildings.geojson", "--into", "city", "--role", "building", "--field", "height=height"]);
    assert!(added.expect(0).stdout.contains("added buildings"));
    assert_eq!(place.files(), ["buildings.geojson", "city/buildings.geojson", "city/project.toml"]);
    let file = place.path().join("city/project.toml");
    let text = std::fs::read_to_string(&file).unwrap() + "# 请勿删除\n";
    std::fs::write(&file, &text).unwrap();
    place.write("trees.csv", "id,lon,lat\n1,117.2,39.12\n2,117.21,39.13\n");
    place.run(&["import", "trees.csv", "--into", "city", "--crs", "EPSG:4326", "--role", "component"]).expect(0);
    let grown = std::fs::read_to_string(&file).unwrap();
    assert!(grown.starts_with(&text) && grown.contains("trees.csv"), "{grown}");
    let stats = place.run(&["stats", "city", "--json"]).json();
    let layers: Vec<&str> = stats["layers"].as_array().unwrap().iter().filter_map(|l| l["id"].as_str()).collect();
    assert_eq!(layers, ["buildings", "trees"]);
    assert_eq!(place.run(&["query", "city/project.toml", "--layer", "trees", "--json"]).json()["count"], 2);
}

#[test]
fn an_import_that_fails_leaves_no_project_behind() {
    let place = place();
    place.write("broken.geojson", "{\"type\":\"FeatureCollection\",\"features\":[");
    place.run(&["import", "broken.geojson", "--into", "city"]).expect(3).says("broken.geojson");
    place.run(&["import", "buildings.geojson", "--into", "city", "--field", "height=hoehe"]).expect(2).says("hoehe");
    assert_eq!(place.files(), ["broken.geojson", "buildings.geojson"]);
    place.run(&["import", "buildings.geojson", "--into", "buildings.geojson/x"]).expect(4);
}

#[test]
fn a_picture_that_has_no_place_is_4() {
    let place = place();
    place.run(&["render", "buildings.geojson", "--out", "no/such/a.png"]).expect(4).says("no/such");
    assert_eq!(place.files(), ["buildings.geojson"]);
}

/// `time TAB user TAB project TAB layer TAB fields`, one line for each answer that shows personal data, and none else.
#[test]
fn each_unmasking_is_a_line_in_the_users_log() {
    let place = Place::new();
    place.write("homes.csv", "id,QLRMC,DH,room,lon,lat\n1,张三丰,18012341999,1-302,117.2,39.1\n");
    place.write("trees.csv", "id,height,lon,lat\n1,7.5,117.2,39.1\n");
    let ask = |layer: &str, more: &[&str]| {
        let file = format!("{layer}.csv");
        let args = [&["query", &file, "--layer", layer], more].concat();
        let child = command(&args).current_dir(place.path()).env("XDG_DATA_HOME", place.path().join("data")).spawn();
        assert!(finish(child.unwrap()).status.success());
    };
    ask("homes", &[]);
    ask("trees", &["--unmask"]);
    let log = place.path().join("data/cimbase/unmasking.log");
    assert!(!log.exists());
    ask("homes", &["--unmask"]);
    ask("homes", &["--unmask", "--json"]);
    let text = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    for line in lines {
        let [time, user, project, layer, fields] = line.as_slice() else { panic!("{text}") };
        assert!(time.len() == 20 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
        assert!(!user.is_empty() && project.ends_with("homes.csv"), "{user} {project}");
        assert_eq!((*layer, *fields), ("homes", "QLRMC, DH"));
    }
    assert!(!text.contains("张三丰"));
}

/// Masked is what answers carry unless it is asked otherwise: 姓名 keeps its first and last character, a mobile number
/// its first three and last four digits (the usual masks).
#[test]
fn answers_mask_personal_data_unless_asked() {
    let place = Place::new();
    place.write("homes.csv", "id,QLRMC,DH,room,lon,lat\n1,张三丰,18012341999,1-302,117.2,39.1\n");
    for format in ["csv", "json", "geojson"] {
        let asked = ["query", "homes.csv", "--layer", "homes", "--format", format];
        let run = place.run(&asked).expect(0).says("--unmask");
        assert!(run.stdout.contains("张*丰") && run.stdout.contains("180****1999"), "{format}: {}", run.stdout);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains("张三丰") && !all.contains("18012341999"), "{format}: {all}");
        assert!(run.stdout.contains("1-302"), "{format}: a room alone is no personal data");
        let open = place.run(&[&asked[..], &["--unmask"]].concat()).expect(0);
        assert!(open.stdout.contains("张三丰") && open.stdout.contains("18012341999"), "{format}: {}", open.stdout);
    }
}
