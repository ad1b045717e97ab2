//! Figures of city management: counters, rates and scores of a district, a department or all.

use std::collections::BTreeMap;

use super::{Made, head, put, section};
use crate::snapshot::page::report::{Block, Report, Section, Table};
use crate::snapshot::page::words::Language;
use crate::themes::management::indicators::{Counter, Counts, INDICATORS, score};
use crate::themes::management::rules::Rules;

/// What was counted.
#[derive(Clone, Debug)]
pub struct Figures<'a> {
    /// Counts of each group by its name; one with an empty name where there are no groups.
    pub groups: &'a BTreeMap<String, Counts>,
    /// What groups are, as it is to be read: districts; empty where there are none.
    pub by: &'a str,
    /// How many cases there are.
    pub cases: usize,
    /// The period, as it is to be read; empty: from the beginning until now.
    pub period: &'a str,
}

/// The report of figures: what `cimbase cases stats` says, with the same numbers.
pub fn figures(made: &Made, found: &Figures<'_>, rules: &Rules) -> Report {
    let language = made.language;
    let of = |zh, en| language.pick(zh, en);
    let text =
        of("共 {} 件案件；各项比率按期内发生的事项计算。", "{} cases; rates are of what happened in the period.");
    let mut first = vec![Block::Paragraph(put(text, &[&found.cases]))];
    if !found.period.is_empty() {
        first.push(Block::Paragraph(put(of("统计时段：{}", "Period: {}"), &[&found.period])));
    }
    let mut sections = vec![section("", first)];
    for (name, counts) in found.groups {
        let heading = match (found.by.is_empty(), name.is_empty()) {
            (true, _) => String::new(),
            (false, true) => of("（无）", "(none)").to_owned(),
            (false, false) => format!("{} {name}", found.by),
        };
        sections.push(group(heading, counts, rules, language));
    }
    made.report(of("城市管理评价指标报表", "Figures of city management").to_owned(), sections)
}

fn group(heading: String, counts: &Counts, rules: &Rules, language: Language) -> Section {
    let of = |zh, en| language.pick(zh, en);
    let name = |names: [&'static str; 2]| language.pick(names[0], names[1]).to_owned();
    let counted = Counter::ALL.iter().filter(|counter| counts.get(**counter) > 0);
    let counters: Vec<Vec<String>> =
        counted.map(|counter| vec![name(counter.names()), counts.get(*counter).to_string()]).collect();
    let rates = INDICATORS.iter().filter_map(|indicator| {
        let rate = indicator.of(counts)?;
        let formula = indicator.formula(language == Language::Chinese);
        Some(vec![name(indicator.names), format!("{:.2} %", 100.0 * rate), formula])
    });
    let scores = rules.scores.iter().filter_map(|of| {
        let points = score(of, rules, counts)?;
        let grade = rules.grade_of(points).map_or(String::new(), |grade| grade.id.clone());
        Some(vec![of.of.clone(), format!("{points:.2}"), grade])
    });
    let heads = |zh: &[&str], en: &[&str]| head(language.pick(zh, en));
    let none = || vec![Block::Paragraph(of("期内没有发生的事项。", "Nothing happened in the period.").to_owned())];
    let mut blocks = if counters.is_empty() { none() } else { Vec::new() };
    for (head, rows) in [
        (heads(&["计数项", "数量"], &["Counter", "Count"]), counters),
        (heads(&["指标", "比率", "公式"], &["Rate", "Value", "Formula"]), rates.collect()),
        (heads(&["评分对象", "得分", "等级"], &["Scored as", "Points", "Grade"]), scores.collect::<Vec<_>>()),
    ] {
        if !rows.is_empty() {
            blocks.push(Block::Table(Table { head, rows, note: String::new() }));
        }
    }
    Section { heading, blocks }
}
