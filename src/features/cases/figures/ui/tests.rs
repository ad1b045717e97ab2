use egui_kittest::kittest::Queryable as _;

use super::super::{FiguresModel, FiguresState};
use super::*;
use crate::features::cases::figures::table::tests::{figures, nine};
use crate::features::cases::list::tests::{HOUR, START, made};
use crate::features::cases::list::{Group, Wish};
use crate::features::cases::state::Page;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::themes::management::case::Actor;
use crate::themes::management::indicators::Counter;
use crate::themes::management::machine::Role;
use crate::themes::management::rules::Rules;

fn model(language: Language, by: By) -> CasesModel {
    let all = nine();
    let me = Actor::of("甲", Role::ShiftLeader);
    let now = START + 10 * HOUR;
    let listed = made(&all, &Wish { group: Group::All, ..Wish::default() }, &me, now);
    CasesModel {
        language: Some(language),
        all: Arc::new(all),
        rules: Some(Arc::new(Rules::usual())),
        listed: Arc::new(listed),
        now,
        figures: FiguresModel { table: Some(Arc::new(figures(by))), ..FiguresModel::default() },
        ..CasesModel::default()
    }
}

fn page(language: Language, by: By, width: f32) -> Panel<CasesState, CasesEdit> {
    let model = model(language, by);
    let figures = FiguresState { by, ..FiguresState::default() };
    let state = CasesState { page: Page::Figures, figures, ..CasesState::default() };
    Panel::with_state(width, 420.0, language, Theme::Light, state, move |ui, state, words, edits| {
        crate::features::cases::ui::show(ui, &model, state, words, edits);
    })
}

fn says(panel: &Panel<CasesState, CasesEdit>, text: &str) -> usize {
    panel.harness.query_all_by_label(text).count()
}

/// 1 of 2 closed in time, 6 dispatched: as the table's test counts by hand.
#[test]
fn a_table_shows_rates_and_dashes_in_both_languages() {
    for (language, total, none, head) in [
        (Language::English, "Total", "Not dispatched", "Closing rate"),
        (Language::Chinese, "合计", "未派遣", "结案率"),
    ] {
        let panel = page(language, By::Unit, 1500.0);
        panel.assert_no_overflow();
        assert!(says(&panel, "环卫") > 0 && says(&panel, total) > 0 && says(&panel, none) > 0);
        assert_eq!(says(&panel, head), 1, "{head}");
        assert!(says(&panel, "50.00 %") > 0, "the rate");
        assert!(says(&panel, "—") >= 5, "rates of nothing of what is not dispatched");
        assert_eq!(says(&panel, "0.00 %"), 2, "reworked of the department and of all: 0 of 1, which is a rate");
    }
}

#[test]
fn a_head_sorts_and_turns_round_and_the_bars_follow() {
    let mut panel = page(Language::English, By::Unit, 1900.0);
    assert_eq!(panel.state_mut().figures.column, Column::usual());
    panel.click("Dispatched");
    let column = Column::Count(Counter::Dispatch);
    let state = |panel: &mut Panel<CasesState, CasesEdit>| {
        let of = &panel.state_mut().figures;
        (of.column, of.by_name, of.turned)
    };
    assert_eq!(state(&mut panel), (column, false, false));
    assert_eq!(says(&panel, "Dispatched"), 2, "as the head of the bars as well");
    panel.harness.query_all_by_label("Dispatched").next().unwrap().click();
    panel.run();
    assert_eq!(state(&mut panel), (column, false, true));
    panel.click("Department (2)");
    assert_eq!(state(&mut panel), (column, true, false));
    assert_eq!(panel.state_mut().figures.order.len(), 2);
}

#[test]
fn the_page_and_what_it_is_grouped_by_are_chosen() {
    let mut panel = page(Language::Chinese, By::Unit, 1200.0);
    panel.click("统计维度");
    panel.click("街道");
    assert_eq!(panel.state_mut().figures.by, By::Street);
    // Figures of departments are not shown as those of streets.
    assert_eq!((says(&panel, "环卫"), says(&panel, "正在统计…")), (0, 1));
    panel.click("案件列表");
    assert_eq!(panel.state_mut().page, Page::List);
}

/// The controls break into no second row that would be cut: they fit where the drawer is as narrow as at 1280 points, both panels open.
#[test]
fn the_page_fits_a_narrow_drawer_in_both_languages() {
    for language in Language::ALL {
        for by in BYS {
            page(language, by, 640.0).assert_no_overflow();
        }
    }
}

#[test]
fn a_period_is_said_from_to_or_until() {
    let model = model(Language::English, By::Unit);
    let words = Language::English.words();
    // Monday 2026-09-28 in Tianjin; a period ends before its end.
    let day = 24 * HOUR;
    let midnight = START - 8 * HOUR - HOUR / 2;
    assert_eq!(period_text(&(midnight..midnight + 2 * day), &model, words), "2026-09-28 – 2026-09-29");
    assert_eq!(period_text(&(i64::MIN..START), &model, words), "until 2026-09-28");
}
