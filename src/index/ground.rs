//! The ground that is drawn, stood on and hit: one surface for the picture and for every question.

use rayon::prelude::*;

use crate::model::Terrain;
use crate::place::{Bounds, MapPoint};

/// The ground surface: flat at 0, or a grid of elevations.
///
/// Made from a [`Terrain`] (thinned where it is large, times its exaggeration). Unlike the terrain
/// it is defined everywhere: samples without a value have that of the nearest known sample, and
/// beyond the border the surface goes on at the border's elevation. So nothing that stands on it
/// vanishes or falls to sea level; [`Ground::is_known`] says what was measured.
///
/// Between samples: two triangles per cell, split from south-west to north-east.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ground {
    grid: Option<Grid>,
}

/// Elevations on a regular grid, all finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// South-west sample.
    pub origin: MapPoint,
    /// Distance between samples, metres.
    pub cell: f64,
    /// Samples from west to east, at least 2.
    pub columns: u32,
    /// Samples from south to north, at least 2.
    pub rows: u32,
    /// Elevations as drawn (times the exaggeration), row by row from the south-west.
    pub heights: Vec<f32>,
    /// Whether the terrain has a value there.
    pub known: Vec<bool>,
    /// Least and greatest elevation.
    pub range: (f32, f32),
}

impl Grid {
    /// The elevation of a sample.
    #[inline]
    pub fn sample(&self, column: u32, row: u32) -> f32 {
        self.heights[row as usize * self.columns as usize + column as usize]
    }

    /// Where a point lies: two points with the same answer are on one plane.
    #[inline]
    fn plane(&self, point: MapPoint) -> (i64, i64, bool) {
        // Shifted, because casts cut off toward 0; nothing is folded beyond the border.
        const SHIFT: f64 = 65536.0;
        let [x, y] = self.steps(point).map(|v| v + SHIFT);
        let (column, row) = (x as i64, y as i64);
        (column, row, x - column as f64 >= y - row as f64)
    }

    /// Whether a plane through the samples from `columns[0]` to `columns[1]` and from `rows[0]` to
    /// `rows[1]` (inclusive, in the grid) is nowhere farther from them than half of `tolerance`
    /// metres: then surfaces with corners on the ground there keep within `tolerance` of it.
    pub fn is_plane(&self, columns: [u32; 2], rows: [u32; 2], tolerance: f32) -> bool {
        let corner = |i: usize, j: usize| self.sample(columns[i], rows[j]);
        let [sw, se, nw, ne] = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
        let steps = |range: [u32; 2]| 2.0 * (range[1] - range[0]).max(1) as f32;
        let (to_east, to_north) = ((se - sw + ne - nw) / steps(columns), (nw - sw + ne - se) / steps(rows));
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for row in rows[0]..=rows[1] {
            let start = row as usize * self.columns as usize;
            let samples = &self.heights[start + columns[0] as usize..=start + columns[1] as usize];
            let level = to_north * (row - rows[0]) as f32;
            for (i, sample) in samples.iter().enumerate() {
                let rest = sample - level - to_east * i as f32;
                (low, high) = (low.min(rest), high.max(rest));
            }
            if high - low > tolerance {
                return false;
            }
        }
        true
    }

    /// Whether the four samples of a cell are known.
    pub fn cell_known(&self, column: u32, row: u32) -> bool {
        let at = row as usize * self.columns as usize + column as usize;
        let above = at + self.columns as usize;
        self.known[at] && self.known[at + 1] && self.known[above] && self.known[above + 1]
    }

    /// A map point in grid steps from the south-west sample.
    #[inline]
    pub fn steps(&self, point: MapPoint) -> [f64; 2] {
        [(point.east - self.origin.east) / self.cell, (point.north - self.origin.north) / self.cell]
    }

    /// The area of the samples.
    pub fn bounds(&self) -> Bounds {
        let max = [f64::from(self.columns - 1) * self.cell, f64::from(self.rows - 1) * self.cell];
        Bounds {
            min: [self.origin.east, self.origin.north],
            max: [self.origin.east + max[0], self.origin.north + max[1]],
        }
    }

    #[inline]
    fn elevation(&self, point: MapPoint) -> f64 {
        let [x, y] = self.steps(point);
        let x = x.clamp(0.0, f64::from(self.columns - 1));
        let y = y.clamp(0.0, f64::from(self.rows - 1));
        // Not below 0, so that cutting off is rounding down.
        let column = (x as u32).min(self.columns - 2);
        let row = (y as u32).min(self.rows - 2);
        let (fx, fy) = (x - f64::from(column), y - f64::from(row));
        let sw = f64::from(self.sample(column, row));
        let ne = f64::from(self.sample(column + 1, row + 1));
        if fx >= fy {
            let se = f64::from(self.sample(column + 1, row));
            sw + (se - sw) * fx + (ne - se) * fy
        } else {
            let nw = f64::from(self.sample(column, row + 1));
            sw + (nw - sw) * fy + (ne - nw) * fx
        }
    }
}

impl Ground {
    /// Flat ground at elevation 0.
    pub fn flat() -> Self {
        Self::default()
    }

    /// The ground over a terrain, thinned to at most `max_samples` by keeping every k-th sample
    /// (true elevations, no averaging). Flat where the terrain has no usable sample.
    pub fn new(terrain: &Terrain, max_samples: usize) -> Self {
        let (columns, rows) = (terrain.columns as usize, terrain.rows as usize);
        let whole = columns.checked_mul(rows) == Some(terrain.heights.len()) && columns >= 2 && rows >= 2;
        let placed = terrain.origin.east.is_finite() && terrain.origin.north.is_finite();
        if !(whole && placed && terrain.cell > 0.0 && terrain.cell.is_finite()) {
            return Self::flat();
        }
        let max_samples = max_samples.max(4);
        let kept = |n: usize, step: usize| (n - 1) / step + 1;
        let mut step = 1;
        while kept(columns, step) * kept(rows, step) > max_samples {
            step += 1;
        }
        // At least one cell is left each way.
        let step = step.min(columns - 1).min(rows - 1);
        let (w, h) = (kept(columns, step), kept(rows, step));
        let factor = if terrain.exaggeration.is_finite() { terrain.exaggeration } else { 1.0 };
        let mut heights = Vec::with_capacity(w * h);
        for row in 0..h {
            heights.extend((0..w).map(|column| terrain.heights[row * step * columns + column * step] * factor));
        }
        let known: Vec<bool> = heights.iter().map(|h| h.is_finite()).collect();
        if !known.contains(&true) {
            return Self::flat();
        }
        fill(&mut heights, &known, w, h);
        let range = heights
            .par_iter()
            .fold(|| (f32::INFINITY, f32::NEG_INFINITY), |r, h| (r.0.min(*h), r.1.max(*h)))
            .reduce(|| (f32::INFINITY, f32::NEG_INFINITY), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        Self {
            grid: Some(Grid {
                origin: terrain.origin,
                cell: terrain.cell * step as f64,
                columns: w as u32,
                rows: h as u32,
                heights,
                known,
                range,
            }),
        }
    }

    /// The grid; `None` on flat ground.
    pub fn grid(&self) -> Option<&Grid> {
        self.grid.as_ref()
    }

    /// The elevation of the drawn surface, metres. Defined everywhere.
    #[inline]
    pub fn elevation(&self, point: MapPoint) -> f64 {
        self.grid.as_ref().map_or(0.0, |grid| grid.elevation(point))
    }

    /// Least and greatest elevation of the surface.
    pub fn range(&self) -> (f64, f64) {
        self.grid.as_ref().map_or((0.0, 0.0), |grid| (f64::from(grid.range.0), f64::from(grid.range.1)))
    }

    /// Whether the elevation at a point comes from the terrain itself; flat ground is not known.
    pub fn is_known(&self, point: MapPoint) -> bool {
        let Some(grid) = &self.grid else { return false };
        let [x, y] = grid.steps(point);
        let inside = x >= 0.0 && y >= 0.0 && x <= f64::from(grid.columns - 1) && y <= f64::from(grid.rows - 1);
        inside && grid.cell_known((x as u32).min(grid.columns - 2), (y as u32).min(grid.rows - 2))
    }

    /// The parameters in (0, 1) at which a map segment crosses a fold of the surface, in order.
    /// Between two of them the ground under the segment is straight.
    pub fn folds(&self, from: MapPoint, to: MapPoint) -> impl Iterator<Item = f64> + use<> {
        let mut lines = [Lines::NONE; 3];
        if let Some(grid) = &self.grid {
            let ([x0, y0], [x1, y1]) = (grid.steps(from), grid.steps(to));
            let (columns, rows) = (f64::from(grid.columns - 1), f64::from(grid.rows - 1));
            lines = [
                Lines::between(x0, x1, 0.0, columns),
                Lines::between(y0, y1, 0.0, rows),
                Lines::between(x0 - y0, x1 - y1, -rows, columns),
            ];
        }
        let mut heads = lines.each_mut().map(Iterator::next);
        std::iter::from_fn(move || {
            let first = (0..3).filter(|i| heads[*i].is_some()).min_by(|a, b| {
                let t = |i: &usize| heads[*i].unwrap_or(f64::INFINITY);
                t(a).total_cmp(&t(b))
            })?;
            std::mem::replace(&mut heads[first], lines[first].next())
        })
    }

    /// Calls `visit` with the elevation at each fold under a map segment: with those at its ends,
    /// the least and the greatest of the ground under it are among them.
    pub fn each_fold(&self, from: MapPoint, to: MapPoint, mut visit: impl FnMut(f64)) {
        let Some(grid) = &self.grid else { return };
        if grid.plane(from) == grid.plane(to) {
            return;
        }
        for t in self.folds(from, to) {
            let (east, north) = (to.east - from.east, to.north - from.north);
            visit(grid.elevation(MapPoint::new(from.east + east * t, from.north + north * t)));
        }
    }
}

/// The whole numbers between two values, as parameters from the first to the second.
#[derive(Clone, Copy)]
struct Lines {
    from: f64,
    by: f64,
    next: f64,
    last: f64,
    step: f64,
}

impl Lines {
    const NONE: Self = Self { from: 0.0, by: 1.0, next: 1.0, last: 0.0, step: 1.0 };

    /// Only those from `low` to `high`: bounded by the grid whatever the coordinates are.
    fn between(from: f64, to: f64, low: f64, high: f64) -> Self {
        let (least, greatest) = (from.min(to).ceil().max(low), from.max(to).floor().min(high));
        let (next, last, step) = if from <= to { (least, greatest, 1.0) } else { (greatest, least, -1.0) };
        if least <= greatest && from != to { Self { from, by: to - from, next, last, step } } else { Self::NONE }
    }
}

impl Iterator for Lines {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        while (self.last - self.next) * self.step >= 0.0 {
            let t = (self.next - self.from) / self.by;
            self.next += self.step;
            if t > 0.0 && t < 1.0 {
                return Some(t);
            }
        }
        None
    }
}

/// Gives unknown samples the value of the nearest known one (in steps), ring by ring.
fn fill(heights: &mut [f32], known: &[bool], columns: usize, rows: usize) {
    let mut done = known.to_vec();
    let mut front: Vec<usize> = (0..heights.len()).filter(|i| known[*i]).collect();
    let mut next = Vec::new();
    while !front.is_empty() {
        for &i in &front {
            let (x, y) = (i % columns, i / columns);
            let mut give = |j: usize| {
                if !done[j] {
                    done[j] = true;
                    heights[j] = heights[i];
                    next.push(j);
                }
            };
            if x > 0 {
                give(i - 1);
            }
            if x + 1 < columns {
                give(i + 1);
            }
            if y > 0 {
                give(i - columns);
            }
            if y + 1 < rows {
                give(i + columns);
            }
        }
        front.clear();
        std::mem::swap(&mut front, &mut next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hill() -> Terrain {
        Terrain {
            origin: MapPoint::new(100.0, 200.0),
            cell: 10.0,
            columns: 3,
            rows: 2,
            heights: vec![0.0, 10.0, 4.0, 20.0, 40.0, f32::NAN],
            exaggeration: 1.0,
        }
    }

    #[test]
    fn the_ground_is_the_terrain_where_that_is_known_and_goes_on_beyond_it() {
        let (terrain, ground) = (hill(), Ground::new(&hill(), 1000));
        for (east, north) in [(100.0, 200.0), (103.0, 207.0), (108.0, 201.0), (109.0, 209.0)] {
            let point = MapPoint::new(east, north);
            assert!((ground.elevation(point) - terrain.height_at(point).unwrap()).abs() < 1e-9);
            assert!(ground.is_known(point));
        }
        // West of the border, half way up its west edge: (0 + 20) / 2.
        assert_eq!(ground.elevation(MapPoint::new(-500.0, 205.0)), 10.0);
        // The unknown corner has the height of a neighbour, 40 or 4, and is not called known.
        assert!([40.0, 4.0].contains(&ground.elevation(MapPoint::new(120.0, 210.0))));
        assert!(!ground.is_known(MapPoint::new(119.0, 209.0)));
    }

    #[test]
    fn exaggeration_multiplies_elevations() {
        let ground = Ground::new(&Terrain { exaggeration: 3.0, ..hill() }, 1000);
        assert_eq!(ground.elevation(MapPoint::new(110.0, 200.0)), 30.0);
    }

    #[test]
    fn between_two_crossings_the_ground_is_straight() {
        let ground = Ground::new(&hill(), 1000);
        let (from, to) = (MapPoint::new(95.0, 203.0), MapPoint::new(123.0, 208.5));
        let mut ts: Vec<f64> = ground.folds(from, to).collect();
        assert!(ts.is_sorted());
        let at = |t: f64| {
            ground.elevation(MapPoint::new(
                from.east + (to.east - from.east) * t,
                from.north + (to.north - from.north) * t,
            ))
        };
        ts.insert(0, 0.0);
        ts.push(1.0);
        assert!(ts.len() > 4);
        for pair in ts.windows(2) {
            let middle = at((pair[0] + pair[1]) / 2.0);
            assert!((middle - (at(pair[0]) + at(pair[1])) / 2.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_large_terrain_is_thinned_and_a_broken_one_is_flat() {
        let big = Terrain {
            origin: MapPoint::new(0.0, 0.0),
            cell: 1.0,
            columns: 101,
            rows: 101,
            heights: (0..101 * 101).map(|i| (i % 101) as f32).collect(),
            exaggeration: 1.0,
        };
        let ground = Ground::new(&big, 1000);
        let grid = ground.grid().unwrap();
        assert!(grid.heights.len() <= 1000);
        // A plane that rises 1 m for each metre east stays that plane.
        assert!((ground.elevation(MapPoint::new(40.0, 33.0)) - 40.0).abs() < 1e-6);
        let broken = Terrain { heights: vec![1.0; 7], ..hill() };
        assert!(Ground::new(&broken, 1000).grid().is_none());
        let unknown = Terrain { heights: vec![f32::NAN; 6], ..hill() };
        assert!(Ground::new(&unknown, 1000).grid().is_none());
    }
}
