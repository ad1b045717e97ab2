//! A FlatGeobuf of one layer that comes in runs.

use std::path::{Path, PathBuf};

use super::sorted::SortedWriter;
use crate::formats::WriteError;
use crate::formats::aside::Aside;
use crate::formats::writer::{Head, LayerWriter, Renamed};
use crate::model::FeatureTable;
use crate::model::height::Heights;
use crate::report::Progress;

/// A file that is being written. The format's header says the layer's name, so the writer begins with the layer.
pub struct GeobufFile {
    path: PathBuf,
    writer: Option<SortedWriter>,
}

impl GeobufFile {
    /// Of a path.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        // Said now and not after the first million rows.
        drop(Aside::create(path)?);
        Ok(Self { path: path.to_owned(), writer: None })
    }
}

impl LayerWriter for GeobufFile {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        let mut writer = SortedWriter::create(&self.path, head.name, head.crs)?;
        // Fields are known although there may be no row, or no value in any.
        writer.declare(fields)?;
        self.writer = Some(writer);
        Ok(Renamed::new())
    }

    fn push(&mut self, rows: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.push(rows))
    }

    fn finish(self: Box<Self>, progress: &Progress) -> Result<Vec<String>, WriteError> {
        if let Some(writer) = self.writer {
            writer.finish(progress)?;
        }
        Ok(Vec::new())
    }
}
