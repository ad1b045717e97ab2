//! Questions across layers, through the built program.

use std::collections::BTreeMap;

use cimbase::city::City;
use cimbase::demo::{self, DemoOptions};
use cimbase::model::project::Project;
use cimbase::query::Where;
use cimbase::query::question::{Question, Relation, answer};
use cimbase::report::Progress;
use serde_json::Value;

use crate::program::{Place, Run};

/// Two parcels of 100 m side by side; in the first two houses and three cases, in the second one house that lies across
/// the line with 15 of its 20 m, and one case.
fn place() -> Place {
    let place = Place::new();
    let square = |x: f64, y: f64, w: f64, h: f64| {
        let at = |dx: f64, dy: f64| [500_000.0 + x + dx, 4_330_000.0 + y + dy];
        serde_json::json!({"type": "Polygon", "coordinates": [[at(0.0, 0.0), at(w, 0.0), at(w, h), at(0.0, h), at(0.0, 0.0)]]})
    };
    let feature =
        |geometry: Value, said: Value| serde_json::json!({"type": "Feature", "geometry": geometry, "properties": said});
    let write = |name: &str, features: Vec<Value>| {
        place.write(name, serde_json::json!({"type": "FeatureCollection", "features": features}).to_string());
    };
    let parcel =
        |x: f64, id: &str| feature(square(x, 0.0, 100.0, 100.0), serde_json::json!({"id": id, "QLRMC": "张三丰"}));
    write("parcels.geojson", vec![parcel(0.0, "P1"), parcel(100.0, "P2")]);
    let house = |x: f64, id: &str, grade: &str| {
        feature(square(x, 40.0, 20.0, 20.0), serde_json::json!({"id": id, "grade": grade}))
    };
    write("houses.geojson", vec![house(10.0, "H1", "D"), house(40.0, "H2", "A"), house(95.0, "H3", "C")]);
    let case = |x: f64, id: &str, day: &str| {
        let point = serde_json::json!({"type": "Point", "coordinates": [500_000.0 + x, 4_330_010.0]});
        feature(point, serde_json::json!({"id": id, "state": "open", "reported": format!("2026-03-{day}T02:00:00Z")}))
    };
    write(
        "cases.geojson",
        vec![case(10.0, "C1", "01"), case(20.0, "C2", "20"), case(30.0, "C3", "30"), case(150.0, "C4", "30")],
    );
    let layer = |id: &str, role: &str| {
        format!(
            "\n[[layer]]\nid = \"{id}\"\nsource = \"{id}.geojson\"\nrole = \"{role}\"\ncrs = \"EPSG:4548\"\nfields = {{ id = \"id\" }}\n"
        )
    };
    let layers =
        [("parcels", "parcel"), ("houses", "building"), ("cases", "incident")].map(|(id, role)| layer(id, role));
    let kept = "\n[[question]]\nid = \"danger\"\ntitle = { zh = \"危房\", en = \"Danger\" }\nlayer = \"parcels\"\nas_of = \"2026-03-31\"\n\n\
                [[question.relation]]\nkind = \"contains\"\nlayer = \"houses\"\nwhere = \"grade IN ('C', 'D')\"\n\n\
                [[question.relation]]\nkind = \"contains\"\nlayer = \"cases\"\nat_least = 2\nsince_days = 30\nsince_field = \"reported\"\n";
    place.write("project.toml", format!("crs = \"EPSG:4548\"\n{}{kept}", layers.concat()));
    place
}

fn query(place: &Place, more: &[&str]) -> Run {
    place.run(&[&["query", "."], more].concat())
}

/// Ids with the numbers of related things.
fn found(answer: &Value) -> BTreeMap<String, Vec<u64>> {
    let features = answer["features"].as_array().unwrap();
    let counts = |feature: &Value| {
        feature["related"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).collect()
    };
    features.iter().map(|feature| (feature["id"].as_str().unwrap().to_owned(), counts(feature))).collect()
}

#[test]
fn relations_in_arguments_and_kept_ones_give_the_same_with_the_keys_of_the_contract() {
    let place = place();
    let danger = "houses: grade IN ('C', 'D')";
    let asked = [
        "--layer",
        "parcels",
        "--contains",
        danger,
        "--contains",
        "cases >= 2 in 30 days of reported",
        "--as-of",
        "2026-03-31",
    ];
    let typed = query(&place, &[&asked[..], &["--json"]].concat()).json();
    let kept = query(&place, &["--question", "危房", "--json"]).json();
    // H1 alone in P1 (H3 has 5 of its 20 m there), C2 and C3 of the last 30 days; in P2 one case.
    assert_eq!(found(&typed), [("P1".to_owned(), vec![1, 2])].into());
    assert_eq!(found(&typed), found(&kept));
    assert_eq!(typed["features"][0]["related"][1]["ids"], serde_json::json!(["C2", "C3"]));
    for key in ["layer", "crs", "count", "question", "as_of", "asked", "chosen", "relations", "ms", "features"] {
        assert!(typed.get(key).is_some(), "{key}");
    }
    assert_eq!((&typed["chosen"], &typed["as_of"]), (&Value::from(2), &Value::from("2026-03-31T23:59:59.999Z")));
    assert_eq!(
        typed["relations"][0],
        serde_json::json!({"kind": "contains", "layer": "houses", "where": "grade IN ('C', 'D')", "metres": null, "at_least": 1, "at_most": null, "since_days": null, "things": 2})
    );
    // Another day for a kept question: in the thirty days before the end of 10 March there was one case.
    let earlier = query(&place, &["--question", "danger", "--as-of", "2026-03-10", "--json"]).json();
    assert_eq!(earlier["count"], 0);
    let plain = query(&place, &["--layer", "parcels", "--json"]).json();
    assert!(plain.get("question").is_none() && plain["features"][0].get("related").is_none(), "as it always was");
}

#[test]
fn within_near_and_place_narrow_the_answer() {
    let place = place();
    let ids = |more: &[&str]| {
        let answer = query(&place, &[more, &["--json"]].concat()).json();
        found(&answer).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--layer", "houses", "--within", "parcels: id = 'P2'"]), ["H3"]);
    // From the cases at y = 10 to the houses at y = 40: 30 m, to H1 from C1, C2, C3 (at x = 30 its edge).
    assert_eq!(ids(&["--layer", "houses", "--near", "cases >= 3 within 30 m"]), ["H1"]);
    assert_eq!(ids(&["--layer", "houses", "--near", "cases none within 29.9 m"]), ["H1", "H2", "H3"]);
    let near = ["--layer", "houses", "--near", "cases within 60 m"];
    assert_eq!(ids(&near), ["H1", "H2", "H3"]);
    assert_eq!(ids(&[&near[..], &["--bbox", "500000,4330000,500035,4330100"]].concat()), ["H1"]);
    assert_eq!(
        ids(&["--layer", "cases", "--since-days", "2", "--since-field", "reported", "--as-of", "2026-03-30"]),
        ["C3", "C4"]
    );
    let csv = query(&place, &[&near[..], &["--format", "csv"]].concat()).expect(0).stdout;
    assert!(csv.lines().next().unwrap().ends_with(",n_cases") && csv.lines().nth(1).unwrap().ends_with(",3"), "{csv}");
    let table = query(&place, &near).expect(0).stdout;
    assert!(table.contains("is near 3 of cases: C1, C2, C3"), "{table}");
}

#[test]
fn the_answer_is_a_layer_with_numbers_question_and_date_and_masked_names() {
    let place = place();
    for (file, layer) in [("answer.fgb", "answer"), ("answer.geojson", "answer")] {
        let done = query(&place, &["--question", "danger", "--out", file]).expect(0).says("1 features");
        assert_eq!(done.stdout, "");
        let read = place.run(&["query", file, "--layer", layer, "--json"]).json();
        let said = &read["features"][0]["attributes"];
        assert_eq!((&said["id"], &said["n_houses"], &said["n_cases"]), (&"P1".into(), &1.into(), &2.into()), "{said}");
        assert!(said["question"].as_str().unwrap().starts_with("parcels; contains houses: grade IN"), "{said}");
        assert!(said["asked"].to_string().len() > 10 && said["as_of"].to_string().contains("2026-03-31"), "{said}");
        assert_eq!(said["QLRMC"], "张*丰");
    }
    query(&place, &["--question", "danger", "--out", "parcels.geojson"]).expect(2).says("source of the project");
    query(&place, &["--question", "danger", "--out", "answer.shp"]).expect(2).says(".geojson");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let place = place();
    let asks = |more: &[&str], code, word: &str| _ = query(&place, more).expect(code).says(word);
    asks(&["--layer", "parcels", "--contains", "hauses"], 3, "did you mean \"houses\"");
    asks(&["--layer", "parcels", "--contains", "houses: grad = 'D'"], 2, "did you mean grade");
    asks(&["--layer", "parcels", "--contains", "houses >= few"], 2, "LAYER");
    asks(&["--layer", "cases", "--contains", "houses"], 2, "no polygons");
    asks(&["--layer", "parcels", "--near", "houses"], 2, "distance");
    asks(&["--layer", "parcels", "--as-of", "2026-03-31"], 2, "--since-days");
    asks(&["--question", "dangerous"], 2, "it has danger");
    asks(&["--question", "danger", "--where", "id = 'P1'"], 2, "--where");
    asks(&["--layer", "parcels", "--contains", "houses", "--near", "500000,4330000"], 2, "--bbox");
    asks(&["--layer", "parcels", "--near", "500000,4330000", "--near", "500000,4330001"], 2, "once");
}

/// The demo city: every number against a look at all pairs with `geo`, which shares no code with the index.
#[test]
fn the_demo_answers_as_a_look_at_all_pairs_does() {
    use geo::{Area, BooleanOps, Contains, MultiPolygon};
    let folder = tempfile::tempdir().unwrap();
    demo::write(&DemoOptions { buildings: 600, seed: 3 }, folder.path(), &Progress::default()).unwrap();
    let city = City::open(&Project::read(folder.path()).unwrap(), &Progress::default()).unwrap();
    let relation = |text: &str| Relation::parse("contains", text).unwrap();
    let question = Question {
        layer: "parcels".into(),
        relations: vec![relation("buildings: floors >= 3"), relation("components <= 3")],
        ..Question::default()
    };
    let answer = answer(&city, &question, Where::Anywhere, None, &Progress::default()).unwrap();
    let found: BTreeMap<u32, [u32; 2]> =
        answer.matches.iter().map(|m| (m.row, [m.related[0].count, m.related[1].count])).collect();
    let layer = |id: &str| &city.layer(id).unwrap().layer.table;
    let polygons = |id: &str, row: u32| -> MultiPolygon {
        match cimbase::query::shape::of_feature(&layer(id).geometry, row) {
            Some(geo::Geometry::MultiPolygon(polygons)) => polygons,
            _ => MultiPolygon::new(Vec::new()),
        }
    };
    let (parcels, buildings, components) = (layer("parcels"), layer("buildings"), layer("components"));
    let houses: Vec<MultiPolygon> = (0..buildings.len() as u32)
        .filter(|row| buildings.value(*row, "floors").number().is_some_and(|floors| floors >= 3.0))
        .map(|row| polygons("buildings", row))
        .collect();
    let mut expected = BTreeMap::new();
    for row in 0..parcels.len() as u32 {
        let site = polygons("parcels", row);
        let most = |house: &&MultiPolygon| 2.0 * site.intersection(*house).unsigned_area() > house.unsigned_area();
        let standing = houses.iter().filter(most).count() as u32;
        let points = (0..components.len() as u32).filter_map(|row| components.geometry.vertices(row).first());
        // Components of the demo lie on no parcel's line.
        let inside = points.filter(|[x, y]| site.contains(&geo::Point::new(*x, *y))).count() as u32;
        if standing >= 1 && inside <= 3 {
            expected.insert(row, [standing, inside]);
        }
    }
    assert!(expected.len() > 5 && expected.len() < parcels.len(), "{} of {}", expected.len(), parcels.len());
    assert_eq!(found, expected);
}
