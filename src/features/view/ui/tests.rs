//! The view menu, used.

use super::super::state::{SunDay, SunModel};
use super::marks::scale_bar;
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
