//! CSV that programs read and spreadsheets open: RFC 4180, and no cell is a formula.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::aside::Aside;
use super::writer::{Head, LayerWriter, Renamed};
use super::{WriteError, wkt};
use crate::model::FeatureTable;
use crate::model::height::Heights;
use crate::report::Progress;

/// A layer as a table, its geometry as well-known text in the last column.
#[derive(Debug)]
pub struct CsvFile {
    path: PathBuf,
    aside: Aside,
    out: BufWriter<File>,
    crs: String,
    /// Texts that are written with an apostrophe.
    marked: u64,
}

impl CsvFile {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let (aside, out) = Aside::buffered(path)?;
        Ok(Self { path: path.to_owned(), aside, out, crs: String::new(), marked: 0 })
    }
}

impl LayerWriter for CsvFile {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        self.crs = head.crs.to_string();
        let mut cells: Vec<String> = fields.fields.iter().map(|field| field.name.clone()).collect();
        cells.push("wkt".to_owned());
        // Spreadsheets take it for another encoding without.
        self.out
            .write_all("\u{feff}".as_bytes())
            .and_then(|()| record(&mut self.out, &cells))
            .map_err(|error| WriteError::new(&self.path, error))?;
        Ok(Renamed::new())
    }

    fn push(&mut self, rows: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        for row in 0..rows.len() as u32 {
            let mut cells: Vec<String> = rows.fields.iter().map(|field| field.values.get(row).to_string()).collect();
            cells.push(wkt::text_of(&rows.geometry, row));
            self.marked += cells.iter().filter(|cell| is_formula(cell)).count() as u64;
            record(&mut self.out, &cells).map_err(|error| WriteError::new(&self.path, error))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        self.out.flush().map_err(|error| WriteError::new(&self.path, error))?;
        self.aside.keep()?;
        let mut said = vec![format!("CSV: coordinates are in {}, and the file cannot say so", self.crs)];
        if self.marked > 0 {
            said.push(format!(
                "CSV: {} texts that a spreadsheet would run as formulas begin with an apostrophe in the file",
                self.marked
            ));
        }
        Ok(said)
    }
}

/// Whether a spreadsheet would run a cell.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && cell.parse::<f64>().is_err()
}

/// One record: quoted where it must be, CRLF at the end.
///
/// Spreadsheets run a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula; such a text
/// is written with an apostrophe before it, unless it is a number.
///
/// # Errors
/// What the writer says.
pub fn record(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        let mark = if is_formula(cell) { "'" } else { "" };
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{mark}{}\"", cell.replace('"', "\"\""))?;
        } else {
            write!(out, "{mark}{cell}")?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let mut out = Vec::new();
        let cells = ["a,b", "say \"x\"", "=1+1", "-5.5", "-cmd", "@x,y", "+86 22", "行\n二", ""].map(str::to_owned);
        record(&mut out, &cells).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\"a,b\",\"say \"\"x\"\"\",'=1+1,-5.5,'-cmd,\"'@x,y\",'+86 22,\"行\n二\",\r\n");
    }
}
