//! Where answers are written that become layers.

use std::path::PathBuf;

/// A new file in the user's data folder, named after what it answers and when: the project's own folder is not ours to
/// write to.
///
/// # Errors
/// When there is no such folder and none can be made.
pub fn new_file(stem: &str) -> Result<PathBuf, String> {
    let data = dirs::data_dir().ok_or("this system names no data folder: set XDG_DATA_HOME")?;
    let folder = data.join("cimbase").join("answers");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder.join(format!("{stem}-{}.fgb", jiff::Zoned::now().strftime("%Y%m%d-%H%M%S"))))
}

/// When an answer is written, ISO 8601: it carries its date.
pub fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
