//! An Open311 server that breaks off, repeats itself and sends nonsense.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cimbase::feeds::config::{FeedConfig, Kind};
use cimbase::feeds::{Feed, State};
use cimbase::themes::management::incoming::Status;

use super::desk::Desk;
use super::{Dice, stop, until};

const REQUESTS: usize = 10_000;

/// How a server behaves.
#[derive(Clone, Copy)]
struct Manner {
    pages: bool,
    json: bool,
    /// Of a hundred answers so many go wrong.
    wrong: u64,
}

struct Server {
    manner: Manner,
    /// Milliseconds of the request, and its JSON.
    requests: Mutex<Vec<(i64, String)>>,
    dice: Mutex<Dice>,
    asked: Mutex<Vec<String>>,
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// Requests of the last sixty days, one of 200 of them nonsense.
fn requests(now: i64) -> Vec<(i64, String)> {
    let step = 60 * 86_400_000 / REQUESTS as i64;
    (0..REQUESTS)
        .map(|i| {
            let at = now - 60 * 86_400_000 + i as i64 * step;
            let item = match i % 400 {
                100 => format!("{{\"status\": \"open\", \"description\": \"no id {i}\"}}"),
                300 => format!("{{\"service_request_id\": \"bad{i}\", \"lat\": 95.5, \"long\": {i}}}"),
                _ => format!(
                    "{{\"service_request_id\": {i}, \"status\": \"{}\", \"service_code\": \"006\", \"requested_datetime\": \"{}\", \
                     \"updated_datetime\": \"{}\", \"lat\": \"39.1\", \"long\": 117.2, \"description\": \"d \\u5783 {i}\", \"media_url\": null}}",
                    if i % 3 == 0 { "closed" } else { "open" },
                    time(at),
                    time(at + 60_000),
                ),
            };
            (at, item)
        })
        .collect()
}

impl Server {
    fn start(manner: Manner, requests: Vec<(i64, String)>) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v2", listener.local_addr().unwrap());
        let server = Arc::new(Self {
            manner,
            requests: Mutex::new(requests),
            dice: Mutex::new(Dice(5)),
            asked: Mutex::default(),
        });
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = own.clone();
                std::thread::spawn(move || server.talk(stream));
            }
        });
        (server, address)
    }

    fn talk(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        loop {
            let lines: Vec<String> = reader.by_ref_lines();
            let target = lines.first()?.split(' ').nth(1)?.to_owned();
            self.asked.lock().unwrap().push(target.clone());
            let (status, head, body) = self.answer(&target);
            let (roll, cut) = {
                let mut dice = self.dice.lock().unwrap();
                (dice.roll(100), dice.roll(body.len().max(1) as u64) as usize)
            };
            let length = body.len();
            let head =
                |status: &str, length: usize| format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\n\r\n");
            let wrong = self.manner.wrong;
            if roll < wrong / 4 {
                // It breaks off.
                stream.write_all(head(status, length).as_bytes()).ok()?;
                stream.write_all(&body.as_bytes()[..cut]).ok()?;
                return None;
            } else if roll < wrong / 2 {
                stream.write_all((head("500 Oops", 4) + "oops").as_bytes()).ok()?;
            } else if roll < wrong * 3 / 4 {
                // Cut off by what stands before the server, which says the length of what is left.
                stream.write_all(head(status, cut).as_bytes()).ok()?;
                stream.write_all(&body.as_bytes()[..cut]).ok()?;
            } else if roll < wrong * 7 / 8 {
                return None;
            } else if roll < wrong {
                stream.write_all((head("200 OK", 22) + "<html>try later</html>").as_bytes()).ok()?;
            } else {
                stream.write_all((head(status, length) + &body).as_bytes()).ok()?;
            }
        }
    }

    fn answer(&self, target: &str) -> (&'static str, &'static str, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: HashMap<String, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.replace("%3A", ":")))
            .collect();
        let number = |key: &str| query.get(key).and_then(|text| text.parse::<usize>().ok());
        let moment = |key: &str| {
            query.get(key).and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(|t| t.as_millisecond())
        };
        if path == "/v2/services.json" && self.manner.json {
            return ("200 OK", "", "[{\"service_code\": \"006\", \"service_name\": \"Sidewalks\"}]".to_owned());
        }
        if path == "/v2/requests.xml" {
            let all = self.requests.lock().unwrap();
            let items: Vec<String> = all
                .iter()
                .enumerate()
                .map(|(i, _)| format!("<request><service_request_id>{i}</service_request_id><status>closed</status><description>a &lt; b</description></request>"))
                .collect();
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><service_requests>{}</service_requests>",
                items.concat()
            );
            return ("200 OK", "Content-Type: text/xml\r\n", body);
        }
        if path != "/v2/requests.json" || !self.manner.json {
            return ("404 Not Found", "", "[{\"code\": 404, \"description\": \"no such thing\"}]".to_owned());
        }
        let (from, to) = (moment("start_date").unwrap_or(0), moment("end_date").unwrap_or(i64::MAX));
        let all = self.requests.lock().unwrap();
        let fitting: Vec<&str> =
            all.iter().filter(|(at, _)| (from..=to).contains(at)).map(|(_, item)| item.as_str()).collect();
        let some = if self.manner.pages {
            let (page, size) = (number("page").unwrap_or(1).max(1), number("page_size").unwrap_or(50));
            // Each page begins with the last two of the page before.
            let begin = ((page - 1) * size).saturating_sub(2).min(fitting.len());
            let end = (page * size).min(fitting.len());
            if (page - 1) * size >= fitting.len() { &[][..] } else { &fitting[begin..end] }
        } else {
            &fitting[fitting.len().saturating_sub(1000)..]
        };
        ("200 OK", "", format!("[{}]", some.join(",")))
    }
}

trait Lines {
    fn by_ref_lines(&mut self) -> Vec<String>;
}

impl<R: BufRead> Lines for R {
    fn by_ref_lines(&mut self) -> Vec<String> {
        self.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect()
    }
}

fn check(manner: Manner) {
    let now = jiff::Timestamp::now().as_millisecond() - 60_000;
    let (server, address) = Server::start(manner, requests(now));
    let mut config = FeedConfig::new("city", Kind::Open311, &address);
    (config.interval_s, config.retry_s) = (0.2, 0.01);
    let place = crate::program::Place::new();
    let desk = Desk::with_store(5, place.path());
    let good: BTreeSet<String> =
        (0..REQUESTS).filter(|i| !matches!(i % 400, 100 | 300)).map(|i| i.to_string()).collect();
    let bad = REQUESTS - good.len();
    // Closed in the middle, and started again.
    let feed = Feed::start(config.clone(), desk.boxed());
    until(&feed, 120, "a third", |_| desk.count() > REQUESTS / 3);
    stop(feed);
    let feed = Feed::start(config, desk.boxed());
    until(&feed, 40, "all", |status| desk.count() >= good.len() && status.state == State::Connected);
    {
        let kept = desk.kept.lock().unwrap();
        assert_eq!(kept.cases.keys().cloned().collect::<BTreeSet<_>>(), good);
        assert_eq!((kept.new, kept.raws().len()), (good.len(), bad));
        assert_eq!(desk.stored(), good, "in the project's file are the same cases");
        assert!(kept.garbage.iter().any(|g| g.place.contains("request bad300") && g.reason.contains("latitude 95.5")));
        assert!(kept.garbage.iter().any(|g| g.reason.contains("service_request_id") && g.raw.contains("no id 100")));
        let report = &kept.cases["3"];
        assert_eq!((report.status, report.category.as_str(), report.text.as_str()), (Status::Closed, "006", "d 垃 3"));
    }
    assert_eq!(feed.state().categories, [("006".to_owned(), "Sidewalks".to_owned())]);
    // One is closed and one comes: the next look brings those two and nothing else.
    let before = feed.state().counts.reports;
    {
        let mut requests = server.requests.lock().unwrap();
        let last = requests.len() - 1;
        requests[last].1 = requests[last].1.replace("\"open\"", "\"closed\"");
        let at = jiff::Timestamp::now().as_millisecond();
        requests.push((at, format!("{{\"service_request_id\": \"late\", \"requested_datetime\": \"{}\"}}", time(at))));
    }
    until(&feed, 120, "the late one", |_| desk.kept.lock().unwrap().cases.contains_key("late"));
    until(&feed, 120, "connected", |status| status.state == State::Connected);
    assert!(feed.state().counts.reports - before <= 2, "{:?}", feed.state());
    stop(feed);
    let asked = server.asked.lock().unwrap();
    assert!(asked.iter().filter(|target| target.contains("updated_after")).count() > 0);
}

#[test]
fn of_ten_thousand_requests_in_pages_none_is_lost_and_none_comes_twice() {
    check(Manner { pages: true, json: true, wrong: 20 });
}

#[test]
fn a_server_without_pages_is_asked_for_shorter_windows() {
    check(Manner { pages: false, json: true, wrong: 8 });
}

#[test]
fn a_server_that_has_only_xml_is_read_in_xml() {
    let now = jiff::Timestamp::now().as_millisecond();
    let (_server, address) =
        Server::start(Manner { pages: true, json: false, wrong: 0 }, vec![(now, String::new()); 7]);
    let mut config = FeedConfig::new("xml", Kind::Open311, &format!("{address}/requests.xml"));
    config.interval_s = 0.2;
    let desk = Desk::new(0);
    let feed = Feed::start(config, desk.boxed());
    until(&feed, 120, "seven", |status| status.counts.new == 7 && status.state == State::Connected);
    let kept = desk.kept.lock().unwrap();
    assert_eq!((kept.cases["6"].text.as_str(), kept.cases["6"].status), ("a < b", Status::Closed));
    drop(kept);
    stop(feed);
}

/// A server that accepts and says nothing holds nobody up.
#[test]
fn a_feed_stops_while_a_server_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for (kind, address) in [(Kind::Open311, format!("http://{address}")), (Kind::Mqtt, address.to_string())] {
        let mut config = FeedConfig::new("silent", kind, &address);
        config.topics = vec!["#".to_owned()];
        let feed = Feed::start(config, Desk::new(0).boxed());
        std::thread::sleep(Duration::from_millis(200));
        stop(feed);
    }
}
