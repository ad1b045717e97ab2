//! Shifts between datums that nobody published: said, because they move a layer by up to some 100 m.

use super::Bounds;
use super::crs::Crs;
use super::pj::{Context, Object};

/// Whether a geographic CRS's name is that of WGS 84 or CGCS2000, which count as the same.
pub(super) fn is_modern(name: &str) -> bool {
    name.starts_with("WGS 84") || name.starts_with("China Geodetic Coordinate System 2000")
}

/// What is doubtful about carrying data from one CRS to another in a box of longitude and latitude; `None`
/// when PROJ knows a published operation, or when both stand on the same datum.
///
/// WGS 84 and CGCS2000 count as the same: they differ by decimetres.
pub fn doubt(from: &Crs, to: &Crs, lonlat: &Bounds) -> Option<String> {
    if lonlat.is_empty() {
        return None;
    }
    let context = Context::of_thread();
    let (from_object, to_object) =
        (Object::create(&context, from.definition()).ok()?, Object::create(&context, to.definition()).ok()?);
    let (below, beneath) = (from_object.geodetic().ok()?.name(), to_object.geodetic().ok()?.name());
    let is_modern =
        |name: &str| name.starts_with("WGS 84") || name.starts_with("China Geodetic Coordinate System 2000");
    if below == beneath || (is_modern(&below) && is_modern(&beneath)) {
        return None;
    }
    let area = [lonlat.min[0], lonlat.min[1], lonlat.max[0], lonlat.max[1]];
    if Object::has_real_way(&from_object, &to_object, area) {
        return None;
    }
    Some(format!(
        "no shift from the datum of {from} to that of {to} is published for this place: they are taken as the same, and the layer may lie up to some 100 m off; have it converted with the local parameters"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubted(from: u32, to: u32, at: [f64; 2]) -> bool {
        let lonlat = Bounds { min: [at[0] - 0.1, at[1] - 0.1], max: [at[0] + 0.1, at[1] + 0.1] };
        doubt(&Crs::from_epsg(from).unwrap(), &Crs::from_epsg(to).unwrap(), &lonlat).is_some()
    }

    /// Xi'an 1980 needs local parameters (domain notes E2); the others have operations in EPSG or the same datum.
    #[test]
    fn only_shifts_that_nobody_published_are_doubted() {
        let tianjin = [117.2, 39.1];
        assert!(doubted(2384, 4548, tianjin));
        for (from, to, at) in [
            (4326, 4548, tianjin),
            (4490, 32650, tianjin),
            (4527, 4548, tianjin),
            (3857, 4548, tianjin),
            (28992, 32631, [4.4, 52.0]),
            (2263, 32618, [-73.9, 40.7]),
            (6668, 32654, [139.7, 35.7]),
        ] {
            assert!(!doubted(from, to, at), "{from} to {to}");
        }
    }
}
