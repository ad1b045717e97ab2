//! Rows of a layer as reports: a table of incidents that somebody has becomes cases.

use std::collections::HashMap;

use super::fields::{Word, plain_name};
use crate::model::{Layer, Meaning, Value};
use crate::themes::management::incoming::{Coordinates, Incoming, Reporter, Status};
use crate::themes::management::machine::State;
use crate::themes::management::times;

/// What is taken where a field does not say it.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Category.
    pub category: String,
    /// How it was reported.
    pub channel: String,
}

/// Fields that no layer's mapping knows, by the names that feeds know; what a meaning was given to is no other thing.
struct Names(HashMap<Word, usize>);

impl Names {
    fn of(layer: &Layer) -> Self {
        let taken: Vec<&str> = Meaning::ALL
            .into_iter()
            .filter_map(|meaning| layer.mapping.get(meaning))
            .map(|mapped| mapped.field.as_str())
            .collect();
        let free: Vec<(usize, String)> = layer
            .table
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| !taken.contains(&field.name.as_str()))
            .map(|(at, field)| (at, plain_name(&field.name)))
            .collect();
        let find = |word: Word| {
            let at = word.names().iter().find_map(|name| free.iter().find(|(_, field)| field == name))?;
            Some((word, at.0))
        };
        Self(Word::ALL.into_iter().filter_map(find).collect())
    }
}

/// A moment: of a date, of a number, of a text; without a zone in the place's own time, `offset` milliseconds ahead of
/// UTC.
fn moment(value: &Value<'_>, offset: i64) -> Option<i64> {
    let zone_s = offset / 1_000;
    match value {
        Value::Time(ms) => Some(*ms),
        Value::Integer(n) => times::number(*n as f64, zone_s),
        Value::Real(n) => times::number(*n, zone_s),
        Value::Text(text) => times::moment(text, zone_s),
        _ => None,
    }
}

/// Reads the rows of a layer.
pub struct Reader<'a> {
    layer: &'a Layer,
    names: Names,
}

impl<'a> Reader<'a> {
    /// Of a layer.
    pub fn of(layer: &'a Layer) -> Self {
        Self { layer, names: Names::of(layer) }
    }

    fn at(&self, row: u32, word: Word) -> Option<Value<'a>> {
        let field = self.layer.table.fields.get(*self.names.0.get(&word)?)?;
        Some(field.values.get(row))
    }

    fn text(&self, row: u32, word: Word) -> String {
        self.at(row, word).map(|value| value.to_string().trim().to_owned()).unwrap_or_default()
    }

    fn meant(&self, row: u32, meaning: Meaning) -> Option<Value<'a>> {
        let mapped = self.layer.mapping.get(meaning)?;
        Some(self.layer.table.value(row, &mapped.field))
    }

    fn said(&self, row: u32, meaning: Meaning) -> String {
        self.meant(row, meaning).map(|value| value.to_string().trim().to_owned()).unwrap_or_default()
    }

    /// A row as a report; `None` where nothing says where it is: neither a place nor an address. Coordinates are those
    /// of the layer, in the project CRS; a row without a number of its own is known by its row, `#12`.
    pub fn report(&self, row: u32, defaults: &Defaults, offset: i64) -> Option<Incoming> {
        let place = self.layer.table.geometry.centroid(row).map(|xy| Coordinates {
            xy,
            crs: String::new(),
            offset: String::new(),
        });
        let address = self.said(row, Meaning::Address);
        if place.is_none() && address.is_empty() {
            return None;
        }
        let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
        let id = self.said(row, Meaning::Id);
        let state = self.said(row, Meaning::State);
        let time = |value: Option<Value<'_>>| value.and_then(|value| moment(&value, offset));
        let closed = time(self.at(row, Word::Closed));
        let is_closed = State::of_words(&state).map_or(state.eq_ignore_ascii_case("closed"), State::is_end);
        let name = self.said(row, Meaning::Name);
        Some(Incoming {
            source_id: or(id, &format!("#{}", self.layer.whole_row(row))),
            reported: time(self.meant(row, Meaning::Time)),
            updated: closed,
            category: or(self.said(row, Meaning::Category), &defaults.category),
            channel: or(self.text(row, Word::Channel), &defaults.channel),
            text: or(self.text(row, Word::Text), &name),
            address,
            place,
            accuracy_m: self.at(row, Word::Accuracy).and_then(|value| value.number()),
            status: if is_closed || (state.is_empty() && closed.is_some()) { Status::Closed } else { Status::Open },
            status_notes: String::new(),
            state,
            closed,
            agency: self.text(row, Word::Agency),
            due: time(self.at(row, Word::Due)),
            reporter: Reporter {
                name: self.text(row, Word::Name),
                phone: self.text(row, Word::Phone),
                email: self.text(row, Word::Email),
            },
            media: Some(self.text(row, Word::Media)).filter(|text| !text.is_empty()).into_iter().collect(),
        })
    }
}
