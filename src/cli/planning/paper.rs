//! Answers of planning for people.

use std::io::{self, Write};

use super::rule_basis;
use crate::city::City;
use crate::cli::output::say;
use crate::model::control_line::Relation;
use crate::themes::planning::balance;
use crate::themes::planning::control::{self, Extent};
use crate::themes::planning::dossier::{Check, Dossier, Verdict};
use crate::themes::planning::limits::{NoLimit, Rule};
use crate::themes::planning::neighbourhood::Neighbourhood;
use crate::themes::planning::plan::Plan;
use crate::themes::planning::span::Span;
use crate::themes::records::{Records, Summary};
use crate::units::{SquareMetres, grouped};

pub(super) fn around_paper(out: &mut dyn Write, around: &Neighbourhood) -> io::Result<()> {
    if let Some(units) = around.registered_units {
        writeln!(out, "registered units  {units}")?;
    }
    if let Some(cases) = around.cases {
        writeln!(out, "cases             {} open, {} in all", cases.open, cases.all)?;
    }
    for one in &around.neighbours {
        let far = if one.adjoins { "adjoins".to_owned() } else { format!("{} m away", grouped(one.distance_m, 0)) };
        writeln!(out, "neighbour         {} {} {far}", one.id, one.land_use.as_deref().unwrap_or("-"))?;
    }
    Ok(())
}

pub(super) fn records_paper(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
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

/// A measured value: one number, or the bounds between which it lies.
pub(super) fn number(span: Span, digits: usize) -> String {
    match (span.is_exact(), span.high.is_finite()) {
        (true, false) => "-".to_owned(),
        (true, true) => grouped(span.low, digits),
        (false, true) => format!("{} to {}", grouped(span.low, digits), grouped(span.high, digits)),
        (false, false) => format!("at least {}", grouped(span.low, digits)),
    }
}

pub(super) fn digits(rule: Rule) -> usize {
    match rule {
        Rule::Far | Rule::Use => 2,
        Rule::Parking => 0,
        _ => 1,
    }
}

pub(super) fn unit(rule: Rule) -> &'static str {
    match rule {
        Rule::Density | Rule::Green => " %",
        Rule::Height | Rule::Setback => " m",
        Rule::Parking => " spaces",
        Rule::Far | Rule::Use => "",
    }
}

pub(super) fn title(rule: Rule) -> &'static str {
    match rule {
        Rule::Far => "floor area ratio",
        Rule::Density => "density",
        Rule::Height => "height",
        Rule::Green => "green ratio",
        Rule::Setback => "setback",
        Rule::Parking => "parking",
        Rule::Use => "foreign use",
    }
}

pub(super) fn line(check: &Check) -> String {
    let measured = check.measured.map_or("not measured".to_owned(), |span| number(span, digits(check.rule)));
    let limit = match &check.limit {
        Ok(limit) => format!(
            "{} {}{}{}",
            if check.rule.is_least() { "at least" } else { "at most" },
            number(Span::of(limit.low, limit.value), digits(check.rule)),
            unit(check.rule),
            if limit.as_share { " (a share of 1 in the data)" } else { "" }
        ),
        Err(NoLimit::Negative) => "the limit is below 0 and cannot be".to_owned(),
        Err(NoLimit::Unread) => "the limit was not understood".to_owned(),
        Err(NoLimit::NotJudged) => "not judged: the table says nothing of this land use".to_owned(),
        Err(NoLimit::NoUses) => "not judged: the buildings do not say uses".to_owned(),
        Err(NoLimit::NothingServed) => "no limit: nothing is built that needs it".to_owned(),
        Err(NoLimit::Zero) => "no limit (the field says 0)".to_owned(),
        Err(_) => "no limit".to_owned(),
    };
    let unit = if check.measured.is_some() { unit(check.rule) } else { "" };
    format!("{:<17} {measured}{unit}, {limit}: {}", title(check.rule), check.verdict.word())
}

pub(super) fn table(out: &mut dyn Write, plan: &Plan<'_>, found: &[Dossier]) -> io::Result<()> {
    writeln!(out, "layer {}: {} parcels; floor area by {}", plan.parcels.layer.id, found.len(), plan.rule.name().en())?;
    writeln!(out, "  ({}; {})", rule_basis(plan), plan.rule.source)?;
    for verdict in Verdict::ALL.iter().rev() {
        let count = found.iter().filter(|dossier| dossier.verdict() == *verdict).count();
        writeln!(out, "  {:<9} {}", verdict.word(), grouped(count as f64, 0))?;
    }
    control_table(out, found)?;
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

/// How many parcels cross which kind of control line, or lie within or outside of it where that is worth a look.
fn control_table(out: &mut dyn Write, found: &[Dossier]) -> io::Result<()> {
    let mut lines = Vec::new();
    for (kind, counts) in control::count(found.iter().map(|dossier| dossier.control_lines.as_slice())) {
        let relations = [Relation::Crossing, Relation::Inside, Relation::Outside].into_iter().zip(counts);
        let worth = relations.filter(|(relation, count)| *count > 0 && kind.matters(*relation));
        let said: Vec<String> =
            worth.map(|(relation, count)| format!("{} {}", grouped(f64::from(count), 0), relation.word())).collect();
        if !said.is_empty() {
            lines.push(format!("    {:<30} {}", kind.name.en(), said.join(", ")));
        }
    }
    if !lines.is_empty() {
        writeln!(out, "  parcels at control lines")?;
    }
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

pub(super) fn join_line(out: &mut dyn Write, city: &City, records: &Records) -> io::Result<()> {
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

pub(super) fn paper(out: &mut dyn Write, plan: &Plan<'_>, dossier: &Dossier) -> io::Result<()> {
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
    for link in &dossier.control_lines {
        let called = [link.name.en(), &link.id].into_iter().find(|text| !text.is_empty());
        let called = called.map_or(String::new(), |text| format!(" {text}"));
        let extent = match link.extent {
            Extent::None => String::new(),
            Extent::Area(area, share) => format!(", {} ({:.1} % of the parcel)", SquareMetres(area), 100.0 * share),
            Extent::Length(metres) => format!(", {} m run through it", grouped(metres, 1)),
        };
        writeln!(out, "  {:<17} {}{called} ({}){extent}", "control line", link.kind.name.en(), link.layer)?;
        writeln!(out, "    {}", link.relation.word())?;
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

pub(super) fn reason(why: crate::themes::planning::dossier::Why) -> String {
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
        Why::BuildingsElsewhere => "the layers of buildings lie nowhere near the parcels".to_owned(),
        Why::NoSpaces => "neither the parcel nor its buildings say how many spaces there are".to_owned(),
        Why::SpacesUnknown(n) => format!("spaces of {n} not known"),
        Why::DwellingsUnknown(n) => format!("dwellings of {n} not known"),
        Why::FootprintsOverlap(m2) => format!(
            "{m2} m² of footprints lie on each other: density counts that ground once, the floor area each of them"
        ),
    }
}

/// Codes of no known land use that are named to people.
const CODES: usize = 12;

pub(super) fn balance_table(out: &mut dyn Write, rows: &[balance::Row]) -> io::Result<()> {
    for row in rows {
        let (code, name) = row.class.map_or(("-", "no known land use"), |class| (class.code.as_str(), class.name.en()));
        writeln!(
            out,
            "{code:<6} {name:<36} {:>6} parcels {:>14} {:>6.2} %",
            row.parcels,
            SquareMetres(row.area).to_string(),
            row.percent
        )?;
        if !row.unknown.is_empty() {
            let codes: Vec<String> = row.unknown.iter().take(CODES).map(|(code, n)| format!("{code} {n}")).collect();
            let more = if row.unknown.len() > CODES { ", …; all of them with --json" } else { "" };
            writeln!(out, "       these say {}{more}", codes.join(", "))?;
        }
    }
    Ok(())
}
