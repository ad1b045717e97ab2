//! A layer that stays in its FlatGeobuf: read by window, its coarse levels from files beside it.
//!
//! 1. `buildings.fgb` holds the features in the project CRS with a packed R-tree;
//! 2. `buildings.levels/` holds `facts.json` ([`Facts`]) and `4.fgb`, `5.fgb`, …: the masses of
//!    each level as features with the attributes of the row they stand for, and four columns more;
//! 3. tiles of levels 0 to 3 are made of the features themselves, those above of these files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use super::facts::Facts;
use super::{TileContent, TileKey, TileSource, reduce};
use crate::formats::OpenError;
use crate::formats::flatgeobuf::{FgbFile, Leaf, Wanted, bytes};
use crate::model::height;
use crate::model::{
    FeatureTable, Field, FieldMapping, GeometryKind, HeightSource, Heights, TableBuilder, Value, Values,
};
use crate::place::Bounds;

/// The lowest level that is kept in a file of its own.
pub const FIRST_KEPT: u8 = 4;

/// Columns of the kept levels: the row that a mass stands for, its base and top above ground, and
/// where the height of that row comes from.
pub(super) const LEVEL_FIELDS: [&str; 4] = ["cimbase_row", "cimbase_base", "cimbase_top", "cimbase_height"];

/// A layer read by window.
#[derive(Debug)]
pub struct Stream {
    file: FgbFile,
    levels: Vec<FgbFile>,
    facts: Facts,
    mapping: FieldMapping,
    bodies: bool,
    height_fields: Vec<String>,
    columns: Mutex<Columns>,
}

/// Rows of a run of a column, and of a step over the whole layer.
pub const RUN: u32 = 65_536;

/// Bytes of columns kept at most.
const MOST_COLUMNS: usize = 384 << 20;

/// Columns that were read whole, by name: the one asked for last stands last.
#[derive(Debug, Default)]
struct Columns {
    kept: Vec<(String, Column)>,
}

/// A whole column in runs of [`RUN`] rows.
#[derive(Clone, Debug)]
pub struct Column(Arc<Vec<Values>>);

impl Column {
    /// A column of one run.
    pub fn of(values: Values) -> Self {
        Self(Arc::new(vec![values]))
    }

    /// The value of a row.
    pub fn get(&self, row: u32) -> Value<'_> {
        match self.0.as_slice() {
            [one] => one.get(row),
            runs => runs.get((row / RUN) as usize).map_or(Value::Null, |run| run.get(row % RUN)),
        }
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(Values::bytes).sum()
    }
}

/// Some rows of a streamed layer.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// Their geometry and the attributes that were asked for.
    pub table: FeatureTable,
    /// Their heights, for bodies.
    pub heights: Option<Heights>,
    /// Which rows of the layer they are.
    pub rows: Vec<u32>,
}

/// How a layer is read, in words; coarse levels made for another reading do not fit.
pub fn reading(bodies: bool, mapping: &FieldMapping) -> String {
    let mut text = if bodies { "bodies" } else { "flat" }.to_owned();
    for (meaning, mapped) in mapping.iter().filter(|_| bodies) {
        text.push_str(&format!(" {}={}*{}", meaning.word(), mapped.field, mapped.factor));
    }
    text
}

impl Stream {
    /// Opens a file with its coarse levels; `None` where they are missing or were made for another
    /// file or reading: [`super::prepare::prepare`] makes them.
    ///
    /// # Errors
    /// When the file itself cannot be opened.
    pub fn open(path: &Path, bodies: bool, mapping: &FieldMapping) -> Result<Option<Self>, OpenError> {
        let file = FgbFile::open(path)?;
        Ok(Self::with_levels(file, &levels_of(path), bodies, mapping))
    }

    /// As [`Self::open`], for an open file whose levels lie in a folder.
    pub fn with_levels(file: FgbFile, folder: &Path, bodies: bool, mapping: &FieldMapping) -> Option<Self> {
        let text = bytes::read_small(&bytes::within(folder, "facts.json")).ok()?;
        let facts: Facts = serde_json::from_slice(&text).ok()?;
        if !facts.fit(&file, &reading(bodies, mapping)) {
            return None;
        }
        let levels: Result<Vec<FgbFile>, OpenError> =
            facts.levels.iter().map(|level| FgbFile::open(&bytes::within(folder, &format!("{level}.fgb")))).collect();
        let levels = levels.ok()?;
        let mut height_fields = Vec::new();
        if bodies {
            height_fields = height::fields_for(mapping);
        }
        Some(Self { file, levels, facts, mapping: mapping.clone(), bodies, height_fields, columns: Mutex::default() })
    }

    /// The file.
    pub fn file(&self) -> &FgbFile {
        &self.file
    }

    /// What is known of it as a whole.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Number of rows.
    pub fn len(&self) -> u32 {
        self.file.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.file.is_empty()
    }

    /// The box around all features.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn extent(&self) -> io::Result<Bounds> {
        self.file.extent()
    }

    /// Bytes held in memory.
    pub fn bytes(&self) -> usize {
        let facts = 4 * self.facts.covered.len() + 8 * self.facts.lowered.len();
        let columns = self.columns.lock().map_or(0, |columns| columns.kept.iter().map(|(_, c)| c.bytes()).sum());
        columns + self.file.index_bytes() + self.levels.iter().map(FgbFile::index_bytes).sum::<usize>() + facts
    }

    /// The features whose box passes, with the wanted attributes and their heights.
    ///
    /// # Errors
    /// When the file cannot be read or was changed.
    pub fn piece(&self, pass: impl Fn(&Bounds) -> bool, wanted: Wanted<'_>) -> io::Result<Piece> {
        self.piece_of(&self.file.leaves(pass)?, wanted)
    }

    /// Rows, which ascend, with the wanted attributes and their heights.
    ///
    /// # Errors
    /// As [`Self::piece`].
    pub fn rows(&self, rows: &[u32], wanted: Wanted<'_>) -> io::Result<Piece> {
        self.piece_of(&self.file.rows(rows)?, wanted)
    }

    /// The features of leaves of the index.
    ///
    /// # Errors
    /// As [`Self::piece`].
    pub fn piece_of(&self, leaves: &[Leaf], wanted: Wanted<'_>) -> io::Result<Piece> {
        let mut piece = read_piece(&self.file, leaves, wanted, &self.height_fields)?;
        if self.bodies {
            let mut heights = height::of_piece(&piece.table, &self.mapping, &self.facts.medians());
            self.facts.settle(&piece.rows, &mut heights);
            piece.heights = Some(heights);
        }
        Ok(piece)
    }

    /// The number of runs that the layer's rows make.
    pub fn runs(&self) -> u32 {
        self.len().div_ceil(RUN)
    }

    /// The rows of a run.
    pub fn run(&self, run: u32) -> std::ops::Range<u32> {
        run * RUN..(run + 1).saturating_mul(RUN).min(self.len())
    }

    /// A run of rows with attributes, geometry and heights left out: from columns that are kept, so that
    /// a second question over the same columns reads nothing.
    ///
    /// # Errors
    /// As [`Self::piece`].
    pub fn attributes(&self, run: u32, fields: &[String]) -> io::Result<Piece> {
        let rows: Vec<u32> = self.run(run).collect();
        let mut builder = TableBuilder::default();
        rows.iter().for_each(|_| builder.geometry.end_feature(GeometryKind::None));
        let mut table = builder.finish();
        for (name, _) in self.file.fields().filter(|(name, _)| fields.iter().any(|f| f == name)) {
            let values = self.column(name)?.0.get(run as usize).cloned();
            table.fields.extend(values.map(|values| Field { name: name.to_owned(), values }));
        }
        Ok(Piece { table, heights: None, rows })
    }

    /// The attributes of a run of rows, read and not kept.
    ///
    /// # Errors
    /// As [`Self::piece`].
    pub fn attributes_once(&self, run: u32, wanted: Wanted<'_>) -> io::Result<FeatureTable> {
        let rows: Vec<u32> = self.run(run).collect();
        let leaves = self.file.rows(&rows)?;
        let mut builder = self.file.builder(wanted);
        self.file.read_attributes(&leaves, wanted, &mut builder)?;
        Ok(builder.finish())
    }

    /// A whole column; kept for the next question while there is room.
    ///
    /// # Errors
    /// As [`Self::piece`].
    pub fn column(&self, name: &str) -> io::Result<Column> {
        if let Ok(mut columns) = self.columns.lock()
            && let Some(at) = columns.kept.iter().position(|(kept, _)| kept == name)
        {
            let found = columns.kept.remove(at);
            columns.kept.push(found.clone());
            return Ok(found.1);
        }
        let wanted = [name.to_owned()];
        let runs: io::Result<Vec<Values>> = (0..self.runs())
            .into_par_iter()
            .map(|run| {
                let field = self.attributes_once(run, Wanted::Named(&wanted))?.fields.pop();
                field.map(|f| f.values).ok_or_else(|| io::Error::other(format!("there is no field \"{name}\"")))
            })
            .collect();
        let column = Column(Arc::new(runs?));
        if let Ok(mut columns) = self.columns.lock() {
            columns.kept.push((name.to_owned(), column.clone()));
            let bytes = |columns: &Columns| columns.kept.iter().map(|(_, column)| column.bytes()).sum::<usize>();
            while columns.kept.len() > 1 && bytes(&columns) > MOST_COLUMNS {
                columns.kept.remove(0);
            }
        }
        Ok(column)
    }

    fn fine(&self, key: TileKey, fields: &[String]) -> io::Result<TileContent> {
        let square = key.bounds();
        let mut leaves = self.file.leaves(|bounds| bounds.meets(&square))?;
        leaves.retain(|leaf| key.holds(leaf.bounds.centre()));
        let mut children = [false; 4];
        leaves.iter().for_each(|leaf| children[key.quarter(leaf.bounds.centre())] = true);
        let piece = self.piece_of(&leaves, Wanted::Named(fields))?;
        let (items, complete) = reduce::reduce(key, &piece.table.geometry, piece.heights.as_ref());
        Ok(TileContent {
            key,
            rows: items.from.iter().map(|item| piece.rows[*item as usize]).collect(),
            attributes: Some(piece.table.of_rows(&items.from, fields)),
            geometry: items.geometry,
            heights: items.heights,
            children,
            complete,
        })
    }

    fn coarse(&self, file: &FgbFile, key: TileKey, fields: &[String]) -> io::Result<TileContent> {
        let piece = read_level(file, key, Wanted::Named(fields), self.bodies)?;
        // Of the layer itself: what is too small for this level may be all that a quarter has.
        let holds = |child: TileKey| self.file.may_hold(&child.bounds());
        let children = key.children().map_or([false; 4], |children| children.map(holds));
        let all: Vec<u32> = (0..piece.rows.len() as u32).collect();
        Ok(TileContent {
            key,
            attributes: Some(piece.table.of_rows(&all, fields)),
            rows: piece.rows,
            geometry: piece.table.geometry,
            heights: piece.heights,
            children,
            complete: false,
        })
    }
}

impl TileSource for Stream {
    fn roots(&self) -> Vec<TileKey> {
        self.file.extent().map(|extent| TileKey::roots(&extent)).unwrap_or_default()
    }

    fn content(&self, key: TileKey, fields: &[String]) -> io::Result<TileContent> {
        match self.facts.levels.iter().position(|level| *level == key.level) {
            Some(at) => self.coarse(&self.levels[at], key, fields),
            None => self.fine(key, fields),
        }
    }
}

/// Where the coarse levels of a file lie: `buildings.levels` beside `buildings.fgb`.
pub fn levels_of(path: &Path) -> PathBuf {
    path.with_extension("levels")
}

/// Reads leaves with the wanted attributes and some fields more.
pub(super) fn read_piece(file: &FgbFile, leaves: &[Leaf], wanted: Wanted<'_>, also: &[String]) -> io::Result<Piece> {
    let both;
    let wanted = match wanted {
        Wanted::Named(fields) => {
            both = fields.iter().chain(also).cloned().collect::<Vec<_>>();
            Wanted::Named(&both)
        }
        Wanted::All => Wanted::All,
    };
    let mut builder = file.builder(wanted);
    file.read(leaves, wanted, &mut builder)?;
    Ok(Piece { table: builder.finish(), heights: None, rows: leaves.iter().map(|leaf| leaf.row).collect() })
}

/// Reads the masses of a tile from the file of its level.
pub(super) fn read_level(file: &FgbFile, key: TileKey, wanted: Wanted<'_>, bodies: bool) -> io::Result<Piece> {
    let square = key.bounds();
    let mut leaves = file.leaves(|bounds| bounds.meets(&square))?;
    leaves.retain(|leaf| key.holds(leaf.bounds.centre()));
    let own = LEVEL_FIELDS.map(str::to_owned);
    let mut piece = read_piece(file, &leaves, wanted, &own)?;
    let number = |item: u32, field: &str| match piece.table.value(item, field) {
        Value::Integer(v) => v as f64,
        Value::Real(v) => v,
        _ => 0.0,
    };
    let items = 0..piece.rows.len() as u32;
    let mut heights = Heights::default();
    for item in items.clone().filter(|_| bodies) {
        heights.base.push(number(item, LEVEL_FIELDS[1]) as f32);
        heights.top.push(number(item, LEVEL_FIELDS[2]) as f32);
        let source = number(item, LEVEL_FIELDS[3]) as usize;
        heights.source.push(HeightSource::ALL.get(source).copied().unwrap_or(HeightSource::Default));
        heights.covered.push(false);
    }
    piece.rows = items.map(|item| number(item, LEVEL_FIELDS[0]) as u32).collect();
    piece.heights = bodies.then_some(heights);
    Ok(piece)
}
