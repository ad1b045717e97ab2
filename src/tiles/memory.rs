//! Tiles of a layer that is in memory.

use std::io;

use super::{TileContent, TileKey, TileSource, reduce};
use crate::index::LayerIndex;
use crate::model::{GeometryColumn, Heights};

/// A layer in memory as tiles.
#[derive(Clone, Copy, Debug)]
pub struct MemoryTiles<'a> {
    /// Its geometry, project CRS.
    pub geometry: &'a GeometryColumn,
    /// Its heights, for bodies.
    pub heights: Option<&'a Heights>,
    /// Its R-tree.
    pub index: &'a LayerIndex,
}

impl TileSource for MemoryTiles<'_> {
    fn roots(&self) -> Vec<TileKey> {
        TileKey::roots(&self.geometry.extent())
    }

    fn content(&self, key: TileKey, _fields: &[String]) -> io::Result<TileContent> {
        let mut rows = self.index.boxes_in(&key.bounds());
        let mut children = [false; 4];
        rows.retain(|row| {
            let centre = self.geometry.bounds(*row).centre();
            let inside = key.holds(centre);
            children[key.quarter(centre)] |= inside;
            inside
        });
        let mut geometry = GeometryColumn::default();
        rows.iter().for_each(|row| geometry.push_from(self.geometry, *row));
        let heights = self.heights.map(|heights| heights.of_rows(&rows));
        let (items, complete) = reduce::reduce(key, &geometry, heights.as_ref());
        Ok(TileContent {
            key,
            rows: items.from.iter().map(|item| rows[*item as usize]).collect(),
            geometry: items.geometry,
            heights: items.heights,
            attributes: None,
            children,
            complete,
        })
    }
}
