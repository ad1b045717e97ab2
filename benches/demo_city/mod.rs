//! The demo city of 100,000 buildings, for benchmarks.

use std::path::PathBuf;
use std::sync::LazyLock;

use cimbase::demo::{self, DemoOptions};
use cimbase::report::Progress;

/// Buildings of the demo city.
pub const BUILDINGS: u64 = 100_000;

/// The folder of the demo city, made anew by the first that asks.
pub fn folder() -> &'static PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("demo-100k");
        let options = DemoOptions { buildings: BUILDINGS, ..DemoOptions::default() };
        demo::write(&options, &folder, &Progress::default()).expect("the target folder can be written");
        folder
    });
    &FOLDER
}
