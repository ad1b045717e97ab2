//! Typical storey heights by use.

use std::sync::LazyLock;

use crate::model::layer::Title;

/// The table, as in `assets/storey_heights.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    other: f64,
    #[serde(rename = "use")]
    uses: Vec<Use>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    class: String,
    zh: String,
    en: String,
    metres: f64,
    codes: Vec<String>,
    words: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = include_str!("../../../assets/storey_heights.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    toml::from_str(text).expect("assets/storey_heights.toml is valid")
});

/// A class of uses, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UseClass(usize);

impl UseClass {
    /// The class of a use as written in data (a code or words); `None` when it is not known.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_lowercase();
        let code = |use_: &Use| use_.codes.iter().any(|code| starts_with_code(text, code));
        let word = |use_: &Use| use_.words.iter().any(|word| lower.contains(word.as_str()));
        // The longest code that fits: 090104 is a hotel, 09 is commerce.
        let codes = TABLE.uses.iter().enumerate().filter(|(_, use_)| code(use_));
        let longest = |use_: &Use| use_.codes.iter().filter(|c| starts_with_code(text, c)).map(String::len).max();
        codes
            .max_by_key(|(_, use_)| longest(use_))
            .or_else(|| TABLE.uses.iter().enumerate().find(|(_, use_)| word(use_)))
            .map(|(i, _)| Self(i))
    }

    /// The class of a word that [`Self::word`] gave.
    pub fn of_word(word: &str) -> Option<Self> {
        TABLE.uses.iter().position(|use_| use_.class == word).map(Self)
    }

    /// The word of the class: `residential`.
    pub fn word(self) -> &'static str {
        TABLE.uses.get(self.0).map_or("other", |use_| use_.class.as_str())
    }

    /// All classes, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.uses.len()).map(Self)
    }

    /// Housing: what is taken where nothing says otherwise.
    pub fn housing() -> Self {
        Self::of_word("residential").unwrap_or(Self(0))
    }

    /// Its name for people.
    pub fn name(self) -> Title {
        TABLE.uses.get(self.0).map_or_else(Title::default, |use_| Title { zh: use_.zh.clone(), en: use_.en.clone() })
    }

    /// Typical height of a storey of this class, metres.
    pub fn storey_height(self) -> f64 {
        TABLE.uses.get(self.0).map_or(TABLE.other, |use_| use_.metres)
    }
}

/// Typical height of a storey, metres, where the use is unknown or known.
pub fn storey_height(class: Option<UseClass>) -> f64 {
    class.map_or(TABLE.other, UseClass::storey_height)
}

/// Whether a text is an official code that begins with `code`: only digits after digits (`0701` for
/// `07`), at most digits after a letter (`R21` for `R2`, but not `Retail` for `R`).
fn starts_with_code(text: &str, code: &str) -> bool {
    let Some(rest) = text.strip_prefix(code) else { return false };
    let is_number = code.bytes().all(|b| b.is_ascii_digit());
    // PLATEAU's three-digit codes are whole; 2023 codes have an even number of digits.
    let length_fits =
        if is_number && code.len() == 3 { rest.is_empty() } else { !is_number || text.len().is_multiple_of(2) };
    length_fits && rest.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_in_four_languages_and_three_code_lists_have_a_class() {
        let cases = [
            ("0701", "residential"),
            ("070102", "residential"),
            ("R2", "residential"),
            ("R21", "residential"),
            ("住宅用地", "residential"),
            ("woonfunctie", "residential"),
            ("apartments", "residential"),
            ("411", "residential"),
            ("090104", "hotel"),
            ("0901", "commercial"),
            ("B1", "commercial"),
            ("B14", "hotel"),
            ("Retail", "commercial"),
            ("0902", "office"),
            ("商务金融用地", "office"),
            ("kantoorfunctie", "office"),
            ("M1", "industrial"),
            ("1001", "industrial"),
            ("W1", "storage"),
            ("hospital", "health"),
        ];
        for (text, class) in cases {
            assert_eq!(UseClass::of(text).map(UseClass::word), Some(class), "{text}");
        }
        for unknown in ["", "yes", "Metro", "10,5", "Rathaus", "7"] {
            assert_eq!(UseClass::of(unknown).map(UseClass::word), None, "{unknown}");
        }
    }
}
