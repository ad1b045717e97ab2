//! Readable names of fields: a table in `assets/field_names.toml`, by raw key.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::layer::Title;

/// The readable name of a raw key in both languages; `None` where the table has none. A key written
/// exactly so comes first (`Floor` counts storeys, `floor` is one of them); else case does not matter.
pub fn readable(key: &str) -> Option<&'static Title> {
    static NAMES: OnceLock<HashMap<String, Title>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let table: BTreeMap<String, [String; 2]> =
            toml::from_str(include_str!("../../assets/field_names.toml")).unwrap_or_default();
        let mut names = HashMap::with_capacity(2 * table.len());
        for (key, [zh, en]) in table {
            names.entry(key.to_lowercase()).or_insert_with(|| Title { zh: zh.clone(), en: en.clone() });
            names.insert(key, Title { zh, en });
        }
        names
    });
    names.get(key).or_else(|| names.get(&key.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn the_table_is_sound_and_every_name_has_both_languages() {
        let names = ["height_m", "ZCS", "building:levels", "BDCDYH", "year"];
        for key in names {
            let title = readable(key).unwrap_or_else(|| panic!("{key} has no readable name"));
            assert!(!title.zh.is_empty() && !title.en.is_empty(), "{key}");
        }
        assert_eq!(readable("zcs").unwrap().zh, "总层数");
        // Suzhou's `Floor` is a number of storeys, a dwelling's `floor` the one that it is on.
        assert_eq!(readable("Floor").unwrap().en, "Storeys");
        assert_eq!(readable("floor").unwrap().en, "Floor");
        assert_eq!(readable("FLOOR").unwrap().en, "Floor");
        assert!(readable("no such key").is_none());
    }
}
