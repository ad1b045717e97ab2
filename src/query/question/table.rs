//! An answer as an ordinary layer: what was found, with how many things each is related to, and how it was asked.

use std::collections::{BTreeSet, HashMap};
use std::io;

use super::{Answer, Question};
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::Wanted;
use crate::model::{FeatureTable, FieldType, Meaning, TableBuilder, Value};
use crate::query::identity::id_of;

/// Rows of a file that are read together.
const RUN: usize = 8_192;

/// What is written of the question into each row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The question in one line.
    pub question: String,
    /// The moment up to which days were counted, ISO 8601; empty where no day matters.
    pub as_of: String,
    /// When it was asked, ISO 8601.
    pub asked: String,
}

impl Inputs {
    /// Of a question and its answer, asked now.
    pub fn of(question: &Question, answer: &Answer) -> Self {
        let moment = |ms| jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.to_string());
        Self {
            question: question.to_string(),
            as_of: answer.as_of.map(moment).unwrap_or_default(),
            asked: jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        }
    }
}

/// Names of the columns with the numbers of related things, one for each relation: `n_buildings`. They differ from
/// each other and from the fields of the layer.
pub fn columns(question: &Question, layer: &CityLayer) -> Vec<String> {
    let mut taken: BTreeSet<String> = layer.layer.table.fields.iter().map(|field| field.name.clone()).collect();
    let mut free = |wanted: String| {
        let numbered = (2..).map(|n| format!("{wanted}_{n}"));
        let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken.contains(name));
        let name = name.unwrap_or(wanted);
        taken.insert(name.clone());
        name
    };
    question.relations.iter().map(|relation| free(format!("n_{}", relation.layer))).collect()
}

/// The ids of rows of a layer.
///
/// # Errors
/// When the layer's file cannot be read any more.
pub fn ids(layer: &CityLayer, rows: impl IntoIterator<Item = u32>) -> io::Result<HashMap<u32, String>> {
    let rows: BTreeSet<u32> = rows.into_iter().collect();
    let Some(stream) = &layer.stream else {
        return Ok(rows.into_iter().map(|row| (row, id_of(&layer.layer, row))).collect());
    };
    let field: Vec<String> =
        layer.layer.mapping.get(Meaning::Id).map(|mapped| mapped.field.clone()).into_iter().collect();
    let rows: Vec<u32> = rows.into_iter().collect();
    let file = stream.tiles.file();
    let mut named = HashMap::with_capacity(rows.len());
    for run in rows.chunks(RUN) {
        let leaves = file.rows(run)?;
        let mut builder = file.builder(Wanted::Named(&field));
        file.read_attributes(&leaves, Wanted::Named(&field), &mut builder)?;
        let table = builder.finish();
        for (at, leaf) in leaves.iter().enumerate() {
            let id = field.first().map(|field| table.value(at as u32, field)).filter(|value| !value.is_null());
            named.insert(leaf.row, id.map_or_else(|| leaf.row.to_string(), |id| id.to_string()));
        }
    }
    Ok(named)
}

/// The rows that were found with all their fields, how many things each is related to, and the question. `mask` gives
/// the text that stands for a value of a field, where it must not leave the program as it is.
///
/// # Errors
/// When a layer's file cannot be read any more.
pub fn table(
    city: &City,
    question: &Question,
    answer: &Answer,
    inputs: &Inputs,
    mask: impl Fn(&str, &Value<'_>) -> Option<String>,
) -> io::Result<FeatureTable> {
    let layer = &*city.layers[answer.layer];
    let mut builder = TableBuilder::default();
    let fields = layer.layer.table.fields.iter();
    let own: Vec<usize> = fields.map(|field| builder.typed_field(&field.name, field.values.kind())).collect();
    let named = columns(question, layer);
    let counts: Vec<usize> = named.iter().map(|name| builder.typed_field(name, FieldType::Integer)).collect();
    let texts = [("question", &inputs.question), ("as_of", &inputs.as_of), ("asked", &inputs.asked)];
    // A field of the layer that has the name already stays as it is.
    let mut said = Vec::with_capacity(texts.len());
    for (name, text) in texts {
        if !text.is_empty() && builder.find(name).is_none() {
            said.push((builder.typed_field(name, FieldType::Text), text));
        }
    }
    for run in answer.matches.chunks(RUN) {
        let rows: Vec<u32> = run.iter().map(|found| found.row).collect();
        let piece = layer.stream.as_ref().map(|stream| stream.tiles.rows(&rows, Wanted::All)).transpose()?;
        let from = piece.as_ref().map_or(&layer.layer.table, |piece| &piece.table);
        for (at, found) in run.iter().enumerate() {
            let row = if piece.is_some() { at as u32 } else { found.row };
            for (column, field) in own.iter().zip(&layer.layer.table.fields) {
                let value = from.value(row, &field.name);
                match mask(&field.name, &value).filter(|_| !value.is_null()) {
                    Some(text) => builder.set(*column, &Value::Text(text.into())),
                    None => builder.set(*column, &value),
                }
            }
            for (column, related) in counts.iter().zip(&found.related) {
                builder.set(*column, &Value::Integer(i64::from(related.count)));
            }
            said.iter().for_each(|(column, text)| builder.set(*column, &Value::Text(text.as_str().into())));
            builder.geometry.push_from(&from.geometry, row);
        }
    }
    Ok(builder.finish())
}
