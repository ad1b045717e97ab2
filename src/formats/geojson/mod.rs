//! GeoJSON (RFC 7946) and what people call so: a feature collection, a single feature or geometry,
//! one feature per line (also with record separators), a bare array of features, the old `crs`
//! member before or after the features, a byte order mark.
//!
//! # The way of the bytes
//! 1. the file is mapped; pages that were read are given back, so memory stays bounded;
//! 2. [`scan`] finds where the next feature ends;
//! 3. [`feature`] parses that slice straight into columns;
//! 4. a feature that does not parse becomes a skipped row with its reason and its place.

mod feature;
mod mend;
mod scan;
mod write;

use std::path::Path;

use serde_json::Value as Json;

pub use write::{write, write_features};

use super::{OpenError, OpenOptions, RawLayer, crs_of, encoding, limits};
use crate::model::{GeometryKind, TableBuilder};
use crate::place::FoundCrs;
use crate::report::{Progress, Report, Severity};

/// Bytes after which read pages are given back.
const RELEASE: usize = 16 << 20;

/// Reads a GeoJSON file.
///
/// # CRS
/// The old `crs` member where there is one, else WGS 84 longitude and latitude as RFC 7946 fixes it.
///
/// # Errors
/// [`OpenError`] when there is no feature in it. A file that ends early keeps what came before and
/// says so in the report.
pub fn read(path: &Path, options: &OpenOptions, progress: &Progress) -> Result<RawLayer, OpenError> {
    let file = std::fs::File::open(path).map_err(|e| OpenError::new(path, e))?;
    // SAFETY: only read; see `flatgeobuf::read`.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(|e| OpenError::new(path, e))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut report = Report::default();
    let (decoded, encoding) = encoding::json_text(&map, options.encoding.as_deref(), &mut report, &name)
        .map_err(|reason| OpenError::new(path, reason))?;
    let text = decoded.as_deref().unwrap_or(&map);
    progress.stage(format!("reading {name}"), text.len() as u64);
    let mut reader = Reader {
        path,
        name: &name,
        text,
        release: decoded.is_none().then_some(&map),
        released: 0,
        limit: options.limit.unwrap_or(u64::MAX).min(u64::from(u32::MAX) - 1),
        progress,
        builder: TableBuilder::default(),
        shape: feature::Shape::default(),
        report,
        crs: None,
        left_out: 0,
        mended: 0,
        title: None,
    };
    reader.read_all()?;
    let Reader { builder, mut report, crs, left_out, mended, title, .. } = reader;
    if left_out > 0 {
        let message =
            format!("{left_out} parts of mixed collections left out: only those of the highest dimension stay");
        report.warn(&name, message);
    }
    if mended > 0 {
        let message = format!(
            "{mended} features hold what JSON does not allow (NaN, halves of characters, line ends in texts): read as no value"
        );
        report.warn(&name, message);
    }
    let crs =
        crs.unwrap_or_else(|| crs_of("EPSG:4326", "RFC 7946: GeoJSON without a CRS is WGS 84 longitude, latitude"));
    let table = builder.finish();
    if let Some(first) = report.skipped.first().filter(|_| report.skipped.len() == table.len()) {
        let reason = format!("none of its {} elements is a GeoJSON feature; the first: {}", table.len(), first.reason);
        return Err(OpenError::new(path, reason));
    }
    if table.is_empty() && report.issues.is_empty() {
        report.warn(&name, "it holds no features");
    }
    let format = "GeoJSON".to_owned();
    let name = title.unwrap_or(name);
    Ok(super::finish(RawLayer { name, format, table, crs, encoding, report }))
}

/// Why reading stops early, though what came before is kept.
enum Stop {
    Limit,
    Broken(String),
    Cancelled,
}

struct Reader<'a> {
    path: &'a Path,
    name: &'a str,
    text: &'a [u8],
    release: Option<&'a memmap2::Mmap>,
    released: usize,
    limit: u64,
    progress: &'a Progress,
    builder: TableBuilder,
    shape: feature::Shape,
    report: Report,
    crs: Option<FoundCrs>,
    left_out: u64,
    mended: u64,
    title: Option<String>,
}

impl Reader<'_> {
    fn read_all(&mut self) -> Result<(), OpenError> {
        let mut at = if self.text.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        let result = loop {
            at = scan::skip_space(self.text, at);
            let step = match self.text.get(at) {
                None => break Ok(()),
                Some(b'{') => self.object(at),
                Some(b'[') => self.array(at),
                // Lines of an array without its brackets.
                Some(b',') => Ok(at + 1),
                Some(other) => {
                    Err(Stop::Broken(format!("byte {at} (\"{}\") begins no JSON object", other.escape_ascii())))
                }
            };
            match step {
                Ok(next) => at = next,
                Err(stop) => break Err(stop),
            }
        };
        match result {
            Ok(()) => Ok(()),
            Err(Stop::Cancelled) => Err(OpenError::cancelled(self.path)),
            Err(Stop::Limit) => {
                self.crs_after_the_features();
                Ok(())
            }
            Err(Stop::Broken(reason)) if self.builder.geometry.is_empty() => {
                Err(OpenError::new(self.path, format!("it cannot be read as GeoJSON: {reason}")))
            }
            Err(Stop::Broken(reason)) => {
                let rows = self.builder.geometry.len();
                let message = format!("{reason}; kept the {rows} features before it: get the file again");
                self.report.add(Severity::Error, self.name, message);
                Ok(())
            }
        }
    }

    /// A top-level object: a collection, whose features are streamed, or a feature or geometry.
    fn object(&mut self, start: usize) -> Result<usize, Stop> {
        let cut = || Stop::Broken("the file ends inside an object".to_owned());
        let mut collection = false;
        let mut kind = None;
        let mut at = scan::skip_space(self.text, start + 1);
        loop {
            match self.text.get(at) {
                None => return Err(cut()),
                Some(b'}') => break,
                Some(b',') => {
                    at = scan::skip_space(self.text, at + 1);
                    continue;
                }
                Some(b'"') => {}
                Some(_) => return Err(Stop::Broken(format!("a member name is missing at byte {at}"))),
            }
            let key_end = scan::value_end(self.text, at, limits::FEATURE_BYTES).ok_or_else(cut)?;
            let key = &self.text[at + 1..key_end - 1];
            at = scan::skip_space(self.text, key_end);
            if self.text.get(at) != Some(&b':') {
                let missing = format!("\":\" is missing at byte {at}");
                return Err(if at >= self.text.len() { cut() } else { Stop::Broken(missing) });
            }
            at = scan::skip_space(self.text, at + 1);
            if key == b"features" && self.text.get(at) == Some(&b'[') {
                collection = true;
                at = self.array(at)?;
            } else {
                let end = self.value_end(at)?;
                if key == b"features" && &self.text[at..end] != b"null" {
                    return Err(Stop::Broken(format!("\"features\" at byte {at} is no list")));
                }
                let value = &self.text[at..end];
                match key {
                    b"type" => kind = serde_json::from_slice::<String>(value).ok(),
                    b"crs" if self.crs.is_none() => self.crs = Some(crs_member(value)),
                    b"name" => self.title = serde_json::from_slice::<String>(value).ok().filter(|n| !n.is_empty()),
                    _ => {}
                }
                at = end;
            }
            at = scan::skip_space(self.text, at);
        }
        let end = at + 1;
        let empty = kind.as_deref() == Some("FeatureCollection");
        if !collection && !empty {
            self.title = None;
            match kind.as_deref() {
                Some("CityJSON" | "CityJSONFeature") => return Err(Stop::Broken(super::sniff::CITYJSON.into())),
                Some("Topology") => return Err(Stop::Broken("it is TopoJSON; call it .topojson".into())),
                _ => {}
            }
            self.feature(start, end)?;
        }
        Ok(end)
    }

    /// An array of features.
    fn array(&mut self, start: usize) -> Result<usize, Stop> {
        let mut at = start + 1;
        loop {
            at = scan::skip_space(self.text, at);
            match self.text.get(at) {
                None => return Err(Stop::Broken(format!("the file ends after feature {}", self.builder.row()))),
                Some(b']') => return Ok(at + 1),
                Some(b',') => at += 1,
                Some(_) => {
                    let end = self.value_end(at)?;
                    self.feature(at, end)?;
                    at = end;
                }
            }
        }
    }

    fn value_end(&self, at: usize) -> Result<usize, Stop> {
        scan::value_end(self.text, at, limits::FEATURE_BYTES).ok_or_else(|| {
            let row = self.builder.row();
            Stop::Broken(if self.text.len() - at > limits::FEATURE_BYTES {
                format!("feature {row} is longer than {} MiB; split it", limits::FEATURE_BYTES >> 20)
            } else {
                format!("the file ends inside feature {row}")
            })
        })
    }

    fn feature(&mut self, start: usize, end: usize) -> Result<(), Stop> {
        let row = self.builder.row() as u64;
        if row >= self.limit {
            return Err(Stop::Limit);
        }
        if row.is_multiple_of(1024) {
            self.progress.at(start as u64).map_err(|_| Stop::Cancelled)?;
            limits::check_cells(&self.builder).map_err(Stop::Broken)?;
            limits::check_sparse(&self.builder, start).map_err(Stop::Broken)?;
            self.give_pages_back(start);
        }
        let text = &self.text[start..end];
        let mut parsed = feature::parse(text, &mut self.shape, &mut self.builder);
        if parsed.is_err()
            && let Some(mended) = mend::mend(text)
        {
            self.builder.geometry.drop_feature();
            parsed = feature::parse(&mended, &mut self.shape, &mut self.builder);
            self.mended += u64::from(parsed.is_ok());
        }
        match parsed {
            Ok(parsed) => self.left_out += parsed.left_out,
            Err(reason) => {
                self.builder.geometry.drop_feature();
                self.builder.geometry.end_feature(GeometryKind::None);
                self.report.skip(row, format!("{reason}, at byte {start} of the file"));
            }
        }
        Ok(())
    }

    fn give_pages_back(&mut self, done: usize) {
        #[cfg(unix)]
        if let Some(map) = self.release.filter(|_| done - self.released >= RELEASE) {
            // SAFETY: the map is a file's and never written: pages that are needed again (they are
            // not) would be read from the file again. A failure only costs memory.
            let _ = unsafe {
                map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, self.released, done - self.released)
            };
            // Whole steps keep the next start on a page.
            self.released += (done - self.released) / RELEASE * RELEASE;
        }
        #[cfg(not(unix))]
        let _ = (done, self.release, self.released);
    }

    /// A preview stops before the end; the old `crs` member may stand there.
    fn crs_after_the_features(&mut self) {
        if self.crs.is_some() {
            return;
        }
        let tail = &self.text[self.text.len().saturating_sub(4096)..];
        let Some(at) = tail.windows(5).rposition(|w| w == b"\"crs\"") else { return };
        let colon = scan::skip_space(tail, at + 5);
        let value = scan::skip_space(tail, colon + 1);
        if tail.get(colon) == Some(&b':')
            && tail.get(value) == Some(&b'{')
            && let Some(end) = scan::value_end(tail, value, tail.len())
        {
            self.crs = Some(crs_member(&tail[value..end]));
        }
    }
}

/// The old `crs` member (GeoJSON 2008): a name, a code, or a link that is never followed.
fn crs_member(text: &[u8]) -> FoundCrs {
    let member: Json = serde_json::from_slice(text).unwrap_or(Json::Null);
    let property = |name: &str| member.get("properties").and_then(|p| p.get(name));
    let name = match (property("name"), property("code")) {
        (Some(Json::String(name)), _) => name.clone(),
        (_, Some(code)) => format!("EPSG:{}", code.to_string().trim_matches('"')),
        _ if member.get("type").and_then(Json::as_str) == Some("link") => {
            return FoundCrs::unknown("its crs member links to another address, which is not followed: give the CRS");
        }
        _ => return FoundCrs::unknown("its crs member names no CRS: give it"),
    };
    if name.to_ascii_uppercase().contains("CRS84") {
        return crs_of("EPSG:4326", &format!("crs member: {name}"));
    }
    crs_of(&name, &format!("crs member: {name}"))
}

#[cfg(test)]
mod tests;
