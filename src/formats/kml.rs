//! Writing KML 2.2 and KMZ: longitude and latitude, attributes with their types, buildings with their heights.
//!
//! Each layer is a document of its own inside the file's, for its colours and fields. Reading is GDAL's.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::WriteError;
use super::aside::Aside;
use super::writer::{Head, LayerWriter, Renamed, body_of};
use crate::model::height::Heights;
use crate::model::{FeatureTable, FieldType, GeometryColumn, GeometryKind, Value};
use crate::report::Progress;

/// A file that is being written.
pub struct KmlFile {
    path: PathBuf,
    aside: Aside,
    out: Out,
    layer: Option<Layer>,
    whole: bool,
    moments: bool,
    /// Bodies that begin above the ground.
    raised: u64,
}

enum Out {
    Plain(BufWriter<File>),
    Zipped(Box<ZipWriter<BufWriter<File>>>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Zipped(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Zipped(out) => out.flush(),
        }
    }
}

struct Layer {
    name: String,
    label: Option<String>,
    /// The fields' names in the file.
    fields: Vec<String>,
}

/// Names that KML's own elements take in readers' tables.
const TAKEN: [&str; 15] = [
    "name",
    "description",
    "timestamp",
    "begin",
    "end",
    "altitudemode",
    "tessellate",
    "extrude",
    "visibility",
    "draworder",
    "icon",
    "heading",
    "tilt",
    "roll",
    "snippet",
];

impl KmlFile {
    /// Begins a file; with `zipped` as KMZ.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path, zipped: bool) -> Result<Self, WriteError> {
        let (aside, out) = Aside::buffered(path)?;
        let begin = || -> io::Result<Out> {
            let mut out = if zipped {
                let mut zip = ZipWriter::new(out);
                // The name that KMZ readers take first. Not for more than 4 GiB: they do not know the larger form.
                zip.start_file("doc.kml", SimpleFileOptions::default())?;
                Out::Zipped(Box::new(zip))
            } else {
                Out::Plain(out)
            };
            out.write_all(
                b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n",
            )?;
            Ok(out)
        };
        let out = begin().map_err(|error| WriteError::new(path, error))?;
        Ok(Self { path: path.to_owned(), aside, out, layer: None, whole: false, moments: false, raised: 0 })
    }

    fn end(&mut self) -> io::Result<()> {
        if self.layer.take().is_some() {
            self.out.write_all(b"</Document>\n")?;
        }
        Ok(())
    }

    fn head(&mut self, head: &Head<'_>, fields: &FeatureTable) -> io::Result<Renamed> {
        self.end()?;
        let mut names: Vec<String> = Vec::new();
        for field in &fields.fields {
            let mut free = field.name.clone();
            let is_taken = |name: &str, names: &[String]| {
                let name = name.to_lowercase();
                TAKEN.contains(&name.as_str()) || names.iter().any(|other| other.to_lowercase() == name)
            };
            for number in 1.. {
                if !is_taken(&free, &names) {
                    break;
                }
                free = format!("{}_{number}", field.name);
            }
            names.push(free);
        }
        let (name, [r, g, b]) = (escaped(head.name), head.colour);
        let title = if head.title.is_empty() { name.clone() } else { escaped(head.title) };
        // KML writes colours as alpha, blue, green, red.
        write!(
            self.out,
            "<Document id=\"{name}\"><name>{title}</name>\n<Style id=\"{name}.style\"><LineStyle><color>ff{b:02x}{g:02x}{r:02x}\
             </color></LineStyle><PolyStyle><color>c0{b:02x}{g:02x}{r:02x}</color></PolyStyle></Style>\n\
             <Schema name=\"{name}\" id=\"{name}.schema\">",
        )?;
        for (field, name) in fields.fields.iter().zip(&names) {
            let kind = match field.values.kind() {
                FieldType::Boolean => "bool",
                // The format's int has 32 bits.
                FieldType::Integer | FieldType::Real => "double",
                FieldType::Text | FieldType::Time => "string",
            };
            self.whole |= field.values.kind() == FieldType::Integer;
            self.moments |= field.values.kind() == FieldType::Time;
            write!(self.out, "<SimpleField name=\"{}\" type=\"{kind}\"/>", escaped(name))?;
        }
        self.out.write_all(b"</Schema>\n")?;
        let pairs = fields.fields.iter().zip(&names).filter(|(field, name)| field.name != **name);
        let renamed = pairs.map(|(field, name)| (field.name.clone(), name.clone())).collect();
        self.layer = Some(Layer { name, label: head.label.map(str::to_owned), fields: names });
        Ok(renamed)
    }

    fn rows(&mut self, table: &FeatureTable, heights: Option<&Heights>) -> io::Result<()> {
        let Some(layer) = &self.layer else { return Ok(()) };
        let mut text = String::new();
        for row in 0..table.len() as u32 {
            text.clear();
            text.push_str("<Placemark>");
            let label = layer.label.as_deref().map(|field| table.value(row, field)).filter(|value| !value.is_null());
            if let Some(label) = label {
                text.push_str(&format!("<name>{}</name>", escaped(&label.to_string())));
            }
            text.push_str(&format!(
                "<styleUrl>#{0}.style</styleUrl><ExtendedData><SchemaData schemaUrl=\"#{0}.schema\">",
                layer.name
            ));
            for (field, name) in table.fields.iter().zip(&layer.fields) {
                let value = field.values.get(row);
                if matches!(value, Value::Null) || matches!(value, Value::Real(v) if !v.is_finite()) {
                    continue;
                }
                let said = match value {
                    // Readers of the reference library know no words for them.
                    Value::Boolean(v) => u8::from(v).to_string(),
                    _ => escaped(&value.to_string()),
                };
                text.push_str(&format!("<SimpleData name=\"{}\">{said}</SimpleData>", escaped(name)));
            }
            text.push_str("</SchemaData></ExtendedData>");
            let body = body_of(heights, row);
            self.raised += u64::from(body.is_some_and(|[base, _]| base > 0.0));
            geometry(&table.geometry, row, body.map(|[_, top]| top), &mut text);
            text.push_str("</Placemark>\n");
            self.out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

impl LayerWriter for KmlFile {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        self.head(head, fields).map_err(|error| WriteError::new(&self.path, error))
    }

    fn push(&mut self, rows: &FeatureTable, heights: Option<&Heights>) -> Result<(), WriteError> {
        self.rows(rows, heights).map_err(|error| WriteError::new(&self.path, error))
    }

    fn finish(mut self: Box<Self>, _: &Progress) -> Result<Vec<String>, WriteError> {
        let path = self.path.clone();
        let fail = |error: &dyn std::fmt::Display| WriteError::new(&path, error);
        self.end().and_then(|()| self.out.write_all(b"</Document>\n</kml>\n")).map_err(|e| fail(&e))?;
        match self.out {
            Out::Plain(mut out) => out.flush().map_err(|e| fail(&e))?,
            Out::Zipped(zip) => zip.finish().map_err(|e| fail(&e))?.flush().map_err(|e| fail(&e))?,
        }
        self.aside.keep()?;
        let mut said = Vec::new();
        if self.whole {
            said.push(
                "KML knows whole numbers of 32 bits alone: they are declared as numbers with decimals".to_owned(),
            );
        }
        if self.moments {
            said.push("KML has no fields of dates: they are texts".to_owned());
        }
        if self.raised > 0 {
            said.push(format!("KML: {} bodies that begin above the ground reach down to it in the file", self.raised));
        }
        Ok(said)
    }
}

/// A feature's geometry. Buildings stand on the ground and reach to `top`; other heights are above the sea.
fn geometry(column: &GeometryColumn, row: u32, top: Option<f32>, out: &mut String) {
    let parts = column.parts(row);
    let placed = column.vertices(row).iter().flatten().all(|v| v.is_finite());
    if parts.is_empty() || !placed || column.kind(row) == GeometryKind::None {
        return;
    }
    let own = column.heights(row).iter().any(|z| z.is_finite());
    let mode = match (top, own) {
        (Some(_), _) => "<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>",
        (None, true) => "<altitudeMode>absolute</altitudeMode>",
        (None, false) => "",
    };
    let many = parts.len() > 1;
    out.push_str(if many { "<MultiGeometry>" } else { "" });
    for part in parts {
        match column.kind(row) {
            GeometryKind::None => {}
            GeometryKind::Point | GeometryKind::Line => {
                let tag = if column.kind(row) == GeometryKind::Point { "Point" } else { "LineString" };
                for ring in column.rings(part) {
                    out.push_str(&format!("<{tag}>{mode}<coordinates>"));
                    coordinates(ring.xy, ring.z, top, false, out);
                    out.push_str(&format!("</coordinates></{tag}>"));
                }
            }
            GeometryKind::Polygon => {
                out.push_str(&format!("<Polygon>{mode}"));
                for (number, ring) in column.rings(part).enumerate() {
                    let tag = if number == 0 { "outerBoundaryIs" } else { "innerBoundaryIs" };
                    out.push_str(&format!("<{tag}><LinearRing><coordinates>"));
                    coordinates(ring.xy, ring.z, top, true, out);
                    out.push_str(&format!("</coordinates></LinearRing></{tag}>"));
                }
                out.push_str("</Polygon>");
            }
        }
    }
    out.push_str(if many { "</MultiGeometry>" } else { "" });
}

fn coordinates(xy: &[[f64; 2]], z: &[f64], top: Option<f32>, close: bool, out: &mut String) {
    use std::fmt::Write as _;
    let first = if close { 0..1.min(xy.len()) } else { 0..0 };
    for (number, at) in (0..xy.len()).chain(first).enumerate() {
        let [lon, lat] = xy[at];
        // Nine decimals are 0.1 mm. Writing into a text cannot fail.
        let _ = write!(out, "{}{lon:.9},{lat:.9}", if number > 0 { " " } else { "" });
        match (top, z.get(at)) {
            (Some(top), _) => drop(write!(out, ",{top}")),
            (None, Some(z)) if z.is_finite() => drop(write!(out, ",{z}")),
            _ => {}
        }
    }
}

/// A text inside XML: characters that it knows no way to write become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_building_stands_on_the_ground_with_its_courtyard() {
        let mut column = GeometryColumn::default();
        for ring in [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4]]] {
            ring.into_iter().for_each(|xy| column.push_vertex(xy, None));
            column.end_ring();
        }
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
        let mut text = String::new();
        geometry(&column, 0, Some(12.5), &mut text);
        assert!(text.contains("<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>"));
        // Rings are closed: the first point again at the end.
        assert!(text.contains("0.000000000,0.000000000,12.5 1.000000000,0.000000000,12.5"), "{text}");
        assert_eq!(text.matches("0.200000000,0.200000000,12.5").count(), 2);
    }

    /// Heights that are not known leave the outline on the ground; known ones are above the sea.
    #[test]
    fn an_outline_is_above_the_sea_only_where_its_heights_are_known() {
        let text = |z: f64| {
            let mut column = GeometryColumn::default();
            [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]].into_iter().for_each(|xy| column.push_vertex(xy, Some(z)));
            column.end_ring();
            column.end_part();
            column.end_feature(GeometryKind::Polygon);
            let mut text = String::new();
            geometry(&column, 0, None, &mut text);
            text
        };
        assert!(!text(f64::NAN).contains("altitudeMode") && text(3.5).contains("<altitudeMode>absolute"));
    }

    /// Three buildings: one stands on the ground, one on columns of 4 m, one is there in its parts.
    #[test]
    fn what_its_parts_stand_for_is_flat_and_what_hangs_is_said() {
        use crate::model::{HeightSource, TableBuilder};
        let mut builder = TableBuilder::default();
        for x in [0.0, 2.0, 4.0] {
            [[x, 0.0], [x + 1.0, 0.0], [x + 1.0, 1.0]]
                .into_iter()
                .for_each(|xy| builder.geometry.push_vertex(xy, None));
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Polygon);
        }
        let heights = Heights {
            top: vec![10.0; 3],
            base: vec![0.0, 4.0, 0.0],
            source: vec![HeightSource::Surveyed; 3],
            covered: vec![false, false, true],
        };
        let (folder, table) = (tempfile::tempdir().unwrap(), builder.finish());
        let path = folder.path().join("a.kml");
        let mut file = Box::new(KmlFile::create(&path, false).unwrap());
        let crs = crate::place::Crs::wgs84().unwrap();
        let kind = GeometryKind::Polygon;
        file.begin(&Head { name: "a", title: "", crs: &crs, kind, z: false, label: None, colour: [0; 3] }, &table)
            .unwrap();
        file.push(&table, Some(&heights)).unwrap();
        let said = file.finish(&Progress::default()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().matches("<extrude>").count(), 2);
        assert!(said.iter().any(|note| note.contains("1 bodies")), "{said:?}");
    }

    #[test]
    fn what_xml_has_no_way_to_write_becomes_a_space() {
        assert_eq!(escaped("<b>&\"\u{1}海河"), "&lt;b&gt;&amp;&quot; 海河");
    }
}
