//! MQTT 3.1.1 packets, as far as one who only listens needs them.
//!
//! Messages that are too big are passed over byte by byte and still acknowledged: a client that refused them would get
//! them again for ever, and nothing behind them.

/// Largest payload that is read.
pub(super) const LARGEST: usize = 1 << 20;

/// Bytes of a larger one that are kept for people.
const KEPT: usize = 2_000;

/// Largest packet that is no message.
const OTHER: usize = 1 << 16;

/// A packet of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet {
    /// The answer to the connection: whether it knows this client, and 0 or why not.
    ConnAck { known: bool, code: u8 },
    /// The answer to the subscription: a code for each topic, 128 where it is refused.
    SubAck(Vec<u8>),
    /// A message.
    Publish(Message),
    /// Something else that asks for nothing.
    Other,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub topic: String,
    /// What the acknowledgement names; `None` where none is wanted.
    pub id: Option<u16>,
    pub payload: Vec<u8>,
    /// Its length; longer than `payload` where it is too big.
    pub length: usize,
}

/// Bytes that came, and the packets in them.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    /// Bytes of a message that is too big which are still to come, and the message.
    passing: Option<(usize, Message)>,
}

impl Inbox {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next packet that came as a whole.
    ///
    /// # Errors
    /// What is against the protocol: the connection is of no use any more.
    pub fn next(&mut self) -> Result<Option<Packet>, String> {
        if let Some((left, message)) = self.passing.take() {
            let now = left.min(self.bytes.len());
            self.bytes.drain(..now);
            if now < left {
                self.passing = Some((left - now, message));
                return Ok(None);
            }
            return Ok(Some(Packet::Publish(message)));
        }
        let Some((&head, rest)) = self.bytes.split_first() else { return Ok(None) };
        let Some((length, digits)) = length(rest)? else { return Ok(None) };
        let start = 1 + digits;
        let is_message = head >> 4 == 3;
        if !is_message && length > OTHER {
            return Err(format!("a packet of kind {} has {length} bytes", head >> 4));
        }
        // A message with a topic of any length and a payload that is still read.
        if is_message && length > LARGEST + (1 << 16) + 4 {
            let Some(body) = self.bytes.get(start..start + (1 << 16) + 4 + KEPT) else { return Ok(None) };
            let (mut message, taken) = message(head, body)?;
            message.length = length - taken;
            message.payload.truncate(KEPT);
            self.bytes.drain(..start);
            self.passing = Some((length, message));
            return self.next();
        }
        let Some(body) = self.bytes.get(start..start + length) else { return Ok(None) };
        let packet = match head >> 4 {
            2 => match body {
                [flags, code] => Packet::ConnAck { known: flags & 1 == 1, code: *code },
                _ => return Err("the answer to the connection is not one".to_owned()),
            },
            3 => Packet::Publish(message(head, body)?.0),
            9 => Packet::SubAck(body.get(2..).unwrap_or_default().to_vec()),
            _ => Packet::Other,
        };
        self.bytes.drain(..start + length);
        Ok(Some(packet))
    }
}

/// The length that a packet says it has, and how many bytes say it.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let mut length = 0;
    for at in 0..4 {
        let Some(byte) = bytes.get(at) else { return Ok(None) };
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((length, at + 1)));
        }
    }
    Err("a packet's length is none: this is no MQTT".to_owned())
}

/// A message, and how many bytes stand before its payload.
fn message(head: u8, body: &[u8]) -> Result<(Message, usize), String> {
    let short = || "a message is shorter than its topic".to_owned();
    let (size, rest) = body.split_at_checked(2).ok_or_else(short)?;
    let size = size.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
    let (topic, rest) = rest.split_at_checked(size).ok_or_else(short)?;
    let (id, rest, before) = match head >> 1 & 3 {
        0 => (None, rest, 2 + size),
        1 => {
            let (id, rest) = rest.split_at_checked(2).ok_or_else(short)?;
            (Some(id.iter().fold(0, |all, byte| all << 8 | u16::from(*byte))), rest, 4 + size)
        }
        _ => return Err("a message wants more than one acknowledgement, which was not asked for".to_owned()),
    };
    let topic = String::from_utf8_lossy(topic).into_owned();
    Ok((Message { topic, id, payload: rest.to_vec(), length: rest.len() }, before))
}

/// A text with its length; what is longer than 65,535 bytes is cut.
fn text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes().get(..usize::from(u16::MAX)).unwrap_or(text.as_bytes());
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// A packet with its head and its length.
fn packet(head: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![head];
    let mut length = body.len();
    loop {
        let more = length > 0x7f;
        out.push((length & 0x7f) as u8 | if more { 0x80 } else { 0 });
        length >>= 7;
        if !more {
            break;
        }
    }
    out.extend_from_slice(body);
    out
}

/// Asks for a connection whose session outlives it.
pub(super) fn connect(client: &str, user: &str, password: &str, alive_s: u16) -> Vec<u8> {
    let mut body = b"\0\x04MQTT\x04".to_vec();
    let named = !user.is_empty();
    let secret = named && !password.is_empty();
    body.push(if named { 0x80 } else { 0 } | if secret { 0x40 } else { 0 });
    body.extend_from_slice(&alive_s.to_be_bytes());
    text(&mut body, client);
    if named {
        text(&mut body, user);
    }
    if secret {
        text(&mut body, password);
    }
    packet(0x10, &body)
}

/// Asks for topics, each message at least once.
pub(super) fn subscribe(topics: &[String]) -> Vec<u8> {
    let mut body = vec![0, 1];
    for topic in topics {
        text(&mut body, topic);
        body.push(1);
    }
    packet(0x82, &body)
}

/// Acknowledges a message.
pub(super) fn ack(id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [0x40, 2, high, low]
}

/// Asks whether the broker is still there.
pub(super) const PING: [u8; 2] = [0xc0, 0];

/// Says goodbye.
pub(super) const GOODBYE: [u8; 2] = [0xe0, 0];

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(topic: &str, id: u16, payload: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        text(&mut body, topic);
        body.extend_from_slice(&id.to_be_bytes());
        body.extend_from_slice(payload);
        packet(0x32, &body)
    }

    /// Examples of the standard: CONNECT with a name of 4 letters and level 4; a length of 321 is C1 02.
    #[test]
    fn packets_are_written_as_the_standard_says() {
        assert_eq!(connect("c", "", "", 60), b"\x10\x0d\0\x04MQTT\x04\0\0\x3c\0\x01c");
        assert_eq!(connect("c", "u", "p", 60)[9], 0xc0);
        assert_eq!(subscribe(&["a/b".to_owned()]), b"\x82\x08\0\x01\0\x03a/b\x01");
        assert_eq!(packet(0x30, &[0; 321])[..3], [0x30, 0xc1, 0x02]);
        assert_eq!(ack(258), [0x40, 2, 1, 2]);
    }

    #[test]
    fn packets_are_the_same_however_their_bytes_come() {
        let big = vec![b'x'; LARGEST + 70_000];
        let all = [
            b"\x20\x02\x01\x00".to_vec(),
            publish("a/b", 7, b"one"),
            publish("big", 8, &big),
            publish("edge", 9, &big[..LARGEST]),
            b"\xd0\x00\x90\x03\x00\x01\x80".to_vec(),
            publish("a", 10, b""),
        ]
        .concat();
        for step in [1_000_000_000, 65_536, 4_099, 977] {
            let (mut inbox, mut found) = (Inbox::default(), Vec::new());
            for piece in all.chunks(step) {
                inbox.add(piece);
                while let Some(packet) = inbox.next().unwrap() {
                    found.push(packet);
                }
            }
            assert_eq!(found.len(), 7, "{step}");
            assert_eq!(found[0], Packet::ConnAck { known: true, code: 0 });
            let messages: Vec<(&str, Option<u16>, usize, usize)> = found
                .iter()
                .filter_map(|packet| match packet {
                    Packet::Publish(m) => Some((m.topic.as_str(), m.id, m.length, m.payload.len())),
                    _ => None,
                })
                .collect();
            assert_eq!(messages[0], ("a/b", Some(7), 3, 3));
            assert_eq!(messages[1], ("big", Some(8), big.len(), KEPT));
            assert_eq!(messages[2], ("edge", Some(9), LARGEST, LARGEST));
            assert_eq!(messages[3], ("a", Some(10), 0, 0));
            assert_eq!(found[5], Packet::SubAck(vec![0x80]));
        }
    }

    #[test]
    fn what_is_no_mqtt_is_said() {
        for bytes in [
            &b"\x30\xff\xff\xff\xff\x01"[..],
            b"\x20\x05HTTP/",
            b"\x32\x02\x00\x09",
            b"HTTP/1.1 400 Bad\r\n\r\n\xff\xff\xff\xff",
        ] {
            let mut inbox = Inbox::default();
            inbox.add(bytes);
            let end = std::iter::repeat_with(|| inbox.next()).take(20).find(|next| !matches!(next, Ok(Some(_))));
            assert!(matches!(end, Some(Err(_)) | Some(Ok(None))), "{bytes:?}");
        }
        let mut inbox = Inbox::default();
        inbox.add(b"\x30\xff\xff\xff\xff\x01");
        assert!(inbox.next().unwrap_err().contains("no MQTT"));
    }
}
