//! Building parts over their parents (OSM `building:part`).
//!
//! A parent whose parts cover at least 90 % of its area is **covered**: it is not drawn, and counts
//! nowhere twice. A parent that its parts cover less stays, drawn no higher than the lowest of its
//! parts, so that they rise out of it.

use std::collections::HashMap;

use super::super::geometry::{GeometryColumn, GeometryKind};
use super::super::table::{Field, Value};
use crate::place::Bounds;

/// Share of the parent's area that parts must cover for the parent to go.
const COVERED: f64 = 0.9;
/// Lattice points across a parent's box when coverage is estimated.
const LATTICE: u32 = 32;

/// A parent with its parts, as rows.
pub(super) struct Family {
    pub parent: u32,
    pub parts: Vec<u32>,
    /// Whether the parts cover it.
    pub covered: bool,
}

/// Whether a value says that the row is a part.
pub(crate) fn says_part(value: &Value<'_>) -> bool {
    match value {
        Value::Boolean(b) => *b,
        Value::Integer(i) => *i != 0,
        Value::Text(t) => !matches!(t.trim().to_lowercase().as_str(), "" | "no" | "false" | "0" | "否"),
        _ => false,
    }
}

/// Finds the parents of all parts: the smallest polygon that holds an inner point of the part.
pub(super) fn families(geometry: &GeometryColumn, field: &Field) -> Vec<Family> {
    let rows = 0..geometry.len() as u32;
    let is_polygon = |row: &u32| geometry.kind(*row) == GeometryKind::Polygon;
    let (parts, parents): (Vec<u32>, Vec<u32>) =
        rows.filter(is_polygon).partition(|row| says_part(&field.values.get(*row)));
    if parts.is_empty() || parents.is_empty() {
        return Vec::new();
    }
    let grid = Grid::new(geometry, &parents);
    let mut found: HashMap<u32, Vec<u32>> = HashMap::new();
    for part in parts {
        let Some(point) = inner_point(geometry, part) else { continue };
        let holders = grid.near(point).filter(|parent| holds(geometry, *parent, point));
        if let Some(parent) = holders.min_by(|a, b| geometry.area(*a).total_cmp(&geometry.area(*b))) {
            found.entry(parent).or_default().push(part);
        }
    }
    let mut families: Vec<Family> = found
        .into_iter()
        .map(|(parent, parts)| {
            let covered = coverage(geometry, parent, &parts) >= COVERED;
            Family { parent, parts, covered }
        })
        .collect();
    families.sort_unstable_by_key(|family| family.parent);
    families
}

/// Parents by square cell; those that span many cells apart.
struct Grid {
    cell: f64,
    cells: HashMap<[i64; 2], Vec<u32>>,
    large: Vec<u32>,
}

impl Grid {
    fn new(geometry: &GeometryColumn, parents: &[u32]) -> Self {
        let bounds: Vec<Bounds> = parents.iter().map(|p| geometry.bounds(*p)).collect();
        let mean = bounds.iter().map(|b| b.width().max(b.height())).sum::<f64>() / bounds.len().max(1) as f64;
        let mut grid = Self { cell: (2.0 * mean).max(1e-9), cells: HashMap::new(), large: Vec::new() };
        for (parent, bounds) in parents.iter().zip(&bounds) {
            let ([x1, y1], [x2, y2]) = (grid.key(bounds.min), grid.key(bounds.max));
            if (x2 - x1 + 1).saturating_mul(y2 - y1 + 1) > 64 {
                grid.large.push(*parent);
                continue;
            }
            for x in x1..=x2 {
                for y in y1..=y2 {
                    grid.cells.entry([x, y]).or_default().push(*parent);
                }
            }
        }
        grid
    }

    fn key(&self, point: [f64; 2]) -> [i64; 2] {
        point.map(|c| (c / self.cell).floor() as i64)
    }

    fn near(&self, point: [f64; 2]) -> impl Iterator<Item = u32> + '_ {
        self.cells.get(&self.key(point)).into_iter().flatten().chain(&self.large).copied()
    }
}

/// Whether a polygon holds a point: odd number of crossings to the east over all rings.
fn holds(geometry: &GeometryColumn, feature: u32, point: [f64; 2]) -> bool {
    crossings(geometry, feature, point[1]).filter(|x| *x > point[0]).count() % 2 == 1
}

/// Where the horizontal line at `y` crosses the edges of a feature.
fn crossings(geometry: &GeometryColumn, feature: u32, y: f64) -> impl Iterator<Item = f64> + '_ {
    let rings = geometry.parts(feature).flat_map(|part| geometry.rings(part));
    rings.flat_map(move |ring| {
        let n = ring.xy.len();
        (0..n).filter_map(move |i| {
            let ([x1, y1], [x2, y2]) = (ring.xy[i], ring.xy[(i + 1) % n]);
            ((y1 > y) != (y2 > y)).then(|| x1 + (y - y1) / (y2 - y1) * (x2 - x1))
        })
    })
}

/// A point well inside: the middle of the widest stretch at half height.
pub(crate) fn inner_point(geometry: &GeometryColumn, feature: u32) -> Option<[f64; 2]> {
    let y = geometry.bounds(feature).centre()[1];
    let mut xs: Vec<f64> = crossings(geometry, feature, y).collect();
    xs.sort_unstable_by(f64::total_cmp);
    let stretches = xs.chunks_exact(2).map(|pair| (pair[1] - pair[0], (pair[0] + pair[1]) / 2.0));
    stretches.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, x)| [x, y])
}

/// The share of the parent's area that lies in parts, from a lattice of points: parts may overlap
/// each other and stick out, which sums of areas would count wrongly.
fn coverage(geometry: &GeometryColumn, parent: u32, parts: &[u32]) -> f64 {
    let bounds = geometry.bounds(parent);
    let boxes: Vec<(u32, Bounds)> = parts.iter().map(|part| (*part, geometry.bounds(*part))).collect();
    let at = |i: u32, low: f64, size: f64| low + size * (f64::from(i) + 0.5) / f64::from(LATTICE);
    let (mut all, mut inside) = (0_u32, 0_u32);
    for row in 0..LATTICE {
        for column in 0..LATTICE {
            let point = [at(column, bounds.min[0], bounds.width()), at(row, bounds.min[1], bounds.height())];
            if holds(geometry, parent, point) {
                all += 1;
                let in_part = |(part, bounds): &(u32, Bounds)| bounds.holds(point) && holds(geometry, *part, point);
                inside += u32::from(boxes.iter().any(in_part));
            }
        }
    }
    f64::from(inside) / f64::from(all.max(1))
}
