//! Rows of a layer in an order: filtered and sorted, read cell by cell. Pure: knows no Bevy.

use std::cmp::Ordering;
use std::sync::Arc;

use super::state::Rows;
use crate::city::CityLayer;
use crate::model::{Value, Values};

/// Rows of a layer, in the order shown.
pub struct LayerRows {
    /// The layer.
    pub layer: Arc<CityLayer>,
    /// Its rows, in the order shown.
    pub order: Arc<Vec<u32>>,
}

impl Rows for LayerRows {
    fn len(&self) -> usize {
        self.order.len()
    }

    fn cell(&self, row: usize, column: usize) -> String {
        let fields = &self.layer.layer.table.fields;
        match (self.order.get(row), fields.get(column)) {
            (Some(row), Some(field)) => field.values.get(*row).to_string(),
            _ => String::new(),
        }
    }
}

/// Sorts rows by a field; rows without a value come last whichever way, equal ones by row.
pub fn sort(rows: &mut [u32], values: &Values, descending: bool) {
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
        let values = Values::Real(Float64Array::from(vec![Some(3.0), None, Some(1.0), Some(3.0)]));
        let mut rows = vec![0, 1, 2, 3];
        sort(&mut rows, &values, false);
        assert_eq!(rows, [2, 0, 3, 1]);
        sort(&mut rows, &values, true);
        assert_eq!(rows, [0, 3, 2, 1]);
    }
}
