use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;

use super::super::found::tests::{found, heap};
use super::super::{SpotsModel, overlay};
use super::*;
use crate::features::cases::list::tests::{START, made};
use crate::features::cases::list::{Group, Wish};
use crate::features::cases::state::Page;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::themes::management::case::Actor;
use crate::themes::management::machine::Role;
use crate::themes::management::rules::Rules;

fn model(language: Language) -> CasesModel {
    let all = heap();
    let me = Actor::of("甲", Role::Commander);
    let listed = made(&all, &Wish { group: Group::All, ..Wish::default() }, &me, START);
    CasesModel {
        language: Some(language),
        all: Arc::new(all),
        rules: Some(Arc::new(Rules::usual())),
        listed: Arc::new(listed),
        now: START,
        spots: SpotsModel { found: Some(Arc::new(found())), ..SpotsModel::default() },
        ..CasesModel::default()
    }
}

fn page(language: Language, width: f32) -> Panel<CasesState, CasesEdit> {
    let model = model(language);
    let state = CasesState { page: Page::Spots, ..CasesState::default() };
    Panel::with_state(width, 420.0, language, Theme::Dark, state, move |ui, state, words, edits| {
        crate::features::cases::ui::show(ui, &model, state, words, edits);
    })
}

#[test]
fn squares_and_places_are_listed_and_flown_to_in_both_languages() {
    for (language, squares, repeats) in
        [(Language::English, "Hot spots", "Repeat places 1"), (Language::Chinese, "热点", "重复发生点 1")]
    {
        let found = found();
        let mut panel = page(language, 1100.0);
        panel.assert_no_overflow();
        let count = format!("{squares} {}", found.squares.len());
        assert!(panel.harness.query_by_label(&count).is_some(), "{count}");
        panel.click("解放路 1");
        let square = found.squares[0].square;
        let bounds = Bounds { min: square.xy, max: square.xy }.grown(220.0);
        assert_eq!(panel.edits().last(), Some(&CasesEdit::FlyTo(bounds)));
        assert_eq!(panel.state_mut().spots.selected, Some((Kind::Squares, 0)));
        panel.click(repeats);
        panel.click("解放路 1");
        let edits = panel.edits();
        // The last of the five is the last of all.
        assert_eq!(edits.last(), Some(&CasesEdit::Select { case: 119, how: How::Only, fly: false }));
        assert_eq!(panel.state_mut().spots.selected, Some((Kind::Repeats, 0)));
    }
}

#[test]
fn what_is_looked_for_is_chosen() {
    let mut panel = page(Language::English, 1300.0);
    panel.click("Cell size");
    panel.click("Cells of 500 m");
    panel.harness.query_all_by_role_and_label(egui::accesskit::Role::ComboBox, "Reported").next().unwrap().click();
    panel.run();
    panel.click("Last 90 days");
    panel.click("Repeat places 1");
    panel.click("Repeats from");
    panel.click("5 times or more");
    let state = panel.state_mut();
    assert_eq!((state.spots.side, state.spots.days, state.spots.least), (500, 90, 5));
    let asked = super::super::asked(&state.wish, &state.spots);
    assert_eq!((asked.side, asked.days, asked.least, asked.since), (500.0, 90, 5, None));
    // What the timeline says comes first.
    state.wish.period = Some([START, START + 5]);
    let asked = super::super::asked(&state.wish, &state.spots);
    assert_eq!((asked.since, asked.until), (Some(START), Some(START + 5)));
}

#[test]
fn confidence_is_said_in_words() {
    let found = found();
    let hot = &found.squares[0];
    let text = |language: Language| overlay::square_text(hot, &model(language), language.words());
    assert!(text(Language::English).starts_with("99 % confidence\n"), "{}", text(Language::English));
    assert!(text(Language::Chinese).starts_with("置信度 99 %\n"), "{}", text(Language::Chinese));
    assert_eq!(p_text(0.034), "0.034");
    assert_eq!((p_text(0.000_2).as_str(), p_text(1e-15).as_str()), ("2e-4", "< 1e-12"));
}

#[test]
fn the_page_fits_a_narrow_drawer_in_both_languages() {
    for language in Language::ALL {
        page(language, 640.0).assert_no_overflow();
    }
}
