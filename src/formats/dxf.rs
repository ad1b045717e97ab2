//! Writing DXF (AutoCAD 2007, UTF-8) for people with CAD: a CAD layer for each layer, buildings as closed polylines with
//! elevation and thickness, attributes as extended data under the application `CIMBASE`.
//!
//! Source: Autodesk's DXF reference for AC1021. Rows go into a file aside first, because the tables before them name all
//! layers. Reading is GDAL's.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use super::WriteError;
use super::aside::{Aside, folder_of};
use super::writer::{Head, LayerWriter, Renamed, body_of};
use crate::model::height::Heights;
use crate::model::{FeatureTable, GeometryColumn, GeometryKind, Value};
use crate::place::{Bounds, Crs};
use crate::report::Progress;

/// Bytes of one text of extended data.
const TEXT: usize = 255;
/// Bytes of all extended data of an entity; the format allows 16,383.
const ALL: usize = 15_000;
/// Handles below are the tables'.
const FIRST_HANDLE: u64 = 0x1000;

/// A drawing that is being written.
pub struct DxfFile {
    path: PathBuf,
    aside: Aside,
    entities: BufWriter<File>,
    handle: u64,
    layers: Vec<(String, [u8; 3])>,
    extent: Bounds,
    cut: u64,
    shapeless: u64,
    /// Bodies whose vertices have elevations of their own.
    grounded: u64,
    units: Units,
}

/// What a number of the drawing is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Units {
    degrees: bool,
    /// Metres in one; 1 for degrees.
    metres: f64,
}

impl Units {
    fn of(crs: &Crs) -> Self {
        Self { degrees: crs.is_geographic(), metres: if crs.is_geographic() { 1.0 } else { crs.unit_m() } }
    }

    /// Decimals of a coordinate: a tenth of a millimetre.
    fn digits(self) -> usize {
        if self.degrees { 9 } else { 4 }
    }

    /// The drawing's `$INSUNITS`: metres, feet, or nothing that the format knows.
    fn code(self) -> u8 {
        let is = |unit: f64| (self.metres - unit).abs() < 1e-5;
        match self.degrees {
            false if is(1.0) => 6,
            false if is(0.3048) => 2,
            _ => 0,
        }
    }
}

impl DxfFile {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let aside = Aside::create(path)?;
        let entities = tempfile::tempfile_in(folder_of(path)).map_err(|error| WriteError::new(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            aside,
            entities: BufWriter::with_capacity(1 << 20, entities),
            handle: FIRST_HANDLE,
            layers: Vec::new(),
            extent: Bounds::EMPTY,
            cut: 0,
            shapeless: 0,
            grounded: 0,
            units: Units { degrees: false, metres: 1.0 },
        })
    }

    fn rows(&mut self, table: &FeatureTable, heights: Option<&Heights>) -> io::Result<()> {
        let Some((layer, _)) = self.layers.last().cloned() else { return Ok(()) };
        let mut text = String::new();
        for row in 0..table.len() as u32 {
            let geometry = &table.geometry;
            let vertices = geometry.vertices(row);
            if vertices.is_empty() || vertices.iter().flatten().any(|v| !v.is_finite()) {
                self.shapeless += 1;
                continue;
            }
            let bounds = geometry.bounds(row);
            self.extent.add(bounds.min);
            self.extent.add(bounds.max);
            let body = body_of(heights, row).map(|body| body.map(f64::from));
            self.grounded += u64::from(body.is_some() && geometry.heights(row).iter().any(|z| z.is_finite()));
            let (data, whole) = attributes(table, row);
            self.cut += u64::from(!whole);
            text.clear();
            let entity = Entity { layer: &layer, data: &data, body, units: self.units };
            entities(geometry, row, &entity, &mut self.handle, &mut text);
            self.entities.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    fn whole(mut self) -> io::Result<Aside> {
        let mut out = BufWriter::with_capacity(1 << 20, self.aside.file().try_clone()?);
        out.write_all(before(&self.layers, self.handle, &self.extent, self.units).as_bytes())?;
        let mut entities = self.entities.into_inner().map_err(io::IntoInnerError::into_error)?;
        entities.rewind()?;
        io::copy(&mut entities, &mut out)?;
        out.write_all(AFTER.as_bytes())?;
        out.flush()?;
        Ok(self.aside)
    }
}

impl LayerWriter for DxfFile {
    fn begin(&mut self, head: &Head<'_>, _: &FeatureTable) -> Result<Renamed, WriteError> {
        let title = if head.title.is_empty() { head.name } else { head.title };
        // Characters that a CAD layer's name may not have.
        let plain = |c: char| if c.is_control() || r#"<>/\":;?*|=,`"#.contains(c) { '_' } else { c };
        let mut name: String = title.chars().map(plain).take(80).collect();
        if name == "0" || self.layers.iter().any(|(other, _)| other.to_lowercase() == name.to_lowercase()) {
            name = format!("{name}_{}", head.name);
        }
        self.units = Units::of(head.crs);
        self.layers.push((name, head.colour));
        Ok(Renamed::new())
    }

    fn push(&mut self, rows: &FeatureTable, heights: Option<&Heights>) -> Result<(), WriteError> {
        self.rows(rows, heights).map_err(|error| WriteError::new(&self.path, error))
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        let path = self.path.clone();
        let mut said = vec![
            "DXF names no coordinate reference system: keep its name with the file".to_owned(),
            format!("DXF has no attributes: they are extended data (texts \"field=value\") of the application {APP}"),
            "DXF has no holes: a courtyard is a polyline of its own".to_owned(),
        ];
        if self.cut > 0 {
            said.push(format!("DXF: the attributes of {} features are longer than it allows and are cut", self.cut));
        }
        if self.shapeless > 0 {
            said.push(format!("DXF: {} features without geometry are left out", self.shapeless));
        }
        if self.grounded > 0 {
            said.push(format!(
                "DXF: bodies stand on height 0: the elevations of the vertices of {} buildings are left out",
                self.grounded
            ));
        }
        if self.units.degrees {
            said.push("DXF: coordinates are degrees; a drawing in metres needs a projected CRS".to_owned());
        }
        let aside = self.whole().map_err(|error| WriteError::new(&path, error))?;
        aside.keep()?;
        Ok(said)
    }
}

/// Whom extended data belongs to.
const APP: &str = "CIMBASE";

/// The extended data of a feature, and whether it is all.
fn attributes(table: &FeatureTable, row: u32) -> (String, bool) {
    let mut out = format!("1001\n{APP}\n");
    let (mut bytes, mut whole) = (0, true);
    for field in &table.fields {
        let value = field.values.get(row);
        if matches!(value, Value::Null) {
            continue;
        }
        let said: String =
            format!("{}={value}", field.name).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let end = (0..=TEXT.min(said.len())).rev().find(|at| said.is_char_boundary(*at)).unwrap_or(0);
        bytes += end + 3;
        if bytes > ALL {
            return (out, false);
        }
        whole &= end == said.len();
        out.push_str("1000\n");
        out.push_str(&said[..end]);
        out.push('\n');
    }
    (out, whole)
}

/// What all entities of a feature have in common.
struct Entity<'a> {
    layer: &'a str,
    /// The extended data.
    data: &'a str,
    /// Where the body begins and ends above the ground, metres.
    body: Option<[f64; 2]>,
    units: Units,
}

/// The entities of a feature.
fn entities(column: &GeometryColumn, row: u32, entity: &Entity<'_>, handle: &mut u64, out: &mut String) {
    use std::fmt::Write as _;
    let Entity { layer, data, body, units } = *entity;
    let digits = units.digits();
    let mut begin = |kind: &str, out: &mut String| {
        *handle += 1;
        // Writing into a text cannot fail.
        let _ = write!(out, "0\n{kind}\n5\n{handle:X}\n330\n1F\n100\nAcDbEntity\n8\n{layer}\n");
    };
    let kind = column.kind(row);
    for part in column.parts(row) {
        for ring in column.rings(part) {
            // Heights are metres, whatever the coordinates are.
            let z = |at: usize| ring.z.get(at).copied().filter(|z| z.is_finite()).map(|z| z / units.metres);
            // Heights that are not known differ from nothing.
            let level = ring.z.iter().all(|z| z.is_nan()) || ring.z.windows(2).all(|pair| pair[0] == pair[1]);
            if kind == GeometryKind::Point {
                for (at, [x, y]) in ring.xy.iter().enumerate() {
                    begin("POINT", out);
                    let z = z(at).unwrap_or(0.0);
                    let _ = write!(out, "100\nAcDbPoint\n10\n{x:.digits$}\n20\n{y:.digits$}\n30\n{z:.4}\n{data}");
                }
                continue;
            }
            let closed = i32::from(kind == GeometryKind::Polygon);
            if body.is_none() && !level {
                // A line in space.
                begin("POLYLINE", out);
                let _ = write!(out, "100\nAcDb3dPolyline\n66\n1\n10\n0\n20\n0\n30\n0\n70\n{}\n{data}", 8 + closed);
                for (at, [x, y]) in ring.xy.iter().enumerate() {
                    begin("VERTEX", out);
                    let z = z(at).unwrap_or(0.0);
                    let _ = write!(
                        out,
                        "100\nAcDbVertex\n100\nAcDb3dPolylineVertex\n10\n{x:.digits$}\n20\n{y:.digits$}\n30\n{z:.4}\n\
                         70\n32\n"
                    );
                }
                begin("SEQEND", out);
                continue;
            }
            begin("LWPOLYLINE", out);
            let _ = write!(out, "100\nAcDbPolyline\n90\n{}\n70\n{closed}\n", ring.xy.len());
            let (elevation, thickness) = match body {
                Some([base, top]) => (base / units.metres, (top - base) / units.metres),
                None => (z(0).unwrap_or(0.0), 0.0),
            };
            let _ = write!(out, "38\n{elevation:.4}\n39\n{thickness:.4}\n");
            for [x, y] in ring.xy {
                let _ = write!(out, "10\n{x:.digits$}\n20\n{y:.digits$}\n");
            }
            out.push_str(data);
        }
    }
}

/// What stands before the entities: the head, the tables with all layers, the two blocks.
fn before(layers: &[(String, [u8; 3])], last: u64, extent: &Bounds, units: Units) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let (min, max) = if extent.is_empty() { ([0.0; 2], [0.0; 2]) } else { (extent.min, extent.max) };
    let ([x0, y0], [x1, y1]) = (min, max);
    let (digits, code, metric) = (units.digits(), units.code(), u8::from(units.code() != 2));
    // Writing into a text cannot fail.
    let _ = write!(
        out,
        "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1021\n9\n$DWGCODEPAGE\n3\nANSI_936\n9\n$HANDSEED\n5\n{:X}\n\
         9\n$INSUNITS\n70\n{code}\n9\n$MEASUREMENT\n70\n{metric}\n\
         9\n$EXTMIN\n10\n{x0:.digits$}\n20\n{y0:.digits$}\n30\n0.0\n\
         9\n$EXTMAX\n10\n{x1:.digits$}\n20\n{y1:.digits$}\n30\n0.0\n0\nENDSEC\n\
         0\nSECTION\n2\nCLASSES\n0\nENDSEC\n0\nSECTION\n2\nTABLES\n",
        last + 1
    );
    let table = |out: &mut String, name: &str, handle: &str, entries: usize| {
        let _ = write!(out, "0\nTABLE\n2\n{name}\n5\n{handle}\n330\n0\n100\nAcDbSymbolTable\n70\n{entries}\n");
    };
    let end = "0\nENDTAB\n";
    let entry = |out: &mut String, kind: &str, handle: &str, owner: &str, class: &str, name: &str| {
        let _ = write!(
            out,
            "0\n{kind}\n5\n{handle}\n330\n{owner}\n100\nAcDbSymbolTableRecord\n100\n{class}\n2\n{name}\n70\n0\n"
        );
    };
    table(&mut out, "VPORT", "8", 0);
    out.push_str(end);
    table(&mut out, "LTYPE", "5", 3);
    for (handle, name) in [("14", "ByBlock"), ("15", "ByLayer"), ("16", "Continuous")] {
        entry(&mut out, "LTYPE", handle, "5", "AcDbLinetypeTableRecord", name);
        out.push_str("3\n\n72\n65\n73\n0\n40\n0.0\n");
    }
    out.push_str(end);
    table(&mut out, "LAYER", "2", layers.len() + 1);
    let zero = ("0".to_owned(), [255; 3]);
    for (number, (name, [r, g, b])) in std::iter::once(&zero).chain(layers).enumerate() {
        entry(&mut out, "LAYER", &format!("{:X}", 0x100 + number), "2", "AcDbLayerTableRecord", name);
        let colour = (u32::from(*r) << 16) | (u32::from(*g) << 8) | u32::from(*b);
        let _ = write!(out, "62\n7\n420\n{colour}\n6\nContinuous\n370\n-3\n390\nF\n");
    }
    out.push_str(end);
    table(&mut out, "STYLE", "3", 1);
    entry(&mut out, "STYLE", "11", "3", "AcDbTextStyleTableRecord", "Standard");
    out.push_str("40\n0.0\n41\n1.0\n50\n0.0\n71\n0\n42\n2.5\n3\ntxt\n4\n\n");
    out.push_str(end);
    for (name, handle) in [("VIEW", "6"), ("UCS", "7")] {
        table(&mut out, name, handle, 0);
        out.push_str(end);
    }
    table(&mut out, "APPID", "9", 2);
    entry(&mut out, "APPID", "12", "9", "AcDbRegAppTableRecord", "ACAD");
    entry(&mut out, "APPID", "13", "9", "AcDbRegAppTableRecord", APP);
    out.push_str(end);
    table(&mut out, "DIMSTYLE", "A", 1);
    out.push_str("100\nAcDbDimStyleTable\n71\n0\n");
    // This one alone has its handle under another number.
    out.push_str(
        "0\nDIMSTYLE\n105\n27\n330\nA\n100\nAcDbSymbolTableRecord\n100\nAcDbDimStyleTableRecord\n2\nStandard\n70\n0\n",
    );
    out.push_str(end);
    table(&mut out, "BLOCK_RECORD", "1", 2);
    let blocks = [("1F", "20", "21", "*Model_Space"), ("1B", "1C", "1D", "*Paper_Space")];
    for (handle, _, _, name) in blocks {
        let _ = write!(
            out,
            "0\nBLOCK_RECORD\n5\n{handle}\n330\n1\n100\nAcDbSymbolTableRecord\n100\nAcDbBlockTableRecord\n2\n{name}\n"
        );
    }
    out.push_str(end);
    out.push_str("0\nENDSEC\n0\nSECTION\n2\nBLOCKS\n");
    for (owner, begin, finish, name) in blocks {
        let _ = write!(
            out,
            "0\nBLOCK\n5\n{begin}\n330\n{owner}\n100\nAcDbEntity\n8\n0\n100\nAcDbBlockBegin\n2\n{name}\n70\n0\n\
             10\n0.0\n20\n0.0\n30\n0.0\n3\n{name}\n1\n\n\
             0\nENDBLK\n5\n{finish}\n330\n{owner}\n100\nAcDbEntity\n8\n0\n100\nAcDbBlockEnd\n"
        );
    }
    out.push_str("0\nENDSEC\n0\nSECTION\n2\nENTITIES\n");
    out
}

/// What stands after them: the root of dictionaries with the two that CAD programs ask for.
const AFTER: &str = "0\nENDSEC\n0\nSECTION\n2\nOBJECTS\n\
    0\nDICTIONARY\n5\nC\n330\n0\n100\nAcDbDictionary\n281\n1\n3\nACAD_GROUP\n350\nD\n3\nACAD_PLOTSTYLENAME\n350\nE\n\
    0\nDICTIONARY\n5\nD\n330\nC\n100\nAcDbDictionary\n281\n1\n\
    0\nACDBDICTIONARYWDFLT\n5\nE\n330\nC\n100\nAcDbDictionary\n281\n1\n3\nNormal\n350\nF\n\
    100\nAcDbDictionaryWithDefault\n340\nF\n\
    0\nACDBPLACEHOLDER\n5\nF\n330\nE\n0\nENDSEC\n0\nEOF\n";

#[cfg(test)]
mod tests {
    use super::*;

    /// A rectangle with heights of its vertices.
    fn rectangle(z: [Option<f64>; 4]) -> GeometryColumn {
        let mut column = GeometryColumn::default();
        for (xy, z) in [[117.123_456_789, 39.0], [118.0, 39.0], [118.0, 40.0], [117.0, 40.0]].into_iter().zip(z) {
            column.push_vertex(xy, z);
        }
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
        column
    }

    fn drawn(column: &GeometryColumn, body: Option<[f64; 2]>, units: Units) -> String {
        let (mut handle, mut text) = (0, String::new());
        entities(column, 0, &Entity { layer: "a", data: "", body, units }, &mut handle, &mut text);
        text
    }

    /// A body from 3.048 m to 30.48 m: in feet it begins at 10 and is 90 thick. A degree needs 9 decimals for a tenth of
    /// a millimetre, and is no unit of the format.
    #[test]
    fn a_drawing_is_in_the_units_of_its_coordinates() {
        let of = |code: u32| Units::of(&Crs::from_epsg(code).unwrap());
        let (metres, feet, degrees) = (of(4548), of(2263), of(4326));
        assert_eq!([metres, feet, degrees].map(Units::code), [6, 2, 0]);
        let column = rectangle([None; 4]);
        let body = Some([3.048, 30.48]);
        assert!(drawn(&column, body, metres).contains("38\n3.0480\n39\n27.4320\n"));
        assert!(drawn(&column, body, feet).contains("38\n10.0000\n39\n89.9998\n"), "survey feet are longer by 2e-6");
        let text = drawn(&column, None, degrees);
        assert!(text.contains("10\n117.123456789\n20\n39.000000000\n"), "{text}");
        let bounds = Bounds { min: [117.123_456_789, 39.0], max: [118.0, 40.0] };
        let head = before(&[], 1, &bounds, degrees);
        assert!(head.contains("$INSUNITS\n70\n0\n") && head.contains("$EXTMIN\n10\n117.123456789\n"), "{head}");
        assert!(before(&[], 1, &bounds, feet).contains("$INSUNITS\n70\n2\n9\n$MEASUREMENT\n70\n0\n"));
    }

    #[test]
    fn an_outline_without_known_heights_is_level_and_one_in_space_is_not() {
        let metres = Units { degrees: false, metres: 1.0 };
        let unknown = rectangle([Some(f64::NAN), None, None, None]);
        assert!(unknown.has_z() && drawn(&unknown, None, metres).contains("LWPOLYLINE"));
        assert!(drawn(&rectangle([1.0, 2.0, 2.0, 1.0].map(Some)), None, metres).contains("AcDb3dPolyline"));
    }
}
