//! Asking the core on a thread of its own; the answers into the panel and onto the map.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::PlanningPanel;
use super::describe::{balance_rows, control_chips, describe, parcel_row, verdict_name};
use super::schemes::Schemes;
use super::state::{ParcelRow, PlanningEdit, PlanningModel, Scope};
use crate::city::City;
use crate::features::answers;
use crate::features::published::{ChangeProject, DrawnArea, Preferences, Select, Selection, Target};
use crate::features::work::Work;
use crate::model::project::ProjectLayer;
use crate::model::{About, GeometryKind, LayerStyle, Role, Title};
use crate::panels::words::both;
use crate::panels::{Language, Words};
use crate::query::identity::title_of;
use crate::report::Progress;
use crate::scene::marks::{Group, Marks};
use crate::scene::stage::{Looks, Shown};
use crate::scene::style::RowColours;
use crate::themes::planning::answer;
use crate::themes::planning::balance;
use crate::themes::planning::dossier::{Dossier, Verdict};
use crate::themes::planning::ground::polygons;
use crate::themes::planning::neighbourhood::{Neighbourhood, Units, neighbourhood};
use crate::themes::planning::plan::{Plan, PlanError};
use crate::themes::planning::volumes;
use crate::themes::records::{Records, Summary};
use crate::themes::volumes::Volume;

/// What is known of the city that is shown.
#[derive(Resource, Default)]
pub struct Planning {
    generation: u64,
    /// The number of the parcels' layer.
    pub(super) parcels: Option<usize>,
    /// Whether plots' own green is surveyed: learned once.
    pub(super) green: Option<bool>,
    /// The selected parcel that was asked for, and its answer.
    pub(super) asked: Option<u32>,
    pub(super) dossier: Option<Dossier>,
    looking: Option<Work<Looked>>,
    /// What of the selected parcel breaks a limit, and what may be built on it.
    offences: Vec<Volume>,
    buildable: Vec<Volume>,
    /// What is wished of it, and its shape being made.
    wish: volumes::Wish,
    shaping: Option<Work<Vec<Volume>>>,
    records: Vec<Summary>,
    around: Neighbourhood,
    /// Registered units by parcel, once they were counted.
    units: Option<Arc<Units>>,
    show_buildable: bool,
    checking: Option<Work<Checked>>,
    balancing: Option<(Scope, Work<Vec<balance::Row>>)>,
    balance: Option<(Scope, Vec<balance::Row>)>,
    /// The selected polygon of another layer: layer, row, what it is called.
    area: Option<(usize, u32, String)>,
    drawn: bool,
    saving: Option<Work<PathBuf>>,
    all: Option<Arc<Vec<ParcelRow>>>,
    rule: (crate::model::Title, String),
    error: String,
    painted: bool,
    /// Whether the layer has the colours of the verdicts now.
    coloured: bool,
    /// The language that the panel was filled in.
    language: Option<Language>,
    changed: bool,
}

/// One parcel, looked at.
struct Looked {
    dossier: Option<Dossier>,
    green: bool,
    offences: Vec<Volume>,
    buildable: Vec<Volume>,
    records: Vec<Summary>,
    around: Neighbourhood,
    units: Arc<Units>,
}

struct Checked {
    rows: Vec<ParcelRow>,
    rule: (crate::model::Title, String),
}

pub(super) fn apply(
    mut panel: ResMut<PlanningPanel>,
    mut planning: ResMut<Planning>,
    shown: Res<Shown>,
    drawn: Res<DrawnArea>,
    mut selects: MessageWriter<Select>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            PlanningEdit::CheckAll => {
                let Some(city) = shown.city.clone() else { continue };
                let green = planning.green;
                planning.checking = Some(Work::start(move |progress| check_all(&city, green, progress)));
                redraw.write(RequestRedraw);
            }
            PlanningEdit::Stop => {
                (planning.checking, planning.saving) = (None, None);
                planning.balancing = None;
            }
            PlanningEdit::SaveLayer => {
                let Some(city) = shown.city.clone() else { continue };
                let green = planning.green;
                planning.saving = Some(Work::start(move |progress| save(&city, green, progress)));
                redraw.write(RequestRedraw);
            }
            PlanningEdit::Select(row, fly) => {
                if let Some(layer) = planning.parcels {
                    selects.write(Select { target: Some((layer, row)), fly });
                }
            }
            PlanningEdit::Paint(on) => planning.painted = on,
            PlanningEdit::Buildable(on) => planning.show_buildable = on,
            PlanningEdit::Envelope(wish) => {
                let (Some(city), Some(row)) = (shown.city.clone(), planning.asked) else { continue };
                planning.wish = wish.clone();
                let green = planning.green;
                planning.shaping = Some(Work::start(move |_| shape(&city, row, green, &wish)));
                redraw.write(RequestRedraw);
            }
            PlanningEdit::Balance(scope) => {
                let Some(city) = shown.city.clone() else { continue };
                let (area, drawn, green) = (planning.area.clone(), drawn.0.clone(), planning.green);
                let work = move |progress: &Progress| weigh(&city, scope, area, drawn, green, progress);
                planning.balancing = Some((scope, Work::start(work)));
                redraw.write(RequestRedraw);
            }
        }
        planning.changed = true;
    }
}

fn look_at(city: &City, row: u32, green: Option<bool>, units: Option<Arc<Units>>) -> Result<Looked, PlanError> {
    let plan = Plan::knowing(city, None, green)?;
    let dossier = plan.dossier(row)?;
    let (mut offences, mut buildable) = (Vec::new(), Vec::new());
    if let Some(dossier) = &dossier {
        offences = volumes::offences(city, &plan, dossier, None)?;
        buildable = volumes::buildable(&plan, dossier, &volumes::Wish::default())?;
    }
    let (holder, at) = plan.parcels.of_row(row)?;
    let tables = Records::of(city, plan.parcels);
    let records = tables.iter().filter_map(|table| table.summary(city, &holder, at)).collect();
    let units = units.map_or_else(|| Units::of(city).map(Arc::new), Ok)?;
    let around = neighbourhood(city, &plan, &units, row)?;
    Ok(Looked { dossier, green: plan.green_surveyed, offences, buildable, records, around, units })
}

/// The body that may be built on a parcel, as it is wished.
fn shape(city: &City, row: u32, green: Option<bool>, wish: &volumes::Wish) -> Result<Vec<Volume>, String> {
    let plan = Plan::knowing(city, None, green).map_err(|error| error.to_string())?;
    let dossier = plan.dossier(row).map_err(|error| error.to_string())?;
    let body = dossier.map(|dossier| volumes::buildable(&plan, &dossier, wish));
    body.transpose().map(Option::unwrap_or_default).map_err(|error| error.to_string())
}

fn save(city: &City, green: Option<bool>, progress: &Progress) -> Result<PathBuf, String> {
    let (out, date) = (answers::new_file("planning")?, answers::now());
    let plan = Plan::knowing(city, None, green).map_err(|error| error.to_string())?;
    answer::write(city, &plan, &date, &out, progress).map_err(|error| error.to_string())?;
    Ok(out)
}

/// The land-use balance of an area, in plots of what lies in it.
fn weigh(
    city: &City,
    scope: Scope,
    area: Option<(usize, u32, String)>,
    drawn: Vec<[f64; 2]>,
    green: Option<bool>,
    progress: &Progress,
) -> Result<Vec<balance::Row>, String> {
    let plan = Plan::knowing(city, None, green).map_err(|error| error.to_string())?;
    let said = |error: std::io::Error| error.to_string();
    let plots = match (scope, area) {
        (Scope::Selected, Some((layer, row, _))) => {
            let (holder, at) = city.layers[layer].of_row(row).map_err(said)?;
            let area = polygons(&holder.table.geometry, at).ok_or("the selected feature is no polygon")?;
            balance::plots_in(&plan, &area).map_err(said)?
        }
        (Scope::Drawn, _) if drawn.len() > 2 => {
            let area = geo::Polygon::new(geo::LineString::from(drawn), Vec::new());
            balance::plots_in(&plan, &geo::MultiPolygon::new(vec![area])).map_err(said)?
        }
        _ => plan.all(progress, |dossier| balance::Plot::of(&dossier)).map_err(|error| error.to_string())?,
    };
    Ok(balance::balance(&plots))
}

fn check_all(city: &City, green: Option<bool>, progress: &Progress) -> Result<Checked, String> {
    let plan = Plan::knowing(city, None, green).map_err(|error| error.to_string())?;
    let mut rows = plan.all(progress, parcel_row).map_err(|error| error.to_string())?;
    rows.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(b.excess.total_cmp(&a.excess)).then(a.row.cmp(&b.row)));
    Ok(Checked { rows, rule: (plan.rule.name(), plan.rule.source.clone()) })
}

/// A polygon of a layer that is neither of parcels nor of buildings: an area that can be asked about.
fn area_of(city: &City, target: Target) -> Option<(usize, u32, String)> {
    let layer = city.layers.get(target.layer).filter(|layer| layer.layer.role != Role::Building)?;
    let (holder, at) = layer.of_row(target.feature).ok()?;
    let polygon = holder.table.geometry.kind(at) == GeometryKind::Polygon;
    polygon.then(|| (target.layer, target.feature, title_of(&holder, at, true)))
}

/// Asks for the dossier of the parcel that is selected, and takes in what came.
pub(super) fn ask(
    mut planning: ResMut<Planning>,
    shown: Res<Shown>,
    selection: Res<Selection>,
    drawn: Res<DrawnArea>,
    mut changes: MessageWriter<ChangeProject>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if planning.generation != shown.generation {
        *planning = Planning { generation: shown.generation, changed: true, ..Planning::default() };
        // The greatest layer of parcels, as the core chooses it.
        planning.parcels = shown.city.as_ref().and_then(|city| {
            let layers = city.layers.iter().enumerate().filter(|(_, layer)| layer.layer.role == Role::Parcel);
            layers.max_by_key(|(_, layer)| layer.rows()).map(|(number, _)| number)
        });
    }
    let Some(city) = &shown.city else { return };
    if selection.is_changed() || drawn.is_changed() {
        let area = selection.target().filter(|t| Some(t.layer) != planning.parcels).and_then(|t| area_of(city, t));
        (planning.area, planning.drawn, planning.changed) = (area, drawn.0.len() > 2, true);
    }
    let wanted = selection.target().filter(|t| Some(t.layer) == planning.parcels).map(|t| t.feature);
    if wanted != planning.asked {
        let (green, units) = (planning.green, planning.units.clone());
        planning.asked = wanted;
        planning.dossier = None;
        planning.offences.clear();
        planning.buildable.clear();
        planning.wish = volumes::Wish::default();
        planning.shaping = None;
        planning.records.clear();
        planning.changed = true;
        let city = city.clone();
        planning.looking = wanted
            .map(|row| Work::start(move |_| look_at(&city, row, green, units).map_err(|error| error.to_string())));
    }
    if let Some(work) = &planning.looking {
        match work.take() {
            Some(done) => {
                planning.looking = None;
                planning.changed = true;
                match done {
                    Ok(looked) => {
                        planning.green = Some(looked.green);
                        planning.dossier = looked.dossier;
                        planning.offences = looked.offences;
                        planning.buildable = looked.buildable;
                        planning.records = looked.records;
                        planning.around = looked.around;
                        planning.units = Some(looked.units);
                    }
                    Err(reason) => planning.error = reason,
                }
            }
            // Nothing else wakes a window that waits for events.
            None => _ = redraw.write(RequestRedraw),
        }
    }
    if let Some(work) = &planning.shaping {
        match work.take() {
            Some(done) => {
                (planning.shaping, planning.changed) = (None, true);
                match done {
                    Ok(body) => planning.buildable = body,
                    Err(reason) => planning.error = reason,
                }
            }
            None => _ = redraw.write(RequestRedraw),
        }
    }
    if let Some((scope, work)) = &planning.balancing {
        let (scope, done) = (*scope, work.take());
        planning.changed = true;
        match done {
            Some(done) => {
                planning.balancing = None;
                match done {
                    Ok(rows) => planning.balance = Some((scope, rows)),
                    Err(reason) => planning.error = reason,
                }
            }
            None => _ = redraw.write(RequestRedraw),
        }
    }
    if let Some(work) = &planning.saving {
        let done = work.take();
        planning.changed = true;
        match done {
            Some(done) => {
                planning.saving = None;
                match done {
                    Ok(path) => _ = changes.write(ChangeProject::Add(vec![as_layer(&path)])),
                    Err(reason) => planning.error = reason,
                }
            }
            None => _ = redraw.write(RequestRedraw),
        }
    }
    if let Some(work) = &planning.checking {
        let done = work.take();
        planning.changed = true;
        match done {
            Some(done) => {
                planning.checking = None;
                match done {
                    Ok(checked) => {
                        planning.error.clear();
                        planning.rule = checked.rule;
                        planning.all = Some(Arc::new(checked.rows));
                    }
                    Err(reason) => planning.error = reason,
                }
            }
            None => _ = redraw.write(RequestRedraw),
        }
    }
}

/// The saved verdicts as a layer of the project.
fn as_layer(path: &Path) -> ProjectLayer {
    let style = LayerStyle { colour_by: Some("verdict".to_owned()), opacity: 0.6, ..LayerStyle::default() };
    let about = About { source: "Cimbase, planning".to_owned(), ..About::default() };
    let title = Title { zh: "规划核查".to_owned(), en: "Planning verdicts".to_owned() };
    let source = path.to_string_lossy().into_owned();
    // The user asked for it, wherever the project's folder is.
    let named_by_user = true;
    ProjectLayer { title, source, role: Some(Role::Other), style, visible: true, about, named_by_user, ..default() }
}

/// Fills the panels.
pub(super) fn fill(
    mut panel: ResMut<PlanningPanel>,
    mut planning: ResMut<Planning>,
    shown: Res<Shown>,
    preferences: Res<Preferences>,
) {
    let language = preferences.settings.language;
    if !planning.changed && planning.language == Some(language) {
        return;
    }
    (planning.changed, planning.language) = (false, Some(language));
    let layer = shown.city.as_ref().zip(planning.parcels).map(|(city, number)| &city.layers[number]);
    let all = planning.all.as_deref().map_or(&[][..], Vec::as_slice);
    let model = PlanningModel {
        has_parcels: planning.parcels.is_some(),
        dossier: planning
            .dossier
            .as_ref()
            .map(|dossier| describe(dossier, &planning.records, &planning.around, preferences.words(), language)),
        parcels: planning.all.clone(),
        crossing: all.iter().filter(|parcel| !parcel.controls.is_empty()).count(),
        controls: control_chips(all, language),
        running: (planning.checking.as_ref().map(|work| work.progress.read().1))
            .or_else(|| planning.saving.as_ref().map(|work| work.progress.read().1))
            .or_else(|| planning.balancing.as_ref().map(|(_, work)| work.progress.read().1)),
        error: planning.error.clone(),
        rule: (preferences.title(&planning.rule.0), planning.rule.1.clone()),
        painted: planning.painted,
        // Without a height limit there is nothing to show; what is wished may leave nothing.
        buildable: (!planning.buildable.is_empty() || planning.wish != volumes::Wish::default())
            .then_some(planning.show_buildable),
        wish: planning.wish.clone(),
        offences: planning.offences.len(),
        paintable: layer.is_some_and(|layer| layer.stream.is_none()),
        selected: planning.asked,
        balance: planning.balance.as_ref().map(|(scope, rows)| (*scope, Arc::new(balance_rows(rows, language)))),
        selected_area: planning.area.as_ref().map(|(.., name)| name.clone()).unwrap_or_default(),
        drawn_area: planning.drawn,
    };
    if panel.model != model {
        panel.model = model;
    }
}

/// Shows what of the selected parcel breaks a limit, red, and what may be built on it, as a body of glass.
pub(super) fn mark(planning: Res<Planning>, schemes: Res<Schemes>, mut marks: ResMut<Marks>) {
    let mut groups = Vec::new();
    // With a scheme, what breaks a limit is another matter.
    if !planning.offences.is_empty() && !schemes.is_active() {
        groups.push(Group::of(&planning.offences, both(offending), verdict_colour(Verdict::Breach), 1.0));
    }
    if planning.show_buildable && !planning.buildable.is_empty() {
        // Slices stand on each other: together they must still be glass.
        let opacity = if planning.buildable.len() > 1 { 0.12 } else { 0.35 };
        groups.push(Group::of(
            &planning.buildable,
            both(|words| words.planning.may_be_built.to_owned()),
            [0x2f, 0x7f, 0xd6],
            opacity,
        ));
    }
    if !marks.are(WHO, &groups) {
        marks.show(WHO, groups);
    }
}

/// What bodies that break a limit are called.
pub fn offending(words: &'static Words) -> String {
    words.planning.breaks_limit.to_owned()
}

/// The colour of a verdict on the map, red, green, blue: told apart by those who do not see red and green alike.
pub fn verdict_colour(verdict: Verdict) -> [u8; 3] {
    match verdict {
        Verdict::Breach => [0xd7, 0x30, 0x27],
        Verdict::Unknown => [0xfd, 0xc8, 0x6c],
        Verdict::Pass => [0x4b, 0x9c, 0xd3],
        Verdict::NoLimit => [0xc9, 0xcd, 0xd2],
    }
}

/// Whose colours they are.
const WHO: &str = "planning";

/// Gives the parcels the colours of their verdicts, or their own again.
pub(super) fn paint(mut planning: ResMut<Planning>, shown: Res<Shown>, mut looks: ResMut<Looks>) {
    let (Some(city), Some(number)) = (&shown.city, planning.parcels) else { return };
    let Some(look) = looks.layers.get(number) else { return };
    let is_ours = look.answer.as_ref().is_some_and(|answer| answer.who == WHO);
    // The user chose other colours meanwhile, or another answer has its own.
    if planning.coloured && !is_ours {
        (planning.coloured, planning.painted, planning.changed) = (false, false, true);
        return;
    }
    let wanted = planning.painted && planning.all.is_some() && city.layers[number].stream.is_none();
    if wanted == planning.coloured {
        return;
    }
    planning.coloured = wanted;
    // What was checked above: it is there.
    let Some(look) = looks.layers.get_mut(number) else { return };
    look.answer = wanted.then(|| {
        let no_limit = class_of(Verdict::NoLimit);
        let mut of_row = vec![no_limit; city.layers[number].rows() as usize];
        for parcel in planning.all.iter().flat_map(|all| all.iter()) {
            if let Some(class) = of_row.get_mut(parcel.row as usize) {
                *class = class_of(parcel.verdict);
            }
        }
        let classes =
            VERDICTS.map(|verdict| (both(|words| verdict_name(verdict, words).to_owned()), verdict_colour(verdict)));
        Arc::new(RowColours::new(WHO, "verdict", classes.into(), of_row))
    });
}

/// All verdicts, the worst first.
const VERDICTS: [Verdict; 4] = [Verdict::Breach, Verdict::Unknown, Verdict::Pass, Verdict::NoLimit];

fn class_of(verdict: Verdict) -> u8 {
    VERDICTS.iter().position(|other| *other == verdict).unwrap_or_default() as u8
}
