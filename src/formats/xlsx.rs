//! Writing workbooks: a sheet for each layer, its geometry as well-known text in the last column.
//!
//! Rows leave memory as they come. A text is never a formula. What a spreadsheet cannot hold is counted and said.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::aside::{Aside, folder_of};
use super::writer::{Head, LayerWriter, Renamed};
use super::{WriteError, wkt};
use crate::model::height::Heights;
use crate::model::{FeatureTable, Value};
use crate::report::Progress;

/// Rows of a sheet, without its head.
const ROWS: u64 = 1_048_575;

/// Refuses a layer that has more rows than a sheet holds.
///
/// # Errors
/// [`WriteError`] for the file that is not written.
pub fn check_rows(path: &Path, layer: &str, rows: u64) -> Result<(), WriteError> {
    if rows <= ROWS {
        return Ok(());
    }
    let message = format!("layer {layer}: a sheet ends at {ROWS} rows; write a .csv or a .gpkg");
    Err(WriteError::new(path, message))
}

/// Characters of a cell, in UTF-16 units.
const CELL: usize = 32_767;
/// Whole numbers from here on lose digits: a spreadsheet keeps 15.
const DIGITS: i64 = 1_000_000_000_000_000;
/// The day that spreadsheets count from, 1899-12-30, in days before 1970-01-01.
const EPOCH: f64 = 25_569.0;
/// 1900-03-01. Spreadsheets have a 29 February of 1900, and show the days before it one too late.
const FIRST: f64 = 61.0;

/// A workbook that is being written.
pub struct XlsxFile {
    path: PathBuf,
    aside: Aside,
    book: Workbook,
    sheets: usize,
    layer: String,
    crs: String,
    columns: usize,
    rows: u64,
    moment: Format,
    head: Format,
    cut: u64,
    shapes: u64,
    long: u64,
}

impl XlsxFile {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let aside = Aside::create(path)?;
        let mut book = Workbook::new();
        book.set_tempdir(folder_of(path)).map_err(|error| WriteError::new(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            aside,
            book,
            sheets: 0,
            layer: String::new(),
            crs: String::new(),
            columns: 0,
            rows: 0,
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            head: Format::new().set_bold(),
            cut: 0,
            shapes: 0,
            long: 0,
        })
    }

    fn end(&mut self) -> Result<(), WriteError> {
        if self.sheets == 0 {
            return Ok(());
        }
        let (rows, columns) = (self.rows as u32, self.columns as u16);
        let sheet = self.book.worksheet_from_index(self.sheets - 1).map_err(|e| WriteError::new(&self.path, e))?;
        sheet.autofilter(0, 0, rows, columns).map_err(|e| WriteError::new(&self.path, e))?;
        Ok(())
    }
}

/// Calls the crate, which panics where a row cannot go onto the disk: a full disk is no fault of the program.
fn guarded<T>(path: &Path, call: impl FnOnce() -> Result<T, XlsxError>) -> Result<(), WriteError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(done) => done.map(drop).map_err(|error| WriteError::new(path, error)),
        Err(_) => Err(WriteError::new(path, "rows cannot be written: the disk is full, or gives no more room")),
    }
}

/// A cell's text and whether it is whole.
fn fit(text: &str) -> (String, bool) {
    if text.encode_utf16().count() <= CELL {
        return (text.to_owned(), true);
    }
    let mut units = 0;
    let fits = text.chars().take_while(|c| {
        units += c.len_utf16();
        units <= CELL
    });
    (fits.collect(), false)
}

impl LayerWriter for XlsxFile {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        self.end()?;
        let mut name: String = head.name.chars().take(31).collect();
        // Ids differ, their first 31 letters need not.
        if self.book.worksheets().iter().any(|sheet| sheet.name() == name) {
            name = format!("{}_{}", name.chars().take(27).collect::<String>(), self.sheets + 1);
        }
        let (bold, columns) = (self.head.clone(), fields.fields.len());
        let make = || -> Result<(), XlsxError> {
            let sheet = self.book.add_worksheet_with_constant_memory()?;
            sheet.set_name(name)?.set_freeze_panes(1, 0)?;
            for (at, field) in fields.fields.iter().enumerate() {
                sheet.set_column_width(at as u16, 16)?;
                sheet.write_string_with_format(0, at as u16, &field.name, &bold)?;
            }
            sheet.write_string_with_format(0, columns as u16, "wkt", &bold)?;
            Ok(())
        };
        make().map_err(|error| WriteError::new(&self.path, error))?;
        (self.sheets, self.columns, self.rows) = (self.sheets + 1, columns, 0);
        head.name.clone_into(&mut self.layer);
        self.crs = head.crs.to_string();
        Ok(Renamed::new())
    }

    fn push(&mut self, table: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        check_rows(&self.path, &self.layer, self.rows + table.len() as u64)?;
        let (mut cut, mut shapes, mut long) = (0, 0, 0);
        let (first, moment) = (self.rows as u32 + 1, &self.moment);
        let mut write = |sheet: &mut Worksheet| -> Result<(), XlsxError> {
            for row in 0..table.len() as u32 {
                let there = first + row;
                for (at, field) in table.fields.iter().enumerate() {
                    let at = at as u16;
                    match field.values.get(row) {
                        Value::Null => {}
                        Value::Boolean(v) => drop(sheet.write_boolean(there, at, v)?),
                        Value::Integer(v) if v.abs() < DIGITS => drop(sheet.write_number(there, at, v as f64)?),
                        Value::Integer(v) => {
                            long += 1;
                            sheet.write_string(there, at, v.to_string())?;
                        }
                        Value::Real(v) if v.is_finite() => drop(sheet.write_number(there, at, v)?),
                        Value::Real(_) => {}
                        Value::Text(v) => {
                            let (text, whole) = fit(&v);
                            cut += u64::from(!whole);
                            sheet.write_string(there, at, text)?;
                        }
                        Value::Time(ms) => {
                            let days = ms as f64 / 86_400_000.0 + EPOCH;
                            if days >= FIRST {
                                sheet.write_number_with_format(there, at, days, moment)?;
                            } else {
                                sheet.write_string(there, at, field.values.get(row).to_string())?;
                            }
                        }
                    }
                }
                let shape = wkt::text_of(&table.geometry, row);
                if shape.len() > CELL {
                    shapes += 1;
                } else if !shape.is_empty() {
                    sheet.write_string(there, table.fields.len() as u16, shape)?;
                }
            }
            Ok(())
        };
        let (book, sheets) = (&mut self.book, self.sheets);
        guarded(&self.path, || book.worksheet_from_index(sheets - 1).and_then(&mut write))?;
        self.rows += table.len() as u64;
        (self.cut, self.shapes, self.long) = (self.cut + cut, self.shapes + shapes, self.long + long);
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        self.end()?;
        let fail = |error: &dyn std::fmt::Display| WriteError::new(&self.path, error);
        let out = std::io::BufWriter::with_capacity(1 << 20, self.aside.file().try_clone().map_err(|e| fail(&e))?);
        let book = &mut self.book;
        guarded(&self.path, || book.save_to_writer(out))?;
        self.aside.keep()?;
        let mut said = Vec::new();
        if self.shapes > 0 {
            let shapes = self.shapes;
            said.push(format!("XLSX: {shapes} geometries are longer than a cell ({CELL} characters) and are left out"));
        }
        if self.cut > 0 {
            said.push(format!("XLSX: {} texts are longer than a cell ({CELL} characters) and are cut", self.cut));
        }
        if self.long > 0 {
            said.push(format!(
                "XLSX: {} numbers of more than 15 digits are texts, so that no digit is lost",
                self.long
            ));
        }
        said.push(
            "XLSX: moments are in UTC; times are kept to the second and dates before March 1900 are texts".to_owned(),
        );
        said.push(format!("XLSX: coordinates are in {}, and the file cannot say so", self.crs));
        Ok(said)
    }
}
