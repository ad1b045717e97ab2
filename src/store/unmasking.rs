//! The log of who had personal data shown as it is: one line each time, in the user's own data folder. A record for
//! the user's own house: whoever may write to the folder may change it.

use std::fs::{OpenOptions, create_dir_all};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::StoreError;
use crate::model::project::Project;

/// The file in the data folder.
pub const FILE: &str = "cimbase/unmasking.log";

/// Adds a line to the log in the user's data folder; the folder and the file are made when needed.
///
/// # Errors
/// When there is no data folder, or the line cannot be written there.
pub fn record(project: &Project, layer: &str, fields: &[&str]) -> Result<(), StoreError> {
    let data = dirs::data_dir()
        .ok_or_else(|| StoreError::Folder("this system names no data folder: set XDG_DATA_HOME".to_owned()))?;
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    append(&data.join(FILE), &line(&[&time, &user(), &place(project), layer, &fields.join(", ")]))
}

/// Values with a tab between them; line ends and tabs within them become spaces, so that a value cannot look like
/// another line.
fn line(values: &[&str; 5]) -> String {
    let plain = values.map(|value| value.replace(char::is_control, " "));
    plain.join("\t") + "\n"
}

fn append(path: &Path, line: &str) -> Result<(), StoreError> {
    let write = || {
        path.parent().map_or(Ok(()), create_dir_all)?;
        // One call: lines of two programs do not mix.
        OpenOptions::new().append(true).create(true).open(path)?.write_all(line.as_bytes())
    };
    write().map_err(|error: std::io::Error| StoreError::Folder(format!("{}: {error}", path.display())))
}

/// The project's folder, or its files.
fn place(project: &Project) -> String {
    let real = |path: PathBuf| path.canonicalize().unwrap_or(path).display().to_string();
    if !project.folder.as_os_str().is_empty() {
        return real(project.folder.clone());
    }
    project.layers.iter().map(|layer| real(project.path_of(layer))).collect::<Vec<_>>().join(", ")
}

/// The name of the user that the program runs as.
#[cfg(unix)]
fn user() -> String {
    let mut buffer = vec![0; 16 * 1024];
    // SAFETY: all zeros are a value of this plain C struct, which is written before it is read.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found = std::ptr::null_mut();
    // SAFETY: getuid cannot fail; the entry's texts lie in the buffer, whose length is given, and both outlive them.
    unsafe {
        let uid = libc::getuid();
        let failed = libc::getpwuid_r(uid, &raw mut entry, buffer.as_mut_ptr(), buffer.len(), &raw mut found);
        match failed == 0 && !found.is_null() && !entry.pw_name.is_null() {
            true => std::ffi::CStr::from_ptr(entry.pw_name).to_string_lossy().into_owned(),
            false => format!("uid {uid}"),
        }
    }
}

#[cfg(not(unix))]
fn user() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_a_value_never_looks_like_another_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        append(&path, &line(&["2026-11-23T08:00:00Z", "li", "/data/p", "units", "QLRMC, DH"])).unwrap();
        append(&path, &line(&["2026-11-23T09:00:00Z", "li", "/data/a\nb", "u\tnits", "电话"])).unwrap();
        let lines = "2026-11-23T08:00:00Z\tli\t/data/p\tunits\tQLRMC, DH\n\
                     2026-11-23T09:00:00Z\tli\t/data/a b\tu nits\t电话\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), lines);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cimbase"), "a file").unwrap();
        let error = append(&folder.path().join(FILE), "line\n").unwrap_err().to_string();
        assert!(error.contains("unmasking.log"), "{error}");
    }
}
