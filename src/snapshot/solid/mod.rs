//! Models in 3D: what the user sees leaves as solids that other programs open.
//!
//! 1. [`part`]: the chosen rows of a layer in pieces, with heights, masks and colours, from memory or from a file;
//! 2. [`form`]: each row's faces, made by the rooms that draw it, so that the model looks as the screen does;
//! 3. [`frame`]: where the model lies: an origin, the CRS that is written, and the globe;
//! 4. one writer for each format: [`gltf`] (one node a feature, or [`batch`]es), [`cityjson`], [`obj`], [`tiles3d`].

mod batch;
mod cityjson;
mod columns;
mod form;
mod frame;
mod glb;
mod gltf;
mod obj;
mod part;
mod plan;
mod surface;
#[cfg(test)]
mod tests;
mod tiles3d;

use std::path::Path;

use self::form::Stage;
use self::part::Part;
use super::wish::{Wish, WishedLayer};
use super::write::{SnapshotError, Taken, TakenLayer};
use crate::city::City;
use crate::formats::WriteError;
use crate::model::Vertical;
use crate::query::Filter;
use crate::report::Progress;

/// A 3D format, by the ending of the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SolidFormat {
    /// glTF 2.0 in one binary file.
    Glb,
    /// CityJSON 2.0.
    CityJson,
    /// CityJSONSeq: a feature on each line.
    CityJsonSeq,
    /// Wavefront OBJ with its materials beside it.
    Obj,
    /// 3D Tiles 1.1: a folder.
    Tiles3d,
}

impl SolidFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Glb, Self::CityJson, Self::CityJsonSeq, Self::Obj, Self::Tiles3d];

    /// The endings of a format, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Glb => &["glb"],
            Self::CityJson => &["city.json", "cityjson"],
            Self::CityJsonSeq => &["city.jsonl", "cityjsonl", "cityjsonseq"],
            Self::Obj => &["obj"],
            Self::Tiles3d => &["3dtiles"],
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Glb => "glTF",
            Self::CityJson => "CityJSON",
            Self::CityJsonSeq => "CityJSONSeq",
            Self::Obj => "OBJ",
            Self::Tiles3d => "3D Tiles",
        }
    }

    /// Of a file or folder.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let ends = |ending: &&str| name.strip_suffix(*ending).is_some_and(|stem| stem.ends_with('.') && stem.len() > 1);
        Self::ALL.into_iter().find(|format| format.endings().iter().any(ends))
    }

    /// Features in a file at most, and what to write when there are more. What programs that open such a file can hold
    /// in memory, and what this one holds of it while it writes.
    fn most(self) -> Option<(u64, &'static str)> {
        match self {
            Self::Glb => Some((1_000_000, "write a .3dtiles folder")),
            Self::CityJson => Some((250_000, "write a .city.jsonl")),
            Self::Obj => Some((1_000_000, "write a .3dtiles folder")),
            Self::CityJsonSeq | Self::Tiles3d => None,
        }
    }
}

/// What goes into a model beside the chosen layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolidOptions {
    /// The city's terrain as a mesh, where there is one; in `.glb` and `.obj`.
    pub terrain: bool,
    /// Up to so many features each has a node of its own in a `.glb`; more are drawn in batches with tables.
    pub nodes: usize,
}

impl Default for SolidOptions {
    fn default() -> Self {
        Self { terrain: true, nodes: 30_000 }
    }
}

/// Writes a model; the ending of `out` says the format.
///
/// # CRS
/// That of the wish where it is in metres, else the city's; 3D Tiles lie on the globe (WGS 84).
///
/// # Errors
/// [`SnapshotError`]; nothing was written then, and an older file of that name is as it was.
pub fn write(city: &City, wish: &Wish, out: &Path, progress: &Progress) -> Result<Taken, SnapshotError> {
    write_with(city, wish, out, &SolidOptions::default(), progress)
}

/// As [`write()`], with options.
///
/// # Errors
/// As [`write()`].
pub fn write_with(
    city: &City,
    wish: &Wish,
    out: &Path,
    options: &SolidOptions,
    progress: &Progress,
) -> Result<Taken, SnapshotError> {
    let format = SolidFormat::of(out).ok_or_else(|| {
        let endings: Vec<String> =
            SolidFormat::ALL.iter().flat_map(|format| format.endings()).map(|ending| format!(".{ending}")).collect();
        SnapshotError::Wish(format!("{}: the ending says the format; there are {}", out.display(), endings.join(", ")))
    })?;
    let mut taken = Taken::default();
    let parts = parts_of(city, wish)?;
    let rows: u64 = parts.iter().map(|part| part.rows.len() as u64).sum();
    if let Some((most, otherwise)) = format.most()
        && rows > most
    {
        return Err(SnapshotError::Wish(format!(
            "{}: {rows} features are more than the {most} that such a file should hold: choose fewer, or {otherwise}",
            out.display()
        )));
    }
    let stage = Stage::of(city, wish, &parts, format, &mut taken)?;
    super::write::place_model(city, (format != SolidFormat::Tiles3d).then_some(&stage.frame.crs), &mut taken);
    let job = Job { city, wish, parts: &parts, stage: &stage, out, options, progress };
    match format {
        SolidFormat::Glb => gltf::write(&job, rows, &mut taken)?,
        SolidFormat::CityJson => cityjson::write_document(&job, &mut taken)?,
        SolidFormat::CityJsonSeq => cityjson::write_sequence(&job, &mut taken)?,
        SolidFormat::Obj => obj::write(&job, &mut taken)?,
        SolidFormat::Tiles3d => tiles3d::write(&job, &mut taken)?,
    }
    for (part, done) in parts.iter().zip(&taken.layers) {
        // What has no place in the CRS is counted for itself, of CityJSON among those that are written.
        let left = (part.rows.len() as u64).saturating_sub(done.features + done.without_place);
        if left > 0 {
            taken.notes.push(format!(
                "layer {}: {left} of {} features have no shape of their own and are left out",
                done.layer,
                part.rows.len()
            ));
        }
    }
    if city.terrain.as_ref().is_some_and(|terrain| terrain.exaggeration != 1.0) {
        taken.notes.push("heights of the ground are true, and not exaggerated as on the screen".to_owned());
    }
    Ok(taken)
}

/// What all writers are given.
struct Job<'a> {
    city: &'a City,
    wish: &'a Wish,
    parts: &'a [Part<'a>],
    stage: &'a Stage,
    out: &'a Path,
    options: &'a SolidOptions,
    progress: &'a Progress,
}

impl Job<'_> {
    /// A failure of writing.
    fn fail(&self, error: impl std::fmt::Display) -> SnapshotError {
        WriteError::new(self.out, error).into()
    }

    /// Says how far it is.
    fn at(&self, done: u64) -> Result<(), SnapshotError> {
        self.progress.at(done).map_err(|_| WriteError::cancelled(self.out).into())
    }
}

/// The chosen rows of all chosen layers.
fn parts_of<'a>(city: &'a City, wish: &Wish) -> Result<Vec<Part<'a>>, SnapshotError> {
    if wish.clip {
        return Err(SnapshotError::Wish("a model keeps its features whole: leave --clip out".to_owned()));
    }
    let renames = |wished: &WishedLayer| wished.fields.iter().flatten().any(|field| field.key != field.name);
    if wish.layers.iter().any(renames) {
        return Err(SnapshotError::Wish(
            "a model keeps the names of its fields: choose fields without =NAME".to_owned(),
        ));
    }
    if wish.layers.is_empty() {
        return Err(SnapshotError::Wish("no layer was chosen".to_owned()));
    }
    let mut parts: Vec<Part<'a>> = Vec::new();
    for wished in &wish.layers {
        let Some(layer) = city.layers.get(wished.layer) else { continue };
        let id = &layer.layer.id;
        if parts.iter().any(|part| part.layer.layer.id == *id) {
            let message = format!("layer {id} was chosen twice: its features would have the same names");
            return Err(SnapshotError::Wish(message));
        }
        let part =
            Part::of(layer, wish, wished).map_err(|reason| SnapshotError::Filter { layer: id.clone(), reason })?;
        let asked = wished.filter.as_ref().map(Filter::fields).unwrap_or_default();
        let probed = part.masks.among(&asked);
        if !probed.is_empty() {
            // Asked value by value, the condition would tell what the mask hides.
            let message = format!("layer {id}: {} holds personal data, which is masked", probed.join(", "));
            return Err(SnapshotError::Wish(message));
        }
        parts.push(part);
    }
    // Flat layers lie on each other in the city's order.
    let mut lifts: Vec<usize> = (0..parts.len()).filter(|i| is_flat(&parts[*i])).collect();
    lifts.sort_by_key(|i| wish.layers[*i].layer);
    for (order, i) in lifts.into_iter().enumerate() {
        parts[i].lift = LIFT * (order + 1) as f64;
    }
    Ok(parts)
}

/// How far each flat layer lies above the one below, metres: other programs know no order of drawing.
const LIFT: f64 = 0.1;

/// Whether a layer lies on the ground.
fn is_flat(part: &Part<'_>) -> bool {
    let known = part.layer.known();
    known.heights.is_none() && known.vertical != Vertical::Absolute
}

/// What is known of a layer before it is written.
fn begun(part: &Part<'_>) -> TakenLayer {
    TakenLayer {
        layer: part.layer.layer.id.clone(),
        masked: part.fields.iter().filter(|field| part.masks.hides(field)).cloned().collect(),
        ..TakenLayer::default()
    }
}
