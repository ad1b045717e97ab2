//! Walking through the file from feature to feature: which bytes are one, and what stands around them.

use serde_json::Value as Json;

use super::scan;
use crate::formats::{crs_of, limits, sniff};
use crate::place::FoundCrs;

/// How much of a top-level object is looked at before it is taken for a long record.
const LOOK: usize = 64 << 10;

/// Lines that are broken before any is whole: then no more looks are taken beyond the next line.
const STRAYS: u32 = 3;

/// How much of the end of the file is looked at for members after the features.
const TAIL: usize = 64 << 10;

/// One row of the layer: a feature's bytes.
#[derive(Debug)]
pub struct Item {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Why it cannot be a feature, where that is known before parsing.
    pub broken: Option<String>,
}

/// Why the walk stops.
#[derive(Debug)]
pub enum Stop {
    /// The end of the file.
    End,
    /// As many rows as are wanted.
    Limit,
    /// What comes cannot be read; what came before is kept.
    Broken(String),
}

/// Where the walk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between top-level values.
    Top,
    /// Inside a collection, before or after its features.
    Members,
    /// Inside a collection's features.
    Features,
    /// Inside an array of features without a collection.
    List,
}

/// What the members of a top-level object say.
#[derive(Debug, Default)]
struct Members {
    kind: Option<String>,
    crs: Option<FoundCrs>,
    title: Option<String>,
}

/// Where the members lead.
enum Next {
    /// To the features: past the `[`.
    Features(usize),
    /// To the object's end: past the `}`.
    End(usize),
}

/// What is wrong with an object.
enum Wrong {
    /// It goes on beyond the bytes that were looked at.
    Cut,
    Broken(String),
}

/// The walk.
#[derive(Debug)]
pub struct Walk<'a> {
    text: &'a [u8],
    /// The next byte.
    pub at: usize,
    place: Place,
    /// Rows so far.
    pub rows: u64,
    limit: u64,
    /// The old `crs` member, where it was met.
    pub crs: Option<FoundCrs>,
    /// The collection's name, where it was met.
    pub title: Option<String>,
    /// One feature a line.
    lines: bool,
    strays: u32,
}

impl<'a> Walk<'a> {
    /// Begins at the front; at most `limit` rows.
    pub fn new(text: &'a [u8], limit: u64) -> Self {
        let at = if text.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        Self { text, at, place: Place::Top, rows: 0, limit, crs: None, title: None, lines: false, strays: 0 }
    }

    /// The next feature.
    pub fn next(&mut self) -> Result<Item, Stop> {
        loop {
            self.at = scan::skip_space(self.text, self.at);
            let at = self.at;
            match (self.place, self.text.get(at)) {
                (Place::Top, None) => return Err(Stop::End),
                (Place::Top, Some(b'{')) => {
                    if let Some(item) = self.object()? {
                        return Ok(item);
                    }
                }
                (Place::Top, Some(b'[')) => (self.place, self.at) = (Place::List, at + 1),
                // Lines of an array without its brackets.
                (_, Some(b',')) if self.place != Place::Members => self.at += 1,
                (Place::Top, Some(other)) => {
                    return self.stray(at, format!("byte {at} (\"{}\") begins no JSON object", other.escape_ascii()));
                }
                (Place::Members, _) => {
                    let mut members = Members::default();
                    match self.members(at, self.text.len(), &mut members) {
                        Ok(next) => self.go(next),
                        Err(Wrong::Cut) => return Err(Stop::Broken("the file ends inside an object".into())),
                        Err(Wrong::Broken(reason)) => return Err(Stop::Broken(reason)),
                    }
                    self.keep(members);
                }
                (_, None) => return Err(Stop::Broken(format!("the file ends after feature {}", self.rows))),
                (_, Some(b']')) => {
                    self.place = if self.place == Place::List { Place::Top } else { Place::Members };
                    self.at += 1;
                }
                (_, Some(_)) => {
                    let end = scan::value_end(self.text, at, limits::FEATURE_BYTES).ok_or_else(|| self.endless(at))?;
                    return self.item(at, end, None);
                }
            }
        }
    }

    fn item(&mut self, start: usize, end: usize, broken: Option<String>) -> Result<Item, Stop> {
        if self.rows >= self.limit {
            return Err(Stop::Limit);
        }
        self.rows += 1;
        self.at = end;
        Ok(Item { start, end, broken })
    }

    fn endless(&self, at: usize) -> Stop {
        let row = self.rows;
        Stop::Broken(if self.text.len() - at > limits::FEATURE_BYTES {
            format!("feature {row} is longer than {} MiB; split it", limits::FEATURE_BYTES >> 20)
        } else {
            format!("the file ends inside feature {row}")
        })
    }

    /// A broken record: where another one follows it is a row of its own, else the file ends in it.
    fn stray(&mut self, start: usize, reason: String) -> Result<Item, Stop> {
        self.strays += 1;
        let line_end = || memchr::memchr(b'\n', &self.text[start..]).map(|n| start + n + 1);
        let next = if self.lines { line_end() } else { scan::next_record(self.text, start) };
        match next {
            Some(next) => self.item(start, next, Some(format!("it is no GeoJSON feature: {reason}"))),
            None => Err(Stop::Broken(reason)),
        }
    }

    fn keep(&mut self, members: Members) {
        self.crs = self.crs.take().or(members.crs);
        self.title = members.title.or(self.title.take());
    }

    fn go(&mut self, next: Next) {
        (self.place, self.at) = match next {
            Next::Features(at) => (Place::Features, at),
            Next::End(at) => (Place::Top, at),
        };
    }

    /// A top-level object: a collection, whose features come next, or a feature or geometry.
    fn object(&mut self) -> Result<Option<Item>, Stop> {
        let (start, all) = (self.at, self.text.len());
        let mut members = Members::default();
        let mut result = self.members(start + 1, all.min(start + LOOK), &mut members);
        if matches!(result, Err(Wrong::Cut)) && all > start + LOOK {
            // A broken line must not be looked for its end through the whole file, line after line.
            let known = self.lines || self.strays >= STRAYS;
            let stop = if known { scan::next_record(self.text, start).unwrap_or(all) } else { all };
            members = Members::default();
            result = self.members(start + 1, stop, &mut members);
        }
        let end = match result {
            Ok(next @ Next::Features(_)) => {
                self.go(next);
                self.keep(members);
                return Ok(None);
            }
            Ok(Next::End(end)) => end,
            Err(Wrong::Cut) => {
                let next = scan::next_record(self.text, start).is_some() || self.lines;
                let reason = if next { "it is not closed" } else { "the file ends inside an object" };
                return self.stray(start, reason.into()).map(Some);
            }
            Err(Wrong::Broken(reason)) => return self.stray(start, reason).map(Some),
        };
        // A quote or a brace that is missing swallows the lines that follow.
        if scan::next_record(&self.text[..end], start).is_some() && !is_json(&self.text[start..end]) {
            return self.stray(start, "it is not closed where the next begins".into()).map(Some);
        }
        let next = scan::skip_space(self.text, end);
        let line_ends = |text: &[u8]| memchr::memchr(b'\n', text).is_some();
        let alone = !line_ends(&self.text[start..end]) && line_ends(&self.text[end..next]);
        self.lines |= alone && self.text.get(next) == Some(&b'{');
        match members.kind.as_deref() {
            Some("FeatureCollection") => {
                self.keep(members);
                self.at = end;
                return Ok(None);
            }
            Some("CityJSON" | "CityJSONFeature") => return Err(Stop::Broken(sniff::CITYJSON.into())),
            Some("Topology") => return Err(Stop::Broken("it is TopoJSON; call it .topojson".into())),
            _ => {}
        }
        self.crs = self.crs.take().or(members.crs);
        self.title = None;
        self.item(start, end, None).map(Some)
    }

    /// Goes through the members of an object from `at` to its features or its end, not beyond `stop`.
    fn members(&self, at: usize, stop: usize, found: &mut Members) -> Result<Next, Wrong> {
        let text = &self.text[..stop];
        let mut at = scan::skip_space(text, at);
        loop {
            match text.get(at) {
                None => return Err(Wrong::Cut),
                Some(b'}') => return Ok(Next::End(at + 1)),
                Some(b',') => {
                    at = scan::skip_space(text, at + 1);
                    continue;
                }
                Some(b'"') => {}
                Some(_) => return Err(Wrong::Broken(format!("a member name is missing at byte {at}"))),
            }
            let key_end = scan::value_end(text, at, limits::FEATURE_BYTES).ok_or(Wrong::Cut)?;
            let key = &text[at + 1..key_end - 1];
            at = scan::skip_space(text, key_end);
            match text.get(at) {
                None => return Err(Wrong::Cut),
                Some(b':') => at = scan::skip_space(text, at + 1),
                Some(_) => return Err(Wrong::Broken(format!("\":\" is missing at byte {at}"))),
            }
            if key == b"features" && text.get(at) == Some(&b'[') {
                return Ok(Next::Features(at + 1));
            }
            let end = scan::value_end(text, at, limits::FEATURE_BYTES).ok_or_else(|| match text.get(at) {
                Some(b'}' | b']' | b',') => Wrong::Broken(format!("a value is missing at byte {at}")),
                _ => Wrong::Cut,
            })?;
            let value = &text[at..end];
            match key {
                b"features" if value != b"null" => {
                    return Err(Wrong::Broken(format!("\"features\" at byte {at} is no list")));
                }
                b"type" => found.kind = serde_json::from_slice(value).ok(),
                b"crs" if found.crs.is_none() => found.crs = Some(crs_member(value)),
                b"name" => found.title = serde_json::from_slice::<String>(value).ok().filter(|n| !n.is_empty()),
                _ => {}
            }
            at = scan::skip_space(text, end);
        }
    }

    /// What the file says before its features, and after them where it is a collection and they are not read to
    /// the end: CRS and name.
    pub fn said(&self) -> (Option<FoundCrs>, Option<String>) {
        let (mut crs, mut title) = (self.crs.clone(), self.title.clone());
        if self.place == Place::Features {
            let tail = members_at_the_end(&self.text[self.at.max(self.text.len().saturating_sub(TAIL))..]);
            crs = crs.or_else(|| tail.get("crs").map(crs_of_member));
            title = tail.get("name").and_then(Json::as_str).filter(|n| !n.is_empty()).map(str::to_owned).or(title);
        }
        (crs, title)
    }
}

/// Whether a text is JSON, also after [`super::mend`].
fn is_json(text: &[u8]) -> bool {
    let valid = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    valid(text) || super::mend::mend(text).is_some_and(|mended| valid(&mended))
}

/// The members after a collection's features: from the end backwards, everything behind a `]` that makes an object
/// with the `}` at the end.
fn members_at_the_end(tail: &[u8]) -> serde_json::Map<String, Json> {
    let mut found = serde_json::Map::new();
    let mut text = tail.to_vec();
    for bracket in memchr::memrchr_iter(b']', tail) {
        let comma = scan::skip_space(tail, bracket + 1);
        let key = scan::skip_space(tail, comma + 1);
        if (tail.get(comma), tail.get(key)) != (Some(&b','), Some(&b'"')) {
            continue;
        }
        text[comma] = b'{';
        if let Ok(members) = serde_json::from_slice::<serde_json::Map<String, Json>>(&text[comma..]) {
            found = members;
        }
        text[comma] = b',';
    }
    found
}

/// The old `crs` member (GeoJSON 2008): a name, a code, or a link that is never followed.
fn crs_member(text: &[u8]) -> FoundCrs {
    crs_of_member(&serde_json::from_slice(text).unwrap_or(Json::Null))
}

fn crs_of_member(member: &Json) -> FoundCrs {
    let property = |name: &str| member.get("properties").and_then(|p| p.get(name));
    let name = match (property("name"), property("code")) {
        (Some(Json::String(name)), _) => name.clone(),
        (_, Some(code)) => format!("EPSG:{}", code.to_string().trim_matches('"')),
        _ if member.get("type").and_then(Json::as_str) == Some("link") => {
            return FoundCrs::unknown("its crs member links to another address, which is not followed: give the CRS");
        }
        _ => return FoundCrs::unknown("its crs member names no CRS: give it"),
    };
    if name.to_ascii_uppercase().contains("CRS84") {
        return crs_of("EPSG:4326", &format!("crs member: {name}"));
    }
    crs_of(&name, &format!("crs member: {name}"))
}
