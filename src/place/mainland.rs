//! The outline of mainland China, coarse: where the coordinates of Chinese map providers are shifted.
//!
//! Drawn by hand for Cimbase, some 300 corners, within a few kilometres at border towns and some
//! fifteen elsewhere on land; coastal waters and Hainan are inside, Hong Kong, Macau and Taiwan with
//! its islands outside. In the Himalaya it follows the line on the providers' own maps, because the
//! question that it answers is where their data are shifted; it says nothing about whose land it is.

use super::Bounds;

/// Whether a position (degrees) lies in mainland China, by outline.
pub(super) fn holds(lon: f64, lat: f64) -> bool {
    // The box first: most of the world ends here.
    if !(BOX.holds([lon, lat])) {
        return false;
    }
    let mut inside = false;
    let mut from = OUTLINE[OUTLINE.len() - 1];
    for to in OUTLINE {
        let crosses = (from[1] > lat) != (to[1] > lat);
        if crosses && lon < from[0] + (lat - from[1]) / (to[1] - from[1]) * (to[0] - from[0]) {
            inside = !inside;
        }
        from = to;
    }
    inside
}

/// The box around [`OUTLINE`].
const BOX: Bounds = Bounds { min: [73.5, 18.0], max: [135.2, 53.6] };

/// Longitude and latitude, clockwise from the Amur.
#[rustfmt::skip]
const OUTLINE: [[f64; 2]; 304] = [
    // Heilongjiang: Amur and Ussuri
    [121.5, 53.33], [122.35, 53.53], [123.3, 53.58], [124.8, 53.15], [125.65, 53.05], [126.2, 52.5],
    [126.65, 52.05], [126.95, 51.35], [127.35, 50.7], [127.53, 50.25], [127.6, 49.8], [128.8, 49.5], [129.6, 49.4],
    [130.3, 48.88], [130.62, 48.88], [130.7, 48.35], [130.85, 47.9], [131.0, 47.7], [132.0, 47.72], [132.6, 47.9],
    [133.2, 48.12], [134.4, 48.38], [135.1, 48.45], [134.75, 48.1], [134.55, 47.45], [134.05, 46.8],
    [133.85, 46.2], [133.5, 45.7], [133.1, 45.05], [132.9, 45.0], [132.0, 45.25], [131.5, 44.97], [131.0, 44.85],
    [131.3, 44.05], [131.2, 43.5], [131.3, 43.4], [131.1, 42.92], [130.5, 42.75], [130.65, 42.42],
    // Korea: Tumen and Yalu
    [130.53, 42.52], [130.24, 42.7], [130.25, 42.9], [129.85, 42.97], [129.7, 42.45], [129.3, 42.43],
    [128.9, 42.05], [128.05, 42.0], [128.25, 41.43], [128.17, 41.407], [128.09, 41.355], [127.9, 41.44],
    [127.25, 41.47], [126.9, 41.78], [126.55, 41.35], [126.0, 40.9], [125.0, 40.55], [124.385, 40.11],
    [124.33, 39.92], [124.0, 39.7],
    // The coast, islands included
    [123.2, 39.0], [121.5, 38.55], [121.0, 38.5], [120.9, 38.1], [122.0, 37.65], [122.85, 37.45], [122.7, 36.75],
    [121.0, 36.3], [119.9, 35.1], [119.8, 34.65], [120.9, 33.6], [121.3, 32.8], [122.1, 31.9], [122.9, 30.9],
    [122.9, 30.0], [122.3, 28.8], [121.9, 28.0], [121.3, 27.3], [120.6, 26.7], [120.1, 26.4], [119.85, 26.2],
    [119.85, 25.9], [120.0, 25.4], [119.5, 25.0], [119.0, 24.8], [118.7, 24.57], [118.25, 24.53], [118.2, 24.43],
    [118.15, 24.2], [117.6, 23.5], [117.2, 23.25], [116.6, 22.85], [115.5, 22.6], [114.9, 22.4],
    // Hong Kong and Macau are outside
    [114.6, 22.4], [114.46, 22.46], [114.4, 22.56], [114.27, 22.565], [114.225, 22.548], [114.17, 22.56],
    [114.155, 22.545], [114.11, 22.531], [114.07, 22.516], [114.03, 22.505], [113.95, 22.485], [113.88, 22.44],
    [113.78, 22.35], [113.7, 22.25], [113.6, 22.235], [113.56, 22.217], [113.535, 22.213], [113.531, 22.19],
    [113.538, 22.16], [113.547, 22.14], [113.547, 22.11], [113.57, 22.05], [113.6, 21.85],
    // The south coast and Hainan
    [113.2, 21.75], [112.8, 21.45], [112.0, 21.4], [111.2, 21.3], [110.8, 20.9], [110.8, 20.3], [111.2, 20.1],
    [110.7, 18.7], [110.2, 18.25], [109.5, 18.05], [108.6, 18.4], [108.4, 19.0], [108.9, 19.8], [109.3, 20.4],
    [109.2, 20.9], [108.6, 21.4], [108.05, 21.48],
    // Vietnam, Laos, Myanmar
    [107.97, 21.535], [107.4, 21.6], [107.0, 21.88], [106.7, 21.97], [106.6, 22.35], [106.75, 22.8],
    [106.0, 22.95], [105.55, 23.12], [105.32, 23.38], [104.85, 23.15], [104.8, 22.92], [104.4, 22.7],
    [103.97, 22.5], [103.5, 22.72], [103.05, 22.44], [102.5, 22.75], [102.14, 22.4], [101.7, 22.45], [101.6, 22.1],
    [101.76, 21.85], [101.84, 21.6], [101.78, 21.15], [101.3, 21.18], [101.15, 21.55], [100.2, 21.45],
    [99.95, 22.05], [99.2, 22.12], [99.5, 23.0], [98.9, 23.2], [98.7, 23.9], [98.6, 24.1], [98.1, 24.09],
    [97.88, 23.99], [97.72, 23.86], [97.55, 23.95], [97.7, 24.4], [97.55, 24.75], [98.15, 25.4], [98.7, 26.1],
    [98.75, 27.0], [98.65, 27.56], [98.35, 27.51], [98.25, 27.8], [98.1, 28.15], [97.55, 28.5], [97.3, 28.1],
    // The Himalaya, by the line that China's map providers follow
    [96.9, 27.3], [96.0, 27.1], [94.3, 27.0], [93.0, 26.9], [92.1, 26.88], [92.0, 27.45], [91.6, 27.8],
    [90.5, 28.2], [89.7, 28.2], [89.18, 27.5], [89.18, 27.34], [89.05, 27.26], [88.93, 27.3], [88.75, 27.9],
    [88.2, 27.93], [87.1, 27.83], [86.2, 28.0], [85.98, 27.98], [85.4, 28.28], [84.2, 28.9], [83.5, 29.2],
    [82.2, 30.1], [81.5, 30.33], [81.27, 30.03], [81.1, 30.03], [81.0, 30.2], [80.2, 30.6], [78.9, 31.3],
    [78.7, 31.9], [78.4, 32.5], [78.75, 32.7], [79.3, 32.6], [79.0, 33.3], [78.7, 34.0], [78.9, 34.35],
    [78.2, 34.7], [78.0, 35.4], [77.2, 35.6], [76.5, 35.88], [76.15, 35.82],
    // Central Asia
    [75.9, 36.6], [75.4, 36.9], [74.5, 37.15], [75.0, 37.5], [74.8, 38.4], [73.85, 38.5], [73.55, 39.4],
    [74.0, 40.0], [74.85, 40.4], [75.6, 40.6], [76.4, 40.4], [76.9, 41.0], [78.2, 41.3], [80.2, 42.05],
    [80.2, 42.7], [80.6, 43.1], [80.4, 44.1], [80.4, 44.8], [79.9, 44.95], [80.5, 45.1], [81.0, 45.18],
    [81.8, 45.38], [82.6, 45.2], [82.3, 45.5], [83.0, 47.2], [84.8, 46.9], [85.6, 47.2], [85.58, 48.15],
    [85.76, 48.42], [86.6, 48.52], [86.8, 49.1], [87.8, 49.18],
    // Mongolia
    [88.0, 48.6], [89.7, 48.0], [90.4, 47.6], [91.0, 46.9], [90.95, 46.2], [90.7, 45.4], [91.5, 45.1],
    [93.5, 44.95], [95.4, 44.3], [95.4, 44.0], [96.35, 42.75], [97.2, 42.79], [99.5, 42.57], [100.3, 42.68],
    [101.8, 42.5], [103.5, 41.85], [104.5, 41.88], [105.0, 41.6], [107.5, 42.45], [109.5, 42.45], [110.4, 42.77],
    [111.0, 43.35], [111.95, 43.7], [111.4, 44.3], [111.9, 45.05], [113.6, 44.75], [114.5, 45.4], [115.7, 45.45],
    [116.6, 46.3], [117.6, 46.58], [118.25, 46.72], [118.85, 46.77], [119.7, 46.63], [119.9, 46.9], [118.5, 47.97],
    [117.8, 48.0], [117.36, 47.63], [116.85, 47.87], [116.25, 47.84], [115.92, 47.68], [115.6, 47.9],
    [115.5, 48.15], [116.1, 48.8], [116.7, 49.85], [117.28, 49.635],
    // Russia: Argun
    [117.47, 49.62], [119.2, 50.0], [119.2, 50.35], [120.1, 51.6], [120.75, 52.1], [120.65, 52.55], [120.05, 52.7],
    [120.9, 53.25],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// City centres and border towns, from general maps, rounded to some hundred metres.
    #[test]
    fn chinese_cities_are_inside_to_the_border_towns() {
        for (name, lon, lat) in [
            ("Tianjin", 117.2, 39.1),
            ("Harbin", 126.53, 45.8),
            ("Urumqi", 87.6, 43.8),
            ("Lhasa", 91.13, 29.66),
            ("Shenzhen", 114.058, 22.543),
            ("Haikou", 110.33, 20.03),
            ("Kunming", 102.83, 24.88),
            ("Mohe", 122.54, 52.97),
            ("BeijiCun", 122.35, 53.48),
            ("Dandong", 124.385, 40.125),
            ("Ruili", 97.85, 24.01),
            ("Heihe", 127.5, 50.245),
            ("Zhuhai", 113.57, 22.27),
            ("Hengqin", 113.53, 22.13),
            ("Gongbei", 113.545, 22.222),
            ("Shekou", 113.92, 22.485),
            ("Yantian", 114.27, 22.58),
            ("Luohu", 114.12, 22.54),
            ("Hekou", 103.955, 22.53),
            ("Pingxiang", 106.76, 22.1),
            ("Dongxing", 107.97, 21.545),
            ("Manzhouli", 117.38, 49.6),
            ("Erenhot", 111.97, 43.65),
            ("Khorgos", 80.42, 44.21),
            ("Alashankou", 82.55, 45.17),
            ("Suifenhe", 131.15, 44.4),
            ("Hunchun", 130.36, 42.86),
            ("Tumen", 129.84, 42.965),
            ("Jian", 126.19, 41.125),
            ("Xiamen", 118.1, 24.48),
            ("Pingtan", 119.78, 25.5),
            ("Sanya", 109.5, 18.25),
            ("Kashgar", 75.99, 39.47),
            ("Zhoushan", 122.2, 30.0),
            ("Weihai", 122.12, 37.51),
            ("Yadong", 88.9, 27.48),
        ] {
            assert!(holds(lon, lat), "{name} is in mainland China");
        }
    }

    #[test]
    fn neighbours_are_outside_to_the_next_town() {
        for (name, lon, lat) in [
            ("Seoul", 126.98, 37.57),
            ("Pyongyang", 125.75, 39.03),
            ("Hanoi", 105.85, 21.03),
            ("UB", 106.9, 47.9),
            ("Taipei", 121.56, 25.04),
            ("HK", 114.17, 22.3),
            ("SheungShui", 114.128, 22.505),
            ("Macau", 113.545, 22.195),
            ("Taipa", 113.557, 22.155),
            ("Vlad", 131.9, 43.1),
            ("Almaty", 76.9, 43.24),
            ("Kathmandu", 85.32, 27.7),
            ("Tokyo", 139.7, 35.7),
            ("London", -0.1, 51.5),
            ("Sinuiju", 124.4, 40.095),
            ("Muse", 97.905, 23.985),
            ("Blago", 127.54, 50.27),
            ("LaoCai", 103.975, 22.485),
            ("MongCai", 107.97, 21.525),
            ("Kinmen", 118.35, 24.44),
            ("Zabaikalsk", 117.32, 49.65),
            ("ZamynUud", 111.9, 43.72),
            ("Matsu", 119.93, 26.15),
            ("TaiPo", 114.17, 22.45),
            ("Thimphu", 89.64, 27.47),
            ("Hyesan", 128.18, 41.4),
            ("Penghu", 119.57, 23.57),
            ("Khabarovsk", 135.07, 48.48),
            ("Namhkam", 97.68, 23.83),
            ("nowhere", f64::NAN, 39.0),
        ] {
            assert!(!holds(lon, lat), "{name} is not in mainland China");
        }
    }

    #[test]
    fn the_box_fits_the_outline() {
        let fit = Bounds::around(&OUTLINE);
        assert!(BOX.holds(fit.min) && BOX.holds(fit.max));
        assert!(fit.width() > BOX.width() - 0.5 && fit.height() > BOX.height() - 0.5);
    }

    /// Against the provinces of OCHA's administrative boundaries (real data): the outline must hold their
    /// insides and most of their vertices (border and coast wiggle around it), all within 0.15 degrees.
    #[test]
    fn the_outline_holds_the_mainland_provinces() {
        let Some(path) = crate::testing::data("china_admin/chn_opengeos/chn_admin_level1.geojson") else { return };
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let (mut provinces, mut vertices, mut missed, mut farthest) = (0, 0_u64, 0_u64, 0.0_f64);
        for feature in json["features"].as_array().unwrap() {
            let name = feature["properties"]["ADM1_EN"].as_str().unwrap();
            let mainland = !["Hong Kong", "Macao", "Taiwan"].iter().any(|other| name.starts_with(other));
            let polygons = match feature["geometry"]["type"].as_str().unwrap() {
                "Polygon" => vec![feature["geometry"]["coordinates"].clone()],
                _ => feature["geometry"]["coordinates"].as_array().unwrap().clone(),
            };
            let ring = |polygon: &serde_json::Value| -> Vec<[f64; 2]> {
                let pair = |p: &serde_json::Value| [p[0].as_f64().unwrap(), p[1].as_f64().unwrap()];
                polygon[0].as_array().unwrap().iter().map(pair).collect()
            };
            let main = polygons.iter().map(ring).max_by_key(Vec::len).unwrap();
            let inside = interior(&main);
            assert_eq!(holds(inside[0], inside[1]), mainland, "{name} at {inside:?}");
            if mainland {
                provinces += 1;
                for point in main {
                    vertices += 1;
                    if !holds(point[0], point[1]) {
                        missed += 1;
                        farthest = farthest.max(distance(point));
                    }
                }
            }
        }
        println!("{missed} of {vertices} vertices outside, the farthest by {farthest:.3} degrees");
        assert_eq!(provinces, 31);
        assert!(missed * 10 < vertices && farthest < 0.15, "{missed} of {vertices}, {farthest} degrees");
    }

    /// A point inside a ring: the middle of the widest piece of the line half-way up.
    fn interior(ring: &[[f64; 2]]) -> [f64; 2] {
        let bounds = Bounds::around(ring);
        let lat = bounds.centre()[1];
        let mut cuts: Vec<f64> = ring
            .windows(2)
            .filter(|w| (w[0][1] > lat) != (w[1][1] > lat))
            .map(|w| w[0][0] + (lat - w[0][1]) / (w[1][1] - w[0][1]) * (w[1][0] - w[0][0]))
            .collect();
        cuts.sort_by(f64::total_cmp);
        let widest = cuts.chunks(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0]))).unwrap();
        [(widest[0] + widest[1]) / 2.0, lat]
    }

    /// Degrees from a point to the outline.
    fn distance([x, y]: [f64; 2]) -> f64 {
        let mut from = OUTLINE[OUTLINE.len() - 1];
        let mut least = f64::INFINITY;
        for to in OUTLINE {
            let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
            let t = (((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            least = least.min((x - from[0] - t * dx).hypot(y - from[1] - t * dy));
            from = to;
        }
        least
    }
}
