//! Real data made by others: every file opens, or is refused with a reason.

use std::path::PathBuf;

use serde_json::Value as Json;

use super::program::{Place, package, relative, run_in, walk};

pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CIMBASE_TEST_DATA").map_or_else(|| package().join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return folder.canonicalize().ok();
    }
    println!("skipped: no {} (set CIMBASE_TEST_DATA to the folder of real data)", folder.display());
    None
}

/// Cambridge as a project of its own: parcels, tax roll, zoning, and roof structures whose heights are in feet; its
/// files. `None` where there is no real data.
pub fn cambridge(place: &Place) -> Option<[&'static str; 4]> {
    let folder = folder()?;
    let files = [
        ("parcels/cambridge_ma_parcels_fy2013.topojson", "parcels.topojson"),
        ("parcels/cambridge_ma_tax_fy2013.csv", "tax.csv"),
        ("parcels/cambridge/CDD_ZoningDistricts.geojson", "zoning.geojson"),
        ("parcels/cambridge/BASEMAP_RooftopMechanicals.topojson", "roofs.topojson"),
    ];
    for (from, to) in files {
        std::fs::copy(folder.join(from), place.path().join(to)).unwrap();
    }
    place.write(
        "project.toml",
        "crs = \"EPSG:26986\"\n[title]\nen = \"Cambridge\"\n\
         [[layer]]\nid = \"zoning\"\nsource = \"zoning.geojson\"\nrole = \"zone\"\n\
         [[layer]]\nid = \"parcels\"\nsource = \"parcels.topojson\"\nrole = \"parcel\"\n\
         [[layer]]\nid = \"tax\"\nsource = \"tax.csv\"\nrole = \"building\"\n\
         [[layer]]\nid = \"roofs\"\nsource = \"roofs.topojson\"\nrole = \"building\"\n",
    );
    Some(files.map(|(_, file)| file))
}

fn info(file: &str) -> Option<Json> {
    Some(run_in(&folder()?, &["info", file, "--json"]).json())
}

/// Rows of one layer of a file.
fn rows(file: &str, layer: usize, expected: u64) {
    if let Some(info) = info(file) {
        assert_eq!(info["layers"][layer]["features"], expected, "{file}");
    }
}

#[test]
fn every_file_opens_or_is_refused_with_a_reason() {
    let Some(folder) = folder() else { return };
    let files = walk(&folder);
    assert!(files.len() > 20, "{} holds only {} files", folder.display(), files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = relative(&folder, &file);
        let run = run_in(&folder, &["info", &name, "--json"]);
        let verdict = match run.code {
            Some(0) => {
                let info: Json = serde_json::from_str(&run.stdout).unwrap_or_default();
                let layers = info["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
                let silent = |layer: &Json| {
                    let empty = layer["features"] == 0 && layer["geometry"] != "raster";
                    empty && layer["issues"].as_array().is_none_or(Vec::is_empty)
                };
                match layers.iter().find(|layer| silent(layer)) {
                    _ if layers.is_empty() => Some("opens, and holds no layer".to_owned()),
                    Some(layer) => Some(format!("layer {} is empty and nothing says why", layer["name"])),
                    None => None,
                }
            }
            Some(3) => {
                let short = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let named = run.stderr.contains(&short);
                (!named || run.stderr.trim().len() < short.len() + 30)
                    .then(|| format!("is refused without a reason: {}", run.stderr))
            }
            code => Some(format!("ended with {code:?}: {}", run.stderr)),
        };
        wrong.extend(verdict.map(|verdict| format!("{name} {verdict}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Counts from the folder's README.
#[test]
fn files_hold_as_many_features_as_their_readme_says() {
    rows("buildings/boulder_buildings_shp.zip", 0, 13_491);
    rows("buildings/berlin_osmbuildings.geojson", 0, 2_105);
    rows("buildings/tudelft_campus.geojson", 0, 1_529);
    rows("buildings/suzhou_bd_demo_2.geojson", 0, 3_076);
    rows("parcels/cambridge_ma_parcels_fy2013.topojson", 0, 13_159);
    rows("parcels/cambridge_ma_tax_fy2013.csv", 0, 27_424);
    rows("incidents/northumbria_asb.tab", 0, 39_706);
    rows("incidents/uk_accidents_lnglat.csv", 0, 140_056);
    rows("incidents/earthquakes.geojson", 0, 6_107);
    rows("admin/nybb_16a_EPSG2263.zip", 0, 5);
}

#[test]
fn a_source_of_several_layers_shows_them_all() {
    let Some(info) = info("buildings/bubenec_prague.gpkg") else { return };
    // Beside its four layers the file holds a raster, which GDAL's vector tools do not list.
    let layers = info["layers"].as_array().unwrap().iter().filter(|layer| layer["geometry"] != "raster");
    let mut names: Vec<&str> = layers.filter_map(|layer| layer["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["buildings", "plots", "streets", "tessellation"]);
    assert_eq!(info["layers"][0]["crs"]["code"], "EPSG:3857");
}

#[test]
fn a_crs_is_read_where_the_file_says_it() {
    for (file, code) in [
        ("buildings/boulder_buildings_shp.zip", "EPSG:4326"),
        ("buildings/tudelft_campus.geojson", "EPSG:28992"),
        ("buildings/berlin_osmbuildings.geojson", "EPSG:4326"),
        ("admin/nybb_16a_EPSG2263.zip", "EPSG:2263"),
        ("terrain/opengeos_dtm.tif", "EPSG:26918"),
    ] {
        let Some(info) = info(file) else { return };
        let crs = &info["layers"][0]["crs"];
        assert_eq!((&crs["code"], &crs["basis"]), (&code.into(), &"file".into()), "{file}: {crs}");
    }
}

/// Computed by GDAL and SpatiaLite from the same file: `ogr2ogr -t_srs EPSG:4549`, then
/// `select count(*), sum(st_area(geom)), sum(st_area(geom) * height)` gives 3 076 buildings,
/// 1 236 017.0 m², 12 439 810.8 m³.
#[test]
fn suzhou_agrees_with_an_independent_computation_to_a_thousandth() {
    let Some(folder) = folder() else { return };
    let place = Place::new();
    let source = folder.join("buildings/suzhou_bd_demo_2.geojson");
    std::fs::copy(source, place.path().join("suzhou.geojson")).unwrap();
    place.write(
        "project.toml",
        "crs = \"EPSG:4549\"\n\n[[layer]]\nid = \"suzhou\"\nsource = \"suzhou.geojson\"\nrole = \"building\"\nfields = { height = \"height\" }\n",
    );
    let stats = place.run(&["stats", ".", "--json"]).json();
    let layer = &stats["layers"][0];
    assert_eq!(layer["features"], 3_076);
    for (key, expected) in
        [("footprint_area_m2", 1_236_017.0), ("roof_area_m2", 1_236_017.0), ("volume_m3", 12_439_811.0)]
    {
        let found = layer[key].as_f64().unwrap();
        assert!((found / expected - 1.0).abs() < 1e-3, "{key}: {found} instead of {expected}");
    }
    let (roof, footprint) = (layer["roof_area_m2"].as_f64().unwrap(), layer["footprint_area_m2"].as_f64().unwrap());
    assert!((roof / footprint - 1.0).abs() < 1e-4, "roofs {roof} m², footprints {footprint} m²");
}

/// GDAL and SpatiaLite count 347 with `st_intersects` in longitude and latitude. Transforming only the
/// corners of the triangle loses one of them: its sides are curves in the project CRS.
#[test]
fn a_condition_in_degrees_means_sides_that_are_straight_in_degrees() {
    let Some(folder) = folder() else { return };
    let condition = "S_INTERSECTS(geometry, POLYGON((120.60 31.30, 120.61 31.30, 120.61 31.31, 120.60 31.30)))";
    let file = "buildings/suzhou_bd_demo_2.geojson";
    let args = ["query", file, "--layer", "suzhou_bd_demo_2", "--crs", "EPSG:4326", "--json", "--where", condition];
    assert_eq!(run_in(&folder, &args).json()["count"], 347);
}
