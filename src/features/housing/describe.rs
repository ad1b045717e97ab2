//! Cards, units and classes in the words of the interface.

use super::look::Unit;
use super::state::{CardModel, FactRow, House, UnitModel};
use crate::model::{HeightSource, Title};
use crate::panels::{Language, Words};
use crate::themes::housing::card::{Card, Fact, FactValue, MASKED, RANGE, StatusCount};
use crate::themes::housing::classes::Division;
use crate::themes::housing::join::{Match, Miss};
use crate::themes::housing::stock::Total;
use crate::themes::housing::unit_table::{NoPlace, Placed, Storey, UnitRow};
use crate::units::{Metres, SquareMetres, grouped};

fn say(title: &Title, language: Language) -> &str {
    if language == Language::Chinese { title.zh() } else { title.en() }
}

/// What the stock is divided by.
pub fn division_name(division: Division, words: &Words) -> &'static str {
    let w = &words.housing;
    match division {
        Division::Year => w.by_year,
        Division::Structure => w.by_structure,
        Division::Grade => w.by_grade,
        Division::Use => w.by_use,
    }
}

/// How a unit was matched with its building.
pub fn match_name(quality: Match, words: &Words) -> &'static str {
    let w = &words.housing;
    match quality {
        Match::Code => w.match_code,
        Match::Parent => w.match_parent,
        Match::Position => w.match_position,
        Match::None => w.match_none,
    }
}

/// Why a unit was not matched with a building.
pub fn miss_name(miss: Miss, words: &Words) -> &'static str {
    let w = &words.housing;
    match miss {
        Miss::NoSuchBuilding => w.miss_no_building,
        Miss::OutsideFootprints => w.miss_outside,
        Miss::NothingToGoBy => w.miss_nothing,
    }
}

/// Matches with their counts: `unit code 30, position 2`; those that matched nothing are left out.
pub fn matches(matched: &[(Match, u64)], words: &Words) -> String {
    let some = matched.iter().filter(|(_, count)| *count > 0);
    let each = some.map(|(quality, count)| format!("{} {}", match_name(*quality, words), grouped(*count as f64, 0)));
    each.collect::<Vec<_>>().join(words.housing.comma)
}

/// Why a unit fits nowhere in the unit table.
pub fn no_place(reason: &NoPlace, words: &Words) -> String {
    let w = &words.housing;
    match reason {
        NoPlace::NotAStorey(said) => Words::put(w.not_a_storey, &[said]),
        NoPlace::NotInRoom(room) => Words::put(w.not_in_room, &[room]),
        NoPlace::Nothing => w.no_storey_no_room.to_owned(),
        NoPlace::NoRoom => w.no_room.to_owned(),
    }
}

/// A state's name.
pub fn state_name(state: Option<&StatusCount>, words: &Words, language: Language) -> String {
    match state {
        Some(StatusCount { class: Some(class), .. }) => say(&class.title, language).to_owned(),
        Some(StatusCount { text, .. }) if !text.is_empty() => text.clone(),
        _ => words.housing.unknown.to_owned(),
    }
}

/// A storey's number as it is written: with a minus sign below ground.
pub fn storey_number(storey: i32) -> String {
    if storey < 0 { format!("−{}", storey.unsigned_abs()) } else { storey.to_string() }
}

/// What a storey is called, and which it is where that differs.
pub fn storey_label(storey: &Storey) -> (String, Option<String>) {
    let physical = storey.physical.filter(|physical| *physical != storey.nominal);
    (storey_number(storey.nominal), physical.map(storey_number))
}

/// What a storey that the building is cut open above is called, and which it is where that differs.
pub fn level_name(house: &House, level: i32) -> String {
    match house.table.storeys.iter().find(|storey| storey.order == level).map(storey_label) {
        Some((nominal, Some(physical))) => format!("{nominal} ({physical})"),
        Some((nominal, None)) => nominal,
        None => storey_number(level),
    }
}

/// A room number as short as a cell needs it: without building and entrance, which stand above.
pub fn room_label(unit: &UnitRow) -> &str {
    let Some(room) = unit.room.as_deref() else { return "?" };
    if room.chars().count() <= 6 {
        return room;
    }
    let marks = ["单元", "座", "幢", "栋", "楼", "-"];
    let ends = marks.iter().filter_map(|mark| room.rfind(mark).map(|at| at + mark.len()));
    match ends.max().and_then(|end| room.get(end..)) {
        Some(rest) if !rest.is_empty() => rest,
        _ => room,
    }
}

/// The first line of what is said of a unit: where it is and its state.
pub fn unit_line(unit: &Placed, entrance: &str, state: &str, words: &Words) -> String {
    let w = &words.housing;
    let (storey, room) = (storey_number(unit.nominal_storey), unit.unit.room.as_deref().unwrap_or("?"));
    match entrance {
        "" => Words::put(w.unit_at, &[&storey, &room, &state]),
        entrance => Words::put(w.unit_at_entrance, &[&entrance, &storey, &room, &state]),
    }
}

/// All that is said of a unit when the pointer rests on it. Nothing personal.
pub fn unit_text(
    house: &House,
    storey: &Storey,
    unit: &Placed,
    entrance: &str,
    words: &Words,
    language: Language,
) -> String {
    let w = &words.housing;
    let state = state_name(house.state(unit.unit.row), words, language);
    let mut lines = vec![unit_line(unit, entrance, &state, words)];
    if let Some(physical) = unit.physical_storey.filter(|physical| *physical != unit.nominal_storey) {
        lines.push(Words::put(w.physically, &[&storey_number(physical)]));
    }
    if unit.top_storey > storey.order {
        lines.push(Words::put(w.up_to, &[&storey_number(unit.top_storey)]));
    }
    if let Some(area) = unit.unit.area_m2 {
        lines.push(SquareMetres(area).to_string());
    }
    if unit.doubt.is_some() {
        let (own, others) = (storey_number(unit.nominal_storey), storey_number(storey.nominal));
        lines.push(Words::put(w.doubt, &[&own, &others]));
    }
    lines.join("\n")
}

/// A sum with how many buildings do not say.
pub fn total(total: &Total, number: impl Fn(f64) -> String, words: &Words) -> String {
    let w = &words.housing;
    match total.sum {
        None if total.suppressed => w.too_few.to_owned(),
        None => w.unknown.to_owned(),
        Some(sum) if total.unknown > 0 => Words::put(w.sum_without, &[&number(sum), &grouped(total.unknown as f64, 0)]),
        Some(sum) => number(sum),
    }
}

/// A number as people write it: without needless zeros.
fn plain(number: f64) -> String {
    grouped((number * 1000.0).round() / 1000.0, usize::from(number.fract() != 0.0))
}

fn fact_value(fact: &Fact, language: Language) -> Option<String> {
    let value = match fact.value.as_ref()? {
        FactValue::Number(number) => match fact.key {
            "year" => format!("{number:.0}"),
            "floor_area_m2" => SquareMetres(*number).to_string(),
            "height_m" => Metres(*number).to_string(),
            _ => plain(*number),
        },
        FactValue::Text(text) => text.clone(),
    };
    Some(match &fact.class {
        Some(class) if fact.key == "safety_grade" => format!("{value} · {}", say(&class.title, language)),
        Some(class) => say(&class.title, language).to_owned(),
        None => value,
    })
}

/// A fact's name without its unit, which stands with the value.
fn fact_name(fact: &Fact, language: Language) -> String {
    let name = say(&fact.name, language);
    name.split(" (").next().unwrap_or(name).to_owned()
}

fn fact_row(fact: &Fact, words: &Words, language: Language) -> FactRow {
    let w = &words.housing;
    let source = fact.note.as_deref().and_then(|note| HeightSource::ALL.into_iter().find(|s| s.word() == note));
    let note = match (&fact.unread, source) {
        (Some(text), _) => Words::put(w.unread, &[text]),
        (None, Some(source)) => words.height_source(source).to_owned(),
        (None, None) => match fact.note.as_deref() {
            Some(RANGE) => w.people_range.to_owned(),
            Some(MASKED) => w.masked.to_owned(),
            note => note.unwrap_or_default().to_owned(),
        },
    };
    FactRow {
        name: fact_name(fact, language),
        value: fact_value(fact, language).unwrap_or_else(|| w.unknown.to_owned()),
        colour: fact.class.as_ref().map(|class| class.colour),
        from: fact.from.clone().unwrap_or_default(),
        note,
        doubtful: fact.unread.is_some(),
    }
}

/// A building's card in words.
pub fn describe_card(card: &Card, has_units: bool, words: &Words, language: Language) -> CardModel {
    let w = &words.housing;
    let (said, missing): (Vec<&Fact>, Vec<&Fact>) =
        card.facts.iter().partition(|fact| fact.value.is_some() || fact.unread.is_some());
    let mut family = Vec::new();
    if let Some(parent) = &card.part_of {
        family.push(Words::put(w.part_of, &[parent]));
    }
    if card.parts > 0 {
        family.push(Words::put(w.parts, &[&card.parts]));
    }
    let grade = card.fact("safety_grade").and_then(|fact| fact.class.as_ref());
    CardModel {
        grade: grade.map(|class| (class.code.clone(), class.colour)),
        facts: said.into_iter().map(|fact| fact_row(fact, words, language)).collect(),
        missing: missing.into_iter().map(|fact| fact_name(fact, language)).collect(),
        family,
        code: card.code.clone(),
        has_units,
    }
}

/// A selected unit in words.
pub(super) fn describe_unit(unit: &Unit, buildings: Option<usize>, words: &Words, language: Language) -> UnitModel {
    let w = &words.housing;
    let row = &unit.row;
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Option<String>, colour| {
        if let Some(value) = value {
            facts.push(FactRow { name: name.to_owned(), value, colour, ..FactRow::default() });
        }
    };
    let class = row.known_status().map(|status| &status.class);
    let state = class.map(|class| say(&class.title, language).to_owned()).or_else(|| row.status.clone());
    add(w.state, Some(state.unwrap_or_else(|| w.unknown.to_owned())), class.map(|class| class.colour));
    add(w.entrance, row.entrance.clone(), None);
    add(w.storey, row.floor.clone(), None);
    add(w.nominal, row.nominal.clone(), None);
    add(w.physical, row.physical.clone(), None);
    add(w.room, row.room.clone(), None);
    add(w.floor_area, row.area_m2.map(|area| SquareMetres(area).to_string()), None);
    for (field, value) in &unit.personal {
        add(field, Some(value.clone()), None);
    }
    let matched = match &unit.link {
        Ok(link) if link.contradicted => {
            format!("{}{}{}", match_name(link.quality, words), w.comma, w.contradicts)
        }
        Ok(link) => match_name(link.quality, words).to_owned(),
        Err(miss) => miss_name(*miss, words).to_owned(),
    };
    let building = buildings.zip(unit.link.as_ref().ok()).map(|(layer, link)| (layer, link.building));
    UnitModel { facts, building, matched, code: unit.code.clone() }
}
