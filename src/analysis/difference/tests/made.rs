//! Layers made by hand: rows of an id, rings and values.

use crate::analysis::difference::{Difference, Options, difference};
use crate::model::mapping::Mapped;
use crate::model::{GeometryKind, Layer, Meaning, Role, TableBuilder, Value};
use crate::query::testing::layer_of;
use crate::report::Progress;

/// Id, rings (the first the outline; one vertex makes a point; none makes no geometry), values by field.
pub(super) type Row = (&'static str, Vec<Vec<[f64; 2]>>, Vec<(&'static str, Value<'static>)>);

/// Near Tianjin in EPSG:4548.
const AT: [f64; 2] = [516_872.0, 4_331_721.0];

pub(super) fn compared<'a>(a: &'a Layer, b: &'a Layer) -> Difference<'a> {
    difference(a, b, &Options::default(), &Progress::default()).unwrap()
}

fn ring_at(x: f64, y: f64, w: f64, h: f64) -> Vec<[f64; 2]> {
    vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
}

pub(super) fn rectangle(id: &'static str, x: f64, y: f64, w: f64, h: f64) -> Row {
    (id, vec![ring_at(x, y, w, h)], vec![])
}

pub(super) fn square(id: &'static str, x: f64, y: f64, side: f64) -> Row {
    rectangle(id, x, y, side, side)
}

/// A square under a name that is made.
pub(super) fn named_square(id: String, x: f64, y: f64, side: f64) -> (String, Vec<[f64; 2]>) {
    (id, ring_at(x, y, side, side))
}

fn write(builder: &mut TableBuilder, rings: &[Vec<[f64; 2]>]) {
    let kind = match rings {
        [one] if one.len() == 1 => GeometryKind::Point,
        _ => GeometryKind::Polygon,
    };
    for ring in rings {
        ring.iter().for_each(|[x, y]| builder.geometry.push_vertex([x + AT[0], y + AT[1]], None));
        builder.geometry.end_ring();
    }
    builder.geometry.end_part();
    builder.geometry.end_feature(kind);
}

/// A layer of rows; with an id field where it is named.
pub(super) fn layer(id: Option<&str>, rows: Vec<Row>) -> Layer {
    let mut builder = TableBuilder::default();
    if let Some(name) = id {
        builder.field(name);
    }
    for (own, rings, values) in rows {
        if let Some(name) = id {
            let column = builder.field(name);
            builder.set(column, &Value::Text(own.into()));
        }
        for (name, value) in values {
            let column = builder.field(name);
            builder.set(column, &value);
        }
        write(&mut builder, &rings);
    }
    let mut layer = layer_of("things", builder.finish());
    if let Some(name) = id {
        map(&mut layer, Meaning::Id, name);
    }
    layer
}

pub(super) fn map(layer: &mut Layer, meaning: Meaning, field: &str) {
    let mapped = Mapped { field: field.to_owned(), factor: 1.0, declared: false, reason: String::new() };
    layer.mapping.set(meaning, mapped);
}

/// A layer of squares with ids that are made; an empty one is none.
pub(super) fn owned_layer(rows: Vec<(String, Vec<[f64; 2]>)>) -> Layer {
    let mut builder = TableBuilder::default();
    let column = builder.field("id");
    for (id, ring) in rows {
        builder.set(column, &Value::Text(id.into()));
        write(&mut builder, &[ring]);
    }
    let mut layer = layer_of("things", builder.finish());
    map(&mut layer, Meaning::Id, "id");
    layer
}

/// Buildings whose heights are read from `height` and `floors`.
pub(super) fn building_layer(rows: Vec<Row>) -> Layer {
    let mut layer = layer(Some("id"), rows);
    layer.role = Role::Building;
    map(&mut layer, Meaning::Height, "height");
    map(&mut layer, Meaning::Storeys, "floors");
    layer.heights = Some(crate::model::height::find(&layer.table, &layer.mapping, "things", &mut Default::default()));
    layer
}

/// One thing of several parts of rings.
pub(super) fn parts_layer(parts: &[Vec<Vec<[f64; 2]>>]) -> Layer {
    let mut builder = TableBuilder::default();
    for part in parts {
        for ring in part {
            ring.iter().for_each(|[x, y]| builder.geometry.push_vertex([x + AT[0], y + AT[1]], None));
            builder.geometry.end_ring();
        }
        builder.geometry.end_part();
    }
    builder.geometry.end_feature(GeometryKind::Polygon);
    layer_of("things", builder.finish())
}

/// Points or lines without ids.
pub(super) fn shapes(kind: GeometryKind, rows: Vec<Vec<[f64; 2]>>) -> Layer {
    let mut builder = TableBuilder::default();
    for row in rows {
        row.iter().for_each(|[x, y]| builder.geometry.push_vertex([x + AT[0], y + AT[1]], None));
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(kind);
    }
    layer_of("things", builder.finish())
}
