//! Questions across layers: parcels of housing with a dangerous house and three open cases in thirty days.
//!
//! 1. each condition chooses rows of its layer, column by column ([`Filter`]);
//! 2. the rows looked for are taken in runs of neighbours, on all cores;
//! 3. for a run, each other layer is what its R-tree (or the index of its file) finds near it;
//! 4. a row of the run stays while the boxes near it are enough, and then the exact relations are counted.
//!
//! A layer that is read from its file gives boxes first: geometry is read only of rows that may be in the answer.

mod place;
mod table;
#[cfg(test)]
mod tests;
mod things;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rayon::prelude::*;

pub use self::place::mostly_in;
pub use self::table::{Inputs, columns, ids, table};
use self::things::{Near, Things};
use super::ask::{self, Where};
use super::filter::{Filter, FilterError, moment};
use super::identity;
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::{Leaf, Wanted};
use crate::index::shape;
pub use crate::model::question::{Count, Question, Relation, RelationKind, Since};
use crate::model::{GeometryColumn, GeometryKind, Meaning, TableBuilder, Values};
use crate::place::{Bounds, Transform};
use crate::report::{Cancelled, Progress};

/// Rows that are looked at together.
const RUN: usize = 1_024;
/// Related rows that are named of each row at most.
pub const NAMED: usize = 20;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Why a question cannot be answered: each message says what to change.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The city has no such layer.
    #[error("{0}")]
    NoLayer(String),
    /// A condition cannot be used.
    #[error("the condition on {layer}: {error}")]
    Condition {
        /// The layer's id.
        layer: String,
        /// What is wrong with it.
        error: FilterError,
    },
    /// Days are asked for, and no field says when.
    #[error("layer {layer}: which field says when? {fields}")]
    NoTime {
        /// The layer's id.
        layer: String,
        /// What there is.
        fields: String,
    },
    /// A relation with a layer in which nothing can stand.
    #[error("layer {layer} has no polygons: nothing can stand in its things; use near with a distance")]
    NoPolygons {
        /// The layer's id.
        layer: String,
    },
    /// A distance where nothing is measured in metres.
    #[error(
        "the project CRS {0} is not in metres, so that nothing is near anything: choose a projected one, such as EPSG:4548"
    )]
    NoMetres(String),
    /// The day of asking is none.
    #[error("as_of = \"{0}\" is no date or moment such as 2026-03-31 or 2026-03-31T08:00:00+08:00")]
    NoDay(String),
    /// A layer's file cannot be read any more.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The user stopped it.
    #[error("stopped")]
    Cancelled(#[from] Cancelled),
}

/// A row of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The row of the layer that was asked.
    pub row: u32,
    /// For each relation of the question, in its order.
    pub related: Box<[Related]>,
}

/// The things that a row is related to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Related {
    /// How many.
    pub count: u32,
    /// The first [`NAMED`] of them: rows of their layer, ascending.
    pub rows: Vec<u32>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The number in the city of the layer that was asked.
    pub layer: usize,
    /// For each relation the number of its layer.
    pub others: Vec<usize>,
    /// What was found, by row.
    pub matches: Vec<Match>,
    /// Rows of the layer that its own condition chose.
    pub chosen: u32,
    /// For each relation, the things of its layer that its condition chose.
    pub things: Vec<u32>,
    /// The moment up to which days were counted, milliseconds since 1970; `None` where no day matters.
    pub as_of: Option<i64>,
    /// How long it took, milliseconds.
    pub ms: f64,
}

/// Answers a question. `place` narrows the rows that are looked for; coordinates in conditions are brought into the
/// project CRS by `to_project`.
///
/// Rows without geometry stand in no relation, not even to nothing: they are not found. A thing is not related to
/// itself. Rows are counted as the layers have them: a building and its parts are several things.
///
/// # Errors
/// [`QuestionError`].
pub fn answer(
    city: &City,
    question: &Question,
    place: Where,
    to_project: Option<&Transform>,
    progress: &Progress,
) -> Result<Answer, QuestionError> {
    let started = Instant::now();
    let layer_of = |id: &str| identity::layer_of(city, id).map_err(QuestionError::NoLayer);
    let number = layer_of(&question.layer)?;
    let others = question.relations.iter().map(|one| layer_of(&one.layer)).collect::<Result<Vec<_>, _>>()?;
    let target = &*city.layers[number];
    if question.relations.iter().any(|one| one.kind.metres().is_some()) && city.crs.is_geographic() {
        return Err(QuestionError::NoMetres(city.crs.to_string()));
    }
    for (relation, other) in question.relations.iter().zip(&others) {
        let site = match relation.kind {
            RelationKind::Contains => target,
            RelationKind::Within => &city.layers[*other],
            RelationKind::Near { .. } => continue,
        };
        if !has_polygons(site) {
            return Err(QuestionError::NoPolygons { layer: site.layer.id.clone() });
        }
    }
    let as_of = question.needs_day().then(|| until(question.as_of.as_deref())).transpose()?;

    progress.stage("conditions", 1 + question.relations.len() as u64);
    let filter = filter_of(target, &question.condition, question.since.as_ref(), as_of)?;
    let asked = ask::Question { place, filter: filter.as_ref(), to_project };
    let chosen: Vec<u32> =
        ask::ask(target, &asked).map_err(wrong_in(target))?.into_iter().map(|found| found.feature).collect();
    let mut relations = Vec::with_capacity(others.len());
    for (at, (relation, other)) in question.relations.iter().zip(&others).enumerate() {
        progress.at(1 + at as u64)?;
        let layer = &*city.layers[*other];
        let filter = filter_of(layer, &relation.condition, relation.since.as_ref(), as_of)?;
        let things = Things::choose(layer, filter.as_ref(), to_project).map_err(wrong_in(layer))?;
        relations.push(Asked { relation, things, itself: *other == number });
    }
    let matches = matches(target, &chosen, &relations, progress)?;
    Ok(Answer {
        layer: number,
        others,
        matches,
        chosen: chosen.len() as u32,
        things: relations.iter().map(|asked| asked.things.count()).collect(),
        as_of,
        ms: started.elapsed().as_secs_f64() * 1000.0,
    })
}

/// A relation with the things it is about.
struct Asked<'a> {
    relation: &'a Relation,
    things: Things<'a>,
    /// Whether they are of the layer that is asked.
    itself: bool,
}

fn wrong_in(layer: &CityLayer) -> impl Fn(FilterError) -> QuestionError {
    |error| QuestionError::Condition { layer: layer.layer.id.clone(), error }
}

/// Whether a layer has polygons, as far as is known of it.
fn has_polygons(layer: &CityLayer) -> bool {
    let geometry = &layer.known().table.geometry;
    (0..geometry.len() as u32).any(|row| geometry.kind(row) == GeometryKind::Polygon)
}

/// The last millisecond that counts: that of a day, a moment, or now.
fn until(as_of: Option<&str>) -> Result<i64, QuestionError> {
    match as_of.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(jiff::Timestamp::now().as_millisecond()),
        Some(text) => moment::span(text).map(|(_, end)| end).ok_or_else(|| QuestionError::NoDay(text.to_owned())),
    }
}

/// A condition and a number of days as one filter; `None` where all rows are meant.
fn filter_of(
    layer: &CityLayer,
    condition: &str,
    since: Option<&Since>,
    as_of: Option<i64>,
) -> Result<Option<Filter>, QuestionError> {
    let text = condition.trim();
    let written = (!text.is_empty()).then(|| Filter::parse(text)).transpose().map_err(wrong_in(layer))?;
    let Some((since, until)) = since.zip(as_of) else { return Ok(written) };
    let field = time_field(layer, since)?;
    let days = Filter::between(&field, until.saturating_sub(i64::from(since.days) * DAY), until);
    Ok(Some(match written {
        Some(written) => written.and(days),
        None => days,
    }))
}

/// The field that says when: the one that is named, else that of the layer's mapping, else its only one of times.
fn time_field(layer: &CityLayer, since: &Since) -> Result<String, QuestionError> {
    if let Some(field) = &since.field {
        return Ok(field.clone());
    }
    if let Some(mapped) = layer.layer.mapping.get(Meaning::Time) {
        return Ok(mapped.field.clone());
    }
    let fields = layer.layer.table.fields.iter();
    let times: Vec<&str> =
        fields.filter(|field| matches!(field.values, Values::Time(_))).map(|field| field.name.as_str()).collect();
    match times.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err("it has none with times".to_owned()),
        many => Err(format!("its fields with times are {}", many.join(", "))),
    }
    .map_err(|fields| QuestionError::NoTime { layer: layer.layer.id.clone(), fields })
}

fn matches(
    target: &CityLayer,
    chosen: &[u32],
    relations: &[Asked<'_>],
    progress: &Progress,
) -> Result<Vec<Match>, QuestionError> {
    if relations.is_empty() {
        return Ok(chosen.iter().map(|row| Match { row: *row, related: Box::default() }).collect());
    }
    progress.stage("relations", chosen.len() as u64);
    // A file that is read by window is in such an order already.
    let by_place: Vec<u32> = match &target.stream {
        Some(_) => chosen.to_vec(),
        None => {
            let wanted = things::mask(chosen, target.rows());
            target.index.by_place().iter().copied().filter(|row| wanted[*row as usize]).collect()
        }
    };
    let done = AtomicU64::new(0);
    let each = |rows: &[u32]| {
        let found = run(target, rows, relations)?;
        progress.at(done.fetch_add(rows.len() as u64, Ordering::Relaxed))?;
        Ok(found)
    };
    let found: Result<Vec<Vec<Match>>, QuestionError> = by_place.par_chunks(RUN).map(each).collect();
    let mut found: Vec<Match> = found?.into_iter().flatten().collect();
    found.par_sort_unstable_by_key(|found| found.row);
    Ok(found)
}

/// A row that is still in question.
struct Candidate {
    row: u32,
    leaf: Option<Leaf>,
    /// For each relation the things whose boxes are near, as rows of [`Near`].
    boxes: Vec<Vec<u32>>,
}

/// Neighbouring rows of a layer.
fn run(target: &CityLayer, rows: &[u32], relations: &[Asked<'_>]) -> io::Result<Vec<Match>> {
    let geometry = &target.layer.table.geometry;
    let placed: Vec<(Option<Leaf>, u32, Bounds)> = match &target.stream {
        Some(stream) => {
            let leaves = stream.tiles.file().rows(rows)?;
            leaves.into_iter().map(|leaf| (Some(leaf), leaf.row, leaf.bounds)).collect()
        }
        None => rows.iter().map(|row| (None, *row, geometry.bounds(*row))).collect(),
    };
    let mut around = Bounds::EMPTY;
    placed.iter().for_each(|(.., bounds)| around.join(*bounds));
    if around.is_empty() {
        return Ok(Vec::new());
    }
    let reach = |asked: &Asked<'_>| asked.relation.kind.metres().unwrap_or(0.0);
    let near: io::Result<Vec<Near<'_>>> =
        relations.iter().map(|asked| asked.things.near(&around.grown(reach(asked)))).collect();
    let near = near?;
    let mut candidates = Vec::new();
    for (leaf, row, bounds) in placed {
        let mut boxes = Vec::with_capacity(relations.len());
        for (asked, near) in relations.iter().zip(&near) {
            let mut found = near.in_box(&bounds.grown(reach(asked)));
            if asked.itself {
                found.retain(|thing| near.row(*thing) != row);
            }
            if found.len() < asked.relation.count.least as usize {
                break;
            }
            boxes.push(found);
        }
        if boxes.len() == relations.len() && !bounds.is_empty() {
            candidates.push(Candidate { row, leaf, boxes });
        }
    }
    // Of a file, the geometry of those that have anything near them; the others are settled by their boxes.
    let mut read = TableBuilder::default();
    let mut at_of: Vec<u32> = Vec::with_capacity(candidates.len());
    if let Some(stream) = &target.stream {
        let mut wanted = Vec::new();
        for candidate in &candidates {
            at_of.push(wanted.len() as u32);
            wanted.extend(candidate.leaf.filter(|_| candidate.boxes.iter().any(|boxes| !boxes.is_empty())));
        }
        let none = Wanted::Named(&[]);
        stream.tiles.file().read(&wanted, none, &mut read)?;
    }
    let column = if target.stream.is_some() { &read.geometry } else { geometry };
    let exact = |(place, candidate): (usize, &Candidate)| {
        let at = at_of.get(place).copied().unwrap_or(candidate.row);
        let each = relations.iter().zip(&near).zip(&candidate.boxes);
        let related: Option<Vec<Related>> =
            each.map(|((asked, near), boxes)| count(asked.relation, column, at, near, boxes)).collect();
        Some(Match { row: candidate.row, related: related?.into() })
    };
    Ok(candidates.iter().enumerate().filter_map(exact).collect())
}

/// Counts the things that a row is related to; `None` where their number is not the wanted one.
fn count(relation: &Relation, column: &GeometryColumn, at: u32, near: &Near<'_>, boxes: &[u32]) -> Option<Related> {
    let mut found = Related::default();
    for thing in boxes {
        let (things, thing) = (near.geometry(), *thing);
        let holds = match relation.kind {
            RelationKind::Contains => mostly_in(things, thing, column, at),
            RelationKind::Within => mostly_in(column, at, things, thing),
            RelationKind::Near { metres } => shape::are_near(column, at, things, thing, metres),
        };
        if !holds {
            continue;
        }
        found.count += 1;
        if relation.count.most.is_some_and(|most| found.count > most) {
            return None;
        }
        if found.rows.len() < NAMED {
            found.rows.push(near.row(thing));
        }
    }
    relation.count.holds(found.count).then_some(found)
}
