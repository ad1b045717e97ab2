//! A city made by hand, and readers of what is written that share nothing with the writers.

mod cityjson;
mod glb;
mod obj;
mod real;
mod streams;
mod tiles3d;

use std::path::Path;

use serde_json::Value as Json;

use super::*;
use crate::city::CityLayer;
use crate::model::{GeometryKind, HeightSource, Heights, Layer, Role, TableBuilder, Terrain, Value};
use crate::place::{Bounds, Crs, MapPoint};
use crate::query::testing::{city_of, layer_of};
use crate::snapshot::wish::WishedLayer;

/// Near Tianjin in EPSG:4548.
const AT: [f64; 2] = [516_872.0, 4_331_721.0];

/// What the hand-made buildings must come out as: name and volume. Squares of 10 m with a hole of 2 m, 96 m², of 12 m:
/// 1,152 m³; the same of 25 m with a second part of 5 m, 96 + 25 m²: 3,025 m³; one from 6 to 9 m, 96 m²: 288 m³.
const VOLUMES: [(&str, f64); 3] = [("海河大厦", 1152.0), ("两部分", 3025.0), ("天桥", 288.0)];

/// Three buildings, and one without a shape.
fn buildings() -> Layer {
    let mut builder = TableBuilder::default();
    let names = ["海河大厦", "两部分", "天桥", "nowhere"];
    for (row, name) in names.into_iter().enumerate() {
        let values = [
            ("名称", Value::Text(name.into())),
            ("storeys", if row == 2 { Value::Null } else { Value::Integer(row as i64 + 3) }),
            // More than 2⁵³: no floating number holds it.
            ("code", Value::Integer(110_101_199_003_071_230 + row as i64)),
            ("share", Value::Real(0.25 * row as f64)),
            ("old", if row == 3 { Value::Null } else { Value::Boolean(row == 1) }),
            ("phone", Value::Text(format!("1380013800{row}").into())),
        ];
        for (field, value) in values {
            let column = builder.field(field);
            builder.set(column, &value);
        }
        let [x, y] = [AT[0] + 100.0 * row as f64, AT[1]];
        if row < 3 {
            square(&mut builder, [x, y], 10.0, true);
        }
        if row == 1 {
            square(&mut builder, [x + 30.0, y], 5.0, false);
        }
        builder.geometry.end_feature(if row < 3 { GeometryKind::Polygon } else { GeometryKind::None });
    }
    let heights = Heights {
        top: vec![12.0, 25.0, 9.0, 6.0],
        base: vec![0.0, 0.0, 6.0, 0.0],
        source: vec![HeightSource::Surveyed, HeightSource::Storeys, HeightSource::Median, HeightSource::Default],
        covered: vec![false; 4],
    };
    let mut layer = Layer { role: Role::Building, heights: Some(heights), ..layer_of("houses", builder.finish()) };
    let mapped =
        crate::model::mapping::Mapped { field: "名称".into(), factor: 1.0, declared: true, reason: String::new() };
    layer.mapping.set(crate::model::Meaning::Name, mapped);
    layer
}

fn square(builder: &mut TableBuilder, [x, y]: [f64; 2], side: f64, hole: bool) {
    for xy in [[x, y], [x + side, y], [x + side, y + side], [x, y + side]] {
        builder.geometry.push_vertex(xy, None);
    }
    builder.geometry.end_ring();
    if hole {
        for xy in [[x + 4.0, y + 4.0], [x + 4.0, y + 6.0], [x + 6.0, y + 6.0], [x + 6.0, y + 4.0]] {
            builder.geometry.push_vertex(xy, None);
        }
        builder.geometry.end_ring();
    }
    builder.geometry.end_part();
}

/// A parcel of 40 m, 1,600 m², and a road of 100 m.
fn ground() -> [Layer; 2] {
    let mut parcels = TableBuilder::default();
    let column = parcels.field("地块编号");
    parcels.set(column, &Value::Text("A-01".into()));
    square(&mut parcels, [AT[0] - 10.0, AT[1] - 10.0], 40.0, false);
    parcels.geometry.end_feature(GeometryKind::Polygon);
    let mut roads = TableBuilder::default();
    let column = roads.field("name");
    roads.set(column, &Value::Text("海河路".into()));
    roads.geometry.push_vertex([AT[0], AT[1] - 20.0], None);
    roads.geometry.push_vertex([AT[0] + 100.0, AT[1] - 20.0], None);
    roads.geometry.end_ring();
    roads.geometry.end_part();
    roads.geometry.end_feature(GeometryKind::Line);
    [
        Layer { role: Role::Parcel, ..layer_of("parcels", parcels.finish()) },
        Layer { role: Role::Road, ..layer_of("roads", roads.finish()) },
    ]
}

fn city() -> City {
    let [parcels, roads] = ground();
    city_of([parcels, roads, buildings()].into_iter().map(CityLayer::in_memory).collect())
}

/// The city on a plane that rises 1 m for each 100 m to the east, 10 m high at the first house.
fn on_slope() -> City {
    let cell = 100.0;
    let heights = (0..9).flat_map(|_| (0..9).map(|column| (column - 4) as f32 + 10.0)).collect();
    let origin = MapPoint::new(AT[0] - 400.0, AT[1] - 400.0);
    let terrain = Terrain { origin, cell, columns: 9, rows: 9, heights, exaggeration: 3.0 };
    City { terrain: Some(std::sync::Arc::new(terrain)), terrain_id: "dem".into(), ..city() }
}

fn wish(city: &City, layers: &[usize]) -> Wish {
    let layers = layers.iter().map(|layer| WishedLayer::whole(*layer));
    Wish { layers: layers.collect(), bounds: None, clip: false, crs: city.crs.clone(), offset: None, unmasked: true }
}

fn written(city: &City, wish: &Wish, out: &Path) -> Taken {
    write(city, wish, out, &Progress::default()).unwrap()
}

/// Six times the volume within triangles that look out: the sum of a · (b × c).
fn six_volumes(triangles: &[[[f64; 3]; 3]]) -> f64 {
    let one = |[a, b, c]: &[[f64; 3]; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    triangles.iter().map(one).sum()
}

/// Whether each edge is passed as often one way as the other: then nothing is open. Places to the millimetre.
fn is_closed(triangles: &[[[f64; 3]; 3]]) -> bool {
    let mut edges = std::collections::HashMap::new();
    let key = |p: [f64; 3]| p.map(|v| (v * 1000.0).round() as i64);
    for t in triangles {
        for k in 0..3 {
            *edges.entry((key(t[k]), key(t[(k + 1) % 3]))).or_insert(0) += 1;
            *edges.entry((key(t[(k + 1) % 3]), key(t[k]))).or_insert(0) -= 1;
        }
    }
    edges.values().all(|count| *count == 0)
}

#[test]
fn the_ending_says_the_format() {
    let of = |name: &str| SolidFormat::of(Path::new(name));
    assert_eq!(of("a/b.GLB"), Some(SolidFormat::Glb));
    assert_eq!(of("天津.city.json"), Some(SolidFormat::CityJson));
    assert_eq!(of("a.city.jsonl"), Some(SolidFormat::CityJsonSeq));
    assert_eq!(of("x.3dtiles"), Some(SolidFormat::Tiles3d));
    for other in ["a.json", "city.json", "velocity.json", ".glb", "a.gltf", "obj"] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn what_is_stopped_or_refused_leaves_what_was_there() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    for format in SolidFormat::ALL {
        let out = folder.path().join(format!("kept.{}", format.endings()[0]));
        let old = if format == SolidFormat::Tiles3d {
            std::fs::create_dir(&out).unwrap();
            out.join("tileset.json")
        } else {
            out.clone()
        };
        let before = r#"{"asset":{"version":"1.1","generator":"Cimbase 0.1"}}"#;
        std::fs::write(&old, before).unwrap();
        let progress = Progress::default();
        progress.cancel();
        let stopped = write(&city, &wish(&city, &[2]), &out, &progress).unwrap_err();
        assert!(matches!(stopped, SnapshotError::Write(ref error) if error.cancelled), "{format:?}: {stopped}");
        assert_eq!(std::fs::read_to_string(&old).unwrap(), before, "{format:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5, "nothing half-written is left");
    let unknown = write(&city, &wish(&city, &[2]), &folder.path().join("a.dwg"), &Progress::default()).unwrap_err();
    assert!(unknown.to_string().contains(".glb"), "{unknown}");
}

/// No CRS has a place 200,000 km east.
#[test]
fn what_has_no_place_in_the_crs_is_counted_and_what_parts_cover_is_not() {
    let mut builder = TableBuilder::default();
    for x in [AT[0], 2e8, AT[0] + 100.0] {
        square(&mut builder, [x, AT[1]], 10.0, false);
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let heights = Heights {
        top: vec![10.0; 3],
        base: vec![0.0; 3],
        source: vec![HeightSource::Surveyed; 3],
        // The third is drawn by its parts.
        covered: vec![false, false, true],
    };
    let layer = Layer { role: Role::Building, heights: Some(heights), ..layer_of("far", builder.finish()) };
    let (city, folder) = (city_of(vec![CityLayer::in_memory(layer)]), tempfile::tempdir().unwrap());
    // CityJSON holds rows without a shape as well.
    for (name, features) in [("a.glb", 1), ("a.obj", 1), ("a.city.json", 3), ("a.city.jsonl", 3)] {
        let done = written(&city, &wish(&city, &[0]), &folder.path().join(name));
        assert_eq!((done.layers[0].features, done.layers[0].without_place), (features, 1), "{name}");
        let shapeless = done.notes.iter().any(|note| note.contains("1 of 3 features have no shape"));
        assert_eq!(shapeless, features == 1, "{name}: {:?}", done.notes);
    }
}

#[test]
fn a_model_lies_around_what_was_chosen_and_not_around_its_layer() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let origin = |wish: &Wish| {
        let out = folder.path().join("one.glb");
        written(&city, wish, &out);
        let json = glb::read(&out).json;
        let at = |key: &str| json["asset"]["extras"]["origin"][key].as_f64().unwrap();
        [at("easting") - AT[0], at("northing") - AT[1]]
    };
    // The third house reaches from 200 to 210 m, and from 0 to 10 m; all three from 0 to 210 m.
    let mut one = wish(&city, &[2]);
    assert_eq!(origin(&one), [105.0, 5.0]);
    one.layers[0].rows = Some(vec![2]);
    assert_eq!(origin(&one), [205.0, 5.0]);
    one.layers[0].rows = None;
    one.layers[0].filter = Some(Filter::parse("share = 0.5").unwrap());
    assert_eq!(origin(&one), [205.0, 5.0]);
}

#[test]
fn personal_data_is_masked_and_not_asked_for() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    for format in SolidFormat::ALL {
        let out = folder.path().join(format!("masked.{}", format.endings()[0]));
        let wish = Wish { unmasked: false, ..wish(&city, &[2]) };
        assert_eq!(written(&city, &wish, &out).layers[0].masked, ["phone"], "{format:?}");
        let mut bytes = Vec::new();
        for file in files(&out) {
            bytes.extend(std::fs::read(file).unwrap());
        }
        assert!(!bytes.is_empty());
        assert!(!bytes.windows(11).any(|at| at.starts_with(b"1380013800")), "{format:?}");
        let mut asking = wish;
        asking.layers[0].filter = Some(Filter::parse("phone = '13800138001'").unwrap());
        let refused = write(&city, &asking, &out, &Progress::default()).unwrap_err().to_string();
        assert!(refused.contains("personal"), "{format:?}: {refused}");
    }
}

/// A file, or all files in a folder.
fn files(path: &Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    std::fs::read_dir(path).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect()
}

#[test]
fn more_than_a_program_can_hold_is_refused_with_another_way() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let offset = Wish { offset: Some(crate::place::Offset::Gcj02), ..wish(&city, &[2]) };
    let refused = write(&city, &offset, &folder.path().join("a.glb"), &Progress::default()).unwrap_err();
    assert!(refused.to_string().contains("gcj02"), "{refused}");
    let limits: Vec<_> = SolidFormat::ALL.into_iter().filter_map(SolidFormat::most).collect();
    assert!(limits.iter().all(|(most, otherwise)| *most >= 100_000 && otherwise.starts_with("write a .")));
}
