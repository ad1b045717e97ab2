//! An Open311 GeoReport v2 server of this machine: other programs here read cases and file reports.
//!
//! Off unless a project starts it. It listens on 127.0.0.1 alone, and answers only who asks for that name: a web page
//! whose name was turned to this machine (DNS rebinding) gets nothing, and no page of another origin is allowed to
//! read an answer. Filing needs a key. A connection carries one request, of bounded size, within a bounded time.

mod answer;
mod request;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use self::answer::Answer;
use crate::themes::management::incoming::{Incoming, Status};

/// Most connections at a time.
const CONNECTIONS: usize = 16;

/// A category that can be reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What belongs to it.
    pub description: String,
    /// The category above it.
    pub group: String,
}

/// Which requests are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// These numbers alone; all else is not looked at where there are some.
    pub ids: Vec<String>,
    /// These categories; all where there are none.
    pub services: Vec<String>,
    /// Reported from then on, milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Reported until then.
    pub to: Option<i64>,
    /// Changed from then on.
    pub updated: Option<i64>,
    /// Only open, or only closed.
    pub status: Option<Status>,
    /// So many are passed over.
    pub skip: usize,
    /// At most so many.
    pub most: usize,
}

impl Filter {
    /// Whether a request is asked for; what [`Filter::skip`] and [`Filter::most`] say comes after.
    pub fn fits(&self, request: &Incoming) -> bool {
        if !self.ids.is_empty() {
            return self.ids.contains(&request.source_id);
        }
        let updated = request.updated.or(request.reported);
        (self.services.is_empty() || self.services.contains(&request.category))
            && self.status.is_none_or(|status| status == request.status)
            && self.from.is_none_or(|from| request.reported.is_some_and(|reported| from <= reported))
            && self.to.is_none_or(|to| request.reported.is_some_and(|reported| reported <= to))
            && self.updated.is_none_or(|from| updated.is_some_and(|updated| from <= updated))
    }
}

/// What stands behind the server. It is asked from several threads.
pub trait Desk: Send + Sync {
    /// What can be reported.
    fn services(&self) -> Vec<Service>;

    /// Requests that a filter asks for, the newest first. `source_id` is the number that they have here, `place` in
    /// longitude and latitude of WGS 84; who reported is not given out, whatever it says.
    fn requests(&self, filter: &Filter) -> Vec<Incoming>;

    /// Keeps a report and returns its number.
    ///
    /// # Errors
    /// Why it is not kept, for people.
    fn file(&self, report: Incoming) -> Result<String, String>;
}

/// How the server runs: `[open311]` of a project file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServeConfig {
    /// The port; 0: one that is free.
    #[serde(default)]
    pub port: u16,
    /// Who may file reports; nobody where there is none.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// A server that runs. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// Where the port is taken, for people.
    pub fn start(config: &ServeConfig, desk: Arc<dyn Desk>) -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("no server on port {}: {error}; say another port", config.port);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).map_err(fail)?;
        // Looked at again and again, so that it hears the wish to stop.
        listener.set_nonblocking(true).map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let stop = Arc::new(AtomicBool::new(false));
        let own = stop.clone();
        let keys: Vec<blake3::Hash> =
            config.keys.iter().filter(|key| !key.is_empty()).map(|key| blake3::hash(key.as_bytes())).collect();
        let thread = std::thread::Builder::new().name("open311 server".to_owned());
        let thread = thread.spawn(move || listen(&listener, &own, &Arc::new(Shop { desk, keys }))).map_err(fail)?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it: no connection is taken any more when this returns.
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It only takes connections, each of which has its own thread.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What each connection needs.
struct Shop {
    desk: Arc<dyn Desk>,
    /// Hashes of the keys: comparing them tells nothing by the time it takes.
    keys: Vec<blake3::Hash>,
}

fn listen(listener: &TcpListener, stop: &AtomicBool, shop: &Arc<Shop>) {
    let open = Arc::new(AtomicUsize::new(0));
    while !stop.load(Ordering::Relaxed) {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        if open.load(Ordering::Relaxed) >= CONNECTIONS {
            refuse(stream);
            continue;
        }
        let (shop, counted) = (shop.clone(), Place::take(&open));
        let thread = std::thread::Builder::new().name("open311 request".to_owned()).spawn(move || {
            let _counted = counted;
            talk(stream, &shop);
        });
        // The system has no thread: the connection closes, and with it its place.
        drop(thread);
    }
}

/// A place among the connections, given back when it is dropped, also where a thread falls.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells one too many to come again. Nothing is read, and writing a few bytes does not block.
fn refuse(mut stream: TcpStream) {
    let answer =
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // Whoever does not wait for the answer needs none.
    let _ = stream.set_nonblocking(true).and_then(|()| stream.write_all(answer));
}

/// Answers the one request of a connection.
fn talk(mut stream: TcpStream, shop: &Shop) {
    let set = stream.set_nonblocking(false).and_then(|()| stream.set_write_timeout(Some(Duration::from_secs(10))));
    if set.is_err() {
        return;
    }
    let answer = match request::read(&mut stream) {
        Ok(Some(request)) => answer::answer(&request, shop.desk.as_ref(), &shop.keys),
        // It said nothing.
        Ok(None) => return,
        Err(refusal) => refusal,
    };
    send(&mut stream, &answer);
}

fn send(stream: &mut TcpStream, answer: &Answer) {
    let head = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n",
        answer.status,
        answer.kind,
        answer.body.len()
    );
    // Whoever does not wait for the answer needs none.
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.body.as_bytes()));
    if sent.is_ok() && stream.shutdown(std::net::Shutdown::Write).is_ok() {
        // A connection that closes with bytes unread is reset, and the answer may be lost with it: a little is read.
        request::drain(stream);
    }
}
