//! Converted layers in the user's cache folder, so that a big source is converted once.
//!
//! A layer's key is the hash of what the source holds and of what the user says about it. A source whose path,
//! sizes and times are known already is not hashed again. Files of a key are `KEY.fgb` and whatever else is made
//! for it under `KEY.…`; they are removed together, those not used for the longest time first.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::convert::{ConvertError, Stamp, convert};
use crate::formats::aside::{sweep, write_aside};
use crate::formats::{OpenError, WriteError};
use crate::model::project::ProjectLayer;
use crate::place::Crs;
use crate::report::Progress;

/// Counts up whenever converted layers come out differently.
const VERSION: u32 = 1;
/// Bytes of all converted layers together: 20 GiB.
const MOST: u64 = 20 << 30;
/// Bytes hashed at once.
const BLOCK: usize = 16 << 20;
/// The file that remembers which source has which key.
const INDEX: &str = "index.json";

/// The converted form of a source: found in the user's cache folder, else made there.
///
/// # CRS
/// The file is in `project_crs`; without one, in the CRS that suits the source.
///
/// # Errors
/// [`ConvertError`] as [`convert`]; when the system has no cache folder. Nothing is left of a layer that was not
/// finished.
pub fn cached(
    layer: &ProjectLayer,
    source: &Path,
    project_crs: Option<&Crs>,
    progress: &Progress,
) -> Result<PathBuf, ConvertError> {
    let folder = dirs::cache_dir().ok_or_else(|| {
        WriteError::new(Path::new("cimbase"), "this system names no cache folder: set XDG_CACHE_HOME to one")
    })?;
    cached_in(&folder.join("cimbase").join("layers"), MOST, layer, source, project_crs, progress)
}

/// [`cached`] in a folder of at most so many bytes.
fn cached_in(
    folder: &Path,
    most: u64,
    layer: &ProjectLayer,
    source: &Path,
    project_crs: Option<&Crs>,
    progress: &Progress,
) -> Result<PathBuf, ConvertError> {
    fs::create_dir_all(folder).map_err(|error| WriteError::new(folder, error))?;
    sweep(folder);
    let source = source.canonicalize().map_err(|error| OpenError::new(source, error))?;
    let (stamp, said) = (Stamp::of(&source)?, said(layer, project_crs));
    let mut index = Index::read(folder);
    let known = index.entries.iter().find(|entry| entry.stamp == stamp && entry.said == said);
    let key = match known.filter(|entry| file(folder, &entry.key).is_file()) {
        Some(entry) => entry.key.clone(),
        None => key(&stamp, &said, progress)?,
    };
    let path = file(folder, &key);
    if !path.is_file() {
        convert(layer, &source, project_crs, &path, progress)?;
    }
    index.used(Entry { stamp, said, key: key.clone() });
    index.trim(folder, most, &key);
    // A cache that cannot remember still works.
    let _ = index.write(folder);
    Ok(path)
}

fn file(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{key}.fgb"))
}

/// What changes the converted layer, in words.
fn said(layer: &ProjectLayer, project_crs: Option<&Crs>) -> String {
    let ProjectLayer { crs, offset, encoding, layer_name, role, fields, .. } = layer;
    let project = project_crs.map(Crs::definition);
    format!("{VERSION} {crs:?} {offset:?} {encoding:?} {layer_name:?} {role:?} {fields:?} {project:?}")
}

/// The key of a source and what is said about it.
fn key(stamp: &Stamp, said: &str, progress: &Progress) -> Result<String, ConvertError> {
    progress.stage("looking for a converted copy", stamp.bytes());
    let mut hasher = blake3::Hasher::new();
    let (mut block, mut done) = (vec![0; BLOCK], 0);
    for path in stamp.paths() {
        let mut from = fs::File::open(path).map_err(|error| OpenError::new(path, error))?;
        let began = done;
        loop {
            let read = from.read(&mut block).map_err(|error| OpenError::new(path, error))?;
            if read == 0 {
                break;
            }
            hasher.update(&block[..read]);
            done += read as u64;
            progress.at(done).map_err(|_| ConvertError::Cancelled)?;
        }
        // Of several files, where one ends and how it is called counts.
        let ending = path.extension().unwrap_or_default();
        hasher.update(ending.as_encoded_bytes()).update(&(done - began).to_le_bytes());
    }
    Ok(hasher.update(said.as_bytes()).finalize().to_hex()[..32].to_owned())
}

/// Which source has which key.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Entry {
    stamp: Stamp,
    said: String,
    key: String,
}

/// What the cache remembers. A damaged index is an empty one: sources are hashed again then.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Index {
    entries: Vec<Entry>,
    /// When each key was used last, seconds since 1970.
    used: BTreeMap<String, u64>,
}

impl Index {
    fn read(folder: &Path) -> Self {
        let text = fs::read(folder.join(INDEX)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn write(&self, folder: &Path) -> Result<(), WriteError> {
        let path = folder.join(INDEX);
        let text = serde_json::to_vec(self).map_err(|error| WriteError::new(&path, error))?;
        write_aside(&path, |out| out.write_all(&text).map_err(|error| WriteError::new(&path, error)))
    }

    fn used(&mut self, entry: Entry) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.used.insert(entry.key.clone(), now);
        // A source that changed has a new stamp: the old one will not come again.
        self.entries.retain(|other| other.said != entry.said || !other.stamp.paths().eq(entry.stamp.paths()));
        self.entries.push(entry);
    }

    /// Removes what was not used for the longest time until the rest has at most so many bytes.
    fn trim(&mut self, folder: &Path, most: u64, keep: &str) {
        let mut keys: BTreeMap<String, (u64, Vec<PathBuf>)> = BTreeMap::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some((key, _)) = name.split_once('.').filter(|(key, _)| key.len() == 32) else { continue };
            let held = keys.entry(key.to_owned()).or_default();
            held.0 += entry.metadata().map_or(0, |facts| facts.len());
            held.1.push(entry.path());
        }
        let mut bytes: u64 = keys.values().map(|held| held.0).sum();
        let mut oldest: Vec<&String> = keys.keys().filter(|key| *key != keep).collect();
        oldest.sort_by_key(|key| self.used.get(*key));
        let mut gone = Vec::new();
        for key in oldest {
            if bytes <= most {
                break;
            }
            bytes -= keys[key].0;
            keys[key].1.iter().for_each(|path| drop(fs::remove_file(path)));
            gone.push(key.clone());
        }
        self.used.retain(|key, _| keys.contains_key(key) && !gone.contains(key));
        self.entries.retain(|entry| self.used.contains_key(&entry.key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":1},"geometry":{"type":"Point","coordinates":[117.2,39.12]}}]}"#;

    struct Place {
        folder: tempfile::TempDir,
    }

    impl Place {
        fn ask(&self, name: &str, layer: &ProjectLayer, most: u64) -> Result<PathBuf, ConvertError> {
            let cache = self.folder.path().join("cache");
            cached_in(&cache, most, layer, &self.folder.path().join(name), None, &Progress::default())
        }

        fn layers(&self) -> usize {
            let files = fs::read_dir(self.folder.path().join("cache")).into_iter().flatten().flatten();
            files.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "fgb")).count()
        }
    }

    fn place() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::write(place.folder.path().join("a.geojson"), TREE).unwrap();
        place
    }

    #[test]
    fn the_same_content_is_converted_once_and_what_the_user_says_counts() {
        let place = place();
        let plain = ProjectLayer::default();
        let first = place.ask("a.geojson", &plain, MOST).unwrap();
        let made = fs::metadata(&first).unwrap().modified().unwrap();
        assert_eq!(place.ask("a.geojson", &plain, MOST).unwrap(), first);
        // Another name and another time, the same bytes.
        fs::write(place.folder.path().join("b.geojson"), TREE).unwrap();
        assert_eq!(place.ask("b.geojson", &plain, MOST).unwrap(), first);
        assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), made);
        let shifted = ProjectLayer { offset: Some("gcj02".into()), ..ProjectLayer::default() };
        assert_ne!(place.ask("a.geojson", &shifted, MOST).unwrap(), first);
        assert_eq!(place.layers(), 2);
        // Other bytes under the old name.
        fs::write(place.folder.path().join("a.geojson"), TREE.replace("117.2", "117.25")).unwrap();
        assert_ne!(place.ask("a.geojson", &plain, MOST).unwrap(), first);
    }

    #[test]
    fn the_oldest_go_first_and_never_the_one_that_is_asked_for() {
        let place = place();
        let first = place.ask("a.geojson", &ProjectLayer::default(), 1).unwrap();
        assert!(first.is_file());
        fs::write(place.folder.path().join("b.geojson"), TREE.replace("39.12", "39.13")).unwrap();
        let second = place.ask("b.geojson", &ProjectLayer::default(), 1).unwrap();
        assert!(second.is_file() && !first.exists());
        // What is gone is made again.
        assert_eq!(place.ask("a.geojson", &ProjectLayer::default(), MOST).unwrap(), first);
        assert_eq!(place.layers(), 2);
    }

    #[test]
    fn a_conversion_that_is_stopped_leaves_nothing() {
        let place = place();
        let cache = place.folder.path().join("cache");
        let stopped = Progress::default();
        stopped.cancel();
        let source = place.folder.path().join("a.geojson");
        let asked = cached_in(&cache, MOST, &ProjectLayer::default(), &source, None, &stopped);
        assert!(matches!(asked, Err(ConvertError::Cancelled)));
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_index_is_forgotten() {
        let place = place();
        let first = place.ask("a.geojson", &ProjectLayer::default(), MOST).unwrap();
        fs::write(place.folder.path().join("cache").join(INDEX), "{\"entries\": 3").unwrap();
        assert_eq!(place.ask("a.geojson", &ProjectLayer::default(), MOST).unwrap(), first);
    }
}
