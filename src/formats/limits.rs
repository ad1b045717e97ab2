//! How much a file may ask for.
//!
//! Files come from strangers. A few bytes can declare a million fields or a raster of a million
//! pixels squared; these limits stand far above real data and below what an office machine has.

use crate::model::TableBuilder;

/// One GeoJSON feature: 1 GiB. The largest real ones (a country's coast in full detail) have some
/// 100 MB; the slice is parsed in place, so this bounds scanning, not copying.
pub const FEATURE_BYTES: usize = 1 << 30;

/// Fields of a layer: GeoPackage and PostGIS allow 2,000 and 1,600.
pub const FIELDS: usize = 4096;

/// Rows times fields: a null costs four bytes in a text column, so this is 4 GiB at worst.
pub const CELLS: u64 = 1 << 30;

/// Rows times fields that may be nearly all empty: below it no look is taken at how many are.
pub const SPARSE_CELLS: u64 = 1 << 25;

/// Cells for each byte of a text. A real table has less than one; a few bytes a row that name each
/// another field would ask for gigabytes.
pub const CELLS_PER_BYTE: u64 = 8;

/// One unpacked file inside an archive.
#[cfg(feature = "gdal")]
pub const UNPACKED_BYTES: u64 = 8 << 30;

/// Files looked at inside an archive.
#[cfg(feature = "gdal")]
pub const ARCHIVE_FILES: usize = 10_000;

/// Samples of a raster that are read at once: 16,384 squared, 1 GiB of `f32`.
#[cfg(feature = "gdal")]
pub const RASTER_SAMPLES: u64 = 1 << 28;

/// Pixels of a raster without overviews that is still warped as a whole: 92,000 squared.
#[cfg(feature = "gdal")]
pub const RASTER_PIXELS: u64 = 1 << 33;

/// The column of a field; an error instead of a field too many.
///
/// # Errors
/// The reason, when the layer has [`FIELDS`] fields already.
pub fn column(builder: &mut TableBuilder, name: &str) -> Result<usize, String> {
    match builder.find(name) {
        Some(column) => Ok(column),
        None if builder.field_count() >= FIELDS => Err(format!("the layer has more than {FIELDS} fields")),
        None => Ok(builder.field(name)),
    }
}

/// An error when a table is nearly empty but asks for much memory, after `bytes` of text.
///
/// # Errors
/// The reason.
pub fn check_sparse(builder: &TableBuilder, bytes: usize) -> Result<(), String> {
    let (rows, fields) = (builder.row() as u64, builder.field_count() as u64);
    let cells = rows.saturating_mul(fields);
    if cells > SPARSE_CELLS && cells / CELLS_PER_BYTE > bytes as u64 {
        return Err(format!(
            "{rows} features have {fields} different properties, nearly all of them empty; put them into fewer"
        ));
    }
    Ok(())
}

/// An error when a table grows beyond what memory holds.
///
/// # Errors
/// The reason.
pub fn check_cells(builder: &TableBuilder) -> Result<(), String> {
    let (rows, fields) = (builder.row() as u64, builder.field_count() as u64);
    if rows.saturating_mul(fields) > CELLS {
        return Err(format!("{rows} rows of {fields} fields are more than fit into memory; split the layer"));
    }
    Ok(())
}
