//! Feeds: reports that come in from files that grow, servers and devices.
//!
//! Each feed is one thread. It reads a bounded batch, hands it to a [`Sink`], and goes on only when the sink said that
//! the batch is on the disk together with the place where the feed is to go on: what is interrupted is read again, and
//! what comes again is known by its source id. Nothing here touches a frame.
//!
//! 1. [`config::FeedConfig`] says what a feed reads; [`Feed::start`] gives it a thread.
//! 2. `files`, `open311`, `web` or `mqtt` reads what there is, a bounded piece at a time.
//! 3. [`fields::Fields`] makes a report of each record; what cannot be one is [`Garbage`], with its reason.
//! 4. The batch goes to the sink, again and again until it is taken; then the source may forget it (an MQTT message is
//!    acknowledged, the place in a file moves on).
//! 5. [`intake`] makes cases of them; [`rows`] reads whole tables for it.
//!
//! Beside them: [`project`] reads which feeds a project has, [`cap`] reads warnings, [`tracks`] keeps the ways of moving units, [`serve`] gives and takes reports
//! as an Open311 server of this machine, with [`counter`] behind it.

pub mod cap;
pub mod config;
pub mod counter;
mod feed;
pub mod fields;
mod files;
mod http;
pub mod intake;
mod json;
mod mqtt;
mod open311;
pub mod project;
pub mod rows;
pub mod serve;
pub mod tracks;
mod web;
mod xml;

pub use self::feed::{Counts, Feed, State, Status};

use crate::themes::management::incoming::Incoming;

/// Most reports that are handed over together.
pub const BATCH: usize = 500;

/// Something that came in and is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Garbage {
    /// Where in the source: a line, a message's topic, a request's address.
    pub place: String,
    /// What is wrong with it, for people.
    pub reason: String,
    /// Its first characters, at most [`SHOWN`], with control characters made visible.
    pub raw: String,
}

impl Garbage {
    /// What came, cut short and with its control characters made visible.
    pub fn new(place: impl Into<String>, reason: impl Into<String>, raw: &[u8]) -> Self {
        // Four bytes are the longest character.
        let head = raw.get(..4 * SHOWN).unwrap_or(raw);
        let (place, reason) = (place.into(), reason.into());
        Self { place: visible(&place), reason: visible(&reason), raw: visible(&String::from_utf8_lossy(head)) }
    }
}

/// At most [`SHOWN`] characters of a text, nothing in them that moves the cursor or turns the direction of writing.
fn visible(text: &str) -> String {
    let mut out = String::new();
    let mut left = SHOWN;
    for letter in text.chars() {
        let odd = letter.is_control() || fields::turns(letter);
        let written = if odd { letter.escape_default().to_string() } else { letter.to_string() };
        let count = written.chars().count();
        if count > left {
            break;
        }
        left -= count;
        out.push_str(&written);
    }
    out
}

/// Characters of garbage that are kept.
pub const SHOWN: usize = 400;

/// Reports that are handed over together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Reports, in the order in which they came.
    pub reports: Vec<Incoming>,
    /// What could not be read.
    pub garbage: Vec<Garbage>,
    /// Where the feed goes on after this batch; its own words.
    pub position: String,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// New cases.
    pub new: usize,
    /// Reports of cases that were there: brought up to date, or the same.
    pub known: usize,
    /// Reports that seem to tell of a case that came from elsewhere; they were added to it as reports.
    pub same: usize,
}

/// Takes what feeds bring.
pub trait Sink: Send {
    /// Where a feed goes on: what it said last; `None` where it has not begun.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn position(&mut self, feed: &str) -> Result<Option<String>, String>;

    /// Takes a batch: when this returns, all of it is on the disk and the position with it, or nothing is.
    ///
    /// # Errors
    /// What went wrong, for people; the feed tries again later.
    fn take(&mut self, feed: &str, batch: &Batch) -> Result<Taken, String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_short_and_shows_what_would_be_hidden() {
        let garbage = Garbage::new("line 3", "no JSON", b"a\x1b[2Jb\r\n\xff\xe2\x80\xae");
        assert_eq!(garbage.raw, "a\\u{1b}[2Jb\\r\\n\u{fffd}\\u{202e}");
        assert_eq!(Garbage::new("", "", &vec![b'x'; 10_000]).raw.chars().count(), SHOWN);
        assert!(Garbage::new("", "", &vec![0; 10_000]).raw.chars().count() <= SHOWN);
    }
}
