//! The panels with a real project: from a selection to what is shown, from a click to the map.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::state::{HousingEdit, Pick};
use super::systems::{self, Housing};
use super::{HousingPanel, in_scene};
use crate::city::City;
use crate::features::published::{
    Notice, OpenProject, Pointer, Preferences, SceneInput, Select, Selection, Styles, Target, let_go,
};
use crate::mesh::city::{CityMesh, Whole};
use crate::model::project::{Project, ProjectLayer};
use crate::model::{Meaning, Role};
use crate::place::MapPoint;
use crate::report::Progress;
use crate::scene::camera::OrbitCamera;
use crate::scene::marks::Marks;
use crate::scene::stage::{LayerLook, Looks, Shown};
use crate::scene::view::Eye;
use crate::themes::housing::classes::Division;

/// Two buildings; two units of the first, with their owner.
fn project(folder: &std::path::Path) -> Project {
    let square = |x: f64| {
        let y = 4_330_000.0;
        let corners = [[x, y], [x + 20.0, y], [x + 20.0, y + 20.0], [x, y + 20.0], [x, y]];
        serde_json::json!({"type": "Polygon", "coordinates": [corners]})
    };
    let feature =
        |geometry, properties| serde_json::json!({"type": "Feature", "geometry": geometry, "properties": properties});
    let write = |name: &str, features: Vec<serde_json::Value>| {
        let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
        std::fs::write(folder.join(name), text).unwrap();
    };
    let (a, b) = (500_000.0, 500_100.0);
    write(
        "buildings.geojson",
        vec![
            feature(square(a), serde_json::json!({"id": "B-1", "safety": "C", "storeys": 6, "year_built": 1985})),
            feature(square(b), serde_json::json!({"id": "B-2", "safety": "A", "storeys": 3, "year_built": 2012})),
        ],
    );
    let unit = |id: &str, room: &str| {
        let said = serde_json::json!({"id": id, "building_id": "B-1", "FJH": room, "CH": room[..1], "QLRMC": "张三丰"});
        feature(square(a), said)
    };
    write("units.geojson", vec![unit("U-1", "301"), unit("U-2", "302")]);
    let layer = |id: &str, role, fields: &[(Meaning, &str)]| ProjectLayer {
        id: id.to_owned(),
        source: format!("{id}.geojson"),
        role: Some(role),
        crs: Some("EPSG:4548".to_owned()),
        fields: fields.iter().map(|(meaning, field)| (*meaning, (*field).to_owned())).collect(),
        visible: true,
        ..ProjectLayer::default()
    };
    Project {
        crs: Some("EPSG:4548".to_owned()),
        layers: vec![
            layer("buildings", Role::Building, &[(Meaning::SafetyGrade, "safety")]),
            layer("units", Role::Unit, &[(Meaning::Parent, "building_id"), (Meaning::Room, "FJH")]),
        ],
        folder: folder.to_owned(),
        ..Project::default()
    }
}

fn app(folder: &std::path::Path) -> App {
    let city = City::open(&project(folder), &Progress::default()).unwrap();
    let mut app = App::new();
    let looks = vec![LayerLook::default(); city.layers.len()];
    app.insert_resource(Shown { city: Some(Arc::new(city)), mesh: None, generation: 1 })
        .insert_resource(Looks { layers: looks, ..Looks::default() })
        .init_resource::<HousingPanel>()
        .init_resource::<Housing>()
        .init_resource::<Selection>()
        .init_resource::<Preferences>()
        .init_resource::<OpenProject>()
        .init_resource::<crate::features::published::Privacy>()
        .add_message::<Notice>()
        .add_message::<Select>()
        .add_message::<RequestRedraw>()
        .add_systems(Update, (systems::apply, systems::ask, systems::filter, systems::fill).chain());
    app
}

/// Frames until something is so.
fn until(app: &mut App, what: &str, so: impl Fn(&World) -> bool) {
    let began = Instant::now();
    while !so(app.world()) {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(2));
        app.update();
    }
}

fn panel(world: &World) -> &HousingPanel {
    world.resource::<HousingPanel>()
}

fn select(app: &mut App, layer: usize, feature: u32) {
    let targets = vec![Target { layer, feature, hit: None }];
    *app.world_mut().resource_mut::<Selection>() = Selection { targets, current: 0 };
}

fn ask(app: &mut App, edit: HousingEdit) {
    app.world_mut().resource_mut::<HousingPanel>().edits.push(edit);
    app.update();
}

fn owner(world: &World) -> Option<String> {
    let house = panel(world).model.house.as_ref()?;
    Some(house.personal.get(&0)?.first()?.1.clone())
}

#[test]
fn a_building_shows_its_units_and_a_unit_its_building() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    select(&mut app, 0, 0);
    until(&mut app, "the house", |world| panel(world).model.house.is_some());
    let model = panel(app.world()).model.clone();
    assert_eq!(model.house.as_ref().map(|house| (house.building, house.units())), Some((0, 2)));
    assert!(model.card.is_some() && model.selected_unit.is_none());
    select(&mut app, 1, 1);
    until(&mut app, "the unit", |world| panel(world).model.unit.is_some());
    let unit = panel(app.world()).model.clone();
    assert_eq!((unit.selected_unit, unit.card), (Some(1), None));
    // The same house, not made again.
    assert!(Arc::ptr_eq(&unit.house.unwrap(), &model.house.unwrap()));
    // A building without units, then nothing.
    select(&mut app, 0, 1);
    until(&mut app, "the card", |world| panel(world).model.card.is_some());
    assert!(panel(app.world()).model.house.is_none());
    *app.world_mut().resource_mut::<Selection>() = Selection::default();
    app.update();
    assert!(panel(app.world()).model.card.is_none());
}

#[test]
fn personal_data_is_masked_until_it_is_asked_for_and_that_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    select(&mut app, 1, 0);
    until(&mut app, "the unit", |world| panel(world).model.unit.is_some());
    assert_eq!(panel(app.world()).model.personal, ["QLRMC"]);
    assert_eq!(owner(app.world()).as_deref(), Some("张*丰"));
    let said = format!("{:?}", panel(app.world()).model);
    assert!(!said.contains("张三丰"), "{said}");
    assert!(app.world().resource::<Messages<Notice>>().is_empty());
    ask(&mut app, HousingEdit::Unmask(true));
    let notices = app.world().resource::<Messages<Notice>>();
    let noted: Vec<String> = notices.iter_current_update_messages().map(|notice| notice.0.message.clone()).collect();
    assert!(noted.len() == 1 && noted[0].contains("QLRMC") && !noted[0].contains("张三丰"), "{noted:?}");
    until(&mut app, "the name", |world| owner(world).as_deref() == Some("张三丰"));
    ask(&mut app, HousingEdit::Unmask(false));
    until(&mut app, "the mask", |world| owner(world).as_deref() == Some("张*丰"));
}

/// The house and the scene as the plugin has them, with an eye in the south that looks north, nearly level, from 150 m.
fn scene(folder: &std::path::Path) -> App {
    let mut app = app(folder);
    let city = app.world().resource::<Shown>().city.clone().unwrap();
    let mesh = CityMesh::build(&city, Whole::Untiled, &Progress::default()).unwrap();
    app.world_mut().resource_mut::<Shown>().mesh = Some(Arc::new(mesh));
    let target = MapPoint::new(500_010.0, 4_330_010.0);
    let camera = OrbitCamera { target, distance: 150.0, pitch: 2.0, ..OrbitCamera::default() };
    let eye = Eye { camera, viewport: [0.0, 0.0, 800.0, 600.0], scale: 1.0, ..Eye::default() };
    app.insert_resource(eye)
        .insert_resource(Styles { order: vec![0, 1], ..Styles::default() })
        .init_resource::<Pointer>()
        .init_resource::<Marks>()
        .add_message::<SceneInput>()
        .add_systems(Update, (let_go, in_scene::click).chain().before(systems::ask))
        .add_systems(Update, (in_scene::mark, in_scene::hide).chain().after(systems::fill));
    app
}

/// Clicks where a point of the scene is seen: east, north, up.
fn click(app: &mut App, point: [f64; 3]) {
    let ([x, y], _) = app.world().resource::<Eye>().to_window(point).expect("the point is in view");
    app.world_mut().write_message(SceneInput::Clicked([x, y]));
    app.update();
}

fn hidden(world: &World) -> Vec<u32> {
    world.resource::<Looks>().layers[0].hidden.rows().to_vec()
}

/// Six storeys of 3 m by default; both units, 301 and 302, have the whole outline, so the first of them is meant.
#[test]
fn a_click_on_the_selected_building_selects_its_unit_in_the_table_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = scene(folder.path());
    select(&mut app, 0, 0);
    until(&mut app, "the house", |world| panel(world).model.house.is_some());
    let house = panel(app.world()).model.house.clone().unwrap();
    assert_eq!(
        (house.levels.clone(), house.standing.as_ref().map(|s| s.rows.clone())),
        (vec![1, 2, 3, 4, 5, 6], Some(vec![0]))
    );
    let storey = house.standing.as_ref().unwrap().shell.bodies[0].top / 6.0;
    click(&mut app, [500_012.0, 4_330_000.0, 2.5 * storey]);
    assert!(app.world().resource::<Pointer>().held);
    until(&mut app, "the unit", |world| panel(world).model.unit.is_some());
    let model = panel(app.world()).model.clone();
    assert_eq!((model.selected_unit, model.card.is_some()), (Some(0), true));
    assert_eq!(app.world().resource::<Selection>().target().map(|t| (t.layer, t.feature)), Some((0, 0)));
    assert!(app.world().resource::<Messages<Select>>().is_empty());
    // A storey without units: the building is meant.
    click(&mut app, [500_012.0, 4_330_000.0, 4.5 * storey]);
    until(&mut app, "no unit", |world| panel(world).model.unit.is_none());
    assert!(panel(app.world()).model.selected_unit.is_none());
    // Beside the building the click is another's.
    click(&mut app, [500_060.0, 4_330_010.0, 0.0]);
    assert!(!app.world().resource::<Pointer>().held);
    // Of a unit another unit, or its building, is selected.
    select(&mut app, 1, 1);
    until(&mut app, "the other unit", |world| panel(world).model.selected_unit == Some(1));
    for (height, target) in [(2.5, (1, 0)), (4.5, (0, 0))] {
        click(&mut app, [500_012.0, 4_330_000.0, height * storey]);
        let selects = app.world().resource::<Messages<Select>>();
        assert_eq!(
            selects.iter_current_update_messages().last().map(|s| (s.target, s.fly)),
            Some((Some(target), false))
        );
        app.world_mut().resource_mut::<Messages<Select>>().clear();
    }
}

#[test]
fn a_building_that_is_cut_open_is_hidden_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = scene(folder.path());
    select(&mut app, 0, 0);
    until(&mut app, "the house", |world| panel(world).model.house.is_some());
    ask(&mut app, HousingEdit::Cut(Some(3)));
    app.update();
    assert_eq!((panel(app.world()).model.cut, hidden(app.world())), (Some(3), vec![0]));
    let house = panel(app.world()).model.house.clone().unwrap();
    let storey = house.standing.as_ref().unwrap().shell.bodies[0].top / 6.0;
    // The open floor's unit is hit where it stands, and above it there is nothing.
    click(&mut app, [500_012.0, 4_330_000.3, 2.5 * storey]);
    until(&mut app, "the unit", |world| panel(world).model.selected_unit.is_some());
    click(&mut app, [500_012.0, 4_330_000.0, 4.5 * storey]);
    assert!(!app.world().resource::<Pointer>().held);
    ask(&mut app, HousingEdit::Cut(None));
    app.update();
    assert!(hidden(app.world()).is_empty());
    // Another building, and no such storey.
    ask(&mut app, HousingEdit::Cut(Some(9)));
    assert!(panel(app.world()).model.cut.is_none());
    ask(&mut app, HousingEdit::Cut(Some(2)));
    app.update();
    assert_eq!(hidden(app.world()), [0]);
    select(&mut app, 0, 1);
    until(&mut app, "the other building", |world| hidden(world).is_empty());
    assert!(panel(app.world()).model.cut.is_none());
}

#[test]
fn a_class_filters_the_map_and_gives_way_to_the_filter_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    app.update();
    let filter = |world: &World| world.resource::<Looks>().layers[0].filter.clone();
    ask(&mut app, HousingEdit::Count);
    until(&mut app, "the stock", |world| panel(world).model.stock.is_some());
    let stock = panel(app.world()).model.stock.clone().unwrap();
    assert_eq!((stock.stock.all.buildings, stock.units.as_ref().map(|units| units.count)), (2, Some(2)));
    let pick = Pick { division: Division::Grade, class: Some("C".into()) };
    ask(&mut app, HousingEdit::Filter(Some(pick.clone())));
    until(&mut app, "the filter", |world| filter(world).is_some());
    assert_eq!(filter(app.world()).unwrap().as_slice(), [0]);
    assert_eq!(panel(app.world()).model.picked, Some(pick.clone()));
    ask(&mut app, HousingEdit::Filter(None));
    assert!(filter(app.world()).is_none() && panel(app.world()).model.picked.is_none());
    // Somebody else's filter is neither taken off nor called ours.
    ask(&mut app, HousingEdit::Filter(Some(pick)));
    until(&mut app, "the filter", |world| filter(world).is_some());
    app.world_mut().resource_mut::<Looks>().layers[0].filter = Some(Arc::new(vec![1]));
    app.update();
    assert!(panel(app.world()).model.picked.is_none());
    ask(&mut app, HousingEdit::Filter(None));
    assert_eq!(filter(app.world()).unwrap().as_slice(), [1]);
}

#[test]
fn a_click_in_the_table_selects_in_the_scene() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    app.update();
    for (edit, target) in [
        (HousingEdit::Unit(1), (1, 1)),
        (HousingEdit::Building(None, 1), (0, 1)),
        (HousingEdit::Building(Some(0), 0), (0, 0)),
    ] {
        ask(&mut app, edit);
        let selects = app.world().resource::<Messages<Select>>();
        let last = selects.iter_current_update_messages().last().unwrap();
        assert_eq!((last.target, last.fly), (Some(target), true));
        app.world_mut().resource_mut::<Messages<Select>>().clear();
    }
}
