//! `cases export`: cases as an ordinary layer.

use std::path::{Path, PathBuf};

use super::{Desk, list};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{say, write_file};
use crate::formats::csv::record;
use crate::formats::{flatgeobuf, geojson};
use crate::model::{FeatureTable, FieldType, GeometryKind, TableBuilder, Value};
use crate::report::Progress;
use crate::themes::housing::personal::Kind;
use crate::themes::management::case::{Case, Located};

/// `cimbase cases PROJECT export`.
#[derive(Debug, clap::Args)]
pub struct ExportCases {
    /// The file; its ending picks the format: .csv, .geojson, .fgb
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    which: list::ListCases,
}

/// Columns of text, after which the numbers and moments come.
const TEXTS: [&str; 19] = [
    "number",
    "state",
    "state_zh",
    "light",
    "category",
    "category_zh",
    "channel",
    "text",
    "address",
    "unit",
    "grid",
    "division",
    "building",
    "parcel",
    "street",
    "within",
    "source",
    "source_id",
    "reporter",
];

pub(super) fn run(desk: &Desk, args: &ExportCases) -> Result<Exit, Failure> {
    let ending = args.out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if !["csv", "geojson", "json", "fgb"].contains(&ending.as_str()) {
        let message = format!("--out {}: the ending picks the format: .csv, .geojson or .fgb", args.out.display());
        return Err(Failure::arguments(message));
    }
    let (cases, crs) = desk.cases()?;
    let fit = list::chosen(desk, &args.which, &cases, &crs)?;
    desk.record_unmasking();
    let progress = Progress::default();
    match ending.as_str() {
        "csv" => csv(desk, &fit, &crs, &args.out)?,
        "fgb" => flatgeobuf::write(&args.out, "cases", &table(desk, &fit), &crs, &progress)?,
        _ => {
            let table = table(desk, &fit);
            geojson::write(&args.out, &table, 0..table.len() as u32, &crs, &progress)?;
        }
    }
    say(format_args!("wrote {} ({} cases)", args.out.display(), fit.len()));
    Ok(Exit::Done)
}

fn texts(desk: &Desk, case: &Case) -> [String; 19] {
    let facts = &case.facts;
    let light = case.light(&desk.rules.calendar, desk.now);
    let light = light.and_then(|light| serde_json::to_value(light).ok()?.as_str().map(str::to_owned));
    let category = desk.rules.categories.find(&facts.category);
    let at = |of: fn(&Located) -> &String| facts.located.as_ref().map(of).cloned().unwrap_or_default();
    let reporter = [
        desk.personal(Kind::Name, &facts.reporter.name),
        desk.personal(Kind::Landline, &facts.reporter.phone),
        desk.personal(Kind::Email, &facts.reporter.email),
    ];
    [
        case.number.clone(),
        case.state.word().to_owned(),
        case.state.names()[0].to_owned(),
        light.unwrap_or_default(),
        facts.category.clone(),
        category.map(|category| category.name.zh().to_owned()).unwrap_or_default(),
        facts.channel.clone(),
        desk.personal(Kind::Text, &facts.text),
        facts.address.clone(),
        case.unit().to_owned(),
        at(|located| &located.grid),
        at(|located| &located.division),
        at(|located| &located.building),
        at(|located| &located.parcel),
        at(|located| &located.street),
        at(|located| &located.within),
        facts.source.clone(),
        facts.source_id.clone(),
        reporter.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "),
    ]
}

fn moments(desk: &Desk, case: &Case) -> [(&'static str, Option<i64>); 3] {
    [("reported", Some(case.facts.reported)), ("due", case.due(&desk.rules.calendar)), ("ended", case.ended)]
}

/// Cases as a table; those without a place have no geometry.
fn table(desk: &Desk, cases: &[&Case]) -> FeatureTable {
    let mut builder = TableBuilder::default();
    let columns = TEXTS.map(|name| builder.typed_field(name, FieldType::Text));
    let times = ["reported", "due", "ended"].map(|name| builder.typed_field(name, FieldType::Time));
    let accuracy = builder.typed_field("accuracy_m", FieldType::Real);
    for case in cases {
        for (column, text) in columns.iter().zip(texts(desk, case)) {
            builder.set(*column, &Value::Text(text.into()));
        }
        for (column, (_, at)) in times.iter().zip(moments(desk, case)) {
            builder.set(*column, &at.map_or(Value::Null, Value::Time));
        }
        let located = case.facts.located.as_ref();
        builder.set(accuracy, &located.and_then(|one| one.accuracy_m).map_or(Value::Null, Value::Real));
        match located {
            Some(located) => {
                builder.geometry.push_vertex(located.xy, None);
                builder.geometry.end_ring();
                builder.geometry.end_part();
                builder.geometry.end_feature(GeometryKind::Point);
            }
            None => builder.geometry.end_feature(GeometryKind::None),
        }
    }
    builder.finish()
}

fn csv(desk: &Desk, cases: &[&Case], crs: &crate::place::Crs, out: &Path) -> Result<(), Failure> {
    let way = list::lonlat_of(crs);
    write_file(out, |out| {
        let head = TEXTS.iter().copied().chain(["reported", "due", "ended", "accuracy_m", "lon", "lat"]);
        record(out, &head.map(str::to_owned).collect::<Vec<_>>())?;
        for case in cases {
            let mut cells: Vec<String> = texts(desk, case).into();
            cells.extend(moments(desk, case).map(|(_, at)| at.map(|at| desk.time(at)).unwrap_or_default()));
            let located = case.facts.located.as_ref();
            cells.push(located.and_then(|one| one.accuracy_m).map(|metres| metres.to_string()).unwrap_or_default());
            let lonlat = located.and_then(|located| way.as_ref()?.point(located.xy));
            // A tenth of a millimetre.
            cells.extend(lonlat.map_or([String::new(), String::new()], |at| at.map(|degrees| format!("{degrees:.9}"))));
            record(out, &cells)?;
        }
        Ok(())
    })
}
