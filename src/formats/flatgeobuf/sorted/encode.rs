//! From records to features of the file, on all cores.

use std::ops::Range;

use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::{Feature, FeatureArgs, Geometry, GeometryArgs, GeometryType};

use super::record::{Record, Tag};
use super::runs::Batch;
use crate::formats::meanings::Meanings;
use crate::model::{GeometryKind, Value};
use crate::place::Bounds;

/// Turns records into features: the types of the file are known now.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    /// The type of each column.
    pub kinds: &'a [Tag],
    /// What the fields mean.
    pub meanings: &'a Meanings,
    /// The layer's geometry type.
    pub form: GeometryType,
    /// Whether the layer has heights.
    pub z: bool,
}

/// Features one behind the other, with their boxes and sizes.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub bytes: Vec<u8>,
    pub features: Vec<(Bounds, u32)>,
}

/// What is used again for each feature.
#[derive(Default)]
struct Work {
    xy: Vec<f64>,
    z: Vec<f64>,
    ends: Vec<u32>,
    properties: Vec<u8>,
}

type Built<'f> = WIPOffset<Geometry<'f>>;

impl Encoder<'_> {
    /// The features of some records of a batch.
    pub fn features(&self, batch: &Batch, ranges: &[Range<usize>]) -> Encoded {
        let mut out = Encoded::default();
        let (mut fbb, mut work) = (FlatBufferBuilder::new(), Work::default());
        for range in ranges {
            // Only a disk that gives back other bytes than it took makes a record unreadable.
            let Some(record) = Record::read(&batch.bytes[range.clone()]) else { continue };
            fbb.reset();
            self.properties(&record, &mut work.properties);
            let properties = (!work.properties.is_empty()).then(|| fbb.create_vector(&work.properties));
            let geometry = self.geometry(&record, &mut fbb, &mut work);
            let feature = Feature::create(&mut fbb, &FeatureArgs { geometry, properties, columns: None });
            fbb.finish_size_prefixed(feature, None);
            let bytes = fbb.finished_data();
            out.bytes.extend_from_slice(bytes);
            out.features.push((record.bounds, bytes.len() as u32));
        }
        out
    }

    fn geometry<'f>(&self, record: &Record<'_>, fbb: &mut FlatBufferBuilder<'f>, work: &mut Work) -> Option<Built<'f>> {
        let parts = record.parts().len();
        let several = match self.form {
            GeometryType::MultiPoint | GeometryType::MultiLineString | GeometryType::MultiPolygon => true,
            GeometryType::Unknown => parts > 1,
            _ => false,
        };
        Some(match record.kind {
            GeometryKind::None => return None,
            GeometryKind::Point => {
                let type_ = if several { GeometryType::MultiPoint } else { GeometryType::Point };
                let all = 0..record.ring_lengths().sum();
                self.simple(record, all, type_, &[], fbb, work)
            }
            GeometryKind::Line => {
                let type_ = if several { GeometryType::MultiLineString } else { GeometryType::LineString };
                let lengths: Vec<usize> = record.ring_lengths().collect();
                let all = 0..lengths.iter().sum();
                self.simple(record, all, type_, if several { &lengths } else { &[] }, fbb, work)
            }
            GeometryKind::Polygon => self.polygon(record, several, fbb, work),
        })
    }

    fn polygon<'f>(
        &self,
        record: &Record<'_>,
        several: bool,
        fbb: &mut FlatBufferBuilder<'f>,
        work: &mut Work,
    ) -> Built<'f> {
        let lengths: Vec<usize> = record.ring_lengths().collect();
        let (mut rings, mut from) = (lengths.as_slice(), 0);
        let mut parts = Vec::new();
        for count in record.parts() {
            let (these, rest) = rings.split_at(count);
            rings = rest;
            let to = from + these.iter().sum::<usize>();
            // One ring needs no end.
            let ends = if these.len() > 1 { these } else { &[] };
            parts.push(self.simple(record, from..to, GeometryType::Polygon, ends, fbb, work));
            from = to;
        }
        match parts.as_slice() {
            [one] if !several => *one,
            parts => {
                let parts = Some(fbb.create_vector(parts));
                Geometry::create(
                    fbb,
                    &GeometryArgs { parts, type_: GeometryType::MultiPolygon, ..GeometryArgs::default() },
                )
            }
        }
    }

    /// A geometry without parts: some vertices, and where its rings or lines end.
    fn simple<'f>(
        &self,
        record: &Record<'_>,
        vertices: Range<usize>,
        type_: GeometryType,
        lengths: &[usize],
        fbb: &mut FlatBufferBuilder<'f>,
        work: &mut Work,
    ) -> Built<'f> {
        work.xy.clear();
        record.xy(vertices.clone(), &mut work.xy);
        let xy = Some(fbb.create_vector(&work.xy));
        let z = self.z.then(|| {
            work.z.clear();
            record.z(vertices, &mut work.z);
            fbb.create_vector(&work.z)
        });
        let ends = (!lengths.is_empty()).then(|| {
            work.ends.clear();
            let mut end = 0;
            work.ends.extend(lengths.iter().map(|n| {
                end += *n as u32;
                end
            }));
            fbb.create_vector(&work.ends)
        });
        Geometry::create(fbb, &GeometryArgs { xy, z, ends, type_, ..GeometryArgs::default() })
    }

    fn properties(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        out.clear();
        for (column, tag, bytes) in record.values() {
            let kind = self.kinds[usize::from(column)];
            if kind == tag && tag != Tag::Time && self.meanings.is_plain(usize::from(column)) {
                out.extend_from_slice(&column.to_le_bytes());
                if tag == Tag::Text {
                    text(out, bytes)
                } else {
                    out.extend_from_slice(bytes)
                }
                continue;
            }
            let value = self.meanings.value(usize::from(column), value(tag, bytes));
            if value.is_null() {
                continue;
            }
            out.extend_from_slice(&column.to_le_bytes());
            match (kind, value) {
                (Tag::Real, value @ (Value::Integer(_) | Value::Real(_))) => {
                    let number = match value {
                        Value::Integer(v) => v as f64,
                        Value::Real(v) => v,
                        _ => f64::NAN,
                    };
                    out.extend_from_slice(&number.to_le_bytes());
                }
                (Tag::Integer, Value::Integer(v)) => out.extend_from_slice(&v.to_le_bytes()),
                (Tag::Boolean, Value::Boolean(v)) => out.push(u8::from(v)),
                (Tag::Time, Value::Time(ms)) => {
                    let moment =
                        jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.to_string());
                    text(out, moment.as_bytes());
                }
                // Everything else has widened to text.
                (_, value) => text(out, value.to_string().as_bytes()),
            }
        }
    }
}

fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}

fn value(tag: Tag, bytes: &[u8]) -> Value<'_> {
    let eight = || bytes.first_chunk().copied().unwrap_or_default();
    match tag {
        Tag::Boolean => Value::Boolean(bytes != [0]),
        Tag::Integer => Value::Integer(i64::from_le_bytes(eight())),
        Tag::Real => Value::Real(f64::from_le_bytes(eight())),
        Tag::Time => Value::Time(i64::from_le_bytes(eight())),
        Tag::Text => Value::Text(String::from_utf8_lossy(bytes)),
    }
}
