//! Questions across layers: relations in arguments, and what they add to an answer.

use std::io;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::city::City;
use crate::cli::args::QueryArgs;
use crate::cli::exit::Failure;
use crate::cli::output::{say, with_progress};
use crate::cli::parse::Near;
use crate::cli::source;
use crate::formats::{flatgeobuf, geojson};
use crate::model::Value;
use crate::model::project::Project;
use crate::query::question::{self, Answer, Inputs, Question, QuestionError, Relation, RelationKind, Since};
use crate::themes::housing::personal::Masks;

/// The question that arguments ask; `None` where they ask one layer alone.
pub(super) fn question(args: &QueryArgs, project: &Project) -> Result<Option<Question>, Failure> {
    if let Some(name) = &args.question {
        let mut question = saved(project, name)?.clone();
        question.as_of = args.as_of.clone().or(question.as_of);
        return Ok(Some(question));
    }
    let near = args.near.iter().filter_map(|near| match near {
        Near::Things(relation) => Some(relation),
        Near::Point(_) => None,
    });
    let relations: Vec<Relation> = args.contains.iter().chain(&args.within).chain(near).cloned().collect();
    let question = Question {
        layer: args.layer.clone().unwrap_or_default(),
        condition: args.condition.clone().unwrap_or_default(),
        since: args.since_days.map(|days| Since { days, field: args.since_field.clone() }),
        as_of: args.as_of.clone(),
        relations,
        ..Question::default()
    };
    if args.as_of.is_some() && !question.needs_day() {
        return Err(Failure::arguments("--as-of says nothing without --since-days or \"in N days\" of a relation"));
    }
    let asks = !question.relations.is_empty() || question.since.is_some() || args.out.is_some();
    Ok(asks.then_some(question))
}

fn saved<'p>(project: &'p Project, name: &str) -> Result<&'p Question, Failure> {
    let is = |question: &&Question| {
        question.id == name || [&question.title.zh, &question.title.en].contains(&&name.to_owned())
    };
    project.questions.iter().find(is).ok_or_else(|| {
        let known: Vec<&str> = project.questions.iter().map(|question| question.id.as_str()).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        Failure::arguments(format!("--question {name}: the project has no such [[question]]; {known}"))
    })
}

/// How a question that cannot be answered ends the command.
pub(super) fn failed(error: QuestionError) -> Failure {
    match error {
        QuestionError::NoLayer(message) => Failure::input(message),
        QuestionError::Read(_) | QuestionError::Cancelled(_) => Failure::input(error.to_string()),
        _ => Failure::arguments(error.to_string()),
    }
}

/// What relations add to each feature of an answer, in the answer's order.
pub(super) struct Related {
    question: Question,
    answer: Answer,
    inputs: Inputs,
    /// The column for each relation.
    pub(super) columns: Vec<String>,
    /// For each feature and relation: how many things, and the ids of the first.
    pub(super) found: Vec<Vec<(u32, Vec<String>)>>,
}

impl Related {
    pub(super) fn of(city: &City, question: Question, answer: Answer) -> io::Result<Self> {
        let mut found: Vec<Vec<(u32, Vec<String>)>> = vec![Vec::new(); answer.matches.len()];
        for (at, number) in answer.others.iter().enumerate() {
            let rows = || answer.matches.iter().flat_map(move |one| one.related[at].rows.iter().copied());
            let names = question::ids(&city.layers[*number], rows())?;
            for (found, one) in found.iter_mut().zip(&answer.matches) {
                let related = &one.related[at];
                found.push((related.count, related.rows.iter().filter_map(|row| names.get(row).cloned()).collect()));
            }
        }
        let columns = question::columns(&question, &city.layers[answer.layer]);
        Ok(Self { inputs: Inputs::of(&question, &answer), question, answer, columns, found })
    }

    /// What is said of the question as a whole.
    pub(super) fn head(&self) -> Json {
        let relation = |(relation, things): (&Relation, &u32)| {
            json!({
                "kind": relation.kind.word(),
                "layer": relation.layer,
                "where": relation.condition,
                "metres": relation.kind.metres(),
                "at_least": relation.count.least,
                "at_most": relation.count.most,
                "since_days": relation.since.as_ref().map(|since| since.days),
                "things": things,
            })
        };
        json!({
            "question": self.inputs.question,
            "as_of": (!self.inputs.as_of.is_empty()).then_some(&self.inputs.as_of),
            "asked": self.inputs.asked,
            "chosen": self.answer.chosen,
            "relations": self.question.relations.iter().zip(&self.answer.things).map(relation).collect::<Vec<_>>(),
            "ms": self.answer.ms,
        })
    }

    /// What is said of a feature.
    pub(super) fn json(&self, feature: usize) -> Json {
        let each = self.question.relations.iter().zip(&self.found[feature]);
        each.map(|(relation, (count, ids))| {
            json!({ "kind": relation.kind.word(), "layer": relation.layer, "count": count, "ids": ids })
        })
        .collect()
    }

    /// The numbers of a feature with their columns.
    pub(super) fn counts(&self, feature: usize) -> impl Iterator<Item = (&String, u32)> {
        self.columns.iter().zip(self.found[feature].iter().map(|(count, _)| *count))
    }

    /// What is said of a feature to people, one line for each relation.
    pub(super) fn lines(&self, feature: usize) -> impl Iterator<Item = String> {
        const SHOWN: usize = 5;
        self.question.relations.iter().zip(&self.found[feature]).map(|(relation, (count, ids))| {
            let what = match relation.kind {
                RelationKind::Contains => "contains",
                RelationKind::Within => "stands in",
                RelationKind::Near { .. } => "is near",
            };
            let named = ids.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if *count as usize > ids.len().min(SHOWN) { ", …" } else { "" };
            let named = if named.is_empty() { named } else { format!(": {named}{more}") };
            format!("  {what} {count} of {}{named}", relation.layer)
        })
    }

    /// The question in words, above a table.
    pub(super) fn title(&self) -> String {
        let as_of = if self.inputs.as_of.is_empty() { String::new() } else { format!(", as of {}", self.inputs.as_of) };
        format!("{}{as_of}; {} looked at, {:.0} ms", self.inputs.question, self.answer.chosen, self.answer.ms)
    }

    /// Writes the answer as a layer; the name's ending chooses the format.
    pub(super) fn write(&self, args: &QueryArgs, city: &City, masks: &Masks, out: &Path) -> Result<(), Failure> {
        source::refuse_source(&args.project, city, out)?;
        let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        if !["fgb", "geojson", "json"].contains(&ending.as_str()) {
            return Err(Failure::arguments(format!("--out {}: the file must end in .fgb or .geojson", out.display())));
        }
        let mask = |field: &str, value: &Value<'_>| masks.hides(field).then(|| masks.shown(field, value.to_string()));
        let table = question::table(city, &self.question, &self.answer, &self.inputs, mask);
        let table = table.map_err(|error| Failure::input(error.to_string()))?;
        with_progress(|progress| match ending.as_str() {
            "fgb" => flatgeobuf::write(out, "answer", &table, &city.crs, progress),
            _ => geojson::write(out, &table, 0..table.len() as u32, &city.crs, progress),
        })?;
        say(format_args!("wrote {}: {} features", out.display(), table.len()));
        Ok(())
    }
}
