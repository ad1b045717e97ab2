//! A panel on its own for tests: drawn without a window, clicked by label, asked for its edits.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;

use egui::{Event, FontDefinitions, Key, Modifiers, OutputCommand, Rect, Ui, UiBuilder, Vec2, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};

use super::{Language, Theme, Words, fonts, theme};

/// What the panel did, over all frames.
struct Seen<E> {
    edits: Vec<E>,
    copied: Option<String>,
    width: f32,
}

/// A panel with its state.
pub struct Panel<S: 'static, E: 'static> {
    /// For queries by label.
    pub harness: Harness<'static, S>,
    seen: Rc<RefCell<Seen<E>>>,
    size: Vec2,
}

/// The fonts of the system, looked for once in a run of tests.
pub fn system_fonts() -> FontDefinitions {
    static FONTS: OnceLock<FontDefinitions> = OnceLock::new();
    let find = || {
        let mut database = fontdb::Database::new();
        database.load_system_fonts();
        fonts::define(&mut database).0
    };
    FONTS.get_or_init(find).clone()
}

impl<S: Default + 'static, E: Clone + 'static> Panel<S, E> {
    /// A panel of a size in points.
    pub fn new(
        width: f32,
        height: f32,
        language: Language,
        theme: Theme,
        draw: impl FnMut(&mut Ui, &mut S, &Words, &mut Vec<E>) + 'static,
    ) -> Self {
        Self::with_state(width, height, language, theme, S::default(), draw)
    }
}

impl<S: 'static, E: Clone + 'static> Panel<S, E> {
    /// A panel that begins with a state.
    pub fn with_state(
        width: f32,
        height: f32,
        language: Language,
        which: Theme,
        state: S,
        mut draw: impl FnMut(&mut Ui, &mut S, &Words, &mut Vec<E>) + 'static,
    ) -> Self {
        let seen = Rc::new(RefCell::new(Seen { edits: Vec::new(), copied: None, width: 0.0 }));
        let shared = seen.clone();
        let size = vec2(width, height);
        let mut dressed = false;
        let app = move |ui: &mut Ui, state: &mut S| {
            if !dressed {
                // New fonts are there from the next frame on.
                ui.ctx().set_fonts(system_fonts());
                theme::apply(ui.ctx(), which);
                dressed = true;
                return;
            }
            let mut seen = shared.borrow_mut();
            let rect = Rect::from_min_size(pos2(0.0, 0.0), size);
            let inside = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                draw(ui, state, language.words(), &mut seen.edits);
                ui.min_rect().width()
            });
            seen.width = inside.inner;
            let copied = ui.output(|o| {
                o.commands.iter().find_map(|command| match command {
                    OutputCommand::CopyText(text) => Some(text.clone()),
                    _ => None,
                })
            });
            if copied.is_some() {
                seen.copied = copied;
            }
        };
        let mut harness = Harness::builder().with_size(size).with_step_dt(1.0 / 60.0).build_ui_state(app, state);
        harness.run_steps(20);
        Self { harness, seen, size }
    }

    /// Everything that was asked for so far.
    pub fn edits(&self) -> Vec<E> {
        self.seen.borrow().edits.clone()
    }

    /// The panel's state.
    pub fn state_mut(&mut self) -> &mut S {
        self.harness.state_mut()
    }

    /// A few frames: enough for animations and popups.
    pub fn run(&mut self) {
        self.harness.run_steps(20);
    }

    /// The widget with a label. Where a plain text says the same (the name beside a list), the
    /// widget is meant.
    pub fn node<'t>(&'t self, label: &'t str) -> Node<'t> {
        let mut nodes: Vec<Node<'t>> = self.harness.query_all_by_label(label).collect();
        if nodes.len() > 1 {
            nodes.retain(|node| node.accesskit_node().role() != egui::accesskit::Role::Label);
        }
        assert!(nodes.len() == 1, "{} widgets say {label:?}", nodes.len());
        nodes.remove(0)
    }

    /// Clicks the widget with a label.
    pub fn click(&mut self, label: &str) {
        self.node(label).click();
        self.run();
    }

    /// Clicks it twice, fast.
    pub fn double_click(&mut self, label: &str) {
        let at = self.node(label).rect().center();
        for _ in 0..2 {
            for pressed in [true, false] {
                self.harness.event(Event::PointerMoved(at));
                self.harness.event(Event::PointerButton {
                    pos: at,
                    button: egui::PointerButton::Primary,
                    pressed,
                    modifiers: Modifiers::NONE,
                });
                self.harness.step();
            }
        }
        self.run();
    }

    /// Types into the field with a label, which must have the focus.
    pub fn type_into(&mut self, label: &str, text: &str) {
        self.node(label).type_text(text);
        self.run();
    }

    /// Presses a key.
    pub fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.run();
    }

    /// Nothing of the panel is wider than its place.
    pub fn assert_no_overflow(&self) {
        let width = self.seen.borrow().width;
        assert!(width <= self.size.x + 0.5, "{width} points wide in a place of {}", self.size.x);
    }
}

/// The text that was copied last.
pub fn copied<S, E>(panel: &Panel<S, E>) -> Option<String> {
    panel.seen.borrow().copied.clone()
}
