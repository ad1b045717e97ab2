//! Writing row groups as they come, so that memory stays bounded.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, StructArray, TimestampMillisecondArray};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::json;

use super::GEO;
use crate::formats::aside::Aside;
use crate::formats::writer::{Head, LayerWriter, Renamed};
use crate::formats::{WriteError, wkb};
use crate::model::height::Heights;
use crate::model::{FeatureTable, FieldType, GeometryKind, Value, Values};
use crate::place::Bounds;
use crate::report::Progress;

/// Rows of a row group.
const GROUP: usize = 65_536;
/// The sides of a box, as the covering names them.
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// A file that is being written.
pub struct ParquetFile {
    path: PathBuf,
    aside: Aside,
    out: Option<BufWriter<File>>,
    layer: Option<Layer>,
}

/// Its layer.
struct Layer {
    writer: ArrowWriter<BufWriter<File>>,
    schema: Arc<Schema>,
    names: [String; 2],
    crs: Option<serde_json::Value>,
    z: bool,
    types: Vec<&'static str>,
    extent: Bounds,
}

impl ParquetFile {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let (aside, out) = Aside::buffered(path)?;
        Ok(Self { path: path.to_owned(), aside, out: Some(out), layer: None })
    }
}

impl LayerWriter for ParquetFile {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        let fail = |error: &dyn std::fmt::Display| WriteError::new(&self.path, error);
        let out = self.out.take().ok_or_else(|| fail(&"it holds one layer"))?;
        let mut names: Vec<String> = fields.fields.iter().map(|field| field.name.clone()).collect();
        let mut free = |wanted: &str| {
            let mut name = wanted.to_owned();
            while names.contains(&name) {
                name.push('_');
            }
            names.push(name.clone());
            name
        };
        // The layer's own fields keep their names.
        let own = [free("geometry"), free("bbox")];
        let kinds = fields.fields.iter().map(|field| Field::new(&field.name, kind_of(field.values.kind()), true));
        let mut columns: Vec<Field> = kinds.collect();
        columns.push(Field::new(&own[0], DataType::Binary, true));
        columns.push(Field::new(&own[1], DataType::Struct(sides()), true));
        let schema = Arc::new(Schema::new(columns));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP))
            .set_created_by(format!("cimbase {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(|e| fail(&e))?;
        let crs = head.crs.projjson().and_then(|text| serde_json::from_str(&text).ok());
        self.layer =
            Some(Layer { writer, schema, names: own, crs, z: head.z, types: Vec::new(), extent: Bounds::EMPTY });
        Ok(Renamed::new())
    }

    fn push(&mut self, rows: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        let Some(layer) = &mut self.layer else { return Ok(()) };
        layer.push(rows).map_err(|error| WriteError::new(&self.path, error))
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        if let Some(layer) = self.layer {
            layer.finish().map_err(|error| WriteError::new(&self.path, error))?;
        }
        self.aside.keep().map(|()| Vec::new())
    }
}

impl Layer {
    fn push(&mut self, rows: &FeatureTable) -> parquet::errors::Result<()> {
        let mut columns: Vec<ArrayRef> = rows.fields.iter().map(|field| column(&field.values)).collect();
        let geometry = &rows.geometry;
        let mut shapes = BinaryBuilder::new();
        let mut boxes: [Float64Builder; 4] = Default::default();
        let mut blob = Vec::new();
        for row in 0..rows.len() as u32 {
            let bounds = geometry.bounds(row);
            blob.clear();
            if geometry.vertices(row).iter().flatten().all(|v| v.is_finite()) {
                wkb::push(geometry, row, &mut blob);
            }
            if blob.is_empty() {
                shapes.append_null();
                boxes.iter_mut().for_each(|side| side.append_null());
                continue;
            }
            shapes.append_value(&blob);
            let sides = [bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]];
            boxes.iter_mut().zip(sides).for_each(|(column, side)| column.append_value(side));
            self.extent.add(bounds.min);
            self.extent.add(bounds.max);
            let kind = match (geometry.kind(row), geometry.parts(row).len(), self.z) {
                (GeometryKind::Point, 1, false) => "Point",
                (GeometryKind::Point, 1, true) => "Point Z",
                (GeometryKind::Point, _, false) => "MultiPoint",
                (GeometryKind::Point, _, true) => "MultiPoint Z",
                (GeometryKind::Line, _, false) => "MultiLineString",
                (GeometryKind::Line, _, true) => "MultiLineString Z",
                (_, _, false) => "MultiPolygon",
                (_, _, true) => "MultiPolygon Z",
            };
            if !self.types.contains(&kind) {
                self.types.push(kind);
            }
        }
        columns.push(Arc::new(shapes.finish()));
        let sides_of_rows: Vec<ArrayRef> = boxes.iter_mut().map(|side| Arc::new(side.finish()) as ArrayRef).collect();
        columns.push(Arc::new(StructArray::try_new(sides(), sides_of_rows, None)?));
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn finish(mut self) -> parquet::errors::Result<()> {
        let [geometry, bbox] = &self.names;
        let mut column = json!({ "encoding": "WKB", "geometry_types": self.types, "edges": "planar", "crs": self.crs });
        if !self.extent.is_empty() {
            let ([x0, y0], [x1, y1]) = (self.extent.min, self.extent.max);
            column["bbox"] = json!([x0, y0, x1, y1]);
        }
        let side = |name: &str| json!([bbox, name]);
        column["covering"] = json!({ "bbox": {
            "xmin": side("xmin"), "ymin": side("ymin"), "xmax": side("xmax"), "ymax": side("ymax") } });
        let mut columns = serde_json::Map::new();
        columns.insert(geometry.clone(), column);
        let geo = json!({ "version": "1.1.0", "primary_column": geometry, "columns": columns });
        self.writer.append_key_value_metadata(KeyValue::new(GEO.to_owned(), geo.to_string()));
        self.writer.close()?;
        Ok(())
    }
}

fn sides() -> Fields {
    SIDES.map(|side| Field::new(side, DataType::Float64, true)).into_iter().collect()
}

fn kind_of(kind: FieldType) -> DataType {
    match kind {
        FieldType::Boolean => DataType::Boolean,
        FieldType::Integer => DataType::Int64,
        FieldType::Real => DataType::Float64,
        FieldType::Text => DataType::Utf8,
        FieldType::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
    }
}

/// A column of its own: parts of larger ones share their buffers, which the writer would write whole.
fn column(values: &Values) -> ArrayRef {
    let all = (0..values.len() as u32).map(|row| values.get(row));
    match values.kind() {
        FieldType::Boolean => {
            let mut out = BooleanBuilder::new();
            all.for_each(|value| out.append_option(if let Value::Boolean(v) = value { Some(v) } else { None }));
            Arc::new(out.finish())
        }
        FieldType::Integer => {
            let mut out = Int64Builder::new();
            all.for_each(|value| out.append_option(if let Value::Integer(v) = value { Some(v) } else { None }));
            Arc::new(out.finish())
        }
        FieldType::Real => {
            let mut out = Float64Builder::new();
            all.for_each(|value| out.append_option(if let Value::Real(v) = value { Some(v) } else { None }));
            Arc::new(out.finish())
        }
        FieldType::Text => {
            let mut out = StringBuilder::new();
            all.for_each(|value| match value {
                Value::Text(text) => out.append_value(text),
                _ => out.append_null(),
            });
            Arc::new(out.finish())
        }
        FieldType::Time => {
            let times = all.map(|value| if let Value::Time(ms) = value { Some(ms) } else { None });
            Arc::new(times.collect::<TimestampMillisecondArray>().with_timezone("UTC"))
        }
    }
}
