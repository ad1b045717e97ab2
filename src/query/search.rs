//! The search box: any attribute of any layer, case- and width-insensitive.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::fold::folded;
use super::identity;
use crate::city::City;
use crate::formats::flatgeobuf::Wanted;
use crate::model::{Layer, Meaning, Value, Values};
use crate::report::{Cancelled, Progress};

/// How well a feature fits a search; the best is least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Its id or code is the text.
    ExactId,
    /// Its name is the text.
    ExactName,
    /// Its name begins with the text.
    NamePrefix,
    /// Another attribute is the text.
    ExactOther,
    /// Its name holds the text.
    NameContains,
    /// Its id, code or another attribute holds the text.
    Contains,
}

/// A feature that was found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Hit {
    /// The layer's id.
    pub layer: String,
    /// The layer's number in the city.
    pub place: usize,
    /// The feature.
    pub feature: u32,
    /// Its id ([`identity`]).
    pub id: String,
    /// The raw key of the field that fits best.
    pub field: String,
    /// That field's value.
    pub text: String,
    /// How well it fits.
    pub rank: Rank,
}

/// Finds features of layers in memory by text, best first; the same rank in the order of layers and rows. Each
/// feature is found once, by the field that fits best. Empty text finds nothing. `closed` names the fields that are
/// not searched, layer by layer; none where it is shorter.
pub fn search(city: &City, text: &str, limit: usize, closed: &[Vec<String>]) -> Vec<Hit> {
    let wanted = folded(text.trim()).into_owned();
    let mut hits = Vec::new();
    if wanted.is_empty() || limit == 0 {
        return hits;
    }
    for (place, layer) in city.layers.iter().enumerate().filter(|(_, layer)| layer.stream.is_none()) {
        let layer = &layer.layer;
        let best = best_of(in_layer(layer, &wanted, fields_of(closed, place)), limit);
        hits.extend(best.into_iter().map(|found| hit(layer, place, found, found.1)));
    }
    best_hits(hits, limit)
}

/// Whether a city has layers that [`search`] leaves to [`search_streamed`].
pub fn is_streamed(city: &City) -> bool {
    city.layers.iter().any(|layer| layer.stream.is_some())
}

/// As [`search`] in the layers that are read by window: every row is read, run by run, so this takes seconds for
/// a million rows. What cannot be read is not found.
///
/// # Errors
/// [`Cancelled`] when the user typed on.
pub fn search_streamed(
    city: &City,
    text: &str,
    limit: usize,
    closed: &[Vec<String>],
    progress: &Progress,
) -> Result<Vec<Hit>, Cancelled> {
    let wanted = folded(text.trim()).into_owned();
    if wanted.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let streams =
        || city.layers.iter().enumerate().filter_map(|(place, layer)| Some((place, layer, layer.stream.as_ref()?)));
    progress.stage("searching", streams().map(|(.., stream)| u64::from(stream.tiles.len())).sum());
    let done = AtomicU64::new(0);
    let mut hits = Vec::new();
    for (place, layer, stream) in streams() {
        let tiles = &stream.tiles;
        let runs: Result<Vec<Vec<Hit>>, Cancelled> = (0..tiles.runs())
            .into_par_iter()
            .map(|run| {
                let first = tiles.run(run).start;
                let rows = u64::try_from(tiles.run(run).len()).unwrap_or_default();
                progress.at(done.fetch_add(rows, Ordering::Relaxed))?;
                let Ok(table) = tiles.attributes_once(run, Wanted::All) else { return Ok(Vec::new()) };
                let piece = Layer { table, rows: tiles.run(run).collect(), ..layer.layer.clone() };
                let best = best_of(in_layer(&piece, &wanted, fields_of(closed, place)), limit);
                Ok(best.into_iter().map(|found| hit(&piece, place, found, first + found.1)).collect())
            })
            .collect();
        hits.extend(runs?.into_iter().flatten());
    }
    Ok(best_hits(hits, limit))
}

/// Puts hits of several searches in one order, best first.
pub fn best_hits(mut hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.rank, hit.place, hit.feature));
    hits.truncate(limit);
    hits
}

/// Rank, row and field number of a feature that fits.
type Found = (Rank, u32, usize);

fn best_of(mut found: Vec<Found>, limit: usize) -> Vec<Found> {
    found.sort_unstable();
    found.truncate(limit);
    found
}

/// `feature` is the row in the whole layer.
fn hit(layer: &Layer, place: usize, (rank, row, field): Found, feature: u32) -> Hit {
    let field = &layer.table.fields[field];
    Hit {
        layer: layer.id.clone(),
        place,
        feature,
        id: identity::id_of(layer, row),
        field: field.name.clone(),
        text: field.values.get(row).to_string(),
        rank,
    }
}

fn fields_of(closed: &[Vec<String>], layer: usize) -> &[String] {
    closed.get(layer).map_or(&[], Vec::as_slice)
}

/// What a field is to a searcher.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Closed,
    Id,
    Name,
    Other,
}

/// Each feature that fits.
fn in_layer(layer: &Layer, wanted: &str, closed: &[String]) -> Vec<Found> {
    let is = |meanings: &[Meaning], name: &str| {
        meanings.iter().any(|meaning| layer.mapping.get(*meaning).is_some_and(|mapped| mapped.field == name))
    };
    let kinds: Vec<Kind> = layer
        .table
        .fields
        .iter()
        .map(|field| {
            if closed.contains(&field.name) {
                Kind::Closed
            } else if is(&[Meaning::Id, Meaning::Code], &field.name) {
                Kind::Id
            } else if is(&[Meaning::Name, Meaning::NameEn], &field.name) {
                Kind::Name
            } else {
                Kind::Other
            }
        })
        .collect();
    let rows = 0..layer.table.len() as u32;
    let best = |row: u32| {
        let fits = layer.table.fields.iter().zip(&kinds).enumerate().filter_map(|(number, (field, kind))| {
            rank(&field.values, row, wanted, *kind).map(|rank| (rank, row, number))
        });
        fits.min()
    };
    rows.into_par_iter().with_min_len(4_096).filter_map(best).collect()
}

fn rank(values: &Values, row: u32, wanted: &str, kind: Kind) -> Option<Rank> {
    let text = match values.get(row) {
        _ if kind == Kind::Closed => return None,
        Value::Null => return None,
        Value::Text(text) => text,
        // A number is found by its whole text only: "12" is not meant to find 3.512.
        other if kind == Kind::Other => {
            let is_it = can_be(&other, wanted) && folded(&other.to_string()) == wanted;
            return is_it.then_some(Rank::ExactOther);
        }
        other => other.to_string().into(),
    };
    let text = folded(&text);
    let at = text.find(wanted)?;
    let whole = text.trim() == wanted;
    Some(match kind {
        Kind::Id if whole => Rank::ExactId,
        Kind::Name if whole => Rank::ExactName,
        Kind::Name if at == 0 => Rank::NamePrefix,
        Kind::Name => Rank::NameContains,
        Kind::Other if whole => Rank::ExactOther,
        Kind::Id | Kind::Other | Kind::Closed => Rank::Contains,
    })
}

/// Whether a value's text can be the wanted one at all: printing a number costs more than reading one.
fn can_be(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Integer(whole) => wanted.parse() == Ok(*whole),
        Value::Real(real) => wanted.parse::<f64>().is_ok_and(|it| it == *real || (it.is_nan() && real.is_nan())),
        Value::Time(_) => wanted.starts_with(|c: char| c.is_ascii_digit() || c == '-'),
        Value::Null | Value::Boolean(_) | Value::Text(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::Arc;

    use super::*;
    use crate::city::CityLayer;
    use crate::index::LayerIndex;
    use crate::model::mapping::Mapped;
    use crate::model::{GeometryKind, TableBuilder};
    use crate::query::testing::layer_of;

    fn layer(id: &str, rows: &[(&str, &str, &str, i64)]) -> Arc<CityLayer> {
        let mut builder = TableBuilder::default();
        let fields = ["code", "name", "addr"].map(|field| builder.field(field));
        let floors = builder.field("floors");
        for (code, name, address, storeys) in rows {
            for (field, text) in fields.iter().zip([code, name, address]) {
                builder.set(*field, &Value::Text(Cow::Borrowed(text)));
            }
            builder.set(floors, &Value::Integer(*storeys));
            builder.geometry.end_feature(GeometryKind::None);
        }
        let mut layer = layer_of(id, builder.finish());
        for (meaning, field) in [(Meaning::Id, "code"), (Meaning::Name, "name")] {
            let mapped = Mapped { field: field.into(), factor: 1.0, declared: true, reason: String::new() };
            layer.mapping.set(meaning, mapped);
        }
        let index = LayerIndex::build(&layer.table);
        Arc::new(CityLayer { layer, index, stream: None })
    }

    fn found(layers: &[Arc<CityLayer>], text: &str, limit: usize) -> Vec<(u32, u32, Rank)> {
        // A City needs a CRS, so the layers are asked as `search` asks them.
        let wanted = folded(text.trim()).into_owned();
        let mut all: Vec<_> = layers
            .iter()
            .zip(0..)
            .flat_map(|(layer, place)| {
                in_layer(&layer.layer, &wanted, &[])
                    .into_iter()
                    .map(move |(rank, row, field)| (rank, place, row, field))
            })
            .collect();
        all.sort_unstable();
        all.truncate(limit);
        all.into_iter().map(|(rank, place, row, _)| (place, row, rank)).collect()
    }

    #[test]
    fn ids_come_before_names_and_names_before_the_rest() {
        let layers = [
            layer("a", &[("x1", "滨江道小学", "和平区滨江道", 5), ("b2", "和平大厦", "滨江道 12 号", 12)]),
            layer("b", &[("滨江道", "无名", "", 3), ("c", "滨江道", "", 1)]),
        ];
        assert_eq!(
            found(&layers, "滨江道", 9),
            [(1, 0, Rank::ExactId), (1, 1, Rank::ExactName), (0, 0, Rank::NamePrefix), (0, 1, Rank::Contains)]
        );
        assert_eq!(found(&layers, "滨江道", 2).len(), 2);
    }

    #[test]
    fn case_and_width_do_not_matter_and_numbers_are_found_whole() {
        let layers = [layer("a", &[("AB-12", "Ｓchool", "", 12), ("x", "y", "z", 3)])];
        assert_eq!(found(&layers, "ab-12", 9), [(0, 0, Rank::ExactId)]);
        assert_eq!(found(&layers, "SCHOOL", 9), [(0, 0, Rank::ExactName)]);
        assert_eq!(found(&layers, "１２", 9), [(0, 0, Rank::ExactOther)]);
        assert_eq!(found(&layers, "3", 9), [(0, 1, Rank::ExactOther)]);
        assert_eq!(found(&layers, "nothing", 9), []);
    }
}
