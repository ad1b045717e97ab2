//! 3D Tiles 1.1 (OGC 22-025r4): a folder of a `tileset.json` and binary glTF tiles.
//!
//! 1. a first look at all rows finds their places and sizes ([`super::plan`]);
//! 2. each layer is a quadtree that adds: the upper squares hold the largest features, each feature is in one tile;
//! 3. each point goes from the city's CRS through longitude and latitude to the globe, so that nothing is bent or
//!    turned by the map's projection; tiles are relative to a plumb frame at the origin, which the root's transform
//!    puts on the globe;
//! 4. bounding volumes are regions around what the tiles really hold.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value as Json, json};

use super::columns::Columns;
use super::form::Form;
use super::frame::{Plumb, ecef};
use super::glb::{GENERATOR, Glb};
use super::part::Part;
use super::plan::{self, Plan, Square};
use super::{Job, batch, begun};
use crate::formats::WriteError;
use crate::formats::aside::{Folder, folder_of};
use crate::snapshot::write::{SnapshotError, Taken, TakenLayer};

/// Features of a tile at most.
const MOST: usize = 2_000;
/// The file that says which tiles there are.
const TILESET: &str = "tileset.json";
/// Edges of what lies on the ground are at most so long, metres: a straight one of 500 m lies 5 mm below the curved
/// earth at its middle (d² / 8R).
const LONGEST: f64 = 500.0;

/// Writes the folder.
pub(super) fn write(job: &Job<'_>, taken: &mut Taken) -> Result<(), SnapshotError> {
    check_place(job.out)?;
    let folder = Folder::create(job.out)?;
    let frame = &job.stage.frame;
    let plumb = Plumb::at(frame.lonlat.lon, frame.lonlat.lat, frame.origin[2]);
    let (mut children, mut region, mut error) = (Vec::new(), Region::EMPTY, 0.0_f64);
    for (number, part) in job.parts.iter().enumerate() {
        let mut done = begun(part);
        let layer = &part.layer.layer.id;
        let Plan { items, types } = plan::of(job, part)?;
        job.progress.stage(format!("writing {layer}"), items.len() as u64);
        let columns = Columns::of(part, types);
        fs::create_dir(folder.path().join(number.to_string())).map_err(|error| job.fail(error))?;
        let tree = Tree { job, part, columns: &columns, number, plumb: &plumb, folder: folder.path() };
        if !items.is_empty()
            && let Some((mut tile, own)) = tree.tile(Square::around(items), &mut done)?
        {
            error = error.max(own.size());
            region.join(&own);
            tile["extras"] = json!({ "layer": layer, "title": part.title(), "role": part.layer.layer.role.word() });
            children.push(tile);
        }
        taken.layers.push(done);
    }
    if children.is_empty() {
        return Err(SnapshotError::Wish(format!("{}: nothing that was chosen has a shape", job.out.display())));
    }
    let asset = json!({ "version": "1.1", "generator": GENERATOR, "extras": { "origin": frame.words() } });
    let tileset = json!({
        "asset": asset,
        "geometricError": error,
        "root": {
            "transform": plumb.matrix(),
            "boundingVolume": { "region": region.words() },
            "geometricError": error,
            "refine": "ADD",
            "children": children,
        },
    });
    let text = tileset.to_string();
    fs::write(folder.path().join(TILESET), text).map_err(|error| job.fail(error))?;
    // Writing takes minutes: somebody may have put something there since.
    check_place(job.out)?;
    folder.keep(job.out)?;
    taken.notes.push(
        "elevations are taken as heights above the ellipsoid of WGS 84: over a globe with a terrain of its own the \
         model lies higher or lower by the geoid's height there, up to some tens of metres"
            .to_owned(),
    );
    Ok(())
}

/// A quadtree of one layer.
struct Tree<'a> {
    job: &'a Job<'a>,
    part: &'a Part<'a>,
    columns: &'a Columns,
    number: usize,
    plumb: &'a Plumb,
    folder: &'a Path,
}

impl Tree<'_> {
    /// Writes a square and all below; what the tileset says of it, and where it lies.
    fn tile(&self, mut square: Square, done: &mut TakenLayer) -> Result<Option<(Json, Region)>, SnapshotError> {
        self.job.at(done.features)?;
        let rows = square.take_largest(MOST);
        let [level, x, y] = square.place;
        let error = square.error();
        let uri = format!("{}/{level}-{x}-{y}.glb", self.number);
        let own = self.content(&rows, &uri, done)?;
        let mut children = Vec::new();
        let mut region = own.unwrap_or(Region::EMPTY);
        for quarter in square.quarters() {
            if let Some((child, below)) = self.tile(quarter, done)? {
                region.join(&below);
                children.push(child);
            }
        }
        if region.is_empty() {
            return Ok(None);
        }
        let mut tile = json!({
            "boundingVolume": { "region": region.words() },
            "geometricError": if children.is_empty() { 0.0 } else { error },
        });
        if let Some(own) = own {
            tile["content"] = json!({ "uri": uri, "boundingVolume": { "region": own.words() } });
        }
        if !children.is_empty() {
            tile["children"] = children.into();
        }
        Ok(Some((tile, region)))
    }

    /// Writes the features of a tile; where they lie, `None` where none has a shape.
    fn content(&self, rows: &[u32], uri: &str, done: &mut TakenLayer) -> Result<Option<Region>, SnapshotError> {
        let (job, layer) = (self.job, &self.part.layer.layer.id);
        let piece = self.part.piece_of(rows).map_err(|reason| SnapshotError::Read { layer: layer.clone(), reason })?;
        let mut forms = job.stage.forms(self.part, &piece);
        forms.par_iter_mut().filter(|form| form.stand.is_none()).for_each(|form| form.halve_edges(LONGEST));
        let all = forms.len();
        let region = self.onto_globe(&mut forms)?;
        done.features += forms.len() as u64;
        done.without_place += (all - forms.len()) as u64;
        let class = format!("layer_{}", self.number);
        let mut glb = Glb::default();
        glb.classes.insert(class.clone(), self.columns.class(self.part));
        let tile = batch::Tile { part: self.part, piece: &piece, columns: self.columns, class: &class };
        let Some(node) = batch::add(&mut glb, &tile, &forms, [0.0; 3]) else { return Ok(None) };
        let file = File::create(self.folder.join(uri)).map_err(|error| job.fail(error))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let extras = json!({ "layer": layer });
        glb.write(&mut out, node, extras).and_then(|()| out.flush()).map_err(|error| job.fail(error))?;
        Ok(Some(region))
    }

    /// Carries forms from the city into metres east, north and up at the origin, over the curved earth. Those that have
    /// no place there are left out.
    fn onto_globe(&self, forms: &mut Vec<Form>) -> Result<Region, SnapshotError> {
        let mut xy: Vec<[f64; 2]> = forms.iter().flat_map(|form| &form.points).map(|p| [p[0], p[1]]).collect();
        self.job.stage.frame.degrees(&mut xy).map_err(|error| SnapshotError::Wish(error.to_string()))?;
        let mut region = Region::EMPTY;
        let mut at = xy.iter();
        forms.retain_mut(|form| {
            let degrees = at.by_ref().take(form.points.len());
            let mut own = Region::EMPTY;
            let mut placed = true;
            for (point, [lon, lat]) in form.points.iter_mut().zip(degrees) {
                placed &= lon.is_finite() && lat.is_finite() && point[2].is_finite();
                own.add([*lon, *lat, point[2]]);
                *point = self.plumb.local(ecef(*lon, *lat, point[2]));
            }
            if placed {
                region.join(&own);
            }
            placed
        });
        Ok(region)
    }
}

/// A box on the globe: degrees and metres above the ellipsoid.
#[derive(Clone, Copy, Debug)]
struct Region {
    min: [f64; 3],
    max: [f64; 3],
}

impl Region {
    const EMPTY: Self = Self { min: [f64::INFINITY; 3], max: [f64::NEG_INFINITY; 3] };

    fn is_empty(&self) -> bool {
        self.min[0] > self.max[0]
    }

    fn add(&mut self, at: [f64; 3]) {
        self.min = [0, 1, 2].map(|k| self.min[k].min(at[k]));
        self.max = [0, 1, 2].map(|k| self.max[k].max(at[k]));
    }

    fn join(&mut self, other: &Self) {
        if !other.is_empty() {
            self.add(other.min);
            self.add(other.max);
        }
    }

    /// West, south, east, north in radians, lowest and highest in metres; rounded outwards by a millimetre and by what
    /// `f32` may move a point: 6·10⁻⁸ (2⁻²⁴) of how far it lies from the middle.
    fn words(&self) -> Json {
        let metres = self.size() * 6e-8 + 1e-3;
        let slack = metres / 6_378_137.0;
        let [west, south, low] = self.min;
        let [east, north, high] = self.max;
        json!([
            west.to_radians() - slack / south.abs().max(north.abs()).to_radians().cos().max(1e-6),
            south.to_radians() - slack,
            east.to_radians() + slack / south.abs().max(north.abs()).to_radians().cos().max(1e-6),
            north.to_radians() + slack,
            low - metres,
            high + metres,
        ])
    }

    /// Its diagonal, metres: what is wrong when nothing of it is shown.
    fn size(&self) -> f64 {
        let (a, b) = (self.min, self.max);
        let (p, q) = (ecef(a[0], a[1], a[2]), ecef(b[0], b[1], b[2]));
        (0..3).map(|k| (p[k] - q[k]).powi(2)).sum::<f64>().sqrt()
    }
}

/// Refuses to replace what is no tileset of this program.
fn check_place(out: &Path) -> Result<(), SnapshotError> {
    let fail = |message: &str| Err(WriteError::new(out, message).into());
    if !folder_of(out).is_dir() {
        return Err(WriteError::new(out, format!("there is no folder {}", folder_of(out).display())).into());
    }
    match fs::metadata(out) {
        Err(_) => Ok(()),
        Ok(facts) if !facts.is_dir() => fail("is a file, and 3D Tiles are a folder: choose another name"),
        Ok(_) if is_own(out) => Ok(()),
        Ok(_) if fs::read_dir(out).is_ok_and(|mut inside| inside.next().is_none()) => Ok(()),
        Ok(_) => fail("is a folder with other things in it: choose another name"),
    }
}

/// Whether a folder is a tileset that this program wrote with nothing beside it: all in it is removed for a new one.
fn is_own(out: &Path) -> bool {
    let text = fs::read(out.join(TILESET)).unwrap_or_default();
    let tileset: Json = serde_json::from_slice(&text).unwrap_or_default();
    let made_here = tileset["asset"]["generator"].as_str().is_some_and(|name| name.starts_with("Cimbase"));
    let is_content = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let is_layer = name.to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        name == TILESET || is_layer && entry.file_type().is_ok_and(|kind| kind.is_dir())
    };
    made_here && fs::read_dir(out).is_ok_and(|mut inside| inside.all(|entry| entry.is_ok_and(is_content)))
}
