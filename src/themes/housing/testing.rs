//! Layers made by hand.

use crate::city::CityLayer;
use crate::model::mapping::{Mapped, guess};
use crate::model::{FeatureTable, GeometryKind, Layer, Meaning, Role, TableBuilder, Value};
use crate::query::testing::layer_of;

/// A table of JSON rows without geometry.
pub(super) fn table(rows: &[serde_json::Value]) -> FeatureTable {
    table_at(&rows.iter().map(|row| (row.clone(), Shape::None)).collect::<Vec<_>>())
}

/// Where a row lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    None,
    Point(f64, f64),
    /// West, south, east, north.
    Square(f64, f64, f64, f64),
}

/// A table of JSON rows with shapes.
pub(super) fn table_at(rows: &[(serde_json::Value, Shape)]) -> FeatureTable {
    use serde_json::Value as Json;
    let mut builder = TableBuilder::default();
    for (row, shape) in rows {
        for (name, value) in row.as_object().unwrap() {
            let column = builder.field(name);
            let value = match value {
                Json::Null => Value::Null,
                Json::Bool(b) => Value::Boolean(*b),
                Json::Number(n) if n.is_i64() => Value::Integer(n.as_i64().unwrap()),
                Json::Number(n) => Value::Real(n.as_f64().unwrap()),
                other => Value::Text(other.as_str().unwrap().into()),
            };
            builder.set(column, &value);
        }
        let (kind, corners): (_, Vec<[f64; 2]>) = match *shape {
            Shape::None => (GeometryKind::None, vec![]),
            Shape::Point(x, y) => (GeometryKind::Point, vec![[x, y]]),
            Shape::Square(w, s, e, n) => (GeometryKind::Polygon, vec![[w, s], [e, s], [e, n], [w, n]]),
        };
        if !corners.is_empty() {
            corners.iter().for_each(|xy| builder.geometry.push_vertex(*xy, None));
            builder.geometry.end_ring();
            builder.geometry.end_part();
        }
        builder.geometry.end_feature(kind);
    }
    builder.finish()
}

/// A layer of a role whose fields are guessed as they are for users, with some declared.
pub(super) fn layer(
    id: &str,
    role: Role,
    rows: &[(serde_json::Value, Shape)],
    declared: &[(Meaning, &str)],
) -> CityLayer {
    let table = table_at(rows);
    let (_, mut mapping) = guess(id, &table);
    // As the demo city's project does: the name alone is too common to be guessed.
    let part = table.field("part").is_some().then_some((Meaning::Part, "part"));
    for (meaning, field) in declared.iter().copied().chain(part) {
        let mapped = Mapped { field: field.into(), factor: 1.0, declared: true, reason: String::new() };
        mapping.set(meaning, mapped);
    }
    CityLayer::in_memory(Layer { role, mapping, ..layer_of(id, table) })
}
