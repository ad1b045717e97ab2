//! How high buildings are, and how sure we are.

use super::mapping::FieldMapping;
use super::table::FeatureTable;
use crate::report::Report;

/// Where a height comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeightSource {
    /// The data says so.
    Surveyed,
    /// Storeys × storey height of the use.
    Storeys,
    /// The median of the layer's known heights of the same class (use), else of the layer.
    Median,
    /// A default, because nothing is known.
    Default,
}

impl HeightSource {
    /// All sources, best first.
    pub const ALL: [Self; 4] = [Self::Surveyed, Self::Storeys, Self::Median, Self::Default];

    /// The word used by commands: `surveyed`, `storeys`, `median`, `default`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Surveyed => "surveyed",
            Self::Storeys => "storeys",
            Self::Median => "median",
            Self::Default => "default",
        }
    }
}

/// Heights of all rows of a building layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heights {
    /// Height of the top above the building's ground, metres.
    pub top: Vec<f32>,
    /// Height above ground at which the body begins, metres; 0 for most.
    pub base: Vec<f32>,
    /// Where `top` comes from.
    pub source: Vec<HeightSource>,
    /// Rows that are not drawn because their parts cover them.
    pub covered: Vec<bool>,
}

impl Heights {
    /// How many rows have each source, in the order of [`HeightSource::ALL`]; covered rows count.
    pub fn counts(&self) -> [u64; 4] {
        HeightSource::ALL.map(|source| self.source.iter().filter(|s| **s == source).count() as u64)
    }
}

/// Finds the height of every row. The table is in the project CRS (metres).
pub fn find(_table: &FeatureTable, _mapping: &FieldMapping, _layer: &str, _report: &mut Report) -> Heights {
    Heights::default()
}
