//! The unit grid (万米单元网格): cells of about a hectare that follow streets and cut no building.

use super::city::Quarter;
use super::parcels::Parcel;
use super::quarters::Spec;
use super::rows::Rows;
use super::shape::{self, Point, left, scale, sub, unit};

/// A grid cell with its 15-digit code: 6 division + 3 street + 3 community + 3 serial (GB/T 30428.1).
pub(super) struct GridCell {
    pub(super) code: String,
    pub(super) ring: Vec<Point>,
    /// The cell of the quarter it comes from.
    pub(super) cell: usize,
}

/// The grid of a quarter: its cells, those with several parcels divided along the parcels' borders.
pub(super) fn cells(quarter: &Quarter) -> Vec<GridCell> {
    let mut rings: Vec<(usize, Vec<Point>)> = Vec::new();
    for (number, cell) in quarter.cells.iter().enumerate() {
        let parcels: Vec<&Parcel> = quarter.parcels.iter().filter(|p| p.cell == number).collect();
        let mut rest = cell.ring.clone();
        for pair in parcels.windows(2) {
            let Some((at, normal)) = shared_border(&pair[0].ring, &pair[1].ring) else { continue };
            let piece = shape::clip(&rest, at, scale(normal, -1.0));
            // A hectare is the measure: smaller pieces stay together.
            if shape::area(&piece) > 6_500.0 && shape::area(&rest) - shape::area(&piece) > 5_000.0 {
                rings.push((number, piece));
                rest = shape::clip(&rest, at, normal);
            }
        }
        rings.push((number, rest));
    }
    // West to east, then north to south, as the code's rule wants.
    let strip = |ring: &[Point]| (-shape::centroid(ring)[1] / 110.0).floor() as i64;
    rings.sort_by(|a, b| {
        let (x, y) = (shape::centroid(&a.1)[0], shape::centroid(&b.1)[0]);
        strip(&a.1).cmp(&strip(&b.1)).then(x.total_cmp(&y))
    });
    let Spec { county, street, community, .. } = quarter.spec;
    rings
        .into_iter()
        .enumerate()
        .map(|(n, (cell, ring))| GridCell {
            code: format!("{county:06}{street:03}{community:03}{:03}", n + 1),
            ring,
            cell,
        })
        .collect()
}

/// The edge that two parcels of one division share, as a point and the normal into the second.
fn shared_border(a: &[Point], b: &[Point]) -> Option<(Point, Point)> {
    for i in 0..a.len() {
        let (p, q) = (a[i], a[(i + 1) % a.len()]);
        let normal = scale(left(unit(sub(q, p))), -1.0);
        let away = |r: &Point| shape::dot(sub(*r, p), normal);
        if b.iter().all(|r| away(r) > -0.01) && b.iter().filter(|r| away(r).abs() < 0.01).count() >= 2 {
            return Some((p, normal));
        }
    }
    None
}

/// The cell a point lies in.
pub(super) fn cell_at(cells: &[GridCell], point: Point) -> Option<&GridCell> {
    cells.iter().find(|c| shape::holds(&c.ring, point, -0.001))
}

/// Adds a quarter's grid.
pub(super) fn push_grid(rows: &mut Rows, quarter: &Quarter) {
    for cell in cells(quarter) {
        let main = quarter
            .parcels
            .iter()
            .filter(|p| p.cell == cell.cell)
            .max_by(|a, b| shape::area(&a.ring).total_cmp(&shape::area(&b.ring)));
        rows.text("id", &cell.code);
        rows.text("community", &cell.code[0..12]);
        rows.real("area_m2", shape::area(&cell.ring), 0);
        rows.text("land_use", main.map_or("1207", |p| p.plot.land_use().0.code));
        rows.whole("level", main.map_or(3, |p| if super::city::is_busy(p.plot) >= 2.0 { 1 } else { 2 }));
        rows.polygon(&cell.ring, &[]);
    }
}
