//! What became of a height: a measured one that differs is another height, a guess that gives way to a measure is not.

use std::borrow::Cow;

use crate::model::height::{Medians, find, of_piece};
use crate::model::{FieldMapping, HeightSource, Heights, Layer, Meaning};
use crate::report::Report;

/// What the heights of one version are known from.
pub(super) struct Known<'a> {
    layer: &'a Layer,
    mapping: FieldMapping,
    /// Row by row, without what parts do to their parents: what the row itself says.
    own: Heights,
    /// As they are drawn: with guesses, and with parents and parts settled.
    drawn: Cow<'a, Heights>,
}

/// A height before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeightChange {
    /// Metres above ground before.
    pub before: f64,
    /// Metres above ground after.
    pub after: f64,
    /// Where the first comes from.
    pub from: HeightSource,
    /// Where the second comes from.
    pub to: HeightSource,
}

impl HeightChange {
    /// Metres that it is higher, negative where it is lower.
    pub fn difference(&self) -> f64 {
        millimetres(self.after - self.before)
    }

    /// Whether both were found in the same way, so that their difference is one of the thing itself.
    pub fn comparable(&self) -> bool {
        self.from == self.to && matches!(self.to, HeightSource::Surveyed | HeightSource::Storeys)
    }
}

/// Heights come in 24-bit floats: their digits beyond a millimetre say nothing.
fn millimetres(metres: f64) -> f64 {
    (metres * 1000.0).round() / 1000.0
}

/// The heights of two versions. Where only one is read as having heights, the other is read in the same way; a
/// declared field is taken for both. What to know of it is noted.
pub(super) fn of<'a>(a: &'a Layer, b: &'a Layer, notes: &mut Vec<String>) -> Option<[Known<'a>; 2]> {
    if a.heights.is_none() && b.heights.is_none() {
        return None;
    }
    let mappings = [settled(a, b), settled(b, a)];
    let field = |mapping: &FieldMapping| mapping.get(Meaning::Height).map(|mapped| mapped.field.clone());
    let [first, second] = [&mappings[0], &mappings[1]].map(field);
    if first != second {
        let name = |field: Option<String>| field.unwrap_or_else(|| "no field".to_owned());
        notes.push(format!("heights are read from {} before and from {} after", name(first), name(second)));
    }
    let [first, second] = mappings;
    let known = |layer: &'a Layer, mapping: FieldMapping| {
        let own = of_piece(&layer.table, &mapping, &Medians::default());
        let drawn = layer.heights.as_ref().filter(|_| mapping == layer.mapping).map(Cow::Borrowed);
        let drawn =
            drawn.unwrap_or_else(|| Cow::Owned(find(&layer.table, &mapping, &layer.id, &mut Report::default())));
        Known { layer, mapping, own, drawn }
    };
    Some([known(a, first), known(b, second)])
}

/// How the heights of a layer are read beside another version of it.
fn settled(layer: &Layer, other: &Layer) -> FieldMapping {
    let has = |field: &str| layer.table.field(field).is_some();
    if layer.heights.is_none() && other.heights.is_some() {
        let mut mapping = FieldMapping::default();
        for (meaning, mapped) in other.mapping.iter().filter(|(_, mapped)| has(&mapped.field)) {
            mapping.set(meaning, mapped.clone());
        }
        return mapping;
    }
    let mut mapping = layer.mapping.clone();
    for (meaning, mapped) in other.mapping.iter() {
        let ours = layer.mapping.get(meaning).is_some_and(|mapped| mapped.declared);
        if mapped.declared && !ours && has(&mapped.field) {
            mapping.set(meaning, mapped.clone());
        }
    }
    mapping
}

impl Known<'_> {
    /// The raw field that holds the height itself.
    pub fn field(&self) -> Option<&str> {
        self.mapping.get(Meaning::Height).map(|mapped| mapped.field.as_str())
    }

    /// The height of a row and where it comes from; a guess as it is drawn.
    pub fn of_row(&self, row: u32) -> Option<(f64, HeightSource)> {
        let at = row as usize;
        let known = |heights: &Heights| Some((f64::from(*heights.top.get(at)?), *heights.source.get(at)?));
        let own = known(&self.own)?;
        let is_known = matches!(own.1, HeightSource::Surveyed | HeightSource::Storeys);
        let (top, source) = if is_known { own } else { known(&self.drawn)? };
        Some((millimetres(top), source))
    }

    /// Whether a row is a parent that its parts cover.
    pub fn is_covered(&self, row: u32) -> bool {
        self.drawn.covered.get(row as usize) == Some(&true)
    }

    fn storeys(&self, row: u32) -> Option<f64> {
        let mapped = self.mapping.get(Meaning::Storeys)?;
        self.mapping.number(Meaning::Storeys, &self.layer.table.value(row, &mapped.field))
    }
}

/// What became of the height of a row; `None` where nothing is to be said: it is the same within the tolerance, both
/// are guesses, or the same number of storeys is only reckoned otherwise.
pub(super) fn compare([a, b]: &[Known<'_>; 2], row: u32, other: u32, tolerance: f64) -> Option<HeightChange> {
    let ((before, from), (after, to)) = (a.of_row(row)?, b.of_row(other)?);
    let change = HeightChange { before, after, from, to };
    let guess = |source| matches!(source, HeightSource::Median | HeightSource::Default);
    let said = match (from, to) {
        (from, to) if guess(from) && guess(to) => false,
        (HeightSource::Storeys, HeightSource::Storeys) if a.storeys(row) == b.storeys(other) => false,
        (from, to) if from == to => change.difference().abs() > tolerance,
        _ => true,
    };
    said.then_some(change)
}
