//! Finding by place, beside the plain ways: insertion one by one, a look at every feature.
//!
//! Seeded synthetic boxes of building size in a square city with one building per 900 m².

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use cimbase::index::pick::{PickLayer, Ray, pick};
use cimbase::index::{Bodies, Ground, LayerIndex, shape};
use cimbase::model::{GeometryColumn, GeometryKind, HeightSource, Heights, Vertical};
use cimbase::place::{Bounds, MapPoint};
use divan::{Bencher, black_box};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};

const CITY: u32 = 100_000;
const ORIGIN: [f64; 2] = [500_000.0, 4_300_000.0];

fn main() {
    divan::main();
}

fn side(n: u32) -> f64 {
    f64::from(n).sqrt() * 30.0
}

fn boxes(n: u32) -> GeometryColumn {
    let mut random = Pcg64::seed_from_u64(20_240_101);
    let mut column = GeometryColumn::default();
    for _ in 0..n {
        let x = ORIGIN[0] + random.random_range(0.0..side(n));
        let y = ORIGIN[1] + random.random_range(0.0..side(n));
        let (w, h) = (random.random_range(6.0..30.0), random.random_range(6.0..30.0));
        for xy in [[x, y], [x + w, y], [x + w, y + h], [x, y + h]] {
            column.push_vertex(xy, None);
        }
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
    }
    column
}

struct City {
    column: GeometryColumn,
    index: LayerIndex,
    bodies: Bodies,
}

impl City {
    fn new(n: u32) -> Self {
        let column = boxes(n);
        let heights = Heights {
            top: (0..n).map(|i| 6.0 + (i * 37 % 90) as f32).collect(),
            base: vec![0.0; n as usize],
            source: vec![HeightSource::Surveyed; n as usize],
            covered: vec![false; n as usize],
        };
        let bodies = Bodies::stand(&column, &heights, Vertical::OnTerrain, 0.0, &Ground::flat());
        let index = LayerIndex::build_over(&column);
        println!("{n} boxes: {} bytes of index for each", index.bytes() / n as usize);
        Self { column, index, bodies }
    }
}

static SMALL: LazyLock<City> = LazyLock::new(|| City::new(CITY));
static LARGE: LazyLock<City> = LazyLock::new(|| City::new(1_000_000));

type Item = GeomWithData<Rectangle<[f64; 2]>, u32>;

fn item(column: &GeometryColumn, feature: u32) -> Item {
    let bounds = column.bounds(feature);
    GeomWithData::new(Rectangle::from_corners(bounds.min, bounds.max), feature)
}

fn places(n: u32, count: usize) -> Vec<[f64; 2]> {
    let mut random = Pcg64::seed_from_u64(7);
    let mut place = |k: usize| ORIGIN[k] + random.random_range(0.0..side(n));
    (0..count).map(|_| [place(0), place(1)]).collect()
}

mod build {
    use super::*;

    #[divan::bench(sample_count = 10)]
    fn index_100k(bencher: Bencher) {
        let column = &SMALL.column;
        bencher.bench(|| LayerIndex::build_over(column));
    }

    #[divan::bench(sample_count = 5)]
    fn index_1m(bencher: Bencher) {
        let column = &LARGE.column;
        bencher.bench(|| LayerIndex::build_over(column));
    }

    #[divan::bench(sample_count = 5)]
    fn rstar_bulk_of_every_box_1m(bencher: Bencher) {
        let column = &LARGE.column;
        bencher.bench(|| RTree::bulk_load((0..column.len() as u32).map(|f| item(column, f)).collect()));
    }

    #[divan::bench(sample_count = 3)]
    fn plain_insertion_100k(bencher: Bencher) {
        let column = &SMALL.column;
        bencher.bench(|| {
            let mut tree = RTree::new();
            (0..column.len() as u32).for_each(|f| tree.insert(item(column, f)));
            tree
        });
    }
}

/// 100 boxes of 100 m each time.
mod in_box_100 {
    use super::*;

    fn areas() -> Vec<Bounds> {
        places(CITY, 100).into_iter().map(|p| Bounds { min: p, max: [p[0] + 100.0, p[1] + 100.0] }).collect()
    }

    #[divan::bench]
    fn boxes_only(bencher: Bencher) {
        let (city, areas) = (&*SMALL, areas());
        bencher.bench(|| areas.iter().map(|area| city.index.boxes_in(area).len()).sum::<usize>());
    }

    #[divan::bench]
    fn exact(bencher: Bencher) {
        let (city, areas) = (&*SMALL, areas());
        bencher.bench(|| areas.iter().map(|area| city.index.in_box(&city.column, area).len()).sum::<usize>());
    }

    #[divan::bench(sample_count = 3)]
    fn plain_scan(bencher: Bencher) {
        let (city, areas) = (&*SMALL, areas());
        let look = |area: &Bounds| (0..CITY).filter(|f| shape::meets_box(&city.column, *f, area)).count();
        bencher.bench(|| areas.iter().map(look).sum::<usize>());
    }
}

/// 100 points each time.
mod at_100 {
    use super::*;

    #[divan::bench]
    fn tree(bencher: Bencher) {
        let (city, places) = (&*SMALL, places(CITY, 100));
        bencher.bench(|| places.iter().map(|p| city.index.at(&city.column, (*p).into(), 0.0).len()).sum::<usize>());
    }
}

/// The ten nearest of 10 points each time.
mod nearest_10_of_10 {
    use super::*;

    #[divan::bench]
    fn tree(bencher: Bencher) {
        let (city, places) = (&*SMALL, places(CITY, 10));
        bencher.bench(|| {
            for p in &places {
                black_box(city.index.nearest(&city.column, (*p).into(), 10));
            }
        });
    }

    #[divan::bench(sample_count = 3)]
    fn plain_scan(bencher: Bencher) {
        let (city, places) = (&*SMALL, places(CITY, 10));
        bencher.bench(|| {
            for p in &places {
                let mut all: Vec<(f64, u32)> = (0..CITY).map(|f| (shape::distance(&city.column, f, *p), f)).collect();
                all.select_nth_unstable_by(9, |a, b| a.0.total_cmp(&b.0));
                black_box(&all[..10]);
            }
        });
    }
}

/// One ray each time, from 300 m above the city; all that it hits, sorted.
mod pick_one {
    use super::*;

    fn run(bencher: Bencher, city: &City, n: u32, direction: [f64; 3]) {
        let layers = [PickLayer { geometry: &city.column, index: &city.index, bodies: Some(&city.bodies) }];
        let ground = Ground::flat();
        let (places, next) = (places(n, 1000), AtomicUsize::new(0));
        bencher
            .with_inputs(|| {
                let [east, north] = places[next.fetch_add(1, Ordering::Relaxed) % places.len()];
                Ray { origin: [east, north, 300.0], direction }
            })
            .bench_values(|ray| pick(&layers, &ground, &ray, 1.0));
    }

    #[divan::bench(sample_count = 1000)]
    fn steep_1m(bencher: Bencher) {
        run(bencher, &LARGE, 1_000_000, [0.5, 0.3, -0.6]);
    }

    /// 3 degrees below the horizon: almost 2 km of the ray are among buildings.
    #[divan::bench(sample_count = 1000)]
    fn grazing_1m(bencher: Bencher) {
        run(bencher, &LARGE, 1_000_000, [0.8, 0.6, -0.052]);
    }

    #[divan::bench(sample_count = 3)]
    fn plain_scan_1m(bencher: Bencher) {
        let city = &*LARGE;
        let ray = Ray { origin: [ORIGIN[0] + 9000.0, ORIGIN[1] + 9000.0, 300.0], direction: [0.5, 0.3, -0.6] };
        bencher.bench(|| {
            let hit = |f: u32| {
                let span = (f64::from(city.bodies.bottom[f as usize]), f64::from(city.bodies.top[f as usize]));
                cimbase::index::pick::body_hit(&city.column, f, span, &ray)
            };
            (0..1_000_000).filter_map(hit).count()
        });
    }
}

/// Neighbours of 100 features each time.
#[divan::bench]
fn touching_100(bencher: Bencher) {
    let city = &*SMALL;
    bencher.bench(|| (0..100).map(|i| city.index.touching(&city.column, &city.column, i * 997).len()).sum::<usize>());
}

/// Candidates of a segment of 500 m.
#[divan::bench]
fn along_500_m(bencher: Bencher) {
    let city = &*SMALL;
    let from = MapPoint::new(ORIGIN[0] + 4000.0, ORIGIN[1] + 4000.0);
    bencher.bench(|| city.index.along(from, MapPoint::new(from.east + 400.0, from.north + 300.0), 0.0));
}
