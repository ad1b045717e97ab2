//! Bytes on their way: read in pieces, hashed, counted, and stopped where the user wants.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::formats::WriteError;
use crate::report::{Cancelled, Progress};

/// Reads to the end; `each` sees the pieces. How many bytes there were.
///
/// # Errors
/// What the reader or `each` says.
pub(super) fn pieces(mut from: impl Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut bytes = 0;
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        bytes += read as u64;
        each(&buffer[..read])?;
    }
}

/// The SHA-256 of what is read, hexadecimal, and its size; `each` sees the pieces.
///
/// # Errors
/// As [`pieces`].
pub(super) fn sha256(from: impl Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let bytes = pieces(from, |piece| {
        hash.update(piece);
        each(piece)
    })?;
    let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((hex, bytes))
}

/// Says how far it is; an error that [`failed`] knows again where the user stops it.
pub(super) fn step(progress: &Progress, done: u64) -> io::Result<()> {
    progress.at(done).map_err(io::Error::other)
}

/// A file that cannot be written, or that the user stopped.
pub(super) fn failed(out: &Path, error: &io::Error) -> WriteError {
    let stopped = error.get_ref().is_some_and(|inner| inner.is::<Cancelled>());
    if stopped { WriteError::cancelled(out) } else { WriteError::new(out, error) }
}

/// Hashes and sizes of sources: one that several layers come from is read once.
#[derive(Default)]
pub(super) struct Hashes(HashMap<PathBuf, Option<(String, u64)>>);

impl Hashes {
    /// Those of a file; `None` where it cannot be read.
    ///
    /// # Errors
    /// [`Cancelled`] when the user stops it.
    pub fn of(&mut self, path: &Path, progress: &Progress) -> Result<Option<(String, u64)>, Cancelled> {
        if let Some(known) = self.0.get(path) {
            return Ok(known.clone());
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        progress.stage(format!("hashing {name}"), std::fs::metadata(path).map_or(0, |facts| facts.len()));
        let mut done = 0;
        let hashed = File::open(path).and_then(|file| {
            sha256(file, |piece| {
                done += piece.len() as u64;
                step(progress, done)
            })
        });
        progress.at(done)?;
        let hashed = hashed.ok();
        self.0.insert(path.to_owned(), hashed.clone());
        Ok(hashed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of FIPS 180-2 for "abc".
    #[test]
    fn the_hash_is_sha_256() {
        let (hash, bytes) = sha256(&b"abc"[..], |_| Ok(())).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(bytes, 3);
    }

    #[test]
    fn a_source_is_read_once_and_stopped_at_any_piece() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let (mut hashes, progress) = (Hashes::default(), Progress::default());
        let first = hashes.of(&path, &progress).unwrap();
        assert_eq!(first.as_ref().map(|(_, bytes)| *bytes), Some(3));
        // Not read again: what is there now is another file.
        std::fs::write(&path, "other").unwrap();
        assert_eq!(hashes.of(&path, &progress).unwrap(), first);
        assert_eq!(hashes.of(&folder.path().join("none"), &progress).unwrap(), None);
        progress.cancel();
        assert!(Hashes::default().of(&path, &progress).is_err());
        assert!(failed(&path, &step(&progress, 1).unwrap_err()).cancelled);
        assert!(!failed(&path, &io::Error::other("full")).cancelled);
    }
}
