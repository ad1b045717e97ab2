//! The columns that answers are made of, whole, from memory or from a streamed file.

use std::collections::HashMap;
use std::io;

use super::tables::{plain, tables};
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::model::mapping::Mapped;
use crate::model::{FieldMapping, GeometryColumn, Meaning, Role, Value};
use crate::tiles::stream::Column;

/// Which fields of a layer of units say where a unit lies: those of the mapping, else names that mean it only in
/// such a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitFields(FieldMapping);

impl UnitFields {
    /// The field of a meaning.
    pub fn get(&self, meaning: Meaning) -> Option<&Mapped> {
        self.0.get(meaning)
    }
}

/// The fields of a layer of units.
pub fn unit_fields(layer: &CityLayer) -> UnitFields {
    let known = layer.known();
    let mut mapping = known.mapping.clone();
    let names = &tables().unit_fields;
    for (meaning, names) in
        [(Meaning::Entrance, &names.entrance), (Meaning::Floor, &names.floor), (Meaning::FloorArea, &names.floor_area)]
    {
        if mapping.get(meaning).is_some() {
            continue;
        }
        let named = |name: &String| known.table.fields.iter().find(|field| plain(&field.name) == plain(name));
        if let Some(field) = names.iter().find_map(named) {
            let reason = format!("named {} in a layer of units", field.name);
            mapping.set(meaning, Mapped { field: field.name.clone(), factor: 1.0, declared: false, reason });
        }
    }
    UnitFields(mapping)
}

/// Whole columns of a layer by meaning.
#[derive(Debug)]
pub(super) struct Columns {
    mapping: FieldMapping,
    columns: HashMap<Meaning, Column>,
    pub(super) rows: u32,
}

impl Columns {
    /// Reads the columns of meanings that the layer has.
    pub(super) fn read(layer: &CityLayer, meanings: &[Meaning]) -> io::Result<Self> {
        let mapping = if layer.layer.role == Role::Unit { unit_fields(layer).0 } else { layer.layer.mapping.clone() };
        let mut columns = HashMap::new();
        for meaning in meanings {
            if let Some(mapped) = mapping.get(*meaning) {
                columns.insert(*meaning, layer.column(&mapped.field)?);
            }
        }
        Ok(Self { mapping, columns, rows: layer.rows() })
    }

    /// The raw key of a meaning's field.
    pub(super) fn field(&self, meaning: Meaning) -> Option<&str> {
        self.mapping.get(meaning).map(|mapped| mapped.field.as_str())
    }

    /// The value of a row.
    pub(super) fn value(&self, meaning: Meaning, row: u32) -> Value<'_> {
        self.columns.get(&meaning).map_or(Value::Null, |column| column.get(row))
    }

    /// The value as text without spaces around; `None` where there is none.
    pub(super) fn text(&self, meaning: Meaning, row: u32) -> Option<String> {
        text_of(&self.value(meaning, row))
    }

    /// What the data says, sentinels and all.
    pub(super) fn raw_number(&self, meaning: Meaning, row: u32) -> Option<f64> {
        self.mapping.raw_number(meaning, &self.value(meaning, row))
    }

    /// The number in the meaning's unit; `None` where it is missing or cannot be.
    pub(super) fn number(&self, meaning: Meaning, row: u32) -> Option<f64> {
        self.mapping.number(meaning, &self.value(meaning, row))
    }
}

/// A value as text without spaces around; `None` for none and for nothing but spaces.
pub(super) fn text_of(value: &Value<'_>) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Text(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// Calls `visit` with each row's geometry: the whole row number, the column and the row in it. A streamed layer is
/// read run by run.
pub(super) fn each_geometry(layer: &CityLayer, mut visit: impl FnMut(u32, &GeometryColumn, u32)) -> io::Result<()> {
    let Some(stream) = &layer.stream else {
        let geometry = &layer.layer.table.geometry;
        (0..geometry.len() as u32).for_each(|row| visit(row, geometry, row));
        return Ok(());
    };
    for run in 0..stream.tiles.runs() {
        let rows: Vec<u32> = stream.tiles.run(run).collect();
        let piece = stream.tiles.rows(&rows, Wanted::Named(&[]))?;
        for (at, row) in piece.rows.iter().enumerate() {
            visit(*row, &piece.table.geometry, at as u32);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Shape, layer};
    use super::*;
    use serde_json::json;

    /// 楼层 of a dwelling is the storey it lies on; of a building it is how many it has.
    #[test]
    fn the_storeys_field_of_a_dwelling_is_where_it_lies() {
        let rows = [1, 2, 3].map(|floor| (json!({"户号": floor, "楼层": floor}), Shape::None));
        let units = layer("户室", Role::Unit, &rows, &[]);
        assert_eq!(unit_fields(&units).get(Meaning::Floor).map(|mapped| mapped.field.as_str()), Some("楼层"));
        assert!(units.layer.mapping.get(Meaning::Storeys).is_none());
        let houses = [3, 6].map(|floors| (json!({"楼层": floors, "FWJG": "3"}), Shape::Square(0.0, 0.0, 9.0, 9.0)));
        let houses = layer("房屋", Role::Building, &houses, &[]);
        assert_eq!(houses.layer.mapping.get(Meaning::Storeys).map(|mapped| mapped.field.as_str()), Some("楼层"));
    }
}
