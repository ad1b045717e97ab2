//! The package (`.cimpack`): a zip that restores what the user had, and proves that nothing in it was changed.
//!
//! | in it | what |
//! |---|---|
//! | `manifest.json` | what, when, by which version, every source with its SHA-256, every file with its SHA-256 |
//! | `project.toml` | layers with roles, fields and styles, and the view |
//! | `data/layers.gpkg` | the chosen rows of all vector layers, in the project CRS |
//! | `data/…` | terrain and imagery as their sources are |
//! | `picture.png` | the view as it was |
//!
//! Encrypted, it is a file in the format of the program `age` (<https://age-encryption.org/v1>), `.cimpack.age`.

mod bytes;
mod manifest;
mod open;
mod pack;
mod seal;
mod zipped;

pub use manifest::{Filed, Manifest, Packed, Source};
pub use open::{PackageError, Verdict, is_package, open_package, unpack, verify};
pub use pack::{Draw, Extras, LaidOut, lay_out, pack};
pub use seal::{Recipients, UnsealError, open_sealed};

/// The name of the manifest in the zip.
const MANIFEST: &str = "manifest.json";
/// The name of the project in the zip.
const PROJECT: &str = "project.toml";
/// Vector layers.
const LAYERS: &str = "data/layers.gpkg";
/// The picture.
const PICTURE: &str = "picture.png";

#[cfg(all(test, feature = "gdal"))]
mod tests;
