use std::sync::Arc;

use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::super::state::{Counted, CountedUnits, Pick};
use super::*;
use crate::model::Title;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::themes::housing::classes::Division;
use crate::themes::housing::join::Match;
use crate::themes::housing::stock::{ClassTally, Dangerous, Stock, Tally, Total};
use crate::themes::housing::tables::tables;
use crate::themes::housing::unit_code::UnitCode;
use crate::themes::housing::unit_table::UnitRow;

fn unit(row: u32, room: &str, floor: &str, status: &str) -> UnitRow {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    UnitRow {
        row,
        id: format!("U{row}"),
        room: some(room),
        floor: some(floor),
        status: some(status),
        entrance: Some("1".into()),
        area_m2: Some(89.5),
        ..UnitRow::default()
    }
}

fn house() -> House {
    let mut skipped = unit(7, "1-1501", "", "已售");
    (skipped.nominal, skipped.physical) = (Some("15".into()), Some("14".into()));
    let units = vec![
        unit(0, "1-301", "3", "可售"),
        unit(1, "1-302", "3", "已售"),
        unit(2, "1-201", "2", "抵押"),
        unit(3, "1-101", "1", ""),
        unit(4, "1-101", "1", "查封"),
        unit(5, "101", "-1", "已售"),
        unit(6, "", "2", "冻结"),
        skipped,
    ];
    let personal = [(1, vec![("QLRMC".to_owned(), "张*丰".to_owned())])];
    House {
        building: 12,
        title: Title { zh: "海河东里 3 号楼".into(), en: "Haihe Dongli, house 3".into() },
        id: "B-12".into(),
        matched: vec![(Match::Code, 7), (Match::Parent, 0), (Match::Position, 1)],
        personal: personal.into_iter().collect(),
        levels: vec![-1, 1, 2, 3, 14],
        ..House::of_units(units)
    }
}

fn class(code: &str, title: Title, colour: Option<[u8; 3]>, buildings: u64) -> ClassTally {
    let area = Total { sum: Some(buildings as f64 * 1234.5), known: buildings, unknown: 0, suppressed: false };
    let tally = Tally { buildings, floor_area_m2: area, ..Tally::default() };
    ClassTally { code: code.into(), title, colour, tally }
}

fn counted() -> Counted {
    let unknown = |n| class("unknown", Title { zh: "未知".into(), en: "Unknown".into() }, None, n);
    let tables = tables();
    let mut by_grade: Vec<ClassTally> = tables
        .grades
        .iter()
        .zip([120, 40, 7, 0])
        .map(|(grade, n)| class(&grade.class.code, grade.class.title.clone(), Some(grade.class.colour), n))
        .collect();
    by_grade.push(unknown(900_000));
    let mut by_structure: Vec<ClassTally> = tables
        .structures
        .iter()
        .map(|known| class(&known.code, known.title.clone(), Some(known.colour), 1_234_567))
        .collect();
    by_structure.push(unknown(0));
    let by_year =
        vec![class("-1980", Title { zh: "1980 年及以前".into(), en: "Until 1980".into() }, None, 31), unknown(2)];
    let mut by_use: Vec<ClassTally> =
        (0..30).map(|n| class(&format!("use {n}"), Title::same(format!("use {n}")), None, 30 - n)).collect();
    by_use.push(unknown(5));
    let dangerous = |row: u32| Dangerous { row, id: format!("B-{row:04}"), grade: "C".into() };
    let stock = Stock {
        all: class("", Title::default(), None, 900_167).tally,
        by_year,
        by_structure,
        by_grade,
        by_use,
        years: Some([1931, 2024]),
        floor_area_computed: 12,
        parts: 3,
        dangerous_buildings: (0..5000).map(dangerous).collect(),
        unread: [("structure".to_owned(), [("heavy".to_owned(), 3)].into_iter().collect())].into_iter().collect(),
        ..Stock::default()
    };
    let units = CountedUnits {
        count: 10,
        matched: vec![(Match::Code, 7), (Match::None, 3)],
        misses: vec![(crate::themes::housing::join::Miss::OutsideFootprints, 3)],
        contradicted: 1,
        notes: vec!["3 units name what several buildings of layer buildings share: B-77 (2 buildings)".into()],
    };
    Counted { stock, units: Some(units) }
}

pub(crate) fn sample(language: Language) -> HousingModel {
    let code = UnitCode::parse("370104100209GB01009F10760002").unwrap();
    let fact = |name: &str, value: &str, from: &str, note: &str| FactRow {
        name: name.into(),
        value: value.into(),
        from: from.into(),
        note: note.into(),
        doubtful: note.contains("无法"),
        ..FactRow::default()
    };
    let danger = "C · 部分承重结构不能满足，局部危险，构成局部危房";
    HousingModel {
        language,
        has_buildings: true,
        card: Some(CardModel {
            grade: Some(("C".into(), [0xe8, 0x84, 0x2c])),
            facts: vec![
                fact("建成年份", "1998", "JGRQ", ""),
                FactRow {
                    colour: Some([0xe8, 0x84, 0x2c]),
                    ..fact("安全等级", danger, "AQDJ_SAFETY_GRADE_OF_SURVEY", "")
                },
                fact("房屋结构", "未知", "FWJG", "字段值“heavy”无法识别"),
            ],
            missing: vec!["居住人数".into(), "空置套数".into(), "抗震加固".into()],
            family: vec!["part of B-11".into()],
            code: Some(CodeCard {
                text: code.as_str().into(),
                printed: Some(code.grouped()),
                groups: code.groups(),
                warnings: Vec::new(),
                error: None,
                error_zh: None,
            }),
            has_units: true,
        }),
        house: Some(Arc::new(house())),
        personal: vec!["QLRMC".into()],
        ..HousingModel::default()
    }
}

type Tab = Panel<HousingState, HousingEdit>;

fn tab_of(model: HousingModel, width: f32, height: f32, theme: Theme) -> Tab {
    let language = model.language;
    Panel::new(width, height, language, theme, move |ui, state, words, edits| show(ui, &model, state, words, edits))
}

fn tab(model: HousingModel) -> Tab {
    tab_of(model, 900.0, 300.0, Theme::Light)
}

fn stock_model(language: Language) -> HousingModel {
    HousingModel { stock: Some(Arc::new(counted())), house: None, ..sample(language) }
}

fn says(panel: &Tab, text: &str) -> bool {
    panel.harness.query_all_by_label_contains(text).next().is_some()
}

fn height_of(panel: &Tab, label: &str) -> f32 {
    panel.node(label).rect().min.y
}

#[test]
fn a_click_on_a_cell_selects_its_unit() {
    let mut panel = tab(sample(Language::English));
    panel.click("Entrance 1, storey 3, 1-302: Sold");
    panel.click("Entrance 1, storey 3, 1-301: For sale");
    assert_eq!(panel.edits(), [HousingEdit::Unit(1), HousingEdit::Unit(0)]);
}

#[test]
fn two_units_in_one_cell_are_both_reached() {
    for (id, row) in [("U3", 3), ("U4", 4)] {
        let mut panel = tab(sample(Language::English));
        panel.click("Storey 1, room 01: 2 units");
        let entry = format!("· {id}");
        panel.harness.get_by_label_contains(&entry).click();
        panel.run();
        assert_eq!(panel.edits(), [HousingEdit::Unit(row)]);
    }
}

#[test]
fn basements_stand_below_and_there_is_no_storey_0() {
    let panel = tab(sample(Language::Chinese));
    let ground = height_of(&panel, "1");
    assert!(height_of(&panel, "3") < height_of(&panel, "2") && height_of(&panel, "2") < ground);
    assert!(height_of(&panel, "−1") > ground);
    assert!(panel.harness.query_by_label("0").is_none());
    // What is called the 15th is the 14th.
    assert!(height_of(&panel, "15 (14)") < height_of(&panel, "3"));
}

#[test]
fn the_selected_unit_is_marked_in_its_cell() {
    let panel = tab(HousingModel { selected_unit: Some(4), ..sample(Language::English) });
    let marked = |label: &str| panel.node(label).accesskit_node().toggled() == Some(egui::accesskit::Toggled::True);
    assert!(marked("Storey 1, room 01: 2 units") && !marked("Entrance 1, storey 3, 1-302: Sold"));
}

/// Five storeys and, at the right end, the whole building: from there to the left is the highest of them.
#[test]
fn the_slider_cuts_the_building_open_storey_by_storey() {
    let cut_from = |cut: Option<i32>, key: egui::Key| {
        let mut panel = tab(HousingModel { cut, ..sample(Language::English) });
        panel.node("Cut open above").focus();
        panel.run();
        panel.key(key);
        panel.edits().first().cloned()
    };
    let (left, right) = (egui::Key::ArrowLeft, egui::Key::ArrowRight);
    assert_eq!(cut_from(None, left), Some(HousingEdit::Cut(Some(14))));
    assert_eq!(cut_from(None, right), None);
    assert_eq!(cut_from(Some(1), left), Some(HousingEdit::Cut(Some(-1))));
    assert_eq!(cut_from(Some(14), right), Some(HousingEdit::Cut(None)));
    for (cut, text) in [(None, "not cut"), (Some(14), "storey 15 (14)"), (Some(-1), "storey −1")] {
        assert!(says(&tab(HousingModel { cut, ..sample(Language::English) }), text), "{text}");
    }
    let flat = House { levels: Vec::new(), ..house() };
    let panel = tab(HousingModel { house: Some(Arc::new(flat)), ..sample(Language::English) });
    assert!(!says(&panel, "Cut open above"), "a building without height");
}

#[test]
fn a_click_on_a_storey_cuts_there_and_a_second_one_makes_the_building_whole() {
    let mut panel = tab(sample(Language::English));
    panel.click("3");
    let mut open = tab(HousingModel { cut: Some(3), ..sample(Language::English) });
    open.click("3");
    assert_eq!((panel.edits(), open.edits()), (vec![HousingEdit::Cut(Some(3))], vec![HousingEdit::Cut(None)]));
}

#[test]
fn a_unit_that_fits_nowhere_is_listed_with_the_reason() {
    let mut panel = tab(sample(Language::English));
    assert!(!says(&panel, "no room number"));
    panel.click("1 fit nowhere");
    panel.harness.get_by_label_contains("no room number is given").click();
    panel.run();
    assert_eq!(panel.edits(), [HousingEdit::Unit(6)]);
}

#[test]
fn states_are_counted_and_unknown_ones_are_said() {
    let panel = tab(sample(Language::English));
    for text in ["Sold 3", "Mortgaged 1", "冻结 1", "unknown 1"] {
        assert!(panel.harness.query_by_label(text).is_some(), "{text}");
    }
}

#[test]
fn personal_data_is_masked_until_it_is_asked_for() {
    let selected = HousingModel { selected_unit: Some(1), ..sample(Language::English) };
    let mut panel = tab(selected.clone());
    assert!(says(&panel, "QLRMC: 张*丰") && !says(&panel, "张三丰"));
    panel.click("Show personal data");
    assert_eq!(panel.edits(), [HousingEdit::Unmask(true)]);
    // Switched off: what is not yet masked again is not shown.
    let open =
        House { personal: [(1, vec![("QLRMC".to_owned(), "张三丰".to_owned())])].into(), unmasked: true, ..house() };
    let panel = tab(HousingModel { house: Some(Arc::new(open.clone())), ..selected.clone() });
    assert!(!says(&panel, "张"));
    let panel = tab(HousingModel { house: Some(Arc::new(open)), unmasked: true, ..selected.clone() });
    assert!(says(&panel, "QLRMC: 张三丰"));
    // Without personal fields there is nothing to switch.
    let panel = tab(HousingModel { personal: Vec::new(), ..selected });
    assert!(!says(&panel, "Show personal data"));
}

#[test]
fn a_click_on_a_bar_filters_the_map_and_a_second_one_shows_all() {
    let pick = Pick { division: Division::Grade, class: Some("C".into()) };
    let label = "Safety grade: C · locally dangerous, 7 buildings";
    let tall = |model| tab_of(model, 1400.0, 900.0, Theme::Dark);
    let mut panel = tall(stock_model(Language::English));
    panel.click(label);
    panel.click("Safety grade: Unknown, 900,000 buildings");
    let unknown = Pick { division: Division::Grade, class: None };
    assert_eq!(panel.edits(), [HousingEdit::Filter(Some(pick.clone())), HousingEdit::Filter(Some(unknown))]);
    let mut panel = tall(HousingModel { picked: Some(pick), ..stock_model(Language::English) });
    panel.click(label);
    panel.click("Show all buildings");
    assert_eq!(panel.edits(), [HousingEdit::Filter(None), HousingEdit::Filter(None)]);
}

#[test]
fn unknown_is_always_shown_and_long_lists_of_uses_are_folded() {
    let mut panel = tab_of(stock_model(Language::English), 1400.0, 1200.0, Theme::Light);
    assert!(says(&panel, "Structure: Unknown, 0 buildings") && says(&panel, "Use: Unknown, 5 buildings"));
    assert!(says(&panel, "Use: use 0, 30 buildings") && !says(&panel, "Use: use 29, 1 buildings"));
    panel.click("All 30 uses");
    assert!(says(&panel, "Use: use 29, 1 buildings"));
}

#[test]
fn a_dangerous_building_is_selected_by_a_click() {
    let mut panel = tab_of(stock_model(Language::English), 1400.0, 900.0, Theme::Light);
    panel.click("Grade C: B-0003");
    assert_eq!(panel.edits(), [HousingEdit::Building(None, 3)]);
    // Five thousand of them are not laid out.
    assert!(panel.harness.query_all_by_label_contains("Grade C: B-").count() < 20);
}

#[test]
fn the_stock_is_counted_on_request_and_can_be_stopped() {
    let empty = HousingModel { stock: None, house: None, ..sample(Language::English) };
    let mut panel = tab(empty.clone());
    panel.click("Count the stock");
    assert_eq!(panel.edits(), [HousingEdit::Count]);
    // A spinner asks for frames without end.
    let mut panel = tab(HousingModel { running: Some(Some(0.25)), ..empty });
    assert!(says(&panel, "Counting buildings 25 %"));
    panel.click("Cancel");
    assert_eq!(panel.edits(), [HousingEdit::Stop]);
}

/// 40 storeys × 8 entrances × 4 rooms: what is not seen is not laid out.
fn tower() -> House {
    let unit_of = |n: u32| {
        let (storey, entrance, room) = (n / 32 + 1, n / 4 % 8 + 1, n % 4 + 1);
        UnitRow {
            entrance: Some(entrance.to_string()),
            ..unit(n, &format!("{storey}{room:02}"), &storey.to_string(), "已售")
        }
    };
    House { building: 1, ..House::of_units((0..1280).map(unit_of).collect()) }
}

#[test]
fn only_the_cells_that_are_seen_are_laid_out() {
    let house = Arc::new(tower());
    assert_eq!((house.table.storeys.len(), house.units(), house.table.misfits.len()), (40, 1280, 0));
    let panel = tab(HousingModel { house: Some(house), ..sample(Language::English) });
    let cells = panel.harness.query_all_by_label_contains("Entrance ").count();
    assert!((40..200).contains(&cells), "{cells} cells");
}

#[test]
fn the_cell_of_a_selected_unit_is_brought_into_view() {
    // The last room of the first storey: below and to the right of what is seen at first.
    let model = HousingModel { house: Some(Arc::new(tower())), selected_unit: Some(31), ..sample(Language::English) };
    let mut panel = tab(model);
    panel.run();
    assert!(says(&panel, "Entrance 8, storey 1, 104: Sold") && !says(&panel, "Entrance 1, storey 40"));
}

#[test]
fn the_card_says_facts_units_and_the_code() {
    for language in Language::ALL {
        let model = sample(language);
        let panel: Tab =
            Panel::new(300.0, 900.0, language, Theme::Dark, move |ui, _, words, edits| card(ui, &model, words, edits));
        for text in ["1998", "370104 100209 GB01009 F10760002", "字段值“heavy”无法识别"] {
            assert!(says(&panel, text), "{text}");
        }
        let w = &language.words().housing;
        let units = Words::put(w.joined_by, &[&8, &format!("{} 7{}{} 1", w.match_code, w.comma, w.match_position)]);
        assert!(says(&panel, &units), "{units}");
        panel.assert_no_overflow();
    }
}

#[test]
fn the_code_opens_group_by_group_and_nothing_is_wider_than_its_place() {
    for (language, group) in [(Language::English, "land ownership"), (Language::Chinese, "土地所有权类型")] {
        let model = sample(language);
        let mut panel: Tab = Panel::new(300.0, 1200.0, language, Theme::Light, move |ui, _, words, edits| {
            card(ui, &model, words, edits)
        });
        assert!(!says(&panel, group));
        panel.click(language.words().housing.code_groups);
        assert!(says(&panel, group));
        panel.assert_no_overflow();
    }
}

#[test]
fn a_unit_says_how_it_was_matched_and_leads_to_its_building() {
    let unit = UnitModel {
        facts: vec![FactRow { name: "Room".into(), value: "1-302".into(), ..FactRow::default() }],
        building: Some((2, 12)),
        matched: "unit code".into(),
        code: None,
    };
    // Of a unit of the selected building that was pointed at, both are said, and no way leads where one is.
    let both = HousingModel { unit: Some(unit.clone()), ..sample(Language::English) };
    let panel: Tab = Panel::new(300.0, 900.0, Language::English, Theme::Dark, move |ui, _, words, edits| {
        card(ui, &both, words, edits);
    });
    assert!(says(&panel, "1-302") && says(&panel, "1998") && !says(&panel, "Select its building"));
    let model = HousingModel { unit: Some(unit), card: None, ..sample(Language::English) };
    let mut panel: Tab = Panel::new(300.0, 600.0, Language::English, Theme::Dark, move |ui, _, words, edits| {
        card(ui, &model, words, edits);
    });
    assert!(says(&panel, "1-302") && says(&panel, "unit code"));
    panel.click("Select its building");
    assert_eq!(panel.edits(), [HousingEdit::Building(Some(2), 12)]);
    panel.assert_no_overflow();
}

#[test]
fn nothing_overflows_in_either_language() {
    for language in Language::ALL {
        let selected = HousingModel { selected_unit: Some(1), ..sample(language) };
        let long = House { title: Title::same("一个非常长的建筑名称".repeat(12)), ..house() };
        let running = HousingModel { running: Some(None), ..stock_model(language) };
        let models = [
            selected.clone(),
            HousingModel { house: Some(Arc::new(long)), ..selected.clone() },
            HousingModel { house: Some(Arc::new(tower())), ..selected },
            stock_model(language),
            running,
            HousingModel { stock: None, house: None, ..sample(language) },
            HousingModel::default(),
        ];
        for model in models {
            for (width, cut) in [(900.0, None), (420.0, Some(14))] {
                let narrow = HousingModel { language, cut, ..model.clone() };
                // The stock's charts have a width of their own.
                let width = if narrow.house.is_some() { width } else { 900.0 };
                let mut panel = tab_of(narrow, width, 240.0, Theme::Light);
                panel.run();
                panel.assert_no_overflow();
            }
        }
    }
}

#[test]
fn without_buildings_the_panel_says_what_to_do() {
    let panel = tab(HousingModel::default());
    assert!(says(&panel, Language::English.words().housing.no_buildings));
}
