use super::*;
use crate::features::cases::list::tests::{START, facts, step};
use crate::query::testing::city_of;
use crate::themes::management::calendar::{TimeLimit, TimeUnit};
use crate::themes::management::machine::{Role, State, Verb};

fn crs() -> Crs {
    Crs::parse("EPSG:4548").unwrap()
}

fn keeper(folder: &std::path::Path) -> Keeper {
    Keeper::start(Desk {
        path: folder.join("work.gpkg"),
        crs: crs(),
        folder: folder.to_owned(),
        city: Some(Arc::new(city_of(Vec::new()))),
        wake: None,
    })
}

fn begin(at: [f64; 2]) -> WishedStep {
    let action = Action::Begin { verb: Verb::Register, facts: Box::new(facts("event:0102", None, START)), state: None };
    WishedStep { number: None, step: *step(START, Role::Operator, action), at: Some(at) }
}

fn act(number: &str, minute: i64, role: Role, action: Action) -> WishedStep {
    let step = *step(START + minute * 60_000, role, action);
    WishedStep { number: Some(number.to_owned()), step, at: None }
}

/// What is said, until something is.
fn heard<T>(keeper: &Keeper, want: impl Fn(&Reply) -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        for reply in keeper.replies() {
            if let Some(found) = want(&reply) {
                return found;
            }
            assert!(!matches!(&reply, Reply::Unread(_)), "{reply:?}");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "nothing is said");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn done(keeper: &Keeper) -> Vec<(u32, Arc<Case>)> {
    heard(keeper, |reply| match reply {
        Reply::Done(done) => Some(done.clone()),
        Reply::NotDone(reason) => panic!("{reason:?}"),
        _ => None,
    })
}

fn read(keeper: &Keeper) -> All {
    heard(keeper, |reply| if let Reply::Read(all, _) = reply { Some(all.clone()) } else { None })
}

#[test]
fn what_was_done_is_on_the_disk_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = self::keeper(folder.path());
    assert!(read(&keeper).is_empty());
    assert!(!folder.path().join("work.gpkg").exists(), "nothing is made before something is kept");
    keeper.send(vec![begin([516_000.0, 4_330_000.0]), begin([516_100.0, 4_330_000.0])]);
    let begun = done(&keeper);
    assert_eq!(begun.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 1]);
    let located = begun[1].1.facts.located.clone().unwrap();
    assert_eq!((located.xy, located.basis), ([516_100.0, 4_330_000.0], PlaceBasis::Moved));
    let number = begun[1].1.number.clone();
    keeper.send(vec![act(&number, 1, Role::Operator, Action::Do { verb: Verb::Accept })]);
    keeper.send(vec![act(&number, 2, Role::ShiftLeader, Action::Do { verb: Verb::File })]);
    // Closed at once: what was sent is written before the thread ends.
    drop(keeper);
    let again = self::keeper(folder.path());
    let all = read(&again);
    assert_eq!((all.len(), all[1].state, all[1].steps.len()), (2, State::ToDispatch, 3));
}

#[test]
fn of_several_steps_all_are_done_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = self::keeper(folder.path());
    keeper.send(vec![begin([516_000.0, 4_330_000.0]), begin([516_100.0, 4_330_000.0])]);
    let numbers: Vec<String> = done(&keeper).iter().map(|(_, case)| case.number.clone()).collect();
    let accept = |number: &String| act(number, 1, Role::Operator, Action::Do { verb: Verb::Accept });
    let limit = TimeLimit::of(4.0, TimeUnit::UrgentHour);
    let early = act(&numbers[1], 2, Role::Dispatcher, Action::Dispatch { unit: "环卫".into(), limit });
    keeper.send(vec![accept(&numbers[0]), early]);
    let refused = heard(&keeper, |reply| match reply {
        Reply::NotDone(NotDone::Refused(number, reason)) => Some((number.clone(), reason.clone())),
        _ => None,
    });
    assert_eq!(refused.0, numbers[1]);
    assert!(matches!(refused.1, Refused::State { verb: Verb::Dispatch, .. }), "{refused:?}");
    drop(keeper);
    let all = read(&self::keeper(folder.path()));
    assert!(all.iter().all(|case| case.state == State::Registered && case.steps.len() == 1));
}

#[test]
fn what_another_program_does_is_read_while_the_desk_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = self::keeper(folder.path());
    read(&keeper);
    keeper.watch(true);
    let mut other = Store::open(&folder.path().join("work.gpkg"), &crs()).unwrap();
    let calendar = Rules::usual().calendar;
    let theirs = || Change::Begin(Box::new(begin([516_000.0, 4_330_000.0]).step));
    other.change_cases(vec![theirs()], &calendar, None).unwrap();
    // It may have looked between the making of the file and that of the case.
    heard(&keeper, |reply| matches!(reply, Reply::Read(all, _) if all.len() == 1).then_some(()));
    keeper.send(vec![begin([516_100.0, 4_330_000.0])]);
    assert_eq!(done(&keeper)[0].0, 1);
    other.change_cases(vec![theirs()], &calendar, None).unwrap();
    // Not looked at any more: known all the same before something is written.
    keeper.watch(false);
    keeper.send(vec![begin([516_200.0, 4_330_000.0])]);
    assert_eq!(done(&keeper)[0].0, 3);
}

#[test]
fn what_cannot_be_read_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.gpkg");
    std::fs::write(&path, "no database, but a text that is long enough to be looked at").unwrap();
    let keeper = self::keeper(folder.path());
    keeper.send(vec![begin([516_000.0, 4_330_000.0])]);
    let began = Instant::now();
    let mut said = Vec::new();
    while said.len() < 3 && began.elapsed() < Duration::from_secs(30) {
        said.extend(keeper.replies());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(matches!(&said[1], Reply::Unread(reason) if reason.contains("work.gpkg")), "{said:?}");
    assert!(matches!(&said[2], Reply::NotDone(NotDone::Failed(_))), "{said:?}");
    drop(keeper);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("no database"));
}
