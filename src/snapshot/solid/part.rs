//! The chosen rows of a layer in pieces: with their heights, what hides what, what each row is called, and colours.

use std::io;

use serde_json::{Map, Value as Json};

use crate::analysis::colour::{Painter, palette, role_colour};
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::model::ids::{id_in, repeated};
use crate::model::{FeatureTable, Layer, Meaning, TableBuilder, Value};
use crate::place::Bounds;
use crate::query::FilterError;
use crate::query::identity::title_of;
use crate::themes::housing::personal::Masks;

use super::super::runs::{Chosen, Rows};
use super::super::wish::{Wish, WishedLayer};

/// Rows of a piece.
pub(super) const PIECE: usize = 4_096;

/// The chosen rows of one layer.
pub(super) struct Part<'a> {
    pub layer: &'a CityLayer,
    pub rows: Rows,
    /// Fields that leave.
    pub fields: Vec<String>,
    pub masks: Masks,
    /// Metres above the ground, of a flat layer.
    pub lift: f64,
    /// Fields that are read: those that leave, and those that names and colours need.
    read: Vec<String>,
    painter: Option<Painter>,
    /// The id field, where every row has its own.
    id: Option<String>,
}

/// Some rows of it: everything in the city's coordinates.
pub(super) struct Piece {
    pub layer: Layer,
    /// `0xAABBGGRR` of each row.
    pub colours: Vec<u32>,
}

impl<'a> Part<'a> {
    /// Those of a wish.
    pub fn of(layer: &'a CityLayer, wish: &Wish, wished: &WishedLayer) -> Result<Self, FilterError> {
        let Chosen { rows, fields, masks, .. } = Chosen::of(layer, wish, wished)?;
        let fields: Vec<String> = fields.into_iter().map(|field| field.key).collect();
        let known = layer.known();
        let (painter, _) = Painter::learn(known, &layer.layer.style);
        // A colour of each value would tell the values.
        let painter = masks.among(&painter.fields()).is_empty().then_some(painter);
        let mapped = |meaning| layer.layer.mapping.get(meaning).map(|mapped| mapped.field.clone());
        let named = [Meaning::Id, Meaning::Name, Meaning::NameEn, Meaning::Code, Meaning::Use];
        let also = named.into_iter().filter_map(mapped).chain(painter.iter().flat_map(Painter::fields));
        let mut read = fields.clone();
        for field in also {
            if !read.contains(&field) {
                read.push(field);
            }
        }
        // Of a layer in a file only a sample is known: its rows have numbers.
        let unique = |field: &String| {
            layer.stream.is_none() && !masks.hides(field) && repeated(&layer.layer.table, field).is_none()
        };
        let id = mapped(Meaning::Id).filter(unique);
        Ok(Self { layer, rows, fields, masks, lift: 0.0, read, painter, id })
    }

    /// The title for people.
    pub fn title(&self) -> &str {
        let title = self.layer.layer.title.zh();
        if title.is_empty() { &self.layer.layer.id } else { title }
    }

    /// The box around the chosen rows.
    pub fn extent(&self) -> io::Result<Bounds> {
        let mut extent = Bounds::EMPTY;
        match (&self.rows, &self.layer.stream) {
            (Rows::All(_), _) => extent = self.layer.extent(),
            (Rows::Some(rows), None) => {
                let geometry = &self.layer.layer.table.geometry;
                rows.iter().for_each(|row| extent.join(geometry.bounds(*row)));
            }
            // The index alone is read, and not the features.
            (Rows::Some(rows), Some(stream)) => {
                for some in rows.chunks(65_536) {
                    stream.tiles.file().rows(some)?.iter().for_each(|leaf| extent.join(leaf.bounds));
                }
            }
        }
        Ok(extent)
    }

    /// Number of pieces.
    pub fn pieces(&self) -> usize {
        self.rows.len().div_ceil(PIECE)
    }

    /// A piece by its number.
    pub fn piece(&self, number: usize) -> io::Result<Piece> {
        let range = number * PIECE..((number + 1) * PIECE).min(self.rows.len());
        match &self.rows {
            Rows::All(_) => self.piece_of(&(range.start as u32..range.end as u32).collect::<Vec<u32>>()),
            Rows::Some(rows) => self.piece_of(&rows[range]),
        }
    }

    /// Some rows, which ascend.
    pub fn piece_of(&self, rows: &[u32]) -> io::Result<Piece> {
        let layer = match &self.layer.stream {
            Some(stream) => self.layer.of_piece(stream.tiles.rows(rows, Wanted::Named(&self.read))?),
            None => {
                let layer = &self.layer.layer;
                Layer {
                    table: self.copied(&layer.table, rows),
                    heights: layer.heights.as_ref().map(|heights| heights.of_rows(rows)),
                    rows: rows.to_vec(),
                    ..self.bare()
                }
            }
        };
        let colours = match &self.painter {
            Some(painter) => painter.paint(&layer),
            None => vec![palette::packed(role_colour(layer.role), layer.style.opacity); layer.table.len()],
        };
        Ok(Piece { layer, colours })
    }

    /// The layer without its rows.
    fn bare(&self) -> Layer {
        let layer = &self.layer.layer;
        Layer {
            id: layer.id.clone(),
            title: layer.title.clone(),
            source: String::new(),
            format: String::new(),
            role: layer.role,
            role_basis: String::new(),
            mapping: layer.mapping.clone(),
            table: FeatureTable::default(),
            rows: Vec::new(),
            crs: layer.crs.clone(),
            encoding: String::new(),
            heights: None,
            vertical: layer.vertical,
            z_offset: layer.z_offset,
            style: layer.style.clone(),
            visible: layer.visible,
            about: layer.about.clone(),
            report: crate::report::Report::default(),
        }
    }

    fn copied(&self, from: &FeatureTable, rows: &[u32]) -> FeatureTable {
        let mut builder = TableBuilder::default();
        let fields = self.read.iter().filter_map(|name| from.field(name));
        let fields: Vec<_> = fields.map(|f| (builder.typed_field(&f.name, f.values.kind()), f)).collect();
        for row in rows {
            for (column, field) in &fields {
                builder.set(*column, &field.values.get(*row));
            }
            builder.geometry.push_from(&from.geometry, *row);
        }
        builder.finish()
    }

    /// What a row of a piece is called in the file: its layer and its id, or its row where ids do not name one.
    pub fn key(&self, piece: &Piece, row: u32) -> String {
        let layer = &self.layer.layer.id;
        let value = self.id.as_ref().map(|field| piece.layer.table.value(row, field));
        match value.as_ref().and_then(id_in) {
            Some(id) => format!("{layer}.{id}"),
            None => format!("{layer}.#{}", piece.layer.whole_row(row)),
        }
    }

    /// What people call it, unless that is hidden.
    pub fn name(&self, piece: &Piece, row: u32) -> String {
        let named = [Meaning::Name, Meaning::NameEn, Meaning::Code, Meaning::Use, Meaning::Id];
        let hidden = named
            .into_iter()
            .filter_map(|meaning| piece.layer.mapping.get(meaning))
            .any(|mapped| self.masks.hides(&mapped.field));
        let title = if hidden { String::new() } else { title_of(&piece.layer, row, true) };
        // A mere row number says too little among other layers.
        let said = !title.is_empty() && title != piece.layer.whole_row(row).to_string();
        // Of no field that is masked as a whole; numbers of persons in it are all the same.
        if said { self.masks.shown("", title) } else { self.key(piece, row) }
    }

    /// A value as it may leave.
    pub fn value<'p>(&self, piece: &'p Piece, row: u32, field: &str) -> Value<'p> {
        self.masks.value(field, piece.layer.table.value(row, field))
    }

    /// All attributes of a row that leave, under their own names, and ours: what the row is, how high it is, and where
    /// that height comes from. Fields without a value are left out.
    pub fn attributes(&self, piece: &Piece, row: u32, stand: Option<Stand>) -> Map<String, Json> {
        let mut all = Map::new();
        for field in &self.fields {
            let value = json_of(&self.value(piece, row, field));
            if !value.is_null() {
                all.insert(field.clone(), value);
            }
        }
        all.insert(OWN[0].into(), self.layer.layer.id.clone().into());
        all.insert(OWN[1].into(), piece.layer.whole_row(row).into());
        all.insert(OWN[2].into(), self.name(piece, row).into());
        if let Some(heights) = &piece.layer.heights {
            let i = row as usize;
            let numbers = [(OWN[3], heights.top[i]), (OWN[4], heights.base[i])];
            for (name, value) in numbers {
                all.insert(name.into(), rounded(f64::from(value)));
            }
            if let Some(stand) = stand {
                all.insert(OWN[5].into(), rounded(stand.ground));
            }
            all.insert(OWN[6].into(), heights.source[i].word().into());
            if heights.covered[i] {
                all.insert("cimbase_covered_by_parts".into(), true.into());
            }
        }
        all
    }
}

/// Our own attributes: layer, row, name, height of the top above the ground and of the base, elevation of the ground
/// (metres), and where the height comes from.
pub(super) const OWN: [&str; 7] = [
    "cimbase_layer",
    "cimbase_row",
    "cimbase_name",
    "cimbase_height",
    "cimbase_base",
    "cimbase_ground",
    "cimbase_height_source",
];

/// Where a body stands: elevations, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stand {
    pub ground: f64,
    pub bottom: f64,
    pub top: f64,
}

/// A number to the millimetre; null where it is none.
pub(super) fn rounded(value: f64) -> Json {
    serde_json::Number::from_f64((value * 1000.0).round() / 1000.0).map_or(Json::Null, Json::Number)
}

/// A value as JSON has it; moments as text.
pub(super) fn json_of(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(v) => (*v).into(),
        Value::Integer(v) => (*v).into(),
        Value::Real(v) => serde_json::Number::from_f64(*v).map_or(Json::Null, Json::Number),
        Value::Text(v) => v.as_ref().into(),
        Value::Time(_) => value.to_string().replace(' ', "T").into(),
    }
}
