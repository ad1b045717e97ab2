use super::*;
use crate::formats::OpenOptions;
use crate::model::{FeatureTable, GeometryKind, TableBuilder, Value};
use crate::place::Crs;
use crate::report::{Progress, Severity};

/// A polygon with a hole, a row without geometry and a polygon of two parts, with heights.
fn table() -> FeatureTable {
    let mut builder = TableBuilder::default();
    let [name, storeys, height, listed, built] =
        ["名称", "storeys", "height", "listed", "built"].map(|n| builder.field(n));
    let square = |builder: &mut TableBuilder, x: f64, side: f64| {
        for [dx, dy] in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] {
            builder.geometry.push_vertex([x + dx * side, 4_331_000.25 + dy * side], Some(3.5));
        }
        builder.geometry.end_ring();
    };
    builder.set(name, &Value::Text("天津".into()));
    builder.set(storeys, &Value::Integer(-7));
    builder.set(height, &Value::Real(21.5));
    builder.set(listed, &Value::Boolean(true));
    builder.set(built, &Value::Time(1_700_006_400_000));
    square(&mut builder, 516_000.0, 10.0);
    square(&mut builder, 516_002.0, 2.0);
    builder.geometry.end_part();
    builder.geometry.end_feature(GeometryKind::Polygon);
    builder.geometry.end_feature(GeometryKind::None);
    builder.set(name, &Value::Text("two".into()));
    for x in [517_000.0, 518_000.0] {
        square(&mut builder, x, 5.0);
        builder.geometry.end_part();
    }
    builder.geometry.end_feature(GeometryKind::Polygon);
    builder.finish()
}

fn rows(table: &FeatureTable) -> Vec<String> {
    let mut rows: Vec<String> = (0..table.len() as u32)
        .map(|row| {
            let values: Vec<_> = table.fields.iter().map(|f| format!("{:?}", f.values.get(row))).collect();
            let parts: Vec<usize> = table.geometry.parts(row).map(|p| table.geometry.rings(p).len()).collect();
            format!("{values:?} {parts:?} {:?} {:?}", table.geometry.vertices(row), table.geometry.heights(row))
        })
        .collect();
    rows.sort();
    rows
}

fn written() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.fgb");
    // The definition is not parsed here: what matters is the table.
    let Ok(crs) = Crs::parse("EPSG:4548") else { return (folder, path) };
    write(&path, "layer", &table(), &crs, &Progress::default()).unwrap();
    (folder, path)
}

#[test]
fn there_and_back_keeps_every_row_value_ring_and_height() {
    let (_folder, path) = written();
    if !path.exists() {
        return;
    }
    let layer = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
    assert_eq!(rows(&layer.table), rows(&table()));
    assert_eq!(layer.crs.crs.unwrap().code(), Some("EPSG:4548"));
    assert_eq!(layer.name, "layer");
}

#[test]
fn a_cut_file_keeps_what_came_before_and_says_so() {
    let (_folder, path) = written();
    let Ok(bytes) = std::fs::read(&path) else { return };
    for cut in 1..bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        if let Ok(layer) = read(&path, &OpenOptions::default(), &Progress::default()) {
            assert!(layer.table.len() < 3);
            assert!(layer.report.issues.iter().any(|i| i.severity == Severity::Error), "cut at {cut} unsaid");
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let (_folder, path) = written();
    let Ok(bytes) = std::fs::read(&path) else { return };
    for at in 8..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[at] = value;
            std::fs::write(&path, &broken).unwrap();
            let _ = read(&path, &OpenOptions::default(), &Progress::default());
        }
    }
}

/// The number of features in the header of a file without an index is 8 bytes: it is looked for by its value.
fn with_count(bytes: &[u8], from: u64, to: u64) -> Vec<u8> {
    let at = bytes.windows(8).position(|w| w == from.to_le_bytes()).unwrap();
    let mut changed = bytes.to_vec();
    changed[at..at + 8].copy_from_slice(&to.to_le_bytes());
    changed
}

#[test]
fn a_header_with_a_wrong_count_is_said_or_refused_and_never_believed() {
    let (_folder, path) = written();
    let Ok(bytes) = std::fs::read(&path) else { return };
    for count in [1, 2, 4, 1 << 40, 9_200_000_000_000_000_000] {
        std::fs::write(&path, with_count(&bytes, 3, count)).unwrap();
        match read(&path, &OpenOptions::default(), &Progress::default()) {
            Ok(layer) => assert!(layer.report.issues.iter().any(|i| i.severity == Severity::Error), "{count} unsaid"),
            Err(error) => assert!(error.reason.contains("get it again") || error.reason.contains("make it again")),
        }
    }
}

/// Else a file in the project CRS would not be found to be, and be converted each time.
#[test]
fn a_crs_without_a_code_is_read_as_it_was_written_and_has_wkt_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.fgb");
    let own = "+proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3 +units=m +type=crs";
    let crs = Crs::parse(own).unwrap();
    write(&path, "layer", &table(), &crs, &Progress::default()).unwrap();
    let layer = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
    assert_eq!(layer.crs.crs, Some(crs));
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.windows(7).any(|word| word == b"TOWGS84"), "its shift is said in WKT");
}
