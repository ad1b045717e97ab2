//! What the values of fields mean, over all rows: moments in texts and numbers, stand-ins for "no value".
//!
//! One field is decided by all of its values, so a layer that comes in runs is watched first: [`Watch`] takes
//! run after run and keeps a few numbers a field; [`Meanings`] then brings every run into one shape.

use std::collections::HashMap;

use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, StringArray};
use rayon::prelude::*;

use super::values::parse_time;
use crate::model::{FeatureTable, Field, Value, Values};
use crate::report::Report;

/// Stand-ins for "no value" in numbers; the last two only where the field's name tells a small measure.
const SENTINELS: [f64; 10] =
    [-9999.0, -999.0, -99999.0, -999_999.0, -9_999_999.0, -32768.0, 99999.0, 999_999.0, 9999.0, 999.0];

/// How many of [`SENTINELS`] count under any name.
const PLAIN: usize = 8;

/// Names of fields that hold moments.
const MOMENTS: [&str; 14] = [
    "date",
    "time",
    "datum",
    "updated",
    "created",
    "modified",
    "edited",
    "timestamp",
    "日期",
    "时间",
    "更新",
    "创建",
    "_dt",
    "zeit",
];

/// Names of fields with heights, storeys and years.
const MEASURED: [&str; 8] = ["year", "height", "storey", "floor", "level", "年", "高", "层"];

/// Latest moment that milliseconds in a field are taken for: the year 2100.
const LATEST_MS: i64 = 4_102_444_800_000;

/// The type of a field over all runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Empty,
    Boolean,
    Integer,
    Real,
    Text,
    Time,
}

impl Kind {
    fn of(values: &Values) -> Self {
        match values {
            _ if values.nulls() == values.len() => Self::Empty,
            Values::Boolean(_) => Self::Boolean,
            Values::Integer(_) => Self::Integer,
            Values::Real(_) => Self::Real,
            Values::Text(_) => Self::Text,
            Values::Time(_) => Self::Time,
        }
    }

    /// As [`crate::model::TableBuilder`] widens.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Empty, k) | (k, Self::Empty) => k,
            (Self::Integer, Self::Real) | (Self::Real, Self::Integer) => Self::Real,
            _ => Self::Text,
        }
    }
}

/// What was seen of all fields so far.
#[derive(Debug, Default)]
pub struct Watch {
    fields: Vec<Seen>,
    names: HashMap<String, usize>,
}

/// What was seen of one field.
#[derive(Debug)]
struct Seen {
    name: String,
    kind: Kind,
    /// Texts that are dates, while all are.
    dates: u64,
    other_texts: bool,
    /// The name tells moments, or a height, storeys or a year.
    moments: bool,
    measured: bool,
    numbers: Numbers,
}

/// What was seen of a field's numbers.
#[derive(Debug)]
struct Numbers {
    fractions: bool,
    /// Others than 0, those of at least 12 digits, and whether all could be days or milliseconds.
    known: u64,
    large: u64,
    all_days: bool,
    all_ms: bool,
    sentinels: [u64; SENTINELS.len()],
    extremes: u64,
    least: f64,
    greatest: f64,
}

impl Seen {
    fn new(name: &str) -> Self {
        let lower = name.to_lowercase();
        let numbers = Numbers {
            fractions: false,
            known: 0,
            large: 0,
            all_days: true,
            all_ms: true,
            sentinels: [0; SENTINELS.len()],
            extremes: 0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
        };
        Self {
            name: name.to_owned(),
            kind: Kind::Empty,
            dates: 0,
            other_texts: false,
            moments: MOMENTS.iter().any(|word| lower.contains(word)),
            measured: MEASURED.iter().any(|word| lower.contains(word)),
            numbers,
        }
    }

    fn take(&mut self, values: &Values) {
        let kind = Kind::of(values);
        self.kind = self.kind.join(kind);
        match values {
            Values::Text(texts) if !self.other_texts => {
                for text in texts.iter().flatten().filter(|t| !t.trim().is_empty()) {
                    // Digits alone may be a code (19970101-like numbers are left to fields with telling names).
                    if !text.contains(['-', '/', '.', '年', ':']) || parse_time(text).is_none() {
                        self.other_texts = true;
                        break;
                    }
                    self.dates += 1;
                }
            }
            Values::Time(moments) => self.dates += (moments.len() - moments.null_count()) as u64,
            Values::Integer(numbers) => {
                self.other_texts |= kind != Kind::Empty;
                numbers.iter().flatten().for_each(|v| self.number(v as f64, v));
            }
            Values::Real(numbers) => {
                self.other_texts |= kind != Kind::Empty;
                numbers.iter().flatten().for_each(|v| self.number(v, v as i64));
            }
            _ => self.other_texts |= kind != Kind::Empty && kind != Kind::Text,
        }
    }

    fn number(&mut self, v: f64, whole: i64) {
        let numbers = &mut self.numbers;
        if self.moments {
            numbers.fractions |= v.fract() != 0.0 || v.abs() >= 1e15;
            if whole != 0 {
                numbers.known += 1;
                numbers.large += u64::from(whole.unsigned_abs() >= 100_000_000_000);
                numbers.all_days = numbers.all_days && day(whole).is_some();
                numbers.all_ms &= whole.unsigned_abs() <= LATEST_MS as u64;
            }
        }
        numbers.extremes += u64::from(is_extreme(v));
        let count = if self.measured { SENTINELS.len() } else { PLAIN };
        if v.abs() >= 999.0
            && let Some(i) = SENTINELS[..count].iter().position(|s| *s == v)
        {
            numbers.sentinels[i] += 1;
        } else if v.is_finite() && v.abs() < 1e300 {
            numbers.least = numbers.least.min(v);
            numbers.greatest = numbers.greatest.max(v);
        }
    }

    fn meaning(&self) -> Meaning {
        let numbers = &self.numbers;
        match self.kind {
            Kind::Text if !self.other_texts && self.dates > 0 => return Meaning::Texts(self.dates),
            Kind::Integer | Kind::Real if self.moments && numbers.known > 0 => {
                let whole = self.kind == Kind::Integer || !numbers.fractions;
                // Before 1973 milliseconds have fewer than 12 digits: most must have them, all must be possible.
                if whole && numbers.all_days {
                    return Meaning::Days(numbers.known);
                } else if whole && numbers.large * 10 >= numbers.known * 9 && numbers.all_ms {
                    return Meaning::Milliseconds(numbers.known);
                }
            }
            Kind::Integer | Kind::Real => {}
            _ => return Meaning::AsIs,
        }
        // A stand-in stands apart: nothing else lies beyond half its way from zero.
        let lower = self.name.to_lowercase();
        let year = self.measured && (lower.contains("year") || lower.contains('年'));
        let apart = |s: f64| {
            let beyond = if s < 0.0 { numbers.least < s / 2.0 } else { numbers.greatest > s / 2.0 };
            (s < 0.0 || self.measured) && (s > 0.0 && year || !beyond)
        };
        let found = |i: &usize| numbers.sentinels[*i] > 0 && apart(SENTINELS[*i]);
        let sentinels: Vec<usize> = (0..SENTINELS.len()).filter(found).collect();
        let count = numbers.extremes + sentinels.iter().map(|i| numbers.sentinels[*i]).sum::<u64>();
        if count == 0 {
            return Meaning::AsIs;
        }
        let sentinels = sentinels.into_iter().map(|i| SENTINELS[i]).collect();
        Meaning::Blank { sentinels, extremes: numbers.extremes > 0, count }
    }
}

/// Least and greatest numbers of the types mean "unset" in many drivers; infinities are none.
fn is_extreme(v: f64) -> bool {
    !v.is_finite() || v.abs() >= 1e300 || v.abs() == f64::from(f32::MAX)
}

/// `20230105` as a moment.
fn day(v: i64) -> Option<i64> {
    (18_000_101..=21_001_231).contains(&v).then(|| parse_time(&v.to_string())).flatten()
}

impl Watch {
    /// Looks at the next run of rows.
    pub fn take(&mut self, table: &FeatureTable) {
        for field in &table.fields {
            if !self.names.contains_key(&field.name) {
                self.names.insert(field.name.clone(), self.fields.len());
                self.fields.push(Seen::new(&field.name));
            }
        }
        let fields: HashMap<&str, &Values> = table.fields.iter().map(|f| (f.name.as_str(), &f.values)).collect();
        self.fields.par_iter_mut().for_each(|seen| {
            if let Some(values) = fields.get(seen.name.as_str()) {
                seen.take(values);
            }
        });
    }

    /// What the fields mean, after the last run.
    pub fn meanings(self) -> Meanings {
        let fields = self.fields.into_iter().map(|seen| {
            let meaning = seen.meaning();
            Known { name: seen.name, kind: seen.kind, meaning }
        });
        Meanings { fields: fields.collect() }
    }
}

/// What the fields of a layer mean.
#[derive(Debug)]
pub struct Meanings {
    fields: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    name: String,
    kind: Kind,
    meaning: Meaning,
}

#[derive(Debug)]
enum Meaning {
    AsIs,
    /// Texts that are dates.
    Texts(u64),
    /// Numbers like 20230105.
    Days(u64),
    /// Milliseconds since 1970.
    Milliseconds(u64),
    /// Some numbers stand for "no value".
    Blank {
        sentinels: Vec<f64>,
        extremes: bool,
        count: u64,
    },
}

impl Meanings {
    /// Brings a run of rows into the shape that all runs have: all fields, in one order, each of one type, with
    /// moments as moments and without stand-ins.
    pub fn apply(&self, table: &mut FeatureTable) {
        let rows = table.len();
        let mut old: HashMap<String, Values> =
            std::mem::take(&mut table.fields).into_iter().map(|f| (f.name, f.values)).collect();
        let old: Vec<(&Known, Option<Values>)> = self.fields.iter().map(|k| (k, old.remove(&k.name))).collect();
        table.fields = old
            .into_par_iter()
            .map(|(known, values)| Field { name: known.name.clone(), values: known.shape(values, rows) })
            .collect();
    }

    /// Whether the values of a field stay as they are. Fields are counted in the order in which they came.
    pub fn is_plain(&self, field: usize) -> bool {
        self.fields.get(field).is_none_or(|known| matches!(known.meaning, Meaning::AsIs))
    }

    /// Whether a field becomes one of moments.
    pub fn is_moments(&self, field: usize) -> bool {
        let moments =
            |known: &Known| matches!(known.meaning, Meaning::Texts(_) | Meaning::Days(_) | Meaning::Milliseconds(_));
        self.fields.get(field).is_some_and(moments)
    }

    /// One value of a field, as [`Meanings::apply`] makes it.
    pub fn value<'v>(&self, field: usize, value: Value<'v>) -> Value<'v> {
        let Some(known) = self.fields.get(field) else { return value };
        let moment = |ms: Option<i64>| ms.map_or(Value::Null, Value::Time);
        match (&known.meaning, value) {
            (Meaning::Texts(_), Value::Text(text)) => moment(parse_time(&text)),
            (Meaning::Days(_), Value::Integer(v)) => moment(day(v)),
            (Meaning::Days(_), Value::Real(v)) => moment(day(v as i64)),
            (Meaning::Milliseconds(_), Value::Integer(v)) => Value::Time(v),
            (Meaning::Milliseconds(_), Value::Real(v)) => Value::Time(v as i64),
            (Meaning::Blank { sentinels, .. }, value @ (Value::Integer(_) | Value::Real(_))) => {
                let number = match value {
                    Value::Integer(v) => v as f64,
                    Value::Real(v) => v,
                    _ => return value,
                };
                if is_extreme(number) || sentinels.contains(&number) { Value::Null } else { value }
            }
            (_, value) => value,
        }
    }

    /// Says what was recognised.
    pub fn say(&self, layer: &str, report: &mut Report) {
        for Known { name, meaning, .. } in &self.fields {
            let how = match meaning {
                Meaning::AsIs => continue,
                Meaning::Texts(count) => format!("{count} texts read as dates"),
                Meaning::Days(count) => format!("{count} numbers read as dates (YYYYMMDD)"),
                Meaning::Milliseconds(count) => format!("{count} numbers read as moments (milliseconds since 1970)"),
                Meaning::Blank { sentinels, extremes, count } => {
                    let mut which: Vec<String> = sentinels.iter().map(f64::to_string).collect();
                    if *extremes {
                        which.push("infinite or the type's extreme".into());
                    }
                    format!("{count} values ({}) stand for \"no value\" and are read as empty", which.join(", "))
                }
            };
            report.note(layer, format!("field \"{name}\": {how}"));
        }
    }
}

impl Known {
    fn shape(&self, values: Option<Values>, rows: usize) -> Values {
        let Some(values) = values.filter(|v| v.nulls() < v.len()) else { return self.nothing(rows) };
        match (&self.meaning, self.widened(values)) {
            (Meaning::Texts(_), Values::Text(a)) => Values::Time(a.iter().map(|t| t.and_then(parse_time)).collect()),
            (Meaning::Days(_), Values::Integer(a)) => Values::Time(a.iter().map(|v| v.and_then(day)).collect()),
            (Meaning::Days(_), Values::Real(a)) => {
                Values::Time(a.iter().map(|v| v.and_then(|v| day(v as i64))).collect())
            }
            (Meaning::Milliseconds(_), Values::Integer(a)) => Values::Time(a),
            (Meaning::Milliseconds(_), Values::Real(a)) => {
                Values::Time(a.iter().map(|v| v.map(|v| v as i64)).collect())
            }
            (Meaning::Blank { sentinels, .. }, Values::Integer(a)) => {
                let blank = |v: i64| is_extreme(v as f64) || sentinels.contains(&(v as f64));
                Values::Integer(a.iter().map(|v| v.filter(|v| !blank(*v))).collect())
            }
            (Meaning::Blank { sentinels, .. }, Values::Real(a)) => {
                let blank = |v: f64| is_extreme(v) || sentinels.contains(&v);
                Values::Real(a.iter().map(|v| v.filter(|v| !blank(*v))).collect())
            }
            (_, values) => values,
        }
    }

    /// The values in the type that the field has over all runs.
    fn widened(&self, values: Values) -> Values {
        match (self.kind, values) {
            (Kind::Real, Values::Integer(a)) => Values::Real(a.iter().map(|v| v.map(|v| v as f64)).collect()),
            (Kind::Text, values @ Values::Text(_)) => values,
            // Texts that are dates become moments anyway.
            (Kind::Text, values @ Values::Time(_)) if matches!(self.meaning, Meaning::Texts(_)) => values,
            (Kind::Text, values) => {
                let text = |row| Some(values.get(row)).filter(|v| !v.is_null()).map(|v| v.to_string());
                Values::Text((0..values.len() as u32).map(text).collect())
            }
            (_, values) => values,
        }
    }

    fn nothing(&self, rows: usize) -> Values {
        match (self.kind, &self.meaning) {
            (_, Meaning::Texts(_) | Meaning::Days(_) | Meaning::Milliseconds(_)) | (Kind::Time, _) => {
                Values::Time(Int64Array::new_null(rows))
            }
            (Kind::Boolean, _) => Values::Boolean(BooleanArray::new_null(rows)),
            (Kind::Integer, _) => Values::Integer(Int64Array::new_null(rows)),
            (Kind::Real, _) => Values::Real(Float64Array::new_null(rows)),
            (Kind::Empty | Kind::Text, _) => Values::Text(StringArray::new_null(rows)),
        }
    }
}

/// Finds moments and stand-ins for "no value" in every field of a whole layer, replaces them and says so.
pub fn recognise(table: &mut FeatureTable, layer: &str, report: &mut Report) {
    let mut watch = Watch::default();
    watch.take(table);
    let meanings = watch.meanings();
    meanings.apply(table);
    meanings.say(layer, report);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryKind, TableBuilder};

    fn column(name: &str, values: &[Value<'_>]) -> (FeatureTable, Report) {
        let mut builder = TableBuilder::default();
        let field = builder.field(name);
        for value in values {
            builder.set(field, value);
            builder.geometry.end_feature(GeometryKind::None);
        }
        let (mut table, mut report) = (builder.finish(), Report::default());
        recognise(&mut table, "layer", &mut report);
        (table, report)
    }

    #[test]
    fn a_stand_in_is_blanked_and_said_but_a_real_low_value_stays() {
        let (table, report) = column("HEIGHT", &[12, -9999, 30].map(Value::Integer));
        assert_eq!(table.value(1, "HEIGHT"), Value::Null);
        assert!(report.issues[0].message.contains("1 values (-9999)"), "{:?}", report.issues);
        // Depths reach -9998: -9999 may be one of them.
        let (table, report) = column("depth", &[-9998, -9999, -7000].map(Value::Integer));
        assert_eq!(table.value(1, "depth"), Value::Integer(-9999));
        assert!(report.issues.is_empty());
        let (table, _) = column("year_built", &[1950, 9999].map(Value::Integer));
        assert_eq!(table.value(1, "year_built"), Value::Null);
    }

    #[test]
    fn milliseconds_are_moments_only_under_a_telling_name() {
        let ms = [1_672_876_800_000, 1_500_000_000_000].map(Value::Integer);
        assert_eq!(column("EDIT_DATE", &ms).0.value(0, "EDIT_DATE"), Value::Time(1_672_876_800_000));
        assert_eq!(column("parcel", &ms).0.value(0, "parcel"), Value::Integer(1_672_876_800_000));
        let texts = ["2020-05-01", "2021-06-02"].map(|t| Value::Text(t.into()));
        assert!(matches!(column("since", &texts).0.value(0, "since"), Value::Time(_)));
        let mixed = ["2020-05-01", "unknown"].map(|t| Value::Text(t.into()));
        assert!(matches!(column("since", &mixed).0.value(0, "since"), Value::Text(_)));
    }
}
