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
    let before = source::city(files[0])?;
    let mut project = source::project(files[1])?;
    project.crs = Some(before.crs.definition().to_owned());
    let after = source::city_of(&project)?;
    let pairs = pairs(args, &before, &after)?;
    if let Some(out) = &args.out {
        source::refuse_source(files[0], &before, out)?;
        source::refuse_source(files[1], &after, out)?;
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

type Pair<'c> = (&'c Arc<CityLayer>, &'c Arc<CityLayer>);

/// The layers that are two versions of one: those that are named, the only ones, or those of equal ids.
fn pairs<'c>(args: &DiffArgs, before: &'c City, after: &'c City) -> Result<Vec<Pair<'c>>, Failure> {
    let named = |city: &'c City, id: &str, path: &Path| {
        let number = layer_of(city, id).map_err(|error| Failure::arguments(format!("{}: {error}", path.display())))?;
        Ok::<_, Failure>(&city.layers[number])
    };
    let ids = |city: &City| city.layers.iter().map(|layer| layer.layer.id.clone()).collect::<Vec<_>>().join(", ");
    let only = |city: &'c City, path: &Path, option: &str| match city.layers.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::input(format!("{} has no layer of features", path.display()))),
        _ => {
            let message = format!("{} has several layers ({}): choose one with {option}", path.display(), ids(city));
            Err(Failure::arguments(message))
        }
    };
    if args.layer.is_some() || args.layer_b.is_some() {
        let first = match &args.layer {
            Some(id) => named(before, id, &args.first)?,
            None => only(before, &args.first, "--layer")?,
        };
        let second = match (&args.layer_b, after.layers.as_slice()) {
            (Some(id), _) => named(after, id, &args.second)?,
            (None, [one]) => one,
            (None, _) => named(after, &first.layer.id, &args.second)?,
        };
        return Ok(vec![(first, second)]);
    }
    if let ([first], [second]) = (before.layers.as_slice(), after.layers.as_slice()) {
        return Ok(vec![(first, second)]);
    }
    let found: Vec<Pair<'c>> =
        before.layers.iter().filter_map(|layer| Some((layer, after.layer(&layer.layer.id)?))).collect();
    if found.is_empty() {
        return Err(Failure::arguments(format!(
            "no layer has the same id in both: {} has {}, {} has {}; choose with --layer and --layer-b",
            args.first.display(),
            ids(before),
            args.second.display(),
            ids(after)
        )));
    }
    for (city, other, path) in [(before, after, &args.first), (after, before, &args.second)] {
        let alone: Vec<&str> = city.layers.iter().map(|layer| layer.layer.id.as_str()).collect();
        let alone: Vec<&str> = alone.into_iter().filter(|id| other.layer(id).is_none()).collect();
        if !alone.is_empty() {
            say(format_args!("note: only {} has the layers: {}", path.display(), alone.join(", ")));
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
    let wished = (0..changes.layers.len()).map(|layer| WishedLayer { layer, filter: None, fields: None });
    // What is masked was masked while the changes were written down.
    let wish = Wish { layers: wished.collect(), bounds: None, crs: city.crs.clone(), offset: None, unmasked: true };
    let taken = with_progress(|progress| take(&changes, &wish, out, progress)).map_err(|error| match error {
        SnapshotError::Wish(_) | SnapshotError::Filter { .. } => Failure::arguments(format!("--out: {error}")),
        SnapshotError::Read { .. } => Failure::input(error.to_string()),
        SnapshotError::Write(_) => Failure::output(error.to_string()),
    })?;
    taken.notes.iter().for_each(|note| say(format_args!("note: {note}")));
    Ok(())
}
