//! Records sorted by key with bounded memory: runs spilled to a file without a name, then merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use rayon::prelude::*;

/// Bytes that all runs read ahead together.
const READ_AHEAD: usize = 64 << 20;
/// Each run reads at least so much at once.
const LEAST_READ: usize = 64 << 10;
/// A batch ends after so many bytes or records.
const BATCH: (usize, usize) = (8 << 20, 32 * 1024);
/// Bytes in front of a record in the file: its key and length.
const HEAD: usize = 12;

/// Where a record is and what it is sorted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub key: u64,
    pub piece: u32,
    pub at: usize,
    pub len: u32,
}

impl Entry {
    fn order(&self) -> (u64, u32, usize) {
        (self.key, self.piece, self.at)
    }
}

/// Some records one behind the other.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub bytes: Vec<u8>,
    pub entries: Vec<Entry>,
}

/// Records in memory, and those spilled.
#[derive(Debug)]
pub(super) struct Runs {
    folder: PathBuf,
    held: Held,
    bytes: usize,
    /// The file of all runs: it has no name, so that nothing is left when the process is killed.
    spilled: Option<File>,
    /// The run that is being written while the next one is gathered.
    spilling: Option<JoinHandle<io::Result<Spilled>>>,
    ranges: Vec<Range<u64>>,
    spills: usize,
}

/// The file of all runs, and where in it the last one is.
type Spilled = (File, Range<u64>);

/// Records in memory.
#[derive(Debug, Default)]
struct Held {
    pieces: Vec<Vec<u8>>,
    entries: Vec<Entry>,
}

impl Held {
    /// Equal keys keep the order in which they came.
    fn sort(&mut self) {
        self.entries.par_sort_unstable_by_key(Entry::order);
    }

    /// Writes them in order to the end of a file. Sorted on this thread alone: whoever waits for it may be one of
    /// the threads that would have to help.
    fn write(mut self, mut file: File) -> io::Result<Spilled> {
        self.entries.sort_unstable_by_key(Entry::order);
        let from = file.stream_position()?;
        let mut out = BufWriter::with_capacity(1 << 20, &mut file);
        for entry in &self.entries {
            out.write_all(&entry.key.to_le_bytes())?;
            out.write_all(&entry.len.to_le_bytes())?;
            out.write_all(record(&self.pieces, entry))?;
        }
        out.flush()?;
        drop(out);
        let to = file.stream_position()?;
        Ok((file, from..to))
    }
}

impl Runs {
    /// No records; they will be spilled to the disk of this folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            held: Held::default(),
            bytes: 0,
            spilled: None,
            spilling: None,
            ranges: Vec::new(),
            spills: 0,
        }
    }

    /// Bytes in memory, without those that are being written.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many runs went to disk.
    pub fn spills(&self) -> usize {
        self.spills
    }

    /// Adds records.
    pub fn push(&mut self, piece: Piece) {
        let number = self.held.pieces.len() as u32;
        self.bytes += piece.bytes.len() + piece.entries.len() * size_of::<Entry>();
        self.held.entries.extend(piece.entries.into_iter().map(|entry| Entry { piece: number, ..entry }));
        self.held.pieces.push(piece.bytes);
    }

    /// Moves what is in memory to disk, sorted, while the caller goes on; only one run at a time.
    pub fn spill(&mut self) -> io::Result<()> {
        if self.held.entries.is_empty() {
            return Ok(());
        }
        self.wait()?;
        let file = match self.spilled.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        let held = std::mem::take(&mut self.held);
        self.bytes = 0;
        self.spills += 1;
        self.spilling = Some(std::thread::Builder::new().name("spill".into()).spawn(move || held.write(file))?);
        Ok(())
    }

    /// Waits for the run that is being written.
    fn wait(&mut self) -> io::Result<()> {
        let Some(spilling) = self.spilling.take() else { return Ok(()) };
        let done = spilling.join().unwrap_or_else(|_| Err(io::Error::other("writing a temporary file failed")));
        let (file, range) = done?;
        self.spilled = Some(file);
        self.ranges.push(range);
        Ok(())
    }

    /// All records in order. When nothing was spilled, no disk is used.
    pub fn merge(mut self) -> io::Result<Merge> {
        if self.spills > 0 {
            self.spill()?;
            self.wait()?;
        }
        let Some(mut file) = self.spilled else {
            self.held.sort();
            return Ok(Merge::Memory { pieces: self.held.pieces, entries: self.held.entries, next: 0 });
        };
        let ahead = (READ_AHEAD / self.ranges.len().max(1)).max(LEAST_READ);
        let mut runs: Vec<Run> = self.ranges.into_iter().map(|range| Run::new(range, ahead)).collect();
        let mut heap = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(key) = run.key(&mut file)? {
                heap.push(Reverse((key, number)));
            }
        }
        Ok(Merge::Disk { file, runs, heap })
    }
}

fn record<'a>(pieces: &'a [Vec<u8>], entry: &Entry) -> &'a [u8] {
    &pieces[entry.piece as usize][entry.at..entry.at + entry.len as usize]
}

/// Records that are next in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub bytes: Vec<u8>,
    pub ranges: Vec<Range<usize>>,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH.0 || self.ranges.len() >= BATCH.1
    }

    fn push(&mut self, record: &[u8]) {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.ranges.push(at..self.bytes.len());
    }
}

/// Gives records in order.
#[derive(Debug)]
pub(super) enum Merge {
    Memory { pieces: Vec<Vec<u8>>, entries: Vec<Entry>, next: usize },
    Disk { file: File, runs: Vec<Run>, heap: BinaryHeap<Reverse<(u64, usize)>> },
}

impl Merge {
    /// Fills a batch with the next records; empty at the end.
    pub fn fill(&mut self, batch: &mut Batch) -> io::Result<()> {
        batch.bytes.clear();
        batch.ranges.clear();
        match self {
            Self::Memory { pieces, entries, next } => {
                while let Some(entry) = entries.get(*next).filter(|_| !batch.is_full()) {
                    batch.push(record(pieces, entry));
                    *next += 1;
                }
            }
            Self::Disk { file, runs, heap } => {
                while !batch.is_full() {
                    let Some(Reverse((_, number))) = heap.pop() else { break };
                    let run = &mut runs[number];
                    batch.push(run.take(file)?);
                    if let Some(key) = run.key(file)? {
                        heap.push(Reverse((key, number)));
                    }
                }
            }
        }
        Ok(())
    }
}

/// A run on disk that is being read.
#[derive(Debug)]
pub(super) struct Run {
    rest: Range<u64>,
    ahead: usize,
    buffer: Vec<u8>,
    at: usize,
}

impl Run {
    fn new(rest: Range<u64>, ahead: usize) -> Self {
        Self { rest, ahead, buffer: Vec::new(), at: 0 }
    }

    /// Makes at least `wanted` bytes ready, where the run has so many.
    fn ready(&mut self, file: &mut File, wanted: usize) -> io::Result<usize> {
        let have = self.buffer.len() - self.at;
        if have < wanted && !self.rest.is_empty() {
            self.buffer.drain(..self.at);
            self.at = 0;
            let more = (wanted - have).max(self.ahead) as u64;
            let more = more.min(self.rest.end - self.rest.start) as usize;
            self.buffer.resize(have + more, 0);
            file.seek(SeekFrom::Start(self.rest.start))?;
            file.read_exact(&mut self.buffer[have..])?;
            self.rest.start += more as u64;
        }
        Ok(self.buffer.len() - self.at)
    }

    /// The key of the next record; `None` at the end.
    fn key(&mut self, file: &mut File) -> io::Result<Option<u64>> {
        let ready = self.ready(file, HEAD)?;
        let key = self.buffer[self.at..].first_chunk().map(|b| u64::from_le_bytes(*b));
        Ok(key.filter(|_| ready >= HEAD))
    }

    /// The next record. [`Run::key`] has said that there is one.
    fn take(&mut self, file: &mut File) -> io::Result<&[u8]> {
        let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "a temporary file on this disk is damaged");
        let head: [u8; HEAD] = *self.buffer[self.at..].first_chunk().ok_or_else(cut)?;
        let len = u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize;
        if self.ready(file, HEAD + len)? < HEAD + len {
            return Err(cut());
        }
        let from = self.at + HEAD;
        self.at = from + len;
        Ok(&self.buffer[from..self.at])
    }
}
