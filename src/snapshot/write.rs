//! One writer for each format. A file appears under its name when it is whole; an older one stays until then.

use std::io;
use std::path::Path;

use super::page::words::Language;
use super::runs::{Chosen, Way};
use super::solid::{self, SolidFormat};
use super::wish::{Format, Wish, WishedLayer};
use crate::analysis::colour::{Painter, role_colour};
use crate::city::{City, CityLayer};
use crate::formats::WriteError;
use crate::formats::csv::CsvFile;
use crate::formats::dxf::DxfFile;
use crate::formats::flatgeobuf::GeobufFile;
use crate::formats::geojson::JsonFile;
use crate::formats::geopackage::GeoPackage;
use crate::formats::geoparquet::ParquetFile;
use crate::formats::kml::KmlFile;
use crate::formats::qml::Drawn;
use crate::formats::writer::{Head, LayerWriter};
use crate::formats::xlsx::{XlsxFile, check_rows};
use crate::model::style::{Rules, read_colour};
use crate::model::{FeatureTable, Layer, Meaning};
use crate::place::{Bounds, Crs, PlaceError, Transform};
use crate::query::{Filter, FilterError};
use crate::report::Progress;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The wish itself: a format, a CRS, fields or layers that do not go together.
    #[error("{0}")]
    Wish(String),
    /// A condition that a layer cannot answer.
    #[error("layer {layer}: {reason}")]
    Filter {
        /// The layer's id.
        layer: String,
        /// Why not.
        reason: FilterError,
    },
    /// A layer that cannot be read any more.
    #[error("layer {layer}: {reason}")]
    Read {
        /// The layer's id.
        layer: String,
        /// Why not.
        reason: io::Error,
    },
    /// The file that cannot be written, or the user stopped it.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What was written of a layer.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct TakenLayer {
    /// Its id.
    pub layer: String,
    /// Features that were written.
    pub features: u64,
    /// So many have no geometry in the CRS that was written: of `features` in a table, besides them in a model.
    pub without_place: u64,
    /// Fields that were masked.
    pub masked: Vec<String>,
    /// Fields that have another name in the file: old and new.
    pub renamed: Vec<(String, String)>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Taken {
    /// What its coordinates are in, as PROJ reads it: a code where one says it all.
    pub crs: String,
    /// Each layer.
    pub layers: Vec<TakenLayer>,
    /// What the user should know of the file.
    pub notes: Vec<String>,
}

impl Taken {
    /// What the user should know, a line for each thing. Notes are in English.
    pub fn lines(&self, language: Language) -> Vec<String> {
        let mut lines = Vec::new();
        for layer in &self.layers {
            let id = &layer.layer;
            if !layer.masked.is_empty() {
                let fields = layer.masked.join(language.pick("、", ", "));
                lines.push(language.pick(
                    format!("图层 {id}：个人信息已脱敏（{fields}）"),
                    format!("layer {id}: personal data is masked ({fields})"),
                ));
            }
            for (old, new) in &layer.renamed {
                lines.push(language.pick(
                    format!("图层 {id}：字段 {old} 在文件中名为 {new}"),
                    format!("layer {id}: field {old} is called {new} in the file"),
                ));
            }
            if layer.without_place > 0 {
                let count = layer.without_place;
                lines.push(language.pick(
                    format!("警告：图层 {id} 有 {count} 个要素在文件中没有几何"),
                    format!("warning: layer {id}: {count} features have no geometry in the file"),
                ));
            }
        }
        lines.extend(self.notes.iter().map(|note| language.pick(format!("说明：{note}"), format!("note: {note}"))));
        lines
    }
}

/// Writes a snapshot into a file; its ending says the format.
///
/// # Errors
/// [`SnapshotError`]; nothing was written then, and an older file of that name is as it was.
pub fn take(city: &City, wish: &Wish, out: &Path, progress: &Progress) -> Result<Taken, SnapshotError> {
    if SolidFormat::of(out).is_some() {
        return solid::write(city, wish, out, progress);
    }
    let format = Format::of(out).ok_or_else(|| {
        let solids = SolidFormat::ALL.iter().flat_map(|format| format.endings());
        let endings: Vec<String> = Format::ALL
            .iter()
            .flat_map(|format| format.endings())
            .chain(solids)
            .map(|ending| format!(".{ending}"))
            .collect();
        SnapshotError::Wish(format!("{}: the ending says the format; there are {}", out.display(), endings.join(", ")))
    })?;
    let lonlat = Crs::parse("EPSG:4326").map_err(|error| SnapshotError::Wish(error.to_string()))?;
    let crs = if format.is_lonlat() { &lonlat } else { &wish.crs };
    let mut taken = Taken { crs: crs.definition().to_owned(), ..Taken::default() };
    taken.notes.extend(elsewhere(city, crs));
    if format.is_lonlat() && wish.crs.code() != lonlat.code() && wish.crs.code() != city.crs.code() {
        taken.notes.push(format!("this format holds longitude and latitude of WGS 84, and not {}", wish.crs.name()));
    }
    if let Some(offset) = wish.offset {
        if !crs.is_geographic() {
            let message = format!("{} coordinates are longitude and latitude: choose EPSG:4326", offset.word());
            return Err(SnapshotError::Wish(message));
        }
        taken.notes.push(format!(
            "coordinates are shifted as {} has them, up to 700 m; the file cannot say so: keep that with it",
            offset.word()
        ));
    }
    if wish.layers.is_empty() {
        return Err(SnapshotError::Wish("no layer was chosen".to_owned()));
    }
    if wish.layers.len() > 1 && !format.holds_layers() {
        let ids: Vec<&str> = wish.layers.iter().filter_map(|wished| id_of(city, wished.layer)).collect();
        return Err(SnapshotError::Wish(format!(
            "{} holds one layer, and {} were chosen ({}): choose one, or write a .gpkg",
            out.display(),
            ids.len(),
            ids.join(", ")
        )));
    }
    let way = Way::new(&city.crs, crs, wish.offset)
        .map_err(|error: PlaceError| SnapshotError::Wish(format!("there is no way into {}: {error}", crs.name())))?;
    let mut writer = writer(format, out)?;
    for wished in &wish.layers {
        let Some(layer) = city.layers.get(wished.layer) else { continue };
        let id = layer.layer.id.clone();
        let chosen =
            Chosen::of(layer, wish, wished).map_err(|reason| SnapshotError::Filter { layer: id.clone(), reason })?;
        let asked = wished.filter.as_ref().map(Filter::fields).unwrap_or_default();
        let probed = chosen.masks.among(&asked);
        if !probed.is_empty() {
            // Asked value by value, the condition would tell what the mask hides.
            let message = format!("layer {id}: {} holds personal data, which is masked", probed.join(", "));
            return Err(SnapshotError::Wish(message));
        }
        let total = chosen.rows.len() as u64;
        // Before anything is written; what is cut at a box may be fewer.
        if format == Format::Xlsx && !wish.clip {
            check_rows(out, &id, total)?;
        }
        progress.stage(format!("writing {id}"), total);
        let head = Head {
            name: &id,
            title: layer.layer.title.zh(),
            crs,
            kind: chosen.kind(),
            z: chosen.has_z(),
            label: chosen.name_of(Meaning::Name).or_else(|| chosen.name_of(Meaning::Id)),
            colour: colour(&layer.layer),
        };
        let mut done = TakenLayer {
            masked: chosen.masked().into_iter().map(str::to_owned).collect(),
            renamed: writer.begin(&head, &chosen.empty())?,
            ..TakenLayer::default()
        };
        if format == Format::GeoPackage {
            style(writer.as_mut(), layer, wished, &chosen, &done.renamed)?;
        }
        let mut flattened = 0;
        for run in 0..chosen.runs() {
            progress.at(done.features).map_err(|_| WriteError::cancelled(out))?;
            let run = chosen.run(run, &way).map_err(|reason| SnapshotError::Read { layer: id.clone(), reason })?;
            writer.push(&run.table, run.heights.as_ref())?;
            let rows = run.table.len() as u32;
            done.features += u64::from(rows);
            done.without_place += (0..rows).filter(|row| !is_placed(&run.table, *row)).count() as u64;
            flattened += run.flattened;
        }
        if flattened > 0 {
            let message = format!("layer {id}: {flattened} features were cut and lost the heights of their vertices");
            taken.notes.push(message);
        }
        done.layer = id;
        taken.layers.push(done);
    }
    progress.stage("finishing", 0);
    taken.notes.extend(writer.finish(progress)?);
    Ok(taken)
}

/// A sentence where a CRS is meant for another part of the world than the city.
fn elsewhere(city: &City, crs: &Crs) -> Option<String> {
    let area = crs.area_of_use()?;
    let place = Transform::new(&city.crs, &Crs::wgs84().ok()?).ok()?.point(city.extent.centre())?;
    let near = [place, [place[0] + 360.0, place[1]]].iter().any(|place| area.grown(1.0).holds(*place));
    (!near).then(|| {
        let Bounds { min: [west, south], max: [east, north] } = area;
        format!(
            "warning: {} is meant for longitudes {west:.0} to {east:.0} and latitudes {south:.0} to {north:.0}, and the city \
             lies at {:.1}, {:.1}: distances and areas in the file are wrong there",
            crs.name(),
            place[0],
            place[1]
        )
    })
}

/// Says of a model which CRS it is in, and what is wrong with its lengths; without one it lies on the globe.
pub(super) fn place_model(city: &City, crs: Option<&Crs>, taken: &mut Taken) {
    let Some(crs) = crs else {
        // WGS 84, metres from the middle of the earth.
        "EPSG:4978".clone_into(&mut taken.crs);
        return;
    };
    crs.definition().clone_into(&mut taken.crs);
    taken.notes.extend(elsewhere(city, crs));
    let lonlat = || Transform::new(&city.crs, &Crs::wgs84().ok()?).ok()?.point(city.extent.centre());
    if crs.code() == Some("EPSG:3857")
        && let Some([_, lat]) = lonlat()
    {
        taken.notes.push(format!(
            "warning: lengths of {} are {:.2} times the true ones at latitude {lat:.1}, and heights are true: the model is \
             too flat",
            crs.name(),
            1.0 / lat.to_radians().cos()
        ));
    }
}

fn id_of(city: &City, layer: usize) -> Option<&str> {
    city.layers.get(layer).map(|layer| layer.layer.id.as_str())
}

fn is_placed(table: &FeatureTable, row: u32) -> bool {
    let vertices = table.geometry.vertices(row);
    !vertices.is_empty() && vertices.iter().flatten().all(|v| v.is_finite())
}

/// The writer of a format.
fn writer(format: Format, path: &Path) -> Result<Box<dyn LayerWriter>, WriteError> {
    Ok(match format {
        Format::GeoPackage => Box::new(GeoPackage::create(path)?),
        Format::GeoJson => Box::new(JsonFile::create(path, true)?),
        Format::NdJson => Box::new(JsonFile::create(path, false)?),
        Format::FlatGeobuf => Box::new(GeobufFile::create(path)?),
        Format::GeoParquet => Box::new(ParquetFile::create(path)?),
        #[cfg(feature = "gdal")]
        Format::Shapefile => Box::new(crate::formats::shapefile::ShapeFile::create(path)?),
        Format::Csv => Box::new(CsvFile::create(path)?),
        Format::Xlsx => Box::new(XlsxFile::create(path)?),
        Format::Kml => Box::new(KmlFile::create(path, false)?),
        Format::Kmz => Box::new(KmlFile::create(path, true)?),
        Format::Dxf => Box::new(DxfFile::create(path)?),
    })
}

/// Says how a layer is drawn, as far as the fields in the file tell it.
fn style(
    writer: &mut dyn LayerWriter,
    layer: &CityLayer,
    wished: &WishedLayer,
    chosen: &Chosen<'_>,
    renamed: &[(String, String)],
) -> Result<(), WriteError> {
    let style = wished.style.as_ref().unwrap_or(&layer.layer.style);
    let in_file = |key: &str| {
        let field = chosen.fields.iter().find(|field| field.key == key && !chosen.masks.hides(key))?;
        Some(renamed.iter().find(|(old, _)| *old == field.name).map_or(field.name.as_str(), |(_, new)| new.as_str()))
    };
    let rules = Painter::learn(layer.known(), style).0.rules(layer.known());
    let rules = rules.and_then(|rules| match rules.field() {
        None => Some(rules),
        Some(field) => in_file(field).map(|name| rules.clone().renamed(name)),
    });
    let rules = rules.unwrap_or_else(|| Rules::One(colour(&layer.layer)));
    let label = style.label_by.as_deref().and_then(in_file);
    writer.style(&Drawn { rules: &rules, opacity: style.opacity, label })
}

/// The colour of a layer as a whole.
fn colour(layer: &Layer) -> [u8; 3] {
    layer.style.colour.as_deref().and_then(read_colour).unwrap_or_else(|| role_colour(layer.role))
}
