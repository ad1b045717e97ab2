//! A real Mosquitto on a free port, one who publishes to it, and a wire that breaks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Dice;

/// A broker; it is killed when it is dropped.
pub struct Broker {
    child: Child,
    program: PathBuf,
    config: PathBuf,
    pub port: u16,
}

impl Broker {
    /// Starts a broker that keeps its sessions in a folder; `None`, with a printed reason, where there is none.
    pub fn start(folder: &Path) -> Option<Self> {
        let places =
            ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
        let Some(program) = places.iter().map(PathBuf::from).find(|path| path.exists()) else {
            println!("skipped: no mosquitto (scripts/setup.sh --test installs it)");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = folder.join("mosquitto.conf");
        // Where root runs the test the broker must stay root to write there.
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\npersistence_location {}/\n\
             autosave_interval 1\nmax_queued_messages 0\nmax_inflight_messages 100\n",
            folder.display()
        );
        std::fs::write(&config, text).unwrap();
        let child = run(&program, &config);
        let broker = Self { child, program, config, port };
        broker.wait();
        Some(broker)
    }

    fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "mosquitto does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it, as a restart of the machine does (it writes what it holds) or as a power cut does, and starts it again.
    pub fn restart(&mut self, hard: bool) {
        if hard {
            self.child.kill().unwrap();
        } else {
            let id = self.child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        }
        self.child.wait().unwrap();
        self.child = run(&self.program, &self.config);
        self.wait();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(program: &Path, config: &Path) -> Child {
    Command::new(program).arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Publishes messages, each at least once: what the broker did not acknowledge is sent again.
pub fn publish(port: u16, messages: &[(String, Vec<u8>)]) {
    let mut rest = messages;
    let mut failures = 0;
    while !rest.is_empty() {
        let window = rest.get(..200).unwrap_or(rest);
        match send(port, window) {
            Some(()) => {
                rest = &rest[window.len()..];
                failures = 0;
            }
            None => {
                failures += 1;
                assert!(failures < 500, "the broker takes nothing");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// Sends messages on a connection and waits for all acknowledgements.
fn send(port: u16, messages: &[(String, Vec<u8>)]) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01p").ok()?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).ok().filter(|()| answer[3] == 0)?;
    for (id, (topic, payload)) in messages.iter().enumerate() {
        let mut body = (topic.len() as u16).to_be_bytes().to_vec();
        body.extend_from_slice(topic.as_bytes());
        body.extend_from_slice(&(id as u16 + 1).to_be_bytes());
        body.extend_from_slice(payload);
        let mut packet = vec![0x32];
        let mut length = body.len();
        while length > 0x7f {
            packet.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        packet.push(length as u8);
        stream.write_all(&[packet, body].concat()).ok()?;
    }
    let mut acks = vec![0; 4 * messages.len()];
    stream.read_exact(&mut acks).ok()?;
    assert!(acks.chunks(4).all(|ack| ack[0] == 0x40));
    stream.write_all(b"\xe0\0").ok()
}

/// A wire to a port that breaks after some bytes, each time anew.
pub struct Wire {
    pub port: u16,
    pub sound: Arc<AtomicBool>,
}

impl Wire {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let sound = Arc::new(AtomicBool::new(false));
        let heals = sound.clone();
        std::thread::spawn(move || {
            let mut dice = Dice(11);
            for stream in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let left = if heals.load(Ordering::SeqCst) { u64::MAX } else { wire_length(&mut dice) };
                let (near_back, far_back) = (stream.try_clone().unwrap(), far.try_clone().unwrap());
                std::thread::spawn(move || pump(near_back, far_back, u64::MAX));
                std::thread::spawn(move || pump(far, stream, left));
            }
        });
        Self { port: own, sound }
    }
}

/// Most wires break soon; some carry a few messages that are too big.
fn wire_length(dice: &mut Dice) -> u64 {
    2_000 + if dice.roll(3) == 0 { dice.roll(6_000_000) } else { dice.roll(150_000) }
}

/// Carries bytes until one end closes or so many went; then cuts both ways.
fn pump(mut from: TcpStream, mut to: TcpStream, mut left: u64) {
    let mut bytes = [0; 4096];
    while let Ok(count) = from.read(&mut bytes) {
        let now = (count as u64).min(left) as usize;
        if count == 0 || to.write_all(&bytes[..now]).is_err() || left <= count as u64 {
            break;
        }
        left -= count as u64;
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
