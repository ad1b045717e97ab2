//! A sink in memory that keeps reports and position together, or neither.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use cimbase::feeds::{BATCH, Batch, Garbage, SHOWN, Sink, Taken};
use cimbase::themes::management::incoming::Incoming;

use super::Dice;

/// What the desk holds.
#[derive(Default)]
pub struct Kept {
    pub positions: HashMap<String, String>,
    pub cases: BTreeMap<String, Incoming>,
    pub garbage: Vec<Garbage>,
    pub new: usize,
}

impl Kept {
    /// Beginnings of garbage, each once.
    pub fn raws(&self) -> BTreeSet<String> {
        self.garbage.iter().map(|garbage| garbage.raw.clone()).collect()
    }
}

/// A sink that fails now and then.
#[derive(Clone)]
pub struct Desk {
    pub kept: Arc<Mutex<Kept>>,
    dice: Arc<Mutex<Dice>>,
    /// Of a hundred calls so many fail.
    fails: u64,
}

impl Desk {
    pub fn new(fails: u64) -> Self {
        Self { kept: Arc::default(), dice: Arc::new(Mutex::new(Dice(7))), fails }
    }

    pub fn boxed(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().cases.len()
    }

    fn roll(&self) -> Result<(), String> {
        if self.dice.lock().unwrap().roll(100) < self.fails { Err("the disk is full".to_owned()) } else { Ok(()) }
    }
}

impl Sink for Desk {
    fn position(&mut self, feed: &str) -> Result<Option<String>, String> {
        self.roll()?;
        Ok(self.kept.lock().unwrap().positions.get(feed).cloned())
    }

    fn take(&mut self, feed: &str, batch: &Batch) -> Result<Taken, String> {
        assert!(batch.reports.len() + batch.garbage.len() <= 2 * BATCH, "a batch is bounded");
        assert!(batch.garbage.iter().all(|g| g.raw.chars().count() <= SHOWN && !g.raw.contains(char::is_control)));
        self.roll()?;
        let mut kept = self.kept.lock().unwrap();
        let mut taken = Taken::default();
        for report in &batch.reports {
            assert!(!report.source_id.is_empty(), "{report:?}");
            match kept.cases.insert(report.source_id.clone(), report.clone()) {
                None => taken.new += 1,
                Some(_) => taken.known += 1,
            }
        }
        kept.new += taken.new;
        kept.garbage.extend(batch.garbage.iter().cloned());
        kept.positions.insert(feed.to_owned(), batch.position.clone());
        Ok(taken)
    }
}
