//! Where tests find real data, and pieces of layers.

use std::path::PathBuf;

use crate::model::{Heights, Layer, TableBuilder};

/// A file of the shared real data, or `None` (with a printed reason) where it is absent.
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    // Asked for at run time, since checkouts may share a target folder.
    let package = || std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from);
    let folder = std::env::var_os("CIMBASE_TEST_DATA").map_or_else(|| package().join("../shared/data"), PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: no {} (set CIMBASE_TEST_DATA to the folder of real data)", file.display());
    None
}

/// A piece of a layer as a reader of streamed layers makes it: columns take their types from the
/// values of the piece alone.
pub(crate) fn piece_of(layer: &Layer, rows: &[u32]) -> Layer {
    let mut builder = TableBuilder::default();
    let fields: Vec<_> = layer.table.fields.iter().map(|field| (builder.field(&field.name), field)).collect();
    for row in rows {
        for (column, field) in &fields {
            builder.set(*column, &field.values.get(*row));
        }
        builder.geometry.push_from(&layer.table.geometry, *row);
    }
    let some = |all: &[f32]| rows.iter().map(|row| all[*row as usize]).collect();
    let heights = layer.heights.as_ref().map(|heights| Heights {
        top: some(&heights.top),
        base: some(&heights.base),
        source: rows.iter().map(|row| heights.source[*row as usize]).collect(),
        covered: rows.iter().map(|row| heights.covered[*row as usize]).collect(),
    });
    let whole = rows.iter().map(|row| layer.whole_row(*row)).collect();
    Layer { table: builder.finish(), rows: whole, heights, ..layer.clone() }
}
