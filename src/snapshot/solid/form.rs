//! Each row's faces, made by the rooms that draw it.

use std::collections::HashMap;

use rayon::prelude::*;

use super::SolidFormat;
use super::frame::Frame;
use super::part::{Part, Piece, Stand};
use crate::city::City;
use crate::index::{Bodies, Ground};
use crate::mesh::city::{LayerMesh, Sizes};
use crate::mesh::extrude::extrude;
use crate::mesh::{DOWN, TileMesh, UP, mesh_terrain};
use crate::model::{GeometryColumn, GeometryKind, Vertical};
use crate::place::{Bounds, MapPoint};
use crate::snapshot::wish::Wish;
use crate::snapshot::write::{SnapshotError, Taken};

/// Samples of the ground at most: as many as the screen has, so that everything lies where it lies there.
const GROUND_SAMPLES: usize = 60_000;
/// Outlines lie above what they go around, metres.
const ABOVE: f64 = 0.03;

/// What a face belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Face {
    /// Looks up from a body.
    Roof,
    /// Of a body.
    Wall,
    /// Looks down from a body.
    Floor,
    /// Lies on the ground, or is a pin.
    Flat,
    /// The outline of something flat.
    Line,
}

/// The faces of one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    /// The row in its piece.
    pub row: u32,
    /// Where it stands, of a body.
    pub stand: Option<Stand>,
    /// East, north, up; metres. No point is shared by faces that look different ways, but on the ground.
    pub points: Vec<[f64; 3]>,
    /// Counter-clockwise seen from outside.
    pub triangles: Vec<([u32; 3], Face)>,
}

/// What everything stands on, and where it lies.
#[derive(Debug)]
pub(super) struct Stage {
    pub ground: Ground,
    pub frame: Frame,
    /// The box around what was chosen, in the city's coordinates.
    pub extent: Bounds,
}

impl Stage {
    /// Of a city: true heights, whatever the screen exaggerates.
    pub fn of(
        city: &City,
        wish: &Wish,
        parts: &[Part<'_>],
        format: SolidFormat,
        taken: &mut Taken,
    ) -> Result<Self, SnapshotError> {
        if let Some(offset) = wish.offset {
            return Err(SnapshotError::Wish(format!(
                "{} coordinates are longitude and latitude, and a model is in metres: leave the offset out",
                offset.word()
            )));
        }
        let ground = match city.terrain.as_deref() {
            None => Ground::flat(),
            Some(terrain) if terrain.exaggeration == 1.0 => Ground::new(terrain, GROUND_SAMPLES),
            Some(terrain) => {
                let plain = crate::model::Terrain { exaggeration: 1.0, ..terrain.clone() };
                Ground::new(&plain, GROUND_SAMPLES)
            }
        };
        let mut extent = Bounds::EMPTY;
        for part in parts {
            let layer = &part.layer.layer.id;
            extent.join(part.extent().map_err(|reason| SnapshotError::Read { layer: layer.clone(), reason })?);
        }
        if let Some(bounds) = wish.bounds
            && !extent.is_empty()
        {
            // Features stay whole; what is asked for is the middle.
            let clip = |k: usize| (extent.min[k].max(bounds.min[k]), extent.max[k].min(bounds.max[k]));
            let ((w, e), (s, n)) = (clip(0), clip(1));
            if w <= e && s <= n {
                extent = Bounds { min: [w, s], max: [e, n] };
            }
        }
        let metric = |crs: &crate::place::Crs| !crs.is_geographic() && (crs.unit_m() - 1.0).abs() < 1e-9;
        let tiles = format == SolidFormat::Tiles3d;
        if !tiles && !metric(&wish.crs) {
            taken.notes.push(format!("a model is in metres: it is written in {}, and not {}", city.crs, wish.crs));
        }
        let crs = if !tiles && metric(&wish.crs) { &wish.crs } else { &city.crs };
        let frame = Frame::new(&city.crs, crs, &extent, &ground)
            .map_err(|error| SnapshotError::Wish(format!("there is no way into {}: {error}", crs.name())))?;
        Ok(Self { ground, frame, extent })
    }

    /// Where the bodies of a piece stand; `None` for a layer that has none.
    pub fn bodies(&self, piece: &Piece) -> Option<Bodies> {
        let layer = &piece.layer;
        let heights = layer.heights.as_ref().filter(|_| layer.has_bodies())?;
        // Its own Z was lifted when it was read.
        let lift = if layer.vertical == Vertical::Absolute { 0.0 } else { layer.z_offset };
        Some(Bodies::stand(&layer.table.geometry, heights, layer.vertical, lift, &self.ground))
    }

    /// The faces of all rows of a piece that have some, in the city's coordinates.
    pub fn forms(&self, part: &Part<'_>, piece: &Piece) -> Vec<Form> {
        let (bodies, sizes) = (self.bodies(piece), Sizes::of(part.layer));
        let rows = 0..piece.layer.table.len() as u32;
        let form = |row: u32| match &bodies {
            Some(bodies) => body(&piece.layer.table.geometry, bodies, row),
            None => self.flat(part, piece, &sizes, row),
        };
        rows.into_par_iter().with_min_len(16).map(form).filter(|form| !form.triangles.is_empty()).collect()
    }

    /// As [`Self::forms`], in the CRS that is written. Rows that have no place in it are left out and counted.
    pub fn placed(&self, part: &Part<'_>, piece: &Piece, left_out: &mut u64) -> Result<Vec<Form>, SnapshotError> {
        let mut forms = self.forms(part, piece);
        let mut xy: Vec<[f64; 2]> = forms.iter().flat_map(|form| &form.points).map(|p| [p[0], p[1]]).collect();
        self.frame.carry(&mut xy).map_err(|error| SnapshotError::Wish(error.to_string()))?;
        let points = forms.iter_mut().flat_map(|form| &mut form.points);
        points.zip(&xy).for_each(|(point, xy)| [point[0], point[1]] = *xy);
        let all = forms.len();
        forms.retain(|form| form.points.iter().flatten().all(|v| v.is_finite()));
        *left_out += (all - forms.len()) as u64;
        Ok(forms)
    }

    fn flat(&self, part: &Part<'_>, piece: &Piece, sizes: &Sizes, row: u32) -> Form {
        let layer = &piece.layer;
        let mut one = GeometryColumn::default();
        one.push_from(&layer.table.geometry, row);
        let mut form = Form { row, ..Form::default() };
        if one.kind(0) == GeometryKind::None || one.xy.iter().flatten().any(|v| !v.is_finite()) {
            return form;
        }
        let surfaces = layer.vertical == Vertical::Absolute && one.has_z() && one.kind(0) == GeometryKind::Polygon;
        let mesh = LayerMesh::of(&one, None, layer, sizes, &self.ground);
        for tile in &mesh.tiles {
            form.add(tile, part.lift, |facing| if surfaces { of_body(facing) } else { Face::Flat });
        }
        for tile in &mesh.outlines {
            form.add(tile, part.lift + ABOVE, |_| Face::Line);
        }
        form
    }

    /// The terrain within an area of the city's coordinates, without its skirts, in the CRS that is written.
    pub fn terrain(&self, area: &Bounds) -> Result<Vec<Form>, SnapshotError> {
        let Some(grid) = self.ground.grid() else { return Ok(Vec::new()) };
        let area = area.grown(grid.cell);
        let mut forms = Vec::new();
        for tile in mesh_terrain(&self.ground) {
            let at = |i: u32| {
                let [x, up, south] = tile.positions[i as usize].map(f64::from);
                [tile.origin.east + x, tile.origin.north - south, up]
            };
            let mut form = Form::default();
            let mut known = vec![u32::MAX; tile.positions.len()];
            for t in tile.indices.chunks_exact(3) {
                // The normals of skirts are level, those of the ground never are.
                let skirt = t.iter().any(|i| tile.normals[*i as usize][1] <= 0.0);
                if skirt || !t.iter().any(|i| area.holds([at(*i)[0], at(*i)[1]])) {
                    continue;
                }
                let corners = [t[0], t[1], t[2]].map(|i| {
                    if known[i as usize] == u32::MAX {
                        known[i as usize] = form.points.len() as u32;
                        form.points.push(at(i));
                    }
                    known[i as usize]
                });
                form.triangles.push((corners, Face::Flat));
            }
            let mut xy: Vec<[f64; 2]> = form.points.iter().map(|p| [p[0], p[1]]).collect();
            self.frame.carry(&mut xy).map_err(|error| SnapshotError::Wish(error.to_string()))?;
            form.points.iter_mut().zip(&xy).for_each(|(point, xy)| [point[0], point[1]] = *xy);
            if !form.triangles.is_empty() && form.points.iter().flatten().all(|v| v.is_finite()) {
                forms.push(form);
            }
        }
        Ok(forms)
    }
}

/// A body, closed: also below, where the screen needs nothing.
fn body(geometry: &GeometryColumn, bodies: &Bodies, row: u32) -> Form {
    let mut form = Form { row, ..Form::default() };
    if !bodies.is_body(row) || geometry.vertices(row).iter().flatten().any(|v| !v.is_finite()) {
        return form;
    }
    let Some(stand) = stand_of(bodies, row) else { return form };
    let i = row as usize;
    let mut one = GeometryColumn::default();
    one.push_from(geometry, row);
    let closed = Bodies {
        // Below every bottom: as if it floated.
        ground: vec![f32::NEG_INFINITY],
        bottom: vec![bodies.bottom[i]],
        top: vec![bodies.top[i]],
        shells: vec![bodies.is_shell(row)],
        ..Bodies::default()
    };
    let Some(origin) = one.centroid(0) else { return form };
    form.stand = Some(stand);
    form.add(&extrude(&one, &closed, &[0], MapPoint::from(origin)), 0.0, of_body);
    form
}

/// Where a body stands; `None` when it is none.
pub(super) fn stand_of(bodies: &Bodies, row: u32) -> Option<Stand> {
    let at = |column: &[f32]| column.get(row as usize).copied().map(f64::from);
    let stand = Stand { ground: at(&bodies.ground)?, bottom: at(&bodies.bottom)?, top: at(&bodies.top)? };
    bodies.is_body(row).then_some(stand)
}

fn of_body(facing: u8) -> Face {
    match facing {
        UP => Face::Roof,
        DOWN => Face::Floor,
        _ => Face::Wall,
    }
}

impl Form {
    fn add(&mut self, mesh: &TileMesh, lift: f64, face: impl Fn(u8) -> Face) {
        let first = self.points.len() as u32;
        let place = |p: &[f32; 3]| {
            let [x, up, south] = p.map(f64::from);
            [mesh.origin.east + x, mesh.origin.north - south, up + lift]
        };
        self.points.extend(mesh.positions.iter().map(place));
        for t in mesh.indices.chunks_exact(3) {
            let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.positions[i as usize]);
            if a == b || b == c || c == a {
                continue;
            }
            let facing = (mesh.tags[t[0] as usize] >> 24) as u8;
            self.triangles.push(([0, 1, 2].map(|k| first + t[k]), face(facing)));
        }
    }

    /// Halves edges that are longer on the map than so many metres until none is. The edge alone decides, so that
    /// faces and features that share one still meet without a gap. Of what is larger than 500 times that, only edges
    /// longer than a 500th of it are halved: else a country becomes millions of triangles.
    pub fn halve_edges(&mut self, longest: f64) {
        let (min, max) = self.bounds();
        let longest = longest.max((max[0] - min[0]).hypot(max[1] - min[1]) / 500.0);
        let mut middles: HashMap<(u32, u32), u32> = HashMap::new();
        let mut open = std::mem::take(&mut self.triangles);
        open.reverse();
        while let Some((corners, face)) = open.pop() {
            let length = |k: usize| {
                let [a, b] = [corners[k], corners[(k + 1) % 3]].map(|i| self.points[i as usize]);
                (a[0] - b[0]).hypot(a[1] - b[1])
            };
            let lengths = [0, 1, 2].map(length);
            let k = (1..3).fold(0, |k, other| if lengths[other] > lengths[k] { other } else { k });
            if lengths[k] <= longest || !lengths[k].is_finite() {
                self.triangles.push((corners, face));
                continue;
            }
            let [a, b, c] = [0, 1, 2].map(|i| corners[(k + i) % 3]);
            let middle = *middles.entry((a.min(b), a.max(b))).or_insert_with(|| {
                let [p, q] = [a, b].map(|i| self.points[i as usize]);
                self.points.push([0, 1, 2].map(|k| (p[k] + q[k]) / 2.0));
                self.points.len() as u32 - 1
            });
            open.extend([([a, middle, c], face), ([middle, b, c], face)]);
        }
    }

    /// The middle of its box on the map, and its lowest point.
    pub fn foot(&self) -> [f64; 3] {
        let (min, max) = self.bounds();
        [(min[0] + max[0]) / 2.0, (min[1] + max[1]) / 2.0, min[2]]
    }

    /// The box around it.
    pub fn bounds(&self) -> ([f64; 3], [f64; 3]) {
        let empty = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        self.points
            .iter()
            .fold(empty, |(min, max), p| ([0, 1, 2].map(|k| min[k].min(p[k])), [0, 1, 2].map(|k| max[k].max(p[k]))))
    }
}
