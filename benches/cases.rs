//! Cases: placing reports, bringing them in, and steps of their workflow, in the demo city of 100,000 buildings.

use std::sync::{Arc, LazyLock};

use cimbase::city::City;
use cimbase::features::cases::list::{Group, Listed, Wanted, Wish, list};
use cimbase::features::cases::pins::{Lens, pins};
use cimbase::feeds::intake::Intake;
use cimbase::feeds::{Batch, Sink};
use cimbase::model::project::Project;
use cimbase::place::{Crs, MapPoint};
use cimbase::report::Progress;
use cimbase::scene::camera::OrbitCamera;
use cimbase::scene::view::Eye;
use cimbase::store::Store;
use cimbase::store::cases::Change;
use cimbase::themes::management::calendar::{TimeLimit, TimeUnit};
use cimbase::themes::management::case::{Action, Actor, Case, Facts, Located, Step};
use cimbase::themes::management::figures::{self, By, groups};
use cimbase::themes::management::hotspots::{self, gather};
use cimbase::themes::management::incoming::{Coordinates, Incoming};
use cimbase::themes::management::machine::{Finding, Role, Verb};
use cimbase::themes::management::near::{REACH, near};
use cimbase::themes::management::place::Placer;
use cimbase::themes::management::rules::Rules;
use cimbase::themes::management::times::now;
use divan::Bencher;
use divan::counter::ItemsCount;

mod demo_city;

fn main() {
    divan::main();
}

static CITY: LazyLock<City> = LazyLock::new(|| {
    let names = ["buildings.fgb", "parcels.fgb", "grid.fgb", "roads.fgb", "components.fgb"];
    let files = names.map(|file| demo_city::folder().join(file));
    let mut project = Project::of_files(&files);
    project.crs = Some("EPSG:4548".to_owned());
    City::open(&project, &Progress::default()).expect("the demo opens")
});

/// Reports all over the city, by a step that never meets itself.
fn reports(count: usize) -> Vec<Incoming> {
    let extent = CITY.layer("parcels").expect("the demo has parcels").extent();
    let report = |n: usize| {
        let share = |by: f64| (n as f64 * by).fract();
        let [x, y] = extent.min;
        let xy = [x + extent.width() * share(0.754_877_67), y + extent.height() * share(0.569_840_3)];
        Incoming {
            source_id: n.to_string(),
            category: "0102".to_owned(),
            text: "有一堆暴露垃圾无人清理，已有异味".to_owned(),
            place: Some(Coordinates { xy, crs: String::new(), offset: String::new() }),
            ..Incoming::default()
        }
    };
    (0..count).map(report).collect()
}

/// One report: building, parcel, grid cell, street.
#[divan::bench]
fn place(bencher: Bencher<'_, '_>) {
    let placer = Placer::of(&CITY);
    let reports = reports(10_000);
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % reports.len();
        placer.locate(&reports[next])
    });
}

/// One address, among all names of the city.
#[divan::bench]
fn address(bencher: Bencher<'_, '_>) {
    let placer = Placer::of(&CITY);
    let report = Incoming { address: "天津市河西区海河东路100号门前".to_owned(), ..Incoming::default() };
    let _ = placer.locate(&report);
    bencher.bench(|| placer.locate(&report));
}

fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("work.gpkg"), &Crs::parse("EPSG:4548").expect("EPSG has it")).expect("it opens")
}

/// Five thousand reports placed and kept in one transaction.
#[divan::bench(sample_count = 10)]
fn take_5000(bencher: Bencher<'_, '_>) {
    let batch = Batch { reports: reports(5_000), garbage: Vec::new(), position: "5000".to_owned() };
    bencher
        .counter(ItemsCount::new(5_000_usize))
        .with_inputs(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let intake = Intake::new(store(&folder), Rules::usual(), Placer::of(&CITY), false, now);
            (intake.expect("it opens"), folder)
        })
        .bench_local_values(|(mut intake, folder)| {
            intake.take("bench", &batch).expect("they are kept");
            (intake, folder)
        });
}

/// A step of one of five thousand cases, on the disk when it returns.
#[divan::bench(sample_count = 200)]
fn step(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let batch = Batch { reports: reports(5_000), garbage: Vec::new(), position: String::new() };
    let mut intake = Intake::new(store(&folder), Rules::usual(), Placer::of(&CITY), false, now).expect("it opens");
    intake.take("bench", &batch).expect("they are kept");
    let numbers: Vec<String> =
        intake.store().cases().expect("they are read").0.into_iter().map(|case| case.number).collect();
    drop(intake);
    let (mut store, rules) = (store(&folder), Rules::usual());
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % numbers.len();
        let action = Action::Note { media: Vec::new() };
        let step = Step { at: now(), actor: Actor::of("bench", Role::Operator), action, note: "到场".to_owned() };
        store.change_cases(vec![Change::Take(numbers[next].clone(), Box::new(step))], &rules.calendar, None)
    });
}

/// All of 100,000 cases from the file, each from its history.
#[divan::bench(sample_count = 5)]
fn read_100000(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut intake = Intake::new(store(&folder), Rules::usual(), Placer::of(&CITY), false, now).expect("it opens");
    for (n, reports) in reports(100_000).chunks(5_000).enumerate() {
        let batch = Batch { reports: reports.to_vec(), garbage: Vec::new(), position: n.to_string() };
        intake.take("bench", &batch).expect("they are kept");
    }
    bencher.counter(ItemsCount::new(100_000_usize)).bench_local(|| intake.store().cases());
}

/// A hundred thousand cases in memory, and the wish that shows them all.
fn all_100000() -> (Vec<Arc<Case>>, Wish) {
    let placer = Placer::of(&CITY);
    let case = |(n, report): (usize, Incoming)| {
        let facts = Facts {
            category: report.category.clone(),
            text: report.text.clone(),
            reported: 1_790_000_000_000 + n as i64 * 25_000,
            located: placer.locate(&report).ok(),
            ..Facts::default()
        };
        let action = Action::Begin { verb: Verb::Register, facts: Box::new(facts.clone()), state: None };
        let step = Step { at: facts.reported, actor: Actor::of("bench", Role::Operator), action, note: String::new() };
        Arc::new(Case::begin(&n.to_string(), step).expect("an operator registers"))
    };
    let wish = Wish { group: Group::All, ..Wish::default() };
    (reports(100_000).into_iter().enumerate().map(case).collect(), wish)
}

fn listed(all: &[Arc<Case>], rules: &Rules, wish: &Wish) -> Listed {
    let me = Actor::of("bench", Role::Dispatcher);
    list(&Wanted { all, rules, me: &me, wish, now: now(), centre: [0.0; 2], ground: &|_| 3.0 })
}

/// The list of 100,000 cases with counts, categories, grid cells, days: off the frame's thread.
#[divan::bench(sample_count = 20)]
fn list_100000(bencher: Bencher<'_, '_>) {
    let ((all, wish), rules) = (all_100000(), Rules::usual());
    bencher.bench(|| listed(&all, &rules, &wish));
}

/// One moment of the timeline, of 100,000 cases.
#[divan::bench(sample_count = 20)]
fn moment_100000(bencher: Bencher<'_, '_>) {
    let ((all, wish), rules) = (all_100000(), Rules::usual());
    let wish = Wish { moment: Some(1_790_000_000_000 + 50_000 * 25_000), ..wish };
    bencher.bench(|| listed(&all, &rules, &wish));
}

/// Clusters of 100,000 cases for a view of the whole city.
#[divan::bench(sample_count = 50)]
fn cluster_100000(bencher: Bencher<'_, '_>) {
    let (all, wish) = all_100000();
    let listed = listed(&all, &Rules::usual(), &wish);
    let extent = CITY.layer("parcels").expect("the demo has parcels").extent();
    let middle = extent.centre();
    let camera = OrbitCamera {
        target: MapPoint::new(middle[0], middle[1]),
        distance: extent.width(),
        pitch: 50.0,
        ..OrbitCamera::default()
    };
    let eye = Eye { camera, viewport: [300.0, 60.0, 1600.0, 1000.0], scale: 1.0, ..Eye::default() };
    bencher.bench(|| pins(&Lens::of(&eye), &listed.spots));
}

/// What is near a case: of 100,000 cases, and of the city's layers of points.
#[divan::bench(sample_count = 50)]
fn near_100000(bencher: Bencher<'_, '_>) {
    let (all, _) = all_100000();
    let xy = CITY.layer("parcels").expect("the demo has parcels").extent().centre();
    bencher.bench(|| near(Some(&CITY), all.iter().map(|case| &**case), None, xy, REACH).expect("layers in memory"));
}

/// 180,000 cases of a month with histories of nine steps, in memory.
static MONTH: LazyLock<Vec<Case>> = LazyLock::new(|| {
    const START: i64 = 1_772_294_400_000;
    let act = |verb| Action::Do { verb };
    let one = |n: i64| {
        let share = |by: f64| (n as f64 * by).fract();
        let grid = format!("1201{:02}001{:03}{:03}", 1 + n % 3, n / 3 % 9, n / 27 % 40);
        let xy = [517_000.0 + 5_000.0 * share(0.754_877_67), 4_330_000.0 + 5_000.0 * share(0.569_840_3)];
        let mut at = START + (share(0.618_034) * 30.0 * 86_400_000.0) as i64;
        let located = Some(Located { xy, grid, ..Located::default() });
        let category = format!("event:01{:02}", n % 18 + 1);
        let facts = Box::new(Facts { category, reported: at, located, ..Facts::default() });
        let limit = TimeLimit::of(8.0, TimeUnit::WorkHour);
        let unit = format!("department {}", n % 7);
        let way = [
            (Role::Operator, act(Verb::Accept)),
            (Role::ShiftLeader, act(Verb::File)),
            (Role::Dispatcher, Action::Dispatch { unit, limit }),
            (Role::Department, act(Verb::Finish)),
            (Role::Operator, act(Verb::SendCheck)),
            (Role::GridMember, Action::Found { verb: Verb::Check, finding: Finding::Yes }),
            (Role::Operator, act(Verb::ProposeClose)),
            (Role::ShiftLeader, act(Verb::Close)),
        ];
        let step = |at, role, action| Step {
            at,
            actor: Actor::of(&format!("person {}", n % 60), role),
            action,
            note: String::new(),
        };
        let begin = Action::Begin { verb: Verb::Register, facts, state: None };
        let mut case = Case::begin(&n.to_string(), step(at, Role::Operator, begin)).expect("it begins");
        for (role, action) in way {
            at += 3_600_000 * (1 + n % 5);
            case.take(step(at, role, action)).expect("the way is legal");
        }
        case
    };
    (0..180_000).map(one).collect()
});

/// What figures are reckoned by, and of a part of the month: then each case is looked at as it stood at its end.
const ASKED: [(Option<By>, Option<i64>); 4] = [
    (Some(By::Unit), None),
    (Some(By::Grid), None),
    (Some(By::Person), None),
    (Some(By::Street), Some(1_772_294_400_000 + 15 * 86_400_000)),
];

/// Counters of 180,000 cases, grouped.
#[divan::bench(args = [0, 1, 2, 3], sample_count = 10)]
fn figures_180000(bencher: Bencher<'_, '_>, which: usize) {
    let (by, until) = ASKED[which];
    let asked = figures::Asked { by, until, ..figures::Asked::default() };
    let (cases, rules, now) = (&*MONTH, Rules::usual(), now());
    bencher.counter(ItemsCount::new(cases.len())).bench_local(|| groups(cases, &rules, &asked, now));
}

/// Hot spots and repeats of 180,000 cases in squares of 200 m.
#[divan::bench(sample_count = 10)]
fn hotspots_180000(bencher: Bencher<'_, '_>) {
    let (cases, now) = (&*MONTH, now());
    bencher
        .counter(ItemsCount::new(cases.len()))
        .bench_local(|| gather(cases.iter(), &hotspots::Asked::default(), now));
}
