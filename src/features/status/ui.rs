//! The status line: where the cursor is, how large things are, how fast it draws.

use egui::{Align, Layout, RichText, Sense, Ui, vec2};

use super::state::{StatusEdit, StatusModel, StatusState};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::place::LonLat;
use crate::units::grouped;

/// Draws the line into a horizontal [`Ui`]. What does not fit is left out from the right end of
/// the left half: the cursor matters more than the frame time.
pub fn show(ui: &mut Ui, model: &StatusModel, state: &mut StatusState, words: &Words, edits: &mut Vec<StatusEdit>) {
    let w = &words.status;
    let p = Palette::of(ui);
    ui.spacing_mut().item_spacing.x = 14.0;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let crs = egui::Label::new(RichText::new(&model.crs_code).small().color(p.text)).sense(Sense::click());
        let crs = ui.add(crs).on_hover_text(format!("{}: {}", w.crs, model.crs_name));
        if crs.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
            edits.push(StatusEdit::ShowCrs);
        }
        if let Some((work, share)) = &model.busy {
            busy(ui, work, *share, words, edits);
        }
        if ui.available_width() > 640.0 {
            small(ui, &format!("{:.0} ms", model.frame_ms), w.frame_time);
            if !model.light_path.is_empty() {
                widgets::badge(ui, w.light_path, p.weak).on_hover_text(&model.light_path);
            }
            small(ui, &Words::put(w.features, &[&grouped(model.features as f64, 0)]), w.features_help);
        }
        if let Some(scale) = model.scale.filter(|scale| scale.is_finite()) {
            small(ui, &format!("1 : {}", grouped(round_scale(scale), 0)), w.scale);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| cursor(ui, model, state, words));
    });
}

fn small(ui: &mut Ui, text: &str, help: &str) {
    ui.label(RichText::new(text).small().weak()).on_hover_text(help);
}

fn cursor(ui: &mut Ui, model: &StatusModel, state: &mut StatusState, words: &Words) {
    let w = &words.status;
    let p = Palette::of(ui);
    let Some(cursor) = &model.cursor else {
        ui.add(egui::Label::new(RichText::new(w.no_cursor).small().weak()).truncate());
        return;
    };
    let text = |ui: &mut Ui, text: String| {
        ui.add(egui::Label::new(RichText::new(text).small().color(p.text)).sense(Sense::click()).truncate())
    };
    let map = format!("{:.2}, {:.2}", cursor.map.east, cursor.map.north);
    text(ui, map).on_hover_text(w.map_position);
    let position = lon_lat(cursor.lon_lat, state.sexagesimal);
    let degrees = text(ui, position).on_hover_text(w.lon_lat);
    if degrees.clicked() {
        state.sexagesimal = !state.sexagesimal;
    }
    if let Some(ground) = cursor.ground {
        text(ui, Words::put(w.ground, &[&format!("{ground:.1} m")])).on_hover_text(w.ground_help);
    }
}

fn busy(ui: &mut Ui, work: &str, share: Option<f32>, words: &Words, edits: &mut Vec<StatusEdit>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    if widgets::icon_button(ui, Icon::Close, words.frame.cancel).clicked() {
        edits.push(StatusEdit::Cancel);
    }
    let (rect, _) = ui.allocate_exact_size(vec2(90.0, 6.0), Sense::hover());
    let p = Palette::of(ui);
    ui.painter().rect_filled(rect, 3.0, p.hovered);
    match share {
        Some(share) => {
            let done = rect.with_max_x(rect.min.x + rect.width() * share.clamp(0.0, 1.0));
            ui.painter().rect_filled(done, 3.0, p.accent);
        }
        None => {
            ui.add(egui::Spinner::new().size(12.0));
        }
    }
    ui.add(egui::Label::new(RichText::new(work).small()).truncate());
    ui.spacing_mut().item_spacing.x = 14.0;
}

/// Longitude and latitude for people: decimal degrees, or degrees, minutes and seconds.
pub fn lon_lat(at: LonLat, sexagesimal: bool) -> String {
    let one = |value: f64, positive: &str, negative: &str| {
        let side = if value < 0.0 { negative } else { positive };
        let value = value.abs();
        if !sexagesimal {
            return format!("{value:.6}° {side}");
        }
        // Whole hundredths of a second first, so that 59.996″ becomes the next minute.
        let hundredths = (value * 360_000.0).round() as u64;
        let (degrees, rest) = (hundredths / 360_000, hundredths % 360_000);
        format!("{degrees}° {:02}′ {:05.2}″ {side}", rest / 6_000, (rest % 6_000) as f64 / 100.0)
    };
    format!("{}, {}", one(at.lon, "E", "W"), one(at.lat, "N", "S"))
}

/// A scale's denominator with as many digits as mean something.
fn round_scale(scale: f64) -> f64 {
    let step = 10f64.powf(scale.max(1.0).log10().floor() - 1.0);
    (scale / step).round() * step
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::state::Cursor;
    use super::*;
    use crate::panels::testing::Panel;
    use crate::panels::{Language, Theme};
    use crate::place::MapPoint;
    use egui_kittest::kittest::Queryable as _;

    pub(crate) fn sample() -> StatusModel {
        StatusModel {
            cursor: Some(Cursor {
                map: MapPoint::new(516872.4956, 4331721.9849),
                lon_lat: LonLat { lon: 117.1951, lat: 39.1189 },
                ground: Some(3.42),
            }),
            scale: Some(2_512.3),
            features: 41_208,
            frame_ms: 16.4,
            crs_code: "EPSG:4548".into(),
            crs_name: "CGCS2000 / 3-degree Gauss-Kruger CM 117E".into(),
            light_path: "llvmpipe".into(),
            busy: None,
        }
    }

    fn panel(model: StatusModel) -> Panel<StatusState, StatusEdit> {
        Panel::new(1100.0, 26.0, Language::English, Theme::Dark, move |ui, state, words, edits| {
            ui.horizontal_centered(|ui| show(ui, &model, state, words, edits));
        })
    }

    #[test]
    fn degrees_carry_into_minutes_and_name_their_side() {
        // 117.1951° = 117° 11′ 42.36″; 39.1189° = 39° 07′ 08.04″.
        let tianjin = LonLat { lon: 117.1951, lat: 39.1189 };
        assert_eq!(lon_lat(tianjin, true), "117° 11′ 42.36″ E, 39° 07′ 08.04″ N");
        assert_eq!(lon_lat(LonLat { lon: -0.999_999_9, lat: -33.5 }, true), "1° 00′ 00.00″ W, 33° 30′ 00.00″ S");
        assert_eq!(lon_lat(tianjin, false), "117.195100° E, 39.118900° N");
    }

    #[test]
    fn the_cursor_is_shown_in_both_systems_and_a_click_changes_the_writing() {
        let mut panel = panel(sample());
        panel.harness.get_by_label("516872.50, 4331721.98");
        panel.harness.get_by_label("1 : 2,500");
        panel.click("117.195100° E, 39.118900° N");
        panel.harness.get_by_label("117° 11′ 42.36″ E, 39° 07′ 08.04″ N");
    }

    #[test]
    fn a_long_work_is_cancelled_from_here() {
        let mut panel = panel(StatusModel { busy: Some(("buildings.gpkg".into(), Some(0.5))), ..sample() });
        panel.harness.get_by_label("buildings.gpkg");
        panel.click("Cancel");
        assert_eq!(panel.edits(), [StatusEdit::Cancel]);
    }
}
