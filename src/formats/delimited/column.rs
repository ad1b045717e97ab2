//! What the cells of a column are.

use super::records::Records;
use crate::formats::text::Text;
use crate::model::Value;
use crate::report::{Cancelled, Progress};

/// Words that programs write where there is no value.
const ABSENT: [&str; 8] = ["na", "n/a", "#n/a", "nan", "null", "none", "\\n", "-"];

/// Whether a cell says that it has no value.
pub fn is_absent(cell: &str) -> bool {
    ABSENT.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// A number with a decimal point or comma, with or without marks between thousands. `None` also for
/// `518,000` where commas do not separate decimals (`comma`): it can be read in two ways.
pub fn number(cell: &str, comma: bool) -> Option<f64> {
    let finite = |text: &str| text.parse::<f64>().ok().filter(|v| v.is_finite());
    if let Some(plain) = finite(cell) {
        return Some(plain);
    }
    let (point, commas) = (cell.rfind('.'), cell.matches(',').count());
    let decimal_comma = match (point, cell.rfind(',')?) {
        (Some(point), last) => last > point,
        (None, last) if commas == 1 => {
            if !comma && cell.len() - last == 4 {
                return None;
            }
            true
        }
        (None, _) => false,
    };
    if decimal_comma { finite(&cell.replace('.', "").replace(',', ".")) } else { finite(&cell.replace(',', "")) }
}

/// Degrees, minutes and seconds in decimal degrees: `117°12′30″E`, `东经117度12分30秒`.
pub fn angle(cell: &str) -> Option<f64> {
    let upper = cell.trim().to_uppercase();
    let known = |c: char| c.is_ascii_digit() || c.is_whitespace() || ".-+°º度'′’分\"″”秒EWNS东西南北经纬".contains(c);
    if !upper.contains(['°', 'º', '度']) || !upper.chars().all(known) {
        return None;
    }
    let parts = upper.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|part| !part.is_empty());
    let parts: Vec<f64> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (minutes, seconds) = (parts.get(1).copied().unwrap_or(0.0), parts.get(2).copied().unwrap_or(0.0));
    if parts.len() > 3 || minutes >= 60.0 || seconds >= 60.0 {
        return None;
    }
    let degrees = parts.first()? + minutes / 60.0 + seconds / 3600.0;
    Some(if upper.contains(['W', 'S', '西', '南', '-']) { -degrees } else { degrees })
}

/// The type of a column, over all of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// No cell holds anything.
    Empty,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Real,
    /// Numbers with a decimal comma.
    Comma,
    /// Anything else.
    Text,
}

impl Type {
    /// What one cell is.
    pub fn of(cell: &str, comma: bool) -> Self {
        let digits = cell.trim_start_matches(['-', '+']);
        // `007` is a code, `0`, `0.5` are numbers.
        let code =
            digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") && !digits.starts_with("0,");
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || code {
            Self::Text
        } else if cell.parse::<i64>().is_ok() {
            Self::Integer
        } else if cell.parse::<f64>().is_ok_and(f64::is_finite) {
            Self::Real
        } else if comma && cell.contains(',') && number(cell, true).is_some() {
            Self::Comma
        } else {
            Self::Text
        }
    }

    /// What a column of both is.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Empty, t) | (t, Self::Empty) => t,
            (Self::Integer, Self::Real) | (Self::Real, Self::Integer) => Self::Real,
            (Self::Integer, Self::Comma) | (Self::Comma, Self::Integer) => Self::Comma,
            _ => Self::Text,
        }
    }

    /// A cell's value in a column of this type.
    pub fn value<'a>(self, cell: &'a str) -> Option<Value<'a>> {
        let trimmed = cell.trim();
        if trimmed.is_empty() {
            return None;
        }
        Some(match self {
            Self::Integer => Value::Integer(trimmed.parse().ok()?),
            Self::Real => Value::Real(trimmed.parse().ok()?),
            Self::Comma => Value::Real(number(trimmed, true)?),
            Self::Text | Self::Empty => Value::Text(cell.into()),
        })
    }
}

/// The type of each column over all rows.
///
/// # Errors
/// [`Cancelled`] when the user stops it.
pub fn column_types(
    records: &mut Records<'_>,
    columns: usize,
    limit: u64,
    comma: bool,
    pages: &Text,
    progress: &Progress,
) -> Result<Vec<Type>, Cancelled> {
    let mut types = vec![Type::Empty; columns];
    let mut row = 0_u64;
    while row < limit {
        if row.is_multiple_of(4096) {
            progress.at(records.at as u64)?;
            pages.release(records.at);
        }
        let Some(record) = records.next() else { break };
        for (cell, kind) in record.iter().zip(&mut types) {
            let cell = cell.trim();
            if *kind != Type::Text && !cell.is_empty() && !is_absent(cell) {
                *kind = kind.join(Type::of(cell, comma));
            }
        }
        row += 1;
    }
    Ok(types)
}
