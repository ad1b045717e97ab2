//! Odd inputs as offices have them: codes given twice, persons under unusual names, limits as texts, layers that do
//! not meet. What the program cannot know it says, and never makes up.

use serde_json::{Value as Json, json};

use crate::program::{Place, Run};

/// A square of about 100 m, so many squares east of a place in Tianjin.
fn square(east: f64) -> Json {
    let (west, south, side) = (117.2 + 0.002 * east, 39.12, 0.001);
    let corners =
        [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]];
    json!({ "type": "Polygon", "coordinates": [corners] })
}

/// Properties and geometry.
type Feature = (Json, Json);

fn collection(features: &[Feature]) -> String {
    let feature = |(properties, geometry): &(Json, Json)| json!({"type": "Feature", "properties": properties, "geometry": geometry});
    json!({ "type": "FeatureCollection", "features": features.iter().map(feature).collect::<Vec<_>>() }).to_string()
}

/// A project of layers `(id, role, features)`.
fn project(layers: &[(&str, &str, &[Feature])]) -> Place {
    let place = Place::new();
    let mut toml = "title = \"odd\"\n".to_owned();
    for (id, role, features) in layers {
        place.write(&format!("{id}.geojson"), collection(features));
        toml += &format!("[[layer]]\nid = \"{id}\"\nsource = \"{id}.geojson\"\nrole = \"{role}\"\n");
    }
    place.write("project.toml", toml);
    place
}

fn verdicts<'a>(parcel: &'a Json, rule: &str) -> &'a Json {
    let checks = parcel["checks"].as_array().unwrap();
    checks.iter().find(|check| check["rule"] == rule).unwrap()
}

/// Of a run that ends with "something is in breach" or not.
fn answer(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {} {}", run.stdout, run.stderr))
}

#[test]
fn a_code_that_two_parcels_have_is_said_and_names_both() {
    let parcel = |code: &str, east: f64| (json!({"地块编号": code, "容积率": 2.0}), square(east));
    let place = project(&[("plots", "parcel", &[parcel("A-01", 0.0), parcel("A-02", 1.0), parcel("A-01", 2.0)])]);
    let all = place.run(&["planning", ".", "--json"]).says("地块编号").says("A-01 (2 rows)");
    let ids: Vec<Json> =
        answer(&all)["parcels"].as_array().unwrap().iter().map(|parcel| parcel["id"].clone()).collect();
    assert_eq!(ids, ["A-01", "A-02", "A-01"], "never row numbers");
    let both = answer(&place.run(&["planning", ".", "--parcel", "A-01", "--json"]).says("share the id A-01"));
    let rows: Vec<u64> = both["parcels"].as_array().unwrap().iter().map(|p| p["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [0, 2]);
    let one = answer(&place.run(&["planning", ".", "--parcel", "#2", "--json"]));
    assert_eq!((&one["row"], &one["id"]), (&2.into(), &"A-01".into()));
}

#[test]
fn a_unit_code_that_two_buildings_have_shows_both_with_their_units() {
    let house = |east: f64| (json!({"BDCDYH": "370104100209GB01009F10760000", "FWJG": "4"}), square(east));
    let other = (json!({"BDCDYH": "370104100209GB01009F10770000", "FWJG": "4"}), square(4.0));
    let flat = (json!({"BDCDYH": "370104100209GB01009F10760001", "FJH": "101"}), Json::Null);
    let place =
        project(&[("houses", "building", &[house(0.0), house(1.0), other]), ("flats", "unit", &[flat.clone(), flat])]);
    let run = place.run(&["housing", ".", "--building", "370104100209GB01009F10760000", "--json"]);
    let run = run.says("share the id").says("belong to all of them together");
    let found = answer(&run);
    let units: Vec<u64> =
        found["buildings"].as_array().unwrap().iter().map(|one| one["units"]["count"].as_u64().unwrap()).collect();
    assert_eq!(units, [2, 2]);
}

/// The identity number is the example of GB 11643.
#[test]
fn persons_under_unusual_names_are_masked_everywhere_and_conditions_may_not_ask() {
    let row = json!({
        "id": "h1", "QLRMC_1": "张三丰", "租户": "李四", "TELNO": "13800138000", "备注": "身份证11010519491231002X",
        "明细": "{\"户主\": \"王五六\"}", "楼名": "一号楼",
    });
    let place = project(&[("houses", "building", &[(row, square(0.0))])]);
    let secrets = ["张三丰", "李四", "13800138000", "11010519491231002X", "王五六"];
    for args in [
        &["query", ".", "--layer", "houses"][..],
        &["query", ".", "--layer", "houses", "--format", "csv"],
        &["query", ".", "--layer", "houses", "--json"],
        &["query", ".", "--layer", "houses", "--format", "geojson"],
        &["info", "houses.geojson"],
        &["info", "houses.geojson", "--json"],
        &["housing", ".", "--building", "h1"],
    ] {
        let run = place.run(args).expect(0);
        for secret in secrets {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret}: {args:?} {}", run.stdout);
        }
    }
    for condition in ["\"租户\" = '李四'", "\"备注\" LIKE '%1101%'", "\"楼名\" = '一号楼' AND \"TELNO\" IS NOT NULL"]
    {
        let asked = ["query", ".", "--layer", "houses", "--where", condition];
        place.run(&asked).expect(2).says("--unmask").says("personal");
        let open = place.run(&[&asked[..], &["--unmask", "--json"]].concat());
        assert_eq!(answer(&open)["count"], 1, "{condition}");
    }
    let plain = place.run(&["query", ".", "--layer", "houses", "--where", "\"楼名\" = '一号楼'", "--json"]);
    assert_eq!(answer(&plain)["count"], 1);
}

/// 3 and 40 people in two structures: both are hidden, for 43 less 40 would be the three; the three alone are 1–4.
#[test]
fn a_hidden_number_of_people_cannot_be_computed_from_what_is_shown() {
    let house = |id: &str, structure: &str, people: u32, east: f64| {
        (json!({"id": id, "FWJG": structure, "常住人口": people, "建筑用途": "住宅"}), square(east))
    };
    let place = project(&[("houses", "building", &[house("a", "3", 3, 0.0), house("b", "4", 40, 1.0)])]);
    let stock = answer(&place.run(&["housing", ".", "--json"]));
    assert_eq!(stock["stock"]["residents"]["sum"], 43.0);
    let hidden =
        stock["stock"]["by_structure"].as_array().unwrap().iter().filter(|c| c["residents"]["suppressed"] == true);
    assert_eq!(hidden.count(), 2);
    let people = |more: &[&str]| {
        let card = answer(&place.run(&[&["housing", ".", "--building", "a", "--json"], more].concat()));
        let facts = card["building"]["facts"].as_array().unwrap().clone();
        facts.into_iter().find(|fact| fact["key"] == "residents").unwrap()["value"].clone()
    };
    assert_eq!((people(&[]), people(&["--unmask"])), (json!("1–4"), json!(3.0)));
}

/// Far from all buildings nothing is known to stand on a parcel, which is another thing than nothing standing there.
#[test]
fn parcels_that_no_layer_of_buildings_touches_are_no_clean_pass() {
    let parcel = (json!({"地块编号": "A-01", "容积率": "≤2.0", "用地性质": "070102"}), square(0.0));
    let house = |east: f64| (json!({"id": "h", "building": "residential", "floors": 3}), square(east));
    let place = project(&[("plots", "parcel", std::slice::from_ref(&parcel)), ("houses", "building", &[house(300.0)])]);
    let far = answer(&place.run(&["planning", ".", "--json"]).says("touches layer plots"));
    assert_eq!((&far["buildings_elsewhere"], &far["parcels"][0]["verdict"]), (&true.into(), &"unknown".into()));
    assert_eq!(verdicts(&far["parcels"][0], "far")["why"], json!(["buildings_elsewhere"]));
    // Three storeys on the whole parcel are 3.0 times its area.
    let place = project(&[("plots", "parcel", &[parcel]), ("houses", "building", &[house(0.0)])]);
    let near = answer(&place.run(&["planning", ".", "--json"]).expect(1));
    assert_eq!(verdicts(&near["parcels"][0], "far")["limit"], 2.0);
    assert_eq!(verdicts(&near["parcels"][0], "far")["verdict"], "breach");
}

#[test]
fn what_is_no_polygon_is_counted_and_a_rule_says_what_decided_it() {
    let point = json!({"type": "Point", "coordinates": [117.2, 39.12]});
    let parcel = |code: &str, shape: &Json| (json!({"宗地代码": code, "用地性质": "X9"}), shape.clone());
    let both = [parcel("370104100209GB01009", &square(0.0)), parcel("370104100209GB01010", &point)];
    let place = project(&[("plots", "parcel", &both)]);
    let found = answer(&place.run(&["planning", ".", "--json"]).says("1 of 2 features"));
    assert_eq!((&found["not_polygons"], &found["summary"]["parcels"]), (&1.into(), &1.into()));
    let basis = found["far_rule"]["basis"].as_str().unwrap();
    assert!(basis.contains("no local rule") && basis.contains("370104"), "{basis}");
    let balance = place.run(&["planning", ".", "--balance"]).expect(0);
    assert!(balance.stdout.contains("X9 1"), "{}", balance.stdout);
    place.run(&["planning", ".", "--parcel", "#1"]).expect(3).says("it is a point");
    let place = project(&[("plots", "parcel", &both[1..])]);
    place.run(&["planning", ".", "--json"]).expect(3).says("none of its 1 features is a polygon");
}

#[test]
fn orders_in_names_never_reach_the_terminal() {
    let place = Place::new();
    let name = "A\u{1b}]0;owned\u{7}\u{202e}1";
    place.write("houses.csv", format!("id,name,lon,lat\n{name},{name},117.2,39.12\n{name},b,117.21,39.12\n"));
    let bad = |text: &str| text.contains(['\u{1b}', '\u{7}', '\u{202e}']);
    for args in
        [&["query", "houses.csv", "--layer", "houses"][..], &["query", "houses.csv", "--layer", "houses", "--json"]]
    {
        let run = place.run(args).expect(0);
        assert!(!bad(&run.stdout) && !bad(&run.stderr), "{:?} {:?}", run.stdout, run.stderr);
        if args.contains(&"--json") {
            assert_eq!(run.json()["features"][0]["attributes"]["name"], name, "JSON holds the text as it is");
        }
    }
    // What programs read is not changed.
    let csv = place.run(&["query", "houses.csv", "--layer", "houses", "--format", "csv"]).expect(0);
    assert!(csv.stdout.contains(name));
    let run = place.run(&["query", "houses.csv", "--layer", name]).expect(3);
    assert!(!bad(&run.stderr), "{:?}", run.stderr);
}
