//! Official land-use classes: names in both languages and map colours.

use std::sync::LazyLock;

use super::layer::Title;
use super::style::read_colour;

/// A land-use class.
#[derive(Clone, Debug, PartialEq)]
pub struct LandUse {
    /// The official code: `0701`, `R2`.
    pub code: String,
    /// The official name, and our English.
    pub name: Title,
    /// The map colour: red, green, blue.
    pub colour: [u8; 3],
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    class: Vec<Row>,
    old: Vec<Row>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    zh: String,
    en: String,
    colour: String,
}

static TABLE: LazyLock<Vec<LandUse>> = LazyLock::new(|| {
    let text = include_str!("../../assets/land_use_2023.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    let table: Table = toml::from_str(text).expect("assets/land_use_2023.toml is valid");
    let rows = table.class.into_iter().chain(table.old);
    let read = |row: Row| LandUse {
        colour: read_colour(&row.colour).expect("the table's colours are #rrggbb"),
        name: Title { zh: row.zh, en: row.en },
        code: row.code,
    };
    rows.map(read).collect()
});

/// The class of a land use as data writes it: a code of the 2023 guide (`070102`) or of
/// GB 50137-2011 (`R21`), alone or followed by a name (`R2 二类居住用地`), else the official Chinese
/// name. The longest code of the table that the data's code begins with.
pub fn land_use(text: &str) -> Option<&'static LandUse> {
    let text = text.trim();
    let code: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
    let of_code = || {
        let letters = code.chars().take_while(char::is_ascii_alphabetic).count();
        let digits = code.get(letters..).unwrap_or_default();
        let is_2023 = letters == 0 && code.len() >= 2 && code.len() % 2 == 0 && code.len() <= 6;
        let is_old = letters == 1 && digits.len() <= 2;
        let numeric = digits.bytes().all(|b| b.is_ascii_digit());
        let fits = |class: &&LandUse| code.starts_with(class.code.as_str());
        (numeric && (is_2023 || is_old))
            .then(|| TABLE.iter().filter(fits).max_by_key(|class| class.code.len()))
            .flatten()
    };
    of_code().or_else(|| TABLE.iter().find(|class| class.name.zh == text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Colours: 市级国土空间总体规划制图规范, as in the project's planning notes.
    #[test]
    fn codes_take_the_class_of_their_longest_known_beginning() {
        let cases = [
            ("0701", "0701", [255, 255, 45]),
            ("070102", "0701", [255, 255, 45]),
            ("080403", "0804", [255, 133, 201]),
            ("09", "09", [255, 0, 0]),
            ("1301", "13", [0, 99, 128]),
            ("R21", "R2", [255, 255, 0]),
            ("R2 二类居住用地", "R2", [255, 255, 0]),
            ("A33", "A3", [255, 133, 201]),
            ("公园绿地", "1401", [0, 255, 0]),
        ];
        for (text, code, colour) in cases {
            let class = land_use(text).map(|class| (class.code.as_str(), class.colour));
            assert_eq!(class, Some((code, colour)), "{text}");
        }
        for none in ["", "C-3", "Residential", "7", "99", "0", "070", "Green"] {
            assert_eq!(land_use(none), None, "{none}");
        }
    }

    #[test]
    fn every_level_one_class_has_a_colour_and_two_names() {
        for code in 1..=24 {
            let class = land_use(&format!("{code:02}")).expect("all 24 level-one classes");
            assert!(!class.name.zh.is_empty() && !class.name.en.is_empty());
        }
    }
}
