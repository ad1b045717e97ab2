//! How a feature is named outside the program: by its id field, else by its row.

use super::fold::edits;
use crate::city::{City, CityLayer};
use crate::model::{Layer, Meaning, Value};

/// The number of a layer in a city by its id.
///
/// # Errors
/// A message that lists the layers there are, and names the one that is likely meant.
pub fn layer_of(city: &City, id: &str) -> Result<usize, String> {
    let found = city.layers.iter().position(|layer| layer.layer.id == id);
    found.ok_or_else(|| {
        let ids: Vec<&str> = city.layers.iter().map(|layer| layer.layer.id.as_str()).collect();
        let near = ids.iter().min_by_key(|other| edits(id, other)).filter(|other| edits(id, other) <= 2);
        let hint = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
        format!("there is no layer \"{id}\"{hint}; the layers are: {}", ids.join(", "))
    })
}

/// The id that commands and links use: the value of the layer's id field, else the row number.
pub fn id_of(layer: &Layer, feature: u32) -> String {
    let named = layer.mapping.get(Meaning::Id).map(|mapped| layer.table.value(feature, &mapped.field));
    match named {
        Some(value) if !value.is_null() => value.to_string(),
        _ => layer.whole_row(feature).to_string(),
    }
}

/// What a feature is called: its name (in the language asked for, else the other), else its code, else
/// its id.
pub fn title_of(layer: &Layer, feature: u32, chinese: bool) -> String {
    let names = if chinese { [Meaning::Name, Meaning::NameEn] } else { [Meaning::NameEn, Meaning::Name] };
    let named = names.into_iter().chain([Meaning::Code]).find_map(|meaning| {
        let text = layer.table.value(feature, &layer.mapping.get(meaning)?.field).to_string();
        (!text.trim().is_empty()).then_some(text)
    });
    named.unwrap_or_else(|| id_of(layer, feature))
}

/// The feature of an id: the first whose id field is this text, else the row of this number, which
/// `#12` always means. `None` when there is none.
pub fn feature_of(layer: &CityLayer, id: &str) -> Option<u32> {
    let Some(stream) = &layer.stream else { return feature_in(&layer.layer, id) };
    let row = |text: &str| text.parse::<u32>().ok().filter(|row| *row < stream.tiles.len());
    if let Some(text) = id.strip_prefix('#').and_then(row) {
        return Some(text);
    }
    let named = layer.layer.mapping.get(Meaning::Id).and_then(|mapped| layer.column(&mapped.field).ok());
    match named {
        Some(column) => (0..stream.tiles.len()).find(|feature| match column.get(*feature) {
            Value::Null => false,
            Value::Text(text) => text == id,
            other => other.to_string() == id,
        }),
        None => row(id),
    }
}

fn feature_in(layer: &Layer, id: &str) -> Option<u32> {
    let rows = layer.table.len() as u32;
    let row = |text: &str| text.parse::<u32>().ok().filter(|row| *row < rows);
    if let Some(text) = id.strip_prefix('#').and_then(row) {
        return Some(text);
    }
    let field = layer.mapping.get(Meaning::Id).and_then(|mapped| layer.table.field(&mapped.field));
    let named = field.and_then(|field| {
        (0..rows).find(|feature| match field.values.get(*feature) {
            Value::Null => false,
            Value::Text(text) => text == id,
            other => other.to_string() == id,
        })
    });
    // Where an id field gives every row a name, a number that is none of them means nothing.
    named.or_else(|| row(id).filter(|row| id_of(layer, *row) == id))
}
