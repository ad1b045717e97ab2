//! The registry of panels: one system draws all of them and then says whose mouse and keys are.
//!
//! It runs after the frame's other work, so a wish of frame n is applied in frame n + 1; whatever
//! asks for something asks for another frame as well.

use std::cell::RefCell;

use bevy::prelude::*;
use bevy::window::RequestRedraw;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, EguiTextureHandle};

use super::published::{Moment, NOTICES_TAB, Pointer, Preferences, SceneInput, SceneKey, TABLE_TAB};
use super::{
    cases, feeds, housing, inspector, labels, layers, load, measure, notices, planning, questions, search, snapshot,
    status, table, view,
};
use crate::panels::frame::{self, FrameEdit, FrameModel, Section, Slots};
use crate::panels::icons::Icon;
use crate::panels::{Palette, fonts, settings, theme, widgets};
use crate::report::{Issue, Severity};
use crate::scene::quality::Coarse;
use crate::scene::stage::Shown;
use crate::scene::view::Eye;

/// How the panels are drawn.
#[derive(Resource, Debug)]
pub struct Desk {
    /// Whether they are drawn at all: a picture may be without.
    pub shown: bool,
    fonts_ready: bool,
    theme: Option<theme::Theme>,
    /// A drag that began in the scene, and whether it is one (else it may become a click).
    dragging: bool,
    /// How full the font atlas was when last looked at.
    letters: f32,
    saved: settings::Settings,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            shown: true,
            fonts_ready: false,
            theme: None,
            dragging: false,
            letters: 0.0,
            saved: settings::Settings::default(),
        }
    }
}

/// Draws the panels.
pub fn plugin(app: &mut App) {
    app.init_resource::<Desk>()
        .init_resource::<Preferences>()
        .add_systems(EguiPrimaryContextPass, draw)
        .add_systems(Last, remember);
}

type Panels<'w> = (
    ResMut<'w, layers::LayersPanel>,
    ResMut<'w, inspector::InspectorPanel>,
    ResMut<'w, search::SearchPanel>,
    ResMut<'w, table::TablePanel>,
    ResMut<'w, measure::MeasurePanel>,
    ResMut<'w, notices::NoticesPanel>,
    ResMut<'w, load::LoadPanel>,
    ResMut<'w, status::StatusPanel>,
    ResMut<'w, view::ViewPanel>,
    ResMut<'w, planning::PlanningPanel>,
    ResMut<'w, housing::HousingPanel>,
    ResMut<'w, planning::schemes::SchemesPanel>,
    ResMut<'w, questions::QuestionsPanel>,
    ResMut<'w, cases::CasesPanel>,
    (ResMut<'w, feeds::FeedsPanel>, ResMut<'w, snapshot::SnapshotPanel>),
);

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn draw(
    mut contexts: EguiContexts,
    panels: Panels,
    mut desk: ResMut<Desk>,
    mut preferences: ResMut<Preferences>,
    mut eye: ResMut<Eye>,
    shown: Res<Shown>,
    (labels, coarse): (Res<labels::Labels>, Res<Coarse>),
    (measuring, scheming): (Res<measure::Measuring>, Res<planning::schemes::Schemes>),
    (of_desk, pins, heat): (Res<cases::Cases>, Res<cases::CasePins>, Res<cases::heat::Heat>),
    (of_feeds, moment): (Res<feeds::Feeds>, Res<Moment>),
    pointer: Res<Pointer>,
    mut input: MessageWriter<SceneInput>,
    mut redraw: MessageWriter<RequestRedraw>,
) -> Result {
    let ctx = contexts.ctx_mut()?.clone();
    let (
        mut layers,
        mut inspector,
        mut search,
        mut table,
        mut measure,
        mut notices,
        mut load,
        mut status,
        mut view,
        mut planning,
        mut housing,
        mut schemes,
        mut questions,
        mut desk_of_cases,
        (mut feeds_panel, mut snapshot),
    ) = panels;
    if !desk.fonts_ready {
        desk.fonts_ready = true;
        // Labels are written without panels as well.
        if fonts::install(&ctx).chinese.is_none() {
            let message = preferences.words().notices.no_chinese_font.to_owned();
            let issue = Issue { severity: Severity::Warning, layer: String::new(), feature: None, message };
            notices.push(issue);
        }
    }
    if desk.theme != Some(preferences.settings.theme) {
        let first = desk.theme.is_none();
        desk.theme = Some(preferences.settings.theme);
        theme::apply(&ctx, preferences.settings.theme);
        // Frames may take long on software graphics: a click is one all the same.
        ctx.options_mut(|options| options.input_options.max_click_duration = 2.5);
        if first {
            // New fonts are known from the next pass on.
            redraw.write(RequestRedraw);
            return Ok(());
        }
    }
    let words = preferences.words();
    let screen = ctx.viewport_rect();
    let scale = ctx.pixels_per_point();
    let mut root = egui::Ui::new(
        ctx.clone(),
        "root".into(),
        egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(screen),
    );
    let ui = &mut root;
    if let Some(image) = coarse.shown() {
        let texture = contexts.add_image(EguiTextureHandle::Weak(image.id()));
        let [x, y, w, h] = eye.viewport.map(|v| v / scale);
        let place = egui::Rect::from_min_size(egui::pos2(x, y), egui::vec2(w, h));
        let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        ui.painter().image(texture, place, whole, egui::Color32::WHITE);
    }
    if !desk.shown {
        let offset = eye.part.map_or(egui::Vec2::ZERO, |part| {
            let [x, y] = part.offset.map(|v| v as f32 / scale);
            egui::vec2(x, y)
        });
        if eye.part.is_none() {
            set_viewport(&mut eye, screen, scale);
        }
        labels.paint(ui, screen, offset);
        return Ok(());
    }

    let model =
        FrameModel { project: shown.city.as_ref().map(|city| preferences.title(&city.title)).unwrap_or_default() };
    let mut wishes = Vec::new();
    let mut state = preferences.settings.frame.clone();
    let (mut of_card, mut of_schemes, mut of_case) = (Vec::new(), Vec::new(), Vec::new());
    // Keys are the dialog's while one is open.
    if !load.state.open && !snapshot.state.open {
        of_schemes.extend(planning::schemes::overlay::escape(ui, &scheming));
        let inspector = &mut *inspector;
        inspector::ui::keys(ui, &inspector.model, &mut inspector.edits);
    }
    let badge = notices.badge(Palette::of(ui));
    let result = {
        let (layers, inspector, search, table) = (&mut *layers, &mut *inspector, &mut *search, &mut *table);
        let (measure, notices, status, view) = (&mut *measure, &mut *notices, &mut *status, &mut *view);
        let planning = &mut *planning;
        let (plan, plan_state, plan_edits) = (&planning.model, &mut planning.state, &mut planning.edits);
        let mut parcel_edits = Vec::new();
        let schemes = &mut *schemes;
        let (scheme, scheme_state) = (&schemes.model, RefCell::new(&mut schemes.state));
        let scheme_edits = RefCell::new(&mut of_schemes);
        let language = preferences.settings.language;
        let (housing, questions) = (&mut *housing, &mut *questions);
        let (house, houses, of_houses) = (&housing.model, &mut housing.state, &mut housing.edits);
        let at_desk = &mut *desk_of_cases;
        let (case, case_state) = (&at_desk.model, RefCell::new(&mut at_desk.state));
        let case_edits = RefCell::new(&mut of_case);
        let live = &mut *feeds_panel;
        let (feed, feed_state, feed_edits) = (&live.model, &mut live.state, &mut live.edits);
        let mut cases_tab = Section::new(cases::TAB, Icon::Case, words.cases.title, |ui| {
            if feed_state.open && feed.there {
                feeds::ui::show(ui, feed, feed_state, words, feed_edits);
                return;
            }
            feeds::ui::strip(ui, feed, feed_state, words, feed_edits);
            let (mut state, mut edits) = (case_state.borrow_mut(), case_edits.borrow_mut());
            cases::ui::show(ui, case, &mut state, words, &mut edits);
        });
        let p = Palette::of(ui);
        cases_tab.badge = of_desk.badge().map(|(text, late)| (text, if late { p.error } else { p.note }));
        let mut notices_tab = Section::new(NOTICES_TAB, Icon::Warning, words.notices.title, |ui| {
            notices::ui::show(ui, &notices.model, &mut notices.state, words, &mut notices.edits);
        });
        notices_tab.badge = badge;
        let slots = Slots {
            search: Box::new(|ui| search::ui::show(ui, &search.model, &mut search.state, words, &mut search.edits)),
            menus: vec![Section::new("view", Icon::Sun, words.view.title, |ui| {
                view::ui::show(ui, &view.model, &mut view.state, words, &mut view.edits);
            })],
            left: Section::new("layers", Icon::Layers, words.layers.title, |ui| {
                layers::ui::show(ui, &layers.model, &mut layers.state, words, &mut layers.edits);
            }),
            right: Section::new("inspector", Icon::Info, words.inspector.title, |ui| {
                let (model, state, edits) = (&inspector.model, &mut inspector.state, &mut inspector.edits);
                let thing = model.thing.as_ref().map(|thing| (&thing.layer_id, &thing.id));
                let draft = case.draft.map(|xy| xy.map(f64::to_bits));
                widgets::to_top_of_new(ui, "inspected", (draft, case.current, thing));
                if case.current.is_some() || case.draft.is_some() {
                    let (mut state, mut edits) = (case_state.borrow_mut(), case_edits.borrow_mut());
                    cases::ui::card(ui, case, &mut state, words, &mut edits);
                    // Beside a case that is selected, nothing of the map is.
                    if model.thing.is_none() {
                        return;
                    }
                }
                inspector::ui::show(ui, model, state, words, edits, &mut |ui| {
                    let schemes = |ui: &mut egui::Ui| {
                        let (mut state, mut edits) = (scheme_state.borrow_mut(), scheme_edits.borrow_mut());
                        planning::schemes::ui::section(ui, scheme, &mut state, words, language, &mut edits);
                    };
                    // What is worked on stands first.
                    if plan.dossier.is_some() && scheme.active.is_some() {
                        schemes(ui);
                    }
                    planning::ui::dossier(ui, plan, words, &mut parcel_edits);
                    if plan.dossier.is_some() && scheme.active.is_none() {
                        schemes(ui);
                    }
                    housing::ui::card(ui, house, words, &mut of_card);
                    if let Some(thing) = &model.thing {
                        let thing =
                            cases::ui::objections::Thing { layer: &thing.layer_id, id: &thing.id, at: thing.at };
                        cases::ui::objections::section(ui, &thing, case, words, &mut case_edits.borrow_mut());
                    }
                });
            }),
            tabs: vec![
                Section::new(TABLE_TAB, Icon::Table, words.table.title, |ui| {
                    table::ui::show(ui, &table.model, &mut table.state, words, &mut table.edits);
                }),
                Section::new("measure", Icon::Ruler, words.measure.title, |ui| {
                    measure::ui::show(ui, &measure.model, &mut measure.state, words, &mut measure.edits);
                }),
                Section::new("planning", Icon::Area, words.planning.title, |ui| {
                    planning::ui::show(ui, plan, plan_state, words, plan_edits);
                }),
                Section::new("schemes", Icon::Height, words.schemes.title, |ui| {
                    let (mut state, mut edits) = (scheme_state.borrow_mut(), scheme_edits.borrow_mut());
                    planning::schemes::ui::show(ui, scheme, &mut state, words, &mut edits);
                }),
                Section::new("housing", Icon::Home, words.housing.title, |ui| {
                    housing::ui::show(ui, house, houses, words, of_houses);
                }),
                Section::new("questions", Icon::Filter, words.questions.title, |ui| {
                    questions::ui::show(ui, &questions.model, &mut questions.state, words, &mut questions.edits);
                }),
                cases_tab,
                notices_tab,
            ],
            status: Box::new(|ui| status::ui::show(ui, &status.model, &mut status.state, words, &mut status.edits)),
        };
        let result = frame::show(ui, &mut state, &model, slots, words, &mut wishes);
        planning.edits.append(&mut parcel_edits);
        result
    };
    if !of_card.is_empty() {
        housing.edits.append(&mut of_card);
    }
    {
        let load = &mut *load;
        load::ui::show(ui, &load.model, &mut load.state, words, &mut load.edits);
    }
    {
        let snapshot = &mut *snapshot;
        snapshot::ui::show(ui, &snapshot.model, &mut snapshot.state, words, &mut snapshot.edits);
    }
    {
        let view = &mut *view;
        view::ui::show_help(ui, &mut view.state, words);
        view::ui::show_performance(ui, view.model.cost.as_ref(), &mut view.state, words);
    }
    labels.paint(ui, result.viewport, egui::Vec2::ZERO);
    measuring.paint(ui, result.viewport, &eye, &pointer);
    if let Some(mesh) = &shown.mesh {
        let overlay = planning::schemes::overlay::show;
        of_schemes.extend(overlay(ui, result.viewport, &scheming, &eye, &pointer, &mesh.ground, words));
    }
    let warnings = feeds::overlay::show(ui, result.viewport, &eye, &of_feeds, &feeds_panel.model, words);
    if let Some(mesh) = &shown.mesh {
        let at = moment.0.unwrap_or(feeds_panel.model.now);
        feeds::ways::show(ui, (result.viewport, &eye, &mesh.ground), &of_feeds, &feeds_panel.model, at, words);
    }
    let mut legend = None;
    if let Some(mesh) = &shown.mesh {
        let viewport = result.viewport;
        let city = shown.city.as_deref();
        let scene = cases::overlay::Scene { viewport, eye: &eye, ground: &mesh.ground, city, pointer: &pointer };
        let at_desk = (&desk_of_cases.model, &desk_of_cases.state);
        let (edits, place) = cases::overlay::show(ui, &scene, &of_desk, (&pins, &heat), at_desk, words);
        of_case.extend(edits);
        legend = place;
    }
    feeds::overlay::show_names(ui, result.viewport, &warnings, legend);
    if let Some(edit) = cases::news::line(ui, result.viewport, desk_of_cases.model.news, words) {
        // They are listed where the feeds are now.
        feeds_panel.state.open = false;
        of_case.push(edit);
    }
    if !of_case.is_empty() {
        desk_of_cases.edits.append(&mut of_case);
    }
    if !of_schemes.is_empty() {
        schemes.edits.append(&mut of_schemes);
    }
    {
        let view = &mut *view;
        view::ui::show_marks(ui, result.viewport, &view.model, words, &mut view.edits);
    }
    if ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, egui::Key::F1)) {
        wishes.push(FrameEdit::Help);
    }
    if ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, egui::Key::F3)) {
        view.state.performance = !view.state.performance;
    }
    for wish in wishes {
        match wish {
            FrameEdit::AddData => {
                snapshot.state.open = false;
                load.state.begin();
            }
            FrameEdit::Snapshot if !load.state.open => snapshot.state.begin(),
            FrameEdit::Snapshot => {}
            FrameEdit::Help => view.state.help = !view.state.help,
        }
    }
    // Written only when it differs: whoever watches the settings is not woken each frame.
    if preferences.settings.frame != state {
        preferences.settings.frame = state;
    }
    let asked = !(layers.edits.is_empty()
        && inspector.edits.is_empty()
        && search.edits.is_empty()
        && table.edits.is_empty()
        && measure.edits.is_empty()
        && notices.edits.is_empty()
        && load.edits.is_empty()
        && snapshot.edits.is_empty()
        && status.edits.is_empty()
        && view.edits.is_empty()
        && planning.edits.is_empty()
        && housing.edits.is_empty()
        && schemes.edits.is_empty()
        && questions.edits.is_empty()
        && desk_of_cases.edits.is_empty()
        && feeds_panel.edits.is_empty());
    let moved = set_viewport(&mut eye, result.viewport, scale);
    let wanted = scene_input(ui, &mut desk, &result, &pointer);
    // Letters seen for the first time reach the screen with the next frame.
    let letters = ctx.fonts(|fonts| fonts.font_atlas_fill_ratio());
    let new_letters = std::mem::replace(&mut desk.letters, letters) != letters;
    // A popup is measured unseen in its first pass; bevy_egui makes no second pass of a frame.
    let unseen = ctx.output(|output| output.requested_discard());
    if asked || moved || new_letters || unseen || !wanted.is_empty() {
        redraw.write(RequestRedraw);
    }
    input.write_batch(wanted);
    Ok(())
}

/// Tells the camera which part of the window is left for the scene; whether that changed.
fn set_viewport(eye: &mut ResMut<Eye>, rect: egui::Rect, scale: f32) -> bool {
    let viewport = [rect.min.x, rect.min.y, rect.width(), rect.height()].map(|v| (v * scale).round().max(0.0));
    let changed = eye.viewport != viewport || eye.scale != scale;
    if changed {
        eye.viewport = viewport;
        eye.scale = scale;
    }
    changed
}

/// Reads mouse and keys that the panels do not want.
fn scene_input(ui: &egui::Ui, desk: &mut Desk, shown: &frame::Shown, pointer: &Pointer) -> Vec<SceneInput> {
    let mut out = Vec::new();
    ui.input(|i| {
        let at = i.pointer.latest_pos().map(|p| [p.x, p.y]);
        let free = shown.pointer_free;
        if i.pointer.any_pressed() {
            desk.dragging = free;
        }
        let over = at.filter(|_| free || desk.dragging);
        if over != pointer.at {
            out.push(SceneInput::Moved(over));
        }
        if let (true, Some(to)) = (desk.dragging, at) {
            let delta = i.pointer.delta();
            let moved = delta != egui::Vec2::ZERO;
            if i.pointer.secondary_down() || i.pointer.middle_down() {
                if moved {
                    out.push(SceneInput::Orbit([delta.x, delta.y]));
                }
            } else if i.pointer.primary_down() && moved && i.pointer.is_decidedly_dragging() {
                out.push(SceneInput::Pan([to[0] - delta.x, to[1] - delta.y], to));
            }
        }
        if let (true, Some(at)) = (free, at) {
            let wheel = i.smooth_scroll_delta().y;
            if wheel != 0.0 {
                out.push(SceneInput::Zoom(at, wheel / 50.0));
            }
            let pinch = i.zoom_delta();
            if pinch != 1.0 {
                out.push(SceneInput::Zoom(at, pinch.ln() * 3.0));
            }
            if desk.dragging && i.pointer.button_double_clicked(egui::PointerButton::Primary) {
                out.push(SceneInput::DoubleClicked(at));
            } else if desk.dragging && i.pointer.button_clicked(egui::PointerButton::Primary) {
                out.push(SceneInput::Clicked(at));
            }
        }
        if !i.pointer.any_down() {
            desk.dragging = false;
        }
        if shown.keyboard_free && !i.modifiers.command && !i.modifiers.alt {
            let keys = [
                (egui::Key::N, SceneKey::North),
                (egui::Key::Home, SceneKey::Fit),
                (egui::Key::Escape, SceneKey::Escape),
                (egui::Key::PageUp, SceneKey::Zoom(1)),
                (egui::Key::PageDown, SceneKey::Zoom(-1)),
                (egui::Key::Plus, SceneKey::Zoom(1)),
                (egui::Key::Minus, SceneKey::Zoom(-1)),
                (egui::Key::ArrowLeft, SceneKey::Move(-1, 0)),
                (egui::Key::ArrowRight, SceneKey::Move(1, 0)),
                (egui::Key::ArrowUp, SceneKey::Move(0, 1)),
                (egui::Key::ArrowDown, SceneKey::Move(0, -1)),
                (egui::Key::A, SceneKey::Move(-1, 0)),
                (egui::Key::D, SceneKey::Move(1, 0)),
                (egui::Key::W, SceneKey::Move(0, 1)),
                (egui::Key::S, SceneKey::Move(0, -1)),
            ];
            out.extend(keys.into_iter().filter(|(key, _)| i.key_pressed(*key)).map(|(_, wish)| SceneInput::Key(wish)));
        }
    });
    out
}

/// Writes the settings when they changed and the program ends or the user stops dragging panels.
fn remember(
    mut desk: ResMut<Desk>,
    preferences: Res<Preferences>,
    mut exits: MessageReader<AppExit>,
    time: Res<Time>,
    mut due: Local<f32>,
) {
    let Some(path) = &preferences.path else { return };
    let leaving = exits.read().count() > 0;
    if desk.saved == preferences.settings {
        return;
    }
    *due += time.delta_secs();
    if leaving || *due > 2.0 {
        *due = 0.0;
        desk.saved = preferences.settings.clone();
        // Settings are comfort: a folder that cannot be written costs nothing but them.
        let _ = preferences.settings.save(path);
    }
}
