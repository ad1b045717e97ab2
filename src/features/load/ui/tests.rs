//! The load dialog, used.

use super::super::state::{Preview, PreviewField, PreviewLayer};
use super::*;
use crate::model::Role;
use crate::panels::crs_line::CrsLine;
use crate::panels::testing::{Panel, copied};
use crate::panels::{Language, Theme};
use crate::place::CrsBasis;
use egui_kittest::kittest::Queryable as _;

pub(crate) fn sample() -> LoadModel {
    let field = |key: &str, type_name: &str, examples: &str, meaning: &str| PreviewField {
        key: key.into(),
        type_name: type_name.into(),
        examples: examples.into(),
        meaning: meaning.into(),
    };
    LoadModel::Preview(Preview {
        path: "/data/苏州/suzhou_bd_demo_2.shp".into(),
        layers: vec![PreviewLayer {
            name: "suzhou_bd_demo_2".into(),
            format: "ESRI Shapefile".into(),
            size: "3,076 polygons".into(),
            crs: CrsLine {
                name: "CGCS2000 / 3-degree Gauss-Kruger CM 120E".into(),
                code: "EPSG:4549".into(),
                basis: CrsBasis::Guessed,
                confidence: 0.9,
                note: "no .prj; the numbers fit this zone and no other".into(),
            },
            encoding: "GB18030 (statistics)".into(),
            role: Role::Building,
            role_basis: "has heights and polygon footprints".into(),
            fields: vec![
                field("height", "real", "12, 18.5, 33", "height"),
                field("名称", "text", "平江路 12 号, 观前街", "name"),
                field("JCNF", "integer", "1987, 2004, 2015", "year"),
            ],
            notes: vec!["5 rings were closed".into()],
            fault: String::new(),
        }],
        notes: vec![],
    })
}

fn panel(model: LoadModel, language: Language) -> Panel<LoadState, LoadEdit> {
    let state = LoadState { open: true, ..LoadState::default() };
    Panel::with_state(900.0, 700.0, language, Theme::Dark, state, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

#[test]
fn a_path_is_typed_with_or_without_quotes_and_looked_into() {
    let mut panel = panel(LoadModel::Choose, Language::English);
    panel.click("Path");
    panel.type_into("Path", "\"/data/a b.geojson\"");
    panel.key(Key::Enter);
    assert_eq!(panel.edits(), [LoadEdit::Look { path: "/data/a b.geojson".into(), encoding: None }]);
}

#[test]
fn what_was_found_is_shown_and_loaded_as_declared() {
    let mut panel = panel(sample(), Language::Chinese);
    panel.harness.get_by_label("EPSG:4549");
    panel.harness.get_by_label("推测 90 %");
    panel.click("指定坐标系");
    panel.type_into("指定坐标系", "EPSG:4528");
    panel.click("加载 1 个图层");
    let edits = panel.edits();
    let Some(LoadEdit::Load { layers, encoding: None, .. }) = edits.last() else { panic!("{edits:?}") };
    assert_eq!(layers[0].crs, "EPSG:4528");
    assert_eq!(layers[0].role, Role::Building);
}

#[test]
fn another_encoding_is_looked_at_again() {
    let mut panel = panel(sample(), Language::English);
    panel.click("Text encoding");
    panel.click("UTF-8");
    let path = "/data/苏州/suzhou_bd_demo_2.shp".into();
    assert_eq!(panel.edits(), [LoadEdit::Look { path, encoding: Some("utf-8".into()) }]);
}

#[test]
fn loading_can_be_cancelled_and_a_failure_can_be_copied() {
    let loading = LoadModel::Loading { path: "a.gpkg".into(), stage: "reading".into(), share: Some(0.25) };
    let mut busy = panel(loading, Language::English);
    busy.harness.get_by_label("25 %");
    busy.click("Cancel");
    assert_eq!(busy.edits(), [LoadEdit::Cancel]);
    let failed = LoadModel::Failed { path: "a.zip".into(), reason: "not a zip archive; send it again".into() };
    let mut failed = panel(failed, Language::English);
    failed.click("Copy message");
    assert_eq!(copied(&failed).as_deref(), Some("a.zip\nnot a zip archive; send it again"));
}

#[test]
fn the_dialog_can_be_moved_between_threads() {
    // The scene keeps it as a shared resource; the file browser inside must allow that.
    fn shared<T: Send + Sync + 'static>() {}
    shared::<LoadState>();
}
