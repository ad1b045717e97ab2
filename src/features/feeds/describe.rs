//! Names and times of feeds and warnings in the words of the interface.

use egui::Color32;

use crate::feeds::cap::Severity;
use crate::feeds::config::Kind;
use crate::feeds::{State, Status};
use crate::panels::{Palette, Words};
use crate::units::grouped;

/// What a feed reads.
pub fn kind_name(kind: Kind, words: &Words) -> &'static str {
    let w = &words.feeds;
    match kind {
        Kind::File => w.kind_file,
        Kind::Open311 => w.kind_open311,
        Kind::Features => w.kind_features,
        Kind::Geojson => w.kind_geojson,
        Kind::Mqtt => w.kind_mqtt,
        Kind::Cap => w.kind_cap,
    }
}

/// How a feed is, in a word or two; why comes in [`reason`].
pub fn state_name(state: &State, words: &Words) -> String {
    let w = &words.feeds;
    match state {
        State::Connecting => w.connecting.to_owned(),
        State::Connected => w.connected.to_owned(),
        State::Behind { waiting } => Words::put(w.behind, &[&grouped(*waiting as f64, 0)]),
        State::Refused { .. } => w.refused.to_owned(),
        State::Waiting { .. } => w.waiting.to_owned(),
        State::Stopped => w.stopped.to_owned(),
    }
}

/// Why it is so; empty where there is nothing to say.
pub fn reason(status: &Status) -> &str {
    match &status.state {
        State::Refused { reason } => reason,
        State::Waiting { why, .. } => why,
        _ => "",
    }
}

/// The colour of a state.
pub fn ink(state: &State, p: &Palette) -> Color32 {
    match state {
        State::Connected => p.good,
        State::Connecting | State::Behind { .. } => p.note,
        State::Refused { .. } => p.error,
        State::Waiting { .. } => p.warning,
        State::Stopped => p.weak,
    }
}

/// How bad a warning is.
pub fn severity_name(severity: Severity, words: &Words) -> &'static str {
    let w = &words.feeds;
    match severity {
        Severity::Unknown => w.level_unknown,
        Severity::Minor => w.level_minor,
        Severity::Moderate => w.level_moderate,
        Severity::Severe => w.level_severe,
        Severity::Extreme => w.level_extreme,
    }
}

/// A moment in the place's own time, `offset` milliseconds ahead of UTC: `14:05` of the same day, else with its date.
pub fn clock(at: i64, now: i64, offset: i64) -> String {
    let seconds = i32::try_from(offset / 1_000).unwrap_or(0);
    let zone = jiff::tz::Offset::from_seconds(seconds).map(jiff::tz::TimeZone::fixed);
    let (Ok(then), Ok(now), Ok(zone)) =
        (jiff::Timestamp::from_millisecond(at), jiff::Timestamp::from_millisecond(now), zone)
    else {
        return "–".to_owned();
    };
    let (then, now) = (then.to_zoned(zone.clone()), now.to_zoned(zone));
    let form = match (then.date() == now.date(), then.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%m-%d %H:%M",
        (false, false) => "%Y-%m-%d",
    };
    then.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-07-01T00:00:00Z is day 20,635; in Tianjin it is 08:00 then.
    #[test]
    fn a_moment_is_as_short_as_it_can_be() {
        let (july, hour) = (20_635 * 86_400_000_i64, 3_600_000);
        assert_eq!(clock(july, july + hour, 8 * hour), "08:00");
        assert_eq!(clock(july + 16 * hour, july, 8 * hour), "07-02 00:00");
        assert_eq!(clock(july + 366 * 24 * hour, july, 8 * hour), "2027-07-02");
        assert_eq!(clock(i64::MAX, july, 0), "–");
    }
}
