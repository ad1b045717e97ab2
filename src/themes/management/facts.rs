//! What a case is about, and where.

use super::incoming::Reporter;

/// Where a place comes from.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceBasis {
    /// Coordinates came with the report.
    #[default]
    Coordinates,
    /// Its address was found.
    Address {
        /// How well, 0 to 1.
        score: f64,
        /// What was found.
        matched: String,
    },
    /// Somebody put it there.
    Moved,
}

/// A place, and what lies there.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Located {
    /// In the project CRS, metres.
    pub xy: [f64; 2],
    /// How far it may be off, metres.
    pub accuracy_m: Option<f64>,
    /// Where it comes from.
    pub basis: PlaceBasis,
    /// Code of the unit grid cell (单元网格).
    pub grid: String,
    /// Code of the division that it lies in, as far as it is known: six digits a district, nine a street, twelve a
    /// community.
    pub division: String,
    /// Id of the nearest building.
    pub building: String,
    /// How far that is, metres.
    pub building_m: Option<f64>,
    /// Id of the parcel.
    pub parcel: String,
    /// Name of the nearest street.
    pub street: String,
    /// Storey or dwelling that the text names.
    pub within: String,
}

impl Located {
    /// The code of the area it belongs to: that of the grid cell, else of the division.
    pub fn area(&self) -> &str {
        if self.grid.is_empty() { &self.division } else { &self.grid }
    }
}

/// A feature that a case is about: an objection to data (异议处理) says which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    /// The layer's id.
    pub layer: String,
    /// The feature's id.
    pub feature: String,
    /// What of it is said to be wrong: a field, or words; empty: all of it.
    #[serde(default)]
    pub what: String,
}

/// What a case is about.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The feed, file or form that it came by.
    pub source: String,
    /// Its number there.
    pub source_id: String,
    /// Code of its category, or words where no table knows it.
    pub category: String,
    /// How it was reported.
    pub channel: String,
    /// What was said.
    pub text: String,
    /// Address in words.
    pub address: String,
    /// When it was reported, milliseconds since 1970 UTC.
    pub reported: i64,
    /// Where it is.
    pub located: Option<Located>,
    /// Who reported it.
    #[serde(skip_serializing_if = "Reporter::is_empty")]
    pub reporter: Reporter,
    /// Pictures: addresses or paths of files.
    pub media: Vec<String>,
    /// The feature that it objects to; `None` for a case of the street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Whether the grid member settled it on the spot (自处理).
    pub self_handled: bool,
    /// Who is to handle it, where another system says so.
    pub unit: String,
    /// When it is to be done, where another system says so; milliseconds since 1970 UTC.
    pub due: Option<i64>,
    /// When it was closed, where another system says so; milliseconds since 1970 UTC.
    pub closed: Option<i64>,
}
