//! Read back by the 3D Tiles 1.1 specification: which feature is where on the globe.

use super::glb::{Read, read};
use super::*;
use crate::place::Transform;

/// So many houses of 8 × 8 m in rows of a hundred, 20 m apart; every 500th is ten times as high.
fn many(count: usize) -> City {
    let mut builder = TableBuilder::default();
    let mut heights = Heights::default();
    for row in 0..count {
        let column = builder.field("编号");
        builder.set(column, &Value::Integer(row as i64));
        square(&mut builder, [AT[0] + 20.0 * (row % 100) as f64, AT[1] + 20.0 * (row / 100) as f64], 8.0, false);
        builder.geometry.end_feature(GeometryKind::Polygon);
        heights.top.push(if row % 500 == 0 { 100.0 } else { 10.0 });
        heights.base.push(0.0);
        heights.source.push(HeightSource::Surveyed);
        heights.covered.push(false);
    }
    let layer = Layer { role: Role::Building, heights: Some(heights), ..layer_of("many", builder.finish()) };
    city_of(vec![CityLayer::in_memory(layer)])
}

/// A parcel of 4 × 4 km on flat ground, 10 cm above it. A straight edge of 5.7 km would lie 63 cm too low at its middle
/// (d² / 8R), one of 500 m 5 mm.
#[test]
fn large_surfaces_follow_the_curve_of_the_earth_and_stay_whole() {
    let mut builder = TableBuilder::default();
    square(&mut builder, AT, 4_000.0, false);
    builder.geometry.end_feature(GeometryKind::Polygon);
    let layer = Layer { role: Role::Green, ..layer_of("park", builder.finish()) };
    let (city, folder) = (city_of(vec![CityLayer::in_memory(layer)]), tempfile::tempdir().unwrap());
    let out = folder.path().join("park.3dtiles");
    written(&city, &wish(&city, &[0]), &out);
    let (_, matrix, found) = open(&out);
    let read = read(&out.join(&found[0].1));
    let triangles: Vec<_> = read.triangles(read.node("park")).into_iter().map(|(triangle, _)| triangle).collect();
    let mut edges = std::collections::HashMap::new();
    let key = |p: [f64; 3]| p.map(|v| (v * 1000.0).round() as i64);
    for t in &triangles {
        for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
            let middle = [0, 1, 2].map(|k| (a[k] + b[k]) / 2.0);
            let height = geodetic(onto_globe(middle, &matrix))[2];
            assert!((0.09..0.11).contains(&height), "{height}");
            *edges.entry((key(a), key(b))).or_insert(0) += 1;
            *edges.entry((key(b), key(a))).or_insert(0) -= 1;
        }
    }
    // Four sides of 4 km in pieces of 500 m are open, and nothing within.
    assert_eq!(edges.values().filter(|count| **count > 0).count(), 32);
}

#[test]
fn only_a_tileset_of_this_program_is_replaced() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("city.3dtiles");
    let refused = || {
        let error = write(&city, &wish(&city, &[2]), &out, &Progress::default()).unwrap_err().to_string();
        assert!(error.contains("other things"), "{error}");
    };
    std::fs::create_dir(&out).unwrap();
    written(&city, &wish(&city, &[2]), &out);
    // Somebody's notes beside the tiles, then photos in a folder of their own.
    std::fs::write(out.join("notes.txt"), "mine").unwrap();
    refused();
    std::fs::remove_file(out.join("notes.txt")).unwrap();
    std::fs::create_dir(out.join("photos")).unwrap();
    refused();
    std::fs::remove_dir(out.join("photos")).unwrap();
    written(&city, &wish(&city, &[2]), &out);
    // A tileset that another program made.
    std::fs::write(out.join("tileset.json"), r#"{"asset":{"version":"1.0","generator":"obj2tiles"}}"#).unwrap();
    refused();
    assert!(out.join("0").is_dir());
}

/// A tile with content: its level, file, region and error.
type Found = (u32, String, Vec<f64>, f64);

/// All tiles with content, the levels from the root, and each with its region and error.
fn tiles(tile: &Json, level: u32, out: &mut Vec<Found>) {
    let region = |tile: &Json| -> Vec<f64> {
        tile["boundingVolume"]["region"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let own = region(tile);
    let error = tile["geometricError"].as_f64().unwrap();
    if let Some(uri) = tile["content"]["uri"].as_str() {
        out.push((level, uri.to_owned(), region(&tile["content"]), error));
    }
    for child in tile["children"].as_array().into_iter().flatten() {
        let inner = region(child);
        assert!((0..2).all(|k| inner[k] >= own[k]) && (2..4).all(|k| inner[k] <= own[k]), "a tile holds its children");
        assert!(inner[4] >= own[4] && inner[5] <= own[5]);
        assert!(child["geometricError"].as_f64().unwrap() <= error, "errors fall");
        tiles(child, level + 1, out);
    }
}

/// From the axes of glTF to the globe: y up becomes z up, then the root's transform.
fn onto_globe(point: [f64; 3], matrix: &[f64]) -> [f64; 3] {
    let [x, y, z] = [point[0], -point[2], point[1]];
    [0, 1, 2].map(|k| matrix[k] * x + matrix[4 + k] * y + matrix[8 + k] * z + matrix[12 + k])
}

/// Longitude, latitude (radians) and height of a place on the globe, by iteration (Hofmann-Wellenhof and others, 10.5).
fn geodetic([x, y, z]: [f64; 3]) -> [f64; 3] {
    let (a, e2) = (6_378_137.0, 0.006_694_379_990_141_316);
    let p = f64::hypot(x, y);
    let mut lat = z.atan2(p * (1.0 - e2));
    let mut height = 0.0;
    for _ in 0..10 {
        let n = a / (1.0 - e2 * f64::sin(lat).powi(2)).sqrt();
        height = p / lat.cos() - n;
        lat = z.atan2(p * (1.0 - e2 * n / (n + height)));
    }
    [y.atan2(x), lat, height]
}

fn open(out: &Path) -> (Json, Vec<f64>, Vec<Found>) {
    let json: Json = serde_json::from_slice(&std::fs::read(out.join("tileset.json")).unwrap()).unwrap();
    assert_eq!(json["asset"]["version"], "1.1");
    let matrix = json["root"]["transform"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let mut found = Vec::new();
    tiles(&json["root"], 0, &mut found);
    (json, matrix, found)
}

#[test]
fn every_feature_is_in_one_tile_within_its_region_and_the_largest_come_first() {
    let (city, folder) = (many(5_000), tempfile::tempdir().unwrap());
    let out = folder.path().join("many.3dtiles");
    assert_eq!(written(&city, &wish(&city, &[0]), &out).layers[0].features, 5_000);
    let (_, matrix, found) = open(&out);
    assert!(found.len() >= 3);
    let mut seen = vec![0; 5_000];
    for (level, uri, region, error) in &found {
        let read: Read = read(&out.join(uri));
        let table = &read.json["extensions"]["EXT_structural_metadata"]["propertyTables"][0];
        let count = table["count"].as_u64().unwrap() as usize;
        assert!(count <= 2_000);
        for row in 0..count {
            seen[read.property(0, "编号", row).as_u64().unwrap() as usize] += 1;
        }
        // The high ones are in the first tile, whose error is what is left: √(8² + 8² + 10²) = 15.1 m.
        let high = (0..count).filter(|row| read.property(0, "cimbase_height", *row) == 100.0).count();
        assert_eq!(high, if *level == 1 { 10 } else { 0 });
        assert!((*error - if *level == 1 { 15.1 } else { 0.0 }).abs() < 0.05, "{error}");
        for point in read.triangles(read.node("many")).into_iter().flat_map(|(t, _)| t) {
            let [lon, lat, height] = geodetic(onto_globe(point, &matrix));
            assert!(region[0] <= lon && lon <= region[2] && region[1] <= lat && lat <= region[3], "{uri}");
            assert!(region[4] <= height && height <= region[5], "{uri}: {height}");
        }
    }
    assert!(seen.iter().all(|count| *count == 1));
}

#[test]
fn places_on_the_globe_are_those_of_the_map_to_a_millimetre() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("city.3dtiles");
    let done = written(&city, &wish(&city, &[2, 0]), &out);
    assert!(done.notes.iter().any(|note| note.contains("ellipsoid")));
    let (json, matrix, found) = open(&out);
    assert_eq!(json["root"]["children"].as_array().unwrap().len(), 2);
    assert_eq!(found.len(), 2);
    let read = read(&out.join(&found[0].1));
    let way = Transform::new(&Crs::parse("EPSG:4326").unwrap(), &city.crs).unwrap();
    let (mut least, mut most) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    let triangles = read.triangles(read.node("houses"));
    for (triangle, id) in &triangles {
        for point in triangle.iter().filter(|_| *id == 0) {
            let [lon, lat, height] = geodetic(onto_globe(*point, &matrix));
            let [east, north] = way.point([lon.to_degrees(), lat.to_degrees()]).unwrap();
            for (k, v) in [east - AT[0], north - AT[1], height].into_iter().enumerate() {
                (least[k], most[k]) = (least[k].min(v), most[k].max(v));
            }
        }
    }
    // The first house: 10 × 10 m from AT, 12 m high.
    for (k, (low, high)) in [(0.0, 10.0), (0.0, 10.0), (0.0, 12.0)].into_iter().enumerate() {
        assert!((least[k] - low).abs() < 1e-3 && (most[k] - high).abs() < 1e-3, "{least:?} {most:?}");
    }
    for (row, (name, volume)) in VOLUMES.into_iter().enumerate() {
        let own: Vec<_> = triangles.iter().filter(|(_, id)| *id == row as u32).map(|(t, _)| *t).collect();
        assert!(is_closed(&own), "{name}");
        // 17 km from the middle of the zone a map's lengths are true to 4·10⁻⁶.
        assert!((six_volumes(&own) / 6.0 / volume - 1.0).abs() < 1e-4, "{name}: {}", six_volumes(&own) / 6.0);
    }
    // A second time over the first: nothing of it is left beside.
    written(&city, &wish(&city, &[2]), &out);
    assert_eq!(open(&out).2.len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
