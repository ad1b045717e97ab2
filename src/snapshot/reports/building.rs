//! A building's card.

use super::{Made, fact, head, put, section};
use crate::snapshot::page::report::{Block, Report, Table};
use crate::snapshot::page::words::Language;
use crate::themes::housing::card::{Card, Fact, FactValue, MASKED, RANGE, StatusCount};

/// The report of a building: what `cimbase housing --building` says, with the same numbers. The card comes masked
/// ([`Card::masked`]) unless personal data was asked for; of units only how many are in each state is said.
pub fn building(made: &Made, card: &Card, units: &[StatusCount]) -> Report {
    let language = made.language;
    let of = |zh, en| language.pick(zh, en);
    let mut facts = Vec::new();
    fact(&mut facts, of("编号", "Id"), &card.id);
    fact(&mut facts, of("名称", "Name"), made.title(&card.title));
    fact(&mut facts, of("属于", "Part of"), card.part_of.clone().unwrap_or_default());
    if card.parts > 0 {
        fact(&mut facts, of("组成部分", "Parts"), card.parts.to_string());
    }
    let rows = card.facts.iter().map(|fact| {
        vec![
            made.title(&fact.name).to_owned(),
            value(fact, made),
            fact.from.clone().unwrap_or_else(|| "-".to_owned()),
            note(fact, language),
        ]
    });
    let head_of = match language {
        Language::Chinese => head(&["项目", "数值", "来源字段", "说明"]),
        Language::English => head(&["Fact", "Value", "From field", "Note"]),
    };
    let table = Table { head: head_of, rows: rows.collect(), note: String::new() };

    let mut code = Vec::new();
    if let Some(card) = &card.code {
        code.push(Block::Paragraph(card.printed.clone().unwrap_or_else(|| card.text.clone())));
        if !card.groups.is_empty() {
            let rows = card.groups.iter().map(|group| {
                let texts = [made.title(&group.name), made.title(&group.meaning)];
                vec![group.text.clone(), texts[0].to_owned(), texts[1].to_owned()]
            });
            let head = match language {
                Language::Chinese => head(&["代码段", "名称", "含义"]),
                Language::English => head(&["Group", "Name", "Meaning"]),
            };
            code.push(Block::Table(Table { head, rows: rows.collect(), note: String::new() }));
        }
        code.extend(card.warnings.iter().map(|warning| Block::Warning(made.title(warning).to_owned())));
        if let Some(error) = language.pick(&card.error_zh, &card.error) {
            code.push(Block::Warning(put(of("代码无效：{}", "no valid code: {}"), &[error])));
        }
    }

    let mut states = Vec::new();
    if !units.is_empty() {
        let rows = units.iter().map(|state| {
            let name = match (&state.class, state.text.is_empty()) {
                (Some(class), _) => made.title(&class.title).to_owned(),
                (None, true) => of("未知", "unknown").to_owned(),
                (None, false) => state.text.clone(),
            };
            vec![name, state.units.to_string()]
        });
        let head = match language {
            Language::Chinese => head(&["状态", "套数"]),
            Language::English => head(&["State", "Units"]),
        };
        let all: u64 = units.iter().map(|state| state.units).sum();
        let note = put(of("共 {} 套。", "{} units in all."), &[&all]);
        states.push(Block::Table(Table { head, rows: rows.collect(), note }));
    }
    let sections = vec![
        section(of("概况", "Facts"), vec![Block::Facts(facts), Block::Table(table)]),
        section(of("不动产单元代码", "Unit code"), code),
        section(of("房屋单元", "Units"), states),
    ];
    let name = made.title(&card.title);
    let name = if name.is_empty() { &card.id } else { name };
    made.report(put(of("房屋信息卡 {}", "Card of building {}"), &[&name]), sections)
}

fn value(fact: &Fact, made: &Made) -> String {
    let value = match &fact.value {
        // As the command rounds it: converted units end in noise: a thousandth is enough for people.
        Some(FactValue::Number(number)) => ((number * 1000.0).round() / 1000.0).to_string(),
        Some(FactValue::Text(text)) => text.clone(),
        None => made.language.pick("未知", "unknown").to_owned(),
    };
    // English names of facts carry their units.
    let unit = match (&fact.value, fact.key) {
        (Some(FactValue::Number(_)), "floor_area_m2") => made.language.pick(" m²", ""),
        (Some(FactValue::Number(_)), "height_m") => made.language.pick(" m", ""),
        _ => "",
    };
    let class = fact.class.as_ref().map_or(String::new(), |class| format!(" {}", made.title(&class.title)));
    format!("{value}{unit}{class}")
}

fn note(fact: &Fact, language: Language) -> String {
    let Some(note) = fact.note.as_deref() else { return String::new() };
    let zh = match (note, &fact.unread) {
        (RANGE, _) => "单栋居住人数以区间表示".to_owned(),
        (MASKED, _) => "个人信息，已脱敏".to_owned(),
        ("surveyed", _) => "实测".to_owned(),
        ("storeys", _) => "由层数推算".to_owned(),
        ("median", _) => "同类中位数".to_owned(),
        ("default", _) => "默认值".to_owned(),
        (_, Some(text)) => format!("字段内容为“{text}”，无法采用，按未知处理"),
        (other, None) => other.to_owned(),
    };
    language.pick(zh, note.to_owned())
}
