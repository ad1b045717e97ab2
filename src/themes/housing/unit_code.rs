//! The real-estate unit code (不动产单元代码, GB/T 37346-2019): 28 characters, and its beginnings.
//!
//! ```text
//! 370104 100209 GB01009 F10760002
//! county district+sub-district  land type, right type, parcel serial  fixture type, building, dwelling
//! ```
//! The first 19 characters are the parcel's code (宗地代码); the first 24 of a building's unit
//! are the key of the building (自然幢).

use std::ops::RangeInclusive;

use crate::model::Title;

/// How much of the code there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 19 characters: a parcel (宗地).
    Parcel,
    /// 24 characters: a building (自然幢).
    Building,
    /// 28 characters: a unit (不动产单元).
    Unit,
}

/// A code that has the form of the standard.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitCode {
    /// 19, 24 or 28 ASCII letters and digits.
    text: String,
    level: Level,
    warnings: Vec<Title>,
}

/// A group of characters and what it says.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Group {
    /// Place of the first character, from 1.
    pub from: usize,
    /// Place of the last character.
    pub to: usize,
    /// The characters.
    pub text: String,
    /// What they are: county division.
    pub name: Title,
    /// What they say here; empty where the number itself is all.
    pub meaning: Title,
}

/// Text that is no unit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Neither a parcel, nor a building, nor a unit.
    #[error("it has {found} characters; a parcel code has 19, a building key 24, a unit code 28")]
    Length {
        /// Characters without the spaces.
        found: usize,
    },
    /// Characters that cannot stand there.
    #[error("{} ({name_en}): \"{found}\", expected {expected}", places(*from, *to))]
    Characters {
        /// Place of the first, from 1.
        from: usize,
        /// Place of the last.
        to: usize,
        /// What they should be.
        name_en: &'static str,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
}

impl CodeError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Length { found } => format!("共 {found} 位；宗地代码 19 位，幢代码 24 位，单元代码 28 位"),
            Self::Characters { from, to, found, .. } => {
                let name = RULES.iter().find(|rule| rule.at.start() == from).map_or("", |rule| rule.zh);
                let places = if from == to { format!("{from}") } else { format!("{from}–{to}") };
                format!("第 {places} 位（{name}）不能为“{found}”")
            }
        }
    }
}

fn places(from: usize, to: usize) -> String {
    if from == to { format!("character {from}") } else { format!("characters {from} to {to}") }
}

/// Groups: places from 1, names, what may stand there.
struct Rule {
    at: RangeInclusive<usize>,
    zh: &'static str,
    en: &'static str,
    expected: &'static str,
    allowed: fn(char) -> bool,
}

const RULES: [Rule; 9] = [
    Rule::digits(1..=6, "县级行政区划", "county division", "6 digits of GB/T 2260"),
    Rule::digits(7..=9, "地籍区", "cadastral district", "3 digits"),
    Rule::digits(10..=12, "地籍子区", "cadastral sub-district", "3 digits"),
    Rule {
        at: 13..=13,
        zh: "土地所有权类型",
        en: "land ownership",
        expected: "G (state), J (collective) or Z (undetermined)",
        allowed: |c| "GJZ".contains(c),
    },
    Rule {
        at: 14..=14, zh: "权利类型", en: "right type", expected: "a letter", allowed: |c| c.is_ascii_uppercase()
    },
    Rule::digits(15..=19, "宗地顺序号", "parcel serial", "5 digits"),
    Rule {
        at: 20..=20,
        zh: "定着物类型",
        en: "fixture type",
        expected: "F (building), L (trees), Q (other) or W (none)",
        allowed: |c| "FLQW".contains(c),
    },
    Rule::digits(21..=24, "幢号", "building number", "4 digits"),
    Rule::digits(25..=28, "户号", "dwelling number", "4 digits"),
];

impl Rule {
    const fn digits(at: RangeInclusive<usize>, zh: &'static str, en: &'static str, expected: &'static str) -> Self {
        Self { at, zh, en, expected, allowed: |c| c.is_ascii_digit() }
    }
}

/// Letters of the right type (character 14) with their names.
const RIGHTS: [(char, &str, &str); 12] = [
    ('A', "集体土地所有权", "collective land ownership"),
    ('B', "建设用地使用权（地表）", "right to use construction land, surface"),
    ('S', "建设用地使用权（地上）", "right to use construction land, above ground"),
    ('X', "建设用地使用权（地下）", "right to use construction land, below ground"),
    ('C', "宅基地使用权", "homestead"),
    ('D', "土地承包经营权（耕地）", "contracted farmland"),
    ('E', "林地", "forest land"),
    ('F', "草地", "grassland"),
    ('H', "海域使用权", "sea area"),
    ('G', "无居民海岛使用权", "uninhabited island"),
    ('W', "使用权未确定或有争议", "undetermined or disputed"),
    ('Y', "其他", "other"),
];

impl UnitCode {
    /// Reads a code; spaces between groups do not matter, small letters are taken as capitals with a warning.
    ///
    /// ```
    /// use cimbase::themes::housing::unit_code::UnitCode;
    /// let code = UnitCode::parse("370104 100209 GB01009 F10760002").unwrap();
    /// assert_eq!(code.parcel(), "370104100209GB01009");
    /// assert_eq!(code.building(), Some("370104100209GB01009F1076"));
    /// ```
    ///
    /// # Errors
    /// [`CodeError`]: which characters are wrong and what is expected.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let upper = compact.to_ascii_uppercase();
        let characters: Vec<char> = upper.chars().collect();
        let level = match characters.len() {
            19 => Level::Parcel,
            24 => Level::Building,
            28 => Level::Unit,
            found => return Err(CodeError::Length { found }),
        };
        for rule in RULES.iter().filter(|rule| *rule.at.end() <= characters.len()) {
            let found = &characters[rule.at.start() - 1..*rule.at.end()];
            if !found.iter().all(|c| (rule.allowed)(*c)) {
                return Err(rule.error(found.iter().collect(), rule.expected));
            }
        }
        if level == Level::Building && characters[19] != 'F' {
            return Err(
                RULES[6].error(characters[19].to_string(), "F (building): only buildings have keys of 24 characters")
            );
        }
        let mut code = Self { text: upper, level, warnings: Vec::new() };
        code.warnings = code.doubts(compact != code.text);
        Ok(code)
    }

    fn doubts(&self, small: bool) -> Vec<Title> {
        let mut doubts = Vec::new();
        let mut add = |zh: String, en: String| doubts.push(Title { zh, en });
        if small {
            add("代码中有小写字母，已按大写处理".into(), "small letters were taken as capitals".into());
        }
        let right = self.letter(14);
        if !RIGHTS.iter().any(|(letter, ..)| *letter == right) {
            add(
                format!("第 14 位权利类型“{right}”不在已知代码表中"),
                format!("character 14: the right type {right} is not in the known list"),
            );
        }
        if self.part(15, 19) == "00000" {
            add(
                "第 15–19 位宗地顺序号应为 00001–99999".into(),
                "characters 15 to 19: parcel serials run from 00001".into(),
            );
        }
        if self.level == Level::Unit && self.letter(20) == 'W' && self.part(21, 28) != "00000000" {
            add(
                "第 21–28 位：无定着物时应为 00000000".into(),
                "characters 21 to 28: 00000000 is expected where there is no fixture".into(),
            );
        }
        doubts
    }

    /// Characters by their places from 1; ASCII, so that bytes are characters.
    fn part(&self, from: usize, to: usize) -> &str {
        self.text.get(from - 1..to).unwrap_or_default()
    }

    fn letter(&self, at: usize) -> char {
        self.part(at, at).chars().next().unwrap_or(' ')
    }

    /// The code without spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How much of the code there is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What is odd about it and no error.
    pub fn warnings(&self) -> &[Title] {
        &self.warnings
    }

    /// The parcel's code: the first 19 characters.
    pub fn parcel(&self) -> &str {
        self.part(1, 19)
    }

    /// The building's key: the first 24 characters, where the fixture is a building.
    pub fn building(&self) -> Option<&str> {
        (self.level != Level::Parcel && self.letter(20) == 'F').then(|| self.part(1, 24))
    }

    /// Whether it names one dwelling: a unit of a building with a number above 0000.
    pub fn is_dwelling(&self) -> bool {
        self.level == Level::Unit && self.letter(20) == 'F' && self.part(25, 28) != "0000"
    }

    /// As it is printed: groups of 6, 6, 7 and 9 characters.
    pub fn grouped(&self) -> String {
        let ends = [(1, 6), (7, 12), (13, 19), (20, self.text.len())];
        let groups = ends.iter().filter(|(from, _)| *from <= self.text.len()).map(|(from, to)| self.part(*from, *to));
        groups.collect::<Vec<_>>().join(" ")
    }

    /// What each group of characters says, in both languages.
    pub fn groups(&self) -> Vec<Group> {
        let there = RULES.iter().filter(|rule| *rule.at.end() <= self.text.len());
        let group = |rule: &Rule| {
            let (from, to) = (*rule.at.start(), *rule.at.end());
            let text = self.part(from, to);
            let meaning = self.meaning(from, text);
            Group { from, to, text: text.to_owned(), name: Title { zh: rule.zh.into(), en: rule.en.into() }, meaning }
        };
        there.map(group).collect()
    }

    fn meaning(&self, from: usize, text: &str) -> Title {
        let say = |zh: &str, en: &str| Title { zh: zh.to_owned(), en: en.to_owned() };
        let is_building = self.letter(20) == 'F';
        match (from, text) {
            (7 | 10, "000") => say("未划分（虚拟）", "unassigned (virtual)"),
            (13, "G") => say("国家土地所有权", "state-owned"),
            (13, "J") => say("集体土地所有权", "collectively owned"),
            (13, "Z") => say("所有权未确定或有争议", "undetermined or disputed"),
            (14, letter) => {
                let known = RIGHTS.iter().find(|(known, ..)| letter.starts_with(*known));
                known.map_or_else(|| say("未知", "unknown"), |(_, zh, en)| say(zh, en))
            }
            (20, "F") => say("房屋等建筑物、构筑物", "building or structure"),
            (20, "L") => say("森林或林木", "trees"),
            (20, "Q") => say("其他定着物", "other fixture"),
            (20, "W") => say("无定着物", "no fixture"),
            (21 | 25, _) if self.letter(20) == 'W' => say("无", "none"),
            (21 | 25, _) if !is_building => say("定着物单元号", "number of the fixture"),
            (25, "0000") => say("整幢", "the building as a whole"),
            _ => Title::default(),
        }
    }
}

impl Rule {
    fn error(&self, found: String, expected: &'static str) -> CodeError {
        CodeError::Characters { from: *self.at.start(), to: *self.at.end(), name_en: self.en, found, expected }
    }
}

impl std::fmt::Display for UnitCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.grouped())
    }
}

/// The key of the building that a code belongs to, where the text is one; what joins units to buildings.
pub fn building_key(text: &str) -> Option<String> {
    // Nearly every other text is out by its length; sixty bytes hold 28 characters with spaces between.
    if !(24..=60).contains(&text.len()) {
        return None;
    }
    UnitCode::parse(text).ok()?.building().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code in use, published in the source of a registration system.
    const REAL: &str = "370104100209GB01009F10760002";

    /// GB/T 37346-2019: 6 county, 3 + 3 cadastral districts, 2 + 5 parcel, 1 + 8 fixture.
    #[test]
    fn a_code_in_use_is_taken_apart_as_the_standard_says() {
        let code = UnitCode::parse(REAL).unwrap();
        let groups: Vec<_> = code.groups().into_iter().map(|g| (g.from, g.to, g.text)).collect();
        let expected = [
            (1, 6, "370104"),
            (7, 9, "100"),
            (10, 12, "209"),
            (13, 13, "G"),
            (14, 14, "B"),
            (15, 19, "01009"),
            (20, 20, "F"),
            (21, 24, "1076"),
            (25, 28, "0002"),
        ];
        assert_eq!(groups, expected.map(|(from, to, text)| (from, to, text.to_owned())));
        assert_eq!(code.parcel(), "370104100209GB01009");
        assert_eq!(code.building(), Some("370104100209GB01009F1076"));
        assert!(code.is_dwelling() && code.warnings().is_empty());
        let meaning = |from| code.groups().into_iter().find(|g| g.from == from).unwrap().meaning;
        assert_eq!(meaning(13).zh, "国家土地所有权");
        assert_eq!(
            meaning(14),
            Title {
                zh: "建设用地使用权（地表）".into(), en: "right to use construction land, surface".into()
            }
        );
        assert_eq!(meaning(20).en, "building or structure");
    }

    #[test]
    fn print_groups_are_6_6_7_9_and_reading_them_gives_the_same_code() {
        for (text, printed) in [
            (REAL, "370104 100209 GB01009 F10760002"),
            (&REAL[..24], "370104 100209 GB01009 F1076"),
            (&REAL[..19], "370104 100209 GB01009"),
        ] {
            let code = UnitCode::parse(text).unwrap();
            assert_eq!(code.to_string(), printed);
            assert_eq!(UnitCode::parse(printed).unwrap(), code);
        }
    }

    #[test]
    fn beginnings_are_parcels_and_buildings() {
        let level = |n: usize| UnitCode::parse(&REAL[..n]).map(|code| code.level());
        assert_eq!((level(19), level(24), level(28)), (Ok(Level::Parcel), Ok(Level::Building), Ok(Level::Unit)));
        assert_eq!(UnitCode::parse(&REAL[..19]).unwrap().building(), None);
        assert_eq!(level(23), Err(CodeError::Length { found: 23 }));
        assert_eq!(building_key(REAL).as_deref(), Some("370104100209GB01009F1076"));
        // Trees have no building.
        assert_eq!(building_key("370104100209GE01009L00010000"), None);
    }

    #[test]
    fn an_error_names_the_characters_and_what_is_expected() {
        let message = |text: &str| UnitCode::parse(text).unwrap_err().to_string();
        let wrong = |at: usize, letter: &str| {
            let mut text = REAL.to_owned();
            text.replace_range(at - 1..at, letter);
            message(&text)
        };
        for (at, letter, words) in [
            (3, "A", ["characters 1 to 6", "37A104", "6 digits"]),
            (13, "K", ["character 13 ", "\"K\"", "G (state), J (collective)"]),
            (14, "1", ["character 14 ", "\"1\"", "a letter"]),
            (20, "X", ["character 20 ", "\"X\"", "F (building)"]),
            (28, "x", ["characters 25 to 28", "000X", "4 digits"]),
        ] {
            let message = wrong(at, letter);
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
        assert!(message("").contains("28"));
        // Several web pages give the fixture five characters more: 32 is no code.
        assert!(message(&format!("{REAL}0001")).contains("32 characters"));
        // Bytes and characters differ in Chinese: 28 characters of it are no code and no panic.
        assert!(message(&"不".repeat(28)).contains("characters 1 to 6"));
        assert!(message("370104100209GB01009L1076").contains("only buildings"));
    }

    #[test]
    fn what_is_odd_but_possible_is_a_warning() {
        let warnings = |text: &str| UnitCode::parse(text).unwrap().warnings().len();
        // The 2019 edition added letters of right types: unknown ones are no error.
        assert_eq!(warnings("370104100209GK01009F10760002"), 1);
        assert_eq!(warnings("370104100209GB00000F10760002"), 1);
        assert_eq!(warnings("370104100209GB01009W00000000"), 0);
        assert_eq!(warnings("370104100209GB01009W00000001"), 1);
        assert_eq!(warnings("370104100209gb01009f10760002"), 1);
    }
}
