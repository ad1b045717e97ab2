//! Transformations between CRSs.
//!
//! # CRS
//! Axis order is settled here, once: input and output are always east/longitude first.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Bounds;
use super::crs::Crs;
use super::lattice::Lattice;
use super::pj::{Context, Object};

/// What PROJ could not do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlaceError {
    /// The text is no CRS that PROJ knows.
    #[error("\"{text}\" is no coordinate reference system that can be used: {reason}; give a code such as EPSG:4548")]
    UnknownCrs {
        /// What was given.
        text: String,
        /// PROJ's own words.
        reason: String,
    },
    /// There is no way from one CRS to the other.
    #[error("cannot transform from {from} to {to}: {reason}")]
    NoTransform {
        /// Source CRS.
        from: String,
        /// Target CRS.
        to: String,
        /// PROJ's own words.
        reason: String,
    },
}

/// A prepared way from one CRS to another. Not `Send`: make one per thread, or call
/// [`transform_all`].
#[derive(Clone, Debug)]
pub struct Transform {
    /// `None` when both ends are the same.
    way: Option<Rc<Object>>,
    /// Whether what goes in are degrees.
    degrees: bool,
}

/// Coordinates beyond this are no place on earth in any CRS in use: 100,000 km.
const LARGEST: f64 = 1e8;

/// One prepared way and what it leads from and to.
type Prepared = (String, String, Transform);

/// Ways that a thread keeps: preparing one costs milliseconds, up to a hundred.
const KEPT: usize = 8;

thread_local! {
    static PREPARED: RefCell<Vec<Prepared>> = const { RefCell::new(Vec::new()) };
}

impl Transform {
    /// Prepares the way from `from` to `to`; a thread's last few are kept and cost nothing again.
    ///
    /// # Errors
    /// [`PlaceError::NoTransform`] when PROJ knows none.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self, PlaceError> {
        if same_plane(from, to) {
            return Ok(Self { way: None, degrees: from.is_geographic() });
        }
        PREPARED.with_borrow_mut(|kept| {
            if let Some(i) = kept.iter().position(|(f, t, _)| f == from.definition() && t == to.definition()) {
                return Ok(kept[i].2.clone());
            }
            let made = Self::prepare(from, to).map_err(|reason| PlaceError::NoTransform {
                from: from.to_string(),
                to: to.to_string(),
                reason,
            })?;
            if kept.len() == KEPT {
                kept.remove(0);
            }
            kept.push((from.definition().to_owned(), to.definition().to_owned(), made.clone()));
            Ok(made)
        })
    }

    fn prepare(from: &Crs, to: &Crs) -> Result<Self, String> {
        let context = Context::of_thread();
        let degrees = from.is_geographic();
        let (from_wgs, to_wgs) = (from.is_wgs84_like(), to.is_wgs84_like());
        let mut from = Object::create(&context, from.definition())?;
        let mut to = Object::create(&context, to.definition())?;
        // Degrees of WGS 84 are those of CGCS2000: naming the one under the other end spares PROJ a long
        // search through its database that ends in the same.
        if from_wgs && let Some(under) = modern_under(&to) {
            from = under;
        } else if to_wgs && let Some(under) = modern_under(&from) {
            to = under;
        }
        Ok(Self { way: Some(Rc::new(Object::between(&from, &to)?)), degrees })
    }

    /// Transforms `[east/lon, north/lat]` pairs in place. Points that cannot be transformed become
    /// NaN; their number is returned.
    pub fn apply(&self, points: &mut [[f64; 2]]) -> usize {
        // PROJ answers some impossible numbers with finite ones.
        let [widest, highest] = if self.degrees { [720.0, 90.001] } else { [LARGEST; 2] };
        for point in points.iter_mut().filter(|p| !(p[0].abs() <= widest && p[1].abs() <= highest)) {
            *point = [f64::NAN; 2];
        }
        if let Some(way) = &self.way {
            way.transform(points);
        }
        let mut lost = 0;
        for point in points {
            if !(point[0].is_finite() && point[1].is_finite()) {
                *point = [f64::NAN; 2];
                lost += 1;
            }
        }
        lost
    }

    /// One point; `None` where it cannot be transformed.
    pub fn point(&self, point: [f64; 2]) -> Option<[f64; 2]> {
        let mut points = [point];
        (self.apply(&mut points) == 0).then_some(points[0])
    }

    /// The box around a box: its sides are curves there, so it is walked; empty where it lies nowhere.
    pub fn bounds(&self, of: &Bounds) -> Bounds {
        let at = |i: u32, k: usize| of.min[k] + (of.max[k] - of.min[k]) * f64::from(i) / 16.0;
        let mut points: Vec<[f64; 2]> = (0..=16).flat_map(|i| (0..=16).map(move |j| [at(i, 0), at(j, 1)])).collect();
        self.apply(&mut points);
        Bounds::around(&points)
    }
}

/// The geographic CRS under a projected one, where it is WGS 84 or CGCS2000.
fn modern_under(projected: &Object) -> Option<Object> {
    projected.geodetic().ok().filter(|under| super::datum::is_modern(&under.name()))
}

/// Whether coordinates of one are coordinates of the other: the same CRS, or WGS 84 beside CGCS2000
/// degrees, between which EPSG publishes no shift.
fn same_plane(a: &Crs, b: &Crs) -> bool {
    a == b || (a.is_wgs84_like() && b.is_wgs84_like())
}

/// Points that one core does before another could have begun.
const CHUNK: usize = 16 * 1024;

/// Transforms many pairs in place on all cores; the number that became NaN is returned.
///
/// Large runs over a small area go through a lattice that was checked against PROJ: they come out within
/// a tenth of a millimetre of [`Transform::apply`], many times faster.
///
/// # Errors
/// [`PlaceError::NoTransform`] when PROJ knows no way.
pub fn transform_all(from: &Crs, to: &Crs, points: &mut [[f64; 2]]) -> Result<usize, PlaceError> {
    // Prepared here first, so that an error is found once and before anything is changed.
    let transform = Transform::new(from, to)?;
    if points.len() <= CHUNK || transform.way.is_none() {
        return Ok(transform.apply(points));
    }
    let lattice = Lattice::fit(points, to.is_geographic(), |points| {
        transform.apply(points);
    });
    let lost = AtomicUsize::new(0);
    points.par_chunks_mut(CHUNK).try_for_each(|chunk| {
        let gone = match &lattice {
            None => Transform::new(from, to)?.apply(chunk),
            Some(lattice) => {
                let mut gone = 0;
                for point in chunk {
                    if lattice.holds(*point) {
                        *point = lattice.at(*point);
                    } else {
                        gone += Transform::new(from, to)?.apply(std::slice::from_mut(point));
                    }
                }
                gone
            }
        };
        lost.fetch_add(gone, Ordering::Relaxed);
        Ok(())
    })?;
    Ok(lost.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: u32, to: u32, point: [f64; 2]) -> [f64; 2] {
        let transform = Transform::new(&Crs::from_epsg(from).unwrap(), &Crs::from_epsg(to).unwrap()).unwrap();
        transform.point(point).unwrap()
    }

    /// Expected values: `cs2cs` of PROJ 9.1.1 (domain notes E2), longitude and east first here.
    #[test]
    fn known_points_land_where_cs2cs_puts_them() {
        let tianjin = [117.194_673_4, 39.083_144_6];
        for (from, to, point, [east, north]) in [
            (4326, 4548, [117.1951, 39.1189], [516_872.495_6, 4_331_721.984_9]),
            (4490, 4548, tianjin, [516_844.109, 4_327_752.429]),
            (4490, 4527, tianjin, [39_516_844.109, 4_327_752.429]),
            (4490, 4509, tianjin, [516_844.109, 4_327_752.429]),
            (4326, 3857, tianjin, [13_046_051.367, 4_733_588.330]),
            (4326, 32650, tianjin, [516_837.371, 4_326_021.328]),
        ] {
            let [e, n] = moved(from, to, point);
            assert!((e - east).abs() < 0.001 && (n - north).abs() < 0.001, "{from} to {to}: {e} {n}");
        }
    }

    #[test]
    fn there_and_back_moves_a_point_less_than_a_tenth_of_a_millimetre() {
        for code in [4548, 4527, 3857, 32650] {
            let there = moved(4326, code, [117.3, 38.9]);
            let [lon, lat] = moved(code, 4326, there);
            assert!((lon - 117.3).abs() < 1e-9 && (lat - 38.9).abs() < 1e-9, "{code}");
        }
    }

    #[test]
    fn points_that_are_nowhere_become_nan_and_are_counted() {
        let from = Crs::from_epsg(4326).unwrap();
        let to = Crs::from_epsg(4548).unwrap();
        let mut points = [[117.0, 39.0], [f64::NAN, 39.0], [117.0, f64::INFINITY], [117.0, 4_331_721.0], [1e11, -1e11]];
        assert_eq!(Transform::new(&from, &to).unwrap().apply(&mut points), 4);
        assert!(points[0][0] > 499_999.0 && points[1..].iter().all(|p| p[0].is_nan() && p[1].is_nan()));
        // The way is not spoilt by them.
        assert!(Transform::new(&from, &to).unwrap().point([117.0, 39.0]).is_some());
        // Also where nothing is to be done.
        let mut points = [[117.0, 39.0], [117.0, 4_331_721.0]];
        assert_eq!(Transform::new(&from, &from).unwrap().apply(&mut points), 1);
        assert_eq!(points[0], [117.0, 39.0]);
        let mut points = [[1e11, -1e11]];
        assert_eq!(Transform::new(&to, &from).unwrap().apply(&mut points), 1);
    }

    /// A million pseudo-random places in a box of a city's or a country's size, some strays among them.
    fn scattered(bounds: [f64; 4], count: usize) -> Vec<[f64; 2]> {
        let [west, south, east, north] = bounds;
        let mut seed = 1_u64;
        let mut random = || {
            // Knuth's MMIX generator.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut points: Vec<[f64; 2]> =
            (0..count).map(|_| [west + (east - west) * random(), south + (north - south) * random()]).collect();
        points[count / 3] = [f64::NAN, south];
        points[count / 2] = [west, 1e11];
        points
    }

    /// The tolerance is a tenth of a millimetre (1e-9 degrees); PROJ one by one is the truth.
    #[test]
    fn many_points_on_all_cores_come_out_as_one_by_one() {
        let city = [116.7, 38.5, 118.1, 40.3];
        let metres = [400_000.0, 4_200_000.0, 600_000.0, 4_400_000.0];
        for (from, to, bounds, tolerance) in [
            (4326, 4548, city, 1e-4),
            (4326, 32650, city, 1e-4),
            (4548, 4326, metres, 1e-9),
            (4548, 4549, metres, 1e-4),
            (2384, 4548, metres, 1e-4), // Xi'an 1980
            (28992, 32631, [80_000.0, 440_000.0, 90_000.0, 450_000.0], 1e-4),
            (4326, 4548, [74.0, 18.0, 135.0, 53.0], 1e-4),
            (4326, 3857, [-180.0, -85.0, 180.0, 85.0], 1e-4),
        ] {
            let (from, to) = (Crs::from_epsg(from).unwrap(), Crs::from_epsg(to).unwrap());
            let before = scattered(bounds, 40_000);
            let mut points = before.clone();
            assert_eq!(transform_all(&from, &to, &mut points), Ok(2), "{from} to {to}");
            let one = Transform::new(&from, &to).unwrap();
            for (before, after) in before.iter().zip(&points).filter(|(_, after)| after[0].is_finite()) {
                let [x, y] = one.point(*before).unwrap();
                assert!(
                    (x - after[0]).abs() <= tolerance && (y - after[1]).abs() <= tolerance,
                    "{from} to {to}: {before:?}"
                );
            }
        }
    }

    #[test]
    fn degrees_of_wgs84_and_cgcs2000_are_the_same() {
        assert_eq!(moved(4490, 4326, [117.0, 39.0]), [117.0, 39.0]);
    }
}
