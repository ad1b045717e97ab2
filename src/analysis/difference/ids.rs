//! Partners by id: the rows that both versions call the same.

use std::collections::HashMap;

use super::attributes::Common;
use super::same::Feature;
use super::{DifferenceError, Masked, Matched};
use crate::model::ids::id_in;
use crate::model::{FeatureTable, Field, Layer, Meaning};
use crate::report::{Cancelled, Progress};

/// Pairs that are looked at to see whether ids were given anew.
const LOOKED_AT: usize = 2000;
/// Of fewer pairs nothing can be told.
const ENOUGH: usize = 20;
/// A pair whose way differs so far from the usual one is another thing under the same number, metres.
const ASTRAY: f64 = 100.0;

/// The fields that the ids of two versions stand in; `None` where there are none that both have.
///
/// # Errors
/// A field that was asked for and that one of them does not have, or that is masked.
pub(super) fn fields(
    a: &Layer,
    b: &Layer,
    wanted: Option<&str>,
    masked: &Masked,
) -> Result<Option<Common>, DifferenceError> {
    if let Some(wanted) = wanted {
        let at = |layer: &Layer, which: &'static str| {
            find(&layer.table, wanted).ok_or_else(|| DifferenceError::NoField {
                field: wanted.to_owned(),
                which,
                known: layer.table.fields.iter().map(|field| field.name.clone()).collect(),
            })
        };
        let found = Common { before: at(a, "first")?, after: at(b, "second")? };
        let name = &a.table.fields[found.before].name;
        if masked.hides(name) || masked.hides(&b.table.fields[found.after].name) {
            // Matched row by row, it would tell what the mask hides.
            return Err(DifferenceError::Personal { field: name.clone() });
        }
        return Ok(Some(found));
    }
    let named = |layer: &Layer| layer.mapping.get(Meaning::Id).map(|mapped| mapped.field.clone());
    let found = [named(a), named(b)].into_iter().flatten().find_map(|name| {
        let found = Common { before: find(&a.table, &name)?, after: find(&b.table, &name)? };
        (!masked.hides(&name)).then_some(found)
    });
    Ok(found)
}

/// A column by its name, in any case where none has it exactly.
fn find(table: &FeatureTable, name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    let exact = table.fields.iter().position(|field| field.name == name);
    exact.or_else(|| table.fields.iter().position(|field| field.name.to_lowercase() == lower))
}

/// The id of a row as it is compared: without blanks around it.
pub(super) fn key(field: &Field, row: u32) -> Option<String> {
    id_in(&field.values.get(row)).map(|id| id.trim().to_owned())
}

/// What was found of the ids.
#[derive(Default)]
pub(super) struct Found {
    /// Rows that were matched, pairs.
    pub pairs: u64,
    /// Rows of both sides whose id stands several times in a version.
    pub shared: u64,
    /// Rows of both sides without an id.
    pub without: u64,
}

/// Matches rows whose id stands once on either side.
pub(super) fn pair(
    a: &Layer,
    b: &Layer,
    id: Common,
    matched: &mut Matched,
    progress: &Progress,
) -> Result<Found, Cancelled> {
    let (before, after) = (&a.table.fields[id.before], &b.table.fields[id.after]);
    let rows = [a.table.len(), b.table.len()];
    progress.stage("ids", (rows[0] + rows[1]) as u64);
    let mut found = Found::default();
    // The only row of an id on either side; `None` where there are several.
    let mut places: HashMap<String, [Place; 2]> = HashMap::with_capacity(rows[0].max(rows[1]));
    for (side, field) in [before, after].into_iter().enumerate() {
        for row in 0..rows[side] as u32 {
            if row % 4096 == 0 {
                progress.at((side * rows[0]) as u64 + u64::from(row))?;
            }
            let Some(key) = key(field, row) else {
                found.without += 1;
                continue;
            };
            let place = &mut places.entry(key).or_default()[side];
            *place = match place {
                Place::None => Place::One(row),
                Place::One(_) => Place::Many(2),
                Place::Many(count) => Place::Many(*count + 1),
            };
        }
    }
    for place in places.values() {
        found.shared += place.iter().map(|place| if let Place::Many(count) = place { *count } else { 0 }).sum::<u64>();
        if let [Place::One(before), Place::One(after)] = place {
            matched.join(*before, *after);
            found.pairs += 1;
        }
    }
    Ok(found)
}

#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    None,
    One(u32),
    Many(u64),
}

/// Whether ids seem to have been given anew, as row numbers are: most pairs lie apart, and not by one common way.
pub(super) fn were_given_anew(a: &Layer, b: &Layer, matched: &Matched) -> bool {
    let of = |layer: &'_ Layer, row: u32| Feature { column: &layer.table.geometry, row }.middle();
    let pairs: Vec<(u32, u32)> = matched.pairs().collect();
    let step = pairs.len() / LOOKED_AT + 1;
    let ways = pairs.iter().step_by(step).filter_map(|(before, after)| {
        let (from, to) = (of(a, *before)?, of(b, *after)?);
        Some([to[0] - from[0], to[1] - from[1]])
    });
    let ways: Vec<[f64; 2]> = ways.collect();
    if ways.len() < ENOUGH {
        return false;
    }
    let usual = [0, 1].map(|axis| {
        let mut values: Vec<f64> = ways.iter().map(|way| way[axis]).collect();
        let middle = values.len() / 2;
        *values.select_nth_unstable_by(middle, f64::total_cmp).1
    });
    let astray = ways.iter().filter(|way| (way[0] - usual[0]).hypot(way[1] - usual[1]) > ASTRAY).count();
    2 * astray > ways.len()
}
