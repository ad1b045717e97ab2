//! The sun: date, time of day, the days that rules speak of.

use egui::{Align, Align2, FontId, Layout, RichText, Sense, Shape, Stroke, Ui, pos2, vec2};
use jiff::ToSpan as _;

use super::super::state::{SunDay, ViewEdit, ViewModel};
use crate::panels::theme::strong_family;
use crate::panels::{Palette, Words, widgets};

const DAY_MINUTES: f32 = 24.0 * 60.0;

/// Draws the sun's part of the menu.
pub fn show(ui: &mut Ui, model: &ViewModel, words: &Words, edits: &mut Vec<ViewEdit>) {
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
