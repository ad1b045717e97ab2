//! One request and its answer, checked.

use std::io::{self, Read};
use std::net::ToSocketAddrs;
use std::ops::Range;
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

/// Times that a request is sent when the connection breaks.
const TRIES: u32 = 3;

/// Redirections that are followed.
const REDIRECTS: u32 = 5;

/// How a server was found to serve the file.
#[derive(Debug)]
pub struct Server {
    agent: Agent,
    url: String,
    version: Version,
}

/// What a server says about which version of a file it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Version {
    etag: Option<String>,
    modified: Option<String>,
}

/// The first answer.
#[derive(Debug)]
pub struct First {
    /// Length of the file.
    pub len: u64,
    /// Its first bytes.
    pub body: Vec<u8>,
    /// Requests that were needed.
    pub requests: u64,
}

/// Why an answer cannot be used.
#[derive(Debug)]
pub enum Problem {
    /// The file is another one now.
    Changed(String),
    /// Anything else.
    Other(io::Error),
}

impl Problem {
    fn other(message: String) -> Self {
        Self::Other(io::Error::other(message))
    }
}

impl Version {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self { etag: text("etag"), modified: text("last-modified") }
    }

    /// What `If-Range` may hold: a weak tag says nothing about bytes.
    fn condition(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        strong.or(self.modified.as_deref())
    }
}

impl Server {
    /// Finds the file and fetches its first bytes.
    ///
    /// # Errors
    /// With what to do.
    pub fn open(url: &str, range: Range<u64>) -> io::Result<(Self, First)> {
        check_address(url)?;
        let agent: Agent = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_send_request(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(20)))
            .timeout_recv_body(Some(Duration::from_secs(20)))
            // As many as threads read at a time; more would be opened and closed for each request.
            .max_idle_connections_per_host(16)
            .max_idle_connections(16)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The server is in the office's network, not behind what leads out of it.
            .proxy(None)
            .user_agent(concat!("cimbase/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let mut server = Self { agent, url: url.to_owned(), version: Version::default() };
        let mut requests = 0;
        for _ in 0..=REDIRECTS {
            let (status, headers, body) = server.send(&range, || requests += 1)?;
            if matches!(status, 301 | 302 | 303 | 307 | 308) {
                server.url = server.redirected(&headers)?;
                continue;
            }
            let fail = |message: String| Err(io::Error::other(message));
            let url = &server.url;
            return match status {
                206 => {
                    let Some((got, len)) = content_range(&headers) else {
                        return fail(format!(
                            "{url}: the server's answer does not say which bytes it holds (no Content-Range): use another server"
                        ));
                    };
                    if got != (0..range.end.min(len)) || body.len() as u64 != got.end {
                        return fail(format!(
                            "{url}: the server sends other bytes than were asked for: use another server"
                        ));
                    }
                    server.version = Version::of(&headers);
                    Ok((server, First { len, body, requests }))
                }
                // No byte of an empty file can be sent.
                416 if headers.get("content-range").is_some_and(|v| v.as_bytes() == b"bytes */0") => {
                    fail(format!("{url}: the file is empty; put it there again"))
                }
                200 => fail(format!(
                    "{url}: the server does not serve parts of files (it answered a range request with 200), so the whole \
                     file would have to be loaded: switch byte ranges on (nginx, Apache and lighttpd have them), or \
                     download the file and open it from disk"
                )),
                status => fail(server.refusal(status)),
            };
        }
        Err(io::Error::other(format!("{url}: more than {REDIRECTS} redirections; give the address where the file is")))
    }

    /// The address, where redirections led.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the server calls this version: its tag and its time.
    pub fn version(&self) -> String {
        format!("{:?} {:?}", self.version.etag, self.version.modified)
    }

    /// Fetches bytes of the file, whose length is known; `count` is called for each request.
    ///
    /// # Errors
    /// With what to do.
    pub fn fetch(&self, range: Range<u64>, len: u64, count: impl Fn()) -> Result<Vec<u8>, Problem> {
        let (status, headers, body) = self.send(&range, count).map_err(Problem::Other)?;
        let url = &self.url;
        let changed = || Problem::Changed(format!("{url} was changed while it was open: open the project again"));
        match status {
            206 => {
                let (got, total) = content_range(&headers).ok_or_else(|| {
                    Problem::other(format!("{url}: the server's answer does not say which bytes it holds"))
                })?;
                if total != len || Version::of(&headers) != self.version {
                    return Err(changed());
                }
                if got != range || body.len() as u64 != range.end - range.start {
                    return Err(Problem::other(format!("{url}: the server sends other bytes than were asked for")));
                }
                Ok(body)
            }
            // The condition does not hold any more, or the file is shorter now.
            200 | 416 => Err(changed()),
            status => Err(Problem::other(self.refusal(status))),
        }
    }

    /// Sends a request until an answer comes as a whole: status, headers, and the body of a 206.
    fn send(&self, range: &Range<u64>, mut count: impl FnMut()) -> io::Result<(u16, HeaderMap, Vec<u8>)> {
        let mut tries = 0;
        loop {
            tries += 1;
            count();
            let reason = match self.send_once(range) {
                Ok((status @ (502..=504 | 429), ..)) if tries < TRIES => self.refusal(status),
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(message)) => return Err(io::Error::other(message)),
                Err(Failure::Broken(reason)) => reason,
            };
            if tries >= TRIES {
                let message =
                    format!("{}: {reason} ({TRIES} times): look whether the server and the network run", self.url);
                return Err(io::Error::other(message));
            }
            std::thread::sleep(Duration::from_millis(100) * tries);
        }
    }

    fn send_once(&self, range: &Range<u64>) -> Result<(u16, HeaderMap, Vec<u8>), Failure> {
        let mut request = (self.agent.get(&self.url))
            .header("Range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))
            .header("Accept-Encoding", "identity");
        if let Some(condition) = self.version.condition() {
            request = request.header("If-Range", condition);
        }
        let response: Response<Body> = request.call().map_err(|error| self.failure(&error))?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        if parts.status == 206 {
            let most = range.end - range.start;
            // One more than was asked for tells a server that sends too much.
            let read = body.into_reader().take(most + 1).read_to_end(&mut bytes);
            read.map_err(|error| Failure::Broken(format!("the answer broke off ({error})")))?;
            let said = parts.headers.get("content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
            if said.is_some_and(|said| (bytes.len() as u64) < said.min(most)) {
                return Err(Failure::Broken("the answer broke off".into()));
            }
        }
        Ok((parts.status.as_u16(), parts.headers, bytes))
    }

    fn failure(&self, error: &ureq::Error) -> Failure {
        let url = &self.url;
        match error {
            ureq::Error::HostNotFound => Failure::Final(self.no_host()),
            // The system's own words for a name that it does not know differ.
            ureq::Error::Io(_) if !self.host_is_known() => Failure::Final(self.no_host()),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                Failure::Final(format!("{url}: it is no address of a file"))
            }
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Failure::Broken("the server takes no connection".into())
            }
            ureq::Error::ConnectionFailed => Failure::Broken("the server takes no connection".into()),
            // Waited for long enough already.
            ureq::Error::Timeout(_) => Failure::Final(format!(
                "{url}: the server does not answer in time; look whether it and the network run"
            )),
            error => Failure::Broken(format!("the connection broke ({error})")),
        }
    }

    fn no_host(&self) -> String {
        format!("{}: there is no such host; check the name and the network", self.url)
    }

    fn host_is_known(&self) -> bool {
        let host = host_of(&self.url);
        let port = host.len() > name_of(host).len();
        let address = if port { host.to_owned() } else { format!("{host}:80") };
        address.to_socket_addrs().is_ok_and(|mut found| found.next().is_some())
    }

    fn refusal(&self, status: u16) -> String {
        let url = &self.url;
        match status {
            404 | 410 => format!("{url}: there is no such file on the server; check the address"),
            401 | 403 => format!("{url}: the server does not let it be read ({status}); ask who runs it"),
            500.. => format!("{url}: the server has a fault of its own ({status}); try again later or ask who runs it"),
            _ => format!("{url}: the server refuses it ({status})"),
        }
    }

    /// Where an answer leads: on the same host only, so that an address says whom it asks.
    fn redirected(&self, headers: &HeaderMap) -> io::Result<String> {
        let target = headers.get("location").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let host = host_of(&self.url);
        let url = if target.starts_with("//") {
            format!("http:{target}")
        } else if target.contains("://") {
            target.to_owned()
        } else if target.starts_with('/') {
            format!("http://{host}{target}")
        } else {
            let folder = self.url.rfind('/').map_or(self.url.as_str(), |slash| &self.url[..=slash]);
            format!("{folder}{target}")
        };
        check_address(&url)?;
        if target.is_empty() || name_of(host_of(&url)) != name_of(host) {
            let message =
                format!("{}: it leads to another host ({target}), which is not followed: give that address", self.url);
            return Err(io::Error::other(message));
        }
        Ok(url)
    }
}

/// Why no answer came.
enum Failure {
    /// Trying again may help.
    Broken(String),
    Final(String),
}

fn check_address(url: &str) -> io::Result<()> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let reason = if lower.starts_with("https://") {
        "encrypted addresses (https) are not read: give its http address inside the office's network, or download it"
    } else if !lower.starts_with("http://") || host_of(url).is_empty() {
        "it is no address of a file; it must be like http://host/folder/file.fgb"
    } else if host_of(url).contains('@') {
        "names and passwords in addresses are not sent"
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::Unsupported, format!("{url}: {reason}")))
}

/// Host and port of an address.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// `bytes 0-99/1234`: which bytes, and of how many.
fn content_range(headers: &HeaderMap) -> Option<(Range<u64>, u64)> {
    let (range, total) = headers.get("content-range")?.to_str().ok()?.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    Some((first..last.checked_add(1)?, total.trim().parse().ok()?))
}
