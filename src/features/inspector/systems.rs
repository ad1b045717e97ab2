//! From the pointer to the selection to the panel.

use bevy::prelude::*;

use super::describe::describe_selection;
use super::state::InspectorEdit;
use super::{InspectorPanel, state};
use crate::features::published::{
    Fly, Hand, Notice, OpenProject, Pointer, Preferences, Privacy, SceneInput, SceneKey, Select, Selection, ShowTable,
    Styles, Target,
};
use crate::features::under::{targets, under};
use crate::features::unmasking;
use crate::index::pick::HitKind;
use crate::model::{Layer, Meaning};
use crate::query::identity::id_of;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;

/// What the panel asked for.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<InspectorPanel>,
    mut selection: ResMut<Selection>,
    shown: Res<Shown>,
    mut flights: MessageWriter<Fly>,
    mut tables: MessageWriter<ShowTable>,
    (preferences, project): (Res<Preferences>, Res<OpenProject>),
    mut privacy: ResMut<Privacy>,
    mut notices: MessageWriter<Notice>,
) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        let target = selection.target();
        match edit {
            InspectorEdit::Pick(current) if current < selection.targets.len() => selection.current = current,
            InspectorEdit::Pick(_) => {}
            InspectorEdit::Unmask(on) => {
                privacy.unmasked = on;
                if let (true, Some(thing)) = (on, &panel.model.thing) {
                    let fields = thing.personal.as_ref().map_or("", |(fields, _)| fields.as_str());
                    unmasking::note(&thing.layer_id, &[fields], &project, &preferences, &mut notices);
                }
            }
            InspectorEdit::Clear => *selection = Selection::default(),
            InspectorEdit::ZoomTo => {
                if let (Some(target), Some(city)) = (target, &shown.city) {
                    flights.write(Fly::To(around(city, target)));
                }
            }
            InspectorEdit::ShowInTable => {
                if let Some(target) = target {
                    tables.write(ShowTable(target.layer));
                }
            }
        }
    }
}

/// A box around a feature with some of its neighbourhood.
fn around(city: &crate::city::City, target: Target) -> crate::place::Bounds {
    // A file that cannot be read any more is said by the inspector; here nothing moves far.
    crate::features::around(&city.layers[target.layer], target.feature).unwrap_or(city.extent)
}

/// Follows the pointer; a click selects all that is under it.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn point(
    mut input: MessageReader<SceneInput>,
    eye: Res<Eye>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    styles: Res<Styles>,
    mut pointer: ResMut<Pointer>,
    mut selection: ResMut<Selection>,
) {
    for wish in input.read() {
        match *wish {
            SceneInput::Moved(at) => {
                pointer.at = at;
                let asked = at.map(|at| under(at, &eye, &shown, &looks, &styles));
                let sight = at.map(|at| eye.sight(at));
                pointer.surface = asked.as_ref().and_then(|(picked, _)| {
                    let body = picked.hits.iter().find(|hit| hit.kind != HitKind::Flat).map(|hit| hit.distance);
                    Some(sight?.at(body.or(picked.ground.map(|ground| ground.distance))?))
                });
                pointer.ground = asked.as_ref().and_then(|(picked, _)| picked.ground);
                pointer.hovered = asked.and_then(|(picked, numbers)| targets(&picked, &numbers).first().copied());
            }
            SceneInput::Clicked(at) if pointer.hand == Hand::Select && !pointer.held => {
                let (picked, numbers) = under(at, &eye, &shown, &looks, &styles);
                *selection = Selection { targets: targets(&picked, &numbers), current: 0 };
            }
            SceneInput::Key(SceneKey::Escape) if pointer.hand == Hand::Select && !pointer.held => {
                *selection = Selection::default()
            }
            _ => {}
        }
    }
}

/// Selections that come from lists, tables and searches.
pub(super) fn select(
    mut wishes: MessageReader<Select>,
    mut selection: ResMut<Selection>,
    shown: Res<Shown>,
    mut flights: MessageWriter<Fly>,
    mut generation: Local<u64>,
) {
    if *generation != shown.generation {
        // Row numbers of another city mean nothing in this one.
        *generation = shown.generation;
        *selection = Selection::default();
    }
    for wish in wishes.read() {
        let Some(city) = &shown.city else { continue };
        let target = wish.target.map(|(layer, feature)| Target { layer, feature, hit: None });
        *selection = Selection { targets: target.into_iter().collect(), current: 0 };
        if let Some(target) = target.filter(|_| wish.fly) {
            flights.write(Fly::To(around(city, target)));
        }
    }
}

/// Fills the panel.
pub(super) fn describe(
    selection: Res<Selection>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    privacy: Res<Privacy>,
    mut panel: ResMut<InspectorPanel>,
) {
    if !(selection.is_changed() || preferences.is_changed() || shown.is_changed() || privacy.is_changed()) {
        return;
    }
    let model = match (&shown.city, &shown.mesh) {
        (Some(city), Some(mesh)) => describe_selection(city, mesh, &looks, &selection, &preferences, *privacy),
        _ => state::InspectorModel::default(),
    };
    if panel.model != model {
        panel.model = model;
    }
}

/// The parts that are drawn in the place of a covered feature, by the layer's field of parents.
fn parts_of(layer: &Layer, row: u32) -> Vec<u32> {
    let covered = layer.heights.as_ref().and_then(|heights| heights.covered.get(row as usize).copied());
    let parents = layer.mapping.get(Meaning::Parent).and_then(|mapped| layer.table.field(&mapped.field));
    let (Some(true), Some(parents)) = (covered, parents) else { return Vec::new() };
    let id = id_of(layer, row);
    (0..layer.table.len() as u32).filter(|part| parents.values.get(*part).to_string() == id).collect()
}

/// Marks the selected and the hovered feature in the scene.
pub(super) fn mark(selection: Res<Selection>, pointer: Res<Pointer>, shown: Res<Shown>, mut looks: ResMut<Looks>) {
    if !(selection.is_changed() || pointer.is_changed()) {
        return;
    }
    let chosen = selection.target();
    let hovered = pointer.hovered.filter(|_| pointer.hand == Hand::Select);
    for number in 0..looks.layers.len() {
        let mut selected: Vec<u32> = chosen.iter().filter(|t| t.layer == number).map(|t| t.feature).collect();
        if let (Some(row), Some(city)) = (selected.first().copied(), &shown.city)
            && city.layers[number].stream.is_none()
        {
            selected.extend(parts_of(&city.layers[number].layer, row));
        }
        let hovered = hovered.filter(|t| t.layer == number).map(|t| t.feature);
        let look = &looks.layers[number];
        if look.selected != selected || look.hovered != hovered {
            let look = &mut looks.layers[number];
            look.selected = selected;
            look.hovered = hovered;
        }
    }
}
