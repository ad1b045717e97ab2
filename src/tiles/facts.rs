//! What is known of a streamed layer as a whole, kept beside its coarse levels.

use std::io;

use crate::formats::flatgeobuf::FgbFile;
use crate::model::height::Medians;
use crate::model::{GeometryKind, Heights};

/// Another number makes older files be made again.
const VERSION: u32 = 7;

/// What takes a pass over the whole layer to know.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Facts {
    version: u32,
    /// Of which file: its length and a sum over some of its bytes.
    source: (u64, u64),
    /// How the file was read: role and fields. Heights follow from them.
    pub reading: String,
    /// What most features are.
    pub kind: String,
    /// Medians of known heights by class of use.
    pub medians: Vec<(String, f64)>,
    /// Rows by source of height, in the order of `HeightSource::ALL`.
    pub sources: [u64; 4],
    /// Rows that their parts cover, ascending.
    pub covered: Vec<u32>,
    /// Rows that are drawn only up to a height, ascending.
    pub lowered: Vec<(u32, f32)>,
    /// The greatest height above ground, metres.
    pub highest: f32,
    /// Levels that are kept.
    pub levels: Vec<u8>,
}

impl Facts {
    /// Begins the facts of a file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn begin(file: &FgbFile, reading: String) -> io::Result<Self> {
        Ok(Self { version: VERSION, source: (file.file_bytes(), file.fingerprint()?), reading, ..Self::default() })
    }

    /// Whether they were made for this file, read in this way.
    pub fn fit(&self, file: &FgbFile, reading: &str) -> bool {
        self.version == VERSION
            && self.reading == reading
            && self.source.0 == file.file_bytes()
            && file.fingerprint().is_ok_and(|sum| sum == self.source.1)
    }

    /// Medians of known heights.
    pub fn medians(&self) -> Medians {
        Medians::of_words(&self.medians)
    }

    /// The kind that most features have.
    pub fn kind(&self) -> GeometryKind {
        match self.kind.as_str() {
            "polygon" => GeometryKind::Polygon,
            "line" => GeometryKind::Line,
            "point" => GeometryKind::Point,
            _ => GeometryKind::None,
        }
    }

    /// Sets what building parts do to their parents.
    pub fn settle(&self, rows: &[u32], heights: &mut Heights) {
        for (i, row) in rows.iter().enumerate() {
            if self.covered.binary_search(row).is_ok() {
                heights.covered[i] = true;
            } else if let Ok(at) = self.lowered.binary_search_by_key(row, |(row, _)| *row) {
                heights.top[i] = self.lowered[at].1;
            }
        }
    }
}

/// The word of a kind.
pub(super) fn word(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::None => "none",
        GeometryKind::Point => "point",
        GeometryKind::Line => "line",
        GeometryKind::Polygon => "polygon",
    }
}
