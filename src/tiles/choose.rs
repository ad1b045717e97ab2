//! Which tiles of a view are drawn: the finest that a budget of triangles allows, where they are
//! seen best.
//!
//! Every layer begins with its uppermost tiles. The tile whose coarseness is seen most (metres of
//! error over metres of distance) gives way to the tiles below it, as long as their triangles fit.
//! A tile gives way only when all those below it that are seen are there: the ground is never
//! bare, and nothing is drawn twice. What is missing is asked for, the most visible first.

use std::collections::{BinaryHeap, HashMap};

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

struct Open {
    seen: f64,
    tile: LayerTile,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Of equally bad ones always the same first.
        self.seen.total_cmp(&other.seen).then_with(|| other.tile.cmp(&self.tile))
    }
}

/// Picks the tiles of a view within a budget of triangles.
pub fn choose(view: &View, layers: &[LayerTiles<'_>], budget: u64) -> Choice {
    let mut choice = Choice { settled: true, ..Choice::default() };
    let mut open = BinaryHeap::new();
    let mut drawn: HashMap<LayerTile, u32> = HashMap::new();
    for (number, layer) in layers.iter().enumerate() {
        for root in layer.roots {
            match layer.known.get(root) {
                Some(known) if known.ready => {
                    if view.sees(&known.bounds, known.range) {
                        choice.triangles += u64::from(known.triangles);
                        drawn.insert((number, *root), known.triangles);
                        open.push(Open { seen: seen(view, *root, known), tile: (number, *root) });
                    }
                }
                _ => {
                    choice.load.push((number, *root));
                    choice.settled = false;
                }
            }
        }
    }
    while let Some(Open { seen: worst, tile: (number, key) }) = open.pop() {
        if worst < UNSEEN {
            break;
        }
        let layer = &layers[number];
        let Some(known) = layer.known.get(&key) else { continue };
        let Some(children) = key.children().filter(|_| !known.complete) else { continue };
        // What a tile shows may reach beyond its square: so may that of the tiles below.
        let square = key.bounds();
        let overhang = (0..2).map(|k| (square.min[k] - known.bounds.min[k]).max(known.bounds.max[k] - square.max[k]));
        let overhang = overhang.fold(0.0, f64::max);
        let mut missing = Vec::new();
        let mut ready = Vec::new();
        let mut triangles = 0_u64;
        for child in (0..4).filter(|i| known.children[*i]).map(|i| children[i]) {
            match layer.known.get(&child) {
                // What is known not to be seen is neither drawn nor loaded.
                Some(below) if !view.sees(&below.bounds, below.range) => {}
                Some(below) if below.ready => {
                    triangles += u64::from(below.triangles);
                    ready.push((child, *below));
                }
                Some(below) => {
                    triangles += u64::from(below.triangles);
                    missing.push(child);
                }
                None if !view.sees(&child.bounds().grown(overhang), layer.range) => {}
                None => {
                    // Nobody knows yet. A low guess: what is loaded in vain is known from then on, what
                    // is never loaded never is.
                    triangles += u64::from(known.triangles) / 2;
                    missing.push(child);
                }
            }
        }
        let after = choice.triangles - u64::from(known.triangles) + triangles;
        if after > budget {
            continue;
        }
        if !missing.is_empty() {
            choice.load.extend(missing.into_iter().map(|child| (number, child)));
            choice.settled = false;
            continue;
        }
        choice.triangles = after;
        drawn.remove(&(number, key));
        for (child, below) in ready {
            drawn.insert((number, child), below.triangles);
            open.push(Open { seen: seen(view, child, &below), tile: (number, child) });
        }
    }
    choice.draw = drawn.into_keys().collect();
    choice.draw.sort_unstable();
    choice
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
    fn the_same_view_gives_the_same_tiles() {
        let (roots, known) = plain(5, 700);
        let eye = [8_000.0, 8_000.0, 900.0];
        assert_eq!(chosen(&known, &roots, eye, 50_000), chosen(&known, &roots, eye, 50_000));
    }
}
