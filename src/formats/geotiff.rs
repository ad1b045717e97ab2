//! Writing GeoTIFF: a picture with its place on the ground. Reading is GDAL's.

use std::path::Path;

use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;

use super::aside::Aside;
use super::{WriteError, gdal_setup};
use crate::place::{Bounds, Crs};
use crate::report::Progress;

/// Rows written at a time.
const BAND: u32 = 256;

/// Writes pixels (red, green, blue; rows from above, north up) that fill a box of a CRS, aside and renamed.
///
/// # Errors
/// [`WriteError`] when it cannot be written or the user stops it.
pub fn write(
    path: &Path,
    [width, height]: [u32; 2],
    pixels: &[u8],
    bounds: &Bounds,
    crs: &Crs,
    progress: &Progress,
) -> Result<(), WriteError> {
    gdal_setup::prepare();
    let fail = |error: &dyn std::fmt::Display| WriteError::new(path, error);
    let aside = Aside::create(path)?;
    let options = RasterCreationOptions::from_iter([
        "COMPRESS=DEFLATE",
        "PREDICTOR=2",
        "TILED=YES",
        "PHOTOMETRIC=RGB",
        "BIGTIFF=IF_SAFER",
    ]);
    let driver = DriverManager::get_driver_by_name("GTiff").map_err(|e| fail(&e))?;
    let mut file = driver
        .create_with_band_type_with_options::<u8, _>(aside.place(), width as usize, height as usize, 3, &options)
        .map_err(|e| fail(&e))?;
    let across = (bounds.max[0] - bounds.min[0]) / f64::from(width.max(1));
    let down = (bounds.max[1] - bounds.min[1]) / f64::from(height.max(1));
    let place = [bounds.min[0], across, 0.0, bounds.max[1], 0.0, -down];
    let reference = SpatialRef::from_definition(crs.definition()).map_err(|e| fail(&e))?;
    file.set_geo_transform(&place).and_then(|()| file.set_spatial_ref(&reference)).map_err(|e| fail(&e))?;
    progress.stage("writing the picture", u64::from(height));
    for first in (0..height).step_by(BAND as usize) {
        progress.at(u64::from(first)).map_err(|_| WriteError::cancelled(path))?;
        let rows = BAND.min(height - first);
        let from = first as usize * width as usize * 3;
        let part = &pixels[from..from + rows as usize * width as usize * 3];
        for channel in 0..3 {
            let data: Vec<u8> = part.iter().skip(channel).step_by(3).copied().collect();
            let mut buffer = Buffer::new((width as usize, rows as usize), data);
            let mut band = file.rasterband(channel + 1).map_err(|e| fail(&e))?;
            band.write((0, first as isize), (width as usize, rows as usize), &mut buffer).map_err(|e| fail(&e))?;
        }
    }
    file.close().map_err(|e| fail(&e))?;
    aside.keep()
}
