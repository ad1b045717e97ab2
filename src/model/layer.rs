//! A layer: a table with a role, in the project CRS.

use super::height::Heights;
use super::mapping::FieldMapping;
use super::role::Role;
use super::style::LayerStyle;
use super::table::FeatureTable;
use crate::place::{Crs, FoundCrs};
use crate::report::Report;

/// A title in both languages; one stands in for the other where it is empty. In `project.toml`
/// either `{ zh = "…", en = "…" }` or one plain text for both.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Title {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Title {
    /// The same words in both languages.
    pub fn same(text: impl Into<String>) -> Self {
        let zh: String = text.into();
        Self { en: zh.clone(), zh }
    }
}

impl Title {
    /// The Chinese title, or the English one where there is none.
    pub fn zh(&self) -> &str {
        if self.zh.is_empty() { &self.en } else { &self.zh }
    }

    /// The English title, or the Chinese one where there is none.
    pub fn en(&self) -> &str {
        if self.en.is_empty() { &self.zh } else { &self.en }
    }

    /// Whether there is no title in any language.
    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }
}

impl<'de> serde::Deserialize<'de> for Title {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TitleVisitor)
    }
}

struct TitleVisitor;

impl<'de> serde::de::Visitor<'de> for TitleVisitor {
    type Value = Title;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text or { zh = \"…\", en = \"…\" }")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Title, E> {
        Ok(Title::same(text))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Title, A::Error> {
        #[derive(Default, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Both {
            zh: String,
            en: String,
        }
        let both = <Both as serde::Deserialize>::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(Title { zh: both.zh, en: both.en })
    }
}

/// How a layer stands to the ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vertical {
    /// Bodies stand on the terrain (flat ground where there is none).
    #[default]
    OnTerrain,
    /// Vertices keep their own Z.
    Absolute,
    /// Laid on the ground as a cloth.
    Drape,
}

/// Who made a layer, when and under what terms.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// Who is responsible.
    pub owner: String,
    /// When it was last changed, ISO 8601.
    pub updated: String,
    /// Terms of use.
    pub licence: String,
    /// Where it comes from; `synthetic` for made-up data.
    pub source: String,
}

/// A vector layer, ready to be indexed, drawn and asked.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Unique within the project: lower-case letters, digits, `_` and `-`.
    pub id: String,
    /// For people.
    pub title: Title,
    /// The source as the user named it.
    pub source: String,
    /// The format's name, `GeoJSON`, `ESRI Shapefile`.
    pub format: String,
    /// What it is for.
    pub role: Role,
    /// Why it has this role.
    pub role_basis: String,
    /// Which field means what.
    pub mapping: FieldMapping,
    /// Features in the project CRS (metres), repaired.
    pub table: FeatureTable,
    /// For a piece of a streamed layer: the row in the whole of each row here, ascending or not;
    /// empty for a whole layer.
    pub rows: Vec<u32>,
    /// The source's CRS and how it was found.
    pub crs: FoundCrs,
    /// Text encoding and how it was found, for people; empty where it does not matter.
    pub encoding: String,
    /// Heights, for buildings.
    pub heights: Option<Heights>,
    /// How it stands to the ground.
    pub vertical: Vertical,
    /// Metres it is lifted above the ground it stands on; its own Z holds it already.
    pub z_offset: f64,
    /// How it is drawn.
    pub style: LayerStyle,
    /// Whether it is shown at first.
    pub visible: bool,
    /// Who made it.
    pub about: About,
    /// What was found while reading.
    pub report: Report,
}

impl Layer {
    /// A layer that the program made, in the project CRS; shown, in the colour of its role.
    pub fn made(id: impl Into<String>, title: Title, role: Role, table: FeatureTable, crs: &Crs) -> Self {
        Self {
            id: id.into(),
            title,
            source: String::new(),
            format: String::new(),
            role,
            role_basis: String::new(),
            mapping: FieldMapping::default(),
            table,
            rows: Vec::new(),
            crs: FoundCrs::declared(crs.clone()),
            encoding: String::new(),
            heights: None,
            vertical: Vertical::default(),
            z_offset: 0.0,
            style: LayerStyle::default(),
            visible: true,
            about: About::default(),
            report: Report::default(),
        }
    }

    /// Whether its polygons are bodies where they have heights: buildings, and bodies of answers, which do not count as
    /// buildings.
    pub fn has_bodies(&self) -> bool {
        self.role == Role::Building || self.style.in_front
    }

    /// The row in the whole layer of a row here; the same where this is the whole layer.
    pub fn whole_row(&self, row: u32) -> u32 {
        self.rows.get(row as usize).copied().unwrap_or(row)
    }
}
