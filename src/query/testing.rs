//! Layers and cities made by hand.

use std::sync::Arc;

use crate::city::{City, CityLayer};
use crate::model::mapping::Mapped;
use crate::model::{FeatureTable, FieldMapping, GeometryKind, Layer, Meaning, Role, TableBuilder, Title, Value};
use crate::place::{Crs, FoundCrs};

/// A layer of a table: everything else is empty.
pub(crate) fn layer_of(id: &str, table: FeatureTable) -> Layer {
    let crs = Crs::parse("EPSG:4548").unwrap();
    Layer { crs: FoundCrs::unknown(""), ..Layer::made(id, Title::same(id), Role::Other, table, &crs) }
}

/// A layer of one rectangle (west, south, east, north) with numbers by meaning and field.
pub(crate) fn rectangle_layer(
    id: &str,
    role: Role,
    [west, south, east, north]: [f64; 4],
    numbers: &[(Meaning, &str, f64)],
) -> Layer {
    let mut builder = TableBuilder::default();
    let mut mapping = FieldMapping::default();
    for (meaning, field, number) in numbers {
        let column = builder.field(field);
        builder.set(column, &Value::Real(*number));
        let mapped = Mapped { field: (*field).to_owned(), factor: 1.0, declared: true, reason: String::new() };
        mapping.set(*meaning, mapped);
    }
    for corner in [[west, south], [east, south], [east, north], [west, north]] {
        builder.geometry.push_vertex(corner, None);
    }
    builder.geometry.end_ring();
    builder.geometry.end_part();
    builder.geometry.end_feature(GeometryKind::Polygon);
    Layer { role, mapping, ..layer_of(id, builder.finish()) }
}

/// A city of layers in EPSG:4548: everything else is empty.
pub(crate) fn city_of(layers: Vec<CityLayer>) -> City {
    City {
        layers: layers.into_iter().map(Arc::new).collect(),
        ..City::without_layers(Crs::parse("EPSG:4548").unwrap())
    }
}
