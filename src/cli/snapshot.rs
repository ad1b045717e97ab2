//! The `snapshot` command: layers leave as a file.

use std::path::PathBuf;

use serde_json::json;

use super::Viewer;
use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, stop_at_interrupt, with_progress};
use super::render::{Look, RenderOptions};
use super::source;
use crate::city::City;
use crate::model::project::{Project, View};
use crate::place::offset::Offset;
use crate::place::{Bounds, Crs, Transform};
use crate::query::Filter;
use crate::query::identity::layer_of;
use crate::report::{Progress, Severity};
use crate::snapshot::package::{Extras, Recipients, is_package, pack};
use crate::snapshot::page::words::Language;
use crate::snapshot::{SnapshotError, Taken, Wish, WishedField, WishedLayer, take};

/// `cimbase snapshot`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cimbase snapshot district --out district.gpkg                          all layers that are visible
  cimbase snapshot district --layers buildings --out towers.fgb --where \"buildings:height_m > 100\"
  cimbase snapshot district --layers parcels --out parcels.geojson --bbox 117.19,39.11,117.21,39.13 --crs EPSG:4326
  cimbase snapshot district --layers parcels --fields parcels:id,land_use --out parcels.csv

The ending says the format. Several layers: .gpkg, .zip (Shapefiles), .xlsx (geometry as WKT), .kml, .kmz, .dxf.
Models in 3D: .glb, .city.json, .city.jsonl, .obj, .3dtiles (a folder).
One layer: .geojson, .ndjson, .fgb, .parquet (GeoParquet), .csv (geometry as WKT).
What a format cannot hold is said.
A package, .cimpack, holds layers, styles, view, picture and the hashes of all sources; it opens again with `cimbase
FILE.cimpack` as the same view, and `cimbase verify` proves that it was not changed.")]
pub struct SnapshotArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    project: Vec<PathBuf>,
    /// The file; an older one is replaced when the new one is whole
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Ids of layers; those that are visible when absent
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    layers: Vec<String>,
    /// Only features that share at least a point with a box
    #[arg(long, value_name = "X1,Y1,X2,Y2", allow_hyphen_values = true, value_parser = super::parse::bbox)]
    bbox: Option<[f64; 4]>,
    /// Cut features at --bbox; they stay whole otherwise
    #[arg(long, requires = "bbox")]
    clip: bool,
    /// Only features of a layer under a condition in OGC CQL2 text; once for each layer
    #[arg(long = "where", value_name = "LAYER:CQL2")]
    conditions: Vec<String>,
    /// Only these fields of a layer, in this order, B under another name; once for each layer
    #[arg(long = "fields", value_name = "LAYER:A,B=NAME")]
    fields: Vec<String>,
    /// The CRS that is written, and that --bbox is in; the project's when absent
    #[arg(long, value_name = "C")]
    crs: Option<String>,
    /// Shift longitude and latitude as maps of mainland China are
    #[arg(long, value_parser = ["gcj02", "bd09"])]
    offset: Option<String>,
    /// The view that a package opens with: what the camera looks at (degrees), distance (m), heading, pitch
    #[arg(long, value_name = "LON,LAT,DISTANCE,HEADING,PITCH", allow_hyphen_values = true, value_parser = super::parse::camera)]
    view: Option<super::render::Camera>,
    /// The moment of the sun in a package
    #[arg(long, value_name = "ISO8601", value_parser = super::parse::when)]
    date: Option<crate::analysis::sun::When>,
    /// Encrypt a package to a public key of age (age1…); may be given several times
    #[arg(long, value_name = "KEY")]
    recipient: Vec<String>,
    /// Exit 1 when a feature has no place in the CRS that is written, or could not be read
    #[arg(long)]
    strict: bool,
    /// Write personal data as it is; masked otherwise. Recorded
    #[arg(long)]
    unmask: bool,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]: a wish that cannot be fulfilled (2), no such project or layer (3), the file cannot be written (4).
pub fn run(args: &SnapshotArgs, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    stop_at_interrupt();
    let project = source::project(&args.project)?;
    let city = source::city_of(&project)?;
    let wish = wish(args, &city)?;
    source::refuse_over(&args.project, &project, &args.out)?;
    if args.unmask {
        for wished in &wish.layers {
            source::record_unmasking(&args.project, &city.layers[wished.layer], &[]);
        }
    }
    let taken = if is_package(&args.out) {
        packed(args, &project, &city, &wish, viewer)?
    } else {
        only_packages(args)?;
        with_progress(|progress| take(&city, &wish, &args.out, progress)).map_err(failed)?
    };
    taken.lines(Language::English).into_iter().for_each(say);
    if taken.layers.iter().any(|layer| !layer.masked.is_empty()) {
        say("--unmask writes personal data as it is");
    }
    if args.json {
        print_json(&json!({ "out": args.out, "crs": taken.crs, "layers": taken.layers, "notes": taken.notes }))?;
    } else {
        print(|out| {
            taken.layers.iter().try_for_each(|layer| writeln!(out, "{}: {} features", layer.layer, layer.features))?;
            writeln!(out, "wrote {}", args.out.display())
        })?;
    }
    let lost = taken.layers.iter().any(|layer| layer.without_place > 0);
    // A source that ends in the middle was said when it was opened; what leaves is not all of it either.
    let cut = |wished: &WishedLayer| {
        let report = &city.layers[wished.layer].layer.report;
        !report.skipped.is_empty() || report.issues.iter().any(|issue| issue.severity == Severity::Error)
    };
    Ok(if args.strict && (lost || wish.layers.iter().any(cut)) { Exit::Found } else { Exit::Done })
}

/// Refuses options that only a package has.
fn only_packages(args: &SnapshotArgs) -> Result<(), Failure> {
    let given =
        [("--view", args.view.is_some()), ("--date", args.date.is_some()), ("--recipient", !args.recipient.is_empty())];
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => {
            Err(Failure::arguments(format!("{option} is for packages: --out ends in .cimpack or .cimpack.age")))
        }
    }
}

/// Writes a package with the picture of what is in it.
fn packed(
    args: &SnapshotArgs,
    project: &Project,
    city: &City,
    wish: &Wish,
    viewer: Option<&Viewer>,
) -> Result<Taken, Failure> {
    let sealed = args.out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("age"));
    let recipients = match (sealed, args.recipient.is_empty()) {
        (false, true) => None,
        (true, false) => Some(Recipients::parse(&args.recipient).map_err(Failure::arguments)?),
        (true, true) => return Err(Failure::arguments("an encrypted package (.cimpack.age) needs --recipient")),
        (false, false) => {
            return Err(Failure::arguments("with --recipient the package is encrypted: --out ends in .cimpack.age"));
        }
    };
    let draw = |project: Project| -> Result<(View, Vec<u8>), String> {
        let viewer = viewer.ok_or("this program was built without the viewer")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let out = folder.path().join("picture.png");
        let look = args.view.map_or(Look::All, Look::From);
        let options = RenderOptions { look, date: args.date, ..RenderOptions::to(&out) };
        let view = (viewer.render)(project, options, &Progress::default()).map_err(|error| error.to_string())?;
        Ok((view, std::fs::read(&out).map_err(|error| error.to_string())?))
    };
    let conditions = wish.layers.iter().map(|wished| {
        let id = &city.layers[wished.layer].layer.id;
        let of = |text: &String| {
            text.split_once(':').filter(|(layer, _)| layer.trim() == id).map(|(_, rest)| rest.to_owned())
        };
        let all: Vec<String> = args.conditions.iter().filter_map(of).collect();
        joined(&all)
    });
    let extras = Extras {
        view: args.view.and_then(|camera| camera.view(city)),
        draw: Some(&draw),
        conditions: conditions.collect(),
        recipients,
        ..Extras::default()
    };
    with_progress(|progress| pack(city, project, wish, &extras, &args.out, progress)).map_err(failed)
}

/// Conditions that must all hold, as one.
fn joined(conditions: &[String]) -> Option<String> {
    match conditions {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(many.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" AND ")),
    }
}

/// What a snapshot that was not taken is to the shell.
pub(super) fn failed(error: SnapshotError) -> Failure {
    let message = error.to_string();
    match error {
        SnapshotError::Wish(_) | SnapshotError::Filter { .. } => Failure::arguments(message),
        SnapshotError::Read { .. } => Failure::input(message),
        SnapshotError::Write(_) => Failure::output(message),
    }
}

fn wish(args: &SnapshotArgs, city: &City) -> Result<Wish, Failure> {
    let mut layers: Vec<usize> = Vec::new();
    for id in &args.layers {
        let number = layer_of(city, id.trim()).map_err(Failure::arguments)?;
        if !layers.contains(&number) {
            layers.push(number);
        }
    }
    if layers.is_empty() {
        layers = (0..city.layers.len()).filter(|layer| city.layers[*layer].layer.visible).collect();
    }
    let mut layers: Vec<WishedLayer> = layers.into_iter().map(WishedLayer::whole).collect();
    for condition in &args.conditions {
        let (wished, text) = of_layer("--where", condition, "LAYER:CQL2", city, &mut layers)?;
        let filter = Filter::parse(text).map_err(|error| Failure::arguments(format!("--where: {error}")))?;
        wished.filter = Some(match wished.filter.take() {
            Some(first) => first.and(filter),
            None => filter,
        });
    }
    for fields in &args.fields {
        let (wished, text) = of_layer("--fields", fields, "LAYER:A,B=NAME", city, &mut layers)?;
        let field = |text: &str| match text.split_once('=') {
            Some((key, name)) => WishedField { key: key.trim().to_owned(), name: name.trim().to_owned() },
            None => WishedField::same(text.trim()),
        };
        let chosen: Vec<WishedField> = text.split(',').map(field).collect();
        let layer = &city.layers[wished.layer];
        let twice = (1..chosen.len()).find(|at| chosen[..*at].iter().any(|other| other.name == chosen[*at].name));
        if let Some(name) = twice.map(|at| &chosen[at].name) {
            return Err(Failure::arguments(format!("--fields: two fields would be called {name}")));
        }
        if let Some(unknown) = chosen.iter().map(|f| &f.key).find(|key| layer.known().table.field(key).is_none()) {
            let known: Vec<&str> = layer.known().table.fields.iter().map(|field| field.name.as_str()).collect();
            let id = &layer.layer.id;
            let message =
                format!("--fields: layer {id} has no field \"{unknown}\"; its fields are: {}", known.join(", "));
            return Err(Failure::arguments(message));
        }
        wished.fields = Some(chosen);
    }
    let wrong = |error: &dyn std::fmt::Display| Failure::arguments(format!("--crs: {error}"));
    let crs = match &args.crs {
        Some(text) => Crs::parse(text).map_err(|error| wrong(&error))?,
        None => city.crs.clone(),
    };
    let bounds = match args.bbox {
        None => None,
        Some([x1, y1, x2, y2]) => {
            let asked = Bounds { min: [x1, y1], max: [x2, y2] };
            let there = Transform::new(&crs, &city.crs).map_err(|error| wrong(&error))?.bounds(&asked);
            if there.is_empty() {
                return Err(Failure::arguments(format!("--bbox: the box lies nowhere in {crs}")));
            }
            Some(if crs == city.crs { asked } else { there })
        }
    };
    let offset = args.offset.as_deref().and_then(Offset::from_word);
    Ok(Wish { layers, bounds, clip: args.clip, crs, offset, unmasked: args.unmask })
}

/// The chosen layer that an argument begins with, and the rest of it.
fn of_layer<'a, 'b>(
    option: &str,
    text: &'a str,
    form: &str,
    city: &City,
    layers: &'b mut [WishedLayer],
) -> Result<(&'b mut WishedLayer, &'a str), Failure> {
    let wrong = || Failure::arguments(format!("{option} {text}: expected {form}"));
    let (id, rest) = text.split_once(':').ok_or_else(wrong)?;
    let number = layer_of(city, id.trim()).map_err(Failure::arguments)?;
    let none = || Failure::arguments(format!("{option}: layer {id} is not taken; add it to --layers"));
    layers.iter_mut().find(|wished| wished.layer == number).map(|wished| (wished, rest)).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    #[test]
    fn conditions_of_one_layer_stay_apart_where_they_are_joined() {
        let joined = |all: &[&str]| super::joined(&all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(joined(&[]), None);
        assert_eq!(joined(&["a = 1 OR b = 2"]).as_deref(), Some("a = 1 OR b = 2"));
        assert_eq!(joined(&["a = 1 OR b = 2", "c = 3"]).as_deref(), Some("(a = 1 OR b = 2) AND (c = 3)"));
    }
}
