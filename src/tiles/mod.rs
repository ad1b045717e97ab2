//! Layers cut into tiles of a quadtree, at levels of detail: what a city of any size is drawn from.
//!
//! 1. [`TileKey`] names a square of a quadtree over the project CRS; level 0 is 500 m wide;
//! 2. a feature belongs to the tile that holds the centre of its box;
//! 3. level 0 shows features as they are; above it [`reduce`] simplifies outlines, makes boxes of
//!    bodies, and masses of blocks: every item still names the row it stands for;
//! 4. a [`TileSource`] gives the content of a tile: [`memory`] from a table, [`stream`] from a
//!    FlatGeobuf read by window, whose coarse levels [`mod@prepare`] has laid beside it;
//! 5. [`choose`] picks the tiles of a view within a budget of triangles.

mod aside;
pub mod choose;
mod content;
mod facts;
mod key;
pub mod memory;
mod outline;
pub mod prepare;
pub mod reduce;
pub mod stream;

pub use content::{TileContent, TileSource};
pub use facts::Facts;
pub use key::{LEAF_SIDE, MOST_LEVELS, TileKey};
pub use memory::MemoryTiles;
pub use stream::Stream;
