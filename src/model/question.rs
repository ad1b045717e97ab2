//! A question across layers: which things of one layer stand in relations to things of others.
//!
//! As kept in `project.toml` (`[[question]]`) and written in commands; [`crate::query::question`] answers it.

mod text;

use super::layer::Title;

/// A question.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(try_from = "Written")]
pub struct Question {
    /// Unique among the questions of a project; made from the title when absent.
    pub id: String,
    /// For people.
    pub title: Title,
    /// The layer whose things are looked for, by id.
    pub layer: String,
    /// Which of them, CQL2 text; empty for all.
    pub condition: String,
    /// Only those of so many days.
    pub since: Option<Since>,
    /// The day or moment that days are counted back from, ISO 8601; now when absent.
    pub as_of: Option<String>,
    /// What must hold, all of it.
    pub relations: Vec<Relation>,
}

impl Question {
    /// Whether some of it depends on the day on which it is asked.
    pub fn needs_day(&self) -> bool {
        self.since.is_some() || self.relations.iter().any(|relation| relation.since.is_some())
    }
}

/// What must hold of a thing: it stands in a relation to so many things of a layer.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(try_from = "WrittenRelation")]
pub struct Relation {
    /// Which relation.
    pub kind: RelationKind,
    /// The other layer, by id.
    pub layer: String,
    /// Which of its things count, CQL2 text; empty for all.
    pub condition: String,
    /// Only those of so many days.
    pub since: Option<Since>,
    /// How many there must be.
    pub count: Count,
}

/// How a thing that is looked for stands to one of another layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RelationKind {
    /// The other stands in it: a polygon with more than half of its area, a line with more than half of its
    /// length, a point that lies in it or on its edge (of several points more than half). So a building
    /// belongs to one parcel at most, and to none where a line halves it.
    #[default]
    Contains,
    /// It stands in the other, in the same sense.
    Within,
    /// The least distance between both is at most so many metres; 0 where they meet.
    Near {
        /// Metres.
        metres: f64,
    },
}

impl RelationKind {
    /// Its word in project files and commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Within => "within",
            Self::Near { .. } => "near",
        }
    }

    /// Metres, of [`Self::Near`].
    pub fn metres(self) -> Option<f64> {
        match self {
            Self::Near { metres } => Some(metres),
            Self::Contains | Self::Within => None,
        }
    }
}

/// How many things there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// At least.
    pub least: u32,
    /// At most; `None`: any number.
    pub most: Option<u32>,
}

impl Count {
    /// None at all.
    pub const NONE: Self = Self { least: 0, most: Some(0) };

    /// At least so many.
    pub fn at_least(least: u32) -> Self {
        Self { least, most: None }
    }

    /// At most so many.
    pub fn at_most(most: u32) -> Self {
        Self { least: 0, most: Some(most) }
    }

    /// Whether it holds for a number.
    pub fn holds(self, number: u32) -> bool {
        number >= self.least && self.most.is_none_or(|most| number <= most)
    }
}

impl Default for Count {
    /// One is enough.
    fn default() -> Self {
        Self::at_least(1)
    }
}

/// The days before the day of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// How many: one is the 24 hours that end with the day (or moment) of asking.
    pub days: u32,
    /// The field with the time; the layer's own when absent.
    pub field: Option<String>,
}

impl Since {
    fn of(days: Option<u32>, field: Option<String>) -> Result<Option<Self>, String> {
        match (days, field) {
            (Some(0), _) => Err("since_days = 0 is no time at all; use 1 for the last 24 hours".to_owned()),
            (Some(days), field) => Ok(Some(Self { days, field })),
            (None, Some(_)) => Err("since_field says nothing without since_days".to_owned()),
            (None, None) => Ok(None),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    id: String,
    #[serde(default)]
    title: Title,
    layer: String,
    #[serde(default, rename = "where")]
    condition: String,
    since_days: Option<u32>,
    since_field: Option<String>,
    as_of: Option<String>,
    #[serde(default)]
    relation: Vec<Relation>,
}

impl TryFrom<Written> for Question {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Ok(Self {
            id: written.id,
            title: written.title,
            layer: written.layer,
            condition: written.condition,
            since: Since::of(written.since_days, written.since_field)?,
            as_of: written.as_of,
            relations: written.relation,
        })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRelation {
    kind: String,
    layer: String,
    #[serde(default, rename = "where")]
    condition: String,
    metres: Option<f64>,
    at_least: Option<u32>,
    at_most: Option<u32>,
    since_days: Option<u32>,
    since_field: Option<String>,
}

impl TryFrom<WrittenRelation> for Relation {
    type Error = String;

    fn try_from(written: WrittenRelation) -> Result<Self, String> {
        let count = match (written.at_least, written.at_most) {
            (None, None) => Count::default(),
            (least, most) => Count { least: least.unwrap_or(0), most },
        };
        Ok(Self {
            kind: kind(&written.kind, written.metres)?,
            layer: written.layer,
            condition: written.condition,
            since: Since::of(written.since_days, written.since_field)?,
            count: checked(count)?,
        })
    }
}

/// A relation by its word, with the metres that only one of them has.
fn kind(word: &str, metres: Option<f64>) -> Result<RelationKind, String> {
    match (word, metres) {
        ("near", Some(metres)) if metres.is_finite() && metres >= 0.0 => Ok(RelationKind::Near { metres }),
        ("near", Some(metres)) => Err(format!("{metres} m is no distance")),
        ("near", None) => Err("near wants a distance in metres".to_owned()),
        ("contains" | "within", Some(_)) => Err(format!("metres belong to near, not to {word}")),
        ("contains", None) => Ok(RelationKind::Contains),
        ("within", None) => Ok(RelationKind::Within),
        (other, _) => Err(format!("\"{other}\" is no relation; there are contains, within and near")),
    }
}

fn checked(count: Count) -> Result<Count, String> {
    match count.most {
        Some(most) if most < count.least => Err(format!("no number is at least {} and at most {most}", count.least)),
        _ => Ok(count),
    }
}
