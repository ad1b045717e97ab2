//! One writer for each format. A file appears under its name when it is whole; an older one stays until then.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::runs::{Chosen, Way};
use super::wish::{Format, Wish};
use crate::city::City;
use crate::formats::aside::Aside;
use crate::formats::csv::record;
use crate::formats::flatgeobuf::sorted::SortedWriter;
use crate::formats::geojson::Features;
use crate::formats::geopackage::{GeoPackage, Head};
use crate::formats::{WriteError, wkt};
use crate::model::FeatureTable;
use crate::place::{Crs, PlaceError};
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
    /// Of these, so many have no geometry in the CRS that was written.
    pub without_place: u64,
    /// Fields that were masked.
    pub masked: Vec<String>,
    /// Fields that have another name in the file: old and new.
    pub renamed: Vec<(String, String)>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Taken {
    /// Each layer.
    pub layers: Vec<TakenLayer>,
    /// What the user should know of the file.
    pub notes: Vec<String>,
}

/// Writes a snapshot into a file; its ending says the format.
///
/// # Errors
/// [`SnapshotError`]; nothing was written then, and an older file of that name is as it was.
pub fn take(city: &City, wish: &Wish, out: &Path, progress: &Progress) -> Result<Taken, SnapshotError> {
    let format = Format::of(out).ok_or_else(|| {
        let endings: Vec<String> =
            Format::ALL.iter().flat_map(|format| format.endings()).map(|ending| format!(".{ending}")).collect();
        SnapshotError::Wish(format!("{}: the ending says the format; there are {}", out.display(), endings.join(", ")))
    })?;
    let lonlat = Crs::parse("EPSG:4326").map_err(|error| SnapshotError::Wish(error.to_string()))?;
    let crs = if format.is_lonlat() { &lonlat } else { &wish.crs };
    let mut taken = Taken::default();
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
    let mut writer = Writer::create(format, out)?;
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
        progress.stage(format!("writing {id}"), total);
        let title = layer.layer.title.zh().to_owned();
        let head = Head { name: &id, title: &title, crs, z: chosen.has_z() };
        let renamed = writer.begin(&head, &chosen.empty())?;
        let mut done = TakenLayer {
            masked: chosen.masked().into_iter().map(str::to_owned).collect(),
            renamed,
            ..TakenLayer::default()
        };
        for run in 0..chosen.runs() {
            progress.at(done.features).map_err(|_| WriteError::cancelled(out))?;
            let table = chosen.run(run, &way).map_err(|reason| SnapshotError::Read { layer: id.clone(), reason })?;
            writer.push(&table)?;
            done.features += table.len() as u64;
            done.without_place += (0..table.len() as u32).filter(|row| !is_placed(&table, *row)).count() as u64;
        }
        done.layer = id;
        taken.layers.push(done);
    }
    writer.finish(progress)?;
    Ok(taken)
}

fn id_of(city: &City, layer: usize) -> Option<&str> {
    city.layers.get(layer).map(|layer| layer.layer.id.as_str())
}

fn is_placed(table: &FeatureTable, row: u32) -> bool {
    let vertices = table.geometry.vertices(row);
    !vertices.is_empty() && vertices.iter().flatten().all(|v| v.is_finite())
}

/// A file that is being written.
struct Writer {
    path: std::path::PathBuf,
    kind: Kind,
}

enum Kind {
    Package(Box<GeoPackage>),
    Json(Aside, Features<BufWriter<File>>),
    /// Begun with the layer, whose name it says.
    Geobuf(Option<Box<SortedWriter>>),
    Csv(Aside, BufWriter<File>),
}

impl Writer {
    fn create(format: Format, path: &Path) -> Result<Self, SnapshotError> {
        let fail = |error: io::Error| WriteError::new(path, error);
        let begin = || -> Result<(Aside, BufWriter<File>), WriteError> {
            let mut aside = Aside::create(path)?;
            let file = aside.file().try_clone().map_err(fail)?;
            Ok((aside, BufWriter::with_capacity(1 << 20, file)))
        };
        let kind = match format {
            Format::GeoPackage => Kind::Package(Box::new(GeoPackage::create(path)?)),
            Format::GeoJson | Format::NdJson => {
                let (aside, out) = begin()?;
                Kind::Json(aside, Features::begin(out, format == Format::GeoJson).map_err(fail)?)
            }
            Format::FlatGeobuf => Kind::Geobuf(None),
            Format::Csv => {
                let (aside, out) = begin()?;
                Kind::Csv(aside, out)
            }
        };
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Begins a layer; names of fields that had to be changed.
    fn begin(&mut self, head: &Head<'_>, empty: &FeatureTable) -> Result<Vec<(String, String)>, SnapshotError> {
        match &mut self.kind {
            Kind::Package(package) => return Ok(package.begin(head, empty)?),
            Kind::Json(..) => {}
            Kind::Geobuf(writer) => {
                let mut begun = SortedWriter::create(&self.path, head.name, head.crs)?;
                // Fields are known although there may be no row.
                begun.push(empty)?;
                *writer = Some(Box::new(begun));
            }
            Kind::Csv(_, out) => {
                let mut cells: Vec<String> = empty.fields.iter().map(|field| field.name.clone()).collect();
                cells.push("wkt".to_owned());
                // Spreadsheets take it for another encoding without.
                out.write_all("\u{feff}".as_bytes())
                    .and_then(|()| record(out, &cells))
                    .map_err(|error| WriteError::new(&self.path, error))?;
            }
        }
        Ok(Vec::new())
    }

    fn push(&mut self, table: &FeatureTable) -> Result<(), SnapshotError> {
        let path = &self.path;
        let fail = |error: io::Error| WriteError::new(path, error);
        match &mut self.kind {
            Kind::Package(package) => package.push(table)?,
            Kind::Json(_, features) => features.push(table).map_err(fail)?,
            Kind::Geobuf(Some(writer)) => writer.push(table)?,
            Kind::Geobuf(None) => {}
            Kind::Csv(_, out) => {
                for row in 0..table.len() as u32 {
                    let mut cells: Vec<String> =
                        table.fields.iter().map(|field| field.values.get(row).to_string()).collect();
                    cells.push(wkt::text_of(&table.geometry, row));
                    record(out, &cells).map_err(fail)?;
                }
            }
        }
        Ok(())
    }

    fn finish(self, progress: &Progress) -> Result<(), SnapshotError> {
        let path = &self.path;
        let fail = |error: io::Error| WriteError::new(path, error);
        match self.kind {
            Kind::Package(package) => package.finish()?,
            Kind::Json(aside, features) => {
                features.finish().map_err(fail)?;
                aside.keep()?;
            }
            Kind::Geobuf(writer) => {
                if let Some(writer) = writer {
                    writer.finish(progress)?;
                }
            }
            Kind::Csv(aside, mut out) => {
                out.flush().map_err(fail)?;
                aside.keep()?;
            }
        }
        Ok(())
    }
}
