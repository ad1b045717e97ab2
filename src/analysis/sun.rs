//! Where the sun stands, and what the clock on the wall says there.
//!
//! Positions come from NREL's Solar Position Algorithm (crate `solar-positioning`, ±0.0003°).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use solar_positioning::time::JulianDate;
use solar_positioning::{Location, SolarPositions, delta_t};

use crate::place::LonLat;
use crate::place::offset::in_mainland_china;

/// The sun as seen from a place. Degrees.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct SunPosition {
    /// Clockwise from true north, 0 to 360.
    pub azimuth: f64,
    /// Above the horizon without refraction; negative at night.
    pub altitude: f64,
}

impl SunPosition {
    /// The direction to the sun: east, north, up; length 1. North is true north, which differs from
    /// grid north by the meridian convergence (below 1° in a 3-degree zone).
    pub fn direction(self) -> [f64; 3] {
        let (sin_az, cos_az) = self.azimuth.to_radians().sin_cos();
        let (sin_alt, cos_alt) = self.altitude.to_radians().sin_cos();
        [sin_az * cos_alt, cos_az * cos_alt, sin_alt]
    }

    /// Length of a shadow on flat ground for each metre of height; `None` when the sun is down.
    pub fn shadow_ratio(self) -> Option<f64> {
        (self.altitude > 0.0).then(|| 1.0 / self.altitude.to_radians().tan())
    }
}

/// A moment that the algorithm or a place that the Earth does not have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the sun's position is not known at {lon}, {lat} on {time}: {reason}")]
pub struct SunError {
    lon: f64,
    lat: f64,
    time: Timestamp,
    reason: String,
}

/// The sun's position at a place and moment, geometric (no refraction), at sea level.
///
/// # Errors
/// [`SunError`] for a latitude beyond 90° or a year beyond the algorithm's (-2000 to 6000).
pub fn position(place: LonLat, time: Timestamp) -> Result<SunPosition, SunError> {
    let failed =
        |error: solar_positioning::Error| SunError { lon: place.lon, lat: place.lat, time, reason: error.to_string() };
    let date = Offset::UTC.to_datetime(time);
    let delta =
        delta_t::estimate_from_date(i32::from(date.year()), date.month().unsigned_abs().into()).map_err(failed)?;
    // 2 440 587.5 is the Julian date of 1970-01-01T00:00:00Z.
    let julian = 2_440_587.5 + time.as_microsecond() as f64 / 86_400e6;
    let julian = JulianDate::new(julian, delta).map_err(failed)?;
    let location = Location { latitude: place.lat, longitude: place.lon };
    let sun = SolarPositions::new().at_from_julian(julian, location, 0.0, None).map_err(failed)?;
    Ok(SunPosition { azimuth: sun.azimuth(), altitude: sun.elevation_angle() })
}

/// The offset of civil time at a place, and how it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CivilOffset {
    /// Civil time less UTC.
    pub offset: Offset,
    /// Whether it is known; else it was taken from the longitude, an hour for each 15°.
    pub known: bool,
}

/// Civil time at a place: UTC+8 in mainland China (Asia/Shanghai, one zone since 1949, no summer time
/// since 1991); elsewhere by longitude, which may be wrong by an hour or two and by summer time.
pub fn civil_offset(place: LonLat) -> CivilOffset {
    let (hours, known) =
        if in_mainland_china(place) { (8, true) } else { ((place.lon / 15.0).round().clamp(-12.0, 14.0) as i8, false) };
    CivilOffset { offset: Offset::from_hours(hours).unwrap_or(Offset::UTC), known }
}

/// A moment as a user writes it: with an offset, or in the civil time of the place shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A moment.
    Moment(Timestamp),
    /// What the clock on the wall shows there.
    Civil(DateTime),
}

impl When {
    /// Reads ISO 8601: `2026-01-20` (noon), `2026-01-20T09:30`, `2026-01-20T09:30:00+08:00`, `…Z`.
    ///
    /// # Errors
    /// What was expected, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let expected =
            |_| format!("\"{text}\" is no date such as 2026-01-20, 2026-01-20T09:30 or 2026-01-20T09:30:00+08:00");
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::Moment(moment));
        }
        if text.len() <= 10 {
            return text.parse::<Date>().map(|date| Self::Civil(date.at(12, 0, 0, 0))).map_err(expected);
        }
        // A text with an offset that is no moment must not lose its offset and pass as civil time.
        let (_, clock) = text.split_once(['T', 't', ' ']).unwrap_or((text, ""));
        if clock.contains(['+', '-', 'Z', 'z', '[']) {
            return Err(expected(jiff::Error::from_args(format_args!("no moment"))));
        }
        text.parse::<DateTime>().map(Self::Civil).map_err(expected)
    }

    /// The moment, with civil time read at a place.
    pub fn at(self, place: LonLat) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Civil(civil) => {
                let zone = TimeZone::fixed(civil_offset(place).offset);
                // Only dates at the very ends of the calendar have no moment.
                zone.to_timestamp(civil).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIANJIN: LonLat = LonLat { lon: 117.1951, lat: 39.1189 };

    fn sun(text: &str) -> SunPosition {
        position(TIANJIN, When::parse(text).unwrap().at(TIANJIN)).unwrap()
    }

    /// sin h = sin φ sin δ + cos φ cos δ cos t with δ = -23.45°: noon 27.43°, 9 and 15 h apparent
    /// time 14.61° at ±42.10° from south. On 21 December apparent time is civil time less 9.0 min.
    #[test]
    fn the_winter_sun_of_tianjin_stands_where_the_formula_says() {
        let noon = sun("2026-12-21T12:09");
        assert!((noon.altitude - 27.43).abs() < 0.05, "{noon:?}");
        assert!((noon.azimuth - 180.0).abs() < 0.2, "{noon:?}");
        assert!((noon.shadow_ratio().unwrap() - 1.927).abs() < 0.005);
        let nine = sun("2026-12-21T09:09");
        assert!((nine.altitude - 14.61).abs() < 0.1 && (nine.azimuth - (180.0 - 42.10)).abs() < 0.1, "{nine:?}");
        let three = sun("2026-12-21T15:09");
        assert!((three.altitude - 14.61).abs() < 0.1 && (three.azimuth - (180.0 + 42.10)).abs() < 0.1, "{three:?}");
    }

    /// Great Cold: δ = -20.283° gives 30.60° at noon and 8.35° at ±55.19° at 8 h apparent time, which
    /// is 08:21:30 civil time. The true declination of the day differs from the constant by 0.2°.
    #[test]
    fn the_sun_of_great_cold_stands_where_the_formula_says() {
        let noon = sun("2026-01-20T12:21:30");
        assert!((noon.altitude - 30.60).abs() < 0.25 && (noon.azimuth - 180.0).abs() < 0.2, "{noon:?}");
        let eight = sun("2026-01-20T08:21:30");
        assert!((eight.altitude - 8.35).abs() < 0.25 && (eight.azimuth - (180.0 - 55.19)).abs() < 0.25, "{eight:?}");
    }

    #[test]
    fn the_direction_has_length_one_and_points_south_and_up_at_noon() {
        let [east, north, up] = sun("2026-12-21T12:09").direction();
        assert!((east.hypot(north).hypot(up) - 1.0).abs() < 1e-12);
        assert!(east.abs() < 0.01 && north < -0.8 && up > 0.4);
    }

    #[test]
    fn civil_time_is_one_zone_in_mainland_china_and_by_longitude_elsewhere() {
        let urumqi = LonLat { lon: 87.6, lat: 43.8 };
        assert_eq!(civil_offset(urumqi), CivilOffset { offset: Offset::constant(8), known: true });
        let boulder = LonLat { lon: -105.27, lat: 40.01 };
        assert_eq!(civil_offset(boulder), CivilOffset { offset: Offset::constant(-7), known: false });
        let moment: Timestamp = "2026-01-20T01:30:00Z".parse().unwrap();
        assert_eq!(When::parse("2026-01-20T09:30").unwrap().at(urumqi), moment);
        assert_eq!(When::parse("2026-01-20T02:30+01:00").unwrap().at(urumqi), moment);
    }

    #[test]
    fn a_date_alone_is_noon_and_nonsense_is_refused() {
        assert_eq!(When::parse("2026-01-20"), When::parse("2026-01-20T12:00"));
        for wrong in ["", "tomorrow", "2026-13-01", "2026-01-20T25:00", "2026-01-20T09:00+99:00"] {
            assert!(When::parse(wrong).unwrap_err().contains("2026-01-20"), "{wrong}");
        }
    }
}
