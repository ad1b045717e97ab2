//! Counters by whatever cases are grouped by (统计报表): the one table behind the command and the window.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use rayon::prelude::*;

use super::case::Case;
use super::grid_code;
use super::indicators::{Counts, Mark, marks};
use super::machine::Role;
use super::rules::Rules;

/// Cases that one thread takes at a time.
const RUN: usize = 2_048;

/// A level of areas, by how much of a code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// 区县: six digits.
    District,
    /// 街道: the next three; four in codes of 16 digits.
    Street,
    /// 社区: the next three.
    Community,
    /// 单元网格: the whole code.
    Grid,
}

impl Level {
    /// All levels, the largest areas first.
    pub const ALL: [Self; 4] = [Self::District, Self::Street, Self::Community, Self::Grid];

    /// What of a code says the area of this level: of a code that is shorter all of it.
    pub fn of(self, code: &str) -> &str {
        let digits = match (self, grid_code::parse(code)) {
            (Self::Grid, _) => code.len(),
            (Self::District, _) => 6,
            (Self::Street, Some(parts)) => 6 + parts.street.len(),
            (Self::Street, None) => 9,
            (Self::Community, Some(parts)) => code.len() - parts.cell.len(),
            (Self::Community, None) => 12,
        };
        code.get(..digits).unwrap_or(code)
    }

    /// Whether a code names an area of this level itself, and neither one within it nor one around it.
    pub fn is_level_of(self, code: &str) -> bool {
        let is = match (self, grid_code::parse(code)) {
            (Self::Grid, parts) => parts.is_some(),
            (_, Some(_)) => false,
            (Self::District, None) => code.len() == 6,
            (Self::Street, None) => code.len() == 9,
            (Self::Community, None) => code.len() == 12,
        };
        is && code.bytes().all(|b| b.is_ascii_digit())
    }
}

/// What cases are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum By {
    /// The department.
    #[default]
    Unit,
    /// The district.
    District,
    /// The street.
    Street,
    /// The community.
    Community,
    /// The unit grid cell.
    Grid,
    /// The category.
    Category,
    /// Who did it.
    Person,
    /// The source.
    Source,
}

impl By {
    /// What a group is, in Chinese and in English.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Unit => ["专业部门", "Department"],
            Self::District => ["区", "District"],
            Self::Street => ["街道", "Street"],
            Self::Community => ["社区", "Community"],
            Self::Grid => ["单元网格", "Grid cell"],
            Self::Category => ["类别", "Category"],
            Self::Person => ["经办人", "Person"],
            Self::Source => ["来源", "Source"],
        }
    }

    /// The level of the areas that it groups by; `None` where it is no area.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::District => Some(Level::District),
            Self::Street => Some(Level::Street),
            Self::Community => Some(Level::Community),
            Self::Grid => Some(Level::Grid),
            Self::Unit | Self::Category | Self::Person | Self::Source => None,
        }
    }

    /// The group of something that counts; empty: none.
    pub fn key<'a>(self, case: &'a Case, mark: &Mark<'a>) -> &'a str {
        match (self, self.level()) {
            (_, Some(level)) => level.of(case.area()),
            (Self::Unit, _) => mark.unit,
            (Self::Person, _) => mark.person,
            (Self::Category, _) => &case.facts.category,
            (_, None) => &case.facts.source,
        }
    }
}

/// What is counted: from when to when, of what, by what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// What happened from then on; `None`: from the beginning.
    pub since: Option<i64>,
    /// And before; `None`: until now.
    pub until: Option<i64>,
    /// Only this category's id.
    pub category: Option<String>,
    /// One group for each; `None`: all in one, whose name is empty.
    pub by: Option<By>,
}

impl Asked {
    /// The period. How things will stand in a time to come nobody knows: it ends now at the latest.
    pub fn period(&self, now: i64) -> Range<i64> {
        let end = now.saturating_add(1);
        self.since.unwrap_or(i64::MIN)..self.until.map_or(end, |until| until.min(end))
    }

    fn wants(&self, case: &Case) -> bool {
        self.category.as_ref().is_none_or(|category| case.facts.category == *category)
    }
}

/// Counts of all groups of which something was counted.
pub fn groups<C: Borrow<Case> + Sync>(cases: &[C], rules: &Rules, asked: &Asked, now: i64) -> BTreeMap<String, Counts> {
    let period = asked.period(now);
    let run = |cases: &[C]| {
        let mut groups: HashMap<String, Counts> = HashMap::new();
        for case in cases.iter().map(Borrow::borrow).filter(|case| asked.wants(case)) {
            for mark in marks(case, rules, &period) {
                let key = asked.by.map_or("", |by| by.key(case, &mark));
                match groups.get_mut(key) {
                    Some(counts) => counts.add(mark.counter),
                    None => groups.entry(key.to_owned()).or_default().add(mark.counter),
                }
            }
        }
        groups
    };
    let mut all: BTreeMap<String, Counts> = BTreeMap::new();
    for groups in cases.par_chunks(RUN).map(run).collect::<Vec<_>>() {
        for (name, counts) in groups {
            all.entry(name).or_default().join(&counts);
        }
    }
    all
}

/// As what people acted in a period, by name: the role in which each did most.
pub fn roles<C: Borrow<Case>>(cases: &[C], asked: &Asked, now: i64) -> BTreeMap<String, Role> {
    let period = asked.period(now);
    let mut acts: HashMap<&str, [u32; Role::ALL.len()]> = HashMap::new();
    for case in cases.iter().map(Borrow::borrow).filter(|case| asked.wants(case)) {
        for step in case.steps.iter().filter(|step| period.contains(&step.at)) {
            let place = Role::ALL.iter().position(|role| *role == step.actor.role);
            let acts = acts.entry(&step.actor.name).or_default();
            if let Some(count) = place.and_then(|place| acts.get_mut(place)) {
                *count += 1;
            }
        }
    }
    let most = |acts: [u32; Role::ALL.len()]| {
        // Of as many the first: no order of a hash map decides.
        let best = acts.iter().enumerate().max_by_key(|(place, count)| (**count, usize::MAX - place));
        best.and_then(|(place, _)| Role::ALL.get(place).copied()).unwrap_or(Role::System)
    };
    acts.into_iter().map(|(name, acts)| (name.to_owned(), most(acts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::themes::management::case::tests::{START, action, facts, step};
    use crate::themes::management::case::{Action, Actor, Located, Step};
    use crate::themes::management::indicators::Counter;
    use crate::themes::management::machine::Verb;

    fn case(number: usize, at: i64, grid: &str, category: &str) -> Case {
        let mut facts = facts();
        facts.reported = at;
        facts.category = category.to_owned();
        facts.located = Some(Located { grid: grid.to_owned(), ..Located::default() });
        let begin = match action(Verb::Register) {
            Action::Begin { verb, .. } => Action::Begin { verb, facts: Box::new(facts), state: None },
            other => other,
        };
        Case::begin(&number.to_string(), step(at, Role::Operator, begin)).unwrap()
    }

    /// 120101 001 002 003 has 15 digits; 120101 0001 002 003 has 16, its street four; 120101001 is a street's own code.
    #[test]
    fn a_code_is_cut_where_its_parts_end() {
        let cuts = |code: &'static str| Level::ALL.map(|level| level.of(code));
        assert_eq!(cuts("120101001002003"), ["120101", "120101001", "120101001002", "120101001002003"]);
        assert_eq!(cuts("1201010001002003"), ["120101", "1201010001", "1201010001002", "1201010001002003"]);
        assert_eq!(cuts("120101001"), ["120101", "120101001", "120101001", "120101001"]);
        assert_eq!(cuts(""), ["", "", "", ""]);
        let is = |code: &str| Level::ALL.map(|level| level.is_level_of(code));
        assert_eq!(is("120101"), [true, false, false, false]);
        assert_eq!(is("120101001"), [false, true, false, false]);
        assert_eq!(is("120101001002"), [false, false, true, false]);
        assert_eq!(is("120101001002003"), [false, false, false, true]);
        assert_eq!(is("street a"), [false; 4]);
    }

    /// Every mark is in one group and no other: groups add up to the whole, and each to a count of its own by a loop.
    #[test]
    fn groups_add_up_to_the_whole_and_to_a_plain_count() {
        let rules = Rules::usual();
        let grids = ["120101001001001", "120101001001002", "120102001001001", ""];
        let categories = ["event:0102", "event:0104"];
        let cases: Vec<Case> =
            (0..5_000).map(|n| case(n, n as i64 * 1_000, grids[n % 4], categories[n / 4 % 2])).collect();
        let now = 4_000_000;
        let count = |asked: &Asked| -> BTreeMap<String, u64> {
            let report = |(name, counts): (String, Counts)| (name, counts.get(Counter::Report));
            groups(&cases, &rules, asked, now).into_iter().map(report).collect()
        };
        // Reported at 0, 1, … s: until 4,000 s inclusive 4,001 cases; of each cell every fourth.
        let whole = count(&Asked::default());
        assert_eq!(whole, BTreeMap::from([(String::new(), 4_001)]));
        let by = |by| Asked { by: Some(by), ..Asked::default() };
        let of = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        assert_eq!(count(&by(By::District)), of(&[("", 1_000), ("120101", 2_001), ("120102", 1_000)]));
        assert_eq!(count(&by(By::Grid)).len(), 4);
        for one in [By::Unit, By::District, By::Street, By::Community, By::Grid, By::Category, By::Person, By::Source] {
            assert_eq!(count(&by(one)).values().sum::<u64>(), 4_001, "{one:?}");
        }
        // 100 s to 200 s: of a cell and a category is every eighth: 104, 112, … 192, twelve.
        let asked = Asked {
            since: Some(100_000),
            until: Some(200_000),
            category: Some("event:0102".into()),
            by: Some(By::Grid),
        };
        assert_eq!(count(&asked)["120101001001001"], 12);
        // A time to come is not counted on.
        let later = Asked { until: Some(i64::MAX), ..Asked::default() };
        assert_eq!((later.period(now).end, count(&later)), (now + 1, whole));
    }

    /// 网 reports, 受 accepts, 长 files, 派 dispatches, 部 finishes, 受 sends it to 网, who checks: each has what he did.
    #[test]
    fn people_have_what_they_did_themselves() {
        use Counter::*;
        let rules = Rules::usual();
        let plain = |verb| Action::Do { verb };
        let named = |at: i64, name: &str, role, action| Step { actor: Actor::of(name, role), ..step(at, role, action) };
        let begin = action(Verb::Report);
        let mut case = Case::begin("1", named(START, "网", Role::GridMember, begin)).unwrap();
        let way = [
            ("受", Role::Operator, plain(Verb::Accept)),
            ("长", Role::ShiftLeader, plain(Verb::File)),
            ("派", Role::Dispatcher, action(Verb::Dispatch)),
            ("部", Role::Department, plain(Verb::Finish)),
        ];
        let mut at = START;
        for (name, role, action) in way {
            at += 60_000;
            case.take(named(at, name, role, action)).unwrap();
        }
        let asked = Asked { by: Some(By::Person), ..Asked::default() };
        let count = |case: &Case, name: &str, counter| {
            let all = groups(std::slice::from_ref(case), &rules, &asked, START + 3_600_000);
            all.get(name).map_or(0, |counts| counts.get(counter))
        };
        let waiting = |case: &Case| ["", "部", "受"].map(|name| count(case, name, NeedSendCheck));
        assert_eq!(waiting(&case), [1, 0, 0], "it waits for nobody yet");
        case.take(named(at + 60_000, "受", Role::Operator, plain(Verb::SendCheck))).unwrap();
        assert_eq!((waiting(&case), count(&case, "", NeedCheck)), ([0, 0, 1], 1));
        case.take(named(at + 120_000, "网", Role::GridMember, action(Verb::Check))).unwrap();
        assert_eq!(["", "受", "网"].map(|name| count(&case, name, NeedCheck)), [0, 0, 1]);
        assert_eq!([PatrolReport, ValidPatrolReport, InTimeCheck].map(|counter| count(&case, "网", counter)), [1; 3]);
        assert_eq!((count(&case, "长", ValidPatrolReport), count(&case, "长", Filed)), (0, 1));
        assert_eq!((count(&case, "受", InTimeSendCheck), count(&case, "部", Handled)), (1, 1));
    }

    #[test]
    fn a_person_has_the_role_in_which_he_did_most() {
        let note = |at: i64, name: &str, role| Step {
            at,
            actor: Actor::of(name, role),
            action: Action::Note { media: Vec::new() },
            note: String::new(),
        };
        let mut case = case(1, 0, "", "");
        for (at, role) in [(1, Role::Dispatcher), (2, Role::ShiftLeader), (3, Role::Dispatcher), (90, Role::Operator)] {
            case.take(note(at, "乙", role)).unwrap();
        }
        let all = roles(&[case.clone()], &Asked::default(), 100);
        assert_eq!(all["乙"], Role::Dispatcher);
        let late = Asked { since: Some(50), ..Asked::default() };
        assert_eq!(roles(&[case], &late, 100), BTreeMap::from([("乙".to_owned(), Role::Operator)]));
    }
}
