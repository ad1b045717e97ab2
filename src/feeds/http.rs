//! Asking servers: http alone, bounded answers, redirections on the same host, conditions, pauses that servers ask for.

use std::io::Read;
use std::time::Duration;

use ureq::Agent;
use ureq::http::HeaderMap;

use super::feed::{End, Work};
use crate::themes::management::times;

/// Largest answer.
pub(super) const LARGEST: u64 = 64 << 20;

/// Redirections that are followed.
const REDIRECTS: u32 = 5;

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Asks servers; keeps connections.
#[derive(Clone, Debug)]
pub(super) struct Client {
    agent: Agent,
}

/// Which version of something a server sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Version {
    #[serde(default)]
    pub etag: String,
    #[serde(default)]
    pub modified: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    /// Where redirections led.
    pub url: String,
    pub version: Version,
    pub body: Vec<u8>,
    retry_after: Option<Duration>,
}

/// Why there is no answer: it may help to ask again, or not.
enum Failure {
    Later(String),
    Refused(String),
}

impl Client {
    pub fn new() -> Self {
        let agent = Agent::config_builder()
            .timeout_resolve(Some(Duration::from_secs(10)))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_send_request(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_recv_body(Some(Duration::from_secs(120)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The server is in the office's network, not behind what leads out of it.
            .proxy(None)
            .user_agent(concat!("cimbase/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { agent }
    }

    /// Asks once, on this thread.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn ask(&self, url: &str, accept: &'static str, known: &Version) -> Result<Answer, String> {
        check_address(url)?;
        follow(&self.agent, url.to_owned(), accept, known).map_err(|failure| match failure {
            Failure::Later(why) | Failure::Refused(why) => why,
        })
    }

    /// Asks once. `known` is the version that is here already: 304 where the server has the same.
    pub fn get(&self, work: &Work<'_>, url: &str, accept: &'static str, known: &Version) -> Result<Answer, End> {
        check_address(url).map_err(End::Refused)?;
        let (agent, url, known) = (self.agent.clone(), url.to_owned(), known.clone());
        match work.aside(move || follow(&agent, url, accept, &known))? {
            Ok(answer) => Ok(answer),
            Err(Failure::Later(why)) => Err(End::Later(why)),
            Err(Failure::Refused(reason)) => Err(End::Refused(reason)),
        }
    }
}

impl Answer {
    /// What a status means that is no success, with the server's own words.
    pub fn refusal(&self, said: &str) -> End {
        let (url, status) = (&self.url, self.status);
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        match (status, self.retry_after) {
            (429 | 503, Some(pause)) => {
                End::After(pause, format!("{url}: the server asks to wait {} s ({status})", pause.as_secs()))
            }
            (408 | 425 | 429, _) => End::Later(format!("{url}: the server asks to wait ({status})")),
            (500.., _) => End::Later(format!("{url}: the server has a fault of its own ({status}){said}")),
            (401 | 403, _) => {
                End::Refused(format!("{url}: the server does not let it be read ({status}){said}; ask who runs it"))
            }
            (404 | 410, _) => {
                End::Refused(format!("{url}: there is no such thing on the server ({status}){said}; check the address"))
            }
            _ => End::Refused(format!("{url}: the server refuses it ({status}){said}")),
        }
    }
}

/// Does something again with growing pauses until it is done, is refused, or the feed is told to stop.
pub(super) fn patiently<T>(
    work: &mut Work<'_>,
    mut what: impl FnMut(&mut Work<'_>) -> Result<T, End>,
) -> Result<T, End> {
    let mut tries = 0_u32;
    loop {
        tries = tries.saturating_add(1);
        let (pause, why) = match what(work) {
            Err(End::Later(why)) => (work.config.pause(tries), why),
            Err(End::After(pause, why)) => (pause, why),
            other => return other,
        };
        if work.pause(pause, why) {
            return Err(End::Stopped);
        }
    }
}

fn follow(agent: &Agent, mut url: String, accept: &'static str, known: &Version) -> Result<Answer, Failure> {
    for _ in 0..=REDIRECTS {
        let mut request = agent.get(&url).header("Accept", accept).header("Accept-Encoding", "identity");
        if !known.etag.is_empty() {
            request = request.header("If-None-Match", &known.etag);
        } else if !known.modified.is_empty() {
            request = request.header("If-Modified-Since", &known.modified);
        }
        let response = request.call().map_err(|error| failure(&url, &error))?;
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            url = resolve(&url, &text("location")).map_err(Failure::Refused)?;
            continue;
        }
        let body = if status == 304 { Vec::new() } else { read(&url, &parts.headers, body)? };
        let version = Version { etag: text("etag"), modified: text("last-modified") };
        return Ok(Answer { status, url, version, body, retry_after: retry_after(&text("retry-after")) });
    }
    Err(Failure::Refused(format!("{url}: it leads on and on ({REDIRECTS} redirections)")))
}

fn read(url: &str, headers: &HeaderMap, body: ureq::Body) -> Result<Vec<u8>, Failure> {
    let said = headers.get("content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let much = || Failure::Refused(format!("{url}: the answer has more than {} MiB", LARGEST >> 20));
    if said.is_some_and(|said| said > LARGEST) {
        return Err(much());
    }
    let mut bytes = Vec::new();
    let broke = |what: String| Failure::Later(format!("{url}: the answer broke off{what}"));
    body.into_reader().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| broke(format!(" ({error})")))?;
    match said {
        _ if bytes.len() as u64 > LARGEST => Err(much()),
        Some(said) if (bytes.len() as u64) < said => Err(broke(String::new())),
        _ => Ok(bytes),
    }
}

fn failure(url: &str, error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Failure::Refused(format!("{url}: it is no address")),
        ureq::Error::HostNotFound => {
            Failure::Later(format!("{url}: there is no such host; check the name and the network"))
        }
        ureq::Error::ConnectionFailed => Failure::Later(format!("{url}: the server takes no connection")),
        ureq::Error::Timeout(_) => Failure::Later(format!("{url}: the server does not answer in time")),
        error => Failure::Later(format!("{url}: the connection broke ({error})")),
    }
}

/// Seconds, or a date.
fn retry_after(text: &str) -> Option<Duration> {
    let seconds = match text.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
            u64::try_from(date.as_millisecond().saturating_sub(times::now()) / 1000).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds).clamp(Duration::from_secs(1), LONGEST_PAUSE))
}

/// Whether an address can be asked.
///
/// # Errors
/// What to do.
pub(super) fn check_address(url: &str) -> Result<(), String> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let reason = if lower.starts_with("https://") {
        "encrypted addresses (https) cannot be asked: give its http address inside the office's network"
    } else if !lower.starts_with("http://") || host_of(url).is_empty() {
        "it is no address; it must be like http://host/folder"
    } else if host_of(url).contains('@') {
        "names and passwords in addresses are not sent"
    } else if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "an address has no spaces"
    } else {
        return Ok(());
    };
    Err(format!("{url}: {reason}"))
}

/// Host and port of an address.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Where a link on a page leads: on the same host only, so that an address says whom it asks.
///
/// # Errors
/// Where it leads elsewhere.
pub(super) fn resolve(url: &str, target: &str) -> Result<String, String> {
    let host = host_of(url);
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let found = if target.starts_with("//") {
        format!("http:{target}")
    } else if target.contains("://") && !target.starts_with(['/', '?']) {
        target.to_owned()
    } else if target.starts_with('/') {
        format!("http://{host}{target}")
    } else if target.starts_with('?') {
        format!("{path}{target}")
    } else {
        let folder = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or(path);
        format!("{folder}{target}")
    };
    check_address(&found)?;
    if target.is_empty() || !host_of(&found).eq_ignore_ascii_case(host) {
        return Err(format!("{url}: it leads to another host ({target}), which is not followed: give that address"));
    }
    Ok(found)
}

/// A value in the query of an address.
pub(super) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_on_their_host() {
        let page = "http://h:80/a/items?page=1";
        assert_eq!(resolve(page, "items?page=2").unwrap(), "http://h:80/a/items?page=2");
        assert_eq!(resolve(page, "?page=2").unwrap(), "http://h:80/a/items?page=2");
        assert_eq!(resolve(page, "/b?u=http://x/").unwrap(), "http://h:80/b?u=http://x/");
        assert_eq!(resolve(page, "http://H:80/c").unwrap(), "http://H:80/c");
        for away in
            ["http://other/c", "//other/c", "https://h/c", "file:///etc/passwd", "", "http://h:80@x/", "http://h:81/"]
        {
            assert!(resolve(page, away).is_err(), "{away}");
        }
    }

    #[test]
    fn pauses_that_servers_ask_for_are_bounded() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("999999999"), Some(LONGEST_PAUSE));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_secs(1)));
        assert_eq!(retry_after("soon"), None);
        assert_eq!(escaped("2026-03-01T00:00:00Z&x=中"), "2026-03-01T00:00:00Z%26x%3D%E4%B8%AD");
    }
}
