//! The pixels of a picture, on the disk beside the file they become.

use std::io;
use std::path::Path;

use memmap2::MmapMut;

use crate::formats::aside::folder_of;

/// Pixels of three bytes, rows from above. Its file has no name and is gone with it.
#[derive(Debug)]
pub struct Canvas {
    size: [u32; 2],
    pixels: Option<MmapMut>,
}

impl Canvas {
    /// A black one, beside the file that it becomes.
    ///
    /// # Errors
    /// When there is no room for it on that disk.
    pub fn new(size: [u32; 2], out: &Path) -> io::Result<Self> {
        let bytes = u64::from(size[0]) * u64::from(size[1]) * 3;
        if bytes == 0 {
            return Ok(Self { size, pixels: None });
        }
        let file = tempfile::tempfile_in(folder_of(out))?;
        // Holes would be found to have no room when they are painted, and a mapped file cannot say so.
        reserve(&file, bytes)?;
        // SAFETY: the file has no name: nobody else changes it while it is mapped.
        let pixels = unsafe { MmapMut::map_mut(&file)? };
        Ok(Self { size, pixels: Some(pixels) })
    }

    /// Width and height.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// All pixels: red, green, blue of each.
    pub fn pixels(&self) -> &[u8] {
        self.pixels.as_deref().unwrap_or_default()
    }

    /// Lays a part (RGBA, rows from above) with its upper left corner at a place; what reaches over an edge is left out.
    pub fn put(&mut self, at: [u32; 2], size: [u32; 2], rgba: &[u8]) {
        let [width, height] = self.size;
        let Some(pixels) = &mut self.pixels else { return };
        let columns = size[0].min(width.saturating_sub(at[0])) as usize;
        for row in 0..size[1].min(height.saturating_sub(at[1])) {
            let from = row as usize * size[0] as usize * 4;
            let to = ((at[1] + row) as usize * width as usize + at[0] as usize) * 3;
            let (Some(from), Some(to)) = (rgba.get(from..from + columns * 4), pixels.get_mut(to..to + columns * 3))
            else {
                return;
            };
            for (from, to) in from.as_chunks::<4>().0.iter().zip(to.as_chunks_mut::<3>().0) {
                to.copy_from_slice(&from[..3]);
            }
        }
    }

    /// Gives each band of rows to a painter as RGBA, and takes back what it made of it.
    pub fn paint(&mut self, mut painter: impl FnMut(std::ops::Range<u32>, &mut [u8])) {
        /// Rows painted at a time: 16,384 pixels a row are 17 MB then.
        const BAND: u32 = 256;
        let [width, height] = self.size;
        let mut band = Vec::new();
        for first in (0..height).step_by(BAND as usize) {
            let rows = first..(first + BAND).min(height);
            let Some(pixels) = &mut self.pixels else { return };
            let bytes = |row: u32| row as usize * width as usize * 3;
            let Some(part) = pixels.get_mut(bytes(rows.start)..bytes(rows.end)) else { return };
            band.clear();
            part.as_chunks::<3>().0.iter().for_each(|[r, g, b]| band.extend([*r, *g, *b, 255]));
            painter(rows, &mut band);
            for (from, to) in band.as_chunks::<4>().0.iter().zip(part.as_chunks_mut::<3>().0) {
                to.copy_from_slice(&from[..3]);
            }
        }
    }
}

#[cfg(unix)]
fn reserve(file: &std::fs::File, bytes: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let length = libc::off_t::try_from(bytes).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open as long as `file` lives.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

#[cfg(not(unix))]
fn reserve(file: &std::fs::File, bytes: u64) -> io::Result<()> {
    file.set_len(bytes)
}
