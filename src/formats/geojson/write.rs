//! Writing GeoJSON as RFC 7946 has it: WGS 84 longitude and latitude, exteriors counter-clockwise.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use geojson::{Geometry, GeometryValue, Position};
use rayon::prelude::*;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::formats::aside::Aside;
use crate::formats::writer::{Head, LayerWriter, Renamed};
use crate::formats::{WriteError, aside};
use crate::model::height::Heights;
use crate::model::{FeatureTable, GeometryColumn, GeometryKind, Value};
use crate::place::{Crs, Transform};
use crate::report::Progress;

/// Writes rows of a table as a feature collection, aside and then renamed. `crs` is the table's;
/// coordinates go out as longitude and latitude with nine decimals (0.1 mm).
///
/// # Errors
/// [`WriteError`] when the file cannot be written, there is no way to longitude and latitude, or
/// the user stops it.
pub fn write(
    path: &Path,
    table: &FeatureTable,
    rows: impl IntoIterator<Item = u32>,
    crs: &Crs,
    progress: &Progress,
) -> Result<(), WriteError> {
    aside::write_aside(path, |out| write_features(out, path, table, rows, crs, progress))
}

/// The same into anything that takes bytes, such as standard output; `path` names it in errors.
///
/// # Errors
/// As [`write()`].
pub fn write_features(
    out: &mut impl Write,
    path: &Path,
    table: &FeatureTable,
    rows: impl IntoIterator<Item = u32>,
    crs: &Crs,
    progress: &Progress,
) -> Result<(), WriteError> {
    let fail = |error: &dyn std::fmt::Display| WriteError::new(path, error);
    let lonlat = Crs::parse("EPSG:4326").map_err(|e| fail(&e))?;
    let way = Transform::new(crs, &lonlat).map_err(|e| fail(&e))?;
    progress.stage("writing GeoJSON", table.len() as u64);
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[").map_err(|e| fail(&e))?;
    for (i, row) in rows.into_iter().enumerate() {
        if i % 1024 == 0 {
            progress.at(i as u64).map_err(|_| WriteError::cancelled(path))?;
        }
        let separator: &[u8] = if i == 0 { b"\n" } else { b",\n" };
        out.write_all(separator).map_err(|e| fail(&e))?;
        let mut points = table.geometry.vertices(row).to_vec();
        way.apply(&mut points);
        let geometry = geometry_of(&table.geometry, row, &points);
        serde_json::to_writer(&mut *out, &Row { table, row, geometry }).map_err(|e| fail(&e))?;
    }
    out.write_all(b"\n]}\n").map_err(|e| fail(&e))
}

/// Rows that come in runs, as a feature collection or with a feature on each line.
///
/// Coordinates are written as they are: longitude and latitude are the caller's to make ([`Features::push`]).
#[derive(Debug)]
pub struct Features<W> {
    out: W,
    /// A collection; else a feature on each line and nothing else (NDJSON).
    collection: bool,
    written: u64,
}

/// Rows that are written into one piece of text, on one core.
const PIECE: usize = 512;

impl<W: Write> Features<W> {
    /// Begins.
    ///
    /// # Errors
    /// What the writer says.
    pub fn begin(mut out: W, collection: bool) -> std::io::Result<Self> {
        if collection {
            out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        }
        Ok(Self { out, collection, written: 0 })
    }

    /// Adds all rows of a table whose coordinates are longitude and latitude, in order, made into text on all cores.
    ///
    /// # Errors
    /// What the writer says.
    pub fn push(&mut self, table: &FeatureTable) -> std::io::Result<()> {
        let starts: Vec<u32> = (0..table.len() as u32).step_by(PIECE).collect();
        let end = table.len() as u32;
        let (collection, first) = (self.collection, self.written == 0);
        let text = |from: &u32| -> std::io::Result<Vec<u8>> {
            let mut text = Vec::with_capacity(PIECE * 400);
            for row in *from..(*from + PIECE as u32).min(end) {
                if collection {
                    text.extend_from_slice(if first && row == 0 { b"\n" } else { b",\n" });
                }
                let geometry = geometry_of(&table.geometry, row, table.geometry.vertices(row));
                serde_json::to_writer(&mut text, &Row { table, row, geometry })?;
                if !collection {
                    text.push(b'\n');
                }
            }
            Ok(text)
        };
        // A few pieces at a time: text is several times as large as the rows.
        for some in starts.chunks(64) {
            let texts: Vec<std::io::Result<Vec<u8>>> = some.par_iter().map(text).collect();
            for text in texts {
                self.out.write_all(&text?)?;
            }
        }
        self.written += u64::from(end);
        Ok(())
    }

    /// Ends.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self) -> std::io::Result<()> {
        if self.collection {
            self.out.write_all(b"\n]}\n")?;
        }
        self.out.flush()
    }
}

/// A file of them that is being written.
#[derive(Debug)]
pub struct JsonFile {
    path: PathBuf,
    aside: Aside,
    features: Features<BufWriter<File>>,
}

impl JsonFile {
    /// Begins a collection, or a file with a feature on each line.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path, collection: bool) -> Result<Self, WriteError> {
        let (aside, out) = Aside::buffered(path)?;
        let features = Features::begin(out, collection).map_err(|error| WriteError::new(path, error))?;
        Ok(Self { path: path.to_owned(), aside, features })
    }
}

impl LayerWriter for JsonFile {
    fn begin(&mut self, _: &Head<'_>, _: &FeatureTable) -> Result<Renamed, WriteError> {
        Ok(Renamed::new())
    }

    fn push(&mut self, rows: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        self.features.push(rows).map_err(|error| WriteError::new(&self.path, error))
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        self.features.finish().map_err(|error| WriteError::new(&self.path, error))?;
        self.aside.keep().map(|()| Vec::new())
    }
}

/// A feature with its fields in the table's order.
struct Row<'a> {
    table: &'a FeatureTable,
    row: u32,
    geometry: Option<Geometry>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(3))?;
        map.serialize_entry("type", "Feature")?;
        map.serialize_entry("properties", &Properties { table: self.table, row: self.row })?;
        map.serialize_entry("geometry", &self.geometry)?;
        map.end()
    }
}

struct Properties<'a> {
    table: &'a FeatureTable,
    row: u32,
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.table.fields.len()))?;
        for field in &self.table.fields {
            match field.values.get(self.row) {
                Value::Null => map.serialize_entry(&field.name, &())?,
                Value::Boolean(v) => map.serialize_entry(&field.name, &v)?,
                Value::Integer(v) => map.serialize_entry(&field.name, &v)?,
                // serde_json writes numbers that JSON has no word for as null.
                Value::Real(v) => map.serialize_entry(&field.name, &v)?,
                Value::Text(ref v) => map.serialize_entry(&field.name, v)?,
                ref moment @ Value::Time(_) => map.serialize_entry(&field.name, &moment.to_string())?,
            }
        }
        map.end()
    }
}

/// A feature's geometry from its transformed vertices; `None` for none, or when a vertex could not
/// be transformed.
fn geometry_of(column: &GeometryColumn, row: u32, points: &[[f64; 2]]) -> Option<Geometry> {
    if points.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    let heights = column.heights(row);
    let mut next = 0;
    // Rings of each part, as positions, in the order of the vertices.
    let mut parts: Vec<Vec<Vec<Position>>> = Vec::new();
    let polygon = column.kind(row) == GeometryKind::Polygon;
    for part in column.parts(row) {
        let mut rings = Vec::new();
        for (number, ring) in column.rings(part).enumerate() {
            let range = next..next + ring.xy.len();
            next = range.end;
            let mut positions: Vec<Position> =
                range.clone().map(|i| position(points[i], heights.get(i).copied())).collect();
            if polygon {
                let counter_clockwise = GeometryColumn::twice_signed_area(&points[range]) >= 0.0;
                if counter_clockwise != (number == 0) {
                    positions.reverse();
                }
                positions.extend(positions.first().cloned());
            }
            rings.push(positions);
        }
        parts.push(rings);
    }
    let flat = |parts: Vec<Vec<Vec<Position>>>| parts.into_iter().flatten().collect::<Vec<_>>();
    let value = match (column.kind(row), parts.len()) {
        (GeometryKind::None, _) | (_, 0) => return None,
        (GeometryKind::Point, 1) => GeometryValue::Point { coordinates: flat(parts).into_iter().flatten().next()? },
        (GeometryKind::Point, _) => {
            GeometryValue::MultiPoint { coordinates: flat(parts).into_iter().flatten().collect() }
        }
        (GeometryKind::Line, 1) => GeometryValue::LineString { coordinates: flat(parts).into_iter().next()? },
        (GeometryKind::Line, _) => GeometryValue::MultiLineString { coordinates: flat(parts) },
        (GeometryKind::Polygon, 1) => GeometryValue::Polygon { coordinates: parts.into_iter().next()? },
        (GeometryKind::Polygon, _) => GeometryValue::MultiPolygon { coordinates: parts },
    };
    Some(Geometry::new(value))
}

fn position([lon, lat]: [f64; 2], height: Option<f64>) -> Position {
    let rounded = |degrees: f64| (degrees * 1e9).round() / 1e9;
    let mut numbers = vec![rounded(lon), rounded(lat)];
    numbers.extend(height.filter(|z| z.is_finite()));
    Position::from(numbers)
}
