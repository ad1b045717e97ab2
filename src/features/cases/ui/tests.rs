use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;

use super::super::list::tests::{HOUR, START, case, made};
use super::super::list::{Listed, Wish};
use super::*;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::themes::management::case::{Action, Actor, Refused};
use crate::themes::management::incoming::Reporter;
use crate::themes::management::machine::{Finding, Role, Verb};
use crate::themes::management::rules::Rules;

const NOW: i64 = START + 10 * HOUR;

fn model(language: Language, role: Role) -> CasesModel {
    let at = Some([500_000.0, 4_330_000.0]);
    let mut all: Vec<Case> = (0..=8).map(|far| case(&format!("2026092800000{far}"), at, START, 2.0, far)).collect();
    let facts = &mut all[0].facts;
    facts.text = format!("invoice\u{202e}gpj.exe <b>bold</b> {}", "很长 ".repeat(400));
    facts.address = "和平区解放北路 3 号".into();
    facts.reporter = Reporter { name: "张三丰".into(), phone: "18012341999".into(), email: String::new() };
    facts.media = vec!["https://example.com/a.jpg".into(), "javascript:alert(1)".into()];
    let all: Vec<Arc<Case>> = all.into_iter().map(Arc::new).collect();
    let me = Actor::of("甲", role);
    let listed: Listed = made(&all, &Wish { group: Group::All, ..Wish::default() }, &me, NOW);
    CasesModel {
        language: Some(language),
        all: Arc::new(all),
        rules: Some(Arc::new(Rules::usual())),
        listed: Arc::new(listed),
        me: Some(me),
        now: NOW,
        ..CasesModel::default()
    }
}

fn tab(model: CasesModel, width: f32) -> Panel<CasesState, CasesEdit> {
    let language = model.language.unwrap();
    Panel::new(width, 420.0, language, Theme::Light, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

fn the_card(model: CasesModel) -> Panel<CasesState, CasesEdit> {
    let language = model.language.unwrap();
    Panel::new(300.0, 1600.0, language, Theme::Dark, move |ui, state, words, edits| {
        card(ui, &model, state, words, edits);
    })
}

fn with_current(language: Language, role: Role, place: u32) -> CasesModel {
    CasesModel { current: Some(place), selected: vec![place], ..model(language, role) }
}

#[test]
fn the_tab_lists_cases_in_both_languages_and_a_click_selects() {
    for (language, open, handled) in
        [(Language::English, "Open 8", "being handled"), (Language::Chinese, "未结 8", "处置中")]
    {
        let mut panel = tab(model(language, Role::Dispatcher), 640.0);
        panel.assert_no_overflow();
        assert!(panel.harness.query_by_label(open).is_some(), "{open}");
        assert!(panel.harness.query_all_by_label(handled).next().is_some());
        panel.click("20260928000003");
        assert!(panel.edits().contains(&CasesEdit::Select { case: 3, how: How::Only, fly: true }));
    }
}

#[test]
fn chips_and_search_ask_for_another_list() {
    let mut panel = tab(model(Language::English, Role::Dispatcher), 900.0);
    panel.click("Mine to do 1");
    assert_eq!(panel.state_mut().wish.group, Group::Mine);
    assert!(panel.edits().contains(&CasesEdit::List));
    panel.click("Search cases");
    panel.type_into("Search cases", "路灯");
    assert_eq!(panel.state_mut().wish.text, "路灯");
}

#[test]
fn who_sits_there_is_chosen() {
    let mut panel = tab(model(Language::English, Role::Operator), 900.0);
    panel.click("Intake operator · 甲");
    panel.click("Commander");
    assert_eq!(panel.edits().last(), Some(&CasesEdit::Me(Actor::of("甲", Role::Commander))));
}

/// Each role finds its buttons, and each button says its step.
#[test]
fn a_button_sends_the_step_of_its_role() {
    let plain = |verb| Action::Do { verb };
    let expected = [
        (0, Role::Operator, "Accept", plain(Verb::Accept)),
        (1, Role::ShiftLeader, "File", plain(Verb::File)),
        (3, Role::Department, "Finished", plain(Verb::Finish)),
        (4, Role::Operator, "Send to check", plain(Verb::SendCheck)),
        (5, Role::GridMember, "It is not done", Action::Found { verb: Verb::Check, finding: Finding::No }),
        (7, Role::ShiftLeader, "Close", plain(Verb::Close)),
        (3, Role::Commander, "Urge", plain(Verb::Urge)),
    ];
    for (place, role, label, action) in expected {
        let mut panel = the_card(with_current(Language::English, role, place));
        panel.click(label);
        assert_eq!(panel.edits(), [CasesEdit::Act(vec![place], action, String::new())], "{label}");
    }
}

#[test]
fn nobody_finds_a_button_of_another_role() {
    for (role, mine) in [(Role::Dispatcher, true), (Role::Operator, false), (Role::Department, false)] {
        let panel = the_card(with_current(Language::English, role, 2));
        assert_eq!(panel.harness.query_by_label("Dispatch…").is_some(), mine, "{role:?}");
    }
    // At its end nothing is done but noting.
    let panel = the_card(with_current(Language::Chinese, Role::ShiftLeader, 8));
    assert!(panel.harness.query_all_by_label("结案").next().is_some(), "the state");
    assert!(panel.harness.query_by_label("添加备注").is_some());
    assert!(panel.harness.query_by_label("重新派遣").is_none());
}

#[test]
fn a_dispatch_has_the_limit_of_the_rules() {
    let mut panel = the_card(with_current(Language::Chinese, Role::Dispatcher, 2));
    panel.click("派遣…");
    panel.assert_no_overflow();
    panel.state_mut().form.unit = "环卫".into();
    panel.run();
    panel.click("派遣");
    let limit = Rules::usual().limit_of("event:0102");
    let action = Action::Dispatch { unit: "环卫".into(), limit };
    assert_eq!(panel.edits(), [CasesEdit::Act(vec![2], action, String::new())]);
}

#[test]
fn many_are_dispatched_at_once_and_others_left_out() {
    let model = CasesModel { selected: vec![1, 2, 3], ..model(Language::English, Role::Dispatcher) };
    let mut panel = tab(model, 1200.0);
    panel.click("Dispatch selected");
    panel.state_mut().batch.unit = "环卫".into();
    panel.run();
    panel.click("Dispatch 1 of 3");
    let sent = panel.edits().into_iter().find_map(|edit| match edit {
        CasesEdit::Act(places, Action::Dispatch { unit, .. }, _) => Some((places, unit)),
        _ => None,
    });
    assert_eq!(sent, Some((vec![2], "环卫".to_owned())));
}

/// Nothing that came from outside turns, hides or opens something.
#[test]
fn text_from_outside_is_shown_inert() {
    let panel = the_card(with_current(Language::English, Role::Operator, 0));
    panel.assert_no_overflow();
    let said = |part: &str| panel.harness.query_all_by_label_contains(part).count();
    assert_eq!(said("invoice\\u{202e}gpj.exe <b>bold</b>"), 1);
    assert_eq!(said("\u{202e}"), 0);
    assert_eq!((said("张*丰"), said("180****1999")), (1, 1));
    assert_eq!((said("三丰"), said("18012341999")), (0, 0));
    assert!(said("Show all") > 0, "a long text is cut");
}

#[test]
fn the_card_fits_in_both_languages() {
    for language in Language::ALL {
        for role in super::super::state::ROLES {
            for place in 0..9 {
                the_card(with_current(language, role, place)).assert_no_overflow();
            }
        }
    }
}

#[test]
fn a_new_case_is_registered_with_its_category() {
    let model = CasesModel { draft: Some([500_000.0, 4_330_000.0]), ..model(Language::English, Role::Operator) };
    let mut panel = the_card(model);
    panel.click("Category");
    panel.type_into("Category", "street light");
    let label = "Street light · Public utilities";
    let found: Vec<String> = {
        let rules = Rules::usual();
        let category = rules.categories.find("路灯").unwrap();
        vec![category.id.clone(), format!("{} · {}", category.name.en(), category.major_name.en())]
    };
    let label = if found[1].is_empty() { label } else { &found[1] };
    panel.click(label);
    panel.click("Register");
    let sent = panel.edits().into_iter().find_map(|edit| match edit {
        CasesEdit::Register(new) => Some(new.category),
        _ => None,
    });
    assert_eq!(sent, Some(found[0].clone()));
}

#[test]
fn the_reason_of_a_refusal_is_said_in_the_words_of_the_interface() {
    let reasons = [
        Refused::Guard { verb: Verb::ProposeClose, reason: "the check did not find it done" },
        Refused::Role { verb: Verb::Dispatch, role: Role::Operator, wanted: vec![Role::Dispatcher] },
        Refused::State { verb: Verb::Close, state: Some(State::Handling) },
        Refused::Wrong("it is dispatched to no department".into()),
        Refused::Area { case: "120101".into(), area: "120102".into() },
        Refused::Unit { case: String::new(), unit: "环卫".into() },
        Refused::Time,
    ];
    for reason in reasons {
        let [zh, en] = Language::ALL
            .map(|language| super::super::describe::refusal(&reason, language == Language::Chinese, language.words()));
        assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{zh}");
        assert!(!zh.contains(" is ") && !zh.contains("the "), "{zh}");
        assert!(!en.is_empty() && !en.contains("{}"), "{en}");
    }
    let refused = CasesModel { refused: "x: 不能派遣".into(), ..model(Language::Chinese, Role::Operator) };
    assert!(tab(refused, 700.0).harness.query_by_label("x: 不能派遣").is_some());
}

#[test]
fn the_card_says_what_is_near_and_a_click_goes_there() {
    use crate::themes::management::near::{Near, NearCase, NearLayer, NearThing};
    let lamp = NearThing { row: 7, id: "L8".into(), title: ["路灯 8".into(), "Lamp 8".into()], metres: 12.4 };
    let near = Near {
        case_count: 9,
        cases: vec![NearCase { place: 2, number: "20260928000002".into(), metres: 3.0 }],
        layers: vec![NearLayer { layer: "lamps".into(), count: 31, named: vec![lamp] }],
    };
    for (language, said) in [
        (Language::English, ["Near, within 100 m", "Other cases · 9", "lamps · 31"]),
        (Language::Chinese, ["周边 100 米内", "其他案件 · 9", "lamps · 31"]),
    ] {
        let model = CasesModel { near: Some(Arc::new(near.clone())), ..with_current(language, Role::Dispatcher, 3) };
        let mut panel = the_card(model);
        panel.assert_no_overflow();
        for text in said {
            assert!(panel.harness.query_by_label(text).is_some(), "{text}");
        }
        panel.click(if language == Language::Chinese { "路灯 8 L8" } else { "Lamp 8 L8" });
        assert!(panel.edits().contains(&CasesEdit::ShowThing("lamps".into(), 7)));
    }
}

#[test]
fn an_objection_is_made_on_a_feature_and_seen_there() {
    use crate::features::cases::state::NewCase;
    use crate::themes::management::facts::Subject;
    let subject = Subject { layer: "buildings".into(), feature: "B7".into(), what: String::new() };
    let mut objecting = model(Language::English, Role::Operator);
    {
        let all = Arc::make_mut(&mut objecting.all);
        for place in [1, 8] {
            Arc::make_mut(&mut all[place]).facts.subject = Some(subject.clone());
        }
    }
    let me = Actor::of("甲", Role::Operator);
    // Listed or not: the feature says it.
    let wish = Wish { group: Group::Overdue, category: "none".into(), ..Wish::default() };
    objecting.listed = Arc::new(made(&objecting.all, &wish, &me, NOW));
    let known = objecting.clone();
    let mut panel = Panel::<CasesState, CasesEdit>::new(300.0, 400.0, Language::English, Theme::Light, {
        move |ui, _, words, edits| {
            let thing = objections::Thing { layer: "buildings", id: "B7", at: Some([5.0, 6.0]) };
            objections::section(ui, &thing, &known, words, edits);
        }
    });
    panel.assert_no_overflow();
    // Case 1 is open, case 8 closed.
    assert!(panel.harness.query_by_label("1 open: what stands here is disputed").is_some());
    panel.click("Object to this data");
    assert!(panel.edits().contains(&CasesEdit::Object(subject.clone(), [5.0, 6.0])));

    let drafted = CasesModel { draft: Some([5.0, 6.0]), ..objecting };
    let mut panel = the_card(drafted);
    panel.state_mut().new_case = NewCase { subject: Some(subject.clone()), ..NewCase::default() };
    panel.harness.run();
    assert!(panel.harness.query_by_label("buildings · B7").is_some());
    panel.click("Wrong height or storeys");
    panel.click("Register");
    let registered = panel.edits().iter().any(|edit| {
        matches!(edit, CasesEdit::Register(new) if new.category == "data:0901" && new.subject.as_ref() == Some(&subject))
    });
    assert!(registered);
}

#[test]
fn looking_back_a_line_says_how_it_stood_then() {
    // Every minute a step: registered, accepted, filed, dispatched … Case 8 is closed by now.
    let mut then = model(Language::English, Role::Dispatcher);
    let wish = Wish { group: Group::All, moment: Some(START + 90_000), ..Wish::default() };
    then.listed = Arc::new(made(&then.all, &wish, &Actor::of("甲", Role::Dispatcher), NOW));
    (then.moment, then.now) = (wish.moment, START + 90_000);
    let panel = tab(then, 900.0);
    // A minute and a half after the report all but the first were accepted, and none was filed.
    assert_eq!(panel.harness.query_all_by_label("to be filed").count(), 8);
    assert_eq!(panel.harness.query_all_by_label("registered").count(), 1);
    assert!(panel.harness.query_by_label("closed").is_none());
}
