//! `cimbase planning --schemes`: what is proposed, with the numbers that the panel shows.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::PlanningArgs;
use super::json::dossier_json;
use super::paper::{digits, number, title, unit};
use crate::city::City;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json, say};
use crate::cli::source;
use crate::query::identity::feature_of;
use crate::store::{Store, place};
use crate::themes::planning::dossier::{Dossier, Verdict};
use crate::themes::planning::limits::Rule;
use crate::themes::planning::plan::Plan;
use crate::themes::planning::scheme::{Book, Scheme};
use crate::themes::planning::what_if::WhatIf;

/// A state of a parcel: the data alone, or with a scheme. No dossier where the parcel is not in the data any more.
struct State {
    scheme: Option<Arc<Scheme>>,
    dossier: Option<Dossier>,
}

/// Runs it: all schemes of the project, or those of one parcel.
///
/// # Errors
/// [`Failure`] with [`Exit::Input`] when the file of schemes or a layer cannot be read.
pub(super) fn run(args: &PlanningArgs, city: &City, plan: &Plan<'_>) -> Result<Exit, Failure> {
    let project = source::project(&args.project)?;
    let input = |error: &dyn std::fmt::Display| Failure::input(error.to_string());
    let file = place::file_of(&project).map_err(|error| input(&error))?;
    let store = Store::open_existing(&file, &city.crs).map_err(|error| input(&error))?;
    let (book, issues) = match &store {
        Some(store) => store.schemes().map_err(|error| input(&error))?,
        None => (Book::default(), Vec::new()),
    };
    issues.iter().for_each(|issue| say(format_args!("{}", issue.message)));
    let dossier = |parcel: &str, scheme: Option<&Scheme>| -> Result<Option<Dossier>, Failure> {
        let Some(row) = feature_of(plan.parcels, parcel) else { return Ok(None) };
        let what_if = scheme.map(|scheme| WhatIf::of(city, scheme));
        plan.dossier_if(row, what_if.as_ref()).map_err(|error| input(&error))
    };
    let wanted = |scheme: &&Arc<Scheme>| args.parcel.as_ref().is_none_or(|parcel| scheme.parcel == *parcel);
    let mut states = Vec::new();
    if let Some(parcel) = &args.parcel {
        let Some(found) = dossier(parcel, None)? else {
            return Err(Failure::input(format!("layer {} has no parcel {parcel}", plan.parcels.layer.id)));
        };
        states.push(State { scheme: None, dossier: Some(found) });
    }
    for scheme in book.schemes.iter().filter(wanted) {
        states.push(State { scheme: Some(scheme.clone()), dossier: dossier(&scheme.parcel, Some(scheme))? });
    }
    if args.json {
        let list: Vec<Json> = states.iter().map(|state| state_json(city, state)).collect();
        print_json(&json!({ "file": file, "states": list }))?;
    } else if book.schemes.is_empty() {
        say(format_args!("no schemes yet: they are drawn in the viewer and kept in {}", file.display()));
    } else {
        print(|out| table(out, &states))?;
    }
    let breach = |state: &State| {
        let verdict = state.dossier.as_ref().map(Dossier::verdict);
        state.scheme.is_some() && verdict == Some(Verdict::Breach)
    };
    Ok(if states.iter().any(breach) { Exit::Found } else { Exit::Done })
}

fn state_json(city: &City, state: &State) -> Json {
    let dossier = state.dossier.as_ref().map(|dossier| dossier_json(city, dossier));
    let Some(scheme) = &state.scheme else { return json!({ "scheme": null, "dossier": dossier }) };
    let blocks = scheme.blocks.iter().map(|block| {
        json!({
            "number": block.number,
            "use": block.class.word(),
            "storeys": block.storeys,
            "storey_height_m": block.storey_height,
            "height_m": block.height(),
            "footprint_m2": block.footprint(),
            "outline": block.outline,
        })
    });
    json!({
        "scheme": scheme.name,
        "number": scheme.number,
        "parcel": scheme.parcel,
        "taken_down": scheme.cleared,
        "buildings": blocks.collect::<Vec<_>>(),
        "dossier": dossier,
    })
}

/// States side by side: a line for each, a column for each rule.
fn table(out: &mut dyn Write, states: &[State]) -> io::Result<()> {
    let width = 24;
    write!(out, "{:22} {:width$} {:>9}", "scheme", "parcel", "buildings")?;
    for rule in Rule::ALL {
        write!(out, "  {:>22}", title(rule))?;
    }
    writeln!(out)?;
    for state in states {
        let (name, buildings) = match &state.scheme {
            Some(scheme) => (scheme.name.as_str(), scheme.blocks.len().to_string()),
            None => ("(as it is)", String::new()),
        };
        let parcel = state.scheme.as_ref().map(|scheme| scheme.parcel.as_str());
        let parcel = parcel.or(state.dossier.as_ref().map(|dossier| dossier.id.as_str())).unwrap_or_default();
        write!(out, "{name:22} {parcel:width$} {buildings:>9}")?;
        let Some(dossier) = &state.dossier else {
            writeln!(out, "  this parcel is not in the data any more")?;
            continue;
        };
        for check in &dossier.checks {
            let value = check.measured.map_or_else(|| "-".to_owned(), |span| number(span, digits(check.rule)));
            let mark = if check.verdict == Verdict::Breach { " !" } else { "" };
            write!(out, "  {:>22}", format!("{value}{}{mark}", unit(check.rule)))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "! breaks its limit")
}
