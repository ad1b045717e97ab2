//! What the header says, gathered while the chunks come: fields, geometry, extent.

use std::collections::HashMap;

use flatbuffers::FlatBufferBuilder;
use flatgeobuf::{Column, ColumnArgs, ColumnType, CrsArgs, GeometryType, Header, HeaderArgs};

use super::NODE_SIZE;
use super::record::Tag;
use crate::formats::flatgeobuf::write::{header_crs, wkt_of};
use crate::formats::meanings::Meanings;
use crate::model::{FeatureTable, GeometryKind, Values};
use crate::place::{Bounds, Crs};

/// The file's first bytes: version 3.0 of the format.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\0";

/// Readers refuse a longer header (the crate and GDAL agree).
const LONGEST: usize = 10 << 20;

/// The fields of all chunks so far.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Names and types; no type while every value is null.
    fields: Vec<(String, Option<Tag>)>,
    numbers: HashMap<String, u16>,
    /// Types of fields that are known before any value.
    declared: HashMap<u16, Tag>,
}

impl Columns {
    /// The numbers of a chunk's fields; new ones are added, types widened.
    pub fn of(&mut self, table: &FeatureTable) -> Result<Vec<u16>, String> {
        let mut numbers = Vec::with_capacity(table.fields.len());
        for field in &table.fields {
            let number = match self.numbers.get(&field.name) {
                Some(number) => *number,
                None => {
                    let number = u16::try_from(self.fields.len())
                        .map_err(|_| format!("more than {} fields do not fit into the format", u16::MAX))?;
                    self.numbers.insert(field.name.clone(), number);
                    self.fields.push((field.name.clone(), None));
                    number
                }
            };
            if field.values.nulls() < field.values.len() {
                let tag = tag_of(&field.values);
                let known = &mut self.fields[usize::from(number)].1;
                *known = Some(match *known {
                    None => tag,
                    Some(known) if known == tag => tag,
                    Some(Tag::Integer | Tag::Real) if matches!(tag, Tag::Integer | Tag::Real) => Tag::Real,
                    Some(_) => Tag::Text,
                });
            }
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// Declares the fields of a table without rows: while no value says otherwise they are of its types.
    pub fn declare(&mut self, table: &FeatureTable) -> Result<(), String> {
        let numbers = self.of(table)?;
        for (number, field) in numbers.into_iter().zip(&table.fields) {
            self.declared.insert(number, tag_of(&field.values));
        }
        Ok(())
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The type of each column, moments where they were recognised; a field without any value is as it was declared, else
    /// text.
    pub fn kinds(&self, meanings: &Meanings) -> Vec<Tag> {
        let declared = |i: usize| u16::try_from(i).ok().and_then(|i| self.declared.get(&i).copied());
        let kind = |(i, (_, tag)): (usize, &(String, Option<Tag>))| {
            if meanings.is_moments(i) { Tag::Time } else { tag.or_else(|| declared(i)).unwrap_or(Tag::Text) }
        };
        self.fields.iter().enumerate().map(kind).collect()
    }
}

fn tag_of(values: &Values) -> Tag {
    match values {
        Values::Boolean(_) => Tag::Boolean,
        Values::Integer(_) => Tag::Integer,
        Values::Real(_) => Tag::Real,
        Values::Text(_) => Tag::Text,
        Values::Time(_) => Tag::Time,
    }
}

/// What geometries there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shapes {
    pub features: u64,
    /// Features without geometry.
    pub empty: u64,
    pub vertices: u64,
    pub extent: Bounds,
    /// Whether any vertex has a height.
    pub z: bool,
    /// For points, lines and polygons: whether there is one, and one of several parts.
    kinds: [(bool, bool); 3],
}

impl Default for Shapes {
    fn default() -> Self {
        Self { features: 0, empty: 0, vertices: 0, extent: Bounds::EMPTY, z: false, kinds: [(false, false); 3] }
    }
}

impl Shapes {
    pub fn add(&mut self, kind: GeometryKind, parts: usize, vertices: usize, z: bool, bounds: &Bounds) {
        self.features += 1;
        self.vertices += vertices as u64;
        self.extent.join(*bounds);
        self.z |= z;
        let at = match kind {
            GeometryKind::None => {
                self.empty += 1;
                return;
            }
            GeometryKind::Point => 0,
            GeometryKind::Line => 1,
            GeometryKind::Polygon => 2,
        };
        self.kinds[at].0 = true;
        self.kinds[at].1 |= parts > 1;
    }

    pub fn join(&mut self, other: &Self) {
        self.features += other.features;
        self.empty += other.empty;
        self.vertices += other.vertices;
        self.extent.join(other.extent);
        self.z |= other.z;
        for (mine, theirs) in self.kinds.iter_mut().zip(other.kinds) {
            mine.0 |= theirs.0;
            mine.1 |= theirs.1;
        }
    }

    /// The type that every feature has; unknown where each says its own.
    pub fn form(&self) -> GeometryType {
        let [(point, points), (line, lines), (polygon, polygons)] = self.kinds;
        match (point, line, polygon) {
            (true, false, false) if points => GeometryType::MultiPoint,
            (true, false, false) => GeometryType::Point,
            (false, true, false) if lines => GeometryType::MultiLineString,
            (false, true, false) => GeometryType::LineString,
            (false, false, true) if polygons => GeometryType::MultiPolygon,
            (false, false, true) => GeometryType::Polygon,
            _ => GeometryType::Unknown,
        }
    }
}

/// Magic bytes and header.
pub(super) fn bytes(name: &str, crs: &Crs, names: &[&str], kinds: &[Tag], shapes: &Shapes) -> Result<Vec<u8>, String> {
    let mut fbb = FlatBufferBuilder::new();
    let wkt = wkt_of(crs);
    let words = header_crs(crs, wkt.as_deref());
    let crs = CrsArgs {
        org: words.org.map(|v| fbb.create_string(v)),
        code: words.code,
        name: words.name.map(|v| fbb.create_string(v)),
        description: words.description.map(|v| fbb.create_string(v)),
        wkt: words.wkt.map(|v| fbb.create_string(v)),
        code_string: words.code_string.map(|v| fbb.create_string(v)),
    };
    let crs = flatgeobuf::Crs::create(&mut fbb, &crs);
    let mut fields = Vec::with_capacity(names.len());
    for (name, kind) in names.iter().zip(kinds) {
        let type_ = match kind {
            Tag::Boolean => ColumnType::Bool,
            Tag::Integer => ColumnType::Long,
            Tag::Real => ColumnType::Double,
            Tag::Text => ColumnType::String,
            Tag::Time => ColumnType::DateTime,
        };
        let name = Some(fbb.create_string(name));
        fields.push(Column::create(&mut fbb, &ColumnArgs { name, type_, ..ColumnArgs::default() }));
    }
    let extent = shapes.extent;
    let header = HeaderArgs {
        name: Some(fbb.create_string(name)),
        envelope: (!extent.is_empty()).then(|| fbb.create_vector([extent.min, extent.max].as_flattened())),
        geometry_type: shapes.form(),
        has_z: shapes.z,
        columns: Some(fbb.create_vector(&fields)),
        features_count: shapes.features,
        index_node_size: if shapes.features == 0 { 0 } else { NODE_SIZE },
        crs: Some(crs),
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut fbb, &header);
    fbb.finish_size_prefixed(header, None);
    let header = fbb.finished_data();
    if header.len() > LONGEST {
        return Err(format!("the names of its {} fields are longer than the format holds", names.len()));
    }
    Ok([&MAGIC, header].concat())
}
