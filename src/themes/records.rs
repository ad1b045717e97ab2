//! Records of things on the map: rows of a table without geometry, joined by a key that both have.
//!
//! Which fields are the key is found by their values: of all pairs of fields, the one whose values agree for most
//! rows of the table. Nothing is dropped silently: [`Joined`] counts what found nothing, and keys that several
//! features share.

use std::collections::HashMap;

use crate::city::{City, CityLayer};
use crate::model::height::inner_point;
use crate::model::{FeatureTable, Field, GeometryKind, Layer, Meaning, Value, Values};

/// A pair of fields is a key when the values of at least this share of the table's rows are found.
const ENOUGH: f64 = 0.5;
/// Rows of the table looked at to find the key.
const SAMPLE: usize = 2_000;

/// A table joined to a layer.
#[derive(Clone, Debug)]
pub struct Records {
    /// The number of the table's layer in the city.
    pub layer: usize,
    /// The key: the field of the layer on the map, and that of the table.
    pub key: (String, String),
    /// How well it went.
    pub joined: Joined,
    rows: HashMap<String, Vec<u32>>,
    sharing: HashMap<String, u32>,
}

/// What a join found and what it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Joined {
    /// Rows of the table.
    pub records: u32,
    /// Rows of the table whose key is on the map.
    pub matched_records: u32,
    /// Rows of the table without a key.
    pub without_key: u32,
    /// Features of the layer.
    pub features: u32,
    /// Features with at least one record.
    pub matched_features: u32,
    /// Keys that several features share: their records belong to them together.
    pub shared_keys: u32,
    /// Features that share their key with others.
    pub sharing_features: u32,
}

/// The records of one feature, summed up.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Summary {
    /// The table's layer.
    pub layer: String,
    /// The key's value.
    pub key: String,
    /// Rows.
    pub records: u32,
    /// Features on the map that share the key, this one included.
    pub shared_by: u32,
    /// Floor area of all rows that tell one, m².
    pub floor_area_m2: Option<f64>,
    /// Least and most storeys; may be fractional.
    pub storeys: Option<[f64; 2]>,
    /// First and last year built; 0 and impossible years are unknown.
    pub years: Option<[i32; 2]>,
    /// Uses, each once, in the order of the rows.
    pub uses: Vec<String>,
}

impl Records {
    /// The tables of a city that belong to a layer in memory, the best joined first.
    pub fn of(city: &City, layer: &CityLayer) -> Vec<Self> {
        if layer.stream.is_some() {
            return Vec::new();
        }
        let tables = city.layers.iter().enumerate().filter(|(_, table)| is_table(table));
        let mut found: Vec<Self> =
            tables.filter_map(|(number, table)| Self::join(&layer.layer, &table.layer, number)).collect();
        found.sort_by_key(|records| std::cmp::Reverse(records.joined.matched_records));
        found
    }

    /// The tables of a city that belong to nothing.
    pub fn unjoined<'c>(city: &'c City, joined: &[Self]) -> Vec<&'c str> {
        let tables = city.layers.iter().enumerate().filter(|(_, table)| is_table(table));
        let left = tables.filter(|(number, _)| joined.iter().all(|records| records.layer != *number));
        left.map(|(_, table)| table.layer.id.as_str()).collect()
    }

    fn join(layer: &Layer, table: &Layer, number: usize) -> Option<Self> {
        let on_map: Vec<(&Field, HashMap<String, u32>)> = layer
            .table
            .fields
            .iter()
            .filter(|field| can_be_key(&field.values))
            .map(|field| (field, counted(&layer.table, field)))
            // A key tells most features apart; running numbers of both sides would agree by chance.
            .filter(|(field, values)| values.len() * 2 > field.values.len() - field.values.nulls())
            .collect();
        let step = (table.table.len() / SAMPLE).max(1);
        let agreed = |values: &HashMap<String, u32>, other: &Field| {
            let keys = (0..table.table.len()).step_by(step).filter_map(|row| key_of(&other.values.get(row as u32)));
            let (mut all, mut same) = (0_u32, 0_u32);
            keys.for_each(|key| {
                all += 1;
                same += u32::from(values.contains_key(&key));
            });
            if all == 0 { 0.0 } else { f64::from(same) / f64::from(all) }
        };
        let mut best: Option<(f64, &Field, &Field)> = None;
        for (field, values) in &on_map {
            for other in table.table.fields.iter().filter(|other| can_be_key(&other.values)) {
                // Row numbers on both sides agree without meaning anything, unless they are called the same.
                let same_name = field.name.eq_ignore_ascii_case(&other.name);
                let both_numbers =
                    matches!((&field.values, &other.values), (Values::Integer(_), _) | (_, Values::Integer(_)));
                if both_numbers && !same_name {
                    continue;
                }
                let share = agreed(values, other) + if same_name { 0.01 } else { 0.0 };
                if share >= ENOUGH && best.is_none_or(|(most, ..)| share > most) {
                    best = Some((share, field, other));
                }
            }
        }
        let (_, field, other) = best?;
        let sharing = counted(&layer.table, field);
        let mut rows: HashMap<String, Vec<u32>> = HashMap::new();
        let mut joined =
            Joined { records: table.table.len() as u32, features: layer.table.len() as u32, ..Joined::default() };
        for row in 0..joined.records {
            match key_of(&other.values.get(row)) {
                None => joined.without_key += 1,
                Some(key) => {
                    joined.matched_records += u32::from(sharing.contains_key(&key));
                    rows.entry(key).or_default().push(row);
                }
            }
        }
        for (key, count) in &sharing {
            joined.matched_features += if rows.contains_key(key) { *count } else { 0 };
            if *count > 1 {
                joined.shared_keys += 1;
                joined.sharing_features += count;
            }
        }
        Some(Self { layer: number, key: (field.name.clone(), other.name.clone()), joined, rows, sharing })
    }

    /// The features of the layer on the map with a key, ascending.
    pub fn features_of(&self, layer: &Layer, key: &str) -> Vec<u32> {
        let (wanted, field) = (key_of(&Value::Text(key.into())), layer.table.field(&self.key.0));
        let (Some(wanted), Some(field)) = (wanted, field) else { return Vec::new() };
        let is = |row: &u32| key_of(&field.values.get(*row)).as_deref() == Some(wanted.as_str());
        (0..layer.table.len() as u32).filter(is).collect()
    }

    /// Where each row of the table lies: a point inside the first feature with its key; `None` where there is none.
    pub fn anchors(&self, layer: &Layer) -> Vec<Option<[f64; 2]>> {
        let mut anchors = vec![None; self.joined.records as usize];
        let Some(field) = layer.table.field(&self.key.0) else { return anchors };
        for feature in 0..layer.table.len() as u32 {
            let Some(rows) = key_of(&field.values.get(feature)).and_then(|key| self.rows.get(&key)) else { continue };
            let point = inner_point(&layer.table.geometry, feature);
            for row in rows {
                if let Some(anchor) = anchors.get_mut(*row as usize) {
                    *anchor = anchor.or(point);
                }
            }
        }
        anchors
    }

    /// The records of a feature of the layer on the map; `None` without any.
    pub fn summary(&self, city: &City, layer: &Layer, row: u32) -> Option<Summary> {
        let key = key_of(&layer.table.value(row, &self.key.0))?;
        let rows = self.rows.get(&key)?;
        let table = &city.layers.get(self.layer)?.layer;
        let value =
            |meaning: Meaning, row: u32| table.mapping.get(meaning).map(|mapped| table.table.value(row, &mapped.field));
        let numbers = |meaning: Meaning| -> Vec<f64> {
            rows.iter().filter_map(|row| table.mapping.number(meaning, &value(meaning, *row)?)).collect()
        };
        let range = |values: &[f64]| {
            let least = values.iter().copied().min_by(f64::total_cmp)?;
            Some([least, values.iter().copied().max_by(f64::total_cmp)?])
        };
        let areas = numbers(Meaning::FloorArea);
        let mut uses = Vec::new();
        for row in rows {
            let used = value(Meaning::Use, *row).map(|v| v.to_string()).filter(|text| !text.trim().is_empty());
            if let Some(used) = used.filter(|used| !uses.contains(used)) {
                uses.push(used);
            }
        }
        Some(Summary {
            layer: table.id.clone(),
            records: rows.len() as u32,
            shared_by: self.sharing.get(&key).copied().unwrap_or(1),
            floor_area_m2: (!areas.is_empty()).then(|| areas.iter().sum()),
            storeys: range(&numbers(Meaning::Storeys)),
            years: range(&numbers(Meaning::Year)).map(|years| years.map(|year| year as i32)),
            uses,
            key,
        })
    }
}

/// Whether a layer is a table: it has rows, and none of them a place.
fn is_table(layer: &CityLayer) -> bool {
    let geometry = &layer.layer.table.geometry;
    layer.stream.is_none()
        && !layer.layer.table.is_empty()
        && (0..geometry.len() as u32).all(|row| geometry.kind(row) == GeometryKind::None)
}

/// Keys are texts or whole numbers.
fn can_be_key(values: &Values) -> bool {
    matches!(values, Values::Text(_) | Values::Integer(_))
}

/// A value as a key: without blanks around it and without case. What stands for "none" is no key.
fn key_of(value: &Value<'_>) -> Option<String> {
    let text = value.to_string();
    let key = text.trim().to_lowercase();
    (!key.is_empty() && !matches!(key.as_str(), "0" | "-" | "none" | "null" | "n/a")).then_some(key)
}

/// How often each key stands in a field.
fn counted(table: &FeatureTable, field: &Field) -> HashMap<String, u32> {
    let mut values = HashMap::new();
    for key in (0..table.len() as u32).filter_map(|row| key_of(&field.values.get(row))) {
        *values.entry(key).or_default() += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableBuilder;
    use crate::model::mapping::Mapped;
    use crate::query::testing::layer_of;

    fn table(id: &str, place: bool, columns: &[(&str, &[Value<'static>])]) -> Layer {
        let mut builder = TableBuilder::default();
        for row in 0..columns[0].1.len() {
            for (name, values) in columns {
                let column = builder.field(name);
                builder.set(column, &values[row]);
            }
            if place {
                let x = 100.0 * row as f64;
                [[x, 0.0], [x + 50.0, 0.0], [x + 50.0, 50.0]]
                    .iter()
                    .for_each(|xy| builder.geometry.push_vertex(*xy, None));
                builder.geometry.end_ring();
                builder.geometry.end_part();
                builder.geometry.end_feature(GeometryKind::Polygon);
            } else {
                builder.geometry.end_feature(GeometryKind::None);
            }
        }
        layer_of(id, builder.finish())
    }

    fn text(text: &'static str) -> Value<'static> {
        Value::Text(text.into())
    }

    /// Three parcels, two of which share a lot number; a tax roll with several rows for a lot, one row of a lot that
    /// is not on the map and one without a number.
    #[test]
    fn rows_are_joined_by_the_key_that_agrees_and_what_is_left_over_is_counted() {
        let parcels = table(
            "parcels",
            true,
            &[
                ("ML", &[text("7-18"), text("1A-2"), text("7-18"), text("9-9")]),
                ("OBJECTID", &[Value::Integer(1), Value::Integer(2), Value::Integer(3), Value::Integer(4)]),
            ],
        );
        let mut roll = table(
            "roll",
            false,
            &[
                ("ID", &[1, 2, 3, 4, 5].map(Value::Integer)),
                ("Lot", &[text("7-18 "), text("7-18"), text("1a-2"), text("55-1"), text("")]),
                ("floors", &[Value::Real(2.5), Value::Real(3.0), Value::Null, Value::Real(9.0), Value::Null]),
                ("built", &[1890, 0, 1925, 1999, 0].map(Value::Integer)),
            ],
        );
        for (meaning, field) in [(Meaning::Storeys, "floors"), (Meaning::Year, "built")] {
            let mapped = Mapped { field: field.into(), factor: 1.0, declared: true, reason: String::new() };
            roll.mapping.set(meaning, mapped);
        }
        let records = Records::join(&parcels, &roll, 1).expect("joined");
        assert_eq!(records.key, ("ML".to_owned(), "Lot".to_owned()));
        let joined = Joined {
            records: 5,
            matched_records: 3,
            without_key: 1,
            features: 4,
            // Both parcels of 7-18 and the one of 1A-2.
            matched_features: 3,
            shared_keys: 1,
            sharing_features: 2,
        };
        assert_eq!(records.joined, joined);
    }

    #[test]
    fn running_numbers_of_both_sides_are_no_key() {
        let numbers = [1, 2, 3, 4].map(Value::Integer);
        let parcels = table("parcels", true, &[("OBJECTID", &numbers)]);
        assert!(Records::join(&parcels, &table("roll", false, &[("ROWID", &numbers)]), 1).is_none());
        // Called the same, they are meant.
        assert!(Records::join(&parcels, &table("roll", false, &[("objectid", &numbers)]), 1).is_some());
    }
}
