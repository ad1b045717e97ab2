//! Real files of every format, and files nobody would wish for.

use std::path::Path;

use super::*;
use crate::model::{GeometryKind, Value};
use crate::testing::data;

fn open_all(path: &Path) -> Result<Vec<RawData>, OpenError> {
    open(path, &OpenOptions::default(), &Progress::default())
}

fn layers(path: &Path) -> Vec<RawLayer> {
    let found = open_all(path).unwrap_or_else(|e| panic!("{e}"));
    found.into_iter().filter_map(|d| if let RawData::Vector(layer) = d { Some(layer) } else { None }).collect()
}

/// Rows and skipped rows of the only layer.
fn counts(path: &Path) -> (usize, usize) {
    let layers = layers(path);
    assert_eq!(layers.len(), 1, "{}", path.display());
    (layers[0].table.len(), layers[0].report.skipped.len())
}

/// Counts from the data folder's README.
#[test]
fn real_text_formats_have_the_rows_their_readme_says() {
    for (file, rows, skipped) in [
        ("buildings/small_hag_buildings/buildings.geojson", 84, 0),
        ("buildings/berlin_osmbuildings.geojson", 2105, 0),
        ("buildings/tudelft_campus.geojson", 1529, 0),
        ("buildings/suzhou_bd_demo_2.geojson", 3076, 0),
        ("parcels/cambridge_ma_tax_fy2013.csv", 27_424, 0),
        ("parcels/cambridge/CDD_ZoningDistricts.geojson", 261, 0),
        ("parcels/cambridge/CDD_ZoningOverlayDistricts.geojson", 53, 0),
        ("parcels/cambridge/CDD_SpecialPermits.geojson", 499, 0),
        ("incidents/northumbria_asb.tab", 39_706, 0),
        ("incidents/uk_accidents_lnglat.csv", 140_056, 27),
        ("incidents/earthquakes.geojson", 6107, 0),
    ] {
        let Some(path) = data(file) else { return };
        assert_eq!(counts(&path), (rows, skipped), "{file}");
    }
}

#[test]
fn real_files_say_their_crs() {
    let Some(delft) = data("buildings/tudelft_campus.geojson") else { return };
    let delft = &layers(&delft)[0];
    assert_eq!(delft.crs.crs.as_ref().unwrap().code(), Some("EPSG:28992"));
    // Delft lies some 85 km east and 446 km north of the Dutch grid's origin.
    let [x, y] = delft.table.geometry.extent().centre();
    assert!((84_000.0..87_000.0).contains(&x) && (444_000.0..448_000.0).contains(&y), "{x} {y}");
    let Some(quakes) = data("incidents/earthquakes.geojson") else { return };
    let quakes = &layers(&quakes)[0];
    assert!(matches!(quakes.table.value(0, "time"), Value::Time(_)), "{:?}", quakes.report.issues);
    assert!(quakes.table.geometry.has_z());
}

#[cfg(feature = "gdal")]
mod with_gdal {
    use super::*;
    use crate::place::Crs;

    #[test]
    fn real_gdal_formats_have_the_rows_their_readme_says() {
        for (file, rows, skipped) in [
            ("buildings/boulder_buildings_shp.zip", 13_491, 0),
            ("buildings/small_hag_buildings/buildings.shp", 84, 0),
            ("parcels/cambridge_ma_parcels_fy2013.topojson", 13_159, 0),
            ("parcels/cambridge/BASEMAP_RooftopMechanicals.topojson", 10_827, 226),
            ("citygml/plateau/numazu-shi__luse__523836_luse_6668_op.gml", 225, 0),
            ("admin/nybb_16a_EPSG2263.zip", 5, 0),
        ] {
            let Some(path) = data(file) else { return };
            assert_eq!(counts(&path), (rows, skipped), "{file}");
        }
        let Some(prague) = data("buildings/bubenec_prague.gpkg") else { return };
        let prague = layers(&prague);
        let mut names: Vec<&str> = prague.iter().map(|l| l.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["buildings", "plots", "streets", "tessellation"]);
        assert!(prague.iter().all(|l| l.crs.crs.as_ref().and_then(|c| c.code()) == Some("EPSG:3857")));
    }

    #[test]
    fn gml_in_latitude_order_comes_out_longitude_first() {
        let Some(path) = data("citygml/plateau/yokosuka-shi__bldg__52397519_bldg_6697_op.gml") else { return };
        let layer = &layers(&path)[0];
        // Yokosuka: 139.7 E, 35.3 N.
        let extent = layer.table.geometry.extent();
        assert!(extent.min[0] > 139.0 && extent.max[0] < 140.0 && extent.min[1] > 35.0 && extent.max[1] < 36.0);
        assert_eq!((layer.name.as_str(), layer.table.len()), ("Building", 13));
        // Nothing is written beside a file that is read.
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.gml");
        std::fs::write(&copy, std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(layers(&copy)[0].table.len(), 13);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn gdal_reads_what_we_write_with_rows_without_geometry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.fgb");
        let crs = Crs::parse("EPSG:4548").unwrap();
        let kinds = [GeometryKind::Point, GeometryKind::Line, GeometryKind::Polygon];
        let cases = kinds.into_iter().flat_map(|kind| [1, 2].map(|parts| (kind, parts)));
        for (kind, parts, z) in cases.flat_map(|(kind, parts)| [(kind, parts, None), (kind, parts, Some(2.5))]) {
            let mut builder = crate::model::TableBuilder::default();
            let field = builder.field("n");
            for n in 0..3 {
                builder.set(field, &Value::Integer(n));
                // The first row has one part, the second none, the third `parts`.
                for part in 0..[1, 0, parts][n as usize] {
                    let corners = if kind == GeometryKind::Point { 1 } else { 3 };
                    for [x, y] in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]].into_iter().take(corners) {
                        builder.geometry.push_vertex([x + part as f64 * 5.0, y], z);
                    }
                    builder.geometry.end_ring();
                    builder.geometry.end_part();
                }
                builder.geometry.end_feature(kind);
            }
            flatgeobuf::write(&path, "x", &builder.finish(), &crs, &Progress::default()).unwrap();
            let dataset = open_gdal(&path).unwrap();
            let (mut found, options) = (Vec::new(), OpenOptions::default());
            gdal_vector::read_chunks(&path, &dataset, &options, usize::MAX, &Progress::default(), &mut |layer| {
                found.push(layer);
                Ok(())
            })
            .unwrap();
            let issues: Vec<String> = found[0].report.issues.iter().map(|i| i.to_string()).collect();
            let rows = 0..found[0].table.len() as u32;
            let empty = rows.filter(|row| found[0].table.geometry.kind(*row) == GeometryKind::None).count();
            assert_eq!((found[0].table.len(), empty), (3, 1), "{kind:?} {z:?} {issues:?}");
            // Row order differs (Hilbert); the parts of all rows add up.
            let all = |table: &FeatureTable| (0..3).map(|row| table.geometry.parts(row).len()).sum::<usize>();
            assert_eq!(all(&found[0].table), 1 + parts, "{kind:?} {z:?}");
            assert_eq!(found[0].crs.crs.as_ref().unwrap().code(), Some("EPSG:4548"));
            let own = flatgeobuf::read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
            assert_eq!(
                (own.table.len(), own.report.skipped.len(), all(&own.table)),
                (3, 1, 1 + parts),
                "{kind:?} {z:?}"
            );
        }
    }

    #[test]
    fn an_archive_with_a_layer_in_three_formats_gives_it_once() {
        let Some(path) = data("china_admin/chn_opengeos/chn_admin_level2.zip") else { return };
        assert_eq!(counts(&path), (361, 0));
        let layer = &layers(&path)[0];
        assert!(layer.report.issues.iter().any(|i| i.message.contains("chn_admin_level2.csv")));
    }

    #[test]
    fn feet_stay_feet_and_are_known() {
        let Some(path) = data("admin/nybb_16a_EPSG2263.zip") else { return };
        let layer = &layers(&path)[0];
        let unit = layer.crs.crs.as_ref().unwrap().unit_m();
        // 1200 / 3937 m.
        assert!((unit - 0.304_800_609_6).abs() < 1e-9, "{unit}");
    }

    #[test]
    fn every_real_file_opens_or_is_refused_with_a_reason() {
        let Some(readme) = data("README.md") else { return };
        let mut folders = vec![readme.parent().unwrap().to_owned()];
        let mut opened = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let options = OpenOptions { limit: Some(50), ..Default::default() };
                match open(&path, &options, &Progress::default()) {
                    Ok(found) => {
                        opened += 1;
                        for data in found {
                            if let RawData::Vector(layer) = data {
                                assert!(layer.table.len() <= 50);
                                let said = !layer.report.issues.is_empty();
                                assert!(!layer.table.is_empty() || said, "{} is silently empty", path.display());
                            }
                        }
                    }
                    Err(error) => {
                        assert!(error.reason.len() > 15, "{error}");
                        println!("{error}");
                    }
                }
            }
        }
        // README's files that hold data, and the 300 test polygons of bad/.
        assert!(opened > 300, "{opened}");
    }

    fn raster(file: &str) -> Option<RawRaster> {
        let found = open_all(&data(file)?).unwrap_or_else(|e| panic!("{e}"));
        found.into_iter().find_map(|d| if let RawData::Raster(raster) = d { Some(raster) } else { None })
    }

    #[test]
    fn a_dem_in_its_own_crs_keeps_its_heights_south_first() {
        let Some(dtm) = raster("terrain/opengeos_dtm.tif") else { return };
        assert!(dtm.is_terrain);
        assert_eq!(dtm.size, [283, 259]);
        let crs = dtm.crs.crs.clone().unwrap();
        let terrain = read_terrain(&dtm, &crs, &crs, 4096).unwrap();
        assert_eq!((terrain.columns, terrain.rows, terrain.cell), (283, 259, 2.0));
        // The sample of a corner as GDAL's own tool prints it: gdallocationinfo -valonly FILE 100 200.
        let own = gdal::Dataset::open(&dtm.path).unwrap();
        let pixel = own.rasterband(1).unwrap().read_as::<f32>((100, 200), (1, 1), (1, 1), None).unwrap();
        assert_eq!(terrain.sample(100, 259 - 1 - 200), pixel.data()[0]);
        // Its own north-west corner plus half a pixel is the north-west sample.
        let north = terrain.origin.north + 258.0 * 2.0;
        assert!((terrain.origin.east - (dtm.extent.min[0] + 1.0)).abs() < 1e-6);
        assert!((north - (dtm.extent.max[1] - 1.0)).abs() < 1e-6);
        let small = read_terrain(&dtm, &crs, &crs, 64).unwrap();
        assert!(small.columns <= 64 && small.rows <= 64);
    }

    #[test]
    fn a_custom_crs_and_negative_heights_are_read() {
        let Some(olinda) = raster("terrain/stars/olinda_dem_utm25s.tif") else { return };
        assert!(olinda.is_terrain, "{olinda:?}");
        let crs = olinda.crs.crs.clone().unwrap_or_else(|| panic!("{:?}", olinda.crs));
        let project = Crs::parse("EPSG:31985").unwrap();
        let terrain = read_terrain(&olinda, &crs, &project, 512).unwrap();
        assert!(terrain.range().unwrap().0 < 0.0);
    }

    #[test]
    fn pictures_of_every_compression_open_or_say_why() {
        for file in ["128_none_z2", "256_lzw_z3", "512_deflate_z2", "512_jpeg_z5", "512_webp_z5"] {
            let Some(picture) = raster(&format!("terrain/martin_cog/cog/usda_naip_{file}.tif")) else { return };
            assert!(!picture.is_terrain);
            let crs = picture.crs.crs.clone().unwrap();
            match read_imagery(&picture, &crs, &crs, 256) {
                Ok(image) => {
                    assert_eq!(image.rgba.len(), image.width as usize * image.height as usize * 4);
                    assert!(image.rgba.chunks(4).any(|p| p[3] > 0 && p[0] > 0), "{file} is blank");
                }
                Err(error) => assert!(error.reason.len() > 15, "{error}"),
            }
        }
    }

    #[test]
    fn addresses_inside_files_are_never_followed() {
        let folder = tempfile::tempdir().unwrap();
        let vrt = |source: &str| {
            format!(
                "<VRTDataset rasterXSize=\"4\" rasterYSize=\"4\"><VRTRasterBand dataType=\"Byte\" band=\"1\">\
                 <SimpleSource><SourceFilename relativeToVRT=\"0\">{source}</SourceFilename></SimpleSource>\
                 </VRTRasterBand></VRTDataset>"
            )
        };
        for (name, text) in [
            ("a.vrt", vrt("/vsicurl/http://127.0.0.1:9/x.tif")),
            ("b.vrt", vrt("/etc/passwd")),
            ("c.vrt", "<OGRVRTDataSource><OGRVRTLayer name=\"x\"><SrcDataSource>PG:dbname=x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>".into()),
            ("d.xml", "<GDAL_WMS><Service name=\"TMS\"><ServerUrl>http://127.0.0.1:9</ServerUrl></Service></GDAL_WMS>".into()),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let error = open_all(&path).unwrap_err();
            assert!(error.reason.contains("elsewhere") || error.reason.contains("outside") || error.reason.contains("network"), "{error}");
        }
    }

    #[test]
    fn a_web_page_instead_of_prj_is_an_unknown_crs_with_a_message() {
        let folder = tempfile::tempdir().unwrap();
        for ending in ["shp", "shx", "dbf"] {
            let Some(source) = data(&format!("buildings/small_hag_buildings/buildings.{ending}")) else { return };
            std::fs::write(folder.path().join(format!("b.{ending}")), std::fs::read(source).unwrap()).unwrap();
        }
        std::fs::write(folder.path().join("b.prj"), "<!DOCTYPE html><html>404</html>").unwrap();
        let layer = &layers(&folder.path().join("b.shp"))[0];
        assert_eq!(layer.table.len(), 84);
        assert!(layer.crs.crs.is_none() && layer.crs.note.contains("web page"), "{:?}", layer.crs);
    }
}

#[test]
fn what_is_no_file_of_data_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let reason = |name: &str, content: Option<&[u8]>| {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        open_all(&path).unwrap_err().reason
    };
    assert!(reason("none.geojson", None).contains("no such file"));
    assert!(reason("empty.geojson", Some(b"")).contains("empty"));
    assert!(reason("page.geojson", Some(b"<!doctype html><html></html>")).contains("web page"));
    assert!(reason("x.zip", Some(b"this is text")).contains("no zip"));
    assert!(reason("x.json", Some(b"hello")).contains("JSON"));
    assert!(open_all(folder.path()).unwrap_err().reason.contains("folder"));
    for name in ["noise.shp", "noise.tif", "noise.gpkg", "noise.bin", "cut.zip"] {
        let noise: Vec<u8> =
            if name == "cut.zip" { b"PK\x03\x04cut".to_vec() } else { (0..=255).cycle().take(5000).collect() };
        assert!(!reason(name, Some(&noise)).is_empty(), "{name}");
    }
}

/// Each text format cut at every sixteenth: opened in part or refused, never silent, never a panic.
#[test]
fn cut_files_open_in_part_or_are_refused() {
    let samples: [(&str, &str); 5] = [
        ("a.csv", "id,lon,lat\n1,117.2,39.1\n2,\"117.3\",39.2\n3,117.4,39.3\n"),
        (
            "b.kml",
            "<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark><name>a</name><Point><coordinates>117.2,39.1</coordinates></Point></Placemark></Document></kml>",
        ),
        (
            "c.gml",
            "<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\"><ogr:FeatureCollection xmlns:ogr=\"http://ogr.maptools.org/\" xmlns:gml=\"http://www.opengis.net/gml\"><gml:featureMember><ogr:a fid=\"1\"><ogr:geometryProperty><gml:Point><gml:coordinates>117.2,39.1</gml:coordinates></gml:Point></ogr:geometryProperty></ogr:a></gml:featureMember></ogr:FeatureCollection>",
        ),
        (
            "d.dxf",
            "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\nroads\n10\n0.0\n20\n0.0\n11\n5.0\n21\n5.0\n0\nENDSEC\n0\nEOF\n",
        ),
        (
            "e.topojson",
            r#"{"type":"Topology","arcs":[[[0,0],[1,0],[1,1],[0,0]]],"objects":{"a":{"type":"Polygon","arcs":[[0]]}}}"#,
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in samples {
        let path = folder.path().join(name);
        for sixteenth in 1..=16 {
            std::fs::write(&path, &text.as_bytes()[..text.len() * sixteenth / 16]).unwrap();
            match open_all(&path) {
                Ok(found) => {
                    for data in found {
                        let RawData::Vector(layer) = data else { continue };
                        assert!(
                            !layer.table.is_empty() || !layer.report.issues.is_empty(),
                            "{name} {sixteenth}/16 is silent"
                        );
                    }
                }
                Err(error) => assert!(error.reason.len() > 10, "{name}: {error}"),
            }
        }
    }
}

#[test]
#[ignore = "for people: prints what a source holds, CIMBASE_DUMP=FILE"]
fn dump() {
    let Some(files) = std::env::var_os("CIMBASE_DUMP") else { return };
    for file in std::env::split_paths(&files) {
        let start = std::time::Instant::now();
        let found = open_all(&file);
        println!("== {} in {:?}", file.display(), start.elapsed());
        match found {
            Err(error) => println!("   {error}"),
            Ok(found) => {
                for data in found {
                    match data {
                        RawData::Raster(raster) => println!("   {raster:?}"),
                        RawData::Vector(layer) => {
                            println!(
                                "   {} [{}] {} rows, {} skipped, {:?}, crs {:?} ({}), encoding \"{}\", {} bytes",
                                layer.name,
                                layer.format,
                                layer.table.len(),
                                layer.report.skipped.len(),
                                layer.table.geometry.main_kind(),
                                layer.crs.crs.as_ref().map(|c| c.to_string()),
                                layer.crs.note,
                                layer.encoding,
                                layer.table.bytes(),
                            );
                            for issue in &layer.report.issues {
                                println!("     {:?}: {issue}", issue.severity);
                            }
                            for skipped in layer.report.skipped.iter().take(3) {
                                println!("     skipped {}: {}", skipped.feature, skipped.reason);
                            }
                            for field in layer.table.fields.iter().take(12) {
                                let row = (0..layer.table.len() as u32).find(|r| !field.values.get(*r).is_null());
                                let example = row.map(|r| field.values.get(r).to_string()).unwrap_or_default();
                                let example: String = example.chars().take(50).collect();
                                println!(
                                    "       {} {} {} {example}",
                                    field.name,
                                    field.values.type_name(),
                                    field.values.nulls()
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}
