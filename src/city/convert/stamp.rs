//! How a source looked at one moment: sizes and times of its files, so that a change is noticed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::formats::OpenError;

/// Endings of sources that are several files of one stem.
const FAMILIES: [&str; 5] = ["shp", "dbf", "tab", "mif", "mid"];

/// The files of a source with their sizes and times of change.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    files: Vec<(PathBuf, u64, u64)>,
}

impl Stamp {
    /// Looks at a source: a file, the files that belong to it, or all files of a folder.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be looked at.
    pub fn of(source: &Path) -> Result<Self, OpenError> {
        let fail = |error: std::io::Error| OpenError::new(source, error);
        let mut paths = Vec::new();
        if fs::metadata(source).map_err(fail)?.is_dir() {
            for entry in fs::read_dir(source).map_err(fail)? {
                paths.push(entry.map_err(fail)?.path());
            }
        } else {
            paths.push(source.to_owned());
            let ending = source.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            if FAMILIES.contains(&ending.as_str()) {
                let folder = source.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let beside = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
                paths.extend(beside.filter(|path| path.file_stem() == source.file_stem() && path != source));
            }
        }
        paths.sort();
        paths.dedup();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let facts = fs::metadata(&path).map_err(fail)?;
            let changed = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(UNIX_EPOCH);
            let changed = changed.map_or(0, |since| since.as_nanos() as u64);
            if facts.is_file() {
                files.push((path, facts.len(), changed));
            }
        }
        Ok(Self { files })
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes, _)| bytes).sum()
    }

    /// The files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, ..)| path.as_path())
    }
}
