use egui_kittest::kittest::Queryable as _;

use super::super::state::{Existing, SchemeRow};
use super::*;
use crate::panels::Theme;
use crate::panels::testing::Panel;
use crate::themes::planning::dossier::Verdict;
use crate::themes::planning::limits::Rule;
use crate::themes::planning::scheme::Cleared;

pub(crate) fn sample() -> SchemesModel {
    let row = |number, name: &str| SchemeRow { number, name: name.into(), parcel: "GB00007".into(), buildings: 1 };
    let column = |number, name: &str, far: (Verdict, &str)| Column {
        number,
        name: name.into(),
        rules: vec![(Rule::Far, far.0, far.1.into())],
        floor_area: "24,143 m²".into(),
        footprint: "4,020 m²".into(),
        buildings: 3,
    };
    SchemesModel {
        parcel: Some("GB00007".into()),
        schemes: vec![row(1, "方案 1"), row(2, "方案 2")],
        all: vec![row(1, "方案 1"), row(2, "方案 2")],
        active: Some(2),
        blocks: vec![BlockRow {
            number: 4,
            class: UseClass::housing(),
            storeys: 11,
            storey_height: 3.0,
            footprint: "560 m²".into(),
            height: "33.0 m".into(),
        }],
        existing: vec![Existing {
            key: Cleared { layer: "buildings".into(), building: "7".into() },
            name: "和平里 7 号楼".into(),
            cleared: false,
        }],
        size: [40.0, 14.0],
        limits: vec![(Rule::Far, "≤ 1.40".into())],
        columns: vec![
            column(None, "", (Verdict::Pass, "0.80")),
            column(Some(1), "方案 1", (Verdict::Pass, "1.20")),
            column(Some(2), "方案 2", (Verdict::Breach, "1.95")),
        ],
        undo: 3,
        file: "work.gpkg".into(),
        ..SchemesModel::default()
    }
}

fn panel(model: SchemesModel, language: Language) -> Panel<SchemesState, SchemesEdit> {
    Panel::new(320.0, 700.0, language, Theme::Light, move |ui, state, words, edits| {
        section(ui, &model, state, words, language, edits);
    })
}

#[test]
fn a_click_begins_shows_and_undoes() {
    let mut panel = panel(sample(), Language::English);
    panel.run();
    let w = &Language::English.words().schemes;
    for label in [w.begin, w.undo, w.draw, "方案 1", w.discard] {
        panel.click(label);
    }
    let wanted = [
        SchemesEdit::Begin,
        SchemesEdit::Undo,
        SchemesEdit::Take(Some(Tool::Draw)),
        SchemesEdit::Show(Some(1)),
        SchemesEdit::Discard,
    ];
    assert_eq!(panel.edits(), wanted);
    // Nothing was undone yet: there is nothing to do again.
    panel.click(w.redo);
    assert_eq!(panel.edits().len(), wanted.len());
}

#[test]
fn the_measured_value_stands_beside_the_one_without_the_scheme() {
    for language in Language::ALL {
        let mut panel = panel(sample(), language);
        panel.run();
        for text in ["0.80", "1.95", "24,143 m²"] {
            assert!(panel.harness.query_all_by_label(text).next().is_some(), "{text}");
        }
        // Of the other scheme nothing is said here.
        assert!(panel.harness.query_by_label("1.20").is_none());
        panel.assert_no_overflow();
    }
}

#[test]
fn the_drawer_compares_all_schemes_of_the_parcel() {
    let model = sample();
    let mut panel: Panel<SchemesState, SchemesEdit> =
        Panel::new(1000.0, 300.0, Language::Chinese, Theme::Dark, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits);
        });
    panel.run();
    for text in ["0.80", "1.20", "1.95", "≤ 1.40"] {
        assert!(panel.harness.query_all_by_label(text).next().is_some(), "{text}");
    }
    panel.click("方案 1 · GB00007");
    assert_eq!(panel.edits(), [SchemesEdit::GoTo(1)]);
}

#[test]
fn without_a_parcel_there_is_no_section() {
    let mut panel = panel(SchemesModel::default(), Language::English);
    panel.run();
    assert!(panel.harness.query_by_label(Language::English.words().schemes.title).is_none());
}

#[test]
fn what_is_not_on_the_disk_is_not_said_to_be_saved() {
    let w = &Language::English.words().schemes;
    let mut model = sample();
    (model.kept, model.unkept) = (Kept::No, "disk full".into());
    let mut panel = panel(model, Language::English);
    panel.run();
    assert!(panel.harness.query_by_label(&format!("{}: disk full", w.not_kept)).is_some());
    assert!(panel.harness.query_by_label(w.kept).is_none());
}
