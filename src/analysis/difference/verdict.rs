//! What became of one thing: several verdicts at once are possible.

use super::Change;
use super::attributes::Fields;
use super::heights::{self, HeightChange, Known};
use super::overlap::common_area;
use super::same::{Feature, same};
use crate::model::{GeometryKind, HeightSource, Layer};

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Only in the second version.
    Added,
    /// Only in the first version.
    Removed,
    /// One in the first is several in the second.
    Split,
    /// Several in the first are one in the second.
    Merged,
    /// Another outline.
    Reshaped,
    /// The same outline elsewhere.
    Moved,
    /// Higher, both heights found in the same way.
    Raised,
    /// Lower, both heights found in the same way.
    Lowered,
    /// The height was reckoned or guessed and is surveyed now.
    HeightNowSurveyed,
    /// The height is reckoned from storeys now, and was surveyed or guessed.
    HeightNowStoreys,
    /// The height is a guess now, and was known.
    HeightNowGuessed,
    /// The elevations of its vertices differ.
    Elevation,
    /// Points, lines and polygons are not the same.
    GeometryKind,
    /// There is no geometry any more.
    GeometryLost,
    /// There was no geometry before.
    GeometryGained,
    /// The same thing under another id.
    IdChanged,
    /// Values of fields.
    Attributes,
}

impl Verdict {
    /// All of them, in the order of answers.
    pub const ALL: [Self; 17] = [
        Self::Added,
        Self::Removed,
        Self::Split,
        Self::Merged,
        Self::Reshaped,
        Self::Moved,
        Self::Raised,
        Self::Lowered,
        Self::HeightNowSurveyed,
        Self::HeightNowStoreys,
        Self::HeightNowGuessed,
        Self::Elevation,
        Self::GeometryKind,
        Self::GeometryLost,
        Self::GeometryGained,
        Self::IdChanged,
        Self::Attributes,
    ];

    /// The word used by commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::Reshaped => "reshaped",
            Self::Moved => "moved",
            Self::Raised => "raised",
            Self::Lowered => "lowered",
            Self::HeightNowSurveyed => "height_now_surveyed",
            Self::HeightNowStoreys => "height_now_storeys",
            Self::HeightNowGuessed => "height_now_guessed",
            Self::Elevation => "elevation",
            Self::GeometryKind => "geometry_kind",
            Self::GeometryLost => "geometry_lost",
            Self::GeometryGained => "geometry_gained",
            Self::IdChanged => "id_changed",
            Self::Attributes => "attributes",
        }
    }

    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::HeightNowSurveyed => "height now surveyed",
            Self::HeightNowStoreys => "height now from storeys",
            Self::HeightNowGuessed => "height now a guess",
            Self::Elevation => "elevation changed",
            Self::GeometryKind => "geometry type changed",
            Self::GeometryLost => "geometry lost",
            Self::GeometryGained => "geometry gained",
            Self::IdChanged => "id changed",
            Self::Attributes => "attributes changed",
            other => other.word(),
        }
    }
}

/// Verdicts of one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(u32);

impl Verdicts {
    /// One alone.
    pub fn of(verdict: Verdict) -> Self {
        Self(1 << verdict as u32)
    }

    /// Adds one.
    pub fn add(&mut self, verdict: Verdict) {
        self.0 |= 1 << verdict as u32;
    }

    /// Whether it is among them.
    pub fn has(self, verdict: Verdict) -> bool {
        self.0 & (1 << verdict as u32) != 0
    }

    /// Whether there is none: nothing changed.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of answers.
    pub fn iter(self) -> impl Iterator<Item = Verdict> {
        Verdict::ALL.into_iter().filter(move |verdict| self.has(*verdict))
    }
}

/// Two versions, with what is needed to compare their rows.
pub(super) struct Versions<'a> {
    pub before: &'a Layer,
    pub after: &'a Layer,
    pub fields: Fields,
    pub heights: Option<[Known<'a>; 2]>,
    /// Whether vertices of both have elevations.
    pub elevations: bool,
    /// Columns of the ids.
    pub id: Option<super::attributes::Common>,
    /// Metres.
    pub tolerance: f64,
}

impl Versions<'_> {
    /// Compares a pair; `None` where nothing changed.
    pub fn compare(&self, row: u32, other: u32) -> Option<Change> {
        let a = Feature { column: &self.before.table.geometry, row };
        let b = Feature { column: &self.after.table.geometry, row: other };
        let mut change = Change { before: vec![row], after: vec![other], ..Change::default() };
        self.place(a, b, &mut change);
        if let Some(id) = self.id {
            let (before, after) = (&self.before.table.fields[id.before], &self.after.table.fields[id.after]);
            if super::ids::key(before, row) != super::ids::key(after, other) {
                change.verdicts.add(Verdict::IdChanged);
            }
        }
        change.fields = self.fields.changed(&self.before.table, row, &self.after.table, other);
        let height = self.heights.as_ref().and_then(|known| {
            let height = heights::compare(known, row, other, self.tolerance)?;
            // That the field of heights differs is said by the verdict.
            let [before, after] = [known[0].field(), known[1].field()];
            change.fields.retain(|at| {
                let common = self.fields.common[usize::from(*at)];
                let names =
                    (&self.before.table.fields[common.before].name, &self.after.table.fields[common.after].name);
                before != Some(names.0) || after != Some(names.1)
            });
            Some(height)
        });
        if let Some(height) = height {
            change.verdicts.add(of_height(&height));
            change.height = Some(height);
        }
        if !change.fields.is_empty() {
            change.verdicts.add(Verdict::Attributes);
        }
        (!change.verdicts.is_empty()).then_some(change)
    }

    fn place(&self, a: Feature<'_>, b: Feature<'_>, change: &mut Change) {
        match (a.kind(), b.kind()) {
            (GeometryKind::None, GeometryKind::None) => return,
            (_, GeometryKind::None) => return change.verdicts.add(Verdict::GeometryLost),
            (GeometryKind::None, _) => return change.verdicts.add(Verdict::GeometryGained),
            (before, after) if before != after => return change.verdicts.add(Verdict::GeometryKind),
            _ => {}
        }
        if self.elevations && elevations_differ(a, b, self.tolerance) {
            change.verdicts.add(Verdict::Elevation);
        }
        if same(a, b, [0.0; 2], self.tolerance) {
            return;
        }
        if let (Some(from), Some(to)) = (a.middle(), b.middle()) {
            let way = [to[0] - from[0], to[1] - from[1]];
            if way[0].hypot(way[1]) > self.tolerance && same(a, b, way, self.tolerance) {
                change.moved = Some(way);
                return change.verdicts.add(Verdict::Moved);
            }
        }
        change.verdicts.add(Verdict::Reshaped);
        if a.kind() == GeometryKind::Polygon {
            let common = common_area(a, b, [0.0; 2]);
            change.gained = (b.column.area(b.row) - common).max(0.0);
            change.lost = (a.column.area(a.row) - common).max(0.0);
        }
    }
}

fn of_height(height: &HeightChange) -> Verdict {
    match height.to {
        _ if height.comparable() && height.difference() > 0.0 => Verdict::Raised,
        _ if height.comparable() => Verdict::Lowered,
        HeightSource::Surveyed => Verdict::HeightNowSurveyed,
        HeightSource::Storeys => Verdict::HeightNowStoreys,
        HeightSource::Median | HeightSource::Default => Verdict::HeightNowGuessed,
    }
}

/// Whether the lowest or the highest vertex lies at another elevation.
fn elevations_differ(a: Feature<'_>, b: Feature<'_>, tolerance: f64) -> bool {
    let ends = |feature: Feature<'_>| {
        let known = feature.column.heights(feature.row).iter().copied().filter(|z| z.is_finite());
        known.fold(None, |ends: Option<[f64; 2]>, z| Some(ends.map_or([z, z], |[low, high]| [low.min(z), high.max(z)])))
    };
    match (ends(a), ends(b)) {
        (Some(a), Some(b)) => (a[0] - b[0]).abs() > tolerance || (a[1] - b[1]).abs() > tolerance,
        _ => false,
    }
}
