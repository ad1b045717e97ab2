//! Where a record lies.

use super::{Fields, Keys, Word, number, words};
use crate::feeds::fields::clean;
use crate::themes::management::incoming::Coordinates;

/// The largest number that can be metres in any CRS.
const FARTHEST: f64 = 1e8;

impl Fields {
    /// Where a record lies: its own columns, else its geometry; `None` where nothing is said.
    ///
    /// # Errors
    /// Where what is said cannot be.
    pub(super) fn place(
        &self,
        keys: &Keys<'_>,
        point: Option<([f64; 2], &str)>,
    ) -> Result<Option<Coordinates>, String> {
        let (x, y) = (self.found(keys, Word::Lon), self.found(keys, Word::Lat));
        let ((key, x), (_, y)) = match (x, y, point) {
            (Some(x), Some(y), _) => (x, y),
            (_, _, Some((xy, crs))) => return self.checked(xy, "", crs),
            (None, None, None) => return Ok(None),
            (Some((_, value)), None, None) => {
                return Err(format!("it has a longitude ({}) and no latitude", clean(&words(value), 40)));
            }
            (None, Some((_, value)), None) => {
                return Err(format!("it has a latitude ({}) and no longitude", clean(&words(value), 40)));
            }
        };
        let (Some(east), Some(north)) = (number(x), number(y)) else {
            let said = format!("{}, {}", clean(&words(x), 40), clean(&words(y), 40));
            return Err(format!("its coordinates are no numbers: {said}"));
        };
        self.checked([east, north], key, "")
    }

    /// Coordinates that can be; `key` is the name of the first of them.
    fn checked(&self, xy: [f64; 2], key: &str, crs: &str) -> Result<Option<Coordinates>, String> {
        let [x, y] = xy;
        // What programs write where a device found no place.
        if x == 0.0 && y == 0.0 {
            return Ok(None);
        }
        if !(x.abs() <= FARTHEST && y.abs() <= FARTHEST) {
            return Err(format!("its coordinates cannot be: {x}, {y}"));
        }
        let key = super::plain_name(key);
        let angles = x.abs() <= 180.0 && y.abs() <= 90.0;
        let projected_name = ["x", "east", "横", "东"].iter().any(|word| key.contains(word));
        let (crs, degrees) = match (self.crs.as_str(), self.degrees, crs) {
            (own, Some(degrees), _) => (own, degrees),
            (_, None, given) if !given.is_empty() => (given, angles),
            // Large numbers under a name that says east are of the project CRS.
            _ if projected_name && !angles => ("", false),
            _ => ("EPSG:4326", true),
        };
        if degrees && !angles {
            let swapped = if x.abs() <= 90.0 && y.abs() <= 180.0 { "; are the two swapped?" } else { "" };
            return Err(format!("its coordinates cannot be: longitude {x}, latitude {y}{swapped}"));
        }
        let offset = if !self.offset.is_empty() {
            self.offset.clone()
        } else if key.starts_with("gcj") {
            "gcj02".to_owned()
        } else if key.starts_with("bd") {
            "bd09".to_owned()
        } else {
            String::new()
        };
        Ok(Some(Coordinates { xy, crs: crs.to_owned(), offset }))
    }
}
