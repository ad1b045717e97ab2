//! What the project holds in memory: columns, layers, roles, heights.
//!
//! A [`Layer`] is a [`FeatureTable`] (columns, never a struct per feature) with a [`Role`] and a
//! [`FieldMapping`] that give it meaning. Feature ids are row numbers (`u32`).

pub mod control_line;
pub mod field_names;
pub mod geometry;
pub mod height;
pub mod ids;
pub mod imagery;
pub mod land_use;
pub mod layer;
pub mod mapping;
pub mod project;
pub mod question;
pub mod repair;
pub mod role;
pub mod style;
pub mod table;
pub mod terrain;

pub use geometry::{GeometryColumn, GeometryKind};
pub use height::{HeightSource, Heights};
pub use imagery::Imagery;
pub use layer::{About, Layer, Title, Vertical};
pub use mapping::{FieldMapping, Meaning};
pub use role::Role;
pub use style::LayerStyle;
pub use table::{FeatureTable, Field, FieldType, TableBuilder, Value, Values};
pub use terrain::Terrain;
