//! The chosen rows of a layer in runs: masked, transformed, with the chosen fields.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use rayon::prelude::*;

use super::wish::{Wish, WishedLayer};
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::model::{FeatureTable, Field, FieldType, TableBuilder, Value};
use crate::place::offset::Offset;
use crate::place::{Crs, LonLat, PlaceError, Transform};
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
            return Ok(Self::All(layer.rows()));
        }
        let place = wish.bounds.map_or(Where::Anywhere, Where::In);
        let found = ask(layer, &Question { place, filter: wished.filter.as_ref(), to_project: None })?;
        Ok(Self::Some(found.into_iter().map(|found| found.feature).collect()))
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
    /// Names of the fields, in order.
    pub fields: Vec<String>,
    /// What is hidden.
    pub masks: Masks,
}

impl<'a> Chosen<'a> {
    /// Those of a wish.
    ///
    /// # Errors
    /// [`FilterError`]; a field that the layer does not have is one as well.
    pub fn of(layer: &'a CityLayer, wish: &Wish, wished: &WishedLayer) -> Result<Self, FilterError> {
        let known = &layer.known().table;
        let all = || known.fields.iter().map(|field| field.name.clone());
        Ok(Self {
            layer,
            rows: Rows::of(layer, wish, wished)?,
            fields: wished.fields.clone().unwrap_or_else(|| all().collect()),
            masks: Masks::unless(wish.unmasked, known),
        })
    }

    /// Names of fields that are hidden and were chosen.
    pub fn masked(&self) -> Vec<&str> {
        self.fields.iter().map(String::as_str).filter(|field| self.masks.hides(field)).collect()
    }

    /// The number of runs.
    pub fn runs(&self) -> usize {
        self.rows.len().div_ceil(RUN)
    }

    /// A run, in the CRS of the way.
    ///
    /// # Errors
    /// A layer in a file that cannot be read any more.
    pub fn run(&self, run: usize, way: &Way) -> io::Result<FeatureTable> {
        let range = run * RUN..((run + 1) * RUN).min(self.rows.len());
        let rows = self.rows.some(range);
        let mut table = match &self.layer.stream {
            None => self.copied(&self.layer.layer.table, &rows),
            Some(stream) => {
                let piece = stream.tiles.rows(&rows, Wanted::Named(&self.fields))?;
                let same = piece.table.fields.iter().map(|field| &field.name).eq(&self.fields);
                if same && self.masked().is_empty() {
                    piece.table
                } else {
                    let all: Vec<u32> = (0..piece.table.len() as u32).collect();
                    self.copied(&piece.table, &all)
                }
            }
        };
        way.apply(&mut table.geometry.xy);
        Ok(table)
    }

    /// A table without rows, with the types of all runs.
    pub fn empty(&self) -> FeatureTable {
        self.copied(&self.layer.known().table, &[])
    }

    /// Whether vertices have heights.
    pub fn has_z(&self) -> bool {
        self.layer.known().table.geometry.has_z()
    }

    fn copied(&self, from: &FeatureTable, rows: &[u32]) -> FeatureTable {
        let kind = |field: &Field| if self.masks.hides(&field.name) { FieldType::Text } else { field.values.kind() };
        let fields: Vec<&Field> = self.fields.iter().filter_map(|name| from.field(name)).collect();
        let begin = || {
            let mut builder = TableBuilder::default();
            let columns: Vec<usize> =
                fields.iter().map(|field| builder.typed_field(&field.name, kind(field))).collect();
            (builder, columns)
        };
        let pieces: Vec<TableBuilder> = rows
            .par_chunks(PIECE)
            .map(|rows| {
                let (mut builder, columns) = begin();
                for row in rows {
                    for (column, field) in columns.iter().zip(&fields) {
                        let value = field.values.get(*row);
                        if self.masks.hides(&field.name) && !value.is_null() {
                            let shown = self.masks.shown(&field.name, value.to_string());
                            builder.set(*column, &Value::Text(shown.into()));
                        } else {
                            builder.set(*column, &value);
                        }
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
