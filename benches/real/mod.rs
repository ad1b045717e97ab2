//! What is measured: real files, and the demo city of 100,000 buildings.

use std::path::PathBuf;
use std::sync::LazyLock;

use cimbase::demo::{self, DemoOptions};
use cimbase::report::Progress;

/// Buildings of the demo city.
pub const BUILDINGS: u64 = 100_000;

/// A file of real data; `None`, with a printed reason, where it is absent.
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CIMBASE_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let file = folder.join(name);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: no {} (set CIMBASE_TEST_DATA to the folder of real data)", file.display());
    None
}

/// The folder of the demo city, made anew by the first that asks.
pub fn demo() -> &'static PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("demo-100k");
        let options = DemoOptions { buildings: BUILDINGS, ..DemoOptions::default() };
        demo::write(&options, &folder, &Progress::default()).expect("the target folder can be written");
        folder
    });
    &FOLDER
}
