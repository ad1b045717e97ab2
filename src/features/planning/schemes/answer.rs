//! Dossiers of the parcel as it is and with each scheme, on a thread; into the panel and the scene.

use std::path::Path;
use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::state::{BlockRow, Column, Existing, Kept, SchemeRow, SchemesModel};
use super::{Schemes, SchemesPanel};
use crate::city::{City, CityLayer};
use crate::features::answers;
use crate::features::planning::describe::{floor_area, limit, measured};
use crate::features::planning::systems::{Planning, offending};
use crate::features::planning::verdict_colour;
use crate::features::published::{ChangeProject, Preferences};
use crate::features::work::Work;
use crate::model::project::ProjectLayer;
use crate::model::{About, LayerStyle, Role, Title};
use crate::panels::Words;
use crate::panels::words::both;
use crate::query::identity::{id_of, title_of};
use crate::scene::marks::{Group, Marks};
use crate::scene::stage::{Looks, Shown};
use crate::themes::planning::dossier::{Dossier, Verdict};
use crate::themes::planning::plan::{Plan, PlanError};
use crate::themes::planning::scheme::{Cleared, Scheme};
use crate::themes::planning::volumes;
use crate::themes::planning::what_if::{self, WhatIf, volumes_of};
use crate::themes::volumes::Volume;
use crate::units::{SquareMetres, grouped};

/// A state of the parcel, looked at.
pub(super) struct Answered {
    /// The scheme in the state that was looked at; `None` for the data alone.
    scheme: Option<Arc<Scheme>>,
    dossier: Dossier,
    offences: Vec<Volume>,
    /// What the data has on the parcel: layer, row, which, what it is called. Of the data alone.
    existing: Vec<(usize, u32, Cleared, String)>,
}

fn look_at(
    city: &City,
    row: u32,
    green: Option<bool>,
    wanted: Vec<Option<Arc<Scheme>>>,
) -> Result<Vec<Answered>, PlanError> {
    let plan = Plan::knowing(city, None, green)?;
    let mut found = Vec::new();
    for scheme in wanted {
        let what_if = scheme.as_deref().map(|scheme| WhatIf::of(city, scheme));
        let Some(dossier) = plan.dossier_if(row, what_if.as_ref())? else { continue };
        let offences = volumes::offences(city, &plan, &dossier, what_if.as_ref())?;
        let mut existing = Vec::new();
        if scheme.is_none() {
            for one in dossier.standing.iter().filter(|one| one.is_own()) {
                let layer = &city.layers[one.layer];
                let key = Cleared { layer: layer.layer.id.clone(), building: one.id.clone() };
                existing.push((one.layer, one.row, key, called(layer, one.row)?));
            }
        }
        found.push(Answered { scheme, dossier, offences, existing });
    }
    Ok(found)
}

/// What a building is called: its name with its id, or its id.
fn called(layer: &CityLayer, row: u32) -> std::io::Result<String> {
    let (holder, at) = layer.of_row(row)?;
    let (name, id) = (title_of(&holder, at, true), id_of(&holder, at));
    Ok(if name == id { id } else { format!("{name} ({id})") })
}

/// Follows the selected parcel and asks for what is not known yet of it and its schemes.
pub(super) fn ask(
    mut schemes: ResMut<Schemes>,
    planning: Res<Planning>,
    shown: Res<Shown>,
    mut changes: MessageWriter<ChangeProject>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let Some(city) = &shown.city else { return };
    // Another thing that is selected leaves the parcel as it is: work on it goes on.
    let selected = planning.dossier.as_ref().map(|dossier| (dossier.row, dossier.id.clone()));
    if selected.is_some() && selected != schemes.parcel {
        let id = selected.as_ref().map(|(_, id)| id.clone()).unwrap_or_default();
        let keeps =
            schemes.active.and_then(|number| schemes.history.now().scheme(number)).is_some_and(|s| s.parcel == id);
        if !keeps {
            (schemes.active, schemes.chosen) = (None, None);
        }
        schemes.parcel = selected;
        schemes.answers.clear();
        schemes.asking = None;
        schemes.changed = true;
    }
    if let Some(work) = &schemes.saving {
        match work.take() {
            Some(Ok(path)) => {
                changes.write(ChangeProject::Add(vec![as_layer(&path)]));
                schemes.saving = None;
            }
            Some(Err(reason)) => {
                (schemes.error, schemes.changed) = (reason, true);
                schemes.saving = None;
            }
            None => _ = redraw.write(RequestRedraw),
        }
    }
    if let Some(work) = &schemes.asking {
        match work.take() {
            Some(done) => {
                schemes.asking = None;
                schemes.changed = true;
                match done {
                    Ok(found) => {
                        for one in found {
                            schemes.answers.insert(one.scheme.as_ref().map(|scheme| scheme.number), one);
                        }
                    }
                    Err(reason) => schemes.error = reason,
                }
            }
            None => {
                redraw.write(RequestRedraw);
                return;
            }
        }
    }
    let Some((row, parcel)) = schemes.parcel.clone() else { return };
    let wanted = missing(&schemes, &parcel);
    if !wanted.is_empty() {
        let (city, green) = (city.clone(), planning.green);
        schemes.asking =
            Some(Work::start(move |_| look_at(&city, row, green, wanted).map_err(|error| error.to_string())));
        redraw.write(RequestRedraw);
    }
}

/// States of the parcel that were not looked at yet, or are others by now.
fn missing(schemes: &Schemes, parcel: &str) -> Vec<Option<Arc<Scheme>>> {
    let shown = schemes.shown();
    let states = schemes.history.now().of_parcel(parcel).map(|scheme| {
        let shown = shown.as_ref().filter(|shown| shown.number == scheme.number);
        Some(shown.unwrap_or(scheme).clone())
    });
    let known = |state: &Option<Arc<Scheme>>| {
        let answered = schemes.answers.get(&state.as_ref().map(|scheme| scheme.number));
        answered.is_some_and(|answered| match (&answered.scheme, state) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old == new,
            (old, new) => old.is_none() && new.is_none(),
        })
    };
    std::iter::once(None).chain(states).filter(|state| !known(state)).collect()
}

impl Schemes {
    /// Writes the buildings of the parcel's schemes as a layer, on a thread.
    pub(super) fn save(&mut self, shown: &Shown) {
        let (Some(city), Some((_, parcel))) = (shown.city.clone(), &self.parcel) else { return };
        let found: Vec<Arc<Scheme>> = self.history.now().of_parcel(parcel).cloned().collect();
        self.saving = Some(Work::start(move |progress| {
            let (out, date) = (answers::new_file("schemes")?, answers::now());
            what_if::write(&city, &found, &date, &out, progress).map_err(|error| error.to_string())?;
            Ok(out)
        }));
    }
}

/// The saved buildings as a layer of the project.
fn as_layer(path: &Path) -> ProjectLayer {
    let style = LayerStyle { colour_by: Some("scheme".to_owned()), ..LayerStyle::default() };
    let about = About { source: "Cimbase, what-if schemes".to_owned(), ..About::default() };
    let title = Title { zh: "方案建筑".to_owned(), en: "Scheme buildings".to_owned() };
    let source = path.to_string_lossy().into_owned();
    // The role of its own: buildings that are proposed must not be counted among those that stand.
    let role = Some(Role::Other);
    ProjectLayer { title, source, role, style, visible: false, about, named_by_user: true, ..default() }
}

fn column(answered: &Answered, words: &Words) -> Column {
    let dossier = &answered.dossier;
    let number = answered.scheme.as_ref().map(|scheme| scheme.number);
    let cell = |check: &crate::themes::planning::dossier::Check| {
        (check.rule, check.verdict, measured(check.rule, check.measured, words))
    };
    Column {
        number,
        name: answered.scheme.as_ref().map_or_else(String::new, |scheme| scheme.name.clone()),
        rules: dossier.checks.iter().map(cell).collect(),
        floor_area: floor_area(dossier, words),
        footprint: SquareMetres(dossier.footprint).to_string(),
        buildings: dossier.standing.iter().filter(|one| !one.covered && one.is_own()).count(),
    }
}

/// Fills the panels.
pub(super) fn fill(
    mut panel: ResMut<SchemesPanel>,
    mut schemes: ResMut<Schemes>,
    preferences: Res<Preferences>,
    mut was_kept: Local<Kept>,
) {
    let language = preferences.settings.language;
    let kept = schemes.keeper.as_ref().map_or(Kept::No, |keeper| keeper.kept());
    if !schemes.changed && schemes.language == Some(language) && *was_kept == kept {
        return;
    }
    (schemes.changed, schemes.language, *was_kept) = (false, Some(language), kept);
    let model = model(&schemes, preferences.words(), kept);
    if panel.model != model {
        panel.model = model;
    }
}

fn model(schemes: &Schemes, words: &Words, kept: Kept) -> SchemesModel {
    let book = schemes.history.now();
    let row = |scheme: &Arc<Scheme>| SchemeRow {
        number: scheme.number,
        name: scheme.name.clone(),
        parcel: scheme.parcel.clone(),
        buildings: scheme.blocks.len(),
    };
    let parcel = schemes.parcel.as_ref().map(|(_, id)| id.clone());
    let of_parcel: Vec<SchemeRow> = parcel.iter().flat_map(|id| book.of_parcel(id)).map(row).collect();
    let shown = schemes.shown();
    let blocks = shown.iter().flat_map(|scheme| &scheme.blocks).map(|block| BlockRow {
        number: block.number,
        class: block.class,
        storeys: block.storeys,
        storey_height: block.storey_height,
        footprint: SquareMetres(block.footprint()).to_string(),
        height: format!("{} m", grouped(block.height(), 1)),
    });
    let now = schemes.answers.get(&None);
    let existing = now.iter().flat_map(|now| &now.existing).map(|(_, _, key, name)| Existing {
        key: key.clone(),
        name: name.clone(),
        cleared: shown.as_ref().is_some_and(|scheme| scheme.cleared.contains(key)),
    });
    let checks = now.iter().flat_map(|now| &now.dossier.checks);
    let limits = checks.map(|check| {
        let text = if check.limit.is_ok() { limit(check, words).0 } else { String::new() };
        (check.rule, text)
    });
    let numbers = std::iter::once(None).chain(of_parcel.iter().map(|row| Some(row.number)));
    let columns = numbers.filter_map(|number| schemes.answers.get(&number)).map(|answered| column(answered, words));
    SchemesModel {
        all: book.schemes.iter().map(row).collect(),
        active: schemes.active,
        blocks: blocks.collect(),
        chosen: schemes.chosen,
        existing: existing.collect(),
        tool: schemes.tool,
        corners: schemes.corners.len(),
        size: schemes.size,
        limits: limits.collect(),
        columns: columns.collect(),
        undo: schemes.history.undoable(),
        redo: schemes.history.redoable(),
        error: schemes.error.clone(),
        file: schemes.file.as_deref().map_or_else(String::new, |file: &Path| file.display().to_string()),
        unkept: if kept == Kept::No { schemes.unkept.clone() } else { String::new() },
        kept,
        schemes: of_parcel,
        parcel,
    }
}

/// Colours of proposed buildings: one, and the chosen one.
const PROPOSED: [u8; 3] = [0xf2, 0xc1, 0x4e];
const CHOSEN: [u8; 3] = [0xff, 0x9f, 0x1c];
/// Under whose name bodies are shown and rows are hidden.
const WHO: &str = "schemes";

/// Shows the buildings of the scheme, and what of it breaks a limit.
pub(super) fn mark(schemes: Res<Schemes>, mut marks: ResMut<Marks>) {
    let mut groups = Vec::new();
    if let Some(scheme) = schemes.shown() {
        let (chosen, others): (Vec<_>, Vec<_>) =
            volumes_of(&scheme).into_iter().zip(&scheme.blocks).partition(|(_, b)| Some(b.number) == schemes.chosen);
        let bodies = |pairs: Vec<(Volume, _)>| pairs.into_iter().map(|(volume, _)| volume).collect::<Vec<_>>();
        for (volumes, colour) in [(bodies(others), PROPOSED), (bodies(chosen), CHOSEN)] {
            if !volumes.is_empty() {
                let label = both(|words| format!("{} {}", words.schemes.scheme, scheme.name));
                groups.push(Group::of(&volumes, label, colour, 1.0));
            }
        }
        let answered = schemes.answers.get(&Some(scheme.number));
        // Of a building that has moved on meanwhile, the red would stand where it was.
        let current = |answered: &&Answered| answered.scheme.as_ref() == Some(&scheme);
        if let Some(answered) = answered.filter(current).filter(|answered| !answered.offences.is_empty()) {
            groups.push(Group::of(&answered.offences, both(offending), verdict_colour(Verdict::Breach), 1.0));
        }
    }
    if !marks.are(WHO, &groups) {
        marks.show(WHO, groups);
    }
}

/// Hides what the scheme takes down.
pub(super) fn hide(schemes: Res<Schemes>, mut looks: ResMut<Looks>) {
    let shown = schemes.shown();
    let existing = schemes.answers.get(&None).map(|now| now.existing.as_slice()).unwrap_or_default();
    for number in 0..looks.layers.len() {
        let down = |(layer, _, key, _): &&(usize, u32, Cleared, String)| {
            *layer == number && shown.as_ref().is_some_and(|scheme| scheme.cleared.contains(key))
        };
        let hidden: Vec<u32> = existing.iter().filter(down).map(|(_, row, ..)| *row).collect();
        if !looks.layers[number].hidden.are(WHO, &hidden) {
            looks.layers[number].hidden.set(WHO, hidden);
        }
    }
}
