//! Going over the columns in chunks, on all cores.

use std::ops::Range;

use arrow_array::Array;
use rayon::prelude::*;

use super::like::Pattern;
use super::operand::{Comparison, Constant, Datum, List, Operand, against_span};
use super::truth::Truth;
use crate::model::{GeometryColumn, GeometryKind, Value, Values};

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
