//! What the grammar of a project file cannot say: ids, words and ranges.

use std::collections::HashSet;
use std::path::Path;

use super::super::layer::Title;
use super::super::question::Question;
use super::super::style::read_colour;
use super::view::View;
use super::{Project, ProjectLayer, make_id};

/// Checks a project as written, then names what has no name.
pub(super) fn settle(project: &mut Project, text: &str) -> Result<(), String> {
    let mut ids = HashSet::new();
    for (i, layer) in project.layers.iter().enumerate() {
        let wrong = |what: String| {
            let id = if layer.id.is_empty() { &layer.source } else { &layer.id };
            format!("line {}: layer {id}: {what}", line_of(text, "[[layer]]", i))
        };
        if let Some(problem) = problem(layer) {
            return Err(wrong(problem));
        }
        if !layer.id.is_empty() && !ids.insert(layer.id.as_str()) {
            return Err(wrong("this id is taken by a layer above; ids must differ".to_owned()));
        }
    }
    let mut ids = HashSet::new();
    for (i, question) in project.questions.iter().enumerate() {
        let wrong = |what: &str| format!("line {}: question {}: {what}", line_of(text, "[[question]]", i), question.id);
        if !question.id.is_empty() && make_id(&question.id) != question.id {
            return Err(wrong("the id may hold lower-case letters, digits, _ and - only"));
        }
        if !question.id.is_empty() && !ids.insert(question.id.as_str()) {
            return Err(wrong("this id is taken by a question above; ids must differ"));
        }
        let layers = std::iter::once(&question.layer).chain(question.relations.iter().map(|one| &one.layer));
        if layers.into_iter().any(|layer| layer.trim().is_empty()) {
            return Err(wrong("a layer is empty"));
        }
    }
    if let Some(problem) = project.view.as_ref().and_then(View::problem) {
        return Err(format!("line {}: view: {problem}", line_of(text, "[view]", 0)));
    }
    name(project);
    Ok(())
}

fn problem(layer: &ProjectLayer) -> Option<String> {
    if layer.source.trim().is_empty() {
        return Some("source is empty".to_owned());
    }
    if !layer.id.is_empty() && make_id(&layer.id) != layer.id {
        return Some(format!(
            "the id \"{}\" may hold lower-case letters, digits, _ and - only: \"{}\" would do",
            layer.id,
            make_id(&layer.id)
        ));
    }
    if let Some(offset) = layer.offset.as_deref().filter(|o| !matches!(*o, "gcj02" | "bd09")) {
        return Some(format!("offset = \"{offset}\" is unknown; use \"gcj02\" or \"bd09\""));
    }
    if let Some(label) = layer.encoding.as_deref().filter(|e| encoding_rs::Encoding::for_label(e.as_bytes()).is_none())
    {
        return Some(format!("encoding = \"{label}\" is unknown; use \"gb18030\", \"utf-8\" or \"latin1\""));
    }
    let style = &layer.style;
    if let Some(colour) = style.colour.as_deref().filter(|c| read_colour(c).is_none()) {
        return Some(format!("style: colour = \"{colour}\" is no colour; write \"#rrggbb\""));
    }
    if let Some((value, colour)) = style.values.iter().find(|(_, colour)| read_colour(colour).is_none()) {
        return Some(format!("style: values: \"{colour}\" of \"{value}\" is no colour; write \"#rrggbb\""));
    }
    if !style.values.is_empty() && style.colour_by.is_none() {
        return Some("style: values needs colour_by, the field that has these values".to_owned());
    }
    if !(0.0..=1.0).contains(&style.opacity) {
        return Some(format!("style: opacity = {} must lie between 0 and 1", style.opacity));
    }
    if let Some(pin) = style.pin_m.filter(|metres| !(*metres > 0.0 && *metres <= 100_000.0)) {
        return Some(format!("style: pin_m = {pin} must lie above 0 and up to 100000"));
    }
    if let Some(classes) = style.classes.filter(|n| !(2..=12).contains(n)) {
        return Some(format!("style: classes = {classes} must lie between 2 and 12"));
    }
    if !layer.z_offset.is_finite() {
        return Some("z_offset is not a number".to_owned());
    }
    if let Some(factor) = layer.exaggeration.filter(|e| !(*e > 0.0 && *e <= 100.0)) {
        return Some(format!("exaggeration = {factor} must lie above 0 and up to 100"));
    }
    None
}

/// Gives ids and titles to layers that have none.
pub(super) fn name(project: &mut Project) {
    let mut taken: HashSet<String> = project.layers.iter().map(|l| l.id.clone()).filter(|id| !id.is_empty()).collect();
    for layer in &mut project.layers {
        let stem = layer.layer_name.clone().unwrap_or_else(|| {
            let stem = Path::new(&layer.source).file_stem();
            stem.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
        });
        if layer.id.is_empty() {
            let wanted = make_id(&stem);
            let numbered = (2..).map(|n| format!("{wanted}-{n}"));
            let free = std::iter::once(wanted.clone()).chain(numbered).find(|id| !taken.contains(id));
            layer.id = free.unwrap_or(wanted);
            taken.insert(layer.id.clone());
        }
        if layer.title.is_empty() {
            layer.title = Title::same(if stem.is_empty() { layer.id.clone() } else { stem });
        }
    }
    for at in 0..project.questions.len() {
        if project.questions[at].id.is_empty() {
            project.questions[at].id = free_question_id(&project.questions, &project.questions[at].title);
        }
    }
}

/// An id for a question after its title, other than those of the others.
pub(super) fn free_question_id(questions: &[Question], title: &Title) -> String {
    /// Longer ids are read by nobody. Ids are ASCII, so that they can be cut anywhere.
    const LONGEST: usize = 40;
    let id = make_id(title.en());
    let wanted = match id.as_str() {
        // What `make_id` says of a text without any letter of its own.
        "layer" => "question".to_owned(),
        id if id.len() > LONGEST => {
            id[..LONGEST].rsplit_once('-').map_or(&id[..LONGEST], |(start, _)| start).to_owned()
        }
        id => id.to_owned(),
    };
    let taken = |id: &String| questions.iter().any(|question| question.id == *id);
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    std::iter::once(wanted.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(wanted)
}

/// The line of the n-th table with a header.
fn line_of(text: &str, header: &str, n: usize) -> usize {
    text.lines().enumerate().filter(|(_, line)| is_header(line, header)).nth(n).map_or(1, |(i, _)| i + 1)
}

/// Whether a line begins a table, `[[layer]]`: spaces and a comment do not matter.
pub(super) fn is_header(line: &str, header: &str) -> bool {
    let plain = line.split('#').next().unwrap_or_default();
    plain.chars().filter(|letter| !letter.is_whitespace()).eq(header.chars())
}
