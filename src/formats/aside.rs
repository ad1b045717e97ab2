//! Writing aside: a file appears under its name only when it is complete.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::WriteError;

/// Writes a file beside its place and renames it when `fill` has succeeded; otherwise nothing is
/// left behind and an older file of that name stays as it was.
///
/// # Errors
/// [`WriteError`] from `fill`, or when the folder cannot be written.
pub fn write_aside(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let fail = |error: std::io::Error| WriteError::new(path, error);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cimbase-").suffix(".part");
    #[cfg(unix)]
    {
        // As any new file: the process's umask decides, not the private mode of temporary files.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut aside = builder.tempfile_in(folder).map_err(fail)?;
    let mut out = BufWriter::with_capacity(1 << 20, aside.as_file_mut());
    fill(&mut out)?;
    out.flush().map_err(fail)?;
    drop(out);
    aside.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}
