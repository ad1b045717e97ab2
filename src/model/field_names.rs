//! Readable names of fields: a table in `assets/field_names.toml`, by raw key.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::layer::Title;

/// The readable name of a raw key in both languages; `None` where the table has none. Case does not
/// matter.
pub fn readable(key: &str) -> Option<&'static Title> {
    static NAMES: OnceLock<HashMap<String, Title>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let table: HashMap<String, [String; 2]> =
            toml::from_str(include_str!("../../assets/field_names.toml")).unwrap_or_default();
        table.into_iter().map(|(key, [zh, en])| (key.to_lowercase(), Title { zh, en })).collect()
    });
    names.get(&key.to_lowercase())
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
        assert!(readable("no such key").is_none());
    }
}
