//! Squares of the quadtree.

use crate::place::Bounds;

/// Side of a tile of level 0, metres.
pub const LEAF_SIDE: f64 = 500.0;

/// Levels that there can be: the uppermost tile is 32,768 km wide.
pub const MOST_LEVELS: u8 = 16;

/// A square of the quadtree over the project CRS, counted from the CRS's origin: at level `n` its
/// side is 500 m · 2ⁿ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileKey {
    /// 0 is the finest.
    pub level: u8,
    /// Columns east of the origin.
    pub x: i32,
    /// Rows north of the origin.
    pub y: i32,
}

impl TileKey {
    /// The tile of a level that holds a point: its south and west edges belong to it.
    pub fn of(level: u8, [east, north]: [f64; 2]) -> Self {
        // By way of level 0, so that a point lies in a tile exactly when it lies in a child of it.
        let leaf = |v: f64| (v / LEAF_SIDE).floor() as i32;
        Self { level, x: leaf(east) >> level, y: leaf(north) >> level }
    }

    /// Length of an edge, metres.
    pub fn side(self) -> f64 {
        LEAF_SIDE * f64::from(1_u32 << self.level)
    }

    /// The square, project CRS.
    pub fn bounds(self) -> Bounds {
        let side = self.side();
        let min = [f64::from(self.x) * side, f64::from(self.y) * side];
        Bounds { min, max: [min[0] + side, min[1] + side] }
    }

    /// Whether a point lies in it.
    pub fn holds(self, point: [f64; 2]) -> bool {
        Self::of(self.level, point) == self
    }

    /// The tile above.
    pub fn parent(self) -> Self {
        Self { level: self.level + 1, x: self.x >> 1, y: self.y >> 1 }
    }

    /// The four tiles below: south-west, south-east, north-west, north-east. None below level 0.
    pub fn children(self) -> Option<[Self; 4]> {
        let level = self.level.checked_sub(1)?;
        Some([0, 1, 2, 3].map(|i| Self { level, x: 2 * self.x + (i & 1), y: 2 * self.y + (i >> 1) }))
    }

    /// Which child of the tile holds a point that it holds.
    pub fn quarter(self, point: [f64; 2]) -> usize {
        let below = Self::of(self.level.saturating_sub(1), point);
        (below.x & 1) as usize + 2 * (below.y & 1) as usize
    }

    /// The uppermost tiles over a box, at most four: of a level above that of which four hold it, so that
    /// they cost little and something is drawn at once.
    pub fn roots(extent: &Bounds) -> Vec<Self> {
        if extent.is_empty() {
            return Vec::new();
        }
        let across = |level: u8| {
            let (a, b) = (Self::of(level, extent.min), Self::of(level, extent.max));
            (a, b, i64::from(b.x) - i64::from(a.x) + 1, i64::from(b.y) - i64::from(a.y) + 1)
        };
        let level = (0..MOST_LEVELS).find(|level| {
            let (.., columns, rows) = across(*level);
            columns <= 2 && rows <= 2
        });
        let level = level.map_or(MOST_LEVELS, |level| (level + 1).min(MOST_LEVELS));
        let (a, b, columns, rows) = across(level);
        if columns > 2 || rows > 2 {
            // No city: a coordinate is broken. Four tiles about the origin reach 32,768 km each way.
            return [[-1, -1], [0, -1], [-1, 0], [0, 0]].map(|[x, y]| Self { level, x, y }).to_vec();
        }
        (a.y..=b.y).flat_map(|y| (a.x..=b.x).map(move |x| Self { level, x, y })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_lies_in_a_tile_exactly_when_it_lies_in_one_child_of_it() {
        for point in [[0.0, 0.0], [-0.1, 499.9], [516872.4956, 4331721.9849], [-3e6, 500.0], [1e6, -1e-9]] {
            for level in 1..MOST_LEVELS {
                let tile = TileKey::of(level, point);
                assert!(tile.holds(point) && tile.bounds().holds(point));
                let children = tile.children().unwrap();
                let holding: Vec<usize> = (0..4).filter(|i| children[*i].holds(point)).collect();
                assert_eq!(holding, [tile.quarter(point)]);
                assert!(children.iter().all(|child| child.parent() == tile));
            }
        }
    }

    #[test]
    fn at_most_four_roots_cover_a_box() {
        let extent = Bounds { min: [500_100.0, 4_320_000.0], max: [551_000.0, 4_372_345.0] };
        let roots = TileKey::roots(&extent);
        assert!(roots.len() <= 4);
        for corner in [extent.min, extent.max, [extent.min[0], extent.max[1]]] {
            assert!(roots.iter().any(|root| root.holds(corner)));
        }
        // 500.1 to 551 km lie in three columns of 32 km (15 to 17) and two of 64 km (7 and 8); the roots are
        // one level above.
        assert_eq!(roots[0].side(), 128_000.0);
        assert!(TileKey::roots(&Bounds::EMPTY).is_empty());
        // A broken coordinate does not ask for millions of tiles, and what lies about the origin is still held.
        let broken = Bounds { min: [500_100.0, -1.7e308], max: [1e20, 4_372_345.0] };
        assert!(TileKey::roots(&broken).len() <= 4);
        assert!(TileKey::roots(&broken).iter().any(|root| root.holds(extent.max)));
    }
}
