//! Dates and moments in text.

use jiff::civil;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
