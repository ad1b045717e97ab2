//! What the attribute table shows, remembers and asks for.

use std::sync::Arc;

/// Rows to show, in the order to show them: an answer of the core, read cell by cell, so that a
/// million rows cost nothing until they are seen.
pub trait Rows: Send + Sync {
    /// Number of rows.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The text of a cell; empty for no value.
    fn cell(&self, row: usize, column: usize) -> String;
}

/// A table without rows.
#[derive(Clone, Copy, Debug)]
pub struct NoRows;

impl Rows for NoRows {
    fn len(&self) -> usize {
        0
    }
    fn cell(&self, _row: usize, _column: usize) -> String {
        String::new()
    }
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// The raw key.
    pub key: String,
    /// A readable name.
    pub title: String,
    /// Whether its values are numbers: then they stand on the right.
    pub numeric: bool,
}

/// One layer's table.
#[derive(Clone)]
pub struct TableModel {
    /// Layers that can be shown: id and title.
    pub layers: Vec<(String, String)>,
    /// The id of the layer shown; empty for none.
    pub layer: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows after filter and sort.
    pub rows: Arc<dyn Rows>,
    /// Number of rows without the filter.
    pub total: u64,
    /// The column sorted by, and whether downwards.
    pub sort: Option<(usize, bool)>,
    /// What is wrong with the filter, for people.
    pub filter_error: Option<String>,
    /// Whether a filter or sort is on its way.
    pub busy: bool,
    /// The place among `rows` of the selected feature.
    pub selected: Option<usize>,
}

impl Default for TableModel {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            layer: String::new(),
            columns: Vec::new(),
            rows: Arc::new(NoRows),
            total: 0,
            sort: None,
            filter_error: None,
            busy: false,
            selected: None,
        }
    }
}

/// What the table remembers while the program runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableState {
    /// The filter as typed, CQL2 text.
    pub filter: String,
    /// The first row shown, with the part of it that is scrolled out. `f64`: with a million rows
    /// an `f32` of points would be 2 points off.
    pub top: f64,
    /// The row that was selected when last drawn: a new one is scrolled to.
    pub seen: Option<usize>,
}

impl TableState {
    /// Scrolls back to the first row; call it when the rows change.
    pub fn to_top(&mut self) {
        self.top = 0.0;
        self.seen = None;
    }
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableEdit {
    /// Show another layer, by id.
    Layer(String),
    /// Sort by a column.
    Sort {
        /// The column.
        column: usize,
        /// Greatest first.
        descending: bool,
    },
    /// Show only what fits a CQL2 text; empty for all.
    Filter(String),
    /// Select the feature of a row (a place among [`TableModel::rows`]).
    Select(usize),
    /// Select it and bring it into view.
    ZoomTo(usize),
}
