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
use super::{Cases, CasesPanel};
use crate::city::City;
use crate::features::published::Styles;
use crate::place::MapPoint;
use crate::scene::stage::{LayerLook, Looks, Shown};
use crate::themes::management::figures::Level;

/// What lies under the areas is still seen.
const OPACITY: f32 = 0.55;

/// What areas are coloured by.
#[derive(Clone)]
pub enum Source {
    /// Listed cases in cells of the unit grid.
    Listed(Arc<Listed>),
    /// An indicator of groups.
    Figures(Arc<Table>, Column),
}

impl Source {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Listed(a), Self::Listed(b)) => Arc::ptr_eq(a, b),
            (Self::Figures(a, column), Self::Figures(b, other)) => Arc::ptr_eq(a, b) && column == other,
            _ => false,
        }
    }

    /// The colour of an area.
    fn colour(&self, code: &str, classes: &[Class]) -> [u8; 3] {
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
    /// A layer that is coloured, and what it looks like otherwise.
    own: Option<(usize, LayerLook)>,
    /// The areas that are coloured.
    areas: Option<Arc<Areas>>,
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

    /// Gives a layer its own look again, unless the user has set another meanwhile.
    fn give_back(&mut self, looks: &mut Looks, changed: bool) {
        if let Some((number, own)) = self.own.take().filter(|_| !changed)
            && let Some(look) = looks.layers.get_mut(number)
        {
            (look.colours, look.visible, look.opacity, look.order) = (own.colours, own.visible, own.opacity, own.order);
        }
    }
}

/// What is to be coloured, and by what.
fn wanted(heat: &Heat, cases: &Cases, panel: &CasesPanel, figures: &Figures) -> Option<(Arc<Areas>, Source)> {
    let state = &panel.state;
    match state.page {
        Page::List if state.heat => Some((heat.cells.clone()?, Source::Listed(cases.listed.clone()))),
        Page::Figures if state.figures.paint => {
            let table = figures.0.answer.clone().filter(|table| table.by() == state.figures.by)?;
            Some((table.areas.clone()?, Source::Figures(table, state.figures.column)))
        }
        _ => None,
    }
}

/// Gives areas their colours, or their own again.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn paint(
    mut heat: ResMut<Heat>,
    mut cases: ResMut<Cases>,
    panel: Res<CasesPanel>,
    figures: Res<Figures>,
    shown: Res<Shown>,
    styles: Res<Styles>,
    mut looks: ResMut<Looks>,
) {
    if heat.generation != shown.generation {
        *heat = Heat { generation: shown.generation, ..Heat::default() };
        heat.cells = shown.city.as_ref().and_then(|city| areas(city, Level::Grid)).map(Arc::new);
        cases.changed = true;
    }
    let Some(city) = &shown.city else { return };
    let wish = wanted(&heat, &cases, &panel, &figures);
    let layer = wish.as_ref().map(|(areas, _)| areas.layer);
    let restyled = heat.own.is_some() && styles.is_changed();
    if restyled || heat.own.as_ref().is_some_and(|(number, _)| Some(*number) != layer) {
        // What the user has set meanwhile is what stays.
        heat.give_back(&mut looks, styles.is_changed());
        heat.areas = None;
        if heat.of.take().is_some() {
            heat.classes.clear();
            cases.changed = true;
        }
    }
    let Some((areas, source)) = wish else { return };
    // Figures that are being reckoned for another city are not of these rows.
    let is_of_city = city.layers.get(areas.layer).is_some_and(|layer| layer.rows() as usize == areas.codes.len());
    if !is_of_city || heat.of.as_ref().is_some_and(|of| of.is(&source)) {
        return;
    }
    let Some(look) = looks.layers.get_mut(areas.layer) else { return };
    heat.classes = match (&source, &cases.rules) {
        (Source::Listed(listed), _) => classes::of_counts(listed.grids.values().copied()),
        (Source::Figures(table, column), Some(rules)) => classes::of_column(table, *column, rules),
        (Source::Figures(..), None) => return,
    };
    let colour = |code: &String| {
        // What is no area of this level is not seen.
        let (r, g, b, a) = match source.colour(code, &heat.classes) {
            _ if code.is_empty() => (0, 0, 0, 0),
            [r, g, b] => (r, g, b, 255),
        };
        u32::from_le_bytes([r, g, b, a])
    };
    let colours: Vec<u32> = areas.codes.iter().map(colour).collect();
    if heat.own.is_none() {
        heat.own = Some((areas.layer, look.clone()));
    }
    // Over all that is flat: parcels and green would hide it.
    (look.colours, look.visible, look.opacity, look.order) = (Arc::new(colours), true, OPACITY, city.layers.len());
    (heat.areas, heat.of) = (Some(areas), Some(source));
    cases.changed = true;
}

/// The classes of the list's counts, for its legend; `None` where there is no grid to be coloured.
pub(super) fn of_list(heat: &Heat) -> Option<Vec<Class>> {
    heat.cells.as_ref()?;
    let listed = matches!(heat.of, Some(Source::Listed(_)));
    Some(if listed { heat.classes.clone() } else { Vec::new() })
}
