//! Values of arguments: points, boxes, sizes, cameras. Every message says what is expected.

use super::render::Camera;
use crate::analysis::sun::When;
use crate::model::question::Relation;
use crate::model::{Meaning, Role};
use crate::place::LonLat;
use crate::snapshot::page::sheet::Paper;

/// The greatest side of a picture: what every GPU of the last ten years can draw.
pub const GREATEST_SIDE: u32 = 16_384;

fn numbers<const N: usize>(text: &str, shape: &str) -> Result<[f64; N], String> {
    // People paste the full-width comma of a Chinese keyboard.
    let parts: Vec<&str> = text.split([',', '，']).map(str::trim).collect();
    let mut out = [0.0; N];
    if parts.len() != N {
        return Err(format!("expected {shape}, found {} numbers", parts.len()));
    }
    for (slot, part) in out.iter_mut().zip(parts) {
        *slot = part
            .parse::<f64>()
            .ok()
            .filter(|v| v.is_finite())
            .ok_or_else(|| format!("expected {shape}; \"{part}\" is no number"))?;
    }
    Ok(out)
}

/// Reads `X,Y`.
///
/// # Errors
/// What was expected, for people.
pub fn point(text: &str) -> Result<[f64; 2], String> {
    numbers(text, "X,Y (east or longitude first)")
}

/// What `--near` takes: a point, or a relation to things of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Near {
    /// The nearest to a point.
    Point([f64; 2]),
    /// Those near things.
    Things(Relation),
}

/// Reads `X,Y`, or else a relation.
///
/// # Errors
/// What was expected, for people.
pub fn near(text: &str) -> Result<Near, String> {
    let numbers = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "+-.,， eE".contains(c));
    if numbers(text) {
        return point(text).map(Near::Point);
    }
    let relation =
        Relation::parse("near", text).map_err(|error| format!("{error}; X,Y asks for the nearest to a point"));
    relation.map(Near::Things)
}

/// Reads a relation to things that stand in a feature.
///
/// # Errors
/// What was expected, for people.
pub fn contains(text: &str) -> Result<Relation, String> {
    Relation::parse("contains", text)
}

/// Reads a relation to things that a feature stands in.
///
/// # Errors
/// What was expected, for people.
pub fn within(text: &str) -> Result<Relation, String> {
    Relation::parse("within", text)
}

/// Reads `X1,Y1,X2,Y2`; the corners may come in any order.
///
/// # Errors
/// What was expected, for people.
pub fn bbox(text: &str) -> Result<[f64; 4], String> {
    let [x1, y1, x2, y2] = numbers(text, "X1,Y1,X2,Y2 (east or longitude first)")?;
    Ok([x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2)])
}

/// Reads `1280x720`.
///
/// # Errors
/// What was expected, for people.
pub fn size(text: &str) -> Result<[u32; 2], String> {
    let shape = || format!("expected WIDTHxHEIGHT in pixels, each 1 to {GREATEST_SIDE}, such as 1280x720");
    let (width, height) = text.split_once(['x', 'X', '×']).ok_or_else(shape)?;
    let side = |text: &str| text.trim().parse().ok().filter(|side| (1..=GREATEST_SIDE).contains(side));
    Ok([side(width).ok_or_else(shape)?, side(height).ok_or_else(shape)?])
}

/// Reads a size of paper.
///
/// # Errors
/// What was expected, for people.
pub fn paper(text: &str) -> Result<Paper, String> {
    Paper::of(text).ok_or_else(|| "expected A4, A3, A2, A1 or A0".to_owned())
}

/// Reads the N of 1:N, with or without `1:`.
///
/// # Errors
/// What was expected, for people.
pub fn scale(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_prefix("1:").unwrap_or(text.trim()).parse::<f64>().ok();
    let usual = |number: &f64| (1.0..=1e8).contains(number);
    number.filter(usual).ok_or_else(|| "expected the N of 1:N, such as 2000".to_owned())
}

/// Reads `LON,LAT,DISTANCE,HEADING,PITCH`.
///
/// # Errors
/// What was expected, for people.
pub fn camera(text: &str) -> Result<Camera, String> {
    let [lon, lat, distance, heading, pitch] = numbers(text, "LON,LAT,DISTANCE,HEADING,PITCH")?;
    if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
        return Err(format!("{lon},{lat} is no longitude and latitude in degrees"));
    }
    if distance <= 0.0 {
        return Err(format!("the distance must be more than 0 m, not {distance}"));
    }
    if !(-90.0..=90.0).contains(&pitch) {
        return Err(format!("the pitch must be between -90 (straight down) and 90 degrees, not {pitch}"));
    }
    Ok(Camera { target: LonLat { lon, lat }, distance, heading: heading.rem_euclid(360.0), pitch })
}

/// Reads an ISO 8601 date, date and time, or moment with an offset.
///
/// # Errors
/// What was expected, for people.
pub fn when(text: &str) -> Result<When, String> {
    When::parse(text)
}

/// Reads a role's word.
///
/// # Errors
/// What was expected, for people.
pub fn role(text: &str) -> Result<Role, String> {
    Role::from_word(text).ok_or_else(|| {
        let words = Role::ALL.map(Role::word).join(", ");
        format!("\"{text}\" is no role; roles are {words}")
    })
}

/// Reads `MEANING=FIELD`.
///
/// # Errors
/// What was expected, for people.
pub fn field(text: &str) -> Result<(Meaning, String), String> {
    let (word, field) = text.split_once('=').ok_or("expected MEANING=FIELD, such as height=GD")?;
    let meaning = serde_json::from_value(serde_json::Value::from(word.trim())).map_err(|error| {
        // serde lists the known words itself.
        format!("\"{word}\" is no meaning of a field: {error}")
    })?;
    if field.trim().is_empty() {
        return Err(format!("no field is named after \"{word}=\""));
    }
    Ok((meaning, field.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_put_in_order_and_wrong_numbers_are_named() {
        assert_eq!(bbox("3,4,1,2"), Ok([1.0, 2.0, 3.0, 4.0]));
        assert!(bbox("1,2,3").unwrap_err().contains("found 3 numbers"));
        assert!(point("1,north").unwrap_err().contains("\"north\""));
        assert!(point("nan,1").is_err() && point("inf,1").is_err());
        assert_eq!(point("117.2， 39.1"), Ok([117.2, 39.1]));
    }

    #[test]
    fn near_takes_a_point_or_a_relation() {
        assert_eq!(near("117.2,-39.1"), Ok(Near::Point([117.2, -39.1])));
        assert!(matches!(near("roads within 50 m"), Ok(Near::Things(relation)) if relation.layer == "roads"));
        assert!(near("117.2").unwrap_err().contains("X,Y"));
        assert!(near("117.2,north").unwrap_err().contains("X,Y"));
        assert!(near("roads").unwrap_err().contains("distance"));
    }

    #[test]
    fn a_size_is_positive_and_bounded() {
        assert_eq!(size("1280x720"), Ok([1280, 720]));
        for wrong in ["0x720", "1280", "99999x10", "-1x5", "axb"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_camera_on_no_earth_or_at_no_distance_is_refused() {
        assert_eq!(camera("117.2,39.1,800,-30,-35").map(|c| c.heading), Ok(330.0));
        for wrong in ["517000,4331000,800,0,0", "117,39,0,0,0", "117,39,10,0,91", "117,39,10,0"] {
            assert!(camera(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_meaning_that_is_none_lists_those_that_are() {
        assert_eq!(field("height=GD"), Ok((Meaning::Height, "GD".to_owned())));
        assert!(field("hight=GD").unwrap_err().contains("storeys"));
        assert!(field("height=").is_err() && field("height").is_err());
        assert!(role("bilding").unwrap_err().contains("building"));
    }
}
