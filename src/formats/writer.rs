//! Writing layers: what every format's writer has in common.
//!
//! A writer is begun for a file, takes layers as runs of rows, and gives the file its name at the end. Dropped before
//! that it leaves nothing. Coordinates come in the CRS that the head names; the caller makes them.

use super::WriteError;
use super::qml::Drawn;
use crate::model::height::Heights;
use crate::model::{FeatureTable, GeometryKind};
use crate::place::Crs;
use crate::report::Progress;

/// What is said of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its table's name: letters, digits, `_` and `-`.
    pub name: &'a str,
    /// For people.
    pub title: &'a str,
    /// What its coordinates are in.
    pub crs: &'a Crs,
    /// The kind of geometry that most features have.
    pub kind: GeometryKind,
    /// Whether vertices have heights.
    pub z: bool,
    /// The field whose text names a feature, where formats name features.
    pub label: Option<&'a str>,
    /// The colour of the layer on the screen, where formats hold one.
    pub colour: [u8; 3],
}

/// Names of fields that had to be changed: old and new.
pub type Renamed = Vec<(String, String)>;

/// Where the body of a row begins and ends above the ground, metres. `None` for a row without: where its parts stand for
/// it, they have the bodies.
pub(super) fn body_of(heights: Option<&Heights>, row: u32) -> Option<[f32; 2]> {
    let (heights, row) = (heights?, row as usize);
    let covered = heights.covered.get(row).copied().unwrap_or(false);
    if covered { None } else { Some([*heights.base.get(row)?, *heights.top.get(row)?]) }
}

/// A file of layers that is being written.
pub trait LayerWriter {
    /// Begins a layer with the fields of a table, whose rows do not go in yet.
    ///
    /// # Errors
    /// [`WriteError`].
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError>;

    /// Says how the layer that was begun last is drawn, for formats that hold that.
    ///
    /// # Errors
    /// [`WriteError`].
    fn style(&mut self, _: &Drawn<'_>) -> Result<(), WriteError> {
        Ok(())
    }

    /// Adds rows to the layer that was begun last, fields as they were then. Buildings bring their heights, for formats
    /// that draw bodies.
    ///
    /// # Errors
    /// [`WriteError`], as when the disk is full.
    fn push(&mut self, rows: &FeatureTable, heights: Option<&Heights>) -> Result<(), WriteError>;

    /// Gives the file its name. What the format could not hold is returned, a sentence each.
    ///
    /// # Errors
    /// [`WriteError`]; nothing is left then.
    fn finish(self: Box<Self>, progress: &Progress) -> Result<Vec<String>, WriteError>;
}
