//! Reading files, beside GDAL: through its crate in this process, and as `ogr2ogr -f Memory`.
//!
//! `cimbase` keeps columns with geometry and attributes, `gdal_crate` looks at every geometry and every
//! field and keeps nothing, `ogr2ogr` keeps features in GDAL's memory and pays for a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use cimbase::city::City;
use cimbase::demo;
use cimbase::formats::{self, OpenOptions, RawData, flatgeobuf, geojson};
use cimbase::model::project::Project;
use cimbase::place::Crs;
use cimbase::report::Progress;
use divan::{Bencher, black_box};
use gdal::Dataset;
use gdal::vector::LayerAccess;

mod demo_city;

fn main() {
    divan::main();
}

/// What is read, and the projected CRS that it is brought into.
const FILES: [(&str, &str); 4] = [
    ("buildings/suzhou_bd_demo_2.geojson", "EPSG:4549"),
    ("buildings/berlin_osmbuildings.geojson", "EPSG:32633"),
    ("buildings/boulder_buildings_shp.zip", "EPSG:32613"),
    (DEMO, "EPSG:4548"),
];
const DEMO: &str = "demo-100k.geojson";

/// The demo's buildings as GeoJSON in degrees.
static DEMO_FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = demo_city::folder();
    let (file, crs) = (folder.join(DEMO), Crs::parse(demo::CRS).expect("PROJ knows the demo's CRS"));
    let layer = flatgeobuf::read(&folder.join("buildings.fgb"), &OpenOptions::default(), &Progress::default())
        .expect("the demo was written a moment ago");
    let rows = 0..layer.table.len() as u32;
    geojson::write(&file, &layer.table, rows, &crs, &Progress::default()).expect("the folder can be written");
    let bytes = std::fs::metadata(&file).map_or(0, |facts| facts.len());
    println!("{DEMO}: {} features, {} vertices, {bytes} bytes", layer.table.len(), layer.table.geometry.xy.len());
    file
});

/// A file of real data; `None`, with a printed reason, where it is absent.
fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CIMBASE_TEST_DATA").map_or_else(|| "../shared/data".into(), PathBuf::from);
    let file = folder.join(name);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: no {} (set CIMBASE_TEST_DATA to the folder of real data)", file.display());
    None
}

fn file(name: &str) -> Option<PathBuf> {
    if name == DEMO { Some(DEMO_FILE.clone()) } else { data(name) }
}

/// As GDAL names it.
fn for_gdal(file: &Path) -> PathBuf {
    match file.extension() {
        Some(ending) if ending == "zip" => format!("/vsizip/{}", file.display()).into(),
        _ => file.to_owned(),
    }
}

fn ogr2ogr(file: &Path, more: &[&str]) -> Option<Command> {
    let mut command = Command::new("ogr2ogr");
    command.args(["-f", "Memory", "nowhere"]).arg(for_gdal(file)).args(more);
    if command.output().is_ok_and(|done| done.status.success()) {
        return Some(command);
    }
    println!("skipped: no ogr2ogr that reads {} (Debian: gdal-bin)", file.display());
    None
}

/// File → attributes and geometry.
mod read {
    use super::*;

    #[divan::bench(args = FILES.map(|f| f.0), sample_count = 10)]
    fn cimbase(bencher: Bencher, name: &str) {
        let Some(file) = file(name) else { return };
        bencher.bench(|| formats::open(&file, &OpenOptions::default(), &Progress::default()).map(|d| d.len()));
    }

    #[divan::bench(args = FILES.map(|f| f.0), sample_count = 5)]
    fn plain_gdal_crate(bencher: Bencher, name: &str) {
        let Some(file) = file(name).map(|file| for_gdal(&file)) else { return };
        bencher.bench(|| {
            let dataset = Dataset::open(&file).expect("GDAL reads it");
            let mut seen = 0;
            for mut layer in dataset.layers() {
                for feature in layer.features() {
                    black_box(feature.geometry().map(gdal::vector::Geometry::envelope));
                    (0..feature.field_count()).for_each(|i| drop(black_box(feature.field(i))));
                    seen += 1;
                }
            }
            seen
        });
    }

    #[divan::bench(args = FILES.map(|f| f.0), sample_count = 5)]
    fn plain_ogr2ogr(bencher: Bencher, name: &str) {
        let Some(mut command) = file(name).and_then(|file| ogr2ogr(&file, &[])) else { return };
        bencher.bench_local(|| command.output().map(|done| done.status.success()));
    }
}

/// File → in metres, repaired, with roles, heights and R-tree; `ogr2ogr` only transforms.
mod open_in_metres {
    use super::*;

    #[divan::bench(args = FILES, sample_count = 10)]
    fn cimbase(bencher: Bencher, (name, crs): (&str, &str)) {
        let Some(file) = file(name) else { return };
        let project = Project { crs: Some(crs.to_owned()), ..Project::of_files(&[file]) };
        bencher.bench(|| City::open(&project, &Progress::default()).map(|city| city.layers.len()));
    }

    #[divan::bench(args = FILES, sample_count = 5)]
    fn plain_ogr2ogr(bencher: Bencher, (name, crs): (&str, &str)) {
        let Some(mut command) = file(name).and_then(|file| ogr2ogr(&file, &["-t_srs", crs])) else { return };
        bencher.bench_local(|| command.output().map(|done| done.status.success()));
    }
}

/// The demo's own FlatGeobuf: 100,000 buildings.
mod flatgeobuf_100k {
    use super::*;

    #[divan::bench(sample_count = 10)]
    fn cimbase(bencher: Bencher) {
        let file = demo_city::folder().join("buildings.fgb");
        bencher.bench(|| match formats::open(&file, &OpenOptions::default(), &Progress::default()) {
            Ok(data) => matches!(data.first(), Some(RawData::Vector(_))),
            Err(error) => panic!("{error}"),
        });
    }

    #[divan::bench(sample_count = 5)]
    fn plain_ogr2ogr(bencher: Bencher) {
        let file = demo_city::folder().join("buildings.fgb");
        let Some(mut command) = ogr2ogr(&file, &[]) else { return };
        bencher.bench_local(|| command.output().map(|done| done.status.success()));
    }
}
