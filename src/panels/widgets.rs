//! Rows, buttons and badges that all panels share.

use egui::{
    Align, Align2, Color32, ComboBox, FontId, Layout, Rect, Response, RichText, Sense, Stroke, TextStyle, Ui,
    Widget as _, WidgetInfo, WidgetType, vec2,
};

use super::icons::{self, Icon};
use super::theme::{Palette, strong_family};

/// Part of a row that its name takes, and the most it takes; the rest is the value's.
const NAME_SHARE: f32 = 0.36;
const NAME_MOST: f32 = 140.0;

/// A colour of the scene, red, green, blue, as egui draws it.
pub fn colour([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// A square button that shows only an icon; `label` is its tooltip and what a screen reader says.
pub fn icon_button(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    icon_button_as(ui, icon, label, false, true)
}

/// An [`icon_button`] that stays pressed while `on`.
pub fn icon_toggle(ui: &mut Ui, icon: Icon, label: &str, on: bool) -> Response {
    icon_button_as(ui, icon, label, on, true)
}

/// An [`icon_button`] that may be switched off.
pub fn icon_button_as(ui: &mut Ui, icon: Icon, label: &str, on: bool, enabled: bool) -> Response {
    let p = Palette::of(ui);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), sense);
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, enabled, on, label));
    if ui.is_rect_visible(rect) {
        let fill = match (on, enabled && (response.hovered() || response.has_focus())) {
            (true, _) => p.selected,
            (false, true) => p.hovered,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, 4.0, fill);
        let line = match (enabled, on, response.hovered()) {
            (false, ..) => p.weak.gamma_multiply(0.4),
            (true, true, _) => p.strong,
            (true, false, true) => p.strong,
            (true, false, false) => p.weak,
        };
        icons::paint(ui.painter(), icon, rect, line);
    }
    response.on_hover_text(label)
}

/// A button with an icon and a word.
pub fn tool_button(ui: &mut Ui, icon: Icon, text: &str, on: bool) -> Response {
    let p = Palette::of(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), TextStyle::Button.resolve(ui.style()), p.text);
    let size = vec2(galley.size().x + 16.0 + 6.0 + 16.0, 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, text));
    if ui.is_rect_visible(rect) {
        let active = response.hovered() || response.has_focus();
        let fill = if on {
            p.selected
        } else if active {
            p.hovered
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect_filled(rect, 4.0, fill);
        let ink = if on || active { p.strong } else { p.text };
        let icon_rect = Rect::from_min_size(rect.min + vec2(8.0, 0.0), vec2(16.0, rect.height()));
        icons::paint(ui.painter(), icon, icon_rect, ink);
        let at = rect.left_center() + vec2(30.0, -galley.size().y / 2.0);
        ui.painter().galley_with_override_text_color(at, galley, ink);
    }
    response
}

/// The one button of a dialog that does what the dialog is for.
pub fn main_button(ui: &mut Ui, text: &str) -> Response {
    let p = Palette::of(ui);
    let button = egui::Button::new(RichText::new(text).color(p.on_accent)).fill(p.accent).stroke(Stroke::NONE);
    button.min_size(vec2(0.0, 26.0)).ui(ui)
}

/// A small square of a layer's or class's colour.
pub fn swatch(ui: &mut Ui, rgb: [u8; 3]) {
    let (rect, _) = ui.allocate_exact_size(vec2(12.0, 16.0), Sense::hover());
    paint_swatch(ui, Rect::from_center_size(rect.center(), vec2(12.0, 12.0)), rgb);
}

/// Draws a swatch into a rect.
pub fn paint_swatch(ui: &Ui, rect: Rect, rgb: [u8; 3]) {
    let edge = Stroke::new(1.0, Palette::of(ui).text.gamma_multiply(0.25));
    ui.painter().rect(rect, 2.5, colour(rgb), edge, egui::StrokeKind::Inside);
}

/// A short word or number in a pill.
pub fn badge(ui: &mut Ui, text: &str, ink: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), TextStyle::Small.resolve(ui.style()), ink);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(10.0, 2.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, text));
    ui.painter().rect_filled(rect, rect.height() / 2.0, ink.gamma_multiply(0.16));
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, ink);
    response
}

/// A heading inside a panel, with air above.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    heading_here(ui, text);
}

/// The same without air, for headings that share their line.
pub fn heading_here(ui: &mut Ui, text: &str) {
    let ink = Palette::of(ui).weak;
    ui.label(RichText::new(text).font(FontId::new(11.5, strong_family())).color(ink));
}

/// A strong title of the thing a panel is about; wraps.
pub fn title(ui: &mut Ui, text: &str) {
    let ink = Palette::of(ui).strong;
    ui.add(egui::Label::new(RichText::new(text).font(FontId::new(16.0, strong_family())).color(ink)).wrap());
}

/// What an empty panel says: in the middle, quietly.
pub fn empty(ui: &mut Ui, text: &str) {
    ui.add_space(18.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width((ui.available_width() - 24.0).min(360.0));
        ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
    });
    ui.add_space(18.0);
}

/// Brings what comes next to the top of the panel when it is of something else than before.
pub fn to_top_of_new(ui: &mut Ui, id: &'static str, of: impl egui::AsId) {
    let (id, now) = (egui::Id::new(id), egui::Id::new(of));
    if ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or(id, egui::Id::NULL), now)) != now {
        ui.scroll_to_cursor_animation(Some(Align::TOP), egui::style::ScrollAnimation::none());
    }
}

/// A hairline over the whole width.
pub fn hairline(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 7.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, Palette::of(ui).line));
}

/// A card: an area set off from the panel.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let p = Palette::of(ui);
    let frame = egui::Frame::new()
        .fill(ui.visuals().faint_bg_color)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(6.0)
        .inner_margin(egui::Margin::symmetric(9, 7));
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        contents(ui)
    });
    shown.inner
}

/// A row with a name on the left and something on the right. A long name goes on in the next line. `raw`: the raw
/// key, shown on hover.
pub fn row<R>(ui: &mut Ui, name: &str, raw: Option<&str>, value: impl FnOnce(&mut Ui) -> R) -> R {
    let width = ui.available_width();
    let name_width = (width * NAME_SHARE).min(NAME_MOST).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.allocate_ui_with_layout(vec2(name_width, 20.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(vec2(name_width, 20.0));
            let label = ui.add(egui::Label::new(RichText::new(name).weak()).wrap().selectable(false));
            if let Some(raw) = raw.filter(|raw| *raw != name) {
                label.on_hover_text(raw);
            }
        });
        let rest = ui.available_width();
        ui.allocate_ui_with_layout(vec2(rest, 20.0), Layout::top_down(Align::Min), |ui| {
            ui.set_max_width(rest);
            ui.set_min_height(20.0);
            value(ui)
        })
        .inner
    })
    .inner
}

/// A row of a name and a text, which wraps and can be selected.
pub fn fact(ui: &mut Ui, name: &str, raw: Option<&str>, value: &str) {
    row(ui, name, raw, |ui| {
        ui.add_space(1.5);
        ui.add(egui::Label::new(RichText::new(value).color(Palette::of(ui).strong)).wrap().selectable(true));
    });
}

/// A row with a list to choose from; says what was chosen when that changes.
pub fn choose<T: PartialEq + Clone>(
    ui: &mut Ui,
    id: impl egui::AsIdSalt,
    name: &str,
    current: &T,
    options: &[(T, String)],
) -> Option<T> {
    row(ui, name, None, |ui| choice(ui, id, name, current, options))
}

/// The list alone, as wide as there is room; `name` is what a screen reader says.
pub fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    id: impl egui::AsIdSalt,
    name: &str,
    current: &T,
    options: &[(T, String)],
) -> Option<T> {
    let shown = options.iter().find(|(value, _)| value == current).map_or("", |(_, text)| text.as_str());
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(id)
        .selected_text(shown)
        .width(ui.available_width())
        .truncate()
        .icon(|ui, rect, visuals, _open| icons::paint(ui.painter(), Icon::Open, rect, visuals.fg_stroke.color))
        .height(320.0)
        .show_ui(ui, |ui| {
            for (value, text) in options {
                if ui.selectable_label(value == current, text).clicked() && value != current {
                    chosen = Some(value.clone());
                }
            }
        });
    combo.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(WidgetType::ComboBox, true, name);
        info.current_text_value = Some(shown.to_owned());
        info
    });
    chosen
}

/// A row with a slider and its value as text; says the new value while it is dragged.
pub fn slide(
    ui: &mut Ui,
    name: &str,
    value: f32,
    range: std::ops::RangeInclusive<f32>,
    text: impl Fn(f32) -> String,
) -> Option<f32> {
    row(ui, name, None, |ui| {
        ui.horizontal(|ui| {
            let mut new = value;
            let width = ui.available_width();
            ui.spacing_mut().slider_width = (width - 54.0).max(40.0);
            // The handle's size hangs on the height.
            ui.spacing_mut().interact_size.y = 16.0;
            let slider = ui.add(egui::Slider::new(&mut new, range).show_value(false));
            slider.widget_info(|| WidgetInfo::slider(true, f64::from(new), name));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(text(new)).color(Palette::of(ui).strong));
            });
            (new != value).then_some(new)
        })
        .inner
    })
}

/// A one-line text field with a hint, as wide as there is room; `name` is what a screen reader says.
pub fn text_field(ui: &mut Ui, id: egui::Id, name: &str, hint: &str, text: &mut String, width: f32) -> Response {
    let edit = egui::TextEdit::singleline(text)
        .id(id)
        .hint_text(RichText::new(hint).color(Palette::of(ui).weak))
        .desired_width(width)
        .margin(egui::Margin::symmetric(8, 4));
    let response = ui.add(edit);
    let value = text.clone();
    response.widget_info(move || {
        let mut info = WidgetInfo::labeled(WidgetType::TextEdit, true, name);
        info.current_text_value = Some(value.clone());
        info
    });
    response
}

/// A text with an icon before it; wraps.
pub fn remark(ui: &mut Ui, icon: Icon, ink: Color32, text: &str) {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
        icons::paint(ui.painter(), icon, rect, ink);
        ui.add(egui::Label::new(RichText::new(text).color(ink)).wrap());
    });
}

/// Writes text cut off with "…" into a rect; for rows that are drawn, not laid out.
pub fn paint_text(ui: &Ui, rect: Rect, text: &str, style: TextStyle, ink: Color32, align: Align2) {
    let mut job = egui::text::LayoutJob::single_section(
        text.replace(['\n', '\r'], " "),
        egui::TextFormat::simple(style.resolve(ui.style()), ink),
    );
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width().max(1.0));
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let at = align.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(at.min, galley, ink);
}
