//! What the planning panels show and ask for.

use std::sync::Arc;

use crate::model::control_line::ControlLine;
use crate::themes::planning::dossier::Verdict;
use crate::themes::planning::limits::Rule;
use crate::themes::planning::volumes::Wish;

/// The panels' contents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanningModel {
    /// Whether the project has parcels.
    pub has_parcels: bool,
    /// The selected parcel.
    pub dossier: Option<DossierModel>,
    /// All parcels, those in breach first; `None` before they were checked.
    pub parcels: Option<Arc<Vec<ParcelRow>>>,
    /// Parcels that cross control lines, or lie within or outside of some where that is worth a look.
    pub crossing: usize,
    /// The same by kind.
    pub controls: Vec<ControlChip>,
    /// While they are checked: the share done, where it is known.
    pub running: Option<Option<f32>>,
    /// Why they cannot be checked.
    pub error: String,
    /// Which floor area counts, and where that was read.
    pub rule: (String, String),
    /// Whether parcels have the colours of their verdicts.
    pub painted: bool,
    /// Whether they can have them: the layer is in memory.
    pub paintable: bool,
    /// Whether the body that may be built is shown; `None` where there is none to show.
    pub buildable: Option<bool>,
    /// What is wished of it.
    pub wish: Wish,
    /// How many bodies are shown red.
    pub offences: usize,
    /// The selected parcel's row.
    pub selected: Option<u32>,
    /// The land-use balance, and of which area; `None` before it was asked for.
    pub balance: Option<(Scope, Arc<Vec<BalanceRow>>)>,
    /// What the selected polygon of another layer is called; empty when none is selected.
    pub selected_area: String,
    /// Whether an outline was measured.
    pub drawn_area: bool,
}

/// A rule's line in a dossier.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRow {
    /// The rule.
    pub rule: Rule,
    /// What was measured, with its unit.
    pub measured: String,
    /// The limit, with "at most" or "at least"; or why there is none.
    pub limit: String,
    /// Where the limit was read.
    pub source: String,
    /// How the parcel stands to it.
    pub verdict: Verdict,
    /// What the number rests on.
    pub why: Vec<String>,
    /// Measured over limit, where both are numbers: for the bar.
    pub share: Option<f32>,
}

/// A parcel's dossier in words.
#[derive(Clone, Debug, PartialEq)]
pub struct DossierModel {
    /// Its id.
    pub id: String,
    /// The name of its land use, and its official colour.
    pub land_use: (String, Option<[u8; 3]>),
    /// The worst of its verdicts.
    pub verdict: Verdict,
    /// Its area.
    pub area: String,
    /// Counted floor area on it.
    pub floor_area: String,
    /// The zone that it lies in; empty without one.
    pub zone: String,
    /// What tables without a place say of it: title, and facts by name.
    pub records: Vec<(String, Vec<(&'static str, String)>)>,
    /// What stands on it, in words.
    pub standing: String,
    /// Units registered on it; empty where nothing is known of any.
    pub units: String,
    /// Cases on it, in words; empty without a layer of cases.
    pub cases: String,
    /// Parcels nearby: row, id, land use and distance.
    pub neighbours: Vec<(u32, String, String)>,
    /// One line for each rule.
    pub checks: Vec<CheckRow>,
    /// Control lines: the colour of their kind, what it is called, how the parcel lies to it; and whether that is
    /// worth a look.
    pub controls: Vec<ControlRow>,
    /// Setback of each side: where it faces, and the distance.
    pub sides: Vec<(String, String)>,
}

/// How many parcels a kind of control line is about.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlChip {
    /// The kind.
    pub kind: &'static ControlLine,
    /// What it is called.
    pub name: String,
    /// Parcels.
    pub count: usize,
}

/// A control line in a dossier.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlRow {
    /// The usual colour of its kind.
    pub colour: [u8; 3],
    /// The kind, and what the feature is called.
    pub name: String,
    /// How the parcel lies to it, and how much.
    pub text: String,
    /// Whether that is worth a look.
    pub matters: bool,
}

/// A parcel in the list of all.
#[derive(Clone, Debug, PartialEq)]
pub struct ParcelRow {
    /// Its row in the layer.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// Its land use as the data says it.
    pub land_use: String,
    /// The worst of its verdicts.
    pub verdict: Verdict,
    /// For each rule of [`Rule::ALL`]: how it stands, and measured beside the limit.
    pub rules: [(Verdict, String); Rule::ALL.len()],
    /// For each rule: measured over limit, where both are numbers.
    pub shares: [Option<f32>; Rule::ALL.len()],
    /// Kinds of control lines that it crosses, or lies within or outside of where that is worth a look.
    pub controls: Vec<&'static ControlLine>,
    /// By how much of the limit the worst breach goes beyond it.
    pub excess: f64,
}

/// What the drawer's tab shows of all parcels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The list.
    #[default]
    Parcels,
    /// How measured values stand to limits, by rule.
    Histogram,
    /// Areas by land use.
    Balance,
}

/// Of which area the land-use balance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All parcels.
    #[default]
    Whole,
    /// The selected polygon of another layer.
    Selected,
    /// The outline that was measured last.
    Drawn,
}

/// A land use in the balance.
#[derive(Clone, Debug, PartialEq)]
pub struct BalanceRow {
    /// Its code; empty for what is not known.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its official colour.
    pub colour: Option<[u8; 3]>,
    /// Parcels.
    pub parcels: u32,
    /// Their area, hectares.
    pub hectares: f64,
    /// Percent of the whole.
    pub percent: f64,
}

/// What the panel remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanningState {
    /// What of all parcels is shown.
    pub page: Page,
    /// Only parcels of this bar of the histogram are listed: rule, and place of the bar.
    pub bar: Option<(Rule, usize)>,
    /// Only parcels with this verdict are listed.
    pub verdict: Option<Verdict>,
    /// Only parcels that break this rule are listed.
    pub rule: Option<Rule>,
    /// Only parcels that cross control lines of any kind, or of this one, are listed.
    pub control: Option<Controls>,
    /// The rows that are listed, and what they were chosen from.
    pub listed: Vec<u32>,
    /// What `listed` was made for.
    pub listed_for: Option<ListedFor>,
}

/// Which control lines a list is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Controls {
    /// Any.
    Any,
    /// Those of a kind.
    Of(&'static ControlLine),
}

/// What a list was chosen by: parcels, verdict, rule, bar, control lines.
pub type ListedFor = (usize, Option<Verdict>, Option<Rule>, Option<(Rule, usize)>, Option<Controls>);

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanningEdit {
    /// The land-use balance of an area.
    Balance(Scope),
    /// What is wished of the body that may be built.
    Envelope(Wish),
    /// Check all parcels.
    CheckAll,
    /// Save all parcels with their verdicts as a layer, and add it.
    SaveLayer,
    /// Stop checking.
    Stop,
    /// Select a parcel by its row, and fly there.
    Select(u32, bool),
    /// Show the body that may be built on the selected parcel, or hide it.
    Buildable(bool),
    /// Give parcels the colours of their verdicts, or their own again.
    Paint(bool),
}
