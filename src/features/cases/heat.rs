//! Cells of the unit grid in the colours of how many listed cases lie in them.

use std::collections::HashMap;
use std::sync::Arc;

use bevy::prelude::*;

use super::list::Listed;
use super::{Cases, CasesPanel};
use crate::city::{City, CityLayer};
use crate::features::published::Styles;
use crate::model::{Meaning, Role};
use crate::place::MapPoint;
use crate::scene::stage::{LayerLook, Looks, Shown};

/// Colours of classes, few cases first; of cells without any the first.
const COLOURS: [[u8; 3]; 6] = [
    [0xe9, 0xec, 0xef],
    [0xff, 0xf3, 0xb0],
    [0xfe, 0xcc, 0x5c],
    [0xfd, 0x8d, 0x3c],
    [0xf0, 0x3b, 0x20],
    [0xb1, 0x00, 0x26],
];
/// What lies under the grid is still seen.
const OPACITY: f32 = 0.55;

/// The classes of counts: each up to this many, with its colour.
pub type Classes = Vec<(u32, [u8; 3])>;

/// How the grid is coloured now.
#[derive(Resource, Default)]
pub struct Heat {
    generation: u64,
    /// The layer of cells.
    layer: Option<usize>,
    /// Its rows by code.
    rows: HashMap<String, u32>,
    /// What it looks like otherwise, while it is coloured.
    own: Option<LayerLook>,
    /// The list that it is coloured by.
    of: Option<Arc<Listed>>,
    /// The classes, for the legend.
    pub(super) classes: Classes,
}

impl Heat {
    /// The cell at a place, by its code, and how many listed cases lie in it; `None` while it is not coloured.
    pub(super) fn at(&self, city: &City, point: MapPoint) -> Option<(String, u32)> {
        let (listed, layer) = (self.of.as_ref()?, city.layers.get(self.layer?)?);
        let row = layer.index.at(&layer.layer.table.geometry, point, 0.0).into_iter().next()?;
        let code = code_of(layer, row)?;
        let count = listed.grids.get(&code).copied().unwrap_or(0);
        Some((code, count))
    }
}

/// The code of a cell, as places say it.
fn code_of(layer: &CityLayer, row: u32) -> Option<String> {
    let layer = &layer.layer;
    let field = layer.mapping.get(Meaning::Code).or_else(|| layer.mapping.get(Meaning::Id))?;
    let code = layer.table.value(row, &field.field).to_string();
    Some(code.trim().trim_start_matches("156").to_owned()).filter(|code| !code.is_empty())
}

/// Classes of about as many cells each; the last reaches to the greatest count.
pub fn classes(counts: impl Iterator<Item = u32>) -> Classes {
    let mut counts: Vec<u32> = counts.filter(|count| *count > 0).collect();
    counts.sort_unstable();
    let last = counts.len().saturating_sub(1);
    let mut ends: Vec<u32> = (1..=5).filter_map(|n| counts.get(last * n / 5).copied()).collect();
    ends.dedup();
    // The greatest has the strongest colour, however few classes there are.
    let from = COLOURS.len() - ends.len();
    ends.into_iter().zip(COLOURS.into_iter().skip(from)).collect()
}

/// The colour of a count.
fn colour(classes: &Classes, count: u32) -> [u8; 3] {
    let of = classes.iter().find(|(end, _)| count <= *end).filter(|_| count > 0);
    of.map_or(COLOURS[0], |(_, colour)| *colour)
}

/// Whether a city has a grid that can be coloured.
fn grid_of(city: &City) -> Option<usize> {
    city.layers.iter().position(|layer| {
        let mapping = &layer.layer.mapping;
        let named = mapping.get(Meaning::Code).is_some() || mapping.get(Meaning::Id).is_some();
        layer.layer.role == Role::Grid && layer.stream.is_none() && named
    })
}

/// Gives the cells their colours, or their own again.
pub(super) fn paint(
    mut heat: ResMut<Heat>,
    mut cases: ResMut<Cases>,
    panel: Res<CasesPanel>,
    shown: Res<Shown>,
    styles: Res<Styles>,
    mut looks: ResMut<Looks>,
) {
    if heat.generation != shown.generation {
        *heat = Heat { generation: shown.generation, ..Heat::default() };
        heat.layer = shown.city.as_ref().and_then(|city| grid_of(city));
        cases.changed = true;
    }
    let (Some(city), Some(number)) = (&shown.city, heat.layer) else { return };
    let Some(layer) = city.layers.get(number) else { return };
    let wanted = panel.state.heat;
    if !wanted || heat.own.is_some() && styles.is_changed() {
        // What the user has set meanwhile is what stays.
        let own = heat.own.take();
        if let (Some(own), Some(look), false) = (own, looks.layers.get_mut(number), styles.is_changed()) {
            (look.colours, look.visible, look.opacity, look.order) = (own.colours, own.visible, own.opacity, own.order);
        }
        if heat.of.take().is_some() {
            heat.classes.clear();
            cases.changed = true;
        }
        if !wanted {
            return;
        }
    }
    if heat.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &cases.listed)) {
        return;
    }
    if heat.rows.is_empty() {
        heat.rows = (0..layer.rows()).filter_map(|row| Some((code_of(layer, row)?, row))).collect();
    }
    let Some(look) = looks.layers.get_mut(number) else { return };
    let listed = cases.listed.clone();
    heat.classes = classes(listed.grids.values().copied());
    let of = |count| {
        let [r, g, b] = colour(&heat.classes, count);
        u32::from_le_bytes([r, g, b, 255])
    };
    let mut colours = vec![of(0); layer.rows() as usize];
    for (code, count) in &listed.grids {
        if let Some(cell) = heat.rows.get(code).and_then(|row| colours.get_mut(*row as usize)) {
            *cell = of(*count);
        }
    }
    if heat.own.is_none() {
        heat.own = Some(look.clone());
    }
    // Over all that is flat: parcels and green would hide it.
    (look.colours, look.visible, look.opacity, look.order) = (Arc::new(colours), true, OPACITY, city.layers.len());
    heat.of = Some(listed);
    cases.changed = true;
}

/// Whether there is a grid to be coloured.
pub(super) fn can_paint(heat: &Heat) -> bool {
    heat.layer.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_a_class_and_more_is_never_weaker() {
        for counts in [vec![], vec![3], vec![1, 1, 1, 2], (1..200).collect(), vec![1, 1, 1, 1, 1, 1, 1, 900]] {
            let classes = classes(counts.iter().copied());
            let rank = |count: u32| COLOURS.iter().position(|known| *known == colour(&classes, count)).unwrap();
            assert_eq!(rank(0), 0);
            let mut sorted = counts.clone();
            sorted.sort_unstable();
            assert!(sorted.windows(2).all(|pair| rank(pair[0]) <= rank(pair[1])));
            if let Some(most) = sorted.last() {
                assert_eq!(rank(*most), COLOURS.len() - 1);
                assert!(rank(sorted[0]) > 0);
            }
        }
    }
}
