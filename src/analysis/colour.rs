//! The colour of every row of a layer, and the legend that explains it.
//!
//! What decides, in order: `style.colour_by` (a field's raw key, [`HEIGHT`] or
//! [`HEIGHT_PROVENANCE`]), then `style.colour`, then official land-use colours for parcels and zones
//! whose use is mapped, then the colour of the role.

pub mod palette;

use std::collections::HashMap;

use self::palette::{NO_DATA, Rgb, packed};
use super::classes::{Classes, digits_for};
use crate::model::land_use::land_use;
use crate::model::style::{Classing, read_colour};
use crate::model::{Field, HeightSource, Layer, LayerStyle, Meaning, Role, Title, Value, Values};
use crate::units::grouped;

/// `colour_by` the height that is drawn, metres.
pub const HEIGHT: &str = "@height";
/// `colour_by` where the height comes from.
pub const HEIGHT_PROVENANCE: &str = "@height_provenance";

/// Classes when the style does not say.
const CLASSES: usize = 5;
/// More categories than this share one entry of the legend (each keeps its own colour).
const MOST_ENTRIES: usize = 60;
/// Stops of a continuous ramp in the legend.
const STOPS: usize = 5;

/// What the colours of a layer mean.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Legend {
    /// What is shown: a field's key, or words.
    pub title: Title,
    /// Whether colours run from entry to entry without steps.
    pub continuous: bool,
    /// From low to high, or the most frequent first; rows without a value last.
    pub entries: Vec<LegendEntry>,
}

/// One colour of a legend.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LegendEntry {
    /// The value, class or stop.
    pub label: Title,
    /// `0xAABBGGRR`.
    pub colour: u32,
    /// Rows that have it; of a continuous ramp, those nearest to the stop.
    pub count: u64,
}

/// One colour for each row (`0xAABBGGRR`, with the style's opacity), and its legend. The style may be
/// the layer's own or what the user has made of it since.
pub fn colours(layer: &Layer, style: &LayerStyle) -> (Vec<u32>, Legend) {
    let (shown, mut legend) = match chosen(layer, style) {
        Some(answer) => answer,
        None => single(layer, style),
    };
    let opacity = style.opacity;
    for entry in &mut legend.entries {
        let [r, g, b, _] = entry.colour.to_le_bytes();
        entry.colour = packed([r, g, b], opacity);
    }
    (shown.into_iter().map(|colour| packed(colour, opacity)).collect(), legend)
}

type Answer = (Vec<Rgb>, Legend);

fn chosen(layer: &Layer, style: &LayerStyle) -> Option<Answer> {
    let by = style.colour_by.as_deref();
    match by {
        Some(HEIGHT) => by_height(layer, style),
        Some(HEIGHT_PROVENANCE) => by_provenance(layer),
        Some(key) => Some(by_field(layer, style, layer.table.field(key)?)),
        None if style.colour.is_none() && matches!(layer.role, Role::Parcel | Role::Zone) => {
            [Meaning::Use, Meaning::Code]
                .into_iter()
                .find_map(|meaning| by_land_use(layer.table.field(&layer.mapping.get(meaning)?.field)?))
        }
        None => None,
    }
}

fn entry(label: Title, colour: Rgb, count: u64) -> LegendEntry {
    LegendEntry { label, colour: packed(colour, 1.0), count }
}

fn words(zh: &str, en: &str) -> Title {
    Title { zh: zh.to_owned(), en: en.to_owned() }
}

fn no_data(entries: &mut Vec<LegendEntry>, count: u64) {
    if count > 0 {
        entries.push(entry(words("无数据", "No data"), NO_DATA, count));
    }
}

/// One colour: the style's, else the role's.
fn single(layer: &Layer, style: &LayerStyle) -> Answer {
    let colour = style.colour.as_deref().and_then(read_colour).unwrap_or_else(|| role_colour(layer.role));
    let rows = layer.table.len();
    let legend = Legend {
        title: layer.title.clone(),
        continuous: false,
        entries: vec![entry(layer.title.clone(), colour, rows as u64)],
    };
    (vec![colour; rows], legend)
}

/// The colour of a role when nothing else is said.
pub fn role_colour(role: Role) -> Rgb {
    match role {
        Role::Building => [240, 235, 226],
        Role::Parcel => [233, 220, 176],
        Role::Zone => [196, 190, 222],
        Role::Unit => [205, 196, 214],
        Role::Grid => [150, 170, 200],
        Role::Component => [66, 122, 176],
        Role::Incident => [213, 94, 0],
        Role::Boundary => [120, 110, 130],
        Role::Road => [176, 176, 180],
        Role::Water => [116, 170, 206],
        Role::Green => [146, 190, 130],
        Role::Terrain => [200, 204, 188],
        Role::Imagery => [255, 255, 255],
        Role::Other => [170, 178, 190],
    }
}

fn by_provenance(layer: &Layer) -> Option<Answer> {
    let heights = layer.heights.as_ref()?;
    let colour = |source| match source {
        HeightSource::Surveyed => [0, 114, 178],
        HeightSource::Storeys => [86, 180, 233],
        HeightSource::Median => [230, 159, 0],
        HeightSource::Default => [213, 94, 0],
    };
    let label = |source| match source {
        HeightSource::Surveyed => words("实测", "Surveyed"),
        HeightSource::Storeys => words("按层数推算", "From storeys"),
        HeightSource::Median => words("同类中位数", "Median of its kind"),
        HeightSource::Default => words("默认值", "Default"),
    };
    let counted = HeightSource::ALL.into_iter().zip(heights.counts()).filter(|(_, count)| *count > 0);
    let entries = counted.map(|(source, count)| entry(label(source), colour(source), count)).collect();
    let legend = Legend { title: words("高度来源", "Height provenance"), continuous: false, entries };
    Some((heights.source.iter().map(|source| colour(*source)).collect(), legend))
}

fn by_height(layer: &Layer, style: &LayerStyle) -> Option<Answer> {
    let heights = layer.heights.as_ref()?;
    let values: Vec<f64> = heights.top.iter().map(|h| f64::from(*h)).collect();
    Some(by_numbers(style, &values, words("高度（米）", "Height (m)"), Print::Number, Classing::Ramp))
}

/// How the numbers of a legend are printed.
#[derive(Clone, Copy, PartialEq)]
enum Print {
    Number,
    Year,
    Moment,
}

fn by_field(layer: &Layer, style: &LayerStyle, field: &Field) -> Answer {
    let title = Title::same(field.name.clone());
    let means = |meaning| layer.mapping.get(meaning).is_some_and(|mapped| mapped.field == field.name);
    if means(Meaning::Colour) && style.classing.is_none() {
        return by_given(field, role_colour(layer.role));
    }
    if (means(Meaning::Use) || means(Meaning::Code))
        && style.classing.is_none_or(|classing| classing == Classing::Categories)
        && let Some(answer) = by_land_use(field)
    {
        return answer;
    }
    if style.classing == Some(Classing::Categories) {
        return by_categories(field);
    }
    let rows = 0..field.values.len() as u32;
    // Sentinels of a mapped field are no data; other fields say what they say.
    let numeric = [Meaning::Height, Meaning::Storeys, Meaning::Year, Meaning::BaseHeight, Meaning::HeightLimit];
    if let Some(meaning) = numeric.into_iter().find(|meaning| means(*meaning)) {
        let read = |row| layer.mapping.number(meaning, &field.values.get(row)).unwrap_or(f64::NAN);
        let values: Vec<f64> = rows.map(read).collect();
        let print = if meaning == Meaning::Year { Print::Year } else { Print::Number };
        return by_numbers(style, &values, title, print, Classing::Ramp);
    }
    match &field.values {
        Values::Integer(_) | Values::Real(_) => {
            let values: Vec<f64> = rows.map(|row| field.values.get(row).number().unwrap_or(f64::NAN)).collect();
            by_numbers(style, &values, title, Print::Number, Classing::Quantile)
        }
        Values::Time(_) => {
            let read = |row| match field.values.get(row) {
                Value::Time(ms) => ms as f64,
                _ => f64::NAN,
            };
            by_numbers(style, &rows.map(read).collect::<Vec<_>>(), title, Print::Moment, Classing::Ramp)
        }
        Values::Text(_) | Values::Boolean(_) if style.classing.is_some() => {
            let values: Vec<f64> = rows.map(|row| field.values.get(row).number().unwrap_or(f64::NAN)).collect();
            // Text that was asked to be classed: only where it mostly reads as numbers.
            let numbers = values.iter().filter(|v| v.is_finite()).count();
            if numbers * 2 > field.values.len() - field.values.nulls() {
                by_numbers(style, &values, title, Print::Number, Classing::Quantile)
            } else {
                by_categories(field)
            }
        }
        Values::Text(_) | Values::Boolean(_) => by_categories(field),
    }
}

fn by_numbers(style: &LayerStyle, values: &[f64], title: Title, print: Print, usual: Classing) -> Answer {
    let classing = style.classing.unwrap_or(usual);
    let count = usize::from(style.classes.unwrap_or(CLASSES as u8)).max(2);
    let classes = match classing {
        Classing::Ramp | Classing::Categories => return by_ramp(values, title, print),
        Classing::Equal => Classes::equal(values, count),
        Classing::Quantile => Classes::quantile(values, count),
        Classing::Jenks => Classes::jenks(values, count),
    };
    let colour = |class: usize| palette::ramp(class as f64 / (classes.len().max(2) - 1) as f64);
    let mut counts = vec![0; classes.len()];
    let mut missing = 0;
    let paint = |value: &f64| match classes.class_of(*value) {
        Some(class) => {
            counts[class] += 1;
            colour(class)
        }
        None => {
            missing += 1;
            NO_DATA
        }
    };
    let shown = values.iter().map(paint).collect();
    let labels = if print == Print::Moment {
        classes.bounds.windows(2).map(|p| format!("{}–{}", text(p[0], print, 0), text(p[1], print, 0))).collect()
    } else {
        classes.labels(print == Print::Year)
    };
    let labelled = labels.into_iter().zip(&counts).enumerate();
    let mut entries: Vec<_> = labelled.map(|(i, (label, n))| entry(Title::same(label), colour(i), *n)).collect();
    no_data(&mut entries, missing);
    (shown, Legend { title, continuous: false, entries })
}

/// A continuous ramp from the 2nd to the 98th percentile, so that one tower does not darken a city.
fn by_ramp(values: &[f64], title: Title, print: Print) -> Answer {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * share).round() as usize).copied();
    let (Some(low), Some(high)) = (at(0.02), at(0.98)) else {
        let mut entries = Vec::new();
        no_data(&mut entries, values.len() as u64);
        return (vec![NO_DATA; values.len()], Legend { title, continuous: true, entries });
    };
    let share = |value: f64| if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    let mut counts = [0; STOPS];
    let mut missing = 0;
    let paint = |value: &f64| {
        if !value.is_finite() {
            missing += 1;
            return NO_DATA;
        }
        counts[(share(*value) * (STOPS - 1) as f64).round() as usize] += 1;
        palette::ramp(share(*value))
    };
    let shown = values.iter().map(paint).collect();
    let stops: Vec<f64> = (0..STOPS).map(|i| low + (high - low) * i as f64 / (STOPS - 1) as f64).collect();
    let digits = digits_for(&stops);
    let mut entries: Vec<LegendEntry> = Vec::new();
    if high > low {
        for (stop, count) in stops.iter().zip(counts) {
            entries.push(entry(Title::same(text(*stop, print, digits)), palette::ramp(share(*stop)), count));
        }
    } else {
        entries.push(entry(Title::same(text(low, print, digits)), palette::ramp(0.5), counts.iter().sum()));
    }
    no_data(&mut entries, missing);
    (shown, Legend { title, continuous: true, entries })
}

fn text(value: f64, print: Print, digits: usize) -> String {
    match print {
        Print::Number => grouped(value, digits),
        Print::Year => format!("{value:.0}"),
        Print::Moment => Value::Time(value as i64).to_string().chars().take(10).collect(),
    }
}

/// The value of each row as a number of its category; each text is kept once.
fn category_numbers(field: &Field) -> (Vec<Option<u32>>, Vec<(String, u64)>) {
    let mut categories: Vec<(String, u64)> = Vec::new();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let of = |row| {
        let value = field.values.get(row);
        let label = value.to_string();
        let label = label.trim();
        if label.is_empty() {
            return None;
        }
        let number = match numbers.get(label) {
            Some(number) => *number,
            None => {
                let number = categories.len() as u32;
                categories.push((label.to_owned(), 0));
                numbers.insert(label.to_owned(), number);
                number
            }
        };
        categories[number as usize].1 += 1;
        Some(number)
    };
    ((0..field.values.len() as u32).map(of).collect(), categories)
}

fn by_categories(field: &Field) -> Answer {
    let (rows, categories) = category_numbers(field);
    let mut order: Vec<usize> = (0..categories.len()).collect();
    // The most frequent first, then by label: the same whatever the order of rows.
    order.sort_by(|a, b| categories[*b].1.cmp(&categories[*a].1).then_with(|| categories[*a].0.cmp(&categories[*b].0)));
    let mut colour = vec![NO_DATA; categories.len()];
    for (place, category) in order.iter().enumerate() {
        colour[*category] = palette::category(place, &categories[*category].0);
    }
    let shown = rows.iter().map(|row| row.map_or(NO_DATA, |category| colour[category as usize])).collect();
    let listed = order.iter().take(MOST_ENTRIES);
    let mut entries: Vec<_> =
        listed.map(|c| entry(Title::same(categories[*c].0.clone()), colour[*c], categories[*c].1)).collect();
    let rest = order.get(MOST_ENTRIES..).unwrap_or_default();
    if !rest.is_empty() {
        let count = rest.iter().map(|c| categories[*c].1).sum();
        let label = words(&format!("其他 {} 类", rest.len()), &format!("{} other values", rest.len()));
        entries.push(entry(label, NO_DATA, count));
    }
    no_data(&mut entries, rows.iter().filter(|row| row.is_none()).count() as u64);
    (shown, Legend { title: Title::same(field.name.clone()), continuous: false, entries })
}

/// Colours that the data gives, row by row; the role's colour where it gives none.
fn by_given(field: &Field, otherwise: Rgb) -> Answer {
    let (rows, categories) = category_numbers(field);
    let colour: Vec<Option<Rgb>> = categories.iter().map(|(label, _)| read_colour(label)).collect();
    let of = |row: &Option<u32>| row.and_then(|category| colour[category as usize]);
    let shown = rows.iter().map(|row| of(row).unwrap_or(otherwise)).collect();
    let given = categories.iter().zip(&colour).filter_map(|((label, n), c)| Some((label, *n, (*c)?)));
    let mut entries: Vec<_> = given.map(|(label, n, c)| entry(Title::same(label.clone()), c, n)).collect();
    entries.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.en.cmp(&b.label.en)));
    entries.truncate(MOST_ENTRIES);
    let without = rows.iter().filter(|row| of(row).is_none()).count() as u64;
    if without > 0 {
        entries.push(entry(words("未给出颜色", "No colour given"), otherwise, without));
    }
    (shown, Legend { title: Title::same(field.name.clone()), continuous: false, entries })
}

/// Official land-use colours; `None` when fewer than half of the values are land-use codes.
fn by_land_use(field: &Field) -> Option<Answer> {
    let (rows, categories) = category_numbers(field);
    let classes: Vec<_> = categories.iter().map(|(label, _)| land_use(label)).collect();
    let total: u64 = categories.iter().map(|(_, count)| count).sum();
    let known: u64 = categories.iter().zip(&classes).filter(|(_, c)| c.is_some()).map(|((_, n), _)| n).sum();
    if known == 0 || known * 2 < total {
        return None;
    }
    let of = |row: &Option<u32>| row.and_then(|category| classes[category as usize]);
    let shown = rows.iter().map(|row| of(row).map_or(NO_DATA, |class| class.colour)).collect();
    let mut entries: std::collections::BTreeMap<&str, LegendEntry> = Default::default();
    for ((_, count), class) in categories.iter().zip(&classes) {
        let Some(class) = class else { continue };
        let label = words(&format!("{} {}", class.code, class.name.zh), &format!("{} {}", class.code, class.name.en));
        entries.entry(&class.code).or_insert_with(|| entry(label, class.colour, 0)).count += count;
    }
    let mut entries: Vec<_> = entries.into_values().collect();
    no_data(&mut entries, rows.iter().filter(|row| of(row).is_none()).count() as u64);
    Some((shown, Legend { title: Title::same(field.name.clone()), continuous: false, entries }))
}

#[cfg(test)]
mod tests;
