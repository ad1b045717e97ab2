//! The `diff` command: what changed between two versions of a layer.

mod json;
mod table;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, stop_at_interrupt, with_progress};
use super::source;
use crate::analysis::difference::{self, Difference, DifferenceError, Options, difference};
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::Wanted;
use crate::model::project::Project;
use crate::model::{Layer, Title};
use crate::query::identity::layer_of;
use crate::snapshot::{SnapshotError, Wish, WishedLayer, take};

/// `cimbase diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cimbase diff buildings-2024.gpkg buildings-2025.gpkg
  cimbase diff 2024/project.toml 2025/project.toml --layer buildings --out changes.gpkg
  cimbase diff old.shp new.geojson --id BDCDYH --tolerance 0.1 --json

Rows are matched by the id that both versions have (said, or found), then by the same shape at the same place, then by
overlap (points and lines: within 2 m). Several verdicts at once are possible. Where a ring begins, which way it runs and
vertices on straight edges do not matter; empty text and no value are the same. A height that was guessed and is
surveyed now is no raised building, and is said so. The second version is brought into the project CRS of the first.

--out writes the changes as a layer: .gpkg, .geojson, .ndjson, .fgb, .csv, with the geometry of the second version, of the
first where a thing is gone.")]
pub struct DiffArgs {
    /// The first version: a file, a project.toml or its folder
    #[arg(value_name = "A")]
    first: PathBuf,
    /// The second version
    #[arg(value_name = "B")]
    second: PathBuf,
    /// The layer's id, in the first version and, without --layer-b, in the second
    #[arg(long, value_name = "ID")]
    layer: Option<String>,
    /// The layer's id in the second version
    #[arg(long, value_name = "ID")]
    layer_b: Option<String>,
    /// The field whose values name the same thing in both versions; found when absent
    #[arg(long, value_name = "FIELD")]
    id: Option<String>,
    /// Write the changes as a layer
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Metres within which vertices and heights are the same
    #[arg(long, value_name = "M", default_value_t = difference::TOLERANCE, value_parser = tolerance)]
    tolerance: f64,
    /// Exit 1 when something differs
    #[arg(long)]
    strict: bool,
    /// Show personal data as it is, and let --id name it; masked and refused otherwise. Recorded
    #[arg(long)]
    unmask: bool,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let metres = text.parse::<f64>().map_err(|error| error.to_string())?;
    if (0.0..=100.0).contains(&metres) { Ok(metres) } else { Err("from 0 to 100 metres".to_owned()) }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]: arguments that do not fit the layers (2), a version that cannot be read (3), the changes cannot be
/// written (4).
pub fn run(args: &DiffArgs) -> Result<Exit, Failure> {
    stop_at_interrupt();
    let files = [std::slice::from_ref(&args.first), std::slice::from_ref(&args.second)];
    let project = source::project(files[0])?;
    let before = source::city_of(&project)?;
    let mut other = source::project(files[1])?;
    other.crs = Some(before.crs.definition().to_owned());
    let after = source::city_of(&other)?;
    let pairs = pairs(
        args,
        &Version { city: &before, stem: stem_of(&project), path: &args.first },
        &Version { city: &after, stem: stem_of(&other), path: &args.second },
    )?;
    if let Some(out) = &args.out {
        source::refuse_over(files[0], &project, out)?;
        source::refuse_over(files[1], &other, out)?;
    }
    let options = Options { id: args.id.clone(), tolerance: args.tolerance, unmasked: args.unmask };
    let mut whole = Vec::new();
    for (a, b) in &pairs {
        if args.unmask {
            source::record_unmasking(files[0], a, &[]);
            source::record_unmasking(files[1], b, &[]);
        }
        whole.push((rows_of(a)?, rows_of(b)?));
    }
    let mut found = Vec::new();
    for (a, b) in &whole {
        let one = with_progress(|progress| difference(a, b, &options, progress)).map_err(|error| failed(&error))?;
        found.push(one);
    }
    if let Some(out) = &args.out {
        write(&found, &before, out)?;
    }
    if args.json {
        match found.as_slice() {
            [one] => print_json(&json::Answer { difference: one, city: &before })?,
            many => print_json(&json::Answers { differences: many, city: &before })?,
        }
    } else {
        print(|out| {
            found.iter().try_for_each(|one| table::write(out, one, &before))?;
            args.out.as_ref().map_or(Ok(()), |path| writeln!(out, "wrote {}", path.display()))
        })?;
    }
    let differs = found.iter().any(|one| !one.changes.is_empty());
    Ok(if args.strict && differs { Exit::Found } else { Exit::Done })
}

fn failed(error: &DifferenceError) -> Failure {
    let message = error.to_string();
    match error {
        DifferenceError::NoField { .. } => Failure::arguments(format!("--id: {message}")),
        DifferenceError::Personal { .. } => Failure::arguments(format!("--id: {message}; --unmask lets it")),
        DifferenceError::Cancelled => Failure::input(message),
    }
}

/// A version as it was opened.
struct Version<'c> {
    city: &'c City,
    /// What ids of layers begin with that a plain file holds several of.
    stem: String,
    path: &'c Path,
}

/// The id of a plain file with a hyphen; nothing for a project, whose ids were chosen.
fn stem_of(project: &Project) -> String {
    match (&project.file, project.layers.as_slice()) {
        (None, [one]) => format!("{}-", one.id),
        _ => String::new(),
    }
}

impl<'c> Version<'c> {
    /// What a layer is called without its file.
    fn name<'l>(&self, layer: &'l CityLayer) -> &'l str {
        let id = layer.layer.id.as_str();
        id.strip_prefix(&self.stem).filter(|name| !self.stem.is_empty() && !name.is_empty()).unwrap_or(id)
    }

    fn ids(&self) -> String {
        self.city.layers.iter().map(|layer| layer.layer.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The layer of an id or a name.
    fn named(&self, name: &str) -> Result<&'c Arc<CityLayer>, Failure> {
        let named = self.city.layers.iter().find(|layer| self.name(layer) == name);
        let number = layer_of(self.city, name).map(|number| &self.city.layers[number]);
        number.or_else(|error| named.ok_or_else(|| Failure::arguments(format!("{}: {error}", self.path.display()))))
    }

    /// The only layer.
    fn only(&self, option: &str) -> Result<&'c Arc<CityLayer>, Failure> {
        let path = self.path.display();
        match self.city.layers.as_slice() {
            [one] => Ok(one),
            [] => Err(Failure::input(format!("{path} has no layer of features"))),
            _ => {
                let message = format!("{path} has several layers ({}): choose one with {option}", self.ids());
                Err(Failure::arguments(message))
            }
        }
    }
}

type Pair<'c> = (&'c Arc<CityLayer>, &'c Arc<CityLayer>);

/// The layers that are two versions of one: those that are named, the only ones, or those of equal ids.
fn pairs<'c>(args: &DiffArgs, before: &Version<'c>, after: &Version<'c>) -> Result<Vec<Pair<'c>>, Failure> {
    if args.layer.is_some() || args.layer_b.is_some() {
        let first = args.layer.as_ref().map_or_else(|| before.only("--layer"), |name| before.named(name))?;
        let second = match (&args.layer_b, after.city.layers.as_slice()) {
            (Some(name), _) => after.named(name)?,
            (None, [one]) => one,
            (None, _) => after.named(before.name(first))?,
        };
        return Ok(vec![(first, second)]);
    }
    if let ([first], [second]) = (before.city.layers.as_slice(), after.city.layers.as_slice()) {
        return Ok(vec![(first, second)]);
    }
    let partner = |layer: &CityLayer, of: &Version<'c>, among: &Version<'c>| {
        let name = of.name(layer).to_owned();
        among.city.layers.iter().find(|other| among.name(other) == name)
    };
    let layers = before.city.layers.iter();
    let found: Vec<Pair<'c>> = layers.filter_map(|layer| Some((layer, partner(layer, before, after)?))).collect();
    if found.is_empty() {
        return Err(Failure::arguments(format!(
            "no layer has the same id in both: {} has {}; {} has {}; choose with --layer and --layer-b",
            before.path.display(),
            before.ids(),
            after.path.display(),
            after.ids()
        )));
    }
    for (version, other) in [(before, after), (after, before)] {
        let alone = version.city.layers.iter().filter(|layer| partner(layer, version, other).is_none());
        let alone: Vec<&str> = alone.map(|layer| layer.layer.id.as_str()).collect();
        if !alone.is_empty() {
            say(format_args!("note: only {} has the layers: {}", version.path.display(), alone.join(", ")));
        }
    }
    Ok(found)
}

/// A layer with all of its rows in memory.
fn rows_of(layer: &CityLayer) -> Result<Cow<'_, Layer>, Failure> {
    let Some(stream) = &layer.stream else { return Ok(Cow::Borrowed(&layer.layer)) };
    let rows: Vec<u32> = (0..stream.tiles.len()).collect();
    let piece = stream.tiles.rows(&rows, Wanted::All);
    let piece = piece.map_err(|error| Failure::input(format!("layer {}: {error}", layer.layer.id)))?;
    Ok(Cow::Owned(layer.of_piece(piece)))
}

/// Writes the changes, a layer for each pair.
fn write(found: &[Difference<'_>], city: &City, out: &Path) -> Result<(), Failure> {
    let layers = found.iter().map(|one| {
        let id = if found.len() == 1 { "changes".to_owned() } else { format!("{}_changes", one.before.id) };
        let title = Title::same(format!("{} → {}", one.before.title.zh(), one.after.title.zh()));
        let layer = difference::table::layer(one, id, title, &city.crs);
        Arc::new(CityLayer::in_memory(layer))
    });
    let changes = City { layers: layers.collect(), ..City::without_layers(city.crs.clone()) };
    let wished = (0..changes.layers.len()).map(WishedLayer::whole);
    // What is masked was masked while the changes were written down.
    let wish = Wish {
        layers: wished.collect(),
        bounds: None,
        clip: false,
        crs: city.crs.clone(),
        offset: None,
        unmasked: true,
    };
    let taken = with_progress(|progress| take(&changes, &wish, out, progress)).map_err(|error| match error {
        SnapshotError::Wish(_) | SnapshotError::Filter { .. } => Failure::arguments(format!("--out: {error}")),
        SnapshotError::Read { .. } => Failure::input(error.to_string()),
        SnapshotError::Write(_) => Failure::output(error.to_string()),
    })?;
    taken.notes.iter().for_each(|note| say(format_args!("note: {note}")));
    Ok(())
}
