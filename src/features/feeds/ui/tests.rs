use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;

use super::super::runner::Line;
use super::*;
use crate::feeds::cap::Severity;
use crate::feeds::{Counts, Status};
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::place::Bounds;

const NOW: i64 = 20_635 * 86_400_000;

fn listed(id: &str, kind: Kind, state: State, counts: Counts) -> Listed {
    let status = Status { state, counts, ..Status::default() };
    let address = "https://example.com/a/very/long/address/of/a/server/that/does/not/fit/anywhere".to_owned();
    Listed { name: id.into(), id: id.into(), kind, tracks: false, address, line: Line { on: true, status } }
}

fn model(language: Language) -> FeedsModel {
    let counts = Counts { new: 1_204, known: 31, garbage: 2, last: Some(NOW - 60_000), ..Counts::default() };
    let why =
        "http://example.com: the server does not answer; it is asked again and again, with longer pauses".to_owned();
    let warning = |event: &str, severity, extent| ShownWarning {
        key: event.into(),
        event: event.into(),
        severity,
        headline: format!("{event}橙色预警信号"),
        description: "预计未来 6 小时内降雨量将达 50 毫米以上。".repeat(8),
        instruction: "请减少外出。".into(),
        place: "和平区、河西区".into(),
        until: NOW + 6 * 3_600_000,
        extent,
        ..ShownWarning::default()
    };
    FeedsModel {
        language: Some(language),
        there: true,
        count: 5,
        on: true,
        feeds: vec![
            listed("hotline", Kind::File, State::Connected, counts),
            listed("citizens", Kind::Open311, State::Waiting { until: NOW, why }, Counts::default()),
            listed("pumps", Kind::Mqtt, State::Behind { waiting: 1_000_000 }, Counts::default()),
            listed("storm", Kind::Cap, State::Connected, Counts { reports: 3, ..Counts::default() }),
        ],
        has_endpoint: true,
        endpoint: Endpoint::On("http://127.0.0.1:8311".into()),
        warnings: vec![
            warning("暴雨", Severity::Severe, Some(Bounds { min: [0.0, 0.0], max: [10.0, 10.0] })),
            warning(&"A very long name of what happens ".repeat(3), Severity::Minor, None),
            warning("Wind", Severity::Unknown, None),
        ],
        garbage: Arc::new(vec![["hotline".into(), "line 3".into(), "no time".into(), "<b>x</b>".into()]]),
        offset: 8 * 3_600_000,
        now: NOW,
        ..FeedsModel::default()
    }
}

fn view(model: FeedsModel, width: f32) -> Panel<FeedsState, FeedsEdit> {
    let language = model.language.unwrap();
    Panel::new(width, 500.0, language, Theme::Dark, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

fn above(model: FeedsModel, width: f32) -> Panel<FeedsState, FeedsEdit> {
    let language = model.language.unwrap();
    Panel::new(width, 60.0, language, Theme::Light, move |ui, state, words, edits| {
        strip(ui, &model, state, words, edits);
    })
}

#[test]
fn everything_fits_in_both_languages() {
    for language in Language::ALL {
        for width in [620.0, 1200.0] {
            view(model(language), width).assert_no_overflow();
            above(model(language), width).assert_no_overflow();
            let off = FeedsModel { on: false, ..model(language) };
            view(off.clone(), width).assert_no_overflow();
            above(off, width).assert_no_overflow();
        }
    }
}

#[test]
fn nothing_is_started_before_the_button_is_pressed() {
    let off = FeedsModel { on: false, ..model(Language::English) };
    let mut panel = above(off, 900.0);
    assert!(panel.harness.query_by_label_contains("This project has 5 feeds").is_some());
    assert!(panel.edits().is_empty());
    panel.click("Start");
    assert_eq!(panel.edits(), [FeedsEdit::Start(true)]);
    // A project without feeds says nothing of them.
    let none = FeedsModel { there: false, ..FeedsModel::default() };
    let panel = above(FeedsModel { language: Some(Language::English), ..none }, 900.0);
    assert!(panel.harness.query_by_label("Start").is_none());
}

#[test]
fn a_line_says_how_a_feed_is_and_stops_it() {
    let mut panel = view(model(Language::English), 1200.0);
    for text in ["connected", "behind, 1,000,000 waiting", "1,204 new · 31 known · 2 unreadable · last 07:59"] {
        assert!(panel.harness.query_all_by_label(text).next().is_some(), "{text}");
    }
    assert!(panel.harness.query_by_label_contains("tries again: http://example.com: the server").is_some());
    assert!(panel.harness.query_by_label_contains("http://127.0.0.1:8311").is_some());
    panel.click("Stop hotline");
    panel.click("Stop Open311");
    panel.click("Stop all");
    let stop = |id: &str| FeedsEdit::Run(id.into(), false);
    assert_eq!(panel.edits(), [stop("hotline"), stop("open311"), FeedsEdit::Start(false)]);
}

#[test]
fn a_warning_opens_with_its_texts_and_is_flown_to() {
    let mut panel = view(model(Language::Chinese), 900.0);
    assert!(panel.harness.query_by_label("请减少外出。").is_none());
    panel.click("暴雨橙色预警信号");
    assert!(panel.harness.query_by_label("请减少外出。").is_some());
    assert_eq!(panel.edits(), [FeedsEdit::Fly(Bounds { min: [0.0, 0.0], max: [10.0, 10.0] })]);
}

#[test]
fn garbage_is_listed_with_its_reason() {
    let mut panel = view(model(Language::English), 900.0);
    assert!(panel.harness.query_by_label("no time").is_none());
    panel.click("Unreadable entries: 2");
    assert!(panel.harness.query_by_label("no time").is_some() && panel.harness.query_by_label("<b>x</b>").is_some());
    assert_eq!(panel.edits(), [FeedsEdit::Garbage(true)]);
}

#[test]
fn a_bad_file_is_said_and_nothing_can_be_started() {
    let model = FeedsModel {
        there: true,
        error: "feeds.toml: TOML parse error at line 3\n  |\n3 | kind = fax".into(),
        language: Some(Language::English),
        ..FeedsModel::default()
    };
    let panel = view(model.clone(), 640.0);
    panel.assert_no_overflow();
    assert!(
        panel.harness.query_by_label_contains("line 3").is_some() && panel.harness.query_by_label("Start").is_none()
    );
    let mut panel = above(model, 640.0);
    panel.click("Feeds");
    assert!(panel.state_mut().open);
}
