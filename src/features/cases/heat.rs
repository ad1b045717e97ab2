//! Areas of the map in the colours of their figures: cells of the unit grid by how many listed cases lie in them, or
//! what the figures are grouped by in the colours of the indicator that was chosen.

use std::sync::Arc;

use bevy::prelude::*;

use super::figures::Figures;
use super::figures::areas::{Areas, areas};
use super::figures::classes::{self, Class, NO_VALUE, NOTHING};
use super::figures::column::Column;
use super::figures::table::Table;
use super::list::Listed;
use super::state::Page;
use super::{Cases, CasesPanel, TAB};
use crate::city::City;
use crate::features::published::Preferences;
use crate::place::MapPoint;
use crate::scene::areas::{Painted, PaintedAreas};
use crate::scene::stage::Shown;
use crate::themes::management::figures::Level;

/// What lies under the areas is still seen, and does not turn their colours into others.
pub(super) const OPACITY: f32 = 0.75;

/// What areas are coloured by.
#[derive(Clone)]
pub enum Source {
    /// Listed cases in cells of the unit grid.
    Listed(Arc<Listed>),
    /// An indicator of groups.
    Figures(Arc<Table>, Column),
}

impl Source {
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Listed(a), Self::Listed(b)) => Arc::ptr_eq(a, b),
            (Self::Figures(a, column), Self::Figures(b, other)) => Arc::ptr_eq(a, b) && column == other,
            _ => false,
        }
    }

    /// The number of an area; `None` where it has none.
    pub(super) fn value(&self, code: &str) -> Option<f64> {
        match self {
            Self::Listed(listed) => Some(f64::from(listed.grids.get(code).copied().unwrap_or_default())),
            Self::Figures(table, column) => column.of(table.row(code)?),
        }
    }

    /// The colour of an area.
    pub(super) fn colour(&self, code: &str, classes: &[Class]) -> [u8; 3] {
        match self {
            Self::Listed(listed) => {
                let count = listed.grids.get(code).filter(|count| **count > 0);
                count.and_then(|count| classes::colour(classes, f64::from(*count))).unwrap_or(NOTHING)
            }
            Self::Figures(table, column) => match (table.row(code).map(|row| column.of(row)), column) {
                (None, _) => NOTHING,
                (Some(Some(0.0)), Column::Count(_)) => NOTHING,
                (Some(value), _) => value.and_then(|value| classes::colour(classes, value)).unwrap_or(NO_VALUE),
            },
        }
    }
}

/// How areas are coloured now.
#[derive(Resource, Default)]
pub struct Heat {
    generation: u64,
    /// Cells of the unit grid; `None` where the city has no grid that can be coloured.
    cells: Option<Arc<Areas>>,
    /// The areas that are coloured.
    pub(super) areas: Option<Arc<Areas>>,
    /// What they are coloured by.
    pub(super) of: Option<Source>,
    /// The classes, for the legend.
    pub(super) classes: Vec<Class>,
}

impl Heat {
    /// The area at a place, by its code; `None` while none is coloured.
    pub(super) fn at(&self, city: &City, point: MapPoint) -> Option<&str> {
        let areas = self.areas.as_ref().filter(|_| self.of.is_some())?;
        let layer = city.layers.get(areas.layer)?;
        let rows = layer.index.at(&layer.layer.table.geometry, point, 0.0);
        let code = |row: &u32| areas.codes.get(*row as usize).map(String::as_str).filter(|code| !code.is_empty());
        rows.iter().find_map(code)
    }
}

/// What is to be coloured, and by what.
fn wanted(
    heat: &Heat,
    cases: &Cases,
    panel: &CasesPanel,
    figures: &Figures,
    chosen: bool,
) -> Option<(Arc<Areas>, Source)> {
    let state = &panel.state;
    match state.page {
        Page::List if state.heat => Some((heat.cells.clone()?, Source::Listed(cases.listed.clone()))),
        // Not beside what another tab shows.
        Page::Figures if state.figures.paint && chosen => {
            let table = figures.0.answer.clone().filter(|table| table.by() == state.figures.by)?;
            Some((table.areas.clone()?, Source::Figures(table, state.figures.column)))
        }
        _ => None,
    }
}

/// Gives areas their colours, or takes them away.
pub(super) fn paint(
    mut heat: ResMut<Heat>,
    mut cases: ResMut<Cases>,
    panel: Res<CasesPanel>,
    figures: Res<Figures>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    mut painted: ResMut<PaintedAreas>,
) {
    if heat.generation != shown.generation {
        *heat = Heat { generation: shown.generation, ..Heat::default() };
        heat.cells = shown.city.as_ref().and_then(|city| areas(city, Level::Grid)).map(Arc::new);
        (painted.0, cases.changed) = (None, true);
    }
    let Some(city) = &shown.city else { return };
    // Figures that are being reckoned for another city are not of these rows.
    let is_of_city = |(areas, _): &(Arc<Areas>, Source)| {
        city.layers.get(areas.layer).is_some_and(|layer| layer.rows() as usize == areas.codes.len())
    };
    let chosen = preferences.settings.frame.tab == TAB;
    let wish = wanted(&heat, &cases, &panel, &figures, chosen).filter(is_of_city);
    let Some(((areas, source), rules)) = wish.zip(cases.rules.clone()) else {
        if heat.of.take().is_some() {
            heat.classes.clear();
            (painted.0, heat.areas, cases.changed) = (None, None, true);
        }
        return;
    };
    if heat.of.as_ref().is_some_and(|of| of.is(&source)) {
        return;
    }
    heat.classes = match &source {
        Source::Listed(listed) => classes::of_counts(listed.grids.values().copied()),
        Source::Figures(table, column) => classes::of_column(table, *column, &rules),
    };
    let colour = |code: &String| {
        // What is no area of this level is not seen.
        let (r, g, b, a) = match source.colour(code, &heat.classes) {
            _ if code.is_empty() => (0, 0, 0, 0),
            [r, g, b] => (r, g, b, 255),
        };
        u32::from_le_bytes([r, g, b, a])
    };
    let colours: Arc<Vec<u32>> = Arc::new(areas.codes.iter().map(colour).collect());
    painted.0 = Some(Painted { layer: areas.layer, colours, opacity: OPACITY });
    (heat.areas, heat.of) = (Some(areas), Some(source));
    cases.changed = true;
}

/// The classes of the list's counts, for its legend; `None` where there is no grid to be coloured.
pub(super) fn of_list(heat: &Heat) -> Option<Vec<Class>> {
    heat.cells.as_ref()?;
    let listed = matches!(heat.of, Some(Source::Listed(_)));
    Some(if listed { heat.classes.clone() } else { Vec::new() })
}
