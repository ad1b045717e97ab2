//! What the status line shows, remembers and asks for.

use crate::place::{LonLat, MapPoint};

/// The state of things, in one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusModel {
    /// Where the cursor is on the ground; `None` over the sky or a panel.
    pub cursor: Option<Cursor>,
    /// The map scale's denominator at the middle of the view.
    pub scale: Option<f64>,
    /// Features drawn.
    pub features: u64,
    /// Time the last frame took, milliseconds.
    pub frame_ms: f32,
    /// The project CRS: code and name.
    pub crs_code: String,
    /// Its name.
    pub crs_name: String,
    /// The cheap drawing path's name where it is in use ("software Vulkan"); empty otherwise.
    pub light_path: String,
    /// A long work: what it does and how far it is.
    pub busy: Option<(String, Option<f32>)>,
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cursor {
    /// In the project CRS.
    pub map: MapPoint,
    /// In degrees.
    pub lon_lat: LonLat,
    /// Elevation of the ground there, metres; `None` where unknown.
    pub ground: Option<f64>,
}

/// What the line remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusState {
    /// Whether longitude and latitude are written in degrees, minutes and seconds.
    pub sexagesimal: bool,
}

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEdit {
    /// Stop the long work.
    Cancel,
    /// Show what is known about the project CRS.
    ShowCrs,
}
