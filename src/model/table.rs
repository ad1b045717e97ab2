//! The attributes of a layer: one Arrow array per field, and the geometry column.

use std::borrow::Cow;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, StringArray};

use super::geometry::GeometryColumn;

/// One value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// A moment: milliseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}

impl Value<'_> {
    /// As a number, where it is one (text that reads as a number counts, with a decimal point).
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(i) => Some(*i as f64),
            Self::Real(r) => r.is_finite().then_some(*r),
            Self::Text(t) => t.trim().parse::<f64>().ok().filter(|v| v.is_finite()),
            Self::Null | Self::Boolean(_) | Self::Time(_) => None,
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Boolean(b) => write!(f, "{b}"),
            Self::Integer(i) => write!(f, "{i}"),
            Self::Real(r) => write!(f, "{r}"),
            Self::Text(t) => f.write_str(t),
            Self::Time(ms) => match jiff::Timestamp::from_millisecond(*ms) {
                // Midnight UTC is a date in nearly every file.
                Ok(t) if ms.rem_euclid(86_400_000) == 0 => write!(f, "{}", t.strftime("%Y-%m-%d")),
                Ok(t) => write!(f, "{}", t.strftime("%Y-%m-%d %H:%M:%SZ")),
                Err(_) => write!(f, "{ms}"),
            },
        }
    }
}

/// The values of one field, one per row.
#[derive(Clone, Debug)]
pub enum Values {
    /// True or false.
    Boolean(BooleanArray),
    /// Whole numbers.
    Integer(Int64Array),
    /// Numbers.
    Real(Float64Array),
    /// Text.
    Text(StringArray),
    /// Moments, milliseconds since 1970-01-01T00:00:00Z.
    Time(Int64Array),
}

impl Values {
    /// The value of a row.
    pub fn get(&self, row: u32) -> Value<'_> {
        let row = row as usize;
        match self {
            Self::Boolean(a) if a.is_valid(row) => Value::Boolean(a.value(row)),
            Self::Integer(a) if a.is_valid(row) => Value::Integer(a.value(row)),
            Self::Real(a) if a.is_valid(row) => Value::Real(a.value(row)),
            Self::Text(a) if a.is_valid(row) => Value::Text(Cow::Borrowed(a.value(row))),
            Self::Time(a) if a.is_valid(row) => Value::Time(a.value(row)),
            _ => Value::Null,
        }
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Boolean(a) => a,
            Self::Integer(a) | Self::Time(a) => a,
            Self::Real(a) => a,
            Self::Text(a) => a,
        }
    }

    /// The type.
    pub fn kind(&self) -> FieldType {
        match self {
            Self::Boolean(_) => FieldType::Boolean,
            Self::Integer(_) => FieldType::Integer,
            Self::Real(_) => FieldType::Real,
            Self::Text(_) => FieldType::Text,
            Self::Time(_) => FieldType::Time,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.array().len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows without a value.
    pub fn nulls(&self) -> usize {
        self.array().null_count()
    }

    /// Bytes held on the heap.
    pub fn bytes(&self) -> usize {
        self.array().get_array_memory_size()
    }

    /// The type's name as commands print it: `text`, `integer`, `real`, `boolean`, `time`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Time(_) => "time",
        }
    }
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// True or false.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Real,
    /// Text.
    Text,
    /// Moments.
    Time,
}

/// A named field with its values.
#[derive(Clone, Debug)]
pub struct Field {
    /// The raw key, as in the source.
    pub name: String,
    /// One value per row.
    pub values: Values,
}

/// All features of a layer: geometry and attributes, row by row.
#[derive(Clone, Debug, Default)]
pub struct FeatureTable {
    /// One geometry per row.
    pub geometry: GeometryColumn,
    /// The fields, in the source's order.
    pub fields: Vec<Field>,
}

impl FeatureTable {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.geometry.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A field by its raw key.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The value of a field in a row; null when there is no such field.
    pub fn value(&self, row: u32, field: &str) -> Value<'_> {
        self.field(field).map_or(Value::Null, |field| field.values.get(row))
    }

    /// The attributes of some rows, without geometry: as many rows as are named, in their order; only
    /// the fields of these names.
    pub fn of_rows(&self, rows: &[u32], fields: &[String]) -> Self {
        let mut builder = TableBuilder::default();
        let wanted = self.fields.iter().filter(|field| fields.contains(&field.name));
        let wanted: Vec<(usize, &Field)> = wanted.map(|f| (builder.typed_field(&f.name, f.values.kind()), f)).collect();
        for row in rows {
            for (column, field) in &wanted {
                builder.set(*column, &field.values.get(*row));
            }
            builder.geometry.end_feature(super::GeometryKind::None);
        }
        builder.finish()
    }

    /// Bytes held on the heap.
    pub fn bytes(&self) -> usize {
        self.geometry.bytes() + self.fields.iter().map(|f| f.values.bytes() + f.name.capacity()).sum::<usize>()
    }
}

/// Collects rows of attributes whose fields and types become known only while reading.
///
/// A field starts without a type, takes that of its first value and widens when needed:
/// integer → real; anything else mixed → text.
#[derive(Debug, Default)]
pub struct TableBuilder {
    /// The geometry, written by the reader.
    pub geometry: GeometryColumn,
    fields: Vec<FieldBuilder>,
    names: std::collections::HashMap<String, usize>,
}

#[derive(Debug)]
struct FieldBuilder {
    name: String,
    column: ColumnBuilder,
}

#[derive(Debug)]
enum ColumnBuilder {
    /// Only nulls so far: their number.
    Empty(usize),
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Real(Float64Builder),
    Text(StringBuilder),
    Time(Int64Builder),
}

impl ColumnBuilder {
    fn of(kind: FieldType) -> Self {
        match kind {
            FieldType::Boolean => Self::Boolean(BooleanBuilder::new()),
            FieldType::Integer => Self::Integer(Int64Builder::new()),
            FieldType::Real => Self::Real(Float64Builder::new()),
            FieldType::Text => Self::Text(StringBuilder::new()),
            FieldType::Time => Self::Time(Int64Builder::new()),
        }
    }

    fn len(&self) -> usize {
        use arrow_array::builder::ArrayBuilder;
        match self {
            Self::Empty(n) => *n,
            Self::Boolean(b) => b.len(),
            Self::Integer(b) | Self::Time(b) => b.len(),
            Self::Real(b) => b.len(),
            Self::Text(b) => b.len(),
        }
    }

    fn push_nulls(&mut self, n: usize) {
        if n == 0 {
            return;
        }
        match self {
            Self::Empty(count) => *count += n,
            Self::Boolean(b) => b.append_nulls(n),
            Self::Integer(b) | Self::Time(b) => b.append_nulls(n),
            Self::Real(b) => b.append_nulls(n),
            Self::Text(b) => (0..n).for_each(|_| b.append_null()),
        }
    }

    fn push(&mut self, value: &Value<'_>) {
        match (&mut *self, value) {
            (_, Value::Null) => self.push_nulls(1),
            (Self::Boolean(b), Value::Boolean(v)) => b.append_value(*v),
            (Self::Integer(b), Value::Integer(v)) => b.append_value(*v),
            (Self::Real(b), Value::Real(v)) => b.append_value(*v),
            (Self::Real(b), Value::Integer(v)) => b.append_value(*v as f64),
            (Self::Time(b), Value::Time(v)) => b.append_value(*v),
            (Self::Text(b), Value::Text(v)) => b.append_value(v),
            (Self::Text(b), other) => b.append_value(other.to_string()),
            (Self::Empty(n), first) => {
                let nulls = *n;
                *self = match first {
                    Value::Boolean(_) => Self::Boolean(BooleanBuilder::new()),
                    Value::Integer(_) => Self::Integer(Int64Builder::new()),
                    Value::Real(_) => Self::Real(Float64Builder::new()),
                    Value::Time(_) => Self::Time(Int64Builder::new()),
                    Value::Text(_) | Value::Null => Self::Text(StringBuilder::new()),
                };
                self.push_nulls(nulls);
                self.push(value);
            }
            (Self::Integer(_), Value::Real(_)) => {
                self.widen_to_real();
                self.push(value);
            }
            _ => {
                self.widen_to_text();
                self.push(value);
            }
        }
    }

    fn widen_to_real(&mut self) {
        if let Self::Integer(b) = self {
            let old = b.finish();
            let mut new = Float64Builder::with_capacity(old.len());
            for v in &old {
                new.append_option(v.map(|v| v as f64));
            }
            *self = Self::Real(new);
        }
    }

    fn widen_to_text(&mut self) {
        let old = std::mem::replace(self, Self::Empty(0)).finish();
        let mut new = StringBuilder::new();
        for row in 0..old.len() as u32 {
            match old.get(row) {
                Value::Null => new.append_null(),
                value => new.append_value(value.to_string()),
            }
        }
        *self = Self::Text(new);
    }

    /// Appends the values of a later run of rows; types widen as they do value by value.
    fn append(&mut self, mut later: Self) {
        if let Self::Empty(rows) = &later {
            return self.push_nulls(*rows);
        }
        match (&*self, &later) {
            (Self::Empty(0), _) => {
                *self = later;
                return;
            }
            (Self::Empty(nulls), _) => {
                let nulls = *nulls;
                *self = match later {
                    Self::Boolean(_) => Self::Boolean(BooleanBuilder::new()),
                    Self::Integer(_) => Self::Integer(Int64Builder::new()),
                    Self::Real(_) => Self::Real(Float64Builder::new()),
                    Self::Time(_) => Self::Time(Int64Builder::new()),
                    Self::Text(_) | Self::Empty(_) => Self::Text(StringBuilder::new()),
                };
                self.push_nulls(nulls);
            }
            (Self::Integer(_), Self::Real(_)) => self.widen_to_real(),
            (Self::Real(_), Self::Integer(_)) => later.widen_to_real(),
            (ours, theirs) if std::mem::discriminant(ours) == std::mem::discriminant(theirs) => {}
            (ours, theirs) => {
                let (ours, theirs) = (matches!(ours, Self::Text(_)), matches!(theirs, Self::Text(_)));
                if !ours {
                    self.widen_to_text();
                }
                if !theirs {
                    later.widen_to_text();
                }
            }
        }
        match (self, later.finish()) {
            (Self::Boolean(b), Values::Boolean(a)) => b.append_array(&a),
            (Self::Integer(b), Values::Integer(a)) | (Self::Time(b), Values::Time(a)) => b.append_array(&a),
            (Self::Real(b), Values::Real(a)) => b.append_array(&a),
            (Self::Text(b), Values::Text(a)) => a.iter().for_each(|text| b.append_option(text)),
            // Both were brought to one type above.
            _ => {}
        }
    }

    fn finish(self) -> Values {
        match self {
            Self::Empty(n) => {
                let mut b = StringBuilder::new();
                (0..n).for_each(|_| b.append_null());
                Values::Text(b.finish())
            }
            Self::Boolean(mut b) => Values::Boolean(b.finish()),
            Self::Integer(mut b) => Values::Integer(b.finish()),
            Self::Real(mut b) => Values::Real(b.finish()),
            Self::Text(mut b) => Values::Text(b.finish()),
            Self::Time(mut b) => Values::Time(b.finish()),
        }
    }
}

impl TableBuilder {
    /// The column number of a field, made when new.
    pub fn field(&mut self, name: &str) -> usize {
        if let Some(&column) = self.names.get(name) {
            return column;
        }
        let column = self.fields.len();
        self.fields.push(FieldBuilder { name: name.to_owned(), column: ColumnBuilder::Empty(0) });
        self.names.insert(name.to_owned(), column);
        column
    }

    /// The column number of a field whose type the source declares, made when new: so that a run of
    /// rows without a value has the type of all others.
    pub fn typed_field(&mut self, name: &str, kind: FieldType) -> usize {
        let new = !self.names.contains_key(name);
        let column = self.field(name);
        if new {
            self.fields[column].column = ColumnBuilder::of(kind);
        }
        column
    }

    /// The column number of a field that was made already.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// How many fields were made so far.
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// The row being written: that after the last ended feature of the geometry.
    pub fn row(&self) -> usize {
        self.geometry.len()
    }

    /// Sets a field of the row being written. Fields not set are null; a field set twice keeps the
    /// first value.
    pub fn set(&mut self, column: usize, value: &Value<'_>) {
        let row = self.row();
        let field = &mut self.fields[column].column;
        let have = field.len();
        if have <= row {
            field.push_nulls(row - have);
            field.push(value);
        }
    }

    /// Appends the rows of another builder. Types widen as if the values had been set one by one, but for whole
    /// numbers above 2⁵³ that meet both other numbers and texts: they keep all digits.
    pub fn append(&mut self, later: Self) {
        let row = self.row();
        for field in later.fields {
            let column = self.field(&field.name);
            let ours = &mut self.fields[column].column;
            if field.column.len() > 0 {
                ours.push_nulls(row.saturating_sub(ours.len()));
                ours.append(field.column);
            }
        }
        self.geometry.append(&later.geometry);
    }

    /// How many fields of another builder are not here yet.
    pub fn new_fields(&self, other: &Self) -> usize {
        other.fields.iter().filter(|field| !self.names.contains_key(&field.name)).count()
    }

    /// Ends the rows so far as a table of their own. The fields stay, with their numbers, empty.
    pub fn take_rows(&mut self) -> FeatureTable {
        let mut next = Self::default();
        for field in &self.fields {
            next.field(&field.name);
        }
        std::mem::replace(self, next).finish()
    }

    /// Ends the table: every field gets as many rows as the geometry.
    pub fn finish(mut self) -> FeatureTable {
        let rows = self.geometry.len();
        self.geometry.shrink();
        let fields = self.fields.into_iter().map(|mut field| {
            let have = field.column.len();
            field.column.push_nulls(rows.saturating_sub(have));
            Field { name: field.name, values: field.column.finish() }
        });
        FeatureTable { fields: fields.collect(), geometry: self.geometry }
    }
}

#[cfg(test)]
mod tests {
    use super::super::geometry::GeometryKind;
    use super::*;

    #[test]
    fn a_field_widens_without_losing_a_value() {
        let mut builder = TableBuilder::default();
        let rows: [(&str, Value); 5] = [
            ("h", Value::Integer(3)),
            ("h", Value::Null),
            ("h", Value::Real(4.5)),
            ("other", Value::Boolean(true)),
            ("h", Value::Text("tall".into())),
        ];
        for (name, value) in &rows {
            let column = builder.field(name);
            builder.set(column, value);
            builder.geometry.end_feature(GeometryKind::None);
        }
        let table = builder.finish();
        let texts: Vec<String> = (0..5).map(|row| table.value(row, "h").to_string()).collect();
        assert_eq!(texts, ["3", "", "4.5", "", "tall"]);
        assert_eq!(table.value(3, "other"), Value::Boolean(true));
        assert!(table.fields.iter().all(|f| f.values.len() == 5));
    }

    #[test]
    fn appended_rows_are_as_if_set_one_by_one() {
        let values = [
            Value::Null,
            Value::Integer(3),
            Value::Real(4.5),
            Value::Null,
            Value::Boolean(true),
            Value::Text("x".into()),
            Value::Time(0),
        ];
        let fill = |builder: &mut TableBuilder, from: usize, to: usize| {
            for (row, value) in values.iter().enumerate().take(to).skip(from) {
                // One field of all types, and one for each row.
                for name in ["all".to_owned(), format!("{row}")] {
                    let column = builder.field(&name);
                    builder.set(column, value);
                }
                builder.geometry.push_vertex([row as f64, 0.0], (row == 4).then_some(1.0));
                builder.geometry.end_ring();
                builder.geometry.end_part();
                builder.geometry.end_feature(GeometryKind::Point);
            }
        };
        let mut whole = TableBuilder::default();
        fill(&mut whole, 0, values.len());
        let whole = whole.finish();
        for a in 0..=values.len() {
            for b in a..=values.len() {
                let mut builder = TableBuilder::default();
                for (from, to) in [(0, a), (a, b), (b, values.len())] {
                    let mut later = TableBuilder::default();
                    fill(&mut later, from, to);
                    builder.append(later);
                }
                let table = builder.finish();
                assert_eq!(table.geometry.xy, whole.geometry.xy);
                assert_eq!(table.geometry.heights(4), [1.0]);
                assert!(table.geometry.z[..4].iter().all(|z| z.is_nan()) && table.geometry.z.len() == values.len());
                for (ours, theirs) in table.fields.iter().zip(&whole.fields) {
                    assert_eq!((&ours.name, ours.values.type_name()), (&theirs.name, theirs.values.type_name()));
                    for row in 0..values.len() as u32 {
                        assert_eq!(ours.values.get(row), theirs.values.get(row), "{} {row} {a} {b}", ours.name);
                    }
                }
            }
        }
    }

    #[test]
    fn moments_print_as_dates_when_they_are_midnight() {
        // 1 700 006 400 s = 2023-11-15T00:00:00Z.
        assert_eq!(Value::Time(1_700_006_400_000).to_string(), "2023-11-15");
        assert_eq!(Value::Time(1_700_006_400_000 + 3_661_000).to_string(), "2023-11-15 01:01:01Z");
    }
}
