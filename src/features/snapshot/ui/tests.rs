//! The snapshot dialog, used.

use super::super::state::Counted;
use super::*;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use egui_kittest::kittest::Queryable as _;

fn sample() -> SnapshotModel {
    let layer = |id: &str, title: &str, features| LayerOffer {
        id: id.into(),
        title: title.into(),
        visible: id != "grid",
        features,
        fields: vec![("id".into(), "Id".into()), ("GD".into(), "Height".into())],
        ..LayerOffer::default()
    };
    SnapshotModel {
        layers: vec![
            layer("buildings", "Buildings", 4_326),
            layer("parcels", "Parcels", 639),
            layer("grid", "Grid", 9),
        ],
        crs: "EPSG:4548".into(),
        project: "Haihe (demo)".into(),
        preview: Preview::Counted(Counted { layers: vec![("buildings".into(), 4_326)], bytes: Some(2_345_678) }),
        ..SnapshotModel::default()
    }
}

fn panel(model: SnapshotModel, language: Language) -> Panel<SnapshotState, SnapshotEdit> {
    let state = SnapshotState { open: true, ..SnapshotState::default() };
    Panel::with_state(900.0, 700.0, language, Theme::Dark, state, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

#[test]
fn what_is_visible_is_chosen_and_leaves_with_a_click() {
    let mut panel = panel(sample(), Language::English);
    panel.click("Export");
    let edits = panel.edits();
    let Some(SnapshotEdit::Take(asked)) = edits.last() else { panic!("{edits:?}") };
    let layers: Vec<&str> = asked.layers.iter().map(String::as_str).collect();
    assert_eq!(layers, ["buildings", "parcels"]);
    assert_eq!(asked.out.file_name().unwrap(), "Haihe_demo.gpkg");
    // What it would be was asked for, and is shown.
    assert!(edits.iter().any(|edit| matches!(edit, SnapshotEdit::Count(_))));
    panel.harness.get_by_label_contains("4,326 features · about 2.3 MB");
}

/// Answers come and go while the user chooses: what was chosen of the project's own layers stays.
#[test]
fn an_answer_that_comes_is_chosen_and_changes_nothing_else() {
    let (mut model, mut state) = (sample(), SnapshotState::default());
    settle(&model, &mut state);
    state.asked.layers.remove("parcels");
    state.asked.fields.insert("buildings".to_owned(), Vec::new());
    state.path = "/out/mine.gpkg".to_owned();
    let chosen = |state: &SnapshotState| state.asked.layers.iter().cloned().collect::<Vec<_>>();
    let answer = LayerOffer { id: "answer-cases".into(), visible: true, answer: true, ..LayerOffer::default() };
    model.layers.insert(0, answer);
    settle(&model, &mut state);
    assert_eq!(chosen(&state), ["answer-cases", "buildings"]);
    // Left out, it stays out as long as it is there.
    state.asked.layers.remove("answer-cases");
    settle(&model, &mut state);
    assert_eq!(chosen(&state), ["buildings"]);
    model.layers.remove(0);
    settle(&model, &mut state);
    assert_eq!(chosen(&state), ["buildings"]);
    assert!(state.asked.fields.contains_key("buildings") && state.path == "/out/mine.gpkg");
    // Another project begins anew.
    model.project = "Other".to_owned();
    settle(&model, &mut state);
    assert_eq!(chosen(&state), ["buildings", "parcels"]);
}

#[test]
fn a_format_of_one_layer_asks_for_one_and_the_name_follows_the_kind() {
    let mut panel = panel(sample(), Language::English);
    panel.harness.state_mut().endings.insert(What::Data as u8, "geojson");
    panel.harness.state_mut().path = "/out/a.geojson".into();
    panel.harness.run_steps(2);
    panel.harness.get_by_label_contains("This format holds one layer");
    panel.click("Export");
    assert!(!panel.edits().iter().any(|edit| matches!(edit, SnapshotEdit::Take(_))));
    panel.click("Parcels");
    panel.click("3D model");
    panel.harness.run_steps(2);
    assert_eq!(panel.harness.state().path, "/out/a.glb");
    panel.click("Package");
    panel.harness.run_steps(2);
    assert_eq!(panel.harness.state().path, "/out/a.cimpack");
    panel.click("Export");
    let edits = panel.edits();
    let Some(SnapshotEdit::Take(asked)) = edits.last() else { panic!("{edits:?}") };
    assert_eq!((asked.what, asked.layers.len()), (What::Package, 1));
}

#[test]
fn a_report_needs_something_that_is_selected() {
    let mut panel = panel(sample(), Language::Chinese);
    panel.click("报告");
    panel.harness.run_steps(2);
    panel.harness.get_by_label_contains("请先选择一个地块或一栋建筑");
    panel.click("导出");
    assert!(!panel.edits().iter().any(|edit| matches!(edit, SnapshotEdit::Take(_))));
}

#[test]
fn endings_are_changed_and_not_added() {
    assert_eq!(with_ending("/a/b.shp.zip", "city.json"), "/a/b.city.json");
    assert_eq!(with_ending("/a/b.cimpack.age", "png"), "/a/b.png");
    assert_eq!(with_ending("/a.b/c", "fgb"), "/a.b/c.fgb");
    assert_eq!(bytes_text(400), "1 kB");
    assert_eq!(bytes_text(2_345_678), "2.3 MB");
}
