//! What a snapshot is to hold.

use std::path::Path;

use crate::place::offset::Offset;
use crate::place::{Bounds, Crs};
use crate::query::Filter;

/// What the user wants to take away.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which layers, in this order.
    pub layers: Vec<WishedLayer>,
    /// Only what shares a point with this box of the project CRS; features stay whole.
    pub bounds: Option<Bounds>,
    /// The CRS that coordinates are written in.
    pub crs: Crs,
    /// Obfuscated as maps of mainland China are; only with longitude and latitude.
    pub offset: Option<Offset>,
    /// Personal data as it is; masked otherwise.
    pub unmasked: bool,
}

/// A layer of it.
#[derive(Clone, Debug)]
pub struct WishedLayer {
    /// Its number in the city.
    pub layer: usize,
    /// Only these rows.
    pub filter: Option<Filter>,
    /// Only these fields, by their keys, in this order; `None`: all.
    pub fields: Option<Vec<String>>,
}

/// A format, by the ending of the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GeoPackage: any number of layers.
    GeoPackage,
    /// GeoJSON (RFC 7946): longitude and latitude.
    GeoJson,
    /// A GeoJSON feature on each line: longitude and latitude.
    NdJson,
    /// FlatGeobuf with an index.
    FlatGeobuf,
    /// A table with the geometry as well-known text.
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::GeoPackage, Self::GeoJson, Self::NdJson, Self::FlatGeobuf, Self::Csv];

    /// The endings of a format, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::GeoPackage => &["gpkg"],
            Self::GeoJson => &["geojson", "json"],
            Self::NdJson => &["ndjson", "geojsonl", "geojsons"],
            Self::FlatGeobuf => &["fgb"],
            Self::Csv => &["csv"],
        }
    }

    /// Of a file.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        Self::ALL.into_iter().find(|format| format.endings().contains(&ending.as_str()))
    }

    /// Whether it holds longitude and latitude of WGS 84 and nothing else.
    pub fn is_lonlat(self) -> bool {
        matches!(self, Self::GeoJson | Self::NdJson)
    }

    /// Whether several layers go into one file.
    pub fn holds_layers(self) -> bool {
        self == Self::GeoPackage
    }
}
