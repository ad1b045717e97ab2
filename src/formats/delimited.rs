//! CSV and TSV: tables in text, with or without coordinates.
//!
//! Read by our own code, not GDAL's: separators, decimal commas, encodings and Chinese column
//! names must be found, and codes such as `007` must stay texts. The file is gone through twice:
//! first to find each column's type over all rows, then to fill the columns.

use std::borrow::Cow;
use std::path::Path;

use super::{OpenError, OpenOptions, RawLayer, crs_of, encoding, limits, wkt};
use crate::model::{GeometryKind, TableBuilder, Value};
use crate::place::FoundCrs;
use crate::report::{Progress, Report, Severity};

/// A record longer than this is no table: an unclosed quote swallows the rest of the file.
const RECORD_BYTES: usize = 64 << 20;

/// Names of columns with longitudes or eastings, most telling first.
const X: [&str; 30] = [
    "longitude",
    "lon",
    "lng",
    "long",
    "经度",
    "经",
    "x_lon",
    "lon_wgs84",
    "point_x",
    "wgs84_lng",
    "wgs_lng",
    "gcj_lng",
    "bd_lng",
    "gcj02_lng",
    "bd09_lng",
    "x",
    "easting",
    "east",
    "coord_x",
    "xcoord",
    "x_coord",
    "x坐标",
    "坐标x",
    "东坐标",
    "横坐标",
    "location_easting_osgr",
    "geo_lon",
    "coordx",
    "longitud",
    "laenge",
];

/// Names of columns with latitudes or northings, in the order of [`X`].
const Y: [&str; 30] = [
    "latitude",
    "lat",
    "lat",
    "lat",
    "纬度",
    "纬",
    "y_lat",
    "lat_wgs84",
    "point_y",
    "wgs84_lat",
    "wgs_lat",
    "gcj_lat",
    "bd_lat",
    "gcj02_lat",
    "bd09_lat",
    "y",
    "northing",
    "north",
    "coord_y",
    "ycoord",
    "y_coord",
    "y坐标",
    "坐标y",
    "北坐标",
    "纵坐标",
    "location_northing_osgr",
    "geo_lat",
    "coordy",
    "latitud",
    "breite",
];

/// Names of columns with well-known text.
const WKT: [&str; 7] = ["wkt", "geometry", "geom", "the_geom", "wkt_geom", "shape", "几何"];

/// Reads a delimited text file.
///
/// # CRS
/// Columns named as longitude and latitude whose values are degrees are WGS 84 by the names alone
/// (said in the note); anything else is unknown.
///
/// # Errors
/// [`OpenError`] when it is no table.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let file = std::fs::File::open(path).map_err(|e| fail(e.to_string()))?;
    // SAFETY: only read; see `flatgeobuf::read`.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(|e| fail(e.to_string()))?;
    let found = encoding::whole(&map, options.encoding.as_deref()).map_err(fail)?;
    let decoded;
    let text: &[u8] = if found.encoding == encoding_rs::UTF_8 {
        map.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&map)
    } else {
        decoded = encoding::decode_whole(&map, &found).map_err(fail)?;
        decoded.as_bytes()
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut report = Report::default();
    if text.iter().take(4096).any(|b| *b == 0) {
        return Err(fail("it holds binary data instead of text".into()));
    }
    let separator = separator_of(text);
    let mut records = Records { text, at: 0, separator };
    let header = records.next().ok_or_else(|| fail("it holds no line of column names".into()))?;
    let mut names: Vec<String> = header.iter().map(|c| c.trim().to_owned()).collect();
    for (i, name) in names.iter_mut().enumerate().filter(|(_, n)| n.is_empty()) {
        *name = format!("column {}", i + 1);
    }
    if names.len() > limits::FIELDS {
        return Err(fail(format!("it has {} columns, more than {}", names.len(), limits::FIELDS)));
    }
    progress.stage(format!("reading {name}"), text.len() as u64 * 2);
    let start = records.at;
    let limit = options.limit.unwrap_or(u64::MAX).min(u64::from(u32::MAX) - 1);
    let types = column_types(&mut records, names.len(), limit, separator == b';', progress)
        .map_err(|_| OpenError::cancelled(path))?;
    let decimal_comma = types.contains(&Type::Comma);
    let place = Coordinates::find(&names, &types);
    let mut builder = TableBuilder::default();
    let columns: Vec<usize> = names.iter().map(|n| builder.field(n)).collect();
    let mut records = Records { text, at: start, separator };
    let (mut uneven, mut row) = (0_u64, 0_u64);
    while row < limit {
        let at = records.at;
        let Some(record) = records.next() else { break };
        if row.is_multiple_of(4096) {
            progress.at((text.len() + at) as u64).map_err(|_| OpenError::cancelled(path))?;
        }
        if records.at - at > RECORD_BYTES {
            report.add(
                Severity::Error,
                &name,
                format!("row {row} does not end (an unclosed quote?); kept the rows before it"),
            );
            break;
        }
        uneven += u64::from(record.len() != names.len());
        for ((cell, kind), column) in record.iter().zip(&types).zip(&columns) {
            if let Some(value) = kind.value(cell) {
                builder.set(*column, &value);
            }
        }
        match place.push(&record, &mut builder) {
            Ok(kind) => builder.geometry.end_feature(kind),
            Err(reason) => {
                builder.geometry.drop_feature();
                builder.geometry.end_feature(GeometryKind::None);
                report.skip(row, reason);
            }
        }
        row += 1;
    }
    if uneven > 0 {
        report.warn(&name, format!("{uneven} rows have more or fewer cells than the {} column names", names.len()));
    }
    if decimal_comma {
        report.note(&name, "numbers with decimal commas were read");
    }
    if row == 0 {
        report.warn(&name, "it has column names but no rows");
    }
    let table = builder.finish();
    let extent = table.geometry.extent();
    let crs = place.crs(&names, &extent);
    let format = if separator == b'\t' { "TSV" } else { "CSV" };
    let encoding = found.how;
    Ok(super::finish(RawLayer { name, format: format.into(), table, crs, encoding, report }))
}

/// The mark that splits the first lines most often and most evenly, outside quotes.
fn separator_of(text: &[u8]) -> u8 {
    let count = |separator: u8| {
        let mut records = Records { text: &text[..text.len().min(64 << 10)], at: 0, separator };
        let counts: Vec<usize> = std::iter::from_fn(|| records.next().map(|r| r.len())).take(20).collect();
        let first = counts.first().copied().unwrap_or(0);
        let even = counts.iter().filter(|c| **c == first).count();
        if first < 2 { (0, 0) } else { (even * 100 / counts.len().max(1), first) }
    };
    [b',', b'\t', b';', b'|'].into_iter().max_by_key(|s| count(*s)).filter(|s| count(*s).1 > 1).unwrap_or(b',')
}

/// Records of RFC 4180 with any separator; line ends inside quotes belong to the cell.
struct Records<'a> {
    text: &'a [u8],
    at: usize,
    separator: u8,
}

impl<'a> Records<'a> {
    fn next(&mut self) -> Option<Vec<Cow<'a, str>>> {
        // Empty lines are none.
        while matches!(self.text.get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        if self.at >= self.text.len() {
            return None;
        }
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell());
            match self.text.get(self.at) {
                Some(b) if *b == self.separator => self.at += 1,
                Some(b'\r') if self.text.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 2;
                    return Some(cells);
                }
                Some(_) => {
                    self.at += 1;
                    return Some(cells);
                }
                None => return Some(cells),
            }
        }
    }

    fn cell(&mut self) -> Cow<'a, str> {
        let text = self.text;
        let plain_end = |from: usize| {
            text[from..]
                .iter()
                .position(|b| *b == self.separator || matches!(b, b'\n' | b'\r'))
                .map_or(text.len(), |n| from + n)
        };
        if text.get(self.at) != Some(&b'"') {
            let end = plain_end(self.at);
            let cell = &text[self.at..end];
            self.at = end;
            return String::from_utf8_lossy(cell);
        }
        let mut cell = Vec::new();
        let mut i = self.at + 1;
        while i < text.len() && i - self.at <= RECORD_BYTES {
            match (text[i], text.get(i + 1)) {
                (b'"', Some(b'"')) => {
                    cell.push(b'"');
                    i += 2;
                }
                (b'"', _) => {
                    i += 1;
                    break;
                }
                (other, _) => {
                    cell.push(other);
                    i += 1;
                }
            }
        }
        // What stands between the closing quote and the separator belongs to the cell as well.
        let end = plain_end(i.min(text.len()));
        cell.extend_from_slice(&text[i.min(end)..end]);
        self.at = end;
        Cow::Owned(String::from_utf8_lossy(&cell).into_owned())
    }
}

/// The type of a column, over all of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Empty,
    Integer,
    Real,
    /// Numbers with a decimal comma.
    Comma,
    Text,
}

impl Type {
    fn of(cell: &str, comma: bool) -> Self {
        let digits = cell.trim_start_matches(['-', '+']);
        // `007` is a code, `0`, `0.5` are numbers.
        let code =
            digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") && !digits.starts_with("0,");
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || code {
            Self::Text
        } else if cell.parse::<i64>().is_ok() {
            Self::Integer
        } else if cell.parse::<f64>().is_ok_and(f64::is_finite) {
            Self::Real
        } else if comma && cell.matches(',').count() == 1 && cell.replace(',', ".").parse::<f64>().is_ok() {
            Self::Comma
        } else {
            Self::Text
        }
    }

    fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Empty, t) | (t, Self::Empty) => t,
            (Self::Integer, Self::Real) | (Self::Real, Self::Integer) => Self::Real,
            (Self::Integer, Self::Comma) | (Self::Comma, Self::Integer) => Self::Comma,
            _ => Self::Text,
        }
    }

    fn value<'a>(self, cell: &'a str) -> Option<Value<'a>> {
        let trimmed = cell.trim();
        if trimmed.is_empty() {
            return None;
        }
        Some(match self {
            Self::Integer => Value::Integer(trimmed.parse().ok()?),
            Self::Real => Value::Real(trimmed.parse().ok()?),
            Self::Comma => Value::Real(trimmed.replace(',', ".").parse().ok()?),
            Self::Text | Self::Empty => Value::Text(cell.into()),
        })
    }
}

fn column_types(
    records: &mut Records<'_>,
    columns: usize,
    limit: u64,
    comma: bool,
    progress: &Progress,
) -> Result<Vec<Type>, crate::report::Cancelled> {
    let mut types = vec![Type::Empty; columns];
    let mut row = 0_u64;
    while row < limit {
        if row.is_multiple_of(4096) {
            progress.at(records.at as u64)?;
        }
        let Some(record) = records.next() else { break };
        for (cell, kind) in record.iter().zip(&mut types) {
            let cell = cell.trim();
            if *kind != Type::Text && !cell.is_empty() {
                *kind = kind.join(Type::of(cell, comma));
            }
        }
        row += 1;
    }
    Ok(types)
}

/// Where a row's geometry stands.
enum Coordinates {
    None,
    Columns { x: usize, y: usize },
    Wkt(usize),
}

impl Coordinates {
    fn find(names: &[String], types: &[Type]) -> Self {
        let lower: Vec<String> = names.iter().map(|n| n.to_lowercase().replace([' ', '-'], "_")).collect();
        let numeric = |i: usize| !matches!(types[i], Type::Text | Type::Empty);
        let column = |name: &str| lower.iter().position(|n| n == name);
        for (x, y) in X.iter().zip(Y) {
            if let (Some(x), Some(y)) = (column(x), column(y))
                && numeric(x)
                && numeric(y)
            {
                return Self::Columns { x, y };
            }
        }
        let text = |i: &usize| types[*i] == Type::Text;
        WKT.iter().find_map(|name| column(name).filter(text)).map_or(Self::None, Self::Wkt)
    }

    fn push(&self, record: &[Cow<'_, str>], builder: &mut TableBuilder) -> Result<GeometryKind, String> {
        match *self {
            Self::None => Ok(GeometryKind::None),
            Self::Columns { x, y } => {
                let number = |i: usize| {
                    let cell = record.get(i).map_or("", |c| c.trim());
                    cell.parse::<f64>().or_else(|_| cell.replace(',', ".").parse()).ok().filter(|v| v.is_finite())
                };
                let (Some(x), Some(y)) = (number(x), number(y)) else { return Err("it has no coordinates".into()) };
                super::push_ring(&mut builder.geometry, [([x, y], None)], false)?;
                builder.geometry.end_part();
                Ok(GeometryKind::Point)
            }
            Self::Wkt(column) => match record.get(column).map(|c| c.trim()).filter(|c| !c.is_empty()) {
                Some(text) => wkt::push(text, &mut builder.geometry),
                None => Err("it has no coordinates".into()),
            },
        }
    }

    fn crs(&self, names: &[String], extent: &crate::place::Bounds) -> FoundCrs {
        let Self::Columns { x, y } = *self else {
            return FoundCrs::unknown(match self {
                Self::Wkt(_) => "a text table does not say its CRS: give it",
                _ => "a table without coordinates",
            });
        };
        let degrees =
            extent.min[0] >= -180.0 && extent.max[0] <= 180.0 && extent.min[1] >= -90.0 && extent.max[1] <= 90.0;
        let lower = names[x].to_lowercase();
        let named = ["lon", "lng", "经"].iter().any(|word| lower.contains(word));
        let shifted = ["gcj", "bd"].iter().any(|word| lower.contains(word));
        if degrees && named && !shifted && !extent.is_empty() {
            let note = format!("columns \"{}\" and \"{}\" hold degrees; WGS 84 by their names", names[x], names[y]);
            let mut found = crs_of("EPSG:4326", &note);
            found.basis = if found.crs.is_some() { crate::place::CrsBasis::Guessed } else { found.basis };
            found.confidence = if found.crs.is_some() { 0.9 } else { 0.0 };
            return found;
        }
        FoundCrs::unknown(format!("columns \"{}\" and \"{}\" do not say their CRS: give it", names[x], names[y]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Progress;

    fn table(bytes: &[u8]) -> RawLayer {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        read(&path, &OpenOptions::default(), &Progress::default()).unwrap()
    }

    #[test]
    fn semicolons_and_decimal_commas_are_numbers() {
        let layer = table(b"name;x;y;code\nA;500000,5;4331000,25;007\n\"B;\"\"b\"\"\";500001;4331001;12\n");
        assert_eq!(layer.table.geometry.vertices(0), [[500_000.5, 4_331_000.25]]);
        assert_eq!(layer.table.value(1, "name"), Value::Text("B;\"b\"".into()));
        assert_eq!(layer.table.value(0, "code"), Value::Text("007".into()));
        assert_eq!(layer.crs.crs, None);
    }

    #[test]
    fn chinese_columns_in_gb18030_give_points() {
        let text = "名称,经度,纬度\n天津站,117.2054,39.1336\n无,,\n";
        let layer = table(&encoding_rs::GB18030.encode(text).0);
        assert_eq!(layer.table.value(0, "名称"), Value::Text("天津站".into()));
        assert_eq!(layer.table.geometry.vertices(0), [[117.2054, 39.1336]]);
        assert_eq!(layer.report.skipped.len(), 1);
        assert!(layer.encoding.starts_with("GB18030"), "{}", layer.encoding);
    }

    #[test]
    fn a_well_known_text_column_gives_polygons() {
        let layer = table(b"id,wkt\n1,\"POLYGON ((0 0, 4 0, 4 3, 0 0))\"\n2,nonsense\n");
        // Half of 4 times 3.
        assert_eq!(layer.table.geometry.area(0), 6.0);
        assert_eq!(layer.report.skipped.len(), 1);
    }
}
