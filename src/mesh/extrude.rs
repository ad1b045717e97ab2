//! Bodies: footprints between a bottom and a top elevation.

use super::surface::push_surfaces;
use super::triangulate::{Triangles, Triangulator};
use super::{DOWN, TileMesh, UP, tag, wall_facing};
use crate::index::Bodies;
use crate::model::GeometryColumn;
use crate::place::MapPoint;

/// Makes the mesh of some bodies of a layer.
///
/// Each body has a roof that looks up, a wall for each edge of its rings (also around courtyards)
/// that looks away from the body, and a bottom that looks down where it floats above its ground. A
/// body that stands on the ground has none: nobody can see it. Rows that are no body add nothing.
pub fn extrude(geometry: &GeometryColumn, bodies: &Bodies, features: &[u32], origin: MapPoint) -> TileMesh {
    let mut mesh = TileMesh { origin, ..TileMesh::default() };
    let mut triangulator = Triangulator::default();
    // A roof corner and four wall corners for each vertex, three triangles: hardly ever more.
    let vertices: usize = features.iter().map(|feature| geometry.vertices(*feature).len()).sum();
    mesh.positions.reserve_exact(5 * vertices);
    mesh.tags.reserve_exact(5 * vertices);
    mesh.indices.reserve_exact(9 * vertices);
    for chunk in features.chunks(FETCHED) {
        fetch(geometry, chunk);
        for &feature in chunk.iter().filter(|feature| bodies.is_body(**feature)) {
            extrude_one(&mut mesh, &mut triangulator, geometry, bodies, feature);
        }
    }
    mesh
}

/// Features that are fetched at once: a few kilobytes.
const FETCHED: usize = 32;

/// Reads a little of some features. Those of a tile may lie anywhere in the column; the processor
/// waits for all of them at once here and not for one after another while it works on them.
#[inline]
fn fetch(geometry: &GeometryColumn, features: &[u32]) {
    let ends = features.iter().map(|feature| match geometry.vertices(*feature) {
        [first, .., last] => first[0] + last[0],
        _ => 0.0,
    });
    std::hint::black_box(ends.sum::<f64>());
}

#[inline]
fn extrude_one(
    mesh: &mut TileMesh,
    triangulator: &mut Triangulator,
    geometry: &GeometryColumn,
    bodies: &Bodies,
    feature: u32,
) {
    if bodies.is_shell(feature) {
        // The layer's offset is what its lowest vertex was lifted by.
        let own = geometry.heights(feature).iter().copied().filter(|z| z.is_finite());
        let lift = f64::from(bodies.bottom[feature as usize]) - own.fold(f64::INFINITY, f64::min);
        push_surfaces(mesh, triangulator, geometry, feature, lift);
        return;
    }
    let (bottom, top) = (bodies.bottom[feature as usize], bodies.top[feature as usize]);
    let floats = bottom > bodies.ground[feature as usize];
    for part in geometry.parts(feature) {
        let rings = geometry.rings(part).map(|ring| ring.xy);
        let flat = triangulator.polygon(rings, [mesh.origin.east, mesh.origin.north]);
        push_cap(mesh, &flat, top, tag(feature, UP), false);
        if floats {
            push_cap(mesh, &flat, bottom, tag(feature, DOWN), true);
        }
        push_walls(mesh, &flat, bottom, top, feature);
    }
}

/// How many triangles [`extrude`] makes of a feature, about: for dividing a layer into tiles.
pub fn expected_triangles(geometry: &GeometryColumn, bodies: &Bodies, feature: u32) -> usize {
    if bodies.is_body(feature) { 3 * geometry.vertices(feature).len() } else { 0 }
}

/// Adds a horizontal face.
pub(super) fn push_cap(mesh: &mut TileMesh, flat: &Triangles, up: f32, tag: u32, reversed: bool) {
    if flat.triangles.is_empty() {
        return;
    }
    let first = mesh.positions.len() as u32;
    mesh.positions.extend(flat.xy.iter().map(|[x, y]| [*x as f32, up, -*y as f32]));
    mesh.tags.resize(mesh.positions.len(), tag);
    let turn = |t: &[u32]| if reversed { [t[0], t[2], t[1]] } else { [t[0], t[1], t[2]] };
    mesh.indices.extend(flat.triangles.chunks_exact(3).flat_map(turn).map(|i| first + i));
}

fn push_walls(mesh: &mut TileMesh, flat: &Triangles, bottom: f32, top: f32, feature: u32) {
    if flat.triangles.is_empty() {
        return;
    }
    // Room for all walls at once, then written in place: faster than adding one after another.
    let (first, next) = (mesh.positions.len(), mesh.indices.len());
    mesh.positions.resize(first + 4 * flat.xy.len(), [0.0; 3]);
    mesh.tags.resize(first + 4 * flat.xy.len(), 0);
    mesh.indices.resize(next + 6 * flat.xy.len(), 0);
    let positions = mesh.positions[first..].as_chunks_mut::<4>().0.iter_mut();
    let tags = mesh.tags[first..].as_chunks_mut::<4>().0.iter_mut();
    let indices = mesh.indices[next..].as_chunks_mut::<6>().0.iter_mut();
    let mut walls = positions.zip(tags).zip(indices);
    let mut first = first as u32;
    for ring in flat.rings() {
        let ring = &flat.xy[ring];
        let Some(end) = ring.first() else { continue };
        let ends = ring[1..].iter().chain([end]);
        for ((a, b), ((positions, tags), indices)) in ring.iter().zip(ends).zip(&mut walls) {
            // The body lies to the left of its rings, so outside is to the right.
            *tags = [tag(feature, wall_facing(b[1] - a[1], a[0] - b[0])); 4];
            let (a, b) = ([a[0] as f32, -a[1] as f32], [b[0] as f32, -b[1] as f32]);
            *positions = [[a[0], bottom, a[1]], [b[0], bottom, b[1]], [b[0], top, b[1]], [a[0], top, a[1]]];
            *indices = [first, first + 1, first + 2, first, first + 2, first + 3];
            first += 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::index::Ground;
    use crate::mesh::measure::MeshStats;
    use crate::model::{GeometryKind, HeightSource, Heights, Vertical};

    /// An L, 300 m² (20 × 20 less 10 × 10), and a courtyard block, 400 − 64 = 336 m²; map
    /// coordinates as large as in China.
    fn two() -> GeometryColumn {
        let l = [[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [10.0, 10.0], [10.0, 20.0], [0.0, 20.0]];
        let court = [[40.0, 0.0], [60.0, 0.0], [60.0, 20.0], [40.0, 20.0]];
        let hole = [[46.0, 6.0], [46.0, 14.0], [54.0, 14.0], [54.0, 6.0]];
        let mut column = GeometryColumn::default();
        for rings in [vec![&l[..]], vec![&court[..], &hole[..]]] {
            for ring in rings {
                ring.iter().for_each(|[x, y]| column.push_vertex([516_000.0 + x, 4_331_000.0 + y], None));
                column.end_ring();
            }
            column.end_part();
            column.end_feature(GeometryKind::Polygon);
        }
        column
    }

    fn heights(top: &[f32], base: &[f32]) -> Heights {
        Heights {
            top: top.to_vec(),
            base: base.to_vec(),
            source: vec![HeightSource::Surveyed; top.len()],
            covered: vec![false; top.len()],
        }
    }

    fn build(heights: &Heights) -> (GeometryColumn, Bodies, TileMesh) {
        let column = two();
        let bodies = Bodies::stand(&column, heights, Vertical::OnTerrain, 0.0, &Ground::flat());
        let mesh = extrude(&column, &bodies, &[0, 1], MapPoint::new(516_030.0, 4_331_010.0));
        (column, bodies, mesh)
    }

    fn edges(mesh: &TileMesh) -> HashMap<[[u32; 3]; 2], i32> {
        let mut edges = HashMap::new();
        let key = |i: u32| mesh.positions[i as usize].map(|v| (v + 0.0).to_bits());
        for t in mesh.indices.chunks_exact(3) {
            for [a, b] in [[t[0], t[1]], [t[1], t[2]], [t[2], t[0]]] {
                *edges.entry([key(a), key(b)]).or_default() += 1;
            }
        }
        edges
    }

    #[test]
    fn every_directed_edge_of_a_floating_body_has_its_opposite() {
        let (_, _, mesh) = build(&heights(&[12.0, 30.0], &[3.0, 6.0]));
        let edges = edges(&mesh);
        for ([a, b], count) in &edges {
            assert_eq!(edges.get(&[*b, *a]), Some(count));
        }
    }

    #[test]
    fn the_walls_of_a_standing_body_are_open_only_at_the_ground() {
        let (_, _, mesh) = build(&heights(&[12.0, 30.0], &[0.0, 0.0]));
        let edges = edges(&mesh);
        let open: Vec<_> = edges.keys().filter(|[a, b]| !edges.contains_key(&[*b, *a])).collect();
        // One open edge below each wall: 6 of the L, 4 + 4 of the courtyard.
        assert_eq!(open.len(), 14);
        assert!(open.iter().all(|[a, b]| f32::from_bits(a[1]) == 0.0 && f32::from_bits(b[1]) == 0.0));
    }

    #[test]
    fn roof_area_is_footprint_area_and_volume_is_area_times_height() {
        let (column, bodies, mesh) = build(&heights(&[12.0, 30.0], &[0.0, 6.0]));
        let stats = MeshStats::measure([&mesh], &bodies);
        assert!((stats.roof_area_m2 - 636.0).abs() < 1e-3);
        assert!((stats.roof_area_m2 - column.area(0) - column.area(1)).abs() < 1e-3);
        // 300 · 12 + 336 · (30 − 6)
        assert!((stats.volume_m3 - (3600.0 + 8064.0)).abs() < 0.05);
        // Rings of 80, 80 and 32 m: 80 · 12 + 112 · 24
        assert!((stats.wall_area_m2 - (960.0 + 2688.0)).abs() < 0.05);
    }

    #[test]
    fn walls_look_away_from_the_body_and_triangles_carry_its_id() {
        let (column, _, mesh) = build(&heights(&[12.0, 30.0], &[0.0, 0.0]));
        for t in mesh.indices.chunks_exact(3) {
            let tags = [t[0], t[1], t[2]].map(|i| mesh.tags[i as usize]);
            assert!(tags[0] == tags[1] && tags[1] == tags[2]);
            let feature = tags[0] & 0xff_ffff;
            let p = [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize].map(f64::from));
            let middle = MapPoint::new(
                mesh.origin.east + (p[0][0] + p[1][0] + p[2][0]) / 3.0,
                mesh.origin.north - (p[0][2] + p[1][2] + p[2][2]) / 3.0,
            );
            let bounds = column.bounds(feature).grown(0.001);
            assert!(bounds.holds([middle.east, middle.north]));
            let facing = (tags[0] >> 24) as u8;
            if facing >= 2 {
                let azimuth = (f64::from(facing - 2) * 360.0 / 254.0).to_radians();
                let step = |by: f64| [middle.east + by * azimuth.sin(), middle.north + by * azimuth.cos()];
                let inside = |point: [f64; 2]| {
                    // Even-odd rule over all rings, written here again on purpose.
                    let mut odd = false;
                    for ring in column.rings(column.parts(feature).start) {
                        for i in 0..ring.xy.len() {
                            let (a, b) = (ring.xy[i], ring.xy[(i + 1) % ring.xy.len()]);
                            if (a[1] > point[1]) != (b[1] > point[1])
                                && point[0] < a[0] + (point[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
                            {
                                odd = !odd;
                            }
                        }
                    }
                    odd
                };
                assert!(!inside(step(0.1)) && inside(step(-0.1)));
                // And the corners run counter-clockwise seen from there.
                let u = [0, 1, 2].map(|k| p[1][k] - p[0][k]);
                let v = [0, 1, 2].map(|k| p[2][k] - p[0][k]);
                let east = u[1] * v[2] - u[2] * v[1];
                let north = -(u[0] * v[1] - u[1] * v[0]);
                assert!(east * azimuth.sin() + north * azimuth.cos() > 0.0);
            }
        }
    }

    #[test]
    fn a_house_of_surfaces_is_drawn_as_given() {
        // A cube of 10 m as six polygons, each looking out: like the surfaces of a PLATEAU solid.
        let c = |i: u32| [f64::from(i & 1) * 10.0, f64::from(i >> 1 & 1) * 10.0, 40.0 + f64::from(i >> 2) * 10.0];
        let faces = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6]];
        let mut column = GeometryColumn::default();
        for face in faces {
            face.iter().for_each(|i| column.push_vertex([c(*i)[0], c(*i)[1]], Some(c(*i)[2])));
            column.end_ring();
            column.end_part();
        }
        column.end_feature(GeometryKind::Polygon);
        let heights = heights(&[3.0], &[0.0]);
        let bodies = Bodies::stand(&column, &heights, Vertical::Absolute, 2.0, &Ground::flat());
        assert_eq!((bodies.bottom[0], bodies.top[0], bodies.is_shell(0)), (42.0, 52.0, true));
        let mesh = extrude(&column, &bodies, &[0], MapPoint::new(5.0, 5.0));
        let edges = edges(&mesh);
        assert!(edges.keys().all(|[a, b]| edges.contains_key(&[*b, *a])));
        let stats = MeshStats::measure([&mesh], &bodies);
        assert!((stats.volume_m3 - 1000.0).abs() < 0.01);
        assert!((stats.wall_area_m2 - 400.0).abs() < 0.01);
        assert!((stats.roof_area_m2 - 100.0).abs() < 0.01);
    }
}
