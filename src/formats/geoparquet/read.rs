//! Reading row groups one after another.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::GEO;
use crate::formats::chunks::{Head, Rows, Sink};
use crate::formats::{OpenError, OpenOptions, RawLayer, crs_of, limits, whole, wkb};
use crate::model::{GeometryKind, Value};
use crate::place::{Crs, FoundCrs};
use crate::report::Progress;

/// Rows that are decoded at a time.
const BATCH: usize = 4_096;

/// Reads a `.parquet` file.
///
/// # Errors
/// [`OpenError`] when it is no Parquet or its geometry is in an encoding that is not read.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    whole(path, |sink| read_chunks(path, options, usize::MAX, progress, sink))
}

/// What its metadata says of the geometry.
#[derive(Default, serde::Deserialize)]
struct Geo {
    primary_column: String,
    columns: std::collections::HashMap<String, GeoColumn>,
}

#[derive(Default, serde::Deserialize)]
struct GeoColumn {
    encoding: String,
    /// Absent: longitude and latitude; null: unknown.
    #[serde(default, with = "present")]
    crs: Option<serde_json::Value>,
    #[serde(default)]
    covering: Option<serde_json::Value>,
}

/// Tells `null` from nothing.
mod present {
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<serde_json::Value>, D::Error> {
        serde::Deserialize::deserialize(from).map(Some)
    }
}

/// Reads it in runs of at most `most` rows.
pub(in crate::formats) fn read_chunks(
    path: &Path,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Result<(), OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let file = File::open(path).map_err(|e| fail(e.to_string()))?;
    let damaged = |e: &dyn std::fmt::Display| fail(format!("it is damaged, cut off or no Parquet: {e}; get it again"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&e))?.with_batch_size(BATCH);
    let columns = builder.schema().fields().len();
    if columns > limits::FIELDS {
        return Err(fail(format!("it has {columns} columns, and {} are read at most", limits::FIELDS)));
    }
    let metadata = builder.metadata().file_metadata();
    let total = u64::try_from(metadata.num_rows()).unwrap_or(0);
    let said = metadata.key_value_metadata().into_iter().flatten().find(|entry| entry.key == GEO);
    let geo: Option<Geo> = match said.and_then(|entry| entry.value.as_deref()) {
        None => None,
        Some(text) => {
            Some(serde_json::from_str(text).map_err(|e| fail(format!("its metadata \"geo\" is not readable: {e}")))?)
        }
    };
    let column =
        geo.as_ref().and_then(|geo| Some((geo.primary_column.as_str(), geo.columns.get(&geo.primary_column)?)));
    if let Some((name, about)) = column.filter(|(_, about)| about.encoding != "WKB") {
        let encoding = &about.encoding;
        let hint = "convert it to WKB, the encoding that all readers know";
        return Err(fail(format!("its geometry \"{name}\" is encoded as {encoding}, which is not read: {hint}")));
    }
    let crs = match column.map(|(_, about)| about.crs.as_ref()) {
        None => FoundCrs::unknown("a table: no metadata \"geo\" names a geometry"),
        Some(Some(serde_json::Value::Null)) => FoundCrs::unknown("the file says that its CRS is not known"),
        Some(Some(crs)) => crs_of(&crs.to_string(), "in the file's metadata"),
        Some(None) => match Crs::parse("OGC:CRS84") {
            Ok(crs) => FoundCrs::from_file(crs, "GeoParquet without a CRS is longitude and latitude"),
            Err(error) => FoundCrs::unknown(error.to_string()),
        },
    };
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let head = Head { name, format: "GeoParquet".into(), crs, encoding: String::new() };
    let geometry = column.map(|(name, _)| name.to_owned());
    let covering = column.and_then(|(_, about)| covering(about));
    let reader = builder.build().map_err(|e| damaged(&e))?;
    let mut rows = Rows::new(most);
    progress.stage(format!("reading {}", head.name), total);
    let mut done = 0_u64;
    let limit = options.limit.unwrap_or(u64::MAX);
    let mut told = false;
    'batches: for batch in reader {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) if done > 0 => {
                rows.report.add(
                    crate::report::Severity::Error,
                    &head.name,
                    format!("the file is damaged after row {done} of {total}: {error}; what came before was read"),
                );
                break;
            }
            Err(error) => return Err(damaged(&error)),
        };
        let schema = batch.schema();
        let mut columns: Vec<(usize, &ArrayRef)> = Vec::new();
        let mut shapes = None;
        for (field, values) in schema.fields().iter().zip(batch.columns()) {
            if Some(field.name()) == geometry.as_ref() {
                shapes = Some(values);
            } else if Some(field.name()) == covering.as_ref() {
            } else if is_read(field.data_type()) {
                columns.push((rows.builder.field(field.name()), values));
            } else if !told {
                let message = format!("field {} is of type {}, which is not read", field.name(), field.data_type());
                rows.report.warn(&head.name, message);
            }
        }
        told = true;
        for row in 0..batch.num_rows() {
            if done == limit {
                break 'batches;
            }
            if rows.is_full() {
                sink(rows.take(&head, false))?;
                columns.iter_mut().zip(kept(&schema, &geometry, &covering)).for_each(|((column, _), name)| {
                    *column = rows.builder.field(name);
                });
            }
            if done.is_multiple_of(1024) {
                progress.at(done).map_err(|_| OpenError::cancelled(path))?;
                limits::check_cells(&rows.builder).map_err(fail)?;
            }
            for (column, values) in &columns {
                rows.builder.set(*column, &value(values, row));
            }
            let here = rows.row();
            let blob = shapes.and_then(|shapes| bytes(shapes, row));
            let kind = match blob {
                None => GeometryKind::None,
                Some(blob) => wkb::read(blob, &mut rows.builder.geometry).unwrap_or_else(|reason| {
                    rows.builder.geometry.drop_feature();
                    rows.report.skip(here, reason);
                    GeometryKind::None
                }),
            };
            rows.builder.geometry.end_feature(kind);
            done += 1;
        }
    }
    sink(rows.take(&head, true))
}

/// Names of the fields that are read, in order.
fn kept<'a>(
    schema: &'a arrow_schema::Schema,
    geometry: &'a Option<String>,
    covering: &'a Option<String>,
) -> impl Iterator<Item = &'a str> {
    schema
        .fields()
        .iter()
        .filter(move |field| {
            Some(field.name()) != geometry.as_ref()
                && Some(field.name()) != covering.as_ref()
                && is_read(field.data_type())
        })
        .map(|field| field.name().as_str())
}

/// The column of boxes, which the geometry says anyway.
fn covering(column: &GeoColumn) -> Option<String> {
    column.covering.as_ref()?.get("bbox")?.get("xmin")?.get(0)?.as_str().map(str::to_owned)
}

fn bytes(shapes: &ArrayRef, row: usize) -> Option<&[u8]> {
    if shapes.is_null(row) {
        return None;
    }
    match shapes.data_type() {
        DataType::Binary => Some(shapes.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Some(shapes.as_binary::<i64>().value(row)),
        DataType::BinaryView => Some(shapes.as_binary_view().value(row)),
        _ => None,
    }
}

fn is_read(kind: &DataType) -> bool {
    use DataType as T;
    matches!(
        kind,
        T::Null
            | T::Boolean
            | T::Int8
            | T::Int16
            | T::Int32
            | T::Int64
            | T::UInt8
            | T::UInt16
            | T::UInt32
            | T::UInt64
            | T::Float32
            | T::Float64
            | T::Utf8
            | T::LargeUtf8
            | T::Utf8View
            | T::Date32
            | T::Date64
            | T::Timestamp(..)
            | T::Decimal128(..)
    )
}

fn value(values: &ArrayRef, row: usize) -> Value<'_> {
    use DataType as T;
    if values.is_null(row) {
        return Value::Null;
    }
    let time = |ms: Option<i64>| ms.map_or(Value::Null, Value::Time);
    match values.data_type() {
        T::Boolean => Value::Boolean(values.as_boolean().value(row)),
        T::Int8 => Value::Integer(values.as_primitive::<Int8Type>().value(row).into()),
        T::Int16 => Value::Integer(values.as_primitive::<Int16Type>().value(row).into()),
        T::Int32 => Value::Integer(values.as_primitive::<Int32Type>().value(row).into()),
        T::Int64 => Value::Integer(values.as_primitive::<Int64Type>().value(row)),
        T::UInt8 => Value::Integer(values.as_primitive::<UInt8Type>().value(row).into()),
        T::UInt16 => Value::Integer(values.as_primitive::<UInt16Type>().value(row).into()),
        T::UInt32 => Value::Integer(values.as_primitive::<UInt32Type>().value(row).into()),
        T::UInt64 => {
            let number = values.as_primitive::<UInt64Type>().value(row);
            i64::try_from(number).map_or_else(|_| Value::Text(number.to_string().into()), Value::Integer)
        }
        T::Float32 => Value::Real(values.as_primitive::<Float32Type>().value(row).into()),
        T::Float64 => Value::Real(values.as_primitive::<Float64Type>().value(row)),
        T::Decimal128(_, scale) => {
            let number = values.as_primitive::<Decimal128Type>().value(row);
            match *scale {
                // Codes of many digits: a float keeps 15 of them.
                0 => i64::try_from(number).map_or_else(|_| Value::Text(number.to_string().into()), Value::Integer),
                scale => Value::Real(number as f64 / 10_f64.powi(i32::from(scale))),
            }
        }
        T::Utf8 => Value::Text(values.as_string::<i32>().value(row).into()),
        T::LargeUtf8 => Value::Text(values.as_string::<i64>().value(row).into()),
        T::Utf8View => Value::Text(values.as_string_view().value(row).into()),
        T::Date32 => time(i64::from(values.as_primitive::<Date32Type>().value(row)).checked_mul(86_400_000)),
        T::Date64 => time(Some(values.as_primitive::<Date64Type>().value(row))),
        T::Timestamp(TimeUnit::Second, _) => {
            time(values.as_primitive::<TimestampSecondType>().value(row).checked_mul(1000))
        }
        T::Timestamp(TimeUnit::Millisecond, _) => {
            time(Some(values.as_primitive::<TimestampMillisecondType>().value(row)))
        }
        T::Timestamp(TimeUnit::Microsecond, _) => {
            time(Some(values.as_primitive::<TimestampMicrosecondType>().value(row).div_euclid(1000)))
        }
        T::Timestamp(TimeUnit::Nanosecond, _) => {
            time(Some(values.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000_000)))
        }
        _ => Value::Null,
    }
}
