//! Conditions in OGC CQL2 text, answered over a layer's columns.
//!
//! 1. [`Filter::parse`] reads the text (crate `cql2`), after bounding its depth;
//! 2. `compile` settles it for one layer: names become columns, literals take the column's type,
//!    spatial parts become sets of rows through the layer's R-tree;
//! 3. `evaluate` goes over the columns in chunks, on all cores, with SQL's three-valued logic.

mod compile;
mod evaluate;
mod like;
pub(in crate::query) mod moment;
mod names;
mod operand;
mod spatial;
mod truth;

use std::io;

use cql2::Expr;
use rayon::prelude::*;

use self::spatial::Literals;
use crate::city::CityLayer;
use crate::formats::flatgeobuf::{Leaf, Wanted};
use crate::index::LayerIndex;
use crate::place::Transform;
use crate::tiles::Stream;
use crate::tiles::stream::Piece;

/// A condition, read and not yet settled for a layer.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    tree: Expr,
}

/// A condition that cannot be answered: each message says what to change.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FilterError {
    /// The text is no CQL2.
    #[error("the condition cannot be understood: {0}; an example is: floors >= 18 AND name LIKE '%学校%'")]
    Syntax(String),
    /// The layer has no such field.
    #[error("layer {layer} has no field \"{name}\"{hint}; its fields are: {fields}")]
    UnknownField {
        /// The layer's id.
        layer: String,
        /// What was written.
        name: String,
        /// `; did you mean "…"?` or nothing.
        hint: String,
        /// What there is.
        fields: String,
    },
    /// A part of CQL2 that is not answered here.
    #[error(
        "{0} cannot be used in a condition here; there are = <> < <= > >= AND OR NOT, IS NULL, BETWEEN, IN, LIKE, CASEI(), + - * / % ^, DATE(), TIMESTAMP(), T_BEFORE, T_AFTER, T_DURING, T_INTERSECTS, T_EQUALS, and S_INTERSECTS, S_WITHIN, S_CONTAINS, S_DISJOINT, S_TOUCHES, S_CROSSES, S_OVERLAPS, S_EQUALS"
    )]
    Unsupported(String),
    /// A value that the field cannot have.
    #[error("{0}")]
    Type(String),
    /// The layer's file cannot be read any more.
    #[error("{0}")]
    Read(String),
    /// Coordinates that cannot be used.
    #[error("{0}")]
    Place(String),
}

/// Longer than any condition that a person or a panel writes, a city's outline as WKT included.
const LONGEST: usize = 4 << 20;
/// The parser tries each bracket in two ways: its work doubles with each level that is not closed.
const DEEPEST: usize = 12;
/// Chained operators nest in the parser's tree, and a tree thousands deep would end on the stack.
const MOST_OPERATORS: usize = 1_000;

impl Filter {
    /// Reads CQL2 text.
    ///
    /// # Errors
    /// [`FilterError::Syntax`] with the place of the fault.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FilterError::Syntax("it is empty".into()));
        }
        bound(text)?;
        match cql2::parse_text(text) {
            Ok(tree) => Ok(Self { text: text.to_owned(), tree }),
            Err(error) => Err(FilterError::Syntax(explain(text, &error.to_string()))),
        }
    }

    /// Moments of a field after one and up to another, milliseconds since 1970.
    pub fn between(field: &str, after: i64, until: i64) -> Self {
        let moment = |ms: i64| {
            let text = jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
            Expr::Timestamp { timestamp: Box::new(Expr::Literal(text)) }
        };
        let compare = |sign: &str, ms| {
            let args = vec![Box::new(Expr::Property { property: field.to_owned() }), Box::new(moment(ms))];
            Expr::Operation { op: sign.to_owned(), args }
        };
        let one = |tree: Expr| Self { text: tree.to_text().unwrap_or_default(), tree };
        one(compare(">", after)).and(one(compare("<=", until)))
    }

    /// Both conditions together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let text = format!("({}) AND ({})", self.text, other.text);
        let tree = Expr::Operation { op: "and".to_owned(), args: vec![Box::new(self.tree), Box::new(other.tree)] };
        Self { text, tree }
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of values that the condition mentions, each once: raw field names, and those of its
    /// own (`fid`, `height_m`, `height_provenance`) that are meant where a layer has no field of that
    /// name. The geometry of a spatial operator is not among them.
    pub fn fields(&self) -> Vec<String> {
        names::Asked::of(&self.tree).names
    }

    /// Whether the condition asks where features are.
    pub fn needs_geometry(&self) -> bool {
        names::Asked::of(&self.tree).geometry
    }

    /// Whether the condition asks for heights, unless the layer has fields of these names.
    pub fn needs_heights(&self) -> bool {
        self.fields().iter().any(|name| [names::HEIGHT, names::PROVENANCE].contains(&name.as_str()))
    }

    /// The rows for which the condition is true, ascending. A row for which it is neither true nor
    /// false (a null is compared) is not among them. Of a piece of a streamed layer these are rows of
    /// the piece; `fid` in the condition is the row in the whole ([`crate::model::Layer::whole_row`]).
    ///
    /// # CRS
    /// `to_project` brings the condition's coordinates into the project CRS; `None` when they are.
    ///
    /// # Errors
    /// [`FilterError`] when the layer cannot answer it.
    pub fn select(&self, layer: &CityLayer, to_project: Option<&Transform>) -> Result<Vec<u32>, FilterError> {
        let literals = Literals::of(&self.tree, to_project)?;
        // Of a streamed layer the fields are known and no rows: what cannot be asked is said at once.
        let test = compile::compile(&self.tree, layer, &literals)?;
        match &layer.stream {
            None => Ok(evaluate::rows(&test, layer.layer.table.len() as u32)),
            Some(stream) => self.select_streamed(layer, &stream.tiles, &literals),
        }
    }

    /// Piece by piece, on all cores: what the file's index finds in reach of the condition's places, else every
    /// run; places are looked at only where the condition asks for them.
    fn select_streamed(
        &self,
        layer: &CityLayer,
        stream: &Stream,
        literals: &Literals,
    ) -> Result<Vec<u32>, FilterError> {
        let fields = self.fields();
        let fail = |error: std::io::Error| FilterError::Read(error.to_string());
        let geometry = self.needs_geometry();
        let rows_of = |piece: io::Result<Piece>| {
            let piece = layer.of_piece(piece.map_err(fail)?);
            let index = if geometry { LayerIndex::build(&piece.table) } else { LayerIndex::default() };
            let piece = CityLayer { layer: piece, index, stream: None };
            let test = compile::compile(&self.tree, &piece, literals)?;
            let rows = evaluate::rows(&test, piece.layer.table.len() as u32);
            Ok(rows.into_iter().map(|row| piece.layer.whole_row(row)).collect())
        };
        if let Some(boxes) = literals.reach(&self.tree) {
            let leaves =
                stream.file().leaves(|bounds| boxes.iter().any(|wanted| wanted.meets(bounds))).map_err(fail)?;
            let each = |leaves: &[Leaf]| rows_of(stream.piece_of(leaves, Wanted::Named(&fields)));
            let found: Result<Vec<Vec<u32>>, _> = leaves.par_chunks(CHUNK).map(each).collect();
            return Ok(found?.concat());
        }
        // A field of the layer of that name is meant before the height that is drawn.
        let named = |name: &str| layer.layer.table.field(name).is_some();
        let heights = self.needs_heights() && fields.iter().any(|f| f.starts_with("height_") && !named(f));
        let whole = geometry || heights;
        if !whole {
            // Columns are read one after the other, each on all cores, before the runs share them.
            for (name, _) in stream.file().fields().filter(|(name, _)| fields.iter().any(|f| f == name)) {
                stream.column(name).map_err(fail)?;
            }
        }
        let each = |run| {
            rows_of(if whole {
                let rows: Vec<u32> = stream.run(run).collect();
                stream.rows(&rows, Wanted::Named(&fields))
            } else {
                stream.attributes(run, &fields)
            })
        };
        let found: Result<Vec<Vec<u32>>, FilterError> = (0..stream.runs()).into_par_iter().map(each).collect();
        Ok(found?.concat())
    }
}

/// Features that are read together where the index has found them.
const CHUNK: usize = 8_192;

fn bound(text: &str) -> Result<(), FilterError> {
    if text.len() > LONGEST {
        return Err(FilterError::Syntax(format!("it is longer than {} MiB", LONGEST >> 20)));
    }
    let (mut depth, mut deepest, mut operators) = (0_usize, 0_usize, 0_usize);
    let mut quote = None;
    let bytes = text.as_bytes();
    for (i, &byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, b')') => depth = depth.saturating_sub(1),
            // A sign before a digit nests nothing.
            (None, b'-' | b'+') if bytes.get(i + 1).is_some_and(u8::is_ascii_digit) => {}
            (None, b'=' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'^') => operators += 1,
            (None, letter) if letter.is_ascii_alphabetic() && (i == 0 || !bytes[i - 1].is_ascii_alphanumeric()) => {
                let word = bytes[i..].iter().take_while(|b| b.is_ascii_alphabetic()).count().min(8);
                let word = bytes[i..i + word].to_ascii_lowercase();
                operators += usize::from(matches!(&word[..], b"and" | b"or" | b"not" | b"div" | b"is" | b"between"));
            }
            _ => {}
        }
    }
    if deepest > DEEPEST {
        return Err(FilterError::Syntax(format!("its brackets are nested more than {DEEPEST} deep")));
    }
    if operators > MOST_OPERATORS {
        return Err(FilterError::Syntax(format!(
            "it has more than {MOST_OPERATORS} operators; many values of one field are shorter as: field IN (…)"
        )));
    }
    Ok(())
}

/// The parser's words without its drawing, and a hint at the commonest slip.
fn explain(text: &str, error: &str) -> String {
    let place = error.lines().find_map(|line| line.trim().strip_prefix("--> ")).unwrap_or_default();
    let column = place.rsplit(':').next().and_then(|column| column.parse::<usize>().ok());
    let mut out = match column {
        Some(column) => {
            let rest: String = text.chars().skip(column.saturating_sub(1)).take(24).collect();
            match rest.is_empty() {
                true => "it ends too early".to_owned(),
                false => format!("at character {column}, before \"{rest}\""),
            }
        }
        None => error.lines().next().unwrap_or("no condition").to_owned(),
    };
    if text.contains(['‘', '’', '“', '”']) {
        out.push_str(" (curved quotes are no quotes here: use ' and \")");
    } else if text.contains("==") {
        out.push_str(" (write = for equality)");
    }
    out
}

#[cfg(test)]
mod tests;
