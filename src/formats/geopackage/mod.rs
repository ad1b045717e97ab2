//! Writing GeoPackages (OGC 12-128r19, version 1.3): layers with a spatial index, written aside and renamed.
//!
//! Rows go in through one prepared statement in one transaction; the file is nobody's until it has its name, so there is
//! no journal. Reading is GDAL's.

mod index;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rusqlite::{Connection, ToSql, params, types::ToSqlOutput, types::ValueRef};

use self::index::Entry;
use super::aside::Aside;
use super::qml::{self, Drawn};
use super::writer::{Head, LayerWriter, Renamed};
use super::{WriteError, wkb};
use crate::model::height::Heights;
use crate::model::{FeatureTable, FieldType, GeometryColumn, GeometryKind, Value};
use crate::place::{Bounds, Crs};
use crate::report::Progress;

/// What `PRAGMA application_id` says of a GeoPackage: "GPKG".
pub const APPLICATION: i64 = 0x4750_4B47;
/// What `PRAGMA user_version` says: 1.3.0.
pub const GEOPACKAGE: i64 = 10_300;
/// The number of a CRS that no authority numbers.
pub const OWN_SRS: i32 = 100_000;

/// Boxes that are kept in memory for packing them at once: 24 bytes each.
const BOXES: usize = 4_000_000;

/// The tables that make an SQLite file a GeoPackage.
pub const CORE: &str = "
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents(table_name), column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id),
  z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name));
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
  ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],\
PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]', NULL);
";

/// Those of the index, and of how many features there are.
const EXTRA: &str = "
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER);
";

/// A file that is being written. Dropped before [`GeoPackage::finish`], it leaves nothing.
#[derive(Debug)]
pub struct GeoPackage {
    path: PathBuf,
    /// Closed before the file gets its name, and before it is removed.
    db: Option<Connection>,
    aside: Aside,
    layer: Option<Layer>,
}

/// The layer that is being written.
#[derive(Debug)]
struct Layer {
    name: String,
    insert: String,
    /// The name of its index.
    index: String,
    /// Boxes that are not in the index yet: all of them, unless there are too many.
    boxes: Vec<Entry>,
    /// Whether boxes were put into the index one by one.
    by_box: bool,
    srs: i32,
    rows: i64,
    extent: Bounds,
    kinds: Vec<GeometryKind>,
    /// The kind that most of its features have.
    kind: GeometryKind,
    z: bool,
}

impl GeoPackage {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let aside = Aside::create(path)?;
        let make = || -> rusqlite::Result<Connection> {
            let db = Connection::open(aside.place())?;
            db.pragma_update(None, "journal_mode", "OFF")?;
            db.pragma_update(None, "synchronous", "OFF")?;
            db.pragma_update(None, "cache_size", -65_536)?;
            db.pragma_update(None, "application_id", APPLICATION)?;
            db.pragma_update(None, "user_version", GEOPACKAGE)?;
            db.execute_batch("BEGIN")?;
            db.execute_batch(CORE)?;
            db.execute_batch(EXTRA)?;
            Ok(db)
        };
        let db = make().map_err(|error| WriteError::new(path, error))?;
        Ok(Self { path: path.to_owned(), db: Some(db), aside, layer: None })
    }

    fn said<T>(&self, result: rusqlite::Result<T>) -> Result<T, WriteError> {
        result.map_err(|error| WriteError::new(&self.path, error))
    }

    fn db(&self) -> Result<&Connection, WriteError> {
        self.db.as_ref().ok_or_else(|| WriteError::new(&self.path, "it is finished"))
    }

    /// Begins a layer with the fields of a table, whose rows do not go in yet. Fields whose names the format keeps for
    /// itself or knows no difference between are renamed: old and new names are returned.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn begin(&mut self, head: &Head<'_>, table: &FeatureTable) -> Result<Renamed, WriteError> {
        self.end()?;
        let srs = srs_of(head.crs);
        let (organization, code) = if srs == OWN_SRS { ("NONE", OWN_SRS) } else { ("EPSG", srs) };
        let (columns, renamed) = columns(table);
        let mut make = format!("CREATE TABLE {} (fid INTEGER PRIMARY KEY AUTOINCREMENT, geom BLOB", quoted(head.name));
        let mut insert = format!("INSERT INTO {} VALUES (?, ?", quoted(head.name));
        for (name, field) in columns.iter().zip(&table.fields) {
            let kind = match field.values.kind() {
                FieldType::Boolean => "BOOLEAN",
                FieldType::Integer => "INTEGER",
                FieldType::Real => "REAL",
                FieldType::Text => "TEXT",
                FieldType::Time => "DATETIME",
            };
            // Writing into a text cannot fail.
            let _ = write!(make, ", {} {kind}", quoted(name));
            insert.push_str(", ?");
        }
        make.push(')');
        insert.push(')');
        let index = format!("rtree_{}_geom", head.name);
        let db = self.db()?;
        let run = || -> rusqlite::Result<()> {
            db.execute(
                "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?1, ?2, ?3, ?4, ?5, NULL)",
                params![head.crs.name(), srs, organization, code, definition_of(head.crs)],
            )?;
            db.execute(&make, [])?;
            db.execute(
                &format!("CREATE VIRTUAL TABLE {} USING rtree(id, minx, maxx, miny, maxy)", quoted(&index)),
                [],
            )?;
            db.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
                 VALUES (?1, 'features', ?1, ?2, ?3)",
                params![head.name, head.title, srs],
            )?;
            Ok(())
        };
        self.said(run())?;
        self.layer = Some(Layer {
            name: head.name.to_owned(),
            insert,
            index,
            boxes: Vec::new(),
            by_box: false,
            srs,
            rows: 0,
            extent: Bounds::EMPTY,
            kinds: Vec::new(),
            kind: head.kind,
            z: head.z,
        });
        Ok(renamed)
    }

    /// Adds rows to the layer that was begun last; fields as they were then.
    ///
    /// # Errors
    /// [`WriteError`], as when the disk is full.
    pub fn push(&mut self, table: &FeatureTable) -> Result<(), WriteError> {
        let Some(mut layer) = self.layer.take() else {
            return Err(WriteError::new(&self.path, "no layer was begun"));
        };
        let geometry = &table.geometry;
        let rows: Vec<u32> = (0..table.len() as u32).collect();
        let srs = layer.srs;
        // Encoding is the dear part that needs no file: on all cores, in order.
        let encoded: Vec<(Bounds, Option<Vec<u8>>)> = rows.par_iter().map(|row| encode(geometry, *row, srs)).collect();
        let db = self.db()?;
        let run = |layer: &mut Layer| -> rusqlite::Result<()> {
            let mut insert = db.prepare_cached(&layer.insert)?;
            for (row, (bounds, blob)) in rows.iter().zip(&encoded) {
                layer.rows += 1;
                insert.raw_bind_parameter(1, layer.rows)?;
                insert.raw_bind_parameter(2, blob.as_deref())?;
                for (at, field) in table.fields.iter().enumerate() {
                    insert.raw_bind_parameter(at + 3, Cell(field.values.get(*row)))?;
                }
                insert.raw_execute()?;
                if blob.is_some() {
                    layer.boxes.push(Entry::of(layer.rows, bounds));
                    layer.extent.add(bounds.min);
                    layer.extent.add(bounds.max);
                    let kind = match geometry.kind(*row) {
                        // Several points are another type than one: the layer says that it holds both.
                        GeometryKind::Point if geometry.parts(*row).len() != 1 => GeometryKind::None,
                        kind => kind,
                    };
                    if !layer.kinds.contains(&kind) {
                        layer.kinds.push(kind);
                    }
                }
            }
            if layer.by_box || layer.boxes.len() > BOXES {
                layer.by_box = true;
                index::insert(db, &layer.index, &layer.boxes)?;
                layer.boxes.clear();
            }
            Ok(())
        };
        let done = run(&mut layer);
        self.layer = Some(layer);
        self.said(done)
    }

    /// Ends the layer: its extent, its type, and what keeps the index when other programs write.
    fn end(&mut self) -> Result<(), WriteError> {
        let Some(mut layer) = self.layer.take() else { return Ok(()) };
        let db = self.db()?;
        let kind = match layer.kinds[..] {
            [GeometryKind::Point] => "POINT",
            [GeometryKind::Line] => "MULTILINESTRING",
            [GeometryKind::Polygon] => "MULTIPOLYGON",
            _ => "GEOMETRY",
        };
        let boxes = std::mem::take(&mut layer.boxes);
        let run = || -> rusqlite::Result<()> {
            if !layer.by_box {
                index::pack(db, &layer.index, boxes)?;
            }
            db.execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', ?2, ?3, ?4, 0)",
                params![layer.name, kind, layer.srs, i32::from(layer.z)],
            )?;
            if !layer.extent.is_empty() {
                let ([x0, y0], [x1, y1]) = (layer.extent.min, layer.extent.max);
                db.execute(
                    "UPDATE gpkg_contents SET min_x = ?2, min_y = ?3, max_x = ?4, max_y = ?5 WHERE table_name = ?1",
                    params![layer.name, x0, y0, x1, y1],
                )?;
            }
            db.execute("INSERT INTO gpkg_ogr_contents VALUES (?1, ?2)", params![layer.name, layer.rows])?;
            db.execute(
                "INSERT INTO gpkg_extensions VALUES
                 (?1, 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
                [&layer.name],
            )?;
            db.execute_batch(&triggers(&layer.name))
        };
        self.said(run())
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// [`WriteError`]; nothing is left then.
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()?;
        let db = self.db()?;
        self.said(db.execute_batch("COMMIT"))?;
        if let Some(db) = self.db.take() {
            db.close().map_err(|(_, error)| WriteError::new(&self.path, error))?;
        }
        // The connection did not wait for the disk.
        self.aside.file().sync_all().map_err(|error| WriteError::new(&self.path, error))?;
        self.aside.keep()
    }
}

impl LayerWriter for GeoPackage {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        Self::begin(self, head, fields)
    }

    fn style(&mut self, drawn: &Drawn<'_>) -> Result<(), WriteError> {
        let Some(layer) = &self.layer else { return Ok(()) };
        let (name, qml) = (layer.name.clone(), qml::document(drawn, layer.kind));
        let db = self.db()?;
        let run = || -> rusqlite::Result<()> {
            let there = "SELECT count(*) FROM sqlite_master WHERE name = 'layer_styles'";
            if db.query_row(there, [], |row| row.get::<_, i64>(0))? == 0 {
                db.execute_batch(qml::TABLE)?;
            }
            db.execute(
                "INSERT INTO layer_styles
                 (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
                  useAsDefault, description, owner)
                 VALUES ('', '', ?1, 'geom', ?1, ?2, '', 1, '', '')",
                params![name, qml],
            )?;
            Ok(())
        };
        self.said(run())
    }

    fn push(&mut self, rows: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        Self::push(self, rows)
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        Self::finish(*self).map(|()| Vec::new())
    }
}

/// A value on its way into a cell.
struct Cell<'a>(Value<'a>);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match &self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Boolean(v) => ToSqlOutput::from(*v),
            Value::Integer(v) => ToSqlOutput::from(*v),
            Value::Real(v) if v.is_finite() => ToSqlOutput::from(*v),
            Value::Real(_) => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Text(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Value::Time(ms) => match jiff::Timestamp::from_millisecond(*ms) {
                Ok(at) => ToSqlOutput::from(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
                Err(_) => ToSqlOutput::Borrowed(ValueRef::Null),
            },
        })
    }
}

/// A geometry as the format has it, with its box; `None` for none.
fn encode(geometry: &GeometryColumn, row: u32, srs: i32) -> (Bounds, Option<Vec<u8>>) {
    let bounds = geometry.bounds(row);
    let known = bounds.min.iter().chain(&bounds.max).all(|v| v.is_finite());
    if geometry.kind(row) == GeometryKind::None || !known {
        return (bounds, None);
    }
    let mut blob = Vec::with_capacity(64 + 17 * geometry.vertices(row).len());
    // Magic, version 0, little-endian with a box of four numbers.
    blob.extend_from_slice(&[b'G', b'P', 0, 0b0000_0011]);
    blob.extend_from_slice(&srs.to_le_bytes());
    for value in [bounds.min[0], bounds.max[0], bounds.min[1], bounds.max[1]] {
        blob.extend_from_slice(&value.to_le_bytes());
    }
    wkb::push(geometry, row, &mut blob);
    (bounds, Some(blob))
}

/// Names of columns that SQLite can tell from each other and from our own two.
fn columns(table: &FeatureTable) -> (Vec<String>, Vec<(String, String)>) {
    let mut taken: std::collections::HashSet<String> = ["fid", "geom"].map(str::to_owned).into();
    let mut renamed = Vec::new();
    let names = table.fields.iter().map(|field| {
        let mut name = field.name.replace('\0', "");
        let mut number = 1;
        while name.is_empty() || !taken.insert(name.to_lowercase()) {
            name = format!("{}_{number}", field.name.replace('\0', ""));
            number += 1;
        }
        if name != field.name {
            renamed.push((field.name.clone(), name.clone()));
        }
        name
    });
    (names.collect(), renamed)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The number of a CRS in the file: that of EPSG where it has one.
pub fn srs_of(crs: &Crs) -> i32 {
    crs.epsg().unwrap_or(OWN_SRS)
}

/// What a file says of a CRS: the format wants WKT.
pub fn definition_of(crs: &Crs) -> String {
    crs.wkt().unwrap_or_else(|| crs.definition().to_owned())
}

/// The triggers of the format's spatial index (annex F.3): they run in programs that write, which know the functions.
fn triggers(layer: &str) -> String {
    let (table, index) = (quoted(layer), quoted(&format!("rtree_{layer}_geom")));
    let trigger = |what: &str| quoted(&format!("rtree_{layer}_geom_{what}"));
    let put = format!(
        "INSERT OR REPLACE INTO {index} VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), \
         ST_MaxY(NEW.geom));"
    );
    let there = "(NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))";
    let gone = "(NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))";
    format!(
        "CREATE TRIGGER {} AFTER INSERT ON {table} WHEN {there} BEGIN {put} END;
         CREATE TRIGGER {} AFTER UPDATE OF geom ON {table} WHEN OLD.fid = NEW.fid AND {there} BEGIN {put} END;
         CREATE TRIGGER {} AFTER UPDATE OF geom ON {table} WHEN OLD.fid = NEW.fid AND {gone}
           BEGIN DELETE FROM {index} WHERE id = OLD.fid; END;
         CREATE TRIGGER {} AFTER UPDATE ON {table} WHEN OLD.fid != NEW.fid AND {there}
           BEGIN DELETE FROM {index} WHERE id = OLD.fid; {put} END;
         CREATE TRIGGER {} AFTER UPDATE ON {table} WHEN OLD.fid != NEW.fid AND {gone}
           BEGIN DELETE FROM {index} WHERE id IN (OLD.fid, NEW.fid); END;
         CREATE TRIGGER {} AFTER DELETE ON {table} WHEN OLD.geom NOT NULL
           BEGIN DELETE FROM {index} WHERE id = OLD.fid; END;
         CREATE TRIGGER {} AFTER INSERT ON {table}
           BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count + 1 WHERE table_name = '{layer}'; END;
         CREATE TRIGGER {} AFTER DELETE ON {table}
           BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count - 1 WHERE table_name = '{layer}'; END;",
        trigger("insert"),
        trigger("update1"),
        trigger("update2"),
        trigger("update3"),
        trigger("update4"),
        trigger("delete"),
        quoted(&format!("trigger_insert_feature_count_{layer}")),
        quoted(&format!("trigger_delete_feature_count_{layer}")),
    )
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64;

    use super::*;
    use crate::model::TableBuilder;

    fn points(count: usize, seed: u64) -> FeatureTable {
        let mut dice = Pcg64::seed_from_u64(seed);
        let mut builder = TableBuilder::default();
        for _ in 0..count {
            let xy = [dice.random_range(400_000.0..600_000.0), dice.random_range(4_200_000.0..4_400_000.0)];
            builder.geometry.push_vertex(xy, None);
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Point);
        }
        builder.finish()
    }

    /// Other programs read the definition, and not the code that stands beside it.
    #[test]
    fn a_crs_is_defined_by_wkt() {
        let folder = tempfile::tempdir().unwrap();
        let own = "+proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3 +units=m +type=crs";
        for (number, (text, srs)) in [("EPSG:4548", 4548), (own, OWN_SRS)].into_iter().enumerate() {
            let path = folder.path().join(format!("{number}.gpkg"));
            let (table, crs) = (points(1, 3), Crs::parse(text).unwrap());
            let mut package = GeoPackage::create(&path).unwrap();
            let kind = GeometryKind::Point;
            let head = Head { name: "points", title: "点", crs: &crs, kind, z: false, label: None, colour: [0; 3] };
            package.begin(&head, &table).unwrap();
            package.push(&table).unwrap();
            package.finish().unwrap();
            let db = Connection::open(&path).unwrap();
            let question = "SELECT srs_id, definition FROM gpkg_contents JOIN gpkg_spatial_ref_sys USING (srs_id)";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i32>(0)?, row.get::<_, String>(1)?));
            let (found, definition) = db.query_row(question, [], row).unwrap();
            assert_eq!(found, srs);
            assert!(definition.starts_with("PROJCS["), "{definition}");
            assert_eq!(definition.contains("TOWGS84"), srs == OWN_SRS, "{definition}");
        }
    }

    /// SQLite's own check of an index, and its answers beside a scan, for trees of one, two, three and four levels (51
    /// cells a node) and for boxes put in one by one.
    #[test]
    fn sqlite_finds_the_packed_index_sound_and_answers_from_it() {
        let folder = tempfile::tempdir().unwrap();
        for (count, by_box) in
            [(0, false), (1, false), (51, false), (52, false), (3_000, false), (140_000, false), (500, true)]
        {
            let path = folder.path().join(format!("{count}.gpkg"));
            let table = points(count, 3);
            let crs = Crs::parse("EPSG:4548").unwrap();
            let mut package = GeoPackage::create(&path).unwrap();
            let kind = GeometryKind::Point;
            let head = Head { name: "points", title: "点", crs: &crs, kind, z: false, label: None, colour: [0; 3] };
            package.begin(&head, &table).unwrap();
            if let Some(layer) = package.layer.as_mut() {
                layer.by_box = by_box;
            }
            package.push(&table).unwrap();
            package.finish().unwrap();
            let db = Connection::open(&path).unwrap();
            let said: String = db.query_row("SELECT rtreecheck('rtree_points_geom')", [], |row| row.get(0)).unwrap();
            assert_eq!(said, "ok", "{count}");
            let window = Bounds { min: [450_000.0, 4_250_000.0], max: [470_000.0, 4_260_000.0] };
            let question =
                "SELECT id FROM rtree_points_geom WHERE maxx >= ?1 AND minx <= ?2 AND maxy >= ?3 AND miny <= ?4
                            ORDER BY id";
            let mut asked = db.prepare(question).unwrap();
            let sides = params![window.min[0], window.max[0], window.min[1], window.max[1]];
            let found: Vec<i64> = asked.query_map(sides, |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            // Boxes are rounded outwards to f32: half a metre at northings of four million.
            let holds = |grown: f64| -> Vec<i64> {
                let window = window.grown(grown);
                (0..count as u32)
                    .filter(|row| window.holds(table.geometry.vertices(*row)[0]))
                    .map(|row| i64::from(row) + 1)
                    .collect()
            };
            assert!(holds(0.0).iter().all(|id| found.binary_search(id).is_ok()), "{count}: none is missing");
            let around = holds(0.5);
            assert!(found.iter().all(|id| around.binary_search(id).is_ok()), "{count}: none is elsewhere");
        }
    }
}
