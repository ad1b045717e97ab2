//! The project CRS, chosen where nobody named one: metres, little distortion, known to everybody there.

use super::crs::Crs;
use super::offset::in_mainland_china;
use super::transform::PlaceError;
use super::{Bounds, LonLat};

/// A CRS for a project with the reason, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenCrs {
    /// The CRS: projected, metres.
    pub crs: Crs,
    /// Why this one.
    pub reason: String,
}

/// Chooses the project CRS for data in a box of longitude and latitude (degrees).
///
/// In mainland China the 3-degree CGCS2000 zone without zone number whose meridian is nearest; elsewhere
/// the UTM zone on WGS 84; UPS beyond 84° north and 80° south.
///
/// # Errors
/// [`PlaceError`] when the box is empty or PROJ's database is missing.
pub fn choose(lonlat: &Bounds) -> Result<ChosenCrs, PlaceError> {
    let [lon, lat] = lonlat.centre();
    if lonlat.is_empty() || !(-90.0..=90.0).contains(&lat) || !lon.is_finite() {
        return Err(PlaceError::UnknownCrs {
            text: String::new(),
            reason: "no layer says where on the earth it lies".to_owned(),
        });
    }
    let lon = (lon + 180.0).rem_euclid(360.0) - 180.0;
    let wide = if lonlat.width() > 6.0 {
        format!("; the data span {:.0}° of longitude, so distances far from the middle are distorted", lonlat.width())
    } else {
        String::new()
    };
    if in_mainland_china(LonLat { lon, lat }) {
        let zone = cgcs_zone(lon);
        let crs = Crs::from_epsg(4534 + (zone - 25))?;
        let meridian = zone * 3;
        let reason = format!(
            "the data lie in mainland China around {lon:.2}°E {lat:.2}°N: CGCS2000, 3-degree zone of the meridian {meridian}°E{wide}"
        );
        return Ok(ChosenCrs { crs, reason });
    }
    let (code, words) = if lat >= 84.0 {
        (32661, "UPS north (polar)".to_owned())
    } else if lat <= -80.0 {
        (32761, "UPS south (polar)".to_owned())
    } else {
        let zone = utm_zone(lon, lat);
        let north = lat >= 0.0;
        (if north { 32600 } else { 32700 } + zone, format!("UTM zone {zone}{}", if north { 'N' } else { 'S' }))
    };
    let crs = Crs::from_epsg(code)?;
    Ok(ChosenCrs { crs, reason: format!("the data lie around {}: {words} on WGS 84{wide}", said(lon, lat)) })
}

/// The 3-degree zone number (25 to 45) of a longitude; its meridian is three times that.
pub(super) fn cgcs_zone(lon: f64) -> u32 {
    ((lon / 3.0).round() as u32).clamp(25, 45)
}

/// The UTM zone number, with the exceptions of Norway and Svalbard.
pub(super) fn utm_zone(lon: f64, lat: f64) -> u32 {
    if (56.0..64.0).contains(&lat) && (3.0..12.0).contains(&lon) {
        return 32;
    }
    if (72.0..84.0).contains(&lat) && (0.0..42.0).contains(&lon) {
        return match lon {
            l if l < 9.0 => 31,
            l if l < 21.0 => 33,
            l if l < 33.0 => 35,
            _ => 37,
        };
    }
    (((lon + 180.0) / 6.0).floor() as u32).min(59) + 1
}

/// `117.20°E 39.12°N`.
pub(crate) fn said(lon: f64, lat: f64) -> String {
    let side =
        |value: f64, plus: char, minus: char| format!("{:.2}°{}", value.abs(), if value < 0.0 { minus } else { plus });
    format!("{} {}", side(lon, 'E', 'W'), side(lat, 'N', 'S'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(lon: f64, lat: f64) -> String {
        let bounds = Bounds { min: [lon - 0.1, lat - 0.1], max: [lon + 0.1, lat + 0.1] };
        choose(&bounds).unwrap().crs.code().unwrap().to_owned()
    }

    /// EPSG's table: 4534 + (meridian − 75) / 3 for CGCS2000; UTM by the usual map of zones.
    #[test]
    fn each_place_gets_the_crs_that_is_used_there() {
        for (lon, lat, expected) in [
            (117.2, 39.1, "EPSG:4548"),
            (121.47, 31.23, "EPSG:4549"), // Shanghai: 120°E is nearer than 123°E
            (114.06, 22.54, "EPSG:4547"),
            (87.6, 43.8, "EPSG:4538"),
            (75.99, 39.47, "EPSG:4534"),
            (114.17, 22.3, "EPSG:32650"), // Hong Kong is no CGCS2000 place
            (126.98, 37.57, "EPSG:32652"),
            (-73.98, 40.75, "EPSG:32618"),
            (4.36, 52.0, "EPSG:32631"),
            (5.3, 60.4, "EPSG:32632"),  // Bergen
            (15.6, 78.2, "EPSG:32633"), // Longyearbyen
            (151.2, -33.87, "EPSG:32756"),
            (180.0, 0.5, "EPSG:32601"),
            (10.0, 87.0, "EPSG:32661"),
            (10.0, -85.0, "EPSG:32761"),
        ] {
            assert_eq!(code(lon, lat), expected, "{lon} {lat}");
        }
    }

    #[test]
    fn the_reason_names_the_place_and_warns_of_wide_data() {
        let wide = choose(&Bounds { min: [74.0, 18.0], max: [135.0, 53.0] }).unwrap();
        assert!(wide.reason.contains("mainland China") && wide.reason.contains("61°"), "{}", wide.reason);
        let west = choose(&Bounds { min: [-74.0, 40.0], max: [-73.0, 41.0] }).unwrap();
        assert!(west.reason.contains("73.50°W 40.50°N") && !west.reason.contains("distorted"), "{}", west.reason);
        assert!(choose(&Bounds::EMPTY).is_err());
    }
}
