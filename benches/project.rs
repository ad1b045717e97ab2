//! A million points from degrees to metres, beside PROJ and GDAL called the plain way.

use cimbase::place::{Crs, Transform, transform_all};
use divan::Bencher;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

const COUNT: usize = 1_000_000;

fn main() {
    divan::main();
}

/// Places in a box as large as Tianjin's built-up area.
fn places() -> Vec<[f64; 2]> {
    let mut random = Pcg64::seed_from_u64(1);
    (0..COUNT).map(|_| [random.random_range(117.0..117.8), random.random_range(38.9..39.3)]).collect()
}

fn ends() -> (Crs, Crs) {
    let crs = |code| Crs::from_epsg(code).expect("PROJ knows it");
    (crs(4326), crs(4548))
}

/// What the program does: all cores, through a lattice that was checked against PROJ (0.1 mm).
#[divan::bench(sample_count = 10)]
fn transform_all_1m(bencher: Bencher) {
    let (from, to) = ends();
    bencher.with_inputs(places).bench_values(|mut points| transform_all(&from, &to, &mut points));
}

/// One batch on one core.
#[divan::bench(sample_count = 3)]
fn one_batch_1m(bencher: Bencher) {
    let (from, to) = ends();
    bencher.with_inputs(places).bench_local_values(|mut points| {
        Transform::new(&from, &to).expect("there is a way").apply(&mut points);
        points
    });
}

#[divan::bench(sample_count = 3)]
fn plain_proj_one_by_one_1m(bencher: Bencher) {
    let way = proj::Proj::new_known_crs("EPSG:4326", "EPSG:4548", None).expect("there is a way");
    bencher.with_inputs(places).bench_local_values(|mut points| {
        for point in &mut points {
            let (east, north) = way.convert((point[0], point[1])).expect("it is in China");
            *point = [east, north];
        }
        points
    });
}

#[divan::bench(sample_count = 3)]
fn plain_gdal_1m(bencher: Bencher) {
    let crs = |code| {
        let mut crs = SpatialRef::from_epsg(code).expect("GDAL knows it");
        crs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        crs
    };
    let way = CoordTransform::new(&crs(4326), &crs(4548)).expect("there is a way");
    bencher
        .with_inputs(|| places().into_iter().map(|[x, y]| (x, y)).unzip::<f64, f64, Vec<_>, Vec<_>>())
        .bench_local_values(|(mut x, mut y)| {
            way.transform_coords(&mut x, &mut y, &mut []).expect("it is in China");
            (x, y)
        });
}
