//! Rows of a layer in an order: filtered and sorted, read cell by cell. Pure: knows no Bevy.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex};

use super::state::Rows;
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::model::{Layer, Value};
use crate::themes::housing::personal::Masks;
use crate::tiles::stream::Column;

/// Rows of a layer, in the order shown.
pub struct LayerRows {
    /// The layer.
    pub layer: Arc<CityLayer>,
    /// Its rows, in the order shown.
    pub order: Arc<Vec<u32>>,
    masks: Masks,
    page: Mutex<Page>,
}

/// Rows of a streamed layer that were read last: those on the screen and some around them.
#[derive(Default)]
struct Page {
    /// Place in the order of the first.
    first: usize,
    layer: Option<Layer>,
    /// Where each row of the order is in `layer`.
    places: Vec<u32>,
}

/// Rows read at once.
const PAGE: usize = 256;

impl LayerRows {
    /// Rows of a layer in an order; personal data masked, or as it is.
    pub fn new(layer: Arc<CityLayer>, order: Arc<Vec<u32>>, unmasked: bool) -> Self {
        let masks = Masks::unless(unmasked, &layer.known().table);
        Self { layer, order, masks, page: Mutex::default() }
    }

    /// A cell of a streamed layer.
    fn streamed(&self, row: usize, column: usize) -> Option<String> {
        let stream = self.layer.stream.as_ref()?;
        let mut page = self.page.lock().ok()?;
        if page.layer.is_none() || row < page.first || row >= page.first + page.places.len() {
            let first = row / PAGE * PAGE;
            let wanted = &self.order[first.min(self.order.len())..(first + PAGE).min(self.order.len())];
            let mut sorted = wanted.to_vec();
            sorted.sort_unstable();
            let piece = stream.tiles.rows(&sorted, Wanted::All).ok()?;
            let places = wanted.iter().map(|row| piece.rows.binary_search(row).unwrap_or(0) as u32).collect();
            *page = Page { first, layer: Some(self.layer.of_piece(piece)), places };
        }
        let at = *page.places.get(row - page.first)?;
        let field = page.layer.as_ref()?.table.fields.get(column)?;
        Some(self.masks.shown(&field.name, field.values.get(at).to_string()))
    }
}

impl Rows for LayerRows {
    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> String {
        if self.layer.stream.is_some() {
            return self.streamed(row, column).unwrap_or_default();
        }
        let fields = &self.layer.layer.table.fields;
        match (self.order.get(row), fields.get(column)) {
            (Some(row), Some(field)) => self.masks.shown(&field.name, field.values.get(*row).to_string()),
            _ => String::new(),
        }
    }
}

/// Sorts rows by a field; rows without a value come last whichever way, equal ones by row.
pub fn sort(rows: &mut [u32], values: &Column, descending: bool) {
    rows.sort_by(|a, b| {
        let (x, y) = (values.get(*a), values.get(*b));
        let ordering = match (x.is_null(), y.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) if descending => compare(&y, &x),
            (false, false) => compare(&x, &y),
        };
        ordering.then(a.cmp(b))
    });
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Integer(a), Value::Integer(b)) | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Real(a), Value::Real(b)) => a.total_cmp(b),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Float64Array;

    #[test]
    fn rows_without_a_value_stand_last_both_ways() {
        let values = Float64Array::from(vec![Some(3.0), None, Some(1.0), Some(3.0)]);
        let values = Column::of(crate::model::Values::Real(values));
        let mut rows = vec![0, 1, 2, 3];
        sort(&mut rows, &values, false);
        assert_eq!(rows, [2, 0, 3, 1]);
        sort(&mut rows, &values, true);
        assert_eq!(rows, [0, 3, 2, 1]);
    }
}
