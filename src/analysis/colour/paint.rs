//! Painting: the colour of a row from what was learnt and the row alone.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::palette::{self, NO_DATA, Rgb, packed};
use super::{Legend, learn};
use crate::analysis::classes::Classes;
use crate::model::control_line::of_value;
use crate::model::land_use::land_use;
use crate::model::mapping::FieldMapping;
use crate::model::style::{Rules, read_colour};
use crate::model::{HeightSource, Layer, LayerStyle, Meaning, Value, Values};

/// How the rows of a layer are coloured: settled once, then the same for every piece of the layer.
#[derive(Clone, Debug)]
pub struct Painter {
    paint: Paint,
    opacity: f32,
}

impl Painter {
    /// Settles classes, ramps and categories from a layer, or from an even sample of one that is too
    /// big to be read whole. The legend counts the rows that were learnt from.
    pub fn learn(layer: &Layer, style: &LayerStyle) -> (Self, Legend) {
        let (paint, mut legend) = learn::learn(layer, style);
        for entry in &mut legend.entries {
            let [r, g, b, _] = entry.colour.to_le_bytes();
            entry.colour = packed([r, g, b], style.opacity);
        }
        (Self { paint, opacity: style.opacity }, legend)
    }

    /// One colour for each row (`0xAABBGGRR`, with the style's opacity) of the layer that was learnt
    /// from or of any piece of it.
    ///
    /// What was not seen while learning: a number beyond the ends takes the colour of the nearer end, a
    /// category that made from its label, as all have but the most frequent. Without the field or the
    /// heights that it needs, every row is one without a value.
    pub fn paint(&self, layer: &Layer) -> Vec<u32> {
        let rows = layer.table.len();
        let pack = |colour| packed(colour, self.opacity);
        let (heights, field) = (layer.heights.as_ref(), |name: &str| layer.table.field(name));
        let painted: Option<Vec<u32>> = match &self.paint {
            Paint::One(colour) => Some(vec![pack(*colour); rows]),
            Paint::Height(scale) => {
                heights.map(|h| h.top.iter().map(|top| pack(scale.colour(f64::from(*top)))).collect())
            }
            Paint::Provenance => heights.map(|h| h.source.iter().map(|source| pack(provenance(*source))).collect()),
            Paint::Numbers { field: name, reading, scale } => {
                field(name).map(|field| reading.numbers(&field.values).map(|n| pack(scale.colour(n))).collect())
            }
            Paint::Words { field: name, words } => field(name).map(|field| words.paint(&field.values, pack)),
        };
        painted.unwrap_or_else(|| vec![pack(self.paint.without_value()); rows])
    }

    /// The raw keys of the fields that a piece must have to be painted; none for one colour and for
    /// heights.
    pub fn fields(&self) -> Vec<String> {
        match &self.paint {
            Paint::Numbers { field, .. } | Paint::Words { field, .. } => vec![field.clone()],
            Paint::One(_) | Paint::Height(_) | Paint::Provenance => Vec::new(),
        }
    }

    /// Whether a piece must have its heights to be painted.
    pub fn needs_heights(&self) -> bool {
        matches!(self.paint, Paint::Height(_) | Paint::Provenance)
    }
}

/// Different texts that rules list at most.
const LISTED: usize = 256;
/// Steps that a ramp is told in.
const STEPS: u8 = 12;

impl Painter {
    /// The rules by which the rows of a layer, or of an even sample of it, are coloured. `None` where other programs
    /// cannot be told: heights that were made, units that were converted, more different texts than a list should have.
    pub fn rules(&self, layer: &Layer) -> Option<Rules> {
        match &self.paint {
            Paint::One(colour) => Some(Rules::One(*colour)),
            Paint::Height(_) | Paint::Provenance => None,
            Paint::Numbers { field, reading, scale } => {
                let asked = Value::Real(1234.5);
                let plain = match reading {
                    Reading::Plain => true,
                    Reading::Mapped(meaning, mapping) => mapping.number(*meaning, &asked) == asked.number(),
                    Reading::Moment => false,
                };
                let ranges = match scale {
                    _ if !plain => return None,
                    Scale::Nothing => return None,
                    Scale::Ramp(ramp) => {
                        let at = |step: u8| ramp.low + (ramp.high - ramp.low) * f64::from(step) / f64::from(STEPS);
                        let middle = |step: u8| palette::ramp((f64::from(step) + 0.5) / f64::from(STEPS));
                        (0..STEPS).map(|step| (at(step), at(step + 1), middle(step))).collect()
                    }
                    Scale::Classes(classes, colours) => {
                        let sides = classes.bounds.windows(2).zip(colours);
                        sides.map(|(side, colour)| (side[0], side[1], *colour)).collect()
                    }
                };
                Some(Rules::Ranges { field: field.clone(), ranges })
            }
            Paint::Words { field, words } => {
                let mut values: Vec<(String, Rgb)> = Vec::new();
                let mut known = HashSet::new();
                each_label(&layer.table.field(field)?.values, |label| {
                    if !label.is_empty() && known.len() <= LISTED && known.insert(label.to_owned()) {
                        values.push((label.to_owned(), words.colour(label)));
                    }
                });
                values.sort_by(|a, b| a.0.cmp(&b.0));
                (values.len() <= LISTED).then(|| Rules::Values {
                    field: field.clone(),
                    values,
                    others: words.colour(""),
                })
            }
        }
    }
}

/// What decides the colour of a row.
#[derive(Clone, Debug)]
pub(super) enum Paint {
    One(Rgb),
    Height(Scale),
    Provenance,
    Numbers { field: String, reading: Reading, scale: Scale },
    Words { field: String, words: Words },
}

impl Paint {
    fn without_value(&self) -> Rgb {
        match self {
            Self::One(colour) | Self::Words { words: Words::Given(colour) | Words::ControlLines(colour), .. } => {
                *colour
            }
            _ => NO_DATA,
        }
    }
}

/// The colour of where a height comes from.
pub(super) fn provenance(source: HeightSource) -> Rgb {
    match source {
        HeightSource::Surveyed => [0, 114, 178],
        HeightSource::Storeys => [86, 180, 233],
        HeightSource::Median => [230, 159, 0],
        HeightSource::Default => [213, 94, 0],
    }
}

/// How a value becomes a number.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Plain,
    /// In the unit of a meaning; sentinels are no data.
    Mapped(Meaning, FieldMapping),
    /// Milliseconds since 1970.
    Moment,
}

impl Reading {
    /// The number of each row, NaN where there is none.
    pub fn numbers<'a>(&'a self, values: &'a Values) -> impl Iterator<Item = f64> + 'a {
        (0..values.len() as u32).map(|row| {
            let value = values.get(row);
            let number = match self {
                Self::Plain => value.number(),
                Self::Mapped(meaning, mapping) => mapping.number(*meaning, &value),
                Self::Moment => match value {
                    Value::Time(ms) => Some(ms as f64),
                    _ => None,
                },
            };
            number.unwrap_or(f64::NAN)
        })
    }
}

/// How a number becomes a colour.
#[derive(Clone, Debug)]
pub(super) enum Scale {
    /// No number was seen.
    Nothing,
    Ramp(Ramp),
    /// With the colour of each class.
    Classes(Classes, Vec<Rgb>),
}

impl Scale {
    fn colour(&self, value: f64) -> Rgb {
        match self {
            Self::Ramp(ramp) if value.is_finite() => palette::ramp(ramp.share(value)),
            Self::Classes(classes, colours) => class_near(classes, value).map_or(NO_DATA, |class| colours[class]),
            _ => NO_DATA,
        }
    }
}

/// A continuous ramp between two numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    pub low: f64,
    pub high: f64,
}

impl Ramp {
    /// Where a number lies, 0 to 1.
    pub fn share(self, value: f64) -> f64 {
        if self.high > self.low { ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) } else { 0.5 }
    }
}

/// The class of a number; a number beyond the ends is in the nearer one.
pub(super) fn class_near(classes: &Classes, value: f64) -> Option<usize> {
    let (low, high) = (classes.bounds.first()?, classes.bounds.last()?);
    if value.is_finite() { classes.class_of(value.max(*low).min(*high)) } else { None }
}

/// How a text becomes a colour: it depends on the text alone.
#[derive(Clone, Debug)]
pub(super) enum Words {
    /// The most frequent, in their order; any other has the colour of its label.
    Categories(Vec<String>),
    /// Colours that the style gives to values.
    Values(HashMap<String, Rgb>),
    /// Colours that the data gives, and that of rows without one.
    Given(Rgb),
    /// Official colours of land-use codes.
    LandUse,
    /// Usual colours of control lines, and that of a text that says none.
    ControlLines(Rgb),
}

impl Words {
    fn colour(&self, label: &str) -> Rgb {
        match self {
            Self::Categories(_) if label.is_empty() => NO_DATA,
            Self::Categories(first) => {
                palette::category(first.iter().position(|known| known == label).unwrap_or(usize::MAX), label)
            }
            Self::Values(colours) => colours.get(label).copied().unwrap_or(NO_DATA),
            Self::Given(otherwise) => read_colour(label).unwrap_or(*otherwise),
            Self::ControlLines(otherwise) => of_value(label).map_or(*otherwise, |line| line.colour),
            Self::LandUse => land_use(label).map_or(NO_DATA, |class| class.colour),
        }
    }

    fn paint(&self, values: &Values, pack: impl Fn(Rgb) -> u32) -> Vec<u32> {
        let mut out = Vec::with_capacity(values.len());
        if let Self::Categories(_) = self {
            each_label(values, |label| out.push(pack(self.colour(label))));
            return out;
        }
        // Codes and colours take long to read, and repeat.
        let mut read: HashMap<String, u32> = HashMap::new();
        each_label(values, |label| {
            let colour = match read.get(label) {
                Some(colour) => *colour,
                None => {
                    let colour = pack(self.colour(label));
                    read.insert(label.to_owned(), colour);
                    colour
                }
            };
            out.push(colour);
        });
        out
    }
}

/// Each row's value as it is printed, trimmed; empty for none. Texts are not copied.
pub(super) fn each_label(values: &Values, mut take: impl FnMut(&str)) {
    let mut printed = String::new();
    for row in 0..values.len() as u32 {
        match values.get(row) {
            Value::Null => take(""),
            Value::Text(text) => take(text.trim()),
            value => {
                printed.clear();
                // Writing into a text cannot fail.
                let _ = write!(printed, "{value}");
                take(printed.trim());
            }
        }
    }
}
