//! Dates and moments in conditions, as spans of milliseconds.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

const DAY: i64 = 86_400_000;

/// The first and last millisecond that a text names: a year, a month, a day, or a moment. Without an
/// offset it is UTC, as times in files are.
pub fn span(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        let ms = moment.as_millisecond();
        return Some((ms, ms));
    }
    let start = |date: Date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok().map(|t| t.as_millisecond());
    let number =
        |text: &str| -> Option<i16> { text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten() };
    match (text.len(), text.split('-').collect::<Vec<_>>().as_slice()) {
        (4, [year]) => {
            let year = number(year)?;
            let next = Date::new(year.checked_add(1)?, 1, 1).ok()?;
            Some((start(Date::new(year, 1, 1).ok()?)?, start(next)? - 1))
        }
        (7, [year, month]) => {
            let (year, month) = (number(year)?, i8::try_from(number(month)?).ok()?);
            let first = Date::new(year, month, 1).ok()?;
            Some((start(first)?, start(first.last_of_month())? + DAY - 1))
        }
        (10, [_, _, _]) => {
            let day = start(text.parse().ok()?)?;
            Some((day, day + DAY - 1))
        }
        _ => {
            let moment = text.parse::<DateTime>().ok()?;
            let ms = Offset::UTC.to_timestamp(moment).ok()?.as_millisecond();
            Some((ms, ms))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2023-11-15T00:00:00Z is 1 700 006 400 s after the epoch.
    #[test]
    fn a_date_is_its_whole_day_and_a_moment_is_one_millisecond() {
        let day = 1_700_006_400_000;
        assert_eq!(span("2023-11-15"), Some((day, day + DAY - 1)));
        assert_eq!(span("2023-11-15T01:00:00Z"), Some((day + 3_600_000, day + 3_600_000)));
        assert_eq!(span("2023-11-15T09:00:00+08:00"), span("2023-11-15T01:00:00"));
        assert_eq!(span("2024-02").map(|(a, b)| (b - a + 1) / DAY), Some(29));
        assert_eq!(span("2023").map(|(a, b)| (b - a + 1) / DAY), Some(365));
        for wrong in ["", "soon", "2023-02-30", "2023-13", "99999"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }
}
