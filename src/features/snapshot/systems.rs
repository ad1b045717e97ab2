//! The dialog's model, counting and writing.

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::SnapshotPanel;
use super::answers::{Answered, Answers, answered};
use super::export::{self, Scene};
use super::offer::{self, Screen};
use super::state::{Asked, Counted, LayerOffer, Preview, Run, SnapshotEdit, SnapshotModel};
use crate::features::published::{
    AnswerLayers, OpenProject, Preferences, Privacy, PublishReport, Selection, Styles, SunClock,
};
use crate::features::view_at;
use crate::features::work::Work;
use crate::model::field_names::readable;
use crate::model::{GeometryKind, LayerStyle};
use crate::panels::Language;
use crate::query::identity::title_of;
use crate::scene::marks::Marks;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;
use crate::snapshot::page::words;
use crate::themes::housing::personal::Masks;

/// What goes on for the dialog.
#[derive(Resource, Default)]
pub struct Jobs {
    counting: Option<Work<Counted>>,
    writing: Option<(Asked, Work<Vec<String>>)>,
    /// A report that another panel has made.
    given: Option<PublishReport>,
    /// The city with what answers show in it, while the dialog is open.
    answered: Option<(Key, Answered)>,
}

/// How high a pin of an answer stands in a picture: its share of the distance that it is looked at from. 34 points in
/// 900 that see 40° from top to bottom, as the pins over the scene: 34 / 900 × 2 × tan 20°.
const PIN: f64 = 0.0275;

/// What an answered city was made of.
#[derive(PartialEq)]
struct Key {
    generation: u64,
    styles: Vec<LayerStyle>,
    answers: Answers,
    language: Language,
}

/// What is on the screen.
#[derive(bevy::ecs::system::SystemParam)]
pub struct Seen<'w> {
    shown: Res<'w, Shown>,
    looks: Res<'w, Looks>,
    selection: Res<'w, Selection>,
    styles: Res<'w, Styles>,
    eye: Res<'w, Eye>,
    clock: Res<'w, SunClock>,
    open: Res<'w, OpenProject>,
    privacy: Option<Res<'w, Privacy>>,
    preferences: Res<'w, Preferences>,
    marks: Res<'w, Marks>,
    answers: Res<'w, AnswerLayers>,
}

impl Seen<'_> {
    fn unmasked(&self) -> bool {
        self.privacy.as_ref().is_some_and(|privacy| privacy.unmasked)
    }

    fn selected(&self) -> Option<(usize, u32)> {
        self.selection.target().map(|target| (target.layer, target.feature))
    }

    /// The city with what answers show in it; made again when that is another.
    fn answered<'a>(&self, kept: &'a mut Option<(Key, Answered)>) -> Option<&'a Answered> {
        let (city, mesh) = (self.shown.city.as_ref()?, self.shown.mesh.as_ref()?);
        let key = Key {
            generation: self.shown.generation,
            styles: self.styles.layers.clone(),
            answers: Answers::of(&self.looks, &self.marks, &self.answers),
            language: self.preferences.settings.language,
        };
        if kept.as_ref().is_none_or(|(known, _)| *known != key) {
            let made = answered(city, &key.styles, &key.answers, &mesh.ground, key.language);
            *kept = Some((key, made));
        }
        kept.as_ref().map(|(_, answered)| answered)
    }

    fn screen(&self, kept: &mut Option<(Key, Answered)>) -> Option<Screen> {
        let plain = self.shown.city.clone()?;
        let Answered { city, mut styles, instead } = self.answered(kept)?.clone();
        // On the screen pins of answers are as large from everywhere: in a picture they are as large from here.
        let pin = (self.eye.heading_for().distance * PIN).clamp(0.1, 100_000.0) as f32;
        for (style, layer) in styles.iter_mut().zip(&city.layers).skip(self.looks.layers.len()) {
            style.pin_m = (layer.layer.table.geometry.main_kind() == GeometryKind::Point).then_some(pin);
        }
        // Layers of answers are shown, whole.
        let looks = |number: usize| self.looks.layers.get(number);
        let numbers = 0..city.layers.len();
        Some(Screen {
            visible: numbers.clone().map(|number| looks(number).is_none_or(|look| look.visible)).collect(),
            filters: numbers.clone().map(|number| looks(number).and_then(|look| look.filter.clone())).collect(),
            hidden: numbers
                .map(|number| looks(number).map(|look| look.hidden.rows().to_vec()).unwrap_or_default())
                .collect(),
            city,
            plain,
            styles,
            instead,
            selected: self.selected(),
            seen: offer::seen(&self.eye),
            unmasked: self.unmasked(),
        })
    }

    fn scene(&self, given: Option<PublishReport>) -> Result<Scene, String> {
        let imagery = self.shown.city.iter().flat_map(|city| &city.imagery);
        let imagery = imagery.zip(&self.looks.imagery).map(|(picture, (visible, _))| (picture.id.clone(), *visible));
        Ok(Scene {
            project: self.open.0.clone(),
            order: self.styles.order.clone(),
            imagery: imagery.collect(),
            view: view_at(&self.eye.heading_for(), Some(self.clock.0.to_string())),
            language: match self.preferences.settings.language {
                Language::Chinese => words::Language::Chinese,
                Language::English => words::Language::English,
            },
            given,
            program: std::env::current_exe().map_err(|error| error.to_string())?,
        })
    }
}

/// A report that another panel has made: the dialog asks where to.
pub(super) fn offered(
    mut panel: ResMut<SnapshotPanel>,
    mut jobs: ResMut<Jobs>,
    mut reports: MessageReader<PublishReport>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if let Some(given) = reports.read().last() {
        panel.state.begin_report();
        jobs.given = Some(given.clone());
        redraw.write(RequestRedraw);
    } else if !panel.state.open && jobs.given.is_some() {
        jobs.given = None;
    }
}

/// What the dialog asked for.
pub(super) fn apply(
    mut panel: ResMut<SnapshotPanel>,
    mut jobs: ResMut<Jobs>,
    seen: Seen<'_>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    redraw.write(RequestRedraw);
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            SnapshotEdit::Count(asked) => {
                let Some(screen) = seen.screen(&mut jobs.answered) else { continue };
                panel.model.preview = Preview::Counting;
                jobs.counting = Some(Work::start(move |progress| offer::count(&screen, &asked, progress)));
            }
            SnapshotEdit::Take(asked) => {
                let Some(screen) = seen.screen(&mut jobs.answered) else { continue };
                let scene = match seen.scene(jobs.given.clone()) {
                    Ok(scene) => scene,
                    Err(reason) => {
                        panel.model.run = Run::Failed(reason);
                        continue;
                    }
                };
                panel.model.run = Run::Busy { stage: String::new(), share: None };
                let wanted = asked.clone();
                let work = Work::start(move |progress| export::export(&screen, &scene, &wanted, progress));
                jobs.writing = Some((asked, work));
            }
            SnapshotEdit::Cancel => {
                // Dropped, it is stopped; what it had written goes with it.
                jobs.writing = None;
                panel.model.run = Run::Idle;
            }
            SnapshotEdit::Back => panel.model.run = Run::Idle,
        }
    }
}

/// Follows what goes on.
pub(super) fn finish(
    mut panel: ResMut<SnapshotPanel>,
    mut jobs: ResMut<Jobs>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if jobs.counting.is_none() && jobs.writing.is_none() {
        return;
    }
    redraw.write(RequestRedraw);
    if let Some(counted) = jobs.counting.as_ref().and_then(Work::take) {
        jobs.counting = None;
        panel.model.preview = counted.map_or_else(Preview::Failed, Preview::Counted);
    }
    let done = jobs.writing.as_ref().map(|(_, work)| work.take());
    match done {
        Some(Some(result)) => {
            let out = jobs.writing.take().map(|(asked, _)| asked.out).unwrap_or_default();
            panel.model.run = match result {
                Ok(notes) => Run::Done { out, notes },
                Err(reason) => Run::Failed(reason),
            };
        }
        Some(None) => {
            if let Some((_, work)) = &jobs.writing {
                let (stage, share) = work.progress.read();
                panel.model.run = Run::Busy { stage, share };
            }
        }
        None => {}
    }
}

/// Fills the dialog while it is open.
pub(super) fn fill(mut panel: ResMut<SnapshotPanel>, mut jobs: ResMut<Jobs>, seen: Seen<'_>) {
    if !panel.state.open {
        if jobs.answered.is_some() {
            jobs.answered = None;
        }
        return;
    }
    let Some(Answered { city, .. }) = seen.answered(&mut jobs.answered).cloned() else { return };
    let selected = seen.selected();
    let chinese = seen.preferences.settings.language == Language::Chinese;
    let offer = |number: &usize| {
        let (layer, look) = (city.layers.get(*number)?, seen.looks.layers.get(*number));
        let fields = &layer.known().table.fields;
        Some(LayerOffer {
            id: layer.layer.id.clone(),
            title: seen.preferences.title(&layer.layer.title),
            visible: look.is_none_or(|look| look.visible),
            answer: look.is_none(),
            features: u64::from(layer.rows()),
            filtered: look.and_then(|look| look.filter.as_ref()).map(|rows| rows.len() as u64),
            selected: selected.is_some_and(|(of, _)| of == *number),
            fields: fields
                .iter()
                .map(|field| {
                    let title = readable(&field.name);
                    let title = title.map_or_else(|| field.name.clone(), |title| seen.preferences.title(title));
                    (field.name.clone(), title)
                })
                .collect(),
        })
    };
    let subject = selected.and_then(|(number, row)| {
        let layer: &Arc<crate::city::CityLayer> = city.layers.get(number).filter(|layer| export::reported(layer))?;
        let (holder, at) = layer.of_row(row).ok()?;
        let masks = Masks::unless(seen.unmasked(), &layer.known().table);
        let title = masks.shown("", title_of(&holder, at, chinese));
        Some(format!("{} {title}", seen.preferences.title(&layer.layer.title)))
    });
    let answers: Vec<usize> = (seen.looks.layers.len()..city.layers.len()).collect();
    let model = SnapshotModel {
        // What answers show lies on top.
        layers: seen.styles.order.iter().chain(&answers).rev().filter_map(offer).collect(),
        crs: city.crs.code().unwrap_or(city.crs.name()).to_owned(),
        project: seen.preferences.title(&city.title),
        subject: jobs.given.as_ref().map(|given| given.report.title.clone()).or(subject),
        unmasked: seen.unmasked(),
        preview: panel.model.preview.clone(),
        run: panel.model.run.clone(),
    };
    if panel.model != model {
        panel.model = model;
    }
}
