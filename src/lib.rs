//! Cimbase: a desktop viewer of a city's spatial base map (CIM, 城市信息模型).
//!
//! Read top-down: a room names only rooms above it in this list, and the pure
//! core never names the viewer. `tests/house.rs` holds both rules.
#![deny(missing_docs)]
// The documentation is for those who read the code, and is built with private items.
#![allow(rustdoc::private_intra_doc_links)]

// ---- words ----

// Numbers that print with their unit.
pub mod units;

// Where things are: coordinate reference systems, lon/lat, projected metres, the scene's frame.
// The only room that names `proj`.
pub mod place;

// What went wrong for one layer, feature or field without stopping the rest; progress and cancel.
pub mod report;

// ---- pure core: no bevy, no egui ----

// What the project holds in memory: columns, layers, roles, heights, project files.
pub mod model;

// One file per format. The only room that names `gdal`, `geojson`, `flatgeobuf`.
pub mod formats;

// One R-tree per layer. The only room that names `rstar`.
pub mod index;

// Layers as tiles at levels of detail, from memory or from a file read by window.
pub mod tiles;

// A project opened: formats → model → index, one read-only value shared by every answer.
pub mod city;

// Filters, searches and selections: (city, question) → ids.
pub mod query;

// The rules of the departments: planning, housing, management. (city, parcel, building or case) → an answer with its reasons.
pub mod themes;

// What users add to a city: schemes. Kept in a GeoPackage beside the project.
pub mod store;

// Reports that come in: files that grow, Open311, MQTT, warnings. One thread each.
pub mod feeds;

// Measuring, classes and the sun: questions about numbers and 3D.
pub mod analysis;

// Triangulation, extrusion, draping, terrain: plain arrays in the scene's frame.
pub mod mesh;

// The synthetic demo city.
pub mod demo;

// What the user has leaves as data: layers, rows and fields in any format.
pub mod snapshot;

// One file per command; every panel's answer has a command.
pub mod cli;

// ---- viewer ----

// Tiles as entities, camera, sun, material, picking ray. The only place that makes Bevy meshes.
#[cfg(feature = "viewer")]
pub mod scene;

// The egui frame: docking, theme, fonts, words of the interface, widgets. Knows no feature.
#[cfg(feature = "viewer")]
pub mod panels;

// One folder per thing a user does.
#[cfg(feature = "viewer")]
pub mod features;

// The window, asset sources, and the order of sets.
#[cfg(feature = "viewer")]
pub mod app;

#[cfg(test)]
mod testing;
