//! `cases move`: steps of the workflow.

use serde_json::json;

use super::add::{each_line, say_line};
use super::{Desk, Who, untaken};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json};
use crate::store::Store;
use crate::store::cases::{Change, TakeError};
use crate::themes::management::calendar::{TimeLimit, TimeUnit};
use crate::themes::management::case::{Action, Case, PlaceBasis, Step};
use crate::themes::management::incoming::{Coordinates, Incoming};
use crate::themes::management::machine::{Finding, Verb};
use crate::themes::management::place::Placer;

/// `cimbase cases PROJECT move`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Verbs: send_verification, verify, accept, refuse, file, send_back, dispatch, apply_void, approve_void, refuse_void,
apply_delay, approve_delay, refuse_delay, apply_return, approve_return, refuse_return, pass_return, apply_suspension,
approve_suspension, refuse_suspension, resume, finish, send_check, check, propose_close, close, redispatch, settle_self,
reject_self, urge, move, note.
With --stdin each line is one JSON object: {\"number\", \"step\": {\"at\", \"actor\": {\"name\", \"role\"}, \"action\": {\"do\": {\"verb\": \"accept\"}}}};
each is answered on a line when it is on the disk."
)]
pub struct MoveCase {
    /// The case
    #[arg(value_name = "NUMBER", required_unless_present = "stdin")]
    number: Option<String>,
    /// What is done
    #[arg(value_name = "VERB", value_parser = verb, required_unless_present = "stdin")]
    verb: Option<Verb>,
    /// The department that it is dispatched to
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Time for handling: AMOUNT:UNIT, such as 4:work_hour; that of its category when absent
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    limit: Option<TimeLimit>,
    /// Hours of a delay that is applied for
    #[arg(long, value_name = "H")]
    hours: Option<f64>,
    /// What was found by verify or check
    #[arg(long, value_parser = ["yes", "no", "unable"])]
    finding: Option<String>,
    /// Where it is moved to
    #[arg(long, value_name = "X,Y", value_parser = crate::cli::parse::point)]
    to: Option<[f64; 2]>,
    /// The CRS of --to; the project's when absent
    #[arg(long, value_name = "C", default_value = "")]
    crs: String,
    /// A picture: an address or a file
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Many steps: one JSON object a line
    #[arg(long, conflicts_with_all = ["number", "verb"])]
    stdin: bool,
    #[command(flatten)]
    who: Who,
}

fn verb(text: &str) -> Result<Verb, String> {
    Verb::from_word(text).filter(|verb| !verb.begins() || *verb == Verb::Report).ok_or_else(|| {
        let known = Verb::ALL.into_iter().filter(|verb| !verb.begins()).map(Verb::word).collect::<Vec<_>>();
        format!("there is no such step; there are {}", known.join(", "))
    })
}

fn limit(text: &str) -> Result<TimeLimit, String> {
    let read = || {
        let (amount, unit) = text.split_once(':')?;
        let amount: f64 = amount.trim().parse().ok().filter(|amount: &f64| *amount > 0.0)?;
        Some(TimeLimit::of(amount, TimeUnit::from_word(unit.trim())?))
    };
    let units = || TimeUnit::ALL.map(TimeUnit::word).join(", ");
    read().ok_or_else(|| format!("expected AMOUNT:UNIT such as 4:work_hour; units are {}", units()))
}

pub(super) fn run(desk: &Desk, args: &MoveCase) -> Result<Exit, Failure> {
    let crs = desk.crs()?;
    let mut store = desk.store(&crs)?;
    if args.stdin {
        return many(desk, &mut store);
    }
    let (Some(number), Some(verb)) = (&args.number, args.verb) else {
        return Err(Failure::arguments("a case and a step are needed"));
    };
    let case = store.case(number).map_err(untaken)?;
    let case = case.ok_or_else(|| Failure::input(format!("there is no case {number}")))?;
    let action = action(desk, args, verb, &case)?;
    let at = crate::themes::management::times::now();
    let step = Step { at, actor: args.who.actor(), action, note: args.note.clone() };
    let change = Change::Take(number.clone(), Box::new(step));
    let done = store.change_cases(vec![change], &desk.rules.calendar, None).map_err(untaken)?;
    let Some(after) = done.first() else { return Ok(Exit::Done) };
    if desk.json {
        let way = super::list::lonlat_of(&crs);
        print_json(&desk.case_json(after, way.as_ref()))?;
    } else {
        print(|out| writeln!(out, "{}  {}", after.number, after.state.names()[1]))?;
    }
    Ok(Exit::Done)
}

fn action(desk: &Desk, args: &MoveCase, verb: Verb, case: &Case) -> Result<Action, Failure> {
    let needs = |what: &str| Failure::arguments(format!("{} needs {what}", verb.word()));
    Ok(match verb {
        // A draft is reported as it is.
        Verb::Report => Action::Begin { verb, facts: Box::new(case.facts.clone()), state: None },
        Verb::Verify | Verb::Check => {
            let finding = match args.finding.as_deref() {
                Some("yes") => Finding::Yes,
                Some("no") => Finding::No,
                Some(_) => Finding::Unable,
                None => return Err(needs("--finding yes, no or unable")),
            };
            Action::Found { verb, finding }
        }
        Verb::Dispatch => Action::Dispatch {
            unit: args.unit.clone().ok_or_else(|| needs("--unit"))?,
            limit: args.limit.unwrap_or_else(|| desk.rules.limit_of(&case.facts.category)),
        },
        Verb::ApplyDelay => Action::ApplyDelay { hours: args.hours.ok_or_else(|| needs("--hours"))? },
        Verb::Move => {
            let xy = args.to.ok_or_else(|| needs("--to X,Y"))?;
            let city = desk.city()?;
            let place = Coordinates { xy, crs: args.crs.clone(), offset: String::new() };
            let report = Incoming { place: Some(place), text: case.facts.text.clone(), ..Incoming::default() };
            let located = Placer::of(&city).locate(&report).map_err(|error| Failure::arguments(error.to_string()))?;
            Action::Move {
                located: Box::new(crate::themes::management::case::Located { basis: PlaceBasis::Moved, ..located }),
            }
        }
        Verb::Note => Action::Note { media: args.photos.clone() },
        verb => Action::Do { verb },
    })
}

/// A line of standard input.
#[derive(serde::Deserialize)]
struct Line {
    number: String,
    step: Step,
}

fn many(desk: &Desk, store: &mut Store) -> Result<Exit, Failure> {
    let mut wrong = false;
    each_line(|line| {
        let answer = match serde_json::from_str::<Line>(line) {
            Ok(Line { number, step }) => {
                let change = Change::Take(number.clone(), Box::new(step));
                match store.change_cases(vec![change], &desk.rules.calendar, None) {
                    Ok(done) => {
                        let case = done.first();
                        json!({ "number": number, "state": case.map(|case| case.state), "steps": case.map(|case| case.steps.len()) })
                    }
                    Err(TakeError::Store(error)) => return Err(Failure::output(error.to_string())),
                    Err(error) => json!({ "number": number, "error": error.to_string() }),
                }
            }
            Err(error) => json!({ "error": format!("no step: {error}") }),
        };
        wrong |= answer.get("error").is_some();
        say_line(&answer)
    })?;
    Ok(if wrong { Exit::Found } else { Exit::Done })
}
