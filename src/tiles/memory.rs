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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{DemoLayer, DemoOptions, build};

    /// All tiles of a level below the roots.
    fn tiles(source: &MemoryTiles<'_>, level: u8) -> Vec<TileContent> {
        let mut keys = source.roots();
        while keys.first().is_some_and(|key| key.level > level) {
            keys = keys
                .into_iter()
                .flat_map(|key| {
                    let content = source.content(key, &[]).unwrap();
                    let children = key.children().unwrap();
                    (0..4).filter(move |i| content.children[*i]).map(move |i| children[i])
                })
                .collect();
        }
        keys.into_iter().map(|key| source.content(key, &[]).unwrap()).collect()
    }

    #[test]
    fn every_feature_is_in_one_tile_of_the_finest_level_and_areas_add_up_on_each() {
        let city = build(&DemoOptions { buildings: 3000, seed: 2 });
        let table = city.table(DemoLayer::Buildings).unwrap();
        let rows = table.len();
        let heights = Heights {
            top: vec![10.0; rows],
            base: vec![0.0; rows],
            source: vec![crate::model::HeightSource::Surveyed; rows],
            covered: vec![false; rows],
        };
        let index = LayerIndex::build(table);
        let source = MemoryTiles { geometry: &table.geometry, heights: Some(&heights), index: &index };
        let finest = tiles(&source, 0);
        let mut seen: Vec<u32> = finest.iter().flat_map(|tile| tile.rows.clone()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..rows as u32).collect::<Vec<_>>());
        let area = |tiles: &[TileContent]| -> f64 {
            tiles.iter().map(|t| (0..t.len() as u32).map(|i| t.geometry.area(i)).sum::<f64>()).sum()
        };
        let whole = area(&finest);
        for level in 1..=source.roots()[0].level {
            // Outlines within 0.7 m and overlapping parts change areas by a few per cent.
            let share = area(&tiles(&source, level)) / whole;
            assert!((0.93..1.03).contains(&share), "level {level}: {share}");
        }
    }
}
