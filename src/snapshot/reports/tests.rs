//! What is printed is what the answer says: hand sums, and nothing of a person.

use std::collections::BTreeMap;

use super::*;
use crate::city::CityLayer;
use crate::model::mapping::Mapped;
use crate::model::{FieldMapping, GeometryKind, Meaning, Role, TableBuilder, Value, height};
use crate::query::testing::{city_of, layer_of};
use crate::snapshot::page::html;
use crate::themes::housing::card::{Card, count_states};
use crate::themes::housing::families::Families;
use crate::themes::housing::personal::Masks;
use crate::themes::housing::unit_table::UnitRow;
use crate::themes::management::case::{Action, Actor, Case, Facts, Step};
use crate::themes::management::incoming::Reporter;
use crate::themes::management::indicators::{Counter, Counts};
use crate::themes::management::machine;
use crate::themes::management::rules::Rules;
use crate::themes::planning::floor_area::FarRule;
use crate::themes::planning::neighbourhood::{Units, neighbourhood};
use crate::themes::planning::plan::Plan;

type Row<'a> = ([[f64; 2]; 2], Vec<(Meaning, &'a str, Value<'a>)>);

fn layer(id: &str, role: Role, rows: &[Row<'_>]) -> CityLayer {
    let mut builder = TableBuilder::default();
    let mut mapping = FieldMapping::default();
    for ([[x0, y0], [x1, y1]], values) in rows {
        for (meaning, field, value) in values {
            let column = builder.field(field);
            builder.set(column, value);
            let mapped = Mapped { field: (*field).to_owned(), factor: 1.0, declared: true, reason: String::new() };
            mapping.set(*meaning, mapped);
        }
        for corner in [[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1]] {
            builder.geometry.push_vertex(corner, None);
        }
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let mut layer = layer_of(id, builder.finish());
    layer.mapping = mapping;
    layer.role = role;
    if role == Role::Building {
        layer.heights = Some(height::find(&layer.table, &layer.mapping, id, &mut Default::default()));
    }
    CityLayer::in_memory(layer)
}

fn made(language: Language) -> Made {
    Made { language, project: "海河区".to_owned(), date: "2026-03-04".to_owned(), made_with: "Cimbase 0".to_owned() }
}

/// Cells of all tables and facts, and all texts.
fn cells(report: &Report) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for block in report.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Block::Facts(facts) => all.extend(facts.iter().map(|(name, what)| vec![name.clone(), what.clone()])),
            Block::Table(table) => all.extend(table.rows.clone()),
            Block::Paragraph(text) | Block::Warning(text) => all.push(vec![text.clone()]),
            Block::Picture { .. } => {}
        }
    }
    all
}

fn has(report: &Report, row: &[&str]) {
    let all = cells(report);
    assert!(
        all.iter().any(|cells| cells.len() >= row.len() && cells.iter().zip(row).all(|(a, b)| a == b)),
        "{row:?} is not in {all:#?}"
    );
}

#[test]
fn a_dossier_prints_what_was_measured() {
    let text = |text: &'static str| Value::Text(text.into());
    let real = Value::Real;
    let plot: Row<'_> = (
        [[0.0, 0.0], [100.0, 50.0]],
        vec![
            (Meaning::Id, "code", text("P1")),
            (Meaning::Use, "land_use", text("070102")),
            (Meaning::FarLimit, "far", real(1.0)),
            (Meaning::DensityLimit, "density", real(30.0)),
            (Meaning::HeightLimit, "limit", real(20.0)),
        ],
    );
    let house = |id: &'static str, y: f64, storeys: i64, height: f64| -> Row<'_> {
        let values = vec![
            (Meaning::Id, "id", text(id)),
            (Meaning::Storeys, "floors", Value::Integer(storeys)),
            (Meaning::Use, "use", text("住宅")),
            (Meaning::Height, "height", real(height)),
        ];
        ([[10.0, y], [50.0, y + 12.0]], values)
    };
    let parcels = layer("parcels", Role::Parcel, &[plot]);
    let buildings = layer("buildings", Role::Building, &[house("B1", 6.0, 6, 18.0), house("B2", 32.0, 5, 15.0)]);
    let city = city_of(vec![parcels, buildings]);
    let plan = Plan::of(&city, FarRule::named("tianjin")).unwrap();
    let found = plan.dossier(0).unwrap().unwrap();
    let around = neighbourhood(&city, &plan, &Units::of(&city).unwrap(), 0).unwrap();
    let zh = super::dossier(&made(Language::Chinese), &plan, &found, Some(&around), &[]);
    // 100 × 50 m; 40 × 12 m with 6 and 5 storeys: 480 × 11 = 5,280 m² over 5,000 m² is 1.056, more than 1.
    has(&zh, &["用地面积", "5,000 m²"]);
    has(&zh, &["计容建筑面积", "5,280 m²"]);
    has(&zh, &["容积率", "1.06", "不大于 1.00", "不符合", "限值取自地块字段 far"]);
    // 960 of 5,000 m² are 19.2 %.
    has(&zh, &["建筑密度", "19.2 %", "不大于 30.0 %", "符合"]);
    has(&zh, &["B1", "480", "100", "2,880", "18.0"]);
    has(&zh, &["B2", "480", "100", "2,400", "15.0"]);
    let en = super::dossier(&made(Language::English), &plan, &found, Some(&around), &[]);
    has(&en, &["Floor area ratio", "1.06", "at most 1.00", "breach", "limit from the parcel's field far"]);
    has(&en, &["Height", "18.0 m", "at most 20.0 m", "pass"]);
    assert!(en.title.contains("P1") && html::document(&zh).contains("lang=\"zh-CN\""));
    // No Chinese of ours in English.
    let ours = cells(&en).concat().concat().replace("住宅", "").replace(&plan.rule.source, "");
    assert!(!ours.contains(crate::snapshot::page::letters::is_wide), "{ours}");
}

#[test]
fn a_card_prints_its_facts_with_their_fields_and_hides_persons() {
    let text = |text: &'static str| Value::Text(text.into());
    let values = vec![
        (Meaning::Id, "id", text("B7")),
        (Meaning::Year, "year", Value::Integer(1998)),
        (Meaning::FloorArea, "area", Value::Real(1820.5)),
        (Meaning::Residents, "residents", Value::Integer(3)),
        (Meaning::Name, "户主", text("张三丰")),
        (Meaning::Address, "地址", text("天津市南开区复康路12号院3")),
    ];
    let buildings = layer("buildings", Role::Building, &[([[0.0, 0.0], [10.0, 10.0]], values)]);
    let card = Card::of(&buildings, 0, &Families::default()).unwrap();
    let masks = Masks::of(&buildings.layer.table);
    let units = count_states(&[UnitRow { status: Some("已售".to_owned()), ..UnitRow::default() }, UnitRow::default()]);
    let report = building(&made(Language::Chinese), &card.masked(&masks), &units);
    has(&report, &["建成年份", "1998", "year"]);
    has(&report, &["建筑面积", "1820.5 m²", "area"]);
    // Three people are one to four.
    has(&report, &["居住人数", "1–4", "residents", "单栋居住人数以区间表示"]);
    has(&report, &["已售", "1"]);
    has(&report, &["未知", "1"]);
    has(&report, &["名称", "张*丰"]);
    let said = [report.title.clone(), report.subtitle.clone(), report.footer.clone(), cells(&report).concat().concat()];
    assert!(said[0].contains("张*丰"), "{said:?}");
    assert!(!said.iter().any(|text| text.contains("张三丰") || text.contains("复康路")), "{said:?}");
}

#[test]
fn a_case_tells_its_history_and_hides_who_reported_it() {
    let rules = Rules::usual();
    let facts = Facts {
        text: "井盖缺失，请联系13812345678".to_owned(),
        address: "复康路12号，电话13812345678".to_owned(),
        // 2026-03-04T00:00:00Z.
        reported: 1_772_582_400_000,
        reporter: Reporter { name: "李四光".to_owned(), phone: "13812345678".to_owned(), email: String::new() },
        ..Facts::default()
    };
    let step = Step {
        at: facts.reported,
        actor: Actor::of("王五", machine::Role::Operator),
        action: Action::Begin { verb: machine::Verb::Register, facts: Box::new(facts), state: None },
        note: String::new(),
    };
    let case = Case::begin("C-1", step).unwrap();
    let report = super::case(&made(Language::Chinese), &case, &rules, 1_772_582_400_000, false);
    has(&report, &["案件编号", "C-1"]);
    has(&report, &["地址", "复康路12号，电话138****5678"]);
    let all = cells(&report).concat().concat();
    assert!(!all.contains("13812345678") && !all.contains("李四光"), "{all}");
    assert!(all.contains("登记") && all.contains("受理员") && all.contains("2026-03-04"));
    let shown = super::case(&made(Language::English), &case, &rules, 1_772_582_400_000, true);
    assert!(cells(&shown).concat().concat().contains("13812345678"));
}

#[test]
fn figures_print_counts_and_rates() {
    let mut counts = Counts::default();
    (0..4).for_each(|_| counts.add(Counter::NeedClose));
    (0..3).for_each(|_| counts.add(Counter::Closed));
    let groups = BTreeMap::from([("120105".to_owned(), counts)]);
    let found = Figures { groups: &groups, by: "区县", cases: 9, period: "2026-03" };
    let report = figures(&made(Language::Chinese), &found, &Rules::usual());
    has(&report, &["应结案数", "4"]);
    has(&report, &["结案数", "3"]);
    // 3 of 4.
    assert!(cells(&report).iter().any(|row| row.get(1).is_some_and(|rate| rate == "75.00 %")), "{:#?}", cells(&report));
    assert_eq!(report.sections[1].heading, "区县 120105");
}
