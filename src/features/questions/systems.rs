//! Asking the core on a thread of its own; the answer into the panel and onto the map.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::QuestionsPanel;
use super::examples::examples;
use super::state::{AnswerModel, AnswerRow, LISTED, LayerChoice, OnMap, QuestionsEdit, QuestionsModel};
use crate::city::City;
use crate::features::answers;
use crate::features::published::{ChangeProject, Notice, OpenProject, Preferences, Privacy, Select, Selection};
use crate::features::work::Work;
use crate::formats::aside::write_aside;
use crate::formats::{WriteError, flatgeobuf};
use crate::model::project::{Project, ProjectLayer, keep, make_id};
use crate::model::{About, LayerStyle, Role, Title, Value};
use crate::panels::words::both;
use crate::panels::{Language, Words};
use crate::query::Where;
use crate::query::identity::title_of;
use crate::query::question::{self, Answer, Inputs, Question};
use crate::report::{Issue, Progress, Severity};
use crate::scene::stage::{Looks, Shown};
use crate::scene::style::RowColours;
use crate::themes::housing::personal::{Masks, probed};

/// The colours of what was found and of the rest of its layer, red, green, blue.
pub const FOUND: [u8; 3] = [0xe6, 0x55, 0x0d];
const REST: [u8; 3] = [0xc9, 0xcd, 0xd2];

/// What is known of the city that is shown.
#[derive(Resource, Default)]
pub struct Questions {
    generation: u64,
    examples: Vec<Question>,
    asking: Option<Work<Answered>>,
    saving: Option<Work<ProjectLayer>>,
    answer: Option<Answered>,
    on_map: OnMap,
    /// What is on the map, to be taken off again.
    painted: Painted,
    /// The map must be painted anew.
    repaint: bool,
    error: String,
    /// The language that the panel was filled in.
    language: Option<Language>,
    changed: bool,
}

/// An answer with what the panel shows of it.
#[derive(Clone)]
struct Answered {
    answer: Arc<Answer>,
    model: Arc<AnswerModel>,
}

/// What a layer was given to show an answer.
#[derive(Default)]
enum Painted {
    #[default]
    Nothing,
    /// A filter, and the one that it had.
    Only(usize, Arc<Vec<u32>>, Option<Arc<Vec<u32>>>),
    /// Colours.
    Coloured(usize, Arc<RowColours>),
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<QuestionsPanel>,
    mut questions: ResMut<Questions>,
    mut open: ResMut<OpenProject>,
    shown: Res<Shown>,
    privacy: Option<Res<Privacy>>,
    preferences: Res<Preferences>,
    mut selects: MessageWriter<Select>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    redraw.write(RequestRedraw);
    let words = preferences.words();
    let mut say = |severity, message: String| {
        notices.write(Notice(Issue { severity, layer: String::new(), feature: None, message }));
    };
    for edit in std::mem::take(&mut panel.edits) {
        let Some(city) = shown.city.clone() else { continue };
        questions.changed = true;
        match edit {
            QuestionsEdit::Ask(question) => {
                let masked = privacy.as_ref().is_none_or(|privacy| !privacy.unmasked);
                let probed = if masked { probed(&city, &question) } else { Vec::new() };
                if !probed.is_empty() {
                    say(Severity::Error, Words::put(words.table.filter_masked, &[&probed.join(", ")]));
                    continue;
                }
                questions.asking = Some(Work::start(move |progress| ask(&city, question, progress)));
            }
            QuestionsEdit::Stop => (questions.asking, questions.saving) = (None, None),
            QuestionsEdit::Select(row) => {
                let target = questions.answer.as_ref().map(|answered| (answered.answer.layer, row));
                selects.write(Select { target, fly: true });
            }
            QuestionsEdit::OnMap(on_map) => (questions.on_map, questions.repaint) = (on_map, true),
            QuestionsEdit::SaveLayer => {
                let Some(answered) = questions.answer.clone() else { continue };
                let unmasked = privacy.as_ref().is_some_and(|privacy| privacy.unmasked);
                questions.saving = Some(Work::start(move |progress| save(&city, &answered, unmasked, progress)));
            }
            QuestionsEdit::Keep(question) => {
                let name = question.title.en().to_owned();
                match keep_question(&mut open.0, question) {
                    Ok(Some(file)) => say(Severity::Note, Words::put(words.questions.kept, &[&name, &file.display()])),
                    Ok(None) => say(Severity::Note, Words::put(words.questions.kept_unsaved, &[&name])),
                    Err(reason) => say(Severity::Warning, reason),
                }
            }
            QuestionsEdit::Drop(id) => {
                if let Err(reason) = drop_question(&mut open.0, &id) {
                    say(Severity::Warning, reason);
                }
            }
        }
    }
}

/// Keeps a question with the project, in its file where it has one. A question of the same title is replaced.
fn keep_question(project: &mut Project, mut question: Question) -> Result<Option<PathBuf>, String> {
    let known = project.questions.iter().position(|other| other.title == question.title);
    question.id = known.map_or_else(|| project.question_id(&question.title), |at| project.questions[at].id.clone());
    let file = rewrite(project, |text| keep::put(text, &question));
    match known {
        Some(at) => project.questions[at] = question,
        None => project.questions.push(question),
    }
    file
}

fn drop_question(project: &mut Project, id: &str) -> Result<Option<PathBuf>, String> {
    project.questions.retain(|question| question.id != id);
    rewrite(project, |text| keep::remove(text, id))
}

/// Changes the project's file; `None` where it has none.
fn rewrite(project: &Project, change: impl Fn(&str) -> Result<String, String>) -> Result<Option<PathBuf>, String> {
    let Some(file) = &project.file else { return Ok(None) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let new = change(&text).map_err(|reason| format!("{}: {reason}", file.display()))?;
    write_aside(file, |out| io::Write::write_all(out, new.as_bytes()).map_err(|error| WriteError::new(file, error)))
        .map_err(|error| error.to_string())?;
    Ok(Some(file.clone()))
}

fn ask(city: &City, question: Question, progress: &Progress) -> Result<Answered, String> {
    let answer = question::answer(city, &question, Where::Anywhere, None, progress).map_err(|e| e.to_string())?;
    let rows = listed(city, &answer).map_err(|error| error.to_string())?;
    let model = AnswerModel {
        found: answer.matches.len() as u64,
        chosen: u64::from(answer.chosen),
        ms: answer.ms,
        as_of: Inputs::of(&question, &answer).as_of,
        rows,
        question,
    };
    Ok(Answered { answer: Arc::new(answer), model: Arc::new(model) })
}

/// The first rows of an answer in words.
fn listed(city: &City, answer: &Answer) -> io::Result<Vec<AnswerRow>> {
    let layer = &*city.layers[answer.layer];
    let matches = &answer.matches[..answer.matches.len().min(LISTED)];
    let of_things = |(at, number): (usize, &usize)| {
        let rows = matches.iter().flat_map(move |found| found.related[at].rows.iter().copied());
        question::ids(&city.layers[*number], rows)
    };
    let things = answer.others.iter().enumerate().map(of_things).collect::<io::Result<Vec<_>>>()?;
    let own = question::ids(layer, matches.iter().map(|found| found.row))?;
    let rows: Vec<u32> = matches.iter().map(|found| found.row).collect();
    let piece = match &layer.stream {
        Some(stream) => Some(layer.of_piece(stream.tiles.rows(&rows, crate::formats::flatgeobuf::Wanted::All)?)),
        None => None,
    };
    let row = |(at, found): (usize, &question::Match)| {
        let named = |chinese| match &piece {
            Some(piece) => title_of(piece, at as u32, chinese),
            None => title_of(&layer.layer, found.row, chinese),
        };
        let related = found.related.iter().zip(&things).map(|(related, names)| {
            let ids: Vec<&str> = related.rows.iter().filter_map(|row| names.get(row).map(String::as_str)).collect();
            (related.count, ids.join(", "))
        });
        AnswerRow {
            row: found.row,
            id: own.get(&found.row).cloned().unwrap_or_default(),
            name: [named(true), named(false)],
            related: related.collect(),
        }
    };
    Ok(matches.iter().enumerate().map(row).collect())
}

/// Writes the answer into the user's data folder.
fn save(city: &City, answered: &Answered, unmasked: bool, progress: &Progress) -> Result<ProjectLayer, String> {
    let (answer, question) = (&answered.answer, &answered.model.question);
    let layer = &city.layers[answer.layer];
    let masks = if unmasked { Masks::default() } else { Masks::of(&layer.known().table) };
    let mask = |field: &str, value: &Value<'_>| masks.hides(field).then(|| masks.shown(field, value.to_string()));
    let inputs = Inputs::of(question, answer);
    let table = question::table(city, question, answer, &inputs, mask).map_err(|error| error.to_string())?;
    let out = answers::new_file(&format!("question-{}", make_id(&question.layer)))?;
    flatgeobuf::write(&out, "answer", &table, &city.crs, progress).map_err(|error| error.to_string())?;
    Ok(as_layer(&out, question, &inputs, question::columns(question, layer)))
}

/// The saved answer as a layer of the project.
fn as_layer(path: &Path, question: &Question, inputs: &Inputs, columns: Vec<String>) -> ProjectLayer {
    // The first number that differs from row to row.
    let counted = question.relations.iter().position(|relation| relation.count.most.is_none());
    let colour_by = counted.and_then(|at| columns.into_iter().nth(at));
    let style = LayerStyle { colour_by, opacity: 0.7, ..LayerStyle::default() };
    let source = match inputs.as_of.is_empty() {
        true => format!("Cimbase: {}", inputs.question),
        false => format!("Cimbase: {} ({})", inputs.question, inputs.as_of),
    };
    let about = About { source, updated: inputs.asked.clone(), ..About::default() };
    let title = match question.title.is_empty() {
        true => Title { zh: "查询结果".to_owned(), en: "Answer".to_owned() },
        false => question.title.clone(),
    };
    ProjectLayer {
        id: path.file_stem().map(|stem| make_id(&stem.to_string_lossy())).unwrap_or_default(),
        title,
        source: path.to_string_lossy().into_owned(),
        // A second layer of parcels or buildings would be taken for the first.
        role: Some(Role::Other),
        style,
        visible: true,
        about,
        // The user asked for it, wherever the project's folder is.
        named_by_user: true,
        ..ProjectLayer::default()
    }
}

/// Takes in what came, and meets a new city.
pub(super) fn follow(
    mut questions: ResMut<Questions>,
    mut panel: ResMut<QuestionsPanel>,
    shown: Res<Shown>,
    mut changes: MessageWriter<ChangeProject>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let questions = questions.bypass_change_detection();
    let Some(city) = &shown.city else { return };
    if questions.generation != shown.generation {
        questions.generation = shown.generation;
        questions.meet(city);
        if panel.state.draft.layer.is_empty()
            && let Some(layer) = questions.examples.first().map(|example| &example.layer).or_else(|| first_id(city))
        {
            panel.state.draft.layer = layer.clone();
        }
    }
    if questions.asking.is_some() || questions.saving.is_some() {
        questions.changed = true;
        // Nothing else wakes a window that waits for events.
        redraw.write(RequestRedraw);
    }
    if let Some(done) = questions.asking.as_ref().and_then(Work::take) {
        questions.asking = None;
        questions.repaint = true;
        match done {
            Ok(answered) => (questions.answer, questions.error) = (Some(answered), String::new()),
            Err(reason) => (questions.answer, questions.error) = (None, reason),
        }
    }
    if let Some(done) = questions.saving.as_ref().and_then(Work::take) {
        questions.saving = None;
        match done {
            Ok(layer) => _ = changes.write(ChangeProject::Add(vec![layer])),
            Err(reason) => questions.error = reason,
        }
    }
}

fn first_id(city: &City) -> Option<&String> {
    city.layers.first().map(|layer| &layer.layer.id)
}

impl Questions {
    /// Begins anew with another city; an answer stays where its layers are still there as they were.
    fn meet(&mut self, city: &City) {
        let number = |id: &String| city.layers.iter().position(|layer| layer.layer.id == *id);
        self.examples = examples(city);
        (self.asking, self.painted, self.repaint, self.changed) = (None, Painted::Nothing, true, true);
        self.answer = self.answer.take().and_then(|answered| {
            let question = &answered.model.question;
            let layer = number(&question.layer)?;
            let others = question.relations.iter().map(|one| number(&one.layer)).collect::<Option<Vec<_>>>()?;
            let last = answered.answer.matches.last().map_or(0, |found| found.row + 1);
            let answer = Arc::new(Answer { layer, others, ..(*answered.answer).clone() });
            (last <= city.layers[layer].rows()).then_some(Answered { answer, ..answered })
        });
    }
}

/// Shows the answer on the map, or takes it off. What somebody else gives the layer meanwhile stays.
pub(super) fn show_on_map(mut questions: ResMut<Questions>, shown: Res<Shown>, mut looks: ResMut<Looks>) {
    let questions = questions.bypass_change_detection();
    let ours = match &questions.painted {
        Painted::Nothing => true,
        Painted::Only(layer, rows, _) => {
            looks.layers.get(*layer).and_then(|look| look.filter.as_ref()).is_some_and(|set| Arc::ptr_eq(set, rows))
        }
        Painted::Coloured(layer, colours) => {
            let answer = looks.layers.get(*layer).and_then(|look| look.answer.as_ref());
            answer.is_some_and(|answer| Arc::ptr_eq(answer, colours))
        }
    };
    if !ours {
        (questions.painted, questions.on_map, questions.changed) = (Painted::Nothing, OnMap::Nothing, true);
    }
    if !std::mem::take(&mut questions.repaint) {
        return;
    }
    match std::mem::take(&mut questions.painted) {
        Painted::Nothing => {}
        Painted::Only(layer, _, own) => looks.layers[layer].filter = own,
        Painted::Coloured(layer, _) if ours => looks.layers[layer].answer = None,
        Painted::Coloured(..) => {}
    }
    let (Some(city), Some(answered)) = (&shown.city, &questions.answer) else { return };
    let number = answered.answer.layer;
    let Some(look) = looks.layers.get_mut(number) else { return };
    let rows = || answered.answer.matches.iter().map(|found| found.row);
    match questions.on_map {
        OnMap::Coloured if city.layers[number].stream.is_none() => {
            let classes = vec![
                (both(|words| words.questions.in_answer.to_owned()), FOUND),
                (both(|words| words.questions.not_in_answer.to_owned()), REST),
            ];
            let mut of_row = vec![1; city.layers[number].rows() as usize];
            rows().for_each(|row| of_row[row as usize] = 0);
            let colours = Arc::new(RowColours::new("questions", "answer", classes, of_row));
            look.answer = Some(colours.clone());
            questions.painted = Painted::Coloured(number, colours);
        }
        OnMap::Only | OnMap::Coloured => {
            let rows = Arc::new(rows().collect::<Vec<u32>>());
            let own = look.filter.replace(rows.clone());
            questions.painted = Painted::Only(number, rows, own);
        }
        OnMap::Nothing => {}
    }
}

/// Fills the panel.
pub(super) fn fill(
    mut panel: ResMut<QuestionsPanel>,
    mut questions: ResMut<Questions>,
    shown: Res<Shown>,
    open: Res<OpenProject>,
    selection: Res<Selection>,
    preferences: Res<Preferences>,
) {
    let questions = questions.bypass_change_detection();
    let language = preferences.settings.language;
    let stale =
        questions.changed || questions.language != Some(language) || open.is_changed() || selection.is_changed();
    let Some(city) = shown.city.as_ref().filter(|_| stale) else { return };
    (questions.changed, questions.language) = (false, Some(language));
    let choice = |layer: &Arc<crate::city::CityLayer>| LayerChoice {
        id: layer.layer.id.clone(),
        title: preferences.title(&layer.layer.title),
        fields: layer.layer.table.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let titled = |question: &Question| (preferences.title(&question.title), question.clone());
    let is_kept = |one: &Question| open.0.questions.iter().any(|kept| kept.title == one.title);
    let number = questions.answer.as_ref().map(|answered| answered.answer.layer);
    let paintable = number.is_some_and(|number| city.layers[number].stream.is_none());
    let model = QuestionsModel {
        chinese: language == Language::Chinese,
        // The one on top first, as in the list of layers.
        layers: city.layers.iter().rev().map(choice).collect(),
        examples: questions.examples.iter().filter(|one| !is_kept(one)).map(titled).collect(),
        saved: open.0.questions.iter().map(titled).collect(),
        running: (questions.asking.as_ref().map(|work| work.progress.read().1))
            .or_else(|| questions.saving.as_ref().map(|work| work.progress.read().1)),
        error: questions.error.clone(),
        answer: questions.answer.as_ref().map(|answered| answered.model.clone()),
        on_map: match questions.on_map {
            OnMap::Coloured if !paintable => OnMap::Only,
            on_map => on_map,
        },
        paintable,
        selected: selection.target().filter(|target| Some(target.layer) == number).map(|target| target.feature),
    };
    if panel.model != model {
        panel.model = model;
    }
}
