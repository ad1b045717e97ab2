//! Going over the columns: three-valued logic, in chunks, on all cores.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use arrow_array::Array;
use rayon::prelude::*;

use super::like::Pattern;
use super::moment;
use crate::model::{GeometryColumn, GeometryKind, HeightSource, Value, Values};

/// Whether a condition holds for a row; `Unknown` where a null is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    False,
    True,
    Unknown,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl Truth {
    fn of(truth: Option<bool>) -> Self {
        truth.map_or(Self::Unknown, Self::from)
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, Self::False) => Self::False,
            _ => Self::Unknown,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    pub fn from_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "<>" => Self::Different,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    /// The same comparison with the sides exchanged.
    pub fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Different => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A sum, difference, product ….
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
    Whole,
    Rest,
    Power,
}

impl Arithmetic {
    pub fn from_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Plus,
            "-" => Self::Minus,
            "*" => Self::Times,
            "/" => Self::Over,
            "div" => Self::Whole,
            "%" => Self::Rest,
            "^" => Self::Power,
            _ => return None,
        })
    }

    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Times => a * b,
            Self::Over => a / b,
            Self::Whole => (a / b).trunc(),
            Self::Rest => a % b,
            Self::Power => a.powf(b),
        }
    }
}

/// A literal, in the type of what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    /// First and last millisecond of a moment, day, month or year.
    Time(i64, i64),
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Time(start, _) => write!(f, "{}", Value::Time(*start)),
        }
    }
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub enum Operand<'a> {
    Constant(Constant),
    Column(&'a Values),
    /// The row number.
    Row,
    /// Height above ground.
    Height(&'a [f32]),
    /// Where the height comes from, as its word.
    Provenance(&'a [HeightSource]),
    /// In any case.
    Folded(Box<Operand<'a>>),
    Computed(Arithmetic, Box<Operand<'a>>, Box<Operand<'a>>),
}

impl From<Constant> for Operand<'_> {
    fn from(constant: Constant) -> Self {
        Self::Constant(constant)
    }
}

impl<'a> Operand<'a> {
    pub fn is_folded(&self) -> bool {
        matches!(self, Self::Folded(_))
    }

    pub fn folded(self) -> Self {
        match self {
            Self::Constant(Constant::Text(text)) => {
                Self::Folded(Box::new(Self::Constant(Constant::Text(text.to_lowercase()))))
            }
            folded @ Self::Folded(_) => folded,
            other => Self::Folded(Box::new(other)),
        }
    }

    pub fn unfolded(self) -> Self {
        match self {
            Self::Folded(inner) => *inner,
            other => other,
        }
    }

    fn value(&self, row: u32) -> Datum<'_> {
        match self {
            Self::Constant(Constant::Null) => Datum::Null,
            Self::Constant(Constant::Boolean(truth)) => Datum::Boolean(*truth),
            Self::Constant(Constant::Number(number)) => Datum::Number(*number),
            Self::Constant(Constant::Text(text)) => Datum::Text(Cow::Borrowed(text)),
            Self::Constant(Constant::Time(start, end)) => Datum::Time(*start, *end),
            Self::Row => Datum::Number(f64::from(row)),
            Self::Height(tops) => tops.get(row as usize).map_or(Datum::Null, |top| Datum::Number(f64::from(*top))),
            Self::Provenance(sources) => {
                sources.get(row as usize).map_or(Datum::Null, |source| Datum::Text(Cow::Borrowed(source.word())))
            }
            Self::Column(values) => match values.get(row) {
                Value::Null => Datum::Null,
                Value::Boolean(truth) => Datum::Boolean(truth),
                Value::Integer(number) => Datum::Number(number as f64),
                Value::Real(number) => Datum::Number(number),
                Value::Text(text) => Datum::Text(text),
                Value::Time(ms) => Datum::Time(ms, ms),
            },
            Self::Folded(inner) => match inner.value(row) {
                Datum::Text(text) => Datum::Text(Cow::Owned(text.to_lowercase())),
                other => other,
            },
            Self::Computed(arithmetic, a, b) => match (a.value(row).number(), b.value(row).number()) {
                (Some(a), Some(b)) => Datum::Number(arithmetic.of(a, b)),
                _ => Datum::Null,
            },
        }
    }
}

enum Datum<'a> {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
    Time(i64, i64),
}

impl Datum<'_> {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number: &f64| !number.is_nan())
    }

    fn compare(&self, comparison: Comparison, other: &Self) -> Truth {
        Truth::of(match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Boolean(a), Self::Boolean(b)) => Some(comparison.holds(a.cmp(b))),
            (Self::Text(a), Self::Text(b)) => Some(comparison.holds(a.as_ref().cmp(b.as_ref()))),
            (Self::Time(at, _), Self::Time(start, end)) => Some(comparison.holds(against_span(*at, *start, *end))),
            (Self::Text(text), Self::Time(start, end)) => {
                moment::span(text).map(|(at, _)| comparison.holds(against_span(at, *start, *end)))
            }
            (Self::Number(_), _) | (_, Self::Number(_)) => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a.partial_cmp(&b).map(|order| comparison.holds(order)),
                _ => None,
            },
            _ => None,
        })
    }
}

/// A moment before, in or after a span: a day equals each of its moments.
fn against_span(at: i64, start: i64, end: i64) -> Ordering {
    if at < start {
        Ordering::Less
    } else if at > end {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// The values of IN.
#[derive(Clone, Debug, Default)]
pub struct List {
    numbers: Vec<f64>,
    texts: HashSet<String>,
    times: Vec<(i64, i64)>,
    booleans: Vec<bool>,
    has_null: bool,
}

impl List {
    pub fn new(constants: Vec<Constant>, fold: bool) -> Self {
        let mut list = Self::default();
        for constant in constants {
            match constant {
                Constant::Null => list.has_null = true,
                Constant::Boolean(truth) => list.booleans.push(truth),
                Constant::Number(number) => list.numbers.push(number),
                Constant::Text(text) => {
                    list.texts.insert(if fold { text.to_lowercase() } else { text });
                }
                Constant::Time(start, end) => list.times.push((start, end)),
            }
        }
        list.numbers.sort_unstable_by(f64::total_cmp);
        list
    }

    fn holds(&self, datum: &Datum<'_>) -> Truth {
        let number = |number: f64| self.numbers.binary_search_by(|n| n.total_cmp(&number)).is_ok();
        let found = match datum {
            Datum::Null => return Truth::Unknown,
            Datum::Boolean(truth) => self.booleans.contains(truth),
            Datum::Number(n) => number(*n) || (!self.texts.is_empty() && self.texts.contains(&n.to_string())),
            Datum::Text(text) => {
                self.texts.contains(text.as_ref()) || (!self.numbers.is_empty() && datum.number().is_some_and(number))
            }
            Datum::Time(at, _) => self.times.iter().any(|(start, end)| at >= start && at <= end),
        };
        match found {
            true => Truth::True,
            // x IN (1, NULL) is not false when x is 2: nobody knows.
            false if self.has_null => Truth::Unknown,
            false => Truth::False,
        }
    }
}

/// A condition settled for one layer.
#[derive(Clone, Debug)]
pub enum Test<'a> {
    All(Vec<Test<'a>>),
    Any(Vec<Test<'a>>),
    Not(Box<Test<'a>>),
    Known(bool),
    Compare(Operand<'a>, Comparison, Operand<'a>),
    IsNull(Operand<'a>),
    In(Operand<'a>, List),
    Like(Operand<'a>, Pattern),
    /// Found through the R-tree: one value for each row.
    Rows(Vec<Truth>),
}

impl Test<'_> {
    /// True for these rows, unknown for those without geometry, else false.
    pub fn rows(rows: &[u32], geometry: &GeometryColumn) -> Self {
        let mut truths: Vec<Truth> = (0..geometry.len() as u32)
            .map(|feature| match geometry.kind(feature) {
                GeometryKind::None => Truth::Unknown,
                _ => Truth::False,
            })
            .collect();
        for row in rows {
            truths[*row as usize] = Truth::True;
        }
        Self::Rows(truths)
    }

    fn over(&self, rows: Range<u32>) -> Vec<Truth> {
        let each = |of: &dyn Fn(u32) -> Truth| rows.clone().map(of).collect::<Vec<_>>();
        match self {
            Self::Known(truth) => vec![Truth::from(*truth); rows.len()],
            Self::Rows(truths) => truths[rows.start as usize..rows.end as usize].to_vec(),
            Self::Not(test) => test.over(rows).into_iter().map(Truth::not).collect(),
            Self::All(tests) => fold(tests, rows, Truth::and, Truth::False),
            Self::Any(tests) => fold(tests, rows, Truth::or, Truth::True),
            Self::IsNull(operand) => each(&|row| Truth::from(matches!(operand.value(row), Datum::Null))),
            Self::In(operand, list) => each(&|row| list.holds(&operand.value(row))),
            Self::Like(operand, pattern) => each(&|row| match operand.value(row) {
                Datum::Null => Truth::Unknown,
                Datum::Text(text) => pattern.matches(&text).into(),
                Datum::Number(number) => pattern.matches(&number.to_string()).into(),
                Datum::Boolean(truth) => pattern.matches(if truth { "true" } else { "false" }).into(),
                Datum::Time(ms, _) => pattern.matches(&Value::Time(ms).to_string()).into(),
            }),
            Self::Compare(Operand::Column(values), comparison, Operand::Constant(constant)) => {
                column(values, *comparison, constant, rows.clone()).unwrap_or_else(|| {
                    let constant = Operand::Constant(constant.clone());
                    let column = Operand::Column(values);
                    each(&|row| column.value(row).compare(*comparison, &constant.value(row)))
                })
            }
            Self::Compare(a, comparison, b) => each(&|row| a.value(row).compare(*comparison, &b.value(row))),
        }
    }
}

/// The fast path: one loop over one typed column.
fn column(values: &Values, comparison: Comparison, constant: &Constant, rows: Range<u32>) -> Option<Vec<Truth>> {
    fn run<A: Array>(array: &A, rows: Range<u32>, holds: impl Fn(usize) -> Option<bool>) -> Vec<Truth> {
        let rows = rows.start as usize..rows.end as usize;
        match array.null_count() {
            0 => rows.map(|row| Truth::of(holds(row))).collect(),
            _ => rows.map(|row| if array.is_valid(row) { Truth::of(holds(row)) } else { Truth::Unknown }).collect(),
        }
    }
    Some(match (values, constant) {
        (Values::Real(array), Constant::Number(number)) => {
            run(array, rows, |row| array.value(row).partial_cmp(number).map(|order| comparison.holds(order)))
        }
        (Values::Integer(array), Constant::Number(number)) => {
            run(array, rows, |row| (array.value(row) as f64).partial_cmp(number).map(|order| comparison.holds(order)))
        }
        (Values::Text(array), Constant::Text(text)) => {
            run(array, rows, |row| Some(comparison.holds(array.value(row).cmp(text.as_str()))))
        }
        (Values::Time(array), Constant::Time(start, end)) => {
            run(array, rows, |row| Some(comparison.holds(against_span(array.value(row), *start, *end))))
        }
        (Values::Boolean(array), Constant::Boolean(truth)) => {
            run(array, rows, |row| Some(comparison.holds(array.value(row).cmp(truth))))
        }
        _ => return None,
    })
}

/// Joins the answers of several tests; a chunk that is settled is not asked again.
fn fold(tests: &[Test<'_>], rows: Range<u32>, join: fn(Truth, Truth) -> Truth, settled: Truth) -> Vec<Truth> {
    let mut tests = tests.iter();
    let Some(first) = tests.next() else { return vec![settled.not(); rows.len()] };
    let mut all = first.over(rows.clone());
    for test in tests {
        if all.iter().all(|truth| *truth == settled) {
            break;
        }
        for (truth, other) in all.iter_mut().zip(test.over(rows.clone())) {
            *truth = join(*truth, other);
        }
    }
    all
}

/// Rows that one core does at a time: its answers stay in the first cache.
const CHUNK: u32 = 16 * 1024;

/// The rows of which the condition is true, ascending.
pub fn rows(test: &Test<'_>, count: u32) -> Vec<u32> {
    let chunks: Vec<Vec<u32>> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let first = chunk * CHUNK;
            let truths = test.over(first..count.min(first + CHUNK));
            let holding = truths.iter().zip(first..).filter(|(truth, _)| **truth == Truth::True);
            holding.map(|(_, row)| row).collect()
        })
        .collect();
    chunks.concat()
}
