//! Where the city is, and layers that land far from it with the likely cause.

use super::settle::{Settled, SettledRaster, lonlat_of};
use crate::place::{Bounds, doctor};

/// A layer farther than this from the rest is reported, kilometres.
pub(super) const FAR_KM: f64 = 100.0;
/// A layer wider than this (degrees) is no city: it neither says where the city is nor strays while it
/// covers it.
const WIDE: f64 = 3.0;
/// Feet to metres.
const FOOT: f64 = 0.3048;

/// Where the city is.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    /// Longitude and latitude of the layers that lie together; empty when no layer lies anywhere.
    pub main: Bounds,
    /// Which of the given layers lie more than [`FAR_KM`] from it, with the distance in kilometres.
    pub strays: Vec<(usize, f64)>,
}

/// Finds the layers that lie together: from the heaviest, all within [`FAR_KM`] of each other. Each layer is
/// a box in degrees with a weight.
pub(super) fn find(layers: &[(Bounds, u64)]) -> Place {
    let narrow = |b: &Bounds| b.width() <= WIDE && b.height() <= WIDE;
    let placed = || layers.iter().filter(|(b, _)| !b.is_empty());
    // Of equals the first; a city before anything wide.
    let seed = placed().rev().max_by_key(|(b, weight)| (narrow(b), *weight));
    let Some((seed, _)) = seed else { return Place { main: Bounds::EMPTY, strays: Vec::new() } };
    let mut main = *seed;
    let mut joined = true;
    while joined {
        let before = main;
        for (b, _) in placed().filter(|(b, _)| narrow(b) && kilometres(&before, b) <= FAR_KM) {
            main.join(*b);
        }
        joined = main != before;
    }
    let strays = layers
        .iter()
        .enumerate()
        .filter(|(_, (b, _))| !b.is_empty())
        .map(|(i, (b, _))| (i, kilometres(&main, b)))
        .filter(|(_, km)| *km > FAR_KM)
        .collect();
    Place { main, strays }
}

/// The box in degrees of the city that layers make up; empty where they are too wide to be one, so that a
/// map of the world tells nothing about a zone.
pub(super) fn city_of(layers: &[(Bounds, u64)]) -> Bounds {
    let main = find(layers).main;
    if main.width() <= 2.0 * WIDE && main.height() <= 2.0 * WIDE { main } else { Bounds::EMPTY }
}

/// Kilometres between two boxes in degrees, roughly; 0 where they meet.
fn kilometres(a: &Bounds, b: &Bounds) -> f64 {
    let gap = |axis: usize| (a.min[axis] - b.max[axis]).max(b.min[axis] - a.max[axis]).max(0.0);
    let lat = (a.centre()[1] + b.centre()[1]) / 2.0;
    // The other way round the earth may be shorter.
    let east = gap(0).min((360.0 - a.width() - b.width() - gap(0)).abs());
    (east * 111.32 * lat.to_radians().cos()).hypot(gap(1) * 110.57)
}

/// Why a layer may lie far from the others, in words.
pub(super) fn likely_cause(layer: &Settled<'_>, main: &Bounds) -> String {
    let Some(crs) = &layer.raw.crs.crs else { return "no coordinates".to_owned() };
    let near = |points: Vec<[f64; 2]>| {
        let lonlat = lonlat_of(crs, &points);
        !lonlat.is_empty() && kilometres(&lonlat, main) <= FAR_KM
    };
    let each = |change: fn([f64; 2]) -> [f64; 2]| layer.sample.iter().copied().map(change).collect::<Vec<_>>();
    if near(each(|[x, y]| [y, x])) {
        return "its axes seem to be swapped (north or latitude first)".to_owned();
    }
    if !crs.is_geographic() && near(each(|[x, y]| [x * FOOT, y * FOOT])) {
        return "its numbers seem to be feet, not metres".to_owned();
    }
    if !crs.is_geographic() && near(each(|[x, y]| [x / FOOT, y / FOOT])) {
        return "its numbers seem to be metres, not feet".to_owned();
    }
    let guess = doctor::guess(&layer.raw.table.geometry.extent(), &layer.sample, Some(main));
    if let Some(other) = guess.found.crs.filter(|other| other != crs) {
        let lonlat = lonlat_of(&other, &each(if guess.swapped { |[x, y]| [y, x] } else { |p| p }));
        if !lonlat.is_empty() && kilometres(&lonlat, main) <= FAR_KM {
            let swap = if guess.swapped { ", north first" } else { "" };
            return format!("wrong zone or CRS? Read as {other}{swap} it would lie with the others");
        }
    }
    "a wrong CRS, or data of another place".to_owned()
}

/// Reports strays; where the city is.
pub(super) fn report(layers: &mut [Settled<'_>], rasters: &mut [SettledRaster<'_>]) -> Place {
    let boxes: Vec<(Bounds, u64)> = layers
        .iter()
        // What somebody said weighs more than what was guessed.
        .map(|l| (l.lonlat, l.raw.table.len() as u64 * if l.is_said() { 1000 } else { 1 }))
        .chain(rasters.iter().map(|r| (r.lonlat, 1)))
        .collect();
    let place = find(&boxes);
    for &(i, km) in &place.strays {
        let far = format!("it lies {km:.0} km from the other layers");
        match layers.get_mut(i) {
            Some(layer) => {
                let cause = likely_cause(layer, &place.main);
                layer.raw.report.warn(&layer.id, format!("{far}: {cause}"));
            }
            None => {
                if let Some(raster) = rasters.get_mut(i - layers.len()) {
                    raster.raw.report.warn(&raster.id, format!("{far}: a wrong CRS, or a raster of another place"));
                }
            }
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(lon: f64, lat: f64, size: f64) -> Bounds {
        Bounds { min: [lon - size, lat - size], max: [lon + size, lat + size] }
    }

    /// Tianjin to Beijing are about 110 km centre to centre; to Shanghai 960 km.
    #[test]
    fn the_city_is_where_the_heavy_layers_lie_together() {
        let place = find(&[
            (around(0.0, 0.0, 170.0), 6107), // the world's earthquakes
            (around(117.2, 39.1, 0.1), 4000),
            (around(117.4, 39.0, 0.1), 10),
            (around(121.5, 31.2, 0.1), 500),
            (Bounds::EMPTY, 99),
        ]);
        assert!(place.main.holds([117.45, 39.0]) && place.main.width() < 1.0);
        assert_eq!(place.strays.len(), 1);
        let (layer, km) = place.strays[0];
        assert!(layer == 3 && (900.0..1000.0).contains(&km), "{layer} {km}");
    }

    #[test]
    fn a_wide_layer_alone_is_the_place() {
        let place = find(&[(around(105.0, 35.0, 20.0), 34)]);
        assert_eq!((place.main, place.strays.len()), (around(105.0, 35.0, 20.0), 0));
    }

    #[test]
    fn the_date_line_is_no_distance() {
        assert!(kilometres(&around(179.9, 0.0, 0.05), &around(-179.9, 0.0, 0.05)) < 30.0);
    }
}
