//! Features of a server: an OGC API Features collection with its pages, or a GeoJSON file at an address.
//!
//! 1. The first page, or the file: not at all where the server says that it is the one that was read (304).
//! 2. Each feature becomes a report; one that is as it was is not handed over again.
//! 3. The next page, where a link leads on the same host; the place is kept behind the last page.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::config::Kind;
use super::feed::{End, Work};
use super::fields::hashed;
use super::http::{Answer, Client, Version, patiently, resolve};
use super::{BATCH, Batch, Garbage, json};
use crate::themes::management::incoming::Incoming;

/// Seconds between two looks.
const INTERVAL_S: f64 = 60.0;

/// Most pages.
const PAGES: u32 = 10_000;

/// Most features whose state is remembered.
const KNOWN: usize = 300_000;

/// Features of a page where the feed says nothing.
const PAGE: u32 = 500;

/// Which version was read.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Seen {
    /// The version of the only page; of several nothing is known, since another may have changed.
    #[serde(default)]
    version: Version,
    /// A hash of all pages.
    #[serde(default)]
    hash: String,
}

/// A page that was read.
struct Page {
    /// Its features, or what is wrong with them.
    items: Vec<Result<Incoming, Garbage>>,
    next: Option<Result<String, String>>,
    answer: Answer,
}

/// Reads a server until the feed is told to stop.
pub(super) fn run(work: &mut Work<'_>, position: Option<String>) -> Result<(), End> {
    let mut position = position.unwrap_or_default();
    let client = Client::new();
    let first = first_page(work);
    let mut known = HashMap::new();
    let pause = work.config.interval(INTERVAL_S);
    loop {
        pass(work, &client, &first, &mut position, &mut known).inspect_err(|_| known.clear())?;
        work.rest(pause)?;
    }
}

/// The address of the first page.
fn first_page(work: &Work<'_>) -> String {
    let address = work.config.address.trim();
    if work.config.kind == Kind::Geojson {
        return address.to_owned();
    }
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = path.trim_end_matches('/');
    let path = if path.ends_with("/items") { path.to_owned() } else { format!("{path}/items") };
    if query.contains("limit=") {
        return format!("{path}?{query}");
    }
    let size = if work.config.page_size == 0 { PAGE } else { work.config.page_size };
    let and = if query.is_empty() { "" } else { "&" };
    format!("{path}?{query}{and}limit={size}")
}

/// Reads all pages once.
fn pass(
    work: &mut Work<'_>,
    client: &Client,
    first: &str,
    position: &mut String,
    known: &mut HashMap<String, String>,
) -> Result<(), End> {
    let seen: Seen = serde_json::from_str(position).unwrap_or_default();
    let (mut url, mut condition) = (first.to_owned(), seen.version.clone());
    let (mut visited, mut alike) = (HashSet::new(), HashMap::new());
    let mut next = Seen::default();
    for number in 1..=PAGES {
        if !visited.insert(url.clone()) {
            work.note(&format!("{url}: the pages lead in a circle"));
            break;
        }
        let page = patiently(work, |work| {
            // A page that is read again counts its features again.
            let mut counted = alike.clone();
            let page = page(work, client, &url, &condition, &mut counted)?;
            alike = counted;
            Ok(page)
        })?;
        let Some(page) = page else { return Ok(()) };
        work.behind(page.items.len() as u64);
        next.hash = hashed(&[next.hash.as_bytes(), &page.answer.body]);
        next.version =
            if number == 1 && page.next.is_none() { page.answer.version.clone() } else { Version::default() };
        // Servers without versions send the same again and again.
        let same = number == 1 && page.next.is_none() && next.hash == seen.hash;
        if !same {
            hand_over(work, page.items, position, known)?;
        }
        condition = Version::default();
        match page.next {
            None => break,
            Some(link) => url = link.map_err(End::Refused)?,
        }
    }
    *position = serde_json::to_string(&next).map_err(|error| End::Later(error.to_string()))?;
    work.deliver(&Batch { position: position.clone(), ..Batch::default() })?;
    Ok(())
}

/// Hands over what is not as it was.
fn hand_over(
    work: &mut Work<'_>,
    items: Vec<Result<Incoming, Garbage>>,
    position: &str,
    known: &mut HashMap<String, String>,
) -> Result<(), End> {
    let mut batch = Batch { position: position.to_owned(), ..Batch::default() };
    for item in items {
        let (key, hash) = match &item {
            Ok(report) => (report.source_id.clone(), hashed(&[format!("{report:?}").as_bytes()])),
            Err(garbage) => (hashed(&[garbage.raw.as_bytes(), garbage.reason.as_bytes()]), String::new()),
        };
        if known.get(&key) == Some(&hash) {
            continue;
        }
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(key, hash);
        match item {
            Ok(report) => batch.reports.push(report),
            Err(garbage) => batch.garbage.push(garbage),
        }
        if batch.reports.len() + batch.garbage.len() >= BATCH {
            work.deliver(&batch)?;
            batch = Batch { position: position.to_owned(), ..Batch::default() };
        }
    }
    if !(batch.reports.is_empty() && batch.garbage.is_empty()) {
        work.deliver(&batch)?;
    }
    Ok(())
}

/// Reads a page; `None` where it is the one that was read.
fn page(
    work: &Work<'_>,
    client: &Client,
    url: &str,
    condition: &Version,
    alike: &mut HashMap<String, u32>,
) -> Result<Option<Page>, End> {
    let answer = client.get(work, url, "application/geo+json, application/json", condition)?;
    match answer.status {
        200 => {}
        304 => return Ok(None),
        _ => return Err(answer.refusal("")),
    }
    let mut items = Vec::new();
    let beside = json::items(&answer.body, &["features"], &mut |item| {
        let raw = item.to_string();
        items.push(read(work, item, &raw, alike).map_err(|reason| Garbage::new(url, reason, raw.as_bytes())));
    });
    // It may have been cut off on its way, or be written just now.
    let beside = beside.map_err(|error| End::Later(format!("{url}: the answer cannot be read: {error}")))?;
    let links = beside.links.as_ref().and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let next = links.iter().find(|link| link.get("rel").and_then(Json::as_str) == Some("next"));
    let next = next.and_then(|link| link.get("href")?.as_str()).map(|href| resolve(&answer.url, href));
    Ok(Some(Page { items, next, answer }))
}

/// The report of a feature.
fn read(work: &Work<'_>, item: Json, raw: &str, alike: &mut HashMap<String, u32>) -> Result<Incoming, String> {
    let (record, point) = json::record(item)?;
    let mut report = work.fields.report(&record, point.map(|xy| (xy, "")))?;
    if report.source_id.is_empty() {
        // Features without a number may be alike and still be two.
        let hash = hashed(&[raw.as_bytes()]);
        let before = alike.entry(hash.clone()).or_insert(0);
        report.source_id = if *before == 0 { hash } else { format!("{hash}-{before}") };
        *before += 1;
    }
    Ok(report)
}
