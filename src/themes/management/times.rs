//! Moments as reports write them, and as commands take them.

use crate::formats::values::parse_time;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// Earliest and latest moment that a report can have: 1950 to 2150.
const SPAN: std::ops::Range<i64> = -7_305 * DAY..65_744 * DAY;

/// Now, milliseconds since 1970 UTC.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// An offset from UTC, in seconds: `+08:00`, `-0330`, `Z`.
pub fn zone(text: &str) -> Option<i64> {
    let text = text.trim();
    if matches!(text, "Z" | "z" | "UTC") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A moment in text, milliseconds since 1970 UTC: ISO 8601 with or without a zone, `2026/3/1 8:15`,
/// `2026年3月1日`, `20260301081500`, a month (`2022-01`: its first moment), seconds or milliseconds since 1970. `zone_s`
/// is the zone of what names none, in seconds.
pub fn moment(text: &str, zone_s: i64) -> Option<i64> {
    let text = text.trim();
    if text.len() > 40 {
        return None;
    }
    let bare = |text: &str| parse_time(text).and_then(|ms| ms.checked_sub(zone_s * 1000));
    let found = if text.bytes().all(|b| b.is_ascii_digit()) {
        match text.len() {
            14 => {
                let (date, time) = text.split_at(8);
                bare(&format!("{date} {}:{}:{}", time.get(..2)?, time.get(2..4)?, time.get(4..)?))
            }
            8 => bare(text),
            _ => number(text.parse().ok()?, zone_s),
        }
    } else if let Ok(value) = text.parse::<f64>() {
        number(value, zone_s)
    } else if let Some(clock) = text.find(':') {
        // A zone stands behind the time of day; what stands before it is read as UTC.
        let (end, shift) = match text.strip_suffix(['Z', 'z']) {
            Some(front) => (front, Some(0)),
            None => match text.rfind(['+', '-']).filter(|at| *at > clock) {
                // Both sides exist: `at` was found in the text, on a one-byte character.
                Some(at) => (&text[..at], Some(zone(&text[at..])?)),
                None => (text, None),
            },
        };
        let ms = parse_time(end.trim())?;
        ms.checked_sub(shift.unwrap_or(zone_s) * 1000)
    } else if text.len() == 7 {
        bare(&format!("{text}-01"))
    } else {
        bare(text)
    };
    found.filter(|ms| SPAN.contains(ms))
}

/// A number: seconds or milliseconds since 1970, or a spreadsheet's days since 1899-12-30.
pub fn number(value: f64, zone_s: i64) -> Option<i64> {
    let ms = if (20_000.0..80_000.0).contains(&value) {
        // 25,569 days from 1899-12-30 to 1970-01-01; whole seconds, as a day's fraction has no exact ones.
        ((value - 25_569.0) * 86_400.0).round() * 1000.0 - (zone_s * 1000) as f64
    } else if (1e8..1e10).contains(&value) {
        value * 1000.0
    } else if (1e11..1e13).contains(&value) {
        value
    } else {
        return None;
    };
    Some(ms.round() as i64).filter(|ms| SPAN.contains(ms))
}

/// A moment as ISO 8601 in UTC, seconds: `2026-03-01T00:15:00Z`.
pub fn iso(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01T00:15:00Z is day 20,513 after 1970 (56 years of 365 days, 14 leap days, 31 + 28 days) and 900 s.
    #[test]
    fn one_moment_in_many_spellings() {
        let moment_ms = (20_513 * 86_400 + 900) * 1000;
        let china = zone("+08:00").unwrap();
        for text in [
            "2026-03-01T00:15:00Z",
            "2026-03-01T08:15:00+08:00",
            "2026-03-01T08:15:00+0800",
            "2026-02-28T18:15:00-06:00",
            "2026-03-01 08:15:00",
            "2026-03-01T08:15",
            "2026/3/1 8:15",
            "2026年3月1日 8:15",
            "20260301081500",
            "1772324100",
            "1772324100000",
            "46082.34375",
            " 2026-03-01 00:15:00 Z ",
        ] {
            assert_eq!(moment(text, china), Some(moment_ms), "{text}");
        }
        // A month of police.uk, in UTC: 2022-01-01 is day 18,993.
        assert_eq!(moment("2022-01", 0), Some(18_993 * DAY));
        assert_eq!(moment("2022-01", china), Some(18_993 * DAY - 8 * 3_600_000));
        for text in
            ["", "昨天", "2026-13-01", "2022-00", "99999999999999999999", "1e300", "NaN", "0", "2026-03-01T08:15+99:99"]
        {
            assert_eq!(moment(text, china), None, "{text}");
        }
        assert_eq!(iso(moment_ms), "2026-03-01T00:15:00Z");
    }

    #[test]
    fn zones_are_read_and_nonsense_is_not() {
        assert_eq!(zone("-03:30"), Some(-12_600));
        assert_eq!(zone("Z"), Some(0));
        assert_eq!(zone("+8"), None);
        assert_eq!(zone("+25:00"), None);
        assert_eq!(zone("Asia/Shanghai"), None);
    }
}
