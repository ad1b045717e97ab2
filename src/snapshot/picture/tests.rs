use super::*;
use crate::place::{Bounds, Crs};
use crate::report::Progress;

/// The colour of a place: no two neighbours are alike.
fn colour(x: u32, y: u32) -> [u8; 4] {
    [(x % 251) as u8, (y % 241) as u8, ((x * 7 + y * 13) % 239) as u8, 255]
}

/// Parts of 100 pixels, the last ones reaching over both edges.
fn canvas(size: [u32; 2], folder: &std::path::Path) -> Canvas {
    let mut canvas = Canvas::new(size, &folder.join("out.png")).unwrap();
    for y in (0..size[1]).step_by(100) {
        for x in (0..size[0]).step_by(100) {
            let part: Vec<u8> = (0..100).flat_map(|dy| (0..100).flat_map(move |dx| colour(x + dx, y + dy))).collect();
            canvas.put([x, y], [100, 100], &part);
        }
    }
    canvas
}

#[test]
fn parts_fit_without_a_seam_and_png_keeps_each_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("p.png");
    encode(&canvas([330, 270], folder.path()), None, &out, &Progress::default()).unwrap();
    let read = image::open(&out).unwrap().into_rgb8();
    assert_eq!(read.dimensions(), (330, 270));
    for (x, y, pixel) in read.enumerate_pixels() {
        assert_eq!(pixel.0[..], colour(x, y)[..3], "{x}, {y}");
    }
}

#[test]
fn what_is_painted_over_stays_on_the_canvas() {
    let folder = tempfile::tempdir().unwrap();
    let mut canvas = canvas([40, 600], folder.path());
    canvas.paint(|rows, band| {
        for row in rows.clone() {
            if row % 2 == 1 {
                let from = (row - rows.start) as usize * 40 * 4;
                band[from..from + 160].fill(9);
            }
        }
    });
    let row = |y: usize| &canvas.pixels()[y * 120..y * 120 + 3];
    assert_eq!((row(511), row(513), row(512)), (&[9, 9, 9][..], &[9, 9, 9][..], &colour(0, 512)[..3]));
}

/// A pixel is 2 m wide and 0.5 m high; the middle of pixel (10, 20) from the upper left lies 21 m east and 10.25 m
/// south of that corner.
#[cfg(feature = "gdal")]
#[test]
fn a_geotiff_says_where_each_pixel_lies() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("p.tif");
    let ground = Ground {
        bounds: Bounds { min: [500_000.0, 4_300_000.0], max: [500_660.0, 4_300_135.0] },
        crs: Crs::parse("EPSG:4548").unwrap(),
    };
    let canvas = canvas([330, 270], folder.path());
    encode(&canvas, Some(&ground), &out, &Progress::default()).unwrap();
    assert!(encode(&canvas, None, &folder.path().join("q.tif"), &Progress::default()).is_err());
    let run = |command: &str, arguments: &[&str]| {
        let out = std::process::Command::new(command).args(arguments).arg(&out).output().ok()?;
        Some(String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let Some(said) = run("gdalinfo", &[]) else {
        println!("skipped: gdalinfo is not installed");
        return;
    };
    assert!(said.contains("Origin = (500000.000000000000000,4300135.000000000000000)"), "{said}");
    assert!(said.contains("Pixel Size = (2.000000000000000,-0.500000000000000)"), "{said}");
    assert!(said.contains("ID[\"EPSG\",4548]"), "{said}");
}
