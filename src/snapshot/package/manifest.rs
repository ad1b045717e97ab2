//! What a package says of itself.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::{About, Title};

/// The word in `format`.
pub(super) const FORMAT: &str = "cimpack";
/// Packages of a higher version are not opened.
pub(super) const VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `cimpack`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The program and its version.
    pub made_by: String,
    /// When, UTC, ISO 8601.
    pub made_at: String,
    /// The project's title.
    pub title: Title,
    /// The project CRS as PROJ reads it: a code, or a definition where a code would leave something out.
    pub crs: String,
    /// Its name.
    pub crs_name: String,
    /// Each layer.
    pub layers: Vec<Packed>,
    /// Every other file of the package.
    pub files: Vec<Filed>,
    /// Whether personal data stands in it as it is.
    pub unmasked: bool,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// A layer of a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    /// Its id in the package.
    pub layer: String,
    /// For people.
    pub title: Title,
    /// What it is for.
    pub role: String,
    /// The file in the package.
    pub file: String,
    /// Rows in it; absent for rasters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<u64>,
    /// Rows that the source had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// The condition that chose them, OGC CQL2 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The box that chose them, in the project CRS: west, south, east, north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
    /// Fields that are masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    /// Fields that have another name than in the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<(String, String)>,
    /// How many heights are surveyed, from storeys, a median, a default; buildings alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heights: Option<[u64; 4]>,
    /// Where it comes from.
    pub source: Source,
    /// What was found while reading it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The source of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The file's name, without the folders it lay in.
    pub name: String,
    /// SHA-256 of the file, hexadecimal; absent where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its CRS, and how that was found.
    #[serde(default)]
    pub crs: String,
    /// Owner, date, licence, origin.
    #[serde(default)]
    pub about: About,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Its path in the zip.
    pub path: String,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl Source {
    /// Of a file, with its hash and size where it could be read.
    pub(super) fn of(path: &Path, hashed: Option<(String, u64)>, crs: String, about: &About) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let (sha256, bytes) = hashed.unzip();
        Self { name, sha256, bytes, crs, about: about.clone() }
    }
}
