//! Features of servers: pages that lead on, versions, links that lead away.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cimbase::feeds::config::{FeedConfig, Kind};
use cimbase::feeds::{Feed, State};
use cimbase::themes::management::incoming::Coordinates;

use super::desk::Desk;
use super::{Dice, stop, until};

/// Answers each request with what a function makes of its target and its head.
fn serve(answer: impl Fn(&str, &[String]) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let reader = BufReader::new(stream.try_clone().unwrap());
            let lines: Vec<String> = reader.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let Some(target) = lines.first().and_then(|line| line.split(' ').nth(1)) else { continue };
            let _ = stream.write_all(answer(target, &lines).as_bytes());
        }
    });
    address
}

fn ok(head: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn feature(i: usize, text: &str) -> String {
    format!(
        r#"{{"type":"Feature","id":{i},"properties":{{"description":"{text}"}},"geometry":{{"type":"Point","coordinates":[117,39]}}}}"#
    )
}

fn config(kind: Kind, address: &str) -> FeedConfig {
    FeedConfig { interval_s: 0.05, retry_s: 0.01, ..FeedConfig::new("web", kind, address) }
}

#[test]
fn pages_are_followed_though_some_break_off() {
    let dice = Mutex::new(Dice(9));
    let address = serve(move |target, _| {
        let start: usize = target.split_once("offset=").and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
        assert!(target.starts_with("/collections/cases/items?"), "{target}");
        // Every 50th is none.
        let feature = |i: usize| if i % 50 == 49 { format!("\"no feature {i}\"") } else { feature(i, "a") };
        let features: Vec<String> = (start..(start + 100).min(2_000)).map(feature).collect();
        let next = if start + 100 < 2_000 {
            format!(r#"{{"rel":"next","href":"items?offset={}"}}"#, start + 100)
        } else {
            String::new()
        };
        let body = format!(r#"{{"type":"FeatureCollection","links":[{next}],"features":[{}]}}"#, features.join(","));
        match dice.lock().unwrap().roll(10) {
            0 => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.len(), &body[..body.len() / 2]),
            1 => "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
            2 => ok("", &body[..body.len() * 2 / 3]),
            _ => ok("", &body),
        }
    });
    let desk = Desk::new(10);
    let feed = Feed::start(config(Kind::Features, &format!("{address}/collections/cases/")), desk.boxed());
    until(&feed, 120, "all", |status| status.counts.new == 1_960 && status.state == State::Connected);
    std::thread::sleep(std::time::Duration::from_millis(300));
    stop(feed);
    let kept = desk.kept.lock().unwrap();
    // What was as it was did not come again.
    assert_eq!((kept.cases.len(), kept.garbage.len()), (1_960, 40));
    assert_eq!(kept.cases["7"].place, Some(Coordinates::lonlat(117.0, 39.0)));
}

#[test]
fn a_file_that_did_not_change_is_not_read_again() {
    let (text, full) = (Arc::new(Mutex::new("a")), Arc::new(AtomicUsize::new(0)));
    let (said, counted) = (text.clone(), full.clone());
    let address = serve(move |_, lines| {
        let text = *said.lock().unwrap();
        let tag = format!("\"{text}\"");
        if lines.iter().any(|line| line.to_ascii_lowercase().starts_with("if-none-match") && line.ends_with(&tag)) {
            return "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
        }
        counted.fetch_add(1, Ordering::SeqCst);
        let body = format!(r#"{{"type":"FeatureCollection","features":[{},{}]}}"#, feature(1, text), feature(2, "b"));
        ok(&format!("ETag: {tag}\r\n"), &body)
    });
    let desk = Desk::new(0);
    let feed = Feed::start(config(Kind::Geojson, &format!("{address}/cases.geojson")), desk.boxed());
    until(&feed, 120, "both", |status| status.counts.new == 2 && status.state == State::Connected);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(full.load(Ordering::SeqCst), 1);
    *text.lock().unwrap() = "changed";
    until(&feed, 120, "the change", |status| status.counts.known == 1);
    assert_eq!(desk.kept.lock().unwrap().cases["1"].text, "changed");
    stop(feed);
}

#[test]
fn links_and_redirections_to_other_hosts_are_refused() {
    let link = r#"{"rel":"next","href":"http://example.org/items?page=2"}"#;
    let pages = serve(move |_, _| ok("", &format!(r#"{{"links":[{link}],"features":[{}]}}"#, feature(1, "a"))));
    let away = serve(|_, _| {
        "HTTP/1.1 302 Found\r\nLocation: http://example.org/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .to_owned()
    });
    let round = serve(|_, _| {
        "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
    });
    let gone = serve(|_, _| "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned());
    let much = serve(|_, _| "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n[".to_owned());
    for (address, word) in
        [(pages, "another host"), (away, "another host"), (round, "redirections"), (gone, "404"), (much, "64 MiB")]
    {
        let desk = Desk::new(0);
        let feed = Feed::start(config(Kind::Features, &format!("{address}/collections/x")), desk.boxed());
        let status = until(&feed, 120, word, |status| matches!(status.state, State::Refused { .. }));
        assert!(status.counts.last_error.contains(word), "{status:?}");
        // What came before the link is kept.
        assert_eq!(desk.count(), usize::from(status.counts.last_error.contains("page=2")));
        stop(feed);
    }
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let address = serve(move |_, _| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => "HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        _ => ok("", &format!(r#"{{"features":[{}]}}"#, feature(1, "a"))),
    });
    let begun = std::time::Instant::now();
    let feed = Feed::start(config(Kind::Geojson, &address), Desk::new(0).boxed());
    let status = until(&feed, 120, "waiting", |status| matches!(status.state, State::Waiting { .. }));
    assert!(status.counts.last_error.contains("asks to wait"), "{status:?}");
    until(&feed, 120, "read", |status| status.counts.new == 1);
    assert!(begun.elapsed().as_millis() >= 950);
    stop(feed);
}
