//! A feature as a record: everything of it in bytes, in a form that needs neither the final types of the
//! fields nor the geometry type of the layer.
//!
//! `box (4 f64) · kind u8 · has heights u8 · parts u32 · rings of each part u32 … · vertices of each ring
//! u32 … · xy f64 … · z f64 … · (column u16 · type u8 · value) …`; rings of polygons are closed.

use std::ops::Range;

use super::header::Shapes;
use super::runs::{Entry, Piece};
use crate::model::geometry::Ring;
use crate::model::{FeatureTable, GeometryKind, Value};
use crate::place::{Bounds, Crs};

/// The largest record: FlatBuffers ends at 2 GiB, and every number here is there with a little more.
const LARGEST: usize = 1 << 30;

/// The order of the fixed grid: 2³¹ steps a side, and keys of 62 bits.
const ORDER: u8 = 31;

/// The key of features without geometry: after all others.
pub(super) const LAST: u64 = u64::MAX;

/// The fixed grid over everything that a CRS can hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Half of its width, in the units of the CRS.
    half: f64,
}

impl Grid {
    /// 20,000 km each way from the origin, or 360 degrees: steps of two centimetres.
    pub fn of(crs: &Crs) -> Self {
        Self { half: if crs.is_geographic() { 360.0 } else { 20_000_000.0 } }
    }

    /// The place of a box's middle on the Hilbert curve; what lies outside the grid comes to its edge.
    pub fn key(self, bounds: &Bounds) -> u64 {
        if bounds.is_empty() {
            return LAST;
        }
        const STEPS: f64 = (1_u32 << ORDER) as f64;
        // The cast takes what is below zero to zero.
        let cell = |v: f64| (((v + self.half) / (2.0 * self.half) * STEPS).min(STEPS - 1.0)) as u32;
        let [x, y] = bounds.centre().map(cell);
        fast_hilbert::xy2h(x, y, ORDER)
    }
}

/// Turns rows into records. `columns` are the numbers of the table's fields in the file.
pub(super) fn records(
    table: &FeatureTable,
    rows: Range<u32>,
    columns: &[u16],
    grid: &Grid,
) -> Result<(Piece, Shapes), String> {
    let (mut piece, mut shapes) = (Piece::default(), Shapes::default());
    for row in rows {
        let at = piece.bytes.len();
        let bounds = geometry(table, row, &mut piece.bytes, &mut shapes);
        for (field, column) in table.fields.iter().zip(columns) {
            value(&mut piece.bytes, *column, &field.values.get(row));
        }
        let len = piece.bytes.len() - at;
        if len > LARGEST {
            return Err(format!("one of its features has {len} bytes, more than the format holds: split it"));
        }
        piece.entries.push(Entry { key: grid.key(&bounds), piece: 0, at, len: len as u32 });
    }
    Ok((piece, shapes))
}

fn geometry(table: &FeatureTable, row: u32, out: &mut Vec<u8>, shapes: &mut Shapes) -> Bounds {
    let column = &table.geometry;
    let (kind, parts) = (column.kind(row), column.parts(row));
    let closed = kind == GeometryKind::Polygon;
    let bounds = Bounds::around(column.vertices(row));
    for number in [bounds.min, bounds.max].as_flattened() {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&[code(kind), u8::from(column.has_z())]);
    let count = |out: &mut Vec<u8>, n: usize| out.extend_from_slice(&(n as u32).to_le_bytes());
    count(out, parts.len());
    for part in parts.clone() {
        count(out, column.rings(part).len());
    }
    let rings = || parts.clone().flat_map(|part| column.rings(part));
    let mut vertices = 0;
    for ring in rings() {
        let n = ring.xy.len() + usize::from(closed && !ring.xy.is_empty());
        count(out, n);
        vertices += n;
    }
    for Ring { xy, .. } in rings() {
        numbers(out, xy.as_flattened());
        if let (true, Some(first)) = (closed, xy.first()) {
            numbers(out, first);
        }
    }
    if column.has_z() {
        for Ring { z, .. } in rings() {
            numbers(out, z);
            if let (true, Some(first)) = (closed, z.first()) {
                numbers(out, &[*first]);
            }
        }
    }
    shapes.add(kind, parts.len(), vertices, column.has_z(), &bounds);
    bounds
}

fn numbers(out: &mut Vec<u8>, numbers: &[f64]) {
    let at = out.len();
    out.resize(at + numbers.len() * 8, 0);
    for (place, number) in out[at..].chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

fn code(kind: GeometryKind) -> u8 {
    match kind {
        GeometryKind::None => 0,
        GeometryKind::Point => 1,
        GeometryKind::Line => 2,
        GeometryKind::Polygon => 3,
    }
}

fn value(out: &mut Vec<u8>, column: u16, value: &Value<'_>) {
    let mut put = |tag: Tag, bytes: &[u8]| {
        out.extend_from_slice(&column.to_le_bytes());
        out.push(tag as u8);
        out.extend_from_slice(bytes);
    };
    match value {
        Value::Null => {}
        Value::Boolean(v) => put(Tag::Boolean, &[u8::from(*v)]),
        Value::Integer(v) => put(Tag::Integer, &v.to_le_bytes()),
        Value::Real(v) => put(Tag::Real, &v.to_le_bytes()),
        Value::Time(v) => put(Tag::Time, &v.to_le_bytes()),
        Value::Text(v) => {
            put(Tag::Text, &(v.len() as u32).to_le_bytes());
            out.extend_from_slice(v.as_bytes());
        }
    }
}

/// The type of a value in a record, and of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    Boolean,
    Integer,
    Real,
    Text,
    Time,
}

/// A record, read.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub bounds: Bounds,
    pub kind: GeometryKind,
    pub has_z: bool,
    rings: &'a [u8],
    vertices: &'a [u8],
    xy: &'a [u8],
    z: &'a [u8],
    values: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads what [`records`] wrote; `None` where it is something else, which a damaged disk alone can make.
    pub fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let from = &mut bytes;
        let [x1, y1, x2, y2] = [take_f64(from)?, take_f64(from)?, take_f64(from)?, take_f64(from)?];
        let bounds = Bounds { min: [x1, y1], max: [x2, y2] };
        let [kind, has_z] = take(from)?;
        let kind = match kind {
            0 => GeometryKind::None,
            1 => GeometryKind::Point,
            2 => GeometryKind::Line,
            _ => GeometryKind::Polygon,
        };
        let parts = u32::from_le_bytes(take(from)?) as usize;
        let rings = slice(from, parts * 4)?;
        let ring_count: usize = u32s(rings).map(|n| n as usize).sum();
        let vertices = slice(from, ring_count * 4)?;
        let vertex_count: usize = u32s(vertices).map(|n| n as usize).sum();
        let xy = slice(from, vertex_count * 16)?;
        let z = slice(from, if has_z == 1 { vertex_count * 8 } else { 0 })?;
        Some(Self { bounds, kind, has_z: has_z == 1, rings, vertices, xy, z, values: bytes })
    }

    /// The number of rings of each part.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = usize> + 'a {
        u32s(self.rings).map(|n| n as usize)
    }

    /// The number of vertices of each ring, over all parts.
    pub fn ring_lengths(&self) -> impl ExactSizeIterator<Item = usize> + 'a {
        u32s(self.vertices).map(|n| n as usize)
    }

    /// Coordinates of some vertices, appended.
    pub fn xy(&self, vertices: Range<usize>, out: &mut Vec<f64>) {
        out.extend(f64s(&self.xy[vertices.start * 16..vertices.end * 16]));
    }

    /// Heights of some vertices, appended; NaN where the feature has none.
    pub fn z(&self, vertices: Range<usize>, out: &mut Vec<f64>) {
        if self.has_z {
            out.extend(f64s(&self.z[vertices.start * 8..vertices.end * 8]));
        } else {
            out.resize(out.len() + vertices.len(), f64::NAN);
        }
    }

    /// Its values by column.
    pub fn values(&self) -> Values<'a> {
        Values(self.values)
    }
}

/// The values of a record: column, type, bytes.
pub(super) struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = (u16, Tag, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let from = &mut self.0;
        let column = u16::from_le_bytes(take(from)?);
        let [tag] = take(from)?;
        let (tag, size) = match tag {
            0 => (Tag::Boolean, 1),
            1 => (Tag::Integer, 8),
            2 => (Tag::Real, 8),
            3 => (Tag::Text, u32::from_le_bytes(take(from)?) as usize),
            _ => (Tag::Time, 8),
        };
        Some((column, tag, slice(from, size)?))
    }
}

/// Takes `N` bytes off the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = bytes.split_first_chunk::<N>()?;
    *bytes = tail;
    Some(*head)
}

fn take_f64(bytes: &mut &[u8]) -> Option<f64> {
    take(bytes).map(f64::from_le_bytes)
}

fn slice<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(len)?;
    *bytes = tail;
    Some(head)
}

fn u32s(bytes: &[u8]) -> impl ExactSizeIterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b))
}

fn f64s(bytes: &[u8]) -> impl ExactSizeIterator<Item = f64> + '_ {
    bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b))
}
