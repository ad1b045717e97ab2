//! Meshing, beside a plain loop: a fresh triangulation and walls for one building after another.
//!
//! Seeded synthetic footprints, half of them L-shaped, every tenth with a courtyard.

use std::sync::LazyLock;

use cimbase::index::{Bodies, Ground};
use cimbase::mesh::{Cloth, MeshStats, TRIANGLES_PER_TILE, mesh_bodies, mesh_draped, mesh_terrain};
use cimbase::model::{GeometryColumn, GeometryKind, HeightSource, Heights, Terrain, Vertical};
use cimbase::place::MapPoint;
use divan::Bencher;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

const CITY: u32 = 100_000;
const ORIGIN: [f64; 2] = [500_000.0, 4_300_000.0];
const SIDE: f64 = 9500.0;

fn main() {
    divan::main();
}

static COLUMN: LazyLock<GeometryColumn> = LazyLock::new(|| {
    let mut random = Pcg64::seed_from_u64(20_240_101);
    let mut column = GeometryColumn::default();
    for i in 0..CITY {
        let x = ORIGIN[0] + random.random_range(0.0..SIDE);
        let y = ORIGIN[1] + random.random_range(0.0..SIDE);
        let (w, h) = (random.random_range(12.0..30.0), random.random_range(12.0..30.0));
        let mut ring = |corners: &[[f64; 2]]| {
            corners.iter().for_each(|c| column.push_vertex([x + c[0], y + c[1]], None));
            column.end_ring();
        };
        match i % 2 {
            0 => ring(&[[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]),
            _ => ring(&[[0.0, 0.0], [w, 0.0], [w, h / 2.0], [w / 2.0, h / 2.0], [w / 2.0, h], [0.0, h]]),
        }
        if i % 10 == 0 {
            ring(&[[4.0, 4.0], [4.0, h - 4.0], [w - 4.0, h - 4.0], [w - 4.0, 4.0]]);
        }
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
    }
    column
});

static HEIGHTS: LazyLock<Heights> = LazyLock::new(|| Heights {
    top: (0..CITY).map(|i| 6.0 + (i * 37 % 90) as f32).collect(),
    base: vec![0.0; CITY as usize],
    source: vec![HeightSource::Surveyed; CITY as usize],
    covered: vec![false; CITY as usize],
});

static HILLS: LazyLock<Ground> = LazyLock::new(|| {
    let height =
        |i: u32| (f64::from(i % 400) * 0.05).sin() as f32 * 30.0 + (f64::from(i / 400) * 0.03).cos() as f32 * 20.0;
    let terrain = Terrain {
        origin: MapPoint::from(ORIGIN),
        cell: 24.0,
        columns: 400,
        rows: 400,
        heights: (0..160_000).map(height).collect(),
        exaggeration: 1.0,
    };
    Ground::new(&terrain, usize::MAX)
});

fn stand(ground: &Ground) -> Bodies {
    Bodies::stand(&COLUMN, &HEIGHTS, Vertical::OnTerrain, 0.0, ground)
}

#[divan::bench(sample_count = 10)]
fn stand_on_flat_ground(bencher: Bencher) {
    let _ = (&*COLUMN, &*HEIGHTS);
    bencher.bench(|| stand(&Ground::flat()));
}

#[divan::bench(sample_count = 10)]
fn stand_on_hills(bencher: Bencher) {
    let _ = (&*COLUMN, &*HEIGHTS, &*HILLS);
    bencher.bench(|| stand(&HILLS));
}

#[divan::bench(sample_count = 10)]
fn bodies(bencher: Bencher) {
    let bodies = stand(&Ground::flat());
    println!("{:?}", MeshStats::measure(&mesh_bodies(&COLUMN, &bodies, TRIANGLES_PER_TILE), &bodies));
    bencher.bench(|| mesh_bodies(&COLUMN, &bodies, TRIANGLES_PER_TILE));
}

#[divan::bench(sample_count = 5)]
fn bodies_by_a_plain_loop(bencher: Bencher) {
    let column = &*COLUMN;
    bencher.bench(|| {
        let (mut positions, mut indices) = (Vec::<[f32; 3]>::new(), Vec::<u32>::new());
        for feature in 0..CITY {
            let top = HEIGHTS.top[feature as usize];
            let local = |p: &[f64; 2]| [p[0] - ORIGIN[0], p[1] - ORIGIN[1]];
            for part in column.parts(feature) {
                let (mut corners, mut holes, mut triangles) = (Vec::new(), Vec::new(), Vec::<u32>::new());
                for (i, ring) in column.rings(part).enumerate() {
                    if i > 0 {
                        holes.push(corners.len() as u32);
                    }
                    corners.extend(ring.xy.iter().map(local));
                    for k in 0..ring.xy.len() {
                        let (a, b) = (local(&ring.xy[k]), local(&ring.xy[(k + 1) % ring.xy.len()]));
                        let (a, b) = (a.map(|v| v as f32), b.map(|v| v as f32));
                        let first = positions.len() as u32;
                        positions.extend([
                            [a[0], 0.0, -a[1]],
                            [b[0], 0.0, -b[1]],
                            [b[0], top, -b[1]],
                            [a[0], top, -a[1]],
                        ]);
                        indices.extend([0, 1, 2, 0, 2, 3].map(|i| first + i));
                    }
                }
                earcut::Earcut::new().earcut(corners.iter().copied(), &holes, &mut triangles);
                let first = positions.len() as u32;
                positions.extend(corners.iter().map(|c| [c[0] as f32, top, -c[1] as f32]));
                indices.extend(triangles.iter().map(|i| first + i));
            }
        }
        (positions, indices)
    });
}

#[divan::bench(sample_count = 10)]
fn draped_on_flat_ground(bencher: Bencher) {
    let column = &*COLUMN;
    let cloth = Cloth::Fill { line_width: 2.0, pin_height: 6.0 };
    bencher.bench(|| mesh_draped(column, &Ground::flat(), cloth, TRIANGLES_PER_TILE));
}

#[divan::bench(sample_count = 10)]
fn draped_on_hills(bencher: Bencher) {
    let (column, hills) = (&*COLUMN, &*HILLS);
    let cloth = Cloth::Fill { line_width: 2.0, pin_height: 6.0 };
    bencher.bench(|| mesh_draped(column, hills, cloth, TRIANGLES_PER_TILE));
}

#[divan::bench(sample_count = 10)]
fn terrain_400_by_400(bencher: Bencher) {
    let hills = &*HILLS;
    bencher.bench(|| mesh_terrain(hills));
}
