//! Read back by the glTF 2.0 specification alone.

use super::*;

/// A binary glTF: its JSON and its buffer.
pub(super) struct Read {
    pub json: Json,
    bin: Vec<u8>,
}

/// Reads the chunks.
pub(super) fn read(path: &Path) -> Read {
    let bytes = std::fs::read(path).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((&bytes[..4], word(4), word(8)), (&b"glTF"[..], 2, bytes.len()));
    let text = word(12);
    assert_eq!(&bytes[16..20], b"JSON");
    let json = serde_json::from_slice(&bytes[20..20 + text]).unwrap();
    let bin = if bytes.len() > 20 + text { bytes[28 + text..].to_vec() } else { Vec::new() };
    Read { json, bin }
}

impl Read {
    /// The bytes of an accessor from its first value on, and how far the next is.
    fn values(&self, accessor: &Json, size: usize) -> (usize, usize, &[u8]) {
        let accessor = &self.json["accessors"][accessor.as_u64().unwrap() as usize];
        let view = &self.json["bufferViews"][accessor["bufferView"].as_u64().unwrap() as usize];
        let number = |json: &Json| json.as_u64().unwrap_or(0) as usize;
        let stride = view["byteStride"].as_u64().map_or(size, |v| v as usize);
        let start = number(&view["byteOffset"]) + number(&accessor["byteOffset"]);
        (number(&accessor["count"]), stride, &self.bin[start..])
    }

    fn floats<const N: usize>(&self, accessor: &Json) -> Vec<[f32; N]> {
        let (count, stride, bytes) = self.values(accessor, 4 * N);
        let at = |i: usize, k: usize| i * stride + 4 * k;
        let float = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        (0..count).map(|i| std::array::from_fn(|k| float(at(i, k)))).collect()
    }

    fn indices(&self, accessor: &Json) -> Vec<usize> {
        let (count, stride, bytes) = self.values(accessor, 4);
        (0..count).map(|i| u32::from_le_bytes(bytes[i * stride..i * stride + 4].try_into().unwrap()) as usize).collect()
    }

    /// The triangles of a node, with its translation, each with the number of its feature.
    pub fn triangles(&self, node: &Json) -> Vec<([[f64; 3]; 3], u32)> {
        let numbers = |list: &Vec<Json>| list.iter().map(|v| v.as_f64().unwrap()).collect();
        let by: Vec<f64> = node["translation"].as_array().map_or(vec![0.0; 3], numbers);
        let mut all = Vec::new();
        let Some(mesh) = node["mesh"].as_u64() else { return all };
        for primitive in self.json["meshes"][mesh as usize]["primitives"].as_array().unwrap() {
            let points = self.floats::<3>(&primitive["attributes"]["POSITION"]);
            let normals = self.floats::<3>(&primitive["attributes"]["NORMAL"]);
            let ids = match &primitive["attributes"]["_FEATURE_ID_0"] {
                Json::Null => vec![[0.0]; points.len()],
                accessor => self.floats::<1>(accessor),
            };
            for t in self.indices(&primitive["indices"]).chunks_exact(3) {
                let at = |i: usize| [0, 1, 2].map(|k| f64::from(points[i][k]) + by[k]);
                let triangle = [at(t[0]), at(t[1]), at(t[2])];
                // Normals are of length 1 and look where the triangle looks.
                for i in t {
                    let n = normals[*i].map(f64::from);
                    assert!((n.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-5);
                    let [a, b, c] = triangle;
                    let (u, v) = ([0, 1, 2].map(|k| b[k] - a[k]), [0, 1, 2].map(|k| c[k] - a[k]));
                    let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
                    assert!((0..3).map(|k| cross[k] * n[k]).sum::<f64>() > 0.0);
                }
                all.push((triangle, ids[t[0]][0] as u32));
            }
        }
        all
    }

    /// The nodes that have a mesh, by name.
    pub fn node(&self, name: &str) -> &Json {
        let nodes = self.json["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["name"] == name && !node["mesh"].is_null()).expect(name)
    }

    /// A text or number of a property table.
    pub fn property(&self, table: usize, field: &str, row: usize) -> Json {
        let extension = &self.json["extensions"]["EXT_structural_metadata"];
        let table = &extension["propertyTables"][table];
        let class = &extension["schema"]["classes"][table["class"].as_str().unwrap()];
        let properties = class["properties"].as_object().unwrap();
        let (id, property) = properties.iter().find(|(_, property)| property["name"] == field).expect(field);
        let bytes = |view: &Json| {
            let view = &self.json["bufferViews"][view.as_u64().unwrap() as usize];
            let [start, length] = ["byteOffset", "byteLength"].map(|key| view[key].as_u64().unwrap() as usize);
            assert_eq!(start % 8, 0);
            &self.bin[start..start + length]
        };
        let Some(column) = table["properties"].get(id) else { return property["noData"].clone() };
        let values = bytes(&column["values"]);
        match (property["type"].as_str().unwrap(), property["componentType"].as_str().unwrap_or_default()) {
            ("STRING", _) => {
                let offsets = bytes(&column["stringOffsets"]);
                let at = |i: usize| u32::from_le_bytes(offsets[4 * i..4 * i + 4].try_into().unwrap()) as usize;
                String::from_utf8(values[at(row)..at(row + 1)].to_vec()).unwrap().into()
            }
            ("SCALAR", "INT32") => i32::from_le_bytes(values[4 * row..4 * row + 4].try_into().unwrap()).into(),
            ("SCALAR", "FLOAT64") => f64::from_le_bytes(values[8 * row..8 * row + 8].try_into().unwrap()).into(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_building_is_a_closed_node_with_its_name_attributes_and_volume() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("city.glb");
    let done = written(&city, &wish(&city, &[2]), &out);
    // The fourth has no shape.
    assert_eq!(done.layers[0].features, 3);
    assert!(done.notes.iter().any(|note| note.contains("1 of 4 features have no shape")), "{:?}", done.notes);
    let read = read(&out);
    for (name, volume) in VOLUMES {
        let triangles: Vec<_> = read.triangles(read.node(name)).into_iter().map(|(t, _)| t).collect();
        assert!(is_closed(&triangles), "{name}");
        assert!((six_volumes(&triangles) / 6.0 - volume).abs() < 0.01, "{name}: {}", six_volumes(&triangles) / 6.0);
    }
    let extras = &read.node("天桥")["extras"];
    assert_eq!((&extras["名称"], &extras["cimbase_height_source"]), (&Json::from("天桥"), &Json::from("median")));
    assert_eq!((extras["cimbase_height"].as_f64(), extras["cimbase_base"].as_f64()), (Some(9.0), Some(6.0)));
    assert!(extras.get("storeys").is_none(), "a field without a value is left out");
    assert_eq!(extras["code"].as_i64(), Some(110_101_199_003_071_232));
    // The origin is the middle of squares of 10 m from AT to AT + 200 m; 117.1951° E, 39.1189° N is AT to a metre (cs2cs).
    let origin = &read.json["asset"]["extras"]["origin"];
    let root = read.json["scenes"][0]["nodes"][0].as_u64().unwrap() as usize;
    assert_eq!(*origin, read.json["nodes"][root]["extras"]["origin"]);
    assert_eq!((origin["crs"].as_str(), origin["easting"].as_f64()), (Some("EPSG:4548"), Some(AT[0] + 105.0)));
    assert_eq!(origin["northing"].as_f64(), Some(AT[1] + 5.0));
    // 105 m to the east are 105 / (111,320 · cos 39.12°) = 0.00122°.
    assert!((origin["lon"].as_f64().unwrap() - 117.1951 - 0.001_22).abs() < 2e-5, "{origin}");
    assert!((origin["lat"].as_f64().unwrap() - 39.1189).abs() < 1e-4, "{origin}");
    // The first house lies from 105 to 95 m west of it, and 5 m about it in north; y is up.
    let corners: Vec<_> = read.triangles(read.node("海河大厦")).into_iter().flat_map(|(t, _)| t).collect();
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let edge = |k: usize| corners.iter().fold(none, |(a, b), p| (a.min(p[k]), b.max(p[k])));
    assert_eq!((edge(0), edge(1), edge(2)), ((-105.0, -95.0), (0.0, 12.0), (-5.0, 5.0)));
}

#[test]
fn batches_hold_the_same_solids_and_attributes_as_tables() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("many.glb");
    let options = SolidOptions { nodes: 0, ..SolidOptions::default() };
    write_with(&city, &wish(&city, &[2, 0]), &out, &options, &Progress::default()).unwrap();
    let read = read(&out);
    let triangles = read.triangles(read.node("houses"));
    for (row, (name, volume)) in VOLUMES.into_iter().enumerate() {
        assert_eq!(read.property(0, "名称", row), Json::from(name));
        let own: Vec<_> = triangles.iter().filter(|(_, id)| *id == row as u32).map(|(t, _)| *t).collect();
        assert!(is_closed(&own), "{name}");
        assert!((six_volumes(&own) / 6.0 - volume).abs() < 0.01, "{name}: {}", six_volumes(&own) / 6.0);
    }
    assert_eq!(read.property(0, "cimbase_height_source", 1), Json::from("storeys"));
    assert_eq!(read.property(0, "storeys", 1), Json::from(4));
    // Too long for a floating number: text; no value among numbers: what the schema says.
    assert_eq!(read.property(0, "code", 0), Json::from("110101199003071230"));
    assert_eq!(read.property(0, "storeys", 2), Json::from(i32::MIN));
    assert_eq!(read.property(0, "share", 2).as_f64(), Some(0.5));
    assert_eq!(read.property(1, "地块编号", 0), Json::from("A-01"));
}

#[test]
fn flat_layers_lie_on_the_ground_in_order_and_the_terrain_below() {
    let (city, folder) = (on_slope(), tempfile::tempdir().unwrap());
    let out = folder.path().join("slope.glb");
    let done = written(&city, &wish(&city, &[2, 1, 0]), &out);
    assert!(done.notes.iter().any(|note| note.contains("not exaggerated")), "{:?}", done.notes);
    let read = read(&out);
    let origin = read.json["asset"]["extras"]["origin"].clone();
    let [east, up] = ["easting", "height"].map(|key| origin[key].as_f64().unwrap());
    // True height: 10 m at AT, a metre more for each 100 m; the screen has three times that.
    let plane = |x: f64| 10.0 + (x + east - AT[0]) / 100.0 - up;
    let off = |node: &Json| -> Vec<f64> {
        read.triangles(node).into_iter().flat_map(|(t, _)| t).map(|p| p[1] - plane(p[0])).collect()
    };
    // The parcel is lowest in the city's order, whatever order was wished; its outline lies above it.
    let parcel = off(read.node("parcels.#0"));
    assert!(parcel.iter().all(|v| (v - 0.1).abs() < 2e-3 || (v - 0.13).abs() < 2e-3), "{parcel:?}");
    assert!(off(read.node("roads.#0")).iter().all(|v| (v - 0.2).abs() < 2e-3));
    let nodes = read.json["nodes"].as_array().unwrap();
    let terrain = nodes.iter().find(|node| node["name"] == "dem").unwrap();
    let children = terrain["children"].as_array().unwrap().iter();
    let below: Vec<f64> = children.flat_map(|i| off(&nodes[i.as_u64().unwrap() as usize])).collect();
    assert!(!below.is_empty() && below.iter().all(|v| v.abs() < 2e-3), "{below:?}");
    // A house stands from its lowest ground, 10 m, to 12 m above the median of its corners: 0, 0, 4, 4, 6, 6, 10, 10 m to
    // the east, of which the upper middle one is at 10.06 m.
    let house: Vec<_> = read.triangles(read.node("海河大厦")).into_iter().map(|(t, _)| t).collect();
    assert!(is_closed(&house));
    assert!((six_volumes(&house) / 6.0 - 96.0 * 12.06).abs() < 0.05, "{}", six_volumes(&house) / 6.0);
    assert_eq!(read.node("海河大厦")["extras"]["cimbase_ground"].as_f64(), Some(10.06));
    // Without it: only what was chosen.
    let options = SolidOptions { terrain: false, ..SolidOptions::default() };
    write_with(&city, &wish(&city, &[2]), &out, &options, &Progress::default()).unwrap();
    assert!(!std::fs::read(&out).unwrap().windows(5).any(|at| at == b"\"dem\""));
}

#[test]
fn only_what_is_wished_leaves_and_in_the_crs_that_is_wished() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("some.glb");
    let mut wish = wish(&city, &[2]);
    wish.bounds = Some(Bounds { min: AT, max: [AT[0] + 110.0, AT[1] + 5.0] });
    wish.layers[0].filter = Some(Filter::parse("storeys > 3").unwrap());
    wish.layers[0].fields = Some(vec![crate::snapshot::WishedField::same("share")]);
    // The next zone: EPSG:4549 has its middle at 120° E, 242 km to the east. The middle of what was chosen, the second
    // house within the bounds, is 105 and 2.5 m from AT: 257,513.398 and 4,335,450.052 there (gdaltransform).
    wish.crs = Crs::parse("EPSG:4549").unwrap();
    assert_eq!(written(&city, &wish, &out).layers[0].features, 1);
    let read = read(&out);
    let node = read.node("两部分");
    assert!(node["extras"].get("名称").is_none() && node["extras"]["share"] == 0.25);
    let origin = &read.json["asset"]["extras"]["origin"];
    assert_eq!(origin["crs"], "EPSG:4549");
    assert_eq!((origin["easting"].as_f64(), origin["northing"].as_f64()), (Some(257_513.0), Some(4_335_450.0)));
    let triangles: Vec<_> = read.triangles(node).into_iter().map(|(t, _)| t).collect();
    // A map's scale: 242 km from its middle lengths are 1 + (242/6,371)²/2 = 1.00072 times as long.
    let volume = six_volumes(&triangles) / 6.0;
    assert!((volume / (3025.0 * 1.001_44) - 1.0).abs() < 3e-4, "{volume}");
}
