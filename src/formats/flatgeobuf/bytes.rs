//! Where the bytes of a FlatGeobuf come from.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes that can be read anywhere: a file, or a file on a server.
pub trait Bytes: Send + Sync + std::fmt::Debug {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills the buffer from an offset.
    ///
    /// # Errors
    /// When the bytes cannot be had; none are then to be used.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Looks whether the bytes are still those that were opened.
    ///
    /// # Errors
    /// An error that says what to do when they are not.
    fn check(&self) -> io::Result<()>;
}

/// A file, read by position. It is not mapped into memory: another program that cuts a mapped file
/// ends every reader with a bus error, while a read past the end is an error that can be said; and
/// pages of a map count as memory used.
#[derive(Debug)]
pub struct FileBytes {
    file: File,
    path: PathBuf,
    len: u64,
    modified: Option<SystemTime>,
}

impl FileBytes {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok(Self { file, path: path.to_owned(), len: metadata.len(), modified: metadata.modified().ok() })
    }
}

impl Bytes for FileBytes {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer = &mut buffer[read..];
            offset += read as u64;
        }
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        // The file as it is now under its name: replaced, cut and rewritten ones differ.
        let now = std::fs::metadata(&self.path)?;
        if now.len() == self.len && now.modified().ok() == self.modified {
            return Ok(());
        }
        Err(io::Error::other(format!("{} was changed while it was open: open the project again", self.path.display())))
    }
}
