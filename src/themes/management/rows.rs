//! Rows of a layer as reports: a table of incidents that somebody has becomes cases.

use super::incoming::{Coordinates, Incoming, Reporter, Status};
use super::machine::State;
use crate::model::{Layer, Meaning, Value};

/// What is taken where a field does not say it.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Category.
    pub category: String,
    /// How it was reported.
    pub channel: String,
}

/// Names of fields beyond those that every layer's mapping knows.
struct Names {
    text: Option<usize>,
    channel: Option<usize>,
    due: Option<usize>,
    closed: Option<usize>,
    accuracy: Option<usize>,
    unit: Option<usize>,
    person: Option<usize>,
    phone: Option<usize>,
    email: Option<usize>,
    media: Option<usize>,
}

const TEXT: &[&str] = &[
    "text_zh",
    "问题描述",
    "描述",
    "案件描述",
    "内容",
    "text",
    "description",
    "details",
    "content",
    "desc",
    "remark",
    "备注",
];
const CHANNEL: &[&str] = &["channel", "来源", "问题来源", "案件来源", "上报渠道", "origin", "case_source"];
const DUE: &[&str] = &["due", "deadline", "处置截止时间", "截止时间", "结案时限", "expected_datetime"];
const CLOSED: &[&str] = &["closed", "closed_at", "结案时间", "办结时间", "closed_dt", "closed_date", "resolved_at"];
const ACCURACY: &[&str] = &["accuracy_m", "accuracy", "定位精度", "精度"];
const UNIT: &[&str] = &["责任单位", "处置部门", "责任部门", "agency_responsible", "agency", "department", "unit"];
const PERSON: &[&str] = &["上报人", "举报人", "联系人", "reporter", "reporter_name", "contact"];
const PHONE: &[&str] = &["联系电话", "电话", "手机", "手机号", "phone", "mobile", "telephone", "tel"];
const EMAIL: &[&str] = &["邮箱", "email", "e-mail", "mail"];
const MEDIA: &[&str] = &["media_url", "照片", "图片", "photo", "photos", "image_url"];

impl Names {
    fn of(layer: &Layer) -> Self {
        let taken: Vec<&str> = Meaning::ALL
            .into_iter()
            .filter_map(|meaning| layer.mapping.get(meaning))
            .map(|mapped| mapped.field.as_str())
            .collect();
        // What a meaning was given to is not read as another thing, but for texts: a type may be the only one.
        let find = |names: &[&str]| {
            let fields = &layer.table.fields;
            names.iter().find_map(|name| {
                fields
                    .iter()
                    .position(|field| field.name.eq_ignore_ascii_case(name) && !taken.contains(&field.name.as_str()))
            })
        };
        Self {
            text: find(TEXT),
            channel: find(CHANNEL),
            due: find(DUE),
            closed: find(CLOSED),
            accuracy: find(ACCURACY),
            unit: find(UNIT),
            person: find(PERSON),
            phone: find(PHONE),
            email: find(EMAIL),
            media: find(MEDIA),
        }
    }
}

/// A moment: of a date, of a text in ISO 8601 with or without its zone, of a month. Without a zone in the place's own
/// time, `offset` milliseconds ahead of UTC.
pub fn moment(value: &Value<'_>, offset: i64) -> Option<i64> {
    match value {
        Value::Time(ms) => Some(*ms),
        // Seconds or milliseconds since 1970: seconds until the year 5138.
        Value::Integer(n) if *n > 100_000_000 => Some(if *n < 100_000_000_000 { *n * 1_000 } else { *n }),
        Value::Real(n) if *n > 1e8 && *n < 1e14 => Some((if *n < 1e11 { *n * 1_000.0 } else { *n }) as i64),
        Value::Text(text) => {
            let text = text.trim().replace('/', "-");
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                return Some(at.as_millisecond());
            }
            let local = |civil: jiff::civil::DateTime| {
                let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
                utc.timestamp().as_millisecond().checked_sub(offset)
            };
            if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
                return local(civil);
            }
            if let Ok(date) = text.parse::<jiff::civil::Date>() {
                return local(date.to_datetime(jiff::civil::Time::midnight()));
            }
            const FORMS: [&str; 6] = [
                "%Y-%m-%d %H:%M:%S",
                "%Y-%m-%d %H:%M",
                "%Y-%m-%dT%H:%M",
                "%d-%m-%Y %H:%M",
                "%Y年%m月%d日 %H:%M",
                "%Y年%m月%d日",
            ];
            for form in FORMS {
                if let Ok(civil) = jiff::civil::DateTime::strptime(form, &text) {
                    return local(civil);
                }
                if let Ok(date) = jiff::civil::Date::strptime(form, &text) {
                    return local(date.to_datetime(jiff::civil::Time::midnight()));
                }
            }
            let (year, month) = text.split_once('-')?;
            let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
            local(date.to_datetime(jiff::civil::Time::midnight()))
        }
        _ => None,
    }
}

/// A row as a report; `None` where nothing says where it is: neither a place nor an address. Coordinates are those of
/// the layer, in the project CRS; a row without a number of its own is known by its row, `#12`.
pub fn report(layer: &Layer, row: u32, defaults: &Defaults, offset: i64) -> Option<Incoming> {
    Reader::of(layer).report(row, defaults, offset)
}

/// Reads the rows of a layer.
pub struct Reader<'a> {
    layer: &'a Layer,
    names: Names,
}

impl<'a> Reader<'a> {
    /// Of a layer.
    pub fn of(layer: &'a Layer) -> Self {
        Self { layer, names: Names::of(layer) }
    }

    /// The field of a number in the list of fields.
    fn at(&self, row: u32, field: Option<usize>) -> Option<Value<'a>> {
        let field = self.layer.table.fields.get(field?)?;
        Some(field.values.get(row))
    }

    fn text(&self, row: u32, field: Option<usize>) -> String {
        self.at(row, field).map(|value| value.to_string().trim().to_owned()).unwrap_or_default()
    }

    fn meant(&self, row: u32, meaning: Meaning) -> Option<Value<'a>> {
        let mapped = self.layer.mapping.get(meaning)?;
        Some(self.layer.table.value(row, &mapped.field))
    }

    fn said(&self, row: u32, meaning: Meaning) -> String {
        self.meant(row, meaning).map(|value| value.to_string().trim().to_owned()).unwrap_or_default()
    }

    /// A row as a report: see [`report`].
    pub fn report(&self, row: u32, defaults: &Defaults, offset: i64) -> Option<Incoming> {
        let names = &self.names;
        let place = self.layer.table.geometry.centroid(row).map(|xy| Coordinates {
            xy,
            crs: String::new(),
            offset: String::new(),
        });
        let address = self.said(row, Meaning::Address);
        if place.is_none() && address.is_empty() {
            return None;
        }
        let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
        let id = self.said(row, Meaning::Id);
        let state = self.said(row, Meaning::State);
        let time = |value: Option<Value<'_>>| value.and_then(|value| moment(&value, offset));
        let closed = time(self.at(row, names.closed));
        let is_closed = State::of_words(&state).map_or(state.eq_ignore_ascii_case("closed"), State::is_end);
        let name = self.said(row, Meaning::Name);
        Some(Incoming {
            source_id: or(id, &format!("#{}", self.layer.whole_row(row))),
            reported: time(self.meant(row, Meaning::Time)),
            updated: closed,
            category: or(self.said(row, Meaning::Category), &defaults.category),
            channel: or(self.text(row, names.channel), &defaults.channel),
            text: or(self.text(row, names.text), &name),
            address,
            place,
            accuracy_m: self.at(row, names.accuracy).and_then(|value| value.number()),
            status: if is_closed || (state.is_empty() && closed.is_some()) { Status::Closed } else { Status::Open },
            status_notes: String::new(),
            state,
            closed,
            agency: self.text(row, names.unit),
            due: time(self.at(row, names.due)),
            reporter: Reporter {
                name: self.text(row, names.person),
                phone: self.text(row, names.phone),
                email: self.text(row, names.email),
            },
            media: Some(self.text(row, names.media)).filter(|text| !text.is_empty()).into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01 08:15 in Tianjin is 00:15 UTC: 1,772,324,100 s.
    #[test]
    fn moments_are_read_as_people_write_them() {
        const AT: i64 = 1_772_324_100_000;
        const OFFSET: i64 = 8 * 3_600_000;
        let read = |text: &str| moment(&Value::Text(text.into()), OFFSET);
        for text in [
            "2026-03-01T08:15:00+08:00",
            "2026-03-01T00:15:00Z",
            "2026-03-01T08:15:00",
            "2026-03-01 08:15:00",
            "2026-03-01 08:15",
            "2026/3/1 8:15",
            "2026年3月1日 8:15",
        ] {
            assert_eq!(read(text), Some(AT), "{text}");
        }
        // Midnight of a day, and of the first of a month, in the place's own time.
        assert_eq!(read("2026-03-01"), Some(AT - (8 * 60 + 15) * 60_000));
        assert_eq!(read("2026-03"), read("2026-03-01"));
        assert_eq!(moment(&Value::Integer(AT / 1_000), OFFSET), Some(AT));
        assert_eq!(moment(&Value::Integer(AT), OFFSET), Some(AT));
        assert_eq!(moment(&Value::Time(AT), OFFSET), Some(AT));
        for text in ["", "soon", "2026-13-01", "0"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
