//! How high buildings are, and how sure we are.
//!
//! # The rule, row by row
//! 1. **Surveyed**: the height field, else roof elevation less ground elevation.
//! 2. **Storeys**: storeys above ground × the typical storey height of the use
//!    (`assets/storey_heights.toml`).
//! 3. **Median** of the layer's known heights (1 and 2) of the same class of use, where at least five
//!    are known; else of the whole layer, where at least five are known.
//! 4. **Default**: 6 m, two storeys.
//!
//! Sentinels, zero, negative and impossible values count as unknown and are reported.

mod parts;
mod storeys;

use std::collections::HashMap;

pub use self::storeys::{UseClass, storey_height};
use super::mapping::{FieldMapping, Meaning};
use super::table::{FeatureTable, Field, Value};
use crate::report::Report;

/// Height of a building of which nothing is known, metres.
pub const DEFAULT_HEIGHT: f64 = 6.0;
/// A median of fewer known heights says too little.
const ENOUGH: usize = 5;

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

/// Finds the height of every row. The table is in the project CRS (metres). Unusable values,
/// guesses and parents over parts are noted in the report.
pub fn find(table: &FeatureTable, mapping: &FieldMapping, layer: &str, report: &mut Report) -> Heights {
    let fields = Fields { table, mapping };
    let rows = table.len() as u32;
    let classes = fields.classes();
    let class = |row: u32| classes.get(row as usize).copied().flatten();
    let mut bad = Unusable::default();

    let mut top = vec![f64::NAN; rows as usize];
    let mut source = vec![HeightSource::Default; rows as usize];
    let (height, storeys) = (fields.of(Meaning::Height), fields.of(Meaning::Storeys));
    let (roof, ground) = (fields.of(Meaning::RoofElevation), fields.of(Meaning::GroundElevation));
    for row in 0..rows {
        let surveyed = height.and_then(|f| fields.number(Meaning::Height, f, row, &mut bad.heights)).or_else(|| {
            let roof = fields.number(Meaning::RoofElevation, roof?, row, &mut bad.elevations)?;
            let ground = fields.number(Meaning::GroundElevation, ground?, row, &mut bad.elevations)?;
            (roof > ground && roof - ground <= 1000.0).then_some(roof - ground)
        });
        let known = surveyed.map(|h| (h, HeightSource::Surveyed)).or_else(|| {
            let storeys = fields.number(Meaning::Storeys, storeys?, row, &mut bad.storeys)?;
            Some((storeys * storey_height(class(row)), HeightSource::Storeys))
        });
        if let Some((known, from)) = known {
            top[row as usize] = known;
            source[row as usize] = from;
        }
    }
    fill(&mut top, &mut source, &classes);

    let mut base = vec![0.0; rows as usize];
    let (low, low_storeys) = (fields.of(Meaning::BaseHeight), fields.of(Meaning::BaseStoreys));
    for row in 0..rows {
        let metres = low.and_then(|f| fields.number(Meaning::BaseHeight, f, row, &mut bad.bases)).or_else(|| {
            let storeys = fields.number(Meaning::BaseStoreys, low_storeys?, row, &mut bad.bases)?;
            Some(storeys * storey_height(class(row)))
        });
        match metres {
            Some(metres) if metres < top[row as usize] => base[row as usize] = metres,
            Some(_) => bad.above_top += 1,
            None => {}
        }
    }

    let covered = settle_parts(&fields, &mut top, &base, layer, report);
    let heights = Heights {
        top: top.into_iter().map(|h| h as f32).collect(),
        base: base.into_iter().map(|h| h as f32).collect(),
        source,
        covered,
    };
    bad.report(layer, report);
    let [_, storeys, median, default] = heights.counts();
    if storeys + median + default > 0 && rows > 0 {
        report.note(
            layer,
            format!(
                "heights: {} of {rows} from the data, {storeys} from storeys with typical storey heights, {median} \
                 the median of the layer, {default} unknown and drawn {DEFAULT_HEIGHT} m high",
                heights.counts()[0],
            ),
        );
    }
    heights
}

struct Fields<'a> {
    table: &'a FeatureTable,
    mapping: &'a FieldMapping,
}

impl<'a> Fields<'a> {
    fn of(&self, meaning: Meaning) -> Option<&'a Field> {
        self.table.field(&self.mapping.get(meaning)?.field)
    }

    /// The number of a row; counts values that cannot be.
    fn number(&self, meaning: Meaning, field: &Field, row: u32, bad: &mut u64) -> Option<f64> {
        let value = field.values.get(row);
        if value.is_null() {
            return None;
        }
        let number = self.mapping.number(meaning, &value);
        let empty = matches!(&value, Value::Text(t) if t.trim().is_empty());
        *bad += u64::from(number.is_none() && !empty);
        number
    }

    /// The class of use of each row; empty when there is no field. Texts repeat: each is read once.
    fn classes(&self) -> Vec<Option<UseClass>> {
        let Some(field) = self.of(Meaning::Use) else { return Vec::new() };
        let mut seen: HashMap<String, Option<UseClass>> = HashMap::new();
        let class = |row| {
            let text = field.values.get(row).to_string();
            if let Some(class) = seen.get(&text) {
                return *class;
            }
            let class = UseClass::of(&text);
            seen.insert(text, class);
            class
        };
        (0..self.table.len() as u32).map(class).collect()
    }
}

/// Values that were there and could not be used.
#[derive(Default)]
struct Unusable {
    heights: u64,
    elevations: u64,
    storeys: u64,
    bases: u64,
    above_top: u64,
}

impl Unusable {
    fn report(&self, layer: &str, report: &mut Report) {
        let what = [
            (self.heights, "heights are 0, negative, above 1,000 m or no numbers"),
            (self.elevations, "elevations are outside -500 to 9,000 m or no numbers"),
            (self.storeys, "numbers of storeys are 0, negative, above 200 or no numbers"),
            (self.bases, "base heights are negative, above 1,000 m or no numbers"),
            (self.above_top, "base heights are not below the top and were not used"),
        ];
        for (count, what) in what.into_iter().filter(|(count, _)| *count > 0) {
            report.note(layer, format!("{count} {what}: treated as unknown"));
        }
    }
}

/// Fills unknown heights with medians, then the default.
fn fill(top: &mut [f64], source: &mut [HeightSource], classes: &[Option<UseClass>]) {
    let class = |row: usize| classes.get(row).copied().flatten();
    let mut known: HashMap<Option<UseClass>, Vec<f64>> = HashMap::new();
    let mut all = Vec::new();
    for (row, height) in top.iter().enumerate().filter(|(_, h)| h.is_finite()) {
        all.push(*height);
        if let Some(class) = class(row) {
            known.entry(Some(class)).or_default().push(*height);
        }
    }
    let of_class: HashMap<_, _> = known.into_iter().filter_map(|(class, h)| Some((class, median(h)?))).collect();
    let of_layer = median(all);
    for (row, height) in top.iter_mut().enumerate().filter(|(_, h)| !h.is_finite()) {
        let guess = class(row).and_then(|class| of_class.get(&Some(class)).copied()).or(of_layer);
        *height = guess.unwrap_or(DEFAULT_HEIGHT);
        source[row] = if guess.is_some() { HeightSource::Median } else { HeightSource::Default };
    }
}

/// The median of at least [`ENOUGH`] values.
fn median(mut values: Vec<f64>) -> Option<f64> {
    let n = values.len();
    if n < ENOUGH {
        return None;
    }
    let (low, high, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return Some(*high);
    }
    let below = low.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some((below + *high) / 2.0)
}

/// Marks parents that parts cover, and lowers those that they cover in part.
fn settle_parts(fields: &Fields<'_>, top: &mut [f64], base: &[f64], layer: &str, report: &mut Report) -> Vec<bool> {
    let mut covered = vec![false; top.len()];
    let Some(field) = fields.of(Meaning::Part) else { return covered };
    let (mut gone, mut lowered) = (0, 0);
    for family in parts::families(&fields.table.geometry, field) {
        let parent = family.parent as usize;
        if family.covered {
            covered[parent] = true;
            gone += 1;
            continue;
        }
        let lowest = family.parts.iter().map(|part| top[*part as usize]).fold(f64::INFINITY, f64::min);
        if lowest < top[parent] && lowest > base[parent] {
            top[parent] = lowest;
            lowered += 1;
        }
    }
    if gone > 0 {
        report.note(layer, format!("{gone} buildings are not drawn themselves: their parts cover them"));
    }
    if lowered > 0 {
        report.note(layer, format!("{lowered} buildings are drawn only up to the lowest of their parts"));
    }
    covered
}

#[cfg(test)]
mod tests;
