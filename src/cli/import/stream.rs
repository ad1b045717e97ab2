//! Files that are big by their size: converted run by run, never held in memory.

use std::path::Path;

use super::{BIG, Target, check_fields, copy, stopped};
use crate::city::convert::{ConvertError, Stamp, convert};
use crate::city::{big, preview, slug, stem};
use crate::cli::args::ImportArgs;
use crate::cli::exit::Failure;
use crate::cli::output::{say_report, with_progress};
use crate::formats::{self, OpenOptions, RawData, RawLayer, flatgeobuf};
use crate::model::project::{Project, ProjectLayer};
use crate::model::{Title, mapping};
use crate::place::{Crs, project_crs};

/// Sources of so many bytes are not opened whole: text of this size holds some 40,000 buildings.
const BIG_BYTES: u64 = 20 << 20;
/// The same for what is packed.
const BIG_PACKED: u64 = 4 << 20;
/// Features looked at to tell what a source holds.
const LOOK: u64 = 1000;

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        match error {
            ConvertError::Write(error) => error.into(),
            ConvertError::Cancelled => stopped(),
            other => Self::input(other.to_string()),
        }
    }
}

impl Target {
    /// Adds a big file; `false` where it is not big, or holds rasters.
    pub(super) fn stream(&mut self, file: &Path, args: &ImportArgs) -> Result<bool, Failure> {
        if !is_big(file)? {
            return Ok(false);
        }
        let options = OpenOptions { layer: args.layer.clone(), encoding: args.encoding.clone(), limit: Some(LOOK) };
        let found = with_progress(|progress| formats::open(file, &options, progress));
        let found =
            found.map_err(|error| if error.cancelled { stopped() } else { Failure::input(error.to_string()) })?;
        let mut layers = Vec::new();
        for data in found {
            match data {
                RawData::Vector(layer) if layer.table.is_empty() => {}
                RawData::Vector(layer) => layers.push(layer),
                RawData::Raster(_) => return Ok(false),
            }
        }
        if let [only] = layers.as_slice()
            && let Some(crs) = self.is_ready(file, only, args)?
        {
            let [only] = <[RawLayer; 1]>::try_from(layers).map_err(|_| Failure::input("it has no layers"))?;
            return self.copy(file, &only, &crs, args).map(|()| true);
        }
        let several = layers.len() > 1;
        for layer in &layers {
            self.convert_layer(file, several.then_some(&layer.name), args)?;
        }
        // Without any layer the way for small files says why.
        Ok(!layers.is_empty())
    }

    /// The project's CRS, where a file is a FlatGeobuf in it that a conversion would not change.
    fn is_ready(&self, file: &Path, layer: &RawLayer, args: &ImportArgs) -> Result<Option<Crs>, Failure> {
        let untouched = args.crs.is_none() && args.offset.is_none() && args.encoding.is_none();
        if layer.format != "FlatGeobuf" || !untouched {
            return Ok(None);
        }
        let look = flatgeobuf::look(file).map_err(|error| Failure::input(error.to_string()))?;
        let Some(own) = look.crs.crs.filter(|_| look.whole && look.indexed) else { return Ok(None) };
        let project = match &self.project.crs {
            Some(text) => Crs::parse(text).ok(),
            None => {
                let raw = RawLayer { table: layer.table.clone(), report: Default::default(), ..unread(layer) };
                let placed = preview::settle(raw, &self.spec(file, None, args)).ok();
                placed.and_then(|placed| project_crs::choose(&placed.lonlat).ok()).map(|chosen| chosen.crs)
            }
        };
        let same = |project: &Crs| *project == own || (own.code().is_some() && own.code() == project.code());
        Ok(project.filter(same))
    }

    fn copy(&mut self, file: &Path, layer: &RawLayer, crs: &Crs, args: &ImportArgs) -> Result<(), Failure> {
        let fields: Vec<&str> = layer.table.fields.iter().map(|field| field.name.as_str()).collect();
        check_fields(file, args, &fields)?;
        let look = flatgeobuf::look(file).map_err(|error| Failure::input(error.to_string()))?;
        let before = Stamp::of(file).map_err(ConvertError::from)?;
        let source = copy::into(file, &self.folder, &mut self.made)?;
        if Stamp::of(file).ok().as_ref() != Some(&before) {
            return Err(Failure::input(format!(
                "cannot read {}: it changed while it was copied; try again",
                file.display()
            )));
        }
        self.begin(crs);
        let role = args.role.unwrap_or_else(|| mapping::guess(&layer.name, &layer.table).0.role);
        let id = self.free_id(&slug(stem(&file.to_string_lossy())));
        let fields = args.fields.iter().cloned().collect();
        let entry = ProjectLayer { id, source, role: Some(role), fields, ..ProjectLayer::default() };
        self.finish_layer(&entry, "as it is", look.features)
    }

    /// What the user says about a layer of a file.
    fn spec(&self, file: &Path, inner: Option<&String>, args: &ImportArgs) -> ProjectLayer {
        let name = slug(stem(&file.to_string_lossy()));
        let wanted = inner.map_or_else(|| name.clone(), |inner| format!("{name}-{}", slug(inner)));
        ProjectLayer {
            id: self.free_id(&wanted),
            title: Title::same(inner.cloned().unwrap_or_else(|| stem(&file.to_string_lossy()).to_owned())),
            source: file.to_string_lossy().into_owned(),
            layer_name: inner.cloned().or_else(|| args.layer.clone()),
            role: args.role,
            crs: args.crs.clone(),
            offset: args.offset.clone(),
            encoding: args.encoding.clone(),
            fields: args.fields.iter().cloned().collect(),
            named_by_user: true,
            ..ProjectLayer::default()
        }
    }

    fn convert_layer(&mut self, file: &Path, inner: Option<&String>, args: &ImportArgs) -> Result<(), Failure> {
        let spec = self.spec(file, inner, args);
        let project = match &self.project.crs {
            Some(text) => Some(Crs::parse(text).map_err(|error| Failure::input(error.to_string()))?),
            None => None,
        };
        let path = copy::free_name(&self.folder, &spec.id, "fgb");
        let made = with_progress(|progress| convert(&spec, file, project.as_ref(), &path, progress))?;
        self.made.file(&path);
        say_report(&made.report);
        let fields: Vec<&str> = made.fields.iter().map(String::as_str).collect();
        check_fields(file, args, &fields)?;
        self.begin(&made.crs);
        // CRS, shift and encoding are settled in the new file.
        let entry = ProjectLayer {
            id: spec.id,
            source: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            role: Some(made.role),
            fields: spec.fields,
            title: spec.title,
            ..ProjectLayer::default()
        };
        self.finish_layer(&entry, &format!("converted to FlatGeobuf in {}", made.crs), made.summary.features)
    }

    /// A layer whose file lies in the folder.
    fn finish_layer(&mut self, entry: &ProjectLayer, how: &str, features: u64) -> Result<(), Failure> {
        let path = self.folder.join(&entry.source);
        let mut alone = Project::of_files(std::slice::from_ref(&path));
        alone.crs = self.project.crs.clone();
        for layer in &mut alone.layers {
            layer.role = entry.role;
            layer.fields = entry.fields.clone();
        }
        // What streaming wants beside a big file: its coarse levels.
        if let Some(levels) =
            with_progress(|progress| big::prepare_beside(&alone, &path, progress)).map_err(Failure::output)?
        {
            self.made.file(&levels);
        }
        self.append(entry, how, usize::try_from(features).unwrap_or(usize::MAX))
    }
}

/// A layer's head without its rows.
fn unread(layer: &RawLayer) -> RawLayer {
    RawLayer {
        name: layer.name.clone(),
        format: layer.format.clone(),
        table: Default::default(),
        crs: layer.crs.clone(),
        encoding: layer.encoding.clone(),
        report: Default::default(),
    }
}

/// Judged without reading it: by its size, or by what a FlatGeobuf says.
fn is_big(file: &Path) -> Result<bool, Failure> {
    let bytes = Stamp::of(file).map_err(|error| Failure::input(error.to_string()))?.bytes();
    let ending = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let least = if ["zip", "gz", "kmz", "tgz"].contains(&ending.as_str()) { BIG_PACKED } else { BIG_BYTES };
    let says_many = || ending == "fgb" && flatgeobuf::look(file).is_ok_and(|look| look.features >= BIG.0 as u64);
    Ok(bytes >= least || says_many())
}
