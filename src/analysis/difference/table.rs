//! The changes as a layer: geometry of the second version, of the first where a thing is gone.

use super::{Change, Difference, Verdict};
use crate::model::{FeatureTable, FieldType, Layer, Role, TableBuilder, Title, Value};
use crate::place::Crs;

/// Fields of the layer with their types.
const FIELDS: [(&str, FieldType); 13] = [
    ("change", FieldType::Text),
    ("id", FieldType::Text),
    ("id_before", FieldType::Text),
    ("moved_m", FieldType::Real),
    ("direction_deg", FieldType::Real),
    ("before_height", FieldType::Real),
    ("after_height", FieldType::Real),
    ("before_height_from", FieldType::Text),
    ("after_height_from", FieldType::Text),
    ("before_area", FieldType::Real),
    ("after_area", FieldType::Real),
    ("changed_area", FieldType::Real),
    ("fields", FieldType::Text),
];

/// All changes as a table, a row for each thing; for each piece of what was split.
pub fn table(difference: &Difference<'_>) -> FeatureTable {
    let mut builder = TableBuilder::default();
    let columns = FIELDS.map(|(name, kind)| builder.typed_field(name, kind));
    for change in &difference.changes {
        let (after, before) = (change.after.as_slice(), change.before.as_slice());
        let gone = after.is_empty() || change.verdicts.has(Verdict::GeometryLost);
        let (column, rows) = match gone {
            true => (&difference.before.table.geometry, before),
            false => (&difference.after.table.geometry, after),
        };
        for row in rows {
            for (column, value) in columns.iter().zip(values(difference, change, *row)) {
                builder.set(*column, &value);
            }
            builder.geometry.push_from(column, *row);
        }
    }
    builder.finish()
}

fn values(difference: &Difference<'_>, change: &Change, row: u32) -> [Value<'static>; FIELDS.len()] {
    let text = |text: String| if text.is_empty() { Value::Null } else { Value::Text(text.into()) };
    let real = |number: Option<f64>| number.map_or(Value::Null, Value::Real);
    let split = change.after.len() > 1;
    let verdicts: Vec<&str> = change.verdicts.iter().map(Verdict::word).collect();
    let ids: Vec<String> = change.before.iter().map(|row| difference.id_before(*row)).collect();
    let area = |layer: &Layer, rows: &[u32]| {
        (!rows.is_empty()).then(|| rows.iter().map(|row| layer.table.geometry.area(*row)).sum())
    };
    let own = if split { &[row][..] } else { change.after.as_slice() };
    let height = change.height.as_ref();
    [
        text(verdicts.join(" ")),
        text(if split { difference.id_after(row) } else { difference.id_of(change) }),
        text(ids.join(" ")),
        real(change.moved_m()),
        real(change.direction_deg()),
        real(height.map(|height| height.before)),
        real(height.map(|height| height.after)),
        text(height.map_or("", |height| height.from.word()).to_owned()),
        text(height.map_or("", |height| height.to.word()).to_owned()),
        real(area(difference.before, &change.before)),
        real(area(difference.after, own)),
        real(change.verdicts.has(Verdict::Reshaped).then_some(change.gained + change.lost)),
        text(fields_text(difference, change)),
    ]
}

/// The fields that changed as one text: `use: 住宅 → 商业; owner: masked`.
pub fn fields_text(difference: &Difference<'_>, change: &Change) -> String {
    let one = |(field, values): (&str, Option<[Value<'_>; 2]>)| match values {
        None => format!("{field}: changed (masked)"),
        Some(values) => {
            let [old, new] = values.map(|value| match value {
                Value::Null => "-".to_owned(),
                value => difference.shown(field, value.to_string()),
            });
            format!("{field}: {old} → {new}")
        }
    };
    difference.values(change).into_iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The changes as a layer of a project CRS.
pub fn layer(difference: &Difference<'_>, id: String, title: Title, crs: &Crs) -> Layer {
    Layer {
        role_basis: "differences of two versions".to_owned(),
        ..Layer::made(id, title, Role::Other, table(difference), crs)
    }
}
