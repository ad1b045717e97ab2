//! What the desk of cases shows, remembers and asks for.

use std::collections::HashMap;
use std::sync::Arc;

use super::figures::classes::Class;
use super::figures::{FiguresModel, FiguresState};
use super::list::{Listed, Wish};
use super::reports::Leaving;
use super::spots::{SpotsModel, SpotsState};
use crate::model::Title;
use crate::panels::Language;
use crate::place::Bounds;
use crate::themes::management::calendar::TimeUnit;
use crate::themes::management::case::{Action, Actor, Case};
use crate::themes::management::facts::Subject;
use crate::themes::management::machine::{Role, Verb};
use crate::themes::management::near::Near;
use crate::themes::management::rules::Rules;

/// All cases of a project, in the order in which they came.
pub type All = Arc<Vec<Arc<Case>>>;

/// A page of the desk's tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The list of cases.
    #[default]
    List,
    /// Indicators.
    Figures,
    /// Hot spots and repeats.
    Spots,
}

/// A tool that takes the next click on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Where a new case is.
    Register,
    /// Where this case really is.
    Move(u32),
}

/// What the desk says of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownLayer {
    /// For people.
    pub title: Title,
    /// Who is responsible for it; empty where nothing says so.
    pub owner: String,
}

/// The desk's contents.
#[derive(Clone, Debug, Default)]
pub struct CasesModel {
    /// The language that names are said in.
    pub language: Option<Language>,
    /// All cases.
    pub all: All,
    /// How they are timed; `None` before a project is open.
    pub rules: Option<Arc<Rules>>,
    /// Those that are listed, in order.
    pub listed: Arc<Listed>,
    /// Whether they are being read.
    pub reading: bool,
    /// Whether a list is being made.
    pub listing: bool,
    /// Whether something is on its way to the disk.
    pub writing: bool,
    /// Why they cannot be read.
    pub error: String,
    /// Why the last step was refused; empty after one that was done.
    pub refused: String,
    /// Where they are kept.
    pub file: String,
    /// Who sits at the desk.
    pub me: Option<Actor>,
    /// Selected cases, by place among all, ascending.
    pub selected: Vec<u32>,
    /// The one whose card is shown.
    pub current: Option<u32>,
    /// The tool in hand.
    pub tool: Option<Tool>,
    /// Where the case that is being registered is, project CRS.
    pub draft: Option<[f64; 2]>,
    /// The moment that is looked back at; `None`: now.
    pub moment: Option<i64>,
    /// When the list was made, or the moment that it is of; milliseconds since 1970 UTC.
    pub now: i64,
    /// Whether time is played.
    pub playing: bool,
    /// Cases that lie so near to each other that no view parts them: chosen from a list.
    pub spread: Vec<u32>,
    /// The classes of counts that the unit grid is coloured by; `None` where there is no grid to be coloured.
    pub heat: Option<Vec<Class>>,
    /// What is near the case whose card is shown; `None` until it was looked for.
    pub near: Option<Arc<Near>>,
    /// Why that cannot be said.
    pub near_error: String,
    /// The project's layers by id.
    pub layers: Arc<HashMap<String, KnownLayer>>,
    /// Whether personal data is shown as it is.
    pub unmasked: bool,
    /// How many cases are new, and how many newly overdue.
    pub news: [usize; 2],
    /// The page of figures.
    pub figures: FiguresModel,
    /// The classes that areas of the map are coloured by, of figures; empty: they are not.
    pub classes: Vec<Class>,
    /// The page of hot spots.
    pub spots: SpotsModel,
    /// Whether the desk's tab is the one that was chosen, the drawer open or closed.
    pub chosen: bool,
}

impl CasesModel {
    /// The case whose card is shown.
    pub fn shown(&self) -> Option<&Arc<Case>> {
        self.all.get(self.current? as usize)
    }
}

/// The particulars that are being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// The case it is about.
    pub of: Option<u32>,
    /// What is to be done: the form of a verb with particulars is open.
    pub open: Option<Verb>,
    /// Why.
    pub note: String,
    /// The department.
    pub unit: String,
    /// Time for handling.
    pub amount: f64,
    /// Of what.
    pub counted: TimeUnit,
    /// Hours of delay.
    pub hours: f64,
    /// A picture's address or path.
    pub picture: String,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            of: None,
            open: None,
            note: String::new(),
            unit: String::new(),
            amount: 1.0,
            counted: TimeUnit::WorkDay,
            hours: 8.0,
            picture: String::new(),
        }
    }
}

/// A case that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewCase {
    /// What its category is looked for by.
    pub search: String,
    /// Id of its category; empty: not chosen yet.
    pub category: String,
    /// What is there.
    pub text: String,
    /// Address in words.
    pub address: String,
    /// Whether it was settled on the spot.
    pub self_handled: bool,
    /// The feature that it objects to.
    pub subject: Option<Subject>,
}

/// What the desk remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct CasesState {
    /// What is to leave as pages.
    pub leaving: Option<Leaving>,
    /// The page that is open.
    pub page: Page,
    /// What is listed, and in which order.
    pub wish: Wish,
    /// Whether pins stay on the map while another tab is open.
    pub keep_pins: bool,
    /// Whether cells of the unit grid have the colours of their counts.
    pub heat: bool,
    /// Whether who sits here is being changed.
    pub editing_me: bool,
    /// Who sits here, while that is being changed.
    pub me: Option<Actor>,
    /// The form of the card.
    pub form: Form,
    /// The form of all that are selected.
    pub batch: Form,
    /// The new case.
    pub new_case: NewCase,
    /// Texts of the card that are shown whole: the case, and which.
    pub whole: Vec<(u32, usize)>,
    /// A drag over the days: from, milliseconds.
    pub brush: Option<i64>,
    /// Days that pass in a second when time is played.
    pub speed: f64,
    /// The page of figures.
    pub figures: FiguresState,
    /// The page of hot spots.
    pub spots: SpotsState,
}

impl Default for CasesState {
    fn default() -> Self {
        Self {
            leaving: None,
            page: Page::List,
            wish: Wish::default(),
            keep_pins: false,
            heat: false,
            editing_me: false,
            me: None,
            form: Form::default(),
            batch: Form::default(),
            new_case: NewCase::default(),
            whole: Vec::new(),
            brush: None,
            speed: 1.0,
            figures: FiguresState::default(),
            spots: SpotsState::default(),
        }
    }
}

/// How a click selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// This one alone.
    Only,
    /// This one as well, or not any more.
    Toggle,
    /// All from the last one to this one.
    Through,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CasesEdit {
    /// The list is to be made anew: the wish has changed.
    List,
    /// Select a case.
    Select {
        /// Its place among all.
        case: u32,
        /// How.
        how: How,
        /// Bring it into view.
        fly: bool,
    },
    /// Select all that are listed, or none.
    SelectAll(bool),
    /// Do something with cases: their places among all, what, and why.
    Act(Vec<u32>, Action, String),
    /// Take a tool into the hand, or put it away.
    Take(Option<Tool>),
    /// Object to the data of a feature, which lies there.
    Object(Subject, [f64; 2]),
    /// Show a feature: its layer's id, its row.
    ShowThing(String, u32),
    /// Register the new case at the place that was clicked.
    Register(NewCase),
    /// Give up the new case.
    DropDraft,
    /// Somebody sits at the desk.
    Me(Actor),
    /// Play time, or pause.
    Play(bool),
    /// Close the list of cases at one place.
    CloseSpread,
    /// Show what is new, or do not: it was looked at either way.
    News(bool),
    /// Bring a part of the city into view.
    FlyTo(Bounds),
}

/// The roles of people.
pub const ROLES: [Role; 6] =
    [Role::GridMember, Role::Operator, Role::ShiftLeader, Role::Dispatcher, Role::Department, Role::Commander];

/// The verb by which a role begins a case; `None` where it does not.
pub fn begins_by(role: Role) -> Option<Verb> {
    match role {
        Role::GridMember => Some(Verb::Report),
        Role::Operator => Some(Verb::Register),
        _ => None,
    }
}
