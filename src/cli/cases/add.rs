//! `cases add`: a new case, or many from standard input.

use std::io::BufRead;

use serde_json::json;

use super::{Desk, Who, untaken};
use crate::city::City;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json, say};
use crate::place::Crs;
use crate::query::identity::feature_of;
use crate::store::Store;
use crate::store::cases::Change;
use crate::themes::management::case::{Action, Case, Facts, Step, Subject};
use crate::themes::management::incoming::{Coordinates, Incoming, Reporter};
use crate::themes::management::machine::{Role, Verb};
use crate::themes::management::place::{NoPlace, Placer};

/// The longest line of standard input, bytes.
pub(super) const LONGEST: usize = 16 << 20;

/// `cimbase cases PROJECT add`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "With --stdin each line is one JSON object: {\"text\", \"category\", \"address\", \"place\": {\"xy\": [X, Y], \
\"crs\", \"offset\"}, \"reported\", \"reporter\": {\"name\", \"phone\"}, …}; each is answered with its number on a line when it is on the disk."
)]
pub struct AddCase {
    /// What was seen
    #[arg(long, value_name = "TEXT", required_unless_present = "stdin")]
    text: Option<String>,
    /// The category: a code or a name
    #[arg(long, value_name = "CATEGORY", default_value = "")]
    category: String,
    /// Where it is
    #[arg(long, value_name = "X,Y", value_parser = crate::cli::parse::point)]
    at: Option<[f64; 2]>,
    /// The CRS of --at; the project's when absent
    #[arg(long, value_name = "C", default_value = "")]
    crs: String,
    /// --at is obfuscated
    #[arg(long, value_parser = ["gcj02", "bd09"])]
    offset: Option<String>,
    /// How far the place may be off, metres
    #[arg(long, value_name = "M")]
    accuracy: Option<f64>,
    /// Where it is, in words
    #[arg(long, value_name = "TEXT", default_value = "")]
    address: String,
    /// How it was reported
    #[arg(long, value_name = "CHANNEL", default_value = "")]
    channel: String,
    /// Who reported it
    #[arg(long, value_name = "NAME", default_value = "")]
    reporter: String,
    /// His telephone
    #[arg(long, value_name = "NUMBER", default_value = "")]
    phone: String,
    /// A picture: an address or a file
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<String>,
    /// An objection to data: the feature that is wrong, by its layer and id
    #[arg(long, value_name = "LAYER:ID")]
    on: Option<String>,
    /// What of it is wrong: a field (with --on)
    #[arg(long, value_name = "FIELD", default_value = "", requires = "on")]
    what: String,
    /// The grid member settled it on the spot
    #[arg(long)]
    self_handled: bool,
    /// Many cases: one JSON object a line
    #[arg(long, conflicts_with_all = ["text", "at", "address"])]
    stdin: bool,
    #[command(flatten)]
    who: Who,
}

pub(super) fn run(desk: &Desk, args: &AddCase) -> Result<Exit, Failure> {
    let city = desk.city()?;
    let mut store = desk.store(&city.crs)?;
    let placer = Placer::of(&city);
    // Of a feed's report the case is kept and the reason said; a person at a terminal can say it again.
    if !args.crs.is_empty() {
        Crs::parse(&args.crs).map_err(|error| Failure::arguments(format!("--crs: {error}")))?;
    }
    if args.stdin {
        return many(desk, args, &mut store, &placer);
    }
    let report = Incoming {
        text: args.text.clone().unwrap_or_default(),
        category: args.category.clone(),
        address: args.address.clone(),
        channel: args.channel.clone(),
        place: args.at.map(|xy| Coordinates {
            xy,
            crs: args.crs.clone(),
            offset: args.offset.clone().unwrap_or_default(),
        }),
        accuracy_m: args.accuracy,
        reporter: Reporter { name: args.reporter.clone(), phone: args.phone.clone(), email: String::new() },
        media: args.photos.clone(),
        ..Incoming::default()
    };
    let subject = args.on.as_deref().map(|on| subject(&city, on, &args.what)).transpose()?;
    let report = match &subject {
        // It lies where the feature does, unless something else is said.
        Some((_, at)) if report.place.is_none() && report.address.is_empty() => {
            Incoming { place: at.clone(), ..report }
        }
        _ => report,
    };
    let case = add(desk, args, &mut store, &placer, &report, subject.map(|(subject, _)| subject))?;
    if desk.json {
        let way = super::list::lonlat_of(&city.crs);
        print_json(&desk.case_json(&case, way.as_ref()))?;
    } else {
        print(|out| writeln!(out, "{}", case.number))?;
    }
    Ok(Exit::Done)
}

fn add(
    desk: &Desk,
    args: &AddCase,
    store: &mut Store,
    placer: &Placer,
    report: &Incoming,
    subject: Option<Subject>,
) -> Result<Case, Failure> {
    let located = match placer.locate(report) {
        Ok(located) => Some(located),
        Err(NoPlace::Nothing) => None,
        Err(reason) => {
            say(format_args!("warning: no place: {reason}"));
            None
        }
    };
    let verb = match args.who.role {
        Role::GridMember => Verb::Report,
        _ => Verb::Register,
    };
    let facts = Facts {
        source: "desk".to_owned(),
        source_id: report.source_id.clone(),
        category: desk.rules.categories.id_of(&report.category),
        channel: report.channel.clone(),
        text: report.text.clone(),
        address: report.address.clone(),
        reported: report.reported.unwrap_or(desk.now),
        located,
        reporter: report.reporter.clone(),
        media: report.media.clone(),
        subject,
        self_handled: args.self_handled,
        ..Facts::default()
    };
    let action = Action::Begin { verb, facts: Box::new(facts), state: None };
    let at = crate::themes::management::times::now();
    let step = Step { at, actor: args.who.actor(), action, note: String::new() };
    let done = store.change_cases(vec![Change::Begin(Box::new(step))], &desk.rules.calendar, None).map_err(untaken)?;
    done.into_iter().next().ok_or_else(|| Failure::output("nothing was kept"))
}

/// The feature that an objection is about, and where it is.
fn subject(city: &City, on: &str, what: &str) -> Result<(Subject, Option<Coordinates>), Failure> {
    let wrong = || Failure::arguments(format!("--on {on}: expected LAYER:ID"));
    let (layer, id) = on.split_once(':').ok_or_else(wrong)?;
    let found = crate::cli::source::layer(city, layer)?;
    let none = || Failure::input(format!("layer {layer} has no feature {id}"));
    let row = feature_of(found, id).ok_or_else(none)?;
    let (held, row) = found.of_row(row).map_err(|error| Failure::input(error.to_string()))?;
    let xy = held.table.geometry.centroid(row);
    let at = xy.map(|xy| Coordinates { xy, crs: String::new(), offset: String::new() });
    Ok((Subject { layer: layer.to_owned(), feature: id.to_owned(), what: what.to_owned() }, at))
}

/// One JSON object a line, each answered on a line of its own when it is on the disk.
fn many(desk: &Desk, args: &AddCase, store: &mut Store, placer: &Placer) -> Result<Exit, Failure> {
    let mut wrong = false;
    each_line(|line| {
        let answer = match serde_json::from_str::<Incoming>(line) {
            Ok(report) => match add(desk, args, store, placer, &report, None) {
                Ok(case) => json!({ "number": case.number, "source_id": case.facts.source_id }),
                Err(failure) if failure.exit == Exit::Output => return Err(failure),
                Err(failure) => json!({ "error": failure.message, "source_id": report.source_id }),
            },
            Err(error) => json!({ "error": format!("no report: {error}") }),
        };
        wrong |= answer.get("error").is_some();
        say_line(&answer)
    })?;
    Ok(if wrong { Exit::Found } else { Exit::Done })
}

/// Reads standard input line by line; empty lines are nothing.
pub(super) fn each_line(mut take: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = std::io::Read::take(&mut input, LONGEST as u64);
        let read =
            bounded.read_until(b'\n', &mut line).map_err(|error| Failure::input(format!("standard input: {error}")))?;
        if read == 0 {
            return Ok(());
        }
        if line.len() == LONGEST && !line.ends_with(b"\n") {
            return Err(Failure::input(format!("standard input: a line is longer than {} MiB", LONGEST >> 20)));
        }
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            take(text.trim())?;
        }
    }
}

/// An answer on a line, at once.
pub(super) fn say_line(answer: &serde_json::Value) -> Result<(), Failure> {
    print(|out| writeln!(out, "{answer}"))
}
