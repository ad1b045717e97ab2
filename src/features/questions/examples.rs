//! Questions that the layers of a city can answer: by their roles and the meanings of their fields, never by names.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::city::{City, CityLayer};
use crate::model::height::UseClass;
use crate::model::land_use::land_use;
use crate::model::{Meaning, Role, Title, Values};
use crate::query::question::{Count, Question, Relation, RelationKind, Since};
use crate::themes::housing::tables::grade;

/// How states say that a case is done with.
const DONE: [&str; 9] = ["结案", "办结", "已完成", "作废", "归档", "closed", "resolved", "completed", "cancelled"];
/// Cases older than this are old data, which is asked as of its own last day.
const FRESH_DAYS: i64 = 30;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The questions that can be asked of a city.
pub fn examples(city: &City) -> Vec<Question> {
    // The greatest of each role, as the planning panel takes them.
    let of = |role: Role| {
        let layers = city.layers.iter().filter(|layer| layer.layer.role == role);
        layers.max_by_key(|layer| layer.rows())
    };
    let (parcels, buildings, cases, grid) = (of(Role::Parcel), of(Role::Building), of(Role::Incident), of(Role::Grid));
    let relation = |layer: &Arc<CityLayer>, condition: &str| Relation {
        layer: layer.layer.id.clone(),
        condition: condition.to_owned(),
        ..Relation::default()
    };
    let question = |zh: &str, en: &str, layer: &Arc<CityLayer>, condition: &str, relations: Vec<Relation>| Question {
        title: Title { zh: zh.to_owned(), en: en.to_owned() },
        layer: layer.layer.id.clone(),
        condition: condition.to_owned(),
        relations,
        ..Question::default()
    };
    let residential = parcels.and_then(|layer| residential_land(layer));
    let danger = buildings
        .and_then(|layer| chosen(layer, Meaning::SafetyGrade, |text| grade(text).is_some_and(|grade| grade.danger)));
    let open = cases.and_then(|layer| open_cases(layer));
    let as_of = cases.and_then(|layer| last_day(layer));
    let many = |layer: &Arc<CityLayer>, condition: &str, least: u32, days: u32| Relation {
        count: Count::at_least(least),
        since: Some(Since { days, field: None }),
        ..relation(layer, condition)
    };
    let mut found = Vec::new();
    if let (Some(parcels), Some(land), Some(buildings), Some(danger)) = (parcels, &residential, buildings, &danger) {
        let dangerous = relation(buildings, danger);
        if let (Some(cases), Some(open)) = (cases, &open) {
            // Most cases are reported from the street: those around the parcel count, not only those on it.
            let around = Relation { kind: RelationKind::Near { metres: 100.0 }, ..many(cases, open, 3, 30) };
            let relations = vec![dangerous.clone(), around];
            let zh = "有C、D级房屋且100米内30天未结案件不少于3件的住宅用地";
            let en = "Housing land with a grade C or D building and 3 open cases within 100 m in 30 days";
            found.push(Question { as_of: as_of.clone(), ..question(zh, en, parcels, land, relations) });
        }
        let (zh, en) = ("有C、D级房屋的住宅用地", "Housing land with a grade C or D building");
        found.push(question(zh, en, parcels, land, vec![dangerous]));
    }
    if let Some(buildings) = buildings {
        let class = |word: &'static str| {
            chosen(buildings, Meaning::Use, move |text| UseClass::of(text).is_some_and(|class| class.word() == word))
        };
        if let (Some(homes), Some(schools)) = (class("residential"), class("education")) {
            let none = Relation {
                kind: RelationKind::Near { metres: 300.0 },
                count: Count::NONE,
                ..relation(buildings, &schools)
            };
            let (zh, en) = ("300米内没有学校的住宅", "Homes without a school within 300 m");
            found.push(question(zh, en, buildings, &homes, vec![none]));
        }
    }
    if let (Some(grid), Some(cases), Some(open)) = (grid, cases, &open) {
        let (zh, en) = ("7天内未结案件不少于2件的网格", "Grid cells with 2 or more open cases in 7 days");
        found.push(Question { as_of, ..question(zh, en, grid, "", vec![many(cases, open, 2, 7)]) });
    }
    if let (Some(parcels), Some(buildings)) = (parcels, buildings) {
        let none = Relation { count: Count::NONE, ..relation(buildings, "") };
        let (zh, en) = ("没有建筑的地块", "Parcels on which no building stands");
        found.push(question(zh, en, parcels, "", vec![none]));
    }
    found
}

/// The different values of a field, as far as they are known.
fn values(layer: &CityLayer, field: &str) -> BTreeSet<String> {
    match layer.known().table.field(field).map(|field| &field.values) {
        Some(Values::Text(texts)) => texts.iter().flatten().map(str::to_owned).collect(),
        Some(other) => {
            (0..other.len() as u32).map(|row| other.get(row)).filter(|v| !v.is_null()).map(|v| v.to_string()).collect()
        }
        None => BTreeSet::new(),
    }
}

/// A condition that a field of a meaning has one of its values that pass; `None` where none does.
fn chosen(layer: &CityLayer, meaning: Meaning, pass: impl Fn(&str) -> bool) -> Option<String> {
    let field = &layer.layer.mapping.get(meaning)?.field;
    any_of(field, values(layer, field).iter().filter(|text| pass(text)))
}

fn any_of<'v>(field: &str, values: impl Iterator<Item = &'v String>) -> Option<String> {
    let texts: Vec<String> = values.map(|text| quoted(text)).collect();
    let field = named(field);
    match texts.as_slice() {
        [] => None,
        [only] => Some(format!("{field} = {only}")),
        many => Some(format!("{field} IN ({})", many.join(", "))),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn named(field: &str) -> String {
    let plain =
        field.starts_with(|c: char| c.is_alphabetic()) && field.chars().all(|c| c.is_alphanumeric() || c == '_');
    if plain { field.to_owned() } else { format!("\"{field}\"") }
}

/// Land on which people live: by the beginning of its codes where that says it alone, else by its codes.
fn residential_land(parcels: &CityLayer) -> Option<String> {
    let is_housing =
        |text: &str| land_use(text).is_some_and(|class| class.code.starts_with("07") || class.code.starts_with('R'));
    [Meaning::Code, Meaning::Use].into_iter().find_map(|meaning| {
        let field = &parcels.layer.mapping.get(meaning)?.field;
        let all = values(parcels, field);
        let (housing, other): (Vec<&String>, Vec<&String>) = all.iter().partition(|text| is_housing(text));
        let whole = ["07", "R"].into_iter().find(|start| {
            housing.iter().all(|text| text.starts_with(start)) && !other.iter().any(|text| text.starts_with(start))
        });
        match whole.filter(|_| !housing.is_empty()) {
            Some(start) => Some(format!("{} LIKE {}", named(field), quoted(&format!("{start}%")))),
            None => any_of(field, housing.into_iter()),
        }
    })
}

/// Cases that are not done with; `None` where no state says so.
fn open_cases(cases: &CityLayer) -> Option<String> {
    let field = &cases.layer.mapping.get(Meaning::State)?.field;
    cases.layer.mapping.get(Meaning::Time)?;
    let is_done = |text: &str| DONE.iter().any(|word| text.to_lowercase().contains(word));
    let all = values(cases, field);
    let done: Vec<String> = all.iter().filter(|text| is_done(text)).map(|text| quoted(text)).collect();
    match done.as_slice() {
        [] => None,
        [only] => Some(format!("{} <> {only}", named(field))),
        many => Some(format!("{} NOT IN ({})", named(field), many.join(", "))),
    }
}

/// The last day of old data; `None` where there are cases of these days.
fn last_day(cases: &CityLayer) -> Option<String> {
    let field = &cases.layer.mapping.get(Meaning::Time)?.field;
    let Values::Time(times) = &cases.known().table.field(field)?.values else { return None };
    let last = times.iter().flatten().max()?;
    let is_old = jiff::Timestamp::now().as_millisecond() - last > FRESH_DAYS * DAY;
    let day = jiff::Timestamp::from_millisecond(last).ok()?.strftime("%Y-%m-%d").to_string();
    is_old.then_some(day)
}
