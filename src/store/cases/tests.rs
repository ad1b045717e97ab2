use super::*;
use crate::place::Crs;
use crate::themes::management::calendar::TimeLimit;
use crate::themes::management::case::{Actor, Facts, Located};
use crate::themes::management::machine::{Role, State, Verb};
use crate::themes::management::rules::Rules;

/// 2026-09-28 08:30 in Tianjin.
const START: i64 = 1_790_555_400_000;

fn crs(code: &str) -> Crs {
    Crs::parse(code).unwrap()
}

fn report(text: &str, id: &str, xy: [f64; 2]) -> Box<Step> {
    let located = Located { xy, grid: "120103001004012".into(), ..Located::default() };
    let facts = Facts {
        category: "event:0102".into(),
        text: text.into(),
        reported: START,
        located: Some(located),
        source: "form".into(),
        source_id: id.into(),
        ..Facts::default()
    };
    let action = Action::Begin { verb: Verb::Register, facts: Box::new(facts), state: None };
    Box::new(Step { at: START, actor: Actor::of("甲", Role::Operator), action, note: String::new() })
}

fn act(minutes: i64, role: Role, verb: Verb) -> Box<Step> {
    let action = match verb {
        Verb::Dispatch => Action::Dispatch {
            unit: "环卫".into(),
            limit: TimeLimit::of(4.0, crate::themes::management::calendar::TimeUnit::WorkHour),
        },
        verb => Action::Do { verb },
    };
    Box::new(Step { at: START + minutes * 60_000, actor: Actor::of("乙", role), action, note: "说明".into() })
}

fn open(folder: &std::path::Path) -> Store {
    Store::open(&folder.join("work.gpkg"), &crs("EPSG:4548")).unwrap()
}

fn change(store: &mut Store, changes: Vec<Change>) -> Result<Vec<Case>, TakeError> {
    store.change_cases(changes, &Rules::usual().calendar, None)
}

#[test]
fn a_case_is_there_again_with_its_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let place = [516_872.5, 4_331_721.25];
    let first =
        change(&mut store, vec![Change::Begin(report("一", "a", place)), Change::Begin(report("二", "b", place))]);
    let numbers: Vec<String> = first.unwrap().into_iter().map(|case| case.number).collect();
    assert_eq!(numbers, ["20260928000001", "20260928000002"]);
    let one = numbers[0].clone();
    let take = |minutes, role, verb| Change::Take(one.clone(), act(minutes, role, verb));
    let steps = vec![
        take(1, Role::Operator, Verb::Accept),
        take(2, Role::ShiftLeader, Verb::File),
        take(3, Role::Dispatcher, Verb::Dispatch),
    ];
    let after = change(&mut store, steps).unwrap().pop().unwrap();
    drop(store);
    let store = open(folder.path());
    let (read, issues) = store.cases().unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    assert_eq!((read.len(), &read[0]), (2, &after));
    assert_eq!(read[0].facts.located.as_ref().unwrap().xy, place, "the same CRS: no digit changes");
    assert_eq!(store.case(&one).unwrap(), Some(after));
    assert_eq!(store.case("nothing").unwrap(), None);
    assert_eq!(store.case_of_source("form", "b").unwrap().as_deref(), Some(numbers[1].as_str()));
}

#[test]
fn all_of_a_change_happens_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let number = change(&mut store, vec![Change::Begin(report("一", "", [0.0; 2]))]).unwrap()[0].number.clone();
    let before = store.cases().unwrap().0;
    let legal = Change::Take(number.clone(), act(1, Role::Operator, Verb::Accept));
    let illegal = Change::Take(number.clone(), act(2, Role::Operator, Verb::File));
    let refused = change(&mut store, vec![Change::Begin(report("二", "", [0.0; 2])), legal, illegal]);
    assert!(matches!(refused, Err(TakeError::Refused { .. })), "{refused:?}");
    assert_eq!(store.cases().unwrap().0, before);
    let missing = change(&mut store, vec![Change::Take("x".into(), act(1, Role::Operator, Verb::Accept))]);
    assert!(matches!(missing, Err(TakeError::NoCase(_))));
    // The same number of the same source twice.
    assert!(
        change(
            &mut store,
            vec![Change::Begin(report("三", "7", [0.0; 2])), Change::Begin(report("四", "7", [0.0; 2]))]
        )
        .is_err()
    );
    assert_eq!(store.cases().unwrap().0, before);
}

#[test]
fn a_feed_goes_on_where_its_reports_were_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let calendar = Rules::usual().calendar;
    let garbage = [["line 3".to_owned(), "no number".to_owned(), "a;b".to_owned()]];
    let state = FeedState { feed: "hotline", position: "offset 120", garbage: &garbage };
    store.change_cases(vec![Change::Begin(report("一", "1", [0.0; 2]))], &calendar, Some(state)).unwrap();
    assert_eq!(store.feed_position("hotline").unwrap().as_deref(), Some("offset 120"));
    // What is refused moves the position no further.
    let state = FeedState { feed: "hotline", position: "offset 240", garbage: &[] };
    assert!(store.change_cases(vec![Change::Begin(report("二", "1", [0.0; 2]))], &calendar, Some(state)).is_err());
    assert_eq!(store.feed_position("hotline").unwrap().as_deref(), Some("offset 120"));
    assert_eq!(store.garbage(10).unwrap(), [["hotline", "line 3", "no number", "a;b"]]);
}

#[test]
fn a_history_is_not_changed_by_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    change(&mut store, vec![Change::Begin(report("一", "", [0.0; 2]))]).unwrap();
    for sql in ["UPDATE case_steps SET note = 'x'", "DELETE FROM case_steps"] {
        assert!(store.db.execute(sql, []).unwrap_err().to_string().contains("a history is not changed"), "{sql}");
    }
    // What somebody else wrote there is named, and the others are read.
    change(&mut store, vec![Change::Begin(report("二", "", [0.0; 2]))]).unwrap();
    let sql =
        "INSERT INTO case_steps (case_fid, number, at, actor, role, verb, step) VALUES (1, 2, '', '', '', '', '{}')";
    store.db.execute(sql, []).unwrap();
    let (cases, issues) = store.cases().unwrap();
    assert_eq!((cases.len(), issues.len()), (1, 1));
    assert!(issues[0].message.starts_with("case 20260928000001: "), "{issues:?}");
}

#[test]
fn a_file_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.gpkg");
    drop(Store::open(&path, &crs("EPSG:4548")).unwrap());
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP TABLE case_steps; DROP TABLE cases; DROP TABLE case_numbers; DROP TABLE feeds; DROP TABLE feed_garbage;
         DELETE FROM gpkg_geometry_columns WHERE table_name = 'cases';
         DELETE FROM gpkg_contents WHERE table_name IN ('cases', 'case_steps', 'feeds', 'feed_garbage');
         UPDATE cimbase SET version = 1; INSERT INTO schemes (number, parcel, name) VALUES (4, 'P', 'A');",
    )
    .unwrap();
    drop(db);
    let mut store = Store::open(&path, &crs("EPSG:4548")).unwrap();
    change(&mut store, vec![Change::Begin(report("一", "", [0.0; 2]))]).unwrap();
    assert_eq!(store.schemes().unwrap().0.schemes.len(), 1);
    assert_eq!(Store::open(&path, &crs("EPSG:4548")).unwrap().cases().unwrap().0.len(), 1);
}

/// The file's CRS is that of the project that made it: another project reads the same places in its own.
#[test]
fn another_crs_of_the_project_moves_no_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let place = [516_872.495_6, 4_331_721.984_9];
    change(&mut store, vec![Change::Begin(report("一", "", place))]).unwrap();
    drop(store);
    let other = Store::open(&folder.path().join("work.gpkg"), &crs("EPSG:4527")).unwrap();
    let read = other.cases().unwrap().0[0].facts.located.clone().unwrap().xy;
    // The same point in zone 39 (117°E) of the 3-degree belts with a zone number in the easting: 39 million more.
    assert!((read[0] - place[0] - 39_000_000.0).abs() < 1e-3 && (read[1] - place[1]).abs() < 1e-3, "{read:?}");
}

/// GDAL reads the cases as a layer of points.
#[test]
#[cfg(feature = "gdal")]
fn other_programs_read_the_cases() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let number = change(&mut store, vec![Change::Begin(report("=cmd()", "", [516_000.0, 4_331_000.0]))]).unwrap()[0]
        .number
        .clone();
    change(&mut store, vec![Change::Take(number, act(1, Role::Operator, Verb::Accept))]).unwrap();
    drop(store);
    let project = crate::model::project::Project::of_files(&[folder.path().join("work.gpkg")]);
    let city = crate::city::City::open(&project, &crate::report::Progress::default()).unwrap();
    let layer = city.layers.iter().find(|layer| layer.layer.id.ends_with("cases")).expect("the layer");
    let value = |field: &str| layer.layer.table.value(0, field).to_string();
    assert_eq!(
        (layer.rows(), value("state"), value("state_zh")),
        (1, "to_file".to_owned(), State::ToFile.names()[0].to_owned())
    );
    assert_eq!(value("text"), "=cmd()");
    let extent = layer.extent();
    assert!((extent.min[0] - 516_000.0).abs() < 1e-6 && (extent.min[1] - 4_331_000.0).abs() < 1e-6, "{extent:?}");
}
