//! FlatGeobuf: the format that Cimbase converts big layers to.
//!
//! Reading goes over a memory map: every feature is verified in place by the crate's FlatBuffers
//! verifier and copied straight into columns. The crate's own iterator is not used because it
//! trusts sizes and counts of the file (it indexes past the end of lying properties).

use std::fs::File;
use std::path::Path;

use flatgeobuf::{
    ColumnType, FgbCrs, FgbReader, FgbWriter, FgbWriterOptions, Geometry, GeometryType, Header,
    size_prefixed_root_as_feature,
};
use geozero::{ColumnValue, FeatureProcessor, GeomProcessor, PropertyProcessor};

use super::{OpenError, OpenOptions, RawLayer, WriteError, aside, crs_of, values};
use crate::model::{FeatureTable, GeometryColumn, GeometryKind, TableBuilder, Value, Values};
use crate::place::{Crs, FoundCrs};
use crate::report::{Progress, Report, Severity};

/// Bytes of one node of the packed R-tree: four coordinates and an offset.
const NODE_BYTES: u64 = 40;

/// Features between two looks at the wish to stop.
const STEP: u32 = 4096;

// ---- reading ----

/// Reads a `.fgb` file.
///
/// # Errors
/// [`OpenError`] when the header or the index is no FlatGeobuf. Features that are broken are
/// skipped and named in the layer's report; a file that ends early keeps what came before.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let file = File::open(path).map_err(|e| fail(e.to_string()))?;
    // SAFETY: the map is only read. Another program that cuts the file meanwhile can end this one
    // with a bus error; every reader over a memory map shares that.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(|e| fail(e.to_string()))?;
    let reader = FgbReader::open(&map[..]).map_err(|e| fail(format!("no usable FlatGeobuf header: {e}")))?;
    let header = reader.header();
    // Magic bytes (8), then the header with its own length in front: `open` has read both.
    let header_bytes = map.get(8..12).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
    let index = index_bytes(&header);
    let start = index.map(|index| 12 + u64::from(header_bytes) + index);
    let mut bytes = match start {
        Some(start) if start <= map.len() as u64 => &map[start as usize..],
        _ => {
            return Err(fail(format!(
                "its header says {} features, but an index of so many does not fit into its {} bytes: \
                 the file is damaged or cut off; make it again",
                header.features_count(),
                map.len()
            )));
        }
    };
    let name = header.name().filter(|n| !n.is_empty()).map_or_else(|| stem(path), str::to_owned);
    let mut report = Report::default();
    let mut builder = TableBuilder::default();
    let columns = columns(&header, &mut builder);
    let declared = header.features_count();
    let limit = options.limit.unwrap_or(u64::MAX);
    progress.stage(format!("reading {name}"), bytes.len() as u64);
    let total = bytes.len() as u64;
    let mut row = 0_u64;
    while !bytes.is_empty() && row < limit && (declared == 0 || row < declared) && row < u64::from(u32::MAX) {
        if row.is_multiple_of(u64::from(STEP)) {
            progress.at(total - bytes.len() as u64).map_err(|_| OpenError::cancelled(path))?;
        }
        let size = bytes.get(..4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        let Some(feature) = size.and_then(|size| bytes.get(..4 + size as usize)) else {
            report.add(
                Severity::Error,
                &name,
                format!("the file ends inside feature {row} of {declared}; kept what came before: get it again"),
            );
            break;
        };
        bytes = &bytes[feature.len()..];
        if let Err(reason) = read_feature(feature, &header, &columns, &mut builder) {
            builder.geometry.drop_feature();
            builder.geometry.end_feature(GeometryKind::None);
            report.skip(row, reason);
        }
        row += 1;
    }
    if row < declared.min(limit) && bytes.is_empty() {
        report.add(Severity::Error, &name, format!("its header says {declared} features, but it holds {row}"));
    }
    let crs = header_crs(&header);
    Ok(super::finish(RawLayer {
        name,
        format: "FlatGeobuf".into(),
        table: builder.finish(),
        crs,
        encoding: String::new(),
        report,
    }))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The length of the packed R-tree: all levels, 40 bytes a node; `None` when it cannot be.
fn index_bytes(header: &Header<'_>) -> Option<u64> {
    let (count, node) = (header.features_count(), u64::from(header.index_node_size()));
    if node == 0 || count == 0 {
        return Some(0);
    }
    let node = node.max(2);
    let (mut level, mut nodes) = (count, count);
    while level > 1 {
        level = level.div_ceil(node);
        nodes = nodes.checked_add(level)?;
    }
    nodes.checked_mul(NODE_BYTES)
}

fn header_crs(header: &Header<'_>) -> FoundCrs {
    let Some(crs) = header.crs() else { return FoundCrs::unknown("the header names no CRS") };
    let authority = crs.org().filter(|o| !o.is_empty()).unwrap_or("EPSG");
    let code = (crs.code() > 0).then(|| format!("{authority}:{}", crs.code()));
    let texts = [code.as_deref(), crs.wkt(), crs.code_string(), crs.description()];
    let mut found = FoundCrs::unknown("the header names no CRS");
    for text in texts.into_iter().flatten().filter(|t| !t.is_empty()) {
        found = crs_of(text, "FlatGeobuf header");
        if found.crs.is_some() {
            break;
        }
    }
    found
}

/// The file's columns: type and number in the table.
fn columns(header: &Header<'_>, builder: &mut TableBuilder) -> Vec<(ColumnType, usize)> {
    let columns = header.columns();
    columns.iter().flatten().map(|column| (column.type_(), builder.field(column.name()))).collect()
}

fn read_feature(
    bytes: &[u8],
    header: &Header<'_>,
    columns: &[(ColumnType, usize)],
    builder: &mut TableBuilder,
) -> Result<(), String> {
    let feature = size_prefixed_root_as_feature(bytes).map_err(|e| format!("damaged feature: {e}"))?;
    if let Some(properties) = feature.properties() {
        read_properties(properties.bytes(), columns, builder).ok_or("damaged attributes")?;
    }
    let kind = match feature.geometry() {
        Some(geometry) => read_geometry(&geometry, header.geometry_type(), 0, &mut builder.geometry)?,
        None => GeometryKind::None,
    };
    builder.geometry.end_feature(kind);
    Ok(())
}

/// Takes `N` bytes off the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = bytes.split_first_chunk::<N>()?;
    *bytes = tail;
    Some(*head)
}

fn read_properties(mut bytes: &[u8], columns: &[(ColumnType, usize)], builder: &mut TableBuilder) -> Option<()> {
    while bytes.len() >= 2 {
        let number = u16::from_le_bytes(take(&mut bytes)?);
        let &(kind, column) = columns.get(usize::from(number))?;
        let value = match kind {
            ColumnType::Bool => Value::Boolean(take::<1>(&mut bytes)? != [0]),
            ColumnType::Byte => Value::Integer(i8::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::UByte => Value::Integer(u8::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::Short => Value::Integer(i16::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::UShort => Value::Integer(u16::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::Int => Value::Integer(i32::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::UInt => Value::Integer(u32::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::Long => Value::Integer(i64::from_le_bytes(take(&mut bytes)?)),
            ColumnType::ULong => {
                let value = u64::from_le_bytes(take(&mut bytes)?);
                i64::try_from(value).map_or_else(|_| Value::Text(value.to_string().into()), Value::Integer)
            }
            ColumnType::Float => Value::Real(f32::from_le_bytes(take(&mut bytes)?).into()),
            ColumnType::Double => Value::Real(f64::from_le_bytes(take(&mut bytes)?)),
            ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
                let length = u32::from_le_bytes(take(&mut bytes)?) as usize;
                let text = bytes.get(..length)?;
                bytes = &bytes[length..];
                if kind == ColumnType::Binary {
                    continue;
                }
                let text = String::from_utf8_lossy(text);
                match values::parse_time(&text).filter(|_| kind == ColumnType::DateTime) {
                    Some(moment) => Value::Time(moment),
                    None => Value::Text(text),
                }
            }
            _ => return None,
        };
        builder.set(column, &value);
    }
    Some(())
}

/// Copies a geometry; collections keep the parts of the first kind that is of highest dimension.
fn read_geometry(
    geometry: &Geometry<'_>,
    declared: GeometryType,
    depth: u8,
    out: &mut GeometryColumn,
) -> Result<GeometryKind, String> {
    let kind = if declared == GeometryType::Unknown { geometry.type_() } else { declared };
    match kind {
        GeometryType::Point | GeometryType::MultiPoint => {
            let points = geometry.xy().map_or(0, |xy| xy.len() / 2);
            for i in 0..points {
                copy_ring(geometry, i, i + 1, false, out)?;
                out.end_part();
            }
            Ok(GeometryKind::Point)
        }
        GeometryType::LineString | GeometryType::MultiLineString => {
            for (from, to) in runs(geometry) {
                copy_ring(geometry, from, to, false, out)?;
                out.end_part();
            }
            Ok(GeometryKind::Line)
        }
        GeometryType::Polygon | GeometryType::Triangle => {
            for (from, to) in runs(geometry) {
                copy_ring(geometry, from, to, true, out)?;
            }
            out.end_part();
            Ok(GeometryKind::Polygon)
        }
        GeometryType::TIN if geometry.parts().is_none() => {
            for (from, to) in runs(geometry) {
                copy_ring(geometry, from, to, true, out)?;
                out.end_part();
            }
            Ok(GeometryKind::Polygon)
        }
        GeometryType::MultiPolygon
        | GeometryType::PolyhedralSurface
        | GeometryType::TIN
        | GeometryType::MultiSurface
        | GeometryType::GeometryCollection => {
            if depth > 8 {
                return Err("geometry collections nested more than 8 deep".into());
            }
            let typed = matches!(kind, GeometryType::MultiSurface | GeometryType::GeometryCollection);
            let inner = |part: &Geometry<'_>| if typed { part.type_() } else { GeometryType::Polygon };
            let parts: Vec<Geometry<'_>> = geometry.parts().iter().flatten().collect();
            let Some(best) = parts.iter().map(|p| dimension(inner(p))).max() else { return Ok(GeometryKind::None) };
            let mut result = GeometryKind::None;
            for part in parts.iter().filter(|p| dimension(inner(p)) == best) {
                result = read_geometry(part, inner(part), depth + 1, out)?;
            }
            Ok(result)
        }
        GeometryType::Unknown if geometry.xy().is_none_or(|xy| xy.is_empty()) => Ok(GeometryKind::None),
        other => Err(format!("geometry type {other:?} is not read; convert curves to straight lines first")),
    }
}

fn dimension(kind: GeometryType) -> u8 {
    match kind {
        GeometryType::Point | GeometryType::MultiPoint => 0,
        GeometryType::LineString | GeometryType::MultiLineString => 1,
        _ => 2,
    }
}

/// The rings or lines of a geometry, as ranges of vertices.
fn runs(geometry: &Geometry<'_>) -> Vec<(usize, usize)> {
    let vertices = geometry.xy().map_or(0, |xy| xy.len() / 2);
    match geometry.ends() {
        Some(ends) if !ends.is_empty() => {
            let mut from = 0;
            ends.iter().map(|to| (std::mem::replace(&mut from, to as usize), to as usize)).collect()
        }
        _ if vertices == 0 => Vec::new(),
        _ => vec![(0, vertices)],
    }
}

fn copy_ring(
    geometry: &Geometry<'_>,
    from: usize,
    to: usize,
    closed: bool,
    out: &mut GeometryColumn,
) -> Result<(), String> {
    let xy = geometry.xy().map_or(&[][..], |xy| xy.bytes());
    let run = xy.get(from.wrapping_mul(16)..to.wrapping_mul(16)).ok_or("a ring's end lies outside its vertices")?;
    let z = geometry.z().map(|z| z.bytes()).and_then(|z| z.get(from * 8..to * 8));
    let number = |bytes: &[u8]| bytes.try_into().map_or(f64::NAN, f64::from_le_bytes);
    // A single NaN NaN stands for "no geometry", as in well-known binary's empty point.
    if run.len() == 16 && number(&run[..8]).is_nan() && number(&run[8..]).is_nan() {
        return Ok(());
    }
    let vertices = run.chunks_exact(16).enumerate().map(|(i, pair)| {
        let z = z.and_then(|z| z.get(i * 8..i * 8 + 8)).map(number);
        ([number(&pair[..8]), number(&pair[8..])], z)
    });
    super::push_ring(out, vertices, closed)
}

// ---- writing ----

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
    let (authority, code) = authority_code(crs);
    let known = code != 0;
    let is_wkt = ["PROJC", "GEOGC", "GEODC", "COMPD", "BOUND", "COMPOUNDCRS"].iter();
    let is_wkt = is_wkt.clone().any(|start| crs.definition().trim_start().starts_with(start));
    let options = FgbWriterOptions {
        write_index: true,
        detect_type: false,
        promote_to_multi: false,
        has_z: table.geometry.has_z(),
        crs: FgbCrs {
            org: known.then_some(authority),
            code,
            name: Some(crs.name()),
            wkt: (!known && is_wkt).then(|| crs.definition()),
            description: (!known).then(|| crs.definition()),
            ..Default::default()
        },
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

fn authority_code(crs: &Crs) -> (&str, i32) {
    let parts = crs.code().and_then(|code| code.split_once(':'));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A polygon with a hole, a row without geometry and a polygon of two parts, with heights.
    fn table() -> FeatureTable {
        let mut builder = TableBuilder::default();
        let [name, storeys, height, listed, built] =
            ["名称", "storeys", "height", "listed", "built"].map(|n| builder.field(n));
        let square = |builder: &mut TableBuilder, x: f64, side: f64| {
            for [dx, dy] in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] {
                builder.geometry.push_vertex([x + dx * side, 4_331_000.25 + dy * side], Some(3.5));
            }
            builder.geometry.end_ring();
        };
        builder.set(name, &Value::Text("天津".into()));
        builder.set(storeys, &Value::Integer(-7));
        builder.set(height, &Value::Real(21.5));
        builder.set(listed, &Value::Boolean(true));
        builder.set(built, &Value::Time(1_700_006_400_000));
        square(&mut builder, 516_000.0, 10.0);
        square(&mut builder, 516_002.0, 2.0);
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
        builder.geometry.end_feature(GeometryKind::None);
        builder.set(name, &Value::Text("two".into()));
        for x in [517_000.0, 518_000.0] {
            square(&mut builder, x, 5.0);
            builder.geometry.end_part();
        }
        builder.geometry.end_feature(GeometryKind::Polygon);
        builder.finish()
    }

    fn rows(table: &FeatureTable) -> Vec<String> {
        let mut rows: Vec<String> = (0..table.len() as u32)
            .map(|row| {
                let values: Vec<_> = table.fields.iter().map(|f| format!("{:?}", f.values.get(row))).collect();
                let parts: Vec<usize> = table.geometry.parts(row).map(|p| table.geometry.rings(p).len()).collect();
                format!("{values:?} {parts:?} {:?} {:?}", table.geometry.vertices(row), table.geometry.heights(row))
            })
            .collect();
        rows.sort();
        rows
    }

    fn written() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layer.fgb");
        // The definition is not parsed here: what matters is the table.
        let Ok(crs) = Crs::parse("EPSG:4548") else { return (folder, path) };
        write(&path, "layer", &table(), &crs, &Progress::default()).unwrap();
        (folder, path)
    }

    #[test]
    fn there_and_back_keeps_every_row_value_ring_and_height() {
        let (_folder, path) = written();
        if !path.exists() {
            return;
        }
        let layer = read(&path, &OpenOptions::default(), &Progress::default()).unwrap();
        assert_eq!(rows(&layer.table), rows(&table()));
        assert_eq!(layer.crs.crs.unwrap().code(), Some("EPSG:4548"));
        assert_eq!(layer.name, "layer");
    }

    #[test]
    fn a_cut_file_keeps_what_came_before_and_says_so() {
        let (_folder, path) = written();
        let Ok(bytes) = std::fs::read(&path) else { return };
        for cut in 1..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            if let Ok(layer) = read(&path, &OpenOptions::default(), &Progress::default()) {
                assert!(layer.table.len() < 3);
                assert!(layer.report.issues.iter().any(|i| i.severity == Severity::Error), "cut at {cut} unsaid");
            }
        }
    }

    #[test]
    fn changed_bytes_never_panic() {
        let (_folder, path) = written();
        let Ok(bytes) = std::fs::read(&path) else { return };
        for at in 8..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] = value;
                std::fs::write(&path, &broken).unwrap();
                let _ = read(&path, &OpenOptions::default(), &Progress::default());
            }
        }
    }
}
