//! Writing a package.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::bytes::{Hashes, failed, pieces, step};
use super::manifest::{FORMAT, Manifest, Packed, Source, VERSION};
use super::seal::Recipients;
use super::zipped::zipped;
use super::{LAYERS, PICTURE, PROJECT};
use crate::city::{City, CityLayer};
use crate::formats::WriteError;
use crate::formats::aside::{Aside, Folder};
use crate::model::project::{Project, ProjectLayer, View, make_id};
use crate::model::question::Question;
use crate::model::style::LayerStyle;
use crate::model::{Layer, Role, Vertical};
use crate::report::{Progress, Severity};
use crate::snapshot::{SnapshotError, Taken, TakenLayer, Wish, WishedLayer, take};
use crate::themes::housing::personal::{Masks, probed};

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
    /// Whether layers are shown, by layer; as they are described in the city where one is not there.
    pub visible: HashMap<usize, bool>,
    /// Who may open it; anybody when absent.
    pub recipients: Option<Recipients>,
}

/// Other files that belong to a raster, by their endings.
const BELONGING: [&str; 8] = ["prj", "tfw", "wld", "jgw", "pgw", "aux.xml", "hdr", "ovr"];

/// A project laid out in a folder: what opens from there is what was chosen.
pub struct LaidOut {
    /// The project that stands there as `project.toml`.
    pub project: Project,
    /// What was written.
    pub taken: Taken,
    /// What the chosen layers are called there, in the order of the wish.
    pub ids: Vec<String>,
    layers: Vec<Packed>,
}

/// Lays what the wish chooses of a project out in an empty folder, as a project of its own. Coordinates are in the
/// project CRS; messages name `out`, which it is made for.
///
/// # Errors
/// [`SnapshotError`]: what cannot be chosen, read or written.
pub fn lay_out(
    city: &City,
    project: &Project,
    wish: &Wish,
    extras: &Extras<'_>,
    folder: &Path,
    out: &Path,
    progress: &Progress,
) -> Result<LaidOut, SnapshotError> {
    if wish.crs != city.crs || wish.offset.is_some() {
        let message =
            "a package is in the project CRS, so that the same view opens again: leave --crs and --offset out";
        return Err(SnapshotError::Wish(message.to_owned()));
    }
    let data = folder.join("data");
    std::fs::create_dir(&data).map_err(|error| failed(out, &error))?;
    let mut made = Project {
        title: project.title.clone(),
        // A code alone would leave out the shift of a CRS that has one of its own.
        crs: Some(city.crs.definition().to_owned()),
        view: extras.view.clone().or_else(|| project.view.clone()),
        folder: folder.to_owned(),
        ..Project::default()
    };
    let ids = Ids::of(city, wish);
    let mut job =
        Job { city, project, wish, ids: &ids, data, out, progress, hashes: Hashes::default(), notes: Vec::new() };
    let mut layers = Vec::new();
    for spec in &project.layers {
        if let Some((spec, packed)) = job.raster(spec)? {
            made.layers.push(spec);
            layers.push(packed);
        }
    }
    job.say_unnamed();
    let mut taken = Taken { crs: city.crs.definition().to_owned(), ..Taken::default() };
    if !wish.layers.is_empty() {
        taken = take(city, wish, &folder.join(LAYERS), progress).map_err(|error| match error {
            // Who reads it knows the package, and not what it is laid out in.
            SnapshotError::Write(error) => SnapshotError::Write(error.of(out)),
            error => error,
        })?;
    }
    for (number, wished) in wish.layers.iter().enumerate() {
        let (Some(layer), Some(done)) = (city.layers.get(wished.layer), taken.layers.get(number)) else { continue };
        let spec = project.layers.iter().find(|spec| spec.id == layer.layer.id);
        let mut one = described(layer, spec, wished, done, ids.of_layer(&layer.layer.id));
        if let Some(style) = extras.styles.get(&wished.layer) {
            one.style = style_of(style, wished, done);
        }
        if let Some(visible) = extras.visible.get(&wished.layer) {
            one.visible = *visible;
        }
        // Tables say a CRS without a code in other words, which would move coordinates by less than anybody sees.
        one.crs = made.crs.clone().filter(|crs| city.crs.code() != Some(crs.as_str()));
        made.layers.push(one);
        let condition = extras.conditions.get(number).cloned().flatten();
        layers.push(job.packed(layer, done, condition)?);
    }
    if made.layers.is_empty() {
        return Err(SnapshotError::Wish("no layer was chosen".to_owned()));
    }
    made.questions = project.questions.iter().filter_map(|question| job.question(question, &made.layers)).collect();
    job.notes.append(&mut taken.notes);
    taken.notes = job.notes;
    let text = made.to_toml();
    std::fs::write(folder.join(PROJECT), text.as_bytes()).map_err(|error| failed(out, &error))?;
    let chosen = wish.layers.iter().filter_map(|wished| city.layers.get(wished.layer));
    let ids = chosen.map(|layer| ids.of_layer(&layer.layer.id).to_owned()).collect();
    Ok(LaidOut { project: made, taken, ids, layers })
}

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
    let aside = Aside::create(out)?;
    let folder = Folder::create(out)?;
    let LaidOut { project: mut made, mut taken, layers, .. } =
        lay_out(city, project, wish, extras, folder.path(), out, progress)?;
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).map_err(|error| failed(out, &error));
    if let Some(draw) = extras.draw {
        progress.stage("drawing the picture", 0);
        match draw(made.clone()) {
            Ok((view, picture)) => {
                write(PICTURE, &picture)?;
                made.view = Some(view);
                write(PROJECT, made.to_toml().as_bytes())?;
            }
            Err(reason) => taken.notes.push(format!("there is no picture in the package: {reason}")),
        }
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_by: format!("cimbase {}", env!("CARGO_PKG_VERSION")),
        made_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        title: made.title.clone(),
        crs: city.crs.definition().to_owned(),
        crs_name: city.crs.name().to_owned(),
        layers,
        files: Vec::new(),
        unmasked: wish.unmasked,
        notes: taken.notes.clone(),
    };
    zipped(folder.path(), manifest, extras.recipients.as_ref(), aside, out, progress)?;
    Ok(taken)
}

/// Ids that a project file takes: those of a city may have letters of any script.
struct Ids(HashMap<String, String>);

impl Ids {
    /// Of the rasters of a city and the chosen layers. Ids that are plain stay; others are made so, and different.
    fn of(city: &City, wish: &Wish) -> Self {
        let terrain = city.terrain.iter().map(|_| city.terrain_id.clone());
        let rasters = terrain.chain(city.imagery.iter().map(|imagery| imagery.id.clone()));
        let chosen = wish.layers.iter().filter_map(|wished| Some(city.layers.get(wished.layer)?.layer.id.clone()));
        let all: Vec<String> = rasters.chain(chosen).collect();
        let mut taken: HashSet<String> = all.iter().filter(|id| make_id(id) == **id).cloned().collect();
        let mut ids: HashMap<String, String> = taken.iter().map(|id| (id.clone(), id.clone())).collect();
        for id in all {
            if ids.contains_key(&id) {
                continue;
            }
            let wanted = make_id(&id);
            let numbered = (2..).map(|number| format!("{wanted}-{number}"));
            let free = std::iter::once(wanted.clone()).chain(numbered).find(|id| !taken.contains(id));
            let plain = free.unwrap_or(wanted);
            taken.insert(plain.clone());
            ids.insert(id, plain);
        }
        Self(ids)
    }

    /// What a layer is called in the package.
    fn of_layer<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// The vector layer as the package's project describes it: nothing is left to be guessed again.
fn described(
    layer: &CityLayer,
    spec: Option<&ProjectLayer>,
    wished: &WishedLayer,
    done: &TakenLayer,
    id: &str,
) -> ProjectLayer {
    let Layer { title, role, vertical, z_offset, style, visible, about, mapping, .. } = &layer.layer;
    let mapped = mapping.iter().map(|(meaning, mapped)| (meaning, mapped.field.clone()));
    let said = spec.into_iter().flat_map(|spec| spec.fields.clone());
    let named = |(meaning, field): (_, String)| Some((meaning, name_of(&field, wished, done)?));
    // What was lifted has the lift in its own heights already.
    let lifted = *vertical == Vertical::Absolute;
    ProjectLayer {
        id: id.to_owned(),
        title: title.clone(),
        source: LAYERS.to_owned(),
        layer_name: Some(layer.layer.id.clone()),
        role: Some(*role),
        vertical: Some(*vertical),
        z_offset: if lifted { 0.0 } else { *z_offset },
        fields: mapped.chain(said).filter_map(named).collect(),
        style: style_of(style, wished, done),
        visible: *visible,
        about: about.clone(),
        ..ProjectLayer::default()
    }
}

/// What a field is called in the package; `None` where it is not in it.
fn name_of(key: &str, wished: &WishedLayer, done: &TakenLayer) -> Option<String> {
    let chosen = match &wished.fields {
        None => key,
        Some(fields) => &fields.iter().find(|field| field.key == key)?.name,
    };
    let renamed = done.renamed.iter().find(|(old, _)| old == chosen).map_or(chosen, |(_, new)| new);
    Some(renamed.to_owned())
}

/// A style with the names that its fields have in the package.
fn style_of(style: &LayerStyle, wished: &WishedLayer, done: &TakenLayer) -> LayerStyle {
    let own = |field: &Option<String>| -> Option<String> {
        let field = field.as_deref()?;
        // Words of the program's own, such as the height, are no fields.
        if field.starts_with('@') { Some(field.to_owned()) } else { name_of(field, wished, done) }
    };
    let colour_by = own(&style.colour_by);
    // Values of a masked field would be there to read, and none of them in the data.
    let keeps = colour_by.is_some() && style.colour_by.as_ref().is_some_and(|field| !done.masked.contains(field));
    let values = if keeps { style.values.clone() } else { Vec::new() };
    LayerStyle { colour_by, label_by: own(&style.label_by), values, ..style.clone() }
}

/// What laying out needs throughout.
struct Job<'a> {
    city: &'a City,
    project: &'a Project,
    wish: &'a Wish,
    ids: &'a Ids,
    /// The folder of the data.
    data: PathBuf,
    out: &'a Path,
    progress: &'a Progress,
    hashes: Hashes,
    notes: Vec<String>,
}

impl Job<'_> {
    fn hashed(&mut self, path: &Path) -> Result<Option<(String, u64)>, WriteError> {
        self.hashes.of(path, self.progress).map_err(|_| WriteError::cancelled(self.out))
    }

    /// What the manifest says of a vector layer.
    fn packed(&mut self, layer: &CityLayer, done: &TakenLayer, filter: Option<String>) -> Result<Packed, WriteError> {
        let one = &layer.layer;
        // What an answer shows has no file.
        let path = if one.source.is_empty() { PathBuf::new() } else { self.project.folder.join(&one.source) };
        let hashed = if one.source.is_empty() { None } else { self.hashed(&path)? };
        let how = serde_json::to_value(one.crs.basis).ok().and_then(|word| word.as_str().map(str::to_owned));
        let crs = one.crs.crs.as_ref().map_or_else(|| self.city.crs.name().to_owned(), ToString::to_string);
        let crs = format!("{crs}, {}", how.unwrap_or_default());
        let id = self.ids.of_layer(&one.id).to_owned();
        if id != one.id {
            self.notes.push(format!("layer {} is called {id} in the package", one.id));
        }
        let bounds = self.wish.bounds.map(|bounds| [bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]]);
        Ok(Packed {
            layer: id,
            title: one.title.clone(),
            role: one.role.word().to_owned(),
            file: LAYERS.to_owned(),
            features: Some(done.features),
            of: Some(u64::from(layer.rows())),
            filter,
            bounds,
            masked: done.masked.clone(),
            renamed: done.renamed.clone(),
            heights: one.heights.as_ref().map(|heights| heights.counts()),
            source: Source::of(&path, hashed, crs, &one.about),
            warnings: self.warnings(layer),
        })
    }

    /// What was found while reading a layer. Messages about a masked field quote its values: they stay out.
    fn warnings(&mut self, layer: &CityLayer) -> Vec<String> {
        let one = &layer.layer;
        let masks = Masks::unless(self.wish.unmasked, &layer.known().table);
        let hidden = masks.fields();
        let worse = one.report.issues.iter().filter(|issue| issue.severity != Severity::Note);
        let (left, kept): (Vec<_>, Vec<_>) =
            worse.partition(|issue| hidden.iter().any(|field| issue.message.contains(*field)));
        if !left.is_empty() {
            let id = &one.id;
            self.notes.push(format!("layer {id}: {} warnings about masked fields are not in the manifest", left.len()));
        }
        kept.into_iter().map(|issue| masks.shown("", issue.message.clone())).collect()
    }

    /// A question under the ids of the package, where its layers are in it and it asks nothing that is masked.
    fn question(&self, question: &Question, layers: &[ProjectLayer]) -> Option<Question> {
        let id = |layer: &str| {
            let id = self.ids.of_layer(layer);
            layers.iter().any(|known| known.id == id).then(|| id.to_owned())
        };
        if !self.wish.unmasked && !probed(self.city, question).is_empty() {
            return None;
        }
        let mut asked = question.clone();
        asked.layer = id(&question.layer)?;
        for relation in &mut asked.relations {
            relation.layer = id(&relation.layer)?;
        }
        Some(asked)
    }

    /// Terrain or a picture: its source goes along as it is.
    fn raster(&mut self, spec: &ProjectLayer) -> Result<Option<(ProjectLayer, Packed)>, WriteError> {
        let role = if self.city.terrain.is_some() && self.city.terrain_id == spec.id {
            Role::Terrain
        } else if self.city.imagery.iter().any(|imagery| imagery.id == spec.id) {
            Role::Imagery
        } else {
            return Ok(None);
        };
        if role == Role::Imagery && !spec.visible {
            self.notes.push(format!("layer {} is hidden and is not in the package", spec.id));
            return Ok(None);
        }
        let path = self.project.path_of(spec);
        if !path.is_file() {
            let (id, source) = (&spec.id, &spec.source);
            self.notes.push(format!("layer {id}: its source {source} is no file here and is not in the package"));
            return Ok(None);
        }
        let id = self.ids.of_layer(&spec.id).to_owned();
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{id}.{ending}");
        self.lay(&path, &name)?;
        for other in BELONGING {
            let appended = PathBuf::from(format!("{}.{other}", path.display()));
            for (from, to) in
                [(path.with_extension(other), format!("{id}.{other}")), (appended, format!("{name}.{other}"))]
            {
                if from.is_file() {
                    self.lay(&from, &to)?;
                }
            }
        }
        let file = format!("data/{name}");
        let hashed = self.hashed(&path)?;
        let made = ProjectLayer { id: id.clone(), source: file.clone(), role: Some(role), ..spec.clone() };
        let packed = Packed {
            layer: id,
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
            source: Source::of(&path, hashed, spec.crs.clone().unwrap_or_default(), &spec.about),
            warnings: Vec::new(),
        };
        Ok(Some((made, packed)))
    }

    /// Says which rasters of the city are not in the package because they are one of several in their source.
    fn say_unnamed(&mut self) {
        let (city, specs) = (self.city, &self.project.layers);
        let terrain = city.terrain.iter().map(|_| city.terrain_id.as_str());
        for id in terrain.chain(city.imagery.iter().map(|imagery| imagery.id.as_str())) {
            let is_named = specs.iter().any(|spec| spec.id == id);
            let is_part =
                |spec: &ProjectLayer| id.strip_prefix(spec.id.as_str()).is_some_and(|rest| rest.starts_with('-'));
            if !is_named && specs.iter().any(is_part) {
                self.notes.push(format!(
                    "layer {id} is not in the package: its source holds several layers, and only whole files go along"
                ));
            }
        }
    }

    /// Puts a file into the data: linked where both lie on one disk, so that gigabytes of pictures are not written
    /// twice.
    fn lay(&self, from: &Path, name: &str) -> Result<(), WriteError> {
        let to = self.data.join(name);
        let copied = || -> io::Result<()> {
            let source = File::open(from)?;
            self.progress.stage(format!("copying {name}"), source.metadata()?.len());
            let (mut target, mut done) = (File::create(&to)?, 0);
            pieces(source, |piece| {
                done += piece.len() as u64;
                step(self.progress, done)?;
                target.write_all(piece)
            })
            .map(drop)
        };
        let linked = from.canonicalize().and_then(|from| std::fs::hard_link(from, &to));
        linked.or_else(|_| copied()).map_err(|error| failed(self.out, &error))
    }
}
