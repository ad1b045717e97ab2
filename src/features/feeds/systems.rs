//! Edits become orders for the runner; what it tells becomes the view's contents and areas on the ground.

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;
use bevy::winit::{EventLoopProxyWrapper, WinitUserEvent};

use super::runner::{Endpoint, Job, Order, Runner, Told, Wake};
use super::state::{FeedsEdit, FeedsModel, FeedsState, Listed, ShownWarning};
use super::warnings::{Key, as_layers as warnings_as_layers, drape as draped, pick};
use super::{Feeds, FeedsPanel};
use crate::cli::escape::Escape;
use crate::features::published::{AnswerLayers, Arriving, Fly, Notice, OpenProject, Preferences};
use crate::features::work::Work;
use crate::feeds::State;
use crate::feeds::config::Kind;
use crate::feeds::project::{ProjectFeeds, shown_address};
use crate::panels::Language;
use crate::place::Bounds;
use crate::report::{Issue, Severity};
use crate::scene::sheets::Sheets;
use crate::scene::stage::Shown;
use crate::store::place;
use crate::themes::management::times::now;

/// A box that is flown to is at least so wide, metres.
const LEAST: f64 = 400.0;

fn issue(severity: Severity, message: String) -> Notice {
    Notice(Issue { severity, layer: "feeds".to_owned(), feature: None, message })
}

/// What the view asked for.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<FeedsPanel>,
    mut feeds: ResMut<Feeds>,
    mut preferences: ResMut<Preferences>,
    project: Res<OpenProject>,
    shown: Res<Shown>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
    mut flights: MessageWriter<Fly>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        let order = |order| _ = feeds.runner.as_ref().map(|runner| runner.order(order));
        match edit {
            FeedsEdit::Start(on) => {
                // Another runner tells garbage when it is asked for.
                panel.state.garbage = false;
                if let Some(found) = &feeds.found {
                    preferences.settings.start_feeds(&feeds.folder, &found.fingerprint, on);
                }
                if on {
                    notices.write_batch(start(&mut feeds, &project, &shown, proxy.as_deref()));
                } else {
                    feeds.stop();
                }
            }
            FeedsEdit::Run(id, on) => order(Order::Run(id, on)),
            FeedsEdit::Look(id) => order(Order::Look(id)),
            FeedsEdit::Garbage(on) => order(Order::Garbage(on)),
            FeedsEdit::Fly(bounds) => {
                let margin = (0.1 * bounds.width().max(bounds.height())).max(LEAST / 2.0);
                flights.write(Fly::To(bounds.grown(margin)));
            }
        }
        feeds.changed = true;
    }
    redraw.write(RequestRedraw);
}

impl Feeds {
    /// Stops all feeds. No frame waits for that.
    fn stop(&mut self) {
        if let Some(runner) = self.runner.take() {
            // Where the system gives no thread it is waited for here.
            self.ending = std::thread::Builder::new().name("feeds end".to_owned()).spawn(move || drop(runner)).ok();
        }
        (self.seen, self.told, self.changed) = (0, Told::default(), true);
    }
}

/// Starts all feeds of the project; why that cannot be.
fn start(
    feeds: &mut Feeds,
    project: &OpenProject,
    shown: &Shown,
    proxy: Option<&EventLoopProxyWrapper>,
) -> Option<Notice> {
    let (Some(found), Some(city), None) = (&feeds.found, &shown.city, &feeds.runner) else { return None };
    let file = match place::file_of(&project.0) {
        Ok(file) => file,
        Err(reason) => return Some(issue(Severity::Error, reason.to_string())),
    };
    let wake = proxy.map(|proxy| {
        let proxy = (**proxy).clone();
        Box::new(move || _ = proxy.send_event(WinitUserEvent::WakeUp)) as Wake
    });
    let (folder, city, found) = (feeds.folder.clone(), city.clone(), found.clone());
    let job = Job { file, folder, city, feeds: found, after: feeds.ending.take(), wake };
    feeds.runner = Some(Runner::start(job));
    (feeds.seen, feeds.changed) = (0, true);
    None
}

/// Reads which feeds a project that was opened has; those of the same folder stay as they are.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn follow_project(
    mut feeds: ResMut<Feeds>,
    mut panel: ResMut<FeedsPanel>,
    project: Res<OpenProject>,
    shown: Res<Shown>,
    preferences: Res<Preferences>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if feeds.generation != shown.generation && shown.city.is_some() {
        let first = feeds.generation == 0;
        feeds.generation = shown.generation;
        if first || feeds.folder != project.0.folder {
            feeds.stop();
            let folder = project.0.folder.clone();
            *feeds = Feeds {
                generation: shown.generation,
                folder: folder.clone(),
                ending: feeds.ending.take(),
                changed: true,
                ..Feeds::default()
            };
            panel.state = FeedsState::default();
            feeds.reading = Some(Work::start(move |_| ProjectFeeds::read(&folder)));
        }
    }
    let Some(done) = feeds.reading.as_ref().map(Work::take) else { return };
    redraw.write(RequestRedraw);
    let Some(done) = done else { return };
    (feeds.reading, feeds.changed) = (None, true);
    match done {
        Ok(found) => feeds.found = found.filter(|found| found.count() > 0),
        Err(reason) => {
            notices.write(issue(Severity::Warning, reason.clone()));
            feeds.error = reason;
        }
    }
    // Only what the user has agreed to before, and as it was then.
    let agreed = |found: &ProjectFeeds| preferences.settings.has_started(&feeds.folder, &found.fingerprint);
    if feeds.found.as_ref().is_some_and(agreed) {
        notices.write_batch(start(&mut feeds, &project, &shown, proxy.as_deref()));
    }
}

/// Takes in what the runner tells.
pub(super) fn take_in(
    mut feeds: ResMut<Feeds>,
    mut arriving: ResMut<Arriving>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let on = feeds.runner.is_some();
    if arriving.0 != on {
        arriving.0 = on;
    }
    let seen = feeds.seen;
    let Some((seen, told)) = feeds.runner.as_ref().and_then(|runner| runner.told(seen)) else { return };
    if told.problem != feeds.told.problem && !told.problem.is_empty() {
        notices.write(issue(Severity::Warning, told.problem.clone()));
    }
    (feeds.seen, feeds.told, feeds.changed) = (seen, told, true);
    redraw.write(RequestRedraw);
}

/// Has the areas of warnings draped where they, the city or the language have changed.
pub(super) fn drape(
    mut feeds: ResMut<Feeds>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    mut sheets: Option<ResMut<Sheets>>,
    mut layers: Option<ResMut<AnswerLayers>>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if let Some((_, work)) = &feeds.draping {
        let Some(done) = work.take() else {
            // Nothing else wakes a window that waits for events.
            redraw.write(RequestRedraw);
            return;
        };
        let key = feeds.draping.take().map(|(key, _)| key);
        let mut draped = done.unwrap_or_default();
        if let Some(sheets) = &mut sheets {
            sheets.0 = std::mem::take(&mut draped.sheets);
        }
        if let Some(layers) = &mut layers {
            let holding = key.as_ref().map(|(_, holding, _)| holding.clone()).filter(|holding| !holding.is_empty());
            match holding {
                Some(holding) => _ = layers.0.insert("warnings", warnings_as_layers(holding)),
                None => _ = layers.0.remove("warnings"),
            }
        }
        (feeds.draped, feeds.draped_for, feeds.changed) = (draped, key, true);
        redraw.write(RequestRedraw);
    }
    let (Some(city), Some(mesh)) = (shown.city.clone(), shown.mesh.clone()) else { return };
    let chinese = preferences.settings.language == Language::Chinese;
    let same = |(generation, holding, picked): &Key| {
        let nothing = holding.is_empty() && feeds.told.shown.is_empty();
        nothing || *generation == shown.generation && *picked == chinese && *holding == feeds.told.shown
    };
    match &feeds.draped_for {
        None if feeds.told.shown.is_empty() => {
            // Those of a project that is no longer open.
            if let Some(layers) = layers.as_mut().filter(|layers| layers.0.contains_key("warnings")) {
                layers.0.remove("warnings");
            }
            return;
        }
        Some(key) if same(key) => return,
        _ => {}
    }
    let key: Key = (shown.generation, feeds.told.shown.clone(), chinese);
    let holding = key.1.clone();
    let work = Work::start(move |_| Ok(draped(&pick(&holding, chinese), &city, &mesh.ground)));
    feeds.draping = Some((key, work));
    redraw.write(RequestRedraw);
}

/// A text of somebody else as it may be shown, cut after so many characters.
fn inert(text: &str, most: usize) -> String {
    let cut: String = text.chars().take(most).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", Escape::Text.apply(cut.trim()))
}

/// The same in one line.
fn line(text: &str, most: usize) -> String {
    inert(text, most).replace(['\n', '\t'], " ")
}

/// Fills the view.
pub(super) fn fill(mut panel: ResMut<FeedsPanel>, mut feeds: ResMut<Feeds>, preferences: Res<Preferences>) {
    let language = preferences.settings.language;
    if !(feeds.changed || feeds.language != Some(language)) {
        return;
    }
    (feeds.changed, feeds.language) = (false, Some(language));
    let told = &feeds.told;
    let found = feeds.found.as_ref();
    let stopped = || super::runner::Line {
        status: crate::feeds::Status { state: State::Stopped, ..Default::default() },
        ..Default::default()
    };
    let listed = |id: &str, kind: Kind, address: &str, at: Option<&super::runner::Line>| Listed {
        name: line(id, 40),
        id: id.to_owned(),
        kind,
        tracks: found.is_some_and(|found| found.tracks.iter().any(|feed| feed.id == id)),
        address: line(&shown_address(address), 200),
        line: at.cloned().unwrap_or_else(stopped),
    };
    let mut lines = Vec::new();
    if let Some(found) = found {
        let reports = found.reports.iter().chain(&found.tracks).enumerate();
        lines.extend(reports.map(|(at, feed)| listed(&feed.id, feed.kind, &feed.address, told.reports.get(at))));
        let warnings = found.warnings.iter().enumerate();
        lines.extend(warnings.map(|(at, (id, feed))| listed(id, Kind::Cap, &feed.address, told.warnings.get(at))));
    }
    let picked = pick(&told.shown, language == Language::Chinese);
    // While areas are draped anew, those of the warnings before are none of these.
    let extents = feeds.draped_for.as_ref().filter(|(_, holding, _)| Arc::ptr_eq(holding, &told.shown));
    let extent =
        |at: usize| -> Option<Bounds> { extents.and_then(|_| feeds.draped.extents.get(at).copied().flatten()) };
    let warning = |(at, one): (usize, &&super::runner::Holds)| ShownWarning {
        key: format!("{} {}", one.message, one.warning.event),
        event: line(&one.warning.event, 60),
        severity: one.warning.severity,
        headline: line(&one.warning.headline, 160),
        place: line(&one.warning.areas.iter().map(|area| area.name.as_str()).collect::<Vec<_>>().join(", "), 160),
        description: inert(&one.warning.description, 4_000),
        instruction: inert(&one.warning.instruction, 4_000),
        sender: line(&one.warning.sender_name, 80),
        until: one.until,
        extent: extent(at),
    };
    panel.model = FeedsModel {
        language: Some(language),
        there: found.is_some() || !feeds.error.is_empty(),
        count: found.map_or(0, ProjectFeeds::count),
        error: inert(&feeds.error, 600),
        on: feeds.runner.is_some(),
        feeds: lines,
        has_endpoint: found.is_some_and(|found| found.open311.is_some()),
        endpoint: if feeds.runner.is_some() { told.endpoint.clone() } else { Endpoint::Off },
        warnings: picked.iter().enumerate().map(warning).collect(),
        garbage: told.garbage.clone(),
        offset: told.offset,
        now: now(),
    };
}

/// Stops the feeds when the program ends, and waits for them for less than two seconds.
pub(super) fn finish(mut feeds: ResMut<Feeds>, mut exits: MessageReader<AppExit>) {
    if exits.read().count() > 0 {
        feeds.runner = None;
    }
}
