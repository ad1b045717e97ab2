//! Items of a JSON answer one after another, and points of GeoJSON geometries, without a tree of the whole.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::fields::Record;

/// What stood beside the items.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// `links` of OGC API Features.
    pub links: Option<Json>,
    /// Whether there was a list of items at all.
    pub found: bool,
}

/// Calls `each` with every item of a list: the text itself, or what stands in it under one of `keys`. A text that
/// breaks off has had its first items called.
///
/// # Errors
/// Where the text is no JSON, or holds no list.
pub(super) fn items(text: &[u8], keys: &[&str], each: &mut dyn FnMut(Json)) -> Result<Beside, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let beside = Top { keys, each }.deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    if beside.found { Ok(beside) } else { Err(format!("there is no list of {} in it", keys.join(" or "))) }
}

struct Top<'a> {
    keys: &'a [&'a str],
    each: &'a mut dyn FnMut(Json),
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Beside;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Beside, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Beside;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object that holds one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Beside, A::Error> {
        while let Some(item) = list.next_element()? {
            (self.each)(item);
        }
        Ok(Beside { links: None, found: true })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Beside, A::Error> {
        let mut beside = Beside::default();
        while let Some(key) = map.next_key::<String>()? {
            if self.keys.contains(&key.as_str()) && !beside.found {
                let inner = map.next_value_seed(Top { keys: &[], each: self.each })?;
                beside.found = inner.found;
            } else if key == "links" {
                beside.links = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(beside)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Beside, E> {
        Err(E::custom("null stands where a list should"))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Beside, E> {
        Err(E::custom("a text stands where a list should"))
    }
}

/// A GeoJSON feature, or a plain object, as a record and where it lies. The feature's own id is the record's `id` where
/// its properties have none.
///
/// # Errors
/// What it is instead.
pub(super) fn record(item: Json) -> Result<(Record, Option<[f64; 2]>), String> {
    let Json::Object(mut map) = item else { return Err("it is no object".to_owned()) };
    if map.get("type").and_then(Json::as_str) != Some("Feature") {
        return Ok((map, None));
    }
    let point = map.get("geometry").and_then(centre);
    let id = map.remove("id");
    let mut record = match map.remove("properties") {
        Some(Json::Object(properties)) => properties,
        None | Some(Json::Null) => Record::new(),
        Some(_) => return Err("the properties of a feature are no object".to_owned()),
    };
    if let Some(id) = id {
        record.entry("id").or_insert(id);
    }
    Ok((record, point))
}

/// The middle of the box of a geometry; the point itself for a point.
fn centre(geometry: &Json) -> Option<[f64; 2]> {
    let mut found = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    // `serde_json` has read no more than 128 levels, so this ends.
    fn widen(coordinates: &Json, found: &mut [f64; 4]) {
        let Json::Array(list) = coordinates else { return };
        if let [Json::Number(x), Json::Number(y), ..] = list.as_slice() {
            if let (Some(x), Some(y)) = (x.as_f64(), y.as_f64()) {
                *found = [found[0].min(x), found[1].min(y), found[2].max(x), found[3].max(y)];
            }
            return;
        }
        list.iter().for_each(|inner| widen(inner, found));
    }
    match geometry.get("geometries") {
        Some(Json::Array(list)) => {
            for inner in list {
                if let Some(coordinates) = inner.get("coordinates") {
                    widen(coordinates, &mut found);
                }
            }
        }
        _ => widen(geometry.get("coordinates")?, &mut found),
    }
    let [west, south, east, north] = found;
    (west <= east).then(|| [west + (east - west) / 2.0, south + (north - south) / 2.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> (Vec<Json>, Result<Beside, String>) {
        let mut found = Vec::new();
        let beside = items(text.as_bytes(), &["features", "requests"], &mut |item| found.push(item));
        (found, beside)
    }

    #[test]
    fn items_are_found_in_lists_and_objects() {
        assert_eq!(all("[1, 2]").0.len(), 2);
        let (found, beside) = all(r#"{"type": "x", "features": [{}, {}], "links": [{"rel": "next"}]}"#);
        assert_eq!((found.len(), beside.unwrap().links.unwrap()[0]["rel"].as_str()), (2, Some("next")));
        for text in ["{}", "3", "null", "\"a\"", "<html>", "", "[1, 2", "[1] 2", r#"{"features": {}}"#] {
            assert!(all(text).1.is_err(), "{text}");
        }
        // Levels without end are refused, not followed.
        assert!(all(&"[".repeat(100_000)).1.is_err());
    }

    #[test]
    fn features_are_records_with_a_point() {
        let item = serde_json::json!({"type": "Feature", "id": 5, "properties": {"text": "a"},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]]]}});
        let (fields, point) = record(item).unwrap();
        assert_eq!((fields["id"].as_i64(), point), (Some(5), Some([2.0, 1.0])));
        let (fields, point) =
            record(serde_json::json!({"type": "Feature", "id": 5, "properties": {"id": "own"}})).unwrap();
        assert_eq!((fields["id"].as_str(), point), (Some("own"), None));
        assert!(record(serde_json::json!([1])).is_err());
    }
}
