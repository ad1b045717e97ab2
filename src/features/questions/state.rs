//! What the questions' panel shows, remembers and asks for.

use std::sync::Arc;

use crate::query::question::{Count, Question, Relation, RelationKind};

/// The panel's contents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionsModel {
    /// Whether names of features are shown in Chinese.
    pub chinese: bool,
    /// Layers that can be asked, or asked about.
    pub layers: Vec<LayerChoice>,
    /// Questions made for the layers that there are, with their titles.
    pub examples: Vec<(String, Question)>,
    /// Questions of the project, with their titles.
    pub saved: Vec<(String, Question)>,
    /// While one is answered or saved: the share done, where it is known.
    pub running: Option<Option<f32>>,
    /// What could not be answered.
    pub error: String,
    /// The last answer.
    pub answer: Option<Arc<AnswerModel>>,
    /// How it is shown on the map.
    pub on_map: OnMap,
    /// Whether the layer's features can be coloured: it is in memory.
    pub paintable: bool,
    /// The selected feature, where it is of the layer that was asked.
    pub selected: Option<u32>,
}

/// A layer to choose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerChoice {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The names of its fields, as conditions take them.
    pub fields: String,
}

/// How an answer is shown on the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMap {
    /// Not at all.
    Nothing,
    /// What was found in a colour, the rest of its layer grey; of a layer that is read by window only what was found.
    #[default]
    Coloured,
    /// Only what was found.
    Only,
}

/// An answer in words and numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerModel {
    /// What was asked.
    pub question: Question,
    /// How many were found.
    pub found: u64,
    /// Of how many that the layer's own condition chose.
    pub chosen: u64,
    /// Milliseconds.
    pub ms: f64,
    /// The moment up to which days were counted; empty where no day matters.
    pub as_of: String,
    /// The first of them ([`LISTED`]).
    pub rows: Vec<AnswerRow>,
}

/// Rows that are listed at most: what goes beyond is saved as a layer.
pub const LISTED: usize = 5_000;

/// A row of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerRow {
    /// Its row in the layer.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// Its name in Chinese and in English.
    pub name: [String; 2],
    /// For each relation: how many things, and the ids of the first.
    pub related: Vec<(u32, String)>,
}

/// What the panel remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionsState {
    /// The question as it is being built.
    pub draft: Question,
    /// Its name as typed.
    pub name: String,
    /// A small panel shows the answer, and not the question.
    pub answer: bool,
    /// The answer that was shown last: a new one is brought to the front.
    pub seen: usize,
    /// The column by which rows are sorted (0: name, then the relations), and whether the greatest come first.
    pub sort: Option<(usize, bool)>,
    /// Places in the list in the order shown, and what they were sorted for.
    pub order: Vec<u32>,
    /// What `order` was made for.
    pub order_for: Option<(usize, Option<(usize, bool)>)>,
}

/// The relations to choose from, in their order.
pub const KINDS: [RelationKind; 3] =
    [RelationKind::Contains, RelationKind::Within, RelationKind::Near { metres: NEAR }];

/// The distance that a new relation begins with, metres.
pub const NEAR: f64 = 100.0;

/// The ways to count, in the order in which they are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// At least a number.
    AtLeast,
    /// At most a number.
    AtMost,
    /// None at all.
    None,
}

impl Counting {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AtLeast, Self::AtMost, Self::None];

    /// That of a relation; of a range the lower bound is what the panel shows.
    pub fn of(count: Count) -> Self {
        match count {
            Count::NONE => Self::None,
            Count { least: 0, most: Some(_) } => Self::AtMost,
            _ => Self::AtLeast,
        }
    }

    /// The count with this way and a number.
    pub fn with(self, number: u32) -> Count {
        match self {
            Self::AtLeast => Count::at_least(number.max(1)),
            Self::AtMost => Count::at_most(number.max(1)),
            Self::None => Count::NONE,
        }
    }
}

impl QuestionsState {
    /// Takes a question over into the builder.
    pub fn take(&mut self, title: &str, question: &Question) {
        self.name = title.to_owned();
        self.draft = question.clone();
    }

    /// A relation to begin with: to a layer other than the one asked, where there is one.
    pub fn new_relation(&self, layers: &[LayerChoice]) -> Relation {
        let other = layers.iter().find(|layer| layer.id != self.draft.layer).or(layers.first());
        Relation { layer: other.map(|layer| layer.id.clone()).unwrap_or_default(), ..Relation::default() }
    }
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionsEdit {
    /// Answer a question.
    Ask(Question),
    /// Stop.
    Stop,
    /// Select a feature by its row, and fly there.
    Select(u32),
    /// Show the answer on the map, or not.
    OnMap(OnMap),
    /// Save the answer as a layer, and add it.
    SaveLayer,
    /// Keep a question with the project.
    Keep(Question),
    /// Take a kept question out of the project, by id.
    Drop(String),
}
