//! Which fields of a table hold personal data: by their names, their values, and what stands in their texts.

use std::borrow::Cow;

use rayon::prelude::*;

use super::super::tables::{plain, tables};
use super::{Kind, detect, in_text, masked};
use crate::city::City;
use crate::model::{FeatureTable, Field, FieldType, Value, Values};
use crate::query::Filter;
use crate::query::question::Question;

/// A field that holds personal data.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PersonalField {
    /// The raw key.
    pub field: String,
    /// What it holds.
    pub kind: Kind,
    /// Why, for people.
    pub reason: String,
}

/// What a field's name says; some names only beside a person.
pub(super) fn by_name(field: &str, with_person: bool) -> Option<Kind> {
    let name = plain(field);
    let alone = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let before =
        |name: &str| tables().person_before.iter().find_map(|word| Some(name.strip_prefix(word.as_str())?.to_owned()));
    let after =
        |name: &str| tables().number_after.iter().find_map(|word| Some(name.strip_suffix(word.as_str())?.to_owned()));
    // As it is written, without what says whose it is, without what says that it is a number, without both.
    let (whose, number) = (before(alone), after(alone));
    let both = whose.as_deref().and_then(after);
    let forms: Vec<&str> =
        [Some(alone), whose.as_deref(), number.as_deref(), both.as_deref()].into_iter().flatten().collect();
    let with_person = with_person || whose.is_some();
    let is = |known: &String| match known.is_ascii() {
        true => forms.contains(&known.as_str()),
        false => alone.ends_with(known.as_str()),
    };
    let rows = || tables().personal.iter().filter(|row| !row.with_person || with_person);
    let exact = rows().find(|row| row.names.contains(&name));
    let found = exact.or_else(|| rows().filter(|row| !row.exact).find(|row| row.names.iter().any(is)));
    found.map(|row| row.kind)
}

/// Whether a field is called as running text is.
fn is_free(field: &str) -> bool {
    let name = plain(field);
    let alone = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let is = |known: &String| known == alone || (!known.is_ascii() && alone.ends_with(known.as_str()));
    tables().free_text.iter().any(is)
}

/// What of a layer's values is shown masked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Masks {
    /// Fields that hold personal data.
    fields: Vec<(String, Kind)>,
    /// Fields of running text.
    free: Vec<String>,
    on: bool,
}

impl Masks {
    /// Of a table; of a sample of a layer that is read by window.
    pub fn of(table: &FeatureTable) -> Self {
        let fields = personal_fields(table).into_iter().map(|field| (field.field, field.kind)).collect();
        let free = table.fields.iter().map(|field| &field.name).filter(|name| is_free(name)).cloned().collect();
        Self { fields, free, on: true }
    }

    /// Nothing is masked where `unmasked` is asked for, else as [`Self::of`].
    pub fn unless(unmasked: bool, table: &FeatureTable) -> Self {
        if unmasked { Self::default() } else { Self::of(table) }
    }

    /// A value of a field as it may be shown: masked where the field holds personal data, and numbers of persons in
    /// any text.
    pub fn shown(&self, field: &str, text: String) -> String {
        match self.fields.iter().find(|(name, _)| name == field) {
            Some((_, kind)) if !text.is_empty() => masked(*kind, &text),
            None if self.on => in_text::shown(text, self.free.iter().any(|name| name == field)),
            _ => text,
        }
    }

    /// The same of a value: other types than text stay what they are unless their field is masked.
    pub fn value<'v>(&self, field: &str, value: Value<'v>) -> Value<'v> {
        match value {
            Value::Null => Value::Null,
            _ if self.hides(field) => Value::Text(self.shown(field, value.to_string()).into()),
            Value::Text(text) if self.on => Value::Text(self.in_text(field, text)),
            value => value,
        }
    }

    fn in_text<'v>(&self, field: &str, text: Cow<'v, str>) -> Cow<'v, str> {
        let free = self.free.iter().any(|name| name == field);
        match text {
            Cow::Borrowed(text) => in_text::in_text(text, free),
            Cow::Owned(text) => Cow::Owned(in_text::shown(text, free)),
        }
    }

    /// Whether any value of a table would be shown otherwise than it is.
    pub fn alters(&self, table: &FeatureTable) -> bool {
        let changes = |field: &Field| {
            self.hides(&field.name)
                || (field.values.kind() == FieldType::Text
                    && (0..table.len() as u32).into_par_iter().any(|row| match field.values.get(row) {
                        Value::Text(text) => matches!(self.in_text(&field.name, text), Cow::Owned(_)),
                        _ => false,
                    }))
        };
        self.on && table.fields.iter().any(changes)
    }

    /// Whether a field is masked.
    pub fn hides(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }

    /// The fields that are masked.
    pub fn fields(&self) -> Vec<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The fields whose values are masked whole, and not only numbers in their texts.
    pub fn closed(&self) -> Vec<String> {
        self.fields.iter().filter(|(_, kind)| *kind != Kind::Text).map(|(name, _)| name.clone()).collect()
    }

    /// Those of some names that are masked: a condition over one of them would tell what the mask hides, value by
    /// value.
    pub fn among(&self, names: &[String]) -> Vec<String> {
        names.iter().filter(|name| self.hides(name)).cloned().collect()
    }
}

/// The masked fields that the conditions of a question ask, each as `layer.field`; those of its own layer by their
/// name alone. A condition that cannot be read asks nothing: answering says what is wrong with it.
pub fn probed(city: &City, question: &Question) -> Vec<String> {
    let of = |layer: &str, condition: &str| -> Vec<String> {
        let Some(layer) = city.layers.iter().find(|known| known.layer.id == layer) else { return Vec::new() };
        let asked = Filter::parse(condition).map(|filter| filter.fields()).unwrap_or_default();
        Masks::of(&layer.known().table).among(&asked)
    };
    let mut probed = of(&question.layer, &question.condition);
    for relation in &question.relations {
        let fields = of(&relation.layer, &relation.condition);
        probed.extend(fields.iter().map(|field| format!("{}.{field}", relation.layer)));
    }
    probed
}

/// Rows looked at in a field.
const SAMPLE: usize = 2000;

/// The fields of a table that hold personal data: by name, else because at least a third of the values have the
/// form of an identity number, a mobile number or an e-mail address.
pub fn personal_fields(table: &FeatureTable) -> Vec<PersonalField> {
    let of_person = |kind| matches!(kind, Kind::Name | Kind::IdNumber | Kind::Mobile | Kind::Landline);
    let named = |with_person: bool| table.fields.iter().map(move |field| by_name(&field.name, with_person));
    let valued: Vec<Option<(Kind, usize, usize)>> = table.fields.iter().map(|field| by_values(&field.values)).collect();
    let with_person =
        named(false).zip(&valued).any(|(name, values)| name.or(values.map(|v| v.0)).is_some_and(of_person));
    let fields = table.fields.iter().zip(named(with_person)).zip(valued);
    fields
        .filter_map(|((field, name), values)| {
            let (kind, reason) = match (name, values) {
                // 电话 is read as what its values are.
                (Some(Kind::Landline), Some((kind @ Kind::Mobile, ..))) => (kind, format!("named {}", field.name)),
                (Some(kind), _) => (kind, format!("named {}", field.name)),
                (None, Some((kind, like, of))) => (kind, format!("{like} of {of} values look like one")),
                (None, None) => (Kind::Text, in_texts(field)?),
            };
            Some(PersonalField { field: field.name.clone(), kind, reason })
        })
        .collect()
}

/// Why a field of texts holds numbers of persons: how many of the texts looked at do.
fn in_texts(field: &Field) -> Option<String> {
    let Values::Text(_) = &field.values else { return None };
    let free = is_free(&field.name);
    let texts = sample(&field.values);
    let with = texts.iter().filter(|text| in_text::tells(text, free)).count();
    (with > 0).then(|| format!("{with} of {} texts hold personal data", texts.len()))
}

/// Texts of some values of a field.
fn sample(values: &Values) -> Vec<String> {
    let step = (values.len() / SAMPLE).max(1);
    let sample = (0..values.len()).step_by(step).map(|row| values.get(row as u32)).filter(|value| !value.is_null());
    sample.map(|value| value.to_string()).filter(|text| !text.trim().is_empty()).collect()
}

/// What at least a third of a field's values are, with how many of how many.
fn by_values(values: &Values) -> Option<(Kind, usize, usize)> {
    if matches!(values, Values::Boolean(_) | Values::Time(_)) {
        return None;
    }
    let texts = sample(values);
    let count = |kind| texts.iter().filter(|text| detect(text) == Some(kind)).count();
    let found = [Kind::IdNumber, Kind::Mobile, Kind::Email].map(|kind| (kind, count(kind), texts.len()));
    found.into_iter().find(|(_, like, of)| *like > 0 && like * 3 >= *of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::themes::housing::testing::table;
    use serde_json::json;

    #[test]
    fn fields_are_personal_by_name_or_by_their_values() {
        let table = table(&[
            json!({"QLRMC": "张三", "ZJH": "x", "dh": "13800138000", "note": "11010519491231002X", "ZL": "滨江道1号", "FJH": "302", "height": 12.0, "code": "370104100209GB01009F10760002"}),
            json!({"QLRMC": "李四", "ZJH": "y", "dh": "13900139000", "note": "none", "ZL": "滨江道2号", "FJH": "303", "height": 15.0, "code": "370104100209GB01009F10760003"}),
        ]);
        let found: Vec<_> = personal_fields(&table).into_iter().map(|p| (p.field, p.kind)).collect();
        let expected = [
            ("QLRMC", Kind::Name),
            ("ZJH", Kind::IdNumber),
            ("dh", Kind::Mobile),
            ("note", Kind::IdNumber),
            ("ZL", Kind::Address),
        ];
        assert_eq!(found, expected.map(|(field, kind)| (field.to_owned(), kind)));
    }

    /// The address of a building is no personal data; that of a person's home is.
    #[test]
    fn an_address_is_personal_only_beside_a_person() {
        let table = table(&[json!({"address": "滨江道1号", "floors": 3, "name": "滨江道小学"})]);
        assert_eq!(personal_fields(&table), []);
    }

    #[test]
    fn unusual_names_of_persons_are_known_and_other_names_are_left() {
        let kind = |name: &str| by_name(name, false);
        use Kind::{Address, IdNumber, Landline, Mobile, Name};
        for (names, expected) in [
            (
                &["QLR1", "QLRMC_1", "owner2", "owner_name_2", "租户", "承租人", "共有人2", "户主", "TENANT_NAME"][..],
                Name,
            ),
            (&["QLR_ZJH", "权利人身份证号", "证件号码", "IDCARDNO", "owner_id_no", "承租人证件号"], IdNumber),
            (&["TELNO", "联系人电话", "owner_phone", "PHONE2", "户主联系电话"], Landline),
            (&["MOBILE1", "MOBILE_NO", "租户手机号"], Mobile),
            (&["owner_addr", "QLR_ADDRESS"], Address),
        ] {
            for name in names {
                assert_eq!(kind(name), Some(expected), "{name}");
            }
        }
        for name in [
            "owner_type",
            "权利人类型",
            "grid_cell",
            "cell_no",
            "base_plate",
            "户数",
            "no",
            "number",
            "XMMC",
            "contact_count",
        ] {
            assert_eq!(kind(name), None, "{name}");
        }
        // The address of nobody in particular is personal only beside a person.
        assert_eq!((kind("地址"), by_name("房屋地址", true)), (None, Some(Address)));
    }

    /// A remark with a number in it makes the whole field one that conditions may not ask.
    #[test]
    fn a_text_with_a_number_in_it_makes_its_field_personal() {
        let rows = [
            json!({"备注": "漏水,电话13800138000", "name": "一号楼", "编号": "13800138000"}),
            json!({"备注": "无", "name": "二号楼", "编号": "20800138000"}),
            json!({"备注": "", "name": "三号楼", "编号": "30800138000"}),
            json!({"备注": "", "name": "四号楼", "编号": "40800138000"}),
        ];
        let masks = Masks::of(&table(&rows));
        assert_eq!(masks.fields(), ["备注"]);
        assert_eq!(masks.shown("备注", "漏水,电话13800138000".into()), "漏水,电话138****8000");
        // A name that the sample never showed is masked all the same, and a code is none.
        assert_eq!(masks.shown("name", "张三 13900139000".into()), "张三 139****9000");
        assert_eq!(masks.shown("编号", "13800138000".into()), "13800138000");
        assert_eq!(masks.among(&["name".into(), "备注".into()]), ["备注"]);
        assert_eq!(Masks::default().shown("备注", "电话13800138000".into()), "电话13800138000");
    }
}
