//! What an import has made so far, so that it can go again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files and folders that an import made. Dropped before they are kept, they are removed.
#[derive(Debug, Default)]
pub struct Made {
    files: Vec<PathBuf>,
    /// Innermost first.
    folders: Vec<PathBuf>,
}

impl Made {
    /// Makes a folder and those it lies in; those that were there already stay whatever happens.
    ///
    /// # Errors
    /// The system's reason.
    pub fn folder(&mut self, path: &Path) -> io::Result<()> {
        let missing = path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        self.folders.extend(missing.map(Path::to_owned));
        fs::create_dir_all(path)
    }

    /// Remembers a file, or a folder with all that it holds.
    pub fn file(&mut self, path: &Path) {
        self.files.push(path.to_owned());
    }

    /// A moment to come back to.
    pub fn mark(&self) -> usize {
        self.files.len()
    }

    /// Removes the files that were made since a moment.
    pub fn undo(&mut self, mark: usize) {
        for path in self.files.drain(mark.min(self.files.len())..) {
            // What cannot be removed is no broken layer: it was written whole.
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }

    /// Everything stays.
    pub fn keep(&mut self) {
        self.files.clear();
        self.folders.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.undo(0);
        // Only empty folders go.
        self.folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_goes_and_what_was_there_stays() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        let begin = || {
            let mut made = Made::default();
            made.folder(&inner).unwrap();
            for name in ["one", "two"] {
                fs::write(inner.join(name), name).unwrap();
                made.file(&inner.join(name));
            }
            made
        };
        drop(begin());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        let mut made = begin();
        made.undo(1);
        made.keep();
        drop(made);
        assert!(inner.join("one").exists() && !inner.join("two").exists());
    }
}
