//! The river: a smooth centreline with bends, its width, and the frame that the city hangs on.

use super::shape::{Point, add, left, scale, sin_cos};

/// Where the demo stands, EPSG:4548 metres: near lon 117.20, lat 39.13.
pub(super) const ORIGIN: Point = [517_300.0, 4_332_960.0];

/// The river's general course: 18° south of east (cosine and sine).
const ALONG: Point = [0.951_056_516_295_153_5, -0.309_016_994_374_947_4];

/// From the centreline to the axis of the riverside street, metres.
pub(super) const BANK: f64 = 99.0;

/// Map position (relative to the origin) of `s` metres along the general course and `t` metres to
/// its left.
pub(super) fn place(s: f64, t: f64) -> Point {
    add(scale(ALONG, s), scale(left(ALONG), t))
}

/// The inverse of [`place`].
pub(super) fn course(p: Point) -> (f64, f64) {
    (p[0] * ALONG[0] + p[1] * ALONG[1], ALONG[0] * p[1] - ALONG[1] * p[0])
}

/// How far left of the general course the centreline runs at `s`, and its slope there.
///
/// Two waves: bends every 1.3 km as in the middle of the city, and a long swing. The apex of a
/// bend is at `s` = 0, where the business district stands.
pub(super) fn bend(s: f64) -> (f64, f64) {
    const A: f64 = std::f64::consts::TAU / 2650.0;
    const B: f64 = std::f64::consts::TAU / 6100.0;
    let (sa, ca) = sin_cos(A * s);
    let (sb, cb) = sin_cos(B * s);
    (265.0 * (ca - 1.0) + 120.0 * sb, -265.0 * A * sa + 120.0 * B * cb)
}

/// A point of the river's own frame: `s` along the course, `v` metres left of the centreline.
pub(super) fn beside(s: f64, v: f64) -> Point {
    let (t, slope) = bend(s);
    let stretch = (1.0 + slope * slope).sqrt();
    place(s - v * slope / stretch, t + v / stretch)
}

/// Half the width of the water at `s`: about 50 to 62 m.
pub(super) fn half_width(s: f64) -> f64 {
    56.0 + 4.5 * sin_cos(s * std::f64::consts::TAU / 1730.0 + 0.9).0 + 1.5 * sin_cos(s / 61.0).0
}

/// The distance from the centreline, metres, positive on the left (north-east) bank; good near the river.
pub(super) fn offset_of(p: Point) -> (f64, f64) {
    let (mut s, t) = course(p);
    let s0 = s;
    for _ in 0..6 {
        let (c, slope) = bend(s);
        // Towards the foot of the perpendicular; damped, since bends are tight.
        let step = ((s0 - s) + (t - c) * slope) / (1.0 + slope * slope);
        s += 0.7 * step.clamp(-120.0, 120.0);
    }
    let (c, _) = bend(s);
    let d = ((s0 - s) * (s0 - s) + (t - c) * (t - c)).sqrt();
    (s, if t >= c { d } else { -d })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_beside_the_river_leads_back_to_its_offset() {
        for s in [-1900.0, -700.0, 0.0, 333.0, 1500.0] {
            for v in [-95.0, -30.0, 30.0, 95.0] {
                let (found, offset) = offset_of(beside(s, v));
                assert!((found - s).abs() < 2.0 && (offset - v).abs() < 0.5, "{s} {v}: {found} {offset}");
            }
        }
    }

    #[test]
    fn the_river_is_as_wide_as_the_haihe_in_the_city() {
        for i in -200..200 {
            let width = 2.0 * half_width(f64::from(i) * 50.0);
            assert!((98.0..=128.0).contains(&width), "{width}");
        }
    }
}
