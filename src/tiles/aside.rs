//! The folder in which levels are made before they get their name; what killed runs left of such folders is removed.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// How the names of such folders begin.
const PREFIX: &str = ".levels-";
/// The file in it that is locked as long as somebody makes levels there.
const LOCK: &str = ".making";
/// Left behind is what nobody wrote into for so long: a lock alone says nothing where a file system has none.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// A folder in which levels are made. Dropped, it is gone with all it holds.
pub(super) struct LevelsAside {
    folder: TempDir,
    lock: File,
}

impl LevelsAside {
    /// Makes one beside the place of the levels, and sweeps the place.
    ///
    /// # Errors
    /// When the place cannot be written.
    pub(super) fn create(place: &Path) -> io::Result<Self> {
        sweep(place, SystemTime::now());
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        let lock = File::create(folder.path().join(LOCK))?;
        // Where a file system has no locks, age alone protects it.
        let _ = lock.lock();
        Ok(Self { folder, lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(super) fn keep(self, name: &Path) -> io::Result<()> {
        drop(self.lock);
        fs::remove_file(self.folder.path().join(LOCK))?;
        fs::rename(self.folder.path(), name)?;
        // It has its new name: there is nothing left to remove.
        let _ = self.folder.keep();
        Ok(())
    }
}

/// Removes folders of runs that were killed: none of their files was written for a day, nobody holds their lock, and
/// they hold nothing but what is made there.
fn sweep(place: &Path, now: SystemTime) {
    for folder in fs::read_dir(place).into_iter().flatten().flatten() {
        if !folder.file_name().to_string_lossy().starts_with(PREFIX) || !folder.file_type().is_ok_and(|t| t.is_dir()) {
            continue;
        }
        let folder = folder.path();
        let Ok(files) = fs::read_dir(&folder) else { continue };
        let files: Vec<_> = files.flatten().collect();
        let ours =
            |name: &str| name.ends_with(".fgb") || name.starts_with(".cimbase-") || matches!(name, LOCK | "facts.json");
        let times = files.iter().map(|file| file.metadata()).chain([fs::metadata(&folder)]);
        let last = times.flatten().filter_map(|facts| facts.modified().ok()).max();
        let old = last.and_then(|last| now.duration_since(last).ok()).is_some_and(|age| age > OLD);
        let held = || {
            let lock = File::options().write(true).open(folder.join(LOCK));
            lock.is_ok_and(|lock| lock.try_lock().is_err())
        };
        if old && files.iter().all(|file| ours(&file.file_name().to_string_lossy())) && !held() {
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two days from now: the folder of a killed run goes; one in work, one of another's files and one of today stay.
    #[test]
    fn what_killed_runs_left_is_swept_after_a_day_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str, file: &str| {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(file), "x").unwrap();
            folder
        };
        let killed = folder(".levels-killed", "4.fgb");
        let others = folder(".levels-mine", "diary.txt");
        let kept = folder("city.levels", "4.fgb");
        let working = LevelsAside::create(place.path()).unwrap();
        fs::write(working.path().join("4.fgb"), "x").unwrap();
        let now = SystemTime::now();
        sweep(place.path(), now + OLD - Duration::from_secs(60));
        assert!(killed.exists(), "it is not a day old");
        sweep(place.path(), now + 2 * OLD);
        assert_eq!([&killed, &others, &kept].map(|folder| folder.exists()), [false, true, true]);
        assert!(working.path().exists(), "somebody is making levels there");
        // What is finished has its name, and no lock in it.
        let name = place.path().join("town.levels");
        working.keep(&name).unwrap();
        let names: Vec<_> = fs::read_dir(&name).unwrap().flatten().map(|file| file.file_name()).collect();
        assert_eq!(names, ["4.fgb"]);
    }
}
