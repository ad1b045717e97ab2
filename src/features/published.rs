//! What features tell each other: state that one writes and all may read, and messages.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bevy::prelude::*;
use jiff::civil::{DateTime, date};

use crate::city::City;
use crate::index::pick::{GroundHit, HitKind};
use crate::model::project::{Project, ProjectLayer};
use crate::model::{Layer, LayerStyle};
use crate::panels::settings::Settings;
use crate::panels::{Language, Words};
use crate::place::Bounds;
use crate::report::Issue;
use crate::scene::camera::OrbitCamera;
use crate::snapshot::page::report::Report;
use crate::snapshot::reports::Made;

/// Id of the drawer's tab with the table.
pub const TABLE_TAB: &str = "table";
/// Id of the drawer's tab with the notices.
pub const NOTICES_TAB: &str = "notices";

/// Language, theme and panels, remembered between runs.
#[derive(Resource, Default)]
pub struct Preferences {
    /// The settings.
    pub settings: Settings,
    /// Where they are kept; `None`: nowhere (a picture, a test).
    pub path: Option<PathBuf>,
}

impl Preferences {
    /// The words of the interface's language.
    pub fn words(&self) -> &'static Words {
        self.settings.language.words()
    }

    /// A title in the interface's language, with the other standing in.
    pub fn title(&self, title: &crate::model::Title) -> String {
        let (first, second) = match self.settings.language {
            Language::Chinese => (&title.zh, &title.en),
            Language::English => (&title.en, &title.zh),
        };
        if first.is_empty() { second.clone() } else { first.clone() }
    }
}

/// The project as it now is: what was opened, with what the user has added since.
#[derive(Resource, Default, Clone)]
pub struct OpenProject(pub Project);

/// Styles and places of the city's layers as the user has set them; in the city's order of layers.
#[derive(Resource, Default)]
pub struct Styles {
    /// One for each layer.
    pub layers: Vec<LayerStyle>,
    /// Draw order: layer numbers, lowest first.
    pub order: Vec<usize>,
    /// Whether labels are drawn at all.
    pub labels: bool,
}

/// The local civil time that sets the sun.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct SunClock(pub DateTime);

impl Default for SunClock {
    fn default() -> Self {
        // An equinox morning: shadows long enough to read heights by, fronts in the sun.
        Self(date(2026, 3, 20).at(10, 45, 0, 0))
    }
}

/// What makes layers of an answer, their texts in a language.
pub type MakeLayers = dyn Fn(&City, Language) -> Vec<Layer> + Send + Sync;

/// What answers show over the map, by whose they are: made into layers when a snapshot asks for them, so that they
/// leave with what is on the screen. Colours of rows and bodies are not among them: those are in the scene.
#[derive(Resource, Default)]
pub struct AnswerLayers(pub BTreeMap<&'static str, Arc<MakeLayers>>);

/// Whether personal data is shown as it is; masked otherwise. Each time it is switched on a notice says so.
#[derive(Resource, Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// As it is.
    pub unmasked: bool,
}

/// A thing under the cursor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The layer's number in the city.
    pub layer: usize,
    /// The feature.
    pub feature: u32,
    /// Metres from the eye; `None` when it was found otherwise than by a click.
    pub hit: Option<(f64, HitKind)>,
}

/// What is selected.
#[derive(Resource, Default, Debug)]
pub struct Selection {
    /// All things under the last click, nearest first; or the one that was chosen in a list.
    pub targets: Vec<Target>,
    /// Which of them is shown.
    pub current: usize,
}

impl Selection {
    /// The thing shown.
    pub fn target(&self) -> Option<Target> {
        self.targets.get(self.current).copied()
    }
}

/// The pointer over the scene, as the panels leave it.
#[derive(Resource, Default, Debug)]
pub struct Pointer {
    /// In the window, points; `None` when it is elsewhere or over a panel.
    pub at: Option<[f32; 2]>,
    /// Where its line of sight meets the ground.
    pub ground: Option<GroundHit>,
    /// The nearest point that is seen there, of a body or of the ground: east, north, up.
    pub surface: Option<[f64; 3]>,
    /// The nearest thing under it.
    pub hovered: Option<Target>,
    /// Who takes the clicks.
    pub hand: Hand,
    /// Whether what happens under it now moves something of an answer: neither the view nor the selection then.
    pub held: bool,
}

/// Whether feeds bring reports now: whoever shows cases looks for them then. Written by the feeds.
#[derive(Resource, Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving(pub bool);

/// The moment that is shown, milliseconds since 1970 UTC; `None`: now. Written by the desk of cases when time is played.
#[derive(Resource, Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Option<i64>);

/// The outline that was measured last, project CRS: an area that questions may be asked about.
#[derive(Resource, Default, Clone, Debug, PartialEq)]
pub struct DrawnArea(pub Vec<[f64; 2]>);

/// Who takes clicks in the scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hand {
    /// They select.
    #[default]
    Select,
    /// A measuring tool.
    Measure,
    /// A tool that draws proposed buildings.
    Scheme,
    /// A tool that says where a case is.
    Case,
}

/// Nobody holds the pointer until somebody claims it again.
pub fn let_go(mut pointer: ResMut<Pointer>) {
    if pointer.held {
        pointer.held = false;
    }
}

/// The order in which features see what mouse and keys ask of the scene.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// Those that may take it for themselves ([`Pointer::held`]): tools, and what is drawn before the city.
    Claim,
    /// Those that take what is left of clicks on the thing that is selected.
    Within,
    /// All others.
    Follow,
}

/// What mouse and keys ask of the scene; written by the desk, which knows whose the input is.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub enum SceneInput {
    /// The pointer is at a place (points), or gone.
    Moved(Option<[f32; 2]>),
    /// A click without a drag.
    Clicked([f32; 2]),
    /// A double click.
    DoubleClicked([f32; 2]),
    /// A drag with the first button: from, to.
    Pan([f32; 2], [f32; 2]),
    /// A drag with the second or third button, in points.
    Orbit([f32; 2]),
    /// The wheel: place and steps (positive nears).
    Zoom([f32; 2], f32),
    /// A key.
    Key(SceneKey),
}

/// Keys that the scene knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SceneKey {
    /// Turn north up.
    North,
    /// Bring everything into view.
    Fit,
    /// Move: right, forward.
    Move(i8, i8),
    /// Near (1) or away (-1).
    Zoom(i8),
    /// Let go of tool or selection.
    Escape,
}

/// Select one feature.
#[derive(Message, Clone, Copy, Debug)]
pub struct Select {
    /// The layer's number in the city; `None` selects nothing.
    pub target: Option<(usize, u32)>,
    /// Bring it into view.
    pub fly: bool,
}

/// Move the camera.
#[derive(Message, Clone, Copy, Debug)]
pub enum Fly {
    /// To see a box.
    To(Bounds),
    /// To a view.
    View(OrbitCamera),
    /// To the view that the project opens with, with its moment of the sun.
    First,
    /// To see everything.
    Home,
    /// North up.
    North,
}

/// Something the user should read.
#[derive(Message, Clone, Debug)]
pub struct Notice(pub Issue);

/// Change what the project holds; it is then loaded anew in the background.
#[derive(Message, Clone, Debug)]
pub enum ChangeProject {
    /// Add sources.
    Add(Vec<ProjectLayer>),
    /// Take a layer out, by id.
    Remove(String),
    /// Change how a layer is read, by id.
    Reread(String, Reread),
}

/// A change that needs a layer to be read again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reread {
    /// Another role.
    Role(crate::model::Role),
    /// Another stand.
    Vertical(crate::model::Vertical),
    /// Another stretch of the terrain.
    Exaggeration(f32),
}

/// Write an answer as pages: the dialog of snapshots opens and asks where to.
#[derive(Message, Clone, Debug)]
pub struct PublishReport {
    /// The report.
    pub report: Arc<Report>,
    /// What it says of itself.
    pub made: Made,
    /// The place that it is of, for a map; project CRS.
    pub place: Option<[f64; 2]>,
}

/// Show a layer's table.
#[derive(Message, Clone, Copy, Debug)]
pub struct ShowTable(pub usize);

/// Open the dialog that adds data.
#[derive(Message, Clone, Copy, Debug)]
pub struct AddData;

/// The long work under way: what it does and how far it is. Written by loading.
#[derive(Resource, Default, Clone, Debug, PartialEq)]
pub struct Busy(pub Option<(String, Option<f32>)>);

/// Stop the long work.
#[derive(Message, Clone, Copy, Debug)]
pub struct StopWork;

/// Look into a source: a file that was dropped onto the window.
#[derive(Message, Clone, Debug)]
pub struct LookInto(pub PathBuf);

/// A panel's three parts, kept between frames: what it shows, remembers and asks for.
#[derive(Resource)]
pub struct Panel<M: Send + Sync + 'static, S: Send + Sync + 'static, E: Send + Sync + 'static> {
    /// What it shows.
    pub model: M,
    /// What it remembers.
    pub state: S,
    /// What it asked for since the last frame.
    pub edits: Vec<E>,
}

impl<M, S, E> Default for Panel<M, S, E>
where
    M: Default + Send + Sync + 'static,
    S: Default + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    fn default() -> Self {
        Self { model: M::default(), state: S::default(), edits: Vec::new() }
    }
}
