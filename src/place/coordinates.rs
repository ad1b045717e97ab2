//! Coordinates as people type them: `117.1951, 39.1189`, `39°07'08"N 117°11'42"E`, `东经117.19 北纬39.11`,
//! `516872 4331722 EPSG:4548`. What is ambiguous gives several readings, the likeliest first.

use super::crs::Crs;
use super::doctor;
use super::lonlat::LonLatBridge;
use super::project_crs::said;
use super::transform::Transform;
use super::{Bounds, LonLat, MapPoint};

/// One way to read a typed position.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Reading {
    /// The position in the project CRS.
    pub point: MapPoint,
    /// The same in degrees.
    pub lonlat: LonLat,
    /// How it was read, for people.
    pub how: String,
}

/// Reads a position, or nothing when the text is none. Numbers without a CRS are degrees where they can
/// be, else metres of the project CRS.
pub fn read(text: &str, project: &Crs) -> Vec<Reading> {
    let Ok(bridge) = LonLatBridge::new(project) else { return Vec::new() };
    let text = plain(text);
    let (named, rest) = named_crs(&text);
    let Some([first, second]) = numbers(&rest) else { return Vec::new() };
    let mut readings = Vec::new();
    if let Some(named) = named {
        let Ok(crs) = Crs::parse(&named) else { return Vec::new() };
        in_crs(&crs, [first.value, second.value], &bridge, &mut readings);
    } else if first.axis.is_some() || second.axis.is_some() {
        by_letters(first, second, &bridge, &mut readings);
    } else {
        bare([first.value, second.value], first.is_angle || second.is_angle, project, &bridge, &mut readings);
    }
    readings
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Axis {
    Lon,
    Lat,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Number {
    value: f64,
    axis: Option<Axis>,
    /// Written with a degree sign or minutes.
    is_angle: bool,
}

/// Full-width and Chinese signs as plain ones.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text
        .replace("东经", " E ")
        .replace("西经", " W ")
        .replace("北纬", " N ")
        .replace("南纬", " S ")
        .replace("经度", " E ")
        .replace("纬度", " N ");
    for c in text.chars().take(200) {
        match c {
            '０'..='９' => out.push(char::from(b'0' + (c as u32 - '０' as u32) as u8)),
            '．' => out.push('.'),
            '，' | '、' => out.push(','),
            '；' => out.push(';'),
            '：' => out.push(':'),
            '－' | '−' | '–' => out.push('-'),
            '°' | 'º' | '˚' | '度' => out.push('°'),
            '′' | '’' | '‘' | '´' | '＇' | '分' => out.push('\''),
            '″' | '”' | '“' | '＂' | '秒' => out.push('"'),
            '东' => out.push('E'),
            '西' => out.push('W'),
            '北' => out.push('N'),
            '南' => out.push('S'),
            '\u{3000}' | '\t' | '\n' | '(' | ')' | '（' | '）' | '[' | ']' => out.push(' '),
            other => out.push(other),
        }
    }
    out.replace("''", "\"")
}

/// Takes `EPSG:4548` (or `OGC:CRS84`) out of the text.
fn named_crs(text: &str) -> (Option<String>, String) {
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find("epsg") else {
        return match lower.find("ogc:crs84") {
            Some(at) => (Some("OGC:CRS84".into()), format!("{} {}", &text[..at], &text[at + "ogc:crs84".len()..])),
            None => (None, text.to_owned()),
        };
    };
    let tail = &text[start + 4..];
    let skipped = tail.len() - tail.trim_start_matches([':', ' ']).len();
    let digits: String = tail[skipped..].chars().take_while(char::is_ascii_digit).collect();
    let end = start + 4 + skipped + digits.len();
    (Some(format!("EPSG:{digits}")), format!("{} {}", &text[..start], &text[end..]))
}

/// The two positions in a text, with minutes and seconds added up. `None` when there are not exactly two.
fn numbers(text: &str) -> Option<[Number; 2]> {
    let text = without_grouping(text);
    let mut found: Vec<Number> = Vec::new();
    // A letter before a number waits for it; after a number it belongs to that one.
    let mut waiting: Option<(Axis, f64)> = None;
    let mut letter_first = false;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let word: String = rest.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        if !word.is_empty() {
            rest = &rest[word.len()..];
            let (axis, sign) = axis_of(&word)?;
            match found.last_mut() {
                Some(last) if last.axis.is_none() && !letter_first => {
                    last.axis = Some(axis);
                    last.value *= sign;
                }
                _ => {
                    letter_first = true;
                    waiting = Some((axis, sign));
                }
            }
            continue;
        }
        if c.is_ascii_digit() || c == '.' || c == '-' || c == '+' {
            let (mut number, length) = angle(rest)?;
            rest = &rest[length..];
            if let Some((axis, sign)) = waiting.take() {
                number.axis = Some(axis);
                number.value *= sign;
            }
            found.push(number);
            continue;
        }
        if !matches!(c, ' ' | ',' | ';' | '/' | ':' | '=') {
            return None;
        }
        rest = &rest[c.len_utf8()..];
    }
    <[Number; 2]>::try_from(found).ok().filter(|pair| pair.iter().all(|n| n.value.is_finite()))
}

/// `N`, `lon`, `x` and the like.
fn axis_of(word: &str) -> Option<(Axis, f64)> {
    match word.to_ascii_lowercase().as_str() {
        "n" | "lat" | "latitude" => Some((Axis::Lat, 1.0)),
        "s" => Some((Axis::Lat, -1.0)),
        "e" | "lon" | "lng" | "long" | "longitude" => Some((Axis::Lon, 1.0)),
        "w" => Some((Axis::Lon, -1.0)),
        _ => None,
    }
}

/// A number with its degree, minute and second signs at the beginning of a text, and its length in bytes.
fn angle(text: &str) -> Option<(Number, usize)> {
    let (degrees, mut used) = decimal(text)?;
    let mut value = degrees.abs();
    let mut is_angle = false;
    if let Some(after) = text[used..].strip_prefix('°') {
        is_angle = true;
        used = text.len() - after.len();
        for (sign, share) in [('\'', 60.0), ('"', 3600.0)] {
            let next = text[used..].trim_start_matches(' ');
            let skipped = text.len() - next.len();
            if !next.starts_with(|c: char| c.is_ascii_digit()) {
                break;
            }
            let Some((part, length)) = decimal(next) else { break };
            let Some(after) = next[length..].strip_prefix(sign) else { break };
            if part >= 60.0 {
                return None;
            }
            value += part / share;
            used = skipped + (next.len() - after.len());
        }
    }
    // The sign counts for the whole: -0°30' is half a degree south or west.
    let value = if text.starts_with('-') { -value } else { value };
    Some((Number { value, axis: None, is_angle }, used))
}

/// A plain decimal number at the beginning of a text, and its length.
fn decimal(text: &str) -> Option<(f64, usize)> {
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len() - sign);
    let length = sign + digits;
    Some((text[..length].parse().ok()?, length))
}

/// `516,872.5 4,331,722.0` without its thousands; `117,1951 39,1189` with decimal points.
fn without_grouping(text: &str) -> String {
    let words: Vec<&str> = text.split([' ', ';']).map(|w| w.trim_end_matches(',')).filter(|w| !w.is_empty()).collect();
    let [first, second] = words.as_slice() else { return text.to_owned() };
    let digits =
        |w: &str| w.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.');
    let listed = |w: &str| digits(w) && w.contains(',');
    if !listed(first) || !listed(second) {
        return text.to_owned();
    }
    let grouped = |w: &str| {
        let whole = w.split('.').next().unwrap_or(w).trim_start_matches(['-', '+']);
        whole.split(',').skip(1).all(|g| g.len() == 3) && (w.contains('.') || whole.matches(',').count() > 1)
    };
    if grouped(first) || grouped(second) {
        return format!("{} {}", first.replace(',', ""), second.replace(',', ""));
    }
    if first.matches(',').count() == 1 && second.matches(',').count() == 1 {
        return format!("{} {}", first.replace(',', "."), second.replace(',', "."));
    }
    text.to_owned()
}

fn by_letters(first: Number, second: Number, bridge: &LonLatBridge, readings: &mut Vec<Reading>) {
    let [lon, lat] = match (first.axis, second.axis) {
        (Some(Axis::Lon), Some(Axis::Lat) | None) | (None, Some(Axis::Lat)) => [first.value, second.value],
        (Some(Axis::Lat), Some(Axis::Lon) | None) | (None, Some(Axis::Lon)) => [second.value, first.value],
        _ => return,
    };
    at_degrees([lon, lat], "longitude and latitude, as marked", bridge, readings);
}

fn bare(pair: [f64; 2], is_angle: bool, project: &Crs, bridge: &LonLatBridge, readings: &mut Vec<Reading>) {
    let [a, b] = pair;
    let fits = |lon: f64, lat: f64| lon.abs() <= 180.0 && lat.abs() <= 90.0;
    if is_angle || fits(a, b) || fits(b, a) {
        // Both orders are possible below 90: what lies in the project's area comes first.
        at_degrees([a, b], "longitude, latitude", bridge, readings);
        at_degrees([b, a], "latitude, longitude", bridge, readings);
        if let Some(area) = project.area_of_use() {
            readings.sort_by_key(|r| !area.holds([r.lonlat.lon, r.lonlat.lat]));
        }
        return;
    }
    let area = project.area_of_use().map(|area| area.grown(1.0));
    for (point, order) in [([a, b], "east, north"), ([b, a], "north, east")] {
        let point = MapPoint::from(point);
        if let Some(lonlat) = bridge.lonlat(point)
            && area.is_none_or(|area| area.holds([lonlat.lon, lonlat.lat]))
        {
            readings.push(Reading { point, lonlat, how: format!("{order} in the project CRS, {project}") });
        }
    }
    if readings.is_empty() {
        let guess = doctor::guess(&Bounds::around(&[pair]), &[pair], area.as_ref());
        if let Some(crs) = guess.found.crs {
            in_crs(&crs, if guess.swapped { [b, a] } else { pair }, bridge, readings);
            readings.truncate(1);
            readings.iter_mut().for_each(|r| r.how = format!("guessed: {}", r.how));
        }
    }
}

fn at_degrees([lon, lat]: [f64; 2], how: &str, bridge: &LonLatBridge, readings: &mut Vec<Reading>) {
    if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
        return;
    }
    let lonlat = LonLat { lon, lat };
    if let Some(point) = bridge.map_point(lonlat) {
        readings.push(Reading { point, lonlat, how: format!("{how}: {}", said(lon, lat)) });
    }
}

fn in_crs(crs: &Crs, [a, b]: [f64; 2], bridge: &LonLatBridge, readings: &mut Vec<Reading>) {
    let Some(way) = Crs::wgs84().ok().and_then(|degrees| Transform::new(crs, &degrees).ok()) else { return };
    let area = crs.area_of_use().map(|area| area.grown(1.0));
    let mut outside = Vec::new();
    let orders = if crs.is_geographic() {
        ["longitude, latitude", "latitude, longitude"]
    } else {
        ["east, north", "north, east"]
    };
    for (point, order) in [([a, b], orders[0]), ([b, a], orders[1])] {
        if crs.is_geographic() && !(point[0].abs() <= 180.0 && point[1].abs() <= 90.0) {
            continue;
        }
        let Some([lon, lat]) = way.point(point) else { continue };
        let lonlat = LonLat { lon, lat };
        let Some(map) = bridge.map_point(lonlat) else { continue };
        let reading = Reading { point: map, lonlat, how: format!("{order} in {crs}") };
        if area.is_none_or(|area| area.holds([lon, lat])) { readings.push(reading) } else { outside.push(reading) }
    }
    // Outside its area a CRS still gives numbers: offered only when nothing better is there.
    if readings.is_empty() {
        readings.extend(outside.into_iter().take(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<LonLat> {
        read(text, &Crs::from_epsg(4548).unwrap()).first().map(|r| r.lonlat)
    }

    /// 39.1189° is 39°07'08.04", 117.1951° is 117°11'42.36"; cs2cs: 516872.4956, 4331721.9849 in EPSG:4548.
    #[test]
    fn one_place_is_found_however_it_is_typed() {
        for text in [
            "117.1951, 39.1189",
            "117.1951 39.1189",
            "117.1951，39.1189",
            "(117.1951; 39.1189)",
            "39.1189, 117.1951",
            "39.1189N 117.1951E",
            "N39.1189 E117.1951",
            "lat=39.1189, lon=117.1951",
            "lng: 117.1951 lat: 39.1189",
            "117°11'42.36\"E 39°07'08.04\"N",
            "39° 7' 8.04\" N, 117° 11' 42.36\" E",
            "117°11′42.36″ 39°07′08.04″",
            "117°11.706'E 39°7.134'N",
            "东经117.1951 北纬39.1189",
            "北纬39度7分8.04秒，东经117度11分42.36秒",
            "１１７.１９５１，３９.１１８９",
            "117,1951 39,1189",
            "516872.4956 4331721.9849",
            "516,872.4956 4,331,721.9849",
            "4331721.9849, 516872.4956",
            "516872.4956 4331721.9849 EPSG:4548",
            "epsg:4548 4331721.9849 516872.4956",
            "39516872.4956, 4331721.9849",
            "EPSG:4326 117.1951 39.1189",
        ] {
            let at = first(text).unwrap_or_else(|| panic!("{text} was not read"));
            assert!((at.lon - 117.1951).abs() < 1e-7 && (at.lat - 39.1189).abs() < 1e-7, "{text}: {at:?}");
        }
    }

    #[test]
    fn south_and_west_are_negative() {
        assert_eq!(first("33.87S 151.21E"), Some(LonLat { lon: 151.21, lat: -33.87 }));
        assert_eq!(first("W 0.5, N 51.5"), Some(LonLat { lon: -0.5, lat: 51.5 }));
        assert_eq!(first("-0°30' 51°30'"), Some(LonLat { lon: -0.5, lat: 51.5 }));
    }

    #[test]
    fn both_orders_are_offered_when_both_are_possible() {
        let readings = read("30.5, 50.2", &Crs::from_epsg(32636).unwrap());
        let hows: Vec<&str> = readings.iter().map(|r| r.how.as_str()).collect();
        assert_eq!(hows.len(), 2, "{hows:?}");
        assert!(hows[0].starts_with("longitude, latitude"), "{hows:?}");
        // In a project in Baghdad's zone 38N the other order is likelier: 44.4°E 33.3°N.
        let readings = read("33.3 44.4", &Crs::from_epsg(32638).unwrap());
        assert!(readings[0].how.starts_with("latitude, longitude"), "{readings:?}");
    }

    #[test]
    fn what_is_no_position_gives_nothing() {
        for text in [
            "",
            "Heping District",
            "117.19",
            "1 2 3",
            "1e5 7",
            "和平区12号3",
            "EPSG:999999 1 2",
            "117°99' 39°",
            "--1 2",
            "°°",
            "1.2.3 4",
            "EPSG: 1",
            "N N",
        ] {
            assert!(first(text).is_none(), "{text}: {:?}", first(text));
        }
    }
}
