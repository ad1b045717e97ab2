//! `cases watch`: the project's feeds without a window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Desk;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, say, stop_at_interrupt, with_progress};
use crate::feeds::counter::Into;
use crate::feeds::project::{FILE, ProjectFeeds};
use crate::feeds::serve::Server;
use crate::feeds::{Feed, State, Status};
use crate::store::place;

/// The states of feeds are looked at so often.
const TICK: Duration = Duration::from_millis(200);

/// `cimbase cases PROJECT watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "feeds.toml in the project's folder:

  [[feed]]
  id = \"hotline\"                       # never changed: cases are known by it and their number there
  kind = \"file\"                        # file, open311, features, geojson, mqtt; cap: warnings, in the window
  address = \"/data/hotline.csv\"        # a path, http://host/…, host:port of a broker
  fields = { id = \"工单号\" }            # only where the names are not known
  category = \"0102\"

  [[feed]]
  id = \"weather\"                       # warnings (CAP 1.2), drawn in the window
  kind = \"cap\"
  address = \"cap\"                      # a file, a folder or http://host/…

  [[feed]]
  id = \"patrols\"                       # places of moving units, drawn in the window
  kind = \"file\"
  address = \"patrols.csv\"
  brings = \"tracks\"
  fields = { id = \"unit\" }
  gap_minutes = 10

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

pub(super) fn run(desk: &Desk, args: &Watch) -> Result<Exit, Failure> {
    stop_at_interrupt();
    let folder = &desk.project.folder;
    let file = ProjectFeeds::read(folder).map_err(Failure::input)?.ok_or_else(|| {
        let path = folder.join(FILE);
        Failure::input(format!(
            "{}: there is no such file; it says which feeds there are (cases PROJECT watch --help)",
            path.display()
        ))
    })?;
    let city = desk.city()?;
    let target = Into {
        file: place::file_of(&desk.project).map_err(super::unwritten)?,
        city: &city,
        rules: &desk.rules,
        merging: args.merge,
    };
    let mut feeds: Vec<(String, Feed)> = Vec::new();
    for config in &file.reports {
        let intake = target.intake().map_err(Failure::input)?;
        feeds.push((config.id.clone(), Feed::start(config.clone(), Box::new(intake))));
    }
    for id in file.warnings.iter().map(|(id, _)| id).chain(file.tracks.iter().map(|feed| &feed.id)) {
        say(format_args!("{id}: shown in the window; it brings no reports"));
    }
    let server = match &file.open311 {
        Some(config) => {
            let counter = target.counter().map_err(Failure::input)?;
            let server = Server::start(config, Arc::new(counter)).map_err(Failure::output)?;
            say(format_args!("open311: {}/services.json", server.address()));
            Some(server)
        }
        None => None,
    };
    if feeds.is_empty() && server.is_none() {
        return Err(Failure::input(format!("{FILE} names no feed that brings reports, and no endpoint")));
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
