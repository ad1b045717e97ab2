//! Writing Shapefiles, zipped: what the format cannot hold is counted and said.
//!
//! GDAL writes the parts into a folder beside the file; they leave it as a zip. A layer with several kinds of geometry
//! becomes several Shapefiles. Reading is GDAL's.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, DriverManager};
use zip::write::SimpleFileOptions;

use super::aside::{Aside, Folder};
use super::writer::{Head, LayerWriter, Renamed};
use super::{WriteError, gdal_setup, wkb};
use crate::model::height::Heights;
use crate::model::{FeatureTable, FieldType, GeometryKind, Value};
use crate::report::Progress;

/// Bytes of a field's name.
const NAME: usize = 10;
/// Bytes of a text.
const TEXT: usize = 254;
/// Larger parts many programs cannot read: the format's offsets are signed.
const LARGEST: u64 = (1 << 31) - 1;

/// A zip of Shapefiles that is being written.
pub struct ShapeFile {
    path: PathBuf,
    aside: Aside,
    folder: Folder,
    layer: Option<Layer>,
    lost: Lost,
}

/// The layer that is being written.
struct Layer {
    head: Owned,
    kinds: HashMap<Shape, Dataset>,
    fields: Vec<(String, FieldType)>,
}

struct Owned {
    name: String,
    crs: String,
    z: bool,
    main: Shape,
}

/// What one Shapefile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Point,
    Points,
    Line,
    Polygon,
    /// Attributes alone.
    Table,
}

impl Shape {
    const ALL: [Self; 5] = [Self::Point, Self::Points, Self::Line, Self::Polygon, Self::Table];

    fn of(table: &FeatureTable, row: u32) -> Self {
        match table.geometry.kind(row) {
            GeometryKind::None => Self::Table,
            GeometryKind::Point if table.geometry.parts(row).len() == 1 => Self::Point,
            GeometryKind::Point => Self::Points,
            GeometryKind::Line => Self::Line,
            GeometryKind::Polygon => Self::Polygon,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Point => "points",
            Self::Points => "multipoints",
            Self::Line => "lines",
            Self::Polygon => "polygons",
            Self::Table => "table",
        }
    }

    fn ogr(self, z: bool) -> OGRwkbGeometryType::Type {
        match (self, z) {
            (Self::Point, false) => OGRwkbGeometryType::wkbPoint,
            (Self::Point, true) => OGRwkbGeometryType::wkbPoint25D,
            (Self::Points, false) => OGRwkbGeometryType::wkbMultiPoint,
            (Self::Points, true) => OGRwkbGeometryType::wkbMultiPoint25D,
            (Self::Line, false) => OGRwkbGeometryType::wkbMultiLineString,
            (Self::Line, true) => OGRwkbGeometryType::wkbMultiLineString25D,
            (Self::Polygon, false) => OGRwkbGeometryType::wkbMultiPolygon,
            (Self::Polygon, true) => OGRwkbGeometryType::wkbMultiPolygon25D,
            (Self::Table, _) => OGRwkbGeometryType::wkbNone,
        }
    }
}

/// What the format could not hold, counted.
#[derive(Debug, Default)]
struct Lost {
    /// Cells whose text was cut, by field.
    cut: Vec<(String, u64)>,
    booleans: Vec<String>,
    times: Vec<String>,
    empty: bool,
    numbers: bool,
    split: Vec<String>,
}

impl Lost {
    fn sentences(self) -> Vec<String> {
        let mut said = Vec::new();
        for (field, cells) in self.cut {
            said.push(format!("Shapefile: {cells} texts of {field} were longer than {TEXT} bytes and are cut"));
        }
        if !self.times.is_empty() {
            said.push(format!("Shapefile has dates without a time: {} are texts", self.times.join(", ")));
        }
        if !self.booleans.is_empty() {
            said.push(format!("Shapefile: yes and no of {} are 1 and 0", self.booleans.join(", ")));
        }
        if self.empty {
            said.push("Shapefile knows no difference between no text and an empty text".to_owned());
        }
        if self.numbers {
            said.push("Shapefile: numbers are kept to 11 decimals".to_owned());
        }
        for layer in self.split {
            said.push(format!("Shapefile holds one kind of geometry: layer {layer} is several files"));
        }
        said
    }
}

impl ShapeFile {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        gdal_setup::prepare();
        let (aside, folder) = (Aside::create(path)?, Folder::create(path)?);
        Ok(Self { path: path.to_owned(), aside, folder, layer: None, lost: Lost::default() })
    }

    fn said<T, E: std::fmt::Display>(&self, result: Result<T, E>) -> Result<T, WriteError> {
        result.map_err(|error| WriteError::new(&self.path, error))
    }

    /// What GDAL did; its reasons where it failed, for its codes tell people nothing.
    fn by_gdal<T>(&self, result: gdal::errors::Result<T>) -> Result<T, WriteError> {
        let reasons = gdal_setup::complaints().join("; ");
        result.map_err(|error| match reasons.is_empty() {
            true => WriteError::new(&self.path, format!("{error}; is the disk full?")),
            false => WriteError::new(&self.path, reasons),
        })
    }

    /// Ends the layer: its parts are whole on the disk.
    fn end(&mut self) -> Result<(), WriteError> {
        let Some(mut layer) = self.layer.take() else { return Ok(()) };
        if layer.kinds.is_empty() {
            // A layer without a row is a file without one.
            let shape = layer.head.main;
            self.dataset(&mut layer, shape)?;
        }
        if layer.kinds.len() > 1 {
            self.lost.split.push(layer.head.name.clone());
        }
        for shape in Shape::ALL {
            let Some(dataset) = layer.kinds.remove(&shape) else { continue };
            self.by_gdal(dataset.close())?;
        }
        for part in self.parts()? {
            let bytes = self.said(part.metadata())?.len();
            if bytes > LARGEST {
                let name = part.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let message = format!("{name} would have {bytes} bytes, and a Shapefile ends at 2 GiB: write a .gpkg");
                return Err(WriteError::new(&self.path, message));
            }
        }
        Ok(())
    }

    fn parts(&self) -> Result<Vec<PathBuf>, WriteError> {
        let entries = self.said(std::fs::read_dir(self.folder.path()))?;
        let mut parts: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        parts.retain(|part| Folder::is_content(part));
        parts.sort();
        Ok(parts)
    }

    /// The Shapefile for a kind of geometry, made at its first row.
    fn dataset<'a>(&self, layer: &'a mut Layer, shape: Shape) -> Result<&'a Dataset, WriteError> {
        if !layer.kinds.contains_key(&shape) {
            let dataset = self.by_gdal(self.made(layer, shape))?;
            layer.kinds.insert(shape, dataset);
        }
        layer.kinds.get(&shape).ok_or_else(|| WriteError::new(&self.path, "a part is missing"))
    }

    fn made(&self, layer: &Layer, shape: Shape) -> gdal::errors::Result<Dataset> {
        let Owned { name, crs, z, main } = &layer.head;
        let name = if shape == *main { name.clone() } else { format!("{name}_{}", shape.word()) };
        let ending = if shape == Shape::Table { "dbf" } else { "shp" };
        let place = self.folder.path().join(format!("{name}.{ending}"));
        let mut dataset = DriverManager::get_driver_by_name("ESRI Shapefile")?.create_vector_only(place)?;
        let reference = SpatialRef::from_definition(crs)?;
        let made = dataset.create_layer(LayerOptions {
            name: &name,
            srs: Some(&reference),
            ty: shape.ogr(*z),
            options: Some(&["ENCODING=UTF-8"]),
        })?;
        for (name, kind) in &layer.fields {
            let (kind, width, precision) = match kind {
                FieldType::Boolean => (OGRFieldType::OFTInteger, 1, 0),
                FieldType::Integer => (OGRFieldType::OFTInteger64, 18, 0),
                FieldType::Real => (OGRFieldType::OFTReal, 24, 11),
                FieldType::Text => (OGRFieldType::OFTString, 0, 0),
                FieldType::Time => (OGRFieldType::OFTString, 24, 0),
            };
            let field = FieldDefn::new(name, kind)?;
            field.set_width(width);
            field.set_precision(precision);
            field.add_to_layer(&made)?;
        }
        Ok(dataset)
    }

    fn rows(&mut self, layer: &mut Layer, table: &FeatureTable) -> Result<(), WriteError> {
        let mut blob = Vec::new();
        let mut cut = vec![0_u64; table.fields.len()];
        let shapes: Vec<Shape> = (0..table.len() as u32)
            .map(|row| match Shape::of(table, row) {
                // A feature without geometry is a null shape among the others.
                Shape::Table => layer.head.main,
                shape => shape,
            })
            .collect();
        for shape in Shape::ALL {
            if !shapes.contains(&shape) {
                continue;
            }
            let dataset = self.dataset(layer, shape)?;
            let write = || -> gdal::errors::Result<()> {
                let file = dataset.layer(0)?;
                for row in (0..table.len() as u32).filter(|row| shapes[*row as usize] == shape) {
                    let mut feature = Feature::new(file.defn())?;
                    blob.clear();
                    wkb::push(&table.geometry, row, &mut blob);
                    let placed = table.geometry.vertices(row).iter().flatten().all(|v| v.is_finite());
                    if !blob.is_empty() && placed {
                        feature.set_geometry(Geometry::from_wkb(&blob)?)?;
                    }
                    for (at, field) in table.fields.iter().enumerate() {
                        match field.values.get(row) {
                            Value::Null => {}
                            Value::Boolean(v) => feature.set_field_integer(at, i32::from(v))?,
                            Value::Integer(v) => feature.set_field_integer64(at, v)?,
                            Value::Real(v) if v.is_finite() => feature.set_field_double(at, v)?,
                            Value::Real(_) => {}
                            Value::Text(v) => {
                                let (text, whole) = fit(&v, TEXT);
                                cut[at] += u64::from(!whole);
                                feature.set_field_string(at, &text)?;
                            }
                            moment @ Value::Time(_) => feature.set_field_string(at, &moment.to_string())?,
                        }
                    }
                    feature.create(&file)?;
                }
                Ok(())
            };
            let mut write = write;
            self.by_gdal(write())?;
        }
        for (field, cells) in table.fields.iter().zip(cut).filter(|(_, cells)| *cells > 0) {
            match self.lost.cut.iter_mut().find(|(name, _)| *name == field.name) {
                Some((_, count)) => *count += cells,
                None => self.lost.cut.push((field.name.clone(), cells)),
            }
        }
        Ok(())
    }
}

impl LayerWriter for ShapeFile {
    fn begin(&mut self, head: &Head<'_>, fields: &FeatureTable) -> Result<Renamed, WriteError> {
        self.end()?;
        let names = short_names(fields.fields.iter().map(|field| field.name.as_str()));
        let renamed = fields.fields.iter().zip(&names).filter(|(field, name)| field.name != **name);
        let renamed: Renamed = renamed.map(|(field, name)| (field.name.clone(), name.clone())).collect();
        for field in &fields.fields {
            match field.values.kind() {
                FieldType::Boolean => self.lost.booleans.push(field.name.clone()),
                FieldType::Time => self.lost.times.push(field.name.clone()),
                FieldType::Text => self.lost.empty = true,
                FieldType::Real => self.lost.numbers = true,
                FieldType::Integer => {}
            }
        }
        let fields: Vec<(String, FieldType)> =
            names.into_iter().zip(fields.fields.iter().map(|field| field.values.kind())).collect();
        let main = match head.kind {
            GeometryKind::None => Shape::Table,
            GeometryKind::Point => Shape::Point,
            GeometryKind::Line => Shape::Line,
            GeometryKind::Polygon => Shape::Polygon,
        };
        let head = Owned { name: head.name.to_owned(), crs: head.crs.definition().to_owned(), z: head.z, main };
        self.layer = Some(Layer { head, kinds: HashMap::new(), fields });
        Ok(renamed)
    }

    fn push(&mut self, rows: &FeatureTable, _: Option<&Heights>) -> Result<(), WriteError> {
        let Some(mut layer) = self.layer.take() else { return Ok(()) };
        let done = self.rows(&mut layer, rows);
        self.layer = Some(layer);
        done
    }

    fn finish(mut self: Box<Self>, progress: &Progress) -> Result<Vec<String>, WriteError> {
        self.end()?;
        let parts = self.parts()?;
        progress.stage("packing", parts.len() as u64);
        let file = self.aside.file().try_clone();
        let file = self.said(file)?;
        let mut zip = zip::ZipWriter::new(BufWriter::with_capacity(1 << 20, file));
        for (number, part) in parts.iter().enumerate() {
            progress.at(number as u64).map_err(|_| WriteError::cancelled(&self.path))?;
            let name = part.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let pack = || -> io::Result<()> {
                zip.start_file(name, SimpleFileOptions::default())?;
                io::copy(&mut File::open(part)?, &mut zip)?;
                Ok(())
            };
            self.said(pack())?;
        }
        let out = self.said(zip.finish())?;
        self.said(out.into_inner().map_err(io::IntoInnerError::into_error))?;
        self.aside.keep()?;
        Ok(self.lost.sentences())
    }
}

/// The beginning of a text that has so many bytes at most, and whether that is all of it.
fn fit(text: &str, most: usize) -> (std::borrow::Cow<'_, str>, bool) {
    // A zero byte would end the text for GDAL.
    let text = if text.contains('\0') { text.replace('\0', " ").into() } else { std::borrow::Cow::Borrowed(text) };
    if text.len() <= most {
        return (text, true);
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (text[..end].to_owned().into(), false)
}

/// Names of ten bytes at most, different from each other whatever the case.
fn short_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        let (short, _) = fit(name, NAME);
        let mut free = if short.is_empty() { "field".to_owned() } else { short.into_owned() };
        let mut number = 1;
        while taken.iter().any(|other| other.eq_ignore_ascii_case(&free) || other.to_lowercase() == free.to_lowercase())
        {
            let end = format!("_{number}");
            free = format!("{}{end}", fit(name, NAME - end.len()).0);
            number += 1;
        }
        taken.push(free);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Chinese character is three bytes of UTF-8: three fit into ten.
    #[test]
    fn names_are_shortened_and_stay_different() {
        let names = ["building_height", "building_heights", "建筑高度米", "建筑高度尺", "id", "ID"];
        let short = short_names(names.into_iter());
        assert_eq!(short, ["building_h", "building_1", "建筑高", "建筑_1", "id", "ID_1"]);
        assert!(short.iter().all(|name| name.len() <= NAME));
    }
}
