//! Where the bytes of a FlatGeobuf come from.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::HttpBytes;

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

    /// What a server calls this version of the file; empty for a file.
    fn version(&self) -> String {
        String::new()
    }

    /// Looks whether the bytes are still those that were opened.
    ///
    /// # Errors
    /// An error that says what to do when they are not.
    fn check(&self) -> io::Result<()>;
}

/// Whether a path is an address on a web server; `https` as well, which is refused with its reason.
pub fn is_address(path: &Path) -> bool {
    let start = path.as_os_str().as_encoded_bytes();
    [&b"http://"[..], b"https://"]
        .iter()
        .any(|scheme| start.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)))
}

/// A name within a folder, which may be on a web server.
pub fn within(folder: &Path, name: &str) -> PathBuf {
    if is_address(folder) { format!("{}/{name}", folder.display()).into() } else { folder.join(name) }
}

/// Opens a file, or a file on a web server.
///
/// # Errors
/// When it cannot be opened, with what to do.
pub fn open(path: &Path) -> io::Result<Arc<dyn Bytes>> {
    if is_address(path) {
        return Ok(Arc::new(HttpBytes::open(&path.to_string_lossy())?));
    }
    Ok(Arc::new(FileBytes::open(path)?))
}

/// Reads all of a small file.
///
/// # Errors
/// When it cannot be read, or has more than 256 MiB.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = open(path)?;
    if bytes.len() > 256 << 20 {
        return Err(io::Error::other(format!("{} is no small file", path.display())));
    }
    let mut all = vec![0; bytes.len() as usize];
    bytes.read_at(0, &mut all)?;
    Ok(all)
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
