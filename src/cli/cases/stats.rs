//! `cases stats` and `cases replay`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Desk, moment};
use crate::cli::escape::one_line;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json};
use crate::cli::report::{self, ReportArgs};
use crate::snapshot::reports;
use crate::themes::management::figures::{self, Asked, groups};
use crate::themes::management::indicators::{Counter, Counts, INDICATORS, score};
use crate::themes::management::replay::{events, frames};

/// What cases are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// The department.
    Unit,
    /// Who did it.
    Person,
    /// The category.
    Category,
    /// The street (街道): nine digits; ten in codes of 16.
    Street,
    /// The district, six digits.
    District,
    /// The community, the next three digits.
    Community,
    /// The unit grid cell.
    Grid,
    /// The source.
    Source,
}

/// `cimbase cases PROJECT stats`.
#[derive(Debug, clap::Args)]
pub struct CaseStats {
    /// One row for each
    #[arg(long, value_enum)]
    by: Option<By>,
    /// What happened from then on
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// And before; now when absent, and at the latest
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
    /// Only this category: a code or a name
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Counters whatever they are, also those of nothing
    #[arg(long)]
    all: bool,
    /// The figures as a report
    #[command(flatten)]
    report: ReportArgs,
}

/// `cimbase cases PROJECT replay`.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// From when
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// To when
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
    /// Minutes from one frame to the next
    #[arg(long, value_name = "MINUTES", default_value_t = 1440, value_parser = clap::value_parser!(u32).range(1..))]
    step: u32,
    /// What happened as well, in order
    #[arg(long)]
    events: bool,
}

impl From<By> for figures::By {
    fn from(by: By) -> Self {
        match by {
            By::Unit => Self::Unit,
            By::Person => Self::Person,
            By::Category => Self::Category,
            By::Street => Self::Street,
            By::District => Self::District,
            By::Community => Self::Community,
            By::Grid => Self::Grid,
            By::Source => Self::Source,
        }
    }
}

pub(super) fn run(desk: &Desk, args: &CaseStats) -> Result<Exit, Failure> {
    let (cases, _) = desk.cases()?;
    let asked = Asked {
        since: args.since.as_ref().map(|text| desk.at(text)),
        until: args.until.as_ref().map(|text| desk.at(text)),
        category: args.category.as_ref().map(|said| desk.rules.categories.id_of(said)),
        by: args.by.map(figures::By::from),
    };
    let mut groups = groups(&cases, &desk.rules, &asked, desk.now);
    if args.by.is_none() {
        groups.entry(String::new()).or_default();
    }
    if let Some((out, made)) = args.report.asked(&desk.project.title)? {
        let by = asked.by.map_or("", |by| made.language.pick(by.names()[0], by.names()[1]));
        let period = [&args.since, &args.until].map(|text| text.as_deref().unwrap_or("…"));
        let period = if period == ["…"; 2] { String::new() } else { period.join(" – ") };
        let figures = reports::Figures { groups: &groups, by, cases: cases.len(), period: &period };
        report::write(&reports::figures(&made, &figures, &desk.rules), &made, out)?;
    }
    match desk.json {
        true => print_json(&answer(desk, args, cases.len(), &groups))?,
        false => print(|out| {
            writeln!(out, "{} cases; rates are of what happened in the period", cases.len())?;
            for (name, counts) in &groups {
                let name = if name.is_empty() && args.by.is_some() { "(none)" } else { name };
                if args.by.is_some() {
                    writeln!(out, "\n{}", one_line(name))?;
                }
                for counter in Counter::ALL {
                    let count = counts.get(*counter);
                    if count > 0 || args.all {
                        writeln!(out, "  {:<28} {count}", counter.names()[1])?;
                    }
                }
                for indicator in INDICATORS {
                    if let Some(rate) = indicator.of(counts) {
                        writeln!(
                            out,
                            "  {:<28} {:.2} %  = {}",
                            indicator.names[1],
                            100.0 * rate,
                            indicator.formula(false)
                        )?;
                    }
                }
                for of in &desk.rules.scores {
                    if let Some(points) = score(of, &desk.rules, counts) {
                        let grade = desk.rules.grade_of(points).map_or("", |grade| grade.id.as_str());
                        writeln!(out, "  score as {:<19} {points:.2}  {grade}", of.of)?;
                    }
                }
            }
            Ok(())
        })?,
    }
    Ok(Exit::Done)
}

fn answer(desk: &Desk, args: &CaseStats, count: usize, groups: &BTreeMap<String, Counts>) -> Json {
    let group = |(name, counts): (&String, &Counts)| {
        let counters: serde_json::Map<String, Json> =
            Counter::ALL.iter().map(|counter| (counter.word().to_owned(), json!(counts.get(*counter)))).collect();
        let rates: serde_json::Map<String, Json> =
            INDICATORS.iter().map(|one| (one.word.to_owned(), json!(one.of(counts)))).collect();
        let scores = desk.rules.scores.iter().map(|of| {
            let points = score(of, &desk.rules, counts);
            let grade = points.and_then(|points| desk.rules.grade_of(points)).map(|grade| &grade.id);
            (of.of.clone(), json!({ "points": points, "grade": grade }))
        });
        json!({
            "name": if args.by.is_some() { json!(name) } else { Json::Null },
            "counters": counters,
            "rates": rates,
            "scores": scores.collect::<serde_json::Map<_, _>>(),
        })
    };
    let formulas: serde_json::Map<String, Json> = INDICATORS
        .iter()
        .map(|one| {
            let text = json!({ "zh": one.names[0], "en": one.names[1], "formula_zh": one.formula(true), "formula_en": one.formula(false) });
            (one.word.to_owned(), text)
        })
        .collect();
    json!({
        "cases": count,
        "since": args.since,
        "until": args.until,
        "groups": groups.iter().map(group).collect::<Vec<_>>(),
        "indicators": formulas,
    })
}

pub(super) fn replay(desk: &Desk, args: &Replay) -> Result<Exit, Failure> {
    let (cases, _) = desk.cases()?;
    let first = cases.iter().map(|case| case.facts.reported).min().unwrap_or(desk.now);
    // From the midnight of the first day, so that days are days.
    let midnight = || desk.rules.calendar.date(first).and_then(|date| desk.rules.calendar.midnight(date));
    let since = args.since.as_ref().map_or_else(|| midnight().unwrap_or(first), |text| desk.at(text));
    let last = cases.iter().flat_map(|case| [Some(case.facts.reported), case.ended]).flatten().max().unwrap_or(since);
    let until = args.until.as_ref().map_or(last.min(desk.now) + 1, |text| desk.at(text));
    let period = since..until.max(since);
    let frames = frames(&cases, &period, i64::from(args.step) * 60_000);
    let happened = if args.events { events(&cases, &period) } else { Vec::new() };
    if desk.json {
        let frame = |frame: &crate::themes::management::replay::Frame| json!({ "at": desk.time(frame.at), "open": frame.open, "reported": frame.reported, "ended": frame.ended });
        let event = |event: &crate::themes::management::replay::Event| json!({ "at": desk.time(event.at), "number": event.number, "verb": event.verb });
        print_json(&json!({
            "since": desk.time(period.start),
            "until": desk.time(period.end),
            "frames": frames.iter().map(frame).collect::<Vec<_>>(),
            "events": happened.iter().map(event).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Done);
    }
    print(|out| {
        writeln!(out, "{:<26} {:>8} {:>9} {:>7}", "until", "open", "reported", "ended")?;
        for frame in &frames {
            writeln!(out, "{:<26} {:>8} {:>9} {:>7}", desk.time(frame.at), frame.open, frame.reported, frame.ended)?;
        }
        for event in &happened {
            let verb = event.verb.map_or("ended elsewhere", |verb| verb.word());
            writeln!(out, "{}  {}  {verb}", desk.time(event.at), event.number)?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}
