//! `project.toml`: what to load and how to read its fields.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layer::{About, Title, Vertical};
use super::mapping::Meaning;
use super::role::Role;
use super::style::LayerStyle;

/// A project file, as written.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The project's title.
    #[serde(default)]
    pub title: Title,
    /// The project CRS; chosen from the data when absent.
    pub crs: Option<String>,
    /// Its layers, lowest first.
    #[serde(default, rename = "layer")]
    pub layers: Vec<ProjectLayer>,
    /// The folder that relative sources start from; not in the file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// One `[[layer]]` of a project file.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectLayer {
    /// Unique id; made from the source's name when absent.
    #[serde(default)]
    pub id: String,
    /// For people.
    #[serde(default)]
    pub title: Title,
    /// A path inside the project's folder, or one the user named.
    pub source: String,
    /// Which layer of a source that holds several.
    pub layer_name: Option<String>,
    /// The role; guessed when absent.
    pub role: Option<Role>,
    /// Declares the source's CRS; never reprojects.
    pub crs: Option<String>,
    /// Obfuscated coordinates: `gcj02` or `bd09`.
    pub offset: Option<String>,
    /// How it stands to the ground.
    pub vertical: Option<Vertical>,
    /// Metres added to every height of the layer.
    #[serde(default)]
    pub z_offset: f64,
    /// Text encoding of the source.
    pub encoding: Option<String>,
    /// Field names by meaning; overrides the guess.
    #[serde(default)]
    pub fields: BTreeMap<Meaning, String>,
    /// How it is drawn.
    #[serde(default)]
    pub style: LayerStyle,
    /// Whether it is shown at first.
    #[serde(default = "yes")]
    pub visible: bool,
    /// Multiplies elevations of a terrain for drawing.
    pub exaggeration: Option<f32>,
    /// Who made it.
    #[serde(default)]
    pub about: About,
    /// Whether the user named the source (on the command line, by dropping it on the window): only then
    /// may it lie outside the project's folder. Not in the file.
    #[serde(skip)]
    pub named_by_user: bool,
}

fn yes() -> bool {
    true
}

/// A project file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The file cannot be read.
    #[error("cannot read the project {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file is not a project: the message names the line.
    #[error("{path} is not a valid project: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        reason: String,
    },
}

impl Project {
    /// Reads `project.toml` or the one in a folder.
    ///
    /// # Errors
    /// [`ProjectError`] when it cannot be read or has a wrong or unknown key (with its line).
    pub fn read(path: &Path) -> Result<Self, ProjectError> {
        Err(ProjectError::Unreadable { path: path.to_owned(), reason: "not built yet".into() })
    }

    /// A project of plain data files: everything else is guessed.
    pub fn of_files(files: &[PathBuf]) -> Self {
        let layers = files.iter().map(|file| ProjectLayer {
            source: file.to_string_lossy().into_owned(),
            visible: true,
            named_by_user: true,
            ..ProjectLayer::default()
        });
        Self { layers: layers.collect(), ..Self::default() }
    }
}
