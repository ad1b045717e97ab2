//! Rasters through GDAL: terrain and pictures, warped into the project CRS in memory.

use std::ffi::CString;
use std::path::Path;

use gdal::Dataset;
use gdal::raster::GdalDataType;
use gdal_sys as sys;

use super::gdal_setup::complaints;
use super::gdal_vector::definition;
use super::{OpenError, RawRaster, limits};
use crate::model::{Imagery, Terrain};
use crate::place::{Bounds, Crs, FoundCrs, MapPoint, Transform};
use crate::report::Report;

/// Describes an open raster; nothing of its pixels is read.
///
/// # Errors
/// [`OpenError`] when it is larger than can be read.
pub fn describe(path: &Path, dataset: &Dataset) -> Result<RawRaster, OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let (width, height) = dataset.raster_size();
    let band = dataset.rasterband(1).map_err(|e| fail(e.to_string()))?;
    let pixels = width as u64 * height as u64;
    let least = (0..band.overview_count().unwrap_or(0).max(0) as usize)
        .filter_map(|i| band.overview(i).ok().map(|o| o.x_size() as u64 * o.y_size() as u64))
        .min()
        .unwrap_or(pixels);
    if pixels > limits::RASTER_PIXELS && least > limits::RASTER_SAMPLES {
        return Err(fail(format!(
            "it has {width} × {height} pixels and no overviews: cut out what you need (gdalwarp -te …) or add overviews (gdaladdo)"
        )));
    }
    let mut report = Report::default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let kind = band.band_type();
    let palette = band.color_table().is_some();
    let is_terrain = dataset.raster_count() == 1 && kind != GdalDataType::UInt8 && !palette;
    // SAFETY: the reference belongs to the data set.
    let crs = unsafe {
        let reference = sys::GDALGetSpatialRef(dataset.c_dataset());
        if reference.is_null() { FoundCrs::unknown("the file says no CRS: give it") } else { definition(reference) }
    };
    let extent = match dataset.geo_transform() {
        Ok(t) => corners(&t, width, height),
        Err(_) => {
            report.warn(&name, "it does not say where it lies (no georeference)");
            Bounds::EMPTY
        }
    };
    let unit = band.unit();
    if is_terrain && feet(&unit) != 1.0 {
        report.note(&name, format!("its heights are in {unit} and are read as metres"));
    }
    for complaint in complaints() {
        report.warn(&name, format!("GDAL says: {complaint}"));
    }
    Ok(RawRaster {
        path: path.to_owned(),
        name,
        format: dataset.driver().short_name(),
        size: [width, height],
        bands: (dataset.raster_count(), kind.name()),
        is_terrain,
        crs,
        extent,
        report,
    })
}

fn corners(t: &[f64; 6], width: usize, height: usize) -> Bounds {
    let (w, h) = (width as f64, height as f64);
    let at = |x: f64, y: f64| [t[0] + x * t[1] + y * t[2], t[3] + x * t[4] + y * t[5]];
    Bounds::around(&[at(0.0, 0.0), at(w, 0.0), at(0.0, h), at(w, h)])
}

/// Metres in one unit of heights.
fn feet(unit: &str) -> f64 {
    let unit = unit.to_ascii_lowercase();
    if unit.contains("survey") || unit == "us-ft" || unit == "ftus" {
        1200.0 / 3937.0
    } else if unit == "ft" || unit.contains("foot") || unit.contains("feet") {
        0.3048
    } else {
        1.0
    }
}

/// Where a raster comes to lie, and how large its cells are there.
struct Place {
    bounds: Bounds,
    cell: f64,
    columns: u32,
    rows: u32,
}

/// The grid in the project CRS: square cells, not finer than the source's, at most `max_side`.
fn place(raster: &RawRaster, source: &Crs, project: &Crs, max_side: u32) -> Result<Place, OpenError> {
    let fail = |reason: String| OpenError::new(&raster.path, reason);
    if raster.extent.is_empty() {
        return Err(fail("it does not say where it lies; georeference it first".into()));
    }
    let way = Transform::new(source, project).map_err(|e| fail(e.to_string()))?;
    // The outline, not only the corners: edges bend between projections.
    let (extent, steps) = (raster.extent, 32);
    let mut outline = Vec::new();
    for i in 0..=steps {
        let f = f64::from(i) / f64::from(steps);
        let (x, y) = (extent.min[0] + f * extent.width(), extent.min[1] + f * extent.height());
        outline.extend([[x, extent.min[1]], [x, extent.max[1]], [extent.min[0], y], [extent.max[0], y]]);
    }
    way.apply(&mut outline);
    let bounds = Bounds::around(&outline);
    let side = bounds.width().max(bounds.height());
    if bounds.is_empty() || side <= 0.0 {
        return Err(fail(format!("no part of it can be placed in {project}; check its CRS ({source})")));
    }
    let native = (bounds.width() / raster.size[0].max(1) as f64).min(bounds.height() / raster.size[1].max(1) as f64);
    let cell = native.max(side / f64::from(max_side.clamp(2, 16_384)));
    let count = |length: f64| ((length / cell - 1e-6).ceil().max(1.0)) as u32;
    Ok(Place { columns: count(bounds.width()), rows: count(bounds.height()), bounds, cell })
}

/// Warps with GDAL's own warper into a raster in memory.
fn warp(raster: &RawRaster, source: &Crs, project: &Crs, place: &Place, extra: &[&str]) -> Result<Dataset, OpenError> {
    let fail = |reason: String| OpenError::new(&raster.path, reason);
    let dataset = super::open_gdal(&raster.path).map_err(|reason| OpenError::new(&raster.path, reason))?;
    let bottom = place.bounds.max[1] - f64::from(place.rows) * place.cell;
    let right = place.bounds.min[0] + f64::from(place.columns) * place.cell;
    let numbers: Vec<String> =
        [place.bounds.min[0], bottom, right, place.bounds.max[1]].iter().map(|v| format!("{v:.9}")).collect();
    let size = [place.columns.to_string(), place.rows.to_string()];
    let mut arguments = vec!["-of", "MEM", "-s_srs", source.definition(), "-t_srs", project.definition(), "-novshift"];
    arguments.extend(["-te", &numbers[0], &numbers[1], &numbers[2], &numbers[3], "-ts", &size[0], &size[1]]);
    arguments.extend(extra);
    let arguments: Vec<CString> =
        arguments.into_iter().map(CString::new).collect::<Result<_, _>>().map_err(|e| fail(e.to_string()))?;
    let mut pointers: Vec<*mut std::ffi::c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
    pointers.push(std::ptr::null_mut());
    complaints();
    // SAFETY: the argument list is null-terminated and outlives the call; options are freed; the
    // source stays open while the warper runs and the result owns its memory.
    unsafe {
        let options = sys::GDALWarpAppOptionsNew(pointers.as_mut_ptr(), std::ptr::null_mut());
        if options.is_null() {
            return Err(fail(format!("GDAL does not take it: {}", complaints().join("; "))));
        }
        let mut handle = dataset.c_dataset();
        let mut usage = 0;
        let result = sys::GDALWarp(c"".as_ptr(), std::ptr::null_mut(), 1, &mut handle, options, &mut usage);
        sys::GDALWarpAppOptionsFree(options);
        if result.is_null() {
            let reason = complaints().join("; ");
            let hint = if reason.to_ascii_lowercase().contains("compress") || reason.contains("codec") {
                ": this machine's GDAL lacks the compression it uses; convert it (gdal_translate -co COMPRESS=DEFLATE)"
            } else {
                ""
            };
            return Err(fail(format!("it cannot be read ({reason}){hint}")));
        }
        Ok(Dataset::from_c_dataset(result))
    }
}

/// Reads a DEM into the project CRS.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
pub fn read_terrain(raster: &RawRaster, source: &Crs, project: &Crs, max_side: u32) -> Result<Terrain, OpenError> {
    let fail = |reason: String| OpenError::new(&raster.path, reason);
    let place = place(raster, source, project, max_side)?;
    let extra = ["-ot", "Float32", "-dstnodata", "nan", "-r", "bilinear"];
    let warped = warp(raster, source, project, &place, &extra)?;
    let band = warped.rasterband(1).map_err(|e| fail(e.to_string()))?;
    let (columns, rows) = (place.columns as usize, place.rows as usize);
    let pixels =
        band.read_as::<f32>((0, 0), (columns, rows), (columns, rows), None).map_err(|e| fail(e.to_string()))?;
    let (_, north_first) = pixels.into_shape_and_vec();
    let original = super::open_gdal(&raster.path).map_err(fail)?;
    let fail = |reason: String| OpenError::new(&raster.path, reason);
    let band = original.rasterband(1).map_err(|e| fail(e.to_string()))?;
    let unit = feet(&band.unit());
    let (scale, offset) = (band.scale().unwrap_or(1.0), band.offset().unwrap_or(0.0));
    let metres = |v: f32| {
        let height = (f64::from(v) * scale + offset) * unit;
        // Stand-ins that the file does not declare; no ground lies beyond 12 km.
        let known = height.abs() < 12_000.0 && v != -9999.0 && v != -32768.0;
        if known { height as f32 } else { f32::NAN }
    };
    // GDAL's first row is the northernmost, ours the southernmost.
    let heights: Vec<f32> = north_first.chunks(columns).rev().flatten().map(|v| metres(*v)).collect();
    if heights.iter().all(|h| h.is_nan()) {
        return Err(fail("it holds no heights at all (only \"no data\")".into()));
    }
    let south = place.bounds.max[1] - f64::from(place.rows) * place.cell;
    Ok(Terrain {
        origin: MapPoint::new(place.bounds.min[0] + place.cell / 2.0, south + place.cell / 2.0),
        cell: place.cell,
        columns: place.columns,
        rows: place.rows,
        heights,
        exaggeration: 1.0,
    })
}

/// Reads a picture into the project CRS.
///
/// Grey, palette, RGB and RGBA; of more bands the first three. Values of more than 8 bits are
/// stretched from the least to the greatest.
///
/// # Errors
/// [`OpenError`] when it cannot be read or warped.
pub fn read_imagery(raster: &RawRaster, source: &Crs, project: &Crs, max_side: u32) -> Result<Imagery, OpenError> {
    let fail = |reason: String| OpenError::new(&raster.path, reason);
    let place = place(raster, source, project, max_side)?;
    let original = super::open_gdal(&raster.path).map_err(fail)?;
    let fail = |reason: String| OpenError::new(&raster.path, reason);
    let first = original.rasterband(1).map_err(|e| fail(e.to_string()))?;
    let palette: Option<Vec<[u8; 4]>> = first.color_table().map(|table| {
        (0..table.entry_count())
            .map(|i| {
                let c = table.entry_as_rgb(i);
                c.map_or([0; 4], |c| [c.r as u8, c.g as u8, c.b as u8, c.a as u8])
            })
            .collect()
    });
    let resampling = if palette.is_some() { "near" } else { "bilinear" };
    let extra = ["-dstalpha", "-r", resampling, "-wo", "UNIFIED_SRC_NODATA=YES"];
    let warped = warp(raster, source, project, &place, &extra)?;
    let (width, height) = (place.columns as usize, place.rows as usize);
    let bands = warped.raster_count();
    let read = |number: usize| -> Result<Vec<f32>, OpenError> {
        let band = warped.rasterband(number).map_err(|e| fail(e.to_string()))?;
        let pixels = band.read_as::<f32>((0, 0), (width, height), (width, height), None);
        Ok(pixels.map_err(|e| fail(e.to_string()))?.into_shape_and_vec().1)
    };
    let bytes = warped.rasterband(1).is_ok_and(|b| b.band_type() == GdalDataType::UInt8);
    let alpha = read(bands)?;
    let opaque = if bytes { 255.0 } else { alpha.iter().copied().fold(1.0, f32::max) };
    let mut rgba = vec![0_u8; width * height * 4];
    for (pixel, a) in rgba.chunks_exact_mut(4).zip(&alpha) {
        pixel[3] = (a / opaque * 255.0) as u8;
    }
    let colours = (bands - 1).min(3);
    for slot in 0..3 {
        // One or two bands are grey.
        let number = if colours >= 3 { slot + 1 } else { 1 };
        let mut values = read(number)?;
        if !bytes && palette.is_none() {
            stretch(&mut values, &alpha);
        }
        for (pixel, v) in rgba.chunks_exact_mut(4).zip(&values) {
            pixel[slot] = match &palette {
                Some(table) => table.get(*v as usize).map_or(0, |c| c[slot]),
                None => *v as u8,
            };
        }
    }
    let bottom = place.bounds.max[1] - f64::from(place.rows) * place.cell;
    let right = place.bounds.min[0] + f64::from(place.columns) * place.cell;
    Ok(Imagery {
        bounds: Bounds { min: [place.bounds.min[0], bottom], max: [right, place.bounds.max[1]] },
        width: place.columns,
        height: place.rows,
        rgba,
    })
}

/// Stretches values to 0 to 255 over what is visible.
fn stretch(values: &mut [f32], alpha: &[f32]) {
    let visible = values.iter().zip(alpha).filter(|(v, a)| **a > 0.0 && v.is_finite()).map(|(v, _)| *v);
    let (low, high) = visible.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let span = if high > low { high - low } else { 1.0 };
    for v in values {
        *v = ((*v - low) / span * 255.0).clamp(0.0, 255.0);
    }
}
