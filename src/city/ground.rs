//! Terrain and imagery: read when the project CRS is known.

use std::sync::Arc;

use super::settle::SettledRaster;
use super::{City, CityError, CityImagery};
use crate::formats;
use crate::model::{Role, Terrain};
use crate::report::{Progress, Severity};

/// Samples of a terrain a side, at most: 4 M samples, 16 MB.
const TERRAIN_SIDE: u32 = 2048;
/// Pixels of a picture a side, at most: 64 MB.
const IMAGERY_SIDE: u32 = 4096;

/// Reads terrain (the first wins) and pictures into the city; what fails is an error in its report.
pub(super) fn read(city: &mut City, rasters: Vec<SettledRaster<'_>>, progress: &Progress) -> Result<(), CityError> {
    for raster in rasters {
        progress.stage(format!("reading {}", raster.spec.source), 0);
        progress.at(0).map_err(|_| CityError::Cancelled)?;
        let SettledRaster { spec, id, title, raw, crs, .. } = raster;
        city.report.extend(raw.report.clone());
        let is_terrain = match spec.role {
            Some(Role::Terrain) => true,
            Some(Role::Imagery) => false,
            None => raw.is_terrain,
            Some(other) => {
                let message = format!("{} is a raster and cannot have the role {}", spec.source, other.word());
                city.report.warn(&id, message);
                raw.is_terrain
            }
        };
        if is_terrain {
            if city.terrain.is_some() {
                let message = format!(
                    "{} is not used: the ground is already another terrain, the first of the project",
                    spec.source
                );
                city.report.warn(&id, message);
                continue;
            }
            match formats::read_terrain(&raw, &crs, &city.crs, TERRAIN_SIDE) {
                Ok(terrain) => {
                    let exaggeration = spec.exaggeration.filter(|e| e.is_finite() && *e > 0.0).unwrap_or(1.0);
                    city.terrain_id = id;
                    city.terrain = Some(Arc::new(raised(terrain, spec.z_offset as f32, exaggeration)));
                }
                Err(error) => city.report.add(Severity::Error, &id, error.to_string()),
            }
        } else {
            match formats::read_imagery(&raw, &crs, &city.crs, IMAGERY_SIDE) {
                Ok(imagery) => city.imagery.push(Arc::new(CityImagery {
                    id,
                    title,
                    imagery,
                    opacity: spec.style.opacity,
                    visible: spec.visible,
                })),
                Err(error) => city.report.add(Severity::Error, &id, error.to_string()),
            }
        }
    }
    Ok(())
}

fn raised(mut terrain: Terrain, by: f32, exaggeration: f32) -> Terrain {
    if by != 0.0 {
        terrain.heights.iter_mut().for_each(|height| *height += by);
    }
    Terrain { exaggeration, ..terrain }
}
