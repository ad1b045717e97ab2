//! Feeds whose records are places of moving units: they are kept in memory, and drawn.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Batch, Sink, Taken};
use crate::themes::management::place::Placer;
use crate::themes::management::tracks::{Fix, Track, Tracks};

/// Most fixes of a feed: of more the oldest are forgotten.
const MOST: usize = 500_000;

/// The ways of a feed's units, as they are known.
#[derive(Clone, Debug, Default)]
pub struct Ways(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    tracks: Tracks,
    /// Counts batches.
    version: u64,
}

impl Ways {
    /// The ways, where they have changed since `seen`, with their number.
    pub fn since(&self, seen: u64) -> Option<(u64, Vec<Arc<Track>>)> {
        // Plain values: whole even where a thread died while it held them.
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (known.version != seen).then(|| (known.version, known.tracks.all().cloned().collect()))
    }

    /// What takes a feed's records. `placer` knows the project CRS.
    pub fn sink(&self, placer: Placer) -> impl Sink + 'static {
        Taker { ways: self.clone(), placer, position: None }
    }
}

/// Takes records as fixes.
struct Taker {
    ways: Ways,
    placer: Placer,
    /// In memory as the ways are: who begins again reads again.
    position: Option<String>,
}

impl Sink for Taker {
    fn position(&mut self, _feed: &str) -> Result<Option<String>, String> {
        Ok(self.position.clone())
    }

    /// Records with a unit, a time and a place; `known` counts the others.
    fn take(&mut self, _feed: &str, batch: &Batch) -> Result<Taken, String> {
        let fix = |report: &crate::themes::management::incoming::Incoming| {
            let xy = self.placer.map_point(report.place.as_ref()?).ok()?;
            Some(Fix { at: report.reported?, xy }).filter(|_| !report.source_id.is_empty())
        };
        let mut taken = Taken::default();
        let mut known = self.ways.0.lock().unwrap_or_else(PoisonError::into_inner);
        for report in &batch.reports {
            match fix(report) {
                Some(fix) => {
                    known.tracks.add(&report.source_id, fix, MOST);
                    taken.new += 1;
                }
                None => taken.known += 1,
            }
        }
        known.version += 1;
        drop(known);
        self.position = Some(batch.position.clone());
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::config::{Brings, FeedConfig, Kind};
    use crate::feeds::{Feed, State};
    use crate::query::testing::city_of;

    /// A file of two patrols that grows; a row without a time is none, one whose time is nonsense is garbage.
    #[test]
    fn a_file_of_fixes_becomes_ways_and_grows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("patrols.csv");
        let row = |unit: &str, time: &str, lon: f64| format!("{unit},{time},{lon},39.1189\n");
        let text = "unit,time,lon,lat\n".to_owned()
            + &row("P1", "2026-03-01 08:01", 117.1951)
            + &row("P2", "2026-03-01 08:00", 117.2)
            + &row("P1", "2026-03-01 08:00", 117.1950)
            + &row("P1", "", 117.1950)
            + &row("P1", "soon", 117.1950);
        std::fs::write(&path, text).unwrap();
        let mut config =
            FeedConfig { brings: Brings::Tracks, interval_s: 0.02, ..FeedConfig::new("patrols", Kind::File, "") };
        config.address = path.to_string_lossy().into_owned();
        for (word, name) in [("id", "unit"), ("time", "time")] {
            config.fields.insert(word.into(), name.into());
        }
        let ways = Ways::default();
        let feed = Feed::start(config, Box::new(ways.sink(Placer::of(&city_of(Vec::new())))));
        let until = |count: usize| {
            for _ in 0..3_000 {
                if let Some((_, all)) = ways.since(0)
                    && all.iter().map(|track| track.fixes.len()).sum::<usize>() == count
                {
                    return all;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            panic!("{:?}", feed.state());
        };
        let all = until(3);
        assert_eq!(all.iter().map(|track| track.unit.as_str()).collect::<Vec<_>>(), ["P1", "P2"]);
        // `cs2cs`: 117.1951, 39.1189 is 516872.4956, 4331721.9849 in EPSG:4548; 2026-03-01 is day 20,513.
        let last = all[0].fixes[1];
        assert_eq!(last.at, 20_513 * 86_400_000 + 60_000);
        assert!((last.xy[0] - 516_872.495_6).abs() < 1e-3 && (last.xy[1] - 4_331_721.984_9).abs() < 1e-3, "{last:?}");
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, row("P2", "2026-03-01 08:02", 117.2).as_bytes()).unwrap();
        until(4);
        let status = feed.state();
        assert_eq!((status.counts.new, status.counts.known, status.counts.garbage), (4, 1, 1));
        assert!(!matches!(status.state, State::Refused { .. }));
    }
}
