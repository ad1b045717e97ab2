//! What users add to a city, kept apart from the data: a GeoPackage of the project's own.
//!
//! Schemes ([`schemes`]), and cases with their histories ([`cases`]). The file is made with the first thing that is kept. Every change is one transaction of SQLite with a write-ahead log:
//! what was acknowledged is there after a crash, and nothing is there by half. QGIS and GDAL open the file.

pub mod cases;
mod geopackage;
pub mod place;
mod schemes;
pub mod unmasking;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::place::Crs;

/// The format of our tables; files of a later one are not touched.
const VERSION: i64 = 2;
/// As long is waited for another program that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why what was added cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's words.
    #[error("{path}: {reason}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: rusqlite::Error,
    },
    /// The file is something else.
    #[error("{0} is a database, but not one of Cimbase; move it away or rename it")]
    Foreign(PathBuf),
    /// The file was written by a later version.
    #[error("{0} was written by a later version of Cimbase; update the program to use it")]
    Later(PathBuf),
    /// No folder to keep it in.
    #[error("{0}")]
    Folder(String),
    /// The coordinates in it cannot be brought into the project CRS.
    #[error("{path}: {reason}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The file in which a project's additions are kept, open.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    db: Connection,
    crs: Crs,
}

impl Store {
    /// Opens the file, or makes it. Coordinates go in and out in `crs`.
    ///
    /// # Errors
    /// [`StoreError`]; the file is as it was then.
    pub fn open(path: &Path, crs: &Crs) -> Result<Self, StoreError> {
        let fail = |reason| StoreError::Sqlite { path: path.to_owned(), reason };
        let mut db = Connection::open(path).map_err(fail)?;
        db.busy_timeout(PATIENCE).map_err(fail)?;
        let of_ours = |db: &Connection| -> rusqlite::Result<Option<i64>> {
            let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
            if tables == 0 {
                return Ok(Some(0));
            }
            let ours = "SELECT count(*) FROM sqlite_master WHERE name = 'cimbase'";
            match db.query_row(ours, [], |row| row.get::<_, i64>(0))? {
                0 => Ok(None),
                _ => db.query_row("SELECT max(version) FROM cimbase", [], |row| row.get(0)),
            }
        };
        match of_ours(&db).map_err(fail)? {
            None => return Err(StoreError::Foreign(path.to_owned())),
            Some(version) if version > VERSION => return Err(StoreError::Later(path.to_owned())),
            Some(VERSION) => {}
            Some(version) => {
                let made = if version == 0 { geopackage::make(&mut db, crs) } else { geopackage::add_cases(&mut db) };
                // Two may come at once: what the other has made is as good.
                if let Err(reason) = made
                    && !matches!(of_ours(&db), Ok(Some(VERSION)))
                {
                    return Err(fail(reason));
                }
            }
        }
        // Acknowledged is what is on the disk; readers are not kept waiting.
        db.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
        db.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
        Ok(Self { path: path.to_owned(), db, crs: crs.clone() })
    }

    /// Opens the file if there is one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_existing(path: &Path, crs: &Crs) -> Result<Option<Self>, StoreError> {
        if path.is_file() { Self::open(path, crs).map(Some) } else { Ok(None) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fail(&self, reason: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.clone(), reason }
    }
}

#[cfg(test)]
mod tests;
