//! Where tests find real data.

use std::path::{Path, PathBuf};

/// A file of the shared real data, or `None` (with a printed reason) where it is absent.
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CIMBASE_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: no {} (set CIMBASE_TEST_DATA to the folder of real data)", file.display());
    None
}
