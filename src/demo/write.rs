//! Writing the demo: one FlatGeobuf a layer, the terrain, `project.toml`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::city::{Plan, Quarter};
use super::components::Serials;
use super::rows::Rows;
use super::{Breach, CRS, DemoLayer, DemoOptions, GROUPS, project, push_quarter, push_whole, tables_of, terrain};
use crate::formats::WriteError;
use crate::formats::aside::write_aside;
use crate::formats::flatgeobuf::{self, SortedWriter};
use crate::place::Crs;
use crate::place::transform::PlaceError;
use crate::report::{Cancelled, Progress};

/// From so many buildings on the city is written as a stream.
const STREAMED: u64 = 200_000;
/// Quarters in memory at once: about 5,000 buildings.
const QUARTERS: usize = 64;
/// Bytes that each layer holds before it spills.
const STREAM_BYTES: usize = 12 << 20;

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

/// Makes the demo city in a folder: a small one layer by layer, so that memory holds one layer at a time,
/// a great one quarter by quarter, so that memory does not grow with it. A demo that is there already is
/// replaced; `project.toml` comes last.
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
    if options.buildings > STREAMED {
        breaches = stream(&plan, out, &crs, progress)?;
    } else {
        for group in GROUPS {
            for (layer, table) in tables_of(&plan, group, &mut breaches, progress)? {
                flatgeobuf::write(&file(out, layer), layer.id(), &table, &crs, progress)?;
            }
        }
    }
    let ground = terrain::make(&plan, progress)?;
    text(&out.join("terrain.asc"), &terrain::ascii(&ground))?;
    text(&out.join("terrain.prj"), terrain::PRJ)?;
    text(&project_file, &project::text(options, &breaches))
}

fn file(out: &Path, layer: DemoLayer) -> PathBuf {
    out.join(format!("{}.fgb", layer.id()))
}

/// A layer that is written while the city is made.
struct Stream {
    layer: DemoLayer,
    rows: Rows,
    serials: Serials,
    breaches: Vec<Breach>,
    writer: SortedWriter,
}

impl Stream {
    fn add(&mut self, quarters: &[Quarter], seed: i64) -> Result<(), WriteError> {
        for quarter in quarters {
            push_quarter(self.layer, &mut self.rows, quarter, seed, &mut self.breaches, &mut self.serials);
        }
        self.writer.push(&std::mem::take(&mut self.rows).finish())
    }
}

/// Makes all layers in one run over the quarters; they are sorted on disk.
fn stream(plan: &Plan, out: &Path, crs: &Crs, progress: &Progress) -> Result<Vec<Breach>, DemoError> {
    progress.stage("city", plan.quarters.len() as u64);
    let mut streams = Vec::new();
    for layer in DemoLayer::ALL {
        let writer = SortedWriter::create(&file(out, layer), layer.id(), crs)?.with_memory(STREAM_BYTES);
        let mut rows = Rows::default();
        push_whole(layer, &mut rows, plan);
        streams.push(Stream { layer, rows, serials: Serials::default(), breaches: Vec::new(), writer });
    }
    plan.some(QUARTERS, progress, |quarters| {
        streams.par_iter_mut().try_for_each(|stream| Ok::<_, DemoError>(stream.add(quarters, plan.lattice.seed)?))
    })?;
    let mut breaches = Vec::new();
    for stream in streams {
        breaches.extend(stream.breaches);
        stream.writer.finish(progress)?;
    }
    Ok(breaches)
}

fn text(path: &Path, text: &str) -> Result<(), DemoError> {
    write_aside(path, |out| out.write_all(text.as_bytes()).map_err(|e| WriteError::new(path, e)))?;
    Ok(())
}
