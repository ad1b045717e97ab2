//! A condition settled for one layer: names are columns, literals have the column's type.

use cql2::Expr;

use super::evaluate::Test;
use super::like::Pattern;
use super::names::{FID, HEIGHT, PROVENANCE, is_geometry};
use super::operand::{Arithmetic, Comparison, Constant, List, Operand};
use super::spatial::Literals;
use super::{FilterError, moment, spatial};
use crate::city::CityLayer;
use crate::model::Values;

/// Settles a condition.
pub fn compile<'a>(tree: &Expr, layer: &'a CityLayer, literals: &Literals) -> Result<Test<'a>, FilterError> {
    Compiler { layer, literals }.test(tree)
}

struct Compiler<'a, 't> {
    layer: &'a CityLayer,
    literals: &'t Literals,
}

impl<'a> Compiler<'a, '_> {
    fn test(&self, expr: &Expr) -> Result<Test<'a>, FilterError> {
        match expr {
            Expr::Bool(truth) => Ok(Test::Known(*truth)),
            Expr::Property { .. } => match self.operand(expr)? {
                Operand::Column(values) if matches!(values, Values::Boolean(_)) || is_void(values) => {
                    Ok(Test::Compare(Operand::Column(values), Comparison::Equal, Constant::Boolean(true).into()))
                }
                _ => {
                    Err(FilterError::Type(format!("{} alone is no condition: compare it with a value", written(expr))))
                }
            },
            Expr::Operation { op, args } => self.operation(op, args, expr),
            other => Err(FilterError::Type(format!("{} alone is no condition", written(other)))),
        }
    }

    fn operation(&self, op: &str, args: &[Box<Expr>], whole: &Expr) -> Result<Test<'a>, FilterError> {
        let tests = || args.iter().map(|arg| self.test(arg)).collect::<Result<Vec<_>, _>>();
        match (op, args) {
            ("and", _) => Ok(Test::All(tests()?)),
            ("or", _) => Ok(Test::Any(tests()?)),
            ("not", [one]) => Ok(Test::Not(Box::new(self.test(one)?))),
            ("isNull", [one]) => Ok(Test::IsNull(self.operand(one)?)),
            ("between", [value, low, high]) => Ok(Test::All(vec![
                self.compare(value, Comparison::AtLeast, low)?,
                self.compare(value, Comparison::AtMost, high)?,
            ])),
            ("in", [value, list]) => self.in_list(value, list),
            ("like", [value, pattern]) => self.like(value, pattern),
            (_, [left, right]) => {
                if let Some(comparison) = Comparison::from_sign(op) {
                    return self.compare(left, comparison, right);
                }
                if cql2::SPATIALOPS.contains(&op) {
                    return self.spatial(op, left, right);
                }
                if cql2::TEMPORALOPS.contains(&op) {
                    return self.temporal(op, left, right);
                }
                Err(FilterError::Unsupported(written(whole)))
            }
            _ => Err(FilterError::Unsupported(written(whole))),
        }
    }

    fn compare(&self, left: &Expr, comparison: Comparison, right: &Expr) -> Result<Test<'a>, FilterError> {
        let (mut a, mut b) = (self.operand(left)?, self.operand(right)?);
        for (side, other) in [(&a, right), (&b, left)] {
            if matches!(side, Operand::Constant(Constant::Null)) {
                return Err(FilterError::Type(format!("nothing equals NULL: write {} IS NULL", written(other))));
            }
        }
        // CASEI on one side folds both: the value on the other side is meant in any case.
        if a.is_folded() != b.is_folded() {
            (a, b) = (a.folded(), b.folded());
        }
        match (&a, &mut b) {
            (Operand::Column(values), Operand::Constant(constant)) => {
                let fitted = fit(values, constant.clone(), &written(left))?;
                *constant = fitted;
            }
            _ => {
                if let (Operand::Constant(constant), Operand::Column(values)) = (&mut a, &b) {
                    *constant = fit(values, constant.clone(), &written(right))?;
                }
            }
        }
        Ok(match (&a, &b) {
            // The column first, so that one fast path serves both orders.
            (Operand::Constant(_), Operand::Column(_)) => Test::Compare(b, comparison.turned(), a),
            _ => Test::Compare(a, comparison, b),
        })
    }

    fn in_list(&self, value: &Expr, list: &Expr) -> Result<Test<'a>, FilterError> {
        let Expr::Array(items) = list else { return Err(FilterError::Unsupported(written(list))) };
        let mut operand = self.operand(value)?;
        let mut constants = Vec::with_capacity(items.len());
        for item in items {
            let (constant, fold) = match self.operand(item)? {
                Operand::Constant(constant) => (constant, false),
                Operand::Folded(inner) => match *inner {
                    Operand::Constant(constant) => (constant, true),
                    _ => return Err(FilterError::Unsupported(format!("{} in a list", written(item)))),
                },
                _ => return Err(FilterError::Unsupported(format!("{} in a list", written(item)))),
            };
            if fold && !operand.is_folded() {
                operand = operand.folded();
            }
            constants.push(match &operand {
                Operand::Column(values) => fit(values, constant, &written(value))?,
                _ => constant,
            });
        }
        let list = List::new(constants, operand.is_folded());
        Ok(Test::In(operand, list))
    }

    fn like(&self, value: &Expr, pattern: &Expr) -> Result<Test<'a>, FilterError> {
        let operand = self.operand(value)?;
        let (text, fold) = match self.operand(pattern)? {
            Operand::Constant(Constant::Text(text)) => (text, false),
            Operand::Folded(inner) => match *inner {
                Operand::Constant(Constant::Text(text)) => (text, true),
                _ => return Err(FilterError::Unsupported(format!("LIKE {}", written(pattern)))),
            },
            _ => return Err(FilterError::Type(format!("LIKE wants a text such as '%路%', not {}", written(pattern)))),
        };
        let fold = fold || operand.is_folded();
        Ok(Test::Like(operand.unfolded(), Pattern::new(&text, fold)))
    }

    fn spatial(&self, op: &str, left: &Expr, right: &Expr) -> Result<Test<'a>, FilterError> {
        let (literal, name, swapped) = match (self.literals.get(left), self.literals.get(right)) {
            (None, Some(literal)) => (literal, left, false),
            (Some(literal), None) => (literal, right, true),
            _ => {
                return Err(FilterError::Unsupported(format!(
                    "{op} without one geometry of the layer and one literal"
                )));
            }
        };
        match name {
            Expr::Property { property } if is_geometry(property) => {}
            other => {
                return Err(FilterError::Type(format!(
                    "{} is no geometry: the layer's own is called geometry",
                    written(other)
                )));
            }
        }
        let related = spatial::related(op, literal, swapped, self.layer)?;
        Ok(Test::rows(&related.rows, &self.layer.layer.table.geometry))
    }

    /// Fields are moments, so of Allen's relations those with a span remain.
    fn temporal(&self, op: &str, left: &Expr, right: &Expr) -> Result<Test<'a>, FilterError> {
        let (value, span, swapped) = match (self.operand(left)?, self.operand(right)?) {
            (value, Operand::Constant(span)) => (value, as_span(span, right)?, false),
            (Operand::Constant(span), value) => (value, as_span(span, left)?, true),
            _ => return Err(FilterError::Unsupported(format!("{op} between two fields"))),
        };
        if let Operand::Column(values) = &value
            && !matches!(values, Values::Time(_) | Values::Text(_))
        {
            let name = written(if swapped { right } else { left });
            return Err(FilterError::Type(format!("{name} holds {} values, not times", values.type_name())));
        }
        let (start, end) = span;
        let against = |ms| Operand::Constant(Constant::Time(ms, ms));
        let one = |comparison, ms| Test::Compare(value.clone(), comparison, against(ms));
        let name = match (op, swapped) {
            ("t_before", true) => "t_after",
            ("t_after", true) => "t_before",
            ("t_contains", true) => "t_during",
            (other, false) | (other @ ("t_intersects" | "t_disjoint" | "t_equals"), true) => other,
            _ => return Err(FilterError::Unsupported(op.to_owned())),
        };
        Ok(match name {
            "t_before" => one(Comparison::Less, start),
            "t_after" => one(Comparison::Greater, end),
            "t_during" => Test::All(vec![one(Comparison::Greater, start), one(Comparison::Less, end)]),
            "t_intersects" => Test::All(vec![one(Comparison::AtLeast, start), one(Comparison::AtMost, end)]),
            "t_disjoint" => Test::Any(vec![one(Comparison::Less, start), one(Comparison::Greater, end)]),
            "t_equals" => Test::All(vec![one(Comparison::Equal, start), one(Comparison::Equal, end)]),
            other => return Err(FilterError::Unsupported(other.to_owned())),
        })
    }

    fn operand(&self, expr: &Expr) -> Result<Operand<'a>, FilterError> {
        match expr {
            Expr::Property { property } => self.field(property),
            Expr::Float(number) => Ok(Constant::Number(*number).into()),
            Expr::Literal(text) => Ok(Constant::Text(text.clone()).into()),
            Expr::Bool(truth) => Ok(Constant::Boolean(*truth).into()),
            Expr::Null => Ok(Constant::Null.into()),
            Expr::Date { date: inner } | Expr::Timestamp { timestamp: inner } => match inner.as_ref() {
                Expr::Literal(text) => {
                    let (start, end) = moment::span(text).ok_or_else(|| no_time(text))?;
                    Ok(Constant::Time(start, end).into())
                }
                other => Err(FilterError::Unsupported(written(other))),
            },
            Expr::Interval { interval } => match interval.as_slice() {
                [from, to] => Ok(Constant::Time(bound(from, i64::MIN)?.0, bound(to, i64::MAX)?.1).into()),
                _ => Err(FilterError::Type("INTERVAL wants two moments".into())),
            },
            Expr::Operation { op, args } => match (op.as_str(), args.as_slice()) {
                ("casei", [one]) => Ok(self.operand(one)?.folded()),
                (sign, [left, right]) => match Arithmetic::from_sign(sign) {
                    Some(arithmetic) => {
                        let (left, right) = (self.operand(left)?, self.operand(right)?);
                        Ok(Operand::Computed(arithmetic, Box::new(left), Box::new(right)))
                    }
                    None => Err(FilterError::Unsupported(written(expr))),
                },
                _ => Err(FilterError::Unsupported(written(expr))),
            },
            other => Err(FilterError::Unsupported(written(other))),
        }
    }

    fn field(&self, name: &str) -> Result<Operand<'a>, FilterError> {
        let layer = &self.layer.layer;
        if let Some(field) = layer.table.field(name) {
            return Ok(Operand::Column(&field.values));
        }
        match (name, &layer.heights) {
            (FID, _) => return Ok(Operand::Row(&layer.rows)),
            (HEIGHT, Some(heights)) => return Ok(Operand::Height(&heights.top)),
            (PROVENANCE, Some(heights)) => return Ok(Operand::Provenance(&heights.source)),
            _ => {}
        }
        let names = layer.table.fields.iter().map(|field| field.name.as_str());
        let hint = nearest(name, names.clone()).map_or(String::new(), |near| {
            let quoted = if near.chars().all(|c| c.is_alphanumeric() || "_.:".contains(c)) {
                near.to_owned()
            } else {
                format!("\"{near}\"")
            };
            format!("; did you mean {quoted}?")
        });
        let own = [FID, HEIGHT, PROVENANCE].into_iter().take(if layer.heights.is_some() { 3 } else { 1 });
        let fields = names.chain(own).collect::<Vec<_>>().join(", ");
        Err(FilterError::UnknownField { layer: layer.id.clone(), name: name.to_owned(), hint, fields })
    }
}

/// The field that was meant: the same in any case and width, else at most two letters off.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    let wanted = crate::query::fold::folded(name);
    let same = names.clone().find(|other| crate::query::fold::folded(other) == wanted);
    same.or_else(|| {
        let near = |other: &&str| crate::query::fold::edits(&wanted, &crate::query::fold::folded(other));
        names.filter(|other| near(other) <= 2 && wanted.chars().count() > 3).min_by_key(near)
    })
}

/// Whether a column has no value at all, and so no type of its own: a piece of a layer may lack all
/// values of a field whose type other pieces know.
fn is_void(values: &Values) -> bool {
    matches!(values, Values::Text(_)) && values.nulls() == values.len()
}

/// Gives a literal the type of the column it is compared with.
fn fit(values: &Values, constant: Constant, field: &str) -> Result<Constant, FilterError> {
    let wrong = |constant: &Constant, hint: &str| {
        let holds = match values {
            Values::Boolean(_) => "true or false",
            Values::Integer(_) | Values::Real(_) => "numbers",
            Values::Text(_) => "text",
            Values::Time(_) => "times",
        };
        Err(FilterError::Type(format!("field {field} holds {holds}; {constant} is none{hint}")))
    };
    match (values, constant) {
        (_, Constant::Null) => Ok(Constant::Null),
        (Values::Integer(_) | Values::Real(_), Constant::Text(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Constant::Number(number)),
            _ => wrong(&Constant::Text(text), ""),
        },
        (Values::Integer(_) | Values::Real(_), other @ (Constant::Boolean(_) | Constant::Time(..))) => {
            wrong(&other, "")
        }
        (Values::Time(_), Constant::Text(text)) => {
            let (start, end) = moment::span(&text).ok_or_else(|| no_time(&text))?;
            Ok(Constant::Time(start, end))
        }
        (Values::Time(_), other @ (Constant::Number(_) | Constant::Boolean(_))) => {
            wrong(&other, ": write DATE('2024-01-31') or TIMESTAMP('2024-01-31T08:00:00Z')")
        }
        (Values::Boolean(_), Constant::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Constant::Boolean(true)),
            "false" => Ok(Constant::Boolean(false)),
            _ => wrong(&Constant::Text(text), ""),
        },
        (Values::Boolean(_), Constant::Number(0.0)) => Ok(Constant::Boolean(false)),
        (Values::Boolean(_), Constant::Number(1.0)) => Ok(Constant::Boolean(true)),
        (Values::Boolean(_), other @ (Constant::Number(_) | Constant::Time(..))) => wrong(&other, ""),
        (Values::Text(_), other @ Constant::Boolean(_)) if !is_void(values) => wrong(&other, ": put it in quotes"),
        (_, constant) => Ok(constant),
    }
}

fn as_span(constant: Constant, expr: &Expr) -> Result<(i64, i64), FilterError> {
    match constant {
        Constant::Time(start, end) => Ok((start, end)),
        Constant::Text(text) => moment::span(&text).ok_or_else(|| no_time(&text)),
        _ => Err(FilterError::Type(format!("{} is no time", written(expr)))),
    }
}

fn bound(expr: &Expr, open: i64) -> Result<(i64, i64), FilterError> {
    let text = match expr {
        Expr::Literal(text) => text,
        Expr::Date { date: inner } | Expr::Timestamp { timestamp: inner } => match inner.as_ref() {
            Expr::Literal(text) => text,
            other => return Err(FilterError::Unsupported(written(other))),
        },
        other => return Err(FilterError::Unsupported(written(other))),
    };
    if text == ".." { Ok((open, open)) } else { moment::span(text).ok_or_else(|| no_time(text)) }
}

fn no_time(text: &str) -> FilterError {
    FilterError::Type(format!("'{text}' is no date or moment such as 2024-01-31 or 2024-01-31T08:00:00Z"))
}

/// A part of the condition as the user wrote it, cut where it is long.
fn written(expr: &Expr) -> String {
    let text = expr.to_text().unwrap_or_else(|_| "this part".to_owned());
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
