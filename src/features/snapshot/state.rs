//! What the snapshot dialog shows, remembers and asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::place::offset::Offset;
use crate::snapshot::page::sheet::Paper;

/// What leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum What {
    /// Layers as a file.
    #[default]
    Data,
    /// Bodies in 3D.
    Model,
    /// A picture, a map or a sheet.
    Picture,
    /// The answer about what is selected, as pages.
    Report,
    /// All of it in one file that opens again.
    Package,
}

impl What {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 5] = [Self::Data, Self::Model, Self::Picture, Self::Report, Self::Package];
}

/// What the dialog shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotModel {
    /// Vector layers, the one drawn on top first.
    pub layers: Vec<LayerOffer>,
    /// The project CRS, for people.
    pub crs: String,
    /// The project's title.
    pub project: String,
    /// What a report can be of: what is selected, for people.
    pub subject: Option<String>,
    /// Whether personal data is shown, and leaves, as it is.
    pub unmasked: bool,
    /// What would be written.
    pub preview: Preview,
    /// The writing.
    pub run: Run,
}

/// A layer that can leave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerOffer {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it is on the screen.
    pub visible: bool,
    /// Whether it is what an answer shows, and no layer of the project.
    pub answer: bool,
    /// Features.
    pub features: u64,
    /// Features that pass the filter that is set; all where it is `None`.
    pub filtered: Option<u64>,
    /// Whether the selected feature is of it.
    pub selected: bool,
    /// Its fields: key and a readable name.
    pub fields: Vec<(String, String)>,
}

/// What would be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Preview {
    /// Nothing is known yet.
    #[default]
    None,
    /// It is being counted.
    Counting,
    /// So much.
    Counted(Counted),
    /// It cannot be.
    Failed(String),
}

/// How much would be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Features of each layer.
    pub layers: Vec<(String, u64)>,
    /// Bytes of the file, reckoned from a part of it; `None` where that says nothing.
    pub bytes: Option<u64>,
}

/// The writing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Run {
    /// Nothing is being written.
    #[default]
    Idle,
    /// It goes on.
    Busy {
        /// What is being done, for people.
        stage: String,
        /// 0 to 1; `None` when unknown.
        share: Option<f32>,
    },
    /// It is written.
    Done {
        /// The file.
        out: PathBuf,
        /// What the user should know of it.
        notes: Vec<String>,
    },
    /// It is not.
    Failed(String),
}

/// Fields that leave, by layer: key and the name in the file, in order.
pub type Fields = BTreeMap<String, Vec<(String, String)>>;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// What.
    pub what: What,
    /// Ids of layers.
    pub layers: BTreeSet<String>,
    /// Only these fields of a layer; all of one that is not there.
    pub fields: Fields,
    /// Only what is selected.
    pub selected: bool,
    /// Only what is in view.
    pub in_view: bool,
    /// Cut at the edge of the view.
    pub clip: bool,
    /// The CRS that is written; the project's where it is empty.
    pub crs: String,
    /// Obfuscated as maps of mainland China are.
    pub offset: Option<Offset>,
    /// The picture.
    pub picture: PictureAsked,
    /// The key that a package is encrypted to; readable by all where it is empty.
    pub recipient: String,
    /// The file.
    pub out: PathBuf,
}

/// How a picture is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureAsked {
    /// Width and height, pixels; a sheet has those of its paper.
    pub size: [u32; 2],
    /// From straight above, with one scale.
    pub above: bool,
    /// With title, legend, north and sources.
    pub around: bool,
    /// The title; the project's where it is empty.
    pub title: String,
    /// The paper of a sheet.
    pub paper: Paper,
    /// The paper upright.
    pub upright: bool,
}

impl Default for PictureAsked {
    fn default() -> Self {
        Self {
            size: [1920, 1080],
            above: false,
            around: true,
            title: String::new(),
            paper: Paper::default(),
            upright: false,
        }
    }
}

/// What the dialog remembers.
#[derive(Default)]
pub struct SnapshotState {
    /// Whether it is open.
    pub open: bool,
    /// What is asked for, but for the file.
    pub asked: Asked,
    /// The file as typed.
    pub path: String,
    /// Width and height as typed.
    pub size: [String; 2],
    /// The ending that was chosen for each kind.
    pub endings: BTreeMap<u8, &'static str>,
    /// Layers whose fields are shown.
    pub unfolded: BTreeSet<String>,
    /// The project that the choices are of.
    pub chosen_for: Option<String>,
    /// Layers of answers that were offered.
    pub answers: BTreeSet<String>,
    /// What was counted last.
    pub counted: Option<Asked>,
    /// Whether a file of the typed name exists, and of which name that was found.
    pub exists: (String, bool),
    /// The file browser, made when first asked for.
    pub browser: Option<egui_file_dialog::FileDialog>,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum SnapshotEdit {
    /// Count what this would be.
    Count(Asked),
    /// Write it.
    Take(Asked),
    /// Stop writing.
    Cancel,
    /// Back from what was written, or was not, to the choices.
    Back,
}
