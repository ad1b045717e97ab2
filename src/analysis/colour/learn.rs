//! Learning: which colours a layer needs, and the legend that explains them.

use std::collections::{BTreeMap, HashMap};

use super::paint::{Paint, Ramp, Reading, Scale, Words, class_near, each_label, provenance};
use super::palette::{self, NO_DATA, Rgb, packed};
use super::{HEIGHT, HEIGHT_PROVENANCE, Legend, LegendEntry, role_colour};
use crate::analysis::classes::{Classes, digits_for};
use crate::model::control_line::{ControlLine, Kinds};
use crate::model::land_use::land_use;
use crate::model::mapping::FieldMapping;
use crate::model::style::{Classing, read_colour};
use crate::model::{Field, HeightSource, Layer, LayerStyle, Meaning, Role, Title, Value, Values};
use crate::units::grouped;

/// Classes when the style does not say.
const CLASSES: usize = 5;
/// More categories than this share one entry of the legend (each keeps its own colour).
const MOST_ENTRIES: usize = 60;
/// Stops of a continuous ramp in the legend.
const STOPS: usize = 5;

type Learnt = (Paint, Legend);

/// How a layer is painted; the legend's colours are opaque.
pub(super) fn learn(layer: &Layer, style: &LayerStyle) -> Learnt {
    chosen(layer, style).unwrap_or_else(|| single(layer, style))
}

fn chosen(layer: &Layer, style: &LayerStyle) -> Option<Learnt> {
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
        None if style.colour.is_none() && layer.role == Role::ControlLine => Some(by_control_lines(layer)),
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
fn single(layer: &Layer, style: &LayerStyle) -> Learnt {
    let colour = style.colour.as_deref().and_then(read_colour).unwrap_or_else(|| role_colour(layer.role));
    let legend = Legend {
        title: layer.title.clone(),
        continuous: false,
        entries: vec![entry(layer.title.clone(), colour, layer.table.len() as u64)],
    };
    (Paint::One(colour), legend)
}

fn by_provenance(layer: &Layer) -> Option<Learnt> {
    let heights = layer.heights.as_ref()?;
    let label = |source| match source {
        HeightSource::Surveyed => words("实测", "Surveyed"),
        HeightSource::Storeys => words("按层数推算", "From storeys"),
        HeightSource::Median => words("同类中位数", "Median of its kind"),
        HeightSource::Default => words("默认值", "Default"),
    };
    let counted = HeightSource::ALL.into_iter().zip(heights.counts()).filter(|(_, count)| *count > 0);
    let entries = counted.map(|(source, count)| entry(label(source), provenance(source), count)).collect();
    let legend = Legend { title: words("高度来源", "Height provenance"), continuous: false, entries };
    Some((Paint::Provenance, legend))
}

fn by_height(layer: &Layer, style: &LayerStyle) -> Option<Learnt> {
    let heights = layer.heights.as_ref()?;
    let values: Vec<f64> = heights.top.iter().map(|h| f64::from(*h)).collect();
    let (scale, legend) = by_numbers(style, &values, words("高度（米）", "Height (m)"), Print::Number, Classing::Ramp);
    Some((Paint::Height(scale), legend))
}

/// How the numbers of a legend are printed.
#[derive(Clone, Copy, PartialEq)]
enum Print {
    Number,
    Year,
    Moment,
}

fn by_field(layer: &Layer, style: &LayerStyle, field: &Field) -> Learnt {
    if !style.values.is_empty() {
        return by_values(field, &style.values);
    }
    let mapped = |meaning| layer.mapping.get(meaning).filter(|mapped| mapped.field == field.name);
    let means = |meaning| mapped(meaning).is_some();
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
    let classed = |reading: Reading, values: &[f64], print, usual| {
        let (scale, legend) = by_numbers(style, values, Title::same(field.name.clone()), print, usual);
        (Paint::Numbers { field: field.name.clone(), reading, scale }, legend)
    };
    let numbers = |reading: Reading, print, usual| {
        let values: Vec<f64> = reading.numbers(&field.values).collect();
        classed(reading, &values, print, usual)
    };
    // Sentinels of a mapped field are no data; other fields say what they say.
    let numeric = [Meaning::Height, Meaning::Storeys, Meaning::Year, Meaning::BaseHeight, Meaning::HeightLimit];
    if let Some((meaning, mapped)) = numeric.into_iter().find_map(|meaning| Some((meaning, mapped(meaning)?))) {
        let mut mapping = FieldMapping::default();
        mapping.set(meaning, mapped.clone());
        let print = if meaning == Meaning::Year { Print::Year } else { Print::Number };
        return numbers(Reading::Mapped(meaning, mapping), print, Classing::Ramp);
    }
    match &field.values {
        Values::Integer(_) | Values::Real(_) => numbers(Reading::Plain, Print::Number, Classing::Quantile),
        Values::Time(_) => numbers(Reading::Moment, Print::Moment, Classing::Ramp),
        Values::Text(_) | Values::Boolean(_) if style.classing.is_some() => {
            let values: Vec<f64> = Reading::Plain.numbers(&field.values).collect();
            // Text that was asked to be classed: only where it mostly reads as numbers.
            let numbers = values.iter().filter(|v| v.is_finite()).count();
            if numbers * 2 > field.values.len() - field.values.nulls() {
                classed(Reading::Plain, &values, Print::Number, Classing::Quantile)
            } else {
                by_categories(field)
            }
        }
        Values::Text(_) | Values::Boolean(_) => by_categories(field),
    }
}

fn by_numbers(style: &LayerStyle, values: &[f64], title: Title, print: Print, usual: Classing) -> (Scale, Legend) {
    let classing = style.classing.unwrap_or(usual);
    let count = usize::from(style.classes.unwrap_or(CLASSES as u8)).max(2);
    let classes = match classing {
        Classing::Ramp | Classing::Categories => return by_ramp(values, title, print),
        Classing::Equal => Classes::equal(values, count),
        Classing::Quantile => Classes::quantile(values, count),
        Classing::Jenks => Classes::jenks(values, count),
    };
    let last = (classes.len().max(2) - 1) as f64;
    let colours: Vec<Rgb> = (0..classes.len()).map(|class| palette::ramp(class as f64 / last)).collect();
    let mut counts = vec![0; classes.len()];
    let mut missing = 0;
    for value in values {
        match class_near(&classes, *value) {
            Some(class) => counts[class] += 1,
            None => missing += 1,
        }
    }
    let labels = if print == Print::Moment {
        classes.bounds.windows(2).map(|p| format!("{}–{}", text(p[0], print, 0), text(p[1], print, 0))).collect()
    } else {
        classes.labels(print == Print::Year)
    };
    let labelled = labels.into_iter().zip(&counts).enumerate();
    let mut entries: Vec<_> = labelled.map(|(i, (label, n))| entry(Title::same(label), colours[i], *n)).collect();
    no_data(&mut entries, missing);
    (Scale::Classes(classes, colours), Legend { title, continuous: false, entries })
}

/// A continuous ramp from the 2nd to the 98th percentile, so that one tower does not darken a city.
fn by_ramp(values: &[f64], title: Title, print: Print) -> (Scale, Legend) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * share).round() as usize).copied();
    let (Some(low), Some(high)) = (at(0.02), at(0.98)) else {
        let mut entries = Vec::new();
        no_data(&mut entries, values.len() as u64);
        return (Scale::Nothing, Legend { title, continuous: true, entries });
    };
    let ramp = Ramp { low, high };
    let mut counts = [0; STOPS];
    for value in &sorted {
        counts[(ramp.share(*value) * (STOPS - 1) as f64).round() as usize] += 1;
    }
    let stops: Vec<f64> = (0..STOPS).map(|i| low + (high - low) * i as f64 / (STOPS - 1) as f64).collect();
    let digits = digits_for(&stops);
    let mut entries: Vec<LegendEntry> = Vec::new();
    if high > low {
        for (stop, count) in stops.iter().zip(counts) {
            entries.push(entry(Title::same(text(*stop, print, digits)), palette::ramp(ramp.share(*stop)), count));
        }
    } else {
        entries.push(entry(Title::same(text(low, print, digits)), palette::ramp(0.5), counts.iter().sum()));
    }
    no_data(&mut entries, (values.len() - sorted.len()) as u64);
    (Scale::Ramp(ramp), Legend { title, continuous: true, entries })
}

fn text(value: f64, print: Print, digits: usize) -> String {
    match print {
        Print::Number => grouped(value, digits),
        Print::Year => format!("{value:.0}"),
        Print::Moment => Value::Time(value as i64).to_string().chars().take(10).collect(),
    }
}

/// Each different value with its number of rows, and how many rows have none.
fn counted(field: &Field) -> (Vec<(String, u64)>, u64) {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut without = 0;
    each_label(&field.values, |label| match counts.get_mut(label) {
        _ if label.is_empty() => without += 1,
        Some(count) => *count += 1,
        None => {
            counts.insert(label.to_owned(), 1);
        }
    });
    let mut categories: Vec<_> = counts.into_iter().collect();
    // The most frequent first, then by label: the same whatever the order of rows.
    categories.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    (categories, without)
}

fn painted_words(field: &Field, words: Words, entries: Vec<LegendEntry>) -> Learnt {
    let legend = Legend { title: Title::same(field.name.clone()), continuous: false, entries };
    (Paint::Words { field: field.name.clone(), words }, legend)
}

fn by_categories(field: &Field) -> Learnt {
    let (categories, without) = counted(field);
    let listed = categories.iter().take(MOST_ENTRIES).enumerate();
    let mut entries: Vec<_> = listed
        .map(|(n, (label, count))| entry(Title::same(label.clone()), palette::category(n, label), *count))
        .collect();
    let rest = categories.get(MOST_ENTRIES..).unwrap_or_default();
    if !rest.is_empty() {
        let count = rest.iter().map(|(_, count)| count).sum();
        let label = words(&format!("其他 {} 类", rest.len()), &format!("{} other values", rest.len()));
        entries.push(entry(label, NO_DATA, count));
    }
    no_data(&mut entries, without);
    let first = categories.into_iter().take(palette::DISTINCT.len()).map(|(label, _)| label).collect();
    painted_words(field, Words::Categories(first), entries)
}

/// Colours that the style gives to values. They are in the legend whether or not there are rows, so that pictures of
/// different areas have one legend.
fn by_values(field: &Field, values: &[(String, String)]) -> Learnt {
    let given = values.iter().filter_map(|(value, colour)| Some((value.trim().to_owned(), read_colour(colour)?)));
    let given: Vec<(String, Rgb)> = given.collect();
    let (categories, without) = counted(field);
    let count = |value: &String| categories.iter().find(|(label, _)| label == value).map_or(0, |(_, count)| *count);
    let mut entries: Vec<_> =
        given.iter().map(|(value, colour)| entry(Title::same(value.clone()), *colour, count(value))).collect();
    let is_given = |label: &String| given.iter().any(|(value, _)| value == label);
    let others = categories.iter().filter(|(label, _)| !is_given(label)).map(|(_, count)| count).sum();
    if others > 0 {
        entries.push(entry(words("其他值", "Other values"), NO_DATA, others));
    }
    no_data(&mut entries, without);
    painted_words(field, Words::Values(given.into_iter().collect()), entries)
}

/// Colours that the data gives, row by row; the role's colour where it gives none.
fn by_given(field: &Field, otherwise: Rgb) -> Learnt {
    let (categories, mut without) = counted(field);
    let mut entries = Vec::new();
    for (label, count) in categories {
        match read_colour(&label) {
            Some(colour) => entries.push(entry(Title::same(label), colour, count)),
            None => without += count,
        }
    }
    entries.truncate(MOST_ENTRIES);
    if without > 0 {
        entries.push(entry(words("未给出颜色", "No colour given"), otherwise, without));
    }
    painted_words(field, Words::Given(otherwise), entries)
}

/// The usual colours of control lines, feature by feature where a field says kinds, else of the layer's kind.
fn by_control_lines(layer: &Layer) -> Learnt {
    let kinds = Kinds::of(layer);
    let Some(field) = kinds.field.as_ref().and_then(|field| layer.table.field(field)) else {
        let count = layer.table.len() as u64;
        let entries = vec![entry(kinds.otherwise.name.clone(), kinds.otherwise.colour, count)];
        let legend = Legend { title: layer.title.clone(), continuous: false, entries };
        return (Paint::One(kinds.otherwise.colour), legend);
    };
    let mut counts = vec![0; ControlLine::all().len()];
    (0..layer.table.len() as u32).for_each(|row| counts[kinds.kind(&layer.table, row).place()] += 1);
    let lines = ControlLine::all().iter().zip(counts).filter(|(_, count)| *count > 0);
    let entries = lines.map(|(line, count)| entry(line.name.clone(), line.colour, count)).collect();
    painted_words(field, Words::ControlLines(kinds.otherwise.colour), entries)
}

/// Official land-use colours; `None` when fewer than half of the values are land-use codes.
fn by_land_use(field: &Field) -> Option<Learnt> {
    let (categories, mut without) = counted(field);
    let (mut known, mut unknown) = (0, 0);
    let mut entries: BTreeMap<&str, LegendEntry> = BTreeMap::new();
    for (label, count) in &categories {
        let Some(class) = land_use(label) else {
            unknown += count;
            continue;
        };
        known += count;
        let label = words(&format!("{} {}", class.code, class.name.zh), &format!("{} {}", class.code, class.name.en));
        entries.entry(&class.code).or_insert_with(|| entry(label, class.colour, 0)).count += count;
    }
    if known == 0 || known < unknown {
        return None;
    }
    without += unknown;
    let mut entries: Vec<_> = entries.into_values().collect();
    no_data(&mut entries, without);
    Some(painted_words(field, Words::LandUse, entries))
}
