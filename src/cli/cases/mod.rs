//! The `cases` command: city management without a window.

mod add;
mod export;
mod gather;
mod import;
mod list;
mod moved;
mod stats;
mod watch;

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::exit::{Exit, Failure};
use super::{Viewer, source};
use crate::city::City;
use crate::model::project::Project;
use crate::place::{Crs, Transform};
use crate::store::cases::TakeError;
use crate::store::{Store, StoreError, place};
use crate::themes::housing::personal::{Kind, masked};
use crate::themes::management::case::{Actor, Case};
use crate::themes::management::machine::Role;
use crate::themes::management::rules::Rules;
use crate::themes::management::times;

/// `cimbase cases`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cimbase cases district import hotline.csv --category 0102     a table becomes cases; rows that cannot are named
  cimbase cases district list --overdue                         what is over its time
  cimbase cases district add --text 路灯不亮 --category part:0118 --at 117.2,39.12 --crs EPSG:4326
  cimbase cases district move 20261001000007 dispatch --as dispatcher --unit 环卫 --limit 4:work_hour
  cimbase cases district stats --by unit --json                 indicators with their formulas
  cimbase cases district show 20261001000007 --report a.pdf     a case with its history as pages; so with stats
  cimbase cases district export --out cases.geojson

Cases are kept in work.gpkg beside the project; each change is on the disk when the command says so.
Exit code 1: something was refused or skipped, and said.")]
pub struct CasesArgs {
    /// A project.toml, its folder, or a data file
    #[arg(required = true, value_name = "PROJECT")]
    pub project: PathBuf,
    /// What to do; list when absent
    #[command(subcommand)]
    pub what: Option<What>,
    /// Show personal data as it is; recorded
    #[arg(long, global = true)]
    pub unmask: bool,
    /// JSON instead of a table
    #[arg(long, global = true)]
    pub json: bool,
}

/// What is done with cases.
#[derive(Debug, clap::Subcommand)]
pub enum What {
    /// Tables of incidents become cases
    Import(import::ImportCases),
    /// Cases that fit
    List(list::ListCases),
    /// A new case, or many from standard input
    Add(add::AddCase),
    /// A step of a case's workflow, or many from standard input
    Move(moved::MoveCase),
    /// One case with its history
    Show(list::ShowCase),
    /// Counters, rates and scores
    Stats(stats::CaseStats),
    /// How many there were at each moment of a period, and what happened
    Replay(stats::Replay),
    /// Where cases gather, with how sure that is, and places where they come again
    Hotspots(gather::Hotspots),
    /// Take what the project's feeds bring, until it is stopped
    Watch(watch::Watch),
    /// Cases as a file: .csv, .geojson or .fgb
    Export(export::ExportCases),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]: wrong arguments (2); the project or its file cannot be read (3) or written (4).
pub fn run(args: &CasesArgs, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    let desk = Desk::of(args)?;
    let usual = What::List(list::ListCases::default());
    match args.what.as_ref().unwrap_or(&usual) {
        What::Import(import) => import::run(&desk, import),
        What::List(list) => list::run(&desk, list),
        What::Add(add) => add::run(&desk, add),
        What::Move(step) => moved::run(&desk, step),
        What::Show(show) => list::show(&desk, show, viewer),
        What::Stats(stats) => stats::run(&desk, stats),
        What::Replay(replay) => stats::replay(&desk, replay),
        What::Hotspots(hotspots) => gather::run(&desk, hotspots),
        What::Watch(watch) => watch::run(&desk, watch),
        What::Export(export) => export::run(&desk, export),
    }
}

/// A project, its rules, and how answers are given.
struct Desk {
    project: Project,
    rules: Rules,
    json: bool,
    unmask: bool,
    now: i64,
}

impl Desk {
    fn of(args: &CasesArgs) -> Result<Self, Failure> {
        let project = source::project(std::slice::from_ref(&args.project))?;
        let rules = Rules::of_folder(&project.folder).map_err(Failure::input)?;
        Ok(Self { project, rules, json: args.json, unmask: args.unmask, now: times::now() })
    }

    /// The project CRS where the project says it; else that of its layers, which are opened for it.
    fn crs(&self) -> Result<Crs, Failure> {
        match &self.project.crs {
            Some(crs) => Crs::parse(crs).map_err(|error| Failure::input(error.to_string())),
            None => Ok(self.city()?.crs.clone()),
        }
    }

    /// The city in which cases are placed: of a project without layers one that is empty.
    fn city(&self) -> Result<City, Failure> {
        if let (true, Some(_)) = (self.project.layers.is_empty(), &self.project.crs) {
            return Ok(City::without_layers(self.crs()?));
        }
        source::city_of(&self.project)
    }

    /// The file, made where there is none.
    fn store(&self, crs: &Crs) -> Result<Store, Failure> {
        let path = place::file_of(&self.project).map_err(unwritten)?;
        Store::open(&path, crs).map_err(unwritten)
    }

    /// All cases; those that cannot be read are said.
    fn cases(&self) -> Result<(Vec<Case>, Crs), Failure> {
        let crs = self.crs()?;
        let path = place::file_of(&self.project).map_err(unread)?;
        let Some(store) = Store::open_existing(&path, &crs).map_err(unread)? else { return Ok((Vec::new(), crs)) };
        let (cases, issues) = store.cases().map_err(unread)?;
        issues.iter().for_each(|issue| super::output::say(format_args!("warning: {}", issue.message)));
        Ok((cases, crs))
    }

    /// Records that personal data is shown.
    fn record_unmasking(&self) {
        if self.unmask {
            let fields = ["reporter", "phone", "email"];
            if let Err(error) = crate::store::unmasking::record(&self.project, "cases", &fields) {
                super::output::say(format_args!("warning: --unmask could not be logged: {error}"));
            }
        }
    }

    /// A name, a telephone or an e-mail address, masked unless it is asked for.
    fn personal(&self, kind: Kind, text: &str) -> String {
        if self.unmask { text.to_owned() } else { masked(kind, text) }
    }

    /// A moment for people and JSON: in the place's own time.
    fn time(&self, at: i64) -> String {
        let offset = self.rules.calendar.offset();
        let seconds = i32::try_from(offset / 1_000).unwrap_or(0);
        let zone = jiff::tz::Offset::from_seconds(seconds).map(jiff::tz::TimeZone::fixed);
        match (jiff::Timestamp::from_millisecond(at), zone) {
            (Ok(at), Ok(zone)) => at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            _ => at.to_string(),
        }
    }

    /// A case as JSON; `way` leads to longitude and latitude.
    fn case_json(&self, case: &Case, way: Option<&Transform>) -> Json {
        let facts = &case.facts;
        let located = facts.located.as_ref();
        let lonlat = located.and_then(|located| way?.point(located.xy));
        let category = self.rules.categories.find(&facts.category);
        let reporter = (!facts.reporter.is_empty()).then(|| {
            json!({
                "name": self.personal(Kind::Name, &facts.reporter.name),
                "phone": self.personal(Kind::Landline, &facts.reporter.phone),
                "email": self.personal(Kind::Email, &facts.reporter.email),
            })
        });
        json!({
            "number": case.number,
            "state": case.state,
            "state_zh": case.state.names()[0],
            "light": case.light(&self.rules.calendar, self.now),
            "category": facts.category,
            "category_zh": category.map(|category| category.name.zh()),
            "category_en": category.map(|category| category.name.en()),
            "channel": facts.channel,
            "text": self.personal(Kind::Text, &facts.text),
            "address": self.personal(Kind::Text, &facts.address),
            "reported": self.time(facts.reported),
            "due": case.due(&self.rules.calendar).map(|at| self.time(at)),
            "ended": case.ended.map(|at| self.time(at)),
            "unit": case.unit(),
            "located": located,
            "lon": lonlat.map(|[lon, _]| lon),
            "lat": lonlat.map(|[_, lat]| lat),
            "source": facts.source,
            "source_id": facts.source_id,
            "reporter": reporter,
            "media": facts.media,
            "subject": facts.subject,
            "urged": case.urged,
            "steps": case.steps.len(),
        })
    }
}

fn unread(error: StoreError) -> Failure {
    Failure::input(error.to_string())
}

fn unwritten(error: StoreError) -> Failure {
    Failure::output(error.to_string())
}

/// What the workflow refuses is found wrong; what the file refuses is not written.
fn untaken(error: TakeError) -> Failure {
    match error {
        TakeError::Store(error) => unwritten(error),
        TakeError::NoCase(_) | TakeError::Unread { .. } => Failure::input(error.to_string()),
        TakeError::Refused { .. } => Failure { exit: Exit::Found, message: error.to_string() },
    }
}

/// Who acts: `--as`, `--by`, `--of`, `--area`.
#[derive(Debug, Clone, clap::Args)]
struct Who {
    /// The role: grid_member, operator, shift_leader, dispatcher, department, commander, system
    #[arg(long = "as", value_name = "ROLE", value_parser = role, default_value = "operator")]
    role: Role,
    /// The person
    #[arg(long, value_name = "NAME", default_value = "")]
    by: String,
    /// The department that he belongs to
    #[arg(long, value_name = "UNIT", default_value = "")]
    of: String,
    /// The area that he acts in, as the beginning of codes: 120103
    #[arg(long, value_name = "CODE", default_value = "")]
    area: String,
}

impl Who {
    fn actor(&self) -> Actor {
        Actor { name: self.by.clone(), role: self.role, unit: self.of.clone(), area: self.area.clone() }
    }
}

fn role(text: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::word).join(", ");
    Role::from_word(text).ok_or_else(|| format!("there is no such role; there are {}", known()))
}

/// Checks a moment: `2026-03-05`, `2026-03-05T08:15`, with or without its zone.
fn moment(text: &str) -> Result<String, String> {
    let wrong = || format!("\"{text}\" is no moment; write 2026-03-05 or 2026-03-05T08:15");
    times::moment(text, 0).map(|_| text.to_owned()).ok_or_else(wrong)
}

impl Desk {
    /// A moment that [`moment`] has checked, in the place's own time.
    fn at(&self, text: &str) -> i64 {
        times::moment(text, self.rules.calendar.offset() / 1_000).unwrap_or(self.now)
    }
}
