//! Writing through the crate's writer, which keeps the features aside on disk and sorts them.

use std::path::Path;

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::{ColumnValue, FeatureProcessor, GeomProcessor, PropertyProcessor};

use super::STEP;
use crate::formats::{WriteError, aside};
use crate::model::{FeatureTable, GeometryColumn, GeometryKind, Value, Values};
use crate::place::Crs;
use crate::report::Progress;

/// Writes a table as FlatGeobuf with a packed R-tree: fields with their types, heights, the CRS in
/// the header. Rows come out in Hilbert order, which differs from the table's. Written aside and
/// renamed.
///
/// # CRS
/// Coordinates go out as they are; `crs` is what the header says.
///
/// # Errors
/// [`WriteError`] when the file cannot be written or the user stops it.
pub fn write(
    path: &Path,
    layer_name: &str,
    table: &FeatureTable,
    crs: &Crs,
    progress: &Progress,
) -> Result<(), WriteError> {
    let fail = |error: &dyn std::fmt::Display| WriteError::new(path, error);
    if table.fields.len() > usize::from(u16::MAX) {
        return Err(fail(&format!("{} fields are more than the format's 65,535", table.fields.len())));
    }
    let wkt = wkt_of(crs);
    let options = FgbWriterOptions {
        write_index: true,
        detect_type: false,
        promote_to_multi: false,
        has_z: table.geometry.has_z(),
        crs: header_crs(crs, wkt.as_deref()),
        ..Default::default()
    };
    let shape = shape_of(&table.geometry);
    let mut writer = FgbWriter::create_with_options(layer_name, shape, options).map_err(|e| fail(&e))?;
    for field in &table.fields {
        let kind = match field.values {
            Values::Boolean(_) => ColumnType::Bool,
            Values::Integer(_) => ColumnType::Long,
            Values::Real(_) => ColumnType::Double,
            Values::Text(_) => ColumnType::String,
            Values::Time(_) => ColumnType::DateTime,
        };
        writer.add_column(&field.name, kind, |_, _| {});
    }
    progress.stage(format!("writing {layer_name}"), table.len() as u64);
    for row in 0..table.len() as u32 {
        if row % STEP == 0 {
            progress.at(u64::from(row)).map_err(|_| WriteError::cancelled(path))?;
        }
        write_feature(&mut writer, table, row, shape).map_err(|e| fail(&format!("feature {row}: {e}")))?;
    }
    aside::write_aside(path, |out| writer.write(out).map_err(|e| fail(&e)))
}

/// What a header says about a CRS: its code, else its definition, and that as WKT ([`wkt_of`]) for other programs.
pub(super) fn header_crs<'a>(crs: &'a Crs, wkt: Option<&'a str>) -> FgbCrs<'a> {
    let (authority, code) = authority_code(crs);
    let known = code != 0;
    FgbCrs {
        org: known.then_some(authority),
        code,
        name: Some(crs.name()),
        wkt: wkt.filter(|_| !known),
        description: (!known).then(|| crs.definition()),
        ..Default::default()
    }
}

/// The WKT of a CRS that has no number: as it was defined, where that is WKT.
pub(super) fn wkt_of(crs: &Crs) -> Option<String> {
    let starts = ["PROJC", "GEOGC", "GEODC", "COMPD", "BOUND", "COMPOUNDCRS"];
    let is_wkt = starts.iter().any(|start| crs.definition().trim_start().starts_with(start));
    match authority_code(crs).1 {
        0 if is_wkt => Some(crs.definition().to_owned()),
        0 => crs.wkt(),
        _ => None,
    }
}

/// The definition and not the code: of a CRS with a shift of its own the code says less.
fn authority_code(crs: &Crs) -> (&str, i32) {
    let parts = crs.definition().split_once(':');
    parts.and_then(|(authority, code)| Some((authority, code.parse().ok()?))).unwrap_or(("", 0))
}

/// The type that holds every feature of a column.
fn shape_of(geometry: &GeometryColumn) -> GeometryType {
    let rows = 0..geometry.len() as u32;
    let main = geometry.main_kind();
    if rows.clone().any(|row| geometry.kind(row) != main && geometry.kind(row) != GeometryKind::None) {
        return GeometryType::Unknown;
    }
    let single = rows.clone().all(|row| geometry.parts(row).len() <= 1);
    match main {
        GeometryKind::Point if single => GeometryType::Point,
        GeometryKind::Point => GeometryType::MultiPoint,
        // The crate leaves out the end of an only line, which GDAL wants in a multi-line: single
        // lines are written as such, and a layer of both says its type per feature.
        GeometryKind::Line if single => GeometryType::LineString,
        GeometryKind::Line => GeometryType::Unknown,
        GeometryKind::Polygon => GeometryType::MultiPolygon,
        GeometryKind::None => GeometryType::Unknown,
    }
}

fn write_feature(
    out: &mut FgbWriter<'_>,
    table: &FeatureTable,
    row: u32,
    shape: GeometryType,
) -> geozero::error::Result<()> {
    let parts = table.geometry.parts(row);
    let count = parts.len();
    let rings = || parts.clone().flat_map(|part| table.geometry.rings(part));
    match table.geometry.kind(row) {
        GeometryKind::Point if shape == GeometryType::Point => {
            out.point_begin(0)?;
            rings().try_for_each(|ring| vertices(out, &ring, false))?;
            out.point_end(0)?;
        }
        GeometryKind::Point => {
            out.multipoint_begin(count, 0)?;
            rings().try_for_each(|ring| vertices(out, &ring, false))?;
            out.multipoint_end(0)?;
        }
        GeometryKind::Line if count == 1 => {
            for ring in rings() {
                out.linestring_begin(true, ring.xy.len(), 0)?;
                vertices(out, &ring, false)?;
                out.linestring_end(true, 0)?;
            }
        }
        GeometryKind::Line => {
            out.multilinestring_begin(count, 0)?;
            for (i, ring) in rings().enumerate() {
                out.linestring_begin(false, ring.xy.len(), i)?;
                vertices(out, &ring, false)?;
                out.linestring_end(false, i)?;
            }
            out.multilinestring_end(0)?;
        }
        GeometryKind::Polygon => {
            out.multipolygon_begin(count, 0)?;
            for (i, part) in parts.clone().enumerate() {
                let rings = table.geometry.rings(part);
                out.polygon_begin(false, rings.len(), i)?;
                for (k, ring) in rings.enumerate() {
                    out.linestring_begin(false, ring.xy.len() + 1, k)?;
                    vertices(out, &ring, true)?;
                    out.linestring_end(false, k)?;
                }
                out.polygon_end(false, i)?;
            }
            out.multipolygon_end(0)?;
        }
        GeometryKind::None => write_nothing(out, shape, table.geometry.has_z())?,
    }
    for (i, field) in table.fields.iter().enumerate() {
        let text;
        let value = match field.values.get(row) {
            Value::Null => continue,
            Value::Boolean(v) => ColumnValue::Bool(v),
            Value::Integer(v) => ColumnValue::Long(v),
            Value::Real(v) => ColumnValue::Double(v),
            Value::Text(ref v) => {
                text = v.to_string();
                ColumnValue::String(&text)
            }
            Value::Time(v) => {
                text = jiff::Timestamp::from_millisecond(v).map_or_else(|_| v.to_string(), |t| t.to_string());
                ColumnValue::DateTime(&text)
            }
        };
        out.property(i, &field.name, &value)?;
    }
    out.feature_end(u64::from(row))
}

/// A row without geometry.
///
/// The crate always writes a geometry, and GDAL refuses one without parts or, in a layer with
/// heights, without a height: so it is of the layer's type with one vertex of NaN, which has no
/// place in the index either. It also empties the writer's box.
fn write_nothing(out: &mut FgbWriter<'_>, shape: GeometryType, z: bool) -> geozero::error::Result<()> {
    let nowhere =
        |out: &mut FgbWriter<'_>| out.coordinate(f64::NAN, f64::NAN, z.then_some(f64::NAN), None, None, None, 0);
    match shape {
        GeometryType::Point => {
            out.point_begin(0)?;
            nowhere(out)?;
            out.point_end(0)
        }
        GeometryType::LineString => {
            out.linestring_begin(true, 1, 0)?;
            nowhere(out)?;
            out.linestring_end(true, 0)
        }
        GeometryType::MultiPolygon => {
            out.multipolygon_begin(1, 0)?;
            out.polygon_begin(false, 1, 0)?;
            out.linestring_begin(false, 1, 0)?;
            nowhere(out)?;
            out.linestring_end(false, 0)?;
            out.polygon_end(false, 0)?;
            out.multipolygon_end(0)
        }
        _ => {
            out.multipoint_begin(1, 0)?;
            nowhere(out)?;
            out.multipoint_end(0)
        }
    }
}

/// The vertices of a ring; a polygon's is closed by its first one again.
fn vertices(
    out: &mut FgbWriter<'_>,
    ring: &crate::model::geometry::Ring<'_>,
    close: bool,
) -> geozero::error::Result<()> {
    let again = if close { 0..ring.xy.len().min(1) } else { 0..0 };
    for (i, k) in (0..ring.xy.len()).chain(again).enumerate() {
        let [x, y] = ring.xy[k];
        out.coordinate(x, y, ring.z.get(k).copied(), None, None, None, i)?;
    }
    Ok(())
}
