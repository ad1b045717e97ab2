//! Making the coarse levels of a streamed layer, once.
//!
//! 1. one pass over the heights: medians by class of use;
//! 2. one pass tile by tile of level 4: building parts settled with their parents, masses made;
//! 3. each level above from the one below;
//! 4. all of it is written aside and renamed: a half-made folder is never seen.
//!
//! Memory holds a few tiles at a time.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::aside::LevelsAside;
use super::facts::{Facts, word};
use super::stream::{FIRST_KEPT, LEVEL_FIELDS, Piece, Stream, levels_of, read_level, read_piece, reading};
use super::{TileKey, reduce};
use crate::formats::flatgeobuf::{FgbFile, Leaf, SortedWriter, Wanted};
use crate::formats::{OpenError, WriteError};
use crate::model::height::{self, MedianCounter};
use crate::model::{FeatureTable, FieldMapping, GeometryKind, HeightSource, Meaning, TableBuilder, Value};
use crate::place::Bounds;
use crate::report::Progress;

/// Rows of a step of the first pass.
const STEP: u32 = 32_768;
/// Tiles that are made at once.
const AT_ONCE: usize = 4;

/// Levels that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The layer cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The levels cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The layer cannot be read any more.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What happened and what to do.
        reason: String,
    },
    /// Somebody stopped it.
    #[error("cancelled")]
    Cancelled,
}

/// Makes the coarse levels of a FlatGeobuf in the project CRS, beside it. They take a tenth of
/// its size where a city is dense, half of it where it is sparse. Levels that were made before are replaced.
///
/// # Errors
/// [`PrepareError`]; nothing is left behind then.
pub fn prepare(path: &Path, bodies: bool, mapping: &FieldMapping, progress: &Progress) -> Result<(), PrepareError> {
    prepare_into(path, &levels_of(path), bodies, mapping, progress)
}

/// As [`prepare`], with the folder of the levels named: where the file's own folder is another's.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_into(
    path: &Path,
    folder: &Path,
    bodies: bool,
    mapping: &FieldMapping,
    progress: &Progress,
) -> Result<(), PrepareError> {
    let write = |error: io::Error| WriteError::new(folder, error);
    let maker = Maker { file: FgbFile::open(path)?, path, bodies, mapping, progress };
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(write)?;
    // Removed with all it holds when anything fails.
    let aside = LevelsAside::create(parent).map_err(write)?;
    maker.make(aside.path())?;
    // Another program may have made them meanwhile, and read them by now.
    if Stream::with_levels(FgbFile::open(path)?, folder, bodies, mapping).is_some() {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(write)?;
    }
    aside.keep(folder).map_err(write)?;
    Ok(())
}

struct Maker<'a> {
    file: FgbFile,
    path: &'a Path,
    bodies: bool,
    mapping: &'a FieldMapping,
    progress: &'a Progress,
}

/// What a tile gives.
struct Made {
    masses: FeatureTable,
    covered: Vec<u32>,
    lowered: Vec<(u32, f32)>,
    sources: [u64; 4],
    highest: f32,
    kind: [u64; 3],
}

impl Maker<'_> {
    fn read_error(&self, error: &io::Error) -> PrepareError {
        PrepareError::Read { path: self.path.to_owned(), reason: error.to_string() }
    }

    fn make(&self, folder: &Path) -> Result<(), PrepareError> {
        let fail = |error: io::Error| self.read_error(&error);
        let mut facts = Facts::begin(&self.file, reading(self.bodies, self.mapping)).map_err(fail)?;
        if self.bodies {
            facts.medians = self.medians()?.medians().words();
        }
        let extent = self.file.extent().map_err(fail)?;
        let top = TileKey::roots(&extent).first().map_or(0, |root| root.level);
        let mut kinds = [0; 3];
        let mut keys = self.tiles(FIRST_KEPT)?;
        self.progress.stage("making coarse levels", keys.len() as u64);
        let mut done = 0;
        let mut writer = Level::create(folder, FIRST_KEPT, &self.file)?;
        for some in keys.chunks(AT_ONCE) {
            self.progress.at(done).map_err(|_| PrepareError::Cancelled)?;
            done += some.len() as u64;
            let made: Vec<Result<Made, io::Error>> = some.par_iter().map(|key| self.tile(*key, &facts)).collect();
            for made in made {
                let made = made.map_err(|error| self.read_error(&error))?;
                writer.push(&made.masses)?;
                facts.covered.extend(made.covered);
                facts.lowered.extend(made.lowered);
                facts.highest = facts.highest.max(made.highest);
                (0..4).for_each(|i| facts.sources[i] += made.sources[i]);
                (0..3).for_each(|i| kinds[i] += made.kind[i]);
            }
        }
        facts.covered.sort_unstable();
        facts.lowered.sort_unstable_by_key(|(row, _)| *row);
        let most = (0..3).max_by_key(|i| (kinds[*i], 2 - i)).filter(|i| kinds[*i] > 0);
        facts.kind = word(most.map_or(GeometryKind::None, |i| KINDS[i])).to_owned();
        let mut below = writer.finish()?;
        facts.levels.push(FIRST_KEPT);
        for level in FIRST_KEPT + 1..=top {
            keys = keys.iter().map(|key| key.parent()).collect::<BTreeSet<_>>().into_iter().collect();
            let mut writer = Level::create(folder, level, &self.file)?;
            for some in keys.chunks(AT_ONCE) {
                self.progress.at(done).map_err(|_| PrepareError::Cancelled)?;
                let made: Vec<io::Result<FeatureTable>> = some.par_iter().map(|key| self.above(&below, *key)).collect();
                for masses in made {
                    writer.push(&masses.map_err(|error| self.read_error(&error))?)?;
                }
            }
            below = writer.finish()?;
            facts.levels.push(level);
        }
        let path = folder.join("facts.json");
        let text = serde_json::to_vec(&facts).map_err(|error| WriteError::new(&path, error))?;
        fs::write(&path, text).map_err(|error| WriteError::new(&path, error))?;
        self.file.check().map_err(fail)
    }

    fn medians(&self) -> Result<MedianCounter, PrepareError> {
        let fields = height::fields_for(self.mapping);
        let starts: Vec<u32> = (0..self.file.len()).step_by(STEP as usize).collect();
        self.progress.stage("heights", starts.len() as u64);
        let mut counter = MedianCounter::default();
        for (i, some) in starts.chunks(AT_ONCE).enumerate() {
            self.progress.at((i * AT_ONCE) as u64).map_err(|_| PrepareError::Cancelled)?;
            let counted: Vec<io::Result<MedianCounter>> = some
                .par_iter()
                .map(|start| {
                    let rows: Vec<u32> = (*start..(*start + STEP).min(self.file.len())).collect();
                    let leaves = self.file.rows(&rows)?;
                    let piece = read_piece(&self.file, &leaves, Wanted::Named(&fields), &[])?;
                    let mut counter = MedianCounter::default();
                    counter.add(&piece.table, self.mapping);
                    Ok(counter)
                })
                .collect();
            for counted in counted {
                counter.join(counted.map_err(|error| self.read_error(&error))?);
            }
        }
        Ok(counter)
    }

    /// The tiles of a level that hold something.
    fn tiles(&self, level: u8) -> Result<Vec<TileKey>, PrepareError> {
        let mut keys = BTreeSet::new();
        let mut at = 0;
        while at < self.file.len() {
            let rows: Vec<u32> = (at..at.saturating_add(65_536).min(self.file.len())).collect();
            let leaves = self.file.rows(&rows).map_err(|error| self.read_error(&error))?;
            let placed = leaves.iter().filter(|leaf| !leaf.bounds.is_empty() && leaf.bounds.min[0].is_finite());
            keys.extend(placed.map(|leaf| TileKey::of(level, leaf.bounds.centre())));
            at = at.saturating_add(65_536);
        }
        Ok(keys.into_iter().collect())
    }

    /// The masses of a tile of the first kept level, and what its rows tell.
    fn tile(&self, key: TileKey, facts: &Facts) -> io::Result<Made> {
        let leaves = self.leaves_of(&key.bounds())?;
        let inside: Vec<Leaf> = leaves.iter().filter(|leaf| key.holds(leaf.bounds.centre())).copied().collect();
        let mut piece = read_piece(&self.file, &inside, Wanted::All, &[])?;
        let (mut covered, mut lowered) = (Vec::new(), Vec::new());
        let mut sources = [0; 4];
        let mut highest = 0.0_f32;
        if self.bodies {
            let mut heights = height::of_piece(&piece.table, self.mapping, &facts.medians());
            for (row, top) in self.families(key, &inside, &facts.medians())? {
                let Ok(at) = piece.rows.binary_search(&row) else { continue };
                match top {
                    None => {
                        heights.covered[at] = true;
                        covered.push(row);
                    }
                    Some(top) => {
                        heights.top[at] = top;
                        lowered.push((row, top));
                    }
                }
            }
            sources = heights.counts();
            highest = heights.top.iter().copied().filter(|top| top.is_finite()).fold(0.0, f32::max);
            piece.heights = Some(heights);
        }
        let rows = 0..piece.table.len() as u32;
        let kind = KINDS.map(|kind| rows.clone().filter(|row| piece.table.geometry.kind(*row) == kind).count() as u64);
        Ok(Made { masses: masses(key, &piece), covered, lowered, sources, highest, kind })
    }

    fn leaves_of(&self, bounds: &Bounds) -> io::Result<Vec<Leaf>> {
        self.file.leaves(|other| other.meets(bounds))
    }

    /// Parents of the tile that their parts cover or hold down. Parts may lie in the next tile: all
    /// that reach into any parent of this one are looked at.
    fn families(
        &self,
        key: TileKey,
        inside: &[Leaf],
        medians: &height::Medians,
    ) -> io::Result<Vec<(u32, Option<f32>)>> {
        let Some(part) = self.mapping.get(Meaning::Part) else { return Ok(Vec::new()) };
        let mut reach = key.bounds();
        inside.iter().for_each(|leaf| reach.join(leaf.bounds));
        let leaves = self.leaves_of(&reach)?;
        let fields = [vec![part.field.clone()], height::fields_for(self.mapping)].concat();
        let piece = read_piece(&self.file, &leaves, Wanted::Named(&fields), &[])?;
        let heights = height::of_piece(&piece.table, self.mapping, medians);
        let settled = height::settle_families(&piece.table, self.mapping, &heights);
        let mine = |row: u32| key.holds(piece.table.geometry.bounds(row).centre());
        let named = settled.into_iter().filter(|(row, _)| mine(*row));
        Ok(named.map(|(row, top)| (piece.rows[row as usize], top)).collect())
    }

    /// The masses of a tile from those of the level below.
    fn above(&self, below: &FgbFile, key: TileKey) -> io::Result<FeatureTable> {
        let mut whole = Piece::default();
        // All four at once: the reader takes a window of any size.
        let square = key.bounds();
        let mut leaves = below.leaves(|bounds| bounds.meets(&square))?;
        leaves.retain(|leaf| key.holds(leaf.bounds.centre()));
        if !leaves.is_empty() {
            whole = read_level(below, key, Wanted::All, self.bodies)?;
        }
        Ok(masses(key, &whole))
    }
}

const KINDS: [GeometryKind; 3] = [GeometryKind::Polygon, GeometryKind::Line, GeometryKind::Point];

/// The items of a kept level as a table: the attributes of the rows they stand for, and the
/// [`LEVEL_FIELDS`].
fn masses(key: TileKey, piece: &Piece) -> FeatureTable {
    let (items, _) = reduce::reduce(key, &piece.table.geometry, piece.heights.as_ref());
    let mut builder = TableBuilder::default();
    let fields = piece.table.fields.iter().filter(|field| !LEVEL_FIELDS.contains(&field.name.as_str()));
    let fields: Vec<_> = fields.map(|f| (builder.typed_field(&f.name, f.values.kind()), f)).collect();
    let own = LEVEL_FIELDS.map(|name| builder.field(name));
    for (i, item) in items.from.iter().enumerate() {
        for (column, field) in &fields {
            builder.set(*column, &field.values.get(*item));
        }
        builder.set(own[0], &Value::Integer(i64::from(piece.rows[*item as usize])));
        if let Some(heights) = &items.heights {
            builder.set(own[1], &Value::Real(f64::from(heights.base[i])));
            builder.set(own[2], &Value::Real(f64::from(heights.top[i])));
            let source = HeightSource::ALL.iter().position(|source| *source == heights.source[i]).unwrap_or(3);
            builder.set(own[3], &Value::Integer(source as i64));
        }
        builder.geometry.push_from(&items.geometry, i as u32);
    }
    builder.finish()
}

/// The file of a level while it is written.
struct Level {
    writer: SortedWriter,
    path: PathBuf,
}

impl Level {
    fn create(folder: &Path, level: u8, like: &FgbFile) -> Result<Self, PrepareError> {
        let path = folder.join(format!("{level}.fgb"));
        let crs = like.crs().crs.clone();
        let crs = crs.ok_or_else(|| WriteError::new(&path, "the layer's file names no CRS"))?;
        Ok(Self { writer: SortedWriter::create(&path, &format!("{} {level}", like.name()), &crs)?, path })
    }

    fn push(&mut self, table: &FeatureTable) -> Result<(), PrepareError> {
        Ok(self.writer.push(table)?)
    }

    fn finish(self) -> Result<FgbFile, PrepareError> {
        self.writer.finish(&Progress::default())?;
        Ok(FgbFile::open(&self.path)?)
    }
}
