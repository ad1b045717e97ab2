//! Pictures inside a PDF: camera files as they are, others compressed without loss.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::Predictor;
use pdf_writer::{Chunk, Filter, Finish, Ref};

use super::drawing::{Picture, Pixels, jpeg_head};
use crate::report::{Cancelled, Progress};

/// Bytes compressed.
pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail; were it to, what is there is still a stream.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Writes a picture under a number.
///
/// # Errors
/// [`Cancelled`] by the user.
pub fn write(
    chunk: &mut Chunk,
    id: Ref,
    next: &mut Ref,
    picture: &Picture,
    progress: &Progress,
) -> Result<(), Cancelled> {
    let [width, height] = picture.size.map(|length| length as i32);
    match &picture.data {
        Pixels::Jpeg(bytes) => {
            let colours = jpeg_head(bytes).map_or(3, |(_, colours)| colours);
            let mut image = chunk.image_xobject(id, bytes);
            image.width(width).height(height).bits_per_component(8).filter(Filter::DctDecode);
            match colours {
                1 => image.color_space().device_gray(),
                _ => image.color_space().device_rgb(),
            };
        }
        Pixels::Rgba(pixels) => {
            progress.stage("compressing a picture".to_owned(), u64::from(picture.size[1]));
            let rows = pixels.chunks_exact(picture.size[0] as usize * 4);
            let colours = pack(rows.clone(), 3, |pixel| [pixel[0], pixel[1], pixel[2]], progress)?;
            let clear = pixels.chunks_exact(4).any(|pixel| pixel[3] < 255);
            let mask = if clear { Some((next.bump(), pack(rows, 1, |pixel| [pixel[3]], progress)?)) } else { None };
            let mut image = chunk.image_xobject(id, &colours);
            image.width(width).height(height).bits_per_component(8).filter(Filter::FlateDecode);
            image.color_space().device_rgb();
            image.decode_parms().predictor(Predictor::PngOptimum).colors(3).columns(width);
            if let Some((mask, _)) = &mask {
                image.s_mask(*mask);
            }
            image.finish();
            if let Some((mask, data)) = &mask {
                let mut image = chunk.image_xobject(*mask, data);
                image.width(width).height(height).bits_per_component(8).filter(Filter::FlateDecode);
                image.color_space().device_gray();
                image.decode_parms().predictor(Predictor::PngOptimum).colors(1).columns(width);
            }
        }
    }
    Ok(())
}

/// Rows as differences to their neighbours, as PNG has them, compressed.
fn pack<'a, const N: usize>(
    rows: impl Iterator<Item = &'a [u8]>,
    step: usize,
    take: impl Fn(&[u8]) -> [u8; N],
    progress: &Progress,
) -> Result<Vec<u8>, Cancelled> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut above: Vec<u8> = Vec::new();
    for (number, row) in rows.enumerate() {
        progress.at(number as u64)?;
        let line: Vec<u8> = row.chunks_exact(4).flat_map(&take).collect();
        above.resize(line.len(), 0);
        let left = |at: usize| if at >= step { line[at - step] } else { 0 };
        let beside: Vec<u8> = (0..line.len()).map(|at| line[at].wrapping_sub(left(at))).collect();
        let over: Vec<u8> = line.iter().zip(&above).map(|(now, above)| now.wrapping_sub(*above)).collect();
        // The usual guess: small differences pack best.
        let weight = |bytes: &[u8]| bytes.iter().map(|byte| u64::from((*byte as i8).unsigned_abs())).sum::<u64>();
        let (kind, bytes) = if weight(&over) <= weight(&beside) { (2, over) } else { (1, beside) };
        let _ = encoder.write_all(&[kind]).and_then(|()| encoder.write_all(&bytes));
        above = line;
    }
    Ok(encoder.finish().unwrap_or_default())
}
