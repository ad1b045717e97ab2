//! A file on a plain web server, read by ranges.
//!
//! 1. [`HttpBytes::open`] asks for the first block; the answer says length, version, and that ranges are served;
//! 2. [`Bytes::read_at`] takes blocks from the [`cache`]; neighbouring blocks that are missing are one request;
//! 3. reading on and on fetches more at a time, a single look only what it needs;
//! 4. every answer says which version it is of: another one than at first is an error, never mixed in.
//!
//! Only `http`: encryption would need a library of its own, and the servers meant are in the office's network.

mod cache;
mod request;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::cache::{Cache, Claim};
use self::request::{Problem, Server};
use super::bytes::Bytes;

/// Bytes of a block: the unit of the cache. A window of a layer needs runs of some ten to a hundred kilobytes.
const BLOCK: u64 = 64 << 10;

/// Blocks of a request at most: 4 MiB.
const MOST: u64 = 64;

/// Bytes that the cache of a file holds at most.
const CACHE: usize = 64 << 20;

/// A version that was confirmed so recently is not asked for again.
const FRESH: Duration = Duration::from_secs(5);

/// What reading a file cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Requests sent.
    pub requests: u64,
    /// Bytes of answers received, without their heads.
    pub received: u64,
    /// Bytes that the cache holds now; at most 64 MiB.
    pub cached: u64,
}

/// A file on a web server.
#[derive(Debug)]
pub struct HttpBytes {
    server: Server,
    len: u64,
    cache: Cache,
    requests: AtomicU64,
    received: AtomicU64,
    /// When an answer last said that the version is still the one opened.
    seen: Mutex<Instant>,
    /// The error that says that the file was changed, once that is known.
    changed: std::sync::OnceLock<String>,
}

impl HttpBytes {
    /// Opens the file at an address that begins with `http://`.
    ///
    /// # Errors
    /// With what to do: another kind of address, no such host or file, a server that serves no ranges.
    pub fn open(url: &str) -> io::Result<Self> {
        let (server, first) = Server::open(url, 0..BLOCK)?;
        let (len, received) = (first.len, first.body.len() as u64);
        let bytes = Self {
            server,
            len,
            cache: Cache::new(CACHE),
            requests: first.requests.into(),
            received: received.into(),
            seen: Mutex::new(Instant::now()),
            changed: std::sync::OnceLock::new(),
        };
        if !first.body.is_empty() {
            bytes.cache.put(0, first.body.into());
        }
        Ok(bytes)
    }

    /// The address, where redirections led.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// What reading cost so far.
    pub fn meter(&self) -> Meter {
        Meter {
            requests: self.requests.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            cached: self.cache.bytes() as u64,
        }
    }

    fn unchanged(&self) -> io::Result<()> {
        match self.changed.get() {
            Some(message) => Err(io::Error::other(message.clone())),
            None => Ok(()),
        }
    }

    /// Fetches a run of bytes in one request, again when the connection breaks.
    fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let count = || _ = self.requests.fetch_add(1, Ordering::Relaxed);
        match self.server.fetch(range, self.len, count) {
            Ok(body) => {
                self.received.fetch_add(body.len() as u64, Ordering::Relaxed);
                *self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Instant::now();
                Ok(body)
            }
            Err(Problem::Changed(message)) => Err(io::Error::other(self.changed.get_or_init(|| message).clone())),
            Err(Problem::Other(error)) => Err(error),
        }
    }

    /// Reads what lies in some blocks, at most [`MOST`].
    fn read_blocks(&self, blocks: Range<u64>, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let copy = |block: u64, data: &[u8], buffer: &mut [u8]| {
            // The part of the block that is wanted, and where it goes.
            let (begin, end) = (block * BLOCK, block * BLOCK + data.len() as u64);
            let (from, to) = (offset.max(begin), (offset + buffer.len() as u64).min(end));
            if from < to {
                buffer[(from - offset) as usize..(to - offset) as usize]
                    .copy_from_slice(&data[(from - begin) as usize..(to - begin) as usize]);
            }
        };
        let all = self.len.div_ceil(BLOCK);
        let mut wanted: Vec<u64> = blocks.clone().collect();
        let mut ahead = self.cache.ahead(&blocks);
        while !wanted.is_empty() {
            // Blocks that another thread is fetching are waited for after those that this one fetches.
            match self.cache.claim(&wanted, all, std::mem::take(&mut ahead), MOST) {
                Claim::Here(here) => {
                    for (block, data) in &here {
                        copy(*block, data, buffer);
                    }
                    wanted.retain(|block| !here.iter().any(|(b, _)| b == block));
                }
                Claim::Fetch(runs) => {
                    // Whatever happens, nobody waits for what was claimed here.
                    let mut guard = self.cache.guard(runs.clone());
                    for run in runs {
                        let bytes = run.start * BLOCK..(run.end * BLOCK).min(self.len);
                        let body = self.fetch(bytes)?;
                        for (block, data) in run.clone().zip(body.chunks(BLOCK as usize)) {
                            copy(block, data, buffer);
                            guard.put(block, data.into());
                        }
                        wanted.retain(|block| !run.contains(block));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Bytes for HttpBytes {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.unchanged()?;
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= self.len);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut at = offset;
        while at < end {
            let first = at / BLOCK;
            let last = end.div_ceil(BLOCK).min(first + MOST);
            let stop = end.min(last * BLOCK);
            let piece = &mut buffer[(at - offset) as usize..(stop - offset) as usize];
            self.read_blocks(first..last, at, piece)?;
            at = stop;
        }
        Ok(())
    }

    fn version(&self) -> String {
        self.server.version()
    }

    /// Asks the server, but not more often than every five seconds; every answer to a read says it as well.
    fn check(&self) -> io::Result<()> {
        self.unchanged()?;
        let seen = *self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.elapsed() < FRESH {
            return Ok(());
        }
        self.fetch(0..self.len.min(1)).map(drop)
    }
}
