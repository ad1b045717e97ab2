//! Schemes in the file.

use std::sync::Arc;

use rusqlite::params;

use super::geopackage::{decode, definition_of, encode};
use super::{Store, StoreError};
use crate::formats::geopackage::srs_of;
use crate::model::height::UseClass;
use crate::place::Crs;
use crate::place::transform::Transform;
use crate::report::{Issue, Severity};
use crate::themes::planning::scheme::{Block, Book, Scheme};

impl Store {
    /// All schemes, and what of them could not be read: that is left in the file as it is.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read at all.
    pub fn schemes(&self) -> Result<(Book, Vec<Issue>), StoreError> {
        let transform = self.transform()?;
        let mut issues = Vec::new();
        let mut say = |scheme: &str, message: String| {
            let message = format!("scheme \"{scheme}\": {message}");
            issues.push(Issue { severity: Severity::Warning, layer: "schemes".to_owned(), feature: None, message });
        };
        let mut book = Book::default();
        let mut read = || -> rusqlite::Result<()> {
            let mut schemes = self.db.prepare("SELECT number, parcel, name, cleared FROM schemes ORDER BY number")?;
            let mut rows = schemes.query([])?;
            while let Some(row) = rows.next()? {
                let (number, parcel, name): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let cleared = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_else(|error| {
                    say(&name, format!("what it takes down cannot be read: {error}"));
                    Vec::new()
                });
                book.schemes.push(Arc::new(Scheme { number, parcel, name, blocks: Vec::new(), cleared }));
            }
            let mut buildings = self.db.prepare(
                "SELECT scheme, number, geom, storeys, storey_height_m, use FROM scheme_buildings ORDER BY scheme, number",
            )?;
            let mut rows = buildings.query([])?;
            while let Some(row) = rows.next()? {
                let (scheme, number): (i64, u32) = (row.get(0)?, row.get(1)?);
                let class: String = row.get(5)?;
                let outline = decode(row.get_ref(2)?.as_blob().unwrap_or_default()).map(|polygon| {
                    let mut points: Vec<[f64; 2]> = polygon.exterior().0.iter().map(|c| [c.x, c.y]).collect();
                    points.pop();
                    if let Some(transform) = &transform {
                        transform.apply(&mut points);
                    }
                    points
                });
                let block = outline.map(|outline| {
                    let class = UseClass::of_word(&class).or_else(|| UseClass::of(&class));
                    Some(Block {
                        number,
                        outline,
                        storeys: row.get(3).ok()?,
                        storey_height: row.get(4).ok()?,
                        class: class?,
                    })
                });
                let Some(holder) = book.schemes.iter_mut().find(|one| one.number == scheme) else { continue };
                match block.flatten().map(|block| block.check().map(|()| block)) {
                    Some(Ok(block)) => Arc::make_mut(holder).blocks.push(block),
                    Some(Err(reason)) => say(&holder.name, format!("building {number}: {reason}")),
                    None => say(&holder.name, format!("building {number} cannot be read")),
                }
            }
            Ok(())
        };
        read().map_err(|reason| self.fail(reason))?;
        Ok((book, issues))
    }

    /// Keeps what differs between two states, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is changed then.
    pub fn keep_schemes(&mut self, before: &Book, after: &Book) -> Result<(), StoreError> {
        let transform = self.transform_back()?;
        let srs = srs_of_table(&self.db).unwrap_or_else(|_| srs_of(&self.crs));
        let path = self.path.clone();
        let write = |db: &mut rusqlite::Connection| -> rusqlite::Result<()> {
            let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for gone in before.schemes.iter().filter(|old| after.scheme(old.number).is_none()) {
                tx.execute("DELETE FROM scheme_buildings WHERE scheme = ?1", [gone.number])?;
                tx.execute("DELETE FROM schemes WHERE number = ?1", [gone.number])?;
            }
            for scheme in &after.schemes {
                let old = before.scheme(scheme.number);
                if old.is_some_and(|old| Arc::ptr_eq(old, scheme) || old == scheme) {
                    continue;
                }
                let cleared = serde_json::to_string(&scheme.cleared)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                tx.execute(
                    "INSERT INTO schemes (number, parcel, name, cleared) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (number) DO UPDATE SET parcel = ?2, name = ?3, cleared = ?4,
                     changed = strftime('%Y-%m-%dT%H:%M:%fZ','now')",
                    params![scheme.number, scheme.parcel, scheme.name, cleared],
                )?;
                // Buildings that could not be read are not among those before: they stay.
                for block in old.iter().flat_map(|old| &old.blocks).filter(|old| scheme.block(old.number).is_none()) {
                    tx.execute(
                        "DELETE FROM scheme_buildings WHERE scheme = ?1 AND number = ?2",
                        params![scheme.number, block.number],
                    )?;
                }
                let renamed = old.is_none_or(|old| (&old.name, &old.parcel) != (&scheme.name, &scheme.parcel));
                let changed = |block: &&Block| renamed || old.and_then(|old| old.block(block.number)) != Some(*block);
                for block in scheme.blocks.iter().filter(changed) {
                    let mut kept = block.clone();
                    if let Some(transform) = &transform {
                        transform.apply(&mut kept.outline);
                    }
                    let geometry = encode(&kept.polygon(), srs)
                        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                    let footprint = block.footprint();
                    tx.execute(
                        "INSERT INTO scheme_buildings (geom, scheme, scheme_name, parcel, number, storeys,
                           storey_height_m, height_m, use, footprint_m2, floor_area_m2)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                         ON CONFLICT (scheme, number) DO UPDATE SET geom = ?1, scheme_name = ?3, parcel = ?4,
                           storeys = ?6, storey_height_m = ?7, height_m = ?8, use = ?9, footprint_m2 = ?10,
                           floor_area_m2 = ?11",
                        params![
                            geometry,
                            scheme.number,
                            scheme.name,
                            scheme.parcel,
                            block.number,
                            block.storeys,
                            block.storey_height,
                            block.height(),
                            block.class.word(),
                            footprint,
                            footprint * f64::from(block.storeys),
                        ],
                    )?;
                }
            }
            tx.commit()
        };
        write(&mut self.db).map_err(|reason| StoreError::Sqlite { path, reason })
    }

    /// From the file's CRS into the project's; `None` where they are the same.
    pub(super) fn transform(&self) -> Result<Option<Transform>, StoreError> {
        self.between(Transform::new)
    }

    pub(super) fn transform_back(&self) -> Result<Option<Transform>, StoreError> {
        self.between(|file, project| Transform::new(project, file))
    }

    fn between(
        &self,
        make: impl Fn(&Crs, &Crs) -> Result<Transform, crate::place::PlaceError>,
    ) -> Result<Option<Transform>, StoreError> {
        let fail = |reason: String| StoreError::Crs { path: self.path.clone(), reason };
        let definition = definition_of(&self.db, "scheme_buildings").map_err(|reason| self.fail(reason))?;
        let file = Crs::parse(&definition).map_err(|error| fail(error.to_string()))?;
        if file == self.crs || file.code().is_some() && file.code() == self.crs.code() {
            return Ok(None);
        }
        make(&file, &self.crs).map(Some).map_err(|error| fail(error.to_string()))
    }
}

pub(super) fn srs_of_table(db: &rusqlite::Connection) -> rusqlite::Result<i32> {
    db.query_row("SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'scheme_buildings'", [], |row| row.get(0))
}
