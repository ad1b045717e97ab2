//! Which rows are drawn first: a quadtree whose upper squares hold the largest.

use crate::model::{FieldType, GeometryKind, Value};

use super::Job;
use super::columns::Type;
use super::part::Part;
use crate::snapshot::write::SnapshotError;

/// A row that has faces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item {
    pub row: u32,
    /// Metres from the middle of what was chosen: to a metre is enough to sort by.
    pub at: [f32; 2],
    /// The diagonal of its box in space, metres.
    pub size: f32,
}

/// What a first look at all rows of a layer finds. 16 bytes a row are kept.
#[derive(Debug)]
pub(super) struct Plan {
    pub items: Vec<Item>,
    /// The type of each field that leaves, by all of its values.
    pub types: Vec<Type>,
}

/// Looks at all rows.
pub(super) fn of(job: &Job<'_>, part: &Part<'_>) -> Result<Plan, SnapshotError> {
    let layer = &part.layer.layer.id;
    job.progress.stage(format!("looking at {layer}"), part.rows.len() as u64);
    let middle = if job.stage.extent.is_empty() { [0.0; 2] } else { job.stage.extent.centre() };
    let known = &part.layer.known().table;
    let kind = |field: &String| known.field(field).map_or(FieldType::Text, |f| f.values.kind());
    let mut types: Vec<Type> = part
        .fields
        .iter()
        .map(|field| if part.masks.hides(field) { Type::Text } else { Type::first(kind(field)) })
        .collect();
    let mut items = Vec::new();
    let mut done = 0;
    for number in 0..part.pieces() {
        job.at(done)?;
        let piece = part.piece(number).map_err(|reason| SnapshotError::Read { layer: layer.clone(), reason })?;
        let (table, bodies) = (&piece.layer.table, job.stage.bodies(&piece));
        for row in 0..table.len() as u32 {
            let shown = match &bodies {
                Some(bodies) => bodies.is_body(row),
                None => table.geometry.kind(row) != GeometryKind::None,
            };
            let bounds = table.geometry.bounds(row);
            let at = bounds.centre();
            if !shown || !at.iter().all(|v| v.is_finite()) {
                continue;
            }
            let high = bodies.as_ref().map_or(0.0, |b| b.top[row as usize] - b.bottom[row as usize]);
            let size = bounds.width().hypot(bounds.height()).hypot(f64::from(high)) as f32;
            let at = [(at[0] - middle[0]) as f32, (at[1] - middle[1]) as f32];
            items.push(Item { row: piece.layer.whole_row(row), at, size });
        }
        for (field, kind) in part.fields.iter().zip(&mut types).filter(|(_, kind)| **kind != Type::Text) {
            let Some(values) = table.field(field).map(|field| &field.values) else { continue };
            (0..table.len() as u32).for_each(|row| match values.get(row) {
                Value::Null => kind.see_none(),
                value => kind.see(&value),
            });
        }
        done += table.len() as u64;
    }
    Ok(Plan { items, types })
}

/// A square of the tree with what is left in it.
#[derive(Debug)]
pub(super) struct Square {
    items: Vec<Item>,
    middle: [f32; 2],
    half: f32,
    /// Level, column, row: a name.
    pub place: [u32; 3],
}

/// Squares are not halved more often: a thousand kilometres become a metre.
const DEEPEST: u32 = 20;

impl Square {
    /// Around all items.
    pub fn around(items: Vec<Item>) -> Self {
        let edge = |k: usize, first: f32, pick: fn(f32, f32) -> f32| items.iter().map(|i| i.at[k]).fold(first, pick);
        let min = [0, 1].map(|k| edge(k, f32::INFINITY, f32::min));
        let max = [0, 1].map(|k| edge(k, f32::NEG_INFINITY, f32::max));
        let half = ((max[0] - min[0]).max(max[1] - min[1]) / 2.0).max(0.5);
        Self { middle: [0, 1].map(|k| (min[k] + max[k]) / 2.0), half, items, place: [0; 3] }
    }

    /// Takes the largest items out: their rows, ascending. All of them where nothing is gained by another level.
    pub fn take_largest(&mut self, most: usize) -> Vec<u32> {
        let count = self.items.len();
        let taken = if count <= most || self.place[0] == DEEPEST {
            std::mem::take(&mut self.items)
        } else {
            let larger = |a: &Item, b: &Item| b.size.total_cmp(&a.size).then(a.row.cmp(&b.row));
            self.items.select_nth_unstable_by(most, larger);
            self.items.drain(..most).collect()
        };
        let mut rows: Vec<u32> = taken.iter().map(|item| item.row).collect();
        rows.sort_unstable();
        rows
    }

    /// The diagonal of the largest item that is left, metres: what is wrong while only those taken are shown.
    pub fn error(&self) -> f64 {
        self.items.iter().map(|item| f64::from(item.size)).fold(0.0, f64::max)
    }

    /// The four squares within, those that hold something.
    pub fn quarters(self) -> Vec<Square> {
        let mut items: [Vec<Item>; 4] = Default::default();
        for item in self.items {
            let quarter = usize::from(item.at[0] >= self.middle[0]) + 2 * usize::from(item.at[1] >= self.middle[1]);
            items[quarter].push(item);
        }
        let half = self.half / 2.0;
        let [level, x, y] = self.place;
        let square = |(i, items): (usize, Vec<Item>)| {
            let side = [i & 1, i >> 1].map(|k| k as u32);
            let step = side.map(|k| if k == 1 { half } else { -half });
            Square {
                items,
                middle: [self.middle[0] + step[0], self.middle[1] + step[1]],
                half,
                // A name counts on where squares are halved more often than a number has digits.
                place: [level + 1, x.wrapping_mul(2) + side[0], y.wrapping_mul(2) + side[1]],
            }
        };
        items.into_iter().enumerate().filter(|(_, items)| !items.is_empty()).map(square).collect()
    }
}
