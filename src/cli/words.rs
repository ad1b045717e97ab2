//! Values and boxes as JSON.

use serde_json::{Value as Json, json};

use crate::model::Value;
use crate::place::Bounds;
use crate::themes::housing::personal::Masks;

/// A value as JSON: numbers as numbers, moments as ISO 8601 text, what is no number as null.
pub fn json_of(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(truth) => Json::from(*truth),
        Value::Integer(number) => Json::from(*number),
        // Infinities and NaN have no JSON: they become null.
        Value::Real(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_ref()),
        Value::Time(_) => Json::from(value.to_string().replace(' ', "T")),
    }
}

/// A value of a field as it may be shown, as JSON: what is masked is text.
pub fn shown_json(masks: &Masks, field: &str, value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(masks.shown(field, text.to_string())),
        value if masks.hides(field) => Json::String(masks.shown(field, value.to_string())),
        value => json_of(value),
    }
}

/// `[min x, min y, max x, max y]`; null for an empty box.
pub fn bounds_json(bounds: &Bounds) -> Json {
    if bounds.is_empty() {
        return Json::Null;
    }
    json!([bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_numbers_and_what_is_none_is_null() {
        assert_eq!(json_of(&Value::Integer(7)), json!(7));
        assert_eq!(json_of(&Value::Real(f64::NAN)), Json::Null);
        // 1 700 010 061 s is 2023-11-15T01:01:01Z.
        assert_eq!(json_of(&Value::Time(1_700_010_061_000)), json!("2023-11-15T01:01:01Z"));
        assert_eq!(bounds_json(&Bounds::EMPTY), Json::Null);
    }
}
