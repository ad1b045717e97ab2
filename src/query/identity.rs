//! How a feature is named outside the program: by its id field, else by its row.

use std::borrow::Cow;

use super::fold::edits;
use crate::city::{City, CityLayer};
use crate::model::ids::id_in;
use crate::model::{Layer, Meaning, Role};

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
    let id = named.as_ref().and_then(id_in);
    id.map_or_else(|| layer.whole_row(feature).to_string(), Cow::into_owned)
}

/// What a feature is called: its name (in the language asked for, else the other), of a zone its use, else its code,
/// else its id.
pub fn title_of(layer: &Layer, feature: u32, chinese: bool) -> String {
    let names = if chinese { [Meaning::Name, Meaning::NameEn] } else { [Meaning::NameEn, Meaning::Name] };
    // A zone is known by what may be done there: C-3.
    let used = (layer.role == Role::Zone).then_some(Meaning::Use);
    let named = names.into_iter().chain(used).chain([Meaning::Code]).find_map(|meaning| {
        let text = layer.table.value(feature, &layer.mapping.get(meaning)?.field).to_string();
        (!text.trim().is_empty()).then_some(text)
    });
    named.unwrap_or_else(|| id_of(layer, feature))
}

/// The feature of an id, the first of [`features_of`]. `None` when there is none.
pub fn feature_of(layer: &CityLayer, id: &str) -> Option<u32> {
    features_of(layer, id).first().copied()
}

/// All features of an id, ascending: those whose id field is this text, else the row of this number, which `#12`
/// always means. Several where the data gives an id twice.
pub fn features_of(layer: &CityLayer, id: &str) -> Vec<u32> {
    let rows = layer.rows();
    let row = |text: &str| text.parse::<u32>().ok().filter(|row| *row < rows);
    if let Some(row) = id.strip_prefix('#').and_then(row) {
        return vec![row];
    }
    let Some(column) = layer.layer.mapping.get(Meaning::Id).and_then(|mapped| layer.column(&mapped.field).ok()) else {
        return row(id).into_iter().collect();
    };
    let named: Vec<u32> = (0..rows).filter(|feature| id_in(&column.get(*feature)).as_deref() == Some(id)).collect();
    if !named.is_empty() {
        return named;
    }
    // Where an id field gives every row a name, a number that is none of them means nothing.
    row(id).filter(|row| id_in(&column.get(*row)).is_none()).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mapping::Mapped;
    use crate::model::{GeometryKind, TableBuilder, Value};
    use crate::query::testing::layer_of;

    fn layer(ids: &[Value<'static>]) -> CityLayer {
        let mut builder = TableBuilder::default();
        let column = builder.field("code");
        for id in ids {
            builder.set(column, id);
            builder.geometry.end_feature(GeometryKind::None);
        }
        let mut layer = layer_of("parcels", builder.finish());
        let mapped = Mapped { field: "code".into(), factor: 1.0, declared: true, reason: String::new() };
        layer.mapping.set(Meaning::Id, mapped);
        CityLayer::in_memory(layer)
    }

    /// Rows 0 and 2 have the same code; row 3 has blanks, so that its number is its name.
    #[test]
    fn an_id_that_two_rows_have_names_both() {
        let text = |text: &'static str| Value::Text(text.into());
        let layer = layer(&[text("A"), text("B"), text("A"), text("  "), Value::Null]);
        assert_eq!((features_of(&layer, "A"), features_of(&layer, "B")), (vec![0, 2], vec![1]));
        assert_eq!((features_of(&layer, "#2"), features_of(&layer, "2")), (vec![2], vec![]));
        assert_eq!((features_of(&layer, "3"), id_of(&layer.layer, 3)), (vec![3], "3".to_owned()));
        assert_eq!(feature_of(&layer, "A"), Some(0));
    }
}
