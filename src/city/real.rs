//! Cities from real files: places and sizes that others measured.

use super::*;
use crate::testing::data;

fn open(files: &[&str]) -> Option<City> {
    let files: Option<Vec<_>> = files.iter().map(|file| data(file)).collect();
    let city = City::open(&Project::of_files(&files?), &Progress::default()).unwrap_or_else(|e| panic!("{e}"));
    for issue in city.report.issues.iter().chain(city.layers.iter().flat_map(|l| &l.layer.report.issues)) {
        println!("{issue}");
    }
    println!("{:?} {}", city.times, city.crs_basis);
    Some(city)
}

fn area(layer: &CityLayer) -> f64 {
    (0..layer.layer.table.len() as u32).map(|row| layer.layer.table.geometry.area(row)).sum()
}

/// Computed with GDAL and shapely in EPSG:4549: 3,076 buildings, 1,236,017 m².
#[test]
fn suzhou_has_the_area_that_others_compute() {
    let Some(city) = open(&["buildings/suzhou_bd_demo_2.geojson"]) else { return };
    assert_eq!(city.crs.code(), Some("EPSG:4549"));
    assert_eq!(city.layers[0].layer.table.len(), 3076);
    let area = area(&city.layers[0]);
    assert!((area / 1_236_017.0 - 1.0).abs() < 1e-3, "{area} m²");
}

/// The file's own `Shape_Area` is in square US feet; UTM 18N shrinks by up to 0.08 %.
#[test]
fn the_boroughs_of_new_york_have_their_areas_from_feet() {
    let Some(city) = open(&["admin/nybb_16a_EPSG2263.zip"]) else { return };
    assert_eq!(city.crs.code(), Some("EPSG:32618"));
    let table = &city.layers[0].layer.table;
    assert_eq!(table.len(), 5);
    for row in 0..5 {
        let said = table.value(row, "Shape_Area").number().unwrap() * (1200.0_f64 / 3937.0).powi(2);
        let area = table.geometry.area(row);
        assert!((area / said - 1.0).abs() < 2e-3, "{area} {said}");
    }
}

/// Delft lies at 4.37°E 52.0°N; the file is in Dutch metres.
#[test]
fn delft_lies_in_delft() {
    let Some(city) = open(&["buildings/tudelft_campus.geojson"]) else { return };
    assert_eq!(city.crs.code(), Some("EPSG:32631"));
    let bridge = crate::place::LonLatBridge::new(&city.crs).unwrap();
    let at = bridge.lonlat(city.extent.centre().into()).unwrap();
    assert!((at.lon - 4.37).abs() < 0.03 && (at.lat - 52.0).abs() < 0.03, "{at:?}");
}

/// The buildings stand on the terrain of the same survey (README of the data).
#[test]
fn buildings_and_terrain_of_one_survey_meet() {
    let Some(city) = open(&["buildings/small_hag_buildings/buildings.geojson", "terrain/opengeos_dtm.tif"]) else {
        return;
    };
    let terrain = city.terrain.as_ref().unwrap();
    let geometry = &city.layers[0].layer.table.geometry;
    let on_ground = (0..geometry.len() as u32)
        .filter(|row| geometry.centroid(*row).is_some_and(|c| terrain.height_at(c.into()).is_some()));
    assert!(on_ground.count() * 10 > geometry.len() * 9);
}

#[test]
fn a_city_on_another_continent_is_reported() {
    let Some(city) = open(&["buildings/suzhou_bd_demo_2.geojson", "admin/nybb_16a_EPSG2263.zip"]) else { return };
    assert_eq!(city.crs.code(), Some("EPSG:4549"));
    let said: Vec<String> = city.layers[1].layer.report.issues.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|m| m.contains("km from the other layers")), "{said:?}");
    assert!(city.extent.width() < 10_000.0);
}
