use std::collections::BTreeMap;

use super::*;
use crate::themes::management::calendar::TimeUnit;
use crate::themes::management::case::Facts;
use crate::themes::management::case::tests::{START, action, begin, facts, random_history, step};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn always() -> Range<i64> {
    0..START + 1_000 * DAY
}

fn counted(cases: &[Case], period: &Range<i64>) -> Counts {
    let rules = Rules::usual();
    let mut counts = Counts::default();
    for case in cases {
        marks(case, &rules, period).iter().for_each(|mark| counts.add(mark.counter));
    }
    counts
}

fn words(counts: &Counts) -> BTreeMap<&'static str, u64> {
    Counter::ALL.iter().map(|c| (c.word(), counts.get(*c))).filter(|(_, count)| *count > 0).collect()
}

/// A case from registration on Monday 08:30 to closing on the same day, with every step in its time: verification
/// sent after 10 minutes, answered after 60, accepted, filed, dispatched after 10 each; four hours of work (until
/// 15:00 with the noon break from 12:00 to 13:30) used to 2:50; checked and closed.
#[test]
fn a_case_in_time_counts_once_at_each_step() {
    let unit = Action::Dispatch { unit: "环卫".into(), limit: TimeLimit::of(4.0, TimeUnit::WorkHour) };
    let story: [(i64, Role, Action); 11] = [
        (0, Role::Operator, begin(Verb::Register)),
        (10, Role::Operator, action(Verb::SendVerification)),
        (70, Role::GridMember, action(Verb::Verify)),
        (80, Role::Operator, action(Verb::Accept)),
        (90, Role::ShiftLeader, action(Verb::File)),
        (100, Role::Dispatcher, unit),
        (360, Role::Department, action(Verb::Finish)),
        (370, Role::Operator, action(Verb::SendCheck)),
        (400, Role::GridMember, action(Verb::Check)),
        (410, Role::Operator, action(Verb::ProposeClose)),
        (420, Role::ShiftLeader, action(Verb::Close)),
    ];
    let steps = story.into_iter().map(|(minute, role, action)| step(START + minute * MINUTE, role, action)).collect();
    let case = Case::of_history("1", steps).unwrap();
    let expected = [
        "report",
        "public_report",
        "need_verify",
        "verify",
        "in_time_verify",
        "in_time_send_verify",
        "operate",
        "in_time_operate",
        "filed",
        "in_time_filed",
        "missed_filed",
        "need_dispatch",
        "dispatch",
        "in_time_dispatch",
        "need_handle",
        "handled",
        "in_time_handled",
        "need_send_check",
        "in_time_send_check",
        "need_check",
        "in_time_check",
        "need_close",
        "closed",
        "in_time_closed",
    ];
    let once: BTreeMap<&str, u64> = expected.into_iter().map(|word| (word, 1)).collect();
    assert_eq!(words(&counted(std::slice::from_ref(&case), &always())), once);
    // A period that ends while it is handled, at 11:10 of 14:40: nothing is overdue.
    let morning = counted(std::slice::from_ref(&case), &(START..START + 160 * MINUTE));
    assert_eq!((morning.get(Counter::Dispatch), morning.get(Counter::NeedHandle)), (1, 0));
    // One that begins after it was filed counts what came then.
    let noon = counted(&[case], &(START + 200 * MINUTE..START + DAY));
    assert_eq!((noon.get(Counter::Filed), noon.get(Counter::Handled)), (0, 1));
    let rate = |word: &str| Indicator::named(word).unwrap().of(&noon);
    assert_eq!((rate("handle_in_time_rate"), rate("filing_rate")), (Some(1.0), None));
}

/// The bulletin of a real city: 972 due, 911 closed, 737 of them in time: 93.72 % and 75.82 %.
#[test]
fn rates_are_those_of_a_published_bulletin() {
    let mut counts = Counts::default();
    let times = [(Counter::NeedClose, 972), (Counter::Closed, 911), (Counter::InTimeClosed, 737)];
    times.into_iter().for_each(|(counter, n)| (0..n).for_each(|_| counts.add(counter)));
    let percent = |word: &str| {
        let rate = Indicator::named(word).unwrap().of(&counts).unwrap();
        format!("{:.2}", 100.0 * rate)
    };
    assert_eq!((percent("close_rate"), percent("close_in_time_rate")), ("93.72".into(), "75.82".into()));
    assert_eq!(Indicator::named("close_rate").unwrap().formula(true), "结案数 ÷ 应结案数");
    assert_eq!(Indicator::named("not_rework_rate").unwrap().formula(false), "1 − reworked ÷ closed");
}

/// 专业部门: 50 filed are 100 points × 10 %, closed 40 of 50 = 80 × 30 %, in time 30 of 40 = 75 × 30 %, one rework of
/// 40 = 97.5 × 30 %: 10 + 24 + 22.5 + 29.25 = 85.75, a B.
#[test]
fn a_score_is_its_weighted_sum() {
    let rules = Rules::usual();
    let mut counts = Counts::default();
    let times = [
        (Counter::Filed, 50),
        (Counter::NeedClose, 50),
        (Counter::Closed, 40),
        (Counter::NeedHandle, 40),
        (Counter::InTimeHandled, 30),
        (Counter::Rework, 1),
    ];
    times.into_iter().for_each(|(counter, n)| (0..n).for_each(|_| counts.add(counter)));
    let of = |role: &str| rules.scores.iter().find(|score| score.of == role).unwrap();
    let found = score(of("department"), &rules, &counts).unwrap();
    assert!((found - 85.75).abs() < 1e-9, "{found}");
    assert_eq!(rules.grade_of(found).unwrap().id, "B");
    // Nobody took anything up: no score, and not one of points for nothing.
    assert_eq!(score(of("operator"), &rules, &Counts::default()), None);
    // Every term of every score is an indicator or points of the table.
    for term in rules.scores.iter().flat_map(|score| &score.terms) {
        assert!(
            Indicator::named(&term.0).is_some() || rules.points.iter().any(|points| points.id == term.0),
            "{}",
            term.0
        );
    }
    for points in &rules.points {
        assert!(Counter::ALL.iter().any(|counter| counter.word() == points.counter), "{}", points.counter);
    }
}

#[test]
fn what_another_system_closed_counts_when_it_was_closed() {
    let imported = |state, closed: Option<i64>, due: Option<i64>| {
        let facts = Facts { closed, due, ..facts() };
        let action = Action::Begin { verb: Verb::Import, facts: Box::new(facts), state: Some(state) };
        Case::begin("1", step(START + 900 * DAY, Role::System, action)).unwrap()
    };
    let cases = [
        imported(State::Closed, Some(START + DAY), Some(START + 2 * DAY)),
        imported(State::Closed, Some(START + 3 * DAY), Some(START + 2 * DAY)),
        imported(State::Handling, None, Some(START + 2 * DAY)),
        imported(State::Rejected, None, None),
    ];
    let counts = counted(&cases, &(START - DAY..START + 10 * DAY));
    assert_eq!(
        [Counter::Report, Counter::Filed, Counter::Closed, Counter::InTimeClosed].map(|c| counts.get(c)),
        [4, 3, 2, 1]
    );
    assert_eq!([Counter::NeedClose, Counter::Overdue].map(|c| counts.get(c)), [3, 1]);
    // Before its limit nothing is overdue.
    assert_eq!(counted(&cases, &(START - DAY..START + DAY + 1)).get(Counter::Overdue), 0);
}

/// What a case counts, from its bare history: pairs of steps, looked up backwards each time.
fn plainly(case: &Case, rules: &Rules, period: &Range<i64>) -> BTreeMap<&'static str, u64> {
    let steps: Vec<&Step> = case.steps.iter().filter(|step| step.at < period.end).collect();
    let verb = |n: usize| steps[n].action.verb();
    let last = |before: usize, of: &[Verb]| (0..before).rev().find(|n| of.contains(&verb(*n)));
    let calendar = &rules.calendar;
    let passed = |limit: TimeLimit, from: Option<usize>, to: usize| {
        from.is_some_and(|from| calendar.passed(limit.unit, steps[from].at, steps[to].at) <= calendar.budget(limit))
    };
    // Working time of a dispatch until a step, and its budget, piece by piece.
    let clock = |dispatch: usize, until_at: i64, until: usize| {
        let Action::Dispatch { limit, .. } = &steps[dispatch].action else { unreachable!() };
        let (mut used, mut hours, mut asked, mut stands) = (0, 0.0, 0.0, false);
        for n in dispatch..until {
            match &steps[n].action {
                Action::ApplyDelay { hours } => asked = *hours,
                Action::Do { verb: Verb::ApproveDelay } => hours += asked,
                Action::Do { verb: Verb::ApproveSuspension } => stands = true,
                Action::Do { verb: Verb::Resume } => stands = false,
                _ => {}
            }
            let next = if n + 1 < until { steps[n + 1].at } else { until_at };
            used += if stands { 0 } else { calendar.passed(limit.unit, steps[n].at, next) };
        }
        (used, calendar.budget(*limit) + (hours * 3_600_000.0) as i64)
    };
    let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut add = |word: &'static str, is_so: bool| {
        if is_so {
            *found.entry(word).or_default() += 1;
        }
    };
    let patrol = steps.first().is_some_and(|step| step.actor.role == Role::GridMember);
    let stages = &rules.stages;
    let unit_of = |n: usize| match &steps[n].action {
        Action::Dispatch { unit, .. } => unit.as_str(),
        _ => unreachable!(),
    };
    for n in (0..steps.len()).filter(|n| period.contains(&steps[*n].at)) {
        match verb(n) {
            Verb::Report => {
                add("report", true);
                add("patrol_report", true);
            }
            Verb::Register => {
                add("report", true);
                add("public_report", true);
            }
            Verb::SendVerification => {
                add("need_verify", true);
                let from = last(n, &[Verb::Report, Verb::Register, Verb::Verify, Verb::SendBack]);
                add("in_time_send_verify", passed(stages.send_verification, from, n));
            }
            Verb::Verify => {
                add("verify", true);
                add("in_time_verify", passed(stages.verify, last(n, &[Verb::SendVerification]), n));
            }
            Verb::Accept | Verb::Refuse => {
                add("operate", true);
                let from = last(n, &[Verb::Report, Verb::Register, Verb::Verify, Verb::SendBack]);
                add("in_time_operate", passed(stages.accept, from, n));
                add("not_operate", verb(n) == Verb::Refuse);
            }
            Verb::File => {
                add("filed", true);
                add("in_time_filed", passed(stages.file, last(n, &[Verb::Accept]), n));
                add(if patrol { "valid_patrol_report" } else { "missed_filed" }, true);
            }
            Verb::SettleSelf => {
                add("closed_self", true);
                add("valid_patrol_report", true);
            }
            Verb::ApproveVoid => add("void", true),
            Verb::Dispatch => {
                add("dispatch", true);
                add("need_dispatch", true);
                let from = last(n, &[Verb::File, Verb::Redispatch, Verb::ApproveReturn]);
                add("in_time_dispatch", passed(stages.dispatch, from, n));
            }
            Verb::ApproveReturn => add("wrong_dispatch", true),
            Verb::ApproveDelay => add("delayed", true),
            Verb::ApproveSuspension => add("suspended", true),
            Verb::Urge => add("urged", true),
            Verb::Finish => {
                ["handled", "need_handle", "need_send_check"].into_iter().for_each(|word| add(word, true));
                let (used, budget) = clock(last(n, &[Verb::Dispatch]).unwrap(), steps[n].at, n);
                add("in_time_handled", used <= budget);
            }
            Verb::SendCheck => {
                add("need_check", true);
                // Of a check that could not be made, the second sending is no first one.
                let from = last(n, &[Verb::Finish, Verb::SendCheck]);
                let from = from.filter(|from| verb(*from) == Verb::Finish);
                add("in_time_send_check", passed(stages.send_check, from, n));
            }
            Verb::Check => add("in_time_check", passed(stages.check, last(n, &[Verb::SendCheck]), n)),
            Verb::CloseElsewhere => {
                ["closed", "need_close", "in_time_closed"].into_iter().for_each(|word| add(word, true))
            }
            Verb::Close => {
                add("closed", true);
                add("need_close", true);
                let finish = last(n, &[Verb::Finish]).unwrap();
                let (used, budget) = clock(last(finish, &[Verb::Dispatch]).unwrap(), steps[finish].at, finish);
                add("in_time_closed", used <= budget && passed(stages.close, Some(finish), n));
                let finished: Vec<&str> = (0..n)
                    .filter(|n| verb(*n) == Verb::Finish)
                    .map(|n| unit_of(last(n, &[Verb::Dispatch]).unwrap()))
                    .collect();
                let distinct: std::collections::BTreeSet<&&str> = finished.iter().collect();
                add("rework", distinct.len() < finished.len());
            }
            _ => {}
        }
    }
    // At the end of the period: the state after the steps until then.
    if let Ok(then) = Case::of_history("1", steps.iter().map(|step| (*step).clone()).collect()) {
        add("need_dispatch", matches!(then.state, State::ToDispatch | State::VoidApproval));
        let dispatch = last(steps.len(), &[Verb::Dispatch]);
        let given_back = dispatch.is_some_and(|from| (from..steps.len()).any(|n| verb(n) == Verb::ApproveReturn));
        if let Some(dispatch) = dispatch.filter(|_| !then.state.is_end() && !given_back) {
            let finish = (dispatch..steps.len()).find(|n| verb(*n) == Verb::Finish);
            let (until, at) = finish.map_or((steps.len(), period.end), |n| (n, steps[n].at));
            let (used, budget) = clock(dispatch, at, until);
            add("need_close", used > budget);
            add("need_handle", used > budget && finish.is_none());
            add("overdue", used > budget && finish.is_none());
        }
    }
    found
}

/// Two thousand random histories in periods that cut many of them: every counter is what a plain recount gives.
#[test]
fn counters_of_random_histories_are_what_a_plain_recount_gives() {
    let rules = Rules::usual();
    let periods = [always(), START + 5 * DAY..START + 15 * DAY, START + 10 * DAY..START + 11 * DAY];
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..2_000 {
        let case = random_history(seed);
        for period in &periods {
            let expected = plainly(&case, &rules, period);
            let found = words(&counted(std::slice::from_ref(&case), period));
            assert_eq!(
                found,
                expected,
                "{seed} {period:?} {:#?}",
                case.steps.iter().map(|s| (s.at, s.action.verb())).collect::<Vec<_>>()
            );
            seen.extend(found.into_keys());
        }
    }
    assert_eq!(seen.len(), Counter::ALL.len(), "every counter was met: {seen:?}");
}
