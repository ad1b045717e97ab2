//! `cases import`: rows of tables become cases.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::Desk;
use crate::city::City;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json, say, stop_at_interrupt, with_progress};
use crate::cli::source;
use crate::feeds::intake::Intake;
use crate::feeds::rows::{Defaults, Reader};
use crate::feeds::{Batch, Garbage, Sink, Taken};
use crate::model::project::Project;
use crate::themes::management::place::Placer;
use crate::units::grouped;

/// Rows that are kept in one transaction.
const RUN: u32 = 5_000;
/// Skipped rows that are named to people; JSON and the file name all.
const NAMED: usize = 20;

/// `cimbase cases PROJECT import`.
#[derive(Debug, clap::Args)]
pub struct ImportCases {
    /// Tables of incidents: CSV, GeoJSON, GeoPackage, XLSX …
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The category of rows that say none: a code or a name
    #[arg(long, value_name = "CATEGORY", default_value = "")]
    category: String,
    /// How they were reported, where rows say nothing
    #[arg(long, value_name = "CHANNEL", default_value = "")]
    channel: String,
    /// What the source is called; the file's name when absent. Rows of the same source and number are kept once
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// The CRS of the coordinates
    #[arg(long, value_name = "C")]
    crs: Option<String>,
    /// Obfuscated coordinates
    #[arg(long, value_parser = ["gcj02", "bd09"])]
    offset: Option<String>,
    /// Text encoding
    #[arg(long, value_name = "E")]
    encoding: Option<String>,
    /// Which field means what: time=发生时间, category=小类, id=案件编号 …
    #[arg(long = "field", value_name = "MEANING=FIELD", value_parser = crate::cli::parse::field, num_args = 1..)]
    fields: Vec<(crate::model::Meaning, String)>,
    /// Reports of different sources that tell of the same (30 m, a day, one category) become one case
    #[arg(long)]
    merge: bool,
}

pub(super) fn run(desk: &Desk, args: &ImportCases) -> Result<Exit, Failure> {
    stop_at_interrupt();
    let city = desk.city()?;
    let store = desk.store(&city.crs)?;
    let placer = Placer::of(&city);
    let began = Instant::now();
    let mut intake = Intake::new(store, desk.rules.clone(), placer, args.merge, crate::themes::management::times::now)
        .map_err(Failure::input)?;
    let (mut answers, mut skipped_any) = (Vec::new(), false);
    for file in &args.files {
        source::check(file)?;
        let done = one(desk, args, file, &city, &mut intake)?;
        skipped_any |= !done.skipped.is_empty();
        answers.push(done);
    }
    let seconds = began.elapsed().as_secs_f64();
    if desk.json {
        let sources = answers.iter().map(|done| {
            json!({
                "source": done.source,
                "rows": done.rows,
                "new": done.taken.new,
                "known": done.taken.known,
                "same": done.taken.same,
                "placeless": done.placeless,
                "without_time": done.timeless,
                "skipped": done.skipped.iter().map(|one| json!({ "feature": one.place, "reason": one.reason })).collect::<Vec<_>>(),
            })
        });
        print_json(&json!({ "sources": sources.collect::<Vec<_>>(), "seconds": seconds }))?;
    } else {
        print(|out| {
            for done in &answers {
                writeln!(
                    out,
                    "{}: {} rows; {} new cases, {} known, {} told of the same; {} without a place, {} skipped",
                    done.source,
                    grouped(done.rows as f64, 0),
                    grouped(done.taken.new as f64, 0),
                    grouped(done.taken.known as f64, 0),
                    grouped(done.taken.same as f64, 0),
                    done.placeless,
                    done.skipped.len()
                )?;
                for one in done.skipped.iter().take(NAMED) {
                    writeln!(out, "  skipped {}: {}", one.place, one.reason)?;
                }
                if done.skipped.len() > NAMED {
                    writeln!(out, "  and {} more (--json names all)", done.skipped.len() - NAMED)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(if skipped_any { Exit::Found } else { Exit::Done })
}

/// What became of a file.
struct Done {
    source: String,
    rows: u64,
    taken: Taken,
    placeless: usize,
    /// Rows that do not say when they were reported.
    timeless: usize,
    skipped: Vec<Garbage>,
}

fn one(desk: &Desk, args: &ImportCases, file: &Path, city: &City, intake: &mut Intake) -> Result<Done, Failure> {
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let source = args.source.clone().unwrap_or(name);
    let mut project = Project::of_files(&[file.to_owned()]);
    project.crs = Some(city.crs.definition().to_owned());
    for layer in &mut project.layers {
        layer.role = Some(crate::model::Role::Incident);
        layer.crs = args.crs.clone().or(layer.crs.take());
        layer.offset = args.offset.clone().or(layer.offset.take());
        layer.encoding = args.encoding.clone().or(layer.encoding.take());
        layer.fields.extend(args.fields.iter().cloned());
    }
    let table = source::city_of(&project)?;
    let defaults = Defaults { category: args.category.clone(), channel: args.channel.clone() };
    let mut done = Done {
        source: source.clone(),
        rows: 0,
        taken: Taken::default(),
        placeless: 0,
        timeless: 0,
        skipped: Vec::new(),
    };
    let offset = desk.rules.calendar.offset();
    for layer in &table.layers {
        let rows = layer.rows();
        done.rows += u64::from(rows);
        let taken = with_progress(|progress| -> Result<(), Failure> {
            progress.stage(format!("cases of {source}"), u64::from(rows));
            for first in (0..rows).step_by(RUN as usize) {
                let stopped = |_| Failure::output(format!("stopped; {first} of {rows} rows of {source} are kept"));
                progress.at(u64::from(first)).map_err(stopped)?;
                let run: Vec<u32> = (first..rows.min(first + RUN)).collect();
                let mut batch = Batch { position: format!("row {}", first + run.len() as u32), ..Batch::default() };
                let piece = match &layer.stream {
                    Some(stream) => Some(
                        layer.of_piece(
                            stream
                                .tiles
                                .rows(&run, crate::formats::flatgeobuf::Wanted::All)
                                .map_err(|error| Failure::input(error.to_string()))?,
                        ),
                    ),
                    None => None,
                };
                let held = piece.as_ref().unwrap_or(&layer.layer);
                let reader = Reader::of(held);
                let held_rows =
                    if piece.is_some() { 0..held.table.len() as u32 } else { first..first + run.len() as u32 };
                for row in held_rows {
                    match reader.report(row, &defaults, offset) {
                        Some(report) => {
                            done.timeless += usize::from(report.reported.is_none());
                            batch.reports.push(report);
                        }
                        None => batch.garbage.push(Garbage {
                            place: format!("row {}", held.whole_row(row) + 1),
                            reason: "it says neither coordinates nor an address".to_owned(),
                            raw: raw(held, row),
                        }),
                    }
                }
                let taken = intake.take(&source, &batch).map_err(Failure::output)?;
                done.taken.new += taken.new;
                done.taken.known += taken.known;
                done.taken.same += taken.same;
                done.skipped.append(&mut batch.garbage);
            }
            Ok(())
        });
        taken?;
    }
    if done.timeless > 0 {
        say(format_args!(
            "note: {source}: {} rows do not say when they were reported: taken as now (--field time=FIELD)",
            done.timeless
        ));
    }
    let placeless = intake.placeless();
    done.placeless = placeless.len();
    for (id, reason) in placeless.iter().take(NAMED) {
        say(format_args!("warning: {source} {id}: no place: {reason}"));
    }
    Ok(done)
}

/// The first characters of a row.
fn raw(layer: &crate::model::Layer, row: u32) -> String {
    let cells = layer.table.fields.iter().map(|field| format!("{}={}", field.name, field.values.get(row)));
    let text: String = cells.collect::<Vec<_>>().join("; ");
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(crate::feeds::SHOWN).collect()
}
