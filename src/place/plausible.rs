//! Whether coordinates can be what their CRS says: messages for people, nothing is changed.

use super::Bounds;
use super::crs::Crs;
use super::doctor::Spread;
use super::project_crs::said;
use super::transform::Transform;

/// Feet to metres, international.
const FOOT: f64 = 0.3048;

/// Looks whether coordinates (`[x, y]` as in the data) fit their CRS. Each message says what is odd and the
/// likely cause; none means that nothing is odd.
pub fn check(crs: &Crs, extent: &Bounds, sample: &[[f64; 2]]) -> Vec<String> {
    let mut messages = Vec::new();
    let Some(spread) = Spread::of(extent, sample) else { return messages };
    if crs.is_geographic() {
        degrees(crs, &spread, sample, &mut messages);
    } else {
        projected(crs, &spread, &mut messages);
    }
    null_island(&spread, sample, &mut messages);
    messages
}

fn degrees(crs: &Crs, spread: &Spread, sample: &[[f64; 2]], messages: &mut Vec<String>) {
    let [x, y] = spread.median;
    let is_degree = |[x, y]: [f64; 2]| x.abs() <= 180.001 && y.abs() <= 90.001;
    // Longitudes 0 to 360 are unusual, not wrong: PROJ wraps them.
    let wraps = |[x, y]: [f64; 2]| (0.0..=360.001).contains(&x) && y.abs() <= 90.001;
    if !is_degree(spread.median) && !wraps(spread.median) {
        messages.push(if is_degree([y, x]) {
            format!("latitude seems to come before longitude ({x:.4}, {y:.4}): the axes are swapped in the data")
        } else {
            format!(
                "the numbers (around {x:.1}, {y:.1}) are no degrees, but the layer is said to be in {crs}: it is in metres or feet of another CRS, declare that one"
            )
        });
        return;
    }
    let strays = sample.iter().filter(|p| p[0].is_finite() && p[1].is_finite() && !is_degree(**p) && !wraps(**p));
    let strays = strays.count();
    if strays > 0 {
        messages.push(format!("{strays} of {} sampled vertices are no degrees and cannot be placed", sample.len()));
    }
    // Swapped Chinese data whose longitude is below 90 pass as Arctic ones.
    let chinese = |lon: f64, lat: f64| super::offset::in_mainland_china(super::LonLat { lon, lat });
    if chinese(y, x) && !chinese(x, y) && y > 73.0 {
        messages.push(format!(
            "{} lies in the Arctic; exchanged, the numbers lie in China: latitude may come before longitude in the data",
            said(x, y)
        ));
    }
}

fn projected(crs: &Crs, spread: &Spread, messages: &mut Vec<String>) {
    let [x, y] = spread.median;
    if spread.is_degrees() && (x != 0.0 || y != 0.0) && spread.core.width() < 90.0 {
        messages.push(format!(
            "the numbers (around {x:.4}, {y:.4}) look like degrees, but the layer is said to be in {crs}: declare EPSG:4326 or EPSG:4490 if they are"
        ));
        return;
    }
    let Some(area) = crs.area_of_use().map(|area| area.grown(1.5)) else { return };
    let Some(way) = Crs::wgs84().ok().and_then(|degrees| Transform::new(crs, &degrees).ok()) else { return };
    let lands = |point: [f64; 2]| {
        way.point(point).filter(|[lon, lat]| area.holds([*lon, *lat]) || area.holds([lon + 360.0, *lat]))
    };
    if lands(spread.median).is_some() {
        return;
    }
    let place = way
        .point(spread.median)
        .map_or_else(|| "nowhere on the earth".to_owned(), |[lon, lat]| format!("at {}", said(lon, lat)));
    let zone = (x / 1e6).floor();
    let cause = if lands([x * FOOT, y * FOOT]).is_some() && crs.unit_m() == 1.0 {
        "the numbers seem to be feet, not metres".to_owned()
    } else if crs.unit_m() < 0.5 && lands([x / crs.unit_m(), y / crs.unit_m()]).is_some() {
        "the numbers seem to be metres, not feet".to_owned()
    } else if lands([y, x]).is_some() {
        "the axes seem to be swapped (north first)".to_owned()
    } else if (13.0..=45.0).contains(&zone) && lands([x - zone * 1e6, y]).is_some() {
        format!(
            "the eastings carry the zone number {zone}, the declared CRS is without: choose its twin with zone number"
        )
    } else {
        "wrong zone, or a CRS of another place".to_owned()
    };
    messages.push(format!("read as {crs} the layer lies {place}, outside the area of that CRS: {cause}"));
}

fn null_island(spread: &Spread, sample: &[[f64; 2]], messages: &mut Vec<String>) {
    let zeros = sample.iter().filter(|p| p[0].abs() < 1e-6 && p[1].abs() < 1e-6).count();
    let size = spread.median[0].abs().max(spread.median[1].abs());
    if zeros > 0 && size > 1.0 {
        messages.push(format!(
            "{zeros} of {} sampled vertices lie at 0, 0, far from the rest: their coordinates are missing",
            sample.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(code: u32, x: f64, y: f64) -> Vec<String> {
        let sample = [[x, y], [x + 0.01, y + 0.01], [x + 0.02, y]];
        check(&Crs::from_epsg(code).unwrap(), &Bounds::around(&sample), &sample)
    }

    #[test]
    fn good_numbers_bring_no_message() {
        for (code, x, y) in [
            (4326, 117.2, 39.1),
            (4326, -0.1, 51.5),
            (4490, 87.6, 43.8),
            (4548, 516_844.0, 4_327_752.0),
            (4527, 39_516_844.0, 4_327_752.0),
            (3857, 13_046_051.0, 4_733_588.0),
            (2263, 987_000.0, 200_000.0),
            (28992, 85_000.0, 446_000.0),
            (32760, 300_000.0, 5_400_000.0),
        ] {
            assert_eq!(messages(code, x, y), Vec::<String>::new(), "{code} {x} {y}");
        }
    }

    #[test]
    fn each_mistake_is_called_by_its_name() {
        for (code, x, y, word) in [
            (4326, 516_844.0, 4_327_752.0, "no degrees"),
            (4326, 39.1, 117.2, "latitude seems to come before longitude"),
            (4326, 43.8, 87.6, "Arctic"),
            (4548, 117.2, 39.1, "look like degrees"),
            (4548, 516_844.0 / 0.3048, 4_327_752.0 / 0.3048, "feet, not metres"),
            (2263, 987_000.0 * 0.3048, 200_000.0 * 0.3048, "metres, not feet"),
            (4548, 4_327_752.0, 516_844.0, "swapped"),
            (4548, 39_516_844.0, 4_327_752.0, "zone number 39"),
            (28992, 516_844.0, 4_327_752.0, "another place"),
        ] {
            let found = messages(code, x, y);
            assert!(found.iter().any(|m| m.contains(word)), "{code} {x} {y}: {found:?}");
        }
    }

    #[test]
    fn points_at_zero_are_counted() {
        let mut sample = vec![[117.2, 39.1]; 20];
        sample.extend([[0.0, 0.0]; 3]);
        let found = check(&Crs::wgs84().unwrap(), &Bounds::around(&sample), &sample);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("3 of 23 sampled vertices lie at 0, 0"), "{found:?}");
    }
}
