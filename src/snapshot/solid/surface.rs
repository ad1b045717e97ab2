//! Bodies and flat things as the polygons they are, for formats that keep rings and say what each surface is.

use std::collections::{HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::form::{Stage, stand_of};
use super::part::{Piece, Stand};
use crate::index::Bodies;
use crate::index::bodies::newell;
use crate::mesh::drape::{Cloth, drape};
use crate::mesh::triangulate::Triangulator;
use crate::model::{GeometryColumn, GeometryKind, Vertical};
use crate::place::MapPoint;

/// Vertices in whole millimetres from an origin, each once.
#[derive(Debug)]
pub(super) struct Vertices {
    origin: [f64; 3],
    known: HashMap<[i64; 3], u32>,
    pub list: Vec<[i64; 3]>,
}

impl Vertices {
    /// None yet.
    pub fn new(origin: [f64; 3]) -> Self {
        Self { origin, known: HashMap::new(), list: Vec::new() }
    }

    /// The number of a place.
    fn number(&mut self, at: [f64; 3]) -> u32 {
        let key = [0, 1, 2].map(|k| ((at[k] - self.origin[k]) * 1000.0).round() as i64);
        let next = self.list.len() as u32;
        let number = *self.known.entry(key).or_insert(next);
        if number == next {
            self.list.push(key);
        }
        number
    }

    /// A ring of places; `None` where it is none in millimetres.
    fn ring(&mut self, places: impl Iterator<Item = [f64; 3]>) -> Option<Vec<u32>> {
        let mut ring: Vec<u32> = places.map(|at| self.number(at)).collect();
        ring.dedup();
        while ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        (ring.len() >= 3).then_some(ring)
    }

    /// The box around all, metres; `None` where there are none.
    pub fn extent(&self) -> Option<[f64; 6]> {
        let edge = |k: usize, value: Option<i64>| value.map(|v| v as f64 / 1000.0 + self.origin[k]);
        let least = |k: usize| edge(k, self.list.iter().map(|v| v[k]).min());
        let most = |k: usize| edge(k, self.list.iter().map(|v| v[k]).max());
        Some([least(0)?, least(1)?, least(2)?, most(0)?, most(1)?, most(2)?])
    }
}

/// A surface: its rings, the exterior first, and what it is.
type Surface = (Vec<Vec<u32>>, usize);
/// What surfaces of a body are, by number.
const MEANS: [&str; 3] = ["GroundSurface", "WallSurface", "RoofSurface"];
const GROUND: usize = 0;
const WALL: usize = 1;
const ROOF: usize = 2;

/// The shapes of a row as CityJSON has them, a solid for each part of a body, and where it stands; `None` where it has
/// none.
pub(super) fn geometry(
    stage: &Stage,
    piece: &Piece,
    bodies: Option<&Bodies>,
    row: u32,
    vertices: &mut Vertices,
) -> Option<(Vec<Json>, Option<Stand>)> {
    let layer = &piece.layer;
    let column = &layer.table.geometry;
    if column.kind(row) == GeometryKind::None || column.vertices(row).iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    if let Some(bodies) = bodies {
        let stand = stand_of(bodies, row)?;
        let made = if bodies.is_shell(row) {
            let own = column.heights(row).iter().copied().filter(|z| z.is_finite()).fold(f64::INFINITY, f64::min);
            shell(stage, column, row, stand.bottom - own, vertices).into_iter().collect()
        } else {
            solids(stage, column, row, stand, vertices)?
        };
        return (!made.is_empty()).then_some((made, Some(stand)));
    }
    let own = layer.vertical == Vertical::Absolute && column.has_z();
    let made = match column.kind(row) {
        GeometryKind::Polygon if own => shell(stage, column, row, 0.0, vertices),
        GeometryKind::Polygon => cloth(stage, column, row, vertices),
        _ => thin(stage, column, row, own, vertices),
    };
    Some((vec![made?], None))
}

/// Carries places of the city into the CRS that is written; `None` where one has no place there.
fn carried(stage: &Stage, mut points: Vec<[f64; 2]>) -> Option<Vec<[f64; 2]>> {
    (stage.frame.carry(&mut points).ok()? == 0).then_some(points)
}

/// A solid for each part: ground, roof, and a wall for each edge, all looking out.
fn solids(
    stage: &Stage,
    column: &GeometryColumn,
    row: u32,
    stand: Stand,
    vertices: &mut Vertices,
) -> Option<Vec<Json>> {
    let origin = column.centroid(row)?;
    let mut triangulator = Triangulator::default();
    let mut solids: Vec<Vec<Surface>> = Vec::new();
    for part in column.parts(row) {
        let flat = triangulator.polygon(column.rings(part).map(|ring| ring.xy), origin);
        if flat.triangles.is_empty() {
            continue;
        }
        let rings: Vec<_> = flat.rings().collect();
        let xy = carried(stage, flat.xy.iter().map(|p| [p[0] + origin[0], p[1] + origin[1]]).collect())?;
        let mut ring_at =
            |range: std::ops::Range<usize>, up: f64| vertices.ring(xy[range].iter().map(|p| [p[0], p[1], up]));
        let (mut roof, mut ground, mut walls) = (Vec::new(), Vec::new(), Vec::new());
        for (i, range) in rings.into_iter().enumerate() {
            let (Some(high), Some(mut low)) = (ring_at(range.clone(), stand.top), ring_at(range, stand.bottom)) else {
                if i == 0 {
                    break;
                }
                continue;
            };
            for (k, (a, d)) in low.iter().zip(&high).enumerate() {
                let next = (k + 1) % low.len();
                walls.push((vec![vec![*a, low[next], high[next], *d]], WALL));
            }
            low.reverse();
            roof.push(high);
            ground.push(low);
        }
        if roof.is_empty() {
            continue;
        }
        let mut shell = vec![(ground, GROUND), (roof, ROOF)];
        shell.extend(walls);
        solids.push(shell);
    }
    let surfaces: Vec<Json> = MEANS.iter().map(|name| json!({ "type": name })).collect();
    let solid = |shell: Vec<Surface>| {
        let (rings, means): (Vec<_>, Vec<usize>) = shell.into_iter().unzip();
        json!({
            "type": "Solid", "lod": "1.2", "boundaries": [rings],
            "semantics": { "surfaces": surfaces, "values": [means] },
        })
    };
    Some(solids.into_iter().map(solid).collect())
}

/// Surfaces in space as they are given: a solid where they close.
fn shell(stage: &Stage, column: &GeometryColumn, row: u32, lift: f64, vertices: &mut Vertices) -> Option<Json> {
    let mut shell: Vec<Surface> = Vec::new();
    for part in column.parts(row) {
        let mut rings = Vec::new();
        let mut means = WALL;
        for (i, ring) in column.rings(part).enumerate() {
            if ring.z.len() != ring.xy.len() || ring.z.iter().any(|z| !z.is_finite()) {
                break;
            }
            let xy = carried(stage, ring.xy.to_vec())?;
            if i == 0 {
                let normal = newell(&xy, ring.z);
                let up = normal[2] / normal.iter().map(|n| n * n).sum::<f64>().sqrt();
                // Steeper than 45° is a wall, as where it is drawn.
                means = match up {
                    up if up >= std::f64::consts::FRAC_1_SQRT_2 => ROOF,
                    up if up <= -std::f64::consts::FRAC_1_SQRT_2 => GROUND,
                    _ => WALL,
                };
            }
            match vertices.ring(xy.iter().zip(ring.z).map(|(p, z)| [p[0], p[1], z + lift])) {
                Some(ring) => rings.push(ring),
                None if i == 0 => break,
                None => {}
            }
        }
        if !rings.is_empty() {
            shell.push((rings, means));
        }
    }
    if shell.is_empty() {
        return None;
    }
    let boundaries: Vec<_> = shell.iter().map(|(rings, _)| rings.clone()).collect();
    let values: Vec<usize> = shell.iter().map(|(_, means)| *means).collect();
    let surfaces: Vec<Json> = MEANS.iter().map(|name| json!({ "type": name })).collect();
    Some(if is_closed(&shell) {
        json!({
            "type": "Solid", "lod": "2", "boundaries": [boundaries],
            "semantics": { "surfaces": surfaces, "values": [values] },
        })
    } else if shell.iter().any(|(_, means)| *means == WALL) {
        json!({
            "type": "MultiSurface", "lod": "2", "boundaries": boundaries,
            "semantics": { "surfaces": surfaces, "values": values },
        })
    } else {
        json!({ "type": "MultiSurface", "lod": "1", "boundaries": boundaries })
    })
}

/// Whether each edge is passed once each way.
fn is_closed(shell: &[Surface]) -> bool {
    let mut edges: HashSet<(u32, u32)> = HashSet::new();
    for ring in shell.iter().flat_map(|(rings, _)| rings) {
        for (i, a) in ring.iter().enumerate() {
            if !edges.insert((*a, ring[(i + 1) % ring.len()])) {
                return false;
            }
        }
    }
    edges.iter().all(|(a, b)| edges.contains(&(*b, *a)))
}

/// A polygon on the ground: itself where that is flat, else the triangles that lie on it.
fn cloth(stage: &Stage, column: &GeometryColumn, row: u32, vertices: &mut Vertices) -> Option<Json> {
    let mut boundaries: Vec<Vec<Vec<u32>>> = Vec::new();
    if stage.ground.grid().is_none() {
        for part in column.parts(row) {
            let mut rings = Vec::new();
            for (i, ring) in column.rings(part).enumerate() {
                let mut xy = carried(stage, ring.xy.to_vec())?;
                // A layer that is read in its file has its rings as they are there.
                if (twice_area(&xy) < 0.0) == (i == 0) {
                    xy.reverse();
                }
                match vertices.ring(xy.iter().map(|p| [p[0], p[1], 0.0])) {
                    Some(ring) => rings.push(ring),
                    None if rings.is_empty() => break,
                    None => {}
                }
            }
            if !rings.is_empty() {
                boundaries.push(rings);
            }
        }
    } else {
        let mut one = GeometryColumn::default();
        one.push_from(column, row);
        let origin = MapPoint::from(one.centroid(0)?);
        let fill = Cloth::Fill { line_width: 0.0, pin_height: 0.0 };
        let mesh = drape(&one, &stage.ground, &[0], origin, fill);
        let place = |p: &[f32; 3]| [origin.east + f64::from(p[0]), origin.north - f64::from(p[2])];
        let xy = carried(stage, mesh.positions.iter().map(place).collect())?;
        for t in mesh.indices.chunks_exact(3) {
            let corner = |i: &u32| [xy[*i as usize][0], xy[*i as usize][1], f64::from(mesh.positions[*i as usize][1])];
            boundaries.extend(vertices.ring(t.iter().map(corner)).map(|ring| vec![ring]));
        }
    }
    (!boundaries.is_empty()).then(|| json!({ "type": "MultiSurface", "lod": "1", "boundaries": boundaries }))
}

/// Twice the area of a ring, positive where it runs counter-clockwise.
fn twice_area(xy: &[[f64; 2]]) -> f64 {
    newell(xy, &vec![0.0; xy.len()])[2]
}

/// Points and lines, at their own height where they have one, else on the ground.
fn thin(stage: &Stage, column: &GeometryColumn, row: u32, own: bool, vertices: &mut Vertices) -> Option<Json> {
    let mut lines: Vec<Vec<u32>> = Vec::new();
    for ring in column.parts(row).flat_map(|part| column.rings(part)) {
        let up = |i: usize, p: &[f64; 2]| match ring.z.get(i) {
            Some(z) if own && z.is_finite() => *z,
            _ => stage.ground.elevation(MapPoint::from(*p)),
        };
        let ups: Vec<f64> = ring.xy.iter().enumerate().map(|(i, p)| up(i, p)).collect();
        let xy = carried(stage, ring.xy.to_vec())?;
        let mut line: Vec<u32> = xy.iter().zip(ups).map(|(p, up)| vertices.number([p[0], p[1], up])).collect();
        line.dedup();
        lines.push(line);
    }
    if column.kind(row) == GeometryKind::Point {
        let points: Vec<u32> = lines.into_iter().flatten().collect();
        return (!points.is_empty()).then(|| json!({ "type": "MultiPoint", "lod": "0", "boundaries": points }));
    }
    lines.retain(|line| line.len() >= 2);
    (!lines.is_empty()).then(|| json!({ "type": "MultiLineString", "lod": "0", "boundaries": lines }))
}
