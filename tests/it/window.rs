//! The program with panels and scene, used as a person would: real pointer and key events, on
//! software graphics, without a display.

use std::collections::BTreeSet;
use std::sync::Arc;

use cimbase::app::headless::{Headless, Picture};
use cimbase::city::City;
use cimbase::demo::{self, DemoOptions};
use cimbase::features::inspector::InspectorPanel;
use cimbase::features::planning::PlanningPanel;
use cimbase::features::planning::state::PlanningEdit;
use cimbase::features::published::{Pointer, Selection, Styles};
use cimbase::features::search::SearchPanel;
use cimbase::features::snapshot::SnapshotPanel;
use cimbase::features::snapshot::state::{Asked, Preview, Run, SnapshotEdit};
use cimbase::model::project::Project;
use cimbase::panels::Language;
use cimbase::panels::settings::Settings;
use cimbase::place::MapPoint;
use cimbase::query::{Filter, Question, Where, ask};
use cimbase::report::Progress;
use cimbase::scene::camera::OrbitCamera;
use cimbase::scene::stage::{Looks, Shown};
use cimbase::scene::view::Eye;
use egui::{Event, Key, Modifiers, PointerButton, pos2, vec2};

use crate::program::{package, run_in};

/// The demo city in a window of 1000 × 640 points, in English.
struct User {
    program: Headless,
    city: Arc<City>,
}

impl User {
    fn sits_down() -> Self {
        let folder = package().join("layers/haihe");
        let project = Project::read(&folder).unwrap();
        let city = Arc::new(City::open(&project, &Progress::default()).unwrap());
        let settings = Settings { language: Language::English, ..Settings::default() };
        let mut program = Headless::open(&project, city.clone(), [1000, 640], 1, true, settings).unwrap();
        program.step();
        Self { program, city }
    }

    fn steps(&mut self, frames: usize) {
        (0..frames).for_each(|_| self.program.step());
    }

    fn does(&mut self, events: impl IntoIterator<Item = Event>) {
        self.program.input(events);
        self.steps(1);
    }

    fn button(at: [f32; 2], button: PointerButton, pressed: bool) -> Event {
        Event::PointerButton { pos: pos2(at[0], at[1]), button, pressed, modifiers: Modifiers::NONE }
    }

    fn clicks(&mut self, at: [f32; 2]) {
        self.does([Event::PointerMoved(pos2(at[0], at[1]))]);
        // Within one frame: on a busy machine two frames may be further apart than a click may last.
        self.does([Self::button(at, PointerButton::Primary, true), Self::button(at, PointerButton::Primary, false)]);
        self.steps(2);
    }

    fn drags(&mut self, from: [f32; 2], to: [f32; 2], button: PointerButton) {
        self.does([Event::PointerMoved(pos2(from[0], from[1]))]);
        self.does([Self::button(from, button, true)]);
        for share in [0.25f32, 0.5, 0.75, 1.0] {
            let at = pos2(from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share);
            self.does([Event::PointerMoved(at)]);
        }
        self.does([Self::button(to, button, false)]);
        self.steps(1);
    }

    fn presses(&mut self, key: Key, modifiers: Modifiers) {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.does([event(true)]);
        self.does([event(false)]);
        self.steps(1);
    }

    fn world(&mut self) -> &mut bevy::prelude::World {
        self.program.app.world_mut()
    }

    fn camera(&mut self) -> OrbitCamera {
        self.world().resource::<Eye>().camera
    }

    /// The highest building that is drawn: layer, row, and the middle of its roof.
    fn highest_building(&mut self) -> (usize, u32, [f64; 3]) {
        let number = self.city.layers.iter().position(|layer| layer.layer.id == "buildings").unwrap();
        let layer = self.city.layers[number].clone();
        let heights = layer.layer.heights.as_ref().unwrap();
        let drawn = (0..heights.top.len()).filter(|row| !heights.covered[*row]);
        let row = drawn.max_by(|a, b| heights.top[*a].total_cmp(&heights.top[*b])).unwrap();
        let [east, north] = layer.layer.table.geometry.centroid(row as u32).unwrap();
        let shown = self.world().resource::<Shown>();
        let top = shown.mesh.as_ref().unwrap().layers[number].bodies.as_ref().unwrap().top[row];
        (number, row as u32, [east, north, f64::from(top)])
    }

    /// The middle of the scene, points.
    fn middle(&mut self) -> [f32; 2] {
        let eye = self.world().resource::<Eye>();
        let [x, y, w, h] = eye.viewport;
        [(x + w / 2.0) / eye.scale, (y + h / 2.0) / eye.scale]
    }
}

#[test]
fn a_click_on_a_roof_selects_that_building_and_escape_lets_go() {
    let mut user = User::sits_down();
    let (number, row, [east, north, top]) = user.highest_building();
    {
        let mut eye = user.world().resource_mut::<Eye>();
        eye.camera.target = MapPoint::new(east, north);
        eye.camera.distance = 900.0;
    }
    user.steps(2);
    let at = user.world().resource::<Eye>().to_window([east, north, top]).unwrap().0;
    let before = user.program.picture().unwrap();
    user.clicks(at);
    let target = user.world().resource::<Selection>().target().expect("something is selected");
    assert_eq!((target.layer, target.feature), (number, row));
    let hits = user.world().resource::<Selection>().targets.clone();
    let depths: Vec<f64> = hits.iter().filter_map(|target| Some(target.hit?.0)).collect();
    assert!(depths.is_sorted(), "{depths:?}");
    let thing = user.world().resource::<InspectorPanel>().model.thing.clone().expect("the inspector says what it is");
    assert_eq!(thing.layer_id, "buildings");
    assert!(!thing.attributes.is_empty() && thing.height.is_some());
    // Marked in the scene, and on the screen: the roof is drawn, and in another colour than before.
    assert_eq!(user.world().resource::<Looks>().layers[number].selected, [row]);
    let after = user.program.picture().unwrap();
    let around = (0..25).map(|n| (at[0] as u32 - 2 + n % 5, at[1] as u32 - 2 + n / 5));
    let changed = around.filter(|(x, y)| before.get_pixel(*x, *y) != after.get_pixel(*x, *y)).count();
    assert!(changed > 12, "{changed} of 25 pixels of the roof");
    if hits.len() > 1 {
        user.presses(Key::Tab, Modifiers::NONE);
        let selection = user.world().resource::<Selection>();
        assert_eq!(selection.current, 1, "Tab shows the next thing under the cursor: {selection:?}");
    }
    user.presses(Key::Escape, Modifiers::NONE);
    assert!(user.world().resource::<Selection>().target().is_none());
}

#[test]
fn the_mouse_moves_the_camera_over_the_scene_and_not_over_a_panel() {
    let mut user = User::sits_down();
    let middle = user.middle();
    let before = user.camera();
    user.drags(middle, [middle[0] + 80.0, middle[1]], PointerButton::Primary);
    let panned = user.camera();
    assert!(panned.target.east < before.target.east - 50.0, "the ground follows the hand to the right");
    assert!((panned.heading - before.heading).abs() < 1e-9);
    user.drags(middle, [middle[0] + 60.0, middle[1]], PointerButton::Secondary);
    let turned = user.camera();
    assert!((turned.heading - panned.heading).abs() > 5.0);
    user.presses(Key::N, Modifiers::NONE);
    user.steps(12);
    assert!(user.camera().heading.min(360.0 - user.camera().heading) < 0.5, "N turns north up");
    user.does([Event::PointerMoved(pos2(middle[0], middle[1]))]);
    let wheel = |y| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, y),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
    };
    let far = user.camera().distance;
    user.does([wheel(2.0)]);
    user.steps(6);
    assert!(user.camera().distance < far * 0.95, "the wheel zooms in");
    let near = user.camera();
    // The left panel begins at x = 0.
    user.drags([120.0, 500.0], [200.0, 520.0], PointerButton::Primary);
    user.does([Event::PointerMoved(pos2(120.0, 500.0))]);
    user.does([wheel(3.0)]);
    user.steps(3);
    assert_eq!(user.camera(), near, "a panel keeps its clicks and its wheel");
    user.presses(Key::Home, Modifiers::NONE);
    user.steps(12);
    assert!(user.camera().distance > near.distance, "Home fits all");
}

#[test]
fn typing_into_the_search_box_flies_to_a_thing() {
    let mut user = User::sits_down();
    user.presses(Key::F, Modifiers::COMMAND);
    user.does([Event::Text("海河".into())]);
    user.steps(3);
    let found = user.world().resource::<SearchPanel>().model.results.len();
    assert!(found > 0, "海河 is a name of the demo city");
    let before = user.camera();
    user.presses(Key::Enter, Modifiers::NONE);
    user.steps(14);
    assert!(user.world().resource::<Selection>().target().is_some());
    assert!(user.camera() != before, "the camera flew");
    // A letter typed into the box is not a key of the scene.
    assert!(user.world().resource::<Pointer>().at.is_none());
}

#[test]
fn what_is_hidden_or_filtered_out_cannot_be_clicked() {
    let mut user = User::sits_down();
    let (.., roof) = user.highest_building();
    let roof = user.world().resource::<Eye>().to_window(roof).unwrap().0;
    user.clicks(roof);
    let all = user.world().resource::<Selection>().targets.clone();
    assert!(!all.is_empty(), "a roof is hit from afar");
    {
        let mut looks = user.world().resource_mut::<Looks>();
        looks.layers.iter_mut().for_each(|look| look.visible = false);
    }
    user.steps(1);
    user.clicks(roof);
    assert!(user.world().resource::<Selection>().targets.is_empty());
    let hit = all[0];
    {
        let mut looks = user.world().resource_mut::<Looks>();
        looks.layers[hit.layer].visible = true;
        looks.layers[hit.layer].filter = Some(Arc::new(vec![]));
    }
    user.steps(1);
    user.clicks(roof);
    assert!(user.world().resource::<Selection>().targets.is_empty());
}

#[test]
fn the_picture_shows_the_city_with_its_panels_and_changes_with_the_language() {
    let mut user = User::sits_down();
    assert!(user.world().resource::<Styles>().labels);
    let english = user.program.picture().unwrap();
    assert_eq!(english.dimensions(), (1000, 640));
    // The scene is no empty field: among pixels of its middle many colours are seen.
    let colours: std::collections::HashSet<[u8; 4]> =
        (350..650).flat_map(|x| (200..450).map(move |y| (x, y))).map(|(x, y)| english.get_pixel(x, y).0).collect();
    assert!(colours.len() > 200, "{} colours", colours.len());
    let mut preferences = user.world().resource_mut::<cimbase::features::published::Preferences>();
    preferences.settings.language = Language::Chinese;
    let chinese = user.program.picture().unwrap();
    let differ = |from: u32, to: u32| {
        (from..to)
            .flat_map(|x| (60..600).map(move |y| (x, y)))
            .filter(|(x, y)| english.get_pixel(*x, *y) != chinese.get_pixel(*x, *y))
            .count()
    };
    assert!(differ(0, 280) > 500, "the layer panel speaks Chinese");
}

/// Software Vulkan once compiled shaders in every frame and kept them: 84 MB a round of the flight.
#[test]
fn memory_does_not_grow_while_flying() {
    let run = run_in(&package(), &["bench", "layers/haihe", "--seconds", "25", "--json"]);
    let report = run.json();
    let rounds: Vec<f64> = report["rss_bytes"].as_array().unwrap().iter().map(|b| b.as_f64().unwrap() / 1e6).collect();
    assert!(rounds.len() >= 2, "{rounds:?}");
    // A round is 84 frames; memory of allocators comes and goes by some megabytes.
    assert!(rounds[1..].iter().all(|mb| *mb < rounds[1] + 40.0), "{rounds:?} MB");
    // All buildings fit into the budget, so they are drawn: as many triangles as the city has, at least once.
    assert!(report["triangles"]["max"].as_f64().unwrap() > 64_000.0, "{}", report["triangles"]);
}

/// The pixels of a picture of the demo city that is drawn in so many parts a side.
fn drawn_in(parts: u32, flat: bool) -> image::RgbaImage {
    let project = Project::read(&package().join("layers/haihe")).unwrap();
    let city = Arc::new(City::open(&project, &Progress::default()).unwrap());
    // Sides that three parts do not divide: the last ones reach over the edge.
    let picture = Picture { size: [640, 401], parts, scale: 1, letters: 1.0 };
    let mut program = Headless::start(&project, picture, false, Settings::default());
    program.show(city.clone()).unwrap();
    if flat {
        let mut eye = program.app.world_mut().resource_mut::<Eye>();
        eye.flat = true;
        eye.camera = OrbitCamera::straight_down(&city.extent, eye.aspect());
    }
    let mut whole = image::RgbaImage::new(picture.size[0], picture.size[1]);
    let lay = |at: [u32; 2], part: &image::RgbaImage| {
        image::imageops::replace(&mut whole, part, i64::from(at[0]), i64::from(at[1]));
    };
    program.parts(&Progress::default(), lay).unwrap();
    whole
}

/// A picture in parts is the picture at once: no seam, no label cut or moved. Vertices are transformed by another matrix
/// in a part, so that single pixels on edges may fall otherwise: none of them in a row along a border.
#[test]
fn parts_of_a_picture_fit() {
    for flat in [false, true] {
        let [whole, parts] = [1, 3].map(|parts| drawn_in(parts, flat));
        let differs = |x: u32, y: u32| whole.get_pixel(x, y) != parts.get_pixel(x, y);
        let (width, height) = whole.dimensions();
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| differs(*x, *y)).count();
        // A label that is cut or moved is some hundred pixels, a view that is off by one pixel are tens of thousands.
        assert!(all < 640 * 401 / 200, "flat {flat}: {all} pixels differ");
        // Parts are 214 × 134 pixels.
        for x in [213, 214, 427, 428] {
            let along = (0..height).filter(|y| differs(x, *y)).count();
            assert!(along < 10, "flat {flat}: {along} pixels differ along the border at {x}");
        }
        for y in [133, 134, 267, 268] {
            let along = (0..width).filter(|x| differs(*x, y)).count();
            assert!(along < 10, "flat {flat}: {along} pixels differ along the border at row {y}");
        }
    }
}

/// The sheet through the program: Chinese text that is searched for, the scale and the names of its fields.
#[test]
fn a_sheet_has_chinese_text_that_is_found() {
    let place = super::program::Place::new();
    let out = place.path().join("sheet.pdf").display().to_string();
    run_in(&package(), &["render", "layers/haihe", "--out", &out, "--ortho", "--paper", "A3"]).expect(0);
    let said = std::process::Command::new("pdftotext").args(["-layout", &out, "-"]).output();
    let said = said.expect("poppler-utils is installed by scripts/setup.sh --test");
    let text = String::from_utf8_lossy(&said.stdout);
    for word in ["海河演示区", "图例", "城镇住宅用地", "比例尺", "1:25000", "CGCS2000"] {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
}

/// What is on the screen leaves through the dialog as it does through the command, to the byte: with the filter that is
/// set there, and the one that is typed here. The preview says how many there are and about how large the file gets.
#[test]
fn the_dialog_and_the_command_write_the_same_data() {
    let mut user = User::sits_down();
    let out = crate::program::Place::new();
    let number = user.city.layers.iter().position(|layer| layer.layer.id == "buildings").unwrap();
    let filter = Filter::parse("height_m > 60").unwrap();
    let question = Question { place: Where::Anywhere, filter: Some(&filter), to_project: None };
    let rows: Vec<u32> = ask(&user.city.layers[number], &question).unwrap().iter().map(|found| found.feature).collect();
    assert!(rows.len() > 10, "{}", rows.len());
    user.world().resource_mut::<Looks>().layers[number].filter = Some(Arc::new(rows.clone()));
    for name in ["a.geojson", "a.csv", "a.kml", "a.gpkg"] {
        let asked = Asked {
            layers: ["buildings".to_owned()].into(),
            fields: [("buildings".to_owned(), vec![("id".into(), "id".into()), ("height_m".into(), "高度".into())])]
                .into(),
            out: out.path().join(name),
            ..Asked::default()
        };
        let mut panel = user.world().resource_mut::<SnapshotPanel>();
        (panel.model.run, panel.model.preview) = (Run::Idle, Preview::None);
        panel.edits.extend([SnapshotEdit::Count(asked.clone()), SnapshotEdit::Take(asked)]);
        let started = std::time::Instant::now();
        let done = |user: &mut User| {
            let panel = user.world().resource::<SnapshotPanel>();
            matches!(panel.model.run, Run::Done { .. } | Run::Failed(_))
                && matches!(panel.model.preview, Preview::Counted(_) | Preview::Failed(_))
        };
        while !done(&mut user) {
            assert!(started.elapsed().as_secs() < 60, "{name}");
            user.steps(1);
        }
        let panel = user.world().resource::<SnapshotPanel>();
        assert!(matches!(&panel.model.run, Run::Done { .. }), "{name}: {:?}", panel.model.run);
        let written = std::fs::read(out.path().join(name)).unwrap();
        let Preview::Counted(counted) = &panel.model.preview else { panic!("{:?}", panel.model.preview) };
        assert_eq!(counted.layers, [("buildings".to_owned(), rows.len() as u64)], "{name}");
        let share = counted.bytes.unwrap() as f64 / written.len() as f64;
        assert!((0.9..1.1).contains(&share), "{name}: {share}");
        let other = out.path().join(format!("b{}", &name[1..])).display().to_string();
        let condition = ["--where", "buildings:height_m > 60", "--fields", "buildings:id,height_m=高度"];
        let run = ["snapshot", "layers/haihe", "--layers", "buildings", "--out", &other];
        run_in(&package(), &[&run[..], &condition].concat()).expect(0);
        if name.ends_with("gpkg") {
            // A GeoPackage says when it was written: its features are compared.
            let ours = out.path().join(name).display().to_string();
            let same = run_in(&package(), &["diff", &ours, &other, "--json"]).json();
            assert_eq!(same["counts"]["unchanged"], rows.len(), "{same}");
        } else {
            assert_eq!(written, std::fs::read(&other).unwrap(), "{name}");
        }
    }
}

/// Verdicts are on the map: they leave as a column. Which parcels break a limit, the demo city says, which planted them.
#[test]
fn what_an_answer_shows_leaves_with_the_data() {
    let mut user = User::sits_down();
    let place = crate::program::Place::new();
    let started = std::time::Instant::now();
    user.world().resource_mut::<PlanningPanel>().edits.push(PlanningEdit::CheckAll);
    while user.world().resource::<PlanningPanel>().model.parcels.is_none() {
        assert!(started.elapsed().as_secs() < 60);
        user.steps(1);
    }
    user.world().resource_mut::<PlanningPanel>().edits.push(PlanningEdit::Paint(true));
    user.steps(3);
    let asked = Asked { layers: ["parcels".to_owned()].into(), out: place.path().join("a.ndjson"), ..Asked::default() };
    user.world().resource_mut::<SnapshotPanel>().edits.push(SnapshotEdit::Take(asked));
    loop {
        user.steps(1);
        match &user.world().resource::<SnapshotPanel>().model.run {
            Run::Done { .. } => break,
            Run::Failed(reason) => panic!("{reason}"),
            _ => assert!(started.elapsed().as_secs() < 120),
        }
    }
    let text = std::fs::read_to_string(place.path().join("a.ndjson")).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |row: &serde_json::Value, key: &str| row["properties"][key].as_str().unwrap().to_owned();
    let breaches: BTreeSet<String> =
        rows.iter().filter(|row| text(row, "verdict") == "breach").map(|row| text(row, "id")).collect();
    let planted = demo::build(&DemoOptions::default()).breaches;
    assert_eq!(breaches, planted.into_iter().map(|breach| breach.parcel).collect());
    assert!(breaches.len() > 20 && rows.len() > 10 * breaches.len(), "{} of {}", breaches.len(), rows.len());
}

/// Red and blue squares stand at the sides of a view. A legend takes a part of the picture and nothing of the view.
#[test]
fn beside_a_legend_all_of_the_view_is_seen() {
    let place = crate::program::Place::new();
    // 1,000 m away with 40° from top to bottom, 16 to 9: 647 m to either side of the middle.
    let square = |name: &str, x: f64| {
        let [west, east] = [x - 30.0, x + 30.0].map(|x| 500_000.0 + x);
        let [south, north] = [4_329_970.0, 4_330_030.0];
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        serde_json::json!({"type": "Feature", "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    let names = ["red", "blue", "none"].map(|name| format!("{name} and a text that makes the legend broad"));
    let features = [square(&names[0], -600.0), square(&names[1], 600.0), square(&names[2], 0.0)];
    let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    place.write("a.geojson", text);
    let project = format!(
        "crs = \"EPSG:4548\"\n[view]\ntarget = [500000.0, 4330000.0]\ndistance = 1000.0\nheading = 0.0\npitch = 80.0\n\n\
         [[layer]]\nid = \"a\"\nsource = \"a.geojson\"\ncrs = \"EPSG:4548\"\nrole = \"green\"\nstyle = {{ colour_by = \"name\", \
         values = [[{:?}, \"#ff0000\"], [{:?}, \"#0000ff\"], [{:?}, \"#808080\"]] }}\n",
        names[0], names[1], names[2]
    );
    place.write("project.toml", project);
    place.run(&["render", ".", "--out", "a.png", "--size", "960x540", "--legend", "--lang", "en"]).expect(0);
    let picture = image::open(place.path().join("a.png")).unwrap().to_rgb8();
    // The legend is white, and begins in the right half; what it says in colours is not of the city.
    let is_white =
        |x: u32| (0..540).filter(|y| picture.get_pixel(x, *y).0.iter().all(|part| *part > 250)).count() > 100;
    let map = (480..960).find(|x| is_white(*x)).expect("a legend");
    let count = |of: &dyn Fn([u8; 3]) -> bool| {
        let pixels = (0..540).flat_map(|y| (0..map).map(move |x| (x, y)));
        pixels.filter(|(x, y)| of(picture.get_pixel(*x, *y).0)).count()
    };
    let red = count(&|[r, g, b]| r > 150 && g < 90 && b < 90);
    let blue = count(&|[r, g, b]| b > 150 && r < 90 && g < 90);
    // 60 m of 1,294 m across are 44 of 960 pixels: nearly as many squared, and fewer where the map is narrower.
    assert!(red > 300 && blue > 300, "{red} red and {blue} blue pixels in {map} columns");
}
