//! The frame, used.

use std::cell::RefCell;
use std::rc::Rc;

use egui::{Pos2, pos2};
use egui_kittest::kittest::Queryable as _;

use super::*;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};

type Frame = Panel<FrameState, FrameEdit>;

/// A frame with plain contents, and what it left of the screen in the last frame.
fn frame(state: FrameState) -> (Frame, Rc<RefCell<Option<Shown>>>) {
    let last = Rc::new(RefCell::new(None));
    let shared = last.clone();
    let mut typed = String::new();
    let panel =
        Panel::with_state(1200.0, 700.0, Language::English, Theme::Dark, state, move |ui, state, words, edits| {
            let says = |text: &'static str| move |ui: &mut Ui| drop(ui.label(text));
            let slots = Slots {
                search: Box::new(|ui| drop(ui.text_edit_singleline(&mut typed))),
                menus: vec![Section::new("view", Icon::Sun, "View menu", says("inside the menu"))],
                left: Section::new("layers", Icon::Layers, "Layers", says("left contents")),
                right: Section::new("inspector", Icon::Info, "Inspector", says("right contents")),
                tabs: vec![
                    Section::new("table", Icon::Table, "Table", says("table contents")),
                    Section::new("notices", Icon::Warning, "Notices", says("notices contents")),
                ],
                status: Box::new(says("status contents")),
            };
            let model = FrameModel { project: "Haihe".into() };
            *shared.borrow_mut() = Some(show(ui, state, &model, slots, words, edits));
        });
    (panel, last)
}

fn shown(last: &Rc<RefCell<Option<Shown>>>) -> Shown {
    last.borrow().expect("drawn")
}

fn hover(panel: &mut Frame, at: Pos2) {
    panel.harness.hover_at(at);
    panel.run();
}

#[test]
fn the_scene_gets_what_the_panels_leave() {
    let open = FrameState { bottom_open: true, ..FrameState::default() };
    let (_, last) = frame(open);
    let small = shown(&last).viewport;
    let closed = FrameState { left_open: false, right_open: false, bottom_open: false, ..FrameState::default() };
    let (_, last) = frame(closed);
    let large = shown(&last).viewport;
    // 300 + 320 points of side panels and 240 of the drawer.
    assert!((large.width() - small.width() - 620.0).abs() < 4.0, "{small:?} {large:?}");
    assert!((large.height() - small.height() - 240.0).abs() < 4.0, "{small:?} {large:?}");
    assert!(large.width() > 1190.0);
}

#[test]
fn clicks_belong_to_the_scene_only_over_the_scene() {
    let (mut panel, last) = frame(FrameState { bottom_open: true, ..FrameState::default() });
    let middle = shown(&last).viewport.center();
    hover(&mut panel, middle);
    assert!(shown(&last).pointer_free);
    for over_panel in
        [pos2(100.0, 300.0), pos2(1100.0, 300.0), pos2(600.0, 20.0), pos2(600.0, 560.0), pos2(600.0, 690.0)]
    {
        hover(&mut panel, over_panel);
        assert!(!shown(&last).pointer_free, "{over_panel:?}");
    }
}

#[test]
fn a_menu_over_the_scene_keeps_its_clicks() {
    let (mut panel, last) = frame(FrameState { right_open: false, ..FrameState::default() });
    panel.click("View menu");
    let inside = panel.harness.get_by_label("inside the menu").rect().center();
    assert!(shown(&last).viewport.contains(inside), "the menu lies over the scene");
    hover(&mut panel, inside);
    assert!(!shown(&last).pointer_free);
    hover(&mut panel, shown(&last).viewport.left_bottom() + vec2(40.0, -40.0));
    assert!(shown(&last).pointer_free);
}

#[test]
fn dragging_the_edge_of_a_panel_resizes_it_and_is_not_a_drag_of_the_scene() {
    let (mut panel, last) = frame(FrameState::default());
    let edge = pos2(shown(&last).viewport.min.x, 300.0);
    panel.harness.drag_at(edge);
    panel.run();
    panel.harness.hover_at(edge + vec2(60.0, 0.0));
    panel.run();
    assert!(!shown(&last).pointer_free);
    panel.harness.drop_at(edge + vec2(60.0, 0.0));
    panel.run();
    let width = panel.state_mut().left_width;
    assert!((width - 360.0).abs() < 6.0, "{width}");
}

#[test]
fn keys_belong_to_the_scene_unless_something_is_typed() {
    let (mut panel, last) = frame(FrameState::default());
    assert!(shown(&last).keyboard_free);
    let field = panel.harness.get_by_role(egui::accesskit::Role::TextInput).rect().center();
    panel.harness.drag_at(field);
    panel.harness.drop_at(field);
    panel.run();
    assert!(!shown(&last).keyboard_free);
}

#[test]
fn panels_and_tabs_open_and_close_by_their_buttons() {
    let (mut panel, _) = frame(FrameState::default());
    panel.click("Hide Inspector");
    assert!(panel.harness.query_by_label("right contents").is_none());
    panel.click("Show lower panel");
    panel.harness.get_by_label("table contents");
    panel.click("Notices");
    panel.harness.get_by_label("notices contents");
    panel.click("Close panel");
    let state = panel.state_mut();
    assert!(!state.bottom_open && !state.right_open && state.left_open);
    assert_eq!(state.tab, "notices");
    panel.click("Add data…");
    panel.click("Mouse and keys");
    assert_eq!(panel.edits(), [FrameEdit::AddData, FrameEdit::Help]);
}
