use std::sync::Arc;

use super::*;
use crate::model::height::UseClass;
use crate::themes::planning::scheme::{Block, Book, Change, Cleared};

fn crs(code: &str) -> Crs {
    Crs::parse(code).unwrap()
}

fn block(east: f64, storeys: u32) -> Block {
    let (x, y) = (516_000.0 + east, 4_330_000.0);
    Block {
        number: 0,
        outline: vec![[x, y], [x + 20.0, y], [x + 20.0, y + 10.0], [x, y + 10.0]],
        storeys,
        storey_height: 3.3,
        class: UseClass::of_word("residential").unwrap(),
    }
}

fn book() -> Book {
    let cleared = vec![Cleared { layer: "buildings".into(), building: "中-7 'x'".into() }];
    let changes = [
        Change::Begin { parcel: "120103001007GB00001".into(), name: "高层方案 \"A\"".into(), at: 10 },
        Change::Add(10, block(0.0, 6)),
        Change::Add(10, block(40.0, 11)),
        Change::Clear(10, cleared),
        Change::Begin { parcel: "P2".into(), name: "B".into(), at: 11 },
    ];
    changes.into_iter().fold(Book::default(), |book, change| book.with(change).unwrap())
}

#[test]
fn what_is_kept_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (path, crs, book) = (folder.path().join("work.gpkg"), crs("EPSG:4548"), book());
    assert!(Store::open_existing(&path, &crs).unwrap().is_none());
    assert!(!path.exists(), "looking makes no file");
    Store::open(&path, &crs).unwrap().keep_schemes(&Book::default(), &book).unwrap();

    let mut store = Store::open(&path, &crs).unwrap();
    let (read, issues) = store.schemes().unwrap();
    assert_eq!((&read, issues.len()), (&book, 0));
    // One building moved, one gone, one scheme discarded.
    let moved = read.schemes[0].blocks[0].moved([5.0, 0.0]);
    let after = [Change::Replace(10, moved), Change::Remove(10, 2), Change::Discard(11)]
        .into_iter()
        .fold(read.clone(), |book, change| book.with(change).unwrap());
    store.keep_schemes(&read, &after).unwrap();
    assert_eq!(Store::open(&path, &crs).unwrap().schemes().unwrap().0, after);
}

#[test]
fn coordinates_follow_the_project_crs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.gpkg");
    Store::open(&path, &crs("EPSG:4548")).unwrap().keep_schemes(&Book::default(), &book()).unwrap();
    // The same place in the zone of 120° E, 2.3° away: by PROJ, EPSG:4548 → EPSG:4549.
    let mut points = book().schemes[0].blocks[0].outline.clone();
    crate::place::transform::transform_all(&crs("EPSG:4548"), &crs("EPSG:4549"), &mut points).unwrap();
    let mut store = Store::open(&path, &crs("EPSG:4549")).unwrap();
    let read = store.schemes().unwrap().0;
    let found = &read.schemes[0].blocks[0].outline;
    // The lattice of large transformations is good to 0.1 mm.
    assert!(found.iter().flatten().zip(points.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
    assert!((found[0][0] - 516_000.0).abs() > 10_000.0);
    // Kept from there, it is read at its old place in the old CRS.
    let after = read.with(Change::Replace(10, read.schemes[0].blocks[0].pulled_to(50.0))).unwrap();
    store.keep_schemes(&read, &after).unwrap();
    let back = Store::open(&path, &crs("EPSG:4548")).unwrap().schemes().unwrap().0;
    let (now, then) = (&back.schemes[0].blocks[0], &book().schemes[0].blocks[0]);
    assert_eq!(now.storeys, 15);
    let pairs = now.outline.iter().flatten().zip(then.outline.iter().flatten());
    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 2e-3), "{:?}", now.outline);
}

/// QGIS opens it: here GDAL, which QGIS reads with, sees a layer of polygons with a CRS, numbers and names.
#[cfg(feature = "gdal")]
#[test]
fn an_independent_reader_sees_an_ordinary_layer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.gpkg");
    Store::open(&path, &crs("EPSG:4548")).unwrap().keep_schemes(&Book::default(), &book()).unwrap();
    let project = crate::model::project::Project::of_files(std::slice::from_ref(&path));
    let city = crate::city::City::open(&project, &crate::report::Progress::default()).unwrap();
    let layer = city.layers.iter().find(|layer| layer.layer.id.contains("scheme_buildings")).expect("the layer");
    assert_eq!(layer.rows(), 2);
    assert_eq!(layer.layer.crs.crs.as_ref().and_then(Crs::code), Some("EPSG:4548"));
    let extent = layer.extent();
    // From the first's western side to the second's eastern one: 40 + 20 m.
    assert!((extent.width() - 60.0).abs() < 1e-6 && (extent.height() - 10.0).abs() < 1e-6, "{extent:?}");
    let value = |field: &str| layer.layer.table.value(1, field).to_string();
    // Eleven storeys of 3.3 m on 200 m².
    assert_eq!((value("storeys").as_str(), value("scheme_name").as_str()), ("11", "高层方案 \"A\""));
    assert!((value("height_m").parse::<f64>().unwrap() - 36.3).abs() < 1e-9);
    assert!((value("floor_area_m2").parse::<f64>().unwrap() - 2200.0).abs() < 1e-6);
}

#[test]
fn foreign_and_later_files_are_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let crs = crs("EPSG:4548");
    let foreign = folder.path().join("foreign.gpkg");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE x (a)").unwrap();
    let before = std::fs::read(&foreign).unwrap();
    assert!(matches!(Store::open(&foreign, &crs), Err(StoreError::Foreign(_))));
    assert_eq!(std::fs::read(&foreign).unwrap(), before);

    let later = folder.path().join("later.gpkg");
    drop(Store::open(&later, &crs).unwrap());
    Connection::open(&later).unwrap().execute_batch("UPDATE cimbase SET version = 99").unwrap();
    assert!(matches!(Store::open(&later, &crs), Err(StoreError::Later(_))));

    let text = folder.path().join("text.gpkg");
    std::fs::write(&text, "this is no database, however long this text goes on").unwrap();
    assert!(matches!(Store::open(&text, &crs), Err(StoreError::Sqlite { .. })));
}

#[test]
fn a_building_that_cannot_be_read_is_named_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, crs) = (folder.path().join("work.gpkg"), crs("EPSG:4548"));
    let mut store = Store::open(&path, &crs).unwrap();
    store.keep_schemes(&Book::default(), &book()).unwrap();
    store.db.execute("UPDATE scheme_buildings SET storeys = 100000 WHERE number = 2", []).unwrap();
    let (read, issues) = store.schemes().unwrap();
    assert_eq!(read.schemes[0].blocks.len(), 1);
    assert!(issues[0].message.contains("building 2") && issues[0].message.contains("storeys"), "{issues:?}");
    // The scheme is changed and kept: what was not read is still in the file.
    let after = read.with(Change::Rename(10, "anders".into())).unwrap();
    store.keep_schemes(&read, &after).unwrap();
    let left: i64 = store.db.query_row("SELECT count(*) FROM scheme_buildings", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2);
    assert!(!Arc::ptr_eq(&read.schemes[0], &after.schemes[0]));
}
