//! A running feed: its thread, its state, and how batches reach the sink.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::config::{FeedConfig, Kind};
use super::fields::Fields;
use super::{Batch, Sink, Taken, files, mqtt, open311, visible, web};
use crate::themes::management::times;

/// How long a feed that was refused waits before it asks again: a person has to change something.
const REFUSED: Duration = Duration::from_secs(300);

/// How long [`Feed::stop`] waits for the thread.
const STOP: Duration = Duration::from_secs(1);

/// How far a feed is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// It begins, or begins again.
    #[default]
    Connecting,
    /// All that there is was taken; it looks for more.
    Connected,
    /// There is more than was taken yet.
    Behind {
        /// About how much: bytes of a file, messages or items that are held.
        waiting: u64,
    },
    /// The source does not let it in, or what it is told to do cannot be done.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
    /// It tries again later.
    Waiting {
        /// When, milliseconds since 1970 UTC.
        until: i64,
        /// Why.
        why: String,
    },
    /// It was stopped.
    Stopped,
}

/// What a feed brought since it was started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Reports that the sink took.
    pub reports: u64,
    /// Of them: new cases.
    pub new: u64,
    /// Of them: known ones.
    pub known: u64,
    /// Of them: those that seem to be of a case from elsewhere.
    pub same: u64,
    /// What was no report.
    pub garbage: u64,
    /// When the sink took something last, milliseconds since 1970 UTC.
    pub last: Option<i64>,
    /// What went wrong last; it may be over.
    pub last_error: String,
}

/// State and counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// How far it is.
    pub state: State,
    /// What it brought.
    pub counts: Counts,
    /// What the source calls its categories: code and name (Open311's services).
    pub categories: Vec<(String, String)>,
}

/// A feed that runs. It stops when it is dropped.
#[derive(Debug)]
pub struct Feed {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// Starts a feed on a thread of its own.
    pub fn start(config: FeedConfig, mut sink: Box<dyn Sink>) -> Self {
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        let name = format!("feed {}", config.id.chars().take(8).collect::<String>());
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            // Whatever goes wrong in a reader or a sink ends this feed, seen by all, and nothing else.
            let run = std::panic::AssertUnwindSafe(|| run(&config, sink.as_mut(), &own));
            if std::panic::catch_unwind(run).is_err() {
                own.refuse("a fault of the program ended this feed; please report it");
            } else {
                own.set(State::Stopped);
            }
        });
        match thread {
            Ok(thread) => Self { shared, thread: Some(thread) },
            Err(error) => {
                shared.refuse(&format!("the system gives no thread ({error})"));
                Self { shared, thread: None }
            }
        }
    }

    /// How far it is and what it brought.
    pub fn state(&self) -> Status {
        self.shared.status().clone()
    }

    /// Looks now, without waiting for the interval or a pause to end.
    pub fn look(&self) {
        self.shared.wish().look = true;
        self.shared.changed.notify_all();
    }

    /// Stops it. Returns when its thread ended, after a second at the latest; what a sink has begun to take by then it
    /// takes.
    pub fn stop(&mut self) {
        self.tell();
        let Some(thread) = self.thread.take() else { return };
        let end = Instant::now() + STOP;
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            // A panic was caught inside the thread.
            let _ = thread.join();
        }
    }

    /// Whether its thread has ended.
    pub fn ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Asks it to stop, and does not wait.
    pub fn tell(&self) {
        self.shared.wish().stop = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.tell();
    }
}

/// What others ask of a feed.
#[derive(Debug, Default)]
struct Wish {
    stop: bool,
    look: bool,
}

/// What the feed's thread and its handle share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    status: Mutex<Status>,
    wish: Mutex<Wish>,
    changed: Condvar,
}

impl Shared {
    fn status(&self) -> MutexGuard<'_, Status> {
        // Plain values: whole even where a thread died while it held them.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wish(&self) -> MutexGuard<'_, Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        self.status().state = state;
    }

    fn refuse(&self, reason: &str) {
        let mut status = self.status();
        status.counts.last_error = visible(reason);
        status.state = State::Refused { reason: visible(reason) };
    }
}

/// Why a reader ends.
#[derive(Debug)]
pub(super) enum End {
    /// It was told to.
    Stopped,
    /// It goes on later by itself; why.
    Later(String),
    /// As [`End::Later`], and how long the source asked it to wait.
    After(Duration, String),
    /// A person has to change something; what.
    Refused(String),
}

/// What a reader works with.
pub(super) struct Work<'a> {
    pub config: &'a FeedConfig,
    pub fields: &'a Fields,
    sink: &'a mut dyn Sink,
    shared: &'a Arc<Shared>,
    /// What the sink has as the position; it is not told the same again where nothing else is new.
    position: Option<String>,
    /// Readers that ended one after another without a batch taken.
    failures: u32,
}

fn run(config: &FeedConfig, sink: &mut dyn Sink, shared: &Arc<Shared>) {
    let fields = match Fields::of(config) {
        Ok(fields) => fields,
        Err(reason) => {
            shared.refuse(&reason);
            while !shared.wish().stop {
                wait(shared, REFUSED);
            }
            return;
        }
    };
    let mut work = Work { config, fields: &fields, sink, shared, position: None, failures: 0 };
    loop {
        work.shared.set(State::Connecting);
        let end = work.read_position().and_then(|position| match config.kind {
            Kind::File => files::run(&mut work, position),
            Kind::Open311 => open311::run(&mut work, position),
            Kind::Features | Kind::Geojson => web::run(&mut work, position),
            Kind::Mqtt => mqtt::run(&mut work),
            // `project` never hands one over.
            Kind::Cap => Err(End::Refused("warnings are drawn on the map; they are no reports".to_owned())),
        });
        work.failures += 1;
        let stopped = match end {
            Ok(()) | Err(End::Stopped) => return,
            Err(End::Later(why)) => work.pause(config.pause(work.failures), why),
            Err(End::After(pause, why)) => work.pause(pause, why),
            Err(End::Refused(reason)) => {
                shared.refuse(&reason);
                wait(shared, REFUSED)
            }
        };
        if stopped {
            return;
        }
    }
}

/// Waits, unless it is told to look or to stop: then `true`.
fn wait(shared: &Shared, pause: Duration) -> bool {
    let wish = shared.wish();
    let waited = shared.changed.wait_timeout_while(wish, pause, |wish| !wish.stop && !wish.look);
    let mut wish = waited.unwrap_or_else(PoisonError::into_inner).0;
    wish.look = false;
    wish.stop
}

impl Work<'_> {
    /// Whether it was told to stop.
    pub fn stopped(&self) -> bool {
        self.shared.wish().stop
    }

    /// All that there is was taken: waits for the next look.
    pub fn rest(&mut self, pause: Duration) -> Result<(), End> {
        self.failures = 0;
        self.connected();
        if wait(self.shared, pause) { Err(End::Stopped) } else { Ok(()) }
    }

    /// It works: pauses begin small again.
    pub fn steady(&mut self) {
        self.failures = 0;
    }

    /// All that there is was taken.
    pub fn connected(&self) {
        self.shared.set(State::Connected);
    }

    /// There is more.
    pub fn behind(&self, waiting: u64) {
        self.shared.set(State::Behind { waiting });
    }

    /// The source calls its categories so.
    pub fn categories(&self, categories: Vec<(String, String)>) {
        self.shared.status().categories = categories;
    }

    /// Something went wrong that is no reason to wait.
    pub fn note(&self, error: &str) {
        self.shared.status().counts.last_error = visible(error);
    }

    /// Waits because of something; whether it was told to stop.
    pub fn pause(&self, pause: Duration, why: String) -> bool {
        let why = visible(&why);
        let until = times::now().saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        {
            let mut status = self.shared.status();
            status.counts.last_error.clone_from(&why);
            status.state = State::Waiting { until, why };
        }
        wait(self.shared, pause)
    }

    /// Where the feed goes on, from the sink; asked again until it answers.
    fn read_position(&mut self) -> Result<Option<String>, End> {
        for n in 1_u32.. {
            if self.stopped() {
                break;
            }
            match self.sink.position(&self.config.id) {
                Ok(position) => {
                    self.position.clone_from(&position);
                    return Ok(position);
                }
                Err(error) => {
                    if self.pause(self.config.pause(n), format!("where to go on could not be read: {error}")) {
                        break;
                    }
                }
            }
        }
        Err(End::Stopped)
    }

    /// Hands a batch over, again and again until it is taken or the feed is told to stop. One that holds nothing new,
    /// not even a position, is not handed over.
    pub fn deliver(&mut self, batch: &Batch) -> Result<Taken, End> {
        let empty = batch.reports.is_empty() && batch.garbage.is_empty();
        if empty && self.position.as_deref() == Some(&batch.position) {
            return Ok(Taken::default());
        }
        for n in 1_u32.. {
            if self.stopped() {
                break;
            }
            match self.sink.take(&self.config.id, batch) {
                Ok(taken) => {
                    self.position = Some(batch.position.clone());
                    self.failures = 0;
                    if !empty {
                        self.count(batch, taken);
                    }
                    return Ok(taken);
                }
                Err(error) => {
                    if self.pause(self.config.pause(n), format!("the reports could not be kept: {error}")) {
                        break;
                    }
                }
            }
        }
        Err(End::Stopped)
    }

    fn count(&self, batch: &Batch, taken: Taken) {
        let mut status = self.shared.status();
        let counts = &mut status.counts;
        counts.reports += batch.reports.len() as u64;
        counts.new += taken.new as u64;
        counts.known += taken.known as u64;
        counts.same += taken.same as u64;
        counts.garbage += batch.garbage.len() as u64;
        counts.last = Some(times::now());
    }

    /// Does something that may block on a thread beside, and waits for it or for the wish to stop. A thread that nobody
    /// waits for any more ends by the timeouts of what it does.
    pub fn aside<T: Send + 'static>(&self, what: impl FnOnce() -> T + Send + 'static) -> Result<T, End> {
        let (give, take) = mpsc::channel();
        let thread = std::thread::Builder::new().name("feed aside".to_owned()).spawn(move || {
            // Nobody may wait any more.
            let _ = give.send(what());
        });
        thread.map_err(|error| End::Later(format!("the system gives no thread ({error})")))?;
        loop {
            match take.recv_timeout(Duration::from_millis(50)) {
                Ok(result) => return Ok(result),
                Err(mpsc::RecvTimeoutError::Timeout) if self.stopped() => return Err(End::Stopped),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(End::Later("what was asked of the system broke off".to_owned()));
                }
            }
        }
    }
}
