//! Settling where a layer lies: declared by the project, else said by the file, else guessed from the
//! numbers, else unknown — and an unknown layer is not placed.

use super::read::Opened;
use super::stray;
use crate::formats::{RawData, RawLayer, RawRaster};
use crate::model::Title;
use crate::model::project::ProjectLayer;
use crate::place::{Bounds, Crs, CrsBasis, FoundCrs, LonLatBridge, Offset, Transform, doctor, plausible};
use crate::report::{Issue, Report, Severity};

/// Vertices looked at to judge a layer.
const SAMPLE: usize = 4096;
/// A guess at least this sure helps to guess others.
const SURE: f64 = 0.8;

/// A vector layer of which it is known where it lies.
#[derive(Debug)]
pub(super) struct Settled<'a> {
    pub spec: &'a ProjectLayer,
    pub id: String,
    pub title: Title,
    pub raw: RawLayer,
    pub offset: Option<Offset>,
    /// The file of which the rows are only a sample.
    pub big: Option<std::path::PathBuf>,
    /// Whether the guess says that the axes have to be exchanged.
    pub swapped: bool,
    /// Some of the vertices in the layer's own CRS, east/longitude first.
    pub sample: Vec<[f64; 2]>,
    /// Where most of it lies, degrees; empty for a table without coordinates.
    pub lonlat: Bounds,
}

/// A raster of which it is known where it lies.
#[derive(Debug)]
pub(super) struct SettledRaster<'a> {
    pub spec: &'a ProjectLayer,
    pub id: String,
    pub title: Title,
    pub raw: RawRaster,
    pub crs: Crs,
    pub lonlat: Bounds,
}

/// Settles all layers. Those that cannot be placed become errors in the report.
pub(super) fn settle_all<'a>(
    opened: Vec<Opened<'a>>,
    report: &mut Report,
) -> (Vec<Settled<'a>>, Vec<SettledRaster<'a>>) {
    let mut layers: Vec<Option<Settled<'a>>> = Vec::new();
    let mut open: Vec<(usize, Settled<'a>)> = Vec::new();
    let mut rasters = Vec::new();
    for Opened { spec, id, title, data, big } in opened {
        match data {
            RawData::Raster(raw) => match settle_raster(spec, &raw) {
                Ok((crs, lonlat)) => rasters.push(SettledRaster { spec, id, title, raw, crs, lonlat }),
                Err(reason) => report.add(Severity::Error, &id, reason),
            },
            RawData::Vector(raw) => match begin(spec, id, title, raw) {
                Ok(mut layer) => {
                    layer.big = big;
                    if layer.is_known() {
                        layer.look();
                        layers.push(Some(layer));
                    } else {
                        layers.push(None);
                        open.push((layers.len() - 1, layer));
                    }
                }
                Err(issue) => report.issues.push(issue),
            },
        }
    }
    let known = layers.iter().flatten().map(|layer| (layer.lonlat, layer.raw.table.len() as u64));
    let mut boxes: Vec<(Bounds, u64)> = known.chain(rasters.iter().map(|raster| (raster.lonlat, 1))).collect();
    // Two rounds: what the numbers alone make sure helps to tell the zone of the others.
    for last in [false, true] {
        let mut still = Vec::new();
        for (slot, mut layer) in open {
            layer.guess(&stray::city_of(&boxes));
            let sure = layer.raw.crs.confidence;
            if layer.raw.crs.crs.is_none() || (!last && sure < SURE) {
                still.push((slot, layer));
                continue;
            }
            layer.accept_guess();
            boxes.push((layer.lonlat, layer.raw.table.len() as u64));
            layers[slot] = Some(layer);
        }
        open = still;
    }
    for (_, layer) in open {
        report.issues.extend(layer.raw.report.issues);
        report.add(
            Severity::Error,
            &layer.id,
            format!(
                "{} is not shown because nobody says where it lies: {}. Declare it with crs = \"EPSG:…\" in project.toml, or with --crs when importing",
                layer.spec.source, layer.raw.crs.note
            ),
        );
    }
    (layers.into_iter().flatten().collect(), rasters)
}

/// What the project and the file say about a layer; its CRS stays unknown when nobody says.
fn begin<'a>(spec: &'a ProjectLayer, id: String, title: Title, mut raw: RawLayer) -> Result<Settled<'a>, Issue> {
    let refuse = |message: String| Issue { severity: Severity::Error, layer: id.clone(), feature: None, message };
    let offset = match &spec.offset {
        None => None,
        Some(word) => Some(Offset::from_word(word).ok_or_else(|| {
            refuse(format!(
                "offset = \"{word}\" is not known (gcj02 or bd09), and without undoing it the layer would lie up to a kilometre off: it is not shown"
            ))
        })?),
    };
    let sample = doctor::sample(&raw.table.geometry.xy, SAMPLE);
    let said = std::mem::replace(&mut raw.crs, FoundCrs::unknown(""));
    if let Some(text) = &spec.crs {
        let declared = Crs::parse(text).map_err(|error| refuse(error.to_string()))?;
        if let Some(other) = said.crs.filter(|other| *other != declared) {
            raw.report.note(&id, format!("the source says {other}; the project declares {declared}, which is used"));
        }
        raw.crs = FoundCrs::declared(declared);
    } else if let Some(crs) = &said.crs {
        let impossible = crs.is_geographic() && !sample.is_empty() && !doctor::can_be_degrees(&sample);
        if impossible {
            let why = format!("the source says {crs}, but its numbers are no degrees");
            raw.report.warn(&id, format!("{why}: the CRS is looked for in the numbers"));
            raw.crs = FoundCrs::unknown(why);
        } else {
            raw.crs = said;
        }
    } else {
        raw.crs = said;
    }
    Ok(Settled { spec, id, title, raw, offset, big: None, swapped: false, sample, lonlat: Bounds::EMPTY })
}

impl Settled<'_> {
    /// Whether it is known where it lies, or it has no coordinates at all.
    fn is_known(&self) -> bool {
        self.raw.crs.crs.is_some() || self.sample.is_empty()
    }

    /// Finds its place on the earth and says what is odd about it.
    fn look(&mut self) {
        let Some(crs) = &self.raw.crs.crs else { return };
        self.lonlat = lonlat_of(crs, &self.sample);
        let odd = plausible::check(crs, &self.raw.table.geometry.extent(), &self.sample);
        for message in odd {
            self.raw.report.warn(&self.id, message);
        }
    }

    fn guess(&mut self, hint: &Bounds) {
        let before = std::mem::take(&mut self.raw.crs.note);
        let extent = self.raw.table.geometry.extent();
        let mut guess = doctor::guess(&extent, &self.sample, Some(hint));
        if guess.found.crs.is_none() && !before.is_empty() && !before.contains(&guess.found.note) {
            guess.found.note = format!("{before}; {}", guess.found.note);
        }
        self.raw.crs = guess.found;
        self.swapped = guess.swapped;
    }

    fn accept_guess(&mut self) {
        if self.swapped {
            let swap = |point: &mut [f64; 2]| point.reverse();
            self.raw.table.geometry.xy.iter_mut().for_each(swap);
            self.sample.iter_mut().for_each(swap);
            self.raw.report.warn(&self.id, "north (latitude) comes first in the data: the axes were exchanged");
        }
        if let Some(crs) = &self.raw.crs.crs {
            let message = format!(
                "the CRS was guessed: {crs}, {:.0} % sure: {}. If that is wrong declare crs = \"EPSG:…\"",
                self.raw.crs.confidence * 100.0,
                self.raw.crs.note
            );
            self.raw.report.warn(&self.id, message);
        }
        self.look();
    }

    /// Whether its file can be read by window as it is: its coordinates are those of the project.
    pub(super) fn lies_in(&self, project: &Crs) -> bool {
        self.offset.is_none() && !self.swapped && self.raw.crs.crs.as_ref() == Some(project)
    }

    /// Whether somebody said where it lies, rather than a guess.
    pub(super) fn is_said(&self) -> bool {
        self.raw.crs.basis != CrsBasis::Guessed
    }
}

fn settle_raster(spec: &ProjectLayer, raw: &RawRaster) -> Result<(Crs, Bounds), String> {
    let crs = match (&spec.crs, &raw.crs.crs) {
        (Some(text), _) => Crs::parse(text).map_err(|error| error.to_string())?,
        (None, Some(crs)) => crs.clone(),
        (None, None) => {
            return Err(format!(
                "{} is not shown because it does not say its CRS: declare it with crs = \"EPSG:…\"",
                spec.source
            ));
        }
    };
    if raw.extent.is_empty() {
        return Err(format!(
            "{} is not shown because it has no position: it needs a world file or a georeferenced format such as GeoTIFF",
            spec.source
        ));
    }
    let lonlat = LonLatBridge::new(&crs).map_or(Bounds::EMPTY, |bridge| bridge.lonlat_bounds(&raw.extent));
    if lonlat.is_empty() {
        return Err(format!("{} is not shown: read as {crs} it lies nowhere on the earth", spec.source));
    }
    Ok((crs, lonlat))
}

/// The box in degrees where most of the points of a CRS lie; empty where they lie nowhere.
pub(super) fn lonlat_of(crs: &Crs, points: &[[f64; 2]]) -> Bounds {
    let Some(way) = Crs::wgs84().ok().and_then(|degrees| Transform::new(crs, &degrees).ok()) else {
        return Bounds::EMPTY;
    };
    let mut points = points.to_vec();
    way.apply(&mut points);
    doctor::core(&points).unwrap_or(Bounds::EMPTY)
}
