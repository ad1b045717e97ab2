//! A `.glb`: one node a feature with its attributes as `extras`, or batches where there are too many.

use serde_json::{Value as Json, json};

use super::columns::Columns;
use super::form::{Face, Form};
use super::glb::{Glb, normals, relative, turned};
use super::part::{Part, Piece, rounded};
use super::plan::{self, Plan};
use super::{Job, batch, begun};
use crate::analysis::colour::{palette, role_colour};
use crate::formats::aside::write_aside;
use crate::model::Role;
use crate::snapshot::write::{SnapshotError, Taken, TakenLayer};

/// Features of a batch at most.
const BATCH: usize = 4_000;

/// Writes the file.
pub(super) fn write(job: &Job<'_>, rows: u64, taken: &mut Taken) -> Result<(), SnapshotError> {
    let mut glb = Glb::default();
    let mut children = Vec::new();
    let nodes = rows <= job.options.nodes as u64;
    for (number, part) in job.parts.iter().enumerate() {
        let mut done = begun(part);
        let made = if nodes {
            singles(job, &mut glb, part, &mut done)?
        } else {
            batches(job, &mut glb, part, number, &mut done)?
        };
        if !made.is_empty() {
            let layer = &part.layer.layer;
            let extras = json!({ "cimbase_layer": layer.id, "cimbase_role": layer.role.word() });
            children.push(glb.node(json!({ "name": part.title(), "children": made, "extras": extras })));
        }
        taken.layers.push(done);
    }
    if job.options.terrain {
        children.extend(terrain(job, &mut glb)?);
    }
    let origin = job.stage.frame.words();
    let title = job.city.title.zh();
    let mut root = json!({ "name": if title.is_empty() { "Cimbase" } else { title }, "extras": { "origin": origin } });
    if !children.is_empty() {
        root["children"] = children.into();
    }
    let root = glb.node(root);
    let axes = "x east, y up, z south; metres from the origin";
    let extras = json!({ "origin": origin, "axes": axes });
    write_aside(job.out, |out| {
        glb.write(out, root, extras).map_err(|error| crate::formats::WriteError::new(job.out, error))
    })?;
    Ok(())
}

/// A node for each row that has faces.
fn singles(job: &Job<'_>, glb: &mut Glb, part: &Part<'_>, done: &mut TakenLayer) -> Result<Vec<usize>, SnapshotError> {
    let layer = &part.layer.layer.id;
    job.progress.stage(format!("writing {layer}"), part.rows.len() as u64);
    let mut nodes = Vec::new();
    for number in 0..part.pieces() {
        job.at(done.features)?;
        let piece = part.piece(number).map_err(|reason| SnapshotError::Read { layer: layer.clone(), reason })?;
        for form in job.stage.placed(part, &piece, &mut done.without_place)? {
            let extras = Json::Object(part.attributes(&piece, form.row, form.stand));
            let foot = form.foot();
            let mesh = mesh_of(glb, part, &piece, &form, foot);
            let at = [0, 1, 2].map(|k| foot[k] - job.stage.frame.origin[k]);
            let translation = turned(at).map(rounded);
            let name = part.name(&piece, form.row);
            nodes.push(glb.node(json!({ "name": name, "mesh": mesh, "translation": translation, "extras": extras })));
            done.features += 1;
        }
        check_size(job, glb)?;
    }
    Ok(nodes)
}

/// The mesh of a row, relative to a point rounded as its node's translation is: a primitive for each material.
fn mesh_of(glb: &mut Glb, part: &Part<'_>, piece: &Piece, form: &Form, foot: [f64; 3]) -> usize {
    let foot = foot.map(|v| (v * 1000.0).round() / 1000.0);
    let attributes = json!({
        "POSITION": glb.positions(&relative(&form.points, foot)),
        "NORMAL": glb.normals(&normals(form)),
    });
    let colour = piece.colours.get(form.row as usize).copied().unwrap_or(u32::MAX);
    let mut primitives = Vec::new();
    for faces in [&[Face::Roof][..], &[Face::Wall, Face::Floor], &[Face::Flat], &[Face::Line]] {
        let corners: Vec<u32> =
            form.triangles.iter().filter(|(_, face)| faces.contains(face)).flat_map(|(corners, _)| *corners).collect();
        if corners.is_empty() {
            continue;
        }
        let material = glb.material(&part.layer.layer.id, faces[0], colour);
        let indices = glb.indices(corners.into_iter());
        primitives.push(json!({ "attributes": attributes, "indices": indices, "material": material }));
    }
    glb.mesh(json!({ "name": part.key(piece, form.row), "primitives": primitives }))
}

/// A node for each batch of neighbours, the largest first.
fn batches(
    job: &Job<'_>,
    glb: &mut Glb,
    part: &Part<'_>,
    number: usize,
    done: &mut TakenLayer,
) -> Result<Vec<usize>, SnapshotError> {
    let layer = &part.layer.layer.id;
    let Plan { items, types } = plan::of(job, part)?;
    let columns = Columns::of(part, types);
    let class = format!("layer_{number}");
    glb.classes.insert(class.clone(), columns.class(part));
    job.progress.stage(format!("writing {layer}"), items.len() as u64);
    let mut nodes = Vec::new();
    let mut groups = vec![plan::Square::around(items)];
    while let Some(mut square) = groups.pop() {
        job.at(done.features)?;
        let rows = square.take_largest(BATCH);
        groups.extend(square.quarters());
        let piece = part.piece_of(&rows).map_err(|reason| SnapshotError::Read { layer: layer.clone(), reason })?;
        let forms = job.stage.placed(part, &piece, &mut done.without_place)?;
        done.features += forms.len() as u64;
        let tile = batch::Tile { part, piece: &piece, columns: &columns, class: &class };
        nodes.extend(batch::add(glb, &tile, &forms, job.stage.frame.origin));
        check_size(job, glb)?;
    }
    Ok(nodes)
}

fn check_size(job: &Job<'_>, glb: &Glb) -> Result<(), SnapshotError> {
    if glb.bytes() > u32::MAX as usize {
        return Err(job.fail("a .glb holds at most 4 GiB: choose fewer features, or write .3dtiles"));
    }
    Ok(())
}

/// The terrain under what was chosen.
fn terrain(job: &Job<'_>, glb: &mut Glb) -> Result<Option<usize>, SnapshotError> {
    let forms = job.stage.terrain(&job.wish.bounds.unwrap_or_else(|| job.stage.extent.grown(AROUND)))?;
    if forms.is_empty() {
        return Ok(None);
    }
    let colour = palette::packed(role_colour(Role::Terrain), 1.0);
    let material = glb.material("terrain", Face::Flat, colour);
    let mut children = Vec::new();
    for form in &forms {
        let foot = form.foot().map(f64::round);
        let attributes = json!({
            "POSITION": glb.positions(&relative(&form.points, foot)),
            "NORMAL": glb.normals(&normals(form)),
        });
        let corners: Vec<u32> = form.triangles.iter().flat_map(|(corners, _)| *corners).collect();
        let indices = glb.indices(corners.into_iter());
        let primitives = json!([{ "attributes": attributes, "indices": indices, "material": material }]);
        let mesh = glb.mesh(json!({ "name": "terrain", "primitives": primitives }));
        let at = turned([0, 1, 2].map(|k| foot[k] - job.stage.frame.origin[k])).map(rounded);
        children.push(glb.node(json!({ "mesh": mesh, "translation": at })));
    }
    let name = if job.city.terrain_id.is_empty() { "terrain" } else { job.city.terrain_id.as_str() };
    let extras = json!({ "cimbase_layer": name, "cimbase_role": Role::Terrain.word() });
    Ok(Some(glb.node(json!({ "name": name, "children": children, "extras": extras }))))
}

/// The terrain reaches so far beyond what stands on it, metres.
pub(super) const AROUND: f64 = 100.0;
