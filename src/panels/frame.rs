//! Where the panels are: a bar on top, layers left, the inspector right, a drawer with tabs below,
//! a status line, and the rest for the scene. Knows no feature: what is inside comes in [`Slots`].

use egui::{
    Align, CursorIcon, Layout, Margin, Panel, PopupCloseBehavior, Rect, RichText, ScrollArea, Sense, Stroke, Ui, vec2,
};

use super::icons::{self, Icon};
use super::theme::{Palette, strong_family};
use super::widgets;
use super::words::Words;

/// Which panels are open and how large they are, in points. Remembered between runs.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct FrameState {
    /// Whether the left panel is open.
    pub left_open: bool,
    /// Its width.
    pub left_width: f32,
    /// Whether the right panel is open.
    pub right_open: bool,
    /// Its width.
    pub right_width: f32,
    /// Whether the drawer below is open.
    pub bottom_open: bool,
    /// Its height.
    pub bottom_height: f32,
    /// The id of the drawer's open tab.
    pub tab: String,
}

impl Default for FrameState {
    fn default() -> Self {
        Self {
            left_open: true,
            left_width: 300.0,
            right_open: true,
            right_width: 320.0,
            bottom_open: false,
            bottom_height: 240.0,
            tab: String::new(),
        }
    }
}

impl FrameState {
    /// Puts absurd sizes right: not a number becomes the default, the rest is kept in bounds.
    pub fn make_sane(&mut self) {
        let good = Self::default();
        for (size, default, low, high) in [
            (&mut self.left_width, good.left_width, 240.0, 600.0),
            (&mut self.right_width, good.right_width, 260.0, 800.0),
            (&mut self.bottom_height, good.bottom_height, 120.0, 900.0),
        ] {
            *size = if size.is_finite() { size.clamp(low, high) } else { default };
        }
    }

    /// Opens the drawer on a tab.
    pub fn open_tab(&mut self, id: &str) {
        self.tab = id.to_owned();
        self.bottom_open = true;
    }

    /// Opens the drawer on a tab, or closes it when that tab is open already.
    pub fn toggle_tab(&mut self, id: &str) {
        if self.bottom_open && self.tab == id {
            self.bottom_open = false;
        } else {
            self.open_tab(id);
        }
    }
}

/// What the frame itself shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameModel {
    /// The project's title.
    pub project: String,
}

/// What the user asks of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameEdit {
    /// Add data: open the load dialog.
    AddData,
    /// Take something away: open the snapshot dialog.
    Snapshot,
    /// Show mouse and keys.
    Help,
}

/// Draws the contents of a panel.
pub type Draw<'a> = Box<dyn FnMut(&mut Ui) + 'a>;

/// A panel, menu or tab with its contents.
pub struct Section<'a> {
    /// Stable, not shown: `layers`.
    pub id: &'static str,
    /// For its button.
    pub icon: Icon,
    /// Its title in the interface's language.
    pub title: &'a str,
    /// A count beside the title, with the colour of what is counted.
    pub badge: Option<(String, egui::Color32)>,
    /// The contents.
    pub draw: Draw<'a>,
}

impl<'a> Section<'a> {
    /// A section without a badge.
    pub fn new(id: &'static str, icon: Icon, title: &'a str, draw: impl FnMut(&mut Ui) + 'a) -> Self {
        Self { id, icon, title, badge: None, draw: Box::new(draw) }
    }
}

/// The contents of all places of the frame: the registry of panels.
pub struct Slots<'a> {
    /// In the middle of the bar on top.
    pub search: Draw<'a>,
    /// Buttons on the right of the bar, each opening a small panel below it.
    pub menus: Vec<Section<'a>>,
    /// The left panel.
    pub left: Section<'a>,
    /// The right panel.
    pub right: Section<'a>,
    /// The tabs of the drawer.
    pub tabs: Vec<Section<'a>>,
    /// The status line.
    pub status: Draw<'a>,
}

/// What is left for the scene, and whose the input is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// The scene's place on the screen, in points.
    pub viewport: Rect,
    /// Whether a click or wheel now belongs to the scene: the pointer is over it, no popup or
    /// window lies between, and no panel is being dragged. A drag that began in the scene stays the
    /// scene's wherever the pointer goes; that is for the scene to remember.
    pub pointer_free: bool,
    /// Whether a key now belongs to the scene: no text field has the focus.
    pub keyboard_free: bool,
}

/// Draws all panels into the root [`Ui`] and says what is left.
pub fn show(
    ui: &mut Ui,
    state: &mut FrameState,
    model: &FrameModel,
    slots: Slots<'_>,
    words: &Words,
    edits: &mut Vec<FrameEdit>,
) -> Shown {
    let p = Palette::of(ui);
    let Slots { search, menus, mut left, mut right, mut tabs, mut status } = slots;
    let bare = |x: i8, y: i8| egui::Frame::new().fill(p.panel).inner_margin(Margin::symmetric(x, y));

    Panel::top("frame bar").frame(bare(10, 5)).exact_size(44.0).show(ui, |ui| {
        bar(ui, state, model, search, menus, &left, &right, words, edits);
    });
    Panel::bottom("frame status").frame(bare(10, 0)).exact_size(26.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| (status)(ui));
    });

    // Both side panels together leave the scene a third of a small window.
    let third = ui.available_width() / 3.0;
    let widest = |least: f32, most: f32| third.clamp(least, most);
    let panel = Panel::left("frame left")
        .resizable(true)
        .default_size(state.left_width)
        .size_range(240.0..=widest(240.0, 600.0));
    if let Some(shown) = panel.frame(bare(0, 0)).show_collapsible(ui, &mut state.left_open, |ui| side(ui, &mut left)) {
        state.left_width = shown.response.rect.width();
    }
    let panel = Panel::right("frame right")
        .resizable(true)
        .default_size(state.right_width)
        .size_range(260.0..=widest(260.0, 800.0));
    if let Some(shown) = panel.frame(bare(0, 0)).show_collapsible(ui, &mut state.right_open, |ui| side(ui, &mut right))
    {
        state.right_width = shown.response.rect.width();
    }
    let highest = (ui.available_height() - 120.0).max(120.0);
    let panel =
        Panel::bottom("frame drawer").resizable(true).default_size(state.bottom_height).size_range(110.0..=highest);
    let was_open = state.bottom_open;
    let mut open = was_open;
    if let Some(shown) =
        panel.frame(bare(0, 0)).show_collapsible(ui, &mut open, |ui| drawer(ui, state, &mut tabs, words))
    {
        state.bottom_height = shown.response.rect.height();
    }
    // Closed by its own button (in `state`), or closed and opened by dragging its edge (in `open`).
    state.bottom_open = if was_open { open && state.bottom_open } else { open };
    state.make_sane();

    let viewport = ui.available_rect_before_wrap();
    let pointer = ui.input(|i| i.pointer.latest_pos());
    let over = pointer.is_some_and(|at| {
        viewport.contains(at) && ui.layer_id_at(at).is_none_or(|layer| layer.order == egui::Order::Background)
    });
    Shown {
        viewport,
        pointer_free: over && !ui.egui_is_using_pointer(),
        keyboard_free: !ui.egui_wants_keyboard_input(),
    }
}

#[allow(clippy::too_many_arguments)] // one call site, all of them parts of the bar
fn bar(
    ui: &mut Ui,
    state: &mut FrameState,
    model: &FrameModel,
    mut search: Draw<'_>,
    menus: Vec<Section<'_>>,
    left: &Section<'_>,
    right: &Section<'_>,
    words: &Words,
    edits: &mut Vec<FrameEdit>,
) {
    let p = Palette::of(ui);
    ui.horizontal_centered(|ui| {
        let (mark, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
        icons::paint_mark(ui.painter(), mark, p.accent);
        ui.label(RichText::new(words.frame.program).font(egui::FontId::new(15.0, strong_family())).color(p.strong));
        ui.add_space(2.0);
        if widgets::tool_button(ui, Icon::Plus, words.frame.add_data, false).clicked() {
            edits.push(FrameEdit::AddData);
        }
        if widgets::tool_button(ui, Icon::Export, words.frame.snapshot, false).clicked() {
            edits.push(FrameEdit::Snapshot);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Help, words.frame.help).clicked() {
                edits.push(FrameEdit::Help);
            }
            for mut menu in menus.into_iter().rev() {
                let button = widgets::icon_button(ui, menu.icon, menu.title);
                // Its own state: egui remembers one open popup, and a list in the menu would take its place.
                let id = button.id.with("open");
                let was = ui.data(|data| data.get_temp(id)).unwrap_or(false);
                let mut open = was != button.clicked();
                let opened = open && !was;
                egui::Popup::from_response(&button)
                    .open_bool(&mut open)
                    .align(egui::RectAlign::BOTTOM_END)
                    .gap(8.0)
                    .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
                    .frame(egui::Frame::popup(ui.style()).inner_margin(Margin::same(12)))
                    .show(|ui| {
                        ui.set_width(300.0);
                        (menu.draw)(ui);
                    });
                // The click that opens it is no click outside.
                ui.data_mut(|data| data.insert_temp(id, open || opened));
            }
            ui.add_space(4.0);
            ui.separator();
            ui.add_space(4.0);
            for (icon, name, open) in [
                (Icon::PanelRight, right.title, &mut state.right_open),
                (Icon::PanelBottom, words.frame.drawer, &mut state.bottom_open),
                (Icon::PanelLeft, left.title, &mut state.left_open),
            ] {
                let label = Words::put(if *open { words.frame.hide } else { words.frame.show }, &[&name]);
                if widgets::icon_toggle(ui, icon, &label, *open).clicked() {
                    *open = !*open;
                }
            }
            ui.add_space(8.0);
            let room = ui.available_width();
            // The project's name takes what the search box leaves.
            let box_width = (room * 0.62).clamp(120.0, 460.0).min(room);
            ui.allocate_ui_with_layout(vec2(box_width, 30.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_width(box_width);
                (search)(ui);
            });
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(6.0);
                let name = egui::Label::new(RichText::new(&model.project).color(p.weak)).truncate();
                ui.add(name).on_hover_text(&model.project);
            });
        });
    });
}

fn side(ui: &mut Ui, section: &mut Section<'_>) {
    egui::Frame::new().inner_margin(Margin { left: 12, right: 8, top: 8, bottom: 4 }).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.heading(RichText::new(section.title).color(Palette::of(ui).strong));
            if let Some((text, ink)) = &section.badge {
                widgets::badge(ui, text, *ink);
            }
        });
    });
    ScrollArea::vertical().id_salt(section.id).auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 12 }).show(ui, |ui| {
            ui.set_width(ui.available_width());
            (section.draw)(ui);
        });
    });
}

fn drawer(ui: &mut Ui, state: &mut FrameState, tabs: &mut [Section<'_>], words: &Words) {
    let p = Palette::of(ui);
    if !tabs.iter().any(|tab| tab.id == state.tab) {
        state.tab = tabs.first().map_or_else(String::new, |tab| tab.id.to_owned());
    }
    egui::Frame::new().inner_margin(Margin { left: 8, right: 8, top: 3, bottom: 0 }).show(ui, |ui| {
        ui.horizontal(|ui| {
            let narrow = ui.available_width() < 96.0 * tabs.len() as f32 + 60.0;
            for tab in tabs.iter() {
                let on = tab.id == state.tab;
                ui.push_id(tab.id, |ui| {
                    let button = tab_button(ui, tab, on, narrow);
                    if button.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                        state.tab = tab.id.to_owned();
                    }
                });
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::icon_button(ui, Icon::Close, words.frame.close_drawer).clicked() {
                    state.bottom_open = false;
                }
            });
        });
    });
    let line = ui.cursor().min.y - 2.0;
    ui.painter().hline(ui.max_rect().x_range(), line, Stroke::new(1.0, p.line));
    if let Some(tab) = tabs.iter_mut().find(|tab| tab.id == state.tab) {
        egui::Frame::new().inner_margin(Margin { left: 12, right: 12, top: 3, bottom: 6 }).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            (tab.draw)(ui);
        });
    }
}

fn tab_button(ui: &mut Ui, tab: &Section<'_>, on: bool, narrow: bool) -> egui::Response {
    let p = Palette::of(ui);
    let response = match narrow {
        true => widgets::icon_button(ui, tab.icon, tab.title),
        false => widgets::tool_button(ui, tab.icon, tab.title, false),
    };
    if on {
        let under = response.rect.with_min_y(response.rect.max.y - 2.0);
        ui.painter().rect_filled(under, 1.0, p.accent);
    }
    if let Some((text, ink)) = &tab.badge {
        widgets::badge(ui, text, *ink);
    }
    response
}
#[cfg(test)]
mod tests;
