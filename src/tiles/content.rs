//! What a tile shows.

use std::io;

use super::TileKey;
use crate::model::{FeatureTable, GeometryColumn, Heights};

/// The items of a tile at its level of detail, in the project CRS.
#[derive(Clone, Debug)]
pub struct TileContent {
    /// The tile.
    pub key: TileKey,
    /// One geometry for each item.
    pub geometry: GeometryColumn,
    /// Their heights, for bodies.
    pub heights: Option<Heights>,
    /// The row of the layer that each item is or stands for.
    pub rows: Vec<u32>,
    /// The attributes of the items, where the layer's are not in memory.
    pub attributes: Option<FeatureTable>,
    /// Which of the four tiles below hold something; in the order of [`TileKey::children`].
    pub children: [bool; 4],
    /// Whether the tiles below show no more than this one.
    pub complete: bool,
}

impl TileContent {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the tile shows nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A layer that can be drawn tile by tile.
pub trait TileSource: Send + Sync {
    /// The uppermost tiles.
    fn roots(&self) -> Vec<TileKey>;

    /// Makes the content of a tile: on a worker, it may take tens of milliseconds. `fields` are the
    /// attributes that the colours need, for layers whose attributes are not in memory.
    ///
    /// # Errors
    /// When the layer cannot be read any more.
    fn content(&self, key: TileKey, fields: &[String]) -> io::Result<TileContent>;
}
