//! What values in files mean: dates in text, moments as numbers, stand-ins for "no value".

use arrow_array::{Array, Int64Array, StringArray};
use jiff::civil;

use crate::model::{FeatureTable, Field, Values};
use crate::report::Report;

/// Reads a date or moment in text: ISO 8601, `2023/1/5`, `20230105`, `2023年1月5日`, each with an
/// optional time. Milliseconds since 1970-01-01T00:00:00Z; a time without a zone counts as UTC.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if !(6..=40).contains(&text.len()) || !text.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let mut rest = text;
    let year = number(&mut rest, 4, 4)?;
    let (month, day) = if let Some(after) = strip(rest, &["-", "/", ".", "年"]) {
        rest = after;
        let month = number(&mut rest, 1, 2)?;
        rest = strip(rest, &["-", "/", ".", "月"])?;
        (month, number(&mut rest, 1, 2)?)
    } else {
        (number(&mut rest, 2, 2)?, number(&mut rest, 2, 2)?)
    };
    rest = strip(rest, &["日"]).unwrap_or(rest);
    let date = civil::Date::new(year as i16, month as i8, day as i8).ok()?;
    let time = time_of_day(rest.trim_start_matches(['T', ' ']))?;
    Some(date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn time_of_day(text: &str) -> Option<civil::Time> {
    let text = text.trim().trim_end_matches('Z');
    if text.is_empty() {
        return Some(civil::Time::midnight());
    }
    let mut rest = text;
    let hour = number(&mut rest, 1, 2)?;
    rest = strip(rest, &[":", "时"])?;
    let minute = number(&mut rest, 1, 2)?;
    let mut seconds = (0, 0);
    if let Some(after) = strip(rest, &[":", "分"]) {
        rest = after;
        if !rest.is_empty() {
            seconds.0 = number(&mut rest, 1, 2)?;
        }
        rest = strip(rest, &["秒"]).unwrap_or(rest);
        if let Some(after) = strip(rest, &["."]) {
            let digits = after.len().min(9);
            rest = after;
            let fraction = number(&mut rest, 1, 9)?;
            seconds.1 = fraction * 10_i64.pow(9 - digits as u32);
        }
    }
    if !rest.is_empty() {
        return None;
    }
    civil::Time::new(hour as i8, minute as i8, seconds.0 as i8, seconds.1 as i32).ok()
}

fn strip<'a>(text: &'a str, marks: &[&str]) -> Option<&'a str> {
    marks.iter().find_map(|mark| text.strip_prefix(mark))
}

/// Takes at least `least` and at most `most` digits off the front.
fn number(text: &mut &str, least: usize, most: usize) -> Option<i64> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return None;
    }
    let (head, tail) = text.split_at(digits);
    *text = tail;
    head.parse().ok()
}

// ---- what columns mean ----

/// Stand-ins for "no value" in numbers.
const SENTINELS: [f64; 8] = [-9999.0, -999.0, -99999.0, -999_999.0, -9_999_999.0, -32768.0, 99999.0, 999_999.0];

/// Names of fields that hold moments.
const MOMENTS: [&str; 14] = [
    "date",
    "time",
    "datum",
    "updated",
    "created",
    "modified",
    "edited",
    "timestamp",
    "日期",
    "时间",
    "更新",
    "创建",
    "_dt",
    "zeit",
];

/// Latest moment that milliseconds in a field are taken for: the year 2100.
const LATEST_MS: i64 = 4_102_444_800_000;

/// Finds moments and stand-ins for "no value" in every field, replaces them and says so.
pub fn recognise(table: &mut FeatureTable, layer: &str, report: &mut Report) {
    for field in &mut table.fields {
        let name = field.name.to_lowercase();
        let moments = MOMENTS.iter().any(|word| name.contains(word));
        let found = match &field.values {
            Values::Text(texts) => text_moments(texts),
            Values::Integer(numbers) if moments => number_moments(&mut numbers.iter()),
            Values::Real(numbers) if moments => {
                let whole = numbers.iter().flatten().all(|v| v.fract() == 0.0 && v.abs() < 1e15);
                let mut values = numbers.iter().map(|v| v.map(|v| v as i64));
                whole.then(|| number_moments(&mut values)).flatten()
            }
            _ => None,
        };
        if let Some((values, how)) = found {
            report.note(layer, format!("field \"{}\": {how}", field.name));
            field.values = Values::Time(values);
            continue;
        }
        blank_sentinels(field, &name, layer, report);
    }
}

/// Text that is dates in every row that has any.
fn text_moments(texts: &StringArray) -> Option<(Int64Array, String)> {
    let known = || texts.iter().flatten().filter(|t| !t.trim().is_empty());
    // Digits alone may be a code (19970101-like numbers are left to fields with telling names).
    let plausible = |text: &str| text.contains(['-', '/', '.', '年', ':']) && parse_time(text).is_some();
    known().next()?;
    if !known().take(32).all(plausible) || !known().all(plausible) {
        return None;
    }
    let values: Int64Array = texts.iter().map(|t| t.and_then(parse_time)).collect();
    let count = values.len() - values.null_count();
    Some((values, format!("{count} texts read as dates")))
}

/// Milliseconds since 1970 or `20230105` in every row that has a value.
fn number_moments(numbers: &mut dyn Iterator<Item = Option<i64>>) -> Option<(Int64Array, String)> {
    let numbers: Vec<Option<i64>> = numbers.collect();
    let known = || numbers.iter().flatten().filter(|v| **v != 0);
    let count = known().count();
    if count == 0 {
        return None;
    }
    let day = |v: i64| (18_000_101..=21_001_231).contains(&v).then(|| parse_time(&v.to_string())).flatten();
    if known().all(|v| day(*v).is_some()) {
        let days = numbers.iter().map(|v| v.and_then(day)).collect();
        return Some((days, format!("{count} numbers read as dates (YYYYMMDD)")));
    }
    // Before 1973 milliseconds have fewer than 12 digits: most must have them, all must be possible.
    let large = known().filter(|v| v.abs() >= 100_000_000_000).count();
    if large * 10 >= count * 9 && known().all(|v| v.abs() <= LATEST_MS) {
        let values = numbers.into_iter().collect();
        return Some((values, format!("{count} numbers read as moments (milliseconds since 1970)")));
    }
    None
}

fn blank_sentinels(field: &mut Field, name: &str, layer: &str, report: &mut Report) {
    let numbers: Vec<f64> = match &field.values {
        Values::Integer(a) => a.iter().flatten().map(|v| v as f64).collect(),
        Values::Real(a) => a.iter().flatten().collect(),
        _ => return,
    };
    let words = ["year", "height", "storey", "floor", "level", "年", "高", "层"];
    let measured = words.iter().any(|word| name.contains(word));
    let mut candidates: Vec<f64> = SENTINELS.to_vec();
    if measured {
        candidates.extend([9999.0, 999.0]);
    }
    // A stand-in stands apart: nothing else lies beyond half its way from zero.
    let apart = |s: f64| {
        let beyond = |v: f64| if s < 0.0 { v < s / 2.0 } else { v > s / 2.0 };
        let year = s > 0.0 && measured && (name.contains("year") || name.contains('年'));
        numbers.contains(&s)
            && (year
                || !numbers.iter().any(|v| !candidates.contains(v) && beyond(*v) && v.is_finite() && v.abs() < 1e300))
    };
    // Least and greatest numbers of the types mean "unset" in many drivers; infinities are none.
    let extreme = |v: f64| !v.is_finite() || v.abs() >= 1e300 || v.abs() == f64::from(f32::MAX);
    let positive_needs_words = |s: f64| s < 0.0 || measured;
    let sentinels: Vec<f64> = candidates.iter().copied().filter(|s| positive_needs_words(*s) && apart(*s)).collect();
    let blank = |v: f64| extreme(v) || sentinels.contains(&v);
    let count = numbers.iter().filter(|v| blank(**v)).count();
    if count == 0 {
        return;
    }
    field.values = match &field.values {
        Values::Integer(a) => Values::Integer(a.iter().map(|v| v.filter(|v| !blank(*v as f64))).collect()),
        Values::Real(a) => Values::Real(a.iter().map(|v| v.filter(|v| !blank(*v))).collect()),
        other => other.clone(),
    };
    let mut which: Vec<String> = sentinels.iter().map(f64::to_string).collect();
    if numbers.iter().any(|v| extreme(*v)) {
        which.push("infinite or the type's extreme".into());
    }
    let message = format!(
        "field \"{}\": {count} values ({}) stand for \"no value\" and are read as empty",
        field.name,
        which.join(", ")
    );
    report.note(layer, message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryKind;
    use crate::model::{TableBuilder, Value};

    fn column(name: &str, values: &[Value<'_>]) -> (FeatureTable, Report) {
        let mut builder = TableBuilder::default();
        let field = builder.field(name);
        for value in values {
            builder.set(field, value);
            builder.geometry.end_feature(GeometryKind::None);
        }
        let (mut table, mut report) = (builder.finish(), Report::default());
        recognise(&mut table, "layer", &mut report);
        (table, report)
    }

    /// 2023-01-05T00:00:00Z is 1 672 876 800 s (19 362 days of 86 400 s after 1970).
    #[test]
    fn one_day_in_five_spellings_is_one_moment() {
        for text in ["2023-01-05", "2023/1/5", "20230105", "2023年1月5日", "2023-01-05T00:00:00Z", "2023-01-05 00:00"]
        {
            assert_eq!(parse_time(text), Some(19_362 * 86_400_000), "{text}");
        }
        assert_eq!(parse_time("2023-01-05T08:30:15.25"), Some(19_362 * 86_400_000 + 30_615_250));
        for text in ["2023-13-05", "12-34", "about 1900", "2023", "2023-01-05x", "", "9999999999999"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_stand_in_is_blanked_and_said_but_a_real_low_value_stays() {
        let (table, report) = column("HEIGHT", &[12, -9999, 30].map(Value::Integer));
        assert_eq!(table.value(1, "HEIGHT"), Value::Null);
        assert!(report.issues[0].message.contains("1 values (-9999)"), "{:?}", report.issues);
        // Depths reach -9998: -9999 may be one of them.
        let (table, report) = column("depth", &[-9998, -9999, -7000].map(Value::Integer));
        assert_eq!(table.value(1, "depth"), Value::Integer(-9999));
        assert!(report.issues.is_empty());
        let (table, _) = column("year_built", &[1950, 9999].map(Value::Integer));
        assert_eq!(table.value(1, "year_built"), Value::Null);
    }

    #[test]
    fn milliseconds_are_moments_only_under_a_telling_name() {
        let ms = [1_672_876_800_000, 1_500_000_000_000].map(Value::Integer);
        assert_eq!(column("EDIT_DATE", &ms).0.value(0, "EDIT_DATE"), Value::Time(1_672_876_800_000));
        assert_eq!(column("parcel", &ms).0.value(0, "parcel"), Value::Integer(1_672_876_800_000));
        let texts = ["2020-05-01", "2021-06-02"].map(|t| Value::Text(t.into()));
        assert!(matches!(column("since", &texts).0.value(0, "since"), Value::Time(_)));
        let mixed = ["2020-05-01", "unknown"].map(|t| Value::Text(t.into()));
        assert!(matches!(column("since", &mixed).0.value(0, "since"), Value::Text(_)));
    }
}
