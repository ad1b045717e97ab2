//! `cases watch`: the project's feeds without a window.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::Desk;
use crate::city::City;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, say, stop_at_interrupt, with_progress};
use crate::feeds::config::{FeedConfig, Kind};
use crate::feeds::intake::Intake;
use crate::feeds::serve::{self, Filter, ServeConfig, Server, Service};
use crate::feeds::{Feed, Sink, State, Status};
use crate::place::Transform;
use crate::themes::management::case::Case;
use crate::themes::management::incoming::{self, Coordinates, Incoming};
use crate::themes::management::place::Placer;
use crate::themes::management::times;

/// The file in the project's folder that says which feeds there are.
const FILE: &str = "feeds.toml";
/// The states of feeds are looked at so often.
const TICK: Duration = Duration::from_millis(200);

/// `cimbase cases PROJECT watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "feeds.toml in the project's folder:

  [[feed]]
  id = \"hotline\"                       # never changed: cases are known by it and their number there
  kind = \"file\"                        # file, open311, features, geojson, mqtt
  address = \"/data/hotline.csv\"        # a path, http://host/…, host:port of a broker
  fields = { id = \"工单号\" }            # only where the names are not known
  category = \"0102\"

  [[feed]]
  id = \"alarms\"
  kind = \"mqtt\"
  address = \"10.0.0.5:1883\"
  topics = [\"pumps/#\"]

  [open311]                            # other programs of this machine read cases, and file them with a key
  port = 8311
  keys = [\"…\"]")]
pub struct Watch {
    /// Stop when each feed has taken what there is
    #[arg(long)]
    once: bool,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<f64>,
    /// Reports of different sources that tell of the same (30 m, a day, one category) become one case
    #[arg(long)]
    merge: bool,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    feed: Vec<FeedConfig>,
    open311: Option<ServeConfig>,
}

fn read(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::input(format!(
            "{}: {error}; it says which feeds there are (cases PROJECT watch --help)",
            path.display()
        ))
    })?;
    let mut file: File =
        toml::from_str(&text).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    let mut seen = std::collections::BTreeSet::new();
    for feed in &mut file.feed {
        if feed.id.is_empty() || !seen.insert(feed.id.clone()) {
            return Err(Failure::input(format!(
                "{}: each feed needs an id of its own: \"{}\"",
                path.display(),
                feed.id
            )));
        }
        // A path is beside the file.
        if feed.kind == Kind::File && Path::new(&feed.address).is_relative() {
            feed.address = folder.join(&feed.address).to_string_lossy().into_owned();
        }
    }
    Ok(file)
}

pub(super) fn run(desk: &Desk, args: &Watch) -> Result<Exit, Failure> {
    stop_at_interrupt();
    let file = read(&desk.project.folder)?;
    let city = desk.city()?;
    let intake = |merge| -> Result<Intake, Failure> {
        let store = desk.store(&city.crs)?;
        Intake::new(store, desk.rules.clone(), Placer::of(&city), merge, times::now).map_err(Failure::input)
    };
    let mut feeds: Vec<(String, Feed)> = Vec::new();
    for config in &file.feed {
        feeds.push((config.id.clone(), Feed::start(config.clone(), Box::new(intake(args.merge)?))));
    }
    let server = match &file.open311 {
        Some(config) => {
            let counter = Counter::of(desk, &city, intake(args.merge)?)?;
            let server = Server::start(config, Arc::new(counter)).map_err(Failure::output)?;
            say(format_args!("open311: {}/services.json", server.address()));
            Some(server)
        }
        None => None,
    };
    if feeds.is_empty() && server.is_none() {
        return Err(Failure::input(format!("{FILE} names no feed")));
    }
    let began = Instant::now();
    let mut told: Vec<String> = vec![String::new(); feeds.len()];
    with_progress(|progress| {
        loop {
            for ((id, feed), told) in feeds.iter().zip(&mut told) {
                let line = one_line_of(id, &feed.state());
                if line != *told {
                    say(&line);
                    *told = line;
                }
            }
            let idle = |feed: &Feed| matches!(feed.state().state, State::Connected | State::Refused { .. });
            let over = args.seconds.is_some_and(|seconds| began.elapsed().as_secs_f64() >= seconds);
            if over || progress.at(0).is_err() || (args.once && feeds.iter().all(|(_, feed)| idle(feed))) {
                break;
            }
            std::thread::sleep(TICK);
        }
    });
    feeds.iter_mut().for_each(|(_, feed)| feed.stop());
    drop(server);
    let states: Vec<(String, Status)> = feeds.iter().map(|(id, feed)| (id.clone(), feed.state())).collect();
    let wrong = states.iter().any(|(_, status)| status.counts.garbage > 0 || !status.counts.last_error.is_empty());
    if desk.json {
        let state = |(id, status): &(String, Status)| {
            let counts = &status.counts;
            json!({ "id": id, "reports": counts.reports, "new": counts.new, "known": counts.known, "same": counts.same,
                    "garbage": counts.garbage, "last_error": counts.last_error })
        };
        crate::cli::output::print_json(&json!({ "feeds": states.iter().map(state).collect::<Vec<_>>() }))?;
    } else {
        print(|out| {
            for (id, status) in &states {
                let counts = &status.counts;
                writeln!(
                    out,
                    "{id}: {} new cases, {} known, {} told of the same, {} no reports",
                    counts.new, counts.known, counts.same, counts.garbage
                )?;
            }
            Ok(())
        })?;
        let garbage = desk.store(&city.crs)?.garbage(20).map_err(super::unread)?;
        for [feed, place, reason, raw] in garbage.iter().filter(|_| wrong) {
            say(format_args!("  {feed} {place}: {reason}: {raw}"));
        }
    }
    Ok(if wrong { Exit::Found } else { Exit::Done })
}

/// How a feed is, on a line.
fn one_line_of(id: &str, status: &Status) -> String {
    let counts = &status.counts;
    let state = match &status.state {
        State::Connecting => "connecting".to_owned(),
        State::Connected => "up to date".to_owned(),
        State::Behind { waiting } => format!("behind, {waiting} waiting"),
        State::Refused { reason } => format!("refused: {reason}"),
        State::Waiting { why, .. } => format!("tries again: {why}"),
        State::Stopped => "stopped".to_owned(),
    };
    format!("{id}: {state}; {} new, {} known, {} no reports", counts.new, counts.known, counts.garbage)
}

/// What stands behind the Open311 endpoint: the cases of the file, and the way into it.
struct Counter {
    intake: Mutex<Intake>,
    services: Vec<Service>,
    lonlat: crate::place::Crs,
    crs: crate::place::Crs,
}

impl Counter {
    fn of(desk: &Desk, city: &City, intake: Intake) -> Result<Self, Failure> {
        let service = |category: &crate::themes::management::categories::Category| Service {
            code: category.id.clone(),
            name: format!("{} {}", category.name.zh(), category.name.en()),
            description: String::new(),
            group: category.major_name.zh().to_owned(),
        };
        let lonlat = crate::place::Crs::wgs84().map_err(|error| Failure::input(error.to_string()))?;
        Ok(Self {
            intake: Mutex::new(intake),
            services: desk.rules.categories.all().iter().map(service).collect(),
            lonlat,
            crs: city.crs.clone(),
        })
    }

    fn request(case: &Case, way: Option<&Transform>) -> Incoming {
        let facts = &case.facts;
        let lonlat = facts.located.as_ref().and_then(|located| way?.point(located.xy));
        Incoming {
            source_id: case.number.clone(),
            reported: Some(facts.reported),
            updated: case.steps.last().map(|step| step.at),
            category: facts.category.clone(),
            text: facts.text.clone(),
            address: facts.address.clone(),
            place: lonlat.map(|[lon, lat]| Coordinates::lonlat(lon, lat)),
            status: if case.state.is_end() { incoming::Status::Closed } else { incoming::Status::Open },
            status_notes: case.state.names()[0].to_owned(),
            agency: case.unit().to_owned(),
            media: facts.media.clone(),
            ..Incoming::default()
        }
    }
}

impl serve::Desk for Counter {
    fn services(&self) -> Vec<Service> {
        self.services.clone()
    }

    fn requests(&self, filter: &Filter) -> Vec<Incoming> {
        let intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok((mut cases, _)) = intake.store().cases() else { return Vec::new() };
        drop(intake);
        let way = Transform::new(&self.crs, &self.lonlat).ok();
        cases.sort_by_key(|case| std::cmp::Reverse(case.facts.reported));
        let requests = cases.iter().map(|case| Self::request(case, way.as_ref())).filter(|one| filter.fits(one));
        requests.skip(filter.skip).take(filter.most).collect()
    }

    fn file(&self, report: Incoming) -> Result<String, String> {
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        // Its own number, so that the case can be named.
        let id = format!(
            "{}-{}",
            times::now(),
            blake3::hash(format!("{report:?}").as_bytes()).to_hex().chars().take(12).collect::<String>()
        );
        let report = Incoming { source_id: id.clone(), ..report };
        let batch = crate::feeds::Batch { reports: vec![report], garbage: Vec::new(), position: String::new() };
        intake.take("open311", &batch)?;
        let number = intake.store().case_of_source("open311", &id).map_err(|error| error.to_string())?;
        // It was told of a case that is there already.
        Ok(number.unwrap_or(id))
    }
}
