//! Feeds of a project in the window, with real files: nothing runs before the user says so.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::state::FeedsEdit;
use super::{Feeds, FeedsPanel, systems};
use crate::city::City;
use crate::features::published::{Arriving, Fly, Notice, OpenProject, Preferences};
use crate::feeds::State;
use crate::mesh::city::{CityMesh, Whole};
use crate::model::project::Project;
use crate::panels::Language;
use crate::panels::settings::Settings;
use crate::place::Bounds;
use crate::query::testing::city_of;
use crate::report::Progress;
use crate::scene::sheets::Sheets;
use crate::scene::stage::Shown;
use crate::store::Store;

fn app(folder: &Path, settings: Settings) -> App {
    let extent = Bounds { min: [514_000.0, 4_329_000.0], max: [520_000.0, 4_334_000.0] };
    let city = Arc::new(City { extent, ..city_of(Vec::new()) });
    let mesh = CityMesh::build(&city, Whole::Untiled, &Progress::default()).unwrap();
    let project = Project { folder: folder.to_owned(), ..Project::default() };
    let mut app = App::new();
    app.insert_resource(Shown { city: Some(city), mesh: Some(Arc::new(mesh)), generation: 1 })
        .insert_resource(Preferences { settings, path: None })
        .insert_resource(OpenProject(project))
        .init_resource::<FeedsPanel>()
        .init_resource::<Feeds>()
        .init_resource::<Arriving>()
        .init_resource::<Sheets>()
        .add_message::<Notice>()
        .add_message::<Fly>()
        .add_message::<RequestRedraw>()
        .add_message::<AppExit>()
        .add_systems(
            Update,
            (systems::apply, systems::follow_project, systems::take_in, systems::drape, systems::fill).chain(),
        )
        .add_systems(Last, systems::finish);
    app
}

fn until(app: &mut App, what: &str, so: impl Fn(&World) -> bool) {
    let began = Instant::now();
    loop {
        app.update();
        if so(app.world()) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn model(world: &World) -> &super::state::FeedsModel {
    &world.resource::<FeedsPanel>().model
}

fn ask(app: &mut App, edit: FeedsEdit) {
    app.world_mut().resource_mut::<FeedsPanel>().edits.push(edit);
}

const FEED: &str = "[[feed]]\nid = \"hotline\"\nkind = \"file\"\naddress = \"hotline.csv\"\ninterval_s = 0.05\n";
const ROWS: &str = "案件编号,小类,描述,经度,纬度,上报时间\nK1,0102,一,117.2,39.1,2026-03-01 08:15\n";

#[test]
fn feeds_are_off_until_the_user_starts_them_and_start_again_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feeds.toml"), FEED).unwrap();
    std::fs::write(folder.path().join("hotline.csv"), ROWS).unwrap();
    let english = Settings { language: Language::English, ..Settings::default() };
    let mut first = app(folder.path(), english);
    until(&mut first, "the feeds of the project", |world| model(world).there);
    // Time in which something could begin.
    for _ in 0..20 {
        first.update();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!model(first.world()).on && model(first.world()).count == 1);
    assert_eq!(model(first.world()).feeds[0].line.status.state, State::Stopped);
    assert!(!first.world().resource::<Arriving>().0);
    assert!(!folder.path().join("work.gpkg").exists(), "nothing was made");
    ask(&mut first, FeedsEdit::Start(true));
    until(&mut first, "the first case", |world| {
        model(world).feeds[0].line.status.counts.new == 1 && world.resource::<Arriving>().0
    });
    let settings = first.world().resource::<Preferences>().settings.clone();
    // The program ends.
    first.world_mut().write_message(AppExit::Success);
    let began = Instant::now();
    first.update();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let crs = city_of(Vec::new()).crs.clone();
    let store = Store::open(&folder.path().join("work.gpkg"), &crs).unwrap();
    assert_eq!(store.cases().unwrap().0.len(), 1);
    // The same project again: its feeds begin by themselves, and nothing comes twice.
    std::fs::write(folder.path().join("hotline.csv"), ROWS.to_owned() + "K2,0102,二,117.2,39.1,2026-03-01 08:16\n")
        .unwrap();
    let mut second = app(folder.path(), settings.clone());
    until(&mut second, "the second case", |world| {
        model(world).feeds.first().is_some_and(|feed| feed.line.status.counts.new == 1)
    });
    ask(&mut second, FeedsEdit::Start(false));
    until(&mut second, "the end", |world| !model(world).on && !world.resource::<Arriving>().0);
    assert!(second.world().resource::<Preferences>().settings.feeds.is_empty(), "it is not remembered any more");
    assert_eq!(store.cases().unwrap().0.len(), 2);
    // Other feeds than those that were agreed to.
    std::fs::write(folder.path().join("feeds.toml"), FEED.to_owned() + "category = \"0102\"\n").unwrap();
    let mut third = app(folder.path(), settings);
    until(&mut third, "the feeds of the project", |world| model(world).there);
    assert!(!model(third.world()).on);
}

#[test]
fn a_bad_file_is_said_and_nothing_falls() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feeds.toml"), "[[feed]]\nid = \"a\"\nkind = \"\u{202e}fax\"\n").unwrap();
    let mut app = app(folder.path(), Settings::default());
    until(&mut app, "the reason", |world| !model(world).error.is_empty());
    let error = model(app.world()).error.clone();
    assert!(error.contains("line 3") && !error.contains('\u{202e}'), "{error}");
    ask(&mut app, FeedsEdit::Start(true));
    app.update();
    assert!(!model(app.world()).on);
}

/// A warning over the city is draped, listed inert, and goes when its source is stopped.
#[test]
fn a_warning_is_draped_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let alert = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>A</identifier><sender>x</sender>\
        <sent>2026-03-01T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info>\
        <category>Met</category><event>暴\u{202e}雨</event><urgency>Expected</urgency><severity>Severe</severity>\
        <certainty>Likely</certainty><expires>2126-03-01T08:00:00+08:00</expires><headline>a\nb</headline><area>\
        <areaDesc>x</areaDesc><circle>39.1189,117.1951 2</circle></area></info></alert>";
    std::fs::write(folder.path().join("a.xml"), alert).unwrap();
    std::fs::write(folder.path().join("feeds.toml"), "[[feed]]\nid = \"w\"\nkind = \"cap\"\naddress = \"a.xml\"\n")
        .unwrap();
    let mut app = app(folder.path(), Settings::default());
    until(&mut app, "the feeds of the project", |world| model(world).there);
    ask(&mut app, FeedsEdit::Start(true));
    let drawn = |world: &World| world.resource::<Feeds>().draped.outlines.len();
    until(&mut app, "the area", |world| {
        drawn(world) == 1 && model(world).warnings.first().is_some_and(|one| one.extent.is_some())
    });
    let warning = model(app.world()).warnings[0].clone();
    // What turns the direction of writing was left out when it was read.
    assert_eq!((warning.event.as_str(), warning.headline.as_str()), ("暴雨", "a b"));
    // 2 km around 516 872, 4 331 722 (`cs2cs`).
    let [east, north] = warning.extent.unwrap().centre();
    assert!((east - 516_872.5).abs() < 10.0 && (north - 4_331_722.0).abs() < 10.0);
    let triangles: usize = app
        .world()
        .resource::<Sheets>()
        .0
        .iter()
        .flat_map(|sheet| &sheet.tiles)
        .map(|tile| tile.indices.len() / 3)
        .sum();
    assert!(triangles >= 94, "a circle of 96 corners: {triangles}");
    ask(&mut app, FeedsEdit::Run("w".into(), false));
    until(&mut app, "its end", |world| drawn(world) == 0 && model(world).warnings.is_empty());
    assert!(app.world().resource::<Sheets>().0.is_empty());
}
