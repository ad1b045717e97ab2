//! The things that a relation is about: rows of a layer under a condition, found by place.

use std::io;

use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::index::LayerIndex;
use crate::model::GeometryColumn;
use crate::place::{Bounds, Transform};
use crate::query::filter::{Filter, FilterError};

/// Rows of a layer.
pub(super) struct Things<'a> {
    layer: &'a CityLayer,
    /// Which rows; `None`: all.
    chosen: Option<Vec<bool>>,
    /// The R-tree of those alone, where they are few of a layer in memory.
    few: Option<LayerIndex>,
    count: u32,
}

/// For each of so many rows whether it is among those named.
pub(super) fn mask(rows: &[u32], count: u32) -> Vec<bool> {
    let mut mask = vec![false; count as usize];
    rows.iter().for_each(|row| mask[*row as usize] = true);
    mask
}

impl<'a> Things<'a> {
    /// Those under a condition.
    pub(super) fn choose(
        layer: &'a CityLayer,
        filter: Option<&Filter>,
        to_project: Option<&Transform>,
    ) -> Result<Self, FilterError> {
        let Some(filter) = filter else { return Ok(Self { layer, chosen: None, few: None, count: layer.rows() }) };
        let rows = filter.select(layer, to_project)?;
        let (count, chosen) = (rows.len() as u32, mask(&rows, layer.rows()));
        let is_few = layer.stream.is_none() && count < layer.rows() / 2;
        let tree = || LayerIndex::build_of_some(&layer.layer.table.geometry, |row| chosen[row as usize]);
        Ok(Self { few: is_few.then(tree), layer, count, chosen: Some(chosen) })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    fn holds(&self, row: u32) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen[row as usize])
    }

    /// Those near a box.
    pub(super) fn near(&self, bounds: &Bounds) -> io::Result<Near<'_>> {
        let Some(stream) = &self.layer.stream else { return Ok(Near::All(self)) };
        let file = stream.tiles.file();
        let mut leaves = file.leaves(|other| other.meets(bounds))?;
        leaves.retain(|leaf| self.holds(leaf.row));
        let none = Wanted::Named(&[]);
        let mut builder = file.builder(none);
        file.read(&leaves, none, &mut builder)?;
        let geometry = builder.geometry;
        let rows = leaves.iter().map(|leaf| leaf.row).collect();
        Ok(Near::Read(Box::new(Read { index: LayerIndex::build_over(&geometry), geometry, rows })))
    }
}

/// Things near a place.
pub(super) enum Near<'a> {
    /// All those of a layer in memory.
    All(&'a Things<'a>),
    /// Those that were read from a file.
    Read(Box<Read>),
}

/// Things that were read from a file.
pub(super) struct Read {
    geometry: GeometryColumn,
    index: LayerIndex,
    /// Their rows in the layer.
    rows: Vec<u32>,
}

impl Near<'_> {
    /// Those whose box meets a box, as rows of [`Self::geometry`], ascending.
    pub(super) fn in_box(&self, bounds: &Bounds) -> Vec<u32> {
        match self {
            Self::All(Things { few: Some(few), .. }) => few.boxes_in(bounds),
            Self::All(things) => {
                let mut found = things.layer.index.boxes_in(bounds);
                found.retain(|row| things.holds(*row));
                found
            }
            Self::Read(read) => read.index.boxes_in(bounds),
        }
    }

    /// Where they are.
    pub(super) fn geometry(&self) -> &GeometryColumn {
        match self {
            Self::All(things) => &things.layer.layer.table.geometry,
            Self::Read(read) => &read.geometry,
        }
    }

    /// The row of the layer.
    pub(super) fn row(&self, thing: u32) -> u32 {
        match self {
            Self::All(_) => thing,
            Self::Read(read) => read.rows[thing as usize],
        }
    }
}
