//! Alarms through a broker that is restarted and killed, over a wire that breaks.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cimbase::feeds::config::{FeedConfig, Kind, TopicCategory};
use cimbase::feeds::{Feed, State};

use super::broker::{Broker, Wire, publish};
use super::desk::Desk;
use super::{stop, until};
use crate::program::Place;

const MESSAGES: usize = 10_000;

/// A message: every 97th is no JSON, every 100th has an impossible place, three are too big; half have no number.
fn message(i: usize) -> (String, Vec<u8>) {
    let topic = format!("city/{}/{}", i % 7, if i.is_multiple_of(2) { "flood" } else { "smoke" });
    let payload = match i {
        2_500 | 5_001 | 7_502 => format!("{{\"i\":{i},\"text\":\"{}\"}}", "x".repeat(1_200_000)),
        i if i % 97 == 96 => format!("{{\"broken\": {i}"),
        i if i % 100 == 50 => format!("{{\"i\": {i}, \"device\": {{\"lon\": 500, \"lat\": 1}}}}"),
        i if i.is_multiple_of(2) => {
            format!("{{\"alarm_id\": \"a{i}\", \"ts\": 1772324100, \"device\": {{\"lon\": 117.2, \"lat\": 39.1}}}}")
        }
        i => format!("{{\"message\": \"smoke {i}\", \"device\": {{\"lon\": 117.2, \"lat\": 39.1}}}}"),
    };
    (topic, payload.into_bytes())
}

fn is_garbage(i: usize) -> bool {
    matches!(i, 2_500 | 5_001 | 7_502) || i % 97 == 96 || i % 100 == 50
}

#[test]
fn of_ten_thousand_alarms_none_is_lost_and_none_comes_twice() {
    let place = Place::new();
    let Some(mut broker) = Broker::start(place.path()) else { return };
    let wire = Wire::to(broker.port);
    let mut config = FeedConfig::new("alarms", Kind::Mqtt, &format!("127.0.0.1:{}", wire.port));
    config.topics = vec!["city/#".to_owned()];
    config.retry_s = 0.02;
    config.channel = "device".to_owned();
    for (word, path) in [("lon", "device.lon"), ("lat", "device.lat")] {
        config.fields.insert(word.to_owned(), path.to_owned());
    }
    config.categories = vec![TopicCategory { topic: "city/+/flood".to_owned(), category: "0406".to_owned() }];
    let desk = Desk::with_store(5, place.path());
    let connected = |feed: &Feed| until(feed, 20, "connected", |status| status.state == State::Connected);
    let mut feed = Feed::start(config.clone(), desk.boxed());
    connected(&feed);
    let all: Vec<(String, Vec<u8>)> = (0..MESSAGES).map(message).collect();
    for (part, messages) in all.chunks(1_000).enumerate() {
        publish(broker.port, messages);
        match part {
            // Some come twice.
            1 => publish(broker.port, &messages[..200]),
            // The program is closed for a while: the broker keeps what comes.
            2 => feed.stop(),
            3 => feed = Feed::start(config.clone(), desk.boxed()),
            5 => broker.restart(false),
            // A power cut: the broker loses what it did not write, also who listens; devices send again.
            7 => {
                broker.restart(true);
                until(&feed, 120, "connected anew", |status| status.state == State::Connected);
                std::thread::sleep(Duration::from_millis(300));
                connected(&feed);
                publish(broker.port, &all[..(part + 1) * 1_000]);
            }
            _ => {}
        }
    }
    let good = (0..MESSAGES).filter(|i| !is_garbage(*i)).count();
    wire.sound.store(true, Ordering::SeqCst);
    let bad: BTreeSet<String> = (0..MESSAGES)
        .filter(|i| is_garbage(*i))
        .map(|i| String::from_utf8(all[i].1[..all[i].1.len().min(20)].to_vec()).unwrap())
        .collect();
    let raws = || {
        desk.kept.lock().unwrap().raws().iter().map(|raw| raw.chars().take(20).collect()).collect::<BTreeSet<String>>()
    };
    until(&feed, 40, "all alarms", |status| {
        desk.count() >= good && raws().len() >= bad.len() && status.state == State::Connected
    });
    std::thread::sleep(Duration::from_millis(300));
    stop(feed);
    assert_eq!(raws(), bad);
    let kept = desk.kept.lock().unwrap();
    // What came again was known: as many new cases as there were alarms.
    assert_eq!((kept.cases.len(), kept.new), (good, good));
    assert!(desk.stored().iter().eq(kept.cases.keys()), "in the project's file are the same cases");
    let numbered: usize = (0..MESSAGES).filter(|i| i.is_multiple_of(2) && !is_garbage(*i)).count();
    assert_eq!(kept.cases.keys().filter(|id| id.starts_with('a') && id.len() < 8).count(), numbered);
    let alarm = &kept.cases["a4"];
    assert_eq!((alarm.category.as_str(), alarm.channel.as_str()), ("0406", "device"));
    assert_eq!(alarm.reported, Some(1_772_324_100_000));
    let big = kept.garbage.iter().find(|g| g.reason.contains("more than")).expect("one that is too big");
    assert!(big.place.starts_with("city/") && big.raw.starts_with("{\"i\":"), "{big:?}");
}
