use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;

use super::super::state::{BalanceRow, ControlChip, ControlRow};
use super::*;
use crate::model::control_line::{ControlLine, of_value};
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};

fn parcel(row: u32, id: &str, verdict: Verdict, far: (Verdict, &str)) -> ParcelRow {
    let pass = || (Verdict::Pass, "20.0 / 30.0".to_owned());
    ParcelRow {
        row,
        id: id.into(),
        land_use: "070102".into(),
        verdict,
        rules: [(far.0, far.1.into()), pass(), pass(), pass(), pass(), pass(), pass()],
        shares: [None; Rule::ALL.len()],
        controls: Vec::new(),
        excess: 0.0,
    }
}

pub(crate) fn sample() -> PlanningModel {
    let check = |rule, measured: &str, limit: &str, verdict, share| CheckRow {
        rule,
        measured: measured.into(),
        limit: limit.into(),
        source: "地块字段 far_limit".into(),
        verdict,
        why: vec!["1 栋建筑的层数由实测高度估算".into()],
        share: Some(share),
    };
    PlanningModel {
        has_parcels: true,
        dossier: Some(DossierModel {
            id: "120102002003GB00001".into(),
            land_use: ("070102 城镇住宅用地".into(), Some([255, 255, 45])),
            verdict: Verdict::Breach,
            area: "13,913 m²".into(),
            floor_area: "24,143 m²".into(),
            zone: "C-3".into(),
            records: vec![("tax: 2".into(), vec![("Key", "7-18".into())])],
            standing: "11".into(),
            units: "48".into(),
            cases: "2 / 5".into(),
            neighbours: vec![(5, "GB00005".into(), "公园绿地 · 12 m".into())],
            checks: vec![
                check(Rule::Far, "1.74", "≤ 1.40", Verdict::Breach, 1.25),
                check(Rule::Green, "36.0 %", "≥ 35.0 %", Verdict::Pass, 1.03),
            ],
            controls: vec![ControlRow {
                colour: [0x1f, 0x6f, 0xe0],
                name: "Blue line (water) · Haihe".into(),
                text: "crosses, 12.3 % (1,711 m²)".into(),
                matters: true,
            }],
            sides: vec![("north".into(), "6.0 m".into())],
        }),
        parcels: Some(Arc::new(vec![
            parcel(7, "GB00007", Verdict::Breach, (Verdict::Breach, "1.74 / 1.40")),
            parcel(3, "GB00003", Verdict::Unknown, (Verdict::Unknown, "1.2–1.6 / 1.40")),
            parcel(5, "GB00005", Verdict::Pass, (Verdict::Pass, "1.20 / 1.40")),
        ])),
        paintable: true,
        rule: ("天津".into(), "verify locally".into()),
        ..PlanningModel::default()
    }
}

fn panel(model: PlanningModel) -> Panel<PlanningState, PlanningEdit> {
    Panel::new(1000.0, 300.0, Language::English, Theme::Light, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

#[test]
fn a_click_on_a_parcel_selects_it_on_the_map() {
    let mut panel = panel(sample());
    panel.run();
    panel.click("GB00003");
    assert_eq!(panel.edits(), [PlanningEdit::Select(3, true)]);
}

#[test]
fn a_verdict_and_a_rule_narrow_the_list() {
    let mut panel = panel(sample());
    panel.run();
    let listed = |panel: &Panel<PlanningState, PlanningEdit>, id: &str| panel.harness.query_by_label(id).is_some();
    assert!(listed(&panel, "GB00007") && listed(&panel, "GB00005"));
    panel.click("unknown 1");
    panel.run();
    assert!(listed(&panel, "GB00003") && !listed(&panel, "GB00007"));
    panel.click("unknown 1");
    panel.click("FAR (1)");
    panel.run();
    assert!(listed(&panel, "GB00007") && !listed(&panel, "GB00003") && !listed(&panel, "GB00005"));
}

#[test]
fn chips_of_control_lines_list_the_parcels_that_cross_them() {
    let (blue, red) = (of_value("blue").unwrap(), of_value("red").unwrap());
    let mut model = sample();
    let mut rows: Vec<ParcelRow> = model.parcels.iter().flat_map(|all| all.iter().cloned()).collect();
    // GB00007 crosses both, GB00003 the red one, GB00005 none.
    (rows[0].controls, rows[1].controls) = (vec![red, blue], vec![red]);
    let chip = |kind: &'static ControlLine, name: &str, count| ControlChip { kind, name: name.into(), count };
    (model.crossing, model.controls) = (2, vec![chip(red, "Road red line", 2), chip(blue, "Blue line", 1)]);
    model.parcels = Some(Arc::new(rows));
    let mut panel = panel(model);
    panel.run();
    let listed = |panel: &Panel<PlanningState, PlanningEdit>| {
        ["GB00007", "GB00003", "GB00005"].map(|id| panel.harness.query_by_label(id).is_some())
    };
    assert_eq!(listed(&panel), [true; 3]);
    for (label, shown) in [
        ("crosses a control line 2", [true, true, false]),
        ("Blue line 1", [true, false, false]),
        ("Road red line 2", [true, true, false]),
        // Pressed again: all of them.
        ("Road red line 2", [true; 3]),
    ] {
        panel.click(label);
        panel.run();
        assert_eq!(listed(&panel), shown, "{label}");
    }
}

#[test]
fn a_project_without_control_lines_shows_no_chips_of_them() {
    let mut panel = panel(sample());
    panel.run();
    assert!(panel.harness.query_by_label_contains("control line").is_none());
}

#[test]
fn without_parcels_the_panel_says_what_to_do() {
    let mut panel = panel(PlanningModel::default());
    panel.run();
    let text = Language::English.words().planning.no_parcels;
    assert!(panel.harness.query_by_label(text).is_some());
}

#[test]
fn the_dossier_says_measured_limit_and_verdict() {
    let model = sample();
    let mut panel: Panel<PlanningState, PlanningEdit> =
        Panel::new(300.0, 700.0, Language::Chinese, Theme::Dark, move |ui, _, words, edits| {
            dossier(ui, &model, words, edits);
        });
    panel.run();
    let line = ["控制线", "Blue line (water) · Haihe", "crosses, 12.3 % (1,711 m²)"];
    for text in ["1.74", "≤ 1.40", "容积率", "地块字段 far_limit"].into_iter().chain(line) {
        assert!(panel.harness.query_all_by_label(text).next().is_some(), "{text}");
    }
}

#[test]
fn a_neighbour_is_a_click_away() {
    let model = sample();
    let mut panel: Panel<PlanningState, PlanningEdit> =
        Panel::new(300.0, 900.0, Language::English, Theme::Light, move |ui, _, words, edits| {
            dossier(ui, &model, words, edits);
        });
    panel.run();
    panel.click("Neighbours (1)");
    panel.run();
    panel.click("GB00005");
    assert_eq!(panel.edits(), [PlanningEdit::Select(5, true)]);
}

#[test]
fn a_bar_of_the_histogram_lists_its_parcels() {
    let mut model = sample();
    let mut rows: Vec<ParcelRow> = model.parcels.iter().flat_map(|all| all.iter().cloned()).collect();
    // 1.74 / 1.40 = 124 %; 1.20 / 1.40 = 86 %; the one in doubt has no number.
    (rows[0].shares[0], rows[2].shares[0]) = (Some(1.243), Some(0.857));
    model.parcels = Some(Arc::new(rows));
    let mut panel = panel(model);
    panel.run();
    panel.click("Histogram");
    panel.run();
    panel.click("Floor area ratio: 120 – 130 %");
    panel.run();
    let listed = |panel: &Panel<PlanningState, PlanningEdit>, id: &str| panel.harness.query_by_label(id).is_some();
    assert!(listed(&panel, "GB00007") && !listed(&panel, "GB00005") && !listed(&panel, "GB00003"));
}

#[test]
fn shares_fall_into_the_bar_that_ends_at_them() {
    // Just at the limit is not beyond it.
    let most = |share| charts::bar_of(Rule::Far, share);
    assert_eq!([0.0, 0.05, 0.95, 1.0, 1.02, 1.25, 9.0].map(most), [0, 0, 9, 9, 10, 12, 20]);
    // Just at a least is kept: right of the line, also where the data's last digit is a little less.
    let least = |share| charts::bar_of(Rule::Setback, share);
    assert_eq!([0.98, 0.9999, 1.0, 1.02].map(least), [9, 10, 10, 10]);
}

#[test]
fn the_balance_adds_up_and_asks_for_an_area() {
    let row = |code: &str, parcels, hectares, percent| BalanceRow {
        code: code.into(),
        name: "x".into(),
        colour: Some([255, 255, 45]),
        parcels,
        hectares,
        percent,
    };
    let rows = vec![row("0701", 3, 6.0, 75.0), row("1401", 1, 2.0, 25.0)];
    let mut model = sample();
    (model.balance, model.drawn_area) = (Some((Scope::Whole, Arc::new(rows))), true);
    let mut panel = panel(model);
    panel.run();
    panel.click("Land-use balance");
    panel.run();
    // 6 + 2 hectares, 3 + 1 parcels.
    for text in ["8.00", "4", "75.0"] {
        assert!(panel.harness.query_all_by_label(text).next().is_some(), "{text}");
    }
    panel.click("measured area");
    assert_eq!(panel.edits().last(), Some(&PlanningEdit::Balance(Scope::Drawn)));
}

#[test]
fn a_sky_plane_is_asked_for_only_when_it_is_wished() {
    let mut model = sample();
    model.buildable = Some(true);
    let mut panel: Panel<PlanningState, PlanningEdit> =
        Panel::new(320.0, 1000.0, Language::English, Theme::Light, move |ui, _, words, edits| {
            dossier(ui, &model, words, edits);
        });
    panel.run();
    assert_eq!(panel.edits(), [], "nothing is wished by looking");
    panel.click("Shape of what may be built");
    panel.run();
    panel.click("Sky plane");
    let sky = Some(SkyPlane { from: 12.0, degrees: 45.0 });
    assert_eq!(panel.edits().first(), Some(&PlanningEdit::Envelope(Wish { setbacks: vec![None], sky })));
}
