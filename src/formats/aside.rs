//! Writing aside: a file appears under its name only when it is complete.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::WriteError;

/// How the names of files that are being written begin and end.
const NAMED: (&str, &str) = (".cimbase-", ".part");
/// How the name of an older folder ends while a new one takes its place.
const OLD: &str = ".old";

/// A file that is being written beside its place. Dropped, it is gone.
#[derive(Debug)]
pub struct Aside {
    file: NamedTempFile,
    path: PathBuf,
}

impl Aside {
    /// Begins a file for `path`. What a writer that was killed left in the folder is removed.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let fail = |error: std::io::Error| WriteError::new(path, error);
        let folder = folder_of(path);
        if !folder.is_dir() {
            // Else the message would name the file that is made aside, which nobody knows.
            return Err(fail(std::io::Error::other(format!("there is no folder {}", folder.display()))));
        }
        sweep(folder);
        let mut builder = tempfile::Builder::new();
        builder.prefix(NAMED.0).suffix(NAMED.1);
        #[cfg(unix)]
        {
            // As any new file: the process's umask decides, not the private mode of temporary files.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        loop {
            let file = builder.tempfile_in(folder).map_err(fail)?;
            // The lock says that somebody is still writing; where a file system has none, nothing is swept.
            let _ = file.as_file().lock();
            // Between making and locking it a sweep of another process may have come.
            if file.path().exists() {
                return Ok(Self { file, path: path.to_owned() });
            }
        }
    }

    /// Begins a file that is written through a buffer.
    ///
    /// # Errors
    /// As [`Aside::create`].
    pub fn buffered(path: &Path) -> Result<(Self, BufWriter<File>), WriteError> {
        let mut aside = Self::create(path)?;
        let file = aside.file().try_clone().map_err(|error| WriteError::new(path, error))?;
        Ok((aside, BufWriter::with_capacity(1 << 20, file)))
    }

    /// The file as it is so far.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Where it is until it has its name, for writers that want a path.
    pub fn place(&self) -> &Path {
        self.file.path()
    }

    /// Gives the file its name, over an older one.
    ///
    /// # Errors
    /// [`WriteError`] when it cannot be renamed.
    pub fn keep(self) -> Result<(), WriteError> {
        let path = self.path;
        self.file.persist(&path).map_err(|error| WriteError::new(&path, error.error))?;
        Ok(())
    }
}

/// A folder for the parts of a file that is being written, or one that is written itself, beside its place. Dropped,
/// it is gone.
#[derive(Debug)]
pub struct Folder {
    folder: tempfile::TempDir,
    /// Locked as long as somebody writes.
    lock: File,
}

/// The file in such a folder whose lock says that it is alive.
const LOCK: &str = ".lock";

impl Folder {
    /// Makes one for `path`. What a writer that was killed left is removed.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let fail = |error: std::io::Error| WriteError::new(path, error);
        let beside = folder_of(path);
        sweep(beside);
        let folder = tempfile::Builder::new().prefix(NAMED.0).suffix(NAMED.1).tempdir_in(beside).map_err(fail)?;
        let lock = File::create(folder.path().join(LOCK)).map_err(fail)?;
        // Where a file system has no locks, nothing is swept.
        let _ = lock.lock();
        Ok(Self { folder, lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether a file in it is one of the parts.
    pub fn is_content(part: &Path) -> bool {
        part.file_name().is_some_and(|name| name != LOCK)
    }

    /// Gives the folder its name, over an older one, which is removed; it comes back where that fails.
    ///
    /// # Errors
    /// [`WriteError`] when it cannot be renamed.
    pub fn keep(self, path: &Path) -> Result<(), WriteError> {
        let fail = |error: std::io::Error| WriteError::new(path, error);
        let Self { folder, lock } = self;
        #[cfg(unix)]
        {
            // As any new folder: not the private mode of temporary ones.
            use std::os::unix::fs::PermissionsExt;
            let plain = folder_of(path).metadata().map(|facts| facts.permissions().mode() & 0o777).unwrap_or(0o755);
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(plain)).map_err(fail)?;
        }
        // First the file, then the lock: a sweep between them must not find a lock that nobody holds.
        std::fs::remove_file(folder.path().join(LOCK)).map_err(fail)?;
        drop(lock);
        let old = old_of(path);
        let replaces = path.exists();
        if replaces {
            // What a writer left that was killed after it had given its folder the name.
            let _ = std::fs::remove_dir_all(&old);
            std::fs::rename(path, &old).map_err(fail)?;
        }
        if let Err(error) = std::fs::rename(folder.path(), path) {
            if replaces {
                let _ = std::fs::rename(&old, path);
            }
            return Err(fail(error));
        }
        // It has another name now: nothing is to be removed under the one it had.
        let _ = folder.keep();
        if replaces {
            let _ = std::fs::remove_dir_all(&old);
        }
        Ok(())
    }
}

/// Where an older folder is while a new one takes its place.
fn old_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(NAMED.0);
    name.push(path.file_name().unwrap_or_default());
    name.push(OLD);
    folder_of(path).join(name)
}

/// The folder of a file.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes files and folders of writers that do not live any more: nobody holds their lock. An older folder that lost
/// its name to a writer that was killed then gets it back.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(NAMED.0)) else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Some(named) = rest.strip_suffix(OLD).filter(|_| is_folder) {
            let named = folder.join(named);
            let _ = if named.exists() {
                std::fs::remove_dir_all(entry.path())
            } else {
                std::fs::rename(entry.path(), named)
            };
            continue;
        }
        if !rest.ends_with(NAMED.1) {
            continue;
        }
        let lock = if is_folder { entry.path().join(LOCK) } else { entry.path() };
        // Opened for writing: some network file systems lock nothing else.
        let Ok(file) = File::options().write(true).open(lock) else { continue };
        if file.try_lock().is_ok() {
            let _ = if is_folder { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
        }
    }
}

/// Writes a file beside its place and renames it when `fill` has succeeded; otherwise nothing is
/// left behind and an older file of that name stays as it was.
///
/// # Errors
/// [`WriteError`] from `fill`, or when the folder cannot be written.
pub fn write_aside(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let mut aside = Aside::create(path)?;
    let mut out = BufWriter::with_capacity(1 << 20, aside.file());
    fill(&mut out)?;
    out.flush().map_err(|error| WriteError::new(path, error))?;
    drop(out);
    aside.keep()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_writer_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [left, other] = [".cimbase-abc.part", "mine.part"].map(|name| folder.path().join(name));
        std::fs::write(&left, "half").unwrap();
        std::fs::write(&other, "mine").unwrap();
        let first = Aside::create(&folder.path().join("a")).unwrap();
        assert!(!left.exists() && other.exists());
        let second = Aside::create(&folder.path().join("b")).unwrap();
        let killed = folder.path().join(".cimbase-xyz.part");
        std::fs::create_dir(&killed).unwrap();
        std::fs::write(killed.join(LOCK), "").unwrap();
        let parts = Folder::create(&folder.path().join("c")).unwrap();
        drop(Folder::create(&folder.path().join("d")).unwrap());
        assert!(!killed.exists() && parts.path().join(LOCK).exists());
        first.keep().unwrap();
        drop((second, parts));
        let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "mine.part"]);
    }

    #[test]
    fn a_folder_takes_the_place_of_an_older_one_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.tiles");
        let said = || std::fs::read_to_string(out.join("said")).unwrap();
        for text in ["first", "second"] {
            let made = Folder::create(&out).unwrap();
            std::fs::write(made.path().join("said"), text).unwrap();
            made.keep(&out).unwrap();
            assert_eq!(said(), text);
        }
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1, "the lock is gone");
        // Killed between its two renames: the older one gets its name back.
        std::fs::rename(&out, old_of(&out)).unwrap();
        sweep(folder.path());
        assert_eq!(said(), "second");
        // Killed after them: the older one goes.
        std::fs::create_dir(old_of(&out)).unwrap();
        std::fs::write(old_of(&out).join("said"), "older").unwrap();
        drop(Folder::create(&out).unwrap());
        assert_eq!((said().as_str(), std::fs::read_dir(folder.path()).unwrap().count()), ("second", 1));
    }

    #[test]
    fn an_older_folder_stays_where_the_new_one_cannot_have_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.tiles");
        std::fs::create_dir(&out).unwrap();
        std::fs::write(out.join("said"), "older").unwrap();
        let made = Folder::create(&out).unwrap();
        // A file where the older one would be put aside.
        std::fs::write(old_of(&out), "in the way").unwrap();
        assert!(made.keep(&out).is_err());
        assert_eq!(std::fs::read_to_string(out.join("said")).unwrap(), "older");
    }
}
