//! Categories of cases (部件、事件): major and minor classes, from a table that a city replaces with its own.

use std::collections::HashMap;

use crate::model::Title;

/// Whether a thing or a happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 部件: a manhole cover, a lamp.
    Part,
    /// 事件: litter, flooding.
    Event,
    /// 数据异议: a height in the base map that is wrong.
    Data,
}

impl Kind {
    /// The word of codes: `part`, `event`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Event => "event",
            Self::Data => "data",
        }
    }
}

/// A minor class.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// `event:0102`, `part:0101`, `data:0901`.
    pub id: String,
    /// Whether a thing or a happening.
    pub kind: Kind,
    /// The major class's code: `01`.
    pub major: String,
    /// The major class's name.
    pub major_name: Title,
    /// Its name.
    pub name: Title,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    list: Vec<List>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    kind: Kind,
    source: String,
    major: Vec<Major>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Major {
    code: String,
    zh: String,
    en: String,
    minors: Vec<[String; 3]>,
}

/// A table of categories.
#[derive(Clone, Debug, Default)]
pub struct Categories {
    all: Vec<Category>,
    by_word: HashMap<String, usize>,
    /// Where the lists were read.
    pub sources: Vec<String>,
}

/// The table that comes with the program.
pub const TABLE: &str = include_str!("../../../assets/case_categories.toml");

impl Categories {
    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn of(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut categories = Self::default();
        for list in file.list {
            categories.sources.push(list.source);
            for major in &list.major {
                for [code, zh, en] in &major.minors {
                    if !code.starts_with(&major.code) {
                        return Err(format!("{code} {zh} does not begin with its major class {}", major.code));
                    }
                    categories.push(Category {
                        id: format!("{}:{code}", list.kind.word()),
                        kind: list.kind,
                        major: major.code.clone(),
                        major_name: Title { zh: major.zh.clone(), en: major.en.clone() },
                        name: Title { zh: zh.clone(), en: en.clone() },
                    })?;
                }
            }
        }
        Ok(categories)
    }

    fn push(&mut self, category: Category) -> Result<(), String> {
        let place = self.all.len();
        if self.by_word.insert(category.id.clone(), place).is_some() {
            return Err(format!("{} stands there twice", category.id));
        }
        // What people report is a happening, unless they say otherwise.
        let code = category.id.split(':').next_back().unwrap_or_default().to_owned();
        let words = [code, category.name.zh.clone(), category.name.en.to_lowercase()];
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            let known = self.by_word.get(&word).copied();
            if known.is_none() || category.kind == Kind::Event {
                self.by_word.insert(word, place);
            }
        }
        self.all.push(category);
        Ok(())
    }

    /// All of them, in the order of the table.
    pub fn all(&self) -> &[Category] {
        &self.all
    }

    /// The category of an id, a code or a name in either language.
    pub fn find(&self, said: &str) -> Option<&Category> {
        let said = said.trim();
        let place = self.by_word.get(said).or_else(|| self.by_word.get(&said.to_lowercase()))?;
        self.all.get(*place)
    }

    /// The id of what is said, or that as it is where the table does not know it.
    pub fn id_of(&self, said: &str) -> String {
        self.find(said).map_or_else(|| said.trim().to_owned(), |category| category.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_found() {
        let table = Categories::of(TABLE).unwrap();
        let id = |said: &str| table.find(said).map(|category| category.id.as_str());
        assert_eq!(id("event:0102"), Some("event:0102"));
        assert_eq!(id("0102"), Some("event:0102"), "a bare code is that of an event");
        assert_eq!(id("part:0102"), Some("part:0102"));
        assert_eq!(id("0138"), Some("part:0138"), "where only a part has it");
        assert_eq!((id("暴露垃圾"), id(" Exposed Refuse ")), (Some("event:0102"), Some("event:0102")));
        assert_eq!(id("Anti-social behaviour"), None);
        assert_eq!(table.id_of(" Anti-social behaviour"), "Anti-social behaviour");
        let found = table.find("路灯").expect("in the table");
        assert_eq!((found.major_name.zh(), found.name.en()), ("公用设施", "Street light"));
        assert_eq!(id("Wrong height or storeys"), Some("data:0901"));
        assert_eq!(table.sources.iter().filter(|source| source.contains("verify locally")).count(), 2);
    }

    #[test]
    fn tables_that_contradict_themselves_are_refused() {
        let table = |minors: &str| {
            let text = format!(
                "[[list]]\nkind = \"part\"\nsource = \"\"\n[[list.major]]\ncode = \"01\"\nzh = \"\"\nen = \"\"\nminors = [{minors}]"
            );
            Categories::of(&text).err()
        };
        assert_eq!(table(r#"["0101", "灯", "Lamp"]"#), None);
        assert!(table(r#"["0101", "灯", "Lamp"], ["0101", "井", "Well"]"#).unwrap().contains("twice"));
        assert!(table(r#"["0201", "灯", "Lamp"]"#).unwrap().contains("major class"));
    }
}
