use std::collections::BTreeSet;

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::*;
use crate::themes::management::calendar::tests::table;

const HOUR: i64 = 3_600_000;

pub(in crate::themes::management) fn facts() -> Facts {
    Facts { category: "0102".into(), text: "有暴露垃圾".into(), reported: START, ..Facts::default() }
}

/// Monday 2026-09-28, 08:30 in Tianjin.
pub(in crate::themes::management) const START: i64 = 1_790_555_400_000;

pub(in crate::themes::management) fn begin(verb: Verb) -> Action {
    let state = (verb == Verb::Import).then_some(State::Registered);
    Action::Begin { verb, facts: Box::new(facts()), state }
}

/// A legal saying of a verb.
pub(in crate::themes::management) fn action(verb: Verb) -> Action {
    match verb {
        Verb::SaveDraft | Verb::Report | Verb::Register | Verb::Import => begin(verb),
        Verb::Verify | Verb::Check => Action::Found { verb, finding: Finding::Yes },
        Verb::Dispatch => Action::Dispatch { unit: "环卫".into(), limit: TimeLimit::of(4.0, TimeUnit::UrgentHour) },
        Verb::ApplyDelay => Action::ApplyDelay { hours: 2.0 },
        Verb::Move => Action::Move { located: Box::default() },
        Verb::Note => Action::Note { media: Vec::new() },
        verb => Action::Do { verb },
    }
}

pub(in crate::themes::management) fn step(at: i64, role: Role, action: Action) -> Step {
    Step { at, actor: Actor::of("甲", role), action, note: String::new() }
}

fn in_state(state: State, checked: Option<Finding>, self_handled: bool, passed_up: bool) -> Case {
    let mut case = Case::begin("1", step(START, Role::GridMember, begin(Verb::Report))).unwrap();
    (case.state, case.checked, case.facts.self_handled, case.passed_up) = (state, checked, self_handled, passed_up);
    case
}

/// The workflow as domain tables tell it, line by line: state, verb, role, what must hold, state afterwards. Not
/// generated from the program's table.
const LEGAL: &str = "
- save_draft grid_member . draft
- report grid_member . reported
- register operator . registered
- import system . registered
draft report grid_member . reported
registered send_verification operator . verifying
verifying verify grid_member . registered
reported accept operator not_self to_file
registered accept operator not_self to_file
reported refuse operator not_self rejected
registered refuse operator not_self rejected
to_file file shift_leader . to_dispatch
to_file send_back shift_leader . registered
to_dispatch dispatch dispatcher . handling
to_dispatch apply_void dispatcher . void_approval
void_approval approve_void shift_leader . void
void_approval refuse_void shift_leader . to_dispatch
handling apply_delay department . delay_approval
delay_approval approve_delay dispatcher . handling
delay_approval refuse_delay dispatcher . handling
handling apply_return department . return_approval
return_approval approve_return dispatcher not_passed to_dispatch
return_approval refuse_return dispatcher not_passed handling
return_approval pass_return dispatcher not_passed return_approval
return_approval approve_return shift_leader passed to_dispatch
return_approval refuse_return shift_leader passed handling
handling apply_suspension department . suspend_approval
suspend_approval approve_suspension dispatcher . suspended
suspend_approval refuse_suspension dispatcher . handling
suspended resume dispatcher . handling
handling finish department . to_check
to_check send_check operator . checking
checking check grid_member . checked
checked send_check operator unable checking
checked propose_close operator yes to_close
to_close close shift_leader . closed
to_close redispatch shift_leader . to_dispatch
checked redispatch operator no to_dispatch
reported settle_self operator self closed_self
reported settle_self shift_leader self closed_self
reported reject_self operator self invalid
reported reject_self shift_leader self invalid
";

/// The state after a verb, by the text above.
fn legal(from: Option<State>, verb: Verb, role: Role, case: Option<&Case>) -> Option<State> {
    if let Some(from) = from {
        match (verb, role) {
            (Verb::Note, _) => return Some(from),
            (Verb::Urge, Role::Commander) if !from.is_end() => return Some(from),
            (Verb::Move, Role::GridMember | Role::Operator | Role::Dispatcher | Role::Commander) if !from.is_end() => {
                return Some(from);
            }
            (Verb::CloseElsewhere, Role::System) if !from.is_end() => return Some(State::Closed),
            _ => {}
        }
    }
    let from = from.map_or("-", State::word);
    LEGAL.lines().map(|line| line.split(' ').collect::<Vec<_>>()).find_map(|words| {
        let [state, said, who, holds, to] = words.try_into().ok()?;
        let is = |of: &dyn Fn(&Case) -> bool| case.is_some_and(of);
        let holds = match holds {
            "self" => is(&|case| case.facts.self_handled),
            "not_self" => is(&|case| !case.facts.self_handled),
            "passed" => is(&|case| case.passed_up),
            "not_passed" => is(&|case| !case.passed_up),
            "yes" => is(&|case| case.checked == Some(Finding::Yes)),
            "no" => is(&|case| case.checked == Some(Finding::No)),
            "unable" => is(&|case| case.checked == Some(Finding::Unable)),
            _ => true,
        };
        let same = (state, said, who) == (from, verb.word(), role.word()) && holds;
        same.then(|| State::from_word(to).expect("a state"))
    })
}

/// Every state, verb and role, with everything that may hold beside: 21 × 37 × 7 × 16 times, and the beginnings.
#[test]
fn what_the_table_allows_is_done_and_nothing_else() {
    let mut done = BTreeSet::new();
    for verb in Verb::ALL {
        for role in Role::ALL {
            let found = Case::begin("1", step(START, role, action(verb))).map(|case| case.state);
            assert_eq!(found.clone().ok(), legal(None, verb, role, None), "{verb:?} by {role:?}: {found:?}");
        }
    }
    let checks = [None, Some(Finding::Yes), Some(Finding::No), Some(Finding::Unable)];
    for state in State::ALL {
        for (checked, self_handled, passed) in
            checks.into_iter().flat_map(|c| [(c, false, false), (c, false, true), (c, true, false), (c, true, true)])
        {
            let case = in_state(state, checked, self_handled, passed);
            for verb in Verb::ALL {
                for role in Role::ALL {
                    let mut after = case.clone();
                    let expected = legal(Some(state), verb, role, Some(&case));
                    match (after.take(step(START + HOUR, role, action(verb))), expected) {
                        (Ok(()), Some(to)) => {
                            assert_eq!(after.state, to, "{state:?} {verb:?} {role:?}");
                            assert_eq!(after.steps.len(), 2);
                            assert!(case.next(role).contains(&verb));
                            done.insert((state, verb, role));
                        }
                        (Err(reason), None) => {
                            assert_eq!(after, case, "what is refused changes nothing");
                            assert!(!reason.to_string().is_empty());
                            assert!(!case.next(role).contains(&verb) || state == State::Draft, "{verb:?}");
                        }
                        (found, expected) => panic!("{state:?} {verb:?} {role:?}: {found:?}, not {expected:?}"),
                    }
                }
            }
        }
    }
    // Lines of the text that begin with a state; notes 21 × 7; urging and closing elsewhere in 16 open states each,
    // corrections of the place by four roles.
    assert_eq!(done.len(), 38 + 147 + 16 + 16 + 64);
}

#[test]
fn refusals_say_why() {
    let case = in_state(State::Handling, None, false, false);
    let refused = |role, verb| case.check(&step(START, role, action(verb))).unwrap_err().to_string();
    assert_eq!(refused(Role::Operator, Verb::Accept), "accept is not done with a case that is being handled");
    assert_eq!(refused(Role::Operator, Verb::Finish), "finish is done by department, not by operator");
    let passed = in_state(State::ReturnApproval, None, false, true);
    let reason = passed.check(&step(START, Role::Dispatcher, action(Verb::ApproveReturn))).unwrap_err();
    assert_eq!(reason.to_string(), "approve_return is not done here: the return was passed to the shift leader");
}

#[test]
fn area_department_and_time_are_kept() {
    let mut case = in_state(State::ToDispatch, None, false, false);
    case.facts.located = Some(Located { grid: "120103001004012".into(), ..Located::default() });
    let by = |role, area: &str, unit: &str, action, at| {
        let actor = Actor { name: "乙".into(), role, unit: unit.into(), area: area.into() };
        Step { at, actor, action, note: String::new() }
    };
    let dispatch = |area| by(Role::Dispatcher, area, "", action(Verb::Dispatch), START + HOUR);
    for (area, is_his) in [("", true), ("12", true), ("120103", true), ("120103001", true), ("120104", false)] {
        assert_eq!(case.check(&dispatch(area)).is_ok(), is_his, "{area}");
    }
    // Without a place nobody knows whose it is: only who acts everywhere.
    let nowhere = in_state(State::ToDispatch, None, false, false);
    assert!(nowhere.check(&dispatch("")).is_ok());
    assert!(matches!(nowhere.check(&dispatch("120103")), Err(Refused::Area { .. })));
    case.take(dispatch("")).unwrap();
    let finish = |unit, at| by(Role::Department, "", unit, action(Verb::Finish), at);
    assert!(matches!(case.check(&finish("园林", START + 2 * HOUR)), Err(Refused::Unit { .. })));
    assert_eq!(case.check(&finish("环卫", START)).unwrap_err(), Refused::Time);
    assert!(case.check(&finish("环卫", START + HOUR)).is_ok());
    // What cannot be is refused.
    let ready = in_state(State::ToDispatch, None, false, false);
    for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let action = Action::Dispatch { unit: "环卫".into(), limit: TimeLimit::of(limit, TimeUnit::WorkDay) };
        assert!(matches!(ready.check(&step(START, Role::Dispatcher, action)), Err(Refused::Wrong(_))), "{limit}");
    }
}

/// A case by hand: dispatched on Monday at 08:30 with eight hours, asked for two more at 10:30 (granted at 11:30),
/// suspended from 12:30 (asked) or 13:30 (granted) until Tuesday 09:30.
#[test]
fn the_clock_stands_while_suspended_and_delays_are_added() {
    let calendar = Calendar::of(&table()).unwrap();
    let mut case = in_state(State::ToDispatch, None, false, false);
    let mut take = |hours: f64, role, verb: Verb| {
        let action = match verb {
            Verb::Dispatch => {
                Action::Dispatch { unit: "环卫".into(), limit: TimeLimit::of(8.0, TimeUnit::UrgentHour) }
            }
            verb => action(verb),
        };
        case.take(step(START + (hours * HOUR as f64) as i64, role, action)).unwrap();
        case.clone()
    };
    let (unit, dispatcher) = (Role::Department, Role::Dispatcher);
    let begun = take(0.0, dispatcher, Verb::Dispatch);
    assert_eq!(begun.due(&calendar), Some(START + 8 * HOUR));
    // 80 % of eight hours are 6.4.
    let light = |case: &Case, hours: f64| case.light(&calendar, START + (hours * HOUR as f64) as i64);
    assert_eq!(light(&begun, 6.4), Some(Light::Green));
    assert_eq!([light(&begun, 6.5), light(&begun, 8.0)], [Some(Light::Yellow); 2]);
    assert_eq!(light(&begun, 8.001), Some(Light::Red));
    let asked = take(2.0, unit, Verb::ApplyDelay);
    assert_eq!(asked.due(&calendar), Some(START + 8 * HOUR), "not granted yet");
    let granted = take(3.0, dispatcher, Verb::ApproveDelay);
    assert_eq!(granted.due(&calendar), Some(START + 10 * HOUR));
    take(4.0, unit, Verb::ApplySuspension);
    let stands = take(5.0, dispatcher, Verb::ApproveSuspension);
    assert_eq!(stands.due(&calendar), None);
    assert_eq!(stands.rounds[0].used(&calendar, START + 20 * HOUR), 5 * HOUR);
    // It stood for 20 hours: due at 30.
    let goes_on = take(25.0, dispatcher, Verb::Resume);
    assert_eq!(goes_on.due(&calendar), Some(START + 30 * HOUR));
    assert_eq!(goes_on.rounds[0].used(&calendar, START + 29 * HOUR), 9 * HOUR);
    let done = take(29.5, unit, Verb::Finish);
    assert_eq!(done.rounds[0].used(&calendar, START + 1000 * HOUR), HOUR * 19 / 2, "the clock ended");
    assert_eq!(done.rounds[0].light(&calendar, START + 1000 * HOUR), Light::Yellow);
}

/// A random history: legal steps, at times that hardly ever go far.
pub(in crate::themes::management) fn random_history(seed: u64) -> Case {
    let mut dice = Pcg64::seed_from_u64(seed);
    let mut now = START + dice.random_range(0..30 * 24 * HOUR);
    let verb = [Verb::SaveDraft, Verb::Report, Verb::Register][dice.random_range(0..3)];
    let role = if verb == Verb::Register { Role::Operator } else { Role::GridMember };
    let mut first = facts();
    (first.self_handled, first.reported) = (verb != Verb::Register && dice.random_bool(0.1), now);
    let begin = Action::Begin { verb, facts: Box::new(first.clone()), state: None };
    let person = |dice: &mut Pcg64| format!("{}", dice.random_range(0..3));
    let mut case = Case::begin(&seed.to_string(), step(now, role, begin)).unwrap();
    for _ in 0..dice.random_range(1..60) {
        let far = if dice.random_bool(0.1) { 100 } else { 6 };
        now += dice.random_range(0..HOUR * far);
        let choices: Vec<(Role, Verb)> =
            Role::ALL.iter().flat_map(|role| case.next(*role).into_iter().map(move |verb| (*role, verb))).collect();
        let common: Vec<_> = choices
            .iter()
            .filter(|(_, verb)| !matches!(verb, Verb::Note | Verb::Move | Verb::Urge | Verb::CloseElsewhere))
            .collect();
        let (role, verb) = match common.is_empty() || dice.random_bool(0.1) {
            true => choices[dice.random_range(0..choices.len())],
            false => *common[dice.random_range(0..common.len())],
        };
        let units = ["环卫", "园林", "市政"];
        let mut action = action(verb);
        match &mut action {
            Action::Found { finding, .. } => {
                *finding = [Finding::Yes, Finding::Yes, Finding::No, Finding::Unable][dice.random_range(0..4)]
            }
            Action::Dispatch { unit, limit } => {
                *unit = units[dice.random_range(0..3)].into();
                let kind = TimeUnit::ALL[dice.random_range(0..4)];
                *limit = TimeLimit::of(f64::from(dice.random_range(1..12)), kind);
            }
            Action::ApplyDelay { hours } => *hours = f64::from(dice.random_range(1..30)),
            Action::Begin { facts, .. } => **facts = first.clone(),
            _ => {}
        }
        let mut taken = step(now, role, action);
        taken.actor.name = person(&mut dice);
        case.take(taken).unwrap_or_else(|reason| panic!("{seed}: {reason}"));
        // What nobody may do changes nothing.
        let before = case.clone();
        let odd = (Role::ALL[dice.random_range(0..7)], Verb::ALL[dice.random_range(0..37)]);
        if !choices.is_empty() && case.clone().take(step(now, odd.0, super::tests::action(odd.1))).is_err() {
            assert_eq!(case, before);
        }
    }
    case
}

/// Time used and budget of the last dispatch from the bare history: pieces between one step and the next.
fn plain_clock(case: &Case, calendar: &Calendar, now: i64) -> Option<(i64, i64)> {
    let begun = case.steps.iter().rposition(|step| step.action.verb() == Verb::Dispatch)?;
    let Action::Dispatch { limit, .. } = &case.steps[begun].action else { unreachable!() };
    let (mut used, mut hours, mut asked) = (0, 0.0, 0.0);
    let (mut stands, mut ended) = (false, false);
    for (at, step) in case.steps.iter().enumerate().skip(begun) {
        if ended {
            break;
        }
        match &step.action {
            Action::ApplyDelay { hours } => asked = *hours,
            Action::Do { verb: Verb::ApproveDelay } => hours += asked,
            Action::Do { verb: Verb::ApproveSuspension } => stands = true,
            Action::Do { verb: Verb::Resume } => stands = false,
            Action::Do { verb: Verb::Finish | Verb::ApproveReturn | Verb::CloseElsewhere } => ended = true,
            _ => {}
        }
        let until = case.steps.get(at + 1).map_or(now, |next| next.at);
        if !stands && !ended {
            used += calendar.passed(limit.unit, step.at, until);
        }
    }
    Some((used, calendar.budget(*limit) + (hours * HOUR as f64) as i64))
}

/// Two thousand random histories: the clock is what the bare history gives, the case is what its history makes again,
/// through JSON as well.
#[test]
fn clocks_of_random_histories_are_what_the_bare_history_gives() {
    let calendar = Calendar::of(&table()).unwrap();
    let mut reached = BTreeSet::new();
    for seed in 0..2_000 {
        let case = random_history(seed);
        let now = case.steps.last().unwrap().at + 5 * HOUR;
        let found = case.rounds.last().map(|round| (round.used(&calendar, now), round.budget(&calendar)));
        assert_eq!(found, plain_clock(&case, &calendar, now), "{seed}");
        if let Some((used, budget)) = found.filter(|_| case.handling().is_some() && case.state != State::Suspended) {
            // The light follows, and at the moment that it is due the time is used up.
            let expected = if used * 5 <= budget * 4 {
                Light::Green
            } else if used <= budget {
                Light::Yellow
            } else {
                Light::Red
            };
            assert_eq!(case.light(&calendar, now), Some(expected), "{seed}");
            let due = case.due(&calendar).unwrap();
            if due >= now {
                assert_eq!(case.rounds.last().unwrap().used(&calendar, due), budget, "{seed}");
            }
        }
        assert_eq!(Case::of_history(&case.number, case.steps.clone()).unwrap(), case);
        let text = serde_json::to_string(&case.steps).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Step>>(&text).unwrap(), case.steps);
        reached.insert(case.state);
        assert_eq!(case.ended.is_some(), case.state.is_end());
    }
    assert!(reached.len() >= 19, "{reached:?}");
}
