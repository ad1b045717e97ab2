//! What of one version lies on what of the other: candidates by their boxes, then how much of each is common.

use geo::{Area, BooleanOps, Geometry, MultiPolygon, Translate};
use rayon::prelude::*;

use super::crowd::Crowd;
use super::same::{Feature, same};
use crate::index::{LayerIndex, shape};
use crate::model::{GeometryColumn, GeometryKind, Layer};
use crate::place::Bounds;
use crate::query::shape::of_feature;
use crate::report::{Cancelled, Progress};

/// Points and lines so near are taken for the same thing, metres.
pub const REACH: f64 = 2.0;
/// A share of the smaller box that two things must have in common to be looked at.
const LEAST_SHARE: f64 = 0.1;
/// Boxes that may meet the box of one row; where more do, only the middle of the row is looked at.
const CROWD: usize = 4096;
/// Two that have so much in common of what either has are a pair whatever their shapes.
pub(super) const COMMON: f64 = 0.2;
/// Candidates of one row that are cut exactly, those whose boxes have most in common: fewer where rows meet more than
/// [`USUAL`] boxes on average, so that a layer of piles takes no longer for each row than one with a pile.
const CUT: usize = 256;
const LEAST_CUT: usize = 16;
const USUAL: usize = 16;
/// Places along a line at which it is looked how far the other is.
const PLACES: usize = 64;

/// Two rows that have something in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    pub before: u32,
    pub after: u32,
    /// The common share of the first, 0 to 1.
    pub of_before: f64,
    /// The common share of the second, 0 to 1.
    pub of_after: f64,
    /// From middle to middle, metres.
    pub apart: f64,
    /// Whether they are the same shape, moved; looked at only where little is common.
    pub alike: bool,
}

impl Edge {
    /// What is common over what either has, 0 to 1.
    pub fn score(&self) -> f64 {
        // c/(a + b - c) with c/a and c/b.
        let (p, q) = (self.of_before, self.of_after);
        if p <= 0.0 || q <= 0.0 { 0.0 } else { 1.0 / (1.0 / p + 1.0 / q - 1.0) }
    }
}

/// The pairs of some rows of two versions that have something in common, and for how many rows not everything was
/// looked at because too much lies at one spot.
pub(super) fn edges(
    a: &Layer,
    rows: &[u32],
    b: &Layer,
    others: &[u32],
    tolerance: f64,
    progress: &Progress,
) -> Result<(Vec<Edge>, u64), Cancelled> {
    if rows.is_empty() || others.is_empty() {
        return Ok((Vec::new(), 0));
    }
    progress.stage("what lies on what", rows.len() as u64);
    let (column, other) = (&a.table.geometry, &b.table.geometry);
    let mut wanted = vec![false; other.len()];
    others.iter().for_each(|row| wanted[*row as usize] = true);
    let index = LayerIndex::build_of_some(other, |row| wanted[row as usize] && other.kind(row) != GeometryKind::None);
    let boxes: Vec<Bounds> = others.iter().map(|row| other.bounds(*row)).collect();
    let crowd = Crowd::of(&boxes);
    let met: usize = rows.iter().map(|row| crowd.meeting(&column.bounds(*row)).min(CROWD)).sum();
    let cut = (CUT * USUAL / (met / rows.len()).max(USUAL)).max(LEAST_CUT);
    let place = Place { column, other, index: &index, crowd: &crowd, cut, tolerance };
    let done = std::sync::atomic::AtomicU64::new(0);
    let found: Result<Vec<(Vec<Edge>, u64)>, Cancelled> = rows
        .par_chunks(256)
        .map(|rows| {
            progress.at(done.fetch_add(rows.len() as u64, std::sync::atomic::Ordering::Relaxed))?;
            let (mut edges, mut bounded) = (Vec::new(), 0);
            for row in rows {
                bounded += u64::from(place.edges_of(*row, &mut edges));
            }
            Ok((edges, bounded))
        })
        .collect();
    let found = found?;
    let bounded = found.iter().map(|(_, bounded)| bounded).sum();
    Ok((found.into_iter().flat_map(|(edges, _)| edges).collect(), bounded))
}

/// Two versions, and where the rows of the second are.
struct Place<'a> {
    column: &'a GeometryColumn,
    other: &'a GeometryColumn,
    index: &'a LayerIndex,
    crowd: &'a Crowd,
    /// Candidates of one row that are cut exactly.
    cut: usize,
    tolerance: f64,
}

impl Place<'_> {
    /// Adds the pairs of a row; whether not everything was looked at.
    fn edges_of(&self, row: u32, edges: &mut Vec<Edge>) -> bool {
        let Self { column, other, index, crowd, .. } = *self;
        let kind = column.kind(row);
        if kind == GeometryKind::None {
            return false;
        }
        let reach = if kind == GeometryKind::Polygon { 0.0 } else { REACH };
        let own = column.bounds(row).grown(reach);
        let mut asked = own;
        let mut bounded = false;
        let mut halved = 0;
        while crowd.meeting(&asked) > CROWD {
            bounded = true;
            halved += 1;
            // From the width of the world to millimetres.
            if asked.width().max(asked.height()) < 0.1 || halved > 40 {
                return true;
            }
            let middle = asked.centre();
            let quarter = [asked.width() / 4.0, asked.height() / 4.0];
            asked = Bounds {
                min: [middle[0] - quarter[0], middle[1] - quarter[1]],
                max: [middle[0] + quarter[0], middle[1] + quarter[1]],
            };
        }
        let mut candidates: Vec<(f64, u32)> = index
            .boxes_in(&asked)
            .into_iter()
            .filter(|candidate| other.kind(*candidate) == kind)
            .map(|candidate| (box_share(&own, &other.bounds(candidate).grown(reach)), candidate))
            .filter(|(share, _)| *share >= LEAST_SHARE)
            .collect();
        if candidates.len() > self.cut {
            bounded = true;
            candidates.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            candidates.truncate(self.cut);
            candidates.sort_unstable_by_key(|(_, candidate)| *candidate);
        }
        if candidates.is_empty() {
            return bounded;
        }
        let feature = Feature { column, row };
        let body = (kind == GeometryKind::Polygon).then(|| polygons(feature)).flatten();
        for (_, candidate) in candidates {
            let partner = Feature { column: other, row: candidate };
            let (Some(from), Some(to)) = (feature.middle(), partner.middle()) else { continue };
            let way = [to[0] - from[0], to[1] - from[1]];
            let [of_before, of_after] = shares(feature, body.as_ref(), partner).unwrap_or_default();
            let apart = way[0].hypot(way[1]);
            let mut edge = Edge { before: row, after: candidate, of_before, of_after, apart, alike: false };
            edge.alike = edge.score() < COMMON && same(feature, partner, way, self.tolerance);
            if edge.alike || of_before > 0.0 {
                edges.push(edge);
            }
        }
        bounded
    }
}

/// The common area of two boxes as a share of the smaller one.
fn box_share(a: &Bounds, b: &Bounds) -> f64 {
    let side = |k: usize| (a.max[k].min(b.max[k]) - a.min[k].max(b.min[k])).max(0.0);
    let smaller = (a.width() * a.height()).min(b.width() * b.height());
    if smaller > 0.0 { side(0) * side(1) / smaller } else { 0.0 }
}

/// The common share of either; `None` where there is none.
fn shares(a: Feature<'_>, body: Option<&MultiPolygon>, b: Feature<'_>) -> Option<[f64; 2]> {
    let shares = match a.kind() {
        GeometryKind::None => return None,
        GeometryKind::Point => [near(a, b), near(b, a)],
        GeometryKind::Line => [near(a, b), near(b, a)],
        GeometryKind::Polygon => {
            let common = body?.intersection(&polygons(b)?).unsigned_area();
            let (area, other) = (a.column.area(a.row), b.column.area(b.row));
            [common / area, common / other]
        }
    };
    let share = |share: f64| share.is_finite() && share > 0.0;
    (share(shares[0]) && share(shares[1])).then(|| shares.map(|share| share.min(1.0)))
}

/// The share of points of one, or of places along it, that lie within reach of the other.
fn near(a: Feature<'_>, b: Feature<'_>) -> f64 {
    let mut places = Vec::with_capacity(PLACES);
    if a.kind() == GeometryKind::Point {
        let all = a.column.vertices(a.row);
        places.extend(all.iter().step_by(all.len() / PLACES + 1).copied());
    } else {
        let step = a.column.length(a.row) / PLACES as f64;
        let mut next = step / 2.0;
        a.edges(|from, to| {
            let length = (to[0] - from[0]).hypot(to[1] - from[1]);
            while next <= length && places.len() < 2 * PLACES {
                let t = if length > 0.0 { next / length } else { 0.0 };
                places.push([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]);
                next += step;
            }
            next -= length;
        });
    }
    let within = places.iter().filter(|place| shape::distance(b.column, b.row, **place) <= REACH).count();
    if places.is_empty() { 0.0 } else { within as f64 / places.len() as f64 }
}

fn polygons(feature: Feature<'_>) -> Option<MultiPolygon> {
    match of_feature(feature.column, feature.row) {
        Some(Geometry::MultiPolygon(polygons)) => Some(polygons),
        _ => None,
    }
}

/// The area that a polygon, shifted, and another have in common, square metres; 0 for other kinds.
pub(super) fn common_area(a: Feature<'_>, b: Feature<'_>, shift: [f64; 2]) -> f64 {
    let bounds = a.bounds();
    let moved = Bounds {
        min: [bounds.min[0] + shift[0], bounds.min[1] + shift[1]],
        max: [bounds.max[0] + shift[0], bounds.max[1] + shift[1]],
    };
    if bounds.is_empty() || !moved.meets(&b.bounds()) {
        return 0.0;
    }
    match (polygons(a), polygons(b)) {
        (Some(a), Some(b)) => a.translate(shift[0], shift[1]).intersection(&b).unsigned_area(),
        _ => 0.0,
    }
}
