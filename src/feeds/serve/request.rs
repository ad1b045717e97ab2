//! One HTTP request: bounded, within a bounded time.

use std::collections::HashMap;
use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::answer::{Answer, Form};

/// Longest head.
const HEAD: usize = 16 << 10;

/// Longest body.
pub(super) const BODY: usize = 64 << 10;

/// Most headers.
const HEADERS: usize = 64;

/// Most fields of a query or a form.
const FIELDS: usize = 200;

/// Within which a request must have come.
const TIME: Duration = Duration::from_secs(10);

/// A request.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Fields of the query, and of the form in the body, the first of each name.
    pub fields: HashMap<String, String>,
    /// Whether there is a body that is no form.
    pub other_body: bool,
}

/// Reads a request; `None` where nothing came.
///
/// # Errors
/// The answer that it gets instead.
pub(super) fn read(stream: &mut TcpStream) -> Result<Option<Request>, Answer> {
    let end = Instant::now() + TIME;
    let mut bytes = Vec::new();
    let refusal = |status: &'static str, what: &str| Answer::error(Form::Json, status, what);
    let broken = || refusal("400 Bad Request", "the request breaks off");
    let slow = || refusal("408 Request Timeout", "the request takes too long");
    let head_length = loop {
        let end_of_head = memchr::memmem::find(&bytes, b"\r\n\r\n").map(|at| at + 4);
        if end_of_head.unwrap_or(bytes.len()) > HEAD {
            return Err(refusal("431 Request Header Fields Too Large", "the head of the request is too long"));
        }
        if let Some(end_of_head) = end_of_head {
            break end_of_head;
        }
        match more(stream, &mut bytes, end) {
            Some(true) => {}
            Some(false) if bytes.is_empty() => return Ok(None),
            Some(false) => return Err(broken()),
            None => return Err(slow()),
        }
    };
    let (mut request, length, is_form) = head(bytes.get(..head_length).unwrap_or_default())?;
    while bytes.len() < head_length + length {
        match more(stream, &mut bytes, end) {
            Some(true) => {}
            Some(false) => return Err(broken()),
            None => return Err(slow()),
        }
    }
    let body = bytes.get(head_length..head_length + length).unwrap_or_default();
    if !is_form {
        request.other_body = !body.is_empty();
    } else if let Ok(text) = std::str::from_utf8(body) {
        fields(text, &mut request.fields);
    } else {
        return Err(refusal("400 Bad Request", "the body is no UTF-8"));
    }
    Ok(Some(request))
}

/// The request that a head says, the length of its body, and whether that is a form.
fn head(bytes: &[u8]) -> Result<(Request, usize, bool), Answer> {
    let refuse = |status: &'static str, what: &str| Err(Answer::error(Form::Json, status, what));
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let complete = matches!(parsed.parse(bytes), Ok(httparse::Status::Complete(_)));
    let (true, Some(method), Some(target)) = (complete, parsed.method, parsed.path) else {
        return refuse("400 Bad Request", "the request is no HTTP");
    };
    // `Err` where a header stands twice: which one counts is not guessed.
    let header = |name: &str| {
        let mut all = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let first = all.next().map(|header| String::from_utf8_lossy(header.value).trim().to_owned());
        if all.next().is_some() { Err(()) } else { Ok(first) }
    };
    match header("host") {
        Ok(Some(host)) if is_here(&host) => {}
        _ => return refuse("403 Forbidden", "only requests for localhost are answered"),
    }
    if header("transfer-encoding") != Ok(None) {
        return refuse("411 Length Required", "the length of the body must be said");
    }
    let length = match header("content-length") {
        Ok(None) => 0,
        Ok(Some(text)) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            // More digits than fit are more bytes than are taken.
            text.parse::<usize>().unwrap_or(usize::MAX)
        }
        _ => return refuse("400 Bad Request", "the length of the body is no number"),
    };
    if length > BODY {
        return refuse("413 Content Too Large", "the body is longer than 64 KiB");
    }
    let kind = header("content-type").ok().flatten().unwrap_or_default().to_ascii_lowercase();
    let is_form = kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request { method: method.to_owned(), path: path.to_owned(), ..Request::default() };
    fields(query, &mut request.fields);
    Ok((request, length, is_form))
}

/// Reads some more bytes: whether some came, `None` where it takes too long or the connection broke.
fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>, end: Instant) -> Option<bool> {
    // No time at all would mean to wait for ever.
    let left = Some(end.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())?;
    stream.set_read_timeout(Some(left)).ok()?;
    let mut piece = [0; 8 << 10];
    let count = stream.read(&mut piece).ok()?;
    bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
    Some(count > 0)
}

/// Reads what still comes, a little and for a moment.
pub(super) fn drain(stream: &mut TcpStream) {
    let end = Instant::now() + Duration::from_millis(500);
    let mut all = Vec::new();
    while all.len() < 4 * BODY && more(stream, &mut all, end) == Some(true) {}
}

/// Whether a host is this machine by its own names.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1"
}

/// Fields of a query or a form; the first of each name counts.
fn fields(text: &str, into: &mut HashMap<String, String>) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()).take(FIELDS) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        into.entry(unescaped(key)).or_insert_with(|| unescaped(value));
    }
}

/// A text of a form: `+` and `%41` undone; what is no UTF-8 then becomes U+FFFD.
pub(super) fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        // `from_str_radix` would take a sign as well.
        let digits = after.get(..2).filter(|two| *first == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        if let Some(byte) = byte {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_here() {
        for host in ["localhost", "127.0.0.1:8080", "LOCALHOST:1"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "", "127.0.0.1:x", "[::1]"] {
            assert!(!is_here(host), "{host}");
        }
    }

    #[test]
    fn forms_are_read_whatever_is_in_them() {
        let mut found = HashMap::new();
        fields("a=1+2&b=%E8%B7%AF&a=3&c&=x&d=%&e=%4&f=%+1&g=%ff", &mut found);
        let expected =
            [("a", "1 2"), ("b", "路"), ("c", ""), ("", "x"), ("d", "%"), ("e", "%4"), ("f", "% 1"), ("g", "\u{fffd}")];
        assert_eq!(found, HashMap::from(expected.map(|(key, value)| (key.to_owned(), value.to_owned()))));
    }
}
