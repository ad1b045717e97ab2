//! The feeds of a project while they run: one thread that starts and stops them and says how they are.
//!
//! 1. [`Runner::start`] begins with all of them; each feed has its own way into the file, as `cases watch` gives it;
//! 2. [`Runner::order`] starts and stops single ones;
//! 3. [`Runner::told`] says how they are; the window is woken when that has changed.

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::city::City;
use crate::feeds::cap::{Alert, Loaded, Warning, Warnings, shown, until};
use crate::feeds::config::{Brings, FeedConfig};
use crate::feeds::counter::Into;
use crate::feeds::project::ProjectFeeds;
use crate::feeds::serve::Server;
use crate::feeds::tracks::Ways;
use crate::feeds::{Feed, Sink, State, Status};
use crate::store::Store;
use crate::themes::management::place::Placer;
use crate::themes::management::rules::Rules;
use crate::themes::management::times;
use crate::themes::management::tracks::Track;

/// So often it is looked how feeds are.
const TICK: Duration = Duration::from_millis(400);
/// So long it is waited for feeds that are to end.
const END: Duration = Duration::from_millis(1_300);
/// So long a window that closes waits for all of this.
const LEAVE: Duration = Duration::from_millis(1_800);
/// Entries of garbage that are shown at most, the newest.
pub const GARBAGE: u32 = 200;

/// Warnings that are told at most, the worst.
const HELD: usize = 400;

/// Wakes the window.
pub type Wake = Box<dyn Fn() + Send>;

/// What is to be run.
pub struct Job {
    /// The file that reports are brought into.
    pub file: PathBuf,
    /// The project's folder.
    pub folder: PathBuf,
    /// What places are looked up in.
    pub city: Arc<City>,
    /// The feeds.
    pub feeds: ProjectFeeds,
    /// Feeds that were stopped before: these wait until they have ended.
    pub after: Option<JoinHandle<()>>,
    /// Wakes the window when there is something to be said.
    pub wake: Option<Wake>,
}

/// What is asked of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Start it, or stop it; by its id, the endpoint by [`crate::feeds::counter::SOURCE`].
    Run(String, bool),
    /// Look now.
    Look(String),
    /// Whether garbage is to be told.
    Garbage(bool),
}

/// How one feed is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Whether it is to run.
    pub on: bool,
    /// How it is.
    pub status: Status,
}

/// How the endpoint is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Endpoint {
    /// It is not there, or stopped.
    #[default]
    Off,
    /// Its address.
    On(String),
    /// Why it could not be started.
    Failed(String),
}

/// A warning that holds now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holds {
    /// By which warnings of one message are known.
    pub message: String,
    /// Until when, milliseconds since 1970 UTC.
    pub until: i64,
    /// What it says.
    pub warning: Warning,
}

/// Those of some alerts that hold at a moment, the worst first.
pub fn holding(alerts: &[Alert], now: i64) -> Vec<Holds> {
    let holds = |(alert, warning): (&Alert, &Warning)| Holds {
        message: format!("{} {} {}", alert.sender, alert.identifier, alert.sent),
        until: until(alert, warning),
        warning: warning.clone(),
    };
    shown(alerts, now).into_iter().take(HELD).map(holds).collect()
}

/// How all of them are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Those that bring reports, in the order of the file; then those that bring tracks.
    pub reports: Vec<Line>,
    /// Ways of moving units, each with what counts as a gap, milliseconds.
    pub ways: Arc<Vec<(i64, Arc<Track>)>>,
    /// Those that bring warnings. Reports are then alerts.
    pub warnings: Vec<Line>,
    /// Warnings that hold now, the worst first.
    pub shown: Arc<Vec<Holds>>,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What was no report or warning: feed, place, reason, first characters; the newest first.
    pub garbage: Arc<Vec<[String; 4]>>,
    /// How far the place's own time is ahead of UTC, milliseconds.
    pub offset: i64,
    /// Why the project's own rules cannot be used.
    pub problem: String,
}

/// The thread.
pub struct Runner {
    /// Gone when the thread is to end.
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    told: Arc<Mutex<(u64, Told)>>,
}

impl Runner {
    /// Starts all feeds.
    pub fn start(job: Job) -> Self {
        let (orders, incoming) = mpsc::channel();
        let told: Arc<Mutex<(u64, Told)>> = Arc::default();
        let out = told.clone();
        let thread = std::thread::Builder::new().name("feeds".to_owned());
        let thread = thread.spawn(move || Running::new(job, out).run(&incoming));
        if let Err(error) = &thread {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            *told = (1, Told { problem: format!("the system gives no thread ({error})"), ..Told::default() });
        }
        Self { orders: Some(orders), thread: thread.ok(), told }
    }

    /// Asks for something.
    pub fn order(&self, order: Order) {
        // The thread ends only when this end is closed; if there is none, there is nothing to be ordered.
        let _ = self.orders.as_ref().map(|orders| orders.send(order));
    }

    /// How feeds are, where that has changed since `seen`, with its number.
    pub fn told(&self, seen: u64) -> Option<(u64, Told)> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        (told.0 != seen).then(|| told.clone())
    }
}

impl Drop for Runner {
    /// Stops all feeds, and waits for them, but not for long: what is not on the disk then comes again.
    fn drop(&mut self) {
        self.orders = None;
        let Some(thread) = self.thread.take() else { return };
        let end = Instant::now() + LEAVE;
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What runs.
struct Running {
    job: Job,
    /// Feeds that bring reports, and those that bring tracks.
    configs: Vec<FeedConfig>,
    /// The ways of each, as they were told last.
    ways: Vec<(Ways, u64, Vec<Arc<Track>>)>,
    rules: Rules,
    reports: Vec<(Line, Option<Feed>)>,
    warnings: Vec<(Line, Option<Warnings>, Loaded)>,
    server: Option<Server>,
    endpoint: Endpoint,
    /// What all sources of warnings say.
    alerts: Vec<Alert>,
    /// Whether one of them was started or stopped.
    stale: bool,
    /// The file, for garbage; opened when it is asked for.
    store: Option<Store>,
    /// Whether garbage is told, and how much of it there was when it was read.
    garbage: Option<u64>,
    told: Told,
    /// What was told last.
    last: Option<Told>,
    out: Arc<Mutex<(u64, Told)>>,
}

impl Running {
    fn new(job: Job, out: Arc<Mutex<(u64, Told)>>) -> Self {
        let (rules, problem) = match Rules::of_folder(&job.folder) {
            Ok(rules) => (rules, String::new()),
            Err(reason) => (Rules::usual(), reason),
        };
        let configs: Vec<FeedConfig> = job.feeds.reports.iter().chain(&job.feeds.tracks).cloned().collect();
        let reports = configs.iter().map(|_| (Line::default(), None)).collect();
        let ways = configs.iter().map(|_| Default::default()).collect();
        let warnings = job.feeds.warnings.iter().map(|_| (Line::default(), None, Loaded::default())).collect();
        let told = Told { offset: rules.calendar.offset(), problem, ..Told::default() };
        Self {
            job,
            configs,
            ways,
            rules,
            reports,
            warnings,
            server: None,
            endpoint: Endpoint::Off,
            alerts: Vec::new(),
            stale: false,
            store: None,
            garbage: None,
            told,
            last: None,
            out,
        }
    }

    fn run(mut self, orders: &mpsc::Receiver<Order>) {
        if let Some(after) = self.job.after.take() {
            // It only waits.
            let _ = after.join();
        }
        (0..self.reports.len()).for_each(|at| self.run_report(at, true));
        (0..self.warnings.len()).for_each(|at| self.run_warnings(at, true));
        self.run_endpoint(true);
        loop {
            self.tell();
            match orders.recv_timeout(TICK) {
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some(server) = &mut self.server {
            server.stop();
        }
        let feeds = || self.reports.iter().filter_map(|(_, feed)| feed.as_ref());
        feeds().for_each(Feed::tell);
        let end = Instant::now() + END;
        while !feeds().all(Feed::ended) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Run(id, on) => {
                if let Some(at) = self.configs.iter().position(|feed| feed.id == id) {
                    self.run_report(at, on);
                } else if let Some(at) = self.job.feeds.warnings.iter().position(|(known, _)| *known == id) {
                    self.run_warnings(at, on);
                } else {
                    self.run_endpoint(on);
                }
            }
            Order::Look(id) => {
                let at = self.configs.iter().position(|feed| feed.id == id);
                if let Some((line, Some(feed))) = at.and_then(|at| self.reports.get(at)) {
                    // One that ended by a fault is begun again.
                    match (at, line.on && feed.ended()) {
                        (Some(at), true) => self.run_report(at, true),
                        _ => feed.look(),
                    }
                }
            }
            Order::Garbage(on) => self.garbage = on.then_some(u64::MAX),
        }
    }

    fn target(&self) -> Into<'_> {
        Into { file: self.job.file.clone(), city: &self.job.city, rules: &self.rules, merging: false }
    }

    fn run_report(&mut self, at: usize, on: bool) {
        let Some(config) = self.configs.get(at).cloned() else { return };
        let sink = on.then(|| -> Result<Box<dyn Sink>, String> {
            match (config.brings, self.ways.get(at)) {
                (Brings::Tracks, Some((ways, ..))) => Ok(Box::new(ways.sink(Placer::of(&self.job.city)))),
                _ => Ok(Box::new(self.target().intake()?)),
            }
        });
        let Some((line, feed)) = self.reports.get_mut(at) else { return };
        line.on = on;
        if let Some(mut old) = feed.take() {
            old.stop();
            line.status.state = State::Stopped;
        }
        match sink {
            Some(Ok(sink)) => *feed = Some(Feed::start(config, sink)),
            Some(Err(reason)) => line.status.state = State::Refused { reason },
            None => line.status.state = State::Stopped,
        }
    }

    fn run_warnings(&mut self, at: usize, on: bool) {
        let config = self.job.feeds.warnings.get(at).map(|(_, config)| config);
        let (Some((line, source, loaded)), Some(config)) = (self.warnings.get_mut(at), config) else { return };
        line.on = on;
        *source = on.then(|| Warnings::start(config));
        *loaded = Loaded::default();
        self.stale = true;
        line.status = Status { state: if on { State::Connecting } else { State::Stopped }, ..Status::default() };
    }

    fn run_endpoint(&mut self, on: bool) {
        self.server = None;
        self.endpoint = Endpoint::Off;
        let Some(config) = self.job.feeds.open311.as_ref().filter(|_| on) else { return };
        match self.target().counter().and_then(|counter| Server::start(config, Arc::new(counter))) {
            Ok(server) => {
                self.endpoint = Endpoint::On(server.address());
                self.server = Some(server);
            }
            Err(reason) => self.endpoint = Endpoint::Failed(reason),
        }
    }

    /// Says how feeds are, where that has changed.
    fn tell(&mut self) {
        for (line, feed) in &mut self.reports {
            if let Some(feed) = feed {
                line.status = feed.state();
            }
        }
        let mut news = std::mem::take(&mut self.stale);
        for (line, source, loaded) in &mut self.warnings {
            let Some(source) = source.as_ref().filter(|source| source.looks() != loaded.looks) else { continue };
            let now = source.loaded();
            news |= now.alerts != loaded.alerts || now.garbage != loaded.garbage;
            let counts = &mut line.status.counts;
            (counts.reports, counts.garbage) = (now.alerts.len() as u64, now.garbage.len() as u64);
            line.status.state = match now.error.is_empty() {
                true => State::Connected,
                false => State::Refused { reason: now.error.clone() },
            };
            counts.last = now.alerts.iter().map(|alert| alert.sent).max();
            counts.last_error.clone_from(&now.error);
            *loaded = now;
        }
        // Looked at each time: they end by themselves.
        if news {
            self.alerts = self.warnings.iter().flat_map(|(_, _, loaded)| loaded.alerts.iter().cloned()).collect();
        }
        let holding = holding(&self.alerts, times::now());
        if *self.told.shown != holding {
            self.told.shown = Arc::new(holding);
        }
        self.read_ways();
        self.read_garbage(news);
        let told = Told {
            reports: self.reports.iter().map(|(line, _)| line.clone()).collect(),
            warnings: self.warnings.iter().map(|(line, ..)| line.clone()).collect(),
            endpoint: self.endpoint.clone(),
            ..self.told.clone()
        };
        // Compared here: who asks from a frame does not wait for that.
        if self.last.as_ref() != Some(&told) {
            self.last = Some(told.clone());
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            *out = (out.0 + 1, told);
            drop(out);
            if let Some(wake) = &self.job.wake {
                wake();
            }
        }
    }

    /// Takes in where units were.
    fn read_ways(&mut self) {
        let mut news = false;
        for (ways, seen, tracks) in &mut self.ways {
            if let Some((version, all)) = ways.since(*seen) {
                (*seen, *tracks, news) = (version, all, true);
            }
        }
        if news {
            let all = self
                .configs
                .iter()
                .zip(&self.ways)
                .flat_map(|(config, (.., tracks))| tracks.iter().map(|track| (config.gap_ms(), track.clone())));
            self.told.ways = Arc::new(all.collect());
        }
    }

    /// Reads garbage again where somebody looks at it and there is more.
    fn read_garbage(&mut self, news: bool) {
        let Some(known) = self.garbage else { return };
        let count = self.reports.iter().map(|(line, _)| line.status.counts.garbage).sum();
        if known == count && !news {
            return;
        }
        self.garbage = Some(count);
        if self.store.is_none() {
            self.store = Store::open_existing(&self.job.file, &self.job.city.crs).ok().flatten();
        }
        let ids = self.job.feeds.warnings.iter().map(|(id, _)| id);
        let warnings = ids.zip(&self.warnings).flat_map(|(id, (_, _, loaded))| {
            loaded.garbage.iter().map(|one| [id.clone(), one.place.clone(), one.reason.clone(), one.raw.clone()])
        });
        let mut all: Vec<[String; 4]> = warnings.collect();
        // A file that cannot be read now is read with the next garbage.
        all.extend(self.store.as_ref().and_then(|store| store.garbage(GARBAGE).ok()).unwrap_or_default());
        all.truncate(GARBAGE as usize);
        self.told.garbage = Arc::new(all);
    }
}

#[cfg(test)]
mod tests;
