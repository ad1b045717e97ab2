use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::*;
use crate::formats::writer::{Head, LayerWriter};
use crate::formats::{OpenOptions, open_chunks};
use crate::model::{FeatureTable, GeometryKind, TableBuilder, Value};
use crate::place::Crs;
use crate::report::Progress;

/// Points along a line, every third without a place.
fn table(rows: u32) -> FeatureTable {
    let mut builder = TableBuilder::default();
    for row in 0..rows {
        for (name, value) in [
            ("名称", if row % 2 == 0 { Value::Text(format!("点{row}").into()) } else { Value::Null }),
            ("bbox", Value::Integer(i64::from(row))),
            ("seen", Value::Time(1_795_415_415_000)),
        ] {
            let column = builder.field(name);
            builder.set(column, &value);
        }
        if row % 3 == 0 {
            builder.geometry.end_feature(GeometryKind::None);
            continue;
        }
        builder.geometry.push_vertex([500_000.0 + f64::from(row), 4_300_000.5], Some(3.0));
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Point);
    }
    builder.finish()
}

fn written(path: &Path, rows: u32) -> FeatureTable {
    let table = table(rows);
    let crs = Crs::parse("EPSG:4548").unwrap();
    let mut file = Box::new(ParquetFile::create(path).unwrap());
    let head =
        Head { name: "p", title: "", crs: &crs, kind: GeometryKind::Point, z: true, label: None, colour: [0; 3] };
    file.begin(&head, &table.of_rows(&[], &["名称".into(), "bbox".into(), "seen".into()])).unwrap();
    file.push(&table, None).unwrap();
    file.finish(&Progress::default()).unwrap();
    table
}

#[test]
fn the_metadata_is_what_the_specification_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.parquet");
    written(&path, 7);
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let entries = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let text = entries.iter().find(|entry| entry.key == "geo").and_then(|entry| entry.value.clone()).unwrap();
    let geo: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((geo["version"].as_str(), geo["primary_column"].as_str()), (Some("1.1.0"), Some("geometry")));
    let column = &geo["columns"]["geometry"];
    assert_eq!(column["encoding"], "WKB");
    assert_eq!(column["geometry_types"], serde_json::json!(["Point Z"]));
    assert_eq!(column["crs"]["id"], serde_json::json!({ "authority": "EPSG", "code": 4548 }));
    // The layer has a field of the name: the boxes have another one, and the metadata says it.
    assert_eq!(column["covering"]["bbox"]["xmin"], serde_json::json!(["bbox_", "xmin"]));
    assert_eq!(column["bbox"], serde_json::json!([500_001.0, 4_300_000.5, 500_005.0, 4_300_000.5]));
}

#[test]
fn what_is_written_is_read_at_once_and_in_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.parquet");
    let table = written(&path, 10_000);
    let whole = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
    assert_eq!(whole.crs.crs.as_ref().and_then(Crs::code), Some("EPSG:4548"));
    assert_eq!(whole.report.skipped.len(), 3_334, "every third has no geometry");
    let mut rows = 0;
    let mut check = |part: &FeatureTable| {
        for row in 0..part.len() as u32 {
            let other = rows + row;
            assert_eq!(part.geometry.vertices(row), table.geometry.vertices(other));
            assert_eq!(part.geometry.heights(row), table.geometry.heights(other));
            for field in ["名称", "bbox", "seen"] {
                assert_eq!(part.value(row, field), table.value(other, field), "{field} of {other}");
            }
        }
        rows += part.len() as u32;
    };
    check(&whole.table);
    assert_eq!(whole.table.fields.len(), 3, "boxes are no attribute");
    rows = 0;
    let mut runs = 0;
    open_chunks(&path, &OpenOptions::default(), 1_000, &Progress::default(), &mut |layer| {
        let mut check = |part: &FeatureTable| {
            for row in 0..part.len() as u32 {
                assert_eq!(part.value(row, "bbox"), table.value(rows + row, "bbox"));
            }
            rows += part.len() as u32;
        };
        check(&layer.table);
        runs += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!((rows, runs), (10_000, 10));
}

#[test]
fn a_cut_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.parquet");
    written(&path, 100);
    let bytes = std::fs::read(&path).unwrap();
    for length in [4, 100, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = read(&path, &OpenOptions::default(), &Progress::default()).unwrap_err().to_string();
        assert!(error.contains("get it again"), "{length}: {error}");
    }
}

/// A table of columns of one row, without geometry.
fn of_columns(path: &Path, columns: Vec<(String, arrow_array::ArrayRef)>) {
    let batch = arrow_array::RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// 2⁵³ + 1 is the first whole number that a float of 64 bits does not hold; 10²⁰ is more than 64 bits hold.
#[test]
fn whole_decimals_keep_all_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    let column = |name: &str, value: i128, precision: u8, scale: i8| {
        let array = arrow_array::Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale).unwrap();
        (name.to_owned(), std::sync::Arc::new(array) as arrow_array::ArrayRef)
    };
    let columns = vec![
        column("code", 9_007_199_254_740_993, 19, 0),
        column("long", 100_000_000_000_000_000_000, 38, 0),
        column("price", 12_345, 5, 2),
    ];
    of_columns(&path, columns);
    let table = read(&path, &OpenOptions::default(), &Progress::default()).unwrap().table;
    assert_eq!(table.value(0, "code"), Value::Integer(9_007_199_254_740_993));
    assert_eq!(table.value(0, "long"), Value::Text("100000000000000000000".into()));
    assert_eq!(table.value(0, "price"), Value::Real(123.45));
}

#[test]
fn a_file_of_too_many_columns_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.parquet");
    let one = std::sync::Arc::new(arrow_array::Int64Array::from(vec![1])) as arrow_array::ArrayRef;
    let columns = |count: usize| (0..count).map(|i| (format!("c{i}"), std::sync::Arc::clone(&one))).collect();
    of_columns(&path, columns(crate::formats::limits::FIELDS));
    assert!(read(&path, &OpenOptions::default(), &Progress::default()).is_ok());
    of_columns(&path, columns(crate::formats::limits::FIELDS + 1));
    let error = read(&path, &OpenOptions::default(), &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("4097 columns"), "{error}");
}
