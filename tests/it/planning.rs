//! Parcels beside their limits, through the built program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cimbase::demo::{self, DemoLayer, DemoOptions};
use cimbase::model::FeatureTable;
use geo::{Area, BooleanOps, Intersects, Polygon};
use serde_json::Value;

use crate::program::{Place, run_in};

fn planning(folder: &Path, more: &[&str]) -> (i32, Value) {
    let done = run_in(folder, &[&["planning", ".", "--json"], more].concat());
    (done.code.unwrap(), serde_json::from_str(&done.stdout).unwrap_or(Value::Null))
}

/// The demo breaks limits on purpose and lists which: they are found, and nothing else.
#[test]
fn the_planted_breaches_are_found_and_nothing_else() {
    let place = Place::new();
    let options = DemoOptions::default();
    demo::write(&options, place.path(), &Default::default()).unwrap();
    let planted: BTreeSet<(String, String)> =
        demo::build(&options).breaches.into_iter().map(|b| (b.parcel, b.rule.to_owned())).collect();
    let rules: BTreeSet<&str> = planted.iter().map(|(_, rule)| rule.as_str()).collect();
    assert_eq!(
        rules.into_iter().collect::<Vec<_>>(),
        ["density", "far", "green", "height", "parking", "setback", "use"]
    );
    let (code, answer) = planning(place.path(), &[]);
    assert_eq!(code, 1, "something is in breach");
    let parcels = answer["parcels"].as_array().unwrap();
    let found: BTreeSet<(String, String)> = parcels
        .iter()
        .flat_map(|parcel| {
            let broken = parcel["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "breach");
            let id = parcel["id"].as_str().unwrap().to_owned();
            broken.map(move |check| (id.clone(), check["rule"].as_str().unwrap().to_owned())).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found, planted);
    assert_eq!(answer["far_rule"]["id"], "tianjin");
    // What is not decided says why.
    for check in parcels.iter().flat_map(|parcel| parcel["checks"].as_array().unwrap()) {
        assert!(check["verdict"] != "unknown" || !check["why"].as_array().unwrap().is_empty(), "{check}");
    }
    // The balance adds up to all parcels.
    let balance = answer["land_use_balance"].as_array().unwrap();
    let percent: f64 = balance.iter().map(|row| row["percent"].as_f64().unwrap()).sum();
    assert!((percent - 100.0).abs() < 1e-6, "{percent}");

    // As a layer: opened again, it says the same of each parcel.
    place.run(&["planning", ".", "--out", "verdicts.fgb"]).expect(1);
    let layer = place.run(&["query", "verdicts.fgb", "--layer", "verdicts", "--where", "verdict = 'breach'", "--json"]);
    let written: BTreeSet<String> = layer.json()["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| feature["attributes"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(written, planted.iter().map(|(id, _)| id.clone()).collect());

    // One parcel tells the same as the list, and ends as it does.
    let (id, rule) = planted.iter().find(|(_, rule)| rule == "far").unwrap();
    let (code, dossier) = planning(place.path(), &["--parcel", id]);
    let listed = parcels.iter().find(|parcel| parcel["id"] == *id).unwrap();
    assert_eq!((code, &dossier["checks"]), (1, &listed["checks"]), "{rule}");
    assert!(!dossier["buildings"].as_array().unwrap().is_empty());
    let passing = parcels.iter().find(|parcel| parcel["verdict"] == "pass").unwrap();
    assert_eq!(planning(place.path(), &["--parcel", passing["id"].as_str().unwrap()]).0, 0);
}

/// The outer ring of a demo row: its polygons have no holes in these layers.
fn outline(table: &FeatureTable, row: u32) -> Polygon {
    let ring = table.geometry.rings(table.geometry.parts(row).start).next().unwrap();
    Polygon::new(ring.xy.iter().map(|p| (p[0], p[1])).collect::<Vec<_>>().into(), Vec::new())
}

/// Every parcel against every control line of the demo, by `geo` alone: the program lists the same pairs with the same
/// areas, and of the development boundary those that lie outside.
#[test]
fn control_lines_on_parcels_are_those_that_brute_force_finds() {
    let place = Place::new();
    let options = DemoOptions::default();
    demo::write(&options, place.path(), &Default::default()).unwrap();
    let city = demo::build(&options);
    let [parcels, lines] = [DemoLayer::Parcels, DemoLayer::ControlLines].map(|layer| city.table(layer).unwrap());
    let within: Vec<Polygon> = (0..lines.len() as u32).map(|line| outline(lines, line)).collect();
    let mut expected: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut outside: BTreeSet<String> = BTreeSet::new();
    for row in 0..parcels.len() as u32 {
        let (id, parcel) = (parcels.value(row, "id").to_string(), outline(parcels, row));
        // Half a square metre, a thousandth of the parcel, at most 10 m².
        let sliver = (parcel.unsigned_area() / 1000.0).clamp(0.5, 10.0);
        for line in 0..lines.len() as u32 {
            let within = &within[line as usize];
            let on = if parcel.intersects(within) { parcel.intersection(within).unsigned_area() } else { 0.0 };
            if on >= sliver {
                expected.insert((id.clone(), lines.value(line, "id").to_string()), on);
            } else if lines.value(line, "kind").to_string() == "urban_boundary" {
                outside.insert(id.clone());
            }
        }
    }
    let (_, answer) = planning(place.path(), &[]);
    let all = answer["parcels"].as_array().unwrap();
    let links = || {
        all.iter().flat_map(|parcel| {
            let links = parcel["control_lines"].as_array().unwrap().iter();
            links.map(|link| (parcel["id"].as_str().unwrap().to_owned(), link))
        })
    };
    let found: BTreeMap<(String, String), f64> = links()
        .filter_map(|(id, link)| Some(((id, link["id"].as_str()?.to_owned()), link["area_m2"].as_f64()?)))
        .collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (pair, area) in &expected {
        assert!((found[pair] - area).abs() < 0.01, "{pair:?}: {} {area}", found[pair]);
    }
    let away: BTreeSet<String> = links().filter(|(_, l)| l["relation"] == "outside").map(|(id, _)| id).collect();
    assert_eq!(away, outside);
    // There is something to be found of each kind, and the boundary is crossed.
    let kinds: BTreeSet<&str> = links().map(|(_, link)| link["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["blue", "green", "purple", "red", "urban_boundary", "yellow"]);
    let crossing = |kind: &str| {
        let of = links().filter(|(_, l)| l["kind"] == kind && l["relation"] == "crossing").map(|(id, _)| id);
        of.collect::<BTreeSet<String>>()
    };
    assert!(!crossing("urban_boundary").is_empty() && !away.is_empty());
    assert_eq!(answer["summary"]["control_lines"]["red"]["crossing"], crossing("red").len());

    // One parcel says the same as the list; so do the words and the layer.
    let id = crossing("red").into_iter().next().unwrap();
    let listed = all.iter().find(|parcel| parcel["id"] == *id).unwrap();
    assert_eq!(planning(place.path(), &["--parcel", &id]).1["control_lines"], listed["control_lines"]);
    let text = run_in(place.path(), &["planning", ".", "--parcel", &id]).stdout;
    assert!(text.contains("control line      Road red line"), "{text}");
    let table = run_in(place.path(), &["planning", "."]).stdout;
    assert!(table.contains(&format!("{} crossing", crossing("red").len())), "{table}");
    place.run(&["planning", ".", "--out", "verdicts.fgb"]);
    let condition = "control_lines LIKE '%red crossing%'";
    let layer = place.run(&["query", "verdicts.fgb", "--layer", "verdicts", "--where", condition, "--json"]).json();
    assert_eq!(layer["count"].as_u64().unwrap() as usize, crossing("red").len(), "{layer}");
}

#[test]
fn what_cannot_be_checked_is_said() {
    let place = Place::new();
    place.write("points.csv", "name,lon,lat\na,117.2,39.1\n");
    let done = place.run(&["planning", "points.csv"]).expect(3);
    assert!(done.stderr.contains("role") && done.stderr.contains("parcel"), "{}", done.stderr);
    let done = place.run(&["planning", "--far-rule", "paris", "points.csv"]).expect(2);
    assert!(done.stderr.contains("tianjin") && done.stderr.contains("national"), "{}", done.stderr);
}

/// Cambridge's parcels, tax roll and zoning. The counts were taken from the files by a script of a few lines with
/// Python's json and csv: keys trimmed and without case, "0" no key.
#[test]
fn cambridge_parcels_find_their_tax_records_and_their_zone() {
    let Some(folder) = crate::data::folder() else { return };
    let files = [
        "parcels/cambridge_ma_parcels_fy2013.topojson",
        "parcels/cambridge_ma_tax_fy2013.csv",
        "parcels/cambridge/CDD_ZoningDistricts.geojson",
    ];
    let run = |more: &[&str]| run_in(&folder, &[&["planning", "--json"], more, &files[..]].concat()).json();
    let all = run(&[]);
    let join = &all["joins"][0];
    assert_eq!((&join["parcel_field"], &join["record_field"]), (&"ML".into(), &"ML".into()));
    let joined = serde_json::json!({
        "records": 27_424, "matched_records": 27_366, "without_key": 5,
        "features": 13_159, "matched_features": 13_014, "shared_keys": 12, "sharing_features": 86,
    });
    assert_eq!(join["joined"], joined);
    // Lot 9-89: one house of 1.75 storeys, built in 1920, 6,096 square feet = 566.3 m².
    let house = run(&["--parcel", "9-89"]);
    let record = &house["records"][0];
    assert_eq!((&record["records"], &record["shared_by"]), (&1.into(), &1.into()));
    assert_eq!(record["storeys"], serde_json::json!([1.75, 1.75]));
    assert_eq!(record["years"], serde_json::json!([1920, 1920]));
    // 0.09290304 m² a square foot.
    assert!((record["floor_area_m2"].as_f64().unwrap() - 566.337).abs() < 0.001, "{record}");
    let zone = &house["zone"];
    assert!(zone["share"].as_f64().unwrap() > 0.5 && !zone["name"].as_str().unwrap().is_empty(), "{zone}");
    // Condominiums: many rows for one lot; year 0 is no year.
    let many = run(&["--parcel", "1A-109"]);
    assert_eq!(many["records"][0]["records"], 438);
    assert!(many["records"][0]["years"][0].as_i64().is_none_or(|year| year > 1600), "{}", many["records"][0]);
}

/// The same as a project of its own, with roof structures whose heights are in feet. The numbers of the stock were
/// counted from the tax roll by a script of a few lines with Python's csv.
#[test]
fn cambridge_is_a_project_whose_dossiers_and_stock_work() {
    let place = Place::new();
    let Some(files) = crate::data::cambridge(&place) else { return };
    let before: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(place.path().join(file)).unwrap()).collect();
    let all = place.run(&["planning", ".", "--json"]).json();
    assert_eq!(all["joins"][0]["joined"]["matched_records"], 27_366);
    assert_eq!(all["joins"][0]["joined"]["shared_keys"], 12);
    let house = place.run(&["planning", ".", "--parcel", "9-89", "--json"]).json();
    assert_eq!(house["records"][0]["storeys"], serde_json::json!([1.75, 1.75]));
    assert!(house["zone"]["share"].as_f64().unwrap() > 0.5, "{}", house["zone"]);
    // The lots beside it are named, with their distance.
    assert!(house["around"]["neighbours"].as_array().unwrap().len() > 3, "{}", house["around"]);

    // The first roof structure of the file: TOP_GL = 74.0 feet = 22.555 m.
    let roofs = place.run(&["query", ".", "--layer", "roofs", "--where", "TOP_GL = 74.0", "--format", "json"]).json();
    let height = roofs["features"][0]["height_m"].as_f64().unwrap();
    // Heights are kept as f32: good to 2 µm at 22 m.
    assert!((height - 74.0 * 0.3048).abs() < 1e-5, "{roofs}");
    assert_eq!(roofs["features"][0]["height_provenance"], "surveyed");

    let done = place.run(&["housing", ".", "--layer", "tax", "--by", "zoning", "--json"]);
    assert!(done.stderr.contains("ML = ML") && done.stderr.contains("27366 of 27424"), "{}", done.stderr);
    let stock = &done.json()["stock"];
    assert_eq!(stock["buildings"], 27_424);
    // Rows of the tax roll with AYBYrBuilt from 1981 to 1990; 873 say 0 and are unknown.
    let year = |code: &str| stock["by_year"].as_array().unwrap().iter().find(|class| class["code"] == code).unwrap();
    assert_eq!(year("1981-1990")["buildings"], 2_151, "{}", stock["by_year"]);
    // Nearly all of the 27,366 rows that found a lot lie in a zone; each row is counted once.
    let groups = stock["groups"].as_array().unwrap();
    let sum = |wanted: bool| -> u64 {
        let some = groups.iter().filter(|group| (group["group"] != "unknown") == wanted);
        some.filter_map(|group| group["buildings"].as_u64()).sum()
    };
    assert!(sum(true) > 26_000 && groups.len() > 20, "{} in {} groups", sum(true), groups.len());
    assert_eq!(sum(true) + sum(false), 27_424);
    for (to, bytes) in files.iter().zip(&before) {
        assert!(std::fs::read(place.path().join(to)).unwrap() == *bytes, "{to} was changed");
    }
}
