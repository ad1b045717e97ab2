//! `project.toml`: what to load and how to read its fields.

mod check;
pub mod keep;
mod view;
mod write;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::layer::{About, Title, Vertical};
use super::mapping::Meaning;
use super::question::Question;
use super::role::Role;
use super::style::LayerStyle;

pub use self::view::View;

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
    /// Questions across layers that were kept.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// The view it opens with; the whole city when absent.
    pub view: Option<View>,
    /// The folder that relative sources start from; not in the file.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The file it was read from; not in the file.
    #[serde(skip)]
    pub file: Option<PathBuf>,
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

/// A project file larger than this is none, bytes.
const LARGEST_FILE: u64 = 16 << 20;

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
    /// Ids that are absent are made from the source's name; titles that are absent are the id.
    ///
    /// # Errors
    /// [`ProjectError`] when it cannot be read or has a wrong or unknown key (with its line).
    pub fn read(path: &Path) -> Result<Self, ProjectError> {
        let file = if path.is_dir() { path.join("project.toml") } else { path.to_owned() };
        let unreadable = |reason: String| ProjectError::Unreadable { path: file.clone(), reason };
        let size = std::fs::metadata(&file).map_err(|e| unreadable(e.to_string()))?.len();
        if size > LARGEST_FILE {
            return Err(unreadable(format!("{size} bytes are too many for a project file; is it one?")));
        }
        let bytes = std::fs::read(&file).map_err(|e| unreadable(e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
        let mut project = Self::parse(&text).map_err(|reason| ProjectError::Invalid { path: file.clone(), reason })?;
        project.folder = file.parent().map(Path::to_owned).unwrap_or_default();
        project.file = Some(file);
        Ok(project)
    }

    /// Reads the text of a project file. The error names the line.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut project: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| 1 + text.get(..span.start).unwrap_or(text).matches('\n').count());
            let message = error.message().trim().replace('\n', ", ");
            line.map_or_else(|| message.clone(), |line| format!("line {line}: {message}"))
        })?;
        check::settle(&mut project, text)?;
        Ok(project)
    }

    /// The path of a layer's source: relative ones start from the project's folder.
    pub fn path_of(&self, layer: &ProjectLayer) -> PathBuf {
        self.folder.join(&layer.source)
    }

    /// Whether a layer's source lies outside the project's folder (by `..`, an absolute path, a link,
    /// or as an address): to be opened only when the user says so.
    pub fn is_outside(&self, layer: &ProjectLayer) -> bool {
        let source = Path::new(&layer.source);
        let mut depth = 0_i32;
        for component in source.components() {
            match component {
                Component::Normal(_) => depth += 1,
                Component::ParentDir => depth -= 1,
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return true,
            }
            if depth < 0 {
                return true;
            }
        }
        if layer.source.contains("://") || layer.source.starts_with("/vsi") {
            return true;
        }
        match (self.folder.canonicalize(), self.path_of(layer).canonicalize()) {
            (Ok(folder), Ok(source)) => !source.starts_with(folder),
            _ => false,
        }
    }

    /// The project as the text of a `project.toml`: only what differs from what would be taken
    /// anyway. [`Project::parse`] gives the same project back.
    pub fn to_toml(&self) -> String {
        write::project(self)
    }

    /// An id for a new question after its title.
    pub fn question_id(&self, title: &Title) -> String {
        check::free_question_id(&self.questions, title)
    }

    /// A project of plain data files: everything else is guessed.
    pub fn of_files(files: &[PathBuf]) -> Self {
        let layers = files.iter().map(|file| ProjectLayer {
            source: file.to_string_lossy().into_owned(),
            visible: true,
            named_by_user: true,
            ..ProjectLayer::default()
        });
        let mut project = Self { layers: layers.collect(), ..Self::default() };
        check::name(&mut project);
        project
    }
}

/// Makes an id from any text: lower-case letters, digits, `_` and `-`; `layer` when nothing is left.
pub fn make_id(text: &str) -> String {
    let mut id = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' | '-' => id.push(c),
            _ if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            _ => {}
        }
    }
    let id = id.trim_matches('-');
    if id.is_empty() { "layer".to_owned() } else { id.to_owned() }
}

#[cfg(test)]
mod tests;
