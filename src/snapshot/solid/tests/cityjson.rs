//! Read back by the CityJSON 2.0 specification alone.

use serde_json::json;

use super::*;

/// Vertices in metres.
fn vertices(json: &Json, transform: &Json) -> Vec<[f64; 3]> {
    let of = |key: &str, k: usize| transform[key][k].as_f64().unwrap();
    let vertex = |v: &Json| [0, 1, 2].map(|k| v[k].as_i64().unwrap() as f64 * of("scale", k) + of("translate", k));
    json["vertices"].as_array().unwrap().iter().map(vertex).collect()
}

/// The vector area of a ring (Newell).
fn area(ring: &Json, at: &[[f64; 3]]) -> [f64; 3] {
    let corners: Vec<[f64; 3]> = ring.as_array().unwrap().iter().map(|i| at[i.as_u64().unwrap() as usize]).collect();
    let from = corners[0];
    let mut sum = [0.0; 3];
    for i in 0..corners.len() {
        let [a, b] = [corners[i], corners[(i + 1) % corners.len()]].map(|p| [0, 1, 2].map(|k| p[k] - from[k]));
        sum[0] += (a[1] * b[2] - a[2] * b[1]) / 2.0;
        sum[1] += (a[2] * b[0] - a[0] * b[2]) / 2.0;
        sum[2] += (a[0] * b[1] - a[1] * b[0]) / 2.0;
    }
    sum
}

/// The volume within a shell: a third of the sum of point · area, by the divergence theorem; whether its edges close.
fn shell(shell: &Json, at: &[[f64; 3]], middle: [f64; 3]) -> (f64, bool) {
    let (mut volume, mut edges) = (0.0, std::collections::HashMap::new());
    for ring in shell.as_array().unwrap().iter().flat_map(|surface| surface.as_array().unwrap()) {
        let corner = at[ring[0].as_u64().unwrap() as usize];
        let area = area(ring, at);
        volume += (0..3).map(|k| (corner[k] - middle[k]) * area[k]).sum::<f64>() / 3.0;
        let ring: Vec<u64> = ring.as_array().unwrap().iter().map(|i| i.as_u64().unwrap()).collect();
        for (i, a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            *edges.entry((*a.min(&b), *a.max(&b))).or_insert(0) += if *a < b { 1 } else { -1 };
        }
    }
    (volume, edges.values().all(|count| *count == 0))
}

fn check_buildings(objects: &std::collections::BTreeMap<String, (Json, Vec<[f64; 3]>)>) {
    for (name, expected) in VOLUMES {
        let named = |(object, _): &&(Json, Vec<[f64; 3]>)| object["attributes"]["名称"] == name;
        let building = objects.values().find(named).expect(name);
        assert_eq!(building.0["type"], "Building");
        let parts: Vec<_> = match building.0["children"].as_array() {
            None => vec![building],
            Some(keys) => keys.iter().map(|key| &objects[key.as_str().unwrap()]).collect(),
        };
        assert_eq!(parts.len(), if name == "两部分" { 2 } else { 1 });
        let mut volume = 0.0;
        for (object, at) in parts {
            let is_part = object["type"] == "BuildingPart" && object["parents"][0] == "houses.#1";
            assert!(object["type"] == "Building" || is_part);
            let geometry = &object["geometry"][0];
            assert_eq!((&geometry["type"], &geometry["lod"]), (&Json::from("Solid"), &Json::from("1.2")));
            let (solid, values) = (&geometry["boundaries"], &geometry["semantics"]["values"]);
            let (own, closed) = shell(&solid[0], at, [AT[0], AT[1], 0.0]);
            assert!(closed && own > 0.0, "{name}");
            volume += own;
            for (surface, value) in solid[0].as_array().unwrap().iter().zip(values[0].as_array().unwrap()) {
                let up = area(&surface[0], at)[2];
                let means = &geometry["semantics"]["surfaces"][value.as_u64().unwrap() as usize]["type"];
                let looks = if up > 1.0 {
                    "RoofSurface"
                } else if up < -1.0 {
                    "GroundSurface"
                } else {
                    "WallSurface"
                };
                assert_eq!(means, looks, "{name}");
            }
        }
        assert!((volume - expected).abs() < 0.02, "{name}: {volume}");
    }
}

#[test]
fn buildings_are_closed_solids_that_look_out_and_say_what_their_surfaces_are() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("c.city.json");
    let done = written(&city, &wish(&city, &[0, 1, 2]), &out);
    assert_eq!((done.layers[2].features, done.layers[2].without_place), (4, 1));
    let json: Json = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((&json["type"], &json["version"]), (&Json::from("CityJSON"), &Json::from("2.0")));
    assert_eq!(json["metadata"]["referenceSystem"], "https://www.opengis.net/def/crs/EPSG/0/4548");
    let at = vertices(&json, &json["transform"]);
    let mut once = at.clone();
    once.sort_by(|a, b| a.partial_cmp(b).unwrap());
    once.dedup();
    assert_eq!(once.len(), at.len(), "each vertex is there once");
    // 0 to 12 m, 25 m is the highest; from the parcel's corner to the third house's.
    let extent = json!([AT[0] - 10.0, AT[1] - 20.0, 0.0, AT[0] + 210.0, AT[1] + 30.0, 25.0]);
    assert_eq!(json["metadata"]["geographicalExtent"], extent);
    let objects = json["CityObjects"].as_object().unwrap();
    // Four houses, a parcel, a road, and two parts.
    assert_eq!(objects.len(), 8);
    check_buildings(&objects.iter().map(|(key, object)| (key.clone(), (object.clone(), at.clone()))).collect());
    assert_eq!(objects["parcels.#0"]["type"], "LandUse");
    let parcel = area(&objects["parcels.#0"]["geometry"][0]["boundaries"][0][0], &at);
    assert!((parcel[2] - 1600.0).abs() < 1e-3);
    assert_eq!(objects["roads.#0"]["type"], "Road");
    assert!(objects["houses.#3"].get("geometry").is_none());
    let first = &objects["houses.#0"]["attributes"];
    assert_eq!((first["storeys"].as_i64(), first["old"].as_bool()), (Some(3), Some(false)));
    assert_eq!((first["share"].as_f64(), &first["cimbase_height_source"]), (Some(0.0), &Json::from("surveyed")));
}

#[test]
fn a_sequence_holds_the_same_a_feature_on_each_line() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("c.city.jsonl");
    written(&city, &wish(&city, &[2]), &out);
    let text = std::fs::read_to_string(&out).unwrap();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["type"]), (5, &Json::from("CityJSON")));
    let mut objects = std::collections::BTreeMap::new();
    for line in &lines[1..] {
        assert_eq!(line["type"], "CityJSONFeature");
        assert!(line["CityObjects"][line["id"].as_str().unwrap()].is_object());
        for (key, object) in line["CityObjects"].as_object().unwrap() {
            objects.insert(key.clone(), (object.clone(), vertices(line, &lines[0]["transform"])));
        }
    }
    check_buildings(&objects);
}

/// Rings as a file may have them that is read in its place: the exterior clockwise, the hole counter-clockwise.
#[test]
fn rings_of_what_lies_on_the_ground_are_turned_as_the_format_wants_them() {
    let mut builder = TableBuilder::default();
    let [x, y] = AT;
    for [from, to] in [[0.0, 10.0], [4.0, 6.0]] {
        let corners = [[from, from], [from, to], [to, to], [to, from]];
        let turned = corners.iter().rev().copied();
        let ring: Vec<[f64; 2]> = if from == 0.0 { corners.to_vec() } else { turned.collect() };
        ring.iter().for_each(|p| builder.geometry.push_vertex([x + p[0], y + p[1]], None));
        builder.geometry.end_ring();
    }
    builder.geometry.end_part();
    builder.geometry.end_feature(GeometryKind::Polygon);
    let layer = Layer { role: Role::Parcel, ..layer_of("parcels", builder.finish()) };
    let (city, folder) = (city_of(vec![CityLayer::in_memory(layer)]), tempfile::tempdir().unwrap());
    let out = folder.path().join("p.city.json");
    written(&city, &wish(&city, &[0]), &out);
    let json: Json = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let at = vertices(&json, &json["transform"]);
    let rings = &json["CityObjects"]["parcels.#0"]["geometry"][0]["boundaries"][0];
    // 10 × 10 m looking up, 2 × 2 m looking down.
    let up = [0, 1].map(|ring| area(&rings[ring], &at)[2]);
    assert!((up[0] - 100.0).abs() < 1e-3 && (up[1] + 4.0).abs() < 1e-3, "{up:?}");
}

/// Cubes of six surfaces, as CityGML has them; without its roof the second is no solid.
#[test]
fn surfaces_that_close_are_a_solid_and_others_are_not() {
    let mut builder = TableBuilder::default();
    let c = |i: u32| [f64::from(i & 1) * 10.0, f64::from(i >> 1 & 1) * 10.0, 40.0 + f64::from(i >> 2) * 10.0];
    let faces = [[4, 5, 7, 6], [0, 2, 3, 1], [0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6]];
    for skipped in [0, 1] {
        for face in &faces[skipped..] {
            face.iter().for_each(|i| {
                let [x, y, z] = c(*i);
                builder.geometry.push_vertex([AT[0] + x, AT[1] + y], Some(z));
            });
            builder.geometry.end_ring();
            builder.geometry.end_part();
        }
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let heights = Heights {
        top: vec![10.0; 2],
        base: vec![0.0; 2],
        source: vec![HeightSource::Surveyed; 2],
        covered: vec![false; 2],
    };
    let vertical = crate::model::Vertical::Absolute;
    let layer = Layer { role: Role::Building, heights: Some(heights), vertical, ..layer_of("cubes", builder.finish()) };
    let (city, folder) = (city_of(vec![CityLayer::in_memory(layer)]), tempfile::tempdir().unwrap());
    let out = folder.path().join("cubes.cityjson");
    written(&city, &wish(&city, &[0]), &out);
    let json: Json = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let at = vertices(&json, &json["transform"]);
    let solid = &json["CityObjects"]["cubes.#0"]["geometry"][0];
    let (volume, closed) = shell(&solid["boundaries"][0], &at, [AT[0], AT[1], 0.0]);
    assert!(solid["type"] == "Solid" && closed && (volume - 1000.0).abs() < 0.01, "{volume}");
    assert_eq!(json["CityObjects"]["cubes.#1"]["geometry"][0]["type"], "MultiSurface");
}
