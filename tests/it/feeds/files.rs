//! Files that another program writes while they are read.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use cimbase::feeds::config::{FeedConfig, Kind};
use cimbase::feeds::{Feed, State};
use cimbase::themes::management::incoming::Coordinates;

use super::desk::Desk;
use super::{Dice, stop, until};
use crate::program::Place;

const ROWS: usize = 10_000;

/// A row, with line ends, quotes and separators in its text; in some rows the cells are too few.
fn row(i: usize) -> String {
    let lon = 117.0 + i as f64 * 1e-5;
    match i {
        i if i % 500 == 499 => format!("broken {i},x\n"),
        i if i % 500 == 498 => format!("C{i},2026-03-01 08:15:00,小类,\"far, away\",200,39.1\n"),
        _ => format!("C{i},2026-03-01 08:15:00,暴露垃圾,\"路口 {i}, \"\"中山路\"\"\n第二行\",{lon:.5},39.1\r\n"),
    }
}

#[test]
fn a_table_that_grows_is_read_once_whatever_happens_between() {
    let place = Place::new();
    let path = place.write("cases.csv", "案件编号,上报时间,小类,问题描述,经度,纬度\n");
    let mut config = FeedConfig::new("cases", Kind::File, &path.to_string_lossy());
    (config.interval_s, config.retry_s) = (0.02, 0.01);
    let writer = std::thread::spawn({
        let path = path.clone();
        move || {
            let text: String = (0..ROWS).map(row).collect();
            let (mut file, mut dice) = (OpenOptions::new().append(true).open(path).unwrap(), Dice(3));
            let mut rest = text.as_bytes();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(1 + dice.roll(9_000) as usize));
                file.write_all(piece).unwrap();
                rest = after;
                std::thread::sleep(Duration::from_millis(dice.roll(8)));
            }
        }
    });
    let desk = Desk::new(10);
    for part in 1..4 {
        // Stopped and started in the middle, at no special place.
        let feed = Feed::start(config.clone(), desk.boxed());
        until(&feed, 120, "a quarter", |_| desk.count() > part * ROWS / 4);
        stop(feed);
    }
    let feed = Feed::start(config.clone(), desk.boxed());
    writer.join().unwrap();
    until(&feed, 120, "all rows", |status| {
        let kept = desk.kept.lock().unwrap();
        kept.cases.len() + kept.garbage.len() >= ROWS && status.state == State::Connected
    });
    {
        let kept = desk.kept.lock().unwrap();
        // Of 500 rows two are garbage; nothing came twice, so that nothing had to be known again.
        assert_eq!((kept.cases.len(), kept.garbage.len(), kept.new), (ROWS - 40, 40, ROWS - 40));
        let report = &kept.cases["C42"];
        assert_eq!((report.text.as_str(), report.category.as_str()), ("路口 42, \"中山路\"\n第二行", "暴露垃圾"));
        assert_eq!(report.place, Some(Coordinates::lonlat(117.00042, 39.1)));
        assert!(kept.garbage.iter().any(|g| g.place == "cases.csv, record 499" && g.reason.contains("longitude 200")));
        assert!(kept.garbage.iter().any(|g| g.raw == "broken 499,x" && g.reason.contains("2 cells")));
    }
    // Another file under the same name: begun anew, and what was there before is known.
    std::fs::write(
        &path,
        "案件编号,上报时间,小类,问题描述,经度,纬度\nN1,2026-03-02,x,y,117,39\nC42,2026-03-01,x,new,117,39\n",
    )
    .unwrap();
    until(&feed, 120, "the new file", |_| desk.kept.lock().unwrap().cases.get("C42").is_some_and(|c| c.text == "new"));
    assert_eq!(desk.count(), ROWS - 40 + 1);
    stop(feed);
}

/// Two rows that are alike and have no number are two; read again, they are the same two.
#[test]
fn rows_without_a_number_are_told_apart_by_their_place() {
    let place = Place::new();
    let path = place.write("crimes.csv", "Crime ID,Month,Longitude,Latitude,Crime type\n");
    let mut config = FeedConfig::new("crimes", Kind::File, &path.to_string_lossy());
    (config.interval_s, config.retry_s, config.zone) = (0.02, 0.01, "Z".into());
    let line = ",2022-01,-0.1,51.5,Anti-social behaviour\n";
    std::fs::write(&path, format!("Crime ID,Month,Longitude,Latitude,Crime type\n{line}{line}")).unwrap();
    for _ in 0..2 {
        let desk = Desk::new(0);
        let feed = Feed::start(config.clone(), desk.boxed());
        until(&feed, 120, "both", |status| status.counts.reports == 2);
        assert_eq!(desk.count(), 2);
        stop(feed);
        let again = Feed::start(config.clone(), desk.boxed());
        until(&again, 120, "nothing new", |status| status.state == State::Connected);
        assert_eq!((desk.count(), again.state().counts.reports), (2, 0));
        stop(again);
    }
}

#[test]
fn chinese_tables_and_lines_of_json_are_read() {
    let place = Place::new();
    let text = "案件编号;问题描述;经度;纬度\r\nA1;路口有垃圾，请处理;117.2;39.1\r\n";
    let (bytes, ..) = encoding_rs::GB18030.encode(text);
    let table = place.write("gbk.csv", bytes);
    let lines = "{\"id\":1,\"text\":\"a\",\"lon\":117,\"lat\":39}\n\nnot json\n[1]\n\
        {\"type\":\"Feature\",\"id\":2,\"properties\":{\"描述\":\"b\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[117,39]}}\n\
        {\"id\":3,\"text\":\"half";
    let objects = place.write("alarms.ndjson", lines);
    for (path, count, garbage) in [(&table, 1, 0), (&objects, 2, 2)] {
        let mut config = FeedConfig::new("f", Kind::File, &path.to_string_lossy());
        config.interval_s = 0.02;
        let desk = Desk::new(0);
        let feed = Feed::start(config, desk.boxed());
        until(&feed, 120, "read", |s| s.counts.reports == count && s.counts.garbage == garbage);
        let kept = desk.kept.lock().unwrap();
        if garbage == 0 {
            assert_eq!(kept.cases["A1"].text, "路口有垃圾，请处理");
        } else {
            assert_eq!(kept.cases["2"].place, Some(Coordinates::lonlat(117.0, 39.0)));
            assert!(!kept.cases.contains_key("3"), "a half-written line waits");
        }
        drop(kept);
        stop(feed);
    }
}

#[test]
fn a_geojson_file_is_read_again_when_it_changes() {
    let place = Place::new();
    let feature = |id: usize, text: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"case_id":"G{id}","description":"{text}"}},"geometry":{{"type":"Point","coordinates":[117.{id},39]}}}}"#
        )
    };
    let collection =
        |features: Vec<String>| format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let first: Vec<String> = (0..1200).map(|i| feature(i, "a")).collect();
    let path = place.write("cases.geojson", collection(first));
    let mut config = FeedConfig::new("g", Kind::File, &path.to_string_lossy());
    (config.interval_s, config.retry_s) = (0.02, 0.01);
    let desk = Desk::new(20);
    let feed = Feed::start(config.clone(), desk.boxed());
    until(&feed, 120, "all features", |status| status.counts.new == 1200 && status.state == State::Connected);
    // Half written, then whole.
    std::fs::write(&path, "{\"type\":\"FeatureCollection\",\"features\":[").unwrap();
    until(&feed, 120, "half a file", |status| matches!(status.state, State::Waiting { .. }));
    std::fs::write(&path, collection(vec![feature(5, "b"), feature(2000, "c")])).unwrap();
    until(&feed, 120, "the change", |status| desk.count() == 1201 && status.state == State::Connected);
    assert_eq!(desk.kept.lock().unwrap().cases["G5"].text, "b");
    stop(feed);
    let again = Feed::start(config, desk.boxed());
    until(&again, 120, "nothing new", |status| status.state == State::Connected);
    assert_eq!(again.state().counts.reports, 0);
    stop(again);
}

/// 2026-03-01 08:15 in China is 2026-03-01T00:15:00Z, 1,772,324,100 s after 1970; a spreadsheet says no zone.
#[test]
fn a_spreadsheet_is_read_with_the_times_of_its_feed() {
    let place = Place::new();
    let table = place.write("a.csv", "案件编号,上报时间,问题描述,经度,纬度\nX1,2026/03/01 08:15:00,路口有垃圾,117.2,39.1\nX2,2026/03/01 00:00:00,b,999,39.1\n");
    let sheet = place.path().join("cases.xlsx");
    let made = std::process::Command::new("ogr2ogr")
        .args(["-f", "XLSX", "-oo", "AUTODETECT_TYPE=YES"])
        .args([&sheet, &table])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: no ogr2ogr that writes XLSX");
        return;
    }
    let mut config = FeedConfig::new("sheet", Kind::File, &sheet.to_string_lossy());
    config.interval_s = 0.02;
    let desk = Desk::new(0);
    let feed = Feed::start(config, desk.boxed());
    until(&feed, 120, "both rows", |status| status.counts.reports == 1 && status.counts.garbage == 1);
    let kept = desk.kept.lock().unwrap();
    assert_eq!((kept.cases["X1"].reported, kept.cases["X1"].text.as_str()), (Some(1_772_324_100_000), "路口有垃圾"));
    assert_eq!(kept.cases["X1"].place, Some(Coordinates::lonlat(117.2, 39.1)));
    assert!(
        kept.garbage[0].place.starts_with("cases.xlsx, ") && kept.garbage[0].place.ends_with("row 2"),
        "{:?}",
        kept.garbage
    );
    drop(kept);
    stop(feed);
}

#[test]
fn a_feed_that_cannot_begin_says_why_and_stops_all_the_same() {
    let desk = Desk::new(0);
    let missing = Feed::start(FeedConfig::new("m", Kind::File, "/no/such/file.csv"), desk.boxed());
    let status = until(&missing, 5, "waiting", |status| matches!(status.state, State::Waiting { .. }));
    assert!(status.counts.last_error.contains("no such file"), "{status:?}");
    stop(missing);
    for (kind, address, word) in [
        (Kind::File, "/", "folder"),
        (Kind::Open311, "https://example.org", "https"),
        (Kind::Mqtt, "127.0.0.1:1", "topics"),
    ] {
        let feed = Feed::start(FeedConfig::new("r", kind, address), desk.boxed());
        let status = until(&feed, 5, "refused", |status| matches!(status.state, State::Refused { .. }));
        assert!(status.counts.last_error.contains(word), "{status:?}");
        stop(feed);
    }
}
