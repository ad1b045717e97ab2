//! Working time, and time limits counted in it (时限): hours around the clock, working hours, working days, days.
//!
//! A calendar is a running sum of working time by day, so that a span of years costs two look-ups.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const MINUTE: i64 = 60_000;

/// How a limit is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Hours around the clock, on all days (紧急工作时).
    UrgentHour,
    /// Hours of working time (工作时).
    WorkHour,
    /// Working days (工作日): as much working time as an ordinary day has.
    WorkDay,
    /// Days of 24 hours (自然日).
    NaturalDay,
}

impl TimeUnit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::UrgentHour, Self::WorkHour, Self::WorkDay, Self::NaturalDay];

    /// The word in tables and commands: `urgent_hour`, `work_hour`, `work_day`, `natural_day`.
    pub fn word(self) -> &'static str {
        match self {
            Self::UrgentHour => "urgent_hour",
            Self::WorkHour => "work_hour",
            Self::WorkDay => "work_day",
            Self::NaturalDay => "natural_day",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.word() == word)
    }

    fn runs_always(self) -> bool {
        matches!(self, Self::UrgentHour | Self::NaturalDay)
    }
}

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TimeLimit {
    /// How many.
    pub amount: f64,
    /// Of what.
    pub unit: TimeUnit,
}

impl TimeLimit {
    /// So many of a unit.
    pub fn of(amount: f64, unit: TimeUnit) -> Self {
        Self { amount, unit }
    }
}

/// Why a calendar cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum CalendarError {
    /// A time of day is none, or the hours overlap.
    #[error("working hours: {0}")]
    Hours(String),
    /// A date is none, or lies outside of 1970 to 2120.
    #[error("{0} is no date from 1970 to 2120, written as 2026-10-01")]
    Date(String),
}

/// A calendar as it is written in a table.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarTable {
    /// Hours that the place's clocks are ahead of UTC.
    pub utc_offset_hours: f64,
    /// Working hours of a day: `["08:30", "12:00"]`, in order.
    pub hours: Vec<[String; 2]>,
    /// Days of the week that are worked: 1 is Monday, 7 is Sunday.
    pub weekdays: Vec<i8>,
    /// Dates without work.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Dates with work in their stead.
    #[serde(default)]
    pub workdays: Vec<String>,
    /// Where it was read.
    #[serde(default)]
    pub source: String,
}

/// Which time is working time.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Milliseconds that the place's clocks are ahead of UTC.
    offset: i64,
    /// Working hours of a worked day, milliseconds after midnight.
    hours: Vec<[i64; 2]>,
    /// Working time of a worked day, milliseconds.
    per_day: i64,
    /// Working time before each day since 1970, milliseconds.
    before: Vec<i64>,
}

/// Days that a calendar reaches: 1970 to 2120.
const DAYS: usize = 150 * 365 + 37;

impl Calendar {
    /// Reads a table.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn of(table: &CalendarTable) -> Result<Self, CalendarError> {
        let minutes = |text: &String| -> Option<i64> {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
            ((0..24).contains(&hour) && (0..60).contains(&minute) || (hour, minute) == (24, 0))
                .then_some(hour * 60 + minute)
        };
        let mut hours: Vec<[i64; 2]> = Vec::new();
        for [from, to] in &table.hours {
            let wrong = || CalendarError::Hours(format!("{from} to {to}"));
            let (a, b) = (minutes(from).ok_or_else(wrong)?, minutes(to).ok_or_else(wrong)?);
            if a >= b || hours.last().is_some_and(|last| last[1] > a * MINUTE) {
                return Err(wrong());
            }
            hours.push([a * MINUTE, b * MINUTE]);
        }
        let per_day: i64 = hours.iter().map(|[a, b]| b - a).sum();
        if per_day == 0 || !table.weekdays.iter().any(|day| (1..=7).contains(day)) {
            return Err(CalendarError::Hours("there are none".to_owned()));
        }
        let mut named: BTreeMap<i64, bool> = BTreeMap::new();
        for (dates, worked) in [(&table.holidays, false), (&table.workdays, true)] {
            for text in dates {
                let date: Date = text.parse().map_err(|_| CalendarError::Date(text.clone()))?;
                let day = day_of(date).filter(|day| (0..DAYS as i64).contains(day));
                named.insert(day.ok_or_else(|| CalendarError::Date(text.clone()))?, worked);
            }
        }
        let mut before = Vec::with_capacity(DAYS + 1);
        let mut sum = 0;
        for day in 0..DAYS as i64 {
            before.push(sum);
            // The first of January 1970 was a Thursday.
            let weekday = ((day + 3) % 7 + 1) as i8;
            let worked = named.get(&day).copied().unwrap_or_else(|| table.weekdays.contains(&weekday));
            sum += if worked { per_day } else { 0 };
        }
        before.push(sum);
        let offset = (table.utc_offset_hours * HOUR as f64).round() as i64;
        Ok(Self { offset, hours, per_day, before })
    }

    /// Milliseconds that the place's clocks are ahead of UTC.
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// Working time from the beginning of 1970 to a moment, milliseconds.
    fn worked(&self, at: i64) -> i64 {
        let local = at + self.offset;
        let (day, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let Ok(day) = usize::try_from(day) else { return 0 };
        let (Some(before), Some(after)) = (self.before.get(day), self.before.get(day + 1)) else {
            return self.before.last().copied().unwrap_or(0);
        };
        if before == after {
            return *before;
        }
        before + self.hours.iter().map(|[from, to]| (time.min(*to) - from).max(0)).sum::<i64>()
    }

    /// The first moment until which so much was worked.
    fn moment(&self, worked: i64) -> i64 {
        // The last day before which less was worked.
        let day = self.before.partition_point(|before| *before < worked).saturating_sub(1);
        let mut left = worked - self.before.get(day).copied().unwrap_or(0);
        let mut time = 0;
        for [from, to] in &self.hours {
            time = from + left.min(to - from);
            left -= to - from;
            if left <= 0 {
                break;
            }
        }
        day as i64 * DAY + time - self.offset
    }

    /// A limit in milliseconds of the time that it is counted in.
    pub fn budget(&self, limit: TimeLimit) -> i64 {
        let unit = match limit.unit {
            TimeUnit::UrgentHour | TimeUnit::WorkHour => HOUR,
            TimeUnit::WorkDay => self.per_day,
            TimeUnit::NaturalDay => DAY,
        };
        // Ten thousand years are enough, and do not overflow.
        (limit.amount.max(0.0) * unit as f64).min(3.2e14).round() as i64
    }

    /// Time that passes between two moments as a unit counts it, milliseconds; 0 where the second is not later.
    pub fn passed(&self, unit: TimeUnit, from: i64, to: i64) -> i64 {
        if unit.runs_always() { (to - from).max(0) } else { (self.worked(to) - self.worked(from)).max(0) }
    }

    /// The moment at which a budget of milliseconds is used up.
    pub fn end(&self, unit: TimeUnit, from: i64, budget: i64) -> i64 {
        if unit.runs_always() {
            from.saturating_add(budget)
        } else if budget <= 0 {
            from
        } else {
            self.moment(self.worked(from).saturating_add(budget))
        }
    }

    /// The date at a moment, as the place's clocks show it; `None` outside of years -9999 to 9999.
    pub fn date(&self, at: i64) -> Option<Date> {
        Some(
            jiff::Timestamp::from_millisecond(at.checked_add(self.offset)?)
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date(),
        )
    }

    /// The beginning of a date, milliseconds since 1970 UTC.
    pub fn midnight(&self, date: Date) -> Option<i64> {
        Some(day_of(date)? * DAY - self.offset)
    }
}

/// Days since the first of January 1970.
fn day_of(date: Date) -> Option<i64> {
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond().div_euclid(DAY))
}

/// Whether a date is a Saturday or Sunday.
pub fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::themes::management) fn table() -> CalendarTable {
        CalendarTable {
            utc_offset_hours: 8.0,
            hours: vec![["08:30".into(), "12:00".into()], ["13:30".into(), "17:30".into()]],
            weekdays: vec![1, 2, 3, 4, 5],
            holidays: vec!["2026-10-01".into(), "2026-10-02".into()],
            workdays: vec!["2026-10-10".into()],
            source: String::new(),
        }
    }

    fn at(text: &str) -> i64 {
        format!("{text}:00+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn due(from: &str, amount: f64, unit: TimeUnit) -> i64 {
        let calendar = Calendar::of(&table()).unwrap();
        calendar.end(unit, at(from), calendar.budget(TimeLimit::of(amount, unit)))
    }

    /// 2026-09-28 is a Monday; a day has 3.5 + 4 = 7.5 working hours.
    #[test]
    fn limits_end_when_their_time_is_used() {
        use TimeUnit::*;
        // Around the clock: 30 hours and two days from Monday 16:00.
        assert_eq!(due("2026-09-28T16:00", 30.0, UrgentHour), at("2026-09-29T22:00"));
        assert_eq!(due("2026-09-28T16:00", 2.0, NaturalDay), at("2026-09-30T16:00"));
        // Four working hours from Monday 11:00: one before noon, three from 13:30.
        assert_eq!(due("2026-09-28T11:00", 4.0, WorkHour), at("2026-09-28T16:30"));
        // From Monday 16:00: 1.5 hours that day, 2.5 on Tuesday from 08:30.
        assert_eq!(due("2026-09-28T16:00", 4.0, WorkHour), at("2026-09-29T11:00"));
        // At night, at noon and on Sunday nothing is worked: the limit begins with the next working time.
        assert_eq!(due("2026-09-28T22:00", 1.0, WorkHour), at("2026-09-29T09:30"));
        assert_eq!(due("2026-09-28T12:30", 1.0, WorkHour), at("2026-09-28T14:30"));
        assert_eq!(due("2026-09-27T10:00", 1.0, WorkDay), at("2026-09-28T17:30"));
        // One working day from Monday 10:00 is Tuesday 10:00.
        assert_eq!(due("2026-09-28T10:00", 1.0, WorkDay), at("2026-09-29T10:00"));
        // From Wednesday 10:00 over the holidays of Thursday and Friday and the weekend: Monday 10:00.
        assert_eq!(due("2026-09-30T10:00", 1.0, WorkDay), at("2026-10-05T10:00"));
        // From Friday the 9th: Saturday the 10th is worked in the holidays' stead.
        assert_eq!(due("2026-10-09T10:00", 1.0, WorkDay), at("2026-10-10T10:00"));
        assert_eq!(due("2026-10-09T10:00", 0.0, WorkDay), at("2026-10-09T10:00"));
    }

    /// Counted minute by minute over three weeks with holidays, from many beginnings: what passes until the end of a
    /// limit is the limit, and working time is what a plain count gives.
    #[test]
    fn what_passes_is_what_a_plain_count_of_minutes_gives() {
        let calendar = Calendar::of(&table()).unwrap();
        let is_worked = |minute: i64| {
            let local = minute + 8 * 60;
            let (day, time) = (local.div_euclid(1440), local.rem_euclid(1440));
            let date = calendar.date(minute * MINUTE).unwrap().to_string();
            let weekday = (day + 3) % 7 < 5;
            let worked = (weekday || date == "2026-10-10") && date != "2026-10-01" && date != "2026-10-02";
            worked && ((510..720).contains(&time) || (810..1050).contains(&time))
        };
        let first = at("2026-09-25T00:00") / MINUTE;
        for start in (0..10 * 1440).step_by(377) {
            for long in [0, 1, 59, 450, 451, 1440, 9000] {
                let (from, to) = (first + start, first + start + long);
                let plain = (from..to).filter(|minute| is_worked(*minute)).count() as i64 * MINUTE;
                assert_eq!(calendar.passed(TimeUnit::WorkHour, from * MINUTE, to * MINUTE), plain);
            }
            for budget in [MINUTE, HOUR, 450 * MINUTE, 2000 * MINUTE] {
                let from = (first + start) * MINUTE;
                let end = calendar.end(TimeUnit::WorkHour, from, budget);
                assert_eq!(calendar.passed(TimeUnit::WorkHour, from, end), budget);
                assert_eq!(calendar.passed(TimeUnit::WorkHour, from, end - 1), budget - 1, "no earlier moment");
            }
        }
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        let with = |change: &dyn Fn(&mut CalendarTable)| {
            let mut table = table();
            change(&mut table);
            Calendar::of(&table).err()
        };
        assert!(with(&|t| t.hours = vec![["09:00".into(), "08:00".into()]]).is_some());
        assert!(
            with(&|t| t.hours = vec![["08:00".into(), "12:00".into()], ["11:00".into(), "13:00".into()]]).is_some()
        );
        assert!(with(&|t| t.hours.clear()).is_some() && with(&|t| t.weekdays.clear()).is_some());
        assert!(with(&|t| t.hours = vec![["08:00".into(), "25:00".into()]]).is_some());
        assert_eq!(with(&|t| t.holidays = vec!["2026-02-30".into()]), Some(CalendarError::Date("2026-02-30".into())));
        assert_eq!(with(&|t| t.hours = vec![["00:00".into(), "24:00".into()]]), None);
    }

    #[test]
    fn moments_far_away_neither_overflow_nor_panic() {
        let calendar = Calendar::of(&table()).unwrap();
        for at in [i64::MIN / 4, -1, 0, i64::MAX / 4] {
            for unit in TimeUnit::ALL {
                let end = calendar.end(unit, at, calendar.budget(TimeLimit::of(1e300, unit)));
                assert!(calendar.passed(unit, at, end) >= 0);
            }
        }
    }
}
