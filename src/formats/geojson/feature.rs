//! One feature, parsed straight from its text into columns.
//!
//! The `geojson` crate's `Feature` would first build a map of owned keys and values and nested
//! vectors of positions; at 123 k buildings that alone costs more than the whole budget for
//! reading. These visitors put each value where it stays. The crate is used for writing.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::formats::push_ring;
use crate::model::{GeometryColumn, GeometryKind, TableBuilder, Value};

/// What a feature's text was, besides the row it became.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Parts of a mixed collection that were left out because others have a higher dimension.
    pub left_out: u64,
}

/// Parses a feature or a bare geometry into the builder's next row and ends the row.
///
/// # Errors
/// The reason why it is none; the row is then not ended and may have some attributes set.
pub fn parse(text: &[u8], scratch: &mut Shape, builder: &mut TableBuilder) -> Result<Parsed, String> {
    scratch.clear();
    let mut json = serde_json::Deserializer::from_slice(text);
    let seed = FeatureSeed { builder, shape: scratch };
    let head = seed.deserialize(&mut json).map_err(|e| readable(&e))?;
    json.end().map_err(|e| readable(&e))?;
    if let Some(id) = &head.id {
        let column = builder.field("id");
        builder.set(column, &value_of(id));
    }
    let mut parsed = Parsed::default();
    let best = scratch.dimension();
    let kind = scratch.push(best, &mut builder.geometry, &mut parsed.left_out)?;
    builder.geometry.end_feature(kind);
    Ok(parsed)
}

/// serde's position counts lines inside the feature's slice: of no use to a person.
fn readable(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    format!("it is no GeoJSON feature: {reason} (byte {} of the feature)", error.column())
}

fn value_of(json: &serde_json::Value) -> Value<'_> {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Boolean(*b),
        serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => Value::Integer(i),
            (None, Some(f)) => Value::Real(f),
            (None, None) => Value::Null,
        },
        serde_json::Value::String(s) => Value::Text(s.as_str().into()),
        nested => Value::Text(nested.to_string().into()),
    }
}

// ---- the feature object ----

#[derive(Default)]
struct Head {
    id: Option<serde_json::Value>,
}

struct FeatureSeed<'a> {
    builder: &'a mut TableBuilder,
    shape: &'a mut Shape,
}

impl<'de> DeserializeSeed<'de> for FeatureSeed<'_> {
    type Value = Head;
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Head, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FeatureSeed<'_> {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON feature or geometry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head::default();
        let mut feature = false;
        while let Some(key) = map.next_key_seed(NameSeed)? {
            match key {
                Name::Type => match map.next_value::<std::borrow::Cow<'de, str>>()?.as_ref() {
                    "Feature" => feature = true,
                    kind => {
                        self.shape.kind = Kind::named(kind).ok_or_else(|| {
                            A::Error::custom(format_args!(
                                "\"type\" is \"{kind}\" instead of \"Feature\" or a geometry"
                            ))
                        })?
                    }
                },
                Name::Geometry => map.next_value_seed(GeometrySeed { shape: self.shape })?,
                Name::Properties => {
                    feature = true;
                    map.next_value_seed(PropertiesSeed { builder: self.builder })?;
                }
                Name::Id => head.id = Some(map.next_value()?),
                Name::Coordinates if !feature => map.next_value_seed(CoordinatesSeed { shape: self.shape })?,
                Name::Geometries if !feature => map.next_value_seed(GeometriesSeed { shape: self.shape })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !feature && self.shape.kind == Kind::Unsaid {
            return Err(A::Error::custom("it has neither \"type\" nor \"properties\""));
        }
        Ok(head)
    }
}

enum Name {
    Type,
    Geometry,
    Properties,
    Id,
    Coordinates,
    Geometries,
    Other,
}

struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name;
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Name, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Name;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            "type" => Name::Type,
            "geometry" => Name::Geometry,
            "properties" => Name::Properties,
            "id" => Name::Id,
            "coordinates" => Name::Coordinates,
            "geometries" => Name::Geometries,
            _ => Name::Other,
        })
    }
}

// ---- properties ----

struct PropertiesSeed<'a> {
    builder: &'a mut TableBuilder,
}

impl<'de> DeserializeSeed<'de> for PropertiesSeed<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PropertiesSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties: an object or null")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(column) = map.next_key_seed(ColumnSeed { builder: self.builder })? {
            map.next_value_seed(ValueSeed { builder: self.builder, column })?;
        }
        Ok(())
    }
}

struct ColumnSeed<'a> {
    builder: &'a mut TableBuilder,
}

impl<'de> DeserializeSeed<'de> for ColumnSeed<'_> {
    type Value = usize;
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for ColumnSeed<'_> {
    type Value = usize;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        crate::formats::limits::column(self.builder, name).map_err(E::custom)
    }
}

struct ValueSeed<'a> {
    builder: &'a mut TableBuilder,
    column: usize,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, v: bool) -> Result<(), E> {
        self.builder.set(self.column, &Value::Boolean(v));
        Ok(())
    }
    fn visit_i64<E>(self, v: i64) -> Result<(), E> {
        self.builder.set(self.column, &Value::Integer(v));
        Ok(())
    }
    fn visit_u64<E>(self, v: u64) -> Result<(), E> {
        let value = i64::try_from(v).map_or(Value::Real(v as f64), Value::Integer);
        self.builder.set(self.column, &value);
        Ok(())
    }
    fn visit_f64<E>(self, v: f64) -> Result<(), E> {
        self.builder.set(self.column, &Value::Real(v));
        Ok(())
    }
    fn visit_str<E>(self, v: &str) -> Result<(), E> {
        self.builder.set(self.column, &Value::Text(v.into()));
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        let nested = serde_json::Value::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))?;
        self.visit_str(&nested.to_string())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let nested = serde_json::Value::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        self.visit_str(&nested.to_string())
    }
}

// ---- geometry ----

/// The `type` of a geometry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// No `type` yet, or `geometry: null`.
    #[default]
    Unsaid,
    Point,
    MultiPoint,
    Line,
    MultiLine,
    Polygon,
    MultiPolygon,
    Collection,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Point" => Self::Point,
            "MultiPoint" => Self::MultiPoint,
            "LineString" => Self::Line,
            "MultiLineString" => Self::MultiLine,
            "Polygon" => Self::Polygon,
            "MultiPolygon" => Self::MultiPolygon,
            "GeometryCollection" => Self::Collection,
            _ => return None,
        })
    }

    /// How deep positions are nested in `coordinates`.
    fn depth(self) -> u8 {
        match self {
            Self::Unsaid | Self::Collection | Self::Point => 0,
            Self::MultiPoint | Self::Line => 1,
            Self::MultiLine | Self::Polygon => 2,
            Self::MultiPolygon => 3,
        }
    }
}

/// A geometry while it is parsed: `coordinates` may come before `type`, so positions are collected
/// with the ends of each level first.
#[derive(Debug, Default)]
pub struct Shape {
    kind: Kind,
    xy: Vec<[f64; 2]>,
    z: Vec<Option<f64>>,
    runs: Vec<usize>,
    parts: Vec<usize>,
    depth: Option<u8>,
    members: Vec<Shape>,
}

impl Shape {
    fn clear(&mut self) {
        self.kind = Kind::Unsaid;
        self.xy.clear();
        self.z.clear();
        self.runs.clear();
        self.parts.clear();
        self.depth = None;
        self.members.clear();
    }

    /// The highest dimension in it; `None` for nothing.
    fn dimension(&self) -> Option<u8> {
        match self.kind {
            Kind::Collection => self.members.iter().filter_map(Self::dimension).max(),
            _ if self.xy.is_empty() => None,
            Kind::Unsaid => None,
            Kind::Point | Kind::MultiPoint => Some(0),
            Kind::Line | Kind::MultiLine => Some(1),
            Kind::Polygon | Kind::MultiPolygon => Some(2),
        }
    }

    /// Writes the parts of dimension `best` into the column and counts the others.
    fn push(&self, best: Option<u8>, out: &mut GeometryColumn, left_out: &mut u64) -> Result<GeometryKind, String> {
        let Some(best) = best else { return Ok(GeometryKind::None) };
        if self.kind == Kind::Collection {
            for member in &self.members {
                member.push(Some(best), out, left_out)?;
            }
        } else if self.dimension() == Some(best) {
            self.push_simple(out)?;
        } else if self.dimension().is_some() {
            *left_out += 1;
        }
        Ok([GeometryKind::Point, GeometryKind::Line, GeometryKind::Polygon][usize::from(best.min(2))])
    }

    fn push_simple(&self, out: &mut GeometryColumn) -> Result<(), String> {
        if self.depth != Some(self.kind.depth()) {
            let found = self.depth.unwrap_or(0);
            return Err(format!(
                "its coordinates are nested {found} deep, but a {:?} needs {}",
                self.kind,
                self.kind.depth()
            ));
        }
        let polygon = matches!(self.kind, Kind::Polygon | Kind::MultiPolygon);
        let point = [self.xy.len()];
        let runs = if self.kind == Kind::Point { &point[..] } else { &self.runs };
        let mut part_ends = self.parts.iter().copied().peekable();
        let mut from = 0;
        for (i, &to) in runs.iter().enumerate() {
            let run = (from..to).map(|k| (self.xy[k], self.z[k]));
            if self.kind == Kind::MultiPoint {
                for vertex in run {
                    push_ring(out, [vertex], false)?;
                    out.end_part();
                }
            } else {
                push_ring(out, run, polygon)?;
            }
            from = to;
            while self.kind == Kind::MultiPolygon && part_ends.next_if(|end| *end <= i + 1).is_some() {
                out.end_part();
            }
            if !polygon {
                out.end_part();
            }
        }
        out.end_part();
        Ok(())
    }
}

struct GeometrySeed<'a> {
    shape: &'a mut Shape,
}

impl<'de> DeserializeSeed<'de> for GeometrySeed<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for GeometrySeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry or null")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut members = 0;
        while let Some(key) = map.next_key_seed(NameSeed)? {
            members += 1;
            match key {
                Name::Type => {
                    let name = map.next_value::<std::borrow::Cow<'de, str>>()?;
                    self.shape.kind = Kind::named(&name)
                        .ok_or_else(|| A::Error::custom(format_args!("geometry type \"{name}\" is unknown")))?;
                }
                Name::Coordinates => map.next_value_seed(CoordinatesSeed { shape: self.shape })?,
                Name::Geometries => map.next_value_seed(GeometriesSeed { shape: self.shape })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        // `{}` is what some writers put for "no geometry".
        if members > 0 && self.shape.kind == Kind::Unsaid {
            return Err(A::Error::custom("its geometry has no \"type\""));
        }
        Ok(())
    }
}

struct GeometriesSeed<'a> {
    shape: &'a mut Shape,
}

impl<'de> DeserializeSeed<'de> for GeometriesSeed<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for GeometriesSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of geometries")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let mut member = Shape::default();
            if seq.next_element_seed(GeometrySeed { shape: &mut member })?.is_none() {
                return Ok(());
            }
            self.shape.members.push(member);
        }
    }
}

struct CoordinatesSeed<'a> {
    shape: &'a mut Shape,
}

impl<'de> DeserializeSeed<'de> for CoordinatesSeed<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match json.deserialize_any(ElementSeed { shape: self.shape })? {
            Element::List(depth) => self.shape.depth = Some(depth),
            Element::Nothing => {}
            Element::Number(_) => return Err(D::Error::custom("coordinates are a single number")),
        }
        Ok(())
    }
}

/// One level of nested coordinates.
enum Element {
    Number(f64),
    /// A list whose positions are nested so deep; 0 is a position itself.
    List(u8),
    Nothing,
}

struct ElementSeed<'a> {
    shape: &'a mut Shape,
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_> {
    type Value = Element;
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Element, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementSeed<'_> {
    type Value = Element;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }
    fn visit_f64<E>(self, v: f64) -> Result<Element, E> {
        Ok(Element::Number(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Element, E> {
        Ok(Element::Number(v as f64))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Element, E> {
        Ok(Element::Number(v as f64))
    }
    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(Element::Nothing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Element, A::Error> {
        let mut position = [f64::NAN; 3];
        let mut numbers = 0;
        let mut child: Option<u8> = None;
        while let Some(element) = seq.next_element_seed(ElementSeed { shape: self.shape })? {
            match element {
                Element::Number(v) if child.is_none() => {
                    // M and further values are left out.
                    if let Some(slot) = position.get_mut(numbers) {
                        *slot = v;
                    }
                    numbers += 1;
                }
                Element::List(depth) if numbers == 0 && child.is_none_or(|c| c == depth) => child = Some(depth),
                Element::Nothing if numbers > 0 && numbers < 2 => {
                    return Err(A::Error::custom("a coordinate is null"));
                }
                Element::Nothing => {}
                _ => return Err(A::Error::custom("coordinates are nested unevenly")),
            }
        }
        let shape = self.shape;
        match (numbers, child) {
            (1, _) => Err(A::Error::custom("a position has fewer than two numbers")),
            (2.., _) => {
                shape.xy.push([position[0], position[1]]);
                shape.z.push((numbers > 2).then_some(position[2]));
                Ok(Element::List(0))
            }
            (_, Some(0)) => {
                shape.runs.push(shape.xy.len());
                Ok(Element::List(1))
            }
            (_, Some(1)) => {
                shape.parts.push(shape.runs.len());
                Ok(Element::List(2))
            }
            (_, Some(depth)) => Ok(Element::List(depth.saturating_add(1))),
            (_, None) => Ok(Element::Nothing),
        }
    }
}
