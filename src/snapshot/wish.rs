//! What a snapshot is to hold.

use std::path::Path;

use crate::model::LayerStyle;
use crate::place::offset::Offset;
use crate::place::{Bounds, Crs};
use crate::query::Filter;

/// What the user wants to take away.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which layers, in this order.
    pub layers: Vec<WishedLayer>,
    /// Only what shares a point with this box of the project CRS.
    pub bounds: Option<Bounds>,
    /// Whether features are cut at the box; they stay whole otherwise.
    pub clip: bool,
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
    /// Only features under this condition.
    pub filter: Option<Filter>,
    /// Only these rows, ascending: those that were selected.
    pub rows: Option<Vec<u32>>,
    /// Only these fields, in this order; `None`: all.
    pub fields: Option<Vec<WishedField>>,
    /// How it is drawn, for formats that hold that; its own style when absent.
    pub style: Option<LayerStyle>,
}

impl WishedLayer {
    /// A layer with all that it has.
    pub fn whole(layer: usize) -> Self {
        Self { layer, filter: None, rows: None, fields: None, style: None }
    }
}

/// A field of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WishedField {
    /// Its key.
    pub key: String,
    /// What it is called in the file.
    pub name: String,
}

impl WishedField {
    /// A field under its own name.
    pub fn same(key: &str) -> Self {
        Self { key: key.to_owned(), name: key.to_owned() }
    }
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
    /// GeoParquet 1.1.
    GeoParquet,
    /// Shapefiles in a zip.
    #[cfg(feature = "gdal")]
    Shapefile,
    /// A table with the geometry as well-known text.
    Csv,
    /// A workbook with a sheet for each layer, the geometry as well-known text.
    Xlsx,
    /// KML: longitude and latitude.
    Kml,
    /// KML in a zip.
    Kmz,
    /// A drawing for CAD.
    Dxf,
}

impl Format {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::GeoPackage,
        Self::GeoJson,
        Self::NdJson,
        Self::FlatGeobuf,
        Self::GeoParquet,
        #[cfg(feature = "gdal")]
        Self::Shapefile,
        Self::Csv,
        Self::Xlsx,
        Self::Kml,
        Self::Kmz,
        Self::Dxf,
    ];

    /// The endings of a format, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::GeoPackage => &["gpkg"],
            Self::GeoJson => &["geojson", "json"],
            Self::NdJson => &["ndjson", "geojsonl", "geojsons"],
            Self::FlatGeobuf => &["fgb"],
            Self::GeoParquet => &["parquet", "geoparquet"],
            #[cfg(feature = "gdal")]
            Self::Shapefile => &["shp.zip", "zip"],
            Self::Csv => &["csv"],
            Self::Xlsx => &["xlsx"],
            Self::Kml => &["kml"],
            Self::Kmz => &["kmz"],
            Self::Dxf => &["dxf"],
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::GeoPackage => "GeoPackage",
            Self::GeoJson => "GeoJSON",
            Self::NdJson => "NDJSON",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoParquet => "GeoParquet",
            #[cfg(feature = "gdal")]
            Self::Shapefile => "Shapefile",
            Self::Csv => "CSV",
            Self::Xlsx => "Excel",
            Self::Kml => "KML",
            Self::Kmz => "KMZ",
            Self::Dxf => "DXF",
        }
    }

    /// Of a file.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        // Of two endings the last one says it.
        let ends = |known: &&str| known.rsplit('.').next() == Some(ending.as_str());
        Self::ALL.iter().copied().find(|format| format.endings().iter().any(ends))
    }

    /// Whether it holds longitude and latitude of WGS 84 and nothing else.
    pub fn is_lonlat(self) -> bool {
        matches!(self, Self::GeoJson | Self::NdJson | Self::Kml | Self::Kmz)
    }

    /// Whether several layers go into one file.
    pub fn holds_layers(self) -> bool {
        !matches!(self, Self::GeoJson | Self::NdJson | Self::FlatGeobuf | Self::GeoParquet | Self::Csv)
    }
}
