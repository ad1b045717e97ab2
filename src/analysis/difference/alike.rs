//! Rows without a partner that have the same shape at the same place on both sides: partners without any cutting.

use std::collections::{HashMap, VecDeque};

use super::Matched;
use super::attributes::Fields;
use super::same::{Feature, same};
use crate::model::{FeatureTable, GeometryKind, Layer};
use crate::report::{Cancelled, Progress};

/// Others of nearly the same box that are looked at for each row: piles of different shapes with the same box are
/// rare, and must not cost their square.
const LOOKED_AT: usize = 64;

/// A box as four whole numbers: its middle and its sides in steps.
type Key = (u8, [i64; 4]);

/// Matches rows of the same shape; among those at one place, rows of the same attributes first, then in their order.
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
    let mut places: HashMap<Key, VecDeque<u32>> = HashMap::new();
    for row in matched.loose_after() {
        if let Some(sizes) = sizes(&b.table, row) {
            let key = (kind_of(&b.table, row), sizes.map(|size| (size / step).floor() as i64));
            places.entry(key).or_default().push_back(row);
        }
    }
    let mut found = 0;
    let rows = matched.loose_before();
    progress.stage("same shapes", 2 * rows.len() as u64);
    for (round, alike) in [true, false].into_iter().enumerate() {
        for (done, row) in rows.iter().copied().enumerate() {
            if done % 4096 == 0 {
                progress.at((round * rows.len() + done) as u64)?;
            }
            let Some(sizes) = sizes(&a.table, row).filter(|_| matched.of_before(row).is_none()) else { continue };
            let fits = |other: u32| {
                (!alike || fields.changed(&a.table, row, &b.table, other).is_empty())
                    && same(of(a, row), of(b, other), [0.0; 2], tolerance)
            };
            let kind = kind_of(&a.table, row);
            let partner = corners(sizes, step).find_map(|corner| {
                let others = places.get_mut(&(kind, corner))?;
                let at = others.iter().take(LOOKED_AT).position(|other| fits(*other))?;
                others.remove(at)
            });
            if let Some(partner) = partner {
                matched.join(row, partner);
                found += 1;
            }
        }
    }
    Ok(found)
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
