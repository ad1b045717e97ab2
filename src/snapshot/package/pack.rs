//! Writing a package.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::manifest::{FORMAT, Filed, Manifest, Packed, Source, VERSION, sha256};
use super::seal::Recipients;
use super::{LAYERS, MANIFEST, PICTURE, PROJECT};
use crate::city::{City, CityLayer};
use crate::formats::WriteError;
use crate::formats::aside::{Aside, Folder, folder_of};
use crate::model::project::{Project, ProjectLayer, View};
use crate::model::style::LayerStyle;
use crate::model::{Layer, Role, Vertical};
use crate::report::{Progress, Severity};
use crate::snapshot::{SnapshotError, Taken, TakenLayer, Wish, WishedLayer, take};

/// Draws what a project opens with: its view, and the picture as PNG.
pub type Draw<'a> = dyn Fn(Project) -> Result<(View, Vec<u8>), String> + 'a;

/// What belongs to a package besides the layers.
#[derive(Default)]
pub struct Extras<'a> {
    /// The view; the project's own when absent.
    pub view: Option<View>,
    /// Makes the picture from what was packed, so that it shows what opens again.
    pub draw: Option<&'a Draw<'a>>,
    /// The text of each layer's condition, in the order of the wish.
    pub conditions: Vec<Option<String>>,
    /// Styles that the user has set since the project was opened, by layer.
    pub styles: HashMap<usize, LayerStyle>,
    /// Who may open it; anybody when absent.
    pub recipients: Option<Recipients>,
}

/// Other files that belong to a raster, by their endings.
const BELONGING: [&str; 8] = ["prj", "tfw", "wld", "jgw", "pgw", "aux.xml", "hdr", "ovr"];

/// Writes what the wish chooses of a project as a package. Coordinates are in the project CRS.
///
/// # Errors
/// [`SnapshotError`]; nothing was written then, and an older file of that name is as it was.
pub fn pack(
    city: &City,
    project: &Project,
    wish: &Wish,
    extras: &Extras<'_>,
    out: &Path,
    progress: &Progress,
) -> Result<Taken, SnapshotError> {
    if wish.crs != city.crs || wish.offset.is_some() {
        let message =
            "a package is in the project CRS, so that the same view opens again: leave --crs and --offset out";
        return Err(SnapshotError::Wish(message.to_owned()));
    }
    let aside = Aside::create(out)?;
    let folder = Folder::create(out)?;
    let fail = |error: &dyn std::fmt::Display| WriteError::new(out, error);
    let data = folder.path().join("data");
    std::fs::create_dir(&data).map_err(|e| fail(&e))?;
    let mut made = Project {
        title: project.title.clone(),
        crs: Some(city.crs.code().unwrap_or(city.crs.definition()).to_owned()),
        view: extras.view.clone().or_else(|| project.view.clone()),
        ..Project::default()
    };
    let mut taken = Taken::default();
    let mut layers = Vec::new();
    for spec in &project.layers {
        if let Some(raster) = raster(city, project, spec, &data, &mut taken.notes).map_err(|e| fail(&e))? {
            made.layers.push(raster.0);
            layers.push(raster.1);
        }
    }
    if !wish.layers.is_empty() {
        let more = take(city, wish, &folder.path().join(LAYERS), progress)?;
        taken.notes.extend(more.notes);
        taken.layers = more.layers;
    }
    progress.stage("hashing the sources", wish.layers.len() as u64);
    for (number, wished) in wish.layers.iter().enumerate() {
        progress.at(number as u64).map_err(|_| WriteError::cancelled(out))?;
        let (Some(layer), Some(done)) = (city.layers.get(wished.layer), taken.layers.get(number)) else { continue };
        let spec = project.layers.iter().find(|spec| spec.id == layer.layer.id);
        let style = extras.styles.get(&wished.layer).unwrap_or(&layer.layer.style);
        made.layers.push(described(layer, spec, wished, done, style));
        let condition = extras.conditions.get(number).cloned().flatten();
        layers.push(packed(city, project, spec, layer, wish, done, condition));
    }
    if made.layers.is_empty() {
        return Err(SnapshotError::Wish("no layer was chosen".to_owned()));
    }
    let known = |id: &str| made.layers.iter().any(|layer| layer.id == id);
    let asked = project
        .questions
        .iter()
        .filter(|question| known(&question.layer) && question.relations.iter().all(|relation| known(&relation.layer)));
    made.questions = asked.cloned().collect();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).map_err(|e| fail(&e));
    if let Some(draw) = extras.draw {
        progress.stage("drawing the picture", 0);
        match draw(Project { folder: folder.path().to_owned(), ..made.clone() }) {
            Ok((view, picture)) => {
                write(PICTURE, &picture)?;
                made.view = Some(view);
            }
            Err(reason) => taken.notes.push(format!("there is no picture in the package: {reason}")),
        }
    }
    write(PROJECT, made.to_toml().as_bytes())?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_by: format!("cimbase {}", env!("CARGO_PKG_VERSION")),
        made_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        title: made.title.clone(),
        crs: city.crs.code().unwrap_or(city.crs.definition()).to_owned(),
        crs_name: city.crs.name().to_owned(),
        layers,
        files: Vec::new(),
        unmasked: wish.unmasked,
        notes: taken.notes.clone(),
    };
    zipped(folder.path(), manifest, extras.recipients.as_ref(), aside, out, progress)?;
    Ok(taken)
}

/// Packs a folder and gives the file its name.
fn zipped(
    folder: &Path,
    mut manifest: Manifest,
    recipients: Option<&Recipients>,
    mut aside: Aside,
    out: &Path,
    progress: &Progress,
) -> Result<(), WriteError> {
    let fail = |error: &dyn std::fmt::Display| WriteError::new(out, error);
    let mut names: Vec<String> = vec![PROJECT.to_owned()];
    if folder.join(PICTURE).exists() {
        names.push(PICTURE.to_owned());
    }
    let mut data: Vec<String> = std::fs::read_dir(folder.join("data"))
        .map_err(|e| fail(&e))?
        .flatten()
        .map(|entry| format!("data/{}", entry.file_name().to_string_lossy()))
        .collect();
    data.sort();
    names.extend(data);
    let total: u64 = names.iter().filter_map(|name| Some(std::fs::metadata(folder.join(name)).ok()?.len())).sum();
    progress.stage("packing", total);
    // A zip needs to go back in its file, an encrypted one cannot.
    let file = match recipients {
        None => aside.file().try_clone(),
        Some(_) => tempfile::tempfile_in(folder_of(out)),
    };
    let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, file.map_err(|e| fail(&e))?));
    let options = SimpleFileOptions::default().large_file(true);
    let mut done = 0_u64;
    for path in names {
        zip.start_file(&path, options).map_err(|e| fail(&e))?;
        let from = File::open(folder.join(&path)).map_err(|e| fail(&e))?;
        let mut stopped = false;
        let copied = sha256(from, |piece| {
            done += piece.len() as u64;
            if progress.at(done).is_err() {
                stopped = true;
                return Err(std::io::Error::other("cancelled"));
            }
            zip.write_all(piece)
        });
        if stopped {
            return Err(WriteError::cancelled(out));
        }
        let (sha256, bytes) = copied.map_err(|e| fail(&e))?;
        manifest.files.push(Filed { path, sha256, bytes });
    }
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| fail(&e))?;
    zip.start_file(MANIFEST, options).and_then(|()| Ok(zip.write_all(&text)?)).map_err(|e| fail(&e))?;
    let file = zip.finish().map_err(|e| fail(&e))?.into_inner().map_err(|e| fail(&e))?;
    if let Some(recipients) = recipients {
        let mut file = file;
        file.rewind().map_err(|e| fail(&e))?;
        recipients.seal(&file, aside.file()).map_err(|e| fail(&e))?;
    }
    aside.keep()
}

/// The vector layer as the package's project describes it: nothing is left to be guessed again.
fn described(
    layer: &CityLayer,
    spec: Option<&ProjectLayer>,
    wished: &WishedLayer,
    done: &TakenLayer,
    style: &LayerStyle,
) -> ProjectLayer {
    let Layer { id, title, role, vertical, z_offset, visible, about, mapping, .. } = &layer.layer;
    let name = |key: &str| -> Option<String> {
        let chosen = match &wished.fields {
            None => key,
            Some(fields) => &fields.iter().find(|field| field.key == key)?.name,
        };
        let renamed = done.renamed.iter().find(|(old, _)| old == chosen).map_or(chosen, |(_, new)| new);
        Some(renamed.to_owned())
    };
    let own = |field: &Option<String>| -> Option<String> {
        let field = field.as_deref()?;
        // Words of the program's own, such as the height, are no fields.
        if field.starts_with('@') { Some(field.to_owned()) } else { name(field) }
    };
    let mut style = style.clone();
    style.colour_by = own(&style.colour_by);
    style.label_by = own(&style.label_by);
    let mapped = mapping.iter().map(|(meaning, mapped)| (meaning, mapped.field.clone()));
    let said = spec.into_iter().flat_map(|spec| spec.fields.clone());
    let fields = mapped.chain(said).filter_map(|(meaning, field)| Some((meaning, name(&field)?))).collect();
    // What was lifted has the lift in its own heights already.
    let lifted = *vertical == Vertical::Absolute;
    ProjectLayer {
        id: id.clone(),
        title: title.clone(),
        source: LAYERS.to_owned(),
        layer_name: Some(id.clone()),
        role: Some(*role),
        vertical: Some(*vertical),
        z_offset: if lifted { 0.0 } else { *z_offset },
        fields,
        style,
        visible: *visible,
        about: about.clone(),
        ..ProjectLayer::default()
    }
}

fn packed(
    city: &City,
    project: &Project,
    spec: Option<&ProjectLayer>,
    layer: &CityLayer,
    wish: &Wish,
    done: &TakenLayer,
    filter: Option<String>,
) -> Packed {
    let one = &layer.layer;
    let path = spec.map_or_else(|| PathBuf::from(&one.source), |spec| project.path_of(spec));
    let how = serde_json::to_value(one.crs.basis).ok().and_then(|word| word.as_str().map(str::to_owned));
    let crs = one.crs.crs.as_ref().map_or_else(|| city.crs.name().to_owned(), ToString::to_string);
    let worse = one.report.issues.iter().filter(|issue| issue.severity != Severity::Note);
    Packed {
        layer: one.id.clone(),
        title: one.title.clone(),
        role: one.role.word().to_owned(),
        file: LAYERS.to_owned(),
        features: Some(done.features),
        of: Some(u64::from(layer.rows())),
        filter,
        bounds: wish.bounds.map(|bounds| [bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]]),
        masked: done.masked.clone(),
        renamed: done.renamed.clone(),
        heights: one.heights.as_ref().map(|heights| heights.counts()),
        source: Source::of(&path, format!("{crs}, {}", how.unwrap_or_default()), &one.about),
        warnings: worse.map(|issue| issue.message.clone()).collect(),
    }
}

/// Terrain or a picture: its source goes along as it is.
fn raster(
    city: &City,
    project: &Project,
    spec: &ProjectLayer,
    data: &Path,
    notes: &mut Vec<String>,
) -> std::io::Result<Option<(ProjectLayer, Packed)>> {
    let role = if city.terrain.is_some() && city.terrain_id == spec.id {
        Role::Terrain
    } else if city.imagery.iter().any(|imagery| imagery.id == spec.id) {
        Role::Imagery
    } else {
        return Ok(None);
    };
    let path = project.path_of(spec);
    if !path.is_file() {
        notes.push(format!("layer {}: its source {} is no file here and is not in the package", spec.id, spec.source));
        return Ok(None);
    }
    let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    let name = format!("{}.{ending}", spec.id);
    std::fs::copy(&path, data.join(&name))?;
    for other in BELONGING {
        let appended = PathBuf::from(format!("{}.{other}", path.display()));
        for (from, to) in
            [(path.with_extension(other), format!("{}.{other}", spec.id)), (appended, format!("{name}.{other}"))]
        {
            if from.is_file() {
                std::fs::copy(from, data.join(to))?;
            }
        }
    }
    let file = format!("data/{name}");
    let made = ProjectLayer { source: file.clone(), role: Some(role), ..spec.clone() };
    let packed = Packed {
        layer: spec.id.clone(),
        title: spec.title.clone(),
        role: role.word().to_owned(),
        file,
        features: None,
        of: None,
        filter: None,
        bounds: None,
        masked: Vec::new(),
        renamed: Vec::new(),
        heights: None,
        source: Source::of(&path, spec.crs.clone().unwrap_or_default(), &spec.about),
        warnings: Vec::new(),
    };
    Ok(Some((made, packed)))
}
