//! A server of our own on this machine, and one for each fault.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::*;

/// A request as the server got it.
struct Request {
    /// Its number, from 0.
    number: usize,
    path: String,
    range: Range<u64>,
    if_range: Option<String>,
}

/// What the server does.
enum Answer {
    /// Sends this and waits for the next request.
    Send(Vec<u8>),
    /// Sends this and closes the connection.
    Close(Vec<u8>),
}

/// What the server saw.
#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    connections: AtomicUsize,
    ranges: Mutex<Vec<Range<u64>>>,
}

fn serve(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Seen::default());
    let (answer, ours) = (Arc::new(answer), seen.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            seen.connections.fetch_add(1, Ordering::SeqCst);
            let (answer, seen) = (answer.clone(), seen.clone());
            std::thread::spawn(move || talk(stream, &*answer, &seen));
        }
    });
    (address, ours)
}

fn talk(stream: TcpStream, answer: &dyn Fn(&Request) -> Answer, seen: &Seen) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut request = Request { number: 0, path, range: 0..0, if_range: None };
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "range" => {
                    let (from, to) = value.strip_prefix("bytes=")?.split_once('-')?;
                    request.range = from.parse().ok()?..to.parse::<u64>().ok()? + 1;
                }
                "if-range" => request.if_range = Some(value.to_owned()),
                _ => {}
            }
        }
        request.number = seen.requests.fetch_add(1, Ordering::SeqCst);
        seen.ranges.lock().unwrap().push(request.range.clone());
        match answer(&request) {
            Answer::Send(bytes) => stream.write_all(&bytes).ok()?,
            Answer::Close(bytes) => {
                stream.write_all(&bytes).ok()?;
                return None;
            }
        }
    }
}

/// Byte `n` of the file.
fn byte(n: u64) -> u8 {
    (n % 251) as u8
}

fn file(len: u64) -> Vec<u8> {
    (0..len).map(byte).collect()
}

fn part(file: &[u8], range: &Range<u64>, etag: &str) -> Vec<u8> {
    let to = range.end.min(file.len() as u64);
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\nETag: {etag}\r\nContent-Range: bytes {}-{}/{}\r\nContent-Length: {}\r\n\r\n",
        range.start,
        to - 1,
        file.len(),
        to - range.start
    );
    [head.as_bytes(), &file[range.start as usize..to as usize]].concat()
}

fn status(line: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

fn good(len: u64) -> (String, Arc<Seen>) {
    let file = file(len);
    serve(move |request| Answer::Send(part(&file, &request.range, "\"1\"")))
}

fn read(bytes: &HttpBytes, offset: u64, len: u64) -> io::Result<()> {
    let mut buffer = vec![0; len as usize];
    bytes.read_at(offset, &mut buffer)?;
    let right = buffer.iter().enumerate().all(|(i, b)| *b == byte(offset + i as u64));
    assert!(right, "{offset} {len}");
    Ok(())
}

fn refused(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> String {
    let (address, _) = serve(answer);
    HttpBytes::open(&format!("{address}/a.fgb")).unwrap_err().to_string()
}

#[test]
fn every_byte_comes_from_where_it_lies() {
    let (address, seen) = good(3_000_001);
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    assert_eq!(bytes.len(), 3_000_001);
    for (offset, len) in [(0, 1), (65_535, 2), (65_536, 65_536), (1_000_003, 777_777), (2_999_990, 11), (0, 3_000_001)]
    {
        read(&bytes, offset, len).unwrap();
    }
    assert_eq!(bytes.read_at(2_999_991, &mut [0; 11]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(bytes.read_at(u64::MAX, &mut [0; 11]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    // Nothing came twice, over one connection.
    let meter = bytes.meter();
    assert_eq!((meter.received, meter.cached), (3_000_001, 3_000_001));
    assert_eq!(meter.requests, seen.requests.load(Ordering::SeqCst) as u64);
    assert_eq!(seen.connections.load(Ordering::SeqCst), 1);
}

/// Blocks of 65,536 bytes: bytes 200,000 to 500,000 lie in blocks 3 to 7.
#[test]
fn neighbouring_misses_are_one_request_and_hits_none() {
    let (address, seen) = good(3_000_000);
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    read(&bytes, 200_000, 300_000).unwrap();
    read(&bytes, 250_000, 200_000).unwrap();
    let ranges = seen.ranges.lock().unwrap().clone();
    assert_eq!(ranges, [0..65_536, 3 * 65_536..8 * 65_536]);
}

#[test]
fn reading_on_and_on_needs_few_requests_and_a_single_look_few_bytes() {
    let (address, seen) = good(8 << 20);
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    for piece in 0..(8 << 20) / 10_240 {
        read(&bytes, piece * 10_240, 10_240).unwrap();
    }
    let requests = seen.requests.load(Ordering::SeqCst);
    assert!(requests <= 16, "{requests} requests for 128 blocks");
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    for look in [70, 20, 110, 50] {
        read(&bytes, look * 65_536 + 100, 40).unwrap();
    }
    assert_eq!(bytes.meter().received, 5 * 65_536);
}

#[test]
fn memory_stays_below_its_cap() {
    let (address, _) = good(100 << 20);
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    for piece in 0..25 {
        read(&bytes, piece * (4 << 20), 4 << 20).unwrap();
    }
    assert_eq!(bytes.meter().cached, 64 << 20);
}

#[test]
fn threads_read_at_once_and_nothing_is_fetched_twice() {
    let (address, seen) = good(4 << 20);
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let bytes = &bytes;
            scope.spawn(move || {
                for i in 0..64 {
                    let block = (i * 7 + thread * 3) % 64;
                    read(bytes, (block * 65_536).saturating_sub(thread), 65_000).unwrap();
                }
            });
        }
    });
    assert_eq!(bytes.meter().received, 4 << 20);
    assert!(seen.connections.load(Ordering::SeqCst) <= 8);
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    let data = file(1 << 20);
    // Every third answer ends in the middle, and the server closes after each.
    let (address, _) = serve(move |request| {
        let mut answer = part(&data, &request.range, "\"1\"");
        if request.number % 3 == 1 {
            answer.truncate(answer.len() / 2);
        }
        Answer::Close(answer)
    });
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    for block in [15, 3, 9, 1, 12] {
        read(&bytes, block * 65_536, 65_536).unwrap();
    }
    // One that always ends early is an error in the end, and not for ever.
    let data = file(1 << 20);
    let (address, seen) = serve(move |request| {
        let mut answer = part(&data, &request.range, "\"1\"");
        answer.truncate(answer.len() - usize::from(request.range.start > 0) * 100);
        Answer::Close(answer)
    });
    let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
    let message = read(&bytes, 500_000, 10).unwrap_err().to_string();
    assert!(message.contains("broke off") && message.contains("3 times"), "{message}");
    // One to open it and three tries; the server counts on a thread of its own.
    assert!(seen.requests.load(Ordering::SeqCst) <= 4);
    // What others wait for is free again.
    assert!(read(&bytes, 500_000, 10).is_err());
}

#[test]
fn a_file_that_changes_is_said_and_never_mixed() {
    for change in ["200", "etag", "length", "416"] {
        let (before, after) = (file(1 << 20), file((1 << 20) + 7));
        let (address, seen) = serve(move |request| {
            Answer::Send(match (request.number, change) {
                (0, _) => part(&before, &request.range, "\"1\""),
                // What servers do that know If-Range.
                (_, "200") if request.if_range.as_deref() == Some("\"1\"") => status("200 OK"),
                (_, "etag") => part(&before, &request.range, "\"2\""),
                (_, "length") => part(&after, &request.range, "\"1\""),
                _ => status("416 Range Not Satisfiable"),
            })
        });
        let bytes = HttpBytes::open(&format!("{address}/a.fgb")).unwrap();
        bytes.check().unwrap();
        let message = read(&bytes, 500_000, 10).unwrap_err().to_string();
        assert!(message.contains("changed") && message.contains("open the project again"), "{change}: {message}");
        // From now on all is refused, also what is in the cache, and nobody is asked.
        assert!(read(&bytes, 0, 10).is_err() && bytes.check().is_err());
        assert_eq!(seen.requests.load(Ordering::SeqCst), 2);
    }
}

#[test]
fn each_fault_says_what_to_do() {
    let message = HttpBytes::open("http://no-such-host.invalid/a.fgb").unwrap_err().to_string();
    assert!(message.contains("no such host"), "{message}");
    let message = HttpBytes::open("https://example.invalid/a.fgb").unwrap_err().to_string();
    assert!(message.contains("https") && message.contains("download"), "{message}");
    for address in ["file:///etc/passwd", "ftp://a/b", "http://", "http:///a", "a.fgb", "http://me:secret@host/a", ""] {
        assert_eq!(HttpBytes::open(address).unwrap_err().kind(), io::ErrorKind::Unsupported, "{address}");
    }
    for (line, word) in [
        ("404 Not Found", "no such file"),
        ("403 Forbidden", "ask who runs it"),
        ("500 Internal Server Error", "fault of its own"),
        ("503 Service Unavailable", "fault of its own"),
        ("200 OK", "byte ranges"),
        ("418 I'm a teapot", "418"),
    ] {
        let message = refused(move |_| Answer::Send(status(line)));
        assert!(message.contains(word), "{line}: {message}");
    }
    let message = refused(|_| Answer::Close(b"SSH-2.0-OpenSSH\r\n".to_vec()));
    assert!(message.contains("connection"), "{message}");
    let data = file(1 << 20);
    let message = refused(move |_| Answer::Send(part(&data, &(100..200), "\"1\"")));
    assert!(message.contains("other bytes"), "{message}");
    let message = refused(|_| Answer::Send(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nab".to_vec()));
    assert!(message.contains("Content-Range"), "{message}");
    // Nobody listens there: the port was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let message = HttpBytes::open(&format!("http://127.0.0.1:{port}/a.fgb")).unwrap_err().to_string();
    assert!(message.contains("takes no connection"), "{message}");
}

#[test]
fn a_server_that_sends_all_is_not_listened_to() {
    // A whole file of 4 GB is announced, and its beginning sent: nothing of it is waited for.
    let start = Instant::now();
    let message = refused(|_| {
        let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n".to_vec();
        answer.resize(1 << 20, 0);
        Answer::Send(answer)
    });
    assert!(message.contains("byte ranges") && start.elapsed().as_secs() < 5, "{message}");
}

#[test]
fn redirections_are_followed_on_the_same_host_only() {
    let data = file(200_000);
    let (address, _) = serve(move |request| {
        let to = |place: &str| {
            Answer::Send(format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n").into_bytes())
        };
        match request.path.as_str() {
            "/old/a.fgb" => to("/newer/a.fgb"),
            "/newer/a.fgb" => to("b.fgb"),
            "/newer/b.fgb" => Answer::Send(part(&data, &request.range, "\"1\"")),
            "/away" => to("http://elsewhere.invalid/a.fgb"),
            "/secure" => to("https://127.0.0.1/a.fgb"),
            _ => to("/round"),
        }
    });
    let bytes = HttpBytes::open(&format!("{address}/old/a.fgb")).unwrap();
    assert_eq!(bytes.url(), format!("{address}/newer/b.fgb"));
    read(&bytes, 100_000, 10).unwrap();
    let message = |path: &str| HttpBytes::open(&format!("{address}{path}")).unwrap_err().to_string();
    assert!(message("/away").contains("another host"));
    assert!(message("/secure").contains("https"));
    assert!(message("/round").contains("redirections"));
}
