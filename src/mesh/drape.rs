//! Flat layers laid on the ground as a cloth.
//!
//! Everything is cut along the folds of the drawn ground, so that it coincides with it and never
//! pokes through; layers are told apart by the order in which they are drawn, not by heights.

use rayon::prelude::*;

use super::clip::{Piece, cut_along_folds, twice_area};
use super::extrude::push_cap;
use super::ribbon::ribbon;
use super::surface::push_surfaces;
use super::tiles::divide;
use super::triangulate::Triangulator;
use super::{TileMesh, UP, tag, wall_facing};
use crate::index::Ground;
use crate::model::{GeometryColumn, GeometryKind};
use crate::place::MapPoint;

/// What of a layer is laid on the ground, and how wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cloth {
    /// Polygons filled; lines as ribbons; points as pins.
    Fill {
        /// Width of lines, metres.
        line_width: f64,
        /// Height of pins, metres: a pin is a pyramid that stands on its tip, half as wide as high.
        pin_height: f64,
    },
    /// Only the rings of polygons, as ribbons.
    Outline {
        /// Width, metres.
        width: f64,
    },
}

/// Lays some features of a layer on the ground. All faces look up, but those of pins.
pub fn drape(geometry: &GeometryColumn, ground: &Ground, features: &[u32], origin: MapPoint, cloth: Cloth) -> TileMesh {
    let mut mesh = TileMesh { origin, ..TileMesh::default() };
    let mut triangulator = Triangulator::default();
    let relative = |p: &[f64; 2]| [p[0] - origin.east, p[1] - origin.north];
    let mut local = Vec::new();
    let mut known = Corners::default();
    for &feature in features {
        let tag = tag(feature, UP);
        known.begin(&mesh);
        for part in geometry.parts(feature) {
            match (geometry.kind(feature), cloth) {
                (GeometryKind::Polygon, Cloth::Fill { .. }) => {
                    let rings = geometry.rings(part).map(|ring| ring.xy);
                    let flat = triangulator.polygon(rings, [origin.east, origin.north]);
                    if ground.grid().is_none() {
                        push_cap(&mut mesh, &flat, 0.0, tag, false);
                        continue;
                    }
                    for t in flat.triangles.chunks_exact(3) {
                        let corners = [t[0], t[1], t[2]].map(|i| flat.xy[i as usize]);
                        cut_along_folds(ground, origin, &corners, &mut |piece| {
                            known.push(&mut mesh, ground, piece, tag)
                        });
                    }
                }
                (GeometryKind::Point, Cloth::Fill { pin_height, .. }) if pin_height > 0.0 => {
                    for p in
                        geometry.rings(part).flat_map(|ring| ring.xy).filter(|p| p[0].is_finite() && p[1].is_finite())
                    {
                        let foot = ground.elevation(MapPoint::from(*p));
                        push_pin(&mut mesh, feature, relative(p), foot, pin_height);
                    }
                }
                (GeometryKind::Line, Cloth::Fill { line_width: width, .. })
                | (GeometryKind::Polygon, Cloth::Outline { width }) => {
                    let closed = geometry.kind(feature) == GeometryKind::Polygon;
                    for ring in geometry.rings(part) {
                        local.clear();
                        local.extend(ring.xy.iter().map(relative));
                        ribbon(&local, closed, width, |piece| {
                            cut_along_folds(ground, origin, piece, &mut |piece| {
                                known.push(&mut mesh, ground, piece, tag)
                            });
                        });
                    }
                }
                _ => {}
            }
        }
    }
    mesh.positions.shrink_to_fit();
    mesh.tags.shrink_to_fit();
    mesh.indices.shrink_to_fit();
    mesh
}

/// Finds corners again that a feature's pieces share, by their place as drawn.
#[derive(Default)]
struct Corners {
    /// Open addressing; entries before `first` are of earlier features and count as free.
    slots: Vec<u32>,
    first: u32,
}

const FREE: u32 = u32::MAX;

impl Corners {
    /// Begins with a feature: corners of others are not shared, their tags differ.
    fn begin(&mut self, mesh: &TileMesh) {
        self.first = mesh.positions.len() as u32;
    }

    /// The vertex at a place; a new one when this feature has none there.
    #[inline]
    fn vertex(&mut self, mesh: &mut TileMesh, ground: &Ground, [x, y]: [f64; 2], tag: u32) -> u32 {
        let next = mesh.positions.len() as u32;
        if 2 * (next - self.first) as usize >= self.slots.len() {
            self.grow(mesh);
        }
        // + 0.0 makes one zero of two.
        let (east, south) = (x as f32 + 0.0, -y as f32 + 0.0);
        let mut at = slot(east, south) & (self.slots.len() - 1);
        loop {
            let known = self.slots[at];
            if known == FREE || known < self.first {
                break;
            }
            let place = mesh.positions[known as usize];
            if place[0] == east && place[2] == south {
                return known;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = next;
        let up = ground.elevation(MapPoint::new(mesh.origin.east + x, mesh.origin.north + y));
        mesh.positions.push([east, up as f32, south]);
        mesh.tags.push(tag);
        next
    }

    #[cold]
    fn grow(&mut self, mesh: &TileMesh) {
        let size = (2 * self.slots.len()).max(256);
        self.slots.clear();
        self.slots.resize(size, FREE);
        for vertex in self.first..mesh.positions.len() as u32 {
            let place = mesh.positions[vertex as usize];
            let mut at = slot(place[0], place[2]) & (size - 1);
            while self.slots[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = vertex;
        }
    }

    /// Adds a convex piece at the elevation of the ground under its corners.
    fn push(&mut self, mesh: &mut TileMesh, ground: &Ground, piece: &Piece, tag: u32) {
        if piece.len() < 3 || twice_area(piece) <= 0.0 {
            return;
        }
        let mut corners = piece.iter().copied();
        let mut next = |mesh: &mut TileMesh| corners.next().map(|corner| self.vertex(mesh, ground, corner, tag));
        let (Some(first), Some(mut last)) = (next(mesh), next(mesh)) else { return };
        while let Some(corner) = next(mesh) {
            // Corners closer than `f32` tells apart are one.
            if first != last && last != corner && corner != first {
                mesh.indices.extend_from_slice(&[first, last, corner]);
            }
            last = corner;
        }
    }
}

/// A multiplicative hash (Knuth, The Art of Computer Programming 3, section 6.4).
#[inline]
fn slot(east: f32, south: f32) -> usize {
    let bits = u64::from(east.to_bits()) << 32 | u64::from(south.to_bits());
    (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

/// Adds a pyramid on its tip: four sides and a square top, seen from everywhere at little cost.
fn push_pin(mesh: &mut TileMesh, feature: u32, [x, y]: [f64; 2], foot: f64, height: f64) {
    let r = height / 4.0;
    // Counter-clockwise seen from above: south-west, south-east, north-east, north-west.
    let top = [[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]]
        .map(|[x, y]| [x as f32, (foot + height) as f32, -y as f32]);
    let first = mesh.positions.len() as u32;
    mesh.positions.extend(top);
    mesh.tags.resize(mesh.positions.len(), tag(feature, UP));
    mesh.indices.extend([first, first + 1, first + 2, first, first + 2, first + 3]);
    for (i, (east, north)) in [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)].into_iter().enumerate() {
        let first = mesh.positions.len() as u32;
        mesh.positions.extend([[x as f32, foot as f32, -y as f32], top[(i + 1) % 4], top[i]]);
        mesh.tags.resize(mesh.positions.len(), tag(feature, wall_facing(east, north)));
        mesh.indices.extend([first, first + 1, first + 2]);
    }
}

/// About how many triangles [`drape`] makes of a feature.
fn expected_triangles(geometry: &GeometryColumn, ground: &Ground, feature: u32, cloth: Cloth) -> usize {
    let vertices = geometry.vertices(feature).len();
    let (plain, area) = match (geometry.kind(feature), cloth) {
        (GeometryKind::None, _) => return 0,
        (GeometryKind::Polygon, Cloth::Fill { .. }) => (vertices, geometry.area(feature)),
        (GeometryKind::Point, Cloth::Fill { .. }) => return 6 * vertices,
        (GeometryKind::Line, Cloth::Fill { .. }) | (GeometryKind::Polygon, Cloth::Outline { .. }) => {
            (2 * vertices, 0.0)
        }
        _ => return 0,
    };
    // Two triangles for each cell inside, and some for each fold that an edge crosses.
    let folded = ground.grid().map_or(0.0, |grid| {
        let cells = f64::from(grid.columns) * f64::from(grid.rows);
        2.0 * (area / (grid.cell * grid.cell)).min(cells) + 6.0 * (geometry.length(feature) / grid.cell).min(cells)
    });
    plain + if folded.is_finite() { folded as usize } else { 0 }
}

/// Lays a whole layer on the ground, one mesh for each tile of at most about `budget` triangles.
pub fn mesh_draped(geometry: &GeometryColumn, ground: &Ground, cloth: Cloth, budget: usize) -> Vec<TileMesh> {
    let tiles = divide(geometry, |feature| expected_triangles(geometry, ground, feature, cloth), budget);
    let meshes =
        tiles.par_iter().with_max_len(1).map(|tile| drape(geometry, ground, &tile.features, tile.origin(), cloth));
    meshes.filter(|mesh| !mesh.indices.is_empty()).collect()
}

/// Meshes the polygons of a layer whose vertices keep their own height, lifted by `z_offset`
/// metres; parts without heights are left out.
pub fn mesh_surfaces(geometry: &GeometryColumn, z_offset: f64, budget: usize) -> Vec<TileMesh> {
    let weight = |feature| match geometry.kind(feature) {
        GeometryKind::Polygon if geometry.has_z() => geometry.vertices(feature).len(),
        _ => 0,
    };
    let one = |tile: &super::tiles::Tile| {
        let mut mesh = TileMesh { origin: tile.origin(), ..TileMesh::default() };
        let mut triangulator = Triangulator::default();
        for &feature in &tile.features {
            push_surfaces(&mut mesh, &mut triangulator, geometry, feature, z_offset);
        }
        mesh
    };
    let tiles = divide(geometry, weight, budget);
    tiles.par_iter().with_max_len(1).map(one).filter(|mesh| !mesh.indices.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::MeshStats;
    use crate::model::Terrain;

    const FILL: Cloth = Cloth::Fill { line_width: 3.0, pin_height: 8.0 };

    fn add(column: &mut GeometryColumn, kind: GeometryKind, rings: &[&[[f64; 2]]]) {
        for ring in rings {
            ring.iter().for_each(|[x, y]| column.push_vertex([500_000.0 + x, 4_000_000.0 + y], None));
            column.end_ring();
        }
        column.end_part();
        column.end_feature(kind);
    }

    /// A polygon with a hole that reaches beyond the terrain, a triangle along the folds, a line, a
    /// point.
    fn layer() -> GeometryColumn {
        let mut column = GeometryColumn::default();
        add(
            &mut column,
            GeometryKind::Polygon,
            &[
                &[[-33.0, -21.0], [207.0, 13.0], [251.0, 178.0], [91.5, 120.25], [12.0, 333.0]],
                &[[50.0, 50.0], [60.0, 90.0], [110.0, 70.0]],
            ],
        );
        add(&mut column, GeometryKind::Polygon, &[&[[20.0, 20.0], [60.0, 20.0], [60.0, 60.0]]]);
        add(&mut column, GeometryKind::Line, &[&[[5.0, 5.0], [111.0, 17.0], [77.0, 143.0], [160.0, 160.0]]]);
        add(&mut column, GeometryKind::Point, &[&[[44.0, 55.0]]]);
        column
    }

    fn hills() -> Ground {
        let height = |i: u32| ((i * 7919) % 101) as f32 * 0.3 - 4.0;
        let terrain = Terrain {
            origin: MapPoint::new(500_000.0, 4_000_000.0),
            cell: 10.0,
            columns: 21,
            rows: 19,
            heights: (0..21 * 19).map(height).collect(),
            exaggeration: 1.0,
        };
        Ground::new(&terrain, usize::MAX)
    }

    fn area_of(mesh: &TileMesh, feature: u32) -> f64 {
        let mut sum = 0.0;
        for t in mesh.indices.chunks_exact(3).filter(|t| mesh.tags[t[0] as usize] == tag(feature, UP)) {
            let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize].map(f64::from));
            let twice = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2]);
            assert!(twice > -1e-3, "a face looks down");
            sum += twice / 2.0;
        }
        sum
    }

    #[test]
    fn corners_and_middles_of_draped_triangles_lie_on_the_ground() {
        let (column, ground) = (layer(), hills());
        for cloth in [FILL, Cloth::Outline { width: 2.0 }] {
            let mesh = drape(&column, &ground, &[0, 1, 2], MapPoint::new(500_100.0, 4_000_100.0), cloth);
            assert!(mesh.indices.len() > 3 * 200);
            for t in mesh.indices.chunks_exact(3) {
                let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize].map(f64::from));
                let between = |u: f64, v: f64| [0, 1, 2].map(|k| a[k] + (b[k] - a[k]) * u + (c[k] - a[k]) * v);
                for p in [a, b, c, between(1.0 / 3.0, 1.0 / 3.0), between(0.5, 0.0), between(0.2, 0.7)] {
                    let on = ground.elevation(MapPoint::new(mesh.origin.east + p[0], mesh.origin.north - p[2]));
                    assert!((on - p[1]).abs() < 1e-3, "{on} {}", p[1]);
                }
            }
        }
    }

    #[test]
    fn a_plain_is_not_cut_and_a_shallow_bowl_is_met_within_a_centimetre() {
        let ground = |height: fn(f64, f64) -> f64| {
            let heights = (0..101 * 101).map(|i| height(f64::from(i % 101), f64::from(i / 101)) as f32).collect();
            let origin = MapPoint::new(500_000.0, 4_000_000.0);
            Ground::new(
                &Terrain { origin, cell: 10.0, columns: 101, rows: 101, heights, exaggeration: 1.0 },
                usize::MAX,
            )
        };
        let mut column = GeometryColumn::default();
        add(&mut column, GeometryKind::Polygon, &[&[[3.0, 7.0], [985.0, 11.0], [970.0, 988.0], [9.0, 991.0]]]);
        let mesh = |ground: &Ground| drape(&column, ground, &[0], MapPoint::new(500_500.0, 4_000_500.0), FILL);
        // A slope of 3 % and 1 %: two triangles.
        assert_eq!(mesh(&ground(|x, y| 0.3 * x + 0.1 * y)).indices.len(), 6);
        // 2.5 m deep in the middle.
        let bowl = ground(|x, y| ((x - 50.0).powi(2) + (y - 50.0).powi(2)) / 2000.0);
        let draped = mesh(&bowl);
        // Fewer than half of two for each cell; corners are shared.
        assert!(draped.indices.len() / 3 < 10_000, "{}", draped.indices.len() / 3);
        assert!(draped.positions.len() < draped.indices.len() / 3, "{}", draped.positions.len());
        let mut worst = 0.0_f64;
        for t in draped.indices.chunks_exact(3) {
            let [a, b, c] = [t[0], t[1], t[2]].map(|i| draped.positions[i as usize].map(f64::from));
            for (u, v) in (0..=8).flat_map(|u| (0..=8 - u).map(move |v| (f64::from(u) / 8.0, f64::from(v) / 8.0))) {
                let p = [0, 1, 2].map(|k| a[k] + (b[k] - a[k]) * u + (c[k] - a[k]) * v);
                let on = bowl.elevation(MapPoint::new(draped.origin.east + p[0], draped.origin.north - p[2]));
                worst = worst.max((on - p[1]).abs());
            }
        }
        assert!(worst < 0.0101, "{worst}");
        let drawn = area_of(&draped, 0);
        assert!((drawn / column.area(0) - 1.0).abs() < 1e-6, "{drawn}");
    }

    #[test]
    fn a_draped_polygon_covers_its_area_whatever_the_ground() {
        let column = layer();
        for ground in [Ground::flat(), hills()] {
            let mesh = drape(&column, &ground, &[0, 1], MapPoint::new(500_100.0, 4_000_100.0), FILL);
            for feature in [0, 1] {
                let (drawn, expected) = (area_of(&mesh, feature), column.area(feature));
                assert!((drawn / expected - 1.0).abs() < 1e-5, "{drawn} {expected}");
            }
        }
        // The second lies along the diagonals: 4 × 4 cells, of which half.
        assert_eq!(column.area(1), 800.0);
    }

    #[test]
    fn lines_are_as_wide_as_said_and_pins_stand_on_the_ground() {
        let (column, ground) = (layer(), hills());
        let mesh = drape(&column, &ground, &[2, 3], MapPoint::new(500_000.0, 4_000_000.0), FILL);
        let (drawn, expected) = (area_of(&mesh, 2), column.length(2) * 3.0);
        assert!((drawn / expected - 1.0).abs() < 0.01, "{drawn} {expected}");
        let pin = mesh.positions.iter().zip(&mesh.tags).filter(|(_, tag)| *tag & 0xff_ffff == 3).map(|(p, _)| p[1]);
        let (low, high) = pin.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), up| (a.min(up), b.max(up)));
        let foot = ground.elevation(MapPoint::new(500_044.0, 4_000_055.0)) as f32;
        assert!((low - foot).abs() < 1e-4 && (high - low - 8.0).abs() < 1e-4);
    }

    #[test]
    fn a_layer_in_tiles_has_all_of_its_area() {
        let mut column = GeometryColumn::default();
        for i in 0..400 {
            let (x, y) = (f64::from(i % 20) * 9.7, f64::from(i / 20) * 9.1);
            let square = [[x, y], [x + 9.0, y], [x + 9.0, y + 8.0], [x, y + 8.0]];
            add(&mut column, GeometryKind::Polygon, &[&square]);
        }
        for ground in [Ground::flat(), hills()] {
            let meshes = mesh_draped(&column, &ground, FILL, 500);
            assert!(meshes.len() > 1);
            let stats = MeshStats::measure_flat(&meshes);
            assert!((stats.roof_area_m2 - 400.0 * 72.0).abs() < 1.0, "{stats:?}");
            assert_eq!(meshes, mesh_draped(&column, &ground, FILL, 500));
        }
    }
}
