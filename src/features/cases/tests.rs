//! The desk with a real file: from a click to a step, from a step to the list and the map.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::figures::column::Column;
use super::list::Mark;
use super::list::tests::{START, facts, step};
use super::pins::colour_of;
use super::pins::tests::eye;
use super::state::{CasesEdit, How, NewCase, Page, Tool};
use super::{CasePins, Cases, CasesPanel, TAB, figures, hand, heat, near, on_map, spots, systems};
use crate::city::City;
use crate::features::published::{
    AnswerLayers, Fly, Hand, Notice, OpenProject, Pointer, Preferences, Privacy, SceneInput, SceneKey, Select, let_go,
};
use crate::mesh::city::{CityMesh, Whole};
use crate::model::Meaning;
use crate::model::project::{Project, ProjectLayer};
use crate::panels::Language;
use crate::place::Crs;
use crate::query::testing::city_of;
use crate::report::Progress;
use crate::scene::areas::PaintedAreas;
use crate::scene::stage::Shown;
use crate::scene::view::Eye;
use crate::store::Store;
use crate::store::cases::Change;
use crate::themes::management::case::{Action, Actor, PlaceBasis};
use crate::themes::management::facts::Subject;
use crate::themes::management::figures::By;
use crate::themes::management::indicators::Counter;
use crate::themes::management::machine::{Role, State, Verb};
use crate::themes::management::rules::Rules;

fn app(folder: &std::path::Path, role: Role) -> App {
    app_of(folder, role, city_of(Vec::new()))
}

fn app_of(folder: &std::path::Path, role: Role, city: City) -> App {
    let city = Arc::new(city);
    let mesh = CityMesh::build(&city, Whole::Untiled, &Progress::default()).unwrap();
    let mut preferences = Preferences::default();
    preferences.settings.actor = Some(Actor::of("甲", role));
    preferences.settings.frame.open_tab(TAB);
    let project = Project { folder: folder.to_owned(), ..Project::default() };
    let mut app = App::new();
    app.insert_resource(Shown { city: Some(city), mesh: Some(Arc::new(mesh)), generation: 1 })
        .insert_resource(preferences)
        .insert_resource(OpenProject(project))
        .insert_resource(Eye { viewport: [0.0, 0.0, 1400.0, 900.0], scale: 1.0, ..eye(1000.0, 60.0) })
        .init_resource::<CasesPanel>()
        .init_resource::<Cases>()
        .init_resource::<CasePins>()
        .init_resource::<super::heat::Heat>()
        .init_resource::<near::Nearby>()
        .init_resource::<super::figures::Figures>()
        .init_resource::<super::spots::Spots>()
        .init_resource::<PaintedAreas>()
        .init_resource::<AnswerLayers>()
        .init_resource::<Pointer>()
        .init_resource::<Privacy>()
        .init_resource::<Time>()
        .init_resource::<ButtonInput<MouseButton>>()
        .add_message::<Notice>()
        .add_message::<Select>()
        .add_message::<Fly>()
        .add_message::<SceneInput>()
        .add_message::<RequestRedraw>()
        .add_systems(
            Update,
            (
                let_go,
                systems::apply,
                hand::input,
                hand::let_go,
                systems::follow_project,
                systems::take_in,
                systems::play,
                systems::make_list,
                systems::place_pins,
                figures::reckon,
                spots::reckon,
                heat::paint,
                on_map::tell,
                near::look,
                systems::fill,
            )
                .chain(),
        );
    app
}

/// What leaves with a snapshot of what one shows: of each layer each row's text of a field, and its colour.
fn leaves(app: &App, who: &str, field: &str) -> Vec<Vec<(String, u32)>> {
    let world = app.world();
    let city = world.resource::<Shown>().city.clone().unwrap();
    let Some(make) = world.resource::<AnswerLayers>().0.get(who) else { return Vec::new() };
    let rows = |layer: crate::model::Layer| {
        let colours = crate::analysis::colour::colours(&layer, &layer.style).0;
        let text = |row: usize| layer.table.value(row as u32, field).to_string();
        colours.into_iter().enumerate().map(|(row, colour)| (text(row), colour & 0x00ff_ffff)).collect()
    };
    make(&city, Language::Chinese).into_iter().map(rows).collect()
}

/// Frames until something is so.
fn until(app: &mut App, what: &str, so: impl Fn(&World) -> bool) {
    let began = Instant::now();
    loop {
        app.update();
        if so(app.world()) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn ask(app: &mut App, edit: CasesEdit) {
    app.world_mut().resource_mut::<CasesPanel>().edits.push(edit);
}

fn model(world: &World) -> &super::state::CasesModel {
    &world.resource::<CasesPanel>().model
}

fn at_rest(world: &World) -> bool {
    let model = model(world);
    !(model.reading || model.writing || model.listing) && model.listed.marks.len() == model.all.len()
}

/// Cases in a row, 10 m and then 500 m apart.
fn store(folder: &std::path::Path, xs: &[f64]) -> Store {
    let mut store = Store::open(&folder.join("work.gpkg"), &Crs::parse("EPSG:4548").unwrap()).unwrap();
    let begin = |x: &f64| {
        let facts = Box::new(facts("event:0102", Some([5000.0 + x, 5000.0]), START));
        Change::Begin(step(START, Role::Operator, Action::Begin { verb: Verb::Register, facts, state: None }))
    };
    store.change_cases(xs.iter().map(begin).collect(), &Rules::usual().calendar, None).unwrap();
    store
}

#[test]
fn a_step_is_kept_and_a_refused_one_is_said_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let kept = store(folder.path(), &[0.0, 500.0]);
    let mut app = app(folder.path(), Role::Operator);
    until(&mut app, "the list", |world| model(world).listed.rows.len() == 2 && at_rest(world));
    ask(&mut app, CasesEdit::Act(vec![0], Action::Do { verb: Verb::Accept }, "现场核实".into()));
    until(&mut app, "the step", |world| model(world).all[0].state == State::ToFile && at_rest(world));
    let case = kept.cases().unwrap().0.remove(0);
    assert_eq!(
        (case.state, case.steps[1].note.as_str(), case.steps[1].actor.name.as_str()),
        (State::ToFile, "现场核实", "甲")
    );
    // An operator does not file.
    ask(&mut app, CasesEdit::Act(vec![0, 1], Action::Do { verb: Verb::File }, String::new()));
    until(&mut app, "the refusal", |world| !model(world).refused.is_empty());
    assert!(model(app.world()).refused.contains("Shift leader") || model(app.world()).refused.contains("值班长"));
    assert_eq!(app.world().resource::<Messages<Notice>>().len(), 1, "a notice says it as well");
    assert_eq!(kept.cases().unwrap().0.iter().map(|case| case.steps.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_click_registers_and_a_click_moves() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path(), Role::Operator);
    until(&mut app, "an empty list", |world| !model(world).reading);
    ask(&mut app, CasesEdit::Take(Some(Tool::Register)));
    app.update();
    assert_eq!(app.world().resource::<Pointer>().hand, Hand::Case);
    app.world_mut().write_message(SceneInput::Clicked([700.0, 450.0]));
    app.update();
    let pointer = app.world().resource::<Pointer>();
    assert!(pointer.held && pointer.hand == Hand::Select, "the click is nobody else's");
    let xy = model(app.world()).draft.unwrap();
    assert!((xy[0] - 5000.0).abs() < 1.0 && (xy[1] - 5000.0).abs() < 1.0, "{xy:?}");
    let new = NewCase { category: "event:0102".into(), text: "3号楼前".into(), ..NewCase::default() };
    ask(&mut app, CasesEdit::Register(new));
    until(&mut app, "the case", |world| model(world).shown().is_some() && at_rest(world));
    let case = model(app.world()).shown().unwrap().clone();
    let located = case.facts.located.clone().unwrap();
    assert_eq!((case.state, located.xy, located.basis), (State::Registered, xy, PlaceBasis::Moved));
    assert_eq!((located.within.as_str(), model(app.world()).draft), ("3号楼", None));
    ask(&mut app, CasesEdit::Take(Some(Tool::Move(0))));
    app.update();
    app.world_mut().write_message(SceneInput::Clicked([900.0, 450.0]));
    until(&mut app, "the new place", |world| model(world).all[0].steps.len() == 2 && at_rest(world));
    let located = model(app.world()).all[0].facts.located.clone().unwrap();
    assert!(located.xy[0] > xy[0] + 50.0);
    assert_eq!(located.within, "3号楼");
    // Escape puts a tool away.
    ask(&mut app, CasesEdit::Take(Some(Tool::Register)));
    app.update();
    app.world_mut().write_message(SceneInput::Key(SceneKey::Escape));
    app.update();
    assert_eq!((model(app.world()).tool, app.world().resource::<Pointer>().hand), (None, Hand::Select));
}

#[test]
fn the_selected_pin_is_dragged_to_where_the_case_really_is() {
    let folder = tempfile::tempdir().unwrap();
    let kept = store(folder.path(), &[0.0]);
    for (role, moves) in [(Role::Department, false), (Role::Operator, true)] {
        let mut app = app(folder.path(), role);
        until(&mut app, "pins", |world| world.resource::<CasePins>().pins.pins.len() == 1 && at_rest(world));
        ask(&mut app, CasesEdit::Select { case: 0, how: How::Only, fly: false });
        app.update();
        let [x, y] = app.world().resource::<CasePins>().pins.pins[0].at;
        // Taken by its head, 26 points above its foot, and dragged to the right.
        app.world_mut().resource_mut::<ButtonInput<MouseButton>>().press(MouseButton::Left);
        app.world_mut().write_message(SceneInput::Pan([x, y - 26.0], [x + 100.0, y - 26.0]));
        app.update();
        assert_eq!(app.world().resource::<Pointer>().held, moves, "else the drag moves the map");
        assert_eq!(kept.cases().unwrap().0[0].steps.len(), 1, "nothing is kept before it is let go");
        app.world_mut().resource_mut::<ButtonInput<MouseButton>>().release(MouseButton::Left);
        app.update();
        if moves {
            until(&mut app, "the new place", |world| model(world).all[0].steps.len() == 2 && at_rest(world));
            let located = model(app.world()).all[0].facts.located.clone().unwrap();
            let [metres, across] = [located.xy[0] - 5000.0, located.xy[1] - 5000.0];
            // The view looks north: to the right is east, and along the same line of the window.
            assert!(metres > 20.0 && across.abs() < 1.0, "{located:?}");
            assert_eq!(located.basis, PlaceBasis::Moved);
        }
    }
}

#[test]
fn an_objection_lies_where_its_feature_does() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), &[3.0]);
    let mut app = app(folder.path(), Role::Operator);
    until(&mut app, "the list", |world| model(world).all.len() == 1 && at_rest(world));
    let subject = Subject { layer: "buildings".into(), feature: "B7".into(), what: "height".into() };
    ask(&mut app, CasesEdit::Object(subject.clone(), [5000.0, 5000.0]));
    app.update();
    let new = app.world().resource::<CasesPanel>().state.new_case.clone();
    assert_eq!(new.subject.as_ref(), Some(&subject));
    ask(&mut app, CasesEdit::Register(NewCase { category: "data:0901".into(), ..new }));
    until(&mut app, "the case", |world| model(world).shown().is_some() && at_rest(world));
    let facts = &model(app.world()).shown().unwrap().facts;
    assert_eq!((facts.subject.as_ref(), facts.category.as_str()), (Some(&subject), "data:0901"));
    let located = facts.located.as_ref().unwrap();
    assert_eq!((located.xy, &located.basis), ([5000.0, 5000.0], &PlaceBasis::Coordinates));
    let of_feature = ("buildings".to_owned(), "B7".to_owned());
    assert_eq!(model(app.world()).listed.objections.get(&of_feature), Some(&vec![1]));
    // The other case lies 3 m away.
    until(&mut app, "what is near", |world| model(world).near.is_some());
    assert_eq!(model(app.world()).near.as_ref().unwrap().cases[0].metres, 3.0);
}

#[test]
fn a_pin_is_clicked_a_heap_is_opened_and_many_are_flown_to() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), &[0.0, 0.5, 200.0, 215.0, -200.0]);
    let mut app = app(folder.path(), Role::Dispatcher);
    until(&mut app, "pins", |world| world.resource::<CasePins>().pins.pins.len() == 3 && at_rest(world));
    let pins = &app.world().resource::<CasePins>().pins;
    let at = |count: u32, first: u32| {
        let pin = pins.pins.iter().find(|pin| pin.count == count && pin.spot == first).unwrap();
        [pin.at[0], pin.at[1] - 22.0]
    };
    let (heap, several, one) = (at(2, 0), at(2, 2), at(1, 4));
    app.world_mut().write_message(SceneInput::Clicked(one));
    app.update();
    assert!(app.world().resource::<Pointer>().held);
    assert_eq!((model(app.world()).current, &model(app.world()).selected[..]), (Some(4), &[4][..]));
    app.world_mut().write_message(SceneInput::Clicked(heap));
    app.update();
    assert_eq!(model(app.world()).spread, [0, 1]);
    app.world_mut().resource_mut::<Messages<Fly>>().clear();
    app.world_mut().write_message(SceneInput::Clicked(several));
    app.update();
    let flights: Vec<Fly> = app.world_mut().resource_mut::<Messages<Fly>>().drain().collect();
    assert!(
        matches!(flights[..], [Fly::To(bounds)] if bounds.min[0] < 5200.0 && bounds.max[0] > 5215.0),
        "{flights:?}"
    );
    // A click beside all pins lets go.
    app.world_mut().write_message(SceneInput::Clicked([20.0, 800.0]));
    app.update();
    assert_eq!(model(app.world()).current, None);
    assert!(!app.world().resource::<Pointer>().held);
}

#[test]
fn several_are_selected_with_ctrl_and_shift() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), &[0.0, 10.0, 20.0, 30.0, 40.0]);
    let mut app = app(folder.path(), Role::Dispatcher);
    until(&mut app, "the list", |world| model(world).listed.rows.len() == 5 && at_rest(world));
    let rows = model(app.world()).listed.rows.clone();
    let mut click = |row: usize, how| {
        ask(&mut app, CasesEdit::Select { case: rows[row], how, fly: false });
        app.update();
        let mut selected: Vec<usize> =
            model(app.world()).selected.iter().filter_map(|case| rows.iter().position(|row| row == case)).collect();
        selected.sort_unstable();
        selected
    };
    assert_eq!(click(1, How::Only), [1]);
    assert_eq!(click(3, How::Toggle), [1, 3]);
    assert_eq!(click(1, How::Toggle), [3]);
    assert_eq!(click(1, How::Through), [1, 2, 3]);
    assert_eq!(click(4, How::Only), [4]);
    ask(&mut app, CasesEdit::SelectAll(true));
    app.update();
    assert_eq!(model(app.world()).selected.len(), 5);
}

#[test]
fn time_is_played_to_the_end_of_the_days() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), &[0.0]);
    let mut app = app(folder.path(), Role::Dispatcher);
    until(&mut app, "the list", |world| model(world).listed.rows.len() == 1 && at_rest(world));
    app.world_mut().resource_mut::<CasesPanel>().state.speed = 200.0;
    ask(&mut app, CasesEdit::Play(true));
    app.update();
    assert!(model(app.world()).playing);
    let mut frames = 0;
    while model(app.world()).playing {
        app.world_mut().resource_mut::<Time>().advance_by(Duration::from_millis(100));
        app.update();
        frames += 1;
        assert!(frames < 100);
    }
    assert_eq!(app.world().resource::<CasesPanel>().state.wish.moment, Some(model(app.world()).listed.days.to()));
}

/// Two cells beside each other, 100 m wide.
fn grid(folder: &std::path::Path) -> City {
    let cell = |code: &str, x: f64| {
        let corners = [[x, 4950.0], [x + 100.0, 4950.0], [x + 100.0, 5050.0], [x, 5050.0], [x, 4950.0]];
        let geometry = serde_json::json!({"type": "Polygon", "coordinates": [corners]});
        serde_json::json!({"type": "Feature", "geometry": geometry, "properties": {"code": code}})
    };
    let features = [cell("120101001001001", 4950.0), cell("120101001001002", 5050.0)];
    let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    std::fs::write(folder.join("grid.geojson"), text).unwrap();
    let layer = ProjectLayer {
        id: "grid".into(),
        source: "grid.geojson".into(),
        role: Some(crate::model::Role::Grid),
        crs: Some("EPSG:4548".into()),
        fields: [(Meaning::Code, "code".to_owned())].into_iter().collect(),
        ..ProjectLayer::default()
    };
    let crs = Some("EPSG:4548".into());
    let project = Project { crs, layers: vec![layer], folder: folder.to_owned(), ..Project::default() };
    City::open(&project, &Progress::default()).unwrap()
}

#[test]
fn cells_have_the_colours_of_their_counts_while_it_is_wished() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app_of(folder.path(), Role::Operator, grid(folder.path()));
    until(&mut app, "an empty list", |world| !model(world).reading);
    // What is registered by a click knows its cell.
    for (n, x) in [670.0, 700.0, 850.0].into_iter().enumerate() {
        ask(&mut app, CasesEdit::Take(Some(Tool::Register)));
        app.update();
        app.world_mut().write_message(SceneInput::Clicked([x, 450.0]));
        app.update();
        ask(&mut app, CasesEdit::Register(NewCase { category: "event:0102".into(), ..NewCase::default() }));
        until(&mut app, "a case", |world| model(world).listed.rows.len() == n + 1 && at_rest(world));
    }
    let grids = model(app.world()).listed.grids.clone();
    assert_eq!((grids["120101001001001"], grids["120101001001002"]), (2, 1));
    app.world_mut().resource_mut::<CasesPanel>().state.heat = true;
    app.update();
    let painted = app.world().resource::<PaintedAreas>().0.clone().unwrap();
    assert!(painted.layer == 0 && painted.colours.len() == 2 && painted.colours[0] != painted.colours[1]);
    app.update();
    assert_eq!(model(app.world()).heat.as_ref().map(Vec::len), Some(2), "the legend");
    // They leave in the colours that are seen, under the texts of the legend: two cases in one cell, one in the other.
    let seen = |at: usize| painted.colours[at] & 0x00ff_ffff;
    let cells = leaves(&app, "figures", "class");
    assert_eq!(cells, [[("2".to_owned(), seen(0)), ("1".to_owned(), seen(1))]]);
    // And the cases with them: nothing says yet how much time these have.
    let cases = leaves(&app, "cases", "time_limit");
    assert!(cases.len() == 1 && cases[0].len() == 3, "{cases:?}");
    let open = colour_of(Mark::Open);
    let open = u32::from_le_bytes([open[0], open[1], open[2], 0]);
    assert!(cases[0].iter().all(|(text, colour)| text == "无时限" && *colour == open), "{cases:?}");
    app.world_mut().resource_mut::<CasesPanel>().state.heat = false;
    app.update();
    assert_eq!(app.world().resource::<PaintedAreas>().0, None);
    assert!(leaves(&app, "figures", "class").is_empty());
}

/// Figures by street colour the cells of the grid by the beginning of their codes; nothing is left painted when the page
/// is closed.
#[test]
fn areas_have_the_colours_of_their_figures_while_the_page_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app_of(folder.path(), Role::Operator, grid(folder.path()));
    until(&mut app, "an empty list", |world| !model(world).reading);
    for (n, x) in [670.0, 700.0, 850.0].into_iter().enumerate() {
        ask(&mut app, CasesEdit::Take(Some(Tool::Register)));
        app.update();
        app.world_mut().write_message(SceneInput::Clicked([x, 450.0]));
        app.update();
        ask(&mut app, CasesEdit::Register(NewCase { category: "event:0102".into(), ..NewCase::default() }));
        until(&mut app, "a case", |world| model(world).listed.rows.len() == n + 1 && at_rest(world));
    }
    let open = |app: &mut App, by: By| {
        let state = &mut app.world_mut().resource_mut::<CasesPanel>().state;
        (state.page, state.figures.by) = (Page::Figures, by);
        state.figures.column = Column::Count(Counter::Report);
        let is = move |world: &World| model(world).figures.table.as_ref().is_some_and(|table| table.by() == by);
        until(app, "figures", move |world| is(world) && !model(world).figures.busy);
        app.update();
    };
    let colours = |app: &App| -> Vec<u32> {
        let painted = &app.world().resource::<PaintedAreas>().0;
        painted.as_ref().map(|painted| painted.colours.to_vec()).unwrap_or_default()
    };
    open(&mut app, By::Street);
    let table = model(app.world()).figures.table.clone().unwrap();
    assert_eq!(table.rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["120101001"]);
    assert_eq!(table.total.counts.get(Counter::Report), 3);
    let of = colours(&app);
    assert!(of.len() == 2 && of[0] == of[1], "both cells are of one street");
    open(&mut app, By::Grid);
    let of = colours(&app);
    assert!(of.len() == 2 && of[0] != of[1], "two cases in one, one in the other");
    assert_eq!(model(app.world()).classes.iter().map(|class| class.to).collect::<Vec<_>>(), [1.0, 2.0]);
    // What is read under the cursor is the cell there.
    let world = app.world();
    let (heat, city) = (world.resource::<heat::Heat>(), world.resource::<Shown>().city.clone().unwrap());
    assert_eq!(heat.at(&city, crate::place::MapPoint::new(5_100.0, 5_000.0)), Some("120101001001002"));
    let table = model(world).figures.table.clone().unwrap();
    let words = crate::panels::Language::English.words();
    let said = figures::ui::area_text(&table, Column::Count(Counter::Report), "120101001001001", model(world), words);
    assert!(said.ends_with("Reported 2"), "{said}");
    open(&mut app, By::Unit);
    app.update();
    assert!(colours(&app).is_empty(), "departments are no areas");
    open(&mut app, By::Street);
    app.world_mut().resource_mut::<CasesPanel>().state.page = Page::List;
    app.update();
    assert!(colours(&app).is_empty());
}

/// While another tab is shown as well.
#[test]
fn what_another_program_brings_is_said_once_and_shown_by_a_click() {
    let folder = tempfile::tempdir().unwrap();
    let mut theirs = store(folder.path(), &[0.0, 10.0]);
    let mut app = app(folder.path(), Role::Operator);
    app.world_mut().resource_mut::<Preferences>().settings.frame.open_tab("table");
    until(&mut app, "the cases", |world| at_rest(world) && model(world).all.len() == 2);
    assert_eq!(model(app.world()).news, [0, 0], "what was there is known");
    let facts = Box::new(facts("event:0102", Some([5500.0, 5000.0]), START));
    let begin = step(START, Role::Operator, Action::Begin { verb: Verb::Register, facts, state: None });
    theirs.change_cases(vec![Change::Begin(begin)], &Rules::usual().calendar, None).unwrap();
    until(&mut app, "the news", |world| model(world).news == [1, 0]);
    assert_eq!(app.world().resource::<Cases>().badge(), Some(("+1".to_owned(), false)));
    ask(&mut app, CasesEdit::News(true));
    until(&mut app, "what is new", |world| at_rest(world) && model(world).listed.rows == [2]);
    assert_eq!(model(app.world()).news, [0, 0]);
    assert_eq!(app.world().resource::<Preferences>().settings.frame.tab, TAB);
    assert_eq!(app.world().resource::<Cases>().badge(), None);
    // One that is registered here is no news.
    let mut panel = app.world_mut().resource_mut::<CasesPanel>();
    panel.state.wish.only = None;
    app.world_mut().resource_mut::<Cases>().draft = Some([5200.0, 5000.0]);
    ask(&mut app, CasesEdit::Register(NewCase { category: "event:0102".into(), ..NewCase::default() }));
    until(&mut app, "our own", |world| at_rest(world) && model(world).all.len() == 4);
    assert_eq!(model(app.world()).news, [0, 0]);
}
