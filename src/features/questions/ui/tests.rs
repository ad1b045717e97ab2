use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::Queryable as _;

use super::super::state::{AnswerModel, AnswerRow, LayerChoice, OnMap};
use super::*;
use crate::panels::testing::Panel;
use crate::panels::{Language, Theme};
use crate::query::question::{Count, Question};

type Tab = Panel<QuestionsState, QuestionsEdit>;

fn question() -> Question {
    let relation = |word, text| Relation::parse(word, text).unwrap();
    Question {
        id: "danger".into(),
        title: Title { zh: "危房".into(), en: "Danger".into() },
        layer: "parcels".into(),
        condition: "land_use LIKE '07%'".into(),
        as_of: Some("2026-03-31".into()),
        relations: vec![
            relation("contains", "buildings: safety = 'D'"),
            relation("near", "incidents within 50 m >= 3 in 30 days: state <> '结案'"),
        ],
        ..Question::default()
    }
}

fn answer() -> AnswerModel {
    let row = |row, id: &str, name: &str, counts: [u32; 2]| AnswerRow {
        row,
        id: id.into(),
        name: [format!("{name}园"), name.into()],
        related: counts.map(|count| (count, format!("B-{count}"))).into(),
    };
    AnswerModel {
        question: question(),
        found: 3,
        chosen: 431,
        ms: 28.4,
        as_of: "2026-03-31T23:59:59.999Z".into(),
        rows: vec![
            row(7, "GB00007", "Anchuan", [1, 3]),
            row(9, "GB00009", "Binhe", [2, 11]),
            row(12, "GB00012", "Chengnan", [1, 5]),
        ],
    }
}

pub(crate) fn sample() -> QuestionsModel {
    let layer =
        |id: &str, title: &str, fields: &str| LayerChoice { id: id.into(), title: title.into(), fields: fields.into() };
    QuestionsModel {
        layers: vec![
            layer("incidents", "Incidents", "state, reported"),
            layer("buildings", "Buildings", "safety, use"),
            layer("parcels", "Parcels", "land_use"),
        ],
        examples: vec![("Vacant parcels".into(), Question { layer: "parcels".into(), ..Question::default() })],
        saved: vec![("Danger".into(), question())],
        answer: Some(Arc::new(answer())),
        paintable: true,
        ..QuestionsModel::default()
    }
}

fn tab(width: f32, model: QuestionsModel, state: QuestionsState) -> Tab {
    Panel::with_state(width, 300.0, Language::English, Theme::Light, state, move |ui, state, words, edits| {
        show(ui, &model, state, words, edits);
    })
}

fn with(draft: Question) -> QuestionsState {
    QuestionsState { draft, ..QuestionsState::default() }
}

#[test]
fn asking_asks_what_was_built() {
    let mut tab = tab(1100.0, sample(), with(question()));
    tab.click("Ask");
    assert_eq!(tab.edits(), [QuestionsEdit::Ask(question())]);
}

#[test]
fn a_question_is_built_with_clicks_and_keys() {
    let draft = Question { layer: "parcels".into(), ..Question::default() };
    let mut tab = tab(1100.0, sample(), with(draft));
    tab.click("Add relation");
    tab.click("Relation");
    tab.click("near");
    tab.click("How many");
    tab.click("none");
    let relation = |tab: &mut Tab| tab.state_mut().draft.relations.clone();
    let made = relation(&mut tab);
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].kind, made[0].count), (RelationKind::Near { metres: NEAR }, Count::NONE));
    assert_eq!(made[0].layer, "incidents", "not the layer that is looked for");
    // The lists of the target come first: two conditions, two times.
    let fields: Vec<_> = tab.harness.query_all_by_label("Condition").map(|node| node.rect().center()).collect();
    assert_eq!(fields.len(), 2);
    tab.click("Take relation 1 out");
    assert!(relation(&mut tab).is_empty());
    tab.click("Condition");
    tab.type_into("Condition", "floors > 3");
    tab.key(Key::Tab);
    tab.click("Ask");
    let asked = Question { layer: "parcels".into(), condition: "floors > 3".into(), ..Question::default() };
    assert_eq!(tab.edits(), [QuestionsEdit::Ask(asked)]);
}

#[test]
fn a_kept_question_is_taken_up_and_asked_at_once() {
    let mut tab = tab(1100.0, sample(), QuestionsState::default());
    tab.click("Kept questions and examples");
    tab.click("★ Danger");
    assert_eq!(tab.edits(), [QuestionsEdit::Ask(question())]);
    assert_eq!(tab.state_mut().draft, question());
    // Kept again under its name it keeps both titles; taken out it goes by its id.
    tab.click("Keep this question with the project");
    tab.click("Take this question out of the project");
    assert_eq!(tab.edits()[1..], [QuestionsEdit::Keep(question()), QuestionsEdit::Drop("danger".into())]);
}

#[test]
fn a_row_flies_there_and_a_head_sorts_the_greatest_first() {
    let mut tab = tab(1100.0, sample(), with(question()));
    let order = |tab: &Tab| {
        let top = |id: &str| tab.harness.get_all_by_label(id).map(|node| node.rect().min.y).fold(f32::MAX, f32::min);
        let mut ids = ["GB00007", "GB00009", "GB00012"].map(|id| (top(id), id));
        ids.sort_by(|a, b| a.0.total_cmp(&b.0));
        ids.map(|(_, id)| id)
    };
    assert_eq!(order(&tab), ["GB00007", "GB00009", "GB00012"]);
    tab.click("Incidents within 50 m");
    assert_eq!(order(&tab), ["GB00009", "GB00012", "GB00007"], "11, 5, 3 cases");
    tab.click("Incidents within 50 m");
    assert_eq!(order(&tab), ["GB00007", "GB00012", "GB00009"]);
    tab.click("GB00012");
    assert_eq!(tab.edits(), [QuestionsEdit::Select(12)]);
    assert!(tab.harness.query_by_label("3 of 431 found, 28 ms").is_some());
}

#[test]
fn the_answer_goes_onto_the_map_and_into_a_layer() {
    let mut tab = tab(1100.0, sample(), with(question()));
    tab.click("On the map");
    tab.click("only these");
    tab.click("Save the answer as a layer");
    assert_eq!(tab.edits(), [QuestionsEdit::OnMap(OnMap::Only), QuestionsEdit::SaveLayer]);
}

#[test]
fn a_narrow_drawer_shows_the_answer_when_it_comes_and_the_question_on_demand() {
    let mut tab = tab(640.0, sample(), with(question()));
    let has = |tab: &Tab, text: &str| tab.harness.query_all_by_label(text).next().is_some();
    assert!(has(&tab, "GB00007") && !has(&tab, "Ask"));
    tab.click("Question");
    assert!(has(&tab, "Ask") && !has(&tab, "GB00007"));
    tab.assert_no_overflow();
}

#[test]
fn an_answer_to_another_question_says_so_and_nothing_found_too() {
    let stale = Language::English.words().questions.since_changed;
    let fresh = tab(1100.0, sample(), with(question()));
    assert!(fresh.harness.query_by_label(stale).is_none());
    let changed = tab(1100.0, sample(), with(Question { condition: String::new(), ..question() }));
    assert!(changed.harness.query_by_label(stale).is_some());
    let none = AnswerModel { rows: Vec::new(), found: 0, ..answer() };
    let empty = tab(1100.0, QuestionsModel { answer: Some(Arc::new(none)), ..sample() }, with(question()));
    assert!(empty.harness.query_by_label(Language::English.words().questions.none_found).is_some());
}

#[test]
fn while_it_is_asked_it_can_be_stopped_and_a_fault_is_shown() {
    let model = QuestionsModel { running: Some(Some(0.4)), error: "there is no layer \"x\"".into(), ..sample() };
    let mut tab = tab(1100.0, model, with(question()));
    assert!(tab.harness.query_by_label("there is no layer \"x\"").is_some());
    assert!(tab.harness.query_by_label("Ask").is_none());
    tab.click("Cancel");
    assert_eq!(tab.edits(), [QuestionsEdit::Stop]);
}
