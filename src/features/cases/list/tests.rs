use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::*;
use crate::themes::management::calendar::{TimeLimit, TimeUnit};
use crate::themes::management::case::{Action, Facts, Located, Step};
use crate::themes::management::machine::Finding;

pub(in crate::features::cases) const HOUR: i64 = 3_600_000;
/// Monday 2026-09-28, 08:30 in Tianjin.
pub(in crate::features::cases) const START: i64 = 1_790_555_400_000;

pub(in crate::features::cases) fn step(at: i64, role: Role, action: Action) -> Box<Step> {
    Box::new(Step { at, actor: Actor::of("甲", role), action, note: String::new() })
}

pub(in crate::features::cases) fn facts(category: &str, xy: Option<[f64; 2]>, reported: i64) -> Facts {
    let located = xy.map(|xy| Located { xy, division: "120101001".into(), ..Located::default() });
    Facts { category: category.into(), text: "有暴露垃圾".into(), reported, located, ..Facts::default() }
}

/// The way to an end; a case takes so many steps of it.
pub(in crate::features::cases) fn way(limit: TimeLimit) -> Vec<(i64, Role, Action)> {
    let plain = |role, verb| (0, role, Action::Do { verb });
    vec![
        plain(Role::Operator, Verb::Accept),
        plain(Role::ShiftLeader, Verb::File),
        (0, Role::Dispatcher, Action::Dispatch { unit: "环卫".into(), limit }),
        plain(Role::Department, Verb::Finish),
        plain(Role::Operator, Verb::SendCheck),
        (0, Role::GridMember, Action::Found { verb: Verb::Check, finding: Finding::Yes }),
        plain(Role::Operator, Verb::ProposeClose),
        plain(Role::ShiftLeader, Verb::Close),
    ]
}

/// A case that was reported at a moment, dispatched with so many hours, and got so far; a minute for each step.
pub(in crate::features::cases) fn case(
    number: &str,
    xy: Option<[f64; 2]>,
    reported: i64,
    hours: f64,
    far: usize,
) -> Case {
    let action =
        Action::Begin { verb: Verb::Register, facts: Box::new(facts("event:0102", xy, reported)), state: None };
    let mut case = Case::begin(number, *step(reported, Role::Operator, action)).unwrap();
    for (at, (_, role, action)) in way(TimeLimit::of(hours, TimeUnit::UrgentHour)).into_iter().take(far).enumerate() {
        case.take(*step(reported + 60_000 * (at as i64 + 1), role, action)).unwrap();
    }
    case
}

pub(in crate::features::cases) fn made(all: &[Arc<Case>], wish: &Wish, me: &Actor, now: i64) -> Listed {
    let rules = Rules::usual();
    list(&Wanted { all, rules: &rules, me, wish, now, centre: [0.0, 0.0], ground: &|_| 3.0 })
}

fn numbers(all: &[Arc<Case>], listed: &Listed) -> Vec<String> {
    listed.rows.iter().map(|row| all[*row as usize].number.clone()).collect()
}

fn some() -> Vec<Arc<Case>> {
    let at = |x: f64| Some([x, 0.0]);
    let cases = vec![
        case("closed", at(1.0), START, 2.0, 8),
        case("in time", at(9.0), START, 48.0, 3),
        case("late", at(5.0), START + HOUR, 4.0, 3),
        case("latest", at(7.0), START, 2.0, 3),
        case("no limit", None, START + 2 * HOUR, 0.0, 1),
        case("nearly", at(3.0), START, 11.0, 3),
    ];
    cases.into_iter().map(Arc::new).collect()
}

#[test]
fn overdue_ones_come_first_and_ended_ones_last() {
    let (all, me) = (some(), Actor::of("", Role::Dispatcher));
    let now = START + 10 * HOUR;
    let wish = Wish { group: Group::All, ..Wish::default() };
    let listed = made(&all, &wish, &me, now);
    assert_eq!(numbers(&all, &listed), ["latest", "late", "nearly", "in time", "no limit", "closed"]);
    let marks: Vec<Mark> = listed.rows.iter().map(|row| listed.marks[*row as usize]).collect();
    assert_eq!(marks, [Mark::Red, Mark::Red, Mark::Yellow, Mark::Green, Mark::Open, Mark::Ended]);
    // Open, mine (a dispatcher has nothing to do with any of them), overdue, closed, all.
    assert_eq!(listed.counts, [5, 0, 2, 1, 6]);
    assert_eq!(listed.spots.len(), 5, "one has no place");
    assert!(listed.spots.iter().all(|spot| spot.at[2] == 3.0));
}

#[test]
fn each_order_is_kept() {
    let (all, me) = (some(), Actor::of("", Role::Dispatcher));
    let by = |sort| {
        let wish = Wish { group: Group::All, sort, ..Wish::default() };
        numbers(&all, &made(&all, &wish, &me, START + 10 * HOUR))
    };
    assert_eq!(by(Sort::Distance), ["closed", "nearly", "late", "latest", "in time", "no limit"]);
    assert_eq!(by(Sort::Reported)[..2], ["no limit", "late"]);
    assert_eq!(by(Sort::Due)[5], "no limit");
}

#[test]
fn filters_leave_out_and_counts_follow_them() {
    let (all, me) = (some(), Actor::of("", Role::Dispatcher));
    let now = START + 10 * HOUR;
    let with = |wish: Wish| numbers(&all, &made(&all, &Wish { group: Group::All, ..wish }, &me, now));
    assert_eq!(with(Wish { text: "NEARLY".into(), ..Wish::default() }), ["nearly"]);
    assert_eq!(with(Wish { text: "Exposed refuse".into(), ..Wish::default() }).len(), 6, "by the category's name");
    assert_eq!(with(Wish { text: "环卫".into(), ..Wish::default() }).len(), 5, "by who handles it");
    assert!(with(Wish { category: "event:0104".into(), ..Wish::default() }).is_empty());
    assert_eq!(with(Wish { period: Some([START + HOUR, START + 2 * HOUR]), ..Wish::default() }), ["late"]);
    // What may be chosen is said whatever is chosen.
    let wish = Wish { category: "event:0104".into(), period: Some([0, 1]), ..Wish::default() };
    let listed = made(&all, &wish, &me, now);
    assert_eq!((listed.counts, listed.days.counts.len(), listed.overdue), ([0; 5], 0, 2));
    let listed = made(&all, &Wish { period: Some([0, 1]), ..Wish::default() }, &me, now);
    assert_eq!(listed.days.counts, [6]);
    assert_eq!(listed.days.from, START - 8 * HOUR - HOUR / 2, "midnight of the place");
}

#[test]
fn what_is_mine_is_what_i_can_bring_on() {
    let ways: Vec<Arc<Case>> =
        (0..=8).map(|far| Arc::new(case(&far.to_string(), Some([0.0, 0.0]), START, 2.0, far))).collect();
    let states: Vec<State> = ways.iter().map(|case| case.state).collect();
    let mine = |me: &Actor| {
        let wish = Wish { group: Group::Mine, sort: Sort::Due, ..Wish::default() };
        let listed = made(&ways, &wish, me, START + HOUR);
        let mut mine: Vec<State> = listed.rows.iter().map(|row| states[*row as usize]).collect();
        mine.sort();
        mine
    };
    use State::*;
    assert_eq!(mine(&Actor::of("", Role::Operator)), [Registered, ToCheck, Checked]);
    assert_eq!(mine(&Actor::of("", Role::ShiftLeader)), [ToFile, ToClose]);
    assert_eq!(mine(&Actor::of("", Role::Dispatcher)), [ToDispatch]);
    assert_eq!(mine(&Actor::of("", Role::Department)), [Handling]);
    assert_eq!(mine(&Actor::of("", Role::GridMember)), [Checking]);
    assert_eq!(mine(&Actor::of("", Role::Commander)), []);
    let other = Actor { unit: "路灯所".into(), ..Actor::of("", Role::Department) };
    assert_eq!(mine(&other), [], "another department's");
    let there = |area: &str| mine(&Actor { area: area.into(), ..Actor::of("", Role::Dispatcher) }).len();
    assert_eq!((there("120101"), there("120102")), (1, 0));
}

#[test]
fn at_a_moment_those_are_there_that_were_reported_and_not_ended() {
    let (all, me) = (some(), Actor::of("", Role::Dispatcher));
    let there = |at: i64| {
        let wish = Wish { moment: Some(at), sort: Sort::Reported, ..Wish::default() };
        let listed = made(&all, &wish, &me, START + 100 * HOUR);
        let mut numbers = numbers(&all, &listed);
        numbers.sort();
        (numbers, listed)
    };
    assert!(there(START - 1).0.is_empty());
    assert_eq!(there(START).0, ["closed", "in time", "latest", "nearly"]);
    // Closed eight minutes after it was registered.
    assert_eq!(there(START + 8 * 60_000).0, ["in time", "latest", "nearly"]);
    let (_, listed) = there(START + HOUR);
    let mark = |number: &str| listed.marks[all.iter().position(|case| case.number == number).unwrap()];
    assert_eq!((mark("latest"), mark("late")), (Mark::Green, Mark::Open), "as it stood then");
    let law = |at: i64| all.iter().filter(|c| c.facts.reported <= at && c.ended.is_none_or(|e| at < e)).count();
    for at in (0..30).map(|n| START + n * 7 * 60_000) {
        assert_eq!(there(at).0.len(), law(at));
    }
}

/// Of many cases: how long it takes is printed, and must not keep a user waiting.
#[test]
fn many_cases_are_listed_in_a_moment() {
    let mut rng = Pcg64::seed_from_u64(3);
    let all: Vec<Arc<Case>> = (0..100_000)
        .map(|n| {
            let xy = Some([rng.random::<f64>() * 9000.0, rng.random::<f64>() * 9000.0]);
            let reported = START + rng.random_range(0..700) * HOUR;
            Arc::new(case(&format!("20260928{n:06}"), xy, reported, 30.0, [3, 8, 8, 2, 1][n % 5]))
        })
        .collect();
    let began = std::time::Instant::now();
    let wish = Wish { group: Group::All, text: "2026".into(), ..Wish::default() };
    let listed = made(&all, &wish, &Actor::of("", Role::Dispatcher), START + 800 * HOUR);
    let took = began.elapsed();
    println!("100,000 cases listed in {took:?}");
    assert_eq!(listed.rows.len(), 100_000);
    assert_eq!(listed.counts[0] + listed.counts[3], listed.counts[4]);
    let reported: u32 = listed.days.counts.iter().sum();
    assert_eq!(reported, 100_000);
    assert!(took.as_secs_f64() < 5.0, "{took:?}");
}
