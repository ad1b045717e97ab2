//! The panels with a real project: from a selection to what is shown, from a click to the map.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::HousingPanel;
use super::state::{HousingEdit, Pick};
use super::systems::{self, Housing};
use crate::city::City;
use crate::features::published::{Notice, Preferences, Select, Selection, Target};
use crate::model::project::{Project, ProjectLayer};
use crate::model::{Meaning, Role};
use crate::report::Progress;
use crate::scene::stage::{LayerLook, Looks, Shown};
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
