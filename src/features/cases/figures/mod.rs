//! Figures: indicators of the cases by department, area, category or person.
//!
//! 1. [`mod@column`]: what may stand in a column, with its formula;
//! 2. [`areas`]: the areas of the map that groups stand for;
//! 3. [`table`]: the rows, and their order;
//! 4. [`classes`]: colours of values;
//! 5. [`ui`]: the page of the drawer.
//!
//! What is counted is `themes/management/figures.rs`, as for the command.

pub mod areas;
pub mod classes;
pub mod column;
pub mod table;
pub mod ui;

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use self::column::Column;
use self::table::Table;
use super::list::Wish;
use super::reckoned::{Followed, Reckoned};
use super::state::Page;
use super::{Cases, CasesPanel};
use crate::features::published::Preferences;
use crate::scene::stage::Shown;
use crate::themes::management::figures::{Asked, By};
use crate::themes::management::times::now;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct FiguresModel {
    /// The figures; `None` before the first are there.
    pub table: Option<Arc<Table>>,
    /// Whether they are being reckoned.
    pub busy: bool,
    /// Why there are none.
    pub error: String,
}

/// What the page remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct FiguresState {
    /// What cases are grouped by.
    pub by: By,
    /// The indicator that bars and colours show.
    pub column: Column,
    /// Whether rows stand by name, and not by the indicator.
    pub by_name: bool,
    /// Whether the order is turned round: by name the last first, by value the least.
    pub turned: bool,
    /// Whether areas of the map have its colours.
    pub paint: bool,
    /// The row that was clicked.
    pub selected: Option<String>,
    /// Rows in order, and what they were put in order for.
    pub(super) order: Vec<u32>,
    pub(super) order_for: Option<(usize, Column, bool, bool)>,
}

impl Default for FiguresState {
    fn default() -> Self {
        Self {
            by: By::Unit,
            column: Column::usual(),
            by_name: false,
            turned: false,
            paint: true,
            selected: None,
            order: Vec::new(),
            order_for: None,
        }
    }
}

/// What is reckoned, and of which cases and city.
type Asking = (Asked, u64, u64);

/// The figures as they were reckoned last.
#[derive(Resource, Default)]
pub struct Figures(pub(super) Reckoned<Asking, Table>);

/// What is asked for: of the period and the category that are chosen.
pub(super) fn asked(wish: &Wish, by: By) -> Asked {
    Asked {
        since: wish.period.map(|[from, _]| from),
        // With a moment: how it stood then.
        until: wish.moment.map(|at| at.saturating_add(1)).or(wish.period.map(|[_, to]| to)),
        category: (!wish.category.is_empty()).then(|| wish.category.clone()),
        by: Some(by),
    }
}

/// Has the figures reckoned while their page is open.
pub(super) fn reckon(
    mut figures: ResMut<Figures>,
    mut cases: ResMut<Cases>,
    panel: Res<CasesPanel>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let frame = &preferences.settings.frame;
    let seen = frame.tab == super::TAB && (frame.bottom_open || panel.state.figures.paint);
    let Some(rules) = cases.rules.clone().filter(|_| panel.state.page == Page::Figures && seen) else { return };
    let asked = asked(&panel.state.wish, panel.state.figures.by);
    let wish = (asked.clone(), cases.edition, cases.generation);
    let (all, city) = (cases.all.clone(), shown.city.clone());
    let followed = figures.0.follow(wish, move || Ok(table::reckon(&all, &rules, asked, city.as_deref(), now())));
    if followed != Followed::Same {
        redraw.write(RequestRedraw);
        if followed == Followed::New || !cases.figures_busy {
            cases.changed = true;
        }
    }
    let busy = figures.0.is_busy();
    if cases.figures_busy != busy {
        (cases.figures_busy, cases.changed) = (busy, true);
    }
}
