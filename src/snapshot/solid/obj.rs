//! Wavefront OBJ: an object a feature, materials in an `.mtl` beside it. Nothing is kept from one feature to the next.
//!
//! # Axes
//! Y is up and -Z north, as most programs that read OBJ take it; the file's head says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::form::{Face, Form};
use super::glb::{GENERATOR, turned};
use super::gltf::AROUND;
use super::{Job, begun};
use crate::analysis::colour::{palette, role_colour};
use crate::formats::WriteError;
use crate::formats::aside::Aside;
use crate::model::Role;
use crate::snapshot::write::{SnapshotError, Taken};

/// Materials by name, with their colours (sRGB, 0 to 1, and opacity).
type Materials = BTreeMap<String, [f64; 4]>;

/// Writes the file and its materials.
pub(super) fn write(job: &Job<'_>, taken: &mut Taken) -> Result<(), SnapshotError> {
    let mtl = materials_of(job);
    let mut materials = Materials::new();
    let (model, mut out) = Aside::buffered(job.out)?;
    fill(job, &mut out, &mtl, &mut materials, taken)?;
    out.flush().map_err(|error| job.fail(error))?;
    let (library, mut lines) = Aside::buffered(&mtl)?;
    let written = write_materials(&mut lines, &materials).and_then(|()| lines.flush());
    written.map_err(|error| WriteError::new(&mtl, error))?;
    drop((out, lines));
    // Both are whole. The materials get their name first: the model names them.
    library.keep()?;
    Ok(model.keep()?)
}

/// Where the materials lie: beside the model under its name, without blanks, for `mtllib` ends at the first one.
fn materials_of(job: &Job<'_>) -> PathBuf {
    let stem = job.out.file_stem().unwrap_or_default().to_string_lossy();
    job.out.with_file_name(format!("{}.mtl", word(&stem)))
}

fn fill(
    job: &Job<'_>,
    out: &mut impl Write,
    mtl: &Path,
    materials: &mut Materials,
    taken: &mut Taken,
) -> Result<(), SnapshotError> {
    let frame = &job.stage.frame;
    let [east, north, up] = frame.origin;
    let mut text = format!("# {GENERATOR}\n# axes: x east, y up, -z north; metres from the origin\n");
    let code = frame.crs.code().unwrap_or(frame.crs.definition()).replace(['\n', '\r'], " ");
    let crs = format!("{code} ({})", frame.crs.name());
    let _ = writeln!(text, "# origin: easting {east:.3} northing {north:.3} height {up:.3} in {crs}");
    let _ = writeln!(text, "# origin: lon {:.9} lat {:.9}", frame.lonlat.lon, frame.lonlat.lat);
    let name = mtl.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let _ = writeln!(text, "mtllib {name}");
    put(job, out, &mut text)?;
    let mut first = 1_u64;
    for part in job.parts {
        let layer = &part.layer.layer.id;
        job.progress.stage(format!("writing {layer}"), part.rows.len() as u64);
        let mut done = begun(part);
        for number in 0..part.pieces() {
            job.at(done.features)?;
            let piece = part.piece(number).map_err(|reason| SnapshotError::Read { layer: layer.clone(), reason })?;
            for form in job.stage.placed(part, &piece, &mut done.without_place)? {
                let key = word(&part.key(&piece, form.row));
                let _ = writeln!(text, "o {key}");
                let _ = writeln!(text, "g {} {key}", word(layer));
                let name = part.name(&piece, form.row).replace(['\n', '\r'], " ");
                let _ = writeln!(text, "# name {name}");
                if let Some(heights) = &piece.layer.heights {
                    let row = form.row as usize;
                    let _ = writeln!(text, "# height {} {}", heights.top[row], heights.source[row].word());
                }
                let colour = piece.colours.get(form.row as usize).copied().unwrap_or(u32::MAX);
                push(&mut text, &form, layer, colour, frame.origin, first, materials);
                first += form.points.len() as u64;
                done.features += 1;
                put(job, out, &mut text)?;
            }
        }
        taken.layers.push(done);
    }
    if job.options.terrain {
        let area = job.wish.bounds.unwrap_or_else(|| job.stage.extent.grown(AROUND));
        let colour = palette::packed(role_colour(Role::Terrain), 1.0);
        for (number, form) in job.stage.terrain(&area)?.iter().enumerate() {
            let _ = writeln!(text, "o terrain.{number}\ng terrain terrain.{number}");
            push(&mut text, form, "terrain", colour, frame.origin, first, materials);
            first += form.points.len() as u64;
            put(job, out, &mut text)?;
        }
    }
    Ok(())
}

fn put(job: &Job<'_>, out: &mut impl Write, text: &mut String) -> Result<(), SnapshotError> {
    out.write_all(text.as_bytes()).map_err(|error| job.fail(error))?;
    text.clear();
    Ok(())
}

/// The vertices and faces of a form.
fn push(
    text: &mut String,
    form: &Form,
    layer: &str,
    colour: u32,
    origin: [f64; 3],
    first: u64,
    materials: &mut Materials,
) {
    for point in &form.points {
        let [x, y, z] = turned([0, 1, 2].map(|k| point[k] - origin[k]));
        // A tenth of a millimetre; 0 has no sign.
        let _ = writeln!(text, "v {:.4} {:.4} {:.4}", x + 0.0, y + 0.0, z + 0.0);
    }
    for faces in [&[Face::Roof][..], &[Face::Wall, Face::Floor], &[Face::Flat], &[Face::Line]] {
        let mut of_face = form.triangles.iter().filter(|(_, face)| faces.contains(face)).peekable();
        if of_face.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "usemtl {}", material(layer, faces[0], colour, materials));
        for (corners, _) in of_face {
            let [a, b, c] = corners.map(|i| first + u64::from(i));
            let _ = writeln!(text, "f {a} {b} {c}");
        }
    }
}

/// The name of a material, which is known from then on.
fn material(layer: &str, face: Face, colour: u32, materials: &mut Materials) -> String {
    let (kind, factor) = match face {
        Face::Roof => ("roof", 1.0),
        Face::Wall | Face::Floor => ("wall", 0.91),
        Face::Flat => ("surface", 1.0),
        Face::Line => ("outline", 0.76),
    };
    let [r, g, b, a] = colour.to_le_bytes();
    let name = format!("{}_{kind}_{r:02x}{g:02x}{b:02x}", word(layer));
    let [red, green, blue] = [r, g, b].map(|channel| f64::from(channel) / 255.0 * factor);
    materials.insert(name.clone(), [red, green, blue, f64::from(a) / 255.0]);
    name
}

fn write_materials(out: &mut impl Write, materials: &Materials) -> std::io::Result<()> {
    writeln!(out, "# {GENERATOR}")?;
    for (name, [r, g, b, a]) in materials {
        writeln!(out, "newmtl {name}\nKa 0 0 0\nKd {r:.4} {g:.4} {b:.4}\nKs 0 0 0\nd {a:.3}\nillum 1")?;
    }
    Ok(())
}

/// A name without blanks and line ends, which end names in OBJ.
fn word(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() || c.is_control() { '_' } else { c }).collect()
}
