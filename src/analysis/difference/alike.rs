//! Rows without a partner that have the same shape at the same place on both sides: partners without any cutting.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Matched;
use super::attributes::{Fields, plain};
use super::same::{Feature, same};
use crate::model::{FeatureTable, GeometryKind, Layer};
use crate::report::{Cancelled, Progress};

/// Others of nearly the same box that are looked at for each row: piles of different shapes with the same box are
/// rare, and must not cost their square.
const LOOKED_AT: usize = 64;
/// Of more than so many at one place, those of the same attributes are found by them.
const PILE: usize = 16;

/// A kind of geometry and a box as four whole numbers: its middle and its sides in steps.
type Key = (u8, [i64; 4]);

/// Rows of the second version without a partner.
struct Places {
    of_box: HashMap<Key, VecDeque<u32>>,
    /// Where many have the same box: by their attributes as well.
    piles: HashMap<(Key, u64), VecDeque<u32>>,
    /// Rows without geometry, by their attributes.
    nowhere: HashMap<u64, VecDeque<u32>>,
}

/// Matches rows of the same shape; among those at one place, rows of the same attributes first, then in their order.
/// Rows without geometry are matched by their attributes.
pub(super) fn pair(
    a: &Layer,
    b: &Layer,
    fields: &Fields,
    tolerance: f64,
    matched: &mut Matched,
    progress: &Progress,
) -> Result<u64, Cancelled> {
    // Boxes of the same thing differ by less than half a step, so that two neighbouring steps hold them.
    let step = (8.0 * tolerance).max(1e-3);
    let mut places = Places::of(b, fields, step, matched);
    let mut found = 0;
    let rows = matched.loose_before();
    progress.stage("same shapes", 2 * rows.len() as u64);
    for (round, alike) in [true, false].into_iter().enumerate() {
        for (done, row) in rows.iter().copied().enumerate() {
            if done % 4096 == 0 {
                progress.at((round * rows.len() + done) as u64)?;
            }
            if matched.of_before(row).is_some() {
                continue;
            }
            let Some(sizes) = sizes(&a.table, row) else {
                let partner = alike.then(|| places.nowhere.get_mut(&hash_of(a, fields, row, false))?.pop_front());
                if let Some(partner) = partner.flatten() {
                    matched.join(row, partner);
                    found += 1;
                }
                continue;
            };
            let fits = |other: u32| {
                (!alike || fields.changed(&a.table, row, &b.table, other).is_empty())
                    && same(of(a, row), of(b, other), [0.0; 2], tolerance)
            };
            let kind = kind_of(&a.table, row);
            let mut hash = None;
            let partner = corners(sizes, step).find_map(|corner| {
                let mut others = places.of_box.get_mut(&(kind, corner))?;
                if alike && others.len() > PILE {
                    let hash = *hash.get_or_insert_with(|| hash_of(a, fields, row, false));
                    others = places.piles.get_mut(&((kind, corner), hash))?;
                }
                let at = others.iter().take(LOOKED_AT).position(|other| fits(*other))?;
                others.remove(at)
            });
            if let Some(partner) = partner {
                matched.join(row, partner);
                found += 1;
            }
        }
        // Those of piles stand in two lists.
        places.of_box.values_mut().for_each(|others| others.retain(|other| matched.of_after(*other).is_none()));
    }
    Ok(found)
}

impl Places {
    fn of(b: &Layer, fields: &Fields, step: f64, matched: &Matched) -> Self {
        let mut places = Self { of_box: HashMap::new(), piles: HashMap::new(), nowhere: HashMap::new() };
        for row in matched.loose_after() {
            if let Some(sizes) = sizes(&b.table, row) {
                let key = (kind_of(&b.table, row), sizes.map(|size| (size / step).floor() as i64));
                places.of_box.entry(key).or_default().push_back(row);
            } else {
                places.nowhere.entry(hash_of(b, fields, row, true)).or_default().push_back(row);
            }
        }
        for (key, others) in places.of_box.iter().filter(|(_, others)| others.len() > PILE) {
            for row in others {
                places.piles.entry((*key, hash_of(b, fields, *row, true))).or_default().push_back(*row);
            }
        }
        places
    }
}

/// The attributes of a row that both versions have, as one number.
fn hash_of(layer: &Layer, fields: &Fields, row: u32, after: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    for common in &fields.common {
        let field = &layer.table.fields[if after { common.after } else { common.before }];
        plain(&field.values.get(row)).hash(&mut hasher);
    }
    hasher.finish()
}

fn of(layer: &Layer, row: u32) -> Feature<'_> {
    Feature { column: &layer.table.geometry, row }
}

fn kind_of(table: &FeatureTable, row: u32) -> u8 {
    table.geometry.kind(row) as u8
}

/// Middle and sides of a row's box.
fn sizes(table: &FeatureTable, row: u32) -> Option<[f64; 4]> {
    let bounds = table.geometry.bounds(row);
    if bounds.is_empty() || table.geometry.kind(row) == GeometryKind::None {
        return None;
    }
    let [x, y] = bounds.centre();
    Some([x, y, bounds.width(), bounds.height()]).filter(|sizes| sizes.iter().all(|size| size.is_finite()))
}

/// The steps in which what differs by up to half a step may lie: the own one and the nearer neighbour, in each of
/// four directions.
fn corners(sizes: [f64; 4], step: f64) -> impl Iterator<Item = [i64; 4]> {
    let both = sizes.map(|size| {
        let own = (size / step).floor();
        let neighbour = if size / step - own < 0.5 { own - 1.0 } else { own + 1.0 };
        [own as i64, neighbour as i64]
    });
    (0..16_usize).map(move |which| [0, 1, 2, 3].map(|k| both[k][(which >> k) & 1]))
}
