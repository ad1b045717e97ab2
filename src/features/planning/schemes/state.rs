//! What the schemes' panels show and ask for.

use crate::model::height::UseClass;
use crate::themes::planning::dossier::Verdict;
use crate::themes::planning::limits::Rule;
use crate::themes::planning::scheme::Cleared;

/// A tool that makes a building in the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Corner by corner.
    Draw,
    /// A rectangle where one clicks.
    Place,
}

/// Whether schemes are on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// They are.
    #[default]
    OnDisk,
    /// They are being written.
    Writing,
    /// They could not be written, or the file could not be read.
    No,
}

/// A scheme in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemeRow {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Its parcel's id.
    pub parcel: String,
    /// Its buildings.
    pub buildings: usize,
}

/// A building of the scheme that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockRow {
    /// Its number.
    pub number: u32,
    /// Its use.
    pub class: UseClass,
    /// Storeys.
    pub storeys: u32,
    /// From floor to floor, metres.
    pub storey_height: f64,
    /// Area of its footprint.
    pub footprint: String,
    /// Its height.
    pub height: String,
}

/// A building of the data that the scheme may take down.
#[derive(Clone, Debug, PartialEq)]
pub struct Existing {
    /// Which.
    pub key: Cleared,
    /// What it is called.
    pub name: String,
    /// Whether it is taken down.
    pub cleared: bool,
}

/// A state of the parcel in the comparison: the data alone, or with a scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The scheme; `None` for the data alone.
    pub number: Option<i64>,
    /// What it is called; empty for the data alone.
    pub name: String,
    /// For each rule: how it stands, and the measured value.
    pub rules: Vec<(Rule, Verdict, String)>,
    /// Counted floor area.
    pub floor_area: String,
    /// Ground under buildings.
    pub footprint: String,
    /// Buildings that stand there.
    pub buildings: usize,
}

/// The panels' contents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchemesModel {
    /// The selected parcel's id.
    pub parcel: Option<String>,
    /// Its schemes.
    pub schemes: Vec<SchemeRow>,
    /// All schemes of the project.
    pub all: Vec<SchemeRow>,
    /// The scheme that is shown.
    pub active: Option<i64>,
    /// Its buildings.
    pub blocks: Vec<BlockRow>,
    /// The chosen one.
    pub chosen: Option<u32>,
    /// What of the data it may take down.
    pub existing: Vec<Existing>,
    /// The tool in hand.
    pub tool: Option<Tool>,
    /// Corners set so far.
    pub corners: usize,
    /// Length and width of the next building that is placed, metres.
    pub size: [f64; 2],
    /// The limits of the parcel, in the order of the rules; empty where there is none.
    pub limits: Vec<(Rule, String)>,
    /// States side by side: the data alone first.
    pub columns: Vec<Column>,
    /// Steps that can be undone.
    pub undo: usize,
    /// Steps that can be done again.
    pub redo: usize,
    /// What went wrong.
    pub error: String,
    /// Where schemes are kept.
    pub file: String,
    /// Whether the last step is on the disk.
    pub kept: Kept,
    /// Why it is not.
    pub unkept: String,
}

/// What the panels remember.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchemesState {
    /// The name being written, and of which scheme.
    pub name: Option<(i64, String)>,
    /// A number being changed and not yet let go: of the building, storeys and storey height.
    pub pending: Option<(u32, u32, f64)>,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemesEdit {
    /// A new scheme for the selected parcel.
    Begin,
    /// Show a scheme, or the data alone.
    Show(Option<i64>),
    /// A copy of the scheme that is shown.
    Duplicate,
    /// Another name for a scheme.
    Rename(i64, String),
    /// Give up the scheme that is shown.
    Discard,
    /// Take a tool into the hand, or put it away.
    Take(Option<Tool>),
    /// Length and width of the next building.
    Size([f64; 2]),
    /// The outline is complete.
    FinishOutline,
    /// Take back the last corner.
    TakeBackCorner,
    /// Choose a building, or none.
    Choose(Option<u32>),
    /// Storeys and storey height of a building.
    Storeys(u32, u32, f64),
    /// Use of a building.
    Use(u32, UseClass),
    /// Turn the chosen building, degrees clockwise.
    Turn(f64),
    /// A copy of a building beside it.
    CopyBlock(u32),
    /// Take a building out.
    RemoveBlock(u32),
    /// Take a building of the data down, or let it stand.
    Clear(Cleared, bool),
    /// All buildings of the data on the parcel.
    ClearAll(bool),
    /// The chosen building's top is pulled to so many metres above its ground.
    Pull(f64),
    /// It is let go.
    LetGo,
    /// A step back.
    Undo,
    /// A step forth again.
    Redo,
    /// Select the parcel of a scheme and show it.
    GoTo(i64),
    /// Save the buildings of all schemes of the parcel as a layer.
    SaveLayer,
}
