//! From the panel's wishes to looks, and from looks to the panel.

use bevy::prelude::*;

use super::LayersPanel;
use super::describe::describe as describe_layers;
use super::state::LayersEdit;
use crate::analysis::colour::Legend;
use crate::features::paint;
use crate::features::published::{
    AddData, ChangeProject, Fly, NOTICES_TAB, Preferences, Privacy, Reread, ShowTable, Styles,
};
use crate::scene::stage::{Looks, Shown};

/// What the colours of each layer mean; in the city's order.
#[derive(Resource, Default)]
pub struct Legends(pub Vec<Legend>);

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<LayersPanel>,
    shown: Res<Shown>,
    mut looks: ResMut<Looks>,
    mut styles: ResMut<Styles>,
    mut legends: ResMut<Legends>,
    mut preferences: ResMut<Preferences>,
    mut dialogs: MessageWriter<AddData>,
    mut flights: MessageWriter<Fly>,
    mut tables: MessageWriter<ShowTable>,
    mut changes: MessageWriter<ChangeProject>,
) {
    if panel.edits.is_empty() {
        return;
    }
    let Some(city) = shown.city.clone() else {
        panel.edits.clear();
        dialogs.write(AddData);
        return;
    };
    let number = |id: &str| city.layers.iter().position(|layer| layer.layer.id == id);
    let picture = |id: &str| city.imagery.iter().position(|picture| picture.id == id);
    for edit in std::mem::take(&mut panel.edits) {
        let mut restyled = None;
        match edit {
            LayersEdit::Visible { id, visible } => match (number(&id), picture(&id)) {
                (Some(n), _) if n < looks.layers.len() => looks.layers[n].visible = visible,
                (None, Some(n)) if n < looks.imagery.len() => looks.imagery[n].0 = visible,
                _ => {}
            },
            LayersEdit::Opacity { id, opacity } => match (number(&id), picture(&id)) {
                (Some(n), _) if n < looks.layers.len() => {
                    looks.layers[n].opacity = opacity;
                    styles.layers[n].opacity = opacity;
                }
                (None, Some(n)) if n < looks.imagery.len() => looks.imagery[n].1 = opacity,
                _ => {}
            },
            LayersEdit::Order { id, to } => {
                let Some(n) = number(&id) else { continue };
                styles.order.retain(|other| *other != n);
                // The panel lists the uppermost first.
                let place = styles.order.len().saturating_sub(to);
                styles.order.insert(place, n);
                for (place, layer) in styles.order.iter().enumerate() {
                    looks.layers[*layer].order = place;
                }
            }
            LayersEdit::ColourBy { id, field } => {
                restyled = number(&id);
                if let Some(n) = restyled {
                    let style = &mut styles.layers[n];
                    (style.colour_by, style.classing) = (field, None);
                    style.values.clear();
                }
            }
            LayersEdit::Classing { id, classing } => {
                restyled = number(&id);
                if let Some(n) = restyled {
                    styles.layers[n].classing = Some(classing);
                    styles.layers[n].values.clear();
                }
            }
            LayersEdit::Classes { id, classes } => {
                restyled = number(&id);
                if let Some(n) = restyled {
                    styles.layers[n].classes = Some(classes);
                }
            }
            LayersEdit::LabelBy { id, field } => {
                if let Some(n) = number(&id) {
                    styles.layers[n].label_by = field;
                }
            }
            LayersEdit::ZoomTo { id } => {
                let bounds = match (number(&id), picture(&id), &city.terrain) {
                    (Some(n), ..) => city.layers[n].extent(),
                    (_, Some(n), _) => city.imagery[n].imagery.bounds,
                    (.., Some(terrain)) => terrain.bounds(),
                    _ => continue,
                };
                flights.write(Fly::To(bounds));
            }
            LayersEdit::OpenTable { id } => {
                if let Some(n) = number(&id) {
                    tables.write(ShowTable(n));
                }
            }
            LayersEdit::ShowNotices { .. } => preferences.settings.frame.open_tab(NOTICES_TAB),
            LayersEdit::Role { id, role } => {
                changes.write(ChangeProject::Reread(id, Reread::Role(role)));
            }
            LayersEdit::Vertical { id, vertical } => {
                changes.write(ChangeProject::Reread(id, Reread::Vertical(vertical)));
            }
            LayersEdit::Exaggeration { id, exaggeration } => {
                changes.write(ChangeProject::Reread(id, Reread::Exaggeration(exaggeration)));
            }
            LayersEdit::Remove { id } => {
                changes.write(ChangeProject::Remove(id));
            }
            LayersEdit::AddData => {
                dialogs.write(AddData);
            }
        }
        if let Some(n) = restyled {
            legends.0[n] = paint(&city.layers[n], &styles.layers[n], &mut looks.layers[n]);
        }
    }
}

/// A new city brings its own styles; a layer that was there before keeps what the user made of it.
pub(super) fn take_over(
    shown: Res<Shown>,
    mut looks: ResMut<Looks>,
    mut styles: ResMut<Styles>,
    mut legends: ResMut<Legends>,
    mut panel: ResMut<LayersPanel>,
    mut generation: Local<u64>,
    mut ids: Local<Vec<String>>,
) {
    let Some(city) = shown.city.as_ref().filter(|_| *generation != shown.generation) else { return };
    *generation = shown.generation;
    let before: Vec<_> = ids.drain(..).zip(std::mem::take(&mut styles.layers)).collect();
    styles.labels |= before.is_empty();
    styles.order = (0..city.layers.len()).collect();
    legends.0.clear();
    for (n, layer) in city.layers.iter().enumerate() {
        let kept = before.iter().find(|(id, _)| *id == layer.layer.id).map(|(_, style)| style.clone());
        let style = kept.unwrap_or_else(|| layer.layer.style.clone());
        let mut legend = Legend::default();
        if let Some(look) = looks.layers.get_mut(n) {
            legend = paint(layer, &style, look);
            look.opacity = style.opacity;
        }
        // Colours that mean something are explained from the start, where there is room for it.
        if before.is_empty() && style.colour_by.is_some() && city.layers.len() < 4 {
            panel.state.open.insert(layer.layer.id.clone());
        }
        legends.0.push(legend);
        styles.layers.push(style);
        ids.push(layer.layer.id.clone());
    }
}

/// Fills the panel.
pub(super) fn describe(
    shown: Res<Shown>,
    looks: Res<Looks>,
    styles: Res<Styles>,
    legends: Res<Legends>,
    privacy: Res<Privacy>,
    preferences: Res<Preferences>,
    mut panel: ResMut<LayersPanel>,
) {
    let asked = preferences.is_changed() || privacy.is_changed();
    if !(shown.is_changed() || looks.is_changed() || styles.is_changed() || asked) {
        return;
    }
    let Some(city) = &shown.city else { return };
    let model = describe_layers(city, &looks, &styles, &legends.0, &preferences, privacy.unmasked);
    if panel.model != model {
        panel.model = model;
    }
}
