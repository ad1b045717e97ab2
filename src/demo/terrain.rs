//! A gentle ground: a plain of three metres, banks along the river, its bed, a hill in each great park.

use rayon::prelude::*;

use super::city::{Plan, Quarter};
use super::components::inside;
use super::quarters::Kind;
use super::river::{self, ORIGIN};
use super::shape::{self, Box2, Point, sin_cos};
use crate::model::Terrain;
use crate::place::MapPoint;
use crate::report::{Cancelled, Progress};

/// The coordinate system of the grid file, as ESRI writes it.
pub(super) const PRJ: &str = concat!(
    "PROJCS[\"CGCS2000_3_Degree_GK_CM_117E\",GEOGCS[\"GCS_China_Geodetic_Coordinate_System_2000\",",
    "DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],",
    "UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Gauss_Kruger\"],PARAMETER[\"False_Easting\",500000.0],",
    "PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",117.0],PARAMETER[\"Scale_Factor\",1.0],",
    "PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]\n"
);

/// Ground of the plain, metres above datum.
const PLAIN: f64 = 3.2;

/// Lines of the grid between two looks at the wish to stop.
const LINES: usize = 64;

/// A lake or a hill.
enum Relief {
    Lake(Vec<Point>, Box2),
    Hill(Point, f64, f64),
}

/// A curve from 0 to 1 between two values, flat at both ends.
fn ease(from: f64, to: f64, x: f64) -> f64 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

impl Relief {
    /// Whether it may change the ground at this ordinate.
    fn reaches(&self, y: f64) -> bool {
        match self {
            Self::Hill(at, _, radius) => (at[1] - y).abs() <= *radius,
            Self::Lake(_, reach) => (reach.y0..=reach.y1).contains(&y),
        }
    }
}

fn height(p: Point, reliefs: &[&Relief]) -> f64 {
    let mut h = PLAIN
        + 0.35 * sin_cos(p[0] / 410.0).0 * sin_cos(p[1] / 530.0 + 1.0).0
        + 0.12 * sin_cos(p[0] / 97.0 + p[1] / 131.0).0;
    let (s, t) = river::course(p);
    if (t - river::bend(s).0).abs() < 420.0 {
        let (s, v) = river::offset_of(p);
        let v = v.abs() - river::half_width(s);
        // Bed, bank, crest under the riverside street, and back to the plain.
        h += (4.75 - h) * (1.0 - ease(45.0, 150.0, v));
        h += (-2.0 - h) * (1.0 - ease(-14.0, 8.0, v));
    }
    for relief in reliefs {
        match relief {
            Relief::Hill(at, top, radius) => {
                let d = shape::distance(*at, p) / radius;
                if d < 1.0 {
                    h += top * (1.0 - d * d) * (1.0 - d * d);
                }
            }
            Relief::Lake(ring, reach) => {
                if p[0] > reach.x0 && p[0] < reach.x1 && p[1] > reach.y0 && p[1] < reach.y1 && inside(ring, p) {
                    h = 1.2;
                }
            }
        }
    }
    h
}

/// Makes the ground of a city. Samples are at least 16 m apart, and at most 1000 a side.
pub(super) fn make(plan: &Plan, progress: &Progress) -> Result<Terrain, Cancelled> {
    let mut reliefs = Vec::new();
    let mut points: Vec<Point> = Vec::new();
    for spec in &plan.quarters {
        points.extend(plan.lattice.corners(spec.column, spec.side, spec.row));
        if spec.kind != Kind::GreatPark {
            continue;
        }
        let quarter = Quarter::new(&plan.lattice, &plan.scale, spec);
        for parcel in quarter.parcels.iter().filter(|p| !p.lakes.is_empty()) {
            for lake in &parcel.lakes {
                reliefs.push(Relief::Lake(lake.clone(), shape::around(lake)));
                // Beyond the lake as seen from the middle of the park, where nothing is built.
                let (c, l) = (shape::centroid(&parcel.ring), shape::centroid(lake));
                let away = shape::scale(shape::unit(shape::sub(c, l)), shape::around(&parcel.ring).depth() * 0.27);
                reliefs.push(Relief::Hill(shape::add(c, away), 11.0, 95.0));
            }
        }
    }
    let around = shape::around(&points).shrunk(-260.0);
    let longest = around.width().max(around.depth());
    let cell = ((longest / 1000.0 / 5.0).ceil() * 5.0).max(16.0);
    let (columns, rows) = ((around.width() / cell).ceil() as u32 + 1, (around.depth() / cell).ceil() as u32 + 1);
    let corner = [((around.x0 + ORIGIN[0]) / cell).floor() * cell, ((around.y0 + ORIGIN[1]) / cell).floor() * cell];
    let mut heights = Vec::with_capacity(columns as usize * rows as usize);
    progress.stage("terrain", u64::from(rows));
    let line = |row: u32| {
        let y = corner[1] + f64::from(row) * cell - ORIGIN[1];
        let near: Vec<&Relief> = reliefs.iter().filter(|relief| relief.reaches(y)).collect();
        let at = |column: u32| [corner[0] + f64::from(column) * cell - ORIGIN[0], y];
        (0..columns).map(|column| height(at(column), &near) as f32).collect::<Vec<_>>()
    };
    for from in (0..rows).step_by(LINES) {
        progress.at(u64::from(from))?;
        let to = (from + LINES as u32).min(rows);
        let lines: Vec<Vec<f32>> = (from..to).into_par_iter().map(line).collect();
        lines.iter().for_each(|line| heights.extend(line));
    }
    Ok(Terrain { origin: MapPoint::from(corner), cell, columns, rows, heights, exaggeration: 1.0 })
}

/// The grid as ESRI ASCII text: samples are cell centres, north first, centimetres.
pub(super) fn ascii(terrain: &Terrain) -> String {
    use std::fmt::Write;
    let half = terrain.cell / 2.0;
    let mut out = format!(
        "ncols {}\nnrows {}\nxllcorner {:.2}\nyllcorner {:.2}\ncellsize {}\nNODATA_value -9999\n",
        terrain.columns,
        terrain.rows,
        terrain.origin.east - half,
        terrain.origin.north - half,
        terrain.cell
    );
    for row in (0..terrain.rows).rev() {
        for column in 0..terrain.columns {
            let separator = if column == 0 { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(out, "{separator}{:.2}", terrain.sample(column, row));
        }
        out.push('\n');
    }
    out
}
