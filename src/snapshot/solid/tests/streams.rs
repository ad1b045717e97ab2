//! Layers that stay in their file come out as those in memory do.

use super::glb::read;
use super::*;
use crate::city::Streamed;
use crate::formats::flatgeobuf;
use crate::model::Meaning;
use crate::model::mapping::Mapped;
use crate::tiles::{Stream, prepare};

/// Houses of 8 × 8 m in rows of a hundred, 20 m apart, 5 to 14 m high; read by window.
pub(super) fn houses(count: usize, file: &Path) -> CityLayer {
    let mut builder = TableBuilder::default();
    for row in 0..if file.exists() { 10 } else { count } {
        let values = [
            ("编号", Value::Text(format!("楼{row}").into())),
            ("height", Value::Real(5.0 + (row % 10) as f64)),
            ("phone", Value::Text(format!("138001380{:02}", row % 100).into())),
        ];
        for (field, value) in values {
            let column = builder.field(field);
            builder.set(column, &value);
        }
        square(&mut builder, [AT[0] + 20.0 * (row % 100) as f64, AT[1] + 20.0 * (row / 100) as f64], 8.0, false);
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let mut layer = Layer { role: Role::Building, ..layer_of("houses", builder.finish()) };
    for (meaning, field) in [(Meaning::Name, "编号"), (Meaning::Height, "height")] {
        let mapped = Mapped { field: field.into(), factor: 1.0, declared: true, reason: String::new() };
        layer.mapping.set(meaning, mapped);
    }
    let mut report = crate::report::Report::default();
    layer.heights = Some(crate::model::height::find(&layer.table, &layer.mapping, "houses", &mut report));
    if !file.exists() {
        let crs = Crs::parse("EPSG:4548").unwrap();
        flatgeobuf::write(file, "houses", &layer.table, &crs, &Progress::default()).unwrap();
        prepare::prepare(file, true, &layer.mapping, &Progress::default()).unwrap();
    }
    let tiles = Stream::open(file, true, &layer.mapping).unwrap().unwrap();
    let sample = layer.clone();
    let fields: Vec<String> = layer.table.fields.iter().map(|field| field.name.clone()).collect();
    layer.table = layer.table.of_rows(&[], &fields);
    layer.heights = Some(Heights::default());
    CityLayer { layer, index: Default::default(), stream: Some(Streamed { tiles, sample }) }
}

#[test]
fn a_layer_in_a_file_comes_out_whole_and_masked() {
    let folder = tempfile::tempdir().unwrap();
    let city = city_of(vec![houses(5_000, &folder.path().join("houses.fgb"))]);
    let wish = Wish { unmasked: false, ..wish(&city, &[0]) };
    let out = folder.path().join("streamed.glb");
    let done = written(&city, &wish, &out);
    assert_eq!((done.layers[0].features, done.layers[0].masked.as_slice()), (5_000, &["phone".to_owned()][..]));
    let read = read(&out);
    // 64 m² · (5 + 4) m.
    let triangles: Vec<_> = read.triangles(read.node("楼4004")).into_iter().map(|(t, _)| t).collect();
    assert!(is_closed(&triangles) && (six_volumes(&triangles) / 6.0 - 576.0).abs() < 0.01);
    assert_eq!(read.node("楼4004")["extras"]["cimbase_height_source"], "surveyed");
    // All: 64 m² · 5,000 · 9.5 m.
    let nodes = read.json["nodes"].as_array().unwrap().iter().filter(|node| !node["mesh"].is_null());
    let all: f64 = nodes.flat_map(|node| read.triangles(node)).map(|(t, _)| six_volumes(&[t]) / 6.0).sum();
    assert!((all / 3_040_000.0 - 1.0).abs() < 1e-5, "{all}");
    let lines = folder.path().join("streamed.city.jsonl");
    written(&city, &wish, &lines);
    assert_eq!(std::fs::read_to_string(&lines).unwrap().lines().count(), 5_001);
    let tiles = folder.path().join("streamed.3dtiles");
    assert_eq!(written(&city, &wish, &tiles).layers[0].features, 5_000);
}

/// Its corners are 4 m from its middle, whichever of the 5,000 it is.
#[test]
fn a_model_of_one_row_in_a_file_lies_around_that_row() {
    let folder = tempfile::tempdir().unwrap();
    let city = city_of(vec![houses(5_000, &folder.path().join("houses.fgb"))]);
    let mut wish = wish(&city, &[0]);
    wish.layers[0].rows = Some(vec![4_321]);
    let out = folder.path().join("one.glb");
    assert_eq!(written(&city, &wish, &out).layers[0].features, 1);
    let read = read(&out);
    let node = read.json["nodes"].as_array().unwrap().iter().find(|node| !node["mesh"].is_null()).unwrap();
    let triangles = read.triangles(node);
    assert!(triangles.iter().flat_map(|(t, _)| t).all(|p| (p[0].abs() - 4.0).abs() < 1e-3), "{triangles:?}");
    assert!(triangles.iter().flat_map(|(t, _)| t).all(|p| (p[2].abs() - 4.0).abs() < 1e-3), "{triangles:?}");
}
