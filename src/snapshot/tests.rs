use std::path::Path;

use super::*;
use crate::city::{City, CityLayer};
use crate::formats::{OpenOptions, RawData, RawLayer, open};
use crate::model::{FeatureTable, GeometryKind, TableBuilder, Value};
use crate::place::offset::Offset;
use crate::place::{Bounds, Crs, LonLat, Transform};
use crate::query::Filter;
use crate::query::testing::{city_of, layer_of};
use crate::report::Progress;

/// Near Tianjin in EPSG:4548.
const AT: [f64; 2] = [516_872.0, 4_331_721.0];

/// Squares of 10 m with a hole of 2 m (96 m²), the third in two parts (96 + 25 m²); the fourth has no geometry.
fn squares() -> FeatureTable {
    let mut builder = TableBuilder::default();
    let names = ["海河大厦", "=cmd|'/c calc'!A1", "两部分", "nowhere"];
    for (row, name) in names.into_iter().enumerate() {
        let values = [
            ("name", Value::Text(name.into())),
            ("Fid", Value::Integer(row as i64 + 7)),
            ("height", if row == 1 { Value::Null } else { Value::Real(12.5 * row as f64) }),
            ("old", Value::Boolean(row == 2)),
            // 2026-11-23T06:30:15Z, by `date -u -d @1795415415`.
            ("seen", Value::Time(1_795_415_415_000 + row as i64)),
            ("phone", Value::Text(format!("1800123456{row}").into())),
        ];
        for (field, value) in values {
            let column = builder.field(field);
            builder.set(column, &value);
        }
        let [x, y] = [AT[0] + 100.0 * row as f64, AT[1]];
        let mut part = |x: f64, side: f64, hole: bool| {
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
        };
        if row < 3 {
            part(x, 10.0, true);
        }
        if row == 2 {
            part(x + 30.0, 5.0, false);
        }
        builder.geometry.end_feature(if row < 3 { GeometryKind::Polygon } else { GeometryKind::None });
    }
    builder.finish()
}

fn city() -> City {
    let mut lamps = TableBuilder::default();
    for (row, name) in ["灯一", "灯二"].into_iter().enumerate() {
        let column = lamps.field("name");
        lamps.set(column, &Value::Text(name.into()));
        lamps.geometry.push_vertex([AT[0] + row as f64, AT[1]], Some(4.5));
        lamps.geometry.end_ring();
        lamps.geometry.end_part();
        lamps.geometry.end_feature(GeometryKind::Point);
    }
    city_of(vec![
        CityLayer::in_memory(layer_of("squares", squares())),
        CityLayer::in_memory(layer_of("lamps", lamps.finish())),
    ])
}

fn wish(city: &City, layers: &[usize]) -> Wish {
    let layers = layers.iter().map(|layer| WishedLayer { layer: *layer, filter: None, fields: None });
    Wish { layers: layers.collect(), bounds: None, crs: city.crs.clone(), offset: None, unmasked: true }
}

fn taken(city: &City, wish: &Wish, out: &Path) -> Taken {
    take(city, wish, out, &Progress::default()).unwrap()
}

/// All layers of a file, by the readers that read everybody's files.
fn read(path: &Path) -> Vec<RawLayer> {
    let found = open(path, &OpenOptions::default(), &Progress::default()).unwrap();
    let layers = found.into_iter().filter_map(|data| match data {
        RawData::Vector(layer) => Some(layer),
        RawData::Raster(_) => None,
    });
    layers.collect()
}

/// The row of a name: formats may reorder.
fn row_of(table: &FeatureTable, name: &str) -> u32 {
    (0..table.len() as u32).find(|row| table.value(*row, "name").to_string() == name).expect(name)
}

#[test]
fn each_format_is_read_back_with_counts_areas_and_values() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    for format in Format::ALL {
        if format == Format::GeoPackage && !cfg!(feature = "gdal") {
            continue;
        }
        let out = folder.path().join(format!("squares.{}", format.endings()[0]));
        let done = taken(&city, &wish(&city, &[0]), &out);
        assert_eq!((done.layers[0].features, done.layers[0].without_place), (4, 1), "{format:?}");
        let layers = read(&out);
        let table = &layers[0].table;
        assert_eq!((layers.len(), table.len()), (1, 4), "{format:?}");
        let crs = Crs::parse(if format.is_lonlat() { "EPSG:4326" } else { "EPSG:4548" }).unwrap();
        if format != Format::Csv {
            assert_eq!(layers[0].crs.crs.as_ref().and_then(Crs::code), crs.code(), "{format:?}");
        }
        let mut geometry = table.geometry.clone();
        Transform::new(&crs, &city.crs).unwrap().apply(&mut geometry.xy);
        // Nine decimals of a degree are 0.1 mm: along 40 m of outline at most 4·10⁻³ m².
        for (name, area) in [("海河大厦", 96.0), ("两部分", 121.0)] {
            let found = geometry.area(row_of(table, name));
            assert!((found - area).abs() < 4e-3, "{format:?}: {name} has {found} m²");
        }
        let row = row_of(table, "两部分");
        // Text tables have no types: what is compared is what they say.
        let said = |field: &str| table.value(row, field).to_string();
        let fid = if format == Format::GeoPackage { "Fid_1" } else { "Fid" };
        assert_eq!((said(fid).as_str(), said("height").as_str()), ("9", "25"), "{format:?}");
        assert_eq!(table.value(row, "old").to_string().to_lowercase().replace('1', "true"), "true", "{format:?}");
        assert!(said("seen").starts_with("2026-11-23 06:30:15"), "{format:?}: {}", said("seen"));
        // A text that spreadsheets would run is marked in their format, and as it is everywhere else.
        let formula = if format == Format::Csv { "'=cmd|'/c calc'!A1" } else { "=cmd|'/c calc'!A1" };
        let row = row_of(table, formula);
        assert!(table.value(row, "height").is_null(), "{format:?}");
    }
}

#[cfg(feature = "gdal")]
#[test]
fn a_geopackage_holds_layers_and_renames_what_it_keeps_for_itself() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("all.gpkg");
    let done = taken(&city, &wish(&city, &[0, 1]), &out);
    assert_eq!(done.layers[0].renamed, [("Fid".to_owned(), "Fid_1".to_owned())]);
    let layers = read(&out);
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["squares", "lamps"]);
    let lamps = &layers[1].table;
    assert_eq!(lamps.geometry.heights(row_of(lamps, "灯二")), [4.5]);
}

#[test]
fn only_what_is_wished_leaves() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("some.fgb");
    let mut wish = wish(&city, &[0]);
    // The first two squares; of them the condition takes the second.
    wish.bounds = Some(Bounds { min: [AT[0], AT[1]], max: [AT[0] + 110.0, AT[1] + 5.0] });
    wish.layers[0].filter = Some(Filter::parse("Fid > 7").unwrap());
    wish.layers[0].fields = Some(vec!["old".into(), "name".into()]);
    assert_eq!(taken(&city, &wish, &out).layers[0].features, 1);
    let table = &read(&out)[0].table;
    let fields: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!((fields, table.len()), (vec!["old", "name"], 1));
    assert_eq!(table.value(0, "name").to_string(), "=cmd|'/c calc'!A1");
}

#[test]
fn personal_data_is_masked_and_not_asked_for() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("masked.geojson");
    let mut wish = Wish { unmasked: false, ..wish(&city, &[0]) };
    assert_eq!(taken(&city, &wish, &out).layers[0].masked, ["phone"]);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(!text.contains("18001234560") && text.contains("180****4560"), "{text}");
    wish.layers[0].filter = Some(Filter::parse("phone = '18001234560'").unwrap());
    let refused = take(&city, &wish, &out, &Progress::default()).unwrap_err();
    assert!(refused.to_string().contains("phone"), "{refused}");
}

#[test]
fn shifted_coordinates_are_shifted_back_by_who_knows() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let wish = Wish { offset: Some(Offset::Gcj02), crs: Crs::parse("EPSG:4326").unwrap(), ..wish(&city, &[0]) };
    let out = folder.path().join("shifted.geojson");
    assert!(taken(&city, &wish, &out).notes[0].contains("gcj02"));
    let table = &read(&out)[0].table;
    let [lon, lat] = table.geometry.vertices(row_of(table, "海河大厦"))[0];
    let plain = Offset::Gcj02.unshift(LonLat { lon, lat });
    let way = Transform::new(&Crs::parse("EPSG:4326").unwrap(), &city.crs).unwrap();
    let [east, north] = way.point([plain.lon, plain.lat]).unwrap();
    // A millimetre: undoing is iterated to less than that, and nine decimals are 0.1 mm.
    assert!((east - AT[0]).hypot(north - AT[1]) < 1e-3, "{east} {north}");
    // The shift at Tianjin is some hundred metres.
    let [shifted, _] = way.point([lon, lat]).unwrap();
    assert!((shifted - AT[0]).abs() > 100.0, "{shifted}");
    let metric = Wish { crs: city.crs.clone(), ..wish };
    assert!(take(&city, &metric, &folder.path().join("m.fgb"), &Progress::default()).is_err());
}

#[test]
fn what_is_stopped_or_refused_leaves_the_old_file() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    for format in Format::ALL {
        let out = folder.path().join(format!("kept.{}", format.endings()[0]));
        std::fs::write(&out, "old").unwrap();
        let progress = Progress::default();
        progress.cancel();
        let stopped = take(&city, &wish(&city, &[0]), &out, &progress).unwrap_err();
        assert!(matches!(stopped, SnapshotError::Write(ref error) if error.cancelled), "{format:?}: {stopped}");
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "old", "{format:?}");
    }
    let two = take(&city, &wish(&city, &[0, 1]), &folder.path().join("kept.csv"), &Progress::default()).unwrap_err();
    assert!(two.to_string().contains("squares, lamps"), "{two}");
    let unknown = take(&city, &wish(&city, &[0]), &folder.path().join("a.docx"), &Progress::default()).unwrap_err();
    assert!(unknown.to_string().contains(".gpkg"), "{unknown}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, Format::ALL.len(), "nothing half-written is left");
}
