//! The words of a report and the names that keys have for them.

use std::sync::LazyLock;

use super::plain_name;
use crate::model::Meaning;

/// What a key can be; the words are those of `fields` in a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// The number of the report where it comes from.
    Id,
    /// When it was reported.
    Reported,
    /// When it was changed last.
    Updated,
    /// Its category.
    Category,
    /// How it came.
    Channel,
    /// What was said.
    Text,
    /// An address.
    Address,
    /// Longitude or east.
    Lon,
    /// Latitude or north.
    Lat,
    /// How far the place may be off, metres.
    Accuracy,
    /// How far it got.
    Status,
    /// Why.
    StatusNotes,
    /// Who deals with it.
    Agency,
    /// When it should be done.
    Due,
    /// When it was closed.
    Closed,
    /// Who reported it.
    Name,
    /// Their family name, where it stands alone.
    LastName,
    /// Their telephone.
    Phone,
    /// Their e-mail.
    Email,
    /// Pictures.
    Media,
}

/// Each word with its name and the names of keys, best first; where a meaning of layers is the same, its names follow.
#[rustfmt::skip]
const NAMES: &[(Word, &str, &[&str], Option<Meaning>)] = &[
    (
        Word::Id, "id",
        // Not `Meaning::Id`: that knows the numbers of buildings and parcels, which many reports may share.
        &[
            "案件编号", "案卷编号", "案卷号", "任务号", "工单编号", "工单号", "事件编号", "问题编号", "上报编号", "告警编号",
            "service_request_id", "case_id", "caseid", "case_enquiry_id", "incident_id", "report_id", "request_id",
            "ticket_id", "alarm_id", "event_id", "message_id", "crime id", "unique_key", "uuid", "guid", "编号", "id",
        ],
        None,
    ),
    (
        Word::Reported, "time",
        &[
            "上报时间", "举报时间", "受理时间", "告警时间", "requested_datetime", "reported", "report_time", "reported_at",
            "alarm_time", "open_dt", "created", "creation_date", "ts", "发生日期", "上报日期",
        ],
        Some(Meaning::Time),
    ),
    (
        Word::Updated, "updated",
        &["updated_datetime", "updated_at", "updated", "last_modified", "modified", "更新时间", "修改时间", "update_time"],
        None,
    ),
    (
        Word::Category, "category",
        &[
            "小类编码", "小类代码", "小类", "小类名称", "案件小类", "问题类型", "问题小类", "事件类型", "告警类型", "service_code",
            "alarm_type", "crime type", "complaint_type", "service_name",
        ],
        Some(Meaning::Category),
    ),
    (Word::Channel, "channel", &["问题来源", "案件来源", "来源", "上报渠道", "渠道", "channel", "source"], None),
    (
        Word::Text, "text",
        &[
            "问题描述", "案件描述", "事件描述", "描述", "内容", "诉求内容", "description", "desc", "text", "message", "details",
            "content", "备注",
        ],
        None,
    ),
    (
        Word::Address, "address",
        &["问题地址", "案发地址", "事发地址", "事发地点", "发生地点", "地点", "地址描述", "address", "address_string"],
        Some(Meaning::Address),
    ),
    (
        Word::Lon, "lon",
        &[
            "经度", "longitude", "lon", "lng", "long", "wgs84_lng", "gcj02_lng", "gcj_lng", "bd09_lng", "bd_lng", "x坐标", "坐标x",
            "横坐标", "东坐标", "point_x", "coord_x", "easting", "x",
        ],
        None,
    ),
    (
        Word::Lat, "lat",
        &[
            "纬度", "latitude", "lat", "wgs84_lat", "gcj02_lat", "gcj_lat", "bd09_lat", "bd_lat", "y坐标", "坐标y", "纵坐标", "北坐标",
            "point_y", "coord_y", "northing", "y",
        ],
        None,
    ),
    (Word::Accuracy, "accuracy", &["accuracy", "accuracy_m", "定位精度", "精度"], None),
    (Word::Status, "status", &["案件状态", "处置状态", "处理状态", "状态", "status"], Some(Meaning::State)),
    (Word::StatusNotes, "status_notes", &["status_notes", "处置结果", "处理结果", "处理意见", "closure_reason", "resolution"], None),
    (
        Word::Agency, "agency",
        &["agency_responsible", "agency", "department", "处置部门", "责任单位", "主管部门", "承办单位", "责任部门"],
        None,
    ),
    (Word::Due, "due", &["expected_datetime", "due", "due_date", "截止时间", "处置时限", "应结案时间", "办理时限"], None),
    (
        Word::Closed, "closed",
        &["结案时间", "办结时间", "closed_datetime", "closed_at", "closed_date", "closed_dt", "resolved_at", "closed"],
        None,
    ),
    (Word::Name, "name", &["联系人", "举报人", "上报人", "reporter", "reporter_name", "contact_name", "first_name"], None),
    (Word::LastName, "last_name", &["last_name"], None),
    (Word::Phone, "phone", &["联系电话", "电话", "手机", "手机号", "举报电话", "phone", "telephone", "mobile", "tel"], None),
    (Word::Email, "email", &["email", "e-mail", "mail", "邮箱", "电子邮箱"], None),
    (Word::Media, "media", &["media_url", "media", "photo", "photos", "images", "pictures", "照片", "图片", "附件"], None),
];

impl Word {
    /// All words.
    pub const ALL: [Self; 20] = [
        Self::Id,
        Self::Reported,
        Self::Updated,
        Self::Category,
        Self::Channel,
        Self::Text,
        Self::Address,
        Self::Lon,
        Self::Lat,
        Self::Accuracy,
        Self::Status,
        Self::StatusNotes,
        Self::Agency,
        Self::Due,
        Self::Closed,
        Self::Name,
        Self::LastName,
        Self::Phone,
        Self::Email,
        Self::Media,
    ];

    /// The word as a feed says it: `status_notes`.
    pub fn word(self) -> &'static str {
        NAMES.iter().find(|(word, ..)| *word == self).map_or("", |(_, word, ..)| word)
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }

    /// The names of its keys without case, spaces and marks, best first.
    pub(in crate::feeds) fn names(self) -> &'static [String] {
        static PLAIN: LazyLock<Vec<(Word, Vec<String>)>> = LazyLock::new(|| {
            let all = NAMES.iter().map(|(word, _, own, meaning)| {
                let others = meaning.map_or(&[][..], Meaning::known_names);
                let mut names: Vec<String> = Vec::new();
                for name in own.iter().chain(others).map(|name| plain_name(name)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                (*word, names)
            });
            all.collect()
        });
        PLAIN.iter().find(|(word, _)| *word == self).map_or(&[], |(_, names)| names)
    }
}
