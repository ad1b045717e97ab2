//! Cases: the desk at which they are followed, their pins on the map, and what is done with them.
//!
//! 1. [`keep`]: cases from the project's file and into it, on a thread;
//! 2. [`list`]: which are listed, in which order, and how each stands;
//! 3. [`pins`]: where they stand in the window, and which stand together;
//! 4. [`systems`]: edits become steps, replies become the panel's contents;
//! 5. [`hand`]: clicks on pins, and the tools that take a place from the map;
//! 6. [`overlay`]: pins over the scene;
//! 7. [`figures`] and [`spots`]: indicators, and where cases gather, reckoned off the frame's thread ([`reckoned`]);
//! 8. [`heat`]: areas of the map in the colours of their counts or figures; [`legend`]: what the colours stand for;
//! 9. [`near`]: what is near the case that is shown; [`news`]: what came in and what ran late, said once;
//! 10. [`reports`]: cases and figures as pages.

pub mod describe;
pub mod figures;
mod hand;
pub mod heat;
mod keep;
mod legend;
pub mod list;
pub mod near;
pub mod news;
mod on_map;
pub mod overlay;
pub mod pins;
mod reckoned;
mod reports;
pub mod spots;
pub mod state;
mod systems;
#[cfg(test)]
mod tests;
pub mod ui;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bevy::prelude::*;

use self::keep::Keeper;
use self::list::{Listed, Wish};
use self::pins::Pins;
use self::state::{All, CasesEdit, CasesModel, CasesState, KnownLayer, Tool};
use super::published::{Input, Moment, Panel};
use super::work::Work;
use crate::panels::Language;
use crate::scene::Frame;
use crate::themes::management::case::{Actor, Case};
use crate::themes::management::machine::Role;
use crate::themes::management::rules::Rules;

/// Id of the drawer's tab.
pub const TAB: &str = "cases";

/// The source of cases that were registered here.
const DESK: &str = "desk";

/// The desk's panels.
pub type CasesPanel = Panel<CasesModel, CasesState, CasesEdit>;

/// The cases of the project, and what the user does with them.
#[derive(Resource, Default)]
pub struct Cases {
    generation: u64,
    file: Option<PathBuf>,
    keeper: Option<Keeper>,
    /// Whether the keeper looks for other programs' changes.
    watching: bool,
    all: All,
    rules: Option<Arc<Rules>>,
    /// Grows with every change of the cases, and each minute.
    edition: u64,
    figures_busy: bool,
    spots_busy: bool,
    reading: bool,
    /// Steps on their way to the disk.
    writing: usize,
    error: String,
    /// Why the last step was refused.
    refused: String,
    /// Selected cases by place among all, ascending.
    selected: Vec<u32>,
    current: Option<u32>,
    tool: Option<Tool>,
    draft: Option<[f64; 2]>,
    /// The selected case's pin in the hand.
    drag: Option<hand::Drag>,
    listed: Arc<Listed>,
    listing: Option<(Wish, Work<(Listed, i64)>)>,
    /// What the list was made for.
    listed_wish: Wish,
    listed_at: i64,
    /// Where the view was when the list was made by distance.
    listed_centre: [f64; 2],
    /// The list is to be made anew.
    stale: bool,
    /// Whether time is played, and what of a second was not yet played.
    playing: bool,
    /// A case that is to be shown as soon as it is there: the one that was registered last.
    expected: bool,
    spread: Vec<u32>,
    /// The project's layers by id.
    layers: Arc<HashMap<String, KnownLayer>>,
    language: Option<Language>,
    /// What came in and what ran late since it was looked at.
    news: news::News,
    changed: bool,
}

impl Cases {
    /// The case whose card is shown.
    fn shown(&self) -> Option<&Arc<Case>> {
        self.all.get(self.current? as usize)
    }

    /// What the tab says beside its name, and whether something is overdue: how many are, and how many are new.
    pub fn badge(&self) -> Option<(String, bool)> {
        let (late, [new, overdue]) = (self.listed.overdue, self.news.counts());
        let late_text = (late > 0).then(|| late.to_string());
        let new_text = (new + overdue > 0).then(|| format!("+{}", new + overdue));
        let text: Vec<String> = late_text.into_iter().chain(new_text).collect();
        (!text.is_empty()).then(|| (text.join(" "), late > 0))
    }
}

/// The pins over the scene.
#[derive(Resource, Default)]
pub struct CasePins {
    pins: Pins,
    /// What they were made of.
    listed: Arc<Listed>,
    /// Whether the view has moved since.
    stale: bool,
    /// Whether they are shown.
    shown: bool,
}

/// Who sits at the desk before anybody has said it.
pub fn stranger() -> Actor {
    Actor::of("", Role::Operator)
}

/// Adds the desk of cases.
pub fn plugin(app: &mut App) {
    app.init_resource::<CasesPanel>()
        .init_resource::<Cases>()
        .init_resource::<CasePins>()
        .init_resource::<heat::Heat>()
        .init_resource::<near::Nearby>()
        .init_resource::<Moment>()
        .init_resource::<figures::Figures>()
        .init_resource::<spots::Spots>()
        .add_systems(Update, (systems::apply, hand::input).chain().in_set(Input::Claim))
        .add_systems(Update, reports::publish.in_set(Frame::Requests))
        .add_systems(Update, hand::let_go.in_set(Frame::Apply))
        .add_systems(
            Update,
            (
                systems::follow_project,
                systems::take_in,
                systems::play,
                systems::tell_moment,
                systems::make_list,
                systems::place_pins,
                figures::reckon,
                spots::reckon,
                heat::paint,
                on_map::tell,
                near::look,
                systems::fill,
            )
                .chain()
                .in_set(Frame::Rebuild),
        )
        .add_systems(Last, systems::finish);
}
