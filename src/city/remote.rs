//! Layers on a plain web server: big ones are read by window where they lie, small ones are fetched once.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::source::{slug, stem};
use super::{big, levels};
use crate::formats::aside::write_aside;
use crate::formats::flatgeobuf::{FgbFile, bytes};
use crate::formats::{OpenError, WriteError};
use crate::report::Progress;

/// Bytes fetched at once.
const PIECE: u64 = 4 << 20;

/// Where a source can be opened: itself when it is a file, or a big layer on a server; else a copy in the user's
/// cache folder.
///
/// # Errors
/// What is on the server cannot be read by parts, or not be kept here.
pub(super) fn near(source: PathBuf, progress: &Progress) -> Result<PathBuf, OpenError> {
    if !bytes::is_address(&source) {
        return Ok(source);
    }
    let file = FgbFile::open(&source)?;
    if big::is_big(&file) { Ok(source) } else { fetched(&source, &file, progress) }
}

/// A file on this machine with what a source holds: itself, or a fetched copy.
///
/// # Errors
/// As when it is opened.
pub fn here(source: &Path, progress: &Progress) -> Result<PathBuf, OpenError> {
    if !bytes::is_address(source) {
        return Ok(source.to_owned());
    }
    fetched(source, &FgbFile::open(source)?, progress)
}

/// The copy of a layer on a server in the user's cache folder, fetched when it is not there yet. Another version of
/// the layer is another copy.
///
/// # Errors
/// When the server stops answering, the file changes meanwhile, or the copy cannot be written.
pub(super) fn fetched(source: &Path, file: &FgbFile, progress: &Progress) -> Result<PathBuf, OpenError> {
    let fail = |reason: String| OpenError::new(source, reason);
    let cache =
        dirs::cache_dir().ok_or_else(|| fail("this system names no cache folder: set XDG_CACHE_HOME".into()))?;
    let sum = file.fingerprint().map_err(|e| fail(e.to_string()))?;
    // What the server calls this version counts as well: the sum is one over pieces of the file.
    let key = format!("{sum} {} {} {}", file.file_bytes(), source.display(), file.bytes().version());
    let key = blake3::hash(key.as_bytes()).to_hex();
    let folder = cache.join("cimbase").join("fetched").join(&key[..16]);
    std::fs::create_dir_all(&folder).map_err(|e| fail(format!("cannot make {}: {e}", folder.display())))?;
    let copy = folder.join(format!("{}.fgb", slug(stem(&source.to_string_lossy()))));
    if copy.is_file() {
        return Ok(copy);
    }
    progress.stage(format!("fetching {}", source.display()), file.file_bytes());
    let written = write_aside(&copy, |out| {
        let mut at = 0;
        while at < file.file_bytes() {
            progress.at(at).map_err(|_| WriteError::cancelled(&copy))?;
            let mut piece = vec![0; PIECE.min(file.file_bytes() - at) as usize];
            file.bytes().read_at(at, &mut piece).map_err(|e| WriteError::new(&copy, e))?;
            out.write_all(&piece).map_err(|e| WriteError::new(&copy, e))?;
            at += piece.len() as u64;
        }
        Ok(())
    });
    match written {
        Ok(()) => {
            levels::trim(&folder);
            Ok(copy)
        }
        Err(error) if error.cancelled => Err(OpenError::cancelled(source)),
        Err(error) => Err(fail(error.to_string())),
    }
}
