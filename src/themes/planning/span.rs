//! A number between two bounds: what is known for sure and what it may be at most.

use std::ops::Add;

/// A value that lies between `low` and `high`; both the same where it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Span {
    /// It is at least this.
    pub low: f64,
    /// It is at most this; may be infinite.
    pub high: f64,
}

impl Span {
    /// A known value.
    pub fn exact(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// Between two bounds.
    pub fn of(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Whether the value is known: both bounds agree to a millionth.
    pub fn is_exact(&self) -> bool {
        self.high - self.low <= 1e-6 * self.high.abs().max(1.0)
    }

    /// Multiplied by a number that is not negative.
    pub fn times(self, factor: f64) -> Self {
        // Nothing of infinitely much is nothing.
        let scale = |v: f64| if factor == 0.0 { 0.0 } else { v * factor };
        Self { low: scale(self.low), high: scale(self.high) }
    }

    /// Multiplied by another span; neither is negative.
    pub fn by(self, other: Self) -> Self {
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        Self { low: product(self.low, other.low), high: product(self.high, other.high) }
    }

    /// The greater of two values.
    pub fn max(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.max(other.high) }
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }
}

impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::default(), Add::add)
    }
}
