//! The view menu (sun, shadows, grid, labels, language, theme), the help window, and the north
//! arrow and scale bar over the scene.

use egui::{
    Align, Align2, Color32, FontId, Layout, Rect, RichText, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo,
    WidgetType, pos2, vec2,
};
use jiff::ToSpan as _;

use super::state::{SunDay, ViewEdit, ViewModel, ViewState};
use crate::panels::icons::Icon;
use crate::panels::theme::strong_family;
use crate::panels::{Language, Palette, Theme, Words, widgets};

const DAY_MINUTES: f32 = 24.0 * 60.0;

/// Draws the menu.
pub fn show(ui: &mut Ui, model: &ViewModel, _state: &mut ViewState, words: &Words, edits: &mut Vec<ViewEdit>) {
    let w = &words.view;
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.horizontal(|ui| {
        if widgets::tool_button(ui, Icon::Home, w.fit, false).clicked() {
            edits.push(ViewEdit::Fit);
        }
        if widgets::tool_button(ui, Icon::Compass, w.north, false).clicked() {
            edits.push(ViewEdit::North);
        }
    });
    widgets::hairline(ui);
    sun(ui, model, words, edits);
    widgets::hairline(ui);
    for (on, text, edit) in [
        (model.shadows, w.shadows, ViewEdit::Shadows(!model.shadows)),
        (model.grid, w.grid, ViewEdit::Grid(!model.grid)),
        (model.labels, w.labels, ViewEdit::Labels(!model.labels)),
    ] {
        let mut now = on;
        if ui.checkbox(&mut now, text).clicked() {
            edits.push(edit);
        }
    }
    if model.shadows_slow && model.shadows {
        widgets::remark(ui, Icon::Info, Palette::of(ui).note, w.shadows_slow);
    }
    if let Some(exaggeration) = model.exaggeration {
        let times = |n: f32| format!("× {n:.1}");
        if let Some(new) = widgets::slide(ui, words.layers.exaggeration, exaggeration, 1.0..=10.0, times) {
            edits.push(ViewEdit::Exaggeration(new));
        }
    }
    widgets::hairline(ui);
    let languages = Language::ALL.map(|language| (language, language.own_name().to_owned()));
    if let Some(language) = widgets::choose(ui, "language", w.language, &model.language, &languages) {
        edits.push(ViewEdit::Language(language));
    }
    let themes = [(Theme::Dark, w.dark.to_owned()), (Theme::Light, w.light.to_owned())];
    if let Some(theme) = widgets::choose(ui, "theme", w.theme, &model.theme, &themes) {
        edits.push(ViewEdit::Theme(theme));
    }
}

fn sun(ui: &mut Ui, model: &ViewModel, words: &Words, edits: &mut Vec<ViewEdit>) {
    let w = &words.view;
    let p = Palette::of(ui);
    let sun = &model.sun;
    ui.horizontal(|ui| {
        ui.label(RichText::new(w.sun).font(FontId::new(13.0, strong_family())).color(p.strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = if sun.altitude > 0.0 {
                Words::put(w.sun_at, &[&format!("{:.0}", sun.altitude), &format!("{:.0}", sun.azimuth)])
            } else {
                w.night.to_owned()
            };
            ui.label(RichText::new(text).small().weak());
        });
    });
    curve(ui, model);
    let minute = f32::from(sun.time.hour()) * 60.0 + f32::from(sun.time.minute());
    let clock = |m: f32| format!("{:02}:{:02}", (m / 60.0) as u32, (m % 60.0) as u32);
    if let Some(new) = widgets::slide(ui, w.time, minute, 0.0..=DAY_MINUTES - 1.0, clock) {
        // Steps of five minutes: finer than a mouse, coarse enough to come back to.
        let new = ((new / 5.0).round() as i64 * 5).clamp(0, 1435);
        let time = jiff::civil::time((new / 60) as i8, (new % 60) as i8, 0, 0);
        edits.push(ViewEdit::SunTime(sun.time.date().to_datetime(time)));
    }
    let first = sun.time.date().first_of_year();
    let days = f32::from(sun.time.date().days_in_year());
    let date = |n: f32| {
        let day = first.saturating_add((n.round() as i64 - 1).days());
        Words::put(w.date_short, &[&day.month(), &day.day()])
    };
    let today = f32::from(sun.time.date().day_of_year());
    if let Some(new) = widgets::slide(ui, w.date, today, 1.0..=days, date) {
        let day = first.saturating_add((new.round() as i64 - 1).days());
        if day != sun.time.date() {
            edits.push(ViewEdit::SunTime(day.to_datetime(sun.time.time())));
        }
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for day in SunDay::ALL {
            if ui.small_button(day_word(day, words)).clicked() {
                edits.push(ViewEdit::SunDay(day));
            }
        }
    });
    let zone = Words::put(w.local_time, &[&sun.time.year(), &format!("{:+}", sun.utc_offset)]);
    ui.label(RichText::new(zone).small().weak());
}

fn day_word(day: SunDay, words: &Words) -> &'static str {
    let w = &words.view;
    match day {
        SunDay::Now => w.day_now,
        SunDay::Equinox => w.day_equinox,
        SunDay::Summer => w.day_summer,
        SunDay::Winter => w.day_winter,
        SunDay::GreatCold => w.day_great_cold,
    }
}

/// The sun's height through the day, with the hour in hand.
fn curve(ui: &mut Ui, model: &ViewModel) {
    let p = Palette::of(ui);
    let sun = &model.sun;
    if sun.day.len() < 2 {
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 72.0), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, p.ground);
    let plot = rect.shrink2(vec2(4.0, 6.0)).with_max_y(rect.max.y - 14.0);
    // From 12° below the horizon to the zenith.
    let at = |share: f32, altitude: f32| {
        let up = ((altitude + 12.0) / 102.0).clamp(0.0, 1.0);
        pos2(plot.min.x + plot.width() * share, plot.max.y - plot.height() * up)
    };
    let last = (sun.day.len() - 1) as f32;
    let points: Vec<_> = sun.day.iter().enumerate().map(|(i, a)| at(i as f32 / last, *a)).collect();
    ui.painter().hline(plot.x_range(), at(0.0, 0.0).y, Stroke::new(1.0, p.line));
    ui.painter().add(Shape::line(points, Stroke::new(1.6, p.warning)));
    for hour in [6, 12, 18] {
        let x = at(hour as f32 / 24.0, 0.0).x;
        ui.painter().text(
            pos2(x, rect.max.y - 7.0),
            Align2::CENTER_CENTER,
            format!("{hour}:00"),
            FontId::proportional(9.5),
            p.weak,
        );
    }
    let share = (f32::from(sun.time.hour()) * 60.0 + f32::from(sun.time.minute())) / DAY_MINUTES;
    let dot = at(share, sun.altitude);
    ui.painter().vline(dot.x, plot.y_range(), Stroke::new(1.0, p.weak.gamma_multiply(0.6)));
    let ink = if sun.altitude > 0.0 { p.warning } else { p.weak };
    ui.painter().circle(dot, 4.5, ink, Stroke::new(1.5, p.ground));
}

/// Draws the help window while it is open. `ui` is the root.
pub fn show_help(ui: &mut Ui, state: &mut ViewState, words: &Words) {
    let h = &words.help;
    egui::Window::new(h.title)
        .id(egui::Id::new("help window"))
        .open(&mut state.help)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .show(ui, |ui| {
            ui.set_width(430.0);
            let part = |ui: &mut Ui, title: &str, lines: &[(&str, &str)]| {
                widgets::heading(ui, title);
                for (key, what) in lines {
                    ui.horizontal(|ui| {
                        ui.allocate_ui_with_layout(vec2(170.0, 22.0), Layout::left_to_right(Align::Center), |ui| {
                            ui.set_min_width(170.0);
                            ui.label(RichText::new(*key).color(Palette::of(ui).strong));
                        });
                        ui.add(egui::Label::new(*what).wrap());
                    });
                }
            };
            part(
                ui,
                h.mouse,
                &[
                    (h.left_drag, h.pans),
                    (h.right_drag, h.orbits),
                    (h.wheel, h.zooms),
                    (h.click, h.selects),
                    (h.double_click, h.flies),
                    (h.drop_file, h.loads),
                ],
            );
            part(
                ui,
                h.keys,
                &[
                    ("N", h.north),
                    ("Home", h.fit),
                    ("Tab / Shift+Tab", h.next),
                    ("Ctrl+F", h.search),
                    ("Esc", h.escape),
                    ("F1", h.help),
                ],
            );
        });
}

/// Draws the north arrow (a click turns north up) and the scale bar over the scene's corner.
pub fn show_marks(ui: &mut Ui, viewport: Rect, model: &ViewModel, words: &Words, edits: &mut Vec<ViewEdit>) {
    if viewport.width() < 160.0 || viewport.height() < 120.0 {
        return;
    }
    let p = Palette::of(ui);
    // In a layer of its own, so that a click on the arrow is not a click into the scene.
    egui::Area::new(egui::Id::new("north arrow"))
        .fixed_pos(viewport.right_top() + vec2(-58.0, 14.0))
        .order(egui::Order::Middle)
        .constrain(false)
        .show(ui, |ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(46.0, 46.0), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, words.view.north));
            let middle = rect.center();
            let fill = if response.hovered() { p.hovered } else { p.panel };
            ui.painter().circle(middle, 22.0, fill.gamma_multiply(0.92), Stroke::new(1.0, p.line));
            // The screen's up is the camera's heading: north lies that much anticlockwise.
            let turned = |degrees: f32, length: f32| {
                let (sin, cos) = (degrees - model.heading).to_radians().sin_cos();
                middle + vec2(sin, -cos) * length
            };
            // The needle stands back so that the letter has room before its tip.
            let centre = turned(180.0, 4.0);
            let half = |tip: f32, ink: Color32| {
                let shape = vec![
                    centre + (turned(tip, 9.5) - middle),
                    centre + (turned(tip + 90.0, 3.6) - middle),
                    centre + (turned(tip - 90.0, 3.6) - middle),
                ];
                ui.painter().add(Shape::convex_polygon(shape, ink, Stroke::NONE));
            };
            half(0.0, p.error);
            half(180.0, p.weak);
            let font = FontId::new(10.0, strong_family());
            ui.painter().text(turned(0.0, 13.0), Align2::CENTER_CENTER, words.view.north_letter, font, p.strong);
            if response.on_hover_text(words.view.north).clicked() {
                edits.push(ViewEdit::North);
            }
        });
    if let Some((length, text)) = model.metres_per_point.and_then(scale_bar) {
        let painter = ui.painter();
        let left = viewport.left_bottom() + vec2(16.0, -16.0);
        let right = left + vec2(length, 0.0);
        for (stroke, ink) in [(3.5, p.panel), (1.5, p.strong)] {
            let tick = vec2(0.0, -5.0);
            painter.add(Shape::line(vec![left + tick, left, right, right + tick], Stroke::new(stroke, ink)));
        }
        let font = TextStyle::Small.resolve(ui.style());
        let galley = painter.layout_no_wrap(text, font, p.strong);
        let at = pos2((left.x + right.x - galley.size().x) / 2.0, left.y - 4.0 - galley.size().y);
        let behind = Rect::from_min_size(at, galley.size()).expand2(vec2(3.0, 0.0));
        painter.rect_filled(behind, 3.0, p.panel.gamma_multiply(0.7));
        painter.galley(at, galley, p.strong);
    }
}

/// The longest round length (1, 2 or 5 × a power of ten) that takes 60 to 150 points, with its
/// text; `None` when the scale makes no sense.
fn scale_bar(metres_per_point: f64) -> Option<(f32, String)> {
    let most = metres_per_point * 150.0;
    if !most.is_finite() || most <= 1e-3 || most > 1e8 {
        return None;
    }
    let power = 10f64.powf(most.log10().floor());
    let metres = [5.0, 2.0, 1.0].into_iter().map(|n| n * power).find(|length| *length <= most)?;
    let text = if metres >= 1000.0 { format!("{} km", metres / 1000.0) } else { format!("{metres} m") };
    Some(((metres / metres_per_point) as f32, text))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::state::SunModel;
    use super::*;
    use crate::panels::testing::Panel;
    use egui_kittest::kittest::Queryable as _;

    pub(crate) fn sample() -> ViewModel {
        // A winter day at 39° N: noon altitude 90 − 39 − 20 = 31°.
        let day = (0..=48).map(|i| -20.0 + 51.0 * (-(((i as f32) - 24.0) / 11.0).powi(2)).exp()).collect();
        ViewModel {
            sun: SunModel {
                time: jiff::civil::date(2026, 1, 20).at(10, 30, 0, 0),
                utc_offset: 8.0,
                altitude: 25.0,
                azimuth: 152.0,
                day,
                rise_set: Some((445, 1035)),
            },
            shadows: true,
            exaggeration: Some(1.0),
            heading: 30.0,
            metres_per_point: Some(1.4),
            ..ViewModel::default()
        }
    }

    fn panel(language: Language) -> Panel<ViewState, ViewEdit> {
        Panel::new(300.0, 560.0, language, Theme::Light, move |ui, state, words, edits| {
            show(ui, &ViewModel { language, ..sample() }, state, words, edits);
            show_help(ui, state, words);
        })
    }

    #[test]
    fn language_and_theme_are_switched_from_here() {
        let mut panel = panel(Language::Chinese);
        panel.click("语言");
        panel.click("English");
        panel.click("大寒日");
        panel.click("投射阴影");
        let edits = panel.edits();
        assert_eq!(
            edits,
            [ViewEdit::Language(Language::English), ViewEdit::SunDay(SunDay::GreatCold), ViewEdit::Shadows(false)]
        );
    }

    #[test]
    fn help_names_every_key_that_the_scene_knows() {
        for language in Language::ALL {
            let mut panel = panel(language);
            panel.state_mut().help = true;
            panel.run();
            for key in ["N", "Home", "Tab / Shift+Tab"] {
                panel.harness.get_by_label(key);
            }
            panel.harness.get_by_label(language.words().help.orbits);
        }
    }

    #[test]
    fn the_menu_is_not_wider_than_its_place() {
        for language in Language::ALL {
            panel(language).assert_no_overflow();
        }
    }

    #[test]
    fn the_scale_bar_has_a_round_length() {
        // 150 points are 210 m: 200 m fit, which are 200 / 1.4 = 142.86 points.
        let (length, text) = scale_bar(1.4).expect("a bar");
        assert_eq!(text, "200 m");
        assert!((length - 142.857).abs() < 0.01);
        assert_eq!(scale_bar(10.0).expect("a bar").1, "1 km");
        assert_eq!(scale_bar(f64::NAN), None);
    }
}
