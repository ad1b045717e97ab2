//! Files: those that grow are read on from where they were left, the others again when they change.

mod grow;
mod split;
mod whole;

use std::path::Path;

use super::feed::{End, Work};

/// Seconds between two looks at a file.
const INTERVAL_S: f64 = 2.0;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Lines of cells.
    Cells,
    /// A JSON object to a line.
    Objects,
    /// As a whole.
    Whole,
}

/// By the ending; a text that no ending tells is a table.
fn way(path: &Path) -> Way {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "csv" | "tsv" | "txt" | "tab" | "log" => Way::Cells,
        "ndjson" | "jsonl" | "geojsonl" | "geojsons" | "ldjson" => Way::Objects,
        _ => Way::Whole,
    }
}

/// Reads a file until it is told to stop.
pub(super) fn run(work: &mut Work<'_>, position: Option<String>) -> Result<(), End> {
    let path = Path::new(&work.config.address).to_owned();
    if path.is_dir() {
        return Err(End::Refused(format!("{} is a folder: name the file in it", path.display())));
    }
    match way(&path) {
        Way::Whole => whole::run(work, &path, position),
        way => grow::run(work, &path, way == Way::Cells, position),
    }
}

/// A failure to read, with what to do where a person can do something.
fn failed(path: &Path, error: &std::io::Error) -> End {
    let shown = path.display();
    match error.kind() {
        // It may come: a device that has reported nothing yet has written nothing yet.
        std::io::ErrorKind::NotFound => End::Later(format!("{shown}: there is no such file yet")),
        std::io::ErrorKind::PermissionDenied => {
            End::Refused(format!("{shown}: it may not be read; ask for the right to read it"))
        }
        _ => End::Later(format!("{shown}: {error}")),
    }
}
