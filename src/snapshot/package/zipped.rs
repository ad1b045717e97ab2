//! A folder as one file.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::bytes::{failed, sha256, step};
use super::manifest::{Filed, Manifest};
use super::seal::Recipients;
use super::{MANIFEST, PICTURE, PROJECT};
use crate::formats::WriteError;
use crate::formats::aside::{Aside, folder_of};
use crate::report::Progress;

/// Packs a folder and gives the file its name.
pub(super) fn zipped(
    folder: &Path,
    mut manifest: Manifest,
    recipients: Option<&Recipients>,
    mut aside: Aside,
    out: &Path,
    progress: &Progress,
) -> Result<(), WriteError> {
    let fail = |error: io::Error| failed(out, &error);
    let names = names(folder).map_err(fail)?;
    let total: u64 = names.iter().filter_map(|name| Some(std::fs::metadata(folder.join(name)).ok()?.len())).sum();
    progress.stage("packing", total);
    // A zip needs to go back in its file, an encrypted one cannot.
    let file = match recipients {
        None => aside.file().try_clone(),
        Some(_) => tempfile::tempfile_in(folder_of(out)),
    };
    let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, file.map_err(fail)?));
    let options = SimpleFileOptions::default().large_file(true);
    let mut done = 0_u64;
    for path in names {
        zip.start_file(&path, options).map_err(|error| fail(error.into()))?;
        let from = File::open(folder.join(&path)).map_err(fail)?;
        let copied = sha256(from, |piece| {
            done += piece.len() as u64;
            step(progress, done)?;
            zip.write_all(piece)
        });
        let (sha256, bytes) = copied.map_err(fail)?;
        manifest.files.push(Filed { path, sha256, bytes });
    }
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| fail(error.into()))?;
    zip.start_file(MANIFEST, options).map_err(|error| fail(error.into()))?;
    zip.write_all(&text).map_err(fail)?;
    let file = zip.finish().map_err(|error| fail(error.into()))?;
    let mut file = file.into_inner().map_err(|error| fail(error.into_error()))?;
    if let Some(recipients) = recipients {
        progress.stage("encrypting", file.metadata().map_or(0, |facts| facts.len()));
        file.rewind().map_err(fail)?;
        recipients.seal(&file, aside.file(), progress).map_err(fail)?;
    }
    aside.keep()
}

/// The paths of the files in it, in the order in which they are packed.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = vec![PROJECT.to_owned()];
    if folder.join(PICTURE).exists() {
        names.push(PICTURE.to_owned());
    }
    let mut data: Vec<String> = std::fs::read_dir(folder.join("data"))?
        .flatten()
        .map(|entry| format!("data/{}", entry.file_name().to_string_lossy()))
        .collect();
    data.sort();
    names.extend(data);
    Ok(names)
}
