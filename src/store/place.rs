//! Where a project's additions are kept: beside it, or in the user's data folder where that is not ours to write.

use std::path::{Path, PathBuf};

use super::StoreError;
use crate::model::project::Project;

/// The file beside `project.toml`.
pub const FILE: &str = "work.gpkg";

/// The file in which the additions of a project are kept: there or not yet.
///
/// Beside the project; of plain files, and of projects in folders that cannot be written, in the user's data folder,
/// under a name made of their paths.
///
/// # Errors
/// When there is no data folder, or it cannot be made.
pub fn file_of(project: &Project) -> Result<PathBuf, StoreError> {
    let folder = &project.folder;
    if !folder.as_os_str().is_empty() && (folder.join(FILE).is_file() || is_ours(folder)) {
        return Ok(folder.join(FILE));
    }
    let data = dirs::data_dir()
        .ok_or_else(|| StoreError::Folder("this system names no data folder: set XDG_DATA_HOME".to_owned()))?;
    in_folder(&data.join("cimbase").join("work"), project)
}

fn in_folder(folder: &Path, project: &Project) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(folder).map_err(|error| StoreError::Folder(format!("{}: {error}", folder.display())))?;
    let mut hasher = blake3::Hasher::new();
    let mut say = |path: PathBuf| {
        // A path that is not there any more stands for itself.
        let real = path.canonicalize().unwrap_or(path);
        hasher.update(real.to_string_lossy().as_bytes());
        hasher.update(b"\n");
    };
    if project.folder.as_os_str().is_empty() {
        // The first file is the project; others may be added to it.
        project.layers.first().into_iter().for_each(|layer| say(project.path_of(layer)));
    } else {
        say(project.folder.clone());
    }
    let name: String = hasher.finalize().to_hex().chars().take(20).collect();
    Ok(folder.join(format!("{name}.gpkg")))
}

/// Whether a file can be made in a folder: only trying tells on all systems.
fn is_ours(folder: &Path) -> bool {
    tempfile::Builder::new().prefix(".cimbase-").tempfile_in(folder).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_file_beside_it_and_plain_files_have_one_each() {
        let root = tempfile::tempdir().unwrap();
        let project = Project { folder: root.path().to_owned(), ..Project::default() };
        assert_eq!(file_of(&project).unwrap(), root.path().join("work.gpkg"));
        let of = |names: &[&str]| {
            let files: Vec<PathBuf> = names.iter().map(|name| root.path().join(name)).collect();
            in_folder(&root.path().join("data"), &Project::of_files(&files)).unwrap()
        };
        assert_ne!(of(&["a.geojson"]), of(&["b.geojson"]));
        // A layer that is added later does not lose what was kept.
        assert_eq!(of(&["a.geojson"]), of(&["a.geojson", "b.geojson"]));
    }
}
