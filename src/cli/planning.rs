//! The `planning` command: parcels beside their control limits.

mod json;
mod paper;
mod schemes;

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use self::json::{balance_json, dossier_json, joins_json, rule_json, summary_json};
use self::paper::{around_paper, balance_table, join_line, paper, records_paper, table};
use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, say_shared, with_progress};
use super::report::{self, ReportArgs};
use super::{Viewer, source};
use crate::city::City;
use crate::model::GeometryKind;
use crate::query::identity::{feature_of, features_of};
use crate::snapshot::page::report::Report;
use crate::snapshot::reports;
use crate::themes::planning::answer::{self, AnswerError};
use crate::themes::planning::balance::{self, Plot, balance};
use crate::themes::planning::dossier::{Dossier, Verdict};
use crate::themes::planning::floor_area::FarRule;
use crate::themes::planning::ground::polygons;
use crate::themes::planning::neighbourhood::{Neighbourhood, Units, neighbourhood};
use crate::themes::planning::plan::{Plan, PlanError, RuleBasis};
use crate::themes::records::{Records, Summary};

/// `cimbase planning`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cimbase planning district                              all parcels, those in breach first
  cimbase planning district --parcel 120105001007GB00001 one parcel's dossier
  cimbase planning district --parcel CODE --report a.pdf the dossier as pages with a picture
  cimbase planning district --out verdicts.fgb           the same as a layer
  cimbase planning district --schemes --parcel CODE      its schemes side by side
  cimbase planning district --balance                    areas by land use
  cimbase planning district --far-rule national --json

A parcel passes when it keeps its limits in the worst case of what is unknown (heights and storeys that the
data does not say), is in breach when it breaks one in the best case, and is unknown in between.
Exit code 1: something is in breach.")]
pub struct PlanningArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    pub project: Vec<PathBuf>,
    /// Only the parcel with this code
    #[arg(long, value_name = "CODE", conflicts_with = "balance")]
    pub parcel: Option<String>,
    /// Which floor area counts: national, tianjin; by the parcels' division code when absent
    #[arg(long, value_name = "RULE", value_parser = far_rule)]
    pub far_rule: Option<&'static FarRule>,
    /// Write all parcels with their verdicts as a layer: FILE ends in .fgb
    #[arg(long, value_name = "FILE", conflicts_with_all = ["parcel", "balance", "json"])]
    pub out: Option<PathBuf>,
    /// The land-use balance table
    #[arg(long)]
    pub balance: bool,
    /// The land-use balance of an area alone: a polygon of a layer, by its id (needs --balance)
    #[arg(long, value_name = "LAYER:ID", requires = "balance")]
    pub area: Option<String>,
    /// What is proposed for the parcels: each scheme with its numbers
    #[arg(long, conflicts_with_all = ["balance", "out"])]
    pub schemes: bool,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// The dossier of --parcel as a report
    #[command(flatten)]
    pub report: ReportArgs,
}

fn far_rule(text: &str) -> Result<&'static FarRule, String> {
    let known = || FarRule::all().iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", ");
    FarRule::named(text).ok_or_else(|| format!("there is no such rule; there are {}", known()))
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] with [`Exit::Input`] when the project has no parcels or no such parcel, or cannot be read.
pub fn run(args: &PlanningArgs, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    if args.report.report.is_some() && (args.parcel.is_none() || args.schemes) {
        return Err(Failure::arguments("--report is of one parcel: give --parcel CODE, without --schemes"));
    }
    let project = source::project(&args.project)?;
    let city = source::city_of(&project)?;
    let input = |error: PlanError| Failure::input(error.to_string());
    let plan = Plan::of(&city, args.far_rule).map_err(input)?;
    if args.schemes {
        return schemes::run(args, &city, &plan);
    }
    if let Some(code) = &args.parcel {
        return one(args, &city, &plan, code, |report, row| {
            report::illustrate(report, &project, viewer, &plan.parcels.layer.id, row);
        });
    }
    if let Some(out) = &args.out {
        return layer(args, &city, &plan, out);
    }
    if args.balance {
        let plots = match &args.area {
            Some(area) => plots_of(&city, &plan, area)?,
            None => {
                let plots =
                    with_progress(|progress| plan.all(progress, |dossier| Plot::of(&dossier))).map_err(input)?;
                say_left(&plan, plots.len() as u64)?;
                plots
            }
        };
        let rows = balance(&plots);
        match args.json {
            true => print_json(&json!({ "layer": plan.parcels.layer.id, "land_use_balance": balance_json(&rows) }))?,
            false => print(|out| balance_table(out, &rows))?,
        }
        return Ok(Exit::Done);
    }
    let mut found = with_progress(|progress| plan.all(progress, answer::slim)).map_err(input)?;
    say_left(&plan, found.len() as u64)?;
    let breach = found.iter().any(|dossier| dossier.verdict() == Verdict::Breach);
    let records = Records::of(&city, plan.parcels);
    for table in Records::unjoined(&city, &records) {
        say(format_args!("table {table}: no field of it agrees with a field of the parcels; it is not joined"));
    }
    if args.json {
        let parcels: Vec<Json> = found.iter().map(|dossier| dossier_json(&city, dossier)).collect();
        let plots: Vec<Plot> = found.iter().map(Plot::of).collect();
        print_json(&json!({
            "layer": plan.parcels.layer.id,
            "far_rule": rule_json(&plan),
            "joins": joins_json(&city, &records),
            "summary": summary_json(&found),
            "not_polygons": u64::from(plan.len()) - found.len() as u64,
            "buildings_elsewhere": plan.buildings_elsewhere,
            "parcels": parcels,
            "land_use_balance": balance_json(&balance(&plots)),
        }))?;
    } else {
        found.sort_by_key(|dossier| (std::cmp::Reverse(dossier.verdict()), dossier.row));
        print(|out| {
            table(out, &plan, &found)?;
            records.iter().try_for_each(|records| join_line(out, &city, records))
        })?;
    }
    Ok(if breach { Exit::Found } else { Exit::Done })
}

/// What lies in a polygon of a layer, named LAYER:ID.
fn plots_of(city: &City, plan: &Plan<'_>, area: &str) -> Result<Vec<Plot>, Failure> {
    let (id, feature) = area.split_once(':').ok_or_else(|| {
        Failure::arguments(format!("--area {area}: a layer and an id are expected, as in districts:120103"))
    })?;
    let known = || city.layers.iter().map(|layer| layer.layer.id.as_str()).collect::<Vec<_>>().join(", ");
    let layer = city.layers.iter().find(|layer| layer.layer.id == id);
    let layer =
        layer.ok_or_else(|| Failure::arguments(format!("--area: there is no layer {id}; there are {}", known())))?;
    let row = feature_of(layer, feature);
    let row = row.ok_or_else(|| Failure::input(format!("--area: layer {id} has no feature {feature}")))?;
    let failed = |error: io::Error| Failure::input(error.to_string());
    let (holder, at) = layer.of_row(row).map_err(failed)?;
    let shape = polygons(&holder.table.geometry, at);
    let shape = shape.ok_or_else(|| Failure::input(format!("--area: {area} is no polygon")))?;
    balance::plots_in(plan, &shape).map_err(failed)
}

/// Says what of the layer was not looked at, and what makes all answers doubtful.
///
/// # Errors
/// Where no feature is a polygon: there is nothing to answer.
fn say_left(plan: &Plan<'_>, looked: u64) -> Result<(), Failure> {
    let (layer, all) = (&plan.parcels.layer.id, u64::from(plan.len()));
    if looked == 0 && all > 0 {
        let message = format!("layer {layer}: none of its {all} features is a polygon with an area; parcels are areas");
        return Err(Failure::input(message));
    }
    if looked < all {
        say(format_args!(
            "warning: {} of {all} features of layer {layer} are no polygons and are not among the parcels",
            all - looked
        ));
    }
    if plan.buildings_elsewhere {
        say(format_args!(
            "warning: no layer of buildings touches layer {layer}: what stands on the parcels is not known; are the CRSs right?"
        ));
    }
    Ok(())
}

/// Writes the answer as a layer.
fn layer(args: &PlanningArgs, city: &City, plan: &Plan<'_>, out: &Path) -> Result<Exit, Failure> {
    if out.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("fgb")) {
        return Err(Failure::arguments(format!("--out {}: the file must end in .fgb", out.display())));
    }
    source::refuse_source(&args.project, city, out)?;
    let date = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let done = with_progress(|progress| answer::write(city, plan, &date, out, progress));
    let breach = done.map_err(|error| match error {
        AnswerError::Plan(error) => Failure::input(error.to_string()),
        AnswerError::Write(error) => Failure::output(error.to_string()),
    })?;
    let [breach, parcels] = breach;
    say_left(plan, parcels)?;
    say(format_args!("wrote {}: {breach} of {parcels} parcels are in breach", out.display()));
    Ok(if breach > 0 { Exit::Found } else { Exit::Done })
}

/// The parcel with a code; all of them where several share it. `picture` puts a row's picture into its report.
fn one(
    args: &PlanningArgs,
    city: &City,
    plan: &Plan<'_>,
    code: &str,
    picture: impl Fn(&mut Report, u32),
) -> Result<Exit, Failure> {
    let asked = args.report.asked(&city.title)?;
    let layer = &plan.parcels.layer.id;
    let records = Records::of(city, plan.parcels);
    let mut rows = features_of(plan.parcels, code);
    if rows.is_empty() {
        let by_key =
            |table: &Records| Some(table.features_of(&plan.parcels.layer, code)).filter(|rows| !rows.is_empty());
        rows = records.iter().find_map(by_key).ok_or_else(|| {
            Failure::input(format!(
                "layer {layer} has no parcel {code}; `cimbase planning --json` without --parcel lists them"
            ))
        })?;
    }
    say_shared("parcels", layer, code, "--parcel", &rows);
    let failed = |error: io::Error| Failure::input(error.to_string());
    let units = Units::of(city).map_err(failed)?;
    let mut found: Vec<(Dossier, Vec<Summary>, Neighbourhood)> = Vec::new();
    for row in rows {
        let read = plan.dossier(row).map_err(|error| Failure::input(error.to_string()))?;
        let Some(dossier) = read else {
            return Err(Failure::input(format!(
                "layer {layer}: {code} (row {row}) is no parcel: {}",
                no_parcel(plan, row)
            )));
        };
        let summaries = plan
            .parcels
            .of_row(row)
            .map(|(holder, at)| records.iter().filter_map(|table| table.summary(city, &holder, at)).collect())
            .unwrap_or_default();
        let around = neighbourhood(city, plan, &units, row).map_err(failed)?;
        found.push((dossier, summaries, around));
    }
    if let Some((out, made)) = &asked {
        let all = found.iter().map(|(dossier, summaries, around)| {
            let mut report = reports::dossier(made, plan, dossier, Some(around), summaries);
            picture(&mut report, dossier.row);
            report
        });
        report::write(&reports::joined(all.collect()), made, out)?;
    }
    if args.json {
        let mut answers: Vec<Json> = found
            .iter()
            .map(|(dossier, summaries, around)| {
                let mut answer = dossier_json(city, dossier);
                answer["records"] = json!(summaries);
                answer["around"] = json!(around);
                answer
            })
            .collect();
        let mut answer = if answers.len() == 1 { answers.remove(0) } else { json!({ "parcels": answers }) };
        answer["joins"] = joins_json(city, &records);
        answer["layer"] = json!(layer);
        answer["far_rule"] = rule_json(plan);
        print_json(&answer)?;
    } else {
        print(|out| {
            for (number, (dossier, summaries, around)) in found.iter().enumerate() {
                if number > 0 {
                    writeln!(out)?;
                }
                paper(out, plan, dossier)?;
                around_paper(out, around)?;
                summaries.iter().try_for_each(|summary| records_paper(out, summary))?;
            }
            Ok(())
        })?;
    }
    let breach = found.iter().any(|(dossier, ..)| dossier.verdict() == Verdict::Breach);
    Ok(if breach { Exit::Found } else { Exit::Done })
}

/// Why a row of the parcels is none: what a repair says of it, else what it is.
fn no_parcel(plan: &Plan<'_>, row: u32) -> String {
    let skipped = plan.parcels.layer.report.skipped.iter().find(|skipped| skipped.feature == u64::from(row));
    let kind = || {
        plan.parcels.of_row(row).map_or("it has no geometry", |(holder, at)| match holder.table.geometry.kind(at) {
            GeometryKind::Point => "it is a point",
            GeometryKind::Line => "it is a line",
            GeometryKind::Polygon => "it is a polygon without area",
            GeometryKind::None => "it has no geometry",
        })
    };
    skipped.map_or_else(|| kind().to_owned(), |skipped| skipped.reason.clone())
}

/// Why the rule was taken.
fn rule_basis(plan: &Plan<'_>) -> String {
    match &plan.rule_basis {
        RuleBasis::Asked => "asked".to_owned(),
        RuleBasis::Division(division) => format!("division code {division} of the first parcel"),
        RuleBasis::NoLocalRule(division) => {
            format!("no local rule is known for division {division} of the first parcel: the national one")
        }
        RuleBasis::NoDivision => "the first parcel has no division code: the national rule".to_owned(),
    }
}
