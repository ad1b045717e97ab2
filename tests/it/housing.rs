//! The `housing` command over the demo city and over a table with persons.

use serde_json::Value as Json;

use super::program::{Place, Run, package, run_in};

fn demo(more: &[&str]) -> Run {
    run_in(&package().join("layers"), &[&["housing", "haihe"], more].concat())
}

/// Attributes of the demo's buildings that are no parts, by another command.
fn query(condition: &str) -> u64 {
    let args = ["query", "haihe", "--layer", "buildings", "--json", "--where", condition];
    run_in(&package().join("layers"), &args).json()["count"].as_u64().unwrap()
}

fn class<'a>(classes: &'a Json, code: &str) -> &'a Json {
    classes
        .as_array()
        .unwrap()
        .iter()
        .find(|class| class["code"] == code)
        .unwrap_or_else(|| panic!("{code}: {classes}"))
}

/// Counts against those of `query`, which knows nothing of housing.
#[test]
fn the_stock_of_the_demo_city_is_what_its_fields_say() {
    let answer = demo(&["--json"]).json();
    let stock = &answer["stock"];
    assert_eq!(stock["buildings"], query("part = false"));
    assert_eq!(stock["parts"], query("part = true"));
    let count = |list: &str, code: &str| class(&stock[list], code)["buildings"].as_u64().unwrap();
    for grade in ["A", "B", "C", "D"] {
        assert_eq!(count("by_grade", grade), query(&format!("part = false AND safety = '{grade}'")), "{grade}");
    }
    assert_eq!(count("by_year", "1981-1990"), query("part = false AND year BETWEEN 1981 AND 1990"));
    assert_eq!(count("by_structure", "5"), query("part = false AND structure = 5"));
    assert_eq!(count("by_use", "residential"), query("part = false AND use = 'residential'"));
    for list in ["by_year", "by_structure", "by_grade", "by_use"] {
        let sum: u64 = stock[list].as_array().unwrap().iter().map(|class| class["buildings"].as_u64().unwrap()).sum();
        assert_eq!(stock["buildings"], sum, "{list}");
    }
    let dangerous = stock["dangerous_buildings"].as_array().unwrap();
    assert_eq!(dangerous.len() as u64, query("part = false AND safety IN ('C', 'D')"));
    assert_eq!(dangerous[0]["grade"], "D");
    // Every dwelling of the demo has the code of its building.
    let matched = &answer["units"]["matched"];
    assert_eq!((&matched["code"], &matched["none"]), (&answer["units"]["count"], &0.into()));
}

/// An old slab: 4 entrances × 6 storeys × 2 flats; its code is 120102 002 005 G B 00008 F 0005.
#[test]
fn a_building_of_the_demo_city_has_its_unit_table() {
    let answer = demo(&["--building", "120102002005GB00008F00050000", "--json"]).json();
    let units = &answer["units"];
    assert_eq!((&units["count"], &units["matched"]["code"]), (&48.into(), &48.into()));
    let table = &units["table"];
    let orders: Vec<i64> =
        table["storeys"].as_array().unwrap().iter().map(|storey| storey["order"].as_i64().unwrap()).collect();
    assert_eq!(orders, [6, 5, 4, 3, 2, 1]);
    let entrances: Vec<&str> =
        table["entrances"].as_array().unwrap().iter().filter_map(|entrance| entrance["name"].as_str()).collect();
    assert_eq!(entrances, ["1", "2", "3", "4"]);
    for storey in table["storeys"].as_array().unwrap() {
        assert!(storey["cells"].as_array().unwrap().iter().all(|cell| cell.as_array().map(Vec::len) == Some(1)));
    }
    assert_eq!(table["misfits"], serde_json::json!([]));
    let states: u64 = units["states"].as_array().unwrap().iter().map(|state| state["units"].as_u64().unwrap()).sum();
    assert_eq!(states, 48);
    let code = &answer["building"]["code"];
    assert_eq!(code["printed"], "120102 002005 GB00008 F00050000");
    assert_eq!(code["groups"][3]["meaning"]["zh"], "国家土地所有权");
    // A dwelling's own code finds its building.
    let same = demo(&["--building", "120102002005GB00008F00050038", "--json"]).json();
    assert_eq!(same["building"]["id"], "120102002005GB00008F00050000");
    let printed = demo(&["--building", "120102002005GB00008F00050000"]).expect(0).stdout;
    assert!(printed.contains("4-102") && printed.contains("国家土地所有权"), "{printed}");
}

#[test]
fn an_unknown_building_is_3_and_says_what_to_do() {
    demo(&["--building", "nobody"]).expect(3).says("nobody");
    demo(&["--building", "nobody"]).expect(3).says("cimbase query");
    demo(&["--by", "nothing"]).expect(2).says("nothing");
    demo(&["--by", "use", "--building", "x"]).expect(2);
}

/// One house of the real parcel with two flats and their owners. The identity number is the example of GB 11643.
#[test]
fn persons_are_masked_unless_it_is_asked_and_said() {
    let place = Place::new();
    let square = "[[[117.2,39.12],[117.201,39.12],[117.201,39.121],[117.2,39.121],[117.2,39.12]]]";
    place.write(
        "p/houses.geojson",
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"BDCDYH":"370104100209GB01009F10760000","FWJG":"4","floors":6}},"geometry":{{"type":"Polygon","coordinates":{square}}}}}]}}"#
        ),
    );
    let flat = |number: u32, room: &str, owner: &str, phone: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"BDCDYH":"370104100209GB01009F1076000{number}","FJH":"{room}","CH":3,"QLRMC":"{owner}","ZJH":"11010519491231002X","DH":"{phone}"}},"geometry":{{"type":"Point","coordinates":[117.2005,39.1205]}}}}"#
        )
    };
    let flats = [flat(1, "1-301", "张三丰", "18049531999"), flat(2, "1-302", "李四", "13800138000")].join(",");
    place.write("p/flats.geojson", format!(r#"{{"type":"FeatureCollection","features":[{flats}]}}"#));
    place.write(
        "p/project.toml",
        "title = \"x\"\n[[layer]]\nid = \"houses\"\nsource = \"houses.geojson\"\nrole = \"building\"\n\
         [[layer]]\nid = \"flats\"\nsource = \"flats.geojson\"\nrole = \"unit\"\n",
    );
    let ask = |more: &[&str]| {
        place.run(&[&["housing", "p", "--building", "370104100209GB01009F10760000"], more].concat()).expect(0)
    };
    let secrets = ["张三丰", "李四", "11010519491231002X", "18049531999", "13800138000"];
    for run in [ask(&[]), ask(&["--json"])] {
        for secret in secrets {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret} in {}", run.stdout);
        }
        assert!(run.stdout.contains("张*丰") && run.stdout.contains("180****1999"), "{}", run.stdout);
    }
    let shown = ask(&["--json", "--unmask"]).says("--unmask");
    assert!(secrets.iter().all(|secret| shown.stdout.contains(secret)), "{}", shown.stdout);
    let answer = shown.json();
    assert_eq!((&answer["units"]["masked"], &answer["units"]["count"]), (&false.into(), &2.into()));
    let structure = answer["building"]["facts"].as_array().unwrap().iter().find(|f| f["key"] == "structure").unwrap();
    assert_eq!((&structure["value"], &structure["from"]), (&"4".into(), &"FWJG".into()));
}

#[test]
fn a_project_without_buildings_says_what_it_has() {
    let place = Place::new();
    place.write("trees.csv", "id,lon,lat\n1,117.2,39.12\n2,117.21,39.13\n");
    place.run(&["housing", "trees.csv"]).expect(3).says("--layer").says("trees");
}
