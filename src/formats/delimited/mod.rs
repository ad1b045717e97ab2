//! CSV and TSV: tables in text, with or without coordinates.
//!
//! Read by our own code, not GDAL's: separators, decimal commas, encodings and Chinese column
//! names must be found, and codes such as `007` must stay texts. The file is gone through twice:
//! first to find each column's type over all rows, then to fill the columns.

mod column;
mod coordinates;
mod records;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::column::{Type, column_types};
use self::coordinates::Coordinates;
use self::records::{RECORD_BYTES, Records, separator_of};
use super::chunks::{Head, Rows, Sink};
use super::text::Text;
use super::{OpenError, OpenOptions, RawLayer, encoding, limits, whole};
use crate::model::GeometryKind;
use crate::place::FoundCrs;
use crate::report::{Progress, Severity};

/// Reads a delimited text file.
///
/// # CRS
/// Columns named as longitude and latitude whose values are degrees are WGS 84 by the names alone
/// (said in the note); anything else is unknown.
///
/// # Errors
/// [`OpenError`] when it is no table.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    whole(path, |sink| read_chunks(path, options, usize::MAX, progress, sink))
}

/// Reads it in runs of at most `most` rows.
pub(super) fn read_chunks(
    path: &Path,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Result<(), OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let mut map = Text::open(path).map_err(|e| fail(e.to_string()))?;
    let found = encoding::whole(&map, options.encoding.as_deref()).map_err(fail)?;
    if found.encoding != encoding_rs::UTF_8 {
        map = map.decoded(&found).map_err(|e| fail(format!("it cannot be decoded as {}: {e}", found.how)))?;
    }
    let text: &[u8] = map.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&map);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut rows = Rows::new(most);
    if text.iter().take(4096).any(|b| *b == 0) {
        return Err(fail("it holds binary data instead of text".into()));
    }
    // Excel's own first line `sep=;` says the separator and is no row.
    let said = text.get(..4).filter(|s| s.eq_ignore_ascii_case(b"sep=")).and_then(|_| text.get(4).copied());
    let separator = said.unwrap_or_else(|| separator_of(text));
    let begin = if said.is_some() { 5 } else { 0 };
    let mut records = Records::new(text, begin, separator);
    let header = records.next().ok_or_else(|| fail("it holds no line of column names".into()))?;
    let mut names: Vec<String> = header.iter().map(|c| c.trim().to_owned()).collect();
    let headless = names.len() > 1 && names.iter().all(|n| n.parse::<f64>().is_ok());
    for (i, name) in names.iter_mut().enumerate().filter(|(_, n)| headless || n.is_empty()) {
        *name = format!("column {}", i + 1);
    }
    if headless {
        rows.report.warn(&name, "its first line holds numbers instead of column names: the columns were numbered");
    }
    if names.len() > limits::FIELDS {
        return Err(fail(format!("it has more than {} columns", limits::FIELDS)));
    }
    progress.stage(format!("reading {name}"), text.len() as u64 * 2);
    let start = if headless { begin } else { records.at };
    records.at = start;
    let limit = options.limit.unwrap_or(u64::MAX).min(u64::from(u32::MAX) - 1);
    let types = column_types(&mut records, names.len(), limit, separator == b';', &map, progress)
        .map_err(|_| OpenError::cancelled(path))?;
    map.again();
    let decimal_comma = types.contains(&Type::Comma);
    let (place, odd) = Coordinates::find(&names, &types, Records::new(text, start, separator), separator == b';');
    if let Some(odd) = odd {
        rows.report.warn(&name, odd);
    }
    let mut head = Head {
        name: name.clone(),
        format: if separator == b'\t' { "TSV" } else { "CSV" }.into(),
        crs: FoundCrs::unknown(""),
        encoding: found.how,
    };
    let columns: Vec<usize> = names.iter().map(|n| rows.builder.field(n)).collect();
    let mut records = Records::new(text, start, separator);
    let (mut uneven, mut row, mut settled) = (0_u64, 0_u64, false);
    while row < limit {
        let at = records.at;
        let Some(record) = records.next() else { break };
        if row.is_multiple_of(4096) {
            progress.at((text.len() + at) as u64).map_err(|_| OpenError::cancelled(path))?;
            map.release(at);
        }
        if records.at - at > RECORD_BYTES {
            rows.report.add(
                Severity::Error,
                &name,
                format!("row {row} is longer than {} MiB; kept the rows before it", RECORD_BYTES >> 20),
            );
            break;
        }
        if rows.is_full() {
            if !settled {
                // Whether the numbers are degrees shows only over all rows, and the first run needs it.
                let mut rest = Records::new(text, at, separator);
                rest.unclosed = records.unclosed;
                let extent = place.extent(&names, rest, limit - row, &map, progress);
                let mut extent = extent.map_err(|_| OpenError::cancelled(path))?;
                extent.join(rows.builder.geometry.extent());
                head.crs = place.crs(&names, &extent);
                settled = true;
            }
            sink(rows.take(&head, false))?;
        }
        uneven += u64::from(record.len() != names.len());
        for ((cell, kind), column) in record.iter().zip(&types).zip(&columns) {
            if let Some(value) = kind.value(cell) {
                rows.builder.set(*column, &value);
            }
        }
        match place.push(&record, &mut rows.builder) {
            Ok(kind) => rows.builder.geometry.end_feature(kind),
            Err(reason) => {
                rows.builder.geometry.drop_feature();
                rows.builder.geometry.end_feature(GeometryKind::None);
                rows.report.skip(row, reason);
            }
        }
        row += 1;
    }
    if uneven > 0 {
        rows.report
            .warn(&name, format!("{uneven} rows have more or fewer cells than the {} column names", names.len()));
    }
    if let Some(at) = records.unclosed {
        let line = text[..at].iter().filter(|b| **b == b'\n').count() + 1;
        let message =
            format!("the quote that opens in line {line} is never closed: quotes from there on were taken as they are");
        rows.report.add(Severity::Error, &name, message);
    }
    if decimal_comma {
        rows.report.note(&name, "numbers with decimal commas were read");
    }
    if row == 0 {
        rows.report.warn(&name, "it has column names but no rows");
    }
    if !settled {
        head.crs = place.crs(&names, &rows.builder.geometry.extent());
    }
    sink(rows.take(&head, true))
}
