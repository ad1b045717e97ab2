//! ESRI ASCII grid: terrain as text that every GIS reads.

use std::io::Write;
use std::path::Path;

use super::{WriteError, aside};
use crate::model::Terrain;
use crate::report::Progress;

/// What stands for an unknown height.
const NO_DATA: &str = "-9999";

/// Writes true heights (not exaggerated) in metres, two decimals, from the north-west.
///
/// # CRS
/// The format has no place for a CRS: say it beside the file.
///
/// # Errors
/// [`WriteError`] when the file cannot be written or the user stops it.
pub fn write(path: &Path, terrain: &Terrain, progress: &Progress) -> Result<(), WriteError> {
    let columns = terrain.columns.max(1) as usize;
    progress.stage("writing terrain", u64::from(terrain.rows));
    aside::write_aside(path, |out| {
        let fail = |error: std::io::Error| WriteError::new(path, error);
        writeln!(
            out,
            "ncols {}\nnrows {}\nxllcenter {}\nyllcenter {}\ncellsize {}\nNODATA_value {NO_DATA}",
            terrain.columns, terrain.rows, terrain.origin.east, terrain.origin.north, terrain.cell
        )
        .map_err(fail)?;
        for (i, row) in terrain.heights.chunks(columns).rev().enumerate() {
            progress.at(i as u64).map_err(|_| WriteError::cancelled(path))?;
            for (k, height) in row.iter().enumerate() {
                let space = if k == 0 { "" } else { " " };
                let result = if height.is_finite() {
                    write!(out, "{space}{height:.2}")
                } else {
                    write!(out, "{space}{NO_DATA}")
                };
                result.map_err(fail)?;
            }
            writeln!(out).map_err(fail)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::MapPoint;

    #[test]
    fn the_first_line_of_heights_is_the_north() {
        let terrain = Terrain {
            origin: MapPoint::new(516_000.5, 4_331_000.25),
            cell: 2.0,
            columns: 2,
            rows: 2,
            heights: vec![1.0, 2.0, f32::NAN, 4.125],
            exaggeration: 3.0,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dem.asc");
        write(&path, &terrain, &Progress::default()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = "ncols 2\nnrows 2\nxllcenter 516000.5\nyllcenter 4331000.25\ncellsize 2\nNODATA_value -9999\n\
                        -9999 4.12\n1.00 2.00\n";
        assert_eq!(text, expected);
        #[cfg(feature = "gdal")]
        {
            // GDAL reads it back: the south-west sample, row 0, is 1.
            let found = crate::formats::open(&path, &Default::default(), &Progress::default()).unwrap();
            let crate::formats::RawData::Raster(raster) = &found[0] else { panic!("{found:?}") };
            assert!(raster.is_terrain);
            let crs = crate::place::Crs::parse("EPSG:4548").unwrap();
            let again = crate::formats::read_terrain(raster, &crs, &crs, 100).unwrap();
            assert_eq!((again.origin, again.sample(0, 0), again.cell), (terrain.origin, 1.0, 2.0));
            assert!(again.sample(0, 1).is_nan());
        }
    }
}
