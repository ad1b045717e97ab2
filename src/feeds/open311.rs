//! Requests of an Open311 GeoReport v2 server.
//!
//! 1. Windows of at most 90 days from the first day on, page after page while a page brings something new. The place
//!    (window and page) is kept with each page.
//! 2. Where a server knows no pages and gives as many as it ever gives, the window is halved.
//! 3. Then, at each look: the last day again, what was changed since the last look where the server knows
//!    `updated_after`, and now and then all 90 days, for states that changed. What is as it was is not handed over
//!    again.

mod read;

use std::collections::{HashMap, HashSet};

use self::read::Server;
use super::feed::{End, Work};
use super::fields::hashed;
use super::http::{escaped, patiently};
use super::{BATCH, Batch};
use crate::themes::management::times::{self, DAY, iso, now};

/// Seconds between two looks.
const INTERVAL_S: f64 = 60.0;

/// The longest window that the standard allows.
const WINDOW: i64 = 90 * DAY;

/// What is read again at each look: clocks differ, and requests are entered late.
const OVERLAP: i64 = DAY;

/// How often all of the last 90 days is read again.
const AGAIN: i64 = DAY / 4;

/// The shortest window: two minutes.
const SHORTEST: i64 = 120_000;

/// Most items that a server gives at once by the standard.
const MOST: usize = 1000;

/// Most pages of a window.
const PAGES: u32 = 20_000;

/// Most requests whose state is remembered.
const KNOWN: usize = 300_000;

/// Most requests of one window; a server that goes on is asked for a shorter one.
const ITEMS: usize = 500_000;

/// Items of a page where the feed says nothing.
const PAGE: u32 = 100;

/// Where a feed is.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Place {
    /// All requested before is read.
    done: i64,
    /// The window that is being read, and the next page of it; no window where `end` is 0.
    start: i64,
    end: i64,
    page: u32,
    /// When all of the last 90 days was read.
    again: i64,
    /// The latest change that was seen.
    updated: i64,
}

/// What a run through pages found.
#[derive(Clone, Copy, Debug, Default)]
struct Pages {
    /// Items of the first page.
    first: usize,
    /// Whether the second page was like the first.
    repeats: bool,
    /// Whether there were items older than what was asked for.
    older: bool,
}

/// A feed at work.
struct Reader {
    server: Server,
    /// Hashes of items by id: as they were handed over.
    known: HashMap<String, String>,
    size: u32,
    /// Whether the server knows `updated_after`; `None` where nobody knows yet.
    updates: Option<bool>,
    /// How long the next window is.
    span: i64,
}

/// Reads a server until the feed is told to stop.
pub(super) fn run(work: &mut Work<'_>, position: Option<String>) -> Result<(), End> {
    let first = if work.config.since.is_empty() {
        now() - WINDOW
    } else {
        times::moment(&work.config.since, work.fields.zone_s())
            .ok_or_else(|| End::Refused(format!("since = \"{}\" is no date", work.config.since)))?
    };
    let fresh = Place { done: first, again: now(), ..Place::default() };
    let mut place = position.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(fresh);
    let size = if work.config.page_size == 0 { PAGE } else { work.config.page_size.min(1000) };
    let mut reader = Reader { server: Server::of(work), known: HashMap::new(), size, updates: None, span: WINDOW };
    let categories = patiently(work, |work| reader.server.services(work))?;
    work.categories(categories);
    let pause = work.config.interval(INTERVAL_S);
    loop {
        let end = now();
        reader.windows(work, &mut place, end)?;
        reader.changed(work, &mut place)?;
        if end - place.again > AGAIN {
            let back = place.done;
            place.done = end - WINDOW;
            reader.windows(work, &mut place, end)?;
            place.done = place.done.max(back);
            place.again = end;
        }
        work.deliver(&batch_at(&place)?)?;
        work.rest(pause)?;
        place.start = place.done - OVERLAP;
        place.done = place.start;
    }
}

fn batch_at(place: &Place) -> Result<Batch, End> {
    let position = serde_json::to_string(place).map_err(|error| End::Later(error.to_string()))?;
    Ok(Batch { position, ..Batch::default() })
}

impl Reader {
    /// Reads windows up to a moment.
    fn windows(&mut self, work: &mut Work<'_>, place: &mut Place, until: i64) -> Result<(), End> {
        while place.done < until || place.end != 0 {
            if place.end == 0 {
                place.start = place.done;
                place.end = (place.start + self.span.clamp(SHORTEST, WINDOW)).min(until);
                place.page = 1;
            }
            let query = format!("start_date={}&end_date={}", escaped(&iso(place.start)), escaped(&iso_up(place.end)));
            let whole = place.page <= 1;
            let found = self.pages(work, place, &query, i64::MIN, true)?;
            // As many as a server gives without pages: there may be more in this window.
            let cut = found.repeats && (found.first >= MOST || found.first % 50 == 0);
            let length = place.end - place.start;
            if cut && whole && length > SHORTEST {
                self.span = length / 2;
            } else {
                if cut {
                    work.note("the server gives no pages, and more requests in a moment than it gives at once");
                }
                place.done = place.end;
                self.span = self.span.saturating_mul(2).min(WINDOW);
            }
            (place.end, place.page) = (0, 0);
        }
        Ok(())
    }

    /// Reads what was changed since the last look, where the server can say that.
    fn changed(&mut self, work: &mut Work<'_>, place: &mut Place) -> Result<(), End> {
        if place.updated == 0 || self.updates == Some(false) {
            return Ok(());
        }
        let since = place.updated - OVERLAP / 24;
        let query = format!("updated_after={}", escaped(&iso(since)));
        let found = self.pages(work, place, &query, since, false)?;
        self.updates = Some(!found.older);
        Ok(())
    }

    /// Reads pages while they bring something new. Items last changed before `since` show that the server does not know
    /// what was asked: then no more pages are read. `keep`: the place says which page is next.
    fn pages(
        &mut self,
        work: &mut Work<'_>,
        place: &mut Place,
        query: &str,
        since: i64,
        keep: bool,
    ) -> Result<Pages, End> {
        let mut seen: HashSet<String> = HashSet::new();
        let mut found = Pages::default();
        let first = if keep { place.page.max(1) } else { 1 };
        for page in first..first.saturating_add(PAGES) {
            let query = format!("{query}&page={page}&page_size={}", self.size);
            let items = patiently(work, |work| self.server.requests(work, &query, page))?;
            if page == first {
                found.first = items.len();
            }
            work.behind(items.len() as u64);
            let (mut fresh, mut batch) = (0, Batch::default());
            for item in &items {
                let (id, hash) = (item.id(), item.hash());
                if !seen.insert(id.clone().unwrap_or_else(|| hash.clone())) {
                    continue;
                }
                fresh += 1;
                let report = item.report(work);
                if let Ok(report) = &report {
                    let changed = report.updated.or(report.reported);
                    found.older |= changed.is_some_and(|changed| changed < since);
                    // Clocks of servers that are ahead must not hide what comes before them.
                    place.updated = place.updated.max(changed.unwrap_or(0).min(now()));
                }
                let key = id.unwrap_or_else(|| hash.clone());
                if self.known.get(&key) == Some(&hash) {
                    continue;
                }
                match report {
                    Ok(report) => batch.reports.push(report),
                    Err(reason) => batch.garbage.push(item.garbage(&reason)),
                }
                if self.known.len() >= KNOWN {
                    self.known.clear();
                }
                self.known.insert(key, hash);
                if batch.reports.len() + batch.garbage.len() >= BATCH {
                    batch.position = batch_at(place)?.position;
                    self.deliver(work, &batch)?;
                    batch = Batch::default();
                }
            }
            if keep {
                place.page = page + 1;
            }
            batch.position = batch_at(place)?.position;
            self.deliver(work, &batch)?;
            if seen.len() > ITEMS {
                (found.repeats, found.first) = (true, MOST);
                break;
            }
            if fresh == 0 {
                found.repeats = !items.is_empty() && page == first + 1;
                break;
            }
            if found.older && self.updates != Some(true) {
                break;
            }
        }
        Ok(found)
    }

    /// What was not taken is not known.
    fn deliver(&mut self, work: &mut Work<'_>, batch: &Batch) -> Result<(), End> {
        work.deliver(batch).map(|_| ()).inspect_err(|_| self.known.clear())
    }
}

/// The end of a window: the second behind it, as texts have no parts of seconds.
fn iso_up(ms: i64) -> String {
    iso(ms + 999)
}

impl read::Item {
    fn hash(&self) -> String {
        hashed(&[self.raw().as_bytes()])
    }
}
