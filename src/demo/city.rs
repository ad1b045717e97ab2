//! The plan of the whole: which quarters are built, and each of them in full.

use rayon::prelude::*;

use super::DemoOptions;
use super::blocks::{self, Plot, Surface};
use super::parcels::{self, Parcel};
use super::quarters::{self, Cell, Scale, Spec, Street};
use super::shape;
use super::streets::{Lattice, Side};
use crate::report::{Cancelled, Progress};

/// What is known before any quarter is built.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) lattice: Lattice,
    pub(super) scale: Scale,
    pub(super) quarters: Vec<Spec>,
    /// Least and greatest column with a quarter.
    pub(super) columns: (i32, i32),
}

/// A quarter in full.
#[derive(Clone, Debug)]
pub(super) struct Quarter {
    pub(super) spec: Spec,
    pub(super) streets: Vec<Street>,
    pub(super) cells: Vec<Cell>,
    pub(super) surfaces: Vec<Surface>,
    pub(super) parcels: Vec<Parcel>,
}

impl Quarter {
    /// Builds a quarter: streets, blocks, parcels, buildings.
    pub(super) fn new(lattice: &Lattice, scale: &Scale, spec: &Spec) -> Self {
        let (streets, cells) = quarters::lay_out(lattice, spec);
        let mut surfaces = Vec::new();
        let blocks = blocks::assign(scale, spec, &cells, &streets, &mut surfaces);
        let parcels = parcels::build_on(scale, spec, &blocks);
        Self { spec: spec.clone(), streets, cells, surfaces, parcels }
    }

    fn buildings(&self) -> u64 {
        self.parcels.iter().map(|p| p.buildings.len() as u64).sum()
    }
}

/// About so many buildings stand in a quarter of so many square metres; only for the city's radius.
const PER_QUARTER: f64 = 78.0;
const QUARTER_AREA: f64 = 218_000.0;

impl Plan {
    /// Grows the city from its heart until it has as many buildings as asked for.
    pub(super) fn grow(options: &DemoOptions, progress: &Progress) -> Result<Self, Cancelled> {
        let seed = options.seed as i64;
        let lattice = Lattice { seed };
        let count = (options.buildings as f64 / PER_QUARTER).max(1.0);
        let radius = (count * QUARTER_AREA / std::f64::consts::PI).sqrt();
        let scale = Scale { seed, centre: (430.0 + radius * 0.04).min(1300.0), city: radius.max(900.0) };
        let mut quarters = candidates(&lattice, &scale, radius * 1.6 + 1500.0);
        progress.stage("plan", options.buildings);
        let mut built = 0_u64;
        let mut used = 0;
        let mut last_limit = None;
        'growth: for chunk in quarters.chunks(64) {
            let made: Vec<Quarter> = chunk.par_iter().map(|spec| Quarter::new(&lattice, &scale, spec)).collect();
            for quarter in made {
                let more = quarter.buildings();
                used += 1;
                if built + more >= options.buildings {
                    last_limit = Some(limit_of(&quarter, options.buildings - built));
                    break 'growth;
                }
                built += more;
                progress.at(built)?;
            }
        }
        quarters.truncate(used);
        if let (Some(limit), Some(last)) = (last_limit, quarters.last_mut()) {
            last.block_limit = limit;
        }
        let columns = quarters.iter().fold((0, 1), |c, q| (c.0.min(q.column), c.1.max(q.column + 1)));
        Ok(Self { lattice, scale, quarters, columns })
    }

    /// Runs over all quarters in their order; they are made in parallel, a few at a time.
    pub(super) fn each(&self, progress: &Progress, mut what: impl FnMut(&Quarter)) -> Result<(), Cancelled> {
        self.some(32, progress, |quarters| {
            quarters.iter().for_each(&mut what);
            Ok(())
        })
    }

    /// Runs over all quarters in their order, so many at once, made in parallel.
    pub(super) fn some<E: From<Cancelled>>(
        &self,
        at_once: usize,
        progress: &Progress,
        mut what: impl FnMut(&[Quarter]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut done = 0;
        for chunk in self.quarters.chunks(at_once) {
            let made: Vec<Quarter> =
                chunk.par_iter().map(|spec| Quarter::new(&self.lattice, &self.scale, spec)).collect();
            what(&made)?;
            done += chunk.len() as u64;
            progress.at(done)?;
        }
        Ok(())
    }

    /// Whether there is a quarter at a place of the lattice.
    pub(super) fn has(
        &self,
        places: &std::collections::BTreeSet<(i32, i32)>,
        column: i32,
        side: Side,
        row: i32,
    ) -> bool {
        row >= 1 && places.contains(&(column, side * row))
    }

    /// The places of the lattice that have quarters: column and row with the side's sign.
    pub(super) fn places(&self) -> std::collections::BTreeSet<(i32, i32)> {
        self.quarters.iter().map(|q| (q.column, q.side * q.row)).collect()
    }
}

/// How many blocks of the last quarter are built on.
fn limit_of(quarter: &Quarter, wanted: u64) -> usize {
    let mut cells: Vec<usize> = Vec::new();
    let mut built = 0;
    for parcel in &quarter.parcels {
        if cells.last() != Some(&parcel.cell) {
            if built >= wanted {
                return cells.len();
            }
            cells.push(parcel.cell);
        }
        built += parcel.buildings.len() as u64;
    }
    cells.len()
}

/// All quarters within reach, nearest first, with the codes of their communities.
fn candidates(lattice: &Lattice, scale: &Scale, reach: f64) -> Vec<Spec> {
    let span = (reach / 440.0) as i32 + 2;
    let mut found: Vec<(f64, i32, i32)> = Vec::new();
    for column in -span..span {
        for signed in -span..=span {
            if signed == 0 {
                continue;
            }
            let c = shape::centroid(&lattice.corners(column, signed.signum(), signed.abs()));
            let (s, t) = super::river::course(c);
            // Between a circle and a square, a little longer along the river.
            let (s, t) = (s * 0.92 / reach, t / reach);
            let away = s * s * s * s + t * t * t * t;
            if away < 1.0 {
                found.push((away, column, signed));
            }
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut wards: Vec<(u32, i32, i32)> = Vec::new();
    let mut index = std::collections::BTreeMap::new();
    let mut per_county = std::collections::BTreeMap::<u32, u32>::new();
    found
        .into_iter()
        .enumerate()
        .map(|(ordinal, (_, column, signed))| {
            let (side, row) = (signed.signum(), signed.abs());
            let county = county_of(column, signed);
            // A sub-district is three columns by three rows of quarters on one bank.
            let ward = (county, column.div_euclid(3), side * ((row - 1) / 3 + 1));
            let street = *index.entry(ward).or_insert_with(|| {
                wards.push(ward);
                let number = per_county.entry(county).or_insert(0);
                *number += 1;
                *number
            });
            let community = (column.rem_euclid(3) * 3 + (row - 1) % 3 + 1) as u32;
            Spec {
                column,
                side,
                row,
                kind: quarters::kind_of(lattice, scale, column, side, row),
                ordinal: ordinal as u32,
                county,
                street,
                community,
                block_limit: usize::MAX,
            }
        })
        .collect()
}

/// The division code (GB/T 2260) by bearing from the heart; Tianjin's districts in their real places.
fn county_of(column: i32, signed: i32) -> u32 {
    let far = column.abs().max(signed.abs());
    match (far, column, signed) {
        (0..=9, c, r) if r < 0 && c < 2 => {
            if c < -4 {
                120_104
            } else {
                120_101
            }
        }
        (0..=9, _, r) if r < 0 => 120_103,
        (0..=9, c, _) if c < 0 => 120_105,
        (0..=9, _, _) => 120_102,
        (_, c, r) if r < 0 && c < 0 => 120_111,
        (_, _, r) if r < 0 => 120_112,
        (_, c, _) if c < 0 => 120_113,
        _ => 120_110,
    }
}

/// Whether a plot draws people, so that incidents gather there.
pub(super) fn is_busy(plot: Plot) -> f64 {
    match plot {
        Plot::Market => 14.0,
        Plot::Mall => 5.0,
        Plot::Hospital | Plot::BusStation => 4.0,
        Plot::School => 2.0,
        Plot::Courtyards => 1.2,
        Plot::Mixed | Plot::Slabs => 1.0,
        Plot::Reserved => 0.1,
        _ => 0.5,
    }
}
