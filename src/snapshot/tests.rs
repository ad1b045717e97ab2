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
    let layers = layers.iter().map(|layer| WishedLayer::whole(*layer));
    Wish { layers: layers.collect(), bounds: None, clip: false, crs: city.crs.clone(), offset: None, unmasked: true }
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

/// The row of a name: formats may reorder. KML keeps `name` for itself.
fn row_of(table: &FeatureTable, name: &str) -> u32 {
    let field = if table.field("name_1").is_some() { "name_1" } else { "name" };
    (0..table.len() as u32).find(|row| table.value(*row, field).to_string() == name).expect(name)
}

/// Formats that our own readers take without GDAL.
fn is_ours(format: Format) -> bool {
    matches!(format, Format::GeoJson | Format::NdJson | Format::FlatGeobuf | Format::GeoParquet | Format::Csv)
}

#[test]
fn each_format_is_read_back_with_counts_areas_and_values() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    for format in Format::ALL.iter().copied() {
        // A drawing has no features; a workbook no geometry for readers. Each has its own test.
        let own_test = matches!(format, Format::Dxf | Format::Xlsx);
        if own_test || (!is_ours(format) && !cfg!(feature = "gdal")) {
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
fn a_workbook_has_a_sheet_for_each_layer_and_no_formula() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("all.xlsx");
    taken(&city, &wish(&city, &[0, 1]), &out);
    let layers = read(&out);
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["squares", "lamps"]);
    let table = &layers[0].table;
    assert_eq!(table.len(), 4);
    let row = row_of(table, "=cmd|'/c calc'!A1");
    assert!(table.value(row, "height").is_null());
    assert_eq!(table.value(row, "Fid").to_string(), "8");
    let wkt = table.value(row_of(table, "海河大厦"), "wkt").to_string();
    assert!(wkt.starts_with("POLYGON") || wkt.starts_with("MULTIPOLYGON"), "{wkt}");
    let seen = table.value(row, "seen").to_string();
    assert!(seen.starts_with("2026-11-23 06:30:15"), "{seen}");
}

/// A square of 10 m with a courtyard of 2 m is two polylines; the building of the third row has two parts, three
/// polylines. The fourth row has no geometry and is said.
#[cfg(feature = "gdal")]
#[test]
fn a_drawing_has_layers_and_closed_polylines() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("all.dxf");
    let done = taken(&city, &wish(&city, &[0, 1]), &out);
    assert!(done.notes.iter().any(|note| note.contains("1 features without geometry")), "{:?}", done.notes);
    let table = &read(&out)[0].table;
    let layers: Vec<String> = (0..table.len() as u32).map(|row| table.value(row, "Layer").to_string()).collect();
    assert_eq!(layers.iter().filter(|layer| *layer == "squares").count(), 7);
    assert_eq!(layers.iter().filter(|layer| *layer == "lamps").count(), 2);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains("1001\nCIMBASE\n1000\nname=海河大厦\n"), "attributes are extended data");
}

#[cfg(feature = "gdal")]
#[test]
fn what_a_shapefile_cannot_hold_is_said() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("all.shp.zip");
    let mut wish = wish(&city, &[0]);
    let field = |key: &str, name: &str| WishedField { key: key.into(), name: name.into() };
    wish.layers[0].fields = Some(vec![
        field("name", "name"),
        field("height", "建筑高度米"),
        field("old", "building_old"),
        field("seen", "seen"),
    ]);
    let done = taken(&city, &wish, &out);
    let renamed = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    assert_eq!(done.layers[0].renamed, [renamed("建筑高度米", "建筑高"), renamed("building_old", "building_o")]);
    let notes = done.notes.join("\n");
    assert!(notes.contains("seen are texts") && notes.contains("building_old are 1 and 0"), "{notes}");
    let table = &read(&out)[0].table;
    assert_eq!(table.value(row_of(table, "两部分"), "建筑高").to_string(), "25");
}

/// The box takes 5 m of the second square (100 m to 105 m, 0 to 10 m): 50 m² less the half of its hole that lies within,
/// 104 m to 105 m: 2 m². The first square lies wholly within: 96 m².
#[test]
fn features_are_cut_at_the_box() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("cut.fgb");
    let mut wish = wish(&city, &[0]);
    wish.bounds = Some(Bounds { min: [AT[0] - 1.0, AT[1] - 1.0], max: [AT[0] + 105.0, AT[1] + 20.0] });
    wish.clip = true;
    assert_eq!(taken(&city, &wish, &out).layers[0].features, 2);
    let table = &read(&out)[0].table;
    // Boolean operations round to a grid of its own: less than a square millimetre here.
    for (name, area) in [("海河大厦", 96.0), ("=cmd|'/c calc'!A1", 48.0)] {
        let found = table.geometry.area(row_of(table, name));
        assert!((found - area).abs() < 1e-6, "{name}: {found}");
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
    wish.layers[0].fields =
        Some(vec![WishedField::same("old"), WishedField { key: "name".into(), name: "名称".into() }]);
    assert_eq!(taken(&city, &wish, &out).layers[0].features, 1);
    let table = &read(&out)[0].table;
    let fields: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!((fields, table.len()), (vec!["old", "名称"], 1));
    assert_eq!(table.value(0, "名称").to_string(), "=cmd|'/c calc'!A1");
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
    for format in Format::ALL.iter().copied() {
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

/// What is said is the CRS of the file and not the one that was asked for: GeoJSON knows one alone.
#[test]
fn the_crs_that_is_said_is_the_one_that_was_written() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let of = |name: &str| taken(&city, &wish(&city, &[0]), &folder.path().join(name));
    assert_eq!([of("a.geojson").crs, of("a.fgb").crs, of("a.glb").crs], ["EPSG:4326", "EPSG:4548", "EPSG:4548"]);
    let notes = of("a.csv").notes.join("\n");
    assert!(notes.contains("EPSG:4548") && notes.contains("1 texts that a spreadsheet would run"), "{notes}");
    assert!(of("a.xlsx").notes.iter().any(|note| note.contains("EPSG:4548")));
}

/// At 39.1° N a metre on a map in EPSG:3857 is 1 / cos 39.1° = 1.29 m; UTM zone 49 ends at 114° E.
#[test]
fn a_model_says_where_its_crs_is_wrong() {
    let (mut city, folder) = (city(), tempfile::tempdir().unwrap());
    city.extent = Bounds { min: AT, max: [AT[0] + 300.0, AT[1] + 10.0] };
    for (code, word) in [("EPSG:3857", "1.29 times"), ("EPSG:32649", "is meant for longitudes")] {
        let wish = Wish { crs: Crs::parse(code).unwrap(), ..wish(&city, &[0]) };
        let done = taken(&city, &wish, &folder.path().join("a.glb"));
        assert_eq!(done.crs, code);
        assert!(done.notes.iter().any(|note| note.contains(word)), "{code}: {:?}", done.notes);
    }
}

/// A field of whole numbers without any, and one of truths: their types stay.
#[test]
fn fields_without_values_keep_their_types() {
    use crate::formats::flatgeobuf::FgbFile;
    use crate::model::FieldType;
    let mut builder = TableBuilder::default();
    builder.typed_field("number", FieldType::Integer);
    builder.typed_field("truth", FieldType::Boolean);
    builder.geometry.push_vertex(AT, None);
    builder.geometry.end_ring();
    builder.geometry.end_part();
    builder.geometry.end_feature(GeometryKind::Point);
    let city = city_of(vec![CityLayer::in_memory(layer_of("empty", builder.finish()))]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("empty.fgb");
    taken(&city, &wish(&city, &[0]), &out);
    let file = FgbFile::open(&out).unwrap();
    let fields: Vec<_> = file.fields().collect();
    assert_eq!(fields, [("number", FieldType::Integer), ("truth", FieldType::Boolean)]);
}

/// 28 February 1900 is day 60, which spreadsheets show as a 29th: it is a text. 1 March is day 61 for all of them.
#[test]
fn days_before_march_1900_are_texts_in_a_workbook() {
    let mut builder = TableBuilder::default();
    let day = builder.field("day");
    // Days from 1970-01-01 back to 1900-03-01: 25,508.
    for days in [-25_509_i64, -25_508] {
        builder.set(day, &Value::Time(days * 86_400_000));
        builder.geometry.end_feature(GeometryKind::None);
    }
    let city = city_of(vec![CityLayer::in_memory(layer_of("days", builder.finish()))]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("days.xlsx");
    taken(&city, &wish(&city, &[0]), &out);
    let mut book = zip::ZipArchive::new(std::fs::File::open(&out).unwrap()).unwrap();
    let mut text = String::new();
    for at in 0..book.len() {
        let mut member = book.by_index(at).unwrap();
        let name = member.name().unwrap().into_owned();
        if name.contains("sheet1.xml") || name.contains("sharedStrings") {
            std::io::Read::read_to_string(&mut member, &mut text).unwrap();
        }
    }
    assert!(text.contains("1900-02-28") && text.contains("<v>61</v>") && !text.contains("<v>60</v>"), "{text}");
}
