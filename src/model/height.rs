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

pub(crate) use self::parts::{inner_point, says_part};
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
    /// The heights of some rows, in their order.
    #[must_use]
    pub fn of_rows(&self, rows: &[u32]) -> Self {
        let rows = || rows.iter().map(|row| *row as usize);
        Self {
            top: rows().map(|row| self.top[row]).collect(),
            base: rows().map(|row| self.base[row]).collect(),
            source: rows().map(|row| self.source[row]).collect(),
            covered: rows().map(|row| self.covered[row]).collect(),
        }
    }

    /// How many rows have each source, in the order of [`HeightSource::ALL`]; covered rows count.
    pub fn counts(&self) -> [u64; 4] {
        HeightSource::ALL.map(|source| self.source.iter().filter(|s| **s == source).count() as u64)
    }
}

/// Finds the height of every row. The table is in the project CRS (metres). Unusable values,
/// guesses and parents over parts are noted in the report.
pub fn find(table: &FeatureTable, mapping: &FieldMapping, layer: &str, report: &mut Report) -> Heights {
    let fields = Fields { table, mapping };
    let mut bad = Unusable::default();
    let classes = fields.classes();
    let (mut top, mut source) = known(&fields, &classes, &mut bad);
    let mut values: HashMap<Option<UseClass>, Vec<f64>> = HashMap::new();
    for (row, height) in top.iter().enumerate().filter(|(_, h)| h.is_finite()) {
        values.entry(None).or_default().push(*height);
        if let Some(class) = classes.get(row).copied().flatten() {
            values.entry(Some(class)).or_default().push(*height);
        }
    }
    let medians = values.into_iter().filter_map(|(class, heights)| Some((class, median(heights)?)));
    fill(&mut top, &mut source, &classes, &Medians(medians.collect()));
    let base = bases(&fields, &top, &classes, &mut bad);
    let covered = settle_parts(&fields, &mut top, &base, layer, report);
    let heights = Heights {
        top: top.into_iter().map(|h| h as f32).collect(),
        base: base.into_iter().map(|h| h as f32).collect(),
        source,
        covered,
    };
    bad.report(layer, report);
    note_sources(heights.counts(), layer, report);
    heights
}

/// Says how many heights come from where: counts in the order of [`HeightSource::ALL`].
pub fn note_sources(counts: [u64; 4], layer: &str, report: &mut Report) {
    let [surveyed, storeys, median, default] = counts;
    if storeys + median + default > 0 {
        let rows = counts.iter().sum::<u64>();
        report.note(
            layer,
            format!(
                "heights: {surveyed} of {rows} from the data, {storeys} from storeys with typical storey heights, \
                 {median} the median of the layer, {default} unknown and drawn {DEFAULT_HEIGHT} m high",
            ),
        );
    }
}

/// Medians of known heights, of each class of use and (`None`) of the whole layer, where enough are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Medians(HashMap<Option<UseClass>, f64>);

impl Medians {
    /// `(word of the class or "", median)`, for keeping.
    pub fn words(&self) -> Vec<(String, f64)> {
        let word = |class: &Option<UseClass>| class.map_or("", UseClass::word).to_owned();
        let mut words: Vec<(String, f64)> = self.0.iter().map(|(class, median)| (word(class), *median)).collect();
        words.sort_by(|a, b| a.0.cmp(&b.0));
        words
    }

    /// From what was kept.
    pub fn of_words(words: &[(String, f64)]) -> Self {
        let class = |word: &str| if word.is_empty() { Some(None) } else { UseClass::of_word(word).map(Some) };
        Self(words.iter().filter_map(|(word, median)| Some((class(word)?, *median))).collect())
    }
}

impl MedianCounter {
    /// Adds what another counted.
    pub fn join(&mut self, other: Self) {
        for (class, counts) in other.0 {
            let into = self.0.entry(class).or_default();
            counts.into_iter().for_each(|(height, count)| *into.entry(height).or_default() += count);
        }
    }
}

/// Counts known heights of a layer that is read piece by piece: the median of each class to 1 cm,
/// in memory that does not grow with the layer.
#[derive(Debug, Default)]
pub struct MedianCounter(HashMap<Option<UseClass>, std::collections::BTreeMap<u32, u64>>);

impl MedianCounter {
    /// Counts the known heights of a piece.
    pub fn add(&mut self, table: &FeatureTable, mapping: &FieldMapping) {
        let fields = Fields { table, mapping };
        let classes = fields.classes();
        let (top, _) = known(&fields, &classes, &mut Unusable::default());
        for (row, height) in top.iter().enumerate().filter(|(_, h)| h.is_finite()) {
            let centimetres = (height * 100.0).round() as u32;
            *self.0.entry(None).or_default().entry(centimetres).or_default() += 1;
            if let Some(class) = classes.get(row).copied().flatten() {
                *self.0.entry(Some(class)).or_default().entry(centimetres).or_default() += 1;
            }
        }
    }

    /// The medians so far.
    pub fn medians(&self) -> Medians {
        let median = |counts: &std::collections::BTreeMap<u32, u64>| {
            let n: u64 = counts.values().sum();
            let nth = |wanted: u64| {
                let mut seen = 0;
                counts.iter().find_map(|(height, count)| {
                    seen += count;
                    (seen > wanted).then_some(f64::from(*height) / 100.0)
                })
            };
            let middle = nth(n / 2).filter(|_| n >= ENOUGH as u64)?;
            if n % 2 == 1 { Some(middle) } else { Some((nth(n / 2 - 1)? + middle) / 2.0) }
        };
        Medians(self.0.iter().filter_map(|(class, counts)| Some((*class, median(counts)?))).collect())
    }
}

/// The heights of a piece of a layer whose medians are known. Building parts are not settled: that
/// takes parents and parts together ([`settle_families`]).
pub fn of_piece(table: &FeatureTable, mapping: &FieldMapping, medians: &Medians) -> Heights {
    let fields = Fields { table, mapping };
    let mut bad = Unusable::default();
    let classes = fields.classes();
    let (mut top, mut source) = known(&fields, &classes, &mut bad);
    fill(&mut top, &mut source, &classes, medians);
    let base = bases(&fields, &top, &classes, &mut bad);
    Heights {
        covered: vec![false; top.len()],
        top: top.into_iter().map(|h| h as f32).collect(),
        base: base.into_iter().map(|h| h as f32).collect(),
        source,
    }
}

/// The parents of a piece that parts cover (`None`), or that are drawn only up to a height (metres
/// above their ground). All parts of a parent must be in the piece.
pub fn settle_families(table: &FeatureTable, mapping: &FieldMapping, heights: &Heights) -> Vec<(u32, Option<f32>)> {
    let fields = Fields { table, mapping };
    let Some(field) = fields.of(Meaning::Part) else { return Vec::new() };
    let mut settled = Vec::new();
    for family in parts::families(&table.geometry, field) {
        let parent = family.parent as usize;
        let lowest = family.parts.iter().map(|part| heights.top[*part as usize]).fold(f32::INFINITY, f32::min);
        if family.covered {
            settled.push((family.parent, None));
        } else if lowest < heights.top[parent] && lowest > heights.base[parent] {
            settled.push((family.parent, Some(lowest)));
        }
    }
    settled
}

/// Raw fields that heights are found from.
pub fn fields_for(mapping: &FieldMapping) -> Vec<String> {
    let meanings = [
        Meaning::Height,
        Meaning::Storeys,
        Meaning::RoofElevation,
        Meaning::GroundElevation,
        Meaning::BaseHeight,
        Meaning::BaseStoreys,
        Meaning::Use,
    ];
    meanings.into_iter().filter_map(|meaning| Some(mapping.get(meaning)?.field.clone())).collect()
}

/// Heights that the rows themselves say; NaN where they do not.
fn known(fields: &Fields<'_>, classes: &[Option<UseClass>], bad: &mut Unusable) -> (Vec<f64>, Vec<HeightSource>) {
    let rows = fields.table.len();
    let class = |row: u32| classes.get(row as usize).copied().flatten();
    let mut top = vec![f64::NAN; rows];
    let mut source = vec![HeightSource::Default; rows];
    let (height, storeys) = (fields.of(Meaning::Height), fields.of(Meaning::Storeys));
    let (roof, ground) = (fields.of(Meaning::RoofElevation), fields.of(Meaning::GroundElevation));
    for row in 0..rows as u32 {
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
    (top, source)
}

/// Where bodies begin above their ground.
fn bases(fields: &Fields<'_>, top: &[f64], classes: &[Option<UseClass>], bad: &mut Unusable) -> Vec<f64> {
    let class = |row: u32| classes.get(row as usize).copied().flatten();
    let mut base = vec![0.0; top.len()];
    let (low, low_storeys) = (fields.of(Meaning::BaseHeight), fields.of(Meaning::BaseStoreys));
    for row in 0..top.len() as u32 {
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
    base
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
fn fill(top: &mut [f64], source: &mut [HeightSource], classes: &[Option<UseClass>], medians: &Medians) {
    let of_layer = medians.0.get(&None).copied();
    for (row, height) in top.iter_mut().enumerate().filter(|(_, h)| !h.is_finite()) {
        let class = classes.get(row).copied().flatten();
        let guess = class.and_then(|class| medians.0.get(&Some(class)).copied()).or(of_layer);
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
