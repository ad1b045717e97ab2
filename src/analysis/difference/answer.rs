//! The answer: what changed, measured, counted, the largest first.

use std::collections::HashSet;

use super::attributes::{Common, Fields};
use super::groups::Groups;
use super::heights::{HeightChange, Known};
use super::same::Feature;
use super::verdict::{Verdict, Verdicts};
use super::{Masked, Matched, ids};
use crate::model::{GeometryKind, Layer, Meaning, Value};

/// What became of one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Its rows in the first version: none where it was added, several where they were merged.
    pub before: Vec<u32>,
    /// Its rows in the second version: none where it was removed, several where it was split.
    pub after: Vec<u32>,
    /// What happened; at least one verdict.
    pub verdicts: Verdicts,
    /// Metres east and north that its middle moved, where the shape is the same.
    pub moved: Option<[f64; 2]>,
    /// Its height.
    pub height: Option<HeightChange>,
    /// Fields that differ, as places in [`Fields::common`].
    pub fields: Vec<u16>,
    /// Ground that it covers now and did not, square metres; of what was reshaped.
    pub gained: f64,
    /// Ground that it covered and does not now, square metres; of what was reshaped.
    pub lost: f64,
    /// Its measure before: square metres of polygons, metres of lines, else 0.
    pub size_before: f64,
    /// Its measure after.
    pub size_after: f64,
}

impl Change {
    /// Metres that it moved.
    pub fn moved_m(&self) -> Option<f64> {
        self.moved.map(|[east, north]| east.hypot(north))
    }

    /// Where to, degrees from grid north, clockwise.
    pub fn direction_deg(&self) -> Option<f64> {
        self.moved.map(|[east, north]| east.atan2(north).to_degrees().rem_euclid(360.0))
    }

    /// The first of its verdicts in the order of answers.
    pub fn main(&self) -> Verdict {
        // A change has a verdict; otherwise the least of them stands for none.
        self.verdicts.iter().next().unwrap_or(Verdict::Attributes)
    }

    /// How large it is among those of its main verdict.
    fn weight(&self) -> f64 {
        match self.main() {
            Verdict::Added | Verdict::Split | Verdict::GeometryGained => self.size_after,
            Verdict::Removed | Verdict::Merged | Verdict::GeometryLost => self.size_before,
            Verdict::Reshaped if self.gained + self.lost > 0.0 => self.gained + self.lost,
            Verdict::Reshaped | Verdict::GeometryKind => (self.size_after - self.size_before).abs(),
            Verdict::Moved => self.moved_m().unwrap_or(0.0),
            Verdict::Attributes => self.fields.len() as f64,
            _ => self.height.map_or(0.0, |height| height.difference().abs()),
        }
    }
}

/// Sums of areas, square metres. A parent that its parts cover is not counted beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Areas {
    /// All footprints of the first version.
    pub before: f64,
    /// All footprints of the second version.
    pub after: f64,
    /// After less before.
    pub net: f64,
    /// Of what was added.
    pub added: f64,
    /// Of what was removed.
    pub removed: f64,
    /// Ground that reshaped things cover now and did not.
    pub gained: f64,
    /// Ground that reshaped things covered and do not now.
    pub lost: f64,
    /// Floor area as recorded, before; where both versions have a field of it.
    pub floor_before: Option<f64>,
    /// Floor area as recorded, after.
    pub floor_after: Option<f64>,
}

/// The differences of two versions of a layer.
#[derive(Debug)]
pub struct Difference<'a> {
    /// The first version.
    pub before: &'a Layer,
    /// The second version.
    pub after: &'a Layer,
    /// The names of the field of ids in either version, where rows were matched by it.
    pub by_id: Option<[String; 2]>,
    /// Pairs that were matched by id, by the same shape at the same place, by overlap or nearness.
    pub matched: [u64; 3],
    /// Which fields were compared.
    pub fields: Fields,
    /// What people should know of the comparison.
    pub notes: Vec<String>,
    /// The tolerance, metres.
    pub tolerance: f64,
    /// Pairs of which nothing changed.
    pub unchanged: u64,
    /// Sums of areas.
    pub areas: Areas,
    /// Everything that changed: by verdict, the largest first.
    pub changes: Vec<Change>,
    pub(super) masked: Masked,
    id: Option<Common>,
}

/// What is known before anything is measured.
pub(super) struct Found<'a> {
    pub before: &'a Layer,
    pub after: &'a Layer,
    pub id: Option<Common>,
    pub by_id: Option<Common>,
    pub fields: Fields,
    pub masked: Masked,
    pub notes: Vec<String>,
    pub counts: [u64; 3],
    pub tolerance: f64,
    pub heights: Option<[Known<'a>; 2]>,
}

/// Adds what has no partner and what was divided or joined; measures and orders all.
pub(super) fn finish<'a>(
    found: Found<'a>,
    matched: &Matched,
    groups: &Groups,
    mut changes: Vec<Change>,
) -> Difference<'a> {
    let Found { before, after, id, by_id, fields, masked, mut notes, counts, tolerance, heights } = found;
    let pairs = matched.pairs().count();
    let unchanged = (pairs - changes.len()) as u64;
    notes.extend(common_way(&changes, pairs));
    let mut grouped = [HashSet::new(), HashSet::new()];
    let divided = groups.splits.iter().map(|group| (vec![group.whole], group.pieces.clone(), Verdict::Split));
    let joined = groups.merges.iter().map(|group| (group.pieces.clone(), vec![group.whole], Verdict::Merged));
    for (before, after, verdict) in divided.chain(joined) {
        grouped[0].extend(before.iter().copied());
        grouped[1].extend(after.iter().copied());
        changes.push(Change { before, after, verdicts: Verdicts::of(verdict), ..Change::default() });
    }
    let (mut free, mut new) = (matched.loose_before(), matched.loose_after());
    free.retain(|row| !grouped[0].contains(row));
    new.retain(|row| !grouped[1].contains(row));
    changes.extend(free.into_iter().map(|row| Change {
        before: vec![row],
        verdicts: Verdicts::of(Verdict::Removed),
        ..Change::default()
    }));
    changes.extend(new.into_iter().map(|row| Change {
        after: vec![row],
        verdicts: Verdicts::of(Verdict::Added),
        ..Change::default()
    }));
    for change in &mut changes {
        change.size_before = change.before.iter().map(|row| size(before, *row)).sum();
        change.size_after = change.after.iter().map(|row| size(after, *row)).sum();
    }
    let key = |change: &Change| (change.before.first().copied(), change.after.first().copied());
    changes.sort_by(|a, b| {
        a.main().cmp(&b.main()).then_with(|| b.weight().total_cmp(&a.weight())).then_with(|| key(a).cmp(&key(b)))
    });
    let areas = areas(before, after, heights.as_ref(), &changes);
    let by_id =
        by_id.map(|id| [before.table.fields[id.before].name.clone(), after.table.fields[id.after].name.clone()]);
    Difference {
        before,
        after,
        by_id,
        matched: counts,
        fields,
        notes,
        tolerance,
        unchanged,
        areas,
        changes,
        masked,
        id,
    }
}

/// Square metres of a polygon, metres of a line.
fn size(layer: &Layer, row: u32) -> f64 {
    let geometry = &layer.table.geometry;
    match geometry.kind(row) {
        GeometryKind::Polygon => geometry.area(row),
        GeometryKind::Line => geometry.length(row),
        GeometryKind::Point | GeometryKind::None => 0.0,
    }
}

fn areas(before: &Layer, after: &Layer, heights: Option<&[Known<'_>; 2]>, changes: &[Change]) -> Areas {
    let footprint = |layer: &Layer, side: usize, row: u32| {
        let covered = heights.is_some_and(|known| known[side].is_covered(row));
        if covered { 0.0 } else { layer.table.geometry.area(row) }
    };
    let sum = |layer: &Layer, side, rows: &[u32]| rows.iter().map(|row| footprint(layer, side, *row)).sum::<f64>();
    let all = |layer: &Layer, side| (0..layer.table.len() as u32).map(|row| footprint(layer, side, row)).sum::<f64>();
    let mut areas = Areas { before: all(before, 0), after: all(after, 1), ..Areas::default() };
    areas.net = areas.after - areas.before;
    for change in changes {
        match change.main() {
            Verdict::Added => areas.added += sum(after, 1, &change.after),
            Verdict::Removed => areas.removed += sum(before, 0, &change.before),
            _ => {}
        }
        areas.gained += change.gained;
        areas.lost += change.lost;
    }
    let floors = |layer: &Layer| -> Option<f64> {
        let field = &layer.table.field(&layer.mapping.get(Meaning::FloorArea)?.field)?.values;
        let number = |row| layer.mapping.number(Meaning::FloorArea, &field.get(row));
        Some((0..layer.table.len() as u32).filter_map(number).sum())
    };
    if let (Some(old), Some(new)) = (floors(before), floors(after)) {
        (areas.floor_before, areas.floor_after) = (Some(old), Some(new));
    }
    areas
}

/// Says where most things moved by one and the same way: no city does that.
fn common_way(changes: &[Change], pairs: usize) -> Option<String> {
    const ENOUGH: usize = 20;
    const NEAR: f64 = 0.2;
    let ways: Vec<[f64; 2]> = changes.iter().filter_map(|change| change.moved).collect();
    if ways.len() < ENOUGH || 2 * ways.len() <= pairs {
        return None;
    }
    let usual = [0, 1].map(|axis| {
        let mut values: Vec<f64> = ways.iter().map(|way| way[axis]).collect();
        let middle = values.len() / 2;
        *values.select_nth_unstable_by(middle, f64::total_cmp).1
    });
    let length = usual[0].hypot(usual[1]);
    let near = |way: &&[f64; 2]| (way[0] - usual[0]).hypot(way[1] - usual[1]) <= NEAR.max(length / 100.0);
    let along = ways.iter().filter(near).count();
    (2 * along > pairs).then(|| {
        let degrees = usual[0].atan2(usual[1]).to_degrees().rem_euclid(360.0);
        format!(
            "{along} of {pairs} moved by about the same {length:.2} m towards {degrees:.0}°: is the CRS or the offset \
             of one version wrong?"
        )
    })
}

impl Difference<'_> {
    /// How many changes have each verdict, in the order of [`Verdict::ALL`].
    pub fn counts(&self) -> [u64; Verdict::ALL.len()] {
        let mut counts = [0; Verdict::ALL.len()];
        for verdict in self.changes.iter().flat_map(|change| change.verdicts.iter()) {
            counts[verdict as usize] += 1;
        }
        counts
    }

    /// What a row of the first version is called: its id, masked where that is personal, else `#` and its number.
    pub fn id_before(&self, row: u32) -> String {
        self.name(self.before, self.id.map(|id| id.before), row)
    }

    /// What a row of the second version is called.
    pub fn id_after(&self, row: u32) -> String {
        self.name(self.after, self.id.map(|id| id.after), row)
    }

    fn name(&self, layer: &Layer, column: Option<usize>, row: u32) -> String {
        let own = || layer.mapping.get(Meaning::Id).and_then(|mapped| layer.table.field(&mapped.field));
        let field = column.map(|at| &layer.table.fields[at]).or_else(own);
        let named = field.and_then(|field| Some(self.masked.shown(&field.name, ids::key(field, row)?)));
        named.unwrap_or_else(|| format!("#{}", layer.whole_row(row)))
    }

    /// What a change is called: by its row in the second version, or the first where it was removed or split.
    pub fn id_of(&self, change: &Change) -> String {
        match (change.before.as_slice(), change.after.as_slice()) {
            ([row, ..], []) => self.id_before(*row),
            ([row], [_, _, ..]) => self.id_before(*row),
            (_, [row, ..]) => self.id_after(*row),
            ([], []) => String::new(),
        }
    }

    /// The fields of a change with their values, which are none where the field is masked.
    pub fn values(&self, change: &Change) -> Vec<(&str, Option<[Value<'_>; 2]>)> {
        let (Some(before), Some(after)) = (change.before.first(), change.after.first()) else { return Vec::new() };
        let value = |at: &u16| {
            let common = self.fields.common[usize::from(*at)];
            let (old, new) = (&self.before.table.fields[common.before], &self.after.table.fields[common.after]);
            let hidden = self.masked.hides(&old.name) || self.masked.hides(&new.name);
            (old.name.as_str(), (!hidden).then(|| [old.values.get(*before), new.values.get(*after)]))
        };
        change.fields.iter().map(value).collect()
    }

    /// A text of a field as it may be shown: numbers of persons in it are masked.
    pub fn shown(&self, field: &str, text: String) -> String {
        self.masked.shown(field, text)
    }

    /// The middle of a thing after, or before where it is gone, metres of the project CRS.
    pub fn middle(&self, change: &Change) -> Option<[f64; 2]> {
        let after = change.after.first().map(|row| Feature { column: &self.after.table.geometry, row: *row });
        let before = change.before.first().map(|row| Feature { column: &self.before.table.geometry, row: *row });
        after.and_then(Feature::middle).or_else(|| before.and_then(Feature::middle))
    }
}
