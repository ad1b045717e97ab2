//! Reading goes over a memory map: every feature is verified in place by the crate's FlatBuffers
//! verifier and copied straight into columns. The crate's own iterator is not used because it
//! trusts sizes and counts of the file (it indexes past the end of lying properties).

use std::path::Path;

use flatgeobuf::{ColumnType, FgbReader, Geometry, GeometryType, Header, size_prefixed_root_as_feature};

use super::STEP;
use crate::formats::chunks::{Head, Rows, Sink};
use crate::formats::text::Text;
use crate::formats::{OpenError, OpenOptions, RawLayer, crs_of, push_ring, values, whole};
use crate::model::{GeometryColumn, GeometryKind, TableBuilder, Value};
use crate::place::FoundCrs;
use crate::report::{Progress, Severity};

/// Bytes of one node of the packed R-tree: four coordinates and an offset.
pub(super) const NODE_BYTES: u64 = 40;

/// Reads a `.fgb` file.
///
/// # Errors
/// [`OpenError`] when the header or the index is no FlatGeobuf. Features that are broken are
/// skipped and named in the layer's report; a file that ends early keeps what came before.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    whole(path, |sink| read_chunks(path, options, usize::MAX, progress, sink))
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
    let map = Text::open(path).map_err(|e| fail(e.to_string()))?;
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
    let head = Head {
        name: header.name().filter(|n| !n.is_empty()).map_or_else(|| stem(path), str::to_owned),
        format: "FlatGeobuf".into(),
        crs: header_crs(&header),
        encoding: String::new(),
    };
    let name = &head.name;
    let mut rows = Rows::new(most);
    let columns = columns(&header, |name, _| Some(rows.builder.field(name)));
    let declared = header.features_count();
    let limit = options.limit.unwrap_or(u64::MAX);
    progress.stage(format!("reading {name}"), bytes.len() as u64);
    let total = bytes.len() as u64;
    let mut row = 0_u64;
    while !bytes.is_empty() && row < limit && (declared == 0 || row < declared) && row < u64::from(u32::MAX) {
        if row.is_multiple_of(u64::from(STEP)) {
            progress.at(total - bytes.len() as u64).map_err(|_| OpenError::cancelled(path))?;
            map.release(map.len() - bytes.len());
        }
        let size = bytes.get(..4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        let Some(feature) = size.and_then(|size| bytes.get(..4 + size as usize)) else {
            let cut = format!("the file ends inside feature {row} of {declared}");
            if row == 0 {
                return Err(fail(format!("{cut}, or its header is wrong: get it again")));
            }
            rows.report.add(Severity::Error, name, format!("{cut}; kept what came before: get it again"));
            break;
        };
        if rows.is_full() {
            sink(rows.take(&head, false))?;
        }
        bytes = &bytes[feature.len()..];
        if let Err(reason) = read_feature(feature, header.geometry_type(), &columns, &mut rows.builder) {
            rows.report.skip(row, reason);
        }
        row += 1;
    }
    if row < declared.min(limit) && bytes.is_empty() {
        rows.report.add(Severity::Error, name, format!("its header says {declared} features, but it holds {row}"));
    } else if declared > 0 && row == declared && !bytes.is_empty() {
        let message =
            format!("more follows the {declared} features that its header says, and was not read: make it again");
        rows.report.add(Severity::Error, name, message);
    }
    sink(rows.take(&head, true))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The length of the packed R-tree: all levels, 40 bytes a node; `None` when it cannot be.
pub(super) fn index_bytes(header: &Header<'_>) -> Option<u64> {
    let (count, node) = (header.features_count(), u64::from(header.index_node_size()));
    if node == 0 || count == 0 {
        return Some(0);
    }
    let node = node.max(2);
    let (mut level, mut nodes) = (count, count);
    // Even a single leaf has a root above it.
    loop {
        level = level.div_ceil(node);
        nodes = nodes.checked_add(level)?;
        if level == 1 {
            return nodes.checked_mul(NODE_BYTES);
        }
    }
}

pub(super) fn header_crs(header: &Header<'_>) -> FoundCrs {
    let Some(crs) = header.crs() else { return FoundCrs::unknown("the header names no CRS") };
    let authority = crs.org().filter(|o| !o.is_empty()).unwrap_or("EPSG");
    let code = (crs.code() > 0).then(|| format!("{authority}:{}", crs.code()));
    // Ours holds the definition to the letter, so that a file in the CRS of a project is found to be; others say it in
    // words there.
    let is_formal = |text: &&str| {
        text.starts_with('{') || text.contains("proj=") || (text.contains(':') && !text.contains(char::is_whitespace))
    };
    let formal = crs.description().filter(is_formal);
    let texts = [code.as_deref(), formal, crs.wkt(), crs.code_string(), crs.description()];
    let mut found = FoundCrs::unknown("the header names no CRS");
    for text in texts.into_iter().flatten().filter(|t| !t.is_empty()) {
        found = crs_of(text, "FlatGeobuf header");
        if found.crs.is_some() {
            break;
        }
    }
    found
}

/// A column of the file: its type, and its number in the table where it is wanted there.
pub(super) type Column = (ColumnType, Option<usize>);

/// The file's columns.
pub(super) fn columns(header: &Header<'_>, mut number: impl FnMut(&str, ColumnType) -> Option<usize>) -> Vec<Column> {
    let columns = header.columns();
    columns.iter().flatten().map(|column| (column.type_(), number(column.name(), column.type_()))).collect()
}

/// Adds a feature's attributes to the table, as a row without geometry.
pub(super) fn read_attributes(bytes: &[u8], columns: &[Column], builder: &mut TableBuilder) -> Result<(), String> {
    let damaged = "it is damaged: get the file again".to_owned();
    let feature = size_prefixed_root_as_feature(bytes).map_err(|_| damaged.clone());
    let read = feature.and_then(|feature| match feature.properties() {
        Some(properties) => read_properties(properties.bytes(), columns, builder).ok_or(damaged),
        None => Ok(()),
    });
    builder.geometry.end_feature(GeometryKind::None);
    read
}

/// Adds a feature to the table; a broken one as a row without geometry.
pub(super) fn read_feature(
    bytes: &[u8],
    declared: GeometryType,
    columns: &[Column],
    builder: &mut TableBuilder,
) -> Result<(), String> {
    let read = try_feature(bytes, declared, columns, builder);
    if read.is_err() {
        builder.geometry.drop_feature();
        builder.geometry.end_feature(GeometryKind::None);
    }
    read
}

fn try_feature(
    bytes: &[u8],
    declared: GeometryType,
    columns: &[Column],
    builder: &mut TableBuilder,
) -> Result<(), String> {
    let feature = size_prefixed_root_as_feature(bytes).map_err(|_| "it is damaged: get the file again")?;
    if let Some(properties) = feature.properties() {
        read_properties(properties.bytes(), columns, builder)
            .ok_or("its attributes are damaged: get the file again")?;
    }
    let kind = match feature.geometry() {
        Some(geometry) => read_geometry(&geometry, declared, 0, &mut builder.geometry)?,
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

fn read_properties(mut bytes: &[u8], columns: &[Column], builder: &mut TableBuilder) -> Option<()> {
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
                if kind == ColumnType::Binary || column.is_none() {
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
        if let Some(column) = column {
            builder.set(column, &value);
        }
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
    push_ring(out, vertices, closed)
}
