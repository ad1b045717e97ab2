//! The runs of a layer put together are the layer.

use std::path::{Path, PathBuf};

use super::super::meanings::Watch;
use super::super::*;
use crate::model::{FeatureTable, TableBuilder, Value};
use crate::report::Issue;
use crate::testing::data;

/// A layer of runs put together.
struct Together {
    head: (String, String, FoundCrs, String),
    rows: Vec<usize>,
    table: FeatureTable,
    report: Report,
}

fn chunks(path: &Path, options: &OpenOptions, most: usize) -> Result<Vec<RawLayer>, OpenError> {
    let mut found = Vec::new();
    open_chunks(path, options, most, &Progress::default(), &mut |layer| {
        found.push(layer);
        Ok(())
    })?;
    Ok(found)
}

fn together(path: &Path, options: &OpenOptions, most: usize) -> Result<Vec<Together>, OpenError> {
    let mut layers: Vec<Vec<RawLayer>> = Vec::new();
    for chunk in chunks(path, options, most)? {
        match layers.last_mut() {
            Some(layer) if layer[0].name == chunk.name => layer.push(chunk),
            _ => layers.push(vec![chunk]),
        }
    }
    Ok(layers.into_iter().map(put_together).collect())
}

fn put_together(layer: Vec<RawLayer>) -> Together {
    let head = (layer[0].name.clone(), layer[0].format.clone(), layer[0].crs.clone(), layer[0].encoding.clone());
    let rows = layer.iter().map(|chunk| chunk.table.len()).collect();
    let mut watch = Watch::default();
    layer.iter().for_each(|chunk| watch.take(&chunk.table));
    let meanings = watch.meanings();
    let (mut builder, mut report) = (TableBuilder::default(), Report::default());
    let mut fields = Vec::new();
    for mut chunk in layer {
        assert_eq!(head, (chunk.name, chunk.format, chunk.crs, chunk.encoding));
        meanings.apply(&mut chunk.table);
        fields.push(chunk.table.fields.iter().map(|f| (f.name.clone(), f.values.type_name())).collect::<Vec<_>>());
        for field in &chunk.table.fields {
            builder.field(&field.name);
        }
        for row in 0..chunk.table.len() as u32 {
            for field in &chunk.table.fields {
                let column = builder.field(&field.name);
                builder.set(column, &field.values.get(row));
            }
            builder.geometry.push_from(&chunk.table.geometry, row);
        }
        report.extend(chunk.report);
    }
    fields.dedup();
    assert_eq!(fields.len(), 1, "all runs have the same fields and types");
    meanings.say(&head.0, &mut report);
    Together { head, rows, table: builder.finish(), report }
}

fn sorted(report: &Report) -> Vec<String> {
    let mut issues: Vec<String> = report.issues.iter().map(Issue::to_string).collect();
    issues.sort();
    issues
}

fn assert_same(path: &Path, options: &OpenOptions) {
    let whole = open(path, options, &Progress::default()).unwrap_or_else(|e| panic!("{e}"));
    let whole: Vec<RawLayer> =
        whole.into_iter().filter_map(|d| if let RawData::Vector(layer) = d { Some(layer) } else { None }).collect();
    let rows: usize = whole.iter().map(|layer| layer.table.len()).sum();
    for most in if rows > 5000 { vec![997, usize::MAX] } else { vec![1, 7, usize::MAX] } {
        let named = format!("{} by {most}", path.display());
        let parts = together(path, options, most).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(parts.len(), whole.len(), "{named}");
        for (ours, whole) in parts.iter().zip(&whole) {
            let head = (whole.name.clone(), whole.format.clone(), whole.crs.clone(), whole.encoding.clone());
            assert_eq!(ours.head, head, "{named}");
            let full = ours.rows.len().saturating_sub(1);
            assert!(ours.rows[..full].iter().all(|rows| *rows == most), "{named}: {:?}", ours.rows);
            assert_eq!(ours.report.skipped, whole.report.skipped, "{named}");
            let mut said = sorted(&ours.report);
            said.retain(|issue| !issue.starts_with("rasters in the same source"));
            assert_eq!(said, sorted(&whole.report), "{named}");
            assert_same_table(&ours.table, &whole.table, &named);
        }
    }
}

fn assert_same_table(ours: &FeatureTable, whole: &FeatureTable, named: &str) {
    assert_eq!(ours.len(), whole.len(), "{named}");
    let names = |table: &FeatureTable| table.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(ours), names(whole), "{named}");
    for row in 0..whole.len() as u32 {
        let (a, b) = (&ours.geometry, &whole.geometry);
        assert_eq!((a.kind(row), a.vertices(row)), (b.kind(row), b.vertices(row)), "{named} row {row}");
        let rings = |g: &GeometryColumn| {
            g.parts(row).map(|part| g.rings(part).map(|r| r.xy.len()).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(rings(a), rings(b), "{named} row {row}");
        let heights = |g: &GeometryColumn| g.heights(row).iter().map(|z| z.to_bits()).collect::<Vec<_>>();
        assert_eq!(heights(a), heights(b), "{named} row {row}");
    }
    for (a, b) in ours.fields.iter().zip(&whole.fields) {
        // Nothing at all has no type.
        let kind = |f: &crate::model::Field| (f.values.nulls() < f.values.len()).then(|| f.values.type_name());
        assert_eq!(kind(a), kind(b), "{named} {}", a.name);
        for row in 0..whole.len() as u32 {
            assert_eq!(a.values.get(row), b.values.get(row), "{named} {} row {row}", a.name);
        }
    }
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Features whose fields change their types, hold dates, stand-ins and nothing, and some that are broken.
fn features() -> Vec<String> {
    (0..40)
        .map(|i| {
            let mixed = ["1", "2.5", "\"text\"", "true", "null"][i % 5];
            let number = if i % 9 == 3 { "-9999".to_owned() } else { format!("{}", i * 3) };
            let late = if i > 30 { format!(",\"late\":{i}") } else { String::new() };
            let geometry = match i {
                4 | 17 => "null".to_owned(),
                11 => r#"{"type":"Polygon","coordinates":[[1,2],[3,4]]}"#.to_owned(),
                20 => r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}"#.to_owned(),
                _ => format!(r#"{{"type":"Point","coordinates":[{}.25,39,{i}]}}"#, 117 + i % 2),
            };
            let real = if i > 20 { "0.5" } else { "7" };
            let day = 1 + i % 28;
            let bits = if i == 25 { "9" } else { "NaN" };
            format!(
                r#"{{"type":"Feature","properties":{{"mixed":{mixed},"n":{number},"real":{real},"since":"2020-05-{day:02}","code":"{i}","bits":{bits}{late}}},"geometry":{geometry}}}"#
            )
        })
        .collect()
}

#[test]
fn the_runs_of_geojson_put_together_are_the_layer() {
    let folder = tempfile::tempdir().unwrap();
    let features = features();
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}}"#;
    let joined = features.join(",\n");
    let mut lines = features.clone();
    lines[3] = lines[3].replace("}}", "}");
    lines[8] = "not a feature".into();
    lines[14] = lines[14].replace("\"code\":\"", "\"code\":");
    for (name, text) in [
        ("collection.geojson", format!(r#"{{"type":"FeatureCollection","name":"a",{crs},"features":[{joined}]}}"#)),
        (
            "after.geojson",
            format!(r#"{{"type":"FeatureCollection","features":[{joined}],"bbox":[0,1],{crs},"name":"b"}}"#),
        ),
        ("cut.geojson", format!(r#"{{"type":"FeatureCollection","features":[{joined}"#)),
        ("array.geojson", format!("[{joined}]")),
        ("lines.geojson", lines.join("\n")),
        ("sequence.geojson", format!("\u{1e}{}\n", lines.join("\n\u{1e}"))),
        ("pretty.geojson", features.join("\n").replace("{\"type\":\"Feature\",", "{\n  \"type\":\"Feature\",\n  ")),
        ("empty.geojson", r#"{"type":"FeatureCollection","features":[]}"#.to_owned()),
    ] {
        let path = write(folder.path(), name, text);
        assert_same(&path, &OpenOptions::default());
        assert_same(&path, &OpenOptions { limit: Some(15), ..Default::default() });
    }
}

#[test]
fn the_runs_of_other_formats_put_together_are_the_layer() {
    let folder = tempfile::tempdir().unwrap();
    let (mut csv, mut plain) = ("id,lon,lat,n,d\n".to_owned(), "a;b\n".to_owned());
    for i in 0..30 {
        let place = if i == 12 { "N/A,".to_owned() } else { format!("{}.5,39.25", 117 + i % 2) };
        let n = if i == 29 { "x".into() } else { format!("{i}") };
        csv += &format!("{i},{place},{n},2020/5/{}\n", 1 + i % 28);
        plain += &format!("{i};{},5\n", if i == 3 { -9999 } else { i });
    }
    let csv = write(folder.path(), "a.csv", csv);
    assert_same(&csv, &OpenOptions::default());
    assert_same(&write(folder.path(), "b.csv", &plain), &OpenOptions::default());
    assert_same(&write(folder.path(), "c.csv", encoding_rs::GB18030.encode(&plain.replace("a;", "名称;")).0), &{
        OpenOptions { encoding: Some("gb18030".into()), ..Default::default() }
    });
    // Not degrees in a row that the first run does not hold.
    let far = format!("{}31,500000,4000000,1,2020/5/1\n", std::fs::read_to_string(&csv).unwrap());
    assert_same(&write(folder.path(), "d.csv", far), &OpenOptions::default());

    let geojson = write(folder.path(), "e.geojson", format!("[{}]", features().join(",")));
    let layer = geojson::read(&geojson, &OpenOptions::default(), &Progress::default()).unwrap();
    let path = folder.path().join("f.fgb");
    let crs = Crs::parse("EPSG:4490").unwrap();
    flatgeobuf::write(&path, "f", &layer.table, &crs, &Progress::default()).unwrap();
    assert_same(&path, &OpenOptions::default());
    let bytes = std::fs::read(&path).unwrap();
    assert_same(&write(folder.path(), "cut.fgb", &bytes[..bytes.len() - 700]), &OpenOptions::default());
}

#[test]
fn rows_before_the_first_geometry_are_named_when_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = r#"{"type":"Feature","properties":{"a":1},"geometry":null}"#;
    let point = r#"{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    let path = write(folder.path(), "a.geojson", format!("[{nothing},{nothing},{point},{nothing}]"));
    let found = chunks(&path, &OpenOptions::default(), 1).unwrap();
    let skipped: Vec<Vec<u64>> = found.iter().map(|c| c.report.skipped.iter().map(|s| s.feature).collect()).collect();
    assert_eq!(skipped, [vec![], vec![], vec![0, 1], vec![3]]);
    let path = write(folder.path(), "b.geojson", format!("[{nothing},{nothing}]"));
    let found = chunks(&path, &OpenOptions::default(), 1).unwrap();
    assert!(found.iter().all(|c| c.report.skipped.is_empty()));
    assert!(found[1].report.issues[0].message.contains("without geometry"));
}

#[test]
fn what_the_sink_refuses_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.geojson", format!("[{}]", features().join(",")));
    let mut calls = 0;
    let refused = open_chunks(&path, &OpenOptions::default(), 7, &Progress::default(), &mut |layer| {
        calls += 1;
        assert_eq!(layer.table.len(), 7);
        if calls == 2 { Err(OpenError::new(Path::new("out"), "disk full")) } else { Ok(()) }
    });
    assert_eq!((refused.unwrap_err().reason.as_str(), calls), ("disk full", 2));
    let progress = Progress::default();
    progress.cancel();
    assert!(open_chunks(&path, &OpenOptions::default(), 7, &progress, &mut |_| Ok(())).unwrap_err().cancelled);
}

/// Files of the data folder; those whose drivers hold everything are here as well.
#[test]
fn the_runs_of_real_files_put_together_are_the_layer() {
    let text =
        ["buildings/berlin_osmbuildings.geojson", "incidents/earthquakes.geojson", "incidents/northumbria_asb.tab"];
    let gdal = [
        "buildings/small_hag_buildings/buildings.shp",
        "buildings/boulder_buildings_shp.zip",
        "buildings/bubenec_prague.gpkg",
        "parcels/cambridge/BASEMAP_RooftopMechanicals.topojson",
        "admin/nybb_16a_EPSG2263.zip",
    ];
    for file in text.iter().chain(gdal.iter().filter(|_| cfg!(feature = "gdal"))) {
        let Some(path) = data(file) else { continue };
        assert_same(&path, &OpenOptions::default());
    }
}

#[cfg(feature = "gdal")]
#[test]
fn layers_that_a_file_holds_mixed_come_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut osm = "<?xml version=\"1.0\"?><osm version=\"0.6\">".to_owned();
    for i in 1..=20 {
        osm += &format!(
            "<node id=\"{i}\" lat=\"39.{i}\" lon=\"117.{i}\" version=\"1\"><tag k=\"name\" v=\"n{i}\"/></node>"
        );
    }
    for i in 1..=9 {
        osm += &format!(
            "<way id=\"{i}\" version=\"1\"><nd ref=\"{i}\"/><nd ref=\"{}\"/><tag k=\"highway\" v=\"path\"/></way>",
            i + 5
        );
    }
    let path = write(folder.path(), "a.osm", osm + "</osm>");
    assert_same(&path, &OpenOptions::default());
    let found = chunks(&path, &OpenOptions::default(), 7).unwrap();
    let points: Vec<usize> = found.iter().filter(|c| c.name == "points").map(|c| c.table.len()).collect();
    assert_eq!(points, [7, 7, 6]);

    let kml = (0..20).map(|i| {
        format!("<Placemark><name>{i}</name><Point><coordinates>117.{i},39</coordinates></Point></Placemark>")
    });
    let kml = format!(
        "<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>{}</Document></kml>",
        kml.collect::<String>()
    );
    assert_same(&write(folder.path(), "b.kml", kml), &OpenOptions::default());
    let raster = write(folder.path(), "c.asc", "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 4\n");
    let refused = chunks(&raster, &OpenOptions::default(), 7).unwrap_err();
    assert!(refused.reason.contains("raster"), "{}", refused.reason);
}

#[test]
fn values_of_a_run_are_as_in_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.geojson", format!("[{}]", features().join(",")));
    let found = chunks(&path, &OpenOptions::default(), 10).unwrap();
    assert_eq!(found[0].table.value(3, "n"), Value::Integer(-9999));
    assert_eq!(found[0].table.value(3, "since"), Value::Text("2020-05-04".into()));
    assert_eq!(found[0].table.value(2, "mixed"), Value::Text("text".into()));
    // Fields stay, in their order.
    assert_eq!(found[3].table.fields[0].name, "mixed");
}

#[test]
#[ignore = "for people: reads CIMBASE_DUMP=FILE in runs of CIMBASE_ROWS, says time and memory"]
fn measure() {
    let Some(file) = std::env::var_os("CIMBASE_DUMP") else { return };
    let most = std::env::var("CIMBASE_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(65_536);
    let (start, mut rows, mut count) = (std::time::Instant::now(), 0, 0);
    open_chunks(Path::new(&file), &OpenOptions::default(), most, &Progress::default(), &mut |layer| {
        rows += layer.table.len();
        count += 1;
        Ok(())
    })
    .unwrap();
    println!("{rows} rows in {count} runs, {:?}", start.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("Rss")).for_each(|l| println!("{l}"));
}
