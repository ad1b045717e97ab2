//! Attributes of a batch as columns: property tables of `EXT_structural_metadata` (3D Metadata Specification 1.0).

use serde_json::{Map, Value as Json, json};

use super::form::Form;
use super::glb::Glb;
use super::part::{OWN, Part, Piece};
use crate::model::{FieldType, Value};

/// The type of a column; numbers are kept exactly, or they are text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Type {
    Text,
    /// Whether some row has none.
    Boolean(bool),
    /// All of 32 bits, but the least, which stands for none.
    Short,
    /// Up to 2⁵³, so that 64 bits of a floating number hold them.
    Long,
    Real,
}

/// What stands for no value.
const NO_SHORT: i32 = i32::MIN;
const NO_REAL: f64 = f64::MIN;
/// The largest whole number up to which a floating one of 64 bits holds all.
const EXACT: i64 = 1 << 53;

impl Type {
    /// Of a column without values.
    pub fn first(kind: FieldType) -> Self {
        match kind {
            FieldType::Boolean => Self::Boolean(false),
            FieldType::Integer => Self::Short,
            FieldType::Real => Self::Real,
            FieldType::Text | FieldType::Time => Self::Text,
        }
    }

    /// Widens it for a value.
    pub fn see(&mut self, value: &Value<'_>) {
        *self = match (*self, value) {
            (Self::Boolean(none), Value::Boolean(_)) => Self::Boolean(none),
            (Self::Short, Value::Integer(v)) if i32::try_from(*v).is_ok_and(|v| v != NO_SHORT) => Self::Short,
            (Self::Short | Self::Long, Value::Integer(v)) if v.abs() <= EXACT => Self::Long,
            (Self::Real, Value::Integer(v)) if v.abs() <= EXACT => Self::Real,
            (Self::Short | Self::Long | Self::Real, Value::Real(_)) => Self::Real,
            _ => Self::Text,
        };
    }

    /// Widens it for a row without a value.
    pub fn see_none(&mut self) {
        if let Self::Boolean(none) = self {
            *none = true;
        }
    }

    fn settled(self) -> Self {
        // A bit has no third state.
        if self == Self::Boolean(true) { Self::Text } else { self }
    }
}

/// A column: its id in the schema, its own name, its type.
#[derive(Debug)]
struct Column {
    id: String,
    name: String,
    kind: Type,
}

/// The columns of a layer, ours first.
#[derive(Debug)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    /// Of a layer whose fields have these types.
    pub fn of(part: &Part<'_>, types: Vec<Type>) -> Self {
        let heights = part.layer.known().heights.is_some();
        let own = |(i, name): (usize, &&str)| {
            let kind = match i {
                1 => Type::Short,
                3..=5 => Type::Real,
                _ => Type::Text,
            };
            Column { id: (*name).to_owned(), name: (*name).to_owned(), kind }
        };
        let mut columns: Vec<Column> =
            OWN.iter().enumerate().filter(|(i, _)| *i > 0 && (*i < 3 || heights)).map(own).collect();
        columns.insert(0, Column { id: KEY.to_owned(), name: KEY.to_owned(), kind: Type::Text });
        for (i, (field, kind)) in part.fields.iter().zip(types).enumerate() {
            if columns.iter().any(|column| column.name == *field) {
                continue;
            }
            // Ids of a schema are ASCII; the name says what it is.
            let plain = field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let mut id = if plain { field.clone() } else { format!("field_{i}") };
            while columns.iter().any(|column| column.id == id) {
                id.push('_');
            }
            columns.push(Column { id, name: field.clone(), kind: kind.settled() });
        }
        Self(columns)
    }

    /// The class of the schema.
    pub fn class(&self, part: &Part<'_>) -> Json {
        let mut properties = Map::new();
        for column in &self.0 {
            let mut property = match column.kind {
                Type::Text => json!({ "type": "STRING", "noData": "" }),
                Type::Boolean(_) => json!({ "type": "BOOLEAN" }),
                Type::Short => json!({ "type": "SCALAR", "componentType": "INT32", "noData": NO_SHORT }),
                Type::Long | Type::Real => {
                    json!({ "type": "SCALAR", "componentType": "FLOAT64", "noData": NO_REAL })
                }
            };
            property["name"] = column.name.clone().into();
            properties.insert(column.id.clone(), property);
        }
        json!({ "name": part.title(), "description": part.layer.layer.id, "properties": properties })
    }

    /// Adds the table of some forms, in their order; its number.
    pub fn table(&self, glb: &mut Glb, class: &str, part: &Part<'_>, piece: &Piece, forms: &[Form]) -> usize {
        let mut properties = Map::new();
        let rows: Vec<Map<String, Json>> =
            forms.iter().map(|form| part.attributes(piece, form.row, form.stand)).collect();
        for column in &self.0 {
            let values = rows.iter().zip(forms).map(|(row, form)| match column.name.as_str() {
                KEY => Some(Json::from(part.key(piece, form.row))),
                name => row.get(name).cloned(),
            });
            if let Some(property) = add(glb, column.kind, values) {
                properties.insert(column.id.clone(), property);
            }
        }
        let (name, count) = (part.title(), forms.len());
        glb.tables.push(json!({ "name": name, "class": class, "count": count, "properties": properties }));
        glb.tables.len() - 1
    }
}

/// The column of what a row is called in the file.
const KEY: &str = "cimbase_key";

/// Adds the values of a column; `None` where there is nothing to be said: then all have none.
fn add(glb: &mut Glb, kind: Type, values: impl Iterator<Item = Option<Json>>) -> Option<Json> {
    let number = |value: Option<Json>| value.as_ref().and_then(Json::as_f64);
    let bytes: Vec<u8> = match kind {
        Type::Text => {
            let (mut text, mut offsets) = (Vec::new(), 0_u32.to_le_bytes().to_vec());
            for value in values {
                match value {
                    Some(Json::String(value)) => text.extend_from_slice(value.as_bytes()),
                    Some(Json::Null) | None => {}
                    Some(other) => text.extend_from_slice(other.to_string().as_bytes()),
                }
                offsets.extend((text.len() as u32).to_le_bytes());
            }
            if text.is_empty() {
                return None;
            }
            let (values, offsets) = (glb.column(text), glb.column(offsets));
            return Some(json!({ "values": values, "stringOffsets": offsets, "stringOffsetType": "UINT32" }));
        }
        Type::Boolean(_) => {
            let bits: Vec<bool> = values.map(|value| value == Some(Json::Bool(true))).collect();
            let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (i, bit)| byte | u8::from(*bit) << i);
            bits.chunks(8).map(byte).collect()
        }
        Type::Short => values
            .map(|value| value.as_ref().and_then(Json::as_i64).and_then(|v| i32::try_from(v).ok()).unwrap_or(NO_SHORT))
            .flat_map(i32::to_le_bytes)
            .collect(),
        Type::Long | Type::Real => {
            values.map(|value| number(value).unwrap_or(NO_REAL)).flat_map(f64::to_le_bytes).collect()
        }
    };
    if bytes.is_empty() { None } else { Some(json!({ "values": glb.column(bytes) })) }
}
