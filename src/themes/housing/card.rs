//! A building's card: what registry and survey say of it, and where each value came from.

use std::io;

use super::columns::{Columns, text_of};
use super::families::{Families, Member};
use super::join::code_of;
use super::personal::Masks;
use super::suppress::people_range;
use super::tables::{Class, grade, structure, tables};
use super::unit_code::{Group, building_key};
use super::unit_table::UnitRow;
use crate::city::CityLayer;
use crate::model::{Layer, Meaning, Title, Value};
use crate::query::identity;

/// A value of a fact.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum FactValue {
    /// A number in the unit of the fact: years, storeys (fractions stay), m², m, people.
    Number(f64),
    /// Text.
    Text(String),
}

/// One thing that is known, or not, of a building.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fact {
    /// The key in answers: `year`, `floor_area_m2`.
    pub key: &'static str,
    /// For people.
    pub name: Title,
    /// The value; `None` is unknown.
    pub value: Option<FactValue>,
    /// The class that the value names: structure, grade; with its colour.
    pub class: Option<Class>,
    /// The field that it comes from; `None` where no field can say it.
    pub from: Option<String>,
    /// Why a value that the field has is unknown all the same, or how the value was found.
    pub note: Option<String>,
    /// What the field says where that cannot be read.
    #[serde(skip)]
    pub unread: Option<String>,
}

/// The unit code of a building, explained.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CodeCard {
    /// As written.
    pub text: String,
    /// As printed: groups of 6, 6, 7, 9.
    pub printed: Option<String>,
    /// What each group says.
    pub groups: Vec<Group>,
    /// What is odd.
    pub warnings: Vec<Title>,
    /// Why it is no code.
    pub error: Option<String>,
    /// The same in Chinese.
    #[serde(skip)]
    pub error_zh: Option<String>,
}

/// A building's card.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Card {
    /// Its row in the layer.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// Its name in both languages, where the data has it.
    pub title: Title,
    /// The unit code.
    pub code: Option<CodeCard>,
    /// The facts, always all of them in the same order.
    pub facts: Vec<Fact>,
    /// The id of the building that it is a part of.
    pub part_of: Option<String>,
    /// How many parts it has.
    pub parts: usize,
    /// Where its names come from.
    #[serde(skip)]
    named: Named,
}

/// The fields that a card's own names come from, and the row of what it is a part of: what masks ask for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Named {
    name: Option<String>,
    name_en: Option<String>,
    id: Option<String>,
    code: Option<String>,
    part_of: Option<u32>,
}

/// How many units are in each state.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct StatusCount {
    /// The state as the tables know it; `None` for unknown ones.
    pub class: Option<Class>,
    /// As the data writes it; empty where it says nothing.
    pub text: String,
    /// Units.
    pub units: u64,
}

/// Facts of numbers: meaning, key, names.
const NUMBERS: [(Meaning, &str, &str, &str); 7] = [
    (Meaning::Year, "year", "建成年份", "Year built"),
    (Meaning::Storeys, "storeys", "地上层数", "Storeys above ground"),
    (Meaning::StoreysBelow, "storeys_below", "地下层数", "Storeys below ground"),
    (Meaning::Units, "units", "套数", "Units"),
    (Meaning::FloorArea, "floor_area_m2", "建筑面积", "Floor area (m²)"),
    (Meaning::Residents, "residents", "居住人数", "Residents"),
    (Meaning::VacantUnits, "vacant_units", "空置套数", "Vacant units"),
];

impl Card {
    /// The card of a row of a building layer.
    ///
    /// # Errors
    /// When a streamed layer cannot be read or has no such row.
    pub fn of(buildings: &CityLayer, row: u32, families: &Families) -> io::Result<Self> {
        let (layer, at) = buildings.of_row(row)?;
        let parent = match families.member(row) {
            Member::PartOf(parent) => Some(parent),
            Member::Building | Member::Orphan => None,
        };
        let part_of = match parent {
            Some(parent) => {
                let (layer, at) = buildings.of_row(parent)?;
                Some(identity::id_of(&layer, at))
            }
            None => None,
        };
        let text = |meaning| text_in(&layer, at, meaning);
        let field = |meaning| layer.mapping.get(meaning).map(|mapped| mapped.field.clone());
        Ok(Self {
            row,
            id: identity::id_of(&layer, at),
            title: Title { zh: text(Meaning::Name).unwrap_or_default(), en: text(Meaning::NameEn).unwrap_or_default() },
            code: code_card(&layer, at),
            facts: facts(&layer, at),
            part_of,
            parts: families.parts(row).len(),
            named: Named {
                name: field(Meaning::Name),
                name_en: field(Meaning::NameEn),
                id: field(Meaning::Id),
                code: field(Meaning::Code),
                part_of: parent,
            },
        })
    }

    /// The card as it may be shown while personal data is masked: values of personal fields masked, rows instead of ids
    /// that are personal, and people as a range of numbers.
    pub fn masked(mut self, masks: &Masks) -> Self {
        self.mask_names(masks);
        for fact in &mut self.facts {
            let hidden = fact.from.as_ref().is_some_and(|field| masks.hides(field));
            let shown = |text: String| shown_of(masks, fact.from.as_deref(), text);
            fact.unread = fact.unread.take().map(shown);
            match fact.value.take() {
                Some(FactValue::Number(people)) if fact.key == "residents" && people > 0.0 => {
                    let [low, high] = people_range(people.round() as u64, tables().least_cell);
                    fact.value = Some(FactValue::Text(format!("{low}–{high}")));
                    fact.note = Some(RANGE.to_owned());
                }
                Some(FactValue::Text(text)) => fact.value = Some(FactValue::Text(shown(text))),
                Some(FactValue::Number(number)) if hidden => {
                    fact.value = Some(FactValue::Text(shown(number.to_string())));
                }
                value => fact.value = value,
            }
            if hidden {
                // It quotes what the field says.
                fact.note = Some(MASKED.to_owned());
            } else if let Some(text) = &fact.unread {
                fact.note = Some(unread_note(fact.key, text));
            }
        }
        self
    }

    fn mask_names(&mut self, masks: &Masks) {
        self.title.zh = shown_of(masks, self.named.name.as_deref(), std::mem::take(&mut self.title.zh));
        self.title.en = shown_of(masks, self.named.name_en.as_deref(), std::mem::take(&mut self.title.en));
        let hides = |field: &Option<String>| field.as_ref().is_some_and(|field| masks.hides(field));
        if hides(&self.named.id) {
            self.id = format!("#{}", self.row);
            self.part_of = self.named.part_of.map(|parent| format!("#{parent}"));
        }
        if hides(&self.named.id) || hides(&self.named.code) {
            // It is said by one of the two fields.
            self.code = None;
        }
    }

    /// A fact by its key.
    pub fn fact(&self, key: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.key == key)
    }
}

/// The unit code of a row, of a building or of a unit; `None` where no field of it can be meant as one.
pub fn code_card(layer: &Layer, row: u32) -> Option<CodeCard> {
    let (text, parsed) = code_of(text_in(layer, row, Meaning::Code), text_in(layer, row, Meaning::Id))?;
    let empty = CodeCard { text, printed: None, groups: Vec::new(), warnings: Vec::new(), error: None, error_zh: None };
    Some(match parsed {
        Ok(code) => CodeCard {
            printed: Some(code.grouped()),
            groups: code.groups(),
            warnings: code.warnings().to_vec(),
            ..empty
        },
        Err(error) => CodeCard { error: Some(error.to_string()), error_zh: Some(error.zh()), ..empty },
    })
}

/// A text as it may be shown; `None` is no field.
fn shown_of(masks: &Masks, field: Option<&str>, text: String) -> String {
    match field {
        Some(field) => masks.shown(field, text),
        None => text,
    }
}

/// Why what a field says of a fact is unknown: the words that it is quoted with.
fn unread_note(key: &str, text: &str) -> String {
    let why = if matches!(key, "structure" | "safety_grade") { "is not in the table" } else { "cannot be" };
    format!("the field says \"{text}\", which {why}: unknown")
}

fn value_in(layer: &Layer, row: u32, meaning: Meaning) -> Value<'_> {
    layer.mapping.get(meaning).map_or(Value::Null, |mapped| layer.table.value(row, &mapped.field))
}

fn text_in(layer: &Layer, row: u32, meaning: Meaning) -> Option<String> {
    text_of(&value_in(layer, row, meaning))
}

fn facts(layer: &Layer, row: u32) -> Vec<Fact> {
    let field = |meaning| layer.mapping.get(meaning).map(|mapped| mapped.field.clone());
    let title = |zh: &str, en: &str| Title { zh: zh.to_owned(), en: en.to_owned() };
    let mut facts: Vec<Fact> = Vec::new();
    for (meaning, key, zh, en) in NUMBERS {
        let value = value_in(layer, row, meaning);
        let number = layer.mapping.number(meaning, &value);
        let unread = number.is_none().then(|| text_of(&value)).flatten();
        facts.push(Fact {
            key,
            name: title(zh, en),
            value: number.map(FactValue::Number),
            class: None,
            from: field(meaning),
            note: unread.as_ref().map(|text| unread_note(key, text)),
            unread,
        });
    }
    let classes: [(Meaning, &str, Title, ClassOf); 2] = [
        (Meaning::Structure, "structure", title("房屋结构", "Structure"), |text| structure(text)),
        (Meaning::SafetyGrade, "safety_grade", title("安全等级", "Safety grade"), |text| {
            grade(text).map(|g| &g.class)
        }),
    ];
    for (meaning, key, name, read) in classes {
        let text = text_in(layer, row, meaning);
        let class = text.as_deref().and_then(read).cloned();
        let value = class.as_ref().map(|class| FactValue::Text(class.code.clone()));
        let unread = text.filter(|_| class.is_none());
        let note = unread.as_ref().map(|text| unread_note(key, text));
        facts.push(Fact { key, name, value, class, from: field(meaning), note, unread });
    }
    for (meaning, key, zh, en) in [
        (Meaning::Use, "use", "用途", "Use"),
        (Meaning::Retrofit, "retrofit", "抗震加固", "Retrofit"),
        (Meaning::Address, "address", "地址", "Address"),
    ] {
        let value = text_in(layer, row, meaning).map(FactValue::Text);
        let (from, name) = (field(meaning), title(zh, en));
        facts.push(Fact { key, name, value, class: None, from, note: None, unread: None });
    }
    let height = layer
        .heights
        .as_ref()
        .and_then(|heights| Some((*heights.top.get(row as usize)?, heights.source.get(row as usize)?.word())));
    facts.push(Fact {
        key: "height_m",
        name: title("高度", "Height (m)"),
        value: height.map(|(height, _)| FactValue::Number((f64::from(height) * 1000.0).round() / 1000.0)),
        class: None,
        from: field(Meaning::Height).filter(|_| height.is_some_and(|(_, source)| source == "surveyed")),
        note: height.map(|(_, source)| source.to_owned()),
        unread: None,
    });
    facts
}

/// The note of a number of people that is shown as a range.
pub const RANGE: &str = "people of one building are shown as a range";
/// The note of a value that is masked.
pub const MASKED: &str = "personal data, masked";

type ClassOf = fn(&str) -> Option<&'static Class>;

/// The rows of a building by its id, else by its unit code or that of one of its units; several where they share it.
///
/// # Errors
/// When a streamed layer cannot be read.
pub fn find_buildings(buildings: &CityLayer, id: &str) -> io::Result<Vec<u32>> {
    let named = identity::features_of(buildings, id);
    let key = building_key(id).filter(|_| named.is_empty());
    let Some(key) = key else { return Ok(named) };
    let columns = Columns::read(buildings, &[Meaning::Code, Meaning::Id])?;
    let is = |meaning, row| columns.text(meaning, row).and_then(|text| building_key(&text)).as_ref() == Some(&key);
    Ok((0..columns.rows).filter(|row| is(Meaning::Code, *row) || is(Meaning::Id, *row)).collect())
}

/// Counts units by state: states of the tables in their order, then others by their text, then none. The counts add
/// up to the units.
pub fn count_states(units: &[UnitRow]) -> Vec<StatusCount> {
    let mut counts: Vec<StatusCount> = Vec::new();
    for unit in units {
        let class = unit.known_status().map(|status| status.class.clone());
        let text = class.as_ref().map_or_else(|| unit.status.clone().unwrap_or_default(), |c| c.title.zh.clone());
        match counts.iter_mut().find(|count| count.text == text && count.class == class) {
            Some(count) => count.units += 1,
            None => counts.push(StatusCount { class, text, units: 1 }),
        }
    }
    let place = |class: &Class| super::tables::tables().statuses.iter().position(|s| s.class.code == class.code);
    counts.sort_by_key(|c| (c.class.as_ref().and_then(place).unwrap_or(usize::MAX), c.text.is_empty(), c.text.clone()));
    counts
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Shape, layer};
    use super::*;
    use crate::model::Role;
    use serde_json::json;

    fn cards(rows: &[serde_json::Value]) -> Vec<Card> {
        let rows: Vec<_> = rows.iter().map(|row| (row.clone(), Shape::Square(0.0, 0.0, 10.0, 10.0))).collect();
        let buildings = layer("buildings", Role::Building, &rows, &[]);
        let families = Families::find(&buildings).unwrap();
        (0..rows.len() as u32).map(|row| Card::of(&buildings, row, &families).unwrap()).collect()
    }

    #[test]
    fn every_value_says_which_field_it_comes_from() {
        let row = json!({
            "BDCDYH": "370104100209GB01009F10760000", "JZWMC": "一号楼", "FWJG": "3", "DSCS": 2.5, "DXCS": 1,
            "JGRQ": "1998-05-01", "ZTS": 24, "SCJZMJ": 1820.5, "安全等级": "C级", "GHYT": "住宅"
        });
        let card = &cards(&[row])[0];
        let number = |key: &str| match &card.fact(key).unwrap().value {
            Some(FactValue::Number(number)) => Some(*number),
            _ => None,
        };
        let from = |key: &str| card.fact(key).unwrap().from.clone().unwrap_or_default();
        assert_eq!((number("year"), from("year").as_str()), (Some(1998.0), "JGRQ"));
        // Two and a half storeys are not three.
        assert_eq!((number("storeys"), from("storeys").as_str()), (Some(2.5), "DSCS"));
        assert_eq!((number("units"), number("storeys_below")), (Some(24.0), Some(1.0)));
        assert_eq!((number("floor_area_m2"), from("floor_area_m2").as_str()), (Some(1820.5), "SCJZMJ"));
        let structure = card.fact("structure").unwrap();
        assert_eq!(structure.class.as_ref().unwrap().title.zh, "钢筋混凝土结构");
        let grade = card.fact("safety_grade").unwrap();
        assert_eq!((&grade.value, grade.from.as_deref()), (&Some(FactValue::Text("C".into())), Some("安全等级")));
        assert_eq!(card.code.as_ref().unwrap().printed.as_deref(), Some("370104 100209 GB01009 F10760000"));
    }

    #[test]
    fn what_cannot_be_is_unknown_with_the_reason() {
        let rows = [
            json!({"id": "a", "year_built": 0, "structure": "heavy", "safety": "Dsu"}),
            json!({"id": "b", "year_built": 1995, "structure": "3", "safety": "A"}),
            json!({"id": "c", "year_built": 20115, "structure": null, "safety": "B"}),
        ];
        let cards = cards(&rows);
        for (card, key) in [(0, "year"), (2, "year"), (0, "structure"), (0, "safety_grade")] {
            let fact = cards[card].fact(key).unwrap();
            assert!(
                fact.value.is_none() && fact.note.as_ref().is_some_and(|note| note.contains("unknown")),
                "{fact:?}"
            );
        }
        assert!(cards[2].fact("structure").unwrap().note.is_none(), "nothing was said, nothing is odd");
        assert!(cards[1].fact("retrofit").unwrap().from.is_none());
    }

    #[test]
    fn a_code_that_is_wrong_is_shown_with_what_is_wrong() {
        let card = &cards(&[json!({"BDCDYH": "370104100209KB01009F10760000"})])[0];
        let code = card.code.as_ref().unwrap();
        assert!(code.error.as_ref().unwrap().contains("character 13"), "{code:?}");
    }

    /// The house names its owner: its address is masked as in every other answer. Its three people are one to four.
    #[test]
    fn a_masked_card_hides_the_address_beside_a_person_and_how_few_live_there() {
        let rows =
            [json!({"id": "a", "户主": "张三丰", "地址": "天津市南开区复康路12号院3", "residents": 3, "用途": "住宅"})];
        let rows: Vec<_> = rows.iter().map(|row| (row.clone(), Shape::Square(0.0, 0.0, 10.0, 10.0))).collect();
        let buildings = layer("buildings", Role::Building, &rows, &[]);
        let card = Card::of(&buildings, 0, &Families::default()).unwrap();
        let text = |card: &Card, key: &str| card.fact(key).unwrap().value.clone();
        assert_eq!(text(&card, "residents"), Some(FactValue::Number(3.0)));
        let masked = card.masked(&Masks::of(&buildings.layer.table));
        assert_eq!(text(&masked, "address"), Some(FactValue::Text("天津市南开区********".into())));
        assert_eq!(text(&masked, "residents"), Some(FactValue::Text("1–4".into())));
        assert_eq!(text(&masked, "use"), Some(FactValue::Text("住宅".into())));
    }

    /// The house is called by its owner, and its id is his identity card's number (the example of GB 11643-1999).
    #[test]
    fn a_masked_card_hides_who_names_a_building_and_quotes_no_number_of_a_person() {
        let row = json!({"身份证号": "11010519491231002X", "户主": "张三丰", "structure": "电话13800138000"});
        let declared = [(Meaning::Id, "身份证号"), (Meaning::Name, "户主"), (Meaning::Structure, "structure")];
        let rows = [(row, Shape::Square(0.0, 0.0, 10.0, 10.0))];
        let buildings = layer("buildings", Role::Building, &rows, &declared);
        let card = Card::of(&buildings, 0, &Families::default()).unwrap();
        assert_eq!((card.id.as_str(), card.title.zh.as_str()), ("11010519491231002X", "张三丰"));
        // Learned from rows that have no number among their structures, as of a sample.
        let sample = json!({"身份证号": "11010519491231002X", "户主": "李四", "structure": "3"});
        let sample = layer("sample", Role::Building, &[(sample, Shape::None)], &[]);
        let masked = card.masked(&Masks::of(&sample.layer.table));
        assert_eq!((masked.id.as_str(), masked.title.zh.as_str()), ("#0", "张*丰"));
        assert!(masked.code.is_none());
        let note = masked.fact("structure").unwrap().note.as_deref();
        assert_eq!(note, Some("the field says \"电话138****8000\", which is not in the table: unknown"));
        let said = serde_json::to_string(&masked).unwrap();
        assert!(!["张三丰", "11010519491231002X", "13800138000"].iter().any(|raw| said.contains(raw)), "{said}");
    }

    #[test]
    fn states_add_up_to_the_units_and_unknown_ones_are_kept() {
        let states = ["已售", "抵押", "已售", "sold", "冻结", ""];
        let unit =
            |text: &&str| UnitRow { status: (!text.is_empty()).then(|| (*text).to_owned()), ..UnitRow::default() };
        let counts = count_states(&states.iter().map(unit).collect::<Vec<_>>());
        let read: Vec<_> = counts.iter().map(|count| (count.text.as_str(), count.units)).collect();
        assert_eq!(read, [("已售", 3), ("抵押", 1), ("冻结", 1), ("", 1)]);
    }

    #[test]
    fn a_building_is_found_by_the_code_of_its_unit() {
        let rows = [
            (json!({"BDCDYH": "370104100209GB01009F10760000"}), Shape::Square(0.0, 0.0, 1.0, 1.0)),
            (json!({"BDCDYH": "370104100209GB01009F10780000"}), Shape::Square(2.0, 0.0, 3.0, 1.0)),
            (json!({"BDCDYH": "370104100209GB01009F10780000"}), Shape::Square(4.0, 0.0, 5.0, 1.0)),
        ];
        let buildings = layer("buildings", Role::Building, &rows, &[]);
        let find = |id| find_buildings(&buildings, id).unwrap();
        assert_eq!(find("370104100209GB01009F10760000"), [0]);
        assert_eq!(find("370104 100209 GB01009 F10760002"), [0]);
        assert_eq!(find("370104100209GB01009F10770002"), [0_u32; 0]);
        // Two have the code of the third: both are meant.
        assert_eq!(
            (find("370104100209GB01009F10780000"), find("370104100209GB01009F10780009")),
            (vec![1, 2], vec![1, 2])
        );
    }
}
