//! Warnings of weather and emergencies: CAP 1.2 (Common Alerting Protocol), for the map.
//!
//! Positions come as latitude, longitude; here they are longitude, latitude. What cannot be (a polygon that does not
//! close, a date that is none) is left out and named; the rest of the warning is shown.

mod load;
mod map;
mod read;

pub use self::load::{Loaded, Source, Warnings, WarningsConfig};
pub use self::map::{OnMap, on_map};
pub use self::read::read;

use std::collections::HashSet;

/// How long a warning without an end is shown: a day, in milliseconds.
const LASTS: i64 = crate::themes::management::times::DAY;

/// An alert as one message says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alert {
    /// Its name, which its sender gave it.
    pub identifier: String,
    /// Who sends it.
    pub sender: String,
    /// When it was sent, milliseconds since 1970 UTC.
    pub sent: i64,
    /// `Actual`, `Exercise`, `System`, `Test` or `Draft`.
    pub status: String,
    /// `Alert`, `Update`, `Cancel`, `Ack` or `Error`.
    pub kind: String,
    /// The alerts that this one is about.
    pub references: Vec<Reference>,
    /// What is warned of; one for each language and event.
    pub warnings: Vec<Warning>,
    /// What was wrong in it, for people.
    pub problems: Vec<String>,
}

/// Another alert.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Who sent it.
    pub sender: String,
    /// Its name.
    pub identifier: String,
    /// When it was sent, milliseconds since 1970 UTC.
    pub sent: i64,
}

/// What is warned of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warning {
    /// The language: `zh-CN`.
    pub language: String,
    /// What happens: `暴雨`.
    pub event: String,
    /// In one line.
    pub headline: String,
    /// In full.
    pub description: String,
    /// What to do.
    pub instruction: String,
    /// `Immediate`, `Expected`, `Future`, `Past` or `Unknown`.
    pub urgency: String,
    /// How bad it is.
    pub severity: Severity,
    /// `Observed`, `Likely`, `Possible`, `Unlikely` or `Unknown`.
    pub certainty: String,
    /// Who says so, for people.
    pub sender_name: String,
    /// From when the message holds, milliseconds since 1970 UTC.
    pub effective: Option<i64>,
    /// When it is expected to begin.
    pub onset: Option<i64>,
    /// Until when the message holds.
    pub expires: Option<i64>,
    /// Where.
    pub areas: Vec<Area>,
}

/// Where something is warned of: all of its shapes together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Area {
    /// In words.
    pub name: String,
    /// Outlines, longitude and latitude of WGS 84, not closed by a repeated first point.
    pub polygons: Vec<Vec<[f64; 2]>>,
    /// Circles.
    pub circles: Vec<Circle>,
    /// Codes of areas, with the name of the code list.
    pub geocodes: Vec<(String, String)>,
}

/// A circle on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Longitude and latitude.
    pub centre: [f64; 2],
    /// Its radius.
    pub km: f64,
}

/// How bad it is, least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nobody says.
    #[default]
    Unknown,
    /// China's blue, Ⅳ.
    Minor,
    /// China's yellow, Ⅲ.
    Moderate,
    /// China's orange, Ⅱ.
    Severe,
    /// China's red, Ⅰ.
    Extreme,
}

impl Severity {
    /// All, least first.
    pub const ALL: [Self; 5] = [Self::Unknown, Self::Minor, Self::Moderate, Self::Severe, Self::Extreme];

    /// CAP's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Minor => "Minor",
            Self::Moderate => "Moderate",
            Self::Severe => "Severe",
            Self::Extreme => "Extreme",
        }
    }

    /// Reads CAP's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word().eq_ignore_ascii_case(word))
    }

    /// The colour of China's warning signals, sRGB; grey where nobody says how bad it is.
    pub fn colour(self) -> [u8; 3] {
        match self {
            Self::Unknown => [128, 128, 128],
            Self::Minor => [0, 102, 255],
            Self::Moderate => [255, 204, 0],
            Self::Severe => [255, 128, 0],
            Self::Extreme => [220, 20, 30],
        }
    }

    /// The level as China's signals name it; empty where nobody says.
    pub fn level(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Minor => "Ⅳ级（蓝色）",
            Self::Moderate => "Ⅲ级（黄色）",
            Self::Severe => "Ⅱ级（橙色）",
            Self::Extreme => "Ⅰ级（红色）",
        }
    }

    /// The level that a headline names: `暴雨红色预警信号`.
    fn from_colour(text: &str) -> Option<Self> {
        let colours =
            [("红色", Self::Extreme), ("橙色", Self::Severe), ("黄色", Self::Moderate), ("蓝色", Self::Minor)];
        colours.into_iter().find(|(colour, _)| text.contains(colour)).map(|(_, severity)| severity)
    }
}

impl Alert {
    /// What others call it.
    fn reference(&self) -> Reference {
        Reference { sender: self.sender.clone(), identifier: self.identifier.clone(), sent: self.sent }
    }
}

/// Until when a warning is shown, milliseconds since 1970 UTC: what it says, else a day after it was sent.
pub fn until(alert: &Alert, warning: &Warning) -> i64 {
    warning.expires.unwrap_or(alert.sent.saturating_add(LASTS))
}

/// The warnings that are shown at a moment, the worst first, then the newest: real ones that are not over and that no
/// later message updates or cancels. A warning that says no end ends a day after it was sent.
pub fn shown(alerts: &[Alert], now: i64) -> Vec<(&Alert, &Warning)> {
    let real = |alert: &&Alert| alert.status == "Actual";
    let replaced: HashSet<&Reference> = alerts
        .iter()
        .filter(real)
        .filter(|alert| matches!(alert.kind.as_str(), "Update" | "Cancel"))
        .flat_map(|alert| &alert.references)
        .collect();
    let mut seen = HashSet::new();
    let mut found: Vec<(&Alert, &Warning)> = alerts
        .iter()
        .filter(real)
        .filter(|alert| matches!(alert.kind.as_str(), "Alert" | "Update"))
        .filter(|alert| !replaced.contains(&alert.reference()) && seen.insert(alert.reference()))
        .flat_map(|alert| alert.warnings.iter().map(move |warning| (alert, warning)))
        .filter(|(alert, warning)| now < until(alert, warning))
        .filter(|(_, warning)| warning.effective.is_none_or(|effective| effective <= now))
        .collect();
    found.sort_by_key(|(alert, warning)| (std::cmp::Reverse(warning.severity), std::cmp::Reverse(alert.sent)));
    found
}

#[cfg(test)]
mod tests;
