//! Writing the demo: one FlatGeobuf a layer, the terrain, `project.toml`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::city::Plan;
use super::{CRS, DemoOptions, GROUPS, project, tables_of, terrain};
use crate::formats::aside::write_aside;
use crate::formats::{WriteError, flatgeobuf};
use crate::place::Crs;
use crate::place::transform::PlaceError;
use crate::report::{Cancelled, Progress};

/// A demo that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder holds somebody's project.
    #[error("{} is a project that the demo did not make; choose another folder", .0.display())]
    Occupied(PathBuf),
    /// The folder or a file of it cannot be written.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// PROJ does not know the demo's CRS.
    #[error(transparent)]
    Crs(#[from] PlaceError),
    /// Somebody stopped it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Makes the demo city in a folder, layer by layer, so that memory holds one layer at a time. A
/// demo that is there already is replaced; `project.toml` comes last.
///
/// # Errors
/// [`DemoError`] naming the file; a folder with another project is left alone.
pub fn write(options: &DemoOptions, out: &Path, progress: &Progress) -> Result<(), DemoError> {
    let project_file = out.join("project.toml");
    if fs::read(&project_file).is_ok_and(|text| !text.starts_with(project::MARK.as_bytes())) {
        return Err(DemoError::Occupied(project_file));
    }
    let crs = Crs::parse(CRS)?;
    fs::create_dir_all(out).map_err(|e| WriteError::new(out, e))?;
    let plan = Plan::grow(options, progress)?;
    let mut breaches = Vec::new();
    for group in GROUPS {
        for (layer, table) in tables_of(&plan, group, &mut breaches, progress)? {
            flatgeobuf::write(&out.join(format!("{}.fgb", layer.id())), layer.id(), &table, &crs, progress)?;
        }
    }
    let ground = terrain::make(&plan, progress)?;
    text(&out.join("terrain.asc"), &terrain::ascii(&ground))?;
    text(&out.join("terrain.prj"), terrain::PRJ)?;
    text(&project_file, &project::text(options, &breaches))
}

fn text(path: &Path, text: &str) -> Result<(), DemoError> {
    write_aside(path, |out| out.write_all(text.as_bytes()).map_err(|e| WriteError::new(path, e)))?;
    Ok(())
}
