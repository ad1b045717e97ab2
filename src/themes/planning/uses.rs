//! Which uses of buildings belong on land of a class (`assets/land_use_fit.toml`).

use std::sync::LazyLock;

use crate::model::height::UseClass;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    share: f64,
    class: Vec<Row>,
    paved: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    not: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = include_str!("../../../assets/land_use_fit.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    toml::from_str(text).expect("assets/land_use_fit.toml is valid")
});

/// The share of floor area with a use that does not belong there, from which a parcel is in breach.
pub fn most_misfit() -> f64 {
    TABLE.share
}

/// Whether a use belongs on land with a code; `None` where the table does not say, or the use is unknown.
pub fn belongs(land_use: &str, class: Option<UseClass>) -> Option<bool> {
    let word = class?.word();
    let rows = TABLE.class.iter().filter(|row| land_use.starts_with(row.code.as_str()));
    rows.max_by_key(|row| row.code.len()).map(|row| !row.not.iter().any(|not| not == word))
}

/// Whether the table says anything of a land use.
pub fn judges(land_use: &str) -> bool {
    TABLE.class.iter().any(|row| land_use.starts_with(row.code.as_str()))
}

/// Whether ground of a category in a layer of green is paved, and no green space.
pub fn is_paved(category: &str) -> bool {
    let lower = category.to_lowercase();
    TABLE.paved.iter().any(|word| lower.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factories_do_not_belong_among_housing_and_shops_do() {
        let says = |code: &str, word: &str| belongs(code, UseClass::of_word(word));
        assert_eq!(says("070102", "industrial"), Some(false));
        assert_eq!(says("070102", "commercial"), Some(true));
        assert_eq!(says("R2", "storage"), Some(false));
        assert_eq!(says("100101", "residential"), Some(false));
        assert_eq!(says("1401", "office"), Some(false));
        // Nothing is said of transport land, nor of a use that is not known.
        assert_eq!(says("1207", "industrial"), None);
        assert_eq!(belongs("070102", None), None);
    }

    #[test]
    fn every_class_of_the_table_is_a_class_of_uses() {
        for word in TABLE.class.iter().flat_map(|row| &row.not) {
            assert!(UseClass::of_word(word).is_some(), "{word}");
        }
    }

    #[test]
    fn sports_fields_and_squares_are_no_green_space() {
        assert!(is_paved("sports_field") && is_paved("广场用地") && is_paved("Plaza"));
        assert!(!is_paved("park") && !is_paved("附属绿地"));
    }
}
