//! What feeds and imports bring becomes cases: placed, known again, and kept.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rayon::prelude::*;

use super::{Batch, Sink, Taken};
use crate::store::Store;
use crate::store::cases::{Change, FeedState, TakeError};
use crate::themes::management::case::{Action, Actor, Case, Facts, Located, Step};
use crate::themes::management::incoming::{Incoming, Status};
use crate::themes::management::machine::{Role, State, Verb};
use crate::themes::management::place::{NoPlace, Placer};
use crate::themes::management::rules::Rules;

/// A report this near to an open case of its category, metres …
const SAME_METRES: f64 = 30.0;
/// … and no longer after or before it, milliseconds, tells of the same.
const SAME_TIME: i64 = 24 * 3_600_000;

/// An open case, as far as it is needed to know it again.
struct Recent {
    number: String,
    source: String,
    xy: [f64; 2],
    reported: i64,
}

/// Takes reports into a project's file.
pub struct Intake {
    store: Store,
    rules: Rules,
    placer: Placer,
    /// Who brings them in.
    actor: Actor,
    /// The clock, milliseconds since 1970 UTC.
    now: fn() -> i64,
    /// Whether reports of different sources that tell of the same are one case; then open cases by category and
    /// square of [`SAME_METRES`].
    recent: Option<HashMap<(String, i64, i64), Vec<Recent>>>,
    /// Reports whose place could not be found, and why; those since the last call of [`Intake::placeless`].
    placeless: Vec<(String, NoPlace)>,
}

impl Intake {
    /// Into a file. `merging`: reports of different sources that tell of the same by place, time and category become
    /// one case.
    ///
    /// # Errors
    /// When the cases that are there cannot be read.
    pub fn new(store: Store, rules: Rules, placer: Placer, merging: bool, now: fn() -> i64) -> Result<Self, String> {
        let mut intake = Self {
            store,
            rules,
            placer,
            actor: Actor::of("cimbase", Role::System),
            now,
            recent: merging.then(HashMap::new),
            placeless: Vec::new(),
        };
        if merging {
            let (cases, _) = intake.store.cases().map_err(|error| error.to_string())?;
            cases.iter().for_each(|case| intake.remember(case));
        }
        Ok(intake)
    }

    /// The file.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reports whose place could not be found, and why: those since the last call.
    pub fn placeless(&mut self) -> Vec<(String, NoPlace)> {
        std::mem::take(&mut self.placeless)
    }

    fn remember(&mut self, case: &Case) {
        let Some(recent) = &mut self.recent else { return };
        let Some(located) = case.facts.located.as_ref().filter(|_| !case.state.is_end()) else { return };
        let [x, y] = located.xy.map(square);
        recent.entry((case.facts.category.clone(), x, y)).or_default().push(Recent {
            number: case.number.clone(),
            source: case.facts.source.clone(),
            xy: located.xy,
            reported: case.facts.reported,
        });
    }

    /// The open case of another source that a report seems to tell of.
    fn same(&self, source: &str, facts: &Facts) -> Option<&Recent> {
        let recent = self.recent.as_ref()?;
        let located = facts.located.as_ref()?;
        let reach = SAME_METRES.max(located.accuracy_m.unwrap_or(0.0)).min(2.0 * SAME_METRES);
        let [x, y] = located.xy.map(square);
        let near = (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (x + dx, y + dy)));
        let near = near.filter_map(|(x, y)| recent.get(&(facts.category.clone(), x, y))).flatten();
        let metres = |one: &Recent| (one.xy[0] - located.xy[0]).hypot(one.xy[1] - located.xy[1]);
        near.filter(|one| one.source != source && (one.reported - facts.reported).abs() <= SAME_TIME)
            .filter(|one| metres(one) <= reach)
            .min_by(|a, b| metres(a).total_cmp(&metres(b)))
    }

    /// What a report is about, as a case keeps it.
    fn facts(&self, source: &str, report: &Incoming, located: Option<Located>, now: i64) -> Facts {
        Facts {
            source: source.to_owned(),
            source_id: report.source_id.clone(),
            category: self.rules.categories.id_of(&report.category),
            channel: report.channel.clone(),
            text: report.text.clone(),
            address: report.address.clone(),
            reported: report.reported.unwrap_or(now),
            located,
            reporter: report.reporter.clone(),
            media: report.media.clone(),
            subject: None,
            self_handled: false,
            unit: report.agency.clone(),
            due: report.due,
            closed: report.closed.or(report.updated.filter(|_| report.status == Status::Closed)),
        }
    }

    fn step(&self, at: i64, action: Action, note: &str) -> Box<Step> {
        Box::new(Step { at, actor: self.actor.clone(), action, note: note.to_owned() })
    }

    fn changes(&mut self, feed: &str, batch: &Batch) -> Result<(Vec<Change>, Taken), TakeError> {
        let placer = &self.placer;
        let places: Vec<Result<Located, NoPlace>> =
            batch.reports.par_iter().map(|report| placer.locate(report)).collect();
        let now = (self.now)();
        let (mut changes, mut taken) = (Vec::new(), Taken::default());
        // Begun in this batch, by source id.
        let mut begun: HashMap<&str, usize> = HashMap::new();
        let mut placeless = Vec::new();
        for (report, place) in batch.reports.iter().zip(places) {
            let closed = state_of(report).is_end();
            if !report.source_id.is_empty() {
                if let Entry::Occupied(at) = begun.entry(&report.source_id) {
                    taken.known += 1;
                    // It was closed while it waited.
                    if let (true, Some(Change::Begin(step))) = (closed, changes.get_mut(*at.get()))
                        && let Action::Begin { facts, state, .. } = &mut step.action
                    {
                        *state = Some(state_of(report));
                        facts.closed = report.closed.or(report.updated);
                    }
                    continue;
                }
                if let Some(number) = self.store.case_of_source(feed, &report.source_id)? {
                    taken.known += 1;
                    if closed && let Some(case) = self.store.case(&number)?.filter(|case| !case.state.is_end()) {
                        let at = case.steps.last().map_or(now, |last| last.at.max(now));
                        let step = self.step(at, Action::Do { verb: Verb::CloseElsewhere }, &report.status_notes);
                        changes.push(Change::Take(number, step));
                    }
                    continue;
                }
            }
            let located = match place {
                Ok(located) => Some(located),
                Err(reason) => {
                    placeless.push((report.source_id.clone(), reason));
                    None
                }
            };
            let facts = self.facts(feed, report, located, now);
            if let Some(same) = self.same(feed, &facts) {
                taken.same += 1;
                let note = format!("{feed} {}: {}", report.source_id, report.text);
                let media = report.media.clone();
                changes.push(Change::Take(same.number.clone(), self.step(now, Action::Note { media }, &note)));
                continue;
            }
            if !report.source_id.is_empty() {
                begun.insert(&report.source_id, changes.len());
            }
            taken.new += 1;
            let state = Some(state_of(report));
            let action = Action::Begin { verb: Verb::Import, facts: Box::new(facts), state };
            changes.push(Change::Begin(self.step(now, action, &report.status_notes)));
        }
        self.placeless.extend(placeless);
        Ok((changes, taken))
    }
}

/// The side of a square in which cases are looked for.
fn square(metres: f64) -> i64 {
    (metres / SAME_METRES).floor() as i64
}

/// The state that a report is brought in with.
fn state_of(report: &Incoming) -> State {
    State::of_words(&report.state).unwrap_or(match report.status {
        Status::Open => State::Registered,
        Status::Closed => State::Closed,
    })
}

impl Sink for Intake {
    fn position(&mut self, feed: &str) -> Result<Option<String>, String> {
        self.store.feed_position(feed).map_err(|error| error.to_string())
    }

    fn take(&mut self, feed: &str, batch: &Batch) -> Result<Taken, String> {
        let (changes, taken) = self.changes(feed, batch).map_err(|error| error.to_string())?;
        let garbage: Vec<[String; 3]> =
            batch.garbage.iter().map(|one| [one.place.clone(), one.reason.clone(), one.raw.clone()]).collect();
        let state = FeedState { feed, position: &batch.position, garbage: &garbage };
        let done = self.store.change_cases(changes, &self.rules.calendar, Some(state));
        for case in done.map_err(|error| error.to_string())? {
            if case.steps.len() == 1 {
                self.remember(&case);
            }
        }
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Crs;
    use crate::query::testing::city_of;
    use crate::themes::management::incoming::Coordinates;

    /// 2026-09-28 08:30 in Tianjin.
    fn clock() -> i64 {
        1_790_555_400_000
    }

    fn intake(folder: &std::path::Path, merging: bool) -> Intake {
        let store = Store::open(&folder.join("work.gpkg"), &Crs::parse("EPSG:4548").unwrap()).unwrap();
        Intake::new(store, Rules::usual(), Placer::of(&city_of(Vec::new())), merging, clock).unwrap()
    }

    fn report(id: &str, xy: [f64; 2]) -> Incoming {
        Incoming {
            source_id: id.into(),
            category: "暴露垃圾".into(),
            reported: Some(clock() - 3_600_000),
            place: Some(Coordinates { xy, crs: String::new(), offset: String::new() }),
            ..Incoming::default()
        }
    }

    fn batch(reports: Vec<Incoming>, position: &str) -> Batch {
        Batch { reports, garbage: Vec::new(), position: position.into() }
    }

    const AT: [f64; 2] = [516_000.0, 4_331_000.0];

    #[test]
    fn what_comes_again_is_known_and_closed_when_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = intake(folder.path(), false);
        let taken =
            intake.take("hotline", &batch(vec![report("a", AT), report("b", AT), report("a", AT)], "3")).unwrap();
        assert_eq!((taken.new, taken.known), (2, 1));
        let closed = Incoming { status: Status::Closed, status_notes: "done".into(), ..report("a", AT) };
        let taken = intake.take("hotline", &batch(vec![closed.clone(), report("b", AT)], "5")).unwrap();
        assert_eq!((taken.new, taken.known), (0, 2));
        let again = intake.take("hotline", &batch(vec![closed], "6")).unwrap();
        assert_eq!(again.known, 1);
        let cases = intake.store().cases().unwrap().0;
        let states: Vec<(State, usize)> = cases.iter().map(|case| (case.state, case.steps.len())).collect();
        assert_eq!(states, [(State::Closed, 2), (State::Registered, 1)]);
        assert_eq!((cases[0].facts.category.as_str(), cases[0].steps[1].note.as_str()), ("event:0102", "done"));
        assert_eq!(intake.position("hotline").unwrap().as_deref(), Some("6"));
        // The same number of another source is another case.
        assert_eq!(intake.take("web", &batch(vec![report("a", AT)], "1")).unwrap().new, 1);
    }

    #[test]
    fn reports_of_two_sources_that_tell_of_the_same_are_one_case() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = intake(folder.path(), true);
        intake.take("hotline", &batch(vec![report("a", AT)], "1")).unwrap();
        let near = |metres: f64| [AT[0] + metres, AT[1]];
        let later = Incoming { reported: Some(clock() + 30 * 3_600_000), ..report("late", near(5.0)) };
        let other = Incoming { category: "0406".into(), ..report("water", near(5.0)) };
        let reports = vec![report("near", near(25.0)), report("far", near(35.0)), later, other];
        let taken = intake.take("web", &batch(reports, "4")).unwrap();
        assert_eq!((taken.new, taken.same), (3, 1), "only the one within 30 m and a day, of the same category");
        // One source counts for itself: two bins at one corner are two.
        assert_eq!(intake.take("hotline", &batch(vec![report("c", near(1.0))], "2")).unwrap().new, 1);
        let first = &intake.store().cases().unwrap().0[0];
        assert!(first.steps[1].note.starts_with("web near"), "{:?}", first.steps[1]);
        // It is known after a restart as well.
        drop(intake);
        let mut intake = super::tests::intake(folder.path(), true);
        assert_eq!(intake.take("email", &batch(vec![report("x", near(2.0))], "1")).unwrap().same, 1);
    }

    #[test]
    fn a_report_without_a_place_is_kept_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = intake(folder.path(), false);
        let nowhere = Incoming { place: None, address: "不知何处".into(), ..report("a", AT) };
        let taken = intake.take("hotline", &batch(vec![nowhere, report("b", AT)], "2")).unwrap();
        assert_eq!(taken.new, 2);
        assert_eq!(intake.placeless(), [("a".to_owned(), NoPlace::Address("不知何处".into()))]);
        assert!(intake.placeless().is_empty());
        assert!(intake.store().cases().unwrap().0[0].facts.located.is_none());
    }

    #[test]
    fn what_others_say_of_a_state_is_understood() {
        let state = |words: &str| state_of(&Incoming { state: words.into(), ..Incoming::default() });
        assert_eq!(
            [state("处置中"), state("to_check"), state("处理中")],
            [State::Handling, State::ToCheck, State::Handling]
        );
        assert_eq!(
            [state("结案"), state("whatever"), state("")],
            [State::Closed, State::Registered, State::Registered]
        );
    }
}
