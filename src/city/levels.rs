//! Coarse levels and fetched copies in the user's cache folder: where they lie, and which go when it is full.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::formats::flatgeobuf::FgbFile;

/// Bytes of all levels, and of all fetched copies: 20 GiB each.
const MOST: u64 = 20 << 30;

/// Where the levels of a file lie in the cache: another version of the file, and another reading of it, has others.
pub(super) fn cached(file: &FgbFile, reading: &str) -> Option<PathBuf> {
    let path = file.path();
    let name = path.file_stem()?.to_string_lossy().into_owned();
    let modified = fs::metadata(path).and_then(|facts| facts.modified()).ok();
    let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let key = format!("{} {:?} {} {reading}", file.fingerprint().ok()?, since, file.file_bytes());
    let key = blake3::hash(key.as_bytes()).to_hex();
    Some(dirs::cache_dir()?.join("cimbase").join("levels").join(format!("{name}-{}.levels", &key[..16])))
}

/// Notes that a folder was used.
pub(super) fn used(folder: &Path) {
    // What cannot be noted goes earlier than it should, and is made again.
    let _ = File::options().append(true).open(folder.join(MARK)).and_then(|f| f.set_modified(SystemTime::now()));
}

/// The file whose time says when a folder was used.
const MARK: &str = "facts.json";

/// Removes folders beside a new one, those not used for longest first, until the rest fits.
pub(super) fn trim(new: &Path) {
    // Never what lies beside somebody's files.
    if dirs::cache_dir().is_some_and(|cache| new.starts_with(cache.join("cimbase"))) {
        trim_to(new, MOST);
    }
}

fn trim_to(new: &Path, most: u64) {
    let Some(folders) = new.parent().and_then(|parent| fs::read_dir(parent).ok()) else { return };
    let mut held: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for folder in folders.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let files: Vec<_> = fs::read_dir(&folder).into_iter().flatten().flatten().collect();
        let facts = || files.iter().filter_map(|file| file.metadata().ok());
        let used = facts().filter_map(|facts| facts.modified().ok()).max().unwrap_or(SystemTime::UNIX_EPOCH);
        held.push((used, facts().map(|facts| facts.len()).sum(), folder));
    }
    let mut bytes: u64 = held.iter().map(|(_, bytes, _)| bytes).sum();
    held.sort();
    for (_, size, folder) in held.into_iter().filter(|(.., folder)| folder != new) {
        if bytes <= most {
            break;
        }
        bytes -= size;
        // One that another program reads stays readable on most systems, and is made again.
        let _ = fs::remove_dir_all(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_not_used_for_longest_go_first_and_the_new_one_stays() {
        let root = tempfile::tempdir().unwrap();
        let folders = ["a", "b", "c"].map(|name| root.path().join(name));
        for (age, folder) in [300, 200, 100].into_iter().zip(&folders) {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("4.fgb"), vec![0; 1000]).unwrap();
            fs::write(folder.join(MARK), "{}").unwrap();
            let then = SystemTime::now() - std::time::Duration::from_secs(age);
            for file in ["4.fgb", MARK] {
                File::options().append(true).open(folder.join(file)).unwrap().set_modified(then).unwrap();
            }
        }
        used(&folders[0]);
        trim_to(&folders[2], 2500);
        assert_eq!(folders.each_ref().map(|folder| folder.exists()), [true, false, true]);
        trim_to(&folders[2], 10);
        assert_eq!(folders.each_ref().map(|folder| folder.exists()), [false, false, true]);
    }
}
