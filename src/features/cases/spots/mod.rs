//! Hot spots: squares where cases gather, and places where they come again.
//!
//! 1. [`found`]: what is found, with what is said of it and where it is drawn;
//! 2. [`ui`]: the page of the drawer;
//! 3. [`overlay`]: squares and places over the scene.
//!
//! What is looked for is `themes/management/hotspots.rs`, as for the command.

pub mod found;
pub mod overlay;
pub mod ui;

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use self::found::Found;
use super::list::Wish;
use super::reckoned::{Followed, Reckoned};
use super::state::Page;
use super::{Cases, CasesPanel};
use crate::features::published::Preferences;
use crate::place::MapPoint;
use crate::scene::stage::Shown;
use crate::themes::management::hotspots::Asked;
use crate::themes::management::times::now;

/// Sides of squares to choose from, metres.
pub const SIDES: [u32; 5] = [100, 200, 300, 500, 1000];
/// Days to choose from.
pub const DAYS: [u32; 4] = [7, 30, 90, 365];
/// How often is a repeat, to choose from.
pub const LEAST: [usize; 4] = [2, 3, 5, 10];

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct SpotsModel {
    /// What was found; `None` before the first is there.
    pub found: Option<Arc<Found>>,
    /// Whether it is being looked for.
    pub busy: bool,
    /// Why there is none.
    pub error: String,
}

/// Which of the two lists is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Squares.
    #[default]
    Squares,
    /// Places where cases come again.
    Repeats,
}

/// What the page remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotsState {
    /// Side of a square, metres.
    pub side: u32,
    /// Days of the period where none is chosen in the timeline.
    pub days: u32,
    /// So many cases of a category at a place are a repeat.
    pub least: usize,
    /// The list that is seen.
    pub kind: Kind,
    /// Whether squares and places are drawn over the map.
    pub drawn: bool,
    /// The row that was clicked, of either list.
    pub selected: Option<(Kind, usize)>,
}

impl Default for SpotsState {
    fn default() -> Self {
        Self { side: 200, days: 30, least: 3, kind: Kind::Squares, drawn: true, selected: None }
    }
}

/// What is looked for, and in which cases and city.
type Asking = (Asked, u64, u64);

/// Hot spots as they were found last.
#[derive(Resource, Default)]
pub struct Spots(pub(super) Reckoned<Asking, Found>);

/// What is looked for: in the period and the category that are chosen.
pub(super) fn asked(wish: &Wish, state: &SpotsState) -> Asked {
    Asked {
        since: wish.period.map(|[from, _]| from),
        until: wish.moment.map(|at| at.saturating_add(1)).or(wish.period.map(|[_, to]| to)),
        days: state.days,
        category: (!wish.category.is_empty()).then(|| wish.category.clone()),
        side: f64::from(state.side),
        least: state.least,
    }
}

/// Has hot spots looked for while their page is open.
pub(super) fn reckon(
    mut spots: ResMut<Spots>,
    mut cases: ResMut<Cases>,
    mut panel: ResMut<CasesPanel>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let frame = &preferences.settings.frame;
    let seen = frame.tab == super::TAB && (frame.bottom_open || panel.state.spots.drawn);
    if panel.state.page != Page::Spots || !seen || cases.reading {
        return;
    }
    let asked = asked(&panel.state.wish, &panel.state.spots);
    let wish = (asked.clone(), cases.edition, cases.generation);
    let (all, mesh) = (cases.all.clone(), shown.mesh.clone());
    let followed = spots.0.follow(wish, move || {
        let ground = |[east, north]: [f64; 2]| {
            mesh.as_ref().map_or(0.0, |mesh| mesh.ground.elevation(MapPoint::new(east, north)))
        };
        Ok(found::find(&all, &asked, now(), &ground))
    });
    if followed != Followed::Same {
        redraw.write(RequestRedraw);
    }
    if followed == Followed::New {
        // Numbers of rows are those of the list that was.
        panel.state.spots.selected = None;
        cases.changed = true;
    }
    let busy = spots.0.is_busy();
    if cases.spots_busy != busy {
        (cases.spots_busy, cases.changed) = (busy, true);
    }
}
