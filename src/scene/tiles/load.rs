//! Making tiles on workers.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use crate::city::City;
use crate::mesh::city::{CityMesh, Sizes};
use crate::mesh::tile::{TileLook, mesh_tile};
use crate::model::FeatureTable;
use crate::tiles::choose::LayerTile;
use crate::tiles::{MemoryTiles, TileContent, TileSource};

/// Tiles loaded since the start.
static LOADED: AtomicU32 = AtomicU32::new(0);
/// Loads between two times that freed memory is given back.
const TRIM_EVERY: u32 = 24;

/// A tile that came.
pub(super) struct Loaded {
    pub generation: u64,
    pub tile: LayerTile,
    pub asked: Instant,
    /// `None` when it was no longer wanted.
    pub made: Option<Result<Made, String>>,
}

/// What was made of a tile.
pub(super) enum Made {
    /// The whole of it.
    Tile(Box<(TileContent, TileLook)>),
    /// The attributes of the items of a tile that is held.
    Attributes(Option<FeatureTable>),
}

/// A tile to be made.
pub(super) struct Order {
    pub generation: u64,
    pub tile: LayerTile,
    /// The layer's number in the city.
    pub number: usize,
    pub sizes: Sizes,
    /// Attributes that its colours need.
    pub fields: Vec<String>,
    /// Whether the tile is held and nothing but these attributes is wanted.
    pub attributes_only: bool,
    pub city: Arc<City>,
    pub mesh: Arc<CityMesh>,
    /// The tiles that are still wanted: another one is dropped.
    pub wanted: Arc<Mutex<HashSet<LayerTile>>>,
    pub sender: Sender<Loaded>,
    /// Wakes the window.
    pub wake: Option<Box<dyn Fn() + Send>>,
}

impl Order {
    /// Makes it on a worker.
    pub fn give(self) {
        let asked = Instant::now();
        let work = move || {
            let (generation, tile) = (self.generation, self.tile);
            let wanted = self.attributes_only || self.wanted.lock().is_ok_and(|wanted| wanted.contains(&tile));
            let made = wanted.then(|| self.make());
            // Nobody listens when the city was closed meanwhile.
            let _ = self.sender.send(Loaded { generation, tile, asked, made });
            if let Some(wake) = &self.wake {
                wake();
            }
        };
        match workers() {
            Some(pool) => pool.spawn(work),
            // A system that gives no threads: the frame waits.
            None => work(),
        }
    }

    fn make(&self) -> Result<Made, String> {
        let make = || {
            let content = with_source(&self.city, self.number, |source| source.content(self.tile.1, &self.fields))?;
            if self.attributes_only {
                return Ok(Made::Attributes(content.attributes));
            }
            let look = mesh_tile(&content, &self.city.layers[self.number].layer, &self.sizes, &self.mesh.ground);
            Ok::<_, std::io::Error>(Made::Tile(Box::new((content, look))))
        };
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make));
        // What workers have freed stays with their threads' allocators otherwise.
        if LOADED.fetch_add(1, Ordering::Relaxed) % TRIM_EVERY == TRIM_EVERY - 1 {
            give_back();
        }
        match made {
            Ok(made) => made.map_err(|error| error.to_string()),
            Err(_) => Err("an error of the program itself while a tile was made; please report it".to_owned()),
        }
    }
}

/// The threads that make tiles. Their own: Bevy keeps one for such work on a small machine, and the common ones are
/// waited for by the frame.
fn workers() -> Option<&'static rayon::ThreadPool> {
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    let threads = std::thread::available_parallelism().map_or(2, |cores| (cores.get() / 2).clamp(2, 4));
    let build = || rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("tiles {n}")).build();
    POOL.get_or_init(|| build().ok()).as_ref()
}

/// Gives memory that was freed back to the system: the allocator keeps it otherwise, and a closed city
/// would still be seen in the system's monitor.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: takes no pointers and may be called at any time (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Asks the tiles of a layer, wherever its rows are.
pub(super) fn with_source<T>(city: &City, number: usize, ask: impl FnOnce(&dyn TileSource) -> T) -> T {
    let layer = &city.layers[number];
    match &layer.stream {
        Some(stream) => ask(&stream.tiles),
        None => ask(&MemoryTiles {
            geometry: &layer.layer.table.geometry,
            heights: layer.layer.heights.as_ref(),
            index: &layer.index,
        }),
    }
}
