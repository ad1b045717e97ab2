use super::*;
use crate::feeds::config::Kind;
use crate::themes::management::incoming::Coordinates;

fn config() -> FeedConfig {
    FeedConfig::new("test", Kind::File, "x")
}

fn record(json: &str) -> Record {
    serde_json::from_str(json).unwrap()
}

fn read(json: &str) -> Result<Incoming, String> {
    Fields::of(&config()).unwrap().report(&record(json), None)
}

#[test]
fn a_chinese_row_is_read_by_its_heads() {
    let report = read(
        r#"{"案件编号": "2026-0001", "上报时间": "2026-03-01 08:15:00", "小类": "暴露垃圾", "问题描述": "路口有垃圾",
            "地址": "中山路1号", "经度": "117.2", "纬度": "39.13", "联系人": "王某", "联系电话": "13800000000",
            "状态": "已结案", "照片": "a.jpg;b.jpg", "备注": "x"}"#,
    )
    .unwrap();
    // 2026-03-01T00:15:00Z, as in times.rs.
    assert_eq!(report.reported, Some(1_772_324_100_000));
    assert_eq!((report.source_id.as_str(), report.category.as_str()), ("2026-0001", "暴露垃圾"));
    assert_eq!((report.text.as_str(), report.address.as_str()), ("路口有垃圾", "中山路1号"));
    assert_eq!(report.place, Some(Coordinates::lonlat(117.2, 39.13)));
    assert_eq!((report.reporter.name.as_str(), report.reporter.phone.as_str()), ("王某", "13800000000"));
    assert_eq!((report.status, report.media), (Status::Closed, vec!["a.jpg".to_owned(), "b.jpg".to_owned()]));
}

#[test]
fn an_open311_item_is_read_by_its_keys() {
    let report = read(
        r#"{"service_request_id": 638344, "status": "open", "service_code": "006", "service_name": "Sidewalks",
            "requested_datetime": "2010-04-14T06:37:38-08:00", "updated_datetime": "2010-04-14T06:38:00-08:00",
            "expected_datetime": null, "address": "8TH AVE", "lat": 37.762221815, "long": -122.4651145,
            "agency_responsible": "DPW", "media_url": "http://x/1.jpg"}"#,
    )
    .unwrap();
    assert_eq!((report.source_id.as_str(), report.category.as_str()), ("638344", "006"));
    // 2010-04-14T14:37:38Z: day 14,713 and 52,658 s.
    assert_eq!(report.reported, Some((14_713 * 86_400 + 52_658) * 1000));
    assert_eq!(report.updated, Some((14_713 * 86_400 + 52_680) * 1000));
    assert_eq!((report.due, report.agency.as_str()), (None, "DPW"));
    assert_eq!(report.place, Some(Coordinates::lonlat(-122.465_114_5, 37.762_221_815)));
}

#[test]
fn what_a_feed_says_goes_before_what_is_guessed() {
    let mut config = config();
    for (word, path) in [("id", "meta.uuid"), ("lon", "pos.0"), ("lat", "pos.1"), ("text", "a.b")] {
        config.fields.insert(word.to_owned(), path.to_owned());
    }
    config.category = "0406".to_owned();
    config.offset = "gcj02".to_owned();
    let fields = Fields::of(&config).unwrap();
    let report = fields
        .report(&record(r#"{"id": 1, "meta": {"uuid": "u7"}, "pos": [117.0, 39.0], "a.b": "whole key"}"#), None)
        .unwrap();
    assert_eq!((report.source_id.as_str(), report.category.as_str()), ("u7", "0406"));
    assert_eq!(report.text, "whole key");
    assert_eq!(report.place.unwrap().offset, "gcj02");
    // A path that leads nowhere is not replaced by a guess: another id would make another case.
    assert_eq!(fields.report(&record(r#"{"id": 1}"#), None).unwrap().source_id, "");
}

#[test]
fn impossible_places_are_said_and_missing_ones_are_none() {
    for (json, word) in [
        (r#"{"lon": 200, "lat": 30}"#, "longitude 200"),
        (r#"{"lon": 39.9, "lat": 116.4}"#, "swapped"),
        (r#"{"lon": "abc", "lat": 30}"#, "no numbers"),
        (r#"{"lon": 117}"#, "no latitude"),
        (r#"{"x": 1e12, "y": 5}"#, "cannot be"),
    ] {
        let reason = read(json).unwrap_err();
        assert!(reason.contains(word), "{json}: {reason}");
    }
    assert_eq!(read(r#"{"lon": 0, "lat": 0.0}"#).unwrap().place, None);
    assert_eq!(read(r#"{"lon": null, "lat": ""}"#).unwrap().place, None);
    // Eastings and northings are of the project CRS.
    assert_eq!(read(r#"{"x": 517000.5, "y": 4333000}"#).unwrap().place.unwrap().crs, "");
    let mut known = config();
    known.crs = "EPSG:4548".to_owned();
    let report = Fields::of(&known).unwrap().report(&record(r#"{"x": 517000.5, "y": 4333000}"#), None).unwrap();
    assert_eq!(
        report.place,
        Some(Coordinates { xy: [517_000.5, 4_333_000.0], crs: "EPSG:4548".into(), offset: String::new() })
    );
}

#[test]
fn names_say_which_offset_coordinates_have() {
    let report = read(r#"{"bd_lng": 117.2, "bd_lat": 39.1}"#).unwrap();
    assert_eq!(report.place.unwrap().offset, "bd09");
}

#[test]
fn times_that_are_none_make_garbage_and_other_dates_do_not_matter() {
    assert!(read(r#"{"id": 1, "上报时间": "昨天"}"#).unwrap_err().contains("上报时间"));
    assert_eq!(read(r#"{"id": 1, "截止时间": "三天内"}"#).unwrap().due, None);
    assert!(read(r#"{"id": 1, "time": {"a": 1}}"#).is_err());
}

#[test]
fn texts_are_cut_and_cleaned() {
    let long = "x".repeat(LONG + 100);
    let json = serde_json::json!({ "id": "a\u{7}b", "description": long, "address": "\u{202e}one\u{0}\ntwo" });
    let report = Fields::of(&config()).unwrap().report(json.as_object().unwrap(), None).unwrap();
    assert_eq!(report.text.len(), LONG);
    assert_eq!((report.source_id.as_str(), report.address.as_str()), ("a b", "one \ntwo"));
    assert!(read(&format!(r#"{{"id": "{}"}}"#, "9".repeat(ID + 1))).unwrap_err().contains("id"));
}

#[test]
fn what_nobody_knows_is_refused_before_anything_is_read() {
    let mut odd = config();
    odd.fields.insert("longitud".into(), "x".into());
    assert!(Fields::of(&odd).unwrap_err().contains("status_notes"));
    assert!(Fields::of(&FeedConfig { zone: "Beijing".into(), ..config() }).is_err());
    assert!(Fields::of(&FeedConfig { crs: "EPSG:1".into(), ..config() }).is_err());
    assert!(Fields::of(&FeedConfig { offset: "mars".into(), ..config() }).is_err());
}

#[test]
fn every_word_has_a_name_and_no_name_is_of_two_words() {
    let mut seen: HashMap<&str, Word> = HashMap::new();
    for word in Word::ALL {
        assert_eq!(Word::from_word(word.word()), Some(word));
        for name in word.names() {
            assert_eq!(*seen.entry(name).or_insert(word), word, "{name}");
        }
    }
}
