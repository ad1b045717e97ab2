//! Alarms of devices from an MQTT broker: messages are acknowledged when the sink has them.
//!
//! 1. A connection whose session outlives it: the broker keeps what comes while nobody is there, up to its own limits.
//! 2. Messages gather until none comes any more; garbage among them.
//! 3. The batch is handed over; then its messages are acknowledged, on the connection on which they came. Where that
//!    broke they come again and are known by their id.
//!
//! The client is our own: it needs seven kinds of packets, and must pass over messages that are too big, stop within a
//! moment, and bring no runtime along.

mod packet;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use self::packet::{Inbox, LARGEST, Message, Packet};
use super::feed::{End, Work};
use super::fields::hashed;
use super::{BATCH, Batch, Garbage, json};
use crate::themes::management::incoming::Incoming;

/// Seconds after which the broker takes a silent client for dead.
const ALIVE_S: u16 = 60;

/// How long the broker may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A connection that lasted so long was a good one: pauses begin small again.
const STEADY: Duration = Duration::from_secs(10);

/// Bytes of messages that are held at once.
const HELD: usize = 8 << 20;

/// Most topics.
const TOPICS: usize = 100;

/// Reads messages until the connection breaks or the feed is told to stop.
pub(super) fn run(work: &mut Work<'_>) -> Result<(), End> {
    let topics = &work.config.topics;
    if topics.is_empty() || topics.len() > TOPICS {
        return Err(End::Refused(format!("it needs 1 to {TOPICS} topics: topics = [\"alarms/#\"]")));
    }
    if let Some(odd) = topics.iter().chain(work.config.categories.iter().map(|c| &c.topic)).find(|t| !is_filter(t)) {
        return Err(End::Refused(format!("\"{odd}\" is no topic: + and # stand for whole levels, # at the end")));
    }
    let mut link = Link::open(work)?;
    link.send(&packet::connect(&client(work), &work.config.user, &work.config.password, ALIVE_S))?;
    let mut begun = Instant::now();
    let (mut known, mut subscribed, mut steady) = (false, false, false);
    let mut held: Vec<Message> = Vec::new();
    loop {
        if work.stopped() {
            // What is held is not acknowledged, and comes again.
            let _ = link.send(&packet::GOODBYE);
            return Err(End::Stopped);
        }
        let more = link.receive(if held.is_empty() { Duration::from_millis(50) } else { Duration::from_millis(5) })?;
        let mut full = false;
        while !full {
            match link.inbox.next().map_err(|reason| End::Later(format!("{}: {reason}", work.config.address)))? {
                Some(Packet::ConnAck { code: 0, .. }) => {
                    known = true;
                    begun = Instant::now();
                    link.send(&packet::subscribe(topics_of(work)))?;
                }
                Some(Packet::ConnAck { code, .. }) => return Err(refused(work, code)),
                Some(Packet::SubAck(codes)) => {
                    if let Some(at) = codes.iter().position(|code| *code >= 0x80) {
                        let topic = work.config.topics.get(at).map_or("", String::as_str);
                        return Err(End::Refused(format!("the broker does not give the topic \"{topic}\"")));
                    }
                    subscribed = true;
                    work.connected();
                }
                Some(Packet::Publish(message)) => held.push(message),
                Some(Packet::Other) => {}
                None => break,
            }
            full = held.len() >= BATCH || held.iter().map(|m| m.payload.len()).sum::<usize>() > HELD;
        }
        if !held.is_empty() && (full || !more) {
            take(work, &mut link, &mut held)?;
            if subscribed && !full {
                work.connected();
            }
        }
        if !subscribed && begun.elapsed() > ANSWER {
            let what = if known { "to the subscription" } else { "to the connection" };
            return Err(End::Later(format!("{}: the broker does not answer {what}", work.config.address)));
        }
        if !steady && subscribed && begun.elapsed() > STEADY {
            steady = true;
            work.steady();
        }
        link.keep_alive()?;
    }
}

fn topics_of<'a>(work: &'a Work<'_>) -> &'a [String] {
    &work.config.topics
}

/// The client's name: at most 23 letters and digits, which every broker takes.
fn client(work: &Work<'_>) -> String {
    if work.config.client.is_empty() {
        let hash = hashed(&[work.config.id.as_bytes(), work.config.address.as_bytes()]);
        format!("cimbase{}", hash.get(..16).unwrap_or_default())
    } else {
        work.config.client.clone()
    }
}

fn refused(work: &Work<'_>, code: u8) -> End {
    let broker = &work.config.address;
    match code {
        2 => End::Refused(format!("{broker}: the broker does not take the client's name: say another (client)")),
        3 => End::Later(format!("{broker}: the broker is not ready")),
        4 | 5 => End::Refused(format!("{broker}: the broker does not take user and password: check them")),
        _ => End::Refused(format!("{broker}: the broker does not take MQTT 3.1.1")),
    }
}

/// Hands what is held over, then acknowledges it.
fn take(work: &mut Work<'_>, link: &mut Link, held: &mut Vec<Message>) -> Result<(), End> {
    work.behind(held.len() as u64);
    let mut batch = Batch::default();
    for message in held.iter() {
        match read(work, message) {
            Ok(report) => batch.reports.push(report),
            Err(reason) => batch.garbage.push(Garbage::new(message.topic.clone(), reason, &message.payload)),
        }
    }
    work.deliver(&batch)?;
    // The sink may have taken its time: the broker's silence counts from now on.
    link.heard = Instant::now();
    let acks: Vec<u8> = held.drain(..).filter_map(|message| message.id).flat_map(packet::ack).collect();
    link.send(&acks)
}

/// The report of a message.
///
/// # Errors
/// Why it is none.
fn read(work: &Work<'_>, message: &Message) -> Result<Incoming, String> {
    if message.length > LARGEST {
        return Err(format!("it has {} bytes, more than {LARGEST}", message.length));
    }
    let item: Json = serde_json::from_slice(&message.payload).map_err(|error| format!("it is no JSON: {error}"))?;
    let (mut record, point) = json::record(item)?;
    record.entry("topic").or_insert_with(|| Json::String(message.topic.clone()));
    let topic = work.config.categories.iter().find(|known| fits(&known.topic, &message.topic));
    let category = topic.map_or(work.fields.category(), |known| known.category.as_str());
    let mut report = work.fields.report_in(&record, point.map(|xy| (xy, "")), category)?;
    if report.source_id.is_empty() {
        report.source_id = hashed(&[message.topic.as_bytes(), &message.payload]);
    }
    Ok(report)
}

/// Whether a text is a topic that can be asked for.
fn is_filter(filter: &str) -> bool {
    let levels: Vec<&str> = filter.split('/').collect();
    let sound = |(at, level): (usize, &&str)| match *level {
        "+" => true,
        "#" => at + 1 == levels.len(),
        level => !level.contains(['+', '#', '\0']),
    };
    !filter.is_empty() && filter.len() <= 1_000 && levels.iter().enumerate().all(sound)
}

/// Whether a topic is one of those that a filter asks for.
fn fits(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') != filter.starts_with('$') {
        return false;
    }
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
}

/// A connection to a broker.
struct Link {
    stream: TcpStream,
    inbox: Inbox,
    address: String,
    sent: Instant,
    heard: Instant,
}

impl Link {
    fn open(work: &Work<'_>) -> Result<Self, End> {
        let address = work.config.address.trim();
        if address.starts_with("mqtts://") || address.starts_with("ssl://") {
            return Err(End::Refused(format!(
                "{address}: encrypted connections to brokers cannot be made; use a plain one inside the office's network"
            )));
        }
        let bare = address.strip_prefix("mqtt://").or_else(|| address.strip_prefix("tcp://")).unwrap_or(address);
        let bare = bare.trim_end_matches('/');
        let host = if bare.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            bare.to_owned()
        } else {
            format!("{bare}:1883")
        };
        let fail = |reason: String| End::Later(format!("{address}: {reason}"));
        let stream = work.aside(move || {
            let mut last = std::io::Error::new(ErrorKind::NotFound, "there is no such host; check the name");
            for found in host.to_socket_addrs()? {
                match TcpStream::connect_timeout(&found, Duration::from_secs(5)) {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                }
            }
            Err(last)
        })?;
        let stream = stream.map_err(|error| fail(format!("the broker takes no connection ({error})")))?;
        let set = stream.set_nodelay(true).and_then(|()| stream.set_write_timeout(Some(Duration::from_secs(1))));
        set.map_err(|error| fail(error.to_string()))?;
        let now = Instant::now();
        Ok(Self { stream, inbox: Inbox::default(), address: address.to_owned(), sent: now, heard: now })
    }

    fn fail(&self, what: &str) -> End {
        End::Later(format!("{}: {what}", self.address))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.sent = Instant::now();
        self.stream.write_all(bytes).map_err(|error| self.fail(&format!("the connection broke ({error})")))
    }

    /// Waits for bytes; whether some came.
    fn receive(&mut self, pause: Duration) -> Result<bool, End> {
        let mut bytes = [0; 16 << 10];
        let set = self.stream.set_read_timeout(Some(pause));
        match set.and_then(|()| self.stream.read(&mut bytes)) {
            Ok(0) => Err(self.fail("the broker closed the connection")),
            Ok(count) => {
                self.heard = Instant::now();
                self.inbox.add(bytes.get(..count).unwrap_or_default());
                Ok(true)
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.fail(&format!("the connection broke ({error})"))),
        }
    }

    /// Says that it is there; finds out when the broker is not.
    fn keep_alive(&mut self) -> Result<(), End> {
        let alive = Duration::from_secs(u64::from(ALIVE_S));
        if self.heard.elapsed() > alive {
            return Err(self.fail("the broker is silent"));
        }
        let quiet = self.sent.elapsed().min(self.heard.elapsed());
        if quiet > alive / 3 || self.sent.elapsed() > alive / 2 {
            self.send(&packet::PING)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the standard, 4.7.1.
    #[test]
    fn filters_fit_topics_as_the_standard_says() {
        for (filter, topic, fit) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("a/b", "a/b", true),
        ] {
            assert_eq!(fits(filter, topic), fit, "{filter} {topic}");
        }
        assert!(is_filter("#") && is_filter("+/a/#"));
        assert!(!is_filter("") && !is_filter("a/#/b") && !is_filter("a+/b"));
    }
}
