//! The sunshine that dwellings must have (日照标准, `assets/sunlight.toml`).

use std::sync::LazyLock;

use crate::model::Title;

/// The day for which sunshine is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Great Cold (大寒日), about 20 January.
    GreatCold,
    /// The winter solstice (冬至日), about 22 December.
    WinterSolstice,
}

/// A standard: so many hours on a day, within a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sunshine {
    /// The day.
    pub day: Day,
    /// Least hours of sunshine.
    pub hours: f64,
    /// The hours of apparent solar time that count, from and to.
    pub belt: [f64; 2],
}

/// A row for buildings that have a rule of their own.
pub struct Special {
    /// Short: `elderly`.
    pub id: String,
    /// What it is for.
    pub name: Title,
    /// The standard.
    pub sunshine: Sunshine,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    sill: f64,
    declination: Declination,
    standard: Vec<Row>,
    other: Vec<OtherRow>,
    place: Vec<Place>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Declination {
    great_cold: f64,
    winter_solstice: f64,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    zones: Vec<String>,
    at_least: Option<u64>,
    below: Option<u64>,
    day: Day,
    hours: f64,
    belt: [f64; 2],
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherRow {
    id: String,
    zh: String,
    en: String,
    day: Day,
    hours: f64,
    belt: [f64; 2],
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    divisions: Vec<String>,
    zone: String,
    population: u64,
    source: String,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    let text = include_str!("../../../assets/sunlight.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    toml::from_str(text).expect("assets/sunlight.toml is valid")
});

/// Where the rows were read, and how sure that is.
pub fn source() -> &'static str {
    &FILE.source
}

/// Metres above the floor of the ground storey where sunshine is reckoned, at the face of the outer wall.
pub fn sill() -> f64 {
    FILE.sill
}

/// The sun's declination on a standard day, degrees, as reckoning tools take it.
pub fn declination(day: Day) -> f64 {
    match day {
        Day::GreatCold => FILE.declination.great_cold,
        Day::WinterSolstice => FILE.declination.winter_solstice,
    }
}

/// The standard of a building-climate zone (`I` to `VII`) for an urban area with so many residents; `None` for a
/// zone that there is not.
pub fn of_zone(zone: &str, residents: u64) -> Option<Sunshine> {
    let row = FILE.standard.iter().find(|row| {
        row.zones.iter().any(|of| of == zone)
            && row.at_least.is_none_or(|least| residents >= least)
            && row.below.is_none_or(|most| residents < most)
    })?;
    Some(Sunshine { day: row.day, hours: row.hours, belt: row.belt })
}

/// The standard of a place by a code that begins with its division, and where that was read; `None` where the table
/// does not know the place.
pub fn of_code(code: &str) -> Option<(Sunshine, &'static str)> {
    let fits = |place: &&Place| place.divisions.iter().any(|division| code.starts_with(division.as_str()));
    let place = FILE.place.iter().find(fits)?;
    Some((of_zone(&place.zone, place.population)?, &place.source))
}

/// Rows for buildings that have a rule of their own.
pub fn specials() -> Vec<Special> {
    let row = |row: &OtherRow| Special {
        id: row.id.clone(),
        name: Title { zh: row.zh.clone(), en: row.en.clone() },
        sunshine: Sunshine { day: row.day, hours: row.hours, belt: row.belt },
    };
    FILE.other.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB 50180-2018, table 4.0.9, row by row; at half a million the larger class begins.
    #[test]
    fn zone_and_size_of_the_city_decide() {
        let says = |zone: &str, residents| of_zone(zone, residents).map(|s| (s.day, s.hours, s.belt));
        let (cold, solstice) = (Day::GreatCold, Day::WinterSolstice);
        for zone in ["I", "II", "III", "VII"] {
            assert_eq!(says(zone, 500_000), Some((cold, 2.0, [8.0, 16.0])), "{zone}");
            assert_eq!(says(zone, 499_999), Some((cold, 3.0, [8.0, 16.0])), "{zone}");
        }
        assert_eq!(says("IV", 2_000_000), Some((cold, 3.0, [8.0, 16.0])));
        assert_eq!(says("IV", 10_000), Some((solstice, 1.0, [9.0, 15.0])));
        assert_eq!(says("V", 5_000_000), Some((solstice, 1.0, [9.0, 15.0])));
        assert_eq!(says("VI", 1), Some((solstice, 1.0, [9.0, 15.0])));
        assert_eq!(says("VIII", 1), None);
    }

    /// Tianjin lies in zone II and is a large city: two hours on the day of Great Cold. Elsewhere nothing is assumed.
    #[test]
    fn a_place_is_known_by_its_division() {
        let (tianjin, source) = of_code("120103001007GB00001").expect("in the table");
        assert_eq!((tianjin.day, tianjin.hours), (Day::GreatCold, 2.0));
        assert!(source.contains("verify locally") && super::source().contains("verify locally"));
        assert_eq!(of_code("310101"), None);
        assert!(declination(Day::GreatCold) > declination(Day::WinterSolstice) && sill() == 0.9);
        let elderly = specials().into_iter().find(|row| row.id == "elderly").expect("in the table");
        assert_eq!((elderly.sunshine.day, elderly.sunshine.hours), (Day::WinterSolstice, 2.0));
        assert_eq!(elderly.name.zh(), "老年人居住建筑");
    }
}
