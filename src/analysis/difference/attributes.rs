//! Which fields two versions have in common, and whether two values are the same.

use crate::model::{FeatureTable, FieldType, Value};

/// Numbers with decimals whose difference is a smaller share of them are the same: 24-bit floats keep 6e-8.
const SHARE: f64 = 1e-6;

/// A field of both versions, as column numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// In the first.
    pub before: usize,
    /// In the second.
    pub after: usize,
}

/// The fields of two versions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// Fields of both, in the order of the first.
    pub common: Vec<Common>,
    /// Names of fields of the first alone.
    pub only_before: Vec<String>,
    /// Names of fields of the second alone.
    pub only_after: Vec<String>,
    /// Fields of both with another type: name, type before, type after.
    pub retyped: Vec<(String, &'static str, &'static str)>,
}

impl Fields {
    /// Fields of the same name belong together, then those whose names differ in case alone; fields in `apart` (by
    /// their numbers before and after) are neither compared nor named.
    pub fn of(a: &FeatureTable, b: &FeatureTable, apart: Option<Common>) -> Self {
        let mut found = Self::default();
        let mut free: Vec<usize> = (0..b.fields.len()).filter(|at| apart.is_none_or(|id| id.after != *at)).collect();
        let asked: Vec<usize> = (0..a.fields.len()).filter(|at| apart.is_none_or(|id| id.before != *at)).collect();
        let mut partners = vec![None; a.fields.len()];
        for in_any_case in [false, true] {
            let form = |name: &str| if in_any_case { name.to_lowercase() } else { name.to_owned() };
            for at in asked.iter().copied() {
                let name = form(&a.fields[at].name);
                let partner = free.iter().position(|other| form(&b.fields[*other].name) == name);
                if let (None, Some(partner)) = (partners[at], partner) {
                    partners[at] = Some(free.remove(partner));
                }
            }
        }
        for before in asked {
            let field = &a.fields[before];
            let Some(after) = partners[before] else {
                found.only_before.push(field.name.clone());
                continue;
            };
            let other = &b.fields[after];
            let number = |kind| matches!(kind, FieldType::Integer | FieldType::Real);
            let (kind, now) = (field.values.kind(), other.values.kind());
            let empty = field.values.nulls() == field.values.len() || other.values.nulls() == other.values.len();
            if kind != now && !(number(kind) && number(now)) && !empty {
                found.retyped.push((field.name.clone(), field.values.type_name(), other.values.type_name()));
            }
            found.common.push(Common { before, after });
        }
        found.only_after = free.into_iter().map(|at| b.fields[at].name.clone()).collect();
        found
    }

    /// The fields in which a row differs from another, as places in [`Self::common`].
    pub(super) fn changed(&self, a: &FeatureTable, row: u32, b: &FeatureTable, other: u32) -> Vec<u16> {
        let differs = |common: &Common| {
            let (before, after) = (&a.fields[common.before].values, &b.fields[common.after].values);
            !same_value(&before.get(row), &after.get(other))
        };
        // No format has as many fields.
        let numbers = (0..).zip(&self.common).take(usize::from(u16::MAX));
        numbers.filter(|(_, common)| differs(common)).map(|(at, _)| at).collect()
    }
}

/// Whether two values say the same. Nothing and empty text are the same, as some formats cannot tell them apart;
/// numbers are compared as numbers, also where one is text, to 6 digits beyond which another number format may
/// not reach, but two whole numbers to the last digit that their types hold; two texts are compared as texts, so that
/// 007 is not 7.
pub fn same_value(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a == b || a.trim() == b.trim(),
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Boolean(a), Value::Boolean(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Real(a), Value::Real(b)) if a.is_nan() || b.is_nan() => a.is_nan() && b.is_nan(),
        _ if is_empty(a) || is_empty(b) => is_empty(a) && is_empty(b),
        (Value::Boolean(truth), other) | (other, Value::Boolean(truth)) => said(other) == Some(*truth),
        (Value::Time(_), _) | (_, Value::Time(_)) => moment(a) == moment(b),
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => same_number(a, b),
            _ => a.to_string().trim() == b.to_string().trim(),
        },
    }
}

/// Whole numbers are codes and days, of which a small share is much: 20250101 is not 20250120. Only a float of 24 bits
/// that was made of one may stand for it.
fn same_number(a: f64, b: f64) -> bool {
    if a.fract() == 0.0 && b.fract() == 0.0 {
        return a == b || f64::from(a as f32) == b || f64::from(b as f32) == a;
    }
    (a - b).abs() <= SHARE * a.abs().max(b.abs())
}

/// A value in a form that nearly all values have in common that say the same.
pub(super) fn plain(value: &Value<'_>) -> String {
    match value {
        value if is_empty(value) => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => (*number as i64).to_string(),
        Value::Real(number) => format!("{number:.4e}"),
        Value::Time(_) => moment(value),
        value => value.to_string().trim().to_owned(),
    }
}

fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        // A number that is none.
        Value::Real(number) => number.is_nan(),
        _ => false,
    }
}

/// Yes or no, as other formats write it.
fn said(value: &Value<'_>) -> Option<bool> {
    match value.to_string().trim().to_lowercase().as_str() {
        "true" | "1" | "t" | "yes" => Some(true),
        "false" | "0" | "f" | "no" => Some(false),
        _ => None,
    }
}

/// A moment as text in one form: `2026-01-31` or `2026-01-31 06:30:15`.
fn moment(value: &Value<'_>) -> String {
    let text = value.to_string().trim().replace('/', "-").replace('T', " ");
    let text = text.trim_end_matches('Z').trim_end_matches("+00:00");
    text.trim_end_matches(".000").trim_end_matches(" 00:00:00").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryKind, TableBuilder};

    fn text(text: &str) -> Value<'_> {
        Value::Text(text.into())
    }

    #[test]
    fn values_are_the_same_whatever_format_they_went_through() {
        let day = Value::Time(1_769_817_600_000); // 2026-01-31T00:00:00Z, by `date -u -d @1769817600`.
        for (a, b) in [
            (Value::Null, text("")),
            (text("  "), Value::Null),
            (Value::Real(f64::NAN), Value::Null),
            (Value::Integer(12), Value::Real(12.0)),
            (Value::Real(12.3), Value::Real(f64::from(12.3_f32))),
            (text("12.30"), Value::Real(12.3)),
            (text("海河 "), text("海河")),
            (day.clone(), text("2026/01/31")),
            (day, text("2026-01-31T00:00:00Z")),
            (Value::Boolean(true), Value::Integer(1)),
            (text("false"), Value::Boolean(false)),
        ] {
            assert!(same_value(&a, &b) && same_value(&b, &a), "{a:?} {b:?}");
        }
        for (a, b) in [
            (Value::Null, Value::Integer(0)),
            (text("007"), text("7")),
            // One apart in the last digit of a cadastral number.
            (Value::Integer(120_101_001_005_001), Value::Integer(120_101_001_005_002)),
            // A share of 9.4e-7 apart, and 19 days.
            (Value::Real(20_250_101.0), Value::Real(20_250_120.0)),
            (Value::Integer(20_250_101), Value::Real(20_250_120.0)),
            (Value::Real(12.0), Value::Real(12.01)),
            (text("A"), text("B")),
            (Value::Boolean(true), Value::Integer(0)),
            (Value::Boolean(false), Value::Null),
            (text("yes"), Value::Integer(1)),
        ] {
            assert!(!same_value(&a, &b) && !same_value(&b, &a), "{a:?} {b:?}");
        }
    }

    /// Before: use, Name, old. After: NAME, use, new. `use` and the name belong together, `old` and `new` do not.
    #[test]
    fn fields_are_paired_by_name_and_the_others_are_said_once() {
        let table = |names: [&str; 3]| {
            let mut builder = TableBuilder::default();
            for name in names {
                let column = builder.field(name);
                builder.set(column, &Value::Text(name.to_owned().into()));
            }
            builder.geometry.end_feature(GeometryKind::None);
            builder.finish()
        };
        let (a, b) = (table(["use", "Name", "old"]), table(["NAME", "use", "new"]));
        let fields = Fields::of(&a, &b, None);
        assert_eq!(fields.common, [Common { before: 0, after: 1 }, Common { before: 1, after: 0 }]);
        assert_eq!((fields.only_before, fields.only_after), (vec!["old".to_owned()], vec!["new".to_owned()]));
    }
}
