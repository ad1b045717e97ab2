//! Cases from the project's file and into it, on a thread: no frame waits for a disk.
//!
//! 1. [`Keeper::start`] reads rules and cases;
//! 2. [`Keeper::send`] takes what is to be done; a place is looked up before it is kept;
//! 3. [`Keeper::replies`] gives what became of it, in order;
//! 4. while the desk is looked at, changes by other programs are read every few seconds.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::state::All;
use crate::city::City;
use crate::place::Crs;
use crate::report::Issue;
use crate::store::Store;
use crate::store::cases::{Change, TakeError};
use crate::themes::management::case::{Action, Case, PlaceBasis, Refused, Step};
use crate::themes::management::place::Placer;
use crate::themes::management::rules::Rules;

/// So often it is looked whether another program has changed the file.
const LOOK: Duration = Duration::from_secs(3);
/// So often the desk is told that time has passed.
const MINUTE: Duration = Duration::from_secs(60);

/// A step that is wished.
#[derive(Clone, Debug)]
pub struct WishedStep {
    /// The case; `None` begins one.
    pub number: Option<String>,
    /// What is done.
    pub step: Step,
    /// A place of the project CRS that what lies there is to be looked up for.
    pub at: Option<[f64; 2]>,
}

/// What the thread is asked.
enum Job {
    Do(Vec<WishedStep>),
    Watch(bool),
}

/// Why something was not done.
#[derive(Debug)]
pub enum NotDone {
    /// The workflow does not allow it: case and reason.
    Refused(String, Refused),
    /// The file, or a place that could not be looked up.
    Failed(String),
}

/// What the thread says.
#[derive(Debug)]
pub enum Reply {
    /// The rules; and why the project's own cannot be used.
    Rules(Arc<Rules>, Option<String>),
    /// All cases, and those that cannot be read.
    Read(All, Vec<Issue>),
    /// They cannot be read.
    Unread(String),
    /// Done: the cases as they are now, with their places among all.
    Done(Vec<(u32, Arc<Case>)>),
    /// Not done; nothing has changed.
    NotDone(NotDone),
    /// A minute has passed.
    Minute,
}

/// Wakes the window.
pub type Wake = Box<dyn Fn() + Send>;

/// The thread that reads and writes.
pub struct Keeper {
    /// Gone when the thread is to end.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    replies: Arc<Mutex<Vec<Reply>>>,
}

/// What the thread needs.
pub struct Desk {
    /// The file.
    pub path: PathBuf,
    /// The project CRS.
    pub crs: Crs,
    /// The project's folder; empty where it has none.
    pub folder: PathBuf,
    /// What places are looked up in.
    pub city: Option<Arc<City>>,
    /// Wakes the window when there is something to be said.
    pub wake: Option<Wake>,
}

impl Keeper {
    /// Begins to read.
    pub fn start(desk: Desk) -> Self {
        let (jobs, incoming) = mpsc::channel();
        let replies: Arc<Mutex<Vec<Reply>>> = Arc::default();
        let out = replies.clone();
        let thread = std::thread::spawn(move || Worker::new(desk, out).run(&incoming));
        Self { jobs: Some(jobs), thread: Some(thread), replies }
    }

    fn job(&self, job: Job) {
        // The thread ends only when this end is closed.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
    }

    /// Asks for steps: all of them or none.
    pub fn send(&self, steps: Vec<WishedStep>) {
        self.job(Job::Do(steps));
    }

    /// Whether other programs' changes are looked for.
    pub fn watch(&self, on: bool) {
        self.job(Job::Watch(on));
    }

    /// What was said since the last call.
    pub fn replies(&self) -> Vec<Reply> {
        std::mem::take(&mut *self.replies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Keeper {
    /// Waits until everything is on the disk.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It does not panic; and if it did, there is nobody to tell any more.
            let _ = thread.join();
        }
    }
}

struct Worker {
    desk: Desk,
    out: Arc<Mutex<Vec<Reply>>>,
    rules: Arc<Rules>,
    placer: Option<Placer>,
    store: Option<Store>,
    /// The file as it was read: [`Store::data_version`].
    version: i64,
    /// Why nothing may be written.
    broken: Option<String>,
    /// Places of cases among all.
    by_number: HashMap<String, u32>,
    /// Whether it was said what there is.
    said: bool,
}

impl Worker {
    fn new(desk: Desk, out: Arc<Mutex<Vec<Reply>>>) -> Self {
        Self {
            desk,
            out,
            rules: Arc::new(Rules::usual()),
            placer: None,
            store: None,
            version: 0,
            broken: None,
            by_number: HashMap::new(),
            said: false,
        }
    }

    fn say(&self, reply: Reply) {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).push(reply);
        if let Some(wake) = &self.desk.wake {
            wake();
        }
    }

    fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        self.read_rules();
        self.look();
        let (mut watching, mut told) = (false, Instant::now());
        loop {
            let job = match watching {
                true => match jobs.recv_timeout(LOOK) {
                    Err(RecvTimeoutError::Timeout) => {
                        self.look();
                        if told.elapsed() >= MINUTE {
                            told = Instant::now();
                            self.say(Reply::Minute);
                        }
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                    Ok(job) => job,
                },
                false => match jobs.recv() {
                    Err(_) => return,
                    Ok(job) => job,
                },
            };
            match job {
                Job::Watch(on) => {
                    watching = on;
                    if on {
                        self.look();
                        self.say(Reply::Minute);
                        told = Instant::now();
                    }
                }
                Job::Do(steps) => match self.take(steps) {
                    Ok(done) => self.say(Reply::Done(done)),
                    Err(reason) => self.say(Reply::NotDone(reason)),
                },
            }
        }
    }

    fn read_rules(&mut self) {
        let mut wrong = None;
        // Plain files have no folder, and the one that the program was started in is nobody's.
        if !self.desk.folder.as_os_str().is_empty() {
            match Rules::of_folder(&self.desk.folder) {
                Ok(rules) => self.rules = Arc::new(rules),
                Err(reason) => wrong = Some(reason),
            }
        }
        self.say(Reply::Rules(self.rules.clone(), wrong));
    }

    /// Reads all cases where the file is new or was changed by others.
    fn look(&mut self) {
        let first = self.store.is_none();
        let read = (|| {
            if self.store.is_none() {
                self.store = Store::open_existing(&self.desk.path, &self.desk.crs)?;
            }
            let Some(store) = &self.store else { return Ok(None) };
            // Asked before reading: what comes in between is read again.
            let version = store.data_version()?;
            if !first && version == self.version {
                return Ok(None);
            }
            self.version = version;
            store.cases().map(Some)
        })();
        match read {
            Ok(Some((cases, issues))) => {
                self.broken = None;
                self.by_number =
                    cases.iter().enumerate().map(|(place, case)| (case.number.clone(), place as u32)).collect();
                let cases = Arc::new(cases.into_iter().map(Arc::new).collect());
                self.say(Reply::Read(cases, issues));
            }
            // Nothing is kept yet: said once, so that nobody waits.
            Ok(None) if !self.said => self.say(Reply::Read(All::default(), Vec::new())),
            Ok(None) => {}
            Err(reason) => {
                let reason = reason.to_string();
                if self.broken.as_ref() != Some(&reason) {
                    self.broken = Some(reason.clone());
                    self.say(Reply::Unread(reason));
                }
            }
        }
        self.said = true;
    }

    fn take(&mut self, steps: Vec<WishedStep>) -> Result<Vec<(u32, Arc<Case>)>, NotDone> {
        if let Some(reason) = &self.broken {
            return Err(NotDone::Failed(reason.clone()));
        }
        // What others did meanwhile is known first: places among all are theirs as well.
        self.look();
        let mut changes = Vec::with_capacity(steps.len());
        for WishedStep { number, mut step, at } in steps {
            if let Some(xy) = at {
                self.place(&mut step, xy)?;
            }
            changes.push(match number {
                None => Change::Begin(Box::new(step)),
                Some(number) => Change::Take(number, Box::new(step)),
            });
        }
        let failed = |reason: String| NotDone::Failed(reason);
        let store = match &mut self.store {
            Some(store) => store,
            None => {
                let store = Store::open(&self.desk.path, &self.desk.crs).map_err(|error| failed(error.to_string()))?;
                self.version = store.data_version().map_err(|error| failed(error.to_string()))?;
                self.store.insert(store)
            }
        };
        let done = store.change_cases(changes, &self.rules.calendar, None).map_err(|error| match error {
            TakeError::Refused { number, reason } => NotDone::Refused(number, reason),
            other => NotDone::Failed(other.to_string()),
        })?;
        Ok(done
            .into_iter()
            .map(|case| {
                let next = self.by_number.len() as u32;
                let place = *self.by_number.entry(case.number.clone()).or_insert(next);
                (place, Arc::new(case))
            })
            .collect())
    }

    /// Looks up what lies at a place that somebody has clicked.
    fn place(&mut self, step: &mut Step, xy: [f64; 2]) -> Result<(), NotDone> {
        let Some(city) = &self.desk.city else { return Ok(()) };
        let placer = self.placer.get_or_insert_with(|| Placer::of(city));
        let (text, basis) = match &step.action {
            // What objects to a feature lies where that does: nobody has put it there.
            Action::Begin { facts, .. } if facts.subject.is_some() => (facts.text.clone(), PlaceBasis::Coordinates),
            Action::Begin { facts, .. } => (facts.text.clone(), PlaceBasis::Moved),
            _ => (String::new(), PlaceBasis::Moved),
        };
        let located = placer.around(xy, None, basis, &text).map_err(|error| NotDone::Failed(error.to_string()))?;
        match &mut step.action {
            Action::Begin { facts, .. } => facts.located = Some(located),
            Action::Move { located: there } => {
                // What the text names lies where it lay.
                let within = std::mem::take(&mut there.within);
                **there = located;
                there.within = within;
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
