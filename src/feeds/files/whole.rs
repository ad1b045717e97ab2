//! Files that are written as a whole: GeoJSON, XLSX and every other table that `formats` reads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value as Json;

use super::{INTERVAL_S, failed};
use crate::feeds::feed::{End, Work};
use crate::feeds::fields::{Fields, Record, hashed};
use crate::feeds::{BATCH, Batch, Garbage};
use crate::formats::{self, OpenError, OpenOptions, RawLayer};
use crate::model::Value;
use crate::place::Bounds;
use crate::report::Progress;
use crate::themes::management::times;

/// Formats whose moments have no zone.
const ZONELESS: [&str; 4] = ["XLSX", "XLS", "ODS", "ESRI Shapefile"];

/// Which state of the file was read.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Seen {
    size: u64,
    /// Milliseconds since 1970.
    changed: u64,
}

impl Seen {
    fn of(path: &Path) -> std::io::Result<Self> {
        let facts = std::fs::metadata(path)?;
        let changed = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let changed = changed.and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or(0);
        Ok(Self { size: facts.len(), changed })
    }
}

/// Reads a file whenever it changes, until it is told to stop.
pub(super) fn run(work: &mut Work<'_>, path: &Path, position: Option<String>) -> Result<(), End> {
    let mut position = position.unwrap_or_default();
    let pause = work.config.interval(INTERVAL_S);
    loop {
        let now = Seen::of(path).map_err(|error| failed(path, &error))?;
        let next = serde_json::to_string(&now).map_err(|error| End::Later(error.to_string()))?;
        if next != position && now.size > 0 {
            work.behind(now.size);
            read(work, path, &position)?;
            // What was written on meanwhile is read again.
            if Seen::of(path).map_err(|error| failed(path, &error))? != now {
                work.rest(pause)?;
                continue;
            }
            work.deliver(&Batch { position: next.clone(), ..Batch::default() })?;
            position = next;
        }
        work.rest(pause)?;
    }
}

/// Reads all of it; the position stays until the end.
fn read(work: &mut Work<'_>, path: &Path, position: &str) -> Result<(), End> {
    // The reader runs beside, one run of rows ahead, so that it can be left when the feed is told to stop.
    let (give, take) = mpsc::sync_channel(1);
    let progress = Arc::new(Progress::default());
    let (source, fields, watched) = (path.to_owned(), work.fields.clone(), progress.clone());
    let options = OpenOptions {
        encoding: Some(work.config.encoding.clone()).filter(|label| !label.is_empty()),
        ..OpenOptions::default()
    };
    let thread = std::thread::Builder::new().name("feed file".to_owned()).spawn(move || {
        let mut alike = HashMap::new();
        formats::open_chunks(&source, &options, BATCH, &watched, &mut |layer| {
            give.send(batch(&layer, &fields, &source, &mut alike)).map_err(|_| OpenError::cancelled(&source))
        })
    });
    let thread = thread.map_err(|error| End::Later(format!("the system gives no thread ({error})")))?;
    loop {
        match take.recv_timeout(Duration::from_millis(50)) {
            Ok(mut batch) => {
                position.clone_into(&mut batch.position);
                if !(batch.reports.is_empty() && batch.garbage.is_empty()) {
                    work.deliver(&batch).inspect_err(|_| progress.cancel())?;
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) if work.stopped() => {
                progress.cancel();
                return Err(End::Stopped);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    match thread.join() {
        Ok(Ok(())) => Ok(()),
        // It may be half written.
        Ok(Err(error)) => Err(End::Later(error.to_string())),
        Err(_) => {
            Err(End::Refused(format!("{}: a fault of the program in reading it; please report it", path.display())))
        }
    }
}

/// The reports of a run of rows. `alike` counts rows that are the same, over the whole file.
fn batch(layer: &RawLayer, fields: &Fields, path: &Path, alike: &mut HashMap<String, u32>) -> Batch {
    let mut batch = Batch::default();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let crs = layer.crs.crs.as_ref().map_or("", |crs| crs.code().unwrap_or_else(|| crs.definition()));
    let zoneless = |letter: char| letter == 'Z' && ZONELESS.contains(&layer.format.as_str());
    let table = &layer.table;
    // A run has as many rows as were asked for, far fewer than 2^32.
    for row in 0..table.len() as u32 {
        let mut record = Record::new();
        for field in &table.fields {
            let value = match field.values.get(row) {
                Value::Null => continue,
                Value::Boolean(value) => Json::Bool(value),
                Value::Integer(value) => Json::from(value),
                Value::Real(value) => Json::from(value),
                Value::Text(value) => Json::String(value.into_owned()),
                // A spreadsheet's moments have no zone, and are read as if theirs were UTC.
                Value::Time(moment) => Json::String(times::iso(moment).trim_end_matches(zoneless).to_owned()),
            };
            record.insert(field.name.clone(), value);
        }
        let point = match table.geometry.vertices(row) {
            [] => None,
            [only] => Some(*only),
            several => {
                let Bounds { min, max } = Bounds::around(several);
                Some([min[0] + (max[0] - min[0]) / 2.0, min[1] + (max[1] - min[1]) / 2.0])
            }
        };
        match fields.report(&record, point.map(|xy| (xy, crs))) {
            Ok(mut report) => {
                if report.source_id.is_empty() {
                    let hash = hashed(&[Json::Object(record).to_string().as_bytes(), format!("{point:?}").as_bytes()]);
                    let before = alike.entry(hash.clone()).or_insert(0);
                    report.source_id = if *before == 0 { hash } else { format!("{hash}-{before}") };
                    *before += 1;
                }
                batch.reports.push(report);
            }
            Err(reason) => {
                let raw = Json::Object(record).to_string();
                batch.garbage.push(Garbage::new(
                    format!("{file}, {}, row {}", layer.name, row + 1),
                    reason,
                    raw.as_bytes(),
                ));
            }
        }
    }
    // Features that the reader itself could not use.
    for skipped in layer.report.skipped.iter().take(BATCH) {
        let place = format!("{file}, {}, row {} of the file", layer.name, skipped.feature + 1);
        batch.garbage.push(Garbage::new(place, skipped.reason.clone(), b""));
    }
    batch
}
