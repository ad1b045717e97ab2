//! `cases list` and `cases show`.

use serde_json::json;

use super::{Desk, moment};
use crate::cli::Viewer;
use crate::cli::escape::one_line;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json};
use crate::cli::report::{self, ReportArgs};
use crate::place::{Crs, Transform};
use crate::snapshot::reports;
use crate::themes::housing::personal::Kind;
use crate::themes::management::case::{Case, Light};
use crate::themes::management::machine::State;
use crate::themes::management::near::{Near, NearLayer, REACH, near};

/// `cimbase cases PROJECT list`.
#[derive(Debug, Default, clap::Args)]
pub struct ListCases {
    /// Only cases in this state
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<State>,
    /// Only those that are not at their end
    #[arg(long)]
    open: bool,
    /// Only those over their time
    #[arg(long)]
    overdue: bool,
    /// Only this category: a code or a name
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Only those of a department
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Only those in an area: the beginning of its code
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// Only those whose number, text or address holds this
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// Only objections to a feature, LAYER:ID, or to any of a LAYER
    #[arg(long, value_name = "LAYER:ID")]
    on: Option<String>,
    /// Only those reported from then on
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// Only those reported before
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
    /// Only those within so many metres of X,Y (--crs)
    #[arg(long, value_name = "X,Y", value_parser = crate::cli::parse::point, requires = "within")]
    near: Option<[f64; 2]>,
    /// Metres around --near
    #[arg(long, value_name = "M")]
    within: Option<f64>,
    /// The CRS of --near; the project's when absent
    #[arg(long, value_name = "C")]
    crs: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// `cimbase cases PROJECT show`.
#[derive(Debug, clap::Args)]
pub struct ShowCase {
    /// The case
    #[arg(value_name = "NUMBER")]
    number: String,
    /// What lies within 100 m of it as well: other cases, parts, points of any layer
    #[arg(long)]
    near: bool,
    /// The case as a report
    #[command(flatten)]
    report: ReportArgs,
}

fn state(text: &str) -> Result<State, String> {
    let known = || State::ALL.map(State::word).join(", ");
    State::of_words(text).ok_or_else(|| format!("there is no such state; there are {}", known()))
}

impl ListCases {
    /// Whether a case fits; `near` is the place of `--near` in the project CRS.
    fn fits(&self, desk: &Desk, case: &Case, near: Option<[f64; 2]>) -> bool {
        let facts = &case.facts;
        let light = || case.light(&desk.rules.calendar, desk.now);
        let holds = |text: &String| {
            let text = text.to_lowercase();
            [&case.number, &facts.text, &facts.address].iter().any(|one| one.to_lowercase().contains(&text))
        };
        let objects = |on: &String| {
            let (layer, id) = on.split_once(':').unwrap_or((on, ""));
            facts.subject.as_ref().is_some_and(|one| one.layer == layer && (id.is_empty() || one.feature == id))
        };
        let close = |[x, y]: [f64; 2]| {
            let reach = self.within.unwrap_or(0.0);
            facts.located.as_ref().is_some_and(|located| (located.xy[0] - x).hypot(located.xy[1] - y) <= reach)
        };
        self.state.is_none_or(|state| case.state == state)
            && (!self.open || !case.state.is_end())
            && (!self.overdue || light() == Some(Light::Red))
            && self.category.as_ref().is_none_or(|said| facts.category == desk.rules.categories.id_of(said))
            && self.unit.as_ref().is_none_or(|unit| case.unit() == unit)
            && self.area.as_ref().is_none_or(|area| case.area().starts_with(area.as_str()))
            && self.find.as_ref().is_none_or(holds)
            && self.since.as_ref().is_none_or(|since| facts.reported >= desk.at(since))
            && self.until.as_ref().is_none_or(|until| facts.reported < desk.at(until))
            && near.is_none_or(close)
            && self.on.as_ref().is_none_or(objects)
    }
}

/// Overdue ones first, then those that are due next, then the newest.
fn urgent_first(desk: &Desk, cases: &mut [&Case]) {
    let calendar = &desk.rules.calendar;
    cases.sort_by_cached_key(|case| {
        let red = case.light(calendar, desk.now) == Some(Light::Red);
        let due = if case.state.is_end() { i64::MAX } else { case.due(calendar).unwrap_or(i64::MAX - 1) };
        (!red, due, std::cmp::Reverse(case.facts.reported))
    });
}

pub(super) fn lonlat_of(crs: &Crs) -> Option<Transform> {
    Crs::wgs84().and_then(|degrees| Transform::new(crs, &degrees)).ok()
}

/// The cases that fit, the most urgent first.
pub(super) fn chosen<'c>(
    desk: &Desk,
    args: &ListCases,
    cases: &'c [Case],
    crs: &Crs,
) -> Result<Vec<&'c Case>, Failure> {
    let near = match (args.near, &args.crs) {
        (Some(xy), Some(name)) => {
            let wrong = |error: String| Failure::arguments(format!("--crs: {error}"));
            let from = Crs::parse(name).map_err(|error| wrong(error.to_string()))?;
            let way = Transform::new(&from, crs).map_err(|error| wrong(error.to_string()))?;
            let none = || Failure::arguments(format!("--near: that is no place in {name}"));
            Some(way.point(xy).ok_or_else(none)?)
        }
        (near, _) => near,
    };
    let mut fit: Vec<&Case> = cases.iter().filter(|case| args.fits(desk, case, near)).collect();
    urgent_first(desk, &mut fit);
    Ok(fit)
}

pub(super) fn run(desk: &Desk, args: &ListCases) -> Result<Exit, Failure> {
    let (cases, crs) = desk.cases()?;
    let mut fit = chosen(desk, args, &cases, &crs)?;
    let count = fit.len();
    fit.truncate(args.limit.unwrap_or(usize::MAX));
    desk.record_unmasking();
    if desk.json {
        let way = lonlat_of(&crs);
        let cases: Vec<_> = fit.iter().map(|case| desk.case_json(case, way.as_ref())).collect();
        print_json(&json!({ "count": count, "cases": cases }))?;
        return Ok(Exit::Done);
    }
    print(|out| {
        for case in &fit {
            let light = match case.light(&desk.rules.calendar, desk.now) {
                Some(Light::Red) => "overdue",
                Some(Light::Yellow) => "soon",
                Some(Light::Green) => "in time",
                None => "",
            };
            let category = desk.rules.categories.find(&case.facts.category);
            let category = category.map_or(case.facts.category.as_str(), |category| category.name.en());
            let text = desk.personal(Kind::Text, &case.facts.text);
            let text: String = one_line(&text).chars().take(60).collect();
            writeln!(
                out,
                "{}  {:<18} {:<8} {:<24} {}",
                case.number,
                case.state.names()[1],
                light,
                one_line(category),
                text
            )?;
        }
        writeln!(out, "{count} cases")
    })?;
    Ok(Exit::Done)
}

pub(super) fn show(desk: &Desk, args: &ShowCase, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    let asked = args.report.asked(&desk.project.title)?;
    let (cases, crs) = desk.cases()?;
    let case = cases.iter().find(|case| case.number == args.number);
    let case = case.ok_or_else(|| Failure::input(format!("there is no case {}", args.number)))?;
    desk.record_unmasking();
    let way = lonlat_of(&crs);
    let near = args.near.then(|| near_of(desk, &cases, case)).transpose()?;
    if let Some((out, made)) = &asked {
        let mut report = reports::case(made, case, &desk.rules, desk.now, desk.unmask);
        if let Some(located) = case.facts.located.as_ref().filter(|_| !desk.project.layers.is_empty()) {
            report::illustrate_place(&mut report, &desk.project, viewer, located.xy);
        }
        report::write(&report, made, out)?;
    }
    if desk.json {
        let mut answer = desk.case_json(case, way.as_ref());
        if let Some(near) = &near {
            answer["near"] = near_json(near);
        }
        let steps = case.steps.iter().map(|step| {
            json!({
                "at": desk.time(step.at),
                "actor": step.actor.name,
                "role": step.actor.role,
                "verb": step.action.verb(),
                "note": desk.personal(Kind::Text, &step.note),
            })
        });
        answer["history"] = steps.collect();
        print_json(&answer)?;
        return Ok(Exit::Done);
    }
    print(|out| {
        let facts = &case.facts;
        writeln!(out, "case {}  {}", case.number, case.state.names()[1])?;
        writeln!(out, "  category   {}", one_line(&facts.category))?;
        writeln!(out, "  text       {}", one_line(&desk.personal(Kind::Text, &facts.text)))?;
        writeln!(out, "  address    {}", one_line(&desk.personal(Kind::Text, &facts.address)))?;
        writeln!(out, "  reported   {}", desk.time(facts.reported))?;
        if let Some(due) = case.due(&desk.rules.calendar) {
            writeln!(out, "  due        {}", desk.time(due))?;
        }
        if !case.unit().is_empty() {
            writeln!(out, "  department {}", one_line(case.unit()))?;
        }
        if let Some(located) = &facts.located {
            let [x, y] = located.xy;
            writeln!(out, "  place      {x:.1}, {y:.1}")?;
            for (name, value) in [
                ("grid", &located.grid),
                ("parcel", &located.parcel),
                ("building", &located.building),
                ("within", &located.within),
                ("street", &located.street),
            ] {
                if !value.is_empty() {
                    writeln!(out, "  {name:<10} {}", one_line(value))?;
                }
            }
        }
        for one in near.iter().flat_map(|near| &near.cases) {
            writeln!(out, "  near       case {}, {:.0} m", one.number, one.metres)?;
        }
        for layer in near.iter().flat_map(|near| &near.layers) {
            let named = layer.named.iter().map(|thing| format!("{} {:.0} m", one_line(&thing.title[0]), thing.metres));
            let named: Vec<String> = named.collect();
            writeln!(out, "  near       {} of {}: {}", layer.count, one_line(&layer.layer), named.join(", "))?;
        }
        writeln!(out, "  history")?;
        for step in &case.steps {
            let (verb, role) = (step.action.verb().word(), step.actor.role.word());
            let note = desk.personal(Kind::Text, &step.note);
            writeln!(
                out,
                "    {}  {verb:<18} {role:<12} {} {}",
                desk.time(step.at),
                one_line(&step.actor.name),
                one_line(&note)
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn near_of(desk: &Desk, cases: &[Case], case: &Case) -> Result<Near, Failure> {
    let Some(located) = &case.facts.located else { return Ok(Near::default()) };
    let city = desk.city()?;
    near(Some(&city), cases, Some(&case.number), located.xy, REACH).map_err(|error| Failure::input(error.to_string()))
}

fn near_json(near: &Near) -> serde_json::Value {
    let things = |layer: &NearLayer| -> Vec<serde_json::Value> {
        let named = layer.named.iter();
        named.map(|thing| json!({ "id": thing.id, "title": thing.title, "metres": thing.metres })).collect()
    };
    let cases = near.cases.iter().map(|one| json!({ "number": one.number, "metres": one.metres }));
    let layers =
        near.layers.iter().map(|layer| json!({ "layer": layer.layer, "count": layer.count, "nearest": things(layer) }));
    json!({
        "within_m": REACH,
        "case_count": near.case_count,
        "cases": cases.collect::<Vec<_>>(),
        "layers": layers.collect::<Vec<_>>(),
    })
}
