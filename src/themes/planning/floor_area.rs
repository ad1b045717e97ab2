//! Counted floor area (计容建筑面积): storeys × footprint with the storey-height rule of the place.
//!
//! Rules are data (`assets/far_rules.toml`). What is not known makes the answer a [`Span`], never a guess
//! that looks like a measurement.

use std::sync::LazyLock;

use super::span::Span;
use crate::model::height::{UseClass, storey_height};
use crate::model::layer::Title;

/// A rule that says which floor area counts.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FarRule {
    /// Short: `tianjin`.
    pub id: String,
    zh: String,
    en: String,
    /// Where it was read, and how sure that is.
    pub source: String,
    /// Beginnings of division codes where it is taken unless another is asked for.
    #[serde(default)]
    pub divisions: Vec<String>,
    /// Storeys lower than this count half, metres.
    pub half_below: f64,
    /// Storeys below ground count where their ceiling is so many metres above the ground outside.
    pub basement: Option<f64>,
    /// A single shop room of at least so many m² is not multiplied.
    pub single_retail: Option<f64>,
    #[serde(default)]
    band: Vec<Band>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    uses: Vec<String>,
    /// Up to so many metres, so many times.
    steps: Vec<[f64; 2]>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rule: Vec<FarRule>,
}

static RULES: LazyLock<Vec<FarRule>> = LazyLock::new(|| {
    let text = include_str!("../../../assets/far_rules.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    let table: Table = toml::from_str(text).expect("assets/far_rules.toml is valid");
    table.rule
});

/// What kind of room a storey is: some are not multiplied however high they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreyKind {
    /// An ordinary storey.
    #[default]
    Standard,
    /// Lobby, hall, atrium, inner corridor, daylight hall; the void of a duplex; space under a pitched roof.
    Void,
}

impl FarRule {
    /// All rules; the first is the national one.
    pub fn all() -> &'static [Self] {
        &RULES
    }

    /// The rule with an id.
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    /// The rule of a place by a code that begins with its division (parcel code, unit code, grid code); the
    /// national one where no local one is known.
    pub fn of_code(code: &str) -> &'static Self {
        let fits = |rule: &&Self| rule.divisions.iter().any(|division| code.starts_with(division.as_str()));
        // Only whole codes of at least a county: a running number that happens to begin so is no division.
        let is_code = code.chars().take_while(char::is_ascii_digit).count() >= 6;
        let local = RULES.iter().find(fits).filter(|_| is_code);
        // The table has at least the national rule, which a test holds.
        local.unwrap_or(&RULES[0])
    }

    /// The rule's name.
    pub fn name(&self) -> Title {
        Title { zh: self.zh.clone(), en: self.en.clone() }
    }

    /// How many times a storey counts: `height` from floor to floor, metres; `area` in m².
    ///
    /// Beyond the last step that was read the rule may say anything from the last factor up to one more.
    pub fn factor(&self, class: Option<UseClass>, height: f64, area: f64, kind: StoreyKind) -> Span {
        if height < self.half_below {
            return Span::exact(0.5);
        }
        let word = class.map_or("", UseClass::word);
        let Some(band) = self.band.iter().find(|band| band.uses.iter().any(|used| used == word)) else {
            return Span::exact(1.0);
        };
        let single = word == "commercial" && self.single_retail.is_some_and(|least| area >= least);
        if kind == StoreyKind::Void || single {
            return Span::exact(1.0);
        }
        // Heights are written to centimetres: 3.60 is still within "up to 3.6".
        match band.steps.iter().find(|[up_to, _]| height <= up_to + 0.005) {
            Some([_, factor]) => Span::exact(*factor),
            None => {
                let last = band.steps.last().map_or(1.0, |[_, factor]| *factor);
                Span::of(last, last + 1.0)
            }
        }
    }

    /// How many times a storey below ground counts, whose ceiling is so many metres above the ground outside;
    /// not at all where nothing is known of it.
    pub fn basement_factor(&self, ceiling_above_ground: Option<f64>) -> f64 {
        match (self.basement, ceiling_above_ground) {
            (Some(least), Some(above)) if above >= least => 1.0,
            _ => 0.0,
        }
    }
}

/// A body whose floor area is counted: a building, or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Body {
    /// Area of its footprint, m².
    pub footprint: f64,
    /// Its use.
    pub class: Option<UseClass>,
    /// Storeys of the body itself, from the data; may be fractional (2.5: the upper half storey counts half).
    pub storeys: Option<f64>,
    /// Its own height from its foot to its top, metres, where that was surveyed.
    pub height: Option<f64>,
    /// From floor to floor, metres, where that is known and the same for all storeys.
    pub storey_height: Option<f64>,
    /// Storeys below ground.
    pub below: Option<f64>,
    /// Metres that the ceiling of the uppermost storey below ground stands above the ground outside.
    pub basement_above: Option<f64>,
}

/// What the number of storeys came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreySource {
    /// The data says how many.
    Data,
    /// The surveyed height over the typical storey height of the use.
    Height,
    /// Neither storeys nor a surveyed height.
    Nothing,
}

/// What a parapet, or the machine rooms on a tower, may add to the height of a body, metres.
fn roof(storeys: f64) -> f64 {
    if storeys > 12.0 { 4.0 } else { 1.5 }
}

/// How far typical storey heights may be off: a storey is between 0.75 and 1.3 times as high.
const TYPICAL: [f64; 2] = [0.75, 1.3];

/// The counted floor area of a body, m², and what its storeys came from.
///
/// The storey height is that of the data, else the body's height over its storeys where both are known, with and without what its roof
/// may add; else the factor of the
/// storey-height rule is taken as 1.
pub fn counted(body: &Body, rule: &FarRule) -> (Span, StoreySource) {
    let below = body.below.filter(|below| *below > 0.0).map_or(0.0, |_| rule.basement_factor(body.basement_above));
    let basement = Span::exact(below * body.footprint);
    let (area, source) = match (body.storeys, body.height) {
        (Some(storeys), height) => {
            // A single room only where there is a single storey.
            let room = if storeys < 2.0 { body.footprint } else { 0.0 };
            let factor = match height {
                _ if let Some(each) = body.storey_height => rule.factor(body.class, each, room, StoreyKind::Standard),
                // On average lower than any room: the count may include storeys below ground.
                Some(height) if storeys >= 1.0 && height / storeys < rule.half_below => Span::of(0.5, 1.0),
                Some(height) if storeys >= 1.0 => {
                    let each = |height: f64| {
                        let height = (height / storeys).max(rule.half_below);
                        rule.factor(body.class, height, room, StoreyKind::Standard)
                    };
                    Span::of(each(height - roof(storeys)).low, each(height).high)
                }
                _ => Span::exact(1.0),
            };
            (factor.times(storeys * body.footprint), StoreySource::Data)
        }
        (None, Some(height)) => {
            let typical = storey_height(body.class);
            let least = (height / (typical * TYPICAL[1])).floor().max(1.0);
            let most = (height / (typical * TYPICAL[0])).ceil().max(1.0);
            (Span::of(least, most).times(body.footprint), StoreySource::Height)
        }
        (None, None) => (Span::of(body.footprint, f64::INFINITY), StoreySource::Nothing),
    };
    (area + basement, source)
}

/// The storeys that a part has of its own, where data counts from the ground: `base` and `top` in metres above
/// ground. OSM counts a part's levels from the ground, others count the part alone: storeys lower than 2.2 m on
/// the part alone give it away.
pub fn own_storeys(storeys: f64, base_storeys: Option<f64>, base: f64, top: f64) -> f64 {
    match base_storeys {
        Some(under) if under > 0.0 => (storeys - under).max(0.0),
        _ if base > 0.0 && top > base && (top - base) / storeys.max(1.0) < 2.2 => storeys * (top - base) / top,
        _ => storeys,
    }
}

#[cfg(test)]
mod tests;
