//! The CRS doctor: which CRS numbers are in, when nothing says so.
//!
//! A guess is a list of candidates that the shape of the numbers allows, each carried to longitude and
//! latitude by PROJ and judged by where it lands: in China, near the other layers, in its own zone.
//! What stays ambiguous is not placed: the note then says what to declare.

use super::crs::{Crs, CrsBasis, FoundCrs};
use super::offset::in_mainland_china;
use super::project_crs::{cgcs_zone, said, utm_zone};
use super::transform::Transform;
use super::{Bounds, LonLat};

/// A guessed CRS.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The CRS with confidence and reason; unknown when the numbers do not tell.
    pub found: FoundCrs,
    /// Whether the coordinates have to be swapped (north/latitude comes first in the data).
    pub swapped: bool,
}

/// Below this confidence a guess is not used.
pub const LEAST_CONFIDENCE: f64 = 0.35;

/// Degrees from other layers within which a guess counts as near them.
const NEAR: f64 = 1.5;

/// Where most of the numbers are: medians and the box without the outermost twentieths, so that a
/// few strays or a cluster at 0, 0 do not hide what the rest is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub core: Bounds,
    pub median: [f64; 2],
}

impl Spread {
    /// Of a sample, or of the extent when there is no sample; `None` without finite numbers.
    pub(super) fn of(extent: &Bounds, sample: &[[f64; 2]]) -> Option<Self> {
        let finite = |axis: usize| {
            let mut values: Vec<f64> = sample.iter().map(|p| p[axis]).filter(|v| v.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (xs, ys) = (finite(0), finite(1));
        if xs.is_empty() || ys.is_empty() {
            let usable = !extent.is_empty() && extent.min.iter().chain(&extent.max).all(|v| v.is_finite());
            return usable.then(|| Self { core: *extent, median: extent.centre() });
        }
        // Index within the list: the share is below one and the list is not empty.
        let at = |values: &[f64], share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Some(Self {
            core: Bounds { min: [at(&xs, 0.05), at(&ys, 0.05)], max: [at(&xs, 0.95), at(&ys, 0.95)] },
            median: [at(&xs, 0.5), at(&ys, 0.5)],
        })
    }

    /// Whether most of the numbers can be longitude and latitude in degrees.
    pub(super) fn is_degrees(&self) -> bool {
        let world = Bounds { min: [-180.0, -90.0], max: [180.0, 90.0] };
        world.holds(self.core.min) && world.holds(self.core.max)
    }

    /// The same with x and y exchanged.
    pub(super) fn swapped(&self) -> Self {
        let swap = |[x, y]: [f64; 2]| [y, x];
        Self { core: Bounds { min: swap(self.core.min), max: swap(self.core.max) }, median: swap(self.median) }
    }
}

/// One possible reading of the numbers.
struct Candidate {
    epsg: u32,
    swapped: bool,
    /// Confidence from the shape of the numbers alone.
    prior: f64,
    why: String,
}

/// The box where most of the points are, without the outermost twentieths; `None` without finite ones.
pub fn core(points: &[[f64; 2]]) -> Option<Bounds> {
    Spread::of(&Bounds::EMPTY, points).map(|spread| spread.core)
}

/// Whether most of the points can be longitude and latitude in degrees (longitudes 0 to 360 count).
pub fn can_be_degrees(points: &[[f64; 2]]) -> bool {
    let world = Bounds { min: [-180.001, -90.001], max: [360.001, 90.001] };
    let finite = || points.iter().filter(|p| p[0].is_finite() && p[1].is_finite());
    finite().filter(|p| world.holds(**p)).count() * 2 > finite().count()
}

/// At most `most` points, evenly over the whole.
pub fn sample(points: &[[f64; 2]], most: usize) -> Vec<[f64; 2]> {
    let step = points.len().div_ceil(most.max(1)).max(1);
    points.iter().step_by(step).copied().collect()
}

/// Guesses the CRS of coordinates (x, y as they stand in the data).
///
/// `extent` is their box, `sample` some of them (better than the extent, because of strays), `hint` the
/// box of longitude and latitude of other layers of the project.
pub fn guess(extent: &Bounds, sample: &[[f64; 2]], hint: Option<&Bounds>) -> Guess {
    let hint = hint.filter(|h| !h.is_empty());
    let Some(spread) = Spread::of(extent, sample) else {
        return Guess { found: FoundCrs::unknown("there are no coordinates"), swapped: false };
    };
    let mut candidates = Vec::new();
    degrees(&spread, sample, &mut candidates);
    for swapped in [false, true] {
        let seen = if swapped { spread.swapped() } else { spread };
        zone_numbered(&seen, swapped, &mut candidates);
        if let Some(hint) = hint {
            near_others(&seen, swapped, hint, &mut candidates);
        }
    }
    web_mercator(&spread, &mut candidates);
    let mut judged: Vec<(f64, Crs, Candidate, [f64; 2])> =
        candidates.into_iter().filter_map(|candidate| judge(candidate, &spread, hint)).collect();
    // Stable: of equals the first listed wins.
    judged.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut judged = judged.into_iter();
    let Some((confidence, crs, best, [lon, lat])) = judged.next().filter(|j| j.0 >= LEAST_CONFIDENCE) else {
        return Guess { found: FoundCrs::unknown(why_unknown(&spread)), swapped: false };
    };
    let swap = if best.swapped { "; the axes are swapped in the data (north first)" } else { "" };
    let other = judged
        .find(|j| j.0 >= confidence * 0.7)
        .map_or_else(String::new, |(_, crs, ..)| format!("; it could also be {crs}"));
    let note = format!("{}, around {}{swap}{other}", best.why, said(lon, lat));
    let found = FoundCrs { crs: Some(crs), basis: CrsBasis::Guessed, confidence, note };
    Guess { found, swapped: best.swapped }
}

/// Carries a candidate to the earth and weighs it by where it lands; `None` where it lands nowhere.
fn judge(candidate: Candidate, spread: &Spread, hint: Option<&Bounds>) -> Option<(f64, Crs, Candidate, [f64; 2])> {
    let crs = Crs::from_epsg(candidate.epsg).ok()?;
    let centre = if candidate.swapped { spread.swapped().median } else { spread.median };
    let [lon, lat] = Transform::new(&crs, &Crs::wgs84().ok()?).ok()?.point(centre)?;
    if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
        return None;
    }
    let mut confidence = candidate.prior;
    if (4491..=4554).contains(&candidate.epsg) && !in_mainland_china(LonLat { lon, lat }) {
        confidence *= 0.3;
    }
    match hint.map(|hint| degrees_apart(hint, [lon, lat])) {
        Some(apart) if apart < NEAR => confidence = 1.0 - (1.0 - confidence) * 0.3,
        Some(_) => confidence *= 0.6,
        None => {}
    }
    Some((confidence, crs, candidate, [lon, lat]))
}

/// Degrees between a box and a point; 0 inside.
fn degrees_apart(bounds: &Bounds, [x, y]: [f64; 2]) -> f64 {
    let gap = |v: f64, axis: usize| (bounds.min[axis] - v).max(v - bounds.max[axis]).max(0.0);
    gap(x, 0).hypot(gap(y, 1))
}

fn degrees(spread: &Spread, sample: &[[f64; 2]], candidates: &mut Vec<Candidate>) {
    let broken = sample.iter().filter(|p| (p[0] * 1e4).fract().abs() > 1e-9 || (p[1] * 1e4).fract().abs() > 1e-9);
    let fine = sample.is_empty() || broken.count() * 2 > sample.len();
    let [x, y] = spread.median;
    if spread.is_degrees() {
        let prior = if x.abs() < 1.0 && y.abs() < 1.0 {
            // A drawing in metres around its own origin, or lost coordinates.
            0.2
        } else if fine {
            0.9
        } else {
            0.6
        };
        let why = "the numbers are longitude and latitude in degrees".to_owned();
        candidates.push(Candidate { epsg: 4326, swapped: false, prior, why });
    }
    if spread.swapped().is_degrees() {
        let chinese = in_mainland_china(LonLat { lon: y, lat: x });
        let prior = match (spread.is_degrees(), chinese) {
            (false, _) => 0.85,
            (true, true) => 0.7,
            (true, false) => 0.3,
        };
        let why = "the numbers are degrees, latitude before longitude".to_owned();
        candidates.push(Candidate { epsg: 4326, swapped: true, prior, why });
    }
}

/// Whether numbers can be northings of China (lat 17 to 54).
fn chinese_northings(spread: &Spread) -> bool {
    spread.core.min[1] > 1_870_000.0 && spread.core.max[1] < 6_000_000.0
}

fn zone_numbered(spread: &Spread, swapped: bool, candidates: &mut Vec<Candidate>) {
    let zone = (spread.median[0] / 1e6).floor();
    let easting = spread.median[0] - zone * 1e6;
    if !chinese_northings(spread) || !(150_000.0..850_000.0).contains(&easting) {
        return;
    }
    let zone = zone as u32;
    let (epsg, width, prior) = match zone {
        25..=45 => (4488 + zone, 3, 0.9),
        // Web Mercator of China reaches from 8.1 to 15.0 million.
        13..=15 => (4478 + zone, 6, 0.5),
        16..=23 => (4478 + zone, 6, 0.85),
        _ => return,
    };
    let why = format!(
        "8-digit eastings that begin with {zone}: CGCS2000, {width}-degree zone {zone} (Xi'an 1980 and Beijing 1954 look the same and differ by up to some 100 m)"
    );
    candidates.push(Candidate { epsg, swapped, prior, why });
}

/// Zones without a number can be told apart by the other layers alone.
fn near_others(spread: &Spread, swapped: bool, hint: &Bounds, candidates: &mut Vec<Candidate>) {
    let [x, y] = spread.median;
    if !(100_000.0..900_000.0).contains(&x) || !(0.0..10_000_000.0).contains(&y) || y < 1000.0 {
        return;
    }
    let [lon, lat] = hint.centre();
    if chinese_northings(spread) && in_mainland_china(LonLat { lon, lat }) {
        // The meridian that brings the easting nearest to the other layers: the hint's or its neighbours'.
        let nearest = cgcs_zone(lon);
        for zone in nearest.saturating_sub(1).max(25)..=(nearest + 1).min(45) {
            let reach = (x - 500_000.0).abs() / (111_320.0 * lat.to_radians().cos());
            let here = f64::from(zone) * 3.0 + (x - 500_000.0).signum() * reach;
            let prior = if (here - lon).abs() < 1.0 { 0.6 } else { 0.3 };
            let why = format!(
                "6-digit eastings and 7-digit northings beside layers in China: CGCS2000 of the meridian {}°E",
                zone * 3
            );
            candidates.push(Candidate { epsg: 4534 + (zone - 25), swapped, prior, why });
        }
    }
    let zone = utm_zone(lon, lat);
    let base = if lat < 0.0 { 32700 } else { 32600 };
    let why = format!("eastings and northings that fit UTM zone {zone} beside the other layers");
    candidates.push(Candidate { epsg: base + zone, swapped, prior: 0.45, why });
}

fn web_mercator(spread: &Spread, candidates: &mut Vec<Candidate>) {
    let edge = 20_037_509.0;
    let [x, y] = spread.median;
    let fits = spread.core.min.iter().chain(&spread.core.max).all(|v| v.abs() <= edge);
    if !fits || (x.abs() < 1000.0 && y.abs() < 1000.0) {
        return;
    }
    // Small numbers are some national grid's more often, and a northing beside an easting is a swapped zone's.
    let swapped_zone = (100_000.0..900_000.0).contains(&y) && chinese_northings(&spread.swapped());
    let prior = if swapped_zone {
        0.3
    } else if x.abs() > 2e6 && y.abs() > 2e5 {
        0.75
    } else if x < 0.0 || x.abs() > 1e6 {
        0.5
    } else {
        0.15
    };
    let why = "metres in the range of Web Mercator".to_owned();
    candidates.push(Candidate { epsg: 3857, swapped: false, prior, why });
}

/// What numbers that fit nothing look like, and what to declare.
fn why_unknown(spread: &Spread) -> String {
    let [x, y] = spread.median;
    let six = |v: f64| (100_000.0..900_000.0).contains(&v);
    let numbers = format!("its numbers (around {x:.2}, {y:.2})");
    if six(x) && chinese_northings(spread) || six(y) && chinese_northings(&spread.swapped()) {
        let order = if six(x) { "" } else { " with the northing first" };
        return format!(
            "{numbers} look like a Gauss-Krüger or UTM zone without its number{order}, and the numbers do not tell which: declare it, in China EPSG:4534 (75°E) to EPSG:4554 (135°E), as EPSG:4548 for the meridian 117°E"
        );
    }
    if x.abs() < 100_000.0 && y.abs() < 100_000.0 {
        return format!("{numbers} look like a local drawing in metres: declare the grid that it was drawn in");
    }
    format!("{numbers} fit no grid that numbers alone would show: declare its CRS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(x: f64, y: f64, hint: Option<[f64; 2]>) -> (Option<String>, bool, f64, String) {
        let sample: Vec<[f64; 2]> =
            (0..50).map(|i| [x + f64::from(i) * 0.000_123, y + f64::from(i) * 0.000_077]).collect();
        let hint = hint.map(|[lon, lat]| Bounds { min: [lon - 0.1, lat - 0.1], max: [lon + 0.1, lat + 0.1] });
        let guess = guess(&Bounds::around(&sample), &sample, hint.as_ref());
        let code = guess.found.crs.as_ref().and_then(Crs::code).map(str::to_owned);
        (code, guess.swapped, guess.found.confidence, guess.found.note)
    }

    /// The coordinates of one place in Tianjin (cs2cs, domain notes E2) in every grid that people use.
    #[test]
    fn one_place_is_recognised_in_each_grid() {
        let tianjin = Some([117.2, 39.1]);
        for (x, y, hint, code, swapped) in [
            (117.1951, 39.1189, None, "EPSG:4326", false),
            (39.1189, 117.1951, None, "EPSG:4326", true),
            (39_516_844.109, 4_327_752.429, None, "EPSG:4527", false),
            (4_327_752.429, 39_516_844.109, None, "EPSG:4527", true),
            (20_516_844.109, 4_327_752.429, None, "EPSG:4498", false),
            (13_046_051.367, 4_733_588.330, None, "EPSG:3857", false),
            (516_844.109, 4_327_752.429, tianjin, "EPSG:4548", false),
            (4_327_752.429, 516_844.109, tianjin, "EPSG:4548", true),
            (-8_237_642.0, 4_970_351.0, None, "EPSG:3857", false),
            // Kashgar in the 6-degree zone 13, and Weihai in Web Mercator: the same numbers.
            (13_585_000.0, 4_370_000.0, Some([75.99, 39.47]), "EPSG:4491", false),
            (13_585_000.0, 4_370_000.0, None, "EPSG:3857", false),
            // Seattle, UTM 10N.
            (550_200.0, 5_272_700.0, Some([-122.33, 47.61]), "EPSG:32610", false),
        ] {
            let (found, was_swapped, confidence, note) = guessed(x, y, hint);
            assert_eq!((found.as_deref(), was_swapped), (Some(code), swapped), "{x} {y}: {note}");
            assert!((0.5..1.0).contains(&confidence), "{x} {y}: {confidence}");
            assert_eq!(note.contains("swapped"), swapped, "{note}");
        }
    }

    #[test]
    fn a_zone_without_number_is_not_guessed_but_its_codes_are_named() {
        for (x, y) in [(516_844.109, 4_327_752.429), (4_327_752.429, 516_844.109)] {
            let (code, _, confidence, note) = guessed(x, y, None);
            assert_eq!((code, confidence), (None, 0.0));
            assert!(note.contains("EPSG:4548") && note.contains("117°E"), "{note}");
        }
        // A neighbouring meridian: 520 km west of Tianjin lies 111°E.
        let (code, _, _, note) = guessed(516_844.109, 4_327_752.429, Some([111.2, 39.1]));
        assert_eq!(code.as_deref(), Some("EPSG:4546"), "{note}");
    }

    #[test]
    fn what_numbers_do_not_tell_stays_unknown() {
        for (x, y) in [(12.5, 0.3), (0.2, 0.1), (530_000.0, 180_000.0), (1e11, 1e11), (1200.0, 800.0), (f64::NAN, 1.0)]
        {
            let (code, _, confidence, note) = guessed(x, y, None);
            if (x, y) == (12.5, 0.3) {
                assert_eq!(code.as_deref(), Some("EPSG:4326"));
                continue;
            }
            assert_eq!(code, None, "{x} {y}: {note}");
            assert!(confidence == 0.0 && !note.is_empty());
        }
    }

    #[test]
    fn strays_and_points_at_zero_do_not_mislead() {
        let mut sample: Vec<[f64; 2]> = (0..96).map(|i| [117.2 + f64::from(i) * 1.23e-4, 39.1]).collect();
        sample.extend([[0.0, 0.0], [0.0, 0.0], [1e11, 5.0], [f64::NAN, 3.0]]);
        let guess = guess(&Bounds::around(&sample), &sample, None);
        assert_eq!(guess.found.crs.unwrap().code(), Some("EPSG:4326"));
        assert!(guess.found.confidence >= 0.85);
    }
}
