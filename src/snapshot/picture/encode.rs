//! A canvas as a file: PNG, JPEG or GeoTIFF.

use std::io::Write;
use std::path::Path;

use super::Canvas;
use crate::formats::WriteError;
use crate::formats::aside::Aside;
use crate::place::{Bounds, Crs};
use crate::report::Progress;

/// Of 100: no blocks are seen in flat colours, and a fifth of PNG's size.
const JPEG_QUALITY: u8 = 92;

/// A format of pictures, by the ending of the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// PNG: every pixel as it was drawn.
    Png,
    /// JPEG: small, for mail and slides.
    Jpeg,
    /// GeoTIFF: PNG's pixels with their place on the ground.
    GeoTiff,
}

impl PictureFormat {
    /// Of a file.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "tif" | "tiff" => Some(Self::GeoTiff),
            _ => None,
        }
    }
}

/// Where a picture from straight above lies: north is up.
#[derive(Clone, Debug)]
pub struct Ground {
    /// From its left to its right and from its lower to its upper edge.
    pub bounds: Bounds,
    /// The CRS of these.
    pub crs: Crs,
}

/// Writes a canvas as a file, aside and renamed.
///
/// # Errors
/// [`WriteError`]: it cannot be written; a GeoTIFF without a ground; the user stopped it.
pub fn encode(canvas: &Canvas, ground: Option<&Ground>, out: &Path, progress: &Progress) -> Result<(), WriteError> {
    let fail = |error: &dyn std::fmt::Display| WriteError::new(out, error);
    let format = PictureFormat::of(out).ok_or_else(|| fail(&"a picture's name ends in .png, .jpg or .tif"))?;
    let [width, height] = canvas.size();
    match format {
        PictureFormat::Png => {
            let (aside, file) = Aside::buffered(out)?;
            let mut info = png::Info::with_size(width, height);
            info.color_type = png::ColorType::Rgb;
            info.bit_depth = png::BitDepth::Eight;
            let mut encoder = png::Encoder::with_info(file, info).map_err(|e| fail(&e))?;
            encoder.set_compression(png::Compression::Fast);
            let mut writer = encoder.write_header().map_err(|e| fail(&e))?;
            let mut stream = writer.stream_writer().map_err(|e| fail(&e))?;
            progress.stage("writing the picture", u64::from(height));
            for (row, pixels) in canvas.pixels().chunks(width as usize * 3).enumerate() {
                if row % 64 == 0 {
                    progress.at(row as u64).map_err(|_| WriteError::cancelled(out))?;
                }
                stream.write_all(pixels).map_err(|e| fail(&e))?;
            }
            stream.finish().map_err(|e| fail(&e))?;
            writer.finish().map_err(|e| fail(&e))?;
            aside.keep()
        }
        PictureFormat::Jpeg => {
            let (aside, mut file) = Aside::buffered(out)?;
            file.write_all(&jpeg(canvas).map_err(|e| fail(&e))?).and_then(|()| file.flush()).map_err(|e| fail(&e))?;
            aside.keep()
        }
        PictureFormat::GeoTiff => {
            let ground = ground.ok_or_else(|| fail(&"a GeoTIFF is a picture from straight above: say --ortho"))?;
            geotiff(canvas, ground, out, progress)
        }
    }
}

/// A canvas as the bytes of a JPEG file.
///
/// # Errors
/// A sentence where it has more pixels a side than the format allows.
pub fn jpeg(canvas: &Canvas) -> Result<Vec<u8>, String> {
    let [width, height] = canvas.size();
    let sides = u16::try_from(width).ok().zip(u16::try_from(height).ok());
    let (width, height) = sides.ok_or("JPEG ends at 65,535 pixels a side")?;
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.encode(canvas.pixels(), width, height, jpeg_encoder::ColorType::Rgb).map_err(|e| e.to_string())?;
    Ok(bytes)
}

#[cfg(feature = "gdal")]
fn geotiff(canvas: &Canvas, ground: &Ground, out: &Path, progress: &Progress) -> Result<(), WriteError> {
    crate::formats::geotiff::write(out, canvas.size(), canvas.pixels(), &ground.bounds, &ground.crs, progress)
}

#[cfg(not(feature = "gdal"))]
fn geotiff(_: &Canvas, _: &Ground, out: &Path, _: &Progress) -> Result<(), WriteError> {
    Err(WriteError::new(out, "this build has no GDAL and writes no GeoTIFF: write a .png"))
}
