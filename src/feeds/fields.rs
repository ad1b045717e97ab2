//! Reports from records: which key is what, said or guessed by name, and what its value means.
//!
//! 1. A record is a JSON object: a row of a table by its heads, an item of a server, a message of a device.
//! 2. For each [`Word`] the key that the feed names (a dotted path), else the first of the known names that is there
//!    and not empty.
//! 3. Texts are cut and cleaned; a place that cannot be, a time that is none and an id that is too long make the record
//!    garbage, with the reason.

mod names;
mod place;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value as Json};

pub use self::names::Word;

use super::config::FeedConfig;
use crate::place::{Crs, Offset};
use crate::themes::management::incoming::{Incoming, Reporter, Status};
use crate::themes::management::times;

/// Most characters of what was said.
const LONG: usize = 8_000;

/// Most characters of everything else.
const SHORT: usize = 500;

/// Most characters of an id.
const ID: usize = 200;

/// Most pictures of a report, and most characters of the address of one.
const PICTURES: (usize, usize) = (20, 2_000);

/// Deepest path that a field may have.
const DEPTH: usize = 8;

/// An object with names and values.
pub type Record = Map<String, Json>;

/// Makes reports of records.
#[derive(Clone, Debug)]
pub struct Fields {
    said: BTreeMap<Word, Vec<String>>,
    category: String,
    channel: String,
    crs: String,
    offset: String,
    zone_s: i64,
    /// Whether `crs` is in degrees; `None` where no CRS is said.
    degrees: Option<bool>,
}

/// The keys of a record, in the spelling in which names are compared.
struct Keys<'a> {
    record: &'a Record,
    plain: HashMap<String, &'a str>,
}

impl Keys<'_> {
    fn of(record: &Record) -> Keys<'_> {
        let mut plain = HashMap::with_capacity(record.len());
        for key in record.keys() {
            plain.entry(plain_name(key)).or_insert(key.as_str());
        }
        Keys { record, plain }
    }

    /// The first of these names whose value says something.
    fn first(&self, names: &[String]) -> Option<(&str, &Json)> {
        names.iter().find_map(|name| {
            let key = *self.plain.get(name)?;
            let value = self.record.get(key)?;
            (!is_empty(value)).then_some((key, value))
        })
    }
}

/// A name without case, spaces and marks.
pub(in crate::feeds) fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => matches!(text.trim(), "" | "NULL" | "null" | "None" | "N/A" | "-" | "--" | "无"),
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

impl Fields {
    /// What a feed says about its fields.
    ///
    /// # Errors
    /// A word, zone, CRS or offset that nobody knows, for people.
    pub fn of(config: &FeedConfig) -> Result<Self, String> {
        let mut said = BTreeMap::new();
        for (word, path) in &config.fields {
            let known = Word::from_word(word).ok_or_else(|| {
                let all: Vec<&str> = Word::ALL.iter().map(|word| word.word()).collect();
                format!("feed {}: \"{word}\" is no field; there are {}", config.id, all.join(", "))
            })?;
            said.insert(known, path.split('.').take(DEPTH).map(str::to_owned).collect());
        }
        let zone_s = times::zone(&config.zone)
            .ok_or_else(|| format!("feed {}: the zone \"{}\" is none like +08:00", config.id, config.zone))?;
        let degrees = if config.crs.is_empty() {
            None
        } else {
            let crs = Crs::parse(&config.crs).map_err(|error| format!("feed {}: {error}", config.id))?;
            Some(crs.is_geographic())
        };
        if !config.offset.is_empty() && Offset::from_word(&config.offset).is_none() {
            return Err(format!("feed {}: the offset \"{}\" is neither gcj02 nor bd09", config.id, config.offset));
        }
        Ok(Self {
            said,
            category: clean(&config.category, SHORT),
            channel: clean(&config.channel, SHORT),
            crs: config.crs.clone(),
            offset: config.offset.clone(),
            zone_s,
            degrees,
        })
    }

    /// The category of records that name none.
    pub fn category(&self) -> &str {
        &self.category
    }

    /// The zone of times that name none, in seconds.
    pub fn zone_s(&self) -> i64 {
        self.zone_s
    }

    /// The report of a record. `point` is where its geometry lies, and in what (empty: longitude and latitude).
    ///
    /// # Errors
    /// Why it is none, for people.
    pub fn report(&self, record: &Record, point: Option<([f64; 2], &str)>) -> Result<Incoming, String> {
        self.report_in(record, point, &self.category)
    }

    /// As [`Fields::report`], with the category of records that name none.
    ///
    /// # Errors
    /// Why it is none, for people.
    pub fn report_in(
        &self,
        record: &Record,
        point: Option<([f64; 2], &str)>,
        category: &str,
    ) -> Result<Incoming, String> {
        let keys = Keys::of(record);
        let text =
            |word: Word, most: usize| self.value(&keys, word).map_or_else(String::new, |v| clean(&words(v), most));
        let source_id = self.value(&keys, Word::Id).map_or_else(String::new, words).trim().to_owned();
        if source_id.chars().count() > ID {
            return Err(format!("its id has more than {ID} characters"));
        }
        let first = |first: String, other: &str| if first.is_empty() { other.to_owned() } else { first };
        let (name, last) = (text(Word::Name, SHORT), text(Word::LastName, SHORT));
        let name = if name.is_empty() || last.is_empty() { name + &last } else { format!("{name} {last}") };
        Ok(Incoming {
            source_id: clean(&source_id, ID),
            reported: self.time(&keys, Word::Reported, true)?,
            updated: self.time(&keys, Word::Updated, false)?,
            category: first(text(Word::Category, SHORT), category),
            channel: first(text(Word::Channel, SHORT), &self.channel),
            text: text(Word::Text, LONG),
            address: text(Word::Address, SHORT),
            place: self.place(&keys, point)?,
            accuracy_m: self
                .value(&keys, Word::Accuracy)
                .and_then(number)
                .filter(|metres| (0.0..=1e6).contains(metres)),
            status: self.value(&keys, Word::Status).map_or(Status::Open, |value| status(&words(value))),
            status_notes: text(Word::StatusNotes, LONG),
            agency: text(Word::Agency, SHORT),
            due: self.time(&keys, Word::Due, false)?,
            state: text(Word::Status, SHORT),
            closed: self.time(&keys, Word::Closed, false)?,
            reporter: Reporter { name, phone: text(Word::Phone, SHORT), email: text(Word::Email, SHORT) },
            media: self.value(&keys, Word::Media).map_or_else(Vec::new, pictures),
        })
    }

    /// The value of a word, `None` where nothing is said.
    fn value<'a>(&self, keys: &'a Keys<'_>, word: Word) -> Option<&'a Json> {
        self.found(keys, word).map(|(_, value)| value)
    }

    /// The key and the value of a word.
    fn found<'a>(&self, keys: &'a Keys<'_>, word: Word) -> Option<(&'a str, &'a Json)> {
        let Some(path) = self.said.get(&word) else { return keys.first(word.names()) };
        at_path(keys.record, path).filter(|value| !is_empty(value)).map(|value| ("", value))
    }

    fn time(&self, keys: &Keys<'_>, word: Word, needed: bool) -> Result<Option<i64>, String> {
        let Some((key, value)) = self.found(keys, word) else { return Ok(None) };
        let read = match value {
            Json::Number(number) => number.as_f64().and_then(|number| times::number(number, self.zone_s)),
            other => times::moment(&words(other), self.zone_s),
        };
        if read.is_none() && needed {
            let named = if key.is_empty() { word.word() } else { key };
            return Err(format!("{named}: \"{}\" is no time", clean(&words(value), 60)));
        }
        Ok(read)
    }
}

/// The value at a path: keys, and places in a list from 0. A key with dots in it is found as a whole.
fn at_path<'a>(record: &'a Record, path: &[String]) -> Option<&'a Json> {
    if let Some(whole) = record.get(&path.join(".")) {
        return Some(whole);
    }
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(record.get(first)?, |value, step| match value {
        Json::Object(map) => map.get(step),
        Json::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A value in words; whole numbers without a decimal point.
pub(super) fn words(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Number(number) => match number.as_f64() {
            Some(whole) if !number.is_i64() && !number.is_u64() && whole.fract() == 0.0 && whole.abs() < 9e15 => {
                format!("{whole:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// A number, also as text.
fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number| number.is_finite())
}

/// Letters that turn the direction of writing, so that a text reads as another one.
pub(super) fn turns(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text of at most so many characters without control characters, trimmed; lines stay lines.
pub(super) fn clean(text: &str, most: usize) -> String {
    let kept = text.trim().chars().filter(|c| !turns(*c)).map(|c| match c {
        '\n' | '\t' => c,
        '\r' => ' ',
        c if c.is_control() => ' ',
        c => c,
    });
    let mut out: String = kept.take(most).collect();
    out.truncate(out.trim_end().len());
    out
}

/// How far a report got elsewhere.
fn status(text: &str) -> Status {
    const CLOSED: [&str; 24] = [
        "closed",
        "close",
        "resolved",
        "done",
        "completed",
        "complete",
        "void",
        "rejected",
        "invalid",
        "archived",
        "fixed",
        "已结案",
        "结案",
        "已办结",
        "办结",
        "已完成",
        "已完结",
        "完结",
        "已关闭",
        "关闭",
        "作废",
        "已作废",
        "不予受理",
        "结案存档",
    ];
    let plain = text.trim().to_lowercase();
    if CLOSED.contains(&plain.as_str()) { Status::Closed } else { Status::Open }
}

/// Addresses of pictures: a text, a list of texts, or of objects with `url`.
fn pictures(value: &Json) -> Vec<String> {
    let one = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Object(map) => map.get("url").or_else(|| map.get("media_url")).map(words),
        _ => None,
    };
    let all: Vec<String> = match value {
        Json::Array(list) => list.iter().filter_map(one).collect(),
        Json::String(text) if text.contains([';', '|']) => text.split([';', '|']).map(str::to_owned).collect(),
        other => one(other).into_iter().collect(),
    };
    let (count, length) = PICTURES;
    let sound = all.iter().map(|text| clean(text, length + 1)).filter(|t| !t.is_empty() && t.chars().count() <= length);
    sound.take(count).collect()
}

/// An id for what has none: the same for the same bytes.
pub(super) fn hashed(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        // With its length, so that no two lists of parts read the same.
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex().get(..32).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
