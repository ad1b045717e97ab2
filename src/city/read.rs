//! Reading the sources of a project: FlatGeobufs side by side, all others one after the other, since their readers
//! use all cores themselves.

use std::path::PathBuf;

use rayon::prelude::*;

use super::CityError;
use super::source::{resolve, slug, stem, unique};
use super::{big, remote};
use crate::formats::flatgeobuf::bytes::is_address;
use crate::formats::{self, OpenOptions, RawData};
use crate::model::Title;
use crate::model::project::{Project, ProjectLayer};
use crate::report::{Issue, Progress, Report, Severity};

/// One layer of a source, as read, with what the project says about it.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    pub spec: &'a ProjectLayer,
    pub id: String,
    pub title: Title,
    pub data: RawData,
    /// The file of which `data` is only a sample.
    pub big: Option<PathBuf>,
}

/// Reads every source; what cannot be read is an error in the report.
pub(super) fn read_all<'a>(
    project: &'a Project,
    progress: &Progress,
    report: &mut Report,
) -> Result<Vec<Opened<'a>>, CityError> {
    let mut taken = Vec::new();
    let mut all = Vec::new();
    let flatgeobufs = read_flatgeobufs(project, progress);
    for (spec, read) in project.layers.iter().zip(flatgeobufs) {
        progress.stage(format!("reading {}", spec.source), 0);
        progress.at(0).map_err(|_| CityError::Cancelled)?;
        let name = if spec.id.is_empty() { slug(stem(&spec.source)) } else { spec.id.clone() };
        let options = options_of(spec);
        let in_turn = || {
            let path = resolve(project, spec)?;
            let path = match remote::near(path, progress) {
                Ok(path) => path,
                Err(error) if error.cancelled => return Ok(None),
                Err(error) => return Err(error.to_string()),
            };
            let sample = big::sample(&path, &options, progress);
            let is_big = sample.is_some();
            match sample.unwrap_or_else(|| formats::open(&path, &options, progress)) {
                Ok(data) => Ok(Some((data, is_big.then_some(path)))),
                Err(error) if error.cancelled => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        };
        match read.map_or_else(in_turn, |read| Ok(Some(read))) {
            Ok(Some((data, big))) => {
                let named = name_layers(spec, &name, data, &mut taken, report);
                all.extend(named.into_iter().map(|opened| Opened { big: big.clone(), ..opened }));
            }
            Ok(None) => return Err(CityError::Cancelled),
            Err(reason) => report.add(Severity::Error, &name, reason),
        }
    }
    Ok(all)
}

/// What a source holds, and the file when that is only a sample.
type Read = (Vec<RawData>, Option<PathBuf>);

/// FlatGeobufs on this machine, side by side: their reader uses one core, and a converted project is made of them.
/// `None` for all others, and for those that cannot be read: they are refused in their turn.
fn read_flatgeobufs(project: &Project, progress: &Progress) -> Vec<Option<Read>> {
    let read = |spec: &ProjectLayer| {
        let path = resolve(project, spec).ok().filter(|path| !is_address(path))?;
        if !path.extension()?.eq_ignore_ascii_case("fgb") {
            return None;
        }
        match big::sample(&path, &options_of(spec), progress) {
            Some(sample) => Some((sample.ok()?, Some(path))),
            None => Some((formats::open(&path, &options_of(spec), progress).ok()?, None)),
        }
    };
    project.layers.par_iter().map(read).collect()
}

fn options_of(spec: &ProjectLayer) -> OpenOptions {
    OpenOptions { layer: spec.layer_name.clone(), encoding: spec.encoding.clone(), ..OpenOptions::default() }
}

/// Gives the layers of a source their ids; those without rows are left out and said.
pub(super) fn name_layers<'a>(
    spec: &'a ProjectLayer,
    name: &str,
    data: Vec<RawData>,
    taken: &mut Vec<String>,
    report: &mut Report,
) -> Vec<Opened<'a>> {
    let (full, empty): (Vec<RawData>, Vec<RawData>) = data.into_iter().partition(has_rows);
    let several = full.len() > 1;
    for data in &empty {
        let RawData::Vector(raw) = data else { continue };
        let why = format!("{}: its layer \"{}\" has no features", spec.source, raw.name);
        report.add(if full.is_empty() { Severity::Error } else { Severity::Note }, name, why);
        report.issues.extend(raw.report.issues.iter().map(|issue| Issue { layer: name.to_owned(), ..issue.clone() }));
    }
    if full.is_empty() && empty.is_empty() {
        report.add(Severity::Error, name, format!("{} holds nothing that can be shown", spec.source));
    }
    full.into_iter()
        .map(|data| {
            let inner = match &data {
                RawData::Vector(raw) => &raw.name,
                RawData::Raster(raw) => &raw.name,
            };
            let id = unique(if several { format!("{name}-{}", slug(inner)) } else { name.to_owned() }, taken);
            let own = !spec.title.zh.is_empty() || !spec.title.en.is_empty();
            let title = match (own, several) {
                (true, false) => spec.title.clone(),
                (true, true) => {
                    Title { zh: format!("{} · {inner}", spec.title.zh), en: format!("{} · {inner}", spec.title.en) }
                }
                (false, true) => Title::same(inner.clone()),
                (false, false) => Title::same(if spec.id.is_empty() { stem(&spec.source) } else { &spec.id }),
            };
            Opened { spec, id, title, data, big: None }
        })
        .collect()
}

fn has_rows(data: &RawData) -> bool {
    match data {
        RawData::Vector(raw) => !raw.table.is_empty(),
        RawData::Raster(_) => true,
    }
}
