//! Tracks of moving units (patrols, vehicles): where each was and when, and where nothing was heard of it. Pure.
//!
//! 1. [`Tracks::add`] takes fixes as they come, in any order, and keeps each once;
//! 2. [`runs`] splits a track where it has a gap;
//! 3. [`Track::at`] says where a unit is at a moment, and whether that is known or the last that is known.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A unit at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// Project CRS.
    pub xy: [f64; 2],
}

/// The way of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// The unit's name.
    pub unit: String,
    /// Ascending in time, each moment once.
    pub fixes: Vec<Fix>,
}

/// Where a unit is at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whereabouts {
    /// Project CRS.
    pub xy: [f64; 2],
    /// When it was heard of last, milliseconds since 1970 UTC.
    pub heard: i64,
    /// Whether nothing was heard of it for longer than a gap: then this is where it was last.
    pub lost: bool,
}

impl Track {
    /// Takes a fix; one of the same moment is put in its place.
    fn add(&mut self, fix: Fix) {
        let place = self.fixes.partition_point(|known| known.at < fix.at);
        match self.fixes.get_mut(place) {
            Some(known) if known.at == fix.at => *known = fix,
            _ => self.fixes.insert(place, fix),
        }
    }

    /// The fixes between two moments, both included.
    pub fn between(&self, from: i64, to: i64) -> &[Fix] {
        let begin = self.fixes.partition_point(|fix| fix.at < from);
        let end = self.fixes.partition_point(|fix| fix.at <= to).max(begin);
        self.fixes.get(begin..end).unwrap_or_default()
    }

    /// Where a unit is at a moment: between two fixes on the straight line between them, by the time; in a gap and after
    /// the last fix where it was last. `None` before its first.
    pub fn at(&self, moment: i64, gap_ms: i64) -> Option<Whereabouts> {
        let next = self.fixes.partition_point(|fix| fix.at <= moment);
        let last = self.fixes.get(next.checked_sub(1)?)?;
        let known = Whereabouts { xy: last.xy, heard: last.at, lost: moment - last.at > gap_ms };
        match self.fixes.get(next) {
            Some(next) if next.at - last.at <= gap_ms => {
                let share = (moment - last.at) as f64 / (next.at - last.at) as f64;
                let at = |k: usize| last.xy[k] + share * (next.xy[k] - last.xy[k]);
                Some(Whereabouts { xy: [at(0), at(1)], ..known })
            }
            _ => Some(known),
        }
    }
}

/// Fixes in runs: a run goes on while no more than `gap_ms` lie between two fixes.
pub fn runs(fixes: &[Fix], gap_ms: i64) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut from = 0;
    for (at, pair) in fixes.windows(2).enumerate() {
        if pair[1].at - pair[0].at > gap_ms {
            runs.push(from..at + 1);
            from = at + 1;
        }
    }
    if from < fixes.len() {
        runs.push(from..fixes.len());
    }
    runs
}

/// The ways of all units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracks {
    units: BTreeMap<String, Arc<Track>>,
    fixes: usize,
}

impl Tracks {
    /// Takes a fix of a unit. Of more than `most` fixes in all the oldest of this unit are forgotten.
    pub fn add(&mut self, unit: &str, fix: Fix, most: usize) {
        if !fix.xy.iter().all(|v| v.is_finite()) {
            return;
        }
        let track = self
            .units
            .entry(unit.to_owned())
            .or_insert_with(|| Arc::new(Track { unit: unit.to_owned(), fixes: Vec::new() }));
        let track = Arc::make_mut(track);
        self.fixes -= track.fixes.len();
        track.add(fix);
        let over = (self.fixes + track.fixes.len()).saturating_sub(most).min(track.fixes.len() - 1);
        track.fixes.drain(..over);
        self.fixes += track.fixes.len();
    }

    /// The ways, by the units' names.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.units.values()
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    /// Fixes at minutes, each 100 m east a minute.
    fn track(minutes: &[i64]) -> Track {
        let mut track = Track { unit: "patrol 1".into(), fixes: Vec::new() };
        for minute in minutes {
            track.add(Fix { at: minute * MINUTE, xy: [*minute as f64 * 100.0, 50.0] });
        }
        track
    }

    #[test]
    fn fixes_stand_in_the_order_of_time_however_they_come() {
        let track = track(&[4, 0, 2, 2, 1]);
        let minutes: Vec<i64> = track.fixes.iter().map(|fix| fix.at / MINUTE).collect();
        assert_eq!(minutes, [0, 1, 2, 4]);
        assert_eq!(track.between(MINUTE, 2 * MINUTE).len(), 2);
        assert_eq!(track.between(5 * MINUTE, 9 * MINUTE).len(), 0);
        assert_eq!(track.between(9 * MINUTE, 0).len(), 0);
    }

    #[test]
    fn a_track_is_split_where_nothing_was_heard_for_longer_than_a_gap() {
        // 0 1 2 | 13 14 | 60: eleven minutes, and 46.
        let track = track(&[0, 1, 2, 13, 14, 60]);
        assert_eq!(runs(&track.fixes, 10 * MINUTE), [0..3, 3..5, 5..6]);
        // Exactly a gap is none yet.
        assert_eq!(runs(&track.fixes, 11 * MINUTE), [0..5, 5..6]);
        assert_eq!(runs(&track.fixes, 60 * MINUTE).len(), 1);
        assert!(runs(&[], MINUTE).is_empty());
    }

    #[test]
    fn a_unit_is_between_its_fixes_and_after_them_where_it_was_last() {
        let track = track(&[0, 2, 13]);
        let at = |seconds: i64| track.at(seconds * 1_000, 10 * MINUTE);
        assert_eq!(at(-1), None);
        // 30 s of 120 s: a quarter of 200 m.
        assert_eq!(at(30), Some(Whereabouts { xy: [50.0, 50.0], heard: 0, lost: false }));
        assert_eq!(at(120), Some(Whereabouts { xy: [200.0, 50.0], heard: 2 * MINUTE, lost: false }));
        // In the gap of eleven minutes it stays, and is lost after ten.
        assert_eq!(at(120 + 599), Some(Whereabouts { xy: [200.0, 50.0], heard: 2 * MINUTE, lost: false }));
        assert_eq!(at(120 + 601), Some(Whereabouts { xy: [200.0, 50.0], heard: 2 * MINUTE, lost: true }));
        // Heard of again; after the last fix it is there, and lost in the end.
        assert_eq!(at(13 * 60 + 5), Some(Whereabouts { xy: [1300.0, 50.0], heard: 13 * MINUTE, lost: false }));
        assert!(at(60 * 60).unwrap().lost);
    }

    #[test]
    fn of_too_many_fixes_the_oldest_of_the_unit_are_forgotten() {
        let mut tracks = Tracks::default();
        for minute in 0..10 {
            tracks.add("a", Fix { at: minute * MINUTE, xy: [0.0, 0.0] }, 6);
        }
        tracks.add("b", Fix { at: 0, xy: [0.0, 0.0] }, 6);
        tracks.add("b", Fix { at: 1, xy: [f64::NAN, 0.0] }, 6);
        let counts: Vec<(usize, i64)> =
            tracks.all().map(|track| (track.fixes.len(), track.fixes[0].at / MINUTE)).collect();
        assert_eq!((counts, tracks.len(), tracks.fixes), (vec![(6, 4), (1, 0)], 2, 7));
    }
}
