//! Edits become steps for the keeper; what it says becomes the panel's contents.

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;
use bevy::winit::{EventLoopProxyWrapper, WinitUserEvent};

use super::describe::{is_chinese, refusal};
use super::figures::{Figures, FiguresModel};
use super::heat::{Heat, Source, of_list};
use super::keep::{Desk, Keeper, NotDone, Reply, Wake, WishedStep};
use super::list::{DAY, Group, Listed, Sort, Wanted, Wish, list};
use super::near::Nearby;
use super::pins::{Lens, pins};
use super::spots::{Spots, SpotsModel};
use super::state::{CasesEdit, CasesModel, CasesState, Form, How, KnownLayer, NewCase, Page, Tool, begins_by};
use super::{CasePins, Cases, CasesPanel, DESK, TAB, stranger};
use crate::features::published::{
    Arriving, Fly, Hand, Moment, Notice, OpenProject, Pointer, Preferences, Privacy, Select,
};
use crate::features::work::Work;
use crate::place::{Bounds, MapPoint};
use crate::report::{Issue, Severity};
use crate::scene::stage::Shown;
use crate::scene::view::Eye;
use crate::store::place;
use crate::themes::management::case::{Action, Actor, Case, Facts, PlaceBasis, Step};
use crate::themes::management::machine::Verb;
use crate::themes::management::times::now;

/// So much of its neighbourhood is seen with a case that is flown to, metres to each side.
const AROUND: f64 = 90.0;
/// The view has moved when its middle has by this share of its distance.
const MOVED: f64 = 0.02;

/// Who sits at the desk; his role stands for a name that was not said.
pub(super) fn actor(preferences: &Preferences) -> Actor {
    let mut actor = preferences.settings.actor.clone().unwrap_or_else(stranger);
    if actor.name.trim().is_empty() {
        actor.name = actor.role.word().to_owned();
    }
    actor
}

fn issue(severity: Severity, message: String) -> Notice {
    Notice(Issue { severity, layer: "cases".to_owned(), feature: None, message })
}

impl Cases {
    /// Selects a case by its place among all.
    pub(super) fn select(&mut self, case: u32, how: How) {
        let listed = self.listed.clone();
        let row = |case: u32| listed.rows.iter().position(|listed| *listed == case);
        match (how, self.current.and_then(row), row(case)) {
            (How::Toggle, ..) => match self.selected.binary_search(&case) {
                Ok(at) if self.selected.len() > 1 => {
                    self.selected.remove(at);
                    if self.current == Some(case) {
                        self.current = self.selected.last().copied();
                    }
                    self.changed = true;
                    return;
                }
                Ok(_) => {}
                Err(at) => self.selected.insert(at, case),
            },
            (How::Through, Some(from), Some(to)) => {
                // Both are rows of the list.
                self.selected = listed.rows[from.min(to)..=from.max(to)].to_vec();
                self.selected.sort_unstable();
                self.changed = true;
                return;
            }
            _ => self.selected = vec![case],
        }
        (self.current, self.changed) = (Some(case), true);
    }

    /// Selects none.
    pub(super) fn unselect(&mut self) {
        if self.current.is_some() || !self.selected.is_empty() || !self.spread.is_empty() {
            self.changed = true;
        }
        self.current = None;
        self.selected.clear();
        self.spread.clear();
    }

    /// Asks for a step of each of some cases, in one transaction. Where a place is put it is looked up.
    pub(super) fn act(&mut self, places: &[u32], action: &Action, note: &str, actor: &Actor) {
        let at = now();
        let steps = places.iter().filter_map(|place| {
            let case = self.all.get(*place as usize)?;
            let (mut action, mut put) = (action.clone(), None);
            match &mut action {
                // A draft is reported with the facts that it has.
                Action::Begin { facts, .. } => **facts = case.facts.clone(),
                Action::Move { located } if located.basis != PlaceBasis::Moved => put = Some(located.xy),
                _ => {}
            }
            // Two desks' clocks may differ by a little.
            let last = case.steps.last().map_or(at, |last| last.at);
            let at = if last > at && last - at < 60_000 { last } else { at };
            let step = Step { at, actor: actor.clone(), action, note: note.trim().to_owned() };
            Some(WishedStep { number: Some(case.number.clone()), step, at: put })
        });
        let steps: Vec<WishedStep> = steps.collect();
        self.send(steps);
    }

    fn send(&mut self, steps: Vec<WishedStep>) {
        let Some(keeper) = self.keeper.as_ref().filter(|_| !steps.is_empty()) else { return };
        keeper.send(steps);
        self.writing += 1;
        self.refused.clear();
        self.changed = true;
    }

    fn register(&mut self, new: &NewCase, actor: &Actor) {
        let (Some(xy), Some(verb)) = (self.draft, begins_by(actor.role)) else { return };
        let at = now();
        let facts = Facts {
            source: DESK.to_owned(),
            category: new.category.clone(),
            channel: actor.role.word().to_owned(),
            text: new.text.trim().to_owned(),
            address: new.address.trim().to_owned(),
            reported: at,
            self_handled: new.self_handled && verb == Verb::Report,
            subject: new.subject.clone(),
            ..Facts::default()
        };
        let action = Action::Begin { verb, facts: Box::new(facts), state: None };
        let step = Step { at, actor: actor.clone(), action, note: String::new() };
        self.expected = true;
        self.send(vec![WishedStep { number: None, step, at: Some(xy) }]);
    }
}

/// What the panels asked for.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<CasesPanel>,
    mut cases: ResMut<Cases>,
    mut preferences: ResMut<Preferences>,
    mut pointer: ResMut<Pointer>,
    shown: Res<Shown>,
    mut flights: MessageWriter<Fly>,
    mut selects: MessageWriter<Select>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    let who = actor(&preferences);
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            CasesEdit::List => cases.stale = true,
            CasesEdit::Select { case, how, fly } => {
                cases.select(case, how);
                cases.spread.clear();
                // The card stands where the inspector says what is selected on the map.
                selects.write(Select { target: None, fly: false });
                let place = cases.shown().and_then(|case| case.facts.located.as_ref()).map(|located| located.xy);
                if let Some(xy) = place.filter(|_| fly) {
                    flights.write(Fly::To(Bounds { min: xy, max: xy }.grown(AROUND)));
                }
            }
            CasesEdit::SelectAll(on) => {
                cases.unselect();
                if on {
                    cases.selected = cases.listed.rows.clone();
                    cases.selected.sort_unstable();
                    cases.current = cases.listed.rows.first().copied();
                }
                cases.changed = true;
            }
            CasesEdit::Act(places, action, note) => cases.act(&places, &action, &note, &who),
            CasesEdit::Take(tool) => {
                cases.tool = tool;
                if tool == Some(Tool::Register) {
                    cases.unselect();
                    cases.draft = None;
                    selects.write(Select { target: None, fly: false });
                }
                pointer.hand = if tool.is_some() { Hand::Case } else { Hand::Select };
            }
            CasesEdit::Object(subject, at) => {
                cases.unselect();
                cases.draft = Some(at);
                panel.state.new_case = NewCase { subject: Some(subject), ..NewCase::default() };
            }
            CasesEdit::ShowThing(layer, row) => {
                let layers = shown.city.as_ref().map(|city| &city.layers);
                let number = layers.and_then(|layers| layers.iter().position(|one| one.layer.id == layer));
                if let Some(number) = number {
                    selects.write(Select { target: Some((number, row)), fly: true });
                }
            }
            CasesEdit::Register(new) => cases.register(&new, &who),
            CasesEdit::DropDraft => {
                cases.draft = None;
                panel.state.new_case = NewCase::default();
            }
            CasesEdit::Me(me) => {
                preferences.settings.actor = Some(me);
                cases.stale = true;
            }
            CasesEdit::Play(on) => {
                let begin = panel.state.wish.period.map_or(cases.listed.days.from, |[from, _]| from);
                let moment = &mut panel.state.wish.moment;
                if on && moment.is_none_or(|at| at >= cases.listed.days.to()) {
                    *moment = Some(begin);
                }
                (cases.playing, cases.stale) = (on, true);
            }
            CasesEdit::CloseSpread => cases.spread.clear(),
            CasesEdit::News(show) => {
                let numbers = cases.news.take();
                if show {
                    preferences.settings.frame.open_tab(TAB);
                    let is_new = |case: &&Arc<Case>| numbers.binary_search(&case.number).is_ok();
                    let places = cases.all.iter().filter(is_new).filter_map(|case| case.facts.located.as_ref());
                    let extent = Bounds::around(places.map(|located| &located.xy));
                    if !extent.is_empty() {
                        flights.write(Fly::To(extent.grown(AROUND)));
                    }
                    let only = Some(Arc::new(numbers));
                    panel.state.wish = Wish { group: Group::All, sort: Sort::Reported, only, ..Wish::default() };
                }
            }
            CasesEdit::FlyTo(bounds) => _ = flights.write(Fly::To(bounds)),
        }
        cases.changed = true;
    }
    redraw.write(RequestRedraw);
}

/// Reads the cases of a project that was opened; those of the same file stay as they are.
pub(super) fn follow_project(
    mut cases: ResMut<Cases>,
    mut panel: ResMut<CasesPanel>,
    project: Res<OpenProject>,
    shown: Res<Shown>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
    mut notices: MessageWriter<Notice>,
) {
    if cases.generation == shown.generation {
        return;
    }
    cases.generation = shown.generation;
    // Elevations are those of another ground.
    (cases.stale, cases.changed) = (true, true);
    let Some(city) = &shown.city else { return };
    let known = city.layers.iter().map(|layer| {
        let layer = &layer.layer;
        (layer.id.clone(), KnownLayer { title: layer.title.clone(), owner: layer.about.owner.clone() })
    });
    cases.layers = Arc::new(known.collect());
    let file = match place::file_of(&project.0) {
        Ok(file) => file,
        Err(reason) => {
            notices.write(issue(Severity::Error, reason.to_string()));
            cases.error = reason.to_string();
            return;
        }
    };
    if cases.file.as_ref() == Some(&file) && cases.keeper.is_some() {
        return;
    }
    // What the last project still has to write is written first.
    *cases = Cases {
        generation: cases.generation,
        edition: cases.edition + 1,
        layers: std::mem::take(&mut cases.layers),
        reading: true,
        stale: true,
        changed: true,
        ..Cases::default()
    };
    // What was written and chosen is about cases of another file.
    let (keep_pins, speed, page) = (panel.state.keep_pins, panel.state.speed, panel.state.page);
    panel.state = CasesState { keep_pins, speed, page, ..CasesState::default() };
    let wake = proxy.map(|proxy| {
        let proxy = (**proxy).clone();
        Box::new(move || _ = proxy.send_event(WinitUserEvent::WakeUp)) as Wake
    });
    cases.keeper = Some(Keeper::start(Desk {
        path: file.clone(),
        crs: city.crs.clone(),
        folder: project.0.folder.clone(),
        city: Some(city.clone()),
        wake,
    }));
    cases.file = Some(file);
}

/// Takes in what the keeper says.
pub(super) fn take_in(
    mut cases: ResMut<Cases>,
    mut panel: ResMut<CasesPanel>,
    preferences: Res<Preferences>,
    (arriving, proxy): (Option<Res<Arriving>>, Option<Res<EventLoopProxyWrapper>>),
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let frame = &preferences.settings.frame;
    // Whoever looks elsewhere is told as well what comes in and what becomes overdue.
    let tells = arriving.is_some_and(|arriving| arriving.0) || !cases.all.is_empty();
    let watched = tells || frame.bottom_open && frame.tab == TAB;
    let Some(keeper) = &cases.keeper else { return };
    if watched != cases.watching {
        keeper.watch(watched);
        cases.bypass_change_detection().watching = watched;
    }
    let replies = cases.keeper.as_ref().map(Keeper::replies).unwrap_or_default();
    // Without a window's event loop nothing else brings the next look.
    if proxy.is_none() && (cases.reading || cases.writing > 0) {
        redraw.write(RequestRedraw);
    }
    if replies.is_empty() {
        return;
    }
    (cases.stale, cases.changed) = (true, true);
    cases.edition += 1;
    for reply in replies {
        match reply {
            Reply::Rules(rules, wrong) => {
                cases.rules = Some(rules);
                notices.write_batch(wrong.map(|reason| issue(Severity::Warning, reason)));
            }
            Reply::Read(all, issues) => {
                notices.write_batch(issues.into_iter().map(Notice));
                let old = std::mem::replace(&mut cases.all, all);
                // Places stay as they are, but for a case that could not be read before, or cannot be any more.
                let new = cases.all.clone();
                let same = |place: u32| {
                    let number = &old.get(place as usize)?.number;
                    let there = new.get(place as usize).is_some_and(|case| case.number == *number);
                    if there {
                        Some(place)
                    } else {
                        new.iter().position(|case| case.number == *number).map(|at| at as u32)
                    }
                };
                cases.selected = cases.selected.iter().filter_map(|place| same(*place)).collect();
                cases.selected.sort_unstable();
                cases.current = cases.current.and_then(same);
                cases.spread.clear();
                (cases.reading, cases.error) = (false, String::new());
            }
            Reply::Unread(reason) => {
                notices.write(issue(Severity::Error, reason.clone()));
                (cases.reading, cases.error) = (false, reason);
            }
            Reply::Done(done) => {
                cases.writing = cases.writing.saturating_sub(1);
                done.iter().for_each(|(_, case)| cases.news.own(&case.number));
                let all = Arc::make_mut(&mut cases.all);
                let mut last = None;
                for (place, case) in done {
                    match all.get_mut(place as usize) {
                        Some(known) => *known = case,
                        None => all.push(case),
                    }
                    last = Some(place);
                }
                if std::mem::take(&mut cases.expected)
                    && let Some(place) = last
                {
                    cases.draft = None;
                    panel.state.new_case = NewCase::default();
                    cases.select(place, How::Only);
                }
                panel.state.form = Form::default();
                panel.state.batch = Form::default();
            }
            Reply::NotDone(reason) => {
                cases.writing = cases.writing.saturating_sub(1);
                cases.expected = false;
                let words = preferences.words();
                let said = match reason {
                    NotDone::Refused(number, reason) => {
                        let chinese = is_chinese(Some(preferences.settings.language));
                        format!("{number}: {}", refusal(&reason, chinese, words))
                    }
                    NotDone::Failed(reason) => reason,
                };
                notices.write(issue(Severity::Warning, said.clone()));
                cases.refused = said;
            }
            Reply::Minute => {}
        }
    }
    redraw.write(RequestRedraw);
}

/// Lets time pass.
pub(super) fn play(
    mut cases: ResMut<Cases>,
    mut panel: ResMut<CasesPanel>,
    time: Res<Time>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if !cases.playing {
        return;
    }
    // After an idle time the first step is long.
    let step = f64::from(time.delta_secs().min(0.2)) * panel.state.speed * DAY as f64;
    let end = panel.state.wish.period.map_or(cases.listed.days.to(), |[_, to]| to);
    match panel.state.wish.moment {
        Some(at) if at < end => panel.state.wish.moment = Some((at + step as i64).min(end)),
        _ => (cases.playing, cases.changed) = (false, true),
    }
    redraw.write(RequestRedraw);
}

/// Tells others which moment is shown.
pub(super) fn tell_moment(panel: Res<CasesPanel>, mut moment: ResMut<Moment>) {
    if moment.0 != panel.state.wish.moment {
        moment.0 = panel.state.wish.moment;
    }
}

/// Has the list made where the wish, the cases or the time have changed; takes it in.
pub(super) fn make_list(
    mut cases: ResMut<Cases>,
    panel: Res<CasesPanel>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    eye: Res<Eye>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if let Some((wish, work)) = &cases.listing {
        let Some(done) = work.take() else {
            // Nothing else wakes a window that waits for events.
            redraw.write(RequestRedraw);
            return;
        };
        let wish = wish.clone();
        (cases.listing, cases.changed) = (None, true);
        match done {
            Ok((listed, at)) => {
                // A list that is older than the cases has its successor soon; one of another moment says nothing of now.
                if !cases.reading && wish.moment.is_none() && listed.marks.len() == cases.all.len() {
                    let all = cases.all.clone();
                    cases.news.look(&all, &listed.marks);
                }
                (cases.listed, cases.listed_at, cases.listed_wish) = (Arc::new(listed), at, wish);
            }
            Err(reason) => cases.error = reason,
        }
        redraw.write(RequestRedraw);
    }
    let Some(rules) = cases.rules.clone() else { return };
    let centre = [eye.camera.target.east, eye.camera.target.north];
    let wish = &panel.state.wish;
    let moved = (centre[0] - cases.listed_centre[0]).hypot(centre[1] - cases.listed_centre[1]);
    let elsewhere = wish.sort == Sort::Distance && !eye.is_changed() && moved > eye.camera.distance * MOVED;
    if !(cases.stale || *wish != cases.listed_wish || elsewhere) {
        return;
    }
    cases.stale = false;
    cases.listed_centre = centre;
    let (all, me, wish, mesh) = (cases.all.clone(), actor(&preferences), wish.clone(), shown.mesh.clone());
    let asked = wish.clone();
    let work = Work::start(move |_| {
        let ground = |[east, north]: [f64; 2]| {
            mesh.as_ref().map_or(0.0, |mesh| mesh.ground.elevation(MapPoint::new(east, north)))
        };
        let now = now();
        let wanted = Wanted { all: &all, rules: &rules, me: &me, wish: &wish, now, centre, ground: &ground };
        Ok((list(&wanted), now))
    });
    (cases.listing, cases.changed) = (Some((asked, work)), true);
    redraw.write(RequestRedraw);
}

/// Stands pins where the list has changed, or the view has come to rest; until then they go with the view.
pub(super) fn place_pins(
    cases: Res<Cases>,
    panel: Res<CasesPanel>,
    preferences: Res<Preferences>,
    eye: Res<Eye>,
    mut standing: ResMut<CasePins>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let frame = &preferences.settings.frame;
    // Beside figures and hot spots they would hide what these draw.
    let listed = frame.bottom_open && frame.tab == TAB && panel.state.page == Page::List;
    let wanted = panel.state.keep_pins || listed;
    if !wanted {
        if standing.shown {
            *standing = CasePins::default();
        }
        return;
    }
    let moves = eye.is_changed() || eye.flight.is_some();
    let news = !standing.shown || !Arc::ptr_eq(&standing.listed, &cases.listed);
    if news || (standing.stale && !moves) {
        let standing = &mut *standing;
        standing.shown = true;
        standing.listed = cases.listed.clone();
        standing.pins = pins(&Lens::of(&eye), &standing.listed.spots);
        standing.stale = moves;
        redraw.write(RequestRedraw);
    } else if moves {
        let standing = &mut *standing;
        standing.pins.follow(&Lens::of(&eye), &standing.listed.spots);
        standing.stale = true;
        // The frame after the last movement parts and joins them.
        redraw.write(RequestRedraw);
    }
}

/// Fills the panels.
pub(super) fn fill(
    mut panel: ResMut<CasesPanel>,
    mut cases: ResMut<Cases>,
    preferences: Res<Preferences>,
    (privacy, heat, nearby): (Res<Privacy>, Res<Heat>, Res<Nearby>),
    (figures, spots): (Res<Figures>, Res<Spots>),
) {
    let language = preferences.settings.language;
    let asked = cases.changed || cases.language != Some(language);
    if !(asked || privacy.is_changed() || preferences.is_changed()) {
        return;
    }
    (cases.changed, cases.language) = (false, Some(language));
    let listed: Arc<Listed> = cases.listed.clone();
    panel.model = CasesModel {
        language: Some(language),
        all: cases.all.clone(),
        rules: cases.rules.clone(),
        listed,
        reading: cases.reading,
        listing: cases.listing.is_some(),
        writing: cases.writing > 0,
        error: cases.error.clone(),
        refused: cases.refused.clone(),
        file: cases.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default(),
        me: preferences.settings.actor.clone(),
        selected: cases.selected.clone(),
        current: cases.current,
        tool: cases.tool,
        draft: cases.draft,
        moment: cases.listed_wish.moment,
        now: cases.listed_wish.moment.unwrap_or(cases.listed_at),
        playing: cases.playing,
        spread: cases.spread.clone(),
        near: nearby.found.clone(),
        near_error: nearby.error.clone(),
        layers: cases.layers.clone(),
        unmasked: privacy.unmasked,
        news: cases.news.counts(),
        heat: of_list(&heat),
        figures: FiguresModel {
            table: figures.0.answer.clone(),
            busy: figures.0.is_busy(),
            error: figures.0.error.clone(),
        },
        classes: if matches!(heat.of, Some(Source::Figures(..))) { heat.classes.clone() } else { Vec::new() },
        spots: SpotsModel { found: spots.0.answer.clone(), busy: spots.0.is_busy(), error: spots.0.error.clone() },
        chosen: preferences.settings.frame.tab == TAB,
    };
}

/// Waits for the disk when the program ends.
pub(super) fn finish(mut cases: ResMut<Cases>, mut exits: MessageReader<AppExit>) {
    if exits.read().count() > 0 {
        cases.keeper = None;
    }
}
