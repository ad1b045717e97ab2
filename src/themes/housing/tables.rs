//! The tables of `assets/housing.toml`: structures, grades, states, years, personal fields.

use std::sync::LazyLock;

use super::personal::Kind;
use crate::model::Title;
use crate::model::style::read_colour;

/// An entry of a table: what a value of the data means.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Class {
    /// The code in answers: `3`, `C`, `sold`.
    pub code: String,
    /// For people.
    pub title: Title,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// Other ways in which data writes it.
    #[serde(skip)]
    words: Vec<String>,
}

/// A grade of danger (JGJ 125-2016).
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Grade {
    /// `A` to `D`, with its sense and colour.
    pub class: Class,
    /// In few words, for charts: `局部危险`.
    pub short: Title,
    /// Whether it is a dangerous building in law (危房).
    pub danger: bool,
}

/// A state of a unit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Status {
    /// The state.
    pub class: Class,
    /// Whether it says that the unit stands empty.
    pub vacant: bool,
}

/// Names of fields that hold one kind of personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonalNames {
    /// The kind.
    pub kind: Kind,
    /// Whether they are personal only in a table that names persons.
    pub with_person: bool,
    /// Whether they are personal only where they stand alone.
    pub exact: bool,
    /// The names without case, spaces and punctuation.
    pub names: Vec<String>,
}

/// Names of fields in a layer of units that mean nothing elsewhere.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitNames {
    /// Entrance.
    pub entrance: Vec<String>,
    /// Storey.
    pub floor: Vec<String>,
    /// Floor area, square metres.
    pub floor_area: Vec<String>,
}

/// All tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// Structures (FWJG 房屋结构 and survey classes).
    pub structures: Vec<Class>,
    /// Grades of danger, best first.
    pub grades: Vec<Grade>,
    /// States of a unit.
    pub statuses: Vec<Status>,
    /// The last year of each class but the last.
    pub year_breaks: Vec<i32>,
    /// Cells of fewer people are suppressed.
    pub least_cell: u64,
    /// Fields known only in a layer of units.
    pub unit_fields: UnitNames,
    /// Names of personal fields.
    pub personal: Vec<PersonalNames>,
    /// What a name may begin with that says whose it is.
    pub person_before: Vec<String>,
    /// What a name may end with that says "number".
    pub number_after: Vec<String>,
    /// Names of fields of running text.
    pub free_text: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    structure: Vec<Row>,
    grade: Vec<Row>,
    status: Vec<Row>,
    year_breaks: Vec<i32>,
    least_cell: u64,
    unit_fields: UnitNames,
    personal: Vec<PersonalRow>,
    person_before: Vec<String>,
    number_after: Vec<String>,
    free_text: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    zh: String,
    en: String,
    colour: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    short: Option<[String; 2]>,
    #[serde(default)]
    danger: bool,
    #[serde(default)]
    vacant: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonalRow {
    kind: Kind,
    #[serde(default)]
    with_person: bool,
    #[serde(default)]
    exact: bool,
    words: Vec<String>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let text = include_str!("../../../assets/housing.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    let file: File = toml::from_str(text).expect("assets/housing.toml is valid");
    let class = |row: &Row| Class {
        code: row.code.clone(),
        title: Title { zh: row.zh.clone(), en: row.en.clone() },
        // As above.
        colour: read_colour(&row.colour).expect("the table's colours are #rrggbb"),
        words: row.words.iter().map(|word| folded(word)).collect(),
    };
    let short = |row: &Row| match &row.short {
        Some([zh, en]) => Title { zh: zh.clone(), en: en.clone() },
        None => Title { zh: row.zh.clone(), en: row.en.clone() },
    };
    let personal = file.personal.into_iter().map(|row| PersonalNames {
        kind: row.kind,
        with_person: row.with_person,
        exact: row.exact,
        names: row.words.iter().map(|word| plain(word)).collect(),
    });
    Tables {
        structures: file.structure.iter().map(class).collect(),
        grades: file
            .grade
            .iter()
            .map(|row| Grade { class: class(row), short: short(row), danger: row.danger })
            .collect(),
        statuses: file.status.iter().map(|row| Status { class: class(row), vacant: row.vacant }).collect(),
        year_breaks: file.year_breaks,
        least_cell: file.least_cell,
        unit_fields: file.unit_fields,
        personal: personal.collect(),
        person_before: file.person_before,
        number_after: file.number_after,
        free_text: file.free_text.iter().map(|word| plain(word)).collect(),
    }
});

/// The tables.
pub fn tables() -> &'static Tables {
    &TABLES
}

/// The structure that a value names: an FWJG code (`3`, `03`, `3.0`), its name or another word for it.
pub fn structure(text: &str) -> Option<&'static Class> {
    let text = folded(text);
    let digits = text.strip_suffix(".0").unwrap_or(&text).trim_start_matches('0');
    TABLES.structures.iter().find(|class| class.code == digits || class.is(&text))
}

/// The grade of danger that a value names: `C`, `c`, `C级`, `Ｃ 级`; nothing else, so that other scales (`Csu`)
/// are not taken for it.
pub fn grade(text: &str) -> Option<&'static Grade> {
    let text = folded(text);
    let letter = text.strip_suffix('级').unwrap_or(&text).trim();
    TABLES.grades.iter().find(|grade| grade.class.code.eq_ignore_ascii_case(letter))
}

/// The state of a unit that a value names.
pub fn status(text: &str) -> Option<&'static Status> {
    let text = folded(text);
    TABLES.statuses.iter().find(|status| status.class.code == text || status.class.is(&text))
}

impl Class {
    fn is(&self, folded_text: &str) -> bool {
        folded(&self.title.zh) == folded_text
            || folded(&self.title.en) == folded_text
            || self.words.iter().any(|word| word == folded_text)
    }
}

/// A class of building years: from the year after one break to the next; `None` is without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct YearClass {
    /// First year.
    pub from: Option<i32>,
    /// Last year.
    pub to: Option<i32>,
}

impl YearClass {
    /// The classes between breaks, oldest first.
    pub fn all(breaks: &[i32]) -> Vec<Self> {
        let from = std::iter::once(None).chain(breaks.iter().map(|last| Some(last + 1)));
        let to = breaks.iter().copied().map(Some).chain(std::iter::once(None));
        from.zip(to).map(|(from, to)| Self { from, to }).collect()
    }

    /// Whether a year lies in it.
    pub fn holds(&self, year: i32) -> bool {
        self.from.is_none_or(|from| from <= year) && self.to.is_none_or(|to| year <= to)
    }

    /// `-1980`, `1981-1990`, `2016-`.
    pub fn code(&self) -> String {
        let year = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
        format!("{}-{}", year(self.from), year(self.to))
    }

    /// For people.
    pub fn title(&self) -> Title {
        match (self.from, self.to) {
            (None, Some(to)) => Title { zh: format!("{to} 年及以前"), en: format!("{to} and before") },
            (Some(from), None) => Title { zh: format!("{from} 年及以后"), en: format!("{from} and after") },
            (Some(from), Some(to)) => Title { zh: format!("{from}–{to} 年"), en: format!("{from} to {to}") },
            (None, None) => Title { zh: "所有年份".to_owned(), en: "All years".to_owned() },
        }
    }
}

/// Trimmed, lower case, full-width letters and digits as usual ones.
fn folded(text: &str) -> String {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect::<String>().trim().to_owned()
}

/// A field's name without case, spaces and punctuation.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes: FWJG of the registration schema, in the project's housing facts.
    #[test]
    fn structures_are_read_as_codes_and_as_words() {
        let code = |text| structure(text).map(|class| class.code.as_str());
        assert_eq!(structure("3").map(|class| class.title.zh.as_str()), Some("钢筋混凝土结构"));
        for text in ["3", "03", "3.0", " 3 ", "钢筋混凝土", "RC", "钢混"] {
            assert_eq!(code(text), Some("3"), "{text}");
        }
        assert_eq!((code("砖混"), code("砖木结构"), code("砌体")), (Some("4"), Some("5"), Some("masonry")));
        for text in ["", "0", "7", "33", "heavy"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    /// JGJ 125-2016 6.1.4; 危房 in law is C and D.
    #[test]
    fn a_grade_is_never_read_from_another_scale() {
        let read = |text| grade(text).map(|grade| (grade.class.code.as_str(), grade.danger));
        assert_eq!(
            (read("A"), read("b"), read("C级"), read("Ｄ级")),
            (Some(("A", false)), Some(("B", false)), Some(("C", true)), Some(("D", true)))
        );
        for other in ["", "Asu", "Dsu", "E", "完好", "危险", "AB", "1"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn every_year_lies_in_exactly_one_class() {
        let classes = YearClass::all(&tables().year_breaks);
        assert_eq!(classes.len(), 6);
        for year in 1900..2100 {
            assert_eq!(classes.iter().filter(|class| class.holds(year)).count(), 1, "{year}");
        }
        let codes: Vec<String> = classes.iter().map(YearClass::code).collect();
        assert_eq!(codes, ["-1980", "1981-1990", "1991-2000", "2001-2010", "2011-2015", "2016-"]);
    }
}
