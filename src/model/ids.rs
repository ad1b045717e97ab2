//! What a row is called by its id field, and ids that several rows have.

use std::borrow::Cow;
use std::collections::HashMap;

use super::table::{FeatureTable, Value};

/// Values of a field of ids that are named to people; more are counted.
const NAMED: usize = 3;

/// The id that a value is; none where nothing but blanks is written.
pub fn id_in<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(Cow::Borrowed(&**text)).filter(|text| !text.trim().is_empty()),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// What is wrong with a field as the id of its rows: values that several rows have, for people; `None` where every
/// row has its own.
pub fn repeated(table: &FeatureTable, field: &str) -> Option<String> {
    let values = &table.field(field)?.values;
    // First row and number of rows of each id.
    let mut rows: HashMap<String, (u32, u32)> = HashMap::new();
    for row in 0..table.len() as u32 {
        if let Some(id) = id_in(&values.get(row)) {
            rows.entry(id.into_owned()).or_insert((row, 0)).1 += 1;
        }
    }
    let mut shared: Vec<(u32, u32, String)> =
        rows.into_iter().filter(|(_, (_, count))| *count > 1).map(|(id, (first, count))| (first, count, id)).collect();
    shared.sort_unstable();
    let in_all: u32 = shared.iter().map(|(_, count, _)| count).sum();
    let first: Vec<String> = shared.iter().take(NAMED).map(|(_, count, id)| format!("{id} ({count} rows)")).collect();
    let more = if shared.len() > NAMED { ", …" } else { "" };
    let message = format!(
        "field {field} is its id, but {} of its values stand in several rows, {in_all} rows in all: {}{more}; such an \
         id means all of its rows, #ROW means one",
        shared.len(),
        first.join(", ")
    );
    (!shared.is_empty()).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryKind, TableBuilder};

    /// Seven rows: A three times, B twice, C once, a blank: two values in five rows.
    #[test]
    fn ids_that_stand_twice_are_counted_and_named() {
        let table = |ids: &[&'static str]| {
            let mut builder = TableBuilder::default();
            let column = builder.field("code");
            for id in ids {
                builder.set(column, &Value::Text((*id).into()));
                builder.geometry.end_feature(GeometryKind::None);
            }
            builder.finish()
        };
        let said = repeated(&table(&["C", "B", "A", "B", " ", "A", "A"]), "code").unwrap();
        assert!(said.contains("2 of its values") && said.contains("5 rows in all"), "{said}");
        assert!(said.contains("B (2 rows), A (3 rows);"), "{said}");
        assert_eq!(repeated(&table(&["A", "B", " ", " "]), "code"), None);
    }
}
