//! The differences as JSON, change by change: a million of them are never in memory as text.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::analysis::difference::{Change, Difference, Verdict};
use crate::city::City;
use crate::cli::words::json_of;
use crate::model::{GeometryKind, Layer, Value};

/// The differences of one pair of layers.
pub(super) struct Answer<'a> {
    pub difference: &'a Difference<'a>,
    pub city: &'a City,
}

/// The differences of several pairs.
pub(super) struct Answers<'a> {
    pub differences: &'a [Difference<'a>],
    pub city: &'a City,
}

impl Serialize for Answers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        let each = |difference| Answer { difference, city: self.city };
        map.serialize_entry("layers", &self.differences.iter().map(each).collect::<Vec<_>>())?;
        map.end()
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let found = self.difference;
        let [by_id, by_shape, by_overlap] = found.matched;
        let mut counts = Map::new();
        counts.insert("before".to_owned(), found.before.table.len().into());
        counts.insert("after".to_owned(), found.after.table.len().into());
        counts.insert("unchanged".to_owned(), found.unchanged.into());
        for (verdict, count) in Verdict::ALL.into_iter().zip(found.counts()) {
            counts.insert(verdict.word().to_owned(), count.into());
        }
        let retyped = |(name, old, new): &(String, &str, &str)| json!({ "field": name, "before": old, "after": new });
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("layer", &found.before.id)?;
        map.serialize_entry("layer_b", &found.after.id)?;
        map.serialize_entry("crs", &self.city.crs.code().unwrap_or(self.city.crs.name()))?;
        map.serialize_entry("basis", if found.by_id.is_some() { "id" } else { "overlap" })?;
        map.serialize_entry("id_field", &found.by_id.as_ref().map(|[before, _]| before))?;
        map.serialize_entry("matched", &json!({ "id": by_id, "shape": by_shape, "overlap": by_overlap }))?;
        map.serialize_entry("tolerance_m", &found.tolerance)?;
        map.serialize_entry("notes", &found.notes)?;
        map.serialize_entry("counts", &counts)?;
        map.serialize_entry("areas_m2", &found.areas)?;
        let fields = json!({
            "only_before": found.fields.only_before,
            "only_after": found.fields.only_after,
            "retyped": found.fields.retyped.iter().map(retyped).collect::<Vec<_>>(),
        });
        map.serialize_entry("fields", &fields)?;
        map.serialize_entry("changes", &Changes(found))?;
        map.end()
    }
}

struct Changes<'a>(&'a Difference<'a>);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.changes.iter().map(|change| json_of_change(self.0, change)))
    }
}

fn json_of_change(found: &Difference<'_>, change: &Change) -> Json {
    let verdicts: Vec<&str> = change.verdicts.iter().map(Verdict::word).collect();
    let side = |layer: &Layer, rows: &[u32], ids: Vec<String>, size: f64| match rows {
        [] => Json::Null,
        [first, ..] => {
            let mut side = Map::new();
            side.insert("ids".to_owned(), ids.into());
            match layer.table.geometry.kind(*first) {
                GeometryKind::Polygon => side.insert("area_m2".to_owned(), size.into()),
                GeometryKind::Line => side.insert("length_m".to_owned(), size.into()),
                GeometryKind::Point | GeometryKind::None => None,
            };
            Json::Object(side)
        }
    };
    let before = change.before.iter().map(|row| found.id_before(*row)).collect();
    let after = change.after.iter().map(|row| found.id_after(*row)).collect();
    let mut object = Map::new();
    let mut put = |key: &str, value: Json| object.insert(key.to_owned(), value);
    put("id", found.id_of(change).into());
    put("verdicts", verdicts.into());
    put("before", side(found.before, &change.before, before, change.size_before));
    put("after", side(found.after, &change.after, after, change.size_after));
    put("at", found.middle(change).map_or(Json::Null, |[east, north]| json!([east, north])));
    if let (Some(moved), Some(direction)) = (change.moved_m(), change.direction_deg()) {
        put("moved_m", moved.into());
        put("direction_deg", direction.into());
    }
    if change.gained + change.lost > 0.0 {
        put("changed_m2", json!({ "gained": change.gained, "lost": change.lost }));
    }
    if let Some(height) = &change.height {
        put(
            "height_m",
            json!({
                "before": height.before, "after": height.after, "difference": height.difference(),
                "before_provenance": height.from.word(), "after_provenance": height.to.word(),
                "comparable": height.comparable(),
            }),
        );
    }
    let mut attributes = Map::new();
    for (field, values) in found.values(change) {
        let value = |value: Value<'_>| match value {
            Value::Text(text) => Json::String(found.shown(field, text.into_owned())),
            value => json_of(&value),
        };
        let said = match values {
            None => json!({ "masked": true }),
            Some([old, new]) => json!({ "before": value(old), "after": value(new) }),
        };
        attributes.insert(field.to_owned(), said);
    }
    if !attributes.is_empty() {
        put("attributes", attributes.into());
    }
    Json::Object(object)
}
