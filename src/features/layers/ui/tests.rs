//! The layer panel, clicked.

use egui_kittest::kittest::Queryable as _;

use super::super::state::{FieldChoice, LegendEntry, RasterKind, RasterRow};
use super::*;
use crate::panels::crs_line::CrsLine;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::place::CrsBasis;

fn crs() -> CrsLine {
    CrsLine {
        name: "CGCS2000 / 3-degree Gauss-Kruger CM 117E".into(),
        code: "EPSG:4548".into(),
        basis: CrsBasis::Guessed,
        confidence: 0.9,
        note: "no .prj; the numbers fit this zone and no other".into(),
    }
}

fn layer(id: &str, title: &str, role: Role, colour: [u8; 3]) -> LayerRow {
    let field = |key: &str, title: &str, numeric| FieldChoice { key: key.into(), title: title.into(), numeric };
    LayerRow {
        id: id.into(),
        title: title.into(),
        role,
        role_basis: "field “JZGD” holds heights".into(),
        visible: true,
        opacity: 1.0,
        colour,
        features: 4_012,
        skipped: 0,
        warnings: 0,
        synthetic: false,
        crs: crs(),
        format: "GeoJSON".into(),
        vertical: Vertical::OnTerrain,
        ground_gap: None,
        fields: vec![
            field("FWYT", "房屋用途", false),
            field("JZGD", "建筑高度", true),
            field("@height_provenance", "高度来源", false),
        ],
        colour_by: None,
        classing: Classing::Quantile,
        classes: 5,
        label_by: None,
        legend: Legend::Single,
    }
}

pub(crate) fn sample() -> LayersModel {
    let entry = |colour, label: &str, count| LegendEntry { colour, label: label.into(), count };
    let mut buildings = layer("buildings", "建筑 Buildings", Role::Building, [201, 148, 88]);
    buildings.colour_by = Some("JZGD".into());
    buildings.synthetic = true;
    buildings.skipped = 4;
    buildings.ground_gap = Some(0.2);
    buildings.legend = Legend::Entries {
        entries: vec![
            entry([68, 1, 84], "3 – 9 m", 812),
            entry([59, 82, 139], "9 – 18 m", 1_204),
            entry([33, 145, 140], "18 – 36 m", 903),
            entry([94, 201, 98], "36 – 60 m", 722),
            entry([253, 231, 37], "60 – 148 m", 358),
        ],
        others: None,
        missing: Some(entry([150, 150, 150], "", 13)),
    };
    let mut parcels =
        layer("parcels", "控制性详细规划地块（含指标）Planning parcels with limits", Role::Parcel, [236, 201, 93]);
    parcels.warnings = 2;
    let mut zones = layer("zones", "Flood depth", Role::Zone, [80, 120, 200]);
    zones.visible = false;
    zones.colour_by = Some("JZGD".into());
    zones.classing = Classing::Ramp;
    zones.legend = Legend::Ramp {
        stops: vec![[247, 251, 255], [107, 174, 214], [8, 48, 107]],
        low: "0.1 m".into(),
        high: "4.2 m".into(),
        missing: None,
    };
    let raster = |id: &str, title: &str, kind| RasterRow {
        id: id.into(),
        title: title.into(),
        kind,
        visible: true,
        opacity: 1.0,
        crs: CrsLine { basis: CrsBasis::File, note: String::new(), ..crs() },
        size: "5 m, 1,024 × 1,024".into(),
        warnings: 0,
    };
    LayersModel {
        rows: vec![
            layer("incidents", "事件 Incidents", Role::Incident, [222, 72, 72]),
            buildings,
            layer("roads", "道路 Roads", Role::Road, [170, 176, 184]),
            parcels,
            zones,
        ],
        rasters: vec![
            raster("dem", "地形 Terrain", RasterKind::Terrain { exaggeration: 1.0, range: "1.2 – 6.8 m".into() }),
            raster("ortho", "影像 Imagery", RasterKind::Imagery),
        ],
    }
}

fn panel(language: Language, open: &[&str]) -> Panel<LayersState, LayersEdit> {
    let state = LayersState { open: open.iter().map(|id| (*id).to_owned()).collect(), ..LayersState::default() };
    let model = sample();
    Panel::with_state(280.0, 1600.0, language, Theme::Dark, state, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

fn id(id: &str) -> String {
    id.to_owned()
}

#[test]
fn the_eye_hides_and_shows_a_layer_and_nothing_else() {
    let mut panel = panel(Language::English, &[]);
    panel.click("Hide 道路 Roads");
    panel.click("Show Flood depth");
    let visible = |layer, visible| LayersEdit::Visible { id: id(layer), visible };
    assert_eq!(panel.edits(), [visible("roads", false), visible("zones", true)]);
    assert!(panel.state_mut().open.is_empty(), "a click on the eye does not open the details");
}

#[test]
fn a_layer_is_coloured_by_a_field_from_the_list() {
    let mut panel = panel(Language::Chinese, &["roads"]);
    panel.click("着色字段");
    panel.click("高度来源");
    assert_eq!(panel.edits(), [LayersEdit::ColourBy { id: id("roads"), field: Some("@height_provenance".to_owned()) }]);
}

#[test]
fn the_legend_counts_its_classes_and_the_features_without_a_value() {
    for language in Language::ALL {
        let panel = panel(language, &["buildings"]);
        panel.harness.get_by_label("18 – 36 m");
        panel.harness.get_by_label("1,204");
        panel.harness.get_by_label(language.words().layers.no_value);
        panel.harness.get_by_label("13");
    }
}

#[test]
fn a_guessed_crs_says_so_with_its_confidence_and_reason() {
    let panel = panel(Language::English, &["roads"]);
    panel.harness.get_by_label("guessed 90 %");
    panel.harness.get_by_label("no .prj; the numbers fit this zone and no other");
}

#[test]
fn order_is_changed_by_buttons() {
    let mut panel = panel(Language::English, &["roads"]);
    panel.click("Move up");
    panel.click("Move down");
    let order = |to| LayersEdit::Order { id: id("roads"), to };
    assert_eq!(panel.edits(), [order(1), order(3)]);
}

#[test]
fn order_is_changed_by_dragging_the_grip() {
    let mut panel = panel(Language::English, &[]);
    let from = panel.harness.get_by_label("Drag 道路 Roads to another place").rect().center();
    let to = panel.harness.get_by_label("Drag 事件 Incidents to another place").rect().center() - vec2(0.0, 9.0);
    panel.harness.drag_at(from);
    panel.run();
    panel.harness.hover_at(from - vec2(0.0, 20.0));
    panel.run();
    panel.harness.hover_at(to);
    panel.run();
    panel.harness.drop_at(to);
    panel.run();
    assert_eq!(panel.edits(), [LayersEdit::Order { id: id("roads"), to: 0 }]);
}

#[test]
fn a_layer_is_removed_only_after_a_question() {
    let mut panel = panel(Language::English, &["roads"]);
    panel.click("Remove layer…");
    assert!(panel.edits().is_empty());
    panel.click("Remove");
    assert_eq!(panel.edits(), [LayersEdit::Remove { id: id("roads") }]);
}

#[test]
fn a_badge_leads_to_the_notices() {
    let mut panel = panel(Language::English, &[]);
    panel.click("建筑 Buildings: 1 warnings");
    assert_eq!(panel.edits(), [LayersEdit::ShowNotices { id: id("buildings") }]);
}

#[test]
fn an_empty_project_says_what_to_do() {
    let mut panel: Panel<LayersState, LayersEdit> =
        Panel::new(280.0, 300.0, Language::Chinese, Theme::Light, |ui, state, words, edits| {
            show(ui, &LayersModel::default(), state, words, edits);
        });
    panel.click("添加数据…");
    assert_eq!(panel.edits(), [LayersEdit::AddData]);
}

#[test]
fn nothing_is_wider_than_a_narrow_panel() {
    let ids = ["incidents", "buildings", "roads", "parcels", "zones", "dem", "ortho"];
    for language in Language::ALL {
        panel(language, &ids).assert_no_overflow();
    }
}
