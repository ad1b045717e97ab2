//! Opening a package, and proving that it is what was packed.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;

use super::bytes::{sha256, step};
use super::manifest::{FORMAT, Filed, Manifest, VERSION};
use super::{MANIFEST, PROJECT};
use crate::model::project::Project;
use crate::report::Progress;

/// No manifest is larger.
const LARGEST_MANIFEST: u64 = 64 << 20;
/// No package holds more files.
const MOST_FILES: usize = 10_000;
/// What any package may hold unpacked, bytes.
const SMALL: u64 = 1 << 30;
/// What a larger one may hold for each of its own bytes: tables shrink to a twentieth, bombs to a thousandth.
const MOST_TIMES: u64 = 200;
/// The file that says that a folder was unpacked as a whole: the size and time of each of its files.
const WHOLE: &str = ".whole";

/// A package that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {}: {reason}", path.display())]
pub struct PackageError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub reason: String,
}

/// What was found in a package.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Verdict {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the manifest, hexadecimal: what to compare with what the sender says.
    pub manifest_sha256: String,
    /// What is wrong, a sentence for each file.
    pub wrong: Vec<String>,
}

/// Whether a path is called as a package is.
pub fn is_package(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.ends_with(".cimpack") || name.ends_with(".cimpack.age")
}

/// A package with its manifest.
struct Opened {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    manifest: Manifest,
    sha256: String,
}

impl Opened {
    fn open(path: &Path) -> Result<Self, PackageError> {
        let fail = |reason: String| PackageError { path: path.to_owned(), reason };
        let mut file = File::open(path).map_err(|e| fail(e.to_string()))?;
        let mut head = [0; 4];
        let begins = file.read(&mut head).and_then(|read| io::Seek::rewind(&mut file).map(|()| read));
        begins.map_err(|e| fail(e.to_string()))?;
        let bytes = file.metadata().map_or(0, |facts| facts.len());
        if &head == b"age-" {
            let hint =
                "it is encrypted; decrypt it first: cimbase verify FILE --identity KEYFILE --decrypt OUT.cimpack";
            return Err(fail(hint.to_owned()));
        }
        let mut zip = ZipArchive::new(BufReader::new(file))
            .map_err(|e| fail(format!("it is no package, or cut off ({e}); get it again")))?;
        if zip.len() > MOST_FILES {
            return Err(fail(format!("it holds {} files; that is no package", zip.len())));
        }
        let mut text = Vec::new();
        let read = zip.by_name(MANIFEST).map_err(io::Error::from).and_then(|member| {
            // Sizes in a zip may lie.
            member.take(LARGEST_MANIFEST).read_to_end(&mut text)
        });
        read.map_err(|e| fail(format!("its manifest cannot be read ({e}): it is no package of Cimbase")))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| fail(format!("its manifest is not what a package has ({e})")))?;
        if manifest.format != FORMAT {
            return Err(fail(format!("its manifest is of the format {}, not {FORMAT}", manifest.format)));
        }
        if manifest.version > VERSION {
            let found = manifest.version;
            return Err(fail(format!("it is of version {found}, and this program knows {VERSION}: get a newer one")));
        }
        if let Some(reason) = too_much(&manifest.files, bytes) {
            return Err(fail(reason));
        }
        // Members that share their bytes hold more than the file's size lets one think.
        if zip.has_overlapping_files().map_err(|e| fail(format!("it is damaged ({e}); get it again")))? {
            return Err(fail("files in it share their bytes; it is no package of Cimbase".to_owned()));
        }
        let (sha256, _) = sha256(&text[..], |_| Ok(())).map_err(|e| fail(e.to_string()))?;
        Ok(Self { path: path.to_owned(), zip, manifest, sha256 })
    }

    /// Reads a file to its end, no farther than the manifest says, and compares.
    fn check(&mut self, filed: &Filed, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Option<String>> {
        let path = &filed.path;
        let member = match self.zip.by_name(path) {
            Ok(member) => member,
            Err(zip::result::ZipError::FileNotFound) => return Ok(Some(format!("{path} is missing"))),
            Err(error) => return Ok(Some(format!("{path} cannot be read: {error}"))),
        };
        let mut failed = None;
        let hashed = sha256(member.take(filed.bytes.saturating_add(1)), |piece| {
            each(piece).map_err(|error| {
                let kind = error.kind();
                failed = Some(error);
                io::Error::from(kind)
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        Ok(match hashed {
            Err(error) => Some(format!("{path} is damaged: {error}")),
            Ok((_, bytes)) if bytes != filed.bytes => {
                Some(format!("{path} has another size than the {} bytes that were packed", filed.bytes))
            }
            Ok((hash, _)) if hash != filed.sha256 => {
                Some(format!("{path} was changed: its SHA-256 is {hash}, and {} was packed", filed.sha256))
            }
            Ok(_) => None,
        })
    }
}

/// Why the files of a manifest are not what a package of so many bytes holds.
fn too_much(files: &[Filed], bytes: u64) -> Option<String> {
    if files.len() > MOST_FILES {
        return Some(format!("its manifest names {} files; that is no package", files.len()));
    }
    // Some disks know no difference between large and small letters.
    let mut known = HashSet::new();
    if let Some(twice) = files.iter().find(|file| !known.insert(file.path.to_lowercase())) {
        return Some(format!("its manifest names {} twice; it is no package of Cimbase", twice.path));
    }
    let total = files.iter().try_fold(0_u64, |total, file| total.checked_add(file.bytes));
    let most = SMALL.max(bytes.saturating_mul(MOST_TIMES));
    match total {
        Some(total) if total <= most => None,
        _ => Some(format!(
            "unpacked it would be more than {MOST_TIMES} times its {bytes} bytes; it is no package of Cimbase"
        )),
    }
}

/// The size and time of each file of a package in a folder, a line each; `None` where one is missing.
fn stamp(folder: &Path, files: &[Filed]) -> Option<String> {
    let line = |filed: &Filed| -> Option<String> {
        let facts = std::fs::metadata(place(folder, &filed.path)?).ok()?;
        // Where a disk keeps no times, sizes have to do.
        let since = facts.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        Some(format!("{} {} {}\n", facts.len(), since.map_or(0, |since| since.as_nanos()), filed.path))
    };
    files.iter().map(line).collect()
}

/// Where a file of a package goes in a folder; `None` for a path that leads out of it.
fn place(folder: &Path, path: &str) -> Option<PathBuf> {
    let inside = Path::new(path);
    let plain = !path.contains(['\\', ':']) && inside.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && !path.is_empty()).then(|| folder.join(inside))
}

/// Checks every file of a package against its manifest.
///
/// # Errors
/// [`PackageError`] when it is no package at all.
pub fn verify(path: &Path, progress: &Progress) -> Result<Verdict, PackageError> {
    let mut opened = Opened::open(path)?;
    let files = opened.manifest.files.clone();
    let mut wrong = Vec::new();
    progress.stage("verifying", files.iter().map(|file| file.bytes).sum());
    let mut done = 0;
    for filed in &files {
        let checked = opened.check(filed, |piece| {
            done += piece.len() as u64;
            step(progress, done)
        });
        match checked {
            Ok(found) => wrong.extend(found),
            Err(error) => return Err(PackageError { path: path.to_owned(), reason: error.to_string() }),
        }
    }
    let known: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for at in 0..opened.zip.len() {
        let member = opened.zip.by_index_raw(at);
        // A name that is no text names nothing that was packed.
        let name = member.as_ref().ok().and_then(|member| member.name().ok()).unwrap_or_default();
        if name != MANIFEST && !known.contains(&*name) {
            wrong.push(format!("{name} is not in the manifest"));
        }
    }
    if !known.contains(PROJECT) {
        wrong.push(format!("{PROJECT} is missing"));
    }
    Ok(Verdict { manifest: opened.manifest, manifest_sha256: opened.sha256, wrong })
}

/// Unpacks a package under a folder, once, checking every file; returns its project file.
///
/// # Errors
/// [`PackageError`]; nothing of it is opened then.
pub fn unpack(path: &Path, under: &Path, progress: &Progress) -> Result<PathBuf, PackageError> {
    let mut opened = Opened::open(path)?;
    let files = opened.manifest.files.clone();
    let name = &opened.sha256[..16];
    let same = |folder: &Path| {
        std::fs::read_to_string(folder.join(WHOLE)).is_ok_and(|whole| stamp(folder, &files).as_ref() == Some(&whole))
    };
    // A folder that is not what was packed holds what somebody made of it: it stays, and another one is made.
    let mut number = 1;
    let folder = loop {
        let folder = under.join(if number == 1 { name.to_owned() } else { format!("{name}-{number}") });
        if !folder.exists() {
            break folder;
        }
        if same(&folder) {
            return Ok(folder.join(PROJECT));
        }
        number += 1;
    };
    let source = opened.path.clone();
    let fail = |reason: String| PackageError { path: source.clone(), reason };
    std::fs::create_dir_all(under).map_err(|e| fail(format!("{} cannot be made: {e}", under.display())))?;
    let aside = tempfile::tempdir_in(under).map_err(|e| fail(e.to_string()))?;
    progress.stage("unpacking", files.iter().map(|file| file.bytes).sum());
    let mut done = 0;
    for filed in &files {
        let outside = || fail(format!("its file {} would lie outside; it is no package of Cimbase", filed.path));
        let to = place(aside.path(), &filed.path).ok_or_else(outside)?;
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(|e| fail(e.to_string()))?;
        }
        let mut out = File::create(&to).map_err(|e| fail(e.to_string()))?;
        let checked = opened.check(filed, |piece| {
            done += piece.len() as u64;
            step(progress, done)?;
            out.write_all(piece)
        });
        match checked {
            Ok(None) => {}
            Ok(Some(wrong)) => return Err(fail(format!("{wrong}; get it again from who made it"))),
            Err(error) => return Err(fail(format!("it cannot be unpacked into {}: {error}", under.display()))),
        }
    }
    if !files.iter().any(|file| file.path == PROJECT) {
        return Err(fail(format!("{PROJECT} is missing in it")));
    }
    let whole = stamp(aside.path(), &files).ok_or_else(|| fail("what was unpacked is gone again".to_owned()))?;
    std::fs::write(aside.path().join(WHOLE), whole).map_err(|e| fail(e.to_string()))?;
    std::fs::rename(aside.keep(), &folder).map_err(|e| fail(e.to_string()))?;
    Ok(folder.join(PROJECT))
}
/// The project in a package, which is unpacked into the user's data folder once.
///
/// # Errors
/// Why it cannot be opened, for people.
pub fn open_package(package: &Path, progress: &Progress) -> Result<Project, String> {
    let folder = dirs::data_dir().ok_or("this system names no data folder to unpack into: set XDG_DATA_HOME")?;
    let folder = folder.join("cimbase").join("packages");
    let file = unpack(package, &folder, progress).map_err(|error| error.to_string())?;
    Project::read(&file).map_err(|error| error.to_string())
}
