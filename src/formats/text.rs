//! The text of a file, mapped: pages that were read are given back, so memory stays bounded.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use memmap2::Mmap;

use super::encoding::Found;

/// Bytes after which read pages are given back.
const RELEASE: usize = 16 << 20;

/// Bytes decoded at a time.
const PIECE: usize = 1 << 20;

/// A mapped file and how far its pages were given back.
#[derive(Debug)]
pub struct Text {
    map: Mmap,
    released: std::sync::atomic::AtomicUsize,
}

impl Text {
    /// Maps a file.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Self::map(&File::open(path)?)
    }

    fn map(file: &File) -> std::io::Result<Self> {
        // SAFETY: the map is only read. Another program that cuts the file meanwhile can end this one
        // with a bus error; every reader over a memory map shares that.
        let map = unsafe { Mmap::map(file) }?;
        Ok(Self { map, released: 0.into() })
    }

    /// The same text in UTF-8, without its byte order mark, in a file without a name that goes when it is dropped.
    ///
    /// # Errors
    /// The system's: there is no room for it.
    pub fn decoded(&self, found: &Found) -> std::io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let mut out = BufWriter::with_capacity(PIECE, &mut file);
        let mut decoder = found.encoding.new_decoder_with_bom_removal();
        let mut buffer = String::with_capacity(PIECE);
        let mut at = 0;
        loop {
            let end = self.map.len().min(at + PIECE);
            let last = end == self.map.len();
            let (result, read, _) = decoder.decode_to_string(&self.map[at..end], &mut buffer, last);
            out.write_all(buffer.as_bytes())?;
            buffer.clear();
            at += read;
            self.release(at);
            if last && result == encoding_rs::CoderResult::InputEmpty {
                break;
            }
        }
        out.flush()?;
        drop(out);
        self.again();
        Self::map(&file)
    }

    /// Says that bytes before `done` are not needed any more; they can still be read.
    pub fn release(&self, done: usize) {
        #[cfg(unix)]
        {
            use std::sync::atomic::Ordering::Relaxed;
            let released = self.released.load(Relaxed);
            // Whole steps keep the next start on a page.
            let more = done.saturating_sub(released) / RELEASE * RELEASE;
            if more > 0 {
                // SAFETY: the map is a file's and never written: pages that are needed again would be
                // read from the file again. A failure only costs memory.
                let _ = unsafe { self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, released, more) };
                self.released.store(released + more, Relaxed);
            }
        }
        #[cfg(not(unix))]
        let _ = done;
    }

    /// Another pass begins at the front.
    pub fn again(&self) {
        self.release(self.map.len());
        self.released.store(0, std::sync::atomic::Ordering::Relaxed);
    }
}

impl std::ops::Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.map
    }
}
