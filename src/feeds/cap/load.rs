//! Warnings from a folder of files or from an address, read again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::{Alert, read};
use crate::feeds::Garbage;
use crate::feeds::config::FeedConfig;
use crate::feeds::http::{Client, Version};
use crate::themes::management::times;

/// Most files of a folder.
const FILES: usize = 5_000;

/// Largest file.
const LARGEST: u64 = 4 << 20;

/// Most alerts that are kept.
const ALERTS: usize = 10_000;

/// How long an alert is kept after it was sent, milliseconds: updates and cancellations must find it.
const KEPT: i64 = 14 * times::DAY;

/// Where warnings come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Files of a folder that end with `.xml` or `.cap`; or one file, whatever its name.
    Folder(PathBuf),
    /// An address that gives one message, or several in an element.
    Address(String),
}

/// Where warnings come from and how often it is looked at: `[warnings]` of a project file.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarningsConfig {
    /// A folder, a file, or `http://host/…`.
    pub address: String,
    /// Seconds between two looks; 0: a minute.
    #[serde(default)]
    pub interval_s: f64,
}

impl WarningsConfig {
    /// What the address is.
    pub fn source(&self) -> Source {
        if self.address.contains("://") {
            Source::Address(self.address.clone())
        } else {
            Source::Folder(PathBuf::from(&self.address))
        }
    }
}

/// Alerts that were read, and what could not be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// Alerts, by when they were sent.
    pub alerts: Vec<Alert>,
    /// Files and answers that are none.
    pub garbage: Vec<Garbage>,
    /// Why nothing could be read at the last look; empty where something could.
    pub error: String,
    /// How often it was looked.
    pub looks: u64,
}

/// Reads warnings on a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Warnings {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    loaded: Mutex<Loaded>,
    stop: Mutex<bool>,
    changed: Condvar,
}

impl Warnings {
    /// Begins.
    pub fn start(config: &WarningsConfig) -> Self {
        let shared = Arc::new(Shared::default());
        let (own, source) = (shared.clone(), config.source());
        let interval =
            FeedConfig { interval_s: config.interval_s, ..FeedConfig::new("", crate::feeds::config::Kind::File, "") };
        let pause = interval.interval(60.0);
        let thread = std::thread::Builder::new().name("warnings".to_owned()).spawn(move || run(&own, &source, pause));
        if let Err(error) = thread {
            shared.loaded().error = format!("the system gives no thread ({error})");
        }
        Self { shared }
    }

    /// How often it was looked: what was read is what it was while that is the same.
    pub fn looks(&self) -> u64 {
        self.shared.loaded().looks
    }

    /// What was read.
    pub fn loaded(&self) -> Loaded {
        self.shared.loaded().clone()
    }
}

impl Drop for Warnings {
    /// The thread ends by itself, at the latest when a server that it asks does not answer in time.
    fn drop(&mut self) {
        *self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        // Plain values: whole even where a thread died while it held them.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(shared: &Shared, source: &Source, pause: Duration) {
    let mut reader =
        Reader { client: Client::new(), version: Version::default(), files: BTreeMap::new(), kept: BTreeMap::new() };
    loop {
        let result = match source {
            Source::Folder(folder) => reader.folder(folder),
            Source::Address(address) => reader.address(address),
        };
        {
            let mut loaded = shared.loaded();
            loaded.looks += 1;
            loaded.error = match result {
                Ok(Some(garbage)) => {
                    loaded.garbage = garbage;
                    loaded.alerts = reader.alerts();
                    String::new()
                }
                Ok(None) => String::new(),
                Err(error) => error,
            };
        }
        let stop = shared.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = shared.changed.wait_timeout_while(stop, pause, |stop| !*stop);
        if *waited.unwrap_or_else(PoisonError::into_inner).0 {
            return;
        }
    }
}

/// What is known from the looks before.
struct Reader {
    client: Client,
    version: Version,
    /// Files as they were read: a folder of thousands is not read each minute.
    files: BTreeMap<PathBuf, (Stamp, Result<Vec<Alert>, Garbage>)>,
    /// Alerts of an address by sender, name and time: the next answer may not hold those that it cancels.
    kept: BTreeMap<(i64, String, String), Alert>,
}

/// By which a file is known to be as it was.
type Stamp = (u64, Option<SystemTime>);

impl Reader {
    /// Alerts, by when they were sent.
    fn alerts(&self) -> Vec<Alert> {
        let files = self.files.values().filter_map(|(_, read)| read.as_ref().ok()).flatten();
        let mut all: Vec<Alert> = files.chain(self.kept.values()).take(ALERTS).cloned().collect();
        all.sort_by_key(|alert| alert.sent);
        all
    }

    /// Reads what is new in a folder; what could not be read.
    fn folder(&mut self, folder: &Path) -> Result<Option<Vec<Garbage>>, String> {
        let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut found = BTreeMap::new();
        let alone = folder.is_file();
        let paths = match alone {
            true => vec![Ok(folder.to_owned())],
            false => std::fs::read_dir(folder).map_err(fail)?.take(FILES).map(|entry| Ok(entry?.path())).collect(),
        };
        for path in paths {
            let path = path.map_err(fail)?;
            let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            let Ok(facts) = path.metadata() else { continue };
            if !facts.is_file() || !(alone || matches!(ending.as_str(), "xml" | "cap")) {
                continue;
            }
            let stamp = (facts.len(), facts.modified().ok());
            let known = self.files.remove(&path).filter(|(known, _)| *known == stamp);
            let read = known.unwrap_or_else(|| (stamp, file(&path, facts.len())));
            found.insert(path, read);
        }
        self.files = found;
        Ok(Some(self.files.values().filter_map(|(_, read)| read.as_ref().err().cloned()).collect()))
    }

    /// Asks an address; `None` where it has nothing new.
    fn address(&mut self, address: &str) -> Result<Option<Vec<Garbage>>, String> {
        let answer = self.client.ask(address, "application/cap+xml, application/xml, text/xml", &self.version)?;
        match answer.status {
            200 => {}
            304 => return Ok(None),
            status => return Err(format!("{address}: the server refuses it ({status})")),
        }
        let mut garbage = Vec::new();
        match read(&answer.body) {
            Ok(alerts) => {
                for alert in alerts {
                    self.kept.insert((alert.sent, alert.sender.clone(), alert.identifier.clone()), alert);
                }
                self.version = answer.version;
            }
            Err(reason) => garbage.push(Garbage::new(address, reason, &answer.body)),
        }
        let oldest = times::now() - KEPT;
        self.kept.retain(|(sent, ..), _| *sent >= oldest);
        while self.kept.len() > ALERTS {
            self.kept.pop_first();
        }
        Ok(Some(garbage))
    }
}

fn file(path: &Path, size: u64) -> Result<Vec<Alert>, Garbage> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if size > LARGEST {
        return Err(Garbage::new(name, format!("it has more than {} MiB", LARGEST >> 20), b""));
    }
    let bytes = std::fs::read(path).map_err(|error| Garbage::new(name.clone(), error.to_string(), b""))?;
    read(&bytes).map_err(|reason| Garbage::new(name, reason, &bytes))
}
