//! Feeds: reports that come in from files that grow, servers and devices.
//!
//! Each feed is one thread. It reads a bounded batch, hands it to a [`Sink`], and goes on only when the sink said that
//! the batch is on the disk together with the place where the feed is to go on: what is interrupted is read again, and
//! what comes again is known by its source id. Nothing here touches a frame.

pub mod intake;

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
