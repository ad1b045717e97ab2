//! Numbers as people write them: `12.5 m`, `40 ft`, `5'10"`, `12,5`.

use std::sync::LazyLock;

use super::super::table::{Value, Values};
use super::limit::read_limit;
use super::names::FOOT;
use super::{Mapped, Meaning};

/// A number read from text, with metres per unit where the text names one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// The number as written.
    pub value: f64,
    /// Metres per unit, or percent, when the text says so.
    pub factor: Option<f64>,
}

/// Reads a number with an optional unit of length; `None` for anything else.
///
/// One comma is a decimal comma (`12,5`) unless exactly three digits follow a group without a point
/// (`1,250`) or a point follows. Feet and inches as `5'10"` or `5 ft 10 in`.
pub fn read_measure(text: &str) -> Option<Measure> {
    let text = text.trim().trim_start_matches(['~', '≈', '约']).trim();
    let end = text
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || matches!(c, '.' | ',') || (*i == 0 && matches!(c, '-' | '+'))))
        .map_or(text.len(), |(i, _)| i);
    let (number, unit) = text.split_at(end);
    let value = plain_number(number)?;
    let unit = unit.trim();
    let lower = unit.to_lowercase();
    let factor = match lower.as_str() {
        "" => return Some(Measure { value, factor: None }),
        "m" | "m." | "metre" | "metres" | "meter" | "meters" | "米" | "公尺" => 1.0,
        "ft" | "ft." | "feet" | "foot" | "'" | "′" | "’" | "英尺" => FOOT,
        "cm" | "厘米" => 0.01,
        "in" | "\"" | "″" => FOOT / 12.0,
        // Counters, not units.
        "个" | "辆" | "车位" | "个车位" | "泊位" | "spaces" | "层" | "f" | "层楼" | "storeys" | "stories"
        | "floors" | "年" => {
            return Some(Measure { value, factor: None });
        }
        // As it is, where others of the column are shares of 1.
        "%" | "％" => 1.0,
        _ => {
            let rest = ["feet", "ft", "'", "′", "’"].iter().find_map(|mark| lower.strip_prefix(mark))?;
            let inches = rest.trim().trim_end_matches(['"', '″', '”']).trim_end_matches("in").trim();
            let inches = plain_number(inches)?;
            return (0.0..12.0)
                .contains(&inches)
                .then_some(Measure { value: value + inches / 12.0, factor: Some(FOOT) });
        }
    };
    Some(Measure { value, factor: Some(factor) })
}

fn plain_number(text: &str) -> Option<f64> {
    let plain = match (text.matches(',').count(), text.contains('.')) {
        (0, _) => text.to_owned(),
        (1, false) if text.len() - text.find(',')? != 4 => text.replace(',', "."),
        _ => text.replace(',', ""),
    };
    plain.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// The number of a value in the unit of a meaning: metres for lengths, years for dates; the unit
/// written in a text beats the mapping's. `None` for no value and for sentinels and impossible
/// values (heights outside 0–1,000 m, storeys outside 0–200, years outside 1000 to five years from now).
pub(super) fn number(meaning: Meaning, mapped: &Mapped, value: &Value<'_>) -> Option<f64> {
    let read = raw_number(meaning, mapped, value)?;
    possible(meaning, read).then_some(read)
}

/// As [`number`], with impossible values and sentinels.
pub(super) fn raw_number(meaning: Meaning, mapped: &Mapped, value: &Value<'_>) -> Option<f64> {
    if meaning == Meaning::Year {
        return year(value);
    }
    let measure = as_written(meaning, value)?;
    Some(measure.value * measure.factor.unwrap_or(mapped.factor))
}

fn as_written(meaning: Meaning, value: &Value<'_>) -> Option<Measure> {
    match value {
        Value::Text(text) => read_limit(meaning, text),
        Value::Integer(i) => Some(Measure { value: *i as f64, factor: None }),
        Value::Real(r) if r.is_finite() => Some(Measure { value: *r, factor: None }),
        _ => None,
    }
}

/// The greatest value of a column of percent, where that writes shares of 1: none is above 1, and some is above 0.
/// What says `%` itself is no share.
pub(super) fn share_of_one(meaning: Meaning, values: &Values) -> Option<f64> {
    if !is_percent(meaning) {
        return None;
    }
    let numbers = (0..values.len() as u32).filter_map(|row| as_written(meaning, &values.get(row)));
    let most = numbers.filter(|measure| measure.factor.is_none()).map(|measure| measure.value).reduce(f64::max)?;
    (most > 0.0 && most <= 1.0).then_some(most)
}

/// Whether values of a meaning are percent.
pub(super) fn is_percent(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::DensityLimit | Meaning::GreenLimit)
}

fn year(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Time(ms) => jiff::Timestamp::from_millisecond(*ms).ok()?.strftime("%Y").to_string().parse().ok(),
        Value::Integer(i) => Some(*i as f64),
        Value::Real(r) if r.is_finite() => Some(*r),
        Value::Text(text) => {
            // `1998`, `1998-05-01`, `1998年`, `2005/6/1`, `19980501`: four digits at the start.
            let text = text.trim();
            let digits = text.chars().take_while(char::is_ascii_digit).count();
            matches!(digits, 4 | 8).then(|| text.get(..4)?.parse().ok()).flatten()
        }
        _ => None,
    }
}

/// Buildings are registered some years before they are finished; later is a slip of the hand, or stands for "unknown".
static LATEST_YEAR: LazyLock<f64> = LazyLock::new(|| f64::from(jiff::Zoned::now().year()) + 5.0);

/// Whether a number can be what its meaning says.
pub(super) fn possible(meaning: Meaning, value: f64) -> bool {
    match meaning {
        Meaning::Height | Meaning::HeightLimit => value > 0.0 && value <= 1000.0,
        Meaning::BaseHeight => (0.0..=1000.0).contains(&value),
        Meaning::GroundElevation | Meaning::RoofElevation => (-500.0..=9000.0).contains(&value),
        Meaning::Storeys => value > 0.0 && value <= 200.0,
        Meaning::StoreyHeight => (1.0..=50.0).contains(&value),
        Meaning::BaseStoreys => (0.0..=200.0).contains(&value),
        Meaning::StoreysBelow => (0.0..=20.0).contains(&value),
        Meaning::Year => (1000.0..=*LATEST_YEAR).contains(&value) && value.fract() == 0.0,
        Meaning::Setback => (0.0..=500.0).contains(&value),
        Meaning::FarLimit | Meaning::ParkingPerDwelling | Meaning::ParkingPerArea => (0.0..=50.0).contains(&value),
        Meaning::ParkingLimit | Meaning::ParkingSpaces => (0.0..=200_000.0).contains(&value),
        Meaning::DensityLimit | Meaning::GreenLimit => (0.0..=100.0).contains(&value),
        Meaning::Units | Meaning::VacantUnits => (0.0..=20_000.0).contains(&value) && value.fract() == 0.0,
        Meaning::Residents => (0.0..=10_000_000.0).contains(&value),
        Meaning::FloorArea => value > 0.0 && value <= 10_000_000.0,
        _ => true,
    }
}

/// Whether the values of a meaning are numbers.
pub(super) fn is_number(meaning: Meaning) -> bool {
    use Meaning::*;
    is_length(meaning)
        || matches!(meaning, Storeys | BaseStoreys | StoreysBelow | Year | FarLimit | DensityLimit | GreenLimit)
        || matches!(meaning, Units | FloorArea | Residents | VacantUnits)
        || matches!(meaning, ParkingLimit | ParkingPerDwelling | ParkingPerArea | ParkingSpaces)
}

/// Whether a unit of length makes sense.
pub(super) fn is_length(meaning: Meaning) -> bool {
    use Meaning::*;
    matches!(meaning, Height | BaseHeight | GroundElevation | RoofElevation | HeightLimit | Setback | StoreyHeight)
}

/// Whether a name can tell the unit: lengths and floor areas.
pub(super) fn has_unit(meaning: Meaning) -> bool {
    is_length(meaning) || meaning == Meaning::FloorArea
}
