//! What of a layer lies near a place: the layer itself with its R-tree, or a piece read from its file.

use std::io;

use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::model::Layer;
use crate::place::Bounds;

/// A layer, or a piece of it, that can be asked by place.
pub enum Near<'a> {
    /// All of a layer in memory.
    Whole(&'a CityLayer),
    /// The features of a streamed layer that meet a box.
    Piece(Box<CityLayer>),
}

impl<'a> Near<'a> {
    /// What of a layer lies near a box.
    ///
    /// # Errors
    /// When the layer's file cannot be read any more.
    pub fn of(layer: &'a CityLayer, bounds: &Bounds) -> io::Result<Self> {
        let Some(stream) = &layer.stream else { return Ok(Self::Whole(layer)) };
        let piece = layer.of_piece(stream.tiles.piece(|b| b.meets(bounds), Wanted::All)?);
        Ok(Self::Piece(Box::new(CityLayer::in_memory(piece))))
    }

    fn city_layer(&self) -> &CityLayer {
        match self {
            Self::Whole(layer) => layer,
            Self::Piece(layer) => layer,
        }
    }

    /// The layer, whose rows may be those of a piece ([`Layer::whole_row`]).
    pub fn layer(&self) -> &Layer {
        &self.city_layer().layer
    }

    /// Rows whose box meets a box.
    pub fn rows_in(&self, bounds: &Bounds) -> Vec<u32> {
        self.city_layer().index.boxes_in(bounds)
    }
}
