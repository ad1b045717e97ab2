//! The `planning` command: parcels beside their control limits.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, with_progress};
use super::source;
use crate::city::City;
use crate::query::identity::feature_of;
use crate::themes::planning::answer::{self, AnswerError};
use crate::themes::planning::balance::{self, Plot, balance};
use crate::themes::planning::dossier::{Check, Dossier, Standing, Verdict};
use crate::themes::planning::floor_area::FarRule;
use crate::themes::planning::limits::{NoLimit, Rule};
use crate::themes::planning::plan::{Plan, PlanError};
use crate::themes::planning::span::Span;
use crate::themes::records::{Records, Summary};
use crate::units::{SquareMetres, grouped};

/// `cimbase planning`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cimbase planning district                              all parcels, those in breach first
  cimbase planning district --parcel 120105001007GB00001 one parcel's dossier
  cimbase planning district --out verdicts.fgb           the same as a layer
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
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

fn far_rule(text: &str) -> Result<&'static FarRule, String> {
    let known = || FarRule::all().iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", ");
    FarRule::named(text).ok_or_else(|| format!("there is no such rule; there are {}", known()))
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] with [`Exit::Input`] when the project has no parcels or no such parcel, or cannot be read.
pub fn run(args: &PlanningArgs) -> Result<Exit, Failure> {
    let city = source::city(&args.project)?;
    let input = |error: PlanError| Failure::input(error.to_string());
    let plan = Plan::of(&city, args.far_rule).map_err(input)?;
    if let Some(code) = &args.parcel {
        return one(&city, &plan, code, args.json);
    }
    if let Some(out) = &args.out {
        return layer(args, &city, &plan, out);
    }
    if args.balance {
        let plots = with_progress(|progress| plan.all(progress, |dossier| Plot::of(&dossier))).map_err(input)?;
        let rows = balance(&plots);
        match args.json {
            true => print_json(&json!({ "layer": plan.parcels.layer.id, "land_use_balance": balance_json(&rows) }))?,
            false => print(|out| balance_table(out, &rows))?,
        }
        return Ok(Exit::Done);
    }
    let mut found = with_progress(|progress| plan.all(progress, answer::slim)).map_err(input)?;
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
    say(format_args!("wrote {}: {breach} of {} parcels are in breach", out.display(), plan.len()));
    Ok(if breach > 0 { Exit::Found } else { Exit::Done })
}

fn one(city: &City, plan: &Plan<'_>, code: &str, as_json: bool) -> Result<Exit, Failure> {
    let layer = &plan.parcels.layer.id;
    let records = Records::of(city, plan.parcels);
    let by_key = || records.iter().find_map(|table| table.feature_of(&plan.parcels.layer, code));
    let row = feature_of(plan.parcels, code).or_else(by_key).ok_or_else(|| {
        Failure::input(format!(
            "layer {layer} has no parcel {code}; `cimbase planning --json` without --parcel lists them"
        ))
    })?;
    let read = plan.dossier(row).map_err(|error| Failure::input(error.to_string()))?;
    let dossier = read.ok_or_else(|| Failure::input(format!("layer {layer}: {code} is no polygon")))?;
    let summaries: Vec<Summary> = plan
        .parcels
        .of_row(row)
        .map(|(holder, at)| records.iter().filter_map(|table| table.summary(city, &holder, at)).collect())
        .unwrap_or_default();
    if as_json {
        let mut answer = dossier_json(city, &dossier);
        answer["records"] = json!(summaries);
        answer["joins"] = joins_json(city, &records);
        answer["layer"] = json!(layer);
        answer["far_rule"] = rule_json(plan);
        print_json(&answer)?;
    } else {
        print(|out| {
            paper(out, plan, &dossier)?;
            summaries.iter().try_for_each(|summary| records_paper(out, summary))
        })?;
    }
    Ok(if dossier.verdict() == Verdict::Breach { Exit::Found } else { Exit::Done })
}

/// How tables without a place were joined to the parcels.
fn joins_json(city: &City, records: &[Records]) -> Json {
    let join = |records: &Records| {
        json!({
            "layer": city.layers.get(records.layer).map(|layer| &layer.layer.id),
            "parcel_field": records.key.0,
            "record_field": records.key.1,
            "joined": records.joined,
        })
    };
    records.iter().map(join).collect()
}

fn records_paper(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let shared = match summary.shared_by {
        0 | 1 => String::new(),
        n => format!("; {n} parcels share this key: these are the records of all of them"),
    };
    writeln!(out, "\n{} records of {} in {}{shared}", summary.records, summary.key, summary.layer)?;
    if let Some(area) = summary.floor_area_m2 {
        writeln!(out, "  floor area        {}", SquareMetres(area))?;
    }
    if let Some([least, most]) = summary.storeys {
        writeln!(
            out,
            "  storeys           {}",
            if least == most { least.to_string() } else { format!("{least} to {most}") }
        )?;
    }
    if let Some([first, last]) = summary.years {
        writeln!(
            out,
            "  built             {}",
            if first == last { first.to_string() } else { format!("{first} to {last}") }
        )?;
    }
    if !summary.uses.is_empty() {
        writeln!(out, "  use               {}", summary.uses.join(", "))?;
    }
    Ok(())
}

fn rule_json(plan: &Plan<'_>) -> Json {
    let basis = if plan.rule_asked { "asked" } else { "division code of the first parcel" };
    json!({ "id": plan.rule.id, "name": plan.rule.name().en(), "source": plan.rule.source, "basis": basis })
}

fn summary_json(found: &[Dossier]) -> Json {
    let count = |of: &dyn Fn(&Dossier) -> bool| found.iter().filter(|dossier| of(dossier)).count();
    let rules = Rule::ALL.map(|rule| {
        let counts = Verdict::ALL.map(|verdict| {
            let of = |dossier: &Dossier| dossier.check(rule).is_some_and(|check| check.verdict == verdict);
            (verdict.word().to_owned(), json!(count(&of)))
        });
        (rule.word().to_owned(), Json::Object(counts.into_iter().collect()))
    });
    let mut summary = json!({ "parcels": found.len() });
    for verdict in Verdict::ALL {
        summary[verdict.word()] = json!(count(&|dossier| dossier.verdict() == verdict));
    }
    summary["rules"] = Json::Object(rules.into_iter().collect());
    summary
}

/// A bound as JSON: `null` where there is none.
fn bound(value: f64) -> Json {
    if value.is_finite() { json!(value) } else { Json::Null }
}

fn span_json(span: Span) -> Json {
    json!({ "low": bound(span.low), "high": bound(span.high) })
}

fn check_json(check: &Check) -> Json {
    let (limit, source, none) = match &check.limit {
        Ok(limit) => (json!(limit.value), json!(limit.source), Json::Null),
        Err(reason) => (Json::Null, Json::Null, json!(reason)),
    };
    json!({
        "rule": check.rule.word(),
        "measured": check.measured.map(span_json),
        "limit": limit,
        "limit_source": source,
        "no_limit": none,
        "verdict": check.verdict.word(),
        "why": check.why,
    })
}

fn standing_json(city: &City, one: &Standing) -> Json {
    json!({
        "layer": city.layers.get(one.layer).map(|layer| &layer.layer.id),
        "id": one.id,
        "footprint_m2": one.footprint,
        "share": one.share,
        "floor_area_m2": span_json(one.floor_area),
        "storeys_from": one.storeys,
        "height_m": span_json(one.top),
        "use": one.class.map(|class| class.word()),
        "replaced_by_parts": one.covered,
        "setback_m": one.setback,
    })
}

fn dossier_json(city: &City, dossier: &Dossier) -> Json {
    let mut answer = json!({
        "id": dossier.id,
        "row": dossier.row,
        "land_use": dossier.land_use,
        "zone": dossier.zone,
        "area_m2": dossier.area,
        "floor_area_m2": span_json(dossier.floor_area),
        "footprint_m2": dossier.footprint,
        "green_m2": dossier.green,
        "verdict": dossier.verdict().word(),
        "checks": dossier.checks.iter().map(check_json).collect::<Vec<_>>(),
    });
    if !dossier.standing.is_empty() {
        answer["buildings"] = dossier.standing.iter().map(|one| standing_json(city, one)).collect();
    }
    if !dossier.sides.is_empty() {
        let side = |(faces, length, setback): &(f64, f64, Option<f64>)| json!({ "faces_deg": faces, "length_m": length, "setback_m": setback });
        answer["sides"] = dossier.sides.iter().map(side).collect();
    }
    answer
}

fn balance_json(rows: &[balance::Row]) -> Json {
    let row = |row: &balance::Row| {
        json!({
            "code": row.class.map(|class| &class.code),
            "name_zh": row.class.map(|class| class.name.zh()),
            "name_en": row.class.map(|class| class.name.en()),
            "parcels": row.parcels,
            "area_m2": row.area,
            "percent": row.percent,
        })
    };
    rows.iter().map(row).collect()
}

/// A measured value: one number, or the bounds between which it lies.
fn number(span: Span, digits: usize) -> String {
    match (span.is_exact(), span.high.is_finite()) {
        (true, false) => "-".to_owned(),
        (true, true) => grouped(span.low, digits),
        (false, true) => format!("{} to {}", grouped(span.low, digits), grouped(span.high, digits)),
        (false, false) => format!("at least {}", grouped(span.low, digits)),
    }
}

fn digits(rule: Rule) -> usize {
    if matches!(rule, Rule::Far | Rule::Use) { 2 } else { 1 }
}

fn unit(rule: Rule) -> &'static str {
    match rule {
        Rule::Density | Rule::Green => " %",
        Rule::Height | Rule::Setback => " m",
        Rule::Far | Rule::Use => "",
    }
}

fn title(rule: Rule) -> &'static str {
    match rule {
        Rule::Far => "floor area ratio",
        Rule::Density => "density",
        Rule::Height => "height",
        Rule::Green => "green ratio",
        Rule::Setback => "setback",
        Rule::Use => "foreign use",
    }
}

fn line(check: &Check) -> String {
    let measured = check.measured.map_or("not measured".to_owned(), |span| number(span, digits(check.rule)));
    let limit = match &check.limit {
        Ok(limit) => format!(
            "{} {}{}",
            if check.rule.is_least() { "at least" } else { "at most" },
            grouped(limit.value, digits(check.rule)),
            unit(check.rule)
        ),
        Err(NoLimit::Unread) => "the limit was not understood".to_owned(),
        Err(NoLimit::Zero) => "no limit (the field says 0)".to_owned(),
        Err(_) => "no limit".to_owned(),
    };
    let unit = if check.measured.is_some() { unit(check.rule) } else { "" };
    format!("{:<17} {measured}{unit}, {limit}: {}", title(check.rule), check.verdict.word())
}

fn table(out: &mut dyn Write, plan: &Plan<'_>, found: &[Dossier]) -> io::Result<()> {
    writeln!(out, "layer {}: {} parcels; floor area by {}", plan.parcels.layer.id, found.len(), plan.rule.name().en())?;
    writeln!(out, "  ({})", plan.rule.source)?;
    for verdict in Verdict::ALL.iter().rev() {
        let count = found.iter().filter(|dossier| dossier.verdict() == *verdict).count();
        writeln!(out, "  {:<9} {}", verdict.word(), grouped(count as f64, 0))?;
    }
    for dossier in found.iter().filter(|dossier| dossier.verdict() == Verdict::Breach) {
        writeln!(out, "\n{}  {}", dossier.id, dossier.land_use.as_deref().unwrap_or("no land use"))?;
        for check in dossier.checks.iter().filter(|check| check.verdict == Verdict::Breach) {
            writeln!(out, "  {}", line(check))?;
        }
    }
    let unknown = found.iter().filter(|dossier| dossier.verdict() == Verdict::Unknown).count();
    if unknown > 0 {
        say(format_args!("{unknown} parcels cannot be decided; --parcel CODE says why, --json lists them"));
    }
    Ok(())
}

fn join_line(out: &mut dyn Write, city: &City, records: &Records) -> io::Result<()> {
    let j = &records.joined;
    let name = city.layers.get(records.layer).map_or("", |layer| layer.layer.id.as_str());
    writeln!(
        out,
        "\n{name}, by {} = {}: {} of {} records belong to {} of {} parcels; {} records have no key, {} keys are \
         shared by {} parcels",
        records.key.0,
        records.key.1,
        grouped(f64::from(j.matched_records), 0),
        grouped(f64::from(j.records), 0),
        grouped(f64::from(j.matched_features), 0),
        grouped(f64::from(j.features), 0),
        j.without_key,
        j.shared_keys,
        j.sharing_features
    )
}

fn paper(out: &mut dyn Write, plan: &Plan<'_>, dossier: &Dossier) -> io::Result<()> {
    writeln!(out, "parcel {}  {}", dossier.id, dossier.land_use.as_deref().unwrap_or("no land use"))?;
    if let Some(zone) = &dossier.zone {
        writeln!(out, "  zone              {} ({}, {:.0} % of the parcel)", zone.name, zone.layer, 100.0 * zone.share)?;
    }
    writeln!(out, "  area              {}", SquareMetres(dossier.area))?;
    writeln!(out, "  floor area        {} m², by {}", number(dossier.floor_area, 0), plan.rule.name().en())?;
    for check in &dossier.checks {
        writeln!(out, "  {}", line(check))?;
        for why in &check.why {
            writeln!(out, "    {}", reason(*why))?;
        }
    }
    writeln!(out, "\n{} bodies on it", dossier.standing.iter().filter(|one| !one.covered).count())?;
    for one in dossier.standing.iter().filter(|one| !one.covered) {
        let share = if one.share < 0.999 { format!(", {:.0} % of it", 100.0 * one.share) } else { String::new() };
        writeln!(
            out,
            "  {}  {} m² of ground{share}, floor area {} m², height {} m",
            one.id,
            grouped(one.footprint, 0),
            number(one.floor_area, 0),
            number(one.top, 1)
        )?;
    }
    Ok(())
}

fn reason(why: crate::themes::planning::dossier::Why) -> String {
    use crate::themes::planning::dossier::Why;
    match why {
        Why::NoBuildings => "the project has no layer of buildings".to_owned(),
        Why::NoGreen => "the project has no layer of green".to_owned(),
        Why::GreenNotSurveyed => {
            "the layer of green does not show the green of plots: what it shows is the least".to_owned()
        }
        Why::StoreysFromHeight(n) => format!("storeys of {n} estimated from the surveyed height"),
        Why::StoreyHeightNearStep(n) => {
            format!("storeys of {n} may be higher than a step of the storey-height rule: only their average is known")
        }
        Why::StoreysUnknown(n) => format!("neither storeys nor a surveyed height of {n}"),
        Why::HeightFromStoreys(n) => format!("height of {n} estimated from storeys"),
        Why::HeightGuessed(n) => format!("height of {n} not known"),
        Why::CutByLine(n) => format!("{n} cut by the parcel's line, counted by their share of area"),
        Why::UseUnjudged(n) => format!("use of {n} not known or not judged"),
        Why::NoArea => "the parcel has no area".to_owned(),
    }
}

fn balance_table(out: &mut dyn Write, rows: &[balance::Row]) -> io::Result<()> {
    for row in rows {
        let (code, name) = row.class.map_or(("-", "no known land use"), |class| (class.code.as_str(), class.name.en()));
        writeln!(
            out,
            "{code:<6} {name:<36} {:>6} parcels {:>14} {:>6.2} %",
            row.parcels,
            SquareMetres(row.area).to_string(),
            row.percent
        )?;
    }
    Ok(())
}
