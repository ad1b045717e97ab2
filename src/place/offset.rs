//! GCJ-02 and BD-09: the shifted coordinates of Chinese map providers, made and undone.
//!
//! # CRS
//! Longitude and latitude in degrees on both sides; the plain side is WGS 84 (CGCS2000 within
//! decimetres). The formulas are not published; they are those of the open converters gcoord and
//! eviltransform. The inverse iterates the forward formula, so that there and back stays below a
//! millimetre; the one-step inverse in common use is off by up to 2.5 m.
//!
//! The formulas test a rough box in which Seoul and Hanoi lie; whether Cimbase shifts at all is
//! decided by an outline of the mainland ([`in_mainland_china`]).

use std::f64::consts::PI;

use rayon::prelude::*;

use super::{LonLat, mainland};

/// A way in which coordinates were shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Offset {
    /// GCJ-02: Amap, Tencent and most others.
    Gcj02,
    /// BD-09: Baidu, a second shift on GCJ-02.
    Bd09,
}

/// Semi-major axis in the formulas (Krasovsky 1940), metres.
const A: f64 = 6_378_245.0;
/// First eccentricity squared in the formulas.
const EE: f64 = 0.006_693_421_622_965_943;
/// Baidu's angle factor.
const X_PI: f64 = PI * 3000.0 / 180.0;

impl Offset {
    /// Reads `gcj02` or `bd09`, also as `GCJ-02` and `BD-09`.
    pub fn from_word(word: &str) -> Option<Self> {
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match plain.as_str() {
            "gcj02" | "gcj" => Some(Self::Gcj02),
            "bd09" | "bd09ll" | "bd" => Some(Self::Bd09),
            _ => None,
        }
    }

    /// The word used in `project.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// The shifted position of a plain one, where the position lies in mainland China; else itself.
    pub fn shift(self, plain: LonLat) -> LonLat {
        if in_mainland_china(plain) { from_pair(self.forward(pair(plain))) } else { plain }
    }

    /// The plain position of a shifted one, where the plain one lies in mainland China; else itself.
    pub fn unshift(self, shifted: LonLat) -> LonLat {
        let plain = from_pair(self.inverse(pair(shifted)));
        if in_mainland_china(plain) { plain } else { shifted }
    }

    /// Undoes the shift of many `[lon, lat]` pairs in place, on all cores. Returns how many were left
    /// as they are because they lie outside mainland China (or are not finite).
    pub fn undo(self, points: &mut [[f64; 2]]) -> usize {
        points
            .par_chunks_mut(4096)
            .map(|chunk| {
                let mut left = 0;
                for point in chunk {
                    let plain = self.inverse(*point);
                    if mainland::holds(plain[0], plain[1]) {
                        *point = plain;
                    } else {
                        left += 1;
                    }
                }
                left
            })
            .sum()
    }

    /// The formula, with the providers' box and no outline.
    pub fn forward(self, plain: [f64; 2]) -> [f64; 2] {
        let gcj = if in_box(plain) { to_gcj(plain) } else { plain };
        match self {
            Self::Gcj02 => gcj,
            Self::Bd09 => to_bd(gcj),
        }
    }

    /// The inverse of [`Offset::forward`], by iteration.
    pub fn inverse(self, shifted: [f64; 2]) -> [f64; 2] {
        if !(shifted[0].is_finite() && shifted[1].is_finite()) {
            return shifted;
        }
        let gcj = match self {
            Self::Gcj02 => shifted,
            Self::Bd09 => solve(to_bd, shifted),
        };
        // As the providers do: the box is asked about the shifted point.
        if in_box(gcj) { solve(to_gcj, gcj) } else { gcj }
    }
}

/// Whether a position lies in mainland China: without Hong Kong, Macau and Taiwan, by a coarse
/// outline (a few kilometres at border towns).
pub fn in_mainland_china(at: LonLat) -> bool {
    mainland::holds(at.lon, at.lat)
}

fn pair(at: LonLat) -> [f64; 2] {
    [at.lon, at.lat]
}

fn from_pair([lon, lat]: [f64; 2]) -> LonLat {
    LonLat { lon, lat }
}

/// Finds `w` with `forward(w) = target`. The shift changes by less than a hundredth of a step, so each
/// round gains two digits; 1e-11 degrees are a micrometre.
fn solve(forward: impl Fn([f64; 2]) -> [f64; 2], target: [f64; 2]) -> [f64; 2] {
    let mut w = target;
    for _ in 0..30 {
        let got = forward(w);
        let error = [got[0] - target[0], got[1] - target[1]];
        if error[0].abs().max(error[1].abs()) < 1e-11 {
            break;
        }
        w = [w[0] - error[0], w[1] - error[1]];
    }
    w
}

fn in_box([lon, lat]: [f64; 2]) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

fn to_gcj([lon, lat]: [f64; 2]) -> [f64; 2] {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let waves = (20.0 * (6.0 * PI * x).sin() + 20.0 * (2.0 * PI * x).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + waves
        + (20.0 * (PI * y).sin() + 40.0 * (PI * y / 3.0).sin()) * 2.0 / 3.0
        + (160.0 * (PI * y / 12.0).sin() + 320.0 * (PI * y / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + waves
        + (20.0 * (PI * x).sin() + 40.0 * (PI * x / 3.0).sin()) * 2.0 / 3.0
        + (150.0 * (PI * x / 12.0).sin() + 300.0 * (PI * x / 30.0).sin()) * 2.0 / 3.0;
    let phi = lat.to_radians();
    let m = 1.0 - EE * phi.sin() * phi.sin();
    let s = m.sqrt();
    // Metres to degrees along the meridian and along the parallel of the ellipsoid.
    let lat_shift = north * 180.0 / (A * (1.0 - EE) / (m * s) * PI);
    let lon_shift = east * 180.0 / (A / s * phi.cos() * PI);
    [lon + lon_shift, lat + lat_shift]
}

fn to_bd([x, y]: [f64; 2]) -> [f64; 2] {
    let z = x.hypot(y) + 0.000_02 * (y * X_PI).sin();
    let theta = y.atan2(x) + 0.000_003 * (x * X_PI).cos();
    [z * theta.cos() + 0.0065, z * theta.sin() + 0.006]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: [f64; 2], expected: [f64; 2], tolerance: f64) {
        let off = (got[0] - expected[0]).abs().max((got[1] - expected[1]).abs());
        assert!(off <= tolerance, "{got:?} is not {expected:?}: off by {off:e}");
    }

    /// The published test cases of coordtransform and eviltransform (domain notes E4).
    #[test]
    fn published_gcj_points_come_out() {
        for (plain, gcj) in [
            ([116.404, 39.915], [116.410_244_499_169_38, 39.916_404_281_501_64]),
            ([121.527_210_6, 31.177_427_6], [121.531_541_859_215, 31.175_303_983_645_97]),
            ([113.912_316, 22.543_847], [113.917_176_480_836_3, 22.540_796_131_694_766]),
            ([116.377_817, 39.911_954], [116.384_047_224_556_57, 39.913_345_455_360_69]),
        ] {
            near(Offset::Gcj02.forward(plain), gcj, 1e-12);
            near(Offset::Gcj02.inverse(gcj), plain, 1e-10);
        }
        near(Offset::Gcj02.forward([116.390_89, 39.907_34]), [116.397_130_94, 39.908_741_07], 1e-8);
        near(Offset::Gcj02.forward([121.091_707_7, 30.610_777_9]), [121.096_269_278_5, 30.608_604_368_6], 1e-9);
        near(to_bd([116.404, 39.915]), [116.410_369_493_710_29, 39.921_336_993_510_21], 1e-12);
    }

    /// gcoord's `china-cities.json`, made by providers' services: within its own tolerance of 1e-4 degrees.
    #[test]
    fn cities_agree_with_the_providers() {
        for (plain, gcj, bd) in [
            ([117.194_673_4, 39.083_144_6], [117.200_986_9, 39.084_164_5], [117.207_522_1, 39.089_998_6]),
            ([121.469_163_3, 31.232_344_3], [121.473_706_1, 31.230_419_4], [121.480_243_5, 31.236_354_1]),
            ([114.052_753_4, 22.545_823_6], [114.057_865_9, 22.543_101_4], [114.064_418, 22.548_758_4]),
        ] {
            near(Offset::Gcj02.forward(plain), gcj, 1e-5);
            near(Offset::Bd09.forward(plain), bd, 1e-5);
            near(to_bd(gcj), bd, 2e-7);
        }
    }

    /// Computed with another program (domain notes E4), nine decimals.
    #[test]
    fn ten_cities_in_both_systems() {
        for (plain, gcj, bd) in [
            ([117.1951, 39.1189], [117.201_411_386, 39.119_936_540], [117.207_962_338, 39.125_783_679]),
            ([117.7107, 39.0034], [117.716_975_328, 39.004_297_277], [117.723_364_014, 39.010_647_411]),
            ([117.4083, 40.0458], [117.414_988_605, 40.047_232_046], [117.421_585_903, 40.052_885_469]),
            ([116.404, 39.915], [116.410_244_499, 39.916_404_282], [116.416_627_244, 39.922_699_552]),
            ([121.4737, 31.2304], [121.478_223_059, 31.228_457_738], [121.484_781_469, 31.234_310_594]),
            ([114.0579, 22.5431], [114.063_013_999, 22.540_382_814], [114.069_563_987, 22.546_041_559]),
            ([104.0665, 30.5723], [104.069_004_906, 30.569_845_541], [104.075_480_941, 30.575_856_164]),
            ([87.6168, 43.8256], [87.619_649_949, 43.826_805_393], [87.626_099_771, 43.832_949_795]),
            ([126.535, 45.8038], [126.541_040_350, 45.805_781_525], [126.547_659_214, 45.811_395_823]),
            ([91.1322, 29.6604], [91.133_743_325, 29.657_679_590], [91.140_342_762, 29.663_425_674]),
        ] {
            near(Offset::Gcj02.forward(plain), gcj, 1e-9);
            near(Offset::Bd09.forward(plain), bd, 1e-9);
            near(Offset::Gcj02.inverse(gcj), plain, 2e-9);
            near(Offset::Bd09.inverse(bd), plain, 2e-9);
        }
    }

    /// 1e-8 degrees of latitude are 1.1 mm; the law asks for less than one.
    #[test]
    fn there_and_back_moves_a_point_less_than_a_millimetre() {
        for offset in [Offset::Gcj02, Offset::Bd09] {
            for i in 0..60 {
                for k in 0..35 {
                    let plain = LonLat { lon: 74.03 + f64::from(i), lat: 18.61 + f64::from(k) };
                    let back = offset.unshift(offset.shift(plain));
                    near(pair(back), pair(plain), if in_mainland_china(plain) { 5e-9 } else { 0.02 });
                }
            }
        }
    }

    #[test]
    fn nothing_is_shifted_outside_the_mainland() {
        let seoul = [126.978, 37.5665];
        // The providers' box would move it 459 m.
        assert!((Offset::Gcj02.forward(seoul)[0] - seoul[0]).abs() > 0.001);
        for (lon, lat) in [(126.978, 37.5665), (114.17, 22.3), (-0.1276, 51.5072), (139.6917, 35.6895)] {
            let at = LonLat { lon, lat };
            assert_eq!(Offset::Gcj02.shift(at), at);
            assert_eq!(Offset::Bd09.unshift(at), at);
        }
        let mut points = [[117.2014, 39.12], seoul, [f64::NAN, 1.0], [1e300, 1.0]];
        assert_eq!(Offset::Gcj02.undo(&mut points), 3);
        assert_eq!(points[1], seoul);
        // Tianjin's shift is 552 to 592 m, eastward: undone, the point lies that far to the west.
        let west = (117.2014 - points[0][0]) * 111_320.0 * 39.12_f64.to_radians().cos();
        assert!((530.0..595.0).contains(&west), "{west} m");
    }

    #[test]
    fn words_are_read_as_people_write_them() {
        assert_eq!(Offset::from_word("GCJ-02"), Some(Offset::Gcj02));
        assert_eq!(Offset::from_word("bd09"), Some(Offset::Bd09));
        assert_eq!(Offset::from_word("wgs84"), None);
    }
}
