//! The chosen rows of a layer in runs: masked, transformed, with the chosen fields.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use rayon::prelude::*;

use super::clip;
use super::wish::{Wish, WishedField, WishedLayer};
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::model::height::Heights;
use crate::model::{FeatureTable, Field, FieldType, GeometryKind, Meaning, TableBuilder};
use crate::place::offset::Offset;
use crate::place::{Bounds, Crs, LonLat, PlaceError, Transform};
use crate::query::{FilterError, Question, Where, ask};
use crate::themes::housing::personal::Masks;

/// Rows of a run.
const RUN: usize = 32_768;
/// Rows that one core copies at a time.
const PIECE: usize = 4_096;

/// Which rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// All of so many.
    All(u32),
    /// These, ascending.
    Some(Vec<u32>),
}

impl Rows {
    /// Those of a layer that a wish chooses.
    ///
    /// # Errors
    /// [`FilterError`] when the layer cannot answer the condition.
    pub fn of(layer: &CityLayer, wish: &Wish, wished: &WishedLayer) -> Result<Self, FilterError> {
        if wish.bounds.is_none() && wished.filter.is_none() {
            return Ok(wished.rows.clone().map_or(Self::All(layer.rows()), Self::Some));
        }
        let place = wish.bounds.map_or(Where::Anywhere, Where::In);
        let found = ask(layer, &Question { place, filter: wished.filter.as_ref(), to_project: None })?;
        let mut rows: Vec<u32> = found.into_iter().map(|found| found.feature).collect();
        if let Some(selected) = &wished.rows {
            rows.retain(|row| selected.binary_search(row).is_ok());
        }
        Ok(Self::Some(rows))
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::All(count) => *count as usize,
            Self::Some(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn some(&self, range: Range<usize>) -> Cow<'_, [u32]> {
        match self {
            Self::All(_) => Cow::Owned((range.start as u32..range.end as u32).collect()),
            Self::Some(rows) => Cow::Borrowed(&rows[range]),
        }
    }
}

/// From the project CRS into the one that is written.
#[derive(Debug)]
pub struct Way {
    transform: Transform,
    offset: Option<Offset>,
}

impl Way {
    /// From one CRS into another, obfuscated afterwards where that is wished.
    ///
    /// # Errors
    /// [`PlaceError`] where there is no way.
    pub fn new(from: &Crs, to: &Crs, offset: Option<Offset>) -> Result<Self, PlaceError> {
        Ok(Self { transform: Transform::new(from, to)?, offset })
    }

    /// Transforms points; how many could not be, which are NaN then.
    pub fn apply(&self, points: &mut [[f64; 2]]) -> usize {
        let lost = self.transform.apply(points);
        if let Some(offset) = self.offset {
            points.par_iter_mut().for_each(|point| {
                let shifted = offset.shift(LonLat { lon: point[0], lat: point[1] });
                *point = [shifted.lon, shifted.lat];
            });
        }
        lost
    }
}

/// The chosen rows of one layer.
pub struct Chosen<'a> {
    layer: &'a CityLayer,
    /// Which rows.
    pub rows: Rows,
    /// The fields, in order.
    pub fields: Vec<WishedField>,
    /// What is hidden.
    pub masks: Masks,
    /// Where features are cut.
    clip: Option<Bounds>,
}

/// Rows on their way out.
pub struct Run {
    /// Geometry in the CRS of the way, and the chosen fields under their new names.
    pub table: FeatureTable,
    /// Heights, where the layer has bodies.
    pub heights: Option<Heights>,
    /// Features that were cut and lost the heights of their vertices by that.
    pub flattened: u64,
}

impl<'a> Chosen<'a> {
    /// Those of a wish.
    ///
    /// # Errors
    /// [`FilterError`]; a field that the layer does not have is one as well.
    pub fn of(layer: &'a CityLayer, wish: &Wish, wished: &WishedLayer) -> Result<Self, FilterError> {
        let known = &layer.known().table;
        let all = || known.fields.iter().map(|field| WishedField::same(&field.name));
        Ok(Self {
            layer,
            rows: Rows::of(layer, wish, wished)?,
            fields: wished.fields.clone().unwrap_or_else(|| all().collect()),
            masks: Masks::unless(wish.unmasked, known),
            clip: wish.bounds.filter(|_| wish.clip),
        })
    }

    /// Keys of fields that are hidden and were chosen.
    pub fn masked(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.key.as_str()).filter(|key| self.masks.hides(key)).collect()
    }

    /// The number of runs.
    pub fn runs(&self) -> usize {
        self.rows.len().div_ceil(RUN)
    }

    /// A run, in the CRS of the way.
    ///
    /// # Errors
    /// A layer in a file that cannot be read any more.
    pub fn run(&self, run: usize, way: &Way) -> io::Result<Run> {
        let range = run * RUN..((run + 1) * RUN).min(self.rows.len());
        let rows = self.rows.some(range);
        let (mut table, heights) = match &self.layer.stream {
            None => {
                let heights = self.layer.layer.heights.as_ref().map(|heights| heights.of_rows(&rows));
                (self.copied(&self.layer.layer.table, &rows), heights)
            }
            Some(stream) => {
                let keys: Vec<String> = self.fields.iter().map(|field| field.key.clone()).collect();
                let piece = stream.tiles.rows(&rows, Wanted::Named(&keys))?;
                let same = piece.table.fields.iter().map(|field| &field.name).eq(self.fields.iter().map(|f| &f.name));
                let table = if same && !self.masks.alters(&piece.table) {
                    piece.table
                } else {
                    let all: Vec<u32> = (0..piece.table.len() as u32).collect();
                    self.copied(&piece.table, &all)
                };
                (table, piece.heights)
            }
        };
        let flattened = self.clip.map_or(0, |bounds| clip::table(&mut table, &bounds));
        way.apply(&mut table.geometry.xy);
        Ok(Run { table, heights, flattened })
    }

    /// A table without rows, with the types of all runs.
    pub fn empty(&self) -> FeatureTable {
        self.copied(&self.layer.known().table, &[])
    }

    /// Whether vertices have heights.
    pub fn has_z(&self) -> bool {
        self.layer.known().table.geometry.has_z()
    }

    /// The kind of geometry that most features have.
    pub fn kind(&self) -> GeometryKind {
        self.layer.known().table.geometry.main_kind()
    }

    /// What the field of a meaning is called in the file.
    pub fn name_of(&self, meaning: Meaning) -> Option<&str> {
        let mapped = self.layer.layer.mapping.get(meaning)?;
        self.fields.iter().find(|field| field.key == mapped.field).map(|field| field.name.as_str())
    }

    fn copied(&self, from: &FeatureTable, rows: &[u32]) -> FeatureTable {
        let kind = |field: &Field| if self.masks.hides(&field.name) { FieldType::Text } else { field.values.kind() };
        let fields: Vec<(&str, &Field)> =
            self.fields.iter().filter_map(|wished| Some((wished.name.as_str(), from.field(&wished.key)?))).collect();
        let begin = || {
            let mut builder = TableBuilder::default();
            let columns: Vec<usize> =
                fields.iter().map(|(name, field)| builder.typed_field(name, kind(field))).collect();
            (builder, columns)
        };
        let pieces: Vec<TableBuilder> = rows
            .par_chunks(PIECE)
            .map(|rows| {
                let (mut builder, columns) = begin();
                for row in rows {
                    for (column, (_, field)) in columns.iter().zip(&fields) {
                        builder.set(*column, &self.masks.value(&field.name, field.values.get(*row)));
                    }
                    builder.geometry.push_from(&from.geometry, *row);
                }
                builder
            })
            .collect();
        let (mut all, _) = begin();
        pieces.into_iter().for_each(|piece| all.append(piece));
        all.finish()
    }
}
