//! A sink in memory that keeps reports and position together, or neither; and beside it the project's own file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

use cimbase::city::City;
use cimbase::feeds::intake::Intake;
use cimbase::feeds::{BATCH, Batch, Garbage, SHOWN, Sink, Taken};
use cimbase::place::Crs;
use cimbase::store::Store;
use cimbase::themes::management::incoming::Incoming;
use cimbase::themes::management::place::Placer;
use cimbase::themes::management::rules::Rules;
use cimbase::themes::management::times;

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
    /// What the program itself does with reports: cases in a GeoPackage.
    intake: Option<Arc<Mutex<Intake>>>,
    /// Of a hundred calls so many fail.
    fails: u64,
}

impl Desk {
    pub fn new(fails: u64) -> Self {
        Self { kept: Arc::default(), dice: Arc::new(Mutex::new(Dice(7))), intake: None, fails }
    }

    /// With the program's own intake beside it, into `work.gpkg` of a folder.
    pub fn with_store(fails: u64, folder: &Path) -> Self {
        let crs = Crs::parse("EPSG:4548").unwrap();
        let store = Store::open(&folder.join("work.gpkg"), &crs).unwrap();
        let placer = Placer::of(&City::without_layers(crs));
        let intake = Intake::new(store, Rules::usual(), placer, false, times::now).unwrap();
        Self { intake: Some(Arc::new(Mutex::new(intake))), ..Self::new(fails) }
    }

    /// Source ids of the cases that are in the file: as many as there are cases.
    pub fn stored(&self) -> BTreeSet<String> {
        let intake = self.intake.as_ref().unwrap().lock().unwrap();
        let (cases, unread) = intake.store().cases().unwrap();
        assert!(unread.is_empty(), "{unread:?}");
        let ids: BTreeSet<String> = cases.iter().map(|case| case.facts.source_id.clone()).collect();
        assert_eq!(ids.len(), cases.len(), "no case is there twice");
        ids
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
        let position = self.kept.lock().unwrap().positions.get(feed).cloned();
        if let Some(intake) = &self.intake {
            assert_eq!(intake.lock().unwrap().position(feed)?, position);
        }
        Ok(position)
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
        if let Some(intake) = &self.intake {
            let stored = intake.lock().unwrap().take(feed, batch)?;
            assert_eq!((stored.new, stored.known), (taken.new, taken.known), "the file knows what memory knows");
        }
        kept.new += taken.new;
        kept.garbage.extend(batch.garbage.iter().cloned());
        kept.positions.insert(feed.to_owned(), batch.position.clone());
        Ok(taken)
    }
}
