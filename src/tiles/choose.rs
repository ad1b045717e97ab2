//! Which tiles of a view are drawn: the finest that a budget of triangles allows, where they are
//! seen best.
//!
//! Every layer begins with its uppermost tiles. A tile whose coarseness is seen (metres of error over
//! metres of distance) more than is allowed gives way to the tiles below it; the least is allowed with
//! which the triangles of all layers fit the budget. A tile gives way only when all those below it that
//! are seen are there: the ground is never bare, and nothing is drawn twice. What is missing is asked
//! for, the most visible first.

use std::collections::{HashMap, HashSet};
use std::f64::consts::SQRT_2;

use super::TileKey;
use crate::place::Bounds;

/// A view: where the eye is, and what it sees.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// East, north, up, metres.
    pub eye: [f64; 3],
    /// Planes `[a, b, c, d]` with a·east + b·north + c·up + d ≥ 0 inside.
    pub planes: Vec<[f64; 4]>,
    /// Pixels that a metre takes at a distance of one metre.
    pub pixels: f64,
}

impl View {
    /// Whether a box may be seen.
    fn sees(&self, bounds: &Bounds, [low, high]: [f64; 2]) -> bool {
        self.planes.iter().all(|[a, b, c, d]| {
            // The corner farthest along the plane's normal.
            let x = if *a > 0.0 { bounds.max[0] } else { bounds.min[0] };
            let y = if *b > 0.0 { bounds.max[1] } else { bounds.min[1] };
            let z = if *c > 0.0 { high } else { low };
            a * x + b * y + c * z + d >= 0.0
        })
    }

    fn distance(&self, bounds: &Bounds, [low, high]: [f64; 2]) -> f64 {
        let beyond = |v: f64, low: f64, high: f64| (low - v).max(v - high).max(0.0);
        let dx = beyond(self.eye[0], bounds.min[0], bounds.max[0]);
        let dy = beyond(self.eye[1], bounds.min[1], bounds.max[1]);
        let dz = beyond(self.eye[2], low, high);
        (dx * dx + dy * dy + dz * dz).sqrt().max(1.0)
    }
}

/// What is known of a tile that was loaded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// Triangles of its mesh.
    pub triangles: u32,
    /// Which of the tiles below hold something.
    pub children: [bool; 4],
    /// Whether the tiles below show no more.
    pub complete: bool,
    /// The box around its items, which may reach beyond its square.
    pub bounds: Bounds,
    /// From its lowest to its highest point, metres.
    pub range: [f64; 2],
    /// Whether its mesh is there to be drawn.
    pub ready: bool,
}

/// A layer's tiles.
#[derive(Clone, Debug)]
pub struct LayerTiles<'a> {
    /// The uppermost ones.
    pub roots: &'a [TileKey],
    /// Those that were loaded.
    pub known: &'a HashMap<TileKey, Known>,
    /// From the lowest to the highest point that any tile may have.
    pub range: [f64; 2],
}

/// A tile of a layer: the layer's number in the question, and the tile.
pub type LayerTile = (usize, TileKey);

/// The answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Tiles to draw, all ready.
    pub draw: Vec<LayerTile>,
    /// Tiles to load, the most wanted first.
    pub load: Vec<LayerTile>,
    /// Triangles of the tiles to draw.
    pub triangles: u64,
    /// Whether nothing better could be drawn: all that is wanted is there.
    pub settled: bool,
}

/// Errors smaller than this are not seen, pixels.
const UNSEEN: f64 = 1.0;

/// How far what a tile shows may be from what is there, metres; 0 at level 0.
fn error(key: TileKey) -> f64 {
    match key.level {
        0 => 0.0,
        1 => 1.2,
        2 => 8.0,
        // Half a square of a mass.
        _ => key.side() / 160.0,
    }
}

/// Picks the tiles of a view within a budget of triangles.
///
/// Tiles between the coarsest and the finest may cost more than either: so it is not refined step by step, but the
/// smallest error on the screen is sought, the same for all layers, with which all that is drawn fits. What is left
/// is spent where most is seen.
pub fn choose(view: &View, layers: &[LayerTiles<'_>], budget: u64) -> Choice {
    // From what is not seen to a hundred thousand pixels, where nothing gives way any more.
    let cut = |allowed: f64| Cut { view, layers, allowed, finer: HashSet::new() };
    let allowed = (0..34).map(|step| UNSEEN * SQRT_2.powi(step)).find(|allowed| cut(*allowed).left(budget).is_some());
    let mut cut = cut(allowed.unwrap_or(f64::INFINITY));
    cut.spend(budget);
    let mut choice = cut.draw(false);
    // While tiles are on their way those above them are drawn, which may cost more than all that is wanted.
    if choice.triangles > budget {
        choice = Choice { load: choice.load, settled: choice.settled, ..cut.draw(true) };
    }
    if choice.triangles > budget {
        let roots = Cut { allowed: f64::INFINITY, finer: HashSet::new(), ..cut };
        choice = Choice { load: choice.load, settled: choice.settled, ..roots.draw(true) };
    }
    choice
}

/// The tiles whose error is just allowed.
struct Cut<'a> {
    view: &'a View,
    layers: &'a [LayerTiles<'a>],
    /// Pixels.
    allowed: f64,
    /// Tiles below which less is allowed, as far as the budget goes.
    finer: HashSet<LayerTile>,
}

/// How much of a tile could be drawn as wanted.
#[derive(Clone, Copy, PartialEq)]
enum Drawn {
    Whole,
    /// Something above what is wanted is drawn instead of it.
    Coarser,
    /// Nothing: it is not there.
    Nothing,
}

impl Cut<'_> {
    /// The tiles below one that gives way and are seen, with what is known of them; `None` when it does not give way.
    fn below(&self, number: usize, key: TileKey, known: &Known, allowed: f64) -> Option<Vec<TileKey>> {
        let layer = &self.layers[number];
        if known.complete || seen(self.view, key, known) <= allowed {
            return None;
        }
        let children = key.children()?;
        // What a tile shows may reach beyond its square: so may that of the tiles below.
        let square = key.bounds();
        let overhang = (0..2).map(|k| (square.min[k] - known.bounds.min[k]).max(known.bounds.max[k] - square.max[k]));
        let overhang = overhang.fold(0.0, f64::max);
        let is_seen = |child: &TileKey| match layer.known.get(child) {
            Some(below) => self.view.sees(&below.bounds, below.range),
            None => self.view.sees(&child.bounds().grown(overhang), layer.range),
        };
        Some((0..4).filter(|i| known.children[*i]).map(|i| children[i]).filter(is_seen).collect())
    }

    fn roots(&self) -> impl Iterator<Item = (usize, TileKey)> {
        self.layers.iter().enumerate().flat_map(|(number, layer)| layer.roots.iter().map(move |root| (number, *root)))
    }

    /// The roots that are known and seen.
    fn seen_roots(&self) -> impl Iterator<Item = (LayerTile, &Known)> {
        let known = |(number, root): LayerTile| Some(((number, root), self.layers[number].known.get(&root)?));
        self.roots().filter_map(known).filter(|(_, known)| self.view.sees(&known.bounds, known.range))
    }

    /// What all leaves of a budget; `None` when that does not suffice.
    fn left(&self, budget: u64) -> Option<u64> {
        let mut leaves = Vec::new();
        self.seen_roots().try_fold(budget, |left, (tile, known)| self.pay(tile, known, self.allowed, left, &mut leaves))
    }

    /// Spends what is left of a budget where most is seen: there a step less is allowed.
    fn spend(&mut self, budget: u64) {
        let mut leaves = Vec::new();
        let left = self
            .seen_roots()
            .try_fold(budget, |left, (tile, known)| self.pay(tile, known, self.allowed, left, &mut leaves));
        let Some(mut left) = left else { return };
        leaves.sort_by(|(a, tile), (b, other)| b.total_cmp(a).then(tile.cmp(other)));
        for (_, (number, key)) in leaves {
            let Some(known) = self.layers[number].known.get(&key) else { continue };
            let before = u64::from(known.triangles);
            let after = self.pay((number, key), known, self.allowed / SQRT_2, left + before, &mut Vec::new());
            if let Some(after) = after {
                left = after;
                self.finer.insert((number, key));
            }
        }
    }

    /// What is left of a budget after a tile; `None` when it does not suffice. Gives the tiles that are drawn as
    /// well, with how much of their error is seen.
    fn pay(
        &self,
        (number, key): LayerTile,
        known: &Known,
        allowed: f64,
        budget: u64,
        leaves: &mut Vec<(f64, LayerTile)>,
    ) -> Option<u64> {
        let Some(below) = self.below(number, key, known, allowed) else {
            if !known.complete {
                leaves.push((seen(self.view, key, known), (number, key)));
            }
            return budget.checked_sub(u64::from(known.triangles));
        };
        below.into_iter().try_fold(budget, |left, child| match self.layers[number].known.get(&child) {
            Some(known) => self.pay((number, child), known, allowed, left, leaves),
            // Nobody knows yet. A low guess: what is loaded in vain is known from then on, what
            // is never loaded never is.
            None => left.checked_sub(u64::from(known.triangles) / 2),
        })
    }

    /// Draws what is there. When `strict`, a tile gives way only to all that is wanted below it.
    fn draw(&self, strict: bool) -> Choice {
        let (mut drawn, mut load) = (Vec::new(), Vec::new());
        for (number, root) in self.roots() {
            let layer = &self.layers[number];
            match layer.known.get(&root) {
                Some(known) if !known.ready || self.view.sees(&known.bounds, known.range) => {
                    self.draw_tile((number, root), known, self.allowed, strict, &mut drawn, &mut load);
                }
                Some(_) => {}
                None => load.push((f64::INFINITY, (number, root))),
            }
        }
        // The most visible first; of equally bad ones always the same.
        load.sort_by(|(a, tile), (b, other)| b.total_cmp(a).then(tile.cmp(other)));
        drawn.sort_unstable();
        Choice {
            triangles: drawn.iter().map(|(_, triangles)| u64::from(*triangles)).sum(),
            draw: drawn.into_iter().map(|(tile, _)| tile).collect(),
            settled: load.is_empty(),
            load: load.into_iter().map(|(_, tile)| tile).collect(),
        }
    }

    fn draw_tile(
        &self,
        (number, key): LayerTile,
        known: &Known,
        allowed: f64,
        strict: bool,
        drawn: &mut Vec<(LayerTile, u32)>,
        load: &mut Vec<(f64, LayerTile)>,
    ) -> Drawn {
        let layer = &self.layers[number];
        let allowed = if self.finer.contains(&(number, key)) { self.allowed / SQRT_2 } else { allowed };
        let own = |drawn: &mut Vec<(LayerTile, u32)>, as_wanted: Drawn| {
            if !known.ready {
                return Drawn::Nothing;
            }
            drawn.push(((number, key), known.triangles));
            as_wanted
        };
        let Some(below) = self.below(number, key, known, allowed) else {
            if !known.ready {
                load.push((seen(self.view, key, known), (number, key)));
            }
            return own(drawn, Drawn::Whole);
        };
        let begin = drawn.len();
        let mut all = Drawn::Whole;
        for child in below {
            let of_child = match layer.known.get(&child) {
                Some(known) => self.draw_tile((number, child), known, allowed, strict, drawn, load),
                None => {
                    load.push((seen(self.view, key, known), (number, child)));
                    Drawn::Nothing
                }
            };
            all = match (all, of_child) {
                (Drawn::Nothing, _) | (_, Drawn::Nothing) => Drawn::Nothing,
                (Drawn::Coarser, _) | (_, Drawn::Coarser) => Drawn::Coarser,
                _ => Drawn::Whole,
            };
        }
        if all == Drawn::Nothing || strict && all == Drawn::Coarser {
            drawn.truncate(begin);
            return own(drawn, Drawn::Coarser);
        }
        all
    }
}

/// How large a tile's error is seen, pixels.
fn seen(view: &View, key: TileKey, known: &Known) -> f64 {
    error(key) / view.distance(&known.bounds, known.range) * view.pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain of tiles, each with as many triangles, `level` levels deep; all are ready.
    fn plain(level: u8, triangles: u32) -> (Vec<TileKey>, HashMap<TileKey, Known>) {
        let root = TileKey { level, x: 0, y: 0 };
        let mut known = HashMap::new();
        let mut open = vec![root];
        while let Some(key) = open.pop() {
            let all = Known {
                triangles,
                children: [true; 4],
                complete: false,
                bounds: key.bounds(),
                range: [0.0, 100.0],
                ready: true,
            };
            known.insert(key, all);
            open.extend(key.children().into_iter().flatten());
        }
        (vec![root], known)
    }

    fn view(eye: [f64; 3]) -> View {
        View { eye, planes: Vec::new(), pixels: 1000.0 }
    }

    fn chosen(known: &HashMap<TileKey, Known>, roots: &[TileKey], eye: [f64; 3], budget: u64) -> Choice {
        choose(&view(eye), &[LayerTiles { roots, known, range: [0.0, 100.0] }], budget)
    }

    #[test]
    fn the_tiles_drawn_cover_every_place_once_and_keep_to_the_budget() {
        let (roots, known) = plain(6, 1000);
        for budget in [1000, 20_000, 60_000, 500_000] {
            let choice = chosen(&known, &roots, [9_000.0, 4_000.0, 300.0], budget);
            assert!(choice.triangles <= budget && choice.settled);
            assert_eq!(choice.triangles, 1000 * choice.draw.len() as u64);
            let area: f64 = choice.draw.iter().map(|(_, key)| key.side().powi(2)).sum();
            assert_eq!(area, roots[0].side().powi(2));
            for (i, (_, a)) in choice.draw.iter().enumerate() {
                for (_, b) in &choice.draw[i + 1..] {
                    let middle = if a.level < b.level { a.bounds().centre() } else { b.bounds().centre() };
                    assert!(!(a.holds(middle) && b.holds(middle)));
                }
            }
        }
    }

    #[test]
    fn what_is_near_is_finer_than_what_is_far() {
        let (roots, known) = plain(6, 1000);
        let choice = chosen(&known, &roots, [1_000.0, 1_000.0, 200.0], 100_000);
        let level = |point: [f64; 2]| choice.draw.iter().find(|(_, key)| key.holds(point)).unwrap().1.level;
        assert_eq!(level([1_100.0, 1_100.0]), 0);
        assert!(level([30_000.0, 30_000.0]) > 1);
    }

    #[test]
    fn a_tile_stays_until_all_below_it_are_there_and_they_are_asked_for() {
        let (roots, mut known) = plain(3, 1000);
        let children = roots[0].children().unwrap();
        known.remove(&children[2]);
        let choice = chosen(&known, &roots, [1_000.0, 1_000.0, 200.0], 1_000_000);
        assert_eq!(choice.draw, [(0, roots[0])]);
        assert_eq!(choice.load, [(0, children[2])]);
        assert!(!choice.settled);
        // It need not be there where it is not seen: the west half of the plane.
        let mut west = view([1_000.0, 1_000.0, 200.0]);
        west.planes.push([0.0, -1.0, 0.0, 1_900.0]);
        let layer = LayerTiles { roots: &roots, known: &known, range: [0.0, 100.0] };
        let choice = choose(&west, &[layer], 1_000_000);
        assert!(choice.settled && choice.draw.iter().all(|(_, key)| key.bounds().min[1] <= 1_900.0));
    }

    #[test]
    fn costly_tiles_between_do_not_keep_the_fine_ones_away() {
        let (roots, mut known) = plain(4, 10);
        // Block masses of a town: more triangles than the few houses of each tile at the end.
        known.iter_mut().filter(|(key, _)| (1..4).contains(&key.level)).for_each(|(_, tile)| tile.triangles = 10_000);
        // So near that all errors but those of level 0 are seen.
        let near = View { pixels: 1e5, ..view([1_000.0, 1_000.0, 200.0]) };
        let pick = |known: &HashMap<TileKey, Known>| {
            choose(&near, &[LayerTiles { roots: &roots, known, range: [0.0, 100.0] }], 5_000)
        };
        let choice = pick(&known);
        assert!(choice.settled && choice.draw.iter().all(|(_, key)| key.level == 0), "{:?}", choice.draw);
        // 16 × 16 tiles.
        assert_eq!((choice.draw.len(), choice.triangles), (256, 2_560));
        // Until the last of them is there, what is drawn keeps to the budget as well.
        known.get_mut(&TileKey { level: 0, x: 3, y: 3 }).unwrap().ready = false;
        let choice = pick(&known);
        assert_eq!((choice.draw, choice.load.len()), (vec![(0, roots[0])], 1));
    }

    #[test]
    fn the_same_view_gives_the_same_tiles() {
        let (roots, known) = plain(5, 700);
        let eye = [8_000.0, 8_000.0, 900.0];
        assert_eq!(chosen(&known, &roots, eye, 50_000), chosen(&known, &roots, eye, 50_000));
    }
}
