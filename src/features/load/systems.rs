//! From files dropped and chosen to a city on the stage.

use std::sync::{Arc, Mutex};

use bevy::prelude::*;
use bevy::window::{FileDragAndDrop, RequestRedraw};

use super::LoadPanel;
use super::job::{self, Done, Job};
use super::state::{LayerChoice, LoadEdit, LoadModel};
use crate::city::CityError;
use crate::features::published::{AddData, Busy, ChangeProject, Fly, LookInto, Notice, OpenProject, Reread, StopWork};
use crate::model::project::{Project, ProjectLayer, make_id};
use crate::report::{Issue, Severity};
use crate::scene::stage::{LayerLook, Looks, ShowCity, Shown};

/// Starts loading a project.
pub fn load_project(world: &mut World, project: Project) {
    world.resource_mut::<Job>().load(project, None);
}

/// A file dragged onto the window is looked at.
pub(super) fn drop_file(
    mut files: MessageReader<FileDragAndDrop>,
    mut wishes: MessageReader<LookInto>,
    mut dialogs: MessageReader<AddData>,
    mut stops: MessageReader<StopWork>,
    job: Res<Job>,
    mut panel: ResMut<LoadPanel>,
) {
    if dialogs.read().count() > 0 {
        panel.state.begin();
    }
    if stops.read().count() > 0 {
        job.cancel();
    }
    let dropped = files.read().filter_map(|file| match file {
        FileDragAndDrop::DroppedFile { path_buf, .. } => Some(path_buf.clone()),
        _ => None,
    });
    let path = dropped.chain(wishes.read().map(|wish| wish.0.clone())).last();
    if let Some(path) = path {
        panel.state.begin();
        panel.state.path = path.to_string_lossy().into_owned();
        panel.edits.push(LoadEdit::Look { path, encoding: None });
    }
}

/// What the dialog asked for.
pub(super) fn apply(mut panel: ResMut<LoadPanel>, mut job: ResMut<Job>, mut changes: MessageWriter<ChangeProject>) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            LoadEdit::Look { path, .. } if job::is_project(&path) => {
                panel.model = LoadModel::Loading { path: path.clone(), stage: String::new(), share: None };
                job.open(path);
            }
            LoadEdit::Look { path, encoding } => {
                panel.model = LoadModel::Looking { path: path.clone(), stage: String::new(), share: None };
                job.look(path, encoding);
            }
            LoadEdit::Load { path, encoding, layers } => {
                panel.model = LoadModel::Loading { path: path.clone(), stage: String::new(), share: None };
                let added = layers.into_iter().filter(|choice| choice.load);
                let added = added.map(|choice| spec(&path, encoding.clone(), choice)).collect();
                changes.write(ChangeProject::Add(added));
            }
            LoadEdit::Cancel => {
                job.cancel();
                panel.model = LoadModel::Choose;
            }
            LoadEdit::Close => panel.model = LoadModel::Choose,
        }
    }
}

/// How a chosen layer stands in the project.
fn spec(path: &std::path::Path, encoding: Option<String>, choice: LayerChoice) -> ProjectLayer {
    let typed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    ProjectLayer {
        source: path.to_string_lossy().into_owned(),
        crs: typed(&choice.crs),
        offset: choice.offset.word().map(str::to_owned),
        role: Some(choice.role),
        id: make_id(&choice.name),
        layer_name: typed(&choice.name),
        encoding,
        visible: true,
        named_by_user: true,
        ..ProjectLayer::default()
    }
}

/// Changes the project and loads it anew.
pub(super) fn change(
    mut changes: MessageReader<ChangeProject>,
    open: Res<OpenProject>,
    shown: Res<Shown>,
    mut job: ResMut<Job>,
) {
    let mut project: Option<Project> = None;
    let mut path = None;
    for change in changes.read() {
        let project = project.get_or_insert_with(|| open.0.clone());
        match change {
            ChangeProject::Add(layers) => {
                path = layers.first().map(|layer| layer.source.clone().into());
                for layer in layers {
                    let mut layer = layer.clone();
                    let taken = |id: &str| project.layers.iter().any(|other| other.id == id);
                    let base = layer.id.clone();
                    let mut n = 2;
                    while taken(&layer.id) {
                        layer.id = format!("{base}-{n}");
                        n += 1;
                    }
                    project.layers.push(layer);
                }
            }
            ChangeProject::Remove(id) => project.layers.retain(|layer| layer.id != *id),
            ChangeProject::Reread(id, how) => {
                let terrain = shown.city.as_ref().map(|city| city.terrain_id.clone());
                let found = project
                    .layers
                    .iter_mut()
                    .find(|layer| layer.id == *id || (layer.id.is_empty() && terrain.as_ref() == Some(id)));
                let Some(layer) = found else { continue };
                match how {
                    Reread::Role(role) => layer.role = Some(*role),
                    Reread::Vertical(vertical) => layer.vertical = Some(*vertical),
                    Reread::Exaggeration(exaggeration) => layer.exaggeration = Some(*exaggeration),
                }
            }
        }
    }
    if let Some(project) = project {
        job.load(project, path);
    }
}

/// Follows the work, and shows what it gave.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn finish(
    mut job: ResMut<Job>,
    mut panel: ResMut<LoadPanel>,
    mut open: ResMut<OpenProject>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    mut busy: ResMut<Busy>,
    mut cities: MessageWriter<ShowCity>,
    mut flights: MessageWriter<Fly>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    busy.set_if_neq(Busy(job.progress()));
    if !job.is_running() {
        return;
    }
    // The window draws while work goes on, so that its progress is seen and its end noticed.
    redraw.write(RequestRedraw);
    if let (Some(path), Some((stage, share))) = (job.path().cloned(), job.progress()) {
        match &panel.model {
            LoadModel::Looking { .. } => panel.model = LoadModel::Looking { path, stage, share },
            LoadModel::Loading { .. } => panel.model = LoadModel::Loading { path, stage, share },
            _ => {}
        }
    }
    match job.take() {
        None => {}
        Some(Done::Looked(path, result)) => {
            if matches!(panel.model, LoadModel::Looking { .. }) {
                panel.model = match result {
                    Ok(preview) => LoadModel::Preview(preview),
                    Err(reason) => LoadModel::Failed { path, reason },
                };
            }
        }
        Some(Done::Opened(path, opened)) => match *opened {
            Ok((project, Ok((city, mesh)))) => {
                let looks = crate::features::first_looks(&city);
                cities.write(ShowCity { city, mesh: Arc::new(Mutex::new(Some(mesh))), looks });
                open.0 = project;
                flights.write(Fly::First);
                panel.model = LoadModel::Choose;
                panel.state.open = false;
            }
            Ok((_, Err(CityError::Cancelled))) => panel.model = LoadModel::Choose,
            Ok((_, Err(error))) => panel.model = LoadModel::Failed { path, reason: error.to_string() },
            Err(reason) => panel.model = LoadModel::Failed { path, reason },
        },
        Some(Done::Loaded(done)) => match *done {
            (mut project, Ok((city, mesh))) => {
                let first = shown.city.is_none();
                if !first {
                    // Questions that were kept while it was loading.
                    project.questions = std::mem::take(&mut open.0.questions);
                }
                let looks = keep_looks(&shown, &looks, &city);
                cities.write(ShowCity { city, mesh: Arc::new(Mutex::new(Some(mesh))), looks });
                open.0 = project;
                if first {
                    flights.write(Fly::First);
                }
                panel.model = LoadModel::Choose;
                panel.state.open = false;
            }
            (_, Err(CityError::Cancelled)) => panel.model = LoadModel::Choose,
            (project, Err(error)) => {
                let reason = error.to_string();
                if let LoadModel::Loading { path, .. } = &panel.model {
                    panel.model = LoadModel::Failed { path: path.clone(), reason: reason.clone() };
                } else if project.layers.is_empty() && open.0.layers.len() == 1 {
                    // The last layer was removed: an empty window is what was asked for.
                    open.0 = project;
                }
                notices.write(Notice(Issue {
                    severity: Severity::Error,
                    layer: String::new(),
                    feature: None,
                    message: reason,
                }));
            }
        },
    }
}

/// The looks of a new city; layers that were shown before keep their visibility.
fn keep_looks(shown: &Shown, looks: &Looks, city: &crate::city::City) -> Vec<LayerLook> {
    let mut new = crate::features::first_looks(city);
    let Some(old) = &shown.city else { return new };
    for (layer, look) in city.layers.iter().zip(&mut new) {
        let before = old.layers.iter().position(|other| other.layer.id == layer.layer.id);
        if let Some(before) = before.and_then(|n| looks.layers.get(n)) {
            look.visible = before.visible;
        }
    }
    new
}
