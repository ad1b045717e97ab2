//! Dark and light: colours, spacing and text sizes of the whole interface.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, vec2};

/// Which of the two looks is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Light text on dark panels: for the control room.
    Dark,
    /// Dark text on light panels: for the office, the meeting room and the projector.
    #[default]
    Light,
}

/// The colours of a theme, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// Behind everything: the gap between panels, the fields of forms.
    pub ground: Color32,
    /// Panels.
    pub panel: Color32,
    /// Cards, buttons and table heads on a panel.
    pub raised: Color32,
    /// The same under the pointer.
    pub hovered: Color32,
    /// Hairlines between areas.
    pub line: Color32,
    /// Ordinary text.
    pub text: Color32,
    /// Headings and values that matter.
    pub strong: Color32,
    /// Names of values, hints.
    pub weak: Color32,
    /// The one accent: selection, focus, the main button.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Background of selected rows.
    pub selected: Color32,
    /// Something to know.
    pub note: Color32,
    /// Something doubtful.
    pub warning: Color32,
    /// Something broken.
    pub error: Color32,
    /// Something certain or done.
    pub good: Color32,
}

const DARK: Palette = Palette {
    ground: Color32::from_rgb(0x12, 0x15, 0x19),
    panel: Color32::from_rgb(0x1b, 0x1f, 0x25),
    raised: Color32::from_rgb(0x28, 0x2e, 0x36),
    hovered: Color32::from_rgb(0x33, 0x3a, 0x44),
    line: Color32::from_rgb(0x2e, 0x34, 0x3d),
    text: Color32::from_rgb(0xd0, 0xd6, 0xde),
    strong: Color32::from_rgb(0xf2, 0xf5, 0xf8),
    weak: Color32::from_rgb(0x93, 0x9d, 0xaa),
    accent: Color32::from_rgb(0x4a, 0x9d, 0xf0),
    on_accent: Color32::from_rgb(0x08, 0x14, 0x22),
    selected: Color32::from_rgb(0x1f, 0x3f, 0x62),
    note: Color32::from_rgb(0x6c, 0xb2, 0xe8),
    warning: Color32::from_rgb(0xe9, 0xb4, 0x4c),
    error: Color32::from_rgb(0xf0, 0x72, 0x6a),
    good: Color32::from_rgb(0x5c, 0xc0, 0x8a),
};

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(0xf1, 0xf3, 0xf6),
    panel: Color32::from_rgb(0xff, 0xff, 0xff),
    raised: Color32::from_rgb(0xee, 0xf1, 0xf4),
    hovered: Color32::from_rgb(0xe1, 0xe6, 0xec),
    line: Color32::from_rgb(0xdd, 0xe2, 0xe8),
    text: Color32::from_rgb(0x2b, 0x33, 0x3d),
    strong: Color32::from_rgb(0x10, 0x17, 0x20),
    weak: Color32::from_rgb(0x5d, 0x68, 0x76),
    accent: Color32::from_rgb(0x17, 0x67, 0xc9),
    on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
    selected: Color32::from_rgb(0xd6, 0xe7, 0xfa),
    note: Color32::from_rgb(0x1c, 0x6f, 0xb5),
    warning: Color32::from_rgb(0x94, 0x5f, 0x00),
    error: Color32::from_rgb(0xc2, 0x33, 0x2c),
    good: Color32::from_rgb(0x1c, 0x7c, 0x4a),
};

/// The family of headings: a bolder cut where the system has one (see [`super::fonts`]).
pub fn strong_family() -> FontFamily {
    FontFamily::Name("strong".into())
}

impl Theme {
    /// The colours of the theme.
    pub fn palette(self) -> &'static Palette {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
        }
    }
}

impl Palette {
    /// The colours of the theme that a [`egui::Ui`] is drawn in.
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

/// Puts a theme on the whole interface. Cheap; call it when the theme changes.
pub fn apply(ctx: &egui::Context, theme: Theme) {
    let which = match theme {
        Theme::Dark => egui::Theme::Dark,
        Theme::Light => egui::Theme::Light,
    };
    ctx.set_style_of(which, style(which, theme.palette()));
    ctx.set_theme(which);
}

fn style(which: egui::Theme, p: &Palette) -> egui::Style {
    let mut style = which.default_style();
    style.text_styles = [
        (TextStyle::Small, FontId::new(11.5, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(13.0, FontFamily::Proportional)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        (TextStyle::Heading, FontId::new(15.0, strong_family())),
    ]
    .into();
    style.animation_time = 0.08;

    let s = &mut style.spacing;
    s.item_spacing = vec2(6.0, 5.0);
    s.button_padding = vec2(8.0, 3.0);
    s.interact_size = vec2(24.0, 24.0);
    s.window_margin = Margin::same(14);
    s.menu_margin = Margin::same(6);
    s.combo_width = 60.0;
    s.icon_width = 15.0;
    s.icon_width_inner = 9.0;
    s.slider_rail_height = 4.0;
    s.tooltip_width = 340.0;
    s.scroll.bar_width = 7.0;
    s.scroll.floating = true;

    let v = &mut style.visuals;
    let round = CornerRadius::same(4);
    v.panel_fill = p.panel;
    v.window_fill = p.panel;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = CornerRadius::same(8);
    v.menu_corner_radius = CornerRadius::same(6);
    v.extreme_bg_color = p.ground;
    v.text_edit_bg_color = Some(p.ground);
    v.faint_bg_color = p.panel.lerp_to_gamma(p.raised, 0.45);
    v.code_bg_color = p.raised;
    v.weak_text_color = Some(p.weak);
    v.hyperlink_color = p.accent;
    v.warn_fg_color = p.warning;
    v.error_fg_color = p.error;
    v.selection.bg_fill = p.selected;
    v.selection.stroke = Stroke::new(1.0, p.accent);
    v.slider_trailing_fill = true;
    // A cursor that blinks draws the whole city twice a second.
    v.text_cursor.blink = false;
    v.handle_shape = egui::style::HandleShape::Circle;
    v.window_shadow = Shadow { offset: [0, 6], blur: 22, spread: 0, color: Color32::from_black_alpha(70) };
    v.popup_shadow = Shadow { offset: [0, 4], blur: 14, spread: 0, color: Color32::from_black_alpha(60) };
    v.indent_has_left_vline = false;

    let w = &mut v.widgets;
    for (visuals, fill, line, text) in [
        (&mut w.noninteractive, p.panel, p.line, p.text),
        (&mut w.inactive, p.raised, p.line, p.text),
        (&mut w.hovered, p.hovered, p.weak, p.strong),
        (&mut w.active, p.hovered, p.accent, p.strong),
        (&mut w.open, p.hovered, p.accent, p.strong),
    ] {
        visuals.bg_fill = fill;
        visuals.weak_bg_fill = fill;
        visuals.bg_stroke = Stroke::new(1.0, line);
        visuals.fg_stroke = Stroke::new(1.0, text);
        visuals.corner_radius = round;
        visuals.expansion = 0.0;
    }
    // Check boxes and sliders need an edge that shows on a panel.
    w.inactive.bg_stroke = Stroke::new(1.0, p.line.lerp_to_gamma(p.weak, 0.25));
    w.inactive.bg_fill = p.hovered;
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2 relative luminance.
    fn luminance(c: Color32) -> f64 {
        let channel = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_on_every_surface_it_stands_on() {
        // 4.5 : 1 is WCAG's level AA for text of this size.
        for theme in [Theme::Dark, Theme::Light] {
            let p = theme.palette();
            for text in [p.text, p.strong, p.weak, p.note, p.warning, p.error, p.good] {
                for surface in [p.panel, p.ground] {
                    assert!(contrast(text, surface) >= 4.5, "{theme:?} {text:?} on {surface:?}");
                }
            }
            assert!(contrast(p.strong, p.selected) >= 4.5, "{theme:?} selected row");
            assert!(contrast(p.on_accent, p.accent) >= 4.5, "{theme:?} main button");
        }
    }
}
