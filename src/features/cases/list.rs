//! Which cases are listed, in which order, and how each stands. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::themes::management::calendar::Calendar;
use crate::themes::management::case::{Actor, Case, Light};
use crate::themes::management::machine::{Role, State, TABLE, Verb};
use crate::themes::management::rules::Rules;

/// A day, milliseconds.
pub const DAY: i64 = 24 * 3_600_000;
/// Days that the histogram reaches: 1970 to 2120; a clock that is wrong by more is left out of it.
const DAYS: i64 = 150 * 365 + 37;

/// Which cases are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Group {
    /// Those that are not at their end.
    #[default]
    Open,
    /// Those that wait for whoever sits at the desk.
    Mine,
    /// Open ones whose time is used up.
    Overdue,
    /// Those at their end.
    Closed,
    /// All.
    All,
}

impl Group {
    /// All groups, as they are offered.
    pub const ALL: [Self; 5] = [Self::Open, Self::Mine, Self::Overdue, Self::Closed, Self::All];
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Overdue first, the longest overdue before all; then by what is due next.
    #[default]
    Overdue,
    /// By what is due next.
    Due,
    /// The newest first.
    Reported,
    /// By category.
    Category,
    /// The nearest to the middle of the view first.
    Distance,
}

impl Sort {
    /// All orders, as they are offered.
    pub const ALL: [Self; 5] = [Self::Overdue, Self::Due, Self::Reported, Self::Category, Self::Distance];
}

/// What is wished of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Which.
    pub group: Group,
    /// In which order.
    pub sort: Sort,
    /// Only this category; empty: all.
    pub category: String,
    /// Only those whose number, text, address or unit has this in it.
    pub text: String,
    /// Only those that were reported from, and before; milliseconds since 1970 UTC.
    pub period: Option<[i64; 2]>,
    /// Those that were there at this moment, whatever became of them.
    pub moment: Option<i64>,
    /// Only these numbers, ascending: what was new.
    pub only: Option<Arc<Vec<String>>>,
}

/// How a case stands, as its colour says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Overdue.
    Red,
    /// More than 80 % of its time is used.
    Yellow,
    /// In time.
    Green,
    /// Open, and nothing says how much time there is.
    #[default]
    Open,
    /// At its end.
    Ended,
}

impl Mark {
    /// All marks, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Red, Self::Yellow, Self::Green, Self::Open, Self::Ended];

    fn of(light: Option<Light>) -> Self {
        match light {
            Some(Light::Red) => Self::Red,
            Some(Light::Yellow) => Self::Yellow,
            Some(Light::Green) => Self::Green,
            None => Self::Open,
        }
    }
}

/// Reports by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Days {
    /// Midnight of the first day, milliseconds since 1970 UTC.
    pub from: i64,
    /// Reports on each day.
    pub counts: Vec<u32>,
}

impl Days {
    /// Midnight after the last day.
    pub fn to(&self) -> i64 {
        self.from + self.counts.len() as i64 * DAY
    }
}

/// A case on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Its place among all.
    pub case: u32,
    /// East, north, up.
    pub at: [f64; 3],
    /// How it stands.
    pub mark: Mark,
}

/// A list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Places among all, in order.
    pub rows: Vec<u32>,
    /// How each of all stands.
    pub marks: Vec<Mark>,
    /// How many there are of each of [`Group::ALL`], whatever group is listed.
    pub counts: [usize; 5],
    /// Overdue ones, whatever is listed.
    pub overdue: usize,
    /// Categories that there are, with counts; the greatest first.
    pub categories: Vec<(String, usize)>,
    /// How many of those that are listed lie in each cell of the unit grid, by its code.
    pub grids: HashMap<String, u32>,
    /// Objections to each feature, open ones first, whatever is listed: places among all by layer and feature.
    pub objections: HashMap<(String, String), Vec<u32>>,
    /// When they were reported, whatever period is listed.
    pub days: Days,
    /// Those with a place, in the order of the list.
    pub spots: Vec<Spot>,
}

/// What a list is made from.
pub struct Wanted<'a> {
    /// All cases.
    pub all: &'a [Arc<Case>],
    /// How they are timed.
    pub rules: &'a Rules,
    /// Who sits at the desk.
    pub me: &'a Actor,
    /// What is wished.
    pub wish: &'a Wish,
    /// The moment, milliseconds since 1970 UTC.
    pub now: i64,
    /// The middle of the view.
    pub centre: [f64; 2],
    /// Elevation of the ground.
    pub ground: &'a (dyn Fn([f64; 2]) -> f64 + Sync),
}

/// What is known of one case.
struct Seen {
    mark: Mark,
    /// For each of [`Group::ALL`].
    groups: [bool; 5],
    /// Whether category, text and period are wished.
    passes: bool,
    /// The same whatever the period.
    passes_but_time: bool,
    /// The same whatever the category.
    passes_but_category: bool,
    key: (u8, i64, i64),
}

/// Makes a list.
pub fn list(wanted: &Wanted<'_>) -> Listed {
    let Wanted { all, rules, wish, .. } = wanted;
    let needle = wish.text.trim().to_lowercase();
    let seen: Vec<Seen> = all.par_iter().map(|case| look(case, wanted, &needle)).collect();
    let group = match wish.moment {
        // Then it is its time that says whether it is open.
        Some(_) => Group::All,
        None => wish.group,
    };
    let group = Group::ALL.iter().position(|other| *other == group).unwrap_or(0);
    let mut listed = Listed::default();
    let mut categories: HashMap<&str, usize> = HashMap::new();
    for (place, (case, seen)) in all.iter().zip(&seen).enumerate() {
        listed.marks.push(seen.mark);
        listed.overdue += usize::from(seen.groups[2]);
        if seen.passes {
            listed.counts.iter_mut().zip(seen.groups).for_each(|(count, is)| *count += usize::from(is));
            if seen.groups.get(group) == Some(&true) {
                listed.rows.push(place as u32);
            }
        }
        if let Some(subject) = &case.facts.subject {
            let feature = (subject.layer.clone(), subject.feature.clone());
            listed.objections.entry(feature).or_default().push(place as u32);
        }
        if seen.passes_but_category {
            *categories.entry(&case.facts.category).or_default() += 1;
        }
    }
    let ended = |place: &u32| all.get(*place as usize).is_some_and(|case| case.state.is_end());
    listed.objections.values_mut().for_each(|of| of.sort_by_key(ended));
    let key = |place: &u32| seen.get(*place as usize).map(|seen| seen.key);
    match wish.sort {
        Sort::Category => {
            let category = |place: &u32| all.get(*place as usize).map(|case| case.facts.category.as_str());
            listed.rows.sort_by(|a, b| category(a).cmp(&category(b)).then_with(|| key(a).cmp(&key(b))));
        }
        _ => listed.rows.sort_by_key(key),
    }
    listed.categories = categories.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    listed.categories.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let reported = all.iter().zip(&seen).filter(|(_, seen)| seen.passes_but_time).map(|(case, _)| case.facts.reported);
    listed.days = days(reported, &rules.calendar);
    for place in &listed.rows {
        let located = all.get(*place as usize).and_then(|case| case.facts.located.as_ref());
        if let Some(located) = located.filter(|located| !located.grid.is_empty()) {
            match listed.grids.get_mut(&located.grid) {
                Some(count) => *count += 1,
                None => _ = listed.grids.insert(located.grid.clone(), 1),
            }
        }
    }
    let spot = |place: &u32| {
        let located = all.get(*place as usize)?.facts.located.as_ref()?;
        let mark = listed.marks.get(*place as usize).copied().unwrap_or_default();
        let [east, north] = located.xy;
        let known = east.is_finite() && north.is_finite();
        known.then(|| Spot { case: *place, at: [east, north, (wanted.ground)(located.xy)], mark })
    };
    listed.spots = listed.rows.par_iter().filter_map(spot).collect();
    listed
}

fn look(case: &Case, wanted: &Wanted<'_>, needle: &str) -> Seen {
    let Wanted { rules, me, wish, now, centre, .. } = *wanted;
    let facts = &case.facts;
    let ended = case.ended.or(facts.closed);
    let calendar = &rules.calendar;
    let (mark, there) = match wish.moment {
        Some(at) => {
            let there = facts.reported <= at && ended.is_none_or(|ended| at < ended);
            (Mark::of(light_at(case, calendar, at)), there)
        }
        None if case.state.is_end() => (Mark::Ended, true),
        None => (Mark::of(case.light(calendar, now)), true),
    };
    let open = !case.state.is_end();
    let overdue = open && case.light(calendar, now) == Some(Light::Red);
    let groups = [open, open && is_mine(case, me), overdue, !open, true];
    let category = wish.category.is_empty() || wish.category == facts.category;
    let only = wish.only.as_ref().is_none_or(|only| only.binary_search(&case.number).is_ok());
    let text = only && (needle.is_empty() || says(case, rules, needle));
    let period = wish.period.is_none_or(|[from, to]| (from..to).contains(&facts.reported)) && there;
    let due = case.due(calendar);
    let key = match wish.sort {
        Sort::Overdue => match (open, mark, due) {
            (true, Mark::Red, due) => (0, due.unwrap_or(i64::MAX), facts.reported),
            (true, _, Some(due)) => (1, due, facts.reported),
            (true, _, None) => (2, facts.reported, 0),
            (false, ..) => (3, ended.unwrap_or(facts.reported).saturating_neg(), 0),
        },
        Sort::Due => (u8::from(due.is_none()), due.unwrap_or_default(), facts.reported),
        Sort::Reported | Sort::Category => (0, facts.reported.saturating_neg(), 0),
        Sort::Distance => match &facts.located {
            Some(located) => {
                let metres = (located.xy[0] - centre[0]).hypot(located.xy[1] - centre[1]);
                (0, (metres * 1000.0) as i64, 0)
            }
            None => (1, 0, 0),
        },
    };
    Seen {
        mark,
        groups,
        passes: category && text && period,
        passes_but_time: category && text,
        passes_but_category: text && period,
        key,
    }
}

/// Whether a case waits for somebody: something is his to do that brings it on.
pub fn is_mine(case: &Case, me: &Actor) -> bool {
    let brings_on = |verb: Verb| !matches!(verb, Verb::Note | Verb::Move | Verb::Urge | Verb::CloseElsewhere);
    // Most states have nothing for a role: looked up first, because asking the case is dear.
    let may =
        TABLE.iter().any(|arc| brings_on(arc.verb) && arc.from.contains(&case.state) && arc.roles.contains(&me.role));
    may && case.area().starts_with(me.area.as_str())
        && (me.role != Role::Department || me.unit.is_empty() || me.unit == case.unit())
        && case.next(me.role).into_iter().any(brings_on)
}

/// Whether something that can be read of a case has this in it, whatever the case of letters.
fn says(case: &Case, rules: &Rules, needle: &str) -> bool {
    let facts = &case.facts;
    let has = |text: &str| text.to_lowercase().contains(needle);
    let street = facts.located.as_ref().map_or("", |located| &located.street);
    let named =
        |category: &crate::themes::management::categories::Category| has(&category.name.zh) || has(&category.name.en);
    [&case.number, &facts.text, &facts.address, &facts.source_id].into_iter().any(|text| has(text))
        || has(case.unit())
        || has(street)
        || rules.categories.find(&facts.category).is_some_and(named)
}

/// How it stood at a moment: with what was done until then.
fn light_at(case: &Case, calendar: &Calendar, at: i64) -> Option<Light> {
    match case.rounds.iter().rev().find(|round| round.started <= at) {
        Some(round) => {
            let mut then = round.clone();
            then.ended = then.ended.filter(|ended| *ended <= at);
            then.suspended.retain(|(from, _)| *from <= at);
            then.suspended.iter_mut().for_each(|(_, to)| *to = to.filter(|to| *to <= at));
            Some(then.light(calendar, at))
        }
        // Since when its clock stands was not said.
        None if case.state == State::Suspended => None,
        None => {
            let facts = &case.facts;
            facts.due.map(|due| Light::of(at - facts.reported, (due - facts.reported).max(0)))
        }
    }
}

fn days(reported: impl Iterator<Item = i64>, calendar: &Calendar) -> Days {
    let offset = calendar.offset();
    let mut counts: HashMap<i64, u32> = HashMap::new();
    for at in reported {
        let day = at.saturating_add(offset).div_euclid(DAY);
        if (0..DAYS).contains(&day) {
            *counts.entry(day).or_default() += 1;
        }
    }
    let (Some(first), Some(last)) = (counts.keys().min(), counts.keys().max()) else { return Days::default() };
    Days {
        from: first * DAY - offset,
        counts: (*first..=*last).map(|day| counts.get(&day).copied().unwrap_or(0)).collect(),
    }
}

#[cfg(test)]
pub(super) mod tests;
