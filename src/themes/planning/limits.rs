//! Control limits (控规指标) of a parcel: from its own fields, else from the zone that most of it lies in.

use super::near::Near;
use super::parking;
use crate::model::{FieldMapping, Layer, Meaning, Value};

/// A rule that a parcel is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Floor area ratio (容积率): counted floor area over parcel area, at most.
    Far,
    /// Building density (建筑密度): footprints over parcel area, percent, at most.
    Density,
    /// Building height (建筑高度), metres, at most.
    Height,
    /// Green-space ratio (绿地率): green ground over parcel area, percent, at least.
    Green,
    /// Setback (建筑退线): distance of buildings from the parcel's line, metres, at least.
    Setback,
    /// Parking (停车位): spaces, at least as many as the dwellings and floor area need.
    Parking,
    /// Land use (用地性质): the share of floor area whose use does not belong there, at most.
    Use,
}

impl Rule {
    /// All rules, in the order of a plan's table.
    pub const ALL: [Self; 7] =
        [Self::Far, Self::Density, Self::Height, Self::Green, Self::Setback, Self::Parking, Self::Use];

    /// The word used by commands: `far`, `density`, `height`, `green`, `setback`, `parking`, `use`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Far => "far",
            Self::Density => "density",
            Self::Height => "height",
            Self::Green => "green",
            Self::Setback => "setback",
            Self::Parking => "parking",
            Self::Use => "use",
        }
    }

    /// Whether the limit is the least that is allowed.
    pub fn is_least(self) -> bool {
        matches!(self, Self::Green | Self::Setback | Self::Parking)
    }

    /// The field that says its limit, where one does.
    pub(super) fn meaning(self) -> Option<Meaning> {
        Some(match self {
            Self::Far => Meaning::FarLimit,
            Self::Density => Meaning::DensityLimit,
            Self::Height => Meaning::HeightLimit,
            Self::Green => Meaning::GreenLimit,
            Self::Setback => Meaning::Setback,
            Self::Parking | Self::Use => return None,
        })
    }
}

/// Where a limit was read.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// A field of the parcel.
    Parcel {
        /// The field's raw name.
        field: String,
    },
    /// A field of the zone that most of the parcel lies in.
    Zone {
        /// The zone's layer.
        layer: String,
        /// The zone's row there.
        row: u32,
        /// Its name or code.
        name: String,
        /// The field's raw name.
        field: String,
        /// The share of the parcel's area that lies in it, 0 to 1.
        share: f64,
    },
    /// A table of the program.
    Table,
}

/// A limit and where it was read.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Limit {
    /// In the unit of the rule. Of one that follows from what is built, the most that it can be: infinite where a
    /// number that it follows from is not known.
    pub value: f64,
    /// The least that it can be: the same, where all that it follows from is known.
    pub low: f64,
    /// What it follows from.
    pub parking: Option<parking::Needs>,
    /// Whether the data writes the percent as a share of 1: 0.4 for 40 %.
    pub as_share: bool,
    /// Where it was read.
    pub source: LimitSource,
}

impl Limit {
    /// A limit that is a number of the data or of a table.
    pub fn fixed(value: f64, as_share: bool, source: LimitSource) -> Self {
        Self { value, low: value, parking: None, as_share, source }
    }
}

/// Why there is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLimit {
    /// Neither the parcel nor a zone has such a field.
    NoField,
    /// The field is empty.
    Empty,
    /// The field holds something that is no number, or none that could be this limit: "见图则", "≥1.0" for the most.
    Unread,
    /// The field says a number below 0.
    Negative,
    /// The field says 0, which plans write where they set no limit.
    Zero,
    /// The parcel lies in several zones and in none with more than half of its area.
    NoMajority,
    /// The table of uses says nothing of the parcel's land use.
    NotJudged,
    /// No layer of buildings says uses.
    NoUses,
    /// The limit is a rate, and nothing is built that it is for.
    NothingServed,
}

/// The limit that a meaning's field says for a parcel.
///
/// # Errors
/// [`NoLimit`]: why there is none.
pub fn limit_of(meaning: Meaning, parcels: &Layer, row: u32, zone: &ZoneOf<'_>) -> Result<Limit, NoLimit> {
    let own = parcels.mapping.get(meaning).map(|mapped| {
        let value = number(meaning, &parcels.mapping, &parcels.table.value(row, &mapped.field))?;
        let source = LimitSource::Parcel { field: mapped.field.clone() };
        Ok(Limit::fixed(value, mapped.is_share(meaning), source))
    });
    match (own, zone) {
        (Some(Ok(limit)), _) => Ok(limit),
        (_, ZoneOf::In { near, row: zone, name, share }) => match near.layer().mapping.get(meaning) {
            Some(mapped) => {
                let layer = near.layer();
                let value = number(meaning, &layer.mapping, &layer.table.value(*zone, &mapped.field))?;
                let source = zone_source(layer, *zone, name, *share, &mapped.field);
                Ok(Limit::fixed(value, mapped.is_share(meaning), source))
            }
            None => Err(own_reason(meaning, parcels, row)),
        },
        (_, ZoneOf::Several) => Err(NoLimit::NoMajority),
        (Some(Err(reason)), ZoneOf::None) => Err(reason),
        (None, ZoneOf::None) => Err(NoLimit::NoField),
    }
}

/// A field of a zone as the source of a limit.
pub(super) fn zone_source(layer: &Layer, row: u32, name: &str, share: f64, field: &str) -> LimitSource {
    LimitSource::Zone {
        layer: layer.id.clone(),
        row: layer.whole_row(row),
        name: name.to_owned(),
        field: field.to_owned(),
        share,
    }
}

fn own_reason(meaning: Meaning, parcels: &Layer, row: u32) -> NoLimit {
    match parcels.mapping.get(meaning) {
        None => NoLimit::NoField,
        Some(mapped) => {
            number(meaning, &parcels.mapping, &parcels.table.value(row, &mapped.field)).err().unwrap_or(NoLimit::Empty)
        }
    }
}

/// A number that can be a limit.
fn number(meaning: Meaning, mapping: &FieldMapping, value: &Value<'_>) -> Result<f64, NoLimit> {
    match mapping.raw_number(meaning, value) {
        Some(0.0) => return Err(NoLimit::Zero),
        Some(number) if number < 0.0 => return Err(NoLimit::Negative),
        _ => {}
    }
    let is_empty = value.is_null() || value.to_string().trim().is_empty();
    mapping.number(meaning, value).ok_or(if is_empty { NoLimit::Empty } else { NoLimit::Unread })
}

/// The zone that a parcel lies in.
pub enum ZoneOf<'a> {
    /// No zone, or no layer of zones.
    None,
    /// Several zones, none with more than half of the parcel.
    Several,
    /// One zone with more than half of the parcel.
    In {
        /// The zones near the parcel.
        near: &'a Near<'a>,
        /// The zone's row there.
        row: u32,
        /// Its name or code.
        name: String,
        /// Share of the parcel's area, 0 to 1.
        share: f64,
    },
}
