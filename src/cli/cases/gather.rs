//! `cases hotspots`: where cases gather, and where they come again.

use serde_json::{Value as Json, json};

use super::{Desk, moment};
use crate::cli::escape::one_line;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json};
use crate::themes::management::hotspots::{Asked, Square, gather};

/// `cimbase cases PROJECT hotspots`.
#[derive(Debug, clap::Args)]
pub struct Hotspots {
    /// Cases reported from then on; thirty days before the end when absent
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// And before; the last case when absent
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
    /// Only this category: a code or a name
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Side of a square, metres
    #[arg(long, value_name = "M", default_value_t = 200.0)]
    side: f64,
    /// Cases at one place that are a repeat
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
}

pub(super) fn run(desk: &Desk, args: &Hotspots) -> Result<Exit, Failure> {
    if !(args.side.is_finite() && args.side >= 10.0) {
        return Err(Failure::arguments("--side must be at least 10 metres"));
    }
    let (cases, crs) = desk.cases()?;
    let asked = Asked {
        since: args.since.as_ref().map(|text| desk.at(text)),
        until: args.until.as_ref().map(|text| desk.at(text)),
        category: args.category.as_ref().map(|said| desk.rules.categories.id_of(said)),
        side: args.side,
        least: args.repeats,
        ..Asked::default()
    };
    let gathered = gather(&cases, &asked, desk.now);
    let found: Vec<&Square> = gathered.found().collect();
    let (period, squares, again) = (&gathered.period, &gathered.squares, &gathered.repeats);
    let way = super::list::lonlat_of(&crs);
    let lonlat = |xy: [f64; 2]| way.as_ref().and_then(|way| way.point(xy));
    if desk.json {
        let at = |mut answer: Json, xy| {
            answer["lonlat"] = json!(lonlat(xy));
            answer
        };
        print_json(&json!({
            "since": desk.time(period.start),
            "until": desk.time(period.end),
            "side_m": args.side,
            "squares": squares.len(),
            "hot": found.iter().map(|one| at(json!(one), one.xy)).collect::<Vec<_>>(),
            "repeats": again.iter().map(|one| at(json!(one), one.xy)).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Done);
    }
    print(|out| {
        let (count, side) = (squares.len(), args.side);
        writeln!(out, "{count} squares of {side} m looked at; of those named at most 5 % are so by chance")?;
        for one in &found {
            let [x, y] = one.xy;
            let what = match (one.is_hot, one.is_rising) {
                (true, true) => "hot, rising",
                (true, false) => "hot",
                _ => "rising",
            };
            let expected = one.expected.map_or_else(String::new, |n| format!(", {n:.1} expected"));
            let p = one.p.min(one.p_rising);
            writeln!(out, "  {x:.0}, {y:.0}  {what:<12} {} around{expected}; z {:.1}, p {p:.1e}", one.around, one.z)?;
        }
        writeln!(out, "{} places with at least {} of one category", again.len(), args.repeats)?;
        for one in again {
            let ([x, y], count) = (one.xy, one.numbers.len());
            writeln!(out, "  {x:.0}, {y:.0}  {count} x {} {}", one_line(&one.category), one_line(&one.building))?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}
