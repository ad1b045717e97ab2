//! A fast stand-in for a transformation over a small area: exact at the nodes of a lattice, cubic
//! between them, and used only where it was found to differ from PROJ by less than a tenth of a
//! millimetre.
//!
//! Map projections are so smooth that over a city 16 cells a side leave an error far below a
//! micrometre (cubic Lagrange: h⁴ · f⁗ · 9/384, with h in radians and f⁗ about the earth's radius). What
//! is not smooth (grid shifts, a change of operation at a border, half the world at once) fails the
//! check and goes through PROJ point by point.

use super::Bounds;

/// Largest difference from PROJ that is accepted: metres, or degrees that are as long.
const TOLERANCE_M: f64 = 1e-4;
const TOLERANCE_DEG: f64 = 1e-9;
/// Cells a side that are tried, coarse first.
const CELLS: [usize; 2] = [16, 64];

/// Values of a transformation on a lattice of nodes, one cell wider than its box on every side.
#[derive(Debug)]
pub(super) struct Lattice {
    bounds: Bounds,
    cells: usize,
    step: [f64; 2],
    /// Row by row from the south-west, `cells + 3` a side.
    nodes: Vec<[f64; 2]>,
}

impl Lattice {
    /// Builds one for points, when it can be made good enough.
    ///
    /// `exact` transforms pairs in place; `degrees` tells whether its results are degrees.
    pub(super) fn fit(points: &[[f64; 2]], degrees: bool, exact: impl Fn(&mut [[f64; 2]])) -> Option<Self> {
        let sample: Vec<[f64; 2]> = points.iter().step_by((points.len() / 2000).max(1)).copied().collect();
        let bounds = most(&sample)?;
        let tolerance = if degrees { TOLERANCE_DEG } else { TOLERANCE_M };
        CELLS.into_iter().find_map(|cells| {
            let lattice = Self::build(bounds, cells, &exact);
            // The error of a cubic is greatest in the middle of a cell; real points see what else may be odd.
            let mut probes = lattice.middles();
            probes.extend(sample.iter().filter(|p| bounds.holds(**p)));
            let mut truth = probes.clone();
            exact(&mut truth);
            let good = probes.iter().zip(&truth).all(|(probe, truth)| {
                let [x, y] = lattice.at(*probe);
                // Written so that NaN fails.
                (x - truth[0]).abs() < tolerance && (y - truth[1]).abs() < tolerance
            });
            good.then_some(lattice)
        })
    }

    fn build(bounds: Bounds, cells: usize, exact: impl Fn(&mut [[f64; 2]])) -> Self {
        let step = [bounds.width() / cells as f64, bounds.height() / cells as f64];
        let node = |i: usize, axis: usize| bounds.min[axis] + (i as f64 - 1.0) * step[axis];
        let mut nodes: Vec<[f64; 2]> =
            (0..cells + 3).flat_map(|j| (0..cells + 3).map(move |i| [node(i, 0), node(j, 1)])).collect();
        exact(&mut nodes);
        Self { bounds, cells, step, nodes }
    }

    fn middles(&self) -> Vec<[f64; 2]> {
        let middle = |i: usize, axis: usize| self.bounds.min[axis] + (i as f64 + 0.5) * self.step[axis];
        (0..self.cells).flat_map(|j| (0..self.cells).map(move |i| [middle(i, 0), middle(j, 1)])).collect()
    }

    /// Whether a point lies where the lattice counts.
    pub(super) fn holds(&self, point: [f64; 2]) -> bool {
        self.bounds.holds(point)
    }

    /// The transformed point; only for points that it [`holds`](Self::holds).
    pub(super) fn at(&self, point: [f64; 2]) -> [f64; 2] {
        let (i, wx) = self.weights(point[0], 0);
        let (j, wy) = self.weights(point[1], 1);
        let side = self.cells + 3;
        let mut sum = [0.0; 2];
        for (row, wy) in wy.into_iter().enumerate() {
            let start = (j + row) * side + i;
            // In range: i and j are at most cells - 1, the stencil is 4 wide, a side has cells + 3 nodes.
            for (node, wx) in self.nodes[start..start + 4].iter().zip(wx) {
                sum[0] += node[0] * wx * wy;
                sum[1] += node[1] * wx * wy;
            }
        }
        sum
    }

    /// The cell along an axis and the weights of the four nodes around it (cubic Lagrange).
    fn weights(&self, value: f64, axis: usize) -> (usize, [f64; 4]) {
        let along = (value - self.bounds.min[axis]) / self.step[axis];
        let cell = (along.floor().max(0.0) as usize).min(self.cells - 1);
        let t = along - cell as f64;
        let (a, b, c) = (t + 1.0, t - 1.0, t - 2.0);
        (cell, [-t * b * c / 6.0, a * b * c / 2.0, -a * t * c / 2.0, a * t * b / 6.0])
    }
}

/// The box around most points, without a few strays, a little wider; `None` when it has no area.
fn most(sample: &[[f64; 2]]) -> Option<Bounds> {
    let side = |axis: usize| {
        let mut values: Vec<f64> = sample.iter().map(|p| p[axis]).filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let cut = last / 200;
        let (low, high) = (values[cut], values[last - cut]);
        let margin = (high - low) * 0.05;
        (margin > 0.0 && margin.is_finite()).then_some((low - margin, high + margin))
    };
    let (x, y) = (side(0)?, side(1)?);
    Some(Bounds { min: [x.0, y.0], max: [x.1, y.1] })
}
