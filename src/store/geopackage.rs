//! Our own tables in a GeoPackage, and its geometries.

use geo::{BoundingRect, Geometry, Polygon};
use geozero::wkb::GpkgWkb;
use geozero::{CoordDimensions, ToGeo, ToWkb};
use rusqlite::{Connection, params};

use super::VERSION;
use crate::formats::geopackage::{self, APPLICATION, CORE, GEOPACKAGE, OWN_SRS, srs_of};
use crate::place::Crs;

const TABLES: &str = "
CREATE TABLE cimbase (version INTEGER NOT NULL, made TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
CREATE TABLE schemes (
  number INTEGER PRIMARY KEY, parcel TEXT NOT NULL, name TEXT NOT NULL, cleared TEXT NOT NULL DEFAULT '[]',
  changed TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
CREATE TABLE scheme_buildings (
  fid INTEGER PRIMARY KEY AUTOINCREMENT, geom BLOB NOT NULL,
  scheme INTEGER NOT NULL REFERENCES schemes(number) ON DELETE CASCADE, scheme_name TEXT NOT NULL,
  parcel TEXT NOT NULL, number INTEGER NOT NULL, storeys INTEGER NOT NULL, storey_height_m REAL NOT NULL,
  height_m REAL NOT NULL, use TEXT NOT NULL, footprint_m2 REAL NOT NULL, floor_area_m2 REAL NOT NULL,
  UNIQUE (scheme, number));
";

/// Of the second version. A history only grows: what was done is neither changed nor taken away.
const CASES: &str = "
CREATE TABLE cases (
  fid INTEGER PRIMARY KEY AUTOINCREMENT, geom BLOB, number TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
  state_zh TEXT NOT NULL, category TEXT NOT NULL, channel TEXT, text TEXT, address TEXT, reported DATETIME NOT NULL,
  due DATETIME, ended DATETIME, changed DATETIME NOT NULL, unit TEXT, accuracy_m DOUBLE, grid TEXT, division TEXT,
  building TEXT, parcel TEXT, street TEXT, within TEXT, source TEXT NOT NULL, source_id TEXT NOT NULL,
  steps INTEGER NOT NULL);
CREATE UNIQUE INDEX cases_source ON cases (source, source_id) WHERE source_id <> '';
CREATE TABLE case_steps (
  fid INTEGER PRIMARY KEY AUTOINCREMENT, case_fid INTEGER NOT NULL REFERENCES cases(fid), number INTEGER NOT NULL,
  at DATETIME NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, verb TEXT NOT NULL, note TEXT, step TEXT NOT NULL,
  UNIQUE (case_fid, number));
CREATE TRIGGER case_steps_are_not_changed BEFORE UPDATE ON case_steps
  BEGIN SELECT RAISE(ABORT, 'a history is not changed'); END;
CREATE TRIGGER case_steps_are_not_taken_away BEFORE DELETE ON case_steps
  BEGIN SELECT RAISE(ABORT, 'a history is not changed'); END;
CREATE TABLE case_numbers (day TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE feeds (
  feed TEXT PRIMARY KEY, position TEXT NOT NULL,
  changed DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
CREATE TABLE feed_garbage (
  fid INTEGER PRIMARY KEY AUTOINCREMENT, feed TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, raw TEXT NOT NULL,
  at DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES
  ('case_steps', 'attributes', 'case_steps'), ('feeds', 'attributes', 'feeds'),
  ('feed_garbage', 'attributes', 'feed_garbage');
INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)
  SELECT 'cases', 'features', 'cases', srs_id FROM gpkg_geometry_columns WHERE table_name = 'scheme_buildings';
INSERT INTO gpkg_geometry_columns
  SELECT 'cases', 'geom', 'POINT', srs_id, 0, 0 FROM gpkg_geometry_columns WHERE table_name = 'scheme_buildings';
";

/// Adds the tables of the second version to a file of the first.
pub(super) fn add_cases(db: &mut Connection) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    tx.execute_batch(CASES)?;
    tx.execute("INSERT INTO cimbase (version) VALUES (?1)", [VERSION])?;
    tx.commit()
}

/// Makes the tables in an empty file.
pub(super) fn make(db: &mut Connection, crs: &Crs) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", GEOPACKAGE)?;
    tx.execute_batch(CORE)?;
    tx.execute_batch(TABLES)?;
    tx.execute("INSERT INTO cimbase (version) VALUES (?1)", [VERSION])?;
    let srs = srs_of(crs);
    let (organization, code) = if srs == OWN_SRS { ("NONE", OWN_SRS) } else { ("EPSG", srs) };
    tx.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        // Described to the letter, so that the project CRS is found to be the same and nothing moves.
        params![crs.name(), srs, organization, code, geopackage::definition_of(crs), crs.definition()],
    )?;
    tx.execute_batch(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('schemes', 'attributes', 'schemes')",
    )?;
    tx.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)
         VALUES ('scheme_buildings', 'features', 'scheme_buildings', ?1)",
        [srs],
    )?;
    tx.execute("INSERT INTO gpkg_geometry_columns VALUES ('scheme_buildings', 'geom', 'POLYGON', ?1, 0, 0)", [srs])?;
    tx.execute_batch(CASES)?;
    tx.commit()
}

/// What the coordinates of a table are in, as PROJ reads it.
pub(super) fn definition_of(db: &Connection, table: &str) -> rusqlite::Result<String> {
    let question = "SELECT s.organization, s.organization_coordsys_id, coalesce(s.description, s.definition)
                    FROM gpkg_geometry_columns g
                    JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE g.table_name = ?1";
    db.query_row(question, [table], |row| {
        let (organization, code): (String, i64) = (row.get(0)?, row.get(1)?);
        if organization.eq_ignore_ascii_case("EPSG") { Ok(format!("EPSG:{code}")) } else { row.get(2) }
    })
}

/// A polygon as a geometry of a GeoPackage.
pub(super) fn encode(polygon: &Polygon, srs: i32) -> Result<Vec<u8>, geozero::error::GeozeroError> {
    let envelope = polygon.bounding_rect().map(|b| vec![b.min().x, b.max().x, b.min().y, b.max().y]);
    Geometry::from(polygon.clone()).to_gpkg_wkb(CoordDimensions::xy(), Some(srs), envelope.unwrap_or_default())
}

/// A point as a geometry of a GeoPackage.
pub(super) fn encode_point([x, y]: [f64; 2], srs: i32) -> Result<Vec<u8>, geozero::error::GeozeroError> {
    Geometry::from(geo::Point::new(x, y)).to_gpkg_wkb(CoordDimensions::xy(), Some(srs), Vec::new())
}

/// The polygon of a geometry; `None` when it is none.
pub(super) fn decode(bytes: &[u8]) -> Option<Polygon> {
    match GpkgWkb(bytes).to_geo().ok()? {
        Geometry::Polygon(polygon) => Some(polygon),
        Geometry::MultiPolygon(many) => <[Polygon; 1]>::try_from(many.0).ok().map(|[one]| one),
        _ => None,
    }
}
