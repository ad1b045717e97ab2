//! The panel with a real project: from a question to the map, to a layer and into the project's file.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::QuestionsPanel;
use super::examples::examples;
use super::state::{OnMap, QuestionsEdit};
use super::systems::{self, FOUND, Questions};
use crate::city::City;
use crate::features::published::{ChangeProject, Notice, OpenProject, Preferences, Select, Selection};
use crate::model::Title;
use crate::model::project::Project;
use crate::query::Where;
use crate::query::question::{Question, Relation, answer};
use crate::report::Progress;
use crate::scene::stage::{LayerLook, Looks, Shown};
use crate::scene::style::RowColours;

const PROJECT: &str = "# Ours.\ncrs = \"EPSG:4548\"\n\n[[layer]]\nid = \"parcels\"\nsource = \"parcels.geojson\"\nrole = \"parcel\"\n\
    crs = \"EPSG:4548\"\nfields = { code = \"land_use\" }\n\n[[layer]]\nid = \"buildings\"\nsource = \"buildings.geojson\"\nrole = \"building\"\n\
    crs = \"EPSG:4548\"\nfields = { safety_grade = \"safety\" }\n\n[[layer]]\nid = \"incidents\"\nsource = \"incidents.geojson\"\nrole = \"incident\"\n\
    crs = \"EPSG:4548\"\nfields = { time = \"reported\", state = \"state\" }\n";

/// Four parcels of 100 m in a row: housing with a grade D building and three open cases (0), the same with two
/// (1), with a grade A building (2); and a factory's with grade D and three (3).
fn project(folder: &Path) -> Project {
    let at = |parcel: usize, x: f64, y: f64| [500_000.0 + 300.0 * parcel as f64 + x, 4_330_000.0 + y];
    let square = |parcel: usize, from: f64, size: f64| {
        let corners = [[0.0, 0.0], [size, 0.0], [size, size], [0.0, size], [0.0, 0.0]];
        let ring: Vec<[f64; 2]> = corners.iter().map(|[x, y]| at(parcel, from + x, from + y)).collect();
        serde_json::json!({"type": "Polygon", "coordinates": [ring]})
    };
    let feature =
        |geometry, properties| serde_json::json!({"type": "Feature", "geometry": geometry, "properties": properties});
    let write = |name: &str, features: Vec<serde_json::Value>| {
        let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
        std::fs::write(folder.join(name), text).unwrap();
    };
    let uses = ["070102", "070102", "070102", "100101"];
    write(
        "parcels.geojson",
        (0..4)
            .map(|p| feature(square(p, 0.0, 100.0), serde_json::json!({"id": format!("P-{p}"), "land_use": uses[p]})))
            .collect(),
    );
    let grades = ["D", "C级", "A", "D"];
    write(
        "buildings.geojson",
        (0..4)
            .map(|p| feature(square(p, 20.0, 20.0), serde_json::json!({"id": format!("B-{p}"), "safety": grades[p]})))
            .collect(),
    );
    let mut cases = Vec::new();
    for (parcel, open) in [3, 2, 3, 3].into_iter().enumerate() {
        for i in 0..4 {
            let state = if i < open { "待派遣" } else { "结案" };
            let said = serde_json::json!({"state": state, "reported": format!("2019-05-{:02}T08:00:00Z", 10 + i)});
            let [x, y] = at(parcel, 60.0 + i as f64, 60.0);
            cases.push(feature(serde_json::json!({"type": "Point", "coordinates": [x, y]}), said));
        }
    }
    write("incidents.geojson", cases);
    std::fs::write(folder.join("project.toml"), PROJECT).unwrap();
    Project::read(folder).unwrap()
}

fn question() -> Question {
    Question {
        title: Title::same("Danger and cases"),
        layer: "parcels".into(),
        as_of: Some("2019-05-20".into()),
        relations: vec![
            Relation::parse("contains", "buildings: safety = 'D'").unwrap(),
            Relation::parse("contains", "incidents >= 3 in 30 days: state <> '结案'").unwrap(),
        ],
        ..Question::default()
    }
}

fn app(folder: &Path) -> App {
    let project = project(folder);
    let city = City::open(&project, &Progress::default()).unwrap();
    let mut app = App::new();
    let look = |rows: u32| LayerLook { colours: Arc::new(vec![7; rows as usize]), ..LayerLook::default() };
    let looks = city.layers.iter().map(|layer| look(layer.rows())).collect();
    app.insert_resource(Shown { city: Some(Arc::new(city)), mesh: None, generation: 1 })
        .insert_resource(Looks { layers: looks, ..Looks::default() })
        .insert_resource(OpenProject(project))
        .init_resource::<QuestionsPanel>()
        .init_resource::<Questions>()
        .init_resource::<Selection>()
        .init_resource::<Preferences>()
        .add_message::<ChangeProject>()
        .add_message::<Notice>()
        .add_message::<Select>()
        .add_message::<RequestRedraw>()
        .add_systems(Update, (systems::apply, systems::follow, systems::show_on_map, systems::fill).chain());
    app.update();
    app
}

fn panel(app: &App) -> &QuestionsPanel {
    app.world().resource::<QuestionsPanel>()
}

/// Asks for something and waits for what comes of it.
fn wish(app: &mut App, edit: QuestionsEdit, what: &str, so: impl Fn(&App) -> bool) {
    app.world_mut().resource_mut::<QuestionsPanel>().edits.push(edit);
    let began = Instant::now();
    app.update();
    while !so(app) {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(2));
        app.update();
    }
}

fn is_answered(app: &App) -> bool {
    panel(app).model.answer.is_some() && panel(app).model.running.is_none()
}

#[test]
fn an_answer_is_listed_coloured_filtered_and_taken_off_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    wish(&mut app, QuestionsEdit::Ask(question()), "an answer", is_answered);
    let listed: Vec<_> =
        panel(&app).model.answer.as_ref().unwrap().rows.iter().map(|row| (row.id.clone(), row.related[1].0)).collect();
    assert_eq!(listed, [("P-0".to_owned(), 3), ("P-3".to_owned(), 3)]);
    let look = |app: &App| app.world().resource::<Looks>().layers[0].clone();
    let [r, g, b] = FOUND;
    let found = u32::from_le_bytes([r, g, b, 255]);
    // An answer is on the map at once.
    assert_eq!(
        look(&app).shown_colours().iter().map(|colour| *colour == found).collect::<Vec<_>>(),
        [true, false, false, true]
    );
    assert!(look(&app).filter.is_none());
    let show = |app: &mut App, on_map| {
        wish(app, QuestionsEdit::OnMap(on_map), "the map", |app| panel(app).model.on_map == on_map)
    };
    // The filter of the table is there again when the answer goes.
    app.world_mut().resource_mut::<Looks>().layers[0].filter = Some(Arc::new(vec![1]));
    show(&mut app, OnMap::Only);
    assert_eq!((look(&app).filter.as_deref(), &**look(&app).shown_colours()), (Some(&vec![0, 3]), &vec![7; 4]));
    show(&mut app, OnMap::Nothing);
    assert_eq!((look(&app).filter.as_deref(), &**look(&app).shown_colours()), (Some(&vec![1]), &vec![7; 4]));
    // What somebody else gives the layer meanwhile stays.
    show(&mut app, OnMap::Coloured);
    let other = Arc::new(RowColours::new("another", "x", vec![(Title::same("x"), [9, 9, 9])], vec![0; 4]));
    app.world_mut().resource_mut::<Looks>().layers[0].answer = Some(other.clone());
    app.update();
    assert_eq!((panel(&app).model.on_map, look(&app).shown_colours()), (OnMap::Nothing, &other.colours));
    wish(&mut app, QuestionsEdit::Select(3), "a selection", |_| true);
    let selects = app.world().resource::<Messages<Select>>();
    assert_eq!(
        selects.iter_current_update_messages().map(|s| (s.target, s.fly)).collect::<Vec<_>>(),
        [(Some((0, 3)), true)]
    );
}

#[test]
fn a_question_is_kept_in_the_projects_file_and_taken_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let file = folder.path().join("project.toml");
    wish(&mut app, QuestionsEdit::Keep(question()), "a kept question", |app| panel(app).model.saved.len() == 1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(PROJECT), "the rest stays: {text}");
    let kept = Project::read(folder.path()).unwrap().questions;
    assert_eq!(kept, [Question { id: "danger-and-cases".into(), ..question() }]);
    // Kept again under the same name it is replaced.
    let other = Question { relations: Vec::new(), ..question() };
    wish(&mut app, QuestionsEdit::Keep(other), "the other", |app| panel(app).model.saved[0].1.relations.is_empty());
    assert_eq!(Project::read(folder.path()).unwrap().questions.len(), 1);
    wish(&mut app, QuestionsEdit::Drop("danger-and-cases".into()), "an empty list", |app| {
        panel(app).model.saved.is_empty()
    });
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim_end(), PROJECT.trim_end());
}

#[test]
fn what_cannot_be_asked_is_said_in_the_panel() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let wrong = Question { condition: "land_uze = 1".into(), ..question() };
    wish(&mut app, QuestionsEdit::Ask(wrong), "an error", |app| !panel(app).model.error.is_empty());
    assert!(panel(&app).model.error.contains("land_use"), "{}", panel(&app).model.error);
    assert!(panel(&app).model.answer.is_none());
}

/// By roles and meanings alone: of the four parcels one is housing with a dangerous building and three open cases.
/// The cases are of 2019, so the question is asked as of their last day.
#[test]
fn the_examples_are_those_that_the_layers_can_answer() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let city = City::open(&project, &Progress::default()).unwrap();
    let found: Vec<(String, Vec<u32>)> = examples(&city)
        .iter()
        .map(|question| {
            let found = answer(&city, question, Where::Anywhere, None, &Progress::default()).unwrap().matches;
            (question.to_string(), found.iter().map(|found| found.row).collect())
        })
        .collect();
    let danger = "parcels: land_use LIKE '07%'; contains buildings: safety IN ('C级', 'D')";
    assert_eq!(
        found,
        [
            (format!("{danger}; near incidents within 100 m >= 3 in 30 days: state <> '结案'"), vec![0]),
            (danger.to_owned(), vec![0, 1]),
            ("parcels; contains buildings none".to_owned(), vec![]),
        ]
    );
    assert_eq!(examples(&city)[0].as_of.as_deref(), Some("2019-05-13"));
    // Without the layers nothing is offered.
    let alone = Project { layers: project.layers[1..2].to_vec(), ..project };
    assert!(examples(&City::open(&alone, &Progress::default()).unwrap()).is_empty());
}
