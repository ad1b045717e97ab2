//! Vector formats through GDAL: Shapefile (also zipped), GeoPackage, KML, GML, DXF, TopoJSON,
//! FileGDB, OSM, MapInfo and whatever else it opens.

use std::collections::BTreeMap;
use std::path::Path;

use gdal::Dataset;
use gdal::vector::LayerAccess;
use gdal_sys::{self as sys, OGRFeatureH, OGRFieldType as types, OGRLayerH};

use super::chunks::{Head, Rows, Sink};
use super::encoding::{self, Found};
use super::gdal_geometry::Changes;
use super::gdal_setup::{bytes, complaints};
use super::{OpenError, OpenOptions, RawLayer, crs_of, limits};
use crate::model::{GeometryKind, Value};
use crate::place::{Bounds, FoundCrs};
use crate::report::{Progress, Report, Severity};

/// A feature that is destroyed when dropped.
struct Feature(OGRFeatureH);

impl Drop for Feature {
    fn drop(&mut self) {
        // SAFETY: made by GDAL, owned here, destroyed once.
        unsafe { sys::OGR_F_Destroy(self.0) };
    }
}

/// Reads all layers of an open data set, or the one that `options` names, in runs of at most `most` rows.
///
/// # CRS
/// Longitude or east first, whatever the authority's axis order is.
///
/// # Errors
/// [`OpenError`] when a named layer is absent, or the user stops it.
pub fn read_chunks(
    path: &Path,
    dataset: &Dataset,
    options: &OpenOptions,
    most: usize,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Result<(), OpenError> {
    let driver = dataset.driver().short_name();
    let mut sources = Vec::new();
    for index in 0..dataset.layer_count() {
        let layer = dataset.layer(index).map_err(|e| OpenError::new(path, e))?;
        // SAFETY: the handle lives as long as the data set, which outlives `sources`.
        let handle = unsafe { layer.c_layer() };
        sources.push(Source::new(path, handle, &driver, options, most)?);
    }
    if let Some(wanted) = &options.layer {
        let names: Vec<String> = sources.iter().map(|s| s.name.clone()).collect();
        sources.retain(|s| s.name == *wanted);
        if sources.is_empty() {
            let names = names.join(", ");
            return Err(OpenError::new(path, format!("it has no layer \"{wanted}\"; its layers: {names}")));
        }
    } else if driver == "GPKG" {
        // Where QGIS, and we, keep how layers are drawn: nobody's data.
        sources.retain(|s| s.name != super::qml::NAME);
    }
    if driver != "OSM" {
        for mut source in sources {
            source.read_rows(path, options, progress, sink)?;
            sink(source.last(path))?;
        }
    } else if most == usize::MAX {
        read_interleaved(path, dataset, &mut sources, options, progress, sink)?;
        for mut source in sources {
            sink(source.last(path))?;
        }
    } else {
        // Layer by layer in runs: as many passes as layers, so that only one is held.
        for source in &mut sources {
            let alone = std::slice::from_mut(source);
            read_interleaved(path, dataset, alone, options, progress, sink)?;
            sink(source.last(path))?;
        }
    }
    Ok(())
}

/// OSM files hold all layers mixed: one pass gives each feature to its layer.
fn read_interleaved(
    path: &Path,
    dataset: &Dataset,
    sources: &mut [Source],
    options: &OpenOptions,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Result<(), OpenError> {
    // SAFETY: an open data set.
    unsafe { sys::GDALDatasetResetReading(dataset.c_dataset()) };
    let by_layer: BTreeMap<usize, usize> = sources.iter().enumerate().map(|(i, s)| (s.layer as usize, i)).collect();
    progress.stage("reading OpenStreetMap data", 0);
    let limit = options.limit.unwrap_or(u64::MAX);
    for count in 0_u64.. {
        let mut layer: OGRLayerH = std::ptr::null_mut();
        // SAFETY: an open data set; the feature is owned by us, the layer by the data set.
        let feature = unsafe {
            sys::GDALDatasetGetNextFeature(
                dataset.c_dataset(),
                &mut layer,
                std::ptr::null_mut(),
                None,
                std::ptr::null_mut(),
            )
        };
        if feature.is_null() || sources.iter().all(|s| s.row() >= limit) {
            drop((!feature.is_null()).then_some(Feature(feature)));
            break;
        }
        let feature = Feature(feature);
        if count.is_multiple_of(1024) {
            progress.at(count).map_err(|_| OpenError::cancelled(path))?;
        }
        let source = by_layer.get(&(layer as usize)).and_then(|i| sources.get_mut(*i));
        if let Some(source) = source.filter(|s| s.row() < limit) {
            source.make_room(sink)?;
            source.take(&feature);
        }
    }
    Ok(())
}

/// A layer while it is read.
struct Source {
    layer: OGRLayerH,
    name: String,
    driver: String,
    fields: Vec<SourceField>,
    crs: FoundCrs,
    /// Coordinates come as the authority orders them, latitude first.
    swap: bool,
    /// `Some` where texts come as raw bytes.
    decoder: Option<Found>,
    rows: Rows,
    changes: Changes,
}

struct SourceField {
    kind: types::Type,
    boolean: bool,
    column: usize,
}

impl Source {
    fn new(path: &Path, layer: OGRLayerH, driver: &str, options: &OpenOptions, most: usize) -> Result<Self, OpenError> {
        let mut rows = Rows::new(most);
        // SAFETY: an open layer; names are copied at once.
        let raw_name = unsafe { bytes(sys::OGR_L_GetName(layer)) }.to_vec();
        let name = String::from_utf8_lossy(&raw_name).into_owned();
        let raw = driver == "ESRI Shapefile";
        let decoder = if raw {
            // SAFETY: an open layer.
            Some(unsafe { decoder_of(layer, options, &name, &mut rows.report) }.map_err(|e| OpenError::new(path, e))?)
        } else {
            None
        };
        let mut fields = Vec::new();
        // SAFETY: definitions belong to the layer; names are copied.
        unsafe {
            let definition = sys::OGR_L_GetLayerDefn(layer);
            for i in 0..sys::OGR_FD_GetFieldCount(definition).max(0) {
                let field = sys::OGR_FD_GetFieldDefn(definition, i);
                let raw = bytes(sys::OGR_Fld_GetNameRef(field));
                let name = decoder.as_ref().map_or_else(|| String::from_utf8_lossy(raw), |d| d.decode(raw));
                let column = limits::column(&mut rows.builder, &name).map_err(|reason| OpenError::new(path, reason))?;
                fields.push(SourceField {
                    kind: sys::OGR_Fld_GetType(field),
                    boolean: sys::OGR_Fld_GetSubType(field) == sys::OGRFieldSubType::OFSTBoolean,
                    column,
                });
            }
        }
        // SAFETY: the reference belongs to the layer.
        let (crs, swap) = unsafe { crs_and_order(sys::OGR_L_GetSpatialRef(layer)) };
        let crs = match crs.crs {
            None if raw => prj_note(path, crs),
            // SAFETY: an open layer.
            None if driver == "TopoJSON" => topojson_crs(unsafe { extent_of(layer) }),
            _ => crs,
        };
        let (driver, changes) = (driver.to_owned(), Changes::default());
        Ok(Self { layer, name, driver, fields, crs, swap, decoder, rows, changes })
    }

    fn row(&self) -> u64 {
        self.rows.row()
    }

    fn read_rows(
        &mut self,
        path: &Path,
        options: &OpenOptions,
        progress: &Progress,
        sink: &mut Sink<'_>,
    ) -> Result<(), OpenError> {
        let limit = options.limit.unwrap_or(u64::MAX).min(u64::from(u32::MAX) - 1);
        // SAFETY: an open layer. Without force the count comes from the header or is unknown.
        let count = unsafe {
            sys::OGR_L_ResetReading(self.layer);
            sys::OGR_L_GetFeatureCount(self.layer, 0)
        };
        progress.stage(format!("reading {}", self.name), u64::try_from(count).unwrap_or(0));
        while self.row() < limit {
            if self.row().is_multiple_of(1024) {
                progress.at(self.row()).map_err(|_| OpenError::cancelled(path))?;
                if let Err(reason) = limits::check_cells(&self.rows.builder) {
                    self.rows.report.add(Severity::Error, &self.name, reason);
                    break;
                }
            }
            // SAFETY: an open layer; the feature is ours.
            let feature = unsafe { sys::OGR_L_GetNextFeature(self.layer) };
            if feature.is_null() {
                break;
            }
            let feature = Feature(feature);
            self.make_room(sink)?;
            self.take(&feature);
        }
        let rows = self.row();
        if count > 0 && rows < limit.min(count as u64) {
            let message = format!("the file says it has {count} features, but only {rows} could be read; get it again");
            self.rows.report.add(Severity::Error, &self.name, message);
        }
        Ok(())
    }

    /// Hands a full run on before another row.
    fn make_room(&mut self, sink: &mut Sink<'_>) -> Result<(), OpenError> {
        if !self.rows.is_full() {
            return Ok(());
        }
        let head = self.head();
        sink(self.rows.take(&head, false))
    }

    /// What the runs share.
    fn head(&self) -> Head {
        Head {
            name: self.name.clone(),
            format: self.driver.clone(),
            crs: self.crs.clone(),
            encoding: self.decoder.as_ref().map(|d| d.how.clone()).unwrap_or_default(),
        }
    }

    /// Adds a feature as the next row.
    fn take(&mut self, feature: &Feature) {
        let row = self.row();
        for (i, field) in self.fields.iter().enumerate() {
            // SAFETY: a valid feature of this layer and a field number that it has.
            if let Some(value) = unsafe { value_of(feature.0, i as i32, field, self.decoder.as_ref()) } {
                self.rows.builder.set(field.column, &value);
            }
        }
        let geometry = &mut self.rows.builder.geometry;
        // SAFETY: the geometry belongs to the feature.
        let result = unsafe { self.changes.push(sys::OGR_F_GetGeometryRef(feature.0), self.swap, geometry) };
        match result {
            Ok(kind) => geometry.end_feature(kind),
            Err(reason) => {
                geometry.drop_feature();
                geometry.end_feature(GeometryKind::None);
                self.rows.report.skip(row, reason);
            }
        }
    }

    /// The last run, with what only the end tells.
    fn last(&mut self, path: &Path) -> RawLayer {
        let (changes, report) = (&self.changes, &mut self.rows.report);
        let mut say = |count: u64, what: &str| {
            if count > 0 {
                report.note(&self.name, format!("{count} {what}"));
            }
        };
        say(changes.left_out, "parts of mixed collections left out: only those of the highest dimension stay");
        say(changes.curves, "curves made of straight lines");
        say(changes.solids, "solids: their ground faces are kept, walls and roofs left out");
        if changes.solids == 0 {
            say(changes.upright, "upright faces left out");
        }
        for complaint in complaints() {
            report.warn(&self.name, format!("GDAL says: {complaint}"));
        }
        if self.rows.row() == 0 {
            self.rows.report.warn(&self.name, format!("the layer has no rows ({})", path.display()));
        }
        let head = self.head();
        self.rows.take(&head, true)
    }
}

unsafe fn value_of<'a>(
    feature: OGRFeatureH,
    i: i32,
    field: &SourceField,
    decoder: Option<&Found>,
) -> Option<Value<'a>> {
    // SAFETY: the caller's promise; texts live until the next call on the feature and are copied.
    unsafe {
        if sys::OGR_F_IsFieldSetAndNotNull(feature, i) == 0 {
            return None;
        }
        Some(match field.kind {
            types::OFTInteger if field.boolean => Value::Boolean(sys::OGR_F_GetFieldAsInteger(feature, i) != 0),
            types::OFTInteger | types::OFTInteger64 => Value::Integer(sys::OGR_F_GetFieldAsInteger64(feature, i)),
            types::OFTReal => Value::Real(sys::OGR_F_GetFieldAsDouble(feature, i)),
            types::OFTDate | types::OFTDateTime => return moment(feature, i),
            types::OFTBinary => return None,
            _ => {
                let raw = bytes(sys::OGR_F_GetFieldAsString(feature, i));
                let text = decoder.map_or_else(|| String::from_utf8_lossy(raw), |d| d.decode(raw)).into_owned();
                Value::Text(text.into())
            }
        })
    }
}

/// A date or moment of a feature; one without a zone counts as UTC.
unsafe fn moment<'a>(feature: OGRFeatureH, i: i32) -> Option<Value<'a>> {
    let (mut year, mut month, mut day, mut hour, mut minute, mut zone) = (0, 0, 0, 0, 0, 0);
    let mut second = 0_f32;
    // SAFETY: the caller's promise; all pointers are to locals.
    let ok = unsafe {
        sys::OGR_F_GetFieldAsDateTimeEx(
            feature,
            i,
            &mut year,
            &mut month,
            &mut day,
            &mut hour,
            &mut minute,
            &mut second,
            &mut zone,
        )
    };
    if ok == 0 {
        return None;
    }
    let date = jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let days = date.since(jiff::civil::Date::constant(1970, 1, 1)).ok()?.get_days();
    // OGR counts zones in quarters of an hour from 100 = UTC; 0 and 1 are unknown and local.
    let offset = if zone > 1 { i64::from(zone - 100) * 15 } else { 0 };
    let minutes = i64::from(days) * 1440 + i64::from(hour) * 60 + i64::from(minute) - offset;
    Some(Value::Time(minutes * 60_000 + (f64::from(second) * 1000.0).round() as i64))
}

/// The CRS of a layer, and whether its coordinates come latitude first.
unsafe fn crs_and_order(reference: sys::OGRSpatialReferenceH) -> (FoundCrs, bool) {
    if reference.is_null() {
        return (FoundCrs::unknown("the file says no CRS"), false);
    }
    // SAFETY: a valid reference; the text is copied and freed, the mapping belongs to it.
    unsafe {
        let mut count = 0;
        let mapping = sys::OSRGetDataAxisToSRSAxisMapping(reference, &mut count);
        let plain = count >= 2 && !mapping.is_null() && *mapping == 1 && *mapping.add(1) == 2;
        let north_first =
            sys::OSREPSGTreatsAsLatLong(reference) != 0 || sys::OSREPSGTreatsAsNorthingEasting(reference) != 0;
        let swap = plain && north_first;
        (definition(reference), swap)
    }
}

/// A reference as an authority code where GDAL is sure of it, else as WKT.
///
/// # Safety
/// `reference` is valid.
pub unsafe fn definition(reference: sys::OGRSpatialReferenceH) -> FoundCrs {
    // SAFETY: the caller's promise; the text is copied and freed.
    unsafe {
        let code = |key: *const std::ffi::c_char| {
            let authority = String::from_utf8_lossy(bytes(sys::OSRGetAuthorityName(reference, key))).into_owned();
            let code = String::from_utf8_lossy(bytes(sys::OSRGetAuthorityCode(reference, key))).into_owned();
            (!authority.is_empty() && !code.is_empty()).then(|| format!("{authority}:{code}"))
        };
        if let Some(code) = code(std::ptr::null()) {
            let found = crs_of(&code, "file");
            if found.crs.is_some() {
                return found;
            }
        }
        let mut text = std::ptr::null_mut();
        let options = [c"FORMAT=WKT2_2019".as_ptr(), std::ptr::null()];
        sys::OSRExportToWktEx(reference, &mut text, options.as_ptr().cast());
        let wkt = String::from_utf8_lossy(bytes(text)).into_owned();
        sys::VSIFree(text.cast());
        if wkt.is_empty() {
            return FoundCrs::unknown("the file's CRS is empty");
        }
        let local = sys::OSRIsLocal(reference) != 0;
        if local {
            let name = String::from_utf8_lossy(bytes(sys::OSRGetName(reference))).into_owned();
            return FoundCrs::unknown(format!(
                "the file says local coordinates named \"{name}\", without a place on earth: give the CRS"
            ));
        }
        crs_of(&wkt, "file")
    }
}

/// The box around all features; empty where it is not known.
unsafe fn extent_of(layer: OGRLayerH) -> Bounds {
    let mut found = Bounds::EMPTY;
    let mut all = sys::OGREnvelope { MinX: 0.0, MaxX: 0.0, MinY: 0.0, MaxY: 0.0 };
    // SAFETY: the caller's promise; reading begins anew afterwards.
    if unsafe { sys::OGR_L_GetExtent(layer, &mut all, 1) } == sys::OGRErr::OGRERR_NONE {
        found.add([all.MinX, all.MinY]);
        found.add([all.MaxX, all.MaxY]);
    }
    found
}

/// TopoJSON has no place for a CRS and takes over what GeoJSON says; some files hold pixels.
fn topojson_crs(extent: Bounds) -> FoundCrs {
    let degrees = !extent.is_empty()
        && extent.min[0] >= -180.0
        && extent.max[0] <= 180.0
        && extent.min[1] >= -90.0
        && extent.max[1] <= 90.0;
    if !degrees {
        return FoundCrs::unknown("TopoJSON says no CRS, and its coordinates are no degrees: give the CRS");
    }
    let mut found = crs_of("EPSG:4326", "TopoJSON says no CRS; its coordinates are degrees, WGS 84 as in GeoJSON");
    if found.crs.is_some() {
        found.basis = crate::place::CrsBasis::Guessed;
        found.confidence = 0.9;
    }
    found
}

/// Why a shapefile has no CRS.
fn prj_note(path: &Path, found: FoundCrs) -> FoundCrs {
    let prj = ["prj", "PRJ"].map(|e| path.with_extension(e)).into_iter().find(|p| p.exists());
    let Some(prj) = prj else {
        return FoundCrs::unknown("there is no .prj file beside it: give the CRS");
    };
    let text = std::fs::read(&prj).unwrap_or_default();
    let head = String::from_utf8_lossy(&text[..text.len().min(512)]).trim_start().to_ascii_lowercase();
    if head.starts_with('<') {
        return FoundCrs::unknown(
            "its .prj file is a web page instead of a CRS (a failed download): get it again or give the CRS",
        );
    }
    if found.note.is_empty() { FoundCrs::unknown("its .prj file holds no CRS: give it") } else { found }
}

/// How a shapefile's texts are decoded: declared, `.cpg`, language byte, guess.
unsafe fn decoder_of(
    layer: OGRLayerH,
    options: &OpenOptions,
    name: &str,
    report: &mut Report,
) -> Result<Found, String> {
    if let Some(label) = &options.encoding {
        return encoding::declared_label(label);
    }
    // SAFETY: an open layer; items belong to it and are copied.
    let item = |key: &std::ffi::CStr| unsafe {
        let value = sys::GDALGetMetadataItem(layer.cast(), key.as_ptr(), c"SHAPEFILE".as_ptr());
        String::from_utf8_lossy(bytes(value)).into_owned()
    };
    let texts = unsafe { sample_texts(layer) };
    let valid = |found: &Found| {
        texts.iter().all(|t| {
            found.encoding != encoding_rs::UTF_8
                || std::str::from_utf8(t).map_or_else(|e| e.error_len().is_none(), |_| true)
        })
    };
    let cpg = encoding::by_cpg(&item(c"ENCODING_FROM_CPG")).or_else(|| {
        let text = item(c"CPG_VALUE");
        encoding::by_cpg(&text)
    });
    let ldid = item(c"LDID_VALUE").parse::<u8>().unwrap_or(0);
    // 0x57 is what most programs write whatever the texts are.
    let byte = encoding::by_ldid(ldid).filter(|_| ldid != 0x57);
    let said = cpg.as_ref().map(|c| c.encoding).or(byte);
    if let Some(said) =
        said.filter(|s| *s != encoding_rs::UTF_8 && encoding::surely_utf8(texts.iter().map(Vec::as_slice)))
    {
        report.warn(name, format!("the file says that its texts are {}, but they are UTF-8", said.name()));
        return Ok(Found { encoding: encoding_rs::UTF_8, how: "UTF-8 (by the texts)".into() });
    }
    if let Some(cpg) = cpg {
        if valid(&cpg) {
            return Ok(cpg);
        }
        report.warn(name, format!("the .cpg file says {}, but the texts are not", cpg.encoding.name()));
    }
    if let Some(encoding) = byte {
        return Ok(Found { encoding, how: format!("{} (DBF language byte {ldid:#04x})", encoding.name()) });
    }
    let found = encoding::guess(texts.iter().map(Vec::as_slice));
    if texts.iter().any(|t| !t.is_ascii()) {
        report.note(name, format!("text encoding {}", found.how));
    }
    Ok(found)
}

/// Texts with other than ASCII letters, among the first rows, and the names of fields.
unsafe fn sample_texts(layer: OGRLayerH) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    // SAFETY: an open layer; features are destroyed, texts copied.
    unsafe {
        let definition = sys::OGR_L_GetLayerDefn(layer);
        let count = sys::OGR_FD_GetFieldCount(definition).max(0);
        let mut strings = Vec::new();
        for i in 0..count {
            let field = sys::OGR_FD_GetFieldDefn(definition, i);
            texts.push(bytes(sys::OGR_Fld_GetNameRef(field)).to_vec());
            if sys::OGR_Fld_GetType(field) == types::OFTString {
                strings.push(i);
            }
        }
        sys::OGR_L_ResetReading(layer);
        for _ in 0..20_000 {
            let feature = sys::OGR_L_GetNextFeature(layer);
            if feature.is_null() || texts.len() > 2000 {
                drop((!feature.is_null()).then_some(Feature(feature)));
                break;
            }
            let feature = Feature(feature);
            for &i in &strings {
                let text = bytes(sys::OGR_F_GetFieldAsString(feature.0, i));
                if !text.is_ascii() {
                    texts.push(text.to_vec());
                }
            }
        }
        sys::OGR_L_ResetReading(layer);
    }
    texts.retain(|t| !t.is_ascii());
    texts
}
