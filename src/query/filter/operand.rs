//! What stands on the two sides of a comparison, and how it compares.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;

use super::moment;
use super::truth::Truth;
use crate::model::{HeightSource, Value, Values};

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

    pub fn holds(self, order: Ordering) -> bool {
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
    /// The row number in the whole layer: of each row here, or the same where there are none.
    Row(&'a [u32]),
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

    pub fn value(&self, row: u32) -> Datum<'_> {
        match self {
            Self::Constant(Constant::Null) => Datum::Null,
            Self::Constant(Constant::Boolean(truth)) => Datum::Boolean(*truth),
            Self::Constant(Constant::Number(number)) => Datum::Number(*number),
            Self::Constant(Constant::Text(text)) => Datum::Text(Cow::Borrowed(text)),
            Self::Constant(Constant::Time(start, end)) => Datum::Time(*start, *end),
            Self::Row(whole) => Datum::Number(f64::from(whole.get(row as usize).copied().unwrap_or(row))),
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

pub enum Datum<'a> {
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

    pub fn compare(&self, comparison: Comparison, other: &Self) -> Truth {
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
pub fn against_span(at: i64, start: i64, end: i64) -> Ordering {
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

    pub fn holds(&self, datum: &Datum<'_>) -> Truth {
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
