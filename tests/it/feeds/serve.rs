//! The endpoint that the program serves, read by our own client and asked what it must refuse.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cimbase::feeds::config::{FeedConfig, Kind};
use cimbase::feeds::serve::{Desk as Serves, Filter, ServeConfig, Server, Service};
use cimbase::feeds::{Feed, State};
use cimbase::themes::management::incoming::{Coordinates, Incoming, Reporter, Status};

use super::desk::Desk;
use super::{stop, until};

/// Requests in memory.
#[derive(Default)]
struct Office(Mutex<Vec<Incoming>>);

impl Serves for Office {
    fn services(&self) -> Vec<Service> {
        vec![Service { code: "0102".into(), name: "暴露垃圾 <exposed & \"refuse\">".into(), ..Service::default() }]
    }

    fn requests(&self, filter: &Filter) -> Vec<Incoming> {
        let all = self.0.lock().unwrap();
        all.iter().rev().filter(|request| filter.fits(request)).skip(filter.skip).take(filter.most).cloned().collect()
    }

    fn file(&self, report: Incoming) -> Result<String, String> {
        let mut all = self.0.lock().unwrap();
        let id = format!("F{}", all.len());
        all.push(Incoming { source_id: id.clone(), ..report });
        Ok(id)
    }
}

/// Requests of the last 25 days.
fn office(count: usize) -> Arc<Office> {
    let now = jiff::Timestamp::now().as_millisecond();
    let request = |i: usize| Incoming {
        source_id: format!("R{i}"),
        reported: Some(now - (count - i) as i64 * 1_000_000),
        updated: Some(now - (count - i) as i64 * 1_000_000 + 1_000),
        category: "0102".into(),
        text: format!("路口 {i} \u{1}\"</description>]]>&\n"),
        place: Some(Coordinates::lonlat(117.0, 39.0)),
        status: if i.is_multiple_of(2) { Status::Open } else { Status::Closed },
        reporter: Reporter { name: "王某".into(), phone: "13800000000".into(), email: String::new() },
        ..Incoming::default()
    };
    Arc::new(Office(Mutex::new((0..count).map(request).collect())))
}

fn start(office: &Arc<Office>) -> Server {
    Server::start(&ServeConfig { port: 0, keys: vec!["secret".into(), String::new()] }, office.clone()).unwrap()
}

/// Sends bytes and reads all that comes.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A refused request may be cut before all of it was sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn get(server: &Server, path: &str) -> String {
    raw(server, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
}

fn post(server: &Server, body: &str) -> String {
    let head = "POST /requests.json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8";
    raw(server, format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
}

#[test]
fn our_own_client_reads_what_the_program_serves() {
    let office = office(2_000);
    let mut server = start(&office);
    let mut config = FeedConfig::new("self", Kind::Open311, &server.address());
    (config.interval_s, config.retry_s) = (0.1, 0.01);
    let desk = Desk::new(0);
    let feed = Feed::start(config, desk.boxed());
    until(&feed, 120, "all", |status| desk.count() == 2_000 && status.state == State::Connected);
    {
        let kept = desk.kept.lock().unwrap();
        let (here, there) = (&kept.cases["R7"], &office.0.lock().unwrap()[7]);
        assert_eq!((here.text.as_str(), here.status), ("路口 7  \"</description>]]>&", Status::Closed));
        assert_eq!(
            (here.place.clone(), here.reported),
            (there.place.clone(), there.reported.map(|ms| ms / 1000 * 1000))
        );
        // Who reported is told to nobody.
        assert!(here.reporter.is_empty() && kept.garbage.is_empty());
    }
    // Filed there, read here.
    let answer = post(
        &server,
        "api_key=secret&service_code=0102&lat=39.1&long=117.2&description=%E8%B7%AF%E5%8F%A3+1&first_name=A&last_name=B",
    );
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"service_request_id\":\"F2000\""), "{answer}");
    until(&feed, 120, "the filed one", |_| {
        desk.kept.lock().unwrap().cases.get("F2000").is_some_and(|case| case.text == "路口 1")
    });
    assert_eq!(office.0.lock().unwrap()[2_000].reporter.name, "A B");
    server.stop();
    until(&feed, 120, "nobody there", |status| matches!(status.state, State::Waiting { .. }));
    stop(feed);
}

#[test]
fn xml_and_filters_are_those_of_the_standard() {
    let office = office(10);
    let server = start(&office);
    let services = get(&server, "/services.xml");
    assert!(
        services.contains("<service_name>暴露垃圾 &lt;exposed &amp; &quot;refuse&quot;&gt;</service_name>"),
        "{services}"
    );
    assert!(
        services.to_lowercase().contains("content-type: text/xml")
            && !services.to_lowercase().contains("access-control")
    );
    let one = get(&server, "/requests/R3.xml");
    assert!(
        one.contains("<service_request_id>R3</service_request_id>")
            && one.contains("&lt;/description&gt;")
            && !one.contains('\u{1}')
    );
    let count = |path: &str| get(&server, path).matches("\"service_request_id\"").count();
    assert_eq!(count("/requests.json"), 10);
    assert_eq!(count("/requests.json?status=closed"), 5);
    assert_eq!(count("/requests.json?status=open,closed"), 10);
    assert_eq!(count("/requests.json?service_request_id=R1,R2,none"), 2);
    assert_eq!(count("/requests.json?service_code=none"), 0);
    assert_eq!(count("/requests.json?page=2&page_size=7"), 3);
    assert_eq!(count("/requests.json?start_date=2020-01-01T00:00:00Z&end_date=2020-02-01T00:00:00Z"), 0);
    for (path, code) in [
        ("/requests/none.json", 404),
        ("/requests.json?start_date=soon", 400),
        ("/requests.json?start_date=2020-01-01&end_date=2021-01-01", 400),
        ("/requests.json?status=lost", 400),
        ("/requests.json?page=-1", 400),
        ("/", 404),
        ("/../../etc/passwd", 404),
        ("/tokens/1.json", 404),
    ] {
        let answer = get(&server, path);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {code} ")) && answer.contains("\"description\""),
            "{path}: {answer}"
        );
    }
}

#[test]
fn what_must_be_refused_is_refused() {
    let office = office(1);
    let server = start(&office);
    let begins =
        |answer: String, code: u16| assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{code}: {answer:.300}");
    // Another name for this machine.
    for host in ["Host: evil.example\r\n", "", "Host: localhost\r\nHost: evil.example\r\n"] {
        begins(raw(&server, format!("GET /requests.json HTTP/1.1\r\n{host}\r\n").as_bytes()), 403);
    }
    // Keys.
    for body in [
        "service_code=0102&lat=1&long=2",
        "api_key=wrong&service_code=0102&lat=1&long=2",
        "api_key=&service_code=0102&lat=1&long=2",
    ] {
        begins(post(&server, body), 403);
    }
    // Fields.
    for body in [
        "lat=1&long=2",
        "service_code=none&lat=1&long=2",
        "service_code=0102",
        "service_code=0102&lat=1",
        "service_code=0102&lat=91&long=2",
        "service_code=0102&lat=NaN&long=2",
        &format!("service_code=0102&lat=1&long=2&description={}", "x".repeat(4_001)),
    ] {
        begins(post(&server, &format!("api_key=secret&{body}")), 400);
    }
    // Sizes and nonsense.
    begins(post(&server, &"x".repeat(70_000)), 413);
    let head = "POST /requests.json HTTP/1.1\r\nHost: localhost\r\n";
    begins(raw(&server, format!("{head}Content-Length: 99999999999999999999999\r\n\r\n").as_bytes()), 413);
    begins(raw(&server, format!("{head}Content-Length: -5\r\n\r\n").as_bytes()), 400);
    begins(raw(&server, format!("{head}Content-Length: 10\r\n\r\nabc").as_bytes()), 400);
    begins(raw(&server, format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").as_bytes()), 411);
    begins(raw(&server, format!("{head}X: {}\r\n\r\n", "y".repeat(20_000)).as_bytes()), 431);
    begins(raw(&server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n"), 400);
    begins(raw(&server, b"DELETE /requests.json HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405);
    assert_eq!(raw(&server, b""), "");
    assert_eq!(office.0.lock().unwrap().len(), 1);
    // Those that say nothing take all places, and give them back.
    let silent: Vec<TcpStream> =
        (0..16).map(|_| TcpStream::connect(server.address().trim_start_matches("http://")).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(600));
    begins(get(&server, "/services.json"), 503);
    drop(silent);
    std::thread::sleep(Duration::from_millis(300));
    begins(get(&server, "/services.json"), 200);
}
