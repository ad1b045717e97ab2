//! Differences of two versions of a layer: what was added, removed, divided, moved, reshaped, raised or described anew.
//!
//! 1. [`ids`]: rows that both versions call the same are partners;
//! 2. [`alike`]: of the rest, those of the same shape at the same place;
//! 3. [`overlap`]: of the rest, what lies on what, and by how much;
//! 4. [`groups`]: from that splits, merges, and the best pairs;
//! 5. [`verdict`]: each pair is compared: shape and place, [`heights`], [`attributes`];
//! 6. [`answer`]: what changed is measured, counted and ordered, the largest first;
//! 7. [`table`]: the changes as a layer.
//!
//! Both layers are whole in memory and in one CRS in metres. Every row of either stands in one change, or is unchanged.

mod alike;
pub mod answer;
pub mod attributes;
mod crowd;
mod groups;
pub mod heights;
mod ids;
mod overlap;
mod same;
pub mod table;
pub mod verdict;

use rayon::prelude::*;

pub use self::answer::{Areas, Change, Difference};
use self::attributes::Fields;
pub use self::heights::HeightChange;
pub use self::overlap::REACH;
use self::same::{Feature, same};
use self::verdict::Versions;
pub use self::verdict::{Verdict, Verdicts};
use crate::model::{GeometryKind, Layer};
use crate::report::{Cancelled, Progress};
use crate::themes::housing::personal::Masks;

/// Points of outlines that are nearer to each other are the same, and heights that differ by less, metres.
pub const TOLERANCE: f64 = 0.05;

/// How two versions are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The field whose values name rows; that of the layer where absent.
    pub id: Option<String>,
    /// Metres; [`TOLERANCE`] is usual.
    pub tolerance: f64,
    /// Personal data is shown as it is.
    pub unmasked: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { id: None, tolerance: TOLERANCE, unmasked: false }
    }
}

/// Why two layers cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DifferenceError {
    /// The field of ids is not there.
    #[error("the {which} layer has no field \"{field}\"; its fields are: {}", known.join(", "))]
    NoField {
        /// What was asked for.
        field: String,
        /// `first` or `second`.
        which: &'static str,
        /// What there is.
        known: Vec<String>,
    },
    /// The field of ids is masked.
    #[error("field {field} holds personal data, which is masked: rows cannot be matched by it")]
    Personal {
        /// The field.
        field: String,
    },
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
}

impl From<Cancelled> for DifferenceError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// What is masked in either version is masked in both.
#[derive(Clone, Debug, Default)]
pub struct Masked([Masks; 2]);

impl Masked {
    fn of(a: &Layer, b: &Layer, unmasked: bool) -> Self {
        Self([a, b].map(|layer| Masks::unless(unmasked, &layer.table)))
    }

    /// Whether values of a field are not shown.
    pub fn hides(&self, field: &str) -> bool {
        self.0.iter().any(|masks| masks.hides(field))
    }

    /// A text of a field as it may be shown.
    pub fn shown(&self, field: &str, text: String) -> String {
        let [first, second] = &self.0;
        if first.hides(field) || !second.hides(field) { first.shown(field, text) } else { second.shown(field, text) }
    }
}

/// Partners so far.
pub(super) struct Matched {
    after_of: Vec<u32>,
    before_of: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Matched {
    fn new(before: usize, after: usize) -> Self {
        Self { after_of: vec![NONE; before], before_of: vec![NONE; after] }
    }

    fn join(&mut self, before: u32, after: u32) {
        self.after_of[before as usize] = after;
        self.before_of[after as usize] = before;
    }

    fn of_before(&self, row: u32) -> Option<u32> {
        Some(self.after_of[row as usize]).filter(|other| *other != NONE)
    }

    fn of_after(&self, row: u32) -> Option<u32> {
        Some(self.before_of[row as usize]).filter(|other| *other != NONE)
    }

    /// Frees a row; whether it had a partner.
    fn leave_before(&mut self, row: u32) -> bool {
        let partner = self.of_before(row);
        if let Some(other) = partner {
            self.after_of[row as usize] = NONE;
            self.before_of[other as usize] = NONE;
        }
        partner.is_some()
    }

    /// The same of a row of the second version.
    fn leave_after(&mut self, row: u32) -> bool {
        self.of_after(row).is_some_and(|other| self.leave_before(other))
    }

    fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        let all = (0..).zip(self.after_of.iter().copied());
        all.filter(|(_, after)| *after != NONE)
    }

    fn loose_before(&self) -> Vec<u32> {
        (0..).zip(&self.after_of).filter(|(_, other)| **other == NONE).map(|(row, _)| row).collect()
    }

    fn loose_after(&self) -> Vec<u32> {
        (0..).zip(&self.before_of).filter(|(_, other)| **other == NONE).map(|(row, _)| row).collect()
    }
}

/// Finds the differences of two versions of a layer, both whole in memory and in the same CRS in metres.
///
/// # Errors
/// [`DifferenceError`]: a field of ids that is missing or masked, or cancelled.
pub fn difference<'a>(
    a: &'a Layer,
    b: &'a Layer,
    options: &Options,
    progress: &Progress,
) -> Result<Difference<'a>, DifferenceError> {
    let tolerance = options.tolerance;
    let masked = Masked::of(a, b, options.unmasked);
    let mut notes = Vec::new();
    let mut matched = Matched::new(a.table.len(), b.table.len());
    let mut counts = [0_u64; 3];
    let id = ids::fields(a, b, options.id.as_deref(), &masked)?;
    let mut by_id = id;
    if let Some(fields) = id {
        let name = &a.table.fields[fields.before].name;
        let found = ids::pair(a, b, fields, &mut matched, progress)?;
        counts[0] = found.pairs;
        let given_anew = options.id.is_none() && ids::were_given_anew(a, b, &matched);
        if given_anew {
            notes.push(format!(
                "field {name} is no stable id: rows of the same value lie far apart, as if numbered anew; matched by \
                 overlap, and {name} is not compared (--id {name} takes it all the same)"
            ));
            matched = Matched::new(a.table.len(), b.table.len());
        } else if found.pairs == 0 && !a.table.is_empty() && !b.table.is_empty() {
            notes.push(format!(
                "no {name} stands once in either version: matched by overlap, and {name} is not compared"
            ));
        } else if found.shared + found.without > 0 {
            notes.push(format!(
                "{} rows share their {name} with others of the same version and {} have none: matched by overlap",
                found.shared, found.without
            ));
        }
        if given_anew || found.pairs == 0 {
            (by_id, counts[0]) = (None, 0);
        }
    }
    let fields = Fields::of(&a.table, &b.table, id);
    fields.retyped.iter().for_each(|(name, before, after)| {
        notes.push(format!("field {name} is {before} before and {after} after: values are compared by what they say"));
    });
    counts[1] = alike::pair(a, b, &fields, tolerance, &mut matched, progress)?;
    let (before, after) = (matched.loose_before(), matched.loose_after());
    let reshaped = reshaped(a, b, &matched, tolerance, !(before.is_empty() && after.is_empty()));
    let with = |mut loose: Vec<u32>, side: fn(&(u32, u32)) -> u32| {
        loose.extend(reshaped.iter().map(side));
        loose.sort_unstable();
        loose
    };
    let (edges, bounded) =
        overlap::edges(a, &with(before, |pair| pair.0), b, &with(after, |pair| pair.1), tolerance, progress)?;
    if bounded > 0 {
        notes.push(format!(
            "for {bounded} rows not everything that lies at their place was looked at, because there is too much of it"
        ));
    }
    let groups = groups::settle(&a.table.geometry, &edges, &mut matched);
    // What was freed had another outline: partners of the same shape are not looked at again.
    counts[0] = counts[0].saturating_sub(groups.freed);
    counts[2] = groups.joined;
    let heights = heights::of(a, b, &mut notes);
    let has_z = [a, b].map(|layer| layer.table.geometry.has_z());
    if has_z[0] != has_z[1] && !a.table.is_empty() && !b.table.is_empty() {
        notes.push("only one version has elevations of vertices: they are not compared".to_owned());
    }
    let versions =
        Versions { before: a, after: b, fields, heights, elevations: has_z == [true; 2], id: by_id, tolerance };
    let changes = compare(&versions, &matched, progress)?;
    let Versions { fields, heights, .. } = versions;
    let found = answer::Found { before: a, after: b, id, by_id, fields, masked, notes, counts, tolerance, heights };
    Ok(answer::finish(found, &matched, &groups, changes))
}

/// Partners with another outline, where something is left that one of them may have been divided into.
fn reshaped(a: &Layer, b: &Layer, matched: &Matched, tolerance: f64, wanted: bool) -> Vec<(u32, u32)> {
    if !wanted {
        return Vec::new();
    }
    let pairs: Vec<(u32, u32)> = matched.pairs().collect();
    let differs = |(row, other): &(u32, u32)| {
        let before = Feature { column: &a.table.geometry, row: *row };
        let after = Feature { column: &b.table.geometry, row: *other };
        before.kind() != GeometryKind::Point
            && before.kind() == after.kind()
            && before.bounds().meets(&after.bounds())
            && !same(before, after, [0.0; 2], tolerance)
    };
    pairs.into_par_iter().filter(differs).collect()
}

/// Compares all pairs, in their order.
fn compare(versions: &Versions<'_>, matched: &Matched, progress: &Progress) -> Result<Vec<Change>, Cancelled> {
    let pairs: Vec<(u32, u32)> = matched.pairs().collect();
    progress.stage("comparing", pairs.len() as u64);
    let done = std::sync::atomic::AtomicU64::new(0);
    let found: Result<Vec<Vec<Change>>, Cancelled> = pairs
        .par_chunks(1024)
        .map(|pairs| {
            progress.at(done.fetch_add(pairs.len() as u64, std::sync::atomic::Ordering::Relaxed))?;
            Ok(pairs.iter().filter_map(|(before, after)| versions.compare(*before, *after)).collect())
        })
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
