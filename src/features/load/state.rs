//! What the load dialog shows, remembers and asks for.

use std::path::PathBuf;

use crate::model::Role;
use crate::panels::crs_line::CrsLine;

/// How far the loading of a source is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LoadModel {
    /// A source is to be chosen.
    #[default]
    Choose,
    /// The source is being looked at.
    Looking {
        /// The source.
        path: PathBuf,
        /// What is being done, for people.
        stage: String,
        /// 0 to 1; `None` when unknown.
        share: Option<f32>,
    },
    /// What is in the source; nothing is loaded yet.
    Preview(Preview),
    /// The source is being loaded.
    Loading {
        /// The source.
        path: PathBuf,
        /// What is being done, for people.
        stage: String,
        /// 0 to 1; `None` when unknown.
        share: Option<f32>,
    },
    /// The source cannot be used.
    Failed {
        /// The source.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
}

/// What is in a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The source.
    pub path: PathBuf,
    /// Its layers.
    pub layers: Vec<PreviewLayer>,
    /// What was found about the source as a whole.
    pub notes: Vec<String>,
}

/// A layer of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewLayer {
    /// Its name in the source.
    pub name: String,
    /// The format's name.
    pub format: String,
    /// Number of features, or cells of a raster, for people: `3,076 polygons`.
    pub size: String,
    /// Its CRS.
    pub crs: CrsLine,
    /// Its text encoding and how it was found; empty where the format fixes it.
    pub encoding: String,
    /// The role that was guessed.
    pub role: Role,
    /// Why.
    pub role_basis: String,
    /// Its fields.
    pub fields: Vec<PreviewField>,
    /// What was found about it.
    pub notes: Vec<String>,
    /// Why it cannot be loaded; empty when it can.
    pub fault: String,
}

/// A field of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PreviewField {
    /// The raw key.
    pub key: String,
    /// `text`, `integer`, `real`, `boolean`, `time`.
    pub type_name: String,
    /// First values, for people.
    pub examples: String,
    /// What it was taken for, for people: `height`; empty for nothing.
    pub meaning: String,
}

/// Coordinates that were obfuscated on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offset {
    /// Not.
    #[default]
    None,
    /// GCJ-02.
    Gcj02,
    /// BD-09.
    Bd09,
}

impl Offset {
    /// The word of `project.toml`; `None` for none.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gcj02 => Some("gcj02"),
            Self::Bd09 => Some("bd09"),
        }
    }
}

/// How the user wants a layer of the source to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerChoice {
    /// Its name in the source.
    pub name: String,
    /// Whether to load it.
    pub load: bool,
    /// The CRS that the user declares, as typed; empty: as found.
    pub crs: String,
    /// Obfuscated coordinates.
    pub offset: Offset,
    /// The role.
    pub role: Role,
}

/// What the dialog remembers.
#[derive(Default)]
pub struct LoadState {
    /// Whether the dialog is open.
    pub open: bool,
    /// The path as typed.
    pub path: String,
    /// One per layer of the preview.
    pub choices: Vec<LayerChoice>,
    /// The layer whose details are shown.
    pub current: usize,
    /// The text encoding that the user chose for the source; `None`: as found.
    pub encoding: Option<String>,
    /// The source that `choices` are for.
    pub chosen_for: Option<PathBuf>,
    /// The file browser, made when first asked for.
    pub browser: Option<egui_file_dialog::FileDialog>,
}

impl LoadState {
    /// Opens the dialog afresh.
    pub fn begin(&mut self) {
        *self = Self { open: true, browser: self.browser.take(), ..Self::default() };
    }
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadEdit {
    /// Look into a source: answer with [`LoadModel::Preview`].
    Look {
        /// The source.
        path: PathBuf,
        /// The text encoding to read it with; found when absent.
        encoding: Option<String>,
    },
    /// Load the chosen layers of the previewed source.
    Load {
        /// The source.
        path: PathBuf,
        /// The text encoding to read it with; found when absent.
        encoding: Option<String>,
        /// All its layers with what is wished for each.
        layers: Vec<LayerChoice>,
    },
    /// Stop looking or loading.
    Cancel,
    /// The dialog was closed: back to [`LoadModel::Choose`].
    Close,
}
